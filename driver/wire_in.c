/* SPDX-License-Identifier: MIT */
/* What comes in: messages are put together, answers find the command that they are for, and time that
 * passes ends those that wait too long. Whoever waits reads for all that wait. */
#include "wire.h"

#include <string.h>

#define EXTENSIONS_MAX 100000 /* in one exchange, beside its deadline */

static int64_t max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool cuts(const struct ccid_reader *r)
{
	return r->t->ops->cut_in != NULL;
}

/* --- the calls under way --- */

static void end(struct ccid_reader *r, struct ccid_call *c, int result)
{
	c->open = false;
	c->result = result;
	if (result < 0 && c->type != 0)
		r->slot[c->slot].owed[c->seq / 8] |= (uint8_t)(1u << c->seq % 8);
}

static bool is_owed(const struct ccid_reader *r, unsigned slot, uint8_t seq)
{
	return slot < r->nslots && (r->slot[slot].owed[seq / 8] & 1u << seq % 8) != 0;
}

bool ccid_in_owed(const struct ccid_reader *r, unsigned slot, uint8_t seq)
{
	bool owed = is_owed(r, slot, seq);

	for (unsigned i = 0; i < r->nlanes; i++) {
		const struct ccid_call *c = &r->lane[i].call;

		owed = owed || (c->open && c->type != 0 && c->seq == seq);
	}
	return owed;
}

void ccid_in_forgive(struct ccid_reader *r, unsigned slot)
{
	memset(r->slot[slot].owed, 0, sizeof r->slot[slot].owed);
}

void ccid_in_end_all(struct ccid_reader *r, int err)
{
	for (unsigned i = 0; i < r->nlanes; i++)
		if (r->lane[i].call.open && r->lane[i].call.type != 0)
			end(r, &r->lane[i].call, err);
}

bool ccid_in_due(const struct ccid_reader *r)
{
	for (unsigned i = 0; i < r->nlanes; i++)
		if (r->lane[i].call.open && r->lane[i].call.type != 0)
			return true;
	return false;
}

/* Nobody keeps it, and with several lanes nobody else wipes it. */
static void waste(const struct ccid_reader *r, size_t len)
{
	if (r->nlanes > 1)
		ccid_wipe(r->in, len);
}

void ccid_in_forget(struct ccid_reader *r)
{
	waste(r, r->in_len);
	r->in_len = 0;
	r->in_parts = r->looks = r->unasked = 0;
	r->look_at = 0;
}

void ccid_in_drop(struct ccid_reader *r)
{
	r->t->ops->drop_in(r->t);
	r->posted = false;
	ccid_in_forget(r);
}

/* Time cannot be waited for any more. */
static void end_pauses(struct ccid_reader *r, int err)
{
	for (unsigned i = 0; i < r->nlanes; i++)
		if (r->lane[i].call.open)
			end(r, &r->lane[i].call, err);
}

/* Something is wrong with the pipe itself, whosever answer it was. One lane's command drops what is
 * posted when it is given up. */
static void broken(struct ccid_reader *r, int err)
{
	if (err == CCID_E_STALL || err == CCID_E_BABBLE || err == CCID_E_IO)
		r->halted = true;
	if (!ccid_in_due(r))
		end_pauses(r, err);
	ccid_in_end_all(r, err);
	ccid_in_forget(r);
	if (r->nlanes > 1 && err != CCID_E_GONE)
		ccid_in_drop(r);
}

/* --- a message has come --- */

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

static struct ccid_lane *addressee(const struct ccid_reader *r, const struct ccid_rsp *rsp)
{
	for (unsigned i = 0; i < r->nlanes; i++) {
		struct ccid_call *c = &r->lane[i].call;

		if (c->open && c->type != 0 && c->seq == rsp->seq && c->slot == rsp->slot)
			return &r->lane[i];
	}
	return NULL;
}

/* What a command that was given up still gets, once. */
static bool paid(struct ccid_reader *r, const struct ccid_rsp *rsp)
{
	if (!is_owed(r, rsp->slot, rsp->seq))
		return false;
	r->slot[rsp->slot].owed[rsp->seq / 8] &= (uint8_t) ~(1u << rsp->seq % 8);
	return true;
}

