/* SPDX-License-Identifier: MIT */
/* Colours on a terminal. */
#ifndef CLI_COLOR_H
#define CLI_COLOR_H

#include <stdbool.h>

#define CLI_RED   "\033[31m"
#define CLI_GREEN "\033[32m"
#define CLI_BOLD  "\033[1m"
#define CLI_DIM   "\033[2m"
#define CLI_PLAIN "\033[0m"

/* Whether to use them on standard output. when: "auto" (the same as NULL) looks at the terminal and at
 * NO_COLOR; "always", "never". False when it is none of them. */
bool cli_color_wanted(bool *out, const char *when);

/* Send the code to standard output if colours are on. */
void cli_color(bool on, const char *code);

#endif
