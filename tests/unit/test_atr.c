/* SPDX-License-Identifier: MIT */
#include "atr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* Decode an ATR written as upper-case hexadecimal digits; spaces may stand between bytes. */
static int decode(struct ccid_atr *a, const char *hex)
{
	uint8_t buf[64];
	size_t n = 0;

	for (; *hex != '\0'; hex++)
		if (*hex != ' ') {
			buf[n++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
			hex++;
		}
	return ccid_atr_decode(a, buf, n);
}

static struct ccid_atr decoded(const char *hex)
{
	struct ccid_atr a;

	assert_int_equal(decode(&a, hex), 0);
	return a;
}

static void expect_errors(const char *hex, unsigned errors)
{
	assert_int_equal(decoded(hex).errors, errors);
}

static void test_two_bytes_are_a_whole_atr_with_every_default(void **state)
{
	struct ccid_atr a = decoded("3B 00");

	(void)state;
	assert_int_equal(a.errors, 0);
	assert_int_equal(a.len, 2);
	assert_int_equal(a.used, 2);
	assert_int_equal(a.groups, 0);
	assert_int_equal(a.hist_len, 0);
	assert_int_equal(a.tck, -1);
	assert_int_equal(a.offered, 1);
	assert_int_equal(a.first, 0);
	assert_int_equal(a.fi, 372);
	assert_int_equal(a.di, 1);
	assert_int_equal(a.fmax_khz, 5000);
	assert_int_equal(a.ta1, 0x11);
	assert_int_equal(a.guard, 0);
	assert_false(a.specific);
	assert_int_equal(a.wi, 10);
	assert_int_equal(a.ifsc, 32);
	assert_int_equal(a.bwi, 4);
	assert_int_equal(a.cwi, 13);
	assert_false(a.crc);
	assert_false(a.has_t15);
	assert_int_equal(a.clock_stop, 0);
	assert_int_equal(a.classes, 1);
	assert_false(a.inverse);
}

static void test_every_byte_of_a_full_atr_finds_its_place(void **state)
{
	/* TA1 96, TB1 00, TC1 03, TD1 B1; TA2 91, TB2 00, TC is not there, TD2 F1; TA3 F8, TB3 75,
	 * TC3 01, TD3 3F; TA4 C7, TB4 82; two historical bytes; TCK */
	struct ccid_atr a = decoded("3B F2 96 00 03 B1 91 00 F1 F8 75 01 3F C7 82 AB CD 26");

	(void)state;
	assert_int_equal(a.errors, 0);
	assert_int_equal(a.groups, 4);
	assert_int_equal(a.ib[0].mask, CCID_ATR_TA | CCID_ATR_TB | CCID_ATR_TC | CCID_ATR_TD);
	assert_int_equal(a.ib[1].mask, CCID_ATR_TA | CCID_ATR_TB | CCID_ATR_TD);
	assert_int_equal(a.ib[2].mask, CCID_ATR_TA | CCID_ATR_TB | CCID_ATR_TC | CCID_ATR_TD);
	assert_int_equal(a.ib[3].mask, CCID_ATR_TA | CCID_ATR_TB);
	assert_int_equal(a.ib[2].tb, 0x75);
	assert_int_equal(a.ib[3].tb, 0x82);
	assert_int_equal(a.fi, 512);
	assert_int_equal(a.di, 32);
	assert_int_equal(a.guard, 3);
	assert_true(a.specific);
	assert_int_equal(a.ta2, 0x91);
	assert_int_equal(a.offered, 1u << 1 | 1u << 15);
	assert_int_equal(a.first, 1);
	assert_int_equal(a.ifsc, 0xF8);
	assert_int_equal(a.bwi, 7);
	assert_int_equal(a.cwi, 5);
	assert_true(a.crc);
	assert_true(a.has_t15);
	assert_int_equal(a.clock_stop, 3);
	assert_int_equal(a.classes, 7);
	assert_int_equal(a.hist_off, 15);
	assert_int_equal(a.hist_len, 2);
	assert_int_equal(a.bytes[a.hist_off], 0xAB);
	assert_int_equal(a.tck, 1);
	assert_int_equal(a.used, 18);
}

static void test_inverse_convention_is_ts_3f(void **state)
{
	struct ccid_atr a = decoded("3F 00");

	(void)state;
	assert_true(a.inverse);
	assert_int_equal(a.errors, 0);
}

static void test_fi_and_di_follow_the_tables(void **state)
{
	static const uint16_t fi[16] = {372, 372, 558, 744,  1116, 1488, 1860, 0,
	                                0,   512, 768, 1024, 1536, 2048, 0,    0};
	static const uint32_t khz[16] = {4000, 5000, 6000, 8000,  12000, 16000, 20000, 0,
	                                 0,    5000, 7500, 10000, 15000, 20000, 0,     0};
	static const uint16_t di[16] = {0, 1, 2, 4, 8, 16, 32, 64, 12, 20};

	(void)state;
	for (unsigned ta1 = 0; ta1 < 256; ta1++) {
		uint8_t atr[3] = {0x3B, 0x10, (uint8_t)ta1};
		struct ccid_atr a;
		unsigned want = (fi[ta1 >> 4] == 0 ? CCID_ATR_E_FI : 0u) |
		                (di[ta1 & 15] == 0 ? CCID_ATR_E_DI : 0u);

		assert_int_equal(ccid_atr_decode(&a, atr, sizeof atr), 0);
		assert_int_equal(a.fi, fi[ta1 >> 4]);
		assert_int_equal(a.di, di[ta1 & 15]);
		assert_int_equal(a.fmax_khz, khz[ta1 >> 4]);
		assert_int_equal(a.errors, want);
		assert_int_equal(ccid_fi((uint8_t)ta1), a.fi);
		assert_int_equal(ccid_di((uint8_t)ta1), a.di);
	}
}

static void test_guard_time_255_is_kept(void **state)
{
	(void)state;
	assert_int_equal(decoded("3B 40 FF").guard, 255);
	assert_int_equal(decoded("3B 40 FE").guard, 254);
}

static void test_index_2_bytes_are_never_those_of_t1(void **state)
{
	/* CardOS: T=1 in TD1 and yet a TC2, so IFSC is TA3 */
	struct ccid_atr a = decoded("3B F2 18 00 02 C1 0A 31 FE 58 C8 08 74");

	(void)state;
	assert_int_equal(a.errors, 0);
	assert_int_equal(a.wi, 10);
	assert_int_equal(a.ifsc, 0xFE);
	assert_int_equal(a.bwi, 5);
	assert_int_equal(a.cwi, 8);
	assert_int_equal(a.offered, 2);
	assert_int_equal(a.tck, 1);
}

static void test_only_the_first_bytes_of_t1_and_t15_count(void **state)
{
	struct ccid_atr a = decoded("3B 80 81 F1 40 45 01 F1 50 67 00 9F 43 1F 87 76");

	(void)state;
	assert_int_equal(a.errors, 0);
	assert_int_equal(a.ifsc, 0x40);
	assert_int_equal(a.bwi, 4);
	assert_int_equal(a.cwi, 5);
	assert_true(a.crc);
	assert_int_equal(a.clock_stop, 1);
	assert_int_equal(a.classes, 3);
}

static void test_bytes_for_other_protocols_are_recorded_and_not_used(void **state)
{
	struct ccid_atr a = decoded("3B 80 80 74 11 22 33 04");

	(void)state;
	assert_int_equal(a.errors, CCID_ATR_E_TCK);
	a = decoded("3B 80 80 74 11 22 33 74");
	assert_int_equal(a.errors, 0);
	assert_int_equal(a.offered, 1u << 0 | 1u << 4);
	assert_int_equal(a.ifsc, 32);
	assert_int_equal(a.bwi, 4);
	assert_int_equal(a.ib[2].tc, 0x33);
}

static void test_protocols_offered_and_first(void **state)
{
	struct ccid_atr a = decoded("3B 80 80 01 01");

	(void)state;
	assert_int_equal(a.first, 0);
	assert_true(ccid_atr_offers(&a, 0));
	assert_true(ccid_atr_offers(&a, 1));
	assert_false(ccid_atr_offers(&a, 2));
	assert_false(ccid_atr_offers(&a, 15));
	assert_false(ccid_atr_offers(&a, 16));
	assert_false(ccid_atr_offers(&a, 33));
	a = decoded("3B 80 01 81");
	assert_int_equal(a.first, 1);
	assert_int_equal(a.offered, 2);
}

static void test_tck_is_there_unless_only_t0_is_offered(void **state)
{
	(void)state;
	assert_int_equal(decoded("3B 81 00 55").tck, -1);
	expect_errors("3B 81 00 55", 0);
	expect_errors("3B 81 00 55 D4", CCID_ATR_E_TRAILING);
	assert_int_equal(decoded("3B 81 00 55 D4").tck, -1);
	assert_int_equal(decoded("3B 81 00 55 D4").used, 4);
	assert_int_equal(decoded("3B 80 01 81").tck, 1);
	expect_errors("3B 80 01 82", CCID_ATR_E_TCK);
	assert_int_equal(decoded("3B 80 01 82").tck, 0);
	expect_errors("3B 80 01", CCID_ATR_E_TCK_MISSING);
	assert_int_equal(decoded("3B 80 01").tck, -1);
	assert_int_equal(decoded("3B 80 80 1F 03 1C").tck, 1);
}

static void test_each_complaint_stands_alone(void **state)
{
	(void)state;
	expect_errors("3C 00", CCID_ATR_E_TS);
	expect_errors("03 00", CCID_ATR_E_TS);
	expect_errors("3B 03 11 22", CCID_ATR_E_HISTORICAL);
	expect_errors("3B 01 11 22 33", CCID_ATR_E_TRAILING);
	expect_errors("3B 10 71", CCID_ATR_E_FI);
	expect_errors("3B 10 1A", CCID_ATR_E_DI);
	expect_errors("3B 80 40 00", CCID_ATR_E_WI);
	expect_errors("3B 80 81 11 00 10", CCID_ATR_E_IFSC);
	expect_errors("3B 80 81 11 FF EF", CCID_ATR_E_IFSC);
	expect_errors("3B 80 81 21 A5 85", CCID_ATR_E_BWI);
	expect_errors("3B 80 0F 8F", CCID_ATR_E_T15_FIRST);
	expect_errors("3B 80 81 00 01", CCID_ATR_E_ORDER);
}

static void test_reserved_values_become_usable_ones(void **state)
{
	(void)state;
	assert_int_equal(decoded("3B 80 40 00").wi, 10);
	assert_int_equal(decoded("3B 80 81 11 00 10").ifsc, 32);
	assert_int_equal(decoded("3B 80 81 11 FF EF").ifsc, 254);
	assert_int_equal(decoded("3B 80 81 21 95 B5").bwi, 9);
	expect_errors("3B 80 81 21 95 B5", 0);
}

static void test_t15_not_last_is_out_of_order(void **state)
{
	struct ccid_atr a = decoded("3B 80 80 9F 03 01 9D");

	(void)state;
	assert_int_equal(a.errors, CCID_ATR_E_ORDER);
	assert_int_equal(a.offered, 1u << 0 | 1u << 1 | 1u << 15);
	assert_int_equal(a.classes, 3);
}

static void test_same_protocol_twice_is_in_order(void **state)
{
	(void)state;
	expect_errors("3B 80 81 81 01 81", 0);
}

static void test_short_historical_bytes_are_delivered(void **state)
{
	struct ccid_atr a = decoded("3B 04 60 89");

	(void)state;
	assert_int_equal(a.hist_off, 2);
	assert_int_equal(a.hist_len, 2);
	assert_int_equal(a.used, 4);
	a = decoded("3B 85 01 11 22");
	assert_int_equal(a.errors, CCID_ATR_E_HISTORICAL | CCID_ATR_E_TCK_MISSING);
	assert_int_equal(a.hist_len, 2);
}

static void test_input_that_ends_in_interface_bytes_is_short(void **state)
{
	static const char *const whole = "3BF296000391910075F8750131C782";
	struct ccid_atr a;

	(void)state;
	assert_int_equal(decode(&a, "3B F0 96 00"), CCID_E_SHORT);
	assert_int_equal(a.errors, CCID_ATR_E_INTERFACE);
	assert_int_equal(a.groups, 1);
	assert_int_equal(a.ib[0].mask, CCID_ATR_TA | CCID_ATR_TB);
	assert_int_equal(a.fi, 512);
	assert_int_equal(decode(&a, "3B 80"), CCID_E_SHORT);
	assert_int_equal(a.groups, 0);
	assert_int_equal(a.used, 2);
	for (size_t n = 4; n < 12; n += 2) {
		char cut[16] = {0};

		memcpy(cut, whole, n);
		assert_int_equal(decode(&a, cut), CCID_E_SHORT);
	}
}

static void test_below_two_bytes_is_short(void **state)
{
	struct ccid_atr a;

	(void)state;
	assert_int_equal(ccid_atr_decode(&a, (const uint8_t *)"", 0), CCID_E_SHORT);
	assert_int_equal(a.len, 0);
	assert_int_equal(ccid_atr_decode(&a, (const uint8_t *)"\x3B", 1), CCID_E_SHORT);
	assert_int_equal(a.len, 1);
	assert_int_equal(a.errors, CCID_ATR_E_INTERFACE);
	assert_int_equal(a.wi, 10);
	assert_int_equal(ccid_atr_decode(NULL, (const uint8_t *)"\x3B\x00", 2), CCID_E_ARG);
	assert_int_equal(ccid_atr_decode(&a, NULL, 2), CCID_E_ARG);
}

static void test_endless_interface_bytes_end_at_33_bytes(void **state)
{
	uint8_t buf[200];
	struct ccid_atr a;

	(void)state;
	memset(buf, 0xF0, sizeof buf);
	buf[0] = 0x3B;
	assert_int_equal(ccid_atr_decode(&a, buf, sizeof buf), CCID_E_SHORT);
	assert_int_equal(a.errors,
	                 CCID_ATR_E_LENGTH | CCID_ATR_E_INTERFACE | CCID_ATR_E_FI | CCID_ATR_E_DI);
	assert_int_equal(a.len, 33);
	assert_int_equal(a.groups, 8);
	memset(buf + 1, 0x80, sizeof buf - 1);
	assert_int_equal(ccid_atr_decode(&a, buf, sizeof buf), CCID_E_SHORT);
	assert_int_equal(a.groups, 31);
	buf[32] = 0x00;
	assert_int_equal(ccid_atr_decode(&a, buf, 33), CCID_OK);
	assert_int_equal(a.errors, 0);
	assert_int_equal(a.groups, 31);
	assert_int_equal(a.used, 33);
}

static void test_more_than_33_bytes_are_cut_off(void **state)
{
	uint8_t buf[40] = {0x3B, 0x02, 0x11, 0x22};
	struct ccid_atr a;

	(void)state;
	assert_int_equal(ccid_atr_decode(&a, buf, sizeof buf), CCID_OK);
	assert_int_equal(a.errors, CCID_ATR_E_LENGTH | CCID_ATR_E_TRAILING);
	assert_int_equal(a.len, 33);
	assert_int_equal(a.used, 4);
}

static void test_every_error_bit_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CCID_ATR_E_COUNT; i++) {
		assert_non_null(ccid_atr_error_text(1u << i));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(ccid_atr_error_text(1u << i),
			                        ccid_atr_error_text(1u << j));
	}
	assert_null(ccid_atr_error_text(0));
	assert_null(ccid_atr_error_text(3));
	assert_null(ccid_atr_error_text(1u << CCID_ATR_E_COUNT));
}

