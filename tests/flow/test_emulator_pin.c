/* SPDX-License-Identifier: MIT */
/* The emulated PIN pad: PC_to_RDR_Secure written by hand from USB CCID 1.1, 6.1.11. */
#include "emu_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VERIFY "00 00 82 08 00 08 04 02 00 09 04 00 00 00 00 00 20 00 80"
#define CHANGE(prologue)                                                                           \
	"01 00 82 00 00 00 00 08 04 03 02 03 09 04 00 01 02 " prologue " 00 10 00 00"

static struct emu_config config(unsigned level, uint8_t support)
{
	struct emu_config cfg;

	talk_now = 0;
	emu_config_init(&cfg);
	emu_config_level(&cfg, level, 271);
	cfg.card_in[0] = true;
	cfg.class_desc[52] = support;
	return cfg;
}

static void keys(struct emu_device *d, unsigned n)
{
	for (unsigned key = 0; key < n; key++)
		talk_expect(d, "80 00000000 00 01 80 01 00");
}

static void pad_sent(const struct emu_device *d, const char *want)
{
	struct emu_slot_view v = emu_slot(d, 0);
	char text[2 * EMU_PAD_MAX + 1] = "";

	for (size_t i = 0; i < v.pad_len; i++)
		snprintf(text + 2 * i, 3, "%02X", v.pad[i]);
	assert_string_equal(text, want);
}

static void secure_needs_a_pin_pad(void **state)
{
	struct emu_config cfg = config(2, 0);
	struct emu_device *d = talk_powered(&cfg);

	(void)state;
	talk(d, "69 13000000 00 01 00 0000 " VERIFY, "80 00000000 00 01 40 00 00");
	assert_int_equal(emu_counts(d)->unadvertised, 1);
	emu_destroy(d);
	cfg = config(2, 1);
	d = talk_powered(&cfg);
	talk_send(d, "69 13000000 00 01 00 0000 " VERIFY);
	keys(d, 4);
	talk_expect(d, "80 02000000 00 01 00 00 00 9000");
	pad_sent(d, "002000800831323334FFFFFFFF");
	talk(d, "69 18000000 00 02 00 0000 " CHANGE("00 00 00"), "80 00000000 00 02 40 0A 00");
	emu_destroy(d);
}

static void both_pins_go_into_one_command(void **state)
{
	struct emu_config cfg = config(2, 3);
	struct emu_device *d;

	(void)state;
	strcpy(cfg.typed, "123456");
	strcpy(cfg.typed_new, "98765");
	d = talk_powered(&cfg);
	/* 80 10 is the echo: what the card was sent */
	talk_send(d, "69 18000000 00 01 00 0000 01 00 82 00 00 00 00 08 04 03 02 03 09 04 00 01 02 "
	             "00 00 00 80 10 00 00");
	keys(d, 6 + 2 * 5);
	talk_expect(d, "80 02000000 00 01 00 00 00 9000");
	pad_sent(d, "801000000B3132333435363938373635");
	emu_destroy(d);
}

static void what_is_typed_stays_within_the_limits(void **state)
{
	struct emu_config cfg = config(2, 3);
	struct emu_device *d;

	(void)state;
	strcpy(cfg.typed, "123");
	d = talk_powered(&cfg);
	talk(d, "69 13000000 00 01 00 0000 " VERIFY, "80 00000000 00 01 40 F0 00");
	emu_destroy(d);
	strcpy(cfg.typed, "123456789");
	d = talk_powered(&cfg);
	talk(d, "69 13000000 00 01 00 0000 " VERIFY, "80 00000000 00 01 40 F0 00");
	pad_sent(d, "");
	emu_destroy(d);
}

static void a_structure_out_of_order_is_refused_at_its_offset(void **state)
{
	static const struct {
		const char *message, *answer;
	} all[] = {
		{"69 13000000 00 01 00 0000 02 00 82 08 00 08 04 02 00 09 04 00 00 00 00 00 20 00 "
	         "80",
	         "80 00000000 00 01 40 0A 00"},
		{"69 13000000 00 01 00 0000 00 00 81 08 00 08 04 02 00 09 04 00 00 00 00 00 20 00 "
	         "80",
	         "80 00000000 00 01 40 0C 00"},
		{"69 13000000 00 01 00 0000 00 00 82 18 00 08 04 02 00 09 04 00 00 00 00 00 20 00 "
	         "80",
	         "80 00000000 00 01 40 0D 00"},
		{"69 13000000 00 01 00 0000 00 00 82 08 00 08 04 00 00 09 04 00 00 00 00 00 20 00 "
	         "80",
	         "80 00000000 00 01 40 11 00"},
		{"69 12000000 00 01 00 0000 00 00 82 08 00 08 04 02 00 09 04 00 00 00 00 00 20 00",
	         "80 00000000 00 01 40 01 00"},
		{"69 18000000 00 01 00 0000 01 00 82 08 00 00 FF 08 04 03 02 03 09 04 00 01 02 00 "
	         "00 00 00 24 00 80",
	         "80 00000000 00 01 40 10 00"},
	};
	struct emu_config cfg = config(2, 3);

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct emu_device *d = talk_powered(&cfg);

		talk(d, all[i].message, all[i].answer);
		emu_destroy(d);
	}
}

/* N(S) is the host's to give. */
static void at_tpdu_level_the_command_goes_in_a_block(void **state)
{
	struct emu_config cfg = config(1, 3);
	struct emu_device *d;

	(void)state;
	emu_card_t1(&cfg.card[0], 254, false);
	d = talk_powered(&cfg);
	talk_send(d, "69 13000000 00 01 00 0000 " VERIFY);
	keys(d, 4);
	talk_expect(d, "80 06000000 00 01 00 00 00 00 00 02 90 00 92");
	assert_int_equal(emu_counts(d)->bad_block, 0);
	/* the same N(S) again */
	talk_send(d, "69 18000000 00 02 00 0000 " CHANGE("00 00 00"));
	assert_int_equal(emu_counts(d)->bad_block, 1);
	emu_destroy(d);
	cfg.card[0].atr_len = 0; /* T=0 */
	d = talk_powered(&cfg);
	talk_send(d, "69 13000000 00 01 00 0000 " VERIFY);
	keys(d, 4);
	talk_expect(d, "80 02000000 00 01 00 00 00 9000");
	emu_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secure_needs_a_pin_pad),
		cmocka_unit_test(both_pins_go_into_one_command),
		cmocka_unit_test(what_is_typed_stays_within_the_limits),
		cmocka_unit_test(a_structure_out_of_order_is_refused_at_its_offset),
		cmocka_unit_test(at_tpdu_level_the_command_goes_in_a_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
