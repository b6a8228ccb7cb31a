/* SPDX-License-Identifier: MIT */
#include "attachment.h"

#include "apdu.h"
#include "result.h"

#include <stdlib.h>

void ccid_attachment_init(struct ccid_attachment *a, iscard_context *c)
{
	a->context = iscard_context_ref(c);
	a->epoch = ccid_process_epoch();
	pthread_mutex_init(&a->lock, NULL);
	pthread_mutex_init(&a->sending, NULL);
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
	pthread_mutex_destroy(&a->sending);
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

/* The connection, with a reference. */
static HRESULT take(struct ccid_attachment *a, struct ccid_session **out)
{
	struct ccid_session *closed;

	*out = NULL;
	if (a->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	pthread_mutex_lock(&a->lock);
	closed = forget_closed(a);
	if (a->session != NULL)
		*out = ccid_session_ref(a->session);
	pthread_mutex_unlock(&a->lock);
	if (closed != NULL)
		ccid_session_drop(closed);
	return *out != NULL ? S_OK : SCARD_E_INVALID_HANDLE;
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

HRESULT ccid_attachment_by_handle(struct ccid_attachment *a, HSCARD handle)
{
	struct ccid_session *s;
	HRESULT hr;

	if (handle == 0)
		return E_INVALIDARG;
	hr = begin_attach(a);
	if (FAILED(hr))
		return hr;
	hr = ccid_session_by_handle(&s, handle);
	end_attach(a, s);
	return hr;
}

/* UTF-8 up to the first zero: also safe for a literal without a length in front. */
static char *utf8_of(const OLECHAR *name)
{
	BSTR copy = iscard_bstr_alloc(name);
	char *text = copy != NULL ? iscard_bstr_to_utf8(copy) : NULL;

	iscard_bstr_free(copy);
	return text;
}

static HRESULT attach(struct ccid_attachment *a, const OLECHAR *name, SCARD_SHARE_MODES mode,
                      SCARD_PROTOCOLS protocols)
{
	struct ccid_session *s = NULL;
	char *text;
	HRESULT hr = begin_attach(a);

	if (FAILED(hr))
		return hr;
	text = utf8_of(name);
	if (protocols == ISCARD_RAW)
		hr = SCARD_E_PROTO_MISMATCH;
	else if (text == NULL)
		hr = E_OUTOFMEMORY;
	else
		hr = ccid_session_attach(&s, a->context, text, mode, (unsigned)protocols);
	free(text);
	end_attach(a, s);
	return hr;
}

HRESULT ccid_attachment_by_name(struct ccid_attachment *a, const OLECHAR *name,
                                SCARD_SHARE_MODES mode, SCARD_PROTOCOLS protocols)
{
	unsigned set = (unsigned)protocols;

	if (name == NULL || name[0] == 0)
		return E_INVALIDARG;
	if (mode != ISCARD_EXCLUSIVE && mode != ISCARD_SHARED)
		return E_INVALIDARG;
	if ((set < ISCARD_T0 || set > (ISCARD_T0 | ISCARD_T1)) && set != ISCARD_RAW)
		return E_INVALIDARG;
	return attach(a, name, mode, protocols);
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
		return E_INVALIDARG;
	hr = take(a, &s);
	if (FAILED(hr))
		return hr;
	hr = ccid_session_detach(s, disposition, &result);
	atomic_store(&a->disposition, (int)result);
	if (!ccid_session_is_open(s))
		detached(a, s);
	ccid_session_unref(s);
	return hr;
}

HRESULT ccid_attachment_reattach(struct ccid_attachment *a, SCARD_SHARE_MODES mode,
                                 SCARD_DISPOSITIONS disposition)
{
	iscard_disposition_result result;
	struct ccid_session *s;
	HRESULT hr;

	if (!valid(disposition) || (mode != ISCARD_EXCLUSIVE && mode != ISCARD_SHARED))
		return E_INVALIDARG;
	hr = take(a, &s);
	if (FAILED(hr))
		return hr;
	hr = ccid_session_reattach(s, mode, disposition, &result);
	atomic_store(&a->disposition, (int)result);
	ccid_session_unref(s);
	return hr;
}

HRESULT ccid_attachment_reconnect(struct ccid_attachment *a)
{
	SCARD_SHARE_MODES mode;
	struct ccid_session *s;
	HRESULT hr = take(a, &s);

	if (FAILED(hr))
		return hr;
	hr = ccid_session_share_mode(s, &mode);
	ccid_session_unref(s);
	return FAILED(hr) ? hr : ccid_attachment_reattach(a, mode, ISCARD_LEAVE);
}

HRESULT ccid_attachment_lock(struct ccid_attachment *a)
{
	struct ccid_session *s;
	HRESULT hr = take(a, &s);

	if (FAILED(hr))
		return hr;
	hr = ccid_session_lock(s);
	ccid_session_unref(s);
	return hr;
}

HRESULT ccid_attachment_unlock(struct ccid_attachment *a, SCARD_DISPOSITIONS disposition)
{
	iscard_disposition_result result;
	struct ccid_session *s;
	HRESULT hr;

	if (!valid(disposition))
		return E_INVALIDARG;
	hr = take(a, &s);
	if (FAILED(hr))
		return hr;
	hr = ccid_session_unlock(s, disposition, &result);
	atomic_store(&a->disposition, (int)result);
	ccid_session_unref(s);
	return hr;
}

/* Send what is in a->apdu; the answer's length in *n. */
static HRESULT exchange(struct ccid_attachment *a, const struct ccid_cmd_request *request,
                        size_t *n)
{
	struct ccid_session *s;
	HRESULT hr = take(a, &s);

	if (FAILED(hr))
		return hr;
	if (request->nad != 0)
		hr = SCARD_E_UNSUPPORTED_FEATURE;
	if (SUCCEEDED(hr) && a->rapdu.len < CCID_RAPDU_MAX)
		hr = ccid_result(ccid_blob_resize(&a->rapdu, CCID_RAPDU_MAX), CCID_ATTACHED);
	if (SUCCEEDED(hr))
		hr = ccid_session_transmit(s, &a->apdu, request->class_get_response, &a->rapdu, n);
	if (SUCCEEDED(hr) && *n < 2)
		hr = SCARD_F_COMM_ERROR;
	ccid_session_unref(s);
	return hr;
}

static HRESULT transact(struct ccid_attachment *a, ISCardCmd *cmd)
{
	struct ccid_cmd_request request;
	size_t n = 0;
	HRESULT hr = ccid_cmd_request(cmd, &a->apdu, &request);

	if (SUCCEEDED(hr))
		hr = exchange(a, &request, &n);
	if (SUCCEEDED(hr))
		hr = ccid_cmd_reply(cmd, a->rapdu.p, n - 2,
		                    (WORD)(a->rapdu.p[n - 2] << 8 | a->rapdu.p[n - 1]));
	if (FAILED(hr))
		ccid_cmd_no_reply(cmd);
	ccid_blob_clear(&a->apdu);
	if (n > 0)
		ccid_wipe(a->rapdu.p, n);
	return hr;
}

HRESULT ccid_attachment_transaction(struct ccid_attachment *a, ISCardCmd **cmd)
{
	HRESULT hr;

	if (cmd == NULL)
		return E_POINTER;
	if (*cmd == NULL)
		return E_INVALIDARG;
	if (a->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	pthread_mutex_lock(&a->sending);
	hr = transact(a, *cmd);
	pthread_mutex_unlock(&a->sending);
	return hr;
}

HRESULT ccid_attachment_handle(struct ccid_attachment *a, HSCARD *handle)
{
	struct ccid_session *s;
	HRESULT hr;

	if (handle == NULL)
		return E_POINTER;
	*handle = 0;
	hr = take(a, &s);
	if (hr == SCARD_E_INVALID_HANDLE)
		return S_OK;
	if (FAILED(hr))
		return hr;
	*handle = s->handle;
	ccid_session_unref(s);
	return S_OK;
}

HRESULT ccid_attachment_context(struct ccid_attachment *a, HSCARDCONTEXT *context)
{
	if (context == NULL)
		return E_POINTER;
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
		return E_POINTER;
	*state = (SCARD_STATES)0;
	hr = take(a, &s);
	if (FAILED(hr))
		return hr;
	hr = ccid_session_status(s, state);
	ccid_session_unref(s);
	return hr;
}

HRESULT ccid_attachment_card(struct ccid_attachment *a, SCARD_PROTOCOLS *protocol,
                             IByteBuffer **atr)
{
	uint8_t bytes[CCID_ATR_MAX];
	struct ccid_session *s;
	unsigned number = 0;
	size_t len = 0;
	HRESULT hr = take(a, &s);

	if (FAILED(hr))
		return hr;
	hr = ccid_session_card(s, &number, bytes, &len);
	ccid_session_unref(s);
	if (FAILED(hr))
		return hr;
	if (protocol != NULL)
		*protocol = number == 0 ? ISCARD_T0 : ISCARD_T1;
	return atr != NULL ? iscard_buffer_create(bytes, len, atr) : S_OK;
}
