/* SPDX-License-Identifier: MIT */
/* What was expected, what came, and what was said before. */
#include "player_priv.h"

#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT 200

/* PINs stay hidden; ctx is a copy, so that a message can be explained twice. */
static void explain(char *out, size_t cap, struct ccid_message_context ctx, const uint8_t *msg,
                    size_t len)
{
	struct ccid_words w = ccid_words(out, cap);
	char text[TEXT];

	ccid_message_text(text, sizeof text, &ctx, msg, len);
	ccid_words_add(&w, "%s slot %u%s%s", ccid_msg_name(msg[0]), len > 5 ? msg[5] : 0,
	               text[0] != '\0' ? ": " : "", text);
}

void ccid_player_tell(struct ccid_player *p, bool command, const uint8_t *msg, size_t len,
                      const char *note)
{
	struct ccid_message_context *ctx = &p->slot[msg[5]].text;
	char *line = p->history[p->told % PLAYER_HISTORY];
	struct ccid_words w = ccid_words(line, PLAYER_LINE);
	struct ccid_mask_span span;
	char text[TEXT];

	explain(text, sizeof text, *ctx, msg, len);
	ccid_words_add(&w, "%c %s", command ? '>' : '<', text);
	if (note != NULL)
		ccid_words_add(&w, " (%s)", note);
	p->told++;
	ccid_log(p->env, CCID_LOG_DEBUG, p->path, "%s", line);
	if (command)
		p->pending_text = *ctx;
	ccid_message_learn(ctx, msg, len);
	if (command)
		(void)ccid_mask_find(&span, &ctx->mask, ccid_message_form(ctx), msg, len);
}

static void add_message(struct ccid_words *w, const struct ccid_player *p, const char *title,
                        const uint8_t *msg, size_t len)
{
	char text[PLAYER_LINE];

	explain(text, sizeof text, p->pending_text, msg, len);
	ccid_words_add(w, "%s%s (%zu bytes)\n", title, text, len);
}

static bool hidden(const struct ccid_player *p, const uint8_t *msg, size_t len, size_t at)
{
	struct ccid_message_context ctx = p->pending_text;
	struct ccid_mask_span span;

	return ccid_mask_find(&span, &ctx.mask, ccid_message_form(&ctx), msg, len) &&
	       at >= span.off && at - span.off < span.len;
}

static void add_difference(struct ccid_words *w, const struct ccid_player *p,
                           const struct ccid_script_cmd *c, const uint8_t *msg, size_t len)
{
	const uint8_t *was = p->script.out.p + c->off;
	size_t at = 0, n = c->len < len ? c->len : len;

	while (at < n && (at == 6 || (at >= 1 && at <= 4) || was[at] == msg[at]))
		at++;
	ccid_words_add(w, "  first difference: ");
	if (at == n)
		ccid_words_add(w, "the length, %zu bytes expected, %zu came\n", c->len, len);
	else if (hidden(p, msg, len, at) || hidden(p, was, c->len, at))
		ccid_words_add(w, "inside a PIN, which is not shown\n");
	else if (at < CCID_HEADER_LEN)
		ccid_words_add(w, "header byte %zu, %02X expected, %02X came\n", at, was[at],
		               msg[at]);
	else
		ccid_words_add(w, "data byte %zu, %02X expected, %02X came\n", at - CCID_HEADER_LEN,
		               was[at], msg[at]);
}

static void add_history(struct ccid_words *w, const struct ccid_player *p, unsigned last)
{
	unsigned first = last > PLAYER_HISTORY - 1 ? last - (PLAYER_HISTORY - 1) : 0;

	if (first < last)
		ccid_words_add(w, "  before that:\n");
	for (unsigned i = first; i < last; i++)
		ccid_words_add(w, "    %s\n", p->history[i % PLAYER_HISTORY]);
}

static void add_expected(struct ccid_words *w, const struct ccid_player *p, size_t expected)
{
	const struct ccid_script_cmd *c = &p->script.cmd[expected];
	char title[64];

	snprintf(title, sizeof title, "  expected: packet %" PRIu64 ", ", c->packet);
	add_message(w, p, title, p->script.out.p + c->off, c->len);
}

/* False when there is a difference already: the first one counts. */
static bool begin(struct ccid_player *p, struct ccid_words *w, const char *why)
{
	if (p->err != 0)
		return false;
	p->err = CCID_E_DIVERGED;
	*w = ccid_words(p->diff, sizeof p->diff);
	ccid_words_add(w, "%s: %s\n", p->path, why);
	return true;
}

void ccid_player_diverge(struct ccid_player *p, size_t expected, const uint8_t *msg, size_t len,
                         const char *why)
{
	struct ccid_words w;

	if (!begin(p, &w, why))
		return;
	if (expected != CCID_SCRIPT_NONE)
		add_expected(&w, p, expected);
	if (msg != NULL)
		add_message(&w, p, "  came:     ", msg, len);
	if (msg != NULL && expected != CCID_SCRIPT_NONE)
		add_difference(&w, p, &p->script.cmd[expected], msg, len);
	add_history(&w, p, msg != NULL ? p->told - 1 : p->told);
}

void ccid_player_diverge_text(struct ccid_player *p, const char *why, const char *expected,
                              const char *came)
{
	struct ccid_words w;

	if (!begin(p, &w, why))
		return;
	if (expected != NULL)
		ccid_words_add(&w, "  expected: %s\n", expected);
	ccid_words_add(&w, "  came:     %s\n", came);
	add_history(&w, p, p->told);
}

void ccid_player_tell_text(struct ccid_player *p, const char *text)
{
	snprintf(p->history[p->told++ % PLAYER_HISTORY], PLAYER_LINE, "%s", text);
	ccid_log(p->env, CCID_LOG_DEBUG, p->path, "%s", text);
}
