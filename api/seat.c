/* SPDX-License-Identifier: MIT */
/* One slot of one reader, as a context follows it. */
#define _GNU_SOURCE /* F_DUPFD_CLOEXEC */
#include "blob.h"
#include "result.h"
#include "session.h"
#include "watch.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

int64_t ccid_backoff(unsigned failures)
{
	int64_t ms = CCID_WATCH_BACKOFF_MS;

	while (failures > 0 && ms < CCID_WATCH_BACKOFF_MAX) {
		ms *= 2;
		failures--;
	}
	return ms < CCID_WATCH_BACKOFF_MAX ? ms : CCID_WATCH_BACKOFF_MAX;
}

/* In whichever thread found out; the reader is locked. */
static void reader_changed(struct ccid_listener *l)
{
	struct ccid_seat *s =
		(struct ccid_seat *)((char *)l - offsetof(struct ccid_seat, listener));
	uint64_t one = 1;
	ssize_t n = write(s->watch->changed_fd, &one, sizeof one);

	(void)n; /* a counter that is full is readable too */
}

struct ccid_seat *ccid_seat_new(struct ccid_watch *w, const char *name)
{
	struct ccid_seat *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->name = ccid_text_copy(name, strlen(name));
	s->address = ccid_text_copy("", 0);
	if (s->name == NULL || s->address == NULL) {
		free(s->name);
		free(s->address);
		free(s);
		return NULL;
	}
	s->watch = w;
	s->fd = -1;
	s->hear_at = s->poll_at = s->ask_at = s->sense_at = CCID_NEVER;
	s->listener.changed = reader_changed;
	s->now = (struct iscard_slot_status){.result = SCARD_E_UNKNOWN_READER, .changes = 1};
	s->counted = s->now;
	return s;
}

static void listen_to(struct ccid_seat *s)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};

	s->hear_at = CCID_NEVER;
	if (s->fd >= 0 && !s->listening)
		s->listening = epoll_ctl(s->watch->sources, EPOLL_CTL_ADD, s->fd, &e) == 0;
}

static void stop_listening(struct ccid_seat *s)
{
	if (s->listening)
		epoll_ctl(s->watch->sources, EPOLL_CTL_DEL, s->fd, NULL);
	s->listening = false;
}

/* In the child of a fork set and reader are still the parent's. */
static void give_back(struct ccid_seat *s, bool ours)
{
	if (s->open == NULL)
		return;
	if (ours) {
		stop_listening(s);
		ccid_reader_unlisten(ccid_open_reader(s->open), &s->listener);
	}
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->hear_at = s->poll_at = s->ask_at = s->sense_at = CCID_NEVER;
	ccid_pool_put(s->open);
	s->open = NULL;
}

void ccid_seat_free(struct ccid_seat *s, bool ours)
{
	give_back(s, ours);
	free(s->name);
	free(s->address);
	free(s);
}

bool ccid_seat_at(struct ccid_seat *s, const char *address)
{
	char *copy;

	if (strcmp(s->address, address) == 0)
		return true;
	copy = ccid_text_copy(address, strlen(address));
	if (copy == NULL)
		return false;
	free(s->address);
	s->address = copy;
	return true;
}

static bool returns(const struct ccid_seat *s)
{
	return s->source == NULL || ccid_source_returns(s->source);
}

void ccid_seat_arrive(struct ccid_seat *s)
{
	s->present = true;
	s->now.arrivals++;
	s->watch->list_changes++;
	s->watch->changed = true;
}

void ccid_seat_depart(struct ccid_seat *s, int64_t now)
{
	if (s->open != NULL && now - s->opened_at >= CCID_WATCH_BACKOFF_MAX)
		s->losses = 0;
	give_back(s, true);
	s->present = s->card = false;
	s->err = 0;
	s->failures = 0;
	s->gone_until = now + ccid_backoff(s->losses);
	s->retry_at = !returns(s) ? CCID_NEVER : s->source != NULL ? s->gone_until : 0;
	s->losses++;
	s->watch->list_changes++;
	s->watch->changed = true;
}

