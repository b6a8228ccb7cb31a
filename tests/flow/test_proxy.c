/* SPDX-License-Identifier: MIT */
/* The man in the middle: what passes, what is recorded, and how it ends. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "player.h"
#include "proxy.h"
#include "reader.h"
#include "trace_file.h"
#include "transport_usbredir.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SOURCE SAMPLES_DIR "/emulated-t1-tpdu/trace.pcapng"
#define FAR    INT64_C(60000)

static char last_line[200];

static void take_line(void *ctx, enum ccid_log_level level, const char *reader, const char *text)
{
	(void)ctx;
	(void)level;
	(void)reader;
	snprintf(last_line, sizeof last_line, "%s", text);
}

static const struct ccid_env env = {.log = take_line, .log_level = CCID_LOG_ERROR};

/* Two ends, and the proxy's two. */
struct fixture {
	char path[64];
	int outer[2], inner[2];
	struct ccid_proxy *p;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int fd, pair[2];

	if (f == NULL)
		return -1;
	snprintf(f->path, sizeof f->path, "/tmp/iscard-proxy-XXXXXX");
	fd = mkstemp(f->path);
	if (fd < 0 || close(fd) != 0 || unlink(f->path) != 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
			return -1;
		f->outer[i] = pair[0];
		f->inner[i] = pair[1];
	}
	last_line[0] = '\0';
	*state = f;
	return ccid_proxy_open(&f->p, f->inner, 1, f->path, &env);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->p != NULL)
		(void)ccid_proxy_close(f->p);
	for (int i = 0; i < 2; i++) {
		if (f->outer[i] >= 0)
			close(f->outer[i]);
		close(f->inner[i]);
	}
	unlink(f->path);
	free(f);
	return 0;
}

/* As long as anything passes by itself. */
static int run(struct fixture *f)
{
	int rc = 1;

	while (rc == 1)
		rc = ccid_proxy_step(f->p, -1, ccid_env_now(&env));
	return rc;
}

static void say(struct fixture *f, int side, const void *data, size_t len)
{
	assert_int_equal(send(f->outer[side], data, len, 0), len);
}

static void hear(struct fixture *f, int side, const void *data, size_t len)
{
	uint8_t buf[4096];

	assert_true(len < sizeof buf);
	assert_int_equal(recv(f->outer[side], buf, sizeof buf, MSG_DONTWAIT), len);
	assert_memory_equal(buf, data, len);
}

static void hello(uint8_t out[80], const char *name, uint32_t caps)
{
	memset(out, 0, 80);
	out[4] = 68;
	memcpy(out + 12, name, strlen(name));
	for (int i = 0; i < 4; i++)
		out[76 + i] = (uint8_t)(caps >> 8 * i);
}

/* Every packet of a file as "> TYPE LEN", with a blank. */
static void list(const char *path, char *out, size_t cap, int want)
{
	struct ccid_trace_packet p;
	struct ccid_trace_reader *r;
	size_t n = 0;
	int got;

	assert_int_equal(ccid_trace_open(&r, path, NULL, 0), 0);
	out[0] = '\0';
	while ((got = ccid_trace_next(r, &p)) == 1)
		n += (size_t)snprintf(out + n, cap - n, "%c%u/%zu ",
		                      p.dir == CCID_TRACE_FROM_GUEST ? '>' : '<', p.data[0], p.len);
	assert_int_equal(got, want);
	ccid_trace_reader_close(r);
}

static void expect_list(const struct fixture *f, const char *want)
{
	char text[1000];

	list(f->path, text, sizeof text, 0);
	assert_string_equal(text, want);
}

static const uint8_t reset16[16] = {3};
static const uint8_t reset12[12] = {3};

static void packets_are_recorded_as_soon_as_they_are_whole(void **state)
{
	struct fixture *f = *state;
	uint8_t a[80], b[80];

	hello(a, "one", 0x7E);
	hello(b, "two", 0xFF);
	say(f, 0, a, 30);
	run(f);
	hear(f, 1, a, 30);
	say(f, 0, a + 30, 50);
	say(f, 1, b, 80);
	run(f);
	hear(f, 1, a + 30, 50);
	hear(f, 0, b, 80);
	say(f, 0, reset16, 15);
	run(f);
	expect_list(f, "");
	say(f, 0, reset16 + 15, 1);
	run(f);
	expect_list(f, ">0/80 <0/80 >3/16 "); /* a reset is the guest's */
	assert_int_equal(ccid_proxy_packets(f->p), 3);
}

static void either_side_may_be_the_host(void **state)
{
	struct fixture *f = *state;
	uint8_t a[80], info[12 + 132] = {4, 0, 0, 0, 132};

	hello(a, "x", 0);
	say(f, 0, a, 80);
	say(f, 1, a, 80);
	say(f, 0, info, sizeof info);
	run(f);
	expect_list(f, "<0/80 >0/80 <4/144 ");
}

