/* SPDX-License-Identifier: MIT */
/* Opening and closing a reader, and its slots (wire reference 4.3, 9.3, 14.1). */
#include "alloc_count.h"
#include "flow.h"

#include <stdio.h>

static const struct fake_reader short_reader = {.features = FAKE_SHORT};

/* Open by hand: the result is what matters. */
static int open_reader(const struct fake_reader *reader, const struct script_step *steps,
                       size_t count)
{
	fake_clock_init(&flow.clock);
	script_start(&flow.script, reader, steps, count, &flow.clock);
	flow.reader = NULL;
	return ccid_reader_open(&flow.reader, &flow.script.t, NULL, &flow.clock.env,
	                        flow_deadline(20000));
}
#define OPEN(reader, steps) open_reader(reader, steps, sizeof(steps) / sizeof *(steps))

static void not_taken(void)
{
	assert_null(flow.reader);
	assert_false(flow.script.closed);
	flow.script.t.ops->close(&flow.script.t);
	script_done(&flow.script);
}

/* --- open --- */

static void opening_asks_the_slot_for_its_state(void **state)
{
	static const struct {
		const char *answer;
		enum ccid_slot_state state;
	} cases[] = {
		{"81 00000000 00 ss 00 00 00", CCID_SLOT_INACTIVE},
		{"81 00000000 00 ss 01 00 00", CCID_SLOT_INACTIVE},
		{"81 00000000 00 ss 02 00 00", CCID_SLOT_EMPTY},
		{"81 00000000 00 ss 42 FE 00", CCID_SLOT_EMPTY},
		{"81 00000000 00 ss 41 FE 01", CCID_SLOT_INACTIVE},
		{"81 00000000 00 ss 42 FE 01", CCID_SLOT_EMPTY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct script_step steps[] = {EXPECT_OUT("65 00000000 00 ss 000000"),
		                                    GIVE_IN(cases[i].answer)};

		assert_int_equal(OPEN(&short_reader, steps), 0);
		flow_state_is(cases[i].state);
		assert_int_equal(flow_info().atr_len, 0);
		assert_false(ccid_reader_gone(flow.reader));
		flow_close();
	}
}

static void a_reader_may_take_its_time_for_the_first_answer(void **state)
{
	static const struct script_step steps[] = {EXPECT_OUT("65 00000000 00 ss 000000"),
	                                           DELAY(2900),
	                                           GIVE_IN("81 00000000 00 ss 02 00 00")};

	(void)state;
	assert_int_equal(OPEN(&short_reader, steps), 0);
	flow_close();
}

#define UNANSWERED_STATUS EXPECT_OUT("65 00000000 00 ss 000000"), SILENCE

static void a_first_status_without_answer_is_repeated_after_clear_halt(void **state)
{
	static const struct script_step once[] = {UNANSWERED_STATUS, EXPECT_HALTS, STATUS(ABSENT)};
	static const struct script_step twice[] = {
		UNANSWERED_STATUS, EXPECT_HALTS, UNANSWERED_STATUS, EXPECT_HALTS, STATUS(INACTIVE)};

	(void)state;
	assert_int_equal(OPEN(&short_reader, once), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
	assert_int_equal(OPEN(&short_reader, twice), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

static void a_stall_of_the_first_status_is_cleared(void **state)
{
	static const struct script_step in[] = {EXPECT_OUT("65 00000000 00 ss 000000"), STALL_IN,
	                                        EXPECT_HALTS, STATUS(ABSENT)};
	static const struct script_step out[] = {FAIL_OUT("65 00000000 00 ss 000000", CCID_E_STALL),
	                                         EXPECT_HALTS, STATUS(ABSENT)};

	(void)state;
	assert_int_equal(OPEN(&short_reader, in), 0);
	flow_close();
	assert_int_equal(OPEN(&short_reader, out), 0);
	flow_close();
}

static void answers_of_an_earlier_process_are_drained(void **state)
{
	static const struct script_step steps[] = {
		EXPECT_OUT("65 00000000 00 ss 000000"), GIVE_IN("80 02000000 00 s9 00 00 00 90 00"),
		GIVE_IN("80 00000000 00 s5 80 01 00"), ZLP, GIVE_IN("81 00000000 00 ss 01 00 00")};

	(void)state;
	assert_int_equal(OPEN(&short_reader, steps), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

/* What an earlier process left unfinished: every answer is CMD_SLOT_BUSY until an abort. */
static void a_command_of_an_earlier_process_is_aborted(void **state)
{
	static const struct script_step steps[] = {EXPECT_OUT("65 00000000 00 ss 000000"),
	                                           GIVE_IN("81 00000000 00 ss 40 E0 00"),
	                                           ABORTED(INACTIVE), STATUS(INACTIVE)};

	(void)state;
	assert_int_equal(OPEN(&short_reader, steps), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

static void a_dead_reader_is_not_opened_and_costs_a_bounded_time(void **state)
{
	static const struct script_step steps[] = {
		UNANSWERED_STATUS, EXPECT_HALTS,      UNANSWERED_STATUS, EXPECT_HALTS,
		UNANSWERED_STATUS, ABORT_CTRL,        ABORT_OUT,         SILENCE,
		EXPECT_HALTS,      UNANSWERED_STATUS, UNANSWERED_STATUS, EXPECT_RESET(0),
		UNANSWERED_STATUS, UNANSWERED_STATUS};
	int64_t start;
	int rc;

	(void)state;
	rc = OPEN(&short_reader, steps);
	start = flow.clock.now;
	assert_string_equal(ccid_err_name(rc), "TIMEOUT");
	assert_in_range(start - 24 * 3600 * 1000, 3000, 20000);
	not_taken();
}

static void an_unplug_while_opening_is_gone(void **state)
{
	static const struct script_step steps[] = {EXPECT_OUT("65 00000000 00 ss 000000"), UNPLUG};

	(void)state;
	assert_int_equal(OPEN(&short_reader, steps), CCID_E_GONE);
	not_taken();
}

static void the_opening_keeps_to_its_deadline(void **state)
{
	static const struct script_step steps[] = {UNANSWERED_STATUS};
	int rc;

	(void)state;
	fake_clock_init(&flow.clock);
	script_start(&flow.script, &short_reader, steps, 2, &flow.clock);
	flow.reader = NULL;
	rc = ccid_reader_open(&flow.reader, &flow.script.t, NULL, &flow.clock.env,
	                      flow_deadline(500));
	assert_int_equal(rc, CCID_E_TIMEOUT);
	assert_int_equal(flow.clock.now, 24 * 3600 * 1000 + 500);
	not_taken();
}

static void no_memory_leaves_the_transport_to_the_caller(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE)};
	unsigned k = 0, calls;

	(void)state;
	do {
		int rc;

		alloc_count_start(k);
		rc = OPEN(&short_reader, steps);
		calls = alloc_count_now().calls;
		alloc_count_stop_failing();
		if (calls > k) {
			assert_int_equal(rc, CCID_E_NOMEM);
			assert_int_equal(alloc_count_now().live, 0);
			assert_null(flow.reader);
			flow.script.t.ops->close(&flow.script.t);
		} else {
			assert_int_equal(rc, 0);
			flow_close();
			assert_int_equal(alloc_count_now().live, 0);
		}
	} while (calls > k++);
	assert_in_range(k, 2, 20);
}

static void a_token_without_bulk_endpoints_is_unsupported(void **state)
{
	static const struct script_step steps[] = {NO_STEP};

	(void)state;
	fake_clock_init(&flow.clock);
	script_start(&flow.script, &short_reader, steps, 1, &flow.clock);
	flow.script.t.iface.bulk_in.address = 0;
	flow.script.t.iface.bulk_out.address = 0;
	assert_int_equal(ccid_reader_open(&flow.reader, &flow.script.t, NULL, &flow.clock.env,
	                                  flow_deadline(500)),
	                 CCID_E_UNSUPPORTED);
	flow.reader = NULL;
	not_taken();
}

/* --- what the descriptor says --- */

static void the_readers_abilities_are_those_of_the_descriptor(void **state)
{
	static const struct fake_reader reader = {.features = FAKE_EXTENDED,
	                                          .mechanical = 0x03000002,
	                                          .max_message = 0x10000000,
	                                          .protocols = 0x00020003};
	static const struct script_step steps[] = {OPENING(ABSENT)};

	(void)state;
	FLOW_OPEN(&reader, steps);
	assert_int_equal(ccid_reader_level(flow.reader), CCID_LEVEL_EXTENDED_APDU);
	assert_int_equal(ccid_reader_claims(flow.reader)->mechanical, 0x03000002);
	assert_int_equal(ccid_reader_mechanical(flow.reader) & CCID_MECH_EJECT, CCID_MECH_EJECT);
	assert_int_equal(ccid_reader_mechanical(flow.reader) & ~0xFu, 0);
	assert_int_equal(ccid_reader_claims(flow.reader)->max_message_len, 0x10000000);
	assert_in_range(ccid_reader_desc(flow.reader)->max_message_len, 271, 65554);
	assert_int_equal(ccid_reader_desc(flow.reader)->protocols, 3);
	assert_ptr_equal(ccid_reader_transport(flow.reader), &flow.script.t);
	assert_int_equal(ccid_reader_slots(flow.reader), 1);
	flow_close();
}

static void packets_of_every_size_are_posted_whole(void **state)
{
	static const uint16_t sizes[] = {8, 16, 64, 512, 1024};
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           XFR(SELECT, "00 ++*255 90 00"), CLOSING_POWERED};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct fake_reader reader = {.features = FAKE_SHORT, .max_packet = sizes[i]};

		FLOW_OPEN(&reader, steps);
		assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
		flow_response_is("00 ++*255 90 00", flow_transmit(SELECT, 0));
		flow_close();
	}
}

/* --- several slots --- */

static void every_slot_is_asked_and_has_its_own_state(void **state)
{
	static const struct fake_reader reader = {.features = FAKE_SHORT, .slots = 3};
	static const struct script_step steps[] = {STATUS_OF("00", ABSENT),
	                                           STATUS_OF("01", INACTIVE),
	                                           STATUS_OF("02", ABSENT),
	                                           EXPECT_OUT("62 00000000 01 ss 000000"),
	                                           GIVE_IN("80 nnnnnnnn 01 ss 00 00 00 " ATR_T0),
	                                           EXPECT_OUT("6F nnnnnnnn 01 ss 000000 " SELECT),
	                                           GIVE_IN("80 nnnnnnnn 01 ss 00 00 00 90 00"),
	                                           EXPECT_OUT("63 00000000 01 ss 000000"),
	                                           GIVE_IN("81 00000000 01 ss 01 00 00")};
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
	struct ccid_slot_info info[3];

	(void)state;
	FLOW_OPEN(&reader, steps);
	assert_int_equal(ccid_reader_slots(flow.reader), 3);
	assert_int_equal(
		ccid_slot_activate(flow.reader, 1, 3, CCID_RESET_NONE, flow_deadline(60000)), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ccid_slot_get_info(flow.reader, i, &info[i]), 0);
	assert_int_equal(info[0].state, CCID_SLOT_EMPTY);
	assert_int_equal(info[1].state, CCID_SLOT_READY);
	assert_int_equal(info[2].state, CCID_SLOT_EMPTY);
	assert_int_equal(ccid_slot_get_info(flow.reader, 3, &info[0]), CCID_E_NO_SLOT);
	assert_int_equal(ccid_slot_transmit(flow.reader, 1, info[1].generation, select,
	                                    sizeof select, flow.rapdu, 258, 0, -1,
	                                    flow_deadline(10000)),
	                 2);
	flow_close();
}

static void slots_that_the_reader_denies_are_not_offered(void **state)
{
	static const struct fake_reader reader = {.features = FAKE_SHORT, .slots = 4};
	static const struct script_step steps[] = {STATUS_OF("00", ABSENT), STATUS_OF("01", ABSENT),
	                                           EXPECT_OUT("65 00000000 02 ss 000000"),
	                                           GIVE_IN("81 00000000 02 ss 42 05 00")};

	(void)state;
	FLOW_OPEN(&reader, steps);
	assert_int_equal(ccid_reader_slots(flow.reader), 2);
	assert_int_equal(ccid_slot_poll(flow.reader, 2, flow_deadline(100)), CCID_E_NO_SLOT);
	flow_close();
}

static void an_absurd_number_of_slots_is_survived(void **state)
{
	static const struct fake_reader reader = {.features = FAKE_SHORT, .slots = 255};
	static struct script_step steps[2 * 255];
	static char text[2 * 255][40];
	unsigned n;

	(void)state;
	for (unsigned i = 0; i < 255; i++) {
		snprintf(text[2 * i], sizeof text[0], "65 00000000 %02X ss 000000", i);
		snprintf(text[2 * i + 1], sizeof text[0], "81 00000000 %02X ss 02 00 00", i);
		steps[2 * i] = (struct script_step)EXPECT_OUT(text[2 * i]);
		steps[2 * i + 1] = (struct script_step)GIVE_IN(text[2 * i + 1]);
	}
	fake_clock_init(&flow.clock);
	script_start(&flow.script, &reader, steps, 2 * 255, &flow.clock);
	assert_int_equal(ccid_reader_open(&flow.reader, &flow.script.t, NULL, &flow.clock.env,
	                                  flow_deadline(10000)),
	                 0);
	n = ccid_reader_slots(flow.reader);
	assert_in_range(n, 1, 255);
	ccid_reader_close(flow.reader);
	assert_string_equal(flow.script.problem, "");
}

/* --- the states a slot goes through --- */

static void the_transcript_of_a_session_is_as_the_table_says(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE),
		ACTIVATION(ATR_T0),
		SELECT_WORKS,
		XFR_OUT("0000", SELECT),
		SILENCE,
		ABORTED(ACTIVE),
		SELECT_WORKS,
		POWER_ON("00", ATR_T0),
		POWER_OFF(INACTIVE),
		STATUS(ABSENT),
		STATUS(INACTIVE),
	};
	static const char *const transcript[] = {
		"unknown -> inactive", "inactive -> negotiable", "negotiable -> ready",
		"ready -> desynced",   "desynced -> unknown",    "unknown -> ready",
		"ready -> negotiable", "negotiable -> ready",    "ready -> inactive",
		"inactive -> empty",   "empty -> inactive",
	};
	size_t n = 0;

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_TIMEOUT);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	assert_int_equal(flow_activate(3, CCID_RESET_WARM), 0);
	assert_int_equal(ccid_slot_power_off(flow.reader, 0, flow_deadline(3000)), 0);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(3000)), 0);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(3000)), 0);
	for (unsigned i = 0; i < flow.clock.nlines; i++) {
		if (strstr(flow.clock.lines[i], " -> ") == NULL)
			continue;
		assert_true(n < sizeof transcript / sizeof *transcript);
		if (strstr(flow.clock.lines[i], transcript[n]) == NULL)
			fail_msg("transition %zu: expected %s, got %s", n, transcript[n],
			         flow.clock.lines[i]);
		n++;
	}
	assert_int_equal(n, sizeof transcript / sizeof *transcript);
	assert_false(fake_clock_logged(&flow.clock, "may not become"));
	flow_close();
}

