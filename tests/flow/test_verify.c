/* SPDX-License-Identifier: MIT */
/* ISCardVerify and ISCardAuth. */
#include "files_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define GLOBAL SC_FL_IHV_GLOBAL
#define NONE   SC_FL_NO_FLAGS

static uint8_t data[300];

static HRESULT change(const char *old, const char *new, SCARD_FLAGS flags, LONG ref)
{
	IByteBuffer *a = files_buffer(old, strlen(old)), *b = files_buffer(new, strlen(new));
	HRESULT hr = ISCardVerify_ChangeCode(fr.verify, a, b, flags, ref);

	IByteBuffer_Release(a);
	IByteBuffer_Release(b);
	return hr;
}

static HRESULT unblock(const char *puk, const char *new, LONG ref)
{
	IByteBuffer *a = puk != NULL ? files_buffer(puk, strlen(puk)) : NULL;
	IByteBuffer *b = new != NULL ? files_buffer(new, strlen(new)) : NULL;
	HRESULT hr = iscard_verify_unblock(fr.verify, a, b, NONE, ref);

	if (a != NULL)
		IByteBuffer_Release(a);
	if (b != NULL)
		IByteBuffer_Release(b);
	return hr;
}

static HRESULT check(LONG ref)
{
	return ISCardVerify_Verify(fr.verify, NULL, SC_FL_IHV_CHECKONLY, &ref);
}

static void a_pin_opens_what_it_guards(void **state)
{
	(void)state;
	FILES_EVERY(kind)
	{
		HSCARD_FILE file;

		files_start((enum files_reader)kind, 0);
		file = files_opened("0105");
		assert_hr((HRESULT)files_read(file, 0, data, sizeof data),
		          SCARD_W_SECURITY_VIOLATION);
		assert_hr(check(1), SCARD_W_CARD_NOT_AUTHENTICATED);
		assert_int_equal(iscard_verify_tries(fr.verify), 3);
		assert_hr(files_verify("1234", GLOBAL, 1), S_OK);
		assert_int_equal(iscard_verify_tries(fr.verify), -1);
		assert_hr(check(1), S_OK);
		assert_int_equal(files_read(file, 0, data, sizeof data), 64);
		files_end();
	}
}

static void a_wrong_pin_costs_a_try(void **state)
{
	(void)state;
	FILES_EVERY(kind)
	{
		files_start((enum files_reader)kind, 0);
		for (LONG left = 2; left >= 0; left--) {
			assert_hr(files_verify("0000", GLOBAL, 1), SCARD_W_WRONG_CHV);
			assert_int_equal(iscard_verify_tries(fr.verify), left);
		}
		assert_hr(files_verify("1234", GLOBAL, 1), SCARD_W_CHV_BLOCKED);
		assert_int_equal(iscard_verify_tries(fr.verify), 0);
		assert_hr(check(1), SCARD_W_CHV_BLOCKED);
		files_end();
	}
}

static void the_unblocking_code_brings_it_back(void **state)
{
	(void)state;
	files_start(FILES_TPDU_T0, 0);
	for (int i = 0; i < 3; i++)
		files_verify("0000", GLOBAL, 1);
	assert_hr(unblock("00000000", "4321", 1), SCARD_W_WRONG_CHV);
	assert_int_equal(iscard_verify_tries(fr.verify), 2);
	assert_hr(files_verify("1234", GLOBAL, 1), SCARD_W_CHV_BLOCKED);
	assert_hr(unblock("12345678", "4321", 1), S_OK);
	assert_hr(files_verify("4321", GLOBAL, 1), S_OK);
	files_verify("0000", GLOBAL, 1);
	assert_hr(unblock("12345678", NULL, 1), S_OK);
	assert_hr(files_verify("0000", GLOBAL, 1), SCARD_W_WRONG_CHV);
	assert_int_equal(iscard_verify_tries(fr.verify), 2);
	assert_hr(unblock(NULL, "7777", 1), SCARD_W_SECURITY_VIOLATION);
	assert_hr(unblock(NULL, "7777", 2), S_OK);
	assert_hr(files_verify("7777", GLOBAL, 2), S_OK);
	files_end();
}

