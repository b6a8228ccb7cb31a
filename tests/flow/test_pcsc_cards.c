/* SPDX-License-Identifier: MIT */
/* Connections of PC/SC on an emulated reader: what pcsc-lite cannot be asked beside us, since it waits
 * for ever or breaks, and what is of one process: handles, threads, forks. */
#include "live.h"
#include "pcsc_priv.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CODE(hr) ((long)(uint32_t)(hr))
#define OK       0
#define READER   "Live Reader 00 00"
#define LOCKS    6

static const struct pcsc_io_request t0 = {PCSC_PROTOCOL_T0, sizeof t0};
static long context;

static HRESULT make(iscard_context **out)
{
	*out = iscard_context_ref(live.context);
	return S_OK;
}

static void begin(void)
{
	live_start(1);
	ccid_pcsc_stand_in(make);
	assert_int_equal(iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &context), OK);
}

static void end(void)
{
	assert_int_equal(iscard_pcsc_release_context(context), OK);
	live_end();
}

static long connect_as(unsigned long share, unsigned long protocols, long *card)
{
	unsigned long protocol;

	return iscard_pcsc_connect(context, READER, share, protocols, card, &protocol);
}

static long open_card(void)
{
	long card;

	assert_int_equal(connect_as(PCSC_SHARE_SHARED, 3, &card), OK);
	return card;
}

/* ECHO through the handle. */
static long echo(long card)
{
	static const uint8_t apdu[] = {0x80, 0x10, 0, 0, 3, 7, 8, 9, 0};
	static const uint8_t want[] = {7, 8, 9, 0x90, 0x00};
	uint8_t out[258];
	unsigned long n = sizeof out;
	long rc = iscard_pcsc_transmit(card, &t0, apdu, sizeof apdu, NULL, out, &n);

	if (rc == OK) {
		assert_int_equal(n, sizeof want);
		assert_memory_equal(out, want, n);
	} else {
		assert_int_equal(n, 0);
	}
	return rc;
}

static ISCard *object(void)
{
	ISCard *card = live_card();

	assert_non_null(card);
	return card;
}

static void a_handle_is_one_of_iscard(void **state)
{
	long card;
	ISCard *same;
	HSCARD handle;

	(void)state;
	begin();
	card = open_card();
	same = object();
	assert_int_equal(ISCard_AttachByHandle(same, (HSCARD)card), S_OK);
	assert_int_equal(live_echo(same, 1, 2), S_OK);
	assert_int_equal(ISCard_LockSCard(same), S_OK);
	assert_int_equal(iscard_pcsc_end_transaction(card, ISCARD_LEAVE), OK); /* the same lock */
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_LEAVE), OK);
	assert_int_equal(live_echo(same, 1, 2), SCARD_E_INVALID_HANDLE);
	ISCard_Release(same);
	same = live_attached(0, ISCARD_SHARED);
	assert_int_equal(ISCard_get_CardHandle(same, &handle), S_OK);
	assert_int_equal(echo((long)handle), OK);
	assert_int_equal(iscard_pcsc_disconnect((long)handle, ISCARD_LEAVE), OK);
	assert_int_equal(echo((long)handle), CODE(SCARD_E_INVALID_HANDLE));
	ISCard_Release(same);
	end();
}

