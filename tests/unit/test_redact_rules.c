/* SPDX-License-Identifier: MIT */
/* What else is taken out of packets, on request: historical bytes, answers, serial numbers. */
#include "redact_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void historical(struct rig *g)
{
	rig_say(g, "62 00 01 000000");
	rig_say(g, "80 00 01 000000 3B 7A 18 00 00 73 66 74 65 20 63 64 31 34 34");
	rig_expect(g, "3B 7A 18 00 00 .. .. .. .. .. .. .. .. .. ..");
	rig_say(g, "62 00 02 000000");
	rig_say(g, "80 00 02 000000 3B 85 81 01 45 4D 55 54 31 3C");
	rig_expect(g, "3B 85 81 01 .. .. .. .. .. (FA)");
	rig_say(g, "62 00 03 000000");
	rig_say(g, "80 00 03 000000 3B 02 14 50");
	rig_expect(g, "3B 02 .. ..");
	rig_say(g, "6F 00 04 000000 00 B0 00 00 02");
	rig_say(g, "80 00 04 000000 01 02 90 00");
	rig_expect(g, "01 02 90 00");
}

static void historical_bytes_go_on_request_and_tck_fits(void **state)
{
	const struct ccid_redact_rules rules = {.historical = true};

	(void)state;
	rig_in_any_pieces(&rig_apdu, &rules, historical);
}

static void responses(struct rig *g)
{
	rig_say(g, "6F 00 01 000000 00 B0 00 00 04");
	rig_expect(g, "00 B0 00 00 04");
	rig_say(g, "80 00 01 000000 01 02 03 04 90 00");
	rig_expect(g, ".. .. .. .. 90 00");
	rig_say(g, "6F 00 02 000000 00 B0 00 00 04");
	rig_say(g, "80 00 02 000000 6A 82");
	rig_expect(g, "6A 82");
	rig_say(g, "6B 00 03 000000 01 02");
	rig_say(g, "83 00 03 000000 01 02 03");
	rig_expect(g, "01 02 03");
	rig_say(g, "62 00 04 000000");
	rig_say(g, "80 00 04 000000 3B 02 14 50");
	rig_expect(g, "3B 02 14 50");
}

static void answers_go_on_request_but_for_status_words(void **state)
{
	const struct ccid_redact_rules rules = {.responses = true};

	(void)state;
	rig_in_any_pieces(&rig_apdu, &rules, responses);
}

static void chained_responses(struct rig *g)
{
	rig_say(g, "6F 00 01 000000 00 B0 00 00 00");
	rig_say(g, "80 00 01 000001 01 02 03");
	rig_expect(g, ".. .. ..");
	rig_say(g, "6F 00 02 001000");
	rig_say(g, "80 00 02 000003 04 05");
	rig_expect(g, ".. ..");
	rig_say(g, "6F 00 03 001000");
	rig_say(g, "80 00 03 000002 06 90 00");
	rig_expect(g, ".. 90 00");
}

static void answers_in_parts_go_to_the_last_one(void **state)
{
	const struct ccid_redact_rules rules = {.responses = true};

	(void)state;
	rig_in_any_pieces(&rig_extended, &rules, chained_responses);
}

static void block_responses(struct rig *g)
{
	rig_say(g, "62 00 01 000000");
	rig_say(g, "80 00 01 000000 3B 85 81 01 45 4D 55 54 31 3C");
	rig_say(g, "6F 00 02 000000 FF 11 18 F6");
	rig_say(g, "6F 00 03 000000 00 00 05 00 B0 00 00 02 B7");
	rig_say(g, "80 00 03 000000 00 20 04 01 02 03 04 20");
	rig_expect(g, "00 20 04 .. .. .. .. (24)");
	rig_say(g, "6F 00 04 000000 00 90 00 90");
	rig_say(g, "80 00 04 000000 00 40 03 05 90 00 D6");
	rig_expect(g, "00 40 03 .. 90 00 (2C)");
	rig_say(g, "80 00 05 000000 00 C1 01 FE 3E");
	rig_expect(g, "00 C1 01 FE 3E");
}

static void answers_in_t1_blocks_go_and_the_blocks_stay_whole(void **state)
{
	const struct ccid_redact_rules rules = {.responses = true};

	(void)state;
	rig_in_any_pieces(&rig_tpdu, &rules, block_responses);
}

static void what_cannot_be_told_apart_is_refused(void **state)
{
	const struct ccid_redact_rules rules = {.responses = true};
	struct rig g;

	(void)state;
	rig_connect_to(&g, &rig_chars, &rules, 64);
	rig_say(&g, "6F 00 00 000100 00 B0 00 00 04");
	rig_say(&g, "80 00 00 000000 B0 01 02 03 04 90 00");
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
	rig_connect_to(&g, &rig_apdu, &rules, 64);
	rig_say(&g, "6F 00 01 000000 00 B0 00 00 04");
	rig_pass(&g, CCID_TRACE_FROM_HOST, &p, cut);
	rig_say(&g, "6F 00 02 000000 00 B0 00 00 04");
	rig_say(&g, "80 00 02 000000 01 02 03 04 90 00");
	rig_expect(&g, ".. .. .. .. 90 00");
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
	rig_connect_to(&g, &rig_apdu, &rules, 64);
	rig_say(&g, "6F 00 01 000000 00 B0 00 00 0C");
	g.len = 0;
	rig_pass(&g, CCID_TRACE_FROM_HOST, &p, first);
	rig_pass(&g, CCID_TRACE_FROM_HOST, &p, second);
	rig_expect(&g, ".. .. .. .. .. .. .. .. .. .. .. .. 90 00");
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
	rig_connect_to(&g, &rig_apdu, &rules, 64);
	survey(&g, 0x0100, device, sizeof device);
	survey(&g, 0x0303, number, sizeof number);
	ccid_redactor_surveyed(g.r);
	rig_ask(&g, &q, number, sizeof number);
	assert_memory_equal(g.got, "\x0E\x03X\0X\0X\0X\0X\0X\0", 14);
	assert_false(g.masked[1]);
	assert_true(g.masked[2] && g.masked[13]);
	rig_say(&g, "6B 00 01 000000 53 34 32 2D 37 71 00 00 53 00 34 00 32 00 2D 00 37 00 71");
	rig_expect(&g,
	           "(58) (58) (58) (58) (58) (58) 00 (00) (58) (00) (58) (00) (58) (00) (58) (00) "
	           "(58) (00) (58)");
	assert_true(ccid_redactor_names(g.r, "reader S42-7q of mine"));
	assert_false(ccid_redactor_names(g.r, "reader S42-7 of mine"));
	ccid_redactor_free(g.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
