/* SPDX-License-Identifier: MIT */
/* The emulated reader as a USB device: its life, its endpoints, the plug and the clock. */
#include "emu_priv.h"

#include <stdlib.h>
#include <string.h>

static void copy_texts(struct emu_device *d, const struct emu_config *cfg)
{
	const char *src[4] = {cfg->manufacturer, cfg->product, cfg->serial, cfg->interface_name};

	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0;
		     src[i] != NULL && src[i][k] != '\0' && k + 1 < sizeof d->texts[i]; k++)
			d->texts[i][k] = src[i][k];
}

static void read_descriptor(struct emu_device *d)
{
	const uint8_t *p = d->cfg.class_desc;

	d->slots = p[4] < EMU_SLOTS_MAX ? p[4] + 1u : EMU_SLOTS_MAX;
	d->busy_slots = p[53] == 0 ? 1 : p[53];
	d->mechanical = emu_get32(p + 36);
	d->features = emu_get32(p + 40);
	d->max_message = emu_get32(p + 44);
	if ((d->features & 0x40000) != 0)
		d->level = LEVEL_EXTENDED;
	else if ((d->features & 0x20000) != 0)
		d->level = LEVEL_SHORT;
	else
		d->level = (d->features & 0x10000) != 0 ? LEVEL_TPDU : LEVEL_CHARACTER;
}

static bool make_slots(struct emu_device *d)
{
	for (unsigned i = 0; i < d->slots; i++) {
		struct emu_slot_state *s = &d->slot[i];

		s->apdu = malloc(EMU_COMMAND_MAX);
		if (d->cfg.card_in[i])
			s->card = emu_card_new(&d->cfg.card[i]);
		s->present = s->card != NULL;
		if (s->apdu == NULL || (d->cfg.card_in[i] && s->card == NULL))
			return false;
	}
	return true;
}

struct emu_device *emu_create(const struct emu_config *cfg)
{
	struct emu_device *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->cfg = *cfg;
	copy_texts(d, cfg);
	read_descriptor(d);
	d->rx_cap = 10 + EMU_COMMAND_MAX + 512;
	d->rx = malloc(d->rx_cap);
	if (d->rx == NULL || !make_slots(d)) {
		emu_destroy(d);
		return NULL;
	}
	emu_build_descriptors(d);
	return d;
}

void emu_destroy(struct emu_device *d)
{
	if (d == NULL)
		return;
	emu_queue_drop(d, -1, INT64_MIN);
	for (unsigned i = 0; i < EMU_SLOTS_MAX; i++) {
		emu_card_free(d->slot[i].card);
		free(d->slot[i].apdu);
	}
	free(d->spare);
	free(d->rx);
	free(d);
}

void emu_restart(struct emu_device *d)
{
	emu_queue_drop(d, -1, INT64_MIN);
	d->halted_in = d->halted_out = d->halted_int = false;
	d->dead = false;
	d->rx_len = 0;
	d->have_seq = false;
	d->int_count = 0;
	for (unsigned i = 0; i < d->slots; i++) {
		emu_slot_off(&d->slot[i]);
		emu_slot_idle(&d->slot[i]);
	}
}

void emu_reset(struct emu_device *d, int64_t now_ms)
{
	emu_tick(d, now_ms);
	emu_restart(d);
	d->configuration = 0;
}

static bool usable(struct emu_device *d, bool *halted, int *status)
{
	*status = EMU_OK;
	if (d->gone)
		*status = EMU_GONE;
	else if (d->configuration == 0)
		*status = EMU_STALL;
	else if (*halted)
		*status = EMU_STALL;
	else if (d->dead)
		*status = EMU_NAK;
	if (d->configuration == 0)
		emu_violation(d, &d->counts.unconfigured);
	return *status == EMU_OK;
}

static void take_out(struct emu_device *d, const uint8_t *data, size_t len)
{
	size_t room = d->rx_cap - d->rx_len, n = len < room ? len : room, want;

	memcpy(d->rx + d->rx_len, data, n);
	d->rx_len += n;
	want = d->rx_len >= 10 ? 10 + (size_t)emu_get32(d->rx + 1) : d->rx_cap;
	if (len % d->cfg.mps == 0 && d->rx_len < want && room > 0)
		return; /* full packets: more follows */
	n = d->rx_len;
	d->rx_len = 0;
	emu_message(d, d->rx, n);
}

