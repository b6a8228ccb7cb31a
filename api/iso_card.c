/* SPDX-License-Identifier: MIT */
#include "iso_card.h"

#include "result.h"

#include <stdlib.h>
#include <string.h>

#include "status_word.h"

#define FOLLOW_MAX 1024 /* GET RESPONSEs for one answer */

struct ccid_iso *ccid_iso_new(struct ccid_attachment *a)
{
	struct ccid_iso *iso = calloc(1, sizeof *iso);

	if (iso == NULL)
		return NULL;
	iso->attachment = a;
	pthread_mutex_init(&iso->lock, NULL);
	return iso;
}

void ccid_iso_free(struct ccid_iso *iso)
{
	if (iso == NULL)
		return;
	ccid_blob_free(&iso->apdu);
	ccid_blob_free(&iso->rapdu);
	ccid_blob_free(&iso->reply);
	if (iso->attachment->epoch == ccid_process_epoch())
		pthread_mutex_destroy(&iso->lock);
	free(iso);
}

/* Compare the card with what the last operation has left. */
static void meet(struct ccid_iso *iso, const struct ccid_session_mark *now)
{
	if (iso->session->handle != iso->handle || now->generation != iso->mark.generation) {
		iso->life++;
		iso->answers = 0;
		iso->no_paths = iso->known = false;
	}
	if (now->moves != iso->mark.moves)
		iso->known = false;
	iso->handle = iso->session->handle;
	iso->mark = *now;
}

/* With the card in hand, or just looking. */
static HRESULT start(struct ccid_iso *iso, struct ccid_session *s, bool running)
{
	struct ccid_session_mark now;
	HRESULT hr;

	pthread_mutex_lock(&iso->lock);
	iso->session = s;
	iso->running = running;
	iso->sw = 0;
	hr = ccid_session_mark(s, &now);
	if (SUCCEEDED(hr))
		meet(iso, &now);
	else
		pthread_mutex_unlock(&iso->lock);
	return hr;
}

static HRESULT begin(struct ccid_iso *iso, bool running)
{
	struct ccid_session *s;
	HRESULT hr = ccid_attachment_session(iso->attachment, &s);

	if (SUCCEEDED(hr) && running)
		hr = ccid_session_begin(s);
	if (FAILED(hr))
		return ccid_attachment_end(iso->attachment, s, hr);
	hr = start(iso, s, running);
	if (SUCCEEDED(hr))
		return hr;
	if (running)
		ccid_session_end(s);
	return ccid_attachment_end(iso->attachment, s, hr);
}

HRESULT ccid_iso_begin(struct ccid_iso *iso)
{
	return begin(iso, true);
}

HRESULT ccid_iso_look(struct ccid_iso *iso)
{
	return begin(iso, false);
}

/* A mark with something pending will not be met again: the generation differs. */
HRESULT ccid_iso_end(struct ccid_iso *iso, HRESULT hr)
{
	struct ccid_session *s = iso->session;
	bool running = iso->running;
	struct ccid_session_mark now;

	if (running && SUCCEEDED(ccid_session_mark(s, &now)))
		iso->mark.moves = now.moves;
	ccid_blob_clear(&iso->reply);
	pthread_mutex_unlock(&iso->lock);
	if (running)
		ccid_session_end(s);
	return ccid_attachment_end(iso->attachment, s, hr);
}

HRESULT ccid_iso_room(struct ccid_iso *iso, size_t n)
{
	return ccid_result(ccid_blob_resize(&iso->apdu, n > CCID_ISO_ROOM ? n : CCID_ISO_ROOM),
	                   CCID_ATTACHED);
}

static HRESULT take(struct ccid_iso *iso, size_t n, uint32_t limit)
{
	size_t had = iso->reply.len;
	HRESULT hr;

	if (n < 2)
		return SCARD_F_COMM_ERROR;
	iso->sw = (unsigned)iso->rapdu.p[n - 2] << 8 | iso->rapdu.p[n - 1];
	if (limit == 0) /* nothing was asked for */
		return S_OK;
	if (n - 2 > limit - had)
		return SCARD_E_UNEXPECTED;
	hr = ccid_result(ccid_blob_resize(&iso->reply, had + n - 2), CCID_ATTACHED);
	if (SUCCEEDED(hr) && n > 2)
		memcpy(iso->reply.p + had, iso->rapdu.p, n - 2);
	return hr;
}

