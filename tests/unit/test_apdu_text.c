/* SPDX-License-Identifier: MIT */
/* APDUs and what else a message holds, in words. */
#include "apdu_text.h"
#include "message_detail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SET_T1 "61 07000000 00 01 01 0000 11100045 002000"

static size_t from_hex(uint8_t *out, const char *hex)
{
	size_t n = 0;
	unsigned v;

	for (; sscanf(hex, "%2x", &v) == 1; hex += 2) {
		out[n++] = (uint8_t)v;
		hex += hex[2] == ' ';
	}
	return n;
}

static void expect_apdu(bool command, const char *hex, const char *want)
{
	static uint8_t p[512], unknown[512];
	struct ccid_story_bytes b = {.p = p, .unknown = unknown, .len = from_hex(p, hex)};
	char text[256];
	struct ccid_words w = ccid_words(text, sizeof text);

	if (command)
		ccid_apdu_command_text(&w, &b);
	else
		ccid_apdu_response_text(&w, &b);
	assert_string_equal(text, want);
}

static void commands_are_named_by_their_class(void **state)
{
	(void)state;
	expect_apdu(true, "00A4040009A00000030800001000",
	            "SELECT by name A0 00 00 03 08 00 00 10 00 (PIV)");
	expect_apdu(true, "00A4040006D27600012401", "SELECT by name D2 76 00 01 24 01 (OpenPGP)");
	expect_apdu(
		true, "00A404000E325041592E5359532E444446303100",
		"SELECT by name 32 50 41 59 2E 53 59 53 2E 44 44 46 30 31 (EMV 2PAY.SYS.DDF01)");
	expect_apdu(true, "00A404000441424344", "SELECT by name 41 42 43 44");
	expect_apdu(true, "00A4000C023F00", "SELECT file 3F 00 (MF)");
	expect_apdu(true, "00B0010000", "READ BINARY at 256, wants 256");
	expect_apdu(true, "00B0850504", "READ BINARY of EF 5 at 5, wants 4");
	expect_apdu(true, "00B2010C00", "READ RECORD 1 of EF 1, wants 256");
	expect_apdu(true, "0084000008", "GET CHALLENGE, wants 8");
	expect_apdu(true, "8050010008000102030405060700",
	            "INITIALIZE UPDATE 01 00, 8 bytes: 00 01 02 03 04 05 06 07, wants 256");
	expect_apdu(true, "80A8000002830000",
	            "GET PROCESSING OPTIONS 00 00, 2 bytes: 83 00, wants 256");
	expect_apdu(true, "841E000004DEADBEEF", "APPLICATION BLOCK 00 00, 4 bytes: DE AD BE EF");
	expect_apdu(true, "A0A40000023F00", "SELECT file 3F 00 (MF)");
	expect_apdu(true, "FFCA000000", "GET DATA 00 00, wants 256");
	expect_apdu(true, "0047000002AC00", "GENERATE ASYMMETRIC KEY PAIR 00 00, 2 bytes: AC 00");
	expect_apdu(true, "8010000001FF", "80 10 00 00, 1 byte: FF");
	expect_apdu(true, "00A4", "SELECT: 00 A4");
	expect_apdu(true, "", "no APDU");
}

static void responses_say_how_it_went(void **state)
{
	(void)state;
	expect_apdu(false, "9000", "90 00 success");
	expect_apdu(false, "0102039000", "90 00 success, 3 bytes: 01 02 03");
	expect_apdu(false, "63C2", "63 C2 verification failed, 2 tries left");
	expect_apdu(false, "6C08", "6C 08 wrong Le, 8 is right");
	expect_apdu(false, "6100", "61 00 more data, 256 bytes");
	expect_apdu(false, "6985", "69 85 conditions of use not satisfied");
	expect_apdu(false, "69AA", "69 AA command not allowed");
	expect_apdu(false, "1234", "12 34");
	expect_apdu(false, "90", "no status word, 1 byte: 90");
	expect_apdu(false, "", "no status word");
}

