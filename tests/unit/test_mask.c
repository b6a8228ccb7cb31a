/* SPDX-License-Identifier: MIT */
/* Which bytes of T=1 blocks hold a PIN. */
#include "mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* An XfrBlock around NAD PCB LEN INF EDC. Returns how many bytes are masked, from *off on. */
static size_t masked(struct ccid_mask_state *state, uint8_t pcb, const uint8_t *inf, uint8_t len,
                     size_t *off)
{
	uint8_t msg[64] = {0x6F, (uint8_t)(len + 4)};
	struct ccid_mask_span span = {0};

	msg[11] = pcb;
	msg[12] = len;
	memcpy(msg + 13, inf, len);
	if (!ccid_mask_find(&span, state, CCID_MASK_T1, msg, 14u + len))
		return 0;
	*off = span.off;
	return span.len;
}

static const uint8_t head[] = {0x00, 0x20, 0x00, 0x80, 0x08, 0x31, 0x32, 0x33};
static const uint8_t rest[] = {0x34, 0x35, 0x36, 0x37, 0x38};
static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00};

static void a_chained_pin_is_masked_to_its_end(void **state)
{
	struct ccid_mask_state s = {0};
	size_t off = 0;

	(void)state;
	assert_true(masked(&s, 0x20, head, sizeof head, &off) >= 3);
	assert_int_equal(off, 18);
	assert_true(masked(&s, 0x40, rest, sizeof rest, &off) >= sizeof rest);
	assert_int_equal(off, 13);
	assert_int_equal(masked(&s, 0x00, select, sizeof select, &off), 0);
}

static void the_last_block_sent_again_is_masked_again(void **state)
{
	struct ccid_mask_state s = {0};
	size_t off = 0;

	(void)state;
	assert_true(masked(&s, 0x20, head, sizeof head, &off) > 0);
	assert_true(masked(&s, 0x40, rest, sizeof rest, &off) > 0);
	assert_int_equal(masked(&s, 0x82, rest, 0, &off), 0); /* an R-block in between */
	assert_true(masked(&s, 0x40, rest, sizeof rest, &off) >= sizeof rest);
	assert_int_equal(masked(&s, 0x00, select, sizeof select, &off), 0);
	assert_int_equal(masked(&s, 0x40, select, sizeof select, &off), 0);
}

static void every_command_with_a_code_is_masked(void **state)
{
	static const uint8_t ins[] = {0x20, 0x21, 0x24, 0x25, 0x26, 0x28, 0x2C, 0x2D};
	uint8_t apdu[] = {0x00, 0x00, 0x00, 0x80, 0x04, 0x31, 0x32, 0x33, 0x34};

	(void)state;
	for (size_t i = 0; i < sizeof ins; i++) {
		struct ccid_mask_state s = {0};
		size_t off = 0;

		apdu[1] = ins[i];
		assert_true(masked(&s, 0x00, apdu, sizeof apdu, &off) >= 4);
		assert_int_equal(off, 18);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_with_a_code_is_masked),
		cmocka_unit_test(a_chained_pin_is_masked_to_its_end),
		cmocka_unit_test(the_last_block_sent_again_is_masked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
