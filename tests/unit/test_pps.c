/* SPDX-License-Identifier: MIT */
#include "edc.h"
#include "pps.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_request_names_protocol_and_speed(void **state)
{
	uint8_t req[CCID_PPS_MAX];

	(void)state;
	assert_int_equal(ccid_pps_request(req, 1, 0x11), 3);
	assert_memory_equal(req, ((const uint8_t[]){0xFF, 0x01, 0xFE}), 3);
	assert_int_equal(ccid_pps_request(req, 0, 0x95), 4);
	assert_memory_equal(req, ((const uint8_t[]){0xFF, 0x10, 0x95, 0x7A}), 4);
}

static int check(uint8_t ta1_wanted, const uint8_t *rsp, size_t len, uint8_t *ta1)
{
	uint8_t req[CCID_PPS_MAX];
	size_t n = ccid_pps_request(req, 1, ta1_wanted);

	return ccid_pps_check(req, n, rsp, len, ta1);
}

static void an_echo_is_agreement(void **state)
{
	uint8_t ta1 = 0;

	(void)state;
	assert_int_equal(check(0x95, (const uint8_t[]){0xFF, 0x11, 0x95, 0x7B}, 4, &ta1), 0);
	assert_int_equal(ta1, 0x95);
}

static void a_card_may_drop_the_speed(void **state)
{
	uint8_t ta1 = 0;

	(void)state;
	assert_int_equal(check(0x95, (const uint8_t[]){0xFF, 0x01, 0xFE}, 3, &ta1), 0);
	assert_int_equal(ta1, 0x11);
}

static void anything_else_is_no_agreement(void **state)
{
	uint8_t ta1 = 0xEE;

	(void)state;
	assert_int_equal(check(0x95, (const uint8_t[]){0xFF, 0x11, 0x95, 0x7A}, 4, &ta1),
	                 CCID_E_PPS);
	assert_int_equal(check(0x95, (const uint8_t[]){0xFF, 0x10, 0x95, 0x7A}, 4, &ta1),
	                 CCID_E_PPS);
	assert_int_equal(check(0x95, (const uint8_t[]){0xFF, 0x11, 0x94, 0x7A}, 4, &ta1),
	                 CCID_E_PPS);
	assert_int_equal(check(0x11, (const uint8_t[]){0xFF, 0x11, 0x11, 0xFF}, 4, &ta1),
	                 CCID_E_PPS);
	assert_int_equal(check(0x95, (const uint8_t[]){0x3B, 0x01, 0x3A}, 3, &ta1), CCID_E_PPS);
	assert_int_equal(check(0x95, (const uint8_t[]){0xFF, 0x01}, 2, &ta1), CCID_E_SHORT);
	assert_int_equal(check(0x95, (const uint8_t[]){0xFF, 0x11, 0x95}, 3, &ta1), CCID_E_SHORT);
	assert_int_equal(ta1, 0xEE);
}

static void check_codes_have_their_known_values(void **state)
{
	static const uint8_t ifs[] = {0x00, 0xC1, 0x01, 0xFE};
	static const uint8_t select[] = {0x00, 0x00, 0x05, 0x00, 0xA4, 0x00, 0x00, 0x00};
	static const uint8_t ack[] = {0x00, 0x90, 0x00};

	(void)state;
	assert_int_equal(ccid_lrc(ifs, 4), 0x3E);
	assert_int_equal(ccid_crc(ifs, 4), 0x544E);
	assert_int_equal(ccid_crc(select, sizeof select), 0xB8DA);
	assert_int_equal(ccid_crc(ack, sizeof ack), 0x206E);
	assert_int_equal(ccid_lrc(ifs, 0), 0);
}

static void the_exclusive_or_is_of_all_bytes_of_any_length(void **state)
{
	uint8_t bytes[300], all = 0;

	(void)state;
	for (size_t n = 0; n < sizeof bytes; n++) {
		assert_int_equal(ccid_lrc(bytes, n), all);
		bytes[n] = (uint8_t)(n * 73 + n / 7 + 1);
		all ^= bytes[n];
		assert_int_equal(ccid_lrc(bytes + n, 1), bytes[n]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_names_protocol_and_speed),
		cmocka_unit_test(an_echo_is_agreement),
		cmocka_unit_test(a_card_may_drop_the_speed),
		cmocka_unit_test(anything_else_is_no_agreement),
		cmocka_unit_test(check_codes_have_their_known_values),
		cmocka_unit_test(the_exclusive_or_is_of_all_bytes_of_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
