/* SPDX-License-Identifier: MIT */
#include "compare_priv.h"

#include "apdu_text.h"
#include "ccid_msg.h"
#include "token_text.h"
#include "trace_masked.h"

#include <stdio.h>
#include <stdlib.h>

#define ITEMS_MAX (2 * CCID_COMPARE_WINDOW)

enum kind {
	KIND_APDU = 'a',
	KIND_COMMAND = 'c',
	KIND_EVENT = 'e',
};

static void free_bytes(struct ccid_story_bytes *b)
{
	if (b->p != NULL)
		ccid_wipe(b->p, b->len);
	free(b->p);
	free(b->unknown);
}

static void free_item(struct ccid_compare_item *x)
{
	if (x == NULL)
		return;
	free_bytes(&x->command);
	free_bytes(&x->response);
	free(x);
}

static int copy(struct ccid_story_bytes *out, const uint8_t *p, const uint8_t *unknown, size_t len)
{
	out->p = calloc(1, len + 1);
	out->unknown = calloc(1, len + 1);
	if (out->p == NULL || out->unknown == NULL)
		return CCID_E_NOMEM;
	if (len > 0)
		memcpy(out->p, p, len);
	if (len > 0 && unknown != NULL)
		memcpy(out->unknown, unknown, len);
	out->len = len;
	return 0;
}

static struct ccid_compare_item *new_item(const struct ccid_story_event *e, enum kind kind)
{
	struct ccid_compare_item *x = calloc(1, sizeof *x);

	if (x == NULL)
		return NULL;
	x->slot = e->slot;
	x->packet = e->apdu != NULL ? e->apdu->start_packet : e->packet;
	x->kind = (char)kind;
	return x;
}

static int push(struct ccid_compare_side *s, struct ccid_compare_item *x)
{
	if (s->items == ITEMS_MAX) { /* one packet never tells so much */
		free_item(x);
		return CCID_E_NOMEM;
	}
	s->item[s->items++] = x;
	s->bytes += x->command.len + x->response.len;
	return 0;
}

static int push_open(struct ccid_compare_side *s)
{
	struct ccid_compare_item *x = s->open;

	s->open = NULL;
	if (x == NULL)
		return 0;
	if (x->answer[0] == '\0')
		snprintf(x->answer, sizeof x->answer, "no answer");
	return push(s, x);
}

/* The bytes of a message that mean something: what it is, bytes 7 to 9, and its data. */
static int copy_message(struct ccid_story_bytes *out, const struct ccid_explain_line *line)
{
	size_t head = line->token != 0 ? 0 : 7, at;
	bool some = line->data != NULL && line->len > head;
	int err = some ? copy(out, line->data + head, NULL, line->len - head) : 0;

	for (size_t i = 0; err == 0 && i < line->mask_count; i++)
		for (at = line->masks[i].off; at < line->masks[i].off + line->masks[i].len; at++)
			if (at >= head && at - head < out->len)
				out->unknown[at - head] = 1;
	return err;
}

static void put_text(char out[CCID_COMPARE_TEXT], const struct ccid_explain_line *line)
{
	snprintf(out, CCID_COMPARE_TEXT, "%s%s%s", line->name, line->text[0] != '\0' ? "  " : "",
	         line->text);
}

static bool is_poll(const struct ccid_explain_line *line)
{
	return line->code == (line->token != 0 ? CCID_TOKEN_SLOT_STATUS : CCID_GET_SLOT_STATUS);
}

static int take_command(struct ccid_compare_side *s, const struct ccid_story_event *e)
{
	struct ccid_compare_item *x;
	int err;

	if (s->open != NULL && e->line->token != 0 && e->line->code == CCID_TOKEN_DATA_BLOCK)
		return 0;
	err = push_open(s);
	if (err != 0 || e->part || is_poll(e->line))
		return err;
	s->open = new_item(e, KIND_COMMAND);
	if (s->open == NULL)
		return CCID_E_NOMEM;
	put_text(s->open->asked, e->line);
	err = copy_message(&s->open->command, e->line);
	if (err != 0 || e->line->token == 0 || e->line->code != CCID_TOKEN_POWER_OFF)
		return err;
	x = s->open; /* it has no answer */
	s->open = NULL;
	return push(s, x);
}

static int take_answer(struct ccid_compare_side *s, const struct ccid_story_event *e)
{
	int err;

	if (s->open == NULL || (e->took_ns == CCID_STORY_NO_TIME && e->line->token == 0))
		return 0;
	put_text(s->open->answer, e->line);
	err = copy_message(&s->open->response, e->line);
	return err != 0 ? err : push_open(s);
}

static int take_apdu(struct ccid_compare_side *s, const struct ccid_story_event *e)
{
	struct ccid_compare_item *x = new_item(e, KIND_APDU);
	const struct ccid_story_apdu *a = e->apdu;
	struct ccid_words asked, answer;
	int err;

	if (x == NULL)
		return CCID_E_NOMEM;
	asked = ccid_words(x->asked, sizeof x->asked);
	answer = ccid_words(x->answer, sizeof x->answer);
	ccid_words_add(&asked, "%s", a->pad ? "PIN pad: " : "");
	ccid_apdu_command_text(&asked, &a->command);
	err = copy(&x->command, a->command.p, a->command.unknown, a->command.len);
	if (a->failure != NULL) {
		ccid_words_add(&answer, "%s", a->failure);
	} else {
		ccid_apdu_response_text(&answer, &a->response);
		if (err == 0)
			err = copy(&x->response, a->response.p, a->response.unknown,
			           a->response.len);
	}
	if (err == 0)
		return push(s, x);
	free_item(x);
	return err;
}

