/* SPDX-License-Identifier: MIT */
/* Objects, connections and slots between threads. */
#include "attachment.h"
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

/* Until the connection is at a command and so many calls are under way on it: that one, and those that
 * wait for their turn. */
static void await(ISCard *card, unsigned calls)
{
	struct timespec moment = {0, 1000000};
	struct ccid_session *s = ccid_card_attachment(card)->session;
	bool there = false;

	while (!there) {
		nanosleep(&moment, NULL);
		pthread_mutex_lock(&s->port->lock);
		there = s->busy && s->calls == calls;
		pthread_mutex_unlock(&s->port->lock);
	}
}

static struct ccid_session *session_of(ISCard *card)
{
	return ccid_card_attachment(card)->session;
}

static void await_in_queue(ISCard *card)
{
	struct timespec moment = {0, 1000000};
	struct ccid_session *s = session_of(card);
	bool there = false;

	while (!there) {
		nanosleep(&moment, NULL);
		pthread_mutex_lock(&s->port->lock);
		there = s->calls == 1;
		pthread_mutex_unlock(&s->port->lock);
	}
}

/* The first in the queue is cancelled in the moment in which the lock is handed to it. */
static void who_does_not_want_the_lock_passes_it_on(void **state)
{
	struct worker w[2] = {{.number = 0}};
	struct ccid_session *s;
	ISCard *owner;

	(void)state;
	live_start(1);
	owner = live_attached(0, SHARED);
	assert_int_equal(ISCard_LockSCard(owner), S_OK);
	for (unsigned i = 0; i < 2; i++) {
		w[i].card = live_attached(0, SHARED);
		assert_int_equal(pthread_create(&w[i].thread, NULL, lock_once, &w[i]), 0);
		await_in_queue(w[i].card);
	}
	s = session_of(owner);
	pthread_mutex_lock(&s->port->lock);
	ccid_share_unlock(&s->port->share, &s->member);
	ccid_port_wake(s->port);
	session_of(w[0].card)->cancels++;
	pthread_mutex_unlock(&s->port->lock);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	assert_int_equal(w[0].hr, SCARD_E_CANCELLED);
	assert_int_equal(w[1].hr, S_OK);
	for (unsigned i = 0; i < 2; i++)
		ISCard_Release(w[i].card);
	ISCard_Release(owner);
	live_end();
}

static void *echo_once(void *arg)
{
	struct worker *w = arg;

	w->hr = live_echo(w->card, 1, 2);
	return NULL;
}

static ISCard *twin(ISCard *card)
{
	ISCard *made = live_card();
	HSCARD handle;

	assert_int_equal(ISCard_get_CardHandle(card, &handle), S_OK);
	assert_int_equal(ISCard_AttachByHandle(made, handle), S_OK);
	return made;
}

/* One command at the card, two behind it on the same connection: one through the same object. */
static void cancel_ends_the_wait_for_ones_turn_too(void **state)
{
	struct worker w[3] = {0};

	(void)state;
	live_start(1);
	w[0].card = w[1].card = live_attached(0, SHARED);
	w[2].card = twin(w[0].card);
	assert_int_equal(pthread_create(&w[0].thread, NULL, take_long, &w[0]), 0);
	await(w[2].card, 1);
	for (int i = 1; i < 3; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, echo_once, &w[i]), 0);
	await(w[2].card, 3);
	assert_int_equal(iscard_cancel(w[2].card), S_OK);
	for (int i = 0; i < 3; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].hr, SCARD_E_CANCELLED);
	}
	assert_int_equal(live_echo(w[0].card, 1, 2), S_OK);
	ISCard_Release(w[2].card);
	ISCard_Release(w[0].card);
	live_end();
}

static void detach_ends_the_wait_for_ones_turn(void **state)
{
	struct worker w[2] = {0};
	ISCard *owner;

	(void)state;
	live_start(1);
	owner = live_attached(0, SHARED);
	w[0].card = live_attached(0, SHARED);
	w[1].card = twin(w[0].card);
	assert_int_equal(ISCard_LockSCard(owner), S_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, echo_once, &w[i]), 0);
	await(w[0].card, 2);
	assert_int_equal(ISCard_Detach(w[1].card, LEAVE), S_OK);
	for (int i = 0; i < 2; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].hr, SCARD_E_INVALID_HANDLE);
		ISCard_Release(w[i].card);
	}
	assert_int_equal(ISCard_UnlockSCard(owner, LEAVE), S_OK);
	ISCard_Release(owner);
	live_end();
}

static void *attach(void *arg)
{
	struct worker *w = arg;

	w->hr = iscard_attach(w->card, "Live Reader 00 00", SHARED, (SCARD_PROTOCOLS)(T0 | T1));
	return NULL;
}

/* Until the attach has come so far. */
static void cancel_attach(ISCard *card)
{
	struct timespec moment = {0, 1000000};
	HRESULT hr = S_FALSE;

	while (hr != S_OK) {
		hr = iscard_cancel(card);
		assert_true(hr == S_OK || hr == S_FALSE || hr == SCARD_E_INVALID_HANDLE);
		nanosleep(&moment, NULL);
	}
}

/* One gives power to a slow card, the other waits until it has. */
static void cancel_ends_an_attach(void **state)
{
	struct worker w[2] = {0};

	(void)state;
	live_start(1);
	emu_destroy(live.device);
	live.cfg.extensions = 100;
	live.cfg.extension_ms = 1000;
	live.device = emu_create(&live.cfg);
	for (int i = 0; i < 2; i++)
		w[i].card = live_card();
	assert_int_equal(iscard_cancel(w[0].card), SCARD_E_INVALID_HANDLE);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, attach, &w[i]), 0);
	for (int i = 1; i >= 0; i--) {
		cancel_attach(w[i].card);
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].hr, SCARD_E_CANCELLED);
		assert_int_equal(iscard_last_error(w[i].card, NULL, 0), SCARD_E_CANCELLED);
		ISCard_Release(w[i].card);
	}
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
		cmocka_unit_test(who_does_not_want_the_lock_passes_it_on),
		cmocka_unit_test(cancel_ends_the_wait_for_ones_turn_too),
		cmocka_unit_test(detach_ends_the_wait_for_ones_turn),
		cmocka_unit_test(cancel_ends_an_attach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
