/* SPDX-License-Identifier: MIT */
/* What of a CCID message goes. It is decided as soon as enough of it has come; until then none of
 * its bytes can be secret. */
#include "atr.h"
#include "edc.h"
#include "redact_priv.h"

#include <string.h>

#define PAYLOAD_MAX 66000u /* more than dwLength can mean */
#define T1_PROLOGUE 3u
#define BLOCK_LC    (CCID_HEADER_LEN + T1_PROLOGUE + 4u)
#define SW_LEN      2u

bool ccid_redact_find_historical(const uint8_t *atr, size_t len, size_t total, size_t *off,
                                 size_t *end, bool *tck)
{
	struct ccid_atr a;

	if (ccid_atr_decode(&a, atr, len) != 0)
		return false;
	*off = a.hist_off;
	*end = a.hist_off + (size_t)(len >= 2 ? atr[1] & 0x0F : 0);
	*tck = (a.offered & 0xFFFE) != 0 && *end < total;
	if (*end <= *off || *off >= total)
		return false;
	*end = *tck ? *end + 1 : *end < total ? *end : total;
	return true;
}

static void keep(struct redact_stream *s, size_t off, size_t end, enum redact_check check)
{
	s->off = off;
	s->end = end > off ? end : off;
	s->check = s->end > s->off ? check : REDACT_NO_CHECK;
}

static enum redact_check check_of(const struct ccid_message_context *ctx)
{
	return ctx->crc ? REDACT_CRC : REDACT_LRC;
}

/* It is not known which protocol is in force. */
static bool is_unsure(const struct ccid_redactor *r)
{
	return r->rules.late || r->guessed;
}

/* NAD, PCB, LEN, as much as LEN says, and one or two check bytes. */
static bool may_be_block(const struct redact_stream *s)
{
	const uint8_t *block = s->head + CCID_HEADER_LEN;
	size_t n = s->total - CCID_HEADER_LEN;

	return s->have > CCID_HEADER_LEN + T1_PROLOGUE && s->total <= REDACT_HEAD &&
	       (n == block[2] + T1_PROLOGUE + 1 || n == block[2] + T1_PROLOGUE + 2);
}

/* What reads as an APDU may be a block, too: INS 20 is a PCB. */
static bool find_in_block(struct redact_pipe *pipe, struct redact_stream *s)
{
	struct ccid_mask_span span;
	const uint8_t *block = s->head + CCID_HEADER_LEN;

	if (!may_be_block(s) ||
	    !ccid_mask_find(&span, &pipe->block[s->head[5]], CCID_MASK_T1, s->head, s->total))
		return false;
	keep(s, span.off, s->total,
	     s->total - CCID_HEADER_LEN == block[2] + T1_PROLOGUE + 1 ? REDACT_LRC : REDACT_CRC);
	return true;
}

static int decide_command(const struct ccid_redactor *r, struct redact_pipe *pipe,
                          struct redact_stream *s, struct ccid_message_context *ctx)
{
	enum ccid_mask_form form;
	struct ccid_mask_span span;
	size_t len = s->have < REDACT_HEAD ? s->have : REDACT_HEAD;
	bool block;

	pipe->seq[s->head[5]] = (uint16_t)(s->head[6] + 1);
	ccid_message_learn(ctx, s->head, len);
	form = ccid_message_form(ctx);
	block = is_unsure(r) && find_in_block(pipe, s);
	if (ccid_mask_find(&span, &ctx->mask, form, s->head, s->total) &&
	    (!block || (s->have <= BLOCK_LC && span.off < s->off)))
		keep(s, span.off, s->total,
		     form == CCID_MASK_T1 && s->head[0] == CCID_XFR_BLOCK && s->total <= REDACT_HEAD
		             ? check_of(ctx)
		             : REDACT_NO_CHECK);
	return 0;
}

/* A T=1 block: what it carries, but for what of it is a status word. */
static void decide_block(struct ccid_redactor *r, struct redact_pipe *pipe, struct redact_stream *s,
                         const struct ccid_message_context *ctx)
{
	const uint8_t *block = s->head + CCID_HEADER_LEN;
	size_t end = CCID_HEADER_LEN + T1_PROLOGUE + block[2];
	bool more = (block[1] & 0x20) != 0;

	if ((block[1] & 0x80) != 0)
		return;
	if (end + (ctx->crc ? 2 : 1) != s->total) {
		keep(s, CCID_HEADER_LEN + T1_PROLOGUE, s->total, REDACT_NO_CHECK);
		return;
	}
	end -= ccid_redact_status_len(r, pipe, s->head[5], more, block[2]);
	keep(s, CCID_HEADER_LEN + T1_PROLOGUE, end, check_of(ctx));
}

