/* SPDX-License-Identifier: MIT */
/* PC/SC when a reader is pulled and plugged in again: old handles, new ones, names. */
#include "events_rig.h"
#include "pcsc_priv.h"

#include <sched.h>

#define CODE(hr) ((long)(uint32_t)(hr))
#define OK       0
#define GONE     CODE(SCARD_E_READER_UNAVAILABLE)

static long context;

static HRESULT make(iscard_context **out)
{
	*out = iscard_context_ref(rig.context);
	return S_OK;
}

static void begin(const char *readers)
{
	rig_begin(readers);
	ccid_pcsc_stand_in(make);
	assert_int_equal(iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &context), OK);
}

static void begin_with_card(void)
{
	begin(NULL);
	rig_plug(0);
	rig.device[0]->card = true;
}

static void end(void)
{
	assert_int_equal(iscard_pcsc_release_context(context), OK);
	rig_finish();
}

static long connect_shared(long *card)
{
	unsigned long protocol;

	return iscard_pcsc_connect(context, rig_name(0), PCSC_SHARE_SHARED, 3, card, &protocol);
}

static void replug(void)
{
	rig_unplug(0);
	rig_plug(0);
	rig.device[0]->card = true;
}

static void the_reader_that_came_back_is_the_one_connected_to(void **state)
{
	long old, card;

	(void)state;
	begin_with_card();
	assert_int_equal(connect_shared(&old), OK);
	replug(); /* and nobody has looked */
	assert_int_equal(connect_shared(&card), OK);
	assert_int_equal(iscard_pcsc_begin_transaction(card), OK);
	assert_int_equal(iscard_pcsc_begin_transaction(old), GONE);
	assert_int_equal(iscard_pcsc_end_transaction(card, ISCARD_LEAVE), OK);
	assert_int_equal(iscard_pcsc_disconnect(old, ISCARD_RESET), OK);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_LEAVE), OK);
	end();
}

/* Every call on a handle whose reader was pulled, and of what was written where. */
static void assert_gone(long card)
{
	static const struct pcsc_io_request t0 = {PCSC_PROTOCOL_T0, sizeof t0};
	static const uint8_t select[] = {0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00};
	unsigned long n = 64, name = 64, state = 9, protocol = 9;
	uint8_t out[64];
	char text[64];

	assert_int_equal(iscard_pcsc_transmit(card, &t0, select, sizeof select, NULL, out, &n),
	                 GONE);
	assert_int_equal(n, 0);
	n = 64;
	assert_int_equal(iscard_pcsc_status(card, text, &name, &state, &protocol, out, &n), GONE);
	assert_int_equal(name | n | state | protocol, 0);
	n = 64;
	assert_int_equal(iscard_pcsc_get_attrib(card, PCSC_ATTR_ATR_STRING, out, &n), GONE);
	assert_int_equal(iscard_pcsc_begin_transaction(card), GONE);
	n = 9;
	assert_int_equal(iscard_pcsc_control(card, PCSC_CONTROL_FEATURES, NULL, 0, out, 64, &n),
	                 GONE);
	assert_int_equal(n, 0);
	for (unsigned long how = ISCARD_LEAVE; how <= ISCARD_UNPOWER; how++) {
		protocol = 9;
		assert_int_equal(iscard_pcsc_reconnect(card, PCSC_SHARE_SHARED, 3, how, &protocol),
		                 GONE);
		assert_int_equal(protocol, 9);
	}
}

static void a_handle_outlives_its_reader(void **state)
{
	struct pcsc_reader_state seen = {.reader = rig_name(0)};
	unsigned long protocol;
	long card, direct;

	(void)state;
	begin_with_card();
	assert_int_equal(connect_shared(&card), OK);
	assert_int_equal(
		iscard_pcsc_connect(context, rig_name(0), PCSC_SHARE_DIRECT, 0, &direct, &protocol),
		OK);
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &seen, 1), OK);
	rig_unplug(0);
	rig_settle();
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &seen, 1),
	                 CODE(SCARD_E_UNKNOWN_READER));
	assert_gone(card);
	assert_gone(direct);
	rig_plug(0); /* another: the handles are not of this one */
	rig_settle();
	assert_gone(card);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_UNPOWER), OK);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_UNPOWER),
	                 CODE(SCARD_E_INVALID_HANDLE));
	assert_int_equal(iscard_pcsc_disconnect(direct, ISCARD_EJECT), OK);
	end();
}

