/* SPDX-License-Identifier: MIT */
/* The tool on recorded readers: every sample replays and reads; damaged files are told. */
#include "corpus.h"
#include "json_read.h"
#include "run_tool.h"
#include "tool_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#define CAC "/cac-usbredirect/trace.pcapng"

/* Some are about a card that cannot be powered on. */
static bool has_card(const char *file)
{
	char path[1024], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof path, "%.*sexpect.txt", (int)(strrchr(file, '/') + 1 - file), file);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL)
		found = found || strncmp(line, "atr ", 4) == 0;
	fclose(f);
	return found;
}

static void replay(const char *file)
{
	struct tool t;

	if (!has_card(file))
		return;
	TOOL(&t, "", "replay", file);
	if (t.code != 0 || strstr(t.out, "power on") == NULL)
		fail_msg("%s: exit code %d\n%s\n%s", file, t.code, t.out, t.err);
	tool_free(&t);
}

static void test_every_sample_replays(void **state)
{
	(void)state;
	for_each_sample(SAMPLES_DIR, replay);
}

static void replay_exactly(const char *file)
{
	struct tool t;

	if (strstr(file, "/emulated-") == NULL && strstr(file, CAC) == NULL)
		return;
	TOOL(&t, "", "replay", "--strict", "exact", file);
	if (t.code != 0 || t.err[0] != '\0')
		fail_msg("%s: exit code %d\n%s\n%s", file, t.code, t.out, t.err);
	tool_free(&t);
}

/* What this driver recorded, or would have, it does again, command by command. */
static void test_own_recordings_replay_exactly(void **state)
{
	struct tool t;

	(void)state;
	for_each_sample(SAMPLES_DIR, replay_exactly);
	TOOL(&t, "", "replay", "--strict", "exact", SAMPLES_DIR "/qemu-boot/trace.pcapng");
	assert_int_equal(t.code, 7);
	assert_non_null(strstr(t.err, "Escape"));
	tool_free(&t);
}

static void show(const char *file)
{
	char *at, *line;
	struct tool t;

	TOOL(&t, "", "trace", "show", file);
	assert_int_equal(t.code, 0);
	if (strstr(file, "emulated-token") == NULL && has_card(file)) {
		assert_non_null(strstr(t.out, "PC_to_RDR_IccPowerOn"));
		assert_non_null(strstr(t.out, "RDR_to_PC_DataBlock"));
	} else if (has_card(file)) {
		assert_non_null(strstr(t.out, "ICC_POWER_ON"));
		assert_non_null(strstr(t.out, "XFR_BLOCK"));
	}
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "--all", "--data", "--json", file);
	assert_int_equal(t.code, 0);
	at = t.out;
	while ((line = corpus_line(&at)) != NULL) {
		assert_true(json_valid(line));
		assert_non_null(json_get(line, "name"));
	}
	tool_free(&t);
}

static void test_every_sample_reads(void **state)
{
	(void)state;
	for_each_sample(SAMPLES_DIR, show);
}

static void test_pin_is_not_shown(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "trace", "show", SAMPLES_DIR "/emulated-t0-tpdu/trace.pcapng");
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "VERIFY"));
	assert_null(strstr(t.out, "31 32 33 34"));
	tool_free(&t);
}

static void test_recorded_reader_answers_what_was_recorded(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "apdu", "replay:" SAMPLES_DIR CAC, "00A4040007A000000079010000");
	assert_string_equal(t.err, "");
	assert_string_equal(t.out, "> 00 A4 04 00 07 A0 00 00 00 79 01 00 00\n"
	                           "< 6F 0B 84 07 A0 00 00 00 79 01 00 A5 00 90 00  done\n");
	assert_int_equal(t.code, 0);
	tool_free(&t);
}

/* As after a capture that was ended at once. */
static void test_a_trace_without_packets_is_told(void **state)
{
	static const uint8_t section[] = {0x0A, 0x0D, 0x0D, 0x0A, 28, 0, 0,    0,    0x4D, 0x3C,
	                                  0x2B, 0x1A, 1,    0,    0,  0, 0xFF, 0xFF, 0xFF, 0xFF,
	                                  0xFF, 0xFF, 0xFF, 0xFF, 28, 0, 0,    0};
	char path[] = "/tmp/iscard-nothing-XXXXXX";
	int fd = mkstemp(path);
	struct tool t;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, section, sizeof section), sizeof section);
	close(fd);
	TOOL(&t, "", "trace", "info", path);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, " 0 packets"));
	tool_free(&t);
	TOOL(&t, "", "trace", "info", "--json", path);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "\"packets\":0"));
	tool_free(&t);
	unlink(path);
}

#define PSE   "00A404000E315041592E5359532E4444463031"
#define ALCOR "replay:" SAMPLES_DIR "/real-ak9563-emv/trace.pcapng"

/* A real reader that takes APDUs and leaves 61xx and 6Cxx to the host. */
static void test_what_a_reader_leaves_to_the_host_is_followed(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "apdu", ALCOR, PSE "00", "00B2010C00");
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "< 6F 20 84 0E 31 50 41 59"));
	assert_non_null(strstr(t.out, "< 70 24 61 22 4F 07"));
	tool_free(&t);
	TOOL(&t, "", "apdu", ALCOR, PSE "00", "--raw");
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "\n< 61 22"));
	tool_free(&t);
}

