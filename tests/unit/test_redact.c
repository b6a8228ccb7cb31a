/* SPDX-License-Identifier: MIT */
/* What is taken out of packets on their way into a file: at every exchange level, and however
 * messages are cut into transfers. */
#include "bytes.h"
#include "fake_reader.h"
#include "redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX 400

struct rig {
	struct ccid_redactor *r;
	uint64_t id;
	size_t chunk; /* bytes of a transfer */
	uint8_t got[MAX];
	bool masked[MAX];
	size_t len;
	int err;
};

static size_t hex(uint8_t *out, const char *s)
{
	size_t n = 0;
	unsigned v;

	for (; *s != '\0'; s += 2) {
		s += strspn(s, " ");
		if (*s == '\0')
			break;
		assert_true(n < MAX && sscanf(s, "%2x", &v) == 1);
		out[n++] = (uint8_t)v;
	}
	return n;
}

static void pass(struct rig *g, enum ccid_trace_dir dir, struct ccid_redir_packet *p, uint8_t *data)
{
	struct ccid_mask_list spans;
	int err;

	p->data = data;
	err = ccid_redactor_packet(g->r, dir, p, data, &spans);
	g->err = err != 0 ? err : g->err;
	for (unsigned i = 0; i < spans.count; i++) {
		assert_true(spans.span[i].off + spans.span[i].len <= p->data_len);
		memset(g->masked + g->len + spans.span[i].off, true, spans.span[i].len);
	}
	memcpy(g->got + g->len, data, p->data_len);
	g->len += p->data_len;
}

/* "6F SLOT SEQ P7P8P9 DATA", dwLength made: into g->got as it would be written. */
static void say(struct rig *g, const char *text)
{
	uint8_t b[MAX] = {0}, msg[MAX + 4] = {0};
	size_t n = hex(b, text), payload;

	assert_true(n >= 6 && n < MAX - 4);
	payload = n - 6;
	msg[0] = b[0];
	msg[1] = (uint8_t)payload;
	msg[2] = (uint8_t)(payload >> 8);
	memcpy(msg + 5, b + 1, n - 1);
	n = payload + 10;
	memset(g->masked, false, sizeof g->masked);
	g->len = 0;
	g->err = 0;
	for (size_t at = 0; at < n; at += g->chunk) {
		bool in = msg[0] >= 0x80;
		struct ccid_redir_packet p = {.type = CCID_REDIR_BULK,
		                              .endpoint = in ? 0x81 : 0x02,
		                              .id = ++g->id,
		                              .data_len = n - at < g->chunk ? n - at : g->chunk};

		pass(g, in ? CCID_TRACE_FROM_HOST : CCID_TRACE_FROM_GUEST, &p, msg + at);
	}
}

/* What is written of the payload: hex, ".." for bytes that stand for anything and are FF, and
 * "(xx)" for those that stand for anything and are not. */
static void expect(const struct rig *g, const char *want)
{
	char text[MAX * 6] = "";
	size_t at = 0;

	for (size_t i = 10; i < g->len; i++)
		at += (size_t)snprintf(text + at, sizeof text - at,
		                       !g->masked[i]       ? " %02X"
		                       : g->got[i] == 0xFF ? " .."
		                                           : " (%02X)",
		                       g->got[i]);
	assert_string_equal(text + 1, want);
}

/* What is written holds these bytes no more, and says that bytes are gone. */
static void expect_gone(const struct rig *g, const char *bytes)
{
	uint8_t b[MAX];
	size_t n = hex(b, bytes);

	for (size_t i = 10; i + n <= g->len; i++)
		assert_memory_not_equal(g->got + i, b, n);
	assert_true(g->len > 10 && g->masked[g->len - 1]);
}

