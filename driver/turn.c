/* SPDX-License-Identifier: MIT */
/* Whose turn it is: slots are entered one after the other in the order of asking, as many at once as
 * there are lanes, and of those one at a time uses the transport. */
#include "wire.h"

#include <time.h>

#define WAIT_MAX_MS 3600000 /* at once; the rest in another round */

void ccid_wire_lock(struct ccid_reader *r)
{
	if (r->nlanes > 1)
		pthread_mutex_lock(&r->wire);
}

void ccid_wire_unlock(struct ccid_reader *r)
{
	if (r->nlanes > 1)
		pthread_mutex_unlock(&r->wire);
}

void ccid_wire_rouse(struct ccid_reader *r)
{
	pthread_mutex_lock(&r->wire);
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->wire);
}

/* --- gates; wire locked --- */

static struct ccid_gate *gate_of(struct ccid_reader *r, unsigned slot)
{
	return r->nlanes > 1 ? &r->slot[slot].gate : &r->gate;
}

static void let_in(struct ccid_reader *r, struct ccid_gate *g)
{
	while (g->first != NULL && g->taken < g->room) {
		struct ccid_turn *t = g->first;

		g->first = t->next;
		g->taken++;
		t->mine = true;
		pthread_cond_broadcast(&r->turned);
	}
}

static void let_out(struct ccid_reader *r, struct ccid_gate *g)
{
	g->taken--;
	let_in(r, g);
}

static struct ccid_turn **end_of(struct ccid_gate *g, const struct ccid_turn *t)
{
	struct ccid_turn **at = &g->first;

	while (*at != NULL && *at != t)
		at = &(*at)->next;
	return at;
}

