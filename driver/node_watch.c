/* SPDX-License-Identifier: MIT */
#include "node_watch.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PATH_LEN   512
#define BUSES_MAX  256
#define READS_MAX  16
#define ROUNDS_MAX 4 /* what is newly followed may have changed already */
#define FUSE_MAGIC 0x65735546

#define NODES                                                                                      \
	(IN_CREATE | IN_DELETE | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |        \
	 IN_MOVE_SELF | IN_ONLYDIR)

/* What another machine or a program serves may change without inotify's knowledge. */
static bool told_here(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return false;
	return fs.f_type != FUSE_MAGIC && fs.f_type != V9FS_MAGIC && fs.f_type != NFS_SUPER_MAGIC;
}

static void forget_above(struct ccid_node_watch *w)
{
	if (w->above >= 0)
		inotify_rm_watch(w->fd, w->above);
	w->above = -1;
}

/* The nearest folder that exists. */
static void watch_above(struct ccid_node_watch *w)
{
	char path[PATH_LEN];
	int wd = -1;

	w->complete = false;
	snprintf(path, sizeof path, "%s", w->dev);
	while (wd < 0) {
		char *slash = strrchr(path, '/');

		if (slash == NULL)
			return;
		slash[slash == path ? 1 : 0] = '\0';
		wd = inotify_add_watch(w->fd, path, NODES);
		if (wd < 0 && slash == path)
			return;
	}
	w->complete = told_here(path);
	if (w->above != wd)
		forget_above(w);
	w->above = wd;
}

static bool is_bus(const char *name)
{
	return isdigit((unsigned char)name[0]) && isdigit((unsigned char)name[1]) &&
	       isdigit((unsigned char)name[2]) && name[3] == '\0';
}

static void watch_buses(struct ccid_node_watch *w)
{
	char path[PATH_LEN];
	struct dirent *e;
	unsigned n = 0;
	DIR *dir = opendir(w->dev);

	if (dir == NULL)
		return;
	while (n < BUSES_MAX && (e = readdir(dir)) != NULL) {
		if (!is_bus(e->d_name))
			continue;
		n++;
		snprintf(path, sizeof path, "%.480s/%.3s", w->dev, e->d_name);
		/* One that has just gone is told as a change of dev. */
		if (inotify_add_watch(w->fd, path, NODES) < 0 && errno != ENOENT &&
		    errno != ENOTDIR)
			w->complete = false;
	}
	closedir(dir);
}

static bool watch_dev(struct ccid_node_watch *w)
{
	if (inotify_add_watch(w->fd, w->dev, NODES) < 0)
		return false;
	w->complete = told_here(w->dev);
	forget_above(w);
	watch_buses(w);
	return true;
}

/* Watch all folders there are. What comes after this is told; what came before, a scan sees. One that
 * came between the two tries is neither: the folder above is right when it is so again. */
static void follow(struct ccid_node_watch *w)
{
	for (unsigned i = 0; i < ROUNDS_MAX && !watch_dev(w); i++) {
		int before = w->above;

		watch_above(w);
		if (w->above == before)
			return;
		if (i + 1 == ROUNDS_MAX)
			w->complete = false;
	}
}

void ccid_node_watch_init(struct ccid_node_watch *w, const char *dev)
{
	*w = (struct ccid_node_watch){
		.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .above = -1, .dev = dev};
	if (w->fd >= 0)
		follow(w);
}

void ccid_node_watch_fini(struct ccid_node_watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* Whether there is more among the events than the end of a watch. */
static bool any_news(const uint8_t *at, size_t left)
{
	struct inotify_event e;

	while (left >= sizeof e) {
		memcpy(&e, at, sizeof e);
		if (e.mask != IN_IGNORED)
			return true;
		if (e.len > left - sizeof e)
			return false;
		at += sizeof e + e.len;
		left -= sizeof e + e.len;
	}
	return false;
}

static bool read_all(struct ccid_node_watch *w)
{
	uint8_t buf[4096];
	bool any = false;
	ssize_t n = 1;

	for (unsigned i = 0; i < READS_MAX && n > 0; i++) {
		n = read(w->fd, buf, sizeof buf);
		any = any || (n > 0 && any_news(buf, (size_t)n));
	}
	return any;
}

bool ccid_node_watch_take(struct ccid_node_watch *w)
{
	bool was_there = w->above < 0, any = false;

	if (w->fd < 0)
		return false;
	for (unsigned i = 0; i < ROUNDS_MAX && read_all(w); i++) {
		follow(w);
		any = true;
	}
	return any && (was_there || w->above < 0);
}
