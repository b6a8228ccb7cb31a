/* SPDX-License-Identifier: MIT */
/* What a watch tells of a motor reader: commands and their ends, each once. */
#include "kiosk_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct iscard_event last;

/* Time passes; the names of all events, with blanks between. */
static const char *news(void)
{
	static char text[400];

	text[0] = '\0';
	for (unsigned i = 0; i < 3; i++) {
		fake_clock_advance(&kiosk.stream.clock, 1000);
		while (iscard_context_next_event(kiosk.context, &last) == S_OK) {
			size_t n = strlen(text);

			snprintf(text + n, sizeof text - n, "%s%s", n > 0 ? " " : "",
			         iscard_event_name(last.type));
		}
	}
	return text;
}

static void watch(void)
{
	assert_hr(iscard_context_watch(kiosk.context, NULL, ISCARD_WATCH_CARDS), S_OK);
}

static void start(unsigned flags)
{
	struct emu_config cfg = kiosk_config();

	cfg.flags = flags;
	kiosk_start(&cfg);
	watch();
	assert_string_equal(news(), "reader-arrived card-inserted");
	assert_int_equal(last.now.place, ISCARD_PLACE_SWALLOWED);
}

static HRESULT move(iscard_motion motion)
{
	return iscard_card_move(kiosk.context, KIOSK, motion, NULL, NULL);
}

static void commanded_and_taken_are_two_events(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	start(EMU_MOUTH_IS_PRESENT);
	assert_hr(move(ISCARD_MOTION_EJECT), S_OK);
	assert_string_equal(news(), "card-ejecting");
	assert_int_equal(last.now.place, ISCARD_PLACE_EJECTING);
	assert_int_equal(last.now.state, ISCARD_PRESENT);
	assert_string_equal(news(), "");
	assert_true(emu_take(kiosk_device(), 0, kiosk_now()));
	assert_string_equal(news(), "card-removed card-taken");
	assert_int_equal(last.now.place, ISCARD_PLACE_TAKEN);
	assert_int_equal(last.now.ejected, 1);
	assert_int_equal(last.now.taken, 1);
	assert_true(emu_insert(kiosk_device(), 0, &cfg.card[0], kiosk_now()));
	assert_string_equal(news(), "card-inserted");
	kiosk_end();
}

static void what_nobody_saw_is_not_told(void **state)
{
	(void)state;
	start(0);
	assert_hr(move(ISCARD_MOTION_EJECT), S_OK);
	assert_string_equal(news(), "card-ejecting card-removed");
	assert_true(emu_take(kiosk_device(), 0, kiosk_now()));
	assert_string_equal(news(), "");
	kiosk_end();
}

static void a_capture_is_told_behind_the_removal(void **state)
{
	(void)state;
	start(EMU_MOUTH_IS_PRESENT);
	assert_hr(move(ISCARD_MOTION_CAPTURE), S_OK);
	assert_string_equal(news(), "card-removed card-captured");
	kiosk_end();
}

static void jams_and_locks_are_told(void **state)
{
	(void)state;
	start(EMU_MOUTH_IS_PRESENT);
	assert_hr(move(ISCARD_MOTION_LOCK), S_OK);
	assert_string_equal(news(), "card-locked");
	assert_true(last.now.locked);
	assert_hr(move(ISCARD_MOTION_UNLOCK), S_OK);
	assert_string_equal(news(), "card-unlocked");
	emu_jam(kiosk_device(), 0, true);
	assert_hr(move(ISCARD_MOTION_EJECT), SCARD_E_CANT_DISPOSE);
	assert_string_equal(news(), "card-jammed");
	assert_int_equal(last.now.place, ISCARD_PLACE_JAMMED);
	assert_hr(move(ISCARD_MOTION_EJECT), SCARD_E_CANT_DISPOSE);
	assert_string_equal(news(), "card-jammed");
	kiosk_end();
}

static void a_wait_ends_when_something_moves(void **state)
{
	struct iscard_reader_state s = {.reader = "Kiosk Motor 00 00"};

	(void)state;
	start(EMU_MOUTH_IS_PRESENT);
	assert_hr(iscard_context_wait(kiosk.context, &s, 1, 0), S_OK);
	s.seen = s.now.changes;
	assert_hr(iscard_context_wait(kiosk.context, &s, 1, 0), SCARD_E_TIMEOUT);
	assert_hr(move(ISCARD_MOTION_LOCK), S_OK);
	assert_hr(iscard_context_wait(kiosk.context, &s, 1, 0), S_OK);
	assert_int_equal(s.now.place, ISCARD_PLACE_LOCKED);
	kiosk_end();
}

static void what_a_policy_moved_is_news(void **state)
{
	const struct iscard_card_policy policy = {.size = sizeof policy,
	                                          .at_start = ISCARD_FATE_EJECT};
	struct emu_config cfg = kiosk_config();

	(void)state;
	memset(&kiosk, 0, sizeof kiosk);
	emu_stream_init(&kiosk.stream, &cfg);
	kiosk_restart(&(struct iscard_options){.size = 0});
	assert_hr(iscard_context_set_policy(kiosk.context, "*", &policy), S_OK);
	watch();
	assert_string_equal(news(), "reader-arrived card-ejecting card-inserted");
	assert_int_equal(last.now.place, ISCARD_PLACE_EJECTING);
	assert_true(emu_take(kiosk_device(), 0, kiosk_now()));
	assert_string_equal(news(), "card-removed card-taken");
	kiosk_end();
}

/* A back end whose motor takes its time, in which the program goes on with its watch. */
static struct {
	unsigned moved;
	bool give_up;
} slow;

