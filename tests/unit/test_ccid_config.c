/* SPDX-License-Identifier: MIT */
#include "ccid_desc.h"

#include "corpus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONFIG   "09 02 0000 01 05 00 80 32 "
#define CCID     "09 04 00 00 03 0B 00 00 07 "
#define VENDOR   "09 04 00 00 03 FF FF FF 00 "
#define STORAGE  "09 04 00 00 02 08 06 50 00 "
#define BULK_OUT "07 05 01 02 4000 00 "
#define BULK_IN  "07 05 82 02 0002 00 "
#define INTR_IN  "07 05 83 03 0800 18 "
#define HID      "09 21 1001 00 01 22 4100 "

#define TAIL                                                                                       \
	"1001 00 07 03000000 A00F0000 A00F0000 00 002A0000 00164005 00 FE000000 00000000 "         \
	"00000000 30020100 0F010000 00 00 0000 00 01 "
#define DESC       "36 21 " TAIL
#define DESC_QUIRK "36 FF " TAIL
#define DESC_LONG  "38 21 " TAIL "AA BB "
#define DESC_SHORT                                                                                 \
	"35 21 1001 00 07 03000000 A00F0000 A00F0000 00 002A0000 00164005 00 FE000000 "            \
	"00000000 00000000 30020100 0F010000 00 00 0000 00 "

static uint8_t cfg[512];
static size_t cfg_len;

static void build(const char *hex)
{
	cfg_len = corpus_hex(hex, cfg, sizeof cfg);
	cfg[2] = (uint8_t)cfg_len;
	cfg[3] = (uint8_t)(cfg_len >> 8);
}

/* The n-th yield, counted from 0; *out as it stands when the walk ends. */
static int nth(unsigned n, struct ccid_interface *out)
{
	size_t pos = 0;
	int rc;

	do {
		rc = ccid_config_next(cfg, cfg_len, &pos, out);
	} while (rc == 1 && n-- > 0);
	return rc;
}

static size_t offset(const struct ccid_interface *itf)
{
	return (size_t)(itf->desc - cfg);
}

static void a_plain_reader_yields_every_field(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID DESC BULK_OUT BULK_IN INTR_IN);
	cfg[9 + 2] = 4; /* bInterfaceNumber */
	cfg[9 + 3] = 2; /* bAlternateSetting */
	cfg[9 + 6] = 0x11;
	cfg[9 + 7] = 0x22;
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(itf.config_value, 5);
	assert_int_equal(itf.number, 4);
	assert_int_equal(itf.alt, 2);
	assert_int_equal(itf.cls, 0x0B);
	assert_int_equal(itf.subcls, 0x11);
	assert_int_equal(itf.protocol, 0x22);
	assert_int_equal(itf.name_index, 7);
	assert_int_equal(itf.bulk_out.address, 0x01);
	assert_int_equal(itf.bulk_out.max_packet, 64);
	assert_int_equal(itf.bulk_in.address, 0x82);
	assert_int_equal(itf.bulk_in.max_packet, 512);
	assert_int_equal(itf.intr_in.address, 0x83);
	assert_int_equal(itf.intr_in.max_packet, 8);
	assert_int_equal(itf.intr_in.interval, 0x18);
	assert_int_equal(offset(&itf), 18);
	assert_int_equal(itf.desc_type, 0x21);
	assert_int_equal(nth(1, &itf), 0);
}

static void the_descriptor_may_follow_the_last_endpoint(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID BULK_OUT BULK_IN DESC);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(offset(&itf), 18 + 14);
	assert_int_equal(itf.intr_in.address, 0);
}

static void the_descriptor_may_precede_all_interfaces(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG DESC CCID BULK_OUT BULK_IN CCID DESC BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(offset(&itf), 9);
	assert_int_equal(nth(1, &itf), 1);
	assert_int_equal(offset(&itf), 9 + 54 + 9 + 14 + 9);
	assert_int_equal(nth(2, &itf), 0);
}

