/* SPDX-License-Identifier: MIT */
/* Captures of USB traffic as traces: usbmon in all its forms, USBPcap; what is missing in them. */
#include "import_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define POLL   "65000000000007000000"
#define POLLED "81000000000007010000"
#define ON     "62000000000001000000"
#define ATR                                                                                        \
	"80050000000001000000"                                                                     \
	"3B02145000"
#define APDU                                                                                       \
	"6F070000000002000000"                                                                     \
	"00A4000C023F00"
#define DONE                                                                                       \
	"80020000000002000000"                                                                     \
	"9000"
#define VERIFY                                                                                     \
	"6F0D0000000003000000"                                                                     \
	"0020008008"                                                                               \
	"3132333435363738"
#define SESSION                                                                                    \
	"> 62000000000001000000\n"                                                                 \
	"< 800500000000010000003b02145000\n"                                                       \
	"> 6f07000000000200000000a4000c023f00\n"                                                   \
	"< 800200000000020000009000\n"

/* Packets of this type and side. */
static unsigned count_packets(struct import_rig *r, enum ccid_trace_dir dir, uint8_t type)
{
	struct ccid_trace_reader *t;
	struct ccid_trace_packet p;
	unsigned n = 0;

	assert_int_equal(ccid_trace_open(&t, r->trace, NULL, 0), 0);
	while (ccid_trace_next(t, &p) == 1)
		n += p.dir == dir && p.data[0] == type;
	ccid_trace_reader_close(t);
	return n;
}

/* Bulk answers with status 4. */
static unsigned stalls(struct import_rig *r)
{
	struct ccid_trace_reader *t;
	struct ccid_trace_packet p;
	unsigned n = 0;

	assert_int_equal(ccid_trace_open(&t, r->trace, NULL, 0), 0);
	while (ccid_trace_next(t, &p) == 1)
		n += p.dir == CCID_TRACE_FROM_HOST && p.data[0] == 101 && p.data[17] == 4;
	ccid_trace_reader_close(t);
	return n;
}

static void put_session(struct capture *c)
{
	usbmon_out(c, 0x02, ON);
	usbmon_in(c, 0x81, ATR);
	usbmon_out(c, 0x02, APDU);
	usbmon_in(c, 0x81, DONE);
}

static void session(struct import_rig *r, uint32_t link, bool big, bool descriptors)
{
	struct capture c;

	capture_begin(&c, r->capture, link, big);
	if (descriptors)
		usbmon_reader(&c);
	put_session(&c);
	capture_end(&c);
}

static void usbmon_is_read_in_both_byte_orders_and_headers(void **state)
{
	struct import_rig *r = *state;

	for (unsigned i = 0; i < 4; i++) {
		session(r, i & 1 ? 189 : 220, (i & 2) != 0, true);
		import_expect(r, SESSION);
		assert_string_equal(r->report.format, "usbmon");
		assert_string_equal(r->report.made, "");
		assert_int_equal(r->report.bus, 1);
		assert_int_equal(r->report.device, 5);
		import_comment(r, "made up", false);
	}
}

static void times_are_kept(void **state)
{
	struct import_rig *r = *state;
	struct ccid_trace_reader *t;
	struct ccid_trace_packet p;
	uint64_t last = 0;

	session(r, 220, false, true);
	import_expect(r, NULL);
	assert_int_equal(ccid_trace_open(&t, r->trace, NULL, 0), 0);
	while (ccid_trace_next(t, &p) == 1) {
		assert_true(p.time_ns >= last);
		last = p.time_ns;
	}
	assert_int_equal(last, UINT64_C(1000000000) + 14 * UINT64_C(1000000));
	ccid_trace_reader_close(t);
}

static void nanoseconds_are_read(void **state)
{
	struct import_rig *r = *state;
	struct ccid_trace_reader *t;
	struct ccid_trace_packet p;
	uint64_t last = 0;
	FILE *f;

	session(r, 220, false, true);
	f = fopen(r->capture, "r+b");
	assert_non_null(f);
	assert_int_equal(fputc(0x4D, f), 0x4D);
	assert_int_equal(fputc(0x3C, f), 0x3C);
	fclose(f);
	import_expect(r, SESSION);
	assert_int_equal(ccid_trace_open(&t, r->trace, NULL, 0), 0);
	while (ccid_trace_next(t, &p) == 1)
		last = p.time_ns;
	assert_int_equal(last, UINT64_C(1000000000) + 14 * UINT64_C(1000));
	ccid_trace_reader_close(t);
}

