/* SPDX-License-Identifier: MIT */
/* The exchange level is the reader's affair: one card behind emulated readers of every level, and
 * behind tokens of both ICCD versions, answers the same list of APDUs with the same bytes, which are
 * those that the card answers when it is asked directly. */
#include "emu_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT_MS    600000
#define COMMAND_MAX 65544
#define ANSWER_MAX  65538

enum level {
	CHARACTER,
	TPDU,
	SHORT,
	EXTENDED
};

struct kind {
	const char *name;
	enum level level;
	unsigned token; /* bInterfaceProtocol; 0: a reader with bulk endpoints */
	uint32_t max_message;
	unsigned protocol;
	uint8_t ifsc;
	bool crc, byte_acks;
	unsigned nulls;
};

static const struct kind kinds[] = {
	{"character, T=0", CHARACTER, 0, 271, 0, 0, false, false, 0},
	{"character, T=0, one byte at a time, NULL", CHARACTER, 0, 271, 0, 0, false, true, 3},
	{"character, T=1 LRC", CHARACTER, 0, 271, 1, 254, false, false, 0},
	{"character, T=1 CRC", CHARACTER, 0, 271, 1, 32, true, false, 0},
	{"TPDU, T=0", TPDU, 0, 271, 0, 0, false, false, 0},
	{"TPDU, T=1 LRC", TPDU, 0, 271, 1, 254, false, false, 0},
	{"TPDU, T=1 CRC", TPDU, 0, 271, 1, 254, true, false, 0},
	{"TPDU, T=1, IFSC 7", TPDU, 0, 271, 1, 7, false, false, 0},
	{"TPDU, T=1, small messages", TPDU, 0, 60, 1, 254, false, false, 0},
	{"short APDU, T=0", SHORT, 0, 271, 0, 0, false, false, 0},
	{"short APDU, T=1", SHORT, 0, 271, 1, 254, false, false, 0},
	{"extended APDU, T=0", EXTENDED, 0, 65554, 0, 0, false, false, 0},
	{"extended APDU, T=1", EXTENDED, 0, 65554, 1, 254, false, false, 0},
	{"extended APDU, chained", EXTENDED, 0, 271, 1, 254, false, false, 0},
	{"extended APDU, much chained", EXTENDED, 0, 43, 0, 0, false, false, 0},
	{"ICCD A", CHARACTER, 1, 271, 0, 0, false, false, 0},
	{"ICCD B, TPDU, T=0", TPDU, 2, 271, 0, 0, false, false, 0},
	{"ICCD B, TPDU, T=1", TPDU, 2, 271, 1, 254, false, false, 0},
	{"ICCD B, short APDU", SHORT, 2, 271, 1, 254, false, false, 0},
	{"ICCD B, short APDU, T=0", SHORT, 2, 271, 0, 0, false, false, 0},
	{"ICCD B, extended APDU", EXTENDED, 2, 4096, 1, 254, false, false, 0},
	{"ICCD B, extended APDU, chained", EXTENDED, 2, 271, 0, 0, false, false, 0},
};

/* Header, length of the data, and Le; -1: no such field. */
struct command {
	uint8_t header[4];
	unsigned lc;
	long le;
};

static const struct command short_list[] = {
	/* case 1: good, warnings, errors */
	{{0x80, 0x12, 0x00, 0x00}, 0, -1},
	{{0x80, 0x18, 0x62, 0x83}, 0, -1},
	{{0x80, 0x18, 0x63, 0xC5}, 0, -1},
	{{0x80, 0x18, 0x6A, 0x82}, 0, -1},
	{{0x80, 0x18, 0x6F, 0x00}, 0, -1},
	{{0x00, 0x20, 0x00, 0x80}, 0, -1}, /* tries left: 63C3 */
	{{0x00, 0xEE, 0x00, 0x00}, 0, -1}, /* 6D00 */
	{{0x55, 0xB0, 0x00, 0x00}, 0, -1}, /* 6E00 */
	/* case 2 */
	{{0x00, 0xB0, 0x00, 0x00}, 0, 1},
	{{0x00, 0xB0, 0x01, 0x02}, 0, 5},
	{{0x00, 0xB0, 0x00, 0xFF}, 0, 255},
	{{0x00, 0xB0, 0xFF, 0x80}, 0, 256},
	{{0x00, 0x84, 0x00, 0x00}, 0, 8},
	/* T=0: 6Cxx, 6C00 */
	{{0x80, 0x1A, 0x05, 0x00}, 0, 256},
	{{0x80, 0x1A, 0xFF, 0x00}, 0, 256},
	{{0x80, 0x1A, 0x05, 0x00}, 0, 6},
	{{0x80, 0x1A, 0x00, 0x00}, 0, 256},
	/* T=0: 61xx, 6100 */
	{{0x80, 0x1C, 0x00, 0x01}, 0, 1},
	{{0x80, 0x1C, 0x00, 0x05}, 0, 256},
	{{0x80, 0x1C, 0x00, 0xFF}, 0, 255},
	{{0x80, 0x1C, 0x01, 0x00}, 0, 256},
	/* case 3, and what it wrote */
	{{0x00, 0xD6, 0x20, 0x00}, 1, -1},
	{{0x00, 0xB0, 0x1F, 0xFF}, 0, 3},
	{{0x00, 0xD6, 0x20, 0x00}, 5, -1},
	{{0x00, 0xD6, 0x20, 0x03}, 255, -1},
	{{0x00, 0xB0, 0x20, 0x00}, 0, 256},
	{{0x00, 0x20, 0x00, 0x80}, 4, -1}, /* a wrong PIN: 63C2 */
	/* case 4 */
	{{0x80, 0x10, 0x00, 0x00}, 1, 1},
	{{0x80, 0x10, 0x00, 0x00}, 5, 256},
	{{0x80, 0x10, 0x00, 0x00}, 255, 255},
	{{0x80, 0x10, 0x00, 0x00}, 255, 256},
	{{0x00, 0xA4, 0x00, 0x00}, 2, 256}, /* no such file: 6A82 */
	/* the card takes its time */
	{{0x80, 0x12, 0x03, 0x02}, 0, -1},
};

