/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include "blob.h"
#include "process.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define READY_MAX  64 /* descriptors looked at in one round */
#define ROUNDS_MAX 4  /* what one round does may be news for the next */

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Tags of what is no seat, in the set of sources. */
static int in_set(int set, int fd)
{
	struct epoll_event e = {.events = EPOLLIN};

	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &e);
}

static bool open_descriptors(struct ccid_watch *w)
{
	w->event_fd = epoll_create1(EPOLL_CLOEXEC);
	w->sources = epoll_create1(EPOLL_CLOEXEC);
	w->pending_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return in_set(w->event_fd, w->sources) == 0 && in_set(w->event_fd, w->pending_fd) == 0 &&
	       in_set(w->sources, w->changed_fd) == 0 && in_set(w->sources, w->timer_fd) == 0 &&
	       w->cancel_fd >= 0;
}

static struct ccid_watch *make(iscard_context *c)
{
	struct ccid_watch *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->context = c;
	w->list_changes = w->lap = 1;
	w->look_at = w->peers_at = w->armed = CCID_NEVER;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->opened, NULL);
	if (open_descriptors(w))
		return w;
	ccid_watch_free(w, true);
	return NULL;
}

HRESULT ccid_watch_of(iscard_context *c, struct ccid_watch **out)
{
	struct ccid_watch *w = atomic_load(&c->watch);

	*out = w;
	if (w != NULL)
		return S_OK;
	pthread_mutex_lock(&c->lock);
	w = atomic_load(&c->watch);
	if (w == NULL) {
		w = make(c);
		atomic_store(&c->watch, w);
	}
	pthread_mutex_unlock(&c->lock);
	*out = w;
	return w != NULL ? S_OK : E_OUTOFMEMORY;
}

static void request_fini(struct ccid_request *r)
{
	free(r->text);
}

void ccid_watch_free(struct ccid_watch *w, bool ours)
{
	if (w == NULL)
		return;
	while (w->seats != NULL) {
		struct ccid_seat *s = w->seats;

		w->seats = s->next;
		ccid_seat_free(s, ours);
	}
	while (w->requests != NULL) {
		struct ccid_request *r = w->requests;

		w->requests = r->next;
		request_fini(r);
		free(r);
	}
	ccid_hotplug_close(w->hotplug);
	close_fd(w->event_fd);
	close_fd(w->sources);
	close_fd(w->pending_fd);
	close_fd(w->changed_fd);
	close_fd(w->timer_fd);
	close_fd(w->cancel_fd);
	if (ours) {
		pthread_cond_destroy(&w->opened);
		pthread_mutex_destroy(&w->lock);
	}
	free(w);
}

int ccid_request_init(struct ccid_request *r, const iscard_context *c, const char *text, bool copy)
{
	*r = (struct ccid_request){.reader = text};
	if (text == NULL)
		return 0;
	if (copy) {
		r->text = ccid_text_copy(text, strlen(text));
		if (r->text == NULL)
			return CCID_E_NOMEM;
		r->reader = r->text;
	}
	r->is_address = ccid_is_address(text, c->scheme);
	if (!r->is_address || ccid_address_parse(&r->address, text, NULL) != 0)
		r->address.kind = CCID_ADDRESS_OTHER;
	return 0;
}

bool ccid_request_fits(const struct ccid_request *r, const struct ccid_seat *s)
{
	if (r->reader == NULL || strcmp(r->reader, s->name) == 0)
		return true;
	if (!r->is_address)
		return false;
	if (strcmp(r->reader, s->address) == 0)
		return true;
	return s->source == NULL && r->address.kind != CCID_ADDRESS_OTHER &&
	       ccid_address_matches(&r->address, &s->found);
}

static bool watches_usb(const struct ccid_watch *w)
{
	for (size_t i = 0; i < w->context->nsources; i++)
		if (w->context->sources[i].usb)
			return w->requests != NULL;
	return false;
}

/* It stays open, and nobody is woken: the kernel takes 20 ms to close an inotify, which is too long for a
 * program that asks for readers again and again. */
static void unfollow_usb(struct ccid_watch *w)
{
	if (w->follows)
		epoll_ctl(w->sources, EPOLL_CTL_DEL, ccid_hotplug_fd(w->hotplug), NULL);
	w->follows = false;
}

static struct ccid_hotplug *hotplug_of(struct ccid_watch *w)
{
	const struct ccid_usb_stand_in *usb = w->context->usb;

	if (w->hotplug == NULL &&
	    ccid_hotplug_open(&w->hotplug, usb != NULL ? usb->hotplug : NULL, &w->context->env) < 0)
		w->hotplug = NULL;
	return w->hotplug;
}

/* Without it there are looks by time, until it can be had. */
static void follow_usb(struct ccid_watch *w)
{
	if (!watches_usb(w)) {
		unfollow_usb(w);
		return;
	}
	if (!w->follows && hotplug_of(w) != NULL)
		w->follows = in_set(w->sources, ccid_hotplug_fd(w->hotplug)) == 0;
}

void ccid_watch_asked(struct ccid_watch *w)
{
	follow_usb(w);
	for (struct ccid_seat *s = w->seats; s != NULL; s = s->next)
		ccid_watch_ask(w, s);
}

void ccid_watch_add(struct ccid_watch *w, struct ccid_request *r)
{
	/* While news was followed the last picture holds. */
	if (w->requests == NULL || !w->follows)
		w->look = true;
	r->next = w->requests;
	w->requests = r;
	ccid_watch_asked(w);
}

void ccid_watch_remove(struct ccid_watch *w, struct ccid_request *r)
{
	struct ccid_request **at = &w->requests;

	while (*at != NULL && *at != r)
		at = &(*at)->next;
	if (*at == r)
		*at = r->next;
	ccid_watch_asked(w);
}

