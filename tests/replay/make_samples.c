/* SPDX-License-Identifier: MIT */
/* Record the emulated reader while the driver does what a sample's expect.txt says, in memory and
 * virtual time, so that the same comes out each time.
 * usage: make_samples NAME FOLDER; FOLDER/expect.txt is read, FOLDER/trace.pcapng written. */
#include "emu_stream.h"
#include "recorder.h"
#include "sample_play.h"
#include "transport_usbredir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *name, *folder;
static struct emu_config config;

static const uint8_t t1_atr[] = {0x3B, 0x85, 0x81, 0x01, 'E', 'M', 'U', 'T', '1', 0};
static const uint8_t other_atr[] = {0x3B, 0x64, 0x00, 0xFF, 'N', 'E', 'X', 'T'};

static void set_t1(struct emu_card_config *card)
{
	memcpy(card->atr, t1_atr, sizeof t1_atr);
	card->atr_len = sizeof t1_atr;
	for (size_t i = 1; i < sizeof t1_atr - 1; i++)
		card->atr[sizeof t1_atr - 1] ^= t1_atr[i];
}

static void common(const char *product)
{
	emu_config_init(&config);
	config.manufacturer = "libiscard";
	config.product = product;
	config.serial = "EMU-0001";
	config.card_in[0] = true;
}

static void kiosk_eject(void)
{
	common("Emulated kiosk reader");
	emu_config_level(&config, 3, 65544 + 10);
	emu_config_mechanical(&config, 0xF);
	set_t1(&config.card[0]);
}

/* A card in the mouth is seen. */
static void kiosk_mouth(void)
{
	kiosk_eject();
	config.flags = EMU_MOUTH_IS_PRESENT;
}

static void kiosk_half(void)
{
	kiosk_mouth();
	config.card_in[0] = false;
}

static void kiosk_bin_full(void)
{
	kiosk_mouth();
	config.bin = 1;
}

static void kiosk_slow(void)
{
	kiosk_mouth();
	config.motion_ms = 12000;
}

static void t0_tpdu(void)
{
	common("Emulated TPDU reader");
	emu_config_level(&config, 1, 271);
}

static void t1_tpdu(void)
{
	common("Emulated TPDU reader");
	emu_config_level(&config, 1, 271);
	set_t1(&config.card[0]);
}

static void card_swap(void)
{
	common("Emulated APDU reader");
	emu_config_level(&config, 2, 271);
}

static void documentation(void)
{
	common("Documented reader");
	emu_config_level(&config, 2, 271);
}

static void two_slots(void)
{
	common("Emulated twin reader");
	emu_config_level(&config, 2, 271);
	emu_config_slots(&config, 2);
	config.card_in[1] = true;
	set_t1(&config.card[1]);
}

static void unplugged(void)
{
	common("Emulated APDU reader");
	emu_config_level(&config, 2, 271);
}

static void pin_pad(void)
{
	common("Emulated PIN pad");
	emu_config_level(&config, 2, 271);
	config.class_desc[52] = 1; /* bPINSupport: verification */
	config.extension_ms = 500;
}

static void removal(void)
{
	common("Emulated APDU reader");
	emu_config_level(&config, 2, 271);
}

static void extended_parts(void)
{
	common("Emulated extended reader");
	emu_config_level(&config, 3, 271);
	set_t1(&config.card[0]);
}

static void token(uint8_t version, unsigned level)
{
	common("Emulated token");
	emu_config_level(&config, level, 271);
	config.class_desc[40] = 0x40; /* dwFeatures: ICCD */
	config.class_desc[41] = 0x08;
	config.ep_in = config.ep_out = config.ep_int = 0;
	config.if_protocol = version;
}

static void token_a(void)
{
	token(1, 0);
}

static void token_b(void)
{
	token(2, 2);
}

