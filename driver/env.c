/* SPDX-License-Identifier: MIT */
#include "env.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t ms_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t ccid_env_now(const struct ccid_env *env)
{
	return env->now_ms != NULL ? env->now_ms(env->ctx) : ms_of(CLOCK_MONOTONIC);
}

int64_t ccid_env_slept(const struct ccid_env *env)
{
	if (env->slept_ms != NULL)
		return env->slept_ms(env->ctx);
#ifdef CLOCK_BOOTTIME
	if (env->now_ms == NULL)
		return ms_of(CLOCK_BOOTTIME) - ms_of(CLOCK_MONOTONIC);
#endif
	return 0;
}

bool ccid_env_logs(const struct ccid_env *env, enum ccid_log_level level)
{
	return env->log != NULL && level <= env->log_level;
}

void ccid_log(const struct ccid_env *env, enum ccid_log_level level, const char *reader,
              const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	if (!ccid_env_logs(env, level))
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof line)
		memcpy(line + sizeof line - 4, "...", 4);
	env->log(env->ctx, level, reader, line);
}
