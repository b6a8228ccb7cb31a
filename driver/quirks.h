/* SPDX-License-Identifier: MIT */
/* What certain readers do differently: one table, and nowhere else a vendor or product number. */
#ifndef CCID_QUIRKS_H
#define CCID_QUIRKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ccid_quirk_flag {
	CCID_QUIRK_CLASS_FF = 1u << 0, /* its CCID interface is of class 0xFF */
	CCID_QUIRK_TYPE_FF = 1u << 1,  /* its class descriptor is of type 0xFF */
};

struct ccid_quirk {
	uint16_t vid, pid;
	uint16_t bcd_min, bcd_max; /* bcdDevice, both ends included */
	unsigned flags;            /* set of enum ccid_quirk_flag */
	const char *why;           /* what the reader is and does, for the log */
};

/* All flags of the rows that match. */
unsigned ccid_quirk_flags(uint16_t vid, uint16_t pid, uint16_t bcd_device);

/* Whether a class descriptor of type 0xFF is to be believed on some firmware of this device. */
bool ccid_quirk_accepts_ff(uint16_t vid, uint16_t pid);

/* Row i of the table, NULL behind the last. Static. */
const struct ccid_quirk *ccid_quirk_row(size_t i);

#endif
