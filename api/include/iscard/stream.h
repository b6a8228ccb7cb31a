/* SPDX-License-Identifier: MIT */
/* IStream: the stream of bytes that an IByteBuffer wraps, and the memory stream of this library.
 * Source: objidl.h and the pages of ISequentialStream and IStream. */
#ifndef ISCARD_STREAM_H
#define ISCARD_STREAM_H

#include <iscard/unknown.h>

ISCARD_C_BEGIN

/* 64 bits, also as two halves: in their place by name, or through u. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ISCARD_HALVES(high)                                                                        \
	{                                                                                          \
		high HighPart;                                                                     \
		uint32_t LowPart;                                                                  \
	}
#else
#define ISCARD_HALVES(high)                                                                        \
	{                                                                                          \
		uint32_t LowPart;                                                                  \
		high HighPart;                                                                     \
	}
#endif

typedef union _LARGE_INTEGER {
	__extension__ struct ISCARD_HALVES(int32_t);
	struct ISCARD_HALVES(int32_t) u;
	long long QuadPart;
} LARGE_INTEGER;

typedef union _ULARGE_INTEGER {
	__extension__ struct ISCARD_HALVES(uint32_t);
	struct ISCARD_HALVES(uint32_t) u;
	unsigned long long QuadPart;
} ULARGE_INTEGER;

#undef ISCARD_HALVES

/* 100 ns since 1601. */
typedef struct _FILETIME {
	uint32_t dwLowDateTime;
	uint32_t dwHighDateTime;
} FILETIME;

/* What IStream::Stat() tells. Of a memory stream: type, cbSize and grfMode; the rest is zero. */
typedef struct tagSTATSTG {
	LPOLESTR pwcsName; /* NULL, or the caller's to free with CoTaskMemFree() */
	DWORD type;        /* STGTY_STREAM */
	ULARGE_INTEGER cbSize;
	FILETIME mtime, ctime, atime;
	DWORD grfMode; /* STGM_READWRITE */
	DWORD grfLocksSupported;
	CLSID clsid;
	DWORD grfStateBits;
	DWORD reserved;
} STATSTG;

/* Origins of Seek() */
#define STREAM_SEEK_SET 0
#define STREAM_SEEK_CUR 1
#define STREAM_SEEK_END 2
/* grfStatFlag of Stat() */
#define STATFLAG_DEFAULT 0
#define STATFLAG_NONAME  1
#define STATFLAG_NOOPEN  2
/* Lock types of LockRegion() */
#define LOCK_WRITE     1
#define LOCK_EXCLUSIVE 2
#define LOCK_ONLYONCE  4
/* grfCommitFlags of Commit() */
#define STGC_DEFAULT                            0
#define STGC_OVERWRITE                          1
#define STGC_ONLYIFCURRENT                      2
#define STGC_DANGEROUSLYCOMMITMERELYTODISKCACHE 4
#define STGC_CONSOLIDATE                        8
#define STGTY_STREAM                            2
#define STGM_READ                               0
#define STGM_WRITE                              1
#define STGM_READWRITE                          2

typedef struct ISequentialStream ISequentialStream;
typedef struct IStream IStream, *LPSTREAM;

#ifdef __cplusplus
#define ISCARD_INHERIT_ISEQUENTIALSTREAM
#else
#define ISCARD_INHERIT_ISEQUENTIALSTREAM                                                           \
	ISCARD_INHERIT_IUNKNOWN                                                                    \
	HRESULT (*Read)(ISCARD_SELF * This, void *pv, ULONG cb, ULONG *pcbRead);                   \
	HRESULT (*Write)(ISCARD_SELF * This, const void *pv, ULONG cb, ULONG *pcbWritten);
#endif

/* Sizes and offsets are bytes. What follows each method's meaning holds for the memory stream of
 * this library; a stream of the application's own, given to IByteBuffer::put_Stream, may differ
 * where the pages of IStream allow it. STG_E_INVALIDPOINTER for a NULL pointer where one is
 * required, STG_E_INSUFFICIENTMEMORY. Memory that is given back is wiped. */
#define ISCARD_SELF ISequentialStream
/* clang-format off */
ISCARD_INTERFACE(ISequentialStream, IUnknown) {
	ISCARD_INHERIT_IUNKNOWN

	/* Read up to cb bytes from the seek pointer and advance it. pcbRead, which may be NULL, gets
	 * the count: at the end fewer than cb, 0 included, and S_OK all the same. */
	ISCARD_METHOD(Read)(ISCARD_THIS_ void *pv, ULONG cb, ULONG *pcbRead) ISCARD_PURE;

	/* Write cb bytes at the seek pointer and advance it; the stream grows, with zeros in a gap.
	 * pcbWritten may be NULL. All or nothing. STG_E_MEDIUMFULL: beyond ISCARD_BUFFER_MAX.
	 * STG_E_ACCESSDENIED: the memory would move while ISCardTypeConv::GetAtIStreamMemory has
	 * handed out where it is. */
	ISCARD_METHOD(Write)(ISCARD_THIS_ const void *pv, ULONG cb, ULONG *pcbWritten) ISCARD_PURE;
};
#undef ISCARD_SELF

