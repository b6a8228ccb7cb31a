/* SPDX-License-Identifier: MIT */
/* One CCID command and its answer: what the answer means, and what is tried again. */
#include "iccd.h"
#include "wire.h"

#include <string.h>

/* At character level the host says how many it wants. */
static bool wants_none(const struct ccid_reader *r, const struct ccid_cmd *cmd)
{
	return r->level == CCID_LEVEL_CHARACTER && cmd->type == CCID_XFR_BLOCK &&
	       cmd->param[1] == 0 && cmd->param[2] == 0;
}

/* A reader that has nothing to say where data is due did not succeed, whatever the bits claim. */
static bool empty_block(const struct ccid_reader *r, const struct ccid_cmd *cmd,
                        const struct ccid_rsp *rsp)
{
	bool due = cmd->type == CCID_ICC_POWER_ON || cmd->type == CCID_SECURE ||
	           (cmd->type == CCID_XFR_BLOCK && !wants_none(r, cmd));

	return due && rsp->len == 0 && rsp->param == CCID_CHAIN_WHOLE;
}

static int failure(const struct ccid_reader *r, const struct ccid_cmd *cmd, struct ccid_rsp *rsp)
{
	enum ccid_cmd_status st = ccid_rsp_cmd_status(rsp);

	if (st == CCID_CMD_OK && !empty_block(r, cmd, rsp))
		return CCID_OK;
	if (st == CCID_CMD_OK && rsp->error == 0)
		rsp->error = 0xFE;
	return ccid_rsp_failure(rsp);
}

/* A sound answer with data proves a card, whatever a sloppy bmICCStatus says beside it. */
static void note_status(struct ccid_reader *r, unsigned slot, const struct ccid_rsp *rsp, int err)
{
	if (err == CCID_OK && rsp->type == CCID_DATA_BLOCK)
		return;
	ccid_slot_saw(r, slot, ccid_rsp_icc(rsp));
}

static int given_up(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd, int err)
{
	if (err == CCID_E_GONE) {
		ccid_reader_lost(r);
		return ccid_fail(r, slot, ccid_msg_name(cmd->type), err, NULL);
	}
	ccid_wire_drop(r);
	if (err == CCID_E_SPACE || err == CCID_E_ARG)
		return ccid_fail(r, slot, ccid_msg_name(cmd->type), err, NULL);
	ccid_slot_desync(r, slot);
	if (err == CCID_E_SHORT || err == CCID_E_FORMAT)
		err = CCID_E_IO;
	return ccid_fail(r, slot, ccid_msg_name(cmd->type), err, NULL);
}

static int exchange_once(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                         const struct ccid_wait *wait, struct ccid_rsp *rsp)
{
	int rc;

	if (ccid_env_now(r->env) >= wait->deadline)
		return CCID_E_TIMEOUT;
	if (r->iccd != CCID_ICCD_NONE)
		rc = ccid_iccd_exchange(r, slot, cmd, wait, rsp);
	else
		rc = ccid_wire_talk(r, slot, cmd, wait, rsp);
	if (rc < 0) {
		rsp->type = 0;
		return given_up(r, slot, cmd, rc);
	}
	rc = failure(r, cmd, rsp);
	if (rc == CCID_E_ABORTED)
		ccid_slot_desync(r, slot); /* half an abort is left in the reader */
	note_status(r, slot, rsp, rc);
	return rc;
}

static bool for_a_card(const struct ccid_cmd *cmd)
{
	return cmd->type == CCID_XFR_BLOCK || cmd->type == CCID_SECURE;
}

static int same_card(const struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd)
{
	const struct ccid_slot *s = &r->slot[slot];

	return !for_a_card(cmd) || s->generation == s->session ? CCID_OK : CCID_E_STALE;
}

/* A busy reader may be at work on a card that has just come: what was meant for another waits for
 * the next look at the slot. */
static int pause_busy(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                      int64_t until)
{
	int rc = ccid_wire_pause(r, slot, until);

	if (rc == CCID_OK)
		rc = ccid_reader_dispatch(r);
	if (rc < 0)
		return rc;
	return for_a_card(cmd) && ccid_slot_suspect(r, slot) ? CCID_E_SLOT_BUSY : CCID_OK;
}

/* CMD_SLOT_BUSY for a slot of its own: the reader does less at a time than it claims. */
static bool crowded(struct ccid_reader *r, unsigned slot)
{
	if (!ccid_wire_others(r, slot))
		return false;
	ccid_wire_lock(r);
	r->lanes.room = 1;
	ccid_wire_unlock(r);
	return true;
}

static bool free_slot(struct ccid_reader *r, unsigned slot, unsigned other)
{
	bool freed;

	if (ccid_slot_now(r, other) != CCID_SLOT_DESYNCED || !ccid_slot_lend(r, slot, other))
		return false;
	freed = ccid_recover(r, other) == CCID_OK;
	ccid_slot_take_back(r, other);
	return freed;
}

/* CMD_SLOT_BUSY, and other slots were left out of step: the reader is still at work for them, and nobody
 * may ever come back to end it. */
static bool freed(struct ccid_reader *r, unsigned slot, int64_t patience)
{
	bool any = false;

	for (unsigned i = 0; i < r->nslots && ccid_env_now(r->env) < patience; i++)
		any = (i != slot && free_slot(r, slot, i)) || any;
	return any;
}

/* How long a busy reader is borne with, from its first word of it. */
static bool is_over(const struct ccid_reader *r, const struct ccid_wait *wait, int64_t *patience)
{
	if (*patience == 0)
		*patience = ccid_after(r, CCID_BUSY_MS, wait->deadline);
	return ccid_env_now(r->env) >= *patience;
}

int ccid_exchange(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                  const struct ccid_wait *wait, struct ccid_rsp *rsp)
{
	int64_t patience = 0;
	int rc = CCID_E_SLOT_BUSY;

	memset(rsp, 0, sizeof *rsp);
	for (unsigned i = 0; rc == CCID_E_SLOT_BUSY && i <= CCID_BUSY_MS / CCID_BUSY_STEP_MS; i++) {
		rsp->type = 0;
		rc = ccid_in_step(r, slot);
		if (rc == CCID_OK)
			rc = same_card(r, slot, cmd);
		if (rc == CCID_OK)
			rc = exchange_once(r, slot, cmd, wait, rsp);
		if (rc == CCID_E_CANCELLED ||
		    ((rc == CCID_E_NOCARD || rc == CCID_E_STALE) && rsp->type == 0))
			return ccid_recover(r, slot) == CCID_E_GONE ? CCID_E_GONE : rc;
		if (rc != CCID_E_SLOT_BUSY || is_over(r, wait, &patience))
			break;
		if (rsp->error == 0xE0 && !freed(r, slot, patience) && !crowded(r, slot))
			ccid_slot_desync(r, slot); /* nothing of ours is outstanding */
		rc = pause_busy(r, slot, cmd, ccid_after(r, CCID_BUSY_STEP_MS, patience));
		if (rc == CCID_E_SLOT_BUSY)
			break;
		if (rc < 0) {
			rsp->type = 0;
			return rc;
		}
		rc = CCID_E_SLOT_BUSY;
	}
	if (rc < 0 && rsp->type != 0)
		ccid_fail(r, slot, ccid_msg_name(cmd->type), rc, rsp);
	return rc;
}
