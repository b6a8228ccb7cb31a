/* SPDX-License-Identifier: MIT */
/* Each call in each state of a connection. */
#include "states_rig.h"

/* --- the rows --- */

static HRESULT attach_by_reader(ISCard *card)
{
	return rig_attach(card, "test:reader", SHARED, T0);
}

static void attach_is_for_detached_objects(void **state)
{
	static const struct cell row[STATES] = {
		[A] = {E_UNEXPECTED, OFF},       [R] = {E_UNEXPECTED, OFF},
		[X] = {E_UNEXPECTED, {NO_STEP}}, [U] = {E_UNEXPECTED, {NO_STEP}},
		[L] = {E_UNEXPECTED, OFF},
	};

	(void)state;
	for (int i = A; i < STATES; i++) {
		states_enter((enum state)i, row[i].steps, STATES_STEPS);
		assert_hr(attach_by_reader(at.card), E_UNEXPECTED);
		assert_hr(ISCard_AttachByHandle(at.card, rig_handle(at.card)), E_UNEXPECTED);
		states_leave();
	}
}

static HRESULT detach_leave(ISCard *card)
{
	return ISCard_Detach(card, LEAVE);
}

static void detach_leave_never_waits(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, OFF},
		[R] = {S_OK, OFF},
		[X] = {S_OK, {NO_STEP}},
		[U] = {S_OK, {NO_STEP}},
		[L] = {S_OK, OFF},
	};

	(void)state;
	states_check(row, detach_leave);
}

static HRESULT detach_reset(ISCard *card)
{
	return ISCard_Detach(card, RESET);
}

static void detach_reset_waits_and_spares_what_is_gone(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, {POWER_ON("00", ATR_T0), CLOSING_POWERED}},
		[R] = {S_OK, {POWER_ON("00", ATR_T0), CLOSING_POWERED}},
		[X] = {S_OK, {NO_STEP}},
		[U] = {S_OK, {NO_STEP}},
		[L] = {SCARD_E_TIMEOUT, OFF},
	};

	(void)state;
	states_check(row, detach_reset);
}

static HRESULT detach_unpower(ISCard *card)
{
	return ISCard_Detach(card, UNPOWER);
}

static HRESULT detach_eject(ISCard *card)
{
	return ISCard_Detach(card, EJECT);
}

static void detach_unpower_and_eject_wait_and_spare_what_is_gone(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, {POWER_OFF(INACTIVE)}},
		[R] = {S_OK, {POWER_OFF(INACTIVE)}},
		[X] = {S_OK, {NO_STEP}},
		[U] = {S_OK, {NO_STEP}},
		[L] = {SCARD_E_TIMEOUT, OFF},
	};

	(void)state;
	states_check(row, detach_unpower);
	states_check(row, detach_eject);
}

static HRESULT reattach(ISCard *card)
{
	return ISCard_ReAttach(card, SHARED, LEAVE);
}

static void reattach_acknowledges_or_finds_no_card(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, OFF},
		[R] = {S_OK, OFF},
		[X] = {SCARD_E_NO_SMARTCARD, {STATUS(ABSENT)}},
		[U] = {SCARD_E_READER_UNAVAILABLE, {NO_STEP}},
		[L] = {SCARD_E_TIMEOUT, OFF},
	};

	(void)state;
	states_check(row, reattach);
}

static HRESULT reattach_exclusive(ISCard *card)
{
	return ISCard_ReAttach(card, EXCLUSIVE, LEAVE);
}

static void exclusive_reattach_alone_is_as_a_shared_one(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, OFF},
		[R] = {S_OK, OFF},
		[X] = {SCARD_E_NO_SMARTCARD, {STATUS(ABSENT)}},
		[U] = {SCARD_E_READER_UNAVAILABLE, {NO_STEP}},
		[L] = {SCARD_E_SHARING_VIOLATION, OFF}, /* at once: another is attached */
	};

	(void)state;
	states_check(row, reattach_exclusive);
}

static HRESULT transaction(ISCard *card)
{
	return rig_select(card);
}

