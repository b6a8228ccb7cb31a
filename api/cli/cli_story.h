/* SPDX-License-Identifier: MIT */
/* Reading a trace in a command of the tool: progress, what is wrong with the file, exit codes. */
#ifndef CLI_STORY_H
#define CLI_STORY_H

#include "cli.h"
#include "story.h"

#include <stdio.h>

/* Read the file through take (as ccid_story_sink has it); the reading also ends when standard output
 * takes no more. Progress of a big file is shown where standard error is a terminal and show_progress
 * is set. device may be NULL. What is wrong is said in one line, after everything that could be read
 * before it. Returns an exit code: CLI_OK, CLI_DAMAGED, CLI_FAILED. */
int cli_story_read(const char *path, int (*take)(void *arg, const struct ccid_story_event *event),
                   void *arg, struct ccid_explain_device *device, bool show_progress);

/* Text of a file that may come from anybody: nothing in it speaks to the terminal. */
void cli_story_clean(FILE *f, const char *text);

/* A command that takes one file and --json. Returns what run returned, or an exit code. */
int cli_story_run(const struct cli_command *self, int argc, char **argv,
                  int (*run)(const char *path, bool json));

#endif
