/* SPDX-License-Identifier: MIT */
/* What the parts of the redactor share: CCID messages (redact_message.c, redact_challenge.c); packets,
 * descriptors and requests (redact.c); serial numbers (redact_serial.c); status words (redact_split.c). */
#ifndef CCID_REDACT_PRIV_H
#define CCID_REDACT_PRIV_H

#include "ccid_msg.h"
#include "message_text.h"
#include "redact.h"

#define REDACT_HEAD    (CCID_HEADER_LEN + 3u + 254u + 2u) /* a whole T=1 block */
#define REDACT_PIPES   4u                                 /* CCID interfaces of one device */
#define REDACT_SERIALS 4u
#define REDACT_PENDING 32u

/* How the last bytes of a message are made when those before them are changed. */
enum redact_check {
	REDACT_NO_CHECK,
	REDACT_LRC, /* of T=1: over the payload */
	REDACT_CRC,
	REDACT_TCK /* of an ATR: over all but its first byte */
};

/* One message on its way through a pipe. */
struct redact_stream {
	uint8_t head[REDACT_HEAD]; /* as it was, then as it is written */
	size_t have, total;        /* total 0: not known yet */
	bool decided;
	size_t off, end; /* what goes, within the message */
	bool stays;      /* ... or is only listed */
	enum redact_check check;
};

struct redact_pipe {
	uint8_t bulk_out, bulk_in;
	uint16_t seq[256];  /* of each slot's last command, plus 1 */
	uint8_t ins[256];   /* of its last APDU, as far as that can be seen; else 0 */
	bool more[256];     /* its last T=1 block was no end of a chain */
	uint64_t part[256]; /* the number of its last answer, when more parts follow; else 0 */
	struct redact_stream out, in;
	struct ccid_message_context context[256];
	struct ccid_mask_state block[256]; /* for what may be T=1 blocks */
};

struct redact_serial {
	uint8_t text[CCID_REDACT_TEXT * 2]; /* UTF-16, little-endian */
	size_t len;                         /* in bytes */
};

/* A control request without an answer yet. */
struct redact_request {
	bool used;
	uint64_t id;
	uint8_t request_type, request;
	uint16_t value;
};

/* An answer that holds so many bytes of the status word of a later part. */
struct redact_split {
	uint64_t answer;
	size_t bytes;
};

struct ccid_redactor {
	struct ccid_redact_rules rules;
	struct redact_pipe pipe[REDACT_PIPES];
	unsigned pipes;
	bool guessed;  /* they are: no descriptor told of them */
	uint8_t token; /* bInterfaceProtocol of a token without bulk endpoints, else 0 */
	struct ccid_mask_state token_mask,
		token_parts;              /* the latter where the version is not known */
	bool token_powers, token_says_sw; /* what the next DATA_BLOCK answer is */
	uint8_t token_ins, token_body;    /* of its last header; bytes of data that it announces */
	struct redact_request request[REDACT_PENDING];
	unsigned next;
	uint8_t serial_index; /* iSerialNumber, 0 while not known */
	bool surveying, out_of_memory;
	uint64_t answers; /* with a status word, or a part of one, so far */
	struct redact_split *split;
	size_t splits, split_cap, next_split;
	struct redact_serial serial[REDACT_SERIALS];
	unsigned serials;
};

/* redact_challenge.c: the rule of that name, for a command or an answer of which enough has come. */
void ccid_redact_find_challenge(struct redact_pipe *pipe, struct redact_stream *s, bool in,
                                const struct ccid_message_context *ctx);
/* The same for the data of an ICCD token's XFR_BLOCK, and for what of an answer is the card's. */
void ccid_redact_token_command(struct ccid_redactor *r, const uint8_t *data, size_t len,
                               struct ccid_mask_list *spans);
void ccid_redact_token_challenge(const struct ccid_redactor *r, size_t off, size_t end,
                                 struct ccid_mask_list *spans);
/* Whether enough has come. */
bool ccid_redact_challenge_ready(const struct redact_stream *s);

/* One transfer of a pipe. */
int ccid_redact_transfer(struct ccid_redactor *r, struct redact_pipe *pipe, bool in, uint8_t *data,
                         size_t len, struct ccid_mask_list *spans);

/* Whatever was under way in a stream is over. */
void ccid_redact_start_over(struct redact_stream *s);

/* The historical bytes of an ATR of which len of total bytes are there: false when it has none, or
 * they have not begun. *end includes TCK when there is one (*tck). */
bool ccid_redact_find_historical(const uint8_t *atr, size_t len, size_t total, size_t *off,
                                 size_t *end, bool *tck);

/* Overwrite what of [off, end) lies in a piece of len bytes that starts at. */
void ccid_redact_fill(uint8_t *data, size_t at, size_t len, size_t off, size_t end,
                      struct ccid_mask_list *spans);

/* redact_split.c: how many of the last bytes of an answer, or part of one, with n bytes of what the card
 * said belong to its status word. */
size_t ccid_redact_status_len(struct ccid_redactor *r, struct redact_pipe *pipe, uint8_t slot,
                              bool more, size_t n);

/* redact_serial.c */
void ccid_redact_learn_string(struct ccid_redactor *r, uint16_t value, const uint8_t *data,
                              size_t len);
void ccid_redact_hide_serials(const struct ccid_redactor *r, uint8_t *data, size_t len,
                              struct ccid_mask_list *spans);

#endif