#define ISCARD_SELF IStream
ISCARD_INTERFACE(IStream, ISequentialStream) {
	ISCARD_INHERIT_ISEQUENTIALSTREAM

	/* Move the seek pointer and tell the new position (plibNewPosition may be NULL). Beyond the
	 * end is legal. STG_E_INVALIDFUNCTION, pointer unchanged: before the start, beyond what LONG
	 * can say, or an origin other than STREAM_SEEK_SET, _CUR, _END. */
	ISCARD_METHOD(Seek)(ISCARD_THIS_ LARGE_INTEGER dlibMove, DWORD dwOrigin,
		ULARGE_INTEGER *plibNewPosition) ISCARD_PURE;

	/* Cut, or grow with zeros; the seek pointer stays. Errors as Write(). */
	ISCARD_METHOD(SetSize)(ISCARD_THIS_ ULARGE_INTEGER libNewSize) ISCARD_PURE;

	/* Copy up to cb bytes from this seek pointer to the destination's; both advance. The
	 * destination, borrowed, may be this stream or a clone. The counts may be NULL. What the
	 * destination's Write() returns; on failure this seek pointer stays. */
	ISCARD_METHOD(CopyTo)(ISCARD_THIS_ IStream *pstm, ULARGE_INTEGER cb, ULARGE_INTEGER *pcbRead,
		ULARGE_INTEGER *pcbWritten) ISCARD_PURE;

	/* Without effect: there is no transacted mode. S_OK. */
	ISCARD_METHOD(Commit)(ISCARD_THIS_ DWORD grfCommitFlags) ISCARD_PURE;
	ISCARD_METHOD(Revert)(ISCARD_THIS) ISCARD_PURE;

	/* Ranges cannot be locked: STG_E_INVALIDFUNCTION. */
	ISCARD_METHOD(LockRegion)(ISCARD_THIS_ ULARGE_INTEGER libOffset, ULARGE_INTEGER cb,
		DWORD dwLockType) ISCARD_PURE;
	ISCARD_METHOD(UnlockRegion)(ISCARD_THIS_ ULARGE_INTEGER libOffset, ULARGE_INTEGER cb,
		DWORD dwLockType) ISCARD_PURE;

	/* Size and kind. STG_E_INVALIDFLAG: other than STATFLAG_DEFAULT and STATFLAG_NONAME. */
	ISCARD_METHOD(Stat)(ISCARD_THIS_ STATSTG *pstatstg, DWORD grfStatFlag) ISCARD_PURE;

	/* A new object on the same bytes, with a seek pointer of its own that starts at this one's
	 * position. *ppstm is overwritten; NULL on error. The caller releases it. */
	ISCARD_METHOD(Clone)(ISCARD_THIS_ IStream **ppstm) ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

ISCARD_API extern const IID iscard_IID_ISequentialStream;
ISCARD_API extern const IID iscard_IID_IStream;
#define IID_ISequentialStream iscard_IID_ISequentialStream
#define IID_IStream           iscard_IID_IStream

/* No memory stream grows beyond this many bytes: STG_E_MEDIUMFULL. */
#define ISCARD_BUFFER_MAX (64L * 1024 * 1024)

/* A memory stream with a copy of n bytes (data NULL: zeros), seek pointer 0. The caller releases
 * it. E_POINTER, E_OUTOFMEMORY, STG_E_MEDIUMFULL. */
ISCARD_API HRESULT iscard_stream_create(const void *data, size_t n, IStream **stream);

ISCARD_C_END

#if !defined(__cplusplus)
/* clang-format off */
#define IStream_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define IStream_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define IStream_Release(p) ((p)->lpVtbl->Release(p))
#define IStream_Read(p, pv, cb, nread) ((p)->lpVtbl->Read(p, pv, cb, nread))
#define IStream_Write(p, pv, cb, nwritten) ((p)->lpVtbl->Write(p, pv, cb, nwritten))
#define IStream_Seek(p, move, origin, position) ((p)->lpVtbl->Seek(p, move, origin, position))
#define IStream_SetSize(p, size) ((p)->lpVtbl->SetSize(p, size))
#define IStream_CopyTo(p, to, cb, nread, nwritten) ((p)->lpVtbl->CopyTo(p, to, cb, nread, nwritten))
#define IStream_Commit(p, flags) ((p)->lpVtbl->Commit(p, flags))
#define IStream_Revert(p) ((p)->lpVtbl->Revert(p))
#define IStream_LockRegion(p, offset, cb, type) ((p)->lpVtbl->LockRegion(p, offset, cb, type))
#define IStream_UnlockRegion(p, offset, cb, type) ((p)->lpVtbl->UnlockRegion(p, offset, cb, type))
#define IStream_Stat(p, stat, flag) ((p)->lpVtbl->Stat(p, stat, flag))
#define IStream_Clone(p, stream) ((p)->lpVtbl->Clone(p, stream))
/* clang-format on */
#endif

#endif
