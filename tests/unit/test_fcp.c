/* SPDX-License-Identifier: MIT */
#include "fcp.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static int first(struct ccid_tlv *t, const uint8_t *buf, size_t len)
{
	struct ccid_rd r = ccid_rd(buf, len);

	return ccid_tlv_next(&r, t);
}

static void tags_have_one_to_three_bytes(void **state)
{
	struct ccid_tlv t;

	(void)state;
	assert_int_equal(first(&t, BYTES(0x80, 0x01, 0xAA)), 1);
	assert_int_equal(t.tag, 0x80);
	assert_int_equal(t.raw_len, 3);
	assert_int_equal(first(&t, BYTES(0x5F, 0x50, 0x00)), 1);
	assert_int_equal(t.tag, 0x5F50);
	assert_int_equal(t.len, 0);
	assert_int_equal(first(&t, BYTES(0x7F, 0x81, 0x02, 0x01, 0x55)), 1);
	assert_int_equal(t.tag, 0x7F8102);
	assert_int_equal(t.value[0], 0x55);
	assert_int_equal(first(&t, BYTES(0x7F, 0x81, 0x82, 0x03, 0x00)), CCID_E_FORMAT);
	assert_int_equal(first(&t, BYTES(0x5F)), CCID_E_FORMAT);
}

static void lengths_have_up_to_four_bytes_more(void **state)
{
	uint8_t big[300] = {0x80, 0x82, 0x01, 0x00};
	struct ccid_tlv t;

	(void)state;
	assert_int_equal(first(&t, big, 260), 1);
	assert_int_equal(t.len, 256);
	assert_int_equal(first(&t, big, 259), CCID_E_FORMAT);
	assert_int_equal(first(&t, BYTES(0x80, 0x84, 0, 0, 0, 1, 0x77)), 1);
	assert_int_equal(t.value[0], 0x77);
	assert_int_equal(first(&t, BYTES(0x80, 0x85, 0, 0, 0, 0, 1, 0x77)), CCID_E_FORMAT);
	assert_int_equal(first(&t, BYTES(0x80, 0x80, 0x77, 0, 0)), CCID_E_FORMAT);
	assert_int_equal(first(&t, BYTES(0x80, 0x84, 0xFF, 0xFF, 0xFF, 0xFF)), CCID_E_FORMAT);
	assert_int_equal(first(&t, BYTES(0x80, 0x02, 0x77)), CCID_E_FORMAT);
	assert_int_equal(first(&t, BYTES(0x80)), CCID_E_FORMAT);
}

static void filler_between_objects_means_nothing(void **state)
{
	struct ccid_tlv t;

	(void)state;
	assert_int_equal(ccid_tlv_find(&t, BYTES(0, 0xFF, 0x81, 0, 0, 0x82, 1, 9, 0xFF), 0x82), 1);
	assert_int_equal(t.value[0], 9);
	assert_int_equal(ccid_tlv_find(&t, BYTES(0, 0xFF, 0x81, 0, 0), 0x82), 0);
	assert_int_equal(ccid_tlv_find(&t, BYTES(0x81, 0, 0x82, 5, 1), 0x82), CCID_E_FORMAT);
	assert_int_equal(ccid_tlv_find(&t, NULL, 0, 0x82), 0);
}

static struct ccid_fcp fcp_of(const uint8_t *buf, size_t len)
{
	struct ccid_fcp f;

	assert_int_equal(ccid_fcp_decode(&f, buf, len), 0);
	return f;
}

static void a_transparent_file_tells_its_size(void **state)
{
	struct ccid_fcp f =
		fcp_of(BYTES(0x62, 0x12, 0x80, 0x02, 0x9C, 0x40, 0x82, 0x02, 0x01, 0x41, 0x83, 0x02,
	                     0x01, 0x02, 0x88, 0x01, 0x08, 0x8A, 0x01, 0x05));

	(void)state;
	assert_int_equal(f.kind, CCID_FILE_TRANSPARENT);
	assert_true(f.has_size && f.size == 40000);
	assert_true(f.has_id && f.id == 0x0102);
	assert_true(f.has_sfi && f.sfi == 1);
	assert_true(f.has_coding && f.write == CCID_WRITE_OR);
	assert_int_equal(f.objects_len, 18);
}

