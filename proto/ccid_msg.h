/* SPDX-License-Identifier: MIT */
/* PC_to_RDR commands, RDR_to_PC answers and interrupt messages (USB CCID Rev 1.1, section 6). */
#ifndef CCID_MSG_H
#define CCID_MSG_H

#include "bytes.h"
#include "err.h"

#define CCID_HEADER_LEN 10

enum ccid_cmd_type {
	CCID_SET_PARAMETERS = 0x61,
	CCID_ICC_POWER_ON = 0x62,
	CCID_ICC_POWER_OFF = 0x63,
	CCID_GET_SLOT_STATUS = 0x65,
	CCID_SECURE = 0x69,
	CCID_T0_APDU = 0x6A,
	CCID_ESCAPE = 0x6B,
	CCID_GET_PARAMETERS = 0x6C,
	CCID_RESET_PARAMETERS = 0x6D,
	CCID_ICC_CLOCK = 0x6E,
	CCID_XFR_BLOCK = 0x6F,
	CCID_MECHANICAL = 0x71,
	CCID_ABORT = 0x72,
	CCID_SET_DATA_RATE_AND_CLOCK = 0x73,
};

enum ccid_rsp_type {
	CCID_DATA_BLOCK = 0x80,
	CCID_SLOT_STATUS = 0x81,
	CCID_PARAMETERS = 0x82,
	CCID_ESCAPE_RSP = 0x83,
	CCID_DATA_RATE_AND_CLOCK = 0x84,
	CCID_NOTIFY_SLOT_CHANGE = 0x50,
	CCID_HARDWARE_ERROR = 0x51,
};

/* bPowerSelect */
enum ccid_power_select {
	CCID_POWER_AUTO = 0,
	CCID_POWER_5V = 1,
	CCID_POWER_3V = 2,
	CCID_POWER_1V8 = 3,
};

/* bFunction of PC_to_RDR_Mechanical */
enum ccid_mechanical {
	CCID_MECHANICAL_ACCEPT = 1,
	CCID_MECHANICAL_EJECT = 2,
	CCID_MECHANICAL_CAPTURE = 3,
	CCID_MECHANICAL_LOCK = 4,
	CCID_MECHANICAL_UNLOCK = 5,
};

/* wLevelParameter of XfrBlock at extended APDU level, and bChainParameter of its answers. */
enum ccid_chain {
	CCID_CHAIN_WHOLE = 0x00,
	CCID_CHAIN_BEGIN = 0x01,
	CCID_CHAIN_END = 0x02,
	CCID_CHAIN_MIDDLE = 0x03,
	CCID_CHAIN_MORE = 0x10, /* empty: send the next part */
};

/* bmICCStatus; 3 is RFU and reads as absent */
enum ccid_icc {
	CCID_ICC_ACTIVE = 0,
	CCID_ICC_INACTIVE = 1,
	CCID_ICC_ABSENT = 2
};

/* bmCommandStatus */
enum ccid_cmd_status {
	CCID_CMD_OK = 0,
	CCID_CMD_FAILED = 1,
	CCID_CMD_TIME_EXTENSION = 2,
	CCID_CMD_RFU = 3,
};

/* A command without slot and sequence number, which the exchange fills in. data is borrowed and
 * may be NULL when len is 0. */
struct ccid_cmd {
	uint8_t type;     /* enum ccid_cmd_type */
	uint8_t param[3]; /* bytes 7..9 */
	const uint8_t *data;
	size_t len;
};

/* One function per command. Values are not checked: the reader answers for them. */
struct ccid_cmd ccid_cmd_icc_power_on(enum ccid_power_select power);
struct ccid_cmd ccid_cmd_icc_power_off(void);
struct ccid_cmd ccid_cmd_get_slot_status(void);
struct ccid_cmd ccid_cmd_xfr_block(uint8_t bwi, uint16_t level, const uint8_t *data, size_t len);
struct ccid_cmd ccid_cmd_get_parameters(void);
struct ccid_cmd ccid_cmd_reset_parameters(void);
struct ccid_cmd ccid_cmd_set_parameters(uint8_t protocol, const uint8_t *data, size_t len);
struct ccid_cmd ccid_cmd_escape(const uint8_t *data, size_t len);
struct ccid_cmd ccid_cmd_icc_clock(uint8_t command);
struct ccid_cmd ccid_cmd_t0_apdu(uint8_t changes, uint8_t get_response, uint8_t envelope);
struct ccid_cmd ccid_cmd_secure(uint8_t bwi, uint16_t level, const uint8_t *data, size_t len);
struct ccid_cmd ccid_cmd_mechanical(enum ccid_mechanical function);
struct ccid_cmd ccid_cmd_abort(void);
/* data: 8 bytes of the caller's, dwClockFrequency in kHz and dwDataRate in bps (6.1.14). */
struct ccid_cmd ccid_cmd_set_data_rate_and_clock(uint8_t data[8], uint32_t clock_khz,
                                                 uint32_t rate_bps);

