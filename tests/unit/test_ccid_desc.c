/* SPDX-License-Identifier: MIT */
#include "ccid_desc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Each field has bytes that occur nowhere else. */
static const uint8_t distinct[54] = {
	0x36, 0x21, 0x10, 0x01, 0x02, 0x07, 0x03, 0x04, 0x05, 0x06, 0x11, 0x12, 0x13, 0x14,
	0x21, 0x22, 0x23, 0x24, 0x25, 0x31, 0x32, 0x33, 0x34, 0x41, 0x42, 0x43, 0x44, 0x45,
	0x51, 0x52, 0x53, 0x54, 0x61, 0x62, 0x63, 0x64, 0x71, 0x72, 0x73, 0x74, 0x81, 0x82,
	0x83, 0x84, 0x91, 0x92, 0x93, 0x94, 0xA1, 0xA2, 0xB1, 0xB2, 0xC1, 0xD1,
};

/* A descriptor that a driver can take as it is. */
static struct ccid_class_desc sane(void)
{
	return (struct ccid_class_desc){
		.length = 54,
		.type = 0x21,
		.bcd_ccid = 0x0110,
		.voltage_support = 7,
		.protocols = 3,
		.default_clock_khz = 4000,
		.max_clock_khz = 8000,
		.data_rate_bps = 10752,
		.max_data_rate_bps = 344086,
		.max_ifsd = 254,
		.features = 0x000100FE & ~0x80u,
		.max_message_len = 271,
		.max_busy_slots = 1,
	};
}

#define FIELDS 22

static void flatten(const struct ccid_class_desc *d, uint32_t out[FIELDS])
{
	const uint32_t all[FIELDS] = {
		d->length,
		d->type,
		d->bcd_ccid,
		d->max_slot_index,
		d->voltage_support,
		d->protocols,
		d->default_clock_khz,
		d->max_clock_khz,
		d->num_clocks,
		d->data_rate_bps,
		d->max_data_rate_bps,
		d->num_data_rates,
		d->max_ifsd,
		d->synch_protocols,
		d->mechanical,
		d->features,
		d->max_message_len,
		d->class_get_response,
		d->class_envelope,
		d->lcd_layout,
		d->pin_support,
		d->max_busy_slots,
	};

	memcpy(out, all, sizeof all);
}

static void assert_same(const struct ccid_class_desc *a, const struct ccid_class_desc *b)
{
	uint32_t x[FIELDS], y[FIELDS];

	flatten(a, x);
	flatten(b, y);
	assert_memory_equal(x, y, sizeof x);
}

static void every_field_is_where_the_standard_puts_it(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	assert_int_equal(ccid_class_desc_decode(&d, distinct, sizeof distinct), 0);
	assert_int_equal(d.length, 0x36);
	assert_int_equal(d.type, 0x21);
	assert_int_equal(d.bcd_ccid, 0x0110);
	assert_int_equal(d.max_slot_index, 2);
	assert_int_equal(d.voltage_support, 7);
	assert_true(d.protocols == 0x06050403);
	assert_true(d.default_clock_khz == 0x14131211);
	assert_true(d.max_clock_khz == 0x24232221);
	assert_int_equal(d.num_clocks, 0x25);
	assert_true(d.data_rate_bps == 0x34333231);
	assert_true(d.max_data_rate_bps == 0x44434241);
	assert_int_equal(d.num_data_rates, 0x45);
	assert_true(d.max_ifsd == 0x54535251);
	assert_true(d.synch_protocols == 0x64636261);
	assert_true(d.mechanical == 0x74737271);
	assert_true(d.features == 0x84838281);
	assert_true(d.max_message_len == 0x94939291);
	assert_int_equal(d.class_get_response, 0xA1);
	assert_int_equal(d.class_envelope, 0xA2);
	assert_int_equal(d.lcd_layout, 0xB2B1);
	assert_int_equal(d.pin_support, 0xC1);
	assert_int_equal(d.max_busy_slots, 0xD1);
}

