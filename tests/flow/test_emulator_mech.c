/* SPDX-License-Identifier: MIT */
/* The emulated motorised reader: PC_to_RDR_Mechanical, USB CCID 1.1, 6.1.12. */
#include "emu_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ATR     "3B 65 00 00 45 4D 55 30 31"
#define ACCEPT  "71 00000000 00 00 01 0000"
#define EJECT   "71 00000000 00 01 02 0000"
#define CAPTURE "71 00000000 00 02 03 0000"
#define LOCK    "71 00000000 00 03 04 0000"
#define UNLOCK  "71 00000000 00 04 05 0000"

static struct emu_config config(uint32_t mechanical)
{
	struct emu_config cfg;

	talk_now = 0;
	emu_config_init(&cfg);
	emu_config_mechanical(&cfg, mechanical);
	cfg.card_in[0] = true;
	return cfg;
}

static void eject_leaves_the_card_in_the_mouth(void **state)
{
	struct emu_config cfg = config(0x0F);
	struct emu_device *d = talk_new(&cfg);

	(void)state;
	talk_notified(d, "50 03");
	talk(d, "62 00000000 00 00 00 0000", "80 09000000 00 00 00 00 00" ATR);
	talk(d, EJECT, "81 00000000 00 01 02 00 00");
	talk_notified(d, "50 02");
	assert_true(emu_slot(d, 0).in_mouth);
	assert_false(emu_slot(d, 0).active);
	talk(d, EJECT, "81 00000000 00 01 42 FE 00");
	talk(d, ACCEPT, "81 00000000 00 00 01 00 00"); /* drawn in again */
	talk_notified(d, "50 03");
	talk(d, EJECT, "81 00000000 00 01 02 00 00");
	assert_true(emu_take(d, 0, 0));
	assert_false(emu_take(d, 0, 0));
	talk(d, ACCEPT, "81 00000000 00 00 02 00 00");
	assert_true(emu_slot(d, 0).accepting);
	emu_destroy(d);
}

static void a_card_in_the_mouth_may_count_as_present(void **state)
{
	struct emu_config cfg = config(0x02);
	struct emu_device *d;

	(void)state;
	cfg.flags = EMU_MOUTH_IS_PRESENT;
	cfg.take_ms = 4000;
	d = talk_new(&cfg);
	talk(d, EJECT, "81 00000000 00 01 01 00 00");
	assert_int_equal(emu_next_ms(d), 4000);
	talk_now = 4000;
	talk(d, "65 00000000 00 02 000000", "81 00000000 00 02 02 00 00");
	assert_false(emu_slot(d, 0).in_mouth);
	emu_destroy(d);
}

static void capture_keeps_the_card(void **state)
{
	struct emu_config cfg = config(0x04);
	struct emu_device *d = talk_new(&cfg);

	(void)state;
	talk(d, CAPTURE, "81 00000000 00 02 02 00 00");
	assert_int_equal(emu_slot(d, 0).captured, 1);
	assert_false(emu_slot(d, 0).in_mouth);
	talk(d, CAPTURE, "81 00000000 00 02 42 FE 00");
	emu_destroy(d);
}

static void capture_draws_a_card_from_the_mouth_until_the_bin_is_full(void **state)
{
	struct emu_config cfg = config(0x07);
	struct emu_card_config card = cfg.card[0];
	struct emu_device *d;

	(void)state;
	cfg.bin = 1;
	d = talk_new(&cfg);
	talk(d, EJECT, "81 00000000 00 01 02 00 00");
	talk(d, CAPTURE, "81 00000000 00 02 02 00 00");
	assert_false(emu_take(d, 0, 0));
	assert_true(emu_insert(d, 0, &card, 0));
	talk(d, CAPTURE, "81 00000000 00 02 41 FB 00");
	assert_int_equal(emu_slot(d, 0).captured, 1);
	emu_destroy(d);
}

static void a_card_pushed_in_half_is_drawn_in_on_request(void **state)
{
	struct emu_config cfg = config(0x01);
	struct emu_card_config card = cfg.card[0];
	struct emu_device *d;

	(void)state;
	cfg.card_in[0] = false;
	cfg.flags = EMU_MOUTH_IS_PRESENT;
	d = talk_new(&cfg);
	assert_true(emu_insert_half(d, 0, &card, 0));
	talk_notified(d, "50 03");
	talk(d, "62 00000000 00 00 00 0000", "80 00000000 00 00 41 FE 00");
	talk(d, "71 00000000 00 01 01 0000", "81 00000000 00 01 01 00 00");
	talk(d, "62 00000000 00 02 00 0000", "80 09000000 00 02 00 00 00" ATR);
	emu_destroy(d);
}

