/* SPDX-License-Identifier: MIT */
/* <iscard/easy.h>: bytes in and out, buffers, escape commands, failures in words. */
#include "rig.h"

static const struct fake_reader plain = {.features = FAKE_SHORT};
static const struct fake_reader tpdu = {.features = FAKE_TPDU};

static const uint8_t select_mf[] = {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00};
static const uint8_t challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};

#define CHALLENGE "00 84 00 00 08"
#define ATTACH    OPENING(INACTIVE), ACTIVATION(ATR_T0)
#define BOTH      ((SCARD_PROTOCOLS)(T0 | T1))

static ISCard *attached(void)
{
	ISCard *card = rig_card();

	assert_hr(iscard_attach(card, "test:reader", SHARED, BOTH), S_OK);
	return card;
}

static void finish(ISCard *card)
{
	ISCard_Release(card);
	rig_end();
}

static void bytes_go_in_and_come_out(void **state)
{
	static const struct script_step steps[] = {ATTACH,
	                                           XFR(CHALLENGE, "01 02 03 04 05 06 07 08 90 00"),
	                                           XFR(SELECT, "6A 82"), CLOSING_POWERED};
	static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8, 0x90, 0};
	uint8_t reply[16];
	size_t n = sizeof reply;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = attached();
	assert_hr(iscard_transmit(card, challenge, sizeof challenge, reply, &n), S_OK);
	assert_int_equal(n, sizeof want);
	assert_memory_equal(reply, want, sizeof want);
	assert_int_equal(iscard_sw(reply, n), 0x9000);
	n = sizeof reply;
	assert_hr(iscard_transmit(card, select_mf, sizeof select_mf, reply, &n), S_OK);
	assert_int_equal(n, 2);
	assert_int_equal(iscard_sw(reply, n), 0x6A82);
	assert_int_equal(iscard_sw(reply, 1), 0);
	finish(card);
}

static void both_kinds_of_object_will_do(void **state)
{
	static const struct script_step steps[] = {ATTACH, SELECT_WORKS, CLOSING_POWERED};
	ISCardManage *manage;
	ISCardCmd *other;
	uint8_t reply[2];
	size_t n = sizeof reply;

	(void)state;
	RIG_START(&plain, steps);
	manage = rig_manage();
	other = rig_cmd(SELECT);
	assert_hr(iscard_attach(manage, "Test Reader 00 01", EXCLUSIVE, BOTH),
	          SCARD_E_UNKNOWN_READER);
	assert_hr(iscard_attach(manage, "Test Reader 00 00", EXCLUSIVE, BOTH), S_OK);
	assert_hr(iscard_transmit(manage, select_mf, sizeof select_mf, reply, &n), S_OK);
	assert_hr(iscard_attach(other, "test:reader", SHARED, BOTH), E_INVALIDARG);
	assert_hr(iscard_transmit(other, select_mf, sizeof select_mf, reply, &n), E_INVALIDARG);
	assert_int_equal(n, 0);
	assert_hr(iscard_attach(NULL, "test:reader", SHARED, BOTH), E_POINTER);
	ISCardCmd_Release(other);
	ISCardManage_Release(manage);
	rig_end();
}

static void attach_checks_what_the_method_checks(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_card();
	assert_hr(iscard_attach(card, NULL, SHARED, BOTH), E_INVALIDARG);
	assert_hr(iscard_attach(card, "", SHARED, BOTH), E_INVALIDARG);
	assert_hr(iscard_attach(card, "test:reader", (SCARD_SHARE_MODES)7, BOTH), E_INVALIDARG);
	assert_hr(iscard_attach(card, "test:reader", SHARED, (SCARD_PROTOCOLS)0), E_INVALIDARG);
	assert_hr(iscard_attach(card, "test:reader", SHARED, RAW), SCARD_E_PROTO_MISMATCH);
	assert_hr(iscard_attach(card, "\xff\xfe", SHARED, BOTH), SCARD_E_UNKNOWN_READER);
	assert_hr(iscard_attach(card, "test:reader", SHARED, BOTH), S_OK);
	assert_hr(iscard_attach(card, "test:reader", SHARED, BOTH), E_UNEXPECTED);
	finish(card);
}

