/* SPDX-License-Identifier: MIT */
/* The programs of api/examples, as their readers run them. */
#include "emu_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>

#include <cmocka.h>

static void run(const char *program, const char *reader, int code, const char *said)
{
	char command[512], out[512] = "";
	FILE *p;
	int status;

	snprintf(command, sizeof command, "'%s' '%s'", program, reader);
	p = popen(command, "r");
	assert_non_null(p);
	(void)fread(out, 1, sizeof out - 1, p);
	status = pclose(p);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != code || strcmp(out, said) != 0)
		fail_msg("%s: exit code %d, \"%s\"", command, WEXITSTATUS(status), out);
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
	on_reader(&motor, NULL, EXAMPLE_EJECT, 0, "the card has left\n");
	on_reader(&motor, jam, EXAMPLE_EJECT, 1, "the eject failed: the card is still in there\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach_sends_a_command),
		cmocka_unit_test(eject_says_what_happened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
