/* SPDX-License-Identifier: MIT */
/* Mechanics that an integrator writes: here a motor on a line of its own, with a sensor. */
#include "kiosk_rig.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct {
	unsigned calls[6]; /* by motion */
	HRESULT result;    /* of the next motion */
	iscard_place position;
	uint32_t abilities;
	bool powered; /* while it moved */
	bool cancelled;
	bool stubborn; /* does not hear of it */
	HRESULT escaped;
	uint8_t reply[16];
	size_t reply_len;
	int64_t left;
	int64_t works_ms;
	ISCard *cancels;
	char reader[64];
} motor;

static HRESULT work(void *arg, const struct iscard_job *job)
{
	static const uint8_t vendor[] = {0xE0, 0x01};
	struct pollfd p = {.fd = job->cancel_fd, .events = POLLIN};

	assert_ptr_equal(arg, &motor);
	motor.calls[job->motion]++;
	motor.powered = emu_slot(kiosk_device(), 0).active;
	motor.left = iscard_job_left(job);
	motor.reply_len = sizeof motor.reply;
	motor.escaped =
		iscard_job_escape(job, vendor, sizeof vendor, motor.reply, &motor.reply_len);
	strncpy(motor.reader, job->reader, sizeof motor.reader - 1);
	if (motor.cancels != NULL)
		assert_hr(iscard_cancel(motor.cancels), S_OK);
	fake_clock_advance(&kiosk.stream.clock, motor.works_ms);
	motor.cancelled = poll(&p, 1, 0) > 0;
	if (SUCCEEDED(motor.result) && job->motion == ISCARD_MOTION_EJECT)
		motor.position = ISCARD_PLACE_INSERTED;
	return motor.cancelled && !motor.stubborn ? SCARD_E_CANCELLED : motor.result;
}

static iscard_place position(void *arg, const char *reader)
{
	assert_ptr_equal(arg, &motor);
	assert_string_equal(reader, "Kiosk Motor 00 00");
	return motor.position;
}

static uint32_t abilities(void *arg, const char *reader)
{
	(void)arg, (void)reader;
	return motor.abilities;
}

static const struct iscard_mechanics whole = {.size = sizeof whole,
                                              .name = "serial motor",
                                              .arg = &motor,
                                              .accept = work,
                                              .eject = work,
                                              .capture = work,
                                              .lock = work,
                                              .unlock = work,
                                              .position = position};

/* A reader that itself can do nothing, and is blind behind its contacts. */
static void start(const struct iscard_mechanics *m)
{
	struct emu_config cfg = kiosk_config();

	emu_config_mechanical(&cfg, 0);
	cfg.flags = 0;
	memset(&motor, 0, sizeof motor);
	motor.position = ISCARD_PLACE_SWALLOWED;
	kiosk_start(&cfg);
	assert_hr(iscard_context_set_mechanics(kiosk.context, "kiosk motor*", m), S_OK);
}

