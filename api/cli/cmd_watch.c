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
#include <unistd.h>

static const char help[] =
	"Print a line for each reader and card that comes or goes, first of all for those that\n"
	"are there, until it is interrupted. Readers are opened, but no card gets power; a\n"
	"reader that another program holds is tried again now and then. With a reader, or an\n"
	"address (\"iscard list --help\" has the forms), only that one; by its whole name or an\n"
	"address one may be waited for that is not there yet. It ends too when nobody reads what\n"
	"it prints.\n"
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
	long left;          /* events still to be printed; negative: no end */
	const char *reader; /* name or address; NULL: all */
	iscard_context *context;
	struct cli_watchdog dog;
	bool begun;    /* something was printed */
	bool unread;   /* nobody reads it */
	int unwritten; /* errno of what could not be printed */
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

static void feed(struct watch *w)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	cli_watchdog_feed(&w->dog, t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000);
}

/* Whether to go on. One call takes no longer than a reader takes to open. */
static bool print_events(struct watch *w)
{
	struct iscard_event event;

	while (w->left != 0 && iscard_context_next_event(w->context, &event) == S_OK) {
		if (w->json)
			print_json(&event);
		else
			print_text(&event);
		w->left -= w->left > 0;
		w->begun = true;
		feed(w);
	}
	if (fflush(stdout) != 0)
		w->unwritten = errno;
	return w->unwritten == 0 && w->left != 0;
}

/* Standard output speaks up, too, when its other end is closed. */
static bool wait_for_news(struct watch *w, int fd, const struct timespec *limit,
                          const sigset_t *let_in)
{
	struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};

	w->unread = ppoll(p, 2, limit, let_in) > 0 && p[1].revents != 0;
	return !w->unread;
}

static void block_signals(sigset_t *before)
{
	struct sigaction act = {.sa_handler = on_signal};
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, before);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

/* Signals are let in while it waits and at no other time. */
static void follow(struct watch *w, int fd)
{
	int interval = cli_notify_interval();
	const struct timespec limit = {.tv_sec = interval / 1000,
	                               .tv_nsec = interval % 1000 * 1000000L};
	sigset_t before;
	bool more;

	w->dog.interval_ms = interval;
	block_signals(&before);
	(void)cli_notify("READY=1");
	more = print_events(w);
	if (more && !w->begun && w->reader != NULL)
		cli_error("%s: not there yet; waiting for it", w->reader);
	while (more && !interrupted) {
		feed(w);
		more = wait_for_news(w, fd, interval > 0 ? &limit : NULL, &before);
		feed(w); /* what comes now may take long, too */
		more = more && print_events(w);
	}
	(void)cli_notify("STOPPING=1");
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

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What is behind such an address is there now or never. */
static int check_there(const struct iscard_reader_list *list)
{
	const struct iscard_reader *r = list->readers;

	return list->count > 0 && FAILED(r->result) ? cli_report(r, "open", r->result) : CLI_OK;
}

/* A number or a part of a name is that of a reader that is there. */
static int find_name(struct watch *w, const struct iscard_reader_list *list)
{
	long i = cli_reader_choose(list, w->reader);

	if (i == -2)
		return cli_reader_several(list, w->reader);
	if (i >= 0)
		w->reader = list->readers[i].name;
	else if (w->reader[strspn(w->reader, "0123456789")] == '\0')
		return cli_reader_missing(list, w->reader);
	return CLI_OK;
}

/* A peer that may answer later is not asked twice. */
static int find_reader(struct watch *w, bool by_address, struct iscard_reader_list **list)
{
	HRESULT hr;

	if (w->reader == NULL ||
	    (by_address && !begins(w->reader, "fd:") && !begins(w->reader, "replay:")))
		return CLI_OK;
	hr = iscard_context_list(w->context, list);
	if (FAILED(hr)) {
		cli_error("cannot list readers: %s", iscard_strerror(hr));
		return CLI_FAILED;
	}
	return by_address ? check_there(*list) : find_name(w, *list);
}

static int watch_in(struct watch *w, bool by_address)
{
	HRESULT hr =
		iscard_context_watch(w->context, by_address ? NULL : w->reader, ISCARD_WATCH_CARDS);
	int fd;

	if (SUCCEEDED(hr))
		hr = iscard_context_event_fd(w->context, &fd);
	if (FAILED(hr)) {
		cli_error("cannot watch: %s", iscard_strerror(hr));
		return CLI_FAILED;
	}
	follow(w, fd);
	return w->unread ? CLI_FAILED : CLI_OK;
}

static int watch(struct watch *w)
{
	bool by_address = w->reader != NULL && cli_is_address(w->reader);
	struct iscard_reader_list *list = NULL;
	int code = cli_context_open(&w->context, by_address ? w->reader : NULL, NULL);

	if (code != CLI_OK)
		return code;
	code = find_reader(w, by_address, &list);
	if (code == CLI_OK)
		code = watch_in(w, by_address);
	iscard_reader_list_free(list);
	iscard_context_unref(w->context);
	if (w->unwritten != 0)
		errno = w->unwritten; /* main() tells */
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
	w.reader = argc == 1 ? argv[0] : NULL;
	return watch(&w);
}

const struct cli_command cli_cmd_watch = {
	.name = "watch",
	.args = "[READER] [--json] [--events N]",
	.summary = "tell of readers and cards that come and go",
	.help = help,
	.run = run,
};
