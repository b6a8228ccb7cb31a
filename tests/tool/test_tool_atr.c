/* SPDX-License-Identifier: MIT */
/* "iscard atr", in batches and by arguments, for programs and for people. */
#include "corpus.h"
#include "json_read.h"
#include "run_tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

/* The lines of the output, each one JSON value. */
static char *json_lines(struct tool *t, unsigned *count)
{
	char *copy = strdup(t->out), *at = copy, *line;

	*count = 0;
	while ((line = corpus_line(&at)) != NULL) {
		assert_true(json_valid(line));
		(*count)++;
	}
	free(copy);
	return t->out;
}

static void test_json_names_what_an_atr_says(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "3BF2180002C10A31FE58C80874\n", "atr", "--json", "-");
	assert_int_equal(t.code, 0);
	assert_string_equal(t.err, "");
	assert_string_equal(
		t.out,
		"{\"atr\":\"3BF2180002C10A31FE58C80874\",\"valid\":true,\"errors\":[],"
		"\"interface_bytes\":[[\"18\",\"00\",\"02\",\"c1\"],[null,null,\"0a\",\"31\"],"
		"[\"fe\",\"58\",null,null]],\"historical_bytes\":\"c808\","
		"\"historical_category\":\"proprietary\",\"historical_objects\":[],"
		"\"extended_lengths\":null,\"protocols\":[1],\"first_protocol\":1,\"fi\":372,"
		"\"di\":12,"
		"\"tck\":\"74\",\"tck_ok\":true,\"convention\":\"direct\",\"fmax_khz\":5000,"
		"\"guard\":2,"
		"\"wi\":10,\"specific\":null,\"ifsc\":254,\"bwi\":5,\"cwi\":8,\"edc\":\"LRC\","
		"\"clock_stop\":\"no\",\"classes\":[\"A\"],\"used_length\":13}\n");
	tool_free(&t);
}

static void test_reserved_fi_and_di_are_null(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "atr", "--json", "3B107F");
	assert_true(json_is_null(json_get(t.out, "fi")));
	assert_true(json_is_null(json_get(t.out, "di")));
	assert_true(json_is_false(json_get(t.out, "valid")));
	assert_true(json_is(json_first(json_get(t.out, "errors")), "Fi in TA1 is reserved"));
	assert_int_equal(t.code, 0);
	tool_free(&t);
}

static void test_protocols_are_those_that_td_bytes_name(void **state)
{
	struct tool t;
	char *at, *line;

	(void)state;
	TOOL(&t, "3B00\n3B80801F031C\n3B800181\n", "atr", "--json", "-");
	at = t.out;
	line = corpus_line(&at);
	assert_non_null(strstr(line, "\"protocols\":[0],"));
	assert_true(json_is_null(json_get(line, "tck_ok")));
	line = corpus_line(&at);
	assert_non_null(strstr(line, "\"protocols\":[0,15],"));
	assert_true(json_is_true(json_get(line, "tck_ok")));
	line = corpus_line(&at);
	assert_non_null(strstr(line, "\"protocols\":[1],"));
	tool_free(&t);
}

static void test_bad_line_is_reported_in_its_place_and_the_batch_goes_on(void **state)
{
	struct tool t;
	char *at, *line;

	(void)state;
	TOOL(&t, "3B00\nthis is none\n3B0\n3B80\n3B01AA", "atr", "--json", "-");
	assert_int_equal(t.code, 0);
	at = t.out;
	assert_true(json_is_true(json_get(corpus_line(&at), "valid")));
	line = corpus_line(&at);
	assert_true(json_is(json_get(line, "atr"), "this is none"));
	assert_true(json_is_false(json_get(line, "valid")));
	assert_true(json_is(json_first(json_get(line, "errors")),
	                    "not hexadecimal: 't' is character 1"));
	assert_true(json_is_null(json_get(line, "interface_bytes")));
	assert_true(json_is_null(json_get(line, "historical_bytes")));
	assert_true(json_is_null(json_get(line, "protocols")));
	assert_true(json_is_null(json_get(line, "tck_ok")));
	line = corpus_line(&at);
	assert_true(json_is(json_first(json_get(line, "errors")),
	                    "not hexadecimal: a byte of one digit ends at character 3"));
	line = corpus_line(&at);
	assert_true(json_is(json_first(json_get(line, "errors")),
	                    "the input ends inside the interface bytes"));
	assert_true(json_is(json_get(corpus_line(&at), "historical_bytes"), "aa"));
	assert_null(corpus_line(&at));
	tool_free(&t);
}

