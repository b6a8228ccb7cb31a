/* SPDX-License-Identifier: MIT */
/* iscard watch, on a recorded reader: what is there is told first. */
#include "run_tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_an_event),
		cmocka_unit_test(an_object_an_event),
		cmocka_unit_test(wrong_use_is_told),
		cmocka_unit_test(output_that_nobody_reads_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
