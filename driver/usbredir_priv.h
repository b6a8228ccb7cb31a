/* SPDX-License-Identifier: MIT */
/* What the files of the usbredir transport share. Numbers of packets and capabilities are those of
 * the usbredir protocol, version 0.7.
 *
 * The lock guards everything but the constant parts; it is not held while waiting for the peer.
 * Whoever waits reads for all: as long as polling is set, no other thread touches the stream. */
#ifndef CCID_USBREDIR_PRIV_H
#define CCID_USBREDIR_PRIV_H

#include "transport_usbredir.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <usbredirparser.h>

#define CCID_REDIR_INTR_QUEUE 16
#define CCID_REDIR_INTR_MAX   80 /* NotifySlotChange for 256 slots has 65 bytes */
#define CCID_REDIR_BULK_MAX   (128u * 1024u)

/* One request that the peer has to answer. */
struct ccid_redir_req {
	uint64_t id;    /* 0: none */
	uint64_t first; /* of a request sent in several packets, else id */
	uint8_t *buf;   /* for data of the answer, not owned */
	size_t cap;
	bool done;
	int result; /* when done */
};

struct ccid_redir_message {
	size_t len;
	uint8_t bytes[CCID_REDIR_INTR_MAX];
};

/* The interrupt endpoint: a stream of the host's, and what came from it. */
struct ccid_redir_intr {
	bool wanted; /* the device is configured and has such an endpoint */
	bool running;
	bool halted;       /* the stream ended with a stall */
	unsigned failures; /* in a row */
	uint64_t start_id;
	int64_t retry_at;
	size_t count;
	struct ccid_redir_message queue[CCID_REDIR_INTR_QUEUE]; /* the oldest first */
};

struct ccid_redir {
	struct ccid_transport base;
	struct ccid_stream *stream;
	struct usbredirparser *parser;
	pthread_mutex_t lock;
	pid_t owner;
	int cancel_fd;       /* counts the calls of cancel() */
	atomic_uint cancels; /* the same: how many are kept */
	int queue_fd; /* readable while interrupt_in() has something to tell; -1 without event fd */
	int event_fd; /* epoll over the stream and queue_fd, or -1 */

	bool polling;
	bool opened; /* from here on a broken link is CCID_E_GONE, whatever broke it */
	int error;   /* why the link is over, 0 while it lives */
	uint32_t last_id;
	struct ccid_redir_req in, out, ctl;
	struct ccid_redir_intr intr;

	bool hello, interface_info, ep_info, connected;
	uint16_t vid, pid;
	uint8_t ep_type[32];

	/* Cutting the byte stream into packets, before the parser sees it. */
	uint8_t head[16];
	size_t head_len;
	uint32_t body_left;
	unsigned refills; /* reads of the stream left in this round */
	size_t rx_pos, rx_len;
	uint8_t rx[4096];

	uint8_t device_desc[18];
	uint8_t *config; /* owned */
};

/* usbredir_link.c: all with the lock held. */

/* Set up parser and descriptors. The stream stays the caller's. */
CCID_MUST_USE
int ccid_redir_link_open(struct ccid_redir *r, struct ccid_stream *stream);
void ccid_redir_link_close(struct ccid_redir *r);
/* The link is over; the first reason counts. */
void ccid_redir_fail(struct ccid_redir *r, int err, const char *why);
/* What to return for a link that is over, 0 while it lives. */
int ccid_redir_error(const struct ccid_redir *r);
/* Send what can be sent without waiting. */
void ccid_redir_flush(struct ccid_redir *r);
/* Send and receive what is possible without waiting. */
void ccid_redir_pump(struct ccid_redir *r);
/* Consume one cancel(), when there is one. */
bool ccid_redir_cancelled(struct ccid_redir *r);
/* Pump until something may have changed: 0, CCID_E_TIMEOUT, CCID_E_CANCELLED (one cancel() is
 * consumed; only when cancellable), or the link's error. */
CCID_MUST_USE
int ccid_redir_step(struct ccid_redir *r, bool cancellable, int64_t deadline);
/* Until req is done: its result, or as above. req is forgotten unless the result is 0 or more. */
CCID_MUST_USE
int ccid_redir_await(struct ccid_redir *r, struct ccid_redir_req *req, int64_t deadline);
/* A new request on req; its id. */
uint64_t ccid_redir_begin(struct ccid_redir *r, struct ccid_redir_req *req);
void ccid_redir_forget(struct ccid_redir_req *req);
/* enum ccid_err of a usbredir status. */
int ccid_redir_status(uint8_t status);

/* usbredir_packets.c */

/* Put our callbacks in place, one for each packet that a host can send. */
void ccid_redir_callbacks(struct usbredirparser *p);

/* usbredir_intr.c: with the lock held. */

void ccid_redir_intr_start(struct ccid_redir *r);
void ccid_redir_intr_stop(struct ccid_redir *r);
/* Start the stream again when it ended and the time has come. */
void ccid_redir_intr_tend(struct ccid_redir *r);
/* False once the host has refused the stream so often that it is not asked again. */
bool ccid_redir_intr_alive(const struct ccid_redir *r);
/* When that will be; CCID_NEVER when there is nothing to do. */
int64_t ccid_redir_intr_due(const struct ccid_redir *r);
void ccid_redir_intr_status(struct ccid_redir *r, uint64_t id, uint8_t status);
void ccid_redir_intr_push(struct ccid_redir *r, const uint8_t *data, size_t len);
/* Length of the oldest message, 0 when there is none, CCID_E_BABBLE when it is longer than cap. */
CCID_MUST_USE
int ccid_redir_intr_take(struct ccid_redir *r, uint8_t *buf, size_t cap);

/* transport_usbredir.c and usbredir_open.c: with the lock held, except that during the opening no
 * other thread knows of the transport. */

CCID_MUST_USE
int ccid_redir_control(struct ccid_redir *r, const struct ccid_setup *setup, uint8_t *data,
                       int64_t deadline);
/* Configuration and alternate setting as chosen, the interrupt stream started. */
CCID_MUST_USE
int ccid_redir_configure(struct ccid_redir *r, int64_t deadline);
void ccid_redir_free(struct ccid_redir *r);
extern const struct ccid_transport_ops ccid_redir_ops;

#endif
