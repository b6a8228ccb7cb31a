/* SPDX-License-Identifier: MIT */
/* The emulated reader against messages written by hand from USB CCID 1.1 and USB 2.0, chapter 9. */
#include "emu_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ATR "3B 65 00 00 45 4D 55 30 31"

static struct emu_config config(void)
{
	struct emu_config cfg;

	talk_now = 0;
	emu_config_init(&cfg);
	cfg.card_in[0] = true;
	return cfg;
}

static struct emu_device *reader(unsigned level, uint32_t max)
{
	struct emu_config cfg = config();

	emu_config_level(&cfg, level, max);
	return talk_new(&cfg);
}

static struct emu_device *powered(unsigned level, uint32_t max)
{
	struct emu_device *d = reader(level, max);

	talk(d, "62 00000000 00 00 00 0000", "80 09000000 00 00 00 00 00" ATR);
	return d;
}

static void standard_requests_are_answered(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;
	uint8_t buf[256];

	(void)state;
	cfg.interface_name = "Slot";
	d = emu_create(&cfg);
	assert_int_equal(talk_control(d, "80 06 0001 0000 4000", buf), 18);
	assert_memory_equal(
		buf, "\x12\x01\x00\x02\x00\x00\x00\x40\x09\x12\x1D\xCC\x00\x01\x01\x02\x03\x01",
		18);
	assert_int_equal(talk_control(d, "80 06 0002 0000 0900", buf), 9);
	assert_memory_equal(buf, "\x09\x02\x5D\x00\x01\x01\x00\x80\x32", 9);
	assert_int_equal(talk_control(d, "80 06 0002 0000 FF00", buf), 93);
	assert_memory_equal(buf + 9, "\x09\x04\x00\x00\x03\x0B\x00\x00\x04\x36\x21\x10\x01", 13);
	assert_memory_equal(buf + 72, "\x07\x05\x02\x02\x40\x00\x00\x07\x05\x82\x02\x40\x00\x00",
	                    14);
	assert_memory_equal(buf + 86, "\x07\x05\x83\x03\x08\x00\x10", 7);
	assert_int_equal(talk_control(d, "80 06 0003 0000 FF00", buf), 4);
	assert_int_equal(talk_control(d, "80 06 0403 0904 FF00", buf), 10);
	assert_memory_equal(buf, "\x0A\x03S\0l\0o\0t\0", 10);
	assert_int_equal(talk_control(d, "80 06 0503 0904 FF00", buf), EMU_STALL);
	assert_int_equal(talk_control(d, "80 08 0000 0000 0100", buf), 1);
	assert_int_equal(buf[0], 0);
	assert_int_equal(talk_control(d, "00 09 0100 0000 0000", buf), 0);
	assert_int_equal(talk_control(d, "80 08 0000 0000 0100", buf), 1);
	assert_int_equal(buf[0], 1);
	assert_int_equal(talk_control(d, "81 0A 0000 0000 0100", buf), 1);
	assert_int_equal(talk_control(d, "01 0B 0000 0000 0000", buf), 0);
	assert_int_equal(talk_control(d, "01 0B 0100 0000 0000", buf), EMU_STALL);
	emu_destroy(d);
}

static void a_halted_endpoint_stalls_until_cleared(void **state)
{
	struct emu_device *d = reader(3, 271);
	uint8_t buf[64];

	(void)state;
	assert_int_equal(talk_control(d, "02 03 0000 8200 0000", NULL), 0);
	assert_int_equal(talk_control(d, "82 00 0000 8200 0200", buf), 2);
	assert_int_equal(buf[0], 1);
	talk_send(d, "65 00000000 00 00 000000");
	assert_int_equal(emu_in(d, 0x82, buf, 64, 0), EMU_STALL);
	assert_int_equal(talk_control(d, "02 01 0000 8200 0000", NULL), 0);
	talk_expect(d, "81 00000000 00 00 01 00 00");
	emu_destroy(d);
}

