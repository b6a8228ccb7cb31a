/* SPDX-License-Identifier: MIT */
/* IByteBuffer: a growing stream of bytes with a seek pointer. ISCardISO7816: builds commands.
 * Source: Scardssp.h and the pages of IByteBuffer and ISCardISO7816. */
#ifndef ISCARD_SCARDSSP_H
#define ISCARD_SCARDSSP_H

#include <iscard/bstr.h>
#include <iscard/stream.h>
#include <iscard/unknown.h>

ISCARD_C_BEGIN

typedef struct IByteBuffer IByteBuffer, *LPBYTEBUFFER;
typedef const IByteBuffer *LPCBYTEBUFFER;
typedef struct ISCardCmd ISCardCmd, *LPSCARDCMD; /* scarddat.h */

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

	/* Work on this stream from now on, with its seek pointer; the buffer keeps a reference, and
	 * counts as initialised. Clones made before keep the old stream. Counts that a stream
	 * cannot have read or written are STG_E_READFAULT or STG_E_WRITEFAULT. */
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

typedef struct ISCardISO7816 ISCardISO7816, *LPSCARDISO, *LPSCARDISO7816;

/* Builds commands of ISO/IEC 7816-4. No card is touched: what is built is sent with
 * ISCard::Transaction.
 *
 * All but SetDefaultClassId end with ppCmd: *ppCmd NULL makes a new ISCardCmd, which the caller
 * releases; else that object, anybody's, gets the command by its BuildCmd(). CLA is the default
 * class, P1 and P2 go into the command unchecked. Buffers are borrowed and copied whole. Of lengths
 * 0 asks for all there is, up to 256 (Le is sent as 00).
 * E_POINTER: ppCmd NULL. E_INVALIDARG: a length below 0 or above 65536; no data, NULL or empty,
 * where some are required, or more than 65535 bytes. E_OUTOFMEMORY. On failure *ppCmd, when it was
 * NULL, stays NULL. */
