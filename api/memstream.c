/* SPDX-License-Identifier: MIT */
/* Bytes are shared between clones; one lock for them, their seek pointers and pins. */
#include "memstream.h"

#include "object.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Somebody knows where the bytes are. */
struct pin {
	BYTEARRAY array; /* first */
	struct pin *next;
	IStream *owner;
};

struct store {
	atomic_ulong refs;
	pthread_mutex_t lock;
	struct ccid_blob bytes;
	struct pin *pins;
};

struct memstream {
	IStream iface;
	atomic_ulong refs;
	struct store *store;
	uint64_t pos; /* at most LONG_MAX */
};

static const IStreamVtbl vtbl;

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
	if (ccid_object_unref(&s->refs) > 0)
		return;
	ccid_blob_free(&s->bytes);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* On the caller's reference to the store. */
static HRESULT stream_new(struct store *s, uint64_t pos, IStream **out)
{
	struct memstream *m = calloc(1, sizeof *m);

	if (m == NULL) {
		store_unref(s);
		return STG_E_INSUFFICIENTMEMORY;
	}
	m->iface.lpVtbl = &vtbl;
	atomic_init(&m->refs, 1);
	m->store = s;
	m->pos = pos;
	*out = &m->iface;
	return S_OK;
}

static struct memstream *enter(IStream *self)
{
	struct memstream *m = (struct memstream *)self;

	pthread_mutex_lock(&m->store->lock);
	return m;
}

static HRESULT leave(struct memstream *m, HRESULT hr)
{
	pthread_mutex_unlock(&m->store->lock);
	return hr;
}

static HRESULT query_interface(IStream *self, const IID *iid, void **out)
{
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	if (iid == NULL)
		return E_POINTER;
	if (!iscard_guid_equal(iid, &IID_IStream) &&
	    !iscard_guid_equal(iid, &IID_ISequentialStream) &&
	    !iscard_guid_equal(iid, &IID_IUnknown))
		return E_NOINTERFACE;
	IStream_AddRef(self);
	*out = self;
	return S_OK;
}

static ULONG add_ref(IStream *self)
{
	return ccid_object_ref(&((struct memstream *)self)->refs);
}

static ULONG release(IStream *self)
{
	struct memstream *m = (struct memstream *)self;
	ULONG left = ccid_object_unref(&m->refs);

	if (left == 0) {
		store_unref(m->store);
		free(m);
	}
	return left;
}

static HRESULT resize(struct store *s, uint64_t size)
{
	if (size > (uint64_t)ISCARD_BUFFER_MAX)
		return STG_E_MEDIUMFULL;
	if (s->pins != NULL && size > s->bytes.cap)
		return STG_E_ACCESSDENIED;
	return ccid_blob_resize(&s->bytes, (size_t)size) == 0 ? S_OK : STG_E_INSUFFICIENTMEMORY;
}

/* How many of cb bytes there are at the seek pointer. */
static size_t ahead(const struct memstream *m, uint64_t cb)
{
	uint64_t size = m->store->bytes.len;
	uint64_t n = m->pos >= size ? 0 : size - m->pos;

	return (size_t)(n < cb ? n : cb);
}

static void take(struct memstream *m, void *out, size_t n)
{
	if (n > 0)
		memcpy(out, m->store->bytes.p + m->pos, n);
	m->pos += n;
}

static HRESULT read_bytes(IStream *self, void *out, ULONG cb, ULONG *nread)
{
	struct memstream *m;
	size_t n;

	if (nread != NULL)
		*nread = 0;
	if (out == NULL)
		return STG_E_INVALIDPOINTER;
	m = enter(self);
	n = ahead(m, cb);
	take(m, out, n);
	if (nread != NULL)
		*nread = n;
	return leave(m, S_OK);
}

static HRESULT put(struct memstream *m, const void *bytes, ULONG cb)
{
	struct store *s = m->store;
	HRESULT hr = S_OK;

	if (cb > (ULONG)ISCARD_BUFFER_MAX)
		return STG_E_MEDIUMFULL;
	if (m->pos + cb > s->bytes.len)
		hr = resize(s, m->pos + cb);
	if (FAILED(hr))
		return hr;
	memcpy(s->bytes.p + m->pos, bytes, cb);
	m->pos += cb;
	return S_OK;
}

