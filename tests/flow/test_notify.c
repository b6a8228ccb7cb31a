/* SPDX-License-Identifier: MIT */
/* Interrupt messages and what they do to a slot (CCID 6.3; wire reference 3.5 and 9.1). */
#include "flow.h"

#include <poll.h>
#include <stdio.h>

static const struct fake_reader short_reader = {.features = FAKE_SHORT};
static const struct fake_reader polled = {.features = FAKE_SHORT, .no_interrupt = true};

static void opened(const char *bstatus_answer, const char *message)
{
	static struct script_step steps[3];
	static char text[64];

	snprintf(text, sizeof text, "81 00000000 00 ss %s 00 00", bstatus_answer);
	steps[0] = (struct script_step)EXPECT_OUT("65 00000000 00 ss 000000");
	steps[1] = (struct script_step)GIVE_IN(text);
	steps[2] = (struct script_step)INTERRUPT(message);
	FLOW_OPEN(&short_reader, steps);
}

static void a_message(const char *message)
{
	static struct script_step steps[1];

	steps[0] = (struct script_step)INTERRUPT(message);
	SCRIPT_CONTINUE(&flow.script, steps);
}

static int dispatch(void)
{
	return ccid_reader_dispatch(flow.reader);
}

static void present_in_an_empty_slot_is_an_insertion(void **state)
{
	(void)state;
	opened(ABSENT, "50 03");
	assert_int_equal(flow_info().insertions, 0);
	assert_int_equal(dispatch(), 1);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_int_equal(flow_info().insertions, 1);
	assert_int_equal(dispatch(), 0);
	flow_close();
}

