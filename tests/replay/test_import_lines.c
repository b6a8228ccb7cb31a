/* SPDX-License-Identifier: MIT */
/* Text and logs as traces. */
#include "import_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ON_AND_ATR "> 62000000000001010000\n< 800500000000010000003b02145000\n"

static void text(struct import_rig *r, const char *lines)
{
	file_write(r->capture, lines, strlen(lines));
}

static void a_text_is_a_session(void **state)
{
	struct import_rig *r = *state;

	text(r, "# ccid-exchange 1\n"
	        "# reader: 08e6:3437 Gemalto PC Twin Reader\n"
	        "# unit: message\n"
	        "in intr 5003 dt=10\n"
	        "out bulk 62000000000001010000 dt=5\n"
	        "in bulk 800500000000010000003b02145000 dt=1000\n"
	        "gap\n"
	        "out bulk 65000000000009000000\n"
	        "none bulk - dt=100\n");
	import_expect(r, "! 5003\n" ON_AND_ATR "> 65000000000009000000\n");
	assert_string_equal(r->report.format, "text");
	import_comment(r, "messages before this one are not known", true);
	assert_true(file_has(r->trace, "G\0e\0m\0a\0l\0t\0o\0", 14));
	assert_true(file_has(r->trace, (uint8_t[]){0xE6, 0x08, 0x37, 0x34}, 4));
}

static void transfers_make_up_messages(void **state)
{
	struct import_rig *r = *state;

	text(r, "# endpoints: bulk-out 04, bulk-in 85\n"
	        "out bulk 6f050000000001000000 dt=1\r\n"
	        "out bulk 00b0000002\n"
	        "in bulk 80080000000001000000010203040506 t=7\n"
	        "in bulk 9000 t=8\n");
	import_expect(r, "> 6f05000000000100000000b0000002\n"
	                 "< 800800000000010000000102030405069000\n");
}

/* Comments of other styles, blank lines, indentation, bytes apart. */
static void a_text_may_be_dressed(void **state)
{
	struct import_rig *r = *state;

	text(r, "// made by hand\n; so was this\n\n \t\n"
	        "  out bulk 62 00 00 00 00 00 01 01 00 00   dt=5 # power on\n"
	        "\t# what it said\n"
	        "\tin bulk 80 05 00 00 00 00 01 00 00 00\t3B 02 14 50 00\n");
	import_expect(r, ON_AND_ATR);
}

static void control_requests_of_a_text_are_told_as_they_are(void **state)
{
	struct import_rig *r = *state;

	text(r, "ctrl 8006000100001200 1201100100000040e60834430000010203 01\n");
	assert_int_equal(import_again(r), CCID_E_NOTFOUND);
	text(r, "ctrl 8006000100001200 12011001000000403d070800100101020001 t=0\n"
	        "ctrl 2101000100000000 !stall\n"
	        "out bulk 62000000000001010000\n"
	        "in bulk 800500000000010000003b02145000\n");
	import_expect(r, ON_AND_ATR);
	assert_true(file_has(r->trace, (uint8_t[]){0x3D, 0x07, 0x08, 0x00}, 4));
	assert_true(file_has(r->trace, (uint8_t[]){0x00, 0x01, 0x21, 0x04}, 4));
}

/* The host knew how many slots there are; one that the reader denies is none. */
static void slots_that_got_commands_are_in_the_made_up_descriptor(void **state)
{
	struct import_rig *r = *state;

	text(r, "out bulk 63000000000004000000\n"
	        "in bulk 81000000000004010000\n"
	        "out bulk 63000000000105000000\n"
	        "none bulk -\n"
	        "out bulk 65000000000206000000\n"
	        "in bulk 81000000000206420500\n");
	import_expect(r, "> 63000000000004000000\n< 81000000000004010000\n"
	                 "> 63000000000105000000\n"
	                 "> 65000000000206000000\n< 81000000000206420500\n");
	assert_true(file_has(r->trace, (uint8_t[]){0x36, 0x21, 0x10, 0x01, 1}, 5));
}

static void a_bad_line_is_named(void **state)
{
	struct import_rig *r = *state;

	text(r, "# ccid-exchange 1\n"
	        "out bulk 62000000000001010000\n"
	        "in bulk 800500000000010000003b02145000\n"
	        "in bulk 80zz\n");
	assert_int_equal(import_again(r), CCID_E_FORMAT);
	assert_string_equal(r->report.problem, "bytes that are not hex (line 4 at offset 87)");
	assert_true(r->report.packets > 0);
	text(r, "# ccid-exchange 1\nwhatever\n");
	assert_int_equal(import_again(r), CCID_E_FORMAT);
	assert_non_null(strstr(r->report.problem, "line 2"));
}

