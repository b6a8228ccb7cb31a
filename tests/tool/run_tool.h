/* SPDX-License-Identifier: MIT */
/* Run build/iscard as its users do, and keep what it said. */
#ifndef RUN_TOOL_H
#define RUN_TOOL_H

#include <stddef.h>

struct tool {
	int code;        /* exit code; 1000 + n when signal n ended it */
	char *out, *err; /* NUL-terminated; NUL bytes may be inside */
	size_t out_len;
};

/* Run the tool with the arguments in args (NULL at the end) and the input, then free with
 * tool_free(). A run that takes longer than a minute is killed and fails the test. */
void tool_run(struct tool *t, const char *input, size_t len, const char *const *args);

/* The same with standard output open on /dev/full, or closed, or a pipe that nobody reads. */
enum tool_stdout {
	TOOL_CAPTURED,
	TOOL_FULL,
	TOOL_CLOSED,
	TOOL_BROKEN_PIPE
};
void tool_run_to(struct tool *t, enum tool_stdout where, const char *input, size_t len,
                 const char *const *args);

void tool_free(struct tool *t);

/* A tool that goes on running beside the test. */
struct tool_process {
	int pid;
	int err_fd; /* what it says on standard error */
	char said[4096];
};
/* Start it, and read what it says until that contains the text. */
void tool_start(struct tool_process *p, const char *until, const char *const *args);
/* Start it with standard output on out_fd, which is closed here. */
void tool_start_to(struct tool_process *p, int out_fd, const char *const *args);
/* Read on until it has said the text, or ends. */
void tool_await(struct tool_process *p, const char *until);
/* Send the signal (0: none) and wait for its end, all it says included. The exit code, as above. */
int tool_end(struct tool_process *p, int signal_number);

#define TOOL(t, input, ...)                                                                        \
	tool_run(t, input, strlen(input), (const char *const[]){__VA_ARGS__, NULL})

#endif
