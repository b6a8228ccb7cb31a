/* SPDX-License-Identifier: MIT */
/* Which live command is which recorded one, against a usbredir guest written by hand. */
#include "player_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void answers_carry_the_sequence_number_of_the_live_command(void **state)
{
	struct guest *g = play(state, ON SELECT READ);

	LIVE_ON(g, "F0");
	LIVE_SELECT(g, "F1");
	LIVE_READ(g, "07");
	assert_int_equal(play_left(state), 0);
	assert_string_equal(play_diff(state), "");
}

static void a_stale_answer_stays_as_stale_as_it_was(void **state)
{
	struct guest *g = play(state, "> 62 00 05 000000\n< 80 00 04 000000 3B00\n"
	                              "< 80 00 05 000000 3B021450\n");
	size_t len;

	guest_exchange(g, "62 00 40 000000", "80 00 3F 000000 3B00");
	guest_answer(g, guest_ask(g, 65536, NULL), &len);
	assert_int_equal(len, 14);
	assert_int_equal(g->body[10 + 6], 0x40);
}

static void chunking_is_free_in_both_directions(void **state)
{
	struct guest *g = play(state, ON "> 6F 00 02 000000 00A4000C023F00\n"
	                                 "< 80 00 02 000000 "
	                                 "000102030405060708090A0B0C0D0E0F101112131415161718191A1B"
	                                 "1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435"
	                                 "363738393A3B9000\n");
	uint8_t msg[64], got[100];
	size_t n, len, have = 0;

	LIVE_ON(g, "00");
	n = message_from(msg, "6F 00 01 000000 00A4000C023F00");
	for (size_t i = 0; i < n; i += 4)
		assert_int_equal(guest_out(g, msg + i, n - i < 4 ? n - i : 4), 0);
	for (int i = 0; have < 72 && i < 10; i++) {
		guest_answer(g, guest_ask(g, 16, NULL), &len);
		memcpy(got + have, g->body + 10, len);
		have += len;
	}
	assert_int_equal(have, 72);
	assert_int_equal(got[6], 1);
	assert_int_equal(got[69], 0x3B);
	guest_expect_nothing(g);
}

static void recorded_transfers_full_or_short_are_joined_into_their_message(void **state)
{
	/* 64 bytes at a time, as uhci asks; then a message in two short transfers. */
	struct guest *g =
		play(state, ON "> 6F 00 02 000000 00B0000040\n"
	                       "<full 80 42000000 00 02 00 00 00 "
	                       "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
	                       "202122232425262728292A2B2C2D2E2F303132333435\n"
	                       "<full 363738393A3B3C3D3E3F9000\n"
	                       "> 6F 00 03 000000 00B0000002\n<raw 80 04000000 00 03 00 00 00\n"
	                       "<raw 01029000\n");
	uint8_t msg[64];
	size_t len;

	LIVE_ON(g, "00");
	assert_int_equal(guest_out(g, msg, message_from(msg, "6F 00 01 000000 00B0000040")), 0);
	guest_answer(g, guest_ask(g, 512, NULL), &len);
	assert_int_equal(len, 76);
	assert_int_equal(g->body[10 + 75], 0);
	assert_int_equal(g->body[10 + 74], 0x90);
	guest_exchange(g, "6F 00 02 000000 00B0000002", "raw 80 04000000 00 02 00 00 00");
	guest_answer(g, guest_ask(g, 512, NULL), &len);
	assert_int_equal(len, 4);
}

static void bytes_beyond_dwlength_are_given_too(void **state)
{
	struct guest *g = play(state, ON "> 6C 00 02 000000\n"
	                                 "<raw 82 00000000 00 02 00 00 00 11000000000000\n");

	LIVE_ON(g, "00");
	guest_exchange(g, "6C 00 09 000000", "raw 82 00000000 00 09 00 00 00 11000000000000");
}

static void more_or_fewer_status_polls_are_harmless(void **state)
{
	struct guest *g = play(state, "> 65 00 00 000000\n< 81 00 00 010000\n" ON
	                              "> 65 00 02 000000\n< 81 00 02 000000\n"
	                              "> 65 00 03 000000\n< 81 00 03 000000\n" SELECT);

	guest_exchange(g, "65 00 00 000000", "81 00 00 010000");
	guest_exchange(g, "65 00 01 000000", "81 00 01 010000");
	LIVE_ON(g, "02");
	LIVE_SELECT(g, "03");
	guest_exchange(g, "65 00 04 000000", "81 00 04 000000");
	guest_exchange(g, "63 00 05 000000", "81 00 05 010000");
	guest_exchange(g, "65 00 06 000000", "81 00 06 010000");
	assert_int_equal(play_left(state), 0);
}

