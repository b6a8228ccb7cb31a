/* SPDX-License-Identifier: MIT */
/* The usbredir transport with a well-behaved usb-host, over memory: time jumps, nothing sleeps. */
#include "redir_host.h"
#include "transport_usbredir.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fake_clock fake;
static struct redir_host host;
static struct ccid_transport *t;
static uint8_t in[128 * 1024], out[128 * 1024];

#define ADDRESS "usbredir:test:1"

static int fresh(void **state)
{
	(void)state;
	fake_clock_init(&fake);
	redir_host_init(&host, &fake);
	for (size_t i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)(i * 31 + (i >> 8));
	memset(in, 0, sizeof in);
	t = NULL;
	return 0;
}

static int done(void **state)
{
	(void)state;
	if (t != NULL)
		t->ops->close(t);
	t = NULL;
	return host.bad ? -1 : 0;
}

static int try_open(int interface)
{
	struct ccid_stream *s = redir_host_stream(&host);
	int rc;

	redir_host_hello(&host);
	rc = ccid_transport_open_usbredir(&t, s, ADDRESS, interface, &fake.env, fake.now + 5000);
	if (rc < 0)
		s->ops->close(s);
	return rc;
}

static void opened(void)
{
	assert_int_equal(try_open(-1), 0);
}

static int wait_ms(int64_t ms)
{
	return t->ops->wait_in(t, fake.now + ms);
}

static void post(size_t cap)
{
	assert_int_equal(t->ops->post_in(t, in, cap), 0);
}

static int send_out(size_t len)
{
	return t->ops->bulk_out(t, out, len, fake.now + 1000);
}

static void the_device_is_known_after_opening(void **state)
{
	(void)state;
	opened();
	assert_string_equal(t->ops->name, "usbredir");
	assert_string_equal(t->id.address, ADDRESS);
	assert_string_equal(t->id.manufacturer, "Test");
	assert_string_equal(t->id.product, "Reader");
	assert_string_equal(t->id.serial, "S1");
	assert_string_equal(t->id.interface_name, "");
	assert_int_equal(t->id.vid, 0x1209);
	assert_int_equal(t->id.pid, 0x0001);
	assert_int_equal(t->id.bcd_device, 0x0100);
	assert_int_equal(t->id.speed, 1);
	assert_memory_equal(t->device_desc, host.desc.device, 18);
	assert_int_equal(t->config_len, host.desc.config_len);
	assert_memory_equal(t->config, host.desc.config, t->config_len);
	assert_int_equal(t->iface.bulk_in.address, host.ep_in);
	assert_int_equal(t->iface.bulk_out.address, host.ep_out);
	assert_int_equal(t->iface.intr_in.address, host.ep_int);
	assert_true(host.interrupt_on);
	assert_int_equal(host.guest_caps, 0x7E);
	assert_int_equal(host.by_type[REDIR_SET_CONFIGURATION], 0);
	assert_int_equal(host.by_type[REDIR_SET_ALT_SETTING], 0);
}

static void an_answer_is_what_the_device_sent(void **state)
{
	(void)state;
	opened();
	post(512);
	assert_int_equal(send_out(271), 0);
	assert_int_equal(wait_ms(1000), 271);
	assert_memory_equal(in, out, 271);
	assert_int_equal(host.bulk_in_len, 512);
	assert_memory_equal(host.last_out, out, 271);
}

static void interrupt_messages_come_in_order(void **state)
{
	(void)state;
	opened();
	assert_int_equal(t->ops->interrupt_in(t, in, 8), 0);
	redir_host_interrupt(&host, (const uint8_t *)"\x50\x03", 2);
	redir_host_interrupt(&host, (const uint8_t *)"\x51\x00\x07\x01", 4);
	assert_int_equal(t->ops->interrupt_in(t, in, 8), 2);
	assert_memory_equal(in, "\x50\x03", 2);
	assert_int_equal(t->ops->interrupt_in(t, in, 8), 4);
	assert_memory_equal(in, "\x51\x00\x07\x01", 4);
	assert_int_equal(t->ops->interrupt_in(t, in, 8), 0);
}

static void a_control_request_goes_through(void **state)
{
	static const struct ccid_setup abort_slot = {0x21, 0x01, 0x0700, 0, 0};
	static const struct ccid_setup rates = {0xA1, 0x03, 0, 0, 64};

	(void)state;
	opened();
	assert_int_equal(t->ops->control(t, &abort_slot, NULL, fake.now + 1000), 0);
	assert_memory_equal(host.log[host.packets - 1].start, "\x00\x01\x21\x00\x00\x07\0\0\0\0",
	                    10);
	host.status_control = 4;
	assert_int_equal(t->ops->control(t, &rates, in, fake.now + 1000), CCID_E_STALL);
	assert_memory_equal(host.log[host.packets - 1].start, "\x80\x03\xA1\0\0\0\0\0\x40\0", 10);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(the_device_is_known_after_opening),
		T(an_answer_is_what_the_device_sent),
		T(interrupt_messages_come_in_order),
		T(a_control_request_goes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
