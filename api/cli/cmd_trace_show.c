/* SPDX-License-Identifier: MIT */
#include "cli_trace.h"

#include "cli_hex.h"
#include "cli_json.h"
#include "explain.h"

#include <stdio.h>

#define NS_PER_S  1000000000u
#define NS_PER_US 1000u

static const char help[] =
	"Show a trace in words: what the computer asked, what the reader answered.\n"
	"\n"
	"A line holds the seconds since the first one, the direction (> to the reader, < from\n"
	"it, - neither), slot and sequence number, the name of the message and what it means.\n"
	"PINs are not shown.\n"
	"\n"
	"  --all    also what is not a message: connections, control requests, transfers\n"
	"  --data   the bytes of each message too, PINs included\n"
	"  --json   one JSON object a line: packet, time (seconds since 1970), direction (host\n"
	"           or reader), kind, slot, seq, name, text, error, comment, and with --data "
	"data\n";

struct view {
	bool json, all, data, started;
	uint64_t first_ns;
};

static const char *kind_name(enum ccid_explain_kind kind)
{
	switch (kind) {
	case CCID_EXPLAIN_LINK: return "link";
	case CCID_EXPLAIN_CONTROL: return "control";
	case CCID_EXPLAIN_COMMAND: return "command";
	case CCID_EXPLAIN_ANSWER: return "answer";
	case CCID_EXPLAIN_NOTIFY: return "notify";
	case CCID_EXPLAIN_TRANSFER: return "transfer";
	}
	return "?";
}

static bool is_message(enum ccid_explain_kind kind)
{
	return kind == CCID_EXPLAIN_COMMAND || kind == CCID_EXPLAIN_ANSWER ||
	       kind == CCID_EXPLAIN_NOTIFY;
}

/* What is shown without --all: messages, failures, and what a person wrote beside the link. */
static bool is_shown(const struct ccid_explain_line *line)
{
	if (is_message(line->kind) || line->error)
		return true;
	return line->kind == CCID_EXPLAIN_LINK && line->comment != NULL;
}

static void put_time(char out[40], uint64_t ns)
{
	snprintf(out, 40, "%llu.%06llu", (unsigned long long)(ns / NS_PER_S),
	         (unsigned long long)(ns % NS_PER_S / NS_PER_US));
}

static void put_number_or_null(struct cli_json *j, const char *key, int n)
{
	if (n >= 0)
		cli_json_number(j, key, n);
	else
		cli_json_null(j, key);
}

static void show_json(const struct view *v, const struct ccid_explain_line *line)
{
	struct cli_json j = cli_json(stdout);
	char time[40];

	put_time(time, line->time_ns);
	cli_json_object(&j, NULL);
	cli_json_number(&j, "packet", (long long)line->packet);
	cli_json_string(&j, "time", time);
	cli_json_string(&j, "direction", line->dir == CCID_TRACE_FROM_GUEST ? "host" : "reader");
	cli_json_string(&j, "kind", kind_name(line->kind));
	put_number_or_null(&j, "slot", line->slot);
	put_number_or_null(&j, "seq", line->seq);
	cli_json_string(&j, "name", line->name);
	cli_json_string(&j, "text", line->text);
	cli_json_bool(&j, "error", line->error);
	cli_json_string(&j, "comment", line->comment);
	if (v->data && line->data != NULL)
		cli_json_hex(&j, "data", line->data, line->len);
	cli_json_end_object(&j);
}

/* The file may come from anybody: nothing in it speaks to the terminal. */
static void put_clean(const char *text)
{
	for (; *text != '\0'; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7F ? '?' : *text);
}

static void show_text(struct view *v, const struct ccid_explain_line *line)
{
	char arrow = !is_message(line->kind) ? '-' : line->dir == CCID_TRACE_FROM_GUEST ? '>' : '<';
	char time[40];

	put_time(time, line->time_ns >= v->first_ns ? line->time_ns - v->first_ns : 0);
	if (line->comment != NULL) {
		printf("%12s # ", "");
		put_clean(line->comment);
		putchar('\n');
	}
	printf("%12s %c ", time, arrow);
	if (line->slot >= 0 && line->seq >= 0)
		printf("%d/%02X ", line->slot, (unsigned)line->seq);
	fputs(line->name, stdout);
	if (line->text != NULL && line->text[0] != '\0') {
		fputs("  ", stdout);
		put_clean(line->text);
	}
	puts(line->error ? "  !" : "");
	if (v->data && line->data != NULL && line->len > 0) {
		printf("%15s", "");
		cli_hex_print(stdout, line->data, line->len);
		putchar('\n');
	}
}

static void show(void *arg, const struct ccid_explain_line *line)
{
	struct view *v = arg;

	if (!v->started)
		v->first_ns = line->time_ns;
	v->started = true;
	if (!v->all && !is_shown(line))
		return;
	if (v->json)
		show_json(v, line);
	else
		show_text(v, line);
}

static int show_file(struct view *v, const char *path)
{
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	int err = ccid_explain_file(path, show, v, problem, sizeof problem);

	if (err == 0)
		return CLI_OK;
	fflush(stdout);
	cli_error("%s: %s", path, problem[0] != '\0' ? problem : ccid_err_text(err));
	return err == CCID_E_SHORT || err == CCID_E_FORMAT ? CLI_DAMAGED : CLI_FAILED;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct view v = {0};
	const struct cli_option options[] = {{"--json", &v.json, NULL},
	                                     {"--all", &v.all, NULL},
	                                     {"--data", &v.data, NULL},
	                                     {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1)
		return cli_usage(self, argc == 0 ? "a file is needed" : "one file at a time");
	return show_file(&v, argv[0]);
}

const struct cli_command cli_trace_show = {
	.name = "trace show",
	.args = "FILE [--all] [--data] [--json]",
	.summary = "show a trace in words",
	.help = help,
	.run = run,
};
