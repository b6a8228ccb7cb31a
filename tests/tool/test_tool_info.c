/* SPDX-License-Identifier: MIT */
/* "iscard info --descriptor", and the tool as a whole: help, usage, output that goes nowhere. */
#include "corpus.h"
#include "json_read.h"
#include "run_tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Made up: TPDU level, eject and lock, both PIN bits, odd numbers everywhere. */
#define DESCRIPTOR                                                                                 \
	"36211001010503000000C0120000802500000200280000034005000500010000000000000A0000004700"     \
	"09000901000000FF10020302"

static void test_json_names_every_field_as_the_specification(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, DESCRIPTOR "\n", "info", "--json", "--descriptor", "-");
	assert_int_equal(t.code, 0);
	assert_string_equal(t.err, "");
	assert_string_equal(
		t.out,
		""
		"{\"descriptor\":"
		"\"36211001010503000000C0120000802500000200280000034005000500010000000000000A000000"
		"470009000901000000FF10020302\","
		"\"valid\":true,\"errors\":[],\"bLength\":54,\"bDescriptorType\":33,\"bcdCCID\":"
		"272,"
		"\"bMaxSlotIndex\":1,\"bVoltageSupport\":5,\"dwProtocols\":3,\"dwDefaultClock\":"
		"4800,"
		"\"dwMaximumClock\":9600,\"bNumClockSupported\":2,\"dwDataRate\":10240,"
		"\"dwMaxDataRate\":344067,\"bNumDataRatesSupported\":5,\"dwMaxIFSD\":256,"
		"\"dwSynchProtocols\":0,\"dwMechanical\":10,\"dwFeatures\":589895,"
		"\"dwMaxCCIDMessageLength\":265,\"bClassGetResponse\":0,\"bClassEnvelope\":255,"
		"\"wLcdLayout\":528,\"bPINSupport\":3,\"bMaxCCIDBusySlots\":2,"
		"\"exchange_level\":\"tpdu\",\"features\":[\"bit 0\","
		"\"automatic parameter configuration\",\"automatic activation\","
		"\"automatic parameter negotiation\",\"TPDU level\",\"bit 19\"],\"can_eject\":true,"
		"\"warnings\":[\"dwMaxIFSD is 0 or above 254\","
		"\"dwMaxCCIDMessageLength is too short for the exchange level, or above "
		"65554\"]}\n");
	tool_free(&t);
}

static void test_bad_line_is_reported_in_its_place_and_the_batch_goes_on(void **state)
{
	struct tool t;
	char *at, *line;

	(void)state;
	TOOL(&t, "nonsense\n3621\n" DESCRIPTOR "\n", "info", "--descriptor", "--json", "-");
	assert_int_equal(t.code, 0);
	at = t.out;
	line = corpus_line(&at);
	assert_true(json_is(json_get(line, "descriptor"), "nonsense"));
	assert_true(json_is_false(json_get(line, "valid")));
	assert_true(json_is_null(json_get(line, "dwFeatures")));
	line = corpus_line(&at);
	assert_true(json_is(json_first(json_get(line, "errors")),
	                    "a class descriptor has 54 bytes, these are 2"));
	assert_true(json_is_true(json_get(corpus_line(&at), "valid")));
	assert_null(corpus_line(&at));
	tool_free(&t);
}

static void test_argument_that_is_no_descriptor_fails(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "info", "--json", "--descriptor", "3621");
	assert_int_equal(t.code, 1);
	assert_true(json_valid(t.out));
	tool_free(&t);
	TOOL(&t, "", "info", "--descriptor", DESCRIPTOR);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "bcdCCID                 1.10"));
	assert_non_null(strstr(t.out, "can eject cards: yes"));
	tool_free(&t);
}

struct column {
	const char *name;
	int base;
	const char *field;
};

static const struct column columns[] = {
	{"desc_type", 16, "bDescriptorType"},
	{"bcd_ccid", 16, "bcdCCID"},
	{"max_slot_index", 10, "bMaxSlotIndex"},
	{"voltage_support", 16, "bVoltageSupport"},
	{"protocols", 16, "dwProtocols"},
	{"default_clock_khz", 10, "dwDefaultClock"},
	{"max_clock_khz", 10, "dwMaximumClock"},
	{"num_clocks", 10, "bNumClockSupported"},
	{"data_rate_bps", 10, "dwDataRate"},
	{"max_data_rate_bps", 10, "dwMaxDataRate"},
	{"num_data_rates", 10, "bNumDataRatesSupported"},
	{"max_ifsd", 10, "dwMaxIFSD"},
	{"synch_protocols", 16, "dwSynchProtocols"},
	{"mechanical", 16, "dwMechanical"},
	{"features", 16, "dwFeatures"},
	{"max_message_length", 10, "dwMaxCCIDMessageLength"},
	{"class_get_response", 16, "bClassGetResponse"},
	{"class_envelope", 16, "bClassEnvelope"},
	{"lcd_layout", 16, "wLcdLayout"},
	{"pin_support", 16, "bPINSupport"},
	{"max_busy_slots", 10, "bMaxCCIDBusySlots"},
};