static void the_descriptor_names_the_kind(void **state)
{
	static const struct {
		uint8_t byte;
		enum ccid_file_kind kind;
	} rows[] = {
		{0x38, CCID_FILE_DF},          {0x78, CCID_FILE_DF},
		{0x01, CCID_FILE_TRANSPARENT}, {0x41, CCID_FILE_TRANSPARENT},
		{0x02, CCID_FILE_FIXED},       {0x03, CCID_FILE_FIXED},
		{0x04, CCID_FILE_VARIABLE},    {0x05, CCID_FILE_VARIABLE},
		{0x06, CCID_FILE_CYCLIC},      {0x07, CCID_FILE_CYCLIC},
		{0x39, CCID_FILE_TLV},         {0x3A, CCID_FILE_TLV},
		{0x00, CCID_FILE_UNKNOWN},     {0x81, CCID_FILE_UNKNOWN},
		{0x0A, CCID_FILE_FIXED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ccid_fcp f = fcp_of(BYTES(0x62, 0x03, 0x82, 0x01, rows[i].byte));

		assert_int_equal(f.kind, rows[i].kind);
		assert_false(f.has_coding || f.has_size || f.has_id || f.has_sfi);
	}
}

static void the_record_size_has_one_byte_or_two(void **state)
{
	(void)state;
	assert_int_equal(fcp_of(BYTES(0x62, 0x05, 0x82, 0x03, 0x02, 0x21, 0x10)).max_record, 16);
	assert_int_equal(fcp_of(BYTES(0x62, 0x06, 0x82, 0x04, 0x02, 0x21, 0x01, 0x02)).max_record,
	                 0x102);
	assert_int_equal(
		fcp_of(BYTES(0x62, 0x07, 0x82, 0x05, 0x02, 0x21, 0x00, 0x10, 0x05)).max_record, 16);
}

static void a_directory_has_a_name(void **state)
{
	struct ccid_fcp f =
		fcp_of(BYTES(0x6F, 0x0A, 0x84, 0x05, 0xA0, 0, 0, 0, 0x63, 0x82, 0x01, 0x38));

	(void)state;
	assert_int_equal(f.kind, CCID_FILE_DF);
	assert_int_equal(f.name_len, 5);
	assert_int_equal(f.name[4], 0x63);
}

static void parameters_may_stand_in_a_template_of_their_own(void **state)
{
	struct ccid_fcp f = fcp_of(
		BYTES(0x6F, 0x0A, 0x64, 0x01, 0x00, 0x62, 0x05, 0x80, 0x01, 0x20, 0x88, 0x00));

	(void)state;
	assert_true(f.has_size && f.size == 32);
	assert_true(f.has_sfi && f.sfi == 0);
}

static void what_is_no_template_is_refused(void **state)
{
	struct ccid_fcp f;

	(void)state;
	assert_int_equal(ccid_fcp_decode(&f, NULL, 0), CCID_E_FORMAT);
	assert_int_equal(ccid_fcp_decode(&f, BYTES(0x85, 0x01, 0x02)), CCID_E_FORMAT);
	assert_int_equal(ccid_fcp_decode(&f, BYTES(0x62, 0x7F, 0x80, 0x01)), CCID_E_FORMAT);
	assert_int_equal(ccid_fcp_decode(&f, BYTES(0x62, 0x03, 0x80, 0x09, 0x01)), CCID_E_FORMAT);
	assert_int_equal(ccid_fcp_decode(&f, BYTES(0x6F, 0x04, 0x62, 0x02, 0x80, 0x05)),
	                 CCID_E_FORMAT);
}

static void parameters_of_impossible_length_are_not_told(void **state)
{
	struct ccid_fcp f =
		fcp_of(BYTES(0x62, 0x14, 0x80, 0x05, 1, 2, 3, 4, 5, 0x82, 0x00, 0x83, 0x01, 0x01,
	                     0x84, 0x00, 0x88, 0x02, 0x08, 0x08, 0x80, 0x00));

	(void)state;
	assert_false(f.has_size || f.has_id || f.has_sfi || f.has_coding);
	assert_null(f.name);
	assert_int_equal(f.kind, CCID_FILE_UNKNOWN);
}

static void applications_are_listed_whatever_is_between(void **state)
{
	static const uint8_t dir[] = {
		0x61, 0x09, 0x50, 0x02, 'A', 'B', 0x4F, 0x03, 0xA0, 0x00, 0x01, /* label first */
		0xFF, 0xFF, 0x00,                                               /* erased */
		0x61, 0x03, 0x50, 0x01, 'X',                                    /* no AID */
		0x4F, 0x02, 0xD2, 0x76,                                         /* alone */
	};
	struct ccid_rd r = ccid_rd(dir, sizeof dir);
	struct ccid_application a;

	(void)state;
	assert_int_equal(ccid_application_next(&r, &a), 1);
	assert_int_equal(a.aid_len, 3);
	assert_int_equal(a.aid[2], 0x01);
	assert_int_equal(ccid_application_next(&r, &a), 1);
	assert_int_equal(a.aid_len, 2);
	assert_int_equal(a.aid[0], 0xD2);
	assert_int_equal(ccid_application_next(&r, &a), 0);
	r = ccid_rd((const uint8_t[]){0x61, 0x03, 0x4F, 0x05, 0x01}, 5);
	assert_int_equal(ccid_application_next(&r, &a), CCID_E_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_have_one_to_three_bytes),
		cmocka_unit_test(lengths_have_up_to_four_bytes_more),
		cmocka_unit_test(filler_between_objects_means_nothing),
		cmocka_unit_test(a_transparent_file_tells_its_size),
		cmocka_unit_test(the_descriptor_names_the_kind),
		cmocka_unit_test(the_record_size_has_one_byte_or_two),
		cmocka_unit_test(a_directory_has_a_name),
		cmocka_unit_test(parameters_may_stand_in_a_template_of_their_own),
		cmocka_unit_test(what_is_no_template_is_refused),
		cmocka_unit_test(parameters_of_impossible_length_are_not_told),
		cmocka_unit_test(applications_are_listed_whatever_is_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
