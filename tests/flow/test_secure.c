/* SPDX-License-Identifier: MIT */
/* PIN entry on the reader's pad (CCID 6.1.11; wire reference 3.3, 12.3). */
#include "pin.h"

#include "flow.h"

static const struct fake_reader pad = {.features = FAKE_SHORT, .pin_support = 3};
static const uint8_t verify_apdu[] = {0x00, 0x20, 0x00, 0x81};

static const struct ccid_pin verify = {
	.time_out = 30,
	.format = 0x82,
	.block = 0x04,
	.min_digits = 4,
	.max_digits = 8,
	.validation = 2,
	.messages = 1,
	.language = 0x0409,
	.prologue = {0x11, 0x22, 0x33}, /* filled in by the driver, not by the caller */
	.apdu = verify_apdu,
	.apdu_len = sizeof verify_apdu,
};

#define VERIFY_OUT                                                                                 \
	EXPECT_OUT("69 nnnnnnnn 00 ss 00 0000 00 1E 82 04 00 08 04 02 01 09 04 00 00 00 00 "       \
	           "00 20 00 81")
#define VERIFY_ENDS(bstatus, berror)                                                               \
	VERIFY_OUT, GIVE_IN("80 00000000 00 ss " bstatus " " berror " 00")

static int enter_pin(void)
{
	return ccid_slot_secure(flow.reader, 0, flow.generation, &verify, flow.rapdu, flow.cap,
	                        flow_deadline(1800000));
}

