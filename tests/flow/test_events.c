/* SPDX-License-Identifier: MIT */
/* Readers and cards that come and go, as a program hears of them. */
#include "events_rig.h"

#include <stdio.h>

static void what_is_there_already_is_told(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	responder_move_card(rig.device[0], true);
	rig_watch();
	assert_true(rig_readable());
	EXPECT(ARRIVED, 0);
	assert_string_equal(rig.event.address, "usb:1-1");
	assert_int_equal(rig.event.slot, 0);
	assert_int_equal(rig.event.now.result, S_OK);
	assert_int_equal(rig.event.now.arrivals, 1);
	assert_true(rig_readable()); /* until all is told */
	EXPECT(INSERTED, 0);
	assert_int_equal(rig.event.now.state, ISCARD_SWALLOWED);
	assert_int_equal(rig.event.now.insertions, 1);
	assert_int_equal(rig.event.now.atr_len, 0); /* nothing gave it power */
	EXPECT_NOTHING();
	rig_finish();
}

static void cards_come_and_go(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	for (unsigned i = 1; i < 4; i++) {
		responder_move_card(rig.device[0], true);
		assert_true(rig_readable());
		EXPECT(INSERTED, 0);
		assert_int_equal(rig.event.now.insertions, i);
		EXPECT_NOTHING();
		responder_move_card(rig.device[0], false);
		assert_true(rig_readable());
		EXPECT(REMOVED, 0);
		assert_int_equal(rig.event.now.state, ISCARD_ABSENT);
		assert_int_equal(rig.event.now.insertions, i);
		EXPECT_NOTHING();
	}
	assert_false(rig.device[0]->powered);
	rig_finish();
}

static void readers_come_and_go_and_keep_their_names(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_watch();
	EXPECT_NOTHING();
	rig_plug(0);
	assert_true(rig_readable());
	rig_settle();
	EXPECT(ARRIVED, 0);
	rig_plug(1);
	responder_move_card(rig.device[1], true);
	rig_settle();
	EXPECT(ARRIVED, 1);
	EXPECT(INSERTED, 1);
	EXPECT_NOTHING();
	rig_unplug(0);
	assert_true(rig_readable());
	EXPECT(LEFT, 0); /* at once: the open reader has told */
	assert_int_equal(rig.event.now.result, SCARD_E_UNKNOWN_READER);
	rig_unplug(1);
	EXPECT(REMOVED, 1);
	EXPECT(LEFT, 1);
	rig_settle();
	EXPECT_NOTHING();
	rig_plug(1); /* the first to come back is not the first there was */
	rig_settle();
	EXPECT(ARRIVED, 1);
	assert_int_equal(rig.event.now.arrivals, 2);
	rig_plug(0);
	rig_settle();
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	rig_finish();
}

/* Which port a reader is on only sysfs tells; the name of the one that left is free again. */
static void without_sysfs_a_reader_gets_its_name_back_too(void **state)
{
	char name[ISCARD_NAME_SIZE] = "";

	(void)state;
	rig_begin(NULL);
	rig.tree.roots.sys = "/nonexistent";
	rig_watch();
	for (unsigned i = 0; i < 3; i++) {
		rig_plug(0);
		rig_settle();
		assert_int_equal(iscard_context_next_event(rig.context, &rig.event), S_OK);
		assert_int_equal(rig.event.type, ARRIVED);
		assert_int_equal(rig.event.now.arrivals, i + 1);
		if (i == 0)
			strcpy(name, rig.event.reader);
		assert_string_equal(rig.event.reader, name);
		rig_unplug(0);
		rig_settle();
		assert_int_equal(iscard_context_next_event(rig.context, &rig.event), S_OK);
		assert_int_equal(rig.event.type, LEFT);
		rig_settle();
		EXPECT_NOTHING();
	}
	rig_finish();
}

static void what_was_missed_collapses_to_the_truth(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	responder_move_card(rig.device[0], true);
	EXPECT(INSERTED, 0);
	responder_move_card(rig.device[0], false); /* out and in: another card */
	responder_move_card(rig.device[0], true);
	EXPECT(REMOVED, 0);
	EXPECT(INSERTED, 0);
	assert_int_equal(rig.event.now.insertions, 2);
	EXPECT_NOTHING();
	rig_unplug(0); /* pulled and back again */
	rig_plug(0);
	responder_move_card(rig.device[0], true);
	rig_settle();
	EXPECT(REMOVED, 0);
	EXPECT(LEFT, 0);
	EXPECT(ARRIVED, 0);
	EXPECT(INSERTED, 0);
	assert_int_equal(rig.event.now.arrivals, 2);
	assert_int_equal(rig.event.now.insertions, 3);
	EXPECT_NOTHING();
	rig_finish();
}

