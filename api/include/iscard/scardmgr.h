/* SPDX-License-Identifier: MIT */
/* ISCard and ISCardManage: a connection to a card. ISCardDatabase, ISCardLocate: readers and cards.
 * Source: Scardmgr.h, the pages of ISCard, ISCardDatabase and ISCardLocate, and the published type
 * library of ISCardManage. */
#ifndef ISCARD_SCARDMGR_H
#define ISCARD_SCARDMGR_H

#include <iscard/scarddat.h>

ISCARD_C_BEGIN

typedef struct ISCard ISCard, *LPSCARD, *LPSMARTCARD;
typedef struct ISCardManage ISCardManage, *LPSCARDMANAGE;
typedef struct ISCardFileAccess ISCardFileAccess;
typedef struct ISCardAuth ISCardAuth;
typedef struct ISCardVerify ISCardVerify;

/* One connection to one card.
 *
 * Rules for every method that needs a connection, in this order:
 *   E_POINTER, E_INVALIDARG       an argument, before anything is sent
 *   SCARD_E_SERVICE_STOPPED       the object was made before a fork, and this is the child
 *   SCARD_E_INVALID_HANDLE        nothing is attached, or the connection was closed elsewhere
 *   SCARD_E_READER_UNAVAILABLE    the reader is gone
 *   SCARD_W_REMOVED_CARD          the card was removed, even if one is back
 *   SCARD_W_RESET_CARD            another connection, or UnlockSCard, reset it or powered it off
 * The last two persist until ReAttach or Detach. "Other connections" are those of this process:
 * nobody else can hold the reader meanwhile. No call hangs: power-on, a transaction and a motion of
 * the card have limits (context.h), and so has the wait for another connection's lock if one is
 * set. Errors of reader and card that any of them may return: SCARD_E_TIMEOUT, SCARD_F_COMM_ERROR,
 * SCARD_E_COMM_DATA_LOST, SCARD_W_UNPOWERED_CARD, SCARD_E_UNSUPPORTED_FEATURE, SCARD_E_NOT_READY,
 * SCARD_E_CANCELLED, SCARD_F_INTERNAL_ERROR.
 *
 * The last Release while attached detaches with LEAVE, or with RESET if the connection holds a lock;
 * not while another object is attached to the same handle. When the last connection to a reader
 * ends, the card is powered off and the reader given back, unless a context holds it. */
