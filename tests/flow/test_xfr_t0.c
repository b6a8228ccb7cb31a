/* SPDX-License-Identifier: MIT */
/* T=0 at TPDU level: how an APDU becomes TPDUs, 61xx and 6Cxx (ISO/IEC 7816-3 section 12.2; wire
 * reference 4.1, 6.2, 6.3). */
#include "flow.h"

static const struct fake_reader tpdu = {.features = FAKE_TPDU};

static void each_case_has_its_tpdu(void **state)
{
	static const struct script_step steps[] = {
		XFR("80 30 00 00", "90 00"),
		XFR("00 B0 00 00 10", "00 ++*15 90 00"),
		XFR("00 B0 00 00 00", "00 ++*255 90 00"),
		XFR(SELECT, "90 00"),
		XFR("00 DA 00 00 FF 00 ++*254", "90 00"),
		CLOSING_POWERED,
	};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	flow_response_is("90 00", flow_transmit("80 30 00 00", 0));
	flow_response_is("00 ++*15 90 00", flow_transmit("00 B0 00 00 10", 0));
	flow_response_is("00 ++*255 90 00", flow_transmit("00 B0 00 00 00", 0));
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_response_is("90 00", flow_transmit("00 DA 00 00 FF 00 ++*254", 0));
	flow_close();
}

