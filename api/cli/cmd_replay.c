/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_check.h"
#include "player.h"
#include "replay_steps.h"
#include "trace_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	"  --serve ADDR:PORT   offer the recorded reader as a usbredir server to one program\n"
	"                      (another iscard: \"usbredir:127.0.0.1:4000\"), until it leaves\n"
	"  --json              one JSON object a line: apdu, data, sw of a command; slot and\n"
	"                      event, with protocol and atr at power on, of the rest\n"
	"\n"
	"\"replay:FILE\" is the address of the same reader for every other command.\n";

static int replay(const char *path, bool json)
{
	struct cli_steps steps;
	int code = cli_check_trace(path);

	if (code == CLI_OK)
		code = cli_steps_load(&steps, path);
	if (code != CLI_OK)
		return code;
	code = cli_steps_play(&steps, path, json);
	if (steps.left_out > 0)
		cli_error("%s: %u recorded blocks are no APDU and were left out", path,
		          steps.left_out);
	cli_steps_free(&steps);
	return code;
}

/* Take "ADDR:PORT" apart; ADDR may stand in brackets. False when it is no such thing. */
static bool split(char *text, const char **addr, const char **port)
{
	char *colon = strrchr(text, ':');
	size_t n;

	if (colon == NULL || colon == text || colon[1] == '\0')
		return false;
	*colon = '\0';
	*port = colon + 1;
	n = strlen(text);
	if (text[0] == '[' && text[n - 1] == ']') {
		text[n - 1] = '\0';
		text++;
	}
	*addr = text;
	return true;
}

static int serve_on(const char *path, const char *addr, const char *port)
{
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	const struct ccid_env env = {0};
	struct ccid_player *p;
	int err = ccid_player_open(&p, path, NULL, &env, problem, sizeof problem);

	if (err < 0) {
		cli_error("%s: %s", path, problem[0] != '\0' ? problem : ccid_err_text(err));
		return CLI_DAMAGED;
	}
	fprintf(stderr,
	        "iscard: %s is a reader at %s port %s until the program that uses it leaves\n",
	        path, addr, port);
	err = ccid_player_serve(p, addr, port, CCID_NEVER);
	if (ccid_player_divergence(p)[0] != '\0')
		cli_error("%s", ccid_player_divergence(p));
	else if (err < 0)
		cli_error("%s port %s: %s", addr, port, ccid_err_text(err));
	err = ccid_player_divergence(p)[0] != '\0' ? CLI_DAMAGED : err < 0 ? CLI_FAILED : CLI_OK;
	ccid_player_close(p);
	return err;
}

static int serve(const struct cli_command *self, const char *path, const char *where)
{
	const char *addr, *port;
	char *text = strdup(where);
	int code;

	if (text == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	if (split(text, &addr, &port)) {
		code = cli_check_trace(path);
		code = code == CLI_OK ? serve_on(path, addr, port) : code;
	} else {
		code = cli_usage(self, "%s: an address and a port are needed, as 127.0.0.1:4000",
		                 where);
	}
	free(text);
	return code;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	const char *where = NULL;
	bool json = false;
	const struct cli_option options[] = {
		{"--serve", NULL, &where}, {"--json", &json, NULL}, {NULL, NULL, NULL}};
	int code = cli_parse(self, options, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1)
		return cli_usage(self, "replay: one file is needed");
	return where != NULL ? serve(self, argv[0], where) : replay(argv[0], json);
}

const struct cli_command cli_cmd_replay = {
	.name = "replay",
	.args = "FILE [--serve ADDR:PORT] [--json]",
	.summary = "replay a recorded session, or offer it as a reader",
	.help = help,
	.run = run,
};
