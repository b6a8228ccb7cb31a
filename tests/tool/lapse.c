/* SPDX-License-Identifier: MIT */
/* Preloaded into a program of one thread: its clock stands still but while it waits, and a wait in which
 * nothing comes is over at once. So years of it take seconds, and always the same way. What it tells
 * systemd carries that clock: a line "X_AT=" with milliseconds.
 * Of use only where nothing answers from outside: whoever does is too late. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* <sys/socket.h> declares it with a union. */
struct sockaddr;
ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
               socklen_t to_len);

#define SECOND     INT64_C(1000000000)
#define MASK_BYTES 8 /* of the kernel's sigset_t */

static int64_t now = 1000 * SECOND;
static int64_t due = INT64_MAX; /* the only timer */
static int timer = -1;

static int64_t ns_of(const struct timespec *t)
{
	return t->tv_sec * SECOND + t->tv_nsec;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	if (id != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, id, t);
	*t = (struct timespec){.tv_sec = now / SECOND, .tv_nsec = now % SECOND};
	return 0;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *was)
{
	const struct itimerspec off = {.it_value = {0}};

	timer = fd;
	due = ns_of(&to->it_value) > 0 ? now + ns_of(&to->it_value) : INT64_MAX;
	return (int)syscall(SYS_timerfd_settime, fd, flags, &off, was);
}

/* It is readable from here on. */
static void ring(void)
{
	const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
	struct pollfd p = {.fd = timer, .events = POLLIN};

	now = due > now ? due : now;
	due = INT64_MAX;
	syscall(SYS_timerfd_settime, timer, 0, &soon, NULL);
	syscall(SYS_ppoll, &p, 1, NULL, NULL, MASK_BYTES);
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *limit, const sigset_t *mask)
{
	const struct timespec none = {0};
	int64_t end = limit != NULL ? now + ns_of(limit) : INT64_MAX;

	for (;;) {
		bool for_ever = end == INT64_MAX && due == INT64_MAX;
		int rc = (int)syscall(SYS_ppoll, fds, n, for_ever ? NULL : &none, mask, MASK_BYTES);

		if (rc != 0)
			return rc;
		if (due > end) {
			now = end;
			return 0;
		}
		ring();
	}
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	const struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	return ppoll(fds, n, ms < 0 ? NULL : &limit, NULL);
}

ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
               socklen_t to_len)
{
	char text[256];
	int n = snprintf(text, sizeof text, "%.*s\nX_AT=%lld", (int)len, (const char *)buf,
	                 (long long)(now / 1000000));

	if (syscall(SYS_sendto, fd, text, (size_t)n, flags, to, to_len) < 0)
		return -1;
	return (ssize_t)len;
}
