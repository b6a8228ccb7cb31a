/* SPDX-License-Identifier: MIT */
#include "alloc_count.h"

#include <dirent.h>
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

static struct alloc_count counted = {.fail_at = ALLOC_FAIL_NEVER};

static bool refuse(void)
{
	return counted.calls++ == counted.fail_at;
}

static void *got(void *p)
{
	if (p != NULL)
		counted.live++;
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
		counted.live--;
	__real_free(p);
}

void alloc_count_start(unsigned fail_at)
{
	counted = (struct alloc_count){.fail_at = fail_at};
}

void alloc_count_stop_failing(void)
{
	counted.fail_at = ALLOC_FAIL_NEVER;
}

struct alloc_count alloc_count_now(void)
{
	return counted;
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
