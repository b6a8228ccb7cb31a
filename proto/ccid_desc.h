/* SPDX-License-Identifier: MIT */
/* The CCID class descriptor (USB CCID Rev 1.1, section 5.1) and where a configuration hides it. */
#ifndef CCID_DESC_H
#define CCID_DESC_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CCID_CLASS_DESC_LEN 54
#define CCID_SLOTS_MAX      32 /* slots that are driven; no known reader has more than 8 */

/* dwFeatures */
#define CCID_FEATURE_AUTO_CONFIG      0x00000002u /* parameters set from the ATR */
#define CCID_FEATURE_AUTO_ACTIVATION  0x00000004u /* ICC activated on insertion */
#define CCID_FEATURE_AUTO_VOLTAGE     0x00000008u
#define CCID_FEATURE_AUTO_CLOCK       0x00000010u
#define CCID_FEATURE_AUTO_BAUD        0x00000020u
#define CCID_FEATURE_AUTO_NEGOTIATION 0x00000040u /* reader does PPS and parameters by itself */
#define CCID_FEATURE_AUTO_PPS         0x00000080u /* reader does PPS from the current parameters */
#define CCID_FEATURE_CLOCK_STOP       0x00000100u
#define CCID_FEATURE_NAD              0x00000200u
#define CCID_FEATURE_AUTO_IFSD        0x00000400u
#define CCID_FEATURE_ICCD             0x00000800u
#define CCID_FEATURE_TPDU             0x00010000u
#define CCID_FEATURE_SHORT_APDU       0x00020000u
#define CCID_FEATURE_EXTENDED_APDU    0x00040000u
#define CCID_FEATURE_WAKE_UP          0x00100000u

/* dwMechanical */
#define CCID_MECH_ACCEPT  0x1u
#define CCID_MECH_EJECT   0x2u
#define CCID_MECH_CAPTURE 0x4u
#define CCID_MECH_LOCK    0x8u /* lock and unlock */

/* bVoltageSupport */
#define CCID_VOLT_5V  0x1u
#define CCID_VOLT_3V  0x2u
#define CCID_VOLT_1V8 0x4u

enum ccid_level {
	CCID_LEVEL_CHARACTER,
	CCID_LEVEL_TPDU,
	CCID_LEVEL_SHORT_APDU,
	CCID_LEVEL_EXTENDED_APDU,
};

struct ccid_class_desc {
	uint8_t length;             /* bLength */
	uint8_t type;               /* bDescriptorType: 0x21, on some readers 0xFF */
	uint16_t bcd_ccid;          /* bcdCCID */
	uint8_t max_slot_index;     /* bMaxSlotIndex: slots are 0..this */
	uint8_t voltage_support;    /* bVoltageSupport, CCID_VOLT_* */
	uint32_t protocols;         /* dwProtocols: bit 0 T=0, bit 1 T=1 */
	uint32_t default_clock_khz; /* dwDefaultClock */
	uint32_t max_clock_khz;     /* dwMaximumClock */
	uint8_t num_clocks;         /* bNumClockSupported */
	uint32_t data_rate_bps;     /* dwDataRate */
	uint32_t max_data_rate_bps; /* dwMaxDataRate */
	uint8_t num_data_rates;     /* bNumDataRatesSupported */
	uint32_t max_ifsd;          /* dwMaxIFSD */
	uint32_t synch_protocols;   /* dwSynchProtocols */
	uint32_t mechanical;        /* dwMechanical, CCID_MECH_* */
	uint32_t features;          /* dwFeatures, CCID_FEATURE_* */
	uint32_t max_message_len;   /* dwMaxCCIDMessageLength, header included */
	uint8_t class_get_response; /* bClassGetResponse, FF = echo */
	uint8_t class_envelope;     /* bClassEnvelope, FF = echo */
	uint16_t lcd_layout;        /* wLcdLayout: high byte lines, low byte characters a line */
	uint8_t pin_support;        /* bPINSupport: bit 0 verify, bit 1 modify */
	uint8_t max_busy_slots;     /* bMaxCCIDBusySlots */
};

