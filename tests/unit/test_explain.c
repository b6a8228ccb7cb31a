/* SPDX-License-Identifier: MIT */
#include "explain.h"
#include "explain_link.h"
#include "mask.h"
#include "message_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SAMPLE(name) SAMPLES_DIR "/" name "/trace.pcapng"

static void expect_text(struct ccid_message_context *ctx, const uint8_t *msg, size_t len,
                        const char *want)
{
	char text[256];

	ccid_message_text(text, sizeof text, ctx, msg, len);
	assert_string_equal(text, want);
}

#define TEXT(ctx, want, ...)                                                                       \
	do {                                                                                       \
		static const uint8_t msg[] = {__VA_ARGS__};                                        \
		expect_text(ctx, msg, sizeof msg, want);                                           \
	} while (0)

static void commands_and_answers_read_as_what_they_mean(void **state)
{
	struct ccid_message_context c = {.level = CCID_LEVEL_SHORT_APDU};

	(void)state;
	TEXT(&c, "5 V", 0x62, 0, 0, 0, 0, 0, 1, 1, 0, 0);
	TEXT(&c, "ATR 3B 02 14 50: T=0", 0x80, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0x3B, 2, 0x14, 0x50);
	TEXT(&c, "SELECT: 00 A4 00 0C 02 3F 00", 0x6F, 7, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0xA4, 0, 0x0C,
	     2, 0x3F, 0);
	TEXT(&c, "6A 82 (file or application not found)", 0x80, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0x6A,
	     0x82);
	TEXT(&c, "time extension x 3", 0x80, 0, 0, 0, 0, 0, 2, 0x80, 3, 0);
	TEXT(&c, "failed: ICC_MUTE (FE), no card", 0x80, 0, 0, 0, 0, 0, 2, 0x42, 0xFE, 0);
	TEXT(&c, "failed: not supported (00), card active", 0x81, 0, 0, 0, 0, 0, 2, 0x40, 0, 0);
	TEXT(&c, "failed: byte 5 not accepted, card inactive", 0x80, 0, 0, 0, 0, 0, 2, 0x41, 5, 0);
	TEXT(&c, "eject", 0x71, 0, 0, 0, 0, 0, 3, 2, 0, 0);
	TEXT(&c, "no card", 0x81, 0, 0, 0, 0, 0, 3, 2, 0, 0);
	TEXT(&c, "T=1: 11 10 00 4D 00 20 00", 0x61, 7, 0, 0, 0, 0, 4, 1, 0, 0, 0x11, 0x10, 0, 0x4D,
	     0, 0x20, 0);
	TEXT(&c, "7 bytes beyond dwLength", 0x82, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7);
	TEXT(&c, "no whole message: 80 01", 0x80, 1);
	TEXT(&c, "cut short: 80 02 00 00 00 00 04 00 00 00 90", 0x80, 2, 0, 0, 0, 0, 4, 0, 0, 0,
	     0x90);
}

static void failures_are_told_from_successes(void **state)
{
	static const uint8_t mute[] = {0x80, 0, 0, 0, 0, 0, 2, 0x42, 0xFE, 0};
	static const uint8_t select[] = {0x6F, 4, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0xA4, 0, 0};
	static const uint8_t good[] = {0x80, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0x90, 0};
	static const uint8_t more[] = {0x80, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0x61, 9};
	static const uint8_t bad[] = {0x80, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0x69, 0x82};
	struct ccid_message_context c = {.level = CCID_LEVEL_SHORT_APDU};
	char text[128];

	(void)state;
	assert_false(ccid_message_text(text, sizeof text, &c, select, sizeof select));
	assert_true(ccid_message_text(text, sizeof text, &c, mute, sizeof mute));
	assert_false(ccid_message_text(text, sizeof text, &c, good, sizeof good));
	assert_false(ccid_message_text(text, sizeof text, &c, more, sizeof more));
	assert_true(ccid_message_text(text, sizeof text, &c, bad, sizeof bad));
}

static void t1_blocks_are_named(void **state)
{
	struct ccid_message_context c = {.level = CCID_LEVEL_TPDU, .protocol = 1};

	(void)state;
	TEXT(&c, "I(1, more) SELECT: 00 60 04 00 A4 04 00 C4", 0x6F, 8, 0, 0, 0, 0, 2, 0, 0, 0, 0,
	     0x60, 4, 0, 0xA4, 4, 0, 0xC4);
	TEXT(&c, "R(0) 00 80 00 80", 0x80, 4, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0x80, 0, 0x80);
	TEXT(&c, "S(IFS request) 00 C1 01 FE 3E", 0x6F, 5, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0xC1, 1, 0xFE,
	     0x3E);
	TEXT(&c, "S(WTX response) 00 E3 01 05 E7", 0x6F, 5, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0xE3, 1, 5,
	     0xE7);
}

