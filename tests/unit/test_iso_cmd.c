/* SPDX-License-Identifier: MIT */
#include "iso_cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t out[300];

#define assert_apdu(call, ...)                                                                     \
	do {                                                                                       \
		const uint8_t want_[] = {__VA_ARGS__};                                             \
		assert_int_equal(call, sizeof want_);                                              \
		assert_memory_equal(out, want_, sizeof want_);                                     \
	} while (0)

static void commands_have_all_four_cases(void **state)
{
	const uint8_t mf[] = {0x3F, 0x00};

	(void)state;
	assert_apdu(ccid_iso_command(out, sizeof out, CCID_INS_SELECT, CCID_SELECT_ID,
	                             CCID_SELECT_FCP, mf, 2, 256),
	            0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00, 0x00);
	assert_apdu(ccid_iso_command(out, sizeof out, CCID_INS_VERIFY, 0, 0x81, mf, 2, 0), 0x00,
	            0x20, 0x00, 0x81, 0x02, 0x3F, 0x00);
	assert_apdu(ccid_iso_command(out, sizeof out, CCID_INS_GET_CHALLENGE, 0, 0, NULL, 0, 8),
	            0x00, 0x84, 0x00, 0x00, 0x08);
	assert_apdu(ccid_iso_command(out, sizeof out, CCID_INS_ACTIVATE_FILE, 0, 0, NULL, 0, 0),
	            0x00, 0x44, 0x00, 0x00);
	assert_int_equal(ccid_iso_command(out, 7, CCID_INS_SELECT, 0, 4, mf, 2, 256), CCID_E_SPACE);
	assert_int_equal(ccid_iso_command(out, sizeof out, CCID_INS_SELECT, 0, 4, mf, 65536, 0),
	                 CCID_E_ARG);
}

static void reading_up_to_32767_takes_p1_p2(void **state)
{
	(void)state;
	assert_apdu(ccid_iso_read_binary(out, sizeof out, 0x1234, 256), 0x00, 0xB0, 0x12, 0x34,
	            0x00);
	assert_apdu(ccid_iso_read_binary(out, sizeof out, 0x7FFF, 1), 0x00, 0xB0, 0x7F, 0xFF, 0x01);
	assert_int_equal(ccid_iso_read_binary(out, sizeof out, 0, 0), CCID_E_ARG);
	assert_int_equal(ccid_iso_read_binary(out, sizeof out, 0, 257), CCID_E_ARG);
}

static void reading_beyond_takes_an_offset_object(void **state)
{
	(void)state;
	assert_apdu(ccid_iso_read_binary(out, sizeof out, 0x8000, 127), 0x00, 0xB1, 0x00, 0x00,
	            0x05, 0x54, 0x03, 0x00, 0x80, 0x00, 0x81);
	assert_apdu(ccid_iso_read_binary(out, sizeof out, 0x012345, 252), 0x00, 0xB1, 0x00, 0x00,
	            0x05, 0x54, 0x03, 0x01, 0x23, 0x45, 0xFF);
	assert_int_equal(ccid_iso_read_binary(out, sizeof out, 0x8000, 253), CCID_E_ARG);
	assert_int_equal(ccid_iso_read_binary(out, sizeof out, 0x1000000, 1), CCID_E_ARG);
}

static void an_answer_to_an_offset_object_is_an_object(void **state)
{
	const uint8_t good[] = {0x53, 0x02, 0xAA, 0xBB}, other[] = {0x54, 0x02, 0xAA, 0xBB};
	const uint8_t lies[] = {0x53, 0x03, 0xAA, 0xBB};
	const uint8_t *data;

	(void)state;
	assert_int_equal(ccid_iso_binary_data(0x8000, good, sizeof good, &data), 2);
	assert_ptr_equal(data, good + 2);
	assert_int_equal(ccid_iso_binary_data(0x7FFF, good, sizeof good, &data), 4);
	assert_ptr_equal(data, good);
	assert_int_equal(ccid_iso_binary_data(0x8000, other, sizeof other, &data), CCID_E_FORMAT);
	assert_int_equal(ccid_iso_binary_data(0x8000, lies, sizeof lies, &data), CCID_E_FORMAT);
	assert_int_equal(ccid_iso_binary_data(0x8000, lies, 0, &data), 0);
}

