/* SPDX-License-Identifier: MIT */
/* Every sample, redacted and marked: what comes out replays as what went in. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "run_tool.h"
#include "tool_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/iscard-rewrite-XXXXXX", out[64];

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(out, sizeof out, "%s/out", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

static bool is_status_line(const char *line)
{
	return strncmp(line, "< ", 2) == 0;
}

/* The status word at the end of an answer, "90 00  done"; what comes before it may be gone. */
static const char *status_of(const char *line, size_t n)
{
	const char *text = memmem(line, n, "  ", 2), *end = text != NULL ? text : line + n;

	return end - line >= 7 ? end - 5 : line;
}

/* What the card said before its status word is all FF. */
static void expect_nothing_left(const char *file, const char *line, size_t n)
{
	const char *end = status_of(line, n);

	for (const char *at = line + 2; at < end; at += 3)
		if (strncmp(at, "FF ", 3) != 0)
			fail_msg("%s: %.*s", file, (int)n, line);
}

/* Line by line the same, but for what cards answered and the ATR. */
static void compare(const char *file, const char *was, const char *is)
{
	while (*was != '\0' && *is != '\0') {
		size_t n = strcspn(was, "\n"), m = strcspn(is, "\n");

		if (is_status_line(was)) {
			assert_memory_equal(status_of(was, n), status_of(is, m), 5);
			expect_nothing_left(file, is, m);
		} else if (memmem(was, n, ", ATR ", 6) == NULL &&
		           (n != m || memcmp(was, is, n) != 0)) {
			fail_msg("%s: %.*s became %.*s", file, (int)n, was, (int)m, is);
		}
		was += n + (was[n] == '\n');
		is += m + (is[m] == '\n');
	}
	assert_int_equal(*was, *is);
}

static void rewrite(const char *file, struct tool *t, const char *command, const char *option)
{
	TOOL(t, "", "trace", command, file, "-o", out, option);
	if (t->code != 0)
		fail_msg("%s: %s", file, t->err);
	tool_free(t);
}

static void redact(const char *file)
{
	struct tool t, before, after;

	rewrite(file, &t, "redact", "--all");
	TOOL(&before, "", "replay", file);
	TOOL(&after, "", "replay", out);
	if (after.code != before.code) /* some hold no card */
		fail_msg("%s: %s", file, after.err);
	compare(file, before.out, after.out);
	tool_free(&before);
	tool_free(&after);
	TOOL(&t, "", "trace", "show", "--all", "--data", out);
	assert_null(strstr(t.out, "EMU-0001"));
	assert_null(strstr(t.out, "45 00 4D 00 55 00 2D 00 30 00 30 00 30 00 31"));
	tool_free(&t);
	unlink(out);
}

static void every_redacted_sample_replays(void **state)
{
	(void)state;
	for_each_sample(SAMPLES_DIR, redact);
}

/* Bytes that are gone do not read as if the card had said FF. */
static void what_is_masked_is_shown_so(void **state)
{
	static const char *const samples[] = {SAMPLES_DIR "/cac-usbredirect/trace.pcapng",
	                                      SAMPLES_DIR "/emulated-t1-tpdu/trace.pcapng"};
	struct tool t;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		rewrite(samples[i], &t, "redact", "--responses");
		TOOL(&t, "", "trace", "show", "--all", out);
		assert_non_null(strstr(t.out, i == 0 ? " ** ** 90 00 (success)" : " ** ** "));
		assert_null(strstr(t.out, "FF FF"));
		tool_free(&t);
		unlink(out);
	}
}

static void mark(const char *file)
{
	struct tool t, before, after;

	rewrite(file, &t, "mark", "--challenges");
	TOOL(&before, "", "replay", file);
	TOOL(&after, "", "replay", out);
	assert_int_equal(after.code, before.code);
	assert_string_equal(before.out, after.out);
	tool_free(&before);
	tool_free(&after);
	unlink(out);
}

static void every_marked_sample_replays(void **state)
{
	(void)state;
	for_each_sample(SAMPLES_DIR, mark);
}

static void wrong_usage_writes_nothing(void **state)
{
	static const char sample[] = SAMPLES_DIR "/emulated-t0-tpdu/trace.pcapng";
	static const char *const marks[] = {"x",      "1",      "1:2",     "1:2+",
	                                    "1:2+3x", "-1:2+3", "9999:0+1"};
	struct tool t;

	(void)state;
	TOOL(&t, "", "trace", "redact", sample);
	assert_int_equal(t.code, 2);
	tool_free(&t);
	TOOL(&t, "", "trace", "mark", sample, "-o", out);
	assert_int_equal(t.code, 2);
	tool_free(&t);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		TOOL(&t, "", "trace", "mark", "-o", out, "--", sample, marks[i]);
		assert_int_equal(t.code, 2);
		tool_free(&t);
	}
	TOOL(&t, "", "trace", "redact", "/no/where", "-o", out);
	assert_int_equal(t.code, 1);
	tool_free(&t);
	assert_int_not_equal(access(out, F_OK), 0);
	TOOL(&t, "", "trace", "redact", sample, "-o", sample);
	assert_int_equal(t.code, 1);
	assert_non_null(strstr(t.err, "--force"));
	tool_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_redacted_sample_replays),
		cmocka_unit_test(what_is_masked_is_shown_so),
		cmocka_unit_test(every_marked_sample_replays),
		cmocka_unit_test(wrong_usage_writes_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
