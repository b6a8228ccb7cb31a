/* SPDX-License-Identifier: MIT */
#include "t0.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CLA_GET_RESPONSE 0xA0

struct fixture {
	struct ccid_t0 t;
	uint8_t rapdu[CCID_RAPDU_MAX];
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof f);
	*state = &f;
	return 0;
}

static enum ccid_t0_act start(struct fixture *f, const char *capdu, size_t len, bool follow)
{
	return ccid_t0_start(&f->t, (const uint8_t *)capdu, len, follow, CLA_GET_RESPONSE, f->rapdu,
	                     sizeof f->rapdu);
}

static void expect_tpdu(const struct fixture *f, const char *tpdu, size_t len)
{
	assert_int_equal(f->t.tpdu_len, len);
	assert_memory_equal(f->t.tpdu, tpdu, len);
}

/* The card's answer: n bytes of fill, then sw. */
static enum ccid_t0_act answer(struct fixture *f, uint8_t fill, size_t n, unsigned sw)
{
	uint8_t rx[600];

	memset(rx, fill, n);
	rx[n] = (uint8_t)(sw >> 8);
	rx[n + 1] = (uint8_t)sw;
	return ccid_t0_step(&f->t, rx, n + 2);
}

static void expect_done(const struct fixture *f, size_t n, unsigned sw)
{
	assert_int_equal(f->t.rapdu_len, n + 2);
	assert_int_equal(f->rapdu[n] << 8 | f->rapdu[n + 1], sw);
}

static void test_case_1_is_sent_as_four_bytes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\x80\xE2\1\2", 4, true), CCID_T0_SEND);
	expect_tpdu(f, "\x80\xE2\1\2", 4);
	assert_int_equal(answer(f, 0, 0, 0x9000), CCID_T0_DONE);
	expect_done(f, 0, 0x9000);
}

static void test_case_1_hands_61xx_and_6cxx_up(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\x80\xE2\1\2", 4, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6110), CCID_T0_DONE);
	expect_done(f, 0, 0x6110);
	assert_int_equal(start(f, "\x80\xE2\1\2", 4, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6C10), CCID_T0_DONE);
	expect_done(f, 0, 0x6C10);
}

static void test_case_2_asks_for_le(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xB0\0\0\x08", 5, true), CCID_T0_SEND);
	expect_tpdu(f, "\0\xB0\0\0\x08", 5);
	assert_int_equal(answer(f, 0x77, 8, 0x9000), CCID_T0_DONE);
	expect_done(f, 8, 0x9000);
	assert_int_equal(f->rapdu[7], 0x77);
}

static void test_case_2_with_le_00_takes_256_bytes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xB0\0\0\0", 5, true), CCID_T0_SEND);
	expect_tpdu(f, "\0\xB0\0\0\0", 5);
	assert_int_equal(answer(f, 1, 256, 0x9000), CCID_T0_DONE);
	expect_done(f, 256, 0x9000);
}

static void test_case_2_extended_above_256_asks_for_256_first(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xB0\0\0\0\x01\x2C", 7, true), CCID_T0_SEND);
	expect_tpdu(f, "\0\xB0\0\0\0", 5);
	assert_int_equal(answer(f, 1, 256, 0x6180), CCID_T0_SEND);
	expect_tpdu(f, "\xA0\xC0\0\0\x2C", 5); /* 300 - 256 */
	assert_int_equal(answer(f, 2, 44, 0x6154), CCID_T0_DONE);
	expect_done(f, 300, 0x6154);
	assert_int_equal(f->rapdu[255], 1);
	assert_int_equal(f->rapdu[256], 2);
}

static void test_case_2_extended_up_to_256_is_as_short(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xB0\0\0\0\0\x20", 7, true), CCID_T0_SEND);
	expect_tpdu(f, "\0\xB0\0\0\x20", 5);
}

static void test_case_3_sends_data_and_hands_61xx_up(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xA4\0\0\x02\x3F\0", 7, true), CCID_T0_SEND);
	expect_tpdu(f, "\0\xA4\0\0\x02\x3F\0", 7);
	assert_int_equal(answer(f, 0, 0, 0x6120), CCID_T0_DONE);
	expect_done(f, 0, 0x6120);
}

