/* SPDX-License-Identifier: MIT */
/* A file that appears whole or not at all: written under another name, then given its own. */
#ifndef CCID_WHOLE_FILE_H
#define CCID_WHOLE_FILE_H

#include <stdbool.h>

struct ccid_whole_file {
	int fd;
	const char *path;
	bool force;      /* an existing file is replaced */
	bool special;    /* path is a device or a pipe: written at once */
	char *temporary; /* NULL for that, and for standard output */
};

/* path lives as long; "-" is standard output, which is written at once, as
 * devices and pipes are. Readable by its owner only.
 * False with errno: EEXIST when there is such a file and not force;
 * EBADF when standard output is closed. */
bool ccid_whole_file_begin(struct ccid_whole_file *w, const char *path, bool force);
/* Give it its name. False with errno; the temporary file is then gone. */
bool ccid_whole_file_commit(struct ccid_whole_file *w);
/* Take it back. */
void ccid_whole_file_abandon(struct ccid_whole_file *w);

#endif
