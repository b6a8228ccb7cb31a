/* SPDX-License-Identifier: MIT */
/* Scalar types, GUIDs and enumerations of Microsoft's smart card interfaces.
 *
 * Source-compatible with Windows: LONG is `long` and DWORD `unsigned long`, as the documented
 * examples require (they pass a `long *` where LONG* is declared). Binary layout equals Windows'
 * only where those widths do, that is where long has 32 bits. HRESULT always has 32 bits. There is
 * no BOOL.
 *
 * Define ISCARD_NO_SHORT_NAMES before the first include to keep LEAVE, RESET, SHARED, T0, ABSENT,
 * ISO_CASE_1 and their like out of the name space; the names with the prefix ISCARD_ remain. */
#ifndef ISCARD_TYPES_H
#define ISCARD_TYPES_H

#if defined(__winscard_h__) || defined(__pcsclite_h__) || defined(__wintypes_h__)
#error "iscard and pcsc-lite's winscard.h cannot share a source file: pcsc-lite's result codes " \
	"are (LONG)0x80100068 and the like, which on 64-bit systems never compare equal to an " \
	"HRESULT, and its SCARD_E_UNSUPPORTED_FEATURE has another value. Split the file."
#endif

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define ISCARD_C_BEGIN extern "C" {
#define ISCARD_C_END   }
#else
#include <uchar.h>
#include <wchar.h>
#define ISCARD_C_BEGIN
#define ISCARD_C_END
#endif

/* Marks what the shared library exports. */
#if defined(__GNUC__)
#define ISCARD_API __attribute__((visibility("default")))
#else
#define ISCARD_API
#endif

typedef uint8_t BYTE, *LPBYTE;
typedef const BYTE *LPCBYTE;
typedef uint16_t WORD, *LPWORD;
typedef unsigned int UINT;
typedef long LONG, *LPLONG;
typedef unsigned long ULONG, DWORD, *LPDWORD;
typedef intptr_t LONG_PTR;
typedef uintptr_t ULONG_PTR;
typedef void *LPVOID, *HGLOBAL;
typedef int32_t HRESULT; /* negative: failure; see errors.h */
typedef DWORD LCID;
typedef LONG DISPID;

/* UTF-16. A BSTR points to the text, behind a hidden 32-bit length in bytes; see bstr.h. */
typedef char16_t OLECHAR, *LPOLESTR, *BSTR;
typedef const char16_t *LPCOLESTR;

typedef struct _GUID {
	uint32_t Data1;
	uint16_t Data2;
	uint16_t Data3;
	uint8_t Data4[8];
} GUID, IID, CLSID, *LPGUID;

#ifdef __cplusplus
typedef const GUID &REFGUID;
typedef const IID &REFIID;
typedef const CLSID &REFCLSID;
#else
typedef const GUID *REFGUID;
typedef const IID *REFIID;
typedef const CLSID *REFCLSID;
#endif

/* A connection to a card, and the context behind it: numbers, never pointers; 0 is none. A handle
 * belongs to this process, is never reused, and is stale once the connection is closed. */
typedef ULONG_PTR HSCARD, *PHSCARD, *LPHSCARD;
typedef ULONG_PTR HSCARDCONTEXT, *PHSCARDCONTEXT, *LPHSCARDCONTEXT;

/* For winscard.h after this header: its own typedef of this name then does not compile, and the
 * message holds this one. */
typedef struct iscard_and_winscard_h_cannot_share_a_source_file *SCARDCONTEXT;

/* In C++ the enumerations have a fixed width, so that a value outside them can be passed (it is
 * refused with E_INVALIDARG) without undefined behaviour. */
#ifdef __cplusplus
#define ISCARD_ENUM(name) enum name : int32_t
#else
#define ISCARD_ENUM(name) enum name
#endif

/* What becomes of the card when a connection or a lock ends. */
typedef ISCARD_ENUM(SCARD_DISPOSITIONS) {
	ISCARD_LEAVE = 0,   /* leave it as it is */
	ISCARD_RESET = 1,   /* warm reset */
	ISCARD_UNPOWER = 2, /* Detach: power off. ReAttach, UnlockSCard: off and on again */
	ISCARD_EJECT = 3,   /* power off, and out of the reader if the reader can do that */
#ifndef ISCARD_NO_SHORT_NAMES
	LEAVE = ISCARD_LEAVE,
	RESET = ISCARD_RESET,
	UNPOWER = ISCARD_UNPOWER,
	EJECT = ISCARD_EJECT,
#endif
} SCARD_DISPOSITIONS;

typedef ISCARD_ENUM(SCARD_SHARE_MODES) {
	ISCARD_EXCLUSIVE = 1, /* no other connection of this process */
	ISCARD_SHARED = 2,
#ifndef ISCARD_NO_SHORT_NAMES
	EXCLUSIVE = ISCARD_EXCLUSIVE,
	SHARED = ISCARD_SHARED,
#endif
} SCARD_SHARE_MODES;

/* A set when it goes in (T0 | T1 means either), one of the three when it comes out. */
typedef ISCARD_ENUM(SCARD_PROTOCOLS) {
	ISCARD_T0 = 0x01,
	ISCARD_T1 = 0x02,
	ISCARD_RAW = 0xff,
#ifndef ISCARD_NO_SHORT_NAMES
	T0 = ISCARD_T0,
	T1 = ISCARD_T1,
	RAW = ISCARD_RAW,
#endif
} SCARD_PROTOCOLS;

/* Not pcsc-lite's bit mask. */
typedef ISCARD_ENUM(SCARD_STATES) {
	ISCARD_ABSENT = 1,         /* no card */
	ISCARD_PRESENT = 2,        /* in the reader, not yet in position */
	ISCARD_SWALLOWED = 3,      /* in position, not powered */
	ISCARD_POWERED = 4,        /* powered, mode unknown */
	ISCARD_NEGOTIABLEMODE = 5, /* reset done, protocol not yet agreed */
	ISCARD_SPECIFICMODE = 6,   /* protocol agreed */
#ifndef ISCARD_NO_SHORT_NAMES
	ABSENT = ISCARD_ABSENT,
	PRESENT = ISCARD_PRESENT,
	SWALLOWED = ISCARD_SWALLOWED,
	POWERED = ISCARD_POWERED,
	NEGOTIABLEMODE = ISCARD_NEGOTIABLEMODE,
	SPECIFICMODE = ISCARD_SPECIFICMODE,
#endif
} SCARD_STATES;

/* The four cases of a command APDU (ISO/IEC 7816-3:2006, 12.1). */
typedef ISCARD_ENUM(ISO_APDU_TYPE) {
	ISCARD_ISO_CASE_1 = 1,
	ISCARD_ISO_CASE_2 = 2,
	ISCARD_ISO_CASE_3 = 3,
	ISCARD_ISO_CASE_4 = 4,
#ifndef ISCARD_NO_SHORT_NAMES
	ISO_CASE_1 = ISCARD_ISO_CASE_1,
	ISO_CASE_2 = ISCARD_ISO_CASE_2,
	ISO_CASE_3 = ISCARD_ISO_CASE_3,
	ISO_CASE_4 = ISCARD_ISO_CASE_4,
#endif
} ISO_APDU_TYPE;

#ifdef __cplusplus
constexpr SCARD_PROTOCOLS operator|(SCARD_PROTOCOLS a, SCARD_PROTOCOLS b)
{
	return static_cast<SCARD_PROTOCOLS>(static_cast<int32_t>(a) | static_cast<int32_t>(b));
}

inline bool operator==(const GUID &a, const GUID &b)
{
	return __builtin_memcmp(&a, &b, sizeof a) == 0;
}

inline bool operator!=(const GUID &a, const GUID &b)
{
	return !(a == b);
}
#endif

#endif