static void a_packet_that_waits_for_the_other_hello_is_recorded_after_it(void **state)
{
	struct fixture *f = *state;
	uint8_t a[80];

	hello(a, "x", 0);
	say(f, 0, a, 80);
	say(f, 0, reset12, 12);
	run(f);
	say(f, 1, a, 80);
	run(f);
	expect_list(f, ">0/80 <0/80 >3/12 ");
}

static void who_never_says_more_than_hello_is_guessed(void **state)
{
	struct fixture *f = *state;
	uint8_t a[80];

	hello(a, "x", 0);
	say(f, 0, a, 80);
	say(f, 1, a, 80);
	run(f);
	assert_int_equal(ccid_proxy_close(f->p), 0);
	f->p = NULL;
	expect_list(f, ">0/80 <0/80 ");
}

static void what_is_no_usbredir_passes_and_is_not_recorded(void **state)
{
	struct fixture *f = *state;

	say(f, 0, "GET / HTTP/1.0\r\n\r\n", 18);
	run(f);
	hear(f, 1, "GET / HTTP/1.0\r\n\r\n", 18);
	say(f, 1, "never", 5);
	run(f);
	hear(f, 0, "never", 5);
	assert_non_null(strstr(last_line, "no usbredir"));
	assert_int_equal(ccid_proxy_close(f->p), CCID_E_FORMAT);
	f->p = NULL;
	expect_list(f, "");
}

static void a_packet_beyond_all_bounds_ends_the_recording_only(void **state)
{
	struct fixture *f = *state;
	uint8_t a[80], huge[12] = {101, 0, 0, 0, 0, 0, 0, 0x10};

	hello(a, "x", 0);
	say(f, 0, a, 80);
	say(f, 1, a, 80);
	say(f, 0, reset12, 12);
	run(f);
	say(f, 0, huge, sizeof huge);
	say(f, 0, "more", 4);
	run(f);
	assert_int_equal(recv(f->outer[1], a, 80, MSG_PEEK), 80);
	assert_true(last_line[0] != '\0');
	expect_list(f, ">0/80 <0/80 >3/12 ");
}

/* Whoever does not listen is not buried: the other one has to wait. */
static void a_slow_side_holds_the_other_one_up(void **state)
{
	static uint8_t block[32768], all[1u << 23];
	struct fixture *f = *state;
	size_t sent = 0, got = 0;
	ssize_t n;

	for (size_t i = 0; i < sizeof block; i++)
		block[i] = (uint8_t)(i * 31 + i / 256);
	do {
		n = send(f->outer[0], block, sizeof block, MSG_DONTWAIT);
		sent += n > 0 ? (size_t)n : 0;
		run(f);
		assert_true(sent < sizeof all);
	} while (n > 0);
	assert_int_equal(errno, EAGAIN);
	assert_true(sent > 65536);
	while (got < sent) {
		n = recv(f->outer[1], all + got, sizeof all - got, MSG_DONTWAIT);
		got += n > 0 ? (size_t)n : 0;
		run(f);
	}
	assert_int_equal(got, sent);
	for (size_t at = 0, k = 0; at < got; at += k) {
		k = got - at < sizeof block ? got - at : sizeof block;
		if (all[at] == block[0] && k == sizeof block)
			assert_memory_equal(all + at, block, k);
	}
}

static void a_side_that_has_said_all_still_hears(void **state)
{
	struct fixture *f = *state;
	char c;

	say(f, 0, "last", 4);
	assert_int_equal(shutdown(f->outer[0], SHUT_WR), 0);
	run(f);
	hear(f, 1, "last", 4);
	assert_int_equal(recv(f->outer[1], &c, 1, 0), 0);
	say(f, 1, "answer", 6);
	run(f);
	hear(f, 0, "answer", 6);
	assert_int_equal(shutdown(f->outer[1], SHUT_WR), 0);
	assert_int_equal(run(f), 0);
	assert_int_equal(recv(f->outer[0], &c, 1, 0), 0);
}

static void a_side_that_dies_has_its_last_word_delivered(void **state)
{
	struct fixture *f = *state;
	char c;

	say(f, 0, "will", 4);
	close(f->outer[0]);
	f->outer[0] = -1;
	say(f, 1, "unheard", 7);
	run(f);
	hear(f, 1, "will", 4);
	assert_int_equal(recv(f->outer[1], &c, 1, 0), 0);
	say(f, 1, "still unheard", 13);
	assert_int_equal(run(f), 0);
}

/* A side that has hung up says so for ever; that must not keep the proxy busy. */
static void a_side_that_is_gone_is_not_asked_again(void **state)
{
	struct fixture *f = *state;
	int rc = 1;

	close(f->outer[0]);
	f->outer[0] = -1;
	for (int i = 0; i < 10 && rc == 1; i++)
		rc = ccid_proxy_step(f->p, -1, ccid_env_now(&env));
	assert_int_equal(rc, CCID_E_TIMEOUT);
}

