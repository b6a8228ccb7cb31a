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

/* --- one method at a time, on objects that are there --- */

static BSTR path, text;
static HSCARD_FILE open_file;

static HRESULT open_and_close(void)
{
	HSCARD_FILE opened = 7;
	HRESULT hr = ISCardFileAccess_Open(fr.files, SC_TYPE_BY_ID, path, &opened);

	if (FAILED(hr))
		assert_int_equal(opened, 0);
	else
		assert_hr(ISCardFileAccess_Close(fr.files, opened), S_OK);
	return hr;
}

static HRESULT read_all(void)
{
	IByteBuffer *bytes = (IByteBuffer *)(void *)&fr;
	LONG n = 0;
	HRESULT hr;

	assert_hr(ISCardFileAccess_Seek(fr.files, open_file, 0, SC_SEEK_FROM_BEGINNING), S_OK);
	hr = ISCardFileAccess_Read(fr.files, open_file, &n, &bytes, SC_FL_NO_FLAGS);
	assert_int_equal(n, SUCCEEDED(hr) ? 40000 : 0);
	if (SUCCEEDED(hr))
		IByteBuffer_Release(bytes);
	else
		assert_null(bytes);
	return hr;
}

static IByteBuffer *to_write;

static HRESULT write_some(void)
{
	return ISCardFileAccess_Write(fr.files, open_file, 300, to_write, SC_FL_NO_FLAGS);
}

static HRESULT kept_table(HRESULT hr, LPTLV_TABLE table, LONG n)
{
	assert_true(SUCCEEDED(hr) == (table != NULL));
	assert_true(SUCCEEDED(hr) == (n > 0));
	iscard_free(table);
	return hr;
}

static HRESULT get_properties(void)
{
	LPTLV_TABLE table = (LPTLV_TABLE)(void *)&fr;
	LONG n = 7;
	HRESULT hr = ISCardFileAccess_GetProperties(fr.files, SC_TYPE_BY_ID, path, &table, &n,
	                                            SC_FL_NO_FLAGS);

	return kept_table(hr, table, n);
}

static HRESULT get_capabilities(void)
{
	LPTLV_TABLE table = (LPTLV_TABLE)(void *)&fr;
	LONG n = 7;
	HRESULT hr = ISCardFileAccess_GetFileCapabilities(fr.files, &table, &n, SC_FL_NO_FLAGS);

	return kept_table(hr, table, n);
}

static HRESULT directory(void)
{
	SAFEARRAY *list = (SAFEARRAY *)(void *)&fr;
	HRESULT hr = ISCardFileAccess_Directory(fr.files, SC_TYPE_DIRECTORIES, &list);

	assert_true(SUCCEEDED(hr) == (list != NULL));
	SafeArrayDestroy(list);
	return hr;
}

static HRESULT current_dir(void)
{
	HRESULT hr = ISCardFileAccess_GetCurrentDir(fr.files, &text);

	assert_true(SUCCEEDED(hr) == (text != NULL));
	SysFreeString(text);
	return hr;
}

static HRESULT others(void)
{
	LONG n;
	HRESULT hr = ISCardFileAccess_ChangeDir(fr.files, SC_TYPE_BY_ID, path);

	assert_hr(hr, SCARD_E_NO_DIR);
	assert_hr(ISCardFileAccess_Invalidate(fr.files, path, SC_FL_NO_FLAGS), S_OK);
	assert_hr(ISCardFileAccess_Rehabilitate(fr.files, path, SC_FL_NO_FLAGS), S_OK);
	assert_hr(ISCardFileAccess_Delete(fr.files, SC_TYPE_BY_ID, path, 0), E_NOTIMPL);
	assert_hr(ISCardFileAccess_Initialize(fr.files, &n), S_OK);
	return ISCardFileAccess_Seek(fr.files, open_file, 0, SC_SEEK_FROM_END);
}

static HRESULT (*const methods[])(void) = {read_all,         write_some, get_properties,
                                           get_capabilities, directory,  current_dir};

static void each_method_on_files_says_that_memory_ran_out(void **state)
{
	(void)state;
	files_start(FILES_EXTENDED, 0);
	path = iscard_bstr_from_utf8("0101");
	open_file = files_opened("0101");
	to_write = files_buffer(NULL, 300);
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		assert_hr(ISCardFileAccess_Seek(fr.files, open_file, 0, SC_SEEK_FROM_BEGINNING),
		          S_OK);
		assert_hr(methods[i](), S_OK);
		assert_true(alloc_sweep(methods[i]) > 0);
	}
	assert_int_equal(alloc_sweep(open_and_close), 0);
	assert_int_equal(alloc_sweep(others), 0);
	IByteBuffer_Release(to_write);
	SysFreeString(path);
	files_end();
}

/* --- codes and keys --- */

static IByteBuffer *key; /* what the card calls 01, made before memory runs out */

static HRESULT with_bytes(const void *bytes, size_t n, HRESULT (*use)(IByteBuffer *data))
{
	IByteBuffer *data;
	HRESULT hr = iscard_buffer_create(bytes, n, &data);

	if (FAILED(hr))
		return hr;
	hr = use(data);
	IByteBuffer_Release(data);
	return hr;
}

