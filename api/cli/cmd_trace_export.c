/* SPDX-License-Identifier: MIT */
#include "cli_trace.h"

#include "cli_output.h"
#include "cli_progress.h"
#include "export.h"

#include <stdio.h>

static const char help[] =
	"Write a trace in a form that others read:\n"
	"\n"
	"  usbmon  pcapng of link type 220, for Wireshark's USB and USBCCID dissectors\n"
	"  text    one transfer a line, which \"iscard trace import\" reads again\n"
	"  jsonl   one JSON object a line: packet, time, event (submit or complete), id, device,\n"
	"          transfer, endpoint, setup, status, length, data, comment\n"
	"\n"
	"\"-\" is standard input or output.\n"
	"\n"
	"  -o, --output FILE  where to; an existing file is left alone unless --force is given\n"
	"  --to NAME          one of the names above\n"
	"  --force            replace an existing file\n"
	"\n"
	"A trace that is cut off or damaged is converted up to there; the exit code is then 7.\n";

static int convert(const char *in, const char *out, bool force, enum ccid_export_format format)
{
	struct ccid_export_report report;
	struct ccid_whole_file file;
	int err;

	if (!cli_output_begin(&file, out, force))
		return CLI_FAILED;
	err = ccid_export(in, file.fd, format, cli_progress_wanted(), NULL, &report);
	cli_progress_end();
	if (report.problem[0] != '\0')
		cli_error("%s: %s%s", in, report.problem,
		          report.events > 0 && cli_output_keeps(err)
		                  ? "; what came before it is converted"
		                  : "");
	if (err == 0 && report.events == 0)
		cli_error("%s: no USB traffic in this trace", in);
	return cli_output_end(&file, err, report.events > 0);
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	const char *output = NULL, *short_output = NULL, *to = NULL;
	bool force = false;
	const struct cli_option options[] = {{"--output", NULL, &output},
	                                     {"-o", NULL, &short_output},
	                                     {"--to", NULL, &to},
	                                     {"--force", &force, NULL},
	                                     {NULL, NULL, NULL}};
	enum ccid_export_format format;
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (short_output != NULL)
		output = short_output;
	if (argc != 1)
		return cli_usage(self, argc == 0 ? "a trace is needed" : "one trace at a time");
	if (output == NULL || to == NULL)
		return cli_usage(self, "%s is needed", to == NULL ? "--to NAME" : "-o FILE");
	format = ccid_export_format_named(to);
	if (format == CCID_EXPORT_NONE)
		return cli_usage(self, "%s: no such format", to);
	return convert(argv[0], output, force, format);
}

const struct cli_command cli_trace_export = {
	.name = "trace export",
	.args = "TRACE -o FILE --to usbmon|text|jsonl [--force]",
	.summary = "write a trace for Wireshark, as text or as JSON",
	.help = help,
	.run = run,
};