static HRESULT write_bytes(IStream *self, const void *bytes, ULONG cb, ULONG *nwritten)
{
	struct memstream *m;
	HRESULT hr = S_OK;

	if (nwritten != NULL)
		*nwritten = 0;
	if (bytes == NULL)
		return STG_E_INVALIDPOINTER;
	m = enter(self);
	if (cb > 0)
		hr = put(m, bytes, cb);
	if (SUCCEEDED(hr) && nwritten != NULL)
		*nwritten = cb;
	return leave(m, hr);
}

static HRESULT seek(IStream *self, LARGE_INTEGER move, DWORD origin, ULARGE_INTEGER *position)
{
	struct memstream *m;
	int64_t from;

	if (position != NULL)
		position->QuadPart = 0;
	if (origin > STREAM_SEEK_END)
		return STG_E_INVALIDFUNCTION;
	m = enter(self);
	from = origin == STREAM_SEEK_SET   ? 0
	       : origin == STREAM_SEEK_CUR ? (int64_t)m->pos
	                                   : (int64_t)m->store->bytes.len;
	if (move.QuadPart > LONG_MAX - from || move.QuadPart < -from)
		return leave(m, STG_E_INVALIDFUNCTION);
	m->pos = (uint64_t)(from + move.QuadPart);
	if (position != NULL)
		position->QuadPart = m->pos;
	return leave(m, S_OK);
}

static HRESULT set_size(IStream *self, ULARGE_INTEGER size)
{
	struct memstream *m = enter(self);

	return leave(m, resize(m->store, size.QuadPart));
}

static void step_back(IStream *self, size_t n)
{
	struct memstream *m = enter(self);

	m->pos = m->pos < n ? 0 : m->pos - n;
	leave(m, S_OK);
}

/* Through a copy, so that source and destination may be the same. */
static HRESULT take_copy(IStream *self, uint64_t cb, struct ccid_blob *out)
{
	struct memstream *m = enter(self);
	size_t n = ahead(m, cb);

	if (ccid_blob_resize(out, n) != 0)
		return leave(m, STG_E_INSUFFICIENTMEMORY);
	take(m, out->p, n);
	return leave(m, S_OK);
}

static HRESULT copy_to(IStream *self, IStream *to, ULARGE_INTEGER cb, ULARGE_INTEGER *nread,
                       ULARGE_INTEGER *nwritten)
{
	struct ccid_blob bytes = {0};
	ULONG written = 0;
	HRESULT hr;

	if (nread != NULL)
		nread->QuadPart = 0;
	if (nwritten != NULL)
		nwritten->QuadPart = 0;
	if (to == NULL)
		return STG_E_INVALIDPOINTER;
	hr = take_copy(self, cb.QuadPart, &bytes);
	if (SUCCEEDED(hr) && bytes.len > 0)
		hr = IStream_Write(to, bytes.p, bytes.len, &written);
	if (FAILED(hr))
		step_back(self, bytes.len);
	if (SUCCEEDED(hr) && nread != NULL)
		nread->QuadPart = bytes.len;
	if (SUCCEEDED(hr) && nwritten != NULL)
		nwritten->QuadPart = written;
	ccid_blob_free(&bytes);
	return hr;
}

static HRESULT commit(IStream *self, DWORD flags)
{
	(void)self, (void)flags;
	return S_OK;
}

static HRESULT revert(IStream *self)
{
	(void)self;
	return S_OK;
}

static HRESULT lock_region(IStream *self, ULARGE_INTEGER offset, ULARGE_INTEGER cb, DWORD type)
{
	(void)self, (void)offset, (void)cb, (void)type;
	return STG_E_INVALIDFUNCTION;
}

