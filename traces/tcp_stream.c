/* SPDX-License-Identifier: MIT */
#include "tcp_stream.h"

#include "bytes.h"
#include "err.h"

#include <stdlib.h>

/* Distance on the circle of sequence numbers. */
static int32_t ahead(const struct ccid_tcp_stream *s, uint32_t seq)
{
	return (int32_t)(seq - s->next);
}

static void forget(struct ccid_tcp_stream *s, unsigned i)
{
	struct ccid_tcp_early *e = &s->early[i];

	ccid_wipe(e->data, e->len);
	free(e->data);
	s->early_bytes -= e->len;
	*e = s->early[--s->earlies];
}

static int keep(struct ccid_tcp_stream *s, const struct ccid_tcp_segment *g, uint64_t time_ns)
{
	struct ccid_tcp_early *e = &s->early[s->earlies];

	if (s->earlies == CCID_TCP_EARLY || g->len > CCID_TCP_EARLY_MAX - s->early_bytes)
		return CCID_E_SHORT;
	e->data = malloc(g->len);
	if (e->data == NULL)
		return CCID_E_NOMEM;
	memcpy(e->data, g->data, g->len);
	e->len = g->len;
	e->seq = g->seq;
	e->time_ns = time_ns;
	s->early_bytes += g->len;
	s->earlies++;
	return 0;
}

/* The part of len bytes at seq that is new: false when there is none, or it is not in turn. */
static bool in_turn(const struct ccid_tcp_stream *s, uint32_t seq, size_t len, size_t *skip)
{
	int32_t d = ahead(s, seq);

	*skip = d < 0 ? s->next - seq : 0;
	return d <= 0 && *skip < len;
}

int ccid_tcp_take(struct ccid_tcp_stream *s, const struct ccid_tcp_segment *g, uint64_t time_ns,
                  struct ccid_tcp_piece *out)
{
	size_t skip;

	if (g->len == 0)
		return 0;
	if (ahead(s, g->seq) > 0)
		return keep(s, g, time_ns);
	if (!in_turn(s, g->seq, g->len, &skip))
		return 0;
	*out = (struct ccid_tcp_piece){g->data + skip, g->len - skip, time_ns};
	s->next += (uint32_t)out->len;
	return 1;
}

int ccid_tcp_more(struct ccid_tcp_stream *s, struct ccid_tcp_piece *out)
{
	for (unsigned i = 0; i < s->earlies;) {
		struct ccid_tcp_early *e = &s->early[i];
		size_t skip;

		if (in_turn(s, e->seq, e->len, &skip)) {
			*out = (struct ccid_tcp_piece){e->data + skip, e->len - skip, e->time_ns};
			s->next += (uint32_t)out->len;
			return 1;
		}
		if (ahead(s, e->seq) <= 0)
			forget(s, i);
		else
			i++;
	}
	return 0;
}

uint32_t ccid_tcp_gap(const struct ccid_tcp_stream *s)
{
	uint32_t least = 0;

	for (unsigned i = 0; i < s->earlies; i++) {
		int32_t d = ahead(s, s->early[i].seq);

		if (d > 0 && (least == 0 || (uint32_t)d < least))
			least = (uint32_t)d;
	}
	return least;
}

void ccid_tcp_free(struct ccid_tcp_stream *s)
{
	while (s->earlies > 0)
		forget(s, s->earlies - 1);
}