static HRESULT move_slowly(void *arg, const struct iscard_job *job)
{
	struct iscard_event e;

	(void)arg, (void)job;
	slow.moved++;
	for (int i = 0; i < 3; i++)
		assert_hr(iscard_context_next_event(kiosk.context, &e), S_FALSE);
	assert_hr(iscard_context_watch(kiosk.context, "Another 00 00", ISCARD_WATCH_CARDS), S_OK);
	assert_hr(iscard_context_unwatch(kiosk.context, "Another 00 00"), S_OK);
	if (slow.give_up)
		assert_hr(iscard_context_unwatch(kiosk.context, NULL), S_OK);
	return S_OK;
}

static void watch_with_a_slow_policy(bool give_up)
{
	static const struct iscard_mechanics m = {
		.size = sizeof m, .name = "m", .eject = move_slowly};
	static const struct iscard_card_policy policy = {.size = sizeof policy,
	                                                 .at_start = ISCARD_FATE_EJECT};
	struct emu_config cfg = kiosk_config();

	slow.moved = 0;
	slow.give_up = give_up;
	memset(&kiosk, 0, sizeof kiosk);
	emu_stream_init(&kiosk.stream, &cfg);
	kiosk_restart(&(struct iscard_options){.size = 0});
	assert_hr(iscard_context_set_policy(kiosk.context, "*", &policy), S_OK);
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", &m), S_OK);
	watch();
}

static void a_policy_s_motor_holds_up_no_watch(void **state)
{
	(void)state;
	watch_with_a_slow_policy(false);
	assert_string_equal(news(), "reader-arrived card-ejecting card-inserted");
	assert_int_equal(slow.moved, 1);
	kiosk_end();
}

static void who_loses_interest_meanwhile_gets_no_reader(void **state)
{
	struct iscard_event e;

	(void)state;
	watch_with_a_slow_policy(true);
	assert_int_equal(slow.moved, 1);
	assert_hr(iscard_context_next_event(kiosk.context, &e), S_FALSE);
	assert_int_equal(kiosk.opens, 1);
	assert_null(kiosk.stream.redir);
	kiosk_end();
}

/* Three that never answer: a program with a watchdog gets to feed it between them. */
static int never_answer(void *arg, struct ccid_transport **out, const char *address,
                        const struct ccid_env *env, int64_t deadline)
{
	struct fake_clock *clock = arg;

	(void)out, (void)address;
	fake_clock_advance(clock, deadline - ccid_env_now(env));
	return CCID_E_TIMEOUT;
}

static int64_t clock_now(void *arg)
{
	return ((struct fake_clock *)arg)->now;
}

static void readers_that_are_stuck_are_tried_one_by_one(void **state)
{
	struct fake_clock clock = {.now = 1000};
	const struct ccid_scheme stuck = {"stuck:", never_answer, &clock};
	const struct iscard_options o = {.size = sizeof o,
	                                 .readers = "stuck:1 stuck:2 stuck:3",
	                                 .log_level = ISCARD_LOG_NONE,
	                                 .now_ms = clock_now,
	                                 .now_arg = &clock};
	struct iscard_event e;
	iscard_context *c;
	int64_t began = clock.now;

	(void)state;
	assert_hr(ccid_context_create(&o, &stuck, &c), S_OK);
	for (int i = 0; i < 9; i++) {
		int64_t before = clock.now;

		assert_hr(i == 0 ? iscard_context_watch(c, NULL, ISCARD_WATCH_CARDS)
		                 : iscard_context_next_event(c, &e),
		          i == 0 ? S_OK : S_FALSE);
		assert_in_range(clock.now - before, 0, 10000 + 2000 + 1);
	}
	assert_true(clock.now - began >= 30000); /* each had its turn */
	iscard_context_unref(c);
}

static iscard_place said;

static iscard_place position(void *arg, const char *reader)
{
	(void)arg, (void)reader;
	return said;
}

static HRESULT accept_all(void *arg, const struct iscard_job *job)
{
	(void)arg, (void)job;
	return S_OK;
}

static void a_sensor_is_asked_while_somebody_watches(void **state)
{
	const struct iscard_mechanics m = {
		.size = sizeof m, .name = "m", .eject = accept_all, .position = position};
	struct emu_config cfg = kiosk_config();

	(void)state;
	said = ISCARD_PLACE_SWALLOWED;
	cfg.flags = 0;
	memset(&kiosk, 0, sizeof kiosk);
	emu_stream_init(&kiosk.stream, &cfg);
	kiosk_restart(&(struct iscard_options){.size = 0});
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", &m), S_OK);
	watch();
	assert_string_equal(news(), "reader-arrived card-inserted");
	assert_hr(move(ISCARD_MOTION_EJECT), S_OK);
	said = ISCARD_PLACE_INSERTED;
	assert_true(emu_remove(kiosk_device(), 0, kiosk_now()));
	assert_string_equal(news(), "card-ejecting card-removed");
	said = ISCARD_PLACE_ABSENT;
	assert_string_equal(news(), "card-taken");
	kiosk_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commanded_and_taken_are_two_events),
		cmocka_unit_test(what_nobody_saw_is_not_told),
		cmocka_unit_test(a_capture_is_told_behind_the_removal),
		cmocka_unit_test(jams_and_locks_are_told),
		cmocka_unit_test(a_wait_ends_when_something_moves),
		cmocka_unit_test(what_a_policy_moved_is_news),
		cmocka_unit_test(a_policy_s_motor_holds_up_no_watch),
		cmocka_unit_test(who_loses_interest_meanwhile_gets_no_reader),
		cmocka_unit_test(readers_that_are_stuck_are_tried_one_by_one),
		cmocka_unit_test(a_sensor_is_asked_while_somebody_watches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
