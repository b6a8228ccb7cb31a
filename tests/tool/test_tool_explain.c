/* SPDX-License-Identifier: MIT */
/* "iscard trace show, info, stat, plot, diff" as people use them. */
#include "corpus.h"
#include "json_read.h"
#include "run_tool.h"
#include "xml_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SAMPLE(name) SAMPLES_DIR "/" name "/trace.pcapng"
#define T0           SAMPLE("emulated-t0-tpdu")
#define T1           SAMPLE("emulated-t1-tpdu")
#define CAC          SAMPLE("cac-usbredirect")

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

static void expect_in(const struct tool *t, const char *text)
{
	if (strstr(t->out, text) == NULL)
		fail_msg("\"%s\" is not in\n%s%s", text, t->out, t->err);
}

static void apdus_alone_read_as_iscard_apdu_prints_them(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "trace", "show", "--apdus", T1);
	assert_int_equal(t.code, 0);
	assert_int_equal(count_lines(t.out), 8);
	assert_int_equal(strncmp(t.out, "> 00 A4 00 0C 02 3F 00\n< 90 00\n> 80 10", 38), 0);
	expect_in(&t, "> 00 20 00 80 04 ** ** ** **\n< 90 00\n");
	tool_free(&t);
}

static void messages_say_what_they_mean(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "trace", "show", CAC);
	assert_int_equal(t.code, 0);
	expect_in(&t, "T=0; Fi 372, Di 12, \"sfte cd144\"");
	expect_in(&t, "00 A4 04 00 07 A0 00 00 00 79 01 00; CAC\n");
	expect_in(&t, "= 0 SELECT by name A0 00 00 00 79 01 00 (CAC)  =>  90 00 success, 13 bytes");
	expect_in(&t, "# usbredirect 0.13.0");
	tool_free(&t);
	TOOL(&t, "", "trace", "show", T1);
	expect_in(&t, "Fi 372, Di 1, BWI 4, CWI 13, IFSC 32, NAD 00, LRC");
	assert_null(strstr(t.out, "# masked"));
	tool_free(&t);
}

static void filters_leave_out_what_was_not_asked_for(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "trace", "show", "--kind", "apdu", T0);
	assert_int_equal(count_lines(t.out), 16);
	expect_in(&t, "< 0 6A 82 file or application not found  [0 us]  !\n");
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--kind", "error", T0);
	assert_int_equal(count_lines(t.out), 3);
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--kind", "event,usb", T0);
	assert_null(strstr(t.out, "PC_to_RDR"));
	expect_in(&t, "NotifySlotChange");
	expect_in(&t, "device_connect");
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--slot", "1", SAMPLE("emulated-two-slots"));
	expect_in(&t, " 1/");
	assert_null(strstr(t.out, " 0/"));
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--from", "0.9", T0);
	assert_null(strstr(t.out, "0.500000"));
	expect_in(&t, "1.000000");
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--to", "0.4", T0);
	assert_null(strstr(t.out, "1.000000"));
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--all", "--packets", "1-3", T0);
	assert_int_equal(count_lines(t.out), 3);
	tool_free(&t);
}

static void times_are_shown_as_wished(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "trace", "show", "--time", "absolute", CAC);
	expect_in(&t, "2026-11-20 23:46:41.");
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--time=delta", T0);
	expect_in(&t, "    0.500000 < 0/09 RDR_to_PC_DataBlock  90 00");
	tool_free(&t);
}

static void failures_are_red_only_when_wished(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "trace", "show", T0);
	assert_null(strchr(t.out, '\033'));
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--color", "always", T0);
	expect_in(&t, "\033[31m    1.000000 < 0/0B RDR_to_PC_DataBlock  6A 82");
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--color", "sometimes", T0);
	assert_int_equal(t.code, 2);
	tool_free(&t);
}

