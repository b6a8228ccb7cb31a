/* SPDX-License-Identifier: MIT */
/* <iscard/reader.h>: what is said of a reader, before and after it is opened. */
#include "rig.h"

#define ATTACH OPENING(INACTIVE), ACTIVATION(ATR_T0)

static struct iscard_capabilities before_opening(const struct fake_reader *reader)
{
	static const struct script_step none[] = {NO_STEP};
	struct iscard_capabilities c = {.size = sizeof c};

	RIG_START(reader, none);
	assert_hr(iscard_reader_capabilities(rig.context, "test:reader", &c), S_OK);
	assert_int_equal(c.size, sizeof c);
	rig_end();
	return c;
}

static void an_honest_reader_is_described_without_a_word_to_it(void **state)
{
	static const struct fake_reader kiosk = {.bcd_device = 0x0123,
	                                         .features = FAKE_SHORT,
	                                         .slots = 2,
	                                         .mechanical = 3,
	                                         .pin_support = 3};
	const struct iscard_capabilities c = before_opening(&kiosk);

	(void)state;
	assert_int_equal(c.slots, 2);
	assert_int_equal(c.busy_slots, 1);
	assert_int_equal(c.framing, ISCARD_FRAMING_BULK);
	assert_int_equal(c.level, ISCARD_LEVEL_SHORT_APDU);
	assert_int_equal(c.protocols, T0 | T1);
	assert_int_equal(c.voltages, ISCARD_VOLTAGE_5V | ISCARD_VOLTAGE_3V | ISCARD_VOLTAGE_1V8);
	assert_true(c.interrupt);
	assert_int_equal(c.mechanical, ISCARD_MECHANICAL_ACCEPT | ISCARD_MECHANICAL_EJECT);
	assert_int_equal(c.mechanical_claimed, 3);
	assert_int_equal(c.mechanical_source, ISCARD_SOURCE_DESCRIPTOR);
	assert_int_equal(c.pin_pad, ISCARD_PAD_VERIFY | ISCARD_PAD_MODIFY);
	assert_int_equal(c.pin_pad_source, ISCARD_SOURCE_DESCRIPTOR);
	assert_int_equal(c.display_lines, 0);
	assert_int_equal(c.features, FAKE_SHORT);
	assert_int_equal(c.max_message, 271);
	assert_int_equal(c.max_apdu, 261);
	assert_int_equal(c.vid, 0x1209);
	assert_int_equal(c.pid, 1);
	assert_int_equal(c.release, 0x0123);
	assert_string_equal(c.manufacturer, "Test");
	assert_string_equal(c.product, "Reader");
	assert_string_equal(c.quirks, "");
}

static void claims_that_are_not_believed_are_told(void **state)
{
	/* a bit no standard has; a row of the quirk table; a pad that leaks the PIN */
	static const struct fake_reader odd = {.features = FAKE_SHORT, .mechanical = 0x12};
	static const struct fake_reader shifted = {
		.vid = 0x09BE, .pid = 0x0002, .features = FAKE_SHORT, .mechanical = 2};
	static const struct fake_reader leaky = {
		.vid = 0x03F0, .pid = 0x1024, .features = FAKE_SHORT, .pin_support = 3};
	struct iscard_capabilities c = before_opening(&odd);

	(void)state;
	assert_int_equal(c.mechanical, ISCARD_MECHANICAL_EJECT);
	assert_int_equal(c.mechanical_claimed, 0x12);
	assert_int_equal(c.mechanical_source, ISCARD_SOURCE_REFUSED);
	assert_string_equal(c.quirks, "descriptor: dwMechanical has reserved bits");
	assert_int_equal(c.pin_pad_source, ISCARD_SOURCE_NONE);
	c = before_opening(&shifted);
	assert_int_equal(c.mechanical, 0);
	assert_int_equal(c.mechanical_source, ISCARD_SOURCE_REFUSED);
	assert_non_null(strstr(c.quirks, "quirk: MySmartPad: dwMaxIFSD is shifted\n"
	                                 "quirk: MySmartPad: dwMechanical is shifted"));
	c = before_opening(&leaky);
	assert_int_equal(c.pin_pad, 0);
	assert_int_equal(c.pin_pad_source, ISCARD_SOURCE_REFUSED);
	assert_non_null(strstr(c.quirks, "secure PIN reaches the host"));
}

