/* SPDX-License-Identifier: MIT */
#include "bytes.h"

const char *ccid_nth_text(const char *list, size_t n)
{
	while (n-- > 0)
		list += strlen(list) + 1;
	return list;
}

#if defined(__GNUC__)
/* The compiler must take the bytes for read, so that it may not leave the memset() out. */
void ccid_wipe(void *p, size_t n)
{
	if (n == 0)
		return;
	memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}
#else
void ccid_wipe(void *p, size_t n)
{
	volatile uint8_t *b = p;

	while (n-- > 0)
		*b++ = 0;
}
#endif
