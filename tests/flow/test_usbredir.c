/* SPDX-License-Identifier: MIT */
/* The usbredir transport with a well-behaved usb-host, over memory: time jumps, nothing sleeps. */
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

static const struct redir_packet *last(void)
{
	return &g.host.log[g.host.packets - 1];
}

static void an_answer_is_what_the_device_sent(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 512), 0);
	assert_int_equal(redir_guest_out(&g, 271), 0);
	assert_int_equal(redir_guest_wait(&g, 1000), 271);
	assert_memory_equal(g.in, g.out, 271);
	assert_int_equal(g.host.bulk_in_len, 512);
}

static void the_in_request_goes_before_the_out_data(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 128), 0);
	assert_memory_equal(last()->start, "\x81\0\x80\0\0\0\0\0\0\0", 10);
	assert_int_equal(redir_guest_out(&g, 3), 0);
	assert_memory_equal(last()->start, "\x02\0\x03\0\0\0\0\0\0\0\x00\x1F\x3E", 13);
	assert_int_equal(last()->id, last()[-1].id + 1);
}

static void transfers_of_64_kib_pass_whole(void **state)
{
	(void)state;
	redir_guest_open(&g);
	redir_guest_echo(&g, 65535);
	redir_guest_echo(&g, 65536);
	redir_guest_echo(&g, 65554);
	redir_guest_echo(&g, 70000);
}

static bool gather(struct redir_host *h, const struct redir_packet *p)
{
	if (p->type != REDIR_BULK || p->body[0] != h->ep_out)
		return false;
	memcpy(h->last_out + h->last_out_len, p->body + 8, p->len - 8);
	h->last_out_len += p->len - 8;
	redir_host_bulk(h, p->id, h->ep_out, 0, NULL, p->len - 8);
	return true;
}

/* Whole packets are the same on USB in one request or in two. */
static void a_host_without_long_lengths_gets_pieces_of_whole_packets(void **state)
{
	(void)state;
	g.host.caps = REDIR_CAPS_ALL & ~REDIR_CAP(6);
	redir_guest_open(&g);
	g.host.handle = gather;
	assert_int_equal(redir_guest_post(&g, 66560), 0);
	assert_int_equal(g.host.bulk_in_len, 65472);
	assert_int_equal(redir_guest_out(&g, 65554), 0);
	assert_int_equal(g.host.last_out_len, 65554);
	assert_memory_equal(g.host.last_out, g.out, 65554);
	assert_int_equal(last()->len, 8 + 82);
	redir_host_answer(&g.host, g.out, 65472);
	assert_int_equal(redir_guest_wait(&g, 10), 65472);
}

static void the_first_failed_piece_fails_the_transfer(void **state)
{
	(void)state;
	g.host.caps = REDIR_CAPS_ALL & ~REDIR_CAP(6);
	g.host.status_out = 4;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_out(&g, 65554), 0);
	assert_int_equal(redir_guest_wait(&g, 10), CCID_E_STALL);
}

static void every_set_of_capabilities_works(void **state)
{
	(void)state;
	for (unsigned caps = 0; caps < 256; caps++) {
		redir_guest_init(&g);
		g.host.caps = caps;
		redir_guest_open(&g);
		redir_guest_echo(&g, 300);
		redir_host_interrupt(&g.host, (const uint8_t *)"\x50\x03", 2);
		assert_int_equal(redir_guest_interrupt(&g), 2);
		redir_guest_close(&g);
		assert_false(g.host.bad);
	}
}

static void a_link_of_single_bytes_carries_everything(void **state)
{
	(void)state;
	g.host.at_once = 1;
	redir_guest_open(&g);
	redir_guest_echo(&g, 271);
	redir_guest_echo(&g, 65554);
	assert_int_equal(redir_guest_abort(&g, 100), 0);
}

static void an_empty_transfer_has_length_zero(void **state)
{
	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	redir_host_answer(&g.host, NULL, 0);
	assert_int_equal(redir_guest_wait(&g, 10), 0);
	assert_int_equal(redir_guest_post(&g, 64), 0);
}

static void silence_leaves_the_in_transfer_posted(void **state)
{
	int64_t start;

	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	start = g.fake.now;
	assert_int_equal(redir_guest_post(&g, 64), 0);
	assert_int_equal(redir_guest_post(&g, 64), CCID_E_ARG);
	assert_int_equal(redir_guest_wait(&g, 500), CCID_E_TIMEOUT);
	assert_int_equal(g.fake.now, start + 500);
	redir_host_answer(&g.host, g.out, 10);
	assert_int_equal(redir_guest_wait(&g, 0), 10);
	assert_memory_equal(g.in, g.out, 10);
}

static void waiting_for_nothing_is_an_error(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_wait(&g, 500), CCID_E_ARG);
	assert_int_equal(redir_guest_out(&g, 5), 0);
	assert_int_equal(redir_guest_wait(&g, 500), 0);
}

