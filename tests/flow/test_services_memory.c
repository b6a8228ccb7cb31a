/* SPDX-License-Identifier: MIT */
/* Memory that runs out anywhere in the service interfaces is said, and none is lost. */
#include "files_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "alloc_sweep.h"

#include <cmocka.h>

static HSCARD handle;

static HRESULT use_files(ISCardFileAccess *files, BSTR name, LPTLV_TABLE *table, SAFEARRAY **list,
                         BSTR *here, IByteBuffer **bytes)
{
	HSCARD_FILE file;
	LONG n = 0;
	HRESULT hr = ISCardFileAccess_Open(files, SC_TYPE_BY_ID, name, &file);

	if (SUCCEEDED(hr))
		hr = ISCardFileAccess_Read(files, file, &n, bytes, SC_FL_NO_FLAGS);
	if (SUCCEEDED(hr))
		hr = ISCardFileAccess_Seek(files, file, 0, SC_SEEK_FROM_BEGINNING);
	if (SUCCEEDED(hr))
		hr = ISCardFileAccess_Write(files, file, 300, *bytes, SC_FL_NO_FLAGS);
	if (SUCCEEDED(hr))
		hr = ISCardFileAccess_GetProperties(files, SC_TYPE_BY_ID, name, table, &n,
		                                    SC_FL_NO_FLAGS);
	if (SUCCEEDED(hr))
		hr = ISCardFileAccess_Directory(files, SC_TYPE_DIRECTORIES, list);
	if (SUCCEEDED(hr))
		hr = ISCardFileAccess_GetCurrentDir(files, here);
	return hr;
}

static HRESULT files_session(ISCardManage *manage)
{
	IByteBuffer *bytes = NULL;
	ISCardFileAccess *files;
	LPTLV_TABLE table = NULL;
	SAFEARRAY *list = NULL;
	BSTR here = NULL, name;
	HRESULT hr = ISCardManage_CreateFileAccess(manage, &files);

	if (FAILED(hr))
		return hr;
	name = iscard_bstr_from_utf8("0101");
	hr = name != NULL ? use_files(files, name, &table, &list, &here, &bytes) : E_OUTOFMEMORY;
	if (bytes != NULL)
		IByteBuffer_Release(bytes);
	iscard_free(table);
	SafeArrayDestroy(list);
	SysFreeString(here);
	SysFreeString(name);
	ISCardFileAccess_Release(files);
	return hr;
}

static HRESULT use_keys(ISCardVerify *verify, ISCardAuth *auth, IByteBuffer *code,
                        IByteBuffer **answer)
{
	LONG ref = 1, n = 8;
	HRESULT hr = ISCardVerify_Verify(verify, code, SC_FL_IHV_GLOBAL, &ref);

	if (SUCCEEDED(hr))
		hr = ISCardVerify_ChangeCode(verify, code, code, SC_FL_IHV_GLOBAL, 1);
	if (SUCCEEDED(hr))
		hr = ISCardAuth_GetChallenge(auth, 0, NULL, &n, answer);
	if (SUCCEEDED(hr))
		hr = ISCardAuth_ICC_Auth(auth, 0, NULL, &n, answer);
	return hr;
}

static HRESULT keys_session(ISCardManage *manage)
{
	IByteBuffer *code = NULL, *answer = NULL;
	ISCardVerify *verify = NULL;
	ISCardAuth *auth = NULL;
	HRESULT hr = ISCardManage_CreateCHVerification(manage, &verify);

	if (SUCCEEDED(hr))
		hr = ISCardManage_CreateCardAuth(manage, &auth);
	if (SUCCEEDED(hr))
		hr = iscard_buffer_create("1234", 4, &code);
	if (SUCCEEDED(hr))
		hr = use_keys(verify, auth, code, &answer);
	if (answer != NULL)
		IByteBuffer_Release(answer);
	if (code != NULL)
		IByteBuffer_Release(code);
	if (auth != NULL)
		ISCardAuth_Release(auth);
	if (verify != NULL)
		ISCardVerify_Release(verify);
	return hr;
}

static HRESULT with_manage(HRESULT (*session)(ISCardManage *manage))
{
	void *made = NULL;
	ISCardManage *manage;
	HRESULT hr = iscard_context_create_instance(fr.context, &CLSID_CSCardManage,
	                                            &IID_ISCardManage, &made);

	if (FAILED(hr))
		return hr;
	manage = made;
	hr = ISCardManage_AttachByHandle(manage, handle);
	if (SUCCEEDED(hr))
		hr = session(manage);
	ISCardManage_Release(manage);
	return hr;
}

static HRESULT of_files(void)
{
	return with_manage(files_session);
}

static HRESULT of_keys(void)
{
	return with_manage(keys_session);
}

static void every_allocation_fails_once(void **state)
{
	ISCard *card;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	card = files_other();
	assert_hr(ISCard_get_CardHandle(card, &handle), S_OK);
	assert_hr(of_files(), S_OK); /* the emulated reader has what it needs from now on */
	assert_hr(of_keys(), S_OK);
	assert_true(alloc_sweep(of_files) > 25);
	assert_true(alloc_sweep(of_keys) > 12);
	ISCard_Release(card);
	files_end();
}

/* The file is read in 160 exchanges or so; what is allocated is the data, doubling. */
static void exchanges_allocate_nothing_of_their_own(void **state)
{
	static uint8_t data[40000];
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_TPDU_T1, 0);
	file = files_opened("0101");
	assert_int_equal(files_read(file, 1, data, sizeof data), 1);
	alloc_count_start(ALLOC_FAIL_NEVER);
	assert_int_equal(files_read(file, 0, data, sizeof data), 39999);
	assert_true(alloc_count_now().calls < 20);
	alloc_count_start(ALLOC_FAIL_NEVER);
	assert_hr(ISCardFileAccess_Seek(fr.files, file, 1, SC_SEEK_FROM_BEGINNING), S_OK);
	assert_hr(ISCardFileAccess_Write(fr.files, file, 5000, NULL, SC_FL_ERASE), S_OK);
	assert_int_equal(alloc_count_now().calls, 0);
	files_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_fails_once),
		cmocka_unit_test(exchanges_allocate_nothing_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
