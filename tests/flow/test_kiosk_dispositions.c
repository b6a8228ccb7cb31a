/* SPDX-License-Identifier: MIT */
/* The table of outcomes that <iscard/kiosk.h> prints, row by row. */
#include "kiosk_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum reader {
	ABLE,
	BLIND, /* able, and does not see its mouth */
	UNABLE,
	LATCH, /* unable, but for its lock */
	JAMMED,
	SILENT, /* its motor does not end */
};

enum situation {
	PLAIN,
	HELD,    /* by its mechanical lock */
	GONE,    /* the card */
	LOST,    /* the reader */
	PENDING, /* a reset by another connection */
	LOCKED   /* by another connection */
};

enum call {
	DETACH,
	REATTACH,
	UNLOCK
};

#define OK       S_OK
#define CANT     SCARD_E_CANT_DISPOSE
#define REMOVED  SCARD_W_REMOVED_CARD
#define NO_CARD  SCARD_E_NO_SMARTCARD
#define GONE_HR  SCARD_E_READER_UNAVAILABLE
#define TIMEOUT  SCARD_E_TIMEOUT
#define SHARING  SCARD_E_SHARING_VIOLATION
#define RESETTED SCARD_W_RESET_CARD

#define NONE      ISCARD_DISPOSITION_NONE
#define OFF       ISCARD_DISPOSITION_POWERED_OFF
#define COMMANDED ISCARD_DISPOSITION_COMMANDED
#define CONFIRMED ISCARD_DISPOSITION_CONFIRMED
#define FAILED_TO ISCARD_DISPOSITION_FAILED
#define RESTARTED ISCARD_DISPOSITION_RESET

