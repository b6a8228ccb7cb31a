/* SPDX-License-Identifier: MIT */
/* Counts and times of a trace. */
#include "tally.h"
#include "trace_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t quantile(const struct ccid_latency *l, unsigned thousandths)
{
	return ccid_latency_quantile(l, thousandths);
}

static void quantiles_are_right_within_six_percent(void **state)
{
	static struct ccid_latency l;

	(void)state;
	l = (struct ccid_latency){0};
	assert_int_equal(quantile(&l, 500), 0);
	for (uint64_t i = 1; i <= 1000; i++)
		ccid_latency_add(&l, i * 1000000);
	assert_int_equal(l.count, 1000);
	assert_int_equal(l.min_ns, 1000000);
	assert_int_equal(l.max_ns, 1000000000);
	assert_in_range(quantile(&l, 500), 470000000, 530000000);
	assert_in_range(quantile(&l, 950), 895000000, 1000000000);
	assert_int_equal(quantile(&l, 1000) <= l.max_ns, 1);
	assert_in_range(quantile(&l, 1), 1000000, 1060000);
}

static void the_smallest_and_largest_times_have_a_place(void **state)
{
	static struct ccid_latency l;

	(void)state;
	l = (struct ccid_latency){0};
	ccid_latency_add(&l, 0);
	ccid_latency_add(&l, 31);
	ccid_latency_add(&l, 32);
	ccid_latency_add(&l, UINT64_MAX - 1);
	assert_int_equal(quantile(&l, 250), 0);
	assert_int_equal(quantile(&l, 500), 31);
	assert_in_range(quantile(&l, 750), 32, 33);
	assert_in_range(quantile(&l, 1000), UINT64_MAX / 100 * 94, UINT64_MAX);
}

static struct ccid_tally *count(const char *script)
{
	char path[] = "/tmp/iscard-tally-XXXXXX", problem[CCID_TRACE_PROBLEM_MAX] = "";
	struct ccid_tally *t = calloc(1, sizeof *t);
	struct ccid_story_sink sink = {.take = ccid_tally_take, .arg = t};

	assert_non_null(t);
	assert_true(close(mkstemp(path)) == 0);
	trace_make(path, script, NULL);
	assert_int_equal(ccid_story_file(path, &sink, NULL, problem, sizeof problem), 0);
	unlink(path);
	return t;
}

static void everything_is_counted_once(void **state)
{
	struct ccid_tally *t =
		count("> 65 00 00 000000\n< 81 00 00 010000\n! 5003\n"
	              "> 62 00 01 000000\n< 80 00 01 41FE00\n"
	              "> 62 00 02 000000\n< 80 00 02 000000 3B021450\n"
	              ">mask 15+2 6F 00 03 000000 0020000002FFFF\n< 80 00 03 000000 63C2\n"
	              "> 6F 00 04 000000 00B0000002\n< 80 00 04 800100\n"
	              "< 80 00 04 000000 01029000\n"
	              "> 6F 01 05 000000 00B0000002\n< 80 01 05 42FE00\n! 5002\nreset\nunplug\n");

	(void)state;
	assert_int_equal(t->commands, 6);
	assert_int_equal(t->answers, 7);
	assert_int_equal(t->polls, 1);
	assert_int_equal(t->power_ons, 2);
	assert_int_equal(t->sessions, 1);
	assert_int_equal(t->failed, 2);
	assert_int_equal(t->error[0xFE], 2);
	assert_int_equal(t->extensions, 1);
	assert_int_equal(t->type[0x6F], 3);
	assert_int_equal(t->type[0x50], 2);
	assert_int_equal(t->slot[0], 11);
	assert_int_equal(t->slot[1], 2);
	assert_int_equal(t->to_reader, 6 * 10 + 7 + 5 + 5);
	assert_int_equal(t->apdus, 3);
	assert_int_equal(t->apdus_failed, 1);
	assert_int_equal(t->sw_errors, 1);
	assert_int_equal(t->masked_spans, 1);
	assert_int_equal(t->masked_bytes, 2);
	assert_int_equal(t->removed, 2); /* of slot 1, then of slot 0 */
	assert_int_equal(t->resets, 1);
	assert_int_equal(t->unplugged, 1);
	assert_int_equal(t->of_command[0x62]->count, 2);
	assert_int_equal(t->of_ins[0xB0]->count, 1);
	assert_int_equal(t->of_ins[0x20]->count, 1);
	assert_null(t->of_ins[0xA4]);
	assert_non_null(strstr(t->atr, "3B 02 14 50"));
	ccid_tally_free(t);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_right_within_six_percent),
		cmocka_unit_test(the_smallest_and_largest_times_have_a_place),
		cmocka_unit_test(everything_is_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
