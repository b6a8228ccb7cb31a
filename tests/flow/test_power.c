/* SPDX-License-Identifier: MIT */
/* Power on and off: the voltage ladder, warm and cold reset, the ATR, what ends and what begins a
 * session (CCID 6.1.1, 6.1.2; ISO/IEC 7816-3 section 6.2; wire reference 3.3 and 8). */
#include "flow.h"

#include <stdio.h>

#define MANUAL_VOLTAGE (FAKE_SHORT & ~CCID_FEATURE_AUTO_VOLTAGE)
#define MUTE(select)   POWER_ON_FAILS(select, FAILED_INACTIVE, "FE")
#define NEXT_VOLTAGE   POWER_OFF(INACTIVE)

static const struct fake_reader automatic = {.features = FAKE_SHORT};
static const struct fake_reader manual = {.features = MANUAL_VOLTAGE};

static void an_automatic_reader_gets_power_select_0(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_T0),
	                                           CLOSING_POWERED};
	static const uint8_t atr[] = {0x3B, 0x02, 0x14, 0x50};
	struct ccid_slot_info info;

	(void)state;
	FLOW_OPEN(&automatic, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	info = flow_info();
	assert_int_equal(info.state, CCID_SLOT_READY);
	assert_int_equal(info.atr_len, sizeof atr);
	assert_memory_equal(info.atr, atr, sizeof atr);
	assert_int_equal(info.protocol, 0);
	flow_close();
}

static void automatic_activation_gets_power_select_0_too(void **state)
{
	static const struct fake_reader reader = {.features = MANUAL_VOLTAGE |
	                                                      CCID_FEATURE_AUTO_ACTIVATION};
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_T0),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

static void the_ladder_is_5_then_3_then_1_8_volts(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), MUTE("01"), NEXT_VOLTAGE, MUTE("02"),
		NEXT_VOLTAGE,      MUTE("03"), NEXT_VOLTAGE, POWER_ON("00", ATR_T0),
		CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&manual, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

static void the_ladder_ends(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), MUTE("01"),   NEXT_VOLTAGE, MUTE("02"),       NEXT_VOLTAGE,
		MUTE("03"),        NEXT_VOLTAGE, MUTE("00"),   CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&manual, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_MUTE);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

static void only_voltages_of_the_descriptor_are_tried(void **state)
{
	static const struct fake_reader reader = {.features = MANUAL_VOLTAGE,
	                                          .voltage = CCID_VOLT_3V};
	static const struct script_step steps[] = {OPENING(INACTIVE), MUTE("02"), NEXT_VOLTAGE,
	                                           POWER_ON("00", ATR_T0), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

static void each_failure_of_a_voltage_moves_on(void **state)
{
	static const char *const errors[] = {"FE", "F5", "F8", "FB", "07", "F7"};

	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		char answer[64];
		const struct script_step steps[] = {OPENING(INACTIVE),      POWER_ON_OUT("01"),
		                                    GIVE_IN(answer),        NEXT_VOLTAGE,
		                                    POWER_ON("02", ATR_T0), CLOSING_POWERED};

		snprintf(answer, sizeof answer, "80 00000000 00 ss 41 %s 00", errors[i]);
		FLOW_OPEN(&manual, steps);
		assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
		flow_close();
	}
}

static void a_refused_last_try_does_not_hide_the_reason(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON_FAILS("01", FAILED_INACTIVE, "F5"),
		NEXT_VOLTAGE,      POWER_ON_FAILS("02", FAILED_INACTIVE, "F5"),
		NEXT_VOLTAGE,      POWER_ON_FAILS("03", FAILED_INACTIVE, "F5"),
		NEXT_VOLTAGE,      POWER_ON_FAILS("00", FAILED_INACTIVE, "07"),
		CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&manual, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_CLASS);
	flow_close();
}

static void no_voltage_helps_an_empty_slot(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON_FAILS("01", FAILED_ABSENT, "FE"), CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&manual, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_NOCARD);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void voltages_are_ten_milliseconds_apart(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), MUTE("01"), NEXT_VOLTAGE,
	                                           POWER_ON("02", ATR_T0), CLOSING_POWERED};
	int64_t start;

	(void)state;
	FLOW_OPEN(&manual, steps);
	start = flow.clock.now;
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_in_range(flow.clock.now - start, 10, 1000);
	flow_close();
}

/* T=15: class B (3 V) alone */
static void a_card_that_names_its_class_gets_it(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON("01", "3B 80 80 1F 02 1D"), NEXT_VOLTAGE,
		POWER_ON("02", "3B 80 80 1F 02 1D"), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&manual, steps);
	assert_int_equal(flow_activate(1, CCID_RESET_NONE), 0);
	flow_close();
}

/* --- the ATR --- */

