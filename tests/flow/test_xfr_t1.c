/* SPDX-License-Identifier: MIT */
/* T=1 at TPDU level: blocks in XfrBlocks, bBWI, and what the reader's failures mean to the
 * protocol (CCID 6.1.4; ISO/IEC 7816-3 section 11; wire reference 7). */
#include "flow.h"

#define FEATURES                                                                                   \
	((FAKE_TPDU & ~CCID_FEATURE_AUTO_NEGOTIATION) | CCID_FEATURE_AUTO_PPS |                    \
	 CCID_FEATURE_AUTO_IFSD)
static const struct fake_reader tpdu = {.features = FEATURES};

#define T1_PARAMETERS(ifsc) "11 10 00 4D 00 " ifsc " 00"
#define BEGIN(ifsc)                                                                                \
	OPENING(INACTIVE), POWER_ON("00", ATR_T1),                                                 \
		EXPECT_OUT("61 nnnnnnnn 00 ss 01 0000 " T1_PARAMETERS("20")),                      \
		GIVE_IN("82 nnnnnnnn 00 ss 00 00 01 " T1_PARAMETERS(ifsc))

#define SELECT_BLOCK "00 00 07 " SELECT " 9E" /* I(0,0) */
#define SW_BLOCK     "00 00 02 90 00 92"      /* I(0,0) */

static void activated(const struct script_step *steps, size_t count)
{
	flow_open(&tpdu, steps, count);
	assert_int_equal(flow_activate(2, CCID_RESET_NONE), 0);
	assert_int_equal(flow_info().protocol, 1);
}
#define ACTIVATED(steps) activated(steps, sizeof(steps) / sizeof *(steps))

static void an_apdu_is_one_block_each_way(void **state)
{
	static const struct script_step steps[] = {
		BEGIN("20"), XFR(SELECT_BLOCK, SW_BLOCK),
		XFR("00 40 07 " SELECT " DE", "00 40 02 6A 82 AA"), CLOSING_POWERED};

	(void)state;
	ACTIVATED(steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_response_is("6A 82", flow_transmit(SELECT, 0));
	flow_close();
}

static void the_readers_smaller_ifsc_is_obeyed(void **state)
{
	static const struct script_step steps[] = {
		BEGIN("04"), XFR("00 20 04 00 A4 00 00 80", "00 90 00 90"),
		XFR("00 40 03 02 3F 00 7E", SW_BLOCK), CLOSING_POWERED};

	(void)state;
	ACTIVATED(steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_larger_ifsc_of_the_reader_is_not_believed(void **state)
{
	static const struct script_step steps[] = {
		BEGIN("FE"), XFR("00 20 20 00 DA 00 00 30 00 ++*26 F1", "00 90 00 90"),
		XFR("00 40 15 1B ++*20 4E", SW_BLOCK), CLOSING_POWERED};

	(void)state;
	ACTIVATED(steps);
	flow_response_is("90 00", flow_transmit("00 DA 00 00 30 00 ++*47", 0));
	flow_close();
}

static void the_cards_waiting_time_goes_into_bbwi_once(void **state)
{
	static const struct script_step steps[] = {
		BEGIN("20"),
		XFR(SELECT_BLOCK, "00 C3 01 05 C7"),
		EXPECT_OUT("6F nnnnnnnn 00 ss 05 0000 00 E3 01 05 E7"),
		XFR_IN("00", SW_BLOCK),
		XFR("00 40 07 " SELECT " DE", "00 40 02 90 00 D2"),
		CLOSING_POWERED};

	(void)state;
	ACTIVATED(steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* FD and FC mean a block that was not understood: R with error 1. FE: R with error 2. */
static void failures_of_the_reader_are_invalid_blocks(void **state)
{
	static const struct script_step parity[] = {BEGIN("20"),
	                                            XFR_FAILS(SELECT_BLOCK, FAILED_ACTIVE, "FD"),
	                                            XFR("00 81 00 81", SW_BLOCK), CLOSING_POWERED};
	static const struct script_step mute[] = {BEGIN("20"),
	                                          XFR_FAILS(SELECT_BLOCK, FAILED_ACTIVE, "FE"),
	                                          XFR("00 82 00 82", SW_BLOCK), CLOSING_POWERED};

	(void)state;
	ACTIVATED(parity);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
	ACTIVATED(mute);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_wrong_edc_is_asked_for_again(void **state)
{
	static const struct script_step steps[] = {BEGIN("20"),
	                                           XFR(SELECT_BLOCK, "00 00 02 90 00 93"),
	                                           XFR("00 81 00 81", SW_BLOCK), CLOSING_POWERED};

	(void)state;
	ACTIVATED(steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_removed_card_ends_the_protocol_at_once(void **state)
{
	static const struct script_step steps[] = {
		BEGIN("20"), XFR_FAILS(SELECT_BLOCK, FAILED_ABSENT, "FE"), CLOSING_UNPOWERED};

	(void)state;
	ACTIVATED(steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_NOCARD);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

/* Rule 7.4.3: the card says nothing any more. The host tries, resynchronises, and stops. */
static void a_card_that_stays_mute_is_given_up_in_bounded_time(void **state)
{
	static const struct script_step steps[] = {
		BEGIN("20"), XFR_FAILS(SELECT_BLOCK, FAILED_ACTIVE, "FE"),
		FOREVER("6F 04000000 00 ss 00 0000 ?? ?? 00 ??", "80 00000000 00 ss 40 FE 00"),
		POWER_OFF(INACTIVE), CLOSING_UNPOWERED};
	unsigned outs;
	int rc;

	(void)state;
	ACTIVATED(steps);
	outs = flow.script.outs;
	rc = flow_transmit(SELECT, 0);
	assert_true(rc < 0);
	assert_in_range(flow.script.outs - outs, 3, 30);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_apdu_is_one_block_each_way),
		cmocka_unit_test(the_readers_smaller_ifsc_is_obeyed),
		cmocka_unit_test(a_larger_ifsc_of_the_reader_is_not_believed),
		cmocka_unit_test(the_cards_waiting_time_goes_into_bbwi_once),
		cmocka_unit_test(failures_of_the_reader_are_invalid_blocks),
		cmocka_unit_test(a_wrong_edc_is_asked_for_again),
		cmocka_unit_test(a_removed_card_ends_the_protocol_at_once),
		cmocka_unit_test(a_card_that_stays_mute_is_given_up_in_bounded_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
