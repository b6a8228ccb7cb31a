/* SPDX-License-Identifier: MIT */
/* Two traces compared by meaning. What counts, slot by slot: APDUs and their answers, the other
 * commands and their answers, cards that come and go, resets, unplugging, failed transfers. What does
 * not: sequence numbers, GetSlotStatus, time and time extensions, how messages are cut into transfers
 * and APDUs into blocks or parts, the order between slots, and bytes that are masked in either. */
#ifndef CCID_COMPARE_H
#define CCID_COMPARE_H

#include "story.h"

#define CCID_COMPARE_TEXT   240u
#define CCID_COMPARE_WINDOW 256u /* items that are looked at to align what differs */

/* One thing that counts. */
struct ccid_compare_item {
	int slot; /* -1: of the reader as a whole */
	uint64_t packet;
	char asked[CCID_COMPARE_TEXT];  /* a command, or an event */
	char answer[CCID_COMPARE_TEXT]; /* "" where there is none */
	/* private: what is compared */
	char kind;
	struct ccid_story_bytes command, response;
};

struct ccid_compare_sink {
	/* In the order of the sessions: a item of both (a and b), of the first alone (b NULL), of the second
	 * alone (a NULL), or (changed) the same command with another answer. 0 to go on, above 0 to
	 * end. */
	int (*take)(void *arg, const struct ccid_compare_item *a, const struct ccid_compare_item *b,
	            bool changed);
	void *arg;
};

struct ccid_compare_result {
	uint64_t same, differ; /* items */
	int err[2];            /* of each file, as ccid_story_file() */
	char problem[2][CCID_TRACE_PROBLEM_MAX];
};

/* 0, what take() said, or CCID_E_NOMEM. Files that cannot be read, or not to the end, are compared as
 * far as they go: see err. Each file is read once for each slot; memory and time for each item are
 * bounded. */
CCID_MUST_USE
int ccid_compare_files(const char *a, const char *b, const struct ccid_compare_sink *sink,
                       struct ccid_compare_result *result);

/* Where the responses of two items first differ: offset, or -1. */
long ccid_compare_where(const struct ccid_compare_item *a, const struct ccid_compare_item *b);

#endif
