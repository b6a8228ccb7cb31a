/* SPDX-License-Identifier: MIT */
/* Result codes. A negative HRESULT is a failure, and every SCARD_E_, SCARD_W_, SCARD_F_ and
 * SCARD_P_ code is negative, the "warnings" included. The values are Microsoft's (winerror.h). */
#ifndef ISCARD_ERRORS_H
#define ISCARD_ERRORS_H

#include <iscard/types.h>

#define SUCCEEDED(hr) ((HRESULT)(hr) >= 0)
#define FAILED(hr)    ((HRESULT)(hr) < 0)

#define S_OK                            ((HRESULT)0)
#define S_FALSE                         ((HRESULT)1)
#define E_NOTIMPL                       ((HRESULT)0x80004001U)
#define E_NOINTERFACE                   ((HRESULT)0x80004002U)
#define E_POINTER                       ((HRESULT)0x80004003U)
#define E_ABORT                         ((HRESULT)0x80004004U)
#define E_FAIL                          ((HRESULT)0x80004005U)
#define E_UNEXPECTED                    ((HRESULT)0x8000FFFFU)
#define E_ACCESSDENIED                  ((HRESULT)0x80070005U)
#define E_HANDLE                        ((HRESULT)0x80070006U)
#define E_OUTOFMEMORY                   ((HRESULT)0x8007000EU)
#define E_INVALIDARG                    ((HRESULT)0x80070057U)
#define CLASS_E_NOAGGREGATION           ((HRESULT)0x80040110U)
#define CLASS_E_CLASSNOTAVAILABLE       ((HRESULT)0x80040111U)
#define REGDB_E_CLASSNOTREG             ((HRESULT)0x80040154U)
#define CO_E_NOTINITIALIZED             ((HRESULT)0x800401F0U)
#define DISP_E_UNKNOWNINTERFACE         ((HRESULT)0x80020001U)
#define DISP_E_MEMBERNOTFOUND           ((HRESULT)0x80020003U)
#define DISP_E_TYPEMISMATCH             ((HRESULT)0x80020005U)
#define DISP_E_UNKNOWNNAME              ((HRESULT)0x80020006U)
#define DISP_E_BADINDEX                 ((HRESULT)0x8002000BU)
#define DISP_E_ARRAYISLOCKED            ((HRESULT)0x8002000DU)
#define DISP_E_BADPARAMCOUNT            ((HRESULT)0x8002000EU)
#define STG_E_INVALIDFUNCTION           ((HRESULT)0x80030001U)
#define STG_E_ACCESSDENIED              ((HRESULT)0x80030005U)
#define STG_E_INSUFFICIENTMEMORY        ((HRESULT)0x80030008U)
#define STG_E_INVALIDPOINTER            ((HRESULT)0x80030009U)
#define STG_E_SEEKERROR                 ((HRESULT)0x80030019U)
#define STG_E_WRITEFAULT                ((HRESULT)0x8003001DU)
#define STG_E_READFAULT                 ((HRESULT)0x8003001EU)
#define STG_E_LOCKVIOLATION             ((HRESULT)0x80030021U)
#define STG_E_INVALIDPARAMETER          ((HRESULT)0x80030057U)
#define STG_E_MEDIUMFULL                ((HRESULT)0x80030070U)
#define STG_E_INVALIDFLAG               ((HRESULT)0x800300FFU)
#define STG_E_REVERTED                  ((HRESULT)0x80030102U)

