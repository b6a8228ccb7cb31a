/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc_sweep.h"
#include "memstream.h"

#include <cmocka.h>
#include <limits.h>
#include <string.h>

static IStream *with(const char *text)
{
	IStream *s = NULL;

	assert_int_equal(iscard_stream_create(text, strlen(text), &s), S_OK);
	return s;
}

static LARGE_INTEGER by(long long n)
{
	return (LARGE_INTEGER){.QuadPart = n};
}

static ULARGE_INTEGER size(unsigned long long n)
{
	return (ULARGE_INTEGER){.QuadPart = n};
}

static void assert_content(IStream *s, const char *want, size_t n)
{
	struct ccid_blob got = {0};

	assert_int_equal(ccid_memstream_content(s, 1000, &got), S_OK);
	assert_int_equal(got.len, n);
	if (n > 0)
		assert_memory_equal(got.p, want, n);
	ccid_blob_free(&got);
}

static unsigned long long position(IStream *s)
{
	ULARGE_INTEGER pos = {.QuadPart = 99};

	assert_int_equal(IStream_Seek(s, by(0), STREAM_SEEK_CUR, &pos), S_OK);
	return pos.QuadPart;
}

static void both_halves_lie_in_the_whole(void **state)
{
	ULARGE_INTEGER n = size(0x0123456789abcdef);
	LARGE_INTEGER m = by(-2);

	(void)state;
	assert_int_equal(sizeof n, 8);
	assert_int_equal(n.LowPart, 0x89abcdef);
	assert_int_equal(n.HighPart, 0x01234567);
	assert_int_equal(n.u.LowPart, 0x89abcdef);
	assert_int_equal(m.HighPart, -1);
	assert_int_equal(m.u.HighPart, -1);
}

