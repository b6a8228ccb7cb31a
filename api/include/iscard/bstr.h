/* SPDX-License-Identifier: MIT */
/* BSTR: UTF-16 text with its length in bytes (32 bits) stored just before it and a terminating 0,
 * not counted, after it. Zeros inside are allowed; NULL is the empty string. All strings are
 * allocated by the functions below and freed with SysFreeString(). Any thread. */
#ifndef ISCARD_BSTR_H
#define ISCARD_BSTR_H

#include <iscard/types.h>

ISCARD_C_BEGIN

/* A copy of 0-terminated UTF-16 text. NULL for NULL, or when memory is out. The caller frees it.
 * Source: SysAllocString. */
ISCARD_API BSTR iscard_bstr_alloc(const OLECHAR *text);

/* A copy of n units of UTF-16 (zeros included); text NULL: n zeros. NULL when memory is out.
 * Source: SysAllocStringLen. */
ISCARD_API BSTR iscard_bstr_alloc_len(const OLECHAR *text, UINT n);

/* The same from wchar_t text, as in L"...": UTF-32 here. Malformed text becomes U+FFFD. n counts
 * wchar_t units. */
ISCARD_API BSTR iscard_bstr_alloc_wide(const wchar_t *text);
ISCARD_API BSTR iscard_bstr_alloc_wide_len(const wchar_t *text, UINT n);

/* From 0-terminated UTF-8. Each malformed sequence becomes one U+FFFD. NULL for NULL, or when
 * memory is out. */
ISCARD_API BSTR iscard_bstr_from_utf8(const char *text);

/* To UTF-8, 0-terminated; an unpaired surrogate becomes U+FFFD. A NULL bstr gives "". The result is
 * freed with iscard_free(). NULL when memory is out. A zero inside the text ends what C sees of it. */
ISCARD_API char *iscard_bstr_to_utf8(const OLECHAR *bstr);

/* Free a BSTR; NULL is allowed. Source: SysFreeString. */
ISCARD_API void iscard_bstr_free(BSTR bstr);

/* Length in 16-bit units, or in bytes, without the terminating 0; 0 for NULL.
 * Source: SysStringLen, SysStringByteLen. */
ISCARD_API UINT iscard_bstr_len(const OLECHAR *bstr);
ISCARD_API UINT iscard_bstr_byte_len(const OLECHAR *bstr);

/* Memory as this library hands it out, not initialised; size 0 is allowed. The caller frees it with
 * iscard_free(). NULL when memory is out. Source: CoTaskMemAlloc. */
ISCARD_API void *iscard_alloc(size_t size);

/* Free memory that this library handed out where a function says so; NULL is allowed.
 * Source: CoTaskMemFree. */
ISCARD_API void iscard_free(void *memory);

ISCARD_C_END

#define SysFreeString    iscard_bstr_free
#define SysStringLen     iscard_bstr_len
#define SysStringByteLen iscard_bstr_byte_len
#define CoTaskMemAlloc   iscard_alloc
#define CoTaskMemFree    iscard_free

/* SysAllocString and SysAllocStringLen take UTF-16 and, because L"..." is UTF-32 on this system,
 * wchar_t text as well. */
#ifdef __cplusplus
inline BSTR SysAllocString(const OLECHAR *text)
{
	return iscard_bstr_alloc(text);
}
inline BSTR SysAllocString(const wchar_t *text)
{
	return iscard_bstr_alloc_wide(text);
}
inline BSTR SysAllocString(decltype(nullptr))
{
	return nullptr;
}
inline BSTR SysAllocStringLen(const OLECHAR *text, UINT n)
{
	return iscard_bstr_alloc_len(text, n);
}
inline BSTR SysAllocStringLen(const wchar_t *text, UINT n)
{
	return iscard_bstr_alloc_wide_len(text, n);
}
inline BSTR SysAllocStringLen(decltype(nullptr), UINT n)
{
	return iscard_bstr_alloc_len(nullptr, n);
}
#else
#define ISCARD_BY_TEXT(text, utf16, wide)                                                          \
	_Generic((text),                                                                           \
	        wchar_t *: wide,                                                                   \
	        const wchar_t *: wide,                                                             \
	        OLECHAR *: utf16,                                                                  \
	        const OLECHAR *: utf16,                                                            \
	        void *: utf16)
#define SysAllocString(text) ISCARD_BY_TEXT(text, iscard_bstr_alloc, iscard_bstr_alloc_wide)(text)
#define SysAllocStringLen(text, n)                                                                 \
	ISCARD_BY_TEXT(text, iscard_bstr_alloc_len, iscard_bstr_alloc_wide_len)(text, n)
#endif

#endif
