/* SPDX-License-Identifier: MIT */
/* A transport that wraps another and makes one operation fail. */
#ifndef TRANSPORT_FAULT_H
#define TRANSPORT_FAULT_H

#include "fake_clock.h"
#include "transport.h"

enum fault_kind {
	FAULT_STALL,
	FAULT_IO,
	FAULT_BABBLE,
	FAULT_LATE,    /* time-out; what the reader said comes at the next wait */
	FAULT_LOST,    /* time-out; what the reader said is lost */
	FAULT_SHORT,   /* half of the bytes */
	FAULT_EMPTY,   /* a zero-length transfer first */
	FAULT_GARBAGE, /* as many bytes, all wrong */
	FAULT_FLIP,    /* one byte of the header inverted: byte number in .byte */
	FAULT_UNPLUG,
	FAULT_CANCEL,
	FAULT_KINDS
};

#define FAULT_NEVER (~0u)

/* What to do, and what was seen. Lives as long as the transport. */
struct fault_plan {
	unsigned fail_at; /* number of the first operation that fails, from 0 */
	unsigned more;    /* how many after it fail as well */
	enum fault_kind kind;
	unsigned byte;
	struct fake_clock *clock;

	unsigned ops;        /* operations so far; close, drop_in, cancel do not count */
	unsigned resets;     /* of the port, that were asked for */
	const char *failed;  /* the operation that failed, NULL: not reached */
	const char *problem; /* a rule of transport.h that the driver broke, or NULL */
	bool gone, posted, closed;
};

const char *fault_name(enum fault_kind kind);

/* Takes inner when and only when 0 is returned. */
CCID_MUST_USE
int fault_wrap(struct ccid_transport **out, struct ccid_transport *inner, struct fault_plan *plan);

#endif
