/* SPDX-License-Identifier: MIT */
/* The Answer to Reset (ISO/IEC 7816-3:2006, section 8). */
#ifndef CCID_ATR_H
#define CCID_ATR_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CCID_ATR_MAX    33
#define CCID_ATR_GROUPS (CCID_ATR_MAX - 1) /* a group takes a byte at least: never too few */

#define CCID_ATR_TA 0x1u
#define CCID_ATR_TB 0x2u
#define CCID_ATR_TC 0x4u
#define CCID_ATR_TD 0x8u

/* What is wrong with an ATR; a bit set. None of them keeps the fields from being used. */
enum ccid_atr_error {
	CCID_ATR_E_TS = 1u << 0,          /* TS is neither 3B nor 3F */
	CCID_ATR_E_TCK = 1u << 1,         /* TCK present and wrong */
	CCID_ATR_E_TCK_MISSING = 1u << 2, /* TCK needed and absent */
	CCID_ATR_E_HISTORICAL = 1u << 3,  /* fewer historical bytes than T0 says */
	CCID_ATR_E_TRAILING = 1u << 4,    /* bytes after the end (a TCK with only T=0 included) */
	CCID_ATR_E_LENGTH = 1u << 5,      /* more than 33 bytes: cut off */
	CCID_ATR_E_FI = 1u << 6,          /* TA1: Fi is RFU */
	CCID_ATR_E_DI = 1u << 7,          /* TA1: Di is RFU */
	CCID_ATR_E_WI = 1u << 8,          /* TC2 is 0 */
	CCID_ATR_E_IFSC = 1u << 9,        /* IFSC is 00 or FF */
	CCID_ATR_E_BWI = 1u << 10,        /* BWI above 9 */
	CCID_ATR_E_T15_FIRST = 1u << 11,  /* TD1 names T=15 */
	CCID_ATR_E_ORDER = 1u << 12,      /* protocols not in ascending order */
	CCID_ATR_E_INTERFACE = 1u << 13,  /* input ends inside the interface bytes */
};
#define CCID_ATR_E_COUNT 14

struct ccid_atr {
	uint8_t bytes[CCID_ATR_MAX];
	uint8_t len;    /* of bytes */
	uint8_t used;   /* bytes that the grammar accounts for, TCK included */
	bool inverse;   /* TS 3F */
	uint8_t groups; /* rows of ib in use */
	struct {
		uint8_t mask; /* CCID_ATR_TA.. present */
		uint8_t ta, tb, tc, td;
	} ib[CCID_ATR_GROUPS];
	uint8_t hist_off, hist_len; /* historical bytes within bytes[] */
	int8_t tck;                 /* 1 present and right, 0 present and wrong, -1 absent */
	uint16_t offered;           /* bit T for each T that a TD names; bit 0 alone without TD1 */
	uint8_t first;              /* first offered protocol: low nibble of TD1, 0 without */
	uint16_t fi;                /* of TA1 (default 372); 0 when RFU */
	uint16_t di;                /* of TA1 (default 1); 0 when RFU */
	uint32_t fmax_khz;          /* of TA1 (default 5000); 0 when RFU */
	uint8_t ta1;                /* 0x11 when absent */
	uint8_t guard;              /* N of TC1, default 0; 255 has its own meaning */
	bool specific;              /* TA2 present */
	uint8_t ta2;
	uint8_t wi;         /* TC2; default 10, also for the RFU 0 */
	uint8_t ifsc;       /* first TA for T=1, made usable (00 -> 32, FF -> 254); default 32 */
	uint8_t bwi, cwi;   /* first TB for T=1; default 4 and 13 */
	bool crc;           /* first TC for T=1, bit 0 */
	bool has_t15;       /* a TA for T=15 is present */
	uint8_t clock_stop; /* X of it: 0 no, 1 low, 2 high, 3 either; default 0 */
	uint8_t classes;    /* Y of it: bit 0 A (5 V), 1 B (3 V), 2 C (1.8 V); default 1 */
	unsigned errors;    /* set of enum ccid_atr_error */
};

/* Read an ATR. Returns 0 whenever TS and T0 are there and the interface bytes end inside the input
 * (complaints are in out->errors); CCID_E_SHORT below two bytes or when the input ends inside the
 * interface bytes (then *out still holds what was read), CCID_E_ARG for NULL. Never reads past
 * len, never loops past 33 bytes. */
CCID_MUST_USE
int ccid_atr_decode(struct ccid_atr *out, const uint8_t *buf, size_t len);

/* Text of one error bit (static), NULL when bit is not exactly one of them. */
const char *ccid_atr_error_text(unsigned bit);

/* Whether T=t is offered; t 0..15. */
bool ccid_atr_offers(const struct ccid_atr *atr, unsigned t);

/* Times in microseconds, rounded up, for a card clock of clock_khz (0 counts as 3580); UINT32_MAX when
 * longer (7816-3 sections 10.2 and 11.4.3). WWT and BWT are the longer of what TA1 and what 372 and 1
 * lead to; CWT takes Fi/Di of TA1 when they are in force (fast), else 372 and 1. A BWI above 9
 * counts as 9. */
uint32_t ccid_atr_wwt_us(const struct ccid_atr *atr, uint32_t clock_khz);
uint32_t ccid_atr_bwt_us(const struct ccid_atr *atr, uint32_t clock_khz);
uint32_t ccid_atr_cwt_us(const struct ccid_atr *atr, uint32_t clock_khz, bool fast);

/* Fi and Di of the nibbles of a TA1, 0 when RFU. */
uint16_t ccid_fi(uint8_t ta1);
uint16_t ccid_di(uint8_t ta1);

#endif