static void nothing_moves_before_configuration(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d = emu_create(&cfg);
	uint8_t buf[64] = {0x65};

	(void)state;
	assert_int_equal(emu_out(d, 0x02, buf, 10, 0), EMU_STALL);
	assert_int_equal(emu_in(d, 0x82, buf, 64, 0), EMU_STALL);
	assert_int_equal(emu_counts(d)->unconfigured, 2);
	emu_destroy(d);
}

static void status_follows_card_and_power(void **state)
{
	struct emu_device *d = reader(3, 271);

	(void)state;
	talk(d, "65 00000000 00 00 000000", "81 00000000 00 00 01 00 00");
	talk(d, "62 00000000 00 01 00 0000", "80 09000000 00 01 00 00 00" ATR);
	talk(d, "65 00000000 00 02 000000", "81 00000000 00 02 00 00 00");
	talk(d, "63 00000000 00 03 000000", "81 00000000 00 03 01 00 00");
	assert_true(emu_remove(d, 0, 0));
	talk(d, "65 00000000 00 04 000000", "81 00000000 00 04 02 00 00");
	talk(d, "62 00000000 00 05 00 0000", "80 00000000 00 05 42 FE 00");
	assert_int_equal(emu_counts(d)->violations, 0);
	emu_destroy(d);
}

static void wrong_messages_are_refused_with_the_offset(void **state)
{
	struct emu_device *d = reader(3, 271);

	(void)state;
	talk(d, "65 01000000 00 00 000000", "81 00000000 00 00 41 01 00");
	talk(d, "65 00000000 01 01 000000", "81 00000000 01 01 42 05 00");
	talk(d, "60 00000000 00 02 000000", "81 00000000 00 02 41 00 00");
	talk(d, "62 00000000 00 03 01 0000", "80 00000000 00 03 41 07 00");
	talk(d, "6F 05000000 00 04 00 0000 00 84 00 00 08", "80 00000000 00 04 41 FE 00");
	talk(d, "65 00000000 00 04 000000", "81 00000000 00 04 01 00 00");
	talk(d, "65 00000000 00 05 010000", "81 00000000 00 05 01 00 00");
	assert_int_equal(emu_counts(d)->bad_length, 1);
	assert_int_equal(emu_counts(d)->bad_slot, 1);
	assert_int_equal(emu_counts(d)->unknown_command, 1);
	assert_int_equal(emu_counts(d)->bad_power, 1);
	assert_int_equal(emu_counts(d)->not_active, 1);
	assert_int_equal(emu_counts(d)->repeated_seq, 1);
	assert_int_equal(emu_counts(d)->rfu, 1);
	assert_int_equal(emu_counts(d)->violations, 7);
	emu_destroy(d);
}

static void a_fragment_is_dropped(void **state)
{
	struct emu_device *d = reader(3, 271);

	(void)state;
	talk_send(d, "65 000000");
	talk_silent(d);
	assert_int_equal(emu_counts(d)->bad_length, 1);
	emu_destroy(d);
}

static void voltage_must_fit_reader_and_card(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;

	(void)state;
	cfg.class_desc[40] = 0x02; /* no automatic voltage, no automatic activation */
	cfg.class_desc[5] = 0x03;
	cfg.card[0].classes = EMU_CLASS_3V;
	d = talk_new(&cfg);
	talk(d, "62 00000000 00 00 00 0000", "80 00000000 00 00 41 07 00");
	talk(d, "62 00000000 00 01 01 0000", "80 00000000 00 01 41 FE 00");
	talk(d, "62 00000000 00 02 03 0000", "80 00000000 00 02 41 07 00");
	talk(d, "62 00000000 00 03 02 0000", "80 09000000 00 03 00 00 00" ATR);
	assert_int_equal(emu_slot(d, 0).supply, EMU_CLASS_3V);
	emu_destroy(d);
}

static void a_second_power_on_is_a_warm_reset(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;

	(void)state;
	memcpy(cfg.card[0].warm_atr, "\x3B\x00", 2);
	cfg.card[0].warm_len = 2;
	d = talk_new(&cfg);
	talk(d, "62 00000000 00 00 00 0000", "80 09000000 00 00 00 00 00" ATR);
	talk(d, "62 00000000 00 01 00 0000", "80 02000000 00 01 00 00 00 3B00");
	talk(d, "63 00000000 00 02 000000", "81 00000000 00 02 01 00 00");
	talk(d, "62 00000000 00 03 00 0000", "80 09000000 00 03 00 00 00" ATR);
	emu_destroy(d);
}

