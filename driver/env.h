/* SPDX-License-Identifier: MIT */
/* Everything ambient, passed in, so that a test owns time and the log. */
#ifndef CCID_ENV_H
#define CCID_ENV_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ccid_log_level {
	CCID_LOG_NONE,
	CCID_LOG_ERROR,
	CCID_LOG_WARNING,
	CCID_LOG_INFO, /* state changes, quirks applied */
	CCID_LOG_DEBUG,
	CCID_LOG_WIRE, /* message headers in names, and lengths */
};

/* What to print or report; never what to branch on. Filled by whoever saw the failure first. */
struct ccid_fault {
	unsigned serial; /* of the reader's faults; 0: there was none */
	unsigned slot;
	const char *where;    /* static: "bulk-in", "XfrBlock" */
	int err;              /* enum ccid_err */
	int os_errno;         /* 0 when the failure is not the OS's */
	uint8_t slot_status;  /* bStatus as received */
	uint8_t reader_error; /* bError as received */
};

struct ccid_env {
	void *ctx;
	/* Milliseconds of a clock that never goes back. NULL: CLOCK_MONOTONIC. */
	int64_t (*now_ms)(void *ctx);
	/* Milliseconds that the system has slept in all, during which that clock stood still. NULL:
	 * what CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC; with a now_ms of one's own, never. */
	int64_t (*slept_ms)(void *ctx);
	/* One finished line, no newline. NULL: nothing is logged. Must not call back in. */
	void (*log)(void *ctx, enum ccid_log_level level, const char *reader, const char *text);
	enum ccid_log_level log_level;
	bool log_payload; /* APDU bytes at level wire; bytes that may hold a PIN never */
};

#define CCID_NEVER INT64_MAX

int64_t ccid_env_now(const struct ccid_env *env);
int64_t ccid_env_slept(const struct ccid_env *env); /* right to some milliseconds */

/* Whether a line of this level would be printed; guards expensive arguments. */
bool ccid_env_logs(const struct ccid_env *env, enum ccid_log_level level);

/* Format into a fixed buffer (cut with "...") and hand it to the sink. reader may be NULL. */
void ccid_log(const struct ccid_env *env, enum ccid_log_level level, const char *reader,
              const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
