/* SPDX-License-Identifier: MIT */
/* What becomes of the card at the end, as --leave, --reset, --unpower or --eject asks. */
#ifndef CLI_DISPOSITION_H
#define CLI_DISPOSITION_H

#include "cli_session.h"

struct cli_disposition_flags {
	bool leave, reset, unpower, eject;
};

/* The rows of an option list for them. */
#define CLI_DISPOSITION_OPTIONS(flags)                                                             \
	{"--leave", &(flags)->leave, NULL}, {"--reset", &(flags)->reset, NULL},                    \
		{"--unpower", &(flags)->unpower, NULL},                                            \
	{                                                                                          \
		"--eject", &(flags)->eject, NULL                                                   \
	}

/* The one that was asked for, LEAVE when none was; false when several were. */
bool cli_disposition_choose(const struct cli_disposition_flags *flags, SCARD_DISPOSITIONS *out);

/* Say what was done: a line, or with json an object with the members reader, disposition, result and
 * ok. Returns an exit code; a failure is only shown with json. */
int cli_disposition_show(const char *reader, SCARD_DISPOSITIONS disposition,
                         iscard_disposition_result result, bool json);

/* Detach, and say what was done. Returns an exit code: CLI_NOT_EJECTED when the reader cannot
 * eject. */
int cli_disposition_apply(struct cli_session *s, SCARD_DISPOSITIONS disposition, bool json);

#endif
