/* SPDX-License-Identifier: MIT */
/* A motor reader through good days and bad ones: what moved, and what is said about it. */
#include "emu_fault.h"
#include "kiosk_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void start(unsigned flags, unsigned take_ms)
{
	struct emu_config cfg = kiosk_config();

	cfg.flags = flags;
	cfg.take_ms = take_ms;
	kiosk_start(&cfg);
}

static void a_card_that_is_taken_was_seen_in_the_mouth(void **state)
{
	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 4000);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 20000), S_OK);
	assert_hr(kiosk_report.commanded, S_OK);
	assert_hr(kiosk_report.finished, S_OK);
	assert_int_equal(kiosk_report.before, ISCARD_PLACE_SWALLOWED);
	assert_int_equal(kiosk_report.after, ISCARD_PLACE_TAKEN);
	assert_in_range(kiosk_report.commanded_after_ms, 0, 100);
	assert_in_range(kiosk_report.finished_after_ms, 4000, 5000);
	assert_int_equal(kiosk_status().ejected, 1);
	assert_int_equal(kiosk_status().taken, 1);
	assert_int_equal(kiosk_status().state, ISCARD_ABSENT);
	kiosk_end();
}

static void a_mouth_that_nobody_sees_is_no_proof(void **state)
{
	(void)state;
	start(0, 0);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 20000), S_FALSE);
	assert_hr(kiosk_report.commanded, S_OK);
	assert_hr(kiosk_report.finished, S_FALSE);
	assert_int_equal(kiosk_report.after, ISCARD_PLACE_ABSENT);
	assert_int_equal(kiosk_status().ejected, 1);
	assert_int_equal(kiosk_status().taken, 0);
	assert_true(emu_slot(kiosk_device(), 0).in_mouth);
	kiosk_end();
}

/* The contacts of a reader that answers before its motor has ended: "present, then absent". */
static void contacts_that_open_late_are_no_proof_either(void **state)
{
	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 700);
	assert_hr(iscard_context_set_mouth(kiosk.context, "*", 0), S_OK);
	assert_false(kiosk_status().sees_mouth);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 20000), S_FALSE);
	assert_hr(kiosk_report.commanded, S_OK);
	assert_hr(kiosk_report.finished, S_FALSE);
	assert_int_equal(kiosk_report.after, ISCARD_PLACE_ABSENT);
	assert_int_equal(kiosk_status().taken, 0);
	kiosk_end();
}

static void the_integrator_s_word_makes_it_one(void **state)
{
	static const char *const patterns[] = {"kiosk motor*", "usb:*:*", KIOSK};

	(void)state;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		start(EMU_MOUTH_IS_PRESENT, 700);
		assert_hr(iscard_context_set_mouth(kiosk.context, "*", 0), S_OK);
		assert_hr(iscard_context_set_mouth(kiosk.context, "another*", 1), S_OK);
		assert_false(kiosk_status().sees_mouth);
		assert_hr(iscard_context_set_mouth(kiosk.context, patterns[i], 1), S_OK);
		assert_true(kiosk_status().sees_mouth);
		assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 20000), S_OK);
		assert_place("taken");
		kiosk_end();
	}
	assert_hr(iscard_context_set_mouth(NULL, NULL, 1), E_POINTER);
	assert_hr(iscard_context_set_mouth(NULL, "", 1), E_INVALIDARG);
}

static void a_forgotten_card_is_captured_from_the_mouth(void **state)
{
	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 3000), SCARD_E_TIMEOUT);
	assert_hr(kiosk_report.commanded, S_OK);
	assert_hr(kiosk_report.finished, SCARD_E_TIMEOUT);
	assert_int_equal(kiosk_report.finished_after_ms - kiosk_report.commanded_after_ms, 3000);
	assert_place("ejecting");
	assert_int_equal(kiosk_status().state, ISCARD_PRESENT);
	assert_hr(kiosk_move(ISCARD_MOTION_CAPTURE, 0, 3000), S_OK);
	assert_place("captured");
	assert_int_equal(kiosk_status().captured, 1);
	assert_int_equal(emu_slot(kiosk_device(), 0).captured, 1);
	assert_hr(kiosk_move(ISCARD_MOTION_CAPTURE, 0, 3000), SCARD_E_NO_SMARTCARD);
	kiosk_end();
}

