/* SPDX-License-Identifier: MIT */
#include "safearray.h"

#include "bytes.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static ULONG size_of(VARTYPE type)
{
	switch (type) {
	case VT_BSTR: return sizeof(BSTR);
	case VT_UI1: return sizeof(BYTE);
	default: return 0;
	}
}

/* The last index must fit into LONG, and for an empty array the one before the first. */
static bool bounds_fit(LONG lower, ULONG count)
{
	return count == 0 ? lower > LONG_MIN : count - 1 <= (ULONG)LONG_MAX - (ULONG)lower;
}

SAFEARRAY *iscard_safearray_create_vector(VARTYPE type, LONG lower, ULONG count)
{
	ULONG size = size_of(type);
	SAFEARRAY *a;

	if (size == 0 || !bounds_fit(lower, count) || count > PTRDIFF_MAX / size)
		return NULL;
	a = calloc(1, sizeof *a);
	if (a == NULL)
		return NULL;
	a->cDims = 1;
	a->fFeatures = FADF_HAVEVARTYPE | (type == VT_BSTR ? FADF_BSTR : 0);
	a->cbElements = size;
	a->rgsabound[0] = (SAFEARRAYBOUND){.cElements = count, .lLbound = lower};
	a->pvData = calloc(count > 0 ? count : 1, size);
	if (a->pvData == NULL) {
		free(a);
		return NULL;
	}
	return a;
}

SAFEARRAY *iscard_safearray_create(VARTYPE type, UINT dimensions, const SAFEARRAYBOUND *bounds)
{
	if (dimensions != 1 || bounds == NULL)
		return NULL;
	return iscard_safearray_create_vector(type, bounds->lLbound, bounds->cElements);
}

static VARTYPE type_of(const SAFEARRAY *a)
{
	return (a->fFeatures & FADF_BSTR) != 0 ? VT_BSTR : VT_UI1;
}

bool ccid_safearray_holds(const SAFEARRAY *array, VARTYPE type)
{
	return array != NULL && array->cDims == 1 && array->pvData != NULL &&
	       type_of(array) == type && array->cbElements == size_of(type);
}

static void free_strings(SAFEARRAY *a)
{
	BSTR *strings = a->pvData;

	for (ULONG i = 0; i < a->rgsabound[0].cElements; i++)
		iscard_bstr_free(strings[i]);
}

HRESULT iscard_safearray_destroy(SAFEARRAY *array)
{
	if (array == NULL)
		return S_OK;
	if (array->cLocks > 0)
		return DISP_E_ARRAYISLOCKED;
	if (type_of(array) == VT_BSTR)
		free_strings(array);
	else
		ccid_wipe(array->pvData, array->rgsabound[0].cElements);
	free(array->pvData);
	free(array);
	return S_OK;
}

HRESULT iscard_safearray_access(SAFEARRAY *array, void **data)
{
	if (data == NULL)
		return E_INVALIDARG;
	*data = NULL;
	if (array == NULL)
		return E_INVALIDARG;
	array->cLocks++;
	*data = array->pvData;
	return S_OK;
}

HRESULT iscard_safearray_unaccess(SAFEARRAY *array)
{
	if (array == NULL)
		return E_INVALIDARG;
	if (array->cLocks == 0)
		return E_UNEXPECTED;
	array->cLocks--;
	return S_OK;
}

static HRESULT bound(const SAFEARRAY *array, UINT dimension, LONG *index)
{
	if (index == NULL)
		return E_INVALIDARG;
	*index = 0;
	if (array == NULL)
		return E_INVALIDARG;
	if (dimension != 1)
		return DISP_E_BADINDEX;
	*index = array->rgsabound[0].lLbound;
	return S_OK;
}

HRESULT iscard_safearray_lower(const SAFEARRAY *array, UINT dimension, LONG *index)
{
	return bound(array, dimension, index);
}

HRESULT iscard_safearray_upper(const SAFEARRAY *array, UINT dimension, LONG *index)
{
	HRESULT hr = bound(array, dimension, index);

	if (SUCCEEDED(hr))
		*index = (LONG)((ULONG)*index + array->rgsabound[0].cElements - 1);
	return hr;
}

/* Where the element is, or NULL. */
static void *element_at(const SAFEARRAY *a, LONG index)
{
	const SAFEARRAYBOUND *b = &a->rgsabound[0];
	ULONG i = (ULONG)index - (ULONG)b->lLbound; /* huge below the first */

	if (i >= b->cElements)
		return NULL;
	return (BYTE *)a->pvData + i * a->cbElements;
}

/* A NULL string stays NULL. */
static HRESULT copy_string(BSTR *to, const OLECHAR *from)
{
	*to = NULL;
	if (from == NULL)
		return S_OK;
	*to = iscard_bstr_alloc_len(from, iscard_bstr_len(from));
	return *to != NULL ? S_OK : E_OUTOFMEMORY;
}

HRESULT iscard_safearray_get(const SAFEARRAY *array, const LONG *index, void *element)
{
	const void *at;

	if (array == NULL || element == NULL)
		return E_INVALIDARG;
	if (type_of(array) == VT_BSTR)
		*(BSTR *)element = NULL;
	if (index == NULL)
		return E_INVALIDARG;
	at = element_at(array, *index);
	if (at == NULL)
		return DISP_E_BADINDEX;
	if (type_of(array) == VT_BSTR)
		return copy_string(element, *(const BSTR *)at);
	*(BYTE *)element = *(const BYTE *)at;
	return S_OK;
}

static HRESULT put_string(BSTR *at, const OLECHAR *text)
{
	BSTR copy;
	HRESULT hr = copy_string(&copy, text);

	if (FAILED(hr))
		return hr;
	iscard_bstr_free(*at);
	*at = copy;
	return S_OK;
}

HRESULT iscard_safearray_put(SAFEARRAY *array, const LONG *index, const void *element)
{
	void *at;

	if (array == NULL || index == NULL)
		return E_INVALIDARG;
	at = element_at(array, *index);
	if (at == NULL)
		return DISP_E_BADINDEX;
	if (type_of(array) == VT_BSTR)
		return put_string(at, element);
	if (element == NULL)
		return E_INVALIDARG;
	*(BYTE *)at = *(const BYTE *)element;
	return S_OK;
}

HRESULT iscard_safearray_type(const SAFEARRAY *array, VARTYPE *type)
{
	if (type == NULL)
		return E_INVALIDARG;
	*type = 0;
	if (array == NULL)
		return E_INVALIDARG;
	*type = type_of(array);
	return S_OK;
}

UINT iscard_safearray_dimensions(const SAFEARRAY *array)
{
	return array != NULL ? array->cDims : 0;
}

UINT iscard_safearray_element_size(const SAFEARRAY *array)
{
	return array != NULL ? (UINT)array->cbElements : 0;
}

HRESULT ccid_safearray_of_texts(const char *(*text)(const void *arg, size_t i), const void *arg,
                                size_t n, SAFEARRAY **out)
{
	SAFEARRAY *a = iscard_safearray_create_vector(VT_BSTR, 0, n);
	BSTR *strings = a != NULL ? a->pvData : NULL;

	*out = NULL;
	if (a == NULL)
		return E_OUTOFMEMORY;
	for (size_t i = 0; i < n; i++) {
		strings[i] = iscard_bstr_from_utf8(text(arg, i));
		if (strings[i] == NULL) {
			iscard_safearray_destroy(a);
			return E_OUTOFMEMORY;
		}
	}
	*out = a;
	return S_OK;
}
