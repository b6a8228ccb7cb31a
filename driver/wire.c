/* SPDX-License-Identifier: MIT */
/* What goes out: commands and the requests beside them, by whoever owns the wire. */
#include "wire.h"

#define LEFT_OUT_MAX 16 /* sequence numbers in a row */
#define T1_AROUND    5  /* NAD, PCB, LEN and CRC beside what a block carries */

bool ccid_wire_others(struct ccid_reader *r, unsigned slot)
{
	bool any = false;

	ccid_wire_lock(r);
	for (unsigned i = 0; i < r->nlanes; i++)
		any = any || (r->lane[i].call.open && r->lane[i].call.slot != slot &&
		              r->lane[i].call.type != 0);
	ccid_wire_unlock(r);
	return any;
}

/* wire owned */
static void fail_all(struct ccid_reader *r)
{
	ccid_wire_lock(r);
	ccid_in_end_all(r, CCID_E_IO);
	ccid_wire_unlock(r);
	ccid_in_drop(r);
}

static int clear(struct ccid_reader *r)
{
	int64_t deadline = ccid_env_now(r->env) + CCID_CONTROL_MS;
	int in, out;

	fail_all(r);
	in = r->t->ops->clear_halt(r->t, CCID_PIPE_BULK_IN, deadline);
	out = r->t->ops->clear_halt(r->t, CCID_PIPE_BULK_OUT, deadline);
	r->halted = false;
	if (in == CCID_E_GONE || out == CCID_E_GONE)
		return CCID_E_GONE;
	return in < 0 ? in : out;
}

int ccid_wire_clear(struct ccid_reader *r)
{
	int rc;

	ccid_wire_take(r);
	rc = clear(r);
	ccid_wire_give(r);
	if (rc == CCID_E_GONE)
		ccid_reader_lost(r);
	return rc;
}

int ccid_wire_reset(struct ccid_reader *r, int64_t deadline)
{
	int rc;

	ccid_wire_take(r);
	fail_all(r);
	rc = r->t->ops->reset(r->t, deadline);
	ccid_wire_give(r);
	return rc;
}

void ccid_wire_drop(struct ccid_reader *r)
{
	ccid_wire_take(r);
	if (!ccid_in_due(r))
		ccid_in_drop(r);
	ccid_wire_give(r);
}

/* The generation first: it is what tells that the card has changed since. */
static void watch_card(const struct ccid_reader *r, struct ccid_call *c)
{
	if (r->t->iface.intr_in.address == 0)
		return;
	c->watches = c->type == CCID_XFR_BLOCK || c->type == CCID_SECURE ||
	             c->type == CCID_ICC_POWER_ON || c->type == CCID_SET_PARAMETERS;
	c->generation = r->slot[c->slot].generation;
	c->insertions = r->slot[c->slot].insertions;
}

static void begin(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd, uint8_t seq,
                  const struct ccid_wait *wait, struct ccid_rsp *rsp)
{
	struct ccid_call *c = &r->slot[slot].lane->call;
	int64_t now = ccid_env_now(r->env);

	*c = (struct ccid_call){.open = true,
	                        .deaf = r->slot[slot].recovering,
	                        .type = cmd->type,
	                        .seq = seq,
	                        .slot = slot,
	                        .silence_ms = wait->silence_ms,
	                        .unit_ms = wait->unit_ms,
	                        .deadline = wait->deadline,
	                        .limit = ccid_soonest(now + wait->silence_ms, wait->deadline),
	                        .rsp = rsp};
	r->sender = c;
	if (r->look_at == 0)
		r->look_at = now + CCID_LOOK_MS;
	watch_card(r, c);
}

/* Whether the transport, whose wait a cancel has ended, is to be asked again: it meant somebody else. */
static bool once_more(struct ccid_reader *r, unsigned slot, int rc)
{
	if (rc != CCID_E_CANCELLED)
		return false;
	ccid_wire_rouse(r);
	return !ccid_slot_take_cancel(r, slot);
}

int ccid_wire_control(struct ccid_reader *r, unsigned slot, const struct ccid_setup *setup,
                      uint8_t *data, int64_t deadline)
{
	int rc = CCID_E_CANCELLED;

	for (unsigned i = 0; i < CCID_CANCELS_MAX; i++) {
		rc = r->t->ops->control(r->t, setup, data, deadline);
		if (!once_more(r, slot, rc))
			break;
	}
	return rc;
}

/* The control half of an abort, with the sequence number of the other half (CCID 5.3.1). Readers that
 * refuse it still understand the bulk message. */
static int request_abort(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	struct ccid_setup setup = {.request_type = 0x21,
	                           .request = 0x01,
	                           .value = (uint16_t)((unsigned)r->seq << 8 | slot),
	                           .index = r->t->iface.number};
	int rc = ccid_wire_control(r, slot, &setup, NULL, deadline);

	return rc == CCID_E_GONE ? rc : CCID_OK;
}