static void a_mouth_that_nobody_sees_can_be_emptied_too(void **state)
{
	(void)state;
	start(0, 0);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 3000), S_FALSE);
	assert_hr(kiosk_move(ISCARD_MOTION_CAPTURE, 0, 3000), S_FALSE);
	assert_hr(kiosk_report.commanded, S_OK);
	assert_place("absent");
	assert_int_equal(emu_slot(kiosk_device(), 0).captured, 1);
	assert_hr(kiosk_move(ISCARD_MOTION_CAPTURE, 0, 3000), SCARD_E_NO_SMARTCARD);
	kiosk_end();
}

/* The motor turns, and the reader calls that a success. */
static void a_card_that_a_hand_has_taken_is_not_captured(void **state)
{
	const struct emu_fault turns = {.kind = EMU_FAULT_STATUS, .type = 0x71, .value = 0x02};

	(void)state;
	start(0, 0);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 3000), S_FALSE);
	assert_true(emu_take(kiosk_device(), 0, kiosk_now()));
	assert_true(emu_fault_add(kiosk_device(), &turns));
	assert_hr(kiosk_move(ISCARD_MOTION_CAPTURE, 0, 3000), S_FALSE);
	assert_place("absent");
	assert_int_equal(kiosk_status().captured, 0);
	assert_int_equal(emu_slot(kiosk_device(), 0).captured, 0);
	kiosk_end();
}

static void an_ejected_card_is_drawn_in_again(void **state)
{
	ISCard *card;

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 1000), SCARD_E_TIMEOUT);
	assert_hr(kiosk_move(ISCARD_MOTION_ACCEPT, 0, 1000), S_OK);
	assert_place("swallowed");
	card = kiosk_attached(SHARED);
	assert_hr(kiosk_challenge(card), S_OK);
	assert_place("powered");
	ISCard_Release(card);
	kiosk_end();
}

static void a_jam_is_named_and_may_pass(void **state)
{
	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 500);
	emu_jam(kiosk_device(), 0, true);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 5000), SCARD_E_CANT_DISPOSE);
	assert_hr(kiosk_report.commanded, SCARD_E_CANT_DISPOSE);
	assert_place("jammed");
	assert_int_equal(kiosk_status().jammed, 1);
	assert_int_equal(kiosk_status().ejected, 0);
	assert_int_equal(kiosk_status().state, ISCARD_PRESENT);
	emu_jam(kiosk_device(), 0, false);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 5000), S_OK);
	assert_place("taken");
	kiosk_end();
}

static void a_full_bin_leaves_the_card(void **state)
{
	struct emu_config cfg = kiosk_config();
	struct emu_card_config card = cfg.card[0];

	(void)state;
	cfg.bin = 1;
	kiosk_start(&cfg);
	assert_hr(kiosk_move(ISCARD_MOTION_CAPTURE, 0, 1000), S_OK);
	assert_true(emu_insert(kiosk_device(), 0, &card, kiosk_now()));
	assert_hr(kiosk_move(ISCARD_MOTION_CAPTURE, 0, 1000), SCARD_E_CANT_DISPOSE);
	assert_int_equal(kiosk_status().captured, 1);
	assert_place("jammed");
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 1000), SCARD_E_TIMEOUT);
	kiosk_end();
}

/* Whatever bError: no success, no word about protocols or PINs, and nothing counted. E0 and F2 are
 * passing, and tried again. */