static void test_either_case_separators_line_ends_and_comments_are_taken(void **state)
{
	struct tool t;
	unsigned n;
	char *at;

	(void)state;
	TOOL(&t, "# real ones\r\n\r\n  3b 02 14 50\r\n\t3B:02:14:50\n\n3b021450", "atr", "--json",
	     "-");
	json_lines(&t, &n);
	assert_int_equal(n, 3);
	for (at = t.out; n > 0; n--)
		assert_true(json_is(json_get(corpus_line(&at), "historical_bytes"), "1450"));
	tool_free(&t);
}

static void test_nothing_in_is_nothing_out(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "atr", "--json", "-");
	assert_int_equal(t.code, 0);
	assert_string_equal(t.out, "");
	tool_free(&t);
}

static void test_no_bytes_of_a_line_can_hurt(void **state)
{
	size_t len = 3 << 20;
	char *input = malloc(len);
	struct tool t;
	unsigned n;

	(void)state;
	assert_non_null(input);
	memset(input, 'A', len);
	input[1 << 20] = '\n';
	for (int i = 0; i < 256; i++)
		input[(1 << 20) + 1 + i] = (char)i;
	memset(input + (2 << 20), 0, 1 << 20);
	memcpy(input + len - 6, "\n3B00\n", 6);
	tool_run(&t, input, len, (const char *const[]){"atr", "--json", "-", NULL});
	assert_int_equal(t.code, 0);
	json_lines(&t, &n);
	assert_int_equal(n, 4); /* long, up to the newline among the 256, the rest, the ATR */
	assert_non_null(strstr(t.out, "the line is too long"));
	assert_non_null(strstr(t.out, "{\"atr\":\"3B00\",\"valid\":true"));
	tool_free(&t);
	free(input);
}

static void test_output_is_utf8_whatever_came_in(void **state)
{
	static const char input[] =
		"\xC3\xA9 \xFF \xED\xA0\x80 \xC0\x80 \xF4\x90\x80\x80 \xE2\x82 \"\\\x01\n";
	struct tool t;

	(void)state;
	TOOL(&t, input, "atr", "--json", "-");
	assert_non_null(strstr(t.out,
	                       "{\"atr\":\"\xC3\xA9 " BAD " " BAD BAD BAD " " BAD BAD
	                       " " BAD BAD BAD BAD " " BAD BAD " \\\"\\\\\\u0001\",\"valid\""));
	assert_true(json_valid(t.out));
	tool_free(&t);
}

static void test_arguments_of_two_digits_are_one_atr(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "atr", "3B", "02", "14", "50", "--json");
	assert_true(json_is(json_get(t.out, "historical_bytes"), "1450"));
	tool_free(&t);
}

static void test_argument_that_is_not_hexadecimal_fails(void **state)
{
	struct tool t;
	unsigned n;

	(void)state;
	TOOL(&t, "", "atr", "--json", "3BZZ", "3B00");
	assert_int_equal(t.code, 1);
	json_lines(&t, &n);
	assert_int_equal(n, 2);
	tool_free(&t);
}

