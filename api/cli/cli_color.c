/* SPDX-License-Identifier: MIT */
#include "cli_color.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_color_wanted(bool *out, const char *when)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when != NULL && strcmp(when, "auto") != 0) {
		*out = strcmp(when, "always") == 0;
		return *out || strcmp(when, "never") == 0;
	}
	*out = isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0;
	return true;
}

void cli_color(bool on, const char *code)
{
	if (on)
		fputs(code, stdout);
}