static void a_wrong_call_sends_nothing(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	static const uint8_t cut[] = {0x00, 0xA4, 0x00}, lies[] = {0x00, 0xA4, 0x00, 0x00, 0x09, 1};
	uint8_t reply[4];
	size_t n = sizeof reply;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_card();
	assert_hr(iscard_transmit(card, select_mf, sizeof select_mf, reply, &n),
	          SCARD_E_INVALID_HANDLE);
	assert_int_equal(n, 0);
	assert_hr(iscard_attach(card, "test:reader", SHARED, BOTH), S_OK);
	n = sizeof reply;
	assert_hr(iscard_transmit(card, NULL, 5, reply, &n), E_POINTER);
	assert_int_equal(n, 0);
	assert_hr(iscard_transmit(card, select_mf, sizeof select_mf, NULL, &n), E_POINTER);
	assert_hr(iscard_transmit(card, select_mf, sizeof select_mf, reply, NULL), E_POINTER);
	n = sizeof reply;
	assert_hr(iscard_transmit(card, cut, sizeof cut, reply, &n), E_INVALIDARG);
	assert_hr(iscard_transmit(card, lies, sizeof lies, reply, &n), E_INVALIDARG);
	assert_hr(iscard_transmit(card, lies, 0, reply, &n), E_INVALIDARG);
	finish(card);
}

/* Every room for every length of answer: the rule at the head of easy.h. */
static void the_rule_about_buffers_holds_for_every_size(void **state)
{
	static const struct script_step answers[][2] = {{XFR(CHALLENGE, "90 00")},
	                                                {XFR(CHALLENGE, "11 90 00")},
	                                                {XFR(CHALLENGE, "11 22 90 00")},
	                                                {XFR(CHALLENGE, "11 22 33 90 00")}};
	static const uint8_t whole[][5] = {
		{0x90, 0}, {0x11, 0x90, 0}, {0x11, 0x22, 0x90, 0}, {0x11, 0x22, 0x33, 0x90, 0}};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t room = 0; room < 8; room++) {
			const struct script_step steps[] = {ATTACH, answers[i][0], answers[i][1],
			                                    CLOSING_POWERED};
			const struct script_step unsent[] = {ATTACH, CLOSING_POWERED};
			uint8_t reply[8];
			size_t n = room;
			ISCard *card;
			HRESULT hr;

			if (room < 2)
				RIG_START(&plain, unsent);
			else
				RIG_START(&plain, steps);
			memset(reply, 0xEE, sizeof reply);
			card = attached();
			hr = iscard_transmit(card, challenge, sizeof challenge, reply, &n);
			assert_hr(hr, room >= i + 2 ? S_OK : SCARD_E_INSUFFICIENT_BUFFER);
			assert_int_equal(n, room < 2 ? 2 : i + 2);
			for (size_t k = 0; k < sizeof reply; k++)
				assert_int_equal(reply[k],
				                 SUCCEEDED(hr) && k < n ? whole[i][k] : 0xEE);
			finish(card);
		}
}

/* A Le of 65536 asks for no such room (the mistake of others). */
static void room_is_needed_for_what_comes_not_for_what_may(void **state)
{
	static const struct fake_reader extended = {.features = FAKE_EXTENDED,
	                                            .max_message = 65544};
	static const uint8_t apdu[] = {0x00, 0xB0, 0x00, 0x00, 0x00, 0x00, 0x00};
	static const struct script_step steps[] = {ATTACH, XFR("00 B0 00 00 00 00 00", "AA 90 00"),
	                                           CLOSING_POWERED};
	uint8_t reply[3];
	size_t n = sizeof reply;
	ISCard *card;

	(void)state;
	RIG_START(&extended, steps);
	card = attached();
	assert_hr(iscard_transmit(card, apdu, sizeof apdu, reply, &n), S_OK);
	assert_int_equal(n, 3);
	finish(card);
}