/* 50 01 and 50 00 come from sloppy firmware: bit 0 counts, whatever bit 1 says. */
static void presence_counts_without_the_changed_bit(void **state)
{
	(void)state;
	opened(ABSENT, "50 01");
	assert_int_equal(dispatch(), 1);
	flow_state_is(CCID_SLOT_INACTIVE);
	a_message("50 00");
	assert_int_equal(dispatch(), 1);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void absent_ends_the_session(void **state)
{
	uint32_t before;

	(void)state;
	flow_ready(&short_reader);
	before = flow.generation;
	a_message("50 02");
	assert_int_equal(dispatch(), 1);
	flow_state_is(CCID_SLOT_EMPTY);
	assert_true(flow_info().generation > before);
	assert_int_equal(flow_info().atr_len, 0);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

/* Nobody has dispatched: the next command looks by itself. */
static void a_command_looks_at_the_notifications_first(void **state)
{
	(void)state;
	flow_ready(&short_reader);
	a_message("50 02");
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static bool nothing_new(struct ccid_transport *t, int64_t now)
{
	return t == &flow.script.t && now >= 0;
}

/* What the transport has looked at a moment ago is not asked for again. */
static void a_command_believes_a_transport_that_has_just_looked(void **state)
{
	static const struct script_step steps[] = {INTERRUPT("50 02"), SELECT_WORKS};
	static struct ccid_transport_ops ops;

	(void)state;
	flow_ready(&short_reader);
	ops = *flow.script.t.ops;
	ops.quiet = nothing_new;
	flow.script.t.ops = &ops;
	SCRIPT_CONTINUE(&flow.script, steps);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_state_is(CCID_SLOT_READY);
	ops.quiet = NULL;
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

/* The message that readers send after configuration when a card is present. */
static void the_first_message_after_opening_is_no_news(void **state)
{
	(void)state;
	opened(INACTIVE, "50 03");
	assert_int_equal(dispatch(), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_int_equal(flow_info().insertions, 0);
	flow_close();
}

/* Out and in again between two messages: present and changed. It is a new card. */
static void a_quick_swap_ends_the_session(void **state)
{
	static const struct script_step again[] = {ACTIVATION(ATR_T0), CLOSING_POWERED};
	struct ccid_slot_info before, after;

	(void)state;
	opened(ABSENT, "50 03");
	assert_int_equal(dispatch(), 1);
	SCRIPT_CONTINUE(&flow.script, again);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	before = flow_info();
	flow.script.count = flow.script.at; /* the closing is no longer due: the card lost power */
	a_message("50 03");
	assert_int_equal(dispatch(), 1);
	after = flow_info();
	assert_int_equal(after.state, CCID_SLOT_INACTIVE);
	assert_true(after.generation > before.generation);
	assert_int_equal(after.insertions, before.insertions + 1);
	assert_int_equal(after.atr_len, 0);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_close();
}

/* ... also when the card had no power. */
static void a_quick_swap_of_an_unpowered_card_is_an_insertion(void **state)
{
	(void)state;
	opened(ABSENT, "50 03");
	assert_int_equal(dispatch(), 1);
	a_message("50 03");
	assert_int_equal(dispatch(), 1);
	assert_int_equal(flow_info().insertions, 2);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

/* What was seen of a slot need not be asked for again until something has happened to it. */
static void a_snapshot_is_good_until_the_slot_changes(void **state)
{
	struct ccid_slot_info seen;

	(void)state;
	opened(ABSENT, "50 03");
	seen = flow_info();
	assert_true(ccid_slot_still(flow.reader, 0, &seen));
	assert_int_equal(dispatch(), 1);
	assert_false(ccid_slot_still(flow.reader, 0, &seen));
	seen = flow_info();
	assert_true(ccid_slot_still(flow.reader, 0, &seen));
	a_message("50 03"); /* another card, as inactive as the one before */
	assert_int_equal(dispatch(), 1);
	assert_int_equal(flow_info().state, seen.state);
	assert_false(ccid_slot_still(flow.reader, 0, &seen));
	seen = flow_info();
	assert_false(ccid_slot_still(flow.reader, 1, &seen));
	seen.gone = true;
	assert_false(ccid_slot_still(flow.reader, 0, &seen));
	flow_close();
}

/* A card that was reset is in the same state as before. */
static void a_snapshot_ends_with_the_session(void **state)
{
	static const struct script_step closing[] = {CLOSING_POWERED};
	struct ccid_slot_info seen;

	(void)state;
	flow_ready(&short_reader);
	SCRIPT_CONTINUE(&flow.script, closing);
	seen = flow_info();
	assert_true(ccid_slot_still(flow.reader, 0, &seen));
	seen.generation--;
	assert_false(ccid_slot_still(flow.reader, 0, &seen));
	flow_close();
}

static void messages_in_one_transfer_are_all_taken(void **state)
{
	(void)state;
	opened(ABSENT, "50 03 50 02 50 03");
	assert_true(dispatch() >= 1);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_int_equal(flow_info().insertions, 2);
	flow_close();
}

static void several_transfers_are_all_taken(void **state)
{
	static const struct script_step steps[] = {INTERRUPT("50 03"), INTERRUPT("50 02"),
	                                           INTERRUPT("50 03"), INTERRUPT("50 02")};

	(void)state;
	opened(ABSENT, "50 02");
	SCRIPT_CONTINUE(&flow.script, steps);
	assert_true(dispatch() >= 1);
	flow_state_is(CCID_SLOT_EMPTY);
	assert_int_equal(flow_info().insertions, 2);
	flow_close();
}

static void unknown_bytes_end_a_transfer_and_do_no_harm(void **state)
{
	(void)state;
	opened(ABSENT, "77 50 03");
	assert_int_equal(dispatch(), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	a_message("50 03 00 00 FF");
	assert_int_equal(dispatch(), 1);
	flow_state_is(CCID_SLOT_INACTIVE);
	a_message("50");
	assert_int_equal(dispatch(), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	a_message("");
	assert_int_equal(dispatch(), 0);
	flow_close();
}

static void sixty_four_bytes_for_one_slot_touch_one_slot(void **state)
{
	(void)state;
	opened(ABSENT, "50 FF*63");
	assert_int_equal(dispatch(), 1);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_int_equal(flow_info().insertions, 1);
	flow_close();
}

static void a_short_bit_field_covers_the_slots_it_has(void **state)
{
	static const struct fake_reader reader = {.features = FAKE_SHORT, .slots = 6};
	static const struct script_step steps[] = {STATUS_OF("00", ABSENT), STATUS_OF("01", ABSENT),
	                                           STATUS_OF("02", ABSENT), STATUS_OF("03", ABSENT),
	                                           STATUS_OF("04", ABSENT), STATUS_OF("05", ABSENT),
	                                           INTERRUPT("50 C3")};
	struct ccid_slot_info info;

	(void)state;
	FLOW_OPEN(&reader, steps);
	assert_int_equal(dispatch(), 2);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(ccid_slot_get_info(flow.reader, i, &info), 0);
		assert_int_equal(info.state,
		                 i == 0 || i == 3 ? CCID_SLOT_INACTIVE : CCID_SLOT_EMPTY);
	}
	a_message("50 00 0C"); /* slot 5 */
	assert_true(dispatch() >= 1);
	assert_int_equal(ccid_slot_get_info(flow.reader, 5, &info), 0);
	assert_int_equal(info.state, CCID_SLOT_INACTIVE);
	flow_close();
}

static void a_hardware_error_is_logged_and_changes_no_slot(void **state)
{
	(void)state;
	opened(INACTIVE, "51 00 07 01");
	assert_int_equal(dispatch(), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_true(fake_clock_logged(&flow.clock, "hardware error"));
	a_message("51 FF FF FF"); /* no such slot */
	assert_int_equal(dispatch(), 0);
	flow_close();
}

static void the_notification_of_an_insertion_may_come_with_the_atr(void **state)
{
	static const struct script_step steps[] = {OPENING(ABSENT),
	                                           STATUS(INACTIVE),
	                                           POWER_ON_OUT("00"),
	                                           INTERRUPT("50 03"),
	                                           GIVE_IN("80 04000000 00 ss 00 00 00 " ATR_T0),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	FLOW_OPEN(&short_reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(dispatch(), 0);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void a_late_notification_of_a_known_insertion_leaves_the_session(void **state)
{
	static const struct script_step steps[] = {STATUS(INACTIVE), ACTIVATION(ATR_T0)};
	static const struct script_step later[] = {INTERRUPT("50 03"), STATUS(ACTIVE), SELECT_WORKS,
	                                           CLOSING_POWERED};

	(void)state;
	opened(ABSENT, "50 02");
	assert_int_equal(dispatch(), 0);
	SCRIPT_CONTINUE(&flow.script, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	assert_int_equal(flow_info().insertions, 1);
	SCRIPT_CONTINUE(&flow.script, later);
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	assert_int_equal(flow_info().insertions, 1);
	flow_close();
}

static void a_known_card_that_turns_out_unpowered_ends_the_session(void **state)
{
	static const struct script_step steps[] = {ACTIVATION(ATR_T0)};
	static const struct script_step later[] = {INTERRUPT("50 03"), STATUS(INACTIVE)};

	(void)state;
	opened(INACTIVE, "");
	SCRIPT_CONTINUE(&flow.script, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	SCRIPT_CONTINUE(&flow.script, later);
	assert_int_equal(flow_transmit(SELECT, 0), CCID_E_STALE);
	flow_state_is(CCID_SLOT_INACTIVE);
	flow_close();
}

/* --- the event descriptor --- */

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void the_event_descriptor_tells_of_messages(void **state)
{
	int fd;

	(void)state;
	opened(ABSENT, "50 03");
	fd = ccid_reader_event_fd(flow.reader);
	assert_true(fd >= 0);
	assert_true(readable(fd));
	assert_int_equal(dispatch(), 1);
	assert_false(readable(fd));
	a_message("50 02");
	assert_true(readable(fd));
	assert_int_equal(dispatch(), 1);
	flow_close();
}

static void without_an_interrupt_endpoint_the_slot_is_polled(void **state)
{
	static const struct script_step steps[] = {OPENING(ABSENT), STATUS(INACTIVE),
	                                           STATUS(ABSENT)};

	(void)state;
	FLOW_OPEN(&polled, steps);
	assert_int_equal(ccid_reader_event_fd(flow.reader), CCID_E_UNSUPPORTED);
	assert_int_equal(dispatch(), 0);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(1000)), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_int_equal(flow_info().insertions, 1);
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(1000)), 0);
	flow_state_is(CCID_SLOT_EMPTY);
	flow_close();
}

static void a_poll_that_finds_the_card_unpowered_ends_the_session(void **state)
{
	static const struct script_step steps[] = {STATUS(INACTIVE), CLOSING_UNPOWERED};
	uint32_t before;

	(void)state;
	FLOW_READY_THEN(&polled, steps);
	before = flow.generation;
	assert_int_equal(ccid_slot_poll(flow.reader, 0, flow_deadline(1000)), 0);
	flow_state_is(CCID_SLOT_INACTIVE);
	assert_true(flow_info().generation > before);
	flow_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(present_in_an_empty_slot_is_an_insertion),
		cmocka_unit_test(presence_counts_without_the_changed_bit),
		cmocka_unit_test(absent_ends_the_session),
		cmocka_unit_test(a_command_looks_at_the_notifications_first),
		cmocka_unit_test(a_command_believes_a_transport_that_has_just_looked),
		cmocka_unit_test(the_first_message_after_opening_is_no_news),
		cmocka_unit_test(a_quick_swap_ends_the_session),
		cmocka_unit_test(a_quick_swap_of_an_unpowered_card_is_an_insertion),
		cmocka_unit_test(a_snapshot_is_good_until_the_slot_changes),
		cmocka_unit_test(a_snapshot_ends_with_the_session),
		cmocka_unit_test(messages_in_one_transfer_are_all_taken),
		cmocka_unit_test(several_transfers_are_all_taken),
		cmocka_unit_test(unknown_bytes_end_a_transfer_and_do_no_harm),
		cmocka_unit_test(sixty_four_bytes_for_one_slot_touch_one_slot),
		cmocka_unit_test(a_short_bit_field_covers_the_slots_it_has),
		cmocka_unit_test(a_hardware_error_is_logged_and_changes_no_slot),
		cmocka_unit_test(the_notification_of_an_insertion_may_come_with_the_atr),
		cmocka_unit_test(a_late_notification_of_a_known_insertion_leaves_the_session),
		cmocka_unit_test(a_known_card_that_turns_out_unpowered_ends_the_session),
		cmocka_unit_test(the_event_descriptor_tells_of_messages),
		cmocka_unit_test(without_an_interrupt_endpoint_the_slot_is_polled),
		cmocka_unit_test(a_poll_that_finds_the_card_unpowered_ends_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
