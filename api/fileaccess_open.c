/* SPDX-License-Identifier: MIT */
#include "bytebuffer.h"
#include "fileaccess.h"

static struct ccid_fileaccess *of(ISCardFileAccess *self)
{
	return (struct ccid_fileaccess *)self;
}

static struct ccid_iso_file *find(struct ccid_fileaccess *f, HSCARD_FILE handle)
{
	for (size_t i = 0; i < ISCARD_OPEN_FILES_MAX; i++)
		if (f->files[i].handle == handle)
			return &f->files[i];
	return NULL;
}

const struct ccid_iso_file *ccid_fileaccess_last(const struct ccid_fileaccess *f)
{
	const struct ccid_iso_file *last = NULL;

	for (size_t i = 0; i < ISCARD_OPEN_FILES_MAX; i++) {
		const struct ccid_iso_file *one = &f->files[i];

		if (one->handle != 0 && one->life == f->life &&
		    (last == NULL || one->handle > last->handle))
			last = one;
	}
	return last;
}

static HSCARD_FILE new_handle(void)
{
	static atomic_uintptr_t last;
	HSCARD_FILE handle;

	do
		handle = atomic_fetch_add(&last, 1) + 1;
	while (handle == 0);
	return handle;
}

/* No operation of this object is under way while its lock is held, and no card is needed. */
static HRESULT lock(struct ccid_fileaccess *f)
{
	if (f->iso->attachment->epoch != ccid_process_epoch())
		return SCARD_E_SERVICE_STOPPED;
	pthread_mutex_lock(&f->iso->lock);
	return S_OK;
}

HRESULT ccid_fileaccess_close(ISCardFileAccess *self, HSCARD_FILE handle)
{
	struct ccid_fileaccess *f = of(self);
	struct ccid_iso_file *file;
	HRESULT hr = handle == 0 ? E_INVALIDARG : lock(f);

	if (FAILED(hr))
		return hr;
	file = find(f, handle);
	if (file != NULL)
		*file = (struct ccid_iso_file){0};
	pthread_mutex_unlock(&f->iso->lock);
	return file != NULL ? S_OK : E_INVALIDARG;
}

static HRESULT open_file(struct ccid_fileaccess *f, REFTYPE type, const OLECHAR *text,
                         HSCARD_FILE *handle)
{
	struct ccid_iso_file *file = find(f, 0), opened;
	struct ccid_place place;
	HRESULT hr = ccid_place_parse(&place, &f->here, type, text);

	if (FAILED(hr))
		return hr;
	if (file == NULL)
		return E_OUTOFMEMORY;
	hr = ccid_iso_file_open(f->iso, &opened, &place);
	if (FAILED(hr))
		return hr;
	*file = opened;
	file->life = f->life;
	file->handle = *handle = new_handle();
	return S_OK;
}

HRESULT ccid_fileaccess_open(ISCardFileAccess *self, REFTYPE type, BSTR text, HSCARD_FILE *handle)
{
	struct ccid_fileaccess *f = of(self);
	struct ccid_place ignored;
	HRESULT hr;

	if (handle == NULL)
		return E_POINTER;
	*handle = 0;
	hr = ccid_place_parse(&ignored, NULL, type, text);
	if (SUCCEEDED(hr))
		hr = ccid_fileaccess_begin(f);
	if (FAILED(hr))
		return hr;
	hr = open_file(f, type, text, handle);
	return ccid_iso_end(f->iso, hr);
}

/* The file behind a handle, within an operation. */
static HRESULT use(struct ccid_fileaccess *f, HSCARD_FILE handle, struct ccid_iso_file **file)
{
	*file = find(f, handle);
	if (*file == NULL)
		return E_INVALIDARG;
	return (*file)->life == f->life ? S_OK : SCARD_W_RESET_CARD;
}

/* A handle that is none is an argument error, whatever the card does. */
static HRESULT check(struct ccid_fileaccess *f, HSCARD_FILE handle)
{
	HRESULT hr = handle == 0 ? E_INVALIDARG : lock(f);

	if (FAILED(hr))
		return hr;
	hr = find(f, handle) != NULL ? S_OK : E_INVALIDARG;
	pthread_mutex_unlock(&f->iso->lock);
	return hr;
}

static HRESULT begin(struct ccid_fileaccess *f, HSCARD_FILE handle, struct ccid_iso_file **file)
{
	HRESULT hr = check(f, handle);

	if (SUCCEEDED(hr))
		hr = ccid_fileaccess_begin(f);
	if (FAILED(hr))
		return hr;
	hr = use(f, handle, file);
	return FAILED(hr) ? ccid_iso_end(f->iso, hr) : S_OK;
}

