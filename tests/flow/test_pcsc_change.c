/* SPDX-License-Identifier: MIT */
/* SCardGetStatusChange and ListReaders on readers that come and go, in a time that the test owns. */
#include "events_rig.h"
#include "pcsc_priv.h"

#include <time.h>

#define CODE(hr) ((long)(uint32_t)(hr))
#define OK       0
#define TIMEOUT  CODE(SCARD_E_TIMEOUT)
#define LONG_MS  10000
#define FOREVER  PCSC_INFINITE

static const struct fake_reader tpdu = {.features = FAKE_TPDU, .pid = 2};
static const uint8_t atr[] = {0x3B, 0x02, 0x14, 0x50};

static long context;
static struct pcsc_reader_state seen;

static HRESULT make(iscard_context **out)
{
	*out = iscard_context_ref(rig.context);
	return S_OK;
}

static void begin(void)
{
	rig_begin(NULL);
	ccid_pcsc_stand_in(make);
	assert_int_equal(iscard_pcsc_establish_context(PCSC_SCOPE_SYSTEM, &context), OK);
	seen = (struct pcsc_reader_state){.reader = rig_name(0)};
}

static void begin_with_reader(bool card)
{
	begin();
	rig_plug(0);
	rig.device[0]->card = card;
}

static void end(void)
{
	assert_int_equal(iscard_pcsc_release_context(context), OK);
	assert_int_equal(iscard_pcsc_is_valid_context(context), CODE(SCARD_E_INVALID_HANDLE));
	rig_finish();
}

/* Ask; the caller's idea is then what was told. */
static long ask(unsigned long timeout)
{
	long rc;

	rig_pass(CCID_WATCH_FRUITLESS_MS); /* a descriptor may rest after a command */
	rc = iscard_pcsc_get_status_change(context, timeout, &seen, 1);
	seen.current_state = seen.event_state & ~PCSC_STATE_CHANGED;
	return rc;
}

#define assert_event(bits, count)                                                                  \
	do {                                                                                       \
		assert_int_equal(seen.event_state & 0xFFFF, bits);                                 \
		assert_int_equal(seen.event_state >> 16, count);                                   \
	} while (0)

static void a_card_is_told_with_its_atr_and_counted(void **state)
{
	(void)state;
	begin_with_reader(false);
	assert_int_equal(ask(0), OK);
	assert_event(PCSC_STATE_EMPTY | PCSC_STATE_CHANGED, 0);
	assert_int_equal(seen.atr_len, 0);
	assert_int_equal(ask(0), TIMEOUT);
	assert_event(PCSC_STATE_EMPTY, 0);
	responder_move_card(rig.device[0], true);
	assert_int_equal(ask(FOREVER), OK);
	assert_event(PCSC_STATE_PRESENT | PCSC_STATE_CHANGED, 1);
	assert_int_equal(seen.atr_len, sizeof atr);
	assert_memory_equal(seen.atr, atr, sizeof atr);
	assert_int_equal(ask(0), TIMEOUT);
	responder_move_card(rig.device[0], false);
	assert_int_equal(ask(FOREVER), OK);
	assert_event(PCSC_STATE_EMPTY | PCSC_STATE_CHANGED, 2);
	end();
}

static void what_happened_between_two_waits_is_seen_by_the_counter(void **state)
{
	(void)state;
	begin_with_reader(false);
	assert_int_equal(ask(0), OK);
	responder_move_card(rig.device[0], true);
	assert_int_equal(ask(FOREVER), OK);
	assert_event(PCSC_STATE_PRESENT | PCSC_STATE_CHANGED, 1);
	assert_int_equal(ask(0), TIMEOUT);
	responder_move_card(rig.device[0], false);
	responder_move_card(rig.device[0], true);
	assert_int_equal(ask(FOREVER), OK);
	assert_event(PCSC_STATE_PRESENT | PCSC_STATE_CHANGED, 3);
	assert_int_equal(seen.atr_len, sizeof atr);
	end();
}

