/* SPDX-License-Identifier: MIT */
/* Two slots at work at the same time, their messages interleaved, as each trace command tells them; and
 * what a terminal sees of big files. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* posix_openpt */
#endif
#include "run_tool.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ON_0                                                                                       \
	"out bulk 62000000000000000000 t=0\n"                                                      \
	"in bulk 800400000000000000003b021450 t=10\n"
#define ON_1                                                                                       \
	"out bulk 62000000000101000000 t=20\n"                                                     \
	"in bulk 800400000001010000003b021450 t=30\n"

/* Slot 1 is asked later and answers first; slot 0 asks for more time. */
static const char parallel[] = ON_0 ON_1 "out bulk 6f050000000002000000 00b0000002 t=100\n"
					 "out bulk 6f050000000103000000 00b0000104 t=200\n"
					 "in bulk 80060000000103000000 010203049000 t=1200\n"
					 "in bulk 80000000000002800100 t=1300\n"
					 "in bulk 80040000000002000000 05069000 t=2100\n";
static const char in_turn[] = ON_0 "out bulk 6f050000000002000000 00b0000002 t=100\n"
				   "in bulk 80040000000002000000 05069000 t=2100\n" ON_1
				   "out bulk 6f050000000103000000 00b0000104 t=3200\n"
				   "in bulk 80060000000103000000 010203049000 t=4200\n";
static const char another[] = ON_0 ON_1 "out bulk 6f050000000002000000 00b0000002 t=100\n"
					"out bulk 6f050000000103000000 00b0000104 t=200\n"
					"in bulk 80060000000103000000 010203059000 t=1200\n"
					"in bulk 80040000000002000000 05069000 t=2100\n";

static char folder[] = "/tmp/iscard-slots-XXXXXX", text[64], one[64], two[64];

static int setup(void **state)
{
	(void)state;
	strcpy(folder + sizeof folder - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(text, sizeof text, "%s/text", folder);
	snprintf(one, sizeof one, "%s/one", folder);
	snprintf(two, sizeof two, "%s/two", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(text);
	unlink(one);
	unlink(two);
	return rmdir(folder);
}

static void import(const char *lines, const char *to)
{
	FILE *f = fopen(text, "wb");
	struct tool t;

	assert_non_null(f);
	assert_true(fputs("# ccid-exchange 1\n", f) >= 0 && fputs(lines, f) >= 0);
	fclose(f);
	TOOL(&t, "", "trace", "import", text, "-o", to);
	if (t.code != 0)
		fail_msg("%s", t.err);
	tool_free(&t);
}

static void expect(const char *want, const char *const *args)
{
	struct tool t;

	tool_run(&t, "", 0, args);
	if (strstr(t.out, want) == NULL)
		fail_msg("\"%s\" is not in\n%s%s", want, t.out, t.err);
	tool_free(&t);
}

#define EXPECT(want, ...) expect(want, (const char *const[]){"trace", __VA_ARGS__, NULL})

static void interleaved_messages_find_their_answers(void **state)
{
	(void)state;
	import(parallel, one);
	EXPECT("= 1 READ BINARY at 1, wants 4  =>  90 00 success, 4 bytes: 01 02 03 04  [1.0 ms]\n",
	       "show", one, "--kind", "apdu,message");
	EXPECT("= 0 READ BINARY at 0, wants 2  =>  90 00 success, 2 bytes: 05 06  "
	       "[2.0 ms, 1 time extension]\n",
	       "show", one, "--kind", "apdu,message");
	EXPECT("> 00 B0 00 01 04\n< 01 02 03 04 90 00\n", "show", one, "--apdus", "--slot", "1");
	EXPECT("           5  messages of slot 0\n           4  messages of slot 1\n", "stat", one);
	EXPECT("2.0 ms  PC_to_RDR_XfrBlock", "stat", one);
	EXPECT("05 06", "plot", one);
}

static void the_order_between_slots_does_not_count(void **state)
{
	struct tool t;

	(void)state;
	import(parallel, one);
	import(in_turn, two);
	TOOL(&t, "", "trace", "diff", one, two);
	assert_int_equal(t.code, 0);
	assert_string_equal(t.out, "");
	tool_free(&t);
	unlink(two);
	import(another, two);
	TOOL(&t, "", "trace", "diff", one, two);
	assert_int_equal(t.code, 1);
	assert_non_null(strstr(t.out, "01 02 03 05"));
	assert_null(strstr(t.out, "05 06 90 00"));
	tool_free(&t);
}

/* Both ends count. */
static void a_time_is_from_and_to(void **state)
{
	(void)state;
	import(parallel, one);
	EXPECT("    0.001200 < 1/03 RDR_to_PC_DataBlock  01 02 03 04 90 00 (success)\n"
	       "    0.001300 < 0/02 RDR_to_PC_DataBlock  time extension x 1\n",
	       "show", one, "--kind", "message", "--from", "0.0012", "--to", "0.0013");
	EXPECT("1970-01-01 00:00:00.000200 > 1/03 PC_to_RDR_XfrBlock", "show", one, "--time",
	       "absolute", "--from", ".0002");
}

/* Polls enough that progress is told, and a block that nobody reads, for the length. */
static void make_big(void)
{
	static const char poll[] = "out bulk 65000000000000000000\nin bulk 81000000000000000000\n";
	static char lines[3000 * sizeof poll];
	uint8_t block[8] = {0xAD, 0x0B, 0, 0x40, 0, 0, 0x10, 1}; /* 17 MiB */
	FILE *f;

	for (size_t i = 0; i < 3000; i++)
		memcpy(lines + i * (sizeof poll - 1), poll, sizeof poll);
	import(lines, one);
	f = fopen(one, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	assert_int_equal(fwrite(block, 1, sizeof block, f), sizeof block);
	assert_int_equal(fseek(f, 0x01100000 - 12, SEEK_CUR), 0);
	assert_int_equal(fwrite(block + 4, 1, 4, f), 4);
	assert_int_equal(fclose(f), 0);
}

/* Run a trace command with standard error on a terminal; what it shows there. */
static size_t on_terminal(const char *command, char *said, size_t cap)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), code, terminal;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	pid = fork();
	assert_true(terminal >= 0 && pid >= 0);
	if (pid == 0) {
		dup2(terminal, STDERR_FILENO);
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execl(TOOL_PATH, TOOL_PATH, "trace", command, one, (char *)NULL);
		_exit(127);
	}
	close(terminal);
	/* its end shows as a failure to read, once all has been read */
	while (len + 1 < cap && (n = read(master, said + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	assert_int_equal(waitpid(pid, &code, 0), pid);
	assert_int_equal(code, 0);
	close(master);
	return len;
}

static void a_terminal_sees_how_far_it_is(void **state)
{
	static const char *const commands[] = {"show", "stat"};
	char said[4096];

	(void)state;
	make_big();
	for (size_t i = 0; i < 2; i++) {
		assert_true(on_terminal(commands[i], said, sizeof said) > 0);
		if (strstr(said, " %") == NULL || strstr(said, "\r     \r") == NULL)
			fail_msg("%s: %s", commands[i], said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(interleaved_messages_find_their_answers, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(the_order_between_slots_does_not_count, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(a_terminal_sees_how_far_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(a_time_is_from_and_to, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
