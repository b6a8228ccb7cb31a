/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include <iscard/errors.h>

/* All codes, with what they mean. */
#define RESULTS(X)                                                                                 \
	X(S_OK, "success")                                                                         \
	X(S_FALSE, "success, but nothing was done")                                                \
	X(E_NOTIMPL, "not implemented")                                                            \
	X(E_NOINTERFACE, "the object has no such interface")                                       \
	X(E_POINTER, "a pointer argument is NULL")                                                 \
	X(E_ABORT, "aborted")                                                                      \
	X(E_FAIL, "unspecified failure")                                                           \
	X(E_UNEXPECTED, "not in this state: already attached, or not initialised")                 \
	X(E_ACCESSDENIED, "the value was never set or is not available")                           \
	X(E_HANDLE, "not a valid handle")                                                          \
	X(E_OUTOFMEMORY, "out of memory")                                                          \
	X(E_INVALIDARG, "an argument is not valid")                                                \
	X(CLASS_E_NOAGGREGATION, "the class cannot be aggregated")                                 \
	X(CLASS_E_CLASSNOTAVAILABLE, "the class is not available")                                 \
	X(REGDB_E_CLASSNOTREG, "no such class")                                                    \
	X(CO_E_NOTINITIALIZED, "COM is not initialised")                                           \
	X(DISP_E_UNKNOWNINTERFACE, "unknown interface")                                            \
	X(DISP_E_MEMBERNOTFOUND, "no such member")                                                 \
	X(DISP_E_TYPEMISMATCH, "wrong type")                                                       \
	X(DISP_E_UNKNOWNNAME, "unknown name")                                                      \
	X(DISP_E_BADINDEX, "no such element in the array")                                         \
	X(DISP_E_ARRAYISLOCKED, "the array is being accessed")                                     \
	X(DISP_E_BADPARAMCOUNT, "wrong number of parameters")                                      \
	X(STG_E_INVALIDFUNCTION, "not possible on this stream, or a bad seek")                     \
	X(STG_E_ACCESSDENIED, "the stream cannot be written")                                      \
	X(STG_E_INSUFFICIENTMEMORY, "the stream cannot grow")                                      \
	X(STG_E_INVALIDPOINTER, "a stream was given a NULL pointer")                               \
	X(STG_E_SEEKERROR, "seek failed")                                                          \
	X(STG_E_WRITEFAULT, "write failed")                                                        \
	X(STG_E_READFAULT, "read failed")                                                          \
	X(STG_E_LOCKVIOLATION, "the range is locked")                                              \
	X(STG_E_INVALIDPARAMETER, "a stream was given a bad value")                                \
	X(STG_E_MEDIUMFULL, "the size limit is reached")                                           \
	X(STG_E_INVALIDFLAG, "a flag is not valid")                                                \
	X(STG_E_REVERTED, "the stream was reverted")                                               \
	X(SCARD_F_INTERNAL_ERROR, "an internal consistency check failed")                          \
	X(SCARD_E_CANCELLED, "the action was cancelled")                                           \
	X(SCARD_E_INVALID_HANDLE, "nothing is attached, or the connection was closed")             \
	X(SCARD_E_INVALID_PARAMETER, "a parameter could not be interpreted")                       \
	X(SCARD_E_INVALID_TARGET, "start-up information is missing or invalid")                    \
	X(SCARD_E_NO_MEMORY, "not enough memory")                                                  \
	X(SCARD_F_WAITED_TOO_LONG, "an internal timer expired")                                    \
	X(SCARD_E_INSUFFICIENT_BUFFER, "the receive buffer is too small")                          \
	X(SCARD_E_UNKNOWN_READER, "no reader has this name")                                       \
	X(SCARD_E_TIMEOUT, "no answer in time")                                                    \
	X(SCARD_E_SHARING_VIOLATION, "another connection or program holds the reader or card")     \
	X(SCARD_E_NO_SMARTCARD, "no card in the reader")                                           \
	X(SCARD_E_UNKNOWN_CARD, "no card type has this name")                                      \
	X(SCARD_E_CANT_DISPOSE, "the card could not be ejected or powered off as asked")           \
	X(SCARD_E_PROTO_MISMATCH, "card and request have no protocol in common")                   \
	X(SCARD_E_NOT_READY, "reader or card is not ready")                                        \
	X(SCARD_E_INVALID_VALUE, "a parameter value could not be interpreted")                     \
	X(SCARD_E_SYSTEM_CANCELLED, "cancelled by the system")                                     \
	X(SCARD_F_COMM_ERROR, "communication with the reader failed")                              \
	X(SCARD_F_UNKNOWN_ERROR, "an internal error of unknown source")                            \
	X(SCARD_E_INVALID_ATR, "the ATR is not valid")                                             \
	X(SCARD_E_NOT_TRANSACTED, "no lock is held")                                               \
	X(SCARD_E_READER_UNAVAILABLE, "the reader is gone")                                        \
	X(SCARD_P_SHUTDOWN, "aborted by a shutdown")                                               \
	X(SCARD_E_PCI_TOO_SMALL, "the protocol control buffer is too small")                       \
	X(SCARD_E_READER_UNSUPPORTED, "the reader does not meet minimal requirements")             \
	X(SCARD_E_DUPLICATE_READER, "the reader name is not unique")                               \
	X(SCARD_E_CARD_UNSUPPORTED, "the card does not meet minimal requirements")                 \
	X(SCARD_E_NO_SERVICE, "the resource manager is not running")                               \
	X(SCARD_E_SERVICE_STOPPED,                                                                 \
	  "the object was made before a fork; only its parent may use it")                         \
	X(SCARD_E_UNEXPECTED, "an unexpected card error")                                          \
	X(SCARD_E_ICC_INSTALLATION, "the card has no primary provider")                            \
	X(SCARD_E_ICC_CREATEORDER, "this order of object creation is not supported")               \
	X(SCARD_E_UNSUPPORTED_FEATURE, "reader or card does not support this")                     \
	X(SCARD_E_DIR_NOT_FOUND, "no such directory on the card")                                  \
	X(SCARD_E_FILE_NOT_FOUND, "no such file on the card")                                      \
	X(SCARD_E_NO_DIR, "not a directory")                                                       \
	X(SCARD_E_NO_FILE, "not a file")                                                           \
	X(SCARD_E_NO_ACCESS, "access to the file is denied")                                       \
	X(SCARD_E_WRITE_TOO_MANY, "more data than fits")                                           \
	X(SCARD_E_BAD_SEEK, "the file pointer could not be set")                                   \
	X(SCARD_E_INVALID_CHV, "the PIN is incorrect")                                             \
	X(SCARD_E_UNKNOWN_RES_MNG, "a lower layer reported an unknown error")                      \
	X(SCARD_E_NO_SUCH_CERTIFICATE, "no such certificate")                                      \
	X(SCARD_E_CERTIFICATE_UNAVAILABLE, "the certificate could not be obtained")                \
	X(SCARD_E_NO_READERS_AVAILABLE, "there is no reader")                                      \
	X(SCARD_E_COMM_DATA_LOST, "data to or from the card was lost")                             \
	X(SCARD_E_NO_KEY_CONTAINER, "no such key container")                                       \
	X(SCARD_E_SERVER_TOO_BUSY, "the resource manager is too busy")                             \
	X(SCARD_E_PIN_CACHE_EXPIRED, "the cached PIN has expired")                                 \
	X(SCARD_E_NO_PIN_CACHE, "the PIN cannot be cached")                                        \
	X(SCARD_E_READ_ONLY_CARD, "the card is read-only")                                         \
	X(SCARD_W_UNSUPPORTED_CARD, "the card's ATR cannot be used")                               \
	X(SCARD_W_UNRESPONSIVE_CARD, "the card does not answer a reset")                           \
	X(SCARD_W_UNPOWERED_CARD, "the card cannot be powered")                                    \
	X(SCARD_W_RESET_CARD, "the card was reset or powered off; ReAttach to go on")              \
	X(SCARD_W_REMOVED_CARD, "the card was removed")                                            \
	X(SCARD_W_SECURITY_VIOLATION, "access to the reader or card is denied")                    \
	X(SCARD_W_WRONG_CHV, "a wrong PIN was presented")                                          \
	X(SCARD_W_CHV_BLOCKED, "the PIN is blocked")                                               \
	X(SCARD_W_EOF, "the end of the card file is reached")                                      \
	X(SCARD_W_CANCELLED_BY_USER, "cancelled by the user")                                      \
	X(SCARD_W_CARD_NOT_AUTHENTICATED, "no PIN was presented")                                  \
	X(SCARD_W_CACHE_ITEM_NOT_FOUND, "not in the cache")                                        \
	X(SCARD_W_CACHE_ITEM_STALE, "the cached item is stale")                                    \
	X(SCARD_W_CACHE_ITEM_TOO_BIG, "too big for the cache")                                     \
	X(ISCARD_E_DIVERGED,                                                                       \
	  "the program departs from the recording that is replayed; the log says where")

#define CODE(code, text) code,
#define NAME(code, text) #code "\0"
#define TEXT(code, text) text "\0"

static const HRESULT codes[] = {RESULTS(CODE)};
static const char names[] = RESULTS(NAME);
static const char texts[] = RESULTS(TEXT);

#define CODES (sizeof codes / sizeof *codes)

static size_t find(HRESULT hr)
{
	size_t i = 0;

	while (i < CODES && codes[i] != hr)
		i++;
	return i;
}

const char *iscard_strerror(HRESULT hr)
{
	size_t i = find(hr);

	return i < CODES ? ccid_nth_text(texts, i) : "unknown result code";
}

const char *iscard_result_name(HRESULT hr)
{
	size_t i = find(hr);

	return i < CODES ? ccid_nth_text(names, i) : NULL;
}
