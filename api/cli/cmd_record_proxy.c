/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_record.h"
#include "cli_socket.h"
#include "proxy.h"

#include <inttypes.h>
#include <stdio.h>

static void log_line(void *ctx, enum ccid_log_level level, const char *reader, const char *text)
{
	(void)ctx;
	(void)level;
	(void)reader;
	cli_error("%s", text);
}

static int close_proxy(struct ccid_proxy *p, const char *file)
{
	uint64_t packets = ccid_proxy_packets(p);
	int err = ccid_proxy_close(p);

	fprintf(stderr, "iscard: recorded %" PRIu64 " packets to %s\n", packets, file);
	if (err == 0)
		return CLI_OK;
	cli_error("%s: the recording is not complete: %s", file, ccid_err_text(err));
	return CLI_FAILED;
}

/* The side that we connected to is the host unless it turns out otherwise. */
static int pass_between(struct ccid_stream *listened, struct ccid_stream *connected,
                        const char *file, int stop_fd)
{
	const int fd[2] = {listened->ops->fd(listened), connected->ops->fd(connected)};
	struct ccid_proxy *p;
	int err = ccid_proxy_open(&p, fd, 1, file, listened->env), code;

	if (err != 0) {
		cli_error("%s cannot be written: %s", file,
		          err == CCID_E_BUSY ? "it is there already" : ccid_err_text(err));
		return CLI_FAILED;
	}
	do
		err = ccid_proxy_step(p, stop_fd, CCID_NEVER);
	while (err == 1);
	code = close_proxy(p, file);
	if (err == 0 || err == CCID_E_CANCELLED)
		return code;
	cli_error("%s", ccid_err_text(err));
	return CLI_FAILED;
}

int cli_record_proxy(const char *listen_at, const char *connect_to, const char *file)
{
	const struct ccid_env env = {.log = log_line, .log_level = CCID_LOG_WARNING};
	struct ccid_stream *listened, *connected;
	struct ccid_listener *listener;
	int stop_fd, code = cli_listen(&listener, listen_at), err;

	if (code != CLI_OK)
		return code;
	stop_fd = cli_stop_fd();
	fprintf(stderr, "iscard: waiting at %s; then connecting to %s\n", listen_at, connect_to);
	err = ccid_listener_accept(listener, &listened, &env, stop_fd, CCID_NEVER);
	ccid_listener_close(listener);
	if (err != 0) {
		cli_error("%s: %s", listen_at, ccid_err_text(err));
		return CLI_FAILED;
	}
	code = cli_connect(&connected, connect_to, &env);
	if (code == CLI_OK) {
		code = pass_between(listened, connected, file, stop_fd);
		connected->ops->close(connected);
	}
	listened->ops->close(listened);
	return code;
}
