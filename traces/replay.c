/* SPDX-License-Identifier: MIT */
/* A transport on a trace: player, memory stream and usbredir transport in one. */
#include "player.h"
#include "player_priv.h"
#include "transport_usbredir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct replay {
	struct ccid_transport base;
	struct ccid_transport *inner;
	struct ccid_player *player;
	bool told; /* the divergence is in the log */
};

static struct replay *replay_of(struct ccid_transport *t)
{
	return (struct replay *)t;
}

static void log_diff(struct ccid_player *p)
{
	const char *line = ccid_player_divergence(p);

	while (*line != '\0') {
		size_t n = strcspn(line, "\n");

		ccid_log(p->env, CCID_LOG_ERROR, NULL, "%.*s", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

static int checked(struct ccid_transport *t, int rc)
{
	struct replay *r = replay_of(t);

	if (rc == CCID_E_DIVERGED && !r->told) {
		r->told = true;
		log_diff(r->player);
	}
	return rc;
}

static void replay_close(struct ccid_transport *t)
{
	struct replay *r = replay_of(t);

	if (r->player->options.ended != NULL)
		r->player->options.ended(r->player->options.ctx, r->player);
	r->inner->ops->close(r->inner);
	ccid_player_close(r->player);
	free(r);
}

static int replay_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct ccid_transport *in = replay_of(t)->inner;

	return checked(t, in->ops->post_in(in, buf, cap));
}

static int replay_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len,
                           int64_t deadline)
{
	struct ccid_transport *in = replay_of(t)->inner;

	return checked(t, in->ops->bulk_out(in, buf, len, deadline));
}

static int replay_wait_in(struct ccid_transport *t, int64_t deadline)
{
	struct ccid_transport *in = replay_of(t)->inner;

	return checked(t, in->ops->wait_in(in, deadline));
}

static void replay_drop_in(struct ccid_transport *t)
{
	struct ccid_transport *in = replay_of(t)->inner;

	in->ops->drop_in(in);
}

static int replay_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct ccid_transport *in = replay_of(t)->inner;

	return in->ops->interrupt_in(in, buf, cap);
}

static int replay_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                          int64_t deadline)
{
	struct ccid_transport *in = replay_of(t)->inner;

	return checked(t, in->ops->control(in, setup, data, deadline));
}

static int replay_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	struct ccid_transport *in = replay_of(t)->inner;

	return checked(t, in->ops->clear_halt(in, pipe, deadline));
}

static int replay_reset(struct ccid_transport *t, int64_t deadline)
{
	struct ccid_transport *in = replay_of(t)->inner;

	return checked(t, in->ops->reset(in, deadline));
}

static int replay_pause(struct ccid_transport *t, int64_t until)
{
	struct ccid_transport *in = replay_of(t)->inner;

	return in->ops->pause(in, until);
}

static int replay_event_fd(struct ccid_transport *t)
{
	struct ccid_transport *in = replay_of(t)->inner;

	return in->ops->event_fd(in);
}

static void replay_cancel(struct ccid_transport *t)
{
	struct ccid_transport *in = replay_of(t)->inner;

	in->ops->cancel(in);
}

static const struct ccid_transport_ops replay_ops = {
	.name = "replay",
	.close = replay_close,
	.post_in = replay_post_in,
	.bulk_out = replay_bulk_out,
	.wait_in = replay_wait_in,
	.drop_in = replay_drop_in,
	.interrupt_in = replay_interrupt_in,
	.control = replay_control,
	.clear_halt = replay_clear_halt,
	.reset = replay_reset,
	.pause = replay_pause,
	.event_fd = replay_event_fd,
	.cancel = replay_cancel,
};

struct ccid_player *ccid_transport_player(struct ccid_transport *t)
{
	return t->ops == &replay_ops ? replay_of(t)->player : NULL;
}

static int open_inner(struct replay *r, const char *path, const struct ccid_env *env)
{
	char address[CCID_TEXT_MAX];
	struct ccid_stream *stream;
	int err = ccid_player_stream(&stream, r->player);

	if (err != 0)
		return err;
	snprintf(address, sizeof address, "replay:%s", path);
	err = ccid_transport_open_usbredir(&r->inner, stream, address,
	                                   r->player->script.iface.number, env, CCID_NEVER);
	if (err != 0)
		stream->ops->close(stream);
	return err;
}

int ccid_transport_open_replay(struct ccid_transport **out, const char *path,
                               const struct ccid_player_options *options,
                               const struct ccid_env *env, char *problem, size_t cap)
{
	struct replay *r = calloc(1, sizeof *r);
	int err = r == NULL ? CCID_E_NOMEM : 0;

	if (problem != NULL && cap > 0)
		problem[0] = '\0';
	if (err == 0)
		err = ccid_player_open(&r->player, path, options, env, problem, cap);
	if (err == 0)
		err = open_inner(r, path, env);
	if (err != 0) {
		if (r != NULL)
			ccid_player_close(r->player);
		free(r);
		return err;
	}
	r->base = *r->inner;
	r->base.ops = &replay_ops;
	if (options != NULL && options->begun != NULL)
		options->begun(options->ctx, r->player);
	*out = &r->base;
	return 0;
}