static void transaction_needs_an_undisturbed_card(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, {SELECT_WORKS, CLOSING_POWERED}},
		[R] = {SCARD_W_RESET_CARD, OFF},
		[X] = {SCARD_W_REMOVED_CARD, {NO_STEP}},
		[U] = {SCARD_E_READER_UNAVAILABLE, {NO_STEP}},
		[L] = {SCARD_E_TIMEOUT, OFF},
	};

	(void)state;
	states_check(row, transaction);
}

static HRESULT lock(ISCard *card)
{
	HRESULT hr = ISCard_LockSCard(card);

	if (SUCCEEDED(hr))
		assert_hr(ISCard_UnlockSCard(card, LEAVE), S_OK);
	return hr;
}

static void lock_waits_and_reports_events(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, OFF},
		[R] = {SCARD_W_RESET_CARD, OFF},
		[X] = {SCARD_W_REMOVED_CARD, {NO_STEP}},
		[U] = {SCARD_E_READER_UNAVAILABLE, {NO_STEP}},
		[L] = {SCARD_E_TIMEOUT, OFF},
	};

	(void)state;
	states_check(row, lock);
}

static HRESULT unlock(ISCard *card)
{
	return ISCard_UnlockSCard(card, RESET);
}

static void unlock_without_a_lock_has_no_effect(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {SCARD_E_NOT_TRANSACTED, OFF},
		[R] = {SCARD_W_RESET_CARD, OFF},
		[X] = {SCARD_W_REMOVED_CARD, {NO_STEP}},
		[U] = {SCARD_E_READER_UNAVAILABLE, {NO_STEP}},
		[L] = {SCARD_E_SHARING_VIOLATION, OFF},
	};

	(void)state;
	states_check(row, unlock);
}

static SCARD_STATES seen;

static HRESULT get_status(ISCard *card)
{
	return ISCard_get_Status(card, &seen);
}

static void status_is_what_is_there_and_clears_nothing(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, {STATUS(ACTIVE), CLOSING_POWERED}},
		[R] = {S_OK, {STATUS(ACTIVE), CLOSING_POWERED}},
		[X] = {S_OK, {STATUS(ABSENT)}},
		[U] = {SCARD_E_READER_UNAVAILABLE, {NO_STEP}},
		[L] = {S_OK, {STATUS(ACTIVE), CLOSING_POWERED}},
	};
	static const SCARD_STATES states[STATES] = {(SCARD_STATES)0, SPECIFICMODE,    SPECIFICMODE,
	                                            ISCARD_ABSENT,   (SCARD_STATES)0, SPECIFICMODE};
	static const HRESULT afterwards[STATES] = {SCARD_E_INVALID_HANDLE,     S_OK,
	                                           SCARD_W_RESET_CARD,         SCARD_W_REMOVED_CARD,
	                                           SCARD_E_READER_UNAVAILABLE, S_OK};
	SCARD_PROTOCOLS protocol;

	(void)state;
	for (int i = D; i < STATES; i++) {
		states_enter((enum state)i, row[i].steps, STATES_STEPS);
		assert_hr(get_status(at.card), row[i].want);
		assert_int_equal(seen, states[i]);
		assert_hr(ISCard_get_Protocol(at.card, &protocol), afterwards[i]);
		states_leave();
	}
}

static HRESULT get_atr(ISCard *card)
{
	IByteBuffer *atr = (IByteBuffer *)card;
	HRESULT hr = ISCard_get_Atr(card, &atr);

	if (SUCCEEDED(hr))
		IByteBuffer_Release(atr);
	else
		assert_null(atr);
	return hr;
}

static HRESULT get_protocol(ISCard *card)
{
	SCARD_PROTOCOLS protocol = RAW;
	HRESULT hr = ISCard_get_Protocol(card, &protocol);

	assert_int_equal(protocol, SUCCEEDED(hr) ? T0 : 0);
	return hr;
}

