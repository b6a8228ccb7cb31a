/* SPDX-License-Identifier: MIT */
/* Back into step: stalls, silence, the two-part abort and the ladder after it (CCID 5.3.1; wire
 * reference 2.1 and 4.4), cancel, unplug, a card pulled out of a running command. */
#include "flow.h"

static const struct fake_reader short_reader = {.features = FAKE_SHORT};

#define SELECT_IS_IGNORED XFR_OUT("0000", SELECT), SILENCE

static int select_file(void)
{
	return flow_transmit(SELECT, 0);
}

static void given_up_then_works(const struct script_step *steps, size_t count, int err)
{
	uint32_t before;

	flow_ready(&short_reader);
	script_continue(&flow.script, steps, count);
	before = flow.generation;
	assert_string_equal(ccid_err_name(select_file()), ccid_err_name(err));
	flow_response_is("90 00", select_file());
	assert_int_equal(flow_info().generation, before);
	flow_state_is(CCID_SLOT_READY);
	flow_close();
}
#define GIVEN_UP_THEN_WORKS(steps, err)                                                            \
	given_up_then_works(steps, sizeof(steps) / sizeof *(steps), err)

/* --- the abort --- */

static void a_silent_command_is_aborted_in_two_parts_before_the_next(void **state)
{
	static const struct script_step steps[] = {SELECT_IS_IGNORED,
	                                           EXPECT_DROP,
	                                           ABORT_CTRL,
	                                           ABORT_OUT,
	                                           GIVE_IN("81 00000000 00 ss 00 00 00"),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	GIVEN_UP_THEN_WORKS(steps, CCID_E_TIMEOUT);
}

static void what_comes_before_the_end_of_the_abort_is_drained(void **state)
{
	static const struct script_step steps[] = {
		SELECT_IS_IGNORED,
		ABORT_CTRL,
		ABORT_OUT,
		GIVE_IN("80 02000000 00 s1 00 00 00 90 00"), /* it had finished after all */
		GIVE_IN("80 00000000 00 s1 40 FF 00"),
		GIVE_IN("81 00000000 00 ss 00 00 00"),
		SELECT_WORKS,
		CLOSING_POWERED};

	(void)state;
	GIVEN_UP_THEN_WORKS(steps, CCID_E_TIMEOUT);
}

static void the_bulk_half_is_sent_though_the_control_half_stalls(void **state)
{
	static const struct script_step steps[] = {
		SELECT_IS_IGNORED, EXPECT_CTRL_FAIL("21 01 00 ss 0000 0000", CCID_E_STALL),
		ABORT_OUT,         GIVE_IN("81 00000000 00 ss 00 00 00"),
		SELECT_WORKS,      CLOSING_POWERED};

	(void)state;
	GIVEN_UP_THEN_WORKS(steps, CCID_E_TIMEOUT);
}

/* QEMU's reader refuses both halves; that it answered the second is enough to be in step. */
static void an_abort_that_is_not_supported_ends_in_step(void **state)
{
	static const struct script_step steps[] = {
		SELECT_IS_IGNORED, EXPECT_CTRL_FAIL("21 01 00 ss 0000 0000", CCID_E_STALL),
		ABORT_OUT,         GIVE_IN("81 00000000 00 ss 40 00 00"),
		SELECT_WORKS,      CLOSING_POWERED};

	(void)state;
	GIVEN_UP_THEN_WORKS(steps, CCID_E_TIMEOUT);
}

static void the_abort_names_the_interface(void **state)
{
	static const struct script_step steps[] = {
		SELECT_IS_IGNORED, EXPECT_CTRL("21 01 00 ss 0200 0000"),
		ABORT_OUT,         GIVE_IN("81 00000000 00 ss 00 00 00"),
		SELECT_WORKS,      CLOSING_POWERED};

	(void)state;
	flow_ready(&short_reader);
	SCRIPT_CONTINUE(&flow.script, steps);
	flow.script.t.iface.number = 2;
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	flow_response_is("90 00", select_file());
	flow_close();
}

static void an_abort_after_which_the_card_is_off_ends_the_session(void **state)
{
	static const struct script_step steps[] = {SELECT_IS_IGNORED, ABORTED(INACTIVE),
	                                           CLOSING_UNPOWERED};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	before = flow.generation;
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	assert_int_equal(select_file(), CCID_E_STALE);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_true(flow_info().generation > before);
	flow_close();
}

static void an_abort_after_which_the_card_is_gone_empties_the_slot(void **state)
{
	static const struct script_step steps[] = {SELECT_IS_IGNORED, ABORTED(ABSENT),
	                                           CLOSING_UNPOWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	assert_int_equal(select_file(), CCID_E_STALE);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

/* --- the ladder --- */

static void an_abort_without_answer_leads_down_the_ladder(void **state)
{
	static const struct script_step steps[] = {
		SELECT_IS_IGNORED, ABORT_CTRL,     ABORT_OUT,           SILENCE,
		EXPECT_HALTS,      STATUS(ACTIVE), POWER_OFF(INACTIVE), CLOSING_UNPOWERED};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	start = flow.clock.now;
	assert_int_equal(select_file(), CCID_E_STALE);
	assert_in_range(flow.clock.now - start, 1500, 2500);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

static void a_command_aborted_by_nobody_leads_to_a_whole_abort(void **state)
{
	static const struct script_step steps[] = {XFR_FAILS(SELECT, FAILED_ACTIVE, "FF"),
	                                           ABORTED(ACTIVE), SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	GIVEN_UP_THEN_WORKS(steps, CCID_E_ABORTED);
}

static void stale_answers_do_not_prolong_the_abort(void **state)
{
	static const struct script_step steps[] = {
		SELECT_IS_IGNORED,  ABORT_CTRL,
		ABORT_OUT,          FOREVER_IN("80 00000000 00 s1 80 01 00", 300),
		LADDER_TO_INACTIVE, CLOSING_UNPOWERED};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	start = flow.clock.now;
	assert_int_equal(select_file(), CCID_E_STALE);
	assert_in_range(flow.clock.now - start, 1000, 2500);
	flow_close();
}

static void slot_status_is_asked_twice_after_clear_halt(void **state)
{
	static const struct script_step steps[] = {
		SELECT_IS_IGNORED, ABORT_CTRL,     ABORT_OUT,
		SILENCE,           EXPECT_HALTS,   EXPECT_OUT("65 00000000 00 ss 000000"),
		SILENCE,           STATUS(ACTIVE), POWER_OFF(INACTIVE),
		CLOSING_UNPOWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	assert_int_equal(select_file(), CCID_E_STALE);
	flow_close();
}

#define DEAD_UNTIL_RESET                                                                           \
	SELECT_IS_IGNORED, ABORT_CTRL, ABORT_OUT, SILENCE, EXPECT_HALTS,                           \
		EXPECT_OUT("65 00000000 00 ss 000000"), SILENCE,                                   \
		EXPECT_OUT("65 00000000 00 ss 000000"), SILENCE

static void a_port_reset_is_the_last_resort(void **state)
{
	static const struct script_step steps[] = {
		DEAD_UNTIL_RESET,   EXPECT_RESET(0), STATUS(INACTIVE), POWER_OFF(INACTIVE),
		ACTIVATION(ATR_T0), SELECT_WORKS,    CLOSING_POWERED};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	before = flow.generation;
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	assert_int_equal(select_file(), CCID_E_STALE);
	assert_true(flow_info().generation > before);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_response_is("90 00", select_file());
	flow_close();
}

static void a_reader_that_does_not_survive_the_reset_is_gone(void **state)
{
	static const struct script_step steps[] = {DEAD_UNTIL_RESET, EXPECT_RESET(CCID_E_GONE)};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	assert_int_equal(select_file(), CCID_E_GONE);
	assert_true(ccid_reader_gone(flow.reader));
	flow_close();
}

static void a_dead_reader_costs_a_bounded_time(void **state)
{
	static const struct script_step steps[] = {DEAD_UNTIL_RESET,
	                                           EXPECT_RESET(0),
	                                           EXPECT_OUT("65 00000000 00 ss 000000"),
	                                           SILENCE,
	                                           EXPECT_OUT("65 00000000 00 ss 000000"),
	                                           SILENCE};
	static const struct script_step later[] = {STATUS(INACTIVE), ACTIVATION(ATR_T0),
	                                           CLOSING_POWERED};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	start = flow.clock.now;
	assert_true(select_file() < 0);
	assert_in_range(flow.clock.now - start, 1, 15000);
	flow_state_is(CCID_SLOT_UNKNOWN);
	assert_int_equal(select_file(), CCID_E_STALE);
	SCRIPT_CONTINUE(&flow.script, later);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_close();
}

/* --- stalls and other failures of the pipes --- */

static void a_stall_of_in_clears_both_halts_and_resynchronises(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), STALL_IN, AFTER_A_STALL,
	                                           SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	GIVEN_UP_THEN_WORKS(steps, CCID_E_STALL);
}

static void a_stall_of_out_clears_both_halts_and_resynchronises(void **state)
{
	static const struct script_step steps[] = {
		FAIL_OUT("6F 07000000 00 ss 00 0000 " SELECT, CCID_E_STALL), AFTER_A_STALL,
		SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	GIVEN_UP_THEN_WORKS(steps, CCID_E_STALL);
}

static void a_stall_while_recovering_leads_down_the_ladder(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT),
	                                           STALL_IN,
	                                           EXPECT_HALTS,
	                                           ABORT_CTRL,
	                                           ABORT_OUT,
	                                           STALL_IN,
	                                           LADDER_TO_INACTIVE,
	                                           CLOSING_UNPOWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(select_file(), CCID_E_STALL);
	assert_int_equal(select_file(), CCID_E_STALE);
	flow_close();
}

/* A host controller may leave the endpoint halted after any of these (wire reference 4.4, 14.4). */
static void an_io_error_clears_both_halts(void **state)
{
	static const struct script_step in[] = {XFR_OUT("0000", SELECT), FAIL_IN(CCID_E_IO),
	                                        AFTER_A_STALL, SELECT_WORKS, CLOSING_POWERED};
	static const struct script_step out[] = {
		FAIL_OUT("6F 07000000 00 ss 00 0000 " SELECT, CCID_E_IO), AFTER_A_STALL,
		SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	GIVEN_UP_THEN_WORKS(in, CCID_E_IO);
	GIVEN_UP_THEN_WORKS(out, CCID_E_IO);
}

static void too_many_bytes_clear_both_halts(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT),
	                                           GIVE_IN("80 00000000 00 ss 00 00 00 00*2000"),
	                                           AFTER_A_STALL, SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	GIVEN_UP_THEN_WORKS(steps, CCID_E_BABBLE);
}

static void activation_recovers_first(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), SILENCE,
	                                           ABORTED(ACTIVE),         STATUS(ACTIVE),
	                                           POWER_OFF(INACTIVE),     ACTIVATION(ATR_T0),
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	flow_state_is(CCID_SLOT_DESYNCED);
	assert_int_equal(flow_activate(1, CCID_RESET_COLD), 0);
	flow_state_is(CCID_SLOT_READY);
	flow_close();
}

static void closing_aborts_what_was_given_up(void **state)
{
	static const struct script_step steps[] = {SELECT_IS_IGNORED, AFTER_A_GIVING_UP,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(select_file(), CCID_E_TIMEOUT);
	flow_close();
}

/* --- cancel --- */

static void cancel(struct script *s)
{
	(void)s;
	ccid_reader_cancel(flow.reader);
}

static void cancel_aborts_the_running_command_at_once(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), CALL(cancel),
	                                           ABORTED(ACTIVE), SELECT_WORKS, CLOSING_POWERED};
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	start = flow.clock.now;
	assert_int_equal(select_file(), CCID_E_CANCELLED);
	assert_int_equal(flow.clock.now - start, 0);
	flow_state_is(CCID_SLOT_READY);
	flow_response_is("90 00", select_file());
	flow_close();
}

static void cancel_ends_a_power_on(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),  POWER_ON_OUT("00"),
	                                           CALL(cancel),       ABORTED(INACTIVE),
	                                           ACTIVATION(ATR_T0), CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	assert_int_equal(flow_activate(1, CCID_RESET_NONE), CCID_E_CANCELLED);
	assert_int_equal(flow_activate(1, CCID_RESET_NONE), 0);
	flow_close();
}

static void cancel_without_a_running_command_does_nothing(void **state)
{
	static const struct script_step steps[] = {SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	ccid_reader_cancel(flow.reader);
	flow_response_is("90 00", select_file());
	flow_close();
}

static void two_cancels_of_one_command_hit_no_other(void **state)
{
	static const struct script_step steps[] = {
		XFR_OUT("0000", SELECT), CALL(cancel), ABORTED(ACTIVE), CALL(cancel), SELECT_WORKS,
		CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(select_file(), CCID_E_CANCELLED);
	flow_response_is("90 00", select_file());
	flow_close();
}

static void a_cancel_that_came_too_late_does_not_hit_the_next_command(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), XFR_IN("00", "90 00"),
	                                           CALL(cancel), SELECT_WORKS, CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("90 00", select_file());
	flow_response_is("90 00", select_file());
	flow_close();
}

/* --- removal --- */

static void an_unplug_during_a_command_ends_everything(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), UNPLUG};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	before = flow.generation;
	assert_int_equal(select_file(), CCID_E_GONE);
	assert_true(ccid_reader_gone(flow.reader));
	assert_true(flow_info().gone);
	assert_true(flow_info().generation > before);
	flow_state_is(CCID_SLOT_EMPTY);
	assert_int_equal(select_file(), CCID_E_GONE);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(100)), CCID_E_GONE);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), CCID_E_GONE);
	assert_int_equal(ccid_slot_power_off(flow.reader, 0, flow_deadline(100)), CCID_E_GONE);
	assert_int_equal(ccid_reader_dispatch(flow.reader), CCID_E_GONE);
	flow_close();
}

