/* SPDX-License-Identifier: MIT */
/* The libusb transport over unmodified libusb and a usbfs; to be run by usbfs_run. */
#include "reader.h"
#include "transport_usb.h"
#include "usbfs_client.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NODE   "/dev/bus/usb/001/002"
#define IN_CAP 65600

static const struct ccid_env env; /* CLOCK_MONOTONIC, no log */

static int64_t after(int64_t ms)
{
	return ccid_env_now(&env) + ms;
}

static int count_entries(const char *dir)
{
	struct dirent *e;
	int n = 0;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static int take_first(void *arg, const struct ccid_usb_found *found)
{
	*(struct ccid_usb_found *)arg = *found;
	return 1;
}

static struct ccid_usb_found find(void)
{
	struct ccid_usb_found f;
	unsigned denied;

	assert_int_equal(ccid_usb_scan(&env, take_first, &f, &denied), 1);
	return f;
}

static struct ccid_transport *attach(void)
{
	struct ccid_usb_found f = find();
	struct ccid_transport *t;

	assert_int_equal(ccid_transport_open_usb(&t, &f, &env), 0);
	return t;
}

static uint8_t in_buf[IN_CAP / 64 * 64];

/* One CCID command without data: bytes received, or an error. */
static int command(struct ccid_transport *t, uint8_t type, uint8_t seq, int64_t ms)
{
	const uint8_t out[10] = {type, 0, 0, 0, 0, 0, seq, 0, 0, 0};
	int err = t->ops->post_in(t, in_buf, sizeof in_buf);

	assert_int_equal(err, 0);
	err = t->ops->bulk_out(t, out, sizeof out, after(1000));
	return err != 0 ? err : t->ops->wait_in(t, after(ms));
}

#define GET_SLOT_STATUS 0x65
#define ICC_POWER_ON    0x62

static void assert_alive(struct ccid_transport *t, uint8_t seq)
{
	assert_int_equal(command(t, GET_SLOT_STATUS, seq, 2000), 10);
	assert_int_equal(in_buf[0], 0x81);
	assert_int_equal(in_buf[6], seq);
}

/* XfrBlock of "SLOW": the card asks for n time extensions, tenths * 100 ms apart. */
static void start_slow(struct ccid_transport *t, uint8_t seq, uint8_t n, uint8_t tenths)
{
	static uint8_t out[15];
	const uint8_t bytes[15] = {0x6F, 5, 0, 0, 0, 0, seq, 0, 0, 0, 0x80, 0x12, n, tenths, 0};

	memcpy(out, bytes, sizeof out);
	assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), 0);
	assert_int_equal(t->ops->bulk_out(t, out, sizeof out, after(1000)), 0);
}

static int setup(void **state)
{
	*state = strdup(usbfs_ask("driver"));
	return *state == NULL || usbfs_ask("opens")[0] == '\0';
}

/* Whatever a test did, nothing stays open and the interface is as it was. */
static int teardown(void **state)
{
	char *driver = *state;
	bool same = strcmp(usbfs_ask("driver"), driver) == 0;

	free(driver);
	return !same || usbfs_count("opens") != 0 || usbfs_count("unclaimed") != 0 ||
	       usbfs_count("unconfigured") != 0;
}

static void a_scan_names_the_reader(void **state)
{
	struct ccid_usb_found f = find();

	(void)state;
	assert_string_equal(f.node, NODE);
	assert_string_equal(f.id.address, "usb:1-1");
	assert_string_equal(f.id.manufacturer, "ACS");
	assert_string_equal(f.id.product, "Emulated Reader");
	assert_string_equal(f.id.serial, "EMU0001");
	assert_string_equal(f.id.interface_name, "Contact");
	assert_int_equal(f.id.vid, 0x072F);
	assert_int_equal(f.id.pid, 0xB100);
	assert_int_equal(f.id.speed, 1);
}

