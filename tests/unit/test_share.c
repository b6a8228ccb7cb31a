/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "share.h"

#include <cmocka.h>

static const struct ccid_card_view card = {true, 7, 1};

static void exclusive_wants_to_be_alone(void **state)
{
	struct ccid_share s = {0};
	struct ccid_member a = {0}, b = {0}, c = {0};

	(void)state;
	assert_true(ccid_share_join(&s, &a, true));
	assert_true(ccid_share_alone(&s, &a));
	assert_false(ccid_share_join(&s, &b, false));
	assert_false(ccid_share_join(&s, &b, true));
	ccid_share_leave(&s, &a);
	assert_true(ccid_share_join(&s, &a, false));
	assert_true(ccid_share_join(&s, &b, false));
	assert_false(ccid_share_join(&s, &c, true));
	assert_false(ccid_share_alone(&s, &a));
	ccid_share_leave(&s, &b);
	assert_true(ccid_share_alone(&s, &a));
}

static void the_lock_goes_to_who_came_first(void **state)
{
	struct ccid_share s = {0};
	struct ccid_member a = {0}, b = {0}, c = {0};
	struct ccid_ticket ta, tb, tc;

	(void)state;
	assert_true(ccid_share_join(&s, &a, false) && ccid_share_join(&s, &b, false) &&
	            ccid_share_join(&s, &c, false));
	assert_true(ccid_share_ask(&s, &ta, &a));
	assert_false(ccid_share_ask(&s, &tb, &b));
	assert_false(ccid_share_ask(&s, &tc, &c));
	assert_false(ccid_share_turn(&s, &tb));
	assert_null(ccid_share_next(&s));
	ccid_share_done(&s, &a);
	assert_ptr_equal(ccid_share_next(&s), &tb);
	assert_false(ccid_share_turn(&s, &tc));
	assert_false(ccid_share_ask(&s, &ta, &a));
	assert_true(ccid_share_turn(&s, &tb));
	ccid_share_done(&s, &b);
	assert_true(ccid_share_turn(&s, &tc));
	ccid_share_done(&s, &c);
	assert_true(ccid_share_turn(&s, &ta));
	assert_null(s.head);
	assert_null(s.tail);
}

static void levels_nest_and_its_owner_never_queues(void **state)
{
	struct ccid_share s = {0};
	struct ccid_member a = {0}, b = {0};
	struct ccid_ticket ta, tb;

	(void)state;
	assert_true(ccid_share_join(&s, &a, false) && ccid_share_join(&s, &b, false));
	for (int i = 0; i < 2; i++) {
		assert_true(ccid_share_ask(&s, &ta, &a));
		ccid_share_lock(&s, &a);
	}
	assert_true(ccid_share_locked_by_other(&s, &b));
	assert_false(ccid_share_locked_by_other(&s, &a));
	assert_false(ccid_share_ask(&s, &tb, &b));
	assert_true(ccid_share_ask(&s, &ta, &a));
	ccid_share_done(&s, &a);
	ccid_share_unlock(&s, &a);
	assert_false(ccid_share_turn(&s, &tb));
	ccid_share_unlock(&s, &a);
	assert_false(ccid_share_locked_by_other(&s, &b));
	assert_true(ccid_share_turn(&s, &tb));
}

static void an_operation_under_way_is_not_a_lock_to_others_eyes(void **state)
{
	struct ccid_share s = {0};
	struct ccid_member a = {0}, b = {0};
	struct ccid_ticket ta, tb;

	(void)state;
	assert_true(ccid_share_join(&s, &a, false) && ccid_share_join(&s, &b, false));
	assert_true(ccid_share_ask(&s, &ta, &a));
	assert_false(ccid_share_locked_by_other(&s, &b));
	assert_false(ccid_share_ask(&s, &tb, &b));
	ccid_share_give_up(&s, &tb);
	assert_null(s.head);
	ccid_share_done(&s, &a);
	assert_true(ccid_share_ask(&s, &tb, &b));
}

static void leaving_frees_the_lock_after_the_last_use(void **state)
{
	struct ccid_share s = {0};
	struct ccid_member a = {0}, b = {0};
	struct ccid_ticket ta, tb;

	(void)state;
	assert_true(ccid_share_join(&s, &a, false) && ccid_share_join(&s, &b, false));
	assert_true(ccid_share_ask(&s, &ta, &a));
	ccid_share_lock(&s, &a);
	assert_true(ccid_share_ask(&s, &ta, &a));
	assert_false(ccid_share_ask(&s, &tb, &b));
	ccid_share_leave(&s, &a);
	assert_int_equal(a.levels, 0);
	assert_false(ccid_share_turn(&s, &tb));
	ccid_share_done(&s, &a);
	assert_true(ccid_share_turn(&s, &tb));
}