static void a_reader_that_fails_is_told_as_one(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	for (unsigned n = 0; n < 4 * 256; n++) {
		iscard_motion motion = (iscard_motion)(ISCARD_MOTION_EJECT + n / 256);
		struct emu_fault f = {.kind = EMU_FAULT_ERROR, .type = 0x71, .value = n % 256};
		HRESULT want = f.value == 0x00   ? SCARD_E_UNSUPPORTED_FEATURE
		               : f.value == 0x05 ? SCARD_E_READER_UNAVAILABLE
		                                 : SCARD_E_CANT_DISPOSE;
		HRESULT hr;

		if (f.value == 0xE0 || f.value == 0xF2)
			continue;
		kiosk_start(&cfg);
		assert_true(emu_fault_add(kiosk_device(), &f));
		hr = kiosk_move(motion, 0, 1000);
		if (hr != want && (motion != ISCARD_MOTION_CAPTURE || hr != SCARD_E_NO_SMARTCARD))
			fail_msg("%s, bError %02X: %s", iscard_motion_name(motion), f.value,
			         iscard_result_name(hr));
		assert_hr(kiosk_report.commanded, hr);
		assert_int_equal(kiosk_status().ejected + kiosk_status().captured, 0);
		assert_false(kiosk_status().locked);
		kiosk_end();
	}
}

/* The card went while the reader locked. */
static void a_lock_that_holds_nothing_is_none(void **state)
{
	const struct emu_fault gone = {.kind = EMU_FAULT_STATUS, .type = 0x71, .value = 0x02};

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	assert_true(emu_fault_add(kiosk_device(), &gone));
	assert_hr(kiosk_move(ISCARD_MOTION_LOCK, 0, 0), SCARD_E_NO_SMARTCARD);
	assert_false(kiosk_status().locked);
	kiosk_end();
}

static void pull(void *ctx)
{
	(void)ctx;
	assert_true(emu_remove(kiosk_device(), 0, kiosk_now()));
}

static void a_card_pulled_during_the_eject_is_taken(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	cfg.motion_ms = 2000;
	kiosk_start(&cfg);
	kiosk.stream.hook = pull;
	kiosk.stream.hook_at = kiosk_now() + 700;
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 5000), S_OK);
	assert_place("taken");
	assert_int_equal(kiosk_status().taken, 1);
	kiosk_end();
}

static void whoever_pulls_a_card_is_not_seen_by_contacts(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	cfg.motion_ms = 2000;
	kiosk_start(&cfg);
	assert_hr(iscard_context_set_mouth(kiosk.context, "*", 0), S_OK);
	kiosk.stream.hook = pull;
	kiosk.stream.hook_at = kiosk_now() + 700;
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 5000), S_FALSE);
	assert_hr(kiosk_report.commanded, S_OK);
	assert_place("absent");
	kiosk_end();
}

static void a_slow_motor_gets_its_time(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	cfg.motion_ms = 25000;
	cfg.take_ms = 1000;
	kiosk_start(&cfg);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 5000), S_OK);
	assert_in_range(kiosk_report.commanded_after_ms, 25000, 25100);
	assert_int_equal(emu_counts(kiosk_device())->aborts, 0);
	kiosk_end();
}

static void a_motor_that_is_too_slow_leaves_nobody_knowing(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	cfg.motion_ms = 25000;
	kiosk_start(&cfg);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 3000, 5000), SCARD_E_TIMEOUT);
	assert_hr(kiosk_report.commanded, SCARD_E_TIMEOUT);
	assert_in_range(kiosk_report.commanded_after_ms, 3000, 6000);
	assert_place("unknown");
	assert_true(emu_remove(kiosk_device(), 0, kiosk_now()));
	assert_place("absent");
	kiosk_end();
}

static void a_card_pushed_in_half_is_accepted(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	cfg.card_in[0] = false;
	kiosk_start(&cfg);
	assert_place("absent");
	assert_true(emu_insert_half(kiosk_device(), 0, &cfg.card[0], kiosk_now()));
	assert_hr(kiosk_move(ISCARD_MOTION_ACCEPT, 0, 1000), S_OK);
	kiosk_end();
}

