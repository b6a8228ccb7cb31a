/* SPDX-License-Identifier: MIT */
/* Where the card of a slot is, made of what the reader shows, what was commanded, and what a sensor
 * says. State only: no I/O, no mutex; the caller holds one. */
#ifndef CCID_CARD_PLACE_H
#define CCID_CARD_PLACE_H

#include "reader.h"

#include <iscard/kiosk.h>

/* What the reader shows. */
enum ccid_sight {
	CCID_SIGHT_NONE, /* it was not asked, or could not tell */
	CCID_SIGHT_ABSENT,
	CCID_SIGHT_INACTIVE,
	CCID_SIGHT_POWERED
};

/* How a motion failed. */
enum ccid_motion_failure {
	CCID_MOTION_REFUSED, /* nothing moved */
	CCID_MOTION_JAMMED,
	CCID_MOTION_UNKNOWN /* no answer: it may have moved */
};

/* All zero at first. */
struct ccid_card_place {
	iscard_place state;
	uint32_t insertions; /* the card that all this is about */
	bool moving;         /* a motion is under way: what is seen meanwhile means nothing yet */
	bool locked;
	bool out;       /* was ejected, and nobody knows that it has left the mouth */
	bool seen;      /* it was there after the eject */
	bool mouth;     /* ... and whoever moved it vouches that the reader sees its mouth */
	bool slipped;   /* gone although the last motion was refused: by another hand */
	bool sensor;    /* one has spoken: it, not the reader, tells when the mouth is empty */
	bool there;     /* before the motion somebody saw the card: reader, sensor, or a jam */
	bool capturing; /* accepted; when it is gone it is in the bin, if it was there */
	bool doubt;     /* after a motion whose end is not known */
	uint32_t ejected, taken, captured, jammed;
};

bool ccid_card_place_may_become(iscard_place from, iscard_place to);

enum ccid_sight ccid_sight_of(const struct ccid_slot_info *info);

void ccid_card_place_saw(struct ccid_card_place *p, enum ccid_sight sight, uint32_t insertions);
void ccid_card_place_sensed(struct ccid_card_place *p, iscard_place position);

/* A motion begins, with what the reader shows before it; it was accepted, or failed, with what it shows
 * behind it. mouth: "absent" means that the mouth is empty, too. */
void ccid_card_place_begin(struct ccid_card_place *p, bool mouth, enum ccid_sight sight);
void ccid_card_place_moved(struct ccid_card_place *p, iscard_motion motion, enum ccid_sight sight,
                           uint32_t insertions);
void ccid_card_place_failed(struct ccid_card_place *p, iscard_motion motion,
                            enum ccid_motion_failure how, enum ccid_sight sight,
                            uint32_t insertions);

/* Whether there may be a card for the motion, though the reader shows none. */
bool ccid_card_place_has_card(const struct ccid_card_place *p, iscard_motion motion);

/* In position: there is nothing left to accept. */
bool ccid_card_place_in_position(iscard_place place);

/* In Microsoft's words. 0: nothing is known. */
SCARD_STATES ccid_card_place_state(const struct ccid_card_place *p,
                                   const struct ccid_slot_info *info);

#endif
