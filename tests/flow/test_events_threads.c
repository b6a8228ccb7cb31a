/* SPDX-License-Identifier: MIT */
/* Everything at once on one reader: attaching, commands, watching, waiting, cancelling. Nothing is lost,
 * nothing hangs, and at the end the reader is given back. */
#include "live.h"

#include <iscard/iscard.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#define ROUNDS 60

static char name[64];
static atomic_uint wrong;

static void check(bool right)
{
	if (!right)
		atomic_fetch_add(&wrong, 1);
}

static void *attach_and_talk(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		ISCard *card = live_attached(0, SHARED);

		check(card != NULL);
		if (card == NULL)
			continue;
		check(live_echo(card, i, i + 1) == S_OK);
		ISCard_Release(card);
	}
	return NULL;
}

static void *watch_and_unwatch(void *arg)
{
	const char *what = arg;
	struct iscard_event event;

	for (unsigned i = 0; i < ROUNDS; i++) {
		check(iscard_context_watch(live.context, what, ISCARD_WATCH_CARDS) == S_OK);
		while (iscard_context_next_event(live.context, &event) == S_OK)
			check(event.type != ISCARD_EVENT_READER_LEFT);
		check(iscard_context_unwatch(live.context, what) == S_OK);
	}
	return NULL;
}

static void *wait_now_and_then(void *arg)
{
	struct iscard_reader_state state = {.reader = arg};

	for (unsigned i = 0; i < ROUNDS; i++) {
		HRESULT hr = iscard_context_wait(live.context, &state, 1, i % 3);

		check(hr == S_OK || hr == SCARD_E_TIMEOUT || hr == SCARD_E_CANCELLED);
		check(state.now.changes != 0);
		state.seen = state.now.changes;
	}
	return NULL;
}

static void *cancel_often(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++)
		check(iscard_context_cancel(live.context) == S_OK);
	return NULL;
}

static void all_at_once(void **state)
{
	static const struct {
		void *(*run)(void *arg);
		const char *arg;
	} what[] = {{attach_and_talk, NULL},   {attach_and_talk, NULL},   {watch_and_unwatch, NULL},
	            {watch_and_unwatch, name}, {wait_now_and_then, name}, {wait_now_and_then, name},
	            {wait_now_and_then, NULL}, {cancel_often, NULL}};
	pthread_t thread[sizeof what / sizeof *what];

	(void)state;
	live_start(1);
	live_name(name, sizeof name, 0);
	for (size_t i = 0; i < sizeof what / sizeof *what; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, what[i].run,
		                                (void *)(uintptr_t)what[i].arg),
		                 0);
	for (size_t i = 0; i < sizeof what / sizeof *what; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_int_equal(wrong, 0);
	live_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
