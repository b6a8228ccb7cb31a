/* SPDX-License-Identifier: MIT */
/* A reliable ordered stream of bytes with a peer at its other end: a socket, or memory, where
 * waiting runs the peer. So a usbredir peer can live in the same thread as the driver. */
#ifndef CCID_STREAM_H
#define CCID_STREAM_H

#include "env.h"

struct ccid_stream;

#define CCID_STREAM_READ  1u
#define CCID_STREAM_WRITE 2u

struct ccid_stream_ops {
	/* Bytes read (> 0), 0 when it would block, CCID_E_GONE at the end, another negative enum
	 * ccid_err (CCID_E_DIVERGED from a player) otherwise. */
	int (*read)(struct ccid_stream *s, uint8_t *buf, size_t cap);
	/* Bytes taken (may be fewer than len), 0 when it would block, or a negative code. */
	int (*write)(struct ccid_stream *s, const uint8_t *buf, size_t len);
	/* Wait until what is wanted (CCID_STREAM_READ | CCID_STREAM_WRITE) may succeed: 1; or the
	 * deadline: 0; or cancel_fd (when >= 0) is readable: CCID_E_CANCELLED, before anything
	 * else. A stream that has ended counts as ready. */
	int (*wait)(struct ccid_stream *s, unsigned want, int cancel_fd, int64_t deadline);
	/* A descriptor that polls readable when read() has something, or -1. */
	int (*fd)(struct ccid_stream *s);
	void (*close)(struct ccid_stream *s);
};

/* One thread at a time. */
struct ccid_stream {
	const struct ccid_stream_ops *ops;
	const struct ccid_env *env;
};

/* Connect to host:port (numeric or by name; IPv6 without brackets here), or to a unix socket, or
 * listen on addr:port (addr NULL = any) for one connection. On success *out is the caller's. Looking
 * up a name may take the resolver's own time beyond the deadline. CCID_E_NOTFOUND (also a refused
 * connection), CCID_E_ACCESS, CCID_E_BUSY (port in use), CCID_E_TIMEOUT, CCID_E_IO. */
CCID_MUST_USE
int ccid_stream_connect_tcp(struct ccid_stream **out, const char *host, const char *port,
                            const struct ccid_env *env, int64_t deadline);
CCID_MUST_USE
int ccid_stream_connect_unix(struct ccid_stream **out, const char *path, const struct ccid_env *env,
                             int64_t deadline);
CCID_MUST_USE
int ccid_stream_listen_tcp(struct ccid_stream **out, const char *addr, const char *port,
                           const struct ccid_env *env, int64_t deadline);
/* A socket that takes connections, one after the other. */
struct ccid_listener;

/* Listen on addr:port as above, or at the path of a unix socket, which must not exist yet (CCID_E_BUSY)
 * and goes with the listener. */
CCID_MUST_USE
int ccid_listener_tcp(struct ccid_listener **out, const char *addr, const char *port);
CCID_MUST_USE
int ccid_listener_unix(struct ccid_listener **out, const char *path);
/* The next connection, whose stream lives on its own. CCID_E_TIMEOUT, CCID_E_CANCELLED (cancel_fd, when
 * >= 0, is readable), CCID_E_IO, CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_listener_accept(struct ccid_listener *l, struct ccid_stream **out,
                         const struct ccid_env *env, int cancel_fd, int64_t deadline);
void ccid_listener_close(struct ccid_listener *l);

/* Take over a connected stream socket when and only when 0 is returned; it becomes non-blocking and
 * close-on-exec. CCID_E_ARG when it is none. */
CCID_MUST_USE
int ccid_stream_from_fd(struct ccid_stream **out, int fd, const struct ccid_env *env);

/* The peer of a memory stream. */
struct ccid_stream_peer {
	void *ctx;
	/* Take all len bytes written by the driver. 0, or a negative code that every later read
	 * and write of the driver then returns. */
	int (*input)(void *ctx, const uint8_t *buf, size_t len);
	/* Bytes for the driver: count, 0 when there are none now, or a negative code that ends the
	 * stream (CCID_E_GONE: the peer has closed it). */
	int (*output)(void *ctx, uint8_t *buf, size_t cap);
	/* When output() may have more without further input(): env time, CCID_NEVER for not at
	 * all. */
	int64_t (*next)(void *ctx);
	/* Let time pass to at (a virtual clock may jump, a real one sleeps on cancel_fd, if >= 0).
	 * 0, or CCID_E_CANCELLED. NULL: poll() until then. */
	int (*advance)(void *ctx, int64_t at, int cancel_fd);
	void (*close)(void *ctx); /* may be NULL */
};

CCID_MUST_USE
int ccid_stream_memory(struct ccid_stream **out, const struct ccid_stream_peer *peer,
                       const struct ccid_env *env);

#endif
