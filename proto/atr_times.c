/* SPDX-License-Identifier: MIT */
#include "atr.h"

#define FD          372 /* the default Fi */
#define DEFAULT_KHZ 3580
#define HIGHEST_BWI 9
#define US_PER_MS   1000

/* Cycles of the card clock in microseconds, rounded up. */
static uint32_t cycles_us(uint64_t cycles, uint32_t clock_khz)
{
	uint64_t khz = clock_khz == 0 ? DEFAULT_KHZ : clock_khz;
	uint64_t us = (cycles * US_PER_MS + khz - 1) / khz;

	return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

/* n etu in cycles, rounded up, with TA1's Fi and Di where both are known. */
static uint64_t etu_cycles(const struct ccid_atr *atr, uint64_t n, bool ta1)
{
	if (!ta1 || atr->fi == 0 || atr->di == 0)
		return n * FD;
	return (n * atr->fi + atr->di - 1) / atr->di;
}

static uint64_t longer(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint32_t ccid_atr_wwt_us(const struct ccid_atr *atr, uint32_t clock_khz)
{
	return cycles_us(960 * atr->wi * longer(atr->fi, FD), clock_khz);
}

uint32_t ccid_atr_bwt_us(const struct ccid_atr *atr, uint32_t clock_khz)
{
	unsigned bwi = atr->bwi > HIGHEST_BWI ? HIGHEST_BWI : atr->bwi;
	uint64_t etu11 = longer(etu_cycles(atr, 11, true), etu_cycles(atr, 11, false));

	return cycles_us(etu11 + ((uint64_t)(960 * FD) << bwi), clock_khz);
}

uint32_t ccid_atr_cwt_us(const struct ccid_atr *atr, uint32_t clock_khz, bool fast)
{
	return cycles_us(etu_cycles(atr, 11 + (1u << (atr->cwi & 0x0F)), fast), clock_khz);
}