static void wrong_wishes_are_refused(void **state)
{
	static const char *const wrong[][2] = {
		{"--kind", "apdus"}, {"--kind", ""},  {"--slot", "x"},      {"--slot", "256"},
		{"--from", "-1"},    {"--to", "nan"}, {"--packets", "1-x"}, {"--time", "now"}};

	(void)state;
	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct tool t;

		TOOL(&t, "", "trace", "show", wrong[i][0], wrong[i][1], T0);
		if (t.code != 2)
			fail_msg("%s %s: %d", wrong[i][0], wrong[i][1], t.code);
		tool_free(&t);
	}
}

static void apdus_as_json(void **state)
{
	struct tool t;
	char *at, *line;
	unsigned n = 0;

	(void)state;
	TOOL(&t, "", "trace", "show", "--kind", "apdu", "--json", T0);
	at = t.out;
	while ((line = corpus_line(&at)) != NULL) {
		assert_true(json_valid(line));
		assert_non_null(json_get(line, "command"));
		n++;
	}
	assert_int_equal(n, 8);
	tool_free(&t);
}

static void info_is_one_screen(void **state)
{
	struct tool t, same;

	(void)state;
	TOOL(&t, "", "trace", "info", CAC);
	assert_int_equal(t.code, 0);
	expect_in(&t, "08E6:4433");
	expect_in(&t, "2026-11-20 23:46:41 UTC, 1.39 s, 35 packets");
	expect_in(&t, "usbredirect 0.13.0 serving");
	expect_in(&t, "whole       yes");
	assert_true(count_lines(t.out) <= 24);
	TOOL(&same, "", "trace", "show", "--summary", CAC);
	assert_string_equal(same.out, t.out);
	tool_free(&same);
	tool_free(&t);
	TOOL(&t, "", "trace", "info", T0);
	expect_in(&t, "masked      4 bytes in 1 place\n");
	tool_free(&t);
	TOOL(&t, "", "trace", "info", "--json", T0);
	assert_true(json_valid(t.out));
	tool_free(&t);
}

static void stat_counts_and_measures(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "trace", "stat", T0);
	assert_int_equal(t.code, 0);
	expect_in(&t, "          10  6F PC_to_RDR_XfrBlock\n");
	expect_in(&t, "           1  6A82 file or application not found\n");
	expect_in(&t, "           2  time extensions\n");
	expect_in(&t, "20 VERIFY");
	tool_free(&t);
	TOOL(&t, "", "trace", "stat", "--json", SAMPLE("emulated-token-a"));
	assert_int_equal(t.code, 0);
	assert_true(json_valid(t.out));
	expect_in(&t, "XFR_BLOCK");
	tool_free(&t);
}

static void plot_draws_and_keeps_what_is_there(void **state)
{
	char folder[] = "/tmp/iscard-plot-XXXXXX", file[64];
	struct stat st;
	struct tool t;

	(void)state;
	TOOL(&t, "", "trace", "plot", T0);
	assert_int_equal(t.code, 0);
	assert_null(xml_check(t.out));
	expect_in(&t, "SELECT file 3F 00 (MF)");
	tool_free(&t);
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof file, "%s/a.svg", folder);
	TOOL(&t, "", "trace", "plot", T0, "-o", file);
	assert_int_equal(t.code, 0);
	assert_int_equal(stat(file, &st), 0);
	tool_free(&t);
	TOOL(&t, "", "trace", "plot", T1, "-o", file);
	assert_int_equal(t.code, 1);
	assert_non_null(strstr(t.err, "is there already"));
	tool_free(&t);
	TOOL(&t, "", "trace", "plot", T1, "-o", file, "--force");
	assert_int_equal(t.code, 0);
	tool_free(&t);
	TOOL(&t, "", "trace", "plot", "/no/where.pcapng", "-o", file, "--force");
	assert_int_equal(t.code, 1);
	tool_free(&t);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(folder), 0); /* nothing else was left */
}

