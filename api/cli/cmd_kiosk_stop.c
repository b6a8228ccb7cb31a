/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_motion.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
	"For ExecStopPost= of a unit: what becomes of a card that its program has left. systemd\n"
	"says in $SERVICE_RESULT how the program ended; without it, as after a crash. A lock of\n"
	"the reader is undone before the card is moved.\n"
	"\n"
	"  --at-end FATE       after an orderly end: leave (the default), eject, capture, lock\n"
	"  --after-crash FATE  after any other; leave is the default. A unit whose ExecCondition=\n"
	"                      kept it from starting has left no card: nothing is moved\n"
	"  --wait, --json      as \"iscard eject\"\n"
	"\n"
	"A reader without a card is no failure. Exit codes as \"iscard eject\".\n";

static bool parse_fate(const char *text, iscard_motion *out)
{
	static const char *const names[] = {"leave", "accept", "eject", "capture", "lock"};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (i != ISCARD_MOTION_ACCEPT && strcmp(text, names[i]) == 0) {
			*out = (iscard_motion)i;
			return true;
		}
	return false;
}

static bool service_result_is(const char *word)
{
	const char *result = getenv("SERVICE_RESULT");

	return result != NULL && strcmp(result, word) == 0;
}

static int stop(struct cli_motion *m, const char *reader)
{
	int code = m->what == 0 ? CLI_OK : cli_motion_run(m, reader);

	return code == CLI_NO_CARD ? CLI_OK : code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	const char *at_end = "leave", *after_crash = "leave";
	struct cli_motion m = {.left = true};
	const struct cli_option options[] = {{"--at-end", NULL, &at_end},
	                                     {"--after-crash", NULL, &after_crash},
	                                     {"--json", &m.json, NULL},
	                                     {NULL, NULL, NULL}};
	iscard_motion end, crash;
	int code;

	if (!cli_motion_wait(&m, &argc, argv))
		return cli_usage(self, "kiosk-stop: --wait takes seconds, up to a day");
	code = cli_parse(self, options, &argc, argv);
	if (code >= 0)
		return code;
	if (argc != 1)
		return cli_motion_usage(self, &m);
	if (!parse_fate(at_end, &end) || !parse_fate(after_crash, &crash))
		return cli_usage(self, "kiosk-stop: leave, eject, capture or lock");
	if (service_result_is("exec-condition"))
		return CLI_OK;
	m.what = service_result_is("success") ? end : crash;
	return stop(&m, argv[0]);
}

const struct cli_command cli_cmd_kiosk_stop = {
	.name = "kiosk-stop",
	.args = "READER [--at-end FATE] [--after-crash FATE] [--wait [SECONDS]] [--json]",
	.summary = "see to the card that a program has left",
	.help = help,
	.run = run,
};
