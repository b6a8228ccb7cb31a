/* SPDX-License-Identifier: MIT */
#include "cli_rewrite.h"
#include "cli_trace.h"

static const char help[] =
	"Write a trace anew without secrets, to be shared.\n"
	"\n"
	"  iscard trace redact FILE -o OUT --all\n"
	"\n"
	"PINs go in any case: the bodies of VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER\n"
	"and ENVELOPE at every exchange level, and what a PIN pad's template or answer holds.\n"
	"What is left replays: the spans are listed in the packets' comments and match\n"
	"anything, check bytes are made to fit.\n"
	"\n"
	"  --serials         the serial number: its string descriptor, and the same text\n"
	"                    wherever it comes again\n"
	"  --atr-historical  the historical bytes of ATRs\n"
	"  --responses       all that cards answer, but for status words\n"
	"  --all             these three\n"
	"  --force           write over OUT\n"
	"\n"
	"Other commands stay as they are, keys in PUT DATA or vendor Escapes too: look at the\n"
	"result with \"iscard trace show --all --data\".\n";

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct ccid_rewrite w = {.overwrite = false};
	struct ccid_redact_rules *rules = &w.rules;
	const char *out = NULL;
	bool all = false;
	const struct cli_option options[] = {{"-o", NULL, &out},
	                                     {"--serials", &rules->serials, NULL},
	                                     {"--atr-historical", &rules->historical, NULL},
	                                     {"--responses", &rules->responses, NULL},
	                                     {"--all", &all, NULL},
	                                     {"--force", &w.overwrite, NULL},
	                                     {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1 || out == NULL)
		return cli_usage(self, "trace redact: a file and -o OUT are needed");
	if (all)
		rules->serials = rules->historical = rules->responses = true;
	return cli_rewrite(argv[0], out, &w, "redacted");
}

const struct cli_command cli_trace_redact = {
	.name = "trace redact",
	.args = "FILE -o OUT [--serials] [--atr-historical] [--responses] [--all] [--force]",
	.summary = "take PINs, and on request more, out of a trace",
	.help = help,
	.run = run,
};
