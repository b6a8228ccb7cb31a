/* SPDX-License-Identifier: MIT */
/* Conversations with real readers, whole: the driver leads them in its own order and words, the
 * reader says what it said; and what a good driver makes of it stands here, file by file. */
#include "corpus.h"
#include "pin.h"
#include "reader.h"
#include "transport_told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT_MS 60000

/* do: "on", "poll", "pin" (the structure of the next Secure), "rest" (each further XfrBlock as an
 * APDU), or the hex of an APDU. want: "ok", the name of an error, hex of a response (ending in "*":
 * its beginning), or the state of the slot. */
struct step {
	const char *what, *want;
};

#define T0   "3B021450"
#define T1   "3B800181"
#define HOST 0x00010030u /* TPDU level; PPS and parameters are the host's */
#define AUTO 0x000200BAu /* short APDU level, parameters and PPS automatic */

static const struct talk {
	const char *file;
	struct fake_reader reader;
	const char *atr;
	struct step steps[5];
	const char *not_replayed; /* why */
} talks[] = {
	{.file = "acr122u-libnfc-direct",
         .reader = {.features = FAKE_SHORT},
         .atr = T0,
         .steps = {{"on", "ok"},
                   {"FF00000008D44A0100A0D98978", "D54B010100042804A0D989789000"},
                   {"FF0000000ED4400100A4040006F75246544101", "MUTE"}}},
	{.file = "acr33-answer-longer-than-dwlength",
         .reader = {.features = HOST},
         .atr = T0,
         .steps = {{"on", "ok"}, {"00A40904043F00D003", "6127"}}},
	{.file = "ak9563-emv-1",
         .reader = {.features = 0x000404BE, .max_packet = 16},
         .steps = {{"on", "ok"}, {"rest", "ok"}}},
	{.file = "au9540-setparameters-mute-then-warm-reset",
         .reader = {.vid = 0x058F, .pid = 0x9540, .features = AUTO},
         .steps = {{"on", "ok"}, {"protocol", "1"}}},
	{.file = "au9540-suspend-resume",
         .reader = {.features = AUTO},
         .steps = {{"state", "inactive"}, {"poll", "ok"}, {"state", "inactive"}}},
	{.file = "broadcom-5880-0x5805-short-read",
         .reader = {.features = FAKE_SHORT},
         .atr = T0,
         .steps = {{"on", "ok"}, {"8034010000", "IO"}, {"poll", "ok"}}},
	{.file = "case1-apdu-two-levels",
         .reader = {.features = FAKE_SHORT},
         .atr = T0,
         .steps = {{"on", "ok"}, {"80300000", "9000"}, {"8030000000", "9000"}}},
	{.file = "cryptoidentity-usbsnoop",
         .reader = {.features = HOST},
         .steps = {{"state", "inactive"}}},
	{.file = "ezio-shield-verify-bad-byte",
         .reader = {.features = FAKE_SHORT, .pin_support = 1},
         .atr = T0,
         .steps = {{"on", "ok"}, {"pin", "REFUSED"}}},
	{.file = "gemalto-idbridge-ct40-t1",
         .reader = {.features = HOST | 0x400},
         .steps = {{"on", "ok"}, {"protocol", "1"}}},
	{.file = "identiv-3700f-slow-status",
         .reader = {.features = AUTO},
         .steps = {{"state", "empty"}, {"poll", "TIMEOUT"}, {"on", "TIMEOUT"}, {"on", "MUTE"}}},
	{.file = "nitrokey3-chained-response",
         .reader = {.features = FAKE_EXTENDED},
         .atr = T1,
         .steps = {{"on", "ok"}, {"00CA006E00", "4F10D276000124010304000F*"}}},
	{.file = "pctwin-seedkeeper",
         .reader = {.features = HOST},
         .steps = {{"on", "ok"}, {"A000000062010100", "6700"}, {"002000810431323334FF", "6E00"}}},
	{.file = "scr3310-mute-after-reinsert",
         .reader = {.features = AUTO},
         .steps = {{"on", "MUTE"}, {"state", "inactive"}}},
	{.file = "simpro-two-slots-same-bseq",
         .not_replayed = "the host's fault: our bSeq never comes twice running (test_exchange)"},
	{.file = "spr532-pin-cancelled",
         .reader = {.vid = 0x04E6, .pid = 0xE003, .features = FAKE_SHORT, .pin_support = 1},
         .atr = T1,
         .steps = {{"on", "ok"}, {"pin", "6401"}}},
	{.file = "tribank-extended-apdu-wrong-header",
         .reader = {.vid = 0x0D46, .pid = 0x3010, .features = FAKE_EXTENDED},
         .atr = T1,
         .steps = {{"on", "ok"}, {"80120180000101*", "UNSUPPORTED"}}},
	{.file = "voltage-retry-1v8-3v-5v",
         .reader = {.features = HOST},
         .steps = {{"on", "ok"}, {"protocol", "0"}}},
};

#define TALKS (sizeof talks / sizeof talks[0])

static struct fake_clock fake;
static struct told device;
static struct ccid_reader *reader;
static uint8_t apdu[1000], out[1000];

