/* SPDX-License-Identifier: MIT */
/* The player against a usbredir guest that is written by hand. */
#include "trace_maker.h"

#include "fake_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char path[64];
	struct fake_clock clock;
	struct ccid_player *p;
	struct guest g;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int fd;

	if (f == NULL)
		return -1;
	fake_clock_init(&f->clock);
	snprintf(f->path, sizeof f->path, "/tmp/iscard-player-XXXXXX");
	fd = mkstemp(f->path);
	*state = f;
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ccid_player_close(f->p);
	unlink(f->path);
	free(f);
	return 0;
}

static struct guest *play_on(struct fixture *f, const char *script, const struct fake_reader *r,
                             bool interrupts)
{
	char problem[256] = "";

	trace_make(f->path, script, r);
	if (ccid_player_open(&f->p, f->path, &f->clock.env, problem, sizeof problem) != 0)
		fail_msg("%s", problem);
	guest_init(&f->g, f->p);
	guest_connect(&f->g, interrupts);
	return &f->g;
}

static struct guest *play(void **state, const char *script)
{
	return play_on(*state, script, NULL, true);
}

static const char *diff(void **state)
{
	struct fixture *f = *state;

	return ccid_player_divergence(f->p);
}

static size_t left(void **state)
{
	struct fixture *f = *state;

	return ccid_player_left(f->p);
}

