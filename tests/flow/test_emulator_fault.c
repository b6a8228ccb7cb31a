/* SPDX-License-Identifier: MIT */
/* The emulated reader misbehaves exactly as it was asked to, where it was asked to. */
#include "emu_fault.h"
#include "emu_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define STATUS "65 00000000 00 07 000000"

static struct emu_device *reader(unsigned flags)
{
	struct emu_config cfg;

	talk_now = 0;
	emu_config_init(&cfg);
	emu_config_level(&cfg, 2, 271);
	cfg.card_in[0] = true;
	cfg.flags = flags;
	return talk_new(&cfg);
}

static void add(struct emu_device *d, enum emu_fault_kind kind, unsigned at, uint32_t value)
{
	const struct emu_fault f = {.kind = kind, .at = at, .value = value};

	assert_true(emu_fault_add(d, &f));
}

static void answers_are_spoilt_as_asked(void **state)
{
	static const struct {
		enum emu_fault_kind kind;
		uint32_t value;
		const char *answer;
	} rows[] = {
		{EMU_FAULT_SHORT, 0, "81 00000000"},
		{EMU_FAULT_SHORT, 1, "81 00000000 00 07 01 00"},
		{EMU_FAULT_SHORT, 10, ""},
		{EMU_FAULT_LONG, 2, "81 00000000 00 07 01 00 00 EE EE"},
		{EMU_FAULT_GARBAGE, 3, "A5 A5 A5"},
		{EMU_FAULT_SLOT, 0, "81 00000000 01 07 01 00 00"},
		{EMU_FAULT_SEQ, 0xFF, "81 00000000 00 06 01 00 00"},
		{EMU_FAULT_TYPE, 0x80, "80 00000000 00 07 01 00 00"},
		{EMU_FAULT_LENGTH, 0, "81 F0FFFFFF 00 07 01 00 00"},
		{EMU_FAULT_ERROR, 0xFB, "81 00000000 00 07 41 FB 00"},
		{EMU_FAULT_STATUS, 0xC3, "81 00000000 00 07 C3 00 00"},
		{EMU_FAULT_CHAIN, 0x10, "81 00000000 00 07 01 00 10"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct emu_device *d = reader(0);

		add(d, rows[i].kind, 1, rows[i].value);
		talk(d, "65 00000000 00 06 000000", "81 00000000 00 06 01 00 00");
		talk(d, STATUS, rows[i].answer);
		talk(d, "65 00000000 00 08 000000", "81 00000000 00 08 01 00 00");
		emu_destroy(d);
	}
}

static void stale_answers_and_empty_transfers_come_extra(void **state)
{
	struct emu_device *d = reader(0);

	(void)state;
	add(d, EMU_FAULT_STALE, 0, 2);
	add(d, EMU_FAULT_ZLP_BEFORE, 1, 0);
	add(d, EMU_FAULT_ZLP_AFTER, 2, 2);
	talk(d, STATUS, "81 00000000 00 05 01 00 00");
	talk_expect(d, "81 00000000 00 06 01 00 00");
	talk_expect(d, "81 00000000 00 07 01 00 00");
	talk(d, STATUS, "");
	talk_expect(d, "81 00000000 00 07 01 00 00");
	talk(d, STATUS, "81 00000000 00 07 01 00 00");
	talk_expect(d, "");
	talk_expect(d, "");
	talk_silent(d);
	emu_destroy(d);
}

static void silence_lasts_until_the_abort(void **state)
{
	struct emu_device *d = reader(0);

	(void)state;
	add(d, EMU_FAULT_SILENT, 0, 0);
	talk_send(d, STATUS);
	talk_now = 100000;
	talk_silent(d);
	talk(d, "65 00000000 00 08 000000", "81 00000000 00 08 41 E0 00");
	assert_int_equal(talk_control(d, "21 01 0009 0000 0000", NULL), 0);
	talk_expect(d, "81 00000000 00 07 41 FF 00");
	talk(d, "72 00000000 00 09 000000", "81 00000000 00 09 01 00 00");
	emu_destroy(d);
}

static void extensions_never_end(void **state)
{
	struct emu_device *d = reader(0);

	(void)state;
	add(d, EMU_FAULT_EXTENSIONS, 0, 0);
	talk_send(d, STATUS);
	for (unsigned i = 1; i < 50; i++) {
		assert_int_equal(emu_next_ms(d), 100 * i);
		talk_now = 100 * i;
		talk_expect(d, "81 00000000 00 07 81 01 00");
		talk_silent(d);
	}
	emu_destroy(d);
}

static void stalls_hold_until_cleared(void **state)
{
	struct emu_device *d = reader(0);
	uint8_t buf[64];

	(void)state;
	add(d, EMU_FAULT_STALL, 0, 0);
	add(d, EMU_FAULT_STALL_LOST, 1, 0);
	for (unsigned lost = 0; lost < 2; lost++) {
		talk_send(d, STATUS);
		assert_int_equal(emu_in(d, 0x82, buf, 64, 0), EMU_STALL);
		assert_int_equal(emu_in(d, 0x82, buf, 64, 0), EMU_STALL);
		assert_int_equal(talk_control(d, "02 01 0000 8200 0000", NULL), 0);
		if (lost != 0)
			talk_silent(d);
		else
			talk_expect(d, "81 00000000 00 07 01 00 00");
	}
	emu_destroy(d);
}

static void a_transfer_can_fail(void **state)
{
	struct emu_device *d = reader(0);
	struct emu_fault f = {.kind = EMU_FAULT_STALL, .transfer = true, .at = 2};
	const uint8_t msg[10] = {0x65, 0, 0, 0, 0, 0, 7};
	uint8_t buf[64];

	(void)state;
	assert_true(emu_fault_add(d, &f));
	talk(d, STATUS, "81 00000000 00 07 01 00 00");
	assert_int_equal(emu_out(d, 0x02, msg, 10, 0), EMU_STALL);
	assert_int_equal(emu_out(d, 0x02, msg, 10, 0), EMU_STALL);
	assert_int_equal(talk_control(d, "02 01 0000 0200 0000", NULL), 0);
	f = (struct emu_fault){.kind = EMU_FAULT_DEAD, .transfer = true};
	assert_true(emu_fault_add(d, &f));
	assert_int_equal(emu_out(d, 0x02, msg, 10, 0), EMU_NAK);
	assert_int_equal(emu_in(d, 0x82, buf, 64, 0), EMU_NAK);
	emu_reset(d, 0);
	assert_int_equal(talk_control(d, "00 09 0100 0000 0000", NULL), 0);
	talk(d, STATUS, "81 00000000 00 07 01 00 00");
	emu_fault_clear(d);
	f = (struct emu_fault){.kind = EMU_FAULT_UNPLUG, .transfer = true};
	assert_true(emu_fault_add(d, &f));
	assert_int_equal(emu_out(d, 0x02, msg, 10, 0), EMU_GONE);
	assert_false(emu_plugged(d));
	emu_destroy(d);
}

static void faults_pick_their_message(void **state)
{
	struct emu_device *d = reader(0);
	const struct emu_fault f = {
		.kind = EMU_FAULT_ERROR, .type = 0x6B, .at = 1, .times = 2, .value = 0xFE};

	(void)state;
	assert_true(emu_fault_add(d, &f));
	talk(d, "6B 01000000 00 01 000000 AA", "83 01000000 00 01 01 00 00 AA");
	talk(d, "65 00000000 00 02 000000", "81 00000000 00 02 01 00 00");
	talk(d, "6B 01000000 00 03 000000 AA", "83 00000000 00 03 41 FE 00");
	talk(d, "6B 01000000 00 04 000000 AA", "83 00000000 00 04 41 FE 00");
	talk(d, "6B 01000000 00 05 000000 AA", "83 01000000 00 05 01 00 00 AA");
	emu_destroy(d);
}

static void a_lost_card_is_answered_or_not(void **state)
{
	struct emu_device *d = reader(0);

	(void)state;
	add(d, EMU_FAULT_REMOVE, 0, 0);
	talk(d, STATUS, "81 00000000 00 07 42 FE 00");
	emu_destroy(d);
	d = reader(0);
	add(d, EMU_FAULT_REMOVE_SILENT, 0, 0);
	talk_send(d, STATUS);
	talk_silent(d);
	talk_notified(d, "50 02");
	talk(d, "65 00000000 00 08 000000", "81 00000000 00 08 02 00 00");
	emu_destroy(d);
}

static void a_message_without_its_zero_length_packet_hangs(void **state)
{
	struct emu_device *d = reader(EMU_NO_ZLP);
	uint8_t buf[128] = {0};

	(void)state;
	talk_block(d, "6B 00000000 00 01 000000", buf, 54);
	assert_int_equal(emu_in(d, 0x82, buf, 128, 0), EMU_NAK);
	assert_int_equal(emu_in(d, 0x82, buf, 64, 0), 64);
	talk_silent(d);
	emu_destroy(d);
}

static void peculiarities_are_as_recorded(void **state)
{
	struct emu_device *d = reader(EMU_PARAMETERS_SAY_0 | EMU_NO_ESCAPE | EMU_UNSUPPORTED_IS_81 |
	                              EMU_SAME_SEQ_IGNORED | EMU_STATUS_FAILS_EMPTY);

	(void)state;
	talk(d, "6C 00000000 00 01 000000", "82 00000000 00 01 01 00 00 11 00 00 0A 00");
	talk(d, "6B 01000000 00 02 000000 AA", "81 00000000 00 02 41 00 00");
	talk_send(d, "65 00000000 00 02 000000");
	talk_silent(d);
	assert_true(emu_remove(d, 0, 0));
	talk(d, "65 00000000 00 03 000000", "81 00000000 00 03 42 FE 00");
	emu_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_spoilt_as_asked),
		cmocka_unit_test(stale_answers_and_empty_transfers_come_extra),
		cmocka_unit_test(silence_lasts_until_the_abort),
		cmocka_unit_test(extensions_never_end),
		cmocka_unit_test(stalls_hold_until_cleared),
		cmocka_unit_test(a_transfer_can_fail),
		cmocka_unit_test(faults_pick_their_message),
		cmocka_unit_test(a_lost_card_is_answered_or_not),
		cmocka_unit_test(a_message_without_its_zero_length_packet_hangs),
		cmocka_unit_test(peculiarities_are_as_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
