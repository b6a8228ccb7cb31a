/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_commands.h"
#include "cli_raw.h"
#include "cli_session.h"

#include <stdio.h>

static const char help[] =
	"Send command APDUs to the card in a reader and show its answers.\n"
	"\n"
	"  iscard apdu 0 00A4000C023F00 0084000008   SELECT the master file, GET CHALLENGE\n"
	"  iscard apdu 0 00 84 00 00 08              one APDU, byte by byte\n"
	"  iscard apdu 0 - < FILE                    an APDU a line; blank lines and lines\n"
	"                                            that start with # are passed over\n"
	"\n"
	"The card is attached SHARED with T=0 or T=1, whichever it offers first, and left as it\n"
	"is at the end. With T=0, 61xx is followed by GET RESPONSE and 6Cxx by one repetition.\n"
	"\n"
	"  --raw    hand 61xx and 6Cxx up as they come\n"
	"  --json   one JSON object a line: apdu, data, sw\n"
	"\n"
	"Arguments are checked before anything is sent. An APDU that fails on its way ends the\n"
	"command; a status word other than 9000 is an answer, not a failure: exit code 0.\n";

static int run_session(const char *reader, int argc, char **argv, bool json)
{
	struct cli_session s;
	int code = cli_session_open(&s, reader, NULL);

	if (code != CLI_OK)
		return code;
	code = cli_commands_run(argc, argv, json, cli_session_transmit, &s);
	cli_session_close(&s);
	return code;
}

static int run_raw(const char *reader, int argc, char **argv, bool json)
{
	struct cli_raw s;
	int code = cli_raw_open(&s, reader, true);

	if (code != CLI_OK)
		return code;
	code = cli_commands_run(argc, argv, json, cli_raw_transmit, &s);
	cli_raw_close(&s);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	bool json = false, raw = false;
	const struct cli_option options[] = {
		{"--json", &json, NULL}, {"--raw", &raw, NULL}, {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc < 2)
		return cli_usage(self, "apdu: a reader and an APDU are needed");
	if (!cli_commands_check(argc - 1, argv + 1))
		return CLI_FAILED;
	return (raw ? run_raw : run_session)(argv[0], argc - 1, argv + 1, json);
}

const struct cli_command cli_cmd_apdu = {
	.name = "apdu",
	.args = "READER HEX... | READER - [--raw] [--json]",
	.summary = "send command APDUs to a card",
	.help = help,
	.run = run,
};
