/* SPDX-License-Identifier: MIT */
/* T=0 character by character: the procedure bytes of one TPDU (ISO/IEC 7816-3:2006, section 10.3),
 * for readers at character level. An engine without I/O, bounded by the bytes of the TPDU and by the
 * number of NULL bytes it takes. */
#ifndef CCID_T0_CHAR_H
#define CCID_T0_CHAR_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

#define CCID_T0_NULLS_MAX 10000

enum ccid_t0_char_act {
	CCID_T0_CHAR_MOVE, /* send send/send_len (may be empty), take exactly expect characters */
	CCID_T0_CHAR_DONE, /* the answer is rx/got: data, SW1, SW2 */
	CCID_T0_CHAR_GIVE_UP, /* err tells why */
};

struct ccid_t0_char {
	const uint8_t *send; /* into the TPDU, or header */
	size_t send_len, expect;
	uint8_t rx[256 + 2];
	size_t got;
	int err;
	/* private */
	uint8_t header[5];
	const uint8_t *data;
	size_t to_send, to_take;
	unsigned nulls, state;
};

/* tpdu: 4 bytes (no data), 5 (data from the card), or 5 + P3 (data to it); borrowed until the end.
 * CCID_E_ARG for another length, and for INS 6X and 9X, which no card could acknowledge. */
enum ccid_t0_char_act ccid_t0_char_start(struct ccid_t0_char *t, const uint8_t *tpdu, size_t len);

/* What came after the last move. Another number than expect is CCID_E_COMM. */
enum ccid_t0_char_act ccid_t0_char_step(struct ccid_t0_char *t, const uint8_t *rx, size_t len);

#endif