static void commands_are_answered_and_all_is_given_back(void **state)
{
	int fds = count_entries("/proc/self/fd");
	struct ccid_transport *t = attach();

	(void)state;
	assert_string_equal(usbfs_ask("driver"), "usbfs");
	for (unsigned seq = 0; seq < 20; seq++)
		assert_alive(t, (uint8_t)seq);
	t->ops->close(t);
	assert_int_equal(count_entries("/proc/self/fd"), fds);
	assert_int_equal(usbfs_count("setinterfaces"), 0);
	assert_int_equal(usbfs_count("resets"), 0);
}

static void no_thread_is_started(void **state)
{
	struct ccid_transport *t = attach();

	(void)state;
	assert_alive(t, 1);
	assert_int_equal(count_entries("/proc/self/task"), 1);
	t->ops->close(t);
}

/* Only the driver that was there is asked back. */
static void a_driver_is_given_back_when_there_was_one(void **state)
{
	int before = usbfs_count("connects");
	bool had = strcmp(*state, "none") != 0;
	struct ccid_transport *t = attach();

	t->ops->close(t);
	assert_int_equal(usbfs_count("connects") - before, had ? 1 : 0);
}

static void a_node_handed_in_works_without_sysfs(void **state)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC);
	struct ccid_transport *t;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ccid_transport_open_usb_fd(&t, fd, -1, &env), 0);
	close(fd);
	assert_string_equal(t->id.manufacturer, "ACS");
	assert_string_equal(t->id.product, "Emulated Reader");
	assert_string_equal(t->id.serial, "EMU0001");
	assert_string_equal(t->id.interface_name, "Contact");
	assert_int_equal(t->id.speed, 1);
	assert_alive(t, 1);
	t->ops->close(t);
	assert_int_equal(ccid_transport_open_usb_fd(&t, fd, -1, &env), CCID_E_ARG);
}

static void a_second_owner_is_refused(void **state)
{
	struct ccid_transport *t = attach(), *second;
	struct ccid_usb_found f = find();

	(void)state;
	assert_int_equal(ccid_transport_open_usb(&second, &f, &env), CCID_E_BUSY);
	assert_null(second);
	assert_alive(t, 1);
	t->ops->close(t);
}

static void the_holder_is_named(void **state)
{
	int ready[2];
	char text[64], want[64], byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int fd = open(NODE, O_RDWR);

		if (fd < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	ccid_usb_holder(text, sizeof text, NODE);
	snprintf(want, sizeof want, "pid %d (test_usb)", (int)child);
	assert_string_equal(text, want);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(ready[0]);
	close(ready[1]);
}

static void a_control_transfer_moves_and_stalls(void **state)
{
	const struct ccid_setup good = {0x80, 0x06, 0x0100, 0, 18}, bad = {0x80, 0x77, 0, 0, 4};
	struct ccid_transport *t = attach();
	uint8_t data[18];

	(void)state;
	assert_int_equal(t->ops->control(t, &good, data, after(1000)), 18);
	assert_memory_equal(data, t->device_desc, 18);
	assert_int_equal(t->ops->control(t, &bad, data, after(1000)), CCID_E_STALL);
	assert_int_equal(t->ops->control(t, &good, data, after(1000)), 18);
	t->ops->close(t);
}

static void a_deadline_leaves_the_transfer_posted(void **state)
{
	struct ccid_transport *t = attach();
	int64_t start;
	int n;

	(void)state;
	assert_true(command(t, ICC_POWER_ON, 1, 2000) > 10);
	start_slow(t, 2, 2, 3);
	assert_int_equal(t->ops->wait_in(t, after(2000)), 10); /* a time extension */
	start = ccid_env_now(&env);
	assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), 0);
	assert_int_equal(t->ops->wait_in(t, after(30)), CCID_E_TIMEOUT);
	assert_in_range(ccid_env_now(&env) - start, 29, 200);
	n = t->ops->wait_in(t, after(3000));
	assert_true(n >= 10);
	for (int i = 0; i < 4 && n == 10; i++) { /* further time extensions */
		assert_int_equal(in_buf[7], 0x80);
		assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), 0);
		n = t->ops->wait_in(t, after(3000));
	}
	assert_int_equal(n, 12);
	assert_memory_equal(in_buf + 10, "\x90\x00", 2);
	assert_int_equal(t->ops->wait_in(t, after(30)), CCID_E_ARG);
	t->ops->close(t);
}