static const struct command extended_list[] = {
	{{0x80, 0x1C, 0x01, 0x01}, 0, 257},      {{0x80, 0x1C, 0x03, 0xE8}, 0, 1000},
	{{0x80, 0x1C, 0xFF, 0xFF}, 0, 65535},    {{0x80, 0x1C, 0x03, 0xE8}, 0, 65536},
	{{0x00, 0xD6, 0x30, 0x00}, 257, -1},     {{0x00, 0xD6, 0x30, 0x00}, 1000, -1},
	{{0x00, 0xD6, 0x30, 0x00}, 65535, -1},   {{0x80, 0x10, 0x00, 0x00}, 257, 257},
	{{0x80, 0x10, 0x00, 0x00}, 1000, 65536}, {{0x80, 0x10, 0x00, 0x00}, 65535, 65535},
	{{0x00, 0x20, 0x00, 0x80}, 300, -1},
};

static uint8_t apdu[COMMAND_MAX], answer[ANSWER_MAX];

static size_t put_length(size_t at, bool extended, unsigned n)
{
	if (extended)
		apdu[at++] = (uint8_t)(n >> 8);
	apdu[at++] = (uint8_t)n;
	return at;
}

static size_t build(const struct command *c)
{
	bool extended = c->lc > 255 || c->le > 256;
	size_t at = 4;

	memcpy(apdu, c->header, 4);
	if (extended)
		apdu[at++] = 0;
	if (c->lc > 0)
		at = put_length(at, extended, c->lc);
	for (unsigned i = 0; i < c->lc; i++)
		apdu[at++] = (uint8_t)(0xA5 + i * 3 + (i >> 8));
	return c->le > 0 ? put_length(at, extended, (unsigned)c->le) : at;
}

struct live {
	struct emu_stream s;
	struct ccid_reader *r;
	uint32_t generation;
	struct emu_card *card; /* another of the same kind, asked directly */
};

static void configure(struct emu_config *cfg, const struct kind *k)
{
	emu_config_init(cfg);
	emu_config_level(cfg, k->level, k->max_message);
	cfg->card_in[0] = true;
	cfg->card[0].byte_acks = k->byte_acks;
	cfg->card[0].nulls = k->nulls;
	if (k->protocol == 1)
		emu_card_t1(&cfg->card[0], k->ifsc, k->crc);
	if (k->level <= TPDU) /* nothing is automatic but clock and rate */
		cfg->class_desc[40] = 0x30;
	if (k->token == 0)
		return;
	cfg->class_desc[40] = 0x40;
	cfg->class_desc[41] = 0x08;
	cfg->if_protocol = (uint8_t)k->token;
	cfg->ep_in = cfg->ep_out = cfg->ep_int = 0;
}

static void activate(struct live *l, const struct kind *k, enum ccid_reset_kind reset)
{
	struct ccid_slot_info info;

	assert_int_equal(ccid_slot_activate(l->r, 0, 3, reset, l->s.clock.now + LIMIT_MS), 0);
	assert_int_equal(ccid_slot_get_info(l->r, 0, &info), 0);
	assert_int_equal(info.state, CCID_SLOT_READY);
	assert_int_equal(info.protocol, k->protocol);
	l->generation = info.generation;
}

static struct live *begin(const struct kind *k)
{
	struct live *l = calloc(1, sizeof *l);
	struct emu_config cfg;

	assert_non_null(l);
	print_message("%s\n", k->name);
	configure(&cfg, k);
	emu_stream_init(&l->s, &cfg);
	l->card = emu_card_new(&cfg.card[0]);
	assert_non_null(l->card);
	l->r = emu_stream_reader(&l->s);
	activate(l, k, CCID_RESET_NONE);
	return l;
}

static void end(struct live *l)
{
	ccid_reader_close(l->r);
	assert_int_equal(emu_counts(l->s.device)->violations, 0);
	assert_false(emu_slot(l->s.device, 0).active);
	emu_stream_free(&l->s);
	emu_card_free(l->card);
	free(l);
}

