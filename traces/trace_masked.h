/* SPDX-License-Identifier: MIT */
/* A trace as it may be shown: PINs are masked on the way out, even where the file has them, because
 * somebody kept them or another program wrote it. */
#ifndef CCID_TRACE_MASKED_H
#define CCID_TRACE_MASKED_H

#include "redact.h"
#include "trace_file.h"

struct ccid_trace_masked;

/* CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_trace_masked_new(struct ccid_trace_masked **out);
void ccid_trace_masked_free(struct ccid_trace_masked *m); /* wipes; NULL is allowed */

/* As ccid_trace_next(). What is masked is in the comment as the recorder has it; *out lives until the
 * next call. */
CCID_MUST_USE
int ccid_trace_masked_next(struct ccid_trace_masked *m, struct ccid_trace_reader *r,
                           struct ccid_trace_packet *out);

/* The payload of a packet; what cannot be taken apart has its header, and the rest. */
struct ccid_redir_packet ccid_trace_payload(const struct ccid_trace_packet *from);
/* Leave out the spans that a comment (may be NULL) lists already. */
void ccid_trace_drop_listed(struct ccid_mask_list *spans, const char *comment);

#endif
