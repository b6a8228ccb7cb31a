/* SPDX-License-Identifier: MIT */
#include "proxy.h"

#include "bytes.h"
#include "proxy_log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#define CHUNK 65536u

/* One direction: from side i to the other. */
struct way {
	int from, to;
	size_t at, len; /* of buf, still to be sent */
	bool ended;     /* the side has said all it has to say */
	bool told;      /* and the other knows */
	uint8_t buf[CHUNK];
};

struct ccid_proxy {
	const struct ccid_env *env;
	struct ccid_proxy_log *log;
	struct way way[2];
};

int ccid_proxy_open(struct ccid_proxy **out, const int fd[2], unsigned host, const char *path,
                    const struct ccid_env *env)
{
	struct ccid_proxy *p = calloc(1, sizeof *p);
	int err = CCID_E_NOMEM;

	if (p != NULL)
		err = ccid_proxy_log_open(&p->log, host, path, env);
	if (err != 0) {
		free(p);
		return err;
	}
	p->env = env;
	for (unsigned i = 0; i < 2; i++) {
		p->way[i].from = fd[i];
		p->way[i].to = fd[1 - i];
	}
	*out = p;
	return 0;
}

uint64_t ccid_proxy_packets(const struct ccid_proxy *p)
{
	return ccid_proxy_log_packets(p->log);
}

int ccid_proxy_close(struct ccid_proxy *p)
{
	int err = ccid_proxy_log_close(p->log);

	ccid_wipe(p, sizeof *p);
	free(p);
	return err;
}

static bool would_block(int e)
{
	return e == EAGAIN || e == EWOULDBLOCK || e == EINTR;
}

/* Nobody is there to hear more. */
static void give_up(struct way *w)
{
	ccid_wipe(w->buf, sizeof w->buf);
	w->len = 0;
	w->ended = w->told = true;
}

static void take(struct ccid_proxy *p, unsigned i)
{
	struct way *w = &p->way[i];
	ssize_t n = recv(w->from, w->buf, CHUNK, MSG_DONTWAIT);

	if (n < 0 && would_block(errno))
		return;
	if (n < 0)
		give_up(&p->way[1 - i]);
	if (n <= 0) {
		w->ended = true;
		return;
	}
	w->at = 0;
	w->len = (size_t)n;
	ccid_proxy_log_bytes(p->log, i, w->buf, w->len);
}

static void give(struct way *w)
{
	ssize_t n = send(w->to, w->buf + w->at, w->len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0) {
		if (!would_block(errno))
			give_up(w);
		return;
	}
	ccid_wipe(w->buf + w->at, (size_t)n);
	w->at += (size_t)n;
	w->len -= (size_t)n;
}

/* As much as goes at once. */
static void pass(struct ccid_proxy *p, unsigned i)
{
	struct way *w = &p->way[i];

	if (w->len == 0 && !w->ended)
		take(p, i);
	if (w->len > 0)
		give(w);
	if (w->ended && w->len == 0 && !w->told) {
		w->told = true;
		(void)shutdown(w->to, SHUT_WR); /* it may be gone */
	}
}

static bool is_over(const struct ccid_proxy *p)
{
	return p->way[0].told && p->way[1].told;
}

/* What is to be waited for at side i. A side that nothing is wanted of is not asked: it would say
 * for ever that it has hung up. */
static struct pollfd wanted(const struct ccid_proxy *p, unsigned i)
{
	struct pollfd f = {.fd = p->way[i].from};

	if (p->way[i].len == 0 && !p->way[i].ended)
		f.events |= POLLIN;
	if (p->way[1 - i].len > 0)
		f.events |= POLLOUT;
	if (f.events == 0)
		f.fd = -1;
	return f;
}

static int poll_ms(const struct ccid_env *env, int64_t deadline)
{
	int64_t left;

	if (deadline == CCID_NEVER)
		return -1;
	left = deadline - ccid_env_now(env);
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int ccid_proxy_step(struct ccid_proxy *p, int cancel_fd, int64_t deadline)
{
	struct pollfd f[3] = {wanted(p, 0), wanted(p, 1), {.fd = cancel_fd, .events = POLLIN}};
	int n;

	if (is_over(p))
		return 0;
	n = poll(f, 3, poll_ms(p->env, deadline));
	if (n < 0)
		return errno == EINTR ? 1 : CCID_E_IO;
	if (n == 0)
		return CCID_E_TIMEOUT;
	if (f[2].revents != 0)
		return CCID_E_CANCELLED;
	pass(p, 0);
	pass(p, 1);
	return !is_over(p);
}
