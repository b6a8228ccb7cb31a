/* SPDX-License-Identifier: MIT */
/* Bytes of a file, read ahead in large pieces: what is asked for is a view, not a copy. */
#ifndef CCID_INPUT_H
#define CCID_INPUT_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

struct ccid_input {
	int fd;
	uint8_t *buf;
	size_t at, len, cap; /* bytes at..len of buf are read and not taken */
	size_t high;         /* the most of buf that was ever filled */
	uint64_t offset;     /* of the next byte, in the file */
	int failed;          /* CCID_E_IO or CCID_E_NOMEM, 0 while there is none */
};

/* CCID_E_NOTFOUND, CCID_E_ACCESS, CCID_E_NOMEM, CCID_E_IO; errno then says more. */
CCID_MUST_USE
int ccid_input_open(struct ccid_input *in, const char *path);
/* The same for an open file, which is closed with in. What cannot be read twice (a pipe) is first
 * copied to a file without a name. */
CCID_MUST_USE
int ccid_input_open_fd(struct ccid_input *in, int fd);
/* Allowed on a zeroed input, and twice. */
void ccid_input_close(struct ccid_input *in);

/* The next n bytes, which are not taken yet: valid until the next call. NULL when there are fewer:
 * in->failed then tells a failure from the end of the file. */
const uint8_t *ccid_input_peek(struct ccid_input *in, size_t n);
/* How many bytes may be peeked at without reading the file. */
size_t ccid_input_ready(const struct ccid_input *in);
/* Move on. n may be more than was peeked at: CCID_E_SHORT when the file has fewer, CCID_E_IO. */
CCID_MUST_USE
int ccid_input_skip(struct ccid_input *in, uint64_t n);
/* Back to the start. CCID_E_IO. */
CCID_MUST_USE
int ccid_input_rewind(struct ccid_input *in);
/* The length of the file, 0 when it cannot be told. */
uint64_t ccid_input_size(const struct ccid_input *in);

#endif
