/* SPDX-License-Identifier: MIT */
/* What a context is told is kept: its limits, on its clock; its log; its switches. The limit on locks
 * is in test_iscard_context, that on PIN entry in test_iscard_pinpad. */
#include "rig.h"

#include <stdlib.h>

static const struct fake_reader plain = {.features = FAKE_SHORT};
static const struct fake_reader pad = {.features = FAKE_SHORT, .pin_support = 1};
static const struct fake_reader motor = {.features = FAKE_SHORT, .mechanical = 2};

#define ATTACH    OPENING(INACTIVE), ACTIVATION(ATR_T0)
#define EXTENSION "80 00000000 00 ss 80 01 00"

static void took(int64_t start, int64_t least, int64_t most)
{
	assert_in_range(rig.clock.now - start, least, most);
}

static void a_reader_that_never_opens_is_given_up(void **state)
{
	static const struct script_step steps[] = {
		FOREVER("65 00000000 00 ss 000000", "81 00000000 00 ss 41 F2 00")};
	int64_t start;
	ISCard *card;

	(void)state;
	RIG_START_WITH(&plain, steps, .limits = {.open_ms = 700});
	card = rig_card();
	start = rig.clock.now;
	assert_true(FAILED(iscard_attach(card, "test:reader", SHARED, T0)));
	took(start, 600, 800);
	ISCard_Release(card);
	iscard_context_unref(rig.context);
	assert_true(rig.script.closed);
}

static void a_card_that_never_ends_its_activation_is_given_up(void **state)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), POWER_ON_OUT("00"),
	                                           FOREVER_IN(EXTENSION, 100), ABORTED(INACTIVE),
	                                           POWER_OFF(INACTIVE)};
	int64_t start;
	ISCard *card;

	(void)state;
	RIG_START_WITH(&plain, steps, .limits = {.power_on_ms = 5000});
	card = rig_card();
	start = rig.clock.now;
	assert_hr(iscard_attach(card, "test:reader", SHARED, T0), SCARD_E_TIMEOUT);
	took(start, 4900, 7100);
	ISCard_Release(card);
	rig_end();
}

#define ENDLESS XFR_OUT("0000", SELECT), FOREVER_IN(EXTENSION, 100), AFTER_A_GIVING_UP

/* Each connection by the limit of its own context, whoever opened the reader. */
static void a_transaction_ends_at_the_limit_of_its_own_context(void **state)
{
	static const struct script_step steps[] = {ATTACH, ENDLESS, ENDLESS, CLOSING_POWERED};
	const struct iscard_options o = {
		.size = sizeof o, .readers = "test:reader", .limits = {.transaction_ms = 9000}};
	iscard_context *first;
	ISCard *a, *b;
	int64_t start;

	(void)state;
	RIG_START_WITH(&plain, steps, .limits = {.transaction_ms = 3000});
	a = rig_attached();
	first = rig.context;
	assert_int_equal(ccid_context_create(&o, first->scheme, &rig.context), S_OK);
	b = rig_attached();
	start = rig.clock.now;
	assert_hr(rig_select(a), SCARD_E_TIMEOUT);
	took(start, 2900, 5100);
	start = rig.clock.now;
	assert_hr(rig_select(b), SCARD_E_TIMEOUT);
	took(start, 8900, 11100);
	ISCard_Release(a);
	ISCard_Release(b);
	iscard_context_unref(first);
	rig_end();
}

static void a_motion_that_never_ends_is_given_up(void **state)
{
	static const struct script_step steps[] = {
		ATTACH,  POWER_OFF(INACTIVE), EXPECT_OUT("71 00000000 00 ss 02 0000"),
		SILENCE, ABORTED(INACTIVE),   POWER_OFF(INACTIVE)};
	int64_t start;
	ISCard *card;

	(void)state;
	RIG_START_WITH(&motor, steps, .limits = {.motion_ms = 4000});
	card = rig_attached();
	start = rig.clock.now;
	assert_hr(ISCard_Detach(card, EJECT), SCARD_E_CANT_DISPOSE);
	took(start, 3900, 6100);
	assert_int_equal(iscard_last_disposition(card), ISCARD_DISPOSITION_FAILED);
	ISCard_Release(card);
	rig_end();
}

static void an_escape_command_without_an_end_is_given_up(void **state)
{
	static const struct script_step steps[] = {ATTACH,
	                                           EXPECT_OUT("6B nnnnnnnn 00 ss 000000 01"),
	                                           SILENCE,
	                                           AFTER_A_GIVING_UP,
	                                           EXPECT_OUT("6B nnnnnnnn 00 ss 000000 01"),
	                                           FOREVER_IN("83 00000000 00 ss 80 01 00", 100),
	                                           AFTER_A_GIVING_UP,
	                                           SELECT_WORKS,
	                                           CLOSING_POWERED};
	static const uint8_t out[] = {1};
	uint8_t in[8];
	size_t n = sizeof in;
	int64_t start;
	ISCard *card;

	(void)state;
	RIG_START_WITH(&plain, steps, .limits = {.escape_ms = 2000}, .escapes = 1);
	card = rig_attached();
	for (int i = 0; i < 2; i++) { /* silent; then never ready */
		start = rig.clock.now;
		n = sizeof in;
		assert_hr(iscard_escape(card, out, sizeof out, in, &n), SCARD_E_TIMEOUT);
		took(start, 1900, 4100);
	}
	assert_hr(rig_select(card), S_OK);
	ISCard_Release(card);
	rig_end();
}

