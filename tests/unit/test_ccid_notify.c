/* SPDX-License-Identifier: MIT */
#include "ccid_msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct ccid_notify one(const uint8_t *buf, size_t len, size_t nslots)
{
	struct ccid_notify n = {.type = 0};
	size_t pos = 0;

	assert_int_equal(ccid_notify_next(buf, len, &pos, nslots, &n), 1);
	return n;
}

static void insertion_and_removal_of_one_slot(void **state)
{
	const uint8_t in[] = {0x50, 0x03}, out[] = {0x50, 0x02};
	struct ccid_notify n = one(in, sizeof in, 1);

	(void)state;
	assert_int_equal(n.type, CCID_NOTIFY_SLOT_CHANGE);
	assert_int_equal(n.slots, 1);
	assert_true(ccid_notify_present(&n, 0));
	assert_true(ccid_notify_changed(&n, 0));
	n = one(out, sizeof out, 1);
	assert_false(ccid_notify_present(&n, 0));
	assert_true(ccid_notify_changed(&n, 0));
}

static void presence_without_change_is_told_apart(void **state)
{
	const uint8_t present[] = {0x50, 0x01}, absent[] = {0x50, 0x00};
	struct ccid_notify n = one(present, sizeof present, 1);

	(void)state;
	assert_true(ccid_notify_present(&n, 0));
	assert_false(ccid_notify_changed(&n, 0));
	n = one(absent, sizeof absent, 1);
	assert_false(ccid_notify_present(&n, 0));
	assert_false(ccid_notify_changed(&n, 0));
}

static void slots_lie_two_bits_apart_from_the_low_end(void **state)
{
	/* slot 0 present; slot 1 changed; slot 3 both; slot 4 changed; slot 5 present */
	const uint8_t in[] = {0x50, 0xC9, 0x06};
	const unsigned want[] = {1, 2, 0, 3, 2, 1};
	struct ccid_notify n = one(in, sizeof in, 6);

	(void)state;
	assert_int_equal(n.slots, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(ccid_notify_present(&n, i), want[i] & 1);
		assert_int_equal(ccid_notify_changed(&n, i), want[i] >> 1);
	}
}

static void a_slot_that_the_message_does_not_cover_reads_as_nothing(void **state)
{
	const uint8_t in[] = {0x50, 0xFF};
	struct ccid_notify n = one(in, sizeof in, 2);

	(void)state;
	assert_int_equal(n.slots, 2);
	assert_true(ccid_notify_present(&n, 1));
	assert_false(ccid_notify_present(&n, 2));
	assert_false(ccid_notify_changed(&n, 2));
	assert_false(ccid_notify_changed(&n, SIZE_MAX));
}

static void a_short_bit_field_covers_fewer_slots(void **state)
{
	const uint8_t in[] = {0x50, 0x03};
	struct ccid_notify n = one(in, sizeof in, 8);

	(void)state;
	assert_int_equal(n.slots, 4);
	assert_true(ccid_notify_changed(&n, 0));
	assert_false(ccid_notify_changed(&n, 4));
	n = one(in, 1, 8);
	assert_int_equal(n.slots, 0);
	assert_false(ccid_notify_present(&n, 0));
}

static void bytes_beyond_the_bit_field_are_ignored(void **state)
{
	const uint8_t in[] = {0x50, 0x03, 0x00, 0x00, 0x50, 0x02};
	struct ccid_notify n;
	size_t pos = 0;

	(void)state;
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, 1, &n), 1);
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, 1, &n), 0);
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, 1, &n), 0);
}

static void concatenated_messages_come_one_by_one(void **state)
{
	const uint8_t in[] = {0x50, 0x02, 0x51, 0x00, 0x17, 0x01, 0x50, 0x03};
	struct ccid_notify n;
	size_t pos = 0;

	(void)state;
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, 1, &n), 1);
	assert_false(ccid_notify_present(&n, 0));
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, 1, &n), 1);
	assert_int_equal(n.type, CCID_HARDWARE_ERROR);
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, 1, &n), 1);
	assert_true(ccid_notify_present(&n, 0));
	assert_ptr_equal(n.bits, in + 7);
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, 1, &n), 0);
}

static void a_hardware_error_names_slot_command_and_code(void **state)
{
	const uint8_t in[] = {0x51, 0x02, 0x17, 0x01};
	struct ccid_notify n = one(in, sizeof in, 4);

	(void)state;
	assert_int_equal(n.type, CCID_HARDWARE_ERROR);
	assert_int_equal(n.slot, 2);
	assert_int_equal(n.seq, 0x17);
	assert_int_equal(n.code, 1);
	assert_int_equal(n.slots, 0);
	assert_false(ccid_notify_present(&n, 0));
}

static void a_cut_hardware_error_is_none(void **state)
{
	const uint8_t in[] = {0x51, 0x00, 0x17};
	struct ccid_notify n = {.type = 0xAA};
	size_t pos = 0;

	(void)state;
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, 1, &n), 0);
	assert_int_equal(n.type, 0xAA);
	assert_int_equal(pos, sizeof in);
}

static void an_unknown_byte_ends_the_transfer(void **state)
{
	const uint8_t in[] = {0x42, 0x50, 0x03};
	struct ccid_notify n;
	size_t pos = 0;

	(void)state;
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, 1, &n), 0);
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, 1, &n), 0);
}

static void an_empty_transfer_holds_nothing(void **state)
{
	struct ccid_notify n;
	size_t pos = 0;

	(void)state;
	assert_int_equal(ccid_notify_next(NULL, 0, &pos, 1, &n), 0);
}

static void no_more_than_256_slots_are_covered(void **state)
{
	uint8_t in[80] = {0x50};
	struct ccid_notify n;
	size_t pos = 0;

	(void)state;
	in[64] = 0xC0; /* slot 255 */
	assert_int_equal(ccid_notify_next(in, sizeof in, &pos, SIZE_MAX, &n), 1);
	assert_int_equal(n.slots, 256);
	assert_int_equal(pos, 65);
	assert_true(ccid_notify_changed(&n, 255));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(insertion_and_removal_of_one_slot),
		cmocka_unit_test(presence_without_change_is_told_apart),
		cmocka_unit_test(slots_lie_two_bits_apart_from_the_low_end),
		cmocka_unit_test(a_slot_that_the_message_does_not_cover_reads_as_nothing),
		cmocka_unit_test(a_short_bit_field_covers_fewer_slots),
		cmocka_unit_test(bytes_beyond_the_bit_field_are_ignored),
		cmocka_unit_test(concatenated_messages_come_one_by_one),
		cmocka_unit_test(a_hardware_error_names_slot_command_and_code),
		cmocka_unit_test(a_cut_hardware_error_is_none),
		cmocka_unit_test(an_unknown_byte_ends_the_transfer),
		cmocka_unit_test(an_empty_transfer_holds_nothing),
		cmocka_unit_test(no_more_than_256_slots_are_covered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
