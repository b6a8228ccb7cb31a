/* SPDX-License-Identifier: MIT */
/* Objects, connections and slots between threads. */
#include "live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

#define THREADS 8
#define ROUNDS  25

struct worker {
	pthread_t thread;
	unsigned number;
	ISCard *card;
	HRESULT hr; /* the first failure */
	unsigned good;
};

static void run(struct worker *workers, unsigned n, void *(*body)(void *arg))
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
}

static void all_good(const struct worker *workers, unsigned n, unsigned good)
{
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(workers[i].hr, S_OK);
		assert_int_equal(workers[i].good, good);
	}
}

static void *echo(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < ROUNDS && SUCCEEDED(w->hr); i++) {
		w->hr = live_echo(w->card, w->number, i);
		w->good += SUCCEEDED(w->hr);
	}
	return NULL;
}

static void hammer(unsigned slots, unsigned busy)
{
	struct worker workers[THREADS] = {0};

	live_start_busy(slots, busy);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].number = i;
		workers[i].card = live_attached(i % slots, SHARED);
		assert_non_null(workers[i].card);
	}
	run(workers, THREADS, echo);
	all_good(workers, THREADS, ROUNDS);
	for (unsigned i = 0; i < THREADS; i++)
		ISCard_Release(workers[i].card);
	live_end();
}

static void eight_threads_share_a_slot_without_losing_a_reply(void **state)
{
	(void)state;
	hammer(1, 1);
}

static void eight_threads_share_four_slots_without_swapping_a_reply(void **state)
{
	(void)state;
	for (unsigned busy = 1; busy <= 4; busy++)
		hammer(4, busy);
}

static void eight_threads_share_one_object(void **state)
{
	struct worker workers[THREADS] = {0};
	ISCard *card;

	(void)state;
	live_start(1);
	card = live_attached(0, EXCLUSIVE);
	assert_non_null(card);
	for (unsigned i = 0; i < THREADS; i++)
		workers[i] = (struct worker){.number = i, .card = card};
	run(workers, THREADS, echo);
	all_good(workers, THREADS, ROUNDS);
	ISCard_Release(card);
	live_end();
}

/* Three challenges in a row under the lock: nobody else's came between. */
static void *locked(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < ROUNDS && SUCCEEDED(w->hr); i++) {
		unsigned first;

		w->hr = ISCard_LockSCard(w->card);
		if (FAILED(w->hr))
			break;
		first = live_challenge(w->card);
		w->good += live_challenge(w->card) == (uint8_t)(first + 1) &&
		           live_challenge(w->card) == (uint8_t)(first + 2);
		w->hr = ISCard_UnlockSCard(w->card, LEAVE);
	}
	return NULL;
}

static void a_lock_keeps_others_off_the_card(void **state)
{
	struct worker workers[THREADS] = {0};

	(void)state;
	live_start(1);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].card = live_attached(0, SHARED);
		assert_non_null(workers[i].card);
	}
	run(workers, THREADS, locked);
	all_good(workers, THREADS, ROUNDS);
	for (unsigned i = 0; i < THREADS; i++)
		ISCard_Release(workers[i].card);
	live_end();
}

/* Open, use, give back: the reader is opened and closed under everybody's feet. */
static void *come_and_go(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < ROUNDS / 2 && SUCCEEDED(w->hr); i++) {
		ISCard *card = live_attached(w->number % 2, SHARED);

		w->hr = card != NULL ? live_echo(card, w->number, i) : E_FAIL;
		if (card != NULL && SUCCEEDED(w->hr) && i % 2)
			w->hr = ISCard_Detach(card, LEAVE);
		if (card != NULL)
			ISCard_Release(card);
		w->good += SUCCEEDED(w->hr);
	}
	return NULL;
}

static void readers_are_opened_and_given_back_between_threads(void **state)
{
	struct worker workers[4] = {0};

	(void)state;
	live_start(2);
	for (unsigned i = 0; i < 4; i++)
		workers[i].number = i;
	run(workers, 4, come_and_go);
	all_good(workers, 4, ROUNDS / 2);
	live_end();
}

static void *lock_once(void *arg)
{
	struct worker *w = arg;

	w->hr = ISCard_LockSCard(w->card);
	w->good = 1;
	return NULL;
}

/* Until the worker waits, as far as that can be seen from outside: it has queued. */
static void let_wait(ISCard *owner)
{
	struct timespec moment = {0, 20000000};

	(void)owner;
	nanosleep(&moment, NULL);
}

