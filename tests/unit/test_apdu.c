/* SPDX-License-Identifier: MIT */
#include "apdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t big[CCID_APDU_MAX + 8];

static struct ccid_apdu decoded(const char *header_and_body, size_t len)
{
	struct ccid_apdu a;

	assert_int_equal(ccid_apdu_decode(&a, (const uint8_t *)header_and_body, len), 0);
	return a;
}

/* An APDU in big: header, the bytes of prefix, then zeros up to len. */
static int decode_big(struct ccid_apdu *a, const char *prefix, size_t n, size_t len)
{
	memset(big, 0, sizeof big);
	memcpy(big, "\x00\xA4\x01\x02", 4);
	memcpy(big + 4, prefix, n);
	return ccid_apdu_decode(a, big, len);
}

static void test_header_alone_is_case_1(void **state)
{
	struct ccid_apdu a = decoded("\x80\xA4\x01\x02", 4);

	(void)state;
	assert_int_equal(a.kind, 1);
	assert_int_equal(a.cla, 0x80);
	assert_int_equal(a.ins, 0xA4);
	assert_int_equal(a.p1, 1);
	assert_int_equal(a.p2, 2);
	assert_int_equal(a.lc, 0);
	assert_int_equal(a.le, 0);
	assert_false(a.extended);
}

static void test_below_four_bytes_is_short(void **state)
{
	struct ccid_apdu a = {.kind = 99};

	(void)state;
	for (size_t n = 0; n < 4; n++)
		assert_int_equal(ccid_apdu_decode(&a, (const uint8_t *)"\0\0\0", n), CCID_E_SHORT);
	assert_int_equal(a.kind, 99);
}

static void test_fifth_byte_is_le_where_00_means_256(void **state)
{
	(void)state;
	assert_int_equal(decoded("\0\xB0\0\0\x10", 5).le, 16);
	assert_int_equal(decoded("\0\xB0\0\0\xFF", 5).le, 255);
	assert_int_equal(decoded("\0\xB0\0\0\0", 5).le, 256);
	assert_int_equal(decoded("\0\xB0\0\0\0", 5).kind, 2);
}

static void test_case_3_short_takes_exactly_lc_bytes(void **state)
{
	struct ccid_apdu a = decoded("\0\xA4\0\0\x02\x3F\x00", 7);

	(void)state;
	assert_int_equal(a.kind, 3);
	assert_int_equal(a.lc, 2);
	assert_memory_equal(a.data, "\x3F\x00", 2);
	assert_int_equal(a.le, 0);
	assert_int_equal(decode_big(&a, "\xFF", 1, 5 + 255), 0);
	assert_int_equal(a.kind, 3);
	assert_int_equal(a.lc, 255);
}

static void test_case_4_short_has_one_byte_more(void **state)
{
	struct ccid_apdu a = decoded("\0\xA4\0\0\x02\x3F\x00\x00", 8);

	(void)state;
	assert_int_equal(a.kind, 4);
	assert_int_equal(a.le, 256);
	a = decoded("\0\xA4\0\0\x01\x3F\x07", 7);
	assert_int_equal(a.kind, 4);
	assert_int_equal(a.lc, 1);
	assert_int_equal(a.le, 7);
}

static void test_short_lengths_that_do_not_fit_are_refused(void **state)
{
	struct ccid_apdu a;

	(void)state;
	assert_int_equal(decode_big(&a, "\x02", 1, 6), CCID_E_FORMAT); /* one data byte missing */
	assert_int_equal(decode_big(&a, "\x02", 1, 9), CCID_E_FORMAT); /* one byte after Le */
	assert_int_equal(decode_big(&a, "\xFF", 1, 5 + 254), CCID_E_FORMAT);
	assert_int_equal(decode_big(&a, "\xFF", 1, 5 + 257), CCID_E_FORMAT);
}