static const struct {
	const char *name;
	void (*configure)(void);
} samples[] = {
	{"emulated-card-swap", card_swap},
	{"emulated-documentation", documentation},
	{"emulated-kiosk-bin-full", kiosk_bin_full},
	{"emulated-kiosk-eject", kiosk_eject},
	{"emulated-kiosk-half", kiosk_half},
	{"emulated-kiosk-jam", kiosk_mouth},
	{"emulated-kiosk-power-back", kiosk_mouth},
	{"emulated-kiosk-power-loss", kiosk_slow},
	{"emulated-kiosk-pulled", kiosk_slow},
	{"emulated-kiosk-slow", kiosk_slow},
	{"emulated-t0-tpdu", t0_tpdu},
	{"emulated-extended-parts", extended_parts},
	{"emulated-pin-pad", pin_pad},
	{"emulated-removal", removal},
	{"emulated-t1-tpdu", t1_tpdu},
	{"emulated-token-a", token_a},
	{"emulated-token-b", token_b},
	{"emulated-two-slots", two_slots},
	{"emulated-unplugged", unplugged},
};

static void person(void *ctx, const char *what, unsigned slot)
{
	struct emu_stream *s = ctx;
	struct emu_card_config next = {.atr_len = sizeof other_atr};

	memcpy(next.atr, other_atr, sizeof other_atr);
	fake_clock_advance(&s->clock, 1000);
	if (strcmp(what, "remove") == 0)
		assert_true(emu_remove(s->device, slot, s->clock.now));
	else if (strcmp(what, "insert") == 0)
		assert_true(emu_insert(s->device, slot, &next, s->clock.now));
	else if (strcmp(what, "snatch") == 0)
		assert_true(emu_later(s->device, EMU_REMOVE, slot, s->clock.now + 1250));
	else if (strcmp(what, "take") == 0)
		assert_true(emu_take(s->device, slot, s->clock.now));
	else if (strcmp(what, "half") == 0)
		assert_true(emu_insert_half(s->device, slot, &s->cfg.card[slot], s->clock.now));
	else if (strcmp(what, "jam") == 0 || strcmp(what, "clear") == 0)
		emu_jam(s->device, slot, strcmp(what, "jam") == 0);
	else if (strcmp(what, "pull-soon") == 0) /* in the middle of what comes next */
		assert_true(emu_later(s->device, EMU_REMOVE, slot, s->clock.now + 3000));
	else if (strcmp(what, "power-fails-soon") == 0)
		assert_true(emu_later(s->device, EMU_UNPLUG, slot, s->clock.now + 3000));
	else if (strcmp(what, "unplug") == 0)
		emu_unplug(s->device, s->clock.now);
	else
		fail_msg("a person cannot %s", what);
	fake_clock_advance(&s->clock, 1000);
}

static void the_sample_is_recorded(void **state)
{
	static struct emu_stream s;
	const struct sample_options options = {.person = person, .ctx = &s};
	struct ccid_transport *t, *recorder;
	struct ccid_reader *r;
	char path[512], *expect;

	(void)state;
	emu_stream_init(&s, &config);
	assert_int_equal(ccid_transport_open_usbredir(&t, emu_stream_open(&s), "usbredir:memory",
	                                              -1, &s.clock.env, CCID_NEVER),
	                 0);
	snprintf(path, sizeof path, "%s/trace.pcapng", folder);
	assert_int_equal(ccid_transport_open_recorder(&recorder, t, path, &s.clock.env), 0);
	assert_int_equal(ccid_reader_open(&r, recorder, NULL, &s.clock.env, CCID_NEVER), 0);
	snprintf(path, sizeof path, "%s/expect.txt", folder);
	expect = sample_load(path, NULL);
	sample_run(r, NULL, expect, &options);
	assert_int_equal(ccid_transport_recording(recorder), 0);
	free(expect);
	ccid_reader_close(r);
	emu_stream_free(&s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_sample_is_recorded)};

	if (argc != 3) {
		fprintf(stderr, "usage: %s NAME FOLDER\n", argv[0]);
		return 2;
	}
	name = argv[1];
	folder = argv[2];
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
		if (strcmp(name, samples[i].name) == 0) {
			samples[i].configure();
			return cmocka_run_group_tests(tests, NULL, NULL);
		}
	fprintf(stderr, "%s: no sample %s\n", argv[0], name);
	return 2;
}