static void nobody_waits_for_an_exclusive_reconnect(void **state)
{
	unsigned long protocol = 0;
	long one, two;

	(void)state;
	begin();
	one = open_card();
	two = open_card();
	assert_int_equal(
		iscard_pcsc_reconnect(one, PCSC_SHARE_EXCLUSIVE, 3, ISCARD_LEAVE, &protocol),
		CODE(SCARD_E_SHARING_VIOLATION));
	assert_int_equal(iscard_pcsc_disconnect(two, ISCARD_LEAVE), OK);
	assert_int_equal(
		iscard_pcsc_reconnect(one, PCSC_SHARE_EXCLUSIVE, 3, ISCARD_LEAVE, &protocol), OK);
	assert_int_equal(connect_as(PCSC_SHARE_SHARED, 3, &two), CODE(SCARD_E_SHARING_VIOLATION));
	assert_int_equal(connect_as(PCSC_SHARE_DIRECT, 0, &two), CODE(SCARD_E_SHARING_VIOLATION));
	assert_int_equal(iscard_pcsc_reconnect(one, PCSC_SHARE_SHARED, 3, ISCARD_LEAVE, &protocol),
	                 OK);
	assert_int_equal(connect_as(PCSC_SHARE_SHARED, 3, &two), OK);
	assert_int_equal(echo(one), OK);
	assert_int_equal(echo(two), OK);
	end();
}

static void a_direct_connection_misses_no_reset(void **state)
{
	unsigned long protocol, n = 0, atr = 0, now = 0;
	long direct, card;

	(void)state;
	begin();
	assert_int_equal(connect_as(PCSC_SHARE_DIRECT, 0, &direct), OK);
	assert_int_equal(echo(direct), CODE(SCARD_E_PROTO_MISMATCH)); /* there is none yet */
	card = open_card();
	assert_int_equal(echo(direct), OK);
	assert_int_equal(iscard_pcsc_reconnect(card, PCSC_SHARE_SHARED, 3, ISCARD_RESET, &protocol),
	                 OK);
	assert_int_equal(iscard_pcsc_status(direct, NULL, &n, &now, &protocol, NULL, &atr), OK);
	assert_int_equal(now & 0xFFFF, PCSC_PRESENT | PCSC_POWERED | PCSC_NEGOTIABLE);
	assert_int_equal(now >> 16, 1);
	assert_int_equal(protocol, PCSC_PROTOCOL_T0);
	assert_int_equal(n, sizeof READER);
	assert_int_equal(atr, 9);
	assert_int_equal(echo(direct), OK);
	assert_int_equal(
		iscard_pcsc_reconnect(direct, PCSC_SHARE_SHARED, 2, ISCARD_LEAVE, &protocol),
		CODE(SCARD_E_PROTO_MISMATCH));
	assert_int_equal(
		iscard_pcsc_reconnect(direct, PCSC_SHARE_SHARED, 1, ISCARD_LEAVE, &protocol), OK);
	assert_int_equal(protocol, PCSC_PROTOCOL_T0);
	end();
}

static void an_eject_that_cannot_be_done_powers_off(void **state)
{
	unsigned long protocol;
	long card;

	(void)state;
	begin();
	card = open_card();
	assert_int_equal(iscard_pcsc_begin_transaction(card), OK);
	assert_int_equal(iscard_pcsc_end_transaction(card, ISCARD_EJECT), OK);
	assert_int_equal(echo(card), CODE(SCARD_W_RESET_CARD));
	assert_int_equal(iscard_pcsc_reconnect(card, PCSC_SHARE_SHARED, 3, ISCARD_LEAVE, &protocol),
	                 OK);
	assert_int_equal(echo(card), OK);
	end();
}

static void a_mute_card_is_asked_once(void **state)
{
	struct pcsc_reader_state seen = {.reader = READER};
	unsigned powered;
	long card;

	(void)state;
	live_start(1);
	live.cfg.card[0].mute = true;
	emu_destroy(live.device);
	live.device = emu_create(&live.cfg);
	ccid_pcsc_stand_in(make);
	assert_int_equal(iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &context), OK);
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &seen, 1), OK);
	assert_int_equal(seen.event_state,
	                 1 << 16 | PCSC_STATE_PRESENT | PCSC_STATE_MUTE | PCSC_STATE_CHANGED);
	assert_int_equal(seen.atr_len, 0);
	powered = emu_counts(live.device)->messages;
	seen.current_state = 0;
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &seen, 1), OK);
	assert_int_equal(emu_counts(live.device)->messages, powered);
	assert_int_equal(connect_as(PCSC_SHARE_SHARED, 3, &card), CODE(SCARD_W_UNRESPONSIVE_CARD));
	end();
}

