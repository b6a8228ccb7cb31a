/* SPDX-License-Identifier: MIT */
#include "cli_check.h"

#include "address.h"
#include "cli.h"
#include "cli_reader.h"
#include "replay_address.h"
#include "trace_file.h"

#include <stdlib.h>
#include <string.h>

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

static int check_replay(const char *address)
{
	struct ccid_replay_address a;
	const char *why = "out of memory";
	int code;

	if (ccid_replay_address_parse(&a, address, &why) != 0) {
		cli_error("%s: %s", address, why);
		return CLI_FAILED;
	}
	code = cli_check_trace(a.path);
	free(a.path);
	return code;
}

int cli_check_address(const char *text)
{
	const char *why = NULL;
	struct ccid_address a;

	if (!cli_is_address(text))
		return CLI_OK;
	if (ccid_is_replay_address(text))
		return check_replay(text);
	if (ccid_address_parse(&a, text, &why) == 0)
		return CLI_OK;
	cli_error("%s: %s", text, why != NULL ? why : "malformed address");
	return CLI_NO_READER;
}