static void accept_waits_for_a_card(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	cfg.card_in[0] = false;
	kiosk_start(&cfg);
	assert_hr(kiosk_move(ISCARD_MOTION_ACCEPT, 0, 2000), SCARD_E_TIMEOUT);
	assert_true(emu_slot(kiosk_device(), 0).accepting);
	emu_later(kiosk_device(), EMU_INSERT, 0, kiosk_now() + 5000);
	assert_hr(kiosk_move(ISCARD_MOTION_ACCEPT, 0, 60000), S_OK);
	assert_in_range(kiosk_report.finished_after_ms, 5000, 6100);
	assert_int_equal(kiosk_commands(), 2);
	/* a card in position needs nothing */
	assert_hr(kiosk_move(ISCARD_MOTION_ACCEPT, 0, 1000), S_OK);
	assert_hr(kiosk_report.commanded, S_FALSE);
	assert_int_equal(kiosk_commands(), 2);
	kiosk_end();
}

static void a_locked_card_is_let_go_before_it_moves(void **state)
{
	ISCard *card;

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 500);
	card = kiosk_attached(SHARED);
	assert_hr(iscard_attached_move(card, ISCARD_MOTION_LOCK, NULL, NULL), S_OK);
	assert_place("locked");
	assert_true(kiosk_status().locked);
	assert_int_equal(kiosk_status().state, ISCARD_SPECIFICMODE);
	assert_hr(kiosk_challenge(card), S_OK);
	assert_false(emu_remove(kiosk_device(), 0, kiosk_now()));
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 5000), S_OK);
	assert_false(emu_slot(kiosk_device(), 0).locked);
	assert_false(kiosk_status().locked);
	assert_int_equal(kiosk_commands(), 3);
	assert_hr(kiosk_challenge(card), SCARD_W_REMOVED_CARD);
	ISCard_Release(card);
	kiosk_end();
}

/* A command that finds the slot as it was does not look closer; what motors and hands do in between is
 * told all the same. */
static void commands_leave_the_place_of_the_card_true(void **state)
{
	ISCard *card;

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	card = kiosk_attached(SHARED);
	assert_hr(kiosk_challenge(card), S_OK);
	assert_hr(kiosk_challenge(card), S_OK);
	assert_place("powered");
	assert_hr(iscard_attached_move(card, ISCARD_MOTION_LOCK, NULL, NULL), S_OK);
	assert_hr(kiosk_challenge(card), S_OK);
	assert_place("locked");
	assert_hr(iscard_attached_move(card, ISCARD_MOTION_UNLOCK, NULL, NULL), S_OK);
	assert_hr(kiosk_challenge(card), S_OK);
	assert_place("powered");
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 1000), SCARD_E_TIMEOUT);
	assert_hr(kiosk_challenge(card), SCARD_W_RESET_CARD);
	assert_place("ejecting");
	assert_hr(kiosk_move(ISCARD_MOTION_CAPTURE, 0, 3000), S_OK);
	assert_true(FAILED(kiosk_challenge(card)));
	assert_place("captured");
	assert_int_equal(kiosk_status().captured, 1);
	ISCard_Release(card);
	kiosk_end();
}

static void unlock_lets_go(void **state)
{
	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	assert_hr(kiosk_move(ISCARD_MOTION_LOCK, 0, 0), S_OK);
	assert_hr(kiosk_move(ISCARD_MOTION_UNLOCK, 0, 0), S_OK);
	assert_place("swallowed");
	assert_true(emu_remove(kiosk_device(), 0, kiosk_now()));
	assert_hr(kiosk_move(ISCARD_MOTION_LOCK, 0, 0), SCARD_E_NO_SMARTCARD);
	assert_int_equal(kiosk_commands(), 2);
	kiosk_end();
}

static void the_accept_bit_moves_nothing(void **state)
{
	struct emu_config cfg = kiosk_config();
	ISCard *card;

	(void)state;
	emu_config_mechanical(&cfg, 1);
	kiosk_start(&cfg);
	assert_int_equal(kiosk_status().abilities, ISCARD_MECHANICAL_ACCEPT);
	assert_string_equal(kiosk_status().source, "dwMechanical");
	for (int m = ISCARD_MOTION_EJECT; m <= ISCARD_MOTION_UNLOCK; m++)
		assert_hr(kiosk_move((iscard_motion)m, 0, 1000), SCARD_E_UNSUPPORTED_FEATURE);
	card = kiosk_attached(SHARED);
	ISCard_Release(card);
	assert_int_equal(kiosk_commands(), 0);
	kiosk_end();
}

