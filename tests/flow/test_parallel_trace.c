/* SPDX-License-Identifier: MIT */
/* A trace of two slots whose commands were under way at once: it is recorded as it was, and played to
 * those who send in another order, or side by side. */
#include "explain.h"
#include "hand_rig.h"
#include "player.h"
#include "recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS 8

static char path[64];

/* What slot answered in this round; the last of each round goes out first in every other. */
static uint8_t answer_of(unsigned slot, unsigned round)
{
	return (uint8_t)((slot + 1) << 4 | round);
}

static void record(void)
{
	static const struct fake_reader kind = {
		.features = FAKE_SHORT, .slots = 2, .busy_slots = 2, .no_interrupt = true};
	struct ccid_transport *t;

	hand_init(&hand, &kind);
	assert_int_equal(ccid_transport_open_recorder(&t, &hand.t, path, &hand.env), 0);
	begin_on(t, 2);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct hand_message m[2];
		struct job j[2];

		for (unsigned i = 0; i < 2; i++)
			m[i] = sent(&j[i], i, 2 * round + i + 1);
		for (unsigned i = 0; i < 2; i++) {
			unsigned slot = (i + round) % 2;
			uint8_t data[] = {answer_of(slot, round), 0x90, 0x00};

			hand_answer(&hand, &m[slot], 0, 0, data, sizeof data);
		}
		for (unsigned i = 0; i < 2; i++)
			byte_is(&j[i], answer_of(i, round));
	}
	finish();
}

static int set_up(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof path, "/tmp/iscard-parallel-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || close(fd) != 0 || unlink(path) != 0)
		return -1;
	record();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

struct order {
	char text[8 * ROUNDS];
	size_t len;
};

static void take_line(void *arg, const struct ccid_explain_line *line)
{
	struct order *o = arg;
	bool out = strcmp(line->name, "PC_to_RDR_XfrBlock") == 0;
	bool in = strcmp(line->name, "RDR_to_PC_DataBlock") == 0 && o->len > 0;

	if ((out || in) && o->len + 3 < sizeof o->text)
		o->len += (size_t)snprintf(o->text + o->len, sizeof o->text - o->len, "%c%u",
		                           out ? '>' : '<', line->slot);
}

static void both_were_under_way_at_once(void **state)
{
	struct order o = {.len = 0};
	char problem[CCID_TRACE_PROBLEM_MAX] = "";

	(void)state;
	assert_int_equal(ccid_explain_file(path, take_line, &o, problem, sizeof problem), 0);
	assert_memory_equal(o.text, ">0>1<0<1>0>1<1<0>0>1<0<1", 24);
}

static struct ccid_transport *replay(void)
{
	static const struct ccid_env real;
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_transport *t;

	assert_int_equal(ccid_transport_open_replay(&t, path, NULL, &real, problem, sizeof problem),
	                 0);
	hand.env = real;
	begin_on(t, 2);
	return t;
}

static int64_t in_a_minute(void)
{
	return ccid_env_now(&hand.env) + 60000;
}

static void played_to_the_end(struct ccid_transport *t)
{
	struct ccid_player *p = ccid_transport_player(t);

	assert_string_equal(ccid_player_divergence(p), "");
	for (unsigned slot = 0; slot < 2; slot++)
		assert_int_equal(ccid_slot_power_off(reader, slot, in_a_minute()), 0);
	assert_int_equal(ccid_player_left(p), 0);
	ccid_reader_close(reader);
}

static void one_after_the_other_in_either_order(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct ccid_transport *t = replay();

		for (unsigned n = 0; n < 2 * ROUNDS; n++) {
			struct job j;

			start_until(&j, (n + first) % 2, transmit, in_a_minute());
			byte_is(&j, answer_of(j.slot, n / 2));
		}
		played_to_the_end(t);
	}
}

/* One slot is through before the other begins. */
static void one_slot_far_ahead_of_the_other(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct ccid_transport *t = replay();

		for (unsigned n = 0; n < 2 * ROUNDS; n++) {
			struct job j;

			start_until(&j, n / ROUNDS == 0 ? first : 1 - first, transmit,
			            in_a_minute());
			byte_is(&j, answer_of(j.slot, n % ROUNDS));
		}
		played_to_the_end(t);
	}
}

static void side_by_side(void **state)
{
	struct ccid_transport *t = replay();

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct job j[2];

		for (unsigned i = 0; i < 2; i++)
			start_until(&j[i], (i + round) % 2, transmit, in_a_minute());
		for (unsigned i = 0; i < 2; i++)
			byte_is(&j[i], answer_of(j[i].slot, round));
	}
	played_to_the_end(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_were_under_way_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_after_the_other_in_either_order, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(one_slot_far_ahead_of_the_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(side_by_side, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
