/* SPDX-License-Identifier: MIT */
/* The places of a card and what may follow what. Every change goes through set(). */
#include "card_place.h"

#define TO(s)  (1u << (ISCARD_PLACE_##s))
#define PLACES (ISCARD_PLACE_JAMMED + 1)

/* A motion is over before anybody looks, and cards come and go between two looks: the steps between
 * may be missed, so a card that is there can be found anywhere. But taken is only what was ejected,
 * captured what was on its way to the bin or stuck there, locked what is in position. */
#define ANEW (TO(INSERTED) | TO(SWALLOWED) | TO(POWERED) | TO(JAMMED) | TO(UNKNOWN))

static const struct {
	const char *name;
	unsigned may_become;
} rule[PLACES] = {
	[ISCARD_PLACE_UNKNOWN] = {"unknown", ANEW | TO(ABSENT) | TO(EJECTING) | TO(CAPTURED)},
	[ISCARD_PLACE_ABSENT] = {"absent", ANEW | TO(EJECTING)},
	[ISCARD_PLACE_INSERTED] = {"inserted", ANEW | TO(ABSENT) | TO(EJECTING)},
	[ISCARD_PLACE_SWALLOWED] = {"swallowed", ANEW | TO(ABSENT) | TO(LOCKED) | TO(EJECTING)},
	[ISCARD_PLACE_POWERED] = {"powered", ANEW | TO(ABSENT) | TO(LOCKED) | TO(EJECTING)},
	[ISCARD_PLACE_LOCKED] = {"locked", ANEW | TO(ABSENT) | TO(EJECTING)},
	[ISCARD_PLACE_EJECTING] = {"ejecting", ANEW | TO(ABSENT) | TO(TAKEN)},
	[ISCARD_PLACE_TAKEN] = {"taken", ANEW | TO(ABSENT) | TO(EJECTING)},
	[ISCARD_PLACE_CAPTURED] = {"captured", ANEW | TO(ABSENT) | TO(EJECTING)},
	[ISCARD_PLACE_JAMMED] = {"jammed", ANEW | TO(ABSENT) | TO(EJECTING) | TO(CAPTURED)},
};

const char *iscard_place_name(iscard_place place)
{
	return (unsigned)place < PLACES ? rule[place].name : rule[ISCARD_PLACE_UNKNOWN].name;
}

bool ccid_card_place_may_become(iscard_place from, iscard_place to)
{
	return from == to || (rule[from].may_become & 1u << to) != 0;
}

static void set(struct ccid_card_place *p, iscard_place to)
{
	if (ccid_card_place_may_become(p->state, to))
		p->state = to;
}

bool ccid_card_place_in_position(iscard_place place)
{
	return place == ISCARD_PLACE_SWALLOWED || place == ISCARD_PLACE_POWERED ||
	       place == ISCARD_PLACE_LOCKED;
}

enum ccid_sight ccid_sight_of(const struct ccid_slot_info *info)
{
	if (info->gone)
		return CCID_SIGHT_NONE;
	switch (info->state) {
	case CCID_SLOT_EMPTY: return CCID_SIGHT_ABSENT;
	case CCID_SLOT_INACTIVE: return CCID_SIGHT_INACTIVE;
	case CCID_SLOT_NEGOTIABLE:
	case CCID_SLOT_READY: return CCID_SIGHT_POWERED;
	default: return CCID_SIGHT_NONE;
	}
}

static void settle(struct ccid_card_place *p, enum ccid_sight sight)
{
	p->out = p->seen = p->capturing = p->doubt = false;
	set(p, sight == CCID_SIGHT_POWERED ? ISCARD_PLACE_POWERED : ISCARD_PLACE_SWALLOWED);
	if (p->locked)
		set(p, ISCARD_PLACE_LOCKED);
}

static void take(struct ccid_card_place *p)
{
	set(p, ISCARD_PLACE_TAKEN);
	p->taken++;
	p->out = false;
}

/* A motor that turned for a card that nobody saw may have found none: a hand had it. */
static void end_in_bin(struct ccid_card_place *p)
{
	if (p->there) {
		set(p, ISCARD_PLACE_CAPTURED);
		p->captured++;
	} else {
		set(p, ISCARD_PLACE_ABSENT);
	}
	p->out = false;
}

/* "Present, then absent" is also what contacts say when the motor goes on behind the answer. */
static bool is_taken(const struct ccid_card_place *p)
{
	return p->state == ISCARD_PLACE_EJECTING && p->seen && p->mouth;
}

