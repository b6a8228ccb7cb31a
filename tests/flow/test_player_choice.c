/* SPDX-License-Identifier: MIT */
/* How strictly the player matches, and at what pace, as asked for. */
#include "player_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STATUS "> 65 00 00 000000\n< 81 00 00 010000\n"

static struct guest *play_as(void **state, enum ccid_strictness strict, const char *script)
{
	struct player_fixture *f = *state;

	f->options.strict = strict;
	return play(state, script);
}

static void exact_takes_what_was_recorded(void **state)
{
	struct guest *g = play_as(state, CCID_STRICT_EXACT, STATUS ON SELECT READ);

	assert_int_equal(play_left(state), 4);
	guest_exchange(g, "65 00 50 000000", "81 00 50 010000");
	LIVE_ON(g, "51");
	LIVE_SELECT(g, "52");
	assert_int_equal(play_left(state), 1);
	LIVE_READ(g, "53");
	assert_int_equal(play_left(state), 0);
	guest_diverges(g, "65 00 54 000000");
	play_expect_in_diff(state, "the trace has no more commands");
}

static void exact_wants_the_polls_too(void **state)
{
	struct guest *g = play_as(state, CCID_STRICT_EXACT, STATUS ON SELECT);

	guest_diverges(g, "62 00 00 000000");
	play_expect_in_diff(state, "expected: packet 12, PC_to_RDR_GetSlotStatus");
}

static void exact_allows_no_further_poll(void **state)
{
	struct guest *g = play_as(state, CCID_STRICT_EXACT, ON SELECT);

	LIVE_ON(g, "00");
	guest_diverges(g, "65 00 01 000000");
	play_expect_in_diff(state, "another command was recorded here");
}

static void exact_keeps_the_order_of_slots(void **state)
{
	static const char script[] = ON "> 62 01 02 000000\n< 80 01 02 000000 3B021450\n" SELECT;
	struct guest *g = play_as(state, CCID_STRICT_EXACT, script);

	LIVE_ON(g, "00");
	guest_diverges(g, "6F 00 01 000000 00A4000C023F00");
	play_expect_in_diff(state, "IccPowerOn slot 1");
}

static void lenient_takes_any_order(void **state)
{
	struct guest *g = play_as(state, CCID_STRICT_LENIENT, ON SELECT READ);

	LIVE_ON(g, "00");
	LIVE_READ(g, "01");
	assert_int_equal(play_left(state), 1);
	LIVE_SELECT(g, "02");
	assert_int_equal(play_left(state), 0);
	LIVE_READ(g, "03");
	LIVE_READ(g, "04");
	assert_string_equal(play_diff(state), "");
	guest_diverges(g, "6F 00 05 000000 00B0000003");
	play_expect_in_diff(state, "no such command was recorded for this slot");
}

static void lenient_prefers_the_next_of_equal_commands(void **state)
{
	static const char script[] =
		ON "> 6F 00 02 000000 0084000002\n< 80 00 02 000000 01029000\n"
		   "> 6F 00 03 000000 0084000002\n< 80 00 03 000000 03049000\n";
	struct guest *g = play_as(state, CCID_STRICT_LENIENT, script);

	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 0084000002", "80 00 01 000000 01029000");
	guest_exchange(g, "6F 00 02 000000 0084000002", "80 00 02 000000 03049000");
	guest_exchange(g, "6F 00 03 000000 0084000002", "80 00 03 000000 03049000");
}

static void lenient_begins_again_with_power(void **state)
{
	static const char script[] =
		ON "> 6F 00 02 000000 0084000002\n< 80 00 02 000000 01029000\n"
		   "> 6F 00 03 000000 0084000002\n< 80 00 03 000000 03049000\n";
	struct guest *g = play_as(state, CCID_STRICT_LENIENT, script);

	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 0084000002", "80 00 01 000000 01029000");
	LIVE_ON(g, "02");
	guest_exchange(g, "6F 00 03 000000 0084000002", "80 00 03 000000 01029000");
	guest_exchange(g, "6F 00 04 000000 0084000002", "80 00 04 000000 03049000");
	assert_int_equal(play_left(state), 0);
}

