/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* ppoll() */
#include "cli.h"
#include "cli_json.h"
#include "cli_notify.h"
#include "cli_reader.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
	"Print a line for each reader and card that comes or goes, first of all for those that\n"
	"are there, until it is interrupted. Readers are opened, but no card gets power; a\n"
	"reader that another program holds is tried again now and then. With the name of a\n"
	"reader, or an address (\"iscard list --help\" has the forms), only that one.\n"
	"\n"
	"  --json       one JSON object a line: event, reader, address, slot, result,\n"
	"               insertions, arrivals, state (null: not known), place (of the card: "
	"iscard/\n"
	"               kiosk.h), atr (null: no power)\n"
	"  --events N   end after so many\n"
	"\n"
	"As a service of systemd (iscard-watch.service) it says when it is ready, and that it is\n"
	"alive as often as its watchdog wants to hear it.\n";

struct watch {
	bool json;
	long left; /* events still to be printed; negative: no end */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static const char *state_name(SCARD_STATES state)
{
	switch (state) {
	case ISCARD_ABSENT: return "absent";
	case ISCARD_PRESENT: return "present";
	case ISCARD_SWALLOWED: return "swallowed";
	case ISCARD_POWERED: return "powered";
	case ISCARD_NEGOTIABLEMODE: return "negotiable";
	case ISCARD_SPECIFICMODE: return "specific";
	}
	return NULL;
}

static void print_json(const struct iscard_event *e)
{
	struct cli_json j = cli_json(stdout);

	cli_json_object(&j, NULL);
	cli_json_string(&j, "event", iscard_event_name(e->type));
	cli_json_string(&j, "reader", e->reader);
	cli_json_string(&j, "address", e->address);
	cli_json_number(&j, "slot", e->slot);
	cli_json_string(&j, "result", iscard_result_name(e->now.result));
	cli_json_number(&j, "arrivals", e->now.arrivals);
	cli_json_number(&j, "insertions", e->now.insertions);
	cli_json_string(&j, "state", state_name(e->now.state));
	cli_json_string(&j, "place", iscard_place_name(e->now.place));
	if (e->now.atr_len > 0)
		cli_json_hex(&j, "atr", e->now.atr, e->now.atr_len);
	else
		cli_json_null(&j, "atr");
	cli_json_end_object(&j);
}

static void print_text(const struct iscard_event *e)
{
	bool about_reader =
		e->type == ISCARD_EVENT_READER_ARRIVED || e->type == ISCARD_EVENT_READER_STATUS;

	printf("%-14s  %s", iscard_event_name(e->type), e->reader);
	if (about_reader && FAILED(e->now.result))
		printf(": %s", iscard_strerror(e->now.result));
	printf("\n");
}

/* Whether to go on. */
static bool print_events(struct watch *w, iscard_context *context)
{
	struct iscard_event event;

	while (w->left != 0 && iscard_context_next_event(context, &event) == S_OK) {
		if (w->json)
			print_json(&event);
		else
			print_text(&event);
		w->left -= w->left > 0;
	}
	return fflush(stdout) == 0 && w->left != 0;
}

/* Signals are let in while it waits and at no other time. */
static int follow(struct watch *w, iscard_context *context)
{
	struct sigaction act = {.sa_handler = on_signal};
	struct pollfd p = {.events = POLLIN};
	int interval = cli_notify_interval();
	const struct timespec wait = {.tv_sec = interval / 1000,
	                              .tv_nsec = interval % 1000 * 1000000L};
	sigset_t stop, before;

	if (FAILED(iscard_context_event_fd(context, &p.fd))) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, &before);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	(void)cli_notify("READY=1");
	while (print_events(w, context) && !interrupted) {
		(void)cli_notify("WATCHDOG=1");
		(void)ppoll(&p, 1, interval > 0 ? &wait : NULL, &before);
	}
	(void)cli_notify("STOPPING=1");
	return CLI_OK;
}

static bool parse_count(const char *text, long *count)
{
	char *end;

	if (text == NULL)
		return true;
	errno = 0;
	*count = strtol(text, &end, 10);
	return end != text && *end == '\0' && errno == 0 && *count > 0;
}

static int watch(struct watch *w, const char *reader)
{
	const char *address = reader != NULL && cli_is_address(reader) ? reader : NULL;
	iscard_context *context;
	int code = cli_context_open(&context, address, NULL);
	HRESULT hr;

	if (code != CLI_OK)
		return code;
	hr = iscard_context_watch(context, address != NULL ? NULL : reader, ISCARD_WATCH_CARDS);
	if (SUCCEEDED(hr)) {
		code = follow(w, context);
	} else {
		cli_error("cannot watch: %s", iscard_strerror(hr));
		code = CLI_FAILED;
	}
	iscard_context_unref(context);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct watch w = {.left = -1};
	const char *count = NULL;
	const struct cli_option options[] = {
		{"--json", &w.json, NULL}, {"--events", NULL, &count}, {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc > 1)
		return cli_usage(self, "watch: one reader, or none for all");
	if (!parse_count(count, &w.left))
		return cli_usage(self, "watch: --events %s is no number from 1", count);
	return watch(&w, argc == 1 ? argv[0] : NULL);
}

const struct cli_command cli_cmd_watch = {
	.name = "watch",
	.args = "[READER] [--json] [--events N]",
	.summary = "tell of readers and cards that come and go",
	.help = help,
	.run = run,
};
