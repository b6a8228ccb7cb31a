/* SPDX-License-Identifier: MIT */
#include "bytes.h"
#include "ccid_msg.h"

#define ICC_MUTE 0xFE

/* The bError values that have a name (USB CCID Rev 1.1, table 6.2-2). gone: with no card in the
 * slot the missing card is the reason, whatever else the reader says. */
#define NAMED(X)                                                                                   \
	X(0x00, false, CMD_NOT_SUPPORTED, UNSUPPORTED)                                             \
	X(0xE0, false, CMD_SLOT_BUSY, SLOT_BUSY)                                                   \
	X(0xEF, false, PIN_CANCELLED, PIN_CANCELLED)                                               \
	X(0xF0, false, PIN_TIMEOUT, PIN_TIMEOUT)                                                   \
	X(0xF2, false, BUSY_WITH_AUTO_SEQUENCE, SLOT_BUSY)                                         \
	X(0xF3, true, DEACTIVATED_PROTOCOL, PROTOCOL)                                              \
	X(0xF4, true, PROCEDURE_BYTE_CONFLICT, COMM)                                               \
	X(0xF5, true, ICC_CLASS_NOT_SUPPORTED, CLASS)                                              \
	X(0xF6, true, ICC_PROTOCOL_NOT_SUPPORTED, PROTOCOL)                                        \
	X(0xF7, true, BAD_ATR_TCK, BAD_ATR)                                                        \
	X(0xF8, true, BAD_ATR_TS, BAD_ATR)                                                         \
	X(0xFB, false, HW_ERROR, HARDWARE)                                                         \
	X(0xFC, true, XFR_OVERRUN, COMM)                                                           \
	X(0xFD, true, XFR_PARITY_ERROR, COMM)                                                      \
	X(ICC_MUTE, true, ICC_MUTE, MUTE)                                                          \
	X(0xFF, false, CMD_ABORTED, ABORTED)

#define ERROR(error, gone, name, err) {error, gone, CCID_E_##err},
#define NAME(error, gone, name, err)  #name "\0"

static const struct {
	uint8_t error;
	bool gone;
	int8_t err;
} errors[] = {NAMED(ERROR)};
static const char names[] = NAMED(NAME);

#define ERRORS (sizeof errors / sizeof errors[0])

static size_t find(uint8_t error)
{
	size_t i = 0;

	while (i < ERRORS && errors[i].error != error)
		i++;
	return i;
}

const char *ccid_error_name(uint8_t error)
{
	size_t i = find(error);

	if (i < ERRORS)
		return ccid_nth_text(names, i);
	if (error < 0x80)
		return "BAD_PARAMETER";
	return error > 0x80 && error <= 0xC0 ? "USER_DEFINED" : "RESERVED";
}

int ccid_rsp_failure(const struct ccid_rsp *rsp)
{
	uint8_t error = rsp->error;
	size_t i;

	if (ccid_rsp_cmd_status(rsp) == CCID_CMD_OK && error == 0)
		error = ICC_MUTE;
	if (error == 0x05)
		return CCID_E_NO_SLOT;
	i = find(error);
	if (i == ERRORS)
		return CCID_E_REFUSED;
	if (errors[i].gone && ccid_rsp_icc(rsp) == CCID_ICC_ABSENT)
		return CCID_E_NOCARD;
	if (error == ICC_MUTE && ccid_rsp_icc(rsp) == CCID_ICC_INACTIVE)
		return CCID_E_INACTIVE;
	return errors[i].err;
}

const char *ccid_icc_name(enum ccid_icc icc)
{
	switch (icc) {
	case CCID_ICC_ACTIVE: return "active";
	case CCID_ICC_INACTIVE: return "inactive";
	case CCID_ICC_ABSENT: return "absent";
	}
	return "?";
}

const char *ccid_cmd_status_name(enum ccid_cmd_status status)
{
	switch (status) {
	case CCID_CMD_OK: return "processed";
	case CCID_CMD_FAILED: return "failed";
	case CCID_CMD_TIME_EXTENSION: return "time extension";
	case CCID_CMD_RFU: break;
	}
	return "RFU";
}

const char *ccid_msg_name(uint8_t type)
{
	switch (type) {
	case CCID_SET_PARAMETERS: return "PC_to_RDR_SetParameters";
	case CCID_ICC_POWER_ON: return "PC_to_RDR_IccPowerOn";
	case CCID_ICC_POWER_OFF: return "PC_to_RDR_IccPowerOff";
	case CCID_GET_SLOT_STATUS: return "PC_to_RDR_GetSlotStatus";
	case CCID_SECURE: return "PC_to_RDR_Secure";
	case CCID_T0_APDU: return "PC_to_RDR_T0APDU";
	case CCID_ESCAPE: return "PC_to_RDR_Escape";
	case CCID_GET_PARAMETERS: return "PC_to_RDR_GetParameters";
	case CCID_RESET_PARAMETERS: return "PC_to_RDR_ResetParameters";
	case CCID_ICC_CLOCK: return "PC_to_RDR_IccClock";
	case CCID_XFR_BLOCK: return "PC_to_RDR_XfrBlock";
	case CCID_MECHANICAL: return "PC_to_RDR_Mechanical";
	case CCID_ABORT: return "PC_to_RDR_Abort";
	case CCID_SET_DATA_RATE_AND_CLOCK: return "PC_to_RDR_SetDataRateAndClockFrequency";
	case CCID_DATA_BLOCK: return "RDR_to_PC_DataBlock";
	case CCID_SLOT_STATUS: return "RDR_to_PC_SlotStatus";
	case CCID_PARAMETERS: return "RDR_to_PC_Parameters";
	case CCID_ESCAPE_RSP: return "RDR_to_PC_Escape";
	case CCID_DATA_RATE_AND_CLOCK: return "RDR_to_PC_DataRateAndClockFrequency";
	case CCID_NOTIFY_SLOT_CHANGE: return "RDR_to_PC_NotifySlotChange";
	case CCID_HARDWARE_ERROR: return "RDR_to_PC_HardwareError";
	default: return "?";
	}
}
