/* SPDX-License-Identifier: MIT */
/* Procedure bytes (ISO/IEC 7816-3, 10.3.3). "<" is what the card sends, ">" what must be sent before
 * it, "=" the answer, "!" the failure. */
#include "t0_char.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t hex(uint8_t *out, const char *text)
{
	size_t n = 0;
	unsigned v;

	while (sscanf(text, " %2x", &v) == 1) {
		out[n++] = (uint8_t)v;
		text += strspn(text, " ") + 2;
	}
	return n;
}

static void follow(const char *tpdu, const char *const *step)
{
	struct ccid_t0_char t;
	uint8_t cmd[300], buf[300];
	enum ccid_t0_char_act act = ccid_t0_char_start(&t, cmd, hex(cmd, tpdu));

	for (; *step != NULL; step++) {
		size_t n = hex(buf, *step + 1);

		switch (**step) {
		case '>':
			assert_int_equal(act, CCID_T0_CHAR_MOVE);
			assert_int_equal(t.send_len, n);
			if (n > 0)
				assert_memory_equal(t.send, buf, n);
			break;
		case '<': act = ccid_t0_char_step(&t, buf, n); break;
		case '=':
			assert_int_equal(act, CCID_T0_CHAR_DONE);
			assert_int_equal(t.got, n);
			assert_memory_equal(t.rx, buf, n);
			break;
		default:
			assert_int_equal(act, CCID_T0_CHAR_GIVE_UP);
			assert_string_equal(ccid_err_name(t.err), *step + 2);
		}
	}
}

#define FOLLOW(tpdu, ...) follow(tpdu, (const char *const[]){__VA_ARGS__, NULL})

static void no_data(void **state)
{
	(void)state;
	FOLLOW("00 44 00 00", ">00 44 00 00 00", "<90", ">", "<00", "= 90 00");
	FOLLOW("00 44 00 00", ">00 44 00 00 00", "<44", "! COMM");
}

static void data_to_the_card_at_once_and_byte_by_byte(void **state)
{
	(void)state;
	FOLLOW("00 D6 00 00 02 AA BB", ">00 D6 00 00 02", "<D6", ">AA BB", "<90", ">", "<00",
	       "= 90 00");
	FOLLOW("00 D6 00 00 02 AA BB", ">00 D6 00 00 02", "<29", ">AA", "<29", ">BB", "<90", "<00",
	       "= 90 00");
	FOLLOW("00 D6 00 00 02 AA BB", ">00 D6 00 00 02", "<29", ">AA", "<D6", ">BB", "<90", "<00",
	       "= 90 00");
	FOLLOW("00 D6 00 00 02 AA BB", ">00 D6 00 00 02", "<D6", ">AA BB", "<D6", "! COMM");
}

static void data_from_the_card_at_once_and_byte_by_byte(void **state)
{
	(void)state;
	FOLLOW("00 B0 00 00 02", ">00 B0 00 00 02", "<B0", ">", "<01 02", ">", "<90", "<00",
	       "= 01 02 90 00");
	FOLLOW("00 B0 00 00 02", ">00 B0 00 00 02", "<4F", ">", "<01", ">", "<4F", "<02", "<61",
	       "<05", "= 01 02 61 05");
	FOLLOW("00 B0 00 00 02", ">00 B0 00 00 02", "<B0", "<01 02", "<B0", "! COMM");
	FOLLOW("00 B0 00 00 02", ">00 B0 00 00 02", "<B0", "<01", "! COMM");
}

static void a_status_may_come_early(void **state)
{
	(void)state;
	FOLLOW("00 D6 00 00 02 AA BB", ">00 D6 00 00 02", "<67", ">", "<00", "= 67 00");
	FOLLOW("00 B0 00 00 02", "<6C", "<10", "= 6C 10");
}

static void null_bytes_are_waited_out_but_not_for_ever(void **state)
{
	static const uint8_t tpdu[] = {0x00, 0xB0, 0x00, 0x00, 0x01}, null = 0x60;
	struct ccid_t0_char t;
	enum ccid_t0_char_act act = ccid_t0_char_start(&t, tpdu, sizeof tpdu);
	unsigned n = 0;

	(void)state;
	FOLLOW("00 B0 00 00 01", "<60", ">", "<60", ">", "<B0", "<07", "<90", "<00", "= 07 90 00");
	for (; act == CCID_T0_CHAR_MOVE; n++)
		act = ccid_t0_char_step(&t, &null, 1);
	assert_int_equal(n, CCID_T0_NULLS_MAX + 1);
	assert_int_equal(t.err, CCID_E_COMM);
}

static void what_cannot_be_a_tpdu_is_refused(void **state)
{
	(void)state;
	FOLLOW("00 B0 00", "! ARG");
	FOLLOW("00 D6 00 00 02 AA", "! ARG");
	FOLLOW("00 60 00 00", "! ARG");
	FOLLOW("00 9F 00 00", "! ARG");
	FOLLOW("00 B0 00 00 02", "<33", "! COMM");
}

static void p3_zero_asks_for_256(void **state)
{
	static const uint8_t tpdu[] = {0x00, 0xB0, 0x00, 0x00, 0x00}, ack = 0xB0;
	static const uint8_t data[256] = {1};
	struct ccid_t0_char t;

	(void)state;
	assert_int_equal(ccid_t0_char_start(&t, tpdu, 5), CCID_T0_CHAR_MOVE);
	assert_int_equal(ccid_t0_char_step(&t, &ack, 1), CCID_T0_CHAR_MOVE);
	assert_int_equal(t.expect, 256);
	assert_int_equal(ccid_t0_char_step(&t, data, 256), CCID_T0_CHAR_MOVE);
	assert_int_equal(t.got, 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_data),
		cmocka_unit_test(data_to_the_card_at_once_and_byte_by_byte),
		cmocka_unit_test(data_from_the_card_at_once_and_byte_by_byte),
		cmocka_unit_test(a_status_may_come_early),
		cmocka_unit_test(null_bytes_are_waited_out_but_not_for_ever),
		cmocka_unit_test(what_cannot_be_a_tpdu_is_refused),
		cmocka_unit_test(p3_zero_asks_for_256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
