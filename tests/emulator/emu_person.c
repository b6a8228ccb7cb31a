/* SPDX-License-Identifier: MIT */
/* What a person does to the reader, now or at a time set before; and the reader's clock. */
#include "emu_priv.h"

#include <string.h>

bool emu_sees_card(const struct emu_device *d, const struct emu_slot_state *s)
{
	return s->present || (s->in_mouth && (d->cfg.flags & EMU_MOUTH_IS_PRESENT) != 0);
}

void emu_place(struct emu_device *d, struct emu_slot_state *s, bool present, bool in_mouth)
{
	bool before = emu_sees_card(d, s);

	s->present = present;
	s->in_mouth = in_mouth;
	s->take_at = 0;
	if (emu_sees_card(d, s) != before)
		s->changed = true;
}

static bool put_card(struct emu_device *d, unsigned slot, const struct emu_card_config *card,
                     bool half)
{
	struct emu_slot_state *s = &d->slot[slot];

	if (slot >= d->slots || s->present || s->in_mouth)
		return false;
	emu_card_free(s->card);
	s->card = emu_card_new(card);
	if (s->card == NULL)
		return false;
	emu_place(d, s, !half, half);
	s->accepting = false;
	return true;
}

bool emu_take_card(struct emu_device *d, unsigned slot)
{
	struct emu_slot_state *s = &d->slot[slot];

	if (slot >= d->slots || !s->present || s->locked)
		return false;
	emu_slot_off(s);
	emu_place(d, s, false, false);
	emu_end_running(d, slot, ERR_MUTE);
	emu_card_free(s->card);
	s->card = NULL;
	return true;
}

static bool take_from_mouth(struct emu_device *d, unsigned slot)
{
	struct emu_slot_state *s = &d->slot[slot];

	if (slot >= d->slots || !s->in_mouth)
		return false;
	emu_place(d, s, false, false);
	emu_card_free(s->card);
	s->card = NULL;
	return true;
}

static void happen(struct emu_device *d, const struct emu_timed *e)
{
	switch (e->what) {
	case EMU_REMOVE: emu_take_card(d, e->slot); break;
	case EMU_INSERT: put_card(d, e->slot, &d->cfg.card[e->slot], false); break;
	case EMU_TAKE: take_from_mouth(d, e->slot); break;
	case EMU_UNPLUG: d->gone = true; break;
	}
}

static void slot_time(struct emu_device *d, unsigned slot)
{
	struct emu_slot_state *s = &d->slot[slot];

	if (s->motion != 0 && d->now >= s->motion_end)
		emu_motion_done(d, slot);
	if (s->take_at != 0 && d->now >= s->take_at)
		take_from_mouth(d, slot);
	if (s->endless && d->now >= s->next_extension) {
		emu_extension(d, slot, d->now);
		s->next_extension = d->now + 100;
	}
}

void emu_tick(struct emu_device *d, int64_t now)
{
	unsigned kept = 0;

	if (now > d->now)
		d->now = now;
	for (unsigned i = 0; i < d->n_later; i++) {
		struct emu_timed e = d->later[i];

		if (e.at <= d->now)
			happen(d, &e);
		else
			d->later[kept++] = e;
	}
	d->n_later = kept;
	for (unsigned i = 0; i < d->slots; i++)
		slot_time(d, i);
}

static void sooner(int64_t *next, int64_t at, int64_t now)
{
	if (at > now && at < *next)
		*next = at;
}

int64_t emu_next_ms(const struct emu_device *d)
{
	int64_t next = emu_queue_next(d);

	for (unsigned i = 0; i < d->n_later; i++)
		sooner(&next, d->later[i].at, d->now);
	for (unsigned i = 0; i < d->slots; i++) {
		const struct emu_slot_state *s = &d->slot[i];

		if (s->motion != 0)
			sooner(&next, s->motion_end, d->now);
		if (s->endless)
			sooner(&next, s->next_extension, d->now);
		sooner(&next, s->take_at, d->now);
	}
	return d->gone ? EMU_NEVER : next;
}

bool emu_later(struct emu_device *d, enum emu_event what, unsigned slot, int64_t at_ms)
{
	if (d->n_later == EMU_EVENTS || slot >= d->slots)
		return false;
	d->later[d->n_later++] = (struct emu_timed){at_ms, what, slot};
	return true;
}

bool emu_insert(struct emu_device *d, unsigned slot, const struct emu_card_config *card,
                int64_t now_ms)
{
	emu_tick(d, now_ms);
	return put_card(d, slot, card, false);
}

bool emu_insert_half(struct emu_device *d, unsigned slot, const struct emu_card_config *card,
                     int64_t now_ms)
{
	emu_tick(d, now_ms);
	return put_card(d, slot, card, true);
}

bool emu_remove(struct emu_device *d, unsigned slot, int64_t now_ms)
{
	emu_tick(d, now_ms);
	return emu_take_card(d, slot);
}

bool emu_take(struct emu_device *d, unsigned slot, int64_t now_ms)
{
	emu_tick(d, now_ms);
	return take_from_mouth(d, slot);
}

void emu_unplug(struct emu_device *d, int64_t now_ms)
{
	emu_tick(d, now_ms);
	d->gone = true;
}

void emu_plug(struct emu_device *d, int64_t now_ms)
{
	emu_tick(d, now_ms);
	emu_restart(d);
	d->gone = false;
	d->configuration = 0;
	for (unsigned i = 0; i < d->slots; i++)
		d->slot[i].locked = d->slot[i].accepting = false;
}

void emu_jam(struct emu_device *d, unsigned slot, bool jammed)
{
	if (slot < d->slots)
		d->slot[slot].jammed = jammed;
}

bool emu_interrupt(struct emu_device *d, const uint8_t *data, size_t len)
{
	if (d->int_count == EMU_INT_QUEUE || len > sizeof d->int_data[0])
		return false;
	memcpy(d->int_data[d->int_count], data, len);
	d->int_len[d->int_count++] = (uint8_t)len;
	return true;
}

struct emu_slot_view emu_slot(const struct emu_device *d, unsigned slot)
{
	const struct emu_slot_state *s = &d->slot[slot < EMU_SLOTS_MAX ? slot : 0];
	struct emu_slot_view v = {.present = s->present,
	                          .active = s->active,
	                          .clock_stopped = s->clock_stopped,
	                          .in_mouth = s->in_mouth,
	                          .locked = s->locked,
	                          .accepting = s->accepting,
	                          .captured = s->captured,
	                          .supply = s->supply,
	                          .protocol = s->protocol,
	                          .fidi = s->protocol == 0 ? s->t0[0] : s->t1[0],
	                          .pad = s->pad,
	                          .pad_len = s->pad_len};

	if (s->protocol == 0)
		memcpy(v.parameters, s->t0, sizeof s->t0);
	else
		memcpy(v.parameters, s->t1, sizeof s->t1);
	return v;
}
