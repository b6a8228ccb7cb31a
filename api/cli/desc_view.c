/* SPDX-License-Identifier: MIT */
#include "desc_view.h"

#include <stddef.h>
#include <string.h>

#define FIELD(label, member, how)                                                                  \
	{                                                                                          \
		label, offsetof(struct ccid_class_desc, member),                                   \
			sizeof((struct ccid_class_desc *)NULL)->member, how                        \
	}

/* How people read a field. */
enum format {
	DECIMAL,
	HEX,
	BCD
};

static const struct field {
	const char *name; /* as in the specification, 5.1 */
	size_t offset, size;
	enum format format;
} fields[] = {
	FIELD("bLength", length, DECIMAL),
	FIELD("bDescriptorType", type, HEX),
	FIELD("bcdCCID", bcd_ccid, BCD),
	FIELD("bMaxSlotIndex", max_slot_index, DECIMAL),
	FIELD("bVoltageSupport", voltage_support, HEX),
	FIELD("dwProtocols", protocols, HEX),
	FIELD("dwDefaultClock", default_clock_khz, DECIMAL),
	FIELD("dwMaximumClock", max_clock_khz, DECIMAL),
	FIELD("bNumClockSupported", num_clocks, DECIMAL),
	FIELD("dwDataRate", data_rate_bps, DECIMAL),
	FIELD("dwMaxDataRate", max_data_rate_bps, DECIMAL),
	FIELD("bNumDataRatesSupported", num_data_rates, DECIMAL),
	FIELD("dwMaxIFSD", max_ifsd, DECIMAL),
	FIELD("dwSynchProtocols", synch_protocols, HEX),
	FIELD("dwMechanical", mechanical, HEX),
	FIELD("dwFeatures", features, HEX),
	FIELD("dwMaxCCIDMessageLength", max_message_len, DECIMAL),
	FIELD("bClassGetResponse", class_get_response, HEX),
	FIELD("bClassEnvelope", class_envelope, HEX),
	FIELD("wLcdLayout", lcd_layout, HEX),
	FIELD("bPINSupport", pin_support, HEX),
	FIELD("bMaxCCIDBusySlots", max_busy_slots, DECIMAL),
};

#define FIELDS (sizeof fields / sizeof *fields)

static uint32_t field_value(const struct ccid_class_desc *d, const struct field *f)
{
	const unsigned char *at = (const unsigned char *)d + f->offset;
	uint16_t u16;
	uint32_t u32;

	if (f->size == sizeof(uint8_t))
		return *at;
	if (f->size == sizeof u16) {
		memcpy(&u16, at, sizeof u16);
		return u16;
	}
	memcpy(&u32, at, sizeof u32);
	return u32;
}

static unsigned warnings_of(const struct ccid_class_desc *claims)
{
	struct ccid_class_desc d = *claims;

	return ccid_class_desc_clamp(&d);
}

/* A feature bit's name; "bit N" for one that the specification does not name. */
static const char *feature_name(unsigned bit, char unnamed[16])
{
	const char *name = ccid_feature_name(bit);

	if (name != NULL)
		return name;
	snprintf(unnamed, 16, "bit %u", bit);
	return unnamed;
}

static void put_features(struct cli_json *j, uint32_t features)
{
	char unnamed[16];

	cli_json_array(j, "features");
	for (unsigned i = 0; i < 32; i++)
		if ((features >> i & 1) != 0)
			cli_json_string(j, NULL, feature_name(i, unnamed));
	cli_json_end_array(j);
}

static void put_warnings(struct cli_json *j, unsigned warnings)
{
	cli_json_array(j, "warnings");
	for (unsigned i = 0; i < CCID_DESC_W_COUNT; i++)
		if ((warnings >> i & 1) != 0)
			cli_json_string(j, NULL, ccid_desc_warning_text(1u << i));
	cli_json_end_array(j);
}

void cli_desc_json(struct cli_json *j, const struct ccid_class_desc *claims)
{
	for (size_t i = 0; i < FIELDS; i++)
		cli_json_number(j, fields[i].name, field_value(claims, &fields[i]));
	cli_json_string(j, "exchange_level", ccid_level_name(ccid_class_desc_level(claims)));
	put_features(j, claims->features);
	cli_json_bool(j, "can_eject", (claims->mechanical & CCID_MECH_EJECT) != 0);
	put_warnings(j, warnings_of(claims));
}

void cli_desc_json_nothing(struct cli_json *j)
{
	static const char *const rest[] = {"exchange_level", "features", "can_eject", "warnings"};

	for (size_t i = 0; i < FIELDS; i++)
		cli_json_null(j, fields[i].name);
	for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
		cli_json_null(j, rest[i]);
}

static void print_field(FILE *f, const struct field *field, uint32_t v)
{
	fprintf(f, "  %-23s ", field->name);
	if (field->format == BCD)
		fprintf(f, "%x.%02x\n", (unsigned)v >> 8, (unsigned)v & 0xFF);
	else if (field->format == HEX)
		fprintf(f, "0x%0*X\n", (int)field->size * 2, (unsigned)v);
	else
		fprintf(f, "%u\n", (unsigned)v);
}

void cli_desc_print(FILE *f, const struct ccid_class_desc *claims)
{
	unsigned warnings = warnings_of(claims);
	char unnamed[16];

	for (size_t i = 0; i < FIELDS; i++)
		print_field(f, &fields[i], field_value(claims, &fields[i]));
	fprintf(f, "  exchange level: %s\n", ccid_level_name(ccid_class_desc_level(claims)));
	fputs("  features:\n", f);
	for (unsigned i = 0; i < 32; i++)
		if ((claims->features >> i & 1) != 0)
			fprintf(f, "    %s\n", feature_name(i, unnamed));
	fprintf(f, "  can eject cards: %s\n",
	        (claims->mechanical & CCID_MECH_EJECT) != 0 ? "yes" : "no");
	for (unsigned i = 0; i < CCID_DESC_W_COUNT; i++)
		if ((warnings >> i & 1) != 0)
			fprintf(f, "  ! %s\n", ccid_desc_warning_text(1u << i));
}
