/* SPDX-License-Identifier: MIT */
/* Dispositions on the wire, byte by byte: what Detach, ReAttach and UnlockSCard send. */
#include "rig.h"

static const struct fake_reader plain = {.features = FAKE_SHORT};
static const struct fake_reader motor = {.features = FAKE_SHORT, .mechanical = CCID_MECH_EJECT};

#define ATTACH OPENING(INACTIVE), ACTIVATION(ATR_T0)
#define EJECTED(bstatus)                                                                           \
	EXPECT_OUT("71 00000000 00 ss 02 0000"), GIVE_IN("81 00000000 00 ss " bstatus " 00 00")
#define EJECT_FAILS                                                                                \
	EXPECT_OUT("71 00000000 00 ss 02 0000"),                                                   \
		GIVE_IN("81 00000000 00 ss " FAILED_INACTIVE " C0 00")

static void detach(const struct fake_reader *reader, const struct script_step *steps, size_t count,
                   SCARD_DISPOSITIONS disposition, HRESULT want, iscard_disposition_result did)
{
	HSCARD handle = 1;
	ISCard *card;

	rig_start(reader, steps, count);
	card = rig_attached();
	assert_hr(ISCard_Detach(card, disposition), want);
	assert_int_equal(iscard_last_disposition(card), did);
	assert_hr(ISCard_get_CardHandle(card, &handle), S_OK);
	assert_int_equal(handle, 0);
	assert_true(rig.script.closed);
	assert_hr(ISCard_Detach(card, disposition), SCARD_E_INVALID_HANDLE);
	ISCard_Release(card);
	rig_end();
}
#define DETACH(reader, steps, disposition, want, did)                                              \
	detach(reader, steps, sizeof(steps) / sizeof *(steps), disposition, want, did)

static void detach_leave_sends_nothing_and_giving_back_powers_off(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};

	(void)state;
	DETACH(&plain, steps, LEAVE, S_OK, ISCARD_DISPOSITION_NONE);
}

static void detach_reset_is_a_bare_power_on(void **state)
{
	static const struct script_step steps[] = {ATTACH, POWER_ON("00", ATR_T0), CLOSING_POWERED};

	(void)state;
	DETACH(&plain, steps, RESET, S_OK, ISCARD_DISPOSITION_RESET);
}

static void a_reset_that_fails_ends_in_a_power_off(void **state)
{
	static const struct script_step steps[] = {
		ATTACH,
		POWER_ON_FAILS("00", FAILED_INACTIVE, "FE"),
		POWER_OFF(INACTIVE),
		POWER_ON_FAILS("00", FAILED_INACTIVE, "FE"),
		POWER_OFF(INACTIVE),
		POWER_ON_FAILS("00", FAILED_INACTIVE, "FE"),
		POWER_OFF(INACTIVE),
	};

	(void)state;
	DETACH(&plain, steps, RESET, S_OK, ISCARD_DISPOSITION_POWERED_OFF);
}

/* S_OK, as for any card that has left, and no claim that it was reset. */
static void a_reset_without_a_card_is_not_claimed(void **state)
{
	static const struct script_step steps[] = {ATTACH};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_attached();
	script_interrupt(&rig.script, "50 02");
	assert_hr(ISCard_Detach(card, RESET), S_OK);
	assert_int_equal(iscard_last_disposition(card), ISCARD_DISPOSITION_NONE);
	ISCard_Release(card);
	rig_end();
}

static void detach_unpower_is_a_power_off(void **state)
{
	static const struct script_step steps[] = {ATTACH, POWER_OFF(INACTIVE)};

	(void)state;
	DETACH(&plain, steps, UNPOWER, S_OK, ISCARD_DISPOSITION_POWERED_OFF);
}

static void a_power_off_that_fails_cannot_dispose(void **state)
{
	static const struct script_step steps[] = {
		ATTACH,
		EXPECT_OUT("63 00000000 00 ss 000000"),
		GIVE_IN("81 00000000 00 ss " FAILED_ACTIVE " C0 00"),
		POWER_OFF(INACTIVE),
	};

	(void)state;
	DETACH(&plain, steps, UNPOWER, SCARD_E_CANT_DISPOSE, ISCARD_DISPOSITION_FAILED);
}

