/* SPDX-License-Identifier: MIT */
/* Commands that wait for their turn, and cancels: who is meant, what is sent, who is next. */
#include "hand_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Whoever asks first is next, also when another asks again and again. */
static void turns_come_in_the_order_of_asking(void **state)
{
	struct hand_message m;
	struct job j[4];

	(void)state;
	begin(4, 1);
	m = sent(&j[0], 0, 1);
	for (unsigned i = 1; i < 4; i++)
		queues(&j[i], i);
	for (unsigned i = 0; i < 4; i++) {
		m = hand_command(&hand, i + 1);
		assert_int_equal(m.bytes[5], i);
		hand_answer(&hand, &m, 0, 0, "\x01\x90\x00", 3);
		byte_is(&j[i], 1);
	}
	finish();
}

/* Slot 0 is busy; 1, 2 and 3 wait for the only lane, or the last of as many as busy says. */
static void all_wait(struct job j[4], unsigned busy, int64_t limit_of_2)
{
	begin(4, busy);
	sent(&j[0], 0, 1);
	if (busy > 1)
		sent(&j[1], 1, 2);
	for (unsigned i = busy; i < 4; i++)
		queues_until(&j[i], i, i == 2 ? atomic_load(&hand.now) + limit_of_2 : soon());
}

/* All but slot 2 get their answers, in the order of asking. */
static void the_others_go_on(struct job j[4])
{
	static const uint8_t order[] = {0, 1, 3};

	for (unsigned i = 0; i < 3; i++) {
		struct hand_message m = hand_command(&hand, i + 1);

		assert_int_equal(m.bytes[5], order[i]);
		hand_answer(&hand, &m, 0, 0, "\x01\x90\x00", 3);
		byte_is(&j[order[i]], 1);
	}
	assert_int_equal(hand.seen[0x6F], 3);
	assert_int_equal(hand.aborts, 0);
	works(2);
	finish();
}

static void waiting_for_a_turn_ends_at_the_deadline(void **state)
{
	struct job j[4];

	(void)state;
	for (unsigned busy = 1; busy <= 2; busy++) {
		all_wait(j, busy, 20);
		hand_pass(&hand, 20);
		result_is(&j[2], CCID_E_TIMEOUT);
		the_others_go_on(j);
	}
}

static void cancel_ends_who_waits_for_a_turn_and_nobody_else(void **state)
{
	struct job j[4];

	(void)state;
	for (unsigned busy = 1; busy <= 2; busy++) {
		all_wait(j, busy, LIMIT_MS);
		assert_true(ccid_slot_cancel(reader, 2));
		result_is(&j[2], CCID_E_CANCELLED);
		assert_false(ccid_slot_cancel(reader, 2));
		the_others_go_on(j);
	}
}

/* Two threads, one card: both are meant. */
static void cancel_ends_the_running_and_the_waiting_command_of_a_slot(void **state)
{
	struct job ja, jb;

	(void)state;
	begin(1, 1);
	sent(&ja, 0, 1);
	queues(&jb, 0);
	assert_true(ccid_slot_cancel(reader, 0));
	result_is(&ja, CCID_E_CANCELLED);
	result_is(&jb, CCID_E_CANCELLED);
	assert_int_equal(hand.seen[0x6F], 1);
	works(0);
	finish();
}

/* The transport wakes up for a cancel that is not for the command under way. */
static void with_one_lane_a_cancel_for_another_slot_ends_nothing(void **state)
{
	struct hand_message a;
	struct job ja, jb;

	(void)state;
	begin(2, 1);
	for (unsigned i = 0; i < 150; i++) {
		a = sent(&ja, 0, 1);
		queues(&jb, 1);
		ccid_slot_cancel(reader, 1);
		result_is(&jb, CCID_E_CANCELLED);
		hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
		byte_is(&ja, 0xA0);
		hand.nheld = 0;
	}
	assert_int_equal(hand.aborts, 0);
	finish();
}

/* What comes before the command of the caller is not what the caller wants ended. */
static void a_cancel_during_recovery_ends_the_command_after_it(void **state)
{
	struct hand_message m;
	unsigned commands;
	struct job j;

	(void)state;
	for (unsigned busy = 1; busy <= 2; busy++) {
		begin(2, busy);
		sent(&j, 0, 1);
		hand_pass(&hand, LIMIT_MS);
		result_is(&j, CCID_E_TIMEOUT);
		hand_hold(&hand, 0x72);
		commands = hand.seen[0x6F];
		m = sent(&j, 0, 2);
		assert_int_equal(m.bytes[0], 0x72);
		ccid_slot_cancel(reader, 0);
		hand_someone_waits(&hand);
		hand_answer(&hand, &m, 0, 0, NULL, 0);
		hand_hold(&hand, 0x6F);
		result_is(&j, CCID_E_CANCELLED);
		assert_int_equal(hand.seen[0x6F], commands);
		works(0);
		finish();
	}
}

/* Somebody is at several commands, and a look of somebody else comes between two of them: the cancel is
 * not for that. */