static const struct row {
	enum call call;
	SCARD_DISPOSITIONS disposition;
	enum reader reader;
	enum situation situation;
	HRESULT hr;
	iscard_disposition_result did;
	unsigned commands; /* PC_to_RDR_Mechanical */
	const char *place; /* NULL: nobody can say */
} rows[] = {
	{DETACH, EJECT, ABLE, PLAIN, OK, COMMANDED, 1, "ejecting"},
	{DETACH, EJECT, BLIND, PLAIN, OK, CONFIRMED, 1, "absent"},
	{DETACH, EJECT, UNABLE, PLAIN, OK, OFF, 0, "swallowed"},
	{DETACH, EJECT, JAMMED, PLAIN, CANT, FAILED_TO, 1, "jammed"},
	{DETACH, EJECT, SILENT, PLAIN, CANT, FAILED_TO, 1, "unknown"},
	{DETACH, EJECT, ABLE, HELD, OK, COMMANDED, 3, "ejecting"},
	{DETACH, EJECT, LATCH, HELD, OK, OFF, 2, "swallowed"},
	{DETACH, EJECT, ABLE, GONE, OK, NONE, 0, "absent"},
	{DETACH, EJECT, UNABLE, GONE, OK, NONE, 0, "absent"},
	{DETACH, EJECT, ABLE, LOST, OK, NONE, 0, NULL},
	{DETACH, EJECT, ABLE, PENDING, OK, COMMANDED, 1, "ejecting"},
	{DETACH, EJECT, ABLE, LOCKED, TIMEOUT, NONE, 0, "powered"},

	{REATTACH, EJECT, ABLE, PLAIN, REMOVED, COMMANDED, 1, "ejecting"},
	{REATTACH, EJECT, BLIND, PLAIN, REMOVED, CONFIRMED, 1, "absent"},
	{REATTACH, EJECT, UNABLE, PLAIN, OK, OFF, 0, "powered"},
	{REATTACH, EJECT, JAMMED, PLAIN, CANT, FAILED_TO, 1, "jammed"},
	{REATTACH, EJECT, SILENT, PLAIN, CANT, FAILED_TO, 1, "unknown"},
	{REATTACH, EJECT, ABLE, HELD, REMOVED, COMMANDED, 3, "ejecting"},
	{REATTACH, EJECT, LATCH, HELD, OK, OFF, 2, "powered"},
	{REATTACH, EJECT, ABLE, GONE, NO_CARD, NONE, 0, "absent"},
	{REATTACH, EJECT, UNABLE, GONE, NO_CARD, NONE, 0, "absent"},
	{REATTACH, EJECT, LATCH, GONE, NO_CARD, NONE, 0, "absent"},
	{REATTACH, EJECT, ABLE, LOST, GONE_HR, NONE, 0, NULL},
	{REATTACH, EJECT, ABLE, PENDING, REMOVED, COMMANDED, 1, "ejecting"},
	{REATTACH, EJECT, ABLE, LOCKED, TIMEOUT, NONE, 0, "powered"},

	{UNLOCK, EJECT, ABLE, PLAIN, OK, COMMANDED, 1, "ejecting"},
	{UNLOCK, EJECT, BLIND, PLAIN, OK, CONFIRMED, 1, "absent"},
	{UNLOCK, EJECT, UNABLE, PLAIN, OK, OFF, 0, "swallowed"},
	{UNLOCK, EJECT, JAMMED, PLAIN, CANT, FAILED_TO, 1, "jammed"},
	{UNLOCK, EJECT, SILENT, PLAIN, CANT, FAILED_TO, 1, "unknown"},
	{UNLOCK, EJECT, ABLE, HELD, OK, COMMANDED, 3, "ejecting"},
	{UNLOCK, EJECT, LATCH, HELD, OK, OFF, 2, "swallowed"},
	{UNLOCK, EJECT, ABLE, GONE, REMOVED, NONE, 0, "absent"},
	{UNLOCK, EJECT, UNABLE, GONE, REMOVED, NONE, 0, "absent"},
	{UNLOCK, EJECT, ABLE, LOST, GONE_HR, NONE, 0, NULL},
	{UNLOCK, EJECT, ABLE, PENDING, RESETTED, NONE, 0, "powered"},
	{UNLOCK, EJECT, ABLE, LOCKED, SHARING, NONE, 0, "powered"},

	{DETACH, LEAVE, ABLE, PLAIN, OK, NONE, 0, "powered"},
	{DETACH, LEAVE, ABLE, HELD, OK, NONE, 1, "locked"},
	{DETACH, LEAVE, ABLE, LOCKED, OK, NONE, 0, "powered"},
	{DETACH, RESET, ABLE, PLAIN, OK, RESTARTED, 0, "powered"},
	{DETACH, RESET, ABLE, GONE, OK, NONE, 0, "absent"},
	{DETACH, RESET, ABLE, LOCKED, TIMEOUT, NONE, 0, "powered"},
	{DETACH, UNPOWER, ABLE, PLAIN, OK, OFF, 0, "swallowed"},
	{DETACH, UNPOWER, ABLE, HELD, OK, OFF, 1, "locked"},
	{DETACH, UNPOWER, ABLE, GONE, OK, NONE, 0, "absent"},
	{DETACH, UNPOWER, ABLE, LOST, OK, NONE, 0, NULL},
	{REATTACH, LEAVE, ABLE, PENDING, OK, NONE, 0, "powered"},
	{REATTACH, RESET, ABLE, HELD, OK, RESTARTED, 1, "locked"},
	{REATTACH, UNPOWER, ABLE, PLAIN, OK, RESTARTED, 0, "powered"},
	{REATTACH, UNPOWER, ABLE, GONE, NO_CARD, NONE, 0, "absent"},
	{UNLOCK, LEAVE, ABLE, PLAIN, OK, NONE, 0, "powered"},
	{UNLOCK, RESET, ABLE, PLAIN, OK, RESTARTED, 0, "powered"},
	{UNLOCK, UNPOWER, ABLE, HELD, OK, RESTARTED, 1, "locked"},
	{UNLOCK, UNPOWER, ABLE, LOCKED, SHARING, NONE, 0, "powered"},
};

