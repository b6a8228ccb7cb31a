/* SPDX-License-Identifier: MIT */
/* Slots of one reader side by side (CCID 5.1, bMaxCCIDBusySlots): the test decides when each answer
 * comes, real threads wait for them. */
#include "hand_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void answers_find_their_slot_in_either_order(void **state)
{
	struct hand_message a, b;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	for (unsigned first = 0; first < 2; first++) {
		a = sent(&ja, 0, hand.nheld + 1);
		b = sent(&jb, 1, hand.nheld + 1);
		hand_answer(&hand, first ? &b : &a, 0, 0, first ? "\xB1\x90\x00" : "\xA0\x90\x00",
		            3);
		hand_answer(&hand, first ? &a : &b, 0, 0, first ? "\xA0\x90\x00" : "\xB1\x90\x00",
		            3);
		byte_is(&ja, 0xA0);
		byte_is(&jb, 0xB1);
	}
	assert_int_equal(hand.most_busy, 2);
	finish();
}

static void a_slot_runs_and_ends_while_another_asks_for_time(void **state)
{
	struct hand_message a;
	struct job ja;

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	for (unsigned i = 0; i < 20; i++) {
		hand_answer(&hand, &a, 0x80, 1, NULL, 0);
		works(1);
	}
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	assert_int_equal(hand.aborts, 0);
	finish();
}

static void a_silent_slot_ends_alone_and_recovers_beside_the_other(void **state)
{
	struct hand_message b;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	sent(&ja, 0, 1);
	hand_pass(&hand, 100000);
	b = sent(&jb, 1, 2);
	hand_pass(&hand, 150000);
	result_is(&ja, CCID_E_TIMEOUT);
	assert_int_equal(info_of(0).state, CCID_SLOT_DESYNCED);
	works(0);
	assert_int_equal(hand.aborts, 1);
	hand_answer(&hand, &b, 0, 0, "\xB1\x90\x00", 3);
	byte_is(&jb, 0xB1);
	assert_int_equal(hand.drops, 0);
	assert_int_equal(hand.halts, 0);
	finish();
}

static void an_answer_for_a_slot_that_does_not_wait_disturbs_nobody(void **state)
{
	struct hand_message a;
	struct job ja;

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	hand_say(&hand, 1, a.bytes[6], 0, 0, "\xEE\x90\x00", 3);
	hand_say(&hand, 0, (uint8_t)(a.bytes[6] - 1), 0, 0, "\xEE\x90\x00", 3);
	hand_say(&hand, 7, 0x55, 0, 0, "\xEE\x90\x00", 3);
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	works(1);
	finish();
}

static void a_flood_of_answers_for_nobody_ends_all_that_wait(void **state)
{
	struct hand_message a;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	sent(&jb, 1, 2);
	for (unsigned i = 0; i < 20; i++)
		hand_say(&hand, 1, a.bytes[6], 0, 0, NULL, 0);
	result_is(&ja, CCID_E_IO);
	result_is(&jb, CCID_E_IO);
	works(0);
	works(1);
	finish();
}

static void a_wrong_kind_of_answer_ends_its_own_slot_only(void **state)
{
	struct hand_message a, b;
	struct job ja, jb;
	uint8_t parameters[10] = {0x82, 0, 0, 0, 0, 0};

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	b = sent(&jb, 1, 2);
	parameters[6] = a.bytes[6];
	hand_raw(&hand, parameters, sizeof parameters);
	result_is(&ja, CCID_E_IO);
	hand_answer(&hand, &b, 0, 0, "\xB1\x90\x00", 3);
	byte_is(&jb, 0xB1);
	works(0);
	assert_int_equal(hand.aborts, 1);
	finish();
}

static void a_message_that_nobody_can_read_ends_all(void **state)
{
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	sent(&ja, 0, 1);
	sent(&jb, 1, 2);
	hand_raw(&hand, (const uint8_t[10]){0x80, 0xFF, 0xFF, 0xFF, 0x7F}, 10);
	result_is(&ja, CCID_E_IO);
	result_is(&jb, CCID_E_IO);
	works(1);
	works(0);
	assert_int_equal(hand.aborts, 2);
	finish();
}

