/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc_sweep.h"
#include "safearray.h"

#include <cmocka.h>
#include <limits.h>

static const char *const names[] = {"A", "", "\xc3\xa4"};

static const char *name_at(const void *arg, size_t i)
{
	return ((const char *const *)arg)[i];
}

static void bounds_and_type_are_what_was_asked_for(void **state)
{
	SAFEARRAY *a = SafeArrayCreateVector(VT_UI1, -2, 5);
	VARTYPE type = 0;
	LONG index = 9;

	(void)state;
	assert_non_null(a);
	assert_int_equal(SafeArrayGetDim(a), 1);
	assert_int_equal(SafeArrayGetElemsize(a), 1);
	assert_int_equal(SafeArrayGetVartype(a, &type), S_OK);
	assert_int_equal(type, VT_UI1);
	assert_int_equal(SafeArrayGetLBound(a, 1, &index), S_OK);
	assert_int_equal(index, -2);
	assert_int_equal(SafeArrayGetUBound(a, 1, &index), S_OK);
	assert_int_equal(index, 2);
	assert_int_equal(SafeArrayGetUBound(a, 2, &index), DISP_E_BADINDEX);
	assert_int_equal(index, 0);
	assert_int_equal(SafeArrayGetLBound(a, 0, &index), DISP_E_BADINDEX);
	assert_int_equal(SafeArrayDestroy(a), S_OK);
}

static void an_empty_array_ends_before_it_begins(void **state)
{
	SAFEARRAY *a = SafeArrayCreateVector(VT_BSTR, 0, 0);
	void *data = NULL;
	LONG index = 9;
	BSTR text;

	(void)state;
	assert_int_equal(SafeArrayGetUBound(a, 1, &index), S_OK);
	assert_int_equal(index, -1);
	index = 0;
	assert_int_equal(SafeArrayGetElement(a, &index, &text), DISP_E_BADINDEX);
	assert_null(text);
	assert_int_equal(SafeArrayAccessData(a, &data), S_OK);
	assert_non_null(data);
	assert_int_equal(SafeArrayUnaccessData(a), S_OK);
	SafeArrayDestroy(a);
}

static void what_cannot_be_made_is_refused(void **state)
{
	SAFEARRAYBOUND bound = {.cElements = 2, .lLbound = 1};
	SAFEARRAY *a;
	LONG index;

	(void)state;
	assert_null(SafeArrayCreateVector(3, 0, 1));
	assert_null(SafeArrayCreateVector(VT_UI1, LONG_MAX, 2));
	assert_null(SafeArrayCreateVector(VT_UI1, LONG_MIN, 0));
	assert_null(SafeArrayCreateVector(VT_BSTR, 0, LONG_MAX));
	assert_null(SafeArrayCreate(VT_UI1, 2, &bound));
	assert_null(SafeArrayCreate(VT_UI1, 1, NULL));
	a = SafeArrayCreateVector(VT_UI1, LONG_MAX, 1);
	assert_int_equal(SafeArrayGetUBound(a, 1, &index), S_OK);
	assert_int_equal(index, LONG_MAX);
	SafeArrayDestroy(a);
	a = SafeArrayCreate(VT_BSTR, 1, &bound);
	assert_int_equal(SafeArrayGetUBound(a, 1, &index), S_OK);
	assert_int_equal(index, 2);
	SafeArrayDestroy(a);
}

static void strings_go_in_and_come_out_as_copies(void **state)
{
	SAFEARRAY *a = SafeArrayCreateVector(VT_BSTR, 1, 2);
	BSTR in = SysAllocStringLen(u"x\0y", 3), out = NULL;
	LONG index = 1;

	(void)state;
	assert_int_equal(SafeArrayGetElement(a, &index, &out), S_OK);
	assert_null(out);
	assert_int_equal(SafeArrayPutElement(a, &index, in), S_OK);
	assert_int_equal(SafeArrayPutElement(a, &index, in), S_OK);
	SysFreeString(in);
	assert_int_equal(SafeArrayGetElement(a, &index, &out), S_OK);
	assert_int_equal(SysStringLen(out), 3);
	assert_memory_equal(out, u"x\0y", 8);
	SysFreeString(out);
	assert_int_equal(SafeArrayPutElement(a, &index, NULL), S_OK);
	assert_int_equal(SafeArrayGetElement(a, &index, &out), S_OK);
	assert_null(out);
	for (index = 0; index <= 3; index += 3) {
		assert_int_equal(SafeArrayGetElement(a, &index, &out), DISP_E_BADINDEX);
		assert_int_equal(SafeArrayPutElement(a, &index, NULL), DISP_E_BADINDEX);
	}
	SafeArrayDestroy(a);
}

