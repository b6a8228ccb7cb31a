/* SPDX-License-Identifier: MIT */
#include "cli_check.h"

#include "address.h"
#include "cli.h"
#include "cli_reader.h"
#include "trace_file.h"

#include <stdlib.h>
#include <string.h>

#define REPLAY "replay:"

bool cli_is_replay(const char *address)
{
	return strncmp(address, REPLAY, strlen(REPLAY)) == 0;
}

static int explain(const char *path, const char *problem, int err)
{
	cli_error("%s: %s", path, problem[0] != '\0' ? problem : ccid_err_text(err));
	return err == CCID_E_NOTFOUND || err == CCID_E_ACCESS ? CLI_FAILED : CLI_DAMAGED;
}

int cli_check_trace(const char *path)
{
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_trace_packet packet;
	struct ccid_trace_reader *r;
	int err = ccid_trace_open(&r, path, problem, sizeof problem);
	int code = CLI_OK;

	if (err < 0)
		return explain(path, problem, err);
	do
		err = ccid_trace_next(r, &packet);
	while (err > 0);
	if (err < 0)
		code = explain(path, ccid_trace_problem(r), err);
	ccid_trace_reader_close(r);
	return code;
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c | 0x20);

	return c == '\0' || at == NULL ? -1 : (int)(at - digits);
}

/* Undo percent-encoding in place. */
static void decode(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		if (text[0] == '%' && digit(text[1]) >= 0 && digit(text[2]) >= 0) {
			*to++ = (char)(digit(text[1]) << 4 | digit(text[2]));
			text += 2;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

char *cli_replay_path(const char *address)
{
	char *path = cli_is_replay(address) ? strdup(address + strlen(REPLAY)) : NULL;

	if (path != NULL)
		decode(path);
	return path;
}

static int check_file(const char *address)
{
	char *path = cli_replay_path(address);
	int code = CLI_FAILED;

	if (path == NULL)
		cli_error("out of memory");
	else
		code = cli_check_trace(path);
	free(path);
	return code;
}

int cli_check_address(const char *text)
{
	const char *why = NULL;
	struct ccid_address a;

	if (!cli_is_address(text))
		return CLI_OK;
	if (cli_is_replay(text))
		return check_file(text);
	if (ccid_address_parse(&a, text, &why) == 0)
		return CLI_OK;
	cli_error("%s: %s", text, why != NULL ? why : "malformed address");
	return CLI_NO_READER;
}
