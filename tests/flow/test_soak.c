/* SPDX-License-Identifier: MIT */
/* test_soak [COUNT [SEED]]: so many APDUs to an emulated reader that misbehaves at random, at each
 * exchange level in turn, in virtual time. No answer is wrong, no call outlives its deadline, once
 * the reader behaves again the card works again, and nothing is left behind. */
#include "emu_fault.h"
#include "emu_stream.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define CALL_MS 30000
#define GRACE   4000  /* recovery after the deadline: abort, clear halt, reset */
#define LIFE    20000 /* APDUs to one reader */
#define DATA    255
#define LEFT    65536 /* bytes that the C library may keep */

enum kind {
	CHARACTER,
	TPDU_T0,
	TPDU_T1,
	SHORT_APDU,
	EXTENDED,
	KINDS
};

static unsigned long count = 5000, seed = 1;

static struct {
	struct emu_stream s;
	struct ccid_reader *r;
	enum kind kind;
	uint64_t random;
	unsigned long sent, refused, revived, reopened;
} soak;

/* Marsaglia's xorshift64. */
static unsigned below(unsigned n)
{
	soak.random ^= soak.random << 13;
	soak.random ^= soak.random >> 7;
	soak.random ^= soak.random << 17;
	return (unsigned)(soak.random >> 32) % n;
}

static void plug(enum kind kind)
{
	static const unsigned level[KINDS] = {0, 1, 1, 2, 3};
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_level(&cfg, level[kind], kind == EXTENDED ? 74 : 271);
	cfg.card_in[0] = true;
	if (kind == TPDU_T1)
		emu_card_t1(&cfg.card[0], 64, false);
	emu_stream_init(&soak.s, &cfg);
	soak.kind = kind;
}

static void let_go(void)
{
	if (soak.r != NULL)
		ccid_reader_close(soak.r);
	soak.r = NULL;
}

static void unplug(void)
{
	let_go();
	emu_stream_free(&soak.s);
}

static int in_time(int64_t begun, int rc)
{
	int64_t took = soak.s.clock.now - begun;

	if (took > CALL_MS + GRACE)
		fail_msg("seed %lu, APDU %lu: a call took %lld ms", seed, soak.sent,
		         (long long)took);
	return rc;
}

static int activate(void)
{
	int64_t begun = soak.s.clock.now;

	return in_time(begun, ccid_slot_activate(soak.r, 0, 3, CCID_RESET_NONE, begun + CALL_MS));
}

static int transmit(const uint8_t *apdu, size_t len, uint8_t *out, size_t cap)
{
	int64_t begun = soak.s.clock.now;
	struct ccid_slot_info info;

	assert_int_equal(ccid_slot_get_info(soak.r, 0, &info), 0);
	return in_time(begun, ccid_slot_transmit(soak.r, 0, info.generation, apdu, len, out, cap,
	                                         CCID_XFR_FOLLOW, -1, begun + CALL_MS));
}

static int read_bytes(void)
{
	const uint8_t n = (uint8_t)(1 + below(DATA)), apdu[] = {0x00, 0xB0, 0x00, 0x00, n};
	uint8_t out[DATA + 2];
	int rc = transmit(apdu, sizeof apdu, out, sizeof out);
	bool same = rc == n + 2 && memcmp(out + n, "\x90\x00", 2) == 0;

	for (unsigned i = 0; same && i < n; i++)
		same = out[i] == emu_card_pattern(i);
	if (rc >= 0 && !same)
		fail_msg("seed %lu, APDU %lu: %u bytes asked, %d read, from %02X%02X on, level %d",
		         seed, soak.sent, n, rc, out[0], out[1], (int)soak.kind);
	return rc;
}

static int echo(void)
{
	const uint8_t n = (uint8_t)(1 + below(200));
	uint8_t apdu[6 + DATA] = {0x80, 0x10, 0x00, 0x00, n}, out[DATA + 2];
	int rc;

	for (unsigned i = 0; i < n; i++)
		apdu[5 + i] = (uint8_t)below(256);
	rc = transmit(apdu, 6u + n, out, sizeof out);
	if (rc >= 0 && (rc != n + 2 || memcmp(out, apdu + 5, n) != 0))
		fail_msg("seed %lu, APDU %lu: %d bytes echoed, and not those", seed, soak.sent, rc);
	return rc;
}

