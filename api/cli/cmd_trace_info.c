/* SPDX-License-Identifier: MIT */
#include "cli_json.h"
#include "cli_story.h"
#include "cli_trace.h"
#include "duration.h"
#include "tally.h"
#include "trace_info.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
	"Tell what a trace is, on one screen: which reader, when and how it was recorded, what\n"
	"happened, what is masked, and whether the file is whole.\n"
	"\n"
	"  --json   one JSON object: file, vid, pid, manufacturer, product, serial, level, slots,\n"
	"           start (UTC), seconds, packets, commands, apdus, sessions, failed,\n"
	"           masked_spans, masked_bytes, comments, whole\n";

static void date(char out[40], uint64_t ns)
{
	time_t s = (time_t)(ns / 1000000000u);
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL || strftime(out, 40, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(out, 40, "?");
}

static void print_row(const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	printf("%-11s ", name);
	cli_story_clean(stdout, text);
	putchar('\n');
}

static void print_reader(const struct ccid_explain_device *d)
{
	char text[256];

	if (!d->connected)
		print_row("reader", "none was connected");
	else {
		snprintf(text, sizeof text, "%04X:%04X%s%s%s%s", d->connect.vid, d->connect.pid,
		         d->string[0][0] != '\0' ? " " : "", d->string[0],
		         d->string[1][0] != '\0' ? " " : "", d->string[1]);
		print_row("reader", text);
	}
	print_row("serial", d->string[2]);
	if (!d->described)
		return;
	snprintf(text, sizeof text, "%s, %u slot%s, T=%s%s%s%s",
	         ccid_level_name(ccid_class_desc_level(&d->desc)), d->desc.max_slot_index + 1u,
	         d->desc.max_slot_index == 0 ? "" : "s", (d->desc.protocols & 1) != 0 ? "0" : "",
	         (d->desc.protocols & 3) == 3 ? " and T=" : "",
	         (d->desc.protocols & 2) != 0 ? "1" : "",
	         d->desc.mechanical != 0 ? ", mechanical" : "");
	print_row("exchange", text);
}

static void print_recording(const struct ccid_tally *t)
{
	char text[160], start[40], took[32];

	date(start, t->first_ns);
	ccid_duration_text(took, t->last_ns - t->first_ns);
	snprintf(text, sizeof text, "%s, %s, %" PRIu64 " packets", start, took, t->packets);
	print_row("recorded", text);
	print_row("reader side", t->said_host);
	print_row("driver side", t->said_guest);
	for (size_t i = 0; i < sizeof t->comment / sizeof t->comment[0]; i++)
		print_row(i == 0 ? "comments" : "", t->comment[i]);
	if (t->comments > sizeof t->comment / sizeof t->comment[0]) {
		snprintf(text, sizeof text, "(%" PRIu64 " in all)", t->comments);
		print_row("", text);
	}
}

static void print_session(const struct ccid_tally *t)
{
	char text[256];

	snprintf(text, sizeof text,
	         "commands %" PRIu64 ", failed %" PRIu64 "; APDUs %" PRIu64 ", failed %" PRIu64
	         ", with an error status %" PRIu64 "; power-ons %" PRIu64,
	         t->commands, t->failed, t->apdus, t->apdus_failed, t->sw_errors, t->power_ons);
	print_row("session", text);
	print_row("card", t->atr);
	snprintf(text, sizeof text, "%" PRIu64 " removed%s%s", t->removed,
	         t->resets > 0 ? ", the reader was reset" : "",
	         t->unplugged > 0 ? ", the reader was unplugged" : "");
	if (t->removed + t->resets + t->unplugged > 0)
		print_row("cards", text);
	snprintf(text, sizeof text, "nothing");
	if (t->masked_spans > 0)
		snprintf(text, sizeof text, "%" PRIu64 " byte%s in %" PRIu64 " place%s",
		         t->masked_bytes, t->masked_bytes == 1 ? "" : "s", t->masked_spans,
		         t->masked_spans == 1 ? "" : "s");
	print_row("masked", text);
}

static void print_json(const char *path, const struct ccid_explain_device *d,
                       const struct ccid_tally *t, int code)
{
	struct cli_json j = cli_json(stdout);
	char text[40];

	cli_json_object(&j, NULL);
	cli_json_string(&j, "file", path);
	snprintf(text, sizeof text, "%04X", d->connect.vid);
	cli_json_string(&j, "vid", d->connected ? text : NULL);
	snprintf(text, sizeof text, "%04X", d->connect.pid);
	cli_json_string(&j, "pid", d->connected ? text : NULL);
	cli_json_string(&j, "manufacturer", d->string[0]);
	cli_json_string(&j, "product", d->string[1]);
	cli_json_string(&j, "serial", d->string[2]);
	cli_json_string(&j, "level",
	                d->described ? ccid_level_name(ccid_class_desc_level(&d->desc)) : NULL);
	cli_json_number(&j, "slots", d->described ? d->desc.max_slot_index + 1 : 0);
	date(text, t->first_ns);
	cli_json_string(&j, "start", text);
	snprintf(text, sizeof text, "%.6f", (double)(t->last_ns - t->first_ns) / 1e9);
	cli_json_string(&j, "seconds", text);
	cli_json_number(&j, "packets", (long long)t->packets);
	cli_json_number(&j, "commands", (long long)t->commands);
	cli_json_number(&j, "apdus", (long long)t->apdus);
	cli_json_number(&j, "sessions", (long long)t->sessions);
	cli_json_number(&j, "failed", (long long)t->failed);
	cli_json_number(&j, "masked_spans", (long long)t->masked_spans);
	cli_json_number(&j, "masked_bytes", (long long)t->masked_bytes);
	cli_json_number(&j, "comments", (long long)t->comments);
	cli_json_bool(&j, "whole", code == CLI_OK);
	cli_json_end_object(&j);
}

static void print_text(const char *path, const struct ccid_explain_device *d,
                       const struct ccid_tally *t, int code)
{
	print_row("file", path);
	print_reader(d);
	print_recording(t);
	print_session(t);
	print_row("whole", code == CLI_OK ? "yes" : "no: cut off or damaged");
}

int trace_info(const char *path, bool json)
{
	struct ccid_tally *t = calloc(1, sizeof *t);
	struct ccid_explain_device d = {0};
	int code;

	if (t == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	code = cli_story_read(path, ccid_tally_take, t, &d, true);
	if ((code == CLI_OK || t->packets > 0) && json)
		print_json(path, &d, t, code);
	else if (code == CLI_OK || t->packets > 0)
		print_text(path, &d, t, code);
	ccid_tally_free(t);
	free(t);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	return cli_story_run(self, argc, argv, trace_info);
}

const struct cli_command cli_trace_info = {
	.name = "trace info",
	.args = "FILE [--json]",
	.summary = "tell what a trace is",
	.help = help,
	.run = run,
};