static void descriptors_that_were_not_captured_are_made_up_and_marked(void **state)
{
	struct import_rig *r = *state;

	session(r, 220, false, false);
	import_expect(r, SESSION);
	assert_non_null(strstr(r->report.made, "made up from what the traffic tells"));
	assert_true(file_has(r->trace, r->report.made, strlen(r->report.made)));
	import_comment(r, "made up from what the traffic tells", true);
	import_comment(r, "made up: not in the capture", true);
}

static void other_devices_are_left_out(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	c.device = 9; /* a disk */
	usbmon_control(&c, "8006000100001200", "120100020000004081076755000100000001");
	usbmon_out(&c, 0x02, "55534243010000002400000080000612000000240000000000000000000000");
	c.device = 5;
	usbmon_reader(&c);
	put_session(&c);
	capture_end(&c);
	import_expect(r, SESSION);
	assert_int_equal(r->report.device, 5);
}

static void of_several_readers_one_must_be_chosen(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	usbmon_reader(&c);
	put_session(&c);
	c.bus = 3;
	c.device = 12;
	usbmon_reader(&c);
	usbmon_out(&c, 0x02, POLL);
	usbmon_in(&c, 0x81, POLLED);
	capture_end(&c);
	assert_int_equal(import_again(r), CCID_E_NOTFOUND);
	assert_non_null(strstr(r->report.problem, "1.5 (0b4a:1234) with 2 commands"));
	assert_non_null(strstr(r->report.problem, "3.12 (0b4a:1234) with 1 commands"));
	assert_int_equal(r->report.packets, 0);
	r->options.device_given = true;
	r->options.bus = 3;
	r->options.device = 12;
	import_expect(r, "> 65000000000007000000\n< 81000000000007010000\n");
	r->options.device = 13;
	assert_int_equal(import_again(r), CCID_E_NOTFOUND);
	assert_string_equal(r->report.problem, "no device 3.13 in this file");
}

static void what_was_said_to_device_0_is_the_readers(void **state)
{
	static const uint8_t address[8] = {0x00, 0x05, 0x05};
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	c.device = 0;
	usbmon_control(&c, "8006000100004000", "12010002000000404A0B3412000100000001");
	usbmon(&c, 'S', 2, 0, 77, -115, address, NULL, 0, 0);
	usbmon(&c, 'C', 2, 0, 77, 0, NULL, NULL, 0, 0);
	c.device = 5;
	usbmon_control(&c, "8006000200005D00",
	               "09025D00010100803209040000030B00000036211001000703000000A00F0000A00F000000"
	               "002A00001640050000FE0000000000000000000000BA0402000F010000FFFF00000001"
	               "070502024000000705810240000007058303080010");
	put_session(&c);
	capture_end(&c);
	import_expect(r, SESSION);
	/* the read of 64 bytes is there, SET_ADDRESS is not */
	assert_true(file_has(r->trace, (uint8_t[]){0x80, 6, 0x80, 0, 0, 1, 0, 0, 64, 0}, 10));
	assert_false(file_has(r->trace, (uint8_t[]){0x00, 5, 0x00, 0, 5, 0, 0, 0, 0, 0}, 10));
}

static void a_new_address_in_the_midst_is_a_reset(void **state)
{
	static const uint8_t address[8] = {0x00, 0x05, 0x05};
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	usbmon_reader(&c);
	put_session(&c);
	c.device = 0;
	usbmon(&c, 'S', 2, 0, 77, -115, address, NULL, 0, 0);
	usbmon(&c, 'C', 2, 0, 77, 0, NULL, NULL, 0, 0);
	c.device = 5;
	put_session(&c);
	capture_end(&c);
	import_expect(r, SESSION SESSION);
	assert_int_equal(count_packets(r, CCID_TRACE_FROM_GUEST, 3), 1);
	assert_int_equal(count_packets(r, CCID_TRACE_FROM_GUEST, 15),
	                 2); /* the stream starts again */
}

static void a_capture_may_begin_in_the_midst(void **state)
{
	struct import_rig *r = *state;
	struct capture c;
	uint8_t answer[15];
	size_t n = from_hex(ATR, answer, sizeof answer);

	capture_begin(&c, r->capture, 220, false);
	usbmon(&c, 'C', 3, 0x02, 50, 0, NULL, NULL, 0, 10); /* the end of an OUT request */
	usbmon(&c, 'C', 3, 0x81, 51, 0, NULL, answer, n, (uint32_t)n);
	usbmon_out(&c, 0x02, APDU);
	usbmon_in(&c, 0x81, DONE);
	capture_end(&c);
	import_expect(r, "< 800500000000010000003b02145000\n"
	                 "> 6f07000000000200000000a4000c023f00\n< 800200000000020000009000\n");
	assert_int_equal(r->report.lost, 1);
	import_comment(r, "what was sent before is not in the capture", true);
}

