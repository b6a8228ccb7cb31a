/* SPDX-License-Identifier: MIT */
/* What an APDU or a PIN leaves in the buffers of a reader with one busy slot: nothing; nor what comes of a
 * response that fails in the caller's. */
#include "flow.h"
#include "reader_priv.h"

#define FEATURES                                                                                   \
	((FAKE_TPDU & ~CCID_FEATURE_AUTO_NEGOTIATION) | CCID_FEATURE_AUTO_PPS |                    \
	 CCID_FEATURE_AUTO_IFSD)
#define SECRET     "31 32 33 34"
#define ANSWER     "A1 A2 A3 A4"
#define VERIFY     "00 20 00 80 04 " SECRET
#define PARAMETERS "11 10 00 4D 00 20 00"

static bool holds(const uint8_t *buf, size_t cap)
{
	for (size_t i = 0; i < cap; i++)
		if ((buf[i] >= 0x31 && buf[i] <= 0x34) || (buf[i] >= 0xA1 && buf[i] <= 0xA4))
			return true;
	return false;
}

static bool anything_is_left(void)
{
	const struct ccid_reader *r = flow.reader;

	return holds(r->out, r->out_cap) || holds(r->in, r->in_cap) ||
	       holds(flow.rapdu, flow.cap) ||
	       holds(r->slot[0].t1.block, sizeof r->slot[0].t1.block);
}

static void an_apdu_in_a_block_leaves_nothing(void **state)
{
	static const struct fake_reader tpdu = {.features = FEATURES};
	static const struct script_step steps[] = {
		OPENING(INACTIVE),
		POWER_ON("00", ATR_T1),
		EXPECT_OUT("61 nnnnnnnn 00 ss 01 0000 " PARAMETERS),
		GIVE_IN("82 nnnnnnnn 00 ss 00 00 01 " PARAMETERS),
		XFR("00 00 09 " VERIFY " A9", "00 00 06 " ANSWER " 90 00 92"),
		CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu, steps);
	assert_int_equal(flow_activate(2, CCID_RESET_NONE), 0);
	flow_response_is(ANSWER " 90 00", flow_transmit(VERIFY, 0));
	memset(flow.rapdu, 0, 4);
	assert_false(anything_is_left());
	flow_close();
}

static void a_response_that_breaks_off_leaves_nothing(void **state)
{
	static const struct fake_reader apdu = {.features = FAKE_SHORT};
	static const struct script_step steps[] = {
		XFR_OUT("0000", VERIFY), XFR_IN("01", ANSWER), XFR_OUT("1000", ""),
		GIVE_IN("80 nnnnnnnn 00 ss 40 FB 00 00 00 00 00 00 " ANSWER), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&apdu, steps);
	assert_int_equal(flow_transmit(VERIFY, 0), CCID_E_HARDWARE);
	assert_false(anything_is_left());
	flow_close();
}

static void what_came_before_a_follow_up_that_fails_is_gone(void **state)
{
	static const struct fake_reader apdu = {.features = FAKE_SHORT};
	static const struct script_step steps[] = {
		XFR("00 B0 00 00 00", ANSWER " 61 04"), XFR_OUT("0000", "00 C0 00 00 04"),
		GIVE_IN("80 nnnnnnnn 00 ss 40 FB 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&apdu, steps);
	assert_int_equal(flow_transmit("00 B0 00 00 00", CCID_XFR_FOLLOW), CCID_E_HARDWARE);
	assert_false(anything_is_left());
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_apdu_in_a_block_leaves_nothing),
		cmocka_unit_test(a_response_that_breaks_off_leaves_nothing),
		cmocka_unit_test(what_came_before_a_follow_up_that_fails_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
