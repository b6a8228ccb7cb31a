/* SPDX-License-Identifier: MIT */
/* One command and its answer: which frames are accepted, and how long is waited. */
#include "alloc_count.h"
#include "flow.h"

static const struct fake_reader short_reader = {.features = FAKE_SHORT};

/* --- frames (3.6 of the wire reference) --- */

static void bytes_beyond_dwlength_are_cut_off(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT),
		GIVE_IN("80 02000000 00 ss 00 00 00 61 27 00 00 00 00 00 00 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("61 27", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_stale_answer_is_dropped(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), GIVE_IN("80 02000000 00 s1 00 00 00 6F 00"),
		GIVE_IN("81 00000000 00 s2 01 00 00"), XFR_IN("00", "90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_state_is(CCID_SLOT_READY);
	flow_close();
}

#define STALE  GIVE_IN("80 02000000 00 s1 00 00 00 6F 00")
#define STALE4 STALE, STALE, STALE, STALE

static void sixteen_stale_answers_are_dropped(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), STALE4,         STALE4, STALE4, STALE4,
		XFR_IN("00", "90 00"),   CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void stale_answers_without_end_are_an_error(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), FOREVER_IN("80 02000000 00 s1 00 00 00 6F 00", 0),
		AFTER_A_GIVING_UP, SELECT_WORKS, CLOSING_POWERED};
	unsigned waits;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	waits = flow.script.waits;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	assert_in_range(flow.script.waits - waits, 17, 20);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void an_answer_for_another_slot_is_not_taken(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT),
	                                           GIVE_IN("80 02000000 01 ss 00 00 00 6F 00"),
	                                           XFR_IN("00", "90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void an_answer_of_another_type_is_not_taken(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), GIVE_IN("83 02000000 00 ss 00 00 00 6F 00"),
		AFTER_A_GIVING_UP,       SELECT_WORKS,
		XFR_OUT("0000", SELECT), GIVE_IN("81 00000000 00 ss 00 00 00"),
		AFTER_A_GIVING_UP,       SELECT_WORKS,
		CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* broadcom-5880-0x5805-short-read of the corpus: 268 announced, 64 come */
static void fewer_bytes_than_announced_are_never_an_answer(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT),
	                                           GIVE_IN("80 02010000 00 ss 00 00 00 01 ++*53"),
	                                           SILENCE,
	                                           AFTER_A_GIVING_UP,
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	start = flow.clock.now;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	assert_in_range(flow.clock.now - start, 0, 300000);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_piece_of_a_header_is_never_an_answer(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), GIVE_IN("80 02 00"), SILENCE,
		AFTER_A_GIVING_UP,       SELECT_WORKS,        CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_length_beyond_all_buffers_is_refused_at_once(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), GIVE_IN("80 FFFFFFFF 00 ss 00 00 00 90 00"),
		AFTER_A_GIVING_UP,       SELECT_WORKS,
		XFR_OUT("0000", SELECT), GIVE_IN("80 F6FFFFFF 00 ss 00 00 00 90 00"),
		AFTER_A_GIVING_UP,       CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	flow_close();
}

