/* SPDX-License-Identifier: MIT */
/* Memory that runs out at each allocation of a kiosk's calls in turn: nothing is lost, nothing is
 * claimed. */
#include "alloc_count.h"
#include "kiosk_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static HRESULT accept_all(void *arg, const struct iscard_job *job)
{
	(void)arg, (void)job;
	return S_OK;
}

/* The first failure, or S_OK. */
static HRESULT day(void)
{
	const struct iscard_mechanics m = {.size = sizeof m,
	                                   .name = "m",
	                                   .lock = accept_all,
	                                   .unlock = accept_all,
	                                   .eject = accept_all};
	const struct iscard_card_policy p = {.size = sizeof p, .at_end = ISCARD_FATE_LOCK};
	struct iscard_kiosk_status status = {.size = sizeof status};
	HRESULT hr[] = {
		iscard_context_set_mechanics(kiosk.context, "*", &m),
		iscard_context_set_policy(kiosk.context, "Kiosk*", &p),
		iscard_card_lock(kiosk.context, KIOSK, NULL, NULL),
		iscard_card_place(kiosk.context, KIOSK, &status),
		kiosk_move(ISCARD_MOTION_EJECT, 0, 500),
	};

	for (unsigned i = 0; i < sizeof hr / sizeof *hr; i++)
		if (FAILED(hr[i]) && !(i == 4 && hr[i] == SCARD_E_TIMEOUT))
			return hr[i];
	return S_OK;
}

/* What was set is taken back; the card goes out once, with its lock, and in again. */
static void evening(void)
{
	assert_hr(iscard_context_set_mechanics(kiosk.context, "*", NULL), S_OK);
	assert_hr(iscard_context_set_policy(kiosk.context, "Kiosk*", NULL), S_OK);
	(void)kiosk_move(ISCARD_MOTION_EJECT, 0, 500); /* unless it is in the mouth */
	assert_hr(kiosk_move(ISCARD_MOTION_ACCEPT, 0, 500), S_OK);
}

static void every_allocation_may_fail(void **state)
{
	struct emu_config cfg = kiosk_config();
	unsigned calls, descriptors;

	(void)state;
	kiosk_start(&cfg);
	assert_hr(day(), S_OK);
	evening();
	descriptors = open_descriptors();
	alloc_count_start(ALLOC_FAIL_NEVER);
	assert_hr(day(), S_OK);
	calls = alloc_count_now().calls;
	evening();
	assert_int_equal(alloc_count_now().live, 0);
	assert_true(calls >= 7); /* two rules, three visits */
	for (unsigned n = 0; n < calls; n++) {
		alloc_count_start(n);
		(void)day();
		alloc_count_stop_failing();
		evening();
		if (alloc_count_now().live != 0 || open_descriptors() != descriptors)
			fail_msg("allocation %u: %d blocks, %u descriptors more", n,
			         alloc_count_now().live, open_descriptors() - descriptors);
	}
	kiosk_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
