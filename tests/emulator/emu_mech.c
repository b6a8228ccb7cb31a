/* SPDX-License-Identifier: MIT */
/* PC_to_RDR_Mechanical (USB CCID 1.1, 6.1.12): a motor, a mouth, a bin and a lock. */
#include "emu_priv.h"

enum function {
	ACCEPT = 1,
	EJECT,
	CAPTURE,
	LOCK,
	UNLOCK
};

static const uint8_t advertised_by[] = {
	[ACCEPT] = 0x01, [EJECT] = 0x02, [CAPTURE] = 0x04, [LOCK] = 0x08, [UNLOCK] = 0x08,
};

static void vanish(struct emu_slot_state *s)
{
	s->present = false;
	s->changed = true;
}

static void accept_card(struct emu_slot_state *s)
{
	if (s->in_mouth) {
		s->in_mouth = false;
		s->take_at = 0;
		s->present = s->changed = true;
	} else {
		s->accepting = !s->present;
	}
}

static void move(struct emu_device *d, struct emu_slot_state *s, uint8_t function)
{
	switch (function) {
	case ACCEPT: accept_card(s); break;
	case EJECT:
		vanish(s);
		s->in_mouth = true;
		if (d->cfg.take_ms > 0)
			s->take_at = d->now + d->cfg.take_ms;
		break;
	case CAPTURE:
		vanish(s);
		s->captured++;
		emu_card_free(s->card);
		s->card = NULL;
		break;
	case LOCK: s->locked = true; break;
	case UNLOCK: s->locked = false; break;
	default: break;
	}
}

/* bError, or -1 when the motor may run. */
static int obstacle(const struct emu_slot_state *s, uint8_t function)
{
	bool needs_card = function == EJECT || function == CAPTURE || function == LOCK;

	if (needs_card && !s->present)
		return ERR_MUTE;
	if (s->jammed)
		return ERR_HARDWARE;
	if ((function == EJECT || function == CAPTURE) && s->locked)
		return ERR_HARDWARE;
	return -1;
}

static void start(struct emu_device *d, unsigned slot, uint8_t function)
{
	struct emu_slot_state *s = &d->slot[slot];

	if (function == EJECT || function == CAPTURE)
		emu_slot_off(s);
	s->motion = function;
	s->motion_end = d->now + d->cfg.motion_ms;
	s->busy_until = s->motion_end + 1;
	for (int64_t t = d->now + 500; t < s->motion_end; t += 500)
		emu_extension(d, slot, t);
}

void emu_motion_done(struct emu_device *d, unsigned slot)
{
	struct emu_slot_state *s = &d->slot[slot];
	struct emu_reply r = {.type = IN_SLOT_STATUS, .strike = &s->strike};
	uint8_t function = s->motion;

	s->motion = 0;
	if (s->jammed)
		emu_fail(&r, ERR_HARDWARE);
	else
		move(d, s, function);
	s->busy_until = emu_answer(d, slot, s->run_seq, &r);
}

void emu_mechanical(struct emu_device *d, unsigned slot, const struct emu_cmd *c,
                    struct emu_reply *r)
{
	uint8_t function = c->msg[7];
	int error;

	if (function < ACCEPT || function > UNLOCK) {
		emu_violation(d, &d->counts.rfu);
		emu_fail(r, ERR_PARAM);
		return;
	}
	if ((d->mechanical & advertised_by[function]) == 0) {
		emu_violation(d, &d->counts.unadvertised);
		emu_fail(r, d->mechanical == 0 ? ERR_UNSUPPORTED : ERR_PARAM);
		return;
	}
	error = obstacle(&d->slot[slot], function);
	if (error >= 0) {
		emu_fail(r, (uint8_t)error);
		return;
	}
	r->later = true;
	start(d, slot, function);
	if (d->cfg.motion_ms == 0)
		emu_motion_done(d, slot);
}
