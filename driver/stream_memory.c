/* SPDX-License-Identifier: MIT */
/* A byte stream whose peer lives in the same thread: waiting runs it. */
#include "stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define AHEAD 4096

struct memory_stream {
	struct ccid_stream base;
	struct ccid_stream_peer peer;
	int error;        /* what the peer ended with */
	size_t pos, have; /* bytes taken from the peer and not yet read */
	uint8_t ahead[AHEAD];
};

static struct memory_stream *memory_of(struct ccid_stream *s)
{
	return (struct memory_stream *)s;
}

static bool look_ahead(struct memory_stream *m)
{
	int n;

	if (m->pos < m->have || m->error < 0)
		return true;
	m->pos = m->have = 0;
	n = m->peer.output(m->peer.ctx, m->ahead, sizeof m->ahead);
	if (n < 0)
		m->error = n;
	else
		m->have = (size_t)n;
	return n != 0;
}

static int memory_read(struct ccid_stream *s, uint8_t *buf, size_t cap)
{
	struct memory_stream *m = memory_of(s);
	size_t n;

	if (!look_ahead(m))
		return 0;
	if (m->pos == m->have)
		return m->error;
	n = m->have - m->pos < cap ? m->have - m->pos : cap;
	memcpy(buf, m->ahead + m->pos, n);
	m->pos += n;
	return (int)n;
}

static int memory_write(struct ccid_stream *s, const uint8_t *buf, size_t len)
{
	struct memory_stream *m = memory_of(s);
	int rc;

	if (len > INT_MAX)
		len = INT_MAX;
	if (m->error < 0)
		return m->error;
	rc = m->peer.input(m->peer.ctx, buf, len);
	if (rc < 0) {
		m->error = rc;
		m->pos = m->have;
		return rc;
	}
	return (int)len;
}

/* 0 when the time has passed, CCID_E_CANCELLED. */
static int sleep_until(const struct ccid_env *env, int64_t at, int cancel_fd)
{
	struct pollfd p = {.fd = cancel_fd, .events = POLLIN};

	for (;;) {
		int64_t left = at == CCID_NEVER ? -1 : at - ccid_env_now(env);
		int ms = left > INT_MAX ? INT_MAX : (int)left;
		int n;

		if (at != CCID_NEVER && left <= 0)
			ms = 0;
		n = poll(&p, 1, ms);
		if (n > 0)
			return CCID_E_CANCELLED;
		if (n < 0 && errno != EINTR)
			return CCID_E_IO;
		if (n == 0 && ms < INT_MAX)
			return 0;
	}
}

static int pass_time(struct memory_stream *m, int64_t at, int cancel_fd)
{
	if (m->peer.advance == NULL || at == CCID_NEVER)
		return sleep_until(m->base.env, at, cancel_fd);
	return m->peer.advance(m->peer.ctx, at, cancel_fd);
}

/* A peer whose clock stands still is taken to have let the time pass, so this ends in any case. */
static int memory_wait(struct ccid_stream *s, unsigned want, int cancel_fd, int64_t deadline)
{
	struct memory_stream *m = memory_of(s);
	int64_t passed = INT64_MIN;

	if (cancel_fd >= 0 && sleep_until(s->env, 0, cancel_fd) == CCID_E_CANCELLED)
		return CCID_E_CANCELLED;
	for (;;) {
		int64_t now = ccid_env_now(s->env), at;
		int rc;

		if ((want & CCID_STREAM_WRITE) || look_ahead(m))
			return 1;
		now = now > passed ? now : passed;
		if (now >= deadline)
			return 0;
		at = m->peer.next(m->peer.ctx);
		at = at <= now ? now + 1 : at;
		at = at < deadline ? at : deadline;
		if (at == CCID_NEVER && cancel_fd < 0)
			return CCID_E_IO; /* nothing can ever happen */
		rc = pass_time(m, at, cancel_fd);
		if (rc < 0)
			return rc;
		passed = at;
	}
}

static int memory_fd(struct ccid_stream *s)
{
	(void)s;
	return -1;
}

static void memory_close(struct ccid_stream *s)
{
	struct memory_stream *m = memory_of(s);

	if (m->peer.close != NULL)
		m->peer.close(m->peer.ctx);
	free(m);
}

static const struct ccid_stream_ops memory_ops = {
	.read = memory_read,
	.write = memory_write,
	.wait = memory_wait,
	.fd = memory_fd,
	.close = memory_close,
};

int ccid_stream_memory(struct ccid_stream **out, const struct ccid_stream_peer *peer,
                       const struct ccid_env *env)
{
	struct memory_stream *m = calloc(1, sizeof *m);

	if (m == NULL)
		return CCID_E_NOMEM;
	m->base = (struct ccid_stream){&memory_ops, env};
	m->peer = *peer;
	*out = &m->base;
	return CCID_OK;
}
