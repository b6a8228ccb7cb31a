/* SPDX-License-Identifier: MIT */
#include "cli_trace.h"

#include <stdio.h>
#include <string.h>

static const struct cli_command *const commands[] = {
	&cli_trace_diff,
#ifdef ISCARD_USBREDIR
	&cli_trace_export, &cli_trace_import,
#endif
	&cli_trace_info,   &cli_trace_mark,   &cli_trace_plot,
	&cli_trace_redact, &cli_trace_show,   &cli_trace_stat,
};

#define COMMANDS (sizeof commands / sizeof *commands)
#define PREFIX   (sizeof "trace " - 1)

static void print_help(FILE *f)
{
	fputs("usage: iscard trace COMMAND [ARGUMENT...]\n\n", f);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(f, "  %-8s %s\n", commands[i]->name + PREFIX, commands[i]->summary);
	fputs("\n\"iscard trace COMMAND --help\" tells about each.\n", f);
}

static const struct cli_command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name + PREFIX, name) == 0)
			return commands[i];
	return NULL;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	const struct cli_command *c = argc < 2 ? NULL : find(argv[1]);

	(void)self;
	if (c != NULL)
		return c->run(c, argc - 1, argv + 1);
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		print_help(stdout);
		return CLI_OK;
	}
	if (argc >= 2)
		cli_error("trace %s: no such command", argv[1]);
	print_help(stderr);
	return CLI_USAGE;
}

const struct cli_command cli_cmd_trace = {
	.name = "trace",
	.args = "COMMAND [ARGUMENT...]",
	.summary = "show and work on recorded traces",
	.run = run,
};
