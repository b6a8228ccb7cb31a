/* SPDX-License-Identifier: MIT */
/* T=1, the interface device's side (ISO/IEC 7816-3:2006, section 11).
 *
 * An engine without I/O. Start it; it says "send this block"; feed it what the card sent; until it
 * says "done" or "give up". It owns N(S), N(R), IFSC, IFSD, retries, RESYNCH, WTX and chaining, and
 * never sees a reader. It is bounded: at most three failed attempts at a block, three RESYNCH
 * requests, and a number of blocks that follows from the lengths, whatever the card answers.
 *
 * After a RESYNCH the command is not sent again: the card may have carried it out. The exchange
 * fails with CCID_E_COMM and the link is good for the next one. */
#ifndef CCID_T1_H
#define CCID_T1_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CCID_T1_BLOCK_MAX (3 + 254 + 2)

enum ccid_t1_act {
	CCID_T1_SEND,    /* send block/block_len, then ccid_t1_step() with what came back */
	CCID_T1_DONE,    /* an APDU: the response is rapdu/rapdu_len; S(IFS): ifsd is in force */
	CCID_T1_GIVE_UP, /* err tells why; when dead is set only a reset of the card helps */
};

enum ccid_t1_event {
	CCID_T1_BLOCK,   /* rx/len is what the card sent */
	CCID_T1_MUTE,    /* nothing came within BWT */
	CCID_T1_GARBLED, /* the reader reports a parity error or an overrun */
};

struct ccid_t1 {
	/* from power-on to power-on */
	uint8_t nad;
	bool crc;
	uint8_t ifsc, atr_ifsc;
	uint8_t ifsd;   /* 32; whoever negotiates it elsewhere (the reader) sets it here */
	uint8_t ns, nr; /* N(S) of the next I-block; N(S) expected of the card */
	bool alive;     /* a valid block has come since power-on */
	bool lost;      /* numbers are in doubt: RESYNCH before the next APDU */
	bool dead;
	enum {
		CCID_T1_CRC_ANY,
		CCID_T1_CRC_HIGH,
		CCID_T1_CRC_LOW
	} crc_order;
	/* the next thing to do */
	uint8_t block[CCID_T1_BLOCK_MAX];
	size_t block_len;
	uint8_t bwi; /* wait bwi times BWT for the answer to this block, once */
	int err;
	uint8_t *rapdu;
	size_t rapdu_len;
	/* private: the exchange under way */
	const uint8_t *capdu;
	size_t len, off, cap;
	size_t inf_max;  /* largest INF of ours, by the reader's message length */
	uint8_t inf_len; /* of the current I-block */
	uint8_t last;    /* kind of the last block sent */
	uint8_t last_r, want_ifsd;
	bool receiving, aborting;
	int after_resync; /* error to end with, or 0 to go on with the APDU */
	unsigned failed, resyncs, wtx;
	uint32_t blocks_left;
};

/* At every power-on. ifsc as in the ATR (1..254). */
void ccid_t1_init(struct ccid_t1 *t, uint8_t ifsc, bool crc, uint8_t nad);

/* Negotiate IFSD (1..254) with S(IFS request); first thing after activation. */
enum ccid_t1_act ccid_t1_ifs(struct ccid_t1 *t, uint8_t ifsd);

/* Exchange an APDU. capdu and rapdu are borrowed until the end and do not overlap. max_block: the
 * longest block that the way to the card takes, at least 6. CCID_E_ARG (GIVE_UP) for len < 4. */
enum ccid_t1_act ccid_t1_start(struct ccid_t1 *t, const uint8_t *capdu, size_t len, uint8_t *rapdu,
                               size_t cap, size_t max_block);

/* RESYNCH if the last exchange was broken off, otherwise done at once. */
enum ccid_t1_act ccid_t1_resync(struct ccid_t1 *t);

/* The reader sends the I-block itself, with a PIN in it: store the prologue that the block must have
 * (len: LEN, 0 when the reader finds it) and go on with ccid_t1_step(). When no block was sent after
 * all, nothing needs to be undone; when one may have been, ccid_t1_break(). The block cannot be repeated: a card that asks for it is
 * resynchronised. */
void ccid_t1_secure(struct ccid_t1 *t, uint8_t len, uint8_t *rapdu, size_t cap,
                    uint8_t prologue[3]);

/* Feed what came. rx is read only for CCID_T1_BLOCK. */
enum ccid_t1_act ccid_t1_step(struct ccid_t1 *t, enum ccid_t1_event event, const uint8_t *rx,
                              size_t len);

/* The exchange was broken off from outside; the next one resynchronises first. */
void ccid_t1_break(struct ccid_t1 *t);

/* Number of bytes of the error detection code: 1 or 2. */
size_t ccid_t1_edc_len(const struct ccid_t1 *t);

#endif
