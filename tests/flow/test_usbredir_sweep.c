/* SPDX-License-Identifier: MIT */
/* One life of a usbredir connection, ended or damaged at every byte and at every packet: it always
 * ends in time, with a code that fits, and gives everything back. */
#include "redir_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct redir_guest g;
static unsigned disconnect_at; /* after so many packets of the guest's; 0: never */

static bool unplug(struct redir_host *h, const struct redir_packet *p)
{
	(void)p;
	if (disconnect_at == 0 || h->packets < disconnect_at)
		return false;
	if (h->packets == disconnect_at)
		redir_host_send(h, REDIR_DEVICE_DISCONNECT, 0, NULL, 0);
	return true;
}

/* Everything once. The first failure, or 0. */
static int use(void)
{
	int rc = redir_guest_post(&g, 64);

	if (rc == 0)
		rc = redir_guest_out(&g, 40);
	if (rc == 0)
		rc = redir_guest_wait(&g, 1000);
	if (rc >= 0)
		rc = redir_guest_abort(&g, 1000);
	if (rc >= 0)
		rc = g.t->ops->clear_halt(g.t, CCID_PIPE_INTERRUPT_IN, g.fake.now + 1000);
	if (rc >= 0)
		rc = redir_guest_interrupt(&g);
	if (rc >= 0)
		rc = g.t->ops->reset(g.t, g.fake.now + 1000);
	if (rc >= 0)
		rc = redir_guest_post(&g, 64);
	if (rc >= 0)
		g.t->ops->drop_in(g.t);
	if (rc >= 0)
		rc = g.t->ops->pause(g.t, g.fake.now + 10);
	if (rc >= 0)
		rc = redir_guest_interrupt(&g);
	return rc < 0 ? rc : 0;
}

static int life(void)
{
	int rc;

	g.host.handle = unplug;
	redir_host_hello(&g.host);
	rc = redir_guest_attach(&g, NULL);
	if (rc == 0)
		rc = use();
	redir_guest_close(&g);
	return rc;
}

static size_t whole_life(void)
{
	redir_guest_init(&g);
	disconnect_at = 0;
	assert_int_equal(life(), 0);
	assert_false(g.host.bad);
	return g.host.given;
}

static void an_end_at_any_byte_is_a_device_that_left(void **state)
{
	size_t total = whole_life();

	(void)state;
	assert_true(total > 1000);
	for (size_t i = 1; i < total; i++) {
		redir_guest_init(&g);
		g.host.stop_at = i;
		if (life() != CCID_E_GONE)
			fail_msg("cut after byte %zu of %zu", i, total);
	}
}

/* A halted peer is not noticed but by its silence. */
static void silence_after_any_byte_is_a_timeout(void **state)
{
	size_t total = whole_life();

	(void)state;
	for (size_t i = 1; i < total; i += 7) {
		int64_t start;
		int rc;

		redir_guest_init(&g);
		start = g.fake.now;
		g.host.mute_at = i;
		rc = life();
		if (rc != CCID_E_TIMEOUT && rc != 0)
			fail_msg("silent after byte %zu: %d", i, rc);
		assert_in_range(g.fake.now, start, start + 15000);
	}
}

static void an_unplug_after_any_packet_is_noticed(void **state)
{
	unsigned total;

	(void)state;
	whole_life();
	total = g.host.packets;
	assert_true(total > 20);
	for (unsigned i = 2; i < total - 2; i++) {
		redir_guest_init(&g);
		disconnect_at = i;
		if (life() != CCID_E_GONE)
			fail_msg("unplugged at packet %u of %u", i, total);
	}
}

/* Any damage: no hang, no leak, no touch of foreign memory (seen by the sanitizers). */
static void a_damaged_byte_anywhere_does_no_harm(void **state)
{
	static const uint8_t flips[] = {0x01, 0x80, 0xFF};
	size_t total = whole_life();

	(void)state;
	for (size_t i = 1; i <= total; i++) {
		for (size_t k = 0; k < sizeof flips; k++) {
			int64_t start;

			redir_guest_init(&g);
			start = g.fake.now;
			g.host.flip_at = i;
			g.host.flip = flips[k];
			(void)life();
			assert_in_range(g.fake.now, start, start + 20000);
		}
	}
}

static void noise_does_no_harm(void **state)
{
	uint32_t x = 1;

	(void)state;
	for (unsigned round = 0; round < 500; round++) {
		uint8_t noise[200];

		redir_guest_init(&g);
		redir_guest_open(&g);
		for (size_t i = 0; i < sizeof noise; i++) {
			x = x * 1664525u + 1013904223u;
			noise[i] = (uint8_t)(x >> 24);
		}
		noise[0] = round & 1 ? (uint8_t)(100 + round % 5) : noise[0];
		noise[1] = noise[2] = noise[3] = 0;
		noise[4] = (uint8_t)(round % 180);
		noise[5] = noise[6] = noise[7] = 0;
		redir_host_raw(&g.host, noise, sizeof noise);
		(void)use();
		redir_guest_close(&g);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_at_any_byte_is_a_device_that_left),
		cmocka_unit_test(silence_after_any_byte_is_a_timeout),
		cmocka_unit_test(an_unplug_after_any_packet_is_noticed),
		cmocka_unit_test(a_damaged_byte_anywhere_does_no_harm),
		cmocka_unit_test(noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