static void nobodys(struct ccid_reader *r, const struct ccid_rsp *rsp)
{
	bool late = paid(r, rsp);

	for (unsigned i = 0; i < r->nlanes; i++) {
		struct ccid_call *c = &r->lane[i].call;

		if (!late && c->open && c->type != 0 && ++c->stale > CCID_STALE_MAX)
			end(r, c, CCID_E_FORMAT);
	}
}

static void extend(struct ccid_reader *r, struct ccid_call *c, uint8_t factor)
{
	int64_t ms = max64(c->silence_ms, (factor ? factor : 1) * c->unit_ms);

	c->left = false;
	c->limit = ccid_after(r, ms, c->deadline);
	if (++c->extensions > EXTENSIONS_MAX)
		end(r, c, CCID_E_FORMAT);
	else if (ccid_env_now(r->env) >= c->deadline)
		end(r, c, CCID_E_TIMEOUT);
}

/* The buffers change places: what the lane had is read, and the next message finds room in it. */
static void keep(struct ccid_reader *r, struct ccid_lane *l, size_t len)
{
	uint8_t *before = l->in;

	if (r->nlanes == 1)
		return;
	ccid_wipe(before, l->in_len);
	l->in = r->in;
	l->in_len = len;
	r->in = before;
}

static void deliver(struct ccid_reader *r, size_t len)
{
	struct ccid_rsp rsp;
	struct ccid_lane *l;
	int rc = ccid_rsp_decode(&rsp, r->in, len);

	if (rc < 0) {
		waste(r, len);
		broken(r, rc);
		return;
	}
	if (ccid_env_logs(r->env, CCID_LOG_WIRE))
		log_in(r, &rsp);
	l = addressee(r, &rsp);
	if (l == NULL) {
		nobodys(r, &rsp);
		waste(r, len);
	} else if (!type_fits(&rsp, l->call.type)) {
		end(r, &l->call, CCID_E_FORMAT);
		waste(r, len);
	} else if (ccid_rsp_cmd_status(&rsp) == CCID_CMD_TIME_EXTENSION) {
		extend(r, &l->call, rsp.error);
	} else {
		keep(r, l, len);
		*l->call.rsp = rsp;
		end(r, &l->call, CCID_OK);
	}
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

static bool senseless(const struct ccid_reader *r, size_t n)
{
	if (n == 0 && r->in_parts > CCID_STALE_MAX)
		return true;
	if (r->in_parts > r->in_cap / CCID_HEADER_LEN + CCID_STALE_MAX)
		return true;
	return r->in_len > 0 && missing(r, r->in_len) > r->in_cap - r->in_len;
}

static bool several_due(const struct ccid_reader *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->nlanes; i++)
		n += r->lane[i].call.open && r->lane[i].call.type != 0;
	return n > 1;
}

/* Whether what came behind a part is a message of its own, of those that are expected or late. */
static bool begins_another(const struct ccid_reader *r, size_t n)
{
	struct ccid_rsp rsp;

	if (ccid_rsp_decode(&rsp, r->in + r->in_len, n) < 0)
		return false;
	return addressee(r, &rsp) != NULL || is_owed(r, rsp.slot, rsp.seq);
}

/* Whether what came behind a part need not be its rest: a reader that has sent too little goes on with
 * the next answer. One that cuts its messages, while several are to come, is asked for one at a time
 * from now on. */
static bool mixed(struct ccid_reader *r, size_t n)
{
	if (r->in_len == 0 || n == 0)
		return false;
	if (begins_another(r, n))
		return true;
	if (!several_due(r))
		return false;
	r->lanes.room = 1;
	return true;
}

