/* SPDX-License-Identifier: MIT */
#include "quirks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void rows_are_complete(void **state)
{
	const unsigned valued =
		CCID_QUIRK_IFSD | CCID_QUIRK_RATE | CCID_QUIRK_SLOTS | CCID_QUIRK_SLOW;
	const struct ccid_quirk *q;
	size_t n = 0;

	(void)state;
	for (; (q = ccid_quirk_row(n)) != NULL; n++) {
		unsigned with = q->flags & valued;

		assert_non_null(q->why);
		assert_true(q->flags != 0);
		assert_true(q->bcd_min <= q->bcd_max);
		assert_true((with == 0) == (q->value == 0));
		assert_int_equal(with & (with - 1), 0);
	}
	assert_true(n > 0);
	assert_null(ccid_quirk_row(n));
	assert_null(ccid_quirk_row(SIZE_MAX));
}

static void a_row_is_found_by_both_numbers(void **state)
{
	(void)state;
	assert_true(ccid_quirk_flags(0x08E6, 0x2202, 0x0100) & CCID_QUIRK_TYPE_FF);
	assert_true(ccid_quirk_flags(0x08E6, 0x2202, 0x0100) & CCID_QUIRK_CLASS_FF);
	assert_true(ccid_quirk_flags(0x046A, 0x003E, 0xFFFF) & CCID_QUIRK_CLASS_FF);
	assert_false(ccid_quirk_flags(0x08E6, 0x2203, 0x0100) & CCID_QUIRK_TYPE_FF);
	assert_false(ccid_quirk_flags(0x08E7, 0x2202, 0x0100) & CCID_QUIRK_TYPE_FF);
	assert_int_equal(ccid_quirk_flags(0, 0, 0), 0);
}

static void type_ff_is_believed_of_the_listed_devices_only(void **state)
{
	(void)state;
	assert_true(ccid_quirk_accepts_ff(0x413C, 0x2100));
	assert_true(ccid_quirk_accepts_ff(0x09BE, 0x0002));
	assert_false(ccid_quirk_accepts_ff(0x046A, 0x003E)); /* class 0xFF, type 0x21 */
	assert_false(ccid_quirk_accepts_ff(0x08E6, 0x3437));
}

static void claims_are_corrected(void **state)
{
	struct ccid_class_desc d = {.max_message_len = 263,
	                            .max_slot_index = 1,
	                            .max_ifsd = 254,
	                            .mechanical = 1,
	                            .features = CCID_FEATURE_TPDU};
	struct ccid_tuning t;

	(void)state;
	ccid_quirk_apply(&t, &d, 0x04E6, 0x5111, 0x0619, NULL, NULL);
	assert_int_equal(d.max_message_len, 271);
	assert_int_equal(d.max_slot_index, 0);
	assert_int_equal(d.max_ifsd, 48);
	assert_int_equal(d.mechanical, 1);
	d.max_ifsd = 254;
	d.max_message_len = 64;
	ccid_quirk_apply(&t, &d, 0x04E6, 0x5111, 0x0620, NULL, NULL);
	assert_int_equal(d.max_ifsd, 254);
	assert_int_equal(d.max_message_len, 64);
	ccid_quirk_apply(&t, &d, 0x09BE, 0x0002, 0x0100, NULL, NULL);
	assert_int_equal(d.mechanical, 0);
	ccid_quirk_apply(&t, &d, 0x08E6, 0x34D2, 0x0100, NULL, NULL);
	assert_int_equal(t.slow_ms, 300000);
	ccid_quirk_apply(&t, &d, 0x0529, 0x0620, 0x0014, NULL, NULL);
	assert_int_equal(d.features, CCID_FEATURE_TPDU);
	ccid_quirk_apply(&t, &d, 0x0529, 0x0620, 0x0013, NULL, NULL);
	assert_int_equal(d.features, CCID_FEATURE_TPDU | CCID_FEATURE_AUTO_IFSD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(claims_are_corrected),
		cmocka_unit_test(a_row_is_found_by_both_numbers),
		cmocka_unit_test(type_ff_is_believed_of_the_listed_devices_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
