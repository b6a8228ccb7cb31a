/* SPDX-License-Identifier: MIT */
/* Class descriptors that are odd in one field, or in every field by chance: at each exchange level the
 * emulated reader is opened and used, or refused with a code that says why (wire reference 1.3). */
#include "emu_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT_MS 600000
#define RANDOM   3000

/* Offsets in the class descriptor (CCID 5.1). */
enum {
	AT_BCD = 2,
	AT_SLOTS = 4,
	AT_VOLTAGE = 5,
	AT_PROTOCOLS = 6,
	AT_CLOCK = 10,
	AT_MAX_CLOCK = 14,
	AT_CLOCKS = 18,
	AT_RATE = 19,
	AT_MAX_RATE = 23,
	AT_RATES = 27,
	AT_IFSD = 28,
	AT_SYNCH = 32,
	AT_MECHANICAL = 36,
	AT_FEATURES = 40,
	AT_MESSAGE = 44,
	AT_GET_RESPONSE = 48,
	AT_ENVELOPE = 49,
	AT_LCD = 50,
	AT_PIN = 52,
	AT_BUSY = 53
};

struct oddity {
	unsigned at, size;
	uint32_t value;
};

static const struct oddity oddities[] = {
	{AT_BCD, 2, 0x0000},
	{AT_BCD, 2, 0x9999},
	{AT_SLOTS, 1, 15},
	{AT_VOLTAGE, 1, 0x00},
	{AT_VOLTAGE, 1, 0xF8},
	{AT_PROTOCOLS, 4, 0},
	{AT_PROTOCOLS, 4, 0x300},
	{AT_PROTOCOLS, 4, 0x20003},
	{AT_PROTOCOLS, 4, 0xFFFFFFFF},
	{AT_CLOCK, 4, 0},
	{AT_CLOCK, 4, 13560},
	{AT_CLOCK, 4, 0xFFFFFFFF},
	{AT_MAX_CLOCK, 4, 0},
	{AT_MAX_CLOCK, 4, 0xFFFFFFFF},
	{AT_CLOCKS, 1, 255},
	{AT_RATE, 4, 0},
	{AT_RATE, 4, 0xFFFFFFFF},
	{AT_MAX_RATE, 4, 0},
	{AT_MAX_RATE, 4, 0xFFFFFFFF},
	{AT_RATES, 1, 255},
	{AT_IFSD, 4, 0},
	{AT_IFSD, 4, 1},
	{AT_IFSD, 4, 0xFFFFFFFF},
	{AT_SYNCH, 4, 0xFFFFFFFF},
	{AT_MECHANICAL, 4, 0xFFFFFFF0},
	{AT_MESSAGE, 4, 0},
	{AT_MESSAGE, 4, 10},
	{AT_MESSAGE, 4, 11},
	{AT_MESSAGE, 4, 42},
	{AT_MESSAGE, 4, 64},
	{AT_MESSAGE, 4, 0xFFFFFFFF},
	{AT_GET_RESPONSE, 1, 0},
	{AT_ENVELOPE, 1, 0},
	{AT_LCD, 2, 0xFFFF},
	{AT_PIN, 1, 0xFF},
	{AT_BUSY, 1, 0},
	{AT_BUSY, 1, 255},
};

struct live {
	struct emu_stream s;
	struct ccid_reader *r;
	struct ccid_slot_info info;
};

static int64_t soon(const struct live *l)
{
	return l->s.clock.now + LIMIT_MS;
}

static int echo(struct live *l, unsigned slot, uint8_t n)
{
	uint8_t apdu[6 + 255] = {0x80, 0x10, 0x00, 0x00, n}, rapdu[258];
	int rc;

	for (unsigned i = 0; i < n; i++)
		apdu[5 + i] = (uint8_t)(n + i);
	assert_int_equal(ccid_slot_get_info(l->r, slot, &l->info), 0);
	rc = ccid_slot_transmit(l->r, slot, l->info.generation, apdu, 6u + n, rapdu, sizeof rapdu,
	                        CCID_XFR_FOLLOW, -1, soon(l));
	if (rc == n + 2) {
		assert_memory_equal(rapdu, apdu + 5, n);
		assert_memory_equal(rapdu + n, "\x90\x00", 2);
	}
	return rc;
}

static void odd_config(struct emu_config *cfg, unsigned level, bool t1)
{
	emu_config_init(cfg);
	emu_config_level(cfg, level, level == 3 ? 65554 : 271);
	cfg->card_in[0] = true;
	if (t1)
		emu_card_t1(&cfg->card[0], 254, false);
}

