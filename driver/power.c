/* SPDX-License-Identifier: MIT */
/* Activation: voltage ladder, ATR, warm and cold reset, power off. */
#include "wire.h"

static struct ccid_wait power_wait(const struct ccid_reader *r, int64_t deadline)
{
	return (struct ccid_wait){r->limits.power_on_ms, CCID_RETRY_MS, deadline};
}

int ccid_power_off(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	struct ccid_cmd cmd = ccid_cmd_icc_power_off();
	struct ccid_wait wait = {CCID_STATUS_MS, CCID_RETRY_MS, deadline};
	struct ccid_rsp rsp;
	int rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);

	if (rc < 0 && rc != CCID_E_NOCARD && rc != CCID_E_INACTIVE)
		return rc;
	pthread_mutex_lock(&r->state);
	if (r->slot[slot].atr.len > 0)
		ccid_slot_lose(r, slot, CCID_SLOT_INACTIVE);
	r->slot[slot].active_unknown = r->slot[slot].ours = false;
	pthread_mutex_unlock(&r->state);
	return CCID_OK;
}

/* Off, and long enough off for a cold reset. */
static int off_and_pause(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	int rc = ccid_power_off(r, slot, deadline);

	if (rc < 0)
		return rc;
	return ccid_wire_pause(r, slot, ccid_env_now(r->env) + CCID_OFF_ON_MS);
}

/* The reader gave it power; that it said nothing of use does not take it back. */
static int useless_atr(struct ccid_reader *r, unsigned slot, const struct ccid_rsp *rsp)
{
	pthread_mutex_lock(&r->state);
	r->slot[slot].ours = true;
	pthread_mutex_unlock(&r->state);
	return ccid_fail(r, slot, "ATR", CCID_E_BAD_ATR, rsp);
}

static int store_atr(struct ccid_reader *r, unsigned slot, uint8_t power,
                     const struct ccid_rsp *rsp)
{
	struct ccid_slot *s = &r->slot[slot];
	struct ccid_atr atr;
	int rc = ccid_atr_decode(&atr, rsp->data, rsp->len);

	if (rc < 0 || (atr.errors & CCID_ATR_E_TS) != 0)
		return useless_atr(r, slot, rsp);
	for (unsigned bit = 0; bit < CCID_ATR_E_COUNT; bit++)
		if (atr.errors & 1u << bit)
			ccid_log(r->env, CCID_LOG_WARNING, ccid_reader_label(r), "slot %u: ATR: %s",
			         slot, ccid_atr_error_text(1u << bit));
	pthread_mutex_lock(&r->state);
	s->session = ++s->generation;
	s->atr = atr;
	s->power = power;
	s->protocol = atr.first;
	s->suspect = false;
	s->agreed = false;
	atomic_store(&s->clock_stopped, false);
	s->active_unknown = false;
	s->ours = true;
	ccid_slot_set(r, slot, CCID_SLOT_NEGOTIABLE);
	pthread_mutex_unlock(&r->state);
	return CCID_OK;
}

static uint32_t generation_of(struct ccid_reader *r, unsigned slot)
{
	uint32_t generation;

	pthread_mutex_lock(&r->state);
	generation = r->slot[slot].generation;
	pthread_mutex_unlock(&r->state);
	return generation;
}

/* Whatever became of the card, it is not in the state that its sessions know. */
static void end_sessions(struct ccid_reader *r, unsigned slot)
{
	struct ccid_slot *s = &r->slot[slot];

	pthread_mutex_lock(&r->state);
	if (s->atr.len > 0) {
		ccid_slot_lose(r, slot,
		               s->state == CCID_SLOT_DESYNCED ? CCID_SLOT_DESYNCED
		                                              : CCID_SLOT_INACTIVE);
		s->active_unknown = s->ours = true;
	} else if (s->active_unknown) {
		s->ours = true; /* a power-on that was cancelled had come so far */
	}
	pthread_mutex_unlock(&r->state);
}

/* Notifications of the insertion that led to this power-on must not be read as a new one. They may
 * also tell that the card whose ATR has just come has left. */
static int absorb_notifications(struct ccid_reader *r, unsigned slot)
{
	uint32_t before = generation_of(r, slot);

	if (ccid_reader_dispatch(r) < 0)
		return CCID_E_GONE;
	if (generation_of(r, slot) == before)
		return CCID_OK;
	return ccid_slot_now(r, slot) == CCID_SLOT_EMPTY ? CCID_E_NOCARD : CCID_E_MUTE;
}

