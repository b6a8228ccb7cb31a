/* SPDX-License-Identifier: MIT */
/* ISCardFileAccess, ISCardVerify and ISCardAuth: files, PINs and authentication of ISO/IEC 7816-4
 * cards. Made by the Create methods of ISCardManage (scardmgr.h).
 * Source: the pages of the three interfaces for names and codes, the published type library of a
 * card vendor's service provider for the order and the signatures.
 *
 * An object uses the connection of the ISCardManage that made it, and keeps that object alive. It
 * may be made before anything is attached. Of the methods that need the card, the rules of ISCard
 * hold (scardmgr.h: arguments first, then SCARD_E_INVALID_HANDLE when nothing is attached, reader
 * gone, card removed, card reset), and its errors of reader and card. A method that sends several
 * commands holds the card's lock from the first to the last, and no other thread of the same
 * connection comes between: nobody moves the current file meanwhile. Any thread.
 *
 * What the card answers becomes a result:
 *   SCARD_E_FILE_NOT_FOUND           6A82
 *   SCARD_W_SECURITY_VIOLATION       6982, 66xx, 6987, 6988
 *   SCARD_E_NO_ACCESS                6985, 6984, 6285 and the rest of 69xx: conditions not met
 *   SCARD_W_WRONG_CHV                63Cx (x tries are left: iscard_verify_tries), 6300
 *   SCARD_W_CHV_BLOCKED              6983
 *   SCARD_W_EOF                      6282, 6A83
 *   SCARD_E_BAD_SEEK                 6B00
 *   SCARD_E_WRITE_TOO_MANY           6A84
 *   SCARD_E_NO_FILE                  6986: no current EF
 *   SCARD_E_INVALID_VALUE            6A88: no such PIN, key or data
 *   SCARD_E_INVALID_PARAMETER        6700 and the rest of 6Axx
 *   SCARD_E_UNSUPPORTED_FEATURE      68xx, 6981, 6A81, 6D00, 6E00
 *   SCARD_E_COMM_DATA_LOST           6281
 *   SCARD_E_UNEXPECTED               64xx, 65xx, 6Fxx, anything unknown, and an answer that makes
 *                                    no sense: too long, malformed, 61xx or 6Cxx without end
 * Other warnings (62xx, 63xx) are success.
 *
 * A reset ends what the card knew: after it (by ResetSecurityState, by another connection and
 * Reconnect, or by a new attachment) PINs are to be presented again, the current directory is the
 * master file, and files opened before answer SCARD_W_RESET_CARD until they are closed.
 *
 * Secure messaging is a vendor's affair: SC_FL_SECURE_MESSAGING gives SCARD_E_UNSUPPORTED_FEATURE
 * from every method but Delete, which is not implemented (E_NOTIMPL). A flag that a method does not
 * name gives E_INVALIDARG. */
#ifndef ISCARD_PROVIDER_H
#define ISCARD_PROVIDER_H

#include <iscard/safearray.h>
#include <iscard/scardmgr.h>
#include <iscard/scardssp.h>

ISCARD_C_BEGIN

/* How a BSTR names a file. The characters are ASCII; digits are hexadecimal, either case.
 *
 * SC_TYPE_BY_NAME   a DF by its name: 10 to 32 digits, or 0x and 2 to 32 digits, are its bytes
 *                   ("A0000000030000"); any other text of 1 to 16 characters is itself the name
 *                   ("1PAY.SYS.DDF01"). Identifiers may follow, as below: "A0000000030000/2F01".
 * SC_TYPE_BY_ID     identifiers of 4 digits with or without '/' between them: "2F00", "5015/4401".
 *                   The path begins at the current directory, or at the master file when it begins
 *                   with "/" or "3F00"; ".." as an element goes back by one. At most 8 elements.
 * SC_TYPE_BY_SHORT_ID  an EF in the current directory by its short identifier, decimal: "1" to
 *                   "30". Only a file that may be read can be found in this way. */
typedef ISCARD_ENUM(REFTYPE) {
	SC_TYPE_BY_NAME = 0,
	SC_TYPE_BY_ID = 1,
	SC_TYPE_BY_SHORT_ID = 2,
	SC_TYPE_BY_SHORT = SC_TYPE_BY_SHORT_ID, /* as the pages write it */
} REFTYPE;