static void each_cancel_ends_one_wait(void **state)
{
	(void)state;
	redir_guest_open(&g);
	g.t->ops->cancel(g.t);
	g.t->ops->cancel(g.t);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	assert_int_equal(redir_guest_out(&g, 20), 0);
	assert_int_equal(redir_guest_wait(&g, 500), CCID_E_CANCELLED);
	assert_int_equal(redir_guest_wait(&g, 500), CCID_E_CANCELLED);
	assert_int_equal(redir_guest_wait(&g, 500), 20);
	g.t->ops->cancel(g.t);
	assert_int_equal(redir_guest_abort(&g, 500), CCID_E_CANCELLED);
	assert_int_equal(redir_guest_abort(&g, 500), 0);
	g.t->ops->cancel(g.t);
	assert_int_equal(g.t->ops->pause(g.t, g.fake.now + 5), CCID_E_CANCELLED);
	g.t->ops->cancel(g.t);
	assert_int_equal(g.t->ops->reset(g.t, g.fake.now + 500), CCID_E_CANCELLED);
	assert_int_equal(g.host.resets, 0);
}

static void of_many_cancels_few_are_kept(void **state)
{
	unsigned kept = 0;

	(void)state;
	redir_guest_open(&g);
	for (unsigned round = 0; round < 2; round++, kept = 0) {
		for (unsigned i = 0; i < 1000; i++)
			g.t->ops->cancel(g.t);
		while (g.t->ops->pause(g.t, g.fake.now + 5) == CCID_E_CANCELLED)
			kept++;
		assert_int_equal(kept, CCID_CANCELS_KEPT);
	}
}

static void a_dropped_transfer_is_cancelled_at_the_host(void **state)
{
	uint64_t id;

	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	id = g.host.bulk_in_id;
	g.t->ops->drop_in(g.t);
	assert_int_equal(last()->type, REDIR_CANCEL);
	assert_int_equal(last()->id, id);
	assert_int_equal(g.host.bulk_in_id, 0);
	g.t->ops->drop_in(g.t);
	assert_int_equal(g.host.cancels, 1);
	g.host.deaf = false;
	redir_guest_echo(&g, 30);
}

static void a_host_that_never_cancels_holds_a_drop_for_a_second(void **state)
{
	int64_t start;
	uint64_t id;

	(void)state;
	g.host.deaf = g.host.lazy = true;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	id = g.host.bulk_in_id;
	g.host.bulk_in_id = 0;
	g.t->ops->cancel(g.t);
	start = g.fake.now;
	g.t->ops->drop_in(g.t);
	assert_int_equal(g.fake.now, start + 1000);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	redir_host_bulk(&g.host, id, g.host.ep_in, 0, g.out + 1, 40);
	assert_int_equal(redir_guest_wait(&g, 500), CCID_E_CANCELLED);
	assert_int_equal(redir_guest_wait(&g, 500), CCID_E_TIMEOUT);
	assert_int_equal(g.in[0], 0);
	redir_host_answer(&g.host, g.out, 40);
	assert_int_equal(redir_guest_wait(&g, 500), 40);
}

static void a_failed_in_transfer_says_why(void **state)
{
	static const int expect[] = {0,         CCID_E_IO,     CCID_E_IO, CCID_E_IO, CCID_E_STALL,
	                             CCID_E_IO, CCID_E_BABBLE, CCID_E_IO};

	(void)state;
	redir_guest_open(&g);
	for (uint8_t status = 1; status < 8; status++) {
		g.host.status_in = status;
		assert_int_equal(redir_guest_post(&g, 64), 0);
		assert_int_equal(redir_guest_wait(&g, 500), expect[status]);
	}
	g.host.status_in = 0;
	redir_guest_echo(&g, 30);
}

static void a_failed_out_transfer_takes_the_in_transfer_with_it(void **state)
{
	static const int expect[] = {0,         CCID_E_IO,     CCID_E_IO, CCID_E_IO, CCID_E_STALL,
	                             CCID_E_IO, CCID_E_BABBLE, CCID_E_IO};

	(void)state;
	redir_guest_open(&g);
	for (uint8_t status = 1; status < 8; status++) {
		g.host.status_out = status;
		assert_int_equal(redir_guest_post(&g, 64), 0);
		assert_int_equal(redir_guest_out(&g, 10), 0);
		assert_int_equal(redir_guest_wait(&g, 500), expect[status]);
		assert_int_equal(g.host.cancels, status);
		assert_int_equal(g.host.bulk_in_id, 0);
	}
	g.host.status_out = 0;
	redir_guest_echo(&g, 30);
}

static void more_than_asked_for_is_babble(void **state)
{
	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	redir_host_answer(&g.host, g.out, 65);
	assert_int_equal(redir_guest_wait(&g, 500), CCID_E_BABBLE);
	assert_int_equal(g.in[0] | g.in[1] | g.in[63] | g.in[64], 0);
}

