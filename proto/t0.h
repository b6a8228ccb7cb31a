/* SPDX-License-Identifier: MIT */
/* T=0 above the TPDU: how an APDU becomes TPDUs, and what 61xx and 6Cxx lead to
 * (ISO/IEC 7816-3:2006, section 12.2).
 *
 * An engine without I/O. Start it with an APDU; it says "send this TPDU"; feed it what came back;
 * until it says "done" or "give up". It never sees a reader, and it is bounded: each round shortens
 * what the card may still send or uses up a counter. */
#ifndef CCID_T0_H
#define CCID_T0_H

#include "apdu.h"

enum ccid_t0_act {
	CCID_T0_SEND,    /* send tpdu/tpdu_len, then ccid_t0_step() with the answer */
	CCID_T0_DONE,    /* the response is rapdu/rapdu_len */
	CCID_T0_GIVE_UP, /* err tells why */
};

struct ccid_t0 {
	/* set by ccid_t0_start() */
	struct ccid_apdu apdu;
	bool follow; /* act on 61xx and 6Cxx */
	uint8_t class_get_response;
	uint8_t *rapdu; /* caller's: data, then SW1 SW2 */
	size_t cap, rapdu_len;
	/* the next thing to do */
	uint8_t tpdu[5 + 255];
	size_t tpdu_len;
	int err;
	bool midway; /* the card may hold a part of an APDU in ENVELOPEs, and wait for the rest */
	/* private */
	unsigned state;
	const uint8_t *rest; /* of an APDU that goes in ENVELOPEs */
	size_t rest_len;
	bool whole;     /* what comes answers the APDU as it is */
	bool reissued;  /* 6Cxx was obeyed once */
	uint32_t asked; /* data bytes that the last TPDU asks for */
	uint32_t want;  /* data bytes of Le still to come */
};

/* capdu/len: the command, kept by reference until done. rapdu/cap: room for the response, at
 * least 2. follow: handle 61xx (cases 2 and 4) and 6Cxx; otherwise they go to the caller.
 * class_get_response: CLA of GET RESPONSE. An APDU with more than 255 data bytes goes in
 * ENVELOPE commands (INS C2) of the command's class, 255 bytes of it in each; a card that answers one
 * with anything but 9000 has the last word. When the last has 255 as well, an empty one follows. Without follow it is CCID_E_UNSUPPORTED (err, GIVE_UP). */
enum ccid_t0_act ccid_t0_start(struct ccid_t0 *t, const uint8_t *capdu, size_t len, bool follow,
                               uint8_t class_get_response, uint8_t *rapdu, size_t cap);

/* The same, with follow, for a reader that takes whole APDUs and may hand up 61xx and 6Cxx all the
 * same: the first thing to send is capdu as it is, whatever its lengths; tpdu is made for what
 * follows, and is a short APDU. */
enum ccid_t0_act ccid_t0_start_whole(struct ccid_t0 *t, const uint8_t *capdu, size_t len,
                                     uint8_t class_get_response, uint8_t *rapdu, size_t cap);

/* rx/len: the reader's answer to the last TPDU: data, SW1, SW2. CCID_E_SHORT below 2 bytes,
 * CCID_E_FORMAT when it holds more data than the TPDU asked for, CCID_E_SPACE when rapdu cannot
 * hold what the caller's own Le asked for. rx may be where it goes, rapdu + rapdu_len.
 *
 * With follow: 61xx leads to GET RESPONSE for no more than Le and rapdu still allow, until the
 * card has nothing left, sends nothing, or the allowance is used up; what stays in the card shows
 * in the 61xx handed up. 6Cxx without data leads to one repetition with that length, of a case 2
 * command or of GET RESPONSE, if rapdu can hold it, even beyond Le. */
enum ccid_t0_act ccid_t0_step(struct ccid_t0 *t, const uint8_t *rx, size_t len);

#endif
