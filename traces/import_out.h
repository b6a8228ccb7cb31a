/* SPDX-License-Identifier: MIT */
/* Where imported packets go: a trace, without PINs, and with what was made up marked. */
#ifndef CCID_IMPORT_OUT_H
#define CCID_IMPORT_OUT_H

#include "redact.h"

/* One conversion. Zero-initialise, then ccid_import_out_open(). */
struct ccid_import_out {
	struct ccid_trace_writer *w;
	struct ccid_redactor *redactor; /* NULL when PINs are to be kept */
	uint64_t id, interrupt_id;
	uint64_t packets, masked;
	uint8_t *scratch;                      /* CCID_TRACE_PACKET_MAX bytes */
	size_t high;                           /* the most of scratch that was ever used */
	bool configured;                       /* the trace has a set_configuration */
	int failed;                            /* the first failure; later calls do nothing */
	char note[CCID_TRACE_COMMENT_MAX + 1]; /* for the next packet, "" for none */
};

/* CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_import_out_open(struct ccid_import_out *o, bool keep_pins);
/* Wipes; o->w is the caller's to close. */
void ccid_import_out_close(struct ccid_import_out *o);

/* Add to the note of the next packet. */
void ccid_import_note(struct ccid_import_out *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A packet. missing bytes follow its data that the capture did not keep: they are zeros, and
 * wildcards. The note becomes its comment. */
void ccid_import_put(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                     const struct ccid_redir_packet *p, size_t missing);

/* A packet that nobody reads about: the note waits for the next. */
void ccid_import_put_quiet(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                           const struct ccid_redir_packet *p);

/* A whole usbredir packet as captured. */
void ccid_import_put_raw(struct ccid_import_out *o, const struct ccid_trace_packet *packet);

/* What the host says to a request at once: a status packet of this type. */
void ccid_import_answer(struct ccid_import_out *o, uint64_t time_ns,
                        const struct ccid_redir_packet *request, uint32_t type);

#endif
