/* SPDX-License-Identifier: MIT */
/* Waits, and what ends them. */
#include "process.h"
#include "watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct wait {
	struct ccid_waiter waiter; /* first */
	iscard_context *context;
	struct ccid_watch *watch;
	struct iscard_reader_state *states;
	struct ccid_request *requests; /* one a state */
	size_t count;
	const unsigned *since; /* NULL: since the last one that a wait has seen */
	unsigned cancels;      /* seen before it began */
	int64_t deadline;
};

static const struct ccid_seat *seat_of(const struct wait *t, size_t i)
{
	const struct ccid_seat *fits = NULL;

	for (const struct ccid_seat *s = t->watch->seats; s != NULL; s = s->next) {
		if (!ccid_request_fits(&t->requests[i], s))
			continue;
		if (s->present)
			return s;
		fits = fits == NULL ? s : fits;
	}
	return fits;
}

/* Whether one of them differs from what the caller has seen. */
static bool compare(const struct wait *t)
{
	bool differs = false;

	for (size_t i = 0; i < t->count; i++) {
		struct iscard_reader_state *state = &t->states[i];
		const struct ccid_seat *s = state->reader != NULL ? seat_of(t, i) : NULL;

		state->now =
			(struct iscard_slot_status){.result = SCARD_E_UNKNOWN_READER, .changes = 1};
		if (s != NULL)
			state->now = s->now;
		if (state->reader == NULL)
			state->now = (struct iscard_slot_status){.result = S_OK,
			                                         .changes = t->watch->list_changes};
		differs = differs || state->now.changes != state->seen;
	}
	return differs;
}

/* Nothing is known yet of one that is asked for. */
static bool opening(const struct wait *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct ccid_seat *s = t->states[i].reader != NULL ? seat_of(t, i) : NULL;

		if (s != NULL && s->open == NULL && ccid_seat_is_opening_elsewhere(s))
			return true;
	}
	return false;
}

