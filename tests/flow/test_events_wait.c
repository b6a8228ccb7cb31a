/* SPDX-License-Identifier: MIT */
/* Waits for readers and cards: what ends them, from wherever. */
#define _GNU_SOURCE /* pthread_kill() under -std=c17 */
#include "events_rig.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT   SCARD_E_TIMEOUT
#define CANCELLED SCARD_E_CANCELLED

static struct iscard_reader_state asked;

static HRESULT wait_for(int64_t ms)
{
	return iscard_context_wait(rig.context, &asked, 1, ms);
}

/* What was seen is known from now on. */
static HRESULT know(int64_t ms)
{
	HRESULT hr = wait_for(ms);

	asked.seen = asked.now.changes;
	return hr;
}

static void begin(void)
{
	rig_begin(NULL);
	rig_plug(0);
	rig_watch();
	asked = (struct iscard_reader_state){.reader = rig_name(0)};
}

static void a_difference_ends_it_before_it_begins(void **state)
{
	(void)state;
	begin();
	assert_int_equal(know(0), S_OK); /* nothing was known */
	assert_int_equal(asked.now.result, S_OK);
	assert_int_equal(asked.now.state, ISCARD_ABSENT);
	assert_int_equal(know(0), TIMEOUT);
	responder_move_card(rig.device[0], true); /* between two waits */
	responder_move_card(rig.device[0], false);
	responder_move_card(rig.device[0], true);
	assert_int_equal(know(ISCARD_INFINITE), S_OK);
	assert_int_equal(asked.now.state, ISCARD_SWALLOWED);
	assert_int_equal(asked.now.insertions, 1);
	assert_int_equal(know(0), TIMEOUT);
	rig_unplug(0);
	assert_int_equal(know(ISCARD_INFINITE), S_OK);
	assert_int_equal(asked.now.result, SCARD_E_UNKNOWN_READER);
	assert_int_equal(asked.now.insertions, 1);
	rig_plug(0);
	rig_settle();
	assert_int_equal(know(ISCARD_INFINITE), S_OK);
	assert_int_equal(asked.now.arrivals, 2);
	rig_finish();
}

static void waiting_tells_no_events_and_takes_none(void **state)
{
	(void)state;
	begin();
	EXPECT(ARRIVED, 0);
	responder_move_card(rig.device[0], true);
	assert_int_equal(know(0), S_OK);
	assert_int_equal(know(0), TIMEOUT);
	assert_true(rig_readable());
	EXPECT(INSERTED, 0);
	EXPECT_NOTHING();
	assert_int_equal(know(0), TIMEOUT);
	rig_finish();
}

static void a_reader_is_open_only_as_long_as_the_wait(void **state)
{
	(void)state;
	rig_begin(NULL);
	rig_plug(0);
	asked = (struct iscard_reader_state){.reader = rig_name(0)};
	assert_int_equal(know(0), S_OK);
	assert_int_equal(asked.now.result, S_OK);
	assert_int_equal(rig.opens, 1);
	assert_int_equal(rig.device[0]->open, 0);
	assert_int_equal(know(0), TIMEOUT); /* giving back and opening is no change */
	rig.device[0]->card = true;         /* while nobody looks */
	assert_int_equal(know(0), S_OK);
	assert_int_equal(asked.now.insertions, 1);
	rig_finish();
}

static void a_reader_that_is_not_there_can_be_waited_for(void **state)
{
	struct iscard_reader_state two[2] = {{.reader = "no such reader"}, {.reader = "usb:1-2"}};

	(void)state;
	rig_begin(NULL);
	rig_watch();
	assert_int_equal(iscard_context_wait(rig.context, two, 2, 0), S_OK);
	assert_int_equal(two[0].now.result, SCARD_E_UNKNOWN_READER);
	two[0].seen = two[0].now.changes;
	two[1].seen = two[1].now.changes;
	assert_int_equal(iscard_context_wait(rig.context, two, 2, 0), TIMEOUT);
	rig_plug(1);
	rig_settle();
	assert_int_equal(iscard_context_wait(rig.context, two, 2, 0), S_OK);
	assert_int_equal(two[0].now.changes, two[0].seen);
	assert_int_equal(two[1].now.result, S_OK);
	rig_finish();
}

