/* SPDX-License-Identifier: MIT */
#include "session.h"

#include "result.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct ccid_session *ccid_session_ref(struct ccid_session *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void ccid_session_unref(struct ccid_session *s)
{
	if (atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	iscard_context_unref(s->context);
	if (s->epoch == ccid_process_epoch()) {
		pthread_mutex_destroy(&s->telling);
		pthread_cond_destroy(&s->idle);
	}
	ccid_wipe(s, sizeof *s);
	free(s);
}

bool ccid_session_is_open(const struct ccid_session *s)
{
	return !atomic_load(&s->closed);
}

HRESULT ccid_session_pin(struct ccid_session *s)
{
	unsigned pins = atomic_load(&s->pins);

	if (s->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	do {
		if (pins == 0 || !atomic_load(&s->reached) || atomic_load(&s->closed))
			return SCARD_E_INVALID_HANDLE;
	} while (!atomic_compare_exchange_weak(&s->pins, &pins, pins + 1));
	ccid_session_ref(s);
	return S_OK;
}

static void unpin(struct ccid_session *s)
{
	if (atomic_fetch_sub(&s->pins, 1) == 1)
		ccid_pool_put(s->open);
}

void ccid_session_unpin(struct ccid_session *s)
{
	unpin(s);
	ccid_session_unref(s);
}

int64_t ccid_session_deadline(const struct ccid_session *s, int64_t limit_ms)
{
	int64_t now = ccid_env_now(ccid_open_env(s->open));

	return limit_ms < CCID_NEVER - now ? now + limit_ms : CCID_NEVER;
}

static HRESULT pending(const struct ccid_session *s, enum ccid_need need,
                       const struct ccid_slot_info *info)
{
	struct ccid_card_view view;

	if (need == CCID_NEED_OPEN)
		return S_OK;
	if (info->gone)
		return SCARD_E_READER_UNAVAILABLE;
	if (need == CCID_NEED_READER)
		return S_OK;
	view = ccid_card_view_of(info);
	switch (ccid_share_pending(&s->member, &view)) {
	case CCID_PENDING_REMOVED: return SCARD_W_REMOVED_CARD;
	case CCID_PENDING_RESET: return SCARD_W_RESET_CARD;
	case CCID_PENDING_NONE: break;
	}
	return S_OK;
}

HRESULT ccid_session_check(struct ccid_session *s, enum ccid_need need, struct ccid_slot_info *info)
{
	if (atomic_load(&s->closed))
		return SCARD_E_INVALID_HANDLE;
	ccid_port_refresh(s->port, info);
	return pending(s, need, info);
}

static HRESULT check_as_heard(struct ccid_session *s)
{
	if (atomic_load(&s->closed))
		return SCARD_E_INVALID_HANDLE;
	ccid_port_glance(s->port);
	return pending(s, CCID_NEED_CARD, &s->port->seen);
}

void ccid_session_tell(struct ccid_session *s, const char *text)
{
	if (!atomic_load(&s->told) && text == NULL)
		return;
	pthread_mutex_lock(&s->telling);
	s->cause = (struct ccid_cause){.text = text};
	atomic_store(&s->told, text != NULL);
	pthread_mutex_unlock(&s->telling);
}

void ccid_session_cause(struct ccid_session *s, struct ccid_cause *out)
{
	pthread_mutex_lock(&s->telling);
	*out = s->cause;
	pthread_mutex_unlock(&s->telling);
}

/* What the driver noted about this slot since the card was taken in use. */
static void take_fault(struct ccid_session *s)
{
	struct ccid_fault f;

	if (ccid_reader_faults(s->port->reader) == s->mark)
		return;
	ccid_reader_last_fault(s->port->reader, &f);
	if (f.slot != s->port->slot)
		return;
	pthread_mutex_lock(&s->telling);
	s->cause.fault = f;
	atomic_store(&s->told, true);
	pthread_mutex_unlock(&s->telling);
}

struct turn {
	struct ccid_session *session;
	enum ccid_need need;
	unsigned cancels;
	HRESULT hr;
};

static int go_on(void *arg)
{
	struct turn *t = arg;
	struct ccid_slot_info info;

	if (t->session->cancels != t->cancels)
		return CCID_E_CANCELLED;
	if (t->need == CCID_NEED_CARD_AS_HEARD)
		t->hr = check_as_heard(t->session);
	else
		t->hr = ccid_session_check(t->session, t->need, &info);
	return FAILED(t->hr) ? CCID_E_STALE : 0;
}

/* A cancel reaches what is done with the card from here on. */
static void hold(struct ccid_session *s, unsigned since)
{
	s->use_since = since;
	s->mark = ccid_reader_faults(s->port->reader);
	if (s->member.uses == 1)
		ccid_slot_expect(s->port->reader, s->port->slot, true);
}

HRESULT ccid_session_use_until(struct ccid_session *s, enum ccid_need need, unsigned since,
                               int64_t deadline)
{
	struct turn turn = {s, need, since, S_OK};
	int rc;

	rc = ccid_port_use(s->port, &s->member, go_on, &turn, &s->context->env, deadline);
	if (rc == 0 && s->port->place.moving) { /* by this connection, in another thread */
		ccid_port_done(s->port, &s->member);
		rc = CCID_E_SLOT_BUSY;
	}
	if (rc == 0)
		hold(s, since);
	ccid_session_tell(s, rc == CCID_E_TIMEOUT ? "another connection holds the lock" : NULL);
	return rc == CCID_E_STALE ? turn.hr : ccid_result(rc, CCID_ATTACHED);
}

int64_t ccid_session_lock_limit(const struct ccid_session *s)
{
	int64_t limit = s->context->limits.lock_ms;

	return limit > 0 ? ccid_env_now(&s->context->env) + limit : CCID_NEVER;
}

HRESULT ccid_session_use(struct ccid_session *s, enum ccid_need need)
{
	HRESULT hr;

	s->calls++;
	hr = ccid_session_use_until(s, need, s->cancels, ccid_session_lock_limit(s));
	s->calls--;
	return hr;
}

static void unexpect(struct ccid_session *s)
{
	if (s->member.uses == 0)
		ccid_slot_expect(s->port->reader, s->port->slot, false);
}

void ccid_session_keep(struct ccid_session *s)
{
	ccid_share_lock(&s->port->share, &s->member);
	unexpect(s);
}

void ccid_session_use_level(struct ccid_session *s)
{
	s->member.uses++;
	ccid_share_unlock(&s->port->share, &s->member);
	hold(s, s->cancels);
}

void ccid_session_done(struct ccid_session *s)
{
	take_fault(s);
	ccid_port_done(s->port, &s->member);
	unexpect(s);
}

HRESULT ccid_session_adopt(struct ccid_session *s)
{
	struct ccid_card_view view;
	struct ccid_slot_info info;

	ccid_port_refresh(s->port, &info);
	if (info.gone)
		return SCARD_E_READER_UNAVAILABLE;
	if (info.state == CCID_SLOT_EMPTY)
		return SCARD_E_NO_SMARTCARD;
	if (info.state != CCID_SLOT_READY)
		return SCARD_E_NOT_READY;
	view = ccid_card_view_of(&info);
	ccid_share_acknowledge(&s->member, &view);
	s->protocol = info.protocol;
	s->atr_len = info.atr_len;
	memcpy(s->atr, info.atr, info.atr_len);
	return S_OK;
}

HRESULT ccid_session_adopt_powered(struct ccid_session *s, unsigned protocols, int64_t deadline)
{
	HRESULT hr = ccid_session_adopt(s);
	int err;

	if (hr != SCARD_E_NOT_READY)
		return hr;
	pthread_mutex_unlock(&s->port->lock);
	err = ccid_slot_activate(s->port->reader, s->port->slot, protocols, CCID_RESET_NONE,
	                         deadline);
	pthread_mutex_lock(&s->port->lock);
	return err < 0 ? ccid_result(err, CCID_ATTACHING) : ccid_session_adopt(s);
}

HRESULT ccid_session_turn(struct ccid_session *s)
{
	unsigned since = s->cancels;
	HRESULT hr = S_OK;

	s->calls++;
	while (s->busy && SUCCEEDED(hr)) {
		pthread_cond_wait(&s->idle, &s->port->lock);
		if (atomic_load(&s->closed))
			hr = SCARD_E_INVALID_HANDLE;
		else if (s->cancels != since)
			hr = SCARD_E_CANCELLED;
	}
	if (SUCCEEDED(hr)) {
		s->busy = true;
		s->run_since = since;
	} else {
		s->calls--;
	}
	return hr;
}

void ccid_session_over(struct ccid_session *s)
{
	s->busy = false;
	s->calls--;
	if (s->calls > 0)
		pthread_cond_signal(&s->idle);
}

HRESULT ccid_session_enter(struct ccid_session *s)
{
	HRESULT hr;

	pthread_mutex_lock(&s->port->lock);
	hr = ccid_session_turn(s);
	pthread_mutex_unlock(&s->port->lock);
	return hr;
}

void ccid_session_leave(struct ccid_session *s)
{
	pthread_mutex_lock(&s->port->lock);
	ccid_session_over(s);
	pthread_mutex_unlock(&s->port->lock);
}

void ccid_session_wake(const struct ccid_session_wait *w)
{
	uint64_t one = 1;
	ssize_t n = write(w->fd, &one, sizeof one);

	(void)n; /* a counter that is full is readable too */
}

int ccid_session_wait_begin(struct ccid_session *s, struct ccid_session_wait *w, unsigned since)
{
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		return CCID_E_NOMEM;
	pthread_mutex_lock(&s->port->lock);
	w->next = s->waiting;
	s->waiting = w;
	if (s->cancels != since)
		ccid_session_wake(w);
	pthread_mutex_unlock(&s->port->lock);
	return 0;
}

void ccid_session_wait_end(struct ccid_session *s, struct ccid_session_wait *w)
{
	struct ccid_session_wait **at = &s->waiting;

	pthread_mutex_lock(&s->port->lock);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	pthread_mutex_unlock(&s->port->lock);
	close(w->fd);
}

static void forget_handle(struct ccid_session *s)
{
	ccid_process_enter();
	ccid_handle_remove(s->handle);
	ccid_process_leave();
}

void ccid_session_give_up(struct ccid_session *s)
{
	atomic_store(&s->closed, true);
	unpin(s);
}

bool ccid_session_close(struct ccid_session *s)
{
	if (atomic_exchange(&s->closed, true))
		return false;
	forget_handle(s);
	pthread_mutex_lock(&s->port->lock);
	ccid_share_leave(&s->port->share, &s->member);
	ccid_port_users_changed(s->port);
	ccid_port_wake(s->port);
	pthread_cond_broadcast(&s->idle);
	pthread_mutex_unlock(&s->port->lock);
	unpin(s);
	return true;
}

/* Without a word, and without a mutex that another thread of the parent may have held. */
static void abandon(struct ccid_session *s)
{
	if (!atomic_exchange(&s->closed, true))
		unpin(s);
}

static bool last_object(struct ccid_session *s)
{
	bool last;

	ccid_process_enter();
	last = --s->objects == 0;
	if (last) /* nobody may join a connection that is about to end */
		ccid_handle_remove(s->handle);
	ccid_process_leave();
	return last;
}

void ccid_session_drop(struct ccid_session *s)
{
	iscard_disposition_result ignored;
	bool locked;

	if (!last_object(s)) {
		ccid_session_unref(s);
		return;
	}
	if (s->epoch != ccid_process_epoch()) {
		abandon(s);
	} else if (SUCCEEDED(ccid_session_pin(s))) {
		pthread_mutex_lock(&s->port->lock);
		locked = s->member.levels > 0;
		pthread_mutex_unlock(&s->port->lock);
		ccid_session_detach(s, locked ? ISCARD_RESET : ISCARD_LEAVE, &ignored);
		ccid_session_unpin(s);
	}
	ccid_session_unref(s);
}