static void command_and_answer_may_share_a_buffer(void **state)
{
	static const struct script_step steps[] = {
		ATTACH, XFR(CHALLENGE, "01 02 03 04 05 06 07 08 90 00"), CLOSING_POWERED};
	uint8_t bytes[10];
	size_t n = sizeof bytes - 1;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = attached();
	memcpy(bytes + 3, challenge, sizeof challenge);
	n = sizeof bytes;
	assert_hr(iscard_transmit(card, bytes + 3, sizeof challenge, bytes, &n), S_OK);
	assert_int_equal(n, 10);
	assert_int_equal(bytes[3], 4);
	finish(card);
}

static void more_to_fetch_is_fetched_unless_it_is_wanted_raw(void **state)
{
	static const struct script_step steps[] = {ATTACH, XFR(CHALLENGE, "61 02"),
	                                           XFR("00 C0 00 00 02", "AA BB 90 00"),
	                                           XFR(CHALLENGE, "61 02"), CLOSING_POWERED};
	uint8_t reply[16];
	size_t n = sizeof reply;
	ISCard *card;

	(void)state;
	RIG_START(&tpdu, steps);
	card = attached();
	assert_hr(iscard_transmit(card, challenge, sizeof challenge, reply, &n), S_OK);
	assert_int_equal(n, 4);
	assert_int_equal(reply[1], 0xBB);
	n = sizeof reply;
	assert_hr(iscard_transmit_raw(card, challenge, sizeof challenge, reply, &n), S_OK);
	assert_int_equal(n, 2);
	assert_int_equal(iscard_sw(reply, n), 0x6102);
	finish(card);
}

static void atr_and_name_are_told(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	static const uint8_t want[] = {0x3B, 0x02, 0x14, 0x50};
	uint8_t atr[ISCARD_ATR_MAX];
	char name[ISCARD_NAME_SIZE];
	ISCard *card, *other;
	size_t n = 0;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_card();
	assert_hr(iscard_atr(card, NULL, &n), SCARD_E_INVALID_HANDLE);
	assert_hr(iscard_reader_name(card, NULL, &n), SCARD_E_INVALID_HANDLE);
	assert_hr(iscard_attach(card, "test:reader", SHARED, BOTH), S_OK);
	assert_hr(iscard_atr(card, NULL, &n), SCARD_E_INSUFFICIENT_BUFFER);
	assert_int_equal(n, sizeof want);
	n = sizeof atr;
	assert_hr(iscard_atr(card, atr, &n), S_OK);
	assert_int_equal(n, sizeof want);
	assert_memory_equal(atr, want, sizeof want);
	n = 3;
	assert_hr(iscard_atr(card, NULL, &n), E_POINTER);
	assert_int_equal(n, 0);
	assert_hr(iscard_atr(card, atr, NULL), E_POINTER);
	n = 0;
	assert_hr(iscard_reader_name(card, NULL, &n), SCARD_E_INSUFFICIENT_BUFFER);
	assert_int_equal(n, sizeof "Test Reader 00 00");
	other = rig_card();
	assert_hr(ISCard_AttachByHandle(other, rig_handle(card)), S_OK);
	assert_hr(iscard_reader_name(other, name, &n), S_OK);
	assert_string_equal(name, "Test Reader 00 00");
	ISCard_Release(other);
	finish(card);
}

/* A Latin letter, three Chinese ones, and one beyond the first plane. */
static void names_are_utf_8(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	static const char want[] = "Test Lecteur \xC3\xA9 \xE8\xAF\xBB \xF0\x9F\x92\xB3 00 00";
	char name[ISCARD_NAME_SIZE];
	ISCard *card, *other;
	size_t n = sizeof name;

	(void)state;
	RIG_START(&plain, steps);
	rig.product = "Lecteur \xC3\xA9 \xE8\xAF\xBB \xF0\x9F\x92\xB3";
	card = rig_card();
	other = rig_card();
	assert_hr(iscard_attach(card, want, SHARED, BOTH), S_OK);
	assert_hr(iscard_reader_name(card, name, &n), S_OK);
	assert_string_equal(name, want);
	assert_int_equal(n, sizeof want);
	assert_hr(rig_attach(other, name, SHARED, BOTH), S_OK); /* by way of UTF-16 */
	assert_int_equal(rig.opens, 1);
	ISCard_Release(other);
	finish(card);
}

