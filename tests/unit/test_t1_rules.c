/* SPDX-License-Identifier: MIT */
/* T=1 against the rules of ISO/IEC 7816-3 section 11.6.3, each by its number as in the wire reference 7.3;
 * tests/meta/rules.sh demands that none is left out. 3, 4, 6, 6.4, 7.3 and 7.4.1 are also in test_t1.c. */
#include "t1_script.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void rule_1_the_interface_begins_and_not_with_an_r_block(void **state)
{
	static const char *const size[] = {">C1 FE", "<E1 FE", NULL};
	struct ccid_t1 t;

	(void)state;
	PLAY(false, I0, "<00 90 00", "= 90 00");
	ccid_t1_init(&t, 32, false, 0);
	t1_follow(&t, ccid_t1_ifs(&t, 254), size);
	ccid_t1_break(&t);
	ON(&t, false, ">C0", "<E0", I0, "<00 90 00", "= 90 00");
}

static void rule_2_1_an_i_block_acknowledges_the_one_before(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	for (unsigned i = 0; i < 3; i++) {
		ON(&t, false, I0, "<00 90 00", "= 90 00");
		ON(&t, false, I1, "<40 90 00", "= 90 00");
	}
	ON(&t, false, I0, "<40 90 00", ">82", "<00 90 00", "= 90 00");
}

static void rule_2_2_a_link_is_acknowledged_by_the_other_number(void **state)
{
	(void)state;
	PLAY(true, C0, "<90", C1, "<00 90 00", "= 90 00");
	PLAY(true, C0, "<80", C0, "<90", C1, "<00 90 00", "= 90 00");
	PLAY(false, I0, "<20 AA", ">90", "<60 BB", ">80", "<00 90 00", "= AA BB 90 00");
}

static void rule_3_the_same_multiplier_goes_back(void **state)
{
	(void)state;
	PLAY(false, I0, "<C3 01", ">E3 01", "<C3 FF", ">E3 FF", "<00 90 00", "= 90 00");
}

static void rule_4_each_side_announces_its_own_size(void **state)
{
	static const char *const size[] = {">C1 40", "<E1 40", NULL};
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 4, false, 0);
	t1_follow(&t, ccid_t1_ifs(&t, 64), size);
	assert_int_equal(t.ifsd, 64);
	ON(&t, true, C0, "<90", C1, "<C1 20", ">E1 20", "<00 90 00", "= 90 00");
	assert_int_equal(t.ifsd, 64);
	ON(&t, true, ">00 00 B0 00 00 02 10 11 12", "<40 90 00", "= 90 00");
}

static void rule_5_no_link_is_longer_than_the_card_takes(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 3, false, 0);
	ON(&t, true, ">20 00 B0 00", "<90", ">60 00 02 10", "<80", ">00 11 12", "<00 90 00",
	   "= 90 00");
	PLAY(false, I0, "<20 AA", ">90", "<40", "! COMM");
	PLAY(false, I0, "<20 AA BB", ">90", "<60", ">80", "<00 90 00", "= AA BB 90 00");
}

static void rule_6_2_only_the_response_ends_a_resynch_request(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	ccid_t1_break(&t);
	ON(&t, false, ">C0", "<00 90 00", ">C0", "<E1 20", ">C0", "<E0", I0, "<00 90 00",
	   "= 90 00");
}

static void rule_6_3_afterwards_both_sides_are_as_at_the_start(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	ON(&t, false, I0, "<00 90 00", "= 90 00");
	ccid_t1_break(&t);
	ON(&t, false, ">C0", "<E0", I0, "<00 90 00", "= 90 00");
}

static void rule_6_4_three_attempts_and_no_more(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	ON(&t, false, I0, "<00 90 00", "= 90 00");
	ccid_t1_break(&t);
	ON(&t, false, ">C0", "<x", ">C0", "<90", ">C0", "<-", "! COMM");
	assert_true(t.dead);
}

