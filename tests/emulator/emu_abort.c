/* SPDX-License-Identifier: MIT */
/* The two halves of an abort (USB CCID 1.1, 5.3.1 and 6.1.13): the control request and the bulk
 * message, in either order, with one bSlot and one bSeq. */
#include "emu_priv.h"

bool emu_aborting(const struct emu_slot_state *s)
{
	return s->abort_control || s->abort_bulk;
}

static void stop(struct emu_device *d, unsigned slot)
{
	emu_end_running(d, slot, ERR_ABORTED);
	d->slot[slot].chaining = false;
	d->slot[slot].rest_len = 0;
}

static void done(struct emu_device *d, unsigned slot)
{
	struct emu_slot_state *s = &d->slot[slot];
	const struct emu_reply r = {.type = IN_SLOT_STATUS};

	s->abort_control = s->abort_bulk = false;
	s->strike.kind = EMU_FAULT_NONE;
	d->counts.aborts++;
	emu_answer(d, slot, s->abort_bulk_seq, &r);
}

void emu_abort_control(struct emu_device *d, unsigned slot, uint8_t seq)
{
	struct emu_slot_state *s = &d->slot[slot];

	stop(d, slot);
	s->abort_control = true;
	s->abort_control_seq = seq;
	if (s->abort_bulk && s->abort_bulk_seq == seq)
		done(d, slot);
	else if (s->abort_bulk)
		emu_violation(d, &d->counts.bad_abort);
}

void emu_abort_bulk(struct emu_device *d, unsigned slot, const struct emu_cmd *c,
                    struct emu_reply *r)
{
	struct emu_slot_state *s = &d->slot[slot];

	r->later = true;
	s->abort_bulk_seq = c->seq;
	if ((d->cfg.flags & EMU_ABORT_STALLS) != 0) {
		stop(d, slot);
		done(d, slot);
	} else if (s->abort_control && s->abort_control_seq == c->seq) {
		done(d, slot);
	} else {
		if (s->abort_control)
			emu_violation(d, &d->counts.bad_abort);
		s->abort_bulk = true;
	}
}
