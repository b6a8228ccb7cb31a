/* SPDX-License-Identifier: MIT */
#include "duration.h"

#include <inttypes.h>
#include <stdio.h>

void ccid_duration_text(char out[CCID_DURATION_TEXT], uint64_t ns)
{
	uint64_t s = ns / 1000000000u;

	if (ns < 1000000u)
		snprintf(out, CCID_DURATION_TEXT, "%" PRIu64 " us", ns / 1000);
	else if (s == 0)
		snprintf(out, CCID_DURATION_TEXT, "%" PRIu64 ".%" PRIu64 " ms", ns / 1000000,
		         ns / 100000 % 10);
	else if (s < 100)
		snprintf(out, CCID_DURATION_TEXT, "%" PRIu64 ".%02" PRIu64 " s", s,
		         ns / 10000000 % 100);
	else if (s < 6000)
		snprintf(out, CCID_DURATION_TEXT, "%" PRIu64 " min %02" PRIu64 " s", s / 60,
		         s % 60);
	else
		snprintf(out, CCID_DURATION_TEXT, "%" PRIu64 " h %02" PRIu64 " min", s / 3600,
		         s / 60 % 60);
}
