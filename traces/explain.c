/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include "bytes.h"
#include "ccid_msg.h"
#include "explain_link.h"
#include "message_detail.h"
#include "redir_packet.h"
#include "token_text.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT    512
#define PENDING 16
#define MASKS   32

/* A message that comes in pieces. */
struct joint {
	uint8_t *p;
	size_t len, cap;
	struct ccid_mask_span mask[MASKS];
	size_t masks;
	struct ccid_trace_packet from; /* the latest piece, without its data */
	uint64_t packet;
	char comment[CCID_TRACE_COMMENT_MAX + 1];
};

struct ccid_explain {
	void (*line)(void *arg, const struct ccid_explain_line *line);
	void *arg;
	struct joint out, in;
	struct ccid_redir_packet control[PENDING]; /* requests without an answer yet */
	unsigned controls;
	uint8_t bulk_out, bulk_in; /* the endpoints in use, 0 when not known yet */
	struct ccid_explain_device device;
	size_t nslots;
	uint8_t token; /* commands are class requests: bInterfaceProtocol */
	struct ccid_mask_state token_mask;
	uint64_t packet;
	struct ccid_message_context slot[256];
};

/* One line under construction. */
struct saying {
	struct ccid_explain *e;
	const struct ccid_trace_packet *from;
	struct ccid_explain_line line;
	struct ccid_mask_span mask[MASKS];
	char text[TEXT];
};

static void say(struct saying *s)
{
	s->line.dir = s->from->dir;
	s->line.time_ns = s->from->time_ns;
	s->line.packet = s->e->packet;
	s->line.comment = s->from->comment;
	s->line.text = s->text;
	s->e->line(s->e->arg, &s->line);
}

static struct saying start(struct ccid_explain *e, const struct ccid_trace_packet *from,
                           enum ccid_explain_kind kind, const char *name)
{
	return (struct saying){
		.e = e,
		.from = from,
		.line = {.kind = kind, .slot = -1, .seq = -1, .name = name},
	};
}

int ccid_explain_new(struct ccid_explain **out,
                     void (*line)(void *arg, const struct ccid_explain_line *line), void *arg)
{
	struct ccid_explain *e = calloc(1, sizeof *e);

	if (e == NULL)
		return CCID_E_NOMEM;
	e->line = line;
	e->arg = arg;
	e->nslots = 1;
	*out = e;
	return 0;
}

void ccid_explain_free(struct ccid_explain *e)
{
	if (e == NULL)
		return;
	free(e->out.p);
	free(e->in.p);
	free(e);
}

const struct ccid_explain_device *ccid_explain_device(const struct ccid_explain *e)
{
	return &e->device;
}

/* The masks of a packet whose payload begins at base of the whole. Returns how many there are now. */
static size_t add_masks(struct ccid_mask_span *mask, size_t n, const struct ccid_trace_packet *from,
                        const struct ccid_redir_packet *p, size_t base)
{
	size_t before = from->len - p->data_len;
	struct ccid_mask_span span;
	const char *pos = NULL;

	while (n < MASKS && ccid_mask_next(from->comment, &pos, &span))
		if (span.off >= before && span.off <= from->len && span.len <= from->len - span.off)
			mask[n++] = (struct ccid_mask_span){span.off - before + base, span.len};
	return n;
}

/* Payload that is whole in its packet. */
static void carry(struct saying *s, const struct ccid_redir_packet *p)
{
	s->line.data = p->data_len > 0 ? p->data : NULL;
	s->line.len = p->data_len;
	s->line.masks = s->mask;
	s->line.mask_count = add_masks(s->mask, 0, s->from, p, 0);
}

static int join(struct joint *j, const struct ccid_trace_packet *from,
                const struct ccid_redir_packet *packet)
{
	const uint8_t *data = packet->data;
	size_t len = packet->data_len;
	size_t need = j->len + len, cap = need * 2;
	uint8_t *p;

	j->masks = add_masks(j->mask, j->masks, from, packet, j->len);
	if (need > j->cap) {
		p = realloc(j->p, cap);
		if (p == NULL)
			return CCID_E_NOMEM;
		j->p = p;
		j->cap = cap;
	}
	if (len > 0)
		memcpy(j->p + j->len, data, len);
	j->len = need;
	return 0;
}

