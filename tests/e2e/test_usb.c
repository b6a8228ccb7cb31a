/* SPDX-License-Identifier: MIT */
/* The libusb transport over unmodified libusb and a usbfs: opening, transfers, unplug. */
#include "reader.h"
#include "usb_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void a_scan_names_the_reader(void **state)
{
	struct ccid_usb_found f = usb_find();

	(void)state;
	assert_string_equal(f.node, USB_NODE);
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
	int fds = usb_count_entries("/proc/self/fd");
	struct ccid_transport *t = usb_attach();

	(void)state;
	assert_string_equal(usbfs_ask("driver"), "usbfs");
	for (unsigned seq = 0; seq < 20; seq++)
		usb_assert_alive(t, (uint8_t)seq);
	t->ops->close(t);
	assert_int_equal(usb_count_entries("/proc/self/fd"), fds);
	assert_int_equal(usbfs_count("setinterfaces"), 0);
	assert_int_equal(usbfs_count("resets"), 0);
}

/* GET_CONFIGURATION, by libusb; texts come from sysfs. */
static void opening_asks_the_device_once(void **state)
{
	int before = usbfs_count("controls"), bulks = usbfs_count("bulks");
	struct ccid_transport *t = usb_attach();

	if (usbfs_count("unconfigured") == 0 && strcmp(*state, "none") == 0)
		assert_int_equal(usbfs_count("controls") - before, 1);
	assert_int_equal(usbfs_count("bulks"), bulks);
	t->ops->close(t);
}

static void no_thread_is_started(void **state)
{
	struct ccid_transport *t = usb_attach();

	(void)state;
	usb_assert_alive(t, 1);
	assert_int_equal(usb_count_entries("/proc/self/task"), 1);
	t->ops->close(t);
}

/* Only the driver that was there is asked back. */
static void a_driver_is_given_back_when_there_was_one(void **state)
{
	int before = usbfs_count("connects");
	bool had = strcmp(*state, "none") != 0;
	struct ccid_transport *t = usb_attach();

	t->ops->close(t);
	assert_int_equal(usbfs_count("connects") - before, had ? 1 : 0);
}

static void a_node_handed_in_works_without_sysfs(void **state)
{
	int fd = open(USB_NODE, O_RDWR | O_CLOEXEC);
	struct ccid_transport *t;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ccid_transport_open_usb_fd(&t, fd, -1, &usb_env), 0);
	close(fd);
	assert_string_equal(t->id.manufacturer, "ACS");
	assert_string_equal(t->id.product, "Emulated Reader");
	assert_string_equal(t->id.serial, "EMU0001");
	assert_string_equal(t->id.interface_name, "Contact");
	assert_int_equal(t->id.speed, 1);
	usb_assert_alive(t, 1);
	t->ops->close(t);
	assert_int_equal(ccid_transport_open_usb_fd(&t, fd, -1, &usb_env), CCID_E_NOTFOUND);
}

static void a_second_owner_is_refused(void **state)
{
	struct ccid_transport *t = usb_attach(), *second;
	struct ccid_usb_found f = usb_find();

	(void)state;
	assert_int_equal(ccid_transport_open_usb(&second, &f, &usb_env), CCID_E_BUSY);
	assert_null(second);
	usb_assert_alive(t, 1);
	t->ops->close(t);
}

