/* SPDX-License-Identifier: MIT */
/* The tool on readers: an emulated one behind a socket, for one run after the other. */
#include "emu_fault.h"
#include "emu_server.h"
#include "json_read.h"
#include "run_tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#define MECH_EJECT 2u
#define TPDU       1u
#define EXTENDED   3u
#define BUFFER     271u

static struct emu_config kiosk(void)
{
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_mechanical(&cfg, MECH_EJECT);
	cfg.product = "Kiosk";
	cfg.serial = "K1";
	cfg.card_in[0] = true;
	emu_card_t1(&cfg.card[0], 254, false);
	return cfg;
}

/* T=0 at TPDU level, no motor. */
static struct emu_config plain(void)
{
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_level(&cfg, TPDU, BUFFER);
	cfg.product = "Plain";
	cfg.serial = "P1";
	cfg.card_in[0] = true;
	return cfg;
}

static void jam(struct emu_device *d)
{
	emu_jam(d, 0, true);
}

static void expect(struct tool *t, int code, const char *out)
{
	if (t->code != code || strcmp(t->out, out) != 0)
		fail_msg("exit code %d, output:\n%s\nmessages:\n%s", t->code, t->out, t->err);
	tool_free(t);
}

/* code, and part somewhere in the messages. */
static void expect_message(struct tool *t, int code, const char *part)
{
	if (t->code != code || strstr(t->err, part) == NULL)
		fail_msg("exit code %d, messages:\n%s", t->code, t->err);
	tool_free(t);
}

static void test_list_names_readers_and_what_they_can_do(void **state)
{
	struct emu_config cfg = kiosk();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "list", "--json", s.address);
	assert_int_equal(t.code, 0);
	assert_true(json_valid(t.out));
	assert_int_equal(json_int(json_get(t.out, "number"), -1), 0);
	assert_true(json_is(json_get(t.out, "address"), s.address));
	assert_true(json_is_true(json_get(t.out, "can_eject")));
	assert_true(json_is_null(json_get(t.out, "error")));
	assert_non_null(strstr(t.out, "Kiosk"));
	tool_free(&t);
	TOOL(&t, "", "list", s.address);
	assert_non_null(strstr(t.out, "(K1) 00 00\n"));
	assert_non_null(strstr(t.out, "can eject cards"));
	tool_free(&t);
	emu_server_stop(&s);
}

static void test_atr_of_a_card_is_explained(void **state)
{
	struct emu_config cfg = plain();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "atr", s.address);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "Plain"));
	assert_non_null(strstr(t.out, ", T=0\n3B 65 00 00 45 4D 55 30 31\n"));
	tool_free(&t);
	TOOL(&t, "", "atr", "--json", s.address);
	assert_true(json_valid(t.out));
	assert_true(json_is(json_get(t.out, "atr"), "3b650000454d553031"));
	assert_int_equal(json_int(json_get(t.out, "protocol"), -1), 0);
	assert_true(json_is_true(json_get(t.out, "valid")));
	tool_free(&t);
	emu_server_stop(&s);
}

static void test_info_shows_what_the_device_claims(void **state)
{
	struct emu_config cfg = kiosk();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "info", "--json", s.address);
	assert_int_equal(t.code, 0);
	assert_true(json_valid(t.out));
	assert_true(json_is(json_get(t.out, "product"), "Kiosk"));
	assert_true(json_is(json_get(t.out, "serial"), "K1"));
	assert_int_equal(json_int(json_get(t.out, "dwMechanical"), -1), MECH_EJECT);
	assert_true(json_is_true(json_get(t.out, "can_eject")));
	assert_true(json_is(json_get(t.out, "exchange_level"), "extended"));
	tool_free(&t);
	emu_server_stop(&s);
}

static void test_apdu_shows_command_and_answer(void **state)
{
	struct emu_config cfg = kiosk();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "apdu", s.address, "8010000002123400", "80 18 6A 82");
	expect(&t, 0,
	       "> 80 10 00 00 02 12 34 00\n< 12 34 90 00  done\n"
	       "> 80 18 6A 82\n< 6A 82  file or application not found\n");
	TOOL(&t, "", "apdu", s.address, "80", "18", "90", "00");
	expect(&t, 0, "> 80 18 90 00\n< 90 00  done\n");
	TOOL(&t, "# echo\r\n80:10:00:00:02:12:34:00\n\n80186985", "apdu", "--json", s.address, "-");
	expect(&t, 0,
	       "{\"apdu\":\"8010000002123400\",\"data\":\"1234\",\"sw\":\"9000\"}\n"
	       "{\"apdu\":\"80186985\",\"data\":\"\",\"sw\":\"6985\"}\n");
	emu_server_stop(&s);
}

