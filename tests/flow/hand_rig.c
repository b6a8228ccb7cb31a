/* SPDX-License-Identifier: MIT */
#include "hand_rig.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct hand hand;
struct ccid_reader *reader;

int64_t soon(void)
{
	return atomic_load(&hand.now) + LIMIT_MS;
}

struct ccid_slot_info info_of(unsigned slot)
{
	struct ccid_slot_info info;

	assert_int_equal(ccid_slot_get_info(reader, slot, &info), 0);
	return info;
}

void begin_on(struct ccid_transport *t, unsigned slots)
{
	int64_t deadline = ccid_env_now(&hand.env) + LIMIT_MS;

	assert_int_equal(ccid_reader_open(&reader, t, NULL, &hand.env, deadline), 0);
	for (unsigned i = 0; i < slots; i++)
		assert_int_equal(ccid_slot_activate(reader, i, 1, CCID_RESET_NONE, deadline), 0);
}

void begin_with(const struct fake_reader *kind)
{
	hand_init(&hand, kind);
	begin_on(&hand.t, kind->slots);
}

void begin(unsigned slots, unsigned busy)
{
	struct fake_reader kind = {.features = FAKE_SHORT,
	                           .slots = (uint8_t)slots,
	                           .busy_slots = (uint8_t)busy,
	                           .no_interrupt = true};

	begin_with(&kind);
}

void finish(void)
{
	ccid_reader_close(reader);
	hand_done(&hand);
}

void *transmit(void *job)
{
	struct job *j = job;
	uint8_t apdu[] = {0x00, 0xB0, 0x00, (uint8_t)j->slot, 0x00};

	j->rc = ccid_slot_transmit(reader, j->slot, info_of(j->slot).generation, apdu, sizeof apdu,
	                           j->rapdu, sizeof j->rapdu, 0, -1, j->deadline);
	return NULL;
}

void *poll_slot(void *job)
{
	struct job *j = job;

	j->rc = ccid_slot_poll(reader, j->slot, j->deadline);
	return NULL;
}

void start_until(struct job *j, unsigned slot, void *(*run)(void *), int64_t deadline)
{
	j->slot = slot;
	j->deadline = deadline;
	j->rc = 1;
	assert_int_equal(pthread_create(&j->thread, NULL, run, j), 0);
}

void start(struct job *j, unsigned slot, void *(*run)(void *))
{
	start_until(j, slot, run, soon());
}

struct hand_message sent(struct job *j, unsigned slot, unsigned n)
{
	start(j, slot, transmit);
	return hand_command(&hand, n);
}

static unsigned length_of(const struct ccid_gate *g)
{
	unsigned n = 0;

	pthread_mutex_lock(&reader->wire);
	for (const struct ccid_turn *t = g->first; t != NULL; t = t->next)
		n++;
	pthread_mutex_unlock(&reader->wire);
	return n;
}

void queues_to(struct job *j, unsigned slot, void *(*run)(void *), int64_t deadline)
{
	const struct ccid_gate *g = reader->nlanes > 1 ? &reader->lanes : &reader->gate;
	unsigned before = length_of(g);

	start_until(j, slot, run, deadline);
	while (length_of(g) <= before)
		sched_yield();
}

void queues_until(struct job *j, unsigned slot, int64_t deadline)
{
	queues_to(j, slot, transmit, deadline);
}

void queues(struct job *j, unsigned slot)
{
	queues_until(j, slot, soon());
}

void result_is(struct job *j, int rc)
{
	pthread_join(j->thread, NULL);
	if (j->rc != rc)
		fail_msg("slot %u: %s, not %s", j->slot, j->rc < 0 ? ccid_err_name(j->rc) : "ok",
		         rc < 0 ? ccid_err_name(rc) : "ok");
}

void byte_is(struct job *j, uint8_t byte)
{
	result_is(j, 3);
	assert_int_equal(j->rapdu[0], byte);
	assert_memory_equal(j->rapdu + 1, "\x90\x00", 2);
}

void works(unsigned slot)
{
	struct job j;
	struct hand_message m = sent(&j, slot, hand.nheld + 1);

	hand_answer(&hand, &m, 0, 0, "\x77\x90\x00", 3);
	byte_is(&j, 0x77);
}
