/* SPDX-License-Identifier: MIT */
#include "session.h"

#include "find.h"
#include "mechanics.h"
#include "result.h"

#include <stdlib.h>

#define STATUS_MS 3000 /* a GetSlotStatus */

static unsigned bit(unsigned protocol)
{
	return 1u << protocol;
}

static bool has_interrupts(const struct ccid_session *s)
{
	return ccid_reader_transport(s->port->reader)->iface.intr_in.address != 0;
}

/* Make the card ready, with a use of it. Alone, a protocol left over by an earlier connection is
 * changed by a reset; otherwise what others use is not touched. */
static HRESULT power_up(struct ccid_session *s, int64_t deadline)
{
	struct ccid_reader *r = s->port->reader;
	unsigned slot = s->port->slot;
	bool alone;
	int err;

	pthread_mutex_lock(&s->port->lock);
	alone = ccid_share_alone(&s->port->share, &s->member);
	pthread_mutex_unlock(&s->port->lock);
	err = ccid_slot_activate(r, slot, s->wanted, CCID_RESET_NONE, deadline);
	if (err == CCID_E_PROTOCOL && alone) {
		struct ccid_slot_info info;

		err = ccid_slot_get_info(r, slot, &info);
		if (err == 0)
			err = info.state == CCID_SLOT_READY
			              ? ccid_slot_activate(r, slot, s->wanted, CCID_RESET_WARM,
			                                   deadline)
			              : CCID_E_PROTOCOL;
	}
	return ccid_result(err, CCID_ATTACHING);
}

/* Whether another connection's work on the card can simply be joined. */
static HRESULT join_in(struct ccid_session *s, bool *joined)
{
	struct ccid_slot_info info;

	ccid_port_refresh(s->port, &info);
	*joined = info.state == CCID_SLOT_READY && !info.gone;
	if (!*joined)
		return S_OK;
	if (s->wanted & bit(info.protocol))
		return ccid_session_adopt(s);
	*joined = !ccid_share_alone(&s->port->share, &s->member);
	return *joined ? SCARD_E_PROTO_MISMATCH : S_OK;
}

/* Ask a reader that does not speak up by itself; not when a command is under way. */
static void ask_silent_reader(const struct ccid_session *s)
{
	int err = 0;

	if (!has_interrupts(s))
		err = ccid_slot_poll(s->port->reader, s->port->slot,
		                     ccid_session_deadline(s, STATUS_MS));
	(void)err; /* whatever it was, what follows meets it again */
}

static HRESULT get_ready(struct ccid_session *s)
{
	bool joined;
	int64_t deadline;
	HRESULT hr = join_in(s, &joined);

	if (joined)
		return hr;
	hr = ccid_session_use_until(s, CCID_NEED_READER, 0, ccid_session_lock_limit(s));
	if (FAILED(hr))
		return hr;
	deadline = ccid_session_deadline(s, s->context->limits.power_on_ms);
	pthread_mutex_unlock(&s->port->lock);
	hr = power_up(s, deadline);
	pthread_mutex_lock(&s->port->lock);
	if (SUCCEEDED(hr))
		hr = ccid_session_adopt_powered(s, s->wanted, deadline);
	ccid_session_done(s);
	return hr;
}

static HRESULT connect(struct ccid_session *s, const struct ccid_terms *terms)
{
	HRESULT hr = SCARD_E_SHARING_VIOLATION;

	ask_silent_reader(s);
	s->member.direct = terms->direct;
	pthread_mutex_lock(&s->port->lock);
	if (ccid_share_join(&s->port->share, &s->member, terms->exclusive)) {
		hr = terms->direct ? S_OK : get_ready(s);
		if (FAILED(hr))
			ccid_share_leave(&s->port->share, &s->member);
		else
			ccid_port_users_changed(s->port);
	} else {
		ccid_session_tell(s, "another connection of this process is in the way");
	}
	s->calls--;
	pthread_mutex_unlock(&s->port->lock);
	return hr;
}

