/* SPDX-License-Identifier: MIT */
/* The libusb transport over unmodified libusb and a usbfs: notifications, cancel, threads, reset. */
#include "usb_fixture.h"
#include "usb_transport.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_stalled_interrupt_pipe_goes_on(void **state)
{
	struct ccid_transport *t = usb_attach();
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};
	uint8_t msg[8];
	int n = 0;

	(void)state;
	usb_take_notices(t);
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

/* It rests after a few, and whoever waits on the descriptor alone hears when it is tried again. */
static void an_interrupt_pipe_that_stalls_and_stalls_goes_on_later(void **state)
{
	struct ccid_transport *t = usb_attach();
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};
	uint8_t msg[8];
	int n = 0;

	(void)state;
	usb_take_notices(t);
	for (int i = 0; i < 8; i++) { /* one transfer after the other */
		char command[32];

		snprintf(command, sizeof command, "stall-after %d", i);
		assert_true(usbfs_do(command));
	}
	assert_true(usbfs_do("remove 0"));
	for (int i = 0; i < 20 && n == 0; i++) {
		assert_int_equal(poll(&p, 1, 5000), 1);
		n = t->ops->interrupt_in(t, msg, sizeof msg);
	}
	assert_int_equal(n, 2);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_true(usbfs_do("insert 0"));
	t->ops->close(t);
}

/* Suspend ends transfers as an unplug does. */
static void transfers_that_suspend_ends_are_no_unplug(void **state)
{
	struct ccid_transport *t = usb_attach();
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};
	uint8_t msg[8];
	int n = 0;

	(void)state;
	usb_take_notices(t);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_true(usbfs_do("suspend"));
	assert_int_equal(t->ops->wait_in(t, usb_after(2000)), CCID_E_IO);
	assert_int_equal(t->ops->interrupt_in(t, msg, sizeof msg), 0);
	usb_assert_alive(t, 1);
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
	struct ccid_transport *t = usb_attach();
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};
	uint8_t msg[8] = {0}, last = 0;
	int n = 0;

	(void)state;
	usb_take_notices(t);
	for (int i = 0; i < 20; i++) {
		assert_true(usbfs_do("remove 0"));
		t->ops->pause(t, usb_after(2));
		assert_true(usbfs_do("insert 0"));
		t->ops->pause(t, usb_after(2));
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
	struct ccid_transport *t = usb_attach();
	uint8_t msg[8];
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};

	(void)state;
	usb_assert_alive(t, 1);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_int_equal(t->ops->reset(t, usb_after(1000)), 0);
	assert_string_equal(usbfs_ask("driver"), "usbfs");
	usb_assert_alive(t, 2);
	usb_take_notices(t);
	assert_true(usbfs_do("remove 0"));
	assert_int_equal(poll(&p, 1, 2000), 1);
	assert_int_equal(t->ops->interrupt_in(t, msg, sizeof msg), 2);
	assert_true(usbfs_do("insert 0"));
	t->ops->close(t);
}

static void the_event_descriptor_tells_of_notifications(void **state)
{
	struct ccid_transport *t = usb_attach();
	struct pollfd p = {.fd = t->ops->event_fd(t), .events = POLLIN};
	uint8_t msg[8];

	(void)state;
	usb_take_notices(t);
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
	usb_assert_alive(t, 1);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(t->ops->interrupt_in(t, msg, sizeof msg), 2);
	assert_int_equal(msg[1], 0x03);
	assert_int_equal(poll(&p, 1, 0), 0);
	t->ops->close(t);
}

static void a_cancel_ends_one_wait(void **state)
{
	struct ccid_transport *t = usb_attach();
	int64_t start = ccid_env_now(&usb_env);

	(void)state;
	t->ops->cancel(t);
	assert_int_equal(t->ops->pause(t, usb_after(5000)), CCID_E_CANCELLED);
	assert_int_equal(t->ops->pause(t, usb_after(20)), 0);
	t->ops->cancel(t);
	assert_int_equal(usb_command(t, GET_SLOT_STATUS, 1, 5000), CCID_E_CANCELLED);
	assert_int_equal(t->ops->wait_in(t, usb_after(5000)), 10);
	assert_true(ccid_env_now(&usb_env) - start < 4000);
	t->ops->close(t);
}

/* Nothing has come while the transport was looking; later it cannot tell. */
static void a_child_of_fork_cancels_nothing(void **state)
{
	struct ccid_transport *t = usb_attach();
	struct pollfd p = {.fd = ccid_usb_of(t)->cancel_fd, .events = POLLIN};
	int status;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0) {
		t->ops->cancel(t);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(poll(&p, 1, 0), 0); /* no wait finds it and spins */
	usb_assert_alive(t, 1);
	t->ops->close(t);
}

static void a_transport_that_has_just_looked_says_so(void **state)
{
	struct ccid_transport *t = usb_attach();
	bool quiet = false;

	(void)state;
	usb_take_notices(t);
	for (uint8_t seq = 0; seq < 100 && !quiet; seq++) { /* unless the machine is slow */
		usb_assert_alive(t, seq);
		quiet = t->ops->quiet(t, usb_after(0));
	}
	assert_true(quiet);
	assert_int_equal(t->ops->pause(t, usb_after(CCID_USB_QUIET_MS + 1)), 0);
	assert_false(t->ops->quiet(t, usb_after(0)));
	assert_true(usbfs_do("remove 0"));
	usb_assert_alive(t, 101); /* takes the notice up */
	assert_false(t->ops->quiet(t, usb_after(0)));
	assert_true(usbfs_do("insert 0"));
	t->ops->close(t);
}

#define CANCELS 400

static struct ccid_transport *cancelled_by_signal;

static void on_signal(int signal)
{
	(void)signal;
	cancelled_by_signal->ops->cancel(cancelled_by_signal);
}

