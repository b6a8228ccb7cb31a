/* SPDX-License-Identifier: MIT */
#include "lockstep.h"

#include "err.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHANGES 4 /* one in so many points is one */

int __real_pthread_mutex_lock(pthread_mutex_t *m);
int __real_pthread_mutex_unlock(pthread_mutex_t *m);
int __real_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
int __real_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *at);
int __real_pthread_cond_signal(pthread_cond_t *c);
int __real_pthread_cond_broadcast(pthread_cond_t *c);
int __real_clock_gettime(clockid_t id, struct timespec *at);
int __wrap_pthread_mutex_lock(pthread_mutex_t *m);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *m);
int __wrap_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *at);
int __wrap_pthread_cond_signal(pthread_cond_t *c);
int __wrap_pthread_cond_broadcast(pthread_cond_t *c);
int __wrap_clock_gettime(clockid_t id, struct timespec *at);

struct member {
	pthread_t thread;
	pthread_cond_t go;
	bool over, waits;
	const void *what; /* mutex or condition that it waits for */
	int64_t until;
	int fd;
	void (*body)(void *);
	void *arg;
};

static struct {
	pthread_mutex_t lock;
	struct fake_clock *clock;
	uint64_t random;
	unsigned n;
	struct member *running;
	struct member member[LOCKSTEP_MAX];
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local struct member *me;

/* --- who is next; locked --- */

/* Marsaglia's xorshift64. */
static unsigned below(unsigned n)
{
	all.random ^= all.random << 13;
	all.random ^= all.random >> 7;
	all.random ^= all.random << 17;
	return (unsigned)(all.random >> 32) % n;
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&p, 1, 0) > 0;
}

static bool can_run(const struct member *m)
{
	return !m->over && (!m->waits || m->until <= all.clock->now || readable(m->fd));
}

static struct member *choose(void)
{
	struct member *can[LOCKSTEP_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < all.n; i++)
		if (can_run(&all.member[i]))
			can[n++] = &all.member[i];
	return n > 0 ? can[below(n)] : NULL;
}

static bool let_time_pass(void)
{
	int64_t next = CCID_NEVER;
	bool any = false;

	for (unsigned i = 0; i < all.n; i++) {
		const struct member *m = &all.member[i];

		any = any || !m->over;
		if (!m->over && m->until < next)
			next = m->until;
	}
	if (any && next == CCID_NEVER) {
		fprintf(stderr, "all threads wait for each other\n");
		abort();
	}
	if (any)
		fake_clock_jump(all.clock, next);
	return any;
}

static void hand_over(void)
{
	struct member *next;

	do
		next = choose();
	while (next == NULL && let_time_pass());
	all.running = next;
	if (next != NULL && next != me)
		__real_pthread_cond_signal(&next->go);
}

static void take_over(void)
{
	while (all.running != me)
		__real_pthread_cond_wait(&me->go, &all.lock);
	me->waits = false;
}

/* --- members --- */

bool lockstep_member(void)
{
	return me != NULL;
}

void lockstep_point(void)
{
	if (me == NULL)
		return;
	__real_pthread_mutex_lock(&all.lock);
	if (below(CHANGES) == 0) {
		hand_over();
		take_over();
	}
	__real_pthread_mutex_unlock(&all.lock);
}

static void wait_for(const void *what, int64_t until, int fd)
{
	__real_pthread_mutex_lock(&all.lock);
	me->waits = true;
	me->what = what;
	me->until = until;
	me->fd = fd;
	hand_over();
	take_over();
	__real_pthread_mutex_unlock(&all.lock);
}

int lockstep_wait(int64_t until, int fd)
{
	if (me == NULL)
		return CCID_OK;
	wait_for(NULL, until, fd);
	return readable(fd) ? CCID_E_CANCELLED : CCID_OK;
}

