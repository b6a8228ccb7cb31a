/* SPDX-License-Identifier: MIT */
/* Between the ATR and the first APDU: protocol and parameters (CCID 6.1.5 to 6.1.7; ISO/IEC 7816-3
 * sections 6.3 and 9; wire reference 5.3 to 5.5). */
#include "flow.h"

#include <stdio.h>

#define BY_HAND    (FAKE_AUTO & ~CCID_FEATURE_AUTO_NEGOTIATION & ~CCID_FEATURE_AUTO_CONFIG)
#define PPS        (BY_HAND | CCID_FEATURE_AUTO_PPS)
#define TPDU_PPS   (PPS | CCID_FEATURE_TPDU)
#define SHORT_PPS  (PPS | CCID_FEATURE_SHORT_APDU)
#define TPDU_AUTO  FAKE_TPDU
#define TPDU_ATR   (BY_HAND | CCID_FEATURE_AUTO_CONFIG | CCID_FEATURE_TPDU)
#define SHORT_HAND (BY_HAND | CCID_FEATURE_SHORT_APDU)

#define SET_OUT(t, data)           EXPECT_OUT("61 nnnnnnnn 00 ss " t " 0000 " data)
#define SET_IN(t, data)            GIVE_IN("82 nnnnnnnn 00 ss 00 00 " t " " data)
#define SET(t, data)               SET_OUT(t, data), SET_IN(t, data)
#define SET_FAILS(t, data, berror) SET_OUT(t, data), GIVE_IN("82 00000000 00 ss 40 " berror " 00")
#define GET_OUT                    EXPECT_OUT("6C 00000000 00 ss 000000")
#define GET(t, data)               GET_OUT, SET_IN(t, data)
#define DEFAULT_T0                 "11 00 00 0A 00"
#define DEFAULT_T1                 "11 10 00 4D 00 20 00"

static const struct fake_reader tpdu_pps = {.features = TPDU_PPS};
static const struct fake_reader tpdu_auto = {.features = TPDU_AUTO};
static const struct fake_reader tpdu_atr = {.features = TPDU_ATR};
static const struct fake_reader short_pps = {.features = SHORT_PPS};
static const struct fake_reader short_auto = {.features = FAKE_SHORT};

/* Activate with this ATR, meet these parameters, and be ready. */
static void agrees(const struct fake_reader *reader, const char *atr, const char *set,
                   unsigned protocol)
{
	char on[200], out[100], in[100];
	const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON_OUT("00"), GIVE_IN(on),
	                                    EXPECT_OUT(out),   GIVE_IN(in),        CLOSING_POWERED};

	snprintf(on, sizeof on, "80 nnnnnnnn 00 ss 00 00 00 %s", atr);
	snprintf(out, sizeof out, "61 nnnnnnnn 00 ss %02X 0000 %s", protocol, set);
	snprintf(in, sizeof in, "82 nnnnnnnn 00 ss 00 00 %02X %s", protocol, set);
	FLOW_OPEN(reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_state_is(CCID_SLOT_READY);
	assert_int_equal(flow_info().protocol, protocol);
	flow_close();
}

/* --- what is sent --- */

static void the_parameters_of_t0_come_from_the_atr(void **state)
{
	(void)state;
	agrees(&tpdu_pps, ATR_T0, DEFAULT_T0, 0);
	agrees(&tpdu_pps, ATR_FAST, "96 00 00 0A 00", 0);
	agrees(&tpdu_pps, "3F 02 14 50", "11 02 00 0A 00", 0);       /* inverse convention */
	agrees(&tpdu_pps, "3B 40 05", "11 00 05 0A 00", 0);          /* TC1 */
	agrees(&tpdu_pps, "3B 40 FF", "11 00 FF 0A 00", 0);          /* TC1 = 255 */
	agrees(&tpdu_pps, "3B 80 40 20", "11 00 00 20 00", 0);       /* TC2 = WI 32 */
	agrees(&tpdu_pps, "3B 80 40 00", "11 00 00 0A 00", 0);       /* WI 0 is RFU */
	agrees(&tpdu_pps, "3B 80 80 1F 87 98", "11 00 00 0A 02", 0); /* clock stop high */
}