static void expect_in_diff(void **state, const char *text)
{
	if (strstr(diff(state), text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, diff(state));
}

static void nothing_more(struct guest *g)
{
	if (guest_next(g))
		fail_msg("a packet of type %u came", g->type);
}

static void expect_interrupt(struct guest *g, uint8_t first, uint8_t second)
{
	guest_expect(g, 103);
	assert_int_equal(g->body[0], 0x83);
	assert_int_equal(g->body[1], 0);
	assert_int_equal(g->body_len, 6);
	assert_int_equal(g->body[4], first);
	assert_int_equal(g->body[5], second);
}

#define ON     "> 62 00 01 000000\n< 80 00 01 000000 3B021450\n"
#define SELECT "> 6F 00 02 000000 00A4000C023F00\n< 80 00 02 000000 9000\n"
#define READ   "> 6F 00 03 000000 00B0000002\n< 80 00 03 000000 01029000\n"

#define LIVE_ON(g, seq) guest_exchange(g, "62 00 " seq " 000000", "80 00 " seq " 000000 3B021450")
#define LIVE_SELECT(g, s)                                                                          \
	guest_exchange(g, "6F 00 " s " 000000 00A4000C023F00", "80 00 " s " 000000 9000")
#define LIVE_READ(g, s)                                                                            \
	guest_exchange(g, "6F 00 " s " 000000 00B0000002", "80 00 " s " 000000 01029000")

static void answers_carry_the_sequence_number_of_the_live_command(void **state)
{
	struct guest *g = play(state, ON SELECT READ);

	LIVE_ON(g, "F0");
	LIVE_SELECT(g, "F1");
	LIVE_READ(g, "07");
	assert_int_equal(left(state), 0);
	assert_string_equal(diff(state), "");
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
	nothing_more(g);
}

static void in_requests_may_come_before_the_command(void **state)
{
	struct guest *g = play(state, ON);
	uint64_t id = guest_ask(g, 65536, NULL);
	uint8_t out[26] = {0x02, 0, 10}, msg[16];

	nothing_more(g);
	message_from(msg, "62 00 00 000000");
	memcpy(out + 10, msg, 10);
	guest_send(g, 101, out, 20, NULL);
	guest_expect(g, 101);
	while (g->packet_id != id)
		guest_expect(g, 101);
	assert_int_equal(g->body_len, 10 + 14);
	assert_memory_equal(g->body + 10 + 10, "\x3B\x02\x14\x50", 4);
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
	assert_int_equal(left(state), 0);
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

static void interrupts_come_at_their_place(void **state)
{
	struct guest *g = play(state, "! 5003\n" ON SELECT "! 5002\n> 65 00 03 000000\n"
	                              "< 81 00 03 020000\n! 5003\n");

	expect_interrupt(g, 0x50, 3);
	nothing_more(g);
	LIVE_ON(g, "00");
	nothing_more(g);
	LIVE_SELECT(g, "01");
	expect_interrupt(g, 0x50, 2);
	nothing_more(g);
	guest_exchange(g, "65 00 02 000000", "81 00 02 020000");
	expect_interrupt(g, 0x50, 3);
	guest_exchange(g, "65 00 03 000000", "81 00 03 010000");
}

static void an_interrupt_in_place_of_an_answer_comes_after_the_command(void **state)
{
	struct guest *g = play(state, ON "> 6F 00 02 000000 00B0000002\n! 5002\ncancel\n");
	uint8_t msg[32];
	uint64_t id;

	LIVE_ON(g, "00");
	id = guest_ask(g, 64, NULL);
	assert_int_equal(guest_out(g, msg, message_from(msg, "6F 00 01 000000 00B0000002")), 0);
	expect_interrupt(g, 0x50, 2);
	nothing_more(g);
	g->id = (id & 0xFFFF) - 1;
	guest_send(g, 21, NULL, 0, NULL);
	guest_expect(g, 101);
	assert_true(g->packet_id == id);
	assert_int_equal(g->body[1], 1);
	guest_exchange(g, "65 00 03 000000", "81 00 03 020000");
}

static void interrupts_wait_for_the_stream(void **state)
{
	struct guest *g = play_on(*state, "! 5003\n" ON, NULL, false);
	uint8_t ep = 0x83, wrong = 0x84;

	nothing_more(g);
	guest_send(g, 15, &wrong, 1, NULL);
	guest_expect(g, 17);
	assert_int_equal(g->body[0], 2);
	guest_send(g, 15, &ep, 1, NULL);
	guest_expect(g, 17);
	expect_interrupt(g, 0x50, 3);
	guest_send(g, 16, &ep, 1, NULL);
	guest_expect(g, 17);
	assert_int_equal(g->body[0], 0);
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
	assert_string_equal(diff(state), "");
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
	expect_in_diff(state, "powered on where the trace goes on");
	expect_in_diff(state, "READ BINARY: 00 B0 00 00 02");
}

static void power_ons_that_the_driver_does_without_are_passed_over(void **state)
{
	struct guest *g = play(state, ON "> 63 00 02 000000\n< 81 00 02 010000\n" ON SELECT);

	LIVE_ON(g, "00");
	LIVE_SELECT(g, "01");
	assert_int_equal(left(state), 0);
}

static void a_reset_between_commands_is_not_passed_over(void **state)
{
	struct guest *g = play(state, ON SELECT "> 62 00 04 000000\n"
	                                        "< 80 00 04 000000 3B021450\n" READ);

	LIVE_ON(g, "00");
	LIVE_SELECT(g, "01");
	guest_diverges(g, "6F 00 02 000000 00B0000002");
	expect_in_diff(state, "PC_to_RDR_IccPowerOn");
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
	expect_in_diff(state, "expected: packet 20, PC_to_RDR_XfrBlock slot 0: READ BINARY: "
	                      "00 B0 00 00 02 (15 bytes)");
	expect_in_diff(state, "came:     PC_to_RDR_XfrBlock slot 0: READ BINARY: 00 B0 00 00 03");
	expect_in_diff(state, "first difference: data byte 4, 02 expected, 03 came");
	expect_in_diff(state, "> PC_to_RDR_XfrBlock slot 0: SELECT: 00 A4 00 0C 02 3F 00");
	expect_in_diff(state, "< RDR_to_PC_DataBlock slot 0: 90 00 (success)");
	guest_ask(g, 64, &rc);
	assert_int_equal(rc, CCID_E_DIVERGED);
	assert_int_equal(g->peer.output(g->peer.ctx, out, sizeof out) >= 0, 1);
}

static void another_order_of_apdus_diverges(void **state)
{
	struct guest *g = play(state, ON SELECT READ);

	LIVE_ON(g, "00");
	guest_diverges(g, "6F 00 01 000000 00B0000002");
	expect_in_diff(state, "data byte 1, A4 expected, B0 came");
}

static void header_bytes_count(void **state)
{
	struct guest *g = play(state, ON SELECT);

	LIVE_ON(g, "00");
	guest_diverges(g, "6F 00 01 000100 00A4000C023F00");
	expect_in_diff(state, "header byte 8, 00 expected, 01 came");
}

static void after_the_end_only_polls_and_power_off_are_answered(void **state)
{
	struct guest *g = play(state, ON);

	LIVE_ON(g, "00");
	guest_exchange(g, "65 00 01 000000", "81 00 01 000000");
	guest_exchange(g, "63 00 02 000000", "81 00 02 010000");
	guest_diverges(g, "6F 00 03 000000 00B0000003");
	expect_in_diff(state, "no more commands for this slot");
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
	assert_int_equal(left(state), 0);
}

static void masked_bytes_match_anything_and_are_not_shown(void **state)
{
	struct guest *g = play(state, ON ">mask 15+4 6F 00 02 000000 0020008004FFFFFFFF\n"
	                                 "< 80 00 02 000000 9000\n" READ);

	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 0020008004 31323334", "80 00 01 000000 9000");
	guest_diverges(g, "6F 00 02 000000 0020008004 35363738");
	assert_null(strstr(diff(state), "31 32"));
	assert_null(strstr(diff(state), "35 36"));
	expect_in_diff(state, "VERIFY: 00 20 00 80 04 [4 bytes not shown]");
}

static void a_differing_pin_is_not_shown_either(void **state)
{
	struct guest *g = play(state, ON "> 6F 00 02 000000 0020008004 41424344\n"
	                                 "< 80 00 02 000000 9000\n");

	LIVE_ON(g, "00");
	guest_diverges(g, "6F 00 02 000000 0020008004 35363738");
	expect_in_diff(state, "inside a PIN, which is not shown");
	assert_null(strstr(diff(state), "35"));
	assert_null(strstr(diff(state), "41"));
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
	expect_in_diff(state, "PC_to_RDR_Escape");
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
	expect_in_diff(state, "the trace ends before this command was answered");
}

static void an_unplug_is_told_at_its_place(void **state)
{
	struct guest *g = play(state, ON "unplug\n");

	nothing_more(g);
	LIVE_ON(g, "00");
	guest_expect(g, 2);
	guest_send(g, 24, NULL, 0, NULL);
	nothing_more(g);
}

static void a_reset_forgets_what_is_under_way(void **state)
{
	struct guest *g = play(state, ON SELECT);
	uint8_t ep = 0x83, half[4] = {0x62};

	LIVE_ON(g, "00");
	guest_ask(g, 64, NULL);
	assert_int_equal(guest_out(g, half, sizeof half), 0);
	for (int i = 0; i < 7; i++)
		guest_send(g, 3, NULL, 0, NULL);
	guest_expect(g, 17);
	assert_int_equal(g->body[0], 4);
	nothing_more(g);
	guest_send(g, 15, &ep, 1, NULL);
	guest_expect(g, 17);
	assert_int_equal(g->body[0], 0);
	guest_exchange(g, "65 00 01 000000", "81 00 01 010000");
	LIVE_ON(g, "02");
	LIVE_SELECT(g, "03");
}

static void descriptors_are_answered_at_any_length(void **state)
{
	struct guest *g = play(state, "ctrl 80 6 0302 0C0341004200430044004500\n"
	                              "ctrl A1 2 0 A00F0000\nctrl A1 3 0 stall\n" ON);

	assert_int_equal(guest_control(g, 0x80, 6, 0x0200, 0, 9), 9);
	assert_int_equal(g->body[10 + 2], 93);
	assert_int_equal(guest_control(g, 0x80, 6, 0x0200, 0, 4096), 93);
	assert_int_equal(guest_control(g, 0x80, 6, 0x0100, 0, 8), 8);
	assert_int_equal(guest_control(g, 0x80, 6, 0x0100, 0, 18), 18);
	assert_int_equal(g->body[10 + 8] | g->body[10 + 9] << 8, 0x1209);
	assert_int_equal(guest_control(g, 0x80, 6, 0x0302, 0x0409, 255), 12);
	assert_int_equal(guest_control(g, 0x80, 6, 0x0303, 0x0409, 255), -4);
	assert_int_equal(guest_control(g, 0x80, 6, 0x0600, 0, 10), -4);
	assert_int_equal(guest_control(g, 0x82, 0, 0, 0x82, 2), 2);
	assert_int_equal(guest_control(g, 0xA1, 2, 0, 0, 4), 4);
	assert_int_equal(g->body[10], 0xA0);
	assert_int_equal(guest_control(g, 0xA1, 3, 0, 0, 4), -4);
	assert_int_equal(guest_control(g, 0xC0, 1, 0, 0, 4), -4);
}

static void a_device_descriptor_that_was_not_read_is_made(void **state)
{
	struct guest *g = play(state, "nodevice\n" ON);

	assert_int_equal(guest_control(g, 0x80, 6, 0x0100, 0, 18), 18);
	assert_int_equal(g->body[10], 18);
	assert_int_equal(g->body[10 + 1], 1);
	assert_int_equal(g->body[10 + 7], 64);
	assert_int_equal(g->body[10 + 8] | g->body[10 + 9] << 8, 0x1209);
	assert_int_equal(g->body[10 + 17], 1);
}

static void configurations_and_settings_have_packets_of_their_own(void **state)
{
	struct guest *g = play(state, ON);
	const uint8_t alt[2] = {0, 0};
	uint8_t config = 1;

	guest_send(g, 6, &config, 1, NULL);
	guest_expect(g, 4);
	guest_expect(g, 5);
	assert_int_equal(g->body[16 + 1], 2);
	assert_int_equal(g->body[96 + 2 * 17] | g->body[97 + 2 * 17] << 8, 64);
	guest_expect(g, 8);
	assert_memory_equal(g->body, "\0\1", 2);
	guest_send(g, 7, NULL, 0, NULL);
	guest_expect(g, 8);
	assert_memory_equal(g->body, "\0\1", 2);
	guest_send(g, 9, alt, 2, NULL);
	guest_expect(g, 4);
	guest_expect(g, 5);
	guest_expect(g, 11);
	guest_send(g, 10, alt, 1, NULL);
	guest_expect(g, 11);
	assert_memory_equal(g->body, "\0\0\0", 3);
}

static void a_peer_that_breaks_the_protocol_is_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t junk[64];
	int rc;

	trace_make(f->path, ON, NULL);
	assert_int_equal(ccid_player_open(&f->p, f->path, &f->clock.env, NULL, 0), 0);
	guest_init(&f->g, f->p);
	guest_send(&f->g, 7, NULL, 0, &rc);
	assert_int_equal(rc, CCID_E_FORMAT);
	ccid_player_close(f->p);
	assert_int_equal(ccid_player_open(&f->p, f->path, &f->clock.env, NULL, 0), 0);
	guest_init(&f->g, f->p);
	guest_connect(&f->g, false);
	memset(junk, 0xEE, sizeof junk);
	assert_int_equal(f->g.peer.input(f->g.peer.ctx, junk, sizeof junk), CCID_E_FORMAT);
}

static void a_command_longer_than_any_message_diverges(void **state)
{
	static uint8_t big[70000] = {0x6F, 0xFF, 0xFF, 0xFF, 0x7F};
	struct guest *g = play(state, ON);

	assert_int_equal(guest_out(g, big, sizeof big), CCID_E_DIVERGED);
	expect_in_diff(state, "more than any CCID message holds");
}

static void expect_refusal(void **state, const char *word)
{
	struct fixture *f = *state;
	char problem[256] = "";
	int rc = ccid_player_open(&f->p, f->path, &f->clock.env, problem, sizeof problem);

	assert_int_equal(rc, CCID_E_FORMAT);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
}

static void a_file_without_a_reader_is_refused_in_one_line(void **state)
{
	struct fixture *f = *state;
	char problem[256] = "";
	FILE *file;

	assert_int_equal(ccid_player_open(&f->p, "/nonexistent", &f->clock.env, problem, 256),
	                 CCID_E_NOTFOUND);
	assert_string_not_equal(problem, "");
	expect_refusal(state, "empty");
	file = fopen(f->path, "wb");
	assert_non_null(file);
	fputs("hello, this is no trace", file);
	fclose(file);
	expect_refusal(state, "not a pcapng trace");
	trace_make(f->path, ON, NULL);
	assert_int_equal(truncate(f->path, 1000), 0);
	expect_refusal(state, "configuration descriptor");
	assert_int_equal(truncate(f->path, 400), 0);
	expect_refusal(state, "no device");
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers_carry_the_sequence_number_of_the_live_command),
		T(a_stale_answer_stays_as_stale_as_it_was),
		T(chunking_is_free_in_both_directions),
		T(in_requests_may_come_before_the_command),
		T(recorded_transfers_full_or_short_are_joined_into_their_message),
		T(bytes_beyond_dwlength_are_given_too),
		T(more_or_fewer_status_polls_are_harmless),
		T(a_slot_that_was_never_spoken_to_is_empty),
		T(time_extensions_stalls_and_empty_transfers_are_reproduced),
		T(interrupts_come_at_their_place),
		T(an_interrupt_in_place_of_an_answer_comes_after_the_command),
		T(interrupts_wait_for_the_stream),
		T(set_up_commands_may_come_in_another_order),
		T(set_up_commands_that_were_not_recorded_are_answered_from_state),
		T(a_recorded_refusal_of_a_set_up_command_stays_one),
		T(power_may_be_given_again_until_the_card_is_spoken_to),
		T(power_ons_that_the_driver_does_without_are_passed_over),
		T(a_reset_between_commands_is_not_passed_over),
		T(the_voltage_may_differ),
		T(another_apdu_diverges_with_a_diff),
		T(another_order_of_apdus_diverges),
		T(header_bytes_count),
		T(after_the_end_only_polls_and_power_off_are_answered),
		T(slots_go_their_own_pace),
		T(masked_bytes_match_anything_and_are_not_shown),
		T(a_differing_pin_is_not_shown_either),
		T(a_refused_escape_need_not_be_repeated),
		T(an_escape_that_worked_must_be_repeated),
		T(an_abort_that_was_not_recorded_empties_the_slot),
		T(a_trace_that_ends_before_an_answer_says_so),
		T(an_unplug_is_told_at_its_place),
		T(a_reset_forgets_what_is_under_way),
		T(descriptors_are_answered_at_any_length),
		T(a_device_descriptor_that_was_not_read_is_made),
		T(configurations_and_settings_have_packets_of_their_own),
		T(a_peer_that_breaks_the_protocol_is_refused),
		T(a_command_longer_than_any_message_diverges),
		T(a_file_without_a_reader_is_refused_in_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
