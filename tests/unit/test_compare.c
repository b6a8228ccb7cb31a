/* SPDX-License-Identifier: MIT */
/* Two sessions: what counts as a difference, and what does not. */
#include "compare.h"
#include "trace_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define STATUS "> 65 00 00 000000\n< 81 00 00 010000\n"
#define ON     "> 62 00 01 000000\n< 80 00 01 000000 3B021450\n"
#define READ   "> 6F 00 02 000000 00B0000002\n< 80 00 02 000000 01029000\n"
#define OFF    "> 63 00 03 000000\n< 81 00 03 010000\n"

struct files {
	char a[40], b[40];
	char told[8192]; /* a line each: mark, slot, what was asked */
};

static int set_up(void **state)
{
	struct files *f = calloc(1, sizeof *f);

	if (f == NULL)
		return -1;
	snprintf(f->a, sizeof f->a, "/tmp/iscard-compare-a-XXXXXX");
	snprintf(f->b, sizeof f->b, "/tmp/iscard-compare-b-XXXXXX");
	*state = f;
	return close(mkstemp(f->a)) != 0 || close(mkstemp(f->b)) != 0;
}

static int tear_down(void **state)
{
	struct files *f = *state;

	unlink(f->a);
	unlink(f->b);
	free(f);
	return 0;
}

static int take(void *arg, const struct ccid_compare_item *a, const struct ccid_compare_item *b,
                bool changed)
{
	struct files *f = arg;
	size_t len = strlen(f->told);
	char mark = changed ? '!' : a == NULL ? '+' : b == NULL ? '-' : '=';

	if (mark != '=')
		snprintf(f->told + len, sizeof f->told - len, "%c%d %s\n", mark,
		         a != NULL ? a->slot : b->slot, a != NULL ? a->asked : b->asked);
	return 0;
}

static struct ccid_compare_result compare(struct files *f)
{
	struct ccid_compare_sink sink = {.take = take, .arg = f};
	struct ccid_compare_result r;

	f->told[0] = '\0';
	assert_int_equal(ccid_compare_files(f->a, f->b, &sink, &r), 0);
	return r;
}

static struct ccid_compare_result compare_scripts(struct files *f, const char *a, const char *b)
{
	trace_make(f->a, a, NULL);
	trace_make(f->b, b, NULL);
	return compare(f);
}

static void numbers_polls_and_time_do_not_count(void **state)
{
	struct files *f = *state;
	struct ccid_compare_result r;

	r = compare_scripts(f, STATUS ON READ OFF,
	                    STATUS "> 62 00 07 000000\n< 80 00 07 000000 3B021450\n"
	                           "> 65 00 08 000000\n< 81 00 08 000000\n"
	                           "> 6F 00 09 000000 00B0000002\n< 80 00 09 800100\n"
	                           "< 80 00 09 000000 01029000\n"
	                           "> 63 00 0A 000000\n< 81 00 0A 010000\n");
	assert_string_equal(f->told, "");
	assert_int_equal(r.differ, 0);
	assert_true(r.same >= 4);
}

static void masked_bytes_match_anything(void **state)
{
	struct files *f = *state;

	compare_scripts(f, ON ">mask 15+2 6F 00 02 000000 00DA000002FFFF\n< 80 00 02 000000 9000\n",
	                ON "> 6F 00 02 000000 00DA0000020102\n< 80 00 02 000000 9000\n");
	assert_string_equal(f->told, "");
	compare_scripts(f, ON ">mask 15+1 6F 00 02 000000 00DA000002FFFF\n< 80 00 02 000000 9000\n",
	                ON "> 6F 00 02 000000 00DA0000020102\n< 80 00 02 000000 9000\n");
	assert_string_not_equal(f->told, "");
	/* PINs, whether masked or not */
	compare_scripts(f, ON "> 6F 00 02 000000 0020000002FFFF\n< 80 00 02 000000 9000\n",
	                ON "> 6F 00 02 000000 00200000023132\n< 80 00 02 000000 9000\n");
	assert_string_equal(f->told, "");
}

static void other_answers_to_the_same_command_go_together(void **state)
{
	struct files *f = *state;
	struct ccid_compare_result r;

	r = compare_scripts(f, ON READ OFF,
	                    ON "> 6F 00 02 000000 00B0000002\n< 80 00 02 000000 01039000\n" OFF);
	assert_string_equal(f->told, "!0 READ BINARY at 0, wants 2\n");
	assert_int_equal(r.differ, 1);
	compare_scripts(f, ON, "> 62 00 01 000000\n< 80 00 01 41FE00\n");
	assert_non_null(strstr(f->told, "!0 PC_to_RDR_IccPowerOn"));
}

