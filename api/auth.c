/* SPDX-License-Identifier: MIT */
#include "apdu.h"
#include "bytebuffer.h"
#include "service.h"

#include <stdlib.h>

#define CODE_MAX   255
#define DATA_MAX   65535
#define ANSWER_MAX 65536
#define ANY_LENGTH 256 /* Le 00 */

struct auth {
	ISCardAuth iface;
	atomic_ulong refs;
	IUnknown *owner;
	struct ccid_iso *iso;
};

static void auth_free(struct auth *a)
{
	IUnknown *owner = a->owner;

	free(a);
	IUnknown_Release(owner);
}

CCID_OBJECT_METHODS(ISCardAuth, struct auth, &IID_ISCardAuth, auth_free)

static struct ccid_iso *iso_of(ISCardAuth *self)
{
	return ((struct auth *)self)->iso;
}

/* P1 and P2: what the card calls algorithm and key. */
struct key {
	unsigned p1, p2;
};

static HRESULT find_key(LONG algorithm, LPBYTEBUFFER param, struct key *key)
{
	struct ccid_blob bytes = {0};
	size_t n;
	HRESULT hr = S_OK;

	*key = (struct key){0};
	if (param != NULL)
		hr = ccid_bytebuffer_content(param, ISCARD_BUFFER_MAX, &bytes);
	n = bytes.len;
	if (n > 0)
		key->p2 = bytes.p[0];
	ccid_blob_free(&bytes);
	if (SUCCEEDED(hr) && (algorithm < 0 || algorithm > 255 || n > 1))
		hr = SCARD_E_UNSUPPORTED_FEATURE;
	key->p1 = (unsigned)algorithm & 0xFF;
	return hr;
}

static HRESULT some_data(LPBYTEBUFFER buffer, size_t max, struct ccid_blob *out)
{
	HRESULT hr = ccid_bytebuffer_content(buffer, max, out);

	return SUCCEEDED(hr) && out->len == 0 ? E_INVALIDARG : hr;
}

static HRESULT expected(LONG length, uint32_t *le)
{
	*le = length == 0 ? ANY_LENGTH : (uint32_t)length;
	return length < 0 || length > ANSWER_MAX ? E_INVALIDARG : S_OK;
}

/* A command and its answer, in memory of its own: what it goes to may be another's object. */
static HRESULT exchange(struct ccid_iso *iso, enum ccid_ins ins, const struct key *key,
                        const struct ccid_blob *data, uint32_t le, struct ccid_blob *reply)
{
	HRESULT hr = ccid_iso_begin(iso);

	if (FAILED(hr))
		return hr;
	hr = ccid_iso_call(iso, ins, key->p1, key->p2, data, le);
	if (SUCCEEDED(hr)) {
		*reply = iso->reply;
		iso->reply = (struct ccid_blob){0};
	}
	return ccid_iso_end(iso, hr);
}

static HRESULT app_auth(ISCardAuth *self, LONG algorithm, LPBYTEBUFFER param, LPBYTEBUFFER buffer)
{
	struct ccid_iso *iso = iso_of(self);
	struct ccid_blob data = {0}, none = {0};
	struct key key;
	HRESULT hr = some_data(buffer, DATA_MAX, &data);

	if (SUCCEEDED(hr))
		hr = find_key(algorithm, param, &key);
	if (SUCCEEDED(hr))
		hr = exchange(iso, CCID_INS_EXTERNAL_AUTHENTICATE, &key, &data, 0, &none);
	ccid_blob_free(&data);
	ccid_blob_free(&none);
	return hr;
}

/* wanted 0: any number but none. */
static HRESULT challenge(struct ccid_iso *iso, unsigned algorithm, LONG wanted, uint32_t le,
                         LPBYTEBUFFER *out, LONG *length)
{
	HRESULT hr = ccid_iso_call(iso, CCID_INS_GET_CHALLENGE, algorithm, 0, NULL, le);
	LONG got = (LONG)iso->reply.len;

	if (SUCCEEDED(hr) && (got == 0 || (wanted != 0 && got != wanted)))
		hr = SCARD_E_UNEXPECTED;
	if (SUCCEEDED(hr))
		hr = iscard_buffer_create(iso->reply.p, iso->reply.len, out);
	if (SUCCEEDED(hr))
		*length = got;
	return ccid_iso_end(iso, hr);
}

