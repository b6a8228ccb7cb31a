/* SPDX-License-Identifier: MIT */
#include "alloc_count.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static atomic_uint calls, fail_at = ALLOC_FAIL_NEVER;
static atomic_int live;

static bool refuse(void)
{
	return atomic_fetch_add(&calls, 1) == fail_at;
}

static void *got(void *p)
{
	if (p != NULL)
		live++;
	return p;
}

void *__wrap_malloc(size_t n)
{
	return refuse() ? NULL : got(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : got(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
	if (refuse())
		return NULL;
	return p == NULL ? got(__real_realloc(p, n)) : __real_realloc(p, n);
}

void __wrap_free(void *p)
{
	if (p != NULL)
		live--;
	__real_free(p);
}

void alloc_count_start(unsigned at)
{
	calls = 0;
	live = 0;
	fail_at = at;
}

void alloc_count_fail_in(unsigned n)
{
	fail_at = calls + n;
}

void alloc_count_stop_failing(void)
{
	fail_at = ALLOC_FAIL_NEVER;
}

struct alloc_count alloc_count_now(void)
{
	return (struct alloc_count){calls, live, fail_at};
}

unsigned open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}
