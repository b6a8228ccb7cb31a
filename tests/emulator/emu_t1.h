/* SPDX-License-Identifier: MIT */
/* The card's side of T=1 (ISO/IEC 7816-3, 11): blocks in, blocks out. */
#ifndef EMU_T1_H
#define EMU_T1_H

#include "emu_card.h"

#define EMU_BLOCK_MAX (3 + 254 + 2)

struct emu_t1 {
	struct emu_card *card;
	uint8_t *command; /* EMU_COMMAND_MAX bytes, borrowed: a chain that comes in */
	size_t command_len;
	uint8_t ifsc, ifsd;
	bool crc;
	uint8_t ns, expected;  /* N(S) of our next I-block, and of the host's */
	const uint8_t *answer; /* what is left of the response */
	size_t answer_len;
	bool chaining;  /* our last I-block had the M bit */
	unsigned waits; /* S(WTX) still to be asked for */
	unsigned step_ms;
	bool wtx_due; /* S(WTX response) is awaited */
	uint8_t last[EMU_BLOCK_MAX];
	size_t last_len;
	unsigned wrong; /* blocks that a sound host would not have sent */
};

struct emu_block {
	const uint8_t *data; /* valid until the next call */
	size_t len;
	unsigned delay_ms; /* before it */
	bool mute;
};

/* After each reset of the card. ifsd: 32, unless the reader has agreed another by itself. */
void emu_t1_reset(struct emu_t1 *t, struct emu_card *card, uint8_t *command, uint8_t ifsc,
                  uint8_t ifsd, bool crc);

/* The block of this PCB around inf (at most 254 bytes), to out[EMU_BLOCK_MAX]; its length. */
size_t emu_t1_wrap(const struct emu_t1 *t, uint8_t nad, uint8_t pcb, const uint8_t *inf, size_t len,
                   uint8_t *out);

void emu_t1_block(struct emu_t1 *t, const uint8_t *block, size_t len, struct emu_block *out);

#endif
