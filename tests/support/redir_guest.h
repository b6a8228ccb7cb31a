/* SPDX-License-Identifier: MIT */
/* A usbredir transport in front of a made-up host, for the tests of both. */
#ifndef REDIR_GUEST_H
#define REDIR_GUEST_H

#include "redir_host.h"
#include "transport_usbredir.h"

#define REDIR_ADDRESS "usbredir:test:1"

struct redir_guest {
	struct fake_clock fake;
	struct redir_host host;
	struct ccid_transport *t; /* NULL while it is not open */
	uint8_t in[128 * 1024], out[128 * 1024];
};

/* A fresh host; out holds bytes that differ from place to place. */
void redir_guest_init(struct redir_guest *g);
/* Open on the given stream (NULL: a new one to the host), which is closed on failure; the host does
 * not speak. */
int redir_guest_attach(struct redir_guest *g, struct ccid_stream *s);
/* The host says hello; then as above, which must succeed. */
void redir_guest_open(struct redir_guest *g);
void redir_guest_close(struct redir_guest *g);

/* Operations with deadlines from now. */
int redir_guest_wait(struct redir_guest *g, int64_t ms);
int redir_guest_post(struct redir_guest *g, size_t cap);
int redir_guest_out(struct redir_guest *g, size_t len);
int redir_guest_interrupt(struct redir_guest *g);
int redir_guest_abort(struct redir_guest *g, int64_t ms); /* a control request without data */
/* One exchange of len bytes that come back. */
void redir_guest_echo(struct redir_guest *g, size_t len);

#endif
