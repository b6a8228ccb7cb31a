/* SPDX-License-Identifier: MIT */
/* T=1 against the scenarios of ISO/IEC 7816-3 annex A, each by its number, and against cards that keep to
 * no rule; the rules of section 11.6.3 are in test_t1_rules.c. */
#include "t1_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void scenario_1_plain_exchange(void **state)
{
	static const char *const one[] = {I0, "<00 90 00", "= 90 00", NULL};
	static const char *const two[] = {I1, "<40 61 10", "= 61 10", NULL};
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	t1_play_on(&t, false, one);
	t1_play_on(&t, false, two);
}

static void scenario_2_wtx(void **state)
{
	(void)state;
	PLAY(false, I0, "<C3 05", ">E3 05", "<00 90 00", "= 90 00");
}

static void rule_3_wtx_lengthens_one_wait_only(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	assert_int_equal(ccid_t1_start(&t, t1_capdu, 4, t1_rapdu, sizeof t1_rapdu, 259),
	                 CCID_T1_SEND);
	assert_int_equal(t.bwi, 1);
	assert_int_equal(t1_feed(&t, "C3 07"), CCID_T1_SEND);
	assert_int_equal(t.bwi, 7);
	assert_int_equal(t1_feed(&t, "-"), CCID_T1_SEND);
	assert_int_equal(t.bwi, 1);
}

static void scenario_3_card_sets_ifsc(void **state)
{
	(void)state;
	PLAY(false, I0, "<C1 10", ">E1 10", "<00 90 00", "= 90 00");
}

static void rule_4_new_ifsc_holds_for_the_next_link(void **state)
{
	(void)state;
	PLAY(true, C0, "<C1 02", ">E1 02", "<90", ">60 02 10", "<80", ">00 11 12", "<00 90 00",
	     "= 90 00");
	PLAY(true, C0, "<C1 FF", ">82", "<90", C1, "<00 90 00", "= 90 00");
	PLAY(true, C0, "<C1 00", ">82", "<90", C1, "<00 90 00", "= 90 00");
}

static void scenario_4_ifsd(void **state)
{
	static const char *const step[] = {">C1 FE", "<E1 FE", NULL};
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	assert_int_equal(t.ifsd, 32);
	t1_follow(&t, ccid_t1_ifs(&t, 254), step);
	assert_int_equal(t.ifsd, 254);
}

static void rule_7_3_another_ifs_answer_repeats_the_request(void **state)
{
	static const char *const step[] = {">C1 FE", "<E1 20", ">C1 FE", "<82",
	                                   ">C1 FE", "<E1 FE", NULL};
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	t1_follow(&t, ccid_t1_ifs(&t, 254), step);
	assert_int_equal(t.ifsd, 254);
}

static void scenario_5_host_chain(void **state)
{
	(void)state;
	PLAY(true, C0, "<90", C1, "<00 90 00", "= 90 00");
}

static void scenario_6_card_chain(void **state)
{
	(void)state;
	PLAY(false, I0, "<20 AA", ">90", "<40 90 00", "= AA 90 00");
}

static void scenario_7_empty_last_link(void **state)
{
	(void)state;
	PLAY(false, I0, "<20 AA 90 00", ">90", "<40", "= AA 90 00");
}

static void scenario_8_our_block_was_garbled(void **state)
{
	(void)state;
	PLAY(false, I0, "<81", I0, "<00 90 00", "= 90 00");
}

static void scenario_9_the_answer_was_garbled(void **state)
{
	(void)state;
	PLAY(false, I0, "<x", ">81", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<p", ">81", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<-", ">82", "<00 90 00", "= 90 00");
}

static void scenario_10_block_and_request_garbled(void **state)
{
	(void)state;
	PLAY(false, I0, "<x", ">81", "<81", I0, "<00 90 00", "= 90 00");
}

static void scenario_11_our_request_was_garbled(void **state)
{
	(void)state;
	PLAY(false, I0, "<x", ">81", "<91", ">81", "<00 90 00", "= 90 00");
}

static void scenario_12_13_answer_to_our_request_garbled(void **state)
{
	(void)state;
	PLAY(false, I0, "<x", ">81", "<x", ">81", "<00 90 00", "= 90 00");
}

