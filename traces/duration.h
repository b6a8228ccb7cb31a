/* SPDX-License-Identifier: MIT */
#ifndef CCID_DURATION_H
#define CCID_DURATION_H

#include <stdint.h>

#define CCID_DURATION_TEXT 32

/* "12 us", "12.3 ms", "4.20 s", "2 min 05 s", "1 h 02 min" */
void ccid_duration_text(char out[CCID_DURATION_TEXT], uint64_t ns);

#endif