static void a_lack_of_permission_is_told_with_what_helps(void **state)
{
	static const struct script_step steps[] = {CLOSING_POWERED};
	char words[512];
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	rig.open_error = CCID_E_ACCESS;
	card = rig_card();
	assert_hr(iscard_attach(card, "test:reader", SHARED, BOTH), SCARD_W_SECURITY_VIOLATION);
	iscard_last_error(card, words, sizeof words);
	assert_non_null(strstr(words, "no permission to open the reader"));
	assert_non_null(strstr(words, "udev/60-iscard.rules"));
	finish(card);
}

static void escape_commands_are_refused_unless_allowed(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	static const uint8_t out[] = {0x02};
	char words[256];
	uint8_t in[8];
	size_t n = sizeof in;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = attached();
	assert_hr(iscard_escape(card, out, sizeof out, in, &n), SCARD_W_SECURITY_VIOLATION);
	assert_int_equal(n, 0);
	assert_hr(iscard_last_error(card, words, sizeof words), SCARD_W_SECURITY_VIOLATION);
	assert_non_null(strstr(words, "escape commands are not allowed"));
	finish(card);
}

#define ESCAPE(out, in)                                                                            \
	EXPECT_OUT("6B nnnnnnnn 00 ss 000000 " out), GIVE_IN("83 nnnnnnnn 00 ss 00 00 00 " in)

static void an_escape_command_that_is_allowed_is_carried_out(void **state)
{
	static const struct script_step steps[] = {ATTACH,
	                                           ESCAPE("02", "11 22 33"),
	                                           ESCAPE("02", "11 22 33"),
	                                           ESCAPE("", ""),
	                                           EXPECT_OUT("6B nnnnnnnn 00 ss 000000 03"),
	                                           GIVE_IN("83 00000000 00 ss 40 00 00"),
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};
	static const uint8_t out[] = {0x02, 0x03};
	uint8_t in[8];
	size_t n = sizeof in;
	ISCard *card;

	(void)state;
	RIG_START_WITH(&plain, steps, .escapes = 1);
	card = attached();
	assert_hr(iscard_escape(card, out, 1, in, &n), S_OK);
	assert_int_equal(n, 3);
	assert_int_equal(in[2], 0x33);
	n = 2;
	assert_hr(iscard_escape(card, out, 1, in, &n), SCARD_E_INSUFFICIENT_BUFFER);
	assert_int_equal(n, 3);
	n = 0;
	assert_hr(iscard_escape(card, NULL, 0, NULL, &n), S_OK);
	assert_int_equal(n, 0);
	n = sizeof in;
	assert_hr(iscard_escape(card, out + 1, 1, in, &n), SCARD_E_UNSUPPORTED_FEATURE);
	assert_hr(iscard_escape(card, NULL, 1, in, &n), E_POINTER);
	assert_hr(iscard_escape(card, out, 1, in, NULL), E_POINTER);
	assert_hr(rig_select(card), S_OK);
	finish(card);
}

static void an_escape_command_longer_than_a_message_is_not_sent(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	static const uint8_t out[300];
	uint8_t in[8];
	size_t n = sizeof in;
	ISCard *card;

	(void)state;
	RIG_START_WITH(&plain, steps, .escapes = 1);
	card = attached();
	assert_hr(iscard_escape(card, out, sizeof out, in, &n), SCARD_E_UNSUPPORTED_FEATURE);
	finish(card);
}

