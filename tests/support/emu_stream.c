/* SPDX-License-Identifier: MIT */
#include "emu_stream.h"

#include "emu_redir.h"
#include "transport_usbredir.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int input(void *ctx, const uint8_t *buf, size_t len)
{
	struct emu_stream *s = ctx;
	int rc;

	pthread_mutex_lock(&s->lock);
	rc = emu_redir_input(s->redir, buf, len, s->clock.now);
	pthread_mutex_unlock(&s->lock);
	return rc == 0 ? 0 : CCID_E_GONE;
}

static int output(void *ctx, uint8_t *buf, size_t cap)
{
	struct emu_stream *s = ctx;
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = emu_redir_output(s->redir, buf, cap, s->clock.now);
	pthread_mutex_unlock(&s->lock);
	return (int)n;
}

static int64_t next(void *ctx)
{
	struct emu_stream *s = ctx;
	int64_t at;

	pthread_mutex_lock(&s->lock);
	at = emu_redir_next(s->redir);
	pthread_mutex_unlock(&s->lock);
	return at;
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&p, 1, 0) > 0;
}

static int advance(void *ctx, int64_t at, int cancel_fd)
{
	struct emu_stream *s = ctx;
	void (*hook)(void *) = s->hook;

	if (readable(cancel_fd))
		return CCID_E_CANCELLED;
	s->waits++;
	if (hook != NULL && s->hook_at <= at) {
		fake_clock_jump(&s->clock, s->hook_at);
		s->hook = NULL;
		hook(s->hook_ctx);
		return readable(cancel_fd) ? CCID_E_CANCELLED : 0;
	}
	if (s->pass != NULL)
		return s->pass(at, cancel_fd);
	if (at == CCID_NEVER)
		fail_msg("something waits for ever");
	fake_clock_jump(&s->clock, at);
	return 0;
}

static void close_stream(void *ctx)
{
	struct emu_stream *s = ctx;

	pthread_mutex_lock(&s->lock);
	emu_redir_free(s->redir);
	s->redir = NULL;
	pthread_mutex_unlock(&s->lock);
}

void emu_stream_init(struct emu_stream *s, const struct emu_config *cfg)
{
	*s = (struct emu_stream){.cfg = *cfg, .device = emu_create(cfg)};
	assert_non_null(s->device);
	pthread_mutex_init(&s->lock, NULL);
	fake_clock_init(&s->clock);
}

void emu_stream_free(struct emu_stream *s)
{
	emu_redir_free(s->redir);
	emu_destroy(s->device);
	pthread_mutex_destroy(&s->lock);
}

struct ccid_stream *emu_stream_open(struct emu_stream *s)
{
	const struct ccid_stream_peer peer = {s, input, output, next, advance, close_stream};
	struct ccid_stream *stream;

	assert_null(s->redir);
	s->redir = emu_redir_new(s->device, s->clock.now);
	assert_non_null(s->redir);
	assert_int_equal(ccid_stream_memory(&stream, &peer, &s->clock.env), 0);
	return stream;
}

int emu_stream_try(struct emu_stream *s, struct ccid_reader **out, int64_t ms)
{
	struct ccid_stream *stream = emu_stream_open(s);
	int64_t deadline = s->clock.now + ms;
	struct ccid_transport *t;
	int rc = ccid_transport_open_usbredir(&t, stream, "usbredir:memory", -1, &s->clock.env,
	                                      deadline);

	*out = NULL;
	if (rc < 0) {
		stream->ops->close(stream);
		return rc;
	}
	rc = ccid_reader_open(out, t, NULL, &s->clock.env, deadline);
	if (rc < 0)
		t->ops->close(t);
	return rc;
}

struct ccid_reader *emu_stream_reader(struct emu_stream *s)
{
	struct ccid_reader *r;

	assert_int_equal(emu_stream_try(s, &r, 10000), 0);
	return r;
}