/* In, out and in again, each seen by the driver, none of it told before the last. */
static void several_changes_are_told_as_one_with_the_count(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	for (unsigned i = 0; i < 6; i++) {
		responder_move_card(rig.device[0], i % 2 == 0);
		rig_take();
	}
	EXPECT(INSERTED, 0);
	assert_int_equal(rig.event.now.insertions, 3);
	EXPECT(REMOVED, 0);
	EXPECT_NOTHING();
	rig_finish();
}

static void a_card_that_left_with_its_reader_untold_is_not_told_later(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	responder_move_card(rig.device[0], true);
	rig_take();
	rig_unplug(0);
	EXPECT(LEFT, 0);
	EXPECT_NOTHING();
	rig_plug(0);
	rig_settle();
	EXPECT(ARRIVED, 0);
	assert_int_equal(rig.event.now.insertions, 1);
	EXPECT_NOTHING();
	rig_finish();
}

/* Another thread has heard that the reader left; the scan sees its successor before this one hears. */
static void a_reader_replaced_while_another_thread_used_it_is_told(void **state)
{
	struct ccid_seat *seat;

	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	seat = atomic_load(&rig.context->watch)->seats;
	rig_plug(1); /* a scan will be due */
	rig_take();
	rig_unplug(0);
	rig_plug(0);
	assert_int_equal(ccid_reader_dispatch(ccid_open_reader(seat->open)), CCID_E_GONE);
	fake_clock_advance(&rig.clock, CCID_HOTPLUG_SETTLE_MS);
	EXPECT(LEFT, 0);
	EXPECT(ARRIVED, 0);
	EXPECT(ARRIVED, 1);
	assert_int_equal(seat->now.arrivals, 2);
	EXPECT_NOTHING();
	rig_finish();
}

/* From the failure, not from when it began to be tried. */
static void a_reader_that_fails_slowly_is_left_alone_for_a_while(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig.open_error = CCID_E_IO;
	rig.open_ms = 30000;
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	assert_int_equal(rig.opens, 1);
	assert_in_range(rig_timer(), 1, CCID_WATCH_BACKOFF_MS);
	rig_pass(CCID_WATCH_BACKOFF_MS);
	EXPECT_NOTHING();
	assert_int_equal(rig.opens, 2);
	rig_finish();
}

/* As another thread sees it meanwhile. */
static void replug(void)
{
	rig_unplug(0);
	rig_plug(0);
	rig_settle();
}

static void what_came_of_opening_says_nothing_about_the_next_reader(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig.opening = replug;
	rig_watch();
	EXPECT(ARRIVED, 0);
	assert_int_equal(rig.event.now.result, S_OK);
	assert_int_equal(rig.event.now.arrivals, 2);
	assert_int_equal(rig.opens, 2);
	EXPECT_NOTHING();
	rig_finish();
}

/* As while another thread's answers come in on the same descriptor. */
static void a_descriptor_that_is_readable_without_news_is_given_a_rest(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	rig.device[0]->restless = true;
	responder_move_card(rig.device[0], true);
	EXPECT(INSERTED, 0);
	for (unsigned i = 0; i < 5; i++) {
		EXPECT_NOTHING(); /* not readable any more */
		assert_in_range(rig_timer(), 1, CCID_WATCH_FRUITLESS_MS);
		rig_pass(CCID_WATCH_FRUITLESS_MS);
		assert_int_equal(iscard_context_next_event(rig.context, &rig.event), S_FALSE);
		assert_true(rig_readable()); /* it is listened to again */
	}
	rig.device[0]->restless = false;
	responder_move_card(rig.device[0], false);
	EXPECT(REMOVED, 0);
	EXPECT_NOTHING();
	rig_pass(CCID_WATCH_FRUITLESS_MS);
	EXPECT_NOTHING();
	assert_int_equal(rig_timer(), -1);
	rig_finish();
}

static int64_t slept_ms;

static int64_t slept(void *ctx)
{
	(void)ctx;
	return slept_ms;
}

