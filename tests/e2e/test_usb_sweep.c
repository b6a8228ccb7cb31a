/* SPDX-License-Identifier: MIT */
/* A session in which each USB transfer in turn stalls, or is the last before an unplug; or in which
 * each answer in turn is spoilt, late, lost, or pulled from under the reader. Whatever becomes of the
 * session: it ends in time, no wrong answer is taken, nothing stays open, the interface is given
 * back, and the next one works. */
#include "reader.h"
#include "usb_fixture.h"

#include <stdio.h>
#include <string.h>

#define TRANSFERS_MAX 40
#define SILENT_MAX    4 /* each takes some seconds of real time */
#define MESSAGES_MAX  7 /* fewer than a session has: each fault strikes */

/* 0 when all went well, 1 when an error was told. */
static int session(void)
{
	static const uint8_t challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};
	struct ccid_usb_found f = usb_find();
	struct ccid_slot_info info;
	struct ccid_transport *t;
	struct ccid_reader *r;
	uint8_t out[16];
	int err = 0, n;

	if (ccid_transport_open_usb(&t, &f, &usb_env) != 0)
		return 1;
	if (ccid_reader_open(&r, t, NULL, &usb_env, usb_after(10000)) != 0) {
		t->ops->close(t);
		return 1;
	}
	if (ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, usb_after(10000)) != 0)
		err = 1;
	for (int i = 0; i < 3 && err == 0; i++) {
		assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
		n = ccid_slot_transmit(r, 0, info.generation, challenge, sizeof challenge, out,
		                       sizeof out, 0, -1, usb_after(10000));
		assert_true(n < 0 || (n == 10 && memcmp(out + 8, "\x90\x00", 2) == 0));
		err = n < 0;
	}
	ccid_reader_close(r);
	return err;
}

static void replug(void)
{
	usbfs_do("unplug"); /* may be out already */
	assert_true(usbfs_do("plug"));
}

/* How many sessions told an error, of n in which the fault came at 0, 1, ... */
static unsigned sweep(const char *fault, int n, const char *driver)
{
	unsigned failed = 0;

	for (int at = 0; at < n; at++) {
		int64_t start;
		char command[32];

		replug();
		snprintf(command, sizeof command, "%s %d", fault, at);
		assert_true(usbfs_do(command));
		start = ccid_env_now(&usb_env);
		failed += (unsigned)session();
		assert_true(ccid_env_now(&usb_env) - start < 15000);
		assert_int_equal(usbfs_count("opens"), 0);
		replug();
		assert_string_equal(usbfs_ask("driver"), driver);
		assert_int_equal(session(), 0);
		assert_string_equal(usbfs_ask("driver"), driver);
	}
	return failed;
}

static void an_unplug_at_any_transfer_leaves_nothing_behind(void **state)
{
	int fds = usb_count_entries("/proc/self/fd");
	unsigned failed = sweep("unplug-after", TRANSFERS_MAX, *state);

	assert_in_range(failed, 10, TRANSFERS_MAX - 1);
	assert_int_equal(usb_count_entries("/proc/self/fd"), fds);
}

static void a_stall_at_any_transfer_leaves_nothing_behind(void **state)
{
	int fds = usb_count_entries("/proc/self/fd");

	sweep("stall-after", TRANSFERS_MAX, *state);
	assert_int_equal(usb_count_entries("/proc/self/fd"), fds);
}

/* Answers that are none: an error, unless the command could be repeated. */
static void a_spoilt_answer_at_any_message_leaves_nothing_behind(void **state)
{
	static const char *const faults[] = {"stall-lost-after", "short-after",  "garbage-after",
	                                     "slot-after",       "length-after", "pull-after"};
	int fds = usb_count_entries("/proc/self/fd");
	unsigned failed = 0;

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		failed += sweep(faults[i], MESSAGES_MAX, *state);
	assert_true(failed >= sizeof faults / sizeof faults[0]);
	assert_int_equal(usb_count_entries("/proc/self/fd"), fds);
}

static void noise_around_any_message_is_not_noticed(void **state)
{
	assert_int_equal(sweep("zlp-before-after", MESSAGES_MAX, *state), 0);
	assert_int_equal(sweep("zlp-after-after", MESSAGES_MAX, *state), 0);
	assert_int_equal(sweep("long-after", MESSAGES_MAX, *state), 0);
}

static void silence_at_any_message_ends_in_time(void **state)
{
	static const char *const faults[] = {"silent-after", "lost-after", "seq-after",
	                                     "dead-after", "pull-silent-after"};
	int fds = usb_count_entries("/proc/self/fd");

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		assert_true(sweep(faults[i], SILENT_MAX, *state) > 0);
	assert_int_equal(usb_count_entries("/proc/self/fd"), fds);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest silent[] = {USB_TEST(silence_at_any_message_ends_in_time)};
	const struct CMUnitTest tests[] = {
		USB_TEST(an_unplug_at_any_transfer_leaves_nothing_behind),
		USB_TEST(a_stall_at_any_transfer_leaves_nothing_behind),
		USB_TEST(a_spoilt_answer_at_any_message_leaves_nothing_behind),
		USB_TEST(noise_around_any_message_is_not_noticed),
	};

	if (argc > 1 && strcmp(argv[1], "silent") == 0)
		return cmocka_run_group_tests(silent, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
