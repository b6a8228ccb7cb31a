/* SPDX-License-Identifier: MIT */
/* Tokens without bulk endpoints: the commands are class requests, and these come in order. Polls
 * may come once more, a power off at any time, a power on again while the card was not spoken
 * to. */
#include "player_priv.h"

#include "token_text.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>

#define TO_TOKEN 0x21
#define TEXT     200

static size_t next_request(const struct ccid_player *p, size_t i)
{
	while (i < p->script.controls && (p->script.control[i].request_type & 0x7F) != TO_TOKEN)
		i++;
	return i;
}

static struct ccid_redir_packet live_packet(const struct player_request_in *in)
{
	return (struct ccid_redir_packet){
		.request_type = in->q->requesttype,
		.request = in->q->request,
		.value = in->q->value,
		.index = in->q->index,
		.data = in->data,
		.data_len = in->len,
	};
}

static struct ccid_redir_packet recorded_packet(const struct ccid_player *p, size_t i)
{
	const struct ccid_script_control *c = &p->script.control[i];

	return (struct ccid_redir_packet){
		.request_type = c->request_type,
		.request = c->request,
		.value = c->value,
		.index = c->index,
		.data = p->script.misc.p + c->out_off,
		.data_len = c->out_len,
	};
}

static bool masked(const struct ccid_player *p, const struct ccid_script_control *c, size_t at)
{
	for (size_t i = 0; i < c->masks; i++) {
		const struct ccid_script_mask *m = &p->script.mask[c->mask + i];

		if (at >= m->off && at - m->off < m->len)
			return true;
	}
	return false;
}

static bool same(const struct ccid_player *p, size_t i, const struct player_request_in *in)
{
	const struct ccid_script_control *c;

	if (i >= p->script.controls)
		return false;
	c = &p->script.control[i];
	if (c->request_type != in->q->requesttype || c->request != in->q->request ||
	    c->value != in->q->value || c->index != in->q->index || c->out_len != in->len)
		return false;
	for (size_t at = 0; at < in->len; at++)
		if (p->script.misc.p[c->out_off + at] != in->data[at] && !masked(p, c, at))
			return false;
	return true;
}

static void explain(struct ccid_player *p, char *out, const struct ccid_redir_packet *q,
                    struct ccid_mask_state state)
{
	struct ccid_words w = ccid_words(out, PLAYER_LINE);
	char text[TEXT];

	ccid_token_text(text, sizeof text, &state, p->script.iface.protocol, q);
	ccid_words_add(&w, "%s value %04X %s", ccid_token_request_name(q), q->value, text);
}

static void tell(struct ccid_player *p, const struct ccid_redir_packet *q, size_t recorded)
{
	const struct ccid_script_control *c = &p->script.control[recorded];
	struct ccid_redir_packet answer = *q;
	char text[PLAYER_LINE], line[PLAYER_LINE + 4];

	explain(p, text, q, p->token_mask);
	snprintf(line, sizeof line, "> %.*s", PLAYER_LINE - 1, text);
	ccid_player_tell_text(p, line);
	if (q->request ==
	    CCID_TOKEN_XFR_BLOCK) /* learns whether the next block is a part of a PIN */
		ccid_token_text(text, sizeof text, &p->token_mask, p->script.iface.protocol, q);
	if (c->len == 0 && c->status == CCID_REDIR_OK)
		return;
	answer.data = p->script.misc.p + c->off;
	answer.data_len = c->len;
	ccid_token_text(text, sizeof text, NULL, 0, &answer);
	snprintf(line, sizeof line, "< %.*s", PLAYER_LINE - 1,
	         c->status == CCID_REDIR_OK ? text : ccid_redir_status_name(c->status));
	ccid_player_tell_text(p, line);
}

static void take(struct ccid_player *p, uint64_t id, size_t i, const struct player_request_in *in)
{
	struct ccid_redir_packet q = live_packet(in);

	p->token_last = i;
	p->token_powered = q.request == CCID_TOKEN_POWER_ON ||
	                   (p->token_powered && q.request != CCID_TOKEN_POWER_OFF);
	if (q.request == CCID_TOKEN_POWER_ON)
		p->token_spoken = false;
	else if (q.request == CCID_TOKEN_XFR_BLOCK)
		p->token_spoken = true;
	tell(p, &q, i);
	ccid_player_answer_control(p, id, in->q, &p->script.control[i]);
}

/* From the next one on, over status requests and power-offs that this driver does without. */
static size_t find_ahead(const struct ccid_player *p, const struct player_request_in *in)
{
	size_t i = next_request(p, p->token_next);

	while (i < p->script.controls && !same(p, i, in)) {
		uint8_t request = p->script.control[i].request;

		if (request != CCID_TOKEN_SLOT_STATUS && request != CCID_TOKEN_POWER_OFF)
			return CCID_SCRIPT_NONE;
		i = next_request(p, i + 1);
	}
	return i < p->script.controls ? i : CCID_SCRIPT_NONE;
}

