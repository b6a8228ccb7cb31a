/* SPDX-License-Identifier: MIT */
/* The slot's state table. Every change goes through ccid_slot_set(). */
#include "reader_priv.h"

#include <string.h>

#define TO(s) (1u << (CCID_SLOT_##s))

static const struct {
	const char *name;
	unsigned may_become;
} rule[CCID_SLOT_STATES] = {
	[CCID_SLOT_UNKNOWN] = {"unknown", TO(EMPTY) | TO(INACTIVE) | TO(READY) | TO(NEGOTIABLE) |
                                                  TO(DESYNCED)},
	[CCID_SLOT_EMPTY] = {"empty", TO(INACTIVE) | TO(DESYNCED) | TO(UNKNOWN)},
	[CCID_SLOT_INACTIVE] = {"inactive",
                                TO(EMPTY) | TO(NEGOTIABLE) | TO(DESYNCED) | TO(UNKNOWN)},
	[CCID_SLOT_NEGOTIABLE] = {"negotiable", TO(EMPTY) | TO(INACTIVE) | TO(READY) |
                                                        TO(DESYNCED) | TO(UNKNOWN)},
	[CCID_SLOT_READY] = {"ready", TO(EMPTY) | TO(INACTIVE) | TO(NEGOTIABLE) | TO(DESYNCED) |
                                              TO(UNKNOWN)},
	[CCID_SLOT_DESYNCED] = {"desynced", TO(EMPTY) | TO(INACTIVE) | TO(UNKNOWN)},
};

const char *ccid_slot_state_name(enum ccid_slot_state state)
{
	return state < CCID_SLOT_STATES ? rule[state].name : "?";
}

void ccid_slot_set(struct ccid_reader *r, unsigned slot, enum ccid_slot_state to)
{
	struct ccid_slot *s = &r->slot[slot];

	if (s->state == to)
		return;
	if (!(rule[s->state].may_become & 1u << to)) {
		ccid_log(r->env, CCID_LOG_ERROR, ccid_reader_label(r),
		         "slot %u: %s may not become %s", slot, rule[s->state].name, rule[to].name);
		return;
	}
	ccid_log(r->env, CCID_LOG_INFO, ccid_reader_label(r), "slot %u: %s -> %s", slot,
	         rule[s->state].name, rule[to].name);
	if (to == CCID_SLOT_INACTIVE && s->state == CCID_SLOT_EMPTY)
		s->insertions++;
	s->state = to;
	ccid_reader_tell(r);
}

void ccid_slot_lose(struct ccid_reader *r, unsigned slot, enum ccid_slot_state to)
{
	struct ccid_slot *s = &r->slot[slot];

	if (s->state != CCID_SLOT_EMPTY)
		s->generation++;
	s->atr.len = 0;
	s->agreed = false;
	atomic_store(&s->clock_stopped, false);
	s->active_unknown = false;
	s->half_way = false;
	s->ours = false;
	ccid_slot_set(r, slot, to);
}

/* The card still has the power that we gave it. */
static void still_active(struct ccid_reader *r, unsigned slot)
{
	struct ccid_slot *s = &r->slot[slot];

	if (s->state == CCID_SLOT_UNKNOWN && s->atr.len > 0 && s->agreed) {
		ccid_slot_set(r, slot, CCID_SLOT_READY);
	} else if (s->state == CCID_SLOT_UNKNOWN && s->atr.len > 0) {
		ccid_slot_lose(r, slot, CCID_SLOT_INACTIVE);
		s->active_unknown = s->ours = true;
	} else if (s->state == CCID_SLOT_UNKNOWN || s->state == CCID_SLOT_EMPTY) {
		ccid_slot_set(r, slot, CCID_SLOT_INACTIVE);
		s->active_unknown = true;
		if (r->desc.features & CCID_FEATURE_AUTO_ACTIVATION)
			s->activates = true;
	}
}

static void saw_inactive(struct ccid_reader *r, unsigned slot)
{
	struct ccid_slot *s = &r->slot[slot];

	if (s->atr.len > 0)
		ccid_slot_lose(r, slot, CCID_SLOT_INACTIVE);
	else
		ccid_slot_set(r, slot, CCID_SLOT_INACTIVE);
	s->active_unknown = s->ours = false;
}

bool ccid_slot_blind(const struct ccid_reader *r, unsigned slot)
{
	return slot > 0 && (r->tuning.flags & CCID_QUIRK_BLIND);
}

