/* SPDX-License-Identifier: MIT */
/* Result codes as pcsc-lite has them. */
#include "pcsc_priv.h"

#include <stdio.h>

long ccid_pcsc_code(HRESULT hr)
{
	switch (hr) {
	case E_OUTOFMEMORY: hr = SCARD_E_NO_MEMORY; break;
	case E_INVALIDARG:
	case E_POINTER: hr = SCARD_E_INVALID_PARAMETER; break;
	case SCARD_E_SERVICE_STOPPED: hr = SCARD_E_INVALID_HANDLE; break; /* after a fork */
	case SCARD_E_UNSUPPORTED_FEATURE: return PCSC_UNSUPPORTED;
	default: break;
	}
	return (long)(uint32_t)hr;
}

HRESULT ccid_pcsc_not_transacted(HRESULT hr)
{
	switch (hr) {
	case SCARD_W_SECURITY_VIOLATION:
	case SCARD_F_COMM_ERROR:
	case SCARD_E_COMM_DATA_LOST:
	case SCARD_F_INTERNAL_ERROR:
	case SCARD_E_NOT_READY:
	case SCARD_E_TIMEOUT: return SCARD_E_NOT_TRANSACTED;
	default: return hr;
	}
}

/* What means something else to PC/SC's clients than to those of the objects. */
static const char *own_text(HRESULT hr)
{
	switch (hr) {
	case SCARD_E_INVALID_HANDLE: return "no such context or connection, or it has ended";
	case SCARD_E_NOT_TRANSACTED: return "the command failed, or no transaction was begun";
	case SCARD_E_NO_SERVICE: return "the readers' addresses or the trace cannot be used";
	case SCARD_W_RESET_CARD: return "the card was reset or powered off; reconnect to go on";
	default: return NULL;
	}
}

const char *iscard_pcsc_strerror(long code)
{
	static _Thread_local char text[48];
	HRESULT hr = (uint32_t)code == PCSC_UNSUPPORTED ? SCARD_E_UNSUPPORTED_FEATURE
	                                                : (HRESULT)(uint32_t)code;

	if (own_text(hr) != NULL)
		return own_text(hr);
	if (iscard_result_name(hr) != NULL)
		return iscard_strerror(hr);
	snprintf(text, sizeof text, "unknown result code 0x%08lX", (unsigned long)code);
	return text;
}
