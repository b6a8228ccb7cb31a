/* SPDX-License-Identifier: MIT */
/* What goes wrong: in the reader, on USB, in memory, and what a person does. */
#include "soak.h"

#include "alloc_count.h"
#include "emu_fault.h"

#define SOON    3    /* messages */
#define CALM_MS 2000 /* what a person was about to do is done, an interrupt endpoint lives again */

struct spoilt {
	enum emu_fault_kind kind;
	uint32_t value;
	struct soak_fault may;
};

/* Those that change what an answer says in a way that no driver can see are not among them. */
static const struct spoilt spoilt[] = {
	{EMU_FAULT_STALL, 0, {0}},
	{EMU_FAULT_STALL_LOST, 0, {0}},
	{EMU_FAULT_DEAD, 0, {0}},
	{EMU_FAULT_UNPLUG, 0, {0}},
	{EMU_FAULT_SILENT, 0, {0}},
	{EMU_FAULT_LOST, 0, {0}},
	{EMU_FAULT_SHORT, 0, {0}},
	{EMU_FAULT_SHORT, 1, {0}},
	{EMU_FAULT_GARBAGE, 0, {0}},
	{EMU_FAULT_GARBAGE, 3, {0}},
	{EMU_FAULT_SLOT, 0, {0}},
	{EMU_FAULT_SLOT, 0xF0, {0}},
	{EMU_FAULT_SEQ, 0, {0}},
	{EMU_FAULT_TYPE, 0, {0}},
	{EMU_FAULT_TYPE, 0xFF, {0}},
	{EMU_FAULT_LENGTH, 0, {0}},
	{EMU_FAULT_LENGTH, 0x10000, {0}},
	{EMU_FAULT_NO_ZLP, 0, {0}},
	{EMU_FAULT_EXTENSIONS, 0, {0}},
	{EMU_FAULT_ERROR, 0x00, {0}},
	{EMU_FAULT_ERROR, 0x07, {0}},
	{EMU_FAULT_ERROR, 0xE0, {0}},
	{EMU_FAULT_ERROR, 0xF2, {0}},
	{EMU_FAULT_ERROR, 0xFB, {0}},
	{EMU_FAULT_ERROR, 0xFD, {0}},
	{EMU_FAULT_ERROR, 0xFE, {0}},
	{EMU_FAULT_ERROR, 0xFF, {.cancels = true}},
	{EMU_FAULT_STATUS, 0xC0, {0}},
	{EMU_FAULT_STATUS, 0x42, {.removes = true}},
	{EMU_FAULT_REMOVE, 0, {.removes = true}},
	{EMU_FAULT_REMOVE_SILENT, 0, {.removes = true}},
	{EMU_FAULT_STALE, 1, {.noise = true}},
	{EMU_FAULT_STALE, 10, {.noise = true}},
	{EMU_FAULT_ZLP_BEFORE, 1, {.noise = true}},
	{EMU_FAULT_ZLP_AFTER, 5, {.noise = true}},
	{EMU_FAULT_LONG, 1, {.noise = true}},
	{EMU_FAULT_LONG, 7, {.noise = true}},
};
#define SPOILT (sizeof spoilt / sizeof spoilt[0])

static void add(struct soak_reader *r, const struct emu_fault *f)
{
	pthread_mutex_lock(&r->s.lock);
	(void)emu_fault_add(r->s.device, f); /* enough at a time are enough */
	pthread_mutex_unlock(&r->s.lock);
}

static struct soak_fault message(struct soak_reader *r, unsigned slot, struct soak_random *random)
{
	const struct spoilt *what = &spoilt[soak_below(random, SPOILT)];
	const struct emu_fault f = {.kind = what->kind,
	                            .value = what->value,
	                            .at = soak_below(random, SOON),
	                            .times = 1 + soak_one_in(random, 4)};

	struct soak_fault may = what->may;

	(void)slot;
	add(r, &f);
	may.name = "message";
	may.number = (unsigned)(what - spoilt);
	return may;
}

/* The EDC of a block finds it (ISO/IEC 7816-3, 11.6.3.2). */
static struct soak_fault block(struct soak_reader *r, unsigned slot, struct soak_random *random)
{
	const struct emu_fault f = {
		.kind = EMU_FAULT_FLIP, .type = 0x6F, .at = soak_below(random, SOON), .times = 1};

	if (r->kind->level != 1 || r->kind->ifsc == 0 || r->kind->token != 0)
		return message(r, slot, random);
	add(r, &f);
	return (struct soak_fault){.noise = true, .name = "block"};
}