static int64_t deadline(void)
{
	return fake.now + LIMIT_MS;
}

static struct ccid_slot_info slot_info(void)
{
	struct ccid_slot_info info;

	assert_int_equal(ccid_slot_get_info(reader, 0, &info), 0);
	return info;
}

static int transmit(size_t len)
{
	return ccid_slot_transmit(reader, 0, slot_info().generation, apdu, len, out, sizeof out, 0,
	                          -1, deadline());
}

/* The structure that was sent then, without what the host fills in. */
static int enter_pin(void)
{
	struct ccid_pin pin = {0};

	for (unsigned i = 0; i < device.entries; i++) {
		const uint8_t *p = device.entry[i].out.bytes + 11;

		if (device.entry[i].out.bytes[0] != 0x69)
			continue;
		pin = (struct ccid_pin){.time_out = p[0],
		                        .format = p[1],
		                        .block = p[2],
		                        .length_format = p[3],
		                        .max_digits = p[4],
		                        .min_digits = p[5],
		                        .validation = p[6],
		                        .messages = p[7],
		                        .language = (uint16_t)(p[8] | p[9] << 8),
		                        .index = {p[10]},
		                        .apdu = p + 14,
		                        .apdu_len = device.entry[i].out.len - 25};
		break;
	}
	return ccid_slot_secure(reader, 0, slot_info().generation, &pin, out, sizeof out,
	                        deadline());
}

/* What the parts of an answer make up. */
static size_t joined(const struct told_entry *e, uint8_t *to)
{
	size_t n = 0;

	for (unsigned i = 0; i < e->answers; i++) {
		memcpy(to + n, e->in[i].bytes, e->in[i].len);
		n += e->in[i].len;
	}
	return n;
}

static int rest(void)
{
	static uint8_t want[TOLD_ANSWERS * TOLD_BYTES];
	unsigned n = 0;

	for (unsigned i = 0; i < device.entries; i++) {
		struct told_entry *e = &device.entry[i];
		size_t len = e->out.len - 10, full;

		if (e->used || e->out.bytes[0] != 0x6F)
			continue;
		memcpy(apdu, e->out.bytes + 10, len);
		full = joined(e, want);
		assert_int_equal(transmit(len), full - 10);
		assert_memory_equal(out, want + 10, full - 10);
		n++;
	}
	assert_true(n > 10);
	return 0;
}

static int apdu_of(const char *hex)
{
	char text[200] = {0};
	size_t n = strcspn(hex, "*"), len;

	memcpy(text, hex, n);
	len = corpus_hex(text, apdu, sizeof apdu);
	if (hex[n] == '*') /* an extended APDU, filled up to the length it announces */
		len = 7u + (size_t)(apdu[5] << 8 | apdu[6]);
	return transmit(len);
}

static int act(const struct step *s)
{
	if (strcmp(s->what, "on") == 0)
		return ccid_slot_activate(reader, 0, 3, CCID_RESET_NONE, deadline());
	if (strcmp(s->what, "poll") == 0)
		return ccid_slot_poll(reader, 0, deadline());
	if (strcmp(s->what, "pin") == 0)
		return enter_pin();
	if (strcmp(s->what, "rest") == 0)
		return rest();
	return apdu_of(s->what);
}

static void said(char text[2100], int rc)
{
	strcpy(text, rc == 0 ? "ok" : ccid_err_name(rc));
	for (int i = 0; i < rc; i++)
		sprintf(text + 2 * i, "%02X", out[i]);
}

static void run_step(const struct talk *k, const struct step *s)
{
	char text[2100];
	size_t n = strcspn(s->want, "*");
	int64_t start = fake.now;

	if (strcmp(s->what, "state") == 0)
		strcpy(text, ccid_slot_state_name(slot_info().state));
	else if (strcmp(s->what, "protocol") == 0)
		sprintf(text, "%u", slot_info().protocol);
	else
		said(text, act(s));
	if (s->want[n] == '*' ? strncmp(text, s->want, n) != 0 : strcmp(text, s->want) != 0)
		fail_msg("%s: %s: %s, not %s", k->file, s->what, text, s->want);
	assert_true(fake.now <= start + LIMIT_MS + 30000);
}

static void run_talk(const struct talk *k)
{
	char path[200], *text;

	snprintf(path, sizeof path, "exchanges/%s.txt", k->file);
	text = corpus_load("ISCARD_TEST_DATA", path, NULL);
	print_message("%s\n", k->file);
	if (k->not_replayed == NULL) {
		fake_clock_init(&fake);
		told_init(&device, &k->reader, &fake, text, k->atr);
		assert_int_equal(ccid_reader_open(&reader, &device.t, NULL, &fake.env, deadline()),
		                 0);
		for (size_t i = 0; i < 5 && k->steps[i].what != NULL; i++)
			run_step(k, &k->steps[i]);
		ccid_reader_close(reader);
		assert_int_equal(device.strangers, 0);
	}
	free(text);
}

static void conversations_end_as_a_good_driver_would_have_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < TALKS; i++)
		run_talk(&talks[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations_end_as_a_good_driver_would_have_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
