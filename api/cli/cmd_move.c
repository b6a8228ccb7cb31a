/* SPDX-License-Identifier: MIT */
/* iscard eject, capture, accept, lock, unlock. */
#include "cli.h"
#include "cli_motion.h"

/* Behind the options of all, those of one. */
#define OPTIONS(own)                                                                               \
	"\n"                                                                                       \
	"  --wait [SECONDS]  wait for the end, for ever or so long; the number stands behind\n"    \
	"                    the reader, or as --wait=SECONDS\n"                                   \
	"  --json            one JSON object: reader, motion, result, commanded, finished,\n"      \
	"                    before and after (where the card is); none when the reader\n"         \
	"                    cannot be used: exit codes 4, 6 and 7\n" own "\n"                     \
	"Nothing is sent to a reader that does not claim the ability (\"iscard info\"): exit "     \
	"code\n"                                                                                   \
	"3. A card in use by another program is not moved.\n"

static const char eject_help[] =
	"Power the card off and move it out, to be taken. With --wait the exit code is 0 when\n"
	"it was seen to be taken, 8 when it was still there as the time was over, and 9 when\n"
	"the card has left the contacts: it may be in the mouth, and no reader is believed to\n"
	"see that unless --sees-mouth or $ISCARD_MOUTH (patterns of names, usb:VID:PID) say\n"
	"so.\n" OPTIONS(
		"  --sees-mouth      you have tried it: this reader reports a card as present as\n"
		"                    long as it is in the mouth\n");

static const char capture_help[] =
	"Power the card off and move it into the bin; also a card that was ejected, as long as\n"
	"the reader reports it in the mouth. --wait: until it is gone, exit code 0; 8 when it\n"
	"was still there as the time was over.\n" OPTIONS("");

static const char accept_help[] =
	"Open the mouth and draw a card in; also one that was ejected and not taken. --wait:\n"
	"until a card is in position, exit code 0; 8 when none had come as the time was over.\n"
	"When one is there already, nothing is sent.\n" OPTIONS("");

static const char lock_help[] =
	"Hold the card. The lock lasts when this command has ended, if the reader keeps it\n"
	"without a host.\n" OPTIONS("");

static const char unlock_help[] = "Let go of the card.\n" OPTIONS("");

static int run(const struct cli_command *self, iscard_motion what, int argc, char **argv)
{
	bool eject = what == ISCARD_MOTION_EJECT;
	struct cli_motion m = {.what = what};
	const struct cli_option options[] = {{"--json", &m.json, NULL},
	                                     {eject ? "--sees-mouth" : NULL, &m.sees_mouth, NULL},
	                                     {NULL, NULL, NULL}};
	int code;

	if (!cli_motion_wait(&m, &argc, argv))
		return cli_usage(self, "%s: --wait takes seconds, up to a day", self->name);
	code = cli_parse(self, options, &argc, argv);
	if (code >= 0)
		return code;
	if (argc != 1)
		return cli_motion_usage(self, &m);
	return cli_motion_run(&m, argv[0]);
}

#define COMMAND(verb, VERB, own, text)                                                             \
	static int run_##verb(const struct cli_command *self, int argc, char **argv)               \
	{                                                                                          \
		return run(self, ISCARD_MOTION_##VERB, argc, argv);                                \
	}                                                                                          \
	const struct cli_command cli_cmd_##verb = {                                                \
		.name = #verb,                                                                     \
		.args = "READER [--wait [SECONDS]] [--json]" own,                                  \
		.summary = text,                                                                   \
		.help = verb##_help,                                                               \
		.run = run_##verb,                                                                 \
	}

COMMAND(eject, EJECT, " [--sees-mouth]", "move a card out, and wait until it is taken");
COMMAND(capture, CAPTURE, "", "move a card into the bin");
COMMAND(accept, ACCEPT, "", "draw a card in, and wait for one");
COMMAND(lock, LOCK, "", "hold a card in the reader");
COMMAND(unlock, UNLOCK, "", "let go of a card");
