/* SPDX-License-Identifier: MIT */
/* soak [APDUS]: so many (1,000,000) in all, shared out among the kinds of reader. ISCARD_SOAK_SEED
 * repeats a run exactly, several threads or not; ISCARD_SOAK_KIND runs only that one, from 0. */
#include "soak.h"

#include "alloc_count.h"
#include "lockstep.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct soak_kind kinds[] = {
	{"character, T=0", 0, 0, 271, 0, false, false, 0, 0},
	{"character, T=1", 0, 0, 271, 254, false, false, 0, 0},
	{"TPDU, T=0", 1, 0, 271, 0, false, false, 0, 0},
	{"TPDU, T=1 LRC", 1, 0, 271, 254, false, false, 0, 0},
	{"TPDU, T=1 CRC, short blocks", 1, 0, 271, 24, true, true, 0, 0},
	{"short APDU, T=0", 2, 0, 271, 0, false, true, 0, 0},
	{"short APDU, T=1", 2, 0, 271, 254, false, false, 0, 0},
	{"extended APDU", 3, 0, 65554, 254, false, false, 0, 0},
	{"extended APDU, chained", 3, 0, 271, 254, false, false, 0, 0},
	{"extended APDU, T=0, much chained", 3, 0, 43, 0, false, true, 0, 0},
	{"ICCD A", 0, 1, 271, 0, false, false, 0, 0},
	{"ICCD B, TPDU, T=1", 1, 2, 271, 254, false, false, 0, 0},
	{"ICCD B, short APDU", 2, 2, 271, 0, false, false, 0, 0},
	{"ICCD B, extended APDU", 3, 2, 271, 254, false, false, 0, 0},
	{"four slots in turn", 3, 0, 65554, 254, false, false, 4, 1},
	{"four slots at once", 3, 0, 271, 254, false, false, 4, 4},
	{"three slots at once, TPDU", 1, 0, 271, 254, false, true, 3, 3},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

uint64_t soak_seed;

uint32_t soak_below(struct soak_random *r, uint32_t n)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)((r->state * 0x2545F4914F6CDD1Du) >> 32) % n;
}

bool soak_one_in(struct soak_random *r, uint32_t n)
{
	return soak_below(r, n) == 0;
}

void soak_die(struct soak_reader *r, const char *format, ...)
{
	const struct fake_clock *clock = &r->s.clock;
	unsigned held = clock->nlines < 200 ? clock->nlines : 200;
	va_list args;

	for (unsigned i = clock->nlines - held; i < clock->nlines; i++)
		fprintf(stderr, "  %s\n", clock->lines[i % FAKE_LOG_LINES]);
	va_start(args, format);
	fprintf(stderr, "ISCARD_SOAK_SEED=%" PRIu64 ", %s: ", soak_seed, r->kind->name);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	fflush(stderr);
	_exit(1);
}

/* Whoever comes first to a reader that is gone waits until the others have given it back. */
static bool held_by_others(const struct soak_card *c)
{
	return soak_slots(c->reader->kind) > 1 && !c->attached &&
	       (c->result == SCARD_E_SHARING_VIOLATION || c->result == SCARD_E_READER_UNAVAILABLE);
}

void soak_recover(struct soak_card *c, const struct soak_fault *fault)
{
	const struct soak_fault after = {.removes = fault->removes};

	for (unsigned i = 0, turns = 0; i <= SOAK_RECOVERY && turns < 100000; turns++) {
		if (c->attached && soak_transmit(c, &after))
			return;
		soak_detach(c);
		soak_plug_in(c->reader);
		soak_put_card(c->reader, c->slot);
		(void)soak_attach(c, &after);
		if (held_by_others(c))
			(void)lockstep_wait(c->reader->s.clock.now + 1, -1);
		else
			i++;
	}
	soak_die(c->reader, "slot %u does not come back after %lu APDUs: %s", c->slot, c->count,
	         iscard_result_name(c->result));
}

