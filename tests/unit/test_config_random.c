/* SPDX-License-Identifier: MIT */
/* Configuration descriptors that are legal and rare, out of a seed, whole and cut at each byte: which
 * interface setting is chosen is compared with a second reading of USB 2.0, 9.6 and USB CCID 1.1, 5.1,
 * which makes a list of all records first and then asks it questions. */
#include "transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONFIGURATIONS 2000
#define RECORDS_MAX    1024
#define LISTED_VID     0x08E6 /* drives type FF: quirk table */
#define LISTED_PID     0x2202
#define OTHER_PID      0x0001

static uint64_t seed = 0x9E3779B97F4A7C15u;
static uint8_t cfg[4096];
static size_t cfg_len;
static unsigned configuration;

/* Marsaglia's xorshift64. */
static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 32) % n;
}

static bool one_in(unsigned n)
{
	return below(n) == 0;
}

static uint8_t any(void)
{
	return (uint8_t)below(256);
}

static uint8_t one_of(const uint8_t *list, size_t n)
{
	return list[below((unsigned)n)];
}
#define ONE_OF(...) one_of((const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__})

/* --- the generator --- */

/* A record of that length, filled with anything; its bytes are for the caller to set. */
static uint8_t *put(size_t len, uint8_t type)
{
	uint8_t *p = cfg + cfg_len;

	assert_true(len >= 2 && len < 256 && cfg_len + len <= sizeof cfg);
	for (size_t i = 2; i < len; i++)
		p[i] = any();
	p[0] = (uint8_t)len;
	p[1] = type;
	cfg_len += len;
	return p;
}

/* Interface association, super speed companions, BOS, HID, OTG and what nobody knows. */
static void put_others(void)
{
	while (one_in(3))
		switch (below(5)) {
		case 0: put(8, 0x0B); break;
		case 1: put(6, 0x30); break;
		case 2: put(9, 0x21); break;
		case 3: put(3 + below(3), 0x09); break;
		default: put(2 + below(70), ONE_OF(0x06, 0x0F, 0x22, 0x24, 0x25, 0x41)); break;
		}
}

static void put_class_descriptor(void)
{
	put(ONE_OF(54, 54, 54, 54, 55, 56, 64, 53, 2), ONE_OF(0x21, 0x21, 0x21, 0xFF));
}

static void put_endpoint(uint8_t address, uint8_t transfer)
{
	uint8_t *p = put(one_in(8) ? 7 + below(4) : 7, 0x05);

	p[2] = one_in(16) ? (uint8_t)(address & 0xF0) : address;
	p[3] = (uint8_t)(transfer | (any() & 0x3C));
	p[4] = ONE_OF(0, 8, 16, 64);
	p[5] = ONE_OF(0, 2, 4, 0x08, 0x18);
	if (p[4] == 0 && p[5] == 0 && !one_in(8))
		p[4] = 64;
	if (one_in(4))
		put(6, 0x30);
}

static void put_endpoints(void)
{
	uint8_t in = (uint8_t)(0x81 + below(15)), out = (uint8_t)(1 + below(15));
	bool out_first = one_in(2);

	if (out_first && !one_in(6))
		put_endpoint(out, 2);
	for (unsigned n = below(3); n > 0; n--)
		put_endpoint((uint8_t)((one_in(6) ? 0x00 : 0x80) | (1 + below(15))), 3);
	if (one_in(6))
		put_endpoint((uint8_t)(0x81 + below(15)), 1);
	if (!one_in(6))
		put_endpoint(in, 2);
	if (!out_first && !one_in(6))
		put_endpoint(out, 2);
	if (one_in(6))
		put_endpoint((uint8_t)(any() | 1), 2);
}

static void put_setting(uint8_t number, uint8_t alt)
{
	uint8_t *p = put(one_in(8) ? 9 + below(8) : 9, 0x04);

	p[2] = number;
	p[3] = alt;
	p[5] = ONE_OF(0x0B, 0x0B, 0x0B, 0xFF, 0x03, 0x08);
	p[7] = ONE_OF(0, 0, 0, 0, 1, 2, 3);
	put_others();
	if (one_in(2))
		put_class_descriptor();
	put_others();
	if (!one_in(5))
		put_endpoints();
	put_others();
	if (one_in(3))
		put_class_descriptor();
	put_others();
}

