/* SPDX-License-Identifier: MIT */
/* A PIN that is in a file comes out of no command of the tool, in no form. */
#include "run_tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PIN_HEX   "3739313538363234"
#define DONE(seq) "in bulk 800200000000" seq "0000009000\n"
#define BEGIN                                                                                      \
	"out bulk 62000000000001010000\n"                                                          \
	"in bulk 800500000000010000003b02145000\n"

static const uint8_t pin[8] = "79158624";

/* VERIFY; CHANGE REFERENCE DATA, extended; in parts; ENVELOPE; Secure with a full template; VERIFY in
 * a message of which nobody knows where it ends. */
static const char *const apdus[] = {
	BEGIN,
	"out bulk 6f0d0000000002000000 0020008008" PIN_HEX "\n" DONE("02"),
	"out bulk 6f0f0000000003000000 00240080000008" PIN_HEX "\n" DONE("03"),
	"out bulk 6f100000000004000100 0020008000000a31" PIN_HEX "\n",
	"in bulk 80000000000004000010\n",
	"out bulk 6f010000000005000200 39\n" DONE("05"),
	"out bulk 6f120000000006000000 00c200000d0020008008" PIN_HEX "\n" DONE("06"),
	"out bulk 691c0000000007000000 001e820400080402010904000000000020008008" PIN_HEX "\n",
	DONE("07"),
	"out bulk 6fff0000000008000000 00200080ff" PIN_HEX "\n",
	"out bulk 65000000000009000000\n",
	"in bulk 81000000000009000000\n",
	NULL,
};

/* T=1 as a capture that begins late has it: one block, and a chain whose first block reads as VERIFY. */
static const char *const blocks[] = {
	"out bulk 6f110000000002000000 00000d0020008008" PIN_HEX "a7\n",
	"in bulk 80060000000002000000 000002900092\n",
	"out bulk 6f0b0000000003000000 00200700200080083739a1\n",
	"in bulk 80040000000003000000 00900090\n",
	"out bulk 6f0a0000000004000000 0040063135383632344a\n",
	"in bulk 80060000000004000000 000002900092\n",
	NULL,
};

static char folder[] = "/tmp/iscard-secrets-XXXXXX", in[64], kept[64], out[64];

static int setup(void **state)
{
	(void)state;
	strcpy(folder + sizeof folder - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(in, sizeof in, "%s/in", folder);
	snprintf(kept, sizeof kept, "%s/kept", folder);
	snprintf(out, sizeof out, "%s/out", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(in);
	unlink(kept);
	unlink(out);
	return rmdir(folder);
}

static bool has(const char *all, size_t len, const char *bytes, size_t n)
{
	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(all + i, bytes, n) == 0)
			return true;
	return false;
}

/* Four bytes of the PIN that follow each other, in any dress: themselves, UTF-16, hex with or without
 * something between (digits only: case does not matter). Returns what was found, NULL when nothing was. */
static const char *leaks(const char *all, size_t len)
{
	static const char *const between[] = {"", " ", ":", ", 0x"};
	static char text[64];

	for (size_t i = 0; i + 4 <= sizeof pin; i++) {
		char wide[8] = {0};

		for (size_t k = 0; k < 4; k++)
			wide[2 * k] = (char)pin[i + k];
		if (has(all, len, (const char *)pin + i, 4))
			return "bytes";
		if (has(all, len, wide, 7))
			return "UTF-16";
		for (size_t f = 0; f < sizeof between / sizeof *between; f++) {
			snprintf(text, sizeof text, "%02x%s%02x%s%02x%s%02x", pin[i], between[f],
			         pin[i + 1], between[f], pin[i + 2], between[f], pin[i + 3]);
			if (has(all, len, text, strlen(text)))
				return text;
		}
	}
	return NULL;
}

static void check(const char *what, const char *all, size_t len)
{
	const char *leak = leaks(all, len);

	if (leak != NULL)
		fail_msg("%s gives the PIN away: %s", what, leak);
}

static void run(const char *const *args)
{
	struct tool t;

	tool_run(&t, "", 0, args);
	check(args[1], t.out, t.out_len);
	check(args[1], t.err, strlen(t.err));
	if (t.code != 0)
		fail_msg("%s: exit code %d, %s", args[1], t.code, t.err);
	tool_free(&t);
}

#define RUN(...) run((const char *const[]){"trace", __VA_ARGS__, NULL})

static size_t read_all(const char *path, char *all, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(all, 1, cap, f);
	fclose(f);
	assert_true(len > 0 && len < cap);
	return len;
}

static void check_file(const char *what)
{
	static char all[1u << 17];

	check(what, all, read_all(out, all, sizeof all));
	unlink(out);
}

/* Make the trace kept of these lines, PINs included. */
static void make(const char *const *lines)
{
	FILE *f = fopen(in, "wb");
	struct tool t;

	assert_non_null(f);
	fputs("# ccid-exchange 1\n", f);
	while (*lines != NULL)
		assert_true(fputs(*lines++, f) >= 0);
	fclose(f);
	TOOL(&t, "", "trace", "import", in, "-o", kept, "--keep-pins");
	if (t.code != 0)
		fail_msg("%s", t.err);
	tool_free(&t);
}

static void make_with_pin(const char *const *lines)
{
	static char all[1u << 17];

	make(lines);
	assert_string_equal(leaks(all, read_all(kept, all, sizeof all)), "bytes");
}

static void show_everything(void)
{
	static const char *const to[] = {"usbmon", "text", "jsonl"};

	RUN("show", kept);
	RUN("show", kept, "--all", "--data");
	RUN("show", kept, "--apdus");
	RUN("show", kept, "--json", "--all", "--data");
	RUN("info", kept);
	RUN("stat", kept);
	RUN("plot", kept);
	RUN("diff", kept, kept);
	for (unsigned i = 0; i < 3; i++) {
		RUN("export", kept, "-o", out, "--to", to[i]);
		check_file(to[i]);
	}
	RUN("import", in, "-o", out);
	check_file("import");
	RUN("redact", kept, "-o", out);
	check_file("redact");
	RUN("redact", kept, "-o", out, "--all");
	check_file("redact --all");
}

static void no_command_tells_a_pin_of_an_apdu(void **state)
{
	(void)state;
	make_with_pin(apdus);
	show_everything();
}

static void no_command_tells_a_pin_of_a_block(void **state)
{
	(void)state;
	make_with_pin(blocks);
	show_everything();
}

/* Another PIN: what differs is not told. */
static void a_difference_does_not_tell_it(void **state)
{
	static const char *const another[] = {
		BEGIN "out bulk 6f0d0000000002000000 00200080083131313131313131\n" DONE("02"),
		NULL};
	static const char *const one[] = {
		BEGIN "out bulk 6f0d0000000002000000 0020008008" PIN_HEX "\n" DONE("02"), NULL};
	struct tool t;

	(void)state;
	make_with_pin(one);
	assert_int_equal(rename(kept, out), 0);
	make(another);
	TOOL(&t, "", "trace", "diff", out, kept);
	assert_int_equal(t.code, 0);
	check("diff", t.out, t.out_len);
	tool_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_command_tells_a_pin_of_an_apdu, setup, teardown),
		cmocka_unit_test_setup_teardown(no_command_tells_a_pin_of_a_block, setup, teardown),
		cmocka_unit_test_setup_teardown(a_difference_does_not_tell_it, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
