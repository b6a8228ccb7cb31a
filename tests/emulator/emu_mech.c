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

static void accept_card(struct emu_device *d, struct emu_slot_state *s)
{
	if (s->in_mouth)
		emu_place(d, s, true, false);
	else
		s->accepting = !s->present;
}

static void capture(struct emu_device *d, struct emu_slot_state *s)
{
	emu_place(d, s, false, false);
	s->captured++;
	emu_card_free(s->card);
	s->card = NULL;
}

static void move(struct emu_device *d, struct emu_slot_state *s, uint8_t function)
{
	switch (function) {
	case ACCEPT: accept_card(d, s); break;
	case EJECT:
		emu_place(d, s, false, true);
		if (d->cfg.take_ms > 0)
			s->take_at = d->now + d->cfg.take_ms;
		break;
	case CAPTURE: capture(d, s); break;
	case LOCK: s->locked = true; break;
	case UNLOCK: s->locked = false; break;
	default: break;
	}
}

/* Out of the mouth a card can be drawn in or captured. */
static bool has_card_for(const struct emu_slot_state *s, uint8_t function)
{
	if (function == CAPTURE)
		return s->present || s->in_mouth;
	return s->present || function == ACCEPT || function == UNLOCK;
}

/* bError, or -1 when the motor may run. */
static int obstacle(const struct emu_device *d, const struct emu_slot_state *s, uint8_t function)
{
	if (!has_card_for(s, function))
		return ERR_MUTE;
	if (s->jammed)
		return ERR_HARDWARE;
	if ((function == EJECT || function == CAPTURE) && s->locked)
		return ERR_HARDWARE;
	if (function == CAPTURE && d->cfg.bin > 0 && s->captured >= d->cfg.bin)
		return ERR_HARDWARE;
	return -1;
}

static void start(struct emu_device *d, unsigned slot, uint8_t function)
{
	struct emu_slot_state *s = &d->slot[slot];

	if (function == EJECT || function == CAPTURE) {
		if (s->active)
			emu_violation(d, &d->counts.moved_powered);
		emu_slot_off(s);
	}
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
	error = obstacle(d, &d->slot[slot], function);
	if (error >= 0) {
		emu_fail(r, (uint8_t)error);
		return;
	}
	r->later = true;
	start(d, slot, function);
	if (d->cfg.motion_ms == 0)
		emu_motion_done(d, slot);
}
