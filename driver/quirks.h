/* SPDX-License-Identifier: MIT */
/* What certain readers do differently: one table, and nowhere else a vendor or product number. */
#ifndef CCID_QUIRKS_H
#define CCID_QUIRKS_H

#include "ccid_desc.h"

enum ccid_quirk_flag {
	CCID_QUIRK_CLASS_FF = 1u << 0, /* its CCID interface is of class 0xFF */
	CCID_QUIRK_TYPE_FF = 1u << 1,  /* its class descriptor is of type 0xFF */
	CCID_QUIRK_MESSAGE_271 = 1u
	                         << 2,   /* a claimed dwMaxCCIDMessageLength of 263 is really 271 */
	CCID_QUIRK_IFSD = 1u << 3,       /* dwMaxIFSD is really value */
	CCID_QUIRK_RATE = 1u << 4,       /* dwMaxDataRate is really value, in bps */
	CCID_QUIRK_SHORT = 1u << 5,      /* exchange level is really short APDU */
	CCID_QUIRK_AUTO_IFSD = 1u << 6,  /* must not be sent an S(IFS request) */
	CCID_QUIRK_SLOTS = 1u << 7,      /* only the first value slots can be used */
	CCID_QUIRK_NO_PIN = 1u << 8,     /* no PIN pad, or one that leaks the PIN */
	CCID_QUIRK_NO_MOTION = 1u << 9,  /* dwMechanical is junk */
	CCID_QUIRK_OFF_FIRST = 1u << 10, /* IccPowerOff before each IccPowerOn */
	CCID_QUIRK_OFF_AT_OPEN = 1u << 11, /* looks for cards only after an IccPowerOff */
	CCID_QUIRK_SLOW = 1u << 12, /* silent for up to value ms more than the card's times say */
	CCID_QUIRK_EMV_MODE = 1u << 13,   /* refuses cards with BB until an escape ends EMV mode */
	CCID_QUIRK_FIRMWARE = 1u << 14,   /* this firmware is known to be faulty: say so */
	CCID_QUIRK_EXTENDED = 1u << 15,   /* exchange level is really extended APDU */
	CCID_QUIRK_PARAMETERS = 1u << 16, /* works without a SetParameters that it refused */
	CCID_QUIRK_SPLIT = 1u << 24, /* character level: loses commands of whole 64-byte packets */
	CCID_QUIRK_SLOT_RATES = 1u << 25, /* slots after the first: four rates of their own */
	CCID_QUIRK_BLIND = 1u << 26,      /* slots after the first: no contact tells of a card */
	/* PIN entry */
	CCID_QUIRK_PIN_INDEXES = 1u << 17, /* modify: three bMsgIndex, whatever bNumberMessage is */
	CCID_QUIRK_PIN_THREE = 1u << 18,   /* modify: bNumberMessage must be 3 */
	CCID_QUIRK_PIN_DEFAULT = 1u << 19, /* modify: bNumberMessage 0 must be FF */
	CCID_QUIRK_PIN_SILENT = 1u
	                        << 20,   /* verify: bNumberMessage must be 0, Enter not held down */
	CCID_QUIRK_PIN_FIXED = 1u << 21, /* verify: bNumberMessage 1, bEntryValidationCondition 2 */
	CCID_QUIRK_PIN_SWAP = 1u << 22,  /* the bytes of wPINMaxExtraDigit change places */
	CCID_QUIRK_PIN_APPEND = 1u << 23, /* case 1 verify: appends the PIN after an escape only */
};

#define CCID_QUIRK_ANY_PRODUCT 0xFFFFu

struct ccid_quirk {
	uint16_t vid, pid;         /* pid may be CCID_QUIRK_ANY_PRODUCT */
	uint16_t bcd_min, bcd_max; /* bcdDevice, both ends included */
	unsigned flags;            /* set of enum ccid_quirk_flag, at most one that has a value */
	uint32_t value;
	const char *why; /* what the reader is and does, for the log */
};

/* All flags of the rows that match. */
unsigned ccid_quirk_flags(uint16_t vid, uint16_t pid, uint16_t bcd_device);

/* Whether a class descriptor of type 0xFF is to be believed on some firmware of this device. */
bool ccid_quirk_accepts_ff(uint16_t vid, uint16_t pid);

/* Row i of the table, NULL behind the last. Static. */
const struct ccid_quirk *ccid_quirk_row(size_t i);

/* Whether a row speaks of this device. */
bool ccid_quirk_matches(const struct ccid_quirk *q, uint16_t vid, uint16_t pid,
                        uint16_t bcd_device);

/* What the table makes of a reader. */
struct ccid_tuning {
	unsigned flags;
	uint32_t slow_ms; /* added to the silence allowed in an XfrBlock */
};

/* Correct the claims in *desc and tell the rest. Each row that applies is handed to note (may be
 * NULL). */
void ccid_quirk_apply(struct ccid_tuning *out, struct ccid_class_desc *desc, uint16_t vid,
                      uint16_t pid, uint16_t bcd_device,
                      void (*note)(void *arg, const struct ccid_quirk *q), void *arg);

#endif
