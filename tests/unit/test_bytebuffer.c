/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "bytebuffer.h"

#include <cmocka.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static IByteBuffer *raw(void)
{
	IByteBuffer *b = NULL;

	assert_int_equal(ccid_bytebuffer_new(&b), S_OK);
	return b;
}

static IByteBuffer *with(const char *text)
{
	IByteBuffer *b = NULL;

	assert_int_equal(iscard_buffer_create(text, strlen(text), &b), S_OK);
	return b;
}

static void assert_content(IByteBuffer *b, const char *want, size_t n)
{
	struct ccid_blob got = {0};

	assert_int_equal(ccid_bytebuffer_content(b, 1000, &got), S_OK);
	assert_int_equal(got.len, n);
	if (n > 0)
		assert_memory_equal(got.p, want, n);
	ccid_blob_free(&got);
}

static LONG position(IByteBuffer *b)
{
	LONG pos = -1;

	assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_CUR, &pos), S_OK);
	return pos;
}

static void initialize_must_come_first(void **state)
{
	IByteBuffer *b = raw(), *other = with("x"), *clone = b;
	STATSTRUCT stat;
	BYTE byte = 0;
	LONG n = 7;

	(void)state;
	assert_int_equal(IByteBuffer_Read(b, &byte, 1, &n), E_UNEXPECTED);
	assert_int_equal(n, 0);
	assert_int_equal(IByteBuffer_Write(b, &byte, 1, &n), E_UNEXPECTED);
	assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_SET, &n), E_UNEXPECTED);
	assert_int_equal(IByteBuffer_SetSize(b, 1), E_UNEXPECTED);
	assert_int_equal(IByteBuffer_Stat(b, &stat, 0), E_UNEXPECTED);
	assert_int_equal(IByteBuffer_Clone(b, &clone), E_UNEXPECTED);
	assert_null(clone);
	assert_int_equal(IByteBuffer_CopyTo(b, &other, 1, NULL, NULL), E_UNEXPECTED);
	assert_int_equal(IByteBuffer_CopyTo(other, &b, 1, NULL, NULL), E_UNEXPECTED);
	assert_int_equal(position(other), 0);
	assert_int_equal(IByteBuffer_Commit(b, STGC_DEFAULT), E_UNEXPECTED);
	assert_int_equal(IByteBuffer_Revert(b), E_UNEXPECTED);
	assert_int_equal(IByteBuffer_LockRegion(b, 0, 1, LOCK_WRITE), E_UNEXPECTED);
	assert_int_equal(IByteBuffer_Initialize(b, 1, NULL), S_OK);
	assert_content(b, "\0", 1);
	IByteBuffer_Release(b);
	IByteBuffer_Release(other);
}