/* With so many descriptors more it is had, or memory is short; the wire is not to blame. */
static void descriptors_that_run_out_are_no_bad_wire(void **state)
{
	struct ccid_usb_found f = usb_find();
	struct ccid_transport *t = NULL;
	struct rlimit before, now;
	int lowest = dup(0), err = 0;

	(void)state;
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (unsigned more = 0; more < 16 && t == NULL; more++) {
		now = before;
		now.rlim_cur = (rlim_t)lowest + more;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
		err = ccid_transport_open_usb(&t, &f, &usb_env);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(err, t != NULL ? 0 : CCID_E_NOMEM);
	}
	assert_int_equal(err, 0);
	usb_assert_alive(t, 0);
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
		int fd = open(USB_NODE, O_RDWR);

		if (fd < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	ccid_usb_holder(text, sizeof text, USB_NODE);
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
	struct ccid_transport *t = usb_attach();
	uint8_t data[18];

	(void)state;
	assert_int_equal(t->ops->control(t, &good, data, usb_after(1000)), 18);
	assert_memory_equal(data, t->device_desc, 18);
	assert_int_equal(t->ops->control(t, &bad, data, usb_after(1000)), CCID_E_STALL);
	assert_int_equal(t->ops->control(t, &good, data, usb_after(1000)), 18);
	t->ops->close(t);
}

static void a_deadline_leaves_the_transfer_posted(void **state)
{
	struct ccid_transport *t = usb_attach();
	int64_t start;
	int n;

	(void)state;
	assert_true(usb_command(t, ICC_POWER_ON, 1, 2000) > 10);
	usb_start_slow(t, 2, 1, 10);
	assert_int_equal(t->ops->wait_in(t, usb_after(2000)), 10); /* a time extension */
	start = ccid_env_now(&usb_env);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_int_equal(t->ops->wait_in(t, usb_after(30)), CCID_E_TIMEOUT);
	assert_in_range(ccid_env_now(&usb_env) - start, 29, 900);
	n = t->ops->wait_in(t, usb_after(3000));
	assert_true(n >= 10);
	for (int i = 0; i < 4 && n == 10; i++) { /* further time extensions */
		assert_int_equal(usb_in_buf[7], 0x80);
		assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
		n = t->ops->wait_in(t, usb_after(3000));
	}
	assert_int_equal(n, 12);
	assert_memory_equal(usb_in_buf + 10, "\x90\x00", 2);
	assert_int_equal(t->ops->wait_in(t, usb_after(30)), CCID_E_ARG);
	t->ops->close(t);
}

static void dropped_transfers_come_back(void **state)
{
	struct ccid_transport *t = usb_attach();

	(void)state;
	t->ops->drop_in(t);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), CCID_E_ARG);
	t->ops->drop_in(t);
	usb_assert_alive(t, 1);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_int_equal(t->ops->cut_in(t), 0); /* nothing had come */
	assert_int_equal(t->ops->cut_in(t), CCID_E_TIMEOUT);
	usb_assert_alive(t, 2);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	t->ops->close(t);
}

static void clear_both(struct ccid_transport *t)
{
	assert_int_equal(t->ops->clear_halt(t, CCID_PIPE_BULK_IN, usb_after(1000)), 0);
	assert_int_equal(t->ops->clear_halt(t, CCID_PIPE_BULK_OUT, usb_after(1000)), 0);
}

static void a_stalled_pipe_can_be_cleared(void **state)
{
	struct ccid_transport *t = usb_attach();

	(void)state;
	usb_take_notices(t);
	usb_assert_alive(t, 1);
	assert_true(usbfs_do("stall-after 1"));
	assert_int_equal(usb_command(t, GET_SLOT_STATUS, 2, 2000), CCID_E_STALL);
	clear_both(t);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_int_equal(t->ops->wait_in(t, usb_after(1000)), 10);
	assert_int_equal(usb_in_buf[6], 2);
	t->ops->close(t);
}

/* The posted IN transfer must not keep the wait. */
static void a_stall_of_bulk_out_ends_the_wait_at_once(void **state)
{
	struct ccid_transport *t = usb_attach();
	int64_t start = ccid_env_now(&usb_env);

	(void)state;
	usb_take_notices(t);
	assert_true(usbfs_do("stall-after 0"));
	assert_int_equal(usb_command(t, GET_SLOT_STATUS, 1, 5000), CCID_E_STALL);
	assert_true(ccid_env_now(&usb_env) - start < 2000);
	clear_both(t);
	usb_assert_alive(t, 2);
	t->ops->close(t);
}

static void an_answer_longer_than_the_transfer_is_babble(void **state)
{
	const uint8_t power_on[10] = {ICC_POWER_ON, 0, 0, 0, 0, 0, 1, 0, 0, 0};
	struct ccid_transport *t = usb_attach();

	(void)state;
	usb_take_notices(t);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, 10), 0);
	assert_int_equal(t->ops->bulk_out(t, power_on, sizeof power_on, usb_after(1000)), 0);
	assert_int_equal(t->ops->wait_in(t, usb_after(2000)), CCID_E_BABBLE);
	clear_both(t);
	t->ops->reset(t, usb_after(1000));
	usb_assert_alive(t, 2);
	t->ops->close(t);
}