static void test_times_at_4_mhz_are_those_of_the_standard(void **state)
{
	struct ccid_atr a = decoded("3B 00");

	(void)state;
	assert_int_equal(ccid_atr_wwt_us(&a, 4000), 892800);
	assert_int_equal(ccid_atr_bwt_us(&a, 4000), 1023 + 1428480);
	assert_int_equal(ccid_atr_cwt_us(&a, 4000, false), 762879);
	assert_int_equal(ccid_atr_wwt_us(&a, 0), ccid_atr_wwt_us(&a, 3580));
	a.wi = 255;
	assert_int_equal(ccid_atr_wwt_us(&a, 4000), 22766400);
	a.bwi = 9;
	assert_int_equal(ccid_atr_bwt_us(&a, 4000), 1023 + 45711360);
}

static void test_times_follow_ta1_where_it_makes_them_longer_or_is_in_force(void **state)
{
	struct ccid_atr a = decoded("3B 10 D1"); /* 2048, 1 */

	(void)state;
	assert_int_equal(ccid_atr_wwt_us(&a, 4000), 10 * 960 * 512);
	assert_int_equal(ccid_atr_bwt_us(&a, 4000), 11 * 512 + 1428480);
	assert_int_equal(ccid_atr_cwt_us(&a, 4000, false), 762879);
	assert_int_equal(ccid_atr_cwt_us(&a, 4000, true), (11 + 8192) * 512);
	a = decoded("3B 10 96"); /* 512, 32 */
	assert_int_equal(ccid_atr_cwt_us(&a, 4000, true), (11 + 8192) * 4);
	assert_int_equal(ccid_atr_bwt_us(&a, 4000), 1023 + 1428480);
	a = decoded("3B 10 F6"); /* Fi reserved: as without TA1 */
	assert_int_equal(ccid_atr_cwt_us(&a, 4000, true), 762879);
	assert_int_equal(ccid_atr_wwt_us(&a, 4000), 892800);
}

