/* SPDX-License-Identifier: MIT */
/* What real readers answered, faults included, given to the driver as the answer to a command of
 * the same type: sound answers arrive as they are, all others are an error, and the next command
 * works in any case. The expectation is computed here, from the frames. */
#include "corpus.h"
#include "pin.h"
#include "reader.h"
#include "transport_responder.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER      "exchanges"
#define LIMIT_MS    60000
#define BOUND_MS    75000 /* a call and what it takes to get back into step */
#define BYTES_MAX   70000
#define CASES_LEAST 10 /* fewer mean that the files were not understood */

static struct fake_clock fake;
static struct responder device;
static struct ccid_reader *reader;
static unsigned cases;

/* One command of a file and the transfers up to the next. */
struct conversation {
	const char *file;
	unsigned line, begun; /* in the file: now, and the command's */
	uint8_t type, slot, seq;
	unsigned count;
	bool usable;
};

/* --- what the frames say, by the standard --- */

struct verdict {
	bool sound;     /* a whole answer of the right type, not failed */
	bool chained;   /* it is only a part */
	uint8_t status; /* bStatus of the answer, when there was one of the right bSeq */
	const uint8_t *data;
	size_t len;
};

static uint8_t answer_type(uint8_t command)
{
	switch (command) {
	case 0x62:
	case 0x69:
	case 0x6F: return 0x80;
	case 0x61:
	case 0x6C: return 0x82;
	case 0x6B: return 0x83;
	default: return 0x81;
	}
}

static bool is_answer(const uint8_t *f)
{
	return f[5] == 0 && f[6] == 0 && f[7] >> 6 != 2;
}

static struct verdict judge(uint8_t command)
{
	static uint8_t joined[RESPONDER_FRAMES * RESPONDER_MESSAGE];
	struct verdict v = {.status = 0xFF};
	size_t len = 0;

	for (unsigned i = 0; i < device.other_count; i++) {
		size_t dw;

		memcpy(joined + len, device.other[i], device.other_len[i]);
		len += device.other_len[i];
		dw = len < 10 ? 0
		              : (size_t)joined[1] | (size_t)joined[2] << 8 |
		                        (size_t)joined[3] << 16 | (size_t)joined[4] << 24;
		if (len < 10 || len - 10 < dw)
			continue;
		if (is_answer(joined)) {
			v.status = joined[7];
			v.sound = joined[7] >> 6 == 0 && joined[0] == answer_type(command);
			v.chained = (joined[9] & 1) != 0 && joined[0] == 0x80;
			v.data = joined + 10;
			v.len = dw;
			return v;
		}
		len = 0;
	}
	return v;
}

/* --- the driver's turn --- */

