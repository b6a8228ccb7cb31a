/* SPDX-License-Identifier: MIT */
/* Byte streams over TCP and unix sockets: non-blocking, close-on-exec, never a SIGPIPE. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4 */
#endif
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A peer that vanished without a word is noticed after about a minute of silence. */
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_STEP_S 10
#define KEEPALIVE_PROBES 3
#define ACCEPT_ATTEMPTS  64

struct socket_stream {
	struct ccid_stream base;
	int fd;
};

static struct socket_stream *socket_of(struct ccid_stream *s)
{
	return (struct socket_stream *)s;
}

static int from_errno(int e)
{
	switch (e) {
	case ECONNREFUSED:
	case ENOENT:
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL: return CCID_E_NOTFOUND;
	case EACCES:
	case EPERM: return CCID_E_ACCESS;
	case EADDRINUSE: return CCID_E_BUSY;
	case ETIMEDOUT: return CCID_E_TIMEOUT;
	case ENOMEM:
	case ENOBUFS: return CCID_E_NOMEM;
	default: return CCID_E_IO;
	}
}

static int lost(int e)
{
	return e == ECONNRESET || e == EPIPE || e == ETIMEDOUT || e == ENOTCONN ? CCID_E_GONE
	                                                                        : CCID_E_IO;
}

static bool would_block(int e)
{
	return e == EAGAIN || e == EWOULDBLOCK || e == EINTR;
}

/* Milliseconds for poll(): -1 for ever; a wait longer than poll can express comes in parts. */
static int poll_ms(const struct ccid_env *env, int64_t deadline)
{
	int64_t left;

	if (deadline == CCID_NEVER)
		return -1;
	left = deadline - ccid_env_now(env);
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* 1 when fd is ready or failed, 0 at the deadline, CCID_E_CANCELLED. */
static int wait_fd(const struct ccid_env *env, int fd, short events, int cancel_fd,
                   int64_t deadline)
{
	struct pollfd p[2] = {{.fd = fd, .events = events}, {.fd = cancel_fd, .events = POLLIN}};

	for (;;) {
		int ms = poll_ms(env, deadline);
		int n = poll(p, 2, ms);

		if (n < 0 && errno != EINTR)
			return CCID_E_IO;
		if (n > 0 && p[1].revents != 0)
			return CCID_E_CANCELLED;
		if (n > 0)
			return 1;
		if (n == 0 && ms < INT_MAX)
			return 0;
	}
}

static int socket_read(struct ccid_stream *s, uint8_t *buf, size_t cap)
{
	ssize_t n = recv(socket_of(s)->fd, buf, cap < INT_MAX ? cap : INT_MAX, MSG_DONTWAIT);

	if (n == 0 && cap > 0)
		return CCID_E_GONE;
	if (n < 0)
		return would_block(errno) ? 0 : lost(errno);
	return (int)n;
}

static int socket_write(struct ccid_stream *s, const uint8_t *buf, size_t len)
{
	ssize_t n = send(socket_of(s)->fd, buf, len < INT_MAX ? len : INT_MAX,
	                 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return would_block(errno) ? 0 : lost(errno);
	return (int)n;
}

static int socket_wait(struct ccid_stream *s, unsigned want, int cancel_fd, int64_t deadline)
{
	short events = 0;

	if (want & CCID_STREAM_READ)
		events |= POLLIN;
	if (want & CCID_STREAM_WRITE)
		events |= POLLOUT;
	return wait_fd(s->env, socket_of(s)->fd, events, cancel_fd, deadline);
}

static int socket_fd(struct ccid_stream *s)
{
	return socket_of(s)->fd;
}

static void socket_close(struct ccid_stream *s)
{
	close(socket_of(s)->fd);
	free(s);
}

static const struct ccid_stream_ops socket_ops = {
	.read = socket_read,
	.write = socket_write,
	.wait = socket_wait,
	.fd = socket_fd,
	.close = socket_close,
};

static bool set_flags(int fd)
{
	int fl = fcntl(fd, F_GETFL), fdfl = fcntl(fd, F_GETFD);

	return fl >= 0 && fdfl >= 0 && fcntl(fd, F_SETFL, fl | O_NONBLOCK) == 0 &&
	       fcntl(fd, F_SETFD, fdfl | FD_CLOEXEC) == 0;
}

/* Of use to TCP only; a unix socket refuses, which is no harm. */
static void tune(int fd)
{
	static const struct {
		int level, name, value;
	} option[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
		{IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_STEP_S},
		{IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES},
	};

	for (size_t i = 0; i < sizeof option / sizeof option[0]; i++)
		(void)setsockopt(fd, option[i].level, option[i].name, &option[i].value,
		                 sizeof option[i].value);
}

int ccid_stream_from_fd(struct ccid_stream **out, int fd, const struct ccid_env *env)
{
	struct socket_stream *s;
	int type = 0;
	socklen_t len = sizeof type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_STREAM)
		return CCID_E_ARG;
	if (!set_flags(fd))
		return CCID_E_IO;
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return CCID_E_NOMEM;
	tune(fd);
	s->base = (struct ccid_stream){&socket_ops, env};
	s->fd = fd;
	*out = &s->base;
	return CCID_OK;
}

/* The socket is closed unless it becomes a stream. */
static int adopt(struct ccid_stream **out, int fd, const struct ccid_env *env)
{
	int rc = ccid_stream_from_fd(out, fd, env);

	if (rc < 0)
		close(fd);
	return rc;
}

static int finish_connect(int fd, const struct ccid_env *env, int64_t deadline)
{
	int e = 0, rc = wait_fd(env, fd, POLLOUT, -1, deadline);
	socklen_t len = sizeof e;

	if (rc <= 0)
		return rc < 0 ? rc : CCID_E_TIMEOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) != 0)
		return CCID_E_IO;
	return e != 0 ? from_errno(e) : CCID_OK;
}