static void whoever_waits_for_a_lock_hears_of_a_removal(void **state)
{
	struct worker w = {0};
	ISCard *owner;

	(void)state;
	live_start(1);
	live.remove_at = 150;
	owner = live_attached(0, SHARED);
	w.card = live_attached(0, SHARED);
	assert_non_null(owner);
	assert_non_null(w.card);
	assert_int_equal(ISCard_LockSCard(owner), S_OK);
	run(&w, 1, lock_once);
	assert_int_equal(w.hr, SCARD_W_REMOVED_CARD);
	assert_int_equal(ISCard_UnlockSCard(owner, LEAVE), SCARD_W_REMOVED_CARD);
	ISCard_Release(owner);
	ISCard_Release(w.card);
	live_end();
}

static void detach_from_another_thread_ends_a_wait(void **state)
{
	struct worker w = {0};
	ISCard *owner;

	(void)state;
	live_start(1);
	owner = live_attached(0, SHARED);
	w.card = live_attached(0, SHARED);
	assert_int_equal(ISCard_LockSCard(owner), S_OK);
	assert_int_equal(pthread_create(&w.thread, NULL, lock_once, &w), 0);
	let_wait(owner);
	assert_int_equal(ISCard_Detach(w.card, LEAVE), S_OK);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.hr, SCARD_E_INVALID_HANDLE);
	assert_int_equal(ISCard_UnlockSCard(owner, LEAVE), S_OK);
	ISCard_Release(owner);
	ISCard_Release(w.card);
	live_end();
}

static void unlock_hands_the_lock_over(void **state)
{
	struct worker w = {0};
	SCARD_STATES now;
	ISCard *owner;

	(void)state;
	live_start(1);
	owner = live_attached(0, SHARED);
	w.card = live_attached(0, SHARED);
	assert_int_equal(ISCard_LockSCard(owner), S_OK);
	assert_int_equal(pthread_create(&w.thread, NULL, lock_once, &w), 0);
	let_wait(owner);
	/* neither of these waits for the lock */
	assert_int_equal(ISCard_get_Status(w.card, &now), S_OK);
	assert_int_equal(now, SPECIFICMODE);
	assert_int_equal(ISCard_UnlockSCard(owner, LEAVE), S_OK);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.hr, S_OK);
	assert_int_equal(ISCard_UnlockSCard(owner, LEAVE), SCARD_E_SHARING_VIOLATION);
	assert_int_equal(ISCard_UnlockSCard(w.card, LEAVE), S_OK);
	ISCard_Release(owner);
	ISCard_Release(w.card);
	live_end();
}

/* Until there is something to cancel. */
static void cancel(ISCard *card)
{
	struct timespec moment = {0, 1000000};

	while (iscard_cancel(card) == S_FALSE)
		nanosleep(&moment, NULL);
}

static void cancel_from_another_thread_ends_a_wait(void **state)
{
	struct worker w = {0};
	ISCard *owner;

	(void)state;
	live_start(1);
	owner = live_attached(0, SHARED);
	w.card = live_attached(0, SHARED);
	assert_int_equal(ISCard_LockSCard(owner), S_OK);
	assert_int_equal(pthread_create(&w.thread, NULL, lock_once, &w), 0);
	cancel(w.card);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.hr, SCARD_E_CANCELLED);
	assert_int_equal(live_echo(owner, 1, 2), S_OK);
	assert_int_equal(ISCard_UnlockSCard(owner, LEAVE), S_OK);
	assert_int_equal(live_echo(w.card, 3, 4), S_OK);
	ISCard_Release(owner);
	ISCard_Release(w.card);
	live_end();
}

/* A hundred time extensions, a second apart. */
static void *take_long(void *arg)
{
	static const uint8_t slow[] = {0x80, 0x12, 100, 10};
	struct worker *w = arg;
	uint8_t reply[8];
	size_t n = sizeof reply;

	w->hr = iscard_transmit(w->card, slow, sizeof slow, reply, &n);
	return NULL;
}

static void cancel_from_another_thread_ends_a_command(void **state)
{
	struct worker w = {0};

	(void)state;
	live_start(1);
	w.card = live_attached(0, SHARED);
	assert_int_equal(pthread_create(&w.thread, NULL, take_long, &w), 0);
	cancel(w.card);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.hr, SCARD_E_CANCELLED);
	assert_int_equal(live_echo(w.card, 1, 2), S_OK);
	ISCard_Release(w.card);
	live_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_threads_share_a_slot_without_losing_a_reply),
		cmocka_unit_test(eight_threads_share_four_slots_without_swapping_a_reply),
		cmocka_unit_test(eight_threads_share_one_object),
		cmocka_unit_test(a_lock_keeps_others_off_the_card),
		cmocka_unit_test(readers_are_opened_and_given_back_between_threads),
		cmocka_unit_test(whoever_waits_for_a_lock_hears_of_a_removal),
		cmocka_unit_test(detach_from_another_thread_ends_a_wait),
		cmocka_unit_test(unlock_hands_the_lock_over),
		cmocka_unit_test(cancel_from_another_thread_ends_a_wait),
		cmocka_unit_test(cancel_from_another_thread_ends_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