static void a_pin_is_never_shown(void **state)
{
	struct ccid_message_context apdu = {.level = CCID_LEVEL_EXTENDED_APDU};
	struct ccid_message_context t1 = {.level = CCID_LEVEL_TPDU, .protocol = 1};

	(void)state;
	TEXT(&apdu, "VERIFY: 00 20 00 81 04 [4 bytes not shown]", 0x6F, 9, 0, 0, 0, 0, 2, 0, 0, 0,
	     0, 0x20, 0, 0x81, 4, 0x31, 0x32, 0x33, 0x34);
	TEXT(&apdu, "CHANGE REFERENCE DATA: 00 24 00 81 00 00 02 [2 bytes not shown]", 0x6F, 9, 0,
	     0, 0, 0, 2, 0, 0, 0, 0, 0x24, 0, 0x81, 0, 0, 2, 0x31, 0x32);
	TEXT(&apdu, "part begins, RESET RETRY COUNTER: 00 2C 00 81 04 [1 bytes not shown]", 0x6F, 6,
	     0, 0, 0, 0, 2, 0, 1, 0, 0, 0x2C, 0, 0x81, 4, 0x31);
	TEXT(&apdu, "part ends, [3 bytes not shown]", 0x6F, 3, 0, 0, 0, 0, 3, 0, 2, 0, 0x32, 0x33,
	     0x34);
	TEXT(&apdu, "part ends, 32 33", 0x6F, 2, 0, 0, 0, 0, 4, 0, 2, 0, 0x32, 0x33);
	TEXT(&t1, "I(0, more) VERIFY: 00 20 07 00 20 00 81 04 [3 bytes not shown]", 0x6F, 11, 0, 0,
	     0, 0, 2, 0, 0, 0, 0, 0x20, 7, 0, 0x20, 0, 0x81, 4, 0x31, 0x32, 0xAA);
	TEXT(&t1, "I(1) 00 40 02 [3 bytes not shown]", 0x6F, 6, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0x40, 2,
	     0x33, 0x34, 0xAA);
}

static void mask_comments_are_read_back(void **state)
{
	const struct ccid_mask_list list = {.span = {{41, 8}, {60, 1}}, .count = 2},
				    none = {.count = 0};
	struct ccid_mask_span got;
	const char *pos = NULL;
	char text[64];

	(void)state;
	ccid_mask_comment(text, sizeof text, "masked", &list, "any 3+4 tail");
	assert_string_equal(text, "masked 41+8 60+1 any 3+4 tail");
	ccid_mask_comment(text, sizeof text, "masked", &none, "tail");
	assert_string_equal(text, "tail");
	assert_int_equal(ccid_mask_next("masked 41+8 60+1 tail", &pos, &got), 1);
	assert_int_equal(got.off, 41);
	assert_int_equal(got.len, 8);
	assert_int_equal(ccid_mask_next(NULL, &pos, &got), 1);
	assert_int_equal(got.off, 60);
	assert_int_equal(ccid_mask_next(NULL, &pos, &got), 0);
	pos = NULL;
	assert_int_equal(ccid_mask_next("something masked 1+2", &pos, &got), 0);
	assert_int_equal(ccid_mask_next(NULL, &pos, &got), 0);
	assert_int_equal(ccid_mask_next("masked -1+2", &pos, &got), 0);
	assert_int_equal(ccid_mask_next("masked1+2", &pos, &got), 0);
	assert_int_equal(ccid_mask_next("any 7+2 masked 9+3 any way", &pos, &got), 1);
	assert_int_equal(got.off, 7);
	assert_int_equal(ccid_mask_next(NULL, &pos, &got), 1);
	assert_int_equal(got.off, 9);
	assert_int_equal(got.len, 3);
	assert_int_equal(ccid_mask_next(NULL, &pos, &got), 0);
}

