/* SPDX-License-Identifier: MIT */
#include "fake_clock.h"

#include <stdio.h>
#include <string.h>

static int64_t clock_now(void *ctx)
{
	return ((struct fake_clock *)ctx)->now;
}

static int64_t clock_slept(void *ctx)
{
	return ((struct fake_clock *)ctx)->slept;
}

static void clock_log(void *ctx, enum ccid_log_level level, const char *reader, const char *text)
{
	struct fake_clock *c = ctx;
	char *line = c->lines[c->nlines++ % FAKE_LOG_LINES];

	(void)level;
	snprintf(line, sizeof c->lines[0], "%s: %s", reader != NULL ? reader : "-", text);
}

void fake_clock_init(struct fake_clock *c)
{
	memset(c, 0, sizeof *c);
	c->now = 24 * 3600 * 1000;
	c->env = (struct ccid_env){.ctx = c,
	                           .now_ms = clock_now,
	                           .slept_ms = clock_slept,
	                           .log = clock_log,
	                           .log_level = CCID_LOG_DEBUG};
}

void fake_clock_advance(struct fake_clock *c, int64_t ms)
{
	c->now += ms;
}

void fake_clock_sleep(struct fake_clock *c, int64_t ms)
{
	c->slept += ms;
}

void fake_clock_jump(struct fake_clock *c, int64_t at)
{
	if (at > c->now)
		c->now = at;
}

bool fake_clock_logged(const struct fake_clock *c, const char *text)
{
	unsigned held = c->nlines < FAKE_LOG_LINES ? c->nlines : FAKE_LOG_LINES;

	for (unsigned i = 0; i < held; i++)
		if (strstr(c->lines[i], text) != NULL)
			return true;
	return false;
}
