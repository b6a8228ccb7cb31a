/* SPDX-License-Identifier: MIT */
/* The player serves a socket; the driver's usbredir transport is at the other end. */
#include "player.h"
#include "reader.h"
#include "transport_usbredir.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define TRACE SAMPLES_DIR "/emulated-kiosk-eject/trace.pcapng"

static const struct ccid_env env;

struct server {
	struct ccid_player *player;
	struct ccid_stream *stream;
	int64_t deadline;
	int result;
};

static void *serve(void *arg)
{
	struct server *s = arg;

	s->result = ccid_player_serve(s->player, s->stream, -1, s->deadline);
	s->stream->ops->close(s->stream);
	return NULL;
}

static struct ccid_stream *connected(struct server *s)
{
	struct ccid_stream *mine;
	int fd[2];

	s->deadline = ccid_env_now(&env) + 20000;
	assert_int_equal(ccid_player_open(&s->player, TRACE, NULL, &env, NULL, 0), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(ccid_stream_from_fd(&s->stream, fd[0], &env), 0);
	assert_int_equal(ccid_stream_from_fd(&mine, fd[1], &env), 0);
	return mine;
}

static int select_master_file(struct ccid_reader *r, uint8_t p2)
{
	const uint8_t apdu[] = {0x00, 0xA4, 0x00, p2, 0x02, 0x3F, 0x00};
	struct ccid_slot_info info;
	uint8_t rsp[16];
	int rc = ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, CCID_NEVER);

	if (rc == 0)
		rc = ccid_slot_get_info(r, 0, &info);
	return rc < 0 ? rc
	              : ccid_slot_transmit(r, 0, info.generation, apdu, sizeof apdu, rsp,
	                                   sizeof rsp, 0, -1, CCID_NEVER);
}

static void session(uint8_t p2, int wanted, int result)
{
	struct server s = {0};
	struct ccid_stream *stream = connected(&s);
	struct ccid_transport *t;
	struct ccid_reader *r;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
	assert_int_equal(
		ccid_transport_open_usbredir(&t, stream, "usbredir:test", -1, &env, s.deadline), 0);
	assert_string_equal(t->id.product, "Emulated kiosk reader");
	assert_int_equal(ccid_reader_open(&r, t, NULL, &env, s.deadline), 0);
	assert_int_equal(select_master_file(r, p2), wanted);
	ccid_reader_close(r);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(s.result, result);
	ccid_player_close(s.player);
}

static void a_served_trace_is_a_reader_until_the_peer_leaves(void **state)
{
	(void)state;
	session(0x0C, 2, 0);
}

static void a_divergence_ends_the_connection(void **state)
{
	(void)state;
	session(0x00, CCID_E_GONE, CCID_E_DIVERGED);
}

static void serving_ends_at_the_deadline(void **state)
{
	struct server s = {0};
	struct ccid_stream *mine = connected(&s);

	(void)state;
	s.deadline = ccid_env_now(&env) + 20;
	serve(&s);
	assert_int_equal(s.result, CCID_E_TIMEOUT);
	mine->ops->close(mine);
	ccid_player_close(s.player);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_served_trace_is_a_reader_until_the_peer_leaves),
		cmocka_unit_test(a_divergence_ends_the_connection),
		cmocka_unit_test(serving_ends_at_the_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
