/* SPDX-License-Identifier: MIT */
/* The tool on what a reader does beside APDUs: PIN entry, vendor commands, its capabilities. */
#include "emu_server.h"
#include "json_read.h"
#include "run_tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SHORT_APDU 2u

/* The person at the pad types 1234, which the card takes. */
static struct emu_config pad(void)
{
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_level(&cfg, SHORT_APDU, 271);
	emu_config_mechanical(&cfg, 2);
	cfg.product = "Pad";
	cfg.serial = "1";
	cfg.class_desc[52] = 1;    /* bPINSupport: verify */
	cfg.class_desc[50] = 0x10; /* wLcdLayout: 2 lines of 16 */
	cfg.class_desc[51] = 0x02;
	cfg.card_in[0] = true;
	return cfg;
}

static void expect(struct tool *t, int code, const char *out, const char *message)
{
	if (t->code != code || strcmp(t->out, out) != 0 || strstr(t->err, message) == NULL)
		fail_msg("exit code %d, output:\n%s\nmessages:\n%s", t->code, t->out, t->err);
	tool_free(t);
}

static void pin_verify_shows_the_status_word(void **state)
{
	const struct emu_config cfg = pad();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "pin", "verify", s.address);
	expect(&t, 0, "9000  done\n", "type on the reader");
	TOOL(&t, "", "pin", "verify", s.address, "--block", "8", "--reference", "81", "--json");
	assert_int_equal(t.code, 0);
	assert_true(json_valid(t.out));
	assert_true(json_is(json_get(t.out, "sw"), "9000"));
	assert_true(json_is(json_get(t.out, "meaning"), "done"));
	assert_true(json_is_true(json_get(t.out, "ok")));
	tool_free(&t);
	TOOL(&t, "", "pin", "verify", s.address, "--structure",
	     "000082000008040200090400 000000 04000000 00200081");
	expect(&t, 0, "9000  done\n", "");
	emu_server_stop(&s);
}

static void what_a_pad_cannot_do_is_said(void **state)
{
	const struct emu_config cfg = pad();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "pin", "modify", s.address);
	assert_null(strstr(t.err, "type on the reader"));
	expect(&t, 1, "", "the reader has no pad to modify a PIN on");
	TOOL(&t, "", "pin", "verify", s.address, "--coding", "bcd");
	expect(&t, 1, "", "PC_to_RDR_Secure");
	TOOL(&t, "", "pin", "verify", s.address, "--structure", "0000");
	expect(&t, 1, "", "E_INVALIDARG");
	emu_server_stop(&s);
}

static void pin_options_are_checked(void **state)
{
	static const char *const wrong[][2] = {
		{"--reference", "100"}, {"--coding", "roman"}, {"--min", "0"},    {"--max", "3"},
		{"--block", "16"},      {"--fill", "x"},       {"--timeout", ""}, {"--max", "256"}};
	struct tool t;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		TOOL(&t, "", "pin", "verify", "0", wrong[i][0], wrong[i][1]);
		expect(&t, 2, "", wrong[i][0]);
	}
	TOOL(&t, "", "pin", "guess", "0");
	expect(&t, 2, "", "verify or modify");
	TOOL(&t, "", "pin", "verify");
	expect(&t, 2, "", "verify or modify");
}

/* The emulated reader gives every vendor command back. */
static void escape_sends_only_when_it_is_allowed(void **state)
{
	struct emu_config cfg = pad();
	struct emu_server s;
	struct tool t;

	(void)state;
	cfg.card_in[0] = false;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "escape", s.address, "0102");
	expect(&t, 2, "", "nothing is sent without --allow");
	TOOL(&t, "", "escape", s.address, "0102", "A1B2C3", "--allow");
	expect(&t, 0, "> 01 02\n< 01 02\n> A1 B2 C3\n< A1 B2 C3\n", "");
	TOOL(&t, "", "escape", s.address, "0102", "--allow", "--json");
	expect(&t, 0, "{\"command\":\"0102\",\"answer\":\"0102\"}\n", "");
	TOOL(&t, "", "escape", s.address, "0102", "xyz1", "--allow");
	expect(&t, 1, "", "xyz1");
	TOOL(&t, "", "escape", s.address, "--allow");
	expect(&t, 2, "", "a reader and bytes are needed");
	emu_server_stop(&s);
}

static void a_reader_that_refuses_a_vendor_command_is_reported(void **state)
{
	struct emu_config cfg = pad();
	struct emu_server s;
	struct tool t;

	(void)state;
	cfg.flags |= EMU_NO_ESCAPE;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "escape", s.address, "0102", "--allow");
	expect(&t, 1, "", "escape: not supported");
	emu_server_stop(&s);
}

static void info_shows_how_the_reader_is_driven(void **state)
{
	const struct emu_config cfg = pad();
	const char *driven;
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "info", s.address);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "as it is driven:\n"
	                              "  1 slot, 1 busy at a time; bulk; tells of cards\n"
	                              "  exchange level short, command APDUs up to 261 bytes\n"));
	assert_non_null(strstr(t.out, "  mechanics: eject (as claimed)\n"
	                              "  PIN pad: verify (as claimed)\n"
	                              "  display: 2 lines of 16 characters\n"));
	tool_free(&t);
	TOOL(&t, "", "info", "--json", s.address);
	assert_true(json_valid(t.out));
	driven = json_get(t.out, "driven");
	assert_non_null(driven);
	assert_int_equal(json_int(json_get(driven, "max_apdu"), -1), 261);
	assert_int_equal(json_int(json_get(driven, "display_columns"), -1), 16);
	assert_true(json_is_true(json_get(driven, "interrupt")));
	assert_true(json_is(json_get(driven, "mechanics_source"), "as claimed"));
	assert_non_null(strstr(driven, "\"pin_pad\":[\"verify\"]"));
	tool_free(&t);
	emu_server_stop(&s);
}

static void info_tells_tokens_from_readers(void **state)
{
	static const char *const rows[][2] = {{"emulated-token-a", "token, version A"},
	                                      {"emulated-token-b", "token, version B"},
	                                      {"emulated-two-slots", "bulk"}};
	char address[400];
	struct tool t;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(address, sizeof address, "replay:%s/%s/trace.pcapng", SAMPLES_DIR,
		         rows[i][0]);
		TOOL(&t, "", "info", "--json", address);
		assert_int_equal(t.code, 0);
		assert_true(json_valid(t.out));
		assert_true(json_is(json_get(json_get(t.out, "driven"), "framing"), rows[i][1]));
		tool_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pin_verify_shows_the_status_word),
		cmocka_unit_test(what_a_pad_cannot_do_is_said),
		cmocka_unit_test(pin_options_are_checked),
		cmocka_unit_test(escape_sends_only_when_it_is_allowed),
		cmocka_unit_test(a_reader_that_refuses_a_vendor_command_is_reported),
		cmocka_unit_test(info_shows_how_the_reader_is_driven),
		cmocka_unit_test(info_tells_tokens_from_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