static void left(struct ccid_card_place *p)
{
	bool in_mouth = p->state == ISCARD_PLACE_EJECTING || p->state == ISCARD_PLACE_INSERTED;

	p->locked = false;
	if (p->capturing)
		end_in_bin(p);
	else if (p->sensor && in_mouth)
		return; /* out of the contacts; the sensor knows the rest */
	else if (is_taken(p))
		take(p);
	else if (p->state != ISCARD_PLACE_TAKEN && p->state != ISCARD_PLACE_CAPTURED)
		set(p, ISCARD_PLACE_ABSENT);
	p->capturing = p->doubt = false;
}

/* Present, not powered: in position, unless it is known to be on its way. */
static void stays(struct ccid_card_place *p)
{
	p->seen = p->seen || p->state == ISCARD_PLACE_EJECTING;
	if (p->state == ISCARD_PLACE_EJECTING || p->state == ISCARD_PLACE_JAMMED || p->doubt)
		return;
	if (p->sensor && p->state == ISCARD_PLACE_INSERTED)
		return;
	settle(p, CCID_SIGHT_INACTIVE);
}

static void another(struct ccid_card_place *p, enum ccid_sight sight, uint32_t insertions)
{
	if (is_taken(p))
		take(p);
	else if (p->capturing)
		end_in_bin(p);
	p->insertions = insertions;
	p->locked = false;
	settle(p, sight);
}

void ccid_card_place_saw(struct ccid_card_place *p, enum ccid_sight sight, uint32_t insertions)
{
	if (p->moving || sight == CCID_SIGHT_NONE)
		return;
	if (sight == CCID_SIGHT_ABSENT)
		left(p);
	else if (insertions != p->insertions)
		another(p, sight, insertions);
	else if (sight == CCID_SIGHT_POWERED)
		settle(p, sight);
	else
		stays(p);
}

static void mouth_is_empty(struct ccid_card_place *p)
{
	if (p->capturing)
		end_in_bin(p);
	else if (p->state == ISCARD_PLACE_EJECTING)
		take(p);
	else if (p->state == ISCARD_PLACE_INSERTED || p->state == ISCARD_PLACE_JAMMED)
		set(p, ISCARD_PLACE_ABSENT);
	p->capturing = p->doubt = p->out = false;
}

/* A jam stays one until something moves. */
static void in_the_mouth(struct ccid_card_place *p)
{
	if (p->state == ISCARD_PLACE_EJECTING || p->state == ISCARD_PLACE_JAMMED || p->capturing)
		return;
	p->locked = p->doubt = false;
	set(p, ISCARD_PLACE_INSERTED);
}

void ccid_card_place_sensed(struct ccid_card_place *p, iscard_place position)
{
	if (p->moving || position == ISCARD_PLACE_UNKNOWN)
		return;
	p->sensor = true;
	switch (position) {
	case ISCARD_PLACE_ABSENT: mouth_is_empty(p); break;
	case ISCARD_PLACE_INSERTED: in_the_mouth(p); break;
	case ISCARD_PLACE_SWALLOWED:
		if (p->state == ISCARD_PLACE_INSERTED || (p->doubt && !p->capturing))
			settle(p, CCID_SIGHT_INACTIVE);
		break;
	case ISCARD_PLACE_CAPTURED:
		p->there = true;
		if (p->capturing)
			end_in_bin(p);
		p->capturing = p->doubt = false;
		break;
	case ISCARD_PLACE_JAMMED: set(p, ISCARD_PLACE_JAMMED); break;
	default: break;
	}
}

/* Off the contacts, perhaps, and yet known to be there. */
static bool is_in_the_way(const struct ccid_card_place *p)
{
	return p->state == ISCARD_PLACE_INSERTED || p->state == ISCARD_PLACE_EJECTING ||
	       p->state == ISCARD_PLACE_JAMMED;
}

void ccid_card_place_begin(struct ccid_card_place *p, bool mouth, enum ccid_sight sight)
{
	p->there = sight == CCID_SIGHT_INACTIVE || sight == CCID_SIGHT_POWERED ||
	           ccid_card_place_in_position(p->state) || is_in_the_way(p);
	p->mouth = mouth;
	p->slipped = false;
	p->moving = true;
}