static void make_configuration(void)
{
	unsigned interfaces = below(5);
	uint8_t number = (uint8_t)below(3);

	cfg_len = 0;
	put(one_in(8) ? 9 + below(4) : 9, 0x02);
	put_others();
	if (one_in(8))
		put_class_descriptor();
	for (; interfaces > 0; interfaces--, number = (uint8_t)(number + 1 + one_in(6)))
		for (unsigned alt = 0, alts = ONE_OF(1, 1, 1, 2, 2, 3); alt < alts; alt++)
			put_setting(number, (uint8_t)alt);
	cfg[2] = (uint8_t)cfg_len;
	cfg[3] = (uint8_t)(cfg_len >> 8);
}

/* --- the second reading --- */

/* Records in their order; setting: how many interface descriptors there are up to here. */
static struct {
	size_t at;
	unsigned setting;
} records[RECORDS_MAX];
static unsigned nrecords;

static unsigned length_needed(uint8_t type)
{
	return type == 0x04 ? 9 : type == 0x05 ? 7 : 2;
}

static void list_records(const uint8_t *p, size_t len)
{
	unsigned setting = 0;
	size_t end = len;

	nrecords = 0;
	if (len < 9 || p[0] < 9 || p[1] != 0x02)
		return;
	if ((size_t)(p[2] + 256 * p[3]) < end)
		end = (size_t)(p[2] + 256 * p[3]);
	for (size_t at = 0; at + 2 <= end; at += p[at]) {
		if (p[at] < length_needed(p[at + 1]) || at + p[at] > end)
			return;
		setting += p[at + 1] == 0x04;
		records[nrecords].at = at;
		records[nrecords++].setting = setting;
		assert_true(nrecords < RECORDS_MAX);
	}
}

/* The first class descriptor of that type in a setting; 0 is the configuration itself. */
static size_t find_class(const uint8_t *p, unsigned setting, uint8_t type)
{
	for (unsigned i = 1; i < nrecords; i++) {
		const uint8_t *r = p + records[i].at;

		if (records[i].setting == setting && r[1] == type && r[0] >= 54)
			return records[i].at;
	}
	return 0;
}

static struct ccid_endpoint find_endpoint(const uint8_t *p, unsigned setting, uint8_t transfer,
                                          uint8_t direction)
{
	for (unsigned i = 1; i < nrecords; i++) {
		const uint8_t *r = p + records[i].at;
		uint16_t size = (uint16_t)((r[1] == 0x05) ? r[4] + 256 * (r[5] % 8) : 0);

		if (records[i].setting == setting && size != 0 && r[3] % 4 == transfer &&
		    r[2] / 128 * 128 == direction && r[2] % 16 != 0)
			return (struct ccid_endpoint){r[2], size, r[6]};
	}
	return (struct ccid_endpoint){0};
}

static struct ccid_interface read_setting(const uint8_t *p, size_t at, unsigned setting)
{
	const uint8_t *r = p + at;
	size_t desc = find_class(p, setting, 0x21);

	if (desc == 0)
		desc = find_class(p, setting, 0xFF);
	if (desc == 0)
		desc = find_class(p, 0, 0x21);
	return (struct ccid_interface){
		.config_value = p[5],
		.number = r[2],
		.alt = r[3],
		.cls = r[5],
		.subcls = r[6],
		.protocol = r[7],
		.name_index = r[8],
		.bulk_out = find_endpoint(p, setting, 2, 0x00),
		.bulk_in = find_endpoint(p, setting, 2, 0x80),
		.intr_in = find_endpoint(p, setting, 3, 0x80),
		.desc = desc != 0 ? p + desc : NULL,
		.desc_type = desc != 0 ? p[desc + 1] : 0,
	};
}

/* 0 when it can be driven; what is wrong with it otherwise. */
static int judge(const struct ccid_interface *itf, bool listed)
{
	bool smart_card = itf->cls == 0x0B;

	if ((!smart_card && itf->cls != 0xFF) || itf->desc == NULL)
		return CCID_E_NOTFOUND;
	if (itf->desc_type == 0xFF && !listed)
		return CCID_E_NOTFOUND;
	if (itf->bulk_in.address != 0 && itf->bulk_out.address != 0)
		return 0;
	if (!smart_card)
		return CCID_E_NOTFOUND;
	return itf->protocol == 1 || itf->protocol == 2 ? 0 : CCID_E_UNSUPPORTED;
}

static int second_reading(struct ccid_interface *out, const uint8_t *p, size_t len, int wanted,
                          bool listed)
{
	int verdict = CCID_E_NOTFOUND;

	list_records(p, len);
	for (unsigned i = 1; i < nrecords; i++) {
		struct ccid_interface itf;
		int rc;

		if (p[records[i].at + 1] != 0x04)
			continue;
		itf = read_setting(p, records[i].at, records[i].setting);
		if (wanted != -1 && wanted != itf.number)
			continue;
		rc = judge(&itf, listed);
		if (rc == 0) {
			*out = itf;
			return 0;
		}
		if (rc == CCID_E_UNSUPPORTED)
			verdict = rc;
	}
	return verdict;
}

