/* SPDX-License-Identifier: MIT */
/* Each call of ISCardManage in each state of a connection. */
#include "states_rig.h"

#define GONE SCARD_E_READER_UNAVAILABLE

/* --- the rows --- */

static HRESULT attach_by_ifd(ISCardManage *manage)
{
	BSTR name = iscard_bstr_from_utf8("test:reader");
	HRESULT hr = ISCardManage_AttachByIFD(manage, name, SHARED);

	SysFreeString(name);
	return hr;
}

static void attach_by_ifd_is_for_detached_objects(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {S_OK, {OPENING(INACTIVE), ACTIVATION(ATR_T0), CLOSING_POWERED}},
		[A] = {E_UNEXPECTED, OFF},
		[R] = {E_UNEXPECTED, OFF},
		[X] = {E_UNEXPECTED, {NO_STEP}},
		[U] = {E_UNEXPECTED, {NO_STEP}},
		[L] = {E_UNEXPECTED, OFF},
	};

	(void)state;
	states_check_manage(row, attach_by_ifd);
}

static HRESULT attach_by_handle(ISCardManage *manage)
{
	return ISCardManage_AttachByHandle(manage, rig_handle(at.card));
}

/* Without an attachment ISCard::get_CardHandle gives 0, which is nobody's. */
static void attach_by_handle_is_for_detached_objects(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {E_INVALIDARG, {NO_STEP}}, [A] = {E_UNEXPECTED, OFF},
		[R] = {E_UNEXPECTED, OFF},       [X] = {E_UNEXPECTED, {NO_STEP}},
		[U] = {E_UNEXPECTED, {NO_STEP}}, [L] = {E_UNEXPECTED, OFF},
	};

	(void)state;
	states_check_manage(row, attach_by_handle);
}

static HRESULT detach(ISCardManage *manage)
{
	HRESULT hr = ISCardManage_Detach(manage);

	assert_int_equal(rig_handle(at.card), 0);
	assert_hr(ISCardManage_Detach(manage), SCARD_E_INVALID_HANDLE);
	return hr;
}

static void detach_ends_the_connection_and_never_waits(void **state)
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
	states_check_manage(row, detach);
}

/* What it acknowledged is not pending any more, and the share mode is what it was. */
static HRESULT reconnect(ISCardManage *manage)
{
	HRESULT hr = ISCardManage_Reconnect(manage);
	SCARD_PROTOCOLS protocol;
	ISCard *another;

	if (FAILED(hr))
		return hr;
	assert_hr(ISCard_get_Protocol(at.card, &protocol), S_OK);
	assert_int_equal(protocol, T0);
	another = rig_attached();
	ISCard_Release(another);
	return hr;
}

static void reconnect_acknowledges_or_finds_no_card(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, OFF},
		[R] = {S_OK, OFF},
		[X] = {SCARD_E_NO_SMARTCARD, {STATUS(ABSENT)}},
		[U] = {GONE, {NO_STEP}},
		[L] = {SCARD_E_TIMEOUT, OFF},
	};

	(void)state;
	states_check_manage(row, reconnect);
}

static HRESULT lock(ISCardManage *manage)
{
	HRESULT hr = ISCardManage_SCardLock(manage);

	if (SUCCEEDED(hr))
		assert_hr(ISCard_UnlockSCard(at.card, LEAVE), S_OK);
	return hr;
}

static void lock_waits_and_reports_events(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {S_OK, OFF},
		[R] = {SCARD_W_RESET_CARD, OFF},
		[X] = {SCARD_W_REMOVED_CARD, {NO_STEP}},
		[U] = {GONE, {NO_STEP}},
		[L] = {SCARD_E_TIMEOUT, OFF},
	};

	(void)state;
	states_check_manage(row, lock);
}

static HRESULT unlock(ISCardManage *manage)
{
	return ISCardManage_SCardUnlock(manage, RESET);
}