/* Some readers cut a message into several transfers, or put an empty one around it. */
static void received(struct ccid_reader *r, size_t n)
{
	bool other;
	size_t len;

	r->looks = r->unasked = 0;
	r->look_at = 0;
	if (n > r->in_cap - r->in_len) {
		broken(r, CCID_E_BABBLE);
		return;
	}
	other = mixed(r, n);
	r->in_len += n;
	r->in_parts++;
	len = r->in_len;
	if (other) {
		broken(r, CCID_E_SHORT);
	} else if (len > 0 && missing(r, len) == 0) {
		r->in_len = 0;
		ccid_in_forget(r);
		deliver(r, len);
	} else if (senseless(r, n)) {
		broken(r, CCID_E_FORMAT);
	} else if (len > 0) {
		r->in_until = ccid_env_now(r->env) + CCID_RETRY_MS;
	}
}

/* --- nothing has come --- */

/* What ends a wait beside the answer: the card leaves, or the system slept and the card lost its power.
 * Most readers then say so, some never answer again. */
static int lost_card(struct ccid_reader *r, const struct ccid_call *c)
{
	const struct ccid_slot *s = &r->slot[c->slot];
	int rc = CCID_OK;

	pthread_mutex_lock(&r->state);
	if (s->generation != c->generation)
		rc = s->state == CCID_SLOT_EMPTY || s->insertions != c->insertions ? CCID_E_NOCARD
		                                                                   : CCID_E_STALE;
	pthread_mutex_unlock(&r->state);
	return rc;
}

static void look_at_card(struct ccid_reader *r, struct ccid_call *c)
{
	if (c->left)
		end(r, c, lost_card(r, c));
	else
		c->left = ccid_reader_dispatch(r) >= 0 && lost_card(r, c) < 0;
}

/* The wait ended before its time: the reader has not taken the latest command. */
static void not_taken(struct ccid_reader *r)
{
	struct ccid_call *c = r->sender;

	if (c != NULL && c->open && c->type != 0)
		end(r, c, CCID_E_TIMEOUT);
}

static void time_passed(struct ccid_reader *r, int64_t until)
{
	int64_t now = ccid_env_now(r->env);
	bool look = r->look_at != 0 && now >= r->look_at;

	if (now < until)
		not_taken(r);
	else if (r->in_len > 0 && now >= r->in_until)
		broken(r, CCID_E_SHORT);
	for (unsigned i = 0; i < r->nlanes; i++) {
		struct ccid_call *c = &r->lane[i].call;

		if (c->open && now >= c->limit)
			end(r, c, r->in_len > 0 && c->type != 0 ? CCID_E_SHORT : CCID_E_TIMEOUT);
		else if (c->open && look && c->watches)
			look_at_card(r, c);
	}
	if (look)
		r->look_at = 0;
}

/* Something came, and time may have passed for a call that it was not for: its own answer may be next,
 * but not for ever. */
static void overtaken(struct ccid_reader *r)
{
	int64_t now = ccid_env_now(r->env);

	for (unsigned i = 0; i < r->nlanes; i++) {
		struct ccid_call *c = &r->lane[i].call;

		if (c->open && now >= c->limit && ++c->overtaken > CCID_STALE_MAX)
			end(r, c, CCID_E_TIMEOUT);
	}
}

int ccid_in_post(struct ccid_reader *r)
{
	size_t mps = r->t->iface.bulk_in.max_packet;
	int rc;

	if (r->posted)
		return CCID_OK;
	if (r->in_cap - r->in_len < mps)
		return CCID_E_BABBLE;
	rc = r->t->ops->post_in(r->t, r->in + r->in_len, (r->in_cap - r->in_len) / mps * mps);
	r->posted = rc == CCID_OK;
	return rc;
}

/* Take what has come of a transfer that may never end: some firmware sends nothing after a message of
 * whole packets. CCID_E_TIMEOUT when that is nothing. */
static int cut_off(struct ccid_reader *r)
{
	int n = r->t->ops->cut_in(r->t);

	if (n == CCID_E_TIMEOUT)
		return n;
	r->posted = false;
	return n == 0 ? CCID_E_TIMEOUT : n;
}

static bool runs_out(const struct ccid_reader *r, int64_t until)
{
	for (unsigned i = 0; i < r->nlanes; i++)
		if (r->lane[i].call.open && r->lane[i].call.limit <= until)
			return true;
	return r->in_len > 0 && r->in_until <= until;
}