static void test_argument_that_is_no_apdu_stops_everything_before_it_starts(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "apdu", "usbredir:/no/where", "00840000", "0084000");
	expect_message(&t, 1, "0084000: not hexadecimal: a byte of one digit ends at character 7");
	TOOL(&t, "", "apdu", "usbredir:/no/where", "00840000", "0084000005FF");
	expect_message(&t, 1, "its lengths do not fit its bytes");
	TOOL(&t, "", "apdu", "usbredir:/no/where", "008400");
	expect_message(&t, 1, "at least four bytes");
	TOOL(&t, "", "apdu", "usbredir:/no/where");
	expect_message(&t, 2, "usage: iscard apdu");
}

static void test_line_that_is_no_apdu_ends_the_conversation(void **state)
{
	struct emu_config cfg = kiosk();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "80189000\nnonsense\n80189001\n", "apdu", s.address, "-");
	assert_string_equal(t.out, "> 80 18 90 00\n< 90 00  done\n");
	expect_message(&t, 1, "nonsense: not hexadecimal");
	emu_server_stop(&s);
}

static void test_raw_leaves_61xx_and_6cxx_alone(void **state)
{
	struct emu_config cfg = plain();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "apdu", s.address, "801A020000", "8010000002123400");
	expect(&t, 0,
	       "> 80 1A 02 00 00\n< 00 07 90 00  done\n"
	       "> 80 10 00 00 02 12 34 00\n< 12 34 90 00  done\n");
	TOOL(&t, "", "apdu", "--raw", s.address, "801A020000", "8010000002123400", "80C0000002");
	expect(&t, 0,
	       "> 80 1A 02 00 00\n< 6C 02  wrong Le; SW2 is the right one\n"
	       "> 80 10 00 00 02 12 34 00\n< 61 02  more to fetch with GET RESPONSE\n"
	       "> 80 C0 00 00 02\n< 12 34 90 00  done\n");
	emu_server_stop(&s);
}

static void test_detach_says_what_was_done(void **state)
{
	struct emu_config cfg = plain();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "detach", s.address);
	assert_non_null(strstr(t.out, "the card was left as it is"));
	assert_int_equal(t.code, 0);
	tool_free(&t);
	TOOL(&t, "", "detach", "--reset", s.address);
	assert_non_null(strstr(t.out, "the card was reset"));
	tool_free(&t);
	TOOL(&t, "", "detach", "--unpower", "--json", s.address);
	assert_true(json_valid(t.out));
	assert_true(json_is(json_get(t.out, "result"), "powered off"));
	assert_true(json_is_true(json_get(t.out, "ok")));
	tool_free(&t);
	TOOL(&t, "", "detach", "--unpower", "--eject", s.address);
	expect_message(&t, 2, "only one of");
	emu_server_stop(&s);
}

static void test_reader_that_cannot_eject_says_so_with_exit_code_3(void **state)
{
	struct emu_config cfg = plain();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "detach", s.address, "--eject");
	assert_non_null(strstr(t.out, "the reader cannot eject; the card was powered off"));
	assert_int_equal(t.code, 3);
	tool_free(&t);
	TOOL(&t, "", "detach", s.address, "--eject", "--json");
	assert_true(json_is(json_get(t.out, "result"), "powered off"));
	assert_true(json_is_false(json_get(t.out, "ok")));
	assert_int_equal(t.code, 3);
	tool_free(&t);
	emu_server_stop(&s);
}

static void test_reader_that_can_eject_does(void **state)
{
	struct emu_config cfg = kiosk();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "detach", s.address, "--eject", "--json");
	assert_int_equal(t.code, 0);
	assert_true(json_is(json_get(t.out, "disposition"), "eject"));
	assert_true(json_is(json_get(t.out, "result"), "confirmed") ||
	            json_is(json_get(t.out, "result"), "commanded"));
	tool_free(&t);
	TOOL(&t, "", "atr", s.address);
	expect_message(&t, 5, "there is no card in the reader");
	emu_server_stop(&s);
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "detach", s.address, "--eject");
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "has left the contacts, and may be in the mouth"));
	tool_free(&t);
	emu_server_stop(&s);
}

