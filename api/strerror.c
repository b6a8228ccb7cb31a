/* SPDX-License-Identifier: MIT */
#include <iscard/errors.h>

static const struct {
	HRESULT hr;
	const char *name, *text;
} results[] = {
	{S_OK, "S_OK", "success"},
	{S_FALSE, "S_FALSE", "success, but nothing was done"},
	{E_NOTIMPL, "E_NOTIMPL", "not implemented"},
	{E_NOINTERFACE, "E_NOINTERFACE", "the object has no such interface"},
	{E_POINTER, "E_POINTER", "a pointer argument is NULL"},
	{E_ABORT, "E_ABORT", "aborted"},
	{E_FAIL, "E_FAIL", "unspecified failure"},
	{E_UNEXPECTED, "E_UNEXPECTED", "not in this state: already attached, or not initialised"},
	{E_ACCESSDENIED, "E_ACCESSDENIED", "the value was never set or is not available"},
	{E_HANDLE, "E_HANDLE", "not a valid handle"},
	{E_OUTOFMEMORY, "E_OUTOFMEMORY", "out of memory"},
	{E_INVALIDARG, "E_INVALIDARG", "an argument is not valid"},
	{CLASS_E_NOAGGREGATION, "CLASS_E_NOAGGREGATION", "the class cannot be aggregated"},
	{CLASS_E_CLASSNOTAVAILABLE, "CLASS_E_CLASSNOTAVAILABLE", "the class is not available"},
	{REGDB_E_CLASSNOTREG, "REGDB_E_CLASSNOTREG", "no such class"},
	{CO_E_NOTINITIALIZED, "CO_E_NOTINITIALIZED", "COM is not initialised"},
	{DISP_E_UNKNOWNINTERFACE, "DISP_E_UNKNOWNINTERFACE", "unknown interface"},
	{DISP_E_MEMBERNOTFOUND, "DISP_E_MEMBERNOTFOUND", "no such member"},
	{DISP_E_TYPEMISMATCH, "DISP_E_TYPEMISMATCH", "wrong type"},
	{DISP_E_UNKNOWNNAME, "DISP_E_UNKNOWNNAME", "unknown name"},
	{DISP_E_BADINDEX, "DISP_E_BADINDEX", "no such element in the array"},
	{DISP_E_ARRAYISLOCKED, "DISP_E_ARRAYISLOCKED", "the array is being accessed"},
	{DISP_E_BADPARAMCOUNT, "DISP_E_BADPARAMCOUNT", "wrong number of parameters"},
	{STG_E_INVALIDFUNCTION, "STG_E_INVALIDFUNCTION",
         "not possible on this stream, or a bad seek"},
	{STG_E_ACCESSDENIED, "STG_E_ACCESSDENIED", "the stream cannot be written"},
	{STG_E_INSUFFICIENTMEMORY, "STG_E_INSUFFICIENTMEMORY", "the stream cannot grow"},
	{STG_E_INVALIDPOINTER, "STG_E_INVALIDPOINTER", "a stream was given a NULL pointer"},
	{STG_E_SEEKERROR, "STG_E_SEEKERROR", "seek failed"},
	{STG_E_WRITEFAULT, "STG_E_WRITEFAULT", "write failed"},
	{STG_E_READFAULT, "STG_E_READFAULT", "read failed"},
	{STG_E_LOCKVIOLATION, "STG_E_LOCKVIOLATION", "the range is locked"},
	{STG_E_INVALIDPARAMETER, "STG_E_INVALIDPARAMETER", "a stream was given a bad value"},
	{STG_E_MEDIUMFULL, "STG_E_MEDIUMFULL", "the size limit is reached"},
	{STG_E_INVALIDFLAG, "STG_E_INVALIDFLAG", "a flag is not valid"},
	{STG_E_REVERTED, "STG_E_REVERTED", "the stream was reverted"},
	{SCARD_F_INTERNAL_ERROR, "SCARD_F_INTERNAL_ERROR", "an internal consistency check failed"},
	{SCARD_E_CANCELLED, "SCARD_E_CANCELLED", "the action was cancelled"},
	{SCARD_E_INVALID_HANDLE, "SCARD_E_INVALID_HANDLE",
         "nothing is attached, or the connection was closed"},
	{SCARD_E_INVALID_PARAMETER, "SCARD_E_INVALID_PARAMETER",
         "a parameter could not be interpreted"},
	{SCARD_E_INVALID_TARGET, "SCARD_E_INVALID_TARGET",
         "start-up information is missing or invalid"},
	{SCARD_E_NO_MEMORY, "SCARD_E_NO_MEMORY", "not enough memory"},
	{SCARD_F_WAITED_TOO_LONG, "SCARD_F_WAITED_TOO_LONG", "an internal timer expired"},
	{SCARD_E_INSUFFICIENT_BUFFER, "SCARD_E_INSUFFICIENT_BUFFER",
         "the receive buffer is too small"},
	{SCARD_E_UNKNOWN_READER, "SCARD_E_UNKNOWN_READER", "no reader has this name"},
	{SCARD_E_TIMEOUT, "SCARD_E_TIMEOUT", "no answer in time"},
	{SCARD_E_SHARING_VIOLATION, "SCARD_E_SHARING_VIOLATION",
         "another connection or program holds the reader or card"},
	{SCARD_E_NO_SMARTCARD, "SCARD_E_NO_SMARTCARD", "no card in the reader"},
	{SCARD_E_UNKNOWN_CARD, "SCARD_E_UNKNOWN_CARD", "no card type has this name"},
	{SCARD_E_CANT_DISPOSE, "SCARD_E_CANT_DISPOSE",
         "the card could not be ejected or powered off as asked"},
	{SCARD_E_PROTO_MISMATCH, "SCARD_E_PROTO_MISMATCH",
         "card and request have no protocol in common"},
	{SCARD_E_NOT_READY, "SCARD_E_NOT_READY", "reader or card is not ready"},
	{SCARD_E_INVALID_VALUE, "SCARD_E_INVALID_VALUE",
         "a parameter value could not be interpreted"},
	{SCARD_E_SYSTEM_CANCELLED, "SCARD_E_SYSTEM_CANCELLED", "cancelled by the system"},
	{SCARD_F_COMM_ERROR, "SCARD_F_COMM_ERROR", "communication with the reader failed"},
	{SCARD_F_UNKNOWN_ERROR, "SCARD_F_UNKNOWN_ERROR", "an internal error of unknown source"},
	{SCARD_E_INVALID_ATR, "SCARD_E_INVALID_ATR", "the ATR is not valid"},
	{SCARD_E_NOT_TRANSACTED, "SCARD_E_NOT_TRANSACTED", "no lock is held"},
	{SCARD_E_READER_UNAVAILABLE, "SCARD_E_READER_UNAVAILABLE", "the reader is gone"},
	{SCARD_P_SHUTDOWN, "SCARD_P_SHUTDOWN", "aborted by a shutdown"},
	{SCARD_E_PCI_TOO_SMALL, "SCARD_E_PCI_TOO_SMALL",
         "the protocol control buffer is too small"},
	{SCARD_E_READER_UNSUPPORTED, "SCARD_E_READER_UNSUPPORTED",
         "the reader does not meet minimal requirements"},
	{SCARD_E_DUPLICATE_READER, "SCARD_E_DUPLICATE_READER", "the reader name is not unique"},
	{SCARD_E_CARD_UNSUPPORTED, "SCARD_E_CARD_UNSUPPORTED",
         "the card does not meet minimal requirements"},
	{SCARD_E_NO_SERVICE, "SCARD_E_NO_SERVICE", "the resource manager is not running"},
	{SCARD_E_SERVICE_STOPPED, "SCARD_E_SERVICE_STOPPED",
         "the object was made before a fork; only its parent may use it"},
	{SCARD_E_UNEXPECTED, "SCARD_E_UNEXPECTED", "an unexpected card error"},
	{SCARD_E_ICC_INSTALLATION, "SCARD_E_ICC_INSTALLATION", "the card has no primary provider"},
	{SCARD_E_ICC_CREATEORDER, "SCARD_E_ICC_CREATEORDER",
         "this order of object creation is not supported"},
	{SCARD_E_UNSUPPORTED_FEATURE, "SCARD_E_UNSUPPORTED_FEATURE",
         "reader or card does not support this"},
	{SCARD_E_DIR_NOT_FOUND, "SCARD_E_DIR_NOT_FOUND", "no such directory on the card"},
	{SCARD_E_FILE_NOT_FOUND, "SCARD_E_FILE_NOT_FOUND", "no such file on the card"},
	{SCARD_E_NO_DIR, "SCARD_E_NO_DIR", "not a directory"},
	{SCARD_E_NO_FILE, "SCARD_E_NO_FILE", "not a file"},
	{SCARD_E_NO_ACCESS, "SCARD_E_NO_ACCESS", "access to the file is denied"},
	{SCARD_E_WRITE_TOO_MANY, "SCARD_E_WRITE_TOO_MANY", "more data than fits"},
	{SCARD_E_BAD_SEEK, "SCARD_E_BAD_SEEK", "the file pointer could not be set"},
	{SCARD_E_INVALID_CHV, "SCARD_E_INVALID_CHV", "the PIN is incorrect"},
	{SCARD_E_UNKNOWN_RES_MNG, "SCARD_E_UNKNOWN_RES_MNG",
         "a lower layer reported an unknown error"},
	{SCARD_E_NO_SUCH_CERTIFICATE, "SCARD_E_NO_SUCH_CERTIFICATE", "no such certificate"},
	{SCARD_E_CERTIFICATE_UNAVAILABLE, "SCARD_E_CERTIFICATE_UNAVAILABLE",
         "the certificate could not be obtained"},
	{SCARD_E_NO_READERS_AVAILABLE, "SCARD_E_NO_READERS_AVAILABLE", "there is no reader"},
	{SCARD_E_COMM_DATA_LOST, "SCARD_E_COMM_DATA_LOST", "data to or from the card was lost"},
	{SCARD_E_NO_KEY_CONTAINER, "SCARD_E_NO_KEY_CONTAINER", "no such key container"},
	{SCARD_E_SERVER_TOO_BUSY, "SCARD_E_SERVER_TOO_BUSY", "the resource manager is too busy"},
	{SCARD_E_PIN_CACHE_EXPIRED, "SCARD_E_PIN_CACHE_EXPIRED", "the cached PIN has expired"},
	{SCARD_E_NO_PIN_CACHE, "SCARD_E_NO_PIN_CACHE", "the PIN cannot be cached"},
	{SCARD_E_READ_ONLY_CARD, "SCARD_E_READ_ONLY_CARD", "the card is read-only"},
	{SCARD_W_UNSUPPORTED_CARD, "SCARD_W_UNSUPPORTED_CARD", "the card's ATR cannot be used"},
	{SCARD_W_UNRESPONSIVE_CARD, "SCARD_W_UNRESPONSIVE_CARD",
         "the card does not answer a reset"},
	{SCARD_W_UNPOWERED_CARD, "SCARD_W_UNPOWERED_CARD", "the card cannot be powered"},
	{SCARD_W_RESET_CARD, "SCARD_W_RESET_CARD",
         "the card was reset or powered off; ReAttach to go on"},
	{SCARD_W_REMOVED_CARD, "SCARD_W_REMOVED_CARD", "the card was removed"},
	{SCARD_W_SECURITY_VIOLATION, "SCARD_W_SECURITY_VIOLATION",
         "access to the reader or card is denied"},
	{SCARD_W_WRONG_CHV, "SCARD_W_WRONG_CHV", "a wrong PIN was presented"},
	{SCARD_W_CHV_BLOCKED, "SCARD_W_CHV_BLOCKED", "the PIN is blocked"},
	{SCARD_W_EOF, "SCARD_W_EOF", "the end of the card file is reached"},
	{SCARD_W_CANCELLED_BY_USER, "SCARD_W_CANCELLED_BY_USER", "cancelled by the user"},
	{SCARD_W_CARD_NOT_AUTHENTICATED, "SCARD_W_CARD_NOT_AUTHENTICATED", "no PIN was presented"},
	{SCARD_W_CACHE_ITEM_NOT_FOUND, "SCARD_W_CACHE_ITEM_NOT_FOUND", "not in the cache"},
	{SCARD_W_CACHE_ITEM_STALE, "SCARD_W_CACHE_ITEM_STALE", "the cached item is stale"},
	{SCARD_W_CACHE_ITEM_TOO_BIG, "SCARD_W_CACHE_ITEM_TOO_BIG", "too big for the cache"},
	{ISCARD_E_DIVERGED, "ISCARD_E_DIVERGED",
         "the program departs from the recording that is replayed; the log says where"},
};

static size_t find(HRESULT hr)
{
	size_t i = 0;

	while (i < sizeof results / sizeof *results && results[i].hr != hr)
		i++;
	return i;
}

const char *iscard_strerror(HRESULT hr)
{
	size_t i = find(hr);

	return i < sizeof results / sizeof *results ? results[i].text : "unknown result code";
}

const char *iscard_result_name(HRESULT hr)
{
	size_t i = find(hr);

	return i < sizeof results / sizeof *results ? results[i].name : NULL;
}
