/* SPDX-License-Identifier: MIT */
#include "bytes.h"

void ccid_wipe(void *p, size_t n)
{
	volatile uint8_t *b = p;

	while (n-- > 0)
		*b++ = 0;
}
