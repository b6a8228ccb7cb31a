/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "names.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void names_are_made_of_what_is_known(void **state)
{
	static const struct {
		struct ccid_identity id;
		const char *want;
	} rows[] = {
		{{.manufacturer = "ACS", .product = "ACR39U", .interface_name = "CCID"},
	         "ACS ACR39U [CCID]"},
		{{.manufacturer = "ACS", .product = "ACR39U", .serial = "0001"},
	         "ACS ACR39U (0001)"},
		{{.product = "Reader", .interface_name = "Contact", .serial = "7"},
	         "Reader [Contact] (7)"},
		{{.manufacturer = "ACS"}, "ACS"},
		{{.vid = 0x8e6, .pid = 0x4433}, "Reader 08E6:4433"},
		{{.vid = 0x8e6, .pid = 0x4433, .serial = "A"}, "Reader 08E6:4433 (A)"},
	};
	char name[CCID_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ccid_name_base(name, sizeof name, &rows[i].id);
		assert_string_equal(name, rows[i].want);
	}
}

static void numbers_stand_at_the_end_in_hexadecimal(void **state)
{
	char name[CCID_NAME_MAX];

	(void)state;
	ccid_name_full(name, sizeof name, "ACS ACR39U", 0, 0);
	assert_string_equal(name, "ACS ACR39U 00 00");
	ccid_name_full(name, sizeof name, "ACS ACR39U", 10, 15);
	assert_string_equal(name, "ACS ACR39U 0A 0F");
	ccid_name_full(name, sizeof name, "ACS ACR39U", 256, 0); /* no second 00 */
	assert_string_equal(name, "ACS ACR39U 100 00");
}

static void the_longest_texts_fit(void **state)
{
	struct ccid_identity id;
	char name[CCID_NAME_MAX], full[CCID_NAME_MAX];

	(void)state;
	memset(&id, 0, sizeof id);
	memset(id.manufacturer, 'm', CCID_TEXT_MAX - 1);
	memset(id.product, 'p', CCID_TEXT_MAX - 1);
	memset(id.interface_name, 'i', CCID_TEXT_MAX - 1);
	memset(id.serial, 's', CCID_TEXT_MAX - 1);
	ccid_name_base(name, sizeof name, &id);
	assert_int_equal(strlen(name), 4 * (CCID_TEXT_MAX - 1) + 7);
	ccid_name_full(full, sizeof full, name, 0xFFFFFFFF, 255);
	assert_int_equal(strncmp(full, name, strlen(name)), 0);
	assert_string_equal(full + strlen(name), " FFFFFFFF FF");
	ccid_name_full(full, sizeof full, name, 1, 2);
	assert_string_equal(full + strlen(full) - 6, " 01 02");
}

static void equal_readers_keep_their_number_by_place(void **state)
{
	struct ccid_names names = {0};

	(void)state;
	assert_int_equal(ccid_names_number(&names, "A", "usb:1-1"), 0);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1-2"), 1);
	assert_int_equal(ccid_names_number(&names, "B", "usb:1-3"), 0);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1-4"), 2);
	/* whatever comes and goes */
	assert_int_equal(ccid_names_number(&names, "A", "usb:1-2"), 1);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1-1"), 0);
	assert_int_equal(ccid_names_number(&names, "B", "usb:1-1"), 1);
	ccid_names_free(&names);
	assert_null(names.first);
}

/* Without sysfs. A look that was broken off proves nothing. */
static void a_place_that_does_not_come_back_gives_its_number_back(void **state)
{
	struct ccid_names names = {0};

	(void)state;
	ccid_names_look(&names);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1/2"), 0);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1/3#1"), 1);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1-1"), 2);
	assert_int_equal(ccid_names_number(&names, "A", "usbredir:/a/b"), 3);
	ccid_names_looked(&names);
	ccid_names_look(&names);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1/4"), 4);
	ccid_names_look(&names);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1/3#1"), 1);
	ccid_names_looked(&names);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1/5"), 0);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1-1"), 2);
	assert_int_equal(ccid_names_number(&names, "A", "usbredir:/a/b"), 3);
	assert_int_equal(ccid_names_number(&names, "A", "usb:1/6"), 4);
	assert_int_equal(names.count, 5);
	ccid_names_free(&names);
}

static int number(struct ccid_names *names, unsigned serial, const char *place)
{
	char base[32];

	snprintf(base, sizeof base, "A (%u)", serial);
	return ccid_names_number(names, base, place);
}

/* A device of which each arrival has another serial number, beside two equal ones that stay. */
static void the_oldest_of_those_that_left_are_forgotten(void **state)
{
	struct ccid_names names = {0};

	(void)state;
	assert_int_equal(ccid_names_number(&names, "B", "usb:1-1"), 0);
	for (unsigned i = 0; i < 3 * CCID_NAMES_MAX; i++) {
		ccid_names_look(&names);
		assert_int_equal(ccid_names_number(&names, "B", "usb:1-2"), 1);
		assert_int_equal(number(&names, i, "usb:1-3"), 0);
		if (i < CCID_NAMES_MAX - 2) /* absent, and remembered */
			assert_int_equal(number(&names, 0, "usb:1-4"), 1);
		assert_in_range(names.count, 1, CCID_NAMES_MAX);
	}
	assert_int_equal(ccid_names_number(&names, "B", "usb:1-5"), 0); /* 1-1 is long gone */
	assert_int_equal(ccid_names_number(&names, "B", "usb:1-1"), 2);
	ccid_names_free(&names);
}

static void all_that_are_there_have_numbers_of_their_own(void **state)
{
	struct ccid_names names = {0};
	char place[32];

	(void)state;
	for (int round = 0; round < 2; round++) {
		ccid_names_look(&names);
		for (int i = 0; i < CCID_NAMES_MAX + 10; i++) {
			snprintf(place, sizeof place, "usb:1-%d", i);
			assert_int_equal(ccid_names_number(&names, "A", place), i);
		}
	}
	ccid_names_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_made_of_what_is_known),
		cmocka_unit_test(numbers_stand_at_the_end_in_hexadecimal),
		cmocka_unit_test(the_longest_texts_fit),
		cmocka_unit_test(equal_readers_keep_their_number_by_place),
		cmocka_unit_test(a_place_that_does_not_come_back_gives_its_number_back),
		cmocka_unit_test(the_oldest_of_those_that_left_are_forgotten),
		cmocka_unit_test(all_that_are_there_have_numbers_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