static void test_case_4_drops_le_and_fetches_the_response(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xA4\0\0\x02\x3F\0\0", 8, true), CCID_T0_SEND);
	expect_tpdu(f, "\0\xA4\0\0\x02\x3F\0", 7);
	assert_int_equal(answer(f, 0, 0, 0x6120), CCID_T0_SEND);
	expect_tpdu(f, "\xA0\xC0\0\0\x20", 5);
	assert_int_equal(answer(f, 9, 32, 0x9000), CCID_T0_DONE);
	expect_done(f, 32, 0x9000);
}

static void test_case_4_asks_for_no_more_than_le(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xA4\0\0\x02\x3F\0\x10", 8, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6120), CCID_T0_SEND);
	expect_tpdu(f, "\xA0\xC0\0\0\x10", 5);
	assert_int_equal(answer(f, 9, 16, 0x6110), CCID_T0_DONE);
	expect_done(f, 16, 0x6110);
}

static void test_case_4_without_61xx_is_done(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xA4\0\0\x02\x3F\0\0", 8, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x9000), CCID_T0_DONE);
	expect_done(f, 0, 0x9000);
}

static void test_cases_3_and_4_extended_go_out_short_up_to_255_bytes(void **state)
{
	static char capdu[7 + 256 + 2] = "\0\xD6\0\0\0\0\xFF";
	struct fixture *f = *state;

	assert_int_equal(start(f, capdu, 7 + 255, true), CCID_T0_SEND);
	assert_int_equal(f->t.tpdu_len, 260);
	assert_int_equal(f->t.tpdu[4], 255);
	assert_int_equal(start(f, capdu, 7 + 255 + 2, true), CCID_T0_SEND);
	assert_int_equal(f->t.tpdu_len, 260);
	memcpy(capdu + 4, "\0\1\0", 3);
	assert_int_equal(start(f, capdu, 7 + 256, false), CCID_T0_GIVE_UP);
	assert_int_equal(f->t.err, CCID_E_UNSUPPORTED);
}

static void test_a_longer_apdu_goes_in_envelopes(void **state)
{
	static char capdu[7 + 300 + 2] = "\0\xD6\0\0\0\1\x2C";
	struct fixture *f = *state;

	assert_int_equal(start(f, capdu, sizeof capdu, true), CCID_T0_SEND);
	assert_int_equal(f->t.tpdu_len, 260);
	assert_memory_equal(f->t.tpdu, "\0\xC2\0\0\xFF\0\xD6\0\0\0\1\x2C", 12);
	assert_int_equal(answer(f, 0, 0, 0x9000), CCID_T0_SEND);
	assert_int_equal(f->t.tpdu_len, 5 + 309 - 255);
	assert_memory_equal(f->t.tpdu, "\0\xC2\0\0\x36", 5);
	assert_int_equal(answer(f, 0, 0, 0x6105), CCID_T0_SEND);
	expect_tpdu(f, "\xA0\xC0\0\0\5", 5);
	assert_int_equal(answer(f, 9, 5, 0x9000), CCID_T0_DONE);
	expect_done(f, 5, 0x9000);
}

static void test_an_empty_envelope_follows_a_full_last_one(void **state)
{
	static char capdu[7 + 503] = "\0\xD6\0\0\0\1\xF7";
	struct fixture *f = *state;

	assert_int_equal(start(f, capdu, sizeof capdu, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x9000), CCID_T0_SEND);
	assert_int_equal(f->t.tpdu_len, 260);
	assert_true(f->t.midway);
	assert_int_equal(answer(f, 0, 0, 0x9000), CCID_T0_SEND);
	expect_tpdu(f, "\0\xC2\0\0", 4);
	assert_int_equal(answer(f, 0, 0, 0x6A84), CCID_T0_DONE);
	assert_false(f->t.midway);
	expect_done(f, 0, 0x6A84);
}

/* A card that counts has all it needs. */
static void test_a_full_last_envelope_may_be_the_end(void **state)
{
	static char capdu[7 + 503] = "\0\xD6\0\0\0\1\xF5";
	struct fixture *f = *state;

	assert_int_equal(start(f, capdu, sizeof capdu, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x9000), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6105), CCID_T0_SEND);
	expect_tpdu(f, "\xA0\xC0\0\0\5", 5);
	assert_int_equal(answer(f, 9, 5, 0x9000), CCID_T0_DONE);
	expect_done(f, 5, 0x9000);
}