static void short_input_is_refused_and_stores_nothing(void **state)
{
	struct ccid_class_desc d = {.length = 0x99};
	uint8_t longer[55], claims[54];

	(void)state;
	for (size_t len = 0; len < sizeof distinct; len++)
		assert_int_equal(ccid_class_desc_decode(&d, distinct, len), CCID_E_SHORT);
	assert_int_equal(ccid_class_desc_decode(&d, NULL, 0), CCID_E_SHORT);
	memcpy(claims, distinct, sizeof claims);
	claims[0] = 53;
	assert_int_equal(ccid_class_desc_decode(&d, claims, sizeof claims), CCID_E_SHORT);
	assert_int_equal(d.length, 0x99);
	memcpy(longer, distinct, sizeof distinct);
	longer[54] = 0xEE;
	assert_int_equal(ccid_class_desc_decode(&d, longer, sizeof longer), 0);
	assert_int_equal(d.max_busy_slots, 0xD1);
}

static void a_sane_descriptor_passes_unchanged(void **state)
{
	struct ccid_class_desc d = sane(), before = sane();

	(void)state;
	assert_int_equal(ccid_class_desc_clamp(&d), 0);
	assert_same(&d, &before);
}

/* Clamp sane() with one field changed; d holds the result. */
#define CLAMP(field, value, warning)                                                               \
	do {                                                                                       \
		d = sane();                                                                        \
		d.field = value;                                                                   \
		assert_int_equal(ccid_class_desc_clamp(&d), warning);                              \
	} while (0)

static void odd_heads_are_doubted(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(length, 55, CCID_DESC_W_LENGTH);
	assert_int_equal(d.length, 54);
	CLAMP(type, 0xFF, CCID_DESC_W_TYPE);
	assert_int_equal(d.type, 0xFF);
	CLAMP(bcd_ccid, 0x0101, CCID_DESC_W_BCD);
	CLAMP(bcd_ccid, 0x1000, CCID_DESC_W_BCD);
	CLAMP(bcd_ccid, 0x0100, 0);
}

static void slots_are_bounded(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(max_slot_index, 31, 0);
	CLAMP(max_slot_index, 32, CCID_DESC_W_SLOTS);
	assert_int_equal(d.max_slot_index, 31);
	CLAMP(max_slot_index, 255, CCID_DESC_W_SLOTS);
	assert_int_equal(d.max_slot_index, 31);
}

static void busy_slots_lie_between_one_and_the_slots(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(max_busy_slots, 0, CCID_DESC_W_BUSY_SLOTS);
	assert_int_equal(d.max_busy_slots, 1);
	CLAMP(max_busy_slots, 5, CCID_DESC_W_BUSY_SLOTS);
	assert_int_equal(d.max_busy_slots, 1);
	d = sane();
	d.max_slot_index = 7;
	d.max_busy_slots = 8;
	assert_int_equal(ccid_class_desc_clamp(&d), 0);
	assert_int_equal(d.max_busy_slots, 8);
}

static void an_unknown_voltage_means_all(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(voltage_support, 0, CCID_DESC_W_VOLTAGE);
	assert_int_equal(d.voltage_support, 7);
	CLAMP(voltage_support, 0xF8, CCID_DESC_W_VOLTAGE);
	assert_int_equal(d.voltage_support, 7);
	CLAMP(voltage_support, 0x12, CCID_DESC_W_VOLTAGE);
	assert_int_equal(d.voltage_support, CCID_VOLT_3V);
	CLAMP(voltage_support, CCID_VOLT_1V8, 0);
}

static void protocols_are_masked_and_never_none(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(protocols, 0x00020003, CCID_DESC_W_PROTOCOLS);
	assert_int_equal(d.protocols, 3);
	CLAMP(protocols, 0x0300, CCID_DESC_W_PROTOCOLS);
	assert_int_equal(d.protocols, 3);
	CLAMP(protocols, 0, CCID_DESC_W_PROTOCOLS);
	assert_int_equal(d.protocols, 3);
	CLAMP(protocols, 0x10002, CCID_DESC_W_PROTOCOLS);
	assert_int_equal(d.protocols, 2);
}

static void a_clock_that_cannot_be_is_3580(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(default_clock_khz, 1000, 0);
	CLAMP(default_clock_khz, 999, CCID_DESC_W_CLOCK);
	assert_int_equal(d.default_clock_khz, 3580);
	CLAMP(default_clock_khz, 0, CCID_DESC_W_CLOCK);
	assert_int_equal(d.default_clock_khz, 3580);
	CLAMP(default_clock_khz, 20000, 0);
	assert_int_equal(d.max_clock_khz, 20000);
	CLAMP(default_clock_khz, 20001, CCID_DESC_W_CLOCK);
	assert_int_equal(d.default_clock_khz, 3580);
	CLAMP(default_clock_khz, UINT32_MAX, CCID_DESC_W_CLOCK);
	assert_int_equal(d.max_clock_khz, 8000);
}

