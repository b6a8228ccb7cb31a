/* SPDX-License-Identifier: MIT */
/* GetParameters, ResetParameters, IccClock, T0APDU and the two lists: the bytes, and a reader that
 * refuses told apart from one that fails (CCID 6.1.5, 6.1.6, 6.1.9, 6.1.10, 5.3). */
#include "flow.h"

#include <stdio.h>

#define PARAMETERS(out, status, error, protocol, data)                                             \
	EXPECT_OUT(out " 00000000 00 ss 000000"),                                                  \
		GIVE_IN("82 nnnnnnnn 00 ss " status " " error " " protocol " " data)
#define GET(status, error, protocol, data) PARAMETERS("6C", status, error, protocol, data)
#define RESETS(protocol, data)             PARAMETERS("6D", ACTIVE, "00", protocol, data)
#define CLOCK(how, status, error)                                                                  \
	EXPECT_OUT("6E 00000000 00 ss " how " 0000"),                                              \
		GIVE_IN("81 00000000 00 ss " status " " error " " how)
#define CLASSES(bytes, status, error)                                                              \
	EXPECT_OUT("6A 00000000 00 ss " bytes), GIVE_IN("81 00000000 00 ss " status " " error " 0" \
	                                                "0")

/* T=15: clock stop in either state, class A; without, and "no". */
#define ATR_STOPS    "3B 80 80 1F C1 DE"
#define ATR_NO_STOPS "3B 80 80 1F 01 1E"

static const struct fake_reader plain = {.features = FAKE_SHORT};
static const struct fake_reader tpdu = {.features = FAKE_TPDU};
static const struct fake_reader stops = {.features = FAKE_SHORT | CCID_FEATURE_CLOCK_STOP};
static const struct fake_reader lists = {
	.features = FAKE_SHORT, .num_data_rates = 3, .num_clocks = 2};

static struct ccid_parameters got;

static int64_t soon(void)
{
	return flow_deadline(FLOW_LIMIT_MS);
}

static int get(void)
{
	memset(&got, 0xEE, sizeof got);
	return ccid_slot_get_parameters(flow.reader, 0, &got, soon());
}

static int turn(bool stop)
{
	return ccid_slot_clock(flow.reader, 0, flow.generation, stop, soon());
}

