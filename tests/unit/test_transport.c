/* SPDX-License-Identifier: MIT */
#include "transport.h"

#include "corpus.h"
#include "quirks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LISTED_VID 0x08E6
#define LISTED_PID 0x2202
#define OTHER_PID  0x0001

static uint8_t cfg[512];
static size_t cfg_len;

static void start(void)
{
	static const uint8_t head[9] = {9, 2, 0, 0, 1, 1, 0, 0x80, 50};

	memcpy(cfg, head, sizeof head);
	cfg_len = sizeof head;
}

/* Append one interface: class, class descriptor of that type, and bulk endpoints if asked for. */
static void interface(uint8_t number, uint8_t cls, uint8_t desc_type, bool bulk)
{
	const uint8_t itf[9] = {9, 4, number, 0, 2, cls, 0, 0, 0};
	static const uint8_t eps[14] = {7, 5, 1, 2, 64, 0, 0, 7, 5, 0x82, 2, 64, 0, 0};

	memcpy(cfg + cfg_len, itf, sizeof itf);
	cfg_len += sizeof itf;
	memset(cfg + cfg_len, 0, CCID_CLASS_DESC_LEN);
	cfg[cfg_len] = CCID_CLASS_DESC_LEN;
	cfg[cfg_len + 1] = desc_type;
	cfg_len += CCID_CLASS_DESC_LEN;
	if (bulk) {
		memcpy(cfg + cfg_len, eps, sizeof eps);
		cfg_len += sizeof eps;
	}
	cfg[2] = (uint8_t)cfg_len;
	cfg[3] = (uint8_t)(cfg_len >> 8);
}

static int choose(int wanted, uint16_t pid, struct ccid_interface *out)
{
	return ccid_transport_choose(out, cfg, cfg_len, wanted, LISTED_VID, pid);
}

static void a_ccid_interface_is_chosen(void **state)
{
	struct ccid_interface itf;

	(void)state;
	start();
	interface(3, 0x0B, 0x21, true);
	assert_int_equal(choose(-1, OTHER_PID, &itf), 0);
	assert_int_equal(itf.number, 3);
	assert_int_equal(itf.bulk_in.address, 0x82);
}

static void the_wanted_number_decides_among_several(void **state)
{
	struct ccid_interface itf;

	(void)state;
	start();
	interface(0, 0x0B, 0x21, true);
	interface(1, 0x0B, 0x21, true);
	assert_int_equal(choose(-1, OTHER_PID, &itf), 0);
	assert_int_equal(itf.number, 0);
	assert_int_equal(choose(1, OTHER_PID, &itf), 0);
	assert_int_equal(itf.number, 1);
	assert_int_equal(choose(2, OTHER_PID, &itf), CCID_E_NOTFOUND);
}

/* The first alternate setting of some has no bandwidth, of others another purpose. */
static void the_alternate_setting_that_can_be_driven_is_chosen(void **state)
{
	struct ccid_interface itf;
	size_t second;

	(void)state;
	start();
	interface(2, 0x0B, 0x21, false);
	second = cfg_len;
	interface(2, 0x0B, 0x21, true);
	cfg[second + 3] = 1;
	interface(2, 0x0B, 0x21, true);
	assert_int_equal(choose(-1, OTHER_PID, &itf), 0);
	assert_int_equal(itf.number, 2);
	assert_int_equal(itf.alt, 1);
	assert_int_equal(choose(2, OTHER_PID, &itf), 0);
	assert_int_equal(itf.alt, 1);
}

static void a_vendor_class_needs_type_21_and_both_endpoints(void **state)
{
	struct ccid_interface itf;

	(void)state;
	start();
	interface(0, 0xFF, 0x21, true);
	assert_int_equal(choose(-1, OTHER_PID, &itf), 0);
	start();
	interface(0, 0xFF, 0x21, false);
	assert_int_equal(choose(-1, OTHER_PID, &itf), CCID_E_NOTFOUND);
	start();
	interface(0, 0xFF, 0xFF, true);
	assert_int_equal(choose(-1, OTHER_PID, &itf), CCID_E_NOTFOUND);
}

static void type_ff_needs_a_quirk_row(void **state)
{
	struct ccid_interface itf;

	(void)state;
	start();
	interface(0, 0xFF, 0xFF, true);
	assert_int_equal(choose(-1, LISTED_PID, &itf), 0);
	assert_int_equal(itf.desc_type, 0xFF);
	start();
	interface(0, 0x0B, 0xFF, true);
	assert_int_equal(choose(-1, OTHER_PID, &itf), CCID_E_NOTFOUND);
	assert_int_equal(choose(-1, LISTED_PID, &itf), 0);
}

