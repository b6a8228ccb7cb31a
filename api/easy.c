/* SPDX-License-Identifier: MIT */
/* <iscard/easy.h>, in front of an object's attachment. */
#include "attachment.h"

#include "apdu.h"

#include <iscard/easy.h>
#include <stdio.h>

_Static_assert(ISCARD_ATR_MAX == CCID_ATR_MAX, "one length");
_Static_assert(ISCARD_NAME_SIZE == CCID_NAME_MAX, "one length");
_Static_assert(ISCARD_REPLY_MAX == CCID_RAPDU_MAX, "one length");

static HRESULT attachment_of(struct ccid_attachment **out, const void *object)
{
	*out = ccid_attachment_of(object);
	if (*out != NULL)
		return S_OK;
	return object == NULL ? E_POINTER : E_INVALIDARG;
}

HRESULT iscard_attach(void *object, const char *reader, SCARD_SHARE_MODES mode,
                      SCARD_PROTOCOLS protocols)
{
	struct ccid_attachment *a;
	HRESULT hr = attachment_of(&a, object);

	return FAILED(hr) ? hr : ccid_attachment_by_utf8(a, reader, mode, protocols);
}

static HRESULT check_buffer(const uint8_t *out, size_t *len)
{
	if (len == NULL)
		return E_POINTER;
	return out == NULL && *len > 0 ? E_POINTER : S_OK;
}

static HRESULT refuse(size_t *len, HRESULT hr)
{
	if (len != NULL)
		*len = 0;
	return hr;
}

/* What is wrong with the arguments of a transmission, whatever the card. */
static HRESULT check_apdu(const uint8_t *apdu, size_t apdu_len, const uint8_t *reply,
                          const size_t *reply_len)
{
	struct ccid_apdu decoded;

	if (apdu == NULL || reply == NULL || reply_len == NULL)
		return E_POINTER;
	return ccid_apdu_decode(&decoded, apdu, apdu_len) < 0 ? E_INVALIDARG : S_OK;
}

static HRESULT transmit(void *object, const uint8_t *apdu, size_t apdu_len, unsigned flags,
                        uint8_t *reply, size_t *reply_len)
{
	struct ccid_attachment *a;
	HRESULT hr = check_apdu(apdu, apdu_len, reply, reply_len);

	if (SUCCEEDED(hr))
		hr = attachment_of(&a, object);
	if (FAILED(hr))
		return refuse(reply_len, hr);
	if (*reply_len < 2) {
		*reply_len = 2;
		return ccid_attachment_end(a, NULL, SCARD_E_INSUFFICIENT_BUFFER);
	}
	return ccid_attachment_send(a, apdu, apdu_len, flags, reply, reply_len);
}

HRESULT iscard_transmit(void *object, const uint8_t *apdu, size_t apdu_len, uint8_t *reply,
                        size_t *reply_len)
{
	return transmit(object, apdu, apdu_len, CCID_XFR_FOLLOW, reply, reply_len);
}

HRESULT iscard_transmit_raw(void *object, const uint8_t *apdu, size_t apdu_len, uint8_t *reply,
                            size_t *reply_len)
{
	return transmit(object, apdu, apdu_len, 0, reply, reply_len);
}

/* The connection behind an object, to hand out something that is known of it. */
static HRESULT begin(struct ccid_attachment **a, struct ccid_session **s, void *object,
                     const uint8_t *out, size_t *len)
{
	HRESULT hr = check_buffer(out, len);

	*s = NULL;
	if (SUCCEEDED(hr))
		hr = attachment_of(a, object);
	if (SUCCEEDED(hr))
		hr = ccid_attachment_end(*a, NULL, ccid_attachment_session(*a, s));
	return FAILED(hr) ? refuse(len, hr) : S_OK;
}

HRESULT iscard_atr(void *object, uint8_t *atr, size_t *len)
{
	uint8_t bytes[CCID_ATR_MAX];
	struct ccid_attachment *a;
	struct ccid_session *s;
	unsigned protocol;
	size_t n = 0;
	HRESULT hr = begin(&a, &s, object, atr, len);

	if (FAILED(hr))
		return hr;
	hr = ccid_session_card(s, &protocol, bytes, &n);
	if (SUCCEEDED(hr))
		hr = ccid_hand_over(atr, len, bytes, n);
	else
		*len = 0;
	return ccid_attachment_end(a, s, hr);
}

HRESULT iscard_reader_name(void *object, char *name, size_t *size)
{
	struct ccid_attachment *a;
	struct ccid_session *s;
	HRESULT hr = begin(&a, &s, object, (uint8_t *)name, size);

	if (FAILED(hr))
		return hr;
	hr = ccid_hand_over((uint8_t *)name, size, (const uint8_t *)s->name, strlen(s->name) + 1);
	return ccid_attachment_end(a, s, hr);
}

HRESULT iscard_cancel(void *object)
{
	struct ccid_attachment *a;
	HRESULT hr = attachment_of(&a, object);

	return FAILED(hr) ? hr : ccid_attachment_cancel(a);
}

HRESULT iscard_escape(void *object, const uint8_t *out, size_t out_len, uint8_t *in, size_t *in_len)
{
	struct ccid_attachment *a;
	HRESULT hr = check_buffer(in, in_len);

	if (SUCCEEDED(hr) && out == NULL && out_len > 0)
		hr = E_POINTER;
	if (SUCCEEDED(hr))
		hr = attachment_of(&a, object);
	if (FAILED(hr))
		return refuse(in_len, hr);
	return ccid_attachment_escape(a, out, out_len, in, in_len);
}

HRESULT iscard_last_error(const void *object, char *text, size_t size)
{
	struct ccid_attachment *a = ccid_attachment_of(object);
	HRESULT hr = S_OK;

	if (size > 0)
		text[0] = '\0';
	if (a == NULL || a->epoch != ccid_process_epoch())
		return S_OK;
	pthread_mutex_lock(&a->lock);
	hr = a->failure;
	if (size > 0)
		snprintf(text, size, "%s", a->words);
	pthread_mutex_unlock(&a->lock);
	return hr;
}
