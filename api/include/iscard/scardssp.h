/* SPDX-License-Identifier: MIT */
/* IByteBuffer: a growing stream of bytes with a seek pointer.
 * Source: Scardssp.h and the pages of IByteBuffer. */
#ifndef ISCARD_SCARDSSP_H
#define ISCARD_SCARDSSP_H

#include <iscard/bstr.h>
#include <iscard/stream.h>
#include <iscard/unknown.h>

ISCARD_C_BEGIN

typedef struct IByteBuffer IByteBuffer, *LPBYTEBUFFER;

/* What Stat() tells. */
typedef struct tagSTATSTRUCT {
	LONG type;              /* STGTY_STREAM */
	LONG cbSize;            /* bytes */
	LONG grfMode;           /* STGM_READWRITE */
	LONG grfLocksSupported; /* 0: none */
	LONG grfStateBits;      /* 0 */
} STATSTRUCT, *LPSTATSTRUCT;

/* All sizes and offsets are bytes. A buffer made by CoCreateInstance needs Initialize(), or
 * put_Stream(), first: until then its other methods return E_UNEXPECTED. Buffers that this library
 * hands out (the ATR, an APDU, a clone) are ready, with the seek pointer at 0. A buffer wraps an
 * IStream (stream.h): a memory stream unless put_Stream() gave it another, whose own results, such
 * as STG_E_ACCESSDENIED, then come back as they are; success codes other than S_OK become S_OK.
 * E_POINTER for
 * a NULL pointer where one is required, E_INVALIDARG for a negative size or count, E_OUTOFMEMORY.
 * Memory that is given back is wiped. */
