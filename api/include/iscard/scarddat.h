/* SPDX-License-Identifier: MIT */
/* ISCardCmd: one command APDU and the reply to it. ISCardTypeConv: conversions of byte containers.
 * Source: Scarddat.h and the pages of ISCardCmd and ISCardTypeConv. */
#ifndef ISCARD_SCARDDAT_H
#define ISCARD_SCARDDAT_H

#include <iscard/safearray.h>
#include <iscard/scardssp.h>

ISCARD_C_BEGIN

/* Bytes and where they are. */
typedef struct tagBYTEARRAY {
	HGLOBAL hMem; /* NULL: there are no movable blocks here */
	DWORD dwSize;
	LPBYTE pbyData;
} BYTEARRAY, *PBYTEARRAY, *LPBYTEARRAY;
typedef const BYTEARRAY *PCBYTEARRAY, *LPCBYTEARRAY;

/* Two buffers, the command APDU and the reply; the reply is data only, SW1 and SW2 have properties
 * of their own. No method touches a reader: none returns an SCARD_ code.
 *
 * Getters store zero (or NULL) on failure. E_POINTER for a NULL pointer, except where the page
 * lists E_INVALIDARG alone: get_LeField, get_AlternateClassId, get_ReplyNad. E_OUTOFMEMORY where
 * memory is needed. Buffers that come out are new copies, seek pointer 0, the caller's to release;
 * of buffers that go in the whole content is copied, whatever their seek pointer, which stays. */
