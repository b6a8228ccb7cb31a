/* SPDX-License-Identifier: MIT */
/* Back into step with a reader whose command was given up: clear the halts, the two-part abort
 * (CCID 5.3.1), then harder means. Every step is bounded. */
#include "iccd.h"
#include "wire.h"

static struct ccid_wait within(const struct ccid_reader *r, int64_t ms)
{
	return (struct ccid_wait){ms, CCID_RETRY_MS, ccid_env_now(r->env) + ms};
}

static int abort_slot(struct ccid_reader *r, unsigned slot)
{
	struct ccid_wait wait = within(r, CCID_ABORT_MS);
	struct ccid_cmd cmd = ccid_cmd_abort();
	struct ccid_rsp rsp;
	int rc = ccid_wire_talk(r, slot, &cmd, &wait, &rsp);

	if (rc < 0)
		return rc;
	rc = ccid_rsp_cmd_status(&rsp) == CCID_CMD_OK ? CCID_OK : ccid_rsp_failure(&rsp);
	if (rc == CCID_OK || rsp.error == 0 || ccid_rsp_icc(&rsp) == CCID_ICC_ABSENT) {
		pthread_mutex_lock(&r->state);
		ccid_slot_set(r, slot, CCID_SLOT_UNKNOWN);
		pthread_mutex_unlock(&r->state);
		ccid_slot_saw(r, slot, ccid_rsp_icc(&rsp));
		return CCID_OK;
	}
	return rc;
}

/* The answer of a reader that waits for the other half of an abort, and will until a reset. */
static bool still_aborting(const struct ccid_rsp *rsp)
{
	return ccid_rsp_cmd_status(rsp) != CCID_CMD_OK && ccid_rsp_failure(rsp) == CCID_E_ABORTED;
}

/* One GetSlotStatus, nothing else tried. */
static int ask(struct ccid_reader *r, unsigned slot)
{
	struct ccid_wait wait = within(r, CCID_RETRY_MS);
	struct ccid_cmd cmd = ccid_cmd_get_slot_status();
	struct ccid_rsp rsp;
	int rc = ccid_wire_talk(r, slot, &cmd, &wait, &rsp);

	if (rc < 0)
		ccid_wire_drop(r);
	else if (still_aborting(&rsp))
		rc = CCID_E_ABORTED;
	return rc;
}

/* What the card was doing is unknown: it loses its power. */
static int restart_slot(struct ccid_reader *r, unsigned slot)
{
	struct ccid_cmd cmd = ccid_cmd_icc_power_off();
	struct ccid_wait wait = within(r, CCID_STATUS_MS);
	struct ccid_rsp rsp;
	int rc = ccid_wire_talk(r, slot, &cmd, &wait, &rsp);

	if (rc < 0) {
		ccid_wire_drop(r);
		return rc;
	}
	pthread_mutex_lock(&r->state);
	ccid_slot_lose(r, slot,
	               ccid_rsp_icc(&rsp) == CCID_ICC_ABSENT ? CCID_SLOT_EMPTY
	                                                     : CCID_SLOT_INACTIVE);
	pthread_mutex_unlock(&r->state);
	return CCID_OK;
}

/* Twice: after a clear-halt the first answer may be lost to a data toggle out of step. */
static int ask_again(struct ccid_reader *r, unsigned slot)
{
	int rc = ask(r, slot);

	return rc < 0 && rc != CCID_E_GONE ? ask(r, slot) : rc;
}

static int all_reset(struct ccid_reader *r)
{
	int rc = ccid_wire_reset(r, ccid_env_now(r->env) + CCID_STATUS_MS);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&r->state);
	for (unsigned i = 0; i < r->nslots; i++)
		ccid_slot_lose(r, i, CCID_SLOT_UNKNOWN);
	pthread_mutex_unlock(&r->state);
	ccid_log(r->env, CCID_LOG_WARNING, ccid_reader_label(r), "the reader was reset");
	return CCID_OK;
}

static int ladder(struct ccid_reader *r, unsigned slot)
{
	int rc = abort_slot(r, slot);

	if (rc == CCID_OK || rc == CCID_E_GONE)
		return rc;
	rc = ccid_wire_clear(r);
	if (rc == CCID_E_GONE)
		return rc;
	rc = ask_again(r, slot);
	if (rc == CCID_OK)
		return restart_slot(r, slot);
	if (rc != CCID_E_GONE)
		rc = all_reset(r);
	if (rc == CCID_OK)
		rc = ask_again(r, slot);
	return rc < 0 ? rc : restart_slot(r, slot);
}

/* The reader is in step, the card is not; while it has its power nothing may be sent to it. */
static int end_half_way(struct ccid_reader *r, unsigned slot)
{
	int rc = restart_slot(r, slot);

	if (rc < 0)
		ccid_slot_desync(r, slot);
	return rc;
}

/* Endpoint 0 is in step by itself. */
static int restart_token(struct ccid_reader *r, unsigned slot)
{
	struct ccid_cmd cmd = ccid_cmd_icc_power_off();
	struct ccid_wait wait = within(r, CCID_STATUS_MS);
	struct ccid_rsp rsp = {0};
	int rc = ccid_iccd_exchange(r, slot, &cmd, &wait, &rsp);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&r->state);
	ccid_slot_lose(r, slot, CCID_SLOT_INACTIVE);
	pthread_mutex_unlock(&r->state);
	return CCID_OK;
}

int ccid_recover(struct ccid_reader *r, unsigned slot)
{
	int rc;

	if (ccid_slot_now(r, slot) != CCID_SLOT_DESYNCED)
		return CCID_OK;
	r->slot[slot].recovering = true;
	if (r->iccd != CCID_ICCD_NONE) {
		rc = restart_token(r, slot);
	} else {
		ccid_wire_drop(r);
		rc = ladder(r, slot);
		if (rc == CCID_OK && r->slot[slot].half_way)
			rc = end_half_way(r, slot);
	}
	r->slot[slot].recovering = false;
	if (rc == CCID_E_GONE)
		ccid_reader_lost(r);
	if (rc < 0)
		return ccid_fail(r, slot, "recovery", rc, NULL);
	ccid_log(r->env, CCID_LOG_INFO, ccid_reader_label(r), "slot %u: back in step", slot);
	return CCID_OK;
}

int ccid_in_step(struct ccid_reader *r, unsigned slot)
{
	int rc;

	if (atomic_load(&r->gone))
		return CCID_E_GONE;
	if (ccid_slot_now(r, slot) != CCID_SLOT_DESYNCED)
		return CCID_OK;
	rc = ccid_recover(r, slot);
	return rc == CCID_OK && ccid_slot_take_cancel(r, slot) ? CCID_E_CANCELLED : rc;
}
