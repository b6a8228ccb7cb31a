/* SPDX-License-Identifier: MIT */
/* Events out of a recorded trace, in a time that does not pass by itself. */
#include "fake_clock.h"
#include "watch.h"

#include <iscard/iscard.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct fake_clock test_clock;
static iscard_context *context;
static struct iscard_event event;

static int64_t now(void *arg)
{
	(void)arg;
	return test_clock.now;
}

static void begin_at(const char *readers)
{
	struct iscard_options o = {
		.size = sizeof o, .readers = readers, .log_level = ISCARD_LOG_NONE, .now_ms = now};

	fake_clock_init(&test_clock);
	assert_int_equal(iscard_context_create(&o, &context), S_OK);
	assert_int_equal(iscard_context_watch(context, NULL, ISCARD_WATCH_CARDS), S_OK);
}

static void begin(const char *sample)
{
	char readers[512];

	snprintf(readers, sizeof readers, "replay:" SAMPLES_DIR "/%s/trace.pcapng", sample);
	begin_at(readers);
}

static void expect(iscard_event_type type)
{
	HRESULT hr = iscard_context_next_event(context, &event);

	if (hr != S_OK || event.type != type)
		fail_msg("%s instead of %s", hr == S_OK ? iscard_event_name(event.type) : "nothing",
		         iscard_event_name(type));
}

static void expect_nothing(void)
{
	assert_int_equal(iscard_context_next_event(context, &event), S_FALSE);
}

static struct ccid_open *open_reader(void)
{
	struct ccid_open *open = NULL;
	unsigned slot;

	assert_int_equal(ccid_pool_get(&open, &slot, context, event.reader), 0);
	return open;
}

static int challenge(struct ccid_reader *r)
{
	static const uint8_t apdu[] = {0x00, 0x84, 0x00, 0x00, 0x02};
	struct ccid_slot_info info;
	uint8_t answer[16];

	assert_int_equal(ccid_slot_get_info(r, 0, &info), 0);
	return ccid_slot_transmit(r, 0, info.generation, apdu, sizeof apdu, answer, sizeof answer,
	                          0, -1, test_clock.now + 10000);
}

static void activate(struct ccid_reader *r)
{
	assert_int_equal(ccid_slot_activate(r, 0, 3, CCID_RESET_NONE, test_clock.now + 60000), 0);
}

static void a_recorded_change_of_cards_is_told(void **state)
{
	static const uint8_t escape[] = {1, 2, 3};
	struct ccid_open *open;
	struct ccid_reader *r;
	uint8_t answer[16];

	(void)state;
	begin("emulated-card-swap");
	expect(ISCARD_EVENT_READER_ARRIVED);
	expect(ISCARD_EVENT_CARD_INSERTED);
	open = open_reader();
	r = ccid_open_reader(open);
	activate(r);
	assert_int_equal(challenge(r), 4);
	expect_nothing();
	fake_clock_advance(&test_clock, CCID_WATCH_POLL_MS);
	expect(ISCARD_EVENT_CARD_REMOVED);
	expect_nothing();
	assert_int_equal(ccid_reader_escape(r, 0, escape, sizeof escape, answer, sizeof answer,
	                                    test_clock.now + 10000),
	                 3);
	fake_clock_advance(&test_clock, CCID_WATCH_POLL_MS);
	expect(ISCARD_EVENT_CARD_INSERTED);
	assert_int_equal(event.now.insertions, 2);
	activate(r);
	assert_int_equal(challenge(r), 4);
	expect_nothing();
	ccid_pool_put(open);
	iscard_context_unref(context);
}

static void a_reader_that_was_unplugged_leaves_and_stays_away(void **state)
{
	struct ccid_open *open;
	struct ccid_reader *r;

	(void)state;
	begin("emulated-unplugged");
	expect(ISCARD_EVENT_READER_ARRIVED);
	expect(ISCARD_EVENT_CARD_INSERTED);
	open = open_reader();
	r = ccid_open_reader(open);
	activate(r);
	(void)challenge(r);
	assert_int_equal(challenge(r), CCID_E_GONE);
	ccid_pool_put(open);
	expect(ISCARD_EVENT_CARD_REMOVED);
	expect(ISCARD_EVENT_READER_LEFT);
	for (int i = 0; i < 100; i++) {
		fake_clock_advance(&test_clock, CCID_WATCH_BACKOFF_MAX);
		expect_nothing();
	}
	iscard_context_unref(context);
}

/* The way to the sample is long, not the sample's name. */
static void an_address_is_told_whole(void **state)
{
	char address[800] = "replay:" SAMPLES_DIR;

	(void)state;
	while (strlen(address) < 600)
		strcat(address, "/.");
	strcat(address, "/emulated-card-swap/trace.pcapng");
	begin_at(address);
	expect(ISCARD_EVENT_READER_ARRIVED);
	assert_string_equal(event.address, address);
	iscard_context_unref(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_change_of_cards_is_told),
		cmocka_unit_test(a_reader_that_was_unplugged_leaves_and_stays_away),
		cmocka_unit_test(an_address_is_told_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