static void a_halted_pipe_ends_both_and_is_cleared_once(void **state)
{
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	sent(&ja, 0, 1);
	sent(&jb, 1, 2);
	hand_fail(&hand, CCID_E_STALL);
	result_is(&ja, CCID_E_STALL);
	result_is(&jb, CCID_E_STALL);
	works(0);
	works(1);
	assert_int_equal(hand.halts, 2);
	assert_int_equal(hand.aborts, 2);
	finish();
}

static void an_unplug_ends_both(void **state)
{
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	sent(&ja, 0, 1);
	sent(&jb, 1, 2);
	hand_unplug(&hand);
	result_is(&ja, CCID_E_GONE);
	result_is(&jb, CCID_E_GONE);
	assert_true(ccid_reader_gone(reader));
	assert_int_equal(info_of(0).state, CCID_SLOT_EMPTY);
	assert_int_equal(info_of(1).state, CCID_SLOT_EMPTY);
	finish();
}

/* Whatever ends a wait, early or late, both calls end and both slots come back. */
static void every_failure_with_two_under_way_is_survived(void **state)
{
	static const int errors[] = {CCID_E_STALL, CCID_E_BABBLE, CCID_E_IO, CCID_E_NOMEM,
	                             CCID_E_ARG};

	(void)state;
	for (unsigned i = 0; i < sizeof errors / sizeof *errors * 2; i++) {
		struct hand_message m;
		struct job ja, jb;

		begin(2, 2);
		sent(&ja, 0, 1);
		m = sent(&jb, 1, 2);
		if (i % 2 != 0)
			hand_answer(&hand, &m, 0x80, 1, NULL, 0);
		hand_fail(&hand, errors[i / 2]);
		pthread_join(ja.thread, NULL);
		pthread_join(jb.thread, NULL);
		assert_true(ja.rc < 0 && jb.rc < 0);
		works(1);
		works(0);
		finish();
	}
}

/* The transport took the command of slot 1 back in the end; slot 0's is at work. */
static void a_command_that_is_not_taken_ends_alone(void **state)
{
	struct hand_message a;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	sent(&jb, 1, 2);
	hand_fail(&hand, CCID_E_TIMEOUT);
	result_is(&jb, CCID_E_TIMEOUT);
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	works(1);
	works(0);
	assert_int_equal(hand.halts, 0);
	finish();
}

/* A port reset, the last means of recovery, takes the power from all cards. */
static void a_reset_for_one_slot_ends_the_session_of_the_other(void **state)
{
	uint32_t before;
	unsigned asked;
	struct job ja, jb, jc;

	(void)state;
	begin(2, 2);
	before = info_of(1).generation;
	sent(&ja, 0, 1);
	hand_fail(&hand, CCID_E_IO);
	result_is(&ja, CCID_E_IO);
	sent(&jb, 1, 2);
	hand_silence(&hand);
	asked = hand.seen[0x65];
	start(&jc, 0, transmit);
	hand_seen(&hand, 0x72, 1);
	hand_time_out(&hand, 2000);
	result_is(&jb, CCID_E_IO);
	for (unsigned i = 1; i <= 2; i++) {
		hand_seen(&hand, 0x65, asked + i);
		hand_time_out(&hand, 1000);
	}
	result_is(&jc, CCID_E_STALE);
	assert_int_equal(hand.resets, 1);
	assert_true(info_of(1).generation > before);
	assert_int_equal(ccid_slot_activate(reader, 1, 1, CCID_RESET_NONE, soon()), 0);
	works(1);
	finish();
}

static void a_third_slot_waits_for_its_turn(void **state)
{
	struct hand_message a, b, c;
	struct job ja, jb, jc;

	(void)state;
	begin(3, 2);
	a = sent(&ja, 0, 1);
	b = sent(&jb, 1, 2);
	queues(&jc, 2);
	hand_answer(&hand, &b, 0, 0, "\xB1\x90\x00", 3);
	byte_is(&jb, 0xB1);
	c = hand_command(&hand, 3);
	assert_int_equal(c.bytes[5], 2);
	hand_answer(&hand, &c, 0, 0, "\xC2\x90\x00", 3);
	byte_is(&jc, 0xC2);
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	assert_int_equal(hand.most_busy, 2);
	finish();
}