static void parameters_come_from_the_atr_and_from_the_host(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;

	(void)state;
	cfg.card[0].atr_len =
		talk_bytes(cfg.card[0].atr, EMU_ATR_MAX, "3B F2 18 00 02 C1 0A 31 FE 58 C8 08 74");
	d = talk_new(&cfg);
	talk(d, "6C 00000000 00 00 000000", "82 05000000 00 00 01 00 00 11 00 00 0A 00");
	talk(d, "62 00000000 00 01 00 0000",
	     "80 0D000000 00 01 00 00 00 3B F2 18 00 02 C1 0A 31 FE 58 C8 08 74");
	talk(d, "6C 00000000 00 02 000000", "82 07000000 00 02 00 00 01 18 10 02 58 00 FE 00");
	talk(d, "61 07000000 00 03 01 0000 11 10 00 4D 00 20 00",
	     "82 07000000 00 03 00 00 01 11 10 00 4D 00 20 00");
	talk(d, "61 05000000 00 04 01 0000 11 10 00 4D 00", "82 00000000 00 04 40 01 00");
	talk(d, "61 07000000 00 05 01 0000 1F 10 00 4D 00 20 00", "82 00000000 00 05 40 0A 00");
	talk(d, "61 07000000 00 06 01 0000 11 00 00 4D 00 20 00", "82 00000000 00 06 40 0B 00");
	talk(d, "61 07000000 00 07 01 0000 11 10 00 AD 00 20 00", "82 00000000 00 07 40 0D 00");
	talk(d, "61 07000000 00 08 01 0000 11 10 00 4D 04 20 00", "82 00000000 00 08 40 0E 00");
	talk(d, "61 07000000 00 09 01 0000 11 10 00 4D 00 FF 00", "82 00000000 00 09 40 0F 00");
	talk(d, "61 07000000 00 0A 01 0000 11 10 00 4D 00 20 10", "82 00000000 00 0A 40 10 00");
	talk(d, "61 05000000 00 0B 00 0000 11 00 00 0A 00", "82 00000000 00 0B 40 07 00");
	assert_int_equal(emu_counts(d)->bad_parameters, 8);
	talk(d, "6D 00000000 00 0C 000000", "82 05000000 00 0C 00 00 00 11 00 00 0A 00");
	emu_destroy(d);
}

static void short_apdus_are_answered_whole(void **state)
{
	struct emu_device *d = powered(2, 271);

	(void)state;
	talk(d, "6F 07000000 00 01 00 0000 00 A4 00 00 02 3F 00",
	     "80 02000000 00 01 00 00 00 9000");
	talk(d, "6F 08000000 00 02 00 0000 00 A4 00 00 02 3F 00 00",
	     "80 0B000000 00 02 00 00 00 6F 07 82 01 38 83 02 3F 00 9000");
	talk(d, "6F 05000000 00 03 00 0000 00 84 00 00 04",
	     "80 06000000 00 03 00 00 00 00 01 02 03 9000");
	talk(d, "6F 05000000 00 04 00 0000 00 B0 01 02 03",
	     "80 05000000 00 04 00 00 00 0F 16 1D 9000");
	talk(d, "6F 09000000 00 05 00 0000 80 10 00 00 03 AA BB CC 00",
	     "80 05000000 00 05 00 00 00 AA BB CC 9000");
	talk(d, "6F 04000000 00 06 00 0000 00 44 00 00", "80 02000000 00 06 00 00 00 6D00");
	talk(d, "6F 04000000 00 07 00 0000 A0 A4 00 00", "80 02000000 00 07 00 00 00 6E00");
	talk(d, "6F 04000000 00 08 00 0000 80 14 00 00", "80 00000000 00 08 40 FE 00");
	talk(d, "6F 09000000 00 09 00 0000 00 B0 00 00 00 01 00 00 00",
	     "80 00000000 00 09 40 01 00");
	talk(d, "6F 04000000 00 0A 00 0100 00 B0 00 00", "80 00000000 00 0A 40 08 00");
	emu_destroy(d);
}