static void the_list_can_be_waited_for(void **state)
{
	(void)state;
	rig_begin(NULL);
	asked = (struct iscard_reader_state){.reader = NULL};
	assert_int_equal(know(0), S_OK);
	assert_int_equal(know(0), TIMEOUT);
	rig_plug(0);
	assert_int_equal(know(0), S_OK); /* nothing told meanwhile, so there was a look */
	assert_int_equal(know(0), TIMEOUT);
	rig_unplug(0);
	assert_int_equal(know(0), S_OK);
	assert_int_equal(rig.opens, 0);
	rig_finish();
}

static void bad_arguments_are_refused(void **state)
{
	(void)state;
	begin();
	assert_int_equal(iscard_context_wait(rig.context, NULL, 1, 0), E_POINTER);
	assert_int_equal(iscard_context_wait(rig.context, NULL, 0, 0), TIMEOUT);
	assert_int_equal(wait_for(-2), E_INVALIDARG);
	assert_int_equal(know(INT64_MAX), S_OK);
	rig_finish();
}

static void a_cancel_before_the_wait_is_not_lost(void **state)
{
	(void)state;
	begin();
	assert_int_equal(know(0), S_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(iscard_context_cancel(rig.context), S_OK);
		assert_int_equal(iscard_context_cancel(rig.context), S_OK);
		assert_int_equal(know(0), TIMEOUT); /* it does not wait */
		assert_int_equal(know(ISCARD_INFINITE), CANCELLED);
		assert_int_equal(know(0), TIMEOUT);
		responder_move_card(rig.device[0], i % 2 == 0);
		assert_int_equal(know(ISCARD_INFINITE), S_OK);
	}
	rig.context->env.now_ms = NULL;
	assert_int_equal(know(2), TIMEOUT); /* each of them cancelled once */
	rig_finish();
}

static void a_cancel_before_everything_is_not_lost_either(void **state)
{
	(void)state;
	rig_begin(NULL);
	asked = (struct iscard_reader_state){.reader = "none", .seen = 1};
	assert_int_equal(iscard_context_cancel(rig.context), S_OK);
	assert_int_equal(know(ISCARD_INFINITE), CANCELLED);
	assert_int_equal(iscard_context_cancel(NULL), S_OK); /* the default one: another */
	assert_int_equal(know(0), TIMEOUT);
	rig_finish();
}

struct thread {
	pthread_t id;
	struct iscard_reader_state state;
	HRESULT hr;
};

static void *wait_in_thread(void *arg)
{
	struct thread *t = arg;

	t->hr = iscard_context_wait(rig.context, &t->state, 1, ISCARD_INFINITE);
	return NULL;
}

static unsigned waiting(void)
{
	struct ccid_watch *w = atomic_load(&rig.context->watch);
	unsigned n = 0;

	pthread_mutex_lock(&w->lock);
	for (const struct ccid_waiter *p = w->waiters; p != NULL; p = p->next)
		n++;
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* n threads that wait; they know what is. */
static void start(struct thread *t, unsigned n)
{
	assert_int_equal(know(0), S_OK);
	for (unsigned i = 0; i < n; i++) {
		t[i] = (struct thread){.state = asked};
		assert_int_equal(pthread_create(&t[i].id, NULL, wait_in_thread, &t[i]), 0);
	}
	while (waiting() < n)
		sched_yield();
}

static void ended_with(struct thread *t, unsigned n, HRESULT hr)
{
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(pthread_join(t[i].id, NULL), 0);
		assert_int_equal(t[i].hr, hr);
	}
}

