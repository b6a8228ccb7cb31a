/* SPDX-License-Identifier: MIT */
/* iscard watch, on a recorded reader: what is there is told first. */
#include "run_tool.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAME "libiscard Emulated APDU reader (EMU-0001) 00 00"
#define SWAP "replay:" SAMPLES_DIR "/emulated-card-swap/trace.pcapng"
#define REST                                                                                       \
	"\"reader\":\"" NAME "\",\"address\":\"" SWAP "\",\"slot\":0,\"result\":\"S_OK\","         \
	"\"arrivals\":1,\"insertions\":1,\"state\":\"swallowed\",\"place\":\"swallowed\",\"atr\":" \
	"null}\n"

static void a_line_an_event(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "watch", SWAP, "--events", "2");
	assert_int_equal(t.code, 0);
	assert_string_equal(t.out, "reader-arrived  " NAME "\n"
	                           "card-inserted   " NAME "\n");
	assert_string_equal(t.err, "");
	tool_free(&t);
}

static void an_object_an_event(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "watch", "--json", "--events=2", SWAP);
	assert_int_equal(t.code, 0);
	assert_string_equal(t.out, "{\"event\":\"reader-arrived\"," REST
	                           "{\"event\":\"card-inserted\"," REST);
	tool_free(&t);
}

static void wrong_use_is_told(void **state)
{
	static const char *const counts[] = {"0", "-1", "x", "2x", "", "99999999999999999999"};
	struct tool t;

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		TOOL(&t, "", "watch", "--events", counts[i]);
		assert_int_equal(t.code, 2);
		assert_non_null(strstr(t.err, "is no number from 1"));
		tool_free(&t);
	}
	TOOL(&t, "", "watch", "a", "b");
	assert_int_equal(t.code, 2);
	tool_free(&t);
}

static void output_that_nobody_reads_ends_it(void **state)
{
	static const char *const args[] = {"watch", SWAP, NULL};
	struct tool t;

	(void)state;
	tool_run_to(&t, TOOL_BROKEN_PIPE, "", 0, args);
	assert_int_equal(t.code, 1);
	tool_free(&t);
	tool_run_to(&t, TOOL_FULL, "", 0, args);
	assert_int_equal(t.code, 1);
	tool_free(&t);
}

static void nothing_is_printed_into_what_is_opened(void **state)
{
	static const char *const args[] = {"watch", SWAP, "--events", "1", NULL};
	struct tool t;

	(void)state;
	tool_run_to(&t, TOOL_CLOSED, "", 0, args);
	assert_int_equal(t.code, 1);
	assert_non_null(strstr(t.err, "Bad file descriptor"));
	tool_free(&t);
}

static void a_reader_is_named_as_elsewhere(void **state)
{
	static const char *const names[] = {"0", "emulated apdu", NAME};
	struct tool t;

	(void)state;
	setenv("ISCARD_READERS", SWAP, 1);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		TOOL(&t, "", "watch", names[i], "--events", "1");
		assert_int_equal(t.code, 0);
		assert_string_equal(t.out, "reader-arrived  " NAME "\n");
		tool_free(&t);
	}
	TOOL(&t, "", "watch", "7");
	assert_int_equal(t.code, 4);
	assert_non_null(strstr(t.err, "no such reader"));
	tool_free(&t);
	setenv("ISCARD_READERS", SWAP " " SWAP "?speed=none", 1);
	TOOL(&t, "", "watch", "emulated");
	assert_int_equal(t.code, 4);
	assert_non_null(strstr(t.err, "several readers fit"));
	tool_free(&t);
	unsetenv("ISCARD_READERS");
}

static void what_cannot_come_is_not_waited_for(void **state)
{
	static const char *const addresses[] = {"fd:99", "replay:/nonexistent"};
	struct tool t;

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		TOOL(&t, "", "watch", addresses[i]);
		assert_int_equal(t.code, 4);
		assert_non_null(strstr(t.err, addresses[i]));
		tool_free(&t);
	}
}

static void what_may_come_is_and_it_says_so(void **state)
{
	static const char *const args[] = {"watch", "Reader to come", NULL};
	struct tool_process p;
	struct tool t;

	(void)state;
	setenv("ISCARD_READERS", SWAP, 1);
	tool_start(&p, "Reader to come: not there yet; waiting for it", args);
	assert_int_equal(tool_end(&p, SIGTERM), 0);
	tool_run_to(&t, TOOL_BROKEN_PIPE, "", 0, args); /* without an event, too */
	assert_int_equal(t.code, 1);
	tool_free(&t);
	unsetenv("ISCARD_READERS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_an_event),
		cmocka_unit_test(an_object_an_event),
		cmocka_unit_test(wrong_use_is_told),
		cmocka_unit_test(output_that_nobody_reads_ends_it),
		cmocka_unit_test(nothing_is_printed_into_what_is_opened),
		cmocka_unit_test(a_reader_is_named_as_elsewhere),
		cmocka_unit_test(what_cannot_come_is_not_waited_for),
		cmocka_unit_test(what_may_come_is_and_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