static void rates_are_never_zero_nor_reversed(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(data_rate_bps, 0, CCID_DESC_W_RATES);
	assert_int_equal(d.data_rate_bps, 4000000 / 372);
	CLAMP(max_data_rate_bps, 0, CCID_DESC_W_RATES);
	assert_int_equal(d.max_data_rate_bps, 10752);
	CLAMP(max_data_rate_bps, 10751, CCID_DESC_W_RATES);
	assert_int_equal(d.max_data_rate_bps, 10752);
	CLAMP(max_data_rate_bps, 10752, 0);
}

static void ifsd_fits_a_t1_block(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(max_ifsd, 0, CCID_DESC_W_IFSD);
	assert_int_equal(d.max_ifsd, 32);
	CLAMP(max_ifsd, 1, 0);
	CLAMP(max_ifsd, 255, CCID_DESC_W_IFSD);
	assert_int_equal(d.max_ifsd, 254);
	CLAMP(max_ifsd, UINT32_MAX, CCID_DESC_W_IFSD);
	assert_int_equal(d.max_ifsd, 254);
	d = sane();
	d.protocols = 1;
	d.max_ifsd = 0;
	assert_int_equal(ccid_class_desc_clamp(&d), 0);
}

static void several_levels_mean_the_highest(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(features, 0x00030002, CCID_DESC_W_LEVEL);
	assert_true(d.features == 0x00020002);
	CLAMP(features, 0x00050000, CCID_DESC_W_LEVEL);
	assert_true(d.features == 0x00040000);
	CLAMP(features, 0x00070100, CCID_DESC_W_LEVEL);
	assert_true(d.features == 0x00040100);
	CLAMP(features, 0x00040000, 0);
	CLAMP(features, 0, 0);
}

static void negotiation_beats_automatic_pps(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(features, 0x000100C2, CCID_DESC_W_NEGOTIATION);
	assert_true(d.features == 0x00010042);
	CLAMP(features, 0x00010080, 0);
	CLAMP(features, 0x00010040, 0);
}

static void reserved_mechanics_are_ignored(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(mechanical, 0x03000000, CCID_DESC_W_MECHANICAL);
	assert_int_equal(d.mechanical, 0);
	CLAMP(mechanical, 0x12, CCID_DESC_W_MECHANICAL);
	assert_int_equal(d.mechanical, CCID_MECH_EJECT);
	CLAMP(mechanical, 0x0F, 0);
	assert_int_equal(d.mechanical, 0x0F);
}

static void reserved_pin_support_is_ignored(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(pin_support, 0xFF, CCID_DESC_W_PIN_SUPPORT);
	assert_int_equal(d.pin_support, 3);
	CLAMP(pin_support, 3, 0);
}

static void a_message_length_below_the_level_is_doubted_and_kept(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(max_message_len, 270, 0);
	CLAMP(max_message_len, 269, CCID_DESC_W_MESSAGE_LENGTH);
	assert_int_equal(d.max_message_len, 269);
	CLAMP(max_message_len, 64, CCID_DESC_W_MESSAGE_LENGTH);
	assert_int_equal(d.max_message_len, 64);
	for (uint32_t level = CCID_FEATURE_SHORT_APDU; level <= CCID_FEATURE_EXTENDED_APDU;
	     level <<= 1) {
		d = sane();
		d.features = level;
		d.max_message_len = 270;
		assert_int_equal(ccid_class_desc_clamp(&d), CCID_DESC_W_MESSAGE_LENGTH);
		d.max_message_len = 271;
		assert_int_equal(ccid_class_desc_clamp(&d), 0);
	}
	d = sane();
	d.features = 0;
	d.max_message_len = 138;
	assert_int_equal(ccid_class_desc_clamp(&d), 0);
}

static void a_message_length_that_cannot_be_is_replaced(void **state)
{
	struct ccid_class_desc d;

	(void)state;
	CLAMP(max_message_len, 0, CCID_DESC_W_MESSAGE_LENGTH);
	assert_int_equal(d.max_message_len, 271);
	CLAMP(max_message_len, 42, CCID_DESC_W_MESSAGE_LENGTH);
	assert_int_equal(d.max_message_len, 271);
	CLAMP(max_message_len, 65554, 0);
	CLAMP(max_message_len, 65555, CCID_DESC_W_MESSAGE_LENGTH);
	assert_int_equal(d.max_message_len, 65554);
	CLAMP(max_message_len, UINT32_MAX, CCID_DESC_W_MESSAGE_LENGTH);
	assert_int_equal(d.max_message_len, 65554);
}