static bool has_card(const struct ccid_seat *s, const struct ccid_slot_info *info)
{
	return info->state == CCID_SLOT_UNKNOWN ? s->card : info->state != CCID_SLOT_EMPTY;
}

/* A card that is in at the first look has come, too. */
static void begin_counting(struct ccid_seat *s)
{
	struct ccid_slot_info info;

	if (ccid_slot_get_info(ccid_open_reader(s->open), s->slot, &info) < 0)
		return;
	if (has_card(s, &info) && !s->card)
		s->now.insertions++;
	s->card = has_card(s, &info);
	s->base = s->now.insertions - info.insertions;
}

static void opened(struct ccid_seat *s)
{
	struct ccid_reader *r = ccid_open_reader(s->open);
	int64_t now = ccid_env_now(&s->watch->context->env);
	int fd = ccid_reader_event_fd(r);

	s->err = 0;
	s->failures = 0;
	s->opened_at = now;
	ccid_reader_listen(r, &s->listener);
	begin_counting(s);
	ccid_moves_begin(s, now);
	if (fd >= 0)
		s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	listen_to(s);
	if (!s->listening)
		s->poll_at = now + CCID_WATCH_POLL_MS;
	if (!s->present)
		ccid_seat_arrive(s);
}

static bool should_be_open(const struct ccid_seat *s)
{
	if (s->source != NULL) /* only so it is known whether it is there */
		return s->want != CCID_WANT_NOTHING;
	return s->present && s->want == CCID_WANT_CARDS;
}

static const struct ccid_seat *opening(const struct ccid_seat *s)
{
	const struct ccid_seat *other = s->watch->seats;

	while (other != NULL && !(other->opening && strcmp(other->address, s->address) == 0))
		other = other->next;
	return other;
}

bool ccid_seat_is_opening(const struct ccid_seat *s)
{
	return opening(s) != NULL;
}

bool ccid_seat_is_opening_elsewhere(const struct ccid_seat *s)
{
	const struct ccid_seat *other = opening(s);

	return other != NULL && !pthread_equal(other->opener, pthread_self());
}

/* Others may look, ask, and lose interest meanwhile; the seat stays. */
static int open_unlocked(struct ccid_seat *s, struct ccid_open **o)
{
	char name[CCID_NAME_MAX];
	unsigned slot;
	int err;

	snprintf(name, sizeof name, "%s", s->name);
	s->opening = true;
	s->opener = pthread_self();
	ccid_watch_let_go(s->watch);
	err = ccid_pool_get(o, &slot, s->watch->context, name);
	ccid_watch_resume(s->watch);
	s->opening = false;
	return err;
}

/* Whether the device that was to be opened has left meanwhile; there may be another. */
static bool is_replaced(const struct ccid_seat *s, uint8_t dev)
{
	return s->source == NULL && (!s->present || s->dev != dev);
}

static void failed_to_open(struct ccid_seat *s, int err)
{
	int64_t now = ccid_env_now(&s->watch->context->env);

	/* It has left while it was closed. */
	if (err == CCID_E_NOTFOUND && s->source != NULL && s->present)
		ccid_seat_depart(s, now);
	s->err = err;
	s->retry_at = returns(s) ? now + ccid_backoff(s->failures) : CCID_NEVER;
	s->failures++;
}

static void try_to_open(struct ccid_seat *s)
{
	uint8_t dev = s->dev;
	struct ccid_open *o = NULL;
	int err = open_unlocked(s, &o);

	if (err < 0 && !is_replaced(s, dev)) {
		failed_to_open(s, err);
	} else if (err == 0 && should_be_open(s) && !is_replaced(s, dev)) {
		s->open = o;
		opened(s);
	} else if (err == 0) {
		s->err = 0;
		ccid_pool_put(o);
	}
}

static void ask(struct ccid_seat *s)
{
	int64_t now = ccid_env_now(ccid_open_env(s->open));
	int rc = ccid_slot_poll(ccid_open_reader(s->open), s->slot, now + CCID_WATCH_ANSWER_MS);

	if (rc < 0 && rc != CCID_E_SLOT_BUSY)
		ccid_log(&s->watch->context->env, CCID_LOG_DEBUG, s->name, "not heard: %s",
		         ccid_err_text(rc));
}

