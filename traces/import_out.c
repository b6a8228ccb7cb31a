/* SPDX-License-Identifier: MIT */
#include "import_out.h"

#include "bytes.h"
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void ccid_import_note(struct ccid_import_out *o, const char *fmt, ...)
{
	size_t at = strlen(o->note);
	va_list ap;

	if (at > 0 && at + 2 < sizeof o->note) {
		memcpy(o->note + at, "; ", 3);
		at += 2;
	}
	va_start(ap, fmt);
	vsnprintf(o->note + at, sizeof o->note - at, fmt, ap);
	va_end(ap);
}

static uint8_t *scratch(struct ccid_import_out *o)
{
	if (o->scratch == NULL)
		o->scratch = malloc(CCID_TRACE_PACKET_MAX);
	if (o->scratch == NULL)
		o->failed = CCID_E_NOMEM;
	return o->scratch;
}

/* "masked 26+8 40+2 what": where the wildcards are in the packet. */
static void put_spans(char *out, size_t cap, const struct ccid_mask_span *span,
                      const struct ccid_mask_span *gap, const char *note)
{
	struct ccid_words w = ccid_words(out, cap);

	if (span != NULL)
		ccid_words_add(&w, "masked %zu+%zu", span->off, span->len);
	if (gap != NULL)
		ccid_words_add(&w, "%s %zu+%zu cut off by the capture",
		               span != NULL ? "" : "masked", gap->off, gap->len);
	if (note[0] != '\0')
		ccid_words_add(&w, "%s%s", w.len > 0 ? "; " : "", note);
}

static void write_pieces(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                         const struct ccid_trace_piece *piece, const char *comment)
{
	int err = ccid_trace_write_pieces(o->w, dir, time_ns, piece, comment);

	if (err != 0)
		o->failed = err;
	o->packets++;
	o->note[0] = '\0';
}

/* Data that differs from what was captured. */
static void put_changed(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                        struct ccid_trace_piece *piece, const struct ccid_mask_span *span,
                        size_t missing)
{
	char comment[CCID_TRACE_COMMENT_MAX + 1];
	uint8_t *buf = scratch(o);
	size_t have = piece->data_len, head = piece->head_len;
	const struct ccid_mask_span gap = {head + have, missing};
	struct ccid_mask_span in_packet = {0};

	if (buf == NULL || head + have + missing > CCID_TRACE_PACKET_MAX) {
		o->failed = buf == NULL ? CCID_E_NOMEM : CCID_E_FORMAT;
		return;
	}
	if (have > 0)
		memcpy(buf, piece->data, have);
	memset(buf + have, 0, missing);
	if (span != NULL) {
		in_packet = (struct ccid_mask_span){head + span->off, span->len};
		memset(buf + span->off, CCID_MASK_BYTE, span->len);
		o->masked++;
	}
	piece->data = buf;
	piece->data_len = have + missing;
	put_spans(comment, sizeof comment, span != NULL ? &in_packet : NULL,
	          missing > 0 ? &gap : NULL, o->note);
	write_pieces(o, dir, time_ns, piece, comment);
}

void ccid_import_put(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                     const struct ccid_redir_packet *p, const struct ccid_mask_span *span,
                     size_t missing)
{
	uint8_t head[CCID_REDIR_HEAD_MAX];
	struct ccid_redir_packet whole = *p;
	struct ccid_trace_piece piece = {.head = head, .data = p->data, .data_len = p->data_len};

	if (o->failed != 0)
		return;
	whole.data_len += missing;
	piece.head_len = ccid_redir_encode_head(head, &whole);
	if (span != NULL || missing > 0)
		put_changed(o, dir, time_ns, &piece, span, missing);
	else
		write_pieces(o, dir, time_ns, &piece, o->note);
}

void ccid_import_put_quiet(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                           const struct ccid_redir_packet *p)
{
	uint8_t head[CCID_REDIR_HEAD_MAX];
	struct ccid_trace_piece piece = {.head = head, .data = p->data, .data_len = p->data_len};

	if (o->failed != 0)
		return;
	piece.head_len = ccid_redir_encode_head(head, p);
	o->failed = ccid_trace_write_pieces(o->w, dir, time_ns, &piece, NULL);
	o->packets++;
}

void ccid_import_put_raw(struct ccid_import_out *o, const struct ccid_trace_packet *packet,
                         const struct ccid_mask_span *span)
{
	struct ccid_trace_piece piece = {.data = packet->data, .data_len = packet->len};

	if (o->failed != 0)
		return;
	if (span != NULL)
		put_changed(o, packet->dir, packet->time_ns, &piece, span, 0);
	else
		write_pieces(o, packet->dir, packet->time_ns, &piece,
		             o->note[0] != '\0' ? o->note : packet->comment);
}

void ccid_import_answer(struct ccid_import_out *o, uint64_t time_ns,
                        const struct ccid_redir_packet *request, uint32_t type)
{
	struct ccid_redir_packet p = *request;

	p.type = type;
	p.data_len = 0;
	ccid_import_put(o, CCID_TRACE_FROM_HOST, time_ns, &p, NULL, 0);
}

void ccid_import_out_free(struct ccid_import_out *o)
{
	if (o->scratch != NULL)
		ccid_wipe(o->scratch, CCID_TRACE_PACKET_MAX);
	free(o->scratch);
	o->scratch = NULL;
}
