/* SPDX-License-Identifier: MIT */
#include "cmocka.h"

#include <setjmp.h>

static jmp_buf skipped;

int cross_run(const struct CMUnitTest *tests, size_t n)
{
	static size_t i; /* static: survives longjmp() */
	static int skips;
	void *state;

	for (i = 0; i < n; i++) {
		state = NULL;
		printf("%s\n", tests[i].name);
		fflush(stdout);
		if (setjmp(skipped) != 0) {
			skips++;
			continue;
		}
		if (tests[i].setup != NULL && tests[i].setup(&state) != 0)
			cross_fail(__FILE__, __LINE__, "setup");
		tests[i].test(&state);
	}
	printf("%zu tests, %d skipped\n", n, skips);
	return 0;
}

void cross_fail(const char *file, int line, const char *what)
{
	printf("%s:%d: should hold: %s\n", file, line, what);
	exit(1);
}

void cross_skip(void)
{
	longjmp(skipped, 1);
}
