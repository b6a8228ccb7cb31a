/* SPDX-License-Identifier: MIT */
/* The steps of peers_rows.txt, taken by one driver or another (peer_pcsc.c, peer_scd.c). */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_WAIT_S 10 /* for a daemon, a reader, a card */

struct peer {
	/* Until the driver takes the reader and the card that are there; false when it does not. */
	bool (*start)(void);
	bool (*atr)(uint8_t atr[33], size_t *len);
	/* Length of the answer, or negative. */
	long (*apdu)(const uint8_t *apdu, size_t len, uint8_t *out, size_t cap);
	bool (*readers)(unsigned n); /* until there are so many */
	bool (*card)(bool present);
	bool (*slot)(unsigned n); /* the steps to come are about this one */
	bool (*pin)(bool modify); /* on the reader's pad; the card has agreed */
};

/* Take the steps of standard input, print each and, after a blank, what came of it:
 *
 *	atr  apdu HEX  conversation SET  readers N  card in|out  slot N  verify  modify
 *	host COMMAND (usbfs_ctl.c)
 *	within S: seconds for all that follows; " no end", and no more steps, when they are over
 *
 * " refused" alone when the peer does not start. Exit code. */
int peer_run(const struct peer *p);

/* Ask again, every 20 ms, until it is true or PEER_WAIT_S have passed. */
bool peer_until(bool (*what)(unsigned n), unsigned n);

#endif