/* Whether the message is all there, or will never be. */
static bool is_whole(const struct joint *j)
{
	struct ccid_rd r = ccid_rd(j->p, j->len);

	ccid_rd_u8(&r);
	if (j->len < CCID_HEADER_LEN || j->len > CCID_TRACE_PACKET_MAX)
		return true;
	return j->len - CCID_HEADER_LEN >= ccid_rd_le32(&r);
}

static bool describe(struct saying *s, uint8_t slot)
{
	struct ccid_message_context *ctx = &s->e->slot[slot];
	struct ccid_words w;
	bool failed;

	ctx->masks = s->line.masks;
	ctx->mask_count = s->line.mask_count;
	failed = ccid_message_text(s->text, sizeof s->text, ctx, s->line.data, s->line.len);
	ctx->masks = NULL;
	ctx->mask_count = 0;
	w = (struct ccid_words){.p = s->text, .cap = sizeof s->text, .len = strlen(s->text)};
	return ccid_message_detail(&w, ctx, s->line.data, s->line.len) || failed;
}

static void say_message(struct ccid_explain *e, const struct ccid_trace_packet *from,
                        struct joint *j, enum ccid_explain_kind kind)
{
	struct saying s = start(e, from, kind, j->len > 0 ? ccid_msg_name(j->p[0]) : "?");
	bool header = j->len >= CCID_HEADER_LEN;

	if (j->len == 0)
		return;
	s.line.slot = header ? j->p[5] : -1;
	s.line.seq = header ? j->p[6] : -1;
	s.line.data = j->p;
	s.line.len = j->len;
	s.line.masks = j->mask;
	s.line.mask_count = j->masks;
	s.line.code = j->p[0];
	s.line.context = header ? &e->slot[j->p[5]] : NULL;
	s.line.error = describe(&s, header ? j->p[5] : 0);
	j->len = j->masks = 0;
	say(&s);
}

static void remember(struct joint *j, const struct ccid_trace_packet *from, uint64_t packet)
{
	j->from = *from;
	j->from.data = NULL;
	j->packet = packet;
	if (from->comment == NULL)
		return;
	snprintf(j->comment, sizeof j->comment, "%s", from->comment);
	j->from.comment = j->comment;
}

/* An answer of which no more came, told where its last piece was. */
static void say_rest(struct ccid_explain *e)
{
	uint64_t now = e->packet;

	e->packet = e->in.packet;
	say_message(e, &e->in.from, &e->in, CCID_EXPLAIN_ANSWER);
	e->packet = now;
}

void ccid_explain_end(struct ccid_explain *e)
{
	say_rest(e);
}

static int take_out(struct ccid_explain *e, const struct ccid_trace_packet *from,
                    const struct ccid_redir_packet *p)
{
	int err;

	if (p->data_len == 0)
		return 0;
	say_rest(e);
	err = join(&e->out, from, p);
	if (err == 0 && is_whole(&e->out))
		say_message(e, from, &e->out, CCID_EXPLAIN_COMMAND);
	return err;
}

static int take_in(struct ccid_explain *e, const struct ccid_trace_packet *from,
                   const struct ccid_redir_packet *p)
{
	int err = join(&e->in, from, p);

	if (err == 0 && is_whole(&e->in))
		say_message(e, from, &e->in, CCID_EXPLAIN_ANSWER);
	else if (err == 0)
		remember(&e->in, from, e->packet);
	return err;
}