static void a_cancel_ends_all_waits_under_way(void **state)
{
	struct thread t[4];

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		begin();
		start(t, 4);
		assert_int_equal(iscard_context_cancel(rig.context), S_OK);
		ended_with(t, 4, CANCELLED);
		assert_int_equal(know(0), TIMEOUT);
		rig_finish();
	}
}

static void a_card_ends_all_waits_for_it(void **state)
{
	struct thread t[4];

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		begin();
		start(t, 4);
		responder_move_card(rig.device[0], true);
		ended_with(t, 4, S_OK);
		for (unsigned i = 0; i < 4; i++)
			assert_int_equal(t[i].state.now.insertions, 1);
		EXPECT(ARRIVED, 0);
		EXPECT(INSERTED, 0);
		rig_finish();
	}
}

/* The event loop takes the news off the descriptors; the one who waits must hear of it. */
static void whoever_takes_the_news_wakes_the_others(void **state)
{
	struct thread t;

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		begin();
		start(&t, 1);
		responder_move_card(rig.device[0], true);
		while (iscard_context_next_event(rig.context, &rig.event) == S_OK)
			;
		ended_with(&t, 1, S_OK);
		rig_finish();
	}
}

static void *list_in_thread(void *arg)
{
	struct iscard_reader_list *list;

	for (unsigned i = 0; i < 100; i++)
		if (SUCCEEDED(iscard_context_list(arg, &list)))
			iscard_reader_list_free(list);
	return NULL;
}

/* Both look for readers, and both ask a peer who it is. */
static void lists_and_waits_run_side_by_side(void **state)
{
	static const struct fake_reader plain = {.features = FAKE_SHORT};
	pthread_t lister;
	struct thread t;

	(void)state;
	rig_begin("usb: test:reader");
	rig_make(0, &plain);
	rig_watch();
	asked = (struct iscard_reader_state){.reader = rig_name(0)};
	start(&t, 1);
	assert_int_equal(pthread_create(&lister, NULL, list_in_thread, rig.context), 0);
	for (unsigned i = 0; i < 100; i++)
		iscard_context_next_event(rig.context, &rig.event);
	assert_int_equal(pthread_join(lister, NULL), 0);
	responder_move_card(rig.device[0], true);
	ended_with(&t, 1, S_OK);
	rig_finish();
}

static void on_signal(int number)
{
	(void)number;
	iscard_context_cancel(rig.context);
}

static void a_signal_handler_may_cancel(void **state)
{
	struct sigaction act = {.sa_handler = on_signal};
	struct thread t;

	(void)state;
	sigaction(SIGUSR1, &act, NULL);
	for (unsigned round = 0; round < 20; round++) {
		begin();
		start(&t, 1);
		pthread_kill(t.id, SIGUSR1); /* at whatever it is doing */
		ended_with(&t, 1, CANCELLED);
		rig_finish();
	}
	begin();
	assert_int_equal(know(0), S_OK);
	raise(SIGUSR1); /* right before */
	assert_int_equal(know(ISCARD_INFINITE), CANCELLED);
	rig_finish();
}

static void time_ends_it(void **state)
{
	int64_t before;

	(void)state;
	begin();
	rig.context->env.now_ms = NULL; /* real */
	before = ccid_env_now(&rig.context->env);
	assert_int_equal(know(0), S_OK);
	assert_int_equal(know(5), TIMEOUT);
	assert_true(ccid_env_now(&rig.context->env) >= before + 5);
	rig_finish();
}