#define ISCARD_SELF IByteBuffer
/* clang-format off */
ISCARD_INTERFACE(IByteBuffer, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* The stream underneath, which the caller releases; it has the same bytes and the same seek
	 * pointer. *ppStream is NULL on error. */
	ISCARD_METHOD(get_Stream)(ISCARD_THIS_ LPSTREAM *ppStream) ISCARD_PURE;

	/* Work on this stream from now on, with its seek pointer; that it is initialised goes
	 * without saying. The buffer keeps a reference. Clones made before keep the old one. */
	ISCARD_METHOD(put_Stream)(ISCARD_THIS_ LPSTREAM pStream) ISCARD_PURE;

	/* A new object on the same bytes (what one writes the other reads), with a seek pointer of
	 * its own that starts at this one's position. *ppByteBuffer is overwritten; NULL on error.
	 * The caller releases it. */
	ISCARD_METHOD(Clone)(ISCARD_THIS_ LPBYTEBUFFER *ppByteBuffer) ISCARD_PURE;

	/* Without effect: there is no transacted mode. S_OK whatever the flags. */
	ISCARD_METHOD(Commit)(ISCARD_THIS_ LONG grfCommitFlags) ISCARD_PURE;

	/* Copy up to cb bytes from this seek pointer to the destination's; both advance. The
	 * destination, borrowed, may be this object or a clone. pcbRead and pcbWritten, which may be
	 * NULL, get the counts. E_POINTER when ppByteBuffer or *ppByteBuffer is NULL; what the
	 * destination's Write() returns. */
	ISCARD_METHOD(CopyTo)(ISCARD_THIS_ LPBYTEBUFFER *ppByteBuffer, LONG cb,
		LONG *pcbRead ISCARD_DEFAULT(NULL), LONG *pcbWritten ISCARD_DEFAULT(NULL))
		ISCARD_PURE;

	/* Make the buffer lSize bytes long, copied from pData, or zeros when that is NULL; seek
	 * pointer 0. May be called again: clones made before keep the old bytes. Mind the C++
	 * defaults: Initialize() makes a buffer of one byte. STG_E_MEDIUMFULL. */
	ISCARD_METHOD(Initialize)(ISCARD_THIS_ LONG lSize ISCARD_DEFAULT(1),
		BYTE *pData ISCARD_DEFAULT(NULL)) ISCARD_PURE;

	/* Ranges of a memory stream cannot be locked: STG_E_INVALIDFUNCTION. */
	ISCARD_METHOD(LockRegion)(ISCARD_THIS_ LONG libOffset, LONG cb, LONG dwLockType)
		ISCARD_PURE;

	/* Read up to cb bytes from the seek pointer and advance it. pcbRead (may be NULL) gets the
	 * count: fewer than cb, 0 included, at the end of the data, and S_OK all the same. */
	ISCARD_METHOD(Read)(ISCARD_THIS_ BYTE *pByte, LONG cb, LONG *pcbRead ISCARD_DEFAULT(NULL))
		ISCARD_PURE;

	/* Without effect: there is no transacted mode. S_OK. */
	ISCARD_METHOD(Revert)(ISCARD_THIS) ISCARD_PURE;

	/* Move the seek pointer and tell the new position (plibNewPosition may be NULL). Beyond the
	 * end is legal. STG_E_INVALIDFUNCTION, pointer unchanged: before the start, beyond what LONG
	 * can say, or an origin other than STREAM_SEEK_SET, _CUR, _END. */
	ISCARD_METHOD(Seek)(ISCARD_THIS_ LONG dlibMove, LONG dwOrigin,
		LONG *plibNewPosition ISCARD_DEFAULT(NULL)) ISCARD_PURE;

	/* Cut, or grow with zeros; the seek pointer stays. STG_E_MEDIUMFULL. */
	ISCARD_METHOD(SetSize)(ISCARD_THIS_ LONG libNewSize) ISCARD_PURE;

	/* Size and kind. grfStatFlag: STATFLAG_DEFAULT or STATFLAG_NONAME (there is no name), else
	 * STG_E_INVALIDFLAG. STG_E_INVALIDFUNCTION: a size that LONG cannot say. */
	ISCARD_METHOD(Stat)(ISCARD_THIS_ LPSTATSTRUCT pstatstg, LONG grfStatFlag) ISCARD_PURE;

	/* As LockRegion(). */
	ISCARD_METHOD(UnlockRegion)(ISCARD_THIS_ LONG libOffset, LONG cb, LONG dwLockType)
		ISCARD_PURE;

	/* Write cb bytes at the seek pointer and advance it; the buffer grows, with zeros in a gap.
	 * pcbWritten may be NULL. All or nothing. pByte must not be NULL even when cb is 0, which
	 * does nothing. STG_E_MEDIUMFULL. */
	ISCARD_METHOD(Write)(ISCARD_THIS_ BYTE *pByte, LONG cb, LONG *pcbWritten) ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

ISCARD_API extern const IID iscard_IID_IByteBuffer;
ISCARD_API extern const CLSID iscard_CLSID_CByteBuffer;
#define IID_IByteBuffer   iscard_IID_IByteBuffer
#define CLSID_CByteBuffer iscard_CLSID_CByteBuffer

/* A ready buffer with a copy of n bytes (data NULL: zeros). The caller releases it.
 * E_POINTER, E_OUTOFMEMORY, STG_E_MEDIUMFULL. */
ISCARD_API HRESULT iscard_buffer_create(const void *data, size_t n, IByteBuffer **buffer);

ISCARD_C_END

#if !defined(__cplusplus)
/* clang-format off */
#define IByteBuffer_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define IByteBuffer_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define IByteBuffer_Release(p) ((p)->lpVtbl->Release(p))
#define IByteBuffer_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define IByteBuffer_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define IByteBuffer_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define IByteBuffer_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define IByteBuffer_get_Stream(p, stream) ((p)->lpVtbl->get_Stream(p, stream))
#define IByteBuffer_put_Stream(p, stream) ((p)->lpVtbl->put_Stream(p, stream))
#define IByteBuffer_Clone(p, buffer) ((p)->lpVtbl->Clone(p, buffer))
#define IByteBuffer_Commit(p, flags) ((p)->lpVtbl->Commit(p, flags))
#define IByteBuffer_CopyTo(p, buffer, cb, nread, nwritten) ((p)->lpVtbl->CopyTo(p, buffer, cb, nread, nwritten))
#define IByteBuffer_Initialize(p, size, data) ((p)->lpVtbl->Initialize(p, size, data))
#define IByteBuffer_LockRegion(p, offset, cb, type) ((p)->lpVtbl->LockRegion(p, offset, cb, type))
#define IByteBuffer_Read(p, bytes, cb, nread) ((p)->lpVtbl->Read(p, bytes, cb, nread))
#define IByteBuffer_Revert(p) ((p)->lpVtbl->Revert(p))
#define IByteBuffer_Seek(p, move, origin, position) ((p)->lpVtbl->Seek(p, move, origin, position))
#define IByteBuffer_SetSize(p, size) ((p)->lpVtbl->SetSize(p, size))
#define IByteBuffer_Stat(p, stat, flag) ((p)->lpVtbl->Stat(p, stat, flag))
#define IByteBuffer_UnlockRegion(p, offset, cb, type) ((p)->lpVtbl->UnlockRegion(p, offset, cb, type))
#define IByteBuffer_Write(p, bytes, cb, nwritten) ((p)->lpVtbl->Write(p, bytes, cb, nwritten))
/* clang-format on */
#endif

#endif