/* Look into the transfer less and less often, and before it is given up. */
static int look_into(struct ccid_reader *r, int64_t until)
{
	bool last = runs_out(r, until);

	if (r->posted && cuts(r) && (last || (r->look_at != 0 && until >= r->look_at))) {
		r->looks++;
		if (last || (r->looks & (r->looks - 1)) == 0)
			return cut_off(r);
	}
	return CCID_E_TIMEOUT;
}

/* --- waiting --- */

/* Whether a cancel has ended a call. */
static bool see_cancels(struct ccid_reader *r)
{
	bool any = false;

	for (unsigned i = 0; i < r->nlanes; i++) {
		struct ccid_call *c = &r->lane[i].call;

		if (!c->open || c->deaf || !ccid_slot_take_cancel(r, c->slot))
			continue;
		end(r, c, CCID_E_CANCELLED);
		any = true;
	}
	return any;
}

/* It was a kick, or is for a call that see_cancels() finds, or for somebody who waits for a turn;
 * recovery lets a cancel pass. */
static void woken(struct ccid_reader *r)
{
	bool asked = atomic_exchange(&r->woken, false) || r->kicked;

	r->kicked = false;
	if (r->nlanes == 1)
		ccid_wire_rouse(r);
	r->unasked = asked ? 0 : r->unasked + 1;
	if (r->unasked > CCID_CANCELS_MAX)
		broken(r, CCID_E_CANCELLED);
}

static int64_t next_limit(struct ccid_reader *r)
{
	int64_t until = r->in_len > 0 ? r->in_until : CCID_NEVER;
	bool look = cuts(r) && r->posted;

	for (unsigned i = 0; i < r->nlanes; i++) {
		const struct ccid_call *c = &r->lane[i].call;

		if (!c->open)
			continue;
		until = ccid_soonest(until, c->limit);
		look = look || c->watches;
	}
	if (!look)
		return until;
	if (r->look_at == 0)
		r->look_at = ccid_env_now(r->env) + CCID_LOOK_MS;
	return ccid_soonest(until, r->look_at);
}

static int wait(struct ccid_reader *r, int64_t until)
{
	int n;

	r->waiting = true;
	ccid_wire_unlock(r);
	if (r->posted)
		n = r->t->ops->wait_in(r->t, until);
	else
		n = r->t->ops->pause(r->t, until);
	ccid_wire_lock(r);
	r->waiting = false;
	return n == 0 && !r->posted ? CCID_E_TIMEOUT : n;
}

static void over(struct ccid_reader *r, int n)
{
	r->posted = false;
	if (n < 0)
		broken(r, n);
	else
		received(r, (size_t)n);
}

static void wait_for_some(struct ccid_reader *r)
{
	int64_t until = next_limit(r);
	int n = wait(r, until);

	if (n == CCID_E_TIMEOUT)
		n = look_into(r, until);
	if (n == CCID_E_TIMEOUT) {
		time_passed(r, until);
		return;
	}
	if (n == CCID_E_CANCELLED)
		woken(r);
	else
		over(r, n);
	if (r->nlanes > 1 || n == CCID_E_CANCELLED)
		overtaken(r);
}

/* One wait for all; wire locked, the transport free. */
static void step(struct ccid_reader *r)
{
	int rc;

	r->owned = true;
	rc = ccid_in_due(r) ? ccid_in_post(r) : CCID_OK;
	if (rc < 0)
		broken(r, rc);
	else if (!see_cancels(r))
		wait_for_some(r);
	r->owned = false;
	if (r->nlanes > 1)
		pthread_cond_broadcast(&r->turned);
}

/* Those who want to send go first. */
int ccid_in_await(struct ccid_reader *r, struct ccid_call *c)
{
	ccid_wire_lock(r);
	while (c->open) {
		if (r->owned || r->wanted > 0)
			pthread_cond_wait(&r->turned, &r->wire);
		else
			step(r);
	}
	ccid_wire_unlock(r);
	return c->result;
}
