/* SPDX-License-Identifier: MIT */
/* Which speed is asked for: the reader's list, its limit, and message 0x73 for readers that cannot
 * change by themselves (CCID 5.3.3, 6.1.14; wire reference 2.2 and 5.4). */
#include "flow.h"

#include <stdio.h>

#define PPS      ((FAKE_TPDU & ~CCID_FEATURE_AUTO_NEGOTIATION) | CCID_FEATURE_AUTO_PPS)
#define ASK      "A1 03 0000 0000 0C00" /* three rates: 12 bytes */
#define T0(ta1)  "61 05000000 00 ss 00 0000 " ta1 " 00 00 0A 00"
#define SET(ta1) EXPECT_OUT(T0(ta1)), GIVE_IN("82 05000000 00 ss 00 00 00 " ta1 " 00 00 0A 00")

static const struct fake_reader listed = {.features = PPS, .num_data_rates = 3};

/* Rates at 4 MHz: TA1 96 is 250000, 95 125000, 94 62500, 18 129032 */
static void chooses(const char *list_answer, int control_rc, const char *atr, const char *ta1)
{
	char on[80], out[80], in[80], request[120];
	const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON_OUT("00"),
		GIVE_IN(on),       EXPECT_CTRL_FAIL(request, control_rc),
		EXPECT_OUT(out),   GIVE_IN(in),
		CLOSING_POWERED};

	snprintf(on, sizeof on, "80 nnnnnnnn 00 ss 00 00 00 %s", atr);
	snprintf(request, sizeof request, ASK " %s", list_answer);
	snprintf(out, sizeof out, "61 05000000 00 ss 00 0000 %s 00 00 0A 00", ta1);
	snprintf(in, sizeof in, "82 05000000 00 ss 00 00 00 %s 00 00 0A 00", ta1);
	FLOW_OPEN(&listed, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

static void a_rate_of_the_list_is_taken(void **state)
{
	(void)state;
	/* 10753, 125000, 250000 */
	chooses("01 2A 00 00 48 E8 01 00 90 D0 03 00", 0, ATR_FAST, "96");
	chooses("01 2A 00 00 48 E8 01 00 91 D0 03 00", 0, ATR_FAST, "96"); /* rounding */
}

static void the_next_lower_speed_of_the_list_is_taken(void **state)
{
	(void)state;
	/* 10753, 62500, 125000 */
	chooses("01 2A 00 00 24 F4 00 00 48 E8 01 00", 0, ATR_FAST, "95");
}

static void no_common_rate_leaves_the_default(void **state)
{
	(void)state;
	chooses("01 2A 00 00 02 2A 00 00 03 2A 00 00", 0, ATR_FAST, "11");
}

static void a_list_that_cannot_be_had_is_no_limit(void **state)
{
	(void)state;
	chooses("", CCID_E_STALL, ATR_FAST, "96");
	chooses("", CCID_E_TIMEOUT, ATR_FAST, "96");
	chooses("", 0, ATR_FAST, "96");
	chooses("01 2A", 0, ATR_FAST, "96");
	chooses("00 00 00 00 00 00 00 00 00 00 00 00", 0, ATR_FAST, "96");
}

static void a_shorter_list_counts(void **state)
{
	(void)state;
	chooses("48 E8 01 00", 0, ATR_FAST, "95");
}

static void the_list_is_asked_for_once(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON("00", ATR_FAST), EXPECT_CTRL(ASK " 48 E8 01 00"),
		SET("95"),         POWER_ON("00", ATR_FAST), SET("95"),
		CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&listed, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(flow_activate(3, CCID_RESET_WARM), 0);
	flow_close();
}

static void a_slow_card_needs_no_list(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_T0),
	                                           SET("11"), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&listed, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

/* Neither automatic clock nor baud rate: the reader must be told, 4000 kHz and 250000 bit/s. */
static void a_reader_without_automatic_speed_is_told_the_rate(void **state)
{
	static const struct fake_reader manual = {.features = CCID_FEATURE_TPDU |
	                                                      CCID_FEATURE_AUTO_VOLTAGE};
	static const struct script_step steps[] = {
		OPENING(INACTIVE),
		POWER_ON("00", ATR_FAST),
		XFR("FF 10 96 79", "FF 10 96 79"),
		EXPECT_OUT("73 08000000 00 ss 000000 A0 0F 00 00 90 D0 03 00"),
		GIVE_IN("84 08000000 00 ss 00 00 00 A0 0F 00 00 90 D0 03 00"),
		SET("96"),
		SELECT_WORKS,
		CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&manual, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* The card is fast by now and the reader is not: only a cold reset helps. */
static void a_reader_that_cannot_be_told_leads_to_the_default_speed(void **state)
{
	static const struct fake_reader manual = {.features = CCID_FEATURE_TPDU |
	                                                      CCID_FEATURE_AUTO_VOLTAGE};
	static const struct script_step steps[] = {
		OPENING(INACTIVE),
		POWER_ON("00", ATR_FAST),
		XFR("FF 10 96 79", "FF 10 96 79"),
		EXPECT_OUT("73 08000000 00 ss 000000 A0 0F 00 00 90 D0 03 00"),
		GIVE_IN("81 00000000 00 ss 40 00 00"),
		POWER_OFF(INACTIVE),
		POWER_ON("00", ATR_FAST),
		SET("11"),
		SELECT_WORKS,
		CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&manual, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_of_the_list_is_taken),
		cmocka_unit_test(the_next_lower_speed_of_the_list_is_taken),
		cmocka_unit_test(no_common_rate_leaves_the_default),
		cmocka_unit_test(a_list_that_cannot_be_had_is_no_limit),
		cmocka_unit_test(a_shorter_list_counts),
		cmocka_unit_test(the_list_is_asked_for_once),
		cmocka_unit_test(a_slow_card_needs_no_list),
		cmocka_unit_test(a_reader_without_automatic_speed_is_told_the_rate),
		cmocka_unit_test(a_reader_that_cannot_be_told_leads_to_the_default_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