static void start(enum reader reader)
{
	const struct iscard_options limited = {.limits = {.lock_ms = 20}};
	struct emu_config cfg = kiosk_config();

	if (reader == BLIND)
		cfg.flags = 0;
	if (reader == UNABLE)
		emu_config_mechanical(&cfg, 0);
	if (reader == LATCH)
		emu_config_mechanical(&cfg, 0x08);
	if (reader == SILENT)
		cfg.motion_ms = 100000;
	kiosk_start(&cfg);
	kiosk_restart(&limited);
	assert_hr(iscard_context_hold(kiosk.context, KIOSK), S_OK);
	emu_jam(kiosk_device(), 0, reader == JAMMED);
}

static void arrange(enum situation situation, ISCard *card, ISCard *other)
{
	switch (situation) {
	case PLAIN: break;
	case HELD:
		assert_hr(iscard_attached_move(card, ISCARD_MOTION_LOCK, NULL, NULL), S_OK);
		break;
	case GONE: assert_true(emu_remove(kiosk_device(), 0, kiosk_now())); break;
	case LOST: emu_unplug(kiosk_device(), kiosk_now()); break;
	case PENDING: assert_hr(ISCard_ReAttach(other, SHARED, RESET), S_OK); break;
	case LOCKED:
		assert_hr(ISCard_LockSCard(other), S_OK);
		kiosk.tick = 1;
		break;
	}
}

static HRESULT call(const struct row *r, ISCard *card)
{
	switch (r->call) {
	case DETACH: return ISCard_Detach(card, r->disposition);
	case REATTACH: return ISCard_ReAttach(card, SHARED, r->disposition);
	case UNLOCK: return ISCard_UnlockSCard(card, r->disposition);
	}
	return E_FAIL;
}

static void check(const struct row *r, unsigned n, HRESULT hr, const ISCard *card)
{
	if (hr != r->hr)
		fail_msg("row %u: %s", n, iscard_result_name(hr));
	if (iscard_last_disposition(card) != r->did)
		fail_msg("row %u: disposition %d", n, (int)iscard_last_disposition(card));
	if (kiosk_commands() != r->commands)
		fail_msg("row %u: %u commands", n, kiosk_commands());
	if (r->place != NULL)
		assert_string_equal(iscard_place_name(kiosk_status().place), r->place);
}

static void play(const struct row *r, unsigned n)
{
	ISCard *card, *other;

	start(r->reader);
	card = kiosk_attached(SHARED);
	other = kiosk_attached(SHARED);
	if (r->call == UNLOCK && r->situation != LOCKED && r->situation != PENDING)
		assert_hr(ISCard_LockSCard(card), S_OK);
	arrange(r->situation, card, other);
	check(r, n, call(r, card), card);
	if (r->situation == LOST)
		emu_plug(kiosk_device(), kiosk_now());
	ISCard_Release(card);
	ISCard_Release(other);
	kiosk_end();
}

static void every_row_comes_out_as_it_stands(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
		play(&rows[i], i);
}

/* Whoever shares the card hears of it. */
static void the_others_hear_of_an_eject(void **state)
{
	for (int reader = ABLE; reader <= UNABLE; reader++) {
		ISCard *card, *other;

		(void)state;
		start((enum reader)reader);
		card = kiosk_attached(SHARED);
		other = kiosk_attached(SHARED);
		assert_hr(ISCard_Detach(card, EJECT), S_OK);
		assert_hr(kiosk_challenge(other),
		          reader == BLIND ? SCARD_W_REMOVED_CARD : SCARD_W_RESET_CARD);
		ISCard_Release(card);
		ISCard_Release(other);
		kiosk_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_comes_out_as_it_stands),
		cmocka_unit_test(the_others_hear_of_an_eject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
