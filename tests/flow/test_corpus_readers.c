/* SPDX-License-Identifier: MIT */
/* Every reader of the corpus, emulated from its descriptor: the driver opens it, activates a card
 * of each protocol that it takes, and exchanges APDUs; or says clearly that it cannot. */
#include "corpus.h"
#include "emu_stream.h"
#include "quirks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
	struct emu_config cfg;
	char name[160];
	unsigned level, endpoints;
	uint32_t max;
};

/* Texts of the corpus are cut to what the emulator says in ASCII. */
static void plain(char *out, size_t cap, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + 1 < cap; text++)
		out[n++] = *text >= 0x20 && *text < 0x7F ? *text : '?';
	out[n] = '\0';
}

static unsigned level_of(const char *name)
{
	static const char *const names[] = {"char", "tpdu", "short-apdu", "extended-apdu"};

	for (unsigned i = 0; i < 4; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	fail_msg("level %s", name);
	return 0;
}

static unsigned numbers(const char *text, uint32_t out[EMU_RATES_MAX])
{
	unsigned n = 0;
	char *end;

	for (unsigned long v = strtoul(text, &end, 10); end != text && n < EMU_RATES_MAX;
	     v = strtoul(text, &end, 10)) {
		out[n++] = (uint32_t)v;
		text = end;
	}
	return n;
}

static void take_row(struct row *w, const struct corpus_table *t)
{
	struct emu_config *c = &w->cfg;

	emu_config_init(c);
	c->vid = (uint16_t)corpus_number(t, "vid", 16);
	c->pid = (uint16_t)corpus_number(t, "pid", 16);
	c->bcd_device = (uint16_t)corpus_number(t, "bcd_device", 16);
	c->if_class = (uint8_t)corpus_number(t, "if_class", 16);
	c->if_subclass = (uint8_t)corpus_number(t, "if_subclass", 16);
	c->if_protocol = (uint8_t)corpus_number(t, "if_protocol", 16);
	c->if_number = (uint8_t)corpus_number(t, "ifnum", 10);
	w->endpoints = (unsigned)corpus_number(t, "num_endpoints", 10);
	if (w->endpoints < 3)
		c->ep_int = 0;
	if (w->endpoints < 2) {
		c->ep_out = 0;
		c->ep_in = 0;
	}
	if (w->endpoints == 1)
		c->ep_int = 0x83;
	assert_int_equal(corpus_hex(corpus_cell(t, "class_descriptor_hex"), c->class_desc, 54), 54);
	c->n_clocks = numbers(corpus_cell(t, "clocks_khz"), c->clocks_khz);
	c->n_rates = numbers(corpus_cell(t, "data_rates_bps"), c->rates_bps);
	w->level = level_of(corpus_cell(t, "level"));
	w->max = (uint32_t)corpus_number(t, "max_message_length", 10);
	if (c->vid == 0x04E6 && w->max == 263)
		c->max_message = 271; /* what these readers really take */
	plain(w->name, sizeof w->name, corpus_cell(t, "name"));
	c->product = w->name;
}

static bool version_a(const struct row *w)
{
	return w->endpoints < 2 && w->cfg.if_protocol == 1;
}

/* Some that claim short APDUs are known to do more. */
static unsigned known_level(const struct row *w)
{
	const struct emu_config *c = &w->cfg;
	bool more = ccid_quirk_flags(c->vid, c->pid, c->bcd_device) & CCID_QUIRK_EXTENDED;

	return w->level == 2 && more ? 3 : w->level;
}

/* Bytes that a message of the reader holds, behind its header; a token's request has none. */
static size_t room_of(const struct row *w)
{
	size_t room = (w->cfg.max_message != 0 ? w->cfg.max_message : w->max) - 10;

	return w->endpoints < 2 && room < 261 ? 261 : room;
}

struct live {
	struct emu_stream s;
	struct ccid_reader *r;
	const struct row *w;
	unsigned slot, protocol;
	uint32_t generation;
	uint8_t apdu[EMU_COMMAND_MAX], answer[EMU_RESPONSE_MAX];
};

/* Bytes of data in a command, in a response, in both. */
static const unsigned lengths[] = {1, 5, 40, 255, 256, 257, 1000, 65535};

static int64_t soon(const struct live *l)
{
	return l->s.clock.now + 600000;
}

static int transmit(struct live *l, size_t len)
{
	return ccid_slot_transmit(l->r, l->slot, l->generation, l->apdu, len, l->answer,
	                          sizeof l->answer, CCID_XFR_FOLLOW, -1, soon(l));
}

static uint8_t data_byte(unsigned of, unsigned i)
{
	return (uint8_t)(0x55 + i * 7 + of);
}

/* CLA INS P1 P2, out bytes of data if any, Le for in bytes if any; the short form when it will do. */
static size_t compose(struct live *l, uint16_t cla_ins, unsigned p1p2, unsigned out, unsigned in)
{
	bool extended = out > 255 || in > 256;
	uint8_t *p = l->apdu;

	*p++ = (uint8_t)(cla_ins >> 8);
	*p++ = (uint8_t)cla_ins;
	*p++ = (uint8_t)(p1p2 >> 8);
	*p++ = (uint8_t)p1p2;
	if (extended)
		*p++ = 0;
	if (out > 0 && extended)
		*p++ = (uint8_t)(out >> 8);
	if (out > 0)
		*p++ = (uint8_t)out;
	for (unsigned i = 0; i < out; i++)
		*p++ = data_byte(out, i);
	if (in > 0 && extended)
		*p++ = (uint8_t)(in >> 8);
	if (in > 0)
		*p++ = (uint8_t)in;
	return (size_t)(p - l->apdu);
}

/* Whether the reader's level takes a command of so many bytes of data for so many. Short APDUs and
 * the TPDUs of T=0 must fit a message; blocks and slices are cut. */
static bool takes(const struct live *l, unsigned out, unsigned in)
{
	unsigned level = known_level(l->w);

	if (version_a(l->w))
		return true;
	if (level == 3)
		return true;
	if (level == 2)
		return out <= 255 && in <= 256 && 6 + out <= room_of(l->w);
	return l->protocol == 1 || 5 + (out > 255 || in > 256 ? 255 : out) <= room_of(l->w) ||
	       out == 0;
}

/* READ BINARY; what is longer a T=0 card only has to offer, as LONG does. */
static void read_bytes(struct live *l, unsigned n)
{
	bool is_long = n > 256;
	int rc = transmit(l, compose(l, is_long ? 0x801C : 0x00B0, is_long ? n : 0, 0, n));

	if (!takes(l, 0, n)) {
		assert_int_equal(rc, CCID_E_UNSUPPORTED);
		return;
	}
	assert_int_equal(rc, n + 2);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(l->answer[i], emu_card_pattern(i));
}

static void file_has(struct live *l, unsigned of, unsigned at, unsigned n)
{
	assert_int_equal(transmit(l, compose(l, 0x00B0, at, 0, n)), n + 2);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(l->answer[i], data_byte(of, at + i));
}

static void update(struct live *l, unsigned n)
{
	unsigned piece = n < 100 ? n : 100;
	int rc = transmit(l, compose(l, 0x00D6, 0, n, 0));

	assert_int_equal(rc, takes(l, n, 0) ? 2 : CCID_E_UNSUPPORTED);
	if (rc != 2)
		return;
	assert_memory_equal(l->answer, "\x90\x00", 2);
	file_has(l, n, 0, piece);
	file_has(l, n, n - piece, piece);
}

static void echo(struct live *l, unsigned n)
{
	size_t len = compose(l, 0x8010, 0, n, n), at = n > 255 ? 7 : 5;
	int rc = transmit(l, len);

	assert_int_equal(rc, takes(l, n, n) ? (int)n + 2 : CCID_E_UNSUPPORTED);
	if (rc > 0)
		assert_memory_equal(l->answer, l->apdu + at, n);
}

struct card {
	const char *what;
	const char *atr;    /* without TCK */
	unsigned protocols; /* bits; the lowest is offered first */
	bool no_pps;
	unsigned most; /* bytes of data exchanged with it */
};

static const struct card cards[] = {
	{"T=0", "3B 65 00 00 45 4D 55 30 31", 1, false, 65535},
	{"T=1", "3B 95 11 81 71 FE 45 00 45 4D 55 30 31", 2, false, 65535},
	{"T=1, small IFSC", "3B 95 11 81 71 15 45 00 45 4D 55 30 31", 2, false, 1000},
	{"T=0, TA1 96", "3B 75 96 00 00 45 4D 55 30 31", 1, false, 1000},
	{"T=1, TA1 96", "3B 95 96 81 71 FE 45 00 45 4D 55 30 31", 2, false, 1000},
	{"T=0 and T=1, TA1 18", "3B 95 18 80 71 FE 45 00 45 4D 55 30 31", 3, false, 1000},
	{"T=0, TA1 94, mute to PPS", "3B 75 94 00 00 45 4D 55 30 31", 1, true, 1000},
	{"T=1, TA1 94, mute to PPS", "3B 95 94 81 71 FE 45 00 45 4D 55 30 31", 2, true, 1000},
	{"T=0 specific", "3B 95 11 10 00 45 4D 55 30 31", 1, false, 1000},
	{"T=1 specific", "3B 95 11 91 01 71 FE 45 00 45 4D 55 30 31", 2, false, 1000},
};

static void give_card(struct emu_card_config *c, const struct card *from)
{
	size_t n = corpus_hex(from->atr, c->atr, EMU_ATR_MAX - 1);
	uint8_t tck = 0;

	for (size_t i = 1; i < n; i++)
		tck ^= c->atr[i];
	c->atr_len = n;
	if (from->protocols != 1)
		c->atr[c->atr_len++] = tck;
	c->no_pps = from->no_pps;
}

static void exchange(struct live *l, unsigned protocol, unsigned most, unsigned *fast)
{
	struct ccid_slot_info info;
	int rc = ccid_slot_activate(l->r, 0, 3, CCID_RESET_NONE, soon(l));

	if (rc != 0)
		fail_msg("activation: %d", rc);
	assert_int_equal(ccid_slot_get_info(l->r, 0, &info), 0);
	assert_int_equal(info.state, CCID_SLOT_READY);
	assert_int_equal(info.protocol, protocol);
	assert_int_equal(emu_slot(l->s.device, 0).protocol, protocol);
	l->generation = info.generation;
	*fast += emu_slot(l->s.device, 0).fidi != 0x11;
	l->protocol = protocol;
	if (known_level(l->w) != l->w->level)
		most = 255; /* the emulated one does no more than it claims */
	for (unsigned i = 0; i < sizeof lengths / sizeof *lengths && lengths[i] <= most; i++) {
		read_bytes(l, lengths[i]);
		echo(l, lengths[i]);
	}
	for (unsigned i = 0; i < sizeof lengths / sizeof *lengths && lengths[i] <= most; i++)
		update(l, lengths[i]);
}

/* The other slots do the same at a smaller scale, one after the other and in turns. */
static void other_slots(struct live *l)
{
	unsigned slots = ccid_reader_slots(l->r);
	struct ccid_slot_info info;

	for (unsigned round = 0; round < 2; round++)
		for (l->slot = 1; l->slot < slots && l->slot < EMU_SLOTS_MAX; l->slot++) {
			assert_int_equal(
				ccid_slot_activate(l->r, l->slot, 3, CCID_RESET_NONE, soon(l)), 0);
			assert_int_equal(ccid_slot_get_info(l->r, l->slot, &info), 0);
			l->generation = info.generation;
			echo(l, 40);
			read_bytes(l, 255);
		}
}

/* Version A needs no level, version B one of APDUs; both have nothing but endpoint 0. */
static int without_bulk(const struct row *w)
{
	if (w->cfg.if_class != 0x0B)
		return CCID_E_NOTFOUND;
	if (w->cfg.if_protocol == 1 || (w->cfg.if_protocol == 2 && w->level != 0))
		return 0;
	return CCID_E_UNSUPPORTED;
}

static void run(struct row *w, const struct card *card, unsigned protocol, unsigned *fast)
{
	struct live *l = calloc(1, sizeof *l);
	unsigned violations;
	int rc;

	assert_non_null(l);
	print_message("%04x:%04x %s: %s\n", w->cfg.vid, w->cfg.pid, w->name, card->what);
	for (unsigned i = 0; i < EMU_SLOTS_MAX; i++) {
		give_card(&w->cfg.card[i], card);
		w->cfg.card_in[i] = true;
	}
	emu_stream_init(&l->s, &w->cfg);
	rc = emu_stream_try(&l->s, &l->r, 10000);
	assert_int_equal(rc, w->endpoints < 2 ? without_bulk(w) : 0);
	if (rc == 0) {
		if (!version_a(w)) /* which moves TPDUs, whatever it claims */
			assert_int_equal(ccid_reader_level(l->r), known_level(w));
		l->w = w;
		exchange(l, protocol, card->most, fast);
		other_slots(l);
		ccid_reader_close(l->r);
	}
	violations = emu_counts(l->s.device)->violations;
	if (violations != 0)
		fail_msg("%u violations", violations);
	emu_stream_free(&l->s);
	free(l);
}

static void run_cards(struct row *w, unsigned reader, unsigned *fast)
{
	if (version_a(w))
		reader = 1; /* a header and a data phase: T=0 alone */
	for (unsigned i = 0; i < sizeof cards / sizeof cards[0]; i++) {
		unsigned both = cards[i].protocols & (reader == 0 ? 3 : reader);

		if (both != 0)
			run(w, &cards[i], (both & 1) != 0 ? 0 : 1, fast);
	}
}

static void every_reader_opens_and_exchanges(void **state)
{
	struct corpus_table t;
	unsigned rows = 0, unsupported = 0, fast = 0;

	(void)state;
	corpus_table_open(&t, "ISCARD_TEST_DATA", "reader-descriptors.csv");
	while (corpus_table_next(&t)) {
		struct row w = {.name = ""};

		take_row(&w, &t);
		run_cards(&w, (unsigned)corpus_number(&t, "protocols", 16) & 3, &fast);
		rows++;
		unsupported += w.endpoints < 2 && without_bulk(&w) != 0 ? 1 : 0;
	}
	free(t.text);
	print_message("%u readers, %u of a kind that is not supported\n", rows, unsupported);
	print_message("%u sessions above the default speed\n", fast);
	assert_true(rows >= 400);
	assert_true(fast >= 400);
}

static unsigned level_in(const uint8_t desc[54])
{
	return (desc[42] & 4) != 0 ? 3 : (desc[42] & 2) != 0 ? 2 : desc[42] & 1u;
}

static bool take_config(struct row *w, const char *line, uint8_t config[1024])
{
	static char hex[2049];
	uint8_t ids[2];
	size_t n;

	emu_config_init(&w->cfg);
	assert_true(corpus_json_string(line, "name", w->name, sizeof w->name));
	assert_true(corpus_json_string(line, "vid", hex, sizeof hex));
	assert_int_equal(corpus_hex(hex, ids, 2), 2);
	w->cfg.vid = (uint16_t)(ids[0] << 8 | ids[1]);
	assert_true(corpus_json_string(line, "pid", hex, sizeof hex));
	assert_int_equal(corpus_hex(hex, ids, 2), 2);
	w->cfg.pid = (uint16_t)(ids[0] << 8 | ids[1]);
	assert_true(corpus_json_string(line, "config", hex, sizeof hex));
	n = corpus_hex(hex, config, 1024);
	if (!emu_config_recorded(&w->cfg, config, n))
		return false; /* without bulk endpoints */
	w->endpoints = 3;
	w->level = level_in(w->cfg.class_desc);
	w->max = (uint32_t)(w->cfg.class_desc[44] | w->cfg.class_desc[45] << 8);
	return true;
}

static void every_recorded_configuration_is_driven(void **state)
{
	static uint8_t config[1024];
	unsigned rows = 0, fast = 0;
	char *text = corpus_load("ISCARD_TEST_DATA", "reader-configs.jsonl", NULL), *rest = text;
	const char *line;

	(void)state;
	while ((line = corpus_line(&rest)) != NULL) {
		struct row w = {.name = ""};

		if (*line == '\0' || !take_config(&w, line, config))
			continue;
		run_cards(&w, w.cfg.class_desc[6] & 3, &fast);
		rows++;
	}
	free(text);
	assert_true(rows > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reader_opens_and_exchanges),
		cmocka_unit_test(every_recorded_configuration_is_driven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
