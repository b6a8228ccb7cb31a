/* SPDX-License-Identifier: MIT */
/* The emulated reader at character level: procedure bytes of ISO/IEC 7816-3, 10.3.3, and blocks
 * fetched by length. */
#include "emu_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct emu_config config(void)
{
	struct emu_config cfg;

	talk_now = 0;
	emu_config_init(&cfg);
	emu_config_level(&cfg, 0, 271);
	cfg.card_in[0] = true;
	return cfg;
}

static void one_ack_moves_all_data(void **state)
{
	const struct emu_config cfg = config();
	struct emu_device *d = talk_powered(&cfg);

	(void)state;
	talk(d, "6F 05000000 00 01 00 0100 00 84 00 00 02", "80 01000000 00 01 00 00 00 84");
	talk(d, "6F 00000000 00 02 00 0200", "80 02000000 00 02 00 00 00 00 01");
	talk(d, "6F 00000000 00 03 00 0100", "80 01000000 00 03 00 00 00 90");
	talk(d, "6F 00000000 00 04 00 0100", "80 01000000 00 04 00 00 00 00");
	talk(d, "6F 05000000 00 05 00 0100 00 D6 00 00 02", "80 01000000 00 05 00 00 00 D6");
	talk(d, "6F 02000000 00 06 00 0100 AA BB", "80 01000000 00 06 00 00 00 90");
	talk(d, "6F 00000000 00 07 00 0100", "80 01000000 00 07 00 00 00 00");
	assert_int_equal(emu_counts(d)->violations, 0);
	emu_destroy(d);
}

static void data_may_be_acknowledged_byte_by_byte(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;

	(void)state;
	cfg.card[0].byte_acks = true;
	cfg.card[0].nulls = 1;
	d = talk_powered(&cfg);
	talk(d, "6F 05000000 00 01 00 0100 00 D6 00 00 02", "80 01000000 00 01 00 00 00 29");
	talk(d, "6F 01000000 00 02 00 0100 AA", "80 01000000 00 02 00 00 00 29");
	talk(d, "6F 01000000 00 03 00 0100 BB", "80 01000000 00 03 00 00 00 60");
	talk(d, "6F 00000000 00 04 00 0200", "80 02000000 00 04 00 00 00 90 00");
	assert_int_equal(emu_counts(d)->violations, 0);
	talk(d, "6F 05000000 00 05 00 0100 00 D6 00 00 02", "80 01000000 00 05 00 00 00 29");
	talk(d, "6F 02000000 00 06 00 0100 AA BB", "80 01000000 00 06 00 00 00 29");
	assert_int_equal(emu_counts(d)->bad_block, 1); /* two bytes after the ACK of one */
	emu_destroy(d);
}

static void more_than_the_card_says_is_not_to_be_had(void **state)
{
	const struct emu_config cfg = config();
	struct emu_device *d = talk_powered(&cfg);

	(void)state;
	talk(d, "6F 05000000 00 01 00 0300 00 44 00 00 00", "80 00000000 00 01 40 FE 00");
	talk(d, "6F 05000000 00 02 00 0200 00 44 00 00 00", "80 02000000 00 02 00 00 00 6D 00");
	talk(d, "6F 05000000 00 03 00 0100 00 44 00 00 00", "80 01000000 00 03 00 00 00 6D");
	talk(d, "6F 05000000 00 04 00 0200 00 44 00 00 00", "80 02000000 00 04 00 00 00 6D 00");
	assert_int_equal(emu_counts(d)->bad_level, 1); /* SW2 of the last was left */
	emu_destroy(d);
}

static void a_block_comes_in_two_parts(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;

	(void)state;
	emu_card_t1(&cfg.card[0], 0xFE, false);
	d = talk_powered(&cfg);
	talk(d, "6F 09000000 00 01 00 0300 00 00 05 00 84 00 00 02 83",
	     "80 03000000 00 01 00 00 00 00 00 04");
	talk(d, "6F 00000000 00 02 00 0500", "80 05000000 00 02 00 00 00 00 01 90 00 95");
	assert_int_equal(emu_counts(d)->violations, 0);
	emu_destroy(d);
}

static void pps_is_fetched_by_its_own_bits(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;

	(void)state;
	cfg.class_desc[40] = 0x38; /* the host agrees the parameters */
	d = talk_powered(&cfg);
	talk(d, "6F 04000000 00 01 00 0200 FF 10 11 FE", "80 02000000 00 01 00 00 00 FF 10");
	talk(d, "6F 00000000 00 02 00 0200", "80 02000000 00 02 00 00 00 11 FE");
	assert_int_equal(emu_counts(d)->violations, 0);
	emu_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_ack_moves_all_data),
		cmocka_unit_test(data_may_be_acknowledged_byte_by_byte),
		cmocka_unit_test(more_than_the_card_says_is_not_to_be_had),
		cmocka_unit_test(a_block_comes_in_two_parts),
		cmocka_unit_test(pps_is_fetched_by_its_own_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
