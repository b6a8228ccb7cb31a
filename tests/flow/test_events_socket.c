/* SPDX-License-Identifier: MIT */
/* A usbredir server that goes away and comes back, over a unix socket: the connection is made anew. Time
 * runs ahead where only time is waited for. */
#include "emu_config.h"
#include "emu_serve.h"
#include "env.h"

#include <iscard/iscard.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define CONNECTIONS 5

static int listening = -1;
static atomic_int connection; /* the one that is served */
static iscard_context *context;
static struct iscard_event event;
static int64_t ahead;

static int64_t now(void *arg)
{
	static const struct ccid_env real;

	(void)arg;
	return ccid_env_now(&real) + ahead;
}

/* One reader, unplugged by nobody: only the connection breaks. */
static void *serve(void *arg)
{
	struct emu_config cfg;
	struct emu_device *device;

	(void)arg;
	emu_config_init(&cfg);
	cfg.card_in[0] = true;
	device = emu_create(&cfg);
	for (int i = 0; i < CONNECTIONS && device != NULL; i++) {
		int fd = accept(listening, NULL, NULL);

		atomic_store(&connection, fd);
		(void)emu_serve(device, fd);
		close(fd);
	}
	emu_destroy(device);
	return NULL;
}

static void listen_at(char *path, size_t cap)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char folder[] = "/tmp/events-XXXXXX";

	assert_non_null(mkdtemp(folder));
	snprintf(path, cap, "%s/r", folder);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listening, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(listening, 1), 0);
}

static void expect(iscard_event_type type)
{
	struct pollfd p = {.events = POLLIN};

	assert_int_equal(iscard_context_event_fd(context, &p.fd), S_OK);
	for (int i = 0; i < 1000; i++) {
		if (iscard_context_next_event(context, &event) == S_OK)
			break;
		if (poll(&p, 1, 10) == 0)
			ahead += 1000;
	}
	assert_int_equal(event.type, type);
}

static void a_connection_that_breaks_is_made_again(void **state)
{
	struct iscard_options o = {.size = sizeof o, .log_level = ISCARD_LOG_NONE, .now_ms = now};
	char path[64], readers[96];
	pthread_t server;

	(void)state;
	listen_at(path, sizeof path);
	assert_int_equal(pthread_create(&server, NULL, serve, NULL), 0);
	snprintf(readers, sizeof readers, "usbredir:%s", path);
	o.readers = readers;
	assert_int_equal(iscard_context_create(&o, &context), S_OK);
	assert_int_equal(iscard_context_watch(context, NULL, ISCARD_WATCH_CARDS), S_OK);
	for (unsigned i = 1; i <= CONNECTIONS; i++) {
		expect(ISCARD_EVENT_READER_ARRIVED);
		assert_int_equal(event.now.arrivals, i);
		expect(ISCARD_EVENT_CARD_INSERTED);
		assert_int_equal(event.now.insertions, i);
		if (i == CONNECTIONS)
			break;
		shutdown(atomic_load(&connection), SHUT_RDWR);
		expect(ISCARD_EVENT_CARD_REMOVED);
		expect(ISCARD_EVENT_READER_LEFT);
	}
	iscard_context_unref(context);
	assert_int_equal(pthread_join(server, NULL), 0);
	close(listening);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_that_breaks_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
