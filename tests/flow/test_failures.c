/* SPDX-License-Identifier: MIT */
/* What a failure that the reader reports is called, and what it does to the slot. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>

static const struct fake_reader short_reader = {.features = FAKE_SHORT};

/* --- failures the reader reports (CCID 6.2.6, table 6.2-2) --- */

static const struct {
	const char *answer; /* bStatus and bError */
	int err;
} failures[] = {
	{"40 FF", CCID_E_ABORTED},       {"40 FE", CCID_E_MUTE},     {"40 FD", CCID_E_COMM},
	{"40 FC", CCID_E_COMM},          {"40 FB", CCID_E_HARDWARE}, {"40 F8", CCID_E_BAD_ATR},
	{"40 F7", CCID_E_BAD_ATR},       {"40 F6", CCID_E_PROTOCOL}, {"40 F5", CCID_E_CLASS},
	{"40 F4", CCID_E_COMM},          {"40 F3", CCID_E_PROTOCOL}, {"40 F0", CCID_E_PIN_TIMEOUT},
	{"40 EF", CCID_E_PIN_CANCELLED}, {"40 05", CCID_E_NO_SLOT},  {"40 00", CCID_E_UNSUPPORTED},
	{"40 07", CCID_E_REFUSED},       {"40 01", CCID_E_REFUSED},  {"40 7F", CCID_E_REFUSED},
	{"40 C0", CCID_E_REFUSED},       {"40 81", CCID_E_REFUSED},  {"40 80", CCID_E_REFUSED},
	{"41 FE", CCID_E_INACTIVE},      {"42 FE", CCID_E_NOCARD},   {"7C FB", CCID_E_HARDWARE},
};

static void each_error_has_its_code(void **state)
{
	char answer[64];

	(void)state;
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
		const struct script_step steps[] = {
			XFR_OUT("0000", SELECT),
			GIVE_IN(answer),
		};
		struct ccid_fault fault;

		snprintf(answer, sizeof answer, "80 00000000 00 ss %s 00", failures[i].answer);
		FLOW_READY_THEN(&short_reader, steps);
		assert_string_equal(ccid_err_name(flow_transmit(SELECT, 0)),
		                    ccid_err_name(failures[i].err));
		ccid_reader_last_fault(flow.reader, &fault);
		assert_int_equal(fault.err, failures[i].err);
		assert_int_equal(fault.slot_status, strtoul(failures[i].answer, NULL, 16));
		assert_int_equal(fault.reader_error, strtoul(failures[i].answer + 3, NULL, 16));
		script_reached_end(&flow.script);
		ccid_reader_abandon(flow.reader);
		flow.script.t.ops->close(&flow.script.t);
	}
}

static void an_error_may_come_as_slot_status(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), GIVE_IN("81 00000000 00 ss 40 00 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_UNSUPPORTED);
	flow_close();
}

static void an_empty_block_without_the_failed_bit_is_a_failure(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), GIVE_IN("80 00000000 00 ss 00 00 00"),
		XFR_OUT("0000", SELECT), GIVE_IN("80 00000000 00 ss 00 FE 00"),
		XFR_OUT("0000", SELECT), GIVE_IN("80 00000000 00 ss 00 FB 00"),
		CLOSING_POWERED,
	};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_MUTE);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_MUTE);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_HARDWARE);
	flow_close();
}

/* acr122u-libnfc-direct of the corpus */
static void an_error_byte_beside_success_and_data_is_ignored(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT),
	                                           GIVE_IN("80 02000000 00 ss 00 81 00 90 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void command_status_3_is_a_failure(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT),
	                                           GIVE_IN("80 02000000 00 ss C0 FB 00 90 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_HARDWARE);
	flow_close();
}

static void slot_status_without_a_card_may_call_itself_failed(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), EXPECT_OUT("65 00000000 00 ss 000000"),
		GIVE_IN("81 00000000 00 ss 42 FE 01"), CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(1000)), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void icc_status_3_counts_as_absent(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), STATUS("03"),
	                                           CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(1000)), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void reserved_bits_of_status_are_masked(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), STATUS("3E"),
	                                           CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(1000)), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void a_removed_card_ends_the_session_of_a_failed_command(void **state)
{
	static const struct script_step steps[] = {XFR_FAILS(SELECT, FAILED_ABSENT, "FE"),
	                                           CLOSING_UNPOWERED};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	before = flow.generation;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_NOCARD);
	flow_state_is(CCID_SLOT_EMPTY);
	assert_true(flow_info().generation > before);
	assert_int_equal(flow_info().atr_len, 0);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

static void a_card_that_lost_its_power_ends_the_session(void **state)
{
	static const struct script_step steps[] = {XFR_FAILS(SELECT, FAILED_INACTIVE, "FE"),
	                                           CLOSING_UNPOWERED};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	before = flow.generation;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_INACTIVE);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_true(flow_info().generation > before);
	flow_close();
}

/* --- busy --- */

#define BUSY(berror) XFR_OUT("0000", SELECT), GIVE_IN("80 00000000 00 ss 40 " berror " 00")

static void a_reader_busy_with_its_own_sequence_is_asked_again(void **state)
{
	static const struct script_step steps[] = {BUSY("F2"), BUSY("F2"), BUSY("F2"), SELECT_WORKS,
	                                           CLOSING_POWERED};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	start = flow.clock.now;
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	assert_in_range(flow.clock.now - start, 3 * 50, 3 * 100);
	flow_close();
}

static void a_reader_busy_for_ever_is_given_up_after_five_seconds(void **state)
{
	static const struct script_step steps[] = {
		FOREVER("6F nnnnnnnn 00 ss 00 0000 " SELECT, "80 00000000 00 ss 40 F2 00"),
		CLOSING_POWERED};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	start = flow.clock.now;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_SLOT_BUSY);
	assert_in_range(flow.clock.now - start, 4900, 5200);
	flow_close();
}

static void a_busy_slot_that_should_not_be_is_aborted(void **state)
{
	static const struct script_step steps[] = {BUSY("E0"), AFTER_A_GIVING_UP, SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_error_has_its_code),
		cmocka_unit_test(an_error_may_come_as_slot_status),
		cmocka_unit_test(an_empty_block_without_the_failed_bit_is_a_failure),
		cmocka_unit_test(an_error_byte_beside_success_and_data_is_ignored),
		cmocka_unit_test(command_status_3_is_a_failure),
		cmocka_unit_test(slot_status_without_a_card_may_call_itself_failed),
		cmocka_unit_test(icc_status_3_counts_as_absent),
		cmocka_unit_test(reserved_bits_of_status_are_masked),
		cmocka_unit_test(a_removed_card_ends_the_session_of_a_failed_command),
		cmocka_unit_test(a_card_that_lost_its_power_ends_the_session),
		cmocka_unit_test(a_reader_busy_with_its_own_sequence_is_asked_again),
		cmocka_unit_test(a_reader_busy_for_ever_is_given_up_after_five_seconds),
		cmocka_unit_test(a_busy_slot_that_should_not_be_is_aborted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