static void atr_and_protocol_report_events_and_never_wait(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, OFF},
		[R] = {SCARD_W_RESET_CARD, OFF},
		[X] = {SCARD_W_REMOVED_CARD, {NO_STEP}},
		[U] = {SCARD_E_READER_UNAVAILABLE, {NO_STEP}},
		[L] = {S_OK, OFF},
	};

	(void)state;
	states_check(row, get_atr);
	states_check(row, get_protocol);
}

static HRESULT get_handle(ISCard *card)
{
	HSCARD handle = 1;
	HRESULT hr = ISCard_get_CardHandle(card, &handle);

	return SUCCEEDED(hr) && handle == 0 ? S_FALSE : hr;
}

static void the_handle_stays_as_long_as_the_connection(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {S_FALSE, {NO_STEP}}, [A] = {S_OK, OFF},       [R] = {S_OK, OFF},
		[X] = {S_OK, {NO_STEP}},    [U] = {S_OK, {NO_STEP}}, [L] = {S_OK, OFF},
	};

	(void)state;
	states_check(row, get_handle);
}

/* --- the rows and notes that need more than one state --- */

static void exclusive_reattach_is_refused_while_others_are_attached(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           POWER_ON("00", ATR_FAST), NO_STEP};
	ISCard *a, *b, *detached;

	(void)state;
	RIG_START(&states_reader, steps);
	a = rig_attached();
	b = rig_attached();
	detached = rig_card();
	assert_hr(ISCard_ReAttach(detached, EXCLUSIVE, RESET), SCARD_E_INVALID_HANDLE);
	ISCard_Release(detached);
	assert_hr(ISCard_ReAttach(a, EXCLUSIVE, LEAVE), SCARD_E_SHARING_VIOLATION);
	assert_hr(ISCard_ReAttach(a, EXCLUSIVE, RESET), SCARD_E_SHARING_VIOLATION);
	assert_hr(ISCard_ReAttach(b, SHARED, RESET), S_OK);
	assert_hr(ISCard_ReAttach(a, EXCLUSIVE, UNPOWER), SCARD_E_SHARING_VIOLATION);
	assert_hr(ISCard_LockSCard(b), S_OK);
	assert_hr(ISCard_ReAttach(a, EXCLUSIVE, LEAVE), SCARD_E_SHARING_VIOLATION);
	script_interrupt(&rig.script, "50 02");
	assert_hr(ISCard_ReAttach(a, EXCLUSIVE, EJECT), SCARD_E_SHARING_VIOLATION);
	script_unplug(&rig.script);
	assert_hr(ISCard_ReAttach(a, EXCLUSIVE, LEAVE), SCARD_E_SHARING_VIOLATION);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

static void removal_is_sticky_until_reattach_finds_the_next_card(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           STATUS(INACTIVE),  POWER_ON("00", ATR_FAST),
	                                           SELECT_WORKS,      CLOSING_POWERED};
	SCARD_STATES now;
	ISCard *card;

	(void)state;
	RIG_START(&states_reader, steps);
	card = rig_attached();
	script_interrupt(&rig.script, "50 02");
	script_interrupt(&rig.script, "50 03");
	assert_hr(ISCard_get_Status(card, &now), S_OK);
	assert_int_equal(now, SWALLOWED);
	assert_hr(rig_select(card), SCARD_W_REMOVED_CARD);
	assert_hr(ISCard_LockSCard(card), SCARD_W_REMOVED_CARD);
	assert_hr(ISCard_ReAttach(card, SHARED, LEAVE), S_OK);
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	rig_end();
}

static void a_removal_drops_the_lock(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           POWER_ON("00", ATR_T0), CLOSING_POWERED};
	ISCard *a, *b;

	(void)state;
	RIG_START(&states_reader, steps);
	a = rig_attached();
	b = rig_attached();
	assert_hr(ISCard_LockSCard(a), S_OK);
	script_interrupt(&rig.script, "50 02");
	script_interrupt(&rig.script, "50 03");
	assert_hr(ISCard_ReAttach(b, SHARED, LEAVE), S_OK);
	assert_hr(ISCard_LockSCard(b), S_OK);
	assert_hr(ISCard_UnlockSCard(a, LEAVE), SCARD_W_REMOVED_CARD);
	assert_hr(ISCard_UnlockSCard(b, LEAVE), S_OK);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