static void a_card_under_a_lock_is_left_alone(void **state)
{
	struct pcsc_reader_state seen = {.reader = READER};
	long direct;

	(void)state;
	begin();
	assert_int_equal(connect_as(PCSC_SHARE_DIRECT, 0, &direct), OK);
	assert_int_equal(iscard_pcsc_begin_transaction(direct), OK);
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &seen, 1), OK); /* at once */
	assert_int_equal(seen.event_state,
	                 1 << 16 | PCSC_STATE_PRESENT | PCSC_STATE_INUSE | PCSC_STATE_CHANGED);
	assert_int_equal(seen.atr_len, 0);
	assert_int_equal(iscard_pcsc_end_transaction(direct, ISCARD_LEAVE), OK);
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &seen, 1), OK);
	assert_int_equal(seen.atr_len, 9);
	end();
}

static void *release_soon(void *arg)
{
	usleep(50000);
	return (void *)(intptr_t)iscard_pcsc_end_transaction(*(long *)arg, ISCARD_LEAVE);
}

static void a_transaction_makes_others_wait(void **state)
{
	pthread_t thread;
	long one, two;
	void *rc;

	(void)state;
	begin();
	one = open_card();
	two = open_card();
	assert_int_equal(iscard_pcsc_begin_transaction(one), OK);
	assert_int_equal(iscard_pcsc_begin_transaction(one), OK);
	assert_int_equal(iscard_pcsc_end_transaction(one, ISCARD_LEAVE), OK);
	assert_int_equal(iscard_pcsc_end_transaction(two, ISCARD_LEAVE),
	                 CODE(SCARD_E_SHARING_VIOLATION));
	assert_int_equal(pthread_create(&thread, NULL, release_soon, &one), 0);
	assert_int_equal(echo(two), OK); /* when one has let go */
	pthread_join(thread, &rc);
	assert_int_equal((intptr_t)rc, OK);
	assert_int_equal(iscard_pcsc_end_transaction(one, ISCARD_LEAVE),
	                 CODE(SCARD_E_NOT_TRANSACTED));
	end();
}

/* Otherwise a card would stay authenticated that was to be reset. */
static void an_inner_transaction_ends_with_its_own_disposition(void **state)
{
	unsigned long protocol;
	long one, two;

	(void)state;
	begin();
	one = open_card();
	two = open_card();
	for (unsigned long how = ISCARD_RESET; how <= ISCARD_UNPOWER; how++) {
		assert_int_equal(iscard_pcsc_begin_transaction(one), OK);
		assert_int_equal(iscard_pcsc_begin_transaction(one), OK);
		assert_int_equal(iscard_pcsc_end_transaction(one, how), OK);
		assert_int_equal(echo(one), CODE(SCARD_W_RESET_CARD));
		assert_int_equal(iscard_pcsc_end_transaction(one, ISCARD_LEAVE),
		                 CODE(SCARD_W_RESET_CARD));
		assert_int_equal(echo(two), CODE(SCARD_W_RESET_CARD));
		assert_int_equal(
			iscard_pcsc_reconnect(two, PCSC_SHARE_SHARED, 3, ISCARD_LEAVE, &protocol),
			OK);
		assert_int_equal(echo(two), OK); /* the lock is free */
		assert_int_equal(
			iscard_pcsc_reconnect(one, PCSC_SHARE_SHARED, 3, ISCARD_LEAVE, &protocol),
			OK);
	}
	end();
}

struct lock {
	pthread_t thread;
	long card, rc;
};

static void *lock_and_keep(void *arg)
{
	struct lock *l = arg;

	l->rc = iscard_pcsc_begin_transaction(l->card);
	return NULL;
}

