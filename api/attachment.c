/* SPDX-License-Identifier: MIT */
#include "attachment.h"

#include "result.h"

#include <stdlib.h>

void ccid_attachment_init(struct ccid_attachment *a, iscard_context *c)
{
	a->context = iscard_context_ref(c);
	a->epoch = ccid_process_epoch();
	pthread_mutex_init(&a->lock, NULL);
}

void ccid_attachment_fini(struct ccid_attachment *a)
{
	if (a->session != NULL)
		ccid_session_drop(a->session);
	iscard_context_unref(a->context);
	ccid_blob_free(&a->apdu);
	ccid_blob_free(&a->rapdu);
	if (a->epoch != ccid_process_epoch())
		return; /* another thread of the parent may have held them at the fork */
	pthread_mutex_destroy(&a->lock);
}

/* Let go of a connection that was closed elsewhere; returns one that is to be dropped. */
static struct ccid_session *forget_closed(struct ccid_attachment *a)
{
	struct ccid_session *s = a->session;

	if (s == NULL || ccid_session_is_open(s))
		return NULL;
	a->session = NULL;
	return s;
}

struct ccid_session *ccid_attachment_take(struct ccid_attachment *a, struct ccid_session **closed)
{
	*closed = forget_closed(a);
	return a->session != NULL ? ccid_session_ref(a->session) : NULL;
}

void ccid_attachment_taken(struct ccid_session *taken, struct ccid_session *closed)
{
	if (closed != NULL)
		ccid_session_drop(closed);
	if (taken != NULL)
		ccid_session_tell(taken, NULL); /* what was before is not about this call */
}

