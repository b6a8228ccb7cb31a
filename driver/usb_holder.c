/* SPDX-License-Identifier: MIT */
#include "usb_scan.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_LEN 320

static bool holds(const char *fds, const char *node)
{
	char path[PATH_LEN + 32], target[128];
	struct dirent *e;
	bool found = false;
	DIR *dir = opendir(fds);

	if (dir == NULL)
		return false;
	while (!found && (e = readdir(dir)) != NULL) {
		ssize_t n;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(path, sizeof path, "%s/%.20s", fds, e->d_name);
		n = readlink(path, target, sizeof target - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		found = strcmp(target, node) == 0;
	}
	closedir(dir);
	return found;
}

static void describe(char *out, size_t cap, const char *proc, const char *pid)
{
	char name[64];

	ccid_usb_sysfs_text(name, sizeof name, proc, pid, "comm");
	snprintf(out, cap, "pid %.20s (%s)", pid, name[0] != '\0' ? name : "?");
}

void ccid_usb_holder_at(const struct ccid_usb_roots *roots, char *out, size_t cap, const char *node)
{
	char fds[PATH_LEN];
	struct dirent *e;
	DIR *dir = opendir(roots->proc);

	out[0] = '\0';
	if (dir == NULL)
		return;
	while (out[0] == '\0' && (e = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]) ||
		    strtol(e->d_name, NULL, 10) == (long)getpid())
			continue;
		snprintf(fds, sizeof fds, "%.256s/%.20s/fd", roots->proc, e->d_name);
		if (holds(fds, node))
			describe(out, cap, roots->proc, e->d_name);
	}
	closedir(dir);
}

void ccid_usb_holder(char *out, size_t cap, const char *node)
{
	ccid_usb_holder_at(&ccid_usb_roots, out, cap, node);
}