static void dropped_transfers_come_back(void **state)
{
	struct ccid_transport *t = attach();

	(void)state;
	t->ops->drop_in(t);
	assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), 0);
	assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), CCID_E_ARG);
	t->ops->drop_in(t);
	assert_alive(t, 1);
	assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), 0);
	t->ops->close(t);
}

static void take_notices(struct ccid_transport *t)
{
	uint8_t msg[8];

	t->ops->pause(t, after(20));
	while (t->ops->interrupt_in(t, msg, sizeof msg) > 0)
		;
}

static void clear_both(struct ccid_transport *t)
{
	assert_int_equal(t->ops->clear_halt(t, CCID_PIPE_BULK_IN, after(1000)), 0);
	assert_int_equal(t->ops->clear_halt(t, CCID_PIPE_BULK_OUT, after(1000)), 0);
}

static void a_stalled_pipe_can_be_cleared(void **state)
{
	struct ccid_transport *t = attach();

	(void)state;
	take_notices(t);
	assert_alive(t, 1);
	assert_true(usbfs_do("stall-after 1"));
	assert_int_equal(command(t, GET_SLOT_STATUS, 2, 2000), CCID_E_STALL);
	clear_both(t);
	assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), 0);
	assert_int_equal(t->ops->wait_in(t, after(1000)), 10);
	assert_int_equal(in_buf[6], 2);
	t->ops->close(t);
}

/* The posted IN transfer must not keep the wait. */
static void a_stall_of_bulk_out_ends_the_wait_at_once(void **state)
{
	struct ccid_transport *t = attach();
	int64_t start = ccid_env_now(&env);

	(void)state;
	take_notices(t);
	assert_true(usbfs_do("stall-after 0"));
	assert_int_equal(command(t, GET_SLOT_STATUS, 1, 5000), CCID_E_STALL);
	assert_true(ccid_env_now(&env) - start < 2000);
	clear_both(t);
	assert_alive(t, 2);
	t->ops->close(t);
}

static void a_stalled_interrupt_pipe_goes_on(void **state)
{
	struct ccid_transport *t = attach();
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};
	uint8_t msg[8];
	int n = 0;

	(void)state;
	take_notices(t);
	assert_true(usbfs_do("stall-after 0"));
	assert_true(usbfs_do("remove 0"));
	for (int i = 0; i < 10 && n == 0; i++) {
		poll(&p, 1, 500);
		n = t->ops->interrupt_in(t, msg, sizeof msg);
	}
	assert_int_equal(n, 2);
	assert_true(usbfs_do("insert 0"));
	t->ops->close(t);
}

static void an_answer_longer_than_the_transfer_is_babble(void **state)
{
	const uint8_t power_on[10] = {ICC_POWER_ON, 0, 0, 0, 0, 0, 1, 0, 0, 0};
	struct ccid_transport *t = attach();

	(void)state;
	take_notices(t);
	assert_int_equal(t->ops->post_in(t, in_buf, 10), 0);
	assert_int_equal(t->ops->bulk_out(t, power_on, sizeof power_on, after(1000)), 0);
	assert_int_equal(t->ops->wait_in(t, after(2000)), CCID_E_BABBLE);
	clear_both(t);
	t->ops->reset(t, after(1000));
	assert_alive(t, 2);
	t->ops->close(t);
}

/* Suspend ends transfers as an unplug does. */
static void transfers_that_suspend_ends_are_no_unplug(void **state)
{
	struct ccid_transport *t = attach();
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};
	uint8_t msg[8];
	int n = 0;

	(void)state;
	take_notices(t);
	assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), 0);
	assert_true(usbfs_do("suspend"));
	assert_int_equal(t->ops->wait_in(t, after(2000)), CCID_E_IO);
	assert_int_equal(t->ops->interrupt_in(t, msg, sizeof msg), 0);
	assert_alive(t, 1);
	assert_true(usbfs_do("remove 0"));
	for (int i = 0; i < 10 && n == 0; i++) {
		poll(&p, 1, 500);
		n = t->ops->interrupt_in(t, msg, sizeof msg);
	}
	assert_int_equal(n, 2);
	assert_true(usbfs_do("insert 0"));
	t->ops->close(t);
}