static void words_tell_reader_slot_and_ccid_error(void **state)
{
	static const struct script_step steps[] = {ATTACH, XFR_FAILS(SELECT, FAILED_ACTIVE, "FE"),
	                                           CLOSING_POWERED};
	char words[512], cut[8];
	uint8_t reply[8];
	size_t n = sizeof reply;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_card();
	assert_hr(iscard_last_error(card, words, sizeof words), S_OK);
	assert_string_equal(words, "");
	assert_hr(iscard_attach(card, "test:reader", SHARED, BOTH), S_OK);
	assert_hr(iscard_transmit(card, select_mf, sizeof select_mf, reply, &n),
	          SCARD_E_COMM_DATA_LOST);
	assert_hr(iscard_last_error(card, words, sizeof words), SCARD_E_COMM_DATA_LOST);
	assert_string_equal(words, "Test Reader 00 00: data to or from the card was lost "
	                           "(SCARD_E_COMM_DATA_LOST); slot 0, PC_to_RDR_XfrBlock: the card "
	                           "does not answer (bStatus 40, bError FE ICC_MUTE)");
	assert_hr(iscard_last_error(card, cut, sizeof cut), SCARD_E_COMM_DATA_LOST);
	assert_string_equal(cut, "Test Re");
	assert_hr(iscard_last_error(card, NULL, 0), SCARD_E_COMM_DATA_LOST);
	assert_hr(iscard_last_error(NULL, words, sizeof words), S_OK);
	assert_string_equal(words, "");
	finish(card);
}

static void words_tell_why_an_attach_failed(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON("00", ATR_T0),
	                                           POWER_OFF(INACTIVE)};
	char words[512];
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = rig_card();
	rig.open_error = CCID_E_BUSY;
	assert_hr(iscard_attach(card, "test:reader", SHARED, BOTH), SCARD_E_SHARING_VIOLATION);
	iscard_last_error(card, words, sizeof words);
	assert_non_null(strstr(words, "the reader is in use by another program"));
	rig.open_error = 0;
	assert_hr(iscard_attach(card, "test:reader", SHARED, T1), SCARD_E_PROTO_MISMATCH);
	iscard_last_error(card, words, sizeof words);
	assert_non_null(strstr(words, "test:reader: card and request have no protocol in common"));
	finish(card);
}

static void words_tell_an_owner_of_the_reader_from_a_lock(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	char words[512];
	ISCard *a, *b;

	(void)state;
	RIG_START_WITH(&plain, steps, .limits = {.lock_ms = 10});
	a = attached();
	b = attached();
	assert_hr(ISCard_LockSCard(a), S_OK);
	rig.tick = 5;
	assert_hr(ISCard_LockSCard(b), SCARD_E_TIMEOUT);
	iscard_last_error(b, words, sizeof words);
	assert_non_null(strstr(words, "another connection holds the lock"));
	rig.tick = 0;
	assert_hr(ISCard_Detach(b, LEAVE), S_OK);
	assert_hr(iscard_attach(b, "test:reader", EXCLUSIVE, BOTH), SCARD_E_SHARING_VIOLATION);
	iscard_last_error(b, words, sizeof words);
	assert_non_null(strstr(words, "another connection of this process is in the way"));
	assert_hr(ISCard_UnlockSCard(a, LEAVE), S_OK);
	ISCard_Release(b);
	finish(a);
}

/* The jam is told although the connection has ended. */
static void words_outlive_the_connection(void **state)
{
	static const struct fake_reader motor = {.features = FAKE_SHORT, .mechanical = 2};
	static const struct script_step steps[] = {
		ATTACH, POWER_OFF(INACTIVE), EXPECT_OUT("71 00000000 00 ss 02 0000"),
		GIVE_IN("81 00000000 00 ss 41 FE 00"), CLOSING_UNPOWERED};
	char words[512];
	ISCard *card;

	(void)state;
	RIG_START(&motor, steps);
	card = attached();
	assert_hr(ISCard_Detach(card, EJECT), SCARD_E_CANT_DISPOSE);
	assert_hr(iscard_last_error(card, words, sizeof words), SCARD_E_CANT_DISPOSE);
	assert_non_null(strstr(words, "PC_to_RDR_Mechanical"));
	assert_non_null(strstr(words, "bStatus 41, bError FE"));
	finish(card);
}

