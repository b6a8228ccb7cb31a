/* SPDX-License-Identifier: MIT */
/* Where a conversion writes to, with its messages and exit codes. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "whole_file.h"

/* As ccid_whole_file_begin(), after a message. */
bool cli_output_begin(struct ccid_whole_file *w, const char *path, bool force);
/* Whether a conversion that ended with err (0 or an enum ccid_err) has a result: the whole, or what came
 * before a cut or damage. */
bool cli_output_keeps(int err);
/* The conversion is over with err (0 or an enum ccid_err): the file gets its name when it is whole, or
 * when it was cut short and holds what came before; else there is none. some: anything was written.
 * Returns an exit code, after a message when the file cannot be had. */
int cli_output_end(struct ccid_whole_file *w, int err, bool some);

#endif
