/* SPDX-License-Identifier: MIT */
/* Several slots of a reader that floods, dawdles, or answers late and for others: none of it may hold up,
 * end or satisfy a command that it does not belong to. */
#include "hand_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool waits(unsigned slot)
{
	bool is = false;

	pthread_mutex_lock(&reader->wire);
	for (unsigned i = 0; i < reader->nlanes; i++)
		is = is || (reader->lane[i].call.open && reader->lane[i].call.slot == slot);
	pthread_mutex_unlock(&reader->wire);
	return is;
}

/* Slot 1 has asked for time for ever; slot 0 has a limit. */
static void a_flood_for_one_slot_does_not_keep_another_beyond_its_limit(void **state)
{
	struct hand_message b;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	start_until(&ja, 0, transmit, atomic_load(&hand.now) + 5000);
	hand_command(&hand, 1);
	b = sent(&jb, 1, 2);
	hand_dawdle(&hand, true);
	hand_flood(&hand, &b, 0x80, 1, 600, 10);
	assert_false(waits(0));
	result_is(&ja, CCID_E_TIMEOUT);
	hand_dawdle(&hand, false);
	hand_answer(&hand, &b, 0, 0, "\xB1\x90\x00", 3);
	byte_is(&jb, 0xB1);
	finish();
}

/* Each of slot 1's commands is given up, and answered afterwards. */
static void late_answers_for_one_slot_do_not_end_the_command_of_another(void **state)
{
	struct hand_message a, b;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	for (unsigned i = 0; i < 2 * CCID_STALE_MAX; i++) {
		b = sent(&jb, 1, 2 + i);
		ccid_slot_cancel(reader, 1);
		result_is(&jb, CCID_E_CANCELLED);
		hand_say(&hand, 1, b.bytes[6], 0, 0, "\xEE\x90\x00", 3);
	}
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	works(1);
	finish();
}

/* Both sequence numbers may still be answered: that of the command under way in slot 0, and that of the
 * one that slot 1 gave up. */
static void numbers_that_may_still_be_answered_are_left_out(void **state)
{
	struct hand_message a, b;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	hand.skips = true;
	a = sent(&ja, 0, 1);
	b = sent(&jb, 1, 2);
	ccid_slot_cancel(reader, 1);
	result_is(&jb, CCID_E_CANCELLED);
	hand_hold(&hand, 0);
	for (unsigned i = 0; i < 600; i++) {
		start(&jb, 1, transmit);
		result_is(&jb, 2);
		assert_int_not_equal((uint8_t)(hand.seq - 1), a.bytes[6]);
		assert_int_not_equal((uint8_t)(hand.seq - 1), b.bytes[6]);
	}
	hand_hold(&hand, 0x6F);
	hand_answer(&hand, &a, 0, 0, "\xA0\x90\x00", 3);
	byte_is(&ja, 0xA0);
	finish();
}

/* The rest of an answer that nobody waits for any more is still to come where the last transfer was
 * posted, behind its beginning. */
static void half_an_answer_does_not_begin_the_next(void **state)
{
	(void)state;
	begin(2, 2);
	memcpy(reader->in, "\x80\x03\x00\x00\x00\x01\x07\x00\x00\x00\xEE\xEE", 12);
	assert_int_equal(hand.t.ops->post_in(&hand.t, reader->in + 12, 64), 0);
	reader->posted = true;
	reader->in_len = 12;
	works(0);
	finish();
}

static void begin_an_answer(const struct hand_message *command, size_t len)
{
	uint8_t part[HAND_BYTES] = {0x80, 12, 0, 0, 0, command->bytes[5], command->bytes[6]};

	assert_true(len < sizeof part);
	hand_raw(&hand, part, len);
	hand_read(&hand);
}

/* What is still missing is as long as the whole answer for the other slot. */
static void an_answer_cut_short_is_not_completed_by_that_of_another_slot(void **state)
{
	(void)state;
	for (size_t len = 10; len < 22; len++) {
		struct hand_message a, b;
		struct job ja, jb;

		begin(2, 2);
		a = sent(&ja, 0, 1);
		b = sent(&jb, 1, 2);
		begin_an_answer(&a, len);
		hand_answer(&hand, &b, 0, 0, "\xB1\x90\x00", 3);
		result_is(&ja, CCID_E_IO);
		result_is(&jb, CCID_E_IO);
		works(0);
		works(1);
		assert_int_equal(reader->lanes.room, 2);
		finish();
	}
}

