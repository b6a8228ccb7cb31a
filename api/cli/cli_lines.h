/* SPDX-License-Identifier: MIT */
/* Lines of a batch: anything may be in them, of any length. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CLI_LINE_MAX 262144 /* the longest APDU fits, with blanks between its bytes */

struct cli_lines {
	FILE *f;
	char *text; /* of the current line, without blanks at its ends; NUL-terminated */
	size_t len; /* NUL bytes may be inside */
	bool cut;   /* the line was longer than CLI_LINE_MAX; the rest is passed over */
	char *buf;
};

/* Returns false, with a message, when memory is short. */
bool cli_lines_open(struct cli_lines *l, FILE *f);
void cli_lines_close(struct cli_lines *l);

/* The next line that is neither blank nor a comment ("#"); a line may end in CR LF, the last one in
 * nothing. False at the end. */
bool cli_lines_next(struct cli_lines *l);

/* True, with a message, when reading failed. */
bool cli_lines_failed(const struct cli_lines *l);

#endif
