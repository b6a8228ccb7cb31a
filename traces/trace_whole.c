/* SPDX-License-Identifier: MIT */
#include "trace_whole.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX_MAX 24

static void clean_up(struct ccid_trace_whole *t)
{
	free(t->path);
	free(t->beside);
	*t = (struct ccid_trace_whole){.w = NULL};
}

int ccid_trace_whole_begin(struct ccid_trace_whole *t, const char *path, bool overwrite)
{
	size_t n = strlen(path);
	int err = CCID_E_NOMEM;

	*t = (struct ccid_trace_whole){.overwrite = overwrite};
	if (!overwrite && access(path, F_OK) == 0)
		return CCID_E_BUSY;
	t->path = strdup(path);
	t->beside = malloc(n + SUFFIX_MAX);
	if (t->path != NULL && t->beside != NULL) {
		snprintf(t->beside, n + SUFFIX_MAX, "%s.part%ld", path, (long)getpid());
		err = ccid_trace_create(&t->w, t->beside, true);
	}
	if (err != 0)
		clean_up(t);
	return err;
}

/* link() does not replace, unlike rename(). Where a file system has no links, the second look must
 * do. */
static int put_in_place(const struct ccid_trace_whole *t)
{
	if (!t->overwrite) {
		if (link(t->beside, t->path) == 0)
			return 0;
		if (errno == EEXIST || access(t->path, F_OK) == 0)
			return CCID_E_BUSY;
	}
	return rename(t->beside, t->path) == 0 ? 0 : CCID_E_IO;
}

int ccid_trace_whole_end(struct ccid_trace_whole *t, bool keep)
{
	int err = ccid_trace_close(t->w);

	if (err == 0 && keep)
		err = put_in_place(t);
	(void)unlink(t->beside); /* gone already after a rename */
	clean_up(t);
	return err;
}