/* All but the status word. */
static void decide_response(struct ccid_redactor *r, struct redact_pipe *pipe,
                            struct redact_stream *s, const struct ccid_message_context *ctx)
{
	bool more = ctx->level == CCID_LEVEL_EXTENDED_APDU &&
	            (s->head[9] == CCID_CHAIN_BEGIN || s->head[9] == CCID_CHAIN_MIDDLE);
	size_t n = s->total - CCID_HEADER_LEN;

	if (ccid_message_form(ctx) == CCID_MASK_T1 && n > SW_LEN)
		decide_block(r, pipe, s, ctx);
	else
		keep(s, CCID_HEADER_LEN,
		     s->total - ccid_redact_status_len(r, pipe, s->head[5], more, n),
		     REDACT_NO_CHECK);
}

static void decide_atr(struct redact_stream *s)
{
	size_t off, end, have = s->have < REDACT_HEAD ? s->have : REDACT_HEAD;
	bool tck;

	if (ccid_redact_find_historical(s->head + CCID_HEADER_LEN, have - CCID_HEADER_LEN,
	                                s->total - CCID_HEADER_LEN, &off, &end, &tck))
		keep(s, CCID_HEADER_LEN + off, CCID_HEADER_LEN + end,
		     tck ? REDACT_TCK : REDACT_NO_CHECK);
}

/* With T=1 no block begins with PPSS: FF is no NAD. */
static bool is_pps(const struct redact_stream *s, const struct ccid_message_context *ctx)
{
	if (ccid_message_form(ctx) == CCID_MASK_T1)
		return s->have > CCID_HEADER_LEN && s->head[CCID_HEADER_LEN] == 0xFF;
	return ctx->level == CCID_LEVEL_TPDU && !ctx->last_header;
}

static int decide_answer(struct ccid_redactor *r, struct redact_pipe *pipe, struct redact_stream *s,
                         const struct ccid_message_context *ctx)
{
	bool failed = (s->head[7] & 0xC0) != 0; /* or a time extension */

	if (s->head[0] != CCID_DATA_BLOCK || (failed && ctx->last_type != CCID_SECURE))
		return 0;
	if (ctx->last_type == CCID_ICC_POWER_ON) {
		if (r->rules.historical)
			decide_atr(s);
	} else if (ctx->last_type == CCID_SECURE) {
		decide_response(r, pipe, s, ctx);
	} else if (r->rules.responses && ctx->last_type == CCID_XFR_BLOCK && !is_pps(s, ctx)) {
		if (ccid_message_form(ctx) == CCID_MASK_T0_CHARS)
			return CCID_E_UNSUPPORTED;
		decide_response(r, pipe, s, ctx);
	}
	return 0;
}

/* Of an ATR the bytes that come before the historical ones must be there. */
static bool atr_ready(const struct redact_stream *s)
{
	struct ccid_atr a;

	return ccid_atr_decode(&a, s->head + CCID_HEADER_LEN, s->have - CCID_HEADER_LEN) == 0;
}

static bool command_ready(const struct ccid_redactor *r, const struct redact_pipe *pipe,
                          const struct redact_stream *s, const struct ccid_message_context *ctx)
{
	const struct ccid_mask_state *chain = &pipe->block[s->head[5]];
	bool apdu = ccid_mask_ready(&ctx->mask, ccid_message_form(ctx), s->head, s->have, s->total);
	struct ccid_mask_span span;

	if (!is_unsure(r) || !may_be_block(s))
		return apdu;
	if (apdu &&
	    ccid_mask_find_apdu(&span, s->head + CCID_HEADER_LEN, s->total - CCID_HEADER_LEN))
		return true;
	return (apdu || chain->secret || chain->had) &&
	       ccid_mask_ready(chain, CCID_MASK_T1, s->head, s->have, s->total);
}

static bool answer_ready(const struct redact_stream *s, const struct ccid_message_context *ctx)
{
	if (s->have >= s->total || s->have > CCID_HEADER_LEN + CCID_ATR_MAX)
		return true;
	if (ctx->last_type == CCID_ICC_POWER_ON)
		return atr_ready(s);
	return ccid_message_form(ctx) != CCID_MASK_T1 || s->have >= CCID_HEADER_LEN + T1_PROLOGUE;
}

static bool ready(const struct ccid_redactor *r, const struct redact_pipe *pipe,
                  const struct redact_stream *s, bool in, const struct ccid_message_context *ctx)
{
	if (r->rules.challenges)
		return ccid_redact_challenge_ready(s);
	return in ? answer_ready(s, ctx) : command_ready(r, pipe, s, ctx);
}

void ccid_redact_fill(uint8_t *data, size_t at, size_t len, size_t off, size_t end,
                      struct ccid_mask_list *spans)
{
	size_t from = off > at ? off : at, to = end < at + len ? end : at + len;

	if (from >= to)
		return;
	memset(data + (from - at), CCID_MASK_BYTE, to - from);
	ccid_mask_add(spans, from - at, to - from);
}