static void an_empty_atr_is_a_mute_card(void **state)
{
	static const struct fake_reader reader = {.features = MANUAL_VOLTAGE,
	                                          .voltage = CCID_VOLT_5V};
	static const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON_FAILS("01", ACTIVE, "00"), POWER_OFF(INACTIVE),
		POWER_ON_FAILS("00", ACTIVE, "00"), CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_MUTE);
	flow_close();
}

static void an_atr_that_cannot_be_used_is_refused(void **state)
{
	static const char *const atrs[] = {"3B", "03 00", "3B F0 11", "00 00 00 00"};
	static const struct fake_reader reader = {.features = MANUAL_VOLTAGE,
	                                          .voltage = CCID_VOLT_5V};

	(void)state;
	for (size_t i = 0; i < sizeof atrs / sizeof *atrs; i++) {
		char answer[64];
		const struct script_step steps[] = {OPENING(INACTIVE),   POWER_ON_OUT("01"),
		                                    GIVE_IN(answer),     POWER_OFF(INACTIVE),
		                                    POWER_ON_OUT("00"),  GIVE_IN(answer),
		                                    POWER_OFF(INACTIVE), CLOSING_UNPOWERED};

		snprintf(answer, sizeof answer, "80 nnnnnnnn 00 ss 00 00 00 %s", atrs[i]);
		FLOW_OPEN(&reader, steps);
		assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_BAD_ATR);
		assert_int_equal(flow_info().atr_len, 0);
		ccid_reader_abandon(flow.reader);
		flow.script.t.ops->close(&flow.script.t);
		script_done(&flow.script);
	}
}

static void a_wrong_tck_is_no_obstacle(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", "3B 80 01 80"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&automatic, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(flow_info().protocol, 1);
	flow_close();
}

/* --- resets --- */

static void a_warm_reset_is_power_on_alone(void **state)
{
	static const struct script_step steps[] = {POWER_ON("00", "3B 12 18 14 50"),
	                                           CLOSING_POWERED};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&automatic, steps);
	before = flow.generation;
	assert_int_equal(flow_activate(3, CCID_RESET_WARM), 0);
	assert_true(flow_info().generation > before);
	assert_int_equal(flow_info().atr[2], 0x18);
	flow_state_is(CCID_SLOT_READY);
	flow_close();
}

static void a_warm_reset_keeps_the_voltage_that_worked(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),      MUTE("01"),
	                                           NEXT_VOLTAGE,           POWER_ON("02", ATR_T0),
	                                           POWER_ON("02", ATR_T0), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&manual, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(flow_activate(3, CCID_RESET_WARM), 0);
	flow_close();
}

static void a_failed_warm_reset_becomes_a_cold_one(void **state)
{
	static const struct script_step steps[] = {MUTE("00"), POWER_OFF(INACTIVE),
	                                           POWER_ON("00", ATR_T0), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&automatic, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_WARM), 0);
	flow_close();
}

static void a_cold_reset_is_power_off_a_pause_and_power_on(void **state)
{
	static const struct script_step steps[] = {POWER_OFF(INACTIVE), POWER_ON("00", ATR_T0),
	                                           CLOSING_POWERED};
	uint32_t before;
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&automatic, steps);
	before = flow.generation;
	start = flow.clock.now;
	assert_int_equal(flow_activate(3, CCID_RESET_COLD), 0);
	assert_in_range(flow.clock.now - start, 10, 1000);
	assert_true(flow_info().generation > before);
	flow_close();
}

static void no_reset_wanted_means_nothing_on_the_wire(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&automatic, steps);
	before = flow.generation;
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(flow_info().generation, before);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void an_old_session_cannot_speak_to_the_card_after_a_reset(void **state)
{
	static const struct script_step steps[] = {POWER_ON("00", ATR_T0), SELECT_WORKS,
	                                           CLOSING_POWERED};
	uint32_t old;

	(void)state;
	FLOW_READY_THEN(&automatic, steps);
	old = flow.generation;
	assert_int_equal(flow_activate(3, CCID_RESET_WARM), 0);
	flow.generation = old;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow.generation = flow_info().generation;
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void protocols_0_powers_on_and_agrees_on_nothing(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_BOTH),
	                                           POWER_ON("00", ATR_T0), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&automatic, steps);
	assert_int_equal(flow_activate(0, CCID_RESET_NONE), 0);
	flow_state_is(CCID_SLOT_NEGOTIABLE);
	assert_int_equal(flow_info().atr_len, 6);
	assert_true(flow_transmit(SELECT, 0) < 0);
	assert_int_equal(flow_activate(0, CCID_RESET_WARM), 0);
	flow_state_is(CCID_SLOT_NEGOTIABLE);
	assert_int_equal(flow_activate(1, CCID_RESET_NONE), 0);
	flow_state_is(CCID_SLOT_READY);
	flow_close();
}