static int connect_to(const struct sockaddr *sa, socklen_t len, const struct ccid_env *env,
                      int64_t deadline, int *out)
{
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = CCID_OK;

	if (fd < 0)
		return from_errno(errno);
	if (connect(fd, sa, len) != 0) {
		if (errno == EINPROGRESS || errno == EINTR)
			rc = finish_connect(fd, env, deadline);
		else /* a unix socket whose backlog is full says EAGAIN */
			rc = errno == EAGAIN ? CCID_E_BUSY : from_errno(errno);
	}
	if (rc < 0)
		close(fd);
	else
		*out = fd;
	return rc;
}

static int resolve(struct addrinfo **out, const char *host, const char *port, int family, int flags)
{
	struct addrinfo hints = {
		.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = flags};

	switch (getaddrinfo(host, port, &hints, out)) {
	case 0: return CCID_OK;
	case EAI_MEMORY: return CCID_E_NOMEM;
	case EAI_AGAIN: return CCID_E_TIMEOUT;
	default: return CCID_E_NOTFOUND;
	}
}

/* An equal share of what is left, so that one dead address does not use up all the time. */
static int64_t share(const struct ccid_env *env, int64_t deadline, const struct addrinfo *ai)
{
	int64_t now, n = 0;

	if (deadline == CCID_NEVER)
		return deadline;
	for (; ai != NULL; ai = ai->ai_next)
		n++;
	now = ccid_env_now(env);
	return deadline > now ? now + (deadline - now) / n : deadline;
}

int ccid_stream_connect_tcp(struct ccid_stream **out, const char *host, const char *port,
                            const struct ccid_env *env, int64_t deadline)
{
	struct addrinfo *list;
	int fd = -1, rc = resolve(&list, host, port, AF_UNSPEC, 0);

	if (rc < 0)
		return rc;
	rc = CCID_E_NOTFOUND;
	for (struct addrinfo *ai = list; ai != NULL && fd < 0; ai = ai->ai_next)
		rc = connect_to(ai->ai_addr, ai->ai_addrlen, env, share(env, deadline, ai), &fd);
	freeaddrinfo(list);
	return fd < 0 ? rc : adopt(out, fd, env);
}

