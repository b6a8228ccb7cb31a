/* SPDX-License-Identifier: MIT */
#include "redir_serve.h"

#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool send_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* False when the conversation is over. */
static bool give(struct redir_serve *s)
{
	static _Thread_local uint8_t buf[8192];
	int n = 1;
	bool stop = false;

	while (n > 0) {
		pthread_mutex_lock(&s->lock);
		n = redir_host_output(s->host, buf, sizeof buf);
		stop = s->stop;
		pthread_mutex_unlock(&s->lock);
		if (n < 0 || stop || !send_all(s->fd, buf, (size_t)n))
			return false;
	}
	return true;
}

static bool take(struct redir_serve *s)
{
	static _Thread_local uint8_t buf[8192];
	struct pollfd p[2] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->wake, .events = POLLIN}};
	uint64_t n;
	ssize_t k;

	must(poll(p, 2, -1) > 0);
	if (p[1].revents != 0)
		must(read(s->wake, &n, sizeof n) == sizeof n);
	if (p[0].revents == 0)
		return true;
	k = recv(s->fd, buf, sizeof buf, 0);
	if (k <= 0)
		return false;
	pthread_mutex_lock(&s->lock);
	redir_host_input(s->host, buf, (size_t)k);
	pthread_mutex_unlock(&s->lock);
	return true;
}

static void *serve(void *arg)
{
	struct redir_serve *s = arg;

	while (give(s) && take(s))
		continue;
	shutdown(s->fd, SHUT_RDWR);
	return NULL;
}

void redir_serve_start(struct redir_serve *s, struct redir_host *h, int fd)
{
	*s = (struct redir_serve){.host = h, .fd = fd, .wake = eventfd(0, EFD_CLOEXEC)};
	must(s->wake >= 0);
	redir_host_hello(h);
	must(pthread_mutex_init(&s->lock, NULL) == 0);
	must(pthread_create(&s->thread, NULL, serve, s) == 0);
}

void redir_serve_lock(struct redir_serve *s)
{
	pthread_mutex_lock(&s->lock);
}

void redir_serve_unlock(struct redir_serve *s)
{
	uint64_t one = 1;

	pthread_mutex_unlock(&s->lock);
	must(write(s->wake, &one, sizeof one) == sizeof one);
}

void redir_serve_stop(struct redir_serve *s)
{
	redir_serve_lock(s);
	s->stop = true;
	redir_serve_unlock(s);
	must(pthread_join(s->thread, NULL) == 0);
	close(s->fd);
	close(s->wake);
	pthread_mutex_destroy(&s->lock);
}

static unsigned count(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	must(d != NULL);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

unsigned redir_count_fds(void)
{
	return count("/proc/self/fd");
}

unsigned redir_count_tasks(void)
{
	return count("/proc/self/task");
}