/* The reader tells nothing of what happened while the system slept: it is asked. */
static void a_card_taken_out_while_the_system_slept_is_missed_after_it(void **state)
{
	unsigned commands;

	(void)state;
	slept_ms = 0;
	rig_begin(NULL);
	rig.context->env.slept_ms = slept;
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	responder_move_card(rig.device[0], true);
	EXPECT(INSERTED, 0);
	EXPECT_NOTHING();
	slept_ms = 3600000;
	rig_pass(60000);
	commands = rig.device[0]->commands;
	responder_wake(rig.device[0]);
	EXPECT_NOTHING(); /* it is still there */
	assert_int_equal(rig.device[0]->commands, commands + 1);
	slept_ms = 7200000;
	rig_pass(60000);
	rig.device[0]->card = false;
	responder_wake(rig.device[0]);
	EXPECT(REMOVED, 0);
	EXPECT_NOTHING();
	rig_pass(CCID_WATCH_POLL_MS);
	EXPECT_NOTHING();
	assert_int_equal(rig.device[0]->commands, commands + 2);
	assert_int_equal(rig_timer(), -1);
	rig_finish();
}

static const struct fake_reader plain = {.features = FAKE_SHORT};

static void of_readers_that_left_only_some_are_remembered(void **state)
{
	struct ccid_watch *w;
	unsigned seats = 0;
	char port[8];

	(void)state;
	rig_begin(NULL);
	assert_int_equal(iscard_context_watch(rig.context, NULL, ISCARD_WATCH_READERS), S_OK);
	for (unsigned i = 1; i <= CCID_WATCH_ABSENT_MAX + 20; i++) {
		snprintf(port, sizeof port, "1-%u", i);
		usb_tree_plug(&rig.tree, port, 100, &plain, 0600);
		rig_settle();
		assert_int_equal(iscard_context_next_event(rig.context, &rig.event), S_OK);
		assert_int_equal(rig.event.type, ARRIVED);
		usb_tree_unplug(&rig.tree, port, 100);
		rig_settle();
		assert_int_equal(iscard_context_next_event(rig.context, &rig.event), S_OK);
		assert_int_equal(rig.event.type, LEFT);
	}
	w = atomic_load(&rig.context->watch);
	for (const struct ccid_seat *s = w->seats; s != NULL; s = s->next)
		seats++;
	assert_in_range(seats, CCID_WATCH_ABSENT_MAX, CCID_WATCH_ABSENT_MAX + 1);
	rig_finish();
}

static void a_reader_that_is_watched_by_name_is_not_forgotten(void **state)
{
	char port[8];

	(void)state;
	rig_begin(NULL);
	assert_int_equal(iscard_context_watch(rig.context, rig_name(0), ISCARD_WATCH_READERS),
	                 S_OK);
	rig_plug(0);
	rig_settle();
	EXPECT(ARRIVED, 0);
	rig_unplug(0);
	rig_settle();
	EXPECT(LEFT, 0);
	for (unsigned i = 2; i <= CCID_WATCH_ABSENT_MAX + 20; i++) {
		snprintf(port, sizeof port, "1-%u", i);
		usb_tree_plug(&rig.tree, port, 100, &plain, 0600);
		rig_settle();
		usb_tree_unplug(&rig.tree, port, 100);
		rig_settle();
	}
	rig_plug(0);
	rig_settle();
	EXPECT(ARRIVED, 0);
	assert_int_equal(rig.event.now.arrivals, 2);
	rig_finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_already_is_told),
		cmocka_unit_test(cards_come_and_go),
		cmocka_unit_test(readers_come_and_go_and_keep_their_names),
		cmocka_unit_test(without_sysfs_a_reader_gets_its_name_back_too),
		cmocka_unit_test(what_was_missed_collapses_to_the_truth),
		cmocka_unit_test(several_changes_are_told_as_one_with_the_count),
		cmocka_unit_test(a_card_that_left_with_its_reader_untold_is_not_told_later),
		cmocka_unit_test(a_reader_replaced_while_another_thread_used_it_is_told),
		cmocka_unit_test(a_reader_that_fails_slowly_is_left_alone_for_a_while),
		cmocka_unit_test(what_came_of_opening_says_nothing_about_the_next_reader),
		cmocka_unit_test(a_descriptor_that_is_readable_without_news_is_given_a_rest),
		cmocka_unit_test(a_card_taken_out_while_the_system_slept_is_missed_after_it),
		cmocka_unit_test(of_readers_that_left_only_some_are_remembered),
		cmocka_unit_test(a_reader_that_is_watched_by_name_is_not_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
