/* SPDX-License-Identifier: MIT */
/* Where a card is: every order of looks, motions and words of a sensor, some steps deep. */
#include "card_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEPTH 4

static const char *const names[] = {"unknown", "absent",   "inserted", "swallowed", "powered",
                                    "locked",  "ejecting", "taken",    "captured",  "jammed"};

static void places_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		assert_string_equal(iscard_place_name((iscard_place)i), names[i]);
	assert_string_equal(iscard_place_name((iscard_place)10), "unknown");
	assert_string_equal(iscard_place_name((iscard_place)-1), "unknown");
	assert_string_equal(iscard_motion_name(ISCARD_MOTION_CAPTURE), "capture");
	assert_string_equal(iscard_motion_name((iscard_motion)6), "unknown");
}

/* The table of the standard's words: which changes there are, and no others. */
static void the_table_is_this(void **state)
{
	static const char *const may[] = {
		"absent inserted swallowed powered ejecting captured jammed",
		"unknown inserted swallowed powered ejecting jammed",
		"unknown absent swallowed powered ejecting jammed",
		"unknown absent inserted powered locked ejecting jammed",
		"unknown absent inserted swallowed locked ejecting jammed",
		"unknown absent inserted swallowed powered ejecting jammed",
		"unknown absent inserted swallowed powered taken jammed",
		"unknown absent inserted swallowed powered ejecting jammed",
		"unknown absent inserted swallowed powered ejecting jammed",
		"unknown absent inserted swallowed powered ejecting captured",
	};

	(void)state;
	for (unsigned from = 0; from < 10; from++)
		for (unsigned to = 0; to < 10; to++)
			if (ccid_card_place_may_become((iscard_place)from, (iscard_place)to) !=
			    (from == to || strstr(may[from], names[to]) != NULL))
				fail_msg("%s -> %s", names[from], names[to]);
}

/* One of the things that can happen, by number; false when there are no more. */
static bool happen(struct ccid_card_place *p, unsigned n)
{
	static const iscard_place said[] = {ISCARD_PLACE_ABSENT, ISCARD_PLACE_INSERTED,
	                                    ISCARD_PLACE_SWALLOWED, ISCARD_PLACE_CAPTURED,
	                                    ISCARD_PLACE_JAMMED};
	iscard_motion motion = (iscard_motion)(1 + n % 5);
	enum ccid_sight sight = (enum ccid_sight)(n / 5 % 3);
	unsigned rest = n / 15;

	if (n < 4) {
		ccid_card_place_saw(p, (enum ccid_sight)n, p->insertions);
		return true;
	}
	if (n < 6) {
		ccid_card_place_saw(p, (enum ccid_sight)(n - 2), p->insertions + 1);
		return true;
	}
	if (n < 11) {
		ccid_card_place_sensed(p, said[n - 6]);
		return true;
	}
	n -= 11;
	motion = (iscard_motion)(1 + n % 5);
	sight = (enum ccid_sight)(n / 5 % 3); /* power was taken before it moved */
	rest = n / 15;
	if (rest > 3)
		return false;
	ccid_card_place_begin(p, true, (enum ccid_sight)(n / 5 % 3));
	if (rest == 0)
		ccid_card_place_moved(p, motion, sight, p->insertions);
	else
		ccid_card_place_failed(p, motion, (enum ccid_motion_failure)(rest - 1), sight,
		                       p->insertions);
	return true;
}

static void check_step(const struct ccid_card_place *a, const struct ccid_card_place *b, unsigned n)
{
	bool taken = b->taken != a->taken, captured = b->captured != a->captured;

	assert_false(b->moving);
	if (taken)
		assert_true(a->seen || b->sensor || a->state != ISCARD_PLACE_EJECTING);
	if (taken && n >= 4)
		assert_int_equal(b->taken, a->taken + 1);
	if (captured)
		assert_int_equal(b->captured, a->captured + 1);
	if (captured)
		assert_true(b->there || a->there);
	if (b->state == ISCARD_PLACE_TAKEN && a->state != ISCARD_PLACE_TAKEN)
		assert_true(taken);
	if (b->state == ISCARD_PLACE_CAPTURED && a->state != ISCARD_PLACE_CAPTURED)
		assert_true(captured);
	if (b->state == ISCARD_PLACE_LOCKED && !b->locked)
		fail_msg("step %u from %s: locked without a lock", n, names[a->state]);
	if (n == CCID_SIGHT_ABSENT) {
		assert_false(b->locked);
		assert_false(ccid_card_place_in_position(b->state));
		assert_true(b->state != ISCARD_PLACE_JAMMED && b->state != ISCARD_PLACE_UNKNOWN);
	}
	if (n == CCID_SIGHT_POWERED)
		assert_true(b->state == (b->locked ? ISCARD_PLACE_LOCKED : ISCARD_PLACE_POWERED));
}

static unsigned steps;

static void explore(const struct ccid_card_place *from, unsigned depth)
{
	for (unsigned n = 0;; n++) {
		struct ccid_card_place p = *from;

		if (!happen(&p, n))
			return;
		steps++;
		check_step(from, &p, n);
		if (depth > 1)
			explore(&p, depth - 1);
	}
}

static void whatever_happens_the_place_makes_sense(void **state)
{
	struct ccid_card_place p = {.state = ISCARD_PLACE_UNKNOWN};

	(void)state;
	steps = 0;
	explore(&p, DEPTH);
	assert_true(steps > 1000000);
}

