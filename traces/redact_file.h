/* SPDX-License-Identifier: MIT */
/* Traces made from traces: without secrets, or with marks where they differ in each run. */
#ifndef CCID_REDACT_FILE_H
#define CCID_REDACT_FILE_H

#include "redact.h"

/* Bytes of one packet that stand for anything. */
struct ccid_mark {
	uint64_t packet; /* of the file, from 1 */
	size_t off,
		len; /* in its data: behind the header of a CCID message, or in a request's data */
};

struct ccid_rewrite {
	struct ccid_redact_rules rules;
	const struct ccid_mark *marks;
	size_t count;
	bool overwrite; /* an existing file; else CCID_E_BUSY */
};

struct ccid_rewrite_result {
	uint64_t packets;
	uint64_t spans; /* that this run has listed */
};

/* Write in anew as out. With rules.challenges or marks nothing is taken out and the spans are listed
 * as "any"; else they are "masked". out appears whole, or not at all; but where in is cut off or
 * damaged (CCID_E_SHORT, CCID_E_FORMAT) it holds what comes before. Comments that name a serial number
 * that goes are left out. Beside those: CCID_E_ARG: a mark lies outside its packet; what
 * ccid_trace_open(), ccid_trace_create() and ccid_redactor_packet() return. problem (cap bytes, may be
 * NULL) says in one line what is wrong. */
CCID_MUST_USE
int ccid_rewrite_file(const char *in, const char *out, const struct ccid_rewrite *rewrite,
                      struct ccid_rewrite_result *result, char *problem, size_t cap);

#endif