static void an_unplug_while_idle_is_noticed_by_dispatch(void **state)
{
	static const struct script_step steps[] = {UNPLUG};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(ccid_reader_dispatch(flow.reader), CCID_E_GONE);
	assert_true(ccid_reader_gone(flow.reader));
	assert_int_equal(select_file(), CCID_E_GONE);
	flow_close();
}

/* QEMU's reader never answers an XfrBlock out of which the card was pulled. */
static void a_card_pulled_during_a_command_ends_it_soon(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), INTERRUPT("50 02"),
	                                           SILENCE, ABORTED(ABSENT), CLOSING_UNPOWERED};
	uint32_t before;
	int64_t start;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	before = flow.generation;
	start = flow.clock.now;
	assert_int_equal(select_file(), CCID_E_NOCARD);
	assert_in_range(flow.clock.now - start, 0, 5000);
	assert_true(flow_info().generation > before);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

/* --- state while a command runs --- */

static void look_around(struct script *s)
{
	struct ccid_slot_info info;

	(void)s;
	assert_int_equal(ccid_slot_get_info(flow.reader, 0, &info), 0);
	assert_int_equal(info.state, CCID_SLOT_READY);
	assert_int_equal(ccid_reader_dispatch(flow.reader), 0);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(100)), CCID_E_SLOT_BUSY);
}

