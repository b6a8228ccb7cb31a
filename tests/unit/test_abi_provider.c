/* SPDX-License-Identifier: MIT */
/* Slots, signatures, values and GUIDs of the service interfaces as the type library has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <iscard/iscard.h>
#include <stdio.h>

#define SLOT(iface, n, method, ...)                                                                \
	_Static_assert(offsetof(iface##Vtbl, method) == (n) * sizeof(void *),                      \
	               #iface "::" #method);                                                       \
	_Static_assert(_Generic(&((const iface##Vtbl *)0)->method,                                 \
	                        HRESULT(*const *)(iface *, __VA_ARGS__) : 1, default : 0),         \
	               #iface "::" #method " has another signature")

SLOT(ISCardAuth, 7, APP_Auth, LONG, LPBYTEBUFFER, LPBYTEBUFFER);
SLOT(ISCardAuth, 8, GetChallenge, LONG, LPBYTEBUFFER, LONG *, LPBYTEBUFFER *);
SLOT(ISCardAuth, 9, ICC_Auth, LONG, LPBYTEBUFFER, LONG *, LPBYTEBUFFER *);
SLOT(ISCardAuth, 10, Initialize, LONG *);
SLOT(ISCardAuth, 11, User_Auth, LONG, LPBYTEBUFFER, LONG *, LPBYTEBUFFER *);
_Static_assert(sizeof(ISCardAuthVtbl) == 12 * sizeof(void *), "ISCardAuth has other methods");

SLOT(ISCardVerify, 7, ChangeCode, LPBYTEBUFFER, LPBYTEBUFFER, SCARD_FLAGS, LONG);
SLOT(ISCardVerify, 8, Initialize, LONG *);
SLOT(ISCardVerify, 9, Unblock, LONG, SCARD_FLAGS, LONG);
SLOT(ISCardVerify, 10, ResetSecurityState, SCARD_FLAGS);
SLOT(ISCardVerify, 11, Verify, LPBYTEBUFFER, SCARD_FLAGS, LONG *);
_Static_assert(sizeof(ISCardVerifyVtbl) == 12 * sizeof(void *), "ISCardVerify has other methods");

SLOT(ISCardFileAccess, 7, ChangeDir, REFTYPE, BSTR);
SLOT(ISCardFileAccess, 8, Close, HSCARD_FILE);
SLOT(ISCardFileAccess, 9, Create, REFTYPE, BSTR, LPTLV_TABLE *, LONG *, SCARD_FLAGS, LPBYTEBUFFER);
SLOT(ISCardFileAccess, 10, Delete, REFTYPE, BSTR, SCARD_FLAGS);
SLOT(ISCardFileAccess, 11, Directory, FILETYPE, LPSAFEARRAY *);
SLOT(ISCardFileAccess, 12, GetCurrentDir, BSTR *);
SLOT(ISCardFileAccess, 13, GetFileCapabilities, LPTLV_TABLE *, LONG *, SCARD_FLAGS);
SLOT(ISCardFileAccess, 14, GetProperties, REFTYPE, BSTR, LPTLV_TABLE *, LONG *, SCARD_FLAGS);
SLOT(ISCardFileAccess, 15, Initialize, LONG *);
SLOT(ISCardFileAccess, 16, Invalidate, BSTR, SCARD_FLAGS);
SLOT(ISCardFileAccess, 17, Open, REFTYPE, BSTR, HSCARD_FILE *);
SLOT(ISCardFileAccess, 18, Read, HSCARD_FILE, LONG *, LPBYTEBUFFER *, SCARD_FLAGS);
SLOT(ISCardFileAccess, 19, Rehabilitate, BSTR, SCARD_FLAGS);
SLOT(ISCardFileAccess, 20, Seek, HSCARD_FILE, LONG, SEEKTYPE);
SLOT(ISCardFileAccess, 21, SetProperties, REFTYPE, BSTR, LPTLV_TABLE, LONG, SCARD_FLAGS);
SLOT(ISCardFileAccess, 22, Write, HSCARD_FILE, LONG, LPBYTEBUFFER, SCARD_FLAGS);
_Static_assert(sizeof(ISCardFileAccessVtbl) == 23 * sizeof(void *),
               "ISCardFileAccess has other methods");

_Static_assert(SC_TYPE_BY_NAME == 0 && SC_TYPE_BY_ID == 1 && SC_TYPE_BY_SHORT_ID == 2 &&
                       SC_TYPE_BY_SHORT == 2,
               "REFTYPE");
_Static_assert(SC_TYPE_DIRECTORIES == 0 && SC_TYPE_FILES == 1 && SC_TYPE_ALL_FILES == 2 &&
                       SC_TYPE_DIRECTORY_FILE == 3 && SC_TYPE_TRANSPARENT_EF == 4 &&
                       SC_TYPE_FIXED_EF == 5 && SC_TYPE_CYCLIC_EF == 6 && SC_TYPE_VARIABLE_EF == 7,
               "FILETYPE");
_Static_assert(SC_SEEK_FROM_BEGINNING == 0 && SC_SEEK_FROM_END == 1 && SC_SEEK_RELATIVE == 2,
               "SEEKTYPE");
_Static_assert(SC_FL_NO_FLAGS == 0 && SC_FL_SECURE_MESSAGING == 1 && SC_FL_REPLACE == 2 &&
                       SC_FL_ERASE == 4 && SC_FL_OR == 8 && SC_FL_AND == 0x10 &&
                       SC_FL_RECURSIVE == 0x20 && SC_FL_NON_RECURSIVE == 0x40 &&
                       SC_FL_IHV_GLOBAL == 0x80 && SC_FL_IHV_LOCAL == 0x100 &&
                       SC_FL_IHV_ENABLE == 0x200 && SC_FL_IHV_DISABLE == 0x400 &&
                       SC_FL_IHV_CHANGE == 0x800 && SC_FL_PREALLOCATE == 0x1000 &&
                       SC_FL_GET_ALL_PROPERTIES == 0x2000 && SC_FL_STAT_DEFAULT == 0x4000 &&
                       SC_FL_IHV_CHECKONLY == 0x8000,
               "SCARD_FLAGS");
_Static_assert(sizeof(HSCARD_FILE) == sizeof(void *), "pointer-sized");
_Static_assert(offsetof(TLV_TABLE, byData) == sizeof(LONG), "TLV_TABLE");

static void guids_are_the_published_ones(void **state)
{
	static const GUID file_access = {
		0x4029DD8A, 0x5902, 0x11D0, {0xB8, 0x4C, 0x00, 0xC0, 0x4F, 0xD4, 0x24, 0xB9}};
	static const GUID verify = {
		0x4029DD85, 0x5902, 0x11D0, {0xB8, 0x4C, 0x00, 0xC0, 0x4F, 0xD4, 0x24, 0xB9}};
	static const GUID auth = {
		0x7B063D61, 0x6E40, 0x11D0, {0xB8, 0x58, 0x00, 0xC0, 0x4F, 0xD4, 0x24, 0xB9}};
	static const GUID none = {0, 0, 0, {0}};

	(void)state;
	assert_memory_equal(&IID_ISCardFileAccess, &file_access, sizeof(GUID));
	assert_memory_equal(&IID_ISCardVerify, &verify, sizeof(GUID));
	assert_memory_equal(&IID_ISCardAuth, &auth, sizeof(GUID));
	assert_memory_equal(&GUID_NULL, &none, sizeof(GUID));
}

#ifdef ISCARD_EXTENDED
#define CREATED S_OK
#else
#define CREATED E_NOTIMPL
#endif

static void they_are_there_when_they_were_built(void **state)
{
	GUID guid = IID_ISCardVerify;
	ISCardFileAccess *files = (ISCardFileAccess *)&guid;
	IUnknown *other = (IUnknown *)&guid;
	void *made = NULL;
	ISCardManage *manage;
	LONG user = 0;

	(void)state;
	assert_int_equal(
		CoCreateInstance(&CLSID_CSCardManage, NULL, CLSCTX_ALL, &IID_ISCardManage, &made),
		S_OK);
	manage = made;
	assert_int_equal(ISCardManage_CreateFileAccess(manage, &files), CREATED);
	assert_int_equal(ISCardManage_CreateInterface(manage, &guid, NULL, &user, &other), CREATED);
	assert_int_equal(files != NULL, CREATED == S_OK);
	assert_int_equal(other != NULL, CREATED == S_OK);
	assert_int_equal(iscard_verify_tries((ISCardVerify *)other), -1);
	if (files != NULL)
		ISCardFileAccess_Release(files);
	if (other != NULL)
		IUnknown_Release(other);
	ISCardManage_Release(manage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guids_are_the_published_ones),
		cmocka_unit_test(they_are_there_when_they_were_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
