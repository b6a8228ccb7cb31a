/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_command *const commands[] = {
	&cli_cmd_list,    &cli_cmd_info,   &cli_cmd_atr,    &cli_cmd_apdu,       &cli_cmd_detach,
	&cli_cmd_pin,     &cli_cmd_escape, &cli_cmd_watch,  &cli_cmd_eject,      &cli_cmd_accept,
	&cli_cmd_capture, &cli_cmd_lock,   &cli_cmd_unlock, &cli_cmd_kiosk_stop, &cli_cmd_doctor,
#ifdef ISCARD_USBREDIR
	&cli_cmd_record,  &cli_cmd_replay,
#endif
#ifdef ISCARD_PCSC
	&cli_cmd_run,
#endif
	&cli_cmd_trace,
};

#define COMMANDS (sizeof commands / sizeof *commands)

static const char epilogue[] =
	"\n"
	"\"iscard COMMAND --help\" tells about each.\n"
	"\n"
	"Exit codes: 0 done; 1 failed; 2 wrong usage; 3 the reader cannot move cards so: nothing\n"
	"moved, and \"detach --eject\" only powered off; 4 no such reader, or several fit; 5 no\n"
	"card, or it does not answer; 6 no permission, or in use by another program; 7 damaged\n"
	"file, or a replay that goes another way than the recording; 8 commanded, and not over\n"
	"in time: not taken, or no card came; 9 commanded, and nobody sees whether it is over:\n"
	"whether the card was taken.\n";

static void print_help(FILE *f)
{
	fputs("usage: iscard COMMAND [ARGUMENT...]\n\n", f);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(f, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs(epilogue, f);
}

static const struct cli_command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown(const char *name)
{
	cli_error("%s: no such command", name);
	print_help(stderr);
	return CLI_USAGE;
}

/* "iscard help [COMMAND]" */
static int help(int argc, char **argv)
{
	const struct cli_command *c = argc < 3 ? NULL : find(argv[2]);
	char option[] = "--help", *page[] = {argv[1], option, NULL};

	if (c != NULL)
		return c->run(c, 2, page);
	if (argc >= 3)
		return unknown(argv[2]);
	print_help(stdout);
	return CLI_OK;
}

static int dispatch(int argc, char **argv)
{
	const struct cli_command *c = argc < 2 ? NULL : find(argv[1]);

	if (c != NULL)
		return c->run(c, argc - 1, argv + 1);
	if (argc < 2) {
		print_help(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "help") == 0)
		return help(argc, argv);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return CLI_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("iscard " ISCARD_VERSION);
		return CLI_OK;
	}
	return unknown(argv[1]);
}

/* What is opened later, a reader or a trace, must not be taken for standard output: what is closed fails
 * as before. A program that is run finds it closed. */
static void fill_closed(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC) < 0)
			return;
}

/* Output that did not reach its reader is a failure; a closed pipe is one without a word. */
static int finish(int code)
{
	bool failed = fflush(stdout) != 0 || ferror(stdout);

	if (!failed)
		return code;
	if (errno != EPIPE)
		cli_error("cannot write standard output: %s", strerror(errno));
	return code == CLI_OK ? CLI_FAILED : code;
}

static void (*on_broken_pipe)(int); /* as found */

void cli_restore_signals(void)
{
	signal(SIGPIPE, on_broken_pipe);
}

int main(int argc, char **argv)
{
	fill_closed();
	on_broken_pipe = signal(SIGPIPE, SIG_IGN);
	return finish(dispatch(argc, argv));
}
