/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc_sweep.h"
#include "bytebuffer.h"
#include "extended.h"

#include <cmocka.h>
#include <string.h>

static ISCardTypeConv *conv;
static IByteBuffer *buffer;
static IStream *stream;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(ccid_typeconv_new(&conv), S_OK);
	assert_int_equal(iscard_buffer_create("abc", 3, &buffer), S_OK);
	assert_int_equal(IByteBuffer_get_Stream(buffer, &stream), S_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(IByteBuffer_Release(buffer), 0);
	assert_int_equal(IStream_Release(stream), 0);
	assert_int_equal(ISCardTypeConv_Release(conv), 0);
	return 0;
}

static void assert_content(IByteBuffer *b, const char *want, size_t n)
{
	struct ccid_blob got = {0};

	assert_int_equal(ccid_bytebuffer_content(b, 1000, &got), S_OK);
	assert_int_equal(got.len, n);
	if (n > 0)
		assert_memory_equal(got.p, want, n);
	ccid_blob_free(&got);
	assert_int_equal(IByteBuffer_Release(b), 0);
}

static void bytes_become_a_buffer(void **state)
{
	IByteBuffer *out = buffer;
	BYTE bytes[] = {'x', 'y'};

	(void)state;
	assert_int_equal(ISCardTypeConv_ConvertByteArrayToByteBuffer(conv, bytes, 2, NULL),
	                 E_POINTER);
	assert_int_equal(ISCardTypeConv_ConvertByteArrayToByteBuffer(conv, NULL, 2, &out),
	                 E_POINTER);
	assert_null(out);
	assert_int_equal(ISCardTypeConv_ConvertByteArrayToByteBuffer(
				 conv, bytes, (DWORD)ISCARD_BUFFER_MAX + 1, &out),
	                 E_INVALIDARG);
	assert_int_equal(ISCardTypeConv_ConvertByteArrayToByteBuffer(conv, bytes, 2, &out), S_OK);
	bytes[0] = '-';
	assert_content(out, "xy", 2);
	assert_int_equal(ISCardTypeConv_ConvertByteArrayToByteBuffer(conv, bytes, 0, &out), S_OK);
	assert_content(out, "", 0);
}

