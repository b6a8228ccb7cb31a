/* SPDX-License-Identifier: MIT */
/* A small well-behaved reader with a card in it, as a transport: it answers whatever order of
 * commands the driver chooses. Written from the standard, without proto/.
 *
 * The card (T=0) knows, with any CLA:
 *   A4  90 00
 *   CA  P1P2 bytes 00 01 02 ... and 90 00. At TPDU level another P3 gets 6C xx.
 *   10  P2 bytes 00 01 02 ... and 90 00; at TPDU level 61 xx first
 *   DA  90 00 when the data is 00 01 02 ..., else 6A 80
 * and answers anything else 6D 00. */
#ifndef TRANSPORT_RESPONDER_H
#define TRANSPORT_RESPONDER_H

#include "fake_clock.h"
#include "fake_reader.h"

#define RESPONDER_FRAMES  8
#define RESPONDER_MESSAGE 1034
#define RESPONDER_APDU    4096

/* The device; it outlives the transports that are opened on it. */
struct responder {
	struct fake_reader reader;
	struct fake_clock *clock;
	bool card, powered, unplugged;
	bool restless; /* its descriptor stays readable, whatever is taken */
	unsigned open; /* transports on it now */
	struct responder_transport *transport; /* the one that was opened last */
	unsigned commands, control_requests, resets;

	/* answers that nobody has fetched yet */
	uint8_t frame[RESPONDER_FRAMES][RESPONDER_MESSAGE];
	size_t frame_len[RESPONDER_FRAMES];
	unsigned frame_first, frame_count;

	/* The first command of this type (0: none) is answered with these transfers instead: none
	 * at all, or bytes whose bSlot and bSeq are relative to the command's. */
	uint8_t other_type;
	unsigned other_count;
	uint8_t other[RESPONDER_FRAMES][RESPONDER_MESSAGE];
	size_t other_len[RESPONDER_FRAMES];
	bool other_goes_on[RESPONDER_FRAMES]; /* the rest of a message: no header in it */

	/* the command and the response, which may be chained */
	uint8_t command[RESPONDER_APDU], response[RESPONDER_APDU];
	size_t command_len, response_len, response_at;
	size_t waiting; /* bytes for GET RESPONSE */
};

/* A reader with a card in it, plugged in. */
void responder_init(struct responder *d, const struct fake_reader *reader,
                    struct fake_clock *clock);

/* A transport on it, to be closed by its close(). CCID_E_NOMEM, CCID_E_GONE. */
CCID_MUST_USE
int responder_open(struct ccid_transport **out, struct responder *d);

/* Put the card in or take it out, pull the reader out, and tell the transport. */
void responder_move_card(struct responder *d, bool in);
void responder_unplug(struct responder *d);
/* Make its descriptor readable, with nothing to tell. */
void responder_wake(struct responder *d);

#endif
