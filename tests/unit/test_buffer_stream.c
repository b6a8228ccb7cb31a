/* SPDX-License-Identifier: MIT */
/* IByteBuffer and the stream it wraps, which may be the application's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "bytebuffer.h"

#include <cmocka.h>
#include <limits.h>
#include <string.h>

/* A stream of the application's: a table of its own in front of one of ours. */
struct foreign {
	IStream iface;
	IStream *inner;
	ULONG refs;
	ULONG step;             /* bytes a Read gives at most */
	ULONG lie;              /* added to the counts of Read and Write */
	unsigned long long far; /* added to sizes and positions */
	HRESULT fails;          /* what every method returns, when it is a failure */
	unsigned commits, locks, unlocks;
};

static struct foreign *of(IStream *self)
{
	return (struct foreign *)self;
}

static ULONG foreign_add_ref(IStream *self)
{
	return ++of(self)->refs;
}

static ULONG foreign_release(IStream *self)
{
	return --of(self)->refs;
}

static HRESULT foreign_read(IStream *self, void *out, ULONG cb, ULONG *n)
{
	struct foreign *f = of(self);
	ULONG most = cb < f->step ? cb : f->step;

	if (FAILED(f->fails))
		return f->fails;
	IStream_Read(f->inner, out, most, n);
	*n += f->lie;
	return *n < cb ? S_FALSE : S_OK;
}

static HRESULT foreign_write(IStream *self, const void *bytes, ULONG cb, ULONG *n)
{
	struct foreign *f = of(self);

	if (FAILED(f->fails))
		return f->fails;
	IStream_Write(f->inner, bytes, cb, n);
	*n += f->lie;
	return S_OK;
}

static HRESULT foreign_seek(IStream *self, LARGE_INTEGER move, DWORD origin, ULARGE_INTEGER *pos)
{
	struct foreign *f = of(self);
	ULARGE_INTEGER now;
	HRESULT hr = IStream_Seek(f->inner, move, origin, &now);

	if (pos != NULL)
		pos->QuadPart = now.QuadPart + f->far;
	return FAILED(f->fails) ? f->fails : hr;
}

static HRESULT foreign_set_size(IStream *self, ULARGE_INTEGER size)
{
	return FAILED(of(self)->fails) ? of(self)->fails : IStream_SetSize(of(self)->inner, size);
}

static HRESULT foreign_commit(IStream *self, DWORD flags)
{
	of(self)->commits += flags == STGC_OVERWRITE;
	return of(self)->fails;
}

static HRESULT foreign_revert(IStream *self)
{
	return of(self)->fails;
}

static HRESULT foreign_lock(IStream *self, ULARGE_INTEGER offset, ULARGE_INTEGER cb, DWORD type)
{
	of(self)->locks += offset.QuadPart == 3 && cb.QuadPart == 4 && type == LOCK_WRITE;
	return of(self)->fails;
}

static HRESULT foreign_unlock(IStream *self, ULARGE_INTEGER offset, ULARGE_INTEGER cb, DWORD type)
{
	of(self)->unlocks += offset.QuadPart == 3 && cb.QuadPart == 4 && type == LOCK_WRITE;
	return of(self)->fails;
}

static HRESULT foreign_stat(IStream *self, STATSTG *stat, DWORD flag)
{
	struct foreign *f = of(self);

	assert_int_equal(flag, STATFLAG_NONAME);
	IStream_Stat(f->inner, stat, flag);
	stat->cbSize.QuadPart += f->far;
	stat->grfMode = STGM_READ;
	stat->grfLocksSupported = LOCK_WRITE;
	stat->grfStateBits = 5;
	return f->fails;
}

static HRESULT foreign_clone(IStream *self, IStream **out)
{
	*out = (IStream *)self; /* a reference that is not given when it fails */
	return FAILED(of(self)->fails) ? of(self)->fails : IStream_Clone(of(self)->inner, out);
}

static const IStreamVtbl foreign_vtbl = {
	.AddRef = foreign_add_ref,
	.Release = foreign_release,
	.Read = foreign_read,
	.Write = foreign_write,
	.Seek = foreign_seek,
	.SetSize = foreign_set_size,
	.Commit = foreign_commit,
	.Revert = foreign_revert,
	.LockRegion = foreign_lock,
	.UnlockRegion = foreign_unlock,
	.Stat = foreign_stat,
	.Clone = foreign_clone,
};

static struct foreign f;
static IByteBuffer *b;