static void scenario_14_to_17_garbled_request_of_the_card(void **state)
{
	(void)state;
	PLAY(false, I0, "<x", ">81", "<C3 02", ">E3 02", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<x", ">81", "<C1 20", ">E1 20", "<00 90 00", "= 90 00");
}

static void scenario_18_our_response_was_garbled(void **state)
{
	(void)state;
	PLAY(false, I0, "<C1 20", ">E1 20", "<C1 20", ">E1 20", "<00 90 00", "= 90 00");
}

static void scenario_19_20_answer_after_a_response_garbled(void **state)
{
	(void)state;
	PLAY(false, I0, "<C1 20", ">E1 20", "<x", ">81", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<C1 20", ">E1 20", "<x", ">81", "<C1 20", ">E1 20", "<00 90 00",
	     "= 90 00");
}

static void scenario_21_acknowledgement_garbled(void **state)
{
	(void)state;
	PLAY(true, C0, "<x", ">81", "<90", C1, "<00 90 00", "= 90 00");
}

static void scenario_22_acknowledgement_lost_twice(void **state)
{
	(void)state;
	PLAY(true, C0, "<x", ">81", "<-", ">81", "<90", C1, "<00 90 00", "= 90 00");
}

static void scenario_23_24_our_acknowledgement_garbled(void **state)
{
	(void)state;
	PLAY(false, I0, "<20 AA", ">90", "<91", ">90", "<40 90 00", "= AA 90 00");
	PLAY(false, I0, "<20 AA", ">90", "<x", ">90", "<40 90 00", "= AA 90 00");
}

static void scenario_26_card_aborts_its_chain(void **state)
{
	static const char *const next[] = {I1, "<40 90 00", "= 90 00", NULL};
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	t1_play_on(&t, false,
	           (const char *const[]){I0, "<20 AA", ">90", "<C2", ">E2", "<90", "! COMM", NULL});
	assert_false(t.dead);
	t1_play_on(&t, false, next);
}

static void scenario_27_card_aborts_our_chain(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 4, false, 0);
	t1_play_on(&t, true,
	           (const char *const[]){C0, "<90", C1, "<92", C1, "<00 90 00", "= 90 00", NULL});
	ccid_t1_init(&t, 3, false, 0);
	t1_play_on(&t, true,
	           (const char *const[]){">20 00 B0 00", "<90", ">60 00 02 10", "<C2", ">E2", "<80",
	                                 "! COMM", NULL});
	t1_play_on(&t, false,
	           (const char *const[]){">20 00 B0 00", "<90", ">40 00", "<00 90 00", "= 90 00",
	                                 NULL});
}

static void scenario_29_to_32_resynch(void **state)
{
	(void)state;
	PLAY(false, I0, "<00 90", "! COMM");
	PLAY(false, I0, "<C3 01", ">E3 01", "<-", ">82", "<-", ">82", "<-", ">C0", "<E0", "! COMM");
	PLAY(false, I0, "<C3 01", ">E3 01", "<-", ">82", "<-", ">82", "<-", ">C0", "<x", ">C0",
	     "<81", ">C0", "<E0", "! COMM");
}

static void after_resynch_both_sides_start_at_zero(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	t1_play_on(&t, false, (const char *const[]){I0, "<00 90 00", "= 90 00", NULL});
	t1_play_on(&t, false,
	           (const char *const[]){I1, "<-", ">92", "<-", ">92", "<-", ">C0", "<E0", "! COMM",
	                                 NULL});
	assert_false(t.dead);
	t1_play_on(&t, false, (const char *const[]){I0, "<00 90 00", "= 90 00", NULL});
}

static void rule_6_4_three_resynchs_then_reset(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	t1_play_on(&t, false, (const char *const[]){I0, "<00 90 00", "= 90 00", NULL});
	t1_play_on(&t, false,
	           (const char *const[]){I1, "<-", ">92", "<-", ">92", "<-", ">C0", "<-", ">C0",
	                                 "<-", ">C0", "<-", "! COMM", NULL});
	assert_true(t.dead);
	t1_play_on(&t, false, (const char *const[]){"! MUTE", NULL});
}

