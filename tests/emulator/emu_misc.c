/* SPDX-License-Identifier: MIT */
/* The smaller commands: Escape, IccClock, T0APDU, SetDataRateAndClockFrequency. */
#include "emu_priv.h"

#include <string.h>

#define FEATURE_CLOCK_STOP 0x100u

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