static void a_look_between_two_commands_takes_no_cancel_away(void **state)
{
	struct hand_message m;
	struct job j;

	(void)state;
	for (unsigned busy = 1; busy <= 2; busy++) {
		begin(2, busy);
		hand_hold(&hand, 0x65);
		ccid_slot_expect(reader, 0, true);
		start(&j, 0, poll_slot);
		m = hand_command(&hand, 1);
		assert_true(ccid_slot_cancel(reader, 0));
		hand_someone_waits(&hand);
		hand_answer(&hand, &m, 0, 0, NULL, 0);
		result_is(&j, 0);
		hand_hold(&hand, 0x6F);
		start(&j, 0, transmit);
		result_is(&j, CCID_E_CANCELLED);
		assert_int_equal(hand.seen[0x6F], 0);
		ccid_slot_expect(reader, 0, false);
		hand.nheld = 0;
		works(0);
		finish();
	}
}

/* Impatience is no reason to give up a reader: the next command, and recovery, do not meet them all. */
static void many_cancels_are_as_one(void **state)
{
	struct job j;

	(void)state;
	for (unsigned busy = 1; busy <= 2; busy++) {
		begin(2, busy);
		sent(&j, 0, 1);
		for (unsigned i = 0; i < 1000; i++)
			ccid_slot_cancel(reader, 0);
		result_is(&j, CCID_E_CANCELLED);
		works(0);
		ccid_slot_expect(reader, 0, true); /* nobody is there yet */
		for (unsigned i = 0; i < 1000; i++)
			assert_true(ccid_slot_cancel(reader, 0));
		ccid_slot_expect(reader, 0, false);
		works(1);
		works(0);
		assert_int_equal(hand.resets, 0);
		assert_int_equal(hand.halts, 0);
		assert_int_equal(hand.aborts, 1);
		finish();
	}
}

static void cancels_during_an_abort_do_not_break_it(void **state)
{
	struct hand_message m;
	struct job j;

	(void)state;
	for (unsigned busy = 1; busy <= 2; busy++) {
		begin(2, busy);
		sent(&j, 0, 1);
		hand_hold(&hand, 0x72);
		ccid_slot_cancel(reader, 0);
		m = hand_command(&hand, 2);
		for (unsigned i = 0; i < 100; i++) {
			for (unsigned n = 0; n < CCID_CANCELS_KEPT; n++)
				ccid_slot_cancel(reader, 0);
			hand_cancels_taken(&hand);
		}
		hand_answer(&hand, &m, 0, 0, NULL, 0);
		result_is(&j, CCID_E_CANCELLED);
		hand_hold(&hand, 0x6F);
		works(0);
		assert_int_equal(hand.seen[0x72], 1);
		assert_int_equal(hand.halts, 0);
		finish();
	}
}

static void *activate(void *job)
{
	struct job *j = job;

	j->rc = ccid_slot_activate(reader, j->slot, 1, CCID_RESET_NONE, j->deadline);
	return NULL;
}

static void *reset(void *job)
{
	struct job *j = job;

	j->rc = ccid_slot_activate(reader, j->slot, 1, CCID_RESET_COLD, j->deadline);
	return NULL;
}

static void *power_off(void *job)
{
	struct job *j = job;

	j->rc = ccid_slot_power_off(reader, j->slot, j->deadline);
	return NULL;
}

static void *eject(void *job)
{
	struct job *j = job;

	j->rc = ccid_slot_mechanical(reader, j->slot, CCID_MECHANICAL_EJECT, j->deadline);
	return NULL;
}

static void kept_out(void *(*job)(void *), bool by_cancel)
{
	static const struct fake_reader kind = {.features = FAKE_SHORT,
	                                        .mechanical = CCID_MECH_EJECT,
	                                        .slots = 2,
	                                        .busy_slots = 1,
	                                        .no_interrupt = true};
	uint32_t before;
	struct hand_message a;
	struct job ja, jb;
	unsigned offs;

	begin_with(&kind);
	before = info_of(1).generation;
	offs = hand.seen[0x63];
	a = sent(&ja, 0, 1);
	queues_to(&jb, 1, job, atomic_load(&hand.now) + 20);
	if (by_cancel)
		assert_true(ccid_slot_cancel(reader, 1));
	else
		hand_pass(&hand, 20);
	result_is(&jb, by_cancel ? CCID_E_CANCELLED : CCID_E_TIMEOUT);
	assert_int_equal(hand.seen[0x63], offs);
	assert_true(info_of(1).generation > before);
	assert_int_equal(info_of(1).state, CCID_SLOT_INACTIVE);
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	start(&jb, 1, activate);
	hand_time_out(&hand, CCID_OFF_ON_MS);
	result_is(&jb, 0);
	assert_int_equal(hand.seen[0x63], offs + 1);
	finish();
}

/* Whoever wanted the card reset will not leave it as it was for the next. */
static void a_reset_that_gets_no_turn_ends_the_session_all_the_same(void **state)
{
	void *(*const all[])(void *) = {reset, power_off, eject};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		kept_out(all[i], false);
		kept_out(all[i], true);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_come_in_the_order_of_asking),
		cmocka_unit_test(waiting_for_a_turn_ends_at_the_deadline),
		cmocka_unit_test(cancel_ends_who_waits_for_a_turn_and_nobody_else),
		cmocka_unit_test(cancel_ends_the_running_and_the_waiting_command_of_a_slot),
		cmocka_unit_test(with_one_lane_a_cancel_for_another_slot_ends_nothing),
		cmocka_unit_test(a_cancel_during_recovery_ends_the_command_after_it),
		cmocka_unit_test(a_look_between_two_commands_takes_no_cancel_away),
		cmocka_unit_test(many_cancels_are_as_one),
		cmocka_unit_test(cancels_during_an_abort_do_not_break_it),
		cmocka_unit_test(a_reset_that_gets_no_turn_ends_the_session_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