static HRESULT enter_table(struct ccid_session *s)
{
	int err;

	ccid_process_enter();
	err = ccid_handle_add(s, &s->handle);
	ccid_process_leave();
	return ccid_result(err, CCID_ATTACHING);
}

/* The rules do not help with a socket. */
static const char *why_not(const char *name, int err)
{
	if (err == CCID_E_ACCESS && strncmp(name, "usbredir", 8) != 0)
		return "no permission to open the reader: " CCID_DENIED_ADVICE;
	return ccid_err_text(err);
}

static HRESULT not_open(struct ccid_session *s, const char *name, int err)
{
	ccid_session_tell(s, why_not(name, err));
	if (err == CCID_E_BUSY)
		ccid_find_holder(s->context, name, s->cause.holder, sizeof s->cause.holder);
	return ccid_result(err, CCID_ATTACHING);
}

static HRESULT open_reader(struct ccid_session *s, const char *name)
{
	unsigned slot = 0;
	int err = ccid_pool_get(&s->open, &slot, s->context, name);

	if (err < 0)
		return not_open(s, name, err);
	s->port = ccid_open_port(s->open, slot);
	atomic_store(&s->reached, true);
	err = ccid_open_name(s->open, slot, s->context, s->name, sizeof s->name);
	if (err < 0)
		ccid_session_give_up(s);
	return ccid_result(err, CCID_ATTACHING);
}

static HRESULT establish(struct ccid_session *s, const char *name, const struct ccid_terms *terms)
{
	HRESULT hr = open_reader(s, name);

	if (FAILED(hr))
		return hr;
	hr = connect(s, terms);
	if (FAILED(hr)) {
		ccid_session_give_up(s);
		return hr;
	}
	hr = enter_table(s);
	if (FAILED(hr))
		ccid_session_close(s);
	return hr;
}

HRESULT ccid_session_new(struct ccid_session **out, iscard_context *c, unsigned wanted)
{
	struct ccid_session *s = calloc(1, sizeof *s);

	*out = s;
	if (s == NULL)
		return E_OUTOFMEMORY;
	atomic_init(&s->refs, 1);
	atomic_init(&s->pins, 1);
	pthread_mutex_init(&s->telling, NULL);
	pthread_cond_init(&s->idle, NULL);
	s->epoch = ccid_process_epoch();
	s->objects = 1;
	s->context = iscard_context_ref(c);
	s->wanted = wanted;
	return S_OK;
}

HRESULT ccid_session_attach(struct ccid_session *s, const char *name,
                            const struct ccid_terms *terms, struct ccid_cause *cause)
{
	HRESULT hr;

	s->calls = 1; /* its first; ends in connect() */
	hr = establish(s, name, terms);
	ccid_session_cause(s, cause);
	return hr;
}

HRESULT ccid_session_connect(struct ccid_session **out, iscard_context *c, const char *name,
                             const struct ccid_terms *terms, struct ccid_cause *cause)
{
	struct ccid_session *s;
	HRESULT hr = ccid_session_new(&s, c, terms->wanted);

	*out = NULL;
	*cause = (struct ccid_cause){.text = NULL};
	if (FAILED(hr))
		return hr;
	hr = ccid_session_attach(s, name, terms, cause);
	if (SUCCEEDED(hr))
		*out = s;
	else
		ccid_session_unref(s);
	return hr;
}

HRESULT ccid_session_visit(struct ccid_session **out, iscard_context *c, const char *name)
{
	struct ccid_session *s;
	HRESULT hr = ccid_session_new(&s, c, 0);

	*out = NULL;
	if (FAILED(hr))
		return hr;
	hr = open_reader(s, name);
	if (FAILED(hr))
		ccid_session_unref(s);
	else
		*out = s;
	return hr;
}

void ccid_session_go(struct ccid_session *s)
{
	ccid_session_close(s);
	ccid_session_unref(s);
}