static void test_a_card_without_envelope_has_the_last_word(void **state)
{
	static char capdu[7 + 300] = "\0\xD6\0\0\0\1\x2C";
	struct fixture *f = *state;

	assert_int_equal(start(f, capdu, sizeof capdu, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6D00), CCID_T0_DONE);
	expect_done(f, 0, 0x6D00);
}

static void test_61_chain_collects_every_part(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xCA\0\0\0", 5, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6140), CCID_T0_SEND);
	assert_int_equal(answer(f, 1, 64, 0x6100), CCID_T0_SEND);
	expect_tpdu(f, "\xA0\xC0\0\0\xC0", 5); /* 00 says 256, Le leaves 192 */
	assert_int_equal(answer(f, 2, 100, 0x6105), CCID_T0_SEND);
	expect_tpdu(f, "\xA0\xC0\0\0\x05", 5);
	assert_int_equal(answer(f, 3, 5, 0x9000), CCID_T0_DONE);
	expect_done(f, 169, 0x9000);
	assert_int_equal(f->rapdu[63], 1);
	assert_int_equal(f->rapdu[163], 2);
	assert_int_equal(f->rapdu[168], 3);
}

static void test_61_chain_stops_at_le_and_shows_what_is_left(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xCA\0\0\0", 5, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6100), CCID_T0_SEND);
	expect_tpdu(f, "\xA0\xC0\0\0\0", 5);
	assert_int_equal(answer(f, 1, 256, 0x6133), CCID_T0_DONE);
	expect_done(f, 256, 0x6133);
}

static void test_61_chain_reaches_65536_bytes_and_no_more(void **state)
{
	struct fixture *f = *state;
	unsigned rounds = 0;
	enum ccid_t0_act act = start(f, "\0\xCA\0\0\0\0\0", 7, true);

	while (act == CCID_T0_SEND && rounds < 1000) {
		act = answer(f, (uint8_t)rounds, 256, 0x6100);
		rounds++;
	}
	assert_int_equal(act, CCID_T0_DONE);
	assert_int_equal(rounds, 256);
	expect_done(f, 65536, 0x6100);
}

static void test_61_chain_stops_where_the_buffer_ends(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		ccid_t0_start(&f->t, (const uint8_t *)"\0\xCA\0\0\0", 5, true, 0, f->rapdu, 2 + 10),
		CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6120), CCID_T0_SEND);
	expect_tpdu(f, "\0\xC0\0\0\x0A", 5);
	assert_int_equal(answer(f, 1, 10, 0x6116), CCID_T0_DONE);
	expect_done(f, 10, 0x6116);
	assert_int_equal(f->rapdu[12], 0);
}

static void test_get_response_without_data_ends_the_chain(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xCA\0\0\0", 5, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6120), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6120), CCID_T0_DONE);
	expect_done(f, 0, 0x6120);
}

static void test_error_in_the_chain_ends_it_with_that_status(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xCA\0\0\0", 5, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6120), CCID_T0_SEND);
	assert_int_equal(answer(f, 4, 8, 0x6281), CCID_T0_DONE);
	expect_done(f, 8, 0x6281);
}

static void test_6c_repeats_a_case_2_command_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xB0\1\2\0", 5, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6C08), CCID_T0_SEND);
	expect_tpdu(f, "\0\xB0\1\2\x08", 5);
	assert_int_equal(answer(f, 0, 0, 0x6C04), CCID_T0_DONE);
	expect_done(f, 0, 0x6C04);
}

static void test_6c_may_ask_for_more_than_le(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xB0\0\0\4", 5, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6C00), CCID_T0_SEND);
	expect_tpdu(f, "\0\xB0\0\0\0", 5);
	assert_int_equal(answer(f, 6, 256, 0x9000), CCID_T0_DONE);
	expect_done(f, 256, 0x9000);
}

static void test_6c_beyond_the_buffer_is_handed_up(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		ccid_t0_start(&f->t, (const uint8_t *)"\0\xB0\0\0\4", 5, true, 0, f->rapdu, 2 + 7),
		CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6C08), CCID_T0_DONE);
	expect_done(f, 0, 0x6C08);
}

