/* SPDX-License-Identifier: MIT */
/* PIN entry on the reader's own pad: the structures of PC/SC part 10 (PIN_VERIFY_STRUCTURE,
 * PIN_MODIFY_STRUCTURE) and the data of PC_to_RDR_Secure (USB CCID Rev 1.1, 6.1.11). */
#ifndef CCID_PIN_H
#define CCID_PIN_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CCID_PIN_DATA_MAX (1 + 21 + 261)

struct ccid_pin {
	bool modify;
	uint8_t time_out;               /* bTimeOut in seconds, 0 = the reader's default */
	uint8_t format;                 /* bmFormatString */
	uint8_t block;                  /* bmPINBlockString */
	uint8_t length_format;          /* bmPINLengthFormat */
	uint8_t offset_old, offset_new; /* bInsertionOffsetOld, New; modify only */
	uint8_t min_digits, max_digits; /* wPINMaxExtraDigit */
	uint8_t confirm;                /* bConfirmPIN; modify only */
	uint8_t validation;             /* bEntryValidationCondition, 1..7 */
	uint8_t messages;               /* bNumberMessage */
	uint16_t language;              /* wLangId */
	uint8_t index[3];               /* bMsgIndex, or bMsgIndex1..3 */
	uint8_t prologue[3];            /* bTeoPrologue */
	const uint8_t *apdu;            /* the template; a view */
	size_t apdu_len;
};

/* Read a structure of part 10, exactly len bytes long. Callers on big-endian habits swap the 16- and
 * 32-bit fields: accepted when only the swapped length fits. A validation condition of 0 or above 7
 * becomes 2 (validation key), since it crashes some readers. CCID_E_SHORT, CCID_E_FORMAT. */
CCID_MUST_USE
int ccid_pin_verify_decode(struct ccid_pin *out, const uint8_t *buf, size_t len);
CCID_MUST_USE
int ccid_pin_modify_decode(struct ccid_pin *out, const uint8_t *buf, size_t len);

/* Store abData of PC_to_RDR_Secure, bPINOperation first. all_indexes: bMsgIndex2 and 3 whatever
 * bNumberMessage says. Returns the length; CCID_E_SPACE. */
CCID_MUST_USE
int ccid_pin_encode(uint8_t *out, size_t cap, const struct ccid_pin *pin, bool all_indexes);

/* The status word (SW1 << 8 | SW2) that stands for a failure of the entry itself, 0 when err is none
 * of those: time-out 6400, cancelled 6401. */
uint16_t ccid_pin_status(int err);

#endif
