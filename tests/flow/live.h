/* SPDX-License-Identifier: MIT */
/* A context whose reader, "live:reader", is emulated in a thread of its own at the other end of a
 * socket: real time, real threads. */
#ifndef LIVE_H
#define LIVE_H

#include "context_priv.h"
#include "emu_config.h"

#include <iscard/iscard.h>

struct live {
	struct emu_config cfg;
	struct emu_device *device; /* in the hands of the thread while the reader is open */
	iscard_context *context;
	pthread_t thread;
	bool serving;
	int rc;            /* of the emulation */
	int64_t remove_at; /* when the card of slot 0 is taken out, ms after opening; 0: never */
	unsigned opens;
};
extern struct live live;

/* A reader with that many slots, a card in each, and so many that may be busy at once. */
void live_start_busy(unsigned slots, unsigned busy);
void live_start(unsigned slots); /* one */
/* The same with such cards. */
void live_start_with(unsigned slots, unsigned busy, struct emu_card_config card);
/* One slot, a card in it, every mechanical ability; a card in the mouth is seen. */
void live_start_kiosk(void);
void live_end(void);
/* Another context in place of live.context, which records to this file (NULL: does not). */
HRESULT live_context(const char *trace);

ISCard *live_card(void);
/* By the name of a slot, T0 | T1. */
ISCard *live_attached(unsigned slot, SCARD_SHARE_MODES mode);
void live_name(char *out, size_t cap, unsigned slot);

/* ECHO of 16 bytes made of a and b: whether the very same came back. */
HRESULT live_echo(ISCard *card, unsigned a, unsigned b);
/* The counter of GET CHALLENGE, which goes up by one for each byte read. */
unsigned live_challenge(ISCard *card);

#endif