static void the_state_can_be_read_while_a_command_runs(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), CALL(look_around),
	                                           XFR_IN("00", "90 00"), CLOSING_POWERED};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	flow_response_is("90 00", select_file());
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silent_command_is_aborted_in_two_parts_before_the_next),
		cmocka_unit_test(what_comes_before_the_end_of_the_abort_is_drained),
		cmocka_unit_test(the_bulk_half_is_sent_though_the_control_half_stalls),
		cmocka_unit_test(an_abort_that_is_not_supported_ends_in_step),
		cmocka_unit_test(the_abort_names_the_interface),
		cmocka_unit_test(an_abort_after_which_the_card_is_off_ends_the_session),
		cmocka_unit_test(an_abort_after_which_the_card_is_gone_empties_the_slot),
		cmocka_unit_test(an_abort_without_answer_leads_down_the_ladder),
		cmocka_unit_test(a_command_aborted_by_nobody_leads_to_a_whole_abort),
		cmocka_unit_test(stale_answers_do_not_prolong_the_abort),
		cmocka_unit_test(slot_status_is_asked_twice_after_clear_halt),
		cmocka_unit_test(a_port_reset_is_the_last_resort),
		cmocka_unit_test(a_reader_that_does_not_survive_the_reset_is_gone),
		cmocka_unit_test(a_dead_reader_costs_a_bounded_time),
		cmocka_unit_test(a_stall_of_in_clears_both_halts_and_resynchronises),
		cmocka_unit_test(a_stall_of_out_clears_both_halts_and_resynchronises),
		cmocka_unit_test(a_stall_while_recovering_leads_down_the_ladder),
		cmocka_unit_test(an_io_error_clears_both_halts),
		cmocka_unit_test(too_many_bytes_clear_both_halts),
		cmocka_unit_test(activation_recovers_first),
		cmocka_unit_test(closing_aborts_what_was_given_up),
		cmocka_unit_test(cancel_aborts_the_running_command_at_once),
		cmocka_unit_test(cancel_ends_a_power_on),
		cmocka_unit_test(cancel_without_a_running_command_does_nothing),
		cmocka_unit_test(two_cancels_of_one_command_hit_no_other),
		cmocka_unit_test(a_cancel_that_came_too_late_does_not_hit_the_next_command),
		cmocka_unit_test(an_unplug_during_a_command_ends_everything),
		cmocka_unit_test(an_unplug_while_idle_is_noticed_by_dispatch),
		cmocka_unit_test(a_card_pulled_during_a_command_ends_it_soon),
		cmocka_unit_test(the_state_can_be_read_while_a_command_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