/* A code that there was no memory for is not presented: that would cost a try. */
static HRESULT unsent(HRESULT hr, unsigned sent)
{
	if (FAILED(hr))
		assert_int_equal(files_sent(), sent);
	return hr;
}

static HRESULT use_verify(IByteBuffer *code)
{
	unsigned sent = files_sent();
	LONG ref = 1;

	return unsent(ISCardVerify_Verify(fr.verify, code, SC_FL_IHV_GLOBAL, &ref), sent);
}

static HRESULT use_change(IByteBuffer *code)
{
	unsigned sent = files_sent();

	return unsent(ISCardVerify_ChangeCode(fr.verify, code, code, SC_FL_IHV_GLOBAL, 1), sent);
}

static HRESULT use_unblock(IByteBuffer *code)
{
	unsigned sent = files_sent();

	return unsent(iscard_verify_unblock(fr.verify, NULL, code, SC_FL_NO_FLAGS, 2), sent);
}

/* INTERNAL AUTHENTICATE: the answer takes the place of the data. */
static HRESULT use_icc_auth(IByteBuffer *data)
{
	LONG n = 8;
	HRESULT hr = ISCardAuth_ICC_Auth(fr.auth, 0, key, &n, &data);

	assert_int_equal(n, SUCCEEDED(hr) ? 8 : 0);
	return hr;
}

static HRESULT use_user_auth(IByteBuffer *data)
{
	LONG n = 7;
	HRESULT hr = ISCardAuth_User_Auth(fr.auth, 0, key, &n, &data);

	assert_int_equal(n, 0);
	return hr;
}

static HRESULT use_app_auth(IByteBuffer *data)
{
	unsigned sent = files_sent();

	return unsent(ISCardAuth_APP_Auth(fr.auth, 0, NULL, data), sent);
}

static HRESULT do_verify(void)
{
	return with_bytes("1234", 4, use_verify);
}

static HRESULT do_change(void)
{
	return with_bytes("1234", 4, use_change);
}

static HRESULT do_unblock(void)
{
	return with_bytes("5555", 4, use_unblock);
}

static HRESULT do_icc_auth(void)
{
	return with_bytes("12345678", 8, use_icc_auth);
}

static HRESULT do_user_auth(void)
{
	return with_bytes("1234", 4, use_user_auth);
}

static uint8_t challenge[8];

static HRESULT do_challenge(void)
{
	IByteBuffer *made = (IByteBuffer *)(void *)&fr;
	LONG n = 8, got = 0;
	HRESULT hr = ISCardAuth_GetChallenge(fr.auth, 0, NULL, &n, &made);

	assert_int_equal(n, SUCCEEDED(hr) ? 8 : 0);
	assert_true(SUCCEEDED(hr) == (made != NULL));
	if (FAILED(hr))
		return hr;
	assert_hr(IByteBuffer_Read(made, challenge, 8, &got), S_OK);
	assert_int_equal(got, 8);
	IByteBuffer_Release(made);
	return hr;
}

/* EXTERNAL AUTHENTICATE takes what the card has given out, each byte xor A5, once. */
static HRESULT do_app_auth(void)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = challenge[i] ^ 0xA5;
	return with_bytes(bytes, sizeof bytes, use_app_auth);
}

static HRESULT without_data(void)
{
	LONG ref = 1, n = 0;

	assert_hr(ISCardVerify_Verify(fr.verify, NULL, SC_FL_IHV_CHECKONLY, &ref), S_OK);
	assert_hr(ISCardVerify_Unblock(fr.verify, 0, SC_FL_NO_FLAGS, 2), S_OK);
	assert_hr(ISCardVerify_Initialize(fr.verify, &n), S_OK);
	assert_hr(ISCardAuth_Initialize(fr.auth, &n), S_OK);
	return ISCardVerify_ResetSecurityState(fr.verify, SC_FL_NO_FLAGS);
}

static void each_method_on_codes_and_keys_says_that_memory_ran_out(void **state)
{
	static HRESULT (*const all[])(void) = {do_verify,    do_change,    do_unblock,
	                                       do_user_auth, do_challenge, do_icc_auth};

	(void)state;
	files_start(FILES_EXTENDED, 0);
	key = files_buffer("\x01", 1);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		assert_hr(all[i](), S_OK);
		assert_true(alloc_sweep(all[i]) > 1);
	}
	assert_hr(do_challenge(), S_OK);
	assert_hr(do_icc_auth(), S_OK); /* takes what the object keeps for answers with it */
	assert_true(alloc_sweep(do_app_auth) > 1);
	assert_int_equal(alloc_sweep(without_data), 0);
	IByteBuffer_Release(key);
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
		cmocka_unit_test(each_method_on_files_says_that_memory_ran_out),
		cmocka_unit_test(each_method_on_codes_and_keys_says_that_memory_ran_out),
		cmocka_unit_test(exchanges_allocate_nothing_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
