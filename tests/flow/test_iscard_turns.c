/* SPDX-License-Identifier: MIT */
/* Objects on two slots of a reader that does one command at a time: the limits of one hold while the other
 * is busy. */
#include "context_priv.h"
#include "transport_hand.h"

#include <iscard/easy.h>
#include <iscard/iscard.h>

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LIMIT_MS 20

static struct hand hand;
static iscard_context *context;
static atomic_llong now; /* of the context */

struct job {
	pthread_t thread;
	ISCard *card;
	HRESULT hr;
	atomic_bool over;
};

static int64_t now_ms(void *arg)
{
	(void)arg;
	return atomic_load(&now);
}

/* The hand's own time stands still: none of its waits ends by it. */
static int open_hand(void *arg, struct ccid_transport **out, const char *address,
                     const struct ccid_env *env, int64_t deadline)
{
	(void)arg;
	(void)address;
	(void)deadline;
	hand.t.env = env;
	*out = &hand.t;
	return 0;
}

static ISCard *attached(const char *name)
{
	void *object = NULL;
	ISCard *card;
	BSTR text = iscard_bstr_from_utf8(name);

	assert_int_equal(
		iscard_context_create_instance(context, &CLSID_CSCard, &IID_ISCard, &object), S_OK);
	card = object;
	assert_int_equal(ISCard_AttachByReader(card, text, SHARED, (SCARD_PROTOCOLS)(T0 | T1)),
	                 S_OK);
	SysFreeString(text);
	return card;
}

static void begin(ISCard *card[2], int64_t transaction_ms)
{
	static const struct fake_reader kind = {
		.features = FAKE_SHORT, .slots = 2, .busy_slots = 1, .no_interrupt = true};
	static const struct ccid_scheme scheme = {"hand:", open_hand, NULL};
	struct iscard_options o = {.size = sizeof o,
	                           .readers = "hand:reader",
	                           .limits = {.transaction_ms = transaction_ms},
	                           .log_level = ISCARD_LOG_ERROR,
	                           .now_ms = now_ms};

	hand_init(&hand, &kind);
	atomic_store(&hand.now, 0);
	assert_int_equal(ccid_context_create(&o, &scheme, &context), S_OK);
	card[0] = attached("Test Reader 00 00");
	card[1] = attached("Test Reader 00 01");
}

static void end(ISCard *card[2])
{
	for (unsigned i = 0; i < 2; i++)
		ISCard_Release(card[i]);
	iscard_context_unref(context);
	hand_done(&hand);
}

static void *transact(void *arg)
{
	struct job *j = arg;
	void *object = NULL;
	ISCardCmd *cmd;
	LONG le = 1;

	if (FAILED(CoCreateInstance(&CLSID_CSCardCmd, NULL, CLSCTX_ALL, &IID_ISCardCmd, &object)))
		return NULL;
	cmd = object;
	ISCardCmd_BuildCmd(cmd, 0, 0x84, 0, 0, NULL, &le);
	j->hr = ISCard_Transaction(j->card, &cmd);
	ISCardCmd_Release(cmd);
	atomic_store(&j->over, true);
	return NULL;
}

static void start(struct job *j, ISCard *card)
{
	j->card = card;
	j->hr = E_FAIL;
	atomic_store(&j->over, false);
	assert_int_equal(pthread_create(&j->thread, NULL, transact, j), 0);
}

static void answered(struct job *j, const struct hand_message *m)
{
	hand_answer(&hand, m, 0, 0, "\x01\x90\x00", 3);
	pthread_join(j->thread, NULL);
	assert_int_equal(j->hr, S_OK);
}

static void a_transaction_keeps_its_limit_while_another_slot_is_busy(void **state)
{
	struct hand_message m;
	struct job a, b;
	ISCard *card[2];

	(void)state;
	begin(card, LIMIT_MS);
	start(&a, card[0]);
	m = hand_command(&hand, 1);
	start(&b, card[1]);
	for (; !atomic_load(&b.over); sched_yield())
		atomic_fetch_add(&now, LIMIT_MS);
	pthread_join(b.thread, NULL);
	assert_int_equal(b.hr, SCARD_E_TIMEOUT);
	assert_int_equal(hand.seen[0x6F], 1);
	answered(&a, &m);
	start(&b, card[1]);
	m = hand_command(&hand, 2);
	answered(&b, &m);
	end(card);
}

static void cancel_ends_a_transaction_that_waits_for_another_slot(void **state)
{
	struct hand_message m;
	struct job a, b;
	ISCard *card[2];

	(void)state;
	begin(card, 0);
	start(&a, card[0]);
	m = hand_command(&hand, 1);
	start(&b, card[1]);
	while (iscard_cancel(card[1]) != S_OK)
		;
	pthread_join(b.thread, NULL);
	assert_int_equal(b.hr, SCARD_E_CANCELLED);
	assert_int_equal(hand.seen[0x6F], 1);
	answered(&a, &m);
	end(card);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transaction_keeps_its_limit_while_another_slot_is_busy),
		cmocka_unit_test(cancel_ends_a_transaction_that_waits_for_another_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