static void writing_does_the_same(void **state)
{
	const uint8_t data[] = {0xCA, 0xFE};
	uint8_t much[255];
	int n;

	(void)state;
	memset(much, 0x5A, sizeof much);
	assert_apdu(ccid_iso_put_binary(out, sizeof out, CCID_INS_UPDATE_BINARY, 0x0102, data, 2),
	            0x00, 0xD6, 0x01, 0x02, 0x02, 0xCA, 0xFE);
	assert_apdu(ccid_iso_put_binary(out, sizeof out, CCID_INS_WRITE_BINARY, 0x8001, data, 2),
	            0x00, 0xD1, 0x00, 0x00, 0x09, 0x54, 0x03, 0x00, 0x80, 0x01, 0x53, 0x02, 0xCA,
	            0xFE);
	n = ccid_iso_put_binary(out, sizeof out, CCID_INS_UPDATE_BINARY, 0x8001, much, 246);
	assert_int_equal(n, 5 + 5 + 3 + 246);
	assert_memory_equal(out + 10, ((const uint8_t[]){0x53, 0x81, 246, 0x5A}), 4);
	assert_int_equal(ccid_iso_put_binary(out, sizeof out, 0xD6, 0x8001, much, 247), CCID_E_ARG);
	assert_int_equal(ccid_iso_put_binary(out, sizeof out, 0xD6, 0, much, 255), 260);
	assert_int_equal(ccid_iso_put_binary(out, sizeof out, 0xD6, 0, much, 256), CCID_E_ARG);
	assert_int_equal(ccid_iso_put_binary(out, sizeof out, 0xD6, 0, much, 0), CCID_E_ARG);
}

static void pins_and_keys_leave_the_current_file_alone(void **state)
{
	uint8_t apdu[] = {0x00, 0x20, 0x00, 0x01};

	(void)state;
	assert_true(ccid_iso_keeps_file(apdu, 4));
	apdu[0] = 0x0C; /* secure messaging */
	assert_true(ccid_iso_keeps_file(apdu, 4));
	assert_false(ccid_iso_keeps_file(apdu, 3));
	apdu[0] = 0x01; /* another channel */
	assert_false(ccid_iso_keeps_file(apdu, 4));
	apdu[0] = 0x80; /* a vendor's */
	assert_false(ccid_iso_keeps_file(apdu, 4));
	apdu[0] = 0x00;
	apdu[1] = 0xA4;
	assert_false(ccid_iso_keeps_file(apdu, 4));
	apdu[1] = 0xB0; /* may name an EF */
	assert_false(ccid_iso_keeps_file(apdu, 4));
}

static void erasing_names_its_end(void **state)
{
	(void)state;
	assert_apdu(ccid_iso_erase_binary(out, sizeof out, 0x0010, 0x0020), 0x00, 0x0E, 0x00, 0x10,
	            0x02, 0x00, 0x20);
	assert_apdu(ccid_iso_erase_binary(out, sizeof out, 0x8000, 0x9000), 0x00, 0x0F, 0x00, 0x00,
	            0x0A, 0x54, 0x03, 0x00, 0x80, 0x00, 0x54, 0x03, 0x00, 0x90, 0x00);
	assert_int_equal(ccid_iso_erase_binary(out, sizeof out, 5, 5), CCID_E_ARG);
}

static void commands_that_may_hold_a_pin_are_known(void **state)
{
	static const uint8_t may[] = {0x20, 0x21, 0x24, 0x25, 0x26, 0x28, 0x2C, 0x2D, 0xC2, 0xC3};

	(void)state;
	for (unsigned ins = 0; ins < 256; ins++)
		assert_int_equal(ccid_iso_may_hold_pin((uint8_t)ins),
		                 memchr(may, (int)ins, sizeof may) != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_have_all_four_cases),
		cmocka_unit_test(reading_up_to_32767_takes_p1_p2),
		cmocka_unit_test(reading_beyond_takes_an_offset_object),
		cmocka_unit_test(an_answer_to_an_offset_object_is_an_object),
		cmocka_unit_test(writing_does_the_same),
		cmocka_unit_test(pins_and_keys_leave_the_current_file_alone),
		cmocka_unit_test(erasing_names_its_end),
		cmocka_unit_test(commands_that_may_hold_a_pin_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
