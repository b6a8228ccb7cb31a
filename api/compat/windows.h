/* SPDX-License-Identifier: MIT */
/* What the documented examples of the smart card interfaces expect of <windows.h>, and no more. */
#ifndef ISCARD_COMPAT_WINDOWS_H
#define ISCARD_COMPAT_WINDOWS_H

#include <iscard/iscard.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define WINAPI
#define STDMETHODCALLTYPE
#define CONST const
#define VOID  void

typedef char CHAR, *LPSTR;
typedef const char *LPCSTR;
typedef wchar_t WCHAR, *LPWSTR;
typedef const wchar_t *LPCWSTR;

#define COINIT_APARTMENTTHREADED 0x2
#define COINIT_MULTITHREADED     0x0

/* There is nothing to initialise. */
static inline HRESULT CoInitialize(LPVOID reserved)
{
	(void)reserved;
	return S_OK;
}

static inline HRESULT CoInitializeEx(LPVOID reserved, DWORD flags)
{
	(void)reserved;
	(void)flags;
	return S_OK;
}

static inline void CoUninitialize(void)
{
}

#endif
