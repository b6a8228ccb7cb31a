/* SPDX-License-Identifier: MIT */
/* The usbredir transport with a usb-host that lies, falls silent, or leaves. */
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
	return 0;
}

static void put_header(uint32_t type, uint32_t length)
{
	uint8_t b[16] = {(uint8_t)type, 0, 0, 0};

	for (size_t i = 0; i < 4; i++)
		b[4 + i] = (uint8_t)(length >> (8 * i));
	redir_host_raw(&g.host, b, g.host.hello_seen && (g.host.caps & REDIR_CAP(5)) ? 16 : 12);
}

static void another_packet_before_the_hello_is_refused(void **state)
{
	(void)state;
	g.host.manual = true;
	redir_host_connect(&g.host);
	redir_host_hello(&g.host);
	assert_int_equal(redir_guest_attach(&g, NULL), CCID_E_FORMAT);
	assert_true(fake_clock_logged(&g.fake, "before the hello"));
}

static void a_second_hello_is_refused(void **state)
{
	(void)state;
	redir_host_hello(&g.host);
	g.host.caps = 0;
	redir_host_hello(&g.host);
	assert_int_equal(redir_guest_attach(&g, NULL), CCID_E_FORMAT);
	redir_guest_init(&g);
	redir_guest_open(&g);
	redir_host_send(&g.host, REDIR_HELLO, 0, g.out, 68);
	assert_int_equal(redir_guest_abort(&g, 100), CCID_E_GONE);
	assert_true(fake_clock_logged(&g.fake, "a second hello"));
}

static void a_hello_of_a_wrong_length_is_refused(void **state)
{
	static const uint8_t zeros[256];
	static const size_t wrong[] = {0, 4, 63, 196};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		redir_guest_init(&g);
		redir_host_send(&g.host, REDIR_HELLO, 0, zeros, wrong[i]);
		assert_int_equal(redir_guest_attach(&g, NULL), CCID_E_FORMAT);
	}
}

static void a_hello_without_capabilities_is_one_with_none(void **state)
{
	static const uint8_t zeros[64];

	(void)state;
	g.host.caps = 0;
	redir_host_send(&g.host, REDIR_HELLO, 0, zeros, 64);
	assert_int_equal(redir_guest_attach(&g, NULL), 0);
	redir_guest_echo(&g, 40);
}

/* Only the header comes: to wait for the rest would end in a time-out. */
static void an_absurd_length_is_refused_at_the_header(void **state)
{
	static const struct {
		uint32_t type, length;
	} absurd[] = {
		{REDIR_BULK, 0x08000400}, {REDIR_BULK, 0xFFFFFFFF},     {REDIR_BULK, 131089},
		{REDIR_CONTROL, 131089},  {REDIR_INTERRUPT, 131089},    {REDIR_ISO, 0x01000000},
		{REDIR_FILTER, 4097},     {REDIR_DEVICE_CONNECT, 1025}, {REDIR_EP_INFO, 0x80000000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof absurd / sizeof absurd[0]; i++) {
		redir_guest_init(&g);
		redir_guest_open(&g);
		g.host.silent = true;
		put_header(absurd[i].type, absurd[i].length);
		assert_int_equal(redir_guest_abort(&g, 1000), CCID_E_GONE);
		assert_true(fake_clock_logged(&g.fake, "absurd length"));
		redir_guest_close(&g);
	}
}

static void types_that_no_host_sends_are_refused(void **state)
{
	static const uint32_t wrong[] = {3,  6,  7,  9,  10, 12, 13, 15, 16,  18,
	                                 19, 21, 22, 24, 25, 26, 28, 99, 105, 0x80000000};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		redir_guest_init(&g);
		redir_guest_open(&g);
		put_header(wrong[i], 0);
		assert_int_equal(redir_guest_abort(&g, 1000), CCID_E_GONE);
		redir_guest_close(&g);
	}
}

