/* SPDX-License-Identifier: MIT */
/* iscard watch for months: what it holds of memory, and what its watchdog hears while readers are stuck. */
#define _GNU_SOURCE /* pipe2(), accept4() */
#include "emu_config.h"
#include "emu_redir.h"
#include "emu_serve.h"
#include "notify_rig.h"
#include "run_tool.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* Readers that wait for whoever connects, at usbredir:FOLDER/0 and so on. */
struct doors {
	unsigned n;
	int fd[4];
	char folder[32], address[4][64];
};

static void doors_open(struct doors *d, unsigned n)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	d->n = n;
	strcpy(d->folder, "/tmp/iscard-watch-XXXXXX");
	assert_non_null(mkdtemp(d->folder));
	for (unsigned i = 0; i < n; i++) {
		snprintf(a.sun_path, sizeof a.sun_path, "%s/%u", d->folder, i);
		snprintf(d->address[i], sizeof d->address[i], "usbredir:%s/%u", d->folder, i);
		d->fd[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(d->fd[i], (const struct sockaddr *)&a, sizeof a), 0);
		assert_int_equal(listen(d->fd[i], 4096), 0);
	}
}

static void doors_close(struct doors *d)
{
	char path[64];

	for (unsigned i = 0; i < d->n; i++) {
		close(d->fd[i]);
		snprintf(path, sizeof path, "%s/%u", d->folder, i);
		unlink(path);
	}
	rmdir(d->folder);
}

/* --- thousands of customers --- */

#define WARM     100
#define MANY     5000
#define SLACK_KB 8
#define PATIENCE 20000

static struct {
	struct emu_device *device;
	struct emu_redir *redir;
	struct emu_config cfg;
	struct tool_process tool;
	int fd, out; /* the tool's connection, and its output */
	unsigned lines;
} shop;

static void speak(void)
{
	uint8_t buf[4096];
	size_t n;

	while ((n = emu_redir_output(shop.redir, buf, sizeof buf, emu_serve_now())) > 0)
		assert_int_equal(send(shop.fd, buf, n, MSG_NOSIGNAL), n);
}

static void listen_to_it(const struct pollfd *p)
{
	uint8_t buf[4096];
	ssize_t n;

	if (p[0].revents != 0) {
		n = recv(shop.fd, buf, sizeof buf, 0);
		assert_true(n > 0);
		assert_int_equal(emu_redir_input(shop.redir, buf, (size_t)n, emu_serve_now()), 0);
	}
	if (p[1].revents != 0) {
		n = read(shop.out, buf, sizeof buf);
		assert_true(n > 0);
		for (ssize_t i = 0; i < n; i++)
			shop.lines += buf[i] == '\n';
	}
}

static void until_told(unsigned lines)
{
	while (shop.lines < lines) {
		struct pollfd p[] = {{.fd = shop.fd, .events = POLLIN},
		                     {.fd = shop.out, .events = POLLIN}};

		speak();
		assert_true(poll(p, 2, PATIENCE) > 0);
		listen_to_it(p);
	}
}

/* In the memory of the tool that is no file's: what it has written to. */
static long kilobytes(void)
{
	char path[64], line[128];
	long kb = -1;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", shop.tool.pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (kb < 0 && fgets(line, sizeof line, f) != NULL)
		(void)sscanf(line, "Anonymous: %ld kB", &kb);
	fclose(f);
	assert_true(kb > 0);
	return kb;
}

static void serve_customers(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		assert_true(emu_remove(shop.device, 0, emu_serve_now()));
		until_told(shop.lines + 1);
		assert_true(emu_insert(shop.device, 0, &shop.cfg.card[0], emu_serve_now()));
		until_told(shop.lines + 1);
	}
}

static void open_shop(struct doors *door)
{
	int out[2];

	memset(&shop, 0, sizeof shop);
	doors_open(door, 1);
	emu_config_init(&shop.cfg);
	shop.cfg.card_in[0] = true;
	shop.device = emu_create(&shop.cfg);
	shop.redir = emu_redir_new(shop.device, emu_serve_now());
	assert_non_null(shop.redir);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	shop.out = out[0];
	tool_start_to(&shop.tool, out[1],
	              (const char *const[]){"watch", "--json", door->address[0], NULL});
	shop.fd = accept4(door->fd[0], NULL, NULL, SOCK_CLOEXEC);
	assert_true(shop.fd >= 0);
	until_told(2); /* reader and card */
}

static void thousands_of_customers_take_no_memory(void **state)
{
	struct doors door;
	long before, after;

	(void)state;
	open_shop(&door);
	serve_customers(WARM);
	before = kilobytes();
	serve_customers(MANY - WARM);
	after = kilobytes();
	if (after > before + SLACK_KB)
		fail_msg("%ld KB behind %d cards, %ld KB behind %d", before, WARM, after, MANY);
	assert_int_equal(shop.lines, 2 + 2 * MANY);
	assert_int_equal(tool_end(&shop.tool, 15), 0);
	close(shop.fd);
	close(shop.out);
	emu_redir_free(shop.redir);
	emu_destroy(shop.device);
	doors_close(&door);
}

/* --- readers that never answer, on a clock of the tool's own: see lapse.c --- */

#define WATCHDOG_MS 30000                 /* as the unit has it */
#define GAP_MS      (WATCHDOG_MS * 3 / 4) /* the rest is for a machine that is busy */
#define OPEN_MS     10000                 /* limits.open_ms */
#define SIGNS       500

/* Until a sign of life, since the one before. */
static long next_gap(int fd, long *at)
{
	long before = *at, now;
	char text[64];

	notify_next(fd, text, sizeof text);
	assert_true(sscanf(text, "WATCHDOG=1 X_AT=%ld", &now) == 1 ||
	            sscanf(text, "READY=1 X_AT=%ld", &now) == 1);
	*at = now;
	return before != 0 ? now - before : 0;
}

static void start_stuck(struct tool_process *p, struct doors *d)
{
	char readers[256], usec[16];
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

	doors_open(d, 3);
	snprintf(readers, sizeof readers, "%s %s %s", d->address[0], d->address[1], d->address[2]);
	setenv("ISCARD_READERS", readers, 1);
	snprintf(usec, sizeof usec, "%d000", WATCHDOG_MS);
	setenv("WATCHDOG_USEC", usec, 1);
	setenv("LD_PRELOAD", LAPSE, 1);
	tool_start_to(p, out, (const char *const[]){"watch", NULL});
	unsetenv("LD_PRELOAD");
	unsetenv("WATCHDOG_USEC");
	unsetenv("ISCARD_READERS");
}

static void readers_that_are_stuck_starve_no_watchdog(void **state)
{
	unsigned opens = 0;
	struct tool_process p;
	struct notify_rig n;
	struct doors d;
	long at = 0;

	(void)state;
	notify_start(&n);
	start_stuck(&p, &d);
	for (unsigned i = 0; i < SIGNS; i++) {
		long gap = next_gap(n.fd, &at);

		if (gap > GAP_MS)
			fail_msg("sign %u came %ld ms behind the one before", i, gap);
		opens += gap >= OPEN_MS;
	}
	assert_true(opens > 10); /* they were stuck indeed */
	close(n.fd);
	n.fd = -1;
	assert_int_equal(tool_end(&p, 15), 0);
	notify_end(&n);
	doors_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_of_customers_take_no_memory),
		cmocka_unit_test(readers_that_are_stuck_starve_no_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
