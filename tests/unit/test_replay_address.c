/* SPDX-License-Identifier: MIT */
#include "replay_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void good(const char *text, const char *path, enum ccid_strictness strict, uint32_t speed)
{
	struct ccid_replay_address a;
	const char *why = NULL;

	if (ccid_replay_address_parse(&a, text, &why) != 0)
		fail_msg("%s: %s", text, why);
	assert_string_equal(a.path, path);
	assert_int_equal(a.options.strict, strict);
	assert_int_equal(a.options.speed, speed);
	free(a.path);
}

static void file_and_options_are_taken_apart(void **state)
{
	(void)state;
	good("replay:a.pcapng", "a.pcapng", CCID_STRICT_MESSAGE, 0);
	good("replay:/a%20b%3Fc?strict=exact", "/a b?c", CCID_STRICT_EXACT, 0);
	good("replay:a?strict=lenient&speed=real", "a", CCID_STRICT_LENIENT, 1000);
	good("replay:a?speed=2.5", "a", CCID_STRICT_MESSAGE, 2500);
	good("replay:a?speed=0.001&strict=message", "a", CCID_STRICT_MESSAGE, 1);
	good("replay:a?speed=1000", "a", CCID_STRICT_MESSAGE, 1000000);
	good("replay:a?speed=none", "a", CCID_STRICT_MESSAGE, 0);
	good("replay:100%", "100%", CCID_STRICT_MESSAGE, 0);
	good("replay:a%zz%4", "a%zz%4", CCID_STRICT_MESSAGE, 0);
}

static void what_is_no_address_says_why(void **state)
{
	static const char *const texts[] = {"replay:",
	                                    "replay:?strict=exact",
	                                    "usb:",
	                                    "replay:a?",
	                                    "replay:a?strict=",
	                                    "replay:a?strict",
	                                    "replay:a?strict=Exact",
	                                    "replay:a?speed=0",
	                                    "replay:a?speed=-1",
	                                    "replay:a?speed=1000.001",
	                                    "replay:a?speed=1e3",
	                                    "replay:a?speed=.5",
	                                    "replay:a?speed=1.",
	                                    "replay:a?speed=0.0004",
	                                    "replay:a?speed=99999999999999999999",
	                                    "replay:a?pace=1",
	                                    "replay:a?strict=exact&",
	                                    "replay:a?b?strict=exact"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct ccid_replay_address a;
		const char *why = NULL;

		if (ccid_replay_address_parse(&a, texts[i], &why) != CCID_E_FORMAT)
			fail_msg("%s is taken", texts[i]);
		assert_non_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_and_options_are_taken_apart),
		cmocka_unit_test(what_is_no_address_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
