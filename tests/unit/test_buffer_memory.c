/* SPDX-License-Identifier: MIT */
/* Each method of IByteBuffer that allocates says when memory runs out, and changes nothing then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc_sweep.h"
#include "bytebuffer.h"

#include <string.h>

#define MORE 5000 /* than fits into what a buffer of four bytes has */

static BYTE bytes[MORE];
static IByteBuffer *source; /* of MORE bytes */

static IByteBuffer *with(const void *data, size_t n)
{
	IByteBuffer *b = NULL;

	assert_int_equal(iscard_buffer_create(data, n, &b), S_OK);
	return b;
}

static LONG position(IByteBuffer *b)
{
	LONG at = -1;

	assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_CUR, &at), S_OK);
	return at;
}

static void assert_untouched(IByteBuffer *b)
{
	STATSTRUCT stat;
	BYTE got[5];
	LONG n;

	assert_int_equal(position(b), 2);
	assert_int_equal(IByteBuffer_Stat(b, &stat, STATFLAG_DEFAULT), S_OK);
	assert_int_equal(stat.cbSize, 4);
	assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_Read(b, got, 5, &n), S_OK);
	assert_int_equal(n, 4);
	assert_memory_equal(got, "abcd", 4);
}

/* Each allocation of the call fails, on a buffer of its own: their number. */
static unsigned sweep(HRESULT (*call)(IByteBuffer *b))
{
	for (unsigned at = 0;; at++) {
		IByteBuffer *b = with("abcd", 4);
		HRESULT hr;

		assert_int_equal(IByteBuffer_Seek(b, 2, STREAM_SEEK_SET, NULL), S_OK);
		alloc_count_start(at);
		hr = call(b);
		alloc_count_stop_failing();
		if (FAILED(hr)) {
			assert_int_equal(hr, E_OUTOFMEMORY);
			assert_int_equal(alloc_count_now().live, 0);
			assert_untouched(b);
		}
		IByteBuffer_Release(b);
		if (SUCCEEDED(hr))
			return at;
	}
}

static HRESULT initialize(IByteBuffer *b)
{
	return IByteBuffer_Initialize(b, MORE, bytes);
}

static HRESULT set_size(IByteBuffer *b)
{
	return IByteBuffer_SetSize(b, MORE);
}

static HRESULT write_bytes(IByteBuffer *b)
{
	LONG n = 7;
	HRESULT hr = IByteBuffer_Write(b, bytes, MORE, &n);

	assert_int_equal(n, SUCCEEDED(hr) ? MORE : 0);
	return hr;
}

static HRESULT clone(IByteBuffer *b)
{
	IByteBuffer *other = b;
	HRESULT hr = IByteBuffer_Clone(b, &other);

	if (SUCCEEDED(hr))
		IByteBuffer_Release(other);
	else
		assert_null(other);
	return hr;
}

static HRESULT copy_to(IByteBuffer *b)
{
	HRESULT hr;

	assert_int_equal(IByteBuffer_Seek(source, 0, STREAM_SEEK_SET, NULL), S_OK);
	hr = IByteBuffer_CopyTo(source, &b, MORE, NULL, NULL);
	assert_int_equal(position(source), SUCCEEDED(hr) ? MORE : 0);
	return hr;
}

static void methods_that_grow_or_make_say_it(void **state)
{
	(void)state;
	source = with(bytes, sizeof bytes);
	assert_true(sweep(initialize) >= 1);
	assert_true(sweep(set_size) >= 1);
	assert_true(sweep(write_bytes) >= 1);
	assert_true(sweep(clone) >= 1);
	assert_true(sweep(copy_to) >= 2); /* what is under way, and the destination */
	IByteBuffer_Release(source);
}

static HRESULT look(IByteBuffer *b)
{
	STATSTRUCT stat;
	IStream *stream = NULL;
	BYTE got[4];
	LONG n;

	assert_int_equal(IByteBuffer_Read(b, got, 4, &n), S_OK);
	assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_SET, &n), S_OK);
	assert_int_equal(IByteBuffer_Write(b, got, 4, &n), S_OK);
	assert_int_equal(IByteBuffer_SetSize(b, 1), S_OK);
	assert_int_equal(IByteBuffer_Stat(b, &stat, STATFLAG_DEFAULT), S_OK);
	assert_int_equal(IByteBuffer_Commit(b, STGC_DEFAULT), S_OK);
	assert_int_equal(IByteBuffer_Revert(b), S_OK);
	assert_int_equal(IByteBuffer_get_Stream(b, &stream), S_OK);
	assert_int_equal(IByteBuffer_put_Stream(b, stream), S_OK);
	IStream_Release(stream);
	return IByteBuffer_LockRegion(b, 0, 1, LOCK_WRITE) == STG_E_INVALIDFUNCTION ? S_OK : E_FAIL;
}

/* E_OUTOFMEMORY cannot come from these. */
static void the_others_allocate_nothing(void **state)
{
	(void)state;
	assert_int_equal(sweep(look), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_that_grow_or_make_say_it),
		cmocka_unit_test(the_others_allocate_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
