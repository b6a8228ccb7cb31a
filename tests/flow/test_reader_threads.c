/* SPDX-License-Identifier: MIT */
/* One reader, several threads: commands queue, state is read beside them, cancel reaches the one
 * that runs. Real time, so that a sanitizer sees real races. */
#include "reader.h"
#include "transport_responder.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define ROUNDS 200

/* A transport around the responder whose answers wait behind a gate. */
struct gate {
	struct ccid_transport t; /* first */
	struct ccid_transport *inner;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	bool shut, waiting, cancelled;
	uint8_t notice[2];
	bool noticed;
};

static const struct ccid_env real;
static const struct fake_reader kind = {.features = FAKE_SHORT};
static struct fake_clock fake; /* the responder's, touched only under the reader's own lock */
static struct responder device;
static struct gate gate;
static struct ccid_reader *reader;
static uint32_t generation;

static int64_t in_ms(int64_t ms)
{
	return ccid_env_now(&real) + ms;
}

static int op_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	(void)t;
	return gate.inner->ops->post_in(gate.inner, buf, cap);
}

static int op_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline)
{
	(void)t;
	return gate.inner->ops->bulk_out(gate.inner, buf, len, deadline);
}

/* 0 when the gate is open, else what the wait must return. */
static int pass(int64_t deadline)
{
	struct timespec at = {deadline / 1000, deadline % 1000 * 1000000};
	int err = 0;

	pthread_mutex_lock(&gate.lock);
	gate.waiting = true;
	pthread_cond_broadcast(&gate.turn);
	while (gate.shut && !gate.cancelled && err == 0)
		err = pthread_cond_timedwait(&gate.turn, &gate.lock, &at);
	gate.waiting = false;
	err = gate.cancelled ? CCID_E_CANCELLED : gate.shut ? CCID_E_TIMEOUT : 0;
	gate.cancelled = false;
	pthread_mutex_unlock(&gate.lock);
	return err;
}

static int op_wait_in(struct ccid_transport *t, int64_t deadline)
{
	int rc = pass(deadline);

	(void)t;
	return rc < 0 ? rc : gate.inner->ops->wait_in(gate.inner, deadline);
}

static void op_drop_in(struct ccid_transport *t)
{
	(void)t;
	gate.inner->ops->drop_in(gate.inner);
}

static int op_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	int n = 0;

	(void)t;
	pthread_mutex_lock(&gate.lock);
	if (gate.noticed && cap >= sizeof gate.notice) {
		memcpy(buf, gate.notice, sizeof gate.notice);
		n = sizeof gate.notice;
	}
	gate.noticed = false;
	pthread_mutex_unlock(&gate.lock);
	return n;
}

static int op_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                      int64_t deadline)
{
	(void)t;
	return gate.inner->ops->control(gate.inner, setup, data, deadline);
}

static int op_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	(void)t;
	return gate.inner->ops->clear_halt(gate.inner, pipe, deadline);
}

static int op_reset(struct ccid_transport *t, int64_t deadline)
{
	(void)t;
	return gate.inner->ops->reset(gate.inner, deadline);
}

static int op_pause(struct ccid_transport *t, int64_t until)
{
	(void)t;
	(void)until;
	return 0;
}

static int op_event_fd(struct ccid_transport *t)
{
	(void)t;
	return CCID_E_UNSUPPORTED;
}

static void op_cancel(struct ccid_transport *t)
{
	(void)t;
	pthread_mutex_lock(&gate.lock);
	gate.cancelled = true;
	gate.shut = false;
	pthread_cond_broadcast(&gate.turn);
	pthread_mutex_unlock(&gate.lock);
}

static void op_close(struct ccid_transport *t)
{
	(void)t;
	gate.inner->ops->close(gate.inner);
}

static const struct ccid_transport_ops gate_ops = {
	.name = "gate",
	.close = op_close,
	.post_in = op_post_in,
	.bulk_out = op_bulk_out,
	.wait_in = op_wait_in,
	.drop_in = op_drop_in,
	.interrupt_in = op_interrupt_in,
	.control = op_control,
	.clear_halt = op_clear_halt,
	.reset = op_reset,
	.pause = op_pause,
	.event_fd = op_event_fd,
	.cancel = op_cancel,
};

static void shut(bool how)
{
	pthread_mutex_lock(&gate.lock);
	gate.shut = how;
	pthread_cond_broadcast(&gate.turn);
	pthread_mutex_unlock(&gate.lock);
}