static int child(void)
{
	struct iscard_event event;
	const char *source;
	int fd;

	if (iscard_context_watch(rig.context, NULL, 0) != SCARD_E_SERVICE_STOPPED ||
	    iscard_context_unwatch(rig.context, NULL) != SCARD_E_SERVICE_STOPPED)
		return 1;
	if (iscard_context_event_fd(rig.context, &fd) != SCARD_E_SERVICE_STOPPED || fd != -1)
		return 2;
	if (iscard_context_next_event(rig.context, &event) != SCARD_E_SERVICE_STOPPED)
		return 3;
	if (wait_for(ISCARD_INFINITE) != SCARD_E_SERVICE_STOPPED)
		return 4;
	if (iscard_context_cancel(rig.context) != SCARD_E_SERVICE_STOPPED)
		return 5;
	if (iscard_context_hotplug(rig.context, &source) != SCARD_E_SERVICE_STOPPED)
		return 6;
	iscard_context_unref(rig.context);
	return 0;
}

static HRESULT result_of_the_peer(void)
{
	struct iscard_reader_list *list;
	HRESULT hr;

	assert_int_equal(iscard_context_list(rig.context, &list), S_OK);
	assert_int_equal(list->count, 1);
	hr = list->readers[0].result;
	iscard_reader_list_free(list);
	return hr;
}

/* A program that waits and then lists does not wait twice for who says nothing. */
static void a_silent_peer_is_waited_for_once(void **state)
{
	struct iscard_reader_state whole = {.reader = NULL};

	(void)state;
	rig_begin("test:reader");
	rig.open_error = CCID_E_TIMEOUT;
	rig.open_ms = 10000;
	(void)iscard_context_wait(rig.context, &whole, 1, 0);
	assert_int_equal(rig.opens, 1);
	assert_int_equal(result_of_the_peer(), SCARD_E_TIMEOUT);
	assert_int_equal(rig.opens, 1);
	rig.open_error = 0;
	rig_make(0, &(struct fake_reader){.features = FAKE_SHORT});
	fake_clock_advance(&rig.clock, 1000);
	assert_int_equal(result_of_the_peer(), S_OK);
	assert_int_equal(rig.opens, 2);
	rig_finish();
}

/* One that says at once that it cannot may say otherwise at once. */
static void a_peer_that_refuses_is_asked_again(void **state)
{
	(void)state;
	rig_begin("test:reader");
	assert_int_equal(result_of_the_peer(), SCARD_E_UNKNOWN_READER);
	rig_make(0, &(struct fake_reader){.features = FAKE_SHORT});
	assert_int_equal(result_of_the_peer(), S_OK);
	rig_finish();
}

static void the_child_of_a_fork_is_refused_and_changes_nothing(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	begin();
	EXPECT(ARRIVED, 0);
	assert_int_equal(know(0), S_OK);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(20);
		_exit(child());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(know(0), TIMEOUT);
	responder_move_card(rig.device[0], true); /* our set of descriptors is whole */
	assert_true(rig_readable());
	EXPECT(INSERTED, 0);
	rig_plug(1);
	assert_true(rig_readable());
	rig_settle();
	EXPECT(ARRIVED, 1);
	rig_finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_difference_ends_it_before_it_begins),
		cmocka_unit_test(waiting_tells_no_events_and_takes_none),
		cmocka_unit_test(a_reader_is_open_only_as_long_as_the_wait),
		cmocka_unit_test(a_reader_that_is_not_there_can_be_waited_for),
		cmocka_unit_test(the_list_can_be_waited_for),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(a_cancel_before_the_wait_is_not_lost),
		cmocka_unit_test(a_cancel_before_everything_is_not_lost_either),
		cmocka_unit_test(a_cancel_ends_all_waits_under_way),
		cmocka_unit_test(a_card_ends_all_waits_for_it),
		cmocka_unit_test(whoever_takes_the_news_wakes_the_others),
		cmocka_unit_test(lists_and_waits_run_side_by_side),
		cmocka_unit_test(a_signal_handler_may_cancel),
		cmocka_unit_test(time_ends_it),
		cmocka_unit_test(a_silent_peer_is_waited_for_once),
		cmocka_unit_test(a_peer_that_refuses_is_asked_again),
		cmocka_unit_test(the_child_of_a_fork_is_refused_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
