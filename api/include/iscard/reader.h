/* SPDX-License-Identifier: MIT */
/* What a reader can do. */
#ifndef ISCARD_READER_H
#define ISCARD_READER_H

#include <iscard/context.h>

ISCARD_C_BEGIN

typedef ISCARD_ENUM(iscard_exchange_level) {
	ISCARD_LEVEL_CHARACTER,
	ISCARD_LEVEL_TPDU,
	ISCARD_LEVEL_SHORT_APDU,
	ISCARD_LEVEL_EXTENDED_APDU,
} iscard_exchange_level;

/* How messages reach the reader. */
typedef ISCARD_ENUM(iscard_framing) {
	ISCARD_FRAMING_BULK,
	ISCARD_FRAMING_TOKEN_A, /* USB ICCD: requests on endpoint 0 */
	ISCARD_FRAMING_TOKEN_B,
} iscard_framing;

/* Why a field of the descriptor is in force, or is not. */
typedef ISCARD_ENUM(iscard_source) {
	ISCARD_SOURCE_NONE,       /* neither claimed nor known */
	ISCARD_SOURCE_DESCRIPTOR, /* the reader claims it, and it is believed */
	ISCARD_SOURCE_REFUSED,    /* claimed, and not believed: a reserved bit, or a quirk says so */
} iscard_source;

#define ISCARD_MECHANICAL_ACCEPT  1u
#define ISCARD_MECHANICAL_EJECT   2u
#define ISCARD_MECHANICAL_CAPTURE 4u
#define ISCARD_MECHANICAL_LOCK    8u /* and unlock */

#define ISCARD_PAD_VERIFY 1u
#define ISCARD_PAD_MODIFY 2u

#define ISCARD_VOLTAGE_5V  1u
#define ISCARD_VOLTAGE_3V  2u
#define ISCARD_VOLTAGE_1V8 4u

#define ISCARD_CAPABILITY_TEXT 128

/* As it is driven: claims that would mislead are corrected, quirks applied. Source of the fields:
 * USB CCID Rev 1.1, section 5.1. Texts are UTF-8, "" when unknown. */
struct iscard_capabilities {
	size_t size; /* set by the caller: sizeof(struct iscard_capabilities) */

	unsigned slots;
	unsigned busy_slots; /* that may work at the same time */
	iscard_framing framing;
	iscard_exchange_level level;
	SCARD_PROTOCOLS protocols; /* a set of T0 and T1 */
	unsigned voltages;         /* ISCARD_VOLTAGE_* */
	int interrupt;             /* not 0: the reader tells of cards; 0: it has to be asked */

	uint32_t mechanical;         /* ISCARD_MECHANICAL_*: what can be commanded */
	uint32_t mechanical_claimed; /* dwMechanical as it stands in the descriptor */
	iscard_source mechanical_source;

	unsigned pin_pad; /* ISCARD_PAD_* */
	iscard_source pin_pad_source;
	unsigned display_lines, display_columns; /* 0: no display */

	uint32_t features;    /* dwFeatures */
	uint32_t max_message; /* dwMaxCCIDMessageLength */
	uint32_t max_apdu;    /* longest command APDU that gets through, in bytes */
	uint32_t max_ifsd;
	uint32_t clock_khz, max_clock_khz;
	uint32_t rate_bps, max_rate_bps;

	uint16_t vid, pid;
	uint16_t release; /* bcdDevice, the firmware's: 0x0123 is 1.23 */
	uint16_t ccid;    /* bcdCCID */
	char manufacturer[ISCARD_CAPABILITY_TEXT];
	char product[ISCARD_CAPABILITY_TEXT];
	char interface_name[ISCARD_CAPABILITY_TEXT];
	char serial[ISCARD_CAPABILITY_TEXT];
	char address[ISCARD_CAPABILITY_TEXT]; /* opens it */

	char quirks[1024]; /* a line each: what is done otherwise for this reader, and what its
	                    * descriptor gets wrong; "" for an honest one */
};

/* Of the reader that a name (UTF-8) or an address means. A USB reader is not opened for it and may
 * be in use by another program; one behind another address is connected to. Later versions may know
 * more fields: at most *caps->size bytes are written, and size becomes what this version knows.
 * E_POINTER. E_INVALIDARG: reader is empty, or size is below that of the first version. Errors of
 * AttachByReader about readers. SCARD_E_UNSUPPORTED_FEATURE: no reader that could be driven. */
ISCARD_API HRESULT iscard_reader_capabilities(iscard_context *context, const char *reader,
                                              struct iscard_capabilities *caps);

/* The same of the reader that an ISCard or ISCardManage object of this library is attached to: slots
 * are those that were found when it was opened. Nothing is sent. E_POINTER, E_INVALIDARG,
 * SCARD_E_INVALID_HANDLE, SCARD_E_SERVICE_STOPPED. */
ISCARD_API HRESULT iscard_attached_capabilities(void *object, struct iscard_capabilities *caps);

ISCARD_C_END

#endif
