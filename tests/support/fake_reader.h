/* SPDX-License-Identifier: MIT */
/* The descriptors of a made-up reader, built from the standards and without proto/. */
#ifndef FAKE_READER_H
#define FAKE_READER_H

#include "transport.h"

/* What differs from reader to reader. Zero means the default. */
struct fake_reader {
	uint16_t vid, pid, bcd_device; /* default 1209:0001, which no quirk names */
	uint8_t slots;                 /* default 1 */
	uint8_t voltage;               /* default 07: all three */
	uint32_t protocols;            /* default 3 */
	uint32_t features;             /* no default: character level */
	uint32_t mechanical;
	uint32_t max_message;       /* default 271 */
	uint8_t class_get_response; /* default FF */
	uint16_t max_packet;        /* of the bulk endpoints, default 64 */
	uint8_t pin_support;
	uint8_t num_data_rates, num_clocks;
	uint8_t busy_slots; /* default 1 */
	bool no_interrupt;
};

/* Features of an ordinary reader of each level, automatic in everything. */
#define FAKE_AUTO     0x0000007Au
#define FAKE_TPDU     (FAKE_AUTO | 0x00010000u)
#define FAKE_SHORT    (FAKE_AUTO | 0x00020000u)
#define FAKE_EXTENDED (FAKE_AUTO | 0x00040000u)

struct fake_descriptors {
	uint8_t device[18];
	uint8_t config[9 + 9 + 54 + 3 * 7];
	size_t config_len;
};

/* Build the descriptors and point the fields of t at them: identity, interface, descriptors. */
void fake_reader_describe(struct ccid_transport *t, struct fake_descriptors *d,
                          const struct fake_reader *r);

#endif
