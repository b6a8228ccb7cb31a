/* SPDX-License-Identifier: MIT */
#include "emu_serve.h"

#include "emu_redir.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 16384

int64_t emu_serve_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int send_all(int fd, const uint8_t *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			buf += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int flush(struct emu_redir *r, int fd)
{
	uint8_t buf[CHUNK];
	size_t n;

	while ((n = emu_redir_output(r, buf, sizeof buf, emu_serve_now())) > 0)
		if (send_all(fd, buf, n) != 0)
			return -1;
	return 0;
}

static int timeout(const struct emu_redir *r)
{
	int64_t next = emu_redir_next(r), wait;

	if (next == INT64_MAX)
		return -1;
	wait = next - emu_serve_now();
	if (wait < 0)
		return 0;
	return wait > 60000 ? 60000 : (int)wait;
}

/* 1: go on, 0: the connection is over, -1: it failed. */
static int turn(struct emu_redir *r, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t buf[CHUNK];
	ssize_t n;

	if (poll(&p, 1, timeout(r)) < 0)
		return errno == EINTR ? 1 : -1;
	if (p.revents == 0)
		return 1;
	n = recv(fd, buf, sizeof buf, 0);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	if (n < 0)
		return errno == EINTR ? 1 : -1;
	return emu_redir_input(r, buf, (size_t)n, emu_serve_now()) == 0 ? 1 : 0;
}

int emu_serve(struct emu_device *d, int fd)
{
	struct emu_redir *r = emu_redir_new(d, emu_serve_now());
	int rc = 1;

	if (r == NULL)
		return -1;
	while (rc > 0) {
		if (flush(r, fd) != 0)
			rc = errno == EPIPE || errno == ECONNRESET ? 0 : -1;
		else if (!emu_plugged(d))
			rc = 0;
		else
			rc = turn(r, fd);
	}
	emu_redir_free(r);
	return rc;
}
