/* SPDX-License-Identifier: MIT */
/* A card for each real ATR, behind a reader that does nothing by itself and behind two that do much:
 * the protocol and the parameters are those that public parsers read out of the ATR, and APDUs pass;
 * or activation fails and says why. */
#include "corpus.h"
#include "emu_stream.h"
#include "json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ACTIVATION_MS 60000
#define CLOCK_KHZ     4000
#define DEFAULT_RATE  10752
#define DEFAULT_FIDI  0x11

/* --- what the parsers say --- */

struct want {
	int protocol; /* -1: the parsers do not agree that this is an ATR */
	uint8_t fidi; /* what to work at */
	bool contactless;
	bool unknown;  /* specific mode at an F or D that has no meaning: no reader can follow */
	bool implicit; /* specific mode, F and D known to the card alone */
	uint8_t t0[5]; /* SetParameters */
	uint8_t t1[7];
	bool clock_stop; /* it is told; where, is a matter of its own */
};

/* What most parsers say; GnuPG's table of Di is an old one. */
static const char *field(const char *row, const char *name)
{
	const char *v = json_get(row, name), *differ;

	if (v != NULL)
		return v;
	differ = json_get(json_get(row, "differ"), name);
	v = json_get(differ, "libccid");
	return v != NULL ? v : json_get(differ, "pyscard");
}

static uint8_t number(const char *row, const char *name, long other)
{
	return (uint8_t)json_int(field(row, name), other);
}

static uint8_t byte_of(const char *v, uint8_t other)
{
	char hex[8];
	uint8_t byte;

	if (v == NULL || json_is_null(v) || !json_string(v, hex, sizeof hex) ||
	    corpus_hex(hex, &byte, 1) != 1)
		return other;
	return byte;
}

static uint8_t ta1_of(const char *row)
{
	return byte_of(json_first(json_first(json_get(row, "ib"))), DEFAULT_FIDI);
}

/* PC/SC part 3 gives contactless cards an ATR of this form; they speak T=CL, which is like T=1. */
static bool contactless(const char *row)
{
	char atr[80];

	assert_true(json_string(json_get(row, "atr"), atr, sizeof atr));
	return strncmp(atr, "3b8", 3) == 0 && strncmp(atr + 4, "8001", 4) == 0;
}

/* Faster than the default if card and reader can. */
static uint8_t speed(const char *row, bool specific)
{
	long fi = json_int(field(row, "fi"), 0), di = json_int(field(row, "di"), 0);

	if (fi == 0 || di == 0)
		return DEFAULT_FIDI;
	if (!specific && CLOCK_KHZ * 1000 * di / fi <= DEFAULT_RATE)
		return DEFAULT_FIDI;
	return ta1_of(row);
}

static void take_parameters(struct want *w, const char *row, bool inverse)
{
	uint8_t guard = number(row, "guard", 0), wi = number(row, "wi", 10);
	uint8_t ifsc = number(row, "ifsc", 32);
	bool crc = json_is(field(row, "edc"), "CRC");
	uint8_t bwi = number(row, "bwi", 4), cwi = number(row, "cwi", 13);

	w->t0[0] = w->t1[0] = w->fidi;
	w->t0[1] = inverse ? 2 : 0;
	w->t1[1] = (uint8_t)(0x10 | w->t0[1] | (crc ? 1 : 0));
	w->t0[2] = w->t1[2] = guard;
	w->t0[3] = wi == 0 ? 10 : wi;
	w->t1[3] = (uint8_t)((bwi > 9 ? 9 : bwi) << 4 | cwi);
	w->t1[5] = ifsc == 0 ? 32 : ifsc == 255 ? 254 : ifsc;
}

static void read_want(struct want *w, const char *row, const uint8_t *atr)
{
	const char *specific = json_get(row, "specific");

	*w = (struct want){.protocol = (int)json_int(field(row, "driver_default_protocol"), -1)};
	w->contactless = contactless(row);
	w->unknown = specific != NULL &&
	             (json_is(field(row, "fi"), "RFU") || json_is(field(row, "di"), "RFU"));
	w->implicit = json_is_true(json_get(specific, "implicit"));
	w->fidi = speed(row, specific != NULL);
	w->clock_stop = json_get(row, "clock_stop_class") != NULL;
	take_parameters(w, row, atr[0] == 0x3F);
}

/* --- the readers --- */

static const struct kind {
	const char *name;
	unsigned level;
	uint16_t features;
	bool host_tells; /* SetParameters is the host's */
} kinds[] = {
	{"character, nothing automatic", 0, 0x0000, true},
	{"TPDU, nothing automatic", 1, 0x0000, true},
	{"TPDU, automatic PPS", 1, 0x00B8, true},
	{"short APDU, automatic PPS", 2, 0x00BE, true},
	{"extended APDU, automatic negotiation", 3, 0x0C7E, false},
};

