/* SPDX-License-Identifier: MIT */
/* Packets: which endpoints carry CCID messages, and what control requests carry. */
#include "bytes.h"
#include "edc.h"
#include "redact_priv.h"
#include "token_text.h"

#include <stdlib.h>
#include <string.h>

#define GET_DESCRIPTOR 6
#define DT_DEVICE      1
#define DT_CONFIG      2
#define DT_STRING      3
#define CONFIG_HEADER  9u
#define SW_LEN         2u

#define TO_TOKEN         0x21
#define FROM_TOKEN       0xA1
#define STATUS_WORD_NEXT 0x20 /* GET_ICC_STATUS of version A */

int ccid_redactor_new(struct ccid_redactor **out, const struct ccid_redact_rules *rules)
{
	struct ccid_redactor *r = calloc(1, sizeof *r);

	if (r == NULL)
		return CCID_E_NOMEM;
	if (rules != NULL)
		r->rules = *rules;
	*out = r;
	return 0;
}

void ccid_redactor_free(struct ccid_redactor *r)
{
	if (r == NULL)
		return;
	free(r->split);
	ccid_wipe(r, sizeof *r);
	free(r);
}

static struct redact_pipe *pipe_at(struct ccid_redactor *r, uint8_t endpoint)
{
	for (unsigned i = 0; endpoint != 0 && i < r->pipes; i++)
		if (r->pipe[i].bulk_out == endpoint || r->pipe[i].bulk_in == endpoint)
			return &r->pipe[i];
	return NULL;
}

static void add_pipe(struct ccid_redactor *r, const struct ccid_interface *f)
{
	struct redact_pipe *pipe = &r->pipe[r->pipes];
	struct ccid_class_desc d;

	if (ccid_is_token(f))
		r->token = f->protocol;
	if (f->bulk_out.address == 0 || r->pipes == REDACT_PIPES ||
	    pipe_at(r, f->bulk_out.address) != NULL ||
	    ccid_class_desc_decode(&d, f->desc, CCID_CLASS_DESC_LEN) != 0)
		return;
	pipe->bulk_out = f->bulk_out.address;
	pipe->bulk_in = f->bulk_in.address;
	for (size_t i = 0; i < sizeof pipe->context / sizeof pipe->context[0]; i++)
		pipe->context[i].level = ccid_class_desc_level(&d);
	r->pipes++;
}

static void forget_pipes(struct ccid_redactor *r)
{
	ccid_wipe(r->pipe, sizeof r->pipe);
	r->pipes = 0;
	r->guessed = false;
}

static void learn_config(struct ccid_redactor *r, const uint8_t *data, size_t len)
{
	struct ccid_interface f;
	size_t pos = 0;

	if (r->guessed && len > CONFIG_HEADER)
		forget_pipes(r);
	while (ccid_config_next(data, len, &pos, &f) == 1)
		add_pipe(r, &f);
}

/* Requests and their answers. */

static void remember(struct ccid_redactor *r, const struct ccid_redir_packet *p)
{
	r->request[r->next++ % REDACT_PENDING] = (struct redact_request){
		.used = true,
		.id = p->id,
		.request_type = p->request_type,
		.request = p->request,
		.value = p->value,
	};
}

/* What the answer is to; the answer's own fields are the device side's word. */
static struct redact_request recall(struct ccid_redactor *r, const struct ccid_redir_packet *p)
{
	for (unsigned i = 0; i < REDACT_PENDING; i++) {
		const struct redact_request q = r->request[i];

		if (!q.used || q.id != p->id)
			continue;
		r->request[i].used = false;
		return q;
	}
	return (struct redact_request){.used = false};
}

static bool is_descriptor(const struct redact_request *q, unsigned type)
{
	return q->used && q->request_type == 0x80 && q->request == GET_DESCRIPTOR &&
	       q->value >> 8 == type;
}

/* An ATR that stands before bytes into the payload. */
static void redact_atr(uint8_t *atr, size_t len, size_t before, struct ccid_mask_list *spans)
{
	size_t off, end;
	bool tck;

	if (!ccid_redact_find_historical(atr, len, len, &off, &end, &tck))
		return;
	memset(atr + off, CCID_MASK_BYTE, end - off);
	ccid_mask_add(spans, before + off, end - off);
	if (tck)
		atr[end - 1] = ccid_lrc(atr + 1, end - 2);
}