/* Sources disagree about the bytes that end EMV mode: the one, then the other. */
static int leave_emv_mode(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	static const uint8_t escape[][2] = {{0x1F, 0x01}, {0xF1, 0x01}};
	struct ccid_wait wait = {r->limits.escape_ms, CCID_RETRY_MS, deadline};
	struct ccid_rsp rsp;
	int rc = CCID_E_REFUSED;

	for (unsigned i = 0; i < 2 && rc < 0 && rc != CCID_E_GONE; i++) {
		struct ccid_cmd cmd = ccid_cmd_escape(escape[i], sizeof escape[i]);

		rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);
	}
	return rc;
}

static int power_on(struct ccid_reader *r, unsigned slot, uint8_t power, int64_t deadline)
{
	struct ccid_cmd cmd = ccid_cmd_icc_power_on((enum ccid_power_select)power);
	struct ccid_wait wait = power_wait(r, deadline);
	struct ccid_rsp rsp;
	int rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);

	if (rc < 0 && rsp.error == 0xBB && (r->tuning.flags & CCID_QUIRK_EMV_MODE) &&
	    leave_emv_mode(r, slot, deadline) == CCID_OK)
		rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);
	if (rc == CCID_E_INACTIVE) /* FE with the card there: it did not answer */
		rc = CCID_E_MUTE;
	if (rc == CCID_OK)
		rc = absorb_notifications(r, slot);
	if (rc == CCID_OK)
		rc = store_atr(r, slot, power, &rsp);
	if (rc < 0)
		end_sessions(r, slot);
	return rc;
}

/* Failures after which another voltage, or the same after a pause, may do better. */
static bool worth_retrying(int err)
{
	return err == CCID_E_MUTE || err == CCID_E_BAD_ATR || err == CCID_E_CLASS ||
	       err == CCID_E_HARDWARE || err == CCID_E_REFUSED || err == CCID_E_COMM;
}

static bool chooses_voltage(const struct ccid_reader *r)
{
	return r->desc.features & (CCID_FEATURE_AUTO_VOLTAGE | CCID_FEATURE_AUTO_ACTIVATION);
}

/* Old cards misbehave below 5 V, so the ladder starts there; 0 comes last for readers that refuse
 * an explicit voltage although they announce no automatic one. */
static unsigned ladder_of(const struct ccid_reader *r, uint8_t out[4])
{
	static const uint8_t bit[] = {CCID_VOLT_5V, CCID_VOLT_3V, CCID_VOLT_1V8};
	unsigned n = 0;

	if (!chooses_voltage(r))
		for (unsigned i = 0; i < 3; i++)
			if (r->desc.voltage_support & bit[i])
				out[n++] = (uint8_t)(CCID_POWER_5V + i);
	out[n++] = CCID_POWER_AUTO;
	if (chooses_voltage(r))
		out[n++] = CCID_POWER_AUTO;
	return n;
}

/* Whether the card names its classes and the voltage applied is none of them. */
static bool wrong_class(const struct ccid_reader *r, unsigned slot, uint8_t power)
{
	const struct ccid_atr *atr = &r->slot[slot].atr;

	return power != CCID_POWER_AUTO && atr->has_t15 && (atr->classes & 7) != 0 &&
	       !(atr->classes & 1u << (power - CCID_POWER_5V)) &&
	       (atr->classes & r->desc.voltage_support & 7) != 0;
}

static int climb(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	uint8_t step[4];
	unsigned n = ladder_of(r, step);
	int rc = CCID_E_MUTE;

	for (unsigned i = 0; i < n; i++) {
		int first = rc;

		rc = power_on(r, slot, step[i], deadline);
		if (rc == CCID_OK && !(i + 1 < n && wrong_class(r, slot, step[i])))
			return CCID_OK;
		if (rc < 0 && !worth_retrying(rc))
			return rc;
		if (i > 0 && step[i] == CCID_POWER_AUTO && rc == CCID_E_REFUSED)
			rc = first; /* "bad bPowerSelect" tells less than the failure before it */
		if (i + 1 < n) {
			int off = off_and_pause(r, slot, deadline);

			if (off < 0)
				return off;
		}
	}
	return rc;
}

/* Active, but not by us, and not by the reader's own habit: left over from another process. */
static bool foreign_power(struct ccid_reader *r, unsigned slot)
{
	bool is;

	pthread_mutex_lock(&r->state);
	is = r->slot[slot].active_unknown;
	pthread_mutex_unlock(&r->state);
	return is && !(r->desc.features & CCID_FEATURE_AUTO_ACTIVATION);
}

static int reset_card(struct ccid_reader *r, unsigned slot, enum ccid_reset_kind reset,
                      int64_t deadline)
{
	bool powered = ccid_slot_ours(r, slot);
	int rc;

	if (reset == CCID_RESET_WARM && powered) {
		rc = power_on(r, slot, r->slot[slot].power, deadline);
		if (rc == CCID_OK || !worth_retrying(rc))
			return rc;
	}
	if (powered || reset == CCID_RESET_COLD || (r->tuning.flags & CCID_QUIRK_OFF_FIRST) ||
	    foreign_power(r, slot)) {
		rc = off_and_pause(r, slot, deadline);
		if (rc < 0)
			return rc;
	}
	return climb(r, slot, deadline);
}