static void a_child_of_fork_lets_go_without_a_word(void **state)
{
	struct ccid_transport *t = usb_attach();
	int before = usbfs_count("connects"), status;
	pid_t child;

	(void)state;
	usb_assert_alive(t, 1);
	child = fork();
	if (child == 0) {
		t->ops->close(t);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(usbfs_count("connects"), before);
	assert_string_equal(usbfs_ask("driver"), "usbfs");
	usb_assert_alive(t, 2);
	t->ops->close(t);
}

static void apdu(struct ccid_reader *r, const uint8_t *c, size_t len, const uint8_t *want,
                 size_t want_len)
{
	struct ccid_slot_info info;
	uint8_t out[300];

	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	assert_int_equal(ccid_slot_transmit(r, 0, info.generation, c, len, out, sizeof out,
	                                    CCID_XFR_FOLLOW, -1, usb_after(5000)),
	                 (int)want_len);
	assert_memory_equal(out, want, want_len);
}

static struct ccid_reader *open_reader(void)
{
	struct ccid_reader *r;

	assert_int_equal(ccid_reader_open(&r, usb_attach(), NULL, &usb_env, usb_after(5000)), 0);
	return r;
}

static void a_reader_exchanges_apdus(void **state)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00};
	static const uint8_t echo[] = {0x80, 0x10, 0, 0, 3, 'a', 'b', 'c', 0};
	struct ccid_reader *r = open_reader();
	struct ccid_slot_info info;

	(void)state;
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, usb_after(5000)), 0);
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
	int fds = usb_count_entries("/proc/self/fd");
	struct ccid_reader *r = open_reader();
	struct ccid_slot_info info;
	int64_t start = ccid_env_now(&usb_env);
	uint8_t out[64];
	pthread_t thread;

	(void)state;
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, usb_after(5000)), 0);
	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	assert_int_equal(pthread_create(&thread, NULL, pull_the_plug, NULL), 0);
	assert_int_equal(ccid_slot_transmit(r, 0, info.generation, slow, sizeof slow, out,
	                                    sizeof out, 0, -1, usb_after(20000)),
	                 CCID_E_GONE);
	pthread_join(thread, NULL);
	assert_true(ccid_env_now(&usb_env) - start < 5000);
	assert_true(ccid_reader_gone(r));
	ccid_reader_close(r);
	assert_int_equal(usb_count_entries("/proc/self/fd"), fds);
	assert_int_equal(usbfs_count("opens"), 0);
	assert_true(usbfs_do("plug"));
	assert_string_equal(usbfs_ask("driver"), *state);
	r = open_reader();
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, usb_after(5000)), 0);
	ccid_reader_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		USB_TEST(a_scan_names_the_reader),
		USB_TEST(commands_are_answered_and_all_is_given_back),
		USB_TEST(opening_asks_the_device_once),
		USB_TEST(no_thread_is_started),
		USB_TEST(a_driver_is_given_back_when_there_was_one),
		USB_TEST(a_node_handed_in_works_without_sysfs),
		USB_TEST(a_second_owner_is_refused),
		USB_TEST(descriptors_that_run_out_are_no_bad_wire),
		USB_TEST(the_holder_is_named),
		USB_TEST(a_control_transfer_moves_and_stalls),
		USB_TEST(a_deadline_leaves_the_transfer_posted),
		USB_TEST(dropped_transfers_come_back),
		USB_TEST(a_stalled_pipe_can_be_cleared),
		USB_TEST(a_stall_of_bulk_out_ends_the_wait_at_once),
		USB_TEST(an_answer_longer_than_the_transfer_is_babble),
		USB_TEST(a_child_of_fork_lets_go_without_a_word),
		USB_TEST(a_reader_exchanges_apdus),
		USB_TEST(an_unplug_in_the_middle_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
