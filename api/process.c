/* SPDX-License-Identifier: MIT */
#include "process.h"

#include "session.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define FIRST_NUMBER_MAX 0x3FFFFFFFu /* clients of PC/SC keep handles in an int */

static struct ccid_process process = {
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, NULL, 0, 0, NULL};
static pthread_once_t begun = PTHREAD_ONCE_INIT;
static atomic_uint epoch;
static atomic_uintptr_t last_number;

static void before_fork(void)
{
	pthread_mutex_lock(&process.lock);
}

static void after_fork_parent(void)
{
	pthread_mutex_unlock(&process.lock);
}

/* Readers, handles and the default context stay the parent's. Their memory is not freed: objects of
 * the child may still point to it. */
static void after_fork_child(void)
{
	atomic_fetch_add(&epoch, 1);
	process.readers = NULL;
	process.sessions = NULL;
	process.nsessions = process.cap = 0;
	process.context = NULL;
	pthread_cond_init(&process.opened, NULL);
	pthread_mutex_unlock(&process.lock);
}

/* A process can have two copies of this library, one of them linked statically: a handle of the one is
 * to mean nothing to the other. */
static uintptr_t first_number(void)
{
	struct timespec now;
	uint32_t n;

	if (getrandom(&n, sizeof n, GRND_NONBLOCK) == sizeof n)
		return n & FIRST_NUMBER_MAX;
	clock_gettime(CLOCK_MONOTONIC, &now);
	n = (uint32_t)now.tv_nsec ^ (uint32_t)((uintptr_t)&process >> 12);
	return n * 2654435761u & FIRST_NUMBER_MAX;
}

static void begin(void)
{
	atomic_store(&last_number, first_number());
	pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

struct ccid_process *ccid_process_enter(void)
{
	pthread_once(&begun, begin);
	pthread_mutex_lock(&process.lock);
	return &process;
}

void ccid_process_leave(void)
{
	pthread_mutex_unlock(&process.lock);
}

struct ccid_process *ccid_process(void)
{
	return &process;
}

unsigned ccid_process_epoch(void)
{
	pthread_once(&begun, begin);
	return atomic_load(&epoch);
}

ULONG_PTR ccid_process_number(void)
{
	pthread_once(&begun, begin);
	return atomic_fetch_add(&last_number, 1) + 1;
}

static int make_room(void)
{
	size_t cap = process.cap == 0 ? 8 : process.cap * 2;
	struct ccid_session **grown;

	if (process.nsessions < process.cap)
		return 0;
	grown = realloc(process.sessions, cap * sizeof(struct ccid_session *));
	if (grown == NULL)
		return CCID_E_NOMEM;
	process.sessions = grown;
	process.cap = cap;
	return 0;
}

int ccid_handle_add(struct ccid_session *s, HSCARD *handle)
{
	int err = make_room();

	if (err != 0)
		return err;
	*handle = ccid_process_number();
	process.sessions[process.nsessions++] = s;
	return 0;
}

/* Index of the first entry whose handle is not smaller. */
static size_t find(HSCARD handle)
{
	size_t low = 0, high = process.nsessions;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (process.sessions[mid]->handle < handle)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct ccid_session *ccid_handle_find(HSCARD handle)
{
	size_t i = find(handle);

	if (i == process.nsessions || process.sessions[i]->handle != handle)
		return NULL;
	return process.sessions[i];
}

void ccid_handle_remove(HSCARD handle)
{
	size_t i = find(handle);

	if (i == process.nsessions || process.sessions[i]->handle != handle)
		return;
	process.nsessions--;
	memmove(process.sessions + i, process.sessions + i + 1,
	        (process.nsessions - i) * sizeof *process.sessions);
}