static void a_reader_without_mechanics_says_so(void **state)
{
	struct emu_config cfg = kiosk_config();

	(void)state;
	emu_config_mechanical(&cfg, 0);
	kiosk_start(&cfg);
	assert_int_equal(kiosk_status().abilities, 0);
	assert_string_equal(kiosk_status().source, "none");
	assert_hr(kiosk_move(ISCARD_MOTION_ACCEPT, 0, 1000), SCARD_E_UNSUPPORTED_FEATURE);
	kiosk_end();
}

static void a_powered_card_loses_its_power_before_it_moves(void **state)
{
	ISCard *card;

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	card = kiosk_attached(SHARED);
	assert_place("powered");
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 1000), SCARD_E_TIMEOUT);
	assert_false(emu_slot(kiosk_device(), 0).active);
	assert_int_equal(emu_counts(kiosk_device())->by_type[0x63], 1);
	assert_hr(kiosk_challenge(card), SCARD_W_RESET_CARD);
	ISCard_Release(card);
	kiosk_end();
}

static void power_that_stays_keeps_the_card(void **state)
{
	const struct emu_fault fault = {
		.kind = EMU_FAULT_ERROR, .type = 0x63, .value = 0xC0, .times = 1};
	ISCard *card;

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	card = kiosk_attached(SHARED);
	emu_fault_add(kiosk_device(), &fault);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 1000), SCARD_E_CANT_DISPOSE);
	assert_int_equal(kiosk_commands(), 0);
	assert_int_equal(kiosk_status().jammed, 0);
	ISCard_Release(card);
	kiosk_end();
}

static void anothers_lock_and_exclusive_use_are_respected(void **state)
{
	const struct iscard_motion_options try = {.size = sizeof try, .flags = ISCARD_MOTION_TRY};
	ISCard *a, *b;

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	a = kiosk_attached(SHARED);
	b = kiosk_attached(SHARED);
	assert_hr(ISCard_LockSCard(a), S_OK);
	assert_hr(iscard_card_eject(kiosk.context, KIOSK, &try, NULL), SCARD_E_SHARING_VIOLATION);
	assert_hr(iscard_attached_move(b, ISCARD_MOTION_EJECT, &try, NULL),
	          SCARD_E_SHARING_VIOLATION);
	assert_hr(iscard_attached_move(a, ISCARD_MOTION_LOCK, &try, NULL), S_OK);
	assert_hr(ISCard_UnlockSCard(a, LEAVE), S_OK);
	ISCard_Release(b);
	assert_hr(ISCard_ReAttach(a, EXCLUSIVE, LEAVE), S_OK);
	assert_hr(iscard_card_eject(kiosk.context, KIOSK, NULL, NULL), SCARD_E_SHARING_VIOLATION);
	assert_int_equal(kiosk_commands(), 1);
	assert_hr(iscard_attached_move(a, ISCARD_MOTION_EJECT, NULL, NULL), S_OK);
	ISCard_Release(a);
	kiosk_end();
}

static void status_tells_the_card_in_the_mouth_from_one_in_position(void **state)
{
	SCARD_STATES status;
	ISCard *card;

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	card = kiosk_attached(SHARED);
	assert_hr(ISCard_get_Status(card, &status), S_OK);
	assert_int_equal(status, SPECIFICMODE);
	assert_hr(ISCard_LockSCard(card), S_OK);
	assert_hr(ISCard_UnlockSCard(card, EJECT), S_OK);
	assert_hr(ISCard_get_Status(card, &status), S_OK);
	assert_int_equal(status, PRESENT);
	assert_hr(kiosk_move(ISCARD_MOTION_ACCEPT, 0, 1000), S_OK);
	assert_hr(ISCard_get_Status(card, &status), S_OK);
	assert_int_equal(status, SWALLOWED);
	assert_true(emu_remove(kiosk_device(), 0, kiosk_now()));
	assert_hr(ISCard_get_Status(card, &status), S_OK);
	assert_int_equal(status, ABSENT);
	ISCard_Release(card);
	kiosk_end();
}

