/* SPDX-License-Identifier: MIT */
/* pcsc_loop N: N times GET CHALLENGE of 8 bytes by SCardTransmit, through the libpcsclite.so.1 that is
 * found, to be measured from outside. Prints the median of a hundred runs of N / 100. */
#include "pcsc_lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS 100

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static long run(long card, int n)
{
	static const uint8_t get_challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};
	long err = 0;

	for (int i = 0; i < n && err == 0; i++) {
		uint8_t out[258];
		dword len = sizeof out;

		err = pcsc.transmit(card, pcsc.t0, get_challenge, sizeof get_challenge, NULL, out,
		                    &len);
		if (err == 0 && len != 10)
			err = -1;
	}
	return err;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) / RUNS : 0;
	double took[RUNS] = {0};
	char reader[256];
	dword protocol;
	long context, card, err;

	if (!pcsc_load() || !pcsc_start(&context, reader, sizeof reader))
		return 1;
	err = pcsc.connect(context, reader, 2, 3, &card, &protocol);
	for (int i = 0; i < RUNS && err == 0; i++) {
		double start = now_us();

		err = run(card, n);
		took[i] = n > 0 ? (now_us() - start) / n : 0;
	}
	qsort(took, RUNS, sizeof *took, by_size);
	if (n > 0)
		fprintf(stderr, "%.1f us each\n", took[RUNS / 2]);
	if (err != 0)
		fprintf(stderr, "%s\n", code_name(err));
	pcsc.release(context);
	return err != 0;
}