static int time_left(const struct wait *t)
{
	int64_t left;

	if (t->deadline == CCID_NEVER)
		return -1;
	left = t->deadline - ccid_env_now(&t->context->env);
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static bool cancelled(const struct wait *t)
{
	return atomic_load(&t->context->cancels) != t->cancels;
}

/* A mark that is taken away might have been somebody else's too. */
static void take_cancel(struct wait *t)
{
	uint64_t n;

	if (read(t->watch->cancel_fd, &n, sizeof n) == sizeof n)
		ccid_watch_wake(t->watch);
}

static void wait_once(struct wait *t, int left)
{
	struct pollfd fds[] = {{.fd = t->waiter.fd, .events = POLLIN},
	                       {.fd = t->watch->cancel_fd, .events = POLLIN},
	                       {.fd = t->watch->sources, .events = POLLIN}};
	uint64_t n;

	pthread_mutex_unlock(&t->watch->lock);
	poll(fds, sizeof fds / sizeof *fds, left);
	if (fds[0].revents != 0 && read(t->waiter.fd, &n, sizeof n) < 0)
		fds[0].revents = 0; /* it was only a mark */
	pthread_mutex_lock(&t->watch->lock);
	if (fds[1].revents != 0)
		take_cancel(t);
}

static HRESULT run(struct wait *t)
{
	int left;

	for (;;) {
		ccid_watch_take(t->watch);
		left = time_left(t);
		if (left == 0 && opening(t)) {
			pthread_cond_wait(&t->watch->opened, &t->watch->lock);
			continue;
		}
		if (compare(t) && !opening(t))
			return S_OK;
		if (left != 0 && cancelled(t)) {
			t->watch->cancels = atomic_load(&t->context->cancels);
			take_cancel(t);
			return SCARD_E_CANCELLED;
		}
		if (left == 0)
			return SCARD_E_TIMEOUT;
		wait_once(t, left);
	}
}

static void begin(struct wait *t)
{
	struct ccid_watch *w = t->watch;

	t->waiter.next = w->waiters;
	w->waiters = &t->waiter;
	t->cancels = t->since != NULL ? *t->since : w->cancels;
	for (size_t i = 0; i < t->count; i++)
		ccid_watch_add(w, &t->requests[i]);
}

static void end(struct wait *t)
{
	struct ccid_waiter **at = &t->watch->waiters;

	while (*at != &t->waiter)
		at = &(*at)->next;
	*at = t->waiter.next;
	for (size_t i = 0; i < t->count; i++)
		ccid_watch_remove(t->watch, &t->requests[i]);
	ccid_watch_take(t->watch);
}

/* A list is followed by following all readers, without opening them. */
static HRESULT prepare(struct wait *t)
{
	t->waiter.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->requests = calloc(t->count + 1, sizeof *t->requests);
	if (t->waiter.fd < 0 || t->requests == NULL)
		return E_OUTOFMEMORY;
	for (size_t i = 0; i < t->count; i++) {
		const char *reader = t->states[i].reader;

		if (ccid_request_init(&t->requests[i], t->context, reader, false) < 0)
			return E_OUTOFMEMORY;
		t->requests[i].want = reader != NULL ? CCID_WANT_CARDS : CCID_WANT_READER;
	}
	return S_OK;
}

static HRESULT wait_for(struct wait *t)
{
	HRESULT hr = ccid_watch_of(t->context, &t->watch);

	if (SUCCEEDED(hr))
		hr = prepare(t);
	if (SUCCEEDED(hr)) {
		pthread_mutex_lock(&t->watch->lock);
		begin(t);
		hr = run(t);
		end(t);
		pthread_mutex_unlock(&t->watch->lock);
	}
	if (t->waiter.fd >= 0)
		close(t->waiter.fd);
	free(t->requests);
	return hr;
}

static int64_t deadline_of(const iscard_context *c, int64_t timeout_ms)
{
	int64_t now = ccid_env_now(&c->env);

	if (timeout_ms == ISCARD_INFINITE || timeout_ms >= CCID_NEVER - now)
		return CCID_NEVER;
	return now + timeout_ms;
}

static HRESULT wait_since(iscard_context *context, struct iscard_reader_state *states, size_t count,
                          int64_t timeout_ms, const unsigned *since)
{
	struct wait t = {.waiter = {.fd = -1}, .states = states, .count = count, .since = since};
	HRESULT hr;

	if (states == NULL && count > 0)
		return E_POINTER;
	if (timeout_ms < ISCARD_INFINITE)
		return E_INVALIDARG;
	hr = ccid_context_get(context, &t.context);
	if (FAILED(hr))
		return hr;
	t.deadline = deadline_of(t.context, timeout_ms);
	hr = wait_for(&t);
	iscard_context_unref(t.context);
	return hr;
}

HRESULT iscard_context_wait(iscard_context *context, struct iscard_reader_state *states,
                            size_t count, int64_t timeout_ms)
{
	return wait_since(context, states, count, timeout_ms, NULL);
}

HRESULT ccid_watch_wait(iscard_context *c, struct iscard_reader_state *states, size_t count,
                        int64_t timeout_ms, unsigned since)
{
	return wait_since(c, states, count, timeout_ms, &since);
}

static void cancel(iscard_context *c)
{
	const struct ccid_watch *w;
	uint64_t one = 1;
	int saved = errno;
	ssize_t n;

	atomic_fetch_add(&c->cancels, 1);
	w = atomic_load(&c->watch);
	if (w != NULL) {
		n = write(w->cancel_fd, &one, sizeof one);
		(void)n; /* a counter that is full is readable too */
	}
	errno = saved;
}

HRESULT iscard_context_cancel(iscard_context *context)
{
	iscard_context *c = context;
	HRESULT hr;

	if (context == NULL) {
		hr = ccid_context_get(NULL, &c);
		if (FAILED(hr))
			return hr;
		cancel(c);
		iscard_context_unref(c);
		return S_OK;
	}
	if (c->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	cancel(c);
	return S_OK;
}
