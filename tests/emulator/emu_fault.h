/* SPDX-License-Identifier: MIT */
/* Misbehaviour on request. A fault strikes at the n-th USB transfer that moves something, or at the
 * answer to the n-th CCID message, counted from 0 from the moment it is set. */
#ifndef EMU_FAULT_H
#define EMU_FAULT_H

#include "emu.h"

enum emu_fault_kind {
	EMU_FAULT_NONE,
	/* at a transfer, or at the answer to a message */
	EMU_FAULT_STALL, /* the endpoint stalls and stays halted; an answer follows the halt */
	EMU_FAULT_DEAD,  /* every endpoint but 0 NAKs until a reset */
	EMU_FAULT_UNPLUG,
	/* at the answer to a message */
	EMU_FAULT_STALL_LOST, /* as STALL, and the answer is lost */
	EMU_FAULT_SILENT,     /* no answer; the slot stays busy until an abort */
	EMU_FAULT_LOST,       /* no answer; the slot is free */
	EMU_FAULT_SHORT,      /* value bytes fewer than dwLength says (0: half of the message) */
	EMU_FAULT_LONG,       /* value bytes more than dwLength says (0: 1) */
	EMU_FAULT_GARBAGE,    /* bytes that are no message, value of them (0: 64) */
	EMU_FAULT_SLOT,       /* bSlot + value (0: 1) */
	EMU_FAULT_SEQ,        /* bSeq + value (0: 1) */
	EMU_FAULT_STALE,      /* value (0: 1) answers with older bSeq first */
	EMU_FAULT_TYPE,       /* bMessageType is value (0: 83) */
	EMU_FAULT_LENGTH,     /* dwLength is value (0: FFFFFFF0) */
	EMU_FAULT_ZLP_BEFORE, /* value (0: 1) empty transfers before the answer */
	EMU_FAULT_ZLP_AFTER,
	EMU_FAULT_NO_ZLP,        /* no empty packet behind n * wMaxPacketSize bytes */
	EMU_FAULT_EXTENSIONS,    /* time extensions for ever, 100 ms apart */
	EMU_FAULT_ERROR,         /* failed with bError value; E0 and F2: and not carried out */
	EMU_FAULT_STATUS,        /* bStatus is value */
	EMU_FAULT_EMPTY,         /* success with dwLength 0 */
	EMU_FAULT_CHAIN,         /* bChainParameter is value */
	EMU_FAULT_FLIP,          /* the last byte is inverted: the EDC of a T=1 block, SW2, ... */
	EMU_FAULT_REMOVE,        /* the card is taken out; answered as removed */
	EMU_FAULT_REMOVE_SILENT, /* the card is taken out; never answered */
};

struct emu_fault {
	enum emu_fault_kind kind;
	bool transfer;  /* count USB transfers, not messages */
	uint8_t type;   /* count only messages of this type; 0: all */
	unsigned at;    /* strike at this one, from 0 */
	unsigned times; /* so many in a row; 0: once */
	uint32_t value;
};

/* false when there are too many (16). */
bool emu_fault_add(struct emu_device *d, const struct emu_fault *f);
void emu_fault_clear(struct emu_device *d);

/* USB transfers that moved something so far. */
unsigned emu_operations(const struct emu_device *d);

#endif
