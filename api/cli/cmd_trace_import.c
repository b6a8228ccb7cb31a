/* SPDX-License-Identifier: MIT */
#include "cli_trace.h"

#include "cli_output.h"
#include "cli_progress.h"
#include "import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Make a trace of a capture that another program wrote. Its content tells what it is:\n"
	"\n"
	"  usbmon    pcap or pcapng of Linux usbmon (tcpdump, Wireshark), or of QEMU's pcap=\n"
	"  usbpcap   pcap or pcapng of USBPcap on Windows (read by its specification)\n"
	"  usbredir  pcapng of usbredir bytes; or a raw dump of each direction, two files\n"
	"  tcp       a network capture of a usbredir connection\n"
	"  log       debug log of pcscd with libccid's messages (LIBCCID_ifdLogLevel=0x000F)\n"
	"  text      one transfer or message a line\n"
	"\n"
	"What the capture does not hold, such as descriptors, is made up from the traffic as\n"
	"far as possible and marked so in the comments. \"-\" is standard input or output.\n"
	"\n"
	"  -o, --output FILE  the trace; an existing file is left alone without --force\n"
	"  --format NAME      insist on one of the names above\n"
	"  --device BUS.DEV   which reader, where a capture has several\n"
	"  --port PORT        which connection, where a network capture has several\n"
	"  --force            replace an existing file\n"
	"  --keep-pins        DANGEROUS: do not mask PINs in VERIFY, CHANGE REFERENCE DATA\n"
	"                     and RESET RETRY COUNTER. Whoever has the trace has the PINs.\n"
	"\n"
	"A file that is cut off or damaged is converted up to there; the exit code is then 7.\n";

struct arguments {
	bool force, keep_pins;
	const char *output, *short_output, *format, *device, *port;
};

static bool take_number(const char **at, unsigned long most, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(*at, &end, 10);

	if (**at < '0' || **at > '9' || n > most)
		return false;
	*at = end;
	*out = (unsigned)n;
	return true;
}

static bool take_device(const char *text, struct ccid_import_options *o)
{
	o->device_given = true;
	if (!take_number(&text, 65535, &o->bus) || *text++ != '.')
		return false;
	return take_number(&text, 255, &o->device) && *text == '\0';
}

static int take_arguments(const struct cli_command *self, const struct arguments *a,
                          struct ccid_import_options *o)
{
	const char *port = a->port;

	if (a->format != NULL)
		o->format = ccid_import_format_named(a->format);
	if (a->format != NULL && o->format == CCID_IMPORT_ANY)
		return cli_usage(self, "%s: no such format", a->format);
	if (a->device != NULL && !take_device(a->device, o))
		return cli_usage(self, "%s: not BUS.DEVICE, as 1.4", a->device);
	if (port != NULL && (!take_number(&port, 65535, &o->port) || *port != '\0'))
		return cli_usage(self, "%s: not a port", a->port);
	o->keep_pins = a->keep_pins;
	o->progress = cli_progress_wanted();
	return CLI_OK;
}

static void tell(const char *in, const struct ccid_import_report *r, int err, bool keep_pins)
{
	bool some = r->packets > 0 && cli_output_keeps(err);

	if (r->problem[0] != '\0')
		cli_error("%s: %s%s", in, r->problem,
		          some ? "; what came before it is in the trace" : "");
	if (!some)
		return;
	if (r->made[0] != '\0')
		cli_error("%s: %s", in, r->made);
	if (r->lost > 0)
		cli_error("%s: %" PRIu64 " answers without their requests are left out", in,
		          r->lost);
	if (r->masked > 0)
		cli_error("%s: %" PRIu64 " packets with a PIN in them are masked", in, r->masked);
	if (keep_pins)
		cli_error("%s: PINs ARE NOT MASKED in this trace; do not give it away", in);
}

static int convert(const char *in, const char *out, bool force, const struct ccid_import_options *o)
{
	struct ccid_import_report report;
	struct ccid_whole_file file;
	int err;

	if (!cli_output_begin(&file, out, force))
		return CLI_FAILED;
	err = ccid_import(in, file.fd, o, &report);
	cli_progress_end();
	tell(in, &report, err, o->keep_pins);
	return cli_output_end(&file, err, report.packets > 0);
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct arguments a = {0};
	struct ccid_import_options o = {0};
	const struct cli_option options[] = {
		{"--output", NULL, &a.output},       {"-o", NULL, &a.short_output},
		{"--format", NULL, &a.format},       {"--device", NULL, &a.device},
		{"--port", NULL, &a.port},           {"--force", &a.force, NULL},
		{"--keep-pins", &a.keep_pins, NULL}, {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (a.short_output != NULL)
		a.output = a.short_output;
	if (argc < 1 || argc > 2)
		return cli_usage(self, argc == 0 ? "a file is needed" : "one file at a time");
	if (a.output == NULL)
		return cli_usage(self, "-o FILE is needed: where the trace goes");
	code = take_arguments(self, &a, &o);
	if (code != CLI_OK)
		return code;
	o.second = argc == 2 ? argv[1] : NULL;
	return convert(argv[0], a.output, a.force, &o);
}

const struct cli_command cli_trace_import = {
	.name = "trace import",
	.args = "FILE -o TRACE [--format NAME] [--device BUS.DEV] [--port PORT] [--force]",
	.summary = "make a trace of a capture, a log or a text",
	.help = help,
	.run = run,
};