static int setup(void **state)
{
	(void)state;
	f = (struct foreign){.iface = {&foreign_vtbl}, .refs = 1, .step = 1000};
	assert_int_equal(iscard_stream_create("abcdef", 6, &f.inner), S_OK);
	assert_int_equal(ccid_bytebuffer_new(&b), S_OK);
	assert_int_equal(IByteBuffer_put_Stream(b, &f.iface), S_OK);
	assert_int_equal(f.refs, 2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(IByteBuffer_Release(b), 0);
	assert_int_equal(f.refs, 1);
	assert_int_equal(IStream_Release(f.inner), 0);
	return 0;
}

static void a_buffer_hands_out_its_stream(void **state)
{
	IByteBuffer *ours;
	IStream *stream = NULL;
	BYTE byte = 0;
	LONG pos = 0;

	(void)state;
	assert_int_equal(ccid_bytebuffer_new(&ours), S_OK);
	stream = f.inner;
	assert_int_equal(IByteBuffer_get_Stream(ours, &stream), E_UNEXPECTED);
	assert_null(stream);
	assert_int_equal(IByteBuffer_get_Stream(ours, NULL), E_POINTER);
	assert_int_equal(IByteBuffer_put_Stream(ours, NULL), E_POINTER);
	assert_int_equal(IByteBuffer_Initialize(ours, 3, (BYTE *)"xyz"), S_OK);
	assert_int_equal(IByteBuffer_get_Stream(ours, &stream), S_OK);
	assert_int_equal(IStream_Read(stream, &byte, 1, NULL), S_OK);
	assert_int_equal(byte, 'x');
	assert_int_equal(IByteBuffer_Seek(ours, 0, STREAM_SEEK_CUR, &pos), S_OK);
	assert_int_equal(pos, 1);
	assert_int_equal(IByteBuffer_Release(ours), 0);
	assert_int_equal(IStream_Read(stream, &byte, 1, NULL), S_OK);
	assert_int_equal(byte, 'y');
	assert_int_equal(IStream_Release(stream), 0);
	assert_int_equal(IByteBuffer_get_Stream(b, &stream), S_OK);
	assert_ptr_equal(stream, &f.iface);
	IStream_Release(stream);
}

static void put_stream_replaces_what_was_there(void **state)
{
	IByteBuffer *clone = NULL;
	BYTE out[4];
	LONG n;

	(void)state;
	assert_int_equal(IByteBuffer_Clone(b, &clone), S_OK);
	assert_int_equal(IByteBuffer_put_Stream(b, &f.iface), S_OK);
	assert_int_equal(f.refs, 2);
	assert_int_equal(IByteBuffer_Initialize(b, 2, (BYTE *)"12"), S_OK);
	assert_int_equal(f.refs, 1);
	assert_int_equal(IByteBuffer_Read(b, out, 4, &n), S_OK);
	assert_int_equal(n, 2);
	assert_int_equal(IByteBuffer_Read(clone, out, 4, &n), S_OK);
	assert_memory_equal(out, "abcd", 4);
	IByteBuffer_Release(clone);
	assert_int_equal(IByteBuffer_put_Stream(b, &f.iface), S_OK);
}

static void a_foreign_stream_is_used_by_its_methods(void **state)
{
	STATSTRUCT stat;
	BYTE out[8] = {0};
	LONG n = 0;

	(void)state;
	f.step = 4;
	assert_int_equal(IByteBuffer_Read(b, out, 6, &n), S_OK);
	assert_int_equal(n, 4);
	assert_int_equal(IByteBuffer_Write(b, (BYTE *)"XY!", 3, &n), S_OK);
	assert_int_equal(n, 3);
	assert_int_equal(IByteBuffer_Stat(b, &stat, STATFLAG_DEFAULT), S_OK);
	assert_int_equal(stat.cbSize, 7);
	assert_int_equal(stat.type, STGTY_STREAM);
	assert_int_equal(stat.grfMode, STGM_READ);
	assert_int_equal(stat.grfLocksSupported, LOCK_WRITE);
	assert_int_equal(stat.grfStateBits, 5);
	assert_int_equal(IByteBuffer_SetSize(b, 2), S_OK);
	assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_END, &n), S_OK);
	assert_int_equal(n, 2);
	assert_int_equal(IByteBuffer_Commit(b, STGC_OVERWRITE), S_OK);
	assert_int_equal(f.commits, 1);
	assert_int_equal(IByteBuffer_LockRegion(b, 3, 4, LOCK_WRITE), S_OK);
	assert_int_equal(IByteBuffer_UnlockRegion(b, 3, 4, LOCK_WRITE), S_OK);
	assert_int_equal(f.locks, 1);
	assert_int_equal(f.unlocks, 1);
}

