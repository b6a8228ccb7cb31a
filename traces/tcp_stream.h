/* SPDX-License-Identifier: MIT */
/* One direction of a TCP connection, put together from its segments. */
#ifndef CCID_TCP_STREAM_H
#define CCID_TCP_STREAM_H

#include "ip_packet.h"

#define CCID_TCP_EARLY     256u       /* segments that came before their turn */
#define CCID_TCP_EARLY_MAX (4u << 20) /* and their bytes */

struct ccid_tcp_early {
	uint32_t seq;
	size_t len;
	uint64_t time_ns;
	uint8_t *data;
};

/* Zero-initialise, then set next to the number of the first byte that is wanted. */
struct ccid_tcp_stream {
	uint32_t next;
	struct ccid_tcp_early early[CCID_TCP_EARLY];
	unsigned earlies;
	size_t early_bytes;
};

/* A piece of the stream. */
struct ccid_tcp_piece {
	const uint8_t *data;
	size_t len;
	uint64_t time_ns;
};

/* Take a segment: 1 and the bytes that are new and in turn (they live as long as the segment); 0 when
 * there are none (sent again, or early: kept). CCID_E_NOMEM; CCID_E_SHORT when bytes are missing for
 * good: too many came after them. */
int ccid_tcp_take(struct ccid_tcp_stream *s, const struct ccid_tcp_segment *segment,
                  uint64_t time_ns, struct ccid_tcp_piece *out);
/* What was early and is in turn now: 1, until the next call of either; 0 when there is nothing. */
int ccid_tcp_more(struct ccid_tcp_stream *s, struct ccid_tcp_piece *out);
/* How many bytes are missing before the first early one, 0 when none wait. */
uint32_t ccid_tcp_gap(const struct ccid_tcp_stream *s);
void ccid_tcp_free(struct ccid_tcp_stream *s);

#endif
