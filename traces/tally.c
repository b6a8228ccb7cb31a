/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include "ccid_msg.h"
#include "token_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Buckets 0..31 hold one value each, then 16 to a doubling. */
static unsigned bucket_of(uint64_t ns)
{
	unsigned shift = 0;

	while (ns >> shift >= 32)
		shift++;
	return shift == 0 ? (unsigned)ns : (shift + 1) * 16 + (unsigned)(ns >> shift) - 16;
}

static uint64_t bucket_value(unsigned b)
{
	unsigned shift = b < 32 ? 0 : b / 16 - 1;

	if (shift == 0)
		return b;
	return ((uint64_t)(b % 16 + 16) << shift) + ((uint64_t)1 << shift) / 2;
}

void ccid_latency_add(struct ccid_latency *l, uint64_t ns)
{
	if (l->count == 0 || ns < l->min_ns)
		l->min_ns = ns;
	if (ns > l->max_ns)
		l->max_ns = ns;
	l->count++;
	l->bucket[bucket_of(ns)]++;
}

uint64_t ccid_latency_quantile(const struct ccid_latency *l, unsigned thousandths)
{
	uint64_t want = (l->count * thousandths + 999) / 1000, have = 0, value;

	for (unsigned b = 0; b < CCID_TALLY_BUCKETS; b++) {
		have += l->bucket[b];
		if (have < want || have == 0)
			continue;
		value = bucket_value(b);
		return value < l->min_ns ? l->min_ns : value > l->max_ns ? l->max_ns : value;
	}
	return 0;
}

static int measure(struct ccid_latency **at, uint64_t ns)
{
	if (ns == CCID_STORY_NO_TIME)
		return 0;
	if (*at == NULL)
		*at = calloc(1, sizeof **at);
	if (*at == NULL)
		return CCID_E_NOMEM;
	ccid_latency_add(*at, ns);
	return 0;
}

static void keep(char *out, size_t cap, const char *text)
{
	if (out[0] == '\0')
		snprintf(out, cap, "%s", text);
}

static void count_masks(struct ccid_tally *t, const struct ccid_explain_line *line)
{
	struct ccid_mask_span span;
	const char *pos = NULL;

	for (size_t i = 0; i < line->mask_count; i++) {
		t->masked_spans++;
		t->masked_bytes += line->masks[i].len;
	}
	if (line->comment == NULL || ccid_mask_next(line->comment, &pos, &span) == 1)
		return;
	for (size_t i = 0; i < sizeof t->comment / sizeof t->comment[0]; i++) {
		if (strcmp(t->comment[i], line->comment) == 0)
			break;
		if (t->comment[i][0] != '\0')
			continue;
		keep(t->comment[i], sizeof t->comment[i], line->comment);
		break;
	}
	t->comments++;
}

static void count_status(struct ccid_tally *t, const struct ccid_explain_line *line)
{
	struct ccid_rsp rsp;

	if (line->token != 0) {
		t->failed += line->error;
		return;
	}
	if (ccid_rsp_decode(&rsp, line->data, line->len) != 0)
		return;
	if (ccid_rsp_cmd_status(&rsp) == CCID_CMD_TIME_EXTENSION)
		t->extensions++;
	if (ccid_rsp_cmd_status(&rsp) != CCID_CMD_FAILED)
		return;
	t->failed++;
	t->error[rsp.error]++;
}

static void count_atr(struct ccid_tally *t, const struct ccid_story_event *e)
{
	bool powered = e->line->token == 0 ? e->of == CCID_ICC_POWER_ON
	                                   : e->of == CCID_TOKEN_POWER_ON && e->line->len > 1;

	if (!powered || e->error || e->took_ns == CCID_STORY_NO_TIME)
		return;
	t->sessions++;
	keep(t->atr, sizeof t->atr, e->line->text);
}

