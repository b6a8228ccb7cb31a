/* SPDX-License-Identifier: MIT */
/* Time that a test owns, and a log that it can read: nothing sleeps. */
#ifndef FAKE_CLOCK_H
#define FAKE_CLOCK_H

#include "env.h"

#include <stdatomic.h>

#define FAKE_LOG_LINES 256

struct fake_clock {
	struct ccid_env env; /* pass &clock.env to the code under test */
	_Atomic int64_t now; /* may be read while another thread moves it */
	int64_t slept;
	char lines[FAKE_LOG_LINES][160]; /* the newest lines, as a ring */
	unsigned nlines;                 /* lines ever logged */
};

/* Starts at one day; the log is taken at level debug. */
void fake_clock_init(struct fake_clock *c);
void fake_clock_advance(struct fake_clock *c, int64_t ms);

/* The system sleeps: the clock stands still. */
void fake_clock_sleep(struct fake_clock *c, int64_t ms);

/* Go to that time; never back. */
void fake_clock_jump(struct fake_clock *c, int64_t at);

/* Whether a line that is still held contains the text. */
bool fake_clock_logged(const struct fake_clock *c, const char *text);

#endif