static void packets_that_were_cut_keep_their_length(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	usbmon_reader(&c);
	c.snap = 64 + 12;
	put_session(&c);
	capture_end(&c);
	import_expect(r, "> 62000000000001000000\n"
	                 "< 800500000000010000003b02000000\n"
	                 "> 6f07000000000200000000a40000000000\n"
	                 "< 800200000000020000009000\n");
	import_comment(r, "masked 38+5 cut off by the capture", true); /* 26 + 12 bytes, 5 to go */
	import_comment(r, "masked 38+3 cut off by the capture", true);
}

static void pins_are_masked_unless_they_are_to_be_kept(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	usbmon_reader(&c);
	put_session(&c);
	usbmon_out(&c, 0x02, VERIFY);
	usbmon_in(&c, 0x81,
	          "80020000000003000000"
	          "9000");
	capture_end(&c);
	import_expect(r, NULL);
	assert_int_equal(r->report.masked, 1);
	assert_false(file_has(r->trace, "12345678", 8));
	import_comment(r, "masked 41+8", true);
	r->options.keep_pins = true;
	import_expect(r, NULL);
	assert_int_equal(r->report.masked, 0);
	assert_true(file_has(r->trace, "12345678", 8));
}

static void pins_in_t1_blocks_are_found_whatever_the_capture_lacks(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	usbmon_out(&c, 0x02,
	           "6F0D0000000003000000"
	           "000009002000800431323334A9");
	usbmon_in(&c, 0x81,
	          "80060000000003000000"
	          "000002900092");
	usbmon_out(&c, 0x02,
	           "6F050000000004000000"
	           "00A4000000"); /* looks like T=0 */
	usbmon_in(&c, 0x81,
	          "80020000000004000000"
	          "9000");
	capture_end(&c);
	import_expect(r, NULL);
	assert_int_equal(r->report.masked, 1);
	assert_false(file_has(r->trace, "1234", 4));
}

static void stalls_and_cancels_are_told(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	usbmon_reader(&c);
	usbmon_out(&c, 0x02, ON);
	usbmon(&c, 'S', 3, 0x81, 90, -115, NULL, NULL, 0, 271);
	usbmon(&c, 'C', 3, 0x81, 90, -32, NULL, NULL, 0, 0);
	usbmon(&c, 'S', 3, 0x81, 91, -115, NULL, NULL, 0, 271);
	usbmon(&c, 'C', 3, 0x81, 91, -2, NULL, NULL, 0, 0);
	capture_end(&c);
	import_expect(r, "> 62000000000001000000\n");
	assert_int_equal(stalls(r), 1);
	assert_int_equal(count_packets(r, CCID_TRACE_FROM_GUEST, 21), 1);
}

static void a_device_that_goes_away_is_unplugged_once(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	usbmon_reader(&c);
	put_session(&c);
	usbmon(&c, 'S', 1, 0x83, 90, -115, NULL, NULL, 0, 8);
	usbmon(&c, 'C', 1, 0x83, 90, -108, NULL, NULL, 0, 0);
	put_session(&c); /* it was not away after all */
	usbmon(&c, 'S', 1, 0x83, 92, -115, NULL, NULL, 0, 8);
	capture_end(&c);
	import_expect(r, SESSION SESSION);
	assert_false(file_has(r->trace, (uint8_t[]){2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	                      16));
	capture_begin(&c, r->capture, 220, false);
	usbmon_reader(&c);
	put_session(&c);
	usbmon(&c, 'S', 1, 0x83, 90, -115, NULL, NULL, 0, 8);
	usbmon(&c, 'C', 1, 0x83, 90, -108, NULL, NULL, 0, 0);
	capture_end(&c);
	import_expect(r, SESSION);
	assert_true(file_has(r->trace, (uint8_t[]){2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	                     16));
}

static void interrupts_are_told_by_themselves(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 220, false);
	usbmon_reader(&c);
	usbmon_interrupt(&c, 0x83, "5003");
	put_session(&c);
	capture_end(&c);
	import_expect(r, "! 5003\n" SESSION);
}

static void usbpcap_is_read_by_its_specification(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 249, false);
	usbpcap(&c, 0, 2, 0x80, 0, 1, 0, "8006000100001200");
	usbpcap(&c, 1, 2, 0x80, 3, 1, 0, "12010002000000404A0B3412000100000001");
	usbpcap(&c, 0, 2, 0x00, 0, 2, 0, "0009010000000000");
	usbpcap(&c, 1, 2, 0x00, 3, 2, 0, "");
	usbpcap(&c, 0, 3, 0x02, -1, 3, 0, ON);
	usbpcap(&c, 1, 3, 0x02, -1, 3, 0, "");
	usbpcap(&c, 0, 3, 0x81, -1, 4, 0, "");
	usbpcap(&c, 1, 3, 0x81, -1, 4, 0, ATR);
	usbpcap(&c, 1, 1, 0x83, -1, 5, 0, "5003");
	usbpcap(&c, 0, 3, 0x81, -1, 6, 0, "");
	usbpcap(&c, 1, 3, 0x81, -1, 6, 0xC0000030, "");
	capture_end(&c);
	import_expect(r, "> 62000000000001000000\n< 800500000000010000003b02145000\n! 5003\n");
	assert_string_equal(r->report.format, "USBPcap");
	assert_int_equal(stalls(r), 1);
	assert_true(file_has(r->trace, (uint8_t[]){0x4A, 0x0B, 0x34, 0x12}, 4));
}