static void bytes_are_read_and_written_in_place(void **state)
{
	SAFEARRAY *a = SafeArrayCreateVector(VT_UI1, 0, 3);
	BYTE *bytes, in = 0x5a, out = 0;
	LONG index = 2;
	void *data;

	(void)state;
	assert_int_equal(SafeArrayPutElement(a, &index, &in), S_OK);
	assert_int_equal(SafeArrayPutElement(a, &index, NULL), E_INVALIDARG);
	assert_int_equal(SafeArrayGetElement(a, &index, &out), S_OK);
	assert_int_equal(out, 0x5a);
	assert_int_equal(SafeArrayAccessData(a, &data), S_OK);
	bytes = data;
	assert_memory_equal(bytes, "\0\0\x5a", 3);
	bytes[0] = 7;
	assert_int_equal(SafeArrayDestroy(a), DISP_E_ARRAYISLOCKED);
	assert_int_equal(SafeArrayUnaccessData(a), S_OK);
	assert_int_equal(SafeArrayUnaccessData(a), E_UNEXPECTED);
	index = 0;
	assert_int_equal(SafeArrayGetElement(a, &index, &out), S_OK);
	assert_int_equal(out, 7);
	assert_int_equal(SafeArrayDestroy(a), S_OK);
}

static void null_pointers_are_invalid_arguments(void **state)
{
	SAFEARRAY *a = SafeArrayCreateVector(VT_UI1, 0, 1);
	VARTYPE type = 1;
	void *data = a;
	LONG index = 0;
	BYTE byte;

	(void)state;
	assert_int_equal(SafeArrayDestroy(NULL), S_OK);
	assert_int_equal(SafeArrayAccessData(NULL, &data), E_INVALIDARG);
	assert_null(data);
	assert_int_equal(SafeArrayAccessData(a, NULL), E_INVALIDARG);
	assert_int_equal(SafeArrayUnaccessData(NULL), E_INVALIDARG);
	assert_int_equal(SafeArrayGetLBound(NULL, 1, &index), E_INVALIDARG);
	assert_int_equal(SafeArrayGetUBound(a, 1, NULL), E_INVALIDARG);
	assert_int_equal(SafeArrayGetElement(NULL, &index, &byte), E_INVALIDARG);
	assert_int_equal(SafeArrayGetElement(a, NULL, &byte), E_INVALIDARG);
	assert_int_equal(SafeArrayGetElement(a, &index, NULL), E_INVALIDARG);
	assert_int_equal(SafeArrayPutElement(NULL, &index, &byte), E_INVALIDARG);
	assert_int_equal(SafeArrayPutElement(a, NULL, &byte), E_INVALIDARG);
	assert_int_equal(SafeArrayGetVartype(NULL, &type), E_INVALIDARG);
	assert_int_equal(type, 0);
	assert_int_equal(SafeArrayGetVartype(a, NULL), E_INVALIDARG);
	assert_int_equal(SafeArrayGetDim(NULL), 0);
	assert_int_equal(SafeArrayGetElemsize(NULL), 0);
	SafeArrayDestroy(a);
}

static void texts_become_an_array(void **state)
{
	SAFEARRAY *a = NULL;
	BSTR text;
	LONG index = 2;

	(void)state;
	assert_int_equal(ccid_safearray_of_texts(name_at, names, 3, &a), S_OK);
	assert_true(ccid_safearray_holds(a, VT_BSTR));
	assert_false(ccid_safearray_holds(a, VT_UI1));
	assert_int_equal(SafeArrayGetElement(a, &index, &text), S_OK);
	assert_int_equal(SysStringLen(text), 1);
	assert_int_equal(text[0], 0xe4);
	SysFreeString(text);
	SafeArrayDestroy(a);
}

static HRESULT make_and_copy(void)
{
	BSTR text = NULL;
	SAFEARRAY *a;
	LONG index = 0;
	HRESULT hr = ccid_safearray_of_texts(name_at, names, 3, &a);

	if (FAILED(hr))
		return hr;
	hr = SafeArrayGetElement(a, &index, &text);
	if (SUCCEEDED(hr))
		hr = SafeArrayPutElement(a, &(LONG){1}, text);
	SysFreeString(text);
	SafeArrayDestroy(a);
	return hr;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	assert_int_equal(alloc_sweep(make_and_copy), 7); /* array, elements, texts, copies */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_and_type_are_what_was_asked_for),
		cmocka_unit_test(an_empty_array_ends_before_it_begins),
		cmocka_unit_test(what_cannot_be_made_is_refused),
		cmocka_unit_test(strings_go_in_and_come_out_as_copies),
		cmocka_unit_test(bytes_are_read_and_written_in_place),
		cmocka_unit_test(null_pointers_are_invalid_arguments),
		cmocka_unit_test(texts_become_an_array),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