static void no_limit_may_be_negative(void **state)
{
	struct iscard_options o[7];
	iscard_context *c;

	(void)state;
	for (size_t i = 0; i < sizeof o / sizeof *o; i++)
		o[i] = (struct iscard_options){.size = sizeof o[0], .readers = ""};
	o[0].limits.open_ms = -1;
	o[1].limits.power_on_ms = -1;
	o[2].limits.transaction_ms = -1;
	o[3].limits.motion_ms = -1;
	o[4].limits.lock_ms = -1;
	o[5].limits.pin_ms = -1;
	o[6].limits.escape_ms = -1;
	for (size_t i = 0; i < sizeof o / sizeof *o; i++)
		assert_hr(iscard_context_create(&o[i], &c), E_INVALIDARG);
}

/* Everything that was sent and entered, through the sink of a context. */
static void session_with_a_pin(iscard_log_level level, int payload)
{
	static const struct script_step steps[] = {
		ATTACH,
		XFR("00 84 00 00 02", "AB CD 90 00"),
		XFR("00 20 00 81 04 31 32 33 34", "90 00"),
		EXPECT_OUT("69 nnnnnnnn 00 ss 00 0000 00 00 82 00 00 08 04 02 00 09 04 00 00 00 00"
	                   "00 20 00 81"),
		XFR_IN("00", "90 00"),
		CLOSING_POWERED};
	static const uint8_t challenge[] = {0, 0x84, 0, 0, 2};
	static const uint8_t verify[] = {0, 0x20, 0, 0x81, 4, '1', '2', '3', '4'};
	const struct iscard_pin_request entry = {.size = sizeof entry,
	                                         .ins = 0x20,
	                                         .p2 = 0x81,
	                                         .coding = ISCARD_PIN_ASCII,
	                                         .min_digits = 4,
	                                         .max_digits = 8};
	uint8_t reply[8];
	uint16_t sw;
	size_t n = sizeof reply;
	ISCard *card;

	RIG_START_WITH(&pad, steps, .log_level = level, .log_payload = payload);
	card = rig_attached();
	assert_hr(iscard_transmit(card, challenge, sizeof challenge, reply, &n), S_OK);
	n = sizeof reply;
	assert_hr(iscard_transmit(card, verify, sizeof verify, reply, &n), S_OK);
	assert_hr(iscard_pin_verify(card, &entry, &sw), S_OK);
	ISCard_Release(card);
	rig_end();
}

static void the_log_shows_bytes_by_its_second_switch_and_never_a_pin(void **state)
{
	(void)state;
	session_with_a_pin(ISCARD_LOG_WIRE, 0);
	assert_true(fake_clock_logged(&rig.clock, "PC_to_RDR_XfrBlock"));
	assert_true(fake_clock_logged(&rig.clock, "PC_to_RDR_Secure"));
	assert_false(fake_clock_logged(&rig.clock, "AB CD"));
	session_with_a_pin(ISCARD_LOG_WIRE, 1);
	assert_true(fake_clock_logged(&rig.clock, "AB CD 90 00"));
	assert_true(fake_clock_logged(&rig.clock, "00 20 00 81 [5 bytes not shown]"));
	assert_false(fake_clock_logged(&rig.clock, "31 32"));
	session_with_a_pin(ISCARD_LOG_DEBUG, 1);
	assert_false(fake_clock_logged(&rig.clock, "PC_to_RDR_XfrBlock"));
	assert_false(fake_clock_logged(&rig.clock, "AB CD"));
}

static unsigned lines;

static void count(void *arg, iscard_log_level level, const char *reader, const char *text)
{
	(void)reader;
	assert_ptr_equal(arg, &lines);
	assert_int_equal(level, ISCARD_LOG_ERROR);
	assert_non_null(strstr(text, "usb:zz"));
	lines++;
}

static void a_sink_hears_what_its_level_lets_through(void **state)
{
	struct iscard_options o = {.size = sizeof o,
	                           .readers = "usb:zz",
	                           .log = count,
	                           .log_arg = &lines,
	                           .log_level = ISCARD_LOG_ERROR};
	iscard_context *c;

	(void)state;
	assert_hr(iscard_context_create(&o, &c), E_INVALIDARG);
	assert_int_equal(lines, 1);
	o.log_level = ISCARD_LOG_NONE;
	assert_hr(iscard_context_create(&o, &c), E_INVALIDARG);
	assert_int_equal(lines, 1);
	o.log_level = (iscard_log_level)(ISCARD_LOG_WIRE + 1);
	assert_hr(iscard_context_create(&o, &c), E_INVALIDARG);
	assert_int_equal(lines, 1);
}

/* NULL for options is the environment. */
static void the_environment_allows_escape_commands_with_1_only(void **state)
{
	static const struct {
		const char *text;
		int allowed;
	} rows[] = {{NULL, 0}, {"", 0}, {"0", 0}, {"yes", 0}, {"10", 0}, {"1", 1}};
	iscard_context *c;

	(void)state;
	assert_int_equal(setenv("ISCARD_READERS", "", 1), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].text != NULL)
			assert_int_equal(setenv("ISCARD_ESCAPE", rows[i].text, 1), 0);
		assert_hr(iscard_context_create(NULL, &c), S_OK);
		assert_int_equal(c->options.escapes != 0, rows[i].allowed);
		iscard_context_unref(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_that_never_opens_is_given_up),
		cmocka_unit_test(a_card_that_never_ends_its_activation_is_given_up),
		cmocka_unit_test(a_transaction_ends_at_the_limit_of_its_own_context),
		cmocka_unit_test(a_motion_that_never_ends_is_given_up),
		cmocka_unit_test(an_escape_command_without_an_end_is_given_up),
		cmocka_unit_test(no_limit_may_be_negative),
		cmocka_unit_test(the_log_shows_bytes_by_its_second_switch_and_never_a_pin),
		cmocka_unit_test(a_sink_hears_what_its_level_lets_through),
		cmocka_unit_test(the_environment_allows_escape_commands_with_1_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