#define ISCARD_SELF ISCardCmd
/* clang-format off */
ISCARD_INTERFACE(ISCardCmd, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* The command APDU as it would be sent; an empty buffer when there is none. */
	ISCARD_METHOD(get_Apdu)(ISCARD_THIS_ LPBYTEBUFFER *ppApdu) ISCARD_PURE;

	/* Take a whole command APDU (ISO/IEC 7816-4, short or extended) and clear the reply.
	 * E_INVALIDARG, and the old one kept: shorter than 4 bytes, or lengths that do not fit. */
	ISCARD_METHOD(put_Apdu)(ISCARD_THIS_ LPBYTEBUFFER pApdu) ISCARD_PURE;

	/* Bytes in the command APDU, 0 when there is none. */
	ISCARD_METHOD(get_ApduLength)(ISCARD_THIS_ LONG *plSize) ISCARD_PURE;

	/* The reply's data. Before any transaction S_OK with NULL; after a reply without data an
	 * empty buffer. */
	ISCARD_METHOD(get_ApduReply)(ISCARD_THIS_ LPBYTEBUFFER *ppReplyApdu) ISCARD_PURE;

	/* Replace the reply's data: for whoever executes the command. At most 65536 bytes, else
	 * E_INVALIDARG. */
	ISCARD_METHOD(put_ApduReply)(ISCARD_THIS_ LPBYTEBUFFER pReplyApdu) ISCARD_PURE;

	/* Bytes of reply data, 0 when there is no reply. */
	ISCARD_METHOD(get_ApduReplyLength)(ISCARD_THIS_ LONG *plSize) ISCARD_PURE;

	/* Cut the reply's data, or lengthen it with zeros. E_INVALIDARG: negative or above 65536. */
	ISCARD_METHOD(put_ApduReplyLength)(ISCARD_THIS_ LONG lSize) ISCARD_PURE;

	/* CLA; 0 when there is no APDU. */
	ISCARD_METHOD(get_ClassId)(ISCARD_THIS_ BYTE *pbyClass) ISCARD_PURE;

	/* Set CLA. Without an APDU a header of four zeros is made first; so for INS, P1 and P2. */
	ISCARD_METHOD(put_ClassId)(ISCARD_THIS_ BYTE byClass ISCARD_DEFAULT(0)) ISCARD_PURE;

	/* The data field; an empty buffer when there is none. */
	ISCARD_METHOD(get_Data)(ISCARD_THIS_ LPBYTEBUFFER *ppData) ISCARD_PURE;

	/* Replace the data field and its length; Le stays. An empty buffer removes the field. The
	 * shortest encoding is taken. E_INVALIDARG: more than 65535 bytes. */
	ISCARD_METHOD(put_Data)(ISCARD_THIS_ LPBYTEBUFFER pData) ISCARD_PURE;

	ISCARD_METHOD(get_InstructionId)(ISCARD_THIS_ BYTE *pbyIns) ISCARD_PURE;
	ISCARD_METHOD(put_InstructionId)(ISCARD_THIS_ BYTE byIns) ISCARD_PURE;

	/* Ne, the bytes that are expected back: 0 when Le is absent, else 1 to 256 (65536 in the
	 * extended form); a coded 00 reads as 256. E_INVALIDARG for NULL. */
	ISCARD_METHOD(get_LeField)(ISCARD_THIS_ LONG *plSize) ISCARD_PURE;

	ISCARD_METHOD(get_P1)(ISCARD_THIS_ BYTE *pbyP1) ISCARD_PURE;
	ISCARD_METHOD(put_P1)(ISCARD_THIS_ BYTE byP1) ISCARD_PURE;
	ISCARD_METHOD(get_P2)(ISCARD_THIS_ BYTE *pbyP2) ISCARD_PURE;
	ISCARD_METHOD(put_P2)(ISCARD_THIS_ BYTE byP2) ISCARD_PURE;

	/* The fifth byte of the APDU: Lc, or Le in case 2; 0 in case 1, in the extended form, and
	 * when there is no APDU. */
	ISCARD_METHOD(get_P3)(ISCARD_THIS_ BYTE *pbyP3) ISCARD_PURE;

	/* SW1 in the high byte, SW2 in the low one; 0 before any transaction. */
	ISCARD_METHOD(get_ReplyStatus)(ISCARD_THIS_ LPWORD pwStatus) ISCARD_PURE;
	ISCARD_METHOD(put_ReplyStatus)(ISCARD_THIS_ WORD wStatus) ISCARD_PURE;
	ISCARD_METHOD(get_ReplyStatusSW1)(ISCARD_THIS_ BYTE *pbySW1) ISCARD_PURE;
	ISCARD_METHOD(get_ReplyStatusSW2)(ISCARD_THIS_ BYTE *pbySW2) ISCARD_PURE;

	/* The case of the APDU, 1 to 4. E_UNEXPECTED when there is no APDU. */
	ISCARD_METHOD(get_Type)(ISCARD_THIS_ ISO_APDU_TYPE *pType) ISCARD_PURE;

	/* The T=1 node address for the command; default 0. A transaction with another value returns
	 * SCARD_E_UNSUPPORTED_FEATURE where it cannot be sent. */
	ISCARD_METHOD(get_Nad)(ISCARD_THIS_ BYTE *pbNad) ISCARD_PURE;
	ISCARD_METHOD(put_Nad)(ISCARD_THIS_ BYTE bNad) ISCARD_PURE;

	/* The node address of the reply. E_ACCESSDENIED when there is none: no reply, T=0, or a
	 * reader that does not tell. E_INVALIDARG for NULL. */
	ISCARD_METHOD(get_ReplyNad)(ISCARD_THIS_ BYTE *pbNad) ISCARD_PURE;
	ISCARD_METHOD(put_ReplyNad)(ISCARD_THIS_ BYTE bNad) ISCARD_PURE;

	/* Build the whole APDU; the reply is cleared. pbyData NULL or empty: no data field, else 1
	 * to 65535 bytes. plLe NULL: no Le. *plLe: bytes expected, 1 to 65536; 0 asks for up to 256
	 * (Le is sent as 00) and reads back as 256, so pass NULL, not a zero variable, for a command
	 * that returns nothing: some T=1 cards refuse an unwanted Le with 6700. The extended form is
	 * taken when data or Le need it. E_INVALIDARG: *plLe or the data out of range. */
	ISCARD_METHOD(BuildCmd)(ISCARD_THIS_ BYTE byClassId, BYTE byInsId,
		BYTE byP1 ISCARD_DEFAULT(0), BYTE byP2 ISCARD_DEFAULT(0),
		LPBYTEBUFFER pbyData ISCARD_DEFAULT(NULL), LONG *plLe ISCARD_DEFAULT(NULL))
		ISCARD_PURE;

	/* Empty both buffers, status 0. Node addresses to send and AlternateClassId stay. */
	ISCARD_METHOD(Clear)(ISCARD_THIS) ISCARD_PURE;

	/* Wrap pApdu (1 to 255 bytes) into an ENVELOPE command, 00 C2 00 00, which becomes this
	 * object's APDU; with Le 00 when ApduType, the case of the wrapped command, is 2 or 4.
	 * E_INVALIDARG: another type, or too long. */
	ISCARD_METHOD(Encapsulate)(ISCARD_THIS_ LPBYTEBUFFER pApdu, ISO_APDU_TYPE ApduType)
		ISCARD_PURE;

	/* CLA of the GET RESPONSE that a T=0 transaction may send by itself; the command's own CLA
	 * when never set. A reader that sends it by itself, as those at APDU level may, takes its own
	 * choice.
	 * get: E_ACCESSDENIED until it was put, E_INVALIDARG for NULL. */
	ISCARD_METHOD(get_AlternateClassId)(ISCARD_THIS_ BYTE *pbyClass) ISCARD_PURE;
	ISCARD_METHOD(put_AlternateClassId)(ISCARD_THIS_ BYTE byClass ISCARD_DEFAULT(0))
		ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

ISCARD_API extern const IID iscard_IID_ISCardCmd;
ISCARD_API extern const CLSID iscard_CLSID_CSCardCmd;
#define IID_ISCardCmd   iscard_IID_ISCardCmd
#define CLSID_CSCardCmd iscard_CLSID_CSCardCmd

typedef struct ISCardTypeConv ISCardTypeConv, *LPSCARDTYPECONV;

/* Conversions between the ways to hold bytes; kept for old code. What comes out is the caller's:
 * buffers to Release(), arrays of bytes to free with CoTaskMemFree() (iscard_free()), SAFEARRAYs with
 * SafeArrayDestroy(). The bytes of an IByteBuffer belong to it. Out parameters are NULL on failure.
 * E_POINTER for a NULL pointer, except where the page lists E_INVALIDARG alone: CreateByteArray,
 * CreateByteBuffer, CreateSafeArray. E_OUTOFMEMORY. */
#define ISCARD_SELF ISCardTypeConv
/* clang-format off */
ISCARD_INTERFACE(ISCardTypeConv, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* A new buffer with a copy of the bytes, seek pointer 0. E_INVALIDARG: more than
	 * ISCARD_BUFFER_MAX. */
	ISCARD_METHOD(ConvertByteArrayToByteBuffer)(ISCARD_THIS_ LPBYTE pbyArray, DWORD dwArraySize,
		LPBYTEBUFFER *ppbyBuffer) ISCARD_PURE;

	/* A copy of the whole content, whatever the seek pointer: one block, structure and bytes,
	 * which one iscard_free() of the structure frees. What the buffer's methods return. */
	ISCARD_METHOD(ConvertByteBufferToByteArray)(ISCARD_THIS_ LPBYTEBUFFER pbyBuffer,
		LPBYTEARRAY *ppArray) ISCARD_PURE;

	/* The same as an array of VT_UI1, first index 0. */
	ISCARD_METHOD(ConvertByteBufferToSafeArray)(ISCARD_THIS_ LPBYTEBUFFER pbyBuffer,
		LPSAFEARRAY *ppbyArray) ISCARD_PURE;

	/* A new buffer with a copy of the elements. E_INVALIDARG: not an array of VT_UI1, or more
	 * than ISCARD_BUFFER_MAX. */
	ISCARD_METHOD(ConvertSafeArrayToByteBuffer)(ISCARD_THIS_ LPSAFEARRAY pbyArray,
		LPBYTEBUFFER *ppbyBuff) ISCARD_PURE;

	/* So many zero bytes; size 0 gives a pointer all the same. E_INVALIDARG for NULL. */
	ISCARD_METHOD(CreateByteArray)(ISCARD_THIS_ DWORD dwAllocSize, LPBYTE *ppbyArray)
		ISCARD_PURE;

	/* A ready buffer of so many zero bytes. E_INVALIDARG: NULL, or more than
	 * ISCARD_BUFFER_MAX. */
	ISCARD_METHOD(CreateByteBuffer)(ISCARD_THIS_ DWORD dwAllocSize, LPBYTEBUFFER *ppbyBuff)
		ISCARD_PURE;

	/* An array of so many VT_UI1, zeros, first index 0. E_INVALIDARG for NULL. */
	ISCARD_METHOD(CreateSafeArray)(ISCARD_THIS_ UINT nAllocSize, LPSAFEARRAY *ppArray)
		ISCARD_PURE;

	/* Give back what GetAtIStreamMemory() gave, and its reference to the stream. pMem: that
	 * BYTEARRAY, or its pbyData. E_INVALIDARG: it is not of this stream. */
	ISCARD_METHOD(FreeIStreamMemoryPtr)(ISCARD_THIS_ LPSTREAM pStrm, LPBYTE pMem) ISCARD_PURE;

	/* Where the bytes of a memory stream of this library are: the very bytes, in *ppMem, which
	 * belongs to the stream. Until FreeIStreamMemoryPtr() they stay there, and what would move
	 * them, growth, is STG_E_ACCESSDENIED; cutting the stream clears what it cuts off. They are
	 * read and written without a lock. The stream is kept by one reference for each call.
	 * E_INVALIDARG: a stream of another kind, whose memory cannot be known. */
	ISCARD_METHOD(GetAtIStreamMemory)(ISCARD_THIS_ LPSTREAM pStrm, LPBYTEARRAY *ppMem)
		ISCARD_PURE;

	/* Bytes in a stream, anybody's. E_INVALIDARG: puliSize NULL. E_UNEXPECTED: the stream was
	 * reverted. E_FAIL: it does not tell. */
	ISCARD_METHOD(SizeOfIStream)(ISCARD_THIS_ LPSTREAM pStrm, ULARGE_INTEGER *puliSize)
		ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

ISCARD_API extern const IID iscard_IID_ISCardTypeConv;
ISCARD_API extern const CLSID iscard_CLSID_CSCardTypeConv;
#define IID_ISCardTypeConv   iscard_IID_ISCardTypeConv
#define CLSID_CSCardTypeConv iscard_CLSID_CSCardTypeConv

ISCARD_C_END

#if !defined(__cplusplus)
/* clang-format off */
#define ISCardCmd_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define ISCardCmd_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define ISCardCmd_Release(p) ((p)->lpVtbl->Release(p))
#define ISCardCmd_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define ISCardCmd_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define ISCardCmd_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define ISCardCmd_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define ISCardCmd_get_Apdu(p, ppApdu) ((p)->lpVtbl->get_Apdu(p, ppApdu))
#define ISCardCmd_put_Apdu(p, pApdu) ((p)->lpVtbl->put_Apdu(p, pApdu))
#define ISCardCmd_get_ApduLength(p, plSize) ((p)->lpVtbl->get_ApduLength(p, plSize))
#define ISCardCmd_get_ApduReply(p, ppReplyApdu) ((p)->lpVtbl->get_ApduReply(p, ppReplyApdu))
#define ISCardCmd_put_ApduReply(p, pReplyApdu) ((p)->lpVtbl->put_ApduReply(p, pReplyApdu))
#define ISCardCmd_get_ApduReplyLength(p, plSize) ((p)->lpVtbl->get_ApduReplyLength(p, plSize))
#define ISCardCmd_put_ApduReplyLength(p, lSize) ((p)->lpVtbl->put_ApduReplyLength(p, lSize))
#define ISCardCmd_get_ClassId(p, pbyClass) ((p)->lpVtbl->get_ClassId(p, pbyClass))
#define ISCardCmd_put_ClassId(p, byClass) ((p)->lpVtbl->put_ClassId(p, byClass))
#define ISCardCmd_get_Data(p, ppData) ((p)->lpVtbl->get_Data(p, ppData))
#define ISCardCmd_put_Data(p, pData) ((p)->lpVtbl->put_Data(p, pData))
#define ISCardCmd_get_InstructionId(p, pbyIns) ((p)->lpVtbl->get_InstructionId(p, pbyIns))
#define ISCardCmd_put_InstructionId(p, byIns) ((p)->lpVtbl->put_InstructionId(p, byIns))
#define ISCardCmd_get_LeField(p, plSize) ((p)->lpVtbl->get_LeField(p, plSize))
#define ISCardCmd_get_P1(p, pbyP1) ((p)->lpVtbl->get_P1(p, pbyP1))
#define ISCardCmd_put_P1(p, byP1) ((p)->lpVtbl->put_P1(p, byP1))
#define ISCardCmd_get_P2(p, pbyP2) ((p)->lpVtbl->get_P2(p, pbyP2))
#define ISCardCmd_put_P2(p, byP2) ((p)->lpVtbl->put_P2(p, byP2))
#define ISCardCmd_get_P3(p, pbyP3) ((p)->lpVtbl->get_P3(p, pbyP3))
#define ISCardCmd_get_ReplyStatus(p, pwStatus) ((p)->lpVtbl->get_ReplyStatus(p, pwStatus))
#define ISCardCmd_put_ReplyStatus(p, wStatus) ((p)->lpVtbl->put_ReplyStatus(p, wStatus))
#define ISCardCmd_get_ReplyStatusSW1(p, pbySW1) ((p)->lpVtbl->get_ReplyStatusSW1(p, pbySW1))
#define ISCardCmd_get_ReplyStatusSW2(p, pbySW2) ((p)->lpVtbl->get_ReplyStatusSW2(p, pbySW2))
#define ISCardCmd_get_Type(p, pType) ((p)->lpVtbl->get_Type(p, pType))
#define ISCardCmd_get_Nad(p, pbNad) ((p)->lpVtbl->get_Nad(p, pbNad))
#define ISCardCmd_put_Nad(p, bNad) ((p)->lpVtbl->put_Nad(p, bNad))
#define ISCardCmd_get_ReplyNad(p, pbNad) ((p)->lpVtbl->get_ReplyNad(p, pbNad))
#define ISCardCmd_put_ReplyNad(p, bNad) ((p)->lpVtbl->put_ReplyNad(p, bNad))
#define ISCardCmd_BuildCmd(p, byClassId, byInsId, byP1, byP2, pbyData, plLe) ((p)->lpVtbl->BuildCmd(p, byClassId, byInsId, byP1, byP2, pbyData, plLe))
#define ISCardCmd_Clear(p) ((p)->lpVtbl->Clear(p))
#define ISCardCmd_Encapsulate(p, pApdu, ApduType) ((p)->lpVtbl->Encapsulate(p, pApdu, ApduType))
#define ISCardCmd_get_AlternateClassId(p, pbyClass) ((p)->lpVtbl->get_AlternateClassId(p, pbyClass))
#define ISCardCmd_put_AlternateClassId(p, byClass) ((p)->lpVtbl->put_AlternateClassId(p, byClass))
/* clang-format on */

/* clang-format off */
#define ISCardTypeConv_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define ISCardTypeConv_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define ISCardTypeConv_Release(p) ((p)->lpVtbl->Release(p))
#define ISCardTypeConv_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define ISCardTypeConv_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define ISCardTypeConv_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define ISCardTypeConv_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define ISCardTypeConv_ConvertByteArrayToByteBuffer(p, pbyArray, dwArraySize, ppbyBuffer) ((p)->lpVtbl->ConvertByteArrayToByteBuffer(p, pbyArray, dwArraySize, ppbyBuffer))
#define ISCardTypeConv_ConvertByteBufferToByteArray(p, pbyBuffer, ppArray) ((p)->lpVtbl->ConvertByteBufferToByteArray(p, pbyBuffer, ppArray))
#define ISCardTypeConv_ConvertByteBufferToSafeArray(p, pbyBuffer, ppbyArray) ((p)->lpVtbl->ConvertByteBufferToSafeArray(p, pbyBuffer, ppbyArray))
#define ISCardTypeConv_ConvertSafeArrayToByteBuffer(p, pbyArray, ppbyBuff) ((p)->lpVtbl->ConvertSafeArrayToByteBuffer(p, pbyArray, ppbyBuff))
#define ISCardTypeConv_CreateByteArray(p, dwAllocSize, ppbyArray) ((p)->lpVtbl->CreateByteArray(p, dwAllocSize, ppbyArray))
#define ISCardTypeConv_CreateByteBuffer(p, dwAllocSize, ppbyBuff) ((p)->lpVtbl->CreateByteBuffer(p, dwAllocSize, ppbyBuff))
#define ISCardTypeConv_CreateSafeArray(p, nAllocSize, ppArray) ((p)->lpVtbl->CreateSafeArray(p, nAllocSize, ppArray))
#define ISCardTypeConv_FreeIStreamMemoryPtr(p, pStrm, pMem) ((p)->lpVtbl->FreeIStreamMemoryPtr(p, pStrm, pMem))
#define ISCardTypeConv_GetAtIStreamMemory(p, pStrm, ppMem) ((p)->lpVtbl->GetAtIStreamMemory(p, pStrm, ppMem))
#define ISCardTypeConv_SizeOfIStream(p, pStrm, puliSize) ((p)->lpVtbl->SizeOfIStream(p, pStrm, puliSize))
/* clang-format on */
#endif

#endif