static void a_pending_reset_frees_the_lock_at_unlock(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           STATUS(INACTIVE), POWER_ON("00", ATR_T0),
	                                           CLOSING_POWERED};
	SCARD_STATES now;
	ISCard *a, *b;

	(void)state;
	RIG_START(&states_reader, steps);
	a = rig_attached();
	b = rig_attached();
	assert_hr(ISCard_LockSCard(a), S_OK);
	/* the reader took the power away by itself */
	assert_hr(ISCard_get_Status(b, &now), S_OK);
	assert_int_equal(now, SWALLOWED);
	assert_hr(ISCard_UnlockSCard(a, RESET), SCARD_W_RESET_CARD);
	assert_hr(ISCard_UnlockSCard(a, RESET), SCARD_W_RESET_CARD);
	assert_hr(ISCard_ReAttach(b, SHARED, LEAVE), S_OK);
	assert_hr(ISCard_LockSCard(b), S_OK);
	ISCard_Release(a);
	assert_hr(ISCard_UnlockSCard(b, LEAVE), S_OK);
	ISCard_Release(b);
	rig_end();
}

static void an_own_reset_flags_everyone_else_and_only_them(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),      ACTIVATION(ATR_T0),
	                                           POWER_ON("00", ATR_T0), SELECT_WORKS,
	                                           SELECT_WORKS,           CLOSING_POWERED};
	ISCard *a, *b;

	(void)state;
	RIG_START(&states_reader, steps);
	a = rig_attached();
	b = rig_attached();
	assert_hr(ISCard_ReAttach(a, SHARED, RESET), S_OK);
	assert_hr(rig_select(a), S_OK);
	assert_hr(rig_select(b), SCARD_W_RESET_CARD);
	assert_hr(rig_select(b), SCARD_W_RESET_CARD);
	assert_hr(ISCard_ReAttach(b, SHARED, LEAVE), S_OK);
	assert_hr(rig_select(b), S_OK);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

static void a_card_that_leaves_during_a_command_is_removed(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           XFR_FAILS(SELECT, FAILED_ABSENT, "FE")};
	ISCard *card;

	(void)state;
	RIG_START(&states_reader, steps);
	card = rig_attached();
	assert_hr(rig_select(card), SCARD_W_REMOVED_CARD);
	assert_hr(ISCard_LockSCard(card), SCARD_W_REMOVED_CARD);
	ISCard_Release(card);
	rig_end();
}

static void a_card_left_unpowered_is_powered_by_reattach_leave(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE),   ACTIVATION(ATR_T0),
	                                           POWER_OFF(INACTIVE), POWER_ON("00", ATR_T0),
	                                           SELECT_WORKS,        CLOSING_POWERED};
	ISCard *a, *b;

	(void)state;
	RIG_START(&states_reader, steps);
	a = rig_attached();
	b = rig_attached();
	assert_hr(ISCard_Detach(b, UNPOWER), S_OK);
	assert_hr(rig_select(a), SCARD_W_RESET_CARD);
	assert_hr(ISCard_ReAttach(a, SHARED, LEAVE), S_OK);
	assert_hr(rig_select(a), S_OK);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

