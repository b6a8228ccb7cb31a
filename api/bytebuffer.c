/* SPDX-License-Identifier: MIT */
/* A buffer adds nothing to its stream but LONG for 64 bits and the results of IByteBuffer. The
 * stream may be anybody's: it is used by its public methods, and not while the lock is held. */
#include "bytebuffer.h"

#include "memstream.h"
#include "object.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 4096

struct bytebuffer {
	IByteBuffer iface;
	atomic_ulong refs;
	pthread_mutex_t lock;
	IStream *stream; /* NULL until initialised */
};

static void bytebuffer_free(struct bytebuffer *b)
{
	if (b->stream != NULL)
		IStream_Release(b->stream);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

CCID_OBJECT_METHODS(IByteBuffer, struct bytebuffer, &IID_IByteBuffer, bytebuffer_free)

/* The stream with a reference, or E_UNEXPECTED. */
static HRESULT enter(IByteBuffer *self, IStream **out)
{
	struct bytebuffer *b = (struct bytebuffer *)self;

	pthread_mutex_lock(&b->lock);
	*out = b->stream;
	if (b->stream != NULL)
		IStream_AddRef(b->stream);
	pthread_mutex_unlock(&b->lock);
	return *out != NULL ? S_OK : E_UNEXPECTED;
}

/* Give the reference back, and say it in the words of IByteBuffer. */
static HRESULT leave(IStream *s, HRESULT hr)
{
	IStream_Release(s);
	if (hr == STG_E_INSUFFICIENTMEMORY)
		return E_OUTOFMEMORY;
	return SUCCEEDED(hr) ? S_OK : hr;
}

/* On the caller's reference. */
static void replace(IByteBuffer *self, IStream *fresh)
{
	struct bytebuffer *b = (struct bytebuffer *)self;
	IStream *old;

	pthread_mutex_lock(&b->lock);
	old = b->stream;
	b->stream = fresh;
	pthread_mutex_unlock(&b->lock);
	if (old != NULL)
		IStream_Release(old);
}

static LARGE_INTEGER offset_of(LONG n)
{
	return (LARGE_INTEGER){.QuadPart = n};
}

static ULARGE_INTEGER size_of(LONG n)
{
	return (ULARGE_INTEGER){.QuadPart = (unsigned long)n};
}

static HRESULT get_stream(IByteBuffer *self, LPSTREAM *out)
{
	return out != NULL ? enter(self, out) : E_POINTER;
}

static HRESULT put_stream(IByteBuffer *self, LPSTREAM stream)
{
	if (stream == NULL)
		return E_POINTER;
	IStream_AddRef(stream);
	replace(self, stream);
	return S_OK;
}

static HRESULT clone_around(IStream *s, LPBYTEBUFFER *out)
{
	IByteBuffer *copy;
	HRESULT hr = ccid_bytebuffer_new(&copy);

	if (FAILED(hr))
		return hr;
	hr = IStream_Clone(s, &((struct bytebuffer *)copy)->stream);
	if (SUCCEEDED(hr)) {
		*out = copy;
		return hr;
	}
	((struct bytebuffer *)copy)->stream = NULL; /* whatever was left there */
	release(copy);
	return hr;
}

static HRESULT clone(IByteBuffer *self, LPBYTEBUFFER *out)
{
	IStream *s;
	HRESULT hr;

	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	hr = enter(self, &s);
	return FAILED(hr) ? hr : leave(s, clone_around(s, out));
}

static HRESULT commit(IByteBuffer *self, LONG flags)
{
	IStream *s;
	HRESULT hr = enter(self, &s);

	return FAILED(hr) ? hr : leave(s, IStream_Commit(s, (DWORD)flags));
}

static HRESULT revert(IByteBuffer *self)
{
	IStream *s;
	HRESULT hr = enter(self, &s);

	return FAILED(hr) ? hr : leave(s, IStream_Revert(s));
}

static HRESULT initialize(IByteBuffer *self, LONG size, BYTE *data)
{
	IStream *fresh;
	HRESULT hr;

	if (size < 0)
		return E_INVALIDARG;
	hr = iscard_stream_create(data, (size_t)size, &fresh);
	if (SUCCEEDED(hr))
		replace(self, fresh);
	return hr;
}

static HRESULT region(IByteBuffer *self, LONG offset, LONG cb, LONG type, bool lock)
{
	IStream *s;
	HRESULT hr;

	if (offset < 0 || cb < 0)
		return E_INVALIDARG;
	hr = enter(self, &s);
	if (FAILED(hr))
		return hr;
	if (lock)
		hr = IStream_LockRegion(s, size_of(offset), size_of(cb), (DWORD)type);
	else
		hr = IStream_UnlockRegion(s, size_of(offset), size_of(cb), (DWORD)type);
	return leave(s, hr);
}

static HRESULT lock_region(IByteBuffer *self, LONG offset, LONG cb, LONG type)
{
	return region(self, offset, cb, type, true);
}

static HRESULT unlock_region(IByteBuffer *self, LONG offset, LONG cb, LONG type)
{
	return region(self, offset, cb, type, false);
}

/* A count that came from a stream, checked. */
static HRESULT checked(HRESULT hr, ULONG n, LONG cb, HRESULT fault)
{
	return SUCCEEDED(hr) && n > (ULONG)cb ? fault : hr;
}

static HRESULT read_bytes(IByteBuffer *self, BYTE *out, LONG cb, LONG *nread)
{
	ULONG n = 0;
	IStream *s;
	HRESULT hr;

	if (nread != NULL)
		*nread = 0;
	if (out == NULL)
		return E_POINTER;
	if (cb < 0)
		return E_INVALIDARG;
	hr = enter(self, &s);
	if (FAILED(hr))
		return hr;
	hr = IStream_Read(s, out, (ULONG)cb, &n);
	hr = checked(hr, n, cb, STG_E_READFAULT);
	if (SUCCEEDED(hr) && nread != NULL)
		*nread = (LONG)n;
	return leave(s, hr);
}

static HRESULT seek(IByteBuffer *self, LONG move, LONG origin, LONG *position)
{
	ULARGE_INTEGER now = {.QuadPart = 0};
	IStream *s;
	HRESULT hr;

	if (position != NULL)
		*position = 0;
	hr = enter(self, &s);
	if (FAILED(hr))
		return hr;
	if (origin < STREAM_SEEK_SET || origin > STREAM_SEEK_END ||
	    (origin == STREAM_SEEK_SET && move < 0))
		return leave(s, STG_E_INVALIDFUNCTION);
	hr = IStream_Seek(s, offset_of(move), (DWORD)origin, &now);
	if (SUCCEEDED(hr) && now.QuadPart > LONG_MAX)
		hr = STG_E_INVALIDFUNCTION;
	if (SUCCEEDED(hr) && position != NULL)
		*position = (LONG)now.QuadPart;
	return leave(s, hr);
}

static HRESULT set_size(IByteBuffer *self, LONG size)
{
	IStream *s;
	HRESULT hr;

	if (size < 0)
		return E_INVALIDARG;
	hr = enter(self, &s);
	return FAILED(hr) ? hr : leave(s, IStream_SetSize(s, size_of(size)));
}

/* The name, which nobody here could free or hand on, is never asked for. */
static HRESULT stat_stream(IStream *s, LPSTATSTRUCT out)
{
	STATSTG stat = {.type = 0};
	HRESULT hr = IStream_Stat(s, &stat, STATFLAG_NONAME);

	if (FAILED(hr))
		return hr;
	if (stat.cbSize.QuadPart > LONG_MAX)
		return STG_E_INVALIDFUNCTION;
	*out = (STATSTRUCT){.type = (LONG)stat.type,
	                    .cbSize = (LONG)stat.cbSize.QuadPart,
	                    .grfMode = (LONG)stat.grfMode,
	                    .grfLocksSupported = (LONG)stat.grfLocksSupported,
	                    .grfStateBits = (LONG)stat.grfStateBits};
	return S_OK;
}

static HRESULT stat_buffer(IByteBuffer *self, LPSTATSTRUCT out, LONG flag)
{
	IStream *s;
	HRESULT hr;

	if (out == NULL)
		return E_POINTER;
	memset(out, 0, sizeof *out);
	if (flag != STATFLAG_DEFAULT && flag != STATFLAG_NONAME)
		return STG_E_INVALIDFLAG;
	hr = enter(self, &s);
	return FAILED(hr) ? hr : leave(s, stat_stream(s, out));
}

static HRESULT write_bytes(IByteBuffer *self, BYTE *bytes, LONG cb, LONG *nwritten)
{
	ULONG n = 0;
	IStream *s;
	HRESULT hr;

	if (nwritten != NULL)
		*nwritten = 0;
	if (bytes == NULL)
		return E_POINTER;
	if (cb < 0)
		return E_INVALIDARG;
	hr = enter(self, &s);
	if (FAILED(hr) || cb == 0)
		return FAILED(hr) ? hr : leave(s, S_OK);
	hr = IStream_Write(s, bytes, (ULONG)cb, &n);
	hr = checked(hr, n, cb, STG_E_WRITEFAULT);
	if (SUCCEEDED(hr) && nwritten != NULL)
		*nwritten = (LONG)n;
	return leave(s, hr);
}

/* Read at most cb bytes to the end of out. *more: there may be others behind them. */
static HRESULT read_chunk(IStream *s, LONG cb, struct ccid_blob *out, bool *more)
{
	size_t at = out->len;
	ULONG n = 0;
	HRESULT hr;

	if (at + (size_t)cb > (size_t)ISCARD_BUFFER_MAX)
		return STG_E_MEDIUMFULL;
	if (ccid_blob_resize(out, at + (size_t)cb) != 0)
		return E_OUTOFMEMORY;
	hr = IStream_Read(s, out->p + at, (ULONG)cb, &n);
	hr = checked(hr, n, cb, STG_E_READFAULT);
	*more = SUCCEEDED(hr) && n == (ULONG)cb;
	if (ccid_blob_resize(out, at + (SUCCEEDED(hr) ? n : 0)) != 0)
		return E_OUTOFMEMORY;
	return hr;
}

/* Take at most cb bytes, through a copy, so that source and destination may be the same. */
static HRESULT take(IStream *s, LONG cb, struct ccid_blob *out)
{
	bool more = true;
	HRESULT hr = S_OK;

	while (SUCCEEDED(hr) && more && (LONG)out->len < cb) {
		LONG left = cb - (LONG)out->len;

		hr = read_chunk(s, left < CHUNK ? left : CHUNK, out, &more);
	}
	return hr;
}

static HRESULT move_bytes(IStream *s, IByteBuffer *to, LONG cb, LONG *nread, LONG *nwritten)
{
	struct ccid_blob bytes = {0};
	BYTE none = 0;
	HRESULT hr = take(s, cb, &bytes);

	*nread = (LONG)bytes.len;
	if (SUCCEEDED(hr))
		hr = IByteBuffer_Write(to, bytes.len > 0 ? bytes.p : &none, *nread, nwritten);
	if (SUCCEEDED(hr) && (*nwritten < 0 || *nwritten > *nread))
		hr = STG_E_WRITEFAULT;
	if (FAILED(hr) && bytes.len > 0)
		IStream_Seek(s, offset_of(-*nread), STREAM_SEEK_CUR, NULL);
	ccid_blob_free(&bytes);
	return hr;
}

static HRESULT copy_to(IByteBuffer *self, LPBYTEBUFFER *to, LONG cb, LONG *nread, LONG *nwritten)
{
	LONG got = 0, put = 0;
	IStream *s;
	HRESULT hr;

	if (nread != NULL)
		*nread = 0;
	if (nwritten != NULL)
		*nwritten = 0;
	if (to == NULL || *to == NULL)
		return E_POINTER;
	if (cb < 0)
		return E_INVALIDARG;
	hr = enter(self, &s);
	if (FAILED(hr))
		return hr;
	hr = move_bytes(s, *to, cb, &got, &put);
	if (SUCCEEDED(hr) && nread != NULL)
		*nread = got;
	if (SUCCEEDED(hr) && nwritten != NULL)
		*nwritten = put;
	return leave(s, hr);
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
	.UnlockRegion = unlock_region,
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
	hr = iscard_stream_create(data, n, &((struct bytebuffer *)*buffer)->stream);
	if (FAILED(hr)) {
		release(*buffer);
		*buffer = NULL;
	}
	return hr;
}

/* Read n bytes from the start of a foreign buffer and put its seek pointer back. */
static HRESULT read_foreign(IByteBuffer *buffer, uint8_t *out, LONG n)
{
	LONG saved = 0, total = 0;
	HRESULT hr = IByteBuffer_Seek(buffer, 0, STREAM_SEEK_CUR, &saved);

	if (SUCCEEDED(hr))
		hr = IByteBuffer_Seek(buffer, 0, STREAM_SEEK_SET, NULL);
	while (SUCCEEDED(hr) && total < n) {
		LONG got = 0;

		hr = IByteBuffer_Read(buffer, out + total, n - total, &got);
		if (SUCCEEDED(hr) && (got <= 0 || got > n - total))
			hr = E_INVALIDARG;
		if (SUCCEEDED(hr))
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
	IStream *s;
	HRESULT hr;

	if (buffer == NULL)
		return E_POINTER;
	if (buffer->lpVtbl != &vtbl)
		return foreign_content(buffer, max, out);
	hr = enter(buffer, &s);
	if (FAILED(hr))
		return hr;
	if (ccid_memstream_is(s))
		return leave(s, ccid_memstream_content(s, max, out));
	return leave(s, foreign_content(buffer, max, out));
}
