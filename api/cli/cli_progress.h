/* SPDX-License-Identifier: MIT */
/* How far a long conversion is, on a terminal that can show it. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

/* Called now and then: at most ten times a second one line on standard error is written over. */
void cli_progress(void *arg, uint64_t done, uint64_t total);
/* cli_progress when standard error is a terminal, else NULL. */
void (*cli_progress_wanted(void))(void *arg, uint64_t done, uint64_t total);
/* Clear the line, if there is one. */
void cli_progress_end(void);

#endif
