/* SPDX-License-Identifier: MIT */
#include "quirks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void rows_are_complete_and_sorted(void **state)
{
	const struct ccid_quirk *q, *before = NULL;
	size_t n = 0;

	(void)state;
	for (; (q = ccid_quirk_row(n)) != NULL; before = q, n++) {
		assert_non_null(q->why);
		assert_true(q->flags != 0);
		assert_true(q->bcd_min <= q->bcd_max);
		if (before == NULL)
			continue;
		assert_true(before->vid < q->vid ||
		            (before->vid == q->vid && before->pid <= q->pid));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_complete_and_sorted),
		cmocka_unit_test(a_row_is_found_by_both_numbers),
		cmocka_unit_test(type_ff_is_believed_of_the_listed_devices_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