/* One exchange; its data goes to the end of the reply. */
static HRESULT exchange(struct ccid_iso *iso, int n, uint32_t limit)
{
	size_t got = 0;
	HRESULT hr = S_OK;
	int err = n < 0 ? n : ccid_blob_resize(&iso->apdu, (size_t)n);

	if (err == CCID_OK && iso->rapdu.len < CCID_RAPDU_MAX)
		err = ccid_blob_resize(&iso->rapdu, CCID_RAPDU_MAX);
	if (err < 0)
		return ccid_result(err, CCID_ATTACHED);
	hr = ccid_session_send(iso->session, &iso->apdu, &iso->rapdu, &got);
	if (SUCCEEDED(hr))
		hr = take(iso, got, limit);
	ccid_wipe(iso->rapdu.p, got);
	return hr;
}

/* 6Cxx: the same command with that Le, once. */
static HRESULT exchange_exactly(struct ccid_iso *iso, int n, uint32_t limit)
{
	struct ccid_apdu a;
	HRESULT hr = exchange(iso, n, limit);

	if (FAILED(hr) || (iso->sw & 0xFF00) != 0x6C00)
		return hr;
	n = ccid_apdu_decode(&a, iso->apdu.p, iso->apdu.len);
	if (n < 0 || a.le == 0 || iso->reply.len > 0)
		return SCARD_E_UNEXPECTED;
	a.le = (iso->sw & 0xFF) == 0 ? 256 : iso->sw & 0xFF;
	n = ccid_apdu_encode(iso->apdu.p, iso->apdu.len, &a);
	hr = exchange(iso, n, limit);
	return SUCCEEDED(hr) && (iso->sw & 0xFF00) == 0x6C00 ? SCARD_E_UNEXPECTED : hr;
}

static HRESULT follow(struct ccid_iso *iso, uint32_t limit)
{
	HRESULT hr = S_OK;

	for (unsigned i = 0; (iso->sw & 0xFF00) == 0x6100 && iso->reply.len < limit; i++) {
		uint32_t le = (iso->sw & 0xFF) == 0 ? 256 : iso->sw & 0xFF;
		size_t had = iso->reply.len;

		if (le > limit - had)
			le = limit - (uint32_t)had;
		hr = ccid_iso_room(iso, 0);
		if (SUCCEEDED(hr))
			hr = exchange(iso,
			              ccid_iso_command(iso->apdu.p, iso->apdu.len,
			                               CCID_INS_GET_RESPONSE, 0, 0, NULL, 0, le),
			              limit);
		if (SUCCEEDED(hr) && (i == FOLLOW_MAX || iso->reply.len == had) &&
		    (iso->sw & 0xFF00) == 0x6100)
			hr = SCARD_E_UNEXPECTED;
		if (FAILED(hr))
			return hr;
	}
	return hr;
}

HRESULT ccid_iso_send(struct ccid_iso *iso, int n, uint32_t limit)
{
	HRESULT hr;

	ccid_blob_clear(&iso->reply);
	iso->sw = 0;
	hr = exchange_exactly(iso, n, limit);
	if (SUCCEEDED(hr))
		hr = follow(iso, limit);
	ccid_blob_clear(&iso->apdu);
	if (FAILED(hr)) {
		ccid_blob_clear(&iso->reply);
		iso->known = false;
	}
	return hr;
}

HRESULT ccid_iso_call(struct ccid_iso *iso, enum ccid_ins ins, unsigned p1, unsigned p2,
                      const struct ccid_blob *data, uint32_t le)
{
	const uint8_t *bytes = data != NULL ? data->p : NULL;
	size_t n = data != NULL ? data->len : 0;
	HRESULT hr = ccid_iso_room(iso, n + 16);

	if (FAILED(hr))
		return hr;
	hr = ccid_iso_send(iso,
	                   ccid_iso_command(iso->apdu.p, iso->apdu.len, ins, (uint8_t)p1,
	                                    (uint8_t)p2, bytes, n, le),
	                   le);
	return FAILED(hr) ? hr : ccid_status_result(iso->sw);
}
