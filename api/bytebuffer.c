/* SPDX-License-Identifier: MIT */
/* Bytes are shared between clones and have a lock of their own; each object adds a seek pointer.
 * Lock order: object -> bytes. */
#include "bytebuffer.h"

#include "object.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct store {
	atomic_ulong refs;
	pthread_mutex_t lock;
	struct ccid_blob bytes;
};

struct bytebuffer {
	IByteBuffer iface;
	atomic_ulong refs;
	pthread_mutex_t lock;
	struct store *store; /* NULL until initialised */
	LONG pos;
};

static struct store *store_new(void)
{
	struct store *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	atomic_init(&s->refs, 1);
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void store_unref(struct store *s)
{
	if (s == NULL || ccid_object_unref(&s->refs) > 0)
		return;
	ccid_blob_free(&s->bytes);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void bytebuffer_free(struct bytebuffer *b)
{
	store_unref(b->store);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

CCID_OBJECT_METHODS(IByteBuffer, struct bytebuffer, &IID_IByteBuffer, bytebuffer_free)

/* Both locks, or E_UNEXPECTED and none. */
static HRESULT enter(struct bytebuffer *b)
{
	pthread_mutex_lock(&b->lock);
	if (b->store == NULL) {
		pthread_mutex_unlock(&b->lock);
		return E_UNEXPECTED;
	}
	pthread_mutex_lock(&b->store->lock);
	return S_OK;
}

static HRESULT leave(struct bytebuffer *b, HRESULT hr)
{
	pthread_mutex_unlock(&b->store->lock);
	pthread_mutex_unlock(&b->lock);
	return hr;
}

static HRESULT check(struct bytebuffer *b)
{
	HRESULT hr = enter(b);

	return FAILED(hr) ? hr : leave(b, S_OK);
}

static HRESULT resize(struct store *s, LONG size)
{
	if (size > ISCARD_BUFFER_MAX)
		return STG_E_MEDIUMFULL;
	return ccid_object_result(ccid_blob_resize(&s->bytes, (size_t)size));
}

static HRESULT get_stream(IByteBuffer *self, LPSTREAM *out)
{
	(void)self;
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	return E_NOTIMPL;
}

static HRESULT put_stream(IByteBuffer *self, LPSTREAM stream)
{
	(void)self, (void)stream;
	return E_NOTIMPL;
}

static HRESULT clone(IByteBuffer *self, LPBYTEBUFFER *out)
{
	struct bytebuffer *b = (struct bytebuffer *)self;
	struct bytebuffer *copy;
	HRESULT hr;

	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	hr = enter(b);
	if (FAILED(hr))
		return hr;
	hr = ccid_bytebuffer_new(out);
	if (FAILED(hr))
		return leave(b, hr);
	copy = (struct bytebuffer *)*out;
	copy->store = b->store;
	copy->pos = b->pos;
	ccid_object_ref(&b->store->refs);
	return leave(b, S_OK);
}

static HRESULT commit(IByteBuffer *self, LONG flags)
{
	(void)flags;
	return check((struct bytebuffer *)self);
}

static HRESULT revert(IByteBuffer *self)
{
	return check((struct bytebuffer *)self);
}

static HRESULT initialize(IByteBuffer *self, LONG size, BYTE *data)
{
	struct bytebuffer *b = (struct bytebuffer *)self;
	struct store *fresh, *old;
	HRESULT hr;

	if (size < 0)
		return E_INVALIDARG;
	fresh = store_new();
	if (fresh == NULL)
		return E_OUTOFMEMORY;
	hr = resize(fresh, size);
	if (FAILED(hr)) {
		store_unref(fresh);
		return hr;
	}
	if (data != NULL && size > 0)
		memcpy(fresh->bytes.p, data, (size_t)size);
	pthread_mutex_lock(&b->lock);
	old = b->store;
	b->store = fresh;
	b->pos = 0;
	pthread_mutex_unlock(&b->lock);
	store_unref(old);
	return S_OK;
}

static HRESULT lock_region(IByteBuffer *self, LONG offset, LONG cb, LONG type)
{
	HRESULT hr;

	(void)type;
	if (offset < 0 || cb < 0)
		return E_INVALIDARG;
	hr = check((struct bytebuffer *)self);
	return FAILED(hr) ? hr : STG_E_INVALIDFUNCTION;
}

/* At most cb bytes from pos, without moving it. */
static LONG peek(const struct bytebuffer *b, BYTE *out, LONG cb)
{
	LONG size = (LONG)b->store->bytes.len;
	LONG n = b->pos >= size ? 0 : size - b->pos;

	if (n > cb)
		n = cb;
	if (n > 0)
		memcpy(out, b->store->bytes.p + b->pos, (size_t)n);
	return n;
}

static HRESULT read_bytes(IByteBuffer *self, BYTE *out, LONG cb, LONG *nread)
{
	struct bytebuffer *b = (struct bytebuffer *)self;
	HRESULT hr;
	LONG n;

	if (nread != NULL)
		*nread = 0;
	if (out == NULL)
		return E_POINTER;
	if (cb < 0)
		return E_INVALIDARG;
	hr = enter(b);
	if (FAILED(hr))
		return hr;
	n = peek(b, out, cb);
	b->pos += n;
	if (nread != NULL)
		*nread = n;
	return leave(b, S_OK);
}

static HRESULT seek(IByteBuffer *self, LONG move, LONG origin, LONG *position)
{
	struct bytebuffer *b = (struct bytebuffer *)self;
	HRESULT hr;
	LONG from;

	if (position != NULL)
		*position = 0;
	hr = enter(b);
	if (FAILED(hr))
		return hr;
	if (origin < STREAM_SEEK_SET || origin > STREAM_SEEK_END)
		return leave(b, STG_E_INVALIDFUNCTION);
	from = origin == STREAM_SEEK_SET   ? 0
	       : origin == STREAM_SEEK_CUR ? b->pos
	                                   : (LONG)b->store->bytes.len;
	if (move > LONG_MAX - from || move < -from)
		return leave(b, STG_E_INVALIDFUNCTION);
	b->pos = from + move;
	if (position != NULL)
		*position = b->pos;
	return leave(b, S_OK);
}

static HRESULT set_size(IByteBuffer *self, LONG size)
{
	struct bytebuffer *b = (struct bytebuffer *)self;
	HRESULT hr;

	if (size < 0)
		return E_INVALIDARG;
	hr = enter(b);
	return FAILED(hr) ? hr : leave(b, resize(b->store, size));
}

static HRESULT stat_buffer(IByteBuffer *self, LPSTATSTRUCT out, LONG flag)
{
	struct bytebuffer *b = (struct bytebuffer *)self;
	HRESULT hr;

	if (out == NULL)
		return E_POINTER;
	memset(out, 0, sizeof *out);
	if (flag != STATFLAG_DEFAULT && flag != STATFLAG_NONAME)
		return STG_E_INVALIDFLAG;
	hr = enter(b);
	if (FAILED(hr))
		return hr;
	out->type = STGTY_STREAM;
	out->cbSize = (LONG)b->store->bytes.len;
	out->grfMode = STGM_READWRITE;
	return leave(b, S_OK);
}

static HRESULT put_bytes(struct bytebuffer *b, const BYTE *bytes, LONG cb)
{
	struct store *s = b->store;
	HRESULT hr = S_OK;

	if (b->pos > ISCARD_BUFFER_MAX - cb)
		return STG_E_MEDIUMFULL;
	if (b->pos + cb > (LONG)s->bytes.len)
		hr = resize(s, b->pos + cb);
	if (FAILED(hr))
		return hr;
	memcpy(s->bytes.p + b->pos, bytes, (size_t)cb);
	b->pos += cb;
	return S_OK;
}

static HRESULT write_bytes(IByteBuffer *self, BYTE *bytes, LONG cb, LONG *nwritten)
{
	struct bytebuffer *b = (struct bytebuffer *)self;
	HRESULT hr;

	if (nwritten != NULL)
		*nwritten = 0;
	if (bytes == NULL)
		return E_POINTER;
	if (cb < 0)
		return E_INVALIDARG;
	hr = enter(b);
	if (FAILED(hr))
		return hr;
	if (cb > ISCARD_BUFFER_MAX)
		return leave(b, STG_E_MEDIUMFULL);
	if (cb > 0)
		hr = put_bytes(b, bytes, cb);
	if (SUCCEEDED(hr) && nwritten != NULL)
		*nwritten = cb;
	return leave(b, hr);
}

/* Take at most cb bytes, through a copy, so that source and destination may be the same. */
static HRESULT take(struct bytebuffer *b, LONG cb, struct ccid_blob *out)
{
	HRESULT hr = enter(b);
	LONG size, n;

	if (FAILED(hr))
		return hr;
	size = (LONG)b->store->bytes.len;
	n = b->pos >= size ? 0 : size - b->pos;
	hr = ccid_object_result(ccid_blob_resize(out, (size_t)(n < cb ? n : cb)));
	if (SUCCEEDED(hr))
		b->pos += peek(b, out->p, (LONG)out->len);
	return leave(b, hr);
}

static void step_back(struct bytebuffer *b, LONG n)
{
	pthread_mutex_lock(&b->lock);
	b->pos = b->pos < n ? 0 : b->pos - n;
	pthread_mutex_unlock(&b->lock);
}

static HRESULT copy_to(IByteBuffer *self, LPBYTEBUFFER *to, LONG cb, LONG *nread, LONG *nwritten)
{
	struct bytebuffer *b = (struct bytebuffer *)self;
	struct ccid_blob bytes = {0};
	LONG written = 0;
	BYTE none = 0;
	HRESULT hr;

	if (nread != NULL)
		*nread = 0;
	if (nwritten != NULL)
		*nwritten = 0;
	if (to == NULL || *to == NULL)
		return E_POINTER;
	if (cb < 0)
		return E_INVALIDARG;
	hr = take(b, cb, &bytes);
	if (FAILED(hr))
		return hr;
	hr = IByteBuffer_Write(*to, bytes.len > 0 ? bytes.p : &none, (LONG)bytes.len, &written);
	if (FAILED(hr))
		step_back(b, (LONG)bytes.len);
	if (SUCCEEDED(hr) && nread != NULL)
		*nread = (LONG)bytes.len;
	if (SUCCEEDED(hr) && nwritten != NULL)
		*nwritten = written;
	ccid_blob_free(&bytes);
	return hr;
}

static const IByteBufferVtbl vtbl = {
	CCID_OBJECT_VTBL,
	.get_Stream = get_stream,
	.put_Stream = put_stream,
	.Clone = clone,
	.Commit = commit,
	.CopyTo = copy_to,
	.Initialize = initialize,
	.LockRegion = lock_region,
	.Read = read_bytes,
	.Revert = revert,
	.Seek = seek,
	.SetSize = set_size,
	.Stat = stat_buffer,
	.UnlockRegion = lock_region,
	.Write = write_bytes,
};

HRESULT ccid_bytebuffer_new(IByteBuffer **out)
{
	struct bytebuffer *b = calloc(1, sizeof *b);

	*out = NULL;
	if (b == NULL)
		return E_OUTOFMEMORY;
	b->iface.lpVtbl = &vtbl;
	atomic_init(&b->refs, 1);
	pthread_mutex_init(&b->lock, NULL);
	*out = &b->iface;
	return S_OK;
}

HRESULT iscard_buffer_create(const void *data, size_t n, IByteBuffer **buffer)
{
	HRESULT hr;

	if (buffer == NULL)
		return E_POINTER;
	hr = ccid_bytebuffer_new(buffer);
	if (FAILED(hr))
		return hr;
	if (n > (size_t)ISCARD_BUFFER_MAX)
		hr = STG_E_MEDIUMFULL;
	else
		hr = initialize(*buffer, (LONG)n, (BYTE *)(uintptr_t)data);
	if (FAILED(hr)) {
		release(*buffer);
		*buffer = NULL;
	}
	return hr;
}

/* Read n bytes from the start of a foreign buffer and put its seek pointer back. */
static HRESULT read_foreign(IByteBuffer *buffer, uint8_t *out, LONG n)
{
	LONG saved = 0, got = 0, total = 0;
	HRESULT hr = IByteBuffer_Seek(buffer, 0, STREAM_SEEK_CUR, &saved);

	if (SUCCEEDED(hr))
		hr = IByteBuffer_Seek(buffer, 0, STREAM_SEEK_SET, NULL);
	while (SUCCEEDED(hr) && total < n) {
		hr = IByteBuffer_Read(buffer, out + total, n - total, &got);
		if (SUCCEEDED(hr) && (got <= 0 || got > n - total))
			hr = E_INVALIDARG;
		total += got;
	}
	if (FAILED(IByteBuffer_Seek(buffer, saved, STREAM_SEEK_SET, NULL)) && SUCCEEDED(hr))
		hr = E_INVALIDARG;
	return hr;
}

static HRESULT foreign_content(IByteBuffer *buffer, size_t max, struct ccid_blob *out)
{
	struct ccid_blob bytes = {0};
	STATSTRUCT stat = {0};
	HRESULT hr = IByteBuffer_Stat(buffer, &stat, STATFLAG_NONAME);

	if (FAILED(hr))
		return hr;
	if (stat.cbSize < 0 || (size_t)stat.cbSize > max)
		return E_INVALIDARG;
	hr = ccid_object_result(ccid_blob_resize(&bytes, (size_t)stat.cbSize));
	if (SUCCEEDED(hr) && stat.cbSize > 0)
		hr = read_foreign(buffer, bytes.p, stat.cbSize);
	if (SUCCEEDED(hr))
		hr = ccid_object_result(ccid_blob_set(out, bytes.p, bytes.len));
	ccid_blob_free(&bytes);
	return hr;
}

HRESULT ccid_bytebuffer_content(IByteBuffer *buffer, size_t max, struct ccid_blob *out)
{
	struct bytebuffer *b = (struct bytebuffer *)buffer;
	HRESULT hr;

	if (buffer == NULL)
		return E_POINTER;
	if (buffer->lpVtbl != &vtbl)
		return foreign_content(buffer, max, out);
	hr = enter(b);
	if (FAILED(hr))
		return hr;
	if (b->store->bytes.len > max)
		return leave(b, E_INVALIDARG);
	hr = ccid_object_result(ccid_blob_set(out, b->store->bytes.p, b->store->bytes.len));
	return leave(b, hr);
}