#define SCARD_S_SUCCESS                 S_OK
#define SCARD_F_INTERNAL_ERROR          ((HRESULT)0x80100001U)
#define SCARD_E_CANCELLED               ((HRESULT)0x80100002U)
#define SCARD_E_INVALID_HANDLE          ((HRESULT)0x80100003U)
#define SCARD_E_INVALID_PARAMETER       ((HRESULT)0x80100004U)
#define SCARD_E_INVALID_TARGET          ((HRESULT)0x80100005U)
#define SCARD_E_NO_MEMORY               ((HRESULT)0x80100006U)
#define SCARD_F_WAITED_TOO_LONG         ((HRESULT)0x80100007U)
#define SCARD_E_INSUFFICIENT_BUFFER     ((HRESULT)0x80100008U)
#define SCARD_E_UNKNOWN_READER          ((HRESULT)0x80100009U)
#define SCARD_E_TIMEOUT                 ((HRESULT)0x8010000AU)
#define SCARD_E_SHARING_VIOLATION       ((HRESULT)0x8010000BU)
#define SCARD_E_NO_SMARTCARD            ((HRESULT)0x8010000CU)
#define SCARD_E_UNKNOWN_CARD            ((HRESULT)0x8010000DU)
#define SCARD_E_CANT_DISPOSE            ((HRESULT)0x8010000EU)
#define SCARD_E_PROTO_MISMATCH          ((HRESULT)0x8010000FU)
#define SCARD_E_NOT_READY               ((HRESULT)0x80100010U)
#define SCARD_E_INVALID_VALUE           ((HRESULT)0x80100011U)
#define SCARD_E_SYSTEM_CANCELLED        ((HRESULT)0x80100012U)
#define SCARD_F_COMM_ERROR              ((HRESULT)0x80100013U)
#define SCARD_F_UNKNOWN_ERROR           ((HRESULT)0x80100014U)
#define SCARD_E_INVALID_ATR             ((HRESULT)0x80100015U)
#define SCARD_E_NOT_TRANSACTED          ((HRESULT)0x80100016U)
#define SCARD_E_READER_UNAVAILABLE      ((HRESULT)0x80100017U)
#define SCARD_P_SHUTDOWN                ((HRESULT)0x80100018U)
#define SCARD_E_PCI_TOO_SMALL           ((HRESULT)0x80100019U)
#define SCARD_E_READER_UNSUPPORTED      ((HRESULT)0x8010001AU)
#define SCARD_E_DUPLICATE_READER        ((HRESULT)0x8010001BU)
#define SCARD_E_CARD_UNSUPPORTED        ((HRESULT)0x8010001CU)
#define SCARD_E_NO_SERVICE              ((HRESULT)0x8010001DU)
#define SCARD_E_SERVICE_STOPPED         ((HRESULT)0x8010001EU)
#define SCARD_E_UNEXPECTED              ((HRESULT)0x8010001FU)
#define SCARD_E_ICC_INSTALLATION        ((HRESULT)0x80100020U)
#define SCARD_E_ICC_CREATEORDER         ((HRESULT)0x80100021U)
#define SCARD_E_UNSUPPORTED_FEATURE     ((HRESULT)0x80100022U)
#define SCARD_E_DIR_NOT_FOUND           ((HRESULT)0x80100023U)
#define SCARD_E_FILE_NOT_FOUND          ((HRESULT)0x80100024U)
#define SCARD_E_NO_DIR                  ((HRESULT)0x80100025U)
#define SCARD_E_NO_FILE                 ((HRESULT)0x80100026U)
#define SCARD_E_NO_ACCESS               ((HRESULT)0x80100027U)
#define SCARD_E_WRITE_TOO_MANY          ((HRESULT)0x80100028U)
#define SCARD_E_BAD_SEEK                ((HRESULT)0x80100029U)
#define SCARD_E_INVALID_CHV             ((HRESULT)0x8010002AU)
#define SCARD_E_UNKNOWN_RES_MNG         ((HRESULT)0x8010002BU)
#define SCARD_E_NO_SUCH_CERTIFICATE     ((HRESULT)0x8010002CU)
#define SCARD_E_CERTIFICATE_UNAVAILABLE ((HRESULT)0x8010002DU)
#define SCARD_E_NO_READERS_AVAILABLE    ((HRESULT)0x8010002EU)
#define SCARD_E_COMM_DATA_LOST          ((HRESULT)0x8010002FU)
#define SCARD_E_NO_KEY_CONTAINER        ((HRESULT)0x80100030U)
#define SCARD_E_SERVER_TOO_BUSY         ((HRESULT)0x80100031U)
#define SCARD_E_PIN_CACHE_EXPIRED       ((HRESULT)0x80100032U)
#define SCARD_E_NO_PIN_CACHE            ((HRESULT)0x80100033U)
#define SCARD_E_READ_ONLY_CARD          ((HRESULT)0x80100034U)
#define SCARD_W_UNSUPPORTED_CARD        ((HRESULT)0x80100065U)
#define SCARD_W_UNRESPONSIVE_CARD       ((HRESULT)0x80100066U)
#define SCARD_W_UNPOWERED_CARD          ((HRESULT)0x80100067U)
#define SCARD_W_RESET_CARD              ((HRESULT)0x80100068U)
#define SCARD_W_REMOVED_CARD            ((HRESULT)0x80100069U)
#define SCARD_W_SECURITY_VIOLATION      ((HRESULT)0x8010006AU)
#define SCARD_W_WRONG_CHV               ((HRESULT)0x8010006BU)
#define SCARD_W_CHV_BLOCKED             ((HRESULT)0x8010006CU)
#define SCARD_W_EOF                     ((HRESULT)0x8010006DU)
#define SCARD_W_CANCELLED_BY_USER       ((HRESULT)0x8010006EU)
#define SCARD_W_CARD_NOT_AUTHENTICATED  ((HRESULT)0x8010006FU)
#define SCARD_W_CACHE_ITEM_NOT_FOUND    ((HRESULT)0x80100070U)
#define SCARD_W_CACHE_ITEM_STALE        ((HRESULT)0x80100071U)
#define SCARD_W_CACHE_ITEM_TOO_BIG      ((HRESULT)0x80100072U)

/* Ours; bit 29 is set, which no code of Microsoft's has. A replayed recording and the program no
 * longer agree: the log holds what was expected and what came (see replay.h). */
#define ISCARD_E_DIVERGED               ((HRESULT)0xA0100001U)

ISCARD_C_BEGIN

/* One plain sentence about a result code, or "unknown result code". Static, any thread. */
ISCARD_API const char *iscard_strerror(HRESULT hr);

/* The name of a result code ("SCARD_E_NO_SMARTCARD"), or NULL for one that is not listed above.
 * Static, any thread. */
ISCARD_API const char *iscard_result_name(HRESULT hr);

ISCARD_C_END

#endif