static int unix_address(struct sockaddr_un *sa, const char *path)
{
	size_t len = strlen(path);

	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len == 0 || len >= sizeof sa->sun_path)
		return CCID_E_ARG;
	memcpy(sa->sun_path, path, len + 1);
	return CCID_OK;
}

int ccid_stream_connect_unix(struct ccid_stream **out, const char *path, const struct ccid_env *env,
                             int64_t deadline)
{
	struct sockaddr_un sa;
	int fd, rc = unix_address(&sa, path);

	if (rc < 0)
		return rc;
	rc = connect_to((struct sockaddr *)&sa, sizeof sa, env, deadline, &fd);
	return rc < 0 ? rc : adopt(out, fd, env);
}

static int bind_to(const struct addrinfo *ai, int *out)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, off = 0, e;

	if (fd < 0)
		return from_errno(errno);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, 1) == 0) {
		*out = fd;
		return CCID_OK;
	}
	e = errno;
	close(fd);
	return from_errno(e);
}

static int listen_on(const char *addr, const char *port, int family, int *out)
{
	struct addrinfo *list;
	int fd = -1, rc = resolve(&list, addr, port, family, AI_PASSIVE);

	if (rc < 0)
		return rc;
	rc = CCID_E_NOTFOUND;
	for (struct addrinfo *ai = list; ai != NULL && fd < 0; ai = ai->ai_next)
		rc = bind_to(ai, &fd);
	freeaddrinfo(list);
	*out = fd;
	return fd < 0 ? rc : CCID_OK;
}

struct ccid_listener {
	int fd;
	char *path; /* of a unix socket, or NULL */
};

static int new_listener(struct ccid_listener **out, int fd, const char *path)
{
	struct ccid_listener *l = calloc(1, sizeof *l);

	if (l != NULL && path != NULL)
		l->path = strdup(path);
	if (l == NULL || (path != NULL && l->path == NULL)) {
		free(l);
		close(fd);
		return CCID_E_NOMEM;
	}
	l->fd = fd;
	*out = l;
	return CCID_OK;
}

int ccid_listener_tcp(struct ccid_listener **out, const char *addr, const char *port)
{
	int fd = -1, rc = listen_on(addr, port, addr == NULL ? AF_INET6 : AF_UNSPEC, &fd);

	if (rc < 0 && addr == NULL) /* a system without IPv6 */
		rc = listen_on(addr, port, AF_INET, &fd);
	return rc < 0 ? rc : new_listener(out, fd, NULL);
}

int ccid_listener_unix(struct ccid_listener **out, const char *path)
{
	struct sockaddr_un sa;
	int fd, e = unix_address(&sa, path);

	if (e < 0)
		return e;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return from_errno(errno);
	if (bind(fd, (struct sockaddr *)&sa, sizeof sa) == 0 && listen(fd, 1) == 0)
		return new_listener(out, fd, path);
	e = errno;
	close(fd);
	return from_errno(e);
}

int ccid_listener_accept(struct ccid_listener *l, struct ccid_stream **out,
                         const struct ccid_env *env, int cancel_fd, int64_t deadline)
{
	for (unsigned i = 0; i < ACCEPT_ATTEMPTS; i++) {
		int fd, rc = wait_fd(env, l->fd, POLLIN, cancel_fd, deadline);

		if (rc <= 0)
			return rc < 0 ? rc : CCID_E_TIMEOUT;
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0)
			return adopt(out, fd, env);
		if (!would_block(errno) && errno != ECONNABORTED)
			return from_errno(errno);
	}
	return CCID_E_IO;
}

void ccid_listener_close(struct ccid_listener *l)
{
	close(l->fd);
	if (l->path != NULL)
		(void)unlink(l->path);
	free(l->path);
	free(l);
}

int ccid_stream_listen_tcp(struct ccid_stream **out, const char *addr, const char *port,
                           const struct ccid_env *env, int64_t deadline)
{
	struct ccid_listener *l;
	int rc = ccid_listener_tcp(&l, addr, port);

	if (rc < 0)
		return rc;
	rc = ccid_listener_accept(l, out, env, -1, deadline);
	ccid_listener_close(l);
	return rc;
}