static void the_structure_is_sent_and_the_cards_answer_comes_back(void **state)
{
	static const struct script_step steps[] = {VERIFY_OUT, XFR_IN("00", "63 C2"), SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&pad, steps);
	flow_response_is("63 C2", enter_pin());
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_reader_without_a_pad_is_sent_nothing(void **state)
{
	static const struct fake_reader none = {.features = FAKE_SHORT};
	static const struct fake_reader modify_only = {.features = FAKE_SHORT, .pin_support = 2};
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&none, steps);
	assert_int_equal(enter_pin(), CCID_E_UNSUPPORTED);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
	FLOW_READY_THEN(&modify_only, steps);
	assert_int_equal(enter_pin(), CCID_E_UNSUPPORTED);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* HP's CCID keyboard: what is typed "securely" reaches the focused window. */
static void a_pad_that_leaks_is_sent_nothing(void **state)
{
	static const struct fake_reader keyboard = {
		.vid = 0x03F0, .pid = 0x0036, .features = FAKE_SHORT, .pin_support = 3};
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&keyboard, steps);
	assert_int_equal(enter_pin(), CCID_E_UNSUPPORTED);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void time_out_and_cancel_at_the_pad_are_status_words(void **state)
{
	static const struct script_step steps[] = {VERIFY_ENDS(FAILED_ACTIVE, "F0"),
	                                           VERIFY_ENDS(FAILED_ACTIVE, "EF"), SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&pad, steps);
	flow_response_is("64 00", enter_pin());
	flow_response_is("64 01", enter_pin());
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* ezio-shield-verify-bad-byte of the corpus: the offset of the byte that was not liked */
static void a_refused_structure_is_an_error(void **state)
{
	static const struct script_step steps[] = {VERIFY_ENDS(FAILED_ACTIVE, "15"),
	                                           VERIFY_ENDS(FAILED_ACTIVE, "00"),
	                                           VERIFY_ENDS(FAILED_ABSENT, "FE")};

	(void)state;
	FLOW_READY_THEN(&pad, steps);
	assert_int_equal(enter_pin(), CCID_E_REFUSED);
	assert_int_equal(enter_pin(), CCID_E_UNSUPPORTED);
	assert_int_equal(enter_pin(), CCID_E_NOCARD);
	flow_close();
}

/* One time extension a key press. */
static void a_person_is_slow(void **state)
{
	static const struct script_step steps[] = {VERIFY_OUT,
	                                           DELAY(39000),
	                                           GIVE_IN("80 00000000 00 ss 80 0A 00"),
	                                           DELAY(39000),
	                                           GIVE_IN("80 00000000 00 ss 80 0A 00"),
	                                           DELAY(39000),
	                                           GIVE_IN("80 00000000 00 ss 80 0A 00"),
	                                           DELAY(89000),
	                                           XFR_IN("00", "90 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&pad, steps);
	flow_response_is("90 00", enter_pin());
	flow_close();
}

static void a_silent_pad_is_given_up_and_aborted(void **state)
{
	static const struct script_step steps[] = {VERIFY_OUT, SILENCE, AFTER_A_GIVING_UP,
	                                           SELECT_WORKS, CLOSING_POWERED};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&pad, steps);
	start = flow.clock.now;
	assert_int_equal(enter_pin(), CCID_E_TIMEOUT);
	assert_in_range(flow.clock.now - start, 40000, 120000);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void cancel(struct script *s)
{
	(void)s;
	ccid_reader_cancel(flow.reader);
}

static void cancel_by_the_caller_aborts_the_entry(void **state)
{
	static const struct script_step steps[] = {VERIFY_OUT, CALL(cancel), ABORTED(ACTIVE),
	                                           SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&pad, steps);
	assert_int_equal(enter_pin(), CCID_E_CANCELLED);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void another_card_gets_no_pin(void **state)
{
	static const struct script_step steps[] = {CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&pad, steps);
	flow.generation++;
	assert_int_equal(enter_pin(), CCID_E_STALE);
	flow_close();
}

static void an_answer_beyond_the_buffer_is_not_stored(void **state)
{
	static const struct script_step steps[] = {VERIFY_OUT, XFR_IN("00", "01 02 03 90 00"),
	                                           SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&pad, steps);
	flow.cap = 4;
	flow.rapdu[4] = 0x77;
	assert_int_equal(enter_pin(), CCID_E_SPACE);
	assert_int_equal(flow.rapdu[4], 0x77);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* The card would take the next I-block with the same N(S) for a repetition. */
static void a_link_that_failed_with_the_pin_is_resynchronised(void **state)
{
	static const struct fake_reader tpdu = {.features = FAKE_TPDU | CCID_FEATURE_AUTO_IFSD,
	                                        .pin_support = 3};
	static const struct script_step steps[] = {
		OPENING(INACTIVE),
		POWER_ON("00", ATR_T1),
		VERIFY_ENDS(FAILED_ACTIVE, "F0"),
		VERIFY_ENDS(FAILED_ACTIVE, "FD"),
		XFR("00 C0 00 C0", "00 E0 00 E0"),
		XFR("00 00 07 " SELECT " 9E", "00 00 02 90 00 92"),
		CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&tpdu, steps);
	assert_int_equal(flow_activate(2, CCID_RESET_NONE), 0);
	flow_response_is("64 00", enter_pin());
	assert_int_equal(enter_pin(), CCID_E_COMM);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* --- pads that want the structure otherwise (wire reference 12.3) --- */

static const struct ccid_pin modify = {
	.modify = true,
	.time_out = 30,
	.format = 0x82,
	.block = 0x04,
	.offset_new = 8,
	.min_digits = 4,
	.max_digits = 8,
	.confirm = 3,
	.validation = 2,
	.language = 0x0409,
	.index = {1, 2, 3},
	.apdu = verify_apdu,
	.apdu_len = sizeof verify_apdu,
};

#define MODIFY_AS(messages)                                                                        \
	"69 nnnnnnnn 00 ss 00 0000 01 1E 82 04 00 00 08 08 04 03 02 " messages                     \
	" 00 00 00 00 20 00 81"
#define VERIFY_AS(digits, rest)                                                                    \
	"69 nnnnnnnn 00 ss 00 0000 00 1E 82 04 00 " digits " " rest " 09 04 00 00 00 00 00 20 00 " \
	"81"

static struct fake_reader pad_of(uint16_t vid, uint16_t pid)
{
	struct fake_reader reader = pad;

	reader.vid = vid;
	reader.pid = pid;
	return reader;
}

static void sent_as(uint16_t vid, uint16_t pid, const struct ccid_pin *pin, const char *expected)
{
	const struct fake_reader reader = pad_of(vid, pid);
	const struct script_step steps[] = {EXPECT_OUT(expected), XFR_IN("00", "90 00"),
	                                    CLOSING_POWERED};

	FLOW_READY_THEN(&reader, steps);
	flow_response_is("90 00", ccid_slot_secure(flow.reader, 0, flow.generation, pin, flow.rapdu,
	                                           flow.cap, flow_deadline(60000)));
	flow_close();
}

static void modify_has_as_many_indexes_as_the_standard_says(void **state)
{
	struct ccid_pin two = modify;

	(void)state;
	two.messages = 2;
	sent_as(0x1209, 0xCC1D, &modify, MODIFY_AS("00 09 04 01"));
	sent_as(0x1209, 0xCC1D, &two, MODIFY_AS("02 09 04 01 02"));
}

static void some_pads_want_all_three_indexes(void **state)
{
	(void)state;
	sent_as(0x08E6, 0x34C2, &modify, MODIFY_AS("00 09 04 01 02 03"));
	sent_as(0x04E6, 0xE003, &modify, MODIFY_AS("00 09 04 01 02 03"));
	sent_as(0x046A, 0x003E, &modify, MODIFY_AS("00 09 04 01 02 03"));
}

static void some_pads_want_other_numbers_of_messages(void **state)
{
	(void)state;
	sent_as(0x046A, 0x0010, &modify, MODIFY_AS("03 09 04 01 02 03"));
	sent_as(0x046A, 0x00A1, &modify, MODIFY_AS("FF 09 04 01 02 03"));
}

static void some_pads_take_one_kind_of_verification_only(void **state)
{
	struct ccid_pin timed = verify;

	(void)state;
	timed.messages = 0;
	timed.validation = 7;
	sent_as(0x08E6, 0x3478, &timed, VERIFY_AS("08 04", "02 01"));
	sent_as(0x0982, 0x0008, &timed, VERIFY_AS("08 04", "02 01"));
	sent_as(0x413C, 0x2101, &verify, VERIFY_AS("08 04", "02 00"));
}

static void one_keyboard_has_the_digits_the_other_way_round(void **state)
{
	(void)state;
	sent_as(0x413C, 0x2100, &verify, VERIFY_AS("04 08", "02 00"));
}

static void the_enter_key_is_given_time_to_come_up(void **state)
{
	static const struct script_step steps[] = {EXPECT_OUT(VERIFY_AS("08 04", "02 00")),
	                                           XFR_IN("00", "90 00"), CLOSING_POWERED};
	const struct fake_reader dell = pad_of(0x413C, 0x2101);
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&dell, steps);
	start = flow.clock.now;
	flow_response_is("90 00", enter_pin());
	assert_int_equal(flow.clock.now - start, 250);
	flow_close();
}

/* A reader that refuses the escape gets the structure all the same. */
static void one_pad_appends_the_pin_after_an_escape_only(void **state)
{
	static const struct script_step steps[] = {EXPECT_OUT("6B 03000000 00 ss 000000 80 02 00"),
	                                           GIVE_IN("83 00000000 00 ss 00 00 00"),
	                                           VERIFY_ENDS(FAILED_ACTIVE, "EF"),
	                                           EXPECT_OUT("6B 03000000 00 ss 000000 80 02 00"),
	                                           GIVE_IN("83 00000000 00 ss 40 0A 00"),
	                                           VERIFY_OUT,
	                                           XFR_IN("00", "90 00"),
	                                           CLOSING_POWERED};

	const struct fake_reader spr532 = pad_of(0x04E6, 0xE003);

	(void)state;
	FLOW_READY_THEN(&spr532, steps);
	flow_response_is("64 01", enter_pin());
	flow_response_is("90 00", enter_pin());
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_structure_is_sent_and_the_cards_answer_comes_back),
		cmocka_unit_test(a_reader_without_a_pad_is_sent_nothing),
		cmocka_unit_test(a_pad_that_leaks_is_sent_nothing),
		cmocka_unit_test(time_out_and_cancel_at_the_pad_are_status_words),
		cmocka_unit_test(a_refused_structure_is_an_error),
		cmocka_unit_test(a_person_is_slow),
		cmocka_unit_test(a_silent_pad_is_given_up_and_aborted),
		cmocka_unit_test(cancel_by_the_caller_aborts_the_entry),
		cmocka_unit_test(another_card_gets_no_pin),
		cmocka_unit_test(an_answer_beyond_the_buffer_is_not_stored),
		cmocka_unit_test(a_link_that_failed_with_the_pin_is_resynchronised),
		cmocka_unit_test(modify_has_as_many_indexes_as_the_standard_says),
		cmocka_unit_test(some_pads_want_all_three_indexes),
		cmocka_unit_test(some_pads_want_other_numbers_of_messages),
		cmocka_unit_test(some_pads_take_one_kind_of_verification_only),
		cmocka_unit_test(one_keyboard_has_the_digits_the_other_way_round),
		cmocka_unit_test(the_enter_key_is_given_time_to_come_up),
		cmocka_unit_test(one_pad_appends_the_pin_after_an_escape_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
