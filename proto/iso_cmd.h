/* SPDX-License-Identifier: MIT */
/* Commands for interchange (ISO/IEC 7816-4:2005, section 7), class 00, built into a buffer. Results
 * are the APDU's length, CCID_E_SPACE, or CCID_E_ARG for a number out of range; data may lie
 * anywhere in buf. The data unit is the byte. */
#ifndef CCID_ISO_CMD_H
#define CCID_ISO_CMD_H

#include "apdu.h"

enum ccid_ins {
	CCID_INS_DEACTIVATE_FILE = 0x04, /* ISO/IEC 7816-9 */
	CCID_INS_ERASE_RECORD = 0x0C,
	CCID_INS_ERASE_BINARY = 0x0E,
	CCID_INS_VERIFY = 0x20,
	CCID_INS_CHANGE_REFERENCE_DATA = 0x24,
	CCID_INS_DISABLE_VERIFICATION = 0x26,
	CCID_INS_ENABLE_VERIFICATION = 0x28,
	CCID_INS_RESET_RETRY_COUNTER = 0x2C,
	CCID_INS_ACTIVATE_FILE = 0x44, /* ISO/IEC 7816-9 */
	CCID_INS_EXTERNAL_AUTHENTICATE = 0x82,
	CCID_INS_GET_CHALLENGE = 0x84,
	CCID_INS_INTERNAL_AUTHENTICATE = 0x88,
	CCID_INS_SELECT = 0xA4,
	CCID_INS_READ_BINARY = 0xB0,
	CCID_INS_READ_RECORD = 0xB2,
	CCID_INS_GET_RESPONSE = 0xC0,
	CCID_INS_ENVELOPE = 0xC2,
	CCID_INS_WRITE_BINARY = 0xD0,
	CCID_INS_WRITE_RECORD = 0xD2,
	CCID_INS_UPDATE_BINARY = 0xD6,
	CCID_INS_UPDATE_RECORD = 0xDC,
	CCID_INS_APPEND_RECORD = 0xE2,
};

/* P1 of SELECT */
enum ccid_select {
	CCID_SELECT_ID = 0x00,
	CCID_SELECT_PARENT = 0x03,
	CCID_SELECT_NAME = 0x04,
	CCID_SELECT_PATH_FROM_MF = 0x08,
	CCID_SELECT_PATH = 0x09, /* from the current DF */
};

/* P2 of SELECT: what comes back */
enum ccid_select_answer {
	CCID_SELECT_FCI = 0x00,
	CCID_SELECT_FCP = 0x04,
	CCID_SELECT_NOTHING = 0x0C,
};

/* P2 of the record commands, P1 being a number (bits 8 to 4: the short EF identifier) */
#define CCID_RECORD_NUMBER   0x04
#define CCID_RECORD_PREVIOUS 0x03

/* Offsets above this take an odd instruction and an offset data object. */
#define CCID_BINARY_OFFSET_MAX 0x7FFFu
/* The last byte of a file that such an object is made for here. */
#define CCID_BINARY_END        0xFFFFFFu
/* Most bytes in one short command at any offset: tag and length of the objects take their share. */
#define CCID_BINARY_READ_MAX   252u
#define CCID_BINARY_WRITE_MAX  246u

/* Whether a command leaves the current file what it is: those for PINs, keys and challenges, in the
 * first interindustry class on the basic channel. */
bool ccid_iso_keeps_file(const uint8_t *apdu, size_t len);

/* Whether the data of a command with this instruction may be a PIN: those for reference data, and
 * ENVELOPE, which may hold one of them. Neither log nor trace shows what it says yes to. */
bool ccid_iso_may_hold_pin(uint8_t ins);

/* Any of them: le 0 wants no data, else 1..65536. */
CCID_MUST_USE
int ccid_iso_command(uint8_t *buf, size_t cap, enum ccid_ins ins, uint8_t p1, uint8_t p2,
                     const uint8_t *data, size_t n, uint32_t le);

/* READ BINARY, n bytes (1..256; beyond CCID_BINARY_OFFSET_MAX 1..CCID_BINARY_READ_MAX). */
CCID_MUST_USE
int ccid_iso_read_binary(uint8_t *buf, size_t cap, uint32_t offset, uint32_t n);

/* The data in the answer to it: a view of all of it, or of what the data object 53 (or 73) holds.
 * The length, or CCID_E_FORMAT. */
CCID_MUST_USE
int ccid_iso_binary_data(uint32_t offset, const uint8_t *answer, size_t len, const uint8_t **data);

/* UPDATE BINARY or WRITE BINARY, n bytes (1..255; beyond the limit 1..CCID_BINARY_WRITE_MAX). */
CCID_MUST_USE
int ccid_iso_put_binary(uint8_t *buf, size_t cap, enum ccid_ins ins, uint32_t offset,
                        const uint8_t *data, size_t n);

/* ERASE BINARY of the bytes from..to-1. */
CCID_MUST_USE
int ccid_iso_erase_binary(uint8_t *buf, size_t cap, uint32_t from, uint32_t to);

#endif
