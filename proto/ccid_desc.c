/* SPDX-License-Identifier: MIT */
#include "ccid_desc.h"

#include "bytes.h"

#define LEVEL_BITS (CCID_FEATURE_TPDU | CCID_FEATURE_SHORT_APDU | CCID_FEATURE_EXTENDED_APDU)

#define VOLT_ALL       (CCID_VOLT_5V | CCID_VOLT_3V | CCID_VOLT_1V8)
#define MECH_ALL       (CCID_MECH_ACCEPT | CCID_MECH_EJECT | CCID_MECH_CAPTURE | CCID_MECH_LOCK)
#define PIN_ALL        0x03u
#define PROTOCOLS_ALL  0x3u
#define PROTOCOL_T1    0x2u
#define CLOCK_MIN      1000u
#define CLOCK_MAX      20000u
#define CLOCK_NORM     3580u
#define IFSD_DEFAULT   32u
#define IFSD_MAX       254u
#define MESSAGE_ATR    (10u + 33u)       /* the shortest that still brings every ATR */
#define MESSAGE_TPDU   (10u + 5u + 255u) /* T=0: header and data */
#define MESSAGE_APDU   (10u + 5u + 255u + 1u)
#define MESSAGE_MAX    (10u + 65544u)
#define INITIAL_CYCLES 372u /* clock cycles of the initial etu */

int ccid_class_desc_decode(struct ccid_class_desc *out, const uint8_t *buf, size_t len)
{
	struct ccid_rd r = ccid_rd(buf, len);
	struct ccid_class_desc d;

	d.length = ccid_rd_u8(&r);
	d.type = ccid_rd_u8(&r);
	d.bcd_ccid = ccid_rd_le16(&r);
	d.max_slot_index = ccid_rd_u8(&r);
	d.voltage_support = ccid_rd_u8(&r);
	d.protocols = ccid_rd_le32(&r);
	d.default_clock_khz = ccid_rd_le32(&r);
	d.max_clock_khz = ccid_rd_le32(&r);
	d.num_clocks = ccid_rd_u8(&r);
	d.data_rate_bps = ccid_rd_le32(&r);
	d.max_data_rate_bps = ccid_rd_le32(&r);
	d.num_data_rates = ccid_rd_u8(&r);
	d.max_ifsd = ccid_rd_le32(&r);
	d.synch_protocols = ccid_rd_le32(&r);
	d.mechanical = ccid_rd_le32(&r);
	d.features = ccid_rd_le32(&r);
	d.max_message_len = ccid_rd_le32(&r);
	d.class_get_response = ccid_rd_u8(&r);
	d.class_envelope = ccid_rd_u8(&r);
	d.lcd_layout = ccid_rd_le16(&r);
	d.pin_support = ccid_rd_u8(&r);
	d.max_busy_slots = ccid_rd_u8(&r);
	if (r.bad || d.length < CCID_CLASS_DESC_LEN)
		return CCID_E_SHORT;
	*out = d;
	return 0;
}

enum ccid_level ccid_class_desc_level(const struct ccid_class_desc *d)
{
	if (d->features & CCID_FEATURE_EXTENDED_APDU)
		return CCID_LEVEL_EXTENDED_APDU;
	if (d->features & CCID_FEATURE_SHORT_APDU)
		return CCID_LEVEL_SHORT_APDU;
	if (d->features & CCID_FEATURE_TPDU)
		return CCID_LEVEL_TPDU;
	return CCID_LEVEL_CHARACTER;
}

static unsigned clamp_head(struct ccid_class_desc *d)
{
	unsigned w = 0;

	if (d->length != CCID_CLASS_DESC_LEN)
		w |= CCID_DESC_W_LENGTH;
	d->length = CCID_CLASS_DESC_LEN;
	if (d->type != 0x21)
		w |= CCID_DESC_W_TYPE;
	if (d->bcd_ccid != 0x0100 && d->bcd_ccid != 0x0110)
		w |= CCID_DESC_W_BCD;
	return w;
}

static unsigned clamp_slots(struct ccid_class_desc *d)
{
	unsigned w = 0;

	if (d->max_slot_index >= CCID_SLOTS_MAX) {
		d->max_slot_index = CCID_SLOTS_MAX - 1;
		w |= CCID_DESC_W_SLOTS;
	}
	if (d->max_busy_slots == 0) {
		d->max_busy_slots = 1;
		w |= CCID_DESC_W_BUSY_SLOTS;
	}
	if (d->max_busy_slots > d->max_slot_index + 1) {
		d->max_busy_slots = (uint8_t)(d->max_slot_index + 1);
		w |= CCID_DESC_W_BUSY_SLOTS;
	}
	return w;
}

