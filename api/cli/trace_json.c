/* SPDX-License-Identifier: MIT */
#include "apdu_text.h"
#include "cli_json.h"
#include "trace_view.h"

#include <stdlib.h>
#include <string.h>

static const char *kind_name(const struct ccid_story_event *e)
{
	static const char *const names[] = {"link",   "control", "command",
	                                    "answer", "notify",  "transfer"};

	if (e->kind == CCID_STORY_LINE)
		return names[e->line->kind];
	return e->kind == CCID_STORY_APDU ? "apdu" : "card";
}

static void put_number_or_null(struct cli_json *j, const char *key, int n)
{
	if (n >= 0)
		cli_json_number(j, key, n);
	else
		cli_json_null(j, key);
}

/* Hexadecimal digits, "**" for a byte that is not known. */
static void put_bytes(struct cli_json *j, const char *key, const struct ccid_story_bytes *b)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(2 * b->len + 1);

	if (text == NULL) {
		cli_json_null(j, key);
		return;
	}
	for (size_t i = 0; i < b->len; i++) {
		text[2 * i] = b->unknown[i] ? '*' : digits[b->p[i] >> 4];
		text[2 * i + 1] = b->unknown[i] ? '*' : digits[b->p[i] & 0x0F];
	}
	cli_json_text(j, key, text, 2 * b->len);
	free(text);
}

static void put_line(struct cli_json *j, const struct trace_view *v,
                     const struct ccid_explain_line *line)
{
	cli_json_string(j, "direction", line->dir == CCID_TRACE_FROM_GUEST ? "host" : "reader");
	put_number_or_null(j, "seq", line->seq);
	cli_json_string(j, "name", line->name);
	cli_json_string(j, "text", line->text);
	cli_json_string(j, "comment", line->comment);
	if (v->data && line->data != NULL)
		cli_json_hex(j, "data", line->data, line->len);
}

static void put_apdu(struct cli_json *j, const struct ccid_story_event *e)
{
	const struct ccid_story_apdu *a = e->apdu;
	const char *name =
		a->command.len < 2 ? NULL : ccid_apdu_name(a->command.p[0], a->command.p[1]);
	char text[512];
	struct ccid_words w = ccid_words(text, sizeof text);

	ccid_apdu_command_text(&w, &a->command);
	cli_json_string(j, "name", name);
	cli_json_string(j, "text", text);
	put_bytes(j, "command", &a->command);
	if (a->failure == NULL)
		put_bytes(j, "response", &a->response);
	else
		cli_json_null(j, "response");
	cli_json_string(j, "failure", a->failure);
	cli_json_bool(j, "pin_pad", a->pad);
	if (e->took_ns != CCID_STORY_NO_TIME)
		cli_json_number(j, "nanoseconds", (long long)e->took_ns);
	cli_json_number(j, "exchanges", a->exchanges);
	cli_json_number(j, "time_extensions", a->extensions);
}

void trace_view_json(const struct trace_view *v, const struct ccid_story_event *e)
{
	struct cli_json j = cli_json(stdout);
	char time[40];

	snprintf(time, sizeof time, "%llu.%06llu", (unsigned long long)(e->time_ns / 1000000000u),
	         (unsigned long long)(e->time_ns % 1000000000u / 1000u));
	cli_json_object(&j, NULL);
	cli_json_number(&j, "packet", (long long)e->packet);
	cli_json_string(&j, "time", time);
	cli_json_string(&j, "kind", kind_name(e));
	put_number_or_null(&j, "slot", e->slot);
	cli_json_bool(&j, "error", e->error);
	if (e->kind == CCID_STORY_LINE) {
		put_line(&j, v, e->line);
	} else if (e->kind == CCID_STORY_APDU) {
		put_apdu(&j, e);
	} else {
		cli_json_string(&j, "name", "card");
		cli_json_bool(&j, "present", e->present);
	}
	cli_json_end_object(&j);
}