static void giving_up_keeps_the_queue_in_order(void **state)
{
	struct ccid_share s = {0};
	struct ccid_member m[4] = {0};
	struct ccid_ticket t[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_true(ccid_share_join(&s, &m[i], false));
	assert_true(ccid_share_ask(&s, &t[0], &m[0]));
	for (int i = 1; i < 4; i++)
		assert_false(ccid_share_ask(&s, &t[i], &m[i]));
	ccid_share_give_up(&s, &t[2]);
	ccid_share_give_up(&s, &t[2]);
	ccid_share_give_up(&s, &t[3]);
	assert_ptr_equal(s.head, &t[1]);
	assert_ptr_equal(s.tail, &t[1]);
	assert_false(ccid_share_ask(&s, &t[3], &m[3]));
	assert_ptr_equal(s.tail, &t[3]);
	ccid_share_done(&s, &m[0]);
	assert_true(ccid_share_turn(&s, &t[1]));
}

static void a_new_generation_is_a_reset_until_acknowledged(void **state)
{
	const struct ccid_card_view reset = {true, 8, 1};
	struct ccid_member a = {0};

	(void)state;
	ccid_share_acknowledge(&a, &card);
	assert_int_equal(ccid_share_pending(&a, &card), CCID_PENDING_NONE);
	assert_int_equal(ccid_share_pending(&a, &reset), CCID_PENDING_RESET);
	assert_int_equal(ccid_share_pending(&a, &reset), CCID_PENDING_RESET);
	ccid_share_acknowledge(&a, &reset);
	assert_int_equal(ccid_share_pending(&a, &reset), CCID_PENDING_NONE);
}

static void removal_outlives_the_next_card_and_frees_the_lock(void **state)
{
	const struct ccid_card_view gone = {false, 8, 1}, back = {true, 8, 2};
	struct ccid_share s = {0};
	struct ccid_member a = {0}, b = {0};
	struct ccid_ticket ta, tb;

	(void)state;
	assert_true(ccid_share_join(&s, &a, false) && ccid_share_join(&s, &b, false));
	ccid_share_acknowledge(&a, &card);
	ccid_share_acknowledge(&b, &card);
	assert_true(ccid_share_ask(&s, &ta, &a));
	ccid_share_lock(&s, &a);
	assert_false(ccid_share_ask(&s, &tb, &b));
	ccid_share_saw(&s, &gone);
	assert_int_equal(a.levels, 0);
	assert_ptr_equal(ccid_share_next(&s), &tb);
	assert_true(ccid_share_turn(&s, &tb));
	ccid_share_saw(&s, &back);
	assert_int_equal(ccid_share_pending(&a, &back), CCID_PENDING_REMOVED);
	ccid_share_acknowledge(&a, &back);
	assert_int_equal(ccid_share_pending(&a, &back), CCID_PENDING_NONE);
	assert_int_equal(ccid_share_pending(&b, &back), CCID_PENDING_REMOVED);
}

static void a_card_that_was_swapped_unseen_counts_as_removed(void **state)
{
	const struct ccid_card_view other = {true, 9, 2};
	struct ccid_member a = {0};

	(void)state;
	ccid_share_acknowledge(&a, &card);
	assert_int_equal(ccid_share_pending(&a, &other), CCID_PENDING_REMOVED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exclusive_wants_to_be_alone),
		cmocka_unit_test(the_lock_goes_to_who_came_first),
		cmocka_unit_test(levels_nest_and_its_owner_never_queues),
		cmocka_unit_test(an_operation_under_way_is_not_a_lock_to_others_eyes),
		cmocka_unit_test(leaving_frees_the_lock_after_the_last_use),
		cmocka_unit_test(giving_up_keeps_the_queue_in_order),
		cmocka_unit_test(a_new_generation_is_a_reset_until_acknowledged),
		cmocka_unit_test(removal_outlives_the_next_card_and_frees_the_lock),
		cmocka_unit_test(a_card_that_was_swapped_unseen_counts_as_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