static void reattach(struct soak_card *c, const struct soak_fault *fault)
{
	soak_detach(c);
	if (!soak_attach(c, fault) && fault == NULL)
		soak_die(c->reader, "attach fails after %lu APDUs", c->count);
}

static void one_fault(struct soak_card *c)
{
	struct soak_fault fault = soak_arm(c->reader, c->slot, &c->random);

	c->fault = fault.name;
	c->fault_number = fault.number;
	if (soak_one_in(&c->random, 6))
		reattach(c, &fault);
	if (c->attached)
		(void)soak_transmit(c, &fault);
	if (c->attached && soak_one_in(&c->random, 3))
		(void)soak_transmit(c, &fault);
	soak_disarm(c->reader);
	if (soak_plugged(c->reader))
		soak_put_card(c->reader, c->slot);
	soak_recover(c, &fault);
}

static void one_good(struct soak_card *c)
{
	unsigned violations = soak_violations(c->reader);

	if (soak_one_in(&c->random, 300))
		reattach(c, NULL);
	if (!soak_transmit(c, NULL))
		soak_die(c->reader, "APDU %lu fails without a fault", c->count);
	if (soak_violations(c->reader) != violations)
		soak_die(c->reader, "APDU %lu was sent wrongly", c->count);
}

static void one_slot(struct soak_reader *r, struct soak_card *c, unsigned long apdus)
{
	soak_card_begin(c, r, 0, soak_seed);
	reattach(c, NULL);
	while (c->count < apdus) {
		if (soak_one_in(&c->random, 10))
			one_fault(c);
		else
			one_good(c);
	}
	soak_detach(c);
	soak_card_end(c);
}

static unsigned long report(const struct soak_crew *crew, unsigned slots, const char *name)
{
	unsigned long count = 0, failed = 0, attaches = 0, refused = 0;

	for (unsigned i = 0; i < slots; i++) {
		count += crew->card[i].count;
		failed += crew->card[i].failed;
		attaches += crew->card[i].attaches;
		refused += crew->card[i].refused;
	}
	printf("%8lu APDUs, %6lu failed, %6lu attaches, %6lu failed: %s\n", count, failed, attaches,
	       refused, name);
	fflush(stdout);
	return count;
}

static unsigned long soak(const struct soak_kind *kind, unsigned long apdus)
{
	static struct soak_reader reader;
	static struct soak_crew crew;
	unsigned descriptors = open_descriptors();
	int live = alloc_count_now().live;

	memset(&crew, 0, sizeof crew);
	soak_reader_begin(&reader, kind);
	if (soak_slots(kind) == 1)
		one_slot(&reader, &crew.card[0], apdus);
	else
		soak_several_slots(&reader, &crew, apdus);
	soak_reader_end(&reader);
	if (alloc_count_now().live != live)
		soak_die(&reader, "%d allocations are left", alloc_count_now().live - live);
	if (open_descriptors() != descriptors)
		soak_die(&reader, "descriptors are left");
	return report(&crew, soak_slots(kind), kind->name);
}

/* What is made once in a process. */
static void warm_up(void)
{
	static struct soak_card card;
	static struct soak_reader reader;

	soak_reader_begin(&reader, &kinds[0]);
	soak_card_begin(&card, &reader, 0, soak_seed);
	reattach(&card, NULL);
	soak_detach(&card);
	soak_card_end(&card);
	soak_reader_end(&reader);
}

int main(int argc, char **argv)
{
	unsigned long all = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000, done = 0;
	const char *seed = getenv("ISCARD_SOAK_SEED"), *only = getenv("ISCARD_SOAK_KIND");

	soak_seed = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	printf("ISCARD_SOAK_SEED=%" PRIu64 "\n", soak_seed);
	alloc_count_start(ALLOC_FAIL_NEVER);
	warm_up();
	for (size_t i = 0; i < KINDS; i++)
		if (only == NULL || strtoul(only, NULL, 10) == i)
			done += soak(&kinds[i], all / KINDS + 1);
	printf("%lu APDUs\n", done);
	return done >= all || only != NULL ? 0 : 1;
}
