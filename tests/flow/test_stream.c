/* SPDX-License-Identifier: MIT */
/* Byte streams: memory on a made-up clock, sockets on real ones. */
#include "fake_clock.h"
#include "stream.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BOTH (CCID_STREAM_READ | CCID_STREAM_WRITE)

static struct fake_clock fake;
static const struct ccid_env real;

static struct peer {
	char in[64], out[64];
	size_t in_len, out_len;
	int fail_input, fail_output, closed, advances;
	int64_t ready_at, moves_to;
} peer;

static int peer_input(void *ctx, const uint8_t *buf, size_t len)
{
	struct peer *p = ctx;

	if (p->fail_input < 0)
		return p->fail_input;
	memcpy(p->in + p->in_len, buf, len);
	p->in_len += len;
	return 0;
}

static int peer_output(void *ctx, uint8_t *buf, size_t cap)
{
	struct peer *p = ctx;
	size_t n = p->out_len < cap ? p->out_len : cap;

	if (fake.now < p->ready_at)
		return 0;
	memcpy(buf, p->out, n);
	p->out_len -= n;
	return n == 0 ? p->fail_output : (int)n;
}

static int64_t peer_next(void *ctx)
{
	return ((struct peer *)ctx)->ready_at;
}

static int peer_advance(void *ctx, int64_t at, int cancel_fd)
{
	struct peer *p = ctx;

	(void)cancel_fd;
	p->advances++;
	p->moves_to = at;
	fake_clock_jump(&fake, at);
	return 0;
}

static int stand_still(void *ctx, int64_t at, int cancel_fd)
{
	(void)cancel_fd;
	(void)at;
	((struct peer *)ctx)->advances++;
	return 0;
}

static void peer_close(void *ctx)
{
	((struct peer *)ctx)->closed++;
}

static struct ccid_stream_peer calls(void)
{
	return (struct ccid_stream_peer){&peer,     peer_input,   peer_output,
	                                 peer_next, peer_advance, peer_close};
}

static struct ccid_stream *memory(void)
{
	struct ccid_stream_peer c = calls();
	struct ccid_stream *s = NULL;

	fake_clock_init(&fake);
	memset(&peer, 0, sizeof peer);
	peer.ready_at = CCID_NEVER;
	assert_int_equal(ccid_stream_memory(&s, &c, &fake.env), 0);
	return s;
}

static void memory_passes_bytes_both_ways(void **state)
{
	struct ccid_stream *s = memory();
	uint8_t buf[8];

	(void)state;
	assert_int_equal(s->ops->read(s, buf, 8), 0);
	assert_int_equal(s->ops->write(s, (const uint8_t *)"hello", 5), 5);
	assert_memory_equal(peer.in, "hello", 5);
	peer.ready_at = 0;
	memcpy(peer.out, "answer", peer.out_len = 6);
	assert_int_equal(s->ops->read(s, buf, 4), 4);
	assert_memory_equal(buf, "answ", 4);
	assert_int_equal(s->ops->read(s, buf, 8), 2);
	assert_memory_equal(buf, "er", 2);
	assert_int_equal(s->ops->read(s, buf, 8), 0);
	assert_int_equal(s->ops->fd(s), -1);
	s->ops->close(s);
	assert_int_equal(peer.closed, 1);
}

static void waiting_lets_time_jump_to_when_the_peer_speaks(void **state)
{
	struct ccid_stream *s = memory();
	int64_t start = fake.now;

	(void)state;
	peer.ready_at = start + 250;
	peer.out_len = 3;
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, start + 1000), 1);
	assert_int_equal(fake.now, start + 250);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, start), 1);
	assert_int_equal(s->ops->wait(s, BOTH, -1, start), 1);
	s->ops->close(s);
}

static void waiting_ends_at_the_deadline(void **state)
{
	struct ccid_stream *s = memory();
	int64_t start = fake.now;

	(void)state;
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, start + 1000), 0);
	assert_int_equal(fake.now, start + 1000);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, start + 500), 0);
	assert_int_equal(peer.advances, 1);
	peer.ready_at = start + 3000;
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, start + 2000), 0);
	assert_int_equal(fake.now, start + 2000);
	s->ops->close(s);
}

static void a_peer_that_promises_in_vain_does_not_spin_for_ever(void **state)
{
	struct ccid_stream *s = memory();

	(void)state;
	peer.ready_at = 0;
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, fake.now + 50), 0);
	assert_in_range(peer.advances, 1, 51);
	s->ops->close(s);
}

