/* SPDX-License-Identifier: MIT */
/* Bad days: what becomes of the card at an orderly end, after a crash, and when power returns. */
#include "emu_fault.h"
#include "kiosk_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A reader that no context has opened yet. */
static void start(uint32_t mechanical)
{
	struct emu_config cfg = kiosk_config();

	emu_config_mechanical(&cfg, mechanical);
	memset(&kiosk, 0, sizeof kiosk);
	emu_stream_init(&kiosk.stream, &cfg);
	kiosk_restart(&(struct iscard_options){.size = 0});
}

static void set(iscard_fate at_start, iscard_fate at_return, iscard_fate at_end)
{
	const struct iscard_card_policy policy = {.size = sizeof policy,
	                                          .at_start = at_start,
	                                          .at_return = at_return,
	                                          .at_end = at_end};

	assert_hr(iscard_context_set_policy(kiosk.context, "Kiosk Motor*", &policy), S_OK);
}

static void hold(void)
{
	assert_hr(iscard_context_hold(kiosk.context, KIOSK), S_OK);
}

/* The program is gone without a word; the reader still powers the card. */
static void crash(void)
{
	ISCard *card = kiosk_attached(SHARED);
	const struct emu_fault deaf = {.kind = EMU_FAULT_LOST, .type = 0x63, .times = 20};

	assert_hr(kiosk_challenge(card), S_OK);
	emu_fault_add(kiosk_device(), &deaf);
	ISCard_Release(card);
	kiosk_restart(&(struct iscard_options){.size = 0});
	emu_fault_clear(kiosk_device());
}

static void without_a_policy_nothing_moves(void **state)
{
	(void)state;
	start(0x0F);
	hold();
	crash();
	hold();
	assert_int_equal(kiosk_commands(), 0);
	assert_true(emu_slot(kiosk_device(), 0).present);
	kiosk_end();
}

static void a_card_that_a_crash_left_is_ejected_at_the_next_open(void **state)
{
	(void)state;
	start(0x0F);
	hold();
	crash();
	assert_true(emu_slot(kiosk_device(), 0).present);
	set(ISCARD_FATE_EJECT, ISCARD_FATE_LEAVE, ISCARD_FATE_LEAVE);
	hold();
	assert_int_equal(kiosk_commands(), 2); /* unlocked first */
	assert_true(emu_slot(kiosk_device(), 0).in_mouth);
	assert_place("ejecting");
	kiosk_end();
}

/* The lock is the reader's, and outlasts the program that has commanded it. */
static void a_card_that_a_crash_left_locked_is_let_go_first(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		start(0x0F);
		hold();
		assert_hr(kiosk_move(ISCARD_MOTION_LOCK, 0, 0), S_OK);
		kiosk_restart(&(struct iscard_options){.size = 0});
		assert_true(emu_slot(kiosk_device(), 0).locked);
		set(i == 0 ? ISCARD_FATE_EJECT : ISCARD_FATE_CAPTURE, ISCARD_FATE_LEAVE,
		    ISCARD_FATE_LEAVE);
		hold();
		assert_place(i == 0 ? "ejecting" : "captured");
		assert_int_equal(kiosk_status().jammed, 0);
		kiosk_end();
	}
}

static void each_fate_is_what_it_says(void **state)
{
	(void)state;
	start(0x0F);
	set(ISCARD_FATE_CAPTURE, ISCARD_FATE_LEAVE, ISCARD_FATE_LEAVE);
	hold();
	assert_int_equal(emu_slot(kiosk_device(), 0).captured, 1);
	assert_place("captured");
	kiosk_end();
	start(0x0F);
	set(ISCARD_FATE_LOCK, ISCARD_FATE_LEAVE, ISCARD_FATE_LEAVE);
	hold();
	assert_true(emu_slot(kiosk_device(), 0).locked);
	assert_place("locked");
	kiosk_end();
}

