/* SPDX-License-Identifier: MIT */
/* Get-, Set- and ResetParameters (USB CCID 1.1, 6.1.5 to 6.1.7), and what a reader with automatic
 * parameters takes from the ATR (ISO/IEC 7816-3, 8.2). */
#include "emu_priv.h"

#include <string.h>

#define FEATURE_AUTO_PARAMETERS  0x02u
#define FEATURE_AUTO_NEGOTIATION 0x40u
#define FEATURE_NAD              0x200u

void emu_params_default(struct emu_slot_state *s)
{
	static const uint8_t t0[5] = {0x11, 0x00, 0x00, 0x0A, 0x00};
	static const uint8_t t1[7] = {0x11, 0x10, 0x00, 0x4D, 0x00, 0x20, 0x00};

	s->protocol = 0;
	s->have_params = false;
	memcpy(s->t0, t0, sizeof t0);
	memcpy(s->t1, t1, sizeof t1);
}

static void t1_group(struct emu_slot_state *s, const int v[3])
{
	if (v[0] > 0) /* FF is reserved; a card that says so takes as much as there can be */
		s->t1[5] = (uint8_t)(v[0] < 0xFF ? v[0] : 0xFE);
	if (v[1] >= 0)
		s->t1[3] = (uint8_t)v[1];
	if (v[2] >= 0)
		s->t1[1] = (uint8_t)(0x10 | (v[2] & 1));
}

static void take_group(struct emu_slot_state *s, unsigned group, int protocol, const int v[3])
{
	if (group == 1) {
		if (v[0] >= 0)
			s->card_ta1 = (uint8_t)v[0];
		if (v[2] >= 0)
			s->t0[2] = s->t1[2] = (uint8_t)v[2];
	} else if (group == 2) {
		if (v[2] > 0)
			s->t0[3] = (uint8_t)v[2];
	} else if (protocol == 1) {
		t1_group(s, v);
	}
}

/* The interface bytes; TA2, or -1. */
static int read_atr(struct emu_slot_state *s, const uint8_t *atr, size_t len)
{
	uint8_t td = len > 1 ? atr[1] : 0;
	int protocol = 0, ta2 = -1;
	size_t at = 2;

	for (unsigned group = 1; group <= 8; group++) {
		int v[3] = {-1, -1, -1};

		for (unsigned k = 0; k < 3; k++)
			if ((td & 0x10 << k) != 0 && at < len)
				v[k] = atr[at++];
		take_group(s, group, protocol, v);
		if (group == 2)
			ta2 = v[0];
		if ((td & 0x80) == 0 || at >= len)
			break;
		td = atr[at++];
		protocol = td & 0x0F;
		if (group == 1)
			s->protocol = (uint8_t)protocol;
		s->card_protocols |= 1u << protocol;
	}
	return ta2;
}

static bool protocol_taken(const struct emu_device *d, const struct emu_slot_state *s,
                           unsigned protocol)
{
	unsigned reader = emu_get32(d->cfg.class_desc + 6) & 3;

	if (reader == 0)
		reader = 3;
	return protocol <= 1 && (reader >> protocol & 1) != 0 &&
	       (s->card_protocols == 0 || (s->card_protocols >> protocol & 1) != 0);
}

void emu_params_from_atr(struct emu_device *d, struct emu_slot_state *s, const uint8_t *atr,
                         size_t len)
{
	int ta2;

	emu_params_default(s);
	s->card_protocols = 0;
	s->card_ta1 = 0x11;
	ta2 = read_atr(s, atr, len);
	if (s->card_protocols == 0)
		s->card_protocols = 1;
	if (ta2 >= 0)
		s->protocol = (uint8_t)(ta2 & 0x0F);
	if (s->protocol > 1)
		s->protocol = 0;
	if ((d->features & FEATURE_AUTO_NEGOTIATION) != 0 && !protocol_taken(d, s, s->protocol) &&
	    protocol_taken(d, s, s->protocol ^ 1))
		s->protocol ^= 1;
	s->have_params = (d->features & (FEATURE_AUTO_PARAMETERS | FEATURE_AUTO_NEGOTIATION)) != 0;
	emu_speed_start(d, s, ta2);
	if (!s->have_params)
		s->protocol = 0;
}

static bool di_rfu(uint8_t fidi)
{
	unsigned fi = fidi >> 4, di = fidi & 0x0F;

	return fi == 7 || fi == 8 || fi > 13 || di == 0 || di > 9;
}

/* Offset of the first wrong field in the message, or 0. */
static uint8_t check(const struct emu_device *d, uint8_t protocol, const uint8_t *p)
{
	if (di_rfu(p[0]))
		return 0x0A;
	if (protocol == 0 ? (p[1] & ~0x02u) != 0 : (p[1] & ~0x03u) != 0x10)
		return 0x0B;
	if (protocol == 0 ? p[3] == 0 : (p[3] >> 4) > 9)
		return 0x0D;
	if (p[4] > 3)
		return 0x0E;
	if (protocol == 0)
		return 0;
	if (p[5] == 0 || p[5] == 0xFF)
		return 0x0F;
	return p[6] != 0 && (d->features & FEATURE_NAD) == 0 ? 0x10 : 0;
}

static bool unsupported(const struct emu_device *d, struct emu_reply *r)
{
	if ((d->cfg.flags & EMU_NO_PARAMETERS) == 0)
		return false;
	emu_fail(r, ERR_UNSUPPORTED);
	return true;
}

static void give(const struct emu_slot_state *s, struct emu_reply *r)
{
	r->param = s->protocol;
	r->data = s->protocol == 0 ? s->t0 : s->t1;
	r->len = s->protocol == 0 ? sizeof s->t0 : sizeof s->t1;
}

void emu_set_parameters(struct emu_device *d, unsigned slot, const struct emu_cmd *c,
                        struct emu_reply *r)
{
	struct emu_slot_state *s = &d->slot[slot];
	uint8_t protocol = c->msg[7], wrong;

	if (unsupported(d, r))
		return;
	if (!protocol_taken(d, s, protocol))
		wrong = ERR_PARAM;
	else if (c->data_len != (protocol == 0 ? 5 : 7))
		wrong = ERR_LENGTH;
	else
		wrong = check(d, protocol, c->data);
	if (wrong != 0) {
		emu_violation(d, &d->counts.bad_parameters);
		emu_fail(r, wrong);
		return;
	}
	if (!emu_speed_possible(d, c->data[0]) && !s->specific) {
		emu_violation(d, &d->counts.bad_speed);
		emu_fail(r, 0x0A);
		return;
	}
	if (!emu_speed_pps_by_reader(d, s, protocol, c->data[0])) {
		emu_fail(r, ERR_MUTE);
		return;
	}
	s->protocol = protocol;
	s->have_params = true;
	memcpy(protocol == 0 ? s->t0 : s->t1, c->data, c->data_len);
	if (s->active)
		s->negotiable = false;
	give(s, r);
}

void emu_get_parameters(struct emu_device *d, unsigned slot, const struct emu_cmd *c,
                        struct emu_reply *r)
{
	(void)c;
	if (!unsupported(d, r))
		give(&d->slot[slot], r);
}

void emu_reset_parameters(struct emu_device *d, unsigned slot, const struct emu_cmd *c,
                          struct emu_reply *r)
{
	(void)c;
	if (unsupported(d, r))
		return;
	emu_params_default(&d->slot[slot]);
	give(&d->slot[slot], r);
}
