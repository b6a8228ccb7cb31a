/* SPDX-License-Identifier: MIT */
/* As much of cmocka's interface as the tests of proto/ use, for machines that have no cmocka: the
 * big-endian and 32-bit runs. A failed assertion ends the program. */
#ifndef CROSS_CMOCKA_H
#define CROSS_CMOCKA_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
	int (*setup)(void **state);
};

#define cmocka_unit_test(f)                                                                        \
	{                                                                                          \
#f, f, NULL                                                                        \
	}
#define cmocka_unit_test_setup(f, setup)                                                           \
	{                                                                                          \
#f, f, setup                                                                       \
	}
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
	((void)(setup), (void)(teardown), cross_run(tests, sizeof(tests) / sizeof(tests)[0]))

int cross_run(const struct CMUnitTest *tests, size_t n);
void cross_fail(const char *file, int line, const char *what);
void cross_skip(void);

#define CROSS_CHECK(fact, what)                                                                    \
	do {                                                                                       \
		if (!(fact))                                                                       \
			cross_fail(__FILE__, __LINE__, what);                                      \
	} while (0)

#define assert_true(c)                CROSS_CHECK(c, #c)
#define assert_false(c)               CROSS_CHECK(!(c), "not " #c)
#define assert_null(p)                CROSS_CHECK((p) == NULL, #p " is NULL")
#define assert_non_null(p)            CROSS_CHECK((p) != NULL, #p " is not NULL")
#define assert_ptr_equal(a, b)        CROSS_CHECK((const void *)(a) == (const void *)(b), #a " is " #b)
#define assert_int_equal(a, b)        CROSS_CHECK((long long)(a) == (long long)(b), #a " is " #b)
#define assert_int_not_equal(a, b)    CROSS_CHECK((long long)(a) != (long long)(b), #a " is not " #b)
#define assert_string_equal(a, b)     CROSS_CHECK(strcmp(a, b) == 0, #a " is " #b)
#define assert_string_not_equal(a, b) CROSS_CHECK(strcmp(a, b) != 0, #a " is not " #b)
#define assert_memory_equal(a, b, n)  CROSS_CHECK(memcmp(a, b, n) == 0, #a " is " #b)
#define assert_in_range(v, low, high)                                                              \
	CROSS_CHECK((unsigned long long)(v) >= (unsigned long long)(low) &&                        \
	                    (unsigned long long)(v) <= (unsigned long long)(high),                 \
	            #v " is in range")

#define print_message(...) printf(__VA_ARGS__)
#define skip()             cross_skip()
#define fail_msg(...)                                                                              \
	do {                                                                                       \
		printf(__VA_ARGS__);                                                               \
		cross_fail(__FILE__, __LINE__, "failed");                                          \
	} while (0)

#endif