/* The transport may still read the buffer of the command before; the one before that is over. */
static void swap_out(struct ccid_reader *r, size_t len)
{
	uint8_t *over = r->out_before;

	if (r->nlanes == 1)
		return;
	ccid_wipe(over, r->out_before_len);
	r->out_before = r->out;
	r->out_before_len = len;
	r->out = over;
}

static int bulk_out(struct ccid_reader *r, unsigned slot, size_t len, int64_t deadline)
{
	int rc = CCID_E_CANCELLED;

	for (unsigned i = 0; i < CCID_CANCELS_MAX; i++) {
		rc = r->t->ops->bulk_out(r->t, r->out, len, deadline);
		if (!once_more(r, slot, rc))
			break;
	}
	if (rc == CCID_OK)
		swap_out(r, len);
	else
		ccid_wipe(r->out, len);
	return rc;
}

/* Not one with which an answer may still come. When many in a row are left out, what is as old as
 * that comes no more; else few would remain in the end, and one be used twice running. */
static void choose_seq(struct ccid_reader *r, unsigned slot)
{
	ccid_wire_lock(r);
	for (unsigned i = 0; ccid_in_owed(r, slot, r->seq); i++) {
		if (i == LEFT_OUT_MAX)
			ccid_in_forgive(r, slot);
		r->seq++;
	}
	ccid_wire_unlock(r);
}

/* Behind the beginning of a message that nobody waits for no new one may begin. */
static void start_afresh(struct ccid_reader *r)
{
	if (r->posted && r->in_len > 0)
		ccid_in_drop(r);
	else
		ccid_in_forget(r);
}

static int send(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd, uint8_t *seq,
                int64_t deadline)
{
	int n = CCID_OK, rc;

	if (r->halted && clear(r) == CCID_E_GONE)
		return CCID_E_GONE;
	choose_seq(r, slot);
	if (cmd->type == CCID_ABORT)
		n = request_abort(r, slot, deadline);
	if (n == CCID_OK)
		n = ccid_cmd_encode(r->out, r->out_cap, cmd, (uint8_t)slot, r->seq);
	if (n < 0)
		return n;
	if (!ccid_in_due(r))
		start_afresh(r);
	rc = ccid_in_post(r);
	if (rc < 0)
		return rc;
	*seq = r->seq++;
	if (ccid_env_logs(r->env, CCID_LOG_WIRE))
		ccid_log(r->env, CCID_LOG_WIRE, ccid_reader_label(r),
		         "-> %s slot %u seq %u len %zu", ccid_msg_name(cmd->type), slot, *seq,
		         cmd->len);
	return bulk_out(r, slot, (size_t)n, deadline);
}

int ccid_wire_talk(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                   const struct ccid_wait *wait, struct ccid_rsp *rsp)
{
	struct ccid_call *c = &r->slot[slot].lane->call;
	uint8_t seq = 0;
	int rc;

	ccid_wire_take(r);
	rc = send(r, slot, cmd, &seq, ccid_after(r, CCID_BUSY_MS, wait->deadline));
	if (rc == CCID_E_STALL || rc == CCID_E_BABBLE || rc == CCID_E_IO)
		r->halted = true;
	ccid_wire_lock(r);
	if (rc == CCID_OK)
		begin(r, slot, cmd, seq, wait, rsp);
	ccid_wire_unlock(r);
	ccid_wire_give(r);
	return rc == CCID_OK ? ccid_in_await(r, c) : rc;
}

int ccid_wire_pause(struct ccid_reader *r, unsigned slot, int64_t until)
{
	struct ccid_lane *l = r->slot[slot].lane;
	int rc;

	ccid_wire_take(r);
	ccid_wire_lock(r);
	l->call = (struct ccid_call){
		.open = true, .deaf = r->slot[slot].recovering, .slot = slot, .limit = until};
	ccid_wire_unlock(r);
	ccid_wire_give(r);
	rc = ccid_in_await(r, &l->call);
	return rc == CCID_E_TIMEOUT ? CCID_OK : rc;
}

static void wipe_up_to(uint8_t *buf, size_t cap, size_t len)
{
	size_t around = CCID_HEADER_LEN + T1_AROUND;

	ccid_wipe(buf, cap > around && len < cap - around ? len + around : cap);
}

void ccid_wire_wipe(struct ccid_reader *r, unsigned slot, size_t out, size_t in)
{
	struct ccid_lane *l = r->slot[slot].lane;

	if (r->nlanes == 1) {
		wipe_up_to(r->out, r->out_cap, out);
		wipe_up_to(r->in, r->in_cap, in);
		return;
	}
	ccid_wipe(l->in, l->in_len);
	l->in_len = 0;
	ccid_wire_lock(r);
	if (!r->owned && !ccid_in_due(r)) { /* else the next command does it */
		ccid_wipe(r->out_before, r->out_before_len);
		r->out_before_len = 0;
	}
	ccid_wire_unlock(r);
}