static void put(uint8_t *desc, const struct oddity *o)
{
	for (unsigned i = 0; i < o->size; i++)
		desc[o->at + i] = (uint8_t)(o->value >> 8 * i);
}

/* What an honest message length leaves room for. */
static uint8_t most(unsigned level, bool t1, uint32_t message)
{
	if (message == 0 || message >= 271 || level == 3 || (t1 && level < 2))
		return 200;
	return message < 10 + 33 ? 200 : (uint8_t)(message - 10 - 6);
}

static void use(const struct emu_config *cfg, const char *what, uint8_t n)
{
	struct live l;
	int rc;

	print_message("%s\n", what);
	emu_stream_init(&l.s, cfg);
	rc = emu_stream_try(&l.s, &l.r, 60000);
	assert_int_equal(rc, 0);
	assert_int_equal(ccid_slot_activate(l.r, 0, 3, CCID_RESET_NONE, soon(&l)), 0);
	assert_int_equal(echo(&l, 0, 1), 3);
	assert_int_equal(echo(&l, 0, n), n + 2);
	assert_int_equal(ccid_slot_power_off(l.r, 0, soon(&l)), 0);
	ccid_reader_close(l.r);
	emu_stream_free(&l.s);
}

static void each_oddity_is_lived_with(void **state)
{
	char what[80];

	(void)state;
	for (unsigned level = 0; level < 4; level++)
		for (unsigned i = 0; i < 2 * sizeof oddities / sizeof *oddities; i++) {
			const struct oddity *o = &oddities[i / 2];
			struct emu_config cfg;
			uint32_t message = 0;

			odd_config(&cfg, level, i % 2 != 0);
			put(cfg.class_desc, o);
			if (o->at == AT_MESSAGE) {
				message = o->value;
				cfg.max_message = message < 43 ? 65554 : message;
			}
			snprintf(what, sizeof what, "level %u, T=%u, %08X at %u", level, i % 2,
			         o->value, o->at);
			use(&cfg, what, most(level, i % 2 != 0, message));
		}
}

static uint32_t next(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* Whatever it claims: calls end, and an answer that is taken for one is the card's. */
static void a_descriptor_of_chance_does_no_harm(void **state)
{
	uint32_t x = 2463534242u;
	unsigned good = 0;

	(void)state;
	for (unsigned i = 0; i < RANDOM; i++) {
		struct emu_config cfg;
		struct live l;
		int rc;

		odd_config(&cfg, i % 4, i / 4 % 2 != 0);
		for (unsigned k = AT_BCD; k < 54; k++)
			if (k != AT_FEATURES + 2 && next(&x) % 3 == 0)
				cfg.class_desc[k] = (uint8_t)next(&x);
		cfg.class_desc[AT_SLOTS] &= 0x0F;
		emu_stream_init(&l.s, &cfg);
		rc = emu_stream_try(&l.s, &l.r, 60000);
		if (rc == 0) {
			rc = ccid_slot_activate(l.r, 0, 3, CCID_RESET_NONE, soon(&l));
			good += rc == 0 && echo(&l, 0, (uint8_t)(1 + i % 20)) == (int)(3 + i % 20);
			ccid_reader_close(l.r);
		}
		emu_stream_free(&l.s);
	}
	print_message("%u of %u were of use\n", good, RANDOM);
	assert_true(good > RANDOM / 4);
}

/* Fifteen slots more than there are. */
static void slots_that_are_not_there_are_found_out(void **state)
{
	struct emu_config cfg;
	struct live l;

	(void)state;
	odd_config(&cfg, 2, false);
	cfg.class_desc[AT_SLOTS] = 255;
	cfg.class_desc[AT_BUSY] = 255;
	emu_stream_init(&l.s, &cfg);
	l.r = emu_stream_reader(&l.s);
	assert_int_equal(ccid_reader_slots(l.r), EMU_SLOTS_MAX);
	assert_int_equal(ccid_slot_activate(l.r, 0, 3, CCID_RESET_NONE, soon(&l)), 0);
	assert_int_equal(echo(&l, 0, 10), 12);
	assert_int_equal(ccid_slot_activate(l.r, EMU_SLOTS_MAX, 3, CCID_RESET_NONE, soon(&l)),
	                 CCID_E_NO_SLOT);
	ccid_reader_close(l.r);
	emu_stream_free(&l.s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_oddity_is_lived_with),
		cmocka_unit_test(a_descriptor_of_chance_does_no_harm),
		cmocka_unit_test(slots_that_are_not_there_are_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