static void unblock_alone_has_no_data(void **state)
{
	(void)state;
	files_start(FILES_EXTENDED, 0);
	for (int i = 0; i < 3; i++)
		files_verify("0000", NONE, 2);
	assert_hr(files_verify("5555", NONE, 2), SCARD_W_CHV_BLOCKED);
	assert_hr(ISCardVerify_Unblock(fr.verify, 0, NONE, 2), S_OK);
	assert_hr(files_verify("5555", NONE, 2), S_OK);
	assert_hr(ISCardVerify_Unblock(fr.verify, 0, NONE, 1), SCARD_W_SECURITY_VIOLATION);
	assert_hr(ISCardVerify_Unblock(fr.verify, 1, NONE, 2), E_INVALIDARG);
	assert_hr(ISCardVerify_Unblock(fr.verify, 0, NONE, 256), E_INVALIDARG);
	assert_hr(ISCardVerify_Unblock(fr.verify, 0, SC_FL_IHV_ENABLE, 2), E_INVALIDARG);
	files_end();
}

static void codes_are_changed_with_the_old_one(void **state)
{
	(void)state;
	files_start(FILES_SHORT_T1, 0);
	assert_hr(change("0000", "4321", GLOBAL, 1), SCARD_W_WRONG_CHV);
	assert_int_equal(iscard_verify_tries(fr.verify), 2);
	assert_hr(change("1234", "4321", GLOBAL | SC_FL_IHV_CHANGE, 1), S_OK);
	assert_hr(files_verify("1234", GLOBAL, 1), SCARD_W_WRONG_CHV);
	assert_hr(change("", "8888", GLOBAL, 1), SCARD_W_SECURITY_VIOLATION);
	assert_hr(files_verify("4321", GLOBAL, 1), S_OK);
	assert_hr(change("", "8888", GLOBAL, 1), S_OK);
	assert_hr(files_verify("8888", GLOBAL, 1), S_OK);
	files_end();
}

static void a_code_can_be_asked_for_or_not(void **state)
{
	HSCARD_FILE file;

	(void)state;
	files_start(FILES_TPDU_T1, 0);
	file = files_opened("0105");
	assert_hr(files_verify("0000", GLOBAL | SC_FL_IHV_DISABLE, 1), SCARD_W_WRONG_CHV);
	assert_hr(files_verify("1234", GLOBAL | SC_FL_IHV_DISABLE, 1), S_OK);
	assert_hr(ISCardVerify_ResetSecurityState(fr.verify, NONE), S_OK);
	file = files_opened("0105");
	assert_int_equal(files_read(file, 1, data, sizeof data), 1);
	assert_hr(files_verify("1234", GLOBAL | SC_FL_IHV_ENABLE, 1), S_OK);
	assert_hr(ISCardVerify_ResetSecurityState(fr.verify, NONE), S_OK);
	assert_hr(check(1), SCARD_W_CARD_NOT_AUTHENTICATED);
	files_end();
}

static void references_are_of_the_card_or_of_its_directory(void **state)
{
	(void)state;
	files_start(FILES_EXTENDED, 0);
	assert_hr(files_cd(SC_TYPE_BY_ID, "5015"), S_OK);
	assert_hr(files_verify("9999", SC_FL_IHV_LOCAL, 1), S_OK);
	assert_hr(files_verify("1234", SC_FL_IHV_GLOBAL, 1), S_OK);
	assert_hr(files_verify("9999", NONE, 0x81), S_OK);
	assert_hr(files_verify("9999", NONE, 0x99), SCARD_E_INVALID_VALUE);
	assert_hr(files_verify("9999", NONE, 256), E_INVALIDARG);
	assert_hr(files_verify("9999", NONE, -1), E_INVALIDARG);
	assert_hr(files_verify("9999", SC_FL_IHV_LOCAL, 32), E_INVALIDARG);
	assert_hr(files_verify("9999", (SCARD_FLAGS)(SC_FL_IHV_LOCAL | SC_FL_IHV_GLOBAL), 1),
	          E_INVALIDARG);
	assert_hr(files_verify("9999", (SCARD_FLAGS)(SC_FL_IHV_ENABLE | SC_FL_IHV_DISABLE), 1),
	          E_INVALIDARG);
	files_end();
}