static void lenient_stays_within_the_session_where_it_can(void **state)
{
	static const char script[] =
		ON READ "> 62 00 04 000000\n< 80 00 04 000000 3B021450\n"
			"> 6F 00 05 000000 00B0000002\n< 80 00 05 000000 09099000\n";
	struct guest *g = play_as(state, CCID_STRICT_LENIENT, script);

	LIVE_ON(g, "00");
	LIVE_READ(g, "01");
	LIVE_READ(g, "02");
	LIVE_ON(g, "03");
	guest_exchange(g, "6F 00 04 000000 00B0000002", "80 00 04 000000 09099000");
}

static void a_report_says_both(void **state)
{
	struct player_fixture *f = *state;
	struct guest *g = play(state, ON SELECT READ);
	char text[64] = "x";

	LIVE_ON(g, "00");
	assert_int_equal(ccid_player_report(f->p, text, sizeof text), 2);
	assert_string_equal(text, "");
	guest_diverges(g, "6F 00 05 000000 00B0000003");
	ccid_player_report(f->p, text, sizeof text);
	assert_non_null(strstr(text, f->path));
}

/* Marks. */

static void check_bytes_of_a_marked_block_are_free(void **state)
{
	static const struct fake_reader tpdu = {.features = FAKE_TPDU};
	static const char script[] =
		ON "> 61 00 02 010000 1110004D002000\n< 82 00 02 000001 1110004D002000\n"
		   ">mask 18+2 6F 00 03 000000 0000070082000002AAAA85\n"
		   "< 80 00 03 000000 000002900092\n";
	struct guest *g = play_on(*state, script, &tpdu, true);

	LIVE_ON(g, "00");
	guest_exchange(g, "61 00 01 010000 1110004D002000", "82 00 01 000001 1110004D002000");
	guest_exchange(g, "6F 00 02 000000 0000070082000002011296", "80 00 02 000000 000002900092");
	assert_string_equal(play_diff(state), "");
}

static void an_unmarked_check_byte_counts(void **state)
{
	static const struct fake_reader tpdu = {.features = FAKE_TPDU};
	static const char script[] =
		ON "> 61 00 02 010000 1110004D002000\n< 82 00 02 000001 1110004D002000\n"
		   "> 6F 00 03 000000 0000070082000002AAAA85\n< 80 00 03 000000 000002900092\n";
	struct guest *g = play_on(*state, script, &tpdu, true);

	LIVE_ON(g, "00");
	guest_exchange(g, "61 00 01 010000 1110004D002000", "82 00 01 000001 1110004D002000");
	guest_diverges(g, "6F 00 02 000000 0000070082000002AAAA84");
}

/* Time. */

static int64_t due(const struct guest *g)
{
	return g->peer.next(g->peer.ctx);
}

static struct guest *play_at(void **state, uint32_t speed, const char *script)
{
	struct player_fixture *f = *state;

	f->options.speed = speed;
	return play(state, script);
}

#define SLOW                                                                                       \
	ON "> 6F 00 02 000000 00B0000002\nwait 400\n< 80 00 02 800100\nwait 200\n"                 \
	   "< 80 00 02 000000 01029000\n"

/* The answer comes when as much time has passed as in the recording, and not before. */
static void answers_take(struct player_fixture *f, struct guest *g, int64_t first, int64_t second)
{
	int64_t start = f->clock.now;
	uint8_t msg[64];
	uint64_t id;
	size_t len;

	assert_int_equal(guest_out(g, msg, message_from(msg, "6F 00 01 000000 00B0000002")), 0);
	assert_int_equal(due(g), CCID_NEVER);
	id = guest_ask(g, 65536, NULL);
	assert_int_equal(due(g), start + first);
	fake_clock_jump(&f->clock, start + first - 1);
	guest_expect_nothing(g);
	fake_clock_jump(&f->clock, start + first);
	assert_int_equal(guest_answer(g, id, &len), 0);
	assert_int_equal(g->body[10 + 7], 0x80);
	id = guest_ask(g, 65536, NULL);
	fake_clock_jump(&f->clock, start + second - 1);
	guest_expect_nothing(g);
	fake_clock_jump(&f->clock, start + second);
	assert_int_equal(guest_answer(g, id, &len), 0);
	assert_int_equal(len, 14);
}

