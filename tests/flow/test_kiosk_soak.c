/* SPDX-License-Identifier: MIT */
/* A kiosk's months in seconds: thousands of customers with their cards, hands and memories, a motor
 * that jams, a cable that is pulled, faults on the wire; all in virtual time, out of a seed.
 *
 *	ISCARD_SOAK_SEED=N, ISCARD_SOAK_CUSTOMERS=N   repeat a run, or make it longer */
#include "alloc_count.h"
#include "emu_fault.h"
#include "kiosk_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define CUSTOMERS 4000
#define SETTLED   200 /* customers until every buffer has its size */

static uint64_t dice;

static unsigned roll(unsigned sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned)(dice >> 33) % sides;
}

static struct {
	bool faults;
	unsigned customers, unplugged, faulty;
	unsigned told[12]; /* events */
	unsigned taken, captured, timeouts, failures, unseen;
} day;

static struct emu_slot_view slot(void)
{
	return emu_slot(kiosk_device(), 0);
}

static void hear(void)
{
	struct iscard_event event;

	fake_clock_advance(&kiosk.stream.clock, 1000);
	for (unsigned i = 0; iscard_context_next_event(kiosk.context, &event) == S_OK; i++) {
		assert_in_range(event.type, 1, 11);
		assert_true(i < 50);
		day.told[event.type]++;
	}
}

/* Of those that lie about nothing: whatever comes of them, what is claimed must be true. */
static void break_something(void)
{
	static const enum emu_fault_kind kinds[] = {
		EMU_FAULT_STALL,  EMU_FAULT_STALL_LOST, EMU_FAULT_SILENT, EMU_FAULT_LOST,
		EMU_FAULT_SHORT,  EMU_FAULT_LONG,       EMU_FAULT_SLOT,   EMU_FAULT_SEQ,
		EMU_FAULT_STALE,  EMU_FAULT_TYPE,       EMU_FAULT_LENGTH, EMU_FAULT_EXTENSIONS,
		EMU_FAULT_REMOVE, EMU_FAULT_UNPLUG,     EMU_FAULT_ERROR};
	struct emu_fault f = {.kind = kinds[roll(sizeof kinds / sizeof *kinds)], .at = roll(8)};

	if (f.kind == EMU_FAULT_ERROR)
		f.value = roll(2) ? 0xFB : 0xE0;
	day.faulty++;
	assert_true(emu_fault_add(kiosk_device(), &f));
}

static void pull_the_plug(void)
{
	day.unplugged++;
	emu_unplug(kiosk_device(), kiosk_now());
	hear();
}

static void come_in(void)
{
	bool half = roll(5) == 0;

	if (half)
		emu_insert_half(kiosk_device(), 0, &kiosk.stream.cfg.card[0], kiosk_now());
	else
		emu_insert(kiosk_device(), 0, &kiosk.stream.cfg.card[0], kiosk_now());
	hear();
	if (half)
		(void)kiosk_move(ISCARD_MOTION_ACCEPT, 0, 2000);
}

static void read_card(void)
{
	void *card = NULL;

	assert_hr(iscard_context_create_instance(kiosk.context, &CLSID_CSCard, &IID_ISCard, &card),
	          S_OK);
	if (SUCCEEDED(iscard_attach(card, KIOSK, roll(2) ? SHARED : EXCLUSIVE,
	                            (SCARD_PROTOCOLS)(T0 | T1)))) {
		if (roll(4) == 0)
			(void)iscard_attached_move(card, ISCARD_MOTION_LOCK, NULL, NULL);
		for (unsigned i = roll(4); i > 0; i--)
			(void)kiosk_challenge(card);
		if (roll(3) == 0)
			(void)ISCard_Detach((ISCard *)card, (SCARD_DISPOSITIONS)roll(3));
	}
	ISCard_Release((ISCard *)card);
}

static void count(iscard_motion motion, HRESULT hr, unsigned captured)
{
	if (hr == SCARD_E_TIMEOUT && kiosk_report.commanded == S_OK) {
		day.timeouts++;
	} else if (FAILED(hr)) {
		day.failures++;
	} else if (hr == S_FALSE) {
		day.unseen++;
		assert_false(slot().present);
	} else if (motion == ISCARD_MOTION_EJECT) {
		assert_false(slot().present || slot().in_mouth);
		day.taken++;
	} else {
		assert_int_equal(slot().captured, captured + 1);
		day.captured++;
	}
}

static HRESULT move(iscard_motion motion)
{
	unsigned captured = slot().captured;
	HRESULT hr = kiosk_move(motion, 0, 5000);

	count(motion, hr, captured);
	return hr;
}

