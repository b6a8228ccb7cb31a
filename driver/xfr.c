/* SPDX-License-Identifier: MIT */
/* One APDU, by the reader's exchange level (CCID 6.1.4; ISO/IEC 7816-3 section 12). */
#include "apdu_log.h"
#include "link.h"
#include "t0.h"
#include "wire.h"

#include <string.h>

#define SHORT_APDU_MAX   261
#define CHAIN_PIECES_MAX 4096 /* 65538 bytes in pieces of no less than 16 */

struct xfr {
	struct ccid_reader *r;
	unsigned slot;
	const uint8_t *capdu;
	size_t len;
	uint8_t *rapdu;
	size_t cap, got;
	unsigned flags;
	int class_get_response;
	int64_t deadline;
};

static int block(struct xfr *x, uint16_t level, const uint8_t *data, size_t len,
                 struct ccid_rsp *rsp)
{
	const struct ccid_slot *s = &x->r->slot[x->slot];
	struct ccid_wait wait = {s->silence_ms, s->wait_ms, x->deadline};
	struct ccid_cmd cmd = ccid_cmd_xfr_block(0, level, data, len);

	return ccid_exchange(x->r, x->slot, &cmd, &wait, rsp);
}

/* Out of step with a card in the middle of an answer: the slot recovers before its next command. */
static int broken(struct xfr *x, int err)
{
	ccid_slot_desync(x->r, x->slot);
	return ccid_fail(x->r, x->slot, "XfrBlock", err, NULL);
}

static bool goes_on(const struct ccid_rsp *rsp)
{
	return rsp->param == CCID_CHAIN_BEGIN || rsp->param == CCID_CHAIN_MIDDLE;
}

/* Where answers are chained, a value without meaning may stand for one that goes on. */
static bool makes_sense(const struct xfr *x, const struct ccid_rsp *rsp)
{
	bool chained = x->r->level == CCID_LEVEL_EXTENDED_APDU || x->got > 0;

	return !chained || rsp->param <= CCID_CHAIN_MIDDLE;
}

/* Nothing of this answer is wanted any more. A whole one leaves the reader in step. */
static int lost(struct xfr *x, const struct ccid_rsp *rsp, int err)
{
	return goes_on(rsp) ? broken(x, err) : ccid_fail(x->r, x->slot, "XfrBlock", err, rsp);
}

static int append(struct xfr *x, const struct ccid_rsp *rsp)
{
	if (rsp->len > CCID_RAPDU_MAX - x->got)
		return lost(x, rsp, CCID_E_IO);
	if (rsp->len > x->cap - x->got)
		return lost(x, rsp, CCID_E_SPACE);
	memcpy(x->rapdu + x->got, rsp->data, rsp->len);
	x->got += rsp->len;
	return CCID_OK;
}

/* Readers chain their answers at every level, whatever they announce. */
static int collect(struct xfr *x, struct ccid_rsp *rsp)
{
	for (unsigned i = 0; i < CHAIN_PIECES_MAX; i++) {
		bool more = goes_on(rsp);
		int rc;

		if ((more && rsp->len == 0) || !makes_sense(x, rsp))
			return broken(x, CCID_E_IO);
		rc = append(x, rsp);
		if (rc < 0)
			return rc;
		if (!more)
			return x->got >= 2 ? (int)x->got : lost(x, rsp, CCID_E_COMM);
		rc = block(x, CCID_CHAIN_MORE, NULL, 0, rsp);
		if (rc < 0)
			return rc;
	}
	return broken(x, CCID_E_IO);
}

/* Send the APDU in slices; the reader asks for each but the first. An answer before the end means
 * that the card refused the rest. */
static int send_slices(struct xfr *x, struct ccid_rsp *rsp)
{
	size_t room = x->r->out_cap - CCID_HEADER_LEN, at = 0;
	int rc = CCID_OK;

	if (x->len <= room)
		return block(x, CCID_CHAIN_WHOLE, x->capdu, x->len, rsp);
	while (at < x->len) {
		size_t n = x->len - at < room ? x->len - at : room;
		uint16_t level = at == 0 ? CCID_CHAIN_BEGIN : CCID_CHAIN_MIDDLE;

		if (at + n == x->len)
			level = CCID_CHAIN_END;
		rc = block(x, level, x->capdu + at, n, rsp);
		at += n;
		if (rc < 0 || (at < x->len && rsp->param != CCID_CHAIN_MORE))
			break;
	}
	return rc;
}

