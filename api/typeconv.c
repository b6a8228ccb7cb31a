/* SPDX-License-Identifier: MIT */
#include "bytebuffer.h"
#include "extended.h"
#include "memstream.h"
#include "object.h"
#include "safearray.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct typeconv {
	ISCardTypeConv iface;
	atomic_ulong refs;
};

CCID_OBJECT_METHODS(ISCardTypeConv, struct typeconv, &IID_ISCardTypeConv, free)

static HRESULT new_buffer(const void *bytes, size_t n, LPBYTEBUFFER *out)
{
	static const BYTE none;

	if (n > (size_t)ISCARD_BUFFER_MAX)
		return E_INVALIDARG;
	return iscard_buffer_create(n > 0 ? bytes : &none, n, out);
}

static HRESULT bytes_to_buffer(ISCardTypeConv *self, LPBYTE bytes, DWORD n, LPBYTEBUFFER *out)
{
	(void)self;
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	return bytes != NULL ? new_buffer(bytes, n, out) : E_POINTER;
}

/* The structure, then the bytes, in one block. */
static HRESULT new_byte_array(const struct ccid_blob *bytes, LPBYTEARRAY *out)
{
	BYTEARRAY *a = iscard_alloc(sizeof *a + bytes->len);

	if (a == NULL)
		return E_OUTOFMEMORY;
	*a = (BYTEARRAY){.dwSize = bytes->len, .pbyData = (BYTE *)(a + 1)};
	if (bytes->len > 0)
		memcpy(a->pbyData, bytes->p, bytes->len);
	*out = a;
	return S_OK;
}

static HRESULT new_safe_array(const void *bytes, size_t n, LPSAFEARRAY *out)
{
	SAFEARRAY *a = iscard_safearray_create_vector(VT_UI1, 0, n);

	if (a == NULL)
		return E_OUTOFMEMORY;
	if (bytes != NULL && n > 0)
		memcpy(a->pvData, bytes, n);
	*out = a;
	return S_OK;
}

static HRESULT buffer_to_byte_array(ISCardTypeConv *self, LPBYTEBUFFER buffer, LPBYTEARRAY *out)
{
	struct ccid_blob bytes = {0};
	HRESULT hr;

	(void)self;
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	hr = ccid_bytebuffer_content(buffer, LONG_MAX, &bytes);
	if (SUCCEEDED(hr))
		hr = new_byte_array(&bytes, out);
	ccid_blob_free(&bytes);
	return hr;
}

static HRESULT buffer_to_safe_array(ISCardTypeConv *self, LPBYTEBUFFER buffer, LPSAFEARRAY *out)
{
	struct ccid_blob bytes = {0};
	HRESULT hr;

	(void)self;
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	hr = ccid_bytebuffer_content(buffer, LONG_MAX, &bytes);
	if (SUCCEEDED(hr))
		hr = new_safe_array(bytes.p, bytes.len, out);
	ccid_blob_free(&bytes);
	return hr;
}

static HRESULT safe_array_to_buffer(ISCardTypeConv *self, LPSAFEARRAY array, LPBYTEBUFFER *out)
{
	(void)self;
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	if (array == NULL)
		return E_POINTER;
	if (!ccid_safearray_holds(array, VT_UI1))
		return E_INVALIDARG;
	return new_buffer(array->pvData, array->rgsabound[0].cElements, out);
}

static HRESULT create_byte_array(ISCardTypeConv *self, DWORD n, LPBYTE *out)
{
	(void)self;
	if (out == NULL)
		return E_INVALIDARG;
	*out = n <= PTRDIFF_MAX ? calloc(n > 0 ? n : 1, 1) : NULL;
	return *out != NULL ? S_OK : E_OUTOFMEMORY;
}

static HRESULT create_byte_buffer(ISCardTypeConv *self, DWORD n, LPBYTEBUFFER *out)
{
	(void)self;
	if (out == NULL)
		return E_INVALIDARG;
	*out = NULL;
	return n <= (DWORD)ISCARD_BUFFER_MAX ? iscard_buffer_create(NULL, n, out) : E_INVALIDARG;
}

static HRESULT create_safe_array(ISCardTypeConv *self, UINT n, LPSAFEARRAY *out)
{
	(void)self;
	if (out == NULL)
		return E_INVALIDARG;
	*out = NULL;
	return new_safe_array(NULL, n, out);
}

static HRESULT free_stream_memory(ISCardTypeConv *self, LPSTREAM stream, LPBYTE memory)
{
	(void)self;
	if (stream == NULL || memory == NULL)
		return E_POINTER;
	return ccid_memstream_is(stream) ? ccid_memstream_unpin(stream, memory) : E_INVALIDARG;
}

static HRESULT get_stream_memory(ISCardTypeConv *self, LPSTREAM stream, LPBYTEARRAY *out)
{
	(void)self;
	if (out == NULL)
		return E_POINTER;
	*out = NULL;
	if (stream == NULL)
		return E_POINTER;
	return ccid_memstream_is(stream) ? ccid_memstream_pin(stream, out) : E_INVALIDARG;
}

static HRESULT size_of_stream(ISCardTypeConv *self, LPSTREAM stream, ULARGE_INTEGER *size)
{
	STATSTG stat = {.type = 0};
	HRESULT hr;

	(void)self;
	if (size == NULL)
		return E_INVALIDARG;
	size->QuadPart = 0;
	if (stream == NULL)
		return E_POINTER;
	hr = IStream_Stat(stream, &stat, STATFLAG_NONAME);
	if (FAILED(hr))
		return hr == STG_E_REVERTED ? E_UNEXPECTED : E_FAIL;
	*size = stat.cbSize;
	return S_OK;
}

static const ISCardTypeConvVtbl vtbl = {
	CCID_OBJECT_VTBL,
	.ConvertByteArrayToByteBuffer = bytes_to_buffer,
	.ConvertByteBufferToByteArray = buffer_to_byte_array,
	.ConvertByteBufferToSafeArray = buffer_to_safe_array,
	.ConvertSafeArrayToByteBuffer = safe_array_to_buffer,
	.CreateByteArray = create_byte_array,
	.CreateByteBuffer = create_byte_buffer,
	.CreateSafeArray = create_safe_array,
	.FreeIStreamMemoryPtr = free_stream_memory,
	.GetAtIStreamMemory = get_stream_memory,
	.SizeOfIStream = size_of_stream,
};

HRESULT ccid_typeconv_new(ISCardTypeConv **out)
{
	struct typeconv *t = calloc(1, sizeof *t);

	*out = NULL;
	if (t == NULL)
		return E_OUTOFMEMORY;
	t->iface.lpVtbl = &vtbl;
	atomic_init(&t->refs, 1);
	*out = &t->iface;
	return S_OK;
}
