/* SPDX-License-Identifier: MIT */
/* A reader that answers as a real one once did: a conversation (the text form of the corpus of
 * exchanges) behind the transport seam. A command finds the first entry of its type that is not used
 * yet, and with the same data (XfrBlock, Secure, Escape) or bPowerSelect; bSlot and bSeq of the
 * answers are moved along. What was never asked is answered plainly: a slot with a card, parameters
 * echoed, an escape refused, nothing from the card. */
#ifndef TRANSPORT_TOLD_H
#define TRANSPORT_TOLD_H

#include "fake_clock.h"
#include "fake_reader.h"

#define TOLD_ENTRIES 400
#define TOLD_BYTES   600
#define TOLD_ANSWERS 4

struct told_bytes {
	size_t len;
	uint8_t bytes[TOLD_BYTES];
};

struct told_entry {
	struct told_bytes out, in[TOLD_ANSWERS];
	unsigned answers;
	bool used;
};

struct told {
	struct ccid_transport t;
	struct fake_descriptors descriptors;
	struct fake_clock *clock;
	struct told_entry entry[TOLD_ENTRIES];
	unsigned entries;
	struct told_bytes atr; /* of a card that the conversation does not power on */
	bool active;
	unsigned strangers; /* XfrBlock and Secure that nobody asked before */
	uint8_t *in;        /* the posted transfer */
	size_t in_cap;
	struct told_bytes queue[TOLD_ANSWERS];
	unsigned queued;
};

/* text is cut in place. atr: hex, or NULL when the conversation has one. Fails the running test when
 * the text is not such a conversation. */
void told_init(struct told *d, const struct fake_reader *reader, struct fake_clock *clock,
               char *text, const char *atr);

#endif