static void manage_is_the_same_connection_in_other_words(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE), ACTIVATION(ATR_T0), POWER_ON("00", ATR_T0), STATUS(ACTIVE),
		STATUS(ACTIVE),    SELECT_WORKS,       CLOSING_POWERED};
	ISCardManage *m;
	ISCard *a, *b;
	SCARD_STATES now;
	SCARD_PROTOCOLS protocol;

	(void)state;
	RIG_START(&states_reader, steps);
	m = rig_manage();
	a = rig_attached();
	b = rig_attached();
	assert_hr(ISCardManage_Reconnect(m), SCARD_E_INVALID_HANDLE);
	assert_hr(ISCardManage_Detach(m), SCARD_E_INVALID_HANDLE);
	assert_hr(ISCardManage_AttachByHandle(m, rig_handle(a)), S_OK);
	assert_hr(ISCard_ReAttach(b, SHARED, RESET), S_OK);
	assert_hr(ISCardManage_Status(m, &now, NULL), E_POINTER);
	assert_hr(ISCardManage_Status(m, NULL, &protocol), E_POINTER);
	assert_hr(ISCardManage_Status(m, &now, &protocol), S_OK);
	assert_int_equal(now, SPECIFICMODE);
	assert_int_equal(protocol, 0);
	assert_hr(ISCardManage_SCardLock(m), SCARD_W_RESET_CARD);
	assert_hr(ISCardManage_Reconnect(m), S_OK);
	assert_hr(ISCardManage_Status(m, &now, &protocol), S_OK);
	assert_int_equal(protocol, T0);
	assert_hr(rig_select(a), S_OK);
	assert_hr(ISCardManage_SCardLock(m), S_OK);
	assert_hr(ISCard_UnlockSCard(a, LEAVE), S_OK);
	assert_hr(ISCardManage_SCardUnlock(m, LEAVE), SCARD_E_NOT_TRANSACTED);
	assert_hr(ISCardManage_Detach(m), S_OK);
	assert_hr(rig_select(a), SCARD_E_INVALID_HANDLE);
	assert_int_equal(rig_handle(a), 0);
	ISCardManage_Release(m);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

/* The other cannot give the lock back any more: UnlockSCard is refused too. */
static void no_lock_is_waited_for_when_the_reader_is_gone(void **state)
{
	static const SCARD_DISPOSITIONS all[] = {LEAVE, RESET, UNPOWER, EJECT};
	static const struct script_step steps[] = {NO_STEP};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		states_start(A, steps, 1);
		at.card = rig_attached();
		at.other = rig_attached();
		assert_hr(ISCard_LockSCard(at.other), S_OK);
		script_unplug(&rig.script);
		rig.tick = LOCK_MS / 2;
		assert_hr(ISCard_Detach(at.card, all[i]), S_OK);
		assert_int_equal(rig_handle(at.card), 0);
		rig.tick = 0;
		assert_hr(ISCard_UnlockSCard(at.other, LEAVE), SCARD_E_READER_UNAVAILABLE);
		assert_hr(ISCard_Detach(at.other, UNPOWER), S_OK);
		ISCard_Release(at.other);
		ISCard_Release(at.card);
		rig_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach_is_for_detached_objects),
		cmocka_unit_test(detach_leave_never_waits),
		cmocka_unit_test(detach_reset_waits_and_spares_what_is_gone),
		cmocka_unit_test(detach_unpower_and_eject_wait_and_spare_what_is_gone),
		cmocka_unit_test(reattach_acknowledges_or_finds_no_card),
		cmocka_unit_test(exclusive_reattach_alone_is_as_a_shared_one),
		cmocka_unit_test(transaction_needs_an_undisturbed_card),
		cmocka_unit_test(lock_waits_and_reports_events),
		cmocka_unit_test(unlock_without_a_lock_has_no_effect),
		cmocka_unit_test(status_is_what_is_there_and_clears_nothing),
		cmocka_unit_test(atr_and_protocol_report_events_and_never_wait),
		cmocka_unit_test(the_handle_stays_as_long_as_the_connection),
		cmocka_unit_test(exclusive_reattach_is_refused_while_others_are_attached),
		cmocka_unit_test(removal_is_sticky_until_reattach_finds_the_next_card),
		cmocka_unit_test(a_removal_drops_the_lock),
		cmocka_unit_test(a_pending_reset_frees_the_lock_at_unlock),
		cmocka_unit_test(an_own_reset_flags_everyone_else_and_only_them),
		cmocka_unit_test(a_card_that_leaves_during_a_command_is_removed),
		cmocka_unit_test(a_card_left_unpowered_is_powered_by_reattach_leave),
		cmocka_unit_test(manage_is_the_same_connection_in_other_words),
		cmocka_unit_test(no_lock_is_waited_for_when_the_reader_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
