/* SPDX-License-Identifier: MIT */
/* Every reader of the corpora decodes to what their collectors read. */
#include "ccid_desc.h"

#include "corpus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA "ISCARD_TEST_DATA"

static void check(const struct corpus_table *t, const char *column, int base, uint32_t got)
{
	if (corpus_number(t, column, base) != got)
		fail_msg("%s: %s is %s, read as %lu", corpus_cell(t, "source"), column,
		         corpus_cell(t, column), (unsigned long)got);
}

static void check_fields(const struct corpus_table *t, const struct ccid_class_desc *d)
{
	check(t, "desc_type", 16, d->type);
	check(t, "bcd_ccid", 16, d->bcd_ccid);
	check(t, "max_slot_index", 10, d->max_slot_index);
	check(t, "voltage_support", 16, d->voltage_support);
	check(t, "protocols", 16, d->protocols);
	check(t, "default_clock_khz", 10, d->default_clock_khz);
	check(t, "max_clock_khz", 10, d->max_clock_khz);
	check(t, "num_clocks", 10, d->num_clocks);
	check(t, "data_rate_bps", 10, d->data_rate_bps);
	check(t, "max_data_rate_bps", 10, d->max_data_rate_bps);
	check(t, "num_data_rates", 10, d->num_data_rates);
	check(t, "max_ifsd", 10, d->max_ifsd);
	check(t, "synch_protocols", 16, d->synch_protocols);
	check(t, "mechanical", 16, d->mechanical);
	check(t, "features", 16, d->features);
	check(t, "max_message_length", 10, d->max_message_len);
	check(t, "class_get_response", 16, d->class_get_response);
	check(t, "class_envelope", 16, d->class_envelope);
	check(t, "lcd_layout", 16, d->lcd_layout);
	check(t, "pin_support", 16, d->pin_support);
	check(t, "max_busy_slots", 10, d->max_busy_slots);
}

static void check_level(const struct corpus_table *t, const struct ccid_class_desc *d)
{
	static const char *const names[] = {
		[CCID_LEVEL_CHARACTER] = "char",
		[CCID_LEVEL_TPDU] = "tpdu",
		[CCID_LEVEL_SHORT_APDU] = "short-apdu",
		[CCID_LEVEL_EXTENDED_APDU] = "extended-apdu",
	};

	assert_string_equal(names[ccid_class_desc_level(d)], corpus_cell(t, "level"));
}

/* What a driver may rely on after clamping. */
static void check_usable(const struct ccid_class_desc *d)
{
	struct ccid_class_desc again = *d;

	assert_in_range(d->protocols, 1, 3);
	assert_in_range(d->voltage_support, 1, 7);
	assert_in_range(d->default_clock_khz, 1000, 20000);
	assert_true(d->max_clock_khz >= d->default_clock_khz);
	assert_true(d->data_rate_bps > 0 && d->max_data_rate_bps >= d->data_rate_bps);
	assert_true(d->max_ifsd <= 254);
	assert_in_range(d->max_message_len, 43, 65554);
	assert_in_range(d->max_busy_slots, 1, d->max_slot_index + 1u);
	assert_true((d->mechanical & ~0x0Fu) == 0);
	assert_int_equal(ccid_class_desc_clamp(&again) &
	                         ~(unsigned)(CCID_DESC_W_TYPE | CCID_DESC_W_BCD |
	                                     CCID_DESC_W_MESSAGE_LENGTH),
	                 0);
}

static void every_row_decodes_to_its_own_columns(void **state)
{
	struct corpus_table t;
	struct ccid_class_desc d;
	uint8_t desc[64];
	unsigned rows = 0;
	size_t n;

	(void)state;
	corpus_table_open(&t, DATA, "reader-descriptors.csv");
	while (corpus_table_next(&t)) {
		n = corpus_hex(corpus_cell(&t, "class_descriptor_hex"), desc, sizeof desc);
		assert_int_equal(ccid_class_desc_decode(&d, desc, n), 0);
		check_fields(&t, &d);
		check_level(&t, &d);
		(void)ccid_class_desc_clamp(&d);
		check_usable(&d);
		rows++;
	}
	print_message("%u descriptors\n", rows);
	assert_true(rows >= 444);
	free(t.text);
}

static void each_configuration_holds_a_reader_with_both_bulk_endpoints(void **state)
{
	char *text = corpus_load(DATA, "reader-configs.jsonl", NULL), *rest = text, *line;
	char hex[4096];
	uint8_t cfg[2048];
	unsigned found = 0;

	(void)state;
	while ((line = corpus_line(&rest)) != NULL) {
		struct ccid_interface itf;
		struct ccid_class_desc d;
		size_t len, pos = 0;

		if (!corpus_json_string(line, "config", hex, sizeof hex))
			continue;
		len = corpus_hex(hex, cfg, sizeof cfg);
		assert_int_equal(ccid_config_next(cfg, len, &pos, &itf), 1);
		assert_int_equal(itf.cls, 0x0B);
		assert_int_equal(itf.desc_type, 0x21);
		assert_int_equal(itf.bulk_in.address & 0x80, 0x80);
		assert_in_range(itf.bulk_out.address, 1, 15);
		assert_true(itf.bulk_in.max_packet == 64 || itf.bulk_in.max_packet == 512);
		assert_int_equal(ccid_class_desc_decode(&d, itf.desc, CCID_CLASS_DESC_LEN), 0);
		assert_int_equal(ccid_config_next(cfg, len, &pos, &itf), 0);
		found++;
	}
	print_message("%u configurations\n", found);
	assert_true(found >= 6);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_decodes_to_its_own_columns),
		cmocka_unit_test(each_configuration_holds_a_reader_with_both_bulk_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
