/* SPDX-License-Identifier: MIT */
/* The player as a usbredir host: descriptors, interrupts, resets, bad peers, bad files. */
#include "player_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void in_requests_may_come_before_the_command(void **state)
{
	struct guest *g = play(state, ON);
	uint64_t id = guest_ask(g, 65536, NULL);
	uint8_t out[26] = {0x02, 0, 10}, msg[16];

	guest_expect_nothing(g);
	message_from(msg, "62 00 00 000000");
	memcpy(out + 10, msg, 10);
	guest_send(g, 101, out, 20, NULL);
	guest_expect(g, 101);
	while (g->packet_id != id)
		guest_expect(g, 101);
	assert_int_equal(g->body_len, 10 + 14);
	assert_memory_equal(g->body + 10 + 10, "\x3B\x02\x14\x50", 4);
}

static void interrupts_come_at_their_place(void **state)
{
	struct guest *g = play(state, "! 5003\n" ON SELECT "! 5002\n> 65 00 03 000000\n"
	                              "< 81 00 03 020000\n! 5003\n");

	guest_expect_interrupt(g, 0x50, 3);
	guest_expect_nothing(g);
	LIVE_ON(g, "00");
	guest_expect_nothing(g);
	LIVE_SELECT(g, "01");
	guest_expect_interrupt(g, 0x50, 2);
	guest_expect_nothing(g);
	guest_exchange(g, "65 00 02 000000", "81 00 02 020000");
	guest_expect_interrupt(g, 0x50, 3);
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
	guest_expect_interrupt(g, 0x50, 2);
	guest_expect_nothing(g);
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

	guest_expect_nothing(g);
	guest_send(g, 15, &wrong, 1, NULL);
	guest_expect(g, 17);
	assert_int_equal(g->body[0], 2);
	guest_send(g, 15, &ep, 1, NULL);
	guest_expect(g, 17);
	guest_expect_interrupt(g, 0x50, 3);
	guest_send(g, 16, &ep, 1, NULL);
	guest_expect(g, 17);
	assert_int_equal(g->body[0], 0);
}

static void an_unplug_is_told_at_its_place(void **state)
{
	struct guest *g = play(state, ON "unplug\n");

	guest_expect_nothing(g);
	LIVE_ON(g, "00");
	guest_expect(g, 2);
	guest_send(g, 24, NULL, 0, NULL);
	guest_expect_nothing(g);
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
	guest_expect_nothing(g);
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
	struct player_fixture *f = *state;
	uint8_t junk[64];
	int rc;

	trace_make(f->path, ON, NULL);
	assert_int_equal(ccid_player_open(&f->p, f->path, NULL, &f->clock.env, NULL, 0), 0);
	guest_init(&f->g, f->p);
	guest_send(&f->g, 7, NULL, 0, &rc);
	assert_int_equal(rc, CCID_E_FORMAT);
	ccid_player_close(f->p);
	assert_int_equal(ccid_player_open(&f->p, f->path, NULL, &f->clock.env, NULL, 0), 0);
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
	play_expect_in_diff(state, "more than any CCID message holds");
}

static void expect_refusal(void **state, const char *word)
{
	struct player_fixture *f = *state;
	char problem[256] = "";
	int rc = ccid_player_open(&f->p, f->path, NULL, &f->clock.env, problem, sizeof problem);

	assert_int_equal(rc, CCID_E_FORMAT);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
}

static void a_file_without_a_reader_is_refused_in_one_line(void **state)
{
	struct player_fixture *f = *state;
	char problem[256] = "";
	FILE *file;

	assert_int_equal(ccid_player_open(&f->p, "/nonexistent", NULL, &f->clock.env, problem, 256),
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAYER_TEST(in_requests_may_come_before_the_command),
		PLAYER_TEST(interrupts_come_at_their_place),
		PLAYER_TEST(an_interrupt_in_place_of_an_answer_comes_after_the_command),
		PLAYER_TEST(interrupts_wait_for_the_stream),
		PLAYER_TEST(an_unplug_is_told_at_its_place),
		PLAYER_TEST(a_reset_forgets_what_is_under_way),
		PLAYER_TEST(descriptors_are_answered_at_any_length),
		PLAYER_TEST(a_device_descriptor_that_was_not_read_is_made),
		PLAYER_TEST(configurations_and_settings_have_packets_of_their_own),
		PLAYER_TEST(a_peer_that_breaks_the_protocol_is_refused),
		PLAYER_TEST(a_command_longer_than_any_message_diverges),
		PLAYER_TEST(a_file_without_a_reader_is_refused_in_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
