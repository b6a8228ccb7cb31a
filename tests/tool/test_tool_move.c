/* SPDX-License-Identifier: MIT */
/* iscard eject and its like, kiosk-stop, and what systemd hears of iscard watch. */
#include "emu_server.h"
#include "json_read.h"
#include "notify_rig.h"
#include "run_tool.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define NAME "Motor 00 00: "

static struct emu_config motor(uint32_t mechanical, unsigned flags)
{
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_mechanical(&cfg, mechanical);
	cfg.manufacturer = cfg.serial = cfg.interface_name = NULL;
	cfg.product = "Motor";
	cfg.flags = flags;
	cfg.card_in[0] = true;
	return cfg;
}

static void expect(struct tool *t, int code, const char *out, const char *message)
{
	if (t->code != code || strcmp(t->out, out) != 0 || strstr(t->err, message) == NULL)
		fail_msg("exit code %d, output:\n%s\nmessages:\n%s", t->code, t->out, t->err);
	tool_free(t);
}

/* The recording begins with an attach. */
static void another_way_than_the_recording_is_no_failure_of_the_reader(void **state)
{
	struct tool t;

	(void)state;
	TOOL(&t, "", "eject", "replay:" SAMPLES_DIR "/emulated-kiosk-jam/trace.pcapng");
	expect(&t, 7, "", "eject: the recorded session goes another way");
	TOOL(&t, "", "eject",
	     "replay:" SAMPLES_DIR "/emulated-kiosk-jam/trace.pcapng?strict=lenient");
	expect(&t, 1, "",
	       "eject: the card could not be ejected or powered off as asked; the card "
	       "is jammed");
}

static void an_eject_is_waited_for(void **state)
{
	struct emu_config cfg = motor(0x0F, EMU_MOUTH_IS_PRESENT);
	struct emu_server s;
	struct tool t;

	(void)state;
	cfg.take_ms = 50;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "eject", s.address, "--wait", "20", "--sees-mouth");
	expect(&t, 0, NAME "the card was taken\n", "");
	TOOL(&t, "", "eject", s.address);
	expect(&t, 5, "", "eject: there is no card");
	emu_server_stop(&s);
	cfg.take_ms = 0;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "eject", s.address, "--wait=0.05");
	expect(&t, 8, NAME "eject commanded; the card is ejecting when the time is over\n", "");
	TOOL(&t, "", "accept", "--wait", s.address);
	expect(&t, 0, NAME "a card is in position: nothing was to be done\n", "");
	TOOL(&t, "", "capture", s.address, "--wait");
	expect(&t, 0, NAME "the card was captured\n", "");
	emu_server_stop(&s);
}

/* Seen behind the command, and then no more: the motor may just have ended. */
static void present_and_then_absent_is_no_proof(void **state)
{
	struct emu_config cfg = motor(0x0F, EMU_MOUTH_IS_PRESENT);
	struct emu_server s;
	struct tool t;

	(void)state;
	cfg.take_ms = 50;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "info", s.address);
	assert_non_null(strstr(t.out, "was taken is never known"));
	tool_free(&t);
	TOOL(&t, "", "eject", s.address, "--wait", "20");
	expect(&t, 9,
	       NAME "eject commanded; the card has left the contacts, and nobody knows whether it "
	            "was taken\n",
	       "");
	emu_server_stop(&s);
	assert_int_equal(setenv("ISCARD_MOUTH", "usb:1:* Mot*", 1), 0);
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "info", s.address);
	assert_non_null(strstr(t.out, "was taken when it is gone"));
	tool_free(&t);
	TOOL(&t, "", "eject", s.address, "--wait", "20");
	expect(&t, 0, NAME "the card was taken\n", "");
	emu_server_stop(&s);
	unsetenv("ISCARD_MOUTH");
}

static void no_time_is_not_for_ever(void **state)
{
	static const char *const none[] = {"--wait=0", "--wait=0.0001"};
	struct emu_config cfg = motor(0x0F, EMU_MOUTH_IS_PRESENT);
	struct emu_server s;
	struct tool t;

	(void)state;
	cfg.take_ms = 3000;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		emu_server_start(&s, &cfg, NULL);
		TOOL(&t, "", "eject", s.address, none[i]);
		expect(&t, 8, NAME "eject commanded; the card is ejecting when the time is over\n",
		       "");
		emu_server_stop(&s);
	}
}

static void what_cannot_be_seen_is_not_claimed(void **state)
{
	struct emu_config cfg = motor(0x02, 0);
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "eject", s.address, "--wait", "5", "--json");
	assert_int_equal(t.code, 9);
	assert_true(json_valid(t.out));
	assert_true(json_is(json_get(t.out, "motion"), "eject"));
	assert_true(json_is(json_get(t.out, "commanded"), "S_OK"));
	assert_true(json_is(json_get(t.out, "finished"), "S_FALSE"));
	assert_true(json_is(json_get(t.out, "before"), "swallowed"));
	assert_true(json_is(json_get(t.out, "after"), "absent"));
	tool_free(&t);
	emu_server_stop(&s);
}