static unsigned queued_behind(long card)
{
	struct ccid_session *s;
	unsigned n = 0;

	assert_int_equal(ccid_pcsc_session_get(&s, card), S_OK);
	pthread_mutex_lock(&s->port->lock);
	for (const struct ccid_ticket *t = s->port->share.head; t != NULL; t = t->next)
		n++;
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unref(s);
	return n;
}

/* Threads that ask through one connection get in together, whichever of them wakes up first: the one that
 * holds the transaction may need what another is about to do. */
static void a_transaction_is_of_all_threads_of_its_connection(void **state)
{
	struct lock locks[LOCKS];
	long one, two;

	(void)state;
	begin();
	one = open_card();
	two = open_card();
	for (unsigned round = 0; round < 20; round++) {
		assert_int_equal(iscard_pcsc_begin_transaction(one), OK);
		for (unsigned i = 0; i < LOCKS; i++) {
			locks[i] = (struct lock){.card = two};
			assert_int_equal(
				pthread_create(&locks[i].thread, NULL, lock_and_keep, &locks[i]),
				0);
		}
		while (queued_behind(one) < LOCKS)
			usleep(1000);
		assert_int_equal(iscard_pcsc_end_transaction(one, ISCARD_LEAVE), OK);
		for (unsigned i = 0; i < LOCKS; i++) {
			pthread_join(locks[i].thread, NULL);
			assert_int_equal(locks[i].rc, OK);
		}
		for (unsigned i = 0; i < LOCKS; i++)
			assert_int_equal(iscard_pcsc_end_transaction(two, ISCARD_LEAVE), OK);
	}
	end();
}

struct waiting {
	pthread_t thread;
	long context, rc;
	unsigned long timeout;
};

static void *wait_for_news(void *arg)
{
	struct waiting *w = arg;
	struct pcsc_reader_state s = {.reader = READER, .current_state = PCSC_STATE_PRESENT};

	w->rc = iscard_pcsc_get_status_change(w->context, w->timeout, &s, 1);
	return NULL;
}

static unsigned waits_of(long number)
{
	struct ccid_pcsc_context *c;
	unsigned waits;

	assert_int_equal(ccid_pcsc_context_get(&c, number), S_OK);
	ccid_process_enter();
	waits = c->waits;
	ccid_process_leave();
	ccid_pcsc_context_put(c);
	return waits;
}

static void start(struct waiting *w, long of, unsigned long timeout)
{
	*w = (struct waiting){.context = of, .timeout = timeout};
	assert_int_equal(pthread_create(&w->thread, NULL, wait_for_news, w), 0);
	while (waits_of(of) == 0)
		usleep(1000);
}

static void cancel_ends_the_waits_of_its_context_alone(void **state)
{
	struct waiting mine, others;
	long other;

	(void)state;
	begin();
	assert_int_equal(iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &other), OK);
	start(&mine, context, PCSC_INFINITE);
	start(&others, other, PCSC_INFINITE);
	assert_int_equal(iscard_pcsc_cancel(context), OK);
	pthread_join(mine.thread, NULL);
	assert_int_equal(mine.rc, CODE(SCARD_E_CANCELLED));
	assert_int_equal(waits_of(other), 1);
	assert_int_equal(iscard_pcsc_cancel(context), OK); /* nothing: not for the next either */
	start(&mine, context, 20);
	pthread_join(mine.thread, NULL);
	assert_int_equal(mine.rc, CODE(SCARD_E_TIMEOUT));
	assert_int_equal(iscard_pcsc_release_context(other), OK);
	pthread_join(others.thread, NULL);
	assert_int_equal(others.rc, CODE(SCARD_E_CANCELLED));
	end();
}

