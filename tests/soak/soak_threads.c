/* SPDX-License-Identifier: MIT */
/* A thread for each slot: all with faults about, then all without, in turn. */
#include "soak.h"

#include "lockstep.h"

#define PHASE  40 /* APDUs of each thread */
#define SETTLE 3

struct hand {
	struct soak_crew *crew;
	unsigned slot;
};

static void phase_with_faults(struct soak_card *c)
{
	const struct soak_fault any = {.cancels = true, .removes = true};

	for (unsigned i = 0; i < PHASE; i++) {
		if (soak_one_in(&c->random, 10))
			(void)soak_arm(c->reader, c->slot, &c->random);
		if (!c->attached && soak_one_in(&c->random, 2))
			(void)soak_attach(c, &any);
		if (!c->attached || soak_transmit(c, &any) || !soak_one_in(&c->random, 4))
			continue;
		soak_detach(c);
		if (soak_plugged(c->reader))
			soak_put_card(c->reader, c->slot);
	}
}

static void phase_without(struct soak_card *c)
{
	for (unsigned i = 0; i < PHASE; i++)
		if (!soak_transmit(c, NULL))
			soak_die(c->reader, "slot %u, APDU %lu fails without a fault", c->slot,
			         c->count);
}

/* True for one of them. */
static bool meet(struct soak_crew *crew)
{
	unsigned meeting;
	bool last;

	pthread_mutex_lock(&crew->lock);
	meeting = crew->meetings;
	last = ++crew->arrived == soak_slots(crew->reader->kind);
	if (last) {
		crew->arrived = 0;
		crew->meetings++;
		pthread_cond_broadcast(&crew->all);
	}
	while (crew->meetings == meeting)
		pthread_cond_wait(&crew->all, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
	return last;
}

/* The faults are over. A reader that is gone is given back by all, then plugged in again. */
static void mend(struct soak_crew *crew, struct soak_card *c)
{
	const struct soak_fault after = {.cancels = true, .removes = true};

	if (meet(crew))
		soak_disarm(crew->reader);
	meet(crew);
	if (c->attached)
		(void)soak_transmit(c, &after);
	meet(crew);
	if (crew->reader->lost || !soak_plugged(crew->reader))
		soak_detach(c);
	if (meet(crew)) {
		crew->reader->lost = false;
		soak_plug_in(crew->reader);
	}
	meet(crew);
	soak_put_card(crew->reader, c->slot);
	for (unsigned i = 0; i < SETTLE;
	     i++) { /* notifications for one come with those for others */
		soak_recover(c, &after);
		meet(crew);
	}
}

static bool has_enough(const struct soak_crew *crew)
{
	unsigned long count = 0;

	for (unsigned i = 0; i < soak_slots(crew->reader->kind); i++)
		count += crew->card[i].count;
	return count >= crew->apdus;
}

static void work(void *arg)
{
	struct hand *h = arg;
	struct soak_card *c = &h->crew->card[h->slot];
	unsigned violations;

	if (!soak_attach(c, NULL)) /* its names are read now, while nothing fails */
		soak_die(c->reader, "slot %u does not attach", c->slot);
	meet(h->crew);
	while (!h->crew->enough) {
		phase_with_faults(c);
		mend(h->crew, c);
		meet(h->crew);
		violations = soak_violations(c->reader);
		meet(h->crew);
		phase_without(c);
		meet(h->crew);
		if (soak_violations(c->reader) != violations)
			soak_die(c->reader, "an APDU was sent wrongly");
		if (meet(h->crew))
			h->crew->enough = has_enough(h->crew);
		meet(h->crew);
	}
	soak_detach(c);
}

void soak_several_slots(struct soak_reader *r, struct soak_crew *crew, unsigned long apdus)
{
	unsigned n = soak_slots(r->kind);
	struct hand hand[SOAK_SLOTS];

	crew->reader = r;
	crew->apdus = apdus;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->all, NULL);
	r->s.pass = lockstep_wait;
	for (unsigned i = 0; i < n; i++) {
		hand[i] = (struct hand){crew, i};
		soak_card_begin(&crew->card[i], r, i, soak_seed);
	}
	lockstep_run(&r->s.clock, soak_seed, n, work, hand, sizeof hand[0]);
	for (unsigned i = 0; i < n; i++)
		soak_card_end(&crew->card[i]);
	pthread_cond_destroy(&crew->all);
	pthread_mutex_destroy(&crew->lock);
	r->s.pass = NULL;
}