static void eject_without_the_ability_powers_off_and_says_so(void **state)
{
	static const struct script_step steps[] = {ATTACH, POWER_OFF(INACTIVE)};

	(void)state;
	DETACH(&plain, steps, EJECT, S_OK, ISCARD_DISPOSITION_POWERED_OFF);
	assert_true(fake_clock_logged(&rig.clock, "cannot eject"));
}

static void eject_powers_off_and_commands_the_motor(void **state)
{
	static const struct script_step steps[] = {ATTACH, POWER_OFF(INACTIVE), EJECTED(INACTIVE)};

	(void)state;
	DETACH(&motor, steps, EJECT, S_OK, ISCARD_DISPOSITION_COMMANDED);
}

static void eject_is_confirmed_when_the_reader_says_that_the_card_is_gone(void **state)
{
	static const struct script_step steps[] = {ATTACH, POWER_OFF(INACTIVE), EJECTED(ABSENT)};

	(void)state;
	DETACH(&motor, steps, EJECT, S_OK, ISCARD_DISPOSITION_CONFIRMED);
}

static void an_eject_that_fails_cannot_dispose_and_detaches_all_the_same(void **state)
{
	static const struct script_step steps[] = {ATTACH, POWER_OFF(INACTIVE), EJECT_FAILS};

	(void)state;
	DETACH(&motor, steps, EJECT, SCARD_E_CANT_DISPOSE, ISCARD_DISPOSITION_FAILED);
}

static void values_outside_the_enumeration_send_nothing(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	ISCard *card;

	(void)state;
	RIG_START(&motor, steps);
	card = rig_attached();
	assert_hr(ISCard_Detach(card, (SCARD_DISPOSITIONS)4), E_INVALIDARG);
	assert_hr(ISCard_Detach(card, (SCARD_DISPOSITIONS)-1), E_INVALIDARG);
	assert_hr(ISCard_ReAttach(card, SHARED, (SCARD_DISPOSITIONS)4), E_INVALIDARG);
	assert_hr(ISCard_ReAttach(card, (SCARD_SHARE_MODES)3, LEAVE), E_INVALIDARG);
	assert_hr(ISCard_ReAttach(card, (SCARD_SHARE_MODES)0, LEAVE), E_INVALIDARG);
	assert_hr(ISCard_UnlockSCard(card, (SCARD_DISPOSITIONS)-1), E_INVALIDARG);
	assert_int_not_equal(rig_handle(card), 0);
	ISCard_Release(card);
	rig_end();
}

static void reattach_leave_sends_nothing(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	HSCARD handle;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_attached();
	handle = rig_handle(card);
	assert_hr(ISCard_ReAttach(card, EXCLUSIVE, LEAVE), S_OK);
	assert_int_equal(rig_handle(card), handle);
	ISCard_Release(card);
	rig_end();
}

static void reattach_reset_is_warm_and_unpower_is_cold(void **state)
{
	static const struct script_step steps[] = {ATTACH,
	                                           POWER_ON("00", ATR_T0),
	                                           SELECT_WORKS,
	                                           POWER_OFF(INACTIVE),
	                                           POWER_ON("00", ATR_FAST),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};
	IByteBuffer *atr;
	STATSTRUCT stat;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_attached();
	assert_hr(ISCard_ReAttach(card, SHARED, RESET), S_OK);
	assert_int_equal(iscard_last_disposition(card), ISCARD_DISPOSITION_RESET);
	assert_hr(rig_select(card), S_OK);
	assert_hr(ISCard_ReAttach(card, SHARED, UNPOWER), S_OK);
	assert_hr(rig_select(card), S_OK);
	assert_hr(ISCard_get_Atr(card, &atr), S_OK);
	assert_hr(IByteBuffer_Stat(atr, &stat, STATFLAG_DEFAULT), S_OK);
	assert_int_equal(stat.cbSize, 5);
	IByteBuffer_Release(atr);
	ISCard_Release(card);
	rig_end();
}

static void reattach_eject_means_commanded_and_leaves_nothing_to_use(void **state)
{
	static const struct script_step steps[] = {
		ATTACH,       POWER_OFF(INACTIVE), EJECTED(INACTIVE), POWER_ON("00", ATR_T0),
		SELECT_WORKS, CLOSING_POWERED};
	ISCard *card;

	(void)state;
	RIG_START(&motor, steps);
	card = rig_attached();
	assert_hr(ISCard_ReAttach(card, SHARED, EJECT), SCARD_W_REMOVED_CARD);
	assert_int_equal(iscard_last_disposition(card), ISCARD_DISPOSITION_COMMANDED);
	assert_hr(rig_select(card), SCARD_W_REMOVED_CARD);
	/* pushed back in: the card that is there is taken for its own */
	assert_hr(ISCard_ReAttach(card, SHARED, LEAVE), S_OK);
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	rig_end();
}