static void update_is_read_back(void **state)
{
	struct emu_device *d = powered(2, 271);

	(void)state;
	talk(d, "6F 08000000 00 01 00 0000 00 D6 00 05 03 01 02 03",
	     "80 02000000 00 01 00 00 00 9000");
	talk(d, "6F 05000000 00 02 00 0000 00 B0 00 04 05",
	     "80 07000000 00 02 00 00 00 1C 01 02 03 38 9000");
	emu_destroy(d);
}

static void a_wrong_pin_counts_down(void **state)
{
	struct emu_device *d = powered(2, 271);

	(void)state;
	talk(d, "6F 09000000 00 01 00 0000 00 20 00 80 04 31323335",
	     "80 02000000 00 01 00 00 00 63C2");
	talk(d, "6F 04000000 00 02 00 0000 00 20 00 80", "80 02000000 00 02 00 00 00 63C2");
	talk(d, "6F 09000000 00 03 00 0000 00 20 00 80 04 31323334",
	     "80 02000000 00 03 00 00 00 9000");
	talk(d, "6F 04000000 00 04 00 0000 00 20 00 80", "80 02000000 00 04 00 00 00 63C3");
	emu_destroy(d);
}

static void extended_commands_are_chained_in(void **state)
{
	struct emu_device *d = powered(3, 22);

	(void)state;
	/* UPDATE BINARY of 16 bytes, extended Lc, in slices of 12 or fewer; echo by READ */
	talk(d, "6F 0C000000 00 01 00 0100 00 D6 00 00 00 00 10 A0 A1 A2 A3 A4",
	     "80 00000000 00 01 00 00 10");
	talk(d, "6F 06000000 00 02 00 0300 A5 A6 A7 A8 A9 AA", "80 00000000 00 02 00 00 10");
	talk(d, "6F 05000000 00 03 00 0200 AB AC AD AE AF", "80 02000000 00 03 00 00 00 9000");
	talk(d, "6F 05000000 00 04 00 0000 00 B0 00 0F 02",
	     "80 04000000 00 04 00 00 00 AF 70 9000");
	assert_int_equal(emu_counts(d)->violations, 0);
	emu_destroy(d);
}

static void long_answers_are_chained_out(void **state)
{
	struct emu_device *d = powered(3, 22);

	(void)state;
	talk(d, "6F 07000000 00 01 00 0000 00 B0 00 00 00 00 1A",
	     "80 0C000000 00 01 00 00 01 00 07 0E 15 1C 23 2A 31 38 3F 46 4D");
	talk(d, "6F 00000000 00 02 00 1000",
	     "80 0C000000 00 02 00 00 03 54 5B 62 69 70 77 7E 85 8C 93 9A A1");
	talk(d, "6F 00000000 00 03 00 1000", "80 04000000 00 03 00 00 02 A8 AF 9000");
	talk(d, "6F 00000000 00 04 00 1000", "80 00000000 00 04 40 08 00");
	talk(d, "6F 01000000 00 05 00 0200 00", "80 00000000 00 05 40 08 00");
	assert_int_equal(emu_counts(d)->bad_level, 2);
	emu_destroy(d);
}

static void the_longest_apdu_fits_in_one_message(void **state)
{
	struct emu_device *d = powered(3, 65554);
	uint8_t *apdu = calloc(1, 65544), *buf = malloc(131072);
	int n;

	(void)state;
	memcpy(apdu, "\x80\x10\x00\x00\x00\xFF\xFF", 7);
	memset(apdu + 7, 0x5A, 65535);
	talk_block(d, "6F 00000000 00 01 00 0000", apdu, 65544);
	n = emu_in(d, 0x82, buf, 131072, 0);
	assert_int_equal(n, 10 + 65535 + 2);
	assert_memory_equal(buf, "\x80\x01\x00\x01\x00\x00\x01\x00\x00\x00\x5A", 11);
	assert_memory_equal(buf + 10 + 65535, "\x90\x00", 2);
	free(apdu);
	free(buf);
	emu_destroy(d);
}

