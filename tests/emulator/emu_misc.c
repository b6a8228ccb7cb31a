/* SPDX-License-Identifier: MIT */
/* The smaller commands: Escape, IccClock, T0APDU, SetDataRateAndClockFrequency, Secure. */
#include "emu_priv.h"

#include <string.h>

#define FEATURE_CLOCK_STOP 0x100u
#define PIN_VERIFY         1u

void emu_escape(struct emu_device *d, unsigned slot, const struct emu_cmd *c, struct emu_reply *r)
{
	(void)slot;
	if ((d->cfg.flags & EMU_NO_ESCAPE) != 0) {
		emu_fail(r, ERR_UNSUPPORTED);
		return;
	}
	r->data = c->data;
	r->len = c->data_len;
}

void emu_icc_clock(struct emu_device *d, unsigned slot, const struct emu_cmd *c,
                   struct emu_reply *r)
{
	if ((d->features & FEATURE_CLOCK_STOP) == 0) {
		emu_violation(d, &d->counts.unadvertised);
		emu_fail(r, ERR_UNSUPPORTED);
	} else if (c->msg[7] > 1) {
		emu_fail(r, ERR_PARAM);
	} else {
		d->slot[slot].clock_stopped = c->msg[7] == 1;
		r->param = c->msg[7];
	}
}

void emu_t0_apdu(struct emu_device *d, unsigned slot, const struct emu_cmd *c, struct emu_reply *r)
{
	if (d->level < LEVEL_SHORT) {
		emu_violation(d, &d->counts.unadvertised);
		emu_fail(r, ERR_UNSUPPORTED);
	} else if (c->msg[7] > 3) {
		emu_fail(r, ERR_PARAM);
	} else {
		memcpy(d->slot[slot].classes, c->msg + 7, 3);
	}
}

/* What was asked for, held to the limits of the descriptor. */
void emu_set_rate(struct emu_device *d, unsigned slot, const struct emu_cmd *c, struct emu_reply *r)
{
	static const uint8_t at[2][2] = {{10, 14}, {19, 23}};
	uint8_t *set = d->slot[slot].apdu;

	for (unsigned i = 0; i < 2; i++) {
		uint32_t v = emu_get32(c->data + 4 * i);
		uint32_t least = emu_get32(d->cfg.class_desc + at[i][0]);
		uint32_t most = emu_get32(d->cfg.class_desc + at[i][1]);

		if (v < least)
			v = least;
		emu_put32(set + 4 * i, v > most ? most : v);
	}
	r->data = set;
	r->len = 8;
}

/* Offset of what is wrong with a PIN verification structure, or 0. Taken here: ASCII, bytes, left
 * justified, no length field. */
static uint8_t check_pin(const struct emu_cmd *c)
{
	if (c->data_len < 15 + 4)
		return ERR_LENGTH;
	if (c->data[0] != 0)
		return 0x0A;
	if ((c->data[2] & 0x87) != 0x82)
		return 0x0C;
	if ((c->data[3] & 0xF0) != 0)
		return 0x0D;
	if (c->data[7] == 0 || c->data[7] > 7)
		return 0x11;
	return 0;
}

/* The person at the pad types 1 2 3 4; one time extension a key. */
void emu_secure(struct emu_device *d, unsigned slot, const struct emu_cmd *c, struct emu_reply *r)
{
	struct emu_slot_state *s = &d->slot[slot];
	size_t block, head = 5;
	struct emu_card_answer a;
	uint8_t wrong;

	if ((d->cfg.class_desc[52] & PIN_VERIFY) == 0 || d->level < LEVEL_SHORT) {
		emu_violation(d, &d->counts.unadvertised);
		emu_fail(r, ERR_UNSUPPORTED);
		return;
	}
	wrong = check_pin(c);
	if (wrong != 0) {
		emu_fail(r, wrong);
		return;
	}
	block = (c->data[3] & 0x0F) > 4 ? c->data[3] & 0x0Fu : 4;
	memcpy(s->apdu, c->data + 15, 4);
	s->apdu[4] = (uint8_t)block;
	memset(s->apdu + head, 0xFF, block);
	memcpy(s->apdu + head, "1234", 4);
	emu_card_apdu(s->card, s->apdu, head + block, &a);
	r->data = a.data;
	r->len = a.len;
	r->extensions = 4;
	r->step_ms = d->cfg.extension_ms;
}