static void levels_say_how_long_an_apdu_may_be(void **state)
{
	static const struct fake_reader readers[] = {
		{.features = FAKE_TPDU, .no_interrupt = true},
		{.features = FAKE_EXTENDED},
		{.features = FAKE_AUTO, .pin_support = 1},
		{.features = FAKE_SHORT, .max_message = 200},
	};
	static const struct {
		iscard_exchange_level level;
		uint32_t max_apdu;
		int interrupt;
	} want[] = {{ISCARD_LEVEL_TPDU, 65544, 0},
	            {ISCARD_LEVEL_EXTENDED_APDU, 65544, 1},
	            {ISCARD_LEVEL_CHARACTER, 65544, 1},
	            {ISCARD_LEVEL_SHORT_APDU, 190, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const struct iscard_capabilities c = before_opening(&readers[i]);

		assert_int_equal(c.level, want[i].level);
		assert_int_equal(c.max_apdu, want[i].max_apdu);
		assert_int_equal(c.interrupt, want[i].interrupt);
		assert_int_equal(c.pin_pad, 0); /* a pad at character level cannot be used */
	}
}

/* The slots that were found, not those that were promised. */
static void an_attached_object_tells_what_was_found(void **state)
{
	static const struct fake_reader boaster = {.features = FAKE_SHORT, .slots = 2};
	static const struct script_step steps[] = {
		STATUS(INACTIVE), EXPECT_OUT("65 00000000 01 ss 000000"),
		GIVE_IN("81 00000000 01 ss 42 05 00"), ACTIVATION(ATR_T0), CLOSING_POWERED};
	struct iscard_capabilities c = {.size = sizeof c};
	ISCard *card;
	ISCardCmd *cmd;

	(void)state;
	RIG_START(&boaster, steps);
	card = rig_card();
	cmd = rig_cmd(SELECT);
	assert_hr(iscard_attached_capabilities(card, &c), SCARD_E_INVALID_HANDLE);
	assert_hr(iscard_attached_capabilities(NULL, &c), E_POINTER);
	assert_hr(iscard_attached_capabilities(cmd, &c), E_INVALIDARG);
	assert_hr(rig_attach(card, "test:reader", SHARED, T0), S_OK);
	assert_hr(iscard_attached_capabilities(card, NULL), E_POINTER);
	assert_hr(iscard_attached_capabilities(card, &c), S_OK);
	assert_int_equal(c.slots, 1);
	assert_string_equal(c.product, "Reader");
	c.slots = 0;
	/* by name too, as long as it is open */
	assert_hr(iscard_reader_capabilities(rig.context, "test:reader", &c), S_OK);
	assert_int_equal(c.slots, 1);
	assert_int_equal(rig.opens, 1);
	ISCardCmd_Release(cmd);
	ISCard_Release(card);
	rig_end();
}

static void sizes_and_names_are_checked(void **state)
{
	static const struct fake_reader plain = {.features = FAKE_SHORT};
	static const struct script_step none[] = {NO_STEP};
	struct {
		struct iscard_capabilities c;
		char more[64]; /* that a later version of the program knows */
	} big = {.c = {.size = sizeof big}};
	struct iscard_capabilities c = {.size = sizeof c - 1};

	(void)state;
	memset(big.more, 0x77, sizeof big.more);
	RIG_START(&plain, none);
	assert_hr(iscard_reader_capabilities(rig.context, NULL, &c), E_POINTER);
	assert_hr(iscard_reader_capabilities(rig.context, "test:reader", NULL), E_POINTER);
	assert_hr(iscard_reader_capabilities(rig.context, "test:reader", &c), E_INVALIDARG);
	c.size = sizeof c;
	assert_hr(iscard_reader_capabilities(rig.context, "", &c), E_INVALIDARG);
	rig.open_error = CCID_E_ACCESS;
	assert_hr(iscard_reader_capabilities(rig.context, "test:reader", &c),
	          SCARD_W_SECURITY_VIOLATION);
	rig.open_error = 0;
	assert_hr(iscard_reader_capabilities(rig.context, "no such reader", &c),
	          SCARD_E_UNKNOWN_READER);
	assert_hr(iscard_reader_capabilities(rig.context, "test:reader", &big.c), S_OK);
	assert_int_equal(big.c.size, sizeof c);
	assert_int_equal(big.more[0], 0x77);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_reader_is_described_without_a_word_to_it),
		cmocka_unit_test(claims_that_are_not_believed_are_told),
		cmocka_unit_test(levels_say_how_long_an_apdu_may_be),
		cmocka_unit_test(an_attached_object_tells_what_was_found),
		cmocka_unit_test(sizes_and_names_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