struct canceller {
	pthread_t waiter;
	atomic_uint ended; /* waits */
};

/* One cancel for each wait, at no certain time in it: by a call, or by a signal to who waits. */
static void *cancel_all(void *arg)
{
	struct canceller *c = arg;

	for (unsigned i = 0; i < CANCELS; i++) {
		for (volatile unsigned spin = 0; spin < i * 97 % 5000; spin++)
			;
		if (i % 2 == 0)
			cancelled_by_signal->ops->cancel(cancelled_by_signal);
		else
			pthread_kill(c->waiter, SIGUSR1);
		while (c->ended <= i)
			sched_yield();
	}
	return NULL;
}

static void waits_end_once_for_each_cancel(struct ccid_transport *t)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct canceller c = {.waiter = pthread_self()};
	pthread_t thread;

	cancelled_by_signal = t;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_int_equal(pthread_create(&thread, NULL, cancel_all, &c), 0);
	for (unsigned i = 0; i < CANCELS; i++) {
		int64_t start = ccid_env_now(&usb_env);

		assert_int_equal(t->ops->wait_in(t, usb_after(5000)), CCID_E_CANCELLED);
		assert_true(ccid_env_now(&usb_env) - start < 4000);
		c.ended++;
	}
	pthread_join(thread, NULL);
	assert_int_equal(t->ops->wait_in(t, usb_after(20)), CCID_E_TIMEOUT);
	t->ops->drop_in(t);
	usb_assert_alive(t, 1);
}

static void no_cancel_is_lost_inside_libusb(void **state)
{
	struct ccid_transport *t = usb_attach();

	(void)state;
	assert_true(ccid_usb_of(t)->wake_fd >= 0);
	waits_end_once_for_each_cancel(t);
	t->ops->close(t);
}

/* As with a libusb that wakes by other means. */
static void no_cancel_is_lost_in_a_poll_of_our_own(void **state)
{
	struct ccid_transport *t = usb_attach();

	(void)state;
	ccid_usb_of(t)->wake_fd = -1;
	waits_end_once_for_each_cancel(t);
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
	int64_t end = usb_after(5000);
	uint8_t msg[8];
	int wanted = 2;

	usbfs_do("remove 0");
	usbfs_do("insert 0");
	while (b->notices < wanted && ccid_env_now(&usb_env) < end) {
		poll(&p, 1, 100);
		b->last = b->t->ops->interrupt_in(b->t, msg, sizeof msg);
		b->notices += b->last > 0;
	}
	b->t->ops->cancel(b->t);
	return NULL;
}

static void notices_and_cancel_work_beside_a_blocked_wait(void **state)
{
	struct ccid_transport *t = usb_attach();
	struct beside b = {.t = t};
	pthread_t thread;

	(void)state;
	usb_take_notices(t);
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	assert_int_equal(pthread_create(&thread, NULL, watch_and_cancel, &b), 0);
	assert_int_equal(t->ops->wait_in(t, usb_after(8000)), CCID_E_CANCELLED);
	pthread_join(thread, NULL);
	assert_int_equal(b.notices, 2);
	t->ops->drop_in(t);
	usb_assert_alive(t, 1);
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

	usb_start_slow(t, seq, 3, 1);
	for (int i = 0; i < 6 && n == 10; i++) {
		int64_t start = ccid_env_now(&usb_env);

		n = t->ops->wait_in(t, usb_after(3000));
		if (ccid_env_now(&usb_env) - start > longest)
			longest = ccid_env_now(&usb_env) - start;
		if (n == 10)
			assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), 0);
	}
	assert_int_equal(n, 12);
	return longest;
}

/* Whoever handles events for both must not take the other's wake-up away. */
static void exchanges_run_beside_a_reader_of_notices(void **state)
{
	struct often o = {.t = usb_attach()};
	pthread_t threads[4];

	(void)state;
	assert_true(usb_command(o.t, ICC_POWER_ON, 0, 2000) > 10);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, interrupt_often, &o), 0);
	for (uint8_t seq = 1; seq < 100; seq++)
		usb_assert_alive(o.t, seq);
	for (uint8_t seq = 100; seq < 110; seq++)
		assert_true(slow_exchange(o.t, seq) < 1500);
	o.stop = true;
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_true(o.err >= 0);
	o.t->ops->close(o.t);
}

static void an_unplug_while_idle_is_told(void **state)
{
	struct ccid_transport *t = usb_attach();
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
	assert_int_equal(t->ops->post_in(t, usb_in_buf, sizeof usb_in_buf), CCID_E_GONE);
	assert_int_equal(t->ops->pause(t, usb_after(20)), 0);
	t->ops->close(t);
	assert_true(usbfs_do("plug"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		USB_TEST(a_stalled_interrupt_pipe_goes_on),
		USB_TEST(an_interrupt_pipe_that_stalls_and_stalls_goes_on_later),
		USB_TEST(transfers_that_suspend_ends_are_no_unplug),
		USB_TEST(notices_that_nobody_takes_are_bounded_and_the_last_is_true),
		USB_TEST(a_reset_leaves_the_interface_claimed),
		USB_TEST(the_event_descriptor_tells_of_notifications),
		USB_TEST(a_cancel_ends_one_wait),
		USB_TEST(a_child_of_fork_cancels_nothing),
		USB_TEST(a_transport_that_has_just_looked_says_so),
		USB_TEST(no_cancel_is_lost_inside_libusb),
		USB_TEST(no_cancel_is_lost_in_a_poll_of_our_own),
		USB_TEST(notices_and_cancel_work_beside_a_blocked_wait),
		USB_TEST(exchanges_run_beside_a_reader_of_notices),
		USB_TEST(an_unplug_while_idle_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