HRESULT ccid_attachment_session(struct ccid_attachment *a, struct ccid_session **out)
{
	struct ccid_session *closed;

	*out = NULL;
	if (a->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	pthread_mutex_lock(&a->lock);
	*out = ccid_attachment_take(a, &closed);
	pthread_mutex_unlock(&a->lock);
	ccid_attachment_taken(*out, closed);
	return *out != NULL ? S_OK : SCARD_E_INVALID_HANDLE;
}

static void keep(struct ccid_attachment *a, const char *reader, HRESULT hr,
                 const struct ccid_cause *cause)
{
	if (a->epoch != ccid_process_epoch())
		return; /* another thread of the parent may have held the lock at the fork */
	pthread_mutex_lock(&a->lock);
	a->failure = hr;
	ccid_cause_print(a->words, sizeof a->words, reader, hr, cause);
	pthread_mutex_unlock(&a->lock);
}

static void keep_cause(struct ccid_attachment *a, struct ccid_session *s, HRESULT hr)
{
	struct ccid_cause cause = {.text = NULL};

	if (s != NULL)
		ccid_session_cause(s, &cause);
	keep(a, s != NULL ? s->name : NULL, hr, &cause);
}

HRESULT ccid_attachment_end(struct ccid_attachment *a, struct ccid_session *s, HRESULT hr)
{
	if (FAILED(hr))
		keep_cause(a, s, hr);
	if (s != NULL)
		ccid_session_unref(s);
	return hr;
}

static HRESULT begin_attach(struct ccid_attachment *a)
{
	struct ccid_session *closed;
	HRESULT hr;

	if (a->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	pthread_mutex_lock(&a->lock);
	closed = forget_closed(a);
	hr = a->session != NULL || a->attaching ? E_UNEXPECTED : S_OK;
	if (SUCCEEDED(hr))
		a->attaching = true;
	pthread_mutex_unlock(&a->lock);
	if (closed != NULL)
		ccid_session_drop(closed);
	return hr;
}

static void end_attach(struct ccid_attachment *a, struct ccid_session *s)
{
	pthread_mutex_lock(&a->lock);
	a->session = s;
	a->attaching = false;
	pthread_mutex_unlock(&a->lock);
}

static HRESULT unknown_handle(struct ccid_attachment *a)
{
	const struct ccid_cause cause = {
		.text = "no open connection of this copy of libiscard has this handle"};

	keep(a, NULL, E_INVALIDARG, &cause);
	return E_INVALIDARG;
}

HRESULT ccid_attachment_by_handle(struct ccid_attachment *a, HSCARD handle)
{
	struct ccid_session *s;
	HRESULT hr;

	if (handle == 0)
		return ccid_attachment_end(a, NULL, E_INVALIDARG);
	hr = begin_attach(a);
	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	hr = ccid_session_by_handle(&s, handle);
	end_attach(a, s);
	return FAILED(hr) ? unknown_handle(a) : hr;
}

/* UTF-8 up to the first zero: also safe for a literal without a length in front. */
static char *utf8_of(const OLECHAR *name)
{
	BSTR copy = iscard_bstr_alloc(name);
	char *text = copy != NULL ? iscard_bstr_to_utf8(copy) : NULL;

	iscard_bstr_free(copy);
	return text;
}

static bool attach_by(SCARD_SHARE_MODES mode, SCARD_PROTOCOLS protocols)
{
	unsigned set = (unsigned)protocols;

	return (mode == ISCARD_EXCLUSIVE || mode == ISCARD_SHARED) &&
	       ((set >= ISCARD_T0 && set <= (ISCARD_T0 | ISCARD_T1)) || set == ISCARD_RAW);
}

static void announce(struct ccid_attachment *a, struct ccid_session *s)
{
	pthread_mutex_lock(&a->lock);
	a->coming = s;
	pthread_mutex_unlock(&a->lock);
}

static HRESULT connect(struct ccid_attachment *a, struct ccid_session **out, const char *name,
                       SCARD_SHARE_MODES mode, unsigned protocols, struct ccid_cause *cause)
{
	const struct ccid_terms terms = {.exclusive = mode == ISCARD_EXCLUSIVE,
	                                 .wanted = protocols};
	struct ccid_session *s;
	HRESULT hr = ccid_session_new(&s, a->context, protocols);

	if (FAILED(hr))
		return hr;
	announce(a, s);
	hr = ccid_session_attach(s, name, &terms, cause);
	announce(a, NULL);
	if (SUCCEEDED(hr))
		*out = s;
	else
		ccid_session_unref(s);
	return hr;
}

static HRESULT attach(struct ccid_attachment *a, const char *name, SCARD_SHARE_MODES mode,
                      SCARD_PROTOCOLS protocols, struct ccid_cause *cause)
{
	struct ccid_session *s = NULL;
	HRESULT hr = begin_attach(a);

	if (FAILED(hr))
		return hr;
	if (protocols == ISCARD_RAW)
		hr = SCARD_E_PROTO_MISMATCH;
	else
		hr = connect(a, &s, name, mode, (unsigned)protocols, cause);
	end_attach(a, s);
	return hr;
}

HRESULT ccid_attachment_by_utf8(struct ccid_attachment *a, const char *name, SCARD_SHARE_MODES mode,
                                SCARD_PROTOCOLS protocols)
{
	struct ccid_cause cause = {.text = NULL};
	HRESULT hr = E_INVALIDARG;

	if (name != NULL && name[0] != '\0' && attach_by(mode, protocols))
		hr = attach(a, name, mode, protocols, &cause);
	if (FAILED(hr))
		keep(a, name, hr, &cause);
	return hr;
}

HRESULT ccid_attachment_by_name(struct ccid_attachment *a, const OLECHAR *name,
                                SCARD_SHARE_MODES mode, SCARD_PROTOCOLS protocols)
{
	char *text = name != NULL ? utf8_of(name) : NULL;
	HRESULT hr;

	if (name != NULL && text == NULL)
		return ccid_attachment_end(a, NULL, E_OUTOFMEMORY);
	hr = ccid_attachment_by_utf8(a, text, mode, protocols);
	free(text);
	return hr;
}

/* What the attach under way is at; S_FALSE when it has not reached the reader yet. */
static HRESULT cancel_attach(struct ccid_session *coming)
{
	HRESULT hr = ccid_session_cancel(coming);

	ccid_session_unref(coming);
	return hr == SCARD_E_INVALID_HANDLE ? S_FALSE : hr;
}

HRESULT ccid_attachment_cancel(struct ccid_attachment *a)
{
	struct ccid_session *s = NULL;
	HRESULT hr;

	if (a->epoch != ccid_process_epoch())
		return ccid_attachment_end(a, NULL, SCARD_E_SERVICE_STOPPED);
	pthread_mutex_lock(&a->lock);
	if (a->coming != NULL)
		s = ccid_session_ref(a->coming);
	pthread_mutex_unlock(&a->lock);
	if (s != NULL)
		return cancel_attach(s);
	hr = ccid_attachment_session(a, &s);
	if (SUCCEEDED(hr))
		hr = ccid_session_cancel(s);
	return ccid_attachment_end(a, s, hr);
}

static bool valid(SCARD_DISPOSITIONS disposition)
{
	return (unsigned)disposition <= ISCARD_EJECT;
}

static void detached(struct ccid_attachment *a, struct ccid_session *s)
{
	bool mine;

	pthread_mutex_lock(&a->lock);
	mine = a->session == s;
	if (mine)
		a->session = NULL;
	pthread_mutex_unlock(&a->lock);
	if (mine)
		ccid_session_drop(s);
}

HRESULT ccid_attachment_detach(struct ccid_attachment *a, SCARD_DISPOSITIONS disposition)
{
	iscard_disposition_result result;
	struct ccid_session *s;
	HRESULT hr;

	if (!valid(disposition))
		return ccid_attachment_end(a, NULL, E_INVALIDARG);
	hr = ccid_attachment_session(a, &s);
	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	hr = ccid_session_detach(s, disposition, &result);
	atomic_store(&a->disposition, (int)result);
	if (!ccid_session_is_open(s))
		detached(a, s);
	return ccid_attachment_end(a, s, hr);
}

HRESULT ccid_attachment_reattach(struct ccid_attachment *a, SCARD_SHARE_MODES mode,
                                 SCARD_DISPOSITIONS disposition)
{
	iscard_disposition_result result;
	struct ccid_session *s;
	HRESULT hr;

	if (!valid(disposition) || (mode != ISCARD_EXCLUSIVE && mode != ISCARD_SHARED))
		return ccid_attachment_end(a, NULL, E_INVALIDARG);
	hr = ccid_attachment_session(a, &s);
	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	hr = ccid_session_reattach(s, mode, disposition, &result);
	atomic_store(&a->disposition, (int)result);
	return ccid_attachment_end(a, s, hr);
}

HRESULT ccid_attachment_reconnect(struct ccid_attachment *a)
{
	SCARD_SHARE_MODES mode;
	struct ccid_session *s;
	HRESULT hr = ccid_attachment_session(a, &s);

	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	hr = ccid_session_share_mode(s, &mode);
	ccid_attachment_end(a, s, hr);
	return FAILED(hr) ? hr : ccid_attachment_reattach(a, mode, ISCARD_LEAVE);
}

HRESULT ccid_attachment_lock(struct ccid_attachment *a)
{
	struct ccid_session *s;
	HRESULT hr = ccid_attachment_session(a, &s);

	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	hr = ccid_session_lock(s);
	return ccid_attachment_end(a, s, hr);
}

HRESULT ccid_attachment_unlock(struct ccid_attachment *a, SCARD_DISPOSITIONS disposition)
{
	iscard_disposition_result result;
	struct ccid_session *s;
	HRESULT hr;

	if (!valid(disposition))
		return ccid_attachment_end(a, NULL, E_INVALIDARG);
	hr = ccid_attachment_session(a, &s);
	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	hr = ccid_session_unlock(s, disposition, &result);
	atomic_store(&a->disposition, (int)result);
	return ccid_attachment_end(a, s, hr);
}

HRESULT ccid_attachment_handle(struct ccid_attachment *a, HSCARD *handle)
{
	struct ccid_session *s;
	HRESULT hr;

	if (handle == NULL)
		return ccid_attachment_end(a, NULL, E_POINTER);
	*handle = 0;
	hr = ccid_attachment_session(a, &s);
	if (hr == SCARD_E_INVALID_HANDLE)
		return S_OK;
	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	*handle = s->handle;
	return ccid_attachment_end(a, s, S_OK);
}

HRESULT ccid_attachment_context(struct ccid_attachment *a, HSCARDCONTEXT *context)
{
	if (context == NULL)
		return ccid_attachment_end(a, NULL, E_POINTER);
	*context = 0;
	if (a->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	*context = a->context->number;
	return S_OK;
}

HRESULT ccid_attachment_status(struct ccid_attachment *a, SCARD_STATES *state)
{
	struct ccid_session *s;
	HRESULT hr;

	if (state == NULL)
		return ccid_attachment_end(a, NULL, E_POINTER);
	*state = (SCARD_STATES)0;
	hr = ccid_attachment_session(a, &s);
	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	hr = ccid_session_status(s, state);
	return ccid_attachment_end(a, s, hr);
}

HRESULT ccid_attachment_card(struct ccid_attachment *a, SCARD_PROTOCOLS *protocol,
                             IByteBuffer **atr)
{
	uint8_t bytes[CCID_ATR_MAX];
	struct ccid_session *s;
	unsigned number = 0;
	size_t len = 0;
	HRESULT hr = ccid_attachment_session(a, &s);

	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	hr = ccid_session_card(s, &number, bytes, &len);
	ccid_attachment_end(a, s, hr);
	if (FAILED(hr))
		return hr;
	if (protocol != NULL)
		*protocol = number == 0 ? ISCARD_T0 : ISCARD_T1;
	return atr != NULL ? iscard_buffer_create(bytes, len, atr) : S_OK;
}
