/* SPDX-License-Identifier: MIT */
#include "cli_rewrite.h"
#include "cli_trace.h"

#include <stdlib.h>

static const char help[] =
	"Write a trace anew with marks on bytes that differ each time the session is held. In a\n"
	"command they then match anything when the trace is replayed; in an answer they tell\n"
	"\"iscard trace diff\" and people so.\n"
	"\n"
	"  iscard trace mark FILE -o OUT --challenges\n"
	"  iscard trace mark FILE -o OUT 23:5+8 31:0+4\n"
	"\n"
	"PACKET:OFFSET+LENGTH: number and data bytes as the difference of a replay names them:\n"
	"packets of the file from 1, data bytes from 0 behind the header of the CCID message.\n"
	"Check bytes of a T=1 block need no mark of their own.\n"
	"\n"
	"  --challenges  answers to GET CHALLENGE, and the bodies of EXTERNAL, INTERNAL and\n"
	"                GENERAL AUTHENTICATE\n"
	"  --force       write over OUT\n";

static bool take_number(const char **at, unsigned long long *out, char end)
{
	char *stop;

	if (**at < '0' || **at > '9')
		return false;
	*out = strtoull(*at, &stop, 10);
	if (*stop != end)
		return false;
	*at = end == '\0' ? stop : stop + 1;
	return true;
}

static bool take_mark(const char *text, struct ccid_mark *out)
{
	unsigned long long packet, off, len;

	if (!take_number(&text, &packet, ':') || !take_number(&text, &off, '+') ||
	    !take_number(&text, &len, '\0'))
		return false;
	*out = (struct ccid_mark){packet, (size_t)off, (size_t)len};
	return true;
}

static int mark(const struct cli_command *self, int argc, char **argv, const char *out,
                struct ccid_rewrite *w)
{
	struct ccid_mark *marks = calloc((size_t)argc, sizeof *marks);
	int code = CLI_OK;

	if (marks == NULL)
		return CLI_FAILED;
	for (int i = 1; i < argc && code == CLI_OK; i++)
		if (!take_mark(argv[i], &marks[w->count++]))
			code = cli_usage(self, "trace mark: %s is no PACKET:OFFSET+LENGTH",
			                 argv[i]);
	w->marks = marks;
	if (code == CLI_OK)
		code = cli_rewrite(argv[0], out, w, "marked");
	free(marks);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct ccid_rewrite w = {.overwrite = false};
	const char *out = NULL;
	const struct cli_option options[] = {{"-o", NULL, &out},
	                                     {"--challenges", &w.rules.challenges, NULL},
	                                     {"--force", &w.overwrite, NULL},
	                                     {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc < 1 || out == NULL)
		return cli_usage(self, "trace mark: a file and -o OUT are needed");
	if (argc == 1 && !w.rules.challenges)
		return cli_usage(self, "trace mark: nothing is to be marked");
	return mark(self, argc, argv, out, &w);
}

const struct cli_command cli_trace_mark = {
	.name = "trace mark",
	.args = "FILE -o OUT [--challenges] [PACKET:OFFSET+LENGTH...] [--force]",
	.summary = "mark bytes that differ in each run",
	.help = help,
	.run = run,
};