HRESULT ccid_session_by_handle(struct ccid_session **out, HSCARD handle)
{
	struct ccid_session *s;

	ccid_process_enter();
	s = ccid_handle_find(handle);
	if (s != NULL && ccid_session_is_open(s)) {
		s->objects++;
		ccid_session_ref(s);
	} else {
		s = NULL;
	}
	ccid_process_leave();
	*out = s;
	return s != NULL ? S_OK : E_INVALIDARG;
}

static HRESULT lock(struct ccid_session *s, const unsigned *since)
{
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&s->port->lock);
	s->calls++;
	hr = ccid_session_use_until(s, CCID_NEED_CARD, since != NULL ? *since : s->cancels,
	                            ccid_session_lock_limit(s));
	s->calls--;
	if (SUCCEEDED(hr))
		ccid_session_keep(s);
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return hr;
}

HRESULT ccid_session_lock(struct ccid_session *s)
{
	return lock(s, NULL);
}

HRESULT ccid_session_lock_since(struct ccid_session *s, unsigned since)
{
	return lock(s, &since);
}

HRESULT ccid_session_status(struct ccid_session *s, SCARD_STATES *state)
{
	struct ccid_slot_info info;
	HRESULT hr = ccid_session_pin(s);
	int err;

	if (FAILED(hr))
		return hr;
	err = ccid_slot_poll(s->port->reader, s->port->slot, ccid_session_deadline(s, STATUS_MS));
	if (err == CCID_E_SLOT_BUSY || err == CCID_E_NOCARD)
		err = 0; /* what is known will do */
	ccid_sense(s);
	pthread_mutex_lock(&s->port->lock);
	hr = ccid_session_check(s, CCID_NEED_READER, &info);
	if (SUCCEEDED(hr) && err < 0)
		hr = ccid_result(err, CCID_ATTACHED);
	if (SUCCEEDED(hr)) {
		*state = ccid_card_place_state(&s->port->place, &info);
		hr = *state == 0 ? SCARD_E_NOT_READY : S_OK;
	}
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return hr;
}

HRESULT ccid_session_share_mode(struct ccid_session *s, SCARD_SHARE_MODES *mode)
{
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&s->port->lock);
	*mode = s->member.exclusive ? ISCARD_EXCLUSIVE : ISCARD_SHARED;
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return S_OK;
}

HRESULT ccid_session_card(struct ccid_session *s, unsigned *protocol, uint8_t *atr, size_t *len)
{
	struct ccid_slot_info info;
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&s->port->lock);
	hr = ccid_session_check(s, CCID_NEED_CARD, &info);
	if (SUCCEEDED(hr)) {
		*protocol = s->protocol;
		*len = s->atr_len;
		memcpy(atr, s->atr, s->atr_len);
	}
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return hr;
}

HRESULT ccid_session_look(struct ccid_session *s, struct ccid_slot_info *info)
{
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	ask_silent_reader(s);
	pthread_mutex_lock(&s->port->lock);
	hr = ccid_session_check(s, CCID_NEED_CARD, info);
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return hr;
}

void ccid_session_missed_reset(struct ccid_session *s)
{
	pthread_mutex_lock(&s->port->lock);
	s->member.generation--;
	pthread_mutex_unlock(&s->port->lock);
}

static int power(const struct ccid_session *s)
{
	return ccid_slot_activate(s->port->reader, s->port->slot, 0, CCID_RESET_NONE,
	                          ccid_session_deadline(s, s->context->limits.power_on_ms));
}

HRESULT ccid_session_power(struct ccid_session *s)
{
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&s->port->lock);
	hr = SCARD_E_SHARING_VIOLATION;
	if (!ccid_share_locked_by_other(&s->port->share, &s->member) &&
	    !ccid_share_taken_by_other(&s->port->share, &s->member))
		hr = ccid_session_use(s, CCID_NEED_READER);
	if (SUCCEEDED(hr)) {
		pthread_mutex_unlock(&s->port->lock);
		hr = ccid_result(power(s), CCID_ATTACHING);
		pthread_mutex_lock(&s->port->lock);
		ccid_session_done(s);
	}
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return hr;
}