static void what_is_seen_during_a_motion_means_nothing_yet(void **state)
{
	struct ccid_card_place p = {.state = ISCARD_PLACE_UNKNOWN};

	(void)state;
	ccid_card_place_saw(&p, CCID_SIGHT_INACTIVE, 1);
	ccid_card_place_begin(&p, true, CCID_SIGHT_INACTIVE);
	ccid_card_place_saw(&p, CCID_SIGHT_ABSENT, 1);
	ccid_card_place_sensed(&p, ISCARD_PLACE_ABSENT);
	assert_int_equal(p.state, ISCARD_PLACE_SWALLOWED);
	ccid_card_place_moved(&p, ISCARD_MOTION_CAPTURE, CCID_SIGHT_ABSENT, 1);
	assert_int_equal(p.state, ISCARD_PLACE_CAPTURED);
}

static void the_next_card_ends_the_eject_of_the_one_before(void **state)
{
	struct ccid_card_place p = {.state = ISCARD_PLACE_UNKNOWN};

	(void)state;
	ccid_card_place_saw(&p, CCID_SIGHT_INACTIVE, 1);
	ccid_card_place_begin(&p, true, CCID_SIGHT_INACTIVE);
	ccid_card_place_moved(&p, ISCARD_MOTION_EJECT, CCID_SIGHT_INACTIVE, 1);
	ccid_card_place_saw(&p, CCID_SIGHT_INACTIVE, 2);
	assert_int_equal(p.state, ISCARD_PLACE_SWALLOWED);
	assert_int_equal(p.taken, 1);
	assert_false(p.out);
}

/* Off the contacts is not out of the mouth: only a reader that found no card to move, or none to
 * begin with, leaves nobody but a hand. */
static void a_jam_behind_the_contacts_is_nobody_s_hand(void **state)
{
	static const enum ccid_motion_failure how[] = {CCID_MOTION_REFUSED, CCID_MOTION_JAMMED,
	                                               CCID_MOTION_UNKNOWN};

	(void)state;
	for (unsigned i = 0; i < sizeof how / sizeof *how; i++) {
		struct ccid_card_place p = {.state = ISCARD_PLACE_UNKNOWN};

		ccid_card_place_saw(&p, CCID_SIGHT_INACTIVE, 1);
		ccid_card_place_begin(&p, true, CCID_SIGHT_INACTIVE);
		ccid_card_place_failed(&p, ISCARD_MOTION_EJECT, how[i], CCID_SIGHT_ABSENT, 1);
		assert_int_equal(p.state, how[i] == CCID_MOTION_REFUSED ? ISCARD_PLACE_TAKEN
		                                                        : ISCARD_PLACE_ABSENT);
		assert_int_equal(p.taken, how[i] == CCID_MOTION_REFUSED);
		assert_int_equal(p.jammed, how[i] == CCID_MOTION_JAMMED);
		assert_int_equal(p.out, how[i] != CCID_MOTION_REFUSED);
	}
}

static void a_lock_ends_with_the_card(void **state)
{
	struct ccid_card_place p = {.state = ISCARD_PLACE_UNKNOWN};

	(void)state;
	ccid_card_place_saw(&p, CCID_SIGHT_INACTIVE, 1);
	ccid_card_place_begin(&p, true, CCID_SIGHT_INACTIVE);
	ccid_card_place_moved(&p, ISCARD_MOTION_LOCK, CCID_SIGHT_INACTIVE, 1);
	ccid_card_place_saw(&p, CCID_SIGHT_POWERED, 1);
	assert_int_equal(p.state, ISCARD_PLACE_LOCKED);
	ccid_card_place_saw(&p, CCID_SIGHT_ABSENT, 1);
	ccid_card_place_saw(&p, CCID_SIGHT_INACTIVE, 2);
	assert_int_equal(p.state, ISCARD_PLACE_SWALLOWED);
}

static void microsoft_s_words_follow_from_it(void **state)
{
	struct ccid_slot_info info = {.state = CCID_SLOT_INACTIVE};
	struct ccid_card_place p = {.state = ISCARD_PLACE_SWALLOWED};

	(void)state;
	assert_int_equal(ccid_card_place_state(&p, &info), ISCARD_SWALLOWED);
	p.state = ISCARD_PLACE_LOCKED;
	assert_int_equal(ccid_card_place_state(&p, &info), ISCARD_SWALLOWED);
	p.state = ISCARD_PLACE_EJECTING;
	assert_int_equal(ccid_card_place_state(&p, &info), ISCARD_PRESENT);
	p.state = ISCARD_PLACE_INSERTED;
	assert_int_equal(ccid_card_place_state(&p, &info), ISCARD_PRESENT);
	info.state = CCID_SLOT_NEGOTIABLE;
	assert_int_equal(ccid_card_place_state(&p, &info), ISCARD_NEGOTIABLEMODE);
	info.state = CCID_SLOT_READY;
	assert_int_equal(ccid_card_place_state(&p, &info), ISCARD_SPECIFICMODE);
	info.state = CCID_SLOT_DESYNCED;
	assert_int_equal(ccid_card_place_state(&p, &info), ISCARD_POWERED);
	info.state = CCID_SLOT_EMPTY;
	assert_int_equal(ccid_card_place_state(&p, &info), ISCARD_ABSENT);
	p.sensor = true;
	assert_int_equal(ccid_card_place_state(&p, &info), ISCARD_PRESENT);
	info.state = CCID_SLOT_UNKNOWN;
	assert_int_equal(ccid_card_place_state(&p, &info), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_have_names),
		cmocka_unit_test(the_table_is_this),
		cmocka_unit_test(whatever_happens_the_place_makes_sense),
		cmocka_unit_test(what_is_seen_during_a_motion_means_nothing_yet),
		cmocka_unit_test(the_next_card_ends_the_eject_of_the_one_before),
		cmocka_unit_test(a_jam_behind_the_contacts_is_nobody_s_hand),
		cmocka_unit_test(a_lock_ends_with_the_card),
		cmocka_unit_test(microsoft_s_words_follow_from_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
