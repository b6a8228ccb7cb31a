/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_code_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int e = 0; e >= CCID_E_LAST; e--) {
		assert_string_not_equal(ccid_err_name(e), "?");
		for (int other = e - 1; other >= CCID_E_LAST; other--)
			assert_string_not_equal(ccid_err_name(e), ccid_err_name(other));
	}
}

static void every_code_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (int e = 0; e >= CCID_E_LAST; e--) {
		const char *text = ccid_err_text(e);

		assert_string_not_equal(text, "unknown error");
		assert_true(text[strlen(text) - 1] != '.');
		for (int other = e - 1; other >= CCID_E_LAST; other--)
			assert_string_not_equal(text, ccid_err_text(other));
	}
}

static void names_are_the_codes_without_prefix(void **state)
{
	(void)state;
	assert_string_equal(ccid_err_name(CCID_OK), "OK");
	assert_string_equal(ccid_err_name(CCID_E_TIMEOUT), "TIMEOUT");
	assert_string_equal(ccid_err_name(CCID_E_SLOT_BUSY), "SLOT_BUSY");
	assert_string_equal(ccid_err_name(CCID_E_DIVERGED), "DIVERGED");
}

static void other_numbers_are_unknown(void **state)
{
	const int others[] = {1, INT_MAX, INT_MIN, CCID_E_LAST - 1};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		assert_string_equal(ccid_err_name(others[i]), "?");
		assert_string_equal(ccid_err_text(others[i]), "unknown error");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_a_name_of_its_own),
		cmocka_unit_test(every_code_has_a_text_of_its_own),
		cmocka_unit_test(names_are_the_codes_without_prefix),
		cmocka_unit_test(other_numbers_are_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