/* Whoever has no descriptor, or no interrupt endpoint, is asked. */
static void poll_reader(struct ccid_seat *s, int64_t now)
{
	struct ccid_reader *r = ccid_open_reader(s->open);

	if (ccid_reader_transport(r)->iface.intr_in.address == 0)
		ask(s);
	else if (ccid_reader_dispatch(r) < 0)
		s->watch->look = true;
	s->poll_at = now + CCID_WATCH_POLL_MS;
}

/* After a sleep of the system, say: it has to be asked. */
static bool lost_track(const struct ccid_seat *s)
{
	struct ccid_slot_info info;

	return ccid_slot_get_info(ccid_open_reader(s->open), s->slot, &info) == 0 &&
	       info.state == CCID_SLOT_UNKNOWN;
}

static void ask_if_lost(struct ccid_seat *s, int64_t now)
{
	if (!lost_track(s)) {
		s->ask_at = CCID_NEVER;
	} else if (s->ask_at == CCID_NEVER || now >= s->ask_at) {
		ask(s);
		s->ask_at = now + CCID_WATCH_POLL_MS;
	}
}

/* The descriptor is also readable when an answer has come that another thread is about to take: then
 * it rests. Not so when another slot of the reader has just had the news. */
static void hear(struct ccid_seat *s, int64_t now)
{
	if (now >= s->poll_at) {
		poll_reader(s, now);
		return;
	}
	if (now >= s->hear_at) {
		listen_to(s);
		s->ready = false;
	} else if (!s->ready) {
		return;
	}
	if (ccid_reader_dispatch(ccid_open_reader(s->open)) == 0 && s->ready &&
	    !s->watch->changed) {
		stop_listening(s);
		s->hear_at = now + CCID_WATCH_FRUITLESS_MS;
	}
	s->ready = false;
}

static void see(struct ccid_seat *s, struct iscard_slot_status *now)
{
	struct ccid_port *port = ccid_open_port(s->open, s->slot);
	struct ccid_slot_info info;
	struct ccid_card_place place;
	bool exclusive;

	ccid_port_show(port, &info, &place);
	s->card = has_card(s, &info);
	now->insertions = s->base + info.insertions;
	now->state = ccid_card_place_state(&place, &info);
	if (now->state == 0)
		now->state = s->card ? ISCARD_PRESENT : ISCARD_ABSENT;
	now->atr_len = info.atr_len;
	memcpy(now->atr, info.atr, info.atr_len);
	ccid_port_users(port, &now->connections, &exclusive);
	now->exclusive = exclusive;
	ccid_moves_see(s, &place, now);
}

static HRESULT result_of(const struct ccid_seat *s)
{
	if (s->open != NULL)
		return S_OK;
	if (!s->present)
		return SCARD_E_UNKNOWN_READER;
	return s->err < 0 && s->want == CCID_WANT_CARDS ? ccid_result(s->err, CCID_ATTACHING)
	                                                : S_FALSE;
}

static bool same(const struct iscard_slot_status *a, const struct iscard_slot_status *b)
{
	return a->result == b->result && a->arrivals == b->arrivals &&
	       a->insertions == b->insertions && a->state == b->state && a->atr_len == b->atr_len &&
	       a->connections == b->connections && a->exclusive == b->exclusive &&
	       memcmp(a->atr, b->atr, a->atr_len) == 0 && ccid_moves_same(a, b);
}

static void refresh(struct ccid_seat *s)
{
	/* Given back because nobody looks: no change for who looks again. */
	if (s->present && !s->watched && s->want != CCID_WANT_CARDS)
		return;
	s->now.result = result_of(s);
	s->now.state = (SCARD_STATES)0;
	s->now.atr_len = 0;
	s->now.connections = 0;
	s->now.exclusive = 0;
	s->now.place = ISCARD_PLACE_UNKNOWN;
	s->now.locked = 0;
	if (s->open != NULL)
		see(s, &s->now);
	if (same(&s->counted, &s->now))
		return;
	s->now.changes = s->now.changes == UINT32_MAX ? 1 : s->now.changes + 1;
	s->counted = s->now;
	s->watch->changed = true;
}

