/* SPDX-License-Identifier: MIT */
/* What historical bytes say (ISO/IEC 7816-4:2013, 12.1.1; PC/SC part 3, 3.1.3.2.3). */
#ifndef CLI_ATR_HISTORY_H
#define CLI_ATR_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_HISTORY_OBJECTS 8

/* A compact-TLV data object. */
struct cli_history_object {
	uint8_t tag; /* 0..15 */
	const uint8_t *value;
	uint8_t len;
};

struct cli_history {
	const char *
		category; /* "none", "status", "dir", "compact-tlv", "contactless-memory", "proprietary" */
	struct cli_history_object objects[CLI_HISTORY_OBJECTS];
	unsigned count;
	bool broken;           /* an object runs past the end */
	const uint8_t *status; /* three bytes at the end of category 00, else NULL */
	/* of the object "card capabilities"; false without */
	bool has_capabilities, chaining, extended_lengths;
	/* of a contactless memory card */
	uint8_t standard;
	uint16_t card_name;
};

/* Views in *out live as long as bytes. */
void cli_history_read(struct cli_history *out, const uint8_t *bytes, size_t len);

/* Names; static, never NULL. */
const char *cli_history_tag_name(uint8_t tag);
const char *cli_history_card_name(uint16_t name);

#endif