int emu_out(struct emu_device *d, uint8_t ep, const uint8_t *data, size_t len, int64_t now_ms)
{
	int status;

	emu_tick(d, now_ms);
	if (ep == 0 || ep != d->cfg.ep_out)
		return d->gone ? EMU_GONE : EMU_STALL;
	if (!usable(d, &d->halted_out, &status) || emu_fault_operation(d, ep, &status))
		return status;
	d->counts.out_transfers++;
	if (len == 0 && d->rx_len == 0)
		emu_violation(d, &d->counts.bulk_zlp);
	else
		take_out(d, data, len);
	return EMU_OK;
}

static int take_interrupt(struct emu_device *d, uint8_t *buf, size_t cap)
{
	uint8_t n = d->int_len[0];

	if (n > cap)
		return EMU_BABBLE;
	memcpy(buf, d->int_data[0], n);
	d->int_count--;
	memmove(d->int_data[0], d->int_data[1], d->int_count * sizeof d->int_data[0]);
	memmove(d->int_len, d->int_len + 1, d->int_count);
	return n;
}

/* RDR_to_PC_NotifySlotChange, USB CCID 1.1, 6.3.1. */
static int notify(struct emu_device *d, uint8_t *buf, size_t cap)
{
	uint8_t msg[1 + (EMU_SLOTS_MAX + 3) / 4] = {0x50};
	size_t len = 1 + (d->slots + 3) / 4;
	bool any = false;

	for (unsigned i = 0; i < d->slots; i++) {
		const struct emu_slot_state *s = &d->slot[i];

		msg[1 + i / 4] |= (uint8_t)((emu_sees_card(d, s) | s->changed << 1) << 2 * (i % 4));
		any = any || s->changed;
	}
	if (!any)
		return EMU_NAK;
	if ((d->cfg.flags & EMU_NOTIFY_ENDS_SHORT) != 0)
		len--;
	if (len > cap)
		return EMU_BABBLE;
	for (unsigned i = 0; i < d->slots; i++)
		d->slot[i].changed = false;
	memcpy(buf, msg, len);
	return (int)len;
}

static bool has_notification(const struct emu_device *d)
{
	for (unsigned i = 0; i < d->slots; i++)
		if (d->slot[i].changed)
			return true;
	return d->int_count > 0;
}

static int in_interrupt(struct emu_device *d, uint8_t *buf, size_t cap)
{
	int status;

	if (!usable(d, &d->halted_int, &status))
		return status;
	if (!has_notification(d))
		return EMU_NAK;
	if (emu_fault_operation(d, d->cfg.ep_int, &status))
		return status;
	return d->int_count > 0 ? take_interrupt(d, buf, cap) : notify(d, buf, cap);
}

int emu_in(struct emu_device *d, uint8_t ep, uint8_t *buf, size_t cap, int64_t now_ms)
{
	int status;

	emu_tick(d, now_ms);
	if (ep != 0 && ep == d->cfg.ep_int)
		return in_interrupt(d, buf, cap);
	if (ep == 0 || ep != d->cfg.ep_in)
		return d->gone ? EMU_GONE : EMU_STALL;
	if (!usable(d, &d->halted_in, &status))
		return status;
	if (d->queue == NULL || d->queue->ready > d->now)
		return EMU_NAK;
	if (emu_fault_operation(d, ep, &status))
		return status;
	status = emu_queue_take(d, buf, cap);
	if (status >= 0)
		d->counts.in_transfers++;
	return status;
}

const uint8_t *emu_device_desc(const struct emu_device *d)
{
	return d->device_desc;
}

const uint8_t *emu_config_desc(const struct emu_device *d, size_t *len)
{
	*len = d->config_len;
	return d->config_desc;
}

uint8_t emu_speed(const struct emu_device *d)
{
	return d->cfg.speed;
}

bool emu_plugged(const struct emu_device *d)
{
	return !d->gone;
}

const struct emu_counts *emu_counts(const struct emu_device *d)
{
	return &d->counts;
}