/* most of those who wait for it, beginning anywhere */
static void wake(const void *what, unsigned most)
{
	unsigned first;

	__real_pthread_mutex_lock(&all.lock);
	first = below(all.n);
	for (unsigned i = 0; i < all.n && most > 0; i++) {
		struct member *m = &all.member[(first + i) % all.n];

		if (!m->waits || m->what != what)
			continue;
		m->waits = false;
		m->what = NULL;
		most--;
	}
	__real_pthread_mutex_unlock(&all.lock);
}

static void *begin(void *arg)
{
	me = arg;
	__real_pthread_mutex_lock(&all.lock);
	take_over();
	__real_pthread_mutex_unlock(&all.lock);
	me->body(me->arg);
	__real_pthread_mutex_lock(&all.lock);
	me->over = true;
	hand_over();
	__real_pthread_mutex_unlock(&all.lock);
	return NULL;
}

static void start(struct member *m, void (*body)(void *), void *arg)
{
	*m = (struct member){.body = body, .arg = arg, .until = CCID_NEVER, .fd = -1};
	pthread_cond_init(&m->go, NULL);
	if (pthread_create(&m->thread, NULL, begin, m) != 0)
		abort();
}

void lockstep_run(struct fake_clock *clock, uint64_t seed, unsigned n, void (*body)(void *),
                  void *arg, size_t size)
{
	all.clock = clock;
	all.random = seed * 0x9E3779B97F4A7C15u | 1;
	all.n = n < LOCKSTEP_MAX ? n : LOCKSTEP_MAX;
	for (unsigned i = 0; i < all.n; i++)
		start(&all.member[i], body, (char *)arg + i * size);
	__real_pthread_mutex_lock(&all.lock);
	hand_over();
	__real_pthread_mutex_unlock(&all.lock);
	for (unsigned i = 0; i < all.n; i++) {
		pthread_join(all.member[i].thread, NULL);
		pthread_cond_destroy(&all.member[i].go);
	}
}

/* --- what the program calls --- */

static void lock(pthread_mutex_t *m)
{
	while (pthread_mutex_trylock(m) != 0)
		wait_for(m, CCID_NEVER, -1);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *m)
{
	if (me == NULL)
		return __real_pthread_mutex_lock(m);
	lockstep_point();
	lock(m);
	return 0;
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *m)
{
	int rc = __real_pthread_mutex_unlock(m);

	if (me == NULL)
		return rc;
	wake(m, LOCKSTEP_MAX);
	lockstep_point();
	return rc;
}

static int wait_on(pthread_cond_t *c, pthread_mutex_t *m, int64_t until)
{
	bool woken;

	__real_pthread_mutex_unlock(m);
	wake(m, LOCKSTEP_MAX);
	wait_for(c, until, -1);
	woken = me->what == NULL;
	lock(m);
	return woken ? 0 : ETIMEDOUT;
}

int __wrap_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	return me != NULL ? wait_on(c, m, CCID_NEVER) : __real_pthread_cond_wait(c, m);
}

int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *at)
{
	if (me == NULL)
		return __real_pthread_cond_timedwait(c, m, at);
	return wait_on(c, m, (int64_t)at->tv_sec * 1000 + at->tv_nsec / 1000000);
}

int __wrap_pthread_cond_signal(pthread_cond_t *c)
{
	if (me == NULL)
		return __real_pthread_cond_signal(c);
	wake(c, 1);
	return 0;
}

int __wrap_pthread_cond_broadcast(pthread_cond_t *c)
{
	if (me == NULL)
		return __real_pthread_cond_broadcast(c);
	wake(c, LOCKSTEP_MAX);
	return 0;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *at)
{
	int64_t now;

	if (me == NULL || id != CLOCK_MONOTONIC)
		return __real_clock_gettime(id, at);
	now = all.clock->now;
	*at = (struct timespec){(time_t)(now / 1000), (long)(now % 1000) * 1000000};
	return 0;
}
