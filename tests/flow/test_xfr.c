/* SPDX-License-Identifier: MIT */
/* APDUs at short and extended level: chaining both ways, limits, sessions (CCID 3.2, 6.1.4, 6.2.1;
 * wire reference 3.4, 4.1, 4.2). */
#include "flow.h"

static const struct fake_reader short_reader = {.features = FAKE_SHORT};
static const struct fake_reader extended_reader = {.features = FAKE_EXTENDED};
/* 54 bytes of data in a message */
static const struct fake_reader small_extended = {.features = FAKE_EXTENDED, .max_message = 64};

/* An APDU of 120 bytes in slices of 54, 54 and 12. */
#define LONG_APDU   "00 DA 00 00 73 00 ++*114"
#define FIRST_SLICE "00 DA 00 00 73 00 ++*48"
#define NEXT_SLICE  "31 ++*53"
#define LAST_SLICE  "67 ++*11"
#define GO_ON       XFR_IN("10", "")

/* --- sending --- */

static void an_apdu_that_fits_is_sent_whole(void **state)
{
	static const struct script_step steps[] = {XFR("00 DA 00 00 31 00 ++*48", "90 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	flow_response_is("90 00", flow_transmit("00 DA 00 00 31 00 ++*48", 0));
	flow_close();
}

static void a_longer_apdu_is_sent_in_slices(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0100", FIRST_SLICE),
	                                           GO_ON,
	                                           XFR_OUT("0300", NEXT_SLICE),
	                                           GO_ON,
	                                           XFR_OUT("0200", LAST_SLICE),
	                                           XFR_IN("00", "90 00"),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	flow_response_is("90 00", flow_transmit(LONG_APDU, 0));
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void one_byte_too_many_makes_two_slices(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0100", "00 DA 00 00 32 00 ++*48"),
	                                           GO_ON, XFR_OUT("0200", "31"),
	                                           XFR_IN("00", "90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	flow_response_is("90 00", flow_transmit("00 DA 00 00 32 00 ++*49", 0));
	flow_close();
}

/* Kobil's firmware sends data with "go on". */
static void data_with_go_on_is_passed_over(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0100", FIRST_SLICE),
	                                           XFR_IN("10", "AA BB"),
	                                           XFR_OUT("0300", NEXT_SLICE),
	                                           GO_ON,
	                                           XFR_OUT("0200", LAST_SLICE),
	                                           XFR_IN("00", "90 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	flow_response_is("90 00", flow_transmit(LONG_APDU, 0));
	flow_close();
}

static void an_early_answer_ends_the_sending(void **state)
{
	static const struct script_step whole[] = {
		XFR_OUT("0100", FIRST_SLICE), XFR_IN("00", "6D 00"), SELECT_WORKS, CLOSING_POWERED};
	static const struct script_step chained[] = {
		XFR_OUT("0100", FIRST_SLICE), XFR_IN("01", "01 02"), XFR_OUT("1000", ""),
		XFR_IN("02", "62 82"),        SELECT_WORKS,          CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, whole);
	flow_response_is("6D 00", flow_transmit(LONG_APDU, 0));
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
	FLOW_READY_THEN(&small_extended, chained);
	flow_response_is("01 02 62 82", flow_transmit(LONG_APDU, 0));
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_failure_ends_the_sending(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0100", FIRST_SLICE),
	                                           GIVE_IN("80 00000000 00 ss 40 FB 00"),
	                                           SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	assert_int_equal(flow_transmit(LONG_APDU, 0), CCID_E_HARDWARE);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void go_on_after_the_last_slice_is_an_error(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), GO_ON, AFTER_A_GIVING_UP, SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_slice_may_ask_for_more_time(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0100", FIRST_SLICE),
	                                           GIVE_IN("80 00000000 00 ss 80 01 00"),
	                                           GO_ON,
	                                           XFR_OUT("0300", NEXT_SLICE),
	                                           GO_ON,
	                                           XFR_OUT("0200", LAST_SLICE),
	                                           GIVE_IN("80 00000000 00 ss 80 01 00"),
	                                           XFR_IN("00", "90 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	flow_response_is("90 00", flow_transmit(LONG_APDU, 0));
	flow_close();
}

/* --- receiving --- */

#define ASK XFR_OUT("1000", "")

static void pieces_of_a_response_are_asked_for_and_joined(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", "00 B0 00 00 00 00 00"),
	                                           XFR_IN("01", "01 ++*53"),
	                                           ASK,
	                                           XFR_IN("03", "37 ++*53"),
	                                           ASK,
	                                           XFR_IN("02", "6D 6E 90 00"),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	flow_response_is("01 ++*109 90 00", flow_transmit("00 B0 00 00 00 00 00", 0));
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* OMNIKEY 3x21, Cherry KC1000SC and others announce short APDUs and chain all the same. */
static void pieces_are_joined_at_short_level_too(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", "00 B0 00 00 00"),
	                                           XFR_IN("01", "00 ++*127"),
	                                           ASK,
	                                           XFR_IN("03", "80 ++*126"),
	                                           ASK,
	                                           XFR_IN("02", "FF 90 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("00 ++*255 90 00", flow_transmit("00 B0 00 00 00", 0));
	flow_close();
}

static void a_status_word_may_be_split_between_pieces(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT),
	                                           XFR_IN("01", "11 22 90"), ASK,
	                                           XFR_IN("02", "00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	flow_response_is("11 22 90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void an_empty_piece_is_an_error(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), XFR_IN("01", "01 02"), ASK,
		XFR_IN("03", ""),        AFTER_A_GIVING_UP,     SELECT_WORKS,
		CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void pieces_without_end_are_an_error(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT),
		XFR_IN("01", "00*54"),
		FOREVER("6F 00000000 00 ss 00 1000", "80 36000000 00 ss 00 00 03 00*54"),
		AFTER_A_GIVING_UP,
		SELECT_WORKS,
		CLOSING_POWERED};
	unsigned outs;

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	flow.cap = 65538;
	outs = flow.script.outs;
	assert_true(flow_transmit(SELECT, 0) < 0);
	assert_in_range(flow.script.outs - outs, 1000, 1300); /* 65538 / 54 */
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void the_longest_response_arrives(void **state)
{
	static const struct fake_reader reader = {.features = FAKE_EXTENDED, .max_message = 65554};
	static const struct script_step steps[] = {XFR_OUT("0000", "00 B0 00 00 00 00 00"),
	                                           XFR_IN("01", "00 ++*65535"), ASK,
	                                           XFR_IN("02", "90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&reader, steps);
	flow.cap = 65538;
	flow_response_is("00 ++*65535 90 00", flow_transmit("00 B0 00 00 00 00 00", 0));
	flow_close();
}

/* --- the caller's buffer --- */

static void a_response_that_does_not_fit_is_lost_and_nothing_else(void **state)
{
	static const struct script_step steps[] = {XFR(SELECT, "01 02 03 04 90 00"), SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow.cap = 5;
	flow.rapdu[5] = 0x77;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_SPACE);
	assert_int_equal(flow.rapdu[5], 0x77);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

#define READ_260 "00 B0 00 00 00 01 04"

/* Alcor's AK9563 works at extended APDU level and leaves 61xx and 6Cxx of T=0 to the host. */
static void what_the_reader_did_not_follow_the_driver_does(void **state)
{
	static const struct script_step steps[] = {
		XFR(SELECT " 00", "61 22"),
		XFR("00 C0 00 00 22", "00 ++*33 90 00"),
		XFR("00 B2 01 0C 00", "6C 03"),
		XFR("00 B2 01 0C 03", "01 02 03 90 00"),
		XFR(SELECT " 02", "61 22"),
		XFR("00 C0 00 00 02", "01 02 61 20"),
		XFR("00 B0 00 00 00", "01 61 02"), /* some of it, and more */
		XFR("00 C0 00 00 02", "02 03 90 00"),
		XFR(SELECT, "61 22"), /* no Le */
		XFR("00 C0 00 00 05", "61 05"),
		XFR("00 C0 00 00 05", "90 00"),
		CLOSING_POWERED};
	static const struct fake_reader *const level[] = {&short_reader, &extended_reader};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		FLOW_READY_THEN(level[i], steps);
		flow_response_is("00 ++*33 90 00", flow_transmit(SELECT " 00", CCID_XFR_FOLLOW));
		flow_response_is("01 02 03 90 00",
		                 flow_transmit("00 B2 01 0C 00", CCID_XFR_FOLLOW));
		flow_response_is("01 02 61 20", flow_transmit(SELECT " 02", CCID_XFR_FOLLOW));
		flow_response_is("01 02 03 90 00",
		                 flow_transmit("00 B0 00 00 00", CCID_XFR_FOLLOW));
		flow_response_is("61 22", flow_transmit(SELECT, CCID_XFR_FOLLOW));
		flow_response_is("90 00", flow_transmit("00 C0 00 00 05", CCID_XFR_FOLLOW));
		flow_close();
	}
}

static void what_the_reader_follows_is_not_asked_for_again(void **state)
{
	static const struct script_step steps[] = {
		XFR(READ_260, "00 ++*259 90 00"), XFR(SELECT " 02", "01 02 03 61 20"),
		XFR("00 B0 00 00 00", "61 02"), XFR("00 B2 01 0C 00", "6C 03"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&extended_reader, steps);
	flow_response_is("00 ++*259 90 00", flow_transmit(READ_260, CCID_XFR_FOLLOW));
	flow_response_is("01 02 03 61 20", flow_transmit(SELECT " 02", CCID_XFR_FOLLOW));
	flow_response_is("61 02", flow_transmit("00 B0 00 00 00", 0));
	flow_response_is("6C 03", flow_transmit("00 B2 01 0C 00", 0));
	flow_close();
}

static void with_t1_nothing_is_followed(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T1),
	                                           XFR(SELECT " 00", "61 22"),
	                                           XFR("00 B2 01 0C 00", "6C 03"), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&extended_reader, steps);
	assert_int_equal(flow_activate(2, CCID_RESET_NONE), 0);
	flow_response_is("61 22", flow_transmit(SELECT " 00", CCID_XFR_FOLLOW));
	flow_response_is("6C 03", flow_transmit("00 B2 01 0C 00", CCID_XFR_FOLLOW));
	flow_close();
}

static void a_chain_parameter_without_meaning_is_no_end(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT),  XFR_IN("FE", "01 ++*53"), AFTER_A_GIVING_UP,
		XFR_OUT("0000", SELECT),  XFR_IN("01", "01 ++*53"), ASK,
		XFR_IN("FC", "37 ++*53"), AFTER_A_GIVING_UP,        SELECT_WORKS,
		CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_chained_response_that_does_not_fit_is_lost(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT),  XFR_IN("01", "01 ++*53"), ASK,
		XFR_IN("03", "37 ++*53"), AFTER_A_GIVING_UP,        SELECT_WORKS,
		CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&small_extended, steps);
	flow.cap = 60;
	flow.rapdu[60] = 0x77;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_SPACE);
	assert_int_equal(flow.rapdu[60], 0x77);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_response_that_just_fits_is_taken(void **state)
{
	static const struct script_step steps[] = {XFR(SELECT, "01 02 03 04 90 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow.cap = 6;
	flow_response_is("01 02 03 04 90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_response_without_a_status_word_is_an_error(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), XFR_IN("00", "90"),
	                                           SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_COMM);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* --- what a level takes --- */

static void short_level_carries_every_case(void **state)
{
	static const struct script_step steps[] = {
		XFR("80 30 00 00", "90 00"),
		XFR("00 B0 00 00 00", "01 90 00"),
		XFR(SELECT, "90 00"),
		XFR("00 A4 00 00 02 3F 00 00", "01 02 90 00"),
		XFR("00 DA 00 00 FF 00 ++*254 00", "90 00"),
		CLOSING_POWERED,
	};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("90 00", flow_transmit("80 30 00 00", 0));
	flow_response_is("01 90 00", flow_transmit("00 B0 00 00 00", 0));
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_response_is("01 02 90 00", flow_transmit("00 A4 00 00 02 3F 00 00", 0));
	flow_response_is("90 00", flow_transmit("00 DA 00 00 FF 00 ++*254 00", 0));
	flow_close();
}

static void too_long_for_short_level_is_refused_before_sending(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(flow_transmit("00 DA 00 00 00 01 00 00*256", 0), CCID_E_UNSUPPORTED);
	assert_int_equal(flow_transmit("00 B0 00 00 00 01 01", 0), CCID_E_UNSUPPORTED);
	assert_int_equal(flow_transmit("00 B0 00 00 00 00 00", 0), CCID_E_UNSUPPORTED);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void the_extended_form_of_a_short_apdu_becomes_short(void **state)
{
	static const struct script_step steps[] = {
		XFR("00 DA 00 00 02 AA BB", "90 00"), XFR("00 B0 00 00 00", "90 00"),
		XFR("00 A4 00 00 01 AA 10", "90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("90 00", flow_transmit("00 DA 00 00 00 00 02 AA BB", 0));
	flow_response_is("90 00", flow_transmit("00 B0 00 00 00 01 00", 0));
	flow_response_is("90 00", flow_transmit("00 A4 00 00 00 00 01 AA 00 10", 0));
	flow_close();
}

static void the_message_length_limits_short_level(void **state)
{
	static const struct fake_reader reader = {.features = FAKE_SHORT, .max_message = 138};
	static const struct script_step steps[] = {XFR("00 DA 00 00 7B 00 ++*122", "90 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&reader, steps);
	flow_response_is("90 00", flow_transmit("00 DA 00 00 7B 00 ++*122", 0)); /* 128 bytes */
	assert_int_equal(flow_transmit("00 DA 00 00 7C 00 ++*123", 0), CCID_E_UNSUPPORTED);
	flow_close();
}

static void extended_level_sends_the_form_it_was_given(void **state)
{
	static const struct script_step steps[] = {XFR("00 B0 00 00 00 00 00", "90 00"),
	                                           XFR("00 DA 00 00 00 00 02 AA BB", "90 00"),
	                                           XFR(SELECT, "90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&extended_reader, steps);
	flow_response_is("90 00", flow_transmit("00 B0 00 00 00 00 00", 0));
	flow_response_is("90 00", flow_transmit("00 DA 00 00 00 00 02 AA BB", 0));
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void malformed_apdus_are_the_callers_fault(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(flow_transmit("", 0), CCID_E_ARG);
	assert_int_equal(flow_transmit("00 A4 00", 0), CCID_E_ARG);
	assert_int_equal(flow_transmit("00 A4 00 00 05 3F 00", 0), CCID_E_ARG);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* --- sessions --- */

static void another_generation_sends_nothing(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow.generation++;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow.generation -= 2;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow.generation++;
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_slot_that_is_not_there_sends_nothing(void **state)
{
	static const struct script_step steps[] = {CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(ccid_slot_transmit(flow.reader, 1, flow.generation, (uint8_t[4]){0}, 4,
	                                    flow.rapdu, 258, 0, -1, flow_deadline(1000)),
	                 CCID_E_NO_SLOT);
	assert_int_equal(ccid_slot_transmit(flow.reader, ~0u, flow.generation, (uint8_t[4]){0}, 4,
	                                    flow.rapdu, 258, 0, -1, flow_deadline(1000)),
	                 CCID_E_NO_SLOT);
	flow_close();
}

static void an_unpowered_card_gets_no_apdu(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	flow.generation = flow_info().generation;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_INACTIVE);
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_apdu_that_fits_is_sent_whole),
		cmocka_unit_test(a_longer_apdu_is_sent_in_slices),
		cmocka_unit_test(one_byte_too_many_makes_two_slices),
		cmocka_unit_test(data_with_go_on_is_passed_over),
		cmocka_unit_test(an_early_answer_ends_the_sending),
		cmocka_unit_test(a_failure_ends_the_sending),
		cmocka_unit_test(go_on_after_the_last_slice_is_an_error),
		cmocka_unit_test(a_slice_may_ask_for_more_time),
		cmocka_unit_test(pieces_of_a_response_are_asked_for_and_joined),
		cmocka_unit_test(pieces_are_joined_at_short_level_too),
		cmocka_unit_test(a_status_word_may_be_split_between_pieces),
		cmocka_unit_test(an_empty_piece_is_an_error),
		cmocka_unit_test(pieces_without_end_are_an_error),
		cmocka_unit_test(the_longest_response_arrives),
		cmocka_unit_test(a_response_that_does_not_fit_is_lost_and_nothing_else),
		cmocka_unit_test(a_chain_parameter_without_meaning_is_no_end),
		cmocka_unit_test(a_chained_response_that_does_not_fit_is_lost),
		cmocka_unit_test(a_response_that_just_fits_is_taken),
		cmocka_unit_test(a_response_without_a_status_word_is_an_error),
		cmocka_unit_test(short_level_carries_every_case),
		cmocka_unit_test(too_long_for_short_level_is_refused_before_sending),
		cmocka_unit_test(the_extended_form_of_a_short_apdu_becomes_short),
		cmocka_unit_test(the_message_length_limits_short_level),
		cmocka_unit_test(extended_level_sends_the_form_it_was_given),
		cmocka_unit_test(malformed_apdus_are_the_callers_fault),
		cmocka_unit_test(another_generation_sends_nothing),
		cmocka_unit_test(what_the_reader_did_not_follow_the_driver_does),
		cmocka_unit_test(what_the_reader_follows_is_not_asked_for_again),
		cmocka_unit_test(with_t1_nothing_is_followed),
		cmocka_unit_test(a_slot_that_is_not_there_sends_nothing),
		cmocka_unit_test(an_unpowered_card_gets_no_apdu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
