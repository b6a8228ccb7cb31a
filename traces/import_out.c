/* SPDX-License-Identifier: MIT */
#include "import_out.h"

#include "bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int ccid_import_out_open(struct ccid_import_out *o, bool keep_pins)
{
	/* a capture that begins late does not say which protocol is in force */
	static const struct ccid_redact_rules rules = {.late = true};

	o->scratch = malloc(CCID_TRACE_PACKET_MAX);
	if (o->scratch == NULL)
		return CCID_E_NOMEM;
	return keep_pins ? 0 : ccid_redactor_new(&o->redactor, &rules);
}

void ccid_import_out_close(struct ccid_import_out *o)
{
	ccid_redactor_free(o->redactor);
	o->redactor = NULL;
	if (o->scratch != NULL)
		ccid_wipe(o->scratch, o->high);
	free(o->scratch);
	o->scratch = NULL;
}

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

/* The payload, a copy of which is in scratch, without its secrets. */
static void redact(struct ccid_import_out *o, enum ccid_trace_dir dir,
                   const struct ccid_redir_packet *p, struct ccid_mask_list *spans)
{
	int err;

	spans->count = 0;
	if (o->redactor == NULL)
		return;
	err = ccid_redactor_packet(o->redactor, dir, p, o->scratch, spans);
	if (err != 0)
		o->failed = err;
	o->masked += spans->count > 0;
}

/* scratch holds the payload of p; missing of it is made up. */
static void put(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                const struct ccid_redir_packet *p, size_t missing, struct ccid_trace_piece *piece,
                const char *note)
{
	char comment[CCID_TRACE_COMMENT_MAX + 1] = "";
	struct ccid_mask_list spans;

	redact(o, dir, p, &spans);
	if (missing > 0)
		ccid_mask_add(&spans, p->data_len - missing, missing);
	for (unsigned i = 0; i < spans.count; i++)
		spans.span[i].off += piece->head_len;
	if (spans.count > 0)
		ccid_mask_comment(comment, sizeof comment, "masked", &spans, note);
	piece->data = o->scratch;
	piece->data_len = p->data_len;
	if (o->failed == 0)
		o->failed = ccid_trace_write_pieces(o->w, dir, time_ns, piece,
		                                    spans.count > 0 ? comment : note);
	o->packets++;
}

/* Take a copy; false when it is too long, or something has failed before. */
static bool copy(struct ccid_import_out *o, const uint8_t *data, size_t len, size_t missing)
{
	if (len > CCID_TRACE_PACKET_MAX || missing > CCID_TRACE_PACKET_MAX - len)
		o->failed = o->failed != 0 ? o->failed : CCID_E_FORMAT;
	if (o->failed != 0)
		return false;
	if (len > 0)
		memcpy(o->scratch, data, len);
	memset(o->scratch + len, 0, missing);
	o->high = len + missing > o->high ? len + missing : o->high;
	return true;
}

static void put_packet(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                       const struct ccid_redir_packet *p, size_t missing, const char *note)
{
	uint8_t head[CCID_REDIR_HEAD_MAX];
	struct ccid_trace_piece piece = {.head = head};
	struct ccid_redir_packet whole = *p;

	if (!copy(o, p->data, p->data_len, missing))
		return;
	whole.data = o->scratch;
	whole.data_len += missing;
	piece.head_len = ccid_redir_encode_head(head, &whole);
	put(o, dir, time_ns, &whole, missing, &piece, note);
}

void ccid_import_put(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                     const struct ccid_redir_packet *p, size_t missing)
{
	if (missing > 0)
		ccid_import_note(o, "cut off by the capture");
	put_packet(o, dir, time_ns, p, missing, o->note);
	o->note[0] = '\0';
}

void ccid_import_put_quiet(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                           const struct ccid_redir_packet *p)
{
	put_packet(o, dir, time_ns, p, 0, NULL);
}

void ccid_import_put_raw(struct ccid_import_out *o, const struct ccid_trace_packet *packet)
{
	struct ccid_trace_piece piece = {.head = packet->data, .head_len = packet->len};
	struct ccid_redir_packet p = {0};

	if (ccid_redir_decode(&p, packet->data, packet->len, packet->caps) != 0)
		p = (struct ccid_redir_packet){.type = CCID_REDIR_HELLO};
	if (!copy(o, p.data, p.data_len, 0))
		return;
	piece.head_len -= p.data_len;
	put(o, packet->dir, packet->time_ns, &p, 0, &piece,
	    o->note[0] != '\0' ? o->note : packet->comment);
	o->note[0] = '\0';
}

void ccid_import_answer(struct ccid_import_out *o, uint64_t time_ns,
                        const struct ccid_redir_packet *request, uint32_t type)
{
	struct ccid_redir_packet p = *request;

	p.type = type;
	p.data_len = 0;
	ccid_import_put(o, CCID_TRACE_FROM_HOST, time_ns, &p, 0);
}