static void cancel(void *ctx)
{
	(void)ctx;
	assert_hr(iscard_context_cancel(kiosk.context), S_OK);
}

static void a_context_can_end_a_wait(void **state)
{
	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	kiosk.stream.hook = cancel;
	kiosk.stream.hook_at = kiosk_now() + 1500;
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 0), SCARD_E_CANCELLED);
	assert_hr(kiosk_report.commanded, S_OK);
	assert_in_range(kiosk_report.finished_after_ms, 1500, 2600);
	assert_place("ejecting");
	kiosk_end();
}

static void a_power_off_that_nobody_answers_moves_nothing(void **state)
{
	const struct emu_fault lost = {.kind = EMU_FAULT_LOST, .type = 0x63, .times = 20};

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	assert_place("swallowed");
	emu_fault_add(kiosk_device(), &lost);
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 1000, 0), SCARD_E_TIMEOUT);
	assert_hr(kiosk_report.commanded, SCARD_E_TIMEOUT);
	assert_int_equal(kiosk_commands(), 0);
	assert_int_equal(kiosk_report.after, ISCARD_PLACE_SWALLOWED);
	assert_int_equal(kiosk_status().state, ISCARD_SWALLOWED);
	kiosk_end();
}

static void unplug(void *ctx)
{
	(void)ctx;
	emu_unplug(kiosk_device(), kiosk_now());
}

static void a_reader_that_leaves_ends_the_wait(void **state)
{
	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	kiosk.stream.hook = unplug;
	kiosk.stream.hook_at = kiosk_now() + 1500;
	assert_hr(kiosk_move(ISCARD_MOTION_EJECT, 0, 20000), SCARD_E_READER_UNAVAILABLE);
	assert_hr(kiosk_report.commanded, S_OK);
	emu_plug(kiosk_device(), kiosk_now());
	kiosk_end();
}

/* The clock does not begin at 0, and what is beyond its end is no limit. */
static void no_limit_is_too_long(void **state)
{
	const struct iscard_options longest = {.limits = {INT64_MAX, INT64_MAX, INT64_MAX,
	                                                  INT64_MAX, INT64_MAX, INT64_MAX,
	                                                  INT64_MAX}};
	const struct iscard_card_policy policy = {
		.size = sizeof policy, .at_end = ISCARD_FATE_LOCK, .motion_ms = INT64_MAX};
	ISCard *card;

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	kiosk_restart(&longest);
	assert_hr(iscard_context_set_policy(kiosk.context, "*", &policy), S_OK);
	assert_hr(iscard_context_hold(kiosk.context, KIOSK), S_OK);
	card = kiosk_attached(SHARED);
	assert_hr(kiosk_challenge(card), S_OK);
	assert_hr(ISCard_ReAttach(card, SHARED, RESET), S_OK);
	ISCard_Release(card);
	assert_hr(kiosk_move(ISCARD_MOTION_LOCK, INT64_MAX, INT64_MAX), S_OK);
	assert_hr(kiosk_move(ISCARD_MOTION_UNLOCK, 0, 0), S_OK);
	kiosk_restart(&longest);
	assert_true(emu_slot(kiosk_device(), 0).locked);
	kiosk_end();
}