static void rule_7_1_an_invalid_block_after_an_i_block_is_asked_for(void **state)
{
	struct ccid_t1 t;

	(void)state;
	PLAY(false, I0, "<x", ">81", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<-", ">82", "<00 90 00", "= 90 00");
	ccid_t1_init(&t, 32, false, 0);
	ON(&t, false, I0, "<00 90 00", "= 90 00");
	ON(&t, false, I1, "<p", ">91", "<40 90 00", "= 90 00");
}

static void rule_7_2_an_r_block_is_repeated_as_it_was(void **state)
{
	(void)state;
	PLAY(false, I0, "<x", ">81", "<-", ">81", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<-", ">82", "<x", ">82", "<00 90 00", "= 90 00");
	PLAY(false, I0, "<20 AA", ">90", "<-", ">90", "<40 90 00", "= AA 90 00");
}

static void rule_7_3_after_a_response_the_block_is_asked_for(void **state)
{
	(void)state;
	PLAY(false, I0, "<C3 02", ">E3 02", "<x", ">81", "<C3 02", ">E3 02", "<00 90 00",
	     "= 90 00");
	PLAY(false, I0, "<C3 02", ">E3 02", "<-", ">82", "<00 90 00", "= 90 00");
}

static void rule_7_4_1_garbled_from_the_start(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	ON(&t, false, I0, "<x", ">81", "<x", ">81", "<x", "! MUTE");
	assert_true(t.dead);
}

static void rule_7_4_2_three_failures_later_lead_to_resynch(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	ON(&t, false, I0, "<00 90 00", "= 90 00");
	ON(&t, false, I1, "<x", ">91", "<-", ">91", "<x", ">C0", "<E0", "! COMM");
	assert_false(t.dead);
}

/* Asked to repeat, then for ever silent: seen with a test card. */
static void rule_7_4_3_a_card_that_gives_up_repeating_is_counted_out(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 32, false, 0);
	ON(&t, false, I0, "<81", I0, "<-", ">82", "<-", ">C0", "<-", ">C0", "<-", ">C0", "<-",
	   "! COMM");
	assert_true(t.dead);
}

static void rule_9_after_an_abort_the_card_hands_the_turn_back(void **state)
{
	struct ccid_t1 t;

	(void)state;
	ccid_t1_init(&t, 3, false, 0);
	ON(&t, true, ">20 00 B0 00", "<90", ">60 00 02 10", "<C2", ">E2", "<80", "! COMM");
	assert_false(t.dead);
	ON(&t, true, ">20 00 B0 00", "<90", ">60 00 02 10", "<80", ">00 11 12", "<00 90 00",
	   "= 90 00");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_1_the_interface_begins_and_not_with_an_r_block),
		cmocka_unit_test(rule_2_1_an_i_block_acknowledges_the_one_before),
		cmocka_unit_test(rule_2_2_a_link_is_acknowledged_by_the_other_number),
		cmocka_unit_test(rule_3_the_same_multiplier_goes_back),
		cmocka_unit_test(rule_4_each_side_announces_its_own_size),
		cmocka_unit_test(rule_5_no_link_is_longer_than_the_card_takes),
		cmocka_unit_test(rule_6_2_only_the_response_ends_a_resynch_request),
		cmocka_unit_test(rule_6_3_afterwards_both_sides_are_as_at_the_start),
		cmocka_unit_test(rule_6_4_three_attempts_and_no_more),
		cmocka_unit_test(rule_7_1_an_invalid_block_after_an_i_block_is_asked_for),
		cmocka_unit_test(rule_7_2_an_r_block_is_repeated_as_it_was),
		cmocka_unit_test(rule_7_3_after_a_response_the_block_is_asked_for),
		cmocka_unit_test(rule_7_4_1_garbled_from_the_start),
		cmocka_unit_test(rule_7_4_2_three_failures_later_lead_to_resynch),
		cmocka_unit_test(rule_7_4_3_a_card_that_gives_up_repeating_is_counted_out),
		cmocka_unit_test(rule_9_after_an_abort_the_card_hands_the_turn_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