/* Keep the bits the specification defines; when none is left take fallback. */
static unsigned clamp_bits(uint32_t *v, uint32_t defined, uint32_t fallback, unsigned warning)
{
	uint32_t kept = *v & defined;

	if (kept == 0)
		kept = fallback;
	if (kept == *v)
		return 0;
	*v = kept;
	return warning;
}

static unsigned clamp_bit_fields(struct ccid_class_desc *d)
{
	uint32_t volts = d->voltage_support, pin = d->pin_support;
	unsigned w = 0;

	w |= clamp_bits(&volts, VOLT_ALL, VOLT_ALL, CCID_DESC_W_VOLTAGE);
	w |= clamp_bits(&d->protocols, PROTOCOLS_ALL, PROTOCOLS_ALL, CCID_DESC_W_PROTOCOLS);
	w |= clamp_bits(&d->mechanical, MECH_ALL, 0, CCID_DESC_W_MECHANICAL);
	w |= clamp_bits(&pin, PIN_ALL, 0, CCID_DESC_W_PIN_SUPPORT);
	d->voltage_support = (uint8_t)volts;
	d->pin_support = (uint8_t)pin;
	return w;
}

static unsigned clamp_features(struct ccid_class_desc *d)
{
	static const uint32_t level_bit[] = {0, CCID_FEATURE_TPDU, CCID_FEATURE_SHORT_APDU,
	                                     CCID_FEATURE_EXTENDED_APDU};
	uint32_t level = level_bit[ccid_class_desc_level(d)];
	unsigned w = 0;

	if ((d->features & LEVEL_BITS) != level) {
		d->features = (d->features & ~LEVEL_BITS) | level;
		w |= CCID_DESC_W_LEVEL;
	}
	if ((d->features & CCID_FEATURE_AUTO_NEGOTIATION) &&
	    (d->features & CCID_FEATURE_AUTO_PPS)) {
		d->features &= ~CCID_FEATURE_AUTO_PPS;
		w |= CCID_DESC_W_NEGOTIATION;
	}
	return w;
}

static unsigned clamp_speed(struct ccid_class_desc *d)
{
	unsigned w = 0;

	if (d->default_clock_khz < CLOCK_MIN || d->default_clock_khz > CLOCK_MAX) {
		d->default_clock_khz = CLOCK_NORM;
		w |= CCID_DESC_W_CLOCK;
	}
	if (d->max_clock_khz < d->default_clock_khz)
		d->max_clock_khz = d->default_clock_khz;
	if (d->data_rate_bps == 0) {
		d->data_rate_bps = d->default_clock_khz * 1000u / INITIAL_CYCLES;
		w |= CCID_DESC_W_RATES;
	}
	if (d->max_data_rate_bps < d->data_rate_bps) {
		d->max_data_rate_bps = d->data_rate_bps;
		w |= CCID_DESC_W_RATES;
	}
	return w;
}

static uint32_t level_needs(enum ccid_level level)
{
	switch (level) {
	case CCID_LEVEL_CHARACTER: return MESSAGE_ATR;
	case CCID_LEVEL_TPDU: return MESSAGE_TPDU;
	case CCID_LEVEL_SHORT_APDU:
	case CCID_LEVEL_EXTENDED_APDU: break;
	}
	return MESSAGE_APDU;
}

static unsigned clamp_lengths(struct ccid_class_desc *d)
{
	unsigned w = 0;

	if (d->max_ifsd == 0 && (d->protocols & PROTOCOL_T1)) {
		d->max_ifsd = IFSD_DEFAULT;
		w |= CCID_DESC_W_IFSD;
	}
	if (d->max_ifsd > IFSD_MAX) {
		d->max_ifsd = IFSD_MAX;
		w |= CCID_DESC_W_IFSD;
	}
	if (d->max_message_len < level_needs(ccid_class_desc_level(d)))
		w |= CCID_DESC_W_MESSAGE_LENGTH;
	if (d->max_message_len < MESSAGE_ATR)
		d->max_message_len = MESSAGE_APDU;
	if (d->max_message_len > MESSAGE_MAX) {
		d->max_message_len = MESSAGE_MAX;
		w |= CCID_DESC_W_MESSAGE_LENGTH;
	}
	return w;
}

unsigned ccid_class_desc_clamp(struct ccid_class_desc *d)
{
	unsigned w = 0;

	w |= clamp_head(d);
	w |= clamp_slots(d);
	w |= clamp_bit_fields(d);
	w |= clamp_features(d);
	w |= clamp_speed(d);
	w |= clamp_lengths(d);
	return w;
}
