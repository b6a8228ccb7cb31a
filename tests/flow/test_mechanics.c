/* SPDX-License-Identifier: MIT */
/* PC_to_RDR_Mechanical and PC_to_RDR_Escape (CCID 6.1.12, 6.1.8; wire reference 3.3). */
#include "flow.h"

static const struct fake_reader motor = {.features = FAKE_SHORT, .mechanical = 0xF};

#define MECHANICAL(function, bstatus)                                                              \
	EXPECT_OUT("71 00000000 00 ss " function " 0000"),                                         \
		GIVE_IN("81 00000000 00 ss " bstatus " 00 00")
#define MECHANICAL_FAILS(function, bstatus, berror)                                                \
	EXPECT_OUT("71 00000000 00 ss " function " 0000"),                                         \
		GIVE_IN("81 00000000 00 ss " bstatus " " berror " 00")

static int mechanical(enum ccid_mechanical function)
{
	return ccid_slot_mechanical(flow.reader, 0, function, flow_deadline(FLOW_LIMIT_MS));
}

/* --- the bytes --- */

static void accept_is_function_1(void **state)
{
	static const struct script_step steps[] = {OPENING(ABSENT), MECHANICAL("01", ABSENT)};

	(void)state;
	FLOW_OPEN(&motor, steps);
	assert_int_equal(mechanical(CCID_MECHANICAL_ACCEPT), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void eject_is_function_2_after_power_off(void **state)
{
	static const struct script_step steps[] = {POWER_OFF(INACTIVE), MECHANICAL("02", ABSENT)};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&motor, steps);
	before = flow.generation;
	assert_int_equal(mechanical(CCID_MECHANICAL_EJECT), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	assert_true(flow_info().generation > before);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

static void capture_is_function_3_after_power_off(void **state)
{
	static const struct script_step steps[] = {POWER_OFF(INACTIVE), MECHANICAL("03", ABSENT)};

	(void)state;
	FLOW_READY_THEN(&motor, steps);
	assert_int_equal(mechanical(CCID_MECHANICAL_CAPTURE), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void lock_is_function_4_and_leaves_the_session_alone(void **state)
{
	static const struct script_step steps[] = {MECHANICAL("04", ACTIVE), SELECT_WORKS,
	                                           CLOSING_POWERED};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&motor, steps);
	before = flow.generation;
	assert_int_equal(mechanical(CCID_MECHANICAL_LOCK), 0);
	assert_int_equal(flow_info().generation, before);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void unlock_is_function_5(void **state)
{
	static const struct script_step steps[] = {MECHANICAL("05", ACTIVE), SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&motor, steps);
	assert_int_equal(mechanical(CCID_MECHANICAL_UNLOCK), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* --- permission --- */

static void nothing_is_sent_without_its_bit(void **state)
{
	static const struct {
		enum ccid_mechanical function;
		uint32_t bit;
	} need[] = {
		{CCID_MECHANICAL_ACCEPT, CCID_MECH_ACCEPT},
		{CCID_MECHANICAL_EJECT, CCID_MECH_EJECT},
		{CCID_MECHANICAL_CAPTURE, CCID_MECH_CAPTURE},
		{CCID_MECHANICAL_LOCK, CCID_MECH_LOCK},
		{CCID_MECHANICAL_UNLOCK, CCID_MECH_LOCK},
	};
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	for (size_t i = 0; i < sizeof need / sizeof *need; i++) {
		struct fake_reader reader = {.features = FAKE_SHORT,
		                             .mechanical = 0xF & ~need[i].bit};

		FLOW_READY_THEN(&reader, steps);
		assert_int_equal(mechanical(need[i].function), CCID_E_UNSUPPORTED);
		/* the card was not even powered off */
		flow_response_is("90 00", flow_transmit(SELECT, 0));
		flow_close();
	}
}

/* MySmartPad's descriptor */
static void junk_in_dwmechanical_is_no_permission(void **state)
{
	static const struct fake_reader reader = {.features = FAKE_SHORT, .mechanical = 0x03000000};
	static const struct script_step steps[] = {OPENING(INACTIVE)};

	(void)state;
	FLOW_OPEN(&reader, steps);
	for (int f = CCID_MECHANICAL_ACCEPT; f <= CCID_MECHANICAL_UNLOCK; f++)
		assert_int_equal(mechanical((enum ccid_mechanical)f), CCID_E_UNSUPPORTED);
	assert_int_equal(ccid_reader_mechanical(flow.reader), 0);
	flow_close();
}

static void functions_that_do_not_exist_are_the_callers_fault(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE)};

	(void)state;
	FLOW_OPEN(&motor, steps);
	assert_int_equal(mechanical((enum ccid_mechanical)0), CCID_E_ARG);
	assert_int_equal(mechanical((enum ccid_mechanical)6), CCID_E_ARG);
	assert_int_equal(
		ccid_slot_mechanical(flow.reader, 1, CCID_MECHANICAL_EJECT, flow_deadline(1000)),
		CCID_E_NO_SLOT);
	flow_close();
}

/* --- failure --- */

static void a_jam_is_a_failure_and_the_card_is_off_all_the_same(void **state)
{
	static const struct script_step steps[] = {POWER_OFF(INACTIVE),
	                                           MECHANICAL_FAILS("02", FAILED_INACTIVE, "FB")};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&motor, steps);
	before = flow.generation;
	assert_int_equal(mechanical(CCID_MECHANICAL_EJECT), CCID_E_HARDWARE);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_true(flow_info().generation > before);
	flow_close();
}

static void refusals_have_their_codes(void **state)
{
	static const struct {
		const char *answer;
		int err;
	} cases[] = {
		{"81 00000000 00 ss 41 00 00", CCID_E_UNSUPPORTED},
		{"81 00000000 00 ss 41 07 00", CCID_E_REFUSED},
		{"81 00000000 00 ss 42 FE 00", CCID_E_NOCARD},
		{"81 00000000 00 ss 41 FE 00", CCID_E_REFUSED},
		{"81 00000000 00 ss 41 FB 00", CCID_E_HARDWARE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct script_step steps[] = {OPENING(INACTIVE), POWER_OFF(INACTIVE),
		                                    EXPECT_OUT("71 00000000 00 ss 02 0000"),
		                                    GIVE_IN(cases[i].answer)};

		FLOW_OPEN(&motor, steps);
		assert_string_equal(ccid_err_name(mechanical(CCID_MECHANICAL_EJECT)),
		                    ccid_err_name(cases[i].err));
		flow_close();
	}
}

static void a_power_off_that_fails_stops_the_eject(void **state)
{
	static const struct script_step steps[] = {EXPECT_OUT("63 00000000 00 ss 000000"),
	                                           GIVE_IN("81 00000000 00 ss 40 FB 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&motor, steps);
	assert_int_equal(mechanical(CCID_MECHANICAL_EJECT), CCID_E_HARDWARE);
	flow_close();
}

static void an_ejected_card_may_sit_in_the_mouth(void **state)
{
	static const struct script_step steps[] = {POWER_OFF(INACTIVE), MECHANICAL("02", INACTIVE)};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&motor, steps);
	before = flow.generation;
	assert_int_equal(mechanical(CCID_MECHANICAL_EJECT), 0);
	assert_true(flow_info().generation > before);
	assert_int_equal(flow_info().atr_len, 0);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

static void an_eject_ends_what_was_known_of_an_unpowered_card(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_OFF(INACTIVE),
	                                           MECHANICAL("02", INACTIVE)};
	uint32_t before;

	(void)state;
	FLOW_OPEN(&motor, steps);
	before = flow_info().generation;
	assert_int_equal(mechanical(CCID_MECHANICAL_EJECT), 0);
	assert_true(flow_info().generation > before);
	flow_close();
}

static void motors_are_slow(void **state)
{
	static const struct script_step steps[] = {
		OPENING(ABSENT), EXPECT_OUT("71 00000000 00 ss 01 0000"), DELAY(29000),
		GIVE_IN("81 00000000 00 ss 02 00 00")};

	(void)state;
	FLOW_OPEN(&motor, steps);
	assert_int_equal(mechanical(CCID_MECHANICAL_ACCEPT), 0);
	flow_close();
}

static void a_silent_motor_is_given_up_after_thirty_seconds(void **state)
{
	static const struct script_step steps[] = {OPENING(ABSENT),
	                                           EXPECT_OUT("71 00000000 00 ss 01 0000"), SILENCE,
	                                           ABORTED(ABSENT), STATUS(ABSENT)};
	int64_t start;

	(void)state;
	FLOW_OPEN(&motor, steps);
	start = flow.clock.now;
	assert_int_equal(mechanical(CCID_MECHANICAL_ACCEPT), CCID_E_TIMEOUT);
	assert_int_equal(flow.clock.now - start, 30000);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(1000)), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void limits_are_the_callers_choice(void **state)
{
	static const struct ccid_limits limits = {
		.power_on_ms = 1000, .command_ms = 1000, .motion_ms = 700, .escape_ms = 300};
	static const struct script_step steps[] = {OPENING(ABSENT),
	                                           EXPECT_OUT("71 00000000 00 ss 01 0000"),
	                                           SILENCE,
	                                           ABORTED(ABSENT),
	                                           EXPECT_OUT("6B 01000000 00 ss 000000 AA"),
	                                           SILENCE,
	                                           ABORTED(ABSENT),
	                                           POWER_OFF(ABSENT)};
	uint8_t in[4];
	int64_t start;

	(void)state;
	fake_clock_init(&flow.clock);
	SCRIPT_START(&flow.script, &motor, steps, &flow.clock);
	assert_int_equal(ccid_reader_open(&flow.reader, &flow.script.t, &limits, &flow.clock.env,
	                                  flow_deadline(1000)),
	                 0);
	start = flow.clock.now;
	assert_int_equal(mechanical(CCID_MECHANICAL_ACCEPT), CCID_E_TIMEOUT);
	assert_int_equal(flow.clock.now - start, 700);
	assert_int_equal(ccid_reader_escape(flow.reader, 0, (const uint8_t *)"\xAA", 1, in,
	                                    sizeof in, flow_deadline(5000)),
	                 CCID_E_TIMEOUT);
	assert_int_equal(flow.clock.now - start, 1000);
	ccid_reader_close(flow.reader);
	script_done(&flow.script);
}

/* --- escape --- */

static void escape_carries_bytes_out_and_in_without_a_card(void **state)
{
	static const struct script_step steps[] = {
		OPENING(ABSENT), EXPECT_OUT("6B 02000000 00 ss 000000 1F 01"),
		GIVE_IN("83 03000000 00 ss 02 00 00 0A 0B 0C"),
		EXPECT_OUT("6B 00000000 00 ss 000000"), GIVE_IN("83 00000000 00 ss 02 00 00")};
	uint8_t in[3];

	(void)state;
	FLOW_OPEN(&motor, steps);
	assert_int_equal(ccid_reader_escape(flow.reader, 0, (const uint8_t *)"\x1F\x01", 2, in,
	                                    sizeof in, flow_deadline(1000)),
	                 3);
	assert_memory_equal(in, "\x0A\x0B\x0C", 3);
	assert_int_equal(
		ccid_reader_escape(flow.reader, 0, NULL, 0, in, sizeof in, flow_deadline(1000)), 0);
	flow_close();
}

static void an_escape_answer_is_bounded_by_the_callers_buffer(void **state)
{
	static const struct script_step steps[] = {
		OPENING(ABSENT), EXPECT_OUT("6B 01000000 00 ss 000000 AA"),
		GIVE_IN("83 03000000 00 ss 02 00 00 0A 0B 0C"), STATUS(ABSENT)};
	uint8_t in[3] = {0, 0, 0x77};

	(void)state;
	FLOW_OPEN(&motor, steps);
	assert_int_equal(ccid_reader_escape(flow.reader, 0, (const uint8_t *)"\xAA", 1, in, 2,
	                                    flow_deadline(1000)),
	                 CCID_E_SPACE);
	assert_int_equal(in[2], 0x77);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(1000)), 0);
	flow_close();
}

static void an_escape_that_is_refused_is_an_error(void **state)
{
	static const struct script_step steps[] = {
		OPENING(ABSENT), EXPECT_OUT("6B 01000000 00 ss 000000 AA"),
		GIVE_IN("81 00000000 00 ss 42 00 00"), EXPECT_OUT("6B 01000000 00 ss 000000 AA"),
		GIVE_IN("83 00000000 00 ss 42 0A 00")};
	uint8_t in[3];

	(void)state;
	FLOW_OPEN(&motor, steps);
	assert_int_equal(ccid_reader_escape(flow.reader, 0, (const uint8_t *)"\xAA", 1, in, 3,
	                                    flow_deadline(1000)),
	                 CCID_E_UNSUPPORTED);
	assert_int_equal(ccid_reader_escape(flow.reader, 0, (const uint8_t *)"\xAA", 1, in, 3,
	                                    flow_deadline(1000)),
	                 CCID_E_REFUSED);
	flow_close();
}

static void an_escape_beyond_the_message_length_is_refused_before_sending(void **state)
{
	static const struct script_step steps[] = {OPENING(ABSENT)};
	static uint8_t out[300], in[3];

	(void)state;
	FLOW_OPEN(&motor, steps);
	assert_int_equal(ccid_reader_escape(flow.reader, 0, out, 262, in, 3, flow_deadline(1000)),
	                 CCID_E_ARG);
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(accept_is_function_1),
		cmocka_unit_test(eject_is_function_2_after_power_off),
		cmocka_unit_test(capture_is_function_3_after_power_off),
		cmocka_unit_test(lock_is_function_4_and_leaves_the_session_alone),
		cmocka_unit_test(unlock_is_function_5),
		cmocka_unit_test(nothing_is_sent_without_its_bit),
		cmocka_unit_test(junk_in_dwmechanical_is_no_permission),
		cmocka_unit_test(functions_that_do_not_exist_are_the_callers_fault),
		cmocka_unit_test(a_jam_is_a_failure_and_the_card_is_off_all_the_same),
		cmocka_unit_test(refusals_have_their_codes),
		cmocka_unit_test(a_power_off_that_fails_stops_the_eject),
		cmocka_unit_test(an_ejected_card_may_sit_in_the_mouth),
		cmocka_unit_test(an_eject_ends_what_was_known_of_an_unpowered_card),
		cmocka_unit_test(motors_are_slow),
		cmocka_unit_test(a_silent_motor_is_given_up_after_thirty_seconds),
		cmocka_unit_test(limits_are_the_callers_choice),
		cmocka_unit_test(escape_carries_bytes_out_and_in_without_a_card),
		cmocka_unit_test(an_escape_answer_is_bounded_by_the_callers_buffer),
		cmocka_unit_test(an_escape_that_is_refused_is_an_error),
		cmocka_unit_test(an_escape_beyond_the_message_length_is_refused_before_sending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
