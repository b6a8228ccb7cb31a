/* SPDX-License-Identifier: MIT */
/* What is watched, by whom, and how: opened or not, held by others, asked or heard. */
#include "events_rig.h"

#include <iscard/iscard.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_reader_that_is_held_is_tried_again_and_again_later(void **state)
{
	static const int64_t wait[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};

	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	responder_move_card(rig.device[0], true);
	rig.open_error = CCID_E_BUSY;
	rig_watch();
	EXPECT(ARRIVED, 0);
	assert_int_equal(rig.event.now.result, SCARD_E_SHARING_VIOLATION);
	assert_int_equal(rig.event.now.state, 0);
	for (size_t i = 0; i < sizeof wait / sizeof *wait; i++) {
		unsigned opens = rig.opens;

		EXPECT_NOTHING();
		assert_in_range(rig_timer(), wait[i] - 500, wait[i]);
		rig_pass(wait[i] - 1);
		EXPECT_NOTHING();
		assert_int_equal(rig.opens, opens);
		rig_pass(1);
		rig.open_error = i == 7 ? 0 : CCID_E_BUSY;
		iscard_context_next_event(rig.context, &rig.event);
		assert_int_equal(rig.opens, opens + 1);
	}
	assert_int_equal(rig.event.type, STATUS);
	assert_int_equal(rig.event.now.result, S_OK);
	EXPECT(INSERTED, 0);
	EXPECT_NOTHING();
	assert_int_equal(rig_timer(), -1);
	rig_finish();
}

static void permission_that_comes_late_is_noticed_at_once(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig.open_error = CCID_E_ACCESS;
	rig_watch();
	EXPECT(ARRIVED, 0);
	assert_int_equal(rig.event.now.result, SCARD_W_SECURITY_VIOLATION);
	EXPECT_NOTHING();
	rig.open_error = 0;
	usb_tree_chmod(&rig.tree, rig.number[0], 0660);
	assert_true(rig_readable());
	rig_settle();
	EXPECT(STATUS, 0);
	assert_int_equal(rig.event.now.result, S_OK);
	EXPECT_NOTHING();
	rig_finish();
}

static void watching_for_readers_opens_none(void **state)
{
	(void)state;
	rig_begin(NULL);
	assert_int_equal(iscard_context_watch(rig.context, NULL, ISCARD_WATCH_READERS), S_OK);
	rig_plug(0);
	responder_move_card(rig.device[0], true);
	rig_settle();
	EXPECT(ARRIVED, 0);
	assert_int_equal(rig.event.now.result, S_FALSE);
	EXPECT_NOTHING();
	assert_int_equal(rig.opens, 0);
	rig_unplug(0);
	rig_plug(0);
	rig_settle();
	EXPECT(LEFT, 0);
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	responder_move_card(rig.device[0], true);
	rig_watch(); /* now with cards, too */
	EXPECT(STATUS, 0);
	EXPECT(INSERTED, 0);
	EXPECT_NOTHING();
	assert_int_equal(rig.device[0]->open, 1);
	assert_int_equal(iscard_context_watch(rig.context, NULL, ISCARD_WATCH_READERS), S_OK);
	assert_int_equal(rig.device[0]->open, 0);
	EXPECT(REMOVED, 0); /* it cannot be seen any more */
	EXPECT(STATUS, 0);
	EXPECT_NOTHING();
	rig_finish();
}

static void one_reader_is_watched_by_name_or_by_address(void **state)
{
	static const char *const what[] = {"Tree Reader 01 00", "usb:1-2", "usb:1-2"};

	(void)state;
	for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
		rig_begin(NULL);
		rig_plug(0);
		rig_plug(1);
		assert_int_equal(iscard_context_watch(rig.context, what[i], ISCARD_WATCH_CARDS),
		                 S_OK);
		EXPECT(ARRIVED, 1);
		EXPECT_NOTHING();
		assert_int_equal(rig.opens, 1);
		rig_unplug(0);
		rig_unplug(1);
		rig_settle();
		EXPECT(LEFT, 1);
		EXPECT_NOTHING();
		rig_finish();
	}
}