static void ask(struct rig *g, struct ccid_redir_packet *q, const uint8_t *data, size_t len)
{
	uint8_t copy[MAX];

	q->type = CCID_REDIR_CONTROL;
	q->id = ++g->id;
	pass(g, CCID_TRACE_FROM_GUEST, q, copy);
	memcpy(copy, data, len);
	q->data_len = len;
	g->len = 0;
	memset(g->masked, false, sizeof g->masked);
	pass(g, CCID_TRACE_FROM_HOST, q, copy);
}

/* A conversation in which nobody reads descriptors. */
static void begin_blind(struct rig *g, const struct ccid_redact_rules *rules, size_t chunk)
{
	*g = (struct rig){.chunk = chunk};
	assert_int_equal(ccid_redactor_new(&g->r, rules), 0);
}

static void connect_to(struct rig *g, const struct fake_reader *reader,
                       const struct ccid_redact_rules *rules, size_t chunk)
{
	struct fake_descriptors d;
	struct ccid_transport t;
	struct ccid_redir_packet q = {.request_type = 0x80, .request = 6, .value = 0x0200};

	*g = (struct rig){.chunk = chunk};
	fake_reader_describe(&t, &d, reader);
	assert_int_equal(ccid_redactor_new(&g->r, rules), 0);
	ask(g, &q, d.config, d.config_len);
}

static const struct fake_reader apdu = {.features = FAKE_SHORT};
static const struct fake_reader extended = {.features = FAKE_EXTENDED};
static const struct fake_reader tpdu = {.features = FAKE_TPDU};
static const struct fake_reader chars = {.features = 0};

/* Run a check with transfers of 1, 2, 3 ... bytes. */
static void in_any_pieces(const struct fake_reader *reader, const struct ccid_redact_rules *rules,
                          void (*check)(struct rig *g))
{
	struct rig g;

	for (size_t chunk = 1; chunk <= 80; chunk++) {
		connect_to(&g, reader, rules, chunk);
		check(&g);
		ccid_redactor_free(g.r);
	}
}

static void apdus(struct rig *g)
{
	say(g, "6F 00 01 000000 00 20 00 81 04 31 37 35 39");
	expect(g, "00 20 00 81 04 .. .. .. ..");
	say(g, "80 00 01 000000 90 00");
	expect(g, "90 00");
	say(g, "6F 00 02 000000 00 A4 00 0C 02 3F 00");
	expect(g, "00 A4 00 0C 02 3F 00");
	say(g, "6F 00 03 000000 80 24 00 81 00 00 04 31 37 35 39");
	expect(g, "80 24 00 81 00 00 04 .. .. .. ..");
	say(g, "6F 00 04 000000 10 2C 00 81 02 31 37");
	expect(g, "10 2C 00 81 02 .. ..");
	say(g, "6F 00 05 000000 00 C2 00 00 09 00 20 00 81 04 31 37 35 39");
	expect(g, "00 C2 00 00 09 .. .. .. .. .. .. .. .. ..");
	say(g, "6F 00 06 000000 00 20 00 81");
	expect(g, "00 20 00 81");
	say(g, "6F 00 07 000000 00 21 00 81 00 00 02 31 37");
	expect(g, "00 21 00 81 00 00 02 .. ..");
}

static void a_pin_in_an_apdu_is_gone(void **state)
{
	(void)state;
	in_any_pieces(&apdu, NULL, apdus);
}

static void parts(struct rig *g)
{
	say(g, "6F 00 01 000100 00 20 00 81 00 00 06 31 37");
	expect(g, "00 20 00 81 00 00 06 .. ..");
	say(g, "80 00 01 000010");
	say(g, "6F 00 02 000300 35 39");
	expect(g, ".. ..");
	say(g, "6F 00 03 000200 36 38");
	expect(g, ".. ..");
	say(g, "6F 00 04 000000 00 B0 00 00 02");
	expect(g, "00 B0 00 00 02");
}

static void a_pin_in_parts_is_gone(void **state)
{
	(void)state;
	in_any_pieces(&extended, NULL, parts);
}