#define ISCARD_SELF ISCardISO7816
/* clang-format off */
ISCARD_INTERFACE(ISCardISO7816, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* APPEND RECORD. byRefCtrl: 00 the current EF, xxxxx000 a short EF identifier. pData: the
	 * record, required. */
	ISCARD_METHOD(AppendRecord)(ISCARD_THIS_ BYTE byRefCtrl, LPBYTEBUFFER pData,
		LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* ERASE BINARY from the offset in P1-P2 to the one in pData, or to the end when that is NULL
	 * or empty. */
	ISCARD_METHOD(EraseBinary)(ISCARD_THIS_ BYTE byP1, BYTE byP2, LPBYTEBUFFER pData,
		LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* EXTERNAL AUTHENTICATE. bySecretRef: bit 8 says specific to the DF rather than global, bits
	 * 5 to 1 the number. pChallenge, the answer to the card's challenge, may be NULL. */
	ISCARD_METHOD(ExternalAuthenticate)(ISCARD_THIS_ BYTE byAlgorithmRef, BYTE bySecretRef,
		LPBYTEBUFFER pChallenge, LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* GET CHALLENGE of so many bytes. */
	ISCARD_METHOD(GetChallenge)(ISCARD_THIS_ LONG lBytesExpected, LPSCARDCMD *ppCmd)
		ISCARD_PURE;

	/* GET DATA of the object with the tag in P1-P2. */
	ISCARD_METHOD(GetData)(ISCARD_THIS_ BYTE byP1, BYTE byP2, LONG lBytesToGet,
		LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* GET RESPONSE; P1 and P2 are 0 in the standard. Transaction() sends it by itself where T=0
	 * needs it. */
	ISCARD_METHOD(GetResponse)(ISCARD_THIS_ BYTE byP1, BYTE byP2, LONG lDataLength,
		LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* INTERNAL AUTHENTICATE. pChallenge is required; lReplyBytes are expected back. */
	ISCARD_METHOD(InternalAuthenticate)(ISCARD_THIS_ BYTE byAlgorithmRef, BYTE bySecretRef,
		LPBYTEBUFFER pChallenge, LONG lReplyBytes, LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* MANAGE CHANNEL. byChannelState: 00 opens, 80 closes. byChannel: its number; when 00 opens
	 * 00, the card assigns one and one byte is asked for, its number. */
	ISCARD_METHOD(ManageChannel)(ISCARD_THIS_ BYTE byChannelState, BYTE byChannel,
		LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* PUT DATA into the object with the tag in P1-P2. pData is required. */
	ISCARD_METHOD(PutData)(ISCARD_THIS_ BYTE byP1, BYTE byP2, LPBYTEBUFFER pData,
		LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* READ BINARY. Bit 8 of P1 set: bits 5 to 1 are a short EF identifier and P2 the offset;
	 * clear: P1-P2 is the offset in the current EF. Likewise the other three for binary files. */
	ISCARD_METHOD(ReadBinary)(ISCARD_THIS_ BYTE byP1, BYTE byP2, LONG lBytesToRead,
		LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* READ RECORD. byRecordId: number or identifier of the record, 00 the current one. byRefCtrl,
	 * P2: bits 8 to 4 a short EF identifier, 00000 the current EF; bits 3 to 1: 000 first, 001
	 * last, 010 next, 011 previous with that identifier, 100 the record with that number, 101
	 * all from it to the last, 110 all from the last to it. */
	ISCARD_METHOD(ReadRecord)(ISCARD_THIS_ BYTE byRecordId, BYTE byRefCtrl, LONG lBytesToRead,
		LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* SELECT. byP1: 00 to 03 by file identifier, 04 by DF name, 08 and 09 by path. pData, the
	 * identifier, name or path, may be NULL. Here lBytesToRead 0 means that no Le is sent. */
	ISCARD_METHOD(SelectFile)(ISCARD_THIS_ BYTE byP1, BYTE byP2, LPBYTEBUFFER pData,
		LONG lBytesToRead, LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* CLA of commands built from now on; 00 in a new object. S_OK. */
	ISCARD_METHOD(SetDefaultClassId)(ISCARD_THIS_ BYTE byClass) ISCARD_PURE;

	/* UPDATE BINARY. pData is required. */
	ISCARD_METHOD(UpdateBinary)(ISCARD_THIS_ BYTE byP1, BYTE byP2, LPBYTEBUFFER pData,
		LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* UPDATE RECORD. byRecordId 00: the current one. byRefCtrl: as ReadRecord(), 000 to 100.
	 * pData, the record, is required. */
	ISCARD_METHOD(UpdateRecord)(ISCARD_THIS_ BYTE byRecordId, BYTE byRefCtrl,
		LPBYTEBUFFER pData, LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* VERIFY. byRefCtrl: bit 8 says specific rather than global, bits 5 to 1 the number of the
	 * reference data. pData: the PIN as the card wants it; NULL asks how many tries are left:
	 * 63Cx, or 9000 when none is needed. */
	ISCARD_METHOD(Verify)(ISCARD_THIS_ BYTE byRefCtrl, LPBYTEBUFFER pData, LPSCARDCMD *ppCmd)
		ISCARD_PURE;

	/* WRITE BINARY. pData is required. */
	ISCARD_METHOD(WriteBinary)(ISCARD_THIS_ BYTE byP1, BYTE byP2, LPBYTEBUFFER pData,
		LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* WRITE RECORD. Parameters as UpdateRecord(). */
	ISCARD_METHOD(WriteRecord)(ISCARD_THIS_ BYTE byRecordId, BYTE byRefCtrl,
		LPBYTEBUFFER pData, LPSCARDCMD *ppCmd) ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

ISCARD_API extern const IID iscard_IID_ISCardISO7816;
ISCARD_API extern const CLSID iscard_CLSID_CSCardISO7816;
#define IID_ISCardISO7816   iscard_IID_ISCardISO7816
#define CLSID_CSCardISO7816 iscard_CLSID_CSCardISO7816

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

/* clang-format off */
#define ISCardISO7816_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define ISCardISO7816_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define ISCardISO7816_Release(p) ((p)->lpVtbl->Release(p))
#define ISCardISO7816_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define ISCardISO7816_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define ISCardISO7816_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define ISCardISO7816_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define ISCardISO7816_AppendRecord(p, byRefCtrl, pData, ppCmd) ((p)->lpVtbl->AppendRecord(p, byRefCtrl, pData, ppCmd))
#define ISCardISO7816_EraseBinary(p, byP1, byP2, pData, ppCmd) ((p)->lpVtbl->EraseBinary(p, byP1, byP2, pData, ppCmd))
#define ISCardISO7816_ExternalAuthenticate(p, byAlgorithmRef, bySecretRef, pChallenge, ppCmd) ((p)->lpVtbl->ExternalAuthenticate(p, byAlgorithmRef, bySecretRef, pChallenge, ppCmd))
#define ISCardISO7816_GetChallenge(p, lBytesExpected, ppCmd) ((p)->lpVtbl->GetChallenge(p, lBytesExpected, ppCmd))
#define ISCardISO7816_GetData(p, byP1, byP2, lBytesToGet, ppCmd) ((p)->lpVtbl->GetData(p, byP1, byP2, lBytesToGet, ppCmd))
#define ISCardISO7816_GetResponse(p, byP1, byP2, lDataLength, ppCmd) ((p)->lpVtbl->GetResponse(p, byP1, byP2, lDataLength, ppCmd))
#define ISCardISO7816_InternalAuthenticate(p, byAlgorithmRef, bySecretRef, pChallenge, lReplyBytes, ppCmd) ((p)->lpVtbl->InternalAuthenticate(p, byAlgorithmRef, bySecretRef, pChallenge, lReplyBytes, ppCmd))
#define ISCardISO7816_ManageChannel(p, byChannelState, byChannel, ppCmd) ((p)->lpVtbl->ManageChannel(p, byChannelState, byChannel, ppCmd))
#define ISCardISO7816_PutData(p, byP1, byP2, pData, ppCmd) ((p)->lpVtbl->PutData(p, byP1, byP2, pData, ppCmd))
#define ISCardISO7816_ReadBinary(p, byP1, byP2, lBytesToRead, ppCmd) ((p)->lpVtbl->ReadBinary(p, byP1, byP2, lBytesToRead, ppCmd))
#define ISCardISO7816_ReadRecord(p, byRecordId, byRefCtrl, lBytesToRead, ppCmd) ((p)->lpVtbl->ReadRecord(p, byRecordId, byRefCtrl, lBytesToRead, ppCmd))
#define ISCardISO7816_SelectFile(p, byP1, byP2, pData, lBytesToRead, ppCmd) ((p)->lpVtbl->SelectFile(p, byP1, byP2, pData, lBytesToRead, ppCmd))
#define ISCardISO7816_SetDefaultClassId(p, byClass) ((p)->lpVtbl->SetDefaultClassId(p, byClass))
#define ISCardISO7816_UpdateBinary(p, byP1, byP2, pData, ppCmd) ((p)->lpVtbl->UpdateBinary(p, byP1, byP2, pData, ppCmd))
#define ISCardISO7816_UpdateRecord(p, byRecordId, byRefCtrl, pData, ppCmd) ((p)->lpVtbl->UpdateRecord(p, byRecordId, byRefCtrl, pData, ppCmd))
#define ISCardISO7816_Verify(p, byRefCtrl, pData, ppCmd) ((p)->lpVtbl->Verify(p, byRefCtrl, pData, ppCmd))
#define ISCardISO7816_WriteBinary(p, byP1, byP2, pData, ppCmd) ((p)->lpVtbl->WriteBinary(p, byP1, byP2, pData, ppCmd))
#define ISCardISO7816_WriteRecord(p, byRecordId, byRefCtrl, pData, ppCmd) ((p)->lpVtbl->WriteRecord(p, byRecordId, byRefCtrl, pData, ppCmd))
/* clang-format on */
#endif

#endif