static HRESULT get_challenge(ISCardAuth *self, LONG algorithm, LPBYTEBUFFER param, LONG *length,
                             LPBYTEBUFFER *out)
{
	struct ccid_iso *iso = iso_of(self);
	LONG wanted = length != NULL ? *length : 0;
	struct key key = {0};
	uint32_t le;
	HRESULT hr = expected(wanted, &le);

	if (length != NULL)
		*length = 0;
	if (out != NULL)
		*out = NULL;
	if (length == NULL || out == NULL)
		return E_POINTER;
	if (SUCCEEDED(hr))
		hr = find_key(algorithm, param, &key);
	if (SUCCEEDED(hr) && key.p2 != 0)
		hr = SCARD_E_UNSUPPORTED_FEATURE;
	if (SUCCEEDED(hr))
		hr = ccid_iso_begin(iso);
	if (FAILED(hr))
		return hr;
	return challenge(iso, key.p1, wanted, le, out, length);
}

/* The card's answer in place of the data. */
static HRESULT answer(const struct ccid_blob *reply, IByteBuffer *buffer, LONG *length)
{
	LONG n = (LONG)reply->len;
	HRESULT hr = IByteBuffer_Initialize(buffer, n, n > 0 ? reply->p : NULL);

	if (SUCCEEDED(hr))
		*length = n;
	return hr;
}

static HRESULT icc_auth(ISCardAuth *self, LONG algorithm, LPBYTEBUFFER param, LONG *length,
                        LPBYTEBUFFER *buffer)
{
	struct ccid_iso *iso = iso_of(self);
	struct ccid_blob data = {0}, reply = {0};
	struct key key;
	uint32_t le;
	HRESULT hr = expected(length != NULL ? *length : 0, &le);

	if (length != NULL)
		*length = 0;
	if (length == NULL || buffer == NULL)
		return E_POINTER;
	if (SUCCEEDED(hr))
		hr = some_data(*buffer, DATA_MAX, &data);
	if (SUCCEEDED(hr))
		hr = find_key(algorithm, param, &key);
	if (SUCCEEDED(hr))
		hr = exchange(iso, CCID_INS_INTERNAL_AUTHENTICATE, &key, &data, le, &reply);
	if (SUCCEEDED(hr))
		hr = answer(&reply, *buffer, length);
	ccid_blob_free(&data);
	ccid_blob_free(&reply);
	return hr;
}

static HRESULT initialize(ISCardAuth *self, LONG *lp)
{
	(void)self;
	return lp == NULL ? E_POINTER : S_OK;
}

static HRESULT user_auth(ISCardAuth *self, LONG algorithm, LPBYTEBUFFER param, LONG *length,
                         LPBYTEBUFFER *buffer)
{
	struct ccid_iso *iso = iso_of(self);
	struct ccid_blob data = {0}, reply = {0};
	struct key key;
	HRESULT hr = length == NULL || buffer == NULL ? E_POINTER : S_OK;

	if (length != NULL)
		*length = 0;
	if (SUCCEEDED(hr))
		hr = some_data(*buffer, CODE_MAX, &data);
	if (SUCCEEDED(hr))
		hr = find_key(algorithm, param, &key);
	if (SUCCEEDED(hr) && algorithm != 0)
		hr = SCARD_E_UNSUPPORTED_FEATURE;
	if (SUCCEEDED(hr))
		hr = exchange(iso, CCID_INS_VERIFY, &key, &data, 0, &reply);
	if (SUCCEEDED(hr))
		hr = answer(&reply, *buffer, length);
	ccid_blob_free(&data);
	ccid_blob_free(&reply);
	return hr;
}

static const ISCardAuthVtbl vtbl = {
	CCID_OBJECT_VTBL,     .APP_Auth = app_auth,     .GetChallenge = get_challenge,
	.ICC_Auth = icc_auth, .Initialize = initialize, .User_Auth = user_auth,
};

HRESULT ccid_auth_new(void **out, IUnknown *owner, struct ccid_iso *iso)
{
	struct auth *a = calloc(1, sizeof *a);

	*out = a;
	if (a == NULL)
		return E_OUTOFMEMORY;
	a->iface.lpVtbl = &vtbl;
	atomic_init(&a->refs, 1);
	IUnknown_AddRef(owner);
	a->owner = owner;
	a->iso = iso;
	return S_OK;
}
