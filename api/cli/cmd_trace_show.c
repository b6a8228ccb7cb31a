/* SPDX-License-Identifier: MIT */
#include "cli_color.h"
#include "cli_story.h"
#include "cli_trace.h"
#include "trace_info.h"
#include "trace_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Show a trace in words: what the computer asked, what the reader answered.\n"
	"\n"
	"A line holds the seconds since the first one, the direction (> to the reader, < from\n"
	"it, - neither), slot and sequence number, the name of the message and what it means.\n"
	"A line with = is an APDU that took several messages (blocks, parts, GET RESPONSE), put\n"
	"together. What failed ends in ! and is red on a terminal. PINs are not shown.\n"
	"\n"
	"  --apdus         only the APDUs, \"> COMMAND\" and \"< RESPONSE\" in hexadecimal, as\n"
	"                  \"iscard apdu\" has them; bytes that are not known are **\n"
	"  --kind LIST     only these kinds: apdu, message, event (cards, connections), usb (what\n"
	"                  is no message), error; with commas between them\n"
	"  --all           every kind but apdu\n"
	"  --slot N        only this slot\n"
	"  --from S, --to S   only this time, in seconds since the first packet\n"
	"  --packets A-B   only these packets, counted from 1; A- or -B is the rest\n"
	"  --time HOW      relative (to the first packet), absolute (UTC) or delta (to the line\n"
	"                  before)\n"
	"  --data          the bytes of each message too, without PINs\n"
	"  --color WHEN    auto, always or never; auto heeds NO_COLOR\n"
	"  --summary       what \"iscard trace info\" tells\n"
	"  --json          one JSON object a line: packet, time (seconds since 1970), kind, slot,\n"
	"                  error, name; of messages and packets direction (host or reader), seq,\n"
	"                  text, comment, and with --data data; of APDUs text, command, response,\n"
	"                  failure, pin_pad, nanoseconds, exchanges, time_extensions\n";

struct texts {
	const char *kind, *slot, *from, *to, *packets, *time, *color;
};

static int take(void *arg, const struct ccid_story_event *e)
{
	struct trace_view *v = arg;

	if (!v->started)
		v->first_ns = v->last_ns = e->time_ns;
	v->started = true;
	if (!trace_view_shows(v, e))
		return 0;
	if (v->apdus && !v->json)
		trace_view_apdu(e);
	else if (v->json)
		trace_view_json(v, e);
	else
		trace_view_text(v, e);
	return 0;
}

static bool read_kinds(unsigned *out, const char *text)
{
	static const char *const names[] = {"apdu", "message", "event", "usb", "error"};
	unsigned set = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, ","), i = 0;

		while (i < 5 && (strlen(names[i]) != n || strncmp(names[i], text, n) != 0))
			i++;
		if (i == 5)
			return false;
		set |= 1u << i;
		text += n + (text[n] == ',');
	}
	*out = set;
	return set != 0;
}

static bool read_number(uint64_t *out, const char *text, char end)
{
	char *rest;

	errno = 0;
	*out = strtoull(text, &rest, 10);
	return errno == 0 && text[0] >= '0' && text[0] <= '9' && *rest == end;
}

static bool read_seconds(uint64_t *out, const char *text)
{
	char *rest;
	double s = strtod(text, &rest);

	if (rest == text || *rest != '\0' || !(s >= 0) || s > 1e9)
		return false;
	*out = (uint64_t)(s * 1e9);
	return true;
}

static bool read_packets(struct trace_view *v, const char *text)
{
	const char *dash = strchr(text, '-');

	if (dash == NULL) {
		if (!read_number(&v->first_packet, text, '\0'))
			return false;
		v->last_packet = v->first_packet;
		return true;
	}
	return (dash == text || read_number(&v->first_packet, text, '-')) &&
	       (dash[1] == '\0' || read_number(&v->last_packet, dash + 1, '\0'));
}

static bool read_time(enum trace_view_time *out, const char *text)
{
	static const char *const names[] = {"relative", "absolute", "delta"};

	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*out = (enum trace_view_time)i;
		return true;
	}
	return false;
}

/* Returns the text that is wrong, NULL when all is well. */
static const char *read_texts(struct trace_view *v, const struct texts *t)
{
	uint64_t slot = 0;

	if (t->kind != NULL && !read_kinds(&v->kinds, t->kind))
		return t->kind;
	if (t->slot != NULL && (!read_number(&slot, t->slot, '\0') || slot > 255))
		return t->slot;
	v->slot = t->slot != NULL ? (int)slot : -1;
	if (t->from != NULL && !read_seconds(&v->from_ns, t->from))
		return t->from;
	if (t->to != NULL && !read_seconds(&v->to_ns, t->to))
		return t->to;
	if (t->packets != NULL && !read_packets(v, t->packets))
		return t->packets;
	if (t->time != NULL && !read_time(&v->time, t->time))
		return t->time;
	return cli_color_wanted(&v->color, t->color) ? NULL : t->color;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct trace_view v = {
		.kinds = TRACE_VIEW_DEFAULT, .to_ns = UINT64_MAX, .last_packet = UINT64_MAX};
	struct texts t = {0};
	bool all = false, summary = false;
	const struct cli_option options[] = {{"--json", &v.json, NULL},
	                                     {"--all", &all, NULL},
	                                     {"--data", &v.data, NULL},
	                                     {"--apdus", &v.apdus, NULL},
	                                     {"--summary", &summary, NULL},
	                                     {"--kind", NULL, &t.kind},
	                                     {"--slot", NULL, &t.slot},
	                                     {"--from", NULL, &t.from},
	                                     {"--to", NULL, &t.to},
	                                     {"--packets", NULL, &t.packets},
	                                     {"--time", NULL, &t.time},
	                                     {"--color", NULL, &t.color},
	                                     {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);
	const char *wrong = code >= 0 ? NULL : read_texts(&v, &t);

	if (code >= 0)
		return code;
	if (wrong != NULL)
		return cli_usage(self, "%s: not understood", wrong);
	if (argc != 1)
		return cli_usage(self, argc == 0 ? "a file is needed" : "one file at a time");
	if (all)
		v.kinds |= TRACE_VIEW_DEFAULT | TRACE_VIEW_MESSAGE | TRACE_VIEW_EVENT |
		           TRACE_VIEW_USB | TRACE_VIEW_ERROR;
	if (v.apdus)
		v.kinds = TRACE_VIEW_APDU;
	if (summary)
		return trace_info(argv[0], v.json);
	return cli_story_read(argv[0], take, &v, NULL, !isatty(STDOUT_FILENO));
}

const struct cli_command cli_trace_show = {
	.name = "trace show",
	.args = "FILE [--apdus] [--kind LIST] [--slot N] [--time HOW] [--json] ...",
	.summary = "show a trace in words",
	.help = help,
	.run = run,
};
