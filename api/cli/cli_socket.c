/* SPDX-License-Identifier: MIT */
#include "cli_socket.h"

#include "address.h"
#include "cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#define PATIENCE_MS 10000

/* The parts of where, which the scheme's rules apply to. */
static int parse(struct ccid_address *a, const char *scheme, const char *where)
{
	char text[CCID_TEXT_MAX];
	const char *why = "";

	if ((size_t)snprintf(text, sizeof text, "%s%s", scheme, where) < sizeof text &&
	    strchr(where, where[0] == '/' ? '/' : ':') != NULL &&
	    ccid_address_parse(a, text, &why) == 0)
		return CLI_OK;
	cli_error("%s: no HOST:PORT and no /PATH%s%s", where, why[0] != '\0' ? ": " : "", why);
	return CLI_USAGE;
}

int cli_check_socket(const char *where)
{
	struct ccid_address a;

	return parse(&a, "usbredir:", where);
}

int cli_listen(struct ccid_listener **out, const char *where)
{
	struct ccid_address a;
	bool path = where[0] == '/';
	int code = parse(&a, path ? "usbredir:" : "usbredir-listen:", where), err;

	if (code != CLI_OK)
		return code;
	err = path ? ccid_listener_unix(out, a.text)
	           : ccid_listener_tcp(out, a.text[0] != '\0' ? a.text : NULL, a.port);
	if (err == 0)
		return CLI_OK;
	cli_error("%s: cannot listen here: %s", where,
	          err == CCID_E_BUSY ? "in use already" : ccid_err_text(err));
	return CLI_FAILED;
}

int cli_connect(struct ccid_stream **out, const char *where, const struct ccid_env *env)
{
	int64_t deadline = ccid_env_now(env) + PATIENCE_MS;
	struct ccid_address a;
	int code = parse(&a, "usbredir:", where), err;

	if (code != CLI_OK)
		return code;
	err = a.kind == CCID_ADDRESS_REDIR_UNIX
	              ? ccid_stream_connect_unix(out, a.text, env, deadline)
	              : ccid_stream_connect_tcp(out, a.text, a.port, env, deadline);
	if (err == 0)
		return CLI_OK;
	cli_error("%s: nobody answers there: %s", where, ccid_err_text(err));
	return CLI_NO_READER;
}

int cli_stop_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
