/* SPDX-License-Identifier: MIT */
/* Power: IccPowerOn, IccPowerOff (USB CCID 1.1, 6.1.1 and 6.1.2). */
#include "emu_priv.h"

#define FEATURE_AUTO_ACTIVATION 0x04u
#define FEATURE_AUTO_VOLTAGE    0x08u
#define FEATURE_AUTO_IFSD       0x400u

void emu_slot_off(struct emu_slot_state *s)
{
	s->active = s->clock_stopped = false;
	s->supply = 0;
	s->chaining = false;
	s->rest_len = 0;
	emu_params_default(s);
	s->card_protocols = 0;
}

void emu_slot_idle(struct emu_slot_state *s)
{
	s->busy_until = 0;
	s->endless = false;
	s->motion = 0;
	s->abort_control = s->abort_bulk = false;
	s->strike.kind = EMU_FAULT_NONE;
}

/* Supplies to try, EMU_CLASS_*, for a bPowerSelect; 0 when it is wrong. */
static unsigned supplies(const struct emu_device *d, uint8_t select)
{
	unsigned can = d->cfg.class_desc[5] & 7u;
	bool automatic = (d->features & (FEATURE_AUTO_ACTIVATION | FEATURE_AUTO_VOLTAGE)) != 0;

	if (can == 0)
		can = 7;
	if (automatic)
		return select == 0 ? can : 0;
	if (select < 1 || select > 3)
		return 0;
	return can & 1u << (select - 1);
}

static size_t reset_card(struct emu_slot_state *s, unsigned try, const uint8_t **atr)
{
	bool warm = s->active;

	if (warm)
		try = s->supply;
	for (unsigned v = EMU_CLASS_5V; v <= EMU_CLASS_1V8; v <<= 1) {
		size_t n = (try & v) != 0 ? emu_card_reset(s->card, v, warm, atr) : 0;

		if (n > 0) {
			s->supply = v;
			return n;
		}
	}
	return 0;
}

/* A reader with automatic IFSD has already told the card how much it takes. */
static void start_t1(const struct emu_device *d, struct emu_slot_state *s)
{
	uint32_t most = emu_get32(d->cfg.class_desc + 28);
	uint8_t ifsd = 32;

	if ((d->features & FEATURE_AUTO_IFSD) != 0 && most > 0)
		ifsd = (uint8_t)(most < 254 ? most : 254);
	emu_t1_reset(&s->blocks, s->card, s->apdu, s->t1[5], ifsd, (s->t1[1] & 1) != 0);
}

void emu_activate(struct emu_device *d, struct emu_slot_state *s, unsigned try, struct emu_reply *r)
{
	r->extensions = d->cfg.extensions;
	r->step_ms = d->cfg.extension_ms;
	r->len = reset_card(s, try, &r->data);
	s->chaining = false;
	s->rest_len = 0;
	if (r->len == 0) {
		emu_slot_off(s);
		emu_fail(r, ERR_MUTE);
		return;
	}
	s->active = s->negotiable = true;
	s->clock_stopped = false;
	s->line.in_len = s->line.out_len = s->line.out_off = 0;
	emu_params_from_atr(d, s, r->data, r->len);
	start_t1(d, s);
}

void emu_power_on(struct emu_device *d, unsigned slot, const struct emu_cmd *c, struct emu_reply *r)
{
	struct emu_slot_state *s = &d->slot[slot];
	unsigned try = supplies(d, c->msg[7]);

	if (try == 0) {
		emu_violation(d, &d->counts.bad_power);
		emu_fail(r, ERR_PARAM);
		return;
	}
	if (!s->present) {
		emu_fail(r, ERR_MUTE);
		return;
	}
	emu_activate(d, s, try, r);
}

void emu_power_off(struct emu_device *d, unsigned slot, const struct emu_cmd *c,
                   struct emu_reply *r)
{
	(void)c;
	(void)r;
	emu_slot_off(&d->slot[slot]);
}
