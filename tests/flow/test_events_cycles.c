/* SPDX-License-Identifier: MIT */
/* Readers that are plugged in and pulled out for ever, and memory that is short. Argument: how often,
 * 1000 by default. */
#include "alloc_count.h"
#include "events_rig.h"

#include <stdlib.h>

static unsigned cycles = 1000;

static void thousands_of_cycles_leave_nothing_behind(void **state)
{
	struct ccid_watch *w;
	unsigned seats = 0;
	int live = 0;

	(void)state;
	alloc_count_start(ALLOC_FAIL_NEVER);
	rig_begin(NULL);
	rig_watch();
	w = atomic_load(&rig.context->watch);
	for (unsigned i = 1; i <= cycles; i++) {
		rig_plug(i % RIG_READERS);
		rig_settle();
		EXPECT(ARRIVED, (i % RIG_READERS + RIG_READERS - 1) % RIG_READERS);
		rig_unplug(i % RIG_READERS);
		EXPECT(LEFT, (i % RIG_READERS + RIG_READERS - 1) % RIG_READERS);
		rig_settle();
		if (i == RIG_READERS) {
			rig.descriptors -= rig_count_entries("/proc/self/fd");
			live = alloc_count_now().live;
		}
	}
	EXPECT_NOTHING();
	assert_int_equal(alloc_count_now().live, live);
	rig.descriptors += rig_count_entries("/proc/self/fd");
	for (const struct ccid_seat *s = w->seats; s != NULL; s = s->next)
		seats++;
	assert_int_equal(seats, RIG_READERS);
	assert_int_equal(rig.opens, cycles);
	rig_finish();
}

static void watch_and_wait(struct iscard_reader_state *asked)
{
	struct iscard_event event;

	(void)iscard_context_watch(rig.context, NULL, ISCARD_WATCH_CARDS);
	(void)iscard_context_watch(rig.context, "usb:1-1", ISCARD_WATCH_READERS);
	(void)iscard_context_wait(rig.context, asked, 1, 0);
	for (unsigned i = 0; i < 8; i++)
		(void)iscard_context_next_event(rig.context, &event);
	(void)iscard_context_unwatch(rig.context, "usb:1-1");
}

/* Whatever failed: once there is memory again the truth is told. */
static void every_allocation_may_fail_once(void **state)
{
	struct iscard_reader_state asked = {.reader = rig_name(0)};
	unsigned calls = 0;

	(void)state;
	for (unsigned n = 0; n <= calls; n++) {
		rig_begin(NULL);
		rig_plug(0);
		responder_move_card(rig.device[0], true);
		alloc_count_start(n);
		watch_and_wait(&asked);
		calls = alloc_count_now().calls;
		alloc_count_stop_failing();
		rig_watch();
		rig_pass(CCID_WATCH_BACKOFF_MAX);
		asked.seen = 0;
		assert_int_equal(iscard_context_wait(rig.context, &asked, 1, 0), S_OK);
		assert_int_equal(asked.now.result, S_OK);
		assert_int_equal(asked.now.state, ISCARD_SWALLOWED);
		assert_int_equal(asked.now.insertions, 1);
		rig_finish();
		assert_in_range(calls, 1, 1000);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_of_cycles_leave_nothing_behind),
		cmocka_unit_test(every_allocation_may_fail_once),
	};

	if (argc > 1)
		cycles = (unsigned)atoi(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