typedef ISCARD_ENUM(FILETYPE) {
	SC_TYPE_DIRECTORIES = 0,
	SC_TYPE_FILES = 1,
	SC_TYPE_ALL_FILES = 2,
	SC_TYPE_DIRECTORY_FILE = 3,
	SC_TYPE_TRANSPARENT_EF = 4,
	SC_TYPE_FIXED_EF = 5,
	SC_TYPE_CYCLIC_EF = 6,
	SC_TYPE_VARIABLE_EF = 7,
} FILETYPE;

typedef ISCARD_ENUM(SEEKTYPE) {
	SC_SEEK_FROM_BEGINNING = 0,
	SC_SEEK_FROM_END = 1,
	SC_SEEK_RELATIVE = 2,
} SEEKTYPE;

/* A set; in C++ combined with |. */
typedef ISCARD_ENUM(SCARD_FLAGS) {
	SC_FL_NO_FLAGS = 0,
	SC_FL_SECURE_MESSAGING = 0x1,
	SC_FL_REPLACE = 0x2,
	SC_FL_ERASE = 0x4,
	SC_FL_OR = 0x8,
	SC_FL_AND = 0x10,
	SC_FL_RECURSIVE = 0x20,
	SC_FL_NON_RECURSIVE = 0x40,
	SC_FL_IHV_GLOBAL = 0x80,
	SC_FL_IHV_LOCAL = 0x100,
	SC_FL_IHV_ENABLE = 0x200,
	SC_FL_IHV_DISABLE = 0x400,
	SC_FL_IHV_CHANGE = 0x800,
	SC_FL_PREALLOCATE = 0x1000,
	SC_FL_PREALLOCATED = SC_FL_PREALLOCATE, /* as the pages write it */
	SC_FL_GET_ALL_PROPERTIES = 0x2000,
	SC_FL_STAT_DEFAULT = 0x4000,
	SC_FL_IHV_CHECKONLY = 0x8000,
} SCARD_FLAGS;

#ifdef __cplusplus
constexpr SCARD_FLAGS operator|(SCARD_FLAGS a, SCARD_FLAGS b)
{
	return static_cast<SCARD_FLAGS>(static_cast<int32_t>(a) | static_cast<int32_t>(b));
}
#endif

/* An open file of one ISCardFileAccess object; never 0, never reused. */
typedef ULONG_PTR HSCARD_FILE;

/* One data object: cbSize bytes at byData, tag and length included (BER-TLV). */
typedef struct tagTLV_TABLE {
	LONG cbSize;
	BYTE *byData;
} TLV_TABLE, *LPTLV_TABLE;

/* Files an object can hold open at a time. */
#define ISCARD_OPEN_FILES_MAX 16

/* Files. A file has a pointer, which counts bytes in a transparent EF and records in any other,
 * from 0 at the beginning. Which of the two it is the card tells at Open, or an attempt to read
 * does. Each object has a current directory, the master file at first; selecting again whatever is
 * not selected any more is the object's business. Offsets beyond 32767 and data of any length are
 * cut into commands that every card takes (short ones); on an error between two of them the pointer
 * stays, and a Write may have been done in part. */
