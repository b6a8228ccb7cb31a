/* SPDX-License-Identifier: MIT */
/* Arrays of texts, as the rest of the library makes and reads them. */
#ifndef CCID_SAFEARRAY_H
#define CCID_SAFEARRAY_H

#include <iscard/safearray.h>
#include <stdbool.h>

/* Whether an array, which may come from anybody, has one dimension and holds this type. */
bool ccid_safearray_holds(const SAFEARRAY *array, VARTYPE type);

/* An array of the n texts (UTF-8) that text(arg, 0) to text(arg, n - 1) are. *out is NULL on
 * failure: E_OUTOFMEMORY. */
HRESULT ccid_safearray_of_texts(const char *(*text)(const void *arg, size_t i), const void *arg,
                                size_t n, SAFEARRAY **out);

#endif
