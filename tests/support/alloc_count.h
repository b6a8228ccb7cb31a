/* SPDX-License-Identifier: MIT */
/* Counts what the code under test allocates, and makes an allocation fail on request. Programs
 * that use it link with test_alloc_count, which wraps malloc and its family. */
#ifndef ALLOC_COUNT_H
#define ALLOC_COUNT_H

#include <stddef.h>

#define ALLOC_FAIL_NEVER (~0u)

struct alloc_count {
	unsigned calls;   /* allocations asked for */
	int live;         /* allocations less frees */
	unsigned fail_at; /* the call of this number (from 0) fails */
};

/* Counting starts again at the next allocation. */
void alloc_count_start(unsigned fail_at);
/* Go on counting; the call after n others fails. */
void alloc_count_fail_in(unsigned n);
/* Go on counting; no further call fails. */
void alloc_count_stop_failing(void);
struct alloc_count alloc_count_now(void);

/* Open descriptors of this process. */
unsigned open_descriptors(void);

#endif
