/* SPDX-License-Identifier: MIT */
#include "bytes.h"
#include "pcapng_read.h"
#include "redir_packet.h"

#include <inttypes.h>
#include <stdlib.h>

/* What one side said and no packet has taken yet. */
struct side {
	uint8_t *buf;
	size_t at, len, cap; /* bytes at..at + len are waiting */
	size_t used;         /* of them, by the packet handed out last */
	bool hello;          /* seen in this conversation */
	uint32_t caps;       /* of that hello */
	uint64_t time_ns;
};

struct ccid_trace_reader {
	struct ccid_pcapng file;
	struct side side[2]; /* host, guest */
	unsigned last;       /* side that the last block belonged to */
	struct ccid_pcapng_block block;
	uint64_t packets;
	int ended; /* 1 while there may be more, else the result that stays */
};

int ccid_trace_open(struct ccid_trace_reader **out, const char *path, char *problem, size_t cap)
{
	struct ccid_trace_reader *r = calloc(1, sizeof *r);
	int err;

	if (r == NULL)
		return CCID_E_NOMEM;
	err = ccid_pcapng_open(&r->file, path);
	if (err != 0) {
		if (problem != NULL && cap > 0)
			snprintf(problem, cap, "%s", r->file.problem);
		free(r);
		return err;
	}
	r->ended = 1;
	*out = r;
	return 0;
}

void ccid_trace_reader_close(struct ccid_trace_reader *r)
{
	if (r == NULL)
		return;
	ccid_pcapng_close(&r->file);
	free(r->side[0].buf);
	free(r->side[1].buf);
	free(r);
}

const char *ccid_trace_problem(const struct ccid_trace_reader *r)
{
	return r->file.problem;
}

static void drop_used(struct side *s)
{
	s->at += s->used;
	s->len -= s->used;
	s->used = 0;
}

static void move_to_front(struct side *s)
{
	if (s->at > 0 && s->len > 0)
		memmove(s->buf, s->buf + s->at, s->len);
	s->at = 0;
}

static int append(struct ccid_trace_reader *r, struct side *s, const uint8_t *data, size_t len)
{
	size_t need = s->len + len, cap = s->cap;
	uint8_t *buf;

	if (need > CCID_TRACE_PACKET_MAX + CCID_TRACE_BLOCK_MAX)
		return ccid_pcapng_fail(&r->file, CCID_E_FORMAT,
		                        "no second hello, so the packets "
		                        "cannot be told apart");
	move_to_front(s);
	if (need > cap) {
		cap = need < 4096 ? 4096 : need + need / 2;
		buf = realloc(s->buf, cap);
		if (buf == NULL)
			return ccid_pcapng_fail(&r->file, CCID_E_NOMEM, "out of memory");
		s->buf = buf;
		s->cap = cap;
	}
	if (len > 0)
		memcpy(s->buf + s->len, data, len);
	s->len = need;
	return 0;
}

static int feed(struct ccid_trace_reader *r)
{
	int got = ccid_pcapng_next(&r->file, &r->block);

	if (got <= 0)
		return got;
	r->last = r->block.dir == CCID_TRACE_FROM_GUEST;
	r->side[r->last].time_ns = r->block.time_ns;
	got = append(r, &r->side[r->last], r->block.data, r->block.len);
	return got < 0 ? got : 1;
}

/* A second hello of the same side starts another conversation. */
static void take_hello(struct ccid_trace_reader *r, struct side *s, size_t len)
{
	if (s->hello)
		r->side[0].hello = r->side[1].hello = false;
	s->hello = true;
	s->caps = ccid_redir_hello_caps(s->buf + s->at + CCID_REDIR_HEADER, len);
}

static void hand_out(struct ccid_trace_reader *r, unsigned i, size_t len, uint32_t caps,
                     struct ccid_trace_packet *out)
{
	struct side *s = &r->side[i];

	*out = (struct ccid_trace_packet){
		.dir = i == 1 ? CCID_TRACE_FROM_GUEST : CCID_TRACE_FROM_HOST,
		.time_ns = s->time_ns,
		.data = s->buf + s->at,
		.len = len,
		.caps = caps,
		.offset = r->file.block,
	};
	s->used = len;
	r->packets++;
	if (i == r->last && r->block.comment[0] != '\0')
		out->comment = r->block.comment;
}

/* The next packet of one side: 1, or 0 when more bytes, or the other side's hello, must come. */
static int frame(struct ccid_trace_reader *r, unsigned i, struct ccid_trace_packet *out)
{
	struct side *s = &r->side[i];
	struct ccid_rd rd = ccid_rd(s->buf != NULL ? s->buf + s->at : NULL, s->len);
	uint32_t type = ccid_rd_le32(&rd), length = ccid_rd_le32(&rd);
	bool hello = type == CCID_REDIR_HELLO;
	uint32_t caps = hello ? 0 : r->side[0].caps & r->side[1].caps;
	size_t header = ccid_redir_header_len(caps);

	if (rd.bad)
		return 0;
	if (!hello && !s->hello)
		return ccid_pcapng_fail(&r->file, CCID_E_FORMAT,
		                        "the conversation does not start with a hello");
	if (length > CCID_TRACE_PACKET_MAX - header || (hello && length < CCID_REDIR_HELLO_LEN))
		return ccid_pcapng_fail(&r->file, CCID_E_FORMAT,
		                        "damaged: a usbredir packet of type %" PRIu32
		                        " and %" PRIu32 " bytes",
		                        type, length);
	if (s->len < header + length || (!hello && !r->side[1 - i].hello))
		return 0;
	if (hello)
		take_hello(r, s, length);
	hand_out(r, i, header + length, caps, out);
	return 1;
}

static int finish(struct ccid_trace_reader *r)
{
	if (r->side[0].len > 0 || r->side[1].len > 0)
		return ccid_pcapng_fail(&r->file, CCID_E_SHORT,
		                        "the file is cut off inside a usbredir packet");
	if (r->packets == 0 && r->file.foreign > 0)
		return ccid_pcapng_fail(&r->file, CCID_E_FORMAT,
		                        "packets of link type %" PRIu32 ", none of usbredir (147): "
		                        "a capture of another kind cannot be read yet",
		                        r->file.foreign_link);
	return 0;
}

static int next(struct ccid_trace_reader *r, struct ccid_trace_packet *out)
{
	int got = 0;

	drop_used(&r->side[0]);
	drop_used(&r->side[1]);
	for (;;) {
		got = frame(r, r->last, out);
		if (got == 0)
			got = frame(r, 1 - r->last, out);
		if (got != 0)
			return got;
		r->block.comment[0] = '\0';
		got = feed(r);
		if (got < 0)
			return got;
		if (got == 0)
			return finish(r);
	}
}

int ccid_trace_next(struct ccid_trace_reader *r, struct ccid_trace_packet *out)
{
	if (r->ended == 1) {
		int got = next(r, out);

		if (got == 1)
			return 1;
		r->ended = got;
	}
	return r->ended;
}
