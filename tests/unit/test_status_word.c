/* SPDX-License-Identifier: MIT */
/* Every row of the table in provider.h. */
#include "status_word.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
	unsigned sw;
	HRESULT hr;
} rows[] = {
	{0x9000, S_OK},
	{0x6100, S_OK},
	{0x61FF, S_OK},
	{0x6200, S_OK},
	{0x6281, SCARD_E_COMM_DATA_LOST},
	{0x6282, SCARD_W_EOF},
	{0x6283, S_OK},
	{0x6284, S_OK},
	{0x6285, SCARD_E_NO_ACCESS},
	{0x62FF, S_OK},
	{0x6300, SCARD_W_WRONG_CHV},
	{0x6381, S_OK},
	{0x63C0, SCARD_W_WRONG_CHV},
	{0x63C3, SCARD_W_WRONG_CHV},
	{0x63CF, SCARD_W_WRONG_CHV},
	{0x63D0, S_OK},
	{0x6400, SCARD_E_UNEXPECTED},
	{0x6401, SCARD_E_UNEXPECTED},
	{0x6581, SCARD_E_UNEXPECTED},
	{0x6600, SCARD_W_SECURITY_VIOLATION},
	{0x6700, SCARD_E_INVALID_PARAMETER},
	{0x6881, SCARD_E_UNSUPPORTED_FEATURE},
	{0x6882, SCARD_E_UNSUPPORTED_FEATURE},
	{0x6900, SCARD_E_NO_ACCESS},
	{0x6981, SCARD_E_UNSUPPORTED_FEATURE},
	{0x6982, SCARD_W_SECURITY_VIOLATION},
	{0x6983, SCARD_W_CHV_BLOCKED},
	{0x6984, SCARD_E_NO_ACCESS},
	{0x6985, SCARD_E_NO_ACCESS},
	{0x6986, SCARD_E_NO_FILE},
	{0x6987, SCARD_W_SECURITY_VIOLATION},
	{0x6988, SCARD_W_SECURITY_VIOLATION},
	{0x6A80, SCARD_E_INVALID_PARAMETER},
	{0x6A81, SCARD_E_UNSUPPORTED_FEATURE},
	{0x6A82, SCARD_E_FILE_NOT_FOUND},
	{0x6A83, SCARD_W_EOF},
	{0x6A84, SCARD_E_WRITE_TOO_MANY},
	{0x6A86, SCARD_E_INVALID_PARAMETER},
	{0x6A88, SCARD_E_INVALID_VALUE},
	{0x6B00, SCARD_E_BAD_SEEK},
	{0x6C10, SCARD_E_UNEXPECTED},
	{0x6D00, SCARD_E_UNSUPPORTED_FEATURE},
	{0x6E00, SCARD_E_UNSUPPORTED_FEATURE},
	{0x6F00, SCARD_E_UNEXPECTED},
	{0x9001, SCARD_E_UNEXPECTED},
	{0x9110, SCARD_E_UNEXPECTED},
	{0x0000, SCARD_E_UNEXPECTED},
	{0xFFFF, SCARD_E_UNEXPECTED},
};

static void status_bytes_have_their_result(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		HRESULT hr = ccid_status_result(rows[i].sw);

		if (hr != rows[i].hr)
			print_error("%04X: ", rows[i].sw);
		assert_int_equal((uint32_t)hr, (uint32_t)rows[i].hr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_bytes_have_their_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