static void every_name_of_an_application_is_found(void **state)
{
	static const uint8_t visa[] = {0xA0, 0, 0, 0, 3, 0x10, 0x10, 1};
	static const uint8_t jcb[] = {0xA0, 0, 0, 0, 0x65, 0x10, 0x10};

	(void)state;
	assert_string_equal(ccid_aid_name(visa, sizeof visa), "Visa");
	assert_string_equal(ccid_aid_name(jcb, sizeof jcb), "JCB");
	assert_null(ccid_aid_name(visa, 5));
	assert_null(ccid_aid_name(visa, 0));
}

/* The detail of an answer to, or of, a message. */
static void expect_detail(enum ccid_level level, const char *command, const char *answer,
                          const char *want, bool failure)
{
	struct ccid_message_context ctx = {.level = level};
	uint8_t msg[512];
	char text[256];
	size_t len = from_hex(msg, command);
	struct ccid_words w = ccid_words(text, sizeof text);
	bool failed;

	ccid_message_learn(&ctx, msg, len);
	if (answer == NULL) {
		failed = ccid_message_detail(&w, &ctx, msg, len);
	} else {
		len = from_hex(msg, answer);
		failed = ccid_message_detail(&w, &ctx, msg, len);
	}
	assert_string_equal(text, want);
	assert_int_equal(failed, failure);
}

static void parameters_and_selections_are_taken_apart(void **state)
{
	(void)state;
	expect_detail(CCID_LEVEL_TPDU, "61 05000000 00 01 00 0000 9501000A00", NULL,
	              "; Fi 512, Di 16, WI 10", false);
	expect_detail(CCID_LEVEL_TPDU, "61 07000000 00 01 01 0000 18 13 05 4D 00 FE 00", NULL,
	              "; Fi 372, Di 12, inverse convention, guard time 5, BWI 4, CWI 13, IFSC 254, "
	              "NAD 00, CRC",
	              false);
	expect_detail(CCID_LEVEL_TPDU, "6C 00000000 00 01 00 0000",
	              "82 05000000 00 01 00 00 00 7100000A00", "; Fi or Di RFU, WI 10", false);
	expect_detail(CCID_LEVEL_TPDU, "6F 04000000 00 01 00 0000 FF119672", NULL, "", false);
	expect_detail(CCID_LEVEL_TPDU, "6F 04000000 00 01 00 0000 FF119678", NULL,
	              "; PPS for T=1; Fi 512, Di 32", false);
	expect_detail(CCID_LEVEL_TPDU, "73 08000000 00 01 00 0000 A00F0000 00C20100", NULL,
	              "; 4000 kHz, 115200 bit/s", false);
}

static void pin_entry_is_told_without_the_pin(void **state)
{
	(void)state;
	expect_detail(CCID_LEVEL_SHORT_APDU,
	              "69 1C000000 00 01 00 0000 001E824704080402 010904 00 000000"
	              "0020008108 3132333435363738",
	              NULL, "; 30 s, ASCII, 4 to 8 digits, ends by validation key", false);
}

static void t1_blocks_tell_errors_and_status_words(void **state)
{
	(void)state;
	expect_detail(CCID_LEVEL_TPDU, SET_T1, "80 06000000 00 01 00 00 00 0000026A82EA",
	              "; file or application not found", true);
	expect_detail(CCID_LEVEL_TPDU, SET_T1, "80 04000000 00 01 00 00 00 00810081",
	              "; check byte or parity error, send it again", false);
	expect_detail(CCID_LEVEL_TPDU, SET_T1, "80 05000000 00 01 00 00 00 00C10120E0", "; 32",
	              false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_named_by_their_class),
		cmocka_unit_test(responses_say_how_it_went),
		cmocka_unit_test(every_name_of_an_application_is_found),
		cmocka_unit_test(parameters_and_selections_are_taken_apart),
		cmocka_unit_test(pin_entry_is_told_without_the_pin),
		cmocka_unit_test(t1_blocks_tell_errors_and_status_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
