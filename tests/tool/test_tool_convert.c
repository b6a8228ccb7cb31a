/* SPDX-License-Identifier: MIT */
/* "iscard trace import" and "export" as their users run them. */
#include "capture_maker.h"
#include "run_tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SAMPLE SAMPLES_DIR "/cac-usbredirect/trace.pcapng"
#define SESSION                                                                                    \
	"# ccid-exchange 1\n"                                                                      \
	"out bulk 62000000000001010000\n"                                                          \
	"in bulk 800500000000010000003b02145000\n"

static char folder[] = "/tmp/iscard-convert-XXXXXX", in[64], out[64], other[64];

static int setup(void **state)
{
	(void)state;
	strcpy(folder + sizeof folder - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(in, sizeof in, "%s/in", folder);
	snprintf(out, sizeof out, "%s/out", folder);
	snprintf(other, sizeof other, "%s/other", folder);
	return 0;
}

/* Nothing but what the test asked for may lie in the folder. */
static int teardown(void **state)
{
	(void)state;
	unlink(in);
	unlink(out);
	unlink(other);
	return rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void expect(int code, const char *words, const char *const *args)
{
	struct tool t;

	tool_run(&t, "", 0, args);
	if (t.code != code || strstr(t.err, words) == NULL)
		fail_msg("exit code %d: %s", t.code, t.err);
	tool_free(&t);
}

#define EXPECT(code, words, ...)                                                                   \
	expect(code, words, (const char *const[]){"trace", __VA_ARGS__, NULL})

static void a_conversion_makes_a_file_of_ones_own(void **state)
{
	struct stat st;
	char *messages;

	(void)state;
	write_file(in, SESSION);
	EXPECT(0, "made up", "import", in, "-o", out);
	messages = messages_of(out);
	assert_string_equal(messages, "> 62000000000001010000\n< 800500000000010000003b02145000\n");
	free(messages);
	assert_int_equal(stat(out, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void nothing_is_written_over_without_being_asked(void **state)
{
	struct stat before, after;

	(void)state;
	write_file(in, SESSION);
	write_file(out, "mine");
	assert_int_equal(stat(out, &before), 0);
	EXPECT(1, "--force replaces it", "import", in, "-o", out);
	EXPECT(1, "--force replaces it", "export", SAMPLE, "-o", out, "--to", "text");
	assert_int_equal(stat(out, &after), 0);
	assert_true(before.st_ino == after.st_ino && after.st_size == 4);
	EXPECT(0, "", "import", in, "-o", out, "--force");
	assert_int_equal(stat(out, &after), 0);
	assert_true(after.st_size > 100);
}

static void a_failure_leaves_nothing_behind(void **state)
{
	(void)state;
	write_file(in, "no capture at all\n");
	EXPECT(7, "neither a capture", "import", in, "-o", out);
	EXPECT(1, "No such file", "import", other, "-o", out);
	EXPECT(7, "not a pcapng trace", "export", in, "-o", out, "--to", "jsonl");
	assert_int_equal(access(out, F_OK), -1);
}

static void what_came_before_damage_is_kept(void **state)
{
	char *messages;

	(void)state;
	write_file(in, SESSION "out bulk what\n");
	EXPECT(7, "line 4 at offset 87); what came before it is in the trace", "import", in, "-o",
	       out);
	messages = messages_of(out);
	assert_non_null(strstr(messages, "3b02145000"));
	free(messages);
}

static void pins_are_kept_with_a_loud_word_only(void **state)
{
	(void)state;
	write_file(in, SESSION "out bulk 6f0900000000020000000020008004 31323334\n");
	EXPECT(0, "1 packets with a PIN in them are masked", "import", in, "-o", out);
	EXPECT(0, "PINs ARE NOT MASKED", "import", in, "-o", other, "--keep-pins");
}

static void pipes_are_taken_at_both_ends(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, SESSION, "trace", "import", "-", "-o", "-");
	assert_int_equal(t.code, 0);
	assert_true(t.out_len > 100);
	assert_memory_equal(t.out, "\x0A\x0D\x0D\x0A", 4);
	tool_free(&t);
	TOOL(&t, "", "trace", "export", SAMPLE, "-o", "-", "--to", "text");
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "out bulk 6200"));
	tool_free(&t);
	tool_run_to(
		&t, TOOL_FULL, "", 0,
		(const char *const[]){"trace", "export", SAMPLE, "-o", "-", "--to", "text", NULL});
	assert_int_equal(t.code, 1);
	assert_non_null(strstr(t.err, "cannot be written"));
	tool_free(&t);
}

/* Whose fault it is: what cannot be read, or where it was to go. */
static void what_fails_is_named(void **state)
{
	static const char *const runs[][8] = {
		{"trace", "import", NULL, "-o", "-", NULL},
		{"trace", "export", SAMPLE, "-o", "-", "--to", "usbmon", NULL},
		{"trace", "redact", SAMPLE, "-o", "-", NULL},
		{"trace", "plot", SAMPLE, "-o", "-", NULL},
	};
	struct tool t;

	(void)state;
	write_file(in, SESSION);
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		const char *args[8];

		memcpy(args, runs[i], sizeof args);
		args[2] = args[2] != NULL ? args[2] : in;
		tool_run_to(&t, TOOL_FULL, "", 0, args);
		if (t.code != 1 || strstr(t.err, "No space left on device") == NULL ||
		    strstr(t.err, "what came before") != NULL)
			fail_msg("%s: exit code %d: %s", args[1], t.code, t.err);
		tool_free(&t);
	}
	EXPECT(1, "cannot be read: Is a directory", "import", folder, "-o", out);
}

/* A device stays a device, even when it may be written over. */
static void a_device_is_written_as_it_is(void **state)
{
	struct stat st;

	(void)state;
	EXPECT(0, "", "export", SAMPLE, "-o", "/dev/null", "--to", "text", "--force");
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

static void a_wrong_call_is_told(void **state)
{
	(void)state;
	EXPECT(2, "-o FILE is needed", "import", in);
	EXPECT(2, "a file is needed", "import", "-o", out);
	EXPECT(2, "no such format", "import", in, "-o", out, "--format", "morse");
	EXPECT(2, "not BUS.DEVICE", "import", in, "-o", out, "--device", "1");
	EXPECT(2, "not a port", "import", in, "-o", out, "--port", "70000");
	EXPECT(2, "--to NAME is needed", "export", in, "-o", out);
	EXPECT(2, "no such format", "export", in, "-o", out, "--to", "morse");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_conversion_makes_a_file_of_ones_own, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(nothing_is_written_over_without_being_asked, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(a_failure_leaves_nothing_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(what_came_before_damage_is_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(pins_are_kept_with_a_loud_word_only, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(pipes_are_taken_at_both_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(what_fails_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_is_written_as_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(a_wrong_call_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