static void a_message_above_the_limit_is_refused(void **state)
{
	struct emu_device *d = powered(3, 271);
	uint8_t apdu[262] = {0x80, 0x10};

	(void)state;
	talk_block(d, "6F 00000000 00 01 00 0000", apdu, sizeof apdu);
	talk_expect(d, "80 00000000 00 01 40 01 00");
	assert_int_equal(emu_counts(d)->too_long, 1);
	emu_destroy(d);
}

static void t0_tpdus_show_61_and_6c(void **state)
{
	struct emu_device *d = powered(1, 271);

	(void)state;
	talk(d, "6F 07000000 00 01 00 0000 00 A4 00 00 02 3F 00",
	     "80 02000000 00 01 00 00 00 6109");
	talk(d, "6F 05000000 00 02 00 0000 00 C0 00 00 0A", "80 02000000 00 02 00 00 00 6C09");
	talk(d, "6F 05000000 00 03 00 0000 00 C0 00 00 04",
	     "80 06000000 00 03 00 00 00 6F 07 82 01 6105");
	talk(d, "6F 05000000 00 04 00 0000 00 C0 00 00 05",
	     "80 07000000 00 04 00 00 00 38 83 02 3F 00 9000");
	talk(d, "6F 05000000 00 05 00 0000 80 1A 03 00 00", "80 02000000 00 05 00 00 00 6C03");
	talk(d, "6F 05000000 00 06 00 0000 80 1A 03 00 03",
	     "80 05000000 00 06 00 00 00 00 07 0E 9000");
	talk(d, "6F 04000000 00 07 00 0000 80 18 62 83", "80 02000000 00 07 00 00 00 6283");
	talk(d, "6F 08000000 00 08 00 0000 00 A4 00 00 02 3F 00 00", "80 00000000 00 08 40 01 00");
	talk(d, "6F 04000000 00 09 00 0100 00 B0 00 00", "80 00000000 00 09 40 08 00");
	talk(d, "6F 05000000 00 0A 00 0000 80 1C 02 00 00", "80 02000000 00 0A 00 00 00 6100");
	emu_destroy(d);
}

static void pps_is_accepted_once_after_reset(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;

	(void)state;
	emu_config_level(&cfg, 1, 271);
	cfg.class_desc[40] = 0x38; /* no automatic parameters */
	d = talk_new(&cfg);
	talk(d, "62 00000000 00 00 00 0000", "80 09000000 00 00 00 00 00" ATR);
	talk(d, "6F 04000000 00 01 00 0000 FF 10 11 FE", "80 04000000 00 01 00 00 00 FF 10 11 FE");
	assert_int_equal(emu_counts(d)->violations, 0);
	talk(d, "6F 04000000 00 02 00 0000 00 44 00 00", "80 02000000 00 02 00 00 00 6D00");
	assert_int_equal(emu_counts(d)->no_parameters, 1);
	talk(d, "6F 04000000 00 03 00 0000 FF 10 11 FE", "80 02000000 00 03 00 00 00 6E00");
	emu_destroy(d);
}