static void test_mute_card_is_ejected_all_the_same(void **state)
{
	struct emu_config cfg = kiosk();
	struct emu_server s;
	struct tool t;

	(void)state;
	cfg.card[0].mute = true;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "atr", s.address);
	expect_message(&t, 5, "SCARD_W_UNRESPONSIVE_CARD");
	TOOL(&t, "", "detach", s.address, "--eject", "--json");
	assert_int_equal(t.code, 0);
	assert_true(json_is_true(json_get(t.out, "ok")));
	tool_free(&t);
	TOOL(&t, "", "atr", s.address);
	expect_message(&t, 5, "there is no card in the reader");
	emu_server_stop(&s);
}

static void test_mute_card_that_cannot_be_ejected_is_told_too(void **state)
{
	struct emu_config cfg = plain();
	struct emu_server s;
	struct tool t;

	(void)state;
	cfg.card[0].mute = true;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "detach", s.address, "--eject");
	assert_int_equal(t.code, 3);
	assert_non_null(strstr(t.out, "the reader cannot eject; the card was powered off"));
	tool_free(&t);
	emu_server_stop(&s);
}

static void test_ejection_that_fails_is_not_claimed(void **state)
{
	struct emu_config cfg = kiosk();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, jam);
	TOOL(&t, "", "detach", s.address, "--eject", "--json");
	assert_true(json_is(json_get(t.out, "result"), "failed"));
	assert_true(json_is_false(json_get(t.out, "ok")));
	expect_message(&t, 1, "SCARD_E_CANT_DISPOSE");
	emu_server_stop(&s);
}

static void unplug_at_the_disposition(struct emu_device *d)
{
	emu_fault_add(d, &(struct emu_fault){.kind = EMU_FAULT_UNPLUG, .type = 0x63});
}

static void test_what_a_reader_that_left_did_not_do_is_not_claimed(void **state)
{
	static const char *const options[] = {"--eject", "--unpower"};
	struct emu_config cfg = plain();
	struct emu_server s;
	struct tool t;

	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		emu_server_start(&s, &cfg, unplug_at_the_disposition);
		TOOL(&t, "", "detach", s.address, options[i]);
		assert_non_null(strstr(t.out, "nothing was done"));
		assert_int_equal(t.code, 5);
		tool_free(&t);
		emu_server_stop(&s);
	}
}

static void test_recorded_session_replays_and_reads_as_it_went(void **state)
{
	static const char conversation[] = "> 80 10 00 00 02 12 34 00\n< 12 34 90 00  done\n";
	struct emu_config cfg = kiosk();
	char file[] = "/tmp/iscard-record-XXXXXX";
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	close(mkstemp(file));
	TOOL(&t, "", "record", s.address, file, "--", "8010000002123400");
	expect_message(&t, 1, "is there already");
	unlink(file);
	TOOL(&t, "", "record", s.address, "/no/where", "--", "8010000002123400");
	assert_string_equal(t.out, "");
	expect_message(&t, 1, "/no/where cannot be written: No such file or directory");
	TOOL(&t, "", "record", s.address, file, "--eject", "--", "8010000002123400");
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, conversation));
	tool_free(&t);
	emu_server_stop(&s);
	TOOL(&t, "", "replay", file);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "slot 0: power on, T=1, ATR 3B "));
	assert_non_null(strstr(t.out, conversation));
	assert_non_null(strstr(t.out, "slot 0: eject\n"));
	tool_free(&t);
	TOOL(&t, "", "trace", "show", file);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "PC_to_RDR_Mechanical  eject"));
	assert_non_null(strstr(t.out, "80 10 00 00 02 12 34 00"));
	tool_free(&t);
	unlink(file);
}