static void a_product_is_watched_by_its_numbers(void **state)
{
	static const struct fake_reader other = {.features = FAKE_SHORT, .vid = 0x1111, .pid = 2};

	(void)state;
	rig_begin(NULL);
	assert_int_equal(iscard_context_watch(rig.context, "usb:1111:0002", ISCARD_WATCH_CARDS),
	                 S_OK);
	rig_plug(0);
	rig_settle();
	EXPECT_NOTHING();
	rig_plug_kind(1, &other);
	rig_settle();
	EXPECT(ARRIVED, 1);
	EXPECT_NOTHING();
	rig_unplug(1);
	EXPECT(LEFT, 1);
	rig_finish();
}

static void a_watch_that_ends_gives_the_reader_back(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	assert_int_equal(iscard_context_watch(rig.context, "Tree Reader 00 00", ISCARD_WATCH_CARDS),
	                 S_OK);
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	assert_int_equal(iscard_context_unwatch(rig.context, NULL), S_OK);
	assert_int_equal(rig.device[0]->open, 1);
	assert_int_equal(iscard_context_unwatch(rig.context, "Tree Reader 00 00"), S_OK);
	assert_int_equal(rig.device[0]->open, 0);
	assert_int_equal(iscard_context_unwatch(rig.context, "Tree Reader 00 00"),
	                 SCARD_E_UNKNOWN_READER);
	assert_int_equal(iscard_context_unwatch(rig.context, NULL), SCARD_E_UNKNOWN_READER);
	rig_unplug(0);
	EXPECT_NOTHING();
	rig_finish();
}

/* To open and close it each time would take the kernel long. */
static void what_brings_news_rests_while_nobody_watches(void **state)
{
	const char *source;

	(void)state;
	rig_begin(NULL);
	rig_watch();
	EXPECT_NOTHING();
	assert_int_equal(iscard_context_unwatch(rig.context, NULL), S_OK);
	EXPECT_NOTHING();
	assert_int_equal(iscard_context_hotplug(rig.context, &source), S_OK);
	assert_string_equal(source, "none");
	rig_plug(0);
	assert_false(rig_readable());
	rig_watch();
	EXPECT(ARRIVED, 0);
	rig_settle();
	EXPECT_NOTHING();
	assert_int_equal(rig.tree.sockets, 1);
	rig_finish();
}

static void bad_arguments_are_refused(void **state)
{
	const char *source;

	(void)state;
	rig_begin(NULL);
	assert_int_equal(iscard_context_watch(rig.context, NULL, 2), E_INVALIDARG);
	assert_int_equal(iscard_context_event_fd(rig.context, NULL), E_POINTER);
	assert_int_equal(iscard_context_next_event(rig.context, NULL), E_POINTER);
	assert_int_equal(iscard_context_hotplug(rig.context, NULL), E_POINTER);
	assert_int_equal(iscard_context_hotplug(rig.context, &source), S_OK);
	assert_string_equal(source, "none");
	rig_watch();
	assert_int_equal(iscard_context_hotplug(rig.context, &source), S_OK);
	assert_string_equal(source, "kernel");
	assert_string_equal(iscard_event_name((iscard_event_type)99), "unknown");
	assert_string_equal(iscard_event_name(REMOVED), "card-removed");
	rig_finish();
}

static void nothing_runs_while_nothing_happens(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_plug(1);
	rig_watch();
	EXPECT(ARRIVED, 0);
	EXPECT(ARRIVED, 1);
	EXPECT_NOTHING();
	assert_int_equal(rig_timer(), -1);
	assert_int_equal(rig_count_entries("/proc/self/task"), 1);
	rig_finish();
}

static void nothing_runs_after_a_reader_has_left(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	rig_unplug(0);
	rig_settle();
	EXPECT(LEFT, 0);
	rig_settle();
	rig_pass(CCID_WATCH_BACKOFF_MAX);
	EXPECT_NOTHING();
	assert_int_equal(rig_timer(), -1);
	rig_plug(0);
	rig_settle();
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	rig_finish();
}