/* What does not fit stays with the device, which merges it. */
static void notices_that_nobody_takes_are_bounded_and_the_last_is_true(void **state)
{
	struct ccid_transport *t = attach();
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};
	uint8_t msg[8] = {0}, last = 0;
	int n = 0;

	(void)state;
	take_notices(t);
	for (int i = 0; i < 20; i++) {
		assert_true(usbfs_do("remove 0"));
		t->ops->pause(t, after(2));
		assert_true(usbfs_do("insert 0"));
		t->ops->pause(t, after(2));
	}
	while (poll(&p, 1, 50) == 1 && t->ops->interrupt_in(t, msg, sizeof msg) > 0) {
		last = msg[1];
		n++;
	}
	assert_int_equal(n, 17);
	assert_int_equal(last, 0x03);
	t->ops->close(t);
}

static void a_reset_leaves_the_interface_claimed(void **state)
{
	struct ccid_transport *t = attach();
	uint8_t msg[8];
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};

	(void)state;
	assert_alive(t, 1);
	assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), 0);
	assert_int_equal(t->ops->reset(t, after(1000)), 0);
	assert_string_equal(usbfs_ask("driver"), "usbfs");
	assert_alive(t, 2);
	take_notices(t);
	assert_true(usbfs_do("remove 0"));
	assert_int_equal(poll(&p, 1, 2000), 1);
	assert_int_equal(t->ops->interrupt_in(t, msg, sizeof msg), 2);
	assert_true(usbfs_do("insert 0"));
	t->ops->close(t);
}

static void the_event_descriptor_tells_of_notifications(void **state)
{
	struct ccid_transport *t = attach();
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};
	uint8_t msg[8];

	(void)state;
	take_notices(t);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(t->ops->interrupt_in(t, msg, sizeof msg), 0);
	assert_true(usbfs_do("remove 0"));
	assert_int_equal(poll(&p, 1, 2000), 1);
	assert_int_equal(t->ops->interrupt_in(t, msg, sizeof msg), 2);
	assert_int_equal(msg[0], 0x50);
	assert_int_equal(msg[1], 0x02);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_true(usbfs_do("insert 0"));
	assert_int_equal(poll(&p, 1, 2000), 1);
	/* Reaped by another wait, it is still told. */
	assert_alive(t, 1);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(t->ops->interrupt_in(t, msg, sizeof msg), 2);
	assert_int_equal(msg[1], 0x03);
	assert_int_equal(poll(&p, 1, 0), 0);
	t->ops->close(t);
}

static void a_cancel_ends_one_wait(void **state)
{
	struct ccid_transport *t = attach();
	int64_t start = ccid_env_now(&env);

	(void)state;
	t->ops->cancel(t);
	assert_int_equal(t->ops->pause(t, after(5000)), CCID_E_CANCELLED);
	assert_int_equal(t->ops->pause(t, after(20)), 0);
	t->ops->cancel(t);
	assert_int_equal(command(t, GET_SLOT_STATUS, 1, 5000), CCID_E_CANCELLED);
	assert_int_equal(t->ops->wait_in(t, after(5000)), 10);
	assert_true(ccid_env_now(&env) - start < 4000);
	t->ops->close(t);
}

struct beside {
	struct ccid_transport *t;
	int notices, last;
};

/* Take a card out and in, see both notices, then cancel: all beside the other thread's wait. */
static void *watch_and_cancel(void *arg)
{
	struct beside *b = arg;
	struct pollfd p = {.fd = b->t->ops->event_fd(b->t), .events = POLLIN};
	int64_t end = after(5000);
	uint8_t msg[8];
	int wanted = 2;

	usbfs_do("remove 0");
	usbfs_do("insert 0");
	while (b->notices < wanted && ccid_env_now(&env) < end) {
		poll(&p, 1, 100);
		b->last = b->t->ops->interrupt_in(b->t, msg, sizeof msg);
		b->notices += b->last > 0;
	}
	b->t->ops->cancel(b->t);
	return NULL;
}