/* In the child: the number of what is wrong. */
static int child(long card)
{
	unsigned long n;
	long own;

	if (iscard_pcsc_is_valid_context(context) != CODE(SCARD_E_INVALID_HANDLE))
		return 1;
	if (iscard_pcsc_list_readers(context, NULL, &n) != CODE(SCARD_E_INVALID_HANDLE))
		return 2;
	if (echo(card) != CODE(SCARD_E_INVALID_HANDLE))
		return 3;
	if (iscard_pcsc_disconnect(card, ISCARD_RESET) != CODE(SCARD_E_INVALID_HANDLE))
		return 4;
	if (iscard_pcsc_release_context(context) != CODE(SCARD_E_INVALID_HANDLE))
		return 5;
	ccid_pcsc_stand_in(NULL);
	setenv("ISCARD_READERS", "usb:1-77", 1);
	if (iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &own) != OK || own == context)
		return 6;
	if (iscard_pcsc_list_readers(own, NULL, &n) != CODE(SCARD_E_NO_READERS_AVAILABLE))
		return 7;
	return iscard_pcsc_release_context(own) == OK ? 0 : 8;
}

static void a_child_has_nothing_of_its_parent(void **state)
{
	int status;
	pid_t pid;
	long card;

	(void)state;
	begin();
	card = open_card();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(child(card));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(echo(card), OK);
	end();
}

static void what_is_left_open_ends_with_its_context(void **state)
{
	unsigned long protocol;
	long other, card, two;

	(void)state;
	begin();
	two = open_card();
	assert_int_equal(iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &other), OK);
	assert_int_equal(iscard_pcsc_connect(other, READER, PCSC_SHARE_SHARED, 3, &card, &protocol),
	                 OK);
	assert_int_equal(iscard_pcsc_release_context(other), OK);
	assert_int_equal(echo(card), CODE(SCARD_E_INVALID_HANDLE));
	assert_int_equal(echo(two), OK);
	assert_int_equal(iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &other), OK);
	assert_int_equal(iscard_pcsc_connect(other, READER, PCSC_SHARE_SHARED, 3, &card, &protocol),
	                 OK);
	assert_int_equal(iscard_pcsc_begin_transaction(card), OK);
	assert_int_equal(iscard_pcsc_release_context(other), OK);
	assert_int_equal(echo(two),
	                 CODE(SCARD_W_RESET_CARD)); /* it was in the middle of something */
	end();
}

static void commands_may_be_answered_in_place(void **state)
{
	uint8_t both[300] = {0x80, 0x10, 0, 0, 3, 7, 8, 9, 0};
	unsigned long n = sizeof both;
	long card;

	(void)state;
	begin();
	card = open_card();
	assert_int_equal(iscard_pcsc_transmit(card, &t0, both, 9, NULL, both, &n), OK);
	assert_int_equal(n, 5);
	assert_memory_equal(both, "\x07\x08\x09\x90\x00", 5);
	memcpy(both, (const uint8_t[]){0x80, 0x10, 0, 0, 2, 4, 5, 0}, 8);
	n = ULONG_MAX; /* who trusts the card */
	assert_int_equal(iscard_pcsc_transmit(card, &t0, both, 8, NULL, both, &n), OK);
	assert_int_equal(n, 4);
	assert_memory_equal(both, "\x04\x05\x90\x00", 4);
	memcpy(both, (const uint8_t[]){0x00, 0xB0, 0, 0, 16}, 5);
	n = 17; /* one short */
	assert_int_equal(iscard_pcsc_transmit(card, &t0, both, 5, NULL, both, &n),
	                 CODE(SCARD_E_INSUFFICIENT_BUFFER));
	assert_int_equal(n, 0);
	end();
}

static void give_back(void)
{
	begin();
	setenv("ISCARD_TURNS", "1", 1);
}

static void end_turns(void)
{
	unsetenv("ISCARD_TURNS");
	end();
}