/* USB ICCD Rev 1.0, version A: bare bytes, which are the status word when the status byte said so.
 * Version B: bResponseType first; 00 and 02 end an answer, above 03 there is none. */
static void redact_token_answer(const struct ccid_redactor *r, uint8_t *data, size_t len,
                                struct ccid_mask_list *spans)
{
	size_t first = r->token == 2 ? 1 : 0, sw = 0;

	if (len <= first || (first == 1 && data[0] > CCID_CHAIN_MIDDLE) || r->token_says_sw)
		return;
	if (r->token_powers) {
		if (r->rules.historical && !r->rules.challenges)
			redact_atr(data + first, len - first, first, spans);
		return;
	}
	if (first == 1 && (data[0] == CCID_CHAIN_WHOLE || data[0] == CCID_CHAIN_END))
		sw = SW_LEN;
	if (len <= first + sw)
		return;
	if (r->rules.challenges)
		ccid_redact_token_challenge(r, first, len - sw, spans);
	else if (r->rules.responses)
		ccid_redact_fill(data, 0, len, first, len - sw, spans);
}

static void redact_answer(struct ccid_redactor *r, const struct redact_request *q,
                          const struct ccid_redir_packet *p, uint8_t *data,
                          struct ccid_mask_list *spans)
{
	if (is_descriptor(q, DT_CONFIG))
		learn_config(r, data, p->data_len);
	if (!q->used || r->token == 0 || q->request_type != FROM_TOKEN)
		return;
	switch (q->request) {
	case CCID_TOKEN_STATUS:
		r->token_says_sw = p->data_len > 0 && (data[0] & 0xF0) == STATUS_WORD_NEXT;
		break;
	case CCID_TOKEN_POWER_ON:
		if (r->rules.historical && !r->rules.challenges)
			redact_atr(data, p->data_len, 0, spans);
		break;
	case CCID_TOKEN_DATA_BLOCK: redact_token_answer(r, data, p->data_len, spans); break;
	default: break;
	}
}

/* Without descriptors what is sent in this way may be of either version. */
static bool find_in_request(struct ccid_redactor *r, const struct ccid_redir_packet *p,
                            const uint8_t *data, struct ccid_mask_span *span)
{
	uint8_t level = (uint8_t)(p->value >> 8), version = r->token != 0 ? r->token : 1;

	return ccid_mask_find_token(span, &r->token_mask, version, level, data, p->data_len) ||
	       (r->token == 0 &&
	        ccid_mask_find_token(span, &r->token_parts, 2, level, data, p->data_len));
}

static void redact_request(struct ccid_redactor *r, const struct ccid_redir_packet *p,
                           uint8_t *data, struct ccid_mask_list *spans)
{
	bool blind = r->pipes == 0 || r->guessed;
	struct ccid_mask_span span;

	if ((r->token == 0 && !blind) || p->request_type != TO_TOKEN)
		return;
	r->token_powers = p->request == CCID_TOKEN_POWER_ON;
	r->token_says_sw = false;
	if (p->request != CCID_TOKEN_XFR_BLOCK)
		return;
	if (r->rules.challenges)
		ccid_redact_token_command(r, data, p->data_len, spans);
	else if (find_in_request(r, p, data, &span))
		ccid_redact_fill(data, 0, p->data_len, span.off, span.off + span.len, spans);
}

static void redact_control(struct ccid_redactor *r, enum ccid_trace_dir dir,
                           const struct ccid_redir_packet *p, uint8_t *data,
                           struct ccid_mask_list *spans)
{
	struct redact_request q;

	if (dir == CCID_TRACE_FROM_GUEST) {
		remember(r, p);
		redact_request(r, p, data, spans);
		return;
	}
	q = recall(r, p);
	redact_answer(r, &q, p, data, spans);
}

/* Without descriptors: a pipe for each endpoint that is sent something ... */
static struct redact_pipe *guess_out(struct ccid_redactor *r, uint8_t endpoint)
{
	struct redact_pipe *pipe;

	if ((r->pipes > 0 && !r->guessed) || r->pipes == REDACT_PIPES || r->token != 0)
		return NULL;
	pipe = &r->pipe[r->pipes++];
	pipe->bulk_out = endpoint;
	for (size_t i = 0; i < sizeof pipe->context / sizeof pipe->context[0]; i++)
		pipe->context[i].level = CCID_LEVEL_EXTENDED_APDU;
	r->guessed = true;
	return pipe;
}