static void test_the_file_for_its_reader_is_told_the_address(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "info", SAMPLES_DIR CAC);
	assert_int_equal(t.code, 4);
	assert_non_null(strstr(t.err, CAC ": a file is no reader"));
	assert_non_null(strstr(t.err, "replay:FILE"));
	tool_free(&t);
}

static void test_divergence_shows_both_sides_with_exit_code_7(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "apdu", "replay:" SAMPLES_DIR CAC, "00B0000000");
	assert_int_equal(t.code, 7);
	assert_non_null(strstr(t.err, "00 A4 04 00 07 A0 00 00 00 79 01 00"));
	assert_non_null(strstr(t.err, "00 B0 00 00 00"));
	tool_free(&t);
}

static void a_disposition_that_diverges_has_exit_code_7_too(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "detach", "--eject",
	     "replay:" SAMPLES_DIR "/emulated-kiosk-eject/trace.pcapng?strict=exact");
	assert_int_equal(t.code, 7);
	assert_non_null(strstr(t.err, "PC_to_RDR_IccPowerOff"));
	tool_free(&t);
}

/* The first n bytes of a sample, with one byte changed unless at is past them. */
static void write_damaged(const char *path, size_t n, size_t at)
{
	FILE *in = fopen(SAMPLES_DIR CAC, "rb"), *out = fopen(path, "wb");
	char buf[4096];

	assert_true(in != NULL && out != NULL && n <= sizeof buf);
	assert_int_equal(fread(buf, 1, n, in), n);
	if (at < n)
		buf[at] ^= 0x40;
	assert_int_equal(fwrite(buf, 1, n, out), n);
	fclose(in);
	fclose(out);
}

static void expect_damaged(const char *file, const char *address)
{
	struct tool t;

	TOOL(&t, "", "replay", file);
	assert_int_equal(t.code, 7);
	assert_non_null(strstr(t.err, file));
	assert_ptr_equal(strchr(t.err, '\n'), t.err + strlen(t.err) - 1);
	tool_free(&t);
	TOOL(&t, "", "trace", "show", file);
	assert_int_equal(t.code, 7);
	assert_non_null(strstr(t.err, file));
	tool_free(&t);
	TOOL(&t, "", "atr", address);
	assert_int_equal(t.code, 7);
	assert_non_null(strstr(t.err, file));
	tool_free(&t);
}

static void test_damaged_file_is_one_clear_line(void **state)
{
	char path[] = "/tmp/iscard-cut-XXXXXX", address[64];

	(void)state;
	close(mkstemp(path));
	snprintf(address, sizeof address, "replay:%s", path);
	expect_damaged(path, address); /* empty */
	write_damaged(path, 900, 900); /* cut off */
	expect_damaged(path, address);
	write_damaged(path, 900, 4); /* a block length */
	expect_damaged(path, address);
	unlink(path);
}

static void test_comment_does_not_speak_to_the_terminal(void **state)
{
	static const char mark[] = "usbredirect 0.13";
	static char bytes[65536];
	char file[] = "/tmp/iscard-comment-XXXXXX";
	FILE *f = fopen(SAMPLES_DIR CAC, "rb");
	size_t n, at = 0;
	struct tool t;

	(void)state;
	assert_non_null(f);
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	while (at + sizeof mark < n && memcmp(bytes + at, mark, sizeof mark - 1) != 0)
		at++;
	memcpy(bytes + at, "\033[2J", 4);
	f = fdopen(mkstemp(file), "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
	TOOL(&t, "", "trace", "show", file);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "?[2J"));
	assert_null(strchr(t.out, '\033'));
	tool_free(&t);
	unlink(file);
}

static void test_file_that_is_not_there_is_told(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "replay", "/no/where.pcapng");
	assert_int_equal(t.code, 1);
	assert_non_null(strstr(t.err, "/no/where.pcapng: "));
	tool_free(&t);
	TOOL(&t, "", "trace", "show", "/no/where.pcapng");
	assert_int_equal(t.code, 1);
	tool_free(&t);
	TOOL(&t, "", "trace", "/no/where.pcapng");
	assert_int_equal(t.code, 2);
	tool_free(&t);
	TOOL(&t, "", "replay", "/no/where.pcapng", "--serve", "4000");
	assert_int_equal(t.code, 2);
	tool_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_sample_replays),
		cmocka_unit_test(test_own_recordings_replay_exactly),
		cmocka_unit_test(test_every_sample_reads),
		cmocka_unit_test(test_pin_is_not_shown),
		cmocka_unit_test(test_recorded_reader_answers_what_was_recorded),
		cmocka_unit_test(test_a_trace_without_packets_is_told),
		cmocka_unit_test(test_what_a_reader_leaves_to_the_host_is_followed),
		cmocka_unit_test(test_the_file_for_its_reader_is_told_the_address),
		cmocka_unit_test(test_divergence_shows_both_sides_with_exit_code_7),
		cmocka_unit_test(a_disposition_that_diverges_has_exit_code_7_too),
		cmocka_unit_test(test_damaged_file_is_one_clear_line),
		cmocka_unit_test(test_comment_does_not_speak_to_the_terminal),
		cmocka_unit_test(test_file_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
