/* SPDX-License-Identifier: MIT */
/* The recorded process is killed, or the disk is full: the file holds all packets that were written. */
#include "player.h"
#include "reader.h"
#include "recorder.h"
#include "trace_file.h"
#include "transport_responder.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS  20
#define FOREVER 1000000u

static const struct fake_reader apdu_reader = {.features = FAKE_SHORT};
static char path[64];

static int set_up(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof path, "/tmp/iscard-crash-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 || close(fd) != 0 ? -1 : unlink(path);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* Commands one after the other; a byte into the pipe after each. Returns how many were answered. */
static unsigned use(int pipe_fd, unsigned commands)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x0C};
	static struct responder responder;
	static struct fake_clock clock;
	struct ccid_transport *inner, *t;
	struct ccid_slot_info info;
	struct ccid_reader *r;
	uint8_t answer[64];
	unsigned n = 0;

	fake_clock_init(&clock);
	responder_init(&responder, &apdu_reader, &clock);
	if (responder_open(&inner, &responder) != 0 ||
	    ccid_transport_open_recorder(&t, inner, path, &clock.env) != 0 ||
	    ccid_reader_open(&r, t, NULL, &clock.env, CCID_NEVER) != 0 ||
	    ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, CCID_NEVER) != 0 ||
	    ccid_slot_get_info(r, 0, &info) != 0)
		return 0;
	while (n < commands && ccid_slot_transmit(r, 0, info.generation, select, 4, answer, 64, 0,
	                                          -1, CCID_NEVER) == 2) {
		n++;
		if (write(pipe_fd, "x", 1) != 1)
			break;
	}
	ccid_reader_close(r);
	return n;
}

/* How many commands the file holds with their answers; what is wrong with it in *end. */
static unsigned commands_in(int *end)
{
	struct ccid_trace_packet p;
	struct ccid_trace_reader *r;
	unsigned n = 0;

	assert_int_equal(ccid_trace_open(&r, path, NULL, 0), 0);
	while ((*end = ccid_trace_next(r, &p)) == 1)
		n += p.len >= 38 && p.data[0] == 101 && p.dir == CCID_TRACE_FROM_HOST &&
		     p.data[26] == 0x80 && p.data[36] == 0x90;
	ccid_trace_reader_close(r);
	return n;
}

static void read_some(int fd, unsigned n)
{
	char c;

	while (n-- > 0)
		assert_int_equal(read(fd, &c, 1), 1);
}

static void kill_after(unsigned commands)
{
	int fd[2], status, end;
	unsigned found;
	pid_t child;

	assert_int_equal(pipe(fd), 0);
	child = fork();
	if (child == 0) {
		close(fd[0]);
		_exit(use(fd[1], FOREVER) > 0);
	}
	close(fd[1]);
	read_some(fd[0], commands);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	close(fd[0]);
	found = commands_in(&end);
	assert_true(end == 0 || end == CCID_E_SHORT);
	assert_true(found >= commands); /* all that were heard of */
	unlink(path);
}

static void a_killed_process_loses_at_most_its_last_packet(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++)
		kill_after(1 + i * 37 % 200);
}

static void what_a_killed_process_left_replays(void **state)
{
	struct ccid_env env = {.log_level = CCID_LOG_NONE};
	struct ccid_transport *t;
	int fd[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	child = fork();
	if (child == 0) {
		close(fd[0]);
		_exit(use(fd[1], FOREVER) > 0);
	}
	close(fd[1]);
	read_some(fd[0], 5);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(fd[0]);
	assert_int_equal(ccid_transport_open_replay(&t, path, NULL, &env, NULL, 0), 0);
	assert_true(ccid_player_left(ccid_transport_player(t)) >= 6);
	t->ops->close(t);
}

/* In a child of its own, for the limit's sake: the session goes on, the file stays whole. */
static void a_full_disk_leaves_a_whole_file(void **state)
{
	int fd[2], status, end;
	pid_t child;

	(void)state;
	for (rlim_t limit = 2500; limit < 3300; limit += 37) {
		assert_int_equal(pipe(fd), 0);
		child = fork();
		if (child == 0) {
			const struct rlimit small = {.rlim_cur = limit, .rlim_max = limit};

			signal(SIGXFSZ, SIG_IGN);
			setrlimit(RLIMIT_FSIZE, &small);
			_exit(use(fd[1], 20) == 20 ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		close(fd[0]);
		close(fd[1]);
		(void)commands_in(&end);
		assert_int_equal(end, 0);
		unlink(path);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_killed_process_loses_at_most_its_last_packet),
		T(what_a_killed_process_left_replays),
		T(a_full_disk_leaves_a_whole_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
