/* SPDX-License-Identifier: MIT */
/* A made-up usb-host behind a real socket, in a thread of its own. */
#ifndef REDIR_SERVE_H
#define REDIR_SERVE_H

#include "redir_host.h"

#include <pthread.h>

struct redir_serve {
	struct redir_host *host;
	pthread_t thread;
	pthread_mutex_t lock; /* for host, while the thread runs */
	int fd;               /* owned */
	int wake;             /* eventfd: look at the host again */
	bool stop;
};

/* Say hello on fd and serve until the peer leaves or the host says so. */
void redir_serve_start(struct redir_serve *s, struct redir_host *h, int fd);
/* Change the host from outside: between these two nothing else touches it. */
void redir_serve_lock(struct redir_serve *s);
void redir_serve_unlock(struct redir_serve *s);
/* Close the socket and wait for the thread. */
void redir_serve_stop(struct redir_serve *s);

/* Descriptors and threads of this process. */
unsigned redir_count_fds(void);
unsigned redir_count_tasks(void);

#endif