HRESULT ccid_fileaccess_read(ISCardFileAccess *self, HSCARD_FILE handle, LONG *count,
                             LPBYTEBUFFER *buffer, SCARD_FLAGS flags)
{
	struct ccid_fileaccess *f = of(self);
	struct ccid_iso_file *file;
	struct ccid_blob data = {0};
	LONG max = count != NULL ? *count : 0;
	HRESULT hr = count == NULL || buffer == NULL ? E_POINTER : S_OK;

	if (count != NULL)
		*count = 0;
	if (buffer != NULL)
		*buffer = NULL;
	if (SUCCEEDED(hr))
		hr = max < 0 ? E_INVALIDARG : ccid_service_flags(flags, 0);
	if (SUCCEEDED(hr))
		hr = begin(f, handle, &file);
	if (FAILED(hr))
		return hr;
	hr = ccid_iso_file_read(f->iso, file, &max, &data);
	hr = ccid_iso_end(f->iso, hr);
	if (SUCCEEDED(hr))
		hr = iscard_buffer_create(data.p, data.len, buffer);
	if (SUCCEEDED(hr) || hr == SCARD_E_INSUFFICIENT_BUFFER)
		*count = SUCCEEDED(hr) ? (LONG)data.len : max;
	ccid_blob_free(&data);
	return hr;
}

HRESULT ccid_fileaccess_seek(ISCardFileAccess *self, HSCARD_FILE handle, LONG offset,
                             SEEKTYPE origin)
{
	struct ccid_fileaccess *f = of(self);
	struct ccid_iso_file *file;
	bool asks = false;
	HRESULT hr = (unsigned)origin > SC_SEEK_RELATIVE ? E_INVALIDARG : check(f, handle);

	if (SUCCEEDED(hr))
		hr = ccid_fileaccess_look(f);
	if (FAILED(hr))
		return hr;
	hr = use(f, handle, &file);
	if (SUCCEEDED(hr))
		asks = ccid_iso_file_seek_asks(file, offset, origin);
	if (SUCCEEDED(hr) && !asks)
		hr = ccid_iso_file_seek(f->iso, file, offset, origin);
	hr = ccid_iso_end(f->iso, hr);
	if (FAILED(hr) || !asks)
		return hr;
	hr = begin(f, handle, &file);
	if (FAILED(hr))
		return hr;
	hr = ccid_iso_file_seek(f->iso, file, offset, origin);
	return ccid_iso_end(f->iso, hr);
}

/* None or one of those that say how. */
static HRESULT write_flags(SCARD_FLAGS flags)
{
	const unsigned how = SC_FL_REPLACE | SC_FL_ERASE | SC_FL_OR | SC_FL_AND;
	unsigned set = (unsigned)flags & how;

	if (set & (set - 1))
		return E_INVALIDARG;
	return ccid_service_flags(flags, how);
}

static HRESULT write_arguments(LONG length, LPBYTEBUFFER buffer, SCARD_FLAGS flags,
                               struct ccid_blob *data)
{
	HRESULT hr = write_flags(flags);

	if (buffer == NULL && flags != SC_FL_ERASE)
		return E_POINTER;
	if (length < 1 || length > ISCARD_BUFFER_MAX)
		return E_INVALIDARG;
	if (SUCCEEDED(hr) && flags != SC_FL_ERASE)
		hr = ccid_bytebuffer_content(buffer, ISCARD_BUFFER_MAX, data);
	if (SUCCEEDED(hr) && flags != SC_FL_ERASE && (size_t)length > data->len)
		hr = E_INVALIDARG;
	return hr;
}

HRESULT ccid_fileaccess_write(ISCardFileAccess *self, HSCARD_FILE handle, LONG length,
                              LPBYTEBUFFER buffer, SCARD_FLAGS flags)
{
	struct ccid_fileaccess *f = of(self);
	struct ccid_iso_file *file;
	struct ccid_blob data = {0};
	HRESULT hr = write_arguments(length, buffer, flags, &data);

	if (SUCCEEDED(hr))
		hr = begin(f, handle, &file);
	if (SUCCEEDED(hr)) {
		hr = ccid_iso_file_write(f->iso, file, data.p, (size_t)length, flags);
		hr = ccid_iso_end(f->iso, hr);
	}
	ccid_blob_free(&data);
	return hr;
}
