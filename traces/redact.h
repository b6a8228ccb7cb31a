/* SPDX-License-Identifier: MIT */
/* What must not be in a file is taken out of packets on their way there, streaming: of the
 * recorder, of the proxy, and of files on request.
 *
 * PINs always: the spans of mask.h, and what a Secure command is answered beside its status word.
 * The bytes become FF, letters of a string X; check bytes of T=1 blocks and the TCK of an ATR are
 * computed anew, so that what remains is well-formed. Messages may be cut into transfers in any way.
 * Where no descriptor tells of a CCID interface, what is sent to any bulk endpoint is taken for CCID
 * messages, of which it is not known at which exchange level, and what is sent by XFR_BLOCK for an
 * ICCD token's.
 * One thread at a time; nothing is allocated per packet. */
#ifndef CCID_REDACT_H
#define CCID_REDACT_H

#include "mask.h"
#include "redir_packet.h"

#define CCID_REDACT_TEXT 128 /* a serial number in UTF-16: a string descriptor holds 126 units */

struct ccid_redact_rules {
	bool serials;    /* the serial number, as a string and wherever its text comes again */
	bool historical; /* historical bytes of ATRs */
	bool responses;  /* what cards answer, but for status words */
	/* Instead of all that: overwrite nothing, and list what differs in each run, the answers to GET
	 * CHALLENGE (84) and the bodies of EXTERNAL, INTERNAL and GENERAL AUTHENTICATE (82, 88, 86,
	 * 87). */
	bool challenges;
	/* What was said before the first packet is not known: what may be a T=1 block is read as one
	 * too, whatever protocol seems to be in force. */
	bool late;
};

struct ccid_redactor;

CCID_MUST_USE
int ccid_redactor_new(struct ccid_redactor **out, const struct ccid_redact_rules *rules);
void ccid_redactor_free(struct ccid_redactor *r); /* wipes; NULL is allowed */

/* Look at a packet before any is redacted, for the rules serials and responses: learns which texts are
 * serial numbers, and which status words are cut in two. data is a copy of the payload, and spoilt.
 * CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_redactor_survey(struct ccid_redactor *r, enum ccid_trace_dir dir,
                         const struct ccid_redir_packet *p, uint8_t *data);
/* The survey is over: the next packet is the first one again. */
void ccid_redactor_surveyed(struct ccid_redactor *r);

/* The next packet of a conversation, whose payload (p->data_len bytes) is a copy in data. What must
 * go is overwritten; spans lists where, from the start of data. CCID_E_UNSUPPORTED: it cannot be
 * told what in this answer is procedure bytes (responses, at character level with T=0). */
CCID_MUST_USE
int ccid_redactor_packet(struct ccid_redactor *r, enum ccid_trace_dir dir,
                         const struct ccid_redir_packet *p, uint8_t *data,
                         struct ccid_mask_list *spans);

/* Whether a text (a comment) holds a serial number. */
bool ccid_redactor_names(const struct ccid_redactor *r, const char *text);

#endif