/* ak9563-emv-1 of the corpus: answers that arrive in two transfers */
static void an_answer_may_come_in_several_transfers(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), GIVE_IN("80 06000000 00 ss 00 00 00"), GIVE_IN("01 02 03"),
		GIVE_IN("04 90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("01 02 03 04 90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void an_empty_transfer_before_the_answer_is_passed_over(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), ZLP,
	                                           XFR_IN("00", "90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void an_empty_transfer_after_a_full_packet_does_no_harm(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), XFR_IN("00", "01 ++*51 90 00"), /* 64 bytes */
		XFR_OUT("0000", SELECT), ZLP,
		XFR_IN("00", "90 00"),   CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("01 ++*51 90 00", flow_transmit(SELECT, 0));
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void empty_transfers_without_end_are_an_error(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), FOREVER_IN("", 0),
	                                           AFTER_A_GIVING_UP, SELECT_WORKS,
	                                           CLOSING_POWERED};

	unsigned waits;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	waits = flow.script.waits;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	assert_in_range(flow.script.waits - waits, 10, 20);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* --- time --- */

static void a_time_extension_is_honoured_for_every_command(void **state)
{
	static const struct fake_reader reader = {.features = FAKE_SHORT, .mechanical = 0xF};
	static const struct script_step steps[] = {
		EXPECT_OUT("65 00000000 00 ss 000000"),
		GIVE_IN("81 00000000 00 ss 81 00 00"),
		GIVE_IN("81 00000000 00 ss 01 00 00"),
		POWER_ON_OUT("00"),
		GIVE_IN("80 00000000 00 ss 81 05 00"),
		GIVE_IN("81 00000000 00 ss 81 01 00"), /* as a SlotStatus, as well */
		GIVE_IN("80 04000000 00 ss 00 00 00 " ATR_T0),
		XFR_OUT("0000", SELECT),
		GIVE_IN("80 00000000 00 ss 80 01 00"),
		GIVE_IN("80 00000000 00 ss 80 00 00"),
		GIVE_IN("80 00000000 00 ss 80 FF 00"),
		XFR_IN("00", "90 00"),
		EXPECT_OUT("6B 02000000 00 ss 000000 01 02"),
		GIVE_IN("83 00000000 00 ss 80 01 00"),
		GIVE_IN("83 01000000 00 ss 00 00 00 77"),
		EXPECT_OUT("71 00000000 00 ss 04 0000"),
		GIVE_IN("81 00000000 00 ss 80 0A 00"),
		GIVE_IN("81 00000000 00 ss 00 00 00"),
		EXPECT_OUT("63 00000000 00 ss 000000"),
		GIVE_IN("81 00000000 00 ss 81 01 00"),
		GIVE_IN("81 00000000 00 ss 01 00 00"),
	};
	uint8_t in[4];

	(void)state;
	FLOW_OPEN(&reader, steps);
	assert_int_equal(flow_activate(1, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	assert_int_equal(ccid_reader_escape(flow.reader, 0, (const uint8_t *)"\1\2", 2, in,
	                                    sizeof in, flow_deadline(30000)),
	                 1);
	assert_int_equal(in[0], 0x77);
	assert_int_equal(
		ccid_slot_mechanical(flow.reader, 0, CCID_MECHANICAL_LOCK, flow_deadline(30000)),
		0);
	flow_close();
}

static void a_time_extension_begins_the_silence_limit_anew(void **state)
{
	static const struct fake_reader reader = {.features = FAKE_SHORT, .mechanical = 0xF};
	static const struct script_step steps[] = {
		OPENING(INACTIVE), EXPECT_OUT("71 00000000 00 ss 01 0000"),
		DELAY(29000),      GIVE_IN("81 00000000 00 ss 82 01 00"),
		DELAY(29000),      GIVE_IN("81 00000000 00 ss 82 01 00"),
		DELAY(29000),      GIVE_IN("81 00000000 00 ss 02 00 00"),
		CLOSING_UNPOWERED,
	};

	(void)state;
	FLOW_OPEN(&reader, steps);
	assert_int_equal(ccid_slot_mechanical(flow.reader, 0, CCID_MECHANICAL_ACCEPT,
	                                      flow_deadline(FLOW_LIMIT_MS)),
	                 0);
	flow_close();
}

/* bError is a multiplier: 100 times the waiting time, longer than the silence limit of an Escape. */
static void a_time_extension_multiplies_the_waiting_time(void **state)
{
	static const struct script_step steps[] = {
		OPENING(ABSENT),
		EXPECT_OUT("6B 01000000 00 ss 000000 AA"),
		GIVE_IN("83 00000000 00 ss 82 64 00"),
		DELAY(95000),
		GIVE_IN("83 01000000 00 ss 02 00 00 77"),
	};
	uint8_t in[1];

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	assert_int_equal(ccid_reader_escape(flow.reader, 0, (const uint8_t *)"\xAA", 1, in, 1,
	                                    flow_deadline(FLOW_LIMIT_MS)),
	                 1);
	flow_close();
}

static void time_extensions_without_end_stop_at_the_deadline(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), FOREVER_IN("80 00000000 00 ss 80 01 00", 700),
		AFTER_A_GIVING_UP, SELECT_WORKS, CLOSING_POWERED};
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	start = flow.clock.now;
	assert_int_equal(ccid_slot_transmit(flow.reader, 0, flow.generation, select, sizeof select,
	                                    flow.rapdu, 258, 0, -1, start + 20000),
	                 CCID_E_TIMEOUT);
	assert_in_range(flow.clock.now - start, 20000, 20700 + 2000);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void time_extensions_in_no_time_end_as_well(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), FOREVER_IN("80 00000000 00 ss 80 01 00", 0),
		AFTER_A_GIVING_UP, SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_true(flow_transmit(SELECT, 0) < 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_deadline_in_the_past_sends_nothing(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(ccid_slot_transmit(flow.reader, 0, flow.generation, select, sizeof select,
	                                    flow.rapdu, 258, 0, -1, flow.clock.now - 1),
	                 CCID_E_TIMEOUT);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void even_without_a_deadline_silence_ends(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), SILENCE, AFTER_A_GIVING_UP, SELECT_WORKS, CLOSING_POWERED};
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	start = flow.clock.now;
	assert_int_equal(ccid_slot_transmit(flow.reader, 0, flow.generation, select, sizeof select,
	                                    flow.rapdu, 258, 0, -1, CCID_NEVER),
	                 CCID_E_TIMEOUT);
	assert_in_range(flow.clock.now - start, 10000, 600000);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* --- sequence numbers, buffers --- */

static void the_sequence_number_goes_round(void **state)
{
	static const struct script_step opening[] = {OPENING(INACTIVE)};
	static const struct script_step steps[] = {STATUS(INACTIVE)};

	(void)state;
	FLOW_OPEN(&short_reader, opening);
	for (unsigned i = 0; i < 600; i++) {
		SCRIPT_CONTINUE(&flow.script, steps);
		assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(1000)), 0);
	}
	flow_close();
}

static void an_exchange_allocates_nothing(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS};
	static const struct script_step bad[] = {XFR_OUT("0000", SELECT), STALL_IN, AFTER_A_STALL,
	                                         SELECT_WORKS};
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
	struct alloc_count before;

	(void)state;
	flow_ready(&short_reader);
	for (unsigned i = 0; i < 10; i++) {
		if (i < 9)
			SCRIPT_CONTINUE(&flow.script, steps);
		else
			SCRIPT_CONTINUE(&flow.script, bad);
		before = alloc_count_now();
		assert_int_equal(ccid_slot_transmit(flow.reader, 0, flow.generation, select,
		                                    sizeof select, flow.rapdu, 258, 0, -1,
		                                    flow_deadline(10000)),
		                 i < 9 ? 2 : CCID_E_STALL);
		assert_int_equal(alloc_count_now().calls, before.calls);
	}
	before = alloc_count_now();
	assert_int_equal(ccid_slot_transmit(flow.reader, 0, flow.generation, select, sizeof select,
	                                    flow.rapdu, 258, 0, -1, flow_deadline(10000)),
	                 2);
	assert_int_equal(alloc_count_now().calls, before.calls);
	ccid_reader_abandon(flow.reader);
	flow.script.t.ops->close(&flow.script.t);
}