static void blind_blocks(struct rig *g)
{
	say(g, "80 00 00 000000 90 00"); /* of a command that was not seen */
	expect(g, "90 00");
	say(g, "6F 00 01 000000 00 00 09 00 20 00 80 04 31 37 35 39 A7");
	expect(g, "00 00 09 00 20 00 80 04 .. .. .. .. (AD)");
	say(g, "80 00 01 000000 00 00 02 90 00 92");
	say(g, "6F 00 02 000000 00 40 05 00 A4 00 0C 00 ED");
	expect(g, "00 40 05 00 A4 00 0C 00 ED");
}

/* The first block of a chain reads as VERIFY, too. */
static void blind_chain(struct rig *g)
{
	say(g, "6F 00 03 000000 00 20 07 00 20 00 81 04 31 37 84");
	expect_gone(g, "31 37");
	say(g, "80 00 03 000000 00 90 00 90");
	say(g, "6F 00 04 000000 00 40 02 35 39 4E");
	expect_gone(g, "35 39");
}

static void a_pin_goes_where_no_descriptor_was_read(void **state)
{
	static void (*const checks[])(struct rig * g) = {apdus, parts, blind_blocks, blind_chain};
	struct rig g;

	(void)state;
	for (size_t chunk = 1; chunk <= 80; chunk++) {
		for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
			begin_blind(&g, NULL, chunk);
			checks[i](&g);
			ccid_redactor_free(g.r);
		}
	}
}

/* XFR_BLOCK to an ICCD token; what is written, in hex. */
static void request(struct rig *g, uint16_t value, const char *text, const char *want)
{
	struct ccid_redir_packet q = {.type = CCID_REDIR_CONTROL,
	                              .id = ++g->id,
	                              .request_type = 0x21,
	                              .request = 0x65,
	                              .value = value};
	uint8_t data[MAX], expected[MAX];

	q.data_len = hex(data, text);
	g->len = 0;
	memset(g->masked, false, sizeof g->masked);
	pass(g, CCID_TRACE_FROM_GUEST, &q, data);
	assert_int_equal(hex(expected, want), q.data_len);
	assert_memory_equal(g->got, expected, q.data_len);
}

static void a_pin_for_a_token_goes_where_no_descriptor_was_read(void **state)
{
	struct rig g;

	(void)state;
	begin_blind(&g, NULL, 1);
	request(&g, 0, "00 20 00 81 04 31 37 35 39", "00 20 00 81 04 FF FF FF FF"); /* version B */
	request(&g, 0, "00 B0 00 00 04", "00 B0 00 00 04");
	request(&g, 0x0100, "00 20 00 81 08 31 37", "00 20 00 81 08 FF FF");
	request(&g, 0x0200, "35 39", "FF FF");
	ccid_redactor_free(g.r);
	begin_blind(&g, NULL, 1);
	request(&g, 0, "00 20 00 81 04", "00 20 00 81 04"); /* version A */
	request(&g, 0, "31 37 35 39", "FF FF FF FF");
	request(&g, 0, "00 A4 00 0C 02", "00 A4 00 0C 02");
	request(&g, 0, "3F 00", "3F 00");
	ccid_redactor_free(g.r);
}

/* A reader without endpoints: its commands are class requests. */
static void connect_to_token(struct rig *g, uint8_t version, const struct ccid_redact_rules *rules)
{
	struct fake_descriptors d;
	struct ccid_transport t;
	struct ccid_redir_packet q = {.request_type = 0x80, .request = 6, .value = 0x0200};

	begin_blind(g, rules, 1);
	fake_reader_describe(&t, &d, &apdu);
	d.config[2] = 72;
	d.config[9 + 4] = 0;
	d.config[9 + 7] = version;
	ask(g, &q, d.config, 72);
}

