/* SPDX-License-Identifier: MIT */
/* One CCID command and its answer: sequence, slot and type match, length check, time extension.
 * The only place, with recover.c, that talks to the bulk pipes. */
#include "iccd.h"
#include "reader_priv.h"

#include <string.h>

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t after(const struct ccid_reader *r, int64_t ms, int64_t deadline)
{
	return min64(deadline, ccid_env_now(r->env) + ms);
}

static int post(struct ccid_reader *r, size_t at)
{
	size_t mps = r->t->iface.bulk_in.max_packet;
	int rc;

	if (r->posted)
		return CCID_OK;
	if (r->in_cap - at < mps)
		return CCID_E_BABBLE;
	rc = r->t->ops->post_in(r->t, r->in + at, (r->in_cap - at) / mps * mps);
	r->posted = rc == CCID_OK;
	return rc;
}

/* What ends a wait beside the answer: the card of this slot leaves. Most readers then say so, some
 * never answer again. */
struct watch {
	unsigned slot;
	bool on;
	uint32_t generation;
};

static struct watch watch_card(struct ccid_reader *r, unsigned slot, uint8_t cmd_type)
{
	struct watch w = {.slot = slot};

	if (r->t->iface.intr_in.address == 0)
		return w;
	w.on = cmd_type == CCID_XFR_BLOCK || cmd_type == CCID_SECURE ||
	       cmd_type == CCID_ICC_POWER_ON || cmd_type == CCID_SET_PARAMETERS;
	pthread_mutex_lock(&r->state);
	w.generation = r->slot[slot].generation;
	pthread_mutex_unlock(&r->state);
	return w;
}

static bool pulled(struct ccid_reader *r, const struct watch *w)
{
	bool is;

	if (ccid_reader_dispatch(r) < 0)
		return false;
	pthread_mutex_lock(&r->state);
	is = r->slot[w->slot].generation != w->generation;
	pthread_mutex_unlock(&r->state);
	return is;
}

/* Take what has come of a transfer that may never end: some firmware sends nothing after a message of
 * whole packets. CCID_E_TIMEOUT when that is nothing; then a transfer is posted as before. */
static int cut_off(struct ccid_reader *r, size_t at)
{
	int n = r->t->ops->cut_in(r->t);

	if (n == CCID_E_TIMEOUT)
		return n;
	r->posted = false;
	if (n == 0)
		n = post(r, at);
	return n == CCID_OK ? CCID_E_TIMEOUT : n;
}

/* Look for notifications each second; a reader whose card left has one more to answer. Look into the
 * transfer too, less and less often. */
static int wait_in(struct ccid_reader *r, const struct watch *w, size_t at, int64_t limit)
{
	bool cuts = r->t->ops->cut_in != NULL, left = false;
	unsigned looks = 0;

	for (;;) {
		int64_t until = w->on || cuts ? after(r, CCID_LOOK_MS, limit) : limit;
		int n = r->t->ops->wait_in(r->t, until);

		looks++;
		if (n == CCID_E_TIMEOUT && cuts && ((looks & (looks - 1)) == 0 || until >= limit))
			n = cut_off(r, at);
		if (n != CCID_E_TIMEOUT || until >= limit)
			return n;
		if (left)
			return CCID_E_NOCARD;
		left = w->on && pulled(r, w);
	}
}

static int take(struct ccid_reader *r, const struct watch *w, size_t at, int64_t limit)
{
	int n = post(r, at);

	if (n < 0)
		return n;
	n = wait_in(r, w, at, limit);
	if (n != CCID_E_TIMEOUT && n != CCID_E_CANCELLED && n != CCID_E_NOCARD)
		r->posted = false;
	return n > 0 && (size_t)n > r->in_cap - at ? CCID_E_BABBLE : n;
}

/* Bytes still missing of the message in r->in[0..len), 0 when it is whole. */
static size_t missing(const struct ccid_reader *r, size_t len)
{
	struct ccid_rd rd = ccid_rd(r->in, len);
	uint32_t dw;

	if (len < CCID_HEADER_LEN)
		return CCID_HEADER_LEN - len;
	ccid_rd_u8(&rd);
	dw = ccid_rd_le32(&rd);
	return dw > len - CCID_HEADER_LEN ? dw - (len - CCID_HEADER_LEN) : 0;
}

