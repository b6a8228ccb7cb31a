/* SPDX-License-Identifier: MIT */
#include "edc.h"

uint8_t ccid_lrc(const uint8_t *p, size_t n)
{
	uint8_t lrc = 0;

	while (n-- > 0)
		lrc ^= *p++;
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
