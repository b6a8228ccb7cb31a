/* SPDX-License-Identifier: MIT */
/* A trace that appears whole or not at all: written beside its place, then put there. */
#ifndef CCID_TRACE_WHOLE_H
#define CCID_TRACE_WHOLE_H

#include "trace_file.h"

struct ccid_trace_whole {
	struct ccid_trace_writer *w;
	char *path, *beside;
	bool overwrite;
};

/* As ccid_trace_create(); an existing file is not touched before ccid_trace_whole_end(). */
CCID_MUST_USE
int ccid_trace_whole_begin(struct ccid_trace_whole *t, const char *path, bool overwrite);
/* keep: put it in its place; else nothing remains. 0, the first failure that a write met, or why it
 * could not be put there (CCID_E_BUSY: somebody has made such a file meanwhile). */
CCID_MUST_USE
int ccid_trace_whole_end(struct ccid_trace_whole *t, bool keep);

#endif