static void test_case_2_extended_counts_to_65536(void **state)
{
	struct ccid_apdu a;

	(void)state;
	assert_int_equal(decode_big(&a, "\0\1\0", 3, 7), 0);
	assert_int_equal(a.kind, 2);
	assert_true(a.extended);
	assert_int_equal(a.le, 256);
	assert_int_equal(decode_big(&a, "\0\1\1", 3, 7), 0);
	assert_int_equal(a.le, 257);
	assert_int_equal(decode_big(&a, "\0\xFF\xFF", 3, 7), 0);
	assert_int_equal(a.le, 65535);
	assert_int_equal(decode_big(&a, "\0\0\0", 3, 7), 0);
	assert_int_equal(a.le, 65536);
}

static void test_cases_3_and_4_extended_take_exactly_lc_bytes(void **state)
{
	static const uint32_t lengths[] = {1, 255, 256, 257, 65535};
	struct ccid_apdu a;

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		uint32_t lc = lengths[i];
		char p[3] = {0, (char)(lc >> 8), (char)lc};

		assert_int_equal(decode_big(&a, p, 3, 7 + lc), 0);
		assert_int_equal(a.kind, 3);
		assert_int_equal(a.lc, lc);
		assert_ptr_equal(a.data, big + 7);
		assert_int_equal(decode_big(&a, p, 3, 9 + lc), 0);
		assert_int_equal(a.kind, 4);
		assert_int_equal(a.lc, lc);
		assert_int_equal(a.le, 65536);
		assert_true(a.extended);
		if (lc > 1)
			assert_int_equal(decode_big(&a, p, 3, 6 + lc), CCID_E_FORMAT);
		assert_int_equal(decode_big(&a, p, 3, 8 + lc), CCID_E_FORMAT);
		assert_int_equal(decode_big(&a, p, 3, 10 + lc), CCID_E_FORMAT);
	}
}

static void test_extended_forms_that_mean_nothing_are_refused(void **state)
{
	struct ccid_apdu a = {.kind = 99};

	(void)state;
	assert_int_equal(decode_big(&a, "\0\1", 2, 6), CCID_E_FORMAT);       /* half a length */
	assert_int_equal(decode_big(&a, "\0\0\0\1", 4, 8), CCID_E_FORMAT);   /* Lc 0 and data */
	assert_int_equal(decode_big(&a, "\0\0\0\1\1", 5, 9), CCID_E_FORMAT); /* Lc 0 and Le */
	assert_int_equal(a.kind, 99);
}

static void expect_encoding(struct ccid_apdu a, const char *bytes, size_t len)
{
	uint8_t buf[300];

	assert_int_equal(ccid_apdu_encode(buf, sizeof buf, &a), (int)len);
	assert_memory_equal(buf, bytes, len);
	assert_int_equal(ccid_apdu_encode(buf, len, &a), (int)len);
	assert_int_equal(ccid_apdu_encode(buf, len - 1, &a), CCID_E_SPACE);
}

static void test_encoding_takes_the_short_form_where_it_can(void **state)
{
	const uint8_t *d = (const uint8_t *)"\x3F\x00";

	(void)state;
	expect_encoding((struct ccid_apdu){.ins = 0xA4}, "\0\xA4\0\0", 4);
	expect_encoding((struct ccid_apdu){.ins = 0xB0, .le = 256}, "\0\xB0\0\0\0", 5);
	expect_encoding((struct ccid_apdu){.ins = 0xB0, .le = 255}, "\0\xB0\0\0\xFF", 5);
	expect_encoding((struct ccid_apdu){.ins = 0xA4, .data = d, .lc = 2}, "\0\xA4\0\0\x02\x3F\0",
	                7);
	expect_encoding((struct ccid_apdu){.ins = 0xA4, .data = d, .lc = 2, .le = 256},
	                "\0\xA4\0\0\x02\x3F\0\0", 8);
}