static void notices_and_cancel_work_beside_a_blocked_wait(void **state)
{
	struct ccid_transport *t = attach();
	struct beside b = {.t = t};
	pthread_t thread;

	(void)state;
	take_notices(t);
	assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), 0);
	assert_int_equal(pthread_create(&thread, NULL, watch_and_cancel, &b), 0);
	assert_int_equal(t->ops->wait_in(t, after(8000)), CCID_E_CANCELLED);
	pthread_join(thread, NULL);
	assert_int_equal(b.notices, 2);
	t->ops->drop_in(t);
	assert_alive(t, 1);
	t->ops->close(t);
}

struct often {
	struct ccid_transport *t;
	atomic_bool stop;
	atomic_int err;
};

static void *interrupt_often(void *arg)
{
	struct often *o = arg;
	uint8_t msg[8];

	while (!o->stop && o->err >= 0)
		o->err = o->t->ops->interrupt_in(o->t, msg, sizeof msg);
	return NULL;
}

/* An XfrBlock with three time extensions, 100 ms apart: the longest wait for a message, ms. */
static int64_t slow_exchange(struct ccid_transport *t, uint8_t seq)
{
	int64_t longest = 0;
	int n = 10;

	start_slow(t, seq, 3, 1);
	for (int i = 0; i < 6 && n == 10; i++) {
		int64_t start = ccid_env_now(&env);

		n = t->ops->wait_in(t, after(3000));
		if (ccid_env_now(&env) - start > longest)
			longest = ccid_env_now(&env) - start;
		if (n == 10)
			assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), 0);
	}
	assert_int_equal(n, 12);
	return longest;
}

/* Whoever handles events for both must not take the other's wake-up away. */
static void exchanges_run_beside_a_reader_of_notices(void **state)
{
	struct often o = {.t = attach()};
	pthread_t threads[4];

	(void)state;
	assert_true(command(o.t, ICC_POWER_ON, 0, 2000) > 10);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, interrupt_often, &o), 0);
	for (uint8_t seq = 1; seq < 100; seq++)
		assert_alive(o.t, seq);
	for (uint8_t seq = 100; seq < 110; seq++)
		assert_true(slow_exchange(o.t, seq) < 1500);
	o.stop = true;
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_true(o.err >= 0);
	o.t->ops->close(o.t);
}

static void a_child_of_fork_lets_go_without_a_word(void **state)
{
	struct ccid_transport *t = attach();
	int before = usbfs_count("connects"), status;
	pid_t child;

	(void)state;
	assert_alive(t, 1);
	child = fork();
	if (child == 0) {
		t->ops->close(t);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(usbfs_count("connects"), before);
	assert_string_equal(usbfs_ask("driver"), "usbfs");
	assert_alive(t, 2);
	t->ops->close(t);
}

static void apdu(struct ccid_reader *r, const uint8_t *c, size_t len, const uint8_t *want,
                 size_t want_len)
{
	struct ccid_slot_info info;
	uint8_t out[300];

	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	assert_int_equal(ccid_slot_transmit(r, 0, info.generation, c, len, out, sizeof out,
	                                    CCID_XFR_FOLLOW, -1, after(5000)),
	                 (int)want_len);
	assert_memory_equal(out, want, want_len);
}

static struct ccid_reader *open_reader(void)
{
	struct ccid_reader *r;

	assert_int_equal(ccid_reader_open(&r, attach(), NULL, &env, after(5000)), 0);
	return r;
}

static void a_reader_exchanges_apdus(void **state)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00};
	static const uint8_t echo[] = {0x80, 0x10, 0, 0, 3, 'a', 'b', 'c', 0};
	struct ccid_reader *r = open_reader();
	struct ccid_slot_info info;

	(void)state;
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, after(5000)), 0);
	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	assert_int_equal(info.atr_len, 9);
	assert_memory_equal(info.atr,
	                    "\x3B\x65\x00\x00"
	                    "EMU01",
	                    9);
	apdu(r, select, sizeof select, (const uint8_t *)"\x90\x00", 2);
	apdu(r, echo, sizeof echo, (const uint8_t *)"abc\x90\x00", 5);
	ccid_reader_close(r);
}