void ccid_seat_tend(struct ccid_seat *s, int64_t now)
{
	if (s->open == NULL && ccid_seat_is_opening(s))
		return;
	if (s->open != NULL) {
		hear(s, now);
		ask_if_lost(s, now);
	}
	if (s->open != NULL && ccid_reader_gone(ccid_open_reader(s->open))) {
		ccid_seat_depart(s, now);
		s->watch->look = true; /* its successor may be there already */
	}
	if (s->open != NULL && !should_be_open(s))
		give_back(s, true);
	if (s->open == NULL && should_be_open(s) && now >= s->retry_at)
		try_to_open(s);
	if (s->open != NULL)
		ccid_moves_tend(s, now);
	refresh(s);
}

int64_t ccid_seat_due(const struct ccid_seat *s)
{
	int64_t due = s->hear_at < s->poll_at ? s->hear_at : s->poll_at;

	due = s->ask_at < due ? s->ask_at : due;
	due = s->sense_at < due ? s->sense_at : due;
	if (s->open == NULL && ccid_seat_is_opening(s))
		return CCID_NEVER;
	if (s->open == NULL && should_be_open(s) && s->retry_at < due)
		due = s->retry_at;
	if (s->bus != 0 && s->source == NULL && s->want != CCID_WANT_NOTHING && !s->present &&
	    s->gone_until < due)
		due = s->gone_until;
	return due;
}

void ccid_seat_want(struct ccid_seat *s, enum ccid_want want, bool watched)
{
	if (watched && !s->watched)
		s->told = (struct ccid_told){.arrivals = s->now.arrivals,
		                             .insertions = s->now.insertions,
		                             .ejected = s->now.ejected,
		                             .taken = s->now.taken,
		                             .captured = s->now.captured,
		                             .jammed = s->now.jammed};
	if (want > s->want && returns(s)) {
		s->retry_at = 0;
		s->failures = 0;
	}
	s->want = want;
	s->watched = watched;
}

static bool sees_card(const struct ccid_seat *s)
{
	return s->open != NULL && s->card;
}

iscard_event_type ccid_seat_event(const struct ccid_seat *s)
{
	const struct ccid_told *t = &s->told;
	bool other_card = t->insertions != s->now.insertions;
	bool other_reader = t->arrivals != s->now.arrivals;

	if (!s->watched)
		return (iscard_event_type)0;
	if (ccid_moves_before(s) != 0)
		return ccid_moves_before(s);
	if (t->card && (!sees_card(s) || other_card))
		return ISCARD_EVENT_CARD_REMOVED;
	if (ccid_moves_after(s) != 0)
		return ccid_moves_after(s);
	if (t->present && (!s->present || other_reader))
		return ISCARD_EVENT_READER_LEFT;
	if (!t->present && (s->present || other_reader))
		return ISCARD_EVENT_READER_ARRIVED;
	if (t->present && t->result != s->now.result)
		return ISCARD_EVENT_READER_STATUS;
	if (t->present && !t->card && (sees_card(s) || other_card))
		return ISCARD_EVENT_CARD_INSERTED;
	if (t->card && !t->locked && s->now.locked)
		return ISCARD_EVENT_CARD_LOCKED;
	return (iscard_event_type)0;
}

void ccid_seat_tell(struct ccid_seat *s, iscard_event_type type)
{
	struct ccid_told *t = &s->told;

	switch (type) {
	case ISCARD_EVENT_READER_ARRIVED:
		t->present = true;
		t->arrivals = s->now.arrivals;
		t->result = s->now.result;
		break;
	case ISCARD_EVENT_READER_LEFT:
		t->present = false;
		t->insertions = s->now.insertions;
		break;
	case ISCARD_EVENT_READER_STATUS: t->result = s->now.result; break;
	case ISCARD_EVENT_CARD_INSERTED:
		t->card = true;
		t->insertions = s->now.insertions;
		break;
	case ISCARD_EVENT_CARD_REMOVED: t->card = false; break;
	default: ccid_moves_tell(t, &s->now, type); break;
	}
}
