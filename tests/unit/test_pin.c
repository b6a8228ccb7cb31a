/* SPDX-License-Identifier: MIT */
#include "pin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ASCII PIN of 4 to 8 digits, VERIFY 00 20 00 81 (PC/SC part 10, 2.5.2). */
static const uint8_t verify[] = {0x1E, 0x0A, 0x82, 0x08, 0x00, 0x08, 0x04, 0x02,
                                 0x01, 0x09, 0x04, 0x00, 0x00, 0x00, 0x00, 0x04,
                                 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x81};
static const uint8_t modify[] = {0x1E, 0x0A, 0x82, 0x08, 0x00, 0x00, 0x08, 0x08, 0x04, 0x03,
                                 0x02, 0x03, 0x09, 0x04, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00,
                                 0x05, 0x00, 0x00, 0x00, 0x00, 0x24, 0x00, 0x81, 0x00};

static void verify_becomes_secure_data(void **state)
{
	static const uint8_t want[] = {0x00, 0x1E, 0x82, 0x08, 0x00, 0x08, 0x04, 0x02, 0x01, 0x09,
	                               0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x81};
	uint8_t out[CCID_PIN_DATA_MAX];
	struct ccid_pin p;

	(void)state;
	assert_int_equal(ccid_pin_verify_decode(&p, verify, sizeof verify), 0);
	assert_int_equal(p.min_digits, 4);
	assert_int_equal(p.max_digits, 8);
	assert_int_equal(p.language, 0x0409);
	assert_int_equal(ccid_pin_encode(out, sizeof out, &p, false), sizeof want);
	assert_memory_equal(out, want, sizeof want);
	assert_int_equal(ccid_pin_encode(out, sizeof want - 1, &p, false), CCID_E_SPACE);
}

static void modify_becomes_secure_data(void **state)
{
	static const uint8_t want[] = {0x01, 0x1E, 0x82, 0x08, 0x00, 0x00, 0x08, 0x08, 0x04,
	                               0x03, 0x02, 0x03, 0x09, 0x04, 0x00, 0x01, 0x02, 0x00,
	                               0x00, 0x00, 0x00, 0x24, 0x00, 0x81, 0x00};
	uint8_t out[CCID_PIN_DATA_MAX];
	struct ccid_pin p;

	(void)state;
	assert_int_equal(ccid_pin_modify_decode(&p, modify, sizeof modify), 0);
	assert_int_equal(ccid_pin_encode(out, sizeof out, &p, false), sizeof want);
	assert_memory_equal(out, want, sizeof want);
}

static void indexes_follow_the_number_of_messages(void **state)
{
	static const struct {
		uint8_t messages;
		bool all;
		int len;
	} rows[] = {{0, false, 23}, {1, false, 24},    {2, false, 24},
	            {3, false, 25}, {0xFF, false, 25}, {0, true, 25}};
	uint8_t out[CCID_PIN_DATA_MAX];
	struct ccid_pin p;

	(void)state;
	assert_int_equal(ccid_pin_modify_decode(&p, modify, sizeof modify), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		p.messages = rows[i].messages;
		assert_int_equal(ccid_pin_encode(out, sizeof out, &p, rows[i].all), rows[i].len);
	}
}

static void swapped_fields_are_recognised_by_the_length(void **state)
{
	uint8_t swapped[sizeof verify];
	struct ccid_pin p;

	(void)state;
	memcpy(swapped, verify, sizeof verify);
	memcpy(swapped + 5, (const uint8_t[2]){0x04, 0x08}, 2);
	memcpy(swapped + 9, (const uint8_t[2]){0x04, 0x09}, 2);
	memcpy(swapped + 15, (const uint8_t[4]){0x00, 0x00, 0x00, 0x04}, 4);
	assert_int_equal(ccid_pin_verify_decode(&p, swapped, sizeof swapped), 0);
	assert_int_equal(p.min_digits, 4);
	assert_int_equal(p.max_digits, 8);
	assert_int_equal(p.language, 0x0409);
}

static void wrong_lengths_are_refused(void **state)
{
	uint8_t bad[sizeof verify];
	struct ccid_pin p;

	(void)state;
	assert_int_equal(ccid_pin_verify_decode(&p, verify, sizeof verify - 1), CCID_E_FORMAT);
	assert_int_equal(ccid_pin_verify_decode(&p, verify, 18), CCID_E_SHORT);
	assert_int_equal(ccid_pin_verify_decode(&p, verify, 0), CCID_E_SHORT);
	assert_int_equal(ccid_pin_modify_decode(&p, modify, 23), CCID_E_SHORT);
	memcpy(bad, verify, sizeof bad);
	bad[15] = 3;
	assert_int_equal(ccid_pin_verify_decode(&p, bad, sizeof bad - 1), CCID_E_FORMAT);
}

static void a_validation_that_crashes_readers_is_replaced(void **state)
{
	uint8_t odd[sizeof verify];
	struct ccid_pin p;

	(void)state;
	memcpy(odd, verify, sizeof odd);
	for (unsigned v = 0; v < 256; v++) {
		odd[7] = (uint8_t)v;
		assert_int_equal(ccid_pin_verify_decode(&p, odd, sizeof odd), 0);
		assert_int_equal(p.validation, v == 0 || v > 7 ? 2 : v);
	}
}

static void failures_of_the_entry_are_status_words(void **state)
{
	(void)state;
	assert_int_equal(ccid_pin_status(CCID_E_PIN_TIMEOUT), 0x6400);
	assert_int_equal(ccid_pin_status(CCID_E_PIN_CANCELLED), 0x6401);
	assert_int_equal(ccid_pin_status(CCID_E_MUTE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verify_becomes_secure_data),
		cmocka_unit_test(modify_becomes_secure_data),
		cmocka_unit_test(indexes_follow_the_number_of_messages),
		cmocka_unit_test(swapped_fields_are_recognised_by_the_length),
		cmocka_unit_test(wrong_lengths_are_refused),
		cmocka_unit_test(a_validation_that_crashes_readers_is_replaced),
		cmocka_unit_test(failures_of_the_entry_are_status_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
