/* SPDX-License-Identifier: MIT */
#include "emu_fault.h"
#include "emu_priv.h"

#include <string.h>

bool emu_fault_add(struct emu_device *d, const struct emu_fault *f)
{
	struct emu_fault *slot;

	if (d->n_faults == EMU_FAULTS)
		return false;
	slot = &d->fault[d->n_faults++];
	*slot = *f;
	if (slot->times == 0)
		slot->times = 1;
	return true;
}

void emu_fault_clear(struct emu_device *d)
{
	d->n_faults = 0;
}

unsigned emu_operations(const struct emu_device *d)
{
	return d->operations;
}

/* Counts down at, then times. */
static bool strikes(struct emu_fault *f)
{
	if (f->at > 0) {
		f->at--;
		return false;
	}
	if (f->times == 0)
		return false;
	f->times--;
	return true;
}

static bool *halt_of(struct emu_device *d, uint8_t ep)
{
	if (ep == d->cfg.ep_in)
		return &d->halted_in;
	return ep == d->cfg.ep_out ? &d->halted_out : &d->halted_int;
}

bool emu_fault_operation(struct emu_device *d, uint8_t ep, int *status)
{
	enum emu_fault_kind kind = EMU_FAULT_NONE;

	d->operations++;
	for (unsigned i = 0; i < d->n_faults; i++)
		if (d->fault[i].transfer && strikes(&d->fault[i]))
			kind = d->fault[i].kind;
	switch (kind) {
	case EMU_FAULT_STALL:
		if (ep != 0)
			*halt_of(d, ep) = true;
		*status = EMU_STALL;
		return true;
	case EMU_FAULT_DEAD:
		d->dead = true;
		*status = ep == 0 ? EMU_STALL : EMU_NAK;
		return true;
	case EMU_FAULT_UNPLUG:
		d->gone = true;
		*status = EMU_GONE;
		return true;
	default: return false;
	}
}

struct emu_fault emu_fault_message(struct emu_device *d, uint8_t type)
{
	struct emu_fault hit = {.kind = EMU_FAULT_NONE};

	for (unsigned i = 0; i < d->n_faults; i++) {
		struct emu_fault *f = &d->fault[i];

		if (!f->transfer && (f->type == 0 || f->type == type) && strikes(f))
			hit = *f;
	}
	return hit;
}

static void hang(struct emu_device *d, unsigned slot, bool extensions)
{
	struct emu_slot_state *s = &d->slot[slot];

	s->busy_until = EMU_NEVER;
	s->endless = extensions;
	s->next_extension = d->now + 100;
}

static void lose_card(struct emu_device *d, unsigned slot, bool answered)
{
	unsigned flags = d->cfg.flags;

	hang(d, slot, false);
	d->cfg.flags = answered ? flags & ~EMU_REMOVAL_UNANSWERED : flags | EMU_REMOVAL_UNANSWERED;
	emu_take_card(d, slot);
	d->cfg.flags = flags;
}

bool emu_fault_refuses(const struct emu_fault *f)
{
	return f->kind == EMU_FAULT_ERROR && (f->value == ERR_SLOT_BUSY || f->value == ERR_BUSY);
}

bool emu_fault_instead(struct emu_device *d, unsigned slot, const struct emu_fault *f)
{
	switch (f->kind) {
	case EMU_FAULT_DEAD: d->dead = true; return true;
	case EMU_FAULT_UNPLUG: d->gone = true; return true;
	case EMU_FAULT_SILENT: hang(d, slot, false); return true;
	case EMU_FAULT_EXTENSIONS: hang(d, slot, true); return true;
	case EMU_FAULT_LOST: return true;
	case EMU_FAULT_STALL_LOST: d->halted_in = true; return true;
	case EMU_FAULT_REMOVE: lose_card(d, slot, true); return true;
	case EMU_FAULT_REMOVE_SILENT: lose_card(d, slot, false); return true;
	default: return false;
	}
}

static uint32_t value_or(const struct emu_fault *f, uint32_t otherwise)
{
	return f->value != 0 ? f->value : otherwise;
}

/* The answer in d->tx with a field changed, and its new length. */
static size_t spoil(struct emu_device *d, const struct emu_fault *f, size_t len)
{
	uint8_t *p = d->tx;
	uint32_t n;

	switch (f->kind) {
	case EMU_FAULT_SHORT: n = value_or(f, (uint32_t)(len / 2)); return n < len ? len - n : 0;
	case EMU_FAULT_LONG:
		n = value_or(f, 1) < 256 ? value_or(f, 1) : 256;
		memset(p + len, 0xEE, n);
		return len + n;
	case EMU_FAULT_GARBAGE:
		n = value_or(f, 64) < 512 ? value_or(f, 64) : 512;
		memset(p, 0xA5, n);
		return n;
	case EMU_FAULT_SLOT: p[5] = (uint8_t)(p[5] + value_or(f, 1)); return len;
	case EMU_FAULT_SEQ: p[6] = (uint8_t)(p[6] + value_or(f, 1)); return len;
	case EMU_FAULT_TYPE: p[0] = (uint8_t)value_or(f, IN_ESCAPE); return len;
	case EMU_FAULT_LENGTH: emu_put32(p + 1, value_or(f, 0xFFFFFFF0)); return len;
	case EMU_FAULT_ERROR:
		p[7] = (uint8_t)((p[7] & 3) | 0x40);
		p[8] = (uint8_t)f->value;
		emu_put32(p + 1, 0);
		return 10;
	case EMU_FAULT_FLIP: p[len - 1] ^= 0xFF; return len;
	case EMU_FAULT_STATUS: p[7] = (uint8_t)f->value; return len;
	case EMU_FAULT_EMPTY: emu_put32(p + 1, 0); return 10;
	case EMU_FAULT_CHAIN: p[9] = (uint8_t)f->value; return len;
	default: return len;
	}
}

static void stale(struct emu_device *d, uint32_t count, int64_t ready)
{
	uint8_t old[10] = {IN_SLOT_STATUS};

	old[5] = d->tx[5];
	old[7] = d->tx[7] & 3;
	for (uint32_t i = count; i > 0 && i < 256; i--) {
		old[6] = (uint8_t)(d->tx[6] - i);
		emu_queue(d, old, sizeof old, ready);
	}
}

static void empty(struct emu_device *d, uint32_t count, int64_t ready)
{
	for (uint32_t i = 0; i < count && i < 256; i++)
		emu_queue(d, NULL, 0, ready);
}

void emu_fault_answer(struct emu_device *d, const struct emu_fault *f, size_t len, int64_t ready)
{
	struct emu_msg *m;

	if (f->kind == EMU_FAULT_STALL)
		d->halted_in = true;
	if (f->kind == EMU_FAULT_STALE)
		stale(d, value_or(f, 1), ready);
	if (f->kind == EMU_FAULT_ZLP_BEFORE)
		empty(d, value_or(f, 1), ready);
	len = spoil(d, f, len);
	emu_queue(d, d->tx, len, ready);
	m = emu_queue_find(d, ready);
	if (m != NULL && f->kind == EMU_FAULT_NO_ZLP)
		m->zlp = false;
	if (f->kind == EMU_FAULT_ZLP_AFTER)
		empty(d, value_or(f, 1), ready);
}