static void it_is_named_as_the_source(void **state)
{
	struct iscard_mechanics some = whole;

	(void)state;
	start(&whole);
	assert_int_equal(kiosk_status().abilities, 0x0F);
	assert_string_equal(kiosk_status().source, "external: serial motor");
	some.capture = NULL;
	some.unlock = NULL; /* a lock that cannot be undone is none */
	assert_hr(iscard_context_set_mechanics(kiosk.context, "Kiosk*", &some), S_OK);
	assert_int_equal(kiosk_status().abilities, 0x03);
	some.abilities = abilities;
	motor.abilities = 0x0E;
	assert_hr(iscard_context_set_mechanics(kiosk.context, "Kiosk*", &some), S_OK);
	assert_int_equal(kiosk_status().abilities, 0x02);
	assert_hr(kiosk_move(ISCARD_MOTION_CAPTURE, 0, 1000), SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(iscard_context_set_mechanics(kiosk.context, "Kiosk*", NULL), S_OK);
	assert_int_equal(kiosk_status().abilities, 0x0F);
	assert_hr(iscard_context_set_mechanics(kiosk.context, "kiosk motor*", NULL), S_OK);
	assert_string_equal(kiosk_status().source, "none");
	kiosk_end();
}

static void take_from_mouth(void *ctx)
{
	(void)ctx;
	assert_true(emu_remove(kiosk_device(), 0, kiosk_now()));
	motor.position = ISCARD_PLACE_ABSENT;
}

static void the_sensor_tells_when_a_card_is_taken(void **state)
{
	ISCard *card;

	(void)state;
	start(&whole);
	card = kiosk_attached(SHARED);
	kiosk.stream.hook = take_from_mouth;
	kiosk.stream.hook_at = kiosk_now() + 6000;
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 20000), S_OK);
	assert_int_equal(motor.calls[ISCARD_MOTION_EJECT], 1);
	assert_false(motor.powered);
	assert_string_equal(motor.reader, "Kiosk Motor 00 00");
	assert_in_range(motor.left, 30000, 35000);
	assert_in_range(kiosk_report.finished_after_ms, 6000, 6500);
	assert_place("taken");
	assert_int_equal(kiosk_commands(), 0);
	assert_hr(kiosk_challenge(card), SCARD_W_REMOVED_CARD);
	ISCard_Release(card);
	kiosk_end();
}

static void contacts_that_opened_are_no_proof_where_a_sensor_is(void **state)
{
	SCARD_STATES status;
	ISCard *card;

	(void)state;
	start(&whole);
	card = kiosk_attached(SHARED);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 1000), SCARD_E_TIMEOUT);
	assert_true(emu_remove(kiosk_device(), 0, kiosk_now())); /* out of the contacts */
	assert_hr(ISCard_get_Status(card, &status), S_OK);
	assert_int_equal(status, PRESENT);
	assert_place("ejecting");
	motor.position = ISCARD_PLACE_ABSENT;
	assert_place("taken");
	assert_hr(ISCard_get_Status(card, &status), S_OK);
	assert_int_equal(status, ABSENT);
	motor.position = ISCARD_PLACE_INSERTED;
	assert_place("inserted");
	assert_hr(ISCard_get_Status(card, &status), S_OK);
	assert_int_equal(status, PRESENT);
	ISCard_Release(card);
	kiosk_end();
}

static HRESULT accept_only(void *arg, const struct iscard_job *job)
{
	(void)arg, (void)job;
	return S_OK;
}

static void leave_the_contacts(void *ctx)
{
	(void)ctx;
	assert_true(emu_remove(kiosk_device(), 0, kiosk_now()));
}

/* Having a sensor is one thing, its word another. */
static void contacts_that_opened_are_no_proof_where_a_sensor_is_silent(void **state)
{
	struct iscard_mechanics m = whole;

	(void)state;
	start(&whole);
	m.eject = accept_only;
	motor.position = ISCARD_PLACE_UNKNOWN;
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", &m), S_OK);
	kiosk.stream.hook = leave_the_contacts;
	kiosk.stream.hook_at = kiosk_now() + 6000;
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 20000), S_FALSE);
	assert_int_equal(kiosk_report.after, ISCARD_PLACE_ABSENT);
	kiosk_end();
}

/* Nor is a card that is back at once: it may be the one that stood in the mouth. */
static void a_card_that_is_pushed_back_was_not_taken(void **state)
{
	ISCard *card;

	(void)state;
	start(&whole);
	card = kiosk_attached(SHARED);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 1000), SCARD_E_TIMEOUT);
	leave_the_contacts(NULL);
	assert_true(emu_insert(kiosk_device(), 0, &kiosk.stream.cfg.card[0], kiosk_now()));
	motor.position = ISCARD_PLACE_SWALLOWED;
	assert_place("swallowed");
	assert_int_equal(kiosk_status().taken, 0);
	ISCard_Release(card);
	kiosk_end();
}