static void spans_that_do_not_fit_are_joined(void **state)
{
	struct ccid_mask_list list = {.count = 0};

	(void)state;
	for (size_t i = 0; i < CCID_MASK_SPANS + 2; i++)
		ccid_mask_add(&list, 10 * i, 2);
	ccid_mask_add(&list, 3, 0);
	assert_int_equal(list.count, CCID_MASK_SPANS);
	assert_int_equal(list.span[CCID_MASK_SPANS - 1].off, 10 * (CCID_MASK_SPANS - 1));
	assert_int_equal(list.span[CCID_MASK_SPANS - 1].len, 22);
}

struct seen {
	unsigned lines, errors, comments, kinds[6];
	const char *want;
	bool found;
};

static void take_line(void *arg, const struct ccid_explain_line *line)
{
	struct seen *s = arg;
	char text[1024];

	s->lines++;
	s->errors += line->error;
	s->comments += line->comment != NULL;
	s->kinds[line->kind]++;
	snprintf(text, sizeof text, "%u %s %d %s %s", (unsigned)line->packet,
	         line->dir == CCID_TRACE_FROM_GUEST ? ">" : "<", line->slot, line->name,
	         line->text);
	s->found = s->found || strcmp(text, s->want) == 0;
}

static void expect_line(const char *path, const char *want)
{
	struct seen s = {.want = want};
	char problem[CCID_TRACE_PROBLEM_MAX] = "";

	assert_int_equal(ccid_explain_file(path, take_line, &s, problem, sizeof problem), 0);
	if (!s.found)
		fail_msg("no line \"%s\"", want);
}

static void a_trace_reads_like_a_conversation(void **state)
{
	(void)state;
	expect_line(SAMPLE("cac-usbredirect"), "5 < -1 device_connect 08E6:4433, version 0.00, "
	                                       "full speed");
	expect_line(SAMPLE("cac-usbredirect"), "4 < -1 ep_info bulk 03 (64), interrupt 81 (64), "
	                                       "bulk 82 (64)");
	expect_line(SAMPLE("cac-usbredirect"), "18 < -1 RDR_to_PC_NotifySlotChange slot 0: card "
	                                       "present (changed)");
	expect_line(SAMPLE("cac-usbredirect"), "33 < -1 bulk IN cancelled");
	expect_line(SAMPLE("emulated-kiosk-eject"), "58 > 0 PC_to_RDR_Mechanical eject");
}

static void give(struct ccid_explain *e, bool in, const char *comment, const uint8_t *msg,
                 size_t len)
{
	const struct ccid_redir_packet p = {.type = CCID_REDIR_BULK,
	                                    .endpoint = in ? 0x82 : 0x01,
	                                    .length = (uint32_t)len,
	                                    .data_len = len};
	uint8_t buf[CCID_REDIR_HEAD_MAX + 16];
	size_t head = ccid_redir_encode_head(buf, &p);
	struct ccid_trace_packet packet = {.dir = in ? CCID_TRACE_FROM_HOST : CCID_TRACE_FROM_GUEST,
	                                   .data = buf,
	                                   .len = head + len,
	                                   .comment = comment,
	                                   .caps = CCID_REDIR_CAPS};

	assert_true(len <= 16);
	memcpy(buf + head, msg, len);
	assert_int_equal(ccid_explain_packet(e, &packet), 0);
}

/* Where it was and from whom it came, not where the next command or the end of the trace is. */
static void an_answer_that_is_cut_short_is_told(void **state)
{
	static const uint8_t ask[] = {0x65, 0, 0, 0, 0, 0, 2, 0, 0, 0};
	static const uint8_t part[] = {0x80, 9, 0, 0, 0, 0, 2, 0, 0, 0, 0x90};
	struct seen s = {.want = "2 < 0 RDR_to_PC_DataBlock cut short: "
	                         "80 09 00 00 00 00 02 00 00 00 90"};
	struct ccid_explain *e;

	(void)state;
	assert_int_equal(ccid_explain_new(&e, take_line, &s), 0);
	give(e, false, NULL, ask, sizeof ask);
	give(e, true, "as it came", part, sizeof part);
	assert_false(s.found);
	give(e, false, "another", ask, sizeof ask);
	assert_true(s.found);
	s.found = false;
	s.want = "4 < 0 RDR_to_PC_DataBlock cut short: 80 09 00 00 00 00 02 00 00 00 90";
	give(e, true, NULL, part, sizeof part);
	ccid_explain_end(e);
	assert_true(s.found);
	ccid_explain_end(e);
	assert_int_equal(s.kinds[CCID_EXPLAIN_ANSWER], 2);
	assert_int_equal(s.comments, 2);
	ccid_explain_free(e);
}