static void jam(struct emu_device *d)
{
	emu_jam(d, 0, true);
}

static void what_cannot_be_done_is_said(void **state)
{
	struct emu_config cfg = motor(0x01, 0);
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "lock", s.address);
	expect(&t, 3, NAME "the reader cannot lock; nothing was moved\n", "");
	emu_server_stop(&s);
	cfg = motor(0x0F, 0);
	emu_server_start(&s, &cfg, jam);
	TOOL(&t, "", "eject", s.address);
	expect(&t, 1, "", "the card is jammed");
	TOOL(&t, "", "eject", s.address, "--wait=x");
	expect(&t, 2, "", "--wait takes seconds");
	TOOL(&t, "", "eject");
	expect(&t, 2, "", "one reader is needed");
	emu_server_stop(&s);
}

static void a_card_that_does_not_come_is_not_accepted(void **state)
{
	struct emu_config cfg = motor(0x0F, 0);
	struct emu_server s;
	struct tool t;

	(void)state;
	cfg.card_in[0] = false;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "accept", s.address, "--wait", "0.05");
	expect(&t, 8, NAME "accept commanded; the card is absent when the time is over\n", "");
	emu_server_stop(&s);
	TOOL(&t, "", "--help");
	assert_non_null(strstr(t.out, "no card came"));
	tool_free(&t);
}

static void seconds_that_are_none_are_named(void **state)
{
	static const char *const wrong[][3] = {{"--wait", "20", "replay:x"},
	                                       {"replay:x", "--wait", "86401"},
	                                       {"replay:x", "--wait", "soon"}};
	struct tool t;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		TOOL(&t, "", "eject", wrong[i][0], wrong[i][1], wrong[i][2]);
		expect(&t, 2, "", "the seconds of --wait, up to a day, stand behind it");
		TOOL(&t, "", "kiosk-stop", wrong[i][0], wrong[i][1], wrong[i][2]);
		expect(&t, 2, "", "the seconds of --wait, up to a day, stand behind it");
	}
}

static void locks_last_from_one_command_to_the_next(void **state)
{
	struct emu_config cfg = motor(0x0F, 0);
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "lock", s.address);
	expect(&t, 0, NAME "locked\n", "");
	TOOL(&t, "", "unlock", s.address);
	expect(&t, 0, NAME "unlocked\n", "");
	emu_server_stop(&s);
}

static void kiosk_stop_asks_how_the_program_ended(void **state)
{
	struct emu_config cfg = motor(0x0F, EMU_MOUTH_IS_PRESENT);
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	setenv("SERVICE_RESULT", "success", 1);
	TOOL(&t, "", "kiosk-stop", s.address, "--after-crash", "capture");
	expect(&t, 0, "", "");
	setenv("SERVICE_RESULT", "exec-condition", 1);
	TOOL(&t, "", "kiosk-stop", s.address, "--at-end", "eject", "--after-crash", "capture");
	expect(&t, 0, "", "");
	setenv("SERVICE_RESULT", "watchdog", 1);
	TOOL(&t, "", "kiosk-stop", s.address, "--at-end", "eject", "--after-crash", "capture");
	expect(&t, 0, NAME "the card was captured\n", "");
	emu_server_stop(&s);
	unsetenv("SERVICE_RESULT");
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "lock", s.address); /* and then it crashes */
	expect(&t, 0, NAME "locked\n", "");
	TOOL(&t, "", "kiosk-stop", s.address, "--after-crash", "capture");
	expect(&t, 0, NAME "the card was captured\n", "");
	TOOL(&t, "", "kiosk-stop", s.address, "--after-crash", "capture");
	expect(&t, 0, "", "no card");
	TOOL(&t, "", "kiosk-stop", s.address, "--at-end", "accept");
	expect(&t, 2, "", "leave, eject, capture or lock");
	emu_server_stop(&s);
}

static void systemd_hears_of_a_watch(void **state)
{
	struct emu_config cfg = motor(0, 0);
	struct emu_server s;
	struct tool_process p;
	struct notify_rig n;

	(void)state;
	notify_start(&n);
	setenv("WATCHDOG_USEC", "40000", 1);
	unsetenv("WATCHDOG_PID");
	emu_server_start(&s, &cfg, NULL);
	setenv("ISCARD_LOG", "info", 1);
	tool_start(&p, "slot 0", (const char *const[]){"watch", s.address, NULL});
	notify_hear(n.fd, "READY=1", 0);
	for (unsigned i = 0; i < 3; i++)
		notify_hear(n.fd, "WATCHDOG=1", 0);
	assert_int_equal(tool_end(&p, 15), 0);
	notify_hear(n.fd, "STOPPING=1", 1000);
	emu_server_stop(&s);
	unsetenv("ISCARD_LOG");
	unsetenv("WATCHDOG_USEC");
	notify_end(&n);
}

