/* SPDX-License-Identifier: MIT */
/* PIN entry on the reader's own pad: the digits go from the keys to the card and never through this
 * computer. Sources: USB CCID Rev 1.1, 6.1.11; PC/SC part 10, 2.5 (the structures).
 *
 * All functions take an ISCard or ISCardManage object of this library, attached, and return the
 * card's answer as a status word (SW1 in the high byte): 9000, 63Cx, 6983 ... or what stands for it:
 * 6400, nobody typed in time; 6401, cancelled at the pad; of some readers 6402, the new PINs differ,
 * and 6403, too short or too long. On failure *sw is 0.
 *
 * They wait for another's lock, and then for a person: at most pin_ms of the context (context.h,
 * 30 min unless set). iscard_cancel() from another thread ends the wait with SCARD_E_CANCELLED and
 * the reader's with it. A reader never lets anything else pass meanwhile.
 *
 * E_POINTER. E_INVALIDARG: the request contradicts itself, see below.
 * SCARD_E_UNSUPPORTED_FEATURE: the reader has no pad for this (iscard_reader_capabilities() tells
 * before), its pad is known to leak the PIN to the computer, or the structure is too long for it.
 * Nothing was sent then; whether the PIN is typed on the computer instead is the application's
 * decision. SCARD_F_INTERNAL_ERROR: the reader does not like a field (iscard_last_error() tells
 * which). Errors of Transaction. */
#ifndef ISCARD_PINPAD_H
#define ISCARD_PINPAD_H

#include <iscard/scardmgr.h>

ISCARD_C_BEGIN

/* How a digit is written into the command. */
typedef ISCARD_ENUM(iscard_pin_coding) {
	ISCARD_PIN_BINARY,
	ISCARD_PIN_BCD,
	ISCARD_PIN_ASCII,
} iscard_pin_coding;

/* What ends the entry; a set. */
#define ISCARD_PIN_ENDS_FULL    1u /* max_digits are typed */
#define ISCARD_PIN_ENDS_KEY     2u /* the validation key */
#define ISCARD_PIN_ENDS_TIMEOUT 4u

#define ISCARD_PIN_MESSAGES_DEFAULT 0xFF /* what the reader shows is its own affair */

/* What is wanted. All zero but size, cla to p2, coding and the digits is a good start. Fields of
 * CCID are made of it, and changed where the reader is known to want them otherwise. */
struct iscard_pin_request {
	size_t size; /* sizeof(struct iscard_pin_request), so that it may grow */

	uint8_t cla, ins, p1, p2; /* the command: INS 20 VERIFY, 24 CHANGE REFERENCE DATA ... */

	iscard_pin_coding coding;
	uint8_t min_digits, max_digits; /* 1 to 255, min not above max */

	/* The PIN block. block_bytes 0: as long as what was typed, the reader writes Lc. Else 1 to
	 * 15, and max_digits must fit. */
	uint8_t block_bytes;
	uint8_t fill;          /* of a block: usually 0xFF, or 0 */
	int right_justified;   /* not 0: the PIN is at the end of the block */
	uint8_t position_bits; /* of the PIN behind Lc: 0 to 15, or a multiple of 8 up to 120 */

	/* The number of digits typed, written before the PIN (0 bits: it is not), and where. */
	uint8_t length_bits;          /* 0 to 15 */
	uint8_t length_position_bits; /* as position_bits */

	/* Bytes to start from behind Lc, at most 255: control nibbles and the like. NULL: made of
	 * fill, as long as position and block ask for. Borrowed during the call. */
	const uint8_t *data;
	size_t data_len;

	/* modify: bytes behind Lc where the old and the new PIN go, added to position_bits */
	uint8_t old_offset, new_offset;
	int ask_old;     /* not 0: the present PIN is typed too */
	int confirm_new; /* not 0: the new PIN is typed twice */

	unsigned ends;              /* ISCARD_PIN_ENDS_*; 0: the validation key */
	uint8_t timeout_s;          /* for one PIN; 0: the reader's own */
	uint8_t messages;           /* shown: 0 to 3, or ISCARD_PIN_MESSAGES_DEFAULT */
	uint8_t message[3];         /* indexes: usually 0 enter PIN, 1 enter new PIN, 2 confirm */
	uint16_t language;          /* USB language identifier; 0: 0x0409, English */
};

/* One PIN; the card compares it. */
ISCARD_API HRESULT iscard_pin_verify(void *object, const struct iscard_pin_request *request,
                                     uint16_t *sw);

/* A new PIN, perhaps twice, perhaps after the old one. */
ISCARD_API HRESULT iscard_pin_modify(void *object, const struct iscard_pin_request *request,
                                     uint16_t *sw);

/* The same from PIN_VERIFY_STRUCTURE and PIN_MODIFY_STRUCTURE of PC/SC part 10, with the command
 * at the end. The three fields of 16 and 32 bits are little-endian, or all big-endian.
 * E_INVALIDARG: ulDataLength is not what follows it, or is not 4 to 261. */
ISCARD_API HRESULT iscard_pin_verify_structure(void *object, const uint8_t *structure, size_t len,
                                               uint16_t *sw);
ISCARD_API HRESULT iscard_pin_modify_structure(void *object, const uint8_t *structure, size_t len,
                                               uint16_t *sw);

ISCARD_C_END

#endif