static void no_byte_of_an_apdu_reaches_the_log(void **state)
{
	static const struct script_step steps[] = {XFR("00 20 00 81 04 31 32 33 34", "CA FE 90 00"),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow.clock.env.log_level = CCID_LOG_WIRE;
	flow_response_is("CA FE 90 00", flow_transmit("00 20 00 81 04 31 32 33 34", 0));
	assert_true(fake_clock_logged(&flow.clock, "XfrBlock"));
	assert_false(fake_clock_logged(&flow.clock, "31323334"));
	assert_false(fake_clock_logged(&flow.clock, "31 32 33 34"));
	assert_false(fake_clock_logged(&flow.clock, "CAFE"));
	assert_false(fake_clock_logged(&flow.clock, "CA FE"));
	assert_false(fake_clock_logged(&flow.clock, "1234"));
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_beyond_dwlength_are_cut_off),
		cmocka_unit_test(a_stale_answer_is_dropped),
		cmocka_unit_test(sixteen_stale_answers_are_dropped),
		cmocka_unit_test(stale_answers_without_end_are_an_error),
		cmocka_unit_test(an_answer_for_another_slot_is_not_taken),
		cmocka_unit_test(an_answer_of_another_type_is_not_taken),
		cmocka_unit_test(fewer_bytes_than_announced_are_never_an_answer),
		cmocka_unit_test(a_piece_of_a_header_is_never_an_answer),
		cmocka_unit_test(a_length_beyond_all_buffers_is_refused_at_once),
		cmocka_unit_test(an_answer_may_come_in_several_transfers),
		cmocka_unit_test(an_empty_transfer_before_the_answer_is_passed_over),
		cmocka_unit_test(an_empty_transfer_after_a_full_packet_does_no_harm),
		cmocka_unit_test(empty_transfers_without_end_are_an_error),
		cmocka_unit_test(a_time_extension_is_honoured_for_every_command),
		cmocka_unit_test(a_time_extension_begins_the_silence_limit_anew),
		cmocka_unit_test(a_time_extension_multiplies_the_waiting_time),
		cmocka_unit_test(time_extensions_without_end_stop_at_the_deadline),
		cmocka_unit_test(time_extensions_in_no_time_end_as_well),
		cmocka_unit_test(a_deadline_in_the_past_sends_nothing),
		cmocka_unit_test(even_without_a_deadline_silence_ends),
		cmocka_unit_test(the_sequence_number_goes_round),
		cmocka_unit_test(an_exchange_allocates_nothing),
		cmocka_unit_test(no_byte_of_an_apdu_reaches_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