/* Nor by one that is late: the command in slot 1 was cancelled. */
static void an_answer_cut_short_is_not_completed_by_a_late_one(void **state)
{
	struct hand_message a, b;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	b = sent(&jb, 1, 2);
	ccid_slot_cancel(reader, 1);
	result_is(&jb, CCID_E_CANCELLED);
	begin_an_answer(&a, 19);
	hand_answer(&hand, &b, 0, 0, "\xB1\x90\x00", 3);
	result_is(&ja, CCID_E_IO);
	works(0);
	works(1);
	finish();
}

/* What comes is no answer to anybody: perhaps the rest. One slot at a time, such a reader can be used. */
static void a_reader_that_cuts_its_answers_is_used_one_slot_at_a_time(void **state)
{
	struct hand_message a;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	a = sent(&ja, 0, 1);
	sent(&jb, 1, 2);
	begin_an_answer(&a, 12);
	hand_raw(&hand, (const uint8_t *)"\x03\x04\x05\x06\x07\x08\x09\x0A\x90\x00", 10);
	result_is(&ja, CCID_E_IO);
	result_is(&jb, CCID_E_IO);
	a = sent(&ja, 0, 3);
	queues(&jb, 1);
	begin_an_answer(&a, 12);
	hand_raw(&hand, (const uint8_t *)"\x03\x04\x05\x06\x07\x08\x09\x0A\x90\x00", 10);
	result_is(&ja, 12);
	a = hand_command(&hand, 4);
	hand_answer(&hand, &a, 0, 0, "\xB1\x90\x00", 3);
	byte_is(&jb, 0xB1);
	finish();
}

/* All but one were given up and never answered. */
static void numbers_do_not_run_out(void **state)
{
	(void)state;
	begin(2, 2);
	hand.skips = true;
	memset(reader->slot[1].owed, 0xFF, sizeof reader->slot[1].owed);
	reader->slot[1].owed[7] &= 0x7F;
	for (unsigned i = 0; i < 3; i++) {
		uint8_t seq = hand.seq;

		works(1);
		assert_int_not_equal(hand.seq, seq);
	}
	finish();
}

/* Slot 1 waits for time alone when the reader leaves: there is no command of its own to end. */
static void an_unplug_ends_a_pause(void **state)
{
	struct hand_message b;
	struct job ja, jb;

	(void)state;
	begin(2, 2);
	sent(&ja, 0, 1);
	b = sent(&jb, 1, 2);
	hand_answer(&hand, &b, 0x40, 0xE0, NULL, 0);
	hand_read(&hand);
	hand_someone_waits(&hand);
	hand_unplug(&hand);
	result_is(&ja, CCID_E_GONE);
	result_is(&jb, CCID_E_GONE);
	finish();
}

/* Whoever frees others from what they were left with does it in his own time: no abort is answered. */
static void others_are_freed_within_the_limit_of_who_does_it(void **state)
{
	struct hand_message m;
	struct job j[4];

	(void)state;
	begin(4, 4);
	for (unsigned i = 1; i < 4; i++)
		sent(&j[i], i, i);
	hand_pass(&hand, LIMIT_MS);
	for (unsigned i = 1; i < 4; i++)
		result_is(&j[i], CCID_E_TIMEOUT);
	start_until(&j[0], 0, transmit, atomic_load(&hand.now) + 1000);
	m = hand_command(&hand, 4);
	hand_hold(&hand, 0x72);
	hand_answer(&hand, &m, 0x40, 0xE0, NULL, 0);
	hand_command(&hand, 5);
	hand_pass(&hand, CCID_ABORT_MS);
	result_is(&j[0], CCID_E_TIMEOUT);
	assert_int_equal(hand.seen[0x72], 1);
	hand_hold(&hand, 0x6F);
	finish();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_for_one_slot_does_not_keep_another_beyond_its_limit),
		cmocka_unit_test(late_answers_for_one_slot_do_not_end_the_command_of_another),
		cmocka_unit_test(numbers_that_may_still_be_answered_are_left_out),
		cmocka_unit_test(half_an_answer_does_not_begin_the_next),
		cmocka_unit_test(an_answer_cut_short_is_not_completed_by_that_of_another_slot),
		cmocka_unit_test(an_answer_cut_short_is_not_completed_by_a_late_one),
		cmocka_unit_test(a_reader_that_cuts_its_answers_is_used_one_slot_at_a_time),
		cmocka_unit_test(numbers_do_not_run_out),
		cmocka_unit_test(others_are_freed_within_the_limit_of_who_does_it),
		cmocka_unit_test(an_unplug_ends_a_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
