/* SPDX-License-Identifier: MIT */
/* The same for tokens, whose commands are class requests (USB ICCD 1.0). */
#include "redact_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* XFR_BLOCK to an ICCD token; what is written, in hex. */
static void request(struct rig *g, uint16_t value, const char *text, const char *want)
{
	struct ccid_redir_packet q = {.type = CCID_REDIR_CONTROL,
	                              .id = ++g->id,
	                              .request_type = 0x21,
	                              .request = 0x65,
	                              .value = value};
	uint8_t data[RIG_MAX], expected[RIG_MAX];

	q.data_len = rig_hex(data, text);
	g->len = 0;
	memset(g->masked, false, sizeof g->masked);
	rig_pass(g, CCID_TRACE_FROM_GUEST, &q, data);
	assert_int_equal(rig_hex(expected, want), q.data_len);
	assert_memory_equal(g->got, expected, q.data_len);
}

static void a_pin_for_a_token_goes_where_no_descriptor_was_read(void **state)
{
	struct rig g;

	(void)state;
	rig_begin_blind(&g, NULL, 1);
	request(&g, 0, "00 20 00 81 04 31 37 35 39", "00 20 00 81 04 FF FF FF FF"); /* version B */
	request(&g, 0, "00 B0 00 00 04", "00 B0 00 00 04");
	request(&g, 0x0100, "00 20 00 81 08 31 37", "00 20 00 81 08 FF FF");
	request(&g, 0x0200, "35 39", "FF FF");
	ccid_redactor_free(g.r);
	rig_begin_blind(&g, NULL, 1);
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

	rig_begin_blind(g, rules, 1);
	fake_reader_describe(&t, &d, &rig_apdu);
	d.config[2] = 72;
	d.config[9 + 4] = 0;
	d.config[9 + 7] = version;
	rig_ask(g, &q, d.config, 72);
}

/* What of a request, or of what DATA_BLOCK gives, is marked: offset and length, nothing changed. */
static void expect_marked(struct rig *g, const char *command, const char *answer, size_t off,
                          size_t len)
{
	struct ccid_redir_packet q = {.request_type = 0xA1, .request = 0x6F};
	uint8_t data[RIG_MAX];
	size_t n;

	if (command != NULL)
		request(g, 0, command, command);
	n = answer != NULL ? rig_hex(data, answer) : 0;
	if (answer != NULL)
		rig_ask(g, &q, data, n);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_for_a_token_goes_where_no_descriptor_was_read),
		cmocka_unit_test(challenges_of_a_token_are_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
