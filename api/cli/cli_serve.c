/* SPDX-License-Identifier: MIT */
#include "cli_serve.h"

#include "cli.h"
#include "cli_socket.h"
#include "trace_file.h"

#include <stdio.h>

struct server {
	const char *path, *where;
	const struct ccid_player_options *options;
	const struct ccid_env *env;
	struct ccid_listener *listener;
	int stop_fd;
};

static int report(const struct server *s, const struct ccid_player *p, int err)
{
	size_t left = ccid_player_left(p);

	if (ccid_player_divergence(p)[0] != '\0') {
		cli_error("%s", ccid_player_divergence(p));
		return CLI_DAMAGED;
	}
	if (err < 0 && err != CCID_E_CANCELLED) {
		cli_error("%s: %s", s->where, ccid_err_text(err));
		return CLI_FAILED;
	}
	fprintf(stderr, "iscard: the program has left, %zu recorded commands were not sent\n",
	        left);
	return CLI_OK;
}

static int play_to(const struct server *s, struct ccid_stream *stream)
{
	char problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_player *p;
	int code, err = ccid_player_open(&p, s->path, s->options, s->env, problem, sizeof problem);

	if (err < 0) {
		cli_error("%s: %s", s->path, problem[0] != '\0' ? problem : ccid_err_text(err));
		return CLI_DAMAGED;
	}
	err = ccid_player_serve(p, stream, s->stop_fd, CCID_NEVER);
	code = report(s, p, err);
	ccid_player_close(p);
	return code;
}

/* *end: the user wants no more. */
static int serve_one(const struct server *s, bool *end)
{
	struct ccid_stream *stream;
	int code, err = ccid_listener_accept(s->listener, &stream, s->env, s->stop_fd, CCID_NEVER);

	*end = err != 0;
	if (err == CCID_E_CANCELLED)
		return CLI_OK;
	if (err != 0) {
		cli_error("%s: %s", s->where, ccid_err_text(err));
		return CLI_FAILED;
	}
	code = play_to(s, stream);
	stream->ops->close(stream);
	return code;
}

int cli_serve(const char *path, const struct ccid_player_options *options, const char *where,
              bool once)
{
	const struct ccid_env env = {0};
	struct server s = {.path = path, .where = where, .options = options, .env = &env};
	int code = cli_listen(&s.listener, where);
	bool end = false;

	if (code != CLI_OK)
		return code;
	s.stop_fd = cli_stop_fd();
	fprintf(stderr, "iscard: %s is a reader at %s%s\n", path, where,
	        once ? " until the program that uses it leaves" : ", for one program at a time");
	do
		code = serve_one(&s, &end);
	while (!once && !end);
	ccid_listener_close(s.listener);
	return code;
}
