/* SPDX-License-Identifier: MIT */
#include "ccid_desc.h"

static const struct {
	unsigned bit;
	const char *text;
} warnings[CCID_DESC_W_COUNT] = {
	{CCID_DESC_W_TYPE, "bDescriptorType is not 21"},
	{CCID_DESC_W_BCD, "bcdCCID is neither 1.00 nor 1.10"},
	{CCID_DESC_W_SLOTS, "bMaxSlotIndex names more slots than are driven"},
	{CCID_DESC_W_VOLTAGE, "bVoltageSupport has reserved bits or names no voltage"},
	{CCID_DESC_W_PROTOCOLS, "dwProtocols has reserved bits or names neither T=0 nor T=1"},
	{CCID_DESC_W_CLOCK, "dwDefaultClock is outside 1000 to 20000 kHz, 3580 is taken"},
	{CCID_DESC_W_IFSD, "dwMaxIFSD is 0 or above 254"},
	{CCID_DESC_W_MESSAGE_LENGTH,
         "dwMaxCCIDMessageLength is too short for the exchange level, or above 65554"},
	{CCID_DESC_W_LEVEL, "dwFeatures names several exchange levels, the highest is taken"},
	{CCID_DESC_W_NEGOTIATION, "dwFeatures names both automatic negotiation and automatic PPS"},
	{CCID_DESC_W_MECHANICAL, "dwMechanical has reserved bits"},
	{CCID_DESC_W_BUSY_SLOTS, "bMaxCCIDBusySlots is 0, or more than there are slots"},
	{CCID_DESC_W_RATES, "dwDataRate is 0, or dwMaxDataRate is below it"},
	{CCID_DESC_W_LENGTH, "bLength is not 54"},
	{CCID_DESC_W_PIN_SUPPORT, "bPINSupport has reserved bits"},
};

const char *ccid_desc_warning_text(unsigned bit)
{
	for (size_t i = 0; i < CCID_DESC_W_COUNT; i++)
		if (warnings[i].bit == bit)
			return warnings[i].text;
	return NULL;
}

const char *ccid_level_name(enum ccid_level level)
{
	switch (level) {
	case CCID_LEVEL_CHARACTER: return "character";
	case CCID_LEVEL_TPDU: return "tpdu";
	case CCID_LEVEL_SHORT_APDU: return "short";
	case CCID_LEVEL_EXTENDED_APDU: return "extended";
	}
	return "?";
}

static const char *const features[32] = {
	[1] = "automatic parameter configuration",
	[2] = "automatic activation",
	[3] = "automatic voltage selection",
	[4] = "automatic clock change",
	[5] = "automatic baud rate change",
	[6] = "automatic parameter negotiation",
	[7] = "automatic PPS",
	[8] = "clock stop",
	[9] = "NAD other than 00",
	[10] = "automatic IFSD exchange",
	[11] = "USB-ICC",
	[16] = "TPDU level",
	[17] = "short APDU level",
	[18] = "short and extended APDU level",
	[20] = "wake-up on insertion and removal",
};

const char *ccid_feature_name(unsigned bit)
{
	return bit < 32 ? features[bit] : NULL;
}

const char *ccid_voltage_name(unsigned bit)
{
	static const char *const names[] = {"5 V", "3 V", "1.8 V"};

	return bit < sizeof names / sizeof names[0] ? names[bit] : NULL;
}