static void a_clock_that_stands_still_does_not_hold_the_wait(void **state)
{
	struct ccid_stream_peer c = calls();
	struct ccid_stream *s = memory();

	(void)state;
	s->ops->close(s);
	c.advance = stand_still;
	assert_int_equal(ccid_stream_memory(&s, &c, &fake.env), 0);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, fake.now + 1000), 0);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, CCID_NEVER), CCID_E_IO);
	s->ops->close(s);
}

static void a_cancel_comes_before_anything_else(void **state)
{
	struct ccid_stream *s = memory();
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

	(void)state;
	peer.ready_at = 0;
	peer.out_len = 3;
	assert_int_equal(s->ops->wait(s, BOTH, fd, CCID_NEVER), CCID_E_CANCELLED);
	assert_int_equal(s->ops->wait(s, BOTH, -1, CCID_NEVER), 1);
	close(fd);
	s->ops->close(s);
}

static void without_a_clock_of_its_own_the_wait_is_real(void **state)
{
	struct ccid_stream_peer c = calls();
	struct ccid_stream *s = NULL;
	int64_t start = ccid_env_now(&real);
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	(void)state;
	memset(&peer, 0, sizeof peer);
	peer.ready_at = CCID_NEVER;
	c.advance = NULL;
	c.close = NULL;
	assert_int_equal(ccid_stream_memory(&s, &c, &real), 0);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, fd, start + 20), 0);
	assert_true(ccid_env_now(&real) >= start + 20);
	s->ops->close(s);
	close(fd);
}

static void the_end_of_a_peer_lasts(void **state)
{
	struct ccid_stream *s = memory();
	uint8_t buf[8];

	(void)state;
	peer.ready_at = 0;
	peer.out_len = 2;
	peer.fail_output = CCID_E_GONE;
	assert_int_equal(s->ops->read(s, buf, 8), 2);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, CCID_NEVER), 1);
	assert_int_equal(s->ops->read(s, buf, 8), CCID_E_GONE);
	peer.out_len = 2;
	assert_int_equal(s->ops->read(s, buf, 8), CCID_E_GONE);
	assert_int_equal(s->ops->write(s, buf, 2), CCID_E_GONE);
	s->ops->close(s);
	s = memory();
	peer.fail_input = CCID_E_DIVERGED;
	assert_int_equal(s->ops->write(s, buf, 2), CCID_E_DIVERGED);
	peer.fail_input = 0;
	assert_int_equal(s->ops->write(s, buf, 2), CCID_E_DIVERGED);
	assert_int_equal(s->ops->read(s, buf, 2), CCID_E_DIVERGED);
	s->ops->close(s);
}

static struct ccid_stream *socket_pair(int *other)
{
	struct ccid_stream *s = NULL;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(ccid_stream_from_fd(&s, pair[0], &real), 0);
	assert_int_equal(s->ops->fd(s), pair[0]);
	*other = pair[1];
	return s;
}

static void a_socket_never_blocks_and_is_not_inherited(void **state)
{
	static uint8_t buf[65536];
	struct ccid_stream *s;
	int other, n, sent = 0;

	(void)state;
	s = socket_pair(&other);
	assert_true(fcntl(s->ops->fd(s), F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(s->ops->fd(s), F_GETFD) & FD_CLOEXEC);
	assert_int_equal(s->ops->read(s, buf, sizeof buf), 0);
	while ((n = s->ops->write(s, buf, sizeof buf)) > 0)
		sent += n;
	assert_int_equal(n, 0);
	assert_true(sent > 0);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_WRITE, -1, ccid_env_now(&real) + 5), 0);
	while (sent > 0)
		sent -= (int)read(other, buf, sizeof buf);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_WRITE, -1, CCID_NEVER), 1);
	close(other);
	s->ops->close(s);
}

/* A SIGPIPE would end the test. */
static void a_closed_peer_is_gone_for_reader_and_writer(void **state)
{
	struct ccid_stream *s;
	uint8_t buf[4] = {0};
	int other;

	(void)state;
	s = socket_pair(&other);
	assert_int_equal(write(other, "bye", 3), 3);
	close(other);
	assert_int_equal(s->ops->write(s, buf, 4), CCID_E_GONE);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, CCID_NEVER), 1);
	assert_int_equal(s->ops->read(s, buf, 4), 3);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, CCID_NEVER), 1);
	assert_int_equal(s->ops->read(s, buf, 4), CCID_E_GONE);
	s->ops->close(s);
}

static void a_wait_on_a_socket_ends_at_deadline_and_cancel(void **state)
{
	struct ccid_stream *s;
	int64_t start = ccid_env_now(&real);
	int other, fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	(void)state;
	s = socket_pair(&other);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, fd, start + 20), 0);
	assert_true(ccid_env_now(&real) >= start + 20);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, fd, start), 0);
	assert_int_equal(eventfd_write(fd, 1), 0);
	assert_int_equal(write(other, "x", 1), 1);
	assert_int_equal(s->ops->wait(s, BOTH, fd, CCID_NEVER), CCID_E_CANCELLED);
	assert_int_equal(s->ops->wait(s, CCID_STREAM_READ, -1, CCID_NEVER), 1);
	close(fd);
	close(other);
	s->ops->close(s);
}