static void arguments_are_checked_before_anything_is_sent(void **state)
{
	struct iscard_motion_options bad[] = {{.size = 1},
	                                      {.size = sizeof *bad, .flags = 4},
	                                      {.size = sizeof *bad, .commanded_ms = -1},
	                                      {.size = sizeof *bad, .taken_ms = -1}};
	struct iscard_motion_report report = {.size = 1};
	struct iscard_kiosk_status status = {.size = 1};
	iscard_context *c;

	(void)state;
	start(EMU_MOUTH_IS_PRESENT, 0);
	c = kiosk.context;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_hr(iscard_card_eject(c, KIOSK, &bad[i], NULL), E_INVALIDARG);
	assert_hr(iscard_card_eject(c, KIOSK, NULL, &report), E_INVALIDARG);
	assert_hr(iscard_card_move(c, KIOSK, (iscard_motion)0, NULL, NULL), E_INVALIDARG);
	assert_hr(iscard_card_move(c, KIOSK, (iscard_motion)6, NULL, NULL), E_INVALIDARG);
	assert_hr(iscard_card_eject(c, NULL, NULL, NULL), E_POINTER);
	assert_hr(iscard_card_eject(c, "", NULL, NULL), E_INVALIDARG);
	assert_hr(iscard_card_eject(c, "no such reader", NULL, NULL), SCARD_E_UNKNOWN_READER);
	assert_hr(iscard_attached_move(NULL, ISCARD_MOTION_EJECT, NULL, NULL), E_POINTER);
	assert_hr(iscard_attached_move(&status, ISCARD_MOTION_EJECT, NULL, NULL), E_INVALIDARG);
	assert_hr(iscard_card_place(c, KIOSK, &status), E_INVALIDARG);
	assert_hr(iscard_card_place(c, KIOSK, NULL), E_POINTER);
	assert_hr(iscard_attached_place(NULL, &status), E_POINTER);
	assert_int_equal(kiosk_commands(), 0);
	kiosk_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_that_is_taken_was_seen_in_the_mouth),
		cmocka_unit_test(a_mouth_that_nobody_sees_is_no_proof),
		cmocka_unit_test(contacts_that_open_late_are_no_proof_either),
		cmocka_unit_test(the_integrator_s_word_makes_it_one),
		cmocka_unit_test(a_forgotten_card_is_captured_from_the_mouth),
		cmocka_unit_test(a_mouth_that_nobody_sees_can_be_emptied_too),
		cmocka_unit_test(a_card_that_a_hand_has_taken_is_not_captured),
		cmocka_unit_test(an_ejected_card_is_drawn_in_again),
		cmocka_unit_test(a_jam_is_named_and_may_pass),
		cmocka_unit_test(a_full_bin_leaves_the_card),
		cmocka_unit_test(a_reader_that_fails_is_told_as_one),
		cmocka_unit_test(a_lock_that_holds_nothing_is_none),
		cmocka_unit_test(a_card_pulled_during_the_eject_is_taken),
		cmocka_unit_test(whoever_pulls_a_card_is_not_seen_by_contacts),
		cmocka_unit_test(a_slow_motor_gets_its_time),
		cmocka_unit_test(a_motor_that_is_too_slow_leaves_nobody_knowing),
		cmocka_unit_test(a_card_pushed_in_half_is_accepted),
		cmocka_unit_test(accept_waits_for_a_card),
		cmocka_unit_test(a_locked_card_is_let_go_before_it_moves),
		cmocka_unit_test(commands_leave_the_place_of_the_card_true),
		cmocka_unit_test(unlock_lets_go),
		cmocka_unit_test(the_accept_bit_moves_nothing),
		cmocka_unit_test(a_reader_without_mechanics_says_so),
		cmocka_unit_test(a_powered_card_loses_its_power_before_it_moves),
		cmocka_unit_test(power_that_stays_keeps_the_card),
		cmocka_unit_test(anothers_lock_and_exclusive_use_are_respected),
		cmocka_unit_test(status_tells_the_card_in_the_mouth_from_one_in_position),
		cmocka_unit_test(a_context_can_end_a_wait),
		cmocka_unit_test(a_power_off_that_nobody_answers_moves_nothing),
		cmocka_unit_test(a_reader_that_leaves_ends_the_wait),
		cmocka_unit_test(no_limit_is_too_long),
		cmocka_unit_test(arguments_are_checked_before_anything_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
