/* SPDX-License-Identifier: MIT */
/* A card that leaves and comes back while a program attaches to it: at each look at what the reader has
 * to tell, in turn. */
#include "context_priv.h"
#include "transport_responder.h"

#include <iscard/easy.h>
#include <iscard/iscard.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LOOKS_MAX 100

static struct fake_clock fake;
static struct responder device;
static struct ccid_transport_ops ops;
static int (*look)(struct ccid_transport *t, uint8_t *buf, size_t cap);
static int looks_left; /* until the card moves */
static int64_t slow;   /* how long that takes, and the reader is silent then; 0: it goes on */
static bool powered;   /* when it moved */

static int64_t now(void *arg)
{
	(void)arg;
	return fake.now;
}

/* The reader tells both. */
static int look_and_move(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	if (looks_left >= 0 && looks_left-- == 0) {
		powered = device.powered;
		responder_move_card(&device, false);
		look(t, buf, cap);
		responder_move_card(&device, true);
		fake_clock_advance(&fake, slow);
		if (slow > 0)
			device.other_type = 0x62; /* no answer to the next */
		buf[0] = 0x50;
		buf[1] = 2;
		return 2;
	}
	return look(t, buf, cap);
}

static int open_device(void *arg, struct ccid_transport **out, const char *address,
                       const struct ccid_env *env, int64_t deadline)
{
	int err = responder_open(out, &device);

	(void)arg, (void)address, (void)env, (void)deadline;
	if (err != 0)
		return err;
	ops = *(*out)->ops;
	look = ops.interrupt_in;
	ops.interrupt_in = look_and_move;
	(*out)->ops = &ops;
	return 0;
}

static HRESULT attach(iscard_context *c)
{
	static const uint8_t select_mf[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
	uint8_t answer[16];
	size_t n = sizeof answer;
	void *card = NULL;
	HRESULT hr;

	assert_int_equal(iscard_context_create_instance(c, &CLSID_CSCard, &IID_ISCard, &card),
	                 S_OK);
	hr = iscard_attach(card, "Test Reader 00 00", ISCARD_SHARED, ISCARD_T0);
	if (hr == S_OK) {
		HRESULT sent = iscard_transmit(card, select_mf, sizeof select_mf, answer, &n);

		if (sent != SCARD_W_REMOVED_CARD && sent != SCARD_W_RESET_CARD) {
			assert_int_equal(sent, S_OK);
			assert_int_equal(iscard_sw(answer, n), 0x9000);
		}
	}
	ISCard_Release((ISCard *)card);
	return hr;
}

/* False when the card never moved. */
static bool session(const struct fake_reader *kind, int at)
{
	static const struct ccid_scheme scheme = {"bounce:", open_device, NULL};
	const struct iscard_options o = {
		.size = sizeof o, .readers = "bounce:reader", .now_ms = now};
	iscard_context *c;
	HRESULT hr;

	fake_clock_init(&fake);
	responder_init(&device, kind, &fake);
	looks_left = at;
	assert_int_equal(ccid_context_create(&o, &scheme, &c), S_OK);
	hr = attach(c);
	if (hr != S_OK && hr != SCARD_E_NO_SMARTCARD)
		fail_msg("moved at look %d: %08lX", at, (unsigned long)(uint32_t)hr);
	looks_left = looks_left < 0 ? -1 : LOOKS_MAX;
	assert_int_equal(attach(c), S_OK);
	iscard_context_unref(c);
	assert_int_equal(device.open, 0);
	return looks_left < 0;
}

static void a_card_that_comes_back_is_attached_to(void **state)
{
	static const struct fake_reader kinds[] = {{.features = FAKE_SHORT},
	                                           {.features = FAKE_TPDU}};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		int at = 0;

		while (at < LOOKS_MAX && session(&kinds[i], at))
			at++;
		assert_in_range(at, 3, LOOKS_MAX - 1);
	}
}

/* The same for a program that takes the next card: the one before has left. False as above. */
static bool next_card(SCARD_DISPOSITIONS how, int at)
{
	static const struct ccid_scheme scheme = {"bounce:", open_device, NULL};
	static const struct fake_reader kind = {.features = FAKE_SHORT};
	const struct iscard_options o = {
		.size = sizeof o, .readers = "bounce:reader", .now_ms = now};
	iscard_context *c;
	void *card = NULL;
	HRESULT hr;

	fake_clock_init(&fake);
	responder_init(&device, &kind, &fake);
	looks_left = -1;
	assert_int_equal(ccid_context_create(&o, &scheme, &c), S_OK);
	assert_int_equal(iscard_context_create_instance(c, &CLSID_CSCard, &IID_ISCard, &card),
	                 S_OK);
	assert_int_equal(iscard_attach(card, "Test Reader 00 00", ISCARD_SHARED, ISCARD_T0), S_OK);
	responder_move_card(&device, false);
	responder_move_card(&device, true);
	looks_left = at;
	hr = ISCard_ReAttach((ISCard *)card, ISCARD_SHARED, how);
	if (hr != S_OK && hr != SCARD_E_NO_SMARTCARD)
		fail_msg("disposition %d, moved at look %d: %08lX", (int)how, at,
		         (unsigned long)(uint32_t)hr);
	ISCard_Release((ISCard *)card);
	iscard_context_unref(c);
	return looks_left < 0;
}

static void a_next_card_that_comes_back_is_attached_to(void **state)
{
	(void)state;
	for (int how = ISCARD_LEAVE; how <= ISCARD_UNPOWER; how++) {
		int at = 0;

		while (at < LOOKS_MAX && next_card((SCARD_DISPOSITIONS)how, at))
			at++;
		assert_in_range(at, 2, LOOKS_MAX - 1);
	}
}

/* How long an attach takes with a limit of 3 s, and a card that takes nearly as long to come back. */
static int64_t slow_attach(int at)
{
	static const struct ccid_scheme scheme = {"bounce:", open_device, NULL};
	static const struct fake_reader kind = {.features = FAKE_SHORT};
	const struct iscard_options o = {.size = sizeof o,
	                                 .readers = "bounce:reader",
	                                 .limits = {.power_on_ms = 3000},
	                                 .now_ms = now};
	iscard_context *c;
	int64_t began;

	fake_clock_init(&fake);
	responder_init(&device, &kind, &fake);
	looks_left = at;
	slow = 2900;
	powered = false;
	assert_int_equal(ccid_context_create(&o, &scheme, &c), S_OK);
	began = fake.now;
	(void)attach(c);
	began = fake.now - began;
	slow = 0;
	iscard_context_unref(c);
	return began;
}

static void both_power_ups_have_one_limit(void **state)
{
	unsigned seen = 0;
	int at = 0;

	(void)state;
	do {
		int64_t took = slow_attach(at);

		if (powered)
			assert_in_range(took, 2900, 3100);
		seen += powered;
	} while (++at < LOOKS_MAX && looks_left < 0);
	assert_true(seen > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_that_comes_back_is_attached_to),
		cmocka_unit_test(a_next_card_that_comes_back_is_attached_to),
		cmocka_unit_test(both_power_ups_have_one_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