static void a_card_pulled_during_an_eject_ends_it(void **state)
{
	struct emu_config cfg = config(0x02);
	struct emu_device *d;

	(void)state;
	cfg.motion_ms = 400;
	d = talk_new(&cfg);
	talk_send(d, EJECT);
	talk_now = 200;
	assert_true(emu_remove(d, 0, 200));
	talk_expect(d, "81 00000000 00 01 42 FE 00");
	talk_now = 1000;
	talk_silent(d);
	assert_false(emu_slot(d, 0).in_mouth);
	emu_destroy(d);
}

static void power_that_comes_back_finds_the_card_and_no_lock(void **state)
{
	struct emu_config cfg = config(0x0F);
	struct emu_device *d = talk_new(&cfg);

	(void)state;
	talk(d, LOCK, "81 00000000 00 03 01 00 00");
	emu_unplug(d, 0);
	emu_plug(d, 0);
	assert_true(emu_plugged(d));
	assert_true(emu_slot(d, 0).present);
	assert_false(emu_slot(d, 0).locked);
	emu_destroy(d);
}

static void a_locked_card_stays(void **state)
{
	struct emu_config cfg = config(0x0F);
	struct emu_device *d = talk_new(&cfg);

	(void)state;
	talk(d, LOCK, "81 00000000 00 03 01 00 00");
	assert_false(emu_remove(d, 0, 0));
	talk(d, EJECT, "81 00000000 00 01 41 FB 00");
	talk(d, UNLOCK, "81 00000000 00 04 01 00 00");
	assert_true(emu_remove(d, 0, 0));
	talk(d, LOCK, "81 00000000 00 03 42 FE 00");
	emu_destroy(d);
}

static void what_is_not_advertised_is_refused(void **state)
{
	struct emu_config cfg = config(0x00);
	struct emu_device *d = talk_new(&cfg);

	(void)state;
	talk(d, EJECT, "81 00000000 00 01 41 00 00");
	talk(d, "71 00000000 00 05 00 0000", "81 00000000 00 05 41 07 00");
	talk(d, "71 00000000 00 06 06 0000", "81 00000000 00 06 41 07 00");
	emu_destroy(d);
	cfg = config(0x01);
	d = talk_new(&cfg);
	talk(d, EJECT, "81 00000000 00 01 41 07 00");
	assert_int_equal(emu_counts(d)->unadvertised, 1);
	emu_destroy(d);
}

static void a_slow_motor_asks_for_time(void **state)
{
	struct emu_config cfg = config(0x02);
	struct emu_device *d;

	(void)state;
	cfg.motion_ms = 1200;
	d = talk_new(&cfg);
	talk_send(d, EJECT);
	talk_silent(d);
	talk_now = 500;
	talk_expect(d, "81 00000000 00 01 81 01 00");
	assert_true(emu_slot(d, 0).present);
	talk_now = 1000;
	talk_expect(d, "81 00000000 00 01 81 01 00");
	talk_silent(d);
	assert_int_equal(emu_next_ms(d), 1200);
	talk_now = 1200;
	talk_expect(d, "81 00000000 00 01 02 00 00");
	assert_true(emu_slot(d, 0).in_mouth);
	emu_destroy(d);
}

static void a_jam_fails_before_and_during_the_motion(void **state)
{
	struct emu_config cfg = config(0x02);
	struct emu_device *d;

	(void)state;
	cfg.motion_ms = 200;
	d = talk_new(&cfg);
	emu_jam(d, 0, true);
	talk(d, EJECT, "81 00000000 00 01 41 FB 00");
	emu_jam(d, 0, false);
	talk_send(d, EJECT);
	emu_jam(d, 0, true);
	talk_now = 200;
	talk_expect(d, "81 00000000 00 01 41 FB 00");
	assert_true(emu_slot(d, 0).present);
	emu_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eject_leaves_the_card_in_the_mouth),
		cmocka_unit_test(a_card_in_the_mouth_may_count_as_present),
		cmocka_unit_test(capture_keeps_the_card),
		cmocka_unit_test(capture_draws_a_card_from_the_mouth_until_the_bin_is_full),
		cmocka_unit_test(a_card_pushed_in_half_is_drawn_in_on_request),
		cmocka_unit_test(a_card_pulled_during_an_eject_ends_it),
		cmocka_unit_test(power_that_comes_back_finds_the_card_and_no_lock),
		cmocka_unit_test(a_locked_card_stays),
		cmocka_unit_test(what_is_not_advertised_is_refused),
		cmocka_unit_test(a_slow_motor_asks_for_time),
		cmocka_unit_test(a_jam_fails_before_and_during_the_motion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