static void test_readers_go_by_number_name_and_unique_part(void **state)
{
	struct emu_config a = kiosk(), b = plain();
	struct emu_server sa, sb;
	char both[200];
	struct tool t;

	(void)state;
	emu_server_start(&sa, &a, NULL);
	emu_server_start(&sb, &b, NULL);
	snprintf(both, sizeof both, "%s %s", sa.address, sb.address);
	setenv("ISCARD_READERS", both, 1);
	TOOL(&t, "", "apdu", "1", "801A010001");
	expect(&t, 0, "> 80 1A 01 00 01\n< 00 90 00  done\n");
	TOOL(&t, "", "apdu", "plain", "80189000");
	expect(&t, 0, "> 80 18 90 00\n< 90 00  done\n");
	TOOL(&t, "", "apdu", "K1", "80189000");
	expect(&t, 0, "> 80 18 90 00\n< 90 00  done\n");
	TOOL(&t, "", "atr", " 00 00");
	assert_non_null(strstr(t.err, "0  "));
	assert_non_null(strstr(t.err, "1  "));
	expect_message(&t, 4, "several readers fit");
	TOOL(&t, "", "atr", "2");
	expect_message(&t, 4, "2: no such reader; these are there:");
	TOOL(&t, "", "atr", "Klosk");
	assert_non_null(strstr(t.err, "Kiosk"));
	expect_message(&t, 4, "Klosk: no such reader");
	setenv("ISCARD_READERS", "usb: usb:zz", 1);
	TOOL(&t, "", "list");
	expect_message(&t, 4, "\"usb:zz\" is no reader address");
	setenv("ISCARD_READERS", "usb: serial:/dev/ttyS0", 1);
	TOOL(&t, "", "list");
	expect_message(&t, 4, "\"serial:/dev/ttyS0\" is no reader address");
	unsetenv("ISCARD_READERS");
	emu_server_stop(&sa);
	emu_server_stop(&sb);
}

static void test_log_level_that_is_none_is_told(void **state)
{
	struct emu_config cfg;
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_config_init(&cfg);
	emu_server_start(&s, &cfg, NULL);
	setenv("ISCARD_LOG", "loud", 1);
	TOOL(&t, "", "list", s.address);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.err, "ISCARD_LOG: \"loud\" is not none, error, warning, info, "));
	tool_free(&t);
	setenv("ISCARD_LOG", "Warning", 1);
	TOOL(&t, "", "list", s.address);
	assert_int_equal(t.code, 0);
	assert_string_equal(t.err, "");
	tool_free(&t);
	unsetenv("ISCARD_LOG");
	emu_server_stop(&s);
}

static void test_reader_that_cannot_be_reached_is_one_clear_line(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "atr", "usbredir:/no/where");
	expect_message(&t, 4, "iscard: usbredir:/no/where: nothing answers at this address");
	TOOL(&t, "", "atr", "usb:zz");
	expect_message(&t, 4, "iscard: usb:zz: ");
	TOOL(&t, "", "atr", "replay:/no/where");
	expect_message(&t, 1, "iscard: /no/where: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_names_readers_and_what_they_can_do),
		cmocka_unit_test(test_atr_of_a_card_is_explained),
		cmocka_unit_test(test_info_shows_what_the_device_claims),
		cmocka_unit_test(test_apdu_shows_command_and_answer),
		cmocka_unit_test(test_argument_that_is_no_apdu_stops_everything_before_it_starts),
		cmocka_unit_test(test_line_that_is_no_apdu_ends_the_conversation),
		cmocka_unit_test(test_raw_leaves_61xx_and_6cxx_alone),
		cmocka_unit_test(test_detach_says_what_was_done),
		cmocka_unit_test(test_reader_that_cannot_eject_says_so_with_exit_code_3),
		cmocka_unit_test(test_reader_that_can_eject_does),
		cmocka_unit_test(test_mute_card_is_ejected_all_the_same),
		cmocka_unit_test(test_mute_card_that_cannot_be_ejected_is_told_too),
		cmocka_unit_test(test_ejection_that_fails_is_not_claimed),
		cmocka_unit_test(test_what_a_reader_that_left_did_not_do_is_not_claimed),
		cmocka_unit_test(test_recorded_session_replays_and_reads_as_it_went),
		cmocka_unit_test(test_readers_go_by_number_name_and_unique_part),
		cmocka_unit_test(test_log_level_that_is_none_is_told),
		cmocka_unit_test(test_reader_that_cannot_be_reached_is_one_clear_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
