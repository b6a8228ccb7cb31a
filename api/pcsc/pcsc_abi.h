/* SPDX-License-Identifier: MIT */
/* The binary interface of pcsc-lite's libpcsclite.so.1: widths, structures and values, for the layer
 * and for the library with its name. No header of pcsc-lite is needed to build either; a test
 * compares with Debian's where that is installed.
 *
 * A DWORD is `unsigned long`, a LONG, a context and a handle are `long`. A result is the HRESULT of
 * the same name taken as unsigned, so that it is positive where long has 64 bits; the one exception
 * is SCARD_E_UNSUPPORTED_FEATURE. */
#ifndef CCID_PCSC_ABI_H
#define CCID_PCSC_ABI_H

#include <stdint.h>

#define PCSC_ATR_MAX          33
#define PCSC_READERS_MAX      16  /* of one call of GetStatusChange */
#define PCSC_READER_NAME_MAX  128 /* terminator included */
#define PCSC_BUFFER_MAX       (4 + 3 + (1 << 16) + 3 + 2)
#define PCSC_ATTRIBUTE_MAX    264
#define PCSC_AUTOALLOCATE     (~0UL)
#define PCSC_INFINITE         0xFFFFFFFFUL
#define PCSC_UNSUPPORTED      0x8010001FL
#define PCSC_PNP_NOTIFICATION "\\\\?PnP?\\Notification"

enum pcsc_scope {
	PCSC_SCOPE_USER,
	PCSC_SCOPE_TERMINAL,
	PCSC_SCOPE_SYSTEM,
	PCSC_SCOPE_GLOBAL
};

enum pcsc_share {
	PCSC_SHARE_EXCLUSIVE = 1,
	PCSC_SHARE_SHARED = 2,
	PCSC_SHARE_DIRECT = 3
};

#define PCSC_PROTOCOL_T0  1UL
#define PCSC_PROTOCOL_T1  2UL
#define PCSC_PROTOCOL_RAW 4UL
#define PCSC_PROTOCOL_T15 8UL
#define PCSC_PROTOCOL_OLD 0x1000UL /* of SCardTransmit: the one in use */

/* Dispositions have the values of SCARD_DISPOSITIONS. */
#define PCSC_DISPOSITION_MAX 3UL

/* Of SCardStatus; the counter of insertions and removals stands in the upper 16 bits. */
#define PCSC_UNKNOWN    0x01UL
#define PCSC_ABSENT     0x02UL
#define PCSC_PRESENT    0x04UL
#define PCSC_SWALLOWED  0x08UL
#define PCSC_POWERED    0x10UL
#define PCSC_NEGOTIABLE 0x20UL

/* Of SCardGetStatusChange, the counter likewise. */
#define PCSC_STATE_IGNORE      0x0001UL
#define PCSC_STATE_CHANGED     0x0002UL
#define PCSC_STATE_UNKNOWN     0x0004UL
#define PCSC_STATE_UNAVAILABLE 0x0008UL
#define PCSC_STATE_EMPTY       0x0010UL
#define PCSC_STATE_PRESENT     0x0020UL
#define PCSC_STATE_EXCLUSIVE   0x0080UL
#define PCSC_STATE_INUSE       0x0100UL
#define PCSC_STATE_MUTE        0x0200UL

struct pcsc_io_request {
	unsigned long protocol;
	unsigned long length;
};

struct pcsc_reader_state {
	const char *reader;
	void *user_data;
	unsigned long current_state;
	unsigned long event_state;
	unsigned long atr_len;
	unsigned char atr[PCSC_ATR_MAX];
};

_Static_assert(sizeof(struct pcsc_io_request) == 2 * sizeof(long), "SCARD_IO_REQUEST");
_Static_assert(sizeof(long) != 8 || sizeof(struct pcsc_reader_state) == 80, "SCARD_READERSTATE");

/* SCardControl: PC/SC part 10 and what libccid adds. */
#define PCSC_CONTROL(code)        (0x42000000UL + (code))
#define PCSC_CONTROL_ESCAPE       PCSC_CONTROL(1)
#define PCSC_CONTROL_FEATURES     PCSC_CONTROL(3400)
#define PCSC_CONTROL_FEATURE(tag) PCSC_CONTROL(0x330000 + (tag))

enum pcsc_feature {
	PCSC_FEATURE_VERIFY_PIN = 0x06,
	PCSC_FEATURE_MODIFY_PIN = 0x07,
	PCSC_FEATURE_PIN_PROPERTIES = 0x0A,
	PCSC_FEATURE_TLV_PROPERTIES = 0x12,
	PCSC_FEATURE_ESCAPE = 0x13
};

/* Properties of feature 0x12 (part 10, 2.6.14). */
enum pcsc_property {
	PCSC_PROPERTY_LCD_LAYOUT = 1,
	PCSC_PROPERTY_VALIDATION = 2,
	PCSC_PROPERTY_TIME_OUT_2 = 3,
	PCSC_PROPERTY_LCD_CHARACTERS = 4,
	PCSC_PROPERTY_LCD_LINES = 5,
	PCSC_PROPERTY_MIN_PIN = 6,
	PCSC_PROPERTY_MAX_PIN = 7,
	PCSC_PROPERTY_FIRMWARE = 8,
	PCSC_PROPERTY_PPDU = 9,
	PCSC_PROPERTY_MAX_APDU = 10,
	PCSC_PROPERTY_VENDOR = 11,
	PCSC_PROPERTY_PRODUCT = 12
};

/* Attributes (PC/SC part 3): class << 16 | tag. */
#define PCSC_ATTR_VENDOR_NAME          0x00010100UL
#define PCSC_ATTR_VENDOR_IFD_TYPE      0x00010101UL
#define PCSC_ATTR_VENDOR_IFD_VERSION   0x00010102UL
#define PCSC_ATTR_VENDOR_IFD_SERIAL_NO 0x00010103UL
#define PCSC_ATTR_CHANNEL_ID           0x00020110UL
#define PCSC_ATTR_ICC_PRESENCE         0x00090300UL
#define PCSC_ATTR_ICC_INTERFACE_STATUS 0x00090301UL
#define PCSC_ATTR_ATR_STRING           0x00090303UL
#define PCSC_ATTR_ATR_OLD              0x00000303UL /* libccid knows it, too */
#define PCSC_ATTR_MAXINPUT             0x0007A007UL
#define PCSC_ATTR_DEVICE_FRIENDLY_NAME 0x7FFF0003UL
#define PCSC_ATTR_DEVICE_SYSTEM_NAME   0x7FFF0004UL

#endif