/* What of a request, or of what DATA_BLOCK gives, is marked: offset and length, nothing changed. */
static void expect_marked(struct rig *g, const char *command, const char *answer, size_t off,
                          size_t len)
{
	struct ccid_redir_packet q = {.request_type = 0xA1, .request = 0x6F};
	uint8_t data[MAX];
	size_t n;

	if (command != NULL)
		request(g, 0, command, command);
	n = answer != NULL ? hex(data, answer) : 0;
	if (answer != NULL)
		ask(g, &q, data, n);
	for (size_t i = 0; i < g->len; i++)
		assert_int_equal(g->masked[i], i >= off && i < off + len);
}

static void challenges_of_a_token_are_marked(void **state)
{
	static const struct ccid_redact_rules rules = {.challenges = true};
	struct rig g;

	(void)state;
	connect_to_token(&g, 2, &rules);
	expect_marked(&g, "00 84 00 00 04", "00 01 02 03 04 90 00", 1, 4);
	expect_marked(&g, "00 82 00 00 04 AA BB CC DD", NULL, 5, 4);
	expect_marked(&g, NULL, "00 90 00", 0, 0);
	expect_marked(&g, "00 20 00 81 02 31 37", NULL, 0, 0);
	ccid_redactor_free(g.r);
	connect_to_token(&g, 1, &rules);
	expect_marked(&g, "00 84 00 00 04", "01 02 03 04", 0, 4);
	expect_marked(&g, "00 82 00 00 04", NULL, 0, 0);
	expect_marked(&g, "AA BB CC DD", NULL, 0, 4);
	expect_marked(&g, "00 B0 00 00 02", "01 02", 0, 0);
	ccid_redactor_free(g.r);
}

/* The capture begins when the card speaks T=1 already; its descriptors are there. */
static void a_pin_in_blocks_goes_when_it_is_late(void **state)
{
	static const struct ccid_redact_rules late = {.late = true};

	(void)state;
	in_any_pieces(&tpdu, &late, blind_blocks);
	in_any_pieces(&tpdu, &late, blind_chain);
}

/* The check byte fits what is there, so that the block is one still. */
static void blocks(struct rig *g)
{
	say(g, "61 00 00 010000 11 10 00 4D 00 20 00");
	say(g, "82 00 00 000001 11 10 00 4D 00 20 00");
	say(g, "6F 00 01 000000 00 20 07 00 20 00 81 04 31 37 84");
	expect(g, "00 20 07 00 20 00 81 04 .. .. (82)");
	say(g, "80 00 01 000000 00 90 00 90");
	expect(g, "00 90 00 90");
	say(g, "6F 00 02 000000 00 40 02 35 39 4E");
	expect(g, "00 40 02 .. .. (42)");
	say(g, "6F 00 03 000000 00 40 02 35 39 4E"); /* once more */
	expect(g, "00 40 02 .. .. (42)");
	say(g, "6F 00 04 000000 00 00 05 00 B0 00 00 02 B7");
	expect(g, "00 00 05 00 B0 00 00 02 B7");
	say(g, "61 00 05 010000 11 11 00 4D 00 20 00");
	say(g, "82 00 05 000001 11 11 00 4D 00 20 00");
	say(g, "6F 00 06 000000 00 40 07 00 20 00 81 02 31 37 AB CD");
	expect(g, "00 40 07 00 20 00 81 02 .. .. (17) (5F)");
}

static void a_pin_in_t1_blocks_is_gone_with_what_its_check_bytes_tell(void **state)
{
	(void)state;
	in_any_pieces(&tpdu, NULL, blocks);
}

static void characters(struct rig *g)
{
	say(g, "6F 00 00 000100 00 20 00 81 04");
	expect(g, "00 20 00 81 04");
	say(g, "80 00 00 000000 DF");
	say(g, "6F 00 01 000100 31");
	expect(g, "..");
	say(g, "80 00 01 000000 20");
	say(g, "6F 00 02 000200 37 35 39");
	expect(g, ".. .. ..");
	say(g, "80 00 02 000000 90 00");
	say(g, "6F 00 03 000200 00 84 00 00 08");
	expect(g, "00 84 00 00 08");
}