static const uint8_t select_mf[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
static uint8_t out[300];

static struct ccid_slot_info slot_info(void)
{
	struct ccid_slot_info info;

	assert_int_equal(ccid_slot_get_info(reader, 0, &info), 0);
	return info;
}

static int64_t deadline(void)
{
	return fake.now + LIMIT_MS;
}

static int transmit(void)
{
	return ccid_slot_transmit(reader, 0, slot_info().generation, select_mf, sizeof select_mf,
	                          out, sizeof out, 0, -1, deadline());
}

static int enter_pin(void)
{
	const struct ccid_pin pin = {
		.validation = 2, .max_digits = 8, .apdu = select_mf, .apdu_len = sizeof select_mf};

	return ccid_slot_secure(reader, 0, slot_info().generation, &pin, out, sizeof out,
	                        deadline());
}

static int call(uint8_t type)
{
	switch (type) {
	case 0x61:
	case 0x62: return ccid_slot_activate(reader, 0, 3, CCID_RESET_COLD, deadline());
	case 0x63: return ccid_slot_power_off(reader, 0, deadline());
	case 0x65: return ccid_slot_poll(reader, 0, deadline());
	case 0x69: return enter_pin();
	case 0x6B: return ccid_reader_escape(reader, 0, select_mf, 2, out, sizeof out, deadline());
	case 0x6F: return transmit();
	default: return -1000;
	}
}

static const char *where(const struct conversation *c)
{
	static char text[400];

	snprintf(text, sizeof text, "%s, command %02X in line %u", c->file, c->type, c->begun);
	return text;
}

static void data_as_judged(const struct conversation *c, const struct verdict *v, int rc)
{
	bool due = c->type == 0x6F || c->type == 0x69;
	bool good = v->sound && (!due || v->len >= 2) && v->len <= sizeof out;

	if (v->chained)
		return;
	if (good && (rc != (int)v->len || memcmp(out, v->data, v->len) != 0))
		fail_msg("%s: %zu bytes came, the driver made %d of it", where(c), v->len, rc);
	if (!good && rc >= 0 && !(c->type == 0x69 && rc == 2 && out[0] == 0x64))
		fail_msg("%s: taken for good (%d) though it is not", where(c), rc);
}

static void state_as_judged(const struct conversation *c, const struct verdict *v)
{
	enum ccid_slot_state state = slot_info().state;

	if (v->status == 0xFF)
		return;
	if ((v->status & 3) >= 2 && state != CCID_SLOT_EMPTY)
		fail_msg("%s: absent, but the slot is %s", where(c), ccid_slot_state_name(state));
	if ((v->status & 3) == 1 && state != CCID_SLOT_INACTIVE)
		fail_msg("%s: inactive, but the slot is %s", where(c), ccid_slot_state_name(state));
}

/* A power-on or SetParameters that fails is tried again, and then answered well. */
static void card_as_judged(const struct conversation *c, const struct verdict *v, int rc)
{
	struct ccid_slot_info info = slot_info();

	if (v->status != 0xFF && (v->status & 3) >= 2)
		return;
	if (!v->sound && v->status != 0xFF && rc != 0)
		fail_msg("%s: the card was given up (%s)", where(c), ccid_err_name(rc));
	if (c->type == 0x62 && v->sound && rc == 0 && info.atr_len == v->len &&
	    memcmp(info.atr, v->data, v->len) != 0)
		fail_msg("%s: another ATR", where(c));
}

static void result_as_judged(const struct conversation *c, const struct verdict *v, int rc)
{
	switch (c->type) {
	case 0x6F:
	case 0x6B:
	case 0x69: data_as_judged(c, v, rc); break;
	case 0x65: state_as_judged(c, v); break;
	case 0x61:
	case 0x62: card_as_judged(c, v, rc); break;
	default: break;
	}
}

static void comes_back(const struct conversation *c)
{
	for (unsigned i = 0; i < 3; i++)
		if (ccid_slot_activate(reader, 0, 3, CCID_RESET_COLD, deadline()) == 0 &&
		    transmit() == 2)
			return;
	fail_msg("%s: the reader does not come back", where(c));
}

/* device.other holds the answer. */
static void run(struct conversation *c)
{
	struct ccid_transport *t;
	struct verdict v;
	int64_t start;
	int rc;

	if (!c->usable)
		return;
	c->usable = false;
	v = judge(c->type);
	assert_int_equal(responder_open(&t, &device), 0);
	assert_int_equal(ccid_reader_open(&reader, t, NULL, &fake.env, deadline()), 0);
	assert_int_equal(ccid_slot_activate(reader, 0, 3, CCID_RESET_NONE, deadline()), 0);
	device.other_type = c->type;
	start = fake.now;
	rc = call(c->type);
	if (fake.now - start > BOUND_MS)
		fail_msg("%s: took %lld ms", where(c), (long long)(fake.now - start));
	assert_int_equal(device.other_type, 0); /* the command was sent */
	result_as_judged(c, &v, rc);
	comes_back(c);
	ccid_reader_close(reader);
	cases++;
}

/* --- the files --- */

static void begin(struct conversation *c, const uint8_t *bytes, size_t len)
{
	static const struct fake_reader kind = {
		.features = (FAKE_SHORT & ~CCID_FEATURE_AUTO_NEGOTIATION) | CCID_FEATURE_AUTO_PPS,
		.pin_support = 1};

	c->usable = len >= 10 && strchr("\x61\x62\x63\x65\x69\x6B\x6F", bytes[0]) != NULL;
	fake_clock_init(&fake);
	responder_init(&device, &kind, &fake);
	if (!c->usable)
		return;
	c->begun = c->line;
	c->type = bytes[0];
	c->slot = bytes[5];
	c->seq = bytes[6];
}

/* A transfer that goes on with a message whose beginning came before. */
static bool goes_on(void)
{
	const uint8_t *f = device.other[0];
	size_t have = 0, dw;

	if (device.other_count == 0 || device.other_len[0] < 10)
		return false;
	for (unsigned i = 0; i < device.other_count; i++)
		have += device.other_len[i];
	dw = (size_t)f[1] | (size_t)f[2] << 8;
	return have < 10 + dw;
}

static void add(struct conversation *c, const uint8_t *bytes, size_t len)
{
	uint8_t *f = device.other[device.other_count];

	if (device.other_count == RESPONDER_FRAMES || len > RESPONDER_MESSAGE) {
		c->usable = false;
		return;
	}
	memcpy(f, bytes, len);
	device.other_goes_on[device.other_count] = goes_on();
	if (len >= 10 && !goes_on()) {
		f[5] = (uint8_t)(f[5] - c->slot);
		f[6] = (uint8_t)(f[6] - c->seq);
	}
	device.other_len[device.other_count++] = len;
}

static void play_line(struct conversation *c, char *line)
{
	static uint8_t bytes[BYTES_MAX];
	char *word[3] = {0}, *rest = NULL;
	size_t len;

	for (int i = 0; i < 3; i++)
		word[i] = strtok_r(i == 0 ? line : NULL, " ", &rest);
	if (word[0] == NULL || word[0][0] == '#')
		return;
	if (strcmp(word[0], "gap") == 0) {
		run(c);
		return;
	}
	if (word[2] == NULL || strcmp(word[1], "bulk") != 0)
		return;
	len = strcmp(word[2], "-") == 0 ? 0 : corpus_hex(word[2], bytes, sizeof bytes);
	if (strcmp(word[0], "out") == 0) {
		run(c);
		begin(c, bytes, len);
	} else if (strcmp(word[0], "in") == 0 && c->usable) {
		add(c, bytes, len);
	}
}

static void play_file(const char *name)
{
	char path[300], *text, *rest, *line;
	struct conversation c = {.file = name};

	snprintf(path, sizeof path, FOLDER "/%s", name);
	rest = text = corpus_load("ISCARD_TEST_DATA", path, NULL);
	while ((line = corpus_line(&rest)) != NULL) {
		c.line++;
		play_line(&c, line);
	}
	run(&c);
	free(text);
}

static void answers_of_real_readers_are_taken_for_what_they_are(void **state)
{
	char path[1000];
	struct dirent *e;
	DIR *dir;

	(void)state;
	snprintf(path, sizeof path, "%s/" FOLDER, corpus_dir("ISCARD_TEST_DATA"));
	dir = opendir(path);
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		if (strstr(e->d_name, ".txt") != NULL)
			play_file(e->d_name);
	closedir(dir);
	printf("%u answers\n", cases);
	assert_true(cases >= CASES_LEAST);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_of_real_readers_are_taken_for_what_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