static void a_reader_without_notifications_is_asked_once_a_second(void **state)
{
	static const struct fake_reader silent = {.features = FAKE_SHORT, .no_interrupt = true};
	unsigned commands;

	(void)state;
	rig_begin(NULL);
	rig_plug_kind(0, &silent);
	rig_watch();
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	commands = rig.device[0]->commands;
	assert_in_range(rig_timer(), 500, CCID_WATCH_POLL_MS);
	for (unsigned i = 0; i < 60; i++) {
		EXPECT_NOTHING();
		rig_pass(CCID_WATCH_POLL_MS);
	}
	EXPECT_NOTHING();
	assert_int_equal(rig.device[0]->commands, commands + 60);
	rig.device[0]->card = true;
	EXPECT_NOTHING();
	rig_pass(CCID_WATCH_POLL_MS);
	EXPECT(INSERTED, 0);
	rig.device[0]->card = false;
	rig_pass(CCID_WATCH_POLL_MS);
	EXPECT(REMOVED, 0);
	rig.device[0]->unplugged = true;
	rig_pass(CCID_WATCH_POLL_MS);
	EXPECT(LEFT, 0);
	rig_finish();
}

/* PCSC#244: the node of a reader that has left stays for a while, or for ever. */
static void a_reader_that_left_is_not_found_again_in_a_loop(void **state)
{
	unsigned opens;

	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	responder_unplug(rig.device[0]);
	EXPECT(LEFT, 0);
	opens = rig.opens;
	for (unsigned i = 0; i < 9; i++) {
		usb_tree_uevent(&rig.tree, "usb");
		rig_settle();
		EXPECT_NOTHING();
	}
	assert_int_equal(rig.opens, opens);
	rig_pass(CCID_WATCH_BACKOFF_MS); /* after a while it is believed in again, and refuses */
	EXPECT(ARRIVED, 0);
	assert_int_equal(rig.event.now.result, SCARD_E_READER_UNAVAILABLE);
	EXPECT_NOTHING();
	rig_finish();
}

static void news_that_an_application_takes_is_told_all_the_same(void **state)
{
	struct ccid_open *open;
	unsigned slot;

	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	assert_int_equal(ccid_pool_get(&open, &slot, rig.context, rig_name(0)), 0);
	responder_move_card(rig.device[0], true);
	assert_int_equal(ccid_reader_dispatch(ccid_open_reader(open)), 1);
	assert_true(rig_readable());
	EXPECT(INSERTED, 0);
	EXPECT_NOTHING();
	assert_int_equal(ccid_slot_activate(ccid_open_reader(open), 0, 3, CCID_RESET_NONE,
	                                    rig.clock.now + 10000),
	                 0);
	assert_true(rig_readable()); /* for those who wait: the state has changed */
	EXPECT_NOTHING();
	ccid_pool_put(open);
	rig_finish();
}

static void two_contexts_hear_the_same(void **state)
{
	struct iscard_event event;
	iscard_context *other;

	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	other = rig_another();
	rig.tree.sockets = 1;
	assert_int_equal(iscard_context_watch(other, NULL, ISCARD_WATCH_CARDS), S_OK);
	assert_int_equal(rig.opens, 1);
	EXPECT(ARRIVED, 0);
	assert_int_equal(iscard_context_next_event(other, &event), S_OK);
	assert_int_equal(iscard_context_next_event(other, &event), S_FALSE);
	responder_move_card(rig.device[0], true);
	EXPECT(INSERTED, 0);
	assert_int_equal(iscard_context_next_event(other, &event), S_OK);
	assert_int_equal(event.type, INSERTED);
	assert_int_equal(iscard_context_next_event(other, &event), S_FALSE);
	EXPECT_NOTHING();
	iscard_context_unref(other);
	assert_int_equal(rig.device[0]->open, 1);
	rig_finish();
}

static void a_peer_that_is_lost_is_connected_to_again(void **state)
{
	static const struct fake_reader plain = {.features = FAKE_SHORT};
	const char *source;

	(void)state;
	rig_begin("test:reader");
	rig_watch(); /* nobody answers */
	EXPECT_NOTHING();
	assert_int_equal(iscard_context_hotplug(rig.context, &source), S_OK);
	assert_string_equal(source, "none");
	assert_int_equal(rig.opens, 1);
	assert_in_range(rig_timer(), 500, 1000);
	rig_make(0, &plain);
	EXPECT_NOTHING();
	rig_pass(1000);
	EXPECT(ARRIVED, 0);
	assert_string_equal(rig.event.address, "test:reader");
	responder_move_card(rig.device[0], true);
	EXPECT(INSERTED, 0);
	responder_unplug(rig.device[0]);
	EXPECT(REMOVED, 0);
	EXPECT(LEFT, 0);
	EXPECT_NOTHING();
	rig_make(0, &plain);
	EXPECT_NOTHING();
	rig_pass(1000);
	EXPECT(ARRIVED, 0);
	assert_int_equal(rig.event.now.arrivals, 2);
	EXPECT_NOTHING();
	assert_int_equal(rig_timer(), -1);
	assert_int_equal(rig.opens, 3);
	rig_finish();
}

