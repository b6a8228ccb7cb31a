/* SPDX-License-Identifier: MIT */
/* Two streams of usbredir bytes in, whole packets out. */
#ifndef CCID_REDIR_FRAME_H
#define CCID_REDIR_FRAME_H

#include "trace_file.h"

/* What one side said and no packet has taken yet. */
struct ccid_redir_side {
	const uint8_t *p; /* the caller's bytes, or into buf */
	size_t len;
	size_t used; /* of them, by the packet handed out last */
	uint8_t *buf;
	size_t cap;
	bool hello;    /* seen in this conversation */
	uint32_t caps; /* of that hello */
	uint64_t time_ns;
};

/* Zero-initialise. */
struct ccid_redir_frame {
	struct ccid_redir_side side[2]; /* host, guest */
	unsigned last;                  /* side that spoke last */
	uint64_t packets;
	char problem[CCID_TRACE_PROBLEM_MAX];
};

/* More bytes of one side. They are not copied: call ccid_redir_frame_keep() before they go away.
 * CCID_E_NOMEM; CCID_E_FORMAT when there is no end of waiting bytes. */
CCID_MUST_USE
int ccid_redir_frame_feed(struct ccid_redir_frame *f, enum ccid_trace_dir dir, uint64_t time_ns,
                          const uint8_t *data, size_t len);
/* The next whole packet: 1, valid until the next call of any of these; comment and offset are left
 * empty. 0 when more bytes must come. CCID_E_FORMAT, with a problem, when the bytes are no usbredir
 * packets. A second hello of one side starts another conversation. */
CCID_MUST_USE
int ccid_redir_frame_next(struct ccid_redir_frame *f, struct ccid_trace_packet *out);
CCID_MUST_USE
int ccid_redir_frame_keep(struct ccid_redir_frame *f);
/* The same for one side alone: what the other one handed out stays. */
CCID_MUST_USE
int ccid_redir_frame_next_of(struct ccid_redir_frame *f, enum ccid_trace_dir dir,
                             struct ccid_trace_packet *out);
CCID_MUST_USE
int ccid_redir_frame_keep_of(struct ccid_redir_frame *f, enum ccid_trace_dir dir);
/* Whether bytes wait that are no whole packet. */
bool ccid_redir_frame_waiting(const struct ccid_redir_frame *f);
void ccid_redir_frame_free(struct ccid_redir_frame *f);

#endif