static void unlock_without_a_lock_has_no_effect(void **state)
{
	static const struct cell row[STATES] = {
		[D] = {SCARD_E_INVALID_HANDLE, {NO_STEP}},
		[A] = {SCARD_E_NOT_TRANSACTED, OFF},
		[R] = {SCARD_W_RESET_CARD, OFF},
		[X] = {SCARD_W_REMOVED_CARD, {NO_STEP}},
		[U] = {GONE, {NO_STEP}},
		[L] = {SCARD_E_SHARING_VIOLATION, OFF},
	};

	(void)state;
	states_check_manage(row, unlock);
}

/* Where ISCard differs: an event in the way of the protocol makes it 0, not the call a failure. */
static void status_is_what_is_there_with_no_protocol_after_an_event(void **state)
{
	static const struct {
		struct cell cell;
		SCARD_STATES state;
		SCARD_PROTOCOLS protocol;
	} row[STATES] = {
		[D] = {{SCARD_E_INVALID_HANDLE, {NO_STEP}}, (SCARD_STATES)0, (SCARD_PROTOCOLS)0},
		[A] = {{S_OK, {STATUS(ACTIVE), CLOSING_POWERED}}, SPECIFICMODE, T0},
		[R] = {{S_OK, {STATUS(ACTIVE), CLOSING_POWERED}}, SPECIFICMODE, (SCARD_PROTOCOLS)0},
		[X] = {{S_OK, {STATUS(ABSENT)}}, ISCARD_ABSENT, (SCARD_PROTOCOLS)0},
		[U] = {{GONE, {NO_STEP}}, (SCARD_STATES)0, (SCARD_PROTOCOLS)0},
		[L] = {{S_OK, {STATUS(ACTIVE), CLOSING_POWERED}}, SPECIFICMODE, T0},
	};

	(void)state;
	for (int i = D; i < STATES; i++) {
		SCARD_PROTOCOLS protocol = RAW;
		SCARD_STATES now = SWALLOWED;

		states_enter((enum state)i, row[i].cell.steps, STATES_STEPS);
		assert_hr(ISCardManage_Status(at.manage, &now, &protocol), row[i].cell.want);
		assert_int_equal(now, row[i].state);
		assert_int_equal(protocol, row[i].protocol);
		states_leave();
	}
}

/* --- what needs more than one state --- */

static void reconnect_powers_the_card_that_came_back(void **state)
{
	static const struct cell cell = {S_OK, {POWER_ON("00", ATR_T0), CLOSING_POWERED}};

	(void)state;
	states_enter(X, cell.steps, STATES_STEPS);
	script_interrupt(&rig.script, "50 03");
	assert_hr(ISCardManage_SCardLock(at.manage), SCARD_W_REMOVED_CARD);
	assert_hr(ISCardManage_Reconnect(at.manage), S_OK);
	assert_hr(ISCardManage_SCardLock(at.manage), S_OK);
	assert_hr(ISCardManage_SCardUnlock(at.manage, LEAVE), S_OK);
	states_leave();
}

static void unlock_with_reset_flags_its_own_connection_too(void **state)
{
	static const struct cell cell = {S_OK, {POWER_ON("00", ATR_T0), CLOSING_POWERED}};

	(void)state;
	states_enter(A, cell.steps, STATES_STEPS);
	assert_hr(ISCardManage_SCardLock(at.manage), S_OK);
	assert_hr(ISCardManage_SCardUnlock(at.manage, RESET), S_OK);
	assert_hr(ISCardManage_SCardLock(at.manage), SCARD_W_RESET_CARD);
	assert_hr(ISCardManage_Reconnect(at.manage), S_OK);
	assert_hr(ISCardManage_SCardUnlock(at.manage, LEAVE), SCARD_E_NOT_TRANSACTED);
	states_leave();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach_by_ifd_is_for_detached_objects),
		cmocka_unit_test(attach_by_handle_is_for_detached_objects),
		cmocka_unit_test(detach_ends_the_connection_and_never_waits),
		cmocka_unit_test(reconnect_acknowledges_or_finds_no_card),
		cmocka_unit_test(lock_waits_and_reports_events),
		cmocka_unit_test(unlock_without_a_lock_has_no_effect),
		cmocka_unit_test(status_is_what_is_there_with_no_protocol_after_an_event),
		cmocka_unit_test(reconnect_powers_the_card_that_came_back),
		cmocka_unit_test(unlock_with_reset_flags_its_own_connection_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
