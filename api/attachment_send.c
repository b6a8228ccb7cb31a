/* SPDX-License-Identifier: MIT */
/* What an object sends: its own buffers hold the command and the answer, one at a time. */
#include "attachment.h"

#include "apdu.h"
#include "result.h"

#define ANSWER_MAX 65544 /* dwMaxCCIDMessageLength less the header; an APDU's answer is shorter */

static HRESULT make_room(struct ccid_attachment *a)
{
	if (a->rapdu.len == ANSWER_MAX)
		return S_OK;
	return ccid_result(ccid_blob_resize(&a->rapdu, ANSWER_MAX), CCID_ATTACHED);
}

/* Send what is in a->apdu; the answer, which *n tells, is in a->rapdu. */
static HRESULT exchange(struct ccid_attachment *a, const struct ccid_cmd_request *request,
                        unsigned flags, size_t *n)
{
	struct ccid_session *s;
	HRESULT hr = ccid_attachment_session(a, &s);

	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	if (request->nad != 0)
		hr = SCARD_E_UNSUPPORTED_FEATURE;
	if (SUCCEEDED(hr))
		hr = make_room(a);
	if (SUCCEEDED(hr))
		hr = ccid_session_transmit(s, &a->apdu, flags, request->class_get_response,
		                           &a->rapdu, n);
	if (SUCCEEDED(hr) && *n < 2)
		hr = SCARD_F_COMM_ERROR;
	return ccid_attachment_end(a, s, hr);
}

static void forget(struct ccid_attachment *a, size_t n)
{
	ccid_blob_clear(&a->apdu);
	if (n > 0)
		ccid_wipe(a->rapdu.p, n);
}

static HRESULT transact(struct ccid_attachment *a, ISCardCmd *cmd)
{
	struct ccid_cmd_request request;
	size_t n = 0;
	HRESULT hr = ccid_cmd_request(cmd, &a->apdu, &request);

	if (FAILED(hr))
		ccid_attachment_end(a, NULL, hr);
	else
		hr = exchange(a, &request, CCID_XFR_FOLLOW, &n);
	if (SUCCEEDED(hr))
		hr = ccid_cmd_reply(cmd, a->rapdu.p, n - 2,
		                    (WORD)(a->rapdu.p[n - 2] << 8 | a->rapdu.p[n - 1]));
	if (FAILED(hr))
		ccid_cmd_no_reply(cmd);
	forget(a, n);
	return hr;
}

HRESULT ccid_attachment_transaction(struct ccid_attachment *a, ISCardCmd **cmd)
{
	HRESULT hr;

	if (cmd == NULL || *cmd == NULL)
		return ccid_attachment_end(a, NULL, cmd == NULL ? E_POINTER : E_INVALIDARG);
	if (a->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	pthread_mutex_lock(&a->sending);
	hr = transact(a, *cmd);
	pthread_mutex_unlock(&a->sending);
	return hr;
}

HRESULT ccid_hand_over(uint8_t *out, size_t *len, const uint8_t *bytes, size_t n)
{
	bool fits = n <= *len;

	if (fits && n > 0)
		memcpy(out, bytes, n);
	*len = n;
	return fits ? S_OK : SCARD_E_INSUFFICIENT_BUFFER;
}

/* Hand out what a command brought, and forget it. */
static HRESULT finish(struct ccid_attachment *a, HRESULT hr, size_t n, uint8_t *out, size_t *len)
{
	if (SUCCEEDED(hr))
		hr = ccid_attachment_end(a, NULL, ccid_hand_over(out, len, a->rapdu.p, n));
	else
		*len = 0;
	forget(a, n);
	pthread_mutex_unlock(&a->sending);
	return hr;
}

/* Begin a command of these bytes. */
static HRESULT start(struct ccid_attachment *a, const uint8_t *bytes, size_t n)
{
	HRESULT hr;

	pthread_mutex_lock(&a->sending);
	hr = ccid_result(ccid_blob_set(&a->apdu, bytes, n), CCID_ATTACHED);
	return ccid_attachment_end(a, NULL, hr);
}

HRESULT ccid_attachment_send(struct ccid_attachment *a, const uint8_t *capdu, size_t capdu_len,
                             unsigned flags, uint8_t *rapdu, size_t *len)
{
	static const struct ccid_cmd_request plain = {.class_get_response = -1};
	size_t n = 0;
	HRESULT hr;

	if (a->epoch != ccid_process_epoch()) {
		*len = 0;
		return SCARD_E_SERVICE_STOPPED;
	}
	hr = start(a, capdu, capdu_len);
	if (SUCCEEDED(hr))
		hr = exchange(a, &plain, flags, &n);
	return finish(a, hr, n, rapdu, len);
}

static HRESULT escape(struct ccid_attachment *a, size_t *n)
{
	struct ccid_session *s;
	HRESULT hr = ccid_attachment_session(a, &s);

	if (SUCCEEDED(hr))
		hr = make_room(a);
	if (SUCCEEDED(hr))
		hr = ccid_session_escape(s, a->apdu.p, a->apdu.len, a->rapdu.p, a->rapdu.len, n);
	if (hr == SCARD_E_INSUFFICIENT_BUFFER) /* longer than a message may be */
		hr = SCARD_F_COMM_ERROR;
	return ccid_attachment_end(a, s, hr);
}

HRESULT ccid_attachment_escape(struct ccid_attachment *a, const uint8_t *out, size_t out_len,
                               uint8_t *in, size_t *in_len)
{
	size_t n = 0;
	HRESULT hr;

	if (a->epoch != ccid_process_epoch()) {
		*in_len = 0;
		return SCARD_E_SERVICE_STOPPED;
	}
	hr = start(a, out, out_len);
	if (SUCCEEDED(hr))
		hr = escape(a, &n);
	return finish(a, hr, n, in, in_len);
}
