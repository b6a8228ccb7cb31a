/* SPDX-License-Identifier: MIT */
/* A program's session in which each USB transfer in turn meets with one mishap. Every call tells what
 * the documentation says of it and nothing else, in time; nothing stays open or claimed; the next
 * session works. */
#include "usb_fixture.h"

#include <iscard/iscard.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READER        "ACS Emulated Reader [Contact] (EMU0001) 00 00"
#define TRANSFERS_MAX 60
#define LIMIT_MS      400   /* of each step, where the device falls silent */
#define TAKES_MS      20000 /* a session, at most */

struct mishap {
	const char *name;
	unsigned times;     /* at so many places; 0: at every transfer of a session */
	bool leaves;        /* the device is out of order afterwards */
	HRESULT verdict[4]; /* what a call may say, beside S_OK */
};

static bool told(const struct mishap *m, HRESULT hr)
{
	for (size_t i = 0; i < sizeof m->verdict / sizeof m->verdict[0]; i++)
		if (m->verdict[i] == hr)
			return true;
	return false;
}

static HRESULT judged(const struct mishap *m, unsigned at, const char *call, HRESULT hr)
{
	if (m != NULL && !told(m, hr))
		fail_msg("%s %u: %s: %08lX", m->name, at, call, (unsigned long)(uint32_t)hr);
	return hr;
}

static HRESULT challenge(ISCard *card)
{
	static const uint8_t apdu[] = {0x00, 0x84, 0x00, 0x00, 0x08};
	uint8_t out[16];
	size_t n = sizeof out;
	HRESULT hr = iscard_transmit(card, apdu, sizeof apdu, out, &n);

	if (hr == S_OK)
		assert_true(n == 10 && iscard_sw(out, n) == 0x9000);
	return hr;
}

static HRESULT use(ISCard *card, const struct mishap *m, unsigned at)
{
	HRESULT hr = judged(m, at, "attach", iscard_attach(card, READER, ISCARD_SHARED, ISCARD_T0)),
		worst = hr;

	for (unsigned i = 0; i < 3 && hr == S_OK; i++) {
		hr = judged(m, at, "transmit", challenge(card));
		if (hr != S_OK)
			worst = hr;
	}
	return worst;
}

/* The first error, or S_OK. */
static HRESULT session(const struct mishap *m, unsigned at)
{
	int64_t ms = m != NULL && told(m, SCARD_E_TIMEOUT) ? LIMIT_MS : 0;
	const struct iscard_options o = {
		.size = sizeof o,
		.log_level = ISCARD_LOG_NONE,
		.limits = {.open_ms = ms, .power_on_ms = ms, .transaction_ms = ms}};
	iscard_context *c;
	HRESULT hr;
	void *card;

	assert_int_equal(iscard_context_create(&o, &c), S_OK);
	assert_int_equal(iscard_context_create_instance(c, &CLSID_CSCard, &IID_ISCard, &card),
	                 S_OK);
	hr = use(card, m, at);
	ISCard_Release((ISCard *)card);
	iscard_context_unref(c);
	return hr;
}

static void replug(void)
{
	usbfs_do("unplug"); /* may be out already */
	assert_true(usbfs_do("plug"));
}

/* False when the mishap came after the session. */
static bool meet(const struct mishap *m, unsigned at, const char *driver, unsigned *failures)
{
	int64_t start = ccid_env_now(&usb_env);
	char command[40];
	int before, after;

	replug();
	snprintf(command, sizeof command, "%s %u", m->name, at);
	before = usbfs_count("strikes");
	assert_true(usbfs_do(command));
	*failures += session(m, at) != S_OK;
	after = usbfs_count("strikes");
	if (m->leaves || after == before)
		replug();
	if (ccid_env_now(&usb_env) - start > TAKES_MS)
		fail_msg("%s %u: took too long", m->name, at);
	assert_int_equal(usbfs_count("opens"), 0);
	assert_string_equal(usbfs_ask("driver"), driver);
	if (session(NULL, 0) != S_OK)
		fail_msg("%s %u: the next session does not work", m->name, at);
	assert_string_equal(usbfs_ask("driver"), driver);
	return m->times == 0 ? after != before : at + 1 < m->times;
}

static unsigned sweep(const struct mishap *m, const char *driver)
{
	int fds = usb_count_entries("/proc/self/fd");
	unsigned failures = 0, at = 0;

	while (at < TRANSFERS_MAX && meet(m, at, driver, &failures))
		at++;
	assert_in_range(at, m->times == 0 ? 6 : m->times - 1, TRANSFERS_MAX - 1);
	assert_int_equal(usb_count_entries("/proc/self/fd"), fds);
	print_message("%s: %u sessions, %u told an error\n", m->name, at, failures);
	return failures;
}

#define LOST   SCARD_F_COMM_ERROR
#define LATE   SCARD_E_TIMEOUT
#define GONE   SCARD_E_READER_UNAVAILABLE
#define ABSENT SCARD_E_UNKNOWN_READER

static void errors_on_the_wire(void **state)
{
	static const struct mishap all[] = {
		{"error-after", 0, false, {S_OK, LOST}},
		{"babble-after", 0, false, {S_OK, LOST}},
		{"zero-after", 0, false, {S_OK, LATE}},
		{"half-after", 0, false, {S_OK, LOST}},
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		assert_true(sweep(&all[i], *state) > 0);
}

static void what_the_system_does(void **state)
{
	static const struct mishap all[] = {
		{"suspend-after", 0, false, {S_OK, LOST}},
		{"reset-after", 0, false, {S_OK, LOST, SCARD_W_REMOVED_CARD}},
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		assert_true(sweep(&all[i], *state) > 0);
}

/* The wire fails first, and the kernel hears of the unplug a quarter of a second later. */
static void a_reader_that_is_pulled_is_unavailable_never_a_bad_wire(void **state)
{
	static const struct mishap pulled = {"part-after", 0, true, {S_OK, GONE, ABSENT}};

	assert_true(sweep(&pulled, *state) > 8);
}

/* Counted by transfers that the device sees, of which a session has a few more. */
static void what_the_device_does_to_a_transfer(void **state)
{
	static const struct mishap stall = {"stall-after", 20, false, {S_OK, LOST}};
	static const struct mishap unplug = {"unplug-after", 20, true, {S_OK, GONE, ABSENT}};

	assert_true(sweep(&stall, *state) > 0);
	assert_true(sweep(&unplug, *state) > 8);
}

/* Counted by commands. */
static void answers_that_are_none(void **state)
{
	static const struct mishap all[] = {
		{"seq-after", 5, true, {S_OK, LATE}},
		{"slot-after", 5, true, {S_OK, LOST, LATE}},
		{"empty-after", 5, true, {S_OK, LOST, SCARD_E_COMM_DATA_LOST}},
		{"short-after", 5, true, {S_OK, LOST}},
		{"garbage-after", 5, true, {S_OK, LOST}},
		{"silent-after", 5, true, {S_OK, LATE}},
		{"lost-after", 5, true, {S_OK, LATE}},
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		assert_true(sweep(&all[i], *state) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		USB_TEST(errors_on_the_wire),
		USB_TEST(what_the_system_does),
		USB_TEST(what_the_device_does_to_a_transfer),
		USB_TEST(answers_that_are_none),
		USB_TEST(a_reader_that_is_pulled_is_unavailable_never_a_bad_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
