/* SPDX-License-Identifier: MIT */
/* What the commands of the iscard tool share. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes; "iscard --help" documents them. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_NOT_EJECTED = 3, /* the reader cannot: powered off only, or nothing done */
	CLI_NO_READER = 4,   /* no such reader, or several fit */
	CLI_NO_CARD = 5,     /* no card, or it does not answer */
	CLI_NO_ACCESS = 6,   /* no permission, or in use by another program */
	CLI_DAMAGED = 7,     /* a damaged file, or a replay that diverged */
	CLI_NOT_TAKEN = 8,   /* commanded, and not over in time */
	CLI_UNSEEN = 9,      /* commanded, and the reader cannot see the end */
};

struct cli_command {
	const char *name;
	const char *args; /* as the usage line shows them */
	const char *summary;
	const char *help; /* the page below the usage line */
	int (*run)(const struct cli_command *self, int argc, char **argv);
};

extern const struct cli_command cli_cmd_accept;
extern const struct cli_command cli_cmd_apdu;
extern const struct cli_command cli_cmd_atr;
extern const struct cli_command cli_cmd_capture;
extern const struct cli_command cli_cmd_detach;
extern const struct cli_command cli_cmd_doctor;
extern const struct cli_command cli_cmd_eject;
extern const struct cli_command cli_cmd_escape;
extern const struct cli_command cli_cmd_info;
extern const struct cli_command cli_cmd_kiosk_stop;
extern const struct cli_command cli_cmd_list;
extern const struct cli_command cli_cmd_lock;
extern const struct cli_command cli_cmd_pin;
extern const struct cli_command cli_cmd_record;
extern const struct cli_command cli_cmd_replay;
extern const struct cli_command cli_cmd_run;
extern const struct cli_command cli_cmd_trace;
extern const struct cli_command cli_cmd_unlock;
extern const struct cli_command cli_cmd_watch;

/* An option: a flag, or one with a value. The list ends with a NULL name. */
struct cli_option {
	const char *name; /* "--json" */
	bool *flag;
	const char **value;
};

/* Take the options out of argv, which starts with the command's name: on return argv[0..*argc-1] are
 * the other arguments. "--" ends the options, "--help" prints the command's page. Returns -1 to go
 * on, else an exit code. */
int cli_parse(const struct cli_command *c, const struct cli_option *options, int *argc,
              char **argv);

/* "iscard: MESSAGE" on standard error. */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with the usage line of c; returns CLI_USAGE. */
int cli_usage(const struct cli_command *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void cli_print_help(const struct cli_command *c);

/* Signals as this process found them, for a program that takes its place. */
void cli_restore_signals(void);

#endif
