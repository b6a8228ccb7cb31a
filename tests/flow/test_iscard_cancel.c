/* SPDX-License-Identifier: MIT */
/* What iscard_cancel() promises: a call that is under way ends, in whichever of its commands, or
 * between which two, it is. In one thread, so that each moment can be met. */
#include "attachment.h"
#include "kiosk_rig.h"
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ISCard *at_work;

static ISCard *start(const struct emu_config *cfg)
{
	kiosk_start(cfg);
	at_work = kiosk_attached(SHARED);
	return at_work;
}

static void end(void)
{
	ISCard_Release(at_work);
	kiosk_end();
}

static struct ccid_session *session(void)
{
	return ccid_card_attachment(at_work)->session;
}

static HRESULT send_one(void)
{
	static uint8_t apdu[] = {0x00, 0x84, 0x00, 0x00, 0x08}, reply[16];
	const struct ccid_blob out = {.p = apdu, .len = sizeof apdu};
	struct ccid_blob in = {.p = reply, .len = sizeof reply};
	size_t n;

	return ccid_session_send(session(), &out, &in, &n);
}

static void a_run_of_commands_ends_between_two_of_them(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	start(&cfg);
	assert_hr(ccid_session_begin(session()), S_OK);
	assert_hr(send_one(), S_OK);
	assert_hr(iscard_cancel(at_work), S_OK);
	assert_hr(send_one(), SCARD_E_CANCELLED);
	assert_hr(send_one(), SCARD_E_CANCELLED);
	ccid_session_end(session());
	assert_hr(kiosk_challenge(at_work), S_OK);
	end();
}

static void what_is_not_under_way_is_not_cancelled(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	start(&cfg);
	assert_hr(iscard_cancel(at_work), S_FALSE);
	assert_hr(kiosk_challenge(at_work), S_OK);
	assert_hr(iscard_attached_move(at_work, ISCARD_MOTION_EJECT, NULL, NULL), S_OK);
	assert_hr(iscard_cancel(at_work), S_FALSE);
	end();
}

static void commands_that_are_one_call_are_expected(void **state)
{
	struct emu_config cfg = kiosk_config();
	struct ccid_port *p;

	(void)state;
	start(&cfg);
	p = session()->port;
	assert_false(ccid_slot_cancel(p->reader, 0));
	ccid_slot_expect(p->reader, 0, true);
	assert_true(ccid_slot_cancel(p->reader, 0));
	assert_int_equal(ccid_slot_power_off(p->reader, 0, CCID_NEVER), CCID_E_CANCELLED);
	assert_true(emu_slot(kiosk_device(), 0).active);
	assert_int_equal(ccid_slot_power_off(p->reader, 0, CCID_NEVER), CCID_OK);
	assert_true(ccid_slot_cancel(p->reader, 0));
	ccid_slot_expect(p->reader, 0, false);
	assert_int_equal(ccid_slot_power_off(p->reader, 0, CCID_NEVER), CCID_OK);
	end();
}

/* --- a motor of the program's own, whose sensor is asked between all steps --- */

static struct {
	unsigned looks, cancel_at, moved;
} motor;

static HRESULT move(void *arg, const struct iscard_job *job)
{
	(void)arg, (void)job;
	motor.moved++;
	return S_OK;
}

static iscard_place position(void *arg, const char *reader)
{
	(void)arg, (void)reader;
	if (++motor.looks == motor.cancel_at)
		assert_hr(iscard_cancel(at_work), S_OK);
	return motor.moved > 0 ? ISCARD_PLACE_INSERTED : ISCARD_PLACE_SWALLOWED;
}