static HRESULT stat_stream(IStream *self, STATSTG *out, DWORD flag)
{
	struct memstream *m;

	if (out == NULL)
		return STG_E_INVALIDPOINTER;
	memset(out, 0, sizeof *out);
	if (flag != STATFLAG_DEFAULT && flag != STATFLAG_NONAME)
		return STG_E_INVALIDFLAG;
	m = enter(self);
	out->type = STGTY_STREAM;
	out->cbSize.QuadPart = m->store->bytes.len;
	out->grfMode = STGM_READWRITE;
	return leave(m, S_OK);
}

static HRESULT clone(IStream *self, IStream **out)
{
	struct memstream *m;

	if (out == NULL)
		return STG_E_INVALIDPOINTER;
	*out = NULL;
	m = enter(self);
	ccid_object_ref(&m->store->refs);
	return leave(m, stream_new(m->store, m->pos, out));
}

static const IStreamVtbl vtbl = {
	.QueryInterface = query_interface,
	.AddRef = add_ref,
	.Release = release,
	.Read = read_bytes,
	.Write = write_bytes,
	.Seek = seek,
	.SetSize = set_size,
	.CopyTo = copy_to,
	.Commit = commit,
	.Revert = revert,
	.LockRegion = lock_region,
	.UnlockRegion = lock_region,
	.Stat = stat_stream,
	.Clone = clone,
};

static HRESULT fill(struct store *s, const void *data, size_t n)
{
	if (n > (size_t)ISCARD_BUFFER_MAX)
		return STG_E_MEDIUMFULL;
	return ccid_object_result(ccid_blob_set(&s->bytes, data, n));
}

HRESULT iscard_stream_create(const void *data, size_t n, IStream **stream)
{
	struct store *s;
	HRESULT hr;

	if (stream == NULL)
		return E_POINTER;
	*stream = NULL;
	s = store_new();
	if (s == NULL)
		return E_OUTOFMEMORY;
	hr = fill(s, data, n);
	if (FAILED(hr)) {
		store_unref(s);
		return hr;
	}
	return SUCCEEDED(stream_new(s, 0, stream)) ? S_OK : E_OUTOFMEMORY;
}

bool ccid_memstream_is(const IStream *stream)
{
	return stream->lpVtbl == &vtbl;
}

HRESULT ccid_memstream_content(IStream *stream, size_t max, struct ccid_blob *out)
{
	struct memstream *m = enter(stream);
	const struct ccid_blob *bytes = &m->store->bytes;

	if (bytes->len > max)
		return leave(m, E_INVALIDARG);
	return leave(m, ccid_object_result(ccid_blob_set(out, bytes->p, bytes->len)));
}

/* An empty blob may have no memory yet. */
static HRESULT settle(struct ccid_blob *bytes)
{
	size_t len = bytes->len;

	if (bytes->p == NULL && ccid_blob_resize(bytes, 1) != 0)
		return E_OUTOFMEMORY;
	return ccid_object_result(ccid_blob_resize(bytes, len));
}

HRESULT ccid_memstream_pin(IStream *stream, BYTEARRAY **out)
{
	struct memstream *m = enter(stream);
	struct store *s = m->store;
	struct pin *pin = calloc(1, sizeof *pin);

	if (pin == NULL || FAILED(settle(&s->bytes))) {
		free(pin);
		return leave(m, E_OUTOFMEMORY);
	}
	IStream_AddRef(stream);
	*pin = (struct pin){{NULL, (DWORD)s->bytes.len, s->bytes.p}, s->pins, stream};
	s->pins = pin;
	*out = &pin->array;
	return leave(m, S_OK);
}

static struct pin *unlink_pin(struct store *s, const IStream *owner, const void *memory)
{
	for (struct pin **at = &s->pins; *at != NULL; at = &(*at)->next) {
		struct pin *pin = *at;

		if (pin->owner == owner && (memory == pin || memory == pin->array.pbyData)) {
			*at = pin->next;
			return pin;
		}
	}
	return NULL;
}

HRESULT ccid_memstream_unpin(IStream *stream, const void *memory)
{
	struct memstream *m = enter(stream);
	struct pin *pin = unlink_pin(m->store, stream, memory);

	leave(m, S_OK);
	if (pin == NULL)
		return E_INVALIDARG;
	free(pin);
	IStream_Release(stream);
	return S_OK;
}
