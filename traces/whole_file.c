/* SPDX-License-Identifier: MIT */
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".XXXXXX"

/* A device or a pipe has its name already, and keeps it. */
static bool begin_special(struct ccid_whole_file *w)
{
	w->fd = open(w->path, O_WRONLY | O_CLOEXEC);
	w->special = w->fd >= 0;
	return w->special;
}

/* A stand-in for what was closed is open for reading alone. */
static bool can_write(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY)
		return true;
	errno = EBADF;
	return false;
}

bool ccid_whole_file_begin(struct ccid_whole_file *w, const char *path, bool force)
{
	struct stat st;

	*w = (struct ccid_whole_file){.fd = STDOUT_FILENO, .path = path, .force = force};
	if (strcmp(path, "-") == 0)
		return can_write(STDOUT_FILENO);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return begin_special(w);
	if (!force && lstat(path, &st) == 0) {
		errno = EEXIST;
		return false;
	}
	w->temporary = malloc(strlen(path) + sizeof SUFFIX);
	if (w->temporary == NULL)
		return false;
	sprintf(w->temporary, "%s" SUFFIX, path);
	w->fd = mkstemp(w->temporary);
	if (w->fd >= 0)
		return true;
	free(w->temporary);
	w->temporary = NULL;
	return false;
}

void ccid_whole_file_abandon(struct ccid_whole_file *w)
{
	if (w->special)
		close(w->fd);
	w->special = false;
	if (w->temporary == NULL)
		return;
	close(w->fd);
	unlink(w->temporary);
	free(w->temporary);
	w->temporary = NULL;
}

/* Where there are no hard links, the name is taken first, then the file put in its place. */
static bool take_name(const struct ccid_whole_file *w)
{
	int fd;

	if (link(w->temporary, w->path) == 0)
		return unlink(w->temporary) == 0;
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK)
		return false;
	fd = open(w->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	close(fd);
	return rename(w->temporary, w->path) == 0;
}

bool ccid_whole_file_commit(struct ccid_whole_file *w)
{
	bool good;
	int e;

	if (w->special)
		return close(w->fd) == 0;
	if (w->temporary == NULL)
		return true;
	good = fsync(w->fd) == 0 || errno == EINVAL || errno == EROFS;
	if (good)
		good = w->force ? rename(w->temporary, w->path) == 0 : take_name(w);
	e = errno;
	if (good) {
		close(w->fd);
		free(w->temporary);
		w->temporary = NULL;
	}
	ccid_whole_file_abandon(w);
	errno = e;
	return good;
}