static void a_pin_by_the_character_is_gone(void **state)
{
	(void)state;
	in_any_pieces(&chars, NULL, characters);
}

static void secure(struct rig *g)
{
	say(g, "69 00 01 000000 00 1E 82 04 00 08 04 02 01 09 04 00 00 00 00 "
	       "00 20 00 81 04 31 37 35 39");
	expect(g, "00 1E 82 04 00 08 04 02 01 09 04 00 00 00 00 00 20 00 81 04 .. .. .. ..");
	say(g, "80 00 01 000000 31 37 35 39 90 00");
	expect(g, ".. .. .. .. 90 00");
	say(g, "69 00 02 000000 01 1E 82 04 00 00 04 08 04 01 02 03 09 04 00 01 02 00 00 00 "
	       "00 24 00 81 04 31 37 35 39");
	expect(g, "01 1E 82 04 00 00 04 08 04 01 02 03 09 04 00 01 02 00 00 00 "
	          "00 24 00 81 04 .. .. .. ..");
	say(g, "80 00 02 000000 63 C2");
	expect(g, "63 C2");
	say(g, "69 00 03 000000 01 1E 82 04 00 00 04 08 04 01 02 00 09 04 00 00 00 00 "
	       "00 24 00 81 08 31 37 35 39 31 37 35 39");
	expect(g, "01 1E 82 04 00 00 04 08 04 01 02 00 09 04 00 00 00 00 "
	          "00 24 00 81 08 .. .. .. .. .. .. .. ..");
	say(g, "69 00 04 000000 00 1E 82 04 00 08 04 02 01 09 04 00 00 00 00 00 20 00 81");
	expect(g, "00 1E 82 04 00 08 04 02 01 09 04 00 00 00 00 00 20 00 81");
}

static void a_pin_in_a_template_or_in_the_answer_of_a_pad_is_gone(void **state)
{
	(void)state;
	in_any_pieces(&apdu, NULL, secure);
}

static void historical(struct rig *g)
{
	say(g, "62 00 01 000000");
	say(g, "80 00 01 000000 3B 7A 18 00 00 73 66 74 65 20 63 64 31 34 34");
	expect(g, "3B 7A 18 00 00 .. .. .. .. .. .. .. .. .. ..");
	say(g, "62 00 02 000000");
	say(g, "80 00 02 000000 3B 85 81 01 45 4D 55 54 31 3C");
	expect(g, "3B 85 81 01 .. .. .. .. .. (FA)");
	say(g, "62 00 03 000000");
	say(g, "80 00 03 000000 3B 02 14 50");
	expect(g, "3B 02 .. ..");
	say(g, "6F 00 04 000000 00 B0 00 00 02");
	say(g, "80 00 04 000000 01 02 90 00");
	expect(g, "01 02 90 00");
}

static void historical_bytes_go_on_request_and_tck_fits(void **state)
{
	const struct ccid_redact_rules rules = {.historical = true};

	(void)state;
	in_any_pieces(&apdu, &rules, historical);
}

static void responses(struct rig *g)
{
	say(g, "6F 00 01 000000 00 B0 00 00 04");
	expect(g, "00 B0 00 00 04");
	say(g, "80 00 01 000000 01 02 03 04 90 00");
	expect(g, ".. .. .. .. 90 00");
	say(g, "6F 00 02 000000 00 B0 00 00 04");
	say(g, "80 00 02 000000 6A 82");
	expect(g, "6A 82");
	say(g, "6B 00 03 000000 01 02");
	say(g, "83 00 03 000000 01 02 03");
	expect(g, "01 02 03");
	say(g, "62 00 04 000000");
	say(g, "80 00 04 000000 3B 02 14 50");
	expect(g, "3B 02 14 50");
}

static void answers_go_on_request_but_for_status_words(void **state)
{
	const struct ccid_redact_rules rules = {.responses = true};

	(void)state;
	in_any_pieces(&apdu, &rules, responses);
}

