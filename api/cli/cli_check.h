/* SPDX-License-Identifier: MIT */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

/* Read a trace to its end: CLI_OK when it is whole, else an exit code after one line that says what
 * is wrong with the file. */
int cli_check_trace(const char *path);

/* Whether text, if it is a reader address, is well formed, and the file of a replay: address whole.
 * Returns an exit code, after one line; CLI_OK for what is no address. */
int cli_check_address(const char *text);

#endif