static int transmit(struct live *l, size_t len)
{
	return ccid_slot_transmit(l->r, 0, l->generation, apdu, len, answer, sizeof answer,
	                          CCID_XFR_FOLLOW, -1, l->s.clock.now + LIMIT_MS);
}

static void same(struct live *l, const struct command *c)
{
	const uint8_t *h = c->header;
	struct emu_card_answer want;
	size_t len = build(c);
	int n = transmit(l, len);

	emu_card_apdu(l->card, apdu, len, &want);
	if (n < 0 || (size_t)n != want.len || memcmp(answer, want.data, want.len) != 0)
		fail_msg("%02X %02X %02X %02X, Lc %u, Le %ld: %d bytes, ending %02X %02X, not %zu",
		         h[0], h[1], h[2], h[3], c->lc, c->le, n, n >= 2 ? answer[n - 2] : 0,
		         n >= 2 ? answer[n - 1] : 0, want.len);
}

static void short_apdus_are_the_same_at_every_level(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		struct live *l = begin(&kinds[k]);

		for (size_t i = 0; i < sizeof short_list / sizeof short_list[0]; i++)
			same(l, &short_list[i]);
		end(l);
	}
}

static void extended_apdus_are_the_same_where_the_level_allows(void **state)
{
	unsigned ran = 0;

	(void)state;
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		struct live *l;

		if (kinds[k].level == SHORT)
			continue;
		l = begin(&kinds[k]);
		for (size_t i = 0; i < sizeof extended_list / sizeof extended_list[0]; i++)
			same(l, &extended_list[i]);
		end(l);
		ran++;
	}
	assert_int_equal(ran, 18);
}

/* At short APDU level there is no way; the card is not told a part of it, and works on. */
static void extended_apdus_are_refused_at_short_level(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		struct live *l;

		if (kinds[k].level != SHORT)
			continue;
		l = begin(&kinds[k]);
		for (size_t i = 0; i < sizeof extended_list / sizeof extended_list[0]; i++) {
			const struct emu_counts *counts = emu_counts(l->s.device);
			unsigned before = counts->messages + counts->class_controls;

			assert_int_equal(transmit(l, build(&extended_list[i])), CCID_E_UNSUPPORTED);
			assert_int_equal(counts->messages + counts->class_controls, before);
		}
		same(l, &short_list[0]);
		end(l);
	}
}

/* An extended field whose number would fit a short one. */
static void short_numbers_in_extended_fields_work_everywhere(void **state)
{
	static const uint8_t read_5[] = {0x00, 0xB0, 0x00, 0x00, 0x00, 0x00, 0x05};
	static const uint8_t update_2[] = {0x00, 0xD6, 0x00, 0x00, 0x00, 0x00, 0x02, 0xAA, 0xBB};

	(void)state;
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		struct live *l = begin(&kinds[k]);

		memcpy(apdu, update_2, sizeof update_2);
		assert_int_equal(transmit(l, sizeof update_2), 2);
		assert_memory_equal(answer, "\x90\x00", 2);
		memcpy(apdu, read_5, sizeof read_5);
		assert_int_equal(transmit(l, sizeof read_5), 7);
		assert_memory_equal(answer, "\xAA\xBB", 2);
		assert_int_equal(answer[4], emu_card_pattern(4));
		end(l);
	}
}

/* Where the host speaks T=1 it finds out that the card still answers S(RESYNCH request). */
static void a_card_that_says_nothing_is_an_error_at_every_level(void **state)
{
	static const struct command mute = {{0x80, 0x14, 0x00, 0x00}, 0, -1};

	(void)state;
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		bool blocks = kinds[k].level <= TPDU && kinds[k].protocol == 1;
		struct live *l = begin(&kinds[k]);

		assert_int_equal(transmit(l, build(&mute)), blocks ? CCID_E_COMM : CCID_E_MUTE);
		activate(l, &kinds[k], CCID_RESET_COLD);
		same(l, &short_list[0]);
		end(l);
	}
}

/* A token that announces more than one control transfer holds gets a buffer for one. */
static void a_token_may_announce_65554_bytes(void **state)
{
	const struct kind large = {.level = EXTENDED,
	                           .token = 2,
	                           .max_message = 65554,
	                           .protocol = 1,
	                           .ifsc = 254,
	                           .name = "ICCD B, 65554 bytes"};
	struct live *l;

	(void)state;
	l = begin(&large);
	for (size_t i = 0; i < sizeof short_list / sizeof short_list[0]; i++)
		same(l, &short_list[i]);
	end(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_apdus_are_the_same_at_every_level),
		cmocka_unit_test(extended_apdus_are_the_same_where_the_level_allows),
		cmocka_unit_test(extended_apdus_are_refused_at_short_level),
		cmocka_unit_test(short_numbers_in_extended_fields_work_everywhere),
		cmocka_unit_test(a_card_that_says_nothing_is_an_error_at_every_level),
		cmocka_unit_test(a_token_may_announce_65554_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
