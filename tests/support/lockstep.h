/* SPDX-License-Identifier: MIT */
/* Threads of which one runs at a time; which one, a seed decides at every lock, unlock, wait and look
 * at the clock: a run can be repeated. Time passes only when all of them wait, to the next moment that
 * one of them waits for. Link with lockstep, and mutexes, conditions and CLOCK_MONOTONIC of the
 * program are such. The main thread and all others are left alone. */
#ifndef LOCKSTEP_H
#define LOCKSTEP_H

#include "fake_clock.h"

#define LOCKSTEP_MAX 8

/* Run body(arg + i * size) in n threads, until all of them have returned. Ends the program when all wait
 * for each other. */
void lockstep_run(struct fake_clock *clock, uint64_t seed, unsigned n, void (*body)(void *),
                  void *arg, size_t size);

/* Whether the caller is such a thread. What follows does nothing in others. */
bool lockstep_member(void);

/* Another may be next. */
void lockstep_point(void);

/* Wait until the time has come (0) or fd, unless -1, is readable (CCID_E_CANCELLED). */
int lockstep_wait(int64_t until, int fd);

#endif