static void length_tells_the_descriptor_from_that_of_hid(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID HID DESC BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(offset(&itf), 18 + 9);
	build(CONFIG CCID HID BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 0);
}

static void fifty_three_bytes_are_none_and_more_than_54_are_one(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID DESC_SHORT BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 0);
	build(CONFIG CCID DESC_LONG BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(itf.bulk_in.address, 0x82);
}

static void type_ff_counts_where_there_is_no_21(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID DESC_QUIRK BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(itf.desc_type, 0xFF);
	build(CONFIG CCID DESC_QUIRK DESC BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(itf.desc_type, 0x21);
	assert_int_equal(offset(&itf), 18 + 54);
	build(CONFIG CCID DESC DESC_QUIRK BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(offset(&itf), 18);
}

static void of_several_descriptors_the_first_counts(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID DESC DESC BULK_OUT BULK_IN DESC);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(offset(&itf), 18);
	build(CONFIG DESC DESC CCID BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(offset(&itf), 9);
}

static void other_classes_are_passed_over(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG STORAGE BULK_OUT BULK_IN STORAGE DESC VENDOR DESC BULK_OUT BULK_IN CCID DESC);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(itf.cls, 0xFF);
	assert_int_equal(nth(1, &itf), 1);
	assert_int_equal(itf.cls, 0x0B);
	assert_int_equal(itf.bulk_in.address, 0);
	assert_int_equal(nth(2, &itf), 0);
}

static void each_alternate_setting_is_one(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID DESC CCID DESC BULK_OUT BULK_IN);
	cfg[9 + 9 + 54 + 3] = 1;
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(itf.alt, 0);
	assert_int_equal(itf.bulk_out.address, 0);
	assert_int_equal(nth(1, &itf), 1);
	assert_int_equal(itf.alt, 1);
	assert_int_equal(itf.bulk_out.address, 1);
}

static void an_association_descriptor_does_not_disturb(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG "08 0B 00 02 0B 00 00 00 " CCID DESC BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 1);
}

static void of_each_kind_the_first_usable_endpoint_counts(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID DESC "07 05 00 02 4000 00 07 05 80 02 4000 00 " /* number 0 */
	                       "07 05 03 02 0000 00 "                     /* packet size 0 */
	                       "07 05 84 01 4000 01 "                     /* isochronous */
	                       "07 05 05 03 4000 01 "                     /* interrupt OUT */
	                       "07 05 02 02 4018 00 " /* upper bits are no size */
	                       "07 05 06 02 0800 00 " BULK_IN);
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(itf.bulk_out.address, 0x02);
	assert_int_equal(itf.bulk_out.max_packet, 64);
	assert_int_equal(itf.bulk_in.address, 0x82);
	assert_int_equal(itf.intr_in.address, 0);
}

/* A SuperSpeed reader: a companion descriptor after each endpoint, and IN before OUT. */
static void companions_do_not_disturb_and_the_order_is_free(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID DESC "07 05 83 03 0800 08 06 30 00 00 0800 "
	                       "07 05 82 02 0004 00 06 30 0F 00 0000 "
	                       "07 05 01 02 0004 00 06 30 0F 00 0000 ");
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(itf.bulk_in.address, 0x82);
	assert_int_equal(itf.bulk_in.max_packet, 1024);
	assert_int_equal(itf.bulk_out.address, 0x01);
	assert_int_equal(itf.intr_in.address, 0x83);
	assert_int_equal(nth(1, &itf), 0);
}

static void a_malformed_record_ends_the_walk(void **state)
{
	static const char *const bad[] = {
		CONFIG CCID DESC BULK_OUT BULK_IN "01 05 " CCID DESC,
		CONFIG CCID DESC BULK_OUT BULK_IN "00 00 " CCID DESC,
		CONFIG CCID DESC BULK_OUT BULK_IN "FF 30 " CCID DESC,
		CONFIG CCID DESC BULK_OUT BULK_IN "06 05 81 02 4000 " CCID DESC,
		CONFIG CCID DESC BULK_OUT BULK_IN "08 04 00 00 02 08 06 50 " CCID DESC,
		CONFIG CCID DESC BULK_OUT BULK_IN "09",
	};
	struct ccid_interface itf;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		build(bad[i]);
		assert_int_equal(nth(0, &itf), 1);
		assert_int_equal(itf.bulk_in.address, 0x82);
		assert_int_equal(nth(1, &itf), 0);
	}
}

