/* SPDX-License-Identifier: MIT */
/* What "iscard eject" and its like, and "iscard kiosk-stop", share. */
#ifndef CLI_MOTION_H
#define CLI_MOTION_H

#include <iscard/kiosk.h>

#include <stdbool.h>
#include <stdint.h>

struct cli_command;

struct cli_motion {
	iscard_motion what;
	bool wait, json;
	bool sees_mouth; /* the reader: the user says so */
	bool left;       /* by another program, which may have locked the card */
	int64_t wait_ms; /* 0: no limit */
};

/* Move the card in the reader that text names, and say what became of it. Returns an exit code. */
int cli_motion_run(const struct cli_motion *m, const char *text);

/* Take "--wait [SECONDS]" out of argv: a number behind it is its value when something that is no option
 * stands before. False: what stands behind "--wait=" is no number from 0 to a day. */
bool cli_motion_wait(struct cli_motion *m, int *argc, char **argv);

/* What is left is not one reader: perhaps because of where the seconds stand. Returns CLI_USAGE. */
int cli_motion_usage(const struct cli_command *c, const struct cli_motion *m);

#endif
