/* SPDX-License-Identifier: MIT */
/* PC/SC from several threads, one of which takes the contexts away from the others. */
#include "live.h"
#include "pcsc_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define CODE(hr) ((long)(uint32_t)(hr))
#define OK       0
#define READER   "Live Reader 00 00"
#define WORKERS  4
#define ROUNDS   40
#define RELEASES 40

static atomic_long current; /* the context in use */
static atomic_bool over;

struct worker {
	pthread_t thread;
	unsigned good;
	long odd; /* a result that nothing explains */
};

static HRESULT make(iscard_context **out)
{
	*out = iscard_context_ref(live.context);
	return S_OK;
}

/* What may become of a call when the context goes, and another's transaction with it. */
static bool explained(long rc)
{
	return rc == CODE(SCARD_E_INVALID_HANDLE) || rc == CODE(SCARD_W_RESET_CARD) ||
	       rc == CODE(SCARD_E_CANCELLED);
}

static long echo(long card, uint8_t b)
{
	static const struct pcsc_io_request t0 = {PCSC_PROTOCOL_T0, sizeof t0};
	const uint8_t apdu[] = {0x80, 0x10, 0, 0, 1, b, 0};
	uint8_t out[258];
	unsigned long n = sizeof out;
	long rc = iscard_pcsc_transmit(card, &t0, apdu, sizeof apdu, NULL, out, &n);

	return rc != OK || (n == 3 && out[0] == b && out[1] == 0x90) ? rc : -1;
}

static long session(long card, uint8_t b)
{
	unsigned long state;
	long rc = iscard_pcsc_begin_transaction(card);

	if (rc == OK)
		rc = echo(card, b);
	if (rc == OK)
		rc = iscard_pcsc_status(card, NULL, NULL, &state, NULL, NULL, NULL);
	return rc == OK ? iscard_pcsc_end_transaction(card, ISCARD_LEAVE) : rc;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned long protocol;
		long card, last,
			rc = iscard_pcsc_connect(atomic_load(&current), READER, PCSC_SHARE_SHARED,
		                                 3, &card, &protocol);

		if (rc == OK) {
			rc = session(card, (uint8_t)i);
			last = iscard_pcsc_disconnect(card, ISCARD_LEAVE);
			w->odd = last != OK && !explained(last) ? last : w->odd;
		}
		w->good += rc == OK;
		w->odd = rc != OK && !explained(rc) ? rc : w->odd;
	}
	return NULL;
}

/* Each wait ends, although nothing happens to the card. */
static void *wait_for_nothing(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(&over)) {
		struct pcsc_reader_state s = {.reader = READER,
		                              .current_state = PCSC_STATE_PRESENT};
		long rc =
			iscard_pcsc_get_status_change(atomic_load(&current), PCSC_INFINITE, &s, 1);

		w->good++;
		w->odd = rc != OK && !explained(rc) ? rc : w->odd;
	}
	return NULL;
}

static void *take_away(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < RELEASES; i++) {
		long made, rc = iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &made);

		if (rc == OK)
			rc = iscard_pcsc_release_context(atomic_exchange(&current, made));
		w->odd = rc != OK ? rc : w->odd;
	}
	return NULL;
}

static void start(struct worker *w, void *(*what)(void *))
{
	*w = (struct worker){.good = 0};
	assert_int_equal(pthread_create(&w->thread, NULL, what, w), 0);
}

static void contexts_go_while_others_use_them(void **state)
{
	struct worker workers[WORKERS], waiter, taker;
	long made, card;
	unsigned long protocol;

	(void)state;
	live_start(1);
	ccid_pcsc_stand_in(make);
	assert_int_equal(iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &made), OK);
	atomic_store(&current, made);
	start(&waiter, wait_for_nothing);
	for (unsigned i = 0; i < WORKERS; i++)
		start(&workers[i], work);
	start(&taker, take_away);
	pthread_join(taker.thread, NULL);
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].odd, 0);
	}
	atomic_store(&over, true);
	made = atomic_load(&current);
	assert_int_equal(iscard_pcsc_connect(made, READER, PCSC_SHARE_SHARED, 3, &card, &protocol),
	                 OK);
	assert_int_equal(echo(card, 0x55), OK);
	assert_int_equal(iscard_pcsc_release_context(made), OK); /* ends the last wait */
	pthread_join(waiter.thread, NULL);
	assert_int_equal(waiter.odd, 0);
	assert_int_equal(taker.odd, 0);
	assert_int_equal(echo(card, 0x55), CODE(SCARD_E_INVALID_HANDLE));
	live_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_go_while_others_use_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