/* Store the message; returns its length (10 + len) or CCID_E_SPACE. When cmd->data already lies
 * at buf + 10 it is not copied. */
CCID_MUST_USE
int ccid_cmd_encode(uint8_t *buf, size_t cap, const struct ccid_cmd *cmd, uint8_t slot,
                    uint8_t seq);

/* Decode a PC_to_RDR message (recorders, players and explanations need it). Data is a view. Any
 * type is taken. CCID_E_SHORT when fewer than 10 + dwLength bytes are there; what follows them is
 * ignored. Outputs on success only. */
CCID_MUST_USE
int ccid_cmd_decode(struct ccid_cmd *out, uint8_t *slot, uint8_t *seq, const uint8_t *buf,
                    size_t len);

struct ccid_rsp {
	uint8_t type; /* enum ccid_rsp_type */
	uint8_t slot, seq;
	uint8_t status;      /* bStatus as received */
	uint8_t error;       /* bError as received */
	uint8_t param;       /* byte 9: bChainParameter, bClockStatus, bProtocolNum or RFU */
	const uint8_t *data; /* a view: valid while the input is */
	uint32_t len;        /* dwLength */
	uint32_t extra;      /* bytes received beyond 10 + dwLength */
};

/* CCID_E_SHORT when fewer than 10 + dwLength bytes are there. *out on success only. */
CCID_MUST_USE
int ccid_rsp_decode(struct ccid_rsp *out, const uint8_t *buf, size_t len);

enum ccid_icc ccid_rsp_icc(const struct ccid_rsp *rsp);
enum ccid_cmd_status ccid_rsp_cmd_status(const struct ccid_rsp *rsp);

/* The answer type the standard asks for (0x80..0x84), 0 for an unknown command. */
uint8_t ccid_cmd_expects(uint8_t cmd_type);

/* The negative enum ccid_err for a failed command: bError in the light of bmICCStatus. FE is
 * CCID_E_NOCARD, CCID_E_INACTIVE (after IccPowerOn that means a mute card) or CCID_E_MUTE; a bError
 * about the card is CCID_E_NOCARD when there is none. A reader that failed without saying so
 * (status and error 0) counts as FE. CCID_E_REFUSED when no other code names it. Never 0. */
int ccid_rsp_failure(const struct ccid_rsp *rsp);

/* Names as the specification writes them ("PC_to_RDR_IccPowerOn", "RDR_to_PC_DataBlock",
 * "RDR_to_PC_NotifySlotChange"); "?" when unknown. Static. */
const char *ccid_msg_name(uint8_t type);

/* "active", "inactive", "absent". Static. */
const char *ccid_icc_name(enum ccid_icc icc);

/* "processed", "failed", "time extension", "RFU". Static. */
const char *ccid_cmd_status_name(enum ccid_cmd_status status);

/* "ICC_MUTE", "CMD_SLOT_BUSY", ...; for 01..7F "bad parameter at offset N" cannot be static and is
 * "BAD_PARAMETER"; 81..C0 "USER_DEFINED"; else "RESERVED". Static. */
const char *ccid_error_name(uint8_t error);

/* One interrupt message. */
struct ccid_notify {
	uint8_t type;            /* CCID_NOTIFY_SLOT_CHANGE or CCID_HARDWARE_ERROR */
	uint8_t slot, seq, code; /* hardware error only */
	const uint8_t *bits;     /* slot change: two bits a slot, a view */
	size_t slots;            /* slots that bits covers, capped to those of the reader */
};

/* Take the next of the messages concatenated in one interrupt transfer. *pos starts at 0.
 * Returns 1, or 0 at the end or at an unknown byte, after which the rest is ignored. nslots: slots
 * of the reader (1..256); a shorter bit field covers fewer, even none. */
CCID_MUST_USE
int ccid_notify_next(const uint8_t *buf, size_t len, size_t *pos, size_t nslots,
                     struct ccid_notify *out);
bool ccid_notify_present(const struct ccid_notify *n, size_t slot);
bool ccid_notify_changed(const struct ccid_notify *n, size_t slot);

#endif