/* --- the comparison --- */

static bool same_endpoint(const struct ccid_endpoint *a, const struct ccid_endpoint *b)
{
	return a->address == b->address &&
	       (a->address == 0 || (a->max_packet == b->max_packet && a->interval == b->interval));
}

static bool same(const struct ccid_interface *a, const struct ccid_interface *b)
{
	return a->config_value == b->config_value && a->number == b->number && a->alt == b->alt &&
	       a->cls == b->cls && a->subcls == b->subcls && a->protocol == b->protocol &&
	       a->name_index == b->name_index && a->desc == b->desc &&
	       a->desc_type == b->desc_type && same_endpoint(&a->bulk_out, &b->bulk_out) &&
	       same_endpoint(&a->bulk_in, &b->bulk_in) && same_endpoint(&a->intr_in, &b->intr_in);
}

/* Both readings of the first len bytes, in memory that ends there. */
static int compare(size_t len, int wanted, bool listed)
{
	uint8_t *p = malloc(len + (len == 0));
	struct ccid_interface got = {0}, want = {0};
	int rc, expected;

	assert_non_null(p);
	memcpy(p, cfg, len);
	rc = ccid_transport_choose(&got, p, len, wanted, LISTED_VID,
	                           listed ? LISTED_PID : OTHER_PID);
	expected = second_reading(&want, p, len, wanted, listed);
	if (rc != expected)
		fail_msg("configuration %u, %zu of %zu bytes, interface %d: %d instead of %d",
		         configuration, len, cfg_len, wanted, rc, expected);
	if (rc == 0 && !same(&got, &want))
		fail_msg("configuration %u, %zu of %zu bytes: %u.%u chosen instead of %u.%u",
		         configuration, len, cfg_len, got.number, got.alt, want.number, want.alt);
	free(p);
	return rc;
}

static void whole_configurations_are_read_alike(void **state)
{
	unsigned chosen = 0, unsupported = 0, none = 0;

	(void)state;
	for (configuration = 0; configuration < CONFIGURATIONS; configuration++) {
		make_configuration();
		for (int wanted = -1; wanted < 6; wanted++)
			for (int listed = 0; listed < 2; listed++) {
				int rc = compare(cfg_len, wanted, listed != 0);

				chosen += rc == 0;
				unsupported += rc == CCID_E_UNSUPPORTED;
				none += rc == CCID_E_NOTFOUND;
			}
	}
	assert_true(chosen > CONFIGURATIONS && none > CONFIGURATIONS);
	assert_true(unsupported > CONFIGURATIONS / 10);
	assert_int_equal(chosen + unsupported + none, CONFIGURATIONS * 14);
}

static void cut_configurations_are_read_alike(void **state)
{
	(void)state;
	for (configuration = 0; configuration < CONFIGURATIONS; configuration++) {
		make_configuration();
		for (size_t len = 0; len <= cfg_len; len++)
			(void)compare(len, one_in(2) ? -1 : (int)below(5), one_in(2));
	}
}

/* wTotalLength, and one byte anywhere, may be anything: then it is no longer legal. */
static void spoilt_configurations_are_read_alike(void **state)
{
	(void)state;
	for (configuration = 0; configuration < CONFIGURATIONS; configuration++) {
		make_configuration();
		for (unsigned i = 0; i < 20; i++) {
			size_t at = one_in(4) ? 2 : below((unsigned)cfg_len);
			uint8_t before = cfg[at];

			cfg[at] = one_in(4) ? 0 : any();
			(void)compare(cfg_len, -1, one_in(2));
			cfg[at] = before;
		}
	}
}

/* Each step goes forward, and there are no more of them than interface descriptors. */
static void a_walk_ends(void **state)
{
	struct ccid_interface itf;

	(void)state;
	for (configuration = 0; configuration < CONFIGURATIONS; configuration++) {
		unsigned steps = 0;
		size_t pos = 0;

		make_configuration();
		list_records(cfg, cfg_len);
		for (size_t before = 0; ccid_config_next(cfg, cfg_len, &pos, &itf) == 1; steps++) {
			assert_true(pos > before && pos <= cfg_len);
			before = pos;
		}
		assert_true(steps <= records[nrecords - 1].setting);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_configurations_are_read_alike),
		cmocka_unit_test(cut_configurations_are_read_alike),
		cmocka_unit_test(spoilt_configurations_are_read_alike),
		cmocka_unit_test(a_walk_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