static void a_cut_or_damaged_file_gives_what_came_before(void **state)
{
	struct import_rig *r = *state;
	char *whole;
	FILE *f;

	session(r, 220, false, true);
	f = fopen(r->capture, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	assert_int_equal(ftruncate(fileno(f), ftell(f) - 1), 0);
	fclose(f);
	assert_int_equal(import_again(r), CCID_E_SHORT);
	assert_non_null(strstr(r->report.problem, "offset"));
	whole = messages_of(r->trace);
	assert_string_equal(whole, "> 62000000000001000000\n< 800500000000010000003b02145000\n"
	                           "> 6f07000000000200000000a4000c023f00\n");
	free(whole);
}

static void foreign_files_are_refused_in_one_line(void **state)
{
	struct import_rig *r = *state;
	struct capture c;

	capture_begin(&c, r->capture, 105, false);
	capture_packet(&c, (const uint8_t *)"radio", 5);
	capture_end(&c);
	assert_int_equal(import_again(r), CCID_E_FORMAT);
	assert_non_null(strstr(r->report.problem, "link type 105"));
	file_write(r->capture, "hello, world\n", 13);
	assert_int_equal(import_again(r), CCID_E_FORMAT);
	file_write(r->capture, "", 0);
	assert_int_equal(import_again(r), CCID_E_FORMAT);
	unlink(r->capture);
	assert_int_equal(import_again(r), CCID_E_NOTFOUND);
	session(r, 220, false, true);
	capture_begin(&c, r->capture, 220, false);
	usbmon_control(&c, "8006000100001200", "120100020000004081076755000100000001");
	capture_end(&c);
	assert_int_equal(import_again(r), CCID_E_NOTFOUND);
	assert_non_null(strstr(r->report.problem, "no CCID traffic"));
}

#define IMPORT_TEST(name) cmocka_unit_test_setup_teardown(name, import_setup, import_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMPORT_TEST(usbmon_is_read_in_both_byte_orders_and_headers),
		IMPORT_TEST(times_are_kept),
		IMPORT_TEST(nanoseconds_are_read),
		IMPORT_TEST(descriptors_that_were_not_captured_are_made_up_and_marked),
		IMPORT_TEST(other_devices_are_left_out),
		IMPORT_TEST(of_several_readers_one_must_be_chosen),
		IMPORT_TEST(what_was_said_to_device_0_is_the_readers),
		IMPORT_TEST(a_new_address_in_the_midst_is_a_reset),
		IMPORT_TEST(a_capture_may_begin_in_the_midst),
		IMPORT_TEST(packets_that_were_cut_keep_their_length),
		IMPORT_TEST(pins_are_masked_unless_they_are_to_be_kept),
		IMPORT_TEST(pins_in_t1_blocks_are_found_whatever_the_capture_lacks),
		IMPORT_TEST(stalls_and_cancels_are_told),
		IMPORT_TEST(a_device_that_goes_away_is_unplugged_once),
		IMPORT_TEST(interrupts_are_told_by_themselves),
		IMPORT_TEST(usbpcap_is_read_by_its_specification),
		IMPORT_TEST(a_cut_or_damaged_file_gives_what_came_before),
		IMPORT_TEST(foreign_files_are_refused_in_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
