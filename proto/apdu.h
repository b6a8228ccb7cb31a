/* SPDX-License-Identifier: MIT */
/* Command APDUs, cases 1 to 4, short and extended (ISO/IEC 7816-3:2006, section 12.1). */
#ifndef CCID_APDU_H
#define CCID_APDU_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CCID_APDU_MAX  (4 + 3 + 65535 + 2) /* longest command APDU */
#define CCID_RAPDU_MAX (65536 + 2)         /* longest response: data, SW1, SW2 */

struct ccid_apdu {
	uint8_t cla, ins, p1, p2;
	uint8_t kind; /* case 1..4 */
	bool extended;
	const uint8_t *data; /* a view into the input, or the caller's */
	uint32_t lc;         /* bytes of data, 0..65535 */
	uint32_t le;         /* expected bytes; meaningful in cases 2 and 4: 1..65536 */
};

/* Take a command APDU apart. CCID_E_SHORT below 4 bytes, CCID_E_FORMAT when the lengths do not
 * fit the bytes. *out on success only; data is a view into buf. */
CCID_MUST_USE
int ccid_apdu_decode(struct ccid_apdu *out, const uint8_t *buf, size_t len);

/* Store the APDU described by cla..p2, data/lc (lc 0 = none) and le (0 = none, else 1..65536); kind
 * is ignored. extended forces the extended form; it is also taken when lc > 255 or le > 256.
 * Returns the length, CCID_E_SPACE, or CCID_E_ARG for numbers out of range. data may lie anywhere
 * in buf. */
CCID_MUST_USE
int ccid_apdu_encode(uint8_t *buf, size_t cap, const struct ccid_apdu *apdu);

#endif