static void a_buffer_becomes_a_byte_array(void **state)
{
	BYTEARRAY *out = (BYTEARRAY *)(void *)buffer;
	IByteBuffer *raw;

	(void)state;
	assert_int_equal(ISCardTypeConv_ConvertByteBufferToByteArray(conv, buffer, NULL),
	                 E_POINTER);
	assert_int_equal(ISCardTypeConv_ConvertByteBufferToByteArray(conv, NULL, &out), E_POINTER);
	assert_null(out);
	assert_int_equal(ccid_bytebuffer_new(&raw), S_OK);
	assert_int_equal(ISCardTypeConv_ConvertByteBufferToByteArray(conv, raw, &out),
	                 E_UNEXPECTED);
	IByteBuffer_Release(raw);
	assert_int_equal(IByteBuffer_Seek(buffer, 2, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(ISCardTypeConv_ConvertByteBufferToByteArray(conv, buffer, &out), S_OK);
	assert_int_equal(out->dwSize, 3);
	assert_memory_equal(out->pbyData, "abc", 3);
	assert_null(out->hMem);
	CoTaskMemFree(out);
}

static void a_buffer_becomes_a_safearray_and_back(void **state)
{
	SAFEARRAY *array = (SAFEARRAY *)(void *)buffer, *strings;
	IByteBuffer *out = buffer;
	LONG upper = 0;
	void *bytes;

	(void)state;
	assert_int_equal(ISCardTypeConv_ConvertByteBufferToSafeArray(conv, buffer, NULL),
	                 E_POINTER);
	assert_int_equal(ISCardTypeConv_ConvertByteBufferToSafeArray(conv, NULL, &array),
	                 E_POINTER);
	assert_null(array);
	assert_int_equal(ISCardTypeConv_ConvertByteBufferToSafeArray(conv, buffer, &array), S_OK);
	assert_int_equal(SafeArrayGetUBound(array, 1, &upper), S_OK);
	assert_int_equal(upper, 2);
	assert_int_equal(SafeArrayAccessData(array, &bytes), S_OK);
	assert_memory_equal(bytes, "abc", 3);
	assert_int_equal(SafeArrayUnaccessData(array), S_OK);
	assert_int_equal(ISCardTypeConv_ConvertSafeArrayToByteBuffer(conv, array, NULL), E_POINTER);
	assert_int_equal(ISCardTypeConv_ConvertSafeArrayToByteBuffer(conv, NULL, &out), E_POINTER);
	assert_null(out);
	strings = SafeArrayCreateVector(VT_BSTR, 0, 1);
	assert_int_equal(ISCardTypeConv_ConvertSafeArrayToByteBuffer(conv, strings, &out),
	                 E_INVALIDARG);
	assert_int_equal(ISCardTypeConv_ConvertSafeArrayToByteBuffer(conv, array, &out), S_OK);
	SafeArrayDestroy(strings);
	SafeArrayDestroy(array);
	assert_content(out, "abc", 3);
}

static void empty_containers_of_a_size_are_zeros(void **state)
{
	SAFEARRAY *array = NULL;
	IByteBuffer *out = buffer;
	BYTE *bytes = NULL;
	LONG upper = 0;

	(void)state;
	assert_int_equal(ISCardTypeConv_CreateByteArray(conv, 3, NULL), E_INVALIDARG);
	assert_int_equal(ISCardTypeConv_CreateByteBuffer(conv, 3, NULL), E_INVALIDARG);
	assert_int_equal(ISCardTypeConv_CreateSafeArray(conv, 3, NULL), E_INVALIDARG);
	assert_int_equal(ISCardTypeConv_CreateByteArray(conv, 3, &bytes), S_OK);
	assert_memory_equal(bytes, "\0\0\0", 3);
	CoTaskMemFree(bytes);
	assert_int_equal(ISCardTypeConv_CreateByteArray(conv, 0, &bytes), S_OK);
	assert_non_null(bytes);
	CoTaskMemFree(bytes);
	assert_int_equal(ISCardTypeConv_CreateByteArray(conv, (DWORD)-1, &bytes), E_OUTOFMEMORY);
	assert_null(bytes);
	assert_int_equal(ISCardTypeConv_CreateByteBuffer(conv, (DWORD)ISCARD_BUFFER_MAX + 1, &out),
	                 E_INVALIDARG);
	assert_null(out);
	assert_int_equal(ISCardTypeConv_CreateByteBuffer(conv, 3, &out), S_OK);
	assert_content(out, "\0\0\0", 3);
	assert_int_equal(ISCardTypeConv_CreateSafeArray(conv, 3, &array), S_OK);
	assert_int_equal(SafeArrayGetUBound(array, 1, &upper), S_OK);
	assert_int_equal(upper, 2);
	assert_memory_equal(array->pvData, "\0\0\0", 3);
	SafeArrayDestroy(array);
}

static void a_stream_tells_where_its_bytes_are(void **state)
{
	BYTEARRAY *one = NULL, *two = NULL;

	(void)state;
	assert_int_equal(ISCardTypeConv_GetAtIStreamMemory(conv, stream, NULL), E_POINTER);
	assert_int_equal(ISCardTypeConv_GetAtIStreamMemory(conv, NULL, &one), E_POINTER);
	assert_int_equal(ISCardTypeConv_GetAtIStreamMemory(conv, stream, &one), S_OK);
	assert_int_equal(ISCardTypeConv_GetAtIStreamMemory(conv, stream, &two), S_OK);
	assert_int_equal(one->dwSize, 3);
	one->pbyData[0] = 'A';
	assert_memory_equal(two->pbyData, "Abc", 3);
	assert_int_equal(IByteBuffer_SetSize(buffer, 4096), STG_E_ACCESSDENIED);
	assert_int_equal(IStream_AddRef(stream), 5);
	assert_int_equal(IStream_Release(stream), 4);
	assert_int_equal(ISCardTypeConv_FreeIStreamMemoryPtr(conv, NULL, (LPBYTE)one), E_POINTER);
	assert_int_equal(ISCardTypeConv_FreeIStreamMemoryPtr(conv, stream, NULL), E_POINTER);
	assert_int_equal(ISCardTypeConv_FreeIStreamMemoryPtr(conv, stream, one->pbyData + 1),
	                 E_INVALIDARG);
	assert_int_equal(ISCardTypeConv_FreeIStreamMemoryPtr(conv, stream, (LPBYTE)one), S_OK);
	assert_int_equal(ISCardTypeConv_FreeIStreamMemoryPtr(conv, stream, two->pbyData), S_OK);
	assert_int_equal(IByteBuffer_SetSize(buffer, 4096), S_OK);
}

/* A stream of which nobody can know where it keeps its bytes. */
static HRESULT foreign_result;

static HRESULT foreign_stat(IStream *self, STATSTG *stat, DWORD flag)
{
	(void)self;
	assert_int_equal(flag, STATFLAG_NONAME);
	stat->cbSize.QuadPart = 0x100000002;
	return foreign_result;
}

static const IStreamVtbl foreign_vtbl = {.Stat = foreign_stat};
static IStream foreign = {&foreign_vtbl};

static void the_memory_of_other_streams_is_unknown(void **state)
{
	BYTEARRAY *out = (BYTEARRAY *)(void *)buffer;
	BYTE byte;

	(void)state;
	assert_int_equal(ISCardTypeConv_GetAtIStreamMemory(conv, &foreign, &out), E_INVALIDARG);
	assert_null(out);
	assert_int_equal(ISCardTypeConv_FreeIStreamMemoryPtr(conv, &foreign, &byte), E_INVALIDARG);
}

static void the_size_is_what_the_stream_says(void **state)
{
	ULARGE_INTEGER size = {.QuadPart = 9};

	(void)state;
	assert_int_equal(ISCardTypeConv_SizeOfIStream(conv, stream, NULL), E_INVALIDARG);
	assert_int_equal(ISCardTypeConv_SizeOfIStream(conv, NULL, &size), E_POINTER);
	assert_int_equal(size.QuadPart, 0);
	assert_int_equal(ISCardTypeConv_SizeOfIStream(conv, stream, &size), S_OK);
	assert_int_equal(size.QuadPart, 3);
	foreign_result = S_OK;
	assert_int_equal(ISCardTypeConv_SizeOfIStream(conv, &foreign, &size), S_OK);
	assert_int_equal(size.QuadPart, 0x100000002);
	foreign_result = STG_E_REVERTED;
	assert_int_equal(ISCardTypeConv_SizeOfIStream(conv, &foreign, &size), E_UNEXPECTED);
	foreign_result = STG_E_ACCESSDENIED;
	assert_int_equal(ISCardTypeConv_SizeOfIStream(conv, &foreign, &size), E_FAIL);
	assert_int_equal(size.QuadPart, 0);
}

static HRESULT make_all(ISCardTypeConv *c, SAFEARRAY **array, BYTEARRAY **copy, IByteBuffer **back,
                        BYTEARRAY **pin)
{
	HRESULT hr = ISCardTypeConv_ConvertByteBufferToSafeArray(c, buffer, array);

	if (SUCCEEDED(hr))
		hr = ISCardTypeConv_ConvertByteBufferToByteArray(c, buffer, copy);
	if (SUCCEEDED(hr))
		hr = ISCardTypeConv_ConvertSafeArrayToByteBuffer(c, *array, back);
	if (SUCCEEDED(hr))
		hr = ISCardTypeConv_GetAtIStreamMemory(c, stream, pin);
	return hr;
}

static HRESULT session(void)
{
	BYTEARRAY *copy = NULL, *pin = NULL;
	SAFEARRAY *array = NULL;
	IByteBuffer *back = NULL;
	ISCardTypeConv *c;
	HRESULT hr = ccid_typeconv_new(&c);

	if (FAILED(hr))
		return hr;
	hr = make_all(c, &array, &copy, &back, &pin);
	if (pin != NULL)
		ISCardTypeConv_FreeIStreamMemoryPtr(c, stream, (LPBYTE)pin);
	if (back != NULL)
		IByteBuffer_Release(back);
	CoTaskMemFree(copy);
	SafeArrayDestroy(array);
	ISCardTypeConv_Release(c);
	return hr;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	/* converter, content twice, its copies 3, buffer 4, pin */
	assert_int_equal(alloc_sweep(session), 11);
}

#define CONV_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONV_TEST(bytes_become_a_buffer),
		CONV_TEST(a_buffer_becomes_a_byte_array),
		CONV_TEST(a_buffer_becomes_a_safearray_and_back),
		CONV_TEST(empty_containers_of_a_size_are_zeros),
		CONV_TEST(a_stream_tells_where_its_bytes_are),
		CONV_TEST(the_memory_of_other_streams_is_unknown),
		CONV_TEST(the_size_is_what_the_stream_says),
		CONV_TEST(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