#define ISCARD_SELF ISCardFileAccess
/* clang-format off */
ISCARD_INTERFACE(ISCardFileAccess, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* Make a DF the current directory (SELECT). E_INVALIDARG: a text that names nothing, or
	 * SC_TYPE_BY_SHORT_ID, which names an EF. SCARD_E_DIR_NOT_FOUND, SCARD_E_NO_DIR: an EF. On
	 * failure the current directory stays. */
	ISCARD_METHOD(ChangeDir)(ISCARD_THIS_ REFTYPE refType, BSTR bstrNewDir) ISCARD_PURE;

	/* Forget an open file. Nothing is sent, and neither card nor connection is needed.
	 * E_INVALIDARG: a handle that is not open in this object. The last Release closes all. */
	ISCARD_METHOD(Close)(ISCARD_THIS_ HSCARD_FILE hFile) ISCARD_PURE;

	/* How a file is created differs from card to card: SCARD_E_UNSUPPORTED_FEATURE, after
	 * E_POINTER and E_INVALIDARG. */
	ISCARD_METHOD(Create)(ISCARD_THIS_ REFTYPE refType, BSTR bstrFile, LPTLV_TABLE *ppTLVs,
		LONG *lpcTLVs, SCARD_FLAGS Flags, LPBYTEBUFFER pDataBuffer) ISCARD_PURE;

	/* So does deleting: E_NOTIMPL, after E_INVALIDARG. */
	ISCARD_METHOD(Delete)(ISCARD_THIS_ REFTYPE refType, BSTR bstrFile, SCARD_FLAGS Flags)
		ISCARD_PURE;

	/* The DFs that the card lists in EF.DIR (2F00 in the master file) when the type is
	 * SC_TYPE_DIRECTORIES and the current directory the master file: a new one-dimensional array
	 * of BSTR, each good for SC_TYPE_BY_NAME; the caller destroys it (SafeArrayDestroy). The
	 * current directory stays. For other types and directories cards have no list: E_NOTIMPL.
	 * E_POINTER. E_INVALIDARG: no such type. SCARD_E_FILE_NOT_FOUND: no EF.DIR.
	 * SCARD_E_UNEXPECTED: malformed. E_OUTOFMEMORY. */
	ISCARD_METHOD(Directory)(ISCARD_THIS_ FILETYPE fileType, LPSAFEARRAY *ppFileList)
		ISCARD_PURE;

	/* The current directory as text, from the master file ("3F00", "3F00/5015") or, below a DF
	 * that was selected by name, from its name in digits ("A0000000030000/5015"; "0x..." when
	 * shorter than 5 bytes). The caller frees it with SysFreeString. Nothing is sent.
	 * E_POINTER, E_OUTOFMEMORY. */
	ISCARD_METHOD(GetCurrentDir)(ISCARD_THIS_ BSTR *pbstrPathSpec) ISCARD_PURE;

	/* GetProperties of the file opened last that is still open, or else of the current
	 * directory. */
	ISCARD_METHOD(GetFileCapabilities)(ISCARD_THIS_ LPTLV_TABLE *ppProperties,
		LONG *plProperties, SCARD_FLAGS Flags) ISCARD_PURE;

	/* The control parameters of a file (ISO/IEC 7816-4, 5.3.3: 80 size, 82 descriptor, 83
	 * identifier, 84 name, ...), one entry for each object of the template that SELECT
	 * returned, in its order. *ppTLV and *plcTLV are overwritten; the caller frees the table,
	 * with all that it points to, in one iscard_free(). A DF that is asked about does not become
	 * the current directory. Flags: none, or SC_FL_GET_ALL_PROPERTIES, which is the same.
	 * E_POINTER: ppTLV, plcTLV. E_INVALIDARG: the reference, a short one (SELECT does not take
	 * it). SCARD_E_FILE_NOT_FOUND. SCARD_E_UNSUPPORTED_FEATURE: the card tells nothing.
	 * SCARD_E_UNEXPECTED: what it tells is malformed. E_OUTOFMEMORY. */
	ISCARD_METHOD(GetProperties)(ISCARD_THIS_ REFTYPE refType, BSTR bstrFile,
		LPTLV_TABLE *ppTLV, LONG *plcTLV, SCARD_FLAGS Flags) ISCARD_PURE;

	/* Objects come ready for use: S_OK without effect. E_POINTER. */
	ISCARD_METHOD(Initialize)(ISCARD_THIS_ LONG *lp) ISCARD_PURE;

	/* Deactivate the file of that path, as SC_TYPE_BY_ID: until Rehabilitate it cannot be used
	 * (DEACTIVATE FILE, ISO/IEC 7816-9, with the file selected). E_INVALIDARG: the reference,
	 * flags. SCARD_E_FILE_NOT_FOUND. SCARD_E_UNSUPPORTED_FEATURE: the card does not do that. */
	ISCARD_METHOD(Invalidate)(ISCARD_THIS_ BSTR bstrFile, SCARD_FLAGS Flags) ISCARD_PURE;

	/* Open an EF (SELECT), pointer at 0. The current directory stays.
	 * E_POINTER: phFile. E_INVALIDARG: the reference. SCARD_E_FILE_NOT_FOUND.
	 * SCARD_E_NO_FILE: a DF. SCARD_W_SECURITY_VIOLATION: by short identifier, and it may not be
	 * read. E_OUTOFMEMORY: ISCARD_OPEN_FILES_MAX are open. *phFile is 0 on failure. */
	ISCARD_METHOD(Open)(ISCARD_THIS_ REFTYPE refType, BSTR bstrFile, HSCARD_FILE *phFile)
		ISCARD_PURE;

	/* Read from the pointer, and move it, into a new buffer which the caller releases.
	 * Transparent: *lBytesToRead bytes (READ BINARY), or fewer at the end of the file; 0 is all
	 * up to the end. Records: one (READ RECORD), of at most *lBytesToRead bytes; 0 is whatever
	 * it has. *lBytesToRead gets the count.
	 * E_POINTER. E_INVALIDARG: the handle, a negative count. SCARD_W_EOF: nothing at the
	 * pointer. SCARD_E_INSUFFICIENT_BUFFER: the record has more, *lBytesToRead bytes; nothing is
	 * read, the pointer stays. SCARD_W_RESET_CARD: also a file that a reset ended. On other
	 * failures *lBytesToRead is 0; *ppBuffer is NULL on all. */
	ISCARD_METHOD(Read)(ISCARD_THIS_ HSCARD_FILE hFile, LONG *lBytesToRead,
		LPBYTEBUFFER *ppBuffer, SCARD_FLAGS Flags) ISCARD_PURE;

	/* Undo Invalidate (ACTIVATE FILE). Codes as there. */
	ISCARD_METHOD(Rehabilitate)(ISCARD_THIS_ BSTR bstrFile, SCARD_FLAGS Flags) ISCARD_PURE;

	/* Move the pointer: lOffset bytes or records from an origin. The end of a transparent EF is
	 * known when the card told its size; that of records is found by reading, unless lOffset is
	 * 0. E_INVALIDARG: the handle, the origin. SCARD_E_BAD_SEEK: before the beginning or beyond
	 * the end, where that is known, or the size of a transparent EF is not; the pointer stays. */
	ISCARD_METHOD(Seek)(ISCARD_THIS_ HSCARD_FILE hFile, LONG lOffset, SEEKTYPE SeekType)
		ISCARD_PURE;

	/* Which properties a card lets be changed, and how, differs:
	 * SCARD_E_UNSUPPORTED_FEATURE, after E_POINTER and E_INVALIDARG. */
	ISCARD_METHOD(SetProperties)(ISCARD_THIS_ REFTYPE refType, BSTR bstrFile, LPTLV_TABLE pTLV,
		LONG lcTLV, SCARD_FLAGS Flags) ISCARD_PURE;

	/* Write the first lLength bytes of the buffer at the pointer and move it. A record is
	 * written whole, from 1 to 255 bytes; at the end (Seek(0, SC_SEEK_FROM_END)) one is added
	 * (APPEND RECORD), which in a cyclic EF replaces the oldest and becomes the first.
	 * Flags, one of them: none or SC_FL_REPLACE: UPDATE. SC_FL_OR, SC_FL_AND: WRITE, on a file
	 * of which the card says that this is what WRITE does, else SCARD_E_UNSUPPORTED_FEATURE.
	 * SC_FL_ERASE: ERASE BINARY of lLength bytes, or ERASE RECORD with lLength 1; the buffer may
	 * be NULL.
	 * E_POINTER: the buffer. E_INVALIDARG: the handle, flags, lLength below 1 or above what the
	 * buffer holds. SCARD_E_WRITE_TOO_MANY: beyond the end of the file or longer than its
	 * records, where the card told these; nothing is sent. SCARD_W_EOF: no record there.
	 * SCARD_W_RESET_CARD: also a file that a reset ended. On failure the pointer stays. */
	ISCARD_METHOD(Write)(ISCARD_THIS_ HSCARD_FILE hFile, LONG lLength, LPBYTEBUFFER pBuffer,
		SCARD_FLAGS Flags) ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

/* Reference data: PINs and passwords. Codes go to the card as they are: padding and coding (ASCII,
 * BCD, PIN block) are the card's affair. They never reach a log or a trace, and memory that held
 * them is wiped. lRef and flags make P2 of the commands: without flag 0 to 255 as it is; with
 * SC_FL_IHV_GLOBAL or SC_FL_IHV_LOCAL (not both) 0 to 31, of global reference data or of that of the
 * current DF, which is that of the last ChangeDir or Open. SCARD_E_INVALID_VALUE: no such reference
 * data. SCARD_W_WRONG_CHV, SCARD_W_CHV_BLOCKED. */
#define ISCARD_SELF ISCardVerify
/* clang-format off */
ISCARD_INTERFACE(ISCardVerify, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* Replace a code (CHANGE REFERENCE DATA, old followed by new). pOldCode empty: the new one
	 * alone, for cards that know the user already. Flags: also SC_FL_IHV_CHANGE, which says
	 * the same. E_POINTER. E_INVALIDARG: lRef, flags, a new code that is empty, more than 255
	 * bytes in all. */
	ISCARD_METHOD(ChangeCode)(ISCARD_THIS_ LPBYTEBUFFER pOldCode, LPBYTEBUFFER pNewCode,
		SCARD_FLAGS Flags, LONG lRef) ISCARD_PURE;

	/* Objects come ready for use: S_OK without effect. E_POINTER. */
	ISCARD_METHOD(Initialize)(ISCARD_THIS_ LONG *lp) ISCARD_PURE;

	/* Reset the retry counter of a card that asks for no data (RESET RETRY COUNTER, P1 03). lData
	 * is a vendor's and must be 0: E_INVALIDARG. With an unblocking code:
	 * iscard_verify_unblock(). E_INVALIDARG: also lRef, flags. */
	ISCARD_METHOD(Unblock)(ISCARD_THIS_ LONG lData, SCARD_FLAGS Flags, LONG lRef) ISCARD_PURE;

	/* Take back all that was verified and authenticated: a warm reset, as
	 * ISCard::ReAttach(share mode in use, RESET) would do. Other connections see
	 * SCARD_W_RESET_CARD; open files end. Flags: none. E_INVALIDARG. */
	ISCARD_METHOD(ResetSecurityState)(ISCARD_THIS_ SCARD_FLAGS Flags) ISCARD_PURE;

	/* Present a code (VERIFY). SC_FL_IHV_CHECKONLY: nothing is presented, pCode may be NULL:
	 * S_OK when it is not needed (any more), SCARD_W_CARD_NOT_AUTHENTICATED when it is.
	 * SC_FL_IHV_ENABLE, SC_FL_IHV_DISABLE: present it to have it asked for from now on, or not
	 * (ENABLE, DISABLE VERIFICATION REQUIREMENT). *lpRef, which the page passes by value, is
	 * only read. E_POINTER: pCode, lpRef. E_INVALIDARG: *lpRef, flags, a code that is empty or
	 * has more than 255 bytes. */
	ISCARD_METHOD(Verify)(ISCARD_THIS_ LPBYTEBUFFER pCode, SCARD_FLAGS Flags, LONG *lpRef)
		ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

/* RESET RETRY COUNTER with what an unblocking code (PUK) needs. unblock_code and new_code are each
 * a buffer, or NULL for none, but not both; at most 255 bytes together. flags and ref as in
 * ISCardVerify. E_POINTER: verify. E_INVALIDARG: the above, or no object of this library.
 * SCARD_W_WRONG_CHV: the unblocking code was wrong. */
ISCARD_API HRESULT iscard_verify_unblock(ISCardVerify *verify, IByteBuffer *unblock_code,
                                         IByteBuffer *new_code, SCARD_FLAGS flags, LONG ref);

/* The tries left that the card named in its last 63Cx to a method of this object, 0 when it then said
 * 6983; -1 when it named none since, or for anything else than an object of this library. Any
 * thread; nothing is sent. */
ISCARD_API LONG iscard_verify_tries(const ISCardVerify *verify);

/* Authentication. lAlgoID is P1, the card's reference of an algorithm, 0 to 255, 0 when it needs
 * none; no other algorithm is known here: SCARD_E_UNSUPPORTED_FEATURE. pParam is NULL or empty, or
 * one byte: P2, the card's reference of a key; a vendor's parameters give
 * SCARD_E_UNSUPPORTED_FEATURE. Nothing is calculated here: cryptograms come from the caller. Data is
 * of 1 to 65535 bytes; more than 255, and answers of more than 256, need a reader and a card that
 * take extended APDUs (SCARD_E_UNSUPPORTED_FEATURE when the reader does not).
 * SCARD_E_INVALID_VALUE: no such key. SCARD_E_NO_ACCESS: no challenge was asked for.
 *
 * *lpLength is the number of bytes that the answer is to have, 0 to 65536, 0 leaving it to the card
 * (256 at most), and gets the number it has, 0 on failure. *ppBuffer of ICC_Auth and User_Auth is an
 * IByteBuffer with the data for the card; its content is replaced by the answer, the pointer stays,
 * seek pointer 0. On failure the data stays. */
#define ISCARD_SELF ISCardAuth
/* clang-format off */
ISCARD_INTERFACE(ISCardAuth, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* Authenticate the application to the card: pBuffer is the cryptogram of the card's last
	 * challenge (EXTERNAL AUTHENTICATE). E_POINTER: pBuffer. E_INVALIDARG: empty.
	 * SCARD_W_WRONG_CHV: the card did not accept it. */
	ISCARD_METHOD(APP_Auth)(ISCARD_THIS_ LONG lAlgoID, LPBYTEBUFFER pParam,
		LPBYTEBUFFER pBuffer) ISCARD_PURE;

	/* A challenge from the card (GET CHALLENGE) in a new buffer, which the caller releases;
	 * *ppBuffer is overwritten, NULL on failure. Its length is given in *lpLengthOfChallenge.
	 * There is no key: a pParam with a byte gives SCARD_E_UNSUPPORTED_FEATURE. E_POINTER.
	 * E_INVALIDARG: the length. SCARD_E_UNEXPECTED: the card gave another number of bytes. */
	ISCARD_METHOD(GetChallenge)(ISCARD_THIS_ LONG lAlgoID, LPBYTEBUFFER pParam,
		LONG *lpLengthOfChallenge, LPBYTEBUFFER *ppBuffer) ISCARD_PURE;

	/* Authenticate the card to the application: the challenge in *ppBuffer becomes the card's
	 * cryptogram (INTERNAL AUTHENTICATE). E_POINTER: also *ppBuffer. E_INVALIDARG: no data, the
	 * length. */
	ISCARD_METHOD(ICC_Auth)(ISCARD_THIS_ LONG lAlgoID, LPBYTEBUFFER pParam, LONG *lpLength,
		LPBYTEBUFFER *ppBuffer) ISCARD_PURE;

	/* Objects come ready for use: S_OK without effect. E_POINTER. */
	ISCARD_METHOD(Initialize)(ISCARD_THIS_ LONG *lp) ISCARD_PURE;

	/* Authenticate the user: the code in *ppBuffer is presented (VERIFY, as
	 * ISCardVerify::Verify does it) and, when it was right, wiped: the buffer is then empty and
	 * *lpLength 0. lAlgoID must be 0 (SCARD_E_UNSUPPORTED_FEATURE), pParam tells the reference.
	 * E_POINTER: also *ppBuffer. E_INVALIDARG: no code, or more than 255 bytes. */
	ISCARD_METHOD(User_Auth)(ISCARD_THIS_ LONG lAlgoID, LPBYTEBUFFER pParam, LONG *lpLength,
		LPBYTEBUFFER *ppBuffer) ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

ISCARD_API extern const IID iscard_IID_ISCardFileAccess;
ISCARD_API extern const IID iscard_IID_ISCardVerify;
ISCARD_API extern const IID iscard_IID_ISCardAuth;
#define IID_ISCardFileAccess iscard_IID_ISCardFileAccess
#define IID_ISCardVerify     iscard_IID_ISCardVerify
#define IID_ISCardAuth       iscard_IID_ISCardAuth

typedef ISCardFileAccess *LPSCARDFILEACCESS;
typedef ISCardVerify *LPSCARDVERIFY;
typedef ISCardAuth *LPSCARDAUTH;

ISCARD_C_END

#if !defined(__cplusplus)
/* clang-format off */
#define ISCardFileAccess_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define ISCardFileAccess_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define ISCardFileAccess_Release(p) ((p)->lpVtbl->Release(p))
#define ISCardFileAccess_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define ISCardFileAccess_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define ISCardFileAccess_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define ISCardFileAccess_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define ISCardFileAccess_ChangeDir(p, refType, bstrNewDir) ((p)->lpVtbl->ChangeDir(p, refType, bstrNewDir))
#define ISCardFileAccess_Close(p, hFile) ((p)->lpVtbl->Close(p, hFile))
#define ISCardFileAccess_Create(p, refType, bstrFile, ppTLVs, lpcTLVs, Flags, pDataBuffer) ((p)->lpVtbl->Create(p, refType, bstrFile, ppTLVs, lpcTLVs, Flags, pDataBuffer))
#define ISCardFileAccess_Delete(p, refType, bstrFile, Flags) ((p)->lpVtbl->Delete(p, refType, bstrFile, Flags))
#define ISCardFileAccess_Directory(p, fileType, ppFileList) ((p)->lpVtbl->Directory(p, fileType, ppFileList))
#define ISCardFileAccess_GetCurrentDir(p, pbstrPathSpec) ((p)->lpVtbl->GetCurrentDir(p, pbstrPathSpec))
#define ISCardFileAccess_GetFileCapabilities(p, ppProperties, plProperties, Flags) ((p)->lpVtbl->GetFileCapabilities(p, ppProperties, plProperties, Flags))
#define ISCardFileAccess_GetProperties(p, refType, bstrFile, ppTLV, plcTLV, Flags) ((p)->lpVtbl->GetProperties(p, refType, bstrFile, ppTLV, plcTLV, Flags))
#define ISCardFileAccess_Initialize(p, lp) ((p)->lpVtbl->Initialize(p, lp))
#define ISCardFileAccess_Invalidate(p, bstrFile, Flags) ((p)->lpVtbl->Invalidate(p, bstrFile, Flags))
#define ISCardFileAccess_Open(p, refType, bstrFile, phFile) ((p)->lpVtbl->Open(p, refType, bstrFile, phFile))
#define ISCardFileAccess_Read(p, hFile, lBytesToRead, ppBuffer, Flags) ((p)->lpVtbl->Read(p, hFile, lBytesToRead, ppBuffer, Flags))
#define ISCardFileAccess_Rehabilitate(p, bstrFile, Flags) ((p)->lpVtbl->Rehabilitate(p, bstrFile, Flags))
#define ISCardFileAccess_Seek(p, hFile, lOffset, SeekType) ((p)->lpVtbl->Seek(p, hFile, lOffset, SeekType))
#define ISCardFileAccess_SetProperties(p, refType, bstrFile, pTLV, lcTLV, Flags) ((p)->lpVtbl->SetProperties(p, refType, bstrFile, pTLV, lcTLV, Flags))
#define ISCardFileAccess_Write(p, hFile, lLength, pBuffer, Flags) ((p)->lpVtbl->Write(p, hFile, lLength, pBuffer, Flags))
#define ISCardVerify_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define ISCardVerify_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define ISCardVerify_Release(p) ((p)->lpVtbl->Release(p))
#define ISCardVerify_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define ISCardVerify_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define ISCardVerify_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define ISCardVerify_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define ISCardVerify_ChangeCode(p, pOldCode, pNewCode, Flags, lRef) ((p)->lpVtbl->ChangeCode(p, pOldCode, pNewCode, Flags, lRef))
#define ISCardVerify_Initialize(p, lp) ((p)->lpVtbl->Initialize(p, lp))
#define ISCardVerify_Unblock(p, lData, Flags, lRef) ((p)->lpVtbl->Unblock(p, lData, Flags, lRef))
#define ISCardVerify_ResetSecurityState(p, Flags) ((p)->lpVtbl->ResetSecurityState(p, Flags))
#define ISCardVerify_Verify(p, pCode, Flags, lpRef) ((p)->lpVtbl->Verify(p, pCode, Flags, lpRef))
#define ISCardAuth_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define ISCardAuth_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define ISCardAuth_Release(p) ((p)->lpVtbl->Release(p))
#define ISCardAuth_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define ISCardAuth_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define ISCardAuth_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define ISCardAuth_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define ISCardAuth_APP_Auth(p, lAlgoID, pParam, pBuffer) ((p)->lpVtbl->APP_Auth(p, lAlgoID, pParam, pBuffer))
#define ISCardAuth_GetChallenge(p, lAlgoID, pParam, lpLengthOfChallenge, ppBuffer) ((p)->lpVtbl->GetChallenge(p, lAlgoID, pParam, lpLengthOfChallenge, ppBuffer))
#define ISCardAuth_ICC_Auth(p, lAlgoID, pParam, lpLength, ppBuffer) ((p)->lpVtbl->ICC_Auth(p, lAlgoID, pParam, lpLength, ppBuffer))
#define ISCardAuth_Initialize(p, lp) ((p)->lpVtbl->Initialize(p, lp))
#define ISCardAuth_User_Auth(p, lAlgoID, pParam, lpLength, ppBuffer) ((p)->lpVtbl->User_Auth(p, lAlgoID, pParam, lpLength, ppBuffer))
/* clang-format on */
#endif

#endif
