/* SPDX-License-Identifier: MIT */
/* What all objects have in common: the factory, their names, counting, and IDispatch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <iscard/iscard.h>

static const struct {
	const CLSID *clsid;
	const IID *iid;
	int extended;
} kinds[] = {
	{&CLSID_CSCard, &IID_ISCard, 0},
	{&CLSID_CSCardCmd, &IID_ISCardCmd, 0},
	{&CLSID_CByteBuffer, &IID_IByteBuffer, 0},
	{&CLSID_CSCardManage, &IID_ISCardManage, 0},
	{&CLSID_CSCardISO7816, &IID_ISCardISO7816, 1},
	{&CLSID_CSCardTypeConv, &IID_ISCardTypeConv, 1},
	{&CLSID_CSCardDatabase, &IID_ISCardDatabase, 1},
	{&CLSID_CSCardLocate, &IID_ISCardLocate, 1},
};
#define KINDS (sizeof kinds / sizeof *kinds)

#ifdef ISCARD_EXTENDED
#define HAS_EXTENDED 1
#else
#define HAS_EXTENDED 0
#endif

static IDispatch *object(size_t i)
{
	void *p = NULL;

	assert_int_equal(CoCreateInstance(kinds[i].clsid, NULL, CLSCTX_ALL, kinds[i].iid, &p),
	                 S_OK);
	return p;
}

static int is_there(size_t i)
{
	return HAS_EXTENDED || !kinds[i].extended;
}

static void the_factory_makes_what_was_built(void **state)
{
	IUnknown outer;
	void *p;

	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		p = &outer;
		assert_int_equal(
			CoCreateInstance(kinds[i].clsid, &outer, CLSCTX_ALL, kinds[i].iid, &p),
			is_there(i) ? CLASS_E_NOAGGREGATION : REGDB_E_CLASSNOTREG);
		assert_null(p);
		p = &outer;
		assert_int_equal(CoCreateInstance(kinds[i].clsid, NULL, CLSCTX_INPROC_SERVER,
		                                  &IID_IStream, &p),
		                 is_there(i) ? E_NOINTERFACE : REGDB_E_CLASSNOTREG);
		assert_null(p);
		assert_int_equal(
			CoCreateInstance(kinds[i].clsid, NULL, CLSCTX_ALL, kinds[i].iid, NULL),
			E_POINTER);
	}
}

static void each_object_answers_to_three_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		const IID *known[] = {&IID_IUnknown, &IID_IDispatch, kinds[i].iid};
		IDispatch *d;

		if (!is_there(i))
			continue;
		d = object(i);
		for (size_t k = 0; k < 3; k++) {
			void *p = NULL;

			assert_int_equal(d->lpVtbl->QueryInterface(d, known[k], &p), S_OK);
			assert_ptr_equal(p, d);
			assert_int_equal(d->lpVtbl->Release(d), 1);
		}
		assert_int_equal(d->lpVtbl->QueryInterface(d, &IID_IStream, NULL), E_POINTER);
		assert_int_equal(d->lpVtbl->AddRef(d), 2);
		assert_int_equal(d->lpVtbl->Release(d), 1);
		assert_int_equal(d->lpVtbl->Release(d), 0);
	}
}

static void no_object_has_type_information(void **state)
{
	OLECHAR name[] = u"NoSuchMethod";
	LPOLESTR names[] = {name};

	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		ITypeInfo *info = (ITypeInfo *)(void *)names;
		UINT count = 7;
		DISPID id = 7;
		IDispatch *d;

		if (!is_there(i))
			continue;
		d = object(i);
		assert_int_equal(d->lpVtbl->GetTypeInfoCount(d, NULL), E_POINTER);
		assert_int_equal(d->lpVtbl->GetTypeInfoCount(d, &count), S_OK);
		assert_int_equal(count, 0);
		assert_int_equal(d->lpVtbl->GetTypeInfo(d, 0, 0, NULL), E_POINTER);
		assert_int_equal(d->lpVtbl->GetTypeInfo(d, 0, 0, &info), E_NOTIMPL);
		assert_null(info);
		assert_int_equal(d->lpVtbl->GetIDsOfNames(d, &IID_NULL, names, 1, 0, &id),
		                 DISP_E_UNKNOWNNAME);
		assert_int_equal(id, -1);
		assert_int_equal(d->lpVtbl->Invoke(d, 1, &IID_NULL, 0, 1, NULL, NULL, NULL, NULL),
		                 E_NOTIMPL);
		assert_int_equal(d->lpVtbl->Release(d), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_factory_makes_what_was_built),
		cmocka_unit_test(each_object_answers_to_three_names),
		cmocka_unit_test(no_object_has_type_information),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
