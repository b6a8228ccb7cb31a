/* SPDX-License-Identifier: MIT */
/* Recorded readers behind sockets, and the proxy between two of them. */
#include "run_tool.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#define SAMPLE SAMPLES_DIR "/emulated-t0-tpdu/trace.pcapng"

static char folder[] = "/tmp/iscard-socket-XXXXXX";
static char host[64], guest[64], host_address[80], guest_address[80], file[64];

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(host, sizeof host, "%s/host", folder);
	snprintf(guest, sizeof guest, "%s/guest", folder);
	snprintf(file, sizeof file, "%s/file", folder);
	snprintf(host_address, sizeof host_address, "usbredir:%s", host);
	snprintf(guest_address, sizeof guest_address, "usbredir:%s", guest);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(folder);
}

#define START(p, until, ...) tool_start(p, until, (const char *const[]){__VA_ARGS__, NULL})

static void select_master_file(const char *address, int code)
{
	struct tool t;

	TOOL(&t, "", "apdu", address, "00A4000C023F00");
	if (t.code != code)
		fail_msg("exit code %d\n%s\n%s", t.code, t.out, t.err);
	if (code == 0)
		assert_string_equal(t.out, "> 00 A4 00 0C 02 3F 00\n< 90 00  done\n");
	tool_free(&t);
}

static void one_program_after_the_other_is_served(void **state)
{
	struct tool_process server;

	(void)state;
	START(&server, "is a reader", "replay", SAMPLE, "--serve", host);
	select_master_file(host_address, 0);
	tool_await(&server, "were not sent\n");
	select_master_file(host_address, 0);
	assert_int_equal(tool_end(&server, SIGTERM), 0);
	assert_int_not_equal(access(host, F_OK), 0);
}

static void with_once_it_ends_with_its_program(void **state)
{
	struct tool_process server;

	(void)state;
	START(&server, "is a reader", "replay", SAMPLE, "--serve", host, "--once");
	select_master_file(host_address, 0);
	assert_int_equal(tool_end(&server, 0), 0);
}

static void a_departure_is_shown_and_the_next_program_served(void **state)
{
	struct tool_process server;
	struct tool t;

	(void)state;
	START(&server, "is a reader", "replay", SAMPLE, "--serve", host);
	TOOL(&t, "", "apdu", host_address, "00B0000001");
	assert_int_not_equal(t.code, 0);
	tool_free(&t);
	tool_await(&server, "first difference");
	select_master_file(host_address, 0);
	assert_int_equal(tool_end(&server, SIGINT), 0);
}

static void what_passes_the_proxy_replays(void **state)
{
	struct tool_process server, proxy;
	struct tool t;

	(void)state;
	START(&server, "is a reader", "replay", SAMPLE, "--serve", host, "--once");
	START(&proxy, "waiting at", "record", "--proxy", guest, host, "-o", file);
	select_master_file(guest_address, 0);
	assert_int_equal(tool_end(&proxy, 0), 0);
	assert_int_equal(tool_end(&server, 0), 0);
	assert_non_null(strstr(proxy.said, "recorded "));
	TOOL(&t, "", "replay", file);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.out, "> 00 A4 00 0C 02 3F 00\n< 90 00"));
	tool_free(&t);
	TOOL(&t, "", "record", "--proxy", guest, host, "-o", file);
	assert_int_equal(t.code, 1);
	assert_non_null(strstr(t.err, "is there already"));
	tool_free(&t);
}

static void a_proxy_that_finds_nobody_says_so(void **state)
{
	char other[80];
	struct tool_process proxy;
	struct tool t;

	(void)state;
	unlink(file);
	snprintf(other, sizeof other, "%s/nobody", folder);
	START(&proxy, "waiting at", "record", "--proxy", guest, other, "-o", file);
	TOOL(&t, "", "info", guest_address);
	assert_int_not_equal(t.code, 0);
	tool_free(&t);
	assert_int_equal(tool_end(&proxy, 0), 4);
	assert_non_null(strstr(proxy.said, "nobody answers there"));
}

static void what_is_no_socket_is_told(void **state)
{
	static const char *const where[] = {
		"4000", "host", "host:", "::1:4000", "[::1]", "a:99999"};
	struct tool t;

	(void)state;
	for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
		TOOL(&t, "", "replay", SAMPLE, "--serve", where[i]);
		assert_int_equal(t.code, 2);
		tool_free(&t);
	}
	TOOL(&t, "", "record", "--proxy", guest, "-o", file);
	assert_int_equal(t.code, 2);
	tool_free(&t);
	TOOL(&t, "", "record", "--proxy", guest, host);
	assert_int_equal(t.code, 2);
	tool_free(&t);
	TOOL(&t, "", "replay", SAMPLE, "--strict", "very");
	assert_int_equal(t.code, 2);
	tool_free(&t);
	TOOL(&t, "", "replay", SAMPLE, "--speed", "fast");
	assert_int_equal(t.code, 2);
	tool_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_program_after_the_other_is_served),
		cmocka_unit_test(with_once_it_ends_with_its_program),
		cmocka_unit_test(a_departure_is_shown_and_the_next_program_served),
		cmocka_unit_test(what_passes_the_proxy_replays),
		cmocka_unit_test(a_proxy_that_finds_nobody_says_so),
		cmocka_unit_test(what_is_no_socket_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
