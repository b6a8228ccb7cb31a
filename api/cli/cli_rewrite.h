/* SPDX-License-Identifier: MIT */
/* A trace written anew, and what is said about it. */
#ifndef CLI_REWRITE_H
#define CLI_REWRITE_H

#include "redact_file.h"

/* Returns an exit code, after a line about what was done or went wrong. what: what the spans are, as
 * in "12 spans redacted". */
int cli_rewrite(const char *in, const char *out, const struct ccid_rewrite *rewrite,
                const char *what);

#endif