static void answers_come_at_the_recorded_pace(void **state)
{
	struct guest *g = play_at(state, CCID_SPEED_REAL, SLOW);

	LIVE_ON(g, "00");
	answers_take(*state, g, 400, 600);
}

static void the_pace_can_be_scaled(void **state)
{
	struct player_fixture *f = *state;
	struct guest *g = play_at(state, 4000, SLOW);

	LIVE_ON(g, "00");
	answers_take(f, g, 100, 150);
	f->options.speed = 500;
	play_again(f);
	LIVE_ON(g, "00");
	answers_take(f, g, 800, 1200);
}

static void what_the_reader_did_by_itself_keeps_its_distance(void **state)
{
	struct player_fixture *f = *state;
	struct guest *g =
		play_at(state, CCID_SPEED_REAL,
	                "wait 1000\n! 5003\n" ON "wait 2000\n! 5002\nwait 3000\nunplug\n");
	int64_t start = f->clock.now;

	assert_int_equal(due(g), start + 1000);
	guest_exchange(g, "65 00 00 000000", "81 00 00 010000");
	fake_clock_jump(&f->clock, start + 999);
	guest_expect_nothing(g);
	fake_clock_jump(&f->clock, start + 1000);
	guest_expect_interrupt(g, 0x50, 0x03);
	guest_exchange(g, "65 00 01 000000", "81 00 01 010000");
	LIVE_ON(g, "02");
	start = f->clock.now;
	fake_clock_jump(&f->clock, start + 1999);
	guest_expect_nothing(g);
	fake_clock_jump(&f->clock, start + 2000);
	guest_expect_interrupt(g, 0x50, 0x02);
	assert_int_equal(due(g), start + 5000);
	fake_clock_jump(&f->clock, start + 5000);
	guest_expect(g, 2);
	assert_int_equal(due(g), CCID_NEVER);
}

static void without_a_speed_no_time_passes(void **state)
{
	struct player_fixture *f = *state;
	struct guest *g = play(state, SLOW);
	int64_t start = f->clock.now;

	LIVE_ON(g, "00");
	guest_exchange(g, "6F 00 01 000000 00B0000002", "80 00 01 800100");
	assert_int_equal(f->clock.now, start);
	assert_int_equal(due(g), CCID_NEVER);
	assert_int_equal(g->peer.advance(g->peer.ctx, start + 1000000, -1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAYER_TEST(exact_takes_what_was_recorded),
		PLAYER_TEST(exact_wants_the_polls_too),
		PLAYER_TEST(exact_allows_no_further_poll),
		PLAYER_TEST(exact_keeps_the_order_of_slots),
		PLAYER_TEST(lenient_takes_any_order),
		PLAYER_TEST(lenient_prefers_the_next_of_equal_commands),
		PLAYER_TEST(lenient_begins_again_with_power),
		PLAYER_TEST(lenient_stays_within_the_session_where_it_can),
		PLAYER_TEST(a_report_says_both),
		PLAYER_TEST(check_bytes_of_a_marked_block_are_free),
		PLAYER_TEST(an_unmarked_check_byte_counts),
		PLAYER_TEST(answers_come_at_the_recorded_pace),
		PLAYER_TEST(the_pace_can_be_scaled),
		PLAYER_TEST(what_the_reader_did_by_itself_keeps_its_distance),
		PLAYER_TEST(without_a_speed_no_time_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