static void say_transfer(struct ccid_explain *e, const struct ccid_trace_packet *from,
                         const struct ccid_redir_packet *p)
{
	struct saying s =
		start(e, from, CCID_EXPLAIN_TRANSFER, p->endpoint & 0x80 ? "bulk IN" : "bulk OUT");
	struct ccid_words w = ccid_words(s.text, sizeof s.text);

	s.line.error = p->status != CCID_REDIR_OK && p->status != CCID_REDIR_CANCELLED;
	ccid_words_add(&w, "%s",
	               p->status == CCID_REDIR_OK ? "zero-length transfer"
	                                          : ccid_redir_status_name(p->status));
	say(&s);
}

static int take_bulk(struct ccid_explain *e, const struct ccid_trace_packet *from,
                     const struct ccid_redir_packet *p)
{
	bool guest = from->dir == CCID_TRACE_FROM_GUEST, in = (p->endpoint & 0x80) != 0;
	uint8_t *use = in ? &e->bulk_in : &e->bulk_out;

	if (*use == 0)
		*use = p->endpoint;
	if (*use != p->endpoint)
		return 0;
	if (guest)
		return in ? 0 : take_out(e, from, p);
	if (p->status != CCID_REDIR_OK || (in && p->data_len == 0))
		say_transfer(e, from, p);
	else if (in)
		return take_in(e, from, p);
	return 0;
}

static void take_interrupt(struct ccid_explain *e, const struct ccid_trace_packet *from,
                           const struct ccid_redir_packet *p)
{
	struct saying s = start(e, from, CCID_EXPLAIN_NOTIFY,
	                        p->data_len > 0 ? ccid_msg_name(p->data[0]) : "interrupt");

	carry(&s, p);
	s.line.code = p->data_len > 0 ? p->data[0] : 0;
	s.line.error =
		ccid_message_notify_text(s.text, sizeof s.text, e->nslots, p->data, p->data_len);
	say(&s);
}

/* The exchange level and the number of slots decide how messages read. */
static void learn_config(struct ccid_explain *e, const uint8_t *data, size_t len)
{
	struct ccid_interface f;
	struct ccid_class_desc d;
	size_t pos = 0;

	if (ccid_config_next(data, len, &pos, &f) != 1 ||
	    ccid_class_desc_decode(&d, f.desc, CCID_CLASS_DESC_LEN) != 0)
		return;
	e->device.described = true;
	e->device.iface = f;
	e->device.iface.desc = NULL;
	e->device.desc = d;
	e->token = ccid_is_token(&f) ? f.protocol : 0;
	e->nslots = (size_t)d.max_slot_index + 1;
	for (size_t i = 0; i < sizeof e->slot / sizeof e->slot[0]; i++)
		e->slot[i].level = ccid_class_desc_level(&d);
}

/* The command is told when it is sent, the answer when it comes. */
static void say_token(struct ccid_explain *e, const struct ccid_trace_packet *from,
                      const struct ccid_redir_packet *q, const struct ccid_redir_packet *p)
{
	bool guest = from->dir == CCID_TRACE_FROM_GUEST;
	struct saying s = start(e, from, guest ? CCID_EXPLAIN_COMMAND : CCID_EXPLAIN_ANSWER,
	                        ccid_token_request_name(q));

	s.line.slot = 0;
	s.line.code = q->request;
	s.line.value = q->value;
	s.line.token = e->token;
	carry(&s, p);
	s.line.error = p->status != CCID_REDIR_OK;
	if (s.line.error)
		snprintf(s.text, sizeof s.text, "%s", ccid_redir_status_name(p->status));
	else
		ccid_token_text(s.text, sizeof s.text, guest ? &e->token_mask : NULL, e->token, p);
	if (guest || s.line.error || p->data_len > 0)
		say(&s);
}

