/* SPDX-License-Identifier: MIT */
/* Slots of one reader side by side, over unmodified libusb and a usbfs: usbfs_run -s 4 -b 3. */
#include "reader.h"
#include "usb_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#define SLOTS    4
#define ROUNDS   30
#define LIMIT_MS 60000

struct job {
	pthread_t thread;
	unsigned slot, good;
	int rc;
};

static struct ccid_reader *reader;

static int transmit(unsigned slot, const uint8_t *apdu, size_t len, uint8_t *rapdu, size_t cap)
{
	struct ccid_slot_info info;
	int rc = ccid_slot_get_info(reader, slot, &info);

	if (rc < 0)
		return rc;
	return ccid_slot_transmit(reader, slot, info.generation, apdu, len, rapdu, cap, 0, -1,
	                          usb_after(LIMIT_MS));
}

static bool echo(unsigned slot, unsigned round)
{
	uint8_t apdu[6 + 60] = {0x80, 0x10, 0x00, 0x00, 60}, rapdu[258];

	for (unsigned i = 0; i < 60; i++)
		apdu[5 + i] = (uint8_t)(slot << 6 | (round + i) % 64);
	return transmit(slot, apdu, sizeof apdu, rapdu, sizeof rapdu) == 62 &&
	       memcmp(rapdu, apdu + 5, 60) == 0 && memcmp(rapdu + 60, "\x90\x00", 2) == 0;
}

static void *echoes(void *arg)
{
	struct job *j = arg;

	for (unsigned i = 0; i < ROUNDS; i++)
		j->good += echo(j->slot, i);
	return NULL;
}

/* The card asks for time 255 times, 25.5 s apart. */
static void *slow(void *arg)
{
	static const uint8_t apdu[] = {0x80, 0x12, 0xFF, 0xFF};
	struct job *j = arg;
	uint8_t rapdu[2];

	j->rc = transmit(j->slot, apdu, sizeof apdu, rapdu, sizeof rapdu);
	return NULL;
}

static void start(struct job *j, unsigned slot, void *(*run)(void *))
{
	*j = (struct job){.slot = slot};
	assert_int_equal(pthread_create(&j->thread, NULL, run, j), 0);
}

static void open_reader(void)
{
	assert_int_equal(
		ccid_reader_open(&reader, usb_attach(), NULL, &usb_env, usb_after(LIMIT_MS)), 0);
	assert_int_equal(ccid_reader_slots(reader), SLOTS);
	for (unsigned i = 0; i < SLOTS; i++)
		assert_int_equal(
			ccid_slot_activate(reader, i, 3, CCID_RESET_NONE, usb_after(LIMIT_MS)), 0);
}

static void four_threads_get_their_own_answers(void **state)
{
	struct job jobs[SLOTS];

	(void)state;
	open_reader();
	for (unsigned i = 0; i < SLOTS; i++)
		start(&jobs[i], i, echoes);
	for (unsigned i = 0; i < SLOTS; i++) {
		pthread_join(jobs[i].thread, NULL);
		assert_int_equal(jobs[i].good, ROUNDS);
	}
	ccid_reader_close(reader);
	assert_int_equal(usbfs_count("resets"), 0);
}

/* Slot 0 does not end by itself: the others do while it is busy, and a cancel ends it alone. */
static void others_work_while_a_slot_asks_for_time(void **state)
{
	struct job asks, jobs[2];

	(void)state;
	open_reader();
	start(&asks, 0, slow);
	for (unsigned i = 0; i < 2; i++)
		start(&jobs[i], 1 + i, echoes);
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(jobs[i].thread, NULL);
		assert_int_equal(jobs[i].good, ROUNDS);
	}
	start(&jobs[0], 3, echoes);
	while (!ccid_slot_cancel(reader, 0))
		sched_yield();
	pthread_join(asks.thread, NULL);
	assert_int_equal(asks.rc, CCID_E_CANCELLED);
	pthread_join(jobs[0].thread, NULL);
	assert_int_equal(jobs[0].good, ROUNDS);
	assert_true(echo(0, 7));
	ccid_reader_close(reader);
	assert_int_equal(usbfs_count("resets"), 0);
}

/* The card asks for time once, 2 s. */
static void *slow_once(void *arg)
{
	static const uint8_t apdu[] = {0x80, 0x12, 0x01, 0x14};
	struct job *j = arg;
	uint8_t rapdu[2];

	j->rc = transmit(j->slot, apdu, sizeof apdu, rapdu, sizeof rapdu);
	return NULL;
}

static void *one_echo(void *arg)
{
	struct job *j = arg;

	j->good = echo(j->slot, 3);
	return NULL;
}

/* Slot 1's, once slot 0's is with its card. */
static void begin_two_of_which_one_is_not_taken(struct job *taken, struct job *held)
{
	int before;

	open_reader();
	before = usbfs_count("messages");
	start(taken, 0, slow_once);
	while (usbfs_count("messages") == before)
		sched_yield();
	assert_true(usbfs_do("hold-out 1"));
	start(held, 1, one_echo);
	while (usbfs_count("held") == 0)
		sched_yield();
}

static void an_answer_does_not_wait_for_a_command_that_is_not_taken(void **state)
{
	struct job taken, held;

	(void)state;
	begin_two_of_which_one_is_not_taken(&taken, &held);
	pthread_join(taken.thread, NULL);
	assert_int_equal(taken.rc, 2);
	assert_int_equal(usbfs_count("held"), 1);
	assert_true(usbfs_do("hold-out 0"));
	pthread_join(held.thread, NULL);
	assert_int_equal(held.good, 1);
	ccid_reader_close(reader);
	assert_int_equal(usbfs_count("resets"), 0);
}

static void an_unplug_ends_all_that_is_under_way(void **state)
{
	struct job asks, idle;

	(void)state;
	open_reader();
	start(&asks, 0, slow);
	start(&idle, 1, slow);
	assert_true(echo(2, 1));
	assert_true(usbfs_do("unplug"));
	pthread_join(asks.thread, NULL);
	pthread_join(idle.thread, NULL);
	assert_int_equal(asks.rc, CCID_E_GONE);
	assert_int_equal(idle.rc, CCID_E_GONE);
	ccid_reader_close(reader);
	assert_true(usbfs_do("plug"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		USB_TEST(four_threads_get_their_own_answers),
		USB_TEST(others_work_while_a_slot_asks_for_time),
		USB_TEST(an_answer_does_not_wait_for_a_command_that_is_not_taken),
		USB_TEST(an_unplug_ends_all_that_is_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
