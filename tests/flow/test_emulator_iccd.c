/* SPDX-License-Identifier: MIT */
/* Emulated tokens without bulk endpoints: USB ICCD 1.0, versions A and B. */
#include "emu_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t buf[300];

static struct emu_device *token(uint8_t version, uint32_t max)
{
	struct emu_config cfg;

	talk_now = 0;
	emu_config_init(&cfg);
	emu_config_level(&cfg, version == 1 ? 0 : 2, max);
	cfg.class_desc[40] = 0x40;
	cfg.class_desc[41] = 0x08;
	cfg.ep_in = cfg.ep_out = cfg.ep_int = 0;
	cfg.if_protocol = version;
	cfg.card_in[0] = true;
	return talk_new(&cfg);
}

static int to_token(struct emu_device *d, const char *setup, const char *data)
{
	talk_bytes(buf, sizeof buf, data);
	return talk_control(d, setup, buf);
}

static void from_token(struct emu_device *d, const char *setup, const char *want)
{
	uint8_t expected[64];
	size_t n = talk_bytes(expected, sizeof expected, want);

	assert_int_equal(talk_control(d, setup, buf), n);
	assert_memory_equal(buf, expected, n);
}

static void version_a_shows_its_phase_in_a_byte(void **state)
{
	struct emu_device *d = token(1, 271);

	(void)state;
	assert_int_equal(to_token(d, "21 65 0000 0000 0500", "00 84 00 00 02"), EMU_STALL);
	assert_int_equal(emu_counts(d)->not_active, 1);
	from_token(d, "A1 62 0000 0000 2100", "3B 65 00 00 45 4D 55 30 31");
	from_token(d, "A1 A0 0000 0000 0100", "00");
	assert_int_equal(to_token(d, "21 65 0000 0000 0500", "00 84 00 00 02"), 0);
	from_token(d, "A1 A0 0000 0000 0100", "10");
	from_token(d, "A1 6F 0000 0000 0200", "00 01");
	from_token(d, "A1 A0 0000 0000 0100", "20");
	from_token(d, "A1 6F 0000 0000 0200", "90 00");
	from_token(d, "A1 A0 0000 0000 0100", "00");
	assert_int_equal(to_token(d, "21 65 0000 0000 0500", "00 D6 00 00 02"), 0);
	from_token(d, "A1 A0 0000 0000 0100", "10");
	assert_int_equal(to_token(d, "21 65 0000 0000 0200", "AA BB"), 0);
	from_token(d, "A1 A0 0000 0000 0100", "20");
	from_token(d, "A1 6F 0000 0000 0200", "90 00");
	assert_int_equal(to_token(d, "21 65 0000 0000 0500", "80 12 01 00 00"), 0);
	from_token(d, "A1 A0 0000 0000 0100", "40"); /* busy */
	from_token(d, "A1 A0 0000 0000 0100", "20");
	from_token(d, "A1 6F 0000 0000 0200", "90 00");
	assert_int_equal(to_token(d, "21 65 0000 0000 0500", "80 14 00 00 00"), 0);
	from_token(d, "A1 A0 0000 0000 0100", "80"); /* mute */
	assert_int_equal(emu_counts(d)->bad_iccd, 0);
	assert_int_equal(talk_control(d, "21 63 0000 0000 0000", NULL), 0);
	assert_false(emu_slot(d, 0).active);
	emu_destroy(d);
}

static void version_a_refuses_what_is_out_of_order(void **state)
{
	struct emu_device *d = token(1, 271);

	(void)state;
	from_token(d, "A1 62 0000 0000 2100", "3B 65 00 00 45 4D 55 30 31");
	assert_int_equal(talk_control(d, "A1 6F 0000 0000 0200", buf), EMU_STALL);
	assert_int_equal(to_token(d, "21 65 0000 0000 0400", "00 84 00 00"), EMU_STALL);
	assert_int_equal(to_token(d, "21 65 0000 0000 0500", "00 D6 00 00 02"), 0);
	assert_int_equal(to_token(d, "21 65 0000 0000 0100", "AA"), EMU_STALL);
	assert_int_equal(emu_counts(d)->bad_iccd, 3);
	emu_destroy(d);
}

static void version_b_answers_in_typed_blocks(void **state)
{
	struct emu_device *d = token(2, 22);

	(void)state;
	from_token(d, "A1 81 0000 0000 0300", "40 01 00");
	assert_int_equal(talk_control(d, "21 62 0100 0000 0000", NULL), 0);
	from_token(d, "A1 6F 0000 0000 FF00", "00 3B 65 00 00 45 4D 55 30 31");
	from_token(d, "A1 81 0000 0000 0300", "40 00 00");
	assert_int_equal(to_token(d, "21 65 0000 0000 0500", "00 84 00 00 02"), 0);
	from_token(d, "A1 6F 0000 0000 FF00", "00 00 01 90 00");
	/* twelve bytes at a time */
	assert_int_equal(to_token(d, "21 65 0000 0000 0500", "00 B0 00 00 0C"), 0);
	from_token(d, "A1 6F 0000 0000 FF00", "01 00 07 0E 15 1C 23 2A 31 38 3F 46 4D");
	assert_int_equal(talk_control(d, "21 65 0010 0000 0000", NULL), 0);
	from_token(d, "A1 6F 0000 0000 FF00", "02 90 00");
	/* asked to come again in 500 ms; then the card is mute */
	assert_int_equal(to_token(d, "21 65 0000 0000 0400", "80 12 01 05"), 0);
	from_token(d, "A1 6F 0000 0000 FF00", "80 32 00");
	from_token(d, "A1 6F 0000 0000 FF00", "00 90 00");
	assert_int_equal(to_token(d, "21 65 0000 0000 0400", "80 14 00 00"), 0);
	from_token(d, "A1 6F 0000 0000 FF00", "40 40 FE");
	assert_int_equal(emu_counts(d)->violations, 0);
	assert_int_equal(talk_control(d, "A1 6F 0000 0000 FF00", buf), EMU_STALL);
	assert_int_equal(talk_control(d, "21 62 0000 0000 0000", NULL), EMU_STALL);
	assert_int_equal(emu_counts(d)->bad_iccd, 2);
	emu_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_a_shows_its_phase_in_a_byte),
		cmocka_unit_test(version_a_refuses_what_is_out_of_order),
		cmocka_unit_test(version_b_answers_in_typed_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
