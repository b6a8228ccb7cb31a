/* SPDX-License-Identifier: MIT */
/* Where a command message carries a PIN: found when recording and explaining, written into packet
 * comments, read back when playing. */
#ifndef CCID_MASK_H
#define CCID_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CCID_MASK_BYTE 0xFF

struct ccid_mask_span {
	size_t off, len;
};

/* What must be known of a slot to understand its blocks. Zero-initialise; one for each slot. */
struct ccid_mask_state {
	bool secret;   /* inside a chain of blocks that carries a PIN */
	bool had;      /* the last I-block was of such a chain */
	uint8_t last;  /* its PCB */
	uint8_t bytes; /* of it still to come (ICCD version A, character level with T=0) */
};

/* How XfrBlock payload is to be read. */
enum ccid_mask_form {
	CCID_MASK_APDU, /* short or extended APDU level, and TPDU level with T=0: CLA INS P1 P2 .. */
	CCID_MASK_T1,   /* TPDU and character level with T=1: NAD PCB LEN .. */
	CCID_MASK_T0_CHARS, /* character level with T=0: a header, then what the card asks for */
};

/* The span of a PC_to_RDR message (len bytes, header included) that holds a PIN: the body of
 * VERIFY (20, 21), CHANGE REFERENCE DATA (24, 25), DISABLE and ENABLE VERIFICATION REQUIREMENT
 * (26, 28), RESET RETRY COUNTER (2C, 2D), and of ENVELOPE (C2, C3), which may wrap one, whatever
 * the class byte; the same in all blocks of a chain; with T=1 the check bytes too, which would give
 * away a part; of Secure what follows the header of the template. A span ends where the message
 * does. False when there is none. */
bool ccid_mask_find(struct ccid_mask_span *out, struct ccid_mask_state *state,
                    enum ccid_mask_form form, const uint8_t *msg, size_t len);

/* The same of a command APDU by itself. */
bool ccid_mask_find_apdu(struct ccid_mask_span *out, const uint8_t *apdu, size_t len);

/* For a message of total bytes of which have came so far, at least a header: whether
 * ccid_mask_find() can tell already. While it cannot, none of the bytes that came is secret. */
bool ccid_mask_ready(const struct ccid_mask_state *state, enum ccid_mask_form form,
                     const uint8_t *msg, size_t have, size_t total);

/* The same for the data of an ICCD XFR_BLOCK request (USB ICCD Rev 1.0). protocol: of the
 * interface, 1 is version A (a header, then its data, each in a request), 2 version B. level: high
 * byte of wValue. */
bool ccid_mask_find_token(struct ccid_mask_span *out, struct ccid_mask_state *state,
                          uint8_t protocol, uint8_t level, const uint8_t *data, size_t len);

/* What a card answers at character level with T=0: a status word ends the body that was to come. */
void ccid_mask_answer(struct ccid_mask_state *state, const uint8_t *data, size_t len);

/* The next span of a comment, *pos starting at NULL: "masked 26+8 3+1 ..." (the bytes are gone) or
 * "any 26+8 ..." (they are as recorded, and differ each time), offset in the packet and length, both
 * for short in one comment, and then any text. 1, or 0 at the end or when the comment says nothing
 * of the kind. */
int ccid_mask_next(const char *comment, const char **pos, struct ccid_mask_span *out);

#define CCID_MASK_SPANS 8

/* Spans of one packet. Those that do not fit are joined with the last one. */
struct ccid_mask_list {
	struct ccid_mask_span span[CCID_MASK_SPANS];
	unsigned count;
};
void ccid_mask_add(struct ccid_mask_list *list, size_t off, size_t len);

/* Write "WORD 26+8 ..." before the text (may be NULL), whose own spans stay; cut at cap. */
void ccid_mask_comment(char *out, size_t cap, const char *word, const struct ccid_mask_list *list,
                       const char *text);

#endif
