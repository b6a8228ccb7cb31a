/* SPDX-License-Identifier: MIT */
/* Interrupt messages over usbredir: none that matters is lost, and the stream is kept alive. */
#include "redir_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct redir_guest g;

static int fresh(void **state)
{
	(void)state;
	redir_guest_init(&g);
	return 0;
}

static int done(void **state)
{
	(void)state;
	redir_guest_close(&g);
	return g.host.bad ? -1 : 0;
}

static void give(const char *bytes, size_t len)
{
	redir_host_interrupt(&g.host, (const uint8_t *)bytes, len);
}

static void expect(const char *bytes, size_t len)
{
	assert_int_equal(redir_guest_interrupt(&g), len);
	assert_memory_equal(g.in, bytes, len);
}

static void messages_come_in_order(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_interrupt(&g), 0);
	give("\x50\x03", 2);
	give("\x51\x00\x07\x01", 4);
	expect("\x50\x03", 2);
	expect("\x51\x00\x07\x01", 4);
	assert_int_equal(redir_guest_interrupt(&g), 0);
}

static void messages_that_come_during_an_exchange_are_kept(void **state)
{
	(void)state;
	redir_guest_open(&g);
	give("\x50\x02", 2);
	redir_guest_echo(&g, 20);
	assert_int_equal(redir_guest_abort(&g, 100), 0);
	expect("\x50\x02", 2);
}

/* Slot 0 loses its card first, then slot 1 changes without end: slot 0's change must survive. */
static void a_burst_keeps_every_change(void **state)
{
	uint8_t changed = 0;
	int n, count = 0;

	(void)state;
	redir_guest_open(&g);
	give("\x50\x03\x02", 3);
	for (unsigned i = 0; i < 100; i++)
		give(i & 1 ? "\x50\x09\x00" : "\x50\x0D\x00", 3);
	while ((n = redir_guest_interrupt(&g)) > 0) {
		assert_int_equal(n, 3);
		changed |= g.in[1] & 0xAA;
		assert_int_equal(g.in[2], count == 0 ? 2 : 0);
		count++;
	}
	assert_int_equal(n, 0);
	assert_int_equal(count, 16);
	assert_int_equal(changed, 0x0A);
	assert_memory_equal(g.in, "\x50\x09\x00", 3);
}

static void hardware_errors_do_not_push_slot_changes_out(void **state)
{
	(void)state;
	redir_guest_open(&g);
	give("\x50\x02", 2);
	for (unsigned i = 0; i < 40; i++)
		give("\x51\x00\x01\x01", 4);
	expect("\x50\x02", 2);
	for (unsigned i = 0; i < 15; i++)
		expect("\x51\x00\x01\x01", 4);
	assert_int_equal(redir_guest_interrupt(&g), 0);
}

static void foreign_packets_are_no_messages(void **state)
{
	static const uint8_t other_endpoint[] = {0x84, 0, 2, 0, 0x50, 3};
	static const uint8_t failed[] = {0x83, 3, 2, 0, 0x50, 3};

	(void)state;
	redir_guest_open(&g);
	redir_host_send(&g.host, REDIR_INTERRUPT, 1, other_endpoint, sizeof other_endpoint);
	redir_host_send(&g.host, REDIR_INTERRUPT, 2, failed, sizeof failed);
	give("", 0);
	assert_int_equal(redir_guest_interrupt(&g), 0);
}

static void a_message_too_long_is_not_cut(void **state)
{
	static const uint8_t junk[81] = {0x50};

	(void)state;
	redir_guest_open(&g);
	redir_host_interrupt(&g.host, junk, 81);
	assert_int_equal(redir_guest_interrupt(&g), 0);
	give("\x50\x03\x00", 3);
	give("\x50\x02", 2);
	assert_int_equal(g.t->ops->interrupt_in(g.t, g.in, 2), CCID_E_BABBLE);
	expect("\x50\x02", 2);
}