static void test_6c_never_repeats_a_command_that_carries_data(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\x88\0\0\1\1\0", 7, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6C10), CCID_T0_DONE);
	expect_done(f, 0, 0x6C10);
	assert_int_equal(start(f, "\0\x88\0\0\1\1", 6, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6C10), CCID_T0_DONE);
	expect_done(f, 0, 0x6C10);
}

static void test_6c_corrects_a_get_response_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\x88\0\0\1\1\0", 7, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6120), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6C18), CCID_T0_SEND);
	expect_tpdu(f, "\xA0\xC0\0\0\x18", 5);
	assert_int_equal(answer(f, 0, 0, 0x6C10), CCID_T0_DONE);
	expect_done(f, 0, 0x6C10);
}

static void test_without_follow_every_status_goes_up(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xB0\0\0\0", 5, false), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6C08), CCID_T0_DONE);
	expect_done(f, 0, 0x6C08);
	assert_int_equal(start(f, "\0\xA4\0\0\x02\x3F\0\0", 8, false), CCID_T0_SEND);
	expect_tpdu(f, "\0\xA4\0\0\x02\x3F\0", 7);
	assert_int_equal(answer(f, 0, 0, 0x6108), CCID_T0_DONE);
	expect_done(f, 0, 0x6108);
}

static void test_answers_below_two_bytes_are_refused(void **state)
{
	struct fixture *f = *state;

	for (size_t n = 0; n < 2; n++) {
		assert_int_equal(start(f, "\0\xB0\0\0\0", 5, true), CCID_T0_SEND);
		assert_int_equal(ccid_t0_step(&f->t, (const uint8_t *)"\x90", n), CCID_T0_GIVE_UP);
		assert_int_equal(f->t.err, CCID_E_SHORT);
		assert_int_equal(f->t.rapdu_len, 0);
	}
}

static void test_more_data_than_asked_for_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xB0\0\0\x08", 5, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 9, 0x9000), CCID_T0_GIVE_UP);
	assert_int_equal(f->t.err, CCID_E_FORMAT);
	assert_int_equal(start(f, "\0\xB0\0\0\0", 5, false), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 257, 0x9000), CCID_T0_GIVE_UP);
	assert_int_equal(start(f, "\0\xA4\0\0", 4, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 1, 0x9000), CCID_T0_GIVE_UP);
	assert_int_equal(start(f, "\0\xA4\0\0\1\1\0", 7, true), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 0, 0x6110), CCID_T0_SEND);
	assert_int_equal(answer(f, 0, 17, 0x9000), CCID_T0_GIVE_UP);
	assert_int_equal(f->t.err, CCID_E_FORMAT);
}

static void test_data_that_the_buffer_cannot_hold_is_refused(void **state)
{
	struct fixture *f = *state;
	const uint8_t *read_8 = (const uint8_t *)"\0\xB0\0\0\x08";

	assert_int_equal(ccid_t0_start(&f->t, read_8, 5, true, 0, f->rapdu, 9), CCID_T0_SEND);
	assert_int_equal(answer(f, 5, 8, 0x9000), CCID_T0_GIVE_UP);
	assert_int_equal(f->t.err, CCID_E_SPACE);
	assert_int_equal(f->rapdu[0], 0);
	assert_int_equal(ccid_t0_start(&f->t, read_8, 5, true, 0, f->rapdu, 10), CCID_T0_SEND);
	assert_int_equal(answer(f, 5, 8, 0x9000), CCID_T0_DONE);
	assert_int_equal(ccid_t0_start(&f->t, read_8, 5, true, 0, f->rapdu, 1), CCID_T0_GIVE_UP);
	assert_int_equal(f->t.err, CCID_E_SPACE);
}

static void test_malformed_command_is_refused_before_anything_is_sent(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "\0\xB0\0", 3, true), CCID_T0_GIVE_UP);
	assert_int_equal(f->t.err, CCID_E_SHORT);
	assert_int_equal(start(f, "\0\xB0\0\0\3\1", 6, true), CCID_T0_GIVE_UP);
	assert_int_equal(f->t.err, CCID_E_FORMAT);
}