static void test_people_read_each_byte(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "atr", "3BF81300008131FE454A434F5076323431B8");
	assert_int_equal(t.code, 0);
	assert_string_equal(
		t.out,
		"3B F8 13 00 00 81 31 FE 45 4A 43 4F 50 76 32 34 31 B8\n"
		"  TS    3B  direct convention\n"
		"  T0    F8  8 historical bytes\n"
		"  TA1   13  Fi 372, Di 4: 43010 bit/s at 4 MHz, clock up to 5.0 MHz\n"
		"  TB1   00  programming voltage (no longer used)\n"
		"  TC1   00  extra guard time 0\n"
		"  TD1   81  T=1\n"
		"  TD2   31  T=1\n"
		"  TA3   FE  IFSC: blocks of up to 254 bytes\n"
		"  TB3   45  BWI 4, CWI 5: waits of 1.4 s for a block, 4.0 ms for a byte at 4 MHz\n"
		"  historical bytes  4A 43 4F 50 76 32 34 31  \"JCOPv241\"  proprietary\n"
		"  TCK   B8  wrong\n"
		"  protocols  T=1; first T=1\n"
		"  ! the check byte TCK is wrong\n");
	tool_free(&t);
}

static void test_historical_bytes_are_explained(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "atr", "3B8F8001804F0CA0000003060300030000000068",
	     "3BDF960090103F07008031E0677377696363000073FE21C0E6");
	assert_non_null(strstr(t.out, "MIFARE Ultralight (0003), standard 03"));
	assert_non_null(strstr(t.out, "31  card service data: E0"));
	assert_non_null(strstr(t.out, "command chaining yes, extended lengths yes"));
	tool_free(&t);
}

static void check_row(const char *oracle, const char *line)
{
	const char *fi = json_get(oracle, "fi"), *hist = json_get(oracle, "hist");
	char text[80];

	assert_true(json_valid(line));
	assert_int_equal(json_int(json_get(line, "fi"), 0), json_int(fi, 0));
	if (hist != NULL) {
		assert_true(json_string(hist, text, sizeof text));
		assert_true(json_is(json_get(line, "historical_bytes"), text));
	}
	if (json_get(oracle, "tck") != NULL)
		assert_int_equal(json_is_true(json_get(line, "tck_ok")),
		                 json_is_true(json_get(oracle, "tck_ok")));
}

static void test_every_real_atr_is_explained_line_by_line(void **state)
{
	char *input = corpus_load("ISCARD_TEST_DATA", "atrs.txt", NULL);
	char *oracle = corpus_load("ISCARD_TEST_DATA", "atr-oracle.jsonl", NULL);
	char *at = oracle, *row, *out;
	struct tool t;

	(void)state;
	TOOL(&t, input, "atr", "--json", "-");
	assert_int_equal(t.code, 0);
	out = t.out;
	while ((row = corpus_line(&at)) != NULL)
		check_row(row, corpus_line(&out));
	assert_null(corpus_line(&out));
	tool_free(&t);
	TOOL(&t, input, "atr", "-");
	assert_int_equal(t.code, 0);
	assert_true(t.out_len > 0);
	tool_free(&t);
	free(input);
	free(oracle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_names_what_an_atr_says),
		cmocka_unit_test(test_reserved_fi_and_di_are_null),
		cmocka_unit_test(test_protocols_are_those_that_td_bytes_name),
		cmocka_unit_test(test_bad_line_is_reported_in_its_place_and_the_batch_goes_on),
		cmocka_unit_test(test_either_case_separators_line_ends_and_comments_are_taken),
		cmocka_unit_test(test_nothing_in_is_nothing_out),
		cmocka_unit_test(test_no_bytes_of_a_line_can_hurt),
		cmocka_unit_test(test_output_is_utf8_whatever_came_in),
		cmocka_unit_test(test_arguments_of_two_digits_are_one_atr),
		cmocka_unit_test(test_argument_that_is_not_hexadecimal_fails),
		cmocka_unit_test(test_people_read_each_byte),
		cmocka_unit_test(test_historical_bytes_are_explained),
		cmocka_unit_test(test_every_real_atr_is_explained_line_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