static void chained_responses(struct rig *g)
{
	say(g, "6F 00 01 000000 00 B0 00 00 00");
	say(g, "80 00 01 000001 01 02 03");
	expect(g, ".. .. ..");
	say(g, "6F 00 02 001000");
	say(g, "80 00 02 000003 04 05");
	expect(g, ".. ..");
	say(g, "6F 00 03 001000");
	say(g, "80 00 03 000002 06 90 00");
	expect(g, ".. 90 00");
}

static void answers_in_parts_go_to_the_last_one(void **state)
{
	const struct ccid_redact_rules rules = {.responses = true};

	(void)state;
	in_any_pieces(&extended, &rules, chained_responses);
}

static void block_responses(struct rig *g)
{
	say(g, "62 00 01 000000");
	say(g, "80 00 01 000000 3B 85 81 01 45 4D 55 54 31 3C");
	say(g, "6F 00 02 000000 FF 11 18 F6");
	say(g, "6F 00 03 000000 00 00 05 00 B0 00 00 02 B7");
	say(g, "80 00 03 000000 00 20 04 01 02 03 04 20");
	expect(g, "00 20 04 .. .. .. .. (24)");
	say(g, "6F 00 04 000000 00 90 00 90");
	say(g, "80 00 04 000000 00 40 03 05 90 00 D6");
	expect(g, "00 40 03 .. 90 00 (2C)");
	say(g, "80 00 05 000000 00 C1 01 FE 3E");
	expect(g, "00 C1 01 FE 3E");
}

static void answers_in_t1_blocks_go_and_the_blocks_stay_whole(void **state)
{
	const struct ccid_redact_rules rules = {.responses = true};

	(void)state;
	in_any_pieces(&tpdu, &rules, block_responses);
}

static void what_cannot_be_told_apart_is_refused(void **state)
{
	const struct ccid_redact_rules rules = {.responses = true};
	struct rig g;

	(void)state;
	connect_to(&g, &chars, &rules, 64);
	say(&g, "6F 00 00 000100 00 B0 00 00 04");
	say(&g, "80 00 00 000000 B0 01 02 03 04 90 00");
	assert_int_equal(g.err, CCID_E_UNSUPPORTED);
	ccid_redactor_free(g.r);
}

static void another_answer_is_not_taken_for_the_rest_of_a_short_one(void **state)
{
	const struct ccid_redact_rules rules = {.responses = true};
	struct ccid_redir_packet p = {.type = CCID_REDIR_BULK, .endpoint = 0x81, .data_len = 12};
	uint8_t cut[12] = {0x80, 9, 0, 0, 0, 0, 1, 0, 0, 0, 7, 7};
	struct rig g;

	(void)state;
	connect_to(&g, &apdu, &rules, 64);
	say(&g, "6F 00 01 000000 00 B0 00 00 04");
	pass(&g, CCID_TRACE_FROM_HOST, &p, cut);
	say(&g, "6F 00 02 000000 00 B0 00 00 04");
	say(&g, "80 00 02 000000 01 02 03 04 90 00");
	expect(&g, ".. .. .. .. 90 00");
	ccid_redactor_free(g.r);
}

/* What looks like a header of another answer, in the midst of one. */
static void the_rest_of_an_answer_is_not_taken_for_another(void **state)
{
	const struct ccid_redact_rules rules = {.responses = true};
	struct ccid_redir_packet p = {.type = CCID_REDIR_BULK, .endpoint = 0x81, .data_len = 12};
	uint8_t first[12] = {0x80, 14, 0, 0, 0, 0, 1, 0, 0, 0, 7, 7};
	uint8_t second[12] = {0x80, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x90, 0};
	struct rig g;

	(void)state;
	connect_to(&g, &apdu, &rules, 64);
	say(&g, "6F 00 01 000000 00 B0 00 00 0C");
	g.len = 0;
	pass(&g, CCID_TRACE_FROM_HOST, &p, first);
	pass(&g, CCID_TRACE_FROM_HOST, &p, second);
	expect(&g, ".. .. .. .. .. .. .. .. .. .. .. .. 90 00");
	ccid_redactor_free(g.r);
}