static void diff_has_the_exit_codes_of_diff(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "trace", "diff", T0, T0);
	assert_int_equal(t.code, 0);
	assert_string_equal(t.out, "");
	tool_free(&t);
	TOOL(&t, "", "trace", "diff", T0, T1);
	assert_int_equal(t.code, 1);
	expect_in(&t, "@@ slot 0, packet 30 of the first, packet 30 of the second @@\n");
	expect_in(
		&t,
		"  > PC_to_RDR_IccPowerOn  automatic voltage\n- < RDR_to_PC_DataBlock  ATR 3B 65");
	expect_in(&t, "- > 80 18 6A 82\n- < 6A 82 file or application not found\n");
	expect_in(&t, "  > SELECT file 3F 00 (MF)\n  < 90 00 success\n");
	tool_free(&t);
	TOOL(&t, "", "trace", "diff", "-q", T0, T1);
	assert_int_equal(t.code, 1);
	assert_string_equal(t.out, "");
	tool_free(&t);
	TOOL(&t, "", "trace", "diff", T0, "/no/where.pcapng");
	assert_int_equal(t.code, 2);
	assert_non_null(strstr(t.err, "/no/where.pcapng"));
	tool_free(&t);
	TOOL(&t, "", "trace", "diff", T0);
	assert_int_equal(t.code, 2);
	tool_free(&t);
}

/* Cut inside its last block. */
static void cut(char *path)
{
	static char bytes[65536];
	FILE *f = fopen(T0, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	f = fdopen(mkstemp(path), "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n - 5, f), n - 5);
	assert_int_equal(fclose(f), 0);
}

static void a_cut_file_is_shown_so_far_with_one_line(void **state)
{
	static const char *const commands[] = {"show", "info", "stat", "plot"};
	char path[] = "/tmp/iscard-cut-XXXXXX";
	struct tool t;

	(void)state;
	cut(path);
	for (unsigned i = 0; i < 4; i++) {
		TOOL(&t, "", "trace", commands[i], path);
		if (t.code != 7)
			fail_msg("%s: %d", commands[i], t.code);
		assert_non_null(strstr(t.err, "offset"));
		assert_int_equal(count_lines(t.err), 1);
		assert_true(strlen(t.out) > 200);
		tool_free(&t);
	}
	TOOL(&t, "", "trace", "diff", T0, path);
	assert_int_equal(t.code, 2);
	assert_int_equal(count_lines(t.err), 1);
	tool_free(&t);
	unlink(path);
}

static void a_closed_pipe_ends_quietly(void **state)
{
	struct tool t;

	(void)state;
	tool_run_to(&t, TOOL_BROKEN_PIPE, "", 0,
	            (const char *const[]){"trace", "show", "--all", "--data", T0, NULL});
	assert_int_equal(t.code, 1);
	assert_string_equal(t.err, "");
	tool_free(&t);
}

static void every_command_has_a_page(void **state)
{
	static const char *const commands[] = {"show", "info", "stat", "plot", "diff"};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct tool t;

		TOOL(&t, "", "trace", commands[i], "--help");
		assert_int_equal(t.code, 0);
		expect_in(&t, commands[i]);
		assert_true(count_lines(t.out) > 4);
		tool_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(apdus_alone_read_as_iscard_apdu_prints_them),
		cmocka_unit_test(messages_say_what_they_mean),
		cmocka_unit_test(filters_leave_out_what_was_not_asked_for),
		cmocka_unit_test(times_are_shown_as_wished),
		cmocka_unit_test(failures_are_red_only_when_wished),
		cmocka_unit_test(wrong_wishes_are_refused),
		cmocka_unit_test(apdus_as_json),
		cmocka_unit_test(info_is_one_screen),
		cmocka_unit_test(stat_counts_and_measures),
		cmocka_unit_test(plot_draws_and_keeps_what_is_there),
		cmocka_unit_test(diff_has_the_exit_codes_of_diff),
		cmocka_unit_test(a_cut_file_is_shown_so_far_with_one_line),
		cmocka_unit_test(a_closed_pipe_ends_quietly),
		cmocka_unit_test(every_command_has_a_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