static void who_holds_a_transaction_may_end_it_without_a_reader(void **state)
{
	long card;

	(void)state;
	begin_with_card();
	assert_int_equal(connect_shared(&card), OK);
	assert_int_equal(iscard_pcsc_begin_transaction(card), OK);
	rig_unplug(0);
	assert_int_equal(iscard_pcsc_end_transaction(card, ISCARD_RESET), GONE);
	assert_gone(card);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_RESET), OK);
	end();
}

static void assert_name(long card, const char *want, unsigned long counter)
{
	char name[PCSC_READER_NAME_MAX];
	unsigned long n = sizeof name, state;

	assert_int_equal(iscard_pcsc_status(card, name, &n, &state, NULL, NULL, NULL), OK);
	assert_string_equal(name, want);
	assert_int_equal(state >> 16, counter);
}

/* Without sysfs the list knows less than the reader tells when it is open. */
static void a_reader_has_one_name(void **state)
{
	long card;

	(void)state;
	begin_with_card();
	rig.maker = "Other";
	assert_int_equal(connect_shared(&card), OK);
	assert_name(card, rig_name(0), 1);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_LEAVE), OK);
	end();
}

/* One that did not tell who it is when it was asked first. */
static void a_reader_elsewhere_has_one_name(void **state)
{
	static const struct fake_reader plain = {.features = FAKE_SHORT};
	unsigned long protocol, n = 300;
	char readers[300];
	long card;

	(void)state;
	begin("test:peer");
	rig_make(0, &plain);
	rig.device[0]->card = true;
	assert_int_equal(iscard_pcsc_list_readers(context, readers, &n), OK);
	assert_string_equal(readers, rig_name(0));
	assert_int_equal(
		iscard_pcsc_connect(context, readers, PCSC_SHARE_SHARED, 3, &card, &protocol), OK);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_LEAVE), OK);
	responder_unplug(rig.device[0]);
	rig_make(0, &plain);
	rig.device[0]->card = true;
	rig.maker = "Other";
	rig_take();
	rig_pass(CCID_WATCH_BACKOFF_MAX);
	assert_int_equal(
		iscard_pcsc_connect(context, readers, PCSC_SHARE_SHARED, 3, &card, &protocol), OK);
	assert_name(card, rig_name(0), 3);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_LEAVE), OK);
	end();
}

static long list(void)
{
	char readers[300];
	unsigned long n = sizeof readers;
	long rc = iscard_pcsc_list_readers(context, readers, &n);

	if (rc == OK)
		assert_string_equal(readers, rig_name(0));
	return rc;
}

static void make_peer(void)
{
	static const struct fake_reader plain = {.features = FAKE_SHORT};

	rig_make(0, &plain);
	rig.device[0]->card = true;
	rig.open_error = 0;
}

static void lose_peer(void)
{
	responder_unplug(rig.device[0]);
	rig.open_error = CCID_E_NOTFOUND; /* nobody answers */
}

/* A program that lists readers and asks for them goes round in circles when the two disagree. */
static void a_reader_elsewhere_that_has_left_is_not_listed(void **state)
{
	struct pcsc_reader_state seen = {.reader = rig_name(0)};

	(void)state;
	begin("test:peer");
	for (int watched = 0; watched <= 1; watched++) {
		make_peer();
		assert_int_equal(list(), OK);
		if (watched)
			assert_int_equal(iscard_pcsc_get_status_change(context, 0, &seen, 1), OK);
		lose_peer();
		assert_int_equal(list(), CODE(SCARD_E_NO_READERS_AVAILABLE));
		assert_int_equal(iscard_pcsc_get_status_change(context, 0, &seen, 1),
		                 CODE(SCARD_E_UNKNOWN_READER));
		assert_int_equal(iscard_pcsc_get_status_change(context, 0, NULL, 0), GONE);
	}
	end();
}

