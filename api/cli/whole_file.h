/* SPDX-License-Identifier: MIT */
/* A file that appears whole or not at all: written under another name, then given its own. */
#ifndef WHOLE_FILE_H
#define WHOLE_FILE_H

#include <stdbool.h>

struct whole_file {
	int fd;
	const char *path;
	bool force;      /* an existing file is replaced */
	bool special;    /* path is a device or a pipe: written at once */
	char *temporary; /* NULL for that, and for standard output */
};

/* path lives as long; "-" is standard output, which is written at once, as
 * devices and pipes are. Readable by its owner only.
 * False with errno: EEXIST when there is such a file and not force. */
bool whole_file_begin(struct whole_file *w, const char *path, bool force);
/* Give it its name. False with errno; the temporary file is then gone. */
bool whole_file_commit(struct whole_file *w);
/* Take it back. */
void whole_file_abandon(struct whole_file *w);

#endif