static void one_busy_slot_means_turns(void **state)
{
	static const unsigned claims[] = {0, 1};
	struct hand_message a;
	struct job ja, jb;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		begin(2, claims[i]);
		a = sent(&ja, 0, 1);
		assert_int_equal(ccid_slot_poll(reader, 1, soon()), CCID_E_SLOT_BUSY);
		start(&jb, 1, transmit);
		hand_answer(&hand, &a, 0x80, 1, NULL, 0);
		hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
		byte_is(&ja, 0xA0);
		a = hand_command(&hand, 2);
		hand_answer(&hand, &a, 0, 0, "\xB1\x90\x00", 3);
		byte_is(&jb, 0xB1);
		assert_int_equal(hand.most_busy, 1);
		assert_int_equal(hand.kicks, 0);
		finish();
	}
}

static void a_poll_runs_beside_another_slot_but_not_beside_its_own(void **state)
{
	struct hand_message a;
	struct job ja, jp;

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	assert_int_equal(ccid_slot_poll(reader, 0, soon()), CCID_E_SLOT_BUSY);
	start(&jp, 1, poll_slot);
	result_is(&jp, 0);
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	finish();
}

static void cancel_ends_the_slot_that_is_meant(void **state)
{
	struct hand_message m[2];
	struct job j[2];

	(void)state;
	begin(2, 2);
	for (unsigned i = 0; i < 8; i++) {
		unsigned meant = i % 2, other = 1 - meant, first = i / 2 % 2;

		m[first] = sent(&j[first], first, hand.nheld + 1);
		m[1 - first] = sent(&j[1 - first], 1 - first, hand.nheld + 1);
		ccid_slot_cancel(reader, meant);
		result_is(&j[meant], CCID_E_CANCELLED);
		works(meant);
		hand_answer(&hand, &m[other], 0, 0, "\x11\x90\x00", 3);
		byte_is(&j[other], 0x11);
	}
	assert_int_equal(hand.aborts, 8);
	assert_int_equal(hand.drops, 0);
	finish();
}

static void a_second_cancel_does_not_disturb_the_abort(void **state)
{
	struct hand_message m;
	struct job ja;

	(void)state;
	begin(2, 2);
	sent(&ja, 0, 1);
	hand_hold(&hand, 0x72);
	ccid_slot_cancel(reader, 0);
	m = hand_command(&hand, 2);
	assert_int_equal(m.bytes[0], 0x72);
	hand_someone_waits(&hand);
	ccid_slot_cancel(reader, 0);
	hand_someone_waits(&hand);
	hand_answer(&hand, &m, 0, 0, NULL, 0);
	result_is(&ja, CCID_E_CANCELLED);
	assert_int_equal(hand.halts, 0);
	hand_hold(&hand, 0x6F);
	works(0);
	finish();
}

static void a_cancel_that_came_too_late_is_forgotten(void **state)
{
	(void)state;
	begin(2, 2);
	atomic_fetch_add(&reader->slot[0].cancels, 1); /* after its answer was read */
	works(0);
	finish();
}

static void cancel_of_the_reader_ends_every_slot(void **state)
{
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	sent(&ja, 0, 1);
	sent(&jb, 1, 2);
	ccid_reader_cancel(reader);
	result_is(&ja, CCID_E_CANCELLED);
	result_is(&jb, CCID_E_CANCELLED);
	ccid_reader_cancel(reader);
	ccid_slot_cancel(reader, 1);
	ccid_slot_cancel(reader, 99);
	works(0);
	works(1);
	finish();
}

/* The reader claims two busy slots and refuses the second: it is believed from then on. */
static void a_reader_that_does_less_than_it_claims_gets_less(void **state)
{
	struct hand_message a, b;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	b = sent(&jb, 1, 2);
	hand_answer(&hand, &b, 0x40, 0xE0, NULL, 0);
	hand_time_out(&hand, 100);
	b = hand_command(&hand, 3);
	assert_int_equal(b.bytes[5], 1);
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	hand_answer(&hand, &b, 0, 0, "\xB1\x90\x00", 3);
	byte_is(&jb, 0xB1);
	assert_int_equal(hand.aborts, 0);
	a = sent(&ja, 0, 4);
	queues(&jb, 1);
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	b = hand_command(&hand, 5);
	hand_answer(&hand, &b, 0, 0, "\xB1\x90\x00", 3);
	byte_is(&jb, 0xB1);
	finish();
}