/* However often it was asked for before, and although it was in use. */
static void a_reader_elsewhere_that_is_back_is_found_soon(void **state)
{
	long card;

	(void)state;
	begin("test:peer");
	make_peer();
	assert_int_equal(connect_shared(&card), OK);
	lose_peer();
	for (int i = 0; i < 8; i++)
		assert_int_equal(list(), CODE(SCARD_E_NO_READERS_AVAILABLE));
	assert_int_equal(iscard_context_watch(rig.context, NULL, ISCARD_WATCH_READERS), S_OK);
	assert_in_range(rig_timer(), 1, CCID_WATCH_BACKOFF_MS);
	assert_int_equal(iscard_context_unwatch(rig.context, NULL), S_OK);
	make_peer();
	assert_int_equal(list(), OK);
	assert_gone(card);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_LEAVE), OK);
	end();
}

/* As soon as somebody waits; nothing else is to wake him. */
static void *pull_in_a_wait(void *watch)
{
	struct ccid_watch *w = watch;

	pthread_mutex_lock(&w->lock);
	while (w->waiters == NULL) {
		pthread_mutex_unlock(&w->lock);
		sched_yield();
		pthread_mutex_lock(&w->lock);
	}
	rig_unplug(0);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static long wait_without_limit(struct pcsc_reader_state *states, unsigned long count)
{
	int64_t before = rig.clock.now;
	pthread_t thread;
	long rc;

	assert_int_equal(
		pthread_create(&thread, NULL, pull_in_a_wait, atomic_load(&rig.context->watch)), 0);
	rc = iscard_pcsc_get_status_change(context, PCSC_INFINITE, states, count);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(rig.clock.now, before);
	return rc;
}

static void a_wait_without_limit_ends_when_the_reader_is_pulled(void **state)
{
	struct pcsc_reader_state seen[2] = {{.reader = rig_name(0)}, {.reader = rig_name(1)}};
	char readers[64];
	unsigned long n = sizeof readers;

	(void)state;
	begin_with_card();
	rig_plug(1);
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, seen, 2), OK);
	for (int i = 0; i < 2; i++)
		seen[i].current_state = seen[i].event_state & ~PCSC_STATE_CHANGED;
	assert_int_equal(wait_without_limit(seen, 2), OK);
	assert_int_equal(seen[0].event_state,
	                 PCSC_STATE_UNKNOWN | PCSC_STATE_UNAVAILABLE | PCSC_STATE_CHANGED);
	assert_int_equal(seen[0].atr_len, 0);
	assert_int_equal(seen[1].event_state, PCSC_STATE_EMPTY);
	assert_int_equal(iscard_pcsc_get_status_change(context, PCSC_INFINITE, seen, 2),
	                 CODE(SCARD_E_UNKNOWN_READER));
	assert_int_equal(iscard_pcsc_list_readers(context, readers, &n), OK);
	assert_string_equal(readers, rig_name(1));
	end();
}

static void a_wait_for_the_list_ends_when_the_reader_is_pulled(void **state)
{
	struct pcsc_reader_state seen = {.reader = PCSC_PNP_NOTIFICATION};
	char readers[64];
	unsigned long n = sizeof readers;
	long card;

	(void)state;
	begin_with_card();
	assert_int_equal(connect_shared(&card), OK);
	assert_int_equal(iscard_pcsc_list_readers(context, readers, &n), OK);
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &seen, 1),
	                 CODE(SCARD_E_TIMEOUT));
	assert_int_equal(wait_without_limit(&seen, 1), OK);
	assert_int_equal(seen.event_state, PCSC_STATE_CHANGED);
	assert_gone(card);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_LEAVE), OK);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reader_that_came_back_is_the_one_connected_to),
		cmocka_unit_test(a_handle_outlives_its_reader),
		cmocka_unit_test(who_holds_a_transaction_may_end_it_without_a_reader),
		cmocka_unit_test(a_reader_has_one_name),
		cmocka_unit_test(a_reader_elsewhere_has_one_name),
		cmocka_unit_test(a_reader_elsewhere_that_has_left_is_not_listed),
		cmocka_unit_test(a_reader_elsewhere_that_is_back_is_found_soon),
		cmocka_unit_test(a_wait_without_limit_ends_when_the_reader_is_pulled),
		cmocka_unit_test(a_wait_for_the_list_ends_when_the_reader_is_pulled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