/* The check bytes that fit what is now in the head. Returns how many. */
static size_t make_check(const struct redact_stream *s, uint8_t out[2])
{
	const uint8_t *p = s->head + CCID_HEADER_LEN;
	size_t n = s->total - CCID_HEADER_LEN;
	uint16_t crc;

	switch (s->check) {
	case REDACT_LRC: out[0] = ccid_lrc(p, n - 1); return 1;
	case REDACT_CRC:
		crc = ccid_crc(p, n - 2);
		out[0] = (uint8_t)(crc >> 8);
		out[1] = (uint8_t)crc;
		return 2;
	case REDACT_TCK: out[0] = ccid_lrc(p + 1, s->end - CCID_HEADER_LEN - 2); return 1;
	default: return 0;
	}
}

/* Check bytes that lie in this piece, once all before them is in the head. */
static void put_check(struct redact_stream *s, uint8_t *data, size_t at, size_t len,
                      struct ccid_mask_list *spans)
{
	uint8_t check[2];
	size_t n, where;

	if (s->check == REDACT_NO_CHECK || s->total > REDACT_HEAD)
		return;
	n = make_check(s, check);
	where = s->check == REDACT_TCK ? s->end - n : s->total - n;
	for (size_t i = 0; i < n; i++) {
		if (where + i < at || where + i >= at + len)
			continue;
		data[where + i - at] = check[i];
		s->head[where + i] = check[i];
		if (where + i >= s->end)
			ccid_mask_add(spans, where + i - at, 1);
	}
}

static void apply(struct redact_stream *s, uint8_t *data, size_t at, size_t len,
                  struct ccid_mask_list *spans)
{
	size_t known = s->have < REDACT_HEAD ? s->have : REDACT_HEAD;
	struct ccid_mask_list unused = {.count = 0};

	if (!s->decided || s->end == s->off)
		return;
	if (s->stays) {
		size_t from = s->off > at ? s->off : at;
		size_t to = s->end < at + len ? s->end : at + len;

		ccid_mask_add(spans, from - at, to > from ? to - from : 0);
		return;
	}
	ccid_redact_fill(data, at, len, s->off, s->end, spans);
	ccid_redact_fill(s->head, 0, known, s->off, s->end, &unused);
	put_check(s, data, at, len, spans);
}

void ccid_redact_start_over(struct redact_stream *s)
{
	ccid_wipe(s->head, sizeof s->head);
	s->have = s->total = s->off = s->end = 0;
	s->decided = s->stays = false;
	s->check = REDACT_NO_CHECK;
}

/* A short answer, and the next begins: the reader said more in dwLength than it sent. */
static bool begins_answer(const struct redact_pipe *pipe, const uint8_t *data, size_t len)
{
	return len >= CCID_HEADER_LEN && data[0] >= CCID_DATA_BLOCK &&
	       data[0] <= CCID_DATA_RATE_AND_CLOCK && pipe->seq[data[5]] == data[6] + 1;
}

static void collect(struct redact_stream *s, const uint8_t *data, size_t len)
{
	size_t room = s->have < REDACT_HEAD ? REDACT_HEAD - s->have : 0;
	struct ccid_rd r = ccid_rd(s->head + 1, 4);
	uint32_t length;

	memcpy(s->head + REDACT_HEAD - room, data, len < room ? len : room);
	s->have += len;
	if (s->total > 0 || s->have < CCID_HEADER_LEN)
		return;
	length = ccid_rd_le32(&r);
	s->total = length > PAYLOAD_MAX ? s->have : CCID_HEADER_LEN + (size_t)length;
	s->total = s->total > s->have ? s->total : s->have;
}

static void finish(struct redact_stream *s, bool in, struct ccid_message_context *ctx)
{
	if (s->total == 0 || s->have < s->total)
		return;
	if (in)
		ccid_message_learn(ctx, s->head, s->have < REDACT_HEAD ? s->have : REDACT_HEAD);
	ccid_redact_start_over(s);
}

int ccid_redact_transfer(struct ccid_redactor *r, struct redact_pipe *pipe, bool in, uint8_t *data,
                         size_t len, struct ccid_mask_list *spans)
{
	struct redact_stream *s = in ? &pipe->in : &pipe->out;
	struct ccid_message_context *ctx;
	size_t at = s->have;
	int err = 0;

	if (len == 0)
		return 0;
	if (in && at > 0 && begins_answer(pipe, data, len)) {
		ccid_redact_start_over(s);
		at = 0;
	}
	collect(s, data, len);
	if (s->total == 0)
		return 0;
	ctx = &pipe->context[s->head[5]];
	if (!s->decided && ready(r, pipe, s, in, ctx)) {
		s->decided = true;
		err = in ? decide_answer(r, pipe, s, ctx) : decide_command(r, pipe, s, ctx);
		if (r->rules.challenges)
			ccid_redact_find_challenge(pipe, s, in, ctx);
	}
	apply(s, data, at, len, spans);
	finish(s, in, ctx);
	return err;
}