static void clamping_twice_changes_nothing_more(void **state)
{
	struct ccid_class_desc d, once;

	(void)state;
	assert_int_equal(ccid_class_desc_decode(&d, distinct, sizeof distinct), 0);
	assert_int_not_equal(ccid_class_desc_clamp(&d), 0);
	once = d;
	assert_int_equal(ccid_class_desc_clamp(&d), 0);
	assert_same(&d, &once);
}

static void every_warning_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CCID_DESC_W_COUNT; i++) {
		assert_non_null(ccid_desc_warning_text(1u << i));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(ccid_desc_warning_text(1u << i),
			                        ccid_desc_warning_text(1u << j));
	}
	assert_null(ccid_desc_warning_text(0));
	assert_null(ccid_desc_warning_text(3));
	assert_null(ccid_desc_warning_text(1u << CCID_DESC_W_COUNT));
}

static void levels_follow_the_features(void **state)
{
	struct ccid_class_desc d = {.features = 0xFFF8FFFF};

	(void)state;
	assert_int_equal(ccid_class_desc_level(&d), CCID_LEVEL_CHARACTER);
	d.features = 0x00010000;
	assert_int_equal(ccid_class_desc_level(&d), CCID_LEVEL_TPDU);
	d.features = 0x00030000;
	assert_int_equal(ccid_class_desc_level(&d), CCID_LEVEL_SHORT_APDU);
	d.features = 0x00070000;
	assert_int_equal(ccid_class_desc_level(&d), CCID_LEVEL_EXTENDED_APDU);
	assert_string_equal(ccid_level_name(CCID_LEVEL_CHARACTER), "character");
	assert_string_equal(ccid_level_name(CCID_LEVEL_TPDU), "tpdu");
	assert_string_equal(ccid_level_name(CCID_LEVEL_SHORT_APDU), "short");
	assert_string_equal(ccid_level_name(CCID_LEVEL_EXTENDED_APDU), "extended");
}

static void defined_feature_bits_have_names(void **state)
{
	const uint32_t defined = 0x00170FFE;

	(void)state;
	for (unsigned bit = 0; bit < 40; bit++) {
		if (bit < 32 && (defined >> bit & 1))
			assert_non_null(ccid_feature_name(bit));
		else
			assert_null(ccid_feature_name(bit));
	}
	assert_string_equal(ccid_feature_name(7), "automatic PPS");
	assert_string_equal(ccid_feature_name(16), "TPDU level");
}

static void voltages_have_names(void **state)
{
	(void)state;
	assert_string_equal(ccid_voltage_name(0), "5 V");
	assert_string_equal(ccid_voltage_name(1), "3 V");
	assert_string_equal(ccid_voltage_name(2), "1.8 V");
	assert_null(ccid_voltage_name(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_where_the_standard_puts_it),
		cmocka_unit_test(short_input_is_refused_and_stores_nothing),
		cmocka_unit_test(a_sane_descriptor_passes_unchanged),
		cmocka_unit_test(odd_heads_are_doubted),
		cmocka_unit_test(slots_are_bounded),
		cmocka_unit_test(busy_slots_lie_between_one_and_the_slots),
		cmocka_unit_test(an_unknown_voltage_means_all),
		cmocka_unit_test(protocols_are_masked_and_never_none),
		cmocka_unit_test(a_clock_that_cannot_be_is_3580),
		cmocka_unit_test(rates_are_never_zero_nor_reversed),
		cmocka_unit_test(ifsd_fits_a_t1_block),
		cmocka_unit_test(several_levels_mean_the_highest),
		cmocka_unit_test(negotiation_beats_automatic_pps),
		cmocka_unit_test(reserved_mechanics_are_ignored),
		cmocka_unit_test(reserved_pin_support_is_ignored),
		cmocka_unit_test(a_message_length_below_the_level_is_doubted_and_kept),
		cmocka_unit_test(a_message_length_that_cannot_be_is_replaced),
		cmocka_unit_test(clamping_twice_changes_nothing_more),
		cmocka_unit_test(every_warning_has_a_text_of_its_own),
		cmocka_unit_test(levels_follow_the_features),
		cmocka_unit_test(defined_feature_bits_have_names),
		cmocka_unit_test(voltages_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