static void *pull_the_plug(void *arg)
{
	struct timespec soon = {.tv_nsec = 100000000};

	(void)arg;
	nanosleep(&soon, NULL);
	usbfs_do("unplug");
	return NULL;
}

static void an_unplug_in_the_middle_is_survived(void **state)
{
	static const uint8_t slow[] = {0x80, 0x12, 20, 5, 0};
	int fds = count_entries("/proc/self/fd");
	struct ccid_reader *r = open_reader();
	struct ccid_slot_info info;
	int64_t start = ccid_env_now(&env);
	uint8_t out[64];
	pthread_t thread;

	(void)state;
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, after(5000)), 0);
	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	assert_int_equal(pthread_create(&thread, NULL, pull_the_plug, NULL), 0);
	assert_int_equal(ccid_slot_transmit(r, 0, info.generation, slow, sizeof slow, out,
	                                    sizeof out, 0, -1, after(20000)),
	                 CCID_E_GONE);
	pthread_join(thread, NULL);
	assert_true(ccid_env_now(&env) - start < 3000);
	assert_true(ccid_reader_gone(r));
	ccid_reader_close(r);
	assert_int_equal(count_entries("/proc/self/fd"), fds);
	assert_int_equal(usbfs_count("opens"), 0);
	assert_true(usbfs_do("plug"));
	assert_string_equal(usbfs_ask("driver"), *state);
	r = open_reader();
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, after(5000)), 0);
	ccid_reader_close(r);
}

static void an_unplug_while_idle_is_told(void **state)
{
	struct ccid_transport *t = attach();
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};
	uint8_t msg[8];
	int n = 0;

	(void)state;
	assert_true(usbfs_do("unplug"));
	for (int i = 0; i < 10 && n >= 0; i++) {
		assert_int_equal(poll(&p, 1, 2000), 1);
		n = t->ops->interrupt_in(t, msg, sizeof msg);
	}
	assert_int_equal(n, CCID_E_GONE);
	assert_int_equal(t->ops->post_in(t, in_buf, sizeof in_buf), CCID_E_GONE);
	assert_int_equal(t->ops->pause(t, after(20)), 0);
	t->ops->close(t);
	assert_true(usbfs_do("plug"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_scan_names_the_reader),
		T(commands_are_answered_and_all_is_given_back),
		T(no_thread_is_started),
		T(a_driver_is_given_back_when_there_was_one),
		T(a_node_handed_in_works_without_sysfs),
		T(a_second_owner_is_refused),
		T(the_holder_is_named),
		T(a_control_transfer_moves_and_stalls),
		T(a_deadline_leaves_the_transfer_posted),
		T(dropped_transfers_come_back),
		T(a_stalled_pipe_can_be_cleared),
		T(a_stall_of_bulk_out_ends_the_wait_at_once),
		T(a_stalled_interrupt_pipe_goes_on),
		T(an_answer_longer_than_the_transfer_is_babble),
		T(transfers_that_suspend_ends_are_no_unplug),
		T(notices_that_nobody_takes_are_bounded_and_the_last_is_true),
		T(a_reset_leaves_the_interface_claimed),
		T(the_event_descriptor_tells_of_notifications),
		T(a_cancel_ends_one_wait),
		T(notices_and_cancel_work_beside_a_blocked_wait),
		T(exchanges_run_beside_a_reader_of_notices),
		T(a_child_of_fork_lets_go_without_a_word),
		T(a_reader_exchanges_apdus),
		T(an_unplug_in_the_middle_is_survived),
		T(an_unplug_while_idle_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