#define COLUMNS (sizeof columns / sizeof *columns)

static void check_row(const struct corpus_table *table, const char *line)
{
	assert_true(json_valid(line));
	for (size_t i = 0; i < COLUMNS; i++) {
		long want = (long)corpus_number(table, columns[i].name, columns[i].base);

		if (json_int(json_get(line, columns[i].field), -1) != want)
			fail_msg("%s: not %ld", line, want);
	}
}

/* The last column of the table, a line each. */
static char *all_descriptors(void)
{
	struct corpus_table table;
	char *lines = NULL;
	size_t len = 0;
	FILE *f;

	corpus_table_open(&table, "ISCARD_TEST_DATA", "reader-descriptors.csv");
	f = open_memstream(&lines, &len);
	assert_non_null(f);
	while (corpus_table_next(&table))
		fprintf(f, "%s\n", corpus_cell(&table, "class_descriptor_hex"));
	fclose(f);
	free(table.text);
	return lines;
}

static void test_fields_of_real_readers_are_their_columns(void **state)
{
	char *input = all_descriptors(), *at;
	struct corpus_table table;
	struct tool t;

	(void)state;
	TOOL(&t, input, "info", "--json", "--descriptor", "-");
	assert_int_equal(t.code, 0);
	corpus_table_open(&table, "ISCARD_TEST_DATA", "reader-descriptors.csv");
	at = t.out;
	while (corpus_table_next(&table))
		check_row(&table, corpus_line(&at));
	assert_null(corpus_line(&at));
	free(table.text);
	tool_free(&t);
	free(input);
}

static void test_usage_errors_say_what_to_do(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "frobnicate");
	assert_int_equal(t.code, 2);
	assert_string_equal(t.out, "");
	assert_non_null(strstr(t.err, "iscard: frobnicate: no such command\n"));
	assert_non_null(strstr(t.err, "atr "));
	tool_free(&t);
	TOOL(&t, "", "atr", "--jason", "3B00");
	assert_int_equal(t.code, 2);
	assert_non_null(strstr(t.err, "--jason: no such option"));
	assert_non_null(strstr(t.err, "usage: iscard atr"));
	tool_free(&t);
	TOOL(&t, "", "atr", "--json=1", "3B00");
	assert_int_equal(t.code, 2);
	tool_free(&t);
	tool_run(&t, "", 0, (const char *const[]){NULL});
	assert_int_equal(t.code, 2);
	assert_non_null(strstr(t.err, "usage: iscard COMMAND"));
	tool_free(&t);
}

static void test_help_is_output_and_success(void **state)
{
	static const char *const names[] = {"list",   "info", "atr",   "apdu",
	                                    "detach", "pin",  "escape"};
	struct tool t;

	(void)state;
	TOOL(&t, "", "--help");
	assert_int_equal(t.code, 0);
	assert_string_equal(t.err, "");
	assert_non_null(strstr(t.out, "3 the reader cannot move cards so"));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct tool h;

		assert_non_null(strstr(t.out, names[i]));
		TOOL(&h, "", names[i], "--help");
		assert_int_equal(h.code, 0);
		assert_true(strlen(h.out) > 200);
		tool_free(&h);
	}
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--help");
	assert_int_equal(t.code, 0);
	assert_true(strlen(t.out) > 200);
	tool_free(&t);
	TOOL(&t, "", "trace", "--help");
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "show a trace in words"));
	tool_free(&t);
	TOOL(&t, "", "help", "nothing");
	assert_int_equal(t.code, 2);
	assert_string_equal(t.out, "");
	assert_non_null(strstr(t.err, "nothing: no such command"));
	tool_free(&t);
	TOOL(&t, "", "help", "trace");
	assert_non_null(strstr(t.out, "show a trace in words"));
	tool_free(&t);
}

static void test_output_that_goes_nowhere_is_a_failure_and_no_crash(void **state)
{
	static const char *const args[] = {"atr", "--json", "3B00", NULL};
	struct tool t;

	(void)state;
	tool_run_to(&t, TOOL_FULL, "", 0, args);
	assert_int_equal(t.code, 1);
	assert_non_null(strstr(t.err, "cannot write standard output"));
	tool_free(&t);
	tool_run_to(&t, TOOL_CLOSED, "", 0, args);
	assert_int_equal(t.code, 1);
	tool_free(&t);
	tool_run_to(&t, TOOL_BROKEN_PIPE, "", 0, args);
	assert_int_equal(t.code, 1);
	assert_string_equal(t.err, "");
	tool_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_names_every_field_as_the_specification),
		cmocka_unit_test(test_bad_line_is_reported_in_its_place_and_the_batch_goes_on),
		cmocka_unit_test(test_argument_that_is_no_descriptor_fails),
		cmocka_unit_test(test_fields_of_real_readers_are_their_columns),
		cmocka_unit_test(test_usage_errors_say_what_to_do),
		cmocka_unit_test(test_help_is_output_and_success),
		cmocka_unit_test(test_output_that_goes_nowhere_is_a_failure_and_no_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