static void reader_and_card_must_be_at_one_speed(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;

	(void)state;
	emu_config_level(&cfg, 1, 271);
	cfg.class_desc[40] = 0x38;
	cfg.card[0].atr_len = talk_bytes(cfg.card[0].atr, EMU_ATR_MAX, "3B 10 95");
	d = talk_new(&cfg);
	talk(d, "62 00000000 00 00 00 0000", "80 03000000 00 00 00 00 00 3B 10 95");
	talk(d, "6F 04000000 00 01 00 0000 FF 10 95 7A", "80 04000000 00 01 00 00 00 FF 10 95 7A");
	talk(d, "61 05000000 00 02 00 0000 11 00 00 0A 00",
	     "82 05000000 00 02 00 00 00 11 00 00 0A 00");
	talk(d, "6F 04000000 00 03 00 0000 00 44 00 00", "80 00000000 00 03 40 FD 00");
	assert_int_equal(emu_counts(d)->bad_speed, 1);
	talk(d, "61 05000000 00 04 00 0000 95 00 00 0A 00",
	     "82 05000000 00 04 00 00 00 95 00 00 0A 00");
	talk(d, "6F 04000000 00 05 00 0000 00 44 00 00", "80 02000000 00 05 00 00 00 6D00");
	/* 500000 bit/s are within the 676000 of the descriptor, 688172 are not */
	talk(d, "61 05000000 00 06 00 0000 97 00 00 0A 00",
	     "82 05000000 00 06 00 00 00 97 00 00 0A 00");
	talk(d, "61 05000000 00 07 00 0000 17 00 00 0A 00", "82 00000000 00 07 40 0A 00");
	emu_destroy(d);
}

static void a_card_may_refuse_pps(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;

	(void)state;
	emu_config_level(&cfg, 1, 271);
	cfg.class_desc[40] = 0xB8; /* PPS by the reader */
	cfg.card[0].atr_len = talk_bytes(cfg.card[0].atr, EMU_ATR_MAX, "3B 10 95");
	cfg.card[0].no_pps = true;
	d = talk_new(&cfg);
	talk(d, "62 00000000 00 00 00 0000", "80 03000000 00 00 00 00 00 3B 10 95");
	talk(d, "61 05000000 00 01 00 0000 95 00 00 0A 00", "82 00000000 00 01 40 FE 00");
	talk(d, "62 00000000 00 02 00 0000", "80 03000000 00 02 00 00 00 3B 10 95");
	talk(d, "61 05000000 00 03 00 0000 11 00 00 0A 00",
	     "82 05000000 00 03 00 00 00 11 00 00 0A 00");
	talk(d, "6F 04000000 00 04 00 0000 00 44 00 00", "80 02000000 00 04 00 00 00 6D00");
	assert_int_equal(emu_counts(d)->violations, 0);
	emu_destroy(d);
}

static void time_extensions_come_before_a_late_answer(void **state)
{
	struct emu_device *d = powered(3, 271);

	(void)state;
	talk_send(d, "6F 04000000 00 01 00 0000 80 12 02 03");
	talk_expect(d, "80 00000000 00 01 80 01 00");
	talk_silent(d);
	assert_int_equal(emu_next_ms(d), 300);
	talk(d, "65 00000000 00 02 000000", "81 00000000 00 02 40 E0 00");
	assert_int_equal(emu_counts(d)->slot_busy, 1);
	talk_now = 300;
	talk_expect(d, "80 00000000 00 01 80 01 00");
	talk_silent(d);
	talk_now = 600;
	talk_expect(d, "80 02000000 00 01 00 00 00 9000");
	assert_int_equal(emu_next_ms(d), INT64_MAX);
	emu_destroy(d);
}

static void removal_answers_the_running_command(void **state)
{
	struct emu_device *d = powered(3, 271);

	(void)state;
	talk_send(d, "6F 04000000 00 01 00 0000 80 12 01 0A");
	talk_expect(d, "80 00000000 00 01 80 01 00");
	assert_true(emu_later(d, EMU_REMOVE, 0, 500));
	assert_int_equal(emu_next_ms(d), 500);
	talk_now = 500;
	talk_expect(d, "80 00000000 00 01 42 FE 00");
	talk_notified(d, "50 02");
	talk_now = 5000;
	talk_silent(d);
	emu_destroy(d);
}

static void notifications_tell_of_presence_and_change(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;
	uint8_t buf[64];

	(void)state;
	emu_config_slots(&cfg, 5);
	cfg.card_in[0] = false;
	cfg.card_in[4] = true;
	d = talk_new(&cfg);
	talk_notified(d, "50 00 03");
	talk_notified(d, "");
	assert_true(emu_insert(d, 1, &cfg.card[1], 0));
	talk_notified(d, "50 0C 01");
	assert_true(emu_remove(d, 1, 0));
	assert_true(emu_remove(d, 4, 0));
	talk_notified(d, "50 08 02");
	assert_true(emu_interrupt(d, (const uint8_t *)"\x51\x00\x07\x01", 4));
	assert_int_equal(emu_in(d, 0x83, buf, 3, 0), EMU_BABBLE);
	talk_notified(d, "51 00 07 01");
	emu_destroy(d);
}

