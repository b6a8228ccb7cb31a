/* SPDX-License-Identifier: MIT */
/* <iscard/pinpad.h>: requests and structures on their way to the pad, and what comes back. */
#include "rig.h"

static const struct fake_reader pad = {.features = FAKE_SHORT, .pin_support = 3};

#define ATTACH         OPENING(INACTIVE), ACTIVATION(ATR_T0)
#define OUT(pin)       EXPECT_OUT("69 nnnnnnnn 00 ss 00 0000 " pin)
#define ENTRY(pin, sw) OUT(pin), XFR_IN("00", sw)
#define BROKEN_OFF(pin, berror)                                                                    \
	OUT(pin), GIVE_IN("80 00000000 00 ss " FAILED_ACTIVE " " berror " 00")

/* ASCII, four to eight digits, as long as typed. */
#define VARIABLE "00 00 82 00 00 08 04 02 00 09 04 00 00 00 00 00 20 00 81"

static struct iscard_pin_request variable(void)
{
	return (struct iscard_pin_request){.size = sizeof(struct iscard_pin_request),
	                                   .ins = 0x20,
	                                   .p2 = 0x81,
	                                   .coding = ISCARD_PIN_ASCII,
	                                   .min_digits = 4,
	                                   .max_digits = 8};
}

static struct iscard_pin_request fixed(void)
{
	struct iscard_pin_request q = variable();

	q.block_bytes = 8;
	q.fill = 0xFF;
	return q;
}

