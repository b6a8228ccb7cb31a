/* SPDX-License-Identifier: MIT */
/* Captures as pcapng: either byte order, options, blocks that nobody knows, several interfaces. */
#include "import_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SESSION                                                                                    \
	"> 62000000000001000000\n"                                                                 \
	"< 800500000000010000003b02145000\n"

struct ng {
	FILE *f;
	bool big;
};

static void put(const struct ng *g, uint32_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		fputc((int)(v >> 8 * (g->big ? bytes - 1 - i : i) & 0xFF), g->f);
}

/* The length before a body, with room for padding and the trailer, and what follows it. */
static uint32_t begin_block(const struct ng *g, uint32_t type, size_t body)
{
	uint32_t total = (uint32_t)(12 + ((body + 3) & ~(size_t)3));

	put(g, type, 4);
	put(g, total, 4);
	return total;
}

static void put_option(const struct ng *g, uint32_t code, const char *text)
{
	size_t n = strlen(text);

	put(g, code, 2);
	put(g, (uint32_t)n, 2);
	fwrite(text, 1, n, g->f);
	fwrite("\0\0\0", 1, (0 - n) & 3, g->f);
}

static void put_section(const struct ng *g)
{
	uint32_t total = begin_block(g, 0x0A0D0D0A, 16 + 12 + 4);

	put(g, 0x1A2B3C4D, 4);
	put(g, 1, 2);
	put(g, 0, 2);
	put(g, UINT32_MAX, 4);
	put(g, UINT32_MAX, 4);
	put_option(g, 4, "Dumpcap");
	put(g, 0, 4);
	put(g, total, 4);
}

static void put_interface(const struct ng *g, uint32_t link)
{
	uint32_t total = begin_block(g, 1, 8 + 12 + 4);

	put(g, link, 2);
	put(g, 0, 2);
	put(g, 262144, 4);
	put_option(g, 2, "usbmon1");
	put(g, 0, 4);
	put(g, total, 4);
}

static void put_unknown(const struct ng *g)
{
	uint32_t total = begin_block(g, 0x40000BAD, 4);

	put(g, 0, 4);
	put(g, total, 4);
}

static void put_packet(const struct ng *g, uint32_t interface, const uint8_t *data, size_t len)
{
	uint32_t total = begin_block(g, 6, 20 + ((len + 3) & ~(size_t)3) + 12 + 4);

	put(g, interface, 4);
	put(g, 0, 4);
	put(g, 0, 4);
	put(g, (uint32_t)len, 4);
	put(g, (uint32_t)len, 4);
	fwrite(data, 1, len, g->f);
	fwrite("\0\0\0", 1, (0 - len) & 3, g->f);
	put_option(g, 1, "a note");
	put(g, 0, 4);
	put(g, total, 4);
}

static uint32_t number(const uint8_t *at, bool big)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++)
		v = v << 8 | at[big ? i : 3 - i];
	return v;
}

/* The records of the classic capture at path, of an interface beside Ethernet, whose packet comes
 * first. */
static void make_pcapng(const char *path, uint32_t link, bool big)
{
	static const uint8_t noise[60];
	static uint8_t all[1u << 16];
	struct ng g = {.f = fopen(path, "rb"), .big = big};
	size_t len, n;

	assert_non_null(g.f);
	len = fread(all, 1, sizeof all, g.f);
	assert_true(len > 24 && len < sizeof all);
	fclose(g.f);
	g.f = fopen(path, "wb");
	put_section(&g);
	put_interface(&g, 1);
	put_interface(&g, link);
	put_unknown(&g);
	put_packet(&g, 0, noise, sizeof noise);
	for (size_t at = 24; at < len; at += 16 + n) {
		n = number(all + at + 8, big);
		put_packet(&g, 1, all + at + 16, n);
	}
	fclose(g.f);
}

static void make_usb(struct import_rig *r, uint32_t link, bool big)
{
	struct capture c;

	capture_begin(&c, r->capture, link, big);
	usbmon_reader(&c);
	usbmon_out(&c, 0x02, "62000000000001000000");
	usbmon_in(&c, 0x81, "800500000000010000003B02145000");
	capture_end(&c);
	make_pcapng(r->capture, link, big);
}

static void usb_beside_a_network_is_meant(void **state)
{
	struct import_rig *r = *state;

	for (unsigned n = 0; n < 4; n++) {
		make_usb(r, n & 1 ? 220 : 189, n / 2 == 1);
		import_expect(r, SESSION);
		assert_string_equal(r->report.format, "usbmon");
		assert_string_equal(r->report.made, "");
	}
}

static void the_network_is_taken_when_it_is_named(void **state)
{
	struct import_rig *r = *state;

	make_usb(r, 220, false);
	r->options.format = CCID_IMPORT_TCP;
	assert_int_equal(import_again(r), CCID_E_NOTFOUND);
	assert_non_null(strstr(r->report.problem, "no connection"));
	r->options.format = CCID_IMPORT_USBPCAP;
	assert_int_equal(import_again(r), CCID_E_FORMAT);
	assert_non_null(strstr(r->report.problem, "another kind"));
}

#define IMPORT_TEST(name) cmocka_unit_test_setup_teardown(name, import_setup, import_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMPORT_TEST(usb_beside_a_network_is_meant),
		IMPORT_TEST(the_network_is_taken_when_it_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