static void the_parameters_of_t1_come_from_the_atr(void **state)
{
	(void)state;
	agrees(&short_pps, ATR_T1, DEFAULT_T1, 1);
	/* TA1 18, IFSC FE, BWI 4, CWI 5, CRC */
	agrees(&short_pps, "3B 90 18 81 71 FE 45 01 C2", "18 11 00 45 00 FE 00", 1);
	/* inverse, TC1 = 255, IFSC 00 is RFU */
	agrees(&short_pps, "3F C0 FF 81 11 00 AF", "11 12 FF 4D 00 20 00", 1);
}

static void a_speed_beyond_the_reader_is_lowered_to_one_within(void **state)
{
	(void)state;
	agrees(&tpdu_pps, "3B 12 97 14 50", "96 00 00 0A 00",
	       0);                                          /* 500 kbit/s; the reader does 344 */
	agrees(&tpdu_pps, "3B 12 7F 14 50", DEFAULT_T0, 0); /* RFU */
}

/* TA2: what TA1 says holds at once, and the protocol is T=0. */
static void a_specific_mode_card_dictates(void **state)
{
	(void)state;
	agrees(&tpdu_pps, "3B 90 18 10 00", "18 00 00 0A 00", 0);
}

/* --- which protocol --- */

static void the_first_offered_protocol_is_taken_when_both_will_do(void **state)
{
	(void)state;
	agrees(&short_pps, ATR_BOTH, DEFAULT_T0, 0);
}

static void a_contactless_card_gets_t1(void **state)
{
	(void)state;
	agrees(&short_pps, "3B 80 80 01 01", DEFAULT_T1, 1);
}

static void the_callers_protocol_is_taken(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_BOTH),
	                                           SET("01", DEFAULT_T1), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&short_pps, steps);
	assert_int_equal(flow_activate(2, CCID_RESET_NONE), 0);
	assert_int_equal(flow_info().protocol, 1);
	flow_close();
}

static void no_common_protocol_powers_the_card_off_again(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_T0),
	                                           POWER_OFF(INACTIVE), CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&short_auto, steps);
	assert_int_equal(flow_activate(2, CCID_RESET_NONE), CCID_E_PROTOCOL);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

static void another_protocol_does_not_disturb_a_card_in_use(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&short_auto, steps);
	before = flow.generation;
	assert_int_equal(flow_activate(2, CCID_RESET_NONE), CCID_E_PROTOCOL);
	assert_int_equal(flow_info().generation, before);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

#define IFS(size, edc) XFR_OUT("0000", "00 C1 01 " size " " edc)