/* One of each type a host may send, right in form, asked for by no one. */
static void every_packet_of_a_host_is_survived(void **state)
{
	static const struct {
		uint32_t type;
		size_t len;
		const char *body;
	} packet[] = {
		{REDIR_CONFIGURATION_STATUS, 2, "\x00\x01"},
		{REDIR_ALT_SETTING_STATUS, 3, "\x00\x00\x00"},
		{14, 2, "\x00\x85"}, /* iso_stream_status */
		{REDIR_INTERRUPT_STATUS, 2, "\x00\x83"},
		{REDIR_ISO, 5, "\x85\x00\x01\x00\x77"},
		{REDIR_INTERRUPT, 5, "\x84\x00\x01\x00\x77"},
		{REDIR_CONTROL, 11, "\x80\0\0\0\0\0\0\0\x01\0\x77"},
		{REDIR_BULK, 11, "\x81\x00\x01\0\0\0\0\0\0\0\x77"},
		{REDIR_FILTER, 16, "0x0b,-1,-1,-1,1"},
	};

	(void)state;
	redir_guest_open(&g);
	redir_host_interface_info(&g.host);
	redir_host_ep_info(&g.host);
	for (size_t i = 0; i < sizeof packet / sizeof packet[0]; i++) {
		redir_host_send(&g.host, packet[i].type, 4711, packet[i].body, packet[i].len);
		if (redir_guest_abort(&g, 1000) != 0)
			fail_msg("type %u ended the link", packet[i].type);
	}
	redir_guest_echo(&g, 40);
}

static void packets_of_capabilities_not_announced_end_the_link(void **state)
{
	static const struct {
		uint32_t type;
		size_t len;
		const char *body;
	} packet[] = {
		{20, 9, "\x02\0\0\0\x01\0\0\0\0"}, /* bulk_streams_status */
		{27, 6, "\0\0\0\0\x81\0"},         /* bulk_receiving_status */
		{REDIR_BUFFERED_BULK, 11, "\0\0\0\0\x01\0\0\0\x81\0\x77"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof packet / sizeof packet[0]; i++) {
		redir_guest_init(&g);
		redir_guest_open(&g);
		redir_host_send(&g.host, packet[i].type, 4711, packet[i].body, packet[i].len);
		assert_int_equal(redir_guest_abort(&g, 1000), CCID_E_GONE);
		redir_guest_close(&g);
	}
}

static void answers_to_unknown_ids_are_dropped(void **state)
{
	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	redir_host_bulk(&g.host, 77777, g.host.ep_in, 0, g.out, 131072);
	redir_host_bulk(&g.host, 0, g.host.ep_in, 0, g.out, 10);
	assert_int_equal(redir_guest_abort(&g, 100), 0);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	redir_host_bulk(&g.host, g.host.bulk_in_id + 1, g.host.ep_in, 0, g.out, 10);
	redir_host_bulk(&g.host, g.host.bulk_in_id | 1ull << 32, g.host.ep_in, 0, g.out, 10);
	redir_host_bulk(&g.host, g.host.bulk_in_id, g.host.ep_in ^ 3, 0, g.out, 10);
	redir_host_bulk(&g.host, g.host.bulk_in_id, g.host.ep_out, 0, NULL, 10);
	assert_int_equal(redir_guest_wait(&g, 100), CCID_E_TIMEOUT);
	assert_int_equal(g.in[1], 0);
	redir_host_answer(&g.host, g.out, 10);
	assert_int_equal(redir_guest_wait(&g, 100), 10);
}

static void a_second_answer_changes_nothing(void **state)
{
	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	redir_host_bulk(&g.host, g.host.bulk_in_id, g.host.ep_in, 0, g.out, 10);
	redir_host_bulk(&g.host, g.host.bulk_in_id, g.host.ep_in, 0, g.out + 1, 20);
	assert_int_equal(redir_guest_wait(&g, 100), 10);
	assert_memory_equal(g.in, g.out, 10);
	assert_int_equal(g.in[11], 0);
}

static void refuse_layout(const char *reason)
{
	assert_int_equal(redir_guest_attach(&g, NULL), CCID_E_FORMAT);
	assert_true(fake_clock_logged(&g.fake, reason));
	redir_guest_init(&g);
	g.host.caps = 0;
	g.host.manual = true;
	redir_host_hello(&g.host);
}

static void a_connection_without_its_layout_is_refused(void **state)
{
	uint8_t types[96] = {0};
	uint8_t count[132] = {33};

	(void)state;
	g.host.caps = 0;
	g.host.manual = true;
	redir_host_hello(&g.host);
	redir_host_device_connect(&g.host);
	refuse_layout("before its");
	redir_host_ep_info(&g.host);
	redir_host_device_connect(&g.host);
	refuse_layout("before its");
	redir_host_interface_info(&g.host);
	redir_host_device_connect(&g.host);
	refuse_layout("before its");
	types[5] = 4;
	redir_host_send(&g.host, REDIR_EP_INFO, 0, types, sizeof types);
	refuse_layout("endpoint type");
	redir_host_send(&g.host, REDIR_INTERFACE_INFO, 0, count, sizeof count);
	refuse_layout("malformed");
	redir_host_connect(&g.host);
	redir_host_device_connect(&g.host);
	refuse_layout("second device_connect");
}

static void a_second_device_ends_the_link(void **state)
{
	(void)state;
	redir_guest_open(&g);
	redir_host_device_connect(&g.host);
	assert_int_equal(redir_guest_abort(&g, 100), CCID_E_GONE);
}

static void an_unplug_is_acknowledged_and_final(void **state)
{
	(void)state;
	redir_guest_open(&g);
	redir_host_send(&g.host, REDIR_DEVICE_DISCONNECT, 0, NULL, 0);
	redir_host_connect(&g.host);
	assert_int_equal(redir_guest_abort(&g, 1000), CCID_E_GONE);
	assert_int_equal(g.host.by_type[REDIR_DISCONNECT_ACK], 1);
	assert_int_equal(redir_guest_abort(&g, 1000), CCID_E_GONE);
	assert_int_equal(redir_guest_post(&g, 64), CCID_E_GONE);
	assert_int_equal(redir_guest_interrupt(&g), CCID_E_GONE);
	assert_int_equal(g.t->ops->pause(g.t, g.fake.now + 1000), CCID_E_GONE);
	assert_int_equal(g.t->ops->reset(g.t, g.fake.now + 1000), CCID_E_GONE);
}

static void an_answer_behind_the_unplug_does_not_count(void **state)
{
	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	redir_host_send(&g.host, REDIR_DEVICE_DISCONNECT, 0, NULL, 0);
	redir_host_answer(&g.host, g.out, 10);
	assert_int_equal(redir_guest_wait(&g, 1000), CCID_E_GONE);
	assert_int_equal(g.in[1], 0);
}

static void an_answer_before_the_unplug_counts(void **state)
{
	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	redir_host_answer(&g.host, g.out, 10);
	redir_host_send(&g.host, REDIR_DEVICE_DISCONNECT, 0, NULL, 0);
	assert_int_equal(redir_guest_wait(&g, 1000), 10);
	assert_memory_equal(g.in, g.out, 10);
	assert_int_equal(redir_guest_post(&g, 64), CCID_E_GONE);
}

static void descriptors_that_contradict_end_the_opening(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		int expect;
	} device[] = {{0, 17, CCID_E_FORMAT}, {1, 2, CCID_E_FORMAT}, {17, 0, CCID_E_NOTFOUND}},
	  config[] = {{0, 8, CCID_E_FORMAT},
	              {1, 4, CCID_E_FORMAT},
	              {2, 8, CCID_E_FORMAT},
	              {2, 9, CCID_E_NOTFOUND},
	              {5, 2, CCID_E_NOTFOUND}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		redir_guest_init(&g);
		g.host.desc.device[device[i].at] = device[i].value;
		redir_host_hello(&g.host);
		assert_int_equal(redir_guest_attach(&g, NULL), device[i].expect);
	}
	for (size_t i = 0; i < 5; i++) {
		redir_guest_init(&g);
		g.host.desc.config[config[i].at] = config[i].value;
		redir_host_hello(&g.host);
		assert_int_equal(redir_guest_attach(&g, NULL), config[i].expect);
	}
}