static void a_control_request_goes_through(void **state)
{
	static const struct ccid_setup rates = {0xA1, 0x03, 0, 0, 64};
	static const struct ccid_setup device = {0x80, 0x06, 0x0100, 0, 18};

	(void)state;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_abort(&g, 500), 0);
	assert_memory_equal(last()->start, "\x00\x01\x21\x00\x00\x07\0\0\0\0", 10);
	assert_int_equal(g.t->ops->control(g.t, &device, g.in, g.fake.now + 500), 18);
	assert_memory_equal(g.in, g.host.desc.device, 18);
	g.host.status_control = 4;
	assert_int_equal(g.t->ops->control(g.t, &rates, g.in, g.fake.now + 500), CCID_E_STALL);
	assert_memory_equal(last()->start, "\x80\x03\xA1\0\0\0\0\0\x40\0", 10);
	g.host.status_control = 5;
	assert_int_equal(redir_guest_abort(&g, 500), CCID_E_TIMEOUT);
	g.host.status_control = 1;
	assert_int_equal(redir_guest_abort(&g, 500), CCID_E_IO);
}

static void data_of_a_control_request_goes_out(void **state)
{
	static const struct ccid_setup setup = {0x21, 0x55, 0x1234, 0, 3};
	uint8_t data[3] = {7, 8, 9};

	(void)state;
	redir_guest_open(&g);
	assert_int_equal(g.t->ops->control(g.t, &setup, data, g.fake.now + 500), 3);
	assert_memory_equal(last()->start, "\x00\x55\x21\x00\x34\x12\0\0\x03\0\x07\x08\x09", 13);
	assert_int_equal(last()->len, 13);
}

static void an_unanswered_control_request_is_cancelled(void **state)
{
	uint64_t id;

	(void)state;
	redir_guest_open(&g);
	g.host.silent = true;
	assert_int_equal(redir_guest_abort(&g, 500), CCID_E_TIMEOUT);
	assert_int_equal(last()->type, REDIR_CANCEL);
	id = last()->id;
	assert_int_equal(last()[-1].type, REDIR_CONTROL);
	assert_int_equal(last()[-1].id, id);
}

/* The host must see them to claim interfaces (usbredir protocol, set_configuration). */
static void requests_that_have_packets_of_their_own_are_refused(void **state)
{
	static const struct ccid_setup refused[] = {
		{0x00, 0x05, 1, 0, 0}, {0x00, 0x09, 1, 0, 0}, {0x01, 0x0B, 1, 0, 0}};
	unsigned before;

	(void)state;
	redir_guest_open(&g);
	before = g.host.packets;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(g.t->ops->control(g.t, &refused[i], NULL, CCID_NEVER),
		                 CCID_E_UNSUPPORTED);
	assert_int_equal(g.host.packets, before);
}

static void a_pause_lasts_to_its_time_and_hears_interrupts(void **state)
{
	int64_t start;

	(void)state;
	redir_guest_open(&g);
	redir_host_interrupt(&g.host, (const uint8_t *)"\x50\x02", 2);
	start = g.fake.now;
	assert_int_equal(g.t->ops->pause(g.t, start + 700), 0);
	assert_int_equal(g.fake.now, start + 700);
	assert_int_equal(g.host.out_len - g.host.out_pos, 0);
	assert_int_equal(redir_guest_interrupt(&g), 2);
	assert_int_equal(g.t->ops->pause(g.t, start), 0);
	assert_int_equal(g.fake.now, start + 700);
}

static void memory_has_no_descriptor_to_poll(void **state)
{
	(void)state;
	redir_guest_open(&g);
	assert_int_equal(g.t->ops->event_fd(g.t), CCID_E_UNSUPPORTED);
}

static void closing_takes_everything_back(void **state)
{
	uint64_t id;

	(void)state;
	g.host.deaf = true;
	redir_guest_open(&g);
	assert_int_equal(redir_guest_post(&g, 64), 0);
	id = g.host.bulk_in_id;
	redir_guest_close(&g);
	assert_false(g.host.interrupt_on);
	assert_int_equal(g.host.cancels, 1);
	assert_int_equal(last()[-1].type, REDIR_CANCEL);
	assert_int_equal(last()[-1].id, id);
	assert_int_equal(last()->type, REDIR_STOP_INTERRUPT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(an_answer_is_what_the_device_sent),
		T(the_in_request_goes_before_the_out_data),
		T(transfers_of_64_kib_pass_whole),
		T(a_host_without_long_lengths_gets_pieces_of_whole_packets),
		T(the_first_failed_piece_fails_the_transfer),
		T(every_set_of_capabilities_works),
		T(a_link_of_single_bytes_carries_everything),
		T(an_empty_transfer_has_length_zero),
		T(silence_leaves_the_in_transfer_posted),
		T(waiting_for_nothing_is_an_error),
		T(each_cancel_ends_one_wait),
		T(of_many_cancels_few_are_kept),
		T(a_dropped_transfer_is_cancelled_at_the_host),
		T(a_host_that_never_cancels_holds_a_drop_for_a_second),
		T(a_failed_in_transfer_says_why),
		T(a_failed_out_transfer_takes_the_in_transfer_with_it),
		T(more_than_asked_for_is_babble),
		T(a_control_request_goes_through),
		T(data_of_a_control_request_goes_out),
		T(an_unanswered_control_request_is_cancelled),
		T(requests_that_have_packets_of_their_own_are_refused),
		T(a_pause_lasts_to_its_time_and_hears_interrupts),
		T(memory_has_no_descriptor_to_poll),
		T(closing_takes_everything_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
