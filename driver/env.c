/* SPDX-License-Identifier: MIT */
#include "env.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t ccid_env_now(const struct ccid_env *env)
{
	struct timespec ts;

	if (env->now_ms != NULL)
		return env->now_ms(env->ctx);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
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