static void rule_7_4_1_mute_from_the_start(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	t1_play_on(&t, false,
	           (const char *const[]){I0, "<-", ">82", "<-", ">82", "<-", "! MUTE", NULL});
	assert_true(t.dead);
}

static void rule_6_the_card_may_not_ask_for_resynch(void **state)
{
	(void)state;
	PLAY(false, I0, "<C0", ">82", "<00 90 00", "= 90 00");
}

static void a_duplicate_block_is_not_delivered_twice(void **state)
{
	(void)state;
	PLAY(false, I0, "<20 AA", ">90", "<20 AA", ">90", "<40 90 00", "= AA 90 00");
}

static void an_answer_in_the_middle_of_our_chain_is_taken(void **state)
{
	(void)state;
	PLAY(true, C0, "<00 67 00", "= 67 00");
}

static void a_broken_exchange_is_followed_by_resynch(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	t1_play_on(&t, false, (const char *const[]){I0, "<00 90 00", "= 90 00", NULL});
	ccid_t1_break(&t);
	t1_play_on(&t, false,
	           (const char *const[]){">C0", "<E0", I0, "<00 90 00", "= 90 00", NULL});
}

static void a_secure_block_takes_its_turn_and_is_never_repeated(void **state)
{
	uint8_t prologue[3];
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	t1_play_on(&t, false, (const char *const[]){I0, "<00 90 00", "= 90 00", NULL});
	ccid_t1_secure(&t, 9, t1_rapdu, sizeof t1_rapdu, prologue);
	assert_memory_equal(prologue, ((const uint8_t[]){0x00, 0x40, 0x09}), 3);
	t1_follow(&t, t1_feed(&t, "C3 02"),
	          (const char *const[]){">E3 02", "<40 90 00", "= 90 00", NULL});
	ccid_t1_secure(&t, 9, t1_rapdu, sizeof t1_rapdu, prologue);
	assert_int_equal(prologue[1], 0x00);
	ccid_t1_secure(&t, 9, t1_rapdu, sizeof t1_rapdu, prologue);
	t1_follow(&t, t1_feed(&t, "81"), (const char *const[]){">C0", "<E0", "! COMM", NULL});
	assert_int_equal(ccid_t1_resync(&t), CCID_T1_DONE);
	ccid_t1_break(&t);
	t1_follow(&t, ccid_t1_resync(&t), (const char *const[]){">C0", "<E0", NULL});
	assert_false(t.lost);
}

static void malformed_blocks_are_answered_with_the_right_error(void **state)
{
	static const uint8_t short_block[] = {0x00, 0x00, 0x00};
	static const uint8_t lies[] = {0x00, 0x00, 0x05, 0x90, 0x00, 0x95};
	static const uint8_t nad[] = {0x12, 0x00, 0x02, 0x90, 0x00, 0x80};
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	(void)ccid_t1_start(&t, t1_capdu, 4, t1_rapdu, sizeof t1_rapdu, 259);
	(void)ccid_t1_step(&t, CCID_T1_BLOCK, short_block, 3);
	t1_check_sent(&t, "82");
	(void)ccid_t1_step(&t, CCID_T1_BLOCK, lies, 6);
	t1_check_sent(&t, "82");
	ccid_t1_init(&t, 32, false, 0);
	(void)ccid_t1_start(&t, t1_capdu, 4, t1_rapdu, sizeof t1_rapdu, 259);
	(void)ccid_t1_step(&t, CCID_T1_BLOCK, nad, 6);
	t1_check_sent(&t, "82");
	PLAY(false, I0, "<C4", ">82", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<93", ">82", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<81 00", ">82", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<E3 01", ">82", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<C3 00", ">82", "<00 90 00", "= 90 00");
}

static void a_block_longer_than_ifsd_is_refused(void **state)
{
	uint8_t rx[300] = {0x00, 0x00, 33};
	struct ccid_t1 t;

	(void)state;
	rx[36] = 33;
	ccid_t1_init(&t, 32, false, 0);
	(void)ccid_t1_start(&t, t1_capdu, 4, t1_rapdu, sizeof t1_rapdu, 259);
	(void)ccid_t1_step(&t, CCID_T1_BLOCK, rx, 37);
	t1_check_sent(&t, "82");
	t.ifsd = 254;
	assert_int_equal(ccid_t1_step(&t, CCID_T1_BLOCK, rx, 37), CCID_T1_DONE);
	assert_int_equal(t.rapdu_len, 33);
}