/* The last power-on before the present place, when nothing was said to the card since. */
static size_t find_power_on(const struct ccid_player *p, const struct player_request_in *in)
{
	for (size_t i = p->token_next; i-- > 0 && !p->token_spoken;)
		if (p->script.control[i].request == CCID_TOKEN_POWER_ON && same(p, i, in))
			return i;
	return CCID_SCRIPT_NONE;
}

/* The nearest equal one ahead, else the last before: never one that is given again in vain. */
static size_t find_anywhere(const struct ccid_player *p, const struct player_request_in *in)
{
	for (size_t i = p->token_next; i < p->script.controls; i++)
		if (same(p, i, in))
			return i;
	for (size_t i = p->token_next; i-- > 0;)
		if (same(p, i, in) && (in->q->requesttype & 0x80) == 0)
			return i;
	return CCID_SCRIPT_NONE;
}

/* "Not yet": given again, it would never end. */
static bool says_busy(const struct ccid_player *p, const struct ccid_script_control *c)
{
	uint8_t first = c->len > 0 ? p->script.misc.p[c->off] : 0;

	return (c->request == CCID_TOKEN_STATUS && (first & 0xF0) == 0x40) ||
	       (c->request == CCID_TOKEN_DATA_BLOCK && first == 0x80);
}

static bool answer_from_state(struct ccid_player *p, uint64_t id,
                              const struct player_request_in *in)
{
	uint8_t status[3] = {0x40, p->token_powered ? CCID_ICC_ACTIVE : CCID_ICC_INACTIVE, 0};
	bool poll = (in->q->requesttype & 0x80) != 0 && p->token_last != CCID_SCRIPT_NONE &&
	            same(p, p->token_last, in) && !says_busy(p, &p->script.control[p->token_last]);

	if (in->q->request == CCID_TOKEN_POWER_OFF) {
		p->token_powered = false;
		ccid_player_answer_bytes(p, id, in->q, NULL, 0);
	} else if (in->q->request == CCID_TOKEN_SLOT_STATUS) {
		ccid_player_answer_bytes(p, id, in->q, status, sizeof status);
	} else if (poll) {
		ccid_player_answer_control(p, id, in->q, &p->script.control[p->token_last]);
	} else {
		return false;
	}
	return true;
}

static void diverge(struct ccid_player *p, const struct player_request_in *in)
{
	size_t i = next_request(p, p->token_next);
	struct ccid_redir_packet q = live_packet(in), was;
	char came[PLAYER_LINE], text[PLAYER_LINE], expected[PLAYER_LINE + 40];

	explain(p, came, &q, p->token_mask);
	if (i >= p->script.controls) {
		ccid_player_diverge_text(p, "the trace has no more requests", NULL, came);
		return;
	}
	was = recorded_packet(p, i);
	explain(p, text, &was, p->token_mask);
	snprintf(expected, sizeof expected, "packet %" PRIu64 ", %s", p->script.control[i].packet,
	         text);
	ccid_player_diverge_text(p, "another request was recorded here", expected, came);
}

bool ccid_player_token(struct ccid_player *p, uint64_t id, const struct player_request_in *in)
{
	struct ccid_redir_packet q = live_packet(in);
	size_t i;

	if (!ccid_is_token(&p->script.iface) || ccid_token_request_name(&q) == NULL)
		return false;
	i = find_ahead(p, in);
	if (p->options.strict == CCID_STRICT_EXACT && i != next_request(p, p->token_next))
		i = CCID_SCRIPT_NONE;
	else if (i == CCID_SCRIPT_NONE && p->options.strict == CCID_STRICT_LENIENT)
		i = find_anywhere(p, in);
	else if (i == CCID_SCRIPT_NONE && q.request == CCID_TOKEN_POWER_ON)
		i = find_power_on(p, in);
	if (i != CCID_SCRIPT_NONE) {
		p->token_next = i + 1;
		take(p, id, i, in);
	} else if (p->options.strict == CCID_STRICT_EXACT || !answer_from_state(p, id, in)) {
		diverge(p, in);
	}
	return true;
}

size_t ccid_player_token_left(const struct ccid_player *p)
{
	size_t n = 0;

	if (!ccid_is_token(&p->script.iface))
		return 0;
	for (size_t i = next_request(p, p->token_next); i < p->script.controls;
	     i = next_request(p, i + 1))
		n += p->script.control[i].request == CCID_TOKEN_XFR_BLOCK ||
		     p->script.control[i].request == CCID_TOKEN_POWER_ON;
	return n;
}
