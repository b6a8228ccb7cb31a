/* SPDX-License-Identifier: MIT */
#include "redir_frame.h"

#include "bytes.h"
#include "redir_packet.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(struct ccid_redir_frame *f, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct ccid_redir_frame *f, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->problem, sizeof f->problem, fmt, ap);
	va_end(ap);
	return err;
}

static void drop_used(struct ccid_redir_side *s)
{
	if (s->used == 0)
		return;
	s->p += s->used;
	s->len -= s->used;
	s->used = 0;
}

/* What waits comes to the front of the side's own buffer, with room for more. */
static int keep(struct ccid_redir_frame *f, struct ccid_redir_side *s, size_t more)
{
	size_t need = s->len + more;
	uint8_t *buf;

	if (need > s->cap) {
		buf = malloc(need + need / 2 + 4096);
		if (buf == NULL)
			return fail(f, CCID_E_NOMEM, "out of memory");
		if (s->len > 0)
			memcpy(buf, s->p, s->len);
		if (s->buf != NULL)
			ccid_wipe(s->buf, s->cap);
		free(s->buf);
		s->buf = buf;
		s->cap = need + need / 2 + 4096;
	} else if (s->len > 0 && s->p != s->buf) {
		memmove(s->buf, s->p, s->len);
	}
	s->p = s->buf;
	return 0;
}

int ccid_redir_frame_keep_of(struct ccid_redir_frame *f, enum ccid_trace_dir dir)
{
	struct ccid_redir_side *s = &f->side[dir == CCID_TRACE_FROM_GUEST];

	drop_used(s);
	return s->len > 0 ? keep(f, s, 0) : 0;
}

int ccid_redir_frame_keep(struct ccid_redir_frame *f)
{
	int err = ccid_redir_frame_keep_of(f, CCID_TRACE_FROM_HOST);

	return err != 0 ? err : ccid_redir_frame_keep_of(f, CCID_TRACE_FROM_GUEST);
}

int ccid_redir_frame_feed(struct ccid_redir_frame *f, enum ccid_trace_dir dir, uint64_t time_ns,
                          const uint8_t *data, size_t len)
{
	unsigned i = dir == CCID_TRACE_FROM_GUEST;
	struct ccid_redir_side *s = &f->side[i];
	int err;

	f->last = i;
	s->time_ns = time_ns;
	drop_used(s);
	if (s->len + len > CCID_TRACE_PACKET_MAX + CCID_TRACE_BLOCK_MAX)
		return fail(f, CCID_E_FORMAT,
		            "no second hello, so the packets cannot be told apart");
	if (s->len == 0) {
		s->p = data;
		s->len = len;
		return 0;
	}
	err = keep(f, s, len);
	if (err == 0 && len > 0)
		memcpy(s->buf + s->len, data, len);
	if (err == 0)
		s->len += len;
	return err;
}

/* A second hello of the same side starts another conversation. */
static void take_hello(struct ccid_redir_frame *f, struct ccid_redir_side *s, size_t len)
{
	if (s->hello)
		f->side[0].hello = f->side[1].hello = false;
	s->hello = true;
	s->caps = ccid_redir_hello_caps(s->p + CCID_REDIR_HEADER, len);
}

static void hand_out(struct ccid_redir_frame *f, unsigned i, size_t len, uint32_t caps,
                     struct ccid_trace_packet *out)
{
	struct ccid_redir_side *s = &f->side[i];

	*out = (struct ccid_trace_packet){
		.dir = i == 1 ? CCID_TRACE_FROM_GUEST : CCID_TRACE_FROM_HOST,
		.time_ns = s->time_ns,
		.data = s->p,
		.len = len,
		.caps = caps,
	};
	s->used = len;
	f->packets++;
}

/* The next packet of one side: 1, or 0 when more bytes, or the other side's hello, must come. */
static int next_of(struct ccid_redir_frame *f, unsigned i, struct ccid_trace_packet *out)
{
	struct ccid_redir_side *s = &f->side[i];
	struct ccid_rd rd = ccid_rd(s->p, s->len);
	uint32_t type = ccid_rd_le32(&rd), length = ccid_rd_le32(&rd);
	bool hello = type == CCID_REDIR_HELLO;
	uint32_t caps = hello ? 0 : f->side[0].caps & f->side[1].caps;
	size_t header = ccid_redir_header_len(caps);

	if (rd.bad)
		return 0;
	if (!hello && !s->hello)
		return fail(f, CCID_E_FORMAT, "the conversation does not start with a hello");
	if (length > CCID_TRACE_PACKET_MAX - header || (hello && length < CCID_REDIR_HELLO_LEN))
		return fail(f, CCID_E_FORMAT,
		            "damaged: a usbredir packet of type %" PRIu32 " and %" PRIu32 " bytes",
		            type, length);
	if (s->len < header + length || (!hello && !f->side[1 - i].hello))
		return 0;
	if (hello)
		take_hello(f, s, length);
	hand_out(f, i, header + length, caps, out);
	return 1;
}

int ccid_redir_frame_next(struct ccid_redir_frame *f, struct ccid_trace_packet *out)
{
	int got;

	drop_used(&f->side[0]);
	drop_used(&f->side[1]);
	got = next_of(f, f->last, out);
	return got != 0 ? got : next_of(f, 1 - f->last, out);
}

int ccid_redir_frame_next_of(struct ccid_redir_frame *f, enum ccid_trace_dir dir,
                             struct ccid_trace_packet *out)
{
	unsigned i = dir == CCID_TRACE_FROM_GUEST;

	drop_used(&f->side[i]);
	return next_of(f, i, out);
}

bool ccid_redir_frame_waiting(const struct ccid_redir_frame *f)
{
	return f->side[0].len > f->side[0].used || f->side[1].len > f->side[1].used;
}

void ccid_redir_frame_free(struct ccid_redir_frame *f)
{
	for (unsigned i = 0; i < 2; i++) {
		if (f->side[i].buf != NULL)
			ccid_wipe(f->side[i].buf, f->side[i].cap);
		free(f->side[i].buf);
	}
	*f = (struct ccid_redir_frame){0};
}