static int one(void)
{
	int rc = below(2) == 0 ? read_bytes() : echo();

	soak.sent++;
	soak.refused += rc < 0;
	return rc;
}

/* Those that change what an answer says in a way that no driver can see are not among them. */
static void strike(void)
{
	static const struct {
		enum emu_fault_kind kind;
		uint32_t value;
	} all[] = {
		{EMU_FAULT_STALL, 0},        {EMU_FAULT_STALL_LOST, 0}, {EMU_FAULT_DEAD, 0},
		{EMU_FAULT_UNPLUG, 0},       {EMU_FAULT_SILENT, 0},     {EMU_FAULT_LOST, 0},
		{EMU_FAULT_SHORT, 0},        {EMU_FAULT_SHORT, 1},      {EMU_FAULT_GARBAGE, 0},
		{EMU_FAULT_GARBAGE, 3},      {EMU_FAULT_SLOT, 0},       {EMU_FAULT_SEQ, 0},
		{EMU_FAULT_TYPE, 0},         {EMU_FAULT_LENGTH, 0},     {EMU_FAULT_LENGTH, 65536},
		{EMU_FAULT_NO_ZLP, 0},       {EMU_FAULT_EXTENSIONS, 0}, {EMU_FAULT_ERROR, 0},
		{EMU_FAULT_ERROR, 0xE0},     {EMU_FAULT_ERROR, 0xFB},   {EMU_FAULT_ERROR, 0xFD},
		{EMU_FAULT_ERROR, 0xFE},     {EMU_FAULT_STATUS, 0xC0},  {EMU_FAULT_REMOVE, 0},
		{EMU_FAULT_ZLP_BEFORE, 0},   {EMU_FAULT_ZLP_AFTER, 0},  {EMU_FAULT_LONG, 0},
		{EMU_FAULT_REMOVE_SILENT, 0}};
	const unsigned i = below(sizeof all / sizeof all[0]);
	const struct emu_fault f = {
		.kind = all[i].kind, .value = all[i].value, .at = below(4), .times = 1 + below(3)};

	emu_fault_clear(soak.s.device);
	assert_true(emu_fault_add(soak.s.device, &f));
}

/* The reader behaves again: the card must, too, at the latest with the reader opened anew. */
static void revive(void)
{
	emu_fault_clear(soak.s.device);
	if (!emu_plugged(soak.s.device)) {
		unplug();
		plug(soak.kind);
	} else if (!emu_slot(soak.s.device, 0).present)
		assert_true(emu_insert(soak.s.device, 0, &soak.s.cfg.card[0], soak.s.clock.now));
	if (soak.r != NULL && activate() == 0 && one() >= 0) {
		soak.revived++;
		return;
	}
	let_go();
	soak.r = emu_stream_reader(&soak.s);
	soak.reopened++;
	if (activate() != 0 || one() < 0)
		fail_msg("seed %lu, APDU %lu: the card does not come back, level %d", seed,
		         soak.sent, (int)soak.kind);
}

static void live(enum kind kind, unsigned long until)
{
	plug(kind);
	soak.r = emu_stream_reader(&soak.s);
	assert_int_equal(activate(), 0);
	while (soak.sent < until) {
		if (below(30) == 0)
			strike();
		if (one() < 0)
			revive();
	}
	unplug();
}

static void apdus_survive_random_faults(void **state)
{
	size_t before = mallinfo2().uordblks;
	unsigned lives = 0;

	(void)state;
	soak.random = 0x9E3779B97F4A7C15u ^ seed;
	while (soak.sent < count) {
		unsigned long share = count / KINDS < LIFE ? count / KINDS : LIFE;

		live((enum kind)(lives++ % KINDS), soak.sent + share);
	}
	print_message("%lu APDUs, %lu failed, %lu times the card was activated again, %lu times "
	              "the reader opened anew\n",
	              soak.sent, soak.refused, soak.revived, soak.reopened);
	assert_true(soak.refused > count / 1000 && soak.revived > 0 && soak.reopened > 0);
	assert_true(mallinfo2().uordblks <= before + LEFT);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(apdus_survive_random_faults)};

	if (argc > 1)
		count = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = strcmp(argv[2], "random") == 0 ? (unsigned long)time(NULL)
		                                      : strtoul(argv[2], NULL, 10);
	print_message("seed %lu\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