static void case_4_goes_without_its_le(void **state)
{
	static const struct script_step steps[] = {XFR(SELECT, "61 20"), XFR(SELECT, "90 00"),
	                                           XFR("00 DA 00 00 FF 00 ++*254", "61 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	flow_response_is("61 20", flow_transmit(SELECT " 00", 0));
	flow_response_is("90 00", flow_transmit(SELECT " 10", 0));
	flow_response_is("61 00", flow_transmit("00 DA 00 00 FF 00 ++*254 00", 0));
	flow_close();
}

static void the_raw_call_leaves_61_and_6c_to_the_caller(void **state)
{
	static const struct script_step steps[] = {
		XFR(SELECT, "61 1E"), XFR("00 B0 00 00 00", "6C 10"),
		XFR("00 C0 00 00 1E", "00 ++*29 90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	flow_response_is("61 1E", flow_transmit(SELECT, 0));
	flow_response_is("6C 10", flow_transmit("00 B0 00 00 00", 0));
	flow_response_is("00 ++*29 90 00", flow_transmit("00 C0 00 00 1E", 0));
	flow_close();
}

/* The card holds the first slice and would take whatever comes for the rest. */
static void a_card_with_half_an_apdu_in_envelopes_gets_no_other(void **state)
{
	static const struct script_step steps[] = {
		XFR_FAILS("00 C2 00 00 FF 00 D6 00 00 00 01 2C 00 ++*247", "40", "00"),
		ABORTED(ACTIVE), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	assert_int_equal(flow_transmit("00 D6 00 00 00 01 2C 00 ++*299", CCID_XFR_FOLLOW),
	                 CCID_E_UNSUPPORTED);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

static void follow_fetches_the_response_of_61(void **state)
{
	static const struct script_step steps[] = {
		XFR(SELECT, "61 1E"), XFR("00 C0 00 00 1E", "00 ++*29 90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	flow_response_is("00 ++*29 90 00", flow_transmit(SELECT " 00", CCID_XFR_FOLLOW));
	flow_close();
}

static void follow_goes_on_while_the_card_has_more(void **state)
{
	static const struct script_step steps[] = {
		XFR(SELECT, "61 00"),
		XFR("00 C0 00 00 00", "00 ++*255 61 04"),
		CLOSING_POWERED,
	};
	static const struct script_step more[] = {
		XFR("00 CB 3F FF 01 AA", "61 00"),
		XFR("00 C0 00 00 00", "00 ++*255 61 04"),
		XFR("00 C0 00 00 04", "01 02 03 04 90 00"),
		CLOSING_POWERED,
	};

	(void)state;
	/* Le 00 asks for 256 bytes and has them; the rest is the caller's */
	FLOW_READY_THEN(&tpdu, steps);
	flow_response_is("00 ++*255 61 04", flow_transmit(SELECT " 00", CCID_XFR_FOLLOW));
	flow_close();
	FLOW_READY_THEN(&tpdu, more);
	flow_response_is("00 ++*255 01 02 03 04 90 00",
	                 flow_transmit("00 CB 3F FF 00 00 01 AA 00 00", CCID_XFR_FOLLOW));
	flow_close();
}

static void follow_takes_no_more_than_le(void **state)
{
	static const struct script_step steps[] = {
		XFR(SELECT, "61 1E"), XFR("00 C0 00 00 08", "00 ++*7 61 16"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	flow_response_is("00 ++*7 61 16", flow_transmit(SELECT " 08", CCID_XFR_FOLLOW));
	flow_close();
}

static void follow_does_not_fetch_what_case_3_did_not_ask_for(void **state)
{
	static const struct script_step steps[] = {XFR(SELECT, "61 1E"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	flow_response_is("61 1E", flow_transmit(SELECT, CCID_XFR_FOLLOW));
	flow_close();
}

static void follow_repeats_after_6c_with_the_right_length_once(void **state)
{
	static const struct script_step steps[] = {
		XFR("00 B0 00 00 00", "6C 10"), XFR("00 B0 00 00 10", "00 ++*15 90 00"),
		XFR("00 B0 00 00 00", "6C 10"), XFR("00 B0 00 00 10", "6C 11"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	flow_response_is("00 ++*15 90 00", flow_transmit("00 B0 00 00 00", CCID_XFR_FOLLOW));
	flow_response_is("6C 11", flow_transmit("00 B0 00 00 00", CCID_XFR_FOLLOW));
	flow_close();
}

static void a_write_is_never_repeated_after_6c(void **state)
{
	static const struct script_step steps[] = {XFR("00 DA 00 00 02 AA BB", "6C 10"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	flow_response_is("6C 10", flow_transmit("00 DA 00 00 02 AA BB", CCID_XFR_FOLLOW));
	flow_close();
}

static void the_class_of_get_response_is_the_callers_choice(void **state)
{
	static const struct script_step own[] = {XFR("80 A4 00 00 01 AA", "61 02"),
	                                         XFR("80 C0 00 00 02", "01 02 90 00"),
	                                         CLOSING_POWERED};
	static const struct script_step given[] = {XFR("80 A4 00 00 01 AA", "61 02"),
	                                           XFR("00 C0 00 00 02", "01 02 90 00"),
	                                           CLOSING_POWERED};
	static const uint8_t apdu[] = {0x80, 0xA4, 0x00, 0x00, 0x01, 0xAA, 0x00};

	(void)state;
	FLOW_READY_THEN(&tpdu, own);
	flow_response_is("01 02 90 00",
	                 ccid_slot_transmit(flow.reader, 0, flow.generation, apdu, sizeof apdu,
	                                    flow.rapdu, 258, CCID_XFR_FOLLOW, -1,
	                                    flow_deadline(10000)));
	flow_close();
	FLOW_READY_THEN(&tpdu, given);
	flow_response_is("01 02 90 00",
	                 ccid_slot_transmit(flow.reader, 0, flow.generation, apdu, sizeof apdu,
	                                    flow.rapdu, 258, CCID_XFR_FOLLOW, 0x00,
	                                    flow_deadline(10000)));
	flow_close();
}

static void a_card_that_promises_for_ever_is_bounded(void **state)
{
	static const struct script_step empty[] = {XFR("00 CB 00 00 01 AA", "61 10"),
	                                           XFR("00 C0 00 00 10", "61 10"), CLOSING_POWERED};
	static const struct script_step one[] = {XFR("00 CB 00 00 01 AA", "61 01"),
	                                         FOREVER("6F 05000000 00 ss 00 0000 00 C0 00 00 01",
	                                                 "80 03000000 00 ss 00 00 00 55 61 01"),
	                                         CLOSING_POWERED};
	int rc;

	(void)state;
	FLOW_READY_THEN(&tpdu, empty);
	flow_response_is("61 10", flow_transmit("00 CB 00 00 01 AA 00", CCID_XFR_FOLLOW));
	flow_close();
	FLOW_READY_THEN(&tpdu, one);
	rc = flow_transmit("00 CB 00 00 00 00 01 AA 00 00", CCID_XFR_FOLLOW);
	assert_true(rc < 0 || rc <= 65538);
	flow_close();
}

static void a_short_answer_is_an_error_and_the_next_command_works(void **state)
{
	static const struct script_step steps[] = {XFR("00 B0 00 00 10", "90"), SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	assert_true(flow_transmit("00 B0 00 00 10", 0) < 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void more_than_was_asked_for_is_not_stored(void **state)
{
	static const struct script_step steps[] = {XFR("00 B0 00 00 02", "01 02 03 04 90 00"),
	                                           SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	flow.cap = 4;
	flow.rapdu[4] = 0x77;
	assert_true(flow_transmit("00 B0 00 00 02", 0) < 0);
	assert_int_equal(flow.rapdu[4], 0x77);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void too_much_data_is_refused_before_sending(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	assert_int_equal(flow_transmit("00 DA 00 00 00 01 00 00*256", 0), CCID_E_UNSUPPORTED);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_removal_between_the_tpdus_ends_the_apdu(void **state)
{
	static const struct script_step steps[] = {
		XFR(SELECT, "61 1E"), XFR_OUT("0000", "00 C0 00 00 1E"),
		GIVE_IN("80 00000000 00 ss 42 FE 00"), CLOSING_UNPOWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, steps);
	assert_int_equal(flow_transmit(SELECT " 00", CCID_XFR_FOLLOW), CCID_E_NOCARD);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

/* wLevelParameter and bBWI are 0 for T=0; a card that waits long makes the host wait longer. */
static void the_silence_limit_follows_the_waiting_time_of_the_card(void **state)
{
	/* WI 255 at 4 MHz: 22.8 s for one character */
	static const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON("00", "3B 80 40 FF"), XFR_OUT("0000", SELECT),
		DELAY(5 * 22800),  XFR_IN("00", "90 00"),         CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu, steps);
	assert_int_equal(flow_activate(1, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_has_its_tpdu),
		cmocka_unit_test(case_4_goes_without_its_le),
		cmocka_unit_test(the_raw_call_leaves_61_and_6c_to_the_caller),
		cmocka_unit_test(a_card_with_half_an_apdu_in_envelopes_gets_no_other),
		cmocka_unit_test(follow_fetches_the_response_of_61),
		cmocka_unit_test(follow_goes_on_while_the_card_has_more),
		cmocka_unit_test(follow_takes_no_more_than_le),
		cmocka_unit_test(follow_does_not_fetch_what_case_3_did_not_ask_for),
		cmocka_unit_test(follow_repeats_after_6c_with_the_right_length_once),
		cmocka_unit_test(a_write_is_never_repeated_after_6c),
		cmocka_unit_test(the_class_of_get_response_is_the_callers_choice),
		cmocka_unit_test(a_card_that_promises_for_ever_is_bounded),
		cmocka_unit_test(a_short_answer_is_an_error_and_the_next_command_works),
		cmocka_unit_test(more_than_was_asked_for_is_not_stored),
		cmocka_unit_test(too_much_data_is_refused_before_sending),
		cmocka_unit_test(a_removal_between_the_tpdus_ends_the_apdu),
		cmocka_unit_test(the_silence_limit_follows_the_waiting_time_of_the_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
