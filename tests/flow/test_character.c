/* SPDX-License-Identifier: MIT */
/* Readers at character level: the host moves the characters, and says how many it wants back
 * (CCID 3.2 and 6.1.4; wire reference 4.1, 5.4 and 6.1). */
#include "flow.h"

#define CHARACTERS(want, out, in) XFR_OUT(want "00", out), XFR_IN("00", in)

static const struct fake_reader negotiates = {.features = FAKE_AUTO | CCID_FEATURE_AUTO_IFSD};
static const struct fake_reader by_hand = {
	.features = (FAKE_AUTO & ~CCID_FEATURE_AUTO_NEGOTIATION & ~CCID_FEATURE_AUTO_IFSD)};

static void ready(const struct fake_reader *reader, const char *atr,
                  const struct script_step *steps, size_t count)
{
	char on[200] = "80 nnnnnnnn 00 ss 00 00 00 ";
	const struct script_step start[] = {OPENING(INACTIVE), POWER_ON_OUT("00"), GIVE_IN(on)};

	strcat(on, atr);
	FLOW_OPEN(reader, start);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	script_continue(&flow.script, steps, count);
	flow.generation = flow_info().generation;
}
#define READY(reader, atr, steps) ready(reader, atr, steps, sizeof(steps) / sizeof *(steps))

static void t0_moves_by_procedure_bytes(void **state)
{
	static const struct script_step steps[] = {CHARACTERS("01", "00 A4 00 00 02", "A4"),
	                                           CHARACTERS("01", "3F 00", "60"),
	                                           CHARACTERS("01", "", "61"),
	                                           CHARACTERS("01", "", "02"),
	                                           CHARACTERS("01", "00 C0 00 00 02", "C0"),
	                                           CHARACTERS("02", "", "6F 00"),
	                                           CHARACTERS("01", "", "90"),
	                                           CHARACTERS("01", "", "00"),
	                                           CLOSING_POWERED};

	(void)state;
	READY(&negotiates, ATR_T0, steps);
	flow_response_is("6F 00 90 00", flow_transmit(SELECT " 00", CCID_XFR_FOLLOW));
	flow_close();
}

static void t0_takes_a_single_byte_when_the_card_says_so(void **state)
{
	static const struct script_step steps[] = {CHARACTERS("01", "00 B0 00 00 02", "4F"),
	                                           CHARACTERS("01", "", "AA"),
	                                           CHARACTERS("01", "", "4F"),
	                                           CHARACTERS("01", "", "BB"),
	                                           CHARACTERS("01", "", "90"),
	                                           CHARACTERS("01", "", "00"),
	                                           CLOSING_POWERED};

	(void)state;
	READY(&negotiates, ATR_T0, steps);
	flow_response_is("AA BB 90 00", flow_transmit("00 B0 00 00 02", 0));
	flow_close();
}

static void a_wrong_procedure_byte_is_lost_data_and_ends_the_session(void **state)
{
	static const struct script_step steps[] = {CHARACTERS("01", "00 B0 00 00 02", "33"),
	                                           CLOSING_POWERED};

	(void)state;
	READY(&negotiates, ATR_T0, steps);
	assert_int_equal(flow_transmit("00 B0 00 00 02", 0), CCID_E_COMM);
	assert_int_equal(flow_transmit("00 B0 00 00 02", 0), CCID_E_STALE);
	flow_close();
}

/* The reader is in step again, but could not take the card's power: nothing goes to it before that. */
static void a_card_in_the_middle_of_a_command_gets_no_other_before_it_was_off(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0100", "00 B0 00 00 02"),
	                                           SILENCE,
	                                           ABORTED(ACTIVE),
	                                           EXPECT_OUT("63 00000000 00 ss 000000"),
	                                           SILENCE,
	                                           ABORTED(ACTIVE),
	                                           POWER_OFF(INACTIVE),
	                                           CLOSING_UNPOWERED};

	(void)state;
	READY(&negotiates, ATR_T0, steps);
	assert_int_equal(flow_transmit("00 B0 00 00 02", 0), CCID_E_TIMEOUT);
	assert_int_equal(flow_transmit("00 84 00 00 08", 0), CCID_E_TIMEOUT);
	assert_int_equal(flow_transmit("00 84 00 00 08", 0), CCID_E_STALE);
	flow_close();
}

static void t1_takes_the_prologue_and_then_what_it_announces(void **state)
{
	static const struct script_step steps[] = {
		CHARACTERS("03", "00 00 05 00 84 00 00 08 89", "00 00 03"),
		CHARACTERS("04", "", "AA 90 00 39"), CLOSING_POWERED};

	(void)state;
	READY(&negotiates, ATR_T1, steps);
	flow_response_is("AA 90 00", flow_transmit("00 84 00 00 08", 0));
	flow_close();
}

static void t1_asks_again_for_a_garbled_block(void **state)
{
	static const struct script_step steps[] = {
		CHARACTERS("03", "00 00 05 00 84 00 00 08 89", "00 00 02"),
		CHARACTERS("03", "", "90 00 93"), /* EDC wrong */
		CHARACTERS("03", "00 81 00 81", "00 00 02"), CHARACTERS("03", "", "90 00 92"),
		CLOSING_POWERED};

	(void)state;
	READY(&negotiates, ATR_T1, steps);
	flow_response_is("90 00", flow_transmit("00 84 00 00 08", 0));
	flow_close();
}

/* A card that leaves PPS1 out answers with three characters; waiting for four would never end. */
static void a_pps_is_taken_by_what_pps0_announces(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE),
		POWER_ON("00", ATR_FAST),
		CHARACTERS("02", "FF 10 96 79", "FF 00"),
		CHARACTERS("01", "", "FF"),
		EXPECT_OUT("61 nnnnnnnn 00 ss 00 0000 11 00 00 0A 00"),
		GIVE_IN("82 nnnnnnnn 00 ss 00 00 00 11 00 00 0A 00"),
		CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&by_hand, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t0_moves_by_procedure_bytes),
		cmocka_unit_test(t0_takes_a_single_byte_when_the_card_says_so),
		cmocka_unit_test(a_wrong_procedure_byte_is_lost_data_and_ends_the_session),
		cmocka_unit_test(a_card_in_the_middle_of_a_command_gets_no_other_before_it_was_off),
		cmocka_unit_test(t1_takes_the_prologue_and_then_what_it_announces),
		cmocka_unit_test(t1_asks_again_for_a_garbled_block),
		cmocka_unit_test(a_pps_is_taken_by_what_pps0_announces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
