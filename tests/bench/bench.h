/* SPDX-License-Identifier: MIT */
/* What the measured programs have in common: the work, and the clock. Each is called
 *
 *	bench_X MODE short|long N
 *
 * and sends one APDU N times after the ATR (0: stops there); it prints what one took. short is GET
 * CHALLENGE of 8 bytes; long reads 1,000 bytes. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bench_work {
	const char *mode;
	const uint8_t *apdu;
	size_t len, answer; /* bytes of the APDU, and of its answer with SW1 SW2 */
	unsigned long n;
};

static inline bool bench_work(struct bench_work *w, int argc, char **argv)
{
	static const uint8_t challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};
	static const uint8_t read[] = {0x00, 0xB0, 0x00, 0x00, 0x00, 0x03, 0xE8};
	bool small = argc == 4 && strcmp(argv[2], "short") == 0;

	if (argc != 4 || (!small && strcmp(argv[2], "long") != 0)) {
		fprintf(stderr, "usage: %s MODE short|long N\n", argv[0]);
		return false;
	}
	*w = small ? (struct bench_work){argv[1], challenge, sizeof challenge, 10, 0}
	           : (struct bench_work){argv[1], read, sizeof read, 1002, 0};
	w->n = strtoul(argv[3], NULL, 10);
	return true;
}

static inline bool bench_answered(const struct bench_work *w, const uint8_t *answer, size_t len)
{
	return len == w->answer && answer[len - 2] == 0x90 && answer[len - 1] == 0x00;
}

static inline double bench_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline void bench_tell(const struct bench_work *w, double start)
{
	if (w->n > 0)
		printf("%.2f\n", (bench_us() - start) / (double)w->n);
}

/* With BENCH_REST, stay so many seconds with the card attached and nothing to do. */
static inline void bench_rest(const struct bench_work *w)
{
	const char *seconds = getenv("BENCH_REST");
	struct timespec t = {.tv_sec = seconds != NULL ? atoi(seconds) : 0};

	if (w->n == 0 && t.tv_sec > 0)
		nanosleep(&t, NULL);
}

#endif