static int extended(struct xfr *x)
{
	struct ccid_rsp rsp;
	int rc = send_slices(x, &rsp);

	if (rc < 0)
		return rc;
	if (rsp.param == CCID_CHAIN_MORE)
		return broken(x, CCID_E_IO);
	return collect(x, &rsp);
}

/* The short form when the numbers allow it: a reader at this level takes no other. */
static int short_form(const uint8_t *capdu, size_t len, uint8_t *out)
{
	struct ccid_apdu apdu;
	int rc = ccid_apdu_decode(&apdu, capdu, len);

	if (rc < 0)
		return CCID_E_ARG;
	if (apdu.lc > 255 || apdu.le > 256)
		return CCID_E_UNSUPPORTED;
	apdu.extended = false;
	return ccid_apdu_encode(out, SHORT_APDU_MAX, &apdu);
}

static int short_apdu(struct xfr *x)
{
	uint8_t apdu[SHORT_APDU_MAX];
	struct ccid_rsp rsp;
	int n = short_form(x->capdu, x->len, apdu);

	if (n > 0 && (size_t)n > x->r->out_cap - CCID_HEADER_LEN)
		n = CCID_E_UNSUPPORTED;
	if (n > 0) {
		int rc = block(x, 0, apdu, (size_t)n, &rsp);

		n = rc < 0 ? rc : collect(x, &rsp);
	}
	ccid_wipe(apdu, sizeof apdu);
	return n;
}

/* One TPDU to the card and its answer back, as a view or in room. */
static int tpdu(struct xfr *x, const struct ccid_t0 *t, uint8_t room[258], const uint8_t **answer)
{
	struct ccid_link link = {x->r, x->slot, x->deadline};
	struct ccid_rsp rsp;
	int rc;

	*answer = room;
	if (x->r->level == CCID_LEVEL_CHARACTER)
		return ccid_char_t0(&link, t->tpdu, t->tpdu_len, room);
	rc = block(x, 0, t->tpdu, t->tpdu_len, &rsp);
	*answer = rsp.data;
	return rc < 0 ? rc : (int)rsp.len;
}

/* A card in the middle of an APDU in ENVELOPEs would take the next one for the rest: only a reset
 * helps. */
static void lose_place(struct ccid_reader *r, unsigned slot)
{
	struct ccid_slot *s = &r->slot[slot];

	pthread_mutex_lock(&r->state);
	s->agreed = false;
	if (s->state == CCID_SLOT_READY)
		ccid_slot_set(r, slot, CCID_SLOT_DESYNCED);
	pthread_mutex_unlock(&r->state);
}

static int t0_rounds(struct xfr *x, struct ccid_t0 *t, enum ccid_t0_act act)
{
	uint8_t room[258];
	const uint8_t *answer;
	int n = 0;

	if (act == CCID_T0_SEND && t->tpdu_len > x->r->out_cap - CCID_HEADER_LEN)
		return CCID_E_UNSUPPORTED; /* the first is the longest */
	while (act == CCID_T0_SEND && n >= 0) {
		n = tpdu(x, t, room, &answer);
		if (n >= 0)
			act = ccid_t0_step(t, answer, (size_t)n);
	}
	if (x->r->level == CCID_LEVEL_CHARACTER)
		ccid_wipe(room, sizeof room);
	if (n >= 0 && act == CCID_T0_DONE)
		return (int)t->rapdu_len;
	if (t->midway &&
	    (n >= 0 || x->r->level != CCID_LEVEL_CHARACTER)) /* else it was reset already */
		lose_place(x->r, x->slot);
	return n < 0 ? n : t->err;
}

static uint8_t get_response_class(const struct xfr *x)
{
	return x->class_get_response >= 0 ? (uint8_t)x->class_get_response : x->capdu[0];
}

static int tpdu_t0(struct xfr *x)
{
	struct ccid_t0 t;
	enum ccid_t0_act act = ccid_t0_start(&t, x->capdu, x->len, x->flags & CCID_XFR_FOLLOW,
	                                     get_response_class(x), x->rapdu, x->cap);
	int rc = t0_rounds(x, &t, act);

	ccid_wipe(&t, sizeof t);
	return rc;
}

