/* SPDX-License-Identifier: MIT */
/* A session in which each USB transfer in turn stalls, or is the last before an unplug. Whatever
 * becomes of the session: it ends in time, nothing stays open, the interface is given back, and the
 * next one works. */
#include "reader.h"
#include "usb_fixture.h"

#include <stdio.h>
#include <string.h>

#define TRANSFERS_MAX 40

/* 0 when all went well, 1 when an error was told. */
static int session(void)
{
	static const uint8_t challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};
	struct ccid_usb_found f = usb_find();
	struct ccid_slot_info info;
	struct ccid_transport *t;
	struct ccid_reader *r;
	uint8_t out[16];
	int err = 0;

	if (ccid_transport_open_usb(&t, &f, &usb_env) != 0)
		return 1;
	if (ccid_reader_open(&r, t, NULL, &usb_env, usb_after(10000)) != 0) {
		t->ops->close(t);
		return 1;
	}
	if (ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, usb_after(10000)) != 0)
		err = 1;
	for (int i = 0; i < 3 && err == 0; i++) {
		err = ccid_slot_get_info(r, 0, &info) != 0 ||
		      ccid_slot_transmit(r, 0, info.generation, challenge, sizeof challenge, out,
		                         sizeof out, 0, -1, usb_after(10000)) != 10;
	}
	ccid_reader_close(r);
	return err;
}

static void replug(void)
{
	usbfs_do("unplug"); /* may be out already */
	assert_true(usbfs_do("plug"));
}

/* How many sessions of those with a fault told an error. */
static unsigned sweep(const char *fault, const char *driver)
{
	unsigned failed = 0;

	for (int at = 0; at < TRANSFERS_MAX; at++) {
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
	unsigned failed = sweep("unplug-after", *state);

	assert_in_range(failed, 10, TRANSFERS_MAX - 1);
	assert_int_equal(usb_count_entries("/proc/self/fd"), fds);
}

static void a_stall_at_any_transfer_leaves_nothing_behind(void **state)
{
	int fds = usb_count_entries("/proc/self/fd");

	sweep("stall-after", *state);
	assert_int_equal(usb_count_entries("/proc/self/fd"), fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		USB_TEST(an_unplug_at_any_transfer_leaves_nothing_behind),
		USB_TEST(a_stall_at_any_transfer_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