static void words_are_not_those_of_an_earlier_failure(void **state)
{
	static const struct script_step steps[] = {ATTACH, XFR_FAILS(SELECT, FAILED_ACTIVE, "FE"),
	                                           CLOSING_UNPOWERED};
	uint8_t atr[ISCARD_ATR_MAX];
	char words[512];
	size_t n = sizeof atr;
	ISCard *card;

	(void)state;
	RIG_START(&plain, steps);
	card = attached();
	assert_hr(rig_select(card), SCARD_E_COMM_DATA_LOST);
	script_interrupt(&rig.script, "50 02");
	assert_hr(iscard_atr(card, atr, &n), SCARD_W_REMOVED_CARD);
	assert_hr(iscard_last_error(card, words, sizeof words), SCARD_W_REMOVED_CARD);
	assert_string_equal(words,
	                    "Test Reader 00 00: the card was removed (SCARD_W_REMOVED_CARD)");
	assert_hr(rig_select(card), SCARD_W_REMOVED_CARD);
	iscard_last_error(card, words, sizeof words);
	assert_string_equal(words,
	                    "Test Reader 00 00: the card was removed (SCARD_W_REMOVED_CARD)");
	finish(card);
}

static ISCard *at_work;

static void cancel(struct script *s)
{
	(void)s;
	assert_hr(iscard_cancel(at_work), S_OK);
}

static void a_command_is_cancelled_and_the_card_stays_in_step(void **state)
{
	static const struct script_step steps[] = {
		ATTACH,       XFR_OUT("0000", SELECT), CALL(cancel), SILENCE, AFTER_A_GIVING_UP,
		SELECT_WORKS, CLOSING_POWERED};
	uint8_t reply[8];
	size_t n = sizeof reply;

	(void)state;
	RIG_START(&plain, steps);
	at_work = rig_card();
	assert_hr(iscard_cancel(at_work), SCARD_E_INVALID_HANDLE);
	assert_hr(iscard_cancel(NULL), E_POINTER);
	assert_hr(iscard_attach(at_work, "test:reader", SHARED, BOTH), S_OK);
	assert_hr(iscard_cancel(at_work), S_FALSE);
	assert_hr(iscard_transmit(at_work, select_mf, sizeof select_mf, reply, &n),
	          SCARD_E_CANCELLED);
	assert_int_equal(n, 0);
	assert_hr(iscard_cancel(at_work), S_FALSE);
	assert_hr(rig_select(at_work), S_OK);
	finish(at_work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_in_and_come_out),
		cmocka_unit_test(both_kinds_of_object_will_do),
		cmocka_unit_test(attach_checks_what_the_method_checks),
		cmocka_unit_test(a_wrong_call_sends_nothing),
		cmocka_unit_test(the_rule_about_buffers_holds_for_every_size),
		cmocka_unit_test(room_is_needed_for_what_comes_not_for_what_may),
		cmocka_unit_test(command_and_answer_may_share_a_buffer),
		cmocka_unit_test(more_to_fetch_is_fetched_unless_it_is_wanted_raw),
		cmocka_unit_test(atr_and_name_are_told),
		cmocka_unit_test(names_are_utf_8),
		cmocka_unit_test(a_lack_of_permission_is_told_with_what_helps),
		cmocka_unit_test(escape_commands_are_refused_unless_allowed),
		cmocka_unit_test(an_escape_command_that_is_allowed_is_carried_out),
		cmocka_unit_test(an_escape_command_longer_than_a_message_is_not_sent),
		cmocka_unit_test(words_tell_reader_slot_and_ccid_error),
		cmocka_unit_test(words_tell_why_an_attach_failed),
		cmocka_unit_test(words_tell_an_owner_of_the_reader_from_a_lock),
		cmocka_unit_test(words_outlive_the_connection),
		cmocka_unit_test(words_are_not_those_of_an_earlier_failure),
		cmocka_unit_test(a_command_is_cancelled_and_the_card_stays_in_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