static void connections_are_counted(void **state)
{
	struct iscard_reader_state asked = {.reader = rig_name(0)};
	BSTR name = iscard_bstr_from_utf8(rig_name(0));
	void *card = NULL;

	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	responder_move_card(rig.device[0], true);
	rig_watch();
	assert_int_equal(iscard_context_wait(rig.context, &asked, 1, 0), S_OK);
	assert_int_equal(asked.now.connections, 0);
	assert_int_equal(
		iscard_context_create_instance(rig.context, &CLSID_CSCard, &IID_ISCard, &card),
		S_OK);
	assert_int_equal(ISCard_AttachByReader((ISCard *)card, name, EXCLUSIVE, T0), S_OK);
	SysFreeString(name);
	asked.seen = asked.now.changes;
	assert_int_equal(iscard_context_wait(rig.context, &asked, 1, 0), S_OK);
	assert_int_equal(asked.now.connections, 1);
	assert_int_equal(asked.now.exclusive, 1);
	assert_int_equal(asked.now.state, ISCARD_SPECIFICMODE);
	assert_int_equal(asked.now.atr_len, 4);
	asked.seen = asked.now.changes;
	assert_int_equal(ISCard_ReAttach((ISCard *)card, SHARED, LEAVE), S_OK);
	assert_int_equal(iscard_context_wait(rig.context, &asked, 1, 0), S_OK);
	assert_int_equal(asked.now.exclusive, 0);
	asked.seen = asked.now.changes;
	ISCard_Release((ISCard *)card);
	assert_int_equal(iscard_context_wait(rig.context, &asked, 1, 0), S_OK);
	assert_int_equal(asked.now.connections, 0);
	EXPECT(ARRIVED, 0);
	EXPECT(INSERTED, 0);
	EXPECT_NOTHING();
	rig_finish();
}

static void without_descriptors(void (*fn)(void))
{
	struct rlimit before, now;
	int lowest, fd;

	assert_int_equal(iscard_context_event_fd(rig.context, &fd), S_OK);
	lowest = dup(fd);
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	now.rlim_cur = (rlim_t)lowest;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	fn();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* With no descriptor left nothing has left, and when there are some again it is heard again. */
static void without_descriptors_it_is_tried_again(void **state)
{
	const char *source;

	(void)state;
	rig_begin(NULL);
	without_descriptors(rig_watch);
	assert_int_equal(iscard_context_hotplug(rig.context, &source), S_OK);
	assert_string_equal(source, "none");
	rig_plug(0);
	assert_in_range(rig_timer(), 1, CCID_WATCH_BACKOFF_MS);
	rig_pass(CCID_WATCH_BACKOFF_MS);
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	assert_int_equal(rig_timer(), -1);
	assert_int_equal(iscard_context_hotplug(rig.context, &source), S_OK);
	assert_string_not_equal(source, "none");
	rig_finish();
}

/* Nor is a reader that left, and is still listed, looked for in a loop when looking fails. */
static void without_descriptors_it_is_not_tried_in_a_loop(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	EXPECT(ARRIVED, 0);
	responder_unplug(rig.device[0]);
	EXPECT(LEFT, 0);
	rig_settle();
	rig_pass(CCID_WATCH_BACKOFF_MS);
	without_descriptors(rig_take);
	EXPECT_NOTHING();
	rig_pass(CCID_WATCH_BACKOFF_MS);
	EXPECT(ARRIVED, 0);
	rig_finish();
}

static int comes_now(void *arg, enum ccid_uevent_group group)
{
	(void)arg, (void)group;
	if (rig.number[0] == 0)
		rig_plug(0);
	return -1;
}

/* When there is a source of news at last, nothing comes between the look and the first news. */
static void what_comes_while_news_begin_is_not_missed(void **state)
{
	(void)state;
	rig_begin(NULL);
	without_descriptors(rig_watch);
	rig.tree.hotplug.open_socket = comes_now;
	rig_pass(CCID_WATCH_BACKOFF_MS);
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	rig_finish();
}

/* The kernel allows five sets in one another, and three of them are ours. */
static void in_too_many_sets_it_is_seen_by_looking(void **state)
{
	struct epoll_event e = {.events = EPOLLIN};
	int set[4];

	(void)state;
	rig_begin(NULL);
	assert_int_equal(iscard_context_event_fd(rig.context, &set[0]), S_OK);
	for (size_t i = 1; i < 4; i++) {
		set[i] = epoll_create1(EPOLL_CLOEXEC);
		assert_int_equal(epoll_ctl(set[i], EPOLL_CTL_ADD, set[i - 1], &e), 0);
	}
	rig_watch();
	EXPECT_NOTHING();
	rig_plug(0);
	assert_in_range(rig_timer(), 1, CCID_WATCH_BACKOFF_MS);
	rig_pass(CCID_WATCH_BACKOFF_MS);
	EXPECT(ARRIVED, 0);
	for (size_t i = 1; i < 4; i++)
		close(set[i]);
	rig_finish();
}

static bool tells(int set)
{
	struct epoll_event e;

	return epoll_wait(set, &e, 1, 0) == 1;
}

static void an_edge_is_told_for_each_change(void **state)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLET};
	int set, fd;

	(void)state;
	rig_begin(NULL);
	set = epoll_create1(EPOLL_CLOEXEC);
	assert_int_equal(iscard_context_event_fd(rig.context, &fd), S_OK);
	assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &e), 0);
	rig_plug(0);
	rig_watch();
	assert_true(tells(set));
	EXPECT(ARRIVED, 0);
	EXPECT_NOTHING();
	for (unsigned i = 0; i < 3; i++) {
		(void)tells(set);
		responder_move_card(rig.device[0], true);
		assert_true(tells(set));
		EXPECT(INSERTED, 0);
		EXPECT_NOTHING();
		(void)tells(set);
		responder_move_card(rig.device[0], false);
		assert_true(tells(set));
		EXPECT(REMOVED, 0);
		EXPECT_NOTHING();
	}
	(void)tells(set);
	rig_plug(1);
	assert_true(tells(set));
	close(set);
	rig_finish();
}