static void counts_that_cannot_be_are_faults(void **state)
{
	BYTE out[8] = {0};
	LONG n = 9;

	(void)state;
	f.lie = 1;
	assert_int_equal(IByteBuffer_Read(b, out, 3, &n), STG_E_READFAULT);
	assert_int_equal(n, 0);
	assert_int_equal(IByteBuffer_Write(b, out, 3, &n), STG_E_WRITEFAULT);
	assert_int_equal(n, 0);
	f.lie = (ULONG)0 - 1;
	assert_int_equal(IByteBuffer_Read(b, out, 0, &n), STG_E_READFAULT);
}

static void sizes_beyond_long_cannot_be_said(void **state)
{
	STATSTRUCT stat;
	LONG n = 9;

	(void)state;
	f.far = (unsigned long long)LONG_MAX + 1;
	assert_int_equal(IByteBuffer_Stat(b, &stat, STATFLAG_NONAME), STG_E_INVALIDFUNCTION);
	assert_int_equal(stat.cbSize, 0);
	assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_CUR, &n), STG_E_INVALIDFUNCTION);
	assert_int_equal(n, 0);
}

static void failures_come_back_in_the_words_of_the_buffer(void **state)
{
	static const struct {
		HRESULT fails, want;
	} rows[] = {
		{STG_E_ACCESSDENIED, STG_E_ACCESSDENIED},
		{STG_E_REVERTED, STG_E_REVERTED},
		{STG_E_INSUFFICIENTMEMORY, E_OUTOFMEMORY},
	};
	IByteBuffer *clone = b;
	STATSTRUCT stat;
	BYTE byte = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		HRESULT want = rows[i].want;

		f.fails = rows[i].fails;
		assert_int_equal(IByteBuffer_Read(b, &byte, 1, NULL), want);
		assert_int_equal(IByteBuffer_Write(b, &byte, 1, NULL), want);
		assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_CUR, NULL), want);
		assert_int_equal(IByteBuffer_SetSize(b, 1), want);
		assert_int_equal(IByteBuffer_Commit(b, STGC_DEFAULT), want);
		assert_int_equal(IByteBuffer_Revert(b), want);
		assert_int_equal(IByteBuffer_LockRegion(b, 0, 1, LOCK_WRITE), want);
		assert_int_equal(IByteBuffer_UnlockRegion(b, 0, 1, LOCK_WRITE), want);
		assert_int_equal(IByteBuffer_Stat(b, &stat, STATFLAG_NONAME), want);
		assert_int_equal(IByteBuffer_CopyTo(b, &b, 1, NULL, NULL), want);
		assert_int_equal(IByteBuffer_Clone(b, &clone), want);
		assert_null(clone);
	}
}

static void copy_to_reads_until_a_short_read(void **state)
{
	static BYTE big[10000], back[10000];
	IByteBuffer *to;
	LONG n, m;

	(void)state;
	memset(big, 'z', sizeof big);
	assert_int_equal(IByteBuffer_Write(b, big, sizeof big, NULL), S_OK);
	assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_SET, NULL), S_OK);
	f.step = 5000;
	assert_int_equal(iscard_buffer_create(NULL, 0, &to), S_OK);
	assert_int_equal(IByteBuffer_CopyTo(b, &to, LONG_MAX, &n, &m), S_OK);
	assert_int_equal(n, sizeof big);
	assert_int_equal(m, sizeof big);
	assert_int_equal(IByteBuffer_Seek(to, 0, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(IByteBuffer_Read(to, back, sizeof back, NULL), S_OK);
	assert_memory_equal(back, big, sizeof big);
	IByteBuffer_Release(to);
}

static void the_content_is_read_whatever_the_stream(void **state)
{
	struct ccid_blob got = {0};
	LONG pos;

	(void)state;
	f.step = 4;
	assert_int_equal(IByteBuffer_Seek(b, 2, STREAM_SEEK_SET, NULL), S_OK);
	assert_int_equal(ccid_bytebuffer_content(b, 5, &got), E_INVALIDARG);
	assert_int_equal(ccid_bytebuffer_content(b, 6, &got), S_OK);
	assert_int_equal(got.len, 6);
	assert_memory_equal(got.p, "abcdef", 6);
	assert_int_equal(IByteBuffer_Seek(b, 0, STREAM_SEEK_CUR, &pos), S_OK);
	assert_int_equal(pos, 2);
	ccid_blob_free(&got);
}

#define STREAM_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STREAM_TEST(a_buffer_hands_out_its_stream),
		STREAM_TEST(put_stream_replaces_what_was_there),
		STREAM_TEST(a_foreign_stream_is_used_by_its_methods),
		STREAM_TEST(counts_that_cannot_be_are_faults),
		STREAM_TEST(sizes_beyond_long_cannot_be_said),
		STREAM_TEST(failures_come_back_in_the_words_of_the_buffer),
		STREAM_TEST(copy_to_reads_until_a_short_read),
		STREAM_TEST(the_content_is_read_whatever_the_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