static void configure(struct emu_config *cfg, const struct kind *k, const uint8_t *atr, size_t len)
{
	static const uint8_t megabit[4] = {0x40, 0x42, 0x0F, 0x00};

	emu_config_init(cfg);
	emu_config_level(cfg, k->level, 271);
	cfg->class_desc[40] = (uint8_t)k->features;
	cfg->class_desc[41] = (uint8_t)(k->features >> 8);
	memcpy(cfg->class_desc + 23, megabit, 4);
	cfg->card_in[0] = true;
	memcpy(cfg->card[0].atr, atr, len);
	cfg->card[0].atr_len = len;
}

struct tally {
	unsigned ready, failed, fast;
};

static bool stated(int rc)
{
	return rc == CCID_E_BAD_ATR || rc == CCID_E_PROTOCOL;
}

static void exchange(struct emu_stream *s, struct ccid_reader *r, uint32_t generation)
{
	uint8_t echo[6 + 100] = {0x80, 0x10, 0x00, 0x00, 100}, answer[258];

	for (unsigned i = 0; i < 100; i++)
		echo[5 + i] = (uint8_t)(i * 5);
	assert_int_equal(ccid_slot_transmit(r, 0, generation, echo, sizeof echo, answer,
	                                    sizeof answer, CCID_XFR_FOLLOW, -1,
	                                    s->clock.now + ACTIVATION_MS),
	                 102);
	assert_memory_equal(answer, echo + 5, 100);
}

static void as_wanted(struct emu_stream *s, struct ccid_reader *r, const struct kind *k,
                      const struct want *w)
{
	struct emu_slot_view v = emu_slot(s->device, 0);
	struct ccid_slot_info info;
	uint8_t stop;

	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	assert_int_equal(info.state, CCID_SLOT_READY);
	assert_int_equal(v.protocol, info.protocol);
	exchange(s, r, info.generation);
	if (w->protocol < 0)
		return; /* half an ATR: any protocol of it */
	assert_int_equal(info.protocol, w->contactless && k->host_tells ? 1 : w->protocol);
	if (!k->host_tells)
		return;
	stop = v.parameters[4];
	v.parameters[4] = 0;
	if (info.protocol == 0)
		assert_memory_equal(v.parameters, w->t0, 5);
	else
		assert_memory_equal(v.parameters, w->t1, 7);
	assert_true(stop == 0 || w->clock_stop);
}

static bool must_fail(const struct want *w, const struct kind *k)
{
	return w->protocol > 1 || ((w->implicit || w->unknown) && k->host_tells);
}

static void check_result(const struct want *w, const struct kind *k, int rc)
{
	if (w->unknown && !k->host_tells)
		return; /* the reader's affair */
	if (rc != 0 && !stated(rc))
		fail_msg("activation: %d", rc);
	if (w->protocol >= 0 && (rc != 0) != must_fail(w, k))
		fail_msg("activation: %d, protocol %d", rc, w->protocol);
}

static void run(const uint8_t *atr, size_t len, const struct kind *k, const struct want *w,
                struct tally *sum)
{
	struct emu_stream *s = calloc(1, sizeof *s);
	struct ccid_reader *r;
	struct emu_config cfg;
	int64_t start;
	int rc;

	assert_non_null(s);
	configure(&cfg, k, atr, len);
	emu_stream_init(s, &cfg);
	r = emu_stream_reader(s);
	start = s->clock.now;
	rc = ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, start + ACTIVATION_MS);
	assert_true(s->clock.now <= start + ACTIVATION_MS);
	check_result(w, k, rc);
	if (rc == 0 && !w->unknown)
		as_wanted(s, r, k, w);
	sum->ready += rc == 0 ? 1 : 0;
	sum->failed += rc != 0 ? 1 : 0;
	sum->fast += rc == 0 && w->fidi != DEFAULT_FIDI ? 1 : 0;
	ccid_reader_close(r);
	assert_true((w->unknown && !k->host_tells) || emu_counts(s->device)->violations == 0);
	assert_false(emu_slot(s->device, 0).active);
	emu_stream_free(s);
	free(s);
}

static void every_atr_leads_to_its_parameters(void **state)
{
	char *text = corpus_load("ISCARD_TEST_DATA", "atr-oracle.jsonl", NULL);
	char *at = text, *row, hex[160];
	struct tally sum = {0};
	uint8_t atr[64];
	struct want w;

	(void)state;
	while ((row = corpus_line(&at)) != NULL) {
		size_t len;

		assert_true(json_string(json_get(row, "atr"), hex, sizeof hex));
		len = corpus_hex(hex, atr, sizeof atr);
		if (len > EMU_ATR_MAX)
			continue; /* no card can say that */
		read_want(&w, row, atr);
		print_message("%s\n", hex);
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
			run(atr, len, &kinds[k], &w, &sum);
	}
	free(text);
	print_message("%u sessions ready, %u of them above the default speed; %u refused\n",
	              sum.ready, sum.fast, sum.failed);
	assert_true(sum.ready > 9 * sum.failed);
	assert_true(sum.fast > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_atr_leads_to_its_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
