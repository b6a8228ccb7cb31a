/* SPDX-License-Identifier: MIT */
/* An old session never talks to a new card: whatever ends a session between two of its commands, or
 * inside one. */
#include "flow.h"

static const struct fake_reader short_reader = {.features = FAKE_SHORT};
static const struct fake_reader activating = {.features =
                                                      FAKE_SHORT | CCID_FEATURE_AUTO_ACTIVATION};
static const struct fake_reader tpdu = {.features = (FAKE_TPDU & ~CCID_FEATURE_AUTO_NEGOTIATION) |
                                                    CCID_FEATURE_AUTO_PPS};

#define BUSY_IN(bstatus) GIVE_IN("80 00000000 00 ss " bstatus " F2 00")
#define BUSY_STATUS      EXPECT_OUT("65 00000000 00 ss 000000"), GIVE_IN("81 00000000 00 ss 40 F2 00")

/* Busy with a new card, which is active by the time the command would be repeated. */
static void a_busy_reader_with_a_new_card_is_not_asked_again(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", SELECT), INTERRUPT("50 02"),
	                                           INTERRUPT("50 03"), BUSY_IN("40")};

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

static void a_doubt_that_comes_while_the_reader_is_busy_is_settled_first(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),       ACTIVATION(ATR_T0),
	                                           XFR_OUT("0000", SELECT), INTERRUPT("50 03"),
	                                           BUSY_IN("40"),           STATUS(INACTIVE)};

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_SLOT_BUSY);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

static void a_doubt_stays_until_the_reader_has_answered(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0)};
	static const struct script_step later[] = {INTERRUPT("50 03"), BUSY_STATUS, BUSY_STATUS,
	                                           STATUS(INACTIVE)};
	static const uint8_t apdu[] = {0x00, 0xA4, 0x00, 0x00};

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	SCRIPT_CONTINUE(&flow.script, later);
	assert_int_equal(ccid_slot_transmit(flow.reader, 0, flow.generation, apdu, sizeof apdu,
	                                    flow.rapdu, flow.cap, 0, -1, flow_deadline(150)),
	                 CCID_E_TIMEOUT);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

/* "Active" proves nothing where the reader gives power to each card that comes. */
static void a_reader_that_activates_by_itself_cannot_settle_a_doubt(void **state)
{
	static const struct script_step steps[] = {OPENING(ACTIVE), ACTIVATION(ATR_T0)};
	static const struct script_step later[] = {INTERRUPT("50 03"), STATUS(ACTIVE),
	                                           CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&activating, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	SCRIPT_CONTINUE(&flow.script, later);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

/* --- power on --- */

static void a_reset_that_fails_ends_the_session(void **state)
{
	static const struct script_step steps[] = {POWER_ON_FAILS("00", FAILED_ACTIVE, "F6"),
	                                           CLOSING_POWERED};
	uint32_t session;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	session = flow.generation;
	assert_int_equal(flow_activate(3, CCID_RESET_WARM), CCID_E_PROTOCOL);
	flow.generation = session;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	assert_int_equal(flow_info().atr_len, 0);
	flow_close();
}

/* The cold reset that should follow does not come about. */
static void a_reset_with_an_atr_that_cannot_be_used_ends_the_session(void **state)
{
	static const struct script_step steps[] = {POWER_ON("00", "3B"),
	                                           EXPECT_OUT("63 00000000 00 ss 000000"), SILENCE,
	                                           ABORTED(ACTIVE), CLOSING_POWERED};
	uint32_t session;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	session = flow.generation;
	assert_int_equal(flow_activate(3, CCID_RESET_WARM), CCID_E_TIMEOUT);
	flow.generation = session;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

static void cancel(struct script *s)
{
	(void)s;
	ccid_reader_cancel(flow.reader);
}

static void a_reset_that_is_cancelled_ends_the_session(void **state)
{
	static const struct script_step steps[] = {POWER_ON_OUT("00"), CALL(cancel), SILENCE,
	                                           ABORTED(ACTIVE), CLOSING_POWERED};
	uint32_t session;

	(void)state;
	FLOW_READY_THEN(&short_reader, steps);
	session = flow.generation;
	assert_int_equal(flow_activate(3, CCID_RESET_WARM), CCID_E_CANCELLED);
	flow.generation = session;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

static void a_card_that_leaves_with_its_atr_is_not_there(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), POWER_ON_OUT("00"), INTERRUPT("50 02"),
		GIVE_IN("80 nnnnnnnn 00 ss 00 00 00 " ATR_T0), CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	assert_int_equal(flow_activate(0, CCID_RESET_NONE), CCID_E_NOCARD);
	flow_state_is(CCID_SLOT_EMPTY);
	assert_int_equal(flow_info().atr_len, 0);
	flow_close();
}

static void the_atr_of_a_card_that_was_swapped_is_not_taken_for_the_next(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE),        POWER_ON_OUT("00"),
		INTERRUPT("50 02 50 03"), GIVE_IN("80 nnnnnnnn 00 ss 00 00 00 " ATR_T1),
		POWER_OFF(INACTIVE),      ACTIVATION(ATR_T0),
		CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(flow_info().protocol, 0);
	flow_close();
}

/* --- cancel --- */

/* Not taken for a refusal of the parameters, which would mean a reset. */
static void a_cancel_while_the_reader_is_busy_ends_the_activation(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE),
		POWER_ON("00", ATR_T0),
		EXPECT_OUT("61 nnnnnnnn 00 ss 00 0000 11 00 00 0A 00"),
		GIVE_IN("82 00000000 00 ss 40 F2 00"),
		CALL(cancel),
		POWER_OFF(INACTIVE),
		CLOSING_UNPOWERED};

	(void)state;
	FLOW_OPEN(&tpdu, steps);
	assert_int_equal(flow_activate(1, CCID_RESET_NONE), CCID_E_CANCELLED);
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_busy_reader_with_a_new_card_is_not_asked_again),
		cmocka_unit_test(a_doubt_that_comes_while_the_reader_is_busy_is_settled_first),
		cmocka_unit_test(a_doubt_stays_until_the_reader_has_answered),
		cmocka_unit_test(a_reader_that_activates_by_itself_cannot_settle_a_doubt),
		cmocka_unit_test(a_reset_that_fails_ends_the_session),
		cmocka_unit_test(a_reset_with_an_atr_that_cannot_be_used_ends_the_session),
		cmocka_unit_test(a_reset_that_is_cancelled_ends_the_session),
		cmocka_unit_test(a_card_that_leaves_with_its_atr_is_not_there),
		cmocka_unit_test(the_atr_of_a_card_that_was_swapped_is_not_taken_for_the_next),
		cmocka_unit_test(a_cancel_while_the_reader_is_busy_ends_the_activation),
	};

	return cmocka_run_group_tests_name("the end of a session", tests, NULL, NULL);
}
