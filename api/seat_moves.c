/* SPDX-License-Identifier: MIT */
/* What a watch sees of cards that are moved: commands and their ends, as counts. */
#include "mechanics.h"
#include "watch.h"

#include <stdio.h>

static bool has_sensor(const struct ccid_session *s)
{
	struct ccid_mechanics m;

	ccid_mechanics_of(s, &m);
	return m.external && m.back_end.position != NULL;
}

/* Enough of a session to ask the mechanics. */
static struct ccid_session session_of(const struct ccid_seat *s)
{
	struct ccid_session session = {.context = s->watch->context,
	                               .open = s->open,
	                               .port = ccid_open_port(s->open, s->slot)};

	snprintf(session.name, sizeof session.name, "%s", s->name);
	return session;
}

/* What a reader has been through with others is past; with nobody else it is news: a policy has moved
 * the card that was found. */
void ccid_moves_begin(struct ccid_seat *s, int64_t now)
{
	struct ccid_session session = session_of(s);
	struct ccid_slot_info info;
	struct ccid_card_place p;

	ccid_port_show(session.port, &info, &p);
	if (ccid_open_is_alone(s->open))
		p.ejected = p.taken = p.captured = p.jammed = 0;
	s->ejected = s->now.ejected - p.ejected;
	s->taken = s->now.taken - p.taken;
	s->captured = s->now.captured - p.captured;
	s->jammed = s->now.jammed - p.jammed;
	s->sense_at = has_sensor(&session) ? now : CCID_NEVER;
}

void ccid_moves_tend(struct ccid_seat *s, int64_t now)
{
	struct ccid_session session;

	if (now < s->sense_at)
		return;
	session = session_of(s);
	ccid_sense(&session);
	s->sense_at = now + CCID_WATCH_POLL_MS;
}

void ccid_moves_see(const struct ccid_seat *s, const struct ccid_card_place *place,
                    struct iscard_slot_status *now)
{
	now->place = place->state;
	now->locked = place->locked;
	now->ejected = s->ejected + place->ejected;
	now->taken = s->taken + place->taken;
	now->captured = s->captured + place->captured;
	now->jammed = s->jammed + place->jammed;
}

bool ccid_moves_same(const struct iscard_slot_status *a, const struct iscard_slot_status *b)
{
	return a->place == b->place && a->locked == b->locked && a->ejected == b->ejected &&
	       a->taken == b->taken && a->captured == b->captured && a->jammed == b->jammed;
}

iscard_event_type ccid_moves_before(const struct ccid_seat *s)
{
	const struct ccid_told *t = &s->told;

	if (!t->present)
		return (iscard_event_type)0;
	if (t->locked && !s->now.locked)
		return ISCARD_EVENT_CARD_UNLOCKED;
	if (t->ejected != s->now.ejected)
		return ISCARD_EVENT_CARD_EJECTING;
	if (t->jammed != s->now.jammed)
		return ISCARD_EVENT_CARD_JAMMED;
	return (iscard_event_type)0;
}

iscard_event_type ccid_moves_after(const struct ccid_seat *s)
{
	const struct ccid_told *t = &s->told;

	if (!t->present)
		return (iscard_event_type)0;
	if (t->taken != s->now.taken)
		return ISCARD_EVENT_CARD_TAKEN;
	if (t->captured != s->now.captured)
		return ISCARD_EVENT_CARD_CAPTURED;
	return (iscard_event_type)0;
}

void ccid_moves_tell(struct ccid_told *t, const struct iscard_slot_status *now,
                     iscard_event_type type)
{
	switch (type) {
	case ISCARD_EVENT_CARD_EJECTING: t->ejected = now->ejected; break;
	case ISCARD_EVENT_CARD_TAKEN: t->taken = now->taken; break;
	case ISCARD_EVENT_CARD_CAPTURED: t->captured = now->captured; break;
	case ISCARD_EVENT_CARD_JAMMED: t->jammed = now->jammed; break;
	case ISCARD_EVENT_CARD_LOCKED: t->locked = true; break;
	case ISCARD_EVENT_CARD_UNLOCKED: t->locked = false; break;
	default: break;
	}
}
