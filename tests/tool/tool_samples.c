/* SPDX-License-Identifier: MIT */
#include "tool_samples.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <unistd.h>

#include <cmocka.h>

void for_each_sample(const char *folder, void (*fn)(const char *file))
{
	DIR *d = opendir(folder);
	struct dirent *e;
	unsigned n = 0;
	char file[1024];

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		snprintf(file, sizeof file, "%s/%s/trace.pcapng", folder, e->d_name);
		if (e->d_name[0] == '.' || access(file, R_OK) != 0)
			continue;
		fn(file);
		n++;
	}
	closedir(d);
	assert_true(n > 0);
}
