/* SPDX-License-Identifier: MIT */
/* The block layer of a trace file: pcapng in, the payload of usbredir packets blocks out. */
#ifndef CCID_PCAPNG_READ_H
#define CCID_PCAPNG_READ_H

#include "trace_file.h"

#include <stdio.h>

#define CCID_PCAPNG_INTERFACES 64

struct ccid_pcapng_interface {
	uint32_t link;
	uint8_t resolution; /* if_tsresol */
	int64_t offset;     /* if_tsoffset, seconds */
};

struct ccid_pcapng {
	FILE *f;
	uint64_t offset; /* bytes taken from the file */
	uint64_t block;  /* where the current block starts */
	bool big;        /* the section is big-endian */
	struct ccid_pcapng_interface interface[CCID_PCAPNG_INTERFACES];
	unsigned interfaces;
	uint32_t foreign_link; /* of the last packet passed over */
	uint64_t foreign;      /* packets of other link types, passed over */
	uint8_t *body;         /* of the current block, grown as needed */
	size_t cap;
	char problem[CCID_TRACE_PROBLEM_MAX];
};

/* The payload of one Enhanced Packet Block; pointers live until the next call. */
struct ccid_pcapng_block {
	enum ccid_trace_dir dir;
	uint64_t time_ns;
	const uint8_t *data;
	size_t len;
	char comment[CCID_TRACE_COMMENT_MAX + 1]; /* "" without */
};

/* Both fill problem when they fail. Results as ccid_trace_open() and ccid_trace_next(). */
CCID_MUST_USE
int ccid_pcapng_open(struct ccid_pcapng *p, const char *path);
CCID_MUST_USE
int ccid_pcapng_next(struct ccid_pcapng *p, struct ccid_pcapng_block *out);
void ccid_pcapng_close(struct ccid_pcapng *p);

/* Write problem, with the offset of the current block, and return err. */
int ccid_pcapng_fail(struct ccid_pcapng *p, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
