/* SPDX-License-Identifier: MIT */
/* The usbredir transport on real sockets and with several threads. */
#include "redir_guest.h"
#include "redir_serve.h"

#include "address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct ccid_env real;
static struct redir_guest g; /* its clock only stamps the host's side */
static struct redir_serve server;
static unsigned fds, tasks;

static int64_t in_ms(int64_t ms)
{
	return ccid_env_now(&real) + ms;
}

static int fresh(void **state)
{
	(void)state;
	fds = redir_count_fds();
	redir_guest_init(&g);
	return 0;
}

static int done(void **state)
{
	(void)state;
	redir_guest_close(&g);
	redir_serve_stop(&server);
	return g.host.bad || redir_count_fds() != fds ? -1 : 0;
}

static void open_pair(void)
{
	struct ccid_stream *s = NULL;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	redir_serve_start(&server, &g.host, pair[1]);
	tasks = redir_count_tasks();
	assert_int_equal(ccid_stream_from_fd(&s, pair[0], &real), 0);
	assert_int_equal(
		ccid_transport_open_usbredir(&g.t, s, REDIR_ADDRESS, -1, &real, in_ms(10000)), 0);
}

static void echo(size_t len)
{
	memset(g.in, 0, len);
	assert_int_equal(redir_guest_post(&g, (len / 64 + 1) * 64), 0);
	assert_int_equal(g.t->ops->bulk_out(g.t, g.out, len, in_ms(1000)), 0);
	assert_int_equal(g.t->ops->wait_in(g.t, in_ms(10000)), len);
	assert_memory_equal(g.in, g.out, len);
}

static bool readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) > 0;
}

static void interrupt(const char *bytes, size_t len)
{
	redir_serve_lock(&server);
	redir_host_interrupt(&g.host, (const uint8_t *)bytes, len);
	redir_serve_unlock(&server);
}

static void a_socket_carries_transfers_of_every_size_without_a_thread(void **state)
{
	(void)state;
	open_pair();
	echo(1);
	echo(271);
	echo(65554);
	echo(100000);
	assert_int_equal(redir_count_tasks(), tasks);
}

static int small_buffers(int fd)
{
	int one = 1, a = setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &one, sizeof one);

	return a | setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &one, sizeof one);
}

static void small_socket_buffers_only_slow_it_down(void **state)
{
	struct ccid_stream *s = NULL;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(small_buffers(pair[0]) | small_buffers(pair[1]), 0);
	redir_serve_start(&server, &g.host, pair[1]);
	assert_int_equal(ccid_stream_from_fd(&s, pair[0], &real), 0);
	assert_int_equal(
		ccid_transport_open_usbredir(&g.t, s, REDIR_ADDRESS, -1, &real, in_ms(10000)), 0);
	echo(65554);
	echo(100);
}

static void no_descriptor_survives_an_exec(void **state)
{
	bool before[256];
	unsigned opened = 0;

	(void)state;
	for (int fd = 0; fd < 256; fd++)
		before[fd] = fcntl(fd, F_GETFD) >= 0;
	open_pair();
	for (int fd = 0; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags < 0 || before[fd])
			continue;
		assert_true(flags & FD_CLOEXEC);
		opened++;
	}
	assert_int_equal(opened, 6); /* both sockets, the server's eventfd, and three of ours */
}

static void the_event_descriptor_tells_of_queued_messages(void **state)
{
	int fd;

	(void)state;
	open_pair();
	fd = g.t->ops->event_fd(g.t);
	assert_true(fd >= 0);
	assert_int_equal(redir_guest_interrupt(&g), 0);
	interrupt("\x50\x03", 2);
	echo(20); /* takes the message along */
	assert_true(readable(fd, 10000));
	assert_int_equal(redir_guest_interrupt(&g), 2);
	assert_memory_equal(g.in, "\x50\x03", 2);
	assert_int_equal(redir_guest_interrupt(&g), 0);
	assert_false(readable(fd, 0));
	redir_serve_lock(&server);
	redir_host_send(&g.host, REDIR_DEVICE_DISCONNECT, 0, NULL, 0);
	redir_serve_unlock(&server);
	assert_true(readable(fd, 10000));
	assert_int_equal(g.t->ops->pause(g.t, in_ms(10000)), CCID_E_GONE);
	assert_true(readable(fd, 0));
	assert_int_equal(redir_guest_interrupt(&g), CCID_E_GONE);
	assert_true(readable(fd, 0));
}