/* ... answered by the next one that something comes from. */
static struct redact_pipe *guess_in(struct ccid_redactor *r, uint8_t endpoint)
{
	struct redact_pipe *pipe;

	if (!r->guessed || r->pipes == 0)
		return NULL;
	pipe = &r->pipe[r->pipes - 1];
	if (pipe->bulk_in != 0)
		return NULL;
	pipe->bulk_in = endpoint;
	return pipe;
}

static int redact_bulk(struct ccid_redactor *r, enum ccid_trace_dir dir,
                       const struct ccid_redir_packet *p, uint8_t *data,
                       struct ccid_mask_list *spans)
{
	bool in = (p->endpoint & 0x80) != 0;
	struct redact_pipe *pipe = pipe_at(r, p->endpoint);

	if (in == (dir == CCID_TRACE_FROM_GUEST))
		return 0;
	if (pipe == NULL)
		pipe = in ? guess_in(r, p->endpoint) : guess_out(r, p->endpoint);
	if (pipe == NULL)
		return 0;
	return ccid_redact_transfer(r, pipe, in, data, p->data_len, spans);
}

/* What was under way never ends. */
static void break_off(struct ccid_redactor *r)
{
	for (unsigned i = 0; i < r->pipes; i++) {
		ccid_redact_start_over(&r->pipe[i].in);
		ccid_redact_start_over(&r->pipe[i].out);
	}
}

/* A hello, or a device that connects: another one may be meant. */
static void forget_device(struct ccid_redactor *r)
{
	memset(r->request, 0, sizeof r->request);
	forget_pipes(r);
	r->token = 0;
	r->token_powers = r->token_says_sw = false;
	r->token_ins = r->token_body = 0;
	r->token_mask = r->token_parts = (struct ccid_mask_state){0};
}

int ccid_redactor_packet(struct ccid_redactor *r, enum ccid_trace_dir dir,
                         const struct ccid_redir_packet *p, uint8_t *data,
                         struct ccid_mask_list *spans)
{
	int err = 0;

	spans->count = 0;
	switch (p->type) {
	case CCID_REDIR_HELLO:
	case CCID_REDIR_DEVICE_CONNECT: forget_device(r); break;
	case CCID_REDIR_RESET:
	case CCID_REDIR_CANCEL: break_off(r); break;
	case CCID_REDIR_CONTROL: redact_control(r, dir, p, data, spans); break;
	case CCID_REDIR_BULK: err = redact_bulk(r, dir, p, data, spans); break;
	default: break;
	}
	if (r->serials > 0 && p->type != CCID_REDIR_HELLO)
		ccid_redact_hide_serials(r, data, p->data_len, spans);
	return err;
}

static void survey_strings(struct ccid_redactor *r, const struct ccid_redir_packet *p,
                           const struct redact_request *q)
{
	if (is_descriptor(q, DT_DEVICE) && p->data_len >= 18)
		r->serial_index = p->data[16];
	else if (is_descriptor(q, DT_STRING) && r->rules.serials)
		ccid_redact_learn_string(r, q->value, p->data, p->data_len);
	else if (is_descriptor(q, DT_CONFIG))
		learn_config(r, p->data, p->data_len);
}

int ccid_redactor_survey(struct ccid_redactor *r, enum ccid_trace_dir dir,
                         const struct ccid_redir_packet *p, uint8_t *data)
{
	struct ccid_mask_list unused = {.count = 0};
	struct redact_request q;

	r->surveying = true;
	if (p->type == CCID_REDIR_BULK && r->rules.responses)
		(void)redact_bulk(r, dir, p, data, &unused);
	else if (p->type == CCID_REDIR_RESET || p->type == CCID_REDIR_CANCEL)
		break_off(r);
	else if (p->type == CCID_REDIR_HELLO || p->type == CCID_REDIR_DEVICE_CONNECT)
		forget_device(r);
	else if (p->type == CCID_REDIR_CONTROL && dir == CCID_TRACE_FROM_GUEST)
		remember(r, p);
	else if (p->type == CCID_REDIR_CONTROL) {
		q = recall(r, p);
		survey_strings(r, p, &q);
	}
	return r->out_of_memory ? CCID_E_NOMEM : 0;
}

void ccid_redactor_surveyed(struct ccid_redactor *r)
{
	r->surveying = false;
	r->answers = 0;
	r->next_split = 0;
	forget_device(r);
}
