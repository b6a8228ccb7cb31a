/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "object.h"

#include <cmocka.h>
#include <iscard/iscard.h>

static void *object(const CLSID *clsid, const IID *iid)
{
	void *p = NULL;

	assert_int_equal(iscard_create_instance(clsid, NULL, CLSCTX_ALL, iid, &p), S_OK);
	return p;
}

static IByteBuffer *buffer(void)
{
	return object(&CLSID_CByteBuffer, &IID_IByteBuffer);
}

static void methods_of_a_buffer_have_numbers(void **state)
{
	static const struct {
		const OLECHAR *name;
		DISPID id;
	} rows[] = {{u"Stream", 0},     {u"Clone", 1},      {u"commit", 2}, {u"COPYTO", 3},
	            {u"Initialize", 4}, {u"LockRegion", 5}, {u"Read", 6},   {u"Revert", 7},
	            {u"Seek", 8},       {u"SetSize", 9},    {u"Stat", 10},  {u"UnlockRegion", 11},
	            {u"Write", 12}};
	IByteBuffer *b = buffer();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		LPOLESTR name = (LPOLESTR)(uintptr_t)rows[i].name;
		DISPID id = 99;

		assert_int_equal(IByteBuffer_GetIDsOfNames(b, &IID_NULL, &name, 1, 0x409, &id),
		                 S_OK);
		assert_int_equal(id, rows[i].id);
	}
	IByteBuffer_Release(b);
}

static void methods_of_a_manager_have_numbers(void **state)
{
	static const OLECHAR *const names[] = {u"AttachByHandle",
	                                       u"AttachByIFD",
	                                       u"CreateFileAccess",
	                                       u"CreateCardAuth",
	                                       u"CreateCHVerification",
	                                       u"Detach",
	                                       u"SCardLock",
	                                       u"Reconnect",
	                                       u"Status",
	                                       u"SCardUnlock",
	                                       u"CreateInterface"};
	ISCardManage *m = object(&CLSID_CSCardManage, &IID_ISCardManage);

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		LPOLESTR name = (LPOLESTR)(uintptr_t)names[i];
		DISPID id = 99;

		assert_int_equal(ISCardManage_GetIDsOfNames(m, &IID_NULL, &name, 1, 0, &id), S_OK);
		assert_int_equal(id, i + 1);
	}
	ISCardManage_Release(m);
}

/* First and last of the interfaces that ISCardManage creates. */
static void methods_of_service_providers_have_numbers(void **state)
{
	static const struct {
		IID iid;
		const OLECHAR *name;
		DISPID id;
	} rows[] = {
		{{0x7b063d61, 0x6e40, 0x11d0, {0xb8, 0x58, 0, 0xc0, 0x4f, 0xd4, 0x24, 0xb9}},
	         u"APP_Auth",
	         1},
		{{0x7b063d61, 0x6e40, 0x11d0, {0xb8, 0x58, 0, 0xc0, 0x4f, 0xd4, 0x24, 0xb9}},
	         u"User_Auth",
	         5},
		{{0x4029dd85, 0x5902, 0x11d0, {0xb8, 0x4c, 0, 0xc0, 0x4f, 0xd4, 0x24, 0xb9}},
	         u"Verify",
	         5},
		{{0x4029dd8a, 0x5902, 0x11d0, {0xb8, 0x4c, 0, 0xc0, 0x4f, 0xd4, 0x24, 0xb9}},
	         u"Directory",
	         5},
		{{0x4029dd8a, 0x5902, 0x11d0, {0xb8, 0x4c, 0, 0xc0, 0x4f, 0xd4, 0x24, 0xb9}},
	         u"Write",
	         16},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		LPOLESTR name = (LPOLESTR)(uintptr_t)rows[i].name;
		DISPID id = 99;

		assert_int_equal(ccid_object_ids(&rows[i].iid, &IID_NULL, &name, 1, &id), S_OK);
		assert_int_equal(id, rows[i].id);
	}
}

static void other_names_are_unknown(void **state)
{
	OLECHAR writes[] = u"Writes", writ[] = u"Writ", write[] = u"Write", cb[] = u"cb";
	LPOLESTR one[] = {writes}, two[] = {writ}, none[] = {NULL}, three[] = {write, cb};
	IByteBuffer *b = buffer();
	ISCardCmd *cmd = object(&CLSID_CSCardCmd, &IID_ISCardCmd);
	DISPID ids[2] = {99, 99};

	(void)state;
	assert_int_equal(IByteBuffer_GetIDsOfNames(b, &IID_NULL, one, 1, 0, ids),
	                 DISP_E_UNKNOWNNAME);
	assert_int_equal(ids[0], -1);
	assert_int_equal(IByteBuffer_GetIDsOfNames(b, &IID_NULL, two, 1, 0, ids),
	                 DISP_E_UNKNOWNNAME);
	assert_int_equal(IByteBuffer_GetIDsOfNames(b, &IID_NULL, none, 1, 0, ids),
	                 DISP_E_UNKNOWNNAME);
	assert_int_equal(IByteBuffer_GetIDsOfNames(b, &IID_NULL, three, 2, 0, ids),
	                 DISP_E_UNKNOWNNAME);
	assert_int_equal(ids[0], 12);
	assert_int_equal(ids[1], -1);
	assert_int_equal(ISCardCmd_GetIDsOfNames(cmd, &IID_NULL, three, 1, 0, ids),
	                 DISP_E_UNKNOWNNAME);
	assert_int_equal(ids[0], -1);
	IByteBuffer_Release(b);
	ISCardCmd_Release(cmd);
}

static void arguments_are_checked(void **state)
{
	OLECHAR write[] = u"Write";
	LPOLESTR names[] = {write};
	IByteBuffer *b = buffer();
	DISPID id = 99;

	(void)state;
	assert_int_equal(IByteBuffer_GetIDsOfNames(b, &IID_NULL, NULL, 1, 0, &id), E_POINTER);
	assert_int_equal(IByteBuffer_GetIDsOfNames(b, &IID_NULL, names, 1, 0, NULL), E_POINTER);
	assert_int_equal(IByteBuffer_GetIDsOfNames(b, &IID_NULL, names, 0, 0, &id), E_INVALIDARG);
	assert_int_equal(IByteBuffer_GetIDsOfNames(b, &IID_IUnknown, names, 1, 0, &id),
	                 DISP_E_UNKNOWNINTERFACE);
	assert_int_equal(id, -1);
	assert_int_equal(IByteBuffer_GetIDsOfNames(b, NULL, names, 1, 0, &id),
	                 DISP_E_UNKNOWNINTERFACE);
	assert_int_equal(IByteBuffer_Invoke(b, 12, &IID_NULL, 0, 1, NULL, NULL, NULL, NULL),
	                 E_NOTIMPL);
	IByteBuffer_Release(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_of_a_buffer_have_numbers),
		cmocka_unit_test(methods_of_a_manager_have_numbers),
		cmocka_unit_test(methods_of_service_providers_have_numbers),
		cmocka_unit_test(other_names_are_unknown),
		cmocka_unit_test(arguments_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
