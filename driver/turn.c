/* SPDX-License-Identifier: MIT */
/* Whose turn it is: slots are entered one after the other in the order of asking, as many at once as
 * there are lanes, and of those one at a time uses the transport. */
#include "wire.h"

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

static struct ccid_gate *gate_of(struct ccid_reader *r, unsigned slot)
{
	return r->nlanes > 1 ? &r->slot[slot].gate : &r->gate;
}

static void pass(struct ccid_reader *r, struct ccid_gate *g)
{
	unsigned mine = atomic_fetch_add(&g->next, 1);

	if (atomic_load(&g->serving) == mine)
		return;
	pthread_mutex_lock(&r->wire);
	while (atomic_load(&g->serving) != mine)
		pthread_cond_wait(&r->turned, &r->wire);
	pthread_mutex_unlock(&r->wire);
}

static bool try_pass(struct ccid_gate *g)
{
	unsigned serving = atomic_load(&g->serving);

	return atomic_compare_exchange_strong(&g->next, &(unsigned){serving}, serving + 1);
}

static void let_next(struct ccid_reader *r, struct ccid_gate *g)
{
	unsigned after = atomic_load(&g->serving) + 1;

	atomic_store(&g->serving, after);
	if (atomic_load(&g->next) == after)
		return;
	pthread_mutex_lock(&r->wire);
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->wire);
}

/* wire locked, room left */
static struct ccid_lane *free_lane(struct ccid_reader *r)
{
	struct ccid_lane *l = r->lane;

	while (l->taken)
		l++;
	l->taken = true;
	r->lanes_taken++;
	return l;
}

static struct ccid_lane *take_lane(struct ccid_reader *r)
{
	struct ccid_lane *l;
	unsigned mine;

	if (r->nlanes == 1)
		return r->lane;
	pthread_mutex_lock(&r->wire);
	mine = r->lane_next++;
	while (r->lane_serving != mine || r->lanes_taken >= r->room)
		pthread_cond_wait(&r->turned, &r->wire);
	r->lane_serving++;
	l = free_lane(r);
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->wire);
	return l;
}

static struct ccid_lane *try_lane(struct ccid_reader *r)
{
	struct ccid_lane *l = NULL;

	if (r->nlanes == 1)
		return r->lane;
	pthread_mutex_lock(&r->wire);
	if (r->lane_serving == r->lane_next && r->lanes_taken < r->room)
		l = free_lane(r);
	pthread_mutex_unlock(&r->wire);
	return l;
}

static void give_lane(struct ccid_reader *r, struct ccid_lane *l)
{
	if (r->nlanes == 1)
		return;
	pthread_mutex_lock(&r->wire);
	l->taken = false;
	r->lanes_taken--;
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->wire);
}

static void hush(struct ccid_reader *r)
{
	int rc = CCID_E_CANCELLED;

	for (unsigned i = 0; rc == CCID_E_CANCELLED && i < CCID_CANCELS_MAX; i++)
		rc = r->t->ops->pause(r->t, ccid_env_now(r->env));
}

/* A cancel that came too late, or once too often, must not hit the next command. With several lanes
 * one without a slot to go with it hits none. */
static void begin(struct ccid_reader *r, unsigned slot, struct ccid_lane *l)
{
	struct ccid_slot *s = &r->slot[slot];

	s->lane = l;
	atomic_store(&s->cancelled, false);
	if (r->nlanes == 1 && atomic_exchange(&r->cancelled, false))
		hush(r);
	atomic_store(&s->busy, true);
}

void ccid_slot_occupy(struct ccid_reader *r, unsigned slot)
{
	pass(r, gate_of(r, slot));
	begin(r, slot, take_lane(r));
}

static int look(struct ccid_reader *r, unsigned slot)
{
	int rc = ccid_reader_dispatch(r);

	return rc < 0 ? ccid_slot_leave(r, slot, rc) : CCID_OK;
}

int ccid_slot_enter(struct ccid_reader *r, unsigned slot)
{
	if (slot >= r->nslots)
		return CCID_E_NO_SLOT;
	ccid_slot_occupy(r, slot);
	return look(r, slot);
}

int ccid_slot_try_enter(struct ccid_reader *r, unsigned slot)
{
	struct ccid_lane *l;

	if (slot >= r->nslots)
		return CCID_E_NO_SLOT;
	if (!try_pass(gate_of(r, slot)))
		return CCID_E_SLOT_BUSY;
	l = try_lane(r);
	if (l == NULL) {
		let_next(r, gate_of(r, slot));
		return CCID_E_SLOT_BUSY;
	}
	begin(r, slot, l);
	return look(r, slot);
}

int ccid_slot_leave(struct ccid_reader *r, unsigned slot, int result)
{
	struct ccid_slot *s = &r->slot[slot];

	atomic_store(&s->busy, false);
	give_lane(r, s->lane);
	let_next(r, gate_of(r, slot));
	return result;
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
	if (kicked)
		hush(r);
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

static bool stop(struct ccid_reader *r, unsigned slot)
{
	if (!atomic_load(&r->slot[slot].busy))
		return false;
	atomic_store(&r->slot[slot].cancelled, true);
	return true;
}

static void wake(struct ccid_reader *r)
{
	atomic_store(&r->cancelled, true);
	r->t->ops->cancel(r->t);
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