/* S(IFS request) first: 254 bytes, and the card agrees. */
static void t1_at_tpdu_level_begins_with_the_information_field_size(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", ATR_T1),
	                                           SET("01", DEFAULT_T1),
	                                           IFS("FE", "3E"),
	                                           XFR_IN("00", "00 E1 01 FE 1E"),
	                                           XFR_OUT("0000", "00 00 07 " SELECT " 9E"),
	                                           XFR_IN("00", "00 00 02 90 00 92"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu_pps, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(flow_info().protocol, 1);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_reader_that_announces_the_size_itself_is_not_disturbed(void **state)
{
	static const struct fake_reader reader = {.features = TPDU_PPS | CCID_FEATURE_AUTO_IFSD};
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_T1),
	                                           SET("01", DEFAULT_T1), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

/* --- PPS by the host: neither 0x40 nor 0x80, TPDU level --- */

static void the_host_sends_the_pps_when_the_reader_does_not(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", ATR_FAST),
	                                           XFR("FF 10 96 79", "FF 10 96 79"),
	                                           SET("00", "96 00 00 0A 00"),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu_atr, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_card_may_leave_the_speed_out_of_its_pps(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_FAST),
	                                           XFR("FF 10 96 79", "FF 00 FF"),
	                                           SET("00", DEFAULT_T0), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu_atr, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

static void a_failed_pps_leads_to_a_cold_reset_without_one(void **state)
{
	static const struct script_step wrong[] = {
		OPENING(INACTIVE),   POWER_ON("00", ATR_FAST), XFR("FF 10 96 79", "FF 11 96 78"),
		POWER_OFF(INACTIVE), POWER_ON("00", ATR_FAST), SELECT_WORKS,
		CLOSING_POWERED};
	static const struct script_step mute[] = {OPENING(INACTIVE),
	                                          POWER_ON("00", ATR_FAST),
	                                          XFR_FAILS("FF 10 96 79", FAILED_ACTIVE, "FE"),
	                                          POWER_OFF(INACTIVE),
	                                          POWER_ON("00", ATR_FAST),
	                                          SELECT_WORKS,
	                                          CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu_atr, wrong);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
	FLOW_OPEN(&tpdu_atr, mute);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* 7816-3: in specific mode there is no PPS. */
static void a_specific_mode_card_gets_no_pps(void **state)
{
	static const struct fake_reader reader = {.features = BY_HAND | CCID_FEATURE_TPDU};

	(void)state;
	agrees(&reader, "3B 90 18 10 00", "18 00 00 0A 00", 0);
}

#define RESERVED          "3B 90 7F 10 00" /* Fi and Di of TA1 reserved, TA2 says that they hold */
#define RESERVED_FOR_EVER "3B 90 7F 10 80"
#define IMPLICIT_FOR_EVER "3B 90 11 10 90"

static void refused(const struct script_step *steps, size_t count, const char *why)
{
	flow_open(&tpdu_pps, steps, count);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_PROTOCOL);
	assert_true(fake_clock_logged(&flow.clock, why));
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

/* 7816-3, 8.3 and table 7: what nobody can follow is no card to be ready. */
static void a_specific_mode_that_cannot_be_followed_is_refused(void **state)
{
	static const struct script_step reserved[] = {
		OPENING(INACTIVE), POWER_ON("00", RESERVED_FOR_EVER), POWER_OFF(INACTIVE)};
	static const struct script_step implicit[] = {
		OPENING(INACTIVE), POWER_ON("00", IMPLICIT_FOR_EVER), POWER_OFF(INACTIVE)};

	(void)state;
	refused(reserved, sizeof reserved / sizeof *reserved, "F or D is reserved");
	refused(implicit, sizeof implicit / sizeof *implicit, "known to the card alone");
}

static void a_specific_mode_that_may_change_gets_one_warm_reset(void **state)
{
	static const struct script_step vain[] = {OPENING(INACTIVE), POWER_ON("00", RESERVED),
	                                          POWER_ON("00", RESERVED), POWER_OFF(INACTIVE)};
	static const struct script_step helps[] = {OPENING(INACTIVE),      POWER_ON("00", RESERVED),
	                                           POWER_ON("00", ATR_T0), SET("00", DEFAULT_T0),
	                                           SELECT_WORKS,           CLOSING_POWERED};

	(void)state;
	refused(vain, sizeof vain / sizeof *vain, "F or D is reserved");
	FLOW_OPEN(&tpdu_pps, helps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_negotiating_reader_may_know_what_is_reserved(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", RESERVED_FOR_EVER), SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu_auto, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* --- who does it: dwFeatures --- */

static void a_negotiating_reader_is_left_alone_when_there_is_no_choice(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_FAST),
	                                           SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu_auto, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_negotiating_reader_is_asked_what_it_chose(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_BOTH),
	                                           GET("01", DEFAULT_T1), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&short_auto, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(flow_info().protocol, 1);
	flow_close();
}

static void a_negotiating_reader_is_told_when_its_choice_is_not_wanted(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_BOTH),
	                                           GET("01", DEFAULT_T1), SET("00", DEFAULT_T0),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&short_auto, steps);
	assert_int_equal(flow_activate(1, CCID_RESET_NONE), 0);
	assert_int_equal(flow_info().protocol, 0);
	flow_close();
}

/* QEMU's reader: dwLength 0, seven bytes follow. */
static void parameters_of_no_length_leave_the_default(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON("00", ATR_BOTH),
		GET_OUT,           GIVE_IN("82 00000000 00 ss 00 00 01 11 10 00 4D 00 20 00"),
		SELECT_WORKS,      CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&short_auto, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(flow_info().protocol, 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_reader_that_configures_from_the_atr_needs_nothing(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_T0),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu_atr, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

/* Above TPDU level nobody can send a PPS, so the card stays at its default speed. */
static void a_reader_that_does_nothing_gets_the_default_speed(void **state)
{
	static const struct fake_reader reader = {.features = SHORT_HAND};

	(void)state;
	agrees(&reader, ATR_FAST, DEFAULT_T0, 0);
}

/* --- how the reader may answer --- */

#define ANSWERED(answer)                                                                           \
	OPENING(INACTIVE), POWER_ON("00", ATR_T0), SET_OUT("00", DEFAULT_T0), GIVE_IN(answer),     \
		SELECT_WORKS, CLOSING_POWERED

static void is_ready(const struct script_step *steps, size_t count)
{
	flow_open(&tpdu_pps, steps, count);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}
#define IS_READY(steps) is_ready(steps, sizeof(steps) / sizeof *(steps))

static void a_reader_without_the_command_works_all_the_same(void **state)
{
	static const struct script_step status[] = {ANSWERED("81 00000000 00 ss 40 00 00")};
	static const struct script_step parameters[] = {ANSWERED("82 00000000 00 ss 40 00 00")};
	static const struct script_step empty[] = {ANSWERED("82 00000000 00 ss 00 00 00")};
	static const struct script_step more[] = {
		ANSWERED("82 00000000 00 ss 00 00 00 11 10 00 4D 00 20 00")};

	(void)state;
	IS_READY(status);
	IS_READY(parameters);
	IS_READY(empty);
	IS_READY(more);
}

static void a_parameter_that_cannot_be_changed_is_looked_up(void **state)
{
	static const struct script_step right[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", ATR_T0),
	                                           SET_FAILS("00", DEFAULT_T0, "0D"),
	                                           GET("00", "11 00 00 20 00"),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};
	static const struct script_step wrong[] = {
		OPENING(INACTIVE),     POWER_ON("00", ATR_T0), SET_FAILS("00", DEFAULT_T0, "07"),
		GET("01", DEFAULT_T1), POWER_OFF(INACTIVE),    CLOSING_UNPOWERED};

	(void)state;
	IS_READY(right);
	FLOW_OPEN(&tpdu_pps, wrong);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_PROTOCOL);
	flow_close();
}

/* Feature 0x80: SetParameters hides a PPS, and the card refused it. */
static void a_refused_speed_leads_to_a_cold_reset_and_the_default(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", ATR_FAST),
	                                           SET_FAILS("00", "96 00 00 0A 00", "FE"),
	                                           POWER_OFF(INACTIVE),
	                                           POWER_ON("00", ATR_FAST),
	                                           SET("00", DEFAULT_T0),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	IS_READY(steps);
}

static void parameters_refused_twice_are_an_error(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", ATR_FAST),
	                                           SET_FAILS("00", "96 00 00 0A 00", "FE"),
	                                           POWER_OFF(INACTIVE),
	                                           POWER_ON("00", ATR_FAST),
	                                           SET_FAILS("00", DEFAULT_T0, "FE"),
	                                           POWER_OFF(INACTIVE),
	                                           CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&tpdu_pps, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_PPS);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

/* --- a specific mode beyond the reader --- */

/* 500 kbit/s at 4 MHz, and the reader does 344. */
#define TOO_FAST          "3B 90 97 10 00"
#define TOO_FAST_FOR_EVER "3B 90 97 10 80"

static void a_specific_mode_too_fast_for_the_reader_may_become_negotiable(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", TOO_FAST),
	                                           POWER_ON("00", ATR_FAST),
	                                           XFR("FF 10 96 79", "FF 10 96 79"),
	                                           SET("00", "96 00 00 0A 00"),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu_atr, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* The warm reset of some leads to a slower specific mode. */
static void a_specific_mode_too_fast_for_the_reader_may_become_slower(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", TOO_FAST),
	                                           POWER_ON("00", "3B 90 18 10 00"),
	                                           SET("00", "18 00 00 0A 00"),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	IS_READY(steps);
}

static void a_specific_mode_that_stays_too_fast_is_refused(void **state)
{
	static const struct script_step vain[] = {OPENING(INACTIVE), POWER_ON("00", TOO_FAST),
	                                          POWER_ON("00", TOO_FAST), POWER_OFF(INACTIVE)};
	static const struct script_step for_ever[] = {
		OPENING(INACTIVE), POWER_ON("00", TOO_FAST_FOR_EVER), POWER_OFF(INACTIVE)};

	(void)state;
	refused(vain, sizeof vain / sizeof *vain, "faster than the reader");
	refused(for_ever, sizeof for_ever / sizeof *for_ever, "faster than the reader");
}

/* The descriptor allows it, the reader does not: the card is asked for another mode at once. */
static void a_specific_mode_that_the_reader_refuses_gets_a_warm_reset(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", "3B 90 18 10 00"),
	                                           SET_FAILS("00", "18 00 00 0A 00", "FE"),
	                                           POWER_ON("00", ATR_T0),
	                                           SET("00", DEFAULT_T0),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	IS_READY(steps);
}

static void a_card_that_leaves_now_is_no_card(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON("00", ATR_T0), SET_OUT("00", DEFAULT_T0),
		GIVE_IN("82 00000000 00 ss 42 FE 00"), CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&tpdu_pps, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_NOCARD);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void set_parameters_may_ask_for_more_time(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),
	                                           POWER_ON("00", ATR_T0),
	                                           SET_OUT("00", DEFAULT_T0),
	                                           GIVE_IN("82 00000000 00 ss 80 02 00"),
	                                           DELAY(4000),
	                                           SET_IN("00", DEFAULT_T0),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	IS_READY(steps);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parameters_of_t0_come_from_the_atr),
		cmocka_unit_test(the_parameters_of_t1_come_from_the_atr),
		cmocka_unit_test(a_speed_beyond_the_reader_is_lowered_to_one_within),
		cmocka_unit_test(a_specific_mode_card_dictates),
		cmocka_unit_test(the_first_offered_protocol_is_taken_when_both_will_do),
		cmocka_unit_test(a_contactless_card_gets_t1),
		cmocka_unit_test(the_callers_protocol_is_taken),
		cmocka_unit_test(no_common_protocol_powers_the_card_off_again),
		cmocka_unit_test(another_protocol_does_not_disturb_a_card_in_use),
		cmocka_unit_test(t1_at_tpdu_level_begins_with_the_information_field_size),
		cmocka_unit_test(a_reader_that_announces_the_size_itself_is_not_disturbed),
		cmocka_unit_test(the_host_sends_the_pps_when_the_reader_does_not),
		cmocka_unit_test(a_card_may_leave_the_speed_out_of_its_pps),
		cmocka_unit_test(a_failed_pps_leads_to_a_cold_reset_without_one),
		cmocka_unit_test(a_specific_mode_card_gets_no_pps),
		cmocka_unit_test(a_specific_mode_that_cannot_be_followed_is_refused),
		cmocka_unit_test(a_specific_mode_that_may_change_gets_one_warm_reset),
		cmocka_unit_test(a_specific_mode_too_fast_for_the_reader_may_become_negotiable),
		cmocka_unit_test(a_specific_mode_too_fast_for_the_reader_may_become_slower),
		cmocka_unit_test(a_specific_mode_that_stays_too_fast_is_refused),
		cmocka_unit_test(a_specific_mode_that_the_reader_refuses_gets_a_warm_reset),
		cmocka_unit_test(a_negotiating_reader_may_know_what_is_reserved),
		cmocka_unit_test(a_negotiating_reader_is_left_alone_when_there_is_no_choice),
		cmocka_unit_test(a_negotiating_reader_is_asked_what_it_chose),
		cmocka_unit_test(a_negotiating_reader_is_told_when_its_choice_is_not_wanted),
		cmocka_unit_test(parameters_of_no_length_leave_the_default),
		cmocka_unit_test(a_reader_that_configures_from_the_atr_needs_nothing),
		cmocka_unit_test(a_reader_that_does_nothing_gets_the_default_speed),
		cmocka_unit_test(a_reader_without_the_command_works_all_the_same),
		cmocka_unit_test(a_parameter_that_cannot_be_changed_is_looked_up),
		cmocka_unit_test(a_refused_speed_leads_to_a_cold_reset_and_the_default),
		cmocka_unit_test(parameters_refused_twice_are_an_error),
		cmocka_unit_test(a_card_that_leaves_now_is_no_card),
		cmocka_unit_test(set_parameters_may_ask_for_more_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
