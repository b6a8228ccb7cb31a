/* SPDX-License-Identifier: MIT */
#include "notify_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

void notify_limit(int fd)
{
	const struct timeval patience = {.tv_sec = 20};

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
}

static void path_of(const struct notify_rig *n, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(a->sun_path, sizeof a->sun_path, "%s/s", n->folder);
}

void notify_start(struct notify_rig *n)
{
	struct sockaddr_un a;

	strcpy(n->folder, "/tmp/iscard-notify-XXXXXX");
	assert_non_null(mkdtemp(n->folder));
	path_of(n, &a);
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(n->fd, (const struct sockaddr *)&a, sizeof a), 0);
	notify_limit(n->fd);
	setenv("NOTIFY_SOCKET", a.sun_path, 1);
}

void notify_end(struct notify_rig *n)
{
	struct sockaddr_un a;

	path_of(n, &a);
	unsetenv("NOTIFY_SOCKET");
	close(n->fd);
	unlink(a.sun_path);
	rmdir(n->folder);
}

void notify_next(int fd, char *text, size_t cap)
{
	ssize_t n = recv(fd, text, cap - 1, 0);

	assert_true(n > 0);
	text[n] = '\0';
}

void notify_hear(int fd, const char *want, unsigned skip)
{
	char text[64];

	do
		notify_next(fd, text, sizeof text);
	while (strcmp(text, want) != 0 && strcmp(text, "WATCHDOG=1") == 0 && skip-- > 0);
	assert_string_equal(text, want);
}