static const uint8_t device[18] = {18, 1, 0, 2, 0, 0, 0, 64, 9, 0x12, 1, 0, 0, 1, 1, 2, 3, 1};
static const uint8_t number[] = {14, 3, 'S', 0, '4', 0, '2', 0, '-', 0, '7', 0, 'q', 0};

static void survey(struct rig *g, uint16_t value, const uint8_t *data, size_t len)
{
	struct ccid_redir_packet q = {.type = CCID_REDIR_CONTROL,
	                              .id = ++g->id,
	                              .request_type = 0x80,
	                              .request = 6,
	                              .value = value};

	assert_int_equal(ccid_redactor_survey(g->r, CCID_TRACE_FROM_GUEST, &q, NULL), 0);
	q.data = data;
	q.data_len = len;
	assert_int_equal(ccid_redactor_survey(g->r, CCID_TRACE_FROM_HOST, &q, NULL), 0);
}

static void the_serial_number_goes_wherever_it_stands(void **state)
{
	const struct ccid_redact_rules rules = {.serials = true};
	struct ccid_redir_packet q = {.request_type = 0x80, .request = 6, .value = 0x0303};
	struct rig g;

	(void)state;
	connect_to(&g, &apdu, &rules, 64);
	survey(&g, 0x0100, device, sizeof device);
	survey(&g, 0x0303, number, sizeof number);
	ccid_redactor_surveyed(g.r);
	ask(&g, &q, number, sizeof number);
	assert_memory_equal(g.got, "\x0E\x03X\0X\0X\0X\0X\0X\0", 14);
	assert_false(g.masked[1]);
	assert_true(g.masked[2] && g.masked[13]);
	say(&g, "6B 00 01 000000 53 34 32 2D 37 71 00 00 53 00 34 00 32 00 2D 00 37 00 71");
	expect(&g, "(58) (58) (58) (58) (58) (58) 00 (00) (58) (00) (58) (00) (58) (00) (58) (00) "
	           "(58) (00) (58)");
	assert_true(ccid_redactor_names(g.r, "reader S42-7q of mine"));
	assert_false(ccid_redactor_names(g.r, "reader S42-7 of mine"));
	ccid_redactor_free(g.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_in_an_apdu_is_gone),
		cmocka_unit_test(a_pin_in_parts_is_gone),
		cmocka_unit_test(a_pin_goes_where_no_descriptor_was_read),
		cmocka_unit_test(a_pin_for_a_token_goes_where_no_descriptor_was_read),
		cmocka_unit_test(challenges_of_a_token_are_marked),
		cmocka_unit_test(a_pin_in_blocks_goes_when_it_is_late),
		cmocka_unit_test(a_pin_in_t1_blocks_is_gone_with_what_its_check_bytes_tell),
		cmocka_unit_test(a_pin_by_the_character_is_gone),
		cmocka_unit_test(a_pin_in_a_template_or_in_the_answer_of_a_pad_is_gone),
		cmocka_unit_test(historical_bytes_go_on_request_and_tck_fits),
		cmocka_unit_test(answers_go_on_request_but_for_status_words),
		cmocka_unit_test(answers_in_parts_go_to_the_last_one),
		cmocka_unit_test(answers_in_t1_blocks_go_and_the_blocks_stay_whole),
		cmocka_unit_test(what_cannot_be_told_apart_is_refused),
		cmocka_unit_test(another_answer_is_not_taken_for_the_rest_of_a_short_one),
		cmocka_unit_test(the_rest_of_an_answer_is_not_taken_for_another),
		cmocka_unit_test(the_serial_number_goes_wherever_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