static void without_bulk_endpoints_only_a_token_is_chosen(void **state)
{
	struct ccid_interface itf = {.number = 0x5A};

	(void)state;
	start();
	interface(0, 0x0B, 0x21, false);
	assert_int_equal(choose(-1, OTHER_PID, &itf), CCID_E_UNSUPPORTED);
	assert_int_equal(itf.number, 0x5A);
	cfg[9 + 7] = 2; /* bInterfaceProtocol: ICCD version B */
	assert_int_equal(choose(-1, OTHER_PID, &itf), 0);
	assert_int_equal(itf.number, 0);
	cfg[9 + 7] = 0;
	interface(1, 0x0B, 0x21, true);
	assert_int_equal(choose(-1, OTHER_PID, &itf), 0);
	assert_int_equal(itf.number, 1);
}

static void nothing_is_chosen_from_nothing(void **state)
{
	struct ccid_interface itf;

	(void)state;
	assert_int_equal(ccid_transport_choose(&itf, NULL, 0, -1, 0, 0), CCID_E_NOTFOUND);
}

/* A configuration around one row of the corpus. */
static void rebuild(const struct corpus_table *t)
{
	bool bulk = corpus_number(t, "num_endpoints", 10) >= 2;

	start();
	interface((uint8_t)corpus_number(t, "ifnum", 10), (uint8_t)corpus_number(t, "if_class", 16),
	          0, bulk);
	(void)corpus_hex(corpus_cell(t, "class_descriptor_hex"), cfg + 18, CCID_CLASS_DESC_LEN);
}

static void every_bulk_reader_of_the_corpus_is_chosen(void **state)
{
	struct corpus_table t;
	struct ccid_interface itf;

	(void)state;
	corpus_table_open(&t, "ISCARD_TEST_DATA", "reader-descriptors.csv");
	while (corpus_table_next(&t)) {
		uint16_t vid = (uint16_t)corpus_number(&t, "vid", 16);
		uint16_t pid = (uint16_t)corpus_number(&t, "pid", 16);
		unsigned protocol = (unsigned)corpus_number(&t, "if_protocol", 16);
		bool bulk = corpus_number(&t, "num_endpoints", 10) >= 2;
		bool token = protocol == 1 || protocol == 2;

		rebuild(&t);
		cfg[9 + 7] = (uint8_t)protocol;
		assert_int_equal(ccid_transport_choose(&itf, cfg, cfg_len, -1, vid, pid),
		                 bulk || token ? 0 : CCID_E_UNSUPPORTED);
	}
	free(t.text);
}

static void every_vendor_class_reader_of_the_corpus_has_a_row(void **state)
{
	struct corpus_table t;

	(void)state;
	corpus_table_open(&t, "ISCARD_TEST_DATA", "reader-descriptors.csv");
	while (corpus_table_next(&t)) {
		unsigned flags = ccid_quirk_flags((uint16_t)corpus_number(&t, "vid", 16),
		                                  (uint16_t)corpus_number(&t, "pid", 16),
		                                  (uint16_t)corpus_number(&t, "bcd_device", 16));

		if (corpus_number(&t, "if_class", 16) == 0xFF)
			assert_true(flags & CCID_QUIRK_CLASS_FF);
		if (corpus_number(&t, "desc_type", 16) == 0xFF)
			assert_true(flags & CCID_QUIRK_TYPE_FF);
	}
	free(t.text);
}

/* Decode a string descriptor of these 16-bit units. */
static const char *text(const uint16_t *units, size_t n, size_t cap)
{
	static char out[64];
	uint8_t desc[64] = {(uint8_t)(2 + 2 * n), 3};

	assert_true(n < 32 && cap <= sizeof out);
	for (size_t i = 0; i < n; i++) {
		desc[2 + 2 * i] = (uint8_t)units[i];
		desc[3 + 2 * i] = (uint8_t)(units[i] >> 8);
	}
	memset(out, 0x55, sizeof out);
	ccid_text_from_usb(out, cap, desc, 2 + 2 * n);
	return out;
}

#define TEXT(...)                                                                                  \
	text((const uint16_t[]){__VA_ARGS__},                                                      \
	     sizeof(const uint16_t[]){__VA_ARGS__} / sizeof(uint16_t), 64)

