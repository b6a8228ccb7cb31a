/* SPDX-License-Identifier: MIT */
/* Import a file that a test has made, and look at what came of it. */
#ifndef IMPORT_RIG_H
#define IMPORT_RIG_H

#include "capture_maker.h"
#include "export.h"
#include "import.h"

struct import_rig {
	char capture[64], trace[64], other[64]; /* files in a folder of the test's own */
	char folder[32];
	struct ccid_import_options options;
	struct ccid_import_report report;
};

int import_setup(void **state);
int import_teardown(void **state);

/* Import r->capture to r->trace. */
int import_again(struct import_rig *r);
/* The same, which must succeed, and give these messages (as messages_of(); NULL: not looked at). */
void import_expect(struct import_rig *r, const char *messages);
/* The trace has a comment with these words in it. */
void import_comment(struct import_rig *r, const char *words, bool there);
/* These bytes are in the file. */
bool file_has(const char *path, const void *bytes, size_t len);
void file_write(const char *path, const void *bytes, size_t len);
/* Export path to r->other; 0 or what it returned. */
int export_to(struct import_rig *r, const char *path, enum ccid_export_format format);

#endif