#define ISCARD_SELF ISCard
/* clang-format off */
ISCARD_INTERFACE(ISCard, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* The ATR (2 to 33 bytes) of the last power-on or reset, as a new buffer which the caller
	 * releases. Nothing is sent; never waits. Pending events are reported. E_OUTOFMEMORY. */
	ISCARD_METHOD(get_Atr)(ISCARD_THIS_ LPBYTEBUFFER *ppAtr) ISCARD_PURE;

	/* The handle of the connection, good for AttachByHandle of another object; S_OK with 0 when
	 * nothing is attached. Nothing is sent; never waits. */
	ISCARD_METHOD(get_CardHandle)(ISCARD_THIS_ HSCARD *pHandle) ISCARD_PURE;

	/* The number of the object's context: not 0 as long as the object lives. */
	ISCARD_METHOD(get_Context)(ISCARD_THIS_ HSCARDCONTEXT *pContext) ISCARD_PURE;

	/* The protocol in use: T0 or T1. Nothing is sent; never waits. Pending events are
	 * reported. */
	ISCARD_METHOD(get_Protocol)(ISCARD_THIS_ SCARD_PROTOCOLS *pProtocol) ISCARD_PURE;

	/* What is in the slot now: asks the reader unless a command is under way. Never waits for
	 * another's lock. A pending reset or removal is not reported here (S_OK, ABSENT after a
	 * removal) and not cleared. */
	ISCARD_METHOD(get_Status)(ISCARD_THIS_ SCARD_STATES *pStatus) ISCARD_PURE;

	/* Share the connection behind a handle that get_CardHandle gave: share mode, protocol, lock
	 * and pending events are common to both objects. Detach through either closes it. Nothing is
	 * sent. A SCARDHANDLE of the PC/SC drop-in is such a handle, in a program that has libiscard
	 * as the shared library: one that is linked statically has a table of its own.
	 * E_INVALIDARG: 0, unknown, stale, or of another copy of the library. E_UNEXPECTED: already
	 * attached. */
	ISCARD_METHOD(AttachByHandle)(ISCARD_THIS_ HSCARD hCard) ISCARD_PURE;

	/* Connect to the card in the reader of that name (iscard_context_list) or address
	 * ("replay:FILE", "usb:1-2"). The reader is opened if it is not open yet; the card is
	 * powered and a protocol agreed if that was not done: of PrefProtocol, a set, the one the
	 * ATR offers first (T1 for a contactless card). Mind the C++ defaults: EXCLUSIVE, T0 only.
	 * Waits for another connection's lock unless the card is ready already.
	 * E_INVALIDARG: NULL or empty name, another ShareMode or PrefProtocol. E_UNEXPECTED: already
	 * attached. SCARD_E_UNKNOWN_READER. SCARD_E_NO_SMARTCARD. SCARD_E_SHARING_VIOLATION: another
	 * connection forbids it, or another program has the reader. SCARD_W_SECURITY_VIOLATION: no
	 * permission on the reader's device node. SCARD_E_PROTO_MISMATCH: no protocol in common, the
	 * card is in use with another one, or RAW, which is not supported.
	 * SCARD_W_UNRESPONSIVE_CARD, SCARD_W_UNSUPPORTED_CARD: mute, or an ATR that cannot be used.
	 * On failure nothing is attached. */
	ISCARD_METHOD(AttachByReader)(ISCARD_THIS_ BSTR bstrReaderName,
		SCARD_SHARE_MODES ShareMode ISCARD_DEFAULT(ISCARD_EXCLUSIVE),
		SCARD_PROTOCOLS PrefProtocol ISCARD_DEFAULT(ISCARD_T0)) ISCARD_PURE;

	/* Close the connection, its locks first. LEAVE: the card stays as it is, at once. RESET:
	 * warm reset (power off, should that fail). UNPOWER: power off. EJECT: power off, then out
	 * of the reader if it can do that; iscard_last_disposition() tells what was done. These
	 * three wait for another connection's lock, and others then see SCARD_W_RESET_CARD. S_OK
	 * without traffic when card or reader is gone already.
	 * E_INVALIDARG: another Disposition. SCARD_E_TIMEOUT: another's lock outlasted the limit;
	 * nothing changed. SCARD_E_CANT_DISPOSE: closed all the same, but the ejection, or the power
	 * off with the card still present, failed. */
	ISCARD_METHOD(Detach)(ISCARD_THIS_ SCARD_DISPOSITIONS Disposition
		ISCARD_DEFAULT(ISCARD_LEAVE)) ISCARD_PURE;

	/* Keep other connections off the card until UnlockSCard; waits while another holds the lock
	 * (SCARD_E_TIMEOUT when a limit is set), first come first served. Counted: each LockSCard
	 * needs its UnlockSCard. A thread that locks through two connections waits for itself.
	 * Nothing is sent; this is not the mechanical lock. */
	ISCARD_METHOD(LockSCard)(ISCARD_THIS) ISCARD_PURE;

	/* Acknowledge a pending event, change the share mode, and put the card into the state asked
	 * for. LEAVE: nothing is sent, unless the card was replaced or is not powered: then it is
	 * powered (perhaps another card: compare the ATR). RESET: warm reset. UNPOWER: off and on
	 * again. EJECT: power off and eject; success is SCARD_W_REMOVED_CARD, for nothing is left to
	 * attach to; on a reader that cannot eject, as UNPOWER, and a mechanical lock is undone.
	 * After RESET and UNPOWER the protocol is agreed anew from the set given at attach and others
	 * see SCARD_W_RESET_CARD. The handle stays, also after any failure; own locks stay. Waits for
	 * another's lock.
	 * E_INVALIDARG. SCARD_E_SHARING_VIOLATION: EXCLUSIVE while others are attached; checked
	 * first, nothing done. SCARD_E_NO_SMARTCARD, SCARD_W_UNRESPONSIVE_CARD,
	 * SCARD_E_PROTO_MISMATCH, SCARD_W_UNSUPPORTED_CARD. SCARD_E_CANT_DISPOSE: the eject failed;
	 * a reset is pending. Mind the C++ defaults: ReAttach() asks for EXCLUSIVE. */
	ISCARD_METHOD(ReAttach)(ISCARD_THIS_
		SCARD_SHARE_MODES ShareMode ISCARD_DEFAULT(ISCARD_EXCLUSIVE),
		SCARD_DISPOSITIONS InitState ISCARD_DEFAULT(ISCARD_LEAVE)) ISCARD_PURE;

	/* Send the APDU of *ppCmd and store reply and status in the same object; the pointer stays.
	 * Status words other than 9000 are no failure. T=0: 61xx is followed by GET RESPONSE in
	 * cases 2 and 4, 6Cxx by one repetition. Waits for another's lock.
	 * E_POINTER: ppCmd NULL. E_INVALIDARG: *ppCmd NULL or without APDU.
	 * SCARD_E_UNSUPPORTED_FEATURE: longer than reader or protocol takes, or a node address. On
	 * failure the reply is cleared and the status 0. */
	ISCARD_METHOD(Transaction)(ISCARD_THIS_ LPSCARDCMD *ppCmd) ISCARD_PURE;

	/* Give back one level of the lock; when it was the last, apply the disposition: LEAVE
	 * nothing, RESET warm reset, UNPOWER off and on again, EJECT as Detach. After the last three
	 * every connection, this one included, sees SCARD_W_RESET_CARD until ReAttach.
	 * E_INVALIDARG. SCARD_E_NOT_TRANSACTED: no lock held; SCARD_E_SHARING_VIOLATION: held by
	 * another; neither has an effect. The lock is released also when the disposition fails
	 * (codes as ReAttach; SCARD_E_CANT_DISPOSE for EJECT). With a reset pending the lock is
	 * released and SCARD_W_RESET_CARD returned. */
	ISCARD_METHOD(UnlockSCard)(ISCARD_THIS_ SCARD_DISPOSITIONS Disposition
		ISCARD_DEFAULT(ISCARD_LEAVE)) ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

/* The same connection seen by a service provider. Errors as the methods of ISCard named in each
 * comment. */
#define ISCARD_SELF ISCardManage
/* clang-format off */
ISCARD_INTERFACE(ISCardManage, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* As ISCard::AttachByHandle. */
	ISCARD_METHOD(AttachByHandle)(ISCARD_THIS_ HSCARD hICC) ISCARD_PURE;

	/* As ISCard::AttachByReader with T0 | T1. The default is SHARED, other than ISCard's, so
	 * that SCardLock has a purpose. In C ISCardManage_AttachByIFDShared(p, name) has one
	 * argument, as the page. */
	ISCARD_METHOD(AttachByIFD)(ISCARD_THIS_ BSTR bstrIFDName,
		SCARD_SHARE_MODES Flags ISCARD_DEFAULT(ISCARD_SHARED)) ISCARD_PURE;

	/* The services of provider.h on this object's connection, each a new object with one
	 * reference; it holds a reference on this one. Nothing needs to be attached. NULL is stored
	 * on failure. E_POINTER, E_OUTOFMEMORY; E_NOTIMPL in a library built without them
	 * (ISCARD_EXTENDED). */
	ISCARD_METHOD(CreateFileAccess)(ISCARD_THIS_ ISCardFileAccess **ppISCardFileAccess)
		ISCARD_PURE;
	ISCARD_METHOD(CreateCardAuth)(ISCARD_THIS_ ISCardAuth **ppISCardAuth) ISCARD_PURE;
	ISCARD_METHOD(CreateCHVerification)(ISCARD_THIS_ ISCardVerify **ppISCardVerify) ISCARD_PURE;

	/* As ISCard::Detach(LEAVE). */
	ISCARD_METHOD(Detach)(ISCARD_THIS) ISCARD_PURE;

	/* As ISCard::LockSCard. */
	ISCARD_METHOD(SCardLock)(ISCARD_THIS) ISCARD_PURE;

	/* As ISCard::ReAttach with the share mode in use and LEAVE. */
	ISCARD_METHOD(Reconnect)(ISCARD_THIS) ISCARD_PURE;

	/* ISCard::get_Status, and the protocol in use, 0 when there is none. E_POINTER for either
	 * pointer. */
	ISCARD_METHOD(Status)(ISCARD_THIS_ SCARD_STATES *pStatus, SCARD_PROTOCOLS *pProtocols)
		ISCARD_PURE;

	/* As ISCard::UnlockSCard. */
	ISCARD_METHOD(SCardUnlock)(ISCARD_THIS_ SCARD_DISPOSITIONS Disposition
		ISCARD_DEFAULT(ISCARD_LEAVE)) ISCARD_PURE;

	/* The same by IID_ISCardFileAccess, IID_ISCardAuth or IID_ISCardVerify; *pUserData is not
	 * looked at. With GUID_NULL by name: "CryptoProvider" gives SCARD_E_UNSUPPORTED_FEATURE, for
	 * cryptography is the vendor's. E_POINTER: pguidInterface, pUserData, ppInterface.
	 * E_INVALIDARG: another GUID or name. */
	ISCARD_METHOD(CreateInterface)(ISCARD_THIS_ LPGUID pguidInterface, BSTR bstrName,
		LONG *pUserData, LPUNKNOWN *ppInterface) ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

ISCARD_API extern const IID iscard_IID_ISCard;
ISCARD_API extern const CLSID iscard_CLSID_CSCard;
ISCARD_API extern const IID iscard_IID_ISCardManage;
ISCARD_API extern const CLSID iscard_CLSID_CSCardManage; /* this library's own */
#define IID_ISCard         iscard_IID_ISCard
#define CLSID_CSCard       iscard_CLSID_CSCard
#define IID_ISCardManage   iscard_IID_ISCardManage
#define CLSID_CSCardManage iscard_CLSID_CSCardManage

typedef struct ISCardDatabase ISCardDatabase, *LPSCARDDATABASE;
typedef struct ISCardLocate ISCardLocate, *LPSCARDLOCATE, *LPSCARDLOC;

/* What readers there are, and what card types the application introduced (cards.h): no other
 * database of cards exists here. Arrays that come out have VT_BSTR elements and first index 0; the
 * caller destroys them with SafeArrayDestroy(). They are NULL on failure. localeId is ignored.
 * E_POINTER; E_OUTOFMEMORY; SCARD_E_SERVICE_STOPPED after a fork. */
#define ISCARD_SELF ISCardDatabase
/* clang-format off */
ISCARD_INTERFACE(ISCardDatabase, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* GUID of the primary provider of a card type. The caller frees it with CoTaskMemFree().
	 * E_INVALIDARG: NULL or empty name. SCARD_E_UNKNOWN_CARD: no such card type, or it was
	 * introduced without a provider. */
	ISCARD_METHOD(GetProviderCardId)(ISCARD_THIS_ BSTR bstrCardName,
		LPGUID *ppguidProviderId) ISCARD_PURE;

	/* The interfaces of a card type, as text in braces. Errors as GetProviderCardId(); none is
	 * an empty array. */
	ISCARD_METHOD(ListCardInterfaces)(ISCARD_THIS_ BSTR bstrCardName,
		LPSAFEARRAY *ppInterfaceGuids) ISCARD_PURE;

	/* Names of the card types that have this ATR and all of these interfaces (text, with or
	 * without braces); NULL, or an empty array, means any. None is S_OK with an empty array.
	 * E_INVALIDARG: an ATR of other than 2 to 33 bytes; not an array of VT_BSTR, or no GUID in
	 * it. */
	ISCARD_METHOD(ListCards)(ISCARD_THIS_ LPBYTEBUFFER pAtr, LPSAFEARRAY pInterfaceGuids,
		LONG localeId, LPSAFEARRAY *ppCardNames) ISCARD_PURE;

	/* The one group that there is, "SCard$AllReaders". */
	ISCARD_METHOD(ListReaderGroups)(ISCARD_THIS_ LONG localeId, LPSAFEARRAY *ppReaderGroups)
		ISCARD_PURE;

	/* Names for AttachByReader, one for each slot of each reader that can be reached (for the
	 * others: iscard_context_list()). SCARD_E_NO_READERS_AVAILABLE: none. */
	ISCARD_METHOD(ListReaders)(ISCARD_THIS_ LONG localeId, LPSAFEARRAY *ppReaders) ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

/* lFlags of ISCardLocate */
#define SC_DLG_MINIMAL_UI 0x01
#define SC_DLG_NO_UI      0x02
#define SC_DLG_FORCE_UI   0x04

/* A connection that ISCardLocate found. */
typedef struct tagSCARDINFO {
	HSCARD hCard; /* for AttachByHandle */
	HSCARDCONTEXT hContext;
	SCARD_PROTOCOLS ActiveProtocol;
	SCARD_SHARE_MODES ShareMode;
	LONG_PTR hwndOwner, lpfnConnectProc, lpfnCheckProc, lpfnDisconnectProc; /* 0: no dialog */
} SCARDINFO, *PSCARDINFO, *LPSCARDINFO;

/* Finds a card by the name of its type, and connects to it.
 *
 * There is no dialog: SC_DLG_MINIMAL_UI, which shows one only where needed, and SC_DLG_NO_UI
 * search without; SC_DLG_FORCE_UI is SCARD_E_UNSUPPORTED_FEATURE. Titles are ignored. Arrays are copied. */
#define ISCARD_SELF ISCardLocate
/* clang-format off */
ISCARD_INTERFACE(ISCardLocate, IDispatch) {
	ISCARD_INHERIT_IDISPATCH

	/* Look for cards that have all of these interfaces (text), in readers of these groups: NULL
	 * or an empty array is every reader, as is "SCard$AllReaders"; other groups have none. Takes
	 * the place of an earlier search by either method. E_POINTER: pCardGuids NULL. E_INVALIDARG:
	 * not an array of VT_BSTR, no GUID in it, or other flags; the earlier search stays.
	 * E_OUTOFMEMORY. */
	ISCARD_METHOD(ConfigureCardGuidSearch)(ISCARD_THIS_ LPSAFEARRAY pCardGuids,
		LPSAFEARRAY pGroupNames ISCARD_DEFAULT(NULL), BSTR bstrTitle ISCARD_DEFAULT(NULL),
		LONG lFlags ISCARD_DEFAULT(SC_DLG_MINIMAL_UI)) ISCARD_PURE;

	/* Look for cards of one of these types (cards.h); an empty array is any card. The rest as
	 * ConfigureCardGuidSearch(). */
	ISCARD_METHOD(ConfigureCardNameSearch)(ISCARD_THIS_ LPSAFEARRAY pCardNames,
		LPSAFEARRAY pGroupNames ISCARD_DEFAULT(NULL), BSTR bstrTitle ISCARD_DEFAULT(NULL),
		LONG lFlags ISCARD_DEFAULT(SC_DLG_MINIMAL_UI)) ISCARD_PURE;

	/* Connect, reader by reader, as AttachByReader() does, to the first card that is looked for;
	 * any card when no search was configured. Other cards are powered to read their ATR, and
	 * left. *ppCardInfo, which the caller frees with CoTaskMemFree(), has the handle; the
	 * connection lasts until the next FindCard() or the last Release() of this object, or as
	 * long as another object that was attached by the handle. NULL on failure.
	 * E_POINTER. E_INVALIDARG: share mode, protocols or flags. E_OUTOFMEMORY.
	 * SCARD_E_UNKNOWN_CARD: no card type has one of the names, or all of the interfaces.
	 * SCARD_E_NO_READERS_AVAILABLE: no reader in the groups. SCARD_E_NO_SMARTCARD: no such card;
	 * or, when readers failed otherwise, what the first of them returned. */
	ISCARD_METHOD(FindCard)(ISCARD_THIS_ SCARD_SHARE_MODES ShareMode,
		SCARD_PROTOCOLS Protocols, LONG lFlags, LPSCARDINFO *ppCardInfo) ISCARD_PURE;
};
/* clang-format on */
#undef ISCARD_SELF

ISCARD_API extern const IID iscard_IID_ISCardDatabase;
ISCARD_API extern const CLSID iscard_CLSID_CSCardDatabase;
ISCARD_API extern const IID iscard_IID_ISCardLocate;
ISCARD_API extern const CLSID iscard_CLSID_CSCardLocate;
#define IID_ISCardDatabase   iscard_IID_ISCardDatabase
#define CLSID_CSCardDatabase iscard_CLSID_CSCardDatabase
#define IID_ISCardLocate     iscard_IID_ISCardLocate
#define CLSID_CSCardLocate   iscard_CLSID_CSCardLocate

/* What the last disposition asked of an object (Detach, ReAttach or UnlockSCard with anything but
 * LEAVE) did to the card. */
typedef ISCARD_ENUM(iscard_disposition_result) {
	ISCARD_DISPOSITION_NONE = 0,   /* nothing was done: no card, no reader, or LEAVE */
	ISCARD_DISPOSITION_POWERED_OFF, /* power was removed; the card was not moved */
	ISCARD_DISPOSITION_COMMANDED,  /* the reader accepted the command to eject */
	ISCARD_DISPOSITION_CONFIRMED,  /* and the contacts are empty; it may be in the mouth (kiosk.h) */
	ISCARD_DISPOSITION_FAILED,     /* the reader refused or failed */
	ISCARD_DISPOSITION_RESET,      /* the card answered a reset, warm or after a power cycle */
} iscard_disposition_result;

/* object: an ISCard or ISCardManage of this library, attached or not; any other, or NULL, gives
 * ISCARD_DISPOSITION_NONE. Any thread; nothing is sent. */
ISCARD_API iscard_disposition_result iscard_last_disposition(const void *object);

ISCARD_C_END

#if !defined(__cplusplus)
/* clang-format off */
#define ISCard_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define ISCard_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define ISCard_Release(p) ((p)->lpVtbl->Release(p))
#define ISCard_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define ISCard_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define ISCard_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define ISCard_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define ISCard_get_Atr(p, ppAtr) ((p)->lpVtbl->get_Atr(p, ppAtr))
#define ISCard_get_CardHandle(p, pHandle) ((p)->lpVtbl->get_CardHandle(p, pHandle))
#define ISCard_get_Context(p, pContext) ((p)->lpVtbl->get_Context(p, pContext))
#define ISCard_get_Protocol(p, pProtocol) ((p)->lpVtbl->get_Protocol(p, pProtocol))
#define ISCard_get_Status(p, pStatus) ((p)->lpVtbl->get_Status(p, pStatus))
#define ISCard_AttachByHandle(p, hCard) ((p)->lpVtbl->AttachByHandle(p, hCard))
#define ISCard_AttachByReader(p, bstrReaderName, ShareMode, PrefProtocol) ((p)->lpVtbl->AttachByReader(p, bstrReaderName, ShareMode, PrefProtocol))
#define ISCard_Detach(p, Disposition) ((p)->lpVtbl->Detach(p, Disposition))
#define ISCard_LockSCard(p) ((p)->lpVtbl->LockSCard(p))
#define ISCard_ReAttach(p, ShareMode, InitState) ((p)->lpVtbl->ReAttach(p, ShareMode, InitState))
#define ISCard_Transaction(p, ppCmd) ((p)->lpVtbl->Transaction(p, ppCmd))
#define ISCard_UnlockSCard(p, Disposition) ((p)->lpVtbl->UnlockSCard(p, Disposition))
#define ISCardManage_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define ISCardManage_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define ISCardManage_Release(p) ((p)->lpVtbl->Release(p))
#define ISCardManage_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define ISCardManage_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define ISCardManage_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define ISCardManage_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define ISCardManage_AttachByHandle(p, hICC) ((p)->lpVtbl->AttachByHandle(p, hICC))
#define ISCardManage_AttachByIFD(p, bstrIFDName, Flags) ((p)->lpVtbl->AttachByIFD(p, bstrIFDName, Flags))
#define ISCardManage_CreateFileAccess(p, ppISCardFileAccess) ((p)->lpVtbl->CreateFileAccess(p, ppISCardFileAccess))
#define ISCardManage_CreateCardAuth(p, ppISCardAuth) ((p)->lpVtbl->CreateCardAuth(p, ppISCardAuth))
#define ISCardManage_CreateCHVerification(p, ppISCardVerify) ((p)->lpVtbl->CreateCHVerification(p, ppISCardVerify))
#define ISCardManage_Detach(p) ((p)->lpVtbl->Detach(p))
#define ISCardManage_SCardLock(p) ((p)->lpVtbl->SCardLock(p))
#define ISCardManage_Reconnect(p) ((p)->lpVtbl->Reconnect(p))
#define ISCardManage_Status(p, pStatus, pProtocols) ((p)->lpVtbl->Status(p, pStatus, pProtocols))
#define ISCardManage_SCardUnlock(p, Disposition) ((p)->lpVtbl->SCardUnlock(p, Disposition))
#define ISCardManage_CreateInterface(p, pguidInterface, bstrName, pUserData, ppInterface) ((p)->lpVtbl->CreateInterface(p, pguidInterface, bstrName, pUserData, ppInterface))
#define ISCardManage_AttachByIFDShared(p, name) ((p)->lpVtbl->AttachByIFD(p, name, ISCARD_SHARED))
/* clang-format on */

/* clang-format off */
#define ISCardDatabase_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define ISCardDatabase_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define ISCardDatabase_Release(p) ((p)->lpVtbl->Release(p))
#define ISCardDatabase_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define ISCardDatabase_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define ISCardDatabase_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define ISCardDatabase_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define ISCardDatabase_GetProviderCardId(p, bstrCardName, ppguidProviderId) ((p)->lpVtbl->GetProviderCardId(p, bstrCardName, ppguidProviderId))
#define ISCardDatabase_ListCardInterfaces(p, bstrCardName, ppInterfaceGuids) ((p)->lpVtbl->ListCardInterfaces(p, bstrCardName, ppInterfaceGuids))
#define ISCardDatabase_ListCards(p, pAtr, pInterfaceGuids, localeId, ppCardNames) ((p)->lpVtbl->ListCards(p, pAtr, pInterfaceGuids, localeId, ppCardNames))
#define ISCardDatabase_ListReaderGroups(p, localeId, ppReaderGroups) ((p)->lpVtbl->ListReaderGroups(p, localeId, ppReaderGroups))
#define ISCardDatabase_ListReaders(p, localeId, ppReaders) ((p)->lpVtbl->ListReaders(p, localeId, ppReaders))
/* clang-format on */

/* clang-format off */
#define ISCardLocate_QueryInterface(p, iid, object) ((p)->lpVtbl->QueryInterface(p, iid, object))
#define ISCardLocate_AddRef(p) ((p)->lpVtbl->AddRef(p))
#define ISCardLocate_Release(p) ((p)->lpVtbl->Release(p))
#define ISCardLocate_GetTypeInfoCount(p, n) ((p)->lpVtbl->GetTypeInfoCount(p, n))
#define ISCardLocate_GetTypeInfo(p, i, lcid, info) ((p)->lpVtbl->GetTypeInfo(p, i, lcid, info))
#define ISCardLocate_GetIDsOfNames(p, iid, names, n, lcid, ids) ((p)->lpVtbl->GetIDsOfNames(p, iid, names, n, lcid, ids))
#define ISCardLocate_Invoke(p, id, iid, lcid, flags, params, result, excep, err) ((p)->lpVtbl->Invoke(p, id, iid, lcid, flags, params, result, excep, err))
#define ISCardLocate_ConfigureCardGuidSearch(p, pCardGuids, pGroupNames, bstrTitle, lFlags) ((p)->lpVtbl->ConfigureCardGuidSearch(p, pCardGuids, pGroupNames, bstrTitle, lFlags))
#define ISCardLocate_ConfigureCardNameSearch(p, pCardNames, pGroupNames, bstrTitle, lFlags) ((p)->lpVtbl->ConfigureCardNameSearch(p, pCardNames, pGroupNames, bstrTitle, lFlags))
#define ISCardLocate_FindCard(p, ShareMode, Protocols, lFlags, ppCardInfo) ((p)->lpVtbl->FindCard(p, ShareMode, Protocols, lFlags, ppCardInfo))
/* clang-format on */
#endif

#endif