static void the_next_customer_s_card_is_his_own(void **state)
{
	struct emu_config cfg = kiosk_config();
	ISCard *card;

	(void)state;
	start(0x0F);
	set(ISCARD_FATE_EJECT, ISCARD_FATE_EJECT, ISCARD_FATE_LEAVE);
	assert_true(emu_remove(kiosk_device(), 0, kiosk_now()));
	assert_place("absent");
	assert_true(emu_insert(kiosk_device(), 0, &cfg.card[0], kiosk_now()));
	card = kiosk_attached(SHARED); /* opened a second time */
	assert_hr(kiosk_challenge(card), S_OK);
	ISCard_Release(card);
	assert_int_equal(kiosk_commands(), 0);
	kiosk_end();
}

static void power_that_comes_back_finds_the_card(void **state)
{
	(void)state;
	start(0x0F);
	set(ISCARD_FATE_LEAVE, ISCARD_FATE_CAPTURE, ISCARD_FATE_LEAVE);
	hold();
	emu_unplug(kiosk_device(), kiosk_now());
	assert_hr(kiosk_move(ISCARD_MOTION_LOCK, 0, 0), SCARD_E_READER_UNAVAILABLE);
	assert_hr(iscard_context_release(kiosk.context, KIOSK), S_OK);
	emu_plug(kiosk_device(), kiosk_now());
	hold();
	assert_place("captured");
	assert_int_equal(emu_slot(kiosk_device(), 0).captured, 1);
	kiosk_end();
}

static void an_orderly_end_moves_the_card_of_a_reader_that_is_held(void **state)
{
	ISCard *card;

	(void)state;
	start(0x0F);
	set(ISCARD_FATE_LEAVE, ISCARD_FATE_LEAVE, ISCARD_FATE_EJECT);
	hold();
	card = kiosk_attached(SHARED);
	assert_hr(kiosk_challenge(card), S_OK);
	ISCard_Release(card);
	assert_true(emu_slot(kiosk_device(), 0).active);
	kiosk_restart(&(struct iscard_options){.size = 0});
	assert_false(emu_slot(kiosk_device(), 0).active);
	assert_true(emu_slot(kiosk_device(), 0).in_mouth);
	assert_int_equal(kiosk_commands(), 1);
	kiosk_end();
}

static void an_orderly_end_moves_a_watched_card_once(void **state)
{
	(void)state;
	start(0x0F);
	set(ISCARD_FATE_LEAVE, ISCARD_FATE_LEAVE, ISCARD_FATE_EJECT);
	hold();
	assert_hr(iscard_context_watch(kiosk.context, NULL, ISCARD_WATCH_CARDS), S_OK);
	kiosk_restart(&(struct iscard_options){.size = 0});
	assert_true(emu_slot(kiosk_device(), 0).in_mouth);
	assert_int_equal(kiosk_commands(), 1);
	set(ISCARD_FATE_LEAVE, ISCARD_FATE_LEAVE, ISCARD_FATE_CAPTURE);
	assert_hr(iscard_context_watch(kiosk.context, NULL, ISCARD_WATCH_CARDS), S_OK);
	kiosk_restart(&(struct iscard_options){.size = 0});
	assert_int_equal(emu_slot(kiosk_device(), 0).captured, 1);
	kiosk_end();
}

/* It is the other program's card: neither the end of one nor its start moves it. */
static void a_card_that_another_context_uses_is_left_to_it(void **state)
{
	iscard_context *others;
	ISCard *card;

	(void)state;
	start(0x0F);
	card = kiosk_attached(SHARED);
	others = kiosk.context;
	kiosk.context = NULL;
	for (int i = 0; i < 2; i++) {
		kiosk_restart(&(struct iscard_options){.size = 0});
		set(ISCARD_FATE_EJECT, ISCARD_FATE_EJECT, ISCARD_FATE_CAPTURE);
		hold();
	}
	assert_int_equal(kiosk_commands(), 0);
	assert_hr(kiosk_challenge(card), S_OK);
	ISCard_Release(card);
	iscard_context_unref(others);
	kiosk_restart(&(struct iscard_options){.size = 0}); /* now it is nobody's */
	assert_int_equal(emu_slot(kiosk_device(), 0).captured, 1);
	kiosk_end();
}

