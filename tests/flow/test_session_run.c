/* SPDX-License-Identifier: MIT */
/* Runs of commands that nobody comes between and what becomes of their lock; who must wait for one. */
#include "rig.h"

#include "attachment.h"

static const struct fake_reader plain = {.features = FAKE_SHORT};

static struct ccid_session *session_of(ISCard *card)
{
	return ccid_card_attachment(card)->session;
}

static void a_run_gives_its_lock_back(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           CLOSING_POWERED};
	ISCard *a, *b;

	(void)state;
	RIG_START(&plain, steps);
	a = rig_attached();
	b = rig_attached();
	assert_hr(ccid_session_begin(session_of(a)), S_OK);
	assert_hr(ISCard_UnlockSCard(b, LEAVE), SCARD_E_SHARING_VIOLATION);
	ccid_session_end(session_of(a));
	assert_hr(ISCard_UnlockSCard(b, LEAVE), SCARD_E_NOT_TRANSACTED);
	assert_hr(ISCard_UnlockSCard(a, LEAVE), SCARD_E_NOT_TRANSACTED);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

/* The run's lock fell with its card; the lock that is there now is one on the next card. */
static void a_run_leaves_the_lock_on_the_next_card_alone(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           ACTIVATION(ATR_T0), CLOSING_POWERED};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_attached();
	assert_hr(ccid_session_begin(session_of(card)), S_OK);
	script_interrupt(&rig.script, "50 02");
	script_interrupt(&rig.script, "50 03");
	assert_hr(ISCard_ReAttach(card, SHARED, LEAVE), S_OK);
	assert_hr(ISCard_LockSCard(card), S_OK);
	ccid_session_end(session_of(card));
	assert_hr(ISCard_UnlockSCard(card, LEAVE), S_OK);
	assert_hr(ISCard_UnlockSCard(card, LEAVE), SCARD_E_NOT_TRANSACTED);
	ISCard_Release(card);
	rig_end();
}

static void a_run_that_gets_no_lock_lets_the_next_one_try(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0),
	                                           SELECT_WORKS, CLOSING_POWERED};
	ISCard *a, *b;

	(void)state;
	rig_start_limited(&plain, steps, sizeof steps / sizeof *steps, 10);
	a = rig_attached();
	b = rig_attached();
	assert_hr(ISCard_LockSCard(b), S_OK);
	rig.tick = 5;
	assert_hr(ccid_session_begin(session_of(a)), SCARD_E_TIMEOUT);
	rig.tick = 0;
	assert_hr(ISCard_UnlockSCard(b, LEAVE), S_OK);
	assert_hr(rig_select(a), S_OK);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

/* 6.2, AttachByReader while another holds the lock: a card that is not ready is waited for. */
static void an_attach_that_must_give_power_waits_for_the_lock(void **state)
{
	static const struct script_step steps[] = {
		OPENING(INACTIVE),   ACTIVATION(ATR_T0),
		POWER_OFF(INACTIVE), POWER_ON_FAILS("00", FAILED_INACTIVE, "FE"),
		POWER_OFF(INACTIVE), POWER_ON_FAILS("00", FAILED_INACTIVE, "FE"),
		ACTIVATION(ATR_T0),  CLOSING_POWERED,
	};
	ISCard *owner, *card;

	(void)state;
	rig_start_limited(&plain, steps, sizeof steps / sizeof *steps, 10);
	owner = rig_attached();
	card = rig_card();
	assert_hr(ISCard_LockSCard(owner), S_OK);
	assert_hr(ISCard_ReAttach(owner, SHARED, UNPOWER), SCARD_W_UNRESPONSIVE_CARD);
	rig.tick = 5;
	assert_hr(rig_attach(card, "test:reader", SHARED, T0), SCARD_E_TIMEOUT);
	assert_int_equal(rig_handle(card), 0);
	rig.tick = 0;
	assert_hr(ISCard_UnlockSCard(owner, LEAVE), SCARD_W_RESET_CARD);
	assert_hr(rig_attach(card, "test:reader", SHARED, T0), S_OK);
	ISCard_Release(card);
	ISCard_Release(owner);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_gives_its_lock_back),
		cmocka_unit_test(a_run_leaves_the_lock_on_the_next_card_alone),
		cmocka_unit_test(a_run_that_gets_no_lock_lets_the_next_one_try),
		cmocka_unit_test(an_attach_that_must_give_power_waits_for_the_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
