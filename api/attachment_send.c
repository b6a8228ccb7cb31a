/* SPDX-License-Identifier: MIT */
/* What an object sends. Its buffers hold the command and the answer; whoever comes while they are in
 * use, be it from within, has some of its own. Nothing is locked while another's code runs. */
#include "attachment.h"

#include "apdu.h"
#include "result.h"

#define ANSWER_MAX 65544 /* dwMaxCCIDMessageLength less the header; an APDU's answer is shorter */

/* A command on its way; n bytes of rapdu are its answer. */
struct sending {
	struct ccid_session *session; /* with a reference; NULL: none, or not ours any more */
	unsigned flags;
	struct ccid_blob apdu, rapdu;
	size_t n;
};

static void swap(struct ccid_blob *a, struct ccid_blob *b)
{
	struct ccid_blob t = *a;

	*a = *b;
	*b = t;
}

static void start(struct ccid_attachment *a, struct sending *s, unsigned flags)
{
	struct ccid_session *closed;

	*s = (struct sending){.flags = flags};
	pthread_mutex_lock(&a->lock);
	swap(&s->apdu, &a->apdu);
	swap(&s->rapdu, &a->rapdu);
	s->session = ccid_attachment_take(a, &closed);
	pthread_mutex_unlock(&a->lock);
	ccid_attachment_taken(s->session, closed);
}

/* The connection, for ccid_attachment_end(). */
static HRESULT connection(struct sending *s, struct ccid_session **out)
{
	*out = s->session;
	s->session = NULL;
	return *out != NULL ? S_OK : SCARD_E_INVALID_HANDLE;
}

/* Forget what was sent, and put the buffers back unless others are there. */
static void finish(struct ccid_attachment *a, struct sending *s)
{
	if (s->session != NULL)
		ccid_session_unref(s->session);
	ccid_blob_clear(&s->apdu);
	if (s->n > 0)
		ccid_wipe(s->rapdu.p, s->n);
	pthread_mutex_lock(&a->lock);
	if (a->apdu.p == NULL)
		swap(&s->apdu, &a->apdu);
	if (a->rapdu.p == NULL)
		swap(&s->rapdu, &a->rapdu);
	pthread_mutex_unlock(&a->lock);
	ccid_blob_free(&s->apdu);
	ccid_blob_free(&s->rapdu);
}

static HRESULT make_room(struct sending *s)
{
	if (s->rapdu.len == ANSWER_MAX)
		return S_OK;
	return ccid_result(ccid_blob_resize(&s->rapdu, ANSWER_MAX), CCID_ATTACHED);
}

static HRESULT exchange(struct ccid_attachment *a, struct sending *out,
                        const struct ccid_cmd_request *request)
{
	struct ccid_session *s;
	HRESULT hr = connection(out, &s);

	if (FAILED(hr))
		return ccid_attachment_end(a, NULL, hr);
	if (request->nad != 0)
		hr = SCARD_E_UNSUPPORTED_FEATURE;
	if (SUCCEEDED(hr))
		hr = make_room(out);
	if (SUCCEEDED(hr))
		hr = ccid_session_transmit(s, &out->apdu, out->flags, request->class_get_response,
		                           &out->rapdu, &out->n);
	if (SUCCEEDED(hr) && out->n < 2)
		hr = SCARD_F_COMM_ERROR;
	return ccid_attachment_end(a, s, hr);
}

static HRESULT store(ISCardCmd *cmd, const struct sending *s)
{
	const uint8_t *sw = s->rapdu.p + s->n - 2;

	return ccid_cmd_reply(cmd, s->rapdu.p, s->n - 2, (WORD)(sw[0] << 8 | sw[1]));
}

static HRESULT transact(struct ccid_attachment *a, ISCardCmd *cmd)
{
	struct ccid_cmd_request request;
	struct sending s;
	HRESULT hr;

	start(a, &s, CCID_XFR_FOLLOW);
	hr = ccid_attachment_end(a, NULL, ccid_cmd_request(cmd, &s.apdu, &request));
	if (SUCCEEDED(hr))
		hr = exchange(a, &s, &request);
	if (SUCCEEDED(hr))
		hr = ccid_attachment_end(a, NULL, store(cmd, &s));
	if (FAILED(hr))
		ccid_cmd_no_reply(cmd);
	finish(a, &s);
	return hr;
}

HRESULT ccid_attachment_transaction(struct ccid_attachment *a, ISCardCmd **cmd)
{
	ISCardCmd *kept;
	HRESULT hr;

	if (cmd == NULL || *cmd == NULL)
		return ccid_attachment_end(a, NULL, cmd == NULL ? E_POINTER : E_INVALIDARG);
	if (a->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	kept = *cmd;
	ISCardCmd_AddRef(kept);
	hr = transact(a, kept);
	ISCardCmd_Release(kept);
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

static HRESULT send(struct ccid_attachment *a, struct sending *s)
{
	static const struct ccid_cmd_request plain = {.class_get_response = -1};

	return exchange(a, s, &plain);
}

static HRESULT escape(struct ccid_attachment *a, struct sending *out)
{
	struct ccid_session *s;
	HRESULT hr = connection(out, &s);

	if (SUCCEEDED(hr))
		hr = make_room(out);
	if (SUCCEEDED(hr))
		hr = ccid_session_escape(s, out->apdu.p, out->apdu.len, out->rapdu.p,
		                         out->rapdu.len, &out->n);
	if (hr == SCARD_E_INSUFFICIENT_BUFFER) /* longer than a message may be */
		hr = SCARD_F_COMM_ERROR;
	return ccid_attachment_end(a, s, hr);
}

/* Bytes out and bytes in, by one of these two. */
static HRESULT bytes(struct ccid_attachment *a,
                     HRESULT (*by)(struct ccid_attachment *, struct sending *), unsigned flags,
                     const uint8_t *out, size_t out_len, uint8_t *in, size_t *in_len)
{
	size_t room = *in_len;
	struct sending s;
	HRESULT hr;

	*in_len = 0;
	if (a->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	start(a, &s, flags);
	hr = ccid_result(ccid_blob_set(&s.apdu, out, out_len), CCID_ATTACHED);
	hr = SUCCEEDED(hr) ? by(a, &s) : ccid_attachment_end(a, NULL, hr);
	if (SUCCEEDED(hr)) {
		*in_len = room;
		hr = ccid_attachment_end(a, NULL, ccid_hand_over(in, in_len, s.rapdu.p, s.n));
	}
	finish(a, &s);
	return hr;
}

HRESULT ccid_attachment_send(struct ccid_attachment *a, const uint8_t *capdu, size_t capdu_len,
                             unsigned flags, uint8_t *rapdu, size_t *len)
{
	return bytes(a, send, flags, capdu, capdu_len, rapdu, len);
}

HRESULT ccid_attachment_escape(struct ccid_attachment *a, const uint8_t *out, size_t out_len,
                               uint8_t *in, size_t *in_len)
{
	return bytes(a, escape, 0, out, out_len, in, in_len);
}