static struct timespec in_ms(int64_t ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += (time_t)(ms / 1000);
	at.tv_nsec += (long)(ms % 1000) * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

static bool cancelled(struct ccid_reader *r, const struct ccid_turn *t)
{
	return !t->deaf && atomic_load(&r->slot[t->slot].cancels) != t->cancels;
}

/* Those who have cancelled, and nobody before. */
static unsigned cancels_before(const struct ccid_slot *s)
{
	return atomic_load(&s->expected) ? atomic_load(&s->expected_since)
	                                 : atomic_load(&s->cancels);
}

static int tell_cancel(struct ccid_slot *s)
{
	atomic_store(&s->expected_since, atomic_load(&s->cancels));
	return CCID_E_CANCELLED;
}

static int wait_for_news(struct ccid_reader *r, const struct ccid_turn *t)
{
	int64_t left = t->deadline - ccid_env_now(r->env);
	struct timespec at;

	if (cancelled(r, t))
		return tell_cancel(&r->slot[t->slot]);
	if (t->deadline == CCID_NEVER) {
		pthread_cond_wait(&r->turned, &r->wire);
		return CCID_OK;
	}
	if (left <= 0)
		return CCID_E_TIMEOUT;
	at = in_ms(left < WAIT_MAX_MS ? left : WAIT_MAX_MS);
	pthread_cond_timedwait(&r->turned, &r->wire, &at);
	return CCID_OK;
}

static int pass(struct ccid_reader *r, struct ccid_gate *g, struct ccid_turn *t)
{
	int rc = CCID_OK;

	t->mine = false;
	*end_of(g, t) = t;
	let_in(r, g);
	while (!t->mine && rc == CCID_OK)
		rc = wait_for_news(r, t);
	if (!t->mine) {
		*end_of(g, t) = t->next;
	} else if (cancelled(r, t)) {
		let_out(r, g);
		rc = tell_cancel(&r->slot[t->slot]);
	}
	return rc;
}

static int pass_both(struct ccid_reader *r, struct ccid_turn *t)
{
	struct ccid_gate *own = gate_of(r, t->slot);
	int rc = pass(r, own, t);

	if (rc < 0 || r->nlanes == 1)
		return rc;
	t->next = NULL;
	rc = pass(r, &r->lanes, t);
	if (rc < 0)
		let_out(r, own);
	return rc;
}

static bool has_room(const struct ccid_gate *g)
{
	return g->first == NULL && g->taken < g->room;
}

static bool try_both(struct ccid_reader *r, unsigned slot)
{
	struct ccid_gate *own = gate_of(r, slot);

	if (!has_room(own) || (r->nlanes > 1 && !has_room(&r->lanes)))
		return false;
	own->taken++;
	if (r->nlanes > 1)
		r->lanes.taken++;
	return true;
}

static void leave_both(struct ccid_reader *r, unsigned slot)
{
	if (r->nlanes > 1) {
		r->slot[slot].lane->taken = false;
		let_out(r, &r->lanes);
	}
	let_out(r, gate_of(r, slot));
}

static struct ccid_lane *free_lane(struct ccid_reader *r)
{
	struct ccid_lane *l = r->lane;

	while (l->taken)
		l++;
	l->taken = r->nlanes > 1;
	return l;
}

/* --- slots --- */

/* A cancel from before the asking must not hit the command. */
static void begin(struct ccid_reader *r, unsigned slot, unsigned cancels, bool looks)
{
	r->slot[slot].lane = free_lane(r);
	r->slot[slot].cancels_seen = cancels;
	r->slot[slot].looks = looks;
}

static int occupy(struct ccid_reader *r, unsigned slot, int64_t deadline, bool deaf)
{
	struct ccid_slot *s = &r->slot[slot];
	struct ccid_turn t = {
		.slot = slot, .cancels = cancels_before(s), .deadline = deadline, .deaf = deaf};
	int rc;

	atomic_fetch_add(&s->users, 1);
	pthread_mutex_lock(&r->wire);
	rc = !cancelled(r, &t) && try_both(r, slot) ? CCID_OK : pass_both(r, &t);
	if (rc == CCID_OK)
		begin(r, slot, t.cancels, false);
	pthread_mutex_unlock(&r->wire);
	if (rc < 0)
		atomic_fetch_sub(&s->users, 1);
	return rc;
}

void ccid_slot_occupy(struct ccid_reader *r, unsigned slot)
{
	int rc = occupy(r, slot, CCID_NEVER, true);

	(void)rc; /* nothing ends this wait but the turn */
}

static int look(struct ccid_reader *r, unsigned slot)
{
	int rc = ccid_reader_heard(r);

	return rc < 0 ? ccid_slot_leave(r, slot, rc) : CCID_OK;
}

int ccid_slot_enter(struct ccid_reader *r, unsigned slot, int64_t deadline)
{
	int rc;

	if (slot >= r->nslots)
		return CCID_E_NO_SLOT;
	rc = occupy(r, slot, deadline, false);
	return rc < 0 ? ccid_fail(r, slot, "turn", rc, NULL) : look(r, slot);
}

int ccid_slot_try_enter(struct ccid_reader *r, unsigned slot)
{
	unsigned cancels;
	bool entered;

	if (slot >= r->nslots)
		return CCID_E_NO_SLOT;
	cancels = atomic_load(&r->slot[slot].cancels);
	pthread_mutex_lock(&r->wire);
	entered = try_both(r, slot);
	if (entered) {
		atomic_fetch_add(&r->slot[slot].users, 1);
		begin(r, slot, cancels, true);
	}
	pthread_mutex_unlock(&r->wire);
	return entered ? look(r, slot) : CCID_E_SLOT_BUSY;
}

bool ccid_slot_lend(struct ccid_reader *r, unsigned slot, unsigned to)
{
	struct ccid_slot *s = &r->slot[to];
	bool free;

	pthread_mutex_lock(&r->wire);
	free = has_room(&s->gate);
	if (free) {
		s->gate.taken++;
		s->lane = r->slot[slot].lane;
		s->cancels_seen = atomic_load(&s->cancels);
	}
	pthread_mutex_unlock(&r->wire);
	return free;
}

void ccid_slot_take_back(struct ccid_reader *r, unsigned from)
{
	pthread_mutex_lock(&r->wire);
	let_out(r, &r->slot[from].gate);
	pthread_mutex_unlock(&r->wire);
}

int ccid_slot_leave(struct ccid_reader *r, unsigned slot, int result)
{
	pthread_mutex_lock(&r->wire);
	leave_both(r, slot);
	pthread_mutex_unlock(&r->wire);
	atomic_fetch_sub(&r->slot[slot].users, 1);
	return result;
}

/* --- the transport --- */

static void hush(struct ccid_reader *r)
{
	int rc = CCID_E_CANCELLED;

	for (unsigned i = 0; rc == CCID_E_CANCELLED && i < CCID_CANCELS_MAX; i++)
		rc = r->t->ops->pause(r->t, ccid_env_now(r->env));
}

/* The owner reads and will look whether it is wanted: at once when it is made to. */
static void kick(struct ccid_reader *r)
{
	if (!r->waiting || r->kicked)
		return;
	r->kicked = true;
	r->t->ops->cancel(r->t);
}

void ccid_wire_take(struct ccid_reader *r)
{
	bool kicked;

	if (r->nlanes == 1)
		return;
	pthread_mutex_lock(&r->wire);
	r->wanted++;
	while (r->owned) {
		kick(r);
		pthread_cond_wait(&r->turned, &r->wire);
	}
	r->wanted--;
	r->owned = true;
	kicked = r->kicked;
	r->kicked = false;
	pthread_mutex_unlock(&r->wire);
	if (!kicked)
		return;
	hush(r);
	ccid_wire_rouse(r);
}

void ccid_wire_give(struct ccid_reader *r)
{
	if (r->nlanes == 1)
		return;
	pthread_mutex_lock(&r->wire);
	r->owned = false;
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->wire);
}

/* --- cancel --- */

bool ccid_slot_take_cancel(struct ccid_reader *r, unsigned slot)
{
	struct ccid_slot *s = &r->slot[slot];
	unsigned cancels = atomic_load(&s->cancels);

	if (s->recovering || cancels == s->cancels_seen || (s->looks && atomic_load(&s->expected)))
		return false;
	s->cancels_seen = cancels;
	atomic_store(&s->expected_since, cancels);
	return true;
}

static bool stop(struct ccid_reader *r, unsigned slot)
{
	struct ccid_slot *s = &r->slot[slot];

	if (atomic_load(&s->users) == 0 && !atomic_load(&s->expected))
		return false;
	atomic_fetch_add(&s->cancels, 1);
	return true;
}

static void wake(struct ccid_reader *r)
{
	atomic_store(&r->woken, true);
	r->t->ops->cancel(r->t);
}

void ccid_slot_expect(struct ccid_reader *r, unsigned slot, bool expected)
{
	struct ccid_slot *s = &r->slot[slot];

	if (expected)
		atomic_store(&s->expected_since, atomic_load(&s->cancels));
	atomic_store(&s->expected, expected);
}

bool ccid_slot_cancel(struct ccid_reader *r, unsigned slot)
{
	bool any = slot < r->nslots && stop(r, slot);

	if (any)
		wake(r);
	return any;
}

bool ccid_reader_cancel(struct ccid_reader *r)
{
	bool any = false;

	for (unsigned i = 0; i < r->nslots; i++)
		any = stop(r, i) || any;
	if (any)
		wake(r);
	return any;
}
