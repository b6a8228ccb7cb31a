/* SPDX-License-Identifier: MIT */
/* The expect.txt of a sample: what a user of the driver does with the replayed reader, and what
 * comes back. Blank lines and lines that start with # are passed over.
 *
 *   slot N               the slot that the next lines are about (0 at the start)
 *   activate [cold|warm] power on, agree on a protocol
 *   atr HEX              the ATR now held
 *   protocol N           the protocol agreed on
 *   state NAME           ask the reader, then: empty, inactive, negotiable, ready, ...
 *   > HEX                send a command APDU, 61xx and 6Cxx followed up
 *   raw > HEX            the same, not followed up
 *   < HEX                its response
 *   < !NAME              it failed with that enum ccid_err
 *   verify HEX           PIN entry on the reader's own pad for the command of this template: ASCII, 4
 *                        to 8 digits, left justified in 8 bytes; its answer is checked by "<"
 *   escape HEX           vendor command; its answer is checked by the next "<"
 *   accept, eject, capture, lock, unlock [!NAME]   PC_to_RDR_Mechanical
 *   off                  power off
 *   notified             take what the reader told by itself; at least one slot changed
 *   person WHAT          what somebody did while it was recorded: remove, insert, take (the card
 *                        out of the mouth), unplug, snatch (remove, while the next command is under
 *                        way); nothing to do when replaying
 *   left N               recorded commands not sent yet; nothing to do when recording */
#ifndef SAMPLE_PLAY_H
#define SAMPLE_PLAY_H

#include "player.h"
#include "reader.h"

struct sample_options {
	unsigned polls; /* extra GetSlotStatus before each line */
	/* When recording: make it happen to the slot. */
	void (*person)(void *ctx, const char *what, unsigned slot);
	void *ctx;
};

/* Play the lines of a text through a reader; fails the test with the line number. player is NULL
 * when recording. */
void sample_run(struct ccid_reader *r, struct ccid_player *player, const char *expect,
                const struct sample_options *options);

/* A whole small file, NUL-terminated; free() it. Fails the test when it cannot be read. */
char *sample_load(const char *path, size_t *len);

#endif
