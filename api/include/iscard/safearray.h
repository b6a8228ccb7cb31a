/* SPDX-License-Identifier: MIT */
/* SAFEARRAY: an array that knows its bounds and what it holds; here of one dimension, holding BSTR
 * (VT_BSTR) or bytes (VT_UI1), which is what the smart card interfaces pass around.
 *
 * Arrays that come out of a call are the caller's to destroy; arrays that go in are borrowed. An
 * array has no lock against threads: its user sees to it that one thread at a time changes it.
 * Source: oleauto.h and the pages of the SafeArray functions, whose names are aliases here. */
#ifndef ISCARD_SAFEARRAY_H
#define ISCARD_SAFEARRAY_H

#include <iscard/bstr.h>
#include <iscard/errors.h>

ISCARD_C_BEGIN

typedef unsigned short VARTYPE;
#define VT_BSTR 8
#define VT_UI1  17

typedef struct tagSAFEARRAYBOUND {
	ULONG cElements;
	LONG lLbound; /* index of the first element */
} SAFEARRAYBOUND, *LPSAFEARRAYBOUND;

/* fFeatures */
#define FADF_BSTR        0x0100
#define FADF_HAVEVARTYPE 0x0080

/* Read it if you must; change it through the functions. */
typedef struct tagSAFEARRAY {
	unsigned short cDims;     /* 1 */
	unsigned short fFeatures; /* FADF_HAVEVARTYPE, and FADF_BSTR for VT_BSTR */
	ULONG cbElements;         /* bytes of an element */
	ULONG cLocks;             /* accesses not yet given back */
	void *pvData;             /* the elements; never NULL, even when there are none */
	SAFEARRAYBOUND rgsabound[1];
} SAFEARRAY, *LPSAFEARRAY;

/* A new array of count elements, the first with index lower: NULL strings or zero bytes. NULL when
 * memory is out, for a type other than VT_BSTR and VT_UI1, or when an index would not fit into
 * LONG. Source: SafeArrayCreateVector. */
ISCARD_API SAFEARRAY *iscard_safearray_create_vector(VARTYPE type, LONG lower, ULONG count);

/* The same from a bound; dimensions must be 1, else NULL. Source: SafeArrayCreate. */
ISCARD_API SAFEARRAY *iscard_safearray_create(VARTYPE type, UINT dimensions,
                                              const SAFEARRAYBOUND *bounds);

/* Free an array and its strings; bytes are wiped. NULL is allowed. DISP_E_ARRAYISLOCKED: it is
 * still accessed, and stays. Source: SafeArrayDestroy. */
ISCARD_API HRESULT iscard_safearray_destroy(SAFEARRAY *array);

/* The elements (BSTR * or BYTE *), until as many iscard_safearray_unaccess(). Strings in it belong
 * to the array. E_INVALIDARG for NULL. E_UNEXPECTED: nothing to give back.
 * Source: SafeArrayAccessData, SafeArrayUnaccessData. */
ISCARD_API HRESULT iscard_safearray_access(SAFEARRAY *array, void **data);
ISCARD_API HRESULT iscard_safearray_unaccess(SAFEARRAY *array);

/* The index of the first and of the last element; the last is one below the first when there are
 * none. dimension is 1, else DISP_E_BADINDEX. E_INVALIDARG for NULL.
 * Source: SafeArrayGetLBound, SafeArrayGetUBound. */
ISCARD_API HRESULT iscard_safearray_lower(const SAFEARRAY *array, UINT dimension, LONG *index);
ISCARD_API HRESULT iscard_safearray_upper(const SAFEARRAY *array, UINT dimension, LONG *index);

/* Copy the element at *index to *element, a BSTR (a copy which the caller frees with
 * SysFreeString(); NULL stays NULL) or a BYTE. DISP_E_BADINDEX: no such element. E_INVALIDARG for
 * NULL. E_OUTOFMEMORY. On failure of VT_BSTR *element is NULL. Source: SafeArrayGetElement. */
ISCARD_API HRESULT iscard_safearray_get(const SAFEARRAY *array, const LONG *index, void *element);

/* Store a copy at *index, freeing what was there. element is the BSTR itself (NULL allowed), or
 * points to the BYTE. Errors as iscard_safearray_get(); then nothing changed.
 * Source: SafeArrayPutElement. */
ISCARD_API HRESULT iscard_safearray_put(SAFEARRAY *array, const LONG *index, const void *element);

/* VT_BSTR or VT_UI1. E_INVALIDARG for NULL. Source: SafeArrayGetVartype. */
ISCARD_API HRESULT iscard_safearray_type(const SAFEARRAY *array, VARTYPE *type);

/* 1, and the bytes of an element; 0 for NULL. Source: SafeArrayGetDim, SafeArrayGetElemsize. */
ISCARD_API UINT iscard_safearray_dimensions(const SAFEARRAY *array);
ISCARD_API UINT iscard_safearray_element_size(const SAFEARRAY *array);

ISCARD_C_END

#define SafeArrayCreateVector iscard_safearray_create_vector
#define SafeArrayCreate       iscard_safearray_create
#define SafeArrayDestroy      iscard_safearray_destroy
#define SafeArrayAccessData   iscard_safearray_access
#define SafeArrayUnaccessData iscard_safearray_unaccess
#define SafeArrayGetLBound    iscard_safearray_lower
#define SafeArrayGetUBound    iscard_safearray_upper
#define SafeArrayGetElement   iscard_safearray_get
#define SafeArrayPutElement   iscard_safearray_put
#define SafeArrayGetVartype   iscard_safearray_type
#define SafeArrayGetDim       iscard_safearray_dimensions
#define SafeArrayGetElemsize  iscard_safearray_element_size

#endif