static void test_encoding_takes_the_extended_form_where_it_must_or_is_told(void **state)
{
	const uint8_t *d = (const uint8_t *)"\x3F\x00";

	(void)state;
	expect_encoding((struct ccid_apdu){.ins = 0xB0, .le = 257}, "\0\xB0\0\0\0\1\1", 7);
	expect_encoding((struct ccid_apdu){.ins = 0xB0, .le = 65536}, "\0\xB0\0\0\0\0\0", 7);
	expect_encoding((struct ccid_apdu){.ins = 0xB0, .le = 1, .extended = true},
	                "\0\xB0\0\0\0\0\1", 7);
	expect_encoding((struct ccid_apdu){.ins = 0xA4, .data = d, .lc = 2, .extended = true},
	                "\0\xA4\0\0\0\0\x02\x3F\0", 9);
	expect_encoding((struct ccid_apdu){.ins = 0xA4, .data = d, .lc = 2, .le = 300},
	                "\0\xA4\0\0\0\0\x02\x3F\0\x01\x2C", 11);
	expect_encoding((struct ccid_apdu){.ins = 0xA4, .extended = true}, "\0\xA4\0\0", 4);
}

static void test_encoding_refuses_numbers_out_of_range(void **state)
{
	struct ccid_apdu a = {.lc = 65536, .data = big};

	(void)state;
	assert_int_equal(ccid_apdu_encode(big, sizeof big, &a), CCID_E_ARG);
	a = (struct ccid_apdu){.le = 65537};
	assert_int_equal(ccid_apdu_encode(big, sizeof big, &a), CCID_E_ARG);
	a = (struct ccid_apdu){.lc = 1};
	assert_int_equal(ccid_apdu_encode(big, sizeof big, &a), CCID_E_ARG);
}

static void test_data_may_lie_anywhere_in_the_buffer(void **state)
{
	(void)state;
	for (size_t at = 0; at < 20; at++) {
		uint8_t buf[32] = {0};
		struct ccid_apdu a = {.ins = 0xD6, .data = buf + at, .lc = 4, .le = 2};

		memcpy(buf + at, "\1\2\3\4", 4);
		assert_int_equal(ccid_apdu_encode(buf, sizeof buf, &a), 10);
		assert_memory_equal(buf, "\0\xD6\0\0\4\1\2\3\4\2", 10);
	}
}

static void test_largest_apdu_survives_a_round_trip(void **state)
{
	struct ccid_apdu a = {.ins = 0xDA, .data = big + 7, .lc = 65535, .le = 65536}, b;

	(void)state;
	memset(big, 0x5A, sizeof big);
	assert_int_equal(ccid_apdu_encode(big, CCID_APDU_MAX - 1, &a), CCID_E_SPACE);
	assert_int_equal(ccid_apdu_encode(big, CCID_APDU_MAX, &a), CCID_APDU_MAX);
	assert_int_equal(ccid_apdu_decode(&b, big, CCID_APDU_MAX), 0);
	assert_int_equal(b.kind, 4);
	assert_int_equal(b.lc, 65535);
	assert_int_equal(b.le, 65536);
	assert_int_equal(b.data[65534], 0x5A);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_alone_is_case_1),
		cmocka_unit_test(test_below_four_bytes_is_short),
		cmocka_unit_test(test_fifth_byte_is_le_where_00_means_256),
		cmocka_unit_test(test_case_3_short_takes_exactly_lc_bytes),
		cmocka_unit_test(test_case_4_short_has_one_byte_more),
		cmocka_unit_test(test_short_lengths_that_do_not_fit_are_refused),
		cmocka_unit_test(test_case_2_extended_counts_to_65536),
		cmocka_unit_test(test_cases_3_and_4_extended_take_exactly_lc_bytes),
		cmocka_unit_test(test_extended_forms_that_mean_nothing_are_refused),
		cmocka_unit_test(test_encoding_takes_the_short_form_where_it_can),
		cmocka_unit_test(test_encoding_takes_the_extended_form_where_it_must_or_is_told),
		cmocka_unit_test(test_encoding_refuses_numbers_out_of_range),
		cmocka_unit_test(test_data_may_lie_anywhere_in_the_buffer),
		cmocka_unit_test(test_largest_apdu_survives_a_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