static void accepted(struct ccid_card_place *p, enum ccid_sight sight)
{
	p->out = p->seen = p->capturing = p->doubt = false;
	if (sight == CCID_SIGHT_ABSENT)
		set(p, ISCARD_PLACE_ABSENT);
	else if (sight != CCID_SIGHT_NONE)
		settle(p, sight);
}

static void on_its_way_out(struct ccid_card_place *p)
{
	p->locked = p->seen = p->capturing = p->doubt = false;
	p->out = true;
	set(p, ISCARD_PLACE_EJECTING);
}

static void on_its_way_to_the_bin(struct ccid_card_place *p)
{
	p->locked = false;
	p->capturing = p->doubt = true;
	set(p, ISCARD_PLACE_UNKNOWN);
}

void ccid_card_place_moved(struct ccid_card_place *p, iscard_motion motion, enum ccid_sight sight,
                           uint32_t insertions)
{
	p->moving = false;
	switch (motion) {
	case ISCARD_MOTION_ACCEPT:
		accepted(p, sight);
		p->insertions = insertions;
		break;
	case ISCARD_MOTION_EJECT:
		on_its_way_out(p);
		p->ejected++;
		break;
	case ISCARD_MOTION_CAPTURE: on_its_way_to_the_bin(p); break;
	case ISCARD_MOTION_LOCK:
		p->locked = sight != CCID_SIGHT_ABSENT;
		if (p->locked)
			settle(p, sight);
		break;
	case ISCARD_MOTION_UNLOCK:
		p->locked = false;
		set(p, ISCARD_PLACE_UNKNOWN); /* until it is looked at */
		break;
	}
	ccid_card_place_saw(p, sight, insertions);
}

void ccid_card_place_failed(struct ccid_card_place *p, iscard_motion motion,
                            enum ccid_motion_failure how, enum ccid_sight sight,
                            uint32_t insertions)
{
	bool holds = motion == ISCARD_MOTION_LOCK || motion == ISCARD_MOTION_UNLOCK;

	p->moving = false;
	if (how == CCID_MOTION_REFUSED && motion == ISCARD_MOTION_EJECT &&
	    sight == CCID_SIGHT_ABSENT && ccid_card_place_in_position(p->state)) {
		on_its_way_out(p); /* nothing moved: a hand was faster */
		p->seen = p->slipped = true;
	} else if (how == CCID_MOTION_JAMMED && !holds && sight != CCID_SIGHT_POWERED) {
		p->jammed++;
		p->out = p->out || sight == CCID_SIGHT_ABSENT; /* behind the contacts */
		set(p, ISCARD_PLACE_JAMMED);
	} else if (how == CCID_MOTION_UNKNOWN) {
		p->doubt = true;
		p->out = p->out || motion == ISCARD_MOTION_EJECT;
		set(p, ISCARD_PLACE_UNKNOWN);
	}
	ccid_card_place_saw(p, sight, insertions);
}

bool ccid_card_place_has_card(const struct ccid_card_place *p, iscard_motion motion)
{
	bool moves = motion == ISCARD_MOTION_EJECT || motion == ISCARD_MOTION_CAPTURE;

	return moves && (p->out || p->state == ISCARD_PLACE_INSERTED ||
	                 p->state == ISCARD_PLACE_JAMMED || p->state == ISCARD_PLACE_UNKNOWN);
}

static bool out_of_position(const struct ccid_card_place *p)
{
	return p->state == ISCARD_PLACE_INSERTED || p->state == ISCARD_PLACE_EJECTING ||
	       p->state == ISCARD_PLACE_JAMMED || p->doubt;
}

SCARD_STATES ccid_card_place_state(const struct ccid_card_place *p,
                                   const struct ccid_slot_info *info)
{
	switch (info->state) {
	case CCID_SLOT_EMPTY:
		return p->sensor && (p->state == ISCARD_PLACE_INSERTED ||
		                     p->state == ISCARD_PLACE_EJECTING)
		               ? ISCARD_PRESENT
		               : ISCARD_ABSENT;
	case CCID_SLOT_INACTIVE: return out_of_position(p) ? ISCARD_PRESENT : ISCARD_SWALLOWED;
	case CCID_SLOT_NEGOTIABLE: return ISCARD_NEGOTIABLEMODE;
	case CCID_SLOT_READY: return ISCARD_SPECIFICMODE;
	case CCID_SLOT_DESYNCED: return ISCARD_POWERED;
	default: return (SCARD_STATES)0;
	}
}