static void the_queue_is_read_out_before_the_unplug(void **state)
{
	(void)state;
	redir_guest_open(&g);
	give("\x50\x02", 2);
	redir_host_send(&g.host, REDIR_DEVICE_DISCONNECT, 0, NULL, 0);
	expect("\x50\x02", 2);
	assert_int_equal(redir_guest_interrupt(&g), CCID_E_GONE);
	assert_int_equal(redir_guest_interrupt(&g), CCID_E_GONE);
}

static void a_stream_that_stalled_is_cleared_and_started_again(void **state)
{
	unsigned at;

	(void)state;
	redir_guest_open(&g);
	at = g.host.packets;
	fake_clock_advance(&g.fake, 5000);
	redir_host_interrupt_status(&g.host, 0, 4);
	assert_int_equal(redir_guest_interrupt(&g), 0);
	assert_int_equal(g.host.packets, at + 2);
	assert_int_equal(g.host.log[at].type, REDIR_CONTROL);
	assert_memory_equal(g.host.log[at].start, "\x00\x01\x02\x00\0\0\x83\0\0\0", 10);
	assert_int_equal(g.host.log[at + 1].type, REDIR_START_INTERRUPT);
	give("\x50\x02", 2);
	expect("\x50\x02", 2);
}

static void a_stream_that_ended_otherwise_is_just_started_again(void **state)
{
	unsigned at;

	(void)state;
	redir_guest_open(&g);
	at = g.host.packets;
	fake_clock_advance(&g.fake, 5000);
	redir_host_interrupt_status(&g.host, 0, 3);
	assert_int_equal(redir_guest_interrupt(&g), 0);
	assert_int_equal(g.host.packets, at + 1);
	assert_int_equal(g.host.log[at].type, REDIR_START_INTERRUPT);
}

static void starts_are_a_second_apart_also_while_waiting(void **state)
{
	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	fake_clock_advance(&g.fake, 5000);
	redir_host_interrupt_status(&g.host, 0, 3);
	redir_host_interrupt_status(&g.host, 0, 3);
	assert_int_equal(redir_guest_interrupt(&g), 0);
	assert_int_equal(g.host.by_type[REDIR_START_INTERRUPT], 2);
	redir_host_interrupt_status(&g.host, 0, 3);
	assert_int_equal(redir_guest_interrupt(&g), 0);
	assert_int_equal(g.host.by_type[REDIR_START_INTERRUPT], 2);
	assert_int_equal(g.t->ops->pause(g.t, g.fake.now + 999), 0);
	assert_int_equal(g.host.by_type[REDIR_START_INTERRUPT], 2);
	assert_int_equal(g.t->ops->pause(g.t, g.fake.now + 2), 0);
	assert_int_equal(g.host.by_type[REDIR_START_INTERRUPT], 3);
}

static void a_host_that_refuses_the_stream_is_not_asked_for_ever(void **state)
{
	(void)state;
	g.host.status_interrupt = 3;
	redir_guest_open(&g);
	assert_int_equal(g.t->ops->pause(g.t, g.fake.now + 60000), 0);
	assert_int_equal(g.host.by_type[REDIR_START_INTERRUPT], 4);
	assert_int_equal(redir_guest_interrupt(&g), CCID_E_UNSUPPORTED);
	redir_guest_echo(&g, 20);
	g.host.status_interrupt = 0;
	assert_int_equal(g.t->ops->reset(g.t, g.fake.now + 1000), 0);
	assert_true(g.host.interrupt_on);
	assert_int_equal(redir_guest_interrupt(&g), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(messages_come_in_order),
		T(messages_that_come_during_an_exchange_are_kept),
		T(a_burst_keeps_every_change),
		T(hardware_errors_do_not_push_slot_changes_out),
		T(foreign_packets_are_no_messages),
		T(a_message_too_long_is_not_cut),
		T(the_queue_is_read_out_before_the_unplug),
		T(a_stream_that_stalled_is_cleared_and_started_again),
		T(a_stream_that_ended_otherwise_is_just_started_again),
		T(starts_are_a_second_apart_also_while_waiting),
		T(a_host_that_refuses_the_stream_is_not_asked_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
