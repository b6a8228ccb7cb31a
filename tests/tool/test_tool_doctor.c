/* SPDX-License-Identifier: MIT */
/* iscard doctor on emulated readers: what it says of readers and cards that fail. */
#include "emu_server.h"
#include "json_read.h"
#include "run_tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct emu_config ordinary(void)
{
	struct emu_config cfg;

	emu_config_init(&cfg);
	cfg.card_in[0] = true;
	return cfg;
}

/* The doctor's exit code for this reader, and what it says somewhere. */
static void says(const struct emu_config *cfg, int code, const char *part)
{
	struct emu_server s;
	struct tool t;

	emu_server_start(&s, cfg, NULL);
	TOOL(&t, "", "doctor", s.address);
	if (t.code != code || strstr(t.out, part) == NULL)
		fail_msg("exit code %d, output:\n%s\nmessages:\n%s", t.code, t.out, t.err);
	tool_free(&t);
	emu_server_stop(&s);
}

static void a_card_that_works_is_good(void **state)
{
	const struct emu_config cfg = ordinary();

	(void)state;
	says(&cfg, 0, "\n  good: the card answers: 3B 65 00 00 45 4D 55 30 31\n");
}

static void an_empty_reader_is_told(void **state)
{
	struct emu_config cfg = ordinary();

	(void)state;
	cfg.card_in[0] = false;
	says(&cfg, 5, "\n  problem: there is no card in the reader\n    put a card in\n");
}

static void a_mute_card_is_told_from_an_absent_one(void **state)
{
	struct emu_config cfg = ordinary();

	(void)state;
	cfg.card[0].mute = true;
	says(&cfg, 5, "\n  problem: there is a card, but it does not answer:");
}

/* T=14 alone. */
static void a_card_that_no_protocol_fits_is_told(void **state)
{
	static const uint8_t atr[] = {0x3B, 0x80, 0x0E, 0x8E};
	struct emu_config cfg = ordinary();

	(void)state;
	memcpy(cfg.card[0].atr, atr, sizeof atr);
	cfg.card[0].atr_len = sizeof atr;
	says(&cfg, 5, "\n  problem: card and reader do not get on:");
}

/* TCK wrong, and the card works all the same. */
static void an_odd_atr_is_noted(void **state)
{
	struct emu_config cfg = ordinary();

	(void)state;
	emu_card_t1(&cfg.card[0], 254, false);
	cfg.card[0].atr[cfg.card[0].atr_len - 1] ^= 1;
	says(&cfg, 0, "\n  note: its answer to reset breaks a rule: ");
}

static void faulty_firmware_is_told(void **state)
{
	struct emu_config cfg = ordinary();

	(void)state;
	cfg.vid = 0x03F0;
	cfg.pid = 0x0036;
	cfg.bcd_device = 0x0100;
	says(&cfg, 0, "\n  odd: this firmware is known to be faulty: HP CCID keyboard: firmware");
}

static void odd_claims_are_told(void **state)
{
	struct emu_config cfg = ordinary();

	(void)state;
	cfg.class_desc[2] = 0x99; /* bcdCCID */
	says(&cfg, 0, "\n  note: its descriptor is not taken at its word: ");
}

static void an_address_where_nothing_answers_is_told(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "doctor", "usbredir:/nonexistent");
	assert_int_equal(t.code, 4);
	assert_non_null(strstr(t.out, "usbredir:/nonexistent\n  problem: nothing answers"));
	assert_null(strstr(t.out, "this machine"));
	tool_free(&t);
	TOOL(&t, "", "doctor", "--json", "fd:99");
	assert_int_equal(t.code, 4);
	assert_true(json_valid(t.out));
	assert_true(json_is(json_get(t.out, "finding"), "unreachable"));
	tool_free(&t);
	TOOL(&t, "", "atr", "fd:0"); /* open, but no device */
	assert_int_equal(t.code, 4);
	assert_non_null(strstr(t.err, "no device is open under this number"));
	tool_free(&t);
}

/* No reader was plugged in there, say; there is nothing to plug in here. */
static void a_peer_that_hangs_up_is_not_taken_for_a_reader(void **state)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "/tmp/iscard-peer-XXXXXX"};
	char address[64];
	struct tool t;
	pid_t peer;
	int fd;

	(void)state;
	fd = mkstemp(sa.sun_path);
	assert_true(fd >= 0);
	close(fd);
	unlink(sa.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(listen(fd, 1), 0);
	peer = fork();
	if (peer == 0)
		_exit(accept(fd, NULL, NULL) < 0);
	close(fd);
	snprintf(address, sizeof address, "usbredir:%s", sa.sun_path);
	TOOL(&t, "", "doctor", address);
	waitpid(peer, NULL, 0);
	unlink(sa.sun_path);
	assert_int_equal(t.code, 1);
	assert_non_null(strstr(t.out, "problem: no reader comes from this address: "));
	assert_non_null(strstr(t.out, "usbredir host"));
	tool_free(&t);
}

/* It has no USB, say, and needs none. */
static void this_machine_is_passed_over_when_its_buses_are(void **state)
{
	struct emu_config cfg = ordinary();
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	setenv("ISCARD_READERS", s.address, 1);
	TOOL(&t, "", "doctor");
	assert_int_equal(t.code, 0);
	assert_null(strstr(t.out, "this machine"));
	unsetenv("ISCARD_READERS");
	tool_free(&t);
	emu_server_stop(&s);
}

static void json_is_one_object_a_finding(void **state)
{
	struct emu_config cfg = ordinary();
	struct emu_server s;
	struct tool t;

	(void)state;
	cfg.card_in[0] = false;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "doctor", "--json", s.address);
	assert_int_equal(t.code, 5);
	assert_true(json_valid(t.out));
	assert_true(json_is(json_get(t.out, "finding"), "no-card"));
	assert_true(json_is(json_get(t.out, "level"), "problem"));
	assert_true(json_is(json_get(t.out, "address"), s.address));
	assert_true(json_is(json_get(t.out, "advice"), "put a card in"));
	tool_free(&t);
	emu_server_stop(&s);
}

static void two_readers_are_wrong_usage(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "doctor", "a", "b");
	assert_int_equal(t.code, 2);
	tool_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_that_works_is_good),
		cmocka_unit_test(an_empty_reader_is_told),
		cmocka_unit_test(a_mute_card_is_told_from_an_absent_one),
		cmocka_unit_test(a_card_that_no_protocol_fits_is_told),
		cmocka_unit_test(an_odd_atr_is_noted),
		cmocka_unit_test(faulty_firmware_is_told),
		cmocka_unit_test(odd_claims_are_told),
		cmocka_unit_test(an_address_where_nothing_answers_is_told),
		cmocka_unit_test(a_peer_that_hangs_up_is_not_taken_for_a_reader),
		cmocka_unit_test(this_machine_is_passed_over_when_its_buses_are),
		cmocka_unit_test(json_is_one_object_a_finding),
		cmocka_unit_test(two_readers_are_wrong_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