static struct soak_fault transfer(struct soak_reader *r, unsigned slot, struct soak_random *random)
{
	static const enum emu_fault_kind kinds[] = {EMU_FAULT_STALL, EMU_FAULT_STALL,
	                                            EMU_FAULT_DEAD, EMU_FAULT_UNPLUG};
	const struct emu_fault f = {.kind = kinds[soak_below(random, 4)],
	                            .transfer = true,
	                            .at = soak_below(random, 3 * SOON),
	                            .times = 1};

	(void)slot;
	add(r, &f);
	return (struct soak_fault){.name = "transfer", .number = f.kind};
}

/* What a slot is at may be at any point, of another or its own. */
static struct soak_fault cancel(struct soak_reader *r, struct soak_random *random)
{
	unsigned slot = soak_below(random, soak_slots(r->kind));

	(void)iscard_cancel(r->object[slot]);
	return (struct soak_fault){.cancels = true, .name = "cancel", .number = slot};
}

static struct soak_fault transport(struct soak_reader *r, unsigned slot, struct soak_random *random)
{
	struct fault_plan *p = &r->plan;

	if (soak_slots(r->kind) > 1)
		return soak_one_in(random, 2) ? cancel(r, random) : transfer(r, slot, random);
	p->kind = (enum fault_kind)soak_below(random, FAULT_KINDS);
	p->byte = soak_below(random, 9);
	p->byte += p->byte >= 1; /* a shorter dwLength is padding */
	p->more = soak_one_in(random, 5) ? soak_below(random, 8) : 0;
	p->fail_at = p->ops + soak_below(random, 4 * SOON);
	return (struct soak_fault){.cancels = p->kind == FAULT_CANCEL,
	                           .removes = p->kind == FAULT_GARBAGE || p->kind == FAULT_FLIP,
	                           .name = fault_name(p->kind),
	                           .number = p->byte};
}

static struct soak_fault person(struct soak_reader *r, unsigned slot, struct soak_random *random)
{
	bool later = soak_one_in(random, 2), unplug = soak_one_in(random, 8) || r->kind->token != 0;
	int64_t at = r->s.clock.now + (later ? 1 + soak_below(random, 4) : 0);

	pthread_mutex_lock(&r->s.lock);
	(void)emu_later(r->s.device, unplug ? EMU_UNPLUG : EMU_REMOVE, slot, at);
	pthread_mutex_unlock(&r->s.lock);
	return (struct soak_fault){.removes = true, .name = "person", .number = unplug};
}

static struct soak_fault interrupt(struct soak_reader *r, unsigned slot, struct soak_random *random)
{
	uint8_t junk[8];
	size_t len = 1 + soak_below(random, sizeof junk);

	(void)slot;
	for (size_t i = 0; i < len; i++)
		junk[i] = (uint8_t)soak_below(random, 256);
	junk[0] = (uint8_t)(soak_one_in(random, 2) ? 0x50 + soak_below(random, 2) : junk[0]);
	pthread_mutex_lock(&r->s.lock);
	(void)emu_interrupt(r->s.device, junk, len);
	pthread_mutex_unlock(&r->s.lock);
	return (struct soak_fault){.removes = true, .name = "interrupt", .number = junk[0]};
}

static struct soak_fault memory(struct soak_reader *r, unsigned slot, struct soak_random *random)
{
	if (soak_slots(r->kind) > 1)
		return message(r, slot, random);
	r->allocations_fail_in = soak_below(random, 6);
	alloc_count_fail_in(soak_below(random, 3));
	return (struct soak_fault){.memory = true, .name = "memory"};
}

struct soak_fault soak_arm(struct soak_reader *r, unsigned slot, struct soak_random *random)
{
	switch (soak_below(random, 16)) {
	case 0:
	case 1:
	case 2:
	case 3: return transport(r, slot, random);
	case 4:
	case 5: return transfer(r, slot, random);
	case 6:
	case 7: return person(r, slot, random);
	case 8: return interrupt(r, slot, random);
	case 9: return memory(r, slot, random);
	case 10: return block(r, slot, random);
	default:
		if (r->kind->token != 0)
			return transport(r, slot, random);
		return message(r, slot, random);
	}
}

void soak_disarm(struct soak_reader *r)
{
	alloc_count_stop_failing();
	r->allocations_fail_in = FAULT_NEVER;
	r->plan.fail_at = FAULT_NEVER;
	r->plan.more = 0;
	fake_clock_advance(&r->s.clock, CALM_MS);
	pthread_mutex_lock(&r->s.lock);
	emu_fault_clear(r->s.device);
	(void)emu_take(r->s.device, 0, r->s.clock.now); /* nothing, but the device sees the time */
	pthread_mutex_unlock(&r->s.lock);
}