static void reattach_eject_of_no_card_moves_nothing(void **state)
{
	static const struct script_step steps[] = {ATTACH};
	ISCard *card;

	(void)state;
	RIG_START(&motor, steps);
	card = rig_attached();
	script_interrupt(&rig.script, "50 02");
	assert_hr(ISCard_ReAttach(card, SHARED, EJECT), SCARD_E_NO_SMARTCARD);
	assert_int_equal(iscard_last_disposition(card), ISCARD_DISPOSITION_NONE);
	assert_hr(rig_select(card), SCARD_W_REMOVED_CARD);
	ISCard_Release(card);
	rig_end();
}

static void reattach_eject_that_fails_leaves_a_reset_pending(void **state)
{
	static const struct script_step steps[] = {ATTACH,       POWER_OFF(INACTIVE),
	                                           EJECT_FAILS,  POWER_ON("00", ATR_T0),
	                                           SELECT_WORKS, CLOSING_POWERED};
	HSCARD handle;
	ISCard *card;

	(void)state;
	RIG_START(&motor, steps);
	card = rig_attached();
	handle = rig_handle(card);
	assert_hr(ISCard_ReAttach(card, SHARED, EJECT), SCARD_E_CANT_DISPOSE);
	assert_int_equal(iscard_last_disposition(card), ISCARD_DISPOSITION_FAILED);
	assert_int_equal(rig_handle(card), handle);
	assert_hr(rig_select(card), SCARD_W_RESET_CARD);
	assert_hr(ISCard_ReAttach(card, SHARED, LEAVE), S_OK);
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	rig_end();
}

static void reattach_eject_without_the_ability_is_unpower(void **state)
{
	static const struct script_step steps[] = {
		ATTACH, POWER_OFF(INACTIVE), POWER_ON("00", ATR_T0), SELECT_WORKS, CLOSING_POWERED};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_attached();
	assert_hr(ISCard_ReAttach(card, SHARED, EJECT), S_OK);
	assert_int_equal(iscard_last_disposition(card), ISCARD_DISPOSITION_POWERED_OFF);
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	rig_end();
}

static void unlock_disposes_at_the_last_level_and_hits_its_own_caller(void **state)
{
	static const struct script_step steps[] = {ATTACH,
	                                           POWER_ON("00", ATR_T0),
	                                           SELECT_WORKS,
	                                           POWER_OFF(INACTIVE),
	                                           POWER_ON("00", ATR_T0),
	                                           CLOSING_POWERED};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_attached();
	assert_hr(ISCard_UnlockSCard(card, RESET), SCARD_E_NOT_TRANSACTED);
	assert_hr(ISCard_LockSCard(card), S_OK);
	assert_hr(ISCard_LockSCard(card), S_OK);
	assert_hr(ISCard_UnlockSCard(card, RESET), S_OK);
	assert_hr(ISCard_UnlockSCard(card, RESET), S_OK);
	assert_hr(rig_select(card), SCARD_W_RESET_CARD);
	assert_hr(ISCard_UnlockSCard(card, RESET), SCARD_W_RESET_CARD);
	assert_hr(ISCard_ReAttach(card, SHARED, LEAVE), S_OK);
	assert_hr(rig_select(card), S_OK);
	assert_hr(ISCard_LockSCard(card), S_OK);
	assert_hr(ISCard_UnlockSCard(card, UNPOWER), S_OK);
	assert_hr(rig_select(card), SCARD_W_RESET_CARD);
	ISCard_Release(card);
	rig_end();
}

static void unlock_eject_moves_the_card_and_stays_attached(void **state)
{
	static const struct script_step steps[] = {ATTACH, POWER_OFF(INACTIVE), EJECTED(INACTIVE)};
	ISCard *card;

	(void)state;
	RIG_START(&motor, steps);
	card = rig_attached();
	assert_hr(ISCard_LockSCard(card), S_OK);
	assert_hr(ISCard_UnlockSCard(card, EJECT), S_OK);
	assert_int_equal(iscard_last_disposition(card), ISCARD_DISPOSITION_COMMANDED);
	assert_int_not_equal(rig_handle(card), 0);
	assert_hr(rig_select(card), SCARD_W_RESET_CARD);
	ISCard_Release(card);
	rig_end();
}

