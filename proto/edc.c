/* SPDX-License-Identifier: MIT */
#include "edc.h"

#include <string.h>

/* A block has 258 bytes: eight at a time. */
uint8_t ccid_lrc(const uint8_t *p, size_t n)
{
	uint64_t wide = 0, word;
	uint8_t lrc = 0;

	for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		wide ^= word;
	}
	while (n-- > 0)
		lrc ^= *p++;
	for (; wide != 0; wide >>= 8)
		lrc ^= (uint8_t)wide;
	return lrc;
}

uint16_t ccid_crc(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xFFFF;

	while (n-- > 0) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0x8408 : crc >> 1);
	}
	return crc;
}