static void a_card_is_given_power_once_for_its_atr(void **state)
{
	unsigned long protocol, len = PCSC_ATR_MAX;
	uint8_t got[PCSC_ATR_MAX];
	unsigned commands;
	long card;

	(void)state;
	begin_with_reader(true);
	assert_int_equal(
		iscard_pcsc_connect(context, rig_name(0), PCSC_SHARE_SHARED, 3, &card, &protocol),
		OK);
	assert_int_equal(ask(0), OK);
	assert_event(PCSC_STATE_PRESENT | PCSC_STATE_INUSE | PCSC_STATE_CHANGED, 1);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_UNPOWER), OK);
	assert_false(rig.device[0]->powered);
	commands = rig.device[0]->commands;
	assert_int_equal(ask(0), OK); /* no longer in use */
	assert_event(PCSC_STATE_PRESENT | PCSC_STATE_CHANGED, 1);
	assert_int_equal(seen.atr_len, sizeof atr);
	assert_memory_equal(seen.atr, atr, sizeof atr);
	assert_false(rig.device[0]->powered);
	assert_int_equal(rig.device[0]->commands, commands);
	assert_int_equal(
		iscard_pcsc_connect(context, rig_name(0), PCSC_SHARE_DIRECT, 0, &card, &protocol),
		OK);
	assert_int_equal(protocol, 0);
	assert_int_equal(iscard_pcsc_get_attrib(card, PCSC_ATTR_ATR_STRING, got, &len), OK);
	assert_int_equal(len, 0); /* of a card without power there is none now */
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_LEAVE), OK);
	end();
}

static void an_unknown_reader_is_an_error_and_later_an_event(void **state)
{
	(void)state;
	begin();
	seen.event_state = 0x7777;
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &seen, 1),
	                 CODE(SCARD_E_UNKNOWN_READER));
	assert_int_equal(seen.event_state, 0x7777);
	rig_plug(0);
	rig_settle();
	assert_int_equal(ask(0), OK);
	assert_event(PCSC_STATE_EMPTY | PCSC_STATE_CHANGED, 0);
	rig_unplug(0);
	rig_settle();
	assert_int_equal(ask(0), CODE(SCARD_E_UNKNOWN_READER));
	end();
}

static unsigned long list(char out[300])
{
	unsigned long len = 300;
	long rc = iscard_pcsc_list_readers(context, out, &len);

	if (rc == OK)
		return len;
	assert_int_equal(rc, CODE(SCARD_E_NO_READERS_AVAILABLE));
	return 0;
}

static void the_list_is_compared_with_what_the_program_was_told(void **state)
{
	struct pcsc_reader_state news = {.reader = "\\\\?pnp?\\notification"};
	char readers[300];

	(void)state;
	begin();
	assert_int_equal(list(readers), 0);
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &news, 1), TIMEOUT);
	assert_int_equal(news.event_state, 0);
	rig_plug(0);
	rig_settle(); /* while the program waits for nothing */
	assert_int_equal(iscard_pcsc_get_status_change(context, FOREVER, &news, 1), OK);
	assert_int_equal(news.event_state, PCSC_STATE_CHANGED);
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &news, 1), TIMEOUT);
	assert_int_equal(list(readers), strlen(rig_name(0)) + 2);
	assert_string_equal(readers, rig_name(0));
	rig_plug(1);
	rig_settle();
	assert_int_equal(list(readers), 2 * (strlen(rig_name(0)) + 1) + 1);
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, &news, 1), TIMEOUT);
	end();
}

static void without_states_a_reader_is_waited_for(void **state)
{
	(void)state;
	begin();
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, NULL, 0),
	                 CODE(SCARD_E_READER_UNAVAILABLE));
	rig_plug(0);
	rig_settle();
	assert_int_equal(iscard_pcsc_get_status_change(context, 0, NULL, 0), OK);
	end();
}

static void a_reader_of_another_process_is_unavailable(void **state)
{
	unsigned long protocol;
	long card;

	(void)state;
	begin_with_reader(true);
	rig.open_error = CCID_E_BUSY;
	assert_int_equal(ask(0), OK);
	assert_event(PCSC_STATE_UNAVAILABLE | PCSC_STATE_CHANGED, 0);
	assert_int_equal(ask(0), TIMEOUT);
	assert_int_equal(
		iscard_pcsc_connect(context, rig_name(0), PCSC_SHARE_SHARED, 3, &card, &protocol),
		CODE(SCARD_E_SHARING_VIOLATION));
	assert_int_equal(card, 0);
	rig.open_error = 0;
	rig_pass(CCID_WATCH_BACKOFF_MAX);
	assert_int_equal(ask(FOREVER), OK);
	assert_event(PCSC_STATE_PRESENT | PCSC_STATE_CHANGED, 1);
	end();
}

static void a_reader_stays_open_until_the_last_context_goes(void **state)
{
	long other;

	(void)state;
	begin_with_reader(true);
	assert_int_equal(iscard_pcsc_establish_context(PCSC_SCOPE_USER, &other), OK);
	assert_int_equal(ask(0), OK);
	assert_int_equal(rig.device[0]->open, 1);
	assert_int_equal(iscard_pcsc_release_context(context), OK);
	assert_int_equal(rig.device[0]->open, 1);
	context = other;
	assert_int_equal(iscard_pcsc_release_context(context), OK);
	iscard_context_unwatch(rig.context, rig_name(0)); /* the rig's context lives on */
	assert_int_equal(rig.device[0]->open, 0);
	rig_finish();
}