static void unlock_eject_that_fails_frees_the_lock(void **state)
{
	static const struct script_step steps[] = {ATTACH, POWER_OFF(INACTIVE), EJECT_FAILS};
	ISCard *a, *b;

	(void)state;
	RIG_START(&motor, steps);
	a = rig_attached();
	b = rig_attached();
	assert_hr(ISCard_LockSCard(a), S_OK);
	assert_hr(ISCard_UnlockSCard(b, LEAVE), SCARD_E_SHARING_VIOLATION);
	assert_hr(ISCard_UnlockSCard(a, EJECT), SCARD_E_CANT_DISPOSE);
	assert_hr(ISCard_LockSCard(b), SCARD_W_RESET_CARD);
	assert_hr(ISCard_LockSCard(a), SCARD_W_RESET_CARD);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

static void unlock_reports_a_mute_card_as_attach_does(void **state)
{
	static const struct script_step steps[] = {
		ATTACH,
		POWER_OFF(INACTIVE),
		POWER_ON_FAILS("00", FAILED_INACTIVE, "FE"),
		POWER_OFF(INACTIVE),
		POWER_ON_FAILS("00", FAILED_INACTIVE, "FE"),
	};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_attached();
	assert_hr(ISCard_LockSCard(card), S_OK);
	assert_hr(ISCard_UnlockSCard(card, UNPOWER), SCARD_W_UNRESPONSIVE_CARD);
	assert_hr(ISCard_UnlockSCard(card, LEAVE), SCARD_W_RESET_CARD);
	ISCard_Release(card);
	rig_end();
}

static void the_last_release_resets_a_locked_card(void **state)
{
	static const struct script_step steps[] = {ATTACH, POWER_ON("00", ATR_T0), CLOSING_POWERED};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_attached();
	assert_hr(ISCard_LockSCard(card), S_OK);
	ISCard_Release(card);
	assert_true(rig.script.closed);
	rig_end();
}

static void any_other_object_has_no_disposition(void **state)
{
	static const struct script_step steps[] = {NO_STEP};
	ISCardCmd *cmd;

	(void)state;
	RIG_START(&plain, steps);
	cmd = rig_cmd(SELECT);
	assert_int_equal(iscard_last_disposition(NULL), ISCARD_DISPOSITION_NONE);
	assert_int_equal(iscard_last_disposition(cmd), ISCARD_DISPOSITION_NONE);
	ISCardCmd_Release(cmd);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detach_leave_sends_nothing_and_giving_back_powers_off),
		cmocka_unit_test(detach_reset_is_a_bare_power_on),
		cmocka_unit_test(a_reset_that_fails_ends_in_a_power_off),
		cmocka_unit_test(a_reset_without_a_card_is_not_claimed),
		cmocka_unit_test(detach_unpower_is_a_power_off),
		cmocka_unit_test(a_power_off_that_fails_cannot_dispose),
		cmocka_unit_test(eject_without_the_ability_powers_off_and_says_so),
		cmocka_unit_test(eject_powers_off_and_commands_the_motor),
		cmocka_unit_test(eject_is_confirmed_when_the_reader_says_that_the_card_is_gone),
		cmocka_unit_test(an_eject_that_fails_cannot_dispose_and_detaches_all_the_same),
		cmocka_unit_test(values_outside_the_enumeration_send_nothing),
		cmocka_unit_test(reattach_leave_sends_nothing),
		cmocka_unit_test(reattach_reset_is_warm_and_unpower_is_cold),
		cmocka_unit_test(reattach_eject_means_commanded_and_leaves_nothing_to_use),
		cmocka_unit_test(reattach_eject_of_no_card_moves_nothing),
		cmocka_unit_test(reattach_eject_that_fails_leaves_a_reset_pending),
		cmocka_unit_test(reattach_eject_without_the_ability_is_unpower),
		cmocka_unit_test(unlock_disposes_at_the_last_level_and_hits_its_own_caller),
		cmocka_unit_test(unlock_eject_moves_the_card_and_stays_attached),
		cmocka_unit_test(unlock_eject_that_fails_frees_the_lock),
		cmocka_unit_test(unlock_reports_a_mute_card_as_attach_does),
		cmocka_unit_test(the_last_release_resets_a_locked_card),
		cmocka_unit_test(any_other_object_has_no_disposition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