static void both_halves_of_an_abort_free_the_slot(void **state)
{
	struct emu_device *d = powered(3, 271);

	(void)state;
	talk_send(d, "6F 04000000 00 01 00 0000 80 12 01 64");
	talk_expect(d, "80 00000000 00 01 80 01 00");
	assert_int_equal(talk_control(d, "21 01 0002 0000 0000", NULL), 0); /* slot 0, seq 2 */
	talk_expect(d, "80 00000000 00 01 40 FF 00");
	talk(d, "65 00000000 00 09 000000", "81 00000000 00 09 40 FF 00");
	talk(d, "72 00000000 00 02 000000", "81 00000000 00 02 00 00 00");
	talk(d, "65 00000000 00 03 000000", "81 00000000 00 03 00 00 00");
	assert_int_equal(emu_counts(d)->aborts, 1);
	/* the bulk half first: its answer waits for the other */
	talk_send(d, "72 00000000 00 04 000000");
	talk_silent(d);
	assert_int_equal(talk_control(d, "21 01 0004 0000 0000", NULL), 0);
	talk_expect(d, "81 00000000 00 04 00 00 00");
	assert_int_equal(emu_counts(d)->violations, 0);
	emu_destroy(d);
}

static void without_the_control_request_the_message_aborts(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;

	(void)state;
	cfg.flags = EMU_ABORT_STALLS;
	d = talk_new(&cfg);
	assert_int_equal(talk_control(d, "21 01 0002 0000 0000", NULL), EMU_STALL);
	talk(d, "72 00000000 00 02 000000", "81 00000000 00 02 01 00 00");
	emu_destroy(d);
}

static void rate_lists_are_given_or_stall(void **state)
{
	struct emu_config cfg = config();
	struct emu_device *d;
	uint8_t buf[64];

	(void)state;
	cfg.n_clocks = 1;
	cfg.clocks_khz[0] = 4000;
	d = talk_new(&cfg);
	assert_int_equal(talk_control(d, "A1 02 0000 0000 0400", buf), 4);
	assert_memory_equal(buf, "\xA0\x0F\x00\x00", 4);
	assert_int_equal(talk_control(d, "A1 03 0000 0000 0400", buf), EMU_STALL);
	assert_int_equal(talk_control(d, "A1 02 0000 0100 0400", buf), EMU_STALL);
	emu_destroy(d);
}

static void escape_gives_back_what_it_got(void **state)
{
	struct emu_device *d = reader(3, 271);

	(void)state;
	talk(d, "6B 03000000 00 00 000000 01 02 03", "83 03000000 00 00 01 00 00 01 02 03");
	talk(d, "6A 00000000 00 01 03 00 00", "81 00000000 00 01 01 00 00");
	talk(d, "6E 00000000 00 02 01 0000", "81 00000000 00 02 41 FE 00");
	talk(d, "73 08000000 00 03 000000 E8030000 00C20100",
	     "84 08000000 00 03 01 00 00 A00F0000 00C20100");
	emu_destroy(d);
}

static void transfers_end_as_usb_says(void **state)
{
	struct emu_device *d = powered(2, 271);
	uint8_t buf[128];

	(void)state;
	/* an answer of exactly one packet: its zero-length packet ends a longer request, and is
	 * left over from a request that it fills */
	talk_send(d, "6F 05000000 00 01 00 0000 00 B0 00 00 34");
	assert_int_equal(emu_in(d, 0x82, buf, 128, 0), 64);
	talk_silent(d);
	talk_send(d, "6F 05000000 00 02 00 0000 00 B0 00 00 34");
	assert_int_equal(emu_in(d, 0x82, buf, 64, 0), 64);
	assert_int_equal(emu_in(d, 0x82, buf, 64, 0), 0);
	/* longer answers come in pieces; a buffer that cuts a packet is an error */
	talk_send(d, "6F 05000000 00 03 00 0000 00 B0 00 00 74");
	assert_int_equal(emu_in(d, 0x82, buf, 64, 0), 64);
	assert_int_equal(emu_in(d, 0x82, buf, 64, 0), 64);
	assert_int_equal(emu_in(d, 0x82, buf, 64, 0), 0);
	talk_send(d, "65 00000000 00 04 000000");
	assert_int_equal(emu_in(d, 0x82, buf, 9, 0), EMU_BABBLE);
	emu_destroy(d);
}