static bool drain(int fd)
{
	uint64_t n;

	return read(fd, &n, sizeof n) == sizeof n;
}

static void signal_fd(int fd)
{
	uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof one);

	(void)n; /* a counter that is full is readable too */
}

void ccid_watch_wake(struct ccid_watch *w)
{
	for (struct ccid_waiter *p = w->waiters; p != NULL; p = p->next)
		signal_fd(p->fd);
}

void ccid_watch_mark(struct ccid_watch *w)
{
	const struct ccid_seat *s = w->seats;

	while (s != NULL && ccid_seat_event(s) == 0)
		s = s->next;
	if ((s != NULL) == w->pending)
		return;
	w->pending = s != NULL;
	if (w->pending)
		signal_fd(w->pending_fd);
	else
		(void)drain(w->pending_fd);
}

void ccid_watch_visit(struct ccid_watch *w,
                      void (*fn)(iscard_context *c, struct ccid_open *o, unsigned slot))
{
	for (struct ccid_seat *s = w->seats; s != NULL; s = s->next)
		if (s->open != NULL)
			fn(w->context, s->open, s->slot);
}

/* The marks are taken away before what they stand for is looked at. */
static void take_marks(struct ccid_watch *w)
{
	struct epoll_event ready[READY_MAX];
	int n = epoll_wait(w->sources, ready, READY_MAX, 0);

	for (int i = 0; i < n; i++) {
		struct ccid_seat *s = ready[i].data.ptr;

		if (s != NULL)
			s->ready = true;
	}
	if (n <= 0)
		return;
	(void)drain(w->changed_fd);
	if (drain(w->timer_fd))
		w->armed = CCID_NEVER;
}

static int64_t due_of(const struct ccid_watch *w)
{
	int64_t due = w->look_at, next;

	if (w->requests == NULL)
		return CCID_NEVER;
	if (w->follows && ccid_hotplug_due(w->hotplug) < due)
		due = ccid_hotplug_due(w->hotplug);
	due = w->peers_at < due ? w->peers_at : due;
	for (const struct ccid_seat *s = w->seats; s != NULL; s = s->next) {
		next = ccid_seat_due(s);
		due = next < due ? next : due;
	}
	return due;
}

static void arm(struct ccid_watch *w, int64_t now)
{
	struct itimerspec at = {.it_value = {0}};
	int64_t due = due_of(w), left = due > now ? due - now : 1;

	if (due == w->armed)
		return;
	w->armed = due;
	if (due != CCID_NEVER) {
		at.it_value.tv_sec = (time_t)(left / 1000);
		at.it_value.tv_nsec = (long)(left % 1000) * 1000000;
	}
	timerfd_settime(w->timer_fd, 0, &at, NULL);
}

static bool look_is_due(struct ccid_watch *w, int64_t now)
{
	bool due = w->look || now >= w->look_at || now >= w->peers_at;

	if (w->follows && ccid_hotplug_take(w->hotplug))
		due = true;
	for (const struct ccid_seat *s = w->seats; s != NULL && !due; s = s->next)
		due = !s->present && s->source == NULL && s->bus != 0 && now >= s->gone_until &&
		      s->want != CCID_WANT_NOTHING;
	return due && w->requests != NULL;
}

void ccid_watch_let_go(struct ccid_watch *w)
{
	ccid_watch_mark(w);
	if (w->changed)
		ccid_watch_wake(w);
	arm(w, ccid_env_now(&w->context->env));
	pthread_mutex_unlock(&w->lock);
}

/* Another thread may have found what it was not for it to tell. */
void ccid_watch_resume(struct ccid_watch *w)
{
	pthread_mutex_lock(&w->lock);
	w->changed = true;
	pthread_cond_broadcast(&w->opened);
}

/* Those that the lap has not come to yet; others, which may have had news since, in the next one. */
static void tend_all(struct ccid_watch *w, int64_t now, int64_t until)
{
	bool left_out = false, behind = false;

	for (struct ccid_seat *s = w->seats; s != NULL; s = s->next) {
		bool out = ccid_env_now(&w->context->env) >= until;

		if (!out && (until == CCID_NEVER || s->lap != w->lap)) {
			ccid_seat_tend(s, now);
			s->lap = w->lap;
		} else {
			left_out = true;
			behind = behind || s->lap != w->lap;
		}
	}
	if (!behind)
		w->lap++;
	if (left_out)
		signal_fd(w->changed_fd);
}

static void round_of(struct ccid_watch *w, int64_t now, int64_t until)
{
	if (look_is_due(w, now)) {
		w->look = false;
		follow_usb(w); /* before the look, so that nothing comes between */
		ccid_watch_look(w, now);
		if (!w->follows && watches_usb(w)) /* for want of descriptors */
			w->look_at = now + CCID_WATCH_BACKOFF_MS;
	}
	tend_all(w, now, until);
}

static void take(struct ccid_watch *w, int64_t now, int64_t until)
{
	unsigned rounds = 0;

	take_marks(w);
	w->changed = false;
	do
		round_of(w, now, until);
	while (++rounds < ROUNDS_MAX && ccid_env_now(&w->context->env) < until &&
	       (drain(w->changed_fd) || w->look));
	ccid_watch_mark(w);
	if (w->changed)
		ccid_watch_wake(w);
	arm(w, ccid_env_now(&w->context->env));
}

void ccid_watch_take(struct ccid_watch *w)
{
	take(w, ccid_env_now(&w->context->env), CCID_NEVER);
}

void ccid_watch_take_some(struct ccid_watch *w)
{
	int64_t now = ccid_env_now(&w->context->env);

	take(w, now, now + CCID_WATCH_STINT_MS);
}
