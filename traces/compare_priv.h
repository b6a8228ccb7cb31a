/* SPDX-License-Identifier: MIT */
/* The two halves of comparing: items of one side (compare_side.c), and their alignment (compare.c). */
#ifndef CCID_COMPARE_PRIV_H
#define CCID_COMPARE_PRIV_H

#include "compare.h"

#define COMPARE_ALL   (-2)       /* slot: none, only find out which there are */
#define COMPARE_BYTES (4u << 20) /* of waiting items: a shorter window where items are long */

/* One trace, of which the items of one slot are taken. */
struct ccid_compare_side {
	int slot;
	struct ccid_trace_reader *reader;
	struct ccid_trace_masked *masked;
	struct ccid_story *story;
	struct ccid_compare_item *item[2 * CCID_COMPARE_WINDOW]; /* waiting, oldest first */
	size_t items, bytes;
	struct ccid_compare_item *open; /* a command without its answer yet */
	bool ended;
	bool slots[256]; /* those that were seen */
	int err;         /* what ended it early */
	char problem[CCID_TRACE_PROBLEM_MAX];
};

void ccid_compare_open(struct ccid_compare_side *s, const char *path, int slot);
/* Read on until so many items wait, or the trace ends. 0, or CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_compare_fill(struct ccid_compare_side *s, size_t items);
/* Forget the first n. */
void ccid_compare_drop(struct ccid_compare_side *s, size_t n);
void ccid_compare_close(struct ccid_compare_side *s);

bool ccid_compare_equal(const struct ccid_compare_item *a, const struct ccid_compare_item *b);
bool ccid_compare_bytes(const struct ccid_story_bytes *a, const struct ccid_story_bytes *b);

#endif