/* A card that is active at open is left over from another process. */
static void a_card_found_active_is_powered_off_first(void **state)
{
	static const struct script_step steps[] = {OPENING(ACTIVE), POWER_OFF(INACTIVE),
	                                           POWER_ON("00", ATR_T0), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&automatic, steps);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

static void a_slow_card_has_a_minute(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON_OUT("00"), DELAY(59000),
		GIVE_IN("80 04000000 00 ss 00 00 00 " ATR_T0), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&automatic, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

/* A card that came up late does not stay powered when the reader is closed. */
static void a_silent_power_on_ends_after_a_minute(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON_OUT("00"), SILENCE,
	                                           ABORTED(ACTIVE), POWER_OFF(INACTIVE)};
	int64_t start;

	(void)state;
	FLOW_OPEN(&automatic, steps);
	start = flow.clock.now;
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_TIMEOUT);
	assert_in_range(flow.clock.now - start, 60000, 61000);
	ccid_reader_close(flow.reader);
	script_done(&flow.script);
}

static void power_on_waits_for_a_reader_that_activates_by_itself(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),
	                                           POWER_ON_FAILS("00", FAILED_INACTIVE, "F2"),
	                                           POWER_ON_FAILS("00", FAILED_INACTIVE, "F2"),
	                                           POWER_ON("00", ATR_T0), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&automatic, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

/* --- power off --- */

static void power_off_ends_the_session(void **state)
{
	static const struct script_step steps[] = {POWER_OFF(INACTIVE), CLOSING_UNPOWERED};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&automatic, steps);
	before = flow.generation;
	assert_int_equal(ccid_slot_power_off(flow.reader, 0, flow_deadline(3000)), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_true(flow_info().generation > before);
	assert_int_equal(flow_info().atr_len, 0);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

static void a_reader_that_still_says_active_after_power_off_is_not_believed(void **state)
{
	static const struct script_step steps[] = {POWER_OFF(ACTIVE), CLOSING_UNPOWERED};

	(void)state;
	FLOW_READY_THEN(&automatic, steps);
	assert_int_equal(ccid_slot_power_off(flow.reader, 0, flow_deadline(3000)), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

static void power_off_of_an_empty_slot_is_no_error(void **state)
{
	static const struct script_step steps[] = {
		OPENING(ABSENT), EXPECT_OUT("63 00000000 00 ss 000000"),
		GIVE_IN("81 00000000 00 ss 42 FE 00"), CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&automatic, steps);
	assert_int_equal(ccid_slot_power_off(flow.reader, 0, flow_deadline(3000)), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void an_empty_slot_is_asked_before_it_is_called_empty(void **state)
{
	static const struct script_step steps[] = {OPENING(ABSENT), STATUS(ABSENT),
	                                           STATUS(INACTIVE), POWER_ON("00", ATR_T0),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&automatic, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_NOCARD);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_automatic_reader_gets_power_select_0),
		cmocka_unit_test(automatic_activation_gets_power_select_0_too),
		cmocka_unit_test(the_ladder_is_5_then_3_then_1_8_volts),
		cmocka_unit_test(the_ladder_ends),
		cmocka_unit_test(only_voltages_of_the_descriptor_are_tried),
		cmocka_unit_test(each_failure_of_a_voltage_moves_on),
		cmocka_unit_test(a_refused_last_try_does_not_hide_the_reason),
		cmocka_unit_test(no_voltage_helps_an_empty_slot),
		cmocka_unit_test(voltages_are_ten_milliseconds_apart),
		cmocka_unit_test(a_card_that_names_its_class_gets_it),
		cmocka_unit_test(an_empty_atr_is_a_mute_card),
		cmocka_unit_test(an_atr_that_cannot_be_used_is_refused),
		cmocka_unit_test(a_wrong_tck_is_no_obstacle),
		cmocka_unit_test(a_warm_reset_is_power_on_alone),
		cmocka_unit_test(a_warm_reset_keeps_the_voltage_that_worked),
		cmocka_unit_test(a_failed_warm_reset_becomes_a_cold_one),
		cmocka_unit_test(a_cold_reset_is_power_off_a_pause_and_power_on),
		cmocka_unit_test(no_reset_wanted_means_nothing_on_the_wire),
		cmocka_unit_test(an_old_session_cannot_speak_to_the_card_after_a_reset),
		cmocka_unit_test(protocols_0_powers_on_and_agrees_on_nothing),
		cmocka_unit_test(a_card_found_active_is_powered_off_first),
		cmocka_unit_test(a_slow_card_has_a_minute),
		cmocka_unit_test(a_silent_power_on_ends_after_a_minute),
		cmocka_unit_test(power_on_waits_for_a_reader_that_activates_by_itself),
		cmocka_unit_test(power_off_ends_the_session),
		cmocka_unit_test(a_reader_that_still_says_active_after_power_off_is_not_believed),
		cmocka_unit_test(power_off_of_an_empty_slot_is_no_error),
		cmocka_unit_test(an_empty_slot_is_asked_before_it_is_called_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
