/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_check.h"
#include "cli_serve.h"
#include "cli_socket.h"
#include "replay_address.h"
#include "replay_steps.h"

static const char help[] =
	"Replay a recorded session: the file takes the part of the reader, and the code that\n"
	"drives hardware powers the card, sends the recorded commands and powers it off as it\n"
	"was recorded.\n"
	"\n"
	"  iscard replay FILE\n"
	"  iscard replay FILE --serve 127.0.0.1:4000\n"
	"\n"
	"Messages are matched, not bytes. Where the file and the driver part, what was expected\n"
	"and what came is shown, and the exit code is 7.\n"
	"\n"
	"  --serve WHERE       offer the recorded reader as a usbredir host, at ADDR:PORT or on a\n"
	"                      unix socket (/PATH), to one program after the other: another\n"
	"                      iscard (\"usbredir:127.0.0.1:4000\"), or QEMU's usb-redir\n"
	"  --once              ... to one program, until it leaves\n"
	"  --strict HOW        exact: every command as recorded, in order; message (the default):\n"
	"                      what reaches card and motor; lenient: in any order\n"
	"  --speed PACE        real, or a factor such as 2.5; none (the default): no time passes\n"
	"  --json              one JSON object a line: apdu, data, sw of a command; slot and\n"
	"                      event, with protocol and atr at power on, of the rest\n"
	"\n"
	"\"replay:FILE\" is the address of the same reader for every other command.\n";

static int replay(const char *path, const struct ccid_player_options *options, bool json)
{
	struct cli_steps steps;
	int code = cli_check_trace(path);

	if (code == CLI_OK)
		code = cli_steps_load(&steps, path);
	if (code != CLI_OK)
		return code;
	code = cli_steps_play(&steps, path, options, json);
	if (steps.left_out > 0)
		cli_error("%s: %u recorded blocks are no APDU and were left out", path,
		          steps.left_out);
	cli_steps_free(&steps);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	const char *where = NULL, *strict = "message", *speed = "none";
	struct ccid_player_options o = {.strict = CCID_STRICT_MESSAGE};
	bool json = false, once = false;
	const struct cli_option options[] = {{"--serve", NULL, &where},   {"--once", &once, NULL},
	                                     {"--strict", NULL, &strict}, {"--speed", NULL, &speed},
	                                     {"--json", &json, NULL},     {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1)
		return cli_usage(self, "replay: one file is needed");
	if (ccid_replay_strict_parse(&o.strict, strict) != 0)
		return cli_usage(self, "--strict is exact, message or lenient");
	if (ccid_replay_speed_parse(&o.speed, speed) != 0)
		return cli_usage(self, "--speed is none, real, or a factor from 0.001 to 1000");
	if (where == NULL)
		return replay(argv[0], &o, json);
	code = cli_check_socket(where);
	if (code == CLI_OK)
		code = cli_check_trace(argv[0]);
	return code == CLI_OK ? cli_serve(argv[0], &o, where, once) : code;
}

const struct cli_command cli_cmd_replay = {
	.name = "replay",
	.args = "FILE [--serve ADDR:PORT|/PATH [--once]] [--strict HOW] [--speed PACE] [--json]",
	.summary = "replay a recorded session, or offer it as a reader",
	.help = help,
	.run = run,
};