static void between_transactions_the_reader_is_another_s(void **state)
{
	unsigned long protocol;
	long card;

	(void)state;
	give_back();
	card = open_card();
	assert_int_equal(iscard_pcsc_begin_transaction(card), OK);
	assert_int_equal(iscard_pcsc_begin_transaction(card), OK);
	assert_int_equal(iscard_pcsc_end_transaction(card, ISCARD_LEAVE), OK);
	assert_int_equal(echo(card), OK);
	assert_true(emu_slot(live.device, 0).active);
	assert_int_equal(iscard_pcsc_end_transaction(card, ISCARD_LEAVE), OK);
	assert_false(emu_slot(live.device, 0).active);
	assert_int_equal(echo(card), CODE(SCARD_W_RESET_CARD));
	assert_int_equal(iscard_pcsc_begin_transaction(card), CODE(SCARD_W_RESET_CARD));
	assert_int_equal(live.opens, 1); /* all that took no reader */
	assert_int_equal(iscard_pcsc_reconnect(card, PCSC_SHARE_SHARED, 3, ISCARD_LEAVE, &protocol),
	                 OK);
	assert_int_equal(live.opens, 2);
	assert_int_equal(iscard_pcsc_begin_transaction(card), OK);
	assert_int_equal(echo(card), OK);
	assert_int_equal(iscard_pcsc_end_transaction(card, ISCARD_LEAVE), OK);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_RESET), OK);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_RESET), CODE(SCARD_E_INVALID_HANDLE));
	end_turns();
}

static void who_only_controls_the_reader_has_it_for_that_call_alone(void **state)
{
	unsigned long n = 0;
	uint8_t out[64];
	long card;

	(void)state;
	give_back();
	card = open_card();
	assert_int_equal(iscard_pcsc_begin_transaction(card), OK);
	assert_int_equal(iscard_pcsc_end_transaction(card, ISCARD_LEAVE), OK);
	assert_int_equal(
		iscard_pcsc_control(card, PCSC_CONTROL_FEATURES, NULL, 0, out, sizeof out, &n), OK);
	assert_int_equal(live.opens, 2);
	assert_null(ccid_process()->readers); /* nor does it keep the reader */
	assert_int_equal(echo(card), CODE(SCARD_W_RESET_CARD));
	n = sizeof out;
	assert_int_equal(iscard_pcsc_get_attrib(card, PCSC_ATTR_VENDOR_NAME, out, &n),
	                 CODE(SCARD_W_RESET_CARD));
	assert_int_equal(live.opens, 3);
	assert_null(ccid_process()->readers);
	end_turns();
}

static void a_reader_in_use_elsewhere_in_the_process_stays(void **state)
{
	long one, two;

	(void)state;
	give_back();
	one = open_card();
	two = open_card();
	assert_int_equal(iscard_pcsc_begin_transaction(one), OK);
	assert_int_equal(iscard_pcsc_end_transaction(one, ISCARD_LEAVE), OK);
	assert_int_equal(echo(one), OK);
	assert_int_equal(echo(two), OK);
	assert_int_equal(live.opens, 1);
	end_turns();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handle_is_one_of_iscard),
		cmocka_unit_test(nobody_waits_for_an_exclusive_reconnect),
		cmocka_unit_test(a_direct_connection_misses_no_reset),
		cmocka_unit_test(an_eject_that_cannot_be_done_powers_off),
		cmocka_unit_test(a_mute_card_is_asked_once),
		cmocka_unit_test(a_card_under_a_lock_is_left_alone),
		cmocka_unit_test(a_transaction_makes_others_wait),
		cmocka_unit_test(an_inner_transaction_ends_with_its_own_disposition),
		cmocka_unit_test(a_transaction_is_of_all_threads_of_its_connection),
		cmocka_unit_test(cancel_ends_the_waits_of_its_context_alone),
		cmocka_unit_test(a_child_has_nothing_of_its_parent),
		cmocka_unit_test(what_is_left_open_ends_with_its_context),
		cmocka_unit_test(commands_may_be_answered_in_place),
		cmocka_unit_test(between_transactions_the_reader_is_another_s),
		cmocka_unit_test(who_only_controls_the_reader_has_it_for_that_call_alone),
		cmocka_unit_test(a_reader_in_use_elsewhere_in_the_process_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