static bool other_product(struct redir_host *h, const struct redir_packet *p)
{
	if (p->type == REDIR_CONTROL)
		h->desc.device[10] ^= 1;
	return false;
}

static void the_device_descriptor_must_be_the_connected_device(void **state)
{
	(void)state;
	g.host.handle = other_product;
	redir_host_hello(&g.host);
	assert_int_equal(redir_guest_attach(&g, NULL), CCID_E_FORMAT);
}

static void nothing_waits_for_a_silent_host_beyond_its_deadline(void **state)
{
	int64_t start = g.fake.now;

	(void)state;
	g.host.silent = true;
	assert_int_equal(redir_guest_attach(&g, NULL), CCID_E_TIMEOUT);
	assert_int_equal(g.fake.now, start + 5000);
	redir_guest_init(&g);
	g.host.silent = true;
	redir_host_hello(&g.host);
	assert_int_equal(redir_guest_attach(&g, NULL), CCID_E_TIMEOUT);
	assert_int_equal(g.fake.now, start + 5000);
	redir_guest_init(&g);
	redir_guest_open(&g);
	g.host.silent = true;
	start = g.fake.now;
	assert_int_equal(redir_guest_abort(&g, 200), CCID_E_TIMEOUT);
	assert_int_equal(g.t->ops->clear_halt(g.t, CCID_PIPE_BULK_IN, start + 400), CCID_E_TIMEOUT);
	assert_int_equal(g.t->ops->reset(g.t, start + 600), CCID_E_TIMEOUT);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	assert_int_equal(redir_guest_out(&g, 10), 0);
	assert_int_equal(redir_guest_wait(&g, 200), CCID_E_TIMEOUT);
	assert_int_equal(g.fake.now, start + 800);
}