/* From the first packet to the last. */
static uint64_t took_us(struct import_rig *r)
{
	struct ccid_trace_reader *t;
	struct ccid_trace_packet p;
	uint64_t first = UINT64_MAX, last = 0;

	assert_int_equal(ccid_trace_open(&t, r->trace, NULL, 0), 0);
	while (ccid_trace_next(t, &p) == 1) {
		first = p.time_ns < first ? p.time_ns : first;
		last = p.time_ns;
	}
	ccid_trace_reader_close(t);
	return (last - first) / 1000;
}

/* The same session in the dress of several versions, and as mail, HTML and terminals leave it. */
static void logs_of_all_kinds_tell_the_same(void **state)
{
	static const char *const logs[] = {
		"00000012 -> 000000 62 00 00 00 00 00 01 01 00 00 \n"
		"00001000 <- 000000 80 05 00 00 00 00 01 00 00 00 3B 02 14 50 00 \n",
		"00000000 debuglog.c:299:DebugLogSetLevel() debug level=debug\n"
		"00000012 [140029765236416] -> 000000 62 00 00 00 00 00 01 01 00 00 \n"
		"00001000 [140029765236416] <- 000000 80 05 00 00 00 00 01 00 00 00 3B 02 14 50 00 "
		"\n",
		"-> 000000 62 00 00 00 00 00 01 01 00 00\n"
		"<- 000000 80 05 00 00 00 00 01 00 00 00 3B 02 14 50 00\n",
		"\033[35m00000012 [7] \033[0m-> 000000 62 00 00 00 00 00 01 01 00 00 \033[0m\n"
		"\033[35m00001000 [7] <- 000000 80 05 00 00 00 00 01 00 00 00 3B 02 14 50 00 "
		"\033[0m\n",
		"Apr 12 10:00:00 box pcscd[423]: 00000012 -> 000000 62 00 00 00 00 00 01 01 00 "
		"00\r\n"
		"Apr 12 10:00:00 box pcscd[423]: 00001000 <- 000000 80 05 00 00 00 00 01 00 00 00 "
		"3B 02 14 50 00\r\n",
		"<pre>00000012 -&gt; 000000 62 00 00 00 00 00 01 01 00 00 \n"
		"00001000 &lt;- 000000 80 05 00 00 00 00 01 00 00 00 3B 02 14 50 00 </pre>\n",
		"> 00000012 [7] -> 000000 62 00 00 00 00 00 01 01 00\n>  00\n"
		"> 00001000 [7] <- 000000 80 05 00 00\n> 00 00 01 00 00 00 3B 02 14 50\n> 00\n",
		"[35m00000012 [7] [0m-> 000000\t62 00 00 00 00 00 01 01 00 00 [0m\n"
		"[35m00001000 [7] [0m<- 000000\t80 05 00 00 00 00 01 00 00 00 3B 02 14 50 00 [0m\n",
		"pcscd-1 | 20230412 00000012 -> 000000 62 00 00 00 00 00 01 01 00 00\n"
		"pcscd-1 | 20230412 00001000 <- 000000 80 05 00 00 00 00 01 00 00 00 3b 02 14 50 "
		"00\n",
	};
	struct import_rig *r = *state;

	for (unsigned i = 0; i < sizeof logs / sizeof logs[0]; i++) {
		text(r, logs[i]);
		import_expect(r, ON_AND_ATR);
		assert_string_equal(r->report.format, "log");
		assert_int_equal(took_us(r), i == 2 ? 0 : 1000);
	}
}

/* What is not the rest of a dump is not taken for it: the reader said more than it sent. */
static void a_short_dump_stays_short(void **state)
{
	struct import_rig *r = *state;

	text(r, "-> 000000 62 00 00 00 00 00 01 01 00 00\n"
	        "<- 000000 80 05 00 00 00 00 01 00 00 00 3B 02\n"
	        "14 50 00 01\n"
	        "-> 000000 65 00 00 00 00 00 02 00 00 00\n"
	        "<- 000000 81 00 00 00 00 00 02 00 00 00\n"
	        "aa bb\n");
	import_expect(r, "> 62000000000001010000\n< 800500000000010000003b02\n"
	                 "> 65000000000002000000\n< 81000000000002000000\n");
}

static void a_log_names_the_reader_and_its_interrupts(void **state)
{
	struct import_rig *r = *state;

	text(r, "00000183 [1] ../ccid-1.8.2/src/ifdhandler.c:91:CreateChannelByNameOrChannel() "
	        "Lun: 0, "
	        "device: usb:1370/0911:libudev:2:/dev/bus/usb/001/047\n"
	        "00000005 [1] ../ccid-1.8.2/src/ccid_usb.c:688:OpenUSBByName() Found "
	        "Vendor/Product: 1370/0911 (Swissbit iShield Key 2 Pro)\n"
	        "00000046 [1] NotifySlotChange: 50 03 \n"
	        "00000012 [1] -> 000000 62 00 00 00 00 00 01 01 00 00 \n"
	        "00000900 [1] ccid_usb.c:888:ReadUSB() read failed (1/6): -7 "
	        "LIBUSB_ERROR_TIMEOUT\n"
	        "00001000 [1] <- 000000 80 05 00 00 00 00 01 00 00 00 3B 02 14 50 00 \n");
	import_expect(r, "! 5003\n" ON_AND_ATR);
	assert_int_equal(r->report.bus, 1);
	assert_int_equal(r->report.device, 47);
	assert_true(file_has(r->trace, "S\0w\0i\0s\0s\0b\0i\0t\0", 16));
	assert_true(file_has(r->trace, (uint8_t[]){0x70, 0x13, 0x11, 0x09}, 4));
}