static void a_name_that_is_too_long_is_cut_and_understood(void **state)
{
	char shown[PCSC_READER_NAME_MAX], full[CCID_NAME_MAX], name[300];

	(void)state;
	memset(name, 'a', sizeof name);
	memcpy(name + 119, "\xE2\x82\xAC", 3); /* a character across the cut */
	strcpy(name + 280, " 0A 01");
	ccid_pcsc_name(shown, name);
	assert_int_equal(strlen(shown), 119 + 6);
	assert_memory_equal(shown, name, 119);
	assert_string_equal(shown + 119, " 0A 01");
	begin();
	assert_int_equal(ccid_pcsc_full_name(rig.context, shown, full), S_OK);
	assert_string_equal(full, shown); /* nobody has it */
	assert_int_equal(ccid_pcsc_full_name(rig.context, name, full), SCARD_E_UNKNOWN_READER);
	end();
}

static void a_plain_reader_speaks_part_10(void **state)
{
	static const uint8_t features[] = {0x12, 4, 0x42, 0x33, 0, 0x12};
	static const uint8_t properties[] = {1,    2,    0,  0, 3, 1, 0,  9, 1, 0, 11, 2,
	                                     0x09, 0x12, 12, 2, 2, 0, 10, 4, 0, 0, 1,  0};
	unsigned long protocol, n = 0;
	uint8_t out[64];
	long card;

	(void)state;
	begin();
	rig_plug_kind(0, &tpdu);
	assert_int_equal(
		iscard_pcsc_connect(context, rig_name(0), PCSC_SHARE_DIRECT, 0, &card, &protocol),
		OK);
	assert_int_equal(
		iscard_pcsc_control(card, PCSC_CONTROL_FEATURES, NULL, 0, out, sizeof out, &n), OK);
	assert_int_equal(n, sizeof features);
	assert_memory_equal(out, features, n);
	assert_int_equal(
		iscard_pcsc_control(card, PCSC_CONTROL_FEATURE(0x12), NULL, 0, out, sizeof out, &n),
		OK);
	assert_int_equal(n, sizeof properties);
	assert_memory_equal(out, properties, n);
	assert_int_equal(
		iscard_pcsc_control(card, PCSC_CONTROL_FEATURE(6), NULL, 0, out, sizeof out, &n),
		PCSC_UNSUPPORTED);
	assert_int_equal(iscard_pcsc_disconnect(card, ISCARD_LEAVE), OK);
	end();
}

static unsigned long state_of(long card)
{
	unsigned long state = 0, protocol = 9, n = 0;

	assert_int_equal(iscard_pcsc_status(card, NULL, &n, &state, &protocol, NULL, NULL), OK);
	assert_int_equal(protocol, 0);
	return state;
}

static void a_direct_connection_outlives_every_card(void **state)
{
	unsigned long protocol;
	long card;

	(void)state;
	begin_with_reader(false);
	assert_int_equal(
		iscard_pcsc_connect(context, rig_name(0), PCSC_SHARE_DIRECT, 0, &card, &protocol),
		OK);
	assert_int_equal(state_of(card), PCSC_ABSENT);
	assert_int_equal(iscard_pcsc_begin_transaction(card), OK);
	assert_int_equal(state_of(card), PCSC_ABSENT);
	assert_int_equal(iscard_pcsc_end_transaction(card, ISCARD_LEAVE), OK);
	responder_move_card(rig.device[0], true);
	rig_pass(CCID_WATCH_FRUITLESS_MS);
	assert_int_equal(state_of(card), 1 << 16 | PCSC_PRESENT | PCSC_SWALLOWED);
	responder_move_card(rig.device[0], false);
	rig_pass(CCID_WATCH_FRUITLESS_MS);
	assert_int_equal(iscard_pcsc_begin_transaction(card), OK);
	assert_int_equal(state_of(card), 2 << 16 | PCSC_ABSENT);
	assert_int_equal(iscard_pcsc_end_transaction(card, ISCARD_LEAVE), OK);
	assert_false(rig.device[0]->powered);
	end();
}

static int64_t real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static unsigned calls_left; /* of the clock, until somebody cancels */

