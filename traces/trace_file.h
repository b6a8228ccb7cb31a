/* SPDX-License-Identifier: MIT */
/* The trace file: pcapng, one interface "usbredir", link type 147, one block per usbredir packet.
 * traces/README.md specifies it. */
#ifndef CCID_TRACE_FILE_H
#define CCID_TRACE_FILE_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ccid_trace_dir {
	CCID_TRACE_FROM_HOST = 1,
	CCID_TRACE_FROM_GUEST = 2
};

struct ccid_trace_writer;
struct ccid_trace_reader;

/* Make a new file; an existing one is not touched (CCID_E_BUSY) unless overwrite. The file is
 * valid after every call. */
CCID_MUST_USE
int ccid_trace_create(struct ccid_trace_writer **out, const char *path, bool overwrite);
/* One complete usbredir packet, header included. comment (UTF-8) may be NULL. */
CCID_MUST_USE
int ccid_trace_write(struct ccid_trace_writer *w, enum ccid_trace_dir dir, uint64_t time_ns,
                     const uint8_t *packet, size_t len, const char *comment);
/* 0, or the first failure that any write met. w is freed. NULL is allowed. */
int ccid_trace_close(struct ccid_trace_writer *w);

struct ccid_trace_packet {
	enum ccid_trace_dir dir;
	uint64_t time_ns;
	const uint8_t *data; /* valid until the next call */
	size_t len;
	const char *comment; /* NULL without; likewise */
};

/* Any section byte order and time resolution. Blocks need not hold whole packets: the next call
 * below joins and cuts them. CCID_E_NOTFOUND, CCID_E_ACCESS, CCID_E_FORMAT (not such a file). */
CCID_MUST_USE
int ccid_trace_open(struct ccid_trace_reader **out, const char *path);
/* 1 and a whole usbredir packet, 0 at the end, CCID_E_SHORT when the file is cut off (what came
 * before was good), CCID_E_FORMAT when it is damaged. */
CCID_MUST_USE
int ccid_trace_next(struct ccid_trace_reader *r, struct ccid_trace_packet *out);
/* Where reading stands, in bytes, and what was wrong, for messages. */
uint64_t ccid_trace_offset(const struct ccid_trace_reader *r);
const char *ccid_trace_problem(const struct ccid_trace_reader *r);
void ccid_trace_reader_close(struct ccid_trace_reader *r);

#endif
