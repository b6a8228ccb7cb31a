/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void reads_are_little_endian(void **state)
{
	const uint8_t in[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x87, 0xFF};
	struct ccid_rd r = ccid_rd(in, sizeof in);

	(void)state;
	assert_int_equal(ccid_rd_u8(&r), 0x01);
	assert_int_equal(ccid_rd_le16(&r), 0x0302);
	assert_true(ccid_rd_le32(&r) == 0x87060504u);
	assert_int_equal(r.left, 1);
	assert_false(r.bad);
}

static void the_last_byte_can_be_read_and_no_further(void **state)
{
	const uint8_t in[] = {0xAA, 0xBB};
	struct ccid_rd r = ccid_rd(in, sizeof in);

	(void)state;
	assert_int_equal(ccid_rd_le16(&r), 0xBBAA);
	assert_false(r.bad);
	assert_int_equal(ccid_rd_u8(&r), 0);
	assert_true(r.bad);
}

static void a_failed_read_sticks(void **state)
{
	const uint8_t in[] = {0xAA, 0xBB, 0xCC};
	struct ccid_rd r = ccid_rd(in, sizeof in);

	(void)state;
	assert_true(ccid_rd_le32(&r) == 0);
	assert_true(r.bad);
	assert_int_equal(ccid_rd_u8(&r), 0);
	assert_null(ccid_rd_view(&r, 0));
	assert_int_equal(r.left, 3);
}

static void a_view_points_into_the_input(void **state)
{
	const uint8_t in[] = {1, 2, 3};
	struct ccid_rd r = ccid_rd(in, sizeof in);

	(void)state;
	assert_ptr_equal(ccid_rd_view(&r, 2), in);
	assert_ptr_equal(ccid_rd_view(&r, 1), in + 2);
	assert_null(ccid_rd_view(&r, SIZE_MAX));
	assert_true(r.bad);
}

static void an_empty_input_may_be_null(void **state)
{
	struct ccid_rd r = ccid_rd(NULL, 0);

	(void)state;
	assert_null(ccid_rd_view(&r, 0));
	assert_false(r.bad);
	assert_int_equal(ccid_rd_u8(&r), 0);
	assert_true(r.bad);
}

static void writes_are_little_endian(void **state)
{
	const uint8_t want[] = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x84, 0xAA, 0xBB};
	uint8_t out[sizeof want];
	struct ccid_wr w = ccid_wr(out, sizeof out);

	(void)state;
	ccid_wr_u8(&w, 0x01);
	ccid_wr_le16(&w, 0x0203);
	ccid_wr_le32(&w, 0x84050607u);
	ccid_wr_bytes(&w, want + 7, 2);
	assert_false(w.bad);
	assert_int_equal(w.len, sizeof want);
	assert_memory_equal(out, want, sizeof want);
}

static void a_write_that_does_not_fit_stores_nothing_and_sticks(void **state)
{
	uint8_t out[4] = {0x11, 0x11, 0x11, 0x11};
	const uint8_t want[4] = {0xEE, 0x11, 0x11, 0x11};
	struct ccid_wr w = ccid_wr(out, 3);

	(void)state;
	ccid_wr_u8(&w, 0xEE);
	ccid_wr_le32(&w, 0);
	assert_true(w.bad);
	ccid_wr_u8(&w, 0x22);
	assert_int_equal(w.len, 1);
	assert_memory_equal(out, want, sizeof out);
}

static void a_write_fits_to_the_last_byte(void **state)
{
	uint8_t out[4];
	struct ccid_wr w = ccid_wr(out, sizeof out);

	(void)state;
	ccid_wr_le32(&w, 1);
	assert_false(w.bad);
	ccid_wr_bytes(&w, NULL, 0);
	assert_false(w.bad);
	ccid_wr_u8(&w, 0);
	assert_true(w.bad);
	assert_int_equal(w.len, 4);
}

static void wipe_clears_exactly_what_it_is_given(void **state)
{
	uint8_t b[4] = {1, 2, 3, 4};
	const uint8_t want[4] = {1, 0, 0, 4};

	(void)state;
	ccid_wipe(b + 1, 2);
	assert_memory_equal(b, want, sizeof b);
	ccid_wipe(NULL, 0);
}

static void texts_follow_one_another(void **state)
{
	static const char list[] = "one\0"
				   "\0"
				   "three";

	(void)state;
	assert_ptr_equal(ccid_nth_text(list, 0), list);
	assert_string_equal(ccid_nth_text(list, 1), "");
	assert_string_equal(ccid_nth_text(list, 2), "three");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_are_little_endian),
		cmocka_unit_test(the_last_byte_can_be_read_and_no_further),
		cmocka_unit_test(a_failed_read_sticks),
		cmocka_unit_test(a_view_points_into_the_input),
		cmocka_unit_test(an_empty_input_may_be_null),
		cmocka_unit_test(writes_are_little_endian),
		cmocka_unit_test(a_write_that_does_not_fit_stores_nothing_and_sticks),
		cmocka_unit_test(a_write_fits_to_the_last_byte),
		cmocka_unit_test(wipe_clears_exactly_what_it_is_given),
		cmocka_unit_test(texts_follow_one_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