/* Somebody cancels, and a wait of another context, which was not meant, is woken first. */
static int64_t cancel_by_and_by(void *arg)
{
	struct iscard_reader_state list = {.reader = NULL};

	(void)arg;
	if (calls_left == 0 || pthread_mutex_trylock(&rig.context->watch->lock) != 0)
		return real_ms();
	list.seen = rig.context->watch->list_changes;
	pthread_mutex_unlock(&rig.context->watch->lock);
	if (--calls_left > 0)
		return real_ms();
	assert_int_equal(iscard_pcsc_cancel(context), OK);
	assert_int_equal(iscard_context_wait(rig.context, &list, 1, LONG_MS), SCARD_E_CANCELLED);
	return real_ms();
}

/* At whatever moment it comes: the clock is asked at all of them. */
static void a_cancel_that_wakes_another_first_is_not_lost(void **state)
{
	int64_t began;

	(void)state;
	begin_with_reader(true);
	assert_int_equal(ask(0), OK);
	rig.context->env.now_ms = cancel_by_and_by;
	for (unsigned n = 2; n < 6; n++) { /* after the first the wait has begun */
		calls_left = n;
		began = real_ms();
		assert_int_equal(iscard_pcsc_get_status_change(context, LONG_MS, &seen, 1),
		                 CODE(SCARD_E_CANCELLED));
		assert_int_equal(calls_left, 0);
		assert_true(real_ms() - began < LONG_MS / 2);
	}
	end();
}

static unsigned users; /* at most, while the reader was at work */

static int64_t count_users(void *arg)
{
	struct ccid_open *o = ccid_process()->readers;
	bool open = o != NULL && ccid_open_reader(o) != NULL;
	struct ccid_port *p = open ? ccid_open_port(o, 0) : NULL;
	unsigned n = 0;

	(void)arg;
	if (p != NULL && pthread_mutex_trylock(&p->lock) == 0) {
		for (const struct ccid_member *m = p->share.members; m != NULL; m = m->next)
			n++;
		pthread_mutex_unlock(&p->lock);
	}
	users = n > users ? n : users;
	return rig.clock.now;
}

/* Others would be told that the card is in use, and who wants it alone be refused. */
static void a_look_at_a_new_card_is_no_connection(void **state)
{
	(void)state;
	begin_with_reader(true);
	rig.context->env.now_ms = count_users;
	assert_int_equal(ask(0), OK);
	assert_event(PCSC_STATE_PRESENT | PCSC_STATE_CHANGED, 1);
	assert_int_equal(seen.atr_len, sizeof atr);
	assert_int_equal(users, 0);
	end();
}

static void a_new_card_is_left_to_who_has_the_reader_alone(void **state)
{
	unsigned long protocol;
	unsigned commands;
	long card;

	(void)state;
	begin_with_reader(true);
	assert_int_equal(iscard_pcsc_connect(context, rig_name(0), PCSC_SHARE_EXCLUSIVE, 3, &card,
	                                     &protocol),
	                 OK);
	assert_int_equal(ask(0), OK);
	assert_int_equal(ask(0), TIMEOUT);
	responder_move_card(rig.device[0], false);
	assert_int_equal(ask(FOREVER), OK);
	responder_move_card(rig.device[0], true);
	commands = rig.device[0]->commands;
	assert_int_equal(ask(FOREVER), OK);
	assert_int_equal(seen.event_state & 0xFFFF,
	                 PCSC_STATE_PRESENT | PCSC_STATE_EXCLUSIVE | PCSC_STATE_CHANGED);
	assert_int_equal(rig.device[0]->commands, commands);
	assert_false(rig.device[0]->powered);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_is_told_with_its_atr_and_counted),
		cmocka_unit_test(what_happened_between_two_waits_is_seen_by_the_counter),
		cmocka_unit_test(a_card_is_given_power_once_for_its_atr),
		cmocka_unit_test(an_unknown_reader_is_an_error_and_later_an_event),
		cmocka_unit_test(the_list_is_compared_with_what_the_program_was_told),
		cmocka_unit_test(without_states_a_reader_is_waited_for),
		cmocka_unit_test(a_reader_of_another_process_is_unavailable),
		cmocka_unit_test(a_reader_stays_open_until_the_last_context_goes),
		cmocka_unit_test(a_name_that_is_too_long_is_cut_and_understood),
		cmocka_unit_test(a_plain_reader_speaks_part_10),
		cmocka_unit_test(a_direct_connection_outlives_every_card),
		cmocka_unit_test(a_cancel_that_wakes_another_first_is_not_lost),
		cmocka_unit_test(a_look_at_a_new_card_is_no_connection),
		cmocka_unit_test(a_new_card_is_left_to_who_has_the_reader_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