/* One whole message; some readers cut it into several transfers, or put an empty one around it. */
static int take_message(struct ccid_reader *r, const struct watch *w, int64_t limit)
{
	size_t len = 0;
	int64_t until = limit;

	for (unsigned i = 0; i < r->in_cap / CCID_HEADER_LEN + CCID_STALE_MAX; i++) {
		int n = take(r, w, len, until);

		if (n == CCID_E_TIMEOUT && len > 0)
			return CCID_E_SHORT;
		if (n < 0)
			return n;
		len += (size_t)n;
		if (len > 0 && missing(r, len) == 0)
			return (int)len;
		if (len > 0 && missing(r, len) > r->in_cap - len)
			return CCID_E_FORMAT;
		if (n == 0 && i >= CCID_STALE_MAX)
			return CCID_E_FORMAT;
		if (len > 0)
			until = after(r, CCID_RETRY_MS, limit);
	}
	return CCID_E_FORMAT;
}

static bool type_fits(const struct ccid_rsp *rsp, uint8_t cmd_type)
{
	if (rsp->type == ccid_cmd_expects(cmd_type))
		return true;
	if (rsp->type < CCID_DATA_BLOCK || rsp->type > CCID_DATA_RATE_AND_CLOCK)
		return false;
	if (cmd_type == CCID_SET_DATA_RATE_AND_CLOCK && rsp->type == CCID_SLOT_STATUS)
		return true;
	return ccid_rsp_cmd_status(rsp) != CCID_CMD_OK;
}

static void log_in(const struct ccid_reader *r, const struct ccid_rsp *rsp)
{
	ccid_log(r->env, CCID_LOG_WIRE, ccid_reader_label(r),
	         "<- %s slot %u seq %u len %u status %02X error %02X", ccid_msg_name(rsp->type),
	         rsp->slot, rsp->seq, rsp->len, rsp->status, rsp->error);
}

int ccid_receive(struct ccid_reader *r, unsigned slot, uint8_t cmd_type, uint8_t seq,
                 const struct ccid_wait *wait, struct ccid_rsp *rsp)
{
	int64_t limit = after(r, wait->silence_ms, wait->deadline);
	struct watch watch = watch_card(r, slot, cmd_type);
	unsigned stale = 0, extensions = 0;

	while (stale <= CCID_STALE_MAX && extensions <= CCID_EXTENSIONS_MAX) {
		int n = take_message(r, &watch, limit);

		if (n < 0)
			return n;
		n = ccid_rsp_decode(rsp, r->in, (size_t)n);
		if (n < 0)
			return n;
		if (ccid_env_logs(r->env, CCID_LOG_WIRE))
			log_in(r, rsp);
		if (rsp->seq != seq || rsp->slot != slot) {
			stale++;
			continue;
		}
		if (!type_fits(rsp, cmd_type))
			return CCID_E_FORMAT;
		if (ccid_rsp_cmd_status(rsp) != CCID_CMD_TIME_EXTENSION)
			return CCID_OK;
		extensions++;
		limit = after(
			r, max64(wait->silence_ms, (rsp->error ? rsp->error : 1) * wait->unit_ms),
			wait->deadline);
		if (ccid_env_now(r->env) >= wait->deadline)
			return CCID_E_TIMEOUT;
	}
	return CCID_E_FORMAT;
}

int ccid_send(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd, uint8_t *seq,
              int64_t deadline)
{
	int n = ccid_cmd_encode(r->out, r->out_cap, cmd, (uint8_t)slot, r->seq);
	int rc;

	if (n < 0)
		return n;
	rc = post(r, 0);
	if (rc < 0)
		return rc;
	*seq = r->seq++;
	if (ccid_env_logs(r->env, CCID_LOG_WIRE))
		ccid_log(r->env, CCID_LOG_WIRE, ccid_reader_label(r),
		         "-> %s slot %u seq %u len %zu", ccid_msg_name(cmd->type), slot, *seq,
		         cmd->len);
	return r->t->ops->bulk_out(r->t, r->out, (size_t)n, deadline);
}

/* A reader that has nothing to say where data is due did not succeed, whatever the bits claim. */
static bool empty_block(const struct ccid_cmd *cmd, const struct ccid_rsp *rsp)
{
	bool due = cmd->type == CCID_ICC_POWER_ON || cmd->type == CCID_XFR_BLOCK ||
	           cmd->type == CCID_SECURE;

	return due && rsp->len == 0 && rsp->param == CCID_CHAIN_WHOLE;
}