static void give_back(void)
{
	switch (roll(4)) {
	case 0: break; /* forgotten */
	case 1: emu_later(kiosk_device(), EMU_REMOVE, 0, kiosk_now() + roll(1500)); break;
	default: emu_later(kiosk_device(), EMU_TAKE, 0, kiosk_now() + roll(6000)); break;
	}
	if (roll(10) == 0)
		emu_jam(kiosk_device(), 0, true);
	if (move(ISCARD_MOTION_EJECT) == SCARD_E_TIMEOUT)
		(void)move(ISCARD_MOTION_CAPTURE);
	hear();
}

/* Whatever is left is seen to, and the plug put in again. */
static void clean_up(void)
{
	emu_fault_clear(kiosk_device());
	emu_jam(kiosk_device(), 0, false);
	if (!emu_plugged(kiosk_device()))
		emu_plug(kiosk_device(), kiosk_now());
	for (unsigned i = 0; i < 70; i++) /* the longest wait for another attempt */
		hear();
	if (slot().locked)
		assert_hr(kiosk_move(ISCARD_MOTION_UNLOCK, 0, 0), S_OK);
	emu_remove(kiosk_device(), 0, kiosk_now());
	emu_take(kiosk_device(), 0, kiosk_now());
	hear();
	assert_false(slot().present || slot().in_mouth || slot().locked);
	for (unsigned i = 0; i < 3 && kiosk_status().state != ISCARD_ABSENT; i++)
		hear(); /* a slot that is out of step is brought back by the next question */
	assert_int_equal(kiosk_status().state, ISCARD_ABSENT);
}

static void customer(void)
{
	day.customers++;
	if (day.faults && roll(3) == 0)
		break_something();
	come_in();
	read_card();
	if (roll(50) == 0)
		pull_the_plug();
	else
		give_back();
	clean_up();
}

static uint64_t seed_of(void)
{
	const char *given = getenv("ISCARD_SOAK_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

	print_message("ISCARD_SOAK_SEED=%llu\n", (unsigned long long)seed);
	return seed * 0x9E3779B97F4A7C15u | 1;
}

static unsigned customers(void)
{
	const char *given = getenv("ISCARD_SOAK_CUSTOMERS");

	return given != NULL ? (unsigned)strtoul(given, NULL, 10) : CUSTOMERS;
}

static void open_the_doors(bool faults)
{
	const struct iscard_card_policy policy = {.size = sizeof policy,
	                                          .at_start = ISCARD_FATE_CAPTURE,
	                                          .at_return = ISCARD_FATE_EJECT};
	struct emu_config cfg = kiosk_config();

	cfg.card_in[0] = false;
	cfg.motion_ms = 800;
	memset(&kiosk, 0, sizeof kiosk);
	memset(&day, 0, sizeof day);
	day.faults = faults;
	dice = seed_of();
	emu_stream_init(&kiosk.stream, &cfg);
	kiosk_restart(&(struct iscard_options){.size = 0});
	assert_hr(iscard_context_set_policy(kiosk.context, "*", &policy), S_OK);
	assert_hr(iscard_context_watch(kiosk.context, NULL, ISCARD_WATCH_CARDS), S_OK);
}

static void tell_the_day(void)
{
	print_message("%u customers: %u taken, %u captured, %u not in time, %u failed, %u unseen; "
	              "%u unplugged, %u faults; events:",
	              day.customers, day.taken, day.captured, day.timeouts, day.failures,
	              day.unseen, day.unplugged, day.faulty);
	for (int i = 1; i <= 11; i++)
		print_message(" %s %u", iscard_event_name((iscard_event_type)i), day.told[i]);
	print_message("\n");
}

/* Memory, descriptors and states are where they were. */
static void run_days(bool faults)
{
	unsigned fds, n = customers();

	open_the_doors(faults);
	for (unsigned i = 0; i < SETTLED; i++)
		customer();
	fds = open_descriptors();
	alloc_count_start(ALLOC_FAIL_NEVER);
	for (unsigned i = 0; i < n; i++) {
		customer();
		if (alloc_count_now().live != 0 || open_descriptors() != fds)
			fail_msg("customer %u: %d blocks more, %u descriptors after %u", i,
			         alloc_count_now().live, open_descriptors(), fds);
	}
	tell_the_day();
	assert_true(day.taken > n / 3);
	assert_true(day.captured > n / 20);
	assert_true(day.told[ISCARD_EVENT_CARD_TAKEN] >= day.taken);
	assert_true(day.told[ISCARD_EVENT_READER_LEFT] >= day.unplugged);
	assert_int_equal(emu_counts(kiosk_device())->moved_powered, 0);
}

static void thousands_of_customers(void **state)
{
	(void)state;
	run_days(false);
	kiosk_end();
}

static void thousands_of_customers_and_faults(void **state)
{
	(void)state;
	run_days(true);
	iscard_context_unref(kiosk.context);
	assert_false(slot().active);
	emu_stream_free(&kiosk.stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_of_customers),
		cmocka_unit_test(thousands_of_customers_and_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