static void a_request_becomes_the_fields_of_the_standard(void **state)
{
	/* the EMV block of the wire reference: control nibble, digits counted in four bits */
	static const uint8_t emv[] = {0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
	static const struct script_step steps[] = {
		ATTACH,
		ENTRY(VARIABLE, "90 00"),
		ENTRY("00 1E 82 08 00 08 04 03 01 07 04 05 00 00 00"
	              "00 20 00 81 08 FF*8",
	              "63 C2"),
		ENTRY("00 00 89 47 04 0C 04 02 FF 09 04 00 00 00 00"
	              "00 20 00 81 08 20 FF*7",
	              "90 00"),
		ENTRY("00 00 2E 08 00 08 04 02 00 09 04 00 00 00 00"
	              "00 20 00 81 09 00*9",
	              "90 00"),
		CLOSING_POWERED};
	struct iscard_pin_request q = variable();
	uint16_t sw = 1;
	ISCard *card;

	(void)state;
	RIG_START(&pad, steps);
	card = rig_attached();
	assert_hr(iscard_pin_verify(card, &q, &sw), S_OK);
	assert_int_equal(sw, 0x9000);
	q = fixed();
	q.timeout_s = 30;
	q.ends = ISCARD_PIN_ENDS_FULL | ISCARD_PIN_ENDS_KEY;
	q.messages = 1;
	q.message[0] = 5;
	q.language = 0x0407;
	assert_hr(iscard_pin_verify(card, &q, &sw), S_OK);
	assert_int_equal(sw, 0x63C2);
	q = variable();
	q.coding = ISCARD_PIN_BCD;
	q.max_digits = 12;
	q.block_bytes = 7;
	q.position_bits = 8;
	q.length_bits = 4;
	q.length_position_bits = 4;
	q.data = emv;
	q.data_len = sizeof emv;
	q.messages = ISCARD_PIN_MESSAGES_DEFAULT;
	assert_hr(iscard_pin_verify(card, &q, &sw), S_OK);
	q = fixed();
	q.fill = 0;
	q.right_justified = 1;
	q.position_bits = 5;
	assert_hr(iscard_pin_verify(card, &q, &sw), S_OK);
	ISCard_Release(card);
	rig_end();
}

static void a_new_pin_is_asked_for_as_wanted(void **state)
{
	static const struct script_step steps[] = {
		ATTACH,
		ENTRY("01 00 82 08 00 00 08 08 04 03 02 03 09 04 00 01 02 00 00 00"
	              "00 24 00 81 10 FF*16",
	              "90 00"),
		ENTRY("01 00 82 00 00 00 00 08 04 00 02 00 09 04 00 00 00 00"
	              "00 24 00 81",
	              "64 02"),
		CLOSING_POWERED};
	struct iscard_pin_request q = fixed();
	uint16_t sw;
	ISCard *card;

	(void)state;
	RIG_START(&pad, steps);
	card = rig_attached();
	q.ins = 0x24;
	q.new_offset = 8;
	q.ask_old = q.confirm_new = 1;
	q.messages = 3;
	q.message[1] = 1;
	q.message[2] = 2;
	assert_hr(iscard_pin_modify(card, &q, &sw), S_OK);
	assert_int_equal(sw, 0x9000);
	q = variable();
	q.ins = 0x24;
	assert_hr(iscard_pin_modify(card, &q, &sw), S_OK);
	assert_int_equal(sw, 0x6402);
	ISCard_Release(card);
	rig_end();
}

static void structures_of_part_10_go_the_same_way(void **state)
{
	static const struct script_step steps[] = {
		ATTACH, ENTRY(VARIABLE, "90 00"),
		ENTRY("01 00 82 00 00 00 05 08 04 03 02 01 09 04 00 01 00 00 00"
	              "00 24 00 81",
	              "90 00"),
		CLOSING_POWERED};
	uint8_t bytes[64];
	uint16_t sw;
	ISCard *card;
	size_t n;

	(void)state;
	RIG_START(&pad, steps);
	card = rig_attached();
	n = script_bytes(bytes, sizeof bytes,
	                 "00 00 82 00 00 08 04 02 00 09 04 00 00 00 00 04 00 00 00 00 20 00 81");
	assert_hr(iscard_pin_verify_structure(card, bytes, n, &sw), S_OK);
	assert_int_equal(sw, 0x9000);
	assert_hr(iscard_pin_verify_structure(card, bytes, n - 1, &sw), E_INVALIDARG);
	assert_hr(iscard_pin_verify_structure(card, bytes, 3, &sw), E_INVALIDARG);
	assert_hr(iscard_pin_modify_structure(card, bytes, n, &sw), E_INVALIDARG);
	assert_int_equal(sw, 0);
	n = script_bytes(bytes, sizeof bytes,
	                 "00 00 82 00 00 00 05 08 04 03 02 01 09 04 00 01 02 00 00 00 04 00 00 00 "
	                 "00 24 00 81");
	assert_hr(iscard_pin_modify_structure(card, bytes, n, &sw), S_OK);
	ISCard_Release(card);
	rig_end();
}

static void a_structure_with_too_long_a_command_is_refused(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	static uint8_t bytes[19 + 262];
	uint16_t sw;
	ISCard *card;

	(void)state;
	RIG_START(&pad, steps);
	card = rig_attached();
	bytes[15] = 0x06;
	bytes[16] = 0x01;
	assert_hr(iscard_pin_verify_structure(card, bytes, sizeof bytes, &sw), E_INVALIDARG);
	ISCard_Release(card);
	rig_end();
}

static void a_request_that_contradicts_itself_is_refused(void **state)
{
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	static const uint8_t data[256];
	struct iscard_pin_request q[14];
	uint16_t sw = 1;
	ISCard *card;

	(void)state;
	for (size_t i = 0; i < sizeof q / sizeof *q; i++)
		q[i] = fixed();
	q[0].size--;
	q[1].min_digits = 0;
	q[2].min_digits = 9;
	q[3].max_digits = 9; /* than the block has bytes */
	q[4].block_bytes = 16;
	q[5].position_bits = 17;
	q[6].position_bits = 128;
	q[7].length_position_bits = 17;
	q[8].messages = 4;
	q[9].ends = 8;
	q[10].data_len = 8; /* of nothing */
	q[11].data = data;
	q[11].data_len = 7; /* the block reaches beyond */
	q[12].data = data;
	q[12].data_len = 256;
	q[13].coding = (iscard_pin_coding)3;
	RIG_START(&pad, steps);
	card = rig_attached();
	for (size_t i = 0; i < sizeof q / sizeof *q; i++)
		assert_hr(iscard_pin_verify(card, &q[i], &sw), E_INVALIDARG);
	assert_int_equal(sw, 0);
	assert_hr(iscard_pin_verify(card, NULL, &sw), E_POINTER);
	assert_hr(iscard_pin_verify(card, &q[0], NULL), E_POINTER);
	assert_hr(iscard_pin_verify(NULL, &q[0], &sw), E_POINTER);
	ISCard_Release(card);
	rig_end();
}

static void time_out_and_cancel_at_the_pad_are_answers(void **state)
{
	static const struct script_step steps[] = {ATTACH, BROKEN_OFF(VARIABLE, "F0"),
	                                           BROKEN_OFF(VARIABLE, "EF"), SELECT_WORKS,
	                                           CLOSING_POWERED};
	const struct iscard_pin_request q = variable();
	uint16_t sw;
	ISCard *card;

	(void)state;
	RIG_START(&pad, steps);
	card = rig_attached();
	assert_hr(iscard_pin_verify(card, &q, &sw), S_OK);
	assert_int_equal(sw, 0x6400);
	assert_hr(iscard_pin_verify(card, &q, &sw), S_OK);
	assert_int_equal(sw, 0x6401);
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	rig_end();
}

static void without_a_pad_nothing_is_sent_and_it_is_said(void **state)
{
	static const struct fake_reader none = {.features = FAKE_SHORT, .pin_support = 1};
	static const struct script_step steps[] = {ATTACH, CLOSING_POWERED};
	const struct iscard_pin_request q = variable();
	char words[300];
	uint16_t sw = 1;
	ISCard *card;

	(void)state;
	RIG_START(&none, steps);
	card = rig_card();
	assert_hr(iscard_pin_modify(card, &q, &sw), SCARD_E_INVALID_HANDLE);
	assert_hr(rig_attach(card, "test:reader", SHARED, T0), S_OK);
	assert_hr(iscard_pin_modify(card, &q, &sw), SCARD_E_UNSUPPORTED_FEATURE);
	assert_int_equal(sw, 0);
	assert_hr(iscard_last_error(card, words, sizeof words), SCARD_E_UNSUPPORTED_FEATURE);
	assert_non_null(strstr(words, "the reader has no pad to modify a PIN on"));
	ISCard_Release(card);
	rig_end();
}

static void the_field_that_a_reader_does_not_like_is_told(void **state)
{
	static const struct script_step steps[] = {ATTACH, BROKEN_OFF(VARIABLE, "15"),
	                                           CLOSING_POWERED};
	const struct iscard_pin_request q = variable();
	char words[300];
	uint16_t sw;
	ISCard *card;

	(void)state;
	RIG_START(&pad, steps);
	card = rig_attached();
	assert_hr(iscard_pin_verify(card, &q, &sw), SCARD_F_INTERNAL_ERROR);
	iscard_last_error(card, words, sizeof words);
	assert_non_null(strstr(words, "PC_to_RDR_Secure"));
	assert_non_null(strstr(words, "bError 15 BAD_PARAMETER"));
	ISCard_Release(card);
	rig_end();
}

/* One time extension a key, for ever: the limit ends it. */
static void the_limit_on_pin_entry_ends_it(void **state)
{
	static const struct script_step steps[] = {ATTACH,
	                                           OUT(VARIABLE),
	                                           FOREVER_IN("80 00000000 00 ss 80 0A 00", 1000),
	                                           AFTER_A_GIVING_UP,
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};
	const struct iscard_pin_request q = variable();
	int64_t start;
	uint16_t sw;
	ISCard *card;

	(void)state;
	RIG_START_WITH(&pad, steps, .limits = {.pin_ms = 200000});
	card = rig_attached();
	start = rig.clock.now;
	assert_hr(iscard_pin_verify(card, &q, &sw), SCARD_E_TIMEOUT);
	assert_in_range(rig.clock.now - start, 199000, 204000);
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	rig_end();
	RIG_START(&pad, steps); /* the same without a limit of our own */
	card = rig_attached();
	start = rig.clock.now;
	assert_hr(iscard_pin_verify(card, &q, &sw), SCARD_E_TIMEOUT);
	assert_in_range(rig.clock.now - start, 1799000, 1804000);
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	rig_end();
}

static ISCard *at_the_pad;

static void cancel(struct script *s)
{
	(void)s;
	assert_hr(iscard_cancel(at_the_pad), S_OK);
}

static void the_caller_cancels_an_entry(void **state)
{
	static const struct script_step steps[] = {ATTACH,         OUT(VARIABLE),     CALL(cancel),
	                                           SILENCE,        AFTER_A_GIVING_UP, SELECT_WORKS,
	                                           CLOSING_POWERED};
	const struct iscard_pin_request q = variable();
	uint16_t sw = 1;

	(void)state;
	RIG_START(&pad, steps);
	at_the_pad = rig_attached();
	assert_hr(iscard_pin_verify(at_the_pad, &q, &sw), SCARD_E_CANCELLED);
	assert_int_equal(sw, 0);
	assert_hr(rig_select(at_the_pad), S_OK);
	ISCard_Release(at_the_pad);
	rig_end();
}

static void pending_events_and_others_locks_count(void **state)
{
	static const struct script_step steps[] = {ATTACH, POWER_ON("00", ATR_T0), CLOSING_POWERED};
	const struct iscard_pin_request q = variable();
	ISCard *a, *b;
	uint16_t sw;

	(void)state;
	RIG_START_WITH(&pad, steps, .limits = {.lock_ms = 10});
	a = rig_attached();
	b = rig_attached();
	assert_hr(ISCard_LockSCard(a), S_OK);
	rig.tick = 5;
	assert_hr(iscard_pin_verify(b, &q, &sw), SCARD_E_TIMEOUT);
	rig.tick = 0;
	assert_hr(ISCard_UnlockSCard(a, LEAVE), S_OK);
	assert_hr(ISCard_ReAttach(a, SHARED, RESET), S_OK);
	assert_hr(iscard_pin_verify(b, &q, &sw), SCARD_W_RESET_CARD);
	ISCard_Release(a);
	ISCard_Release(b);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_becomes_the_fields_of_the_standard),
		cmocka_unit_test(a_new_pin_is_asked_for_as_wanted),
		cmocka_unit_test(structures_of_part_10_go_the_same_way),
		cmocka_unit_test(a_structure_with_too_long_a_command_is_refused),
		cmocka_unit_test(a_request_that_contradicts_itself_is_refused),
		cmocka_unit_test(time_out_and_cancel_at_the_pad_are_answers),
		cmocka_unit_test(without_a_pad_nothing_is_sent_and_it_is_said),
		cmocka_unit_test(the_field_that_a_reader_does_not_like_is_told),
		cmocka_unit_test(the_limit_on_pin_entry_ends_it),
		cmocka_unit_test(the_caller_cancels_an_entry),
		cmocka_unit_test(pending_events_and_others_locks_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
