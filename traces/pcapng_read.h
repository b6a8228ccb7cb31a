/* SPDX-License-Identifier: MIT */
/* The block layer of pcapng: a trace file, or any capture, in; what its packet blocks hold out. */
#ifndef CCID_PCAPNG_READ_H
#define CCID_PCAPNG_READ_H

#include "input.h"
#include "trace_file.h"

#define CCID_PCAPNG_INTERFACES 64

struct ccid_pcapng_interface {
	uint32_t link;
	uint8_t resolution; /* if_tsresol */
	int64_t offset;     /* if_tsoffset, seconds */
};

struct ccid_pcapng {
	struct ccid_input in;
	bool any; /* packets of all link types are wanted, in any direction and cut ones too */
	uint64_t block; /* where the current block starts */
	bool big;       /* the section is big-endian */
	struct ccid_pcapng_interface interface[CCID_PCAPNG_INTERFACES];
	unsigned interfaces;
	uint32_t foreign_link; /* of the last packet passed over */
	uint64_t foreign;      /* packets of other link types, passed over */
	char problem[CCID_TRACE_PROBLEM_MAX];
};

/* One packet block; pointers live until the next call. */
struct ccid_pcapng_block {
	enum ccid_trace_dir dir; /* 0 when any packets are wanted and it does not say */
	uint32_t link;
	uint64_t time_ns;
	const uint8_t *data;
	size_t len;
	uint32_t original;                        /* its length before the capture cut it */
	char comment[CCID_TRACE_COMMENT_MAX + 1]; /* "" without */
};

/* Both fill problem when they fail. Results as ccid_trace_open() and ccid_trace_next(). */
CCID_MUST_USE
int ccid_pcapng_open(struct ccid_pcapng *p, const char *path);
CCID_MUST_USE
int ccid_pcapng_next(struct ccid_pcapng *p, struct ccid_pcapng_block *out);
/* Read p->in, which is open and at its start: for those who opened it to see what it is. */
CCID_MUST_USE
int ccid_pcapng_start(struct ccid_pcapng *p);
void ccid_pcapng_close(struct ccid_pcapng *p);

/* Write problem, with the offset of the current block, and return err. */
int ccid_pcapng_fail(struct ccid_pcapng *p, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