static void a_flood_holds_no_one_beyond_the_deadline(void **state)
{
	int64_t start;

	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	start = g.fake.now;
	g.host.flood = true;
	assert_int_equal(redir_guest_wait(&g, 1000), CCID_E_TIMEOUT);
	assert_in_range(g.fake.now, start + 1000, start + 1200);
	start = g.fake.now;
	assert_int_equal(redir_guest_interrupt(&g), 0);
	assert_in_range(g.fake.now, start, start + 100);
	g.t->ops->cancel(g.t);
	assert_int_equal(redir_guest_wait(&g, CCID_NEVER / 2), CCID_E_CANCELLED);
}

/* A stream that takes nothing. */
static int take_nothing(struct ccid_stream *s, const uint8_t *buf, size_t len)
{
	(void)s;
	(void)buf;
	(void)len;
	return 0;
}

static int (*wait_for_bytes)(struct ccid_stream *, unsigned, int, int64_t);

static int never_writable(struct ccid_stream *s, unsigned want, int cancel_fd, int64_t deadline)
{
	return wait_for_bytes(s, want & CCID_STREAM_READ, cancel_fd, deadline);
}

static void a_peer_that_does_not_read_costs_bounded_memory_and_time(void **state)
{
	struct ccid_stream *s;
	static struct ccid_stream_ops ops;
	unsigned sent = 0;
	int64_t start;

	(void)state;
	s = redir_host_stream(&g.host);
	ops = *s->ops;
	redir_host_hello(&g.host);
	assert_int_equal(redir_guest_attach(&g, s), 0);
	wait_for_bytes = ops.wait;
	ops.wait = never_writable;
	ops.write = take_nothing;
	s->ops = &ops;
	while (sent < 100 && redir_guest_out(&g, 65554) == 0)
		sent++;
	assert_in_range(sent, 10, 20);
	assert_int_equal(redir_guest_out(&g, 10), CCID_E_TIMEOUT);
	assert_int_equal(redir_guest_post(&g, 64), CCID_E_TIMEOUT);
	assert_int_equal(redir_guest_abort(&g, 100), CCID_E_TIMEOUT);
	start = g.fake.now;
	assert_int_equal(g.t->ops->pause(g.t, start + 300), 0);
	assert_int_equal(g.fake.now, start + 300);
}

static void failures_of_the_stream_keep_their_names(void **state)
{
	static const struct {
		int code, expect;
	} end[] = {{CCID_E_GONE, CCID_E_GONE},
	           {CCID_E_IO, CCID_E_GONE},
	           {CCID_E_DIVERGED, CCID_E_DIVERGED}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		redir_guest_init(&g);
		redir_guest_open(&g);
		assert_int_equal(redir_guest_post(&g, 64), 0);
		g.host.refuse = end[i].code;
		assert_int_equal(redir_guest_out(&g, 10), end[i].expect);
		assert_int_equal(redir_guest_wait(&g, 100), end[i].expect);
		assert_int_equal(redir_guest_post(&g, 64), end[i].expect);
		assert_int_equal(redir_guest_abort(&g, 100), end[i].expect);
		assert_int_equal(redir_guest_interrupt(&g), end[i].expect);
		redir_guest_close(&g);
		redir_guest_init(&g);
		g.host.refuse = end[i].code;
		assert_int_equal(redir_guest_attach(&g, NULL), end[i].code);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(another_packet_before_the_hello_is_refused),
		T(a_second_hello_is_refused),
		T(a_hello_of_a_wrong_length_is_refused),
		T(a_hello_without_capabilities_is_one_with_none),
		T(an_absurd_length_is_refused_at_the_header),
		T(types_that_no_host_sends_are_refused),
		T(every_packet_of_a_host_is_survived),
		T(packets_of_capabilities_not_announced_end_the_link),
		T(answers_to_unknown_ids_are_dropped),
		T(a_second_answer_changes_nothing),
		T(a_connection_without_its_layout_is_refused),
		T(a_second_device_ends_the_link),
		T(an_unplug_is_acknowledged_and_final),
		T(an_answer_behind_the_unplug_does_not_count),
		T(an_answer_before_the_unplug_counts),
		T(descriptors_that_contradict_end_the_opening),
		T(the_device_descriptor_must_be_the_connected_device),
		T(nothing_waits_for_a_silent_host_beyond_its_deadline),
		T(a_flood_holds_no_one_beyond_the_deadline),
		T(a_peer_that_does_not_read_costs_bounded_memory_and_time),
		T(failures_of_the_stream_keep_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