static void dispositions_use_it(void **state)
{
	ISCard *card;

	(void)state;
	start(&whole);
	card = kiosk_attached(SHARED);
	assert_hr(ISCard_Detach(card, EJECT), S_OK);
	assert_int_equal(iscard_last_disposition(card), ISCARD_DISPOSITION_COMMANDED);
	assert_int_equal(motor.calls[ISCARD_MOTION_EJECT], 1);
	assert_false(emu_slot(kiosk_device(), 0).active);
	assert_hr(iscard_attach(card, KIOSK, SHARED, (SCARD_PROTOCOLS)(T0 | T1)), S_OK);
	motor.result = SCARD_E_CANT_DISPOSE;
	motor.position = ISCARD_PLACE_SWALLOWED;
	assert_hr(ISCard_ReAttach(card, SHARED, EJECT), SCARD_E_CANT_DISPOSE);
	assert_hr(kiosk_challenge(card), SCARD_W_RESET_CARD);
	assert_place("jammed");
	ISCard_Release(card);
	kiosk_end();
}

static void what_it_answers_is_what_is_told(void **state)
{
	static const struct {
		HRESULT from, to;
		const char *place;
	} row[] = {
		{SCARD_E_CANT_DISPOSE, SCARD_E_CANT_DISPOSE, "jammed"},
		{SCARD_E_TIMEOUT, SCARD_E_TIMEOUT, "unknown"},
		{SCARD_E_CANCELLED, SCARD_E_CANCELLED, "unknown"},
		{SCARD_E_NO_SMARTCARD, SCARD_E_NO_SMARTCARD, "swallowed"},
		{E_FAIL, SCARD_E_CANT_DISPOSE, "swallowed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		start(&whole);
		motor.position = ISCARD_PLACE_UNKNOWN;
		motor.result = row[i].from;
		assert_hr(kiosk_move(ISCARD_MOTION_CAPTURE, 0, 1000), row[i].to);
		assert_place(row[i].place);
		kiosk_end();
	}
}

static void it_can_send_vendor_commands_and_hears_of_a_cancel(void **state)
{
	ISCard *card;

	(void)state;
	start(&whole);
	card = kiosk_attached(SHARED);
	assert_hr(iscard_attached_move(card, ISCARD_MOTION_LOCK, NULL, NULL), S_OK);
	assert_hr(motor.escaped, S_OK);
	assert_true(motor.powered); /* a lock is no motion */
	assert_false(motor.cancelled);
	motor.cancels = card;
	assert_hr(iscard_attached_move(card, ISCARD_MOTION_UNLOCK, NULL, NULL), SCARD_E_CANCELLED);
	assert_true(motor.cancelled);
	assert_hr(kiosk_challenge(card), S_OK);
	ISCard_Release(card);
	kiosk_end();
}

static void a_cancel_during_the_motion_ends_the_wait_for_its_end(void **state)
{
	const struct iscard_motion_options for_ever = {.size = sizeof for_ever,
	                                               .flags = ISCARD_MOTION_WAIT};
	struct iscard_motion_report report = {.size = sizeof report};
	ISCard *card;

	(void)state;
	start(&whole);
	card = kiosk_attached(SHARED);
	motor.cancels = card;
	motor.stubborn = true;
	kiosk.stream.hook = take_from_mouth; /* if nothing else ends it */
	kiosk.stream.hook_at = kiosk_now() + 60000;
	assert_hr(iscard_attached_move(card, ISCARD_MOTION_EJECT, &for_ever, &report),
	          SCARD_E_CANCELLED);
	assert_hr(report.commanded, S_OK);
	assert_hr(report.finished, SCARD_E_CANCELLED);
	assert_in_range(report.finished_after_ms, 0, 1000);
	assert_place("ejecting");
	ISCard_Release(card);
	kiosk_end();
}

static HRESULT throw_out(void *arg, const struct iscard_job *job)
{
	assert_hr(iscard_context_cancel(arg), S_OK);
	(void)job;
	take_from_mouth(NULL);
	return S_OK;
}

static void an_end_that_is_seen_is_told_beside_a_cancel(void **state)
{
	struct iscard_mechanics m = whole;

	(void)state;
	start(&whole);
	m.eject = throw_out;
	m.arg = kiosk.context;
	m.position = NULL;
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", &m), S_OK);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 0), S_FALSE);
	assert_place("absent");
	kiosk_end();
}

/* Contacts that opened do not make a jam a success. */
static HRESULT jam_behind_the_contacts(void *arg, const struct iscard_job *job)
{
	(void)arg;
	(void)job;
	take_from_mouth(NULL);
	return SCARD_E_CANT_DISPOSE;
}

static void a_jam_behind_the_contacts_is_no_success(void **state)
{
	struct iscard_mechanics m = whole;

	(void)state;
	start(&whole);
	m.eject = jam_behind_the_contacts;
	m.position = NULL;
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", &m), S_OK);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 1000), SCARD_E_CANT_DISPOSE);
	assert_int_equal(kiosk_status().jammed, 1);
	assert_int_equal(kiosk_status().taken, 0);
	m.eject = work;
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", &m), S_OK);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 1000), S_FALSE); /* another try is let */
	assert_int_equal(motor.calls[ISCARD_MOTION_EJECT], 1);
	kiosk_end();
}

static void who_uses_up_the_time_is_named(void **state)
{
	(void)state;
	start(&whole);
	motor.works_ms = 60000;
	assert_hr(kiosk_move(ISCARD_MOTION_LOCK, 2000, 0), S_OK);
	assert_in_range(motor.left, 1, 2000);
	assert_true(fake_clock_logged(&kiosk.stream.clock, "has used up its time"));
	kiosk_end();
}

static HRESULT use_the_card(void *arg, const struct iscard_job *job)
{
	(void)job;
	assert_hr(kiosk_challenge(arg), SCARD_W_RESET_CARD);
	assert_hr(ISCard_ReAttach((ISCard *)arg, SHARED, LEAVE), SCARD_E_NOT_READY);
	return S_OK;
}

static void a_card_that_moves_is_not_used_not_even_by_its_own(void **state)
{
	struct iscard_mechanics m = {.size = sizeof m, .eject = use_the_card};
	ISCard *card;

	(void)state;
	start(&whole);
	card = kiosk_attached(SHARED);
	m.arg = card;
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", &m), S_OK);
	assert_string_equal(kiosk_status().source, "external: ?");
	assert_hr(iscard_attached_move(card, ISCARD_MOTION_EJECT, NULL, NULL), S_OK);
	assert_false(emu_slot(kiosk_device(), 0).active);
	ISCard_Release(card);
	kiosk_end();
}

static void arguments_are_checked(void **state)
{
	struct iscard_mechanics bad = {.size = 1};

	(void)state;
	start(&whole);
	assert_hr(iscard_context_set_mechanics(kiosk.context, NULL, &whole), E_POINTER);
	assert_hr(iscard_context_set_mechanics(kiosk.context, "", &whole), E_INVALIDARG);
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", &bad), E_INVALIDARG);
	kiosk_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_named_as_the_source),
		cmocka_unit_test(the_sensor_tells_when_a_card_is_taken),
		cmocka_unit_test(contacts_that_opened_are_no_proof_where_a_sensor_is),
		cmocka_unit_test(contacts_that_opened_are_no_proof_where_a_sensor_is_silent),
		cmocka_unit_test(a_card_that_is_pushed_back_was_not_taken),
		cmocka_unit_test(dispositions_use_it),
		cmocka_unit_test(what_it_answers_is_what_is_told),
		cmocka_unit_test(it_can_send_vendor_commands_and_hears_of_a_cancel),
		cmocka_unit_test(a_cancel_during_the_motion_ends_the_wait_for_its_end),
		cmocka_unit_test(an_end_that_is_seen_is_told_beside_a_cancel),
		cmocka_unit_test(a_jam_behind_the_contacts_is_no_success),
		cmocka_unit_test(who_uses_up_the_time_is_named),
		cmocka_unit_test(a_card_that_moves_is_not_used_not_even_by_its_own),
		cmocka_unit_test(arguments_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
