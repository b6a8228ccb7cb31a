/* SPDX-License-Identifier: MIT */
/* What the quirk table changes on the wire (wire reference 8 and 11). */
#include "flow.h"

static void a_quirk_that_applies_is_logged(void **state)
{
	static const struct fake_reader kobil = {
		.vid = 0x0D46, .pid = 0x301D, .features = FAKE_SHORT};
	static const struct script_step steps[] = {OPENING(ABSENT)};

	(void)state;
	FLOW_OPEN(&kobil, steps);
	assert_true(fake_clock_logged(&flow.clock, "quirk"));
	flow_close();
}

static void some_readers_want_power_off_before_power_on(void **state)
{
	static const struct fake_reader kobil = {
		.vid = 0x0D46, .pid = 0x301D, .features = FAKE_SHORT};
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_OFF(INACTIVE),
	                                           POWER_ON("00", ATR_T0), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&kobil, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

static void some_readers_look_for_cards_only_after_power_off(void **state)
{
	static const struct fake_reader elatec = {
		.vid = 0x09D8, .pid = 0x0427, .features = FAKE_SHORT};
	static const struct script_step steps[] = {OPENING(ABSENT), POWER_OFF(ABSENT)};

	(void)state;
	FLOW_OPEN(&elatec, steps);
	flow_close();
}

/* --- EMV mode: bError BB, ended by an escape --- */

static const struct fake_reader gempc433 = {.vid = 0x08E6, .pid = 0x4433, .features = FAKE_SHORT};

#define EMV_REFUSES    POWER_ON_FAILS("00", FAILED_INACTIVE, "BB")
#define ESCAPE(bytes)  EXPECT_OUT("6B 02000000 00 ss 000000 " bytes)
#define ESCAPE_WORKS   GIVE_IN("83 00000000 00 ss 01 00 00")
#define ESCAPE_REFUSED GIVE_IN("81 00000000 00 ss 41 00 00")

static void emv_mode_is_ended_with_the_first_escape_that_works(void **state)
{
	static const struct script_step first[] = {OPENING(INACTIVE),      EMV_REFUSES,
	                                           ESCAPE("1F 01"),        ESCAPE_WORKS,
	                                           POWER_ON("00", ATR_T0), CLOSING_POWERED};
	static const struct script_step second[] = {
		OPENING(INACTIVE), EMV_REFUSES,  ESCAPE("1F 01"),        ESCAPE_REFUSED,
		ESCAPE("F1 01"),   ESCAPE_WORKS, POWER_ON("00", ATR_T0), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&gempc433, first);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
	FLOW_OPEN(&gempc433, second);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

static void other_readers_get_no_escape_they_did_not_ask_for(void **state)
{
	static const struct fake_reader plain = {.features = FAKE_SHORT};
	static const struct script_step steps[] = {OPENING(INACTIVE), EMV_REFUSES,
	                                           POWER_OFF(INACTIVE), POWER_ON("00", ATR_T0),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&plain, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

/* --- limits --- */

/* The Thales reader swallows the card's WTX: five minutes more before it counts as silent. */
static void a_slow_reader_is_waited_for(void **state)
{
	static const struct fake_reader thales = {
		.vid = 0x08E6, .pid = 0x34D2, .features = FAKE_SHORT};
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), DELAY(310000),
	                                           XFR_IN("00", "90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&thales, steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_message_limit_of_263_is_read_as_271_for_scm(void **state)
{
	static const struct fake_reader scm = {
		.vid = 0x04E6, .pid = 0x5116, .features = FAKE_SHORT, .max_message = 263};
	static const struct fake_reader other = {.features = FAKE_SHORT, .max_message = 263};
	static const struct script_step steps[] = {XFR("00 DA 00 00 FF 00 ++*254 00", "90 00"),
	                                           CLOSING_POWERED};
	static const struct script_step refused[] = {CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&scm, steps);
	flow_response_is("90 00", flow_transmit("00 DA 00 00 FF 00 ++*254 00", 0));
	flow_close();
	FLOW_READY_THEN(&other, refused);
	assert_int_equal(flow_transmit("00 DA 00 00 FF 00 ++*254 00", 0), CCID_E_UNSUPPORTED);
	flow_close();
}

static void slots_that_do_not_work_are_hidden(void **state)
{
	static const struct fake_reader scr331di = {.vid = 0x04E6,
	                                            .pid = 0x5111,
	                                            .bcd_device = 0x0700,
	                                            .features = FAKE_SHORT,
	                                            .slots = 2};
	static const struct script_step steps[] = {OPENING(ABSENT)};

	(void)state;
	FLOW_OPEN(&scr331di, steps);
	assert_int_equal(ccid_reader_slots(flow.reader), 1);
	assert_int_equal(ccid_reader_claims(flow.reader)->max_slot_index, 1);
	flow_close();
}

static void a_level_that_is_a_lie_is_not_used(void **state)
{
	static const struct fake_reader tribank = {
		.vid = 0x0D46, .pid = 0x3010, .features = FAKE_EXTENDED};
	static const struct script_step steps[] = {CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tribank, steps);
	assert_int_equal(ccid_reader_level(flow.reader), CCID_LEVEL_SHORT_APDU);
	assert_int_equal(flow_transmit("00 DA 00 00 00 02 00 00*512", 0), CCID_E_UNSUPPORTED);
	flow_close();
}

/* Two dumps of one firmware differ in the level that they claim. */
static void a_level_that_is_an_understatement_is_raised(void **state)
{
	static const struct fake_reader omnikey = {
		.vid = 0x076B, .pid = 0x3A21, .features = FAKE_SHORT, .max_message = 271};
	static const struct script_step steps[] = {XFR_OUT("0100", "00 DA 00 00 00 01 00 ++*254"),
	                                           XFR_IN("10", ""), XFR_OUT("0200", "FF 00"),
	                                           XFR_IN("00", "90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&omnikey, steps);
	assert_int_equal(ccid_reader_level(flow.reader), CCID_LEVEL_EXTENDED_APDU);
	flow_response_is("90 00", flow_transmit("00 DA 00 00 00 01 00 ++*256", 0));
	flow_close();
}

/* Alcor's AU9540 works with what it took from the ATR. */
static void parameters_that_a_reader_refuses_are_not_sent_again(void **state)
{
	static const struct fake_reader alcor = {
		.vid = 0x058F, .pid = 0x9540, .features = 0x000200BA};
	static const struct script_step steps[] = {
		OPENING(INACTIVE),
		POWER_ON("00", ATR_T1),
		EXPECT_OUT("61 07000000 00 ss 01 0000 11 10 00 4D 00 20 00"),
		GIVE_IN("82 00000000 00 ss 41 FE 00"),
		POWER_OFF(INACTIVE),
		POWER_ON("00", ATR_T1),
		SELECT_WORKS,
		CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&alcor, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow.generation = flow_info().generation;
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_shifted_descriptor_is_no_permission_to_move(void **state)
{
	static const struct fake_reader mysmartpad = {
		.vid = 0x09BE, .pid = 0x0002, .features = FAKE_SHORT, .mechanical = 0x2};
	static const struct script_step steps[] = {OPENING(INACTIVE)};

	(void)state;
	FLOW_OPEN(&mysmartpad, steps);
	assert_int_equal(ccid_reader_mechanical(flow.reader), 0);
	assert_int_equal(
		ccid_slot_mechanical(flow.reader, 0, CCID_MECHANICAL_EJECT, flow_deadline(1000)),
		CCID_E_UNSUPPORTED);
	flow_close();
}

/* --- two SIM slots of which the second differs --- */

#define SIM_PRO(bcd)                                                                               \
	{                                                                                          \
		.vid = 0x08E6, .pid = 0x3480, .bcd_device = bcd, .slots = 2,                       \
		.features = (FAKE_TPDU & ~CCID_FEATURE_AUTO_NEGOTIATION) | CCID_FEATURE_AUTO_PPS   \
	}
#define OPENING_TWO STATUS_OF("00", INACTIVE), STATUS_OF("01", ABSENT)
#define ON_OF_1(atr)                                                                               \
	EXPECT_OUT("62 00000000 01 ss 00 0000"), GIVE_IN("80 nnnnnnnn 01 ss 00 00 00 " atr)
#define SET_OF(slot, ta1)                                                                          \
	EXPECT_OUT("61 05000000 " slot " ss 00 0000 " ta1 " 00 00 0A 00"),                         \
		GIVE_IN("82 05000000 " slot " ss 00 00 00 " ta1 " 00 00 0A 00")
#define OFF_OF_1 EXPECT_OUT("63 00000000 01 ss 000000"), GIVE_IN("81 00000000 01 ss 02 00 00")

static int activate_slot(unsigned slot)
{
	return ccid_slot_activate(flow.reader, slot, 3, CCID_RESET_NONE,
	                          flow_deadline(FLOW_LIMIT_MS));
}

/* 96 is 250000 bps at 4 MHz, 95 125000, 94 62500 which is no rate of the second slot, 93 31250. */
static void the_second_slot_has_rates_of_its_own(void **state)
{
	static const struct fake_reader sim_pro = SIM_PRO(0x0199);
	static const struct script_step steps[] = {
		OPENING_TWO,
		POWER_ON("00", "3B 12 96 14 50"),
		SET_OF("00", "96"),
		STATUS_OF("01", ABSENT),
		ON_OF_1("3B 12 96 14 50"),
		SET_OF("01", "95"),
		CLOSING_POWERED,
		OFF_OF_1,
	};

	(void)state;
	FLOW_OPEN(&sim_pro, steps);
	assert_int_equal(activate_slot(0), 0);
	assert_int_equal(activate_slot(1), 0);
	flow_close();
}

static void a_speed_that_is_no_rate_of_the_second_slot_is_not_asked_for(void **state)
{
	static const struct fake_reader sim_pro = SIM_PRO(0x0199);
	static const struct script_step steps[] = {
		OPENING_TWO, STATUS_OF("01", ABSENT), ON_OF_1("3B 12 94 14 50"), SET_OF("01", "11"),
		OFF_OF_1,
	};

	(void)state;
	FLOW_OPEN(&sim_pro, steps);
	assert_int_equal(activate_slot(1), 0);
	flow_close();
}

/* Whatever it says of a card in the second slot, IccPowerOn alone tells. */
static void a_slot_without_a_contact_keeps_what_power_on_told(void **state)
{
	static const struct fake_reader sim_pro = SIM_PRO(0x0199);
	static const struct script_step steps[] = {
		OPENING_TWO,
		STATUS_OF("01", ABSENT),
		ON_OF_1(ATR_T0),
		SET_OF("01", "11"),
		STATUS_OF("01", ABSENT),
		INTERRUPT("50 03"),
		EXPECT_OUT("6F nnnnnnnn 01 ss 00 0000 " SELECT),
		GIVE_IN("80 nnnnnnnn 01 ss 02 00 00 90 00"),
		OFF_OF_1,
	};
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
	struct ccid_slot_info info;

	(void)state;
	FLOW_OPEN(&sim_pro, steps);
	assert_int_equal(activate_slot(1), 0);
	assert_int_equal(ccid_slot_poll(flow.reader, 1, flow_deadline(1000)), 0);
	assert_true(ccid_reader_dispatch(flow.reader) >= 0);
	assert_int_equal(ccid_slot_get_info(flow.reader, 1, &info), 0);
	assert_int_equal(info.state, CCID_SLOT_READY);
	assert_int_equal(ccid_slot_transmit(flow.reader, 1, info.generation, select, sizeof select,
	                                    flow.rapdu, 2, 0, -1, flow_deadline(FLOW_LIMIT_MS)),
	                 2);
	flow_close();
}

static void a_slot_without_a_contact_may_be_empty(void **state)
{
	static const struct fake_reader sim_pro = SIM_PRO(0x0199);
	static const struct script_step steps[] = {
		OPENING_TWO,
		STATUS_OF("01", ABSENT),
		EXPECT_OUT("62 00000000 01 ss 00 0000"),
		GIVE_IN("80 00000000 01 ss 42 FE 00"),
	};

	(void)state;
	FLOW_OPEN(&sim_pro, steps);
	assert_int_equal(activate_slot(1), CCID_E_NOCARD);
	flow_close();
}

static void newer_firmware_sees_its_cards(void **state)
{
	static const struct fake_reader sim_pro = SIM_PRO(0x0200);
	static const struct script_step steps[] = {OPENING_TWO, STATUS_OF("01", ABSENT)};

	(void)state;
	FLOW_OPEN(&sim_pro, steps);
	assert_int_equal(activate_slot(1), CCID_E_NOCARD);
	flow_close();
}

/* --- whole packets at character level --- */

#define CHARACTERS(want, out, in) XFR_OUT(want "00", out), XFR_IN("00", in)

static void characters_that_fill_packets_go_in_two_commands(void **state)
{
	static const struct fake_reader oz776 = {
		.vid = 0x0B97, .pid = 0x7762, .features = FAKE_AUTO | CCID_FEATURE_AUTO_IFSD};
	static const struct fake_reader other = {.features = FAKE_AUTO | CCID_FEATURE_AUTO_IFSD};
	static const struct script_step start[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", "3B 80 81 31 FE 45 8B")};
	static const struct script_step split[] = {
		CHARACTERS("00", "00", ""),
		CHARACTERS("03", "00 32 00 D6 00 00 2D 11*45 D8", "00 00 02"),
		CHARACTERS("03", "", "90 00 92"), CLOSING_POWERED};
	static const struct script_step whole[] = {
		CHARACTERS("03", "00 00 32 00 D6 00 00 2D 11*45 D8", "00 00 02"),
		CHARACTERS("03", "", "90 00 92"), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&oz776, start);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	SCRIPT_CONTINUE(&flow.script, split);
	flow_response_is("90 00", flow_transmit("00 D6 00 00 2D 11*45", 0));
	flow_close();
	FLOW_OPEN(&other, start);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	SCRIPT_CONTINUE(&flow.script, whole);
	flow_response_is("90 00", flow_transmit("00 D6 00 00 2D 11*45", 0));
	flow_close();
}

static void other_numbers_of_characters_go_whole(void **state)
{
	static const struct fake_reader oz776 = {
		.vid = 0x0B97, .pid = 0x7762, .features = FAKE_AUTO | CCID_FEATURE_AUTO_IFSD};
	static const struct script_step steps[] = {
		OPENING(INACTIVE),
		POWER_ON("00", "3B 80 81 31 FE 45 8B"),
		CHARACTERS("03", "00 00 31 00 D6 00 00 2C 11*44 CB", "00 00 02"),
		CHARACTERS("03", "", "90 00 92"),
		CHARACTERS("03", "00 40 33 00 D6 00 00 2E 11*46 8B", "00 40 02"),
		CHARACTERS("03", "", "90 00 D2"),
		CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&oz776, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit("00 D6 00 00 2C 11*44", 0));
	flow_response_is("90 00", flow_transmit("00 D6 00 00 2E 11*46", 0));
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quirk_that_applies_is_logged),
		cmocka_unit_test(some_readers_want_power_off_before_power_on),
		cmocka_unit_test(some_readers_look_for_cards_only_after_power_off),
		cmocka_unit_test(emv_mode_is_ended_with_the_first_escape_that_works),
		cmocka_unit_test(other_readers_get_no_escape_they_did_not_ask_for),
		cmocka_unit_test(a_slow_reader_is_waited_for),
		cmocka_unit_test(a_message_limit_of_263_is_read_as_271_for_scm),
		cmocka_unit_test(slots_that_do_not_work_are_hidden),
		cmocka_unit_test(a_level_that_is_a_lie_is_not_used),
		cmocka_unit_test(a_level_that_is_an_understatement_is_raised),
		cmocka_unit_test(parameters_that_a_reader_refuses_are_not_sent_again),
		cmocka_unit_test(a_shifted_descriptor_is_no_permission_to_move),
		cmocka_unit_test(the_second_slot_has_rates_of_its_own),
		cmocka_unit_test(a_speed_that_is_no_rate_of_the_second_slot_is_not_asked_for),
		cmocka_unit_test(a_slot_without_a_contact_keeps_what_power_on_told),
		cmocka_unit_test(a_slot_without_a_contact_may_be_empty),
		cmocka_unit_test(newer_firmware_sees_its_cards),
		cmocka_unit_test(characters_that_fill_packets_go_in_two_commands),
		cmocka_unit_test(other_numbers_of_characters_go_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