static void waiting_ends_at_the_deadline_and_when_cancelled(void **state)
{
	struct fixture *f = *state;
	int pipe_fd[2];

	assert_int_equal(ccid_proxy_step(f->p, -1, ccid_env_now(&env)), CCID_E_TIMEOUT);
	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(write(pipe_fd[1], "x", 1), 1);
	assert_int_equal(ccid_proxy_step(f->p, pipe_fd[0], CCID_NEVER), CCID_E_CANCELLED);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

static void an_existing_file_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct ccid_proxy *p;

	assert_int_equal(ccid_proxy_open(&p, f->inner, 0, f->path, &env), CCID_E_BUSY);
}

/* A host and a guest in threads of their own; the recording replays as its source did. */

struct host {
	int fd;
	int result;
};

static void *serve(void *arg)
{
	struct host *h = arg;
	struct ccid_player *player;
	struct ccid_stream *s;

	assert_int_equal(ccid_player_open(&player, SOURCE, NULL, &env, NULL, 0), 0);
	assert_int_equal(ccid_stream_from_fd(&s, h->fd, &env), 0);
	h->result = ccid_player_serve(player, s, -1, ccid_env_now(&env) + FAR);
	s->ops->close(s);
	ccid_player_close(player);
	return NULL;
}

static void *pass_bytes(void *arg)
{
	struct fixture *f = arg;
	int rc = 1;

	while (rc == 1)
		rc = ccid_proxy_step(f->p, -1, ccid_env_now(&env) + FAR);
	assert_int_equal(rc, 0);
	return NULL;
}

static void verify(struct ccid_transport *t, const char *pin)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00};
	uint8_t echo[46] = {0x80, 0x10, 0, 0, 0x28}, rsp[64];
	uint8_t update[] = {0x80, 0x12, 0x01, 0x05};
	uint8_t apdu[9] = {0x00, 0x20, 0x00, 0x80, 0x04};
	struct ccid_slot_info info;
	struct ccid_reader *r;

	for (uint8_t i = 0; i < 40; i++)
		echo[5 + i] = i;
	memcpy(apdu + 5, pin, 4);
	assert_int_equal(ccid_reader_open(&r, t, NULL, &env, CCID_NEVER), 0);
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, CCID_NEVER), 0);
	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
#define SEND(apdu, len)                                                                            \
	ccid_slot_transmit(r, 0, info.generation, apdu, len, rsp, sizeof rsp, 0, -1, CCID_NEVER)
	assert_int_equal(SEND(select, sizeof select), 2);
	assert_int_equal(SEND(echo, 46), 42);
	assert_int_equal(SEND(update, sizeof update), 2);
	assert_int_equal(SEND(apdu, sizeof apdu), 2);
#undef SEND
	ccid_reader_close(r);
}

static bool file_holds(const char *path, const char *text)
{
	static char all[1u << 16];
	FILE *file = fopen(path, "rb");
	size_t n;

	assert_non_null(file);
	n = fread(all, 1, sizeof all, file);
	fclose(file);
	return memmem(all, n, text, strlen(text)) != NULL;
}

static void a_recorded_connection_replays(void **state)
{
	struct fixture *f = *state;
	struct host h = {.fd = f->outer[1]};
	struct ccid_transport *t;
	struct ccid_stream *s;
	pthread_t host, proxy;

	f->outer[1] = -1;
	assert_int_equal(pthread_create(&host, NULL, serve, &h), 0);
	assert_int_equal(pthread_create(&proxy, NULL, pass_bytes, f), 0);
	assert_int_equal(ccid_stream_from_fd(&s, f->outer[0], &env), 0);
	f->outer[0] = -1;
	assert_int_equal(ccid_transport_open_usbredir(&t, s, "usbredir:test", -1, &env,
	                                              ccid_env_now(&env) + FAR),
	                 0);
	verify(t, "7591");
	assert_int_equal(pthread_join(proxy, NULL), 0);
	assert_int_equal(pthread_join(host, NULL), 0);
	assert_int_equal(h.result, 0);
	assert_true(ccid_proxy_packets(f->p) > 30);
	assert_int_equal(ccid_proxy_close(f->p), 0);
	f->p = NULL;
	assert_false(file_holds(f->path, "7591"));
	assert_true(file_holds(f->path, "masked "));
	assert_int_equal(ccid_transport_open_replay(&t, f->path, NULL, &env, NULL, 0), 0);
	verify(t, "0000");
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(packets_are_recorded_as_soon_as_they_are_whole),
		T(either_side_may_be_the_host),
		T(a_packet_that_waits_for_the_other_hello_is_recorded_after_it),
		T(who_never_says_more_than_hello_is_guessed),
		T(what_is_no_usbredir_passes_and_is_not_recorded),
		T(a_packet_beyond_all_bounds_ends_the_recording_only),
		T(a_slow_side_holds_the_other_one_up),
		T(a_side_that_has_said_all_still_hears),
		T(a_side_that_dies_has_its_last_word_delivered),
		T(a_side_that_is_gone_is_not_asked_again),
		T(waiting_ends_at_the_deadline_and_when_cancelled),
		T(an_existing_file_is_left_alone),
		T(a_recorded_connection_replays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