static int count_message(struct ccid_tally *t, const struct ccid_story_event *e)
{
	const struct ccid_explain_line *line = e->line;
	bool command = line->kind == CCID_EXPLAIN_COMMAND;

	t->type[line->code]++;
	if (e->slot >= 0)
		t->slot[e->slot & 0xFF]++;
	t->token = t->token || line->token != 0;
	if (command) {
		t->commands++;
		t->to_reader += line->len;
		t->polls += line->code ==
		            (line->token == 0 ? CCID_GET_SLOT_STATUS : CCID_TOKEN_SLOT_STATUS);
		t->power_ons += line->code == CCID_ICC_POWER_ON;
		return 0;
	}
	t->answers++;
	t->from_reader += line->len;
	count_status(t, line);
	count_atr(t, e);
	return measure(&t->of_command[e->of], e->of != 0 ? e->took_ns : CCID_STORY_NO_TIME);
}

static void count_link(struct ccid_tally *t, const struct ccid_explain_line *line)
{
	switch (line->code) {
	case CCID_REDIR_HELLO:
		if (line->dir == CCID_TRACE_FROM_HOST)
			keep(t->said_host, sizeof t->said_host, line->text);
		else
			keep(t->said_guest, sizeof t->said_guest, line->text);
		break;
	case CCID_REDIR_RESET: t->resets++; break;
	case CCID_REDIR_DEVICE_DISCONNECT: t->unplugged += line->dir == CCID_TRACE_FROM_HOST; break;
	default: break;
	}
}

static int count_line(struct ccid_tally *t, const struct ccid_story_event *e)
{
	count_masks(t, e->line);
	switch (e->line->kind) {
	case CCID_EXPLAIN_COMMAND:
	case CCID_EXPLAIN_ANSWER: return count_message(t, e);
	case CCID_EXPLAIN_NOTIFY:
		t->notices++;
		t->type[e->line->code]++;
		return 0;
	case CCID_EXPLAIN_LINK: count_link(t, e->line); return 0;
	default: t->usb_error += e->error; return 0;
	}
}

static void count_sw(struct ccid_tally *t, const struct ccid_story_bytes *r)
{
	uint16_t sw = (uint16_t)(r->p[r->len - 2] << 8 | r->p[r->len - 1]);
	unsigned i = 0;

	t->sw_errors += ccid_sw_fails(sw);
	while (i < t->sws && t->sw[i].sw != sw)
		i++;
	if (i == CCID_TALLY_SWS)
		return;
	t->sws += i == t->sws;
	t->sw[i].sw = sw;
	t->sw[i].count++;
}

static int count_apdu(struct ccid_tally *t, const struct ccid_story_event *e)
{
	const struct ccid_story_apdu *a = e->apdu;
	uint8_t ins = a->command.len >= 2 ? a->command.p[1] : 0;

	t->apdus++;
	t->apdu_to_card += a->command.len;
	t->apdu_from_card += a->response.len;
	if (a->failure != NULL || a->response.len < 2) {
		t->apdus_failed++;
		return 0;
	}
	count_sw(t, &a->response);
	if (t->of_ins[ins] == NULL)
		t->cla[ins] = a->command.p[0];
	return measure(&t->of_ins[ins], e->took_ns);
}

int ccid_tally_take(void *tally, const struct ccid_story_event *e)
{
	struct ccid_tally *t = tally;

	if (t->packets == 0)
		t->first_ns = t->last_ns = e->time_ns;
	if (e->packet > t->packets)
		t->packets = e->packet;
	if (e->time_ns > t->last_ns)
		t->last_ns = e->time_ns;
	if (e->kind == CCID_STORY_LINE)
		return count_line(t, e);
	if (e->kind == CCID_STORY_APDU)
		return count_apdu(t, e);
	t->inserted += e->present;
	t->removed += !e->present;
	return 0;
}

void ccid_tally_free(struct ccid_tally *t)
{
	for (unsigned i = 0; i < 256; i++) {
		free(t->of_command[i]);
		free(t->of_ins[i]);
	}
}