static void arguments_come_before_the_card(void **state)
{
	IByteBuffer *code, *empty, *much;
	LONG ref = 1;

	(void)state;
	files_start_detached(FILES_EXTENDED, 0);
	code = files_buffer("1234", 4);
	empty = files_buffer(NULL, 0);
	much = files_buffer(NULL, 252);
	assert_hr(ISCardVerify_Verify(fr.verify, NULL, NONE, &ref), E_POINTER);
	assert_hr(ISCardVerify_Verify(fr.verify, code, NONE, NULL), E_POINTER);
	assert_hr(ISCardVerify_Verify(fr.verify, empty, NONE, &ref), E_INVALIDARG);
	assert_hr(ISCardVerify_Verify(fr.verify, code, SC_FL_OR, &ref), E_INVALIDARG);
	assert_hr(ISCardVerify_Verify(fr.verify, code, SC_FL_SECURE_MESSAGING, &ref),
	          SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(ISCardVerify_ChangeCode(fr.verify, NULL, code, NONE, 1), E_POINTER);
	assert_hr(ISCardVerify_ChangeCode(fr.verify, code, NULL, NONE, 1), E_POINTER);
	assert_hr(ISCardVerify_ChangeCode(fr.verify, code, empty, NONE, 1), E_INVALIDARG);
	assert_hr(ISCardVerify_ChangeCode(fr.verify, code, much, NONE, 1), E_INVALIDARG);
	assert_hr(ISCardVerify_ResetSecurityState(fr.verify, SC_FL_OR), E_INVALIDARG);
	assert_hr(ISCardVerify_Initialize(fr.verify, &ref), S_OK);
	assert_hr(ISCardVerify_Initialize(fr.verify, NULL), E_POINTER);
	assert_hr(iscard_verify_unblock(NULL, code, code, NONE, 1), E_POINTER);
	assert_hr(iscard_verify_unblock(fr.verify, NULL, NULL, NONE, 1), E_INVALIDARG);
	assert_hr(iscard_verify_unblock((ISCardVerify *)fr.auth, code, code, NONE, 1),
	          E_INVALIDARG);
	assert_hr(iscard_verify_unblock(fr.verify, empty, code, NONE, 1), E_INVALIDARG);
	assert_int_equal(iscard_verify_tries(NULL), -1);
	assert_int_equal(iscard_verify_tries((ISCardVerify *)fr.auth), -1);
	IByteBuffer_Release(code);
	IByteBuffer_Release(empty);
	IByteBuffer_Release(much);
	files_end();
}

static void no_code_reaches_the_log(void **state)
{
	static const char *const never[] = {"31 32 33 34", "34 33 32 31", "1234", "12345678"};

	(void)state;
	FILES_EVERY(kind)
	{
		files_start((enum files_reader)kind, 0);
		files_verify("1234", GLOBAL, 1);
		change("1234", "4321", GLOBAL, 1);
		unblock("12345678", "1234", 1);
		files_verify("1234", GLOBAL | SC_FL_IHV_DISABLE, 1);
		files_verify("1234", GLOBAL | SC_FL_IHV_ENABLE, 1);
		assert_non_null(strstr(fr.log, "00 28 00 01 [5 bytes not shown]"));
		for (size_t i = 0; i < sizeof never / sizeof *never; i++)
			assert_null(strstr(fr.log, never[i]));
		files_end();
	}
}

/* --- ISCardAuth --- */

static IByteBuffer *challenge(LONG n, LONG *got)
{
	IByteBuffer *buffer = (IByteBuffer *)&fr;

	*got = n;
	assert_hr(ISCardAuth_GetChallenge(fr.auth, 0, NULL, got, &buffer), S_OK);
	assert_hr(IByteBuffer_Read(buffer, data, sizeof data, NULL), S_OK);
	return buffer;
}

/* Of 8 bytes, into data. */
static void ask_for_challenge(void)
{
	LONG n;
	IByteBuffer *buffer = challenge(8, &n);

	assert_int_equal(n, 8);
	IByteBuffer_Release(buffer);
}

static void a_challenge_has_the_length_asked_for(void **state)
{
	IByteBuffer *buffer;
	LONG n;

	(void)state;
	FILES_EVERY(kind)
	{
		files_start((enum files_reader)kind, 0);
		buffer = challenge(16, &n);
		assert_int_equal(n, 16);
		assert_int_equal(data[15], 15);
		IByteBuffer_Release(buffer);
		buffer = challenge(0, &n);
		assert_int_equal(n, 8);
		assert_int_equal(data[7], data[0] + 7);
		assert_true(data[0] >= 16);
		IByteBuffer_Release(buffer);
		files_end();
	}
}

static void a_challenge_of_another_length_is_refused(void **state)
{
	IByteBuffer *buffer;
	LONG n = 16;

	(void)state;
	files_start(FILES_EXTENDED, EMU_FILES_BRIEF);
	assert_hr(ISCardAuth_GetChallenge(fr.auth, 0, NULL, &n, &buffer), SCARD_E_UNEXPECTED);
	assert_null(buffer);
	assert_int_equal(n, 0);
	ask_for_challenge();
	files_end();
}

static HRESULT answer_challenge(uint8_t key)
{
	IByteBuffer *param = files_buffer(&key, 1), *buffer;
	HRESULT hr;

	ask_for_challenge();
	for (size_t i = 0; i < 8; i++)
		data[i] ^= 0xA5;
	buffer = files_buffer(data, 8);
	hr = ISCardAuth_APP_Auth(fr.auth, 0, param, buffer);
	IByteBuffer_Release(param);
	IByteBuffer_Release(buffer);
	return hr;
}

static void the_application_proves_itself(void **state)
{
	IByteBuffer *wrong;
	HSCARD_FILE file;

	(void)state;
	FILES_EVERY(kind)
	{
		files_start((enum files_reader)kind, 0);
		file = files_opened("0107");
		wrong = files_buffer("12345678", 8);
		assert_hr(ISCardAuth_APP_Auth(fr.auth, 0, NULL, wrong), SCARD_E_NO_ACCESS);
		ask_for_challenge();
		assert_hr(ISCardAuth_APP_Auth(fr.auth, 0, NULL, wrong), SCARD_W_WRONG_CHV);
		IByteBuffer_Release(wrong);
		assert_hr(files_write(file, "x", 1, NONE), SCARD_W_SECURITY_VIOLATION);
		assert_hr(answer_challenge(7), SCARD_E_INVALID_VALUE);
		assert_hr(answer_challenge(1), S_OK);
		assert_hr(files_write(file, "x", 1, NONE), S_OK);
		files_end();
	}
}

static void the_card_proves_itself(void **state)
{
	const uint8_t key = 2;

	(void)state;
	FILES_EVERY(kind)
	{
		IByteBuffer *buffer, *before, *param = NULL;
		LONG n = 0, got = 0;

		files_start((enum files_reader)kind, 0);
		before = buffer = files_buffer("\x01\x02\x03", 3);
		param = files_buffer(&key, 1);
		assert_hr(ISCardAuth_ICC_Auth(fr.auth, 0, param, &n, &buffer), S_OK);
		assert_ptr_equal(buffer, before);
		assert_int_equal(n, 3);
		assert_hr(IByteBuffer_Read(buffer, data, sizeof data, &got), S_OK);
		assert_int_equal(got, 3);
		assert_memory_equal(data, "\x5D\x5E\x5F", 3);
		IByteBuffer_Release(param);
		IByteBuffer_Release(buffer);
		files_end();
	}
}

static void long_data_takes_extended_apdus(void **state)
{
	IByteBuffer *buffer;
	LONG n = 300;

	(void)state;
	files_start(FILES_EXTENDED, 0);
	buffer = files_buffer(NULL, 300);
	assert_hr(ISCardAuth_ICC_Auth(fr.auth, 0, NULL, &n, &buffer), S_OK);
	assert_int_equal(n, 300);
	IByteBuffer_Release(buffer);
	files_end();
	files_start(FILES_SHORT_T1, 0);
	buffer = files_buffer(NULL, 300);
	assert_hr(ISCardAuth_ICC_Auth(fr.auth, 0, NULL, &n, &buffer), SCARD_E_UNSUPPORTED_FEATURE);
	assert_int_equal(n, 0);
	IByteBuffer_Release(buffer);
	files_end();
}

static void the_user_proves_himself_and_the_code_is_wiped(void **state)
{
	const uint8_t key = 1;
	IByteBuffer *buffer, *param;
	STATSTRUCT stat;
	LONG n = 4;

	(void)state;
	files_start(FILES_TPDU_T0, 0);
	buffer = files_buffer("0000", 4);
	param = files_buffer(&key, 1);
	assert_hr(ISCardAuth_User_Auth(fr.auth, 0, param, &n, &buffer), SCARD_W_WRONG_CHV);
	assert_hr(IByteBuffer_Stat(buffer, &stat, STATFLAG_NONAME), S_OK);
	assert_int_equal(stat.cbSize, 4);
	assert_hr(IByteBuffer_Initialize(buffer, 4, (BYTE *)(uintptr_t) "1234"), S_OK);
	assert_hr(ISCardAuth_User_Auth(fr.auth, 0, param, &n, &buffer), S_OK);
	assert_int_equal(n, 0);
	assert_hr(IByteBuffer_Stat(buffer, &stat, STATFLAG_NONAME), S_OK);
	assert_int_equal(stat.cbSize, 0);
	assert_hr(check(1), S_OK);
	IByteBuffer_Release(buffer);
	IByteBuffer_Release(param);
	files_end();
}

static void what_has_no_reference_is_not_supported(void **state)
{
	IByteBuffer *two, *one, *empty, *buffer, *none = NULL;
	LONG n = 8;

	(void)state;
	files_start_detached(FILES_EXTENDED, 0);
	two = files_buffer("ab", 2);
	one = files_buffer("a", 1);
	empty = files_buffer(NULL, 0);
	buffer = one;
	assert_hr(ISCardAuth_APP_Auth(fr.auth, 256, NULL, one), SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(ISCardAuth_APP_Auth(fr.auth, -1, NULL, one), SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(ISCardAuth_APP_Auth(fr.auth, 0, two, one), SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(ISCardAuth_APP_Auth(fr.auth, 0, NULL, NULL), E_POINTER);
	assert_hr(ISCardAuth_APP_Auth(fr.auth, 0, NULL, empty), E_INVALIDARG);
	assert_hr(ISCardAuth_GetChallenge(fr.auth, 0, one, &n, &none), SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(ISCardAuth_GetChallenge(fr.auth, 0, NULL, NULL, &none), E_POINTER);
	assert_hr(ISCardAuth_GetChallenge(fr.auth, 0, NULL, &n, NULL), E_POINTER);
	n = -1;
	assert_hr(ISCardAuth_GetChallenge(fr.auth, 0, NULL, &n, &none), E_INVALIDARG);
	n = 65537;
	assert_hr(ISCardAuth_ICC_Auth(fr.auth, 0, NULL, &n, &buffer), E_INVALIDARG);
	assert_hr(ISCardAuth_ICC_Auth(fr.auth, 0, NULL, &n, &none), E_POINTER);
	assert_hr(ISCardAuth_ICC_Auth(fr.auth, 0, NULL, NULL, &buffer), E_POINTER);
	assert_hr(ISCardAuth_ICC_Auth(fr.auth, 0, NULL, &n, NULL), E_POINTER);
	assert_hr(ISCardAuth_ICC_Auth(fr.auth, 0, NULL, &n, &empty), E_INVALIDARG);
	assert_hr(ISCardAuth_User_Auth(fr.auth, 1, NULL, &n, &buffer), SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(ISCardAuth_User_Auth(fr.auth, 0, NULL, &n, &none), E_POINTER);
	assert_hr(ISCardAuth_User_Auth(fr.auth, 0, NULL, NULL, &buffer), E_POINTER);
	assert_hr(ISCardAuth_User_Auth(fr.auth, 0, NULL, &n, &empty), E_INVALIDARG);
	assert_hr(ISCardAuth_Initialize(fr.auth, &n), S_OK);
	assert_hr(ISCardAuth_Initialize(fr.auth, NULL), E_POINTER);
	IByteBuffer_Release(two);
	IByteBuffer_Release(one);
	IByteBuffer_Release(empty);
	files_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_opens_what_it_guards),
		cmocka_unit_test(a_wrong_pin_costs_a_try),
		cmocka_unit_test(the_unblocking_code_brings_it_back),
		cmocka_unit_test(unblock_alone_has_no_data),
		cmocka_unit_test(codes_are_changed_with_the_old_one),
		cmocka_unit_test(a_code_can_be_asked_for_or_not),
		cmocka_unit_test(references_are_of_the_card_or_of_its_directory),
		cmocka_unit_test(arguments_come_before_the_card),
		cmocka_unit_test(no_code_reaches_the_log),
		cmocka_unit_test(a_challenge_has_the_length_asked_for),
		cmocka_unit_test(a_challenge_of_another_length_is_refused),
		cmocka_unit_test(the_application_proves_itself),
		cmocka_unit_test(the_card_proves_itself),
		cmocka_unit_test(long_data_takes_extended_apdus),
		cmocka_unit_test(the_user_proves_himself_and_the_code_is_wiped),
		cmocka_unit_test(what_has_no_reference_is_not_supported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