/* --- close --- */

static void closing_powers_off_what_was_powered_on(void **state)
{
	static const struct script_step steps[] = {EXPECT_OUT("63 00000000 00 ss 000000"),
	                                           GIVE_IN("81 00000000 00 ss 01 00 00")};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_close();
}

static void closing_is_bounded_when_the_reader_is_silent(void **state)
{
	static const struct script_step steps[] = {EXPECT_OUT("63 00000000 00 ss 000000"), SILENCE};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	start = flow.clock.now;
	ccid_reader_close(flow.reader);
	assert_in_range(flow.clock.now - start, 1, 5000);
	script_done(&flow.script);
}

static void closing_nothing_is_allowed(void **state)
{
	(void)state;
	ccid_reader_close(NULL);
	ccid_reader_abandon(NULL);
}

static void an_abandoned_reader_says_nothing(void **state)
{
	unsigned ops;

	(void)state;
	flow_ready(&short_reader);
	ops = flow.script.ops;
	ccid_reader_abandon(flow.reader);
	assert_int_equal(flow.script.ops, ops);
	assert_string_equal(flow.script.problem, "");
	flow.script.t.ops->close(&flow.script.t);
}

static void a_session_leaves_no_memory_and_no_descriptor(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};
	unsigned fds = open_descriptors();

	(void)state;
	alloc_count_start(ALLOC_FAIL_NEVER);
	FLOW_READY_THEN(&short_reader, steps);
	assert_true(alloc_count_now().live > 0);
	assert_int_equal(ccid_slot_transmit(flow.reader, 0, flow.generation,
	                                    (const uint8_t *)"\x00\xA4\x00\x00\x02\x3F\x00", 7,
	                                    flow.rapdu, 258, 0, -1, flow_deadline(1000)),
	                 2);
	flow_close();
	assert_int_equal(alloc_count_now().live, 0);
	assert_int_equal(open_descriptors(), fds);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_asks_the_slot_for_its_state),
		cmocka_unit_test(a_reader_may_take_its_time_for_the_first_answer),
		cmocka_unit_test(a_first_status_without_answer_is_repeated_after_clear_halt),
		cmocka_unit_test(a_stall_of_the_first_status_is_cleared),
		cmocka_unit_test(answers_of_an_earlier_process_are_drained),
		cmocka_unit_test(a_command_of_an_earlier_process_is_aborted),
		cmocka_unit_test(a_dead_reader_is_not_opened_and_costs_a_bounded_time),
		cmocka_unit_test(an_unplug_while_opening_is_gone),
		cmocka_unit_test(the_opening_keeps_to_its_deadline),
		cmocka_unit_test(no_memory_leaves_the_transport_to_the_caller),
		cmocka_unit_test(a_token_without_bulk_endpoints_is_unsupported),
		cmocka_unit_test(the_readers_abilities_are_those_of_the_descriptor),
		cmocka_unit_test(packets_of_every_size_are_posted_whole),
		cmocka_unit_test(every_slot_is_asked_and_has_its_own_state),
		cmocka_unit_test(slots_that_the_reader_denies_are_not_offered),
		cmocka_unit_test(an_absurd_number_of_slots_is_survived),
		cmocka_unit_test(the_transcript_of_a_session_is_as_the_table_says),
		cmocka_unit_test(closing_powers_off_what_was_powered_on),
		cmocka_unit_test(closing_is_bounded_when_the_reader_is_silent),
		cmocka_unit_test(closing_nothing_is_allowed),
		cmocka_unit_test(an_abandoned_reader_says_nothing),
		cmocka_unit_test(a_session_leaves_no_memory_and_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
