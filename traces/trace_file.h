/* SPDX-License-Identifier: MIT */
/* The trace file: pcapng, one interface "usbredir", link type 147, one block per usbredir packet.
 * traces/README.md specifies it. */
#ifndef CCID_TRACE_FILE_H
#define CCID_TRACE_FILE_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits for what is written and read; a longer packet or block is CCID_E_FORMAT. */
#define CCID_TRACE_PACKET_MAX  (1u << 20)
#define CCID_TRACE_BLOCK_MAX   (1u << 22)
#define CCID_TRACE_COMMENT_MAX 255u  /* bytes of a comment; more is cut */
#define CCID_TRACE_SECTION_MAX 1024u /* bytes of the comment of the whole file */
#define CCID_TRACE_PROBLEM_MAX 256u  /* enough for any problem text */

/* The values of epb_flags, bits 0 and 1. */
enum ccid_trace_dir {
	CCID_TRACE_FROM_HOST = 1,
	CCID_TRACE_FROM_GUEST = 2
};

struct ccid_trace_writer;
struct ccid_trace_reader;

/* Make a new file, readable by its owner only; an existing one is not touched (CCID_E_BUSY) unless
 * overwrite. The file is valid after every call. CCID_E_ACCESS, CCID_E_NOTFOUND (the folder),
 * CCID_E_IO, CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_trace_create(struct ccid_trace_writer **out, const char *path, bool overwrite);
/* The same on an open file, which the writer closes: for a conversion, where nobody reads what is
 * not complete. What is written waits in a buffer; a failure may show later, at the latest in
 * ccid_trace_close(). comment (may be NULL) is about the whole file. */
CCID_MUST_USE
int ccid_trace_create_buffered(struct ccid_trace_writer **out, int fd, const char *comment);
/* One complete usbredir packet, header included. comment (UTF-8) may be NULL. Nothing is
 * allocated. After a failure every later call does nothing and fails alike. */
CCID_MUST_USE
int ccid_trace_write(struct ccid_trace_writer *w, enum ccid_trace_dir dir, uint64_t time_ns,
                     const uint8_t *packet, size_t len, const char *comment);
/* The same for a packet in two pieces: headers, and payload (may be NULL when data_len is 0). */
struct ccid_trace_piece {
	const uint8_t *head, *data;
	size_t head_len, data_len;
};
CCID_MUST_USE
int ccid_trace_write_pieces(struct ccid_trace_writer *w, enum ccid_trace_dir dir, uint64_t time_ns,
                            const struct ccid_trace_piece *packet, const char *comment);
/* 0, or the first failure that any write met, errno being what it was. w is freed. NULL is allowed. */
int ccid_trace_close(struct ccid_trace_writer *w);

struct ccid_trace_packet {
	enum ccid_trace_dir dir;
	uint64_t time_ns;    /* since 1970 */
	const uint8_t *data; /* valid until the next call */
	size_t len;
	const char *comment; /* NULL without; likewise */
	uint32_t caps;       /* bit n: capability n, announced by both sides; 0 for a hello */
	uint64_t offset;     /* of the block that completed it, in the file */
};

/* Any section byte order and time resolution, several sections. Blocks need not hold whole
 * packets: the next call below joins and cuts them. CCID_E_NOTFOUND, CCID_E_ACCESS, CCID_E_IO,
 * CCID_E_NOMEM, CCID_E_FORMAT (not such a file). problem (cap bytes, may be NULL) then says in
 * one line what is wrong. */
CCID_MUST_USE
int ccid_trace_open(struct ccid_trace_reader **out, const char *path, char *problem, size_t cap);
/* 1 and a whole usbredir packet, 0 at the end, CCID_E_SHORT when the file is cut off (what came
 * before was good), CCID_E_FORMAT when it is damaged, CCID_E_IO. A failure stays. */
CCID_MUST_USE
int ccid_trace_next(struct ccid_trace_reader *r, struct ccid_trace_packet *out);
/* The length of the file in bytes, 0 when it cannot be told. */
uint64_t ccid_trace_size(const struct ccid_trace_reader *r);
/* What was wrong, in one line with the offset, for messages; "" when nothing is. */
const char *ccid_trace_problem(const struct ccid_trace_reader *r);
void ccid_trace_reader_close(struct ccid_trace_reader *r);

#endif