static void ready_with(const struct fake_reader *kind, const char *atr)
{
	static char text[100];
	struct script_step steps[] = {OPENING(INACTIVE), POWER_ON_OUT("00"), GIVE_IN(text),
	                              NO_STEP};

	snprintf(text, sizeof text, "80 nnnnnnnn 00 ss 00 00 00 %s", atr);
	flow_open(kind, steps, sizeof steps / sizeof *steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_state_is(CCID_SLOT_READY);
}

static void parameters_are_read(void **state)
{
	static const struct script_step steps[] = {
		GET(ACTIVE, "00", "00", "95 00 01 0A 03"),
		GET(ACTIVE, "00", "01", "18 10 FF 45 00 FE 00"),
		/* says nothing, says too little, says what nobody knows */
		GET(ACTIVE, "00", "00", ""), GET(ACTIVE, "00", "01", "18 10 FF 45 00"),
		GET(ACTIVE, "00", "80", "18 10 FF 45 00 FE 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	assert_int_equal(get(), 0);
	assert_int_equal(got.protocol, 0);
	assert_int_equal(got.len, 5);
	assert_memory_equal(got.bytes, "\x95\x00\x01\x0A\x03", 5);
	assert_int_equal(get(), 0);
	assert_int_equal(got.protocol, 1);
	assert_int_equal(got.len, 7);
	assert_memory_equal(got.bytes, "\x18\x10\xFF\x45\x00\xFE\x00", 7);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(get(), 0);
		assert_int_equal(got.len, 0);
	}
	flow_state_is(CCID_SLOT_READY);
	flow_close();
}

static void a_refusal_is_told_from_a_failure(void **state)
{
	static const struct script_step steps[] = {
		GET(FAILED_ACTIVE, "00", "00", ""),
		GET(FAILED_ACTIVE, "FB", "00", ""),
		GET(FAILED_ACTIVE, "07", "00", ""),
		GET(FAILED_ABSENT, "FE", "00", ""),
	};
	static const int results[] = {CCID_E_UNSUPPORTED, CCID_E_HARDWARE, CCID_E_REFUSED,
	                              CCID_E_NOCARD};

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(get(), results[i]);
	flow_close();
}

/* The reader's defaults are not what the card agreed to. */
static void resetting_the_parameters_ends_the_session(void **state)
{
	static const struct script_step steps[] = {RESETS("00", "11 00 00 0A 00"),
	                                           POWER_OFF(INACTIVE), ACTIVATION(ATR_T0),
	                                           SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	assert_int_equal(ccid_slot_reset_parameters(flow.reader, 0, &got, soon()), 0);
	assert_int_equal(got.len, 5);
	assert_memory_equal(got.bytes, "\x11\x00\x00\x0A\x00", 5);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void parameters_that_are_not_reset_leave_the_session(void **state)
{
	static const struct script_step steps[] = {PARAMETERS("6D", FAILED_ACTIVE, "00", "00", ""),
	                                           SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	assert_int_equal(ccid_slot_reset_parameters(flow.reader, 0, &got, soon()),
	                 CCID_E_UNSUPPORTED);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_stopped_clock_runs_again_before_the_next_apdu(void **state)
{
	static const struct script_step steps[] = {
		CLOCK("01", ACTIVE, "00"), CLOCK("00", ACTIVE, "00"), SELECT_WORKS,   SELECT_WORKS,
		CLOCK("01", ACTIVE, "00"), CLOCK("00", ACTIVE, "00"), CLOSING_POWERED};

	(void)state;
	ready_with(&stops, ATR_STOPS);
	SCRIPT_CONTINUE(&flow.script, steps);
	assert_int_equal(turn(true), 0);
	assert_int_equal(turn(true), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	assert_int_equal(turn(true), 0);
	assert_int_equal(turn(false), 0);
	assert_int_equal(turn(false), 0);
	flow_close();
}

static void no_apdu_goes_to_a_card_whose_clock_stays_stopped(void **state)
{
	static const struct script_step steps[] = {
		CLOCK("01", ACTIVE, "00"), CLOCK("00", FAILED_ACTIVE, "FB"),
		CLOCK("00", ACTIVE, "00"), SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	ready_with(&stops, ATR_STOPS);
	SCRIPT_CONTINUE(&flow.script, steps);
	assert_int_equal(turn(true), 0);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_HARDWARE);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_reset_starts_the_clock(void **state)
{
	static const struct script_step steps[] = {CLOCK("01", ACTIVE, "00"),
	                                           POWER_ON("00", ATR_STOPS), SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	ready_with(&stops, ATR_STOPS);
	SCRIPT_CONTINUE(&flow.script, steps);
	assert_int_equal(turn(true), 0);
	assert_int_equal(flow_activate(3, CCID_RESET_WARM), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void no_clock_is_stopped_that_must_run(void **state)
{
	static const struct script_step end[] = {CLOSING_POWERED};
	static const struct {
		const struct fake_reader *reader;
		const char *atr;
	} list[] = {{&plain, ATR_STOPS}, {&stops, ATR_NO_STOPS}, {&stops, ATR_T0}};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		ready_with(list[i].reader, list[i].atr);
		SCRIPT_CONTINUE(&flow.script, end);
		assert_int_equal(turn(true), CCID_E_UNSUPPORTED);
		flow_close();
	}
}

static void the_clock_is_for_its_session_only(void **state)
{
	static const struct script_step steps[] = {CLOCK("01", FAILED_ACTIVE, "00"),
	                                           CLOSING_POWERED};

	(void)state;
	ready_with(&stops, ATR_STOPS);
	SCRIPT_CONTINUE(&flow.script, steps);
	assert_int_equal(ccid_slot_clock(flow.reader, 0, flow.generation - 1, true, soon()),
	                 CCID_E_STALE);
	assert_int_equal(ccid_slot_clock(flow.reader, 9, flow.generation, true, soon()),
	                 CCID_E_NO_SLOT);
	assert_int_equal(turn(true), CCID_E_UNSUPPORTED);
	flow_close();
}

static int classes(int get_response, int envelope)
{
	return ccid_slot_t0_classes(flow.reader, 0, get_response, envelope, soon());
}

static void the_classes_of_t0_are_set(void **state)
{
	static const struct script_step steps[] = {CLASSES("03 80 C2", ACTIVE, "00"),
	                                           CLASSES("01 FF 00", ACTIVE, "00"),
	                                           CLASSES("02 00 FF", ACTIVE, "00"),
	                                           CLASSES("00 00 00", ACTIVE, "00"),
	                                           CLASSES("03 00 00", FAILED_ACTIVE, "00"),
	                                           CLASSES("03 00 00", FAILED_ACTIVE, "07"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	assert_int_equal(classes(0x80, 0xC2), 0);
	assert_int_equal(classes(0xFF, -1), 0);
	assert_int_equal(classes(-1, 0xFF), 0);
	assert_int_equal(classes(-1, -1), 0);
	assert_int_equal(classes(0, 0), CCID_E_UNSUPPORTED);
	assert_int_equal(classes(0, 0), CCID_E_REFUSED);
	assert_int_equal(classes(0x100, 0), CCID_E_ARG);
	flow_close();
}

static void a_tpdu_reader_has_no_classes(void **state)
{
	static const struct script_step end[] = {CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&tpdu, end);
	assert_int_equal(classes(0, 0), CCID_E_UNSUPPORTED);
	flow_close();
}

static void the_lists_are_read(void **state)
{
	static const struct script_step steps[] = {
		OPENING(ABSENT),
		EXPECT_CTRL("A1 02 0000 0000 0800 A00F0000 401F0000"),
		EXPECT_CTRL("A1 03 0000 0000 0C00 012A0000 00000000 80250000"),
		EXPECT_CTRL("A1 03 0000 0000 0C00 012A0000 80250000"), /* fewer than announced */
		EXPECT_CTRL("A1 02 0000 0000 0800 A00F"),
		EXPECT_CTRL_FAIL("A1 02 0000 0000 0800", CCID_E_STALL),
		EXPECT_CTRL_FAIL("A1 03 0000 0000 0C00", CCID_E_TIMEOUT),
		EXPECT_CTRL("A1 03 0000 0000 0C00 012A0000 80250000 00960000"),
	};
	uint32_t v[3] = {0};

	(void)state;
	FLOW_OPEN(&lists, steps);
	assert_int_equal(ccid_reader_clocks(flow.reader, v, 3, soon()), 2);
	assert_int_equal(v[0], 4000);
	assert_int_equal(v[1], 8000);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ccid_reader_rates(flow.reader, v, 3, soon()), 2);
		assert_int_equal(v[0], 10753);
		assert_int_equal(v[1], 9600);
	}
	assert_int_equal(ccid_reader_clocks(flow.reader, v, 3, soon()), CCID_E_FORMAT);
	assert_int_equal(ccid_reader_clocks(flow.reader, v, 3, soon()), CCID_E_UNSUPPORTED);
	assert_int_equal(ccid_reader_rates(flow.reader, v, 3, soon()), CCID_E_TIMEOUT);
	assert_int_equal(ccid_reader_rates(flow.reader, v, 2, soon()), CCID_E_SPACE);
	flow_close();
}

static void a_reader_without_lists_is_not_asked(void **state)
{
	static const struct script_step steps[] = {OPENING(ABSENT)};
	uint32_t v[1];

	(void)state;
	FLOW_OPEN(&plain, steps);
	assert_int_equal(ccid_reader_clocks(flow.reader, v, 1, soon()), 0);
	assert_int_equal(ccid_reader_rates(flow.reader, v, 1, soon()), 0);
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_are_read),
		cmocka_unit_test(a_refusal_is_told_from_a_failure),
		cmocka_unit_test(resetting_the_parameters_ends_the_session),
		cmocka_unit_test(parameters_that_are_not_reset_leave_the_session),
		cmocka_unit_test(a_stopped_clock_runs_again_before_the_next_apdu),
		cmocka_unit_test(no_apdu_goes_to_a_card_whose_clock_stays_stopped),
		cmocka_unit_test(a_reset_starts_the_clock),
		cmocka_unit_test(no_clock_is_stopped_that_must_run),
		cmocka_unit_test(the_clock_is_for_its_session_only),
		cmocka_unit_test(the_classes_of_t0_are_set),
		cmocka_unit_test(a_tpdu_reader_has_no_classes),
		cmocka_unit_test(the_lists_are_read),
		cmocka_unit_test(a_reader_without_lists_is_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