static bool holds(const uint8_t *buf, size_t cap)
{
	for (size_t i = 0; i + 3 <= cap; i++)
		if (memcmp(buf + i, "\x00\xB0\x00", 3) == 0 || memcmp(buf + i, "\x77\x90", 2) == 0)
			return true;
	return false;
}

static bool anything_is_left(void)
{
	bool left = holds(reader->out, reader->out_cap) || holds(reader->in, reader->in_cap) ||
	            holds(reader->out_before, reader->out_cap);

	for (unsigned i = 0; i < reader->nlanes; i++)
		left = left || holds(reader->lane[i].in, reader->in_cap);
	return left;
}

/* Commands begin with 00 B0, responses with 77. */
static void the_last_of_several_leaves_nothing_in_the_buffers(void **state)
{
	uint8_t piece[] = {0x80, 2, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x77, 0x90};
	struct hand_message a;
	struct job ja;

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	piece[6] = a.bytes[6];
	hand_raw(&hand, piece, sizeof piece); /* the response goes on */
	a = hand_command(&hand, 2);
	hand_answer(&hand, &a, 0, 0, "\x90\x00", 2);
	result_is(&ja, 4);
	assert_false(anything_is_left());
	a = sent(&ja, 0, 3);
	works(1);
	works(1);
	hand_answer(&hand, &a, 0, 0, "\x77\x90\x00", 3);
	byte_is(&ja, 0x77);
	assert_false(anything_is_left());
	sent(&ja, 0, hand.nheld + 1);
	hand_someone_waits(&hand);
	assert_true(anything_is_left());
	hand_fail(&hand, CCID_E_IO);
	result_is(&ja, CCID_E_IO);
	assert_false(anything_is_left());
	finish();
}

/* In the child the others' waits are never over: nothing of theirs may be waited for. */
static void the_child_of_a_fork_forgets_a_reader_that_others_wait_for(void **state)
{
	struct hand_message a, b;
	struct job ja, jb, jc;
	int status = -1;
	pid_t child;

	(void)state;
	begin(3, 2);
	a = sent(&ja, 0, 1);
	b = sent(&jb, 1, 2);
	queues(&jc, 2);
	child = fork();
	if (child == 0) {
		alarm(20); /* the end of a child that waits for ever */
		ccid_reader_abandon(reader);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	hand_answer(&hand, &b, 0, 0, "\xB1\x90\x00", 3);
	byte_is(&jb, 0xB1);
	a = hand_command(&hand, 3);
	hand_answer(&hand, &a, 0, 0, "\xC2\x90\x00", 3);
	byte_is(&jc, 0xC2);
	finish();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_find_their_slot_in_either_order),
		cmocka_unit_test(a_slot_runs_and_ends_while_another_asks_for_time),
		cmocka_unit_test(a_silent_slot_ends_alone_and_recovers_beside_the_other),
		cmocka_unit_test(an_answer_for_a_slot_that_does_not_wait_disturbs_nobody),
		cmocka_unit_test(a_flood_of_answers_for_nobody_ends_all_that_wait),
		cmocka_unit_test(a_wrong_kind_of_answer_ends_its_own_slot_only),
		cmocka_unit_test(a_message_that_nobody_can_read_ends_all),
		cmocka_unit_test(a_halted_pipe_ends_both_and_is_cleared_once),
		cmocka_unit_test(an_unplug_ends_both),
		cmocka_unit_test(every_failure_with_two_under_way_is_survived),
		cmocka_unit_test(a_command_that_is_not_taken_ends_alone),
		cmocka_unit_test(a_reset_for_one_slot_ends_the_session_of_the_other),
		cmocka_unit_test(a_third_slot_waits_for_its_turn),
		cmocka_unit_test(one_busy_slot_means_turns),
		cmocka_unit_test(a_poll_runs_beside_another_slot_but_not_beside_its_own),
		cmocka_unit_test(cancel_ends_the_slot_that_is_meant),
		cmocka_unit_test(a_second_cancel_does_not_disturb_the_abort),
		cmocka_unit_test(a_cancel_that_came_too_late_is_forgotten),
		cmocka_unit_test(cancel_of_the_reader_ends_every_slot),
		cmocka_unit_test(a_reader_that_does_less_than_it_claims_gets_less),
		cmocka_unit_test(the_last_of_several_leaves_nothing_in_the_buffers),
		cmocka_unit_test(the_child_of_a_fork_forgets_a_reader_that_others_wait_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