static void a_message_may_come_packet_by_packet(void **state)
{
	struct emu_device *d = powered(2, 271);
	uint8_t msg[135] = {0x6F, 125, 0, 0, 0, 0, 1, 0, 0, 0, 0x80, 0x10, 0, 0, 119};

	(void)state;
	assert_int_equal(emu_out(d, 0x02, msg, 64, 0), EMU_OK);
	assert_int_equal(emu_out(d, 0x02, msg + 64, 64, 0), EMU_OK);
	talk_silent(d);
	assert_int_equal(emu_out(d, 0x02, msg + 128, 7, 0), EMU_OK);
	assert_int_equal(emu_in(d, 0x82, msg, 128, 0), 128);
	assert_memory_equal(msg, "\x80\x79\x00\x00\x00\x00\x01\x00\x00\x00", 10);
	assert_int_equal(emu_counts(d)->violations, 0);
	emu_destroy(d);
}

static void unplugged_is_gone(void **state)
{
	struct emu_device *d = reader(2, 271);
	uint8_t buf[64] = {0};

	(void)state;
	emu_unplug(d, 0);
	assert_false(emu_plugged(d));
	assert_int_equal(emu_out(d, 0x02, buf, 10, 0), EMU_GONE);
	assert_int_equal(emu_in(d, 0x82, buf, 64, 0), EMU_GONE);
	assert_int_equal(talk_control(d, "80 06 0001 0000 1200", buf), EMU_GONE);
	emu_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_requests_are_answered),
		cmocka_unit_test(a_halted_endpoint_stalls_until_cleared),
		cmocka_unit_test(nothing_moves_before_configuration),
		cmocka_unit_test(status_follows_card_and_power),
		cmocka_unit_test(wrong_messages_are_refused_with_the_offset),
		cmocka_unit_test(a_fragment_is_dropped),
		cmocka_unit_test(voltage_must_fit_reader_and_card),
		cmocka_unit_test(a_second_power_on_is_a_warm_reset),
		cmocka_unit_test(parameters_come_from_the_atr_and_from_the_host),
		cmocka_unit_test(short_apdus_are_answered_whole),
		cmocka_unit_test(update_is_read_back),
		cmocka_unit_test(a_wrong_pin_counts_down),
		cmocka_unit_test(extended_commands_are_chained_in),
		cmocka_unit_test(long_answers_are_chained_out),
		cmocka_unit_test(the_longest_apdu_fits_in_one_message),
		cmocka_unit_test(a_message_above_the_limit_is_refused),
		cmocka_unit_test(t0_tpdus_show_61_and_6c),
		cmocka_unit_test(pps_is_accepted_once_after_reset),
		cmocka_unit_test(reader_and_card_must_be_at_one_speed),
		cmocka_unit_test(a_card_may_refuse_pps),
		cmocka_unit_test(time_extensions_come_before_a_late_answer),
		cmocka_unit_test(removal_answers_the_running_command),
		cmocka_unit_test(notifications_tell_of_presence_and_change),
		cmocka_unit_test(both_halves_of_an_abort_free_the_slot),
		cmocka_unit_test(without_the_control_request_the_message_aborts),
		cmocka_unit_test(rate_lists_are_given_or_stall),
		cmocka_unit_test(escape_gives_back_what_it_got),
		cmocka_unit_test(transfers_end_as_usb_says),
		cmocka_unit_test(a_message_may_come_packet_by_packet),
		cmocka_unit_test(unplugged_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