static void only_stream_sockets_are_taken(void **state)
{
	struct ccid_stream *s = NULL;
	int pipes[2], udp = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(ccid_stream_from_fd(&s, pipes[0], &real), CCID_E_ARG);
	assert_int_equal(ccid_stream_from_fd(&s, udp, &real), CCID_E_ARG);
	assert_int_equal(ccid_stream_from_fd(&s, -1, &real), CCID_E_ARG);
	assert_null(s);
	assert_int_equal(fcntl(pipes[0], F_GETFD), 0); /* still open */
	close(pipes[0]);
	close(pipes[1]);
	close(udp);
}

/* A bound port of the loopback that nobody listens on, unless asked to. */
static int bound(char *port, size_t cap)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000001)};
	socklen_t len = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	snprintf(port, cap, "%u", ntohs(sa.sin_port));
	return fd;
}

static void a_connection_has_no_delay(void **state)
{
	struct ccid_stream *s = NULL;
	char port[8];
	int on = 0, fd = bound(port, sizeof port);
	socklen_t len = sizeof on;

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(ccid_stream_connect_tcp(&s, "127.0.0.1", port, &real, CCID_NEVER), 0);
	assert_int_equal(getsockopt(s->ops->fd(s), IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	assert_int_equal(on, 1);
	assert_int_equal(getsockopt(s->ops->fd(s), SOL_SOCKET, SO_KEEPALIVE, &on, &len), 0);
	assert_int_equal(on, 1);
	assert_true(fcntl(s->ops->fd(s), F_GETFD) & FD_CLOEXEC);
	s->ops->close(s);
	close(fd);
}

static void who_is_not_there_is_not_found(void **state)
{
	char port[8], path[200];
	struct ccid_stream *s = NULL;
	int fd = bound(port, sizeof port);

	(void)state;
	assert_int_equal(ccid_stream_connect_tcp(&s, "127.0.0.1", port, &real, CCID_NEVER),
	                 CCID_E_NOTFOUND);
	assert_int_equal(ccid_stream_connect_unix(&s, "/nonexistent/x", &real, CCID_NEVER),
	                 CCID_E_NOTFOUND);
	memset(path, 'x', sizeof path);
	path[0] = '/';
	path[108] = '\0';
	assert_int_equal(ccid_stream_connect_unix(&s, path, &real, CCID_NEVER), CCID_E_ARG);
	assert_null(s);
	close(fd);
}

static void listening_ends_at_the_deadline(void **state)
{
	struct ccid_stream *s = NULL;
	char port[8];
	int fd = bound(port, sizeof port);
	int64_t start = ccid_env_now(&real);

	(void)state;
	assert_int_equal(ccid_stream_listen_tcp(&s, "127.0.0.1", port, &real, start + 20),
	                 CCID_E_BUSY);
	close(fd);
	start = ccid_env_now(&real);
	assert_int_equal(ccid_stream_listen_tcp(&s, "127.0.0.1", port, &real, start + 20),
	                 CCID_E_TIMEOUT);
	assert_true(ccid_env_now(&real) >= start + 20);
	assert_int_equal(ccid_stream_listen_tcp(&s, NULL, port, &real, start), CCID_E_TIMEOUT);
	assert_null(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_passes_bytes_both_ways),
		cmocka_unit_test(waiting_lets_time_jump_to_when_the_peer_speaks),
		cmocka_unit_test(waiting_ends_at_the_deadline),
		cmocka_unit_test(a_peer_that_promises_in_vain_does_not_spin_for_ever),
		cmocka_unit_test(a_clock_that_stands_still_does_not_hold_the_wait),
		cmocka_unit_test(a_cancel_comes_before_anything_else),
		cmocka_unit_test(without_a_clock_of_its_own_the_wait_is_real),
		cmocka_unit_test(the_end_of_a_peer_lasts),
		cmocka_unit_test(a_socket_never_blocks_and_is_not_inherited),
		cmocka_unit_test(a_closed_peer_is_gone_for_reader_and_writer),
		cmocka_unit_test(a_wait_on_a_socket_ends_at_deadline_and_cancel),
		cmocka_unit_test(only_stream_sockets_are_taken),
		cmocka_unit_test(a_connection_has_no_delay),
		cmocka_unit_test(who_is_not_there_is_not_found),
		cmocka_unit_test(listening_ends_at_the_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