static void take_control(struct ccid_explain *e, const struct ccid_trace_packet *from,
                         const struct ccid_redir_packet *p)
{
	struct saying s = start(e, from, CCID_EXPLAIN_CONTROL, NULL);
	const struct ccid_redir_packet *q = p;

	if (from->dir == CCID_TRACE_FROM_GUEST) {
		e->control[e->controls++ % PENDING] = *p;
		if (e->token != 0 && ccid_token_request_name(p) != NULL)
			say_token(e, from, p, p);
		return;
	}
	for (unsigned i = 0; i < PENDING; i++)
		if (e->control[i].type == p->type && e->control[i].id == p->id)
			q = &e->control[i];
	if (e->token != 0 && ccid_token_request_name(q) != NULL) {
		say_token(e, from, q, p);
		return;
	}
	if (p->status == CCID_REDIR_OK && ccid_explain_is_config(q))
		learn_config(e, p->data, p->data_len);
	else if (p->status == CCID_REDIR_OK)
		ccid_explain_learn(&e->device, q, p);
	s.line.name = ccid_explain_request_name(q);
	s.line.code = q->request;
	s.line.value = q->value;
	carry(&s, p);
	s.line.error = p->status != CCID_REDIR_OK;
	ccid_explain_control(s.text, sizeof s.text, q, p);
	say(&s);
}

static bool ends_answers(uint32_t type)
{
	return type == CCID_REDIR_DEVICE_CONNECT || type == CCID_REDIR_DEVICE_DISCONNECT ||
	       type == CCID_REDIR_RESET;
}

static void take_link(struct ccid_explain *e, const struct ccid_trace_packet *from,
                      const struct ccid_redir_packet *p)
{
	struct saying s = start(e, from, CCID_EXPLAIN_LINK, ccid_redir_type_name(p->type));

	if (ends_answers(p->type))
		say_rest(e);
	s.line.error = p->type == CCID_REDIR_DEVICE_DISCONNECT ||
	               p->type == CCID_REDIR_FILTER_REJECT || p->status != CCID_REDIR_OK;
	s.line.code = (uint8_t)p->type;
	if (p->type == CCID_REDIR_DEVICE_CONNECT)
		e->device.connected =
			ccid_redir_decode_connect(&e->device.connect, p->data, p->data_len) == 0;
	ccid_explain_link(s.text, sizeof s.text, p);
	say(&s);
}

int ccid_explain_packet(struct ccid_explain *e, const struct ccid_trace_packet *from)
{
	struct ccid_redir_packet p;

	e->packet++;
	if (ccid_redir_decode(&p, from->data, from->len, from->caps) != 0) {
		struct saying s = start(e, from, CCID_EXPLAIN_LINK, "?");
		struct ccid_words w = ccid_words(s.text, sizeof s.text);

		ccid_words_add(&w, "not understood:");
		ccid_words_hex(&w, from->data, from->len, 32);
		s.line.error = true;
		say(&s);
		return 0;
	}
	if (p.type == CCID_REDIR_BULK)
		return take_bulk(e, from, &p);
	if (p.type == CCID_REDIR_CONTROL)
		take_control(e, from, &p);
	else if (p.type == CCID_REDIR_INTERRUPT)
		take_interrupt(e, from, &p);
	else
		take_link(e, from, &p);
	return 0;
}

static int explain_all(struct ccid_explain *e, struct ccid_trace_reader *r)
{
	struct ccid_trace_packet p;
	int got, err = 0;

	while (err == 0 && (got = ccid_trace_next(r, &p)) == 1)
		err = ccid_explain_packet(e, &p);
	if (err == 0)
		ccid_explain_end(e);
	return err != 0 ? err : got;
}

int ccid_explain_file(const char *path,
                      void (*line)(void *arg, const struct ccid_explain_line *line), void *arg,
                      char *problem, size_t cap)
{
	struct ccid_trace_reader *r = NULL;
	struct ccid_explain *e = NULL;
	int err = ccid_trace_open(&r, path, problem, cap);

	if (err != 0)
		return err;
	err = ccid_explain_new(&e, line, arg);
	if (err == 0)
		err = explain_all(e, r);
	if (err != 0 && problem != NULL && cap > 0)
		snprintf(problem, cap, "%s",
		         ccid_trace_problem(r)[0] != '\0' ? ccid_trace_problem(r)
		                                          : ccid_err_text(err));
	ccid_explain_free(e);
	ccid_trace_reader_close(r);
	return err;
}
