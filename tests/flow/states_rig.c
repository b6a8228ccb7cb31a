/* SPDX-License-Identifier: MIT */
#include "states_rig.h"

struct states_rig at;
const struct fake_reader states_reader = {.features = FAKE_SHORT};

static const char *const state_names[] = {"D", "A", "R", "X", "U", "L"};

static const struct script_step before[STATES][8] = {
	[D] = {OPENING(INACTIVE), ACTIVATION(ATR_T0), CLOSING_POWERED},
	[A] = {OPENING(INACTIVE), ACTIVATION(ATR_T0)},
	[R] = {OPENING(INACTIVE), ACTIVATION(ATR_T0), POWER_ON("00", ATR_FAST)},
	[X] = {OPENING(INACTIVE), ACTIVATION(ATR_T0)},
	[U] = {OPENING(INACTIVE), ACTIVATION(ATR_T0)},
	[L] = {OPENING(INACTIVE), ACTIVATION(ATR_T0)},
};

void states_start(enum state state, const struct script_step *steps, size_t count)
{
	memcpy(at.steps, before[state], sizeof before[state]);
	memcpy(at.steps + 8, steps, count * sizeof *steps);
	rig_start_limited(&states_reader, at.steps, 8 + count, LOCK_MS);
}

static void disturb(enum state state)
{
	if (state == D)
		assert_hr(ISCard_Detach(at.card, LEAVE), S_OK);
	if (state == R)
		assert_hr(ISCard_ReAttach(at.other, SHARED, RESET), S_OK);
	if (state == X)
		script_interrupt(&rig.script, "50 02");
	if (state == U)
		script_unplug(&rig.script);
	if (state == L)
		assert_hr(ISCard_LockSCard(at.other), S_OK);
}

void states_enter(enum state state, const struct script_step *steps, size_t count)
{
	states_start(state, steps, count);
	at.card = rig_attached();
	at.other = rig_attached();
	at.manage = rig_manage();
	assert_hr(ISCardManage_AttachByHandle(at.manage, rig_handle(at.card)), S_OK);
	disturb(state);
	if (state == L) {
		rig.tick = LOCK_MS / 2;
	} else {
		ISCard_Release(at.other);
		at.other = NULL;
	}
}

void states_leave(void)
{
	rig.tick = 0;
	if (at.other != NULL) {
		assert_hr(ISCard_UnlockSCard(at.other, LEAVE), S_OK);
		ISCard_Release(at.other);
	}
	ISCardManage_Release(at.manage);
	ISCard_Release(at.card);
	rig_end();
}

static void check(const struct cell row[STATES], HRESULT (*of_card)(ISCard *card),
                  HRESULT (*of_manage)(ISCardManage *manage))
{
	for (int state = D; state < STATES; state++) {
		HRESULT hr;

		states_enter((enum state)state, row[state].steps, STATES_STEPS);
		hr = of_card != NULL ? of_card(at.card) : of_manage(at.manage);
		if (hr != row[state].want)
			print_error("in state %s: ", state_names[state]);
		assert_hr(hr, row[state].want);
		states_leave();
	}
}

void states_check(const struct cell row[STATES], HRESULT (*call)(ISCard *card))
{
	check(row, call, NULL);
}

void states_check_manage(const struct cell row[STATES], HRESULT (*call)(ISCardManage *manage))
{
	check(row, NULL, call);
}