/* Another process may hold the descriptors of a watch that has ended for as long as it likes. */
static void a_source_that_was_closed_is_heard_no_more(void **state)
{
	int hold[2];
	char c;
	pid_t pid;

	(void)state;
	rig_begin(NULL);
	assert_int_equal(pipe(hold), 0);
	rig_watch();
	EXPECT_NOTHING();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(hold[1]);
		_exit(read(hold[0], &c, 1) != 0);
	}
	assert_int_equal(iscard_context_unwatch(rig.context, NULL), S_OK);
	rig_plug(0);
	usb_tree_uevent(&rig.tree, "usb");
	EXPECT_NOTHING();
	close(hold[0]);
	close(hold[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	rig_finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_that_is_held_is_tried_again_and_again_later),
		cmocka_unit_test(permission_that_comes_late_is_noticed_at_once),
		cmocka_unit_test(watching_for_readers_opens_none),
		cmocka_unit_test(one_reader_is_watched_by_name_or_by_address),
		cmocka_unit_test(a_product_is_watched_by_its_numbers),
		cmocka_unit_test(a_watch_that_ends_gives_the_reader_back),
		cmocka_unit_test(what_brings_news_rests_while_nobody_watches),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(nothing_runs_while_nothing_happens),
		cmocka_unit_test(nothing_runs_after_a_reader_has_left),
		cmocka_unit_test(a_reader_without_notifications_is_asked_once_a_second),
		cmocka_unit_test(a_reader_that_left_is_not_found_again_in_a_loop),
		cmocka_unit_test(news_that_an_application_takes_is_told_all_the_same),
		cmocka_unit_test(two_contexts_hear_the_same),
		cmocka_unit_test(a_peer_that_is_lost_is_connected_to_again),
		cmocka_unit_test(connections_are_counted),
		cmocka_unit_test(a_source_that_was_closed_is_heard_no_more),
		cmocka_unit_test(without_descriptors_it_is_tried_again),
		cmocka_unit_test(without_descriptors_it_is_not_tried_in_a_loop),
		cmocka_unit_test(what_comes_while_news_begin_is_not_missed),
		cmocka_unit_test(in_too_many_sets_it_is_seen_by_looking),
		cmocka_unit_test(an_edge_is_told_for_each_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