static void a_response_that_does_not_fit_is_refused_in_step(void **state)
{
	static const char *const step[] = {I0, "<20 AA BB CC", ">C0", "<E0", "! SPACE", NULL};
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	t1_follow(&t, ccid_t1_start(&t, t1_capdu, 4, t1_rapdu, 2, 259), step);
}

static void crc_is_checked_in_the_order_the_card_uses(void **state)
{
	static const uint8_t request[] = {0x00, 0xC1, 0x01, 0xFE, 0x54, 0x4E};
	static const uint8_t high[] = {0x00, 0xE1, 0x01, 0xFE, 0x57, 0x75};
	static const uint8_t low[] = {0x00, 0xE1, 0x01, 0xFE, 0x75, 0x57};
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, true, 0);
	assert_int_equal(ccid_t1_ifs(&t, 254), CCID_T1_SEND);
	assert_int_equal(t.block_len, 6);
	assert_memory_equal(t.block, request, 6);
	assert_int_equal(ccid_t1_step(&t, CCID_T1_BLOCK, high, 6), CCID_T1_DONE);
	assert_int_equal(ccid_t1_ifs(&t, 254), CCID_T1_SEND);
	assert_int_equal(ccid_t1_step(&t, CCID_T1_BLOCK, low, 6), CCID_T1_SEND);
	ccid_t1_init(&t, 32, true, 0);
	(void)ccid_t1_ifs(&t, 254);
	assert_int_equal(ccid_t1_step(&t, CCID_T1_BLOCK, low, 6), CCID_T1_DONE);
	(void)ccid_t1_ifs(&t, 254);
	assert_int_equal(t.block[4], 0x4E);
	assert_int_equal(t.block[5], 0x54);
}

static void our_blocks_fit_the_way_to_the_card(void **state)
{
	uint8_t apdu[300] = {0x00, 0xD6};
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 254, false, 0);
	assert_int_equal(ccid_t1_start(&t, apdu, sizeof apdu, t1_rapdu, sizeof t1_rapdu, 54),
	                 CCID_T1_SEND);
	assert_int_equal(t.block_len, 54);
	assert_int_equal(ccid_t1_start(&t, apdu, sizeof apdu, t1_rapdu, sizeof t1_rapdu, 4),
	                 CCID_T1_GIVE_UP);
	assert_int_equal(t.err, CCID_E_ARG);
}

/* A small generator: repeatable, and not worth a library. */
static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static size_t adversary(struct ccid_t1 *t, uint32_t *seed, uint8_t *rx)
{
	static const uint8_t pcb[] = {0x00, 0x20, 0x40, 0x60, 0x80, 0x81, 0x82, 0x90, 0x91, 0x92,
	                              0xC0, 0xC1, 0xC2, 0xC3, 0xE0, 0xE1, 0xE2, 0xE3, 0xC4, 0xFF};
	uint32_t kind = draw(seed) % 64;
	size_t len = draw(seed) % 5, i;

	rx[0] = kind == 0 ? 0x21 : 0;
	rx[1] = kind < 8 ? (uint8_t)draw(seed) : pcb[draw(seed) % sizeof pcb];
	if (kind > 24)
		rx[1] = (uint8_t)(t->nr << 6 | (kind & 1 ? 0x20 : 0));
	rx[2] = kind == 1 ? (uint8_t)draw(seed) : (uint8_t)len;
	for (i = 0; i < len; i++)
		rx[3 + i] = (uint8_t)draw(seed);
	rx[3 + len] = kind == 2 ? 0x5A : 0;
	for (i = 0; i < 3 + len; i++)
		rx[3 + len] ^= rx[i];
	return kind == 3 ? draw(seed) % 4 : 4 + len;
}

