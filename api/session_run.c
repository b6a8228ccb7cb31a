/* SPDX-License-Identifier: MIT */
#include "session.h"

static uint32_t insertions(struct ccid_session *s)
{
	uint32_t n;

	pthread_mutex_lock(&s->port->lock);
	n = s->member.insertions;
	pthread_mutex_unlock(&s->port->lock);
	return n;
}

HRESULT ccid_session_begin(struct ccid_session *s)
{
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	hr = ccid_session_enter(s);
	if (SUCCEEDED(hr)) {
		hr = ccid_session_lock_since(s, s->run_since);
		if (SUCCEEDED(hr)) {
			s->run_insertions = insertions(s);
			return hr;
		}
		ccid_session_leave(s);
	}
	ccid_session_unpin(s);
	return hr;
}

/* The lock fell with the card if that left; should another thread have taken the next card and
 * locked it, that lock is its own. What the unlocking has to report, the next call will as well. */
void ccid_session_end(struct ccid_session *s)
{
	iscard_disposition_result ignored;

	if (insertions(s) == s->run_insertions)
		ccid_session_unlock(s, ISCARD_LEAVE, &ignored);
	ccid_session_leave(s);
	ccid_session_unpin(s);
}

HRESULT ccid_session_mark(struct ccid_session *s, struct ccid_session_mark *mark)
{
	struct ccid_slot_info info;
	HRESULT hr = ccid_session_pin(s);

	*mark = (struct ccid_session_mark){0};
	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&s->port->lock);
	hr = ccid_session_check(s, CCID_NEED_CARD, &info);
	*mark = (struct ccid_session_mark){s->member.generation, s->port->moves};
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return hr;
}