static void a_slot_that_was_never_spoken_to_is_empty(void **state)
{
	struct guest *g = play(state, ON);

	guest_exchange(g, "65 01 00 000000", "81 01 00 020000");
	guest_exchange(g, "62 01 01 000000", "80 01 01 42FE00");
	guest_exchange(g, "65 02 02 000000", "81 02 02 420500");
}

static void time_extensions_stalls_and_empty_transfers_are_reproduced(void **state)
{
	struct guest *g = play(state, ON "> 6F 00 02 000000 00B0000002\n< 80 00 02 800300\n"
	                                 "< 80 00 02 000000 9000\nzlp\n"
	                                 "> 6F 00 03 000000 00B0000003\nstall\n"
	                                 ">stall 6F 00 04 000000 00B0000004\n");
	uint8_t msg[32];
	size_t len;

	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 00B0000002", "80 00 01 800300");
	assert_int_equal(guest_answer(g, guest_ask(g, 64, NULL), &len), 0);
	assert_int_equal(len, 12);
	assert_int_equal(guest_answer(g, guest_ask(g, 64, NULL), &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(guest_out(g, msg, message_from(msg, "6F 00 02 000000 00B0000003")), 0);
	assert_int_equal(guest_answer(g, guest_ask(g, 64, NULL), &len), 4);
	assert_int_equal(len, 0);
	assert_int_equal(guest_control(g, 0x02, 1, 0, 0x82, 0), 0);
	assert_int_equal(guest_out(g, msg, message_from(msg, "6F 00 03 000000 00B0000004")), 4);
}

static void set_up_commands_may_come_in_another_order(void **state)
{
	struct guest *g = play(state, ON "> 6C 00 02 000000\n< 82 00 02 000000 1100000A00\n"
	                                 "> 61 00 03 000000 9600000A00\n"
	                                 "< 82 00 03 000000 9600000A00\n" SELECT READ);

	LIVE_ON(g, "00");
	guest_exchange(g, "61 00 01 000000 9600000A00", "82 00 01 000000 9600000A00");
	guest_exchange(g, "6C 00 02 000000", "82 00 02 000000 1100000A00");
	LIVE_SELECT(g, "03");
	guest_exchange(g, "61 00 04 000000 9600000A00", "82 00 04 000000 9600000A00");
	LIVE_READ(g, "05");
	assert_string_equal(play_diff(state), "");
}

static void set_up_commands_that_were_not_recorded_are_answered_from_state(void **state)
{
	struct guest *g = play(state, ON SELECT);

	LIVE_ON(g, "00");
	guest_exchange(g, "6C 00 01 000000", "82 00 01 000000 1100000A00");
	guest_exchange(g, "61 00 02 010000 11100045002000", "82 00 02 000001 11100045002000");
	guest_exchange(g, "6C 00 03 000000", "82 00 03 000001 11100045002000");
	guest_exchange(g, "6D 00 04 000000", "82 00 04 000000 1100000A00");
	guest_exchange(g, "73 00 05 000000 0102030405060708", "84 00 05 000000 0102030405060708");
	guest_exchange(g, "6E 00 06 000000", "81 00 06 000000");
	LIVE_SELECT(g, "07");
}

static void a_recorded_refusal_of_a_set_up_command_stays_one(void **state)
{
	struct guest *g =
		play(state, ON "> 61 00 02 000000 9600000A00\n< 82 00 02 400A00\n" SELECT);

	LIVE_ON(g, "00");
	guest_exchange(g, "61 00 01 000000 9600000A00", "82 00 01 400A00");
	guest_exchange(g, "61 00 02 000000 9600000A00", "82 00 02 400A00");
}

static void power_may_be_given_again_until_the_card_is_spoken_to(void **state)
{
	struct guest *g = play(state, ON SELECT READ);

	LIVE_ON(g, "00");
	guest_exchange(g, "63 00 01 000000", "81 00 01 010000");
	LIVE_ON(g, "02");
	LIVE_ON(g, "03");
	LIVE_SELECT(g, "04");
	guest_diverges(g, "62 00 05 000000");
	play_expect_in_diff(state, "powered on where the trace goes on");
	play_expect_in_diff(state, "READ BINARY: 00 B0 00 00 02");
}

static void power_ons_that_the_driver_does_without_are_passed_over(void **state)
{
	struct guest *g = play(state, ON "> 63 00 02 000000\n< 81 00 02 010000\n" ON SELECT);

	LIVE_ON(g, "00");
	LIVE_SELECT(g, "01");
	assert_int_equal(play_left(state), 0);
}

static void a_reset_between_commands_is_not_passed_over(void **state)
{
	struct guest *g = play(state, ON SELECT "> 62 00 04 000000\n"
	                                        "< 80 00 04 000000 3B021450\n" READ);

	LIVE_ON(g, "00");
	LIVE_SELECT(g, "01");
	guest_diverges(g, "6F 00 02 000000 00B0000002");
	play_expect_in_diff(state, "PC_to_RDR_IccPowerOn");
}

static void the_voltage_may_differ(void **state)
{
	static const char ladder[] = "> 62 00 01 010000\n< 80 00 01 41FE00\n"
				     "> 63 00 02 000000\n< 81 00 02 010000\n"
				     "> 62 00 03 020000\n< 80 00 03 000000 3B021450\n" SELECT;
	struct guest *g = play(state, ladder);

	guest_exchange(g, "62 00 00 010000", "80 00 00 41FE00");
	guest_exchange(g, "62 00 01 000000", "80 00 01 000000 3B021450");
	LIVE_SELECT(g, "02");
}

static void another_apdu_diverges_with_a_diff(void **state)
{
	struct guest *g = play(state, ON SELECT READ);
	uint8_t out[64];
	int rc;

	LIVE_ON(g, "00");
	LIVE_SELECT(g, "01");
	guest_diverges(g, "6F 00 02 000000 00B0000003");
	play_expect_in_diff(state, "expected: packet 20, PC_to_RDR_XfrBlock slot 0: READ BINARY: "
	                           "00 B0 00 00 02 (15 bytes)");
	play_expect_in_diff(state,
	                    "came:     PC_to_RDR_XfrBlock slot 0: READ BINARY: 00 B0 00 00 03");
	play_expect_in_diff(state, "first difference: data byte 4, 02 expected, 03 came");
	play_expect_in_diff(state, "> PC_to_RDR_XfrBlock slot 0: SELECT: 00 A4 00 0C 02 3F 00");
	play_expect_in_diff(state, "< RDR_to_PC_DataBlock slot 0: 90 00 (success)");
	guest_ask(g, 64, &rc);
	assert_int_equal(rc, CCID_E_DIVERGED);
	assert_int_equal(g->peer.output(g->peer.ctx, out, sizeof out) >= 0, 1);
}

static void another_order_of_apdus_diverges(void **state)
{
	struct guest *g = play(state, ON SELECT READ);

	LIVE_ON(g, "00");
	guest_diverges(g, "6F 00 01 000000 00B0000002");
	play_expect_in_diff(state, "data byte 1, A4 expected, B0 came");
}

static void header_bytes_count(void **state)
{
	struct guest *g = play(state, ON SELECT);

	LIVE_ON(g, "00");
	guest_diverges(g, "6F 00 01 000100 00A4000C023F00");
	play_expect_in_diff(state, "header byte 8, 00 expected, 01 came");
}

static void after_the_end_only_polls_and_power_off_are_answered(void **state)
{
	struct guest *g = play(state, ON);

	LIVE_ON(g, "00");
	guest_exchange(g, "65 00 01 000000", "81 00 01 000000");
	guest_exchange(g, "63 00 02 000000", "81 00 02 010000");
	guest_diverges(g, "6F 00 03 000000 00B0000003");
	play_expect_in_diff(state, "no more commands for this slot");
}

static void slots_go_their_own_pace(void **state)
{
	struct guest *g = play(state, ON "> 62 01 04 000000\n< 80 01 04 000000 3B00\n" SELECT
	                                 "> 6F 01 05 000000 00\n< 80 01 05 000000 6700\n" READ);

	guest_exchange(g, "62 01 00 000000", "80 01 00 000000 3B00");
	guest_exchange(g, "6F 01 01 000000 00", "80 01 01 000000 6700");
	LIVE_ON(g, "02");
	LIVE_SELECT(g, "03");
	LIVE_READ(g, "04");
	assert_int_equal(play_left(state), 0);
}

static void masked_bytes_match_anything_and_are_not_shown(void **state)
{
	struct guest *g = play(state, ON ">mask 15+4 6F 00 02 000000 0020008004FFFFFFFF\n"
	                                 "< 80 00 02 000000 9000\n" READ);

	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 0020008004 31323334", "80 00 01 000000 9000");
	guest_diverges(g, "6F 00 02 000000 0020008004 35363738");
	assert_null(strstr(play_diff(state), "31 32"));
	assert_null(strstr(play_diff(state), "35 36"));
	play_expect_in_diff(state, "VERIFY: 00 20 00 80 04 [4 bytes not shown]");
}

static void a_differing_pin_is_not_shown_either(void **state)
{
	struct guest *g = play(state, ON "> 6F 00 02 000000 0020008004 41424344\n"
	                                 "< 80 00 02 000000 9000\n");

	LIVE_ON(g, "00");
	guest_diverges(g, "6F 00 02 000000 0020008004 35363738");
	play_expect_in_diff(state, "inside a PIN, which is not shown");
	assert_null(strstr(play_diff(state), "35 36"));
	assert_null(strstr(play_diff(state), "41 42"));
}

static void a_refused_escape_need_not_be_repeated(void **state)
{
	struct guest *g = play(state, "> 6B 00 00 000000 0102\n< 83 00 00 400000\n" ON SELECT);

	LIVE_ON(g, "00");
	LIVE_SELECT(g, "01");
}

static void an_escape_that_worked_must_be_repeated(void **state)
{
	struct guest *g = play(state, ON "> 6B 00 02 000000 0102\n< 83 00 02 000000 03\n" SELECT);

	LIVE_ON(g, "00");
	guest_diverges(g, "6F 00 01 000000 00A4000C023F00");
	play_expect_in_diff(state, "PC_to_RDR_Escape");
}

static void an_abort_that_was_not_recorded_empties_the_slot(void **state)
{
	struct guest *g = play(state, ON "> 6F 00 02 000000 00B0000002\n< 80 00 02 800100\n"
	                                 "< 80 00 02 000000 9000\n" READ);

	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 00B0000002", "80 00 01 800100");
	assert_int_equal(guest_control(g, 0x21, 1, 0x0200, 0, 0), 0);
	guest_exchange(g, "72 00 02 000000", "81 00 02 000000");
	LIVE_READ(g, "03");
}

static void a_trace_that_ends_before_an_answer_says_so(void **state)
{
	struct guest *g = play(state, ON "> 6F 00 02 000000 00B0000002\n< 80 00 02 800100\n");
	int rc;

	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 00B0000002", "80 00 01 800100");
	guest_ask(g, 64, &rc);
	assert_int_equal(rc, CCID_E_DIVERGED);
	play_expect_in_diff(state, "the trace ends before this command was answered");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAYER_TEST(answers_carry_the_sequence_number_of_the_live_command),
		PLAYER_TEST(a_stale_answer_stays_as_stale_as_it_was),
		PLAYER_TEST(chunking_is_free_in_both_directions),
		PLAYER_TEST(recorded_transfers_full_or_short_are_joined_into_their_message),
		PLAYER_TEST(bytes_beyond_dwlength_are_given_too),
		PLAYER_TEST(more_or_fewer_status_polls_are_harmless),
		PLAYER_TEST(a_slot_that_was_never_spoken_to_is_empty),
		PLAYER_TEST(time_extensions_stalls_and_empty_transfers_are_reproduced),
		PLAYER_TEST(set_up_commands_may_come_in_another_order),
		PLAYER_TEST(set_up_commands_that_were_not_recorded_are_answered_from_state),
		PLAYER_TEST(a_recorded_refusal_of_a_set_up_command_stays_one),
		PLAYER_TEST(power_may_be_given_again_until_the_card_is_spoken_to),
		PLAYER_TEST(power_ons_that_the_driver_does_without_are_passed_over),
		PLAYER_TEST(a_reset_between_commands_is_not_passed_over),
		PLAYER_TEST(the_voltage_may_differ),
		PLAYER_TEST(another_apdu_diverges_with_a_diff),
		PLAYER_TEST(another_order_of_apdus_diverges),
		PLAYER_TEST(header_bytes_count),
		PLAYER_TEST(after_the_end_only_polls_and_power_off_are_answered),
		PLAYER_TEST(slots_go_their_own_pace),
		PLAYER_TEST(masked_bytes_match_anything_and_are_not_shown),
		PLAYER_TEST(a_differing_pin_is_not_shown_either),
		PLAYER_TEST(a_refused_escape_need_not_be_repeated),
		PLAYER_TEST(an_escape_that_worked_must_be_repeated),
		PLAYER_TEST(an_abort_that_was_not_recorded_empties_the_slot),
		PLAYER_TEST(a_trace_that_ends_before_an_answer_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