/* Not what closing the reader leaves in errno. */
static void a_watch_says_why_it_cannot_print(void **state)
{
	struct emu_config cfg = motor(0x0F, 0);
	struct emu_server s;
	struct tool t;

	(void)state;
	emu_server_start(&s, &cfg, NULL);
	tool_run_to(&t, TOOL_FULL, "", 0, (const char *const[]){"watch", s.address, NULL});
	expect(&t, 1, "", "cannot write standard output: No space left on device");
	tool_run_to(&t, TOOL_CLOSED, "", 0, (const char *const[]){"watch", s.address, NULL});
	expect(&t, 1, "", "cannot write standard output: Bad file descriptor");
	emu_server_stop(&s);
}

#define WORDS 16

/* The arguments of the command line that stands behind this in the unit, in a comment too. */
static void line_of_unit(const char *args[WORDS], const char *before, const char *reader)
{
	static char line[512];
	FILE *f = fopen(UNIT, "r");
	char *at = NULL, *word;
	unsigned n = 0;

	assert_non_null(f);
	while (at == NULL && fgets(line, sizeof line, f) != NULL)
		at = strstr(line, before);
	fclose(f);
	assert_non_null(at);
	(void)strtok(at + strlen(before), " \n"); /* the tool's path */
	while ((word = strtok(NULL, " \n")) != NULL && n < WORDS - 1)
		args[n++] = strcmp(word, "READER") == 0 ? reader : word;
	args[n] = NULL;
	assert_true(n > 0);
}

/* What systemd does with the unit when the program is killed, by hand. */
static void a_unit_whose_program_is_killed_sees_to_the_card(void **state)
{
	struct emu_config cfg = motor(0x0F, EMU_MOUTH_IS_PRESENT);
	const char *args[WORDS];
	struct tool_process p;
	struct notify_rig n;
	struct emu_server s;
	struct tool t;

	(void)state;
	notify_start(&n);
	emu_server_start(&s, &cfg, NULL);
	setenv("ISCARD_READERS", s.address, 1);
	setenv("ISCARD_LOG", "info", 1);
	line_of_unit(args, "ExecStart=", s.address);
	tool_start(&p, "slot 0", args);
	notify_hear(n.fd, "READY=1", 0);
	assert_int_equal(tool_end(&p, SIGKILL), 1000 + SIGKILL);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("ISCARD_LOG");
	setenv("SERVICE_RESULT", "signal", 1);
	line_of_unit(args, "ExecStopPost=-", s.address);
	tool_run(&t, "", 0, args);
	expect(&t, 0, NAME "the card was captured\n", "");
	unsetenv("SERVICE_RESULT");
	unsetenv("ISCARD_READERS");
	emu_server_stop(&s);
	notify_end(&n);
}

/* NOTIFY_SOCKET may name an abstract socket; without one, or with nonsense, a watch goes on. */
static void the_name_of_the_socket_may_be_abstract(void **state)
{
	static const char *const nobody[] = {NULL, "", "@", "nonsense", "/no/such/socket"};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct emu_config cfg = motor(0, 0);
	struct emu_server s;
	struct tool t;
	int n = snprintf(a.sun_path, sizeof a.sun_path, "@iscard-notify-%d", (int)getpid());

	(void)state;
	setenv("NOTIFY_SOCKET", a.sun_path, 1);
	a.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (const struct sockaddr *)&a,
	                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)),
	                 0);
	notify_limit(fd);
	emu_server_start(&s, &cfg, NULL);
	TOOL(&t, "", "watch", s.address, "--events", "1");
	assert_int_equal(t.code, 0);
	tool_free(&t);
	emu_server_stop(&s);
	notify_hear(fd, "READY=1", 0);
	close(fd);
	for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
		if (nobody[i] == NULL)
			unsetenv("NOTIFY_SOCKET");
		else
			setenv("NOTIFY_SOCKET", nobody[i], 1);
		emu_server_start(&s, &cfg, NULL);
		TOOL(&t, "", "watch", s.address, "--events", "1");
		assert_int_equal(t.code, 0);
		tool_free(&t);
		emu_server_stop(&s);
	}
	unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_way_than_the_recording_is_no_failure_of_the_reader),
		cmocka_unit_test(an_eject_is_waited_for),
		cmocka_unit_test(present_and_then_absent_is_no_proof),
		cmocka_unit_test(no_time_is_not_for_ever),
		cmocka_unit_test(what_cannot_be_seen_is_not_claimed),
		cmocka_unit_test(what_cannot_be_done_is_said),
		cmocka_unit_test(a_card_that_does_not_come_is_not_accepted),
		cmocka_unit_test(seconds_that_are_none_are_named),
		cmocka_unit_test(locks_last_from_one_command_to_the_next),
		cmocka_unit_test(kiosk_stop_asks_how_the_program_ended),
		cmocka_unit_test(systemd_hears_of_a_watch),
		cmocka_unit_test(a_watch_says_why_it_cannot_print),
		cmocka_unit_test(a_unit_whose_program_is_killed_sees_to_the_card),
		cmocka_unit_test(the_name_of_the_socket_may_be_abstract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
