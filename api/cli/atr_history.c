/* SPDX-License-Identifier: MIT */
#include "atr_history.h"

#include <string.h>

#define TAG_CAPABILITIES 7

static void take_capabilities(struct cli_history *h, const struct cli_history_object *o)
{
	if (o->tag != TAG_CAPABILITIES || o->len == 0)
		return;
	h->has_capabilities = true;
	if (o->len >= 3) {
		h->chaining = (o->value[2] & 0x80) != 0;
		h->extended_lengths = (o->value[2] & 0x40) != 0;
	}
}

static void read_objects(struct cli_history *h, const uint8_t *p, size_t len)
{
	while (len > 0 && h->count < CLI_HISTORY_OBJECTS) {
		struct cli_history_object *o = &h->objects[h->count];

		o->tag = p[0] >> 4;
		o->len = p[0] & 0x0F;
		o->value = p + 1;
		if (o->len > len - 1) {
			h->broken = true;
			return;
		}
		take_capabilities(h, o);
		p += 1 + o->len;
		len -= 1u + o->len;
		h->count++;
	}
}

/* 4F 0C A0 00 00 03 06 SS NN NN ..: an application identifier of the PC/SC workgroup. */
static bool read_memory_card(struct cli_history *h, const uint8_t *p, size_t len)
{
	static const uint8_t head[] = {0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06};

	if (len < sizeof head + 3 || memcmp(p, head, sizeof head) != 0)
		return false;
	h->category = "contactless-memory";
	h->standard = p[8];
	h->card_name = (uint16_t)(p[9] << 8 | p[10]);
	return true;
}

void cli_history_read(struct cli_history *out, const uint8_t *bytes, size_t len)
{
	*out = (struct cli_history){.category = "none"};
	if (len == 0 || read_memory_card(out, bytes, len))
		return;
	out->category = "proprietary";
	if (bytes[0] == 0x80) {
		out->category = "compact-tlv";
		read_objects(out, bytes + 1, len - 1);
	} else if (bytes[0] == 0x00 && len >= 4) {
		out->category = "status";
		out->status = bytes + len - 3;
		read_objects(out, bytes + 1, len - 4);
	} else if (bytes[0] == 0x10) {
		out->category = "dir";
	}
}

const char *cli_history_tag_name(uint8_t tag)
{
	static const char *const names[16] = {
		[1] = "country code",
		[2] = "issuer identification number",
		[3] = "card service data",
		[4] = "initial access data",
		[5] = "card issuer's data",
		[6] = "pre-issuing data",
		[7] = "card capabilities",
		[8] = "status indicator",
		[15] = "application identifier",
	};
	const char *name = names[tag & 0x0F];

	return name == NULL ? "reserved" : name;
}

const char *cli_history_card_name(uint16_t name)
{
	static const struct {
		uint16_t number;
		const char *name;
	} cards[] = {
		{0x0001, "MIFARE Classic 1K"},   {0x0002, "MIFARE Classic 4K"},
		{0x0003, "MIFARE Ultralight"},   {0x0026, "MIFARE Mini"},
		{0x003A, "MIFARE Ultralight C"}, {0xF004, "Topaz or Jewel"},
		{0xF011, "FeliCa 212K"},         {0xF012, "FeliCa 424K"},
	};

	for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
		if (cards[i].number == name)
			return cards[i].name;
	return "unknown card name";
}
