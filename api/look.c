/* SPDX-License-Identifier: MIT */
/* From what a scan sees to seats. */
#include "blob.h"
#include "watch.h"

#include <stdlib.h>
#include <string.h>

static struct ccid_seat *find_seat(struct ccid_watch *w, const char *name)
{
	struct ccid_seat *s = w->seats;

	while (s != NULL && strcmp(s->name, name) != 0)
		s = s->next;
	return s;
}

bool ccid_watch_misses(struct ccid_watch *w, const char *name)
{
	const struct ccid_seat *s;
	bool missed;

	pthread_mutex_lock(&w->lock);
	s = find_seat(w, name);
	missed = s != NULL && s->source != NULL && !s->present && !ccid_seat_is_opening(s);
	pthread_mutex_unlock(&w->lock);
	return missed;
}

static enum ccid_want wanted(const struct ccid_watch *w, const struct ccid_seat *s, bool *watched)
{
	enum ccid_want want = CCID_WANT_NOTHING;

	*watched = false;
	for (const struct ccid_request *r = w->requests; r != NULL; r = r->next) {
		if (!ccid_request_fits(r, s))
			continue;
		want = r->want > want ? r->want : want;
		*watched = *watched || r->told;
	}
	return want;
}

void ccid_watch_ask(struct ccid_watch *w, struct ccid_seat *s)
{
	bool watched;
	enum ccid_want want = wanted(w, s, &watched);

	ccid_seat_want(s, want, watched);
}

static struct ccid_seat *append(struct ccid_watch *w, const char *name)
{
	struct ccid_seat **at = &w->seats, *s = ccid_seat_new(w, name);

	while (*at != NULL)
		at = &(*at)->next;
	*at = s;
	return s;
}

struct look {
	struct ccid_watch *watch;
	int64_t now;
};

/* A device that left may still be listed for a moment. */
static void seen_on_bus(struct ccid_seat *s, const struct ccid_usb_found *found, int64_t now)
{
	bool other = s->bus != found->bus || s->dev != found->dev;

	if (s->present && other)
		ccid_seat_depart(s, now);
	if (other)
		s->losses = 0;
	if (!s->present && (other || now >= s->gone_until))
		ccid_seat_arrive(s);
	s->found = *found;
	s->bus = found->bus;
	s->dev = found->dev;
}

static void not_on_bus(struct ccid_seat *s, int64_t now)
{
	if (s->present)
		ccid_seat_depart(s, now);
	s->bus = s->dev = 0; /* whatever comes next is another device */
}

static int see(void *arg, const struct ccid_seen *seen)
{
	const struct look *look = arg;
	struct ccid_seat *s = find_seat(look->watch, seen->name);

	if (seen->err < 0)
		return 0;
	if (s == NULL)
		s = append(look->watch, seen->name);
	if (s == NULL || !ccid_seat_at(s, seen->address))
		return CCID_E_NOMEM;
	s->seen = true;
	s->slot = seen->slot;
	if (seen->found != NULL)
		seen_on_bus(s, seen->found, look->now);
	else
		s->source = seen->source;
	ccid_watch_ask(look->watch, s);
	return 0;
}

/* Who is not USB is asked once who it is. When to ask those again who did not answer: at once the ones
 * behind one that took its time. */
static int64_t identify(iscard_context *c, int64_t now)
{
	int64_t due = CCID_NEVER;

	for (size_t i = 0; i < c->nsources; i++) {
		struct ccid_source *s = &c->sources[i];

		if (ccid_env_now(&c->env) - now >= CCID_WATCH_STINT_MS)
			return now;
		if (!s->usb && !s->known && now >= s->retry_at && ccid_source_identify(s, c) < 0) {
			s->retry_at = ccid_source_returns(s) ? now + ccid_backoff(s->failures)
			                                     : CCID_NEVER;
			s->failures++;
		}
		if (!s->usb && !s->known && s->retry_at < due)
			due = s->retry_at;
	}
	return due;
}

static bool is_named(const struct ccid_watch *w, const struct ccid_seat *s)
{
	const struct ccid_request *r = w->requests;

	while (r != NULL && (r->reader == NULL || strcmp(r->reader, s->name) != 0))
		r = r->next;
	return r != NULL;
}

static bool idle(const struct ccid_watch *w, const struct ccid_seat *s)
{
	return !s->present && s->open == NULL && !s->opening && s->source == NULL &&
	       ccid_seat_event(s) == 0 && !is_named(w, s);
}

/* Of readers that have left and that nobody asks for by name, the newest few are remembered. */
static void prune(struct ccid_watch *w)
{
	unsigned absent = 0;

	for (const struct ccid_seat *s = w->seats; s != NULL; s = s->next)
		absent += idle(w, s);
	for (struct ccid_seat **at = &w->seats; *at != NULL && absent > CCID_WATCH_ABSENT_MAX;) {
		struct ccid_seat *s = *at;

		if (!idle(w, s)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		ccid_seat_free(s, true);
		absent--;
	}
}

void ccid_watch_look(struct ccid_watch *w, int64_t now)
{
	iscard_context *c = w->context;
	struct look look = {w, now};
	int err;

	for (struct ccid_seat *s = w->seats; s != NULL; s = s->next)
		s->seen = false;
	pthread_mutex_lock(&c->lock);
	w->peers_at = identify(c, now);
	w->look = w->peers_at <= now;
	err = ccid_find_present(c, see, &look);
	pthread_mutex_unlock(&c->lock);
	w->look_at = err < 0 ? now + CCID_WATCH_BACKOFF_MS : CCID_NEVER;
	for (struct ccid_seat *s = w->seats; s != NULL && err < 0; s = s->next)
		if (s->gone_until < w->look_at)
			s->gone_until = w->look_at;
	for (struct ccid_seat *s = w->seats; s != NULL && err == 0; s = s->next) {
		if (!s->seen && s->source == NULL)
			not_on_bus(s, now);
		if (s->err == CCID_E_ACCESS) /* it may be granted by now */
			s->retry_at = 0;
	}
	prune(w);
}