static void what_is_missing_is_told_where_it_is_missing(void **state)
{
	struct files *f = *state;

	compare_scripts(f, ON READ "> 6F 00 04 000000 00840000\n< 80 00 04 000000 9000\n" OFF,
	                ON READ OFF);
	assert_string_equal(f->told, "-0 GET CHALLENGE\n");
	compare_scripts(f, ON OFF, ON READ OFF);
	assert_string_equal(f->told, "+0 READ BINARY at 0, wants 2\n");
}

static void slots_are_compared_each_by_itself(void **state)
{
	static const char one[] = "> 62 01 05 000000\n< 80 01 05 000000 3B021450\n";
	struct files *f = *state;
	char a[512], b[512];

	snprintf(a, sizeof a, "%s%s%s", ON, READ, one);
	snprintf(b, sizeof b, "%s%s%s", one, ON, READ);
	compare_scripts(f, a, b);
	assert_string_equal(f->told, "");
	compare_scripts(f, a, ON READ);
	assert_non_null(strstr(f->told, "-1 PC_to_RDR_IccPowerOn"));
	assert_null(strstr(f->told, "0 PC"));
}

static void cards_resets_and_stalls_count(void **state)
{
	struct files *f = *state;

	compare_scripts(f, STATUS ON "! 5002\n", STATUS ON);
	assert_string_equal(f->told, "-0 no card is there\n-1 no card is there\n");
	compare_scripts(f, STATUS ON "reset\n", STATUS ON);
	assert_non_null(strstr(f->told, "--1 reset"));
	compare_scripts(f, STATUS ON "unplug\n", STATUS ON);
	assert_non_null(strstr(f->told, "--1 device_disconnect"));
	compare_scripts(f, STATUS ON "> 6F 00 02 000000 00840000\nstall\n",
	                STATUS ON "> 6F 00 02 000000 00840000\n");
	assert_non_null(strstr(f->told, "--1 bulk IN  stall"));
}

/* Reads of one byte at different places: each APDU is another one. */
static void write_many(const char *path, unsigned n, unsigned first, unsigned without)
{
	char *script = malloc(128u * n + 128), *at = script;

	assert_non_null(script);
	at += sprintf(at, "%s", ON);
	for (unsigned i = first; i < first + n; i++)
		if (i != without)
			at += sprintf(at,
			              "> 6F 00 02 000000 00B0%04X01\n"
			              "< 80 00 02 000000 019000\n",
			              i);
	trace_make(path, script, NULL);
	free(script);
}

static void long_traces_are_aligned_in_windows(void **state)
{
	struct files *f = *state;
	struct ccid_compare_result r;

	write_many(f->a, 3000, 0, 2500);
	write_many(f->b, 3000, 0, 40);
	r = compare(f);
	assert_string_equal(f->told, "-0 READ BINARY at 40, wants 1\n"
	                             "+0 READ BINARY at 2500, wants 1\n");
	assert_int_equal(r.differ, 2);
	/* nothing in common: it ends, and counts everything */
	write_many(f->b, 3000, 5000, 0);
	r = compare(f);
	assert_int_equal(r.differ, 2999 + 3000);
}

static void a_file_that_ends_early_is_compared_so_far_and_told(void **state)
{
	struct files *f = *state;
	struct ccid_compare_result r;

	trace_make(f->a, ON READ OFF, NULL);
	trace_make(f->b, ON READ OFF, NULL);
	assert_int_equal(truncate(f->b, 1700), 0);
	r = compare(f);
	assert_int_equal(r.err[0], 0);
	assert_int_equal(r.err[1], CCID_E_SHORT);
	assert_non_null(strstr(r.problem[1], "offset"));
	snprintf(f->b, sizeof f->b, "/no/such/file");
	r = compare(f);
	assert_int_equal(r.err[1], CCID_E_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_polls_and_time_do_not_count, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(masked_bytes_match_anything, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_answers_to_the_same_command_go_together,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_missing_is_told_where_it_is_missing, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(slots_are_compared_each_by_itself, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(cards_resets_and_stalls_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_traces_are_aligned_in_windows, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_ends_early_is_compared_so_far_and_told,
	                                        set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
