/* SPDX-License-Identifier: MIT */
/* One CCID message in words. */
#ifndef CCID_MESSAGE_TEXT_H
#define CCID_MESSAGE_TEXT_H

#include "ccid_desc.h"
#include "mask.h"

/* What the text of a block depends on; one for each slot. Zero-initialise, then set level. */
struct ccid_message_context {
	enum ccid_level level;
	unsigned protocol;           /* T=0 or T=1, as SetParameters or the ATR says */
	bool crc;                    /* T=1 blocks end in a CRC, not in an LRC; likewise */
	struct ccid_mask_state mask; /* chains that carry a PIN */
	uint8_t last_type;           /* of the command an answer belongs to */
	bool last_header;            /* that command was a whole APDU or TPDU with header */
	/* For ccid_message_text(): bytes of this message that mean nothing. */
	const struct ccid_mask_span *masks;
	size_t mask_count;
};

/* How XfrBlock payload reads in this context. */
enum ccid_mask_form ccid_message_form(const struct ccid_message_context *ctx);

/* Learn from a message what later ones depend on, without writing a text. */
void ccid_message_learn(struct ccid_message_context *ctx, const uint8_t *msg, size_t len);

/* Write what a command, an answer or an interrupt message means, without its name: at most cap
 * bytes, NUL included, cut with "...". PINs are not shown, and "**"
 * where ctx->masks says so. Returns whether it tells of a failure
 * (a failed command, an error status word, a hardware error). Learns like ccid_message_learn(). */
bool ccid_message_text(char *out, size_t cap, struct ccid_message_context *ctx, const uint8_t *msg,
                       size_t len);
/* nslots: slots of the reader. */
bool ccid_message_notify_text(char *out, size_t cap, size_t nslots, const uint8_t *msg, size_t len);

/* A status word, SW1 in the high byte, in words, "" when unknown. Static. Whether it is an error. */
const char *ccid_sw_text(unsigned sw);
bool ccid_sw_fails(unsigned sw);

/* Name of the instruction byte of ISO/IEC 7816-4, NULL when unknown. */
const char *ccid_ins_name(uint8_t ins);

#endif