static int failure(const struct ccid_cmd *cmd, struct ccid_rsp *rsp)
{
	enum ccid_cmd_status st = ccid_rsp_cmd_status(rsp);

	if (st == CCID_CMD_OK && !empty_block(cmd, rsp))
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
	r->t->ops->drop_in(r->t);
	r->posted = false;
	if (err == CCID_E_STALL || err == CCID_E_BABBLE || err == CCID_E_IO)
		r->halted = true;
	if (err == CCID_E_SPACE || err == CCID_E_ARG)
		return ccid_fail(r, slot, ccid_msg_name(cmd->type), err, NULL);
	ccid_slot_desync(r, slot);
	if (err == CCID_E_SHORT || err == CCID_E_FORMAT)
		err = CCID_E_IO;
	return ccid_fail(r, slot, ccid_msg_name(cmd->type), err, NULL);
}

int ccid_exchange_once(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                       const struct ccid_wait *wait, struct ccid_rsp *rsp)
{
	uint8_t seq = 0;
	int rc;

	memset(rsp, 0, sizeof *rsp);
	if (atomic_load(&r->gone))
		return CCID_E_GONE;
	if (ccid_env_now(r->env) >= wait->deadline)
		return CCID_E_TIMEOUT;
	if (r->iccd != CCID_ICCD_NONE) {
		rc = ccid_iccd_exchange(r, slot, cmd, wait, rsp);
	} else {
		rc = ccid_send(r, slot, cmd, &seq, after(r, CCID_BUSY_MS, wait->deadline));
		if (rc == CCID_OK)
			rc = ccid_receive(r, slot, cmd->type, seq, wait, rsp);
	}
	if (rc < 0) {
		rsp->type = 0;
		return given_up(r, slot, cmd, rc);
	}
	rc = failure(cmd, rsp);
	note_status(r, slot, rsp, rc);
	return rc;
}

static int in_step(struct ccid_reader *r, unsigned slot)
{
	if (atomic_load(&r->gone))
		return CCID_E_GONE;
	return ccid_slot_now(r, slot) == CCID_SLOT_DESYNCED ? ccid_recover(r, slot) : CCID_OK;
}

static bool for_a_card(const struct ccid_cmd *cmd)
{
	return cmd->type == CCID_XFR_BLOCK || cmd->type == CCID_SECURE;
}

static int same_card(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd)
{
	bool same;

	if (!for_a_card(cmd))
		return CCID_OK;
	pthread_mutex_lock(&r->state);
	same = r->slot[slot].generation == r->slot[slot].session;
	pthread_mutex_unlock(&r->state);
	return same ? CCID_OK : CCID_E_STALE;
}

/* A busy reader may be at work on a card that has just come: what was meant for another waits for
 * the next look at the slot. */
static int pause_busy(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                      int64_t until)
{
	int rc = r->t->ops->pause(r->t, until);

	if (rc == CCID_OK)
		rc = ccid_reader_dispatch(r);
	if (rc < 0)
		return rc;
	return for_a_card(cmd) && ccid_slot_suspect(r, slot) ? CCID_E_SLOT_BUSY : CCID_OK;
}

int ccid_exchange(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                  const struct ccid_wait *wait, struct ccid_rsp *rsp)
{
	int64_t patience = after(r, CCID_BUSY_MS, wait->deadline);
	int rc = CCID_E_SLOT_BUSY;

	memset(rsp, 0, sizeof *rsp);
	for (unsigned i = 0; rc == CCID_E_SLOT_BUSY && i <= CCID_BUSY_MS / CCID_BUSY_STEP_MS; i++) {
		rsp->type = 0;
		rc = in_step(r, slot);
		if (rc == CCID_OK)
			rc = same_card(r, slot, cmd);
		if (rc == CCID_OK)
			rc = ccid_exchange_once(r, slot, cmd, wait, rsp);
		if (rc == CCID_E_CANCELLED || (rc == CCID_E_NOCARD && rsp->type == 0))
			return ccid_recover(r, slot) == CCID_E_GONE ? CCID_E_GONE : rc;
		if (rc != CCID_E_SLOT_BUSY || ccid_env_now(r->env) >= patience)
			break;
		if (rsp->error == 0xE0) /* CMD_SLOT_BUSY: nothing of ours is outstanding */
			ccid_slot_desync(r, slot);
		rc = pause_busy(r, slot, cmd, after(r, CCID_BUSY_STEP_MS, patience));
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