static void until_a_command_waits(void)
{
	pthread_mutex_lock(&gate.lock);
	while (!gate.waiting)
		pthread_cond_wait(&gate.turn, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void notify(uint8_t bits)
{
	pthread_mutex_lock(&gate.lock);
	memcpy(gate.notice, (const uint8_t[2]){0x50, bits}, 2);
	gate.noticed = true;
	pthread_mutex_unlock(&gate.lock);
}

static struct ccid_slot_info slot_info(void)
{
	struct ccid_slot_info info;

	assert_int_equal(ccid_slot_get_info(reader, 0, &info), 0);
	return info;
}

static int begin(void **state)
{
	pthread_condattr_t monotonic;

	(void)state;
	fake_clock_init(&fake);
	responder_init(&device, &kind, &fake);
	memset(&gate, 0, sizeof gate);
	pthread_mutex_init(&gate.lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&gate.turn, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (responder_open(&gate.inner, &device) < 0)
		return -1;
	gate.t = *gate.inner;
	gate.t.ops = &gate_ops;
	if (ccid_reader_open(&reader, &gate.t, NULL, &real, in_ms(10000)) < 0 ||
	    ccid_slot_activate(reader, 0, 1, CCID_RESET_NONE, in_ms(10000)) < 0)
		return -1;
	generation = slot_info().generation;
	return 0;
}

static int end(void **state)
{
	(void)state;
	shut(false);
	ccid_reader_close(reader);
	pthread_cond_destroy(&gate.turn);
	pthread_mutex_destroy(&gate.lock);
	return device.open == 0 ? 0 : -1;
}

static int transmit(uint32_t as_of)
{
	static const uint8_t select_mf[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
	uint8_t rapdu[258];

	return ccid_slot_transmit(reader, 0, as_of, select_mf, sizeof select_mf, rapdu,
	                          sizeof rapdu, 0, -1, in_ms(20000));
}

static void *transmit_once(void *result)
{
	*(int *)result = transmit(generation);
	return NULL;
}

static void *transmit_often(void *failures)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		*(unsigned *)failures += transmit(generation) != 2;
	return NULL;
}

/* Whoever means the card before a reset is told so; nobody gets another's answer. */
static void *transmit_beside_resets(void *failures)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		int rc = transmit(slot_info().generation);

		*(unsigned *)failures += rc != 2 && rc != CCID_E_STALE && rc != CCID_E_INACTIVE;
	}
	return NULL;
}

static void commands_of_several_threads_queue(void **state)
{
	unsigned failures[3] = {0}, before = device.commands;
	pthread_t thread[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, transmit_often, &failures[i]), 0);
	for (unsigned i = 0; i < ROUNDS; i++)
		assert_true(ccid_reader_dispatch(reader) >= 0);
	for (unsigned i = 0; i < 3; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(failures[i], 0);
	}
	assert_int_equal(device.commands - before, 3 * ROUNDS);
}

static void resets_between_the_commands_of_others_are_told(void **state)
{
	unsigned failures = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, transmit_beside_resets, &failures), 0);
	for (unsigned i = 0; i < ROUNDS; i++)
		assert_int_equal(ccid_slot_activate(reader, 0, 1,
		                                    i % 2 ? CCID_RESET_WARM : CCID_RESET_COLD,
		                                    in_ms(10000)),
		                 0);
	pthread_join(thread, NULL);
	assert_int_equal(failures, 0);
	assert_true(slot_info().generation - generation >= ROUNDS);
}

static void the_state_is_read_beside_a_command(void **state)
{
	pthread_t thread;
	int rc = 0;

	(void)state;
	shut(true);
	assert_int_equal(pthread_create(&thread, NULL, transmit_once, &rc), 0);
	until_a_command_waits();
	assert_int_equal(slot_info().state, CCID_SLOT_READY);
	assert_int_equal(ccid_slot_poll(reader, 0, in_ms(1000)), CCID_E_SLOT_BUSY);
	assert_false(ccid_reader_gone(reader));
	notify(0x02);
	assert_int_equal(ccid_reader_dispatch(reader), 1);
	assert_int_equal(slot_info().state, CCID_SLOT_EMPTY);
	assert_true(slot_info().generation > generation);
	shut(false);
	pthread_join(thread, NULL);
	assert_true(rc == 2 || rc == CCID_E_NOCARD);
}

static void cancel_reaches_the_command_of_another_thread(void **state)
{
	pthread_t thread;
	int rc = 0;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		shut(true);
		assert_int_equal(pthread_create(&thread, NULL, transmit_once, &rc), 0);
		until_a_command_waits();
		ccid_reader_cancel(reader);
		pthread_join(thread, NULL);
		assert_int_equal(rc, CCID_E_CANCELLED);
		assert_int_equal(transmit(generation), 2);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(commands_of_several_threads_queue, begin, end),
		cmocka_unit_test_setup_teardown(resets_between_the_commands_of_others_are_told,
	                                        begin, end),
		cmocka_unit_test_setup_teardown(the_state_is_read_beside_a_command, begin, end),
		cmocka_unit_test_setup_teardown(cancel_reaches_the_command_of_another_thread, begin,
	                                        end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