static void of_two_readers_in_a_log_one_is_chosen(void **state)
{
	struct import_rig *r = *state;

	text(r,
	     "-> 000000 65 00 00 00 00 00 00 00 00 00\n<- 000000 81 00 00 00 00 00 00 00 00 00\n"
	     "-> 000001 65 00 00 00 00 00 07 00 00 00\n<- 000001 81 00 00 00 00 00 07 00 00 00\n");
	assert_int_equal(import_again(r), CCID_E_NOTFOUND);
	assert_non_null(strstr(r->report.problem, "0.1 with 1 commands, 0.2 with 1 commands"));
	r->options.device_given = true;
	r->options.device = 2;
	import_expect(r, "> 65000000000007000000\n< 81000000000007000000\n");
}

static void pins_in_logs_are_masked(void **state)
{
	struct import_rig *r = *state;

	text(r, "-> 000000 6F 09 00 00 00 00 05 00 00 00 00 20 00 80 04 31 32 33 34\n"
	        "<- 000000 80 02 00 00 00 00 05 00 00 00 90 00\n");
	import_expect(r, "> 6f0900000000050000000020008004ffffffff\n< 800200000000050000009000\n");
	assert_int_equal(r->report.masked, 1);
}

static void a_dump_that_the_log_cut_keeps_its_length(void **state)
{
	struct import_rig *r = *state;
	char log[4096] = "-> 000000 65 00 00 00 00 00 05 00 00 00\n"
			 "<- 000000 80 00 04 00 00 00 05 00 00 00";
	char *got;

	for (unsigned i = 0; i < 700; i++)
		strcat(log, " AB");
	strcat(log, "\n");
	text(r, log);
	import_expect(r, NULL);
	got = messages_of(r->trace);
	assert_int_equal(strlen(got), 2 + 20 + 1 + 2 + 2 * (10 + 1024) + 1);
	free(got);
	import_comment(r, "324 cut off by the capture", true);
}

/* Which exchange level explains what was seen. */
static void the_level_follows_from_the_traffic(void **state)
{
	static const struct {
		const char *lines;
		uint8_t features[4];
	} cases[] = {
		/* PPS, T=1 blocks: TPDU; parameters are the host's */
		{"out bulk 62000000000001010000\nin bulk 800500000000010000003b02145000\n"
	         "out bulk 6f040000000002000000ff1118f6\n"
	         "out bulk 61070000000003010000 18100045 00fe00\n"
	         "out bulk 6f05000000000f00000000c101fe3e\n",
	         {0x30, 0x00, 0x01, 0x00}},
		/* four bytes: an APDU; nothing was negotiated */
		{"out bulk 62000000000001000000\nout bulk 6f04000000009500000080300000\n",
	         {0x7A, 0x04, 0x02, 0x00}},
		/* a chained APDU */
		{"out bulk 62000000000001000000\nout bulk 6f0500000000950001008030000001\n",
	         {0x7A, 0x04, 0x04, 0x00}},
		/* T=0 TPDUs with parameters */
		{"out bulk 62000000000001000000\nout bulk 610500000000240000001100000a00\n"
	         "out bulk 6f05000000002600000000c0000022\n",
	         {0xB8, 0x04, 0x01, 0x00}},
	};
	struct import_rig *r = *state;

	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		text(r, cases[i].lines);
		import_expect(r, NULL);
		if (!file_has(r->trace, cases[i].features, 4))
			fail_msg("case %u", i);
	}
}

#define IMPORT_TEST(name) cmocka_unit_test_setup_teardown(name, import_setup, import_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMPORT_TEST(a_text_is_a_session),
		IMPORT_TEST(transfers_make_up_messages),
		IMPORT_TEST(control_requests_of_a_text_are_told_as_they_are),
		IMPORT_TEST(slots_that_got_commands_are_in_the_made_up_descriptor),
		IMPORT_TEST(a_bad_line_is_named),
		IMPORT_TEST(a_text_may_be_dressed),
		IMPORT_TEST(logs_of_all_kinds_tell_the_same),
		IMPORT_TEST(a_short_dump_stays_short),
		IMPORT_TEST(a_log_names_the_reader_and_its_interrupts),
		IMPORT_TEST(of_two_readers_in_a_log_one_is_chosen),
		IMPORT_TEST(pins_in_logs_are_masked),
		IMPORT_TEST(a_dump_that_the_log_cut_keeps_its_length),
		IMPORT_TEST(the_level_follows_from_the_traffic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
