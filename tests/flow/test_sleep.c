/* SPDX-License-Identifier: MIT */
/* A system that sleeps takes the power from every card, and so does a port reset: sessions end as with
 * a reset of the card, and the next use gives power again (wire reference 9.4). */
#include "flow.h"

#define MINUTE 60000

static const struct fake_reader plain = {.features = FAKE_SHORT};
static const struct fake_reader quiet = {.features = FAKE_SHORT, .no_interrupt = true};
static const struct fake_reader two = {.features = FAKE_SHORT, .slots = 2};

static void sleep_now(struct script *s)
{
	(void)s;
	fake_clock_sleep(&flow.clock, MINUTE);
}

static void sleep_and_wake(void)
{
	fake_clock_sleep(&flow.clock, MINUTE);
	fake_clock_advance(&flow.clock, 100);
}

static void a_sleep_ends_the_session_and_the_next_use_gives_power(void **state)
{
	static const struct script_step steps[] = {STATUS(INACTIVE), ACTIVATION(ATR_T0),
	                                           SELECT_WORKS, CLOSING_POWERED};
	struct ccid_slot_info before, after;

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	before = flow_info();
	sleep_and_wake();
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	after = flow_info();
	assert_int_equal(after.generation, before.generation + 1);
	assert_int_equal(after.insertions, before.insertions); /* reset, not removed */
	assert_int_equal(after.atr_len, 0);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_card_that_kept_its_power_is_reset_all_the_same(void **state)
{
	static const struct script_step steps[] = {STATUS(ACTIVE), POWER_OFF(INACTIVE),
	                                           ACTIVATION(ATR_T0), SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	sleep_and_wake();
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void whoever_looks_is_told_once(void **state)
{
	static const struct script_step steps[] = {CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	fake_clock_advance(&flow.clock, 100);
	assert_int_equal(ccid_reader_dispatch(flow.reader), 0);
	sleep_and_wake();
	assert_int_equal(ccid_reader_dispatch(flow.reader), 1);
	flow_state_is(CCID_SLOT_UNKNOWN);
	assert_int_equal(ccid_reader_dispatch(flow.reader), 0);
	fake_clock_advance(&flow.clock, 100);
	assert_int_equal(ccid_reader_dispatch(flow.reader), 0);
	flow_close();
}

static void clocks_that_differ_by_a_little_are_no_sleep(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	fake_clock_sleep(&flow.clock, 20);
	fake_clock_advance(&flow.clock, 100);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void what_slept_before_the_reader_was_opened_does_not_count(void **state)
{
	static const struct script_step steps[] = {STATUS(INACTIVE), ACTIVATION(ATR_T0),
	                                           SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	fake_clock_init(&flow.clock);
	fake_clock_sleep(&flow.clock, MINUTE);
	script_start(&flow.script, &plain, steps, sizeof steps / sizeof *steps, &flow.clock);
	assert_int_equal(ccid_reader_open(&flow.reader, &flow.script.t, NULL, &flow.clock.env,
	                                  flow_deadline(10000)),
	                 0);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	fake_clock_advance(&flow.clock, 100);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

/* The reader has forgotten the command: nobody waits for it to the end. */
static void a_command_under_way_does_not_outlast_a_sleep(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), CALL(sleep_now),
	                                           SILENCE, ABORTED(INACTIVE), CLOSING_UNPOWERED};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	start = flow.clock.now;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	assert_true(flow.clock.now - start <= 5000);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

static void a_transfer_that_fails_in_a_sleep_ends_the_session(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), CALL(sleep_now), FAIL_IN(CCID_E_IO),
		AFTER_A_STALL,           STATUS(ACTIVE),  POWER_OFF(INACTIVE),
		ACTIVATION(ATR_T0),      SELECT_WORKS,    CLOSING_POWERED};
	uint32_t session;

	(void)state;
	FLOW_READY_THEN(&quiet, steps);
	session = flow.generation;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_IO);
	fake_clock_advance(&flow.clock, 100);
	assert_int_equal(ccid_reader_dispatch(flow.reader), 1);
	flow_state_is(CCID_SLOT_DESYNCED);
	assert_int_equal(flow_info().generation, session + 1);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void an_empty_slot_stays_empty(void **state)
{
	static const struct script_step steps[] = {STATUS_OF("00", ABSENT),
	                                           STATUS_OF("01", INACTIVE)};
	struct ccid_slot_info info;

	(void)state;
	FLOW_OPEN(&two, steps);
	sleep_and_wake();
	assert_int_equal(ccid_reader_dispatch(flow.reader), 1);
	flow_state_is(CCID_SLOT_EMPTY);
	assert_int_equal(ccid_slot_get_info(flow.reader, 1, &info), 0);
	assert_int_equal(info.state, CCID_SLOT_UNKNOWN);
	flow_close();
}

/* After it the reader says that the card came, which is no second change. */
static void the_notification_after_a_sleep_is_no_insertion(void **state)
{
	static const struct script_step steps[] = {CLOSING_POWERED};
	uint32_t session;

	(void)state;
	FLOW_READY_THEN(&plain, steps);
	session = flow.generation;
	sleep_and_wake();
	assert_int_equal(ccid_reader_dispatch(flow.reader), 1);
	script_interrupt(&flow.script, "50 03");
	assert_int_equal(ccid_reader_dispatch(flow.reader), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_int_equal(flow_info().generation, session + 1);
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sleep_ends_the_session_and_the_next_use_gives_power),
		cmocka_unit_test(a_card_that_kept_its_power_is_reset_all_the_same),
		cmocka_unit_test(whoever_looks_is_told_once),
		cmocka_unit_test(clocks_that_differ_by_a_little_are_no_sleep),
		cmocka_unit_test(what_slept_before_the_reader_was_opened_does_not_count),
		cmocka_unit_test(a_command_under_way_does_not_outlast_a_sleep),
		cmocka_unit_test(a_transfer_that_fails_in_a_sleep_ends_the_session),
		cmocka_unit_test(an_empty_slot_stays_empty),
		cmocka_unit_test(the_notification_after_a_sleep_is_no_insertion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
