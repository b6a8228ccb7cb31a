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
		cmocka_unit_test(a_sensor_is_asked_while_somebody_watches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