static void *cancel_once(void *arg)
{
	(void)arg;
	g.t->ops->cancel(g.t);
	return NULL;
}

static void a_cancel_from_another_thread_ends_one_wait(void **state)
{
	pthread_t other;

	(void)state;
	g.host.deaf = true;
	open_pair();
	assert_int_equal(redir_guest_post(&g, 64), 0);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(pthread_create(&other, NULL, cancel_once, NULL), 0);
		assert_int_equal(g.t->ops->wait_in(g.t, CCID_NEVER), CCID_E_CANCELLED);
		assert_int_equal(pthread_join(other, NULL), 0);
	}
	assert_int_equal(g.t->ops->wait_in(g.t, in_ms(5)), CCID_E_TIMEOUT);
	redir_serve_lock(&server);
	redir_host_answer(&g.host, g.out, 10);
	redir_serve_unlock(&server);
	assert_int_equal(g.t->ops->wait_in(g.t, CCID_NEVER), 10);
}

static void on_signal(int number)
{
	(void)number;
	g.t->ops->cancel(g.t);
}

static void *interrupt_main(void *arg)
{
	pthread_kill(*(pthread_t *)arg, SIGUSR1);
	return NULL;
}

static void a_cancel_in_a_signal_handler_ends_one_wait(void **state)
{
	struct sigaction act = {.sa_handler = on_signal}, before;
	pthread_t self = pthread_self(), other;

	(void)state;
	g.host.deaf = true;
	open_pair();
	assert_int_equal(sigaction(SIGUSR1, &act, &before), 0);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(pthread_create(&other, NULL, interrupt_main, &self), 0);
		assert_int_equal(g.t->ops->wait_in(g.t, CCID_NEVER), CCID_E_CANCELLED);
		assert_int_equal(pthread_join(other, NULL), 0);
	}
	assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
	assert_int_equal(g.t->ops->wait_in(g.t, in_ms(5)), CCID_E_TIMEOUT);
}

/* Take messages until one says "empty", then have the host answer the waiting transfer. */
static void *watch(void *arg)
{
	unsigned *count = arg;
	uint8_t buf[80] = {0};
	int fd = g.t->ops->event_fd(g.t), n = 0;

	while (n >= 0 && !(n == 2 && buf[1] == 0x02)) {
		if (!readable(fd, 20000))
			return NULL;
		n = g.t->ops->interrupt_in(g.t, buf, sizeof buf);
		*count += n > 0;
	}
	redir_serve_lock(&server);
	redir_host_answer(&g.host, g.out, 33);
	redir_serve_unlock(&server);
	return NULL;
}

static void *chatter(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 500; i++)
		interrupt(i == 499 ? "\x50\x02" : "\x50\x03", 2);
	return NULL;
}

static void interrupts_are_taken_beside_a_blocked_exchange(void **state)
{
	pthread_t watcher, talker;
	unsigned count = 0;

	(void)state;
	g.host.deaf = true;
	open_pair();
	assert_int_equal(redir_guest_post(&g, 64), 0);
	assert_int_equal(g.t->ops->bulk_out(g.t, g.out, 10, in_ms(1000)), 0);
	assert_int_equal(pthread_create(&watcher, NULL, watch, &count), 0);
	assert_int_equal(pthread_create(&talker, NULL, chatter, NULL), 0);
	assert_int_equal(g.t->ops->wait_in(g.t, CCID_NEVER), 33);
	assert_memory_equal(g.in, g.out, 33);
	assert_int_equal(pthread_join(watcher, NULL), 0);
	assert_int_equal(pthread_join(talker, NULL), 0);
	assert_in_range(count, 1, 500);
}

static void a_watcher_does_not_take_an_answer_away(void **state)
{
	pthread_t watcher, talker;
	unsigned count = 0;

	(void)state;
	open_pair();
	assert_int_equal(pthread_create(&watcher, NULL, watch, &count), 0);
	for (unsigned i = 0; i < 300; i++)
		echo(100 + i);
	redir_serve_lock(&server);
	g.host.deaf = true;
	redir_serve_unlock(&server);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	assert_int_equal(redir_guest_abort(&g, CCID_NEVER / 2), 0);
	assert_int_equal(pthread_create(&talker, NULL, chatter, NULL), 0);
	assert_int_equal(g.t->ops->wait_in(g.t, CCID_NEVER), 33);
	assert_int_equal(pthread_join(watcher, NULL), 0);
	assert_int_equal(pthread_join(talker, NULL), 0);
}