/* A reader that is pulled in the middle of its answer has sent that before it left. */
static void an_answer_is_cut_short_before_what_cuts_it(void **state)
{
	static const struct {
		uint32_t type, body;
	} cuts[] = {{CCID_REDIR_DEVICE_DISCONNECT, 0},
	            {CCID_REDIR_DEVICE_CONNECT, 10},
	            {CCID_REDIR_RESET, 0}};
	static const uint8_t ask[] = {0x65, 0, 0, 0, 0, 0, 2, 0, 0, 0};
	static const uint8_t part[] = {0x80, 9, 0, 0, 0, 0, 2, 0, 0, 0, 0x90};
	uint8_t buf[CCID_REDIR_HEAD_MAX + 16];

	(void)state;
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		const struct ccid_redir_packet p = {.type = cuts[i].type};
		const size_t head = ccid_redir_encode_head(buf, &p);
		const struct ccid_trace_packet cut = {.dir = CCID_TRACE_FROM_HOST,
		                                      .data = buf,
		                                      .len = head + cuts[i].body,
		                                      .caps = CCID_REDIR_CAPS};
		struct seen s = {.want = "2 < 0 RDR_to_PC_DataBlock cut short: "
		                         "80 09 00 00 00 00 02 00 00 00 90"};
		struct ccid_explain *e;

		memset(buf + head, 0, cuts[i].body);
		buf[4] = (uint8_t)cuts[i].body; /* its length */
		assert_int_equal(ccid_explain_new(&e, take_line, &s), 0);
		give(e, false, NULL, ask, sizeof ask);
		give(e, true, NULL, part, sizeof part);
		assert_int_equal(ccid_explain_packet(e, &cut), 0);
		assert_true(s.found);
		assert_int_equal(s.lines, 3);
		ccid_explain_free(e);
	}
}

static void clocks_and_rates_are_listed(void **state)
{
	static const uint8_t rates[] = {0x01, 0x2A, 0, 0, 0x40, 0x54, 0x01, 0};
	struct ccid_redir_packet q = {.request_type = 0xA1, .request = 3, .length = 64};
	struct ccid_redir_packet a = {.data = rates, .data_len = sizeof rates};
	char text[128];

	(void)state;
	ccid_explain_control(text, sizeof text, &q, &a);
	assert_non_null(strstr(text, "8 of 64 bytes: 10753 87104 bit/s"));
	q.request = 2;
	ccid_explain_control(text, sizeof text, &q, &a);
	assert_non_null(strstr(text, ": 10753 87104 kHz"));
}

static void every_kind_of_line_is_counted_once(void **state)
{
	struct seen s = {.want = ""};
	char problem[CCID_TRACE_PROBLEM_MAX] = "";

	(void)state;
	assert_int_equal(ccid_explain_file(SAMPLE("cac-usbredirect"), take_line, &s, problem,
	                                   sizeof problem),
	                 0);
	assert_int_equal(s.kinds[CCID_EXPLAIN_COMMAND], 4);
	assert_int_equal(s.kinds[CCID_EXPLAIN_ANSWER], 4);
	assert_int_equal(s.kinds[CCID_EXPLAIN_NOTIFY], 1);
	assert_int_equal(s.kinds[CCID_EXPLAIN_CONTROL], 2);
	assert_int_equal(s.kinds[CCID_EXPLAIN_TRANSFER], 1);
	assert_int_equal(s.errors, 0);
	assert_int_equal(ccid_explain_file("/nonexistent", take_line, &s, problem, sizeof problem),
	                 CCID_E_NOTFOUND);
	assert_string_not_equal(problem, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_and_answers_read_as_what_they_mean),
		cmocka_unit_test(failures_are_told_from_successes),
		cmocka_unit_test(t1_blocks_are_named),
		cmocka_unit_test(a_pin_is_never_shown),
		cmocka_unit_test(mask_comments_are_read_back),
		cmocka_unit_test(spans_that_do_not_fit_are_joined),
		cmocka_unit_test(a_trace_reads_like_a_conversation),
		cmocka_unit_test(an_answer_that_is_cut_short_is_told),
		cmocka_unit_test(an_answer_is_cut_short_before_what_cuts_it),
		cmocka_unit_test(clocks_and_rates_are_listed),
		cmocka_unit_test(every_kind_of_line_is_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