static void plain_text_passes(void **state)
{
	(void)state;
	assert_string_equal(TEXT('A', 'C', 'S', ' ', '1'), "ACS 1");
	assert_string_equal(TEXT(0xE9), "\xC3\xA9");
	assert_string_equal(TEXT(0x20AC), "\xE2\x82\xAC");
	assert_string_equal(TEXT(0xD83D, 0xDCB3), "\xF0\x9F\x92\xB3");
	assert_string_equal(TEXT(0x7FF, 0x800), "\xDF\xBF\xE0\xA0\x80");
}

static void what_cannot_be_shown_becomes_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(TEXT('a', 0x1B, '[', 0x7F, 0x85, '\n'), "a?[???");
	assert_string_equal(TEXT('a', 0xD83D), "a?");
	assert_string_equal(TEXT(0xD83D, 'b'), "?b");
	assert_string_equal(TEXT(0xDCB3, 'b'), "?b");
	assert_string_equal(TEXT(0xDCB3, 0xDCB3), "??");
	assert_string_equal(TEXT(0xD83D, 0xE000), "?\xEE\x80\x80");
	assert_string_equal(TEXT(0xD83D, 0xD83D, 0xDCB3), "?\xF0\x9F\x92\xB3");
	assert_string_equal(TEXT('x', 0x202E, 0xFFFF, 0x2066), "x???");
}

static void blanks_and_padding_at_the_ends_go(void **state)
{
	(void)state;
	assert_string_equal(TEXT(' ', ' ', 'a', ' ', 'b', ' ', ' '), "a b");
	assert_string_equal(TEXT(' ', ' '), "");
	assert_string_equal(TEXT('a', ' ', 0, 0, 'z'), "a");
}

static void a_text_is_cut_between_characters(void **state)
{
	const uint16_t units[] = {'a', 0x20AC, 'b'};

	(void)state;
	assert_string_equal(text(units, 3, 6), "a\xE2\x82\xAC"
	                                       "b");
	assert_string_equal(text(units, 3, 5), "a\xE2\x82\xAC");
	assert_string_equal(text(units, 3, 4), "a");
	assert_string_equal(text(units, 3, 1), "");
	assert_int_equal(text(units, 3, 0)[0], 0x55);
}

static void odd_descriptors_are_read_within_their_bounds(void **state)
{
	static const uint8_t odd[] = {5, 3, 'a', 0, 'b'}, type[] = {4, 2, 'a', 0},
			     beyond[] = {40, 3, 'a', 0, 'b', 0}, inside[] = {4, 3, 'a', 0, 'b', 0},
			     none[] = {0, 3, 'a', 0};
	char out[8];

	(void)state;
	ccid_text_from_usb(out, sizeof out, odd, sizeof odd);
	assert_string_equal(out, "a");
	ccid_text_from_usb(out, sizeof out, type, sizeof type);
	assert_string_equal(out, "");
	ccid_text_from_usb(out, sizeof out, beyond, sizeof beyond);
	assert_string_equal(out, "ab");
	ccid_text_from_usb(out, sizeof out, inside, sizeof inside);
	assert_string_equal(out, "a");
	ccid_text_from_usb(out, sizeof out, none, sizeof none);
	assert_string_equal(out, "");
	ccid_text_from_usb(out, sizeof out, odd, 1);
	assert_string_equal(out, "");
	ccid_text_from_usb(out, sizeof out, NULL, 0);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ccid_interface_is_chosen),
		cmocka_unit_test(the_wanted_number_decides_among_several),
		cmocka_unit_test(the_alternate_setting_that_can_be_driven_is_chosen),
		cmocka_unit_test(a_vendor_class_needs_type_21_and_both_endpoints),
		cmocka_unit_test(type_ff_needs_a_quirk_row),
		cmocka_unit_test(without_bulk_endpoints_only_a_token_is_chosen),
		cmocka_unit_test(nothing_is_chosen_from_nothing),
		cmocka_unit_test(every_bulk_reader_of_the_corpus_is_chosen),
		cmocka_unit_test(every_vendor_class_reader_of_the_corpus_has_a_row),
		cmocka_unit_test(plain_text_passes),
		cmocka_unit_test(what_cannot_be_shown_becomes_a_question_mark),
		cmocka_unit_test(blanks_and_padding_at_the_ends_go),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test(odd_descriptors_are_read_within_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