/* Of a reader that takes APDUs: anything may be the answer to the first. */
static void test_a_whole_apdu_is_followed_by_tpdus(void **state)
{
	static const uint8_t apdu[] = {0x80, 0x30, 0, 0, 0, 0, 2, 0xAA, 0xBB, 1, 0x10};
	struct fixture *f = *state;

	assert_int_equal(ccid_t0_start_whole(&f->t, apdu, sizeof apdu, CLA_GET_RESPONSE, f->rapdu,
	                                     sizeof f->rapdu),
	                 CCID_T0_SEND);
	assert_int_equal(answer(f, 0x11, 260, 0x6120), CCID_T0_SEND);
	expect_tpdu(f, "\xA0\xC0\0\0\x0C", 5); /* what is left of Le 0110 */
	assert_int_equal(answer(f, 0x22, 12, 0x6114), CCID_T0_DONE);
	expect_done(f, 272, 0x6114);
	assert_int_equal(f->rapdu[259], 0x11);
	assert_int_equal(f->rapdu[260], 0x22);
	assert_int_equal(
		ccid_t0_start_whole(&f->t, apdu, 9, CLA_GET_RESPONSE, f->rapdu, sizeof f->rapdu),
		CCID_T0_SEND);
	assert_int_equal(answer(f, 0x11, 300, 0x6120), CCID_T0_DONE); /* no Le: a case 3 */
	expect_done(f, 300, 0x6120);
}

static void test_an_answer_may_be_where_it_goes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ccid_t0_start_whole(&f->t, (const uint8_t *)"\0\xB0\0\0\0", 5,
	                                     CLA_GET_RESPONSE, f->rapdu, sizeof f->rapdu),
	                 CCID_T0_SEND);
	memcpy(f->rapdu, "\1\x61\1", 3);
	assert_int_equal(ccid_t0_step(&f->t, f->rapdu, 3), CCID_T0_SEND);
	memcpy(f->rapdu + 1, "\2\x90\0", 3);
	assert_int_equal(ccid_t0_step(&f->t, f->rapdu + 1, 3), CCID_T0_DONE);
	expect_done(f, 2, 0x9000);
	assert_memory_equal(f->rapdu, "\1\2", 2);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_case_1_is_sent_as_four_bytes),
		T(test_case_1_hands_61xx_and_6cxx_up),
		T(test_case_2_asks_for_le),
		T(test_case_2_with_le_00_takes_256_bytes),
		T(test_case_2_extended_above_256_asks_for_256_first),
		T(test_case_2_extended_up_to_256_is_as_short),
		T(test_case_3_sends_data_and_hands_61xx_up),
		T(test_case_4_drops_le_and_fetches_the_response),
		T(test_case_4_asks_for_no_more_than_le),
		T(test_case_4_without_61xx_is_done),
		T(test_cases_3_and_4_extended_go_out_short_up_to_255_bytes),
		T(test_a_longer_apdu_goes_in_envelopes),
		T(test_an_empty_envelope_follows_a_full_last_one),
		T(test_a_full_last_envelope_may_be_the_end),
		T(test_a_card_without_envelope_has_the_last_word),
		T(test_61_chain_collects_every_part),
		T(test_61_chain_stops_at_le_and_shows_what_is_left),
		T(test_61_chain_reaches_65536_bytes_and_no_more),
		T(test_61_chain_stops_where_the_buffer_ends),
		T(test_get_response_without_data_ends_the_chain),
		T(test_error_in_the_chain_ends_it_with_that_status),
		T(test_6c_repeats_a_case_2_command_once),
		T(test_6c_may_ask_for_more_than_le),
		T(test_6c_beyond_the_buffer_is_handed_up),
		T(test_6c_never_repeats_a_command_that_carries_data),
		T(test_6c_corrects_a_get_response_once),
		T(test_a_whole_apdu_is_followed_by_tpdus),
		T(test_an_answer_may_be_where_it_goes),
		T(test_without_follow_every_status_goes_up),
		T(test_answers_below_two_bytes_are_refused),
		T(test_more_data_than_asked_for_is_refused),
		T(test_data_that_the_buffer_cannot_hold_is_refused),
		T(test_malformed_command_is_refused_before_anything_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
