/* SPDX-License-Identifier: MIT */
/* The public face of watch.h, but for waits. */
#include <iscard/events.h>

#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The context with a reference, and its watch, locked. */
static HRESULT enter(iscard_context *context, iscard_context **c, struct ccid_watch **w)
{
	HRESULT hr = ccid_context_get(context, c);

	if (FAILED(hr))
		return hr;
	hr = ccid_watch_of(*c, w);
	if (SUCCEEDED(hr))
		pthread_mutex_lock(&(*w)->lock);
	else
		iscard_context_unref(*c);
	return hr;
}

static void leave(iscard_context *c, struct ccid_watch *w)
{
	pthread_mutex_unlock(&w->lock);
	iscard_context_unref(c);
}

static struct ccid_request *find(const struct ccid_watch *w, const char *reader)
{
	struct ccid_request *r = w->requests;

	for (; r != NULL; r = r->next) {
		if (!r->told || (r->reader == NULL) != (reader == NULL))
			continue;
		if (reader == NULL || strcmp(r->reader, reader) == 0)
			break;
	}
	return r;
}

static void request_free(struct ccid_request *r)
{
	free(r->text);
	free(r);
}

static HRESULT begin(struct ccid_watch *w, const char *reader, enum ccid_want want)
{
	struct ccid_request *r = find(w, reader);

	if (r != NULL) {
		r->want = want;
		ccid_watch_asked(w);
		return S_OK;
	}
	r = malloc(sizeof *r);
	if (r == NULL || ccid_request_init(r, w->context, reader, true) < 0) {
		free(r);
		return E_OUTOFMEMORY;
	}
	r->told = true;
	r->want = want;
	ccid_watch_add(w, r);
	return S_OK;
}

HRESULT iscard_context_watch(iscard_context *context, const char *reader, unsigned flags)
{
	enum ccid_want want = flags & ISCARD_WATCH_CARDS ? CCID_WANT_CARDS : CCID_WANT_READER;
	struct ccid_watch *w;
	iscard_context *c;
	HRESULT hr;

	if ((flags & ~ISCARD_WATCH_CARDS) != 0)
		return E_INVALIDARG;
	hr = enter(context, &c, &w);
	if (FAILED(hr))
		return hr;
	hr = begin(w, reader, want);
	if (SUCCEEDED(hr))
		ccid_watch_take_some(w);
	leave(c, w);
	return hr;
}

HRESULT iscard_context_unwatch(iscard_context *context, const char *reader)
{
	struct ccid_request *r;
	struct ccid_watch *w;
	iscard_context *c;
	HRESULT hr = enter(context, &c, &w);

	if (FAILED(hr))
		return hr;
	r = find(w, reader);
	if (r != NULL) {
		ccid_watch_remove(w, r);
		request_free(r);
		ccid_watch_take(w);
	}
	leave(c, w);
	return r != NULL ? S_OK : SCARD_E_UNKNOWN_READER;
}

HRESULT iscard_context_event_fd(iscard_context *context, int *fd)
{
	struct ccid_watch *w;
	iscard_context *c;
	HRESULT hr;

	if (fd == NULL)
		return E_POINTER;
	*fd = -1;
	hr = enter(context, &c, &w);
	if (FAILED(hr))
		return hr;
	*fd = w->event_fd;
	leave(c, w);
	return S_OK;
}

static void describe(struct iscard_event *e, const struct ccid_seat *s, iscard_event_type type)
{
	*e = (struct iscard_event){.type = type, .slot = s->slot, .now = s->now};
	snprintf(e->reader, sizeof e->reader, "%s", s->name);
	snprintf(e->address, sizeof e->address, "%s", s->address);
}

static bool tell_one(struct ccid_watch *w, struct iscard_event *event)
{
	for (struct ccid_seat *s = w->seats; s != NULL; s = s->next) {
		iscard_event_type type = ccid_seat_event(s);

		if (type == 0)
			continue;
		ccid_seat_tell(s, type);
		describe(event, s, type);
		return true;
	}
	return false;
}

HRESULT iscard_context_next_event(iscard_context *context, struct iscard_event *event)
{
	struct ccid_watch *w;
	iscard_context *c;
	HRESULT hr;
	bool told;

	if (event == NULL)
		return E_POINTER;
	hr = enter(context, &c, &w);
	if (FAILED(hr))
		return hr;
	ccid_watch_take_some(w);
	told = tell_one(w, event);
	ccid_watch_mark(w);
	leave(c, w);
	return told ? S_OK : S_FALSE;
}

HRESULT iscard_context_hotplug(iscard_context *context, const char **source)
{
	struct ccid_watch *w;
	iscard_context *c;
	HRESULT hr;

	if (source == NULL)
		return E_POINTER;
	*source = "none";
	hr = enter(context, &c, &w);
	if (FAILED(hr))
		return hr;
	if (w->follows)
		*source = ccid_hotplug_source(w->hotplug);
	leave(c, w);
	return S_OK;
}

const char *iscard_event_name(iscard_event_type type)
{
	static const char *const names[] = {
		"unknown",       "reader-arrived", "reader-left",   "reader-status",
		"card-inserted", "card-removed",   "card-ejecting", "card-taken",
		"card-captured", "card-jammed",    "card-locked",   "card-unlocked",
	};

	return (unsigned)type < sizeof names / sizeof *names ? names[type] : names[0];
}
