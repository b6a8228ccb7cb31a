/* SPDX-License-Identifier: MIT */
/* Motions beside commands and waits of other threads: the emulated reader objects to a command that
 * comes while another is under way. */
#include "emu_fault.h"
#include "emu_serve.h"
#include "live.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

static atomic_uint done;

static void *talk(void *arg)
{
	HRESULT hr = S_OK;

	while (SUCCEEDED(hr)) {
		hr = live_echo(arg, 1, atomic_fetch_add(&done, 1));
		if (FAILED(hr))
			return (void *)(intptr_t)hr;
	}
	return NULL;
}

static void wait_for(const atomic_uint *counter, unsigned n)
{
	while (atomic_load(counter) < n)
		sched_yield();
}

static void eject_beside_a_talker(bool detaches)
{
	ISCard *talker, *ejector;
	pthread_t thread;
	void *end;

	atomic_store(&done, 0);
	live_start_kiosk();
	talker = live_attached(0, SHARED);
	ejector = live_attached(0, SHARED);
	assert_int_equal(pthread_create(&thread, NULL, talk, talker), 0);
	wait_for(&done, 5);
	if (detaches)
		assert_int_equal(ISCard_Detach(ejector, EJECT), S_OK);
	else
		assert_int_equal(ISCard_ReAttach(ejector, SHARED, EJECT), SCARD_W_REMOVED_CARD);
	assert_int_equal(iscard_last_disposition(ejector), ISCARD_DISPOSITION_COMMANDED);
	pthread_join(thread, &end);
	assert_int_equal((HRESULT)(intptr_t)end, SCARD_W_RESET_CARD);
	ISCard_Release(talker);
	ISCard_Release(ejector);
	live_end();
}

static void a_motion_waits_for_the_command_under_way(void **state)
{
	(void)state;
	eject_beside_a_talker(true);
	eject_beside_a_talker(false);
}

static void *eject_and_wait(void *arg)
{
	const struct iscard_motion_options wait = {.size = sizeof wait,
	                                           .flags = ISCARD_MOTION_WAIT};

	return (void *)(intptr_t)iscard_attached_move(arg, ISCARD_MOTION_EJECT, &wait, NULL);
}

static void wait_until_ejecting(ISCard *card)
{
	struct iscard_kiosk_status status = {.size = sizeof status};

	do
		assert_int_equal(iscard_attached_place(card, &status), S_OK);
	while (status.place != ISCARD_PLACE_EJECTING);
}

static void a_wait_without_limit_can_be_cancelled(void **state)
{
	ISCard *card;
	pthread_t thread;
	void *end;

	(void)state;
	live_start_kiosk();
	card = live_attached(0, SHARED);
	assert_int_equal(pthread_create(&thread, NULL, eject_and_wait, card), 0);
	wait_until_ejecting(card);
	assert_int_equal(iscard_cancel(card), S_OK);
	pthread_join(thread, &end);
	assert_int_equal((HRESULT)(intptr_t)end, SCARD_E_CANCELLED);
	ISCard_Release(card);
	live_end();
}

static void others_go_on_while_one_waits_for_the_taking(void **state)
{
	ISCard *card, *other;
	pthread_t thread;
	void *end;

	(void)state;
	live_start_kiosk();
	card = live_attached(0, SHARED);
	other = live_attached(0, SHARED);
	assert_int_equal(pthread_create(&thread, NULL, eject_and_wait, card), 0);
	wait_until_ejecting(other);
	assert_int_equal(iscard_attached_move(other, ISCARD_MOTION_ACCEPT, NULL, NULL), S_OK);
	pthread_join(thread, &end);
	assert_int_equal((HRESULT)(intptr_t)end, SCARD_E_CANT_DISPOSE); /* drawn in again */
	ISCard_Release(card);
	ISCard_Release(other);
	live_end();
}

/* The successor of a reader that connections still stand on is the same reader, come back. */
static void a_card_is_found_beside_connections_that_still_stand(void **state)
{
	const struct iscard_card_policy policy = {.size = sizeof policy,
	                                          .at_return = ISCARD_FATE_EJECT};
	struct iscard_kiosk_status status = {.size = sizeof status};
	const struct emu_fault pulled = {.kind = EMU_FAULT_UNPLUG, .type = 0x6F, .at = 5};
	ISCard *card;

	(void)state;
	live_start_kiosk();
	assert_int_equal(iscard_context_set_policy(live.context, "*", &policy), S_OK);
	assert_true(emu_fault_add(live.device, &pulled));
	card = live_attached(0, SHARED);
	while (live_echo(card, 1, 2) != SCARD_E_READER_UNAVAILABLE)
		;
	pthread_join(live.thread, NULL);
	live.serving = false;
	emu_plug(live.device, emu_serve_now());
	assert_int_equal(iscard_card_place(live.context, "live:reader", &status), S_OK);
	assert_int_equal(status.place, ISCARD_PLACE_EJECTING);
	assert_int_equal(status.ejected, 1);
	ISCard_Release(card);
	live_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_motion_waits_for_the_command_under_way),
		cmocka_unit_test(a_wait_without_limit_can_be_cancelled),
		cmocka_unit_test(others_go_on_while_one_waits_for_the_taking),
		cmocka_unit_test(a_card_is_found_beside_connections_that_still_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
