/* SPDX-License-Identifier: MIT */
#include "cli_progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define MEGABYTE 1000000u
#define INTERVAL 100 /* ms */

static bool shown;

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void cli_progress(void *arg, uint64_t done, uint64_t total)
{
	static int64_t last;
	int64_t now = now_ms();

	(void)arg;
	if (last == 0)
		last = now; /* what is done at once shows nothing */
	if (now - last < INTERVAL)
		return;
	last = now;
	shown = true;
	if (total > 0)
		fprintf(stderr, "\r%3" PRIu64 " %%  %" PRIu64 " of %" PRIu64 " MB",
		        done * 100 / total, done / MEGABYTE, total / MEGABYTE);
	else
		fprintf(stderr, "\r%" PRIu64 " MB", done / MEGABYTE);
}

void (*cli_progress_wanted(void))(void *arg, uint64_t done, uint64_t total)
{
	return isatty(STDERR_FILENO) ? cli_progress : NULL;
}

void cli_progress_end(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}
