/* SPDX-License-Identifier: MIT */
/* Slots of one emulated reader: what one of them was left with does not keep the others from work. Virtual
 * time. */
#include "emu_fault.h"
#include "emu_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CALL_MS 30000

static struct emu_stream stream;
static struct ccid_reader *reader;

static int64_t soon(void)
{
	return stream.clock.now + CALL_MS;
}

static void begin(unsigned slots, unsigned busy)
{
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_level(&cfg, 2, 271);
	emu_config_slots(&cfg, slots);
	emu_config_busy(&cfg, busy);
	for (unsigned i = 0; i < slots; i++)
		cfg.card_in[i] = true;
	emu_stream_init(&stream, &cfg);
	reader = emu_stream_reader(&stream);
	for (unsigned i = 0; i < slots; i++)
		assert_int_equal(ccid_slot_activate(reader, i, 3, CCID_RESET_NONE, soon()), 0);
}

static void finish(void)
{
	ccid_reader_close(reader);
	emu_stream_free(&stream);
}

static int transmit(unsigned slot)
{
	const uint8_t apdu[] = {0x00, 0xB0, 0x00, 0x00, 0x04};
	struct ccid_slot_info info;
	uint8_t out[16];

	assert_int_equal(ccid_slot_get_info(reader, slot, &info), 0);
	return ccid_slot_transmit(reader, slot, info.generation, apdu, sizeof apdu, out, sizeof out,
	                          CCID_XFR_FOLLOW, -1, soon());
}

/* The reader is at work on a command that was given up, and does one at a time. */
static void a_slot_left_busy_does_not_block_the_others(void **state)
{
	static const struct emu_fault silent = {.kind = EMU_FAULT_SILENT, .type = 0x6F, .times = 1};
	unsigned messages;

	(void)state;
	begin(3, 1);
	assert_true(emu_fault_add(stream.device, &silent));
	assert_int_equal(transmit(0), CCID_E_TIMEOUT);
	assert_int_equal(transmit(2), 6);
	messages = emu_counts(stream.device)->messages;
	assert_int_equal(transmit(1), 6);
	assert_int_equal(transmit(0), 6);
	assert_int_equal(emu_counts(stream.device)->messages, messages + 2);
	assert_int_equal(emu_counts(stream.device)->aborts, 1);
	finish();
}

/* The same where two may be busy, and two were left so. */
static void two_slots_left_busy_do_not_block_the_third(void **state)
{
	static const struct emu_fault silent = {.kind = EMU_FAULT_SILENT, .type = 0x6F, .times = 2};

	(void)state;
	begin(3, 2);
	assert_true(emu_fault_add(stream.device, &silent));
	assert_int_equal(transmit(0), CCID_E_TIMEOUT);
	assert_int_equal(transmit(1), CCID_E_TIMEOUT);
	assert_int_equal(transmit(2), 6);
	assert_int_equal(emu_counts(stream.device)->aborts, 2);
	assert_int_equal(transmit(1), 6);
	assert_int_equal(transmit(0), 6);
	finish();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_left_busy_does_not_block_the_others),
		cmocka_unit_test(two_slots_left_busy_do_not_block_the_third),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
