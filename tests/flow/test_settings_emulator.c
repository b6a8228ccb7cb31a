/* SPDX-License-Identifier: MIT */
/* The settings of an emulated reader, which knows what its clock and parameters really are. */
#include "emu_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT_MS   60000
#define CLOCK_STOP 0x01 /* bit 8 of dwFeatures, in its second byte */

static struct emu_stream device;
static struct ccid_reader *reader;
static struct ccid_parameters got;

static int64_t soon(void)
{
	return device.clock.now + LIMIT_MS;
}

static void begin(unsigned level, unsigned flags)
{
	static const uint8_t atr[] = {0x3B, 0x80, 0x80, 0x1F, 0xC1, 0xDE};
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_level(&cfg, level, 271);
	cfg.class_desc[41] |= CLOCK_STOP;
	cfg.class_desc[18] = 2;
	cfg.class_desc[27] = 3;
	cfg.clocks_khz[0] = 4000;
	cfg.clocks_khz[1] = 8000;
	cfg.n_clocks = 2;
	cfg.rates_bps[0] = 10753;
	cfg.rates_bps[1] = 21505;
	cfg.rates_bps[2] = 43011;
	cfg.n_rates = 3;
	cfg.flags = flags;
	cfg.card_in[0] = true;
	memcpy(cfg.card[0].atr, atr, sizeof atr);
	cfg.card[0].atr_len = sizeof atr;
	emu_stream_init(&device, &cfg);
	reader = emu_stream_reader(&device);
	assert_int_equal(ccid_slot_activate(reader, 0, 3, CCID_RESET_NONE, soon()), 0);
}

static void finish(void)
{
	ccid_reader_close(reader);
	assert_int_equal(emu_counts(device.device)->violations, 0);
	emu_stream_free(&device);
}

static uint32_t generation(void)
{
	struct ccid_slot_info info;

	assert_int_equal(ccid_slot_get_info(reader, 0, &info), 0);
	return info.generation;
}

static int echo(void)
{
	static const uint8_t apdu[] = {0x80, 0x10, 0x00, 0x00, 0x02, 0xAB, 0xCD, 0x00};
	uint8_t rapdu[258];
	int n = ccid_slot_transmit(reader, 0, generation(), apdu, sizeof apdu, rapdu, sizeof rapdu,
	                           CCID_XFR_FOLLOW, -1, soon());

	if (n == 4)
		assert_memory_equal(rapdu, "\xAB\xCD\x90\x00", 4);
	return n;
}

static void a_willing_reader_does_all(void **state)
{
	uint32_t v[3];

	(void)state;
	for (unsigned level = 2; level <= 3; level++) {
		begin(level, 0);
		assert_int_equal(ccid_slot_get_parameters(reader, 0, &got, soon()), 0);
		assert_int_equal(got.len, got.protocol == 0 ? 5 : 7);
		assert_memory_equal(got.bytes, emu_slot(device.device, 0).parameters, got.len);
		assert_int_equal(ccid_slot_clock(reader, 0, generation(), true, soon()), 0);
		assert_true(emu_slot(device.device, 0).clock_stopped);
		assert_int_equal(echo(), 4);
		assert_false(emu_slot(device.device, 0).clock_stopped);
		assert_int_equal(ccid_slot_t0_classes(reader, 0, 0x80, 0x80, soon()), 0);
		assert_int_equal(ccid_slot_t0_classes(reader, 0, -1, -1, soon()), 0);
		assert_int_equal(ccid_reader_clocks(reader, v, 3, soon()), 2);
		assert_int_equal(v[1], 8000);
		assert_int_equal(ccid_reader_rates(reader, v, 3, soon()), 3);
		assert_int_equal(v[2], 43011);
		assert_int_equal(ccid_slot_reset_parameters(reader, 0, &got, soon()), 0);
		assert_int_equal(ccid_slot_activate(reader, 0, 3, CCID_RESET_NONE, soon()), 0);
		assert_int_equal(echo(), 4);
		finish();
	}
}

static void an_unwilling_reader_is_told_apart(void **state)
{
	uint32_t v[3];

	(void)state;
	begin(3, EMU_NO_PARAMETERS | EMU_LISTS_STALL);
	assert_int_equal(ccid_slot_get_parameters(reader, 0, &got, soon()), CCID_E_UNSUPPORTED);
	assert_int_equal(ccid_slot_reset_parameters(reader, 0, &got, soon()), CCID_E_UNSUPPORTED);
	assert_int_equal(ccid_reader_clocks(reader, v, 3, soon()), CCID_E_UNSUPPORTED);
	assert_int_equal(ccid_reader_rates(reader, v, 3, soon()), CCID_E_UNSUPPORTED);
	assert_int_equal(echo(), 4);
	emu_remove(device.device, 0, device.clock.now);
	assert_int_equal(ccid_slot_clock(reader, 0, generation(), true, soon()), CCID_E_STALE);
	finish();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_willing_reader_does_all),
		cmocka_unit_test(an_unwilling_reader_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