static void what_is_written_is_read(void **state)
{
	IStream *s = with("abc");
	char out[8] = {0};
	ULONG n = 9;

	(void)state;
	assert_int_equal(IStream_Read(s, NULL, 1, &n), STG_E_INVALIDPOINTER);
	assert_int_equal(n, 0);
	assert_int_equal(IStream_Read(s, out, 2, &n), S_OK);
	assert_int_equal(n, 2);
	assert_int_equal(IStream_Write(s, NULL, 1, &n), STG_E_INVALIDPOINTER);
	assert_int_equal(IStream_Write(s, "XYZ", 3, &n), S_OK);
	assert_int_equal(n, 3);
	assert_content(s, "abXYZ", 5);
	assert_int_equal(IStream_Read(s, out, 8, &n), S_OK);
	assert_int_equal(n, 0);
	assert_int_equal(IStream_Seek(s, by(7), STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IStream_Write(s, "!", 0, NULL), S_OK);
	assert_content(s, "abXYZ", 5);
	assert_int_equal(IStream_Write(s, "!", 1, NULL), S_OK);
	assert_content(s, "abXYZ\0\0!", 8);
	IStream_Release(s);
}

static void the_size_has_a_limit(void **state)
{
	IStream *s = with("abc");
	ULONG n = 9;

	(void)state;
	assert_int_equal(IStream_SetSize(s, size(ISCARD_BUFFER_MAX + 1)), STG_E_MEDIUMFULL);
	assert_int_equal(IStream_SetSize(s, size(ULLONG_MAX)), STG_E_MEDIUMFULL);
	assert_int_equal(IStream_Seek(s, by(ISCARD_BUFFER_MAX), STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IStream_Write(s, "!", 1, &n), STG_E_MEDIUMFULL);
	assert_int_equal(n, 0);
	assert_int_equal(IStream_Seek(s, by(LONG_MAX), STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IStream_Write(s, "!", ULONG_MAX, &n), STG_E_MEDIUMFULL);
	assert_content(s, "abc", 3);
	assert_int_equal(IStream_SetSize(s, size(1)), S_OK);
	assert_int_equal(IStream_SetSize(s, size(2)), S_OK);
	assert_content(s, "a\0", 2);
	IStream_Release(s);
	s = NULL;
	assert_int_equal(iscard_stream_create(NULL, (size_t)ISCARD_BUFFER_MAX + 1, &s),
	                 STG_E_MEDIUMFULL);
	assert_null(s);
	assert_int_equal(iscard_stream_create(NULL, 1, NULL), E_POINTER);
}

static void seek_refuses_what_it_cannot_reach(void **state)
{
	IStream *s = with("abcdef");
	ULARGE_INTEGER pos;

	(void)state;
	assert_int_equal(IStream_Seek(s, by(-2), STREAM_SEEK_END, &pos), S_OK);
	assert_int_equal(pos.QuadPart, 4);
	assert_int_equal(IStream_Seek(s, by(-5), STREAM_SEEK_CUR, &pos), STG_E_INVALIDFUNCTION);
	assert_int_equal(pos.QuadPart, 0);
	assert_int_equal(IStream_Seek(s, by(-1), STREAM_SEEK_SET, NULL), STG_E_INVALIDFUNCTION);
	assert_int_equal(IStream_Seek(s, by(LLONG_MAX), STREAM_SEEK_CUR, NULL),
	                 STG_E_INVALIDFUNCTION);
	assert_int_equal(IStream_Seek(s, by(LLONG_MIN), STREAM_SEEK_END, NULL),
	                 STG_E_INVALIDFUNCTION);
	assert_int_equal(IStream_Seek(s, by(0), 3, NULL), STG_E_INVALIDFUNCTION);
	assert_int_equal(position(s), 4);
	IStream_Release(s);
}

static void copy_to_moves_both_seek_pointers(void **state)
{
	IStream *from = with("abcdef"), *to = with("12"), *clone = NULL;
	ULARGE_INTEGER nread = size(9), nwritten = size(9);

	(void)state;
	assert_int_equal(IStream_CopyTo(from, NULL, size(1), &nread, &nwritten),
	                 STG_E_INVALIDPOINTER);
	assert_int_equal(nread.QuadPart + nwritten.QuadPart, 0);
	assert_int_equal(IStream_Seek(from, by(4), STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IStream_CopyTo(from, to, size(ULLONG_MAX), &nread, &nwritten), S_OK);
	assert_int_equal(nread.QuadPart, 2);
	assert_int_equal(nwritten.QuadPart, 2);
	assert_content(to, "ef", 2);
	assert_int_equal(position(to), 2);
	assert_int_equal(IStream_Seek(from, by(0), STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IStream_Clone(from, &clone), S_OK);
	assert_int_equal(IStream_Seek(clone, by(1), STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IStream_CopyTo(from, clone, size(3), NULL, NULL), S_OK);
	assert_content(from, "aabcef", 6);
	assert_int_equal(IStream_Seek(to, by(ISCARD_BUFFER_MAX), STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IStream_CopyTo(from, to, size(1), &nread, NULL), STG_E_MEDIUMFULL);
	assert_int_equal(position(from), 3);
	IStream_Release(clone);
	IStream_Release(from);
	IStream_Release(to);
}

static void the_rest_is_as_documented(void **state)
{
	IStream *s = with("abc"), *clone = s;
	const IID *known[] = {&IID_IUnknown, &IID_ISequentialStream, &IID_IStream};
	STATSTG stat;
	void *p;

	(void)state;
	assert_int_equal(IStream_Commit(s, STGC_DEFAULT), S_OK);
	assert_int_equal(IStream_Revert(s), S_OK);
	assert_int_equal(IStream_LockRegion(s, size(0), size(1), LOCK_WRITE),
	                 STG_E_INVALIDFUNCTION);
	assert_int_equal(IStream_UnlockRegion(s, size(0), size(1), LOCK_WRITE),
	                 STG_E_INVALIDFUNCTION);
	assert_int_equal(IStream_Stat(s, NULL, 0), STG_E_INVALIDPOINTER);
	assert_int_equal(IStream_Stat(s, &stat, STATFLAG_NOOPEN), STG_E_INVALIDFLAG);
	assert_int_equal(IStream_Stat(s, &stat, STATFLAG_DEFAULT), S_OK);
	assert_null(stat.pwcsName);
	assert_int_equal(stat.type, STGTY_STREAM);
	assert_int_equal(stat.cbSize.QuadPart, 3);
	assert_int_equal(stat.grfMode, STGM_READWRITE);
	assert_int_equal(IStream_Clone(s, NULL), STG_E_INVALIDPOINTER);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(IStream_QueryInterface(s, known[i], &p), S_OK);
		assert_ptr_equal(p, s);
		assert_int_equal(IStream_Release(s), 1);
	}
	assert_int_equal(IStream_QueryInterface(s, &IID_IDispatch, &p), E_NOINTERFACE);
	assert_null(p);
	assert_int_equal(IStream_QueryInterface(s, &IID_IStream, NULL), E_POINTER);
	assert_int_equal(IStream_QueryInterface(s, NULL, &p), E_POINTER);
	assert_int_equal(IStream_Clone(s, &clone), S_OK);
	assert_int_equal(IStream_Release(s), 0);
	assert_content(clone, "abc", 3);
	IStream_Release(clone);
}

static void pinned_bytes_do_not_move(void **state)
{
	IStream *s = with("abc"), *other = with("abc"), *clone = NULL;
	BYTEARRAY *one, *two;
	BYTE *bytes;

	(void)state;
	assert_int_equal(ccid_memstream_pin(s, &one), S_OK);
	assert_int_equal(ccid_memstream_pin(s, &two), S_OK);
	bytes = one->pbyData;
	assert_int_equal(one->dwSize, 3);
	assert_ptr_equal(two->pbyData, bytes);
	bytes[1] = 'B';
	assert_content(s, "aBc", 3);
	assert_int_equal(IStream_SetSize(s, size(5000)), STG_E_ACCESSDENIED);
	assert_int_equal(IStream_Seek(s, by(5000), STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IStream_Write(s, "x", 1, NULL), STG_E_ACCESSDENIED);
	assert_int_equal(IStream_SetSize(s, size(2)), S_OK);
	assert_int_equal(IStream_SetSize(s, size(3)), S_OK);
	assert_int_equal(bytes[0], 'a');
	assert_int_equal(ccid_memstream_unpin(other, one), E_INVALIDARG);
	assert_int_equal(IStream_Clone(s, &clone), S_OK);
	assert_int_equal(ccid_memstream_unpin(clone, one), E_INVALIDARG);
	IStream_Release(clone);
	assert_int_equal(ccid_memstream_unpin(s, bytes + 1), E_INVALIDARG);
	assert_int_equal(ccid_memstream_unpin(s, two), S_OK);
	assert_int_equal(IStream_SetSize(s, size(5000)), STG_E_ACCESSDENIED);
	assert_int_equal(ccid_memstream_unpin(s, bytes), S_OK);
	assert_int_equal(ccid_memstream_unpin(s, bytes), E_INVALIDARG);
	assert_int_equal(IStream_SetSize(s, size(5000)), S_OK);
	assert_int_equal(IStream_Release(s), 0);
	IStream_Release(other);
}

static void a_pin_keeps_the_stream_even_an_empty_one(void **state)
{
	IStream *s = with("");
	BYTEARRAY *pin;

	(void)state;
	assert_int_equal(ccid_memstream_pin(s, &pin), S_OK);
	assert_int_equal(pin->dwSize, 0);
	assert_non_null(pin->pbyData);
	assert_int_equal(IStream_Release(s), 1);
	assert_int_equal(ccid_memstream_unpin(s, pin), S_OK);
}

static HRESULT session(void)
{
	IStream *s, *clone = NULL;
	BYTEARRAY *pin;
	HRESULT hr = iscard_stream_create("abc", 3, &s);

	if (FAILED(hr))
		return hr;
	hr = IStream_SetSize(s, size(100));
	if (SUCCEEDED(hr))
		hr = IStream_Clone(s, &clone);
	if (SUCCEEDED(hr))
		hr = IStream_CopyTo(s, clone, size(100), NULL, NULL);
	if (SUCCEEDED(hr))
		hr = ccid_memstream_pin(s, &pin);
	if (SUCCEEDED(hr))
		hr = ccid_memstream_unpin(s, pin);
	if (clone != NULL)
		IStream_Release(clone);
	IStream_Release(s);
	return hr == STG_E_INSUFFICIENTMEMORY ? E_OUTOFMEMORY : hr;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	/* store, bytes, stream, growth, clone, copy, pin */
	assert_int_equal(alloc_sweep(session), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_halves_lie_in_the_whole),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_size_has_a_limit),
		cmocka_unit_test(seek_refuses_what_it_cannot_reach),
		cmocka_unit_test(copy_to_moves_both_seek_pointers),
		cmocka_unit_test(the_rest_is_as_documented),
		cmocka_unit_test(pinned_bytes_do_not_move),
		cmocka_unit_test(a_pin_keeps_the_stream_even_an_empty_one),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