static int tpdu_t1(struct xfr *x)
{
	struct ccid_t1 *t = &x->r->slot[x->slot].t1;
	enum ccid_t1_act act =
		ccid_t1_start(t, x->capdu, x->len, x->rapdu, x->cap, ccid_t1_max_block(x->r));
	int rc = ccid_t1_run(x->r, x->slot, act, x->deadline);

	ccid_wipe(t->block, sizeof t->block);
	return rc;
}

static int whole_apdu(struct xfr *x)
{
	return x->r->level == CCID_LEVEL_EXTENDED_APDU ? extended(x) : short_apdu(x);
}

/* Readers that take APDUs should see to 61xx and 6Cxx of T=0 themselves, and not all of them do. */
static int followed(struct xfr *x)
{
	struct xfr next = *x;
	struct ccid_t0 t;
	enum ccid_t0_act act =
		ccid_t0_start_whole(&t, x->capdu, x->len, get_response_class(x), x->rapdu, x->cap);
	int n = act == CCID_T0_SEND ? CCID_OK : t.err;

	if (n == CCID_E_FORMAT)
		return whole_apdu(x); /* no APDU that we know: as it is */
	while (act == CCID_T0_SEND && n >= 0) {
		next.rapdu = x->rapdu + t.rapdu_len;
		next.cap = x->cap - t.rapdu_len;
		next.got = 0;
		n = whole_apdu(&next);
		if (n >= 0)
			act = ccid_t0_step(&t, next.rapdu, (size_t)n);
		next.capdu = t.tpdu;
		next.len = t.tpdu_len;
	}
	if (n < 0)
		return n;
	return act == CCID_T0_DONE ? (int)t.rapdu_len : t.err;
}

static int by_level(struct xfr *x)
{
	bool t0 = x->r->slot[x->slot].protocol == 0;

	if (x->r->level == CCID_LEVEL_EXTENDED_APDU || x->r->level == CCID_LEVEL_SHORT_APDU)
		return t0 && x->flags & CCID_XFR_FOLLOW ? followed(x) : whole_apdu(x);
	return t0 ? tpdu_t0(x) : tpdu_t1(x);
}

/* The state first: one that is overtaken is told by the generation. */
int ccid_same_session(struct ccid_reader *r, unsigned slot, uint32_t generation, int64_t deadline)
{
	struct ccid_slot *s = &r->slot[slot];
	enum ccid_slot_state state;
	int rc = ccid_slot_settle(r, slot, false, deadline);

	if (rc == CCID_OK)
		rc = ccid_in_step(r, slot);
	if (rc < 0)
		return rc;
	state = s->state;
	if (s->generation != generation)
		return CCID_E_STALE;
	s->session = generation;
	if (state == CCID_SLOT_EMPTY)
		return CCID_E_NOCARD;
	return state == CCID_SLOT_READY ? CCID_OK : CCID_E_INACTIVE;
}

int ccid_same_card(struct ccid_reader *r, unsigned slot, uint32_t generation, int64_t deadline)
{
	int rc = ccid_same_session(r, slot, generation, deadline);

	return rc == CCID_OK && atomic_load(&r->slot[slot].clock_stopped)
	               ? ccid_clock_restart(r, slot, deadline)
	               : rc;
}

int ccid_slot_transmit(struct ccid_reader *r, unsigned slot, uint32_t generation,
                       const uint8_t *capdu, size_t len, uint8_t *rapdu, size_t cap, unsigned flags,
                       int class_get_response, int64_t deadline)
{
	struct xfr x = {r, slot, capdu, len, rapdu, cap, 0, flags, class_get_response, deadline};
	int rc;

	if (len < 4 || len > CCID_APDU_MAX || cap < 2)
		return CCID_E_ARG;
	rc = ccid_slot_enter(r, slot, deadline);
	if (rc < 0)
		return rc;
	rc = ccid_same_card(r, slot, generation, deadline);
	if (rc == CCID_OK) {
		ccid_log_capdu(r, slot, capdu, len);
		rc = by_level(&x);
		if (rc > 0)
			ccid_log_rapdu(r, slot, rapdu, (size_t)rc);
		else
			ccid_wipe(rapdu, cap); /* a part of it may have come */
		ccid_wire_wipe(r, slot, len, rc > 0 ? (size_t)rc : r->in_cap);
	}
	return ccid_slot_leave(r, slot, rc);
}