static void initialize_copies_or_fills_with_zeros(void **state)
{
	BYTE data[] = {0x3f, 0x00};
	IByteBuffer *b = raw(), *clone;
	STATSTRUCT stat;

	(void)state;
	assert_int_equal(IByteBuffer_Initialize(b, -1, data), E_INVALIDARG);
	assert_int_equal(IByteBuffer_Initialize(b, ISCARD_BUFFER_MAX + 1, NULL), STG_E_MEDIUMFULL);
	assert_int_equal(IByteBuffer_Initialize(b, 2, data), S_OK);
	assert_int_equal(IByteBuffer_Stat(b, &stat, STATFLAG_DEFAULT), S_OK);
	assert_int_equal(stat.cbSize, 2);
	assert_int_equal(IByteBuffer_Seek(b, 2, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_Clone(b, &clone), S_OK);
	assert_int_equal(IByteBuffer_Initialize(b, 3, NULL), S_OK);
	assert_int_equal(position(b), 0);
	assert_content(b, "\0\0\0", 3);
	assert_content(clone, "\x3f\0", 2);
	assert_int_equal(IByteBuffer_Initialize(b, 0, NULL), S_OK);
	assert_content(b, "", 0);
	IByteBuffer_Release(clone);
	IByteBuffer_Release(b);
}

static void read_stops_at_the_end_without_an_error(void **state)
{
	IByteBuffer *b = with("abcd");
	BYTE out[8] = {0};
	LONG n = -1;

	(void)state;
	assert_int_equal(IByteBuffer_Read(b, NULL, 1, &n), E_POINTER);
	assert_int_equal(IByteBuffer_Read(b, out, -1, &n), E_INVALIDARG);
	assert_int_equal(IByteBuffer_Read(b, out, 3, &n), S_OK);
	assert_int_equal(n, 3);
	assert_memory_equal(out, "abc", 3);
	assert_int_equal(IByteBuffer_Read(b, out, 8, &n), S_OK);
	assert_int_equal(n, 1);
	assert_int_equal(out[0], 'd');
	assert_int_equal(IByteBuffer_Read(b, out, 8, NULL), S_OK);
	assert_int_equal(IByteBuffer_Read(b, out, 8, &n), S_OK);
	assert_int_equal(n, 0);
	IByteBuffer_Release(b);
}

static void write_grows_and_fills_gaps_with_zeros(void **state)
{
	IByteBuffer *b = with("ab");
	BYTE xy[] = {'x', 'y'};
	LONG n = -1;

	(void)state;
	assert_int_equal(IByteBuffer_Write(b, NULL, 0, &n), E_POINTER);
	assert_int_equal(n, 0);
	assert_int_equal(IByteBuffer_Write(b, xy, -1, NULL), E_INVALIDARG);
	assert_int_equal(IByteBuffer_Seek(b, 4, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_Write(b, xy, 0, &n), S_OK);
	assert_content(b, "ab", 2);
	assert_int_equal(IByteBuffer_Write(b, xy, 2, &n), S_OK);
	assert_int_equal(n, 2);
	assert_content(b, "ab\0\0xy", 6);
	assert_int_equal(position(b), 6);
	assert_int_equal(IByteBuffer_Seek(b, 1, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_Write(b, xy, 1, NULL), S_OK);
	assert_content(b, "ax\0\0xy", 6);
	assert_int_equal(IByteBuffer_Seek(b, ISCARD_BUFFER_MAX, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_Write(b, xy, 1, &n), STG_E_MEDIUMFULL);
	assert_int_equal(n, 0);
	assert_int_equal(IByteBuffer_Seek(b, LONG_MAX, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_Write(b, xy, 2, &n), STG_E_MEDIUMFULL);
	assert_int_equal(IByteBuffer_Write(b, xy, LONG_MAX, &n), STG_E_MEDIUMFULL);
	assert_content(b, "ax\0\0xy", 6);
	IByteBuffer_Release(b);
}

static void seek_refuses_what_it_cannot_reach(void **state)
{
	IByteBuffer *b = with("abcdef");
	LONG pos = -1;

	(void)state;
	assert_int_equal(IByteBuffer_Seek(b, 5, STREAM_SEEK_SET, &pos), S_OK);
	assert_int_equal(pos, 5);
	assert_int_equal(IByteBuffer_Seek(b, -2, STREAM_SEEK_CUR, &pos), S_OK);
	assert_int_equal(pos, 3);
	assert_int_equal(IByteBuffer_Seek(b, 10, STREAM_SEEK_END, &pos), S_OK);
	assert_int_equal(pos, 16);
	assert_int_equal(IByteBuffer_Seek(b, -17, STREAM_SEEK_CUR, &pos), STG_E_INVALIDFUNCTION);
	assert_int_equal(IByteBuffer_Seek(b, -7, STREAM_SEEK_END, NULL), STG_E_INVALIDFUNCTION);
	assert_int_equal(IByteBuffer_Seek(b, -1, STREAM_SEEK_SET, NULL), STG_E_INVALIDFUNCTION);
	assert_int_equal(IByteBuffer_Seek(b, LONG_MIN, STREAM_SEEK_CUR, NULL),
	                 STG_E_INVALIDFUNCTION);
	assert_int_equal(IByteBuffer_Seek(b, LONG_MAX, STREAM_SEEK_CUR, NULL),
	                 STG_E_INVALIDFUNCTION);
	assert_int_equal(IByteBuffer_Seek(b, 0, 3, NULL), STG_E_INVALIDFUNCTION);
	assert_int_equal(IByteBuffer_Seek(b, 0, -1, NULL), STG_E_INVALIDFUNCTION);
	assert_int_equal(position(b), 16);
	IByteBuffer_Release(b);
}

static void set_size_leaves_the_seek_pointer(void **state)
{
	IByteBuffer *b = with("abcdef");

	(void)state;
	assert_int_equal(IByteBuffer_Seek(b, 4, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_SetSize(b, -1), E_INVALIDARG);
	assert_int_equal(IByteBuffer_SetSize(b, LONG_MAX), STG_E_MEDIUMFULL);
	assert_int_equal(IByteBuffer_SetSize(b, 2), S_OK);
	assert_content(b, "ab", 2);
	assert_int_equal(position(b), 4);
	assert_int_equal(IByteBuffer_SetSize(b, 4), S_OK);
	assert_content(b, "ab\0\0", 4);
	IByteBuffer_Release(b);
}

static void stat_describes_a_stream(void **state)
{
	IByteBuffer *b = with("abc");
	STATSTRUCT stat;

	(void)state;
	assert_int_equal(IByteBuffer_Stat(b, NULL, 0), E_POINTER);
	assert_int_equal(IByteBuffer_Stat(b, &stat, 2), STG_E_INVALIDFLAG);
	assert_int_equal(stat.cbSize, 0);
	assert_int_equal(IByteBuffer_Stat(b, &stat, STATFLAG_NONAME), S_OK);
	assert_int_equal(stat.type, STGTY_STREAM);
	assert_int_equal(stat.cbSize, 3);
	assert_int_equal(stat.grfMode, STGM_READWRITE);
	assert_int_equal(stat.grfLocksSupported, 0);
	assert_int_equal(stat.grfStateBits, 0);
	IByteBuffer_Release(b);
}

static void a_clone_shares_bytes_but_not_the_seek_pointer(void **state)
{
	IByteBuffer *b = with("abc"), *clone = NULL;
	BYTE z = 'z';

	(void)state;
	assert_int_equal(IByteBuffer_Clone(b, NULL), E_POINTER);
	assert_int_equal(IByteBuffer_Seek(b, 1, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_Clone(b, &clone), S_OK);
	assert_int_equal(position(clone), 1);
	assert_int_equal(IByteBuffer_Write(clone, &z, 1, NULL), S_OK);
	assert_int_equal(position(b), 1);
	assert_content(b, "azc", 3);
	assert_int_equal(IByteBuffer_Release(b), 0);
	assert_content(clone, "azc", 3);
	IByteBuffer_Release(clone);
}

static void copy_to_moves_both_seek_pointers(void **state)
{
	IByteBuffer *from = with("abcdef"), *to = with("12345"), *none = NULL, *clone;
	LONG nread = -1, nwritten = -1;

	(void)state;
	assert_int_equal(IByteBuffer_CopyTo(from, NULL, 1, &nread, &nwritten), E_POINTER);
	assert_int_equal(IByteBuffer_CopyTo(from, &none, 1, &nread, &nwritten), E_POINTER);
	assert_int_equal(IByteBuffer_CopyTo(from, &to, -1, &nread, &nwritten), E_INVALIDARG);
	assert_int_equal(IByteBuffer_Seek(from, 4, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_Seek(to, 1, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_CopyTo(from, &to, 9, &nread, &nwritten), S_OK);
	assert_int_equal(nread, 2);
	assert_int_equal(nwritten, 2);
	assert_content(to, "1ef45", 5);
	assert_int_equal(position(to), 3);
	assert_int_equal(position(from), 6);
	assert_int_equal(IByteBuffer_CopyTo(from, &to, 9, &nread, NULL), S_OK);
	assert_int_equal(nread, 0);
	assert_int_equal(IByteBuffer_Seek(from, 0, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_Clone(from, &clone), S_OK);
	assert_int_equal(IByteBuffer_Seek(clone, 0, STREAM_SEEK_END, NULL), S_OK);
	assert_int_equal(IByteBuffer_CopyTo(from, &clone, 3, NULL, NULL), S_OK);
	assert_content(from, "abcdefabc", 9);
	assert_int_equal(IByteBuffer_CopyTo(from, &from, 2, NULL, NULL), S_OK);
	assert_content(from, "abcdedebc", 9);
	assert_int_equal(position(from), 7);
	IByteBuffer_Release(clone);
	IByteBuffer_Release(from);
	IByteBuffer_Release(to);
}

static void there_are_no_transactions_or_locks(void **state)
{
	IByteBuffer *b = with("abc");

	(void)state;
	assert_int_equal(IByteBuffer_Commit(b, STGC_DEFAULT | STGC_CONSOLIDATE), S_OK);
	assert_int_equal(IByteBuffer_Revert(b), S_OK);
	assert_int_equal(IByteBuffer_LockRegion(b, 0, 10, LOCK_EXCLUSIVE), STG_E_INVALIDFUNCTION);
	assert_int_equal(IByteBuffer_UnlockRegion(b, 0, 10, LOCK_EXCLUSIVE), STG_E_INVALIDFUNCTION);
	assert_int_equal(IByteBuffer_LockRegion(b, -1, 10, LOCK_EXCLUSIVE), E_INVALIDARG);
	assert_int_equal(IByteBuffer_UnlockRegion(b, 0, -1, LOCK_EXCLUSIVE), E_INVALIDARG);
	assert_content(b, "abc", 3);
	IByteBuffer_Release(b);
}

static void query_interface_knows_three_names(void **state)
{
	const IID *known[] = {&IID_IUnknown, &IID_IDispatch, &IID_IByteBuffer};
	const IID other = {1, 2, 3, {4}};
	IByteBuffer *b = with("abc");
	UINT count = 7;
	void *p = NULL;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(IByteBuffer_QueryInterface(b, known[i], &p), S_OK);
		assert_ptr_equal(p, b);
		assert_int_equal(IByteBuffer_Release(b), 1);
	}
	assert_int_equal(IByteBuffer_QueryInterface(b, &other, &p), E_NOINTERFACE);
	assert_null(p);
	assert_int_equal(IByteBuffer_QueryInterface(b, &other, NULL), E_POINTER);
	assert_int_equal(IByteBuffer_GetTypeInfoCount(b, &count), S_OK);
	assert_int_equal(count, 0);
	assert_int_equal(IByteBuffer_GetTypeInfoCount(b, NULL), E_POINTER);
	assert_int_equal(IByteBuffer_AddRef(b), 2);
	assert_int_equal(IByteBuffer_Release(b), 1);
	assert_int_equal(IByteBuffer_Release(b), 0);
}

/* Somebody else's buffer: a table of its own in front of one of ours. */
struct foreign {
	IByteBuffer iface;
	IByteBuffer *inner;
	LONG step; /* bytes a Read gives at most */
};

static HRESULT foreign_read(IByteBuffer *self, BYTE *out, LONG cb, LONG *n)
{
	struct foreign *f = (struct foreign *)self;

	return IByteBuffer_Read(f->inner, out, cb < f->step ? cb : f->step, n);
}

static HRESULT foreign_seek(IByteBuffer *self, LONG move, LONG origin, LONG *pos)
{
	return IByteBuffer_Seek(((struct foreign *)self)->inner, move, origin, pos);
}

static HRESULT foreign_stat(IByteBuffer *self, LPSTATSTRUCT stat, LONG flag)
{
	return IByteBuffer_Stat(((struct foreign *)self)->inner, stat, flag);
}

static void the_content_of_foreign_buffers_is_read_through_their_methods(void **state)
{
	static const IByteBufferVtbl vtbl = {
		.Read = foreign_read, .Seek = foreign_seek, .Stat = foreign_stat};
	struct foreign f = {{&vtbl}, with("abcdefg"), 2};
	struct ccid_blob got = {0};

	(void)state;
	assert_int_equal(IByteBuffer_Seek(f.inner, 3, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(ccid_bytebuffer_content(&f.iface, 6, &got), E_INVALIDARG);
	assert_int_equal(ccid_bytebuffer_content(&f.iface, 7, &got), S_OK);
	assert_int_equal(got.len, 7);
	assert_memory_equal(got.p, "abcdefg", 7);
	assert_int_equal(position(f.inner), 3);
	f.step = 0;
	assert_int_equal(ccid_bytebuffer_content(&f.iface, 7, &got), E_INVALIDARG);
	assert_int_equal(got.len, 7);
	assert_int_equal(ccid_bytebuffer_content(NULL, 7, &got), E_POINTER);
	ccid_blob_free(&got);
	IByteBuffer_Release(f.inner);
}

/* Buffers whose counts are lies, told with the result given. */
struct liar {
	IByteBuffer iface;
	LONG size, count; /* of Stat, of Read and Write */
	bool tells;       /* the count at all */
	unsigned reads;
};

static HRESULT lie_read(IByteBuffer *self, BYTE *out, LONG cb, LONG *n)
{
	struct liar *l = (struct liar *)self;

	if (l->reads++ == 0)
		*n = 1; /* an honest beginning */
	else if (l->tells)
		*n = l->count;
	memset(out, 'x', cb > 0 ? 1 : 0);
	return S_OK;
}

static HRESULT lie_seek(IByteBuffer *self, LONG move, LONG origin, LONG *pos)
{
	(void)self, (void)move, (void)origin;
	if (pos != NULL)
		*pos = -5;
	return S_OK;
}

static HRESULT lie_stat(IByteBuffer *self, LPSTATSTRUCT stat, LONG flag)
{
	(void)flag;
	stat->cbSize = ((struct liar *)self)->size;
	return S_OK;
}

static HRESULT lie_write(IByteBuffer *self, BYTE *bytes, LONG cb, LONG *n)
{
	(void)bytes, (void)cb;
	*n = ((struct liar *)self)->count;
	return S_OK;
}

static const IByteBufferVtbl liar_vtbl = {
	.Read = lie_read, .Seek = lie_seek, .Stat = lie_stat, .Write = lie_write};

static void counts_that_cannot_be_are_not_believed(void **state)
{
	static const LONG sizes[] = {-1, LONG_MIN, LONG_MAX, 101};
	static const LONG counts[] = {0, -1, LONG_MIN, LONG_MAX, 100};
	struct ccid_blob got = {0};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct liar l = {.iface = {&liar_vtbl}, .size = sizes[i]};

		assert_int_equal(ccid_bytebuffer_content(&l.iface, 100, &got), E_INVALIDARG);
	}
	for (size_t i = 0; i <= sizeof counts / sizeof *counts; i++) {
		bool tells = i < sizeof counts / sizeof *counts;
		struct liar l = {.iface = {&liar_vtbl},
		                 .size = 100,
		                 .count = tells ? counts[i] : 0,
		                 .tells = tells};

		assert_int_equal(ccid_bytebuffer_content(&l.iface, 100, &got), E_INVALIDARG);
		assert_int_equal(l.reads, 2);
	}
	assert_int_equal(got.len, 0);
	ccid_blob_free(&got);
}

static void copy_to_believes_no_such_count_either(void **state)
{
	static const LONG counts[] = {-1, LONG_MIN, LONG_MAX, 4};
	IByteBuffer *from = with("abc");

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct liar l = {.iface = {&liar_vtbl}, .count = counts[i]};
		IByteBuffer *to = &l.iface;
		LONG nread = 9, nwritten = 9;

		assert_int_equal(IByteBuffer_CopyTo(from, &to, 3, &nread, &nwritten),
		                 STG_E_WRITEFAULT);
		assert_int_equal(nread, 0);
		assert_int_equal(nwritten, 0);
		assert_int_equal(position(from), 0);
	}
	IByteBuffer_Release(from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initialize_must_come_first),
		cmocka_unit_test(initialize_copies_or_fills_with_zeros),
		cmocka_unit_test(read_stops_at_the_end_without_an_error),
		cmocka_unit_test(write_grows_and_fills_gaps_with_zeros),
		cmocka_unit_test(seek_refuses_what_it_cannot_reach),
		cmocka_unit_test(set_size_leaves_the_seek_pointer),
		cmocka_unit_test(stat_describes_a_stream),
		cmocka_unit_test(a_clone_shares_bytes_but_not_the_seek_pointer),
		cmocka_unit_test(copy_to_moves_both_seek_pointers),
		cmocka_unit_test(there_are_no_transactions_or_locks),
		cmocka_unit_test(query_interface_knows_three_names),
		cmocka_unit_test(the_content_of_foreign_buffers_is_read_through_their_methods),
		cmocka_unit_test(counts_that_cannot_be_are_not_believed),
		cmocka_unit_test(copy_to_believes_no_such_count_either),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
