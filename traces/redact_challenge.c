/* SPDX-License-Identifier: MIT */
/* What of a message differs each time a session is held: nothing of it is a secret. */
#include "redact_priv.h"

#define GET_CHALLENGE 0x84
#define SW_LEN        2u
#define T1_PROLOGUE   3u
#define ENOUGH        (CCID_HEADER_LEN + T1_PROLOGUE + 8u)

static bool is_authenticate(uint8_t ins)
{
	return ins == 0x82 || ins == 0x86 || ins == 0x87 || ins == 0x88;
}

bool ccid_redact_challenge_ready(const struct redact_stream *s)
{
	return s->have >= s->total || s->have >= ENOUGH;
}

/* Where the APDU starts in the message, 0 when this one does not begin one. */
static size_t apdu_at(struct redact_pipe *pipe, const struct redact_stream *s,
                      const struct ccid_message_context *ctx)
{
	const uint8_t *msg = s->head;
	bool goes_on = pipe->more[msg[5]];
	size_t at = CCID_HEADER_LEN;

	if (ccid_message_form(ctx) == CCID_MASK_T1) {
		if (s->total < at + T1_PROLOGUE + 4 || (msg[at + 1] & 0x80) != 0)
			return 0;
		pipe->more[msg[5]] = (msg[at + 1] & 0x20) != 0;
		at += T1_PROLOGUE;
	} else {
		goes_on = msg[8] == CCID_CHAIN_END || msg[8] == CCID_CHAIN_MIDDLE;
	}
	return goes_on || s->total < at + 4 ? 0 : at;
}

static void look_at_command(struct redact_pipe *pipe, struct redact_stream *s,
                            const struct ccid_message_context *ctx)
{
	size_t at = s->head[0] == CCID_XFR_BLOCK ? apdu_at(pipe, s, ctx) : 0, body;

	if (at == 0)
		return;
	pipe->ins[s->head[5]] = s->head[at + 1];
	body = at + (s->total > at + 7 && s->head[at + 4] == 0 ? 7 : 5);
	if (!is_authenticate(s->head[at + 1]) || s->total <= body)
		return;
	s->off = body;
	s->end = s->total;
}

static void look_at_answer(const struct redact_pipe *pipe, struct redact_stream *s,
                           const struct ccid_message_context *ctx)
{
	size_t at = CCID_HEADER_LEN, tail = SW_LEN;

	if (s->head[0] != CCID_DATA_BLOCK || ctx->last_type != CCID_XFR_BLOCK ||
	    pipe->ins[s->head[5]] != GET_CHALLENGE)
		return;
	if (ccid_message_form(ctx) == CCID_MASK_T1) {
		if ((s->head[at + 1] & 0x80) != 0)
			return;
		at += T1_PROLOGUE;
		tail += ctx->crc ? 2 : 1;
	}
	if (s->total <= at + tail)
		return;
	s->off = at;
	s->end = s->total - tail;
}

void ccid_redact_find_challenge(struct redact_pipe *pipe, struct redact_stream *s, bool in,
                                const struct ccid_message_context *ctx)
{
	s->off = s->end = 0;
	s->check = REDACT_NO_CHECK;
	s->stays = true;
	if (in)
		look_at_answer(pipe, s, ctx);
	else
		look_at_command(pipe, s, ctx);
}

/* USB ICCD Rev 1.0, version A: a header, then its data by another request; version B: a whole APDU. */
void ccid_redact_token_command(struct ccid_redactor *r, const uint8_t *data, size_t len,
                               struct ccid_mask_list *spans)
{
	bool body = r->token == 1 && len > 0 && len == r->token_body;
	size_t off = body ? 0 : len > 7 && data[4] == 0 ? 7 : 5;

	if (!body)
		r->token_ins = len >= 4 ? data[1] : 0;
	r->token_body = !body && len == 5 ? data[4] : 0;
	if (is_authenticate(r->token_ins) && len > off)
		ccid_mask_add(spans, off, len - off);
}

void ccid_redact_token_challenge(const struct ccid_redactor *r, size_t off, size_t end,
                                 struct ccid_mask_list *spans)
{
	if (r->token_ins == GET_CHALLENGE)
		ccid_mask_add(spans, off, end - off);
}
