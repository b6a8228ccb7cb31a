/* SPDX-License-Identifier: MIT */
/* The driver over real sockets: a socket pair with the emulated reader in another thread, and TCP
 * and a unix socket with the program emu_reader. Real time, but nothing waits for its own sake. */
#include "emu_config.h"
#include "emu_serve.h"
#include "reader.h"
#include "transport_usbredir.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct ccid_env env;

static int64_t soon(void)
{
	return ccid_env_now(&env) + 20000;
}

static struct ccid_reader *open_reader(struct ccid_stream *stream)
{
	struct ccid_transport *t;
	struct ccid_reader *r;

	assert_int_equal(
		ccid_transport_open_usbredir(&t, stream, "usbredir:test", -1, &env, soon()), 0);
	assert_int_equal(ccid_reader_open(&r, t, NULL, &env, soon()), 0);
	return r;
}

static uint32_t activate(struct ccid_reader *r)
{
	struct ccid_slot_info info;

	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, soon()), 0);
	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	return info.generation;
}

/* READ BINARY of n bytes; the result of the driver. */
static int read_bytes(struct ccid_reader *r, uint32_t generation, size_t n)
{
	const uint8_t apdu[7] = {0x00, 0xB0, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n};
	uint8_t *answer = malloc(n + 2);
	int got;

	assert_non_null(answer);
	got = ccid_slot_transmit(r, 0, generation, apdu, 7, answer, n + 2, CCID_XFR_FOLLOW, -1,
	                         soon());
	for (int i = 0; i < got - 2; i++)
		assert_int_equal(answer[i], emu_card_pattern((size_t)i));
	free(answer);
	return got;
}

struct served {
	struct emu_device *d;
	int fd, rc;
};

static void *serve(void *arg)
{
	struct served *s = arg;

	s->rc = emu_serve(s->d, s->fd);
	close(s->fd);
	return NULL;
}

static void a_socket_pair_carries_long_apdus(void **state)
{
	struct emu_config cfg;
	struct ccid_stream *stream;
	struct ccid_reader *r;
	struct served s = {0};
	pthread_t thread;
	uint32_t generation;
	int fd[2];

	(void)state;
	emu_config_init(&cfg);
	emu_config_level(&cfg, 3, 65554);
	cfg.card_in[0] = true;
	s.d = emu_create(&cfg);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	s.fd = fd[1];
	assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
	assert_int_equal(ccid_stream_from_fd(&stream, fd[0], &env), 0);
	r = open_reader(stream);
	generation = activate(r);
	for (size_t n = 1; n < 65536; n = n * 5 + 1)
		assert_int_equal(read_bytes(r, generation, n), n + 2);
	assert_int_equal(read_bytes(r, generation, 65535), 65537);
	ccid_reader_close(r);
	pthread_join(thread, NULL);
	assert_int_equal(s.rc, 0);
	assert_int_equal(emu_counts(s.d)->violations, 0);
	assert_false(emu_slot(s.d, 0).active);
	emu_destroy(s.d);
}

/* Start emu_reader with these arguments; its standard output in *out. */
static pid_t program(FILE **out, char *const argv[])
{
	int fd[2];
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fd[1], STDOUT_FILENO);
		close(fd[0]);
		close(fd[1]);
		alarm(50); /* outlives no test */
		execv(EMU_READER, argv);
		_exit(127);
	}
	close(fd[1]);
	*out = fdopen(fd[0], "r");
	assert_non_null(*out);
	return pid;
}

static void ended(pid_t pid, FILE *out)
{
	int status;

	fclose(out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void tcp_reaches_a_served_reader(void **state)
{
	static char *const argv[] = {"emu_reader", "--listen", "127.0.0.1:0", "--level",
	                             "short",      "--once",   NULL};
	struct ccid_stream *stream;
	struct ccid_reader *r;
	unsigned port;
	char text[8];
	FILE *out;
	pid_t pid = program(&out, argv);

	(void)state;
	assert_int_equal(fscanf(out, "listening on port %u", &port), 1);
	snprintf(text, sizeof text, "%u", port);
	assert_int_equal(ccid_stream_connect_tcp(&stream, "127.0.0.1", text, &env, soon()), 0);
	r = open_reader(stream);
	assert_int_equal(read_bytes(r, activate(r), 256), 258);
	ccid_reader_close(r);
	ended(pid, out);
}

static void a_reader_may_call_and_be_unplugged(void **state)
{
	struct ccid_stream *stream;
	struct ccid_reader *r;
	uint32_t generation;
	char number[12];
	char *const argv[] = {"emu_reader", "--fd", number, "--unplug-after", "8", NULL};
	FILE *out;
	pid_t pid;
	int fd[2], rc = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	snprintf(number, sizeof number, "%d", fd[1]);
	pid = program(&out, argv);
	close(fd[1]);
	assert_int_equal(ccid_stream_from_fd(&stream, fd[0], &env), 0);
	r = open_reader(stream);
	generation = activate(r);
	for (unsigned i = 0; i < 10 && rc >= 0; i++)
		rc = read_bytes(r, generation, 10);
	assert_int_equal(rc, CCID_E_GONE);
	assert_true(ccid_reader_gone(r));
	ccid_reader_close(r);
	ended(pid, out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_pair_carries_long_apdus),
		cmocka_unit_test(tcp_reaches_a_served_reader),
		cmocka_unit_test(a_reader_may_call_and_be_unplugged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
