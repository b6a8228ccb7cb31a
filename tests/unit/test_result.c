/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "result.h"

#include <cmocka.h>

static void every_failure_has_a_failing_result(void **state)
{
	(void)state;
	for (int err = -1; err >= CCID_E_LAST; err--) {
		for (int phase = CCID_ATTACHING; phase <= CCID_ATTACHED; phase++) {
			HRESULT hr = ccid_result(err, (enum ccid_phase)phase);

			if (phase == CCID_ATTACHED &&
			    (err == CCID_E_PIN_CANCELLED || err == CCID_E_PIN_TIMEOUT))
				assert_int_equal(hr, S_OK);
			else
				assert_true(FAILED(hr));
			assert_non_null(iscard_result_name(hr));
		}
	}
}

static void success_and_counts_are_ok(void **state)
{
	(void)state;
	assert_int_equal(ccid_result(0, CCID_ATTACHING), S_OK);
	assert_int_equal(ccid_result(17, CCID_ATTACHED), S_OK);
	assert_int_equal(ccid_result(CCID_E_LAST - 1, CCID_ATTACHED), SCARD_F_UNKNOWN_ERROR);
	assert_int_equal(ccid_result(-10000, CCID_ATTACHING), SCARD_F_UNKNOWN_ERROR);
}

/* The rows of the recommended mapping, in its order. */
static void results_are_those_of_the_reference(void **state)
{
	static const struct {
		int err;
		HRESULT attaching, attached;
	} rows[] = {
		{CCID_E_NOCARD, SCARD_E_NO_SMARTCARD, SCARD_W_REMOVED_CARD},
		{CCID_E_MUTE, SCARD_W_UNRESPONSIVE_CARD, SCARD_E_COMM_DATA_LOST},
		{CCID_E_PROTOCOL, SCARD_E_PROTO_MISMATCH, SCARD_E_PROTO_MISMATCH},
		{CCID_E_BAD_ATR, SCARD_W_UNSUPPORTED_CARD, SCARD_W_UNSUPPORTED_CARD},
		{CCID_E_COMM, SCARD_E_COMM_DATA_LOST, SCARD_E_COMM_DATA_LOST},
		{CCID_E_HARDWARE, SCARD_W_UNPOWERED_CARD, SCARD_W_UNPOWERED_CARD},
		{CCID_E_CLASS, SCARD_E_UNSUPPORTED_FEATURE, SCARD_E_UNSUPPORTED_FEATURE},
		{CCID_E_SLOT_BUSY, SCARD_E_NOT_READY, SCARD_E_NOT_READY},
		{CCID_E_UNSUPPORTED, SCARD_E_UNSUPPORTED_FEATURE, SCARD_E_UNSUPPORTED_FEATURE},
		{CCID_E_NO_SLOT, SCARD_E_READER_UNAVAILABLE, SCARD_E_READER_UNAVAILABLE},
		{CCID_E_REFUSED, SCARD_F_INTERNAL_ERROR, SCARD_F_INTERNAL_ERROR},
		{CCID_E_ABORTED, SCARD_E_CANCELLED, SCARD_E_CANCELLED},
		{CCID_E_GONE, SCARD_E_READER_UNAVAILABLE, SCARD_E_READER_UNAVAILABLE},
		{CCID_E_ACCESS, SCARD_W_SECURITY_VIOLATION, SCARD_W_SECURITY_VIOLATION},
		{CCID_E_BUSY, SCARD_E_SHARING_VIOLATION, SCARD_E_SHARING_VIOLATION},
		{CCID_E_IO, SCARD_F_COMM_ERROR, SCARD_F_COMM_ERROR},
		{CCID_E_SHORT, SCARD_F_COMM_ERROR, SCARD_F_COMM_ERROR},
		{CCID_E_TIMEOUT, SCARD_E_TIMEOUT, SCARD_E_TIMEOUT},
		{CCID_E_PPS, SCARD_W_UNRESPONSIVE_CARD, SCARD_W_UNRESPONSIVE_CARD},
		{CCID_E_STALE, SCARD_E_NOT_READY, SCARD_W_RESET_CARD},
		{CCID_E_NOTFOUND, SCARD_E_UNKNOWN_READER, SCARD_E_READER_UNAVAILABLE},
		{CCID_E_NOMEM, E_OUTOFMEMORY, E_OUTOFMEMORY},
		{CCID_E_DIVERGED, ISCARD_E_DIVERGED, ISCARD_E_DIVERGED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(ccid_result(rows[i].err, CCID_ATTACHING), rows[i].attaching);
		assert_int_equal(ccid_result(rows[i].err, CCID_ATTACHED), rows[i].attached);
	}
}

/* Every line "#define NAME ((HRESULT)0x80...U)" of the header. */
static void every_code_of_the_header_has_its_name_and_a_sentence(void **state)
{
	FILE *f = fopen(ERRORS_H, "r");
	char line[256], name[64];
	unsigned codes = 0, value;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL) {
		HRESULT hr;

		if (sscanf(line, "#define %63s ((HRESULT)0x%xU)", name, &value) != 2)
			continue;
		hr = (HRESULT)value;
		assert_non_null(iscard_result_name(hr));
		assert_string_equal(iscard_result_name(hr), name);
		assert_string_not_equal(iscard_strerror(hr), "unknown result code");
		codes++;
	}
	fclose(f);
	assert_true(codes > 80);
	assert_null(iscard_result_name((HRESULT)0x80123456U));
	assert_string_equal(iscard_strerror((HRESULT)0x80123456U), "unknown result code");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failure_has_a_failing_result),
		cmocka_unit_test(success_and_counts_are_ok),
		cmocka_unit_test(results_are_those_of_the_reference),
		cmocka_unit_test(every_code_of_the_header_has_its_name_and_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