static void no_card_makes_it_loop_or_overflow(void **state)
{
	uint32_t seed = 1;
	uint64_t steps = 0;
	unsigned done = 0;

	(void)state;
	while (steps < 3000000) {
		struct ccid_t1 t;
		size_t cap = 2 + draw(&seed) % 200;
		uint32_t own = 0;
		enum ccid_t1_act act;

		ccid_t1_init(&t, (uint8_t)(1 + draw(&seed) % 254), draw(&seed) % 2, 0);
		memset(t1_rapdu, 0xEE, sizeof t1_rapdu);
		act = ccid_t1_start(&t, t1_capdu, sizeof t1_capdu, t1_rapdu, cap,
		                    6 + draw(&seed) % 250);
		while (act == CCID_T1_SEND) {
			uint8_t rx[300] = {0};
			size_t n = adversary(&t, &seed, rx);

			assert_in_range(t.block_len, 4, CCID_T1_BLOCK_MAX);
			assert_true(++own < 1000000);
			act = ccid_t1_step(&t, draw(&seed) % 16 ? CCID_T1_BLOCK : CCID_T1_MUTE, rx,
			                   n);
		}
		steps += own + 1;
		done += act == CCID_T1_DONE;
		assert_true(t.rapdu_len <= cap);
		assert_int_equal(t1_rapdu[cap], 0xEE);
		assert_true(act == CCID_T1_DONE ? t.rapdu_len >= 2 : t.err < 0);
	}
	assert_true(done > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenario_1_plain_exchange),
		cmocka_unit_test(scenario_2_wtx),
		cmocka_unit_test(rule_3_wtx_lengthens_one_wait_only),
		cmocka_unit_test(scenario_3_card_sets_ifsc),
		cmocka_unit_test(rule_4_new_ifsc_holds_for_the_next_link),
		cmocka_unit_test(scenario_4_ifsd),
		cmocka_unit_test(rule_7_3_another_ifs_answer_repeats_the_request),
		cmocka_unit_test(scenario_5_host_chain),
		cmocka_unit_test(scenario_6_card_chain),
		cmocka_unit_test(scenario_7_empty_last_link),
		cmocka_unit_test(scenario_8_our_block_was_garbled),
		cmocka_unit_test(scenario_9_the_answer_was_garbled),
		cmocka_unit_test(scenario_10_block_and_request_garbled),
		cmocka_unit_test(scenario_11_our_request_was_garbled),
		cmocka_unit_test(scenario_12_13_answer_to_our_request_garbled),
		cmocka_unit_test(scenario_14_to_17_garbled_request_of_the_card),
		cmocka_unit_test(scenario_18_our_response_was_garbled),
		cmocka_unit_test(scenario_19_20_answer_after_a_response_garbled),
		cmocka_unit_test(scenario_21_acknowledgement_garbled),
		cmocka_unit_test(scenario_22_acknowledgement_lost_twice),
		cmocka_unit_test(scenario_23_24_our_acknowledgement_garbled),
		cmocka_unit_test(scenario_26_card_aborts_its_chain),
		cmocka_unit_test(scenario_27_card_aborts_our_chain),
		cmocka_unit_test(scenario_29_to_32_resynch),
		cmocka_unit_test(after_resynch_both_sides_start_at_zero),
		cmocka_unit_test(rule_6_4_three_resynchs_then_reset),
		cmocka_unit_test(rule_7_4_1_mute_from_the_start),
		cmocka_unit_test(rule_6_the_card_may_not_ask_for_resynch),
		cmocka_unit_test(a_duplicate_block_is_not_delivered_twice),
		cmocka_unit_test(an_answer_in_the_middle_of_our_chain_is_taken),
		cmocka_unit_test(a_broken_exchange_is_followed_by_resynch),
		cmocka_unit_test(a_secure_block_takes_its_turn_and_is_never_repeated),
		cmocka_unit_test(malformed_blocks_are_answered_with_the_right_error),
		cmocka_unit_test(a_block_longer_than_ifsd_is_refused),
		cmocka_unit_test(a_response_that_does_not_fit_is_refused_in_step),
		cmocka_unit_test(crc_is_checked_in_the_order_the_card_uses),
		cmocka_unit_test(our_blocks_fit_the_way_to_the_card),
		cmocka_unit_test(no_card_makes_it_loop_or_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