static void test_times_never_wrap(void **state)
{
	struct ccid_atr a = decoded("3B 00");

	(void)state;
	a.wi = 255;
	a.bwi = 15;
	assert_int_equal(ccid_atr_wwt_us(&a, 1), UINT32_MAX);
	assert_int_equal(ccid_atr_bwt_us(&a, 1), UINT32_MAX);
	assert_int_equal(ccid_atr_bwt_us(&a, 4000), 1023 + 45711360); /* BWI counts as 9 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_bytes_are_a_whole_atr_with_every_default),
		cmocka_unit_test(test_every_byte_of_a_full_atr_finds_its_place),
		cmocka_unit_test(test_inverse_convention_is_ts_3f),
		cmocka_unit_test(test_fi_and_di_follow_the_tables),
		cmocka_unit_test(test_guard_time_255_is_kept),
		cmocka_unit_test(test_index_2_bytes_are_never_those_of_t1),
		cmocka_unit_test(test_only_the_first_bytes_of_t1_and_t15_count),
		cmocka_unit_test(test_bytes_for_other_protocols_are_recorded_and_not_used),
		cmocka_unit_test(test_protocols_offered_and_first),
		cmocka_unit_test(test_tck_is_there_unless_only_t0_is_offered),
		cmocka_unit_test(test_each_complaint_stands_alone),
		cmocka_unit_test(test_reserved_values_become_usable_ones),
		cmocka_unit_test(test_t15_not_last_is_out_of_order),
		cmocka_unit_test(test_same_protocol_twice_is_in_order),
		cmocka_unit_test(test_short_historical_bytes_are_delivered),
		cmocka_unit_test(test_input_that_ends_in_interface_bytes_is_short),
		cmocka_unit_test(test_below_two_bytes_is_short),
		cmocka_unit_test(test_endless_interface_bytes_end_at_33_bytes),
		cmocka_unit_test(test_more_than_33_bytes_are_cut_off),
		cmocka_unit_test(test_every_error_bit_has_a_text_of_its_own),
		cmocka_unit_test(test_times_at_4_mhz_are_those_of_the_standard),
		cmocka_unit_test(test_times_follow_ta1_where_it_makes_them_longer_or_is_in_force),
		cmocka_unit_test(test_times_never_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