static int push_event(struct ccid_compare_side *s, const struct ccid_story_event *e,
                      const char *what)
{
	struct ccid_compare_item *x = new_item(e, KIND_EVENT);

	if (x == NULL)
		return CCID_E_NOMEM;
	snprintf(x->asked, sizeof x->asked, "%s", what);
	return push(s, x);
}

/* What happens to the reader as a whole. Reads of descriptors are not part of it. */
static int take_link(struct ccid_compare_side *s, const struct ccid_story_event *e)
{
	const struct ccid_explain_line *line = e->line;
	char what[CCID_COMPARE_TEXT];
	bool counts;

	counts =
		line->kind == CCID_EXPLAIN_LINK &&
		(line->code == CCID_REDIR_DEVICE_CONNECT || line->code == CCID_REDIR_RESET ||
	         (line->code == CCID_REDIR_DEVICE_DISCONNECT && line->dir == CCID_TRACE_FROM_HOST));
	counts = counts || (e->error && (line->kind == CCID_EXPLAIN_TRANSFER ||
	                                 line->kind == CCID_EXPLAIN_NOTIFY));
	if (!counts || s->slot != -1)
		return 0;
	put_text(what, line);
	return push_event(s, e, what);
}

static int take(void *arg, const struct ccid_story_event *e)
{
	struct ccid_compare_side *s = arg;
	bool message = e->kind == CCID_STORY_LINE && (e->line->kind == CCID_EXPLAIN_COMMAND ||
	                                              e->line->kind == CCID_EXPLAIN_ANSWER);
	int err = 0;

	if (e->slot >= 0)
		s->slots[e->slot & 0xFF] = true;
	if (e->kind == CCID_STORY_LINE && !message)
		err = take_link(s, e);
	else if (e->slot != s->slot)
		return 0;
	else if (e->kind == CCID_STORY_CARD)
		err = push_event(s, e, e->present ? "a card is there" : "no card is there");
	else if (e->kind == CCID_STORY_APDU)
		err = take_apdu(s, e);
	else
		err = e->line->kind == CCID_EXPLAIN_COMMAND ? take_command(s, e)
		                                            : take_answer(s, e);
	s->err = err != 0 ? err : s->err;
	return err != 0 ? 1 : 0;
}

void ccid_compare_open(struct ccid_compare_side *s, const char *path, int slot)
{
	struct ccid_story_sink sink = {.take = take, .arg = s};

	*s = (struct ccid_compare_side){.slot = slot};
	s->err = ccid_trace_open(&s->reader, path, s->problem, sizeof s->problem);
	if (s->err == 0)
		s->err = ccid_trace_masked_new(&s->masked);
	if (s->err == 0)
		s->err = ccid_story_new(&s->story, &sink);
	s->ended = s->err != 0;
}

static int end(struct ccid_compare_side *s, int got)
{
	s->ended = true;
	if (s->err != CCID_E_NOMEM && got < 0) {
		s->err = got;
		snprintf(s->problem, sizeof s->problem, "%s", ccid_trace_problem(s->reader));
	}
	if (s->err != CCID_E_NOMEM && ccid_story_end(s->story) == CCID_E_NOMEM)
		s->err = CCID_E_NOMEM;
	if (s->err != CCID_E_NOMEM && push_open(s) != 0)
		s->err = CCID_E_NOMEM;
	return s->err == CCID_E_NOMEM ? CCID_E_NOMEM : 0;
}

int ccid_compare_fill(struct ccid_compare_side *s, size_t items)
{
	struct ccid_trace_packet p;

	while (!s->ended && s->items < items && (s->bytes < COMPARE_BYTES || s->items == 0)) {
		int got = ccid_trace_masked_next(s->masked, s->reader, &p);

		if (got == 1 && ccid_story_packet(s->story, &p) == 0)
			continue;
		if (got == 1)
			s->err = CCID_E_NOMEM;
		if (end(s, got) != 0)
			return CCID_E_NOMEM;
	}
	return s->err == CCID_E_NOMEM ? CCID_E_NOMEM : 0;
}

void ccid_compare_drop(struct ccid_compare_side *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		s->bytes -= s->item[i]->command.len + s->item[i]->response.len;
		free_item(s->item[i]);
	}
	s->items -= n;
	memmove(s->item, s->item + n, s->items * sizeof s->item[0]);
}

void ccid_compare_close(struct ccid_compare_side *s)
{
	ccid_compare_drop(s, s->items);
	free_item(s->open);
	s->open = NULL;
	ccid_story_free(s->story);
	ccid_trace_masked_free(s->masked);
	ccid_trace_reader_close(s->reader);
}

bool ccid_compare_bytes(const struct ccid_story_bytes *a, const struct ccid_story_bytes *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (a->p[i] != b->p[i] && a->unknown[i] == 0 && b->unknown[i] == 0)
			return false;
	return true;
}

bool ccid_compare_equal(const struct ccid_compare_item *a, const struct ccid_compare_item *b)
{
	if (a->kind != b->kind || !ccid_compare_bytes(&a->command, &b->command) ||
	    !ccid_compare_bytes(&a->response, &b->response))
		return false;
	if (a->kind == KIND_EVENT)
		return strcmp(a->asked, b->asked) == 0;
	return a->response.len > 0 || strcmp(a->answer, b->answer) == 0;
}

long ccid_compare_where(const struct ccid_compare_item *a, const struct ccid_compare_item *b)
{
	size_t n = a->response.len < b->response.len ? a->response.len : b->response.len;

	for (size_t i = 0; i < n; i++)
		if (a->response.p[i] != b->response.p[i] && a->response.unknown[i] == 0 &&
		    b->response.unknown[i] == 0)
			return (long)i;
	return a->response.len == b->response.len ? -1 : (long)n;
}