static void suppose_card(struct ccid_reader *r, unsigned slot)
{
	pthread_mutex_lock(&r->state);
	if (r->slot[slot].state == CCID_SLOT_EMPTY)
		ccid_slot_set(r, slot, CCID_SLOT_INACTIVE);
	pthread_mutex_unlock(&r->state);
}

/* Ask when there is any doubt; CCID_E_NOCARD when there is none. */
static int card_there(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	enum ccid_slot_state state = ccid_slot_now(r, slot);
	bool ask = state == CCID_SLOT_EMPTY || state == CCID_SLOT_UNKNOWN ||
	           state == CCID_SLOT_DESYNCED;
	int rc = ccid_slot_settle(r, slot, ask, deadline);

	if (rc < 0)
		return rc;
	if (ccid_slot_blind(r, slot))
		suppose_card(r, slot);
	return ccid_slot_now(r, slot) == CCID_SLOT_EMPTY ? CCID_E_NOCARD : CCID_OK;
}

/* A card in specific mode gets one chance to come back in another. */
static int change_mode(struct ccid_reader *r, unsigned slot, unsigned wanted, int64_t deadline)
{
	bool refuses = r->tuning.flags & CCID_QUIRK_PARAMETERS; /* it has the new ATR; do not ask */
	int rc = reset_card(r, slot, CCID_RESET_WARM, deadline);

	return rc < 0 ? rc : ccid_agree(r, slot, wanted, !refuses, deadline);
}

static int bring_up(struct ccid_reader *r, unsigned slot, unsigned wanted,
                    enum ccid_reset_kind reset, int64_t deadline)
{
	int rc = CCID_OK;

	if (reset != CCID_RESET_NONE || ccid_slot_now(r, slot) != CCID_SLOT_NEGOTIABLE)
		rc = reset_card(r, slot, reset, deadline);
	if (rc < 0 || wanted == 0)
		return rc;
	rc = ccid_agree(r, slot, wanted, true, deadline);
	if ((rc == CCID_E_PROTOCOL || rc == CCID_E_PPS) && ccid_may_change_mode(r, slot))
		rc = change_mode(r, slot, wanted, deadline);
	if (rc != CCID_E_PPS)
		return rc;
	ccid_log(r->env, CCID_LOG_WARNING, ccid_reader_label(r),
	         "slot %u: the card refused the parameters; once more at the default speed", slot);
	rc = reset_card(r, slot, CCID_RESET_COLD, deadline);
	return rc < 0 ? rc : ccid_agree(r, slot, wanted, false, deadline);
}

static int activate(struct ccid_reader *r, unsigned slot, unsigned wanted,
                    enum ccid_reset_kind reset, int64_t deadline)
{
	bool on;
	int rc = card_there(r, slot, deadline);

	if (rc < 0)
		return rc;
	on = ccid_slot_now(r, slot) == CCID_SLOT_READY;
	if (on && reset == CCID_RESET_NONE)
		return wanted == 0 || wanted & 1u << r->slot[slot].protocol ? CCID_OK
		                                                            : CCID_E_PROTOCOL;
	rc = bring_up(r, slot, wanted, reset, deadline);
	if (rc == CCID_E_STALE)
		rc = CCID_E_NOCARD; /* it left on the way */
	if (rc < 0 && rc != CCID_E_GONE && !on && ccid_slot_ours(r, slot) &&
	    ccid_power_off(r, slot, ccid_env_now(r->env) + CCID_STATUS_MS) == CCID_E_GONE)
		return CCID_E_GONE;
	return rc;
}

int ccid_kept_out(struct ccid_reader *r, unsigned slot, int err)
{
	if (err == CCID_E_TIMEOUT || err == CCID_E_CANCELLED)
		end_sessions(r, slot);
	return err;
}

int ccid_slot_activate(struct ccid_reader *r, unsigned slot, unsigned protocols,
                       enum ccid_reset_kind reset, int64_t deadline)
{
	int rc;

	if (protocols > 3)
		return CCID_E_ARG;
	rc = ccid_slot_enter(r, slot, deadline);
	if (rc < 0)
		return reset != CCID_RESET_NONE ? ccid_kept_out(r, slot, rc) : rc;
	return ccid_slot_leave(r, slot, activate(r, slot, protocols, reset, deadline));
}

int ccid_slot_power_off(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	int rc = ccid_slot_enter(r, slot, deadline);

	if (rc < 0)
		return ccid_kept_out(r, slot, rc);
	return ccid_slot_leave(r, slot, ccid_power_off(r, slot, deadline));
}
