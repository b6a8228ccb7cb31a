/* SPDX-License-Identifier: MIT */
#include "player_priv.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 4096

static int set_up(struct ccid_player *p, const char *path)
{
	size_t n = p->script.cmds > 0 ? p->script.cmds : 1;

	p->path = strdup(path);
	p->out = malloc(PLAYER_OUT_MAX);
	p->progress = calloc(n, sizeof *p->progress);
	if (p->path == NULL || p->out == NULL || p->progress == NULL)
		return CCID_E_NOMEM;
	p->token_last = CCID_SCRIPT_NONE;
	p->config = p->script.iface.config_value;
	p->connected_at = CCID_NEVER;
	ccid_player_slots_init(p);
	return ccid_player_host_init(p);
}

int ccid_player_open(struct ccid_player **out, const char *path,
                     const struct ccid_player_options *options, const struct ccid_env *env,
                     char *problem, size_t cap)
{
	struct ccid_player *p = calloc(1, sizeof *p);
	int err;

	if (p == NULL)
		return CCID_E_NOMEM;
	p->env = env;
	if (options != NULL)
		p->options = *options;
	pthread_mutex_init(&p->lock, NULL);
	err = ccid_script_load(&p->script, path, env, problem, cap);
	if (err == 0)
		err = set_up(p, path);
	if (err != 0) {
		ccid_player_close(p);
		return err;
	}
	*out = p;
	return 0;
}

void ccid_player_close(struct ccid_player *p)
{
	if (p == NULL)
		return;
	ccid_player_host_free(p);
	ccid_script_free(&p->script);
	if (p->out != NULL)
		ccid_wipe(p->out, PLAYER_OUT_MAX);
	free(p->out);
	free(p->progress);
	free(p->path);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

const char *ccid_player_divergence(const struct ccid_player *p)
{
	return p->diff;
}

size_t ccid_player_report(struct ccid_player *p, char *divergence, size_t cap)
{
	size_t left;

	pthread_mutex_lock(&p->lock);
	left = ccid_player_left(p);
	if (cap > 0)
		snprintf(divergence, cap, "%s", p->diff);
	pthread_mutex_unlock(&p->lock);
	return left;
}

static int64_t next(void *ctx)
{
	return ccid_player_due(ctx);
}

static int pass_time(void *ctx, int64_t at, int cancel_fd)
{
	const struct ccid_player *p = ctx;

	return p->options.advance(p->options.ctx, at, cancel_fd);
}

/* No time passes; only a cancel counts. */
static int skip_time(void *ctx, int64_t at, int cancel_fd)
{
	struct pollfd f = {.fd = cancel_fd, .events = POLLIN};

	(void)ctx;
	(void)at;
	return cancel_fd >= 0 && poll(&f, 1, 0) > 0 ? CCID_E_CANCELLED : 0;
}

struct ccid_stream_peer ccid_player_peer(struct ccid_player *p)
{
	return (struct ccid_stream_peer){
		.ctx = p,
		.input = ccid_player_input,
		.output = ccid_player_output,
		.next = next,
		.advance = p->options.speed == CCID_SPEED_NONE ? skip_time
	                   : p->options.advance != NULL        ? pass_time
	                                                       : NULL,
	};
}

int ccid_player_stream(struct ccid_stream **out, struct ccid_player *p)
{
	const struct ccid_stream_peer peer = ccid_player_peer(p);

	return ccid_stream_memory(out, &peer, p->env);
}

/* Bytes of ours that the stream has not taken yet. */
struct outgoing {
	uint8_t b[CHUNK];
	size_t at, len;
};

static int push(struct ccid_player *p, struct ccid_stream *s, struct outgoing *o)
{
	int n;

	for (;;) {
		if (o->at == o->len) {
			n = ccid_player_output(p, o->b, sizeof o->b);
			if (n <= 0)
				return n;
			o->at = 0;
			o->len = (size_t)n;
		}
		n = s->ops->write(s, o->b + o->at, o->len - o->at);
		if (n <= 0)
			return n;
		o->at += (size_t)n;
	}
}

static int pull(struct ccid_player *p, struct ccid_stream *s)
{
	uint8_t b[CHUNK];
	int n = s->ops->read(s, b, sizeof b);

	return n > 0 ? ccid_player_input(p, b, (size_t)n) : n;
}

int ccid_player_serve(struct ccid_player *p, struct ccid_stream *s, int cancel_fd, int64_t deadline)
{
	struct outgoing o = {.len = 0};
	int rc = 0;

	while (rc >= 0) {
		unsigned want = CCID_STREAM_READ;
		int64_t due, until;

		rc = push(p, s, &o);
		if (rc < 0)
			break;
		if (o.at < o.len)
			want |= CCID_STREAM_WRITE;
		due = ccid_player_due(p);
		until = due < deadline ? due : deadline;
		rc = s->ops->wait(s, want, cancel_fd, until);
		if (rc == 0 && until == deadline)
			return CCID_E_TIMEOUT;
		if (rc > 0)
			rc = pull(p, s);
	}
	return rc == CCID_E_GONE ? 0 : rc;
}