/* What ccid_class_desc_clamp() had to change or doubts; a bit set. */
enum ccid_desc_warning {
	CCID_DESC_W_TYPE = 1u << 0,      /* bDescriptorType is not 0x21 */
	CCID_DESC_W_BCD = 1u << 1,       /* bcdCCID is neither 1.00 nor 1.10 */
	CCID_DESC_W_SLOTS = 1u << 2,     /* more slots than a driver accepts */
	CCID_DESC_W_VOLTAGE = 1u << 3,   /* reserved bits: masked; none left: all three assumed */
	CCID_DESC_W_PROTOCOLS = 1u << 4, /* reserved bits, or none: masked, T=0 and T=1 assumed */
	CCID_DESC_W_CLOCK = 1u << 5,     /* dwDefaultClock outside 1000..20000 kHz: 3580 */
	CCID_DESC_W_IFSD = 1u << 6,      /* dwMaxIFSD 0 with T=1: 32 taken; above 254: 254 taken */
	CCID_DESC_W_MESSAGE_LENGTH = 1u << 7, /* too short for the level, or above 65554 */
	CCID_DESC_W_LEVEL = 1u << 8,          /* several exchange levels: the highest is taken */
	CCID_DESC_W_NEGOTIATION = 1u << 9,    /* 0x40 and 0x80 both set */
	CCID_DESC_W_MECHANICAL = 1u << 10,    /* reserved bits in dwMechanical: ignored */
	CCID_DESC_W_BUSY_SLOTS = 1u << 11,    /* 0, or more than there are slots */
	CCID_DESC_W_RATES = 1u << 12,         /* dwMaxDataRate below dwDataRate, or a rate of 0 */
	CCID_DESC_W_LENGTH = 1u << 13,        /* bLength is not 54 */
	CCID_DESC_W_PIN_SUPPORT = 1u << 14,   /* reserved bits in bPINSupport */
};
#define CCID_DESC_W_COUNT 15

/* Decode the fields just as the device claims them. len may exceed 54; the rest is ignored.
 * CCID_E_SHORT below 54 bytes or bLength below 54; *out is written on success only. */
CCID_MUST_USE
int ccid_class_desc_decode(struct ccid_class_desc *out, const uint8_t *buf, size_t len);

/* Replace every value that would mislead a driver by the nearest usable one, in place.
 * dwMaxCCIDMessageLength is kept where it is merely too short for the level (some readers mean
 * it); below 43, where not every ATR fits, 271 is taken. Afterwards the reader has at most one
 * exchange level bit, at least one voltage, protocol and busy slot, and dwMaximumClock and
 * dwMaxDataRate are not below their defaults. Returns the warnings as a set of enum
 * ccid_desc_warning. */
unsigned ccid_class_desc_clamp(struct ccid_class_desc *d);

/* Text of one warning bit (static), NULL when bit is not exactly one of them. */
const char *ccid_desc_warning_text(unsigned bit);

/* The exchange level of dwFeatures; the highest when several bits are set. */
enum ccid_level ccid_class_desc_level(const struct ccid_class_desc *d);

/* "character", "tpdu", "short", "extended". Static. */
const char *ccid_level_name(enum ccid_level level);

/* Name of feature bit number bit (0..31, static), NULL when the specification gives it none. */
const char *ccid_feature_name(unsigned bit);

/* "5 V", "3 V", "1.8 V" for bit number 0..2 of bVoltageSupport (static), else NULL. */
const char *ccid_voltage_name(unsigned bit);

struct ccid_endpoint {
	uint8_t address;     /* bEndpointAddress; 0 = there is none */
	uint16_t max_packet; /* wMaxPacketSize, bits 0..10 */
	uint8_t interval;
};

/* One alternate setting of one interface that may be a CCID reader. */
struct ccid_interface {
	uint8_t config_value; /* bConfigurationValue */
	uint8_t number;       /* bInterfaceNumber */
	uint8_t alt;          /* bAlternateSetting */
	uint8_t cls, subcls, protocol;
	uint8_t name_index; /* iInterface */
	struct ccid_endpoint bulk_out, bulk_in, intr_in;
	const uint8_t *desc; /* the 54 class-descriptor bytes, a view into the configuration */
	uint8_t desc_type;   /* 0x21 or 0xFF */
};

/* Walk a configuration descriptor (USB 2.0, 9.6.3): each call yields the next interface setting
 * that carries a class descriptor (in interface, endpoint or configuration extra bytes) and is of
 * class 0x0B or 0xFF. *pos starts at 0. Returns 1 and fills *out, or 0 at the end; a malformed
 * record ends the walk, what came before it is used. A descriptor of type 0xFF counts only where
 * there is none of type 0x21; one in the configuration's extra bytes serves every interface that
 * has none. Of each kind of endpoint the first counts; an endpoint that can carry nothing
 * (number or packet size 0) counts as absent. Whether a class 0xFF interface is to be driven is
 * the caller's decision. Views in *out live as long as cfg. */
CCID_MUST_USE
int ccid_config_next(const uint8_t *cfg, size_t len, size_t *pos, struct ccid_interface *out);

#endif