static void eject_cancelled_at(unsigned look)
{
	static const struct iscard_mechanics mechanics = {
		.size = sizeof mechanics, .name = "motor", .eject = move, .position = position};
	const struct iscard_motion_options wait = {.size = sizeof wait,
	                                           .flags = ISCARD_MOTION_WAIT};
	struct emu_config cfg = kiosk_config();

	start(&cfg);
	memset(&motor, 0, sizeof motor);
	motor.cancel_at = look;
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", &mechanics), S_OK);
	assert_hr(iscard_attached_move(at_work, ISCARD_MOTION_EJECT, &wait, NULL),
	          SCARD_E_CANCELLED);
	assert_true(motor.looks >= look);
	motor.cancel_at = 0;
	end();
}

static void a_motion_ends_wherever_it_is(void **state)
{
	(void)state;
	eject_cancelled_at(1); /* before anything was sent */
	assert_int_equal(motor.moved, 0);
	for (unsigned look = 2; look < 5; look++) { /* behind the motor, and in the wait */
		eject_cancelled_at(look);
		assert_int_equal(motor.moved, 1);
	}
}

/* --- in the middle of IccPowerOff --- */

static void cancel(void *ctx)
{
	(void)ctx;
	assert_hr(iscard_cancel(at_work), S_OK);
}

static void start_slow(void)
{
	struct emu_config cfg = kiosk_config();

	cfg.answer_ms = 1000;
	start(&cfg);
	kiosk.stream.hook = cancel;
	kiosk.stream.hook_at = kiosk_now() + 1500; /* a look at the slot comes first */
}

static void assert_nothing_moved(void)
{
	assert_int_equal(kiosk_commands(), 0);
	assert_true(emu_slot(kiosk_device(), 0).present);
	assert_false(emu_slot(kiosk_device(), 0).in_mouth);
}

static void an_eject_that_is_cancelled_while_the_power_goes_moves_nothing(void **state)
{
	(void)state;
	start_slow();
	assert_hr(iscard_attached_move(at_work, ISCARD_MOTION_EJECT, NULL, NULL),
	          SCARD_E_CANCELLED);
	assert_null(kiosk.stream.hook);
	assert_nothing_moved();
	assert_hr(kiosk_challenge(at_work), SCARD_W_RESET_CARD);
	assert_hr(ISCard_ReAttach(at_work, SHARED, LEAVE), S_OK);
	assert_hr(kiosk_challenge(at_work), S_OK);
	end();
}

static void detach_cancelled(SCARD_DISPOSITIONS disposition)
{
	start_slow();
	kiosk.stream.hook_at -= 1000;
	assert_hr(ISCard_Detach(at_work, disposition), SCARD_E_CANT_DISPOSE);
	assert_null(kiosk.stream.hook);
	assert_int_equal(iscard_last_disposition(at_work), ISCARD_DISPOSITION_FAILED);
	assert_nothing_moved();
	assert_hr(iscard_cancel(at_work), SCARD_E_INVALID_HANDLE);
	end();
}

/* The connection has ended all the same, and no card with an open session is left behind. */
static void a_detach_that_is_cancelled_while_the_power_goes(void **state)
{
	ISCard *next;

	(void)state;
	detach_cancelled(UNPOWER);
	detach_cancelled(EJECT);
	start_slow();
	kiosk.stream.hook_at -= 1000;
	assert_hr(ISCard_Detach(at_work, UNPOWER), SCARD_E_CANT_DISPOSE);
	next = kiosk_attached(SHARED);
	assert_int_equal(emu_counts(kiosk_device())->by_type[0x62], 2); /* powered on again */
	assert_hr(kiosk_challenge(next), S_OK);
	ISCard_Release(next);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_of_commands_ends_between_two_of_them),
		cmocka_unit_test(what_is_not_under_way_is_not_cancelled),
		cmocka_unit_test(commands_that_are_one_call_are_expected),
		cmocka_unit_test(a_motion_ends_wherever_it_is),
		cmocka_unit_test(an_eject_that_is_cancelled_while_the_power_goes_moves_nothing),
		cmocka_unit_test(a_detach_that_is_cancelled_while_the_power_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
