/* SPDX-License-Identifier: MIT */
/* The programs of api/examples, as their readers run them. */
#include "emu_serve.h"
#include "emu_server.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void run_command(const char *command, int code, const char *said)
{
	char out[512] = "";
	FILE *p;
	int status;

	p = popen(command, "r");
	assert_non_null(p);
	(void)fread(out, 1, sizeof out - 1, p);
	status = pclose(p);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != code || strcmp(out, said) != 0)
		fail_msg("%s: exit code %d, \"%s\"", command, WEXITSTATUS(status), out);
}

static void run(const char *program, const char *reader, int code, const char *said)
{
	char command[512];

	snprintf(command, sizeof command, "'%s' '%s'", program, reader);
	run_command(command, code, said);
}

static struct emu_config reader(uint32_t mechanical)
{
	struct emu_config cfg;

	emu_config_init(&cfg);
	emu_config_mechanical(&cfg, mechanical);
	cfg.card_in[0] = true;
	return cfg;
}

static void jam(struct emu_device *d)
{
	emu_jam(d, 0, true);
}

static void on_reader(const struct emu_config *cfg, void (*prepare)(struct emu_device *d),
                      const char *program, int code, const char *said)
{
	struct emu_server server;

	emu_server_start(&server, cfg, prepare);
	run(program, server.address, code, said);
	emu_server_stop(&server);
}

static void attach_sends_a_command(void **state)
{
	const struct emu_config cfg = reader(0);

	(void)state;
	on_reader(&cfg, NULL, EXAMPLE_ATTACH, 0, "00 01 02 03 04 05 06 07 status 9000\n");
	run(EXAMPLE_ATTACH, "no such reader", 1, "");
}

static void eject_says_what_happened(void **state)
{
	const struct emu_config fixed = reader(0), motor = reader(2);

	(void)state;
	on_reader(&fixed, NULL, EXAMPLE_EJECT, 3, "the reader cannot eject: powered off only\n");
	on_reader(&motor, NULL, EXAMPLE_EJECT, 0, "the card has left the contacts\n");
	on_reader(&motor, jam, EXAMPLE_EJECT, 1, "the eject failed: somebody has to look\n");
}

static struct emu_config pad(void)
{
	struct emu_config cfg = reader(0);

	emu_config_level(&cfg, 2, 271);
	cfg.product = "Pad";
	cfg.class_desc[52] = 1; /* bPINSupport: verify */
	return cfg;
}

static void pinpad_never_sees_a_digit_and_says_what_the_card_said(void **state)
{
	const struct emu_config with = pad(), without = reader(0);

	(void)state;
	on_reader(&with, NULL, EXAMPLE_PINPAD, 0,
	          "Please enter your PIN on the reader.\nverified\n");
	on_reader(&without, NULL, EXAMPLE_PINPAD, 3, "Reader has no PIN pad\n");
	run(EXAMPLE_PINPAD, "no such reader", 1, "");
}

static void replay_test_plays_a_recording_in_a_unit_test(void **state)
{
	(void)state;
	run(EXAMPLE_REPLAY_TEST, SAMPLES_DIR "/emulated-documentation/trace.pcapng", 0,
	    "ok: the master file is 3F00 (success)\n");
	run(EXAMPLE_REPLAY_TEST, SAMPLES_DIR "/emulated-two-slots/trace.pcapng", 1,
	    "not ok: the master file is 0000 (the program departs from the recording that is "
	    "replayed; the log says where)\n");
}

#ifdef EXAMPLE_RANDOM
static void random_is_attach_in_cxx(void **state)
{
	const struct emu_config cfg = reader(0);

	(void)state;
	on_reader(&cfg, NULL, EXAMPLE_RANDOM, 0, "0001020304050607\n");
	run(EXAMPLE_RANDOM, "no such reader", 1, "");
}
#endif

/* Counted from the connection. What is late is told all the same. */
static void a_short_day(struct emu_device *d)
{
	int64_t now = emu_serve_now();

	emu_later(d, EMU_REMOVE, 0, now + 1000);
	emu_later(d, EMU_UNPLUG, 0, now + 1200);
}

static void wait_tells_what_comes_and_goes(void **state)
{
	const struct emu_config cfg = reader(0);
	struct emu_server server;
	char command[512];
	int nothing[2]; /* standard input that does not end */

	(void)state;
	assert_int_equal(pipe(nothing), 0);
	fcntl(nothing[1], F_SETFD, FD_CLOEXEC);
	emu_server_start(&server, &cfg, a_short_day);
	snprintf(command, sizeof command, "'%s' '%s' <&%d", EXAMPLE_WAIT, server.address,
	         nothing[0]);
	run_command(command, 0,
	            "reader: Emulated Reader (0001) 00 00\ncard 1\nno card\nreader gone\n");
	emu_server_stop(&server);
	close(nothing[0]);
	close(nothing[1]);
}

/* A card that is in at the start is captured; the one that comes is read, ejected and taken. */
static void one_customer(struct emu_device *d)
{
	emu_later(d, EMU_INSERT, 0, emu_serve_now() + 300);
}

static void kiosk_serves_a_customer(void **state)
{
	struct emu_config cfg = reader(0x0F);
	struct emu_server server;
	char command[512];

	(void)state;
	cfg.flags = EMU_MOUTH_IS_PRESENT;
	cfg.take_ms = 100;
	emu_server_start(&server, &cfg, one_customer);
	snprintf(command, sizeof command, "'%s' '%s' 1 2>&1", EXAMPLE_KIOSK, server.address);
	run_command(command, 0,
	            "reader-arrived\ncard-captured\ncard-inserted\ncard read: 9000\ncard-ejecting\n"
	            "card-removed\n");
	emu_server_stop(&server);
	run(EXAMPLE_KIOSK, "no:such reader", 1, "");
}

/* The card waits in the mouth as the service is stopped: at_end has nothing more to do. */
static void kiosk_ends_in_order(void **state)
{
	struct emu_config cfg = reader(0x0F);
	struct emu_server server;
	char command[1024];

	(void)state;
	cfg.flags = EMU_MOUTH_IS_PRESENT;
	emu_server_start(&server, &cfg, one_customer);
	snprintf(command, sizeof command,
	         "{ sh -c 'echo $$; exec \"%s\" \"%s\" 2>&1'; echo code $?; } | { read -r pid\n"
	         "while read -r line; do echo \"$line\"\n"
	         "case $line in *read*) sleep 0.5; kill \"$pid\"; esac; done; }",
	         EXAMPLE_KIOSK, server.address);
	run_command(command, 0,
	            "reader-arrived\ncard-captured\ncard-inserted\ncard read: 9000\ncode 0\n");
	emu_server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach_sends_a_command),
		cmocka_unit_test(eject_says_what_happened),
		cmocka_unit_test(kiosk_serves_a_customer),
		cmocka_unit_test(kiosk_ends_in_order),
		cmocka_unit_test(pinpad_never_sees_a_digit_and_says_what_the_card_said),
		cmocka_unit_test(replay_test_plays_a_recording_in_a_unit_test),
#ifdef EXAMPLE_RANDOM
		cmocka_unit_test(random_is_attach_in_cxx),
#endif
		cmocka_unit_test(wait_tells_what_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
