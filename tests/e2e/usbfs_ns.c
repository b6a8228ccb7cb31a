/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* unshare() */
#include "usbfs_ns.h"

#include "usbfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Without root a name space of users gives the right to mount. */
static bool become_root(uid_t uid, gid_t gid)
{
	char map[64];

	if (!write_file("/proc/self/setgroups", "deny"))
		return false;
	snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
	if (!write_file("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
	return write_file("/proc/self/gid_map", map);
}

static bool bind(const char *top, const char *name)
{
	char from[128], to[128];
	struct stat st;
	int fd;

	snprintf(from, sizeof from, "/dev/%s", name);
	snprintf(to, sizeof to, "%s/%s", top, name);
	if (stat(from, &st) != 0)
		return true;
	if (S_ISDIR(st.st_mode)) {
		mkdir(to, 0755);
	} else {
		fd = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
		if (fd >= 0)
			close(fd);
	}
	return mount(from, to, NULL, MS_BIND | MS_REC, NULL) == 0;
}

/* A /dev of our own: where there is no USB there is no /dev/bus/usb to mount upon. */
static bool make_dev(void)
{
	static const char *const names[] = {"null", "zero", "full", "random", "urandom",
	                                    "tty",  "fuse", "ptmx", "pts",    "shm"};
	char top[] = "/tmp/usbfs-XXXXXX", path[64];

	if (mkdtemp(top) == NULL || mount("dev", top, "tmpfs", MS_NOSUID, "mode=755") != 0)
		return false;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!bind(top, names[i]))
			return false;
	snprintf(path, sizeof path, "%s/fd", top);
	if (symlink("/proc/self/fd", path) != 0)
		return false;
	snprintf(path, sizeof path, "%s/bus", top);
	mkdir(path, 0755);
	snprintf(path, sizeof path, "%s/bus/usb", top);
	mkdir(path, 0755);
	if (mount(top, "/dev", NULL, MS_MOVE, NULL) != 0)
		return false;
	rmdir(top);
	return true;
}

bool usbfs_ns_enter(const char **why)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | (uid != 0 ? CLONE_NEWUSER : 0);

	*why = "no /dev/fuse";
	if (access("/dev/fuse", R_OK | W_OK) != 0)
		return false;
	*why = "no name spaces";
	if (unshare(flags) != 0 || (uid != 0 && !become_root(uid, gid)))
		return false;
	*why = "no mounts in a name space";
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && make_dev() &&
	       mount("sys", "/sys", "tmpfs", MS_NOSUID, "mode=755") == 0 &&
	       mount("run", "/run", "tmpfs", MS_NOSUID, "mode=755") == 0;
}

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* First process of the name space: when it ends, all that the command left behind ends too. */
static int init_process(char **command)
{
	int status;
	pid_t child, pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount("proc", "/proc", "proc", 0, NULL) != 0) {
		perror("/proc");
		return 126;
	}
	child = fork();
	if (child == 0) {
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	do
		pid = wait(&status);
	while (pid > 0 && pid != child);
	return pid == child ? exit_code(status) : 126;
}

pid_t usbfs_ns_spawn(char **command)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(init_process(command));
	return pid;
}

int usbfs_ns_result(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid ? exit_code(status) : 126;
}