void ccid_slot_saw(struct ccid_reader *r, unsigned slot, enum ccid_icc icc)
{
	struct ccid_slot *s = &r->slot[slot];

	pthread_mutex_lock(&r->state);
	if (icc == CCID_ICC_ABSENT && s->atr.len > 0 && ccid_slot_blind(r, slot))
		icc = CCID_ICC_ACTIVE;
	if (s->state == CCID_SLOT_EMPTY || (s->state == CCID_SLOT_UNKNOWN && s->atr.len == 0))
		s->unannounced = icc != CCID_ICC_ABSENT;
	if (icc == CCID_ICC_ABSENT) {
		if (s->state != CCID_SLOT_EMPTY)
			ccid_slot_lose(r, slot, CCID_SLOT_EMPTY);
	} else if (s->state == CCID_SLOT_DESYNCED) {
		; /* the abort decides */
	} else if (icc == CCID_ICC_INACTIVE) {
		saw_inactive(r, slot);
	} else {
		still_active(r, slot);
	}
	pthread_mutex_unlock(&r->state);
}

void ccid_slot_desync(struct ccid_reader *r, unsigned slot)
{
	pthread_mutex_lock(&r->state);
	ccid_slot_set(r, slot, CCID_SLOT_DESYNCED);
	pthread_mutex_unlock(&r->state);
}

bool ccid_slot_ours(struct ccid_reader *r, unsigned slot)
{
	bool is;

	pthread_mutex_lock(&r->state);
	is = r->slot[slot].ours;
	pthread_mutex_unlock(&r->state);
	return is;
}

bool ccid_slot_has_atr(struct ccid_reader *r, unsigned slot)
{
	bool has;

	pthread_mutex_lock(&r->state);
	has = r->slot[slot].atr.len > 0;
	pthread_mutex_unlock(&r->state);
	return has;
}

static void set_suspect(struct ccid_reader *r, unsigned slot, bool suspect)
{
	pthread_mutex_lock(&r->state);
	r->slot[slot].suspect = suspect;
	pthread_mutex_unlock(&r->state);
}

/* The card may be another, which the reader has activated. */
static void lose_doubtful(struct ccid_reader *r, unsigned slot)
{
	struct ccid_slot *s = &r->slot[slot];

	pthread_mutex_lock(&r->state);
	if (s->activates && s->atr.len > 0) {
		ccid_slot_lose(r, slot, CCID_SLOT_INACTIVE);
		s->active_unknown = true;
	}
	pthread_mutex_unlock(&r->state);
}

int ccid_slot_settle(struct ccid_reader *r, unsigned slot, bool ask, int64_t deadline)
{
	bool suspect = ccid_slot_suspect(r, slot);
	int rc;

	if (!suspect && !ask)
		return CCID_OK;
	set_suspect(r, slot, false);
	rc = ccid_slot_status(r, slot, CCID_STATUS_MS, deadline);
	if (suspect && rc < 0)
		set_suspect(r, slot, true);
	else if (suspect)
		lose_doubtful(r, slot);
	return rc;
}

int ccid_slot_get_info(struct ccid_reader *r, unsigned slot, struct ccid_slot_info *out)
{
	const struct ccid_slot *s;

	if (slot >= r->nslots)
		return CCID_E_NO_SLOT;
	s = &r->slot[slot];
	pthread_mutex_lock(&r->state);
	*out = (struct ccid_slot_info){.state = s->state,
	                               .generation = s->generation,
	                               .insertions = s->insertions,
	                               .atr_len = s->atr.len,
	                               .protocol = s->protocol,
	                               .gone = atomic_load(&r->gone)};
	memcpy(out->atr, s->atr.bytes, s->atr.len);
	pthread_mutex_unlock(&r->state);
	return CCID_OK;
}

/* The generation last: whatever else has changed before it, a card that was lost shows there. */
bool ccid_slot_still(const struct ccid_reader *r, unsigned slot, const struct ccid_slot_info *is)
{
	const struct ccid_slot *s = &r->slot[slot];

	return slot < r->nslots && !is->gone && !atomic_load(&r->gone) && s->state == is->state &&
	       s->insertions == is->insertions && s->generation == is->generation;
}

int ccid_slot_status(struct ccid_reader *r, unsigned slot, int64_t silence_ms, int64_t deadline)
{
	struct ccid_cmd cmd = ccid_cmd_get_slot_status();
	struct ccid_wait wait = {silence_ms, CCID_RETRY_MS, deadline};
	struct ccid_rsp rsp;
	int rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);

	/* Many readers call the question itself failed when there is no card (42 FE). */
	if (rc < 0 && rsp.type != 0 && rc != CCID_E_NO_SLOT && rc != CCID_E_SLOT_BUSY)
		return CCID_OK;
	return rc;
}

int ccid_slot_poll(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	int rc = ccid_slot_try_enter(r, slot);

	if (rc < 0)
		return rc;
	rc = ccid_slot_status(r, slot, CCID_STATUS_MS, deadline);
	return ccid_slot_leave(r, slot, rc);
}