static void what_cannot_be_done_leaves_the_card_without_power(void **state)
{
	(void)state;
	start(0x01);
	set(ISCARD_FATE_EJECT, ISCARD_FATE_LEAVE, ISCARD_FATE_LEAVE);
	hold();
	assert_int_equal(kiosk_commands(), 0);
	assert_true(fake_clock_logged(&kiosk.stream.clock, "found at the start: eject"));
	assert_false(emu_slot(kiosk_device(), 0).active);
	kiosk_end();
}

static void the_latest_pattern_that_fits_counts(void **state)
{
	const struct iscard_card_policy leave = {.size = sizeof leave};
	struct iscard_card_policy bad = {.size = sizeof bad, .at_end = (iscard_fate)4};

	(void)state;
	start(0x0F);
	set(ISCARD_FATE_EJECT, ISCARD_FATE_LEAVE, ISCARD_FATE_LEAVE);
	assert_hr(iscard_context_set_policy(kiosk.context, "*", &leave), S_OK);
	assert_hr(iscard_context_set_policy(kiosk.context, "*", &bad), E_INVALIDARG);
	assert_hr(iscard_context_set_policy(kiosk.context, "", &leave), E_INVALIDARG);
	assert_hr(iscard_context_set_policy(kiosk.context, NULL, &leave), E_POINTER);
	hold();
	assert_int_equal(kiosk_commands(), 0);
	kiosk_restart(&(struct iscard_options){.size = 0});
	set(ISCARD_FATE_EJECT, ISCARD_FATE_LEAVE, ISCARD_FATE_LEAVE);
	assert_hr(iscard_context_set_policy(kiosk.context, "*", &leave), S_OK);
	assert_hr(iscard_context_set_policy(kiosk.context, "*", NULL), S_OK);
	hold();
	assert_int_equal(kiosk_commands(), 2);
	kiosk_end();
}

static unsigned looks;

static HRESULT look(void *arg, const struct iscard_job *job)
{
	struct iscard_reader_state state = {.reader = KIOSK};

	(void)arg, (void)job;
	assert_true(SUCCEEDED(iscard_context_wait(kiosk.context, &state, 1, 0)));
	assert_int_equal(state.now.state, 0); /* nothing is known yet */
	looks++;
	return S_OK;
}

/* The motion is a part of the opening: waiting for its end, it would wait for ever. */
static void a_motor_at_the_start_may_look_at_its_reader(void **state)
{
	const struct iscard_mechanics m = {.size = sizeof m, .eject = look};

	(void)state;
	start(0);
	looks = 0;
	set(ISCARD_FATE_EJECT, ISCARD_FATE_LEAVE, ISCARD_FATE_LEAVE);
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", &m), S_OK);
	assert_hr(iscard_context_watch(kiosk.context, NULL, ISCARD_WATCH_CARDS), S_OK);
	assert_int_equal(looks, 1);
	kiosk_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_policy_nothing_moves),
		cmocka_unit_test(a_card_that_a_crash_left_is_ejected_at_the_next_open),
		cmocka_unit_test(a_card_that_a_crash_left_locked_is_let_go_first),
		cmocka_unit_test(each_fate_is_what_it_says),
		cmocka_unit_test(the_next_customer_s_card_is_his_own),
		cmocka_unit_test(power_that_comes_back_finds_the_card),
		cmocka_unit_test(an_orderly_end_moves_the_card_of_a_reader_that_is_held),
		cmocka_unit_test(an_orderly_end_moves_a_watched_card_once),
		cmocka_unit_test(a_card_that_another_context_uses_is_left_to_it),
		cmocka_unit_test(what_cannot_be_done_leaves_the_card_without_power),
		cmocka_unit_test(the_latest_pattern_that_fits_counts),
		cmocka_unit_test(a_motor_at_the_start_may_look_at_its_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