static void a_peer_that_hangs_up_ends_a_wait_for_ever(void **state)
{
	(void)state;
	g.host.deaf = true;
	open_pair();
	assert_int_equal(redir_guest_post(&g, 64), 0);
	redir_serve_lock(&server);
	g.host.closed = true;
	redir_serve_unlock(&server);
	assert_int_equal(g.t->ops->wait_in(g.t, CCID_NEVER), CCID_E_GONE);
	assert_int_equal(redir_guest_out(&g, 100), CCID_E_GONE);
}

static void a_child_of_a_fork_says_nothing(void **state)
{
	int status = -1;
	pid_t child;

	(void)state;
	open_pair();
	child = fork();
	if (child == 0) {
		g.t->ops->close(g.t);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	echo(50);
	redir_serve_lock(&server);
	assert_int_equal(g.host.by_type[REDIR_STOP_INTERRUPT], 0);
	redir_serve_unlock(&server);
}

static void open_address(const char *text)
{
	struct ccid_address a;
	int rc;

	assert_int_equal(ccid_address_parse(&a, text, NULL), 0);
	rc = ccid_address_open(&g.t, &a, text, &real, in_ms(20000));
	assert_int_equal(rc, 0);
	assert_string_equal(g.t->id.address, text);
	echo(300);
}

static void *accept_and_serve(void *arg)
{
	int *listener = arg;

	redir_serve_start(&server, &g.host, accept(*listener, NULL, NULL));
	close(*listener);
	return NULL;
}

static void a_unix_socket_is_opened_by_its_address(void **state)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/redir-XXXXXX", text[160];
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pthread_t other;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sa.sun_path, sizeof sa.sun_path, "%s/a b", dir);
	snprintf(text, sizeof text, "usbredir:%s/a%%20b", dir);
	assert_int_equal(bind(listener, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(pthread_create(&other, NULL, accept_and_serve, &listener), 0);
	open_address(text);
	assert_int_equal(pthread_join(other, NULL), 0);
	unlink(sa.sun_path);
	rmdir(dir);
}

static int loopback(struct sockaddr_in *sa)
{
	socklen_t len = sizeof *sa;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*sa = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000001)};
	assert_int_equal(bind(fd, (struct sockaddr *)sa, sizeof *sa), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)sa, &len), 0);
	return fd;
}

static void a_tcp_port_is_opened_by_its_address(void **state)
{
	struct sockaddr_in sa;
	int listener = loopback(&sa);
	char text[64];
	pthread_t other;

	(void)state;
	assert_int_equal(listen(listener, 1), 0);
	snprintf(text, sizeof text, "usbredir:localhost:%u", ntohs(sa.sin_port));
	assert_int_equal(pthread_create(&other, NULL, accept_and_serve, &listener), 0);
	open_address(text);
	assert_int_equal(pthread_join(other, NULL), 0);
}

static void *connect_and_serve(void *arg)
{
	const struct sockaddr_in *sa = arg;
	int fd = -1;

	for (unsigned i = 0; i < 20000; i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (const struct sockaddr *)sa, sizeof *sa) == 0)
			break;
		close(fd);
		poll(NULL, 0, 1);
	}
	redir_serve_start(&server, &g.host, fd);
	return NULL;
}

static void a_host_may_be_the_one_that_connects(void **state)
{
	struct sockaddr_in sa;
	char text[64];
	pthread_t other;

	(void)state;
	close(loopback(&sa));
	snprintf(text, sizeof text, "usbredir-listen:127.0.0.1:%u", ntohs(sa.sin_port));
	assert_int_equal(pthread_create(&other, NULL, connect_and_serve, &sa), 0);
	open_address(text);
	assert_int_equal(pthread_join(other, NULL), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(a_socket_carries_transfers_of_every_size_without_a_thread),
		T(small_socket_buffers_only_slow_it_down),
		T(no_descriptor_survives_an_exec),
		T(the_event_descriptor_tells_of_queued_messages),
		T(a_cancel_from_another_thread_ends_one_wait),
		T(a_cancel_in_a_signal_handler_ends_one_wait),
		T(interrupts_are_taken_beside_a_blocked_exchange),
		T(a_watcher_does_not_take_an_answer_away),
		T(a_peer_that_hangs_up_ends_a_wait_for_ever),
		T(a_child_of_a_fork_says_nothing),
		T(a_unix_socket_is_opened_by_its_address),
		T(a_tcp_port_is_opened_by_its_address),
		T(a_host_may_be_the_one_that_connects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