static void a_cut_configuration_is_never_read_past_its_end(void **state)
{
	struct ccid_interface itf;
	size_t whole, first;

	(void)state;
	build(CONFIG CCID DESC BULK_OUT BULK_IN INTR_IN);
	whole = cfg_len;
	first = 9 + 9 + 54;
	for (size_t len = 0; len <= whole; len++) {
		uint8_t *cut = malloc(len > 0 ? len : 1);
		size_t pos = 0;

		assert_non_null(cut);
		memcpy(cut, cfg, len);
		assert_int_equal(ccid_config_next(cut, len, &pos, &itf), len >= first);
		free(cut);
	}
}

static void the_total_length_bounds_the_walk(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID DESC BULK_OUT BULK_IN CCID DESC);
	cfg[2] = 9 + 9 + 54 + 14;
	assert_int_equal(nth(0, &itf), 1);
	assert_int_equal(nth(1, &itf), 0);
	cfg[2] = 9;
	assert_int_equal(nth(0, &itf), 0);
	cfg[2] = cfg[3] = 0xFF; /* more than there is: a cut read */
	assert_int_equal(nth(1, &itf), 1);
}

static void only_a_configuration_descriptor_starts_a_walk(void **state)
{
	struct ccid_interface itf;

	(void)state;
	build(CONFIG CCID DESC BULK_OUT BULK_IN);
	cfg[1] = 0x01;
	assert_int_equal(nth(0, &itf), 0);
	build(CONFIG CCID DESC BULK_OUT BULK_IN);
	cfg[0] = 8;
	assert_int_equal(nth(0, &itf), 0);
	build("08 02 0000 01 05 00 80 " CCID DESC BULK_OUT BULK_IN);
	assert_int_equal(nth(0, &itf), 0);
}

static void a_walk_that_ended_stays_ended(void **state)
{
	struct ccid_interface itf = {.number = 0x5A};
	size_t pos = 0;

	(void)state;
	build(CONFIG STORAGE BULK_OUT BULK_IN);
	assert_int_equal(ccid_config_next(cfg, cfg_len, &pos, &itf), 0);
	assert_int_equal(ccid_config_next(cfg, cfg_len, &pos, &itf), 0);
	pos = SIZE_MAX;
	assert_int_equal(ccid_config_next(cfg, cfg_len, &pos, &itf), 0);
	assert_int_equal(itf.number, 0x5A);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_reader_yields_every_field),
		cmocka_unit_test(the_descriptor_may_follow_the_last_endpoint),
		cmocka_unit_test(the_descriptor_may_precede_all_interfaces),
		cmocka_unit_test(length_tells_the_descriptor_from_that_of_hid),
		cmocka_unit_test(fifty_three_bytes_are_none_and_more_than_54_are_one),
		cmocka_unit_test(type_ff_counts_where_there_is_no_21),
		cmocka_unit_test(of_several_descriptors_the_first_counts),
		cmocka_unit_test(other_classes_are_passed_over),
		cmocka_unit_test(each_alternate_setting_is_one),
		cmocka_unit_test(an_association_descriptor_does_not_disturb),
		cmocka_unit_test(of_each_kind_the_first_usable_endpoint_counts),
		cmocka_unit_test(companions_do_not_disturb_and_the_order_is_free),
		cmocka_unit_test(a_malformed_record_ends_the_walk),
		cmocka_unit_test(a_cut_configuration_is_never_read_past_its_end),
		cmocka_unit_test(the_total_length_bounds_the_walk),
		cmocka_unit_test(only_a_configuration_descriptor_starts_a_walk),
		cmocka_unit_test(a_walk_that_ended_stays_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
