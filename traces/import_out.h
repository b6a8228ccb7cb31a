/* SPDX-License-Identifier: MIT */
/* Where imported packets go: a trace, with PINs masked and what was made up marked. */
#ifndef CCID_IMPORT_OUT_H
#define CCID_IMPORT_OUT_H

#include "import_mask.h"

/* One conversion. Zero-initialise, then set w and mask.keep. */
struct ccid_import_out {
	struct ccid_trace_writer *w;
	struct ccid_import_mask mask;
	uint64_t id, interrupt_id;
	uint64_t packets, masked;
	uint8_t *scratch; /* CCID_TRACE_PACKET_MAX bytes, allocated when first needed */
	char note[CCID_TRACE_COMMENT_MAX + 1]; /* for the next packet, "" for none */
	bool configured;                       /* the trace has a set_configuration */
	int failed;                            /* the first failure; later calls do nothing */
};

/* Add to the note of the next packet. */
void ccid_import_note(struct ccid_import_out *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A packet as it is, or with data shown as CCID_MASK_BYTE in span (of the data; NULL for none).
 * missing bytes follow the data that the capture did not keep: they are made up, and wildcards.
 * The note becomes its comment. */
void ccid_import_put(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                     const struct ccid_redir_packet *p, const struct ccid_mask_span *span,
                     size_t missing);

/* A packet that nobody reads about: the note waits for the next. */
void ccid_import_put_quiet(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                           const struct ccid_redir_packet *p);

/* The same for a whole usbredir packet as captured; span is of the packet. */
void ccid_import_put_raw(struct ccid_import_out *o, const struct ccid_trace_packet *packet,
                         const struct ccid_mask_span *span);

/* What the other side says at once: a status packet for a request. */
void ccid_import_answer(struct ccid_import_out *o, uint64_t time_ns,
                        const struct ccid_redir_packet *request, uint32_t type);

void ccid_import_out_free(struct ccid_import_out *o);

#endif
