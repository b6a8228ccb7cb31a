/* SPDX-License-Identifier: MIT */
/* Tokens on endpoint 0 alone: USB ICCD Rev 1.0, versions A and B (wire reference 10). */
#include "flow.h"

static const struct fake_reader token = {.features = CCID_FEATURE_ICCD | 0x40 |
                                                     CCID_FEATURE_SHORT_APDU};
static const struct fake_reader big = {
	.features = CCID_FEATURE_ICCD | 0x40 | CCID_FEATURE_EXTENDED_APDU, .max_message = 50};

static int open_token(const struct fake_reader *reader, uint8_t version,
                      const struct script_step *steps, size_t count)
{
	struct ccid_transport *t = &flow.script.t;

	fake_clock_init(&flow.clock);
	script_start(&flow.script, reader, steps, count, &flow.clock);
	t->iface.bulk_in = t->iface.bulk_out = (struct ccid_endpoint){0};
	t->iface.protocol = version;
	flow.cap = sizeof flow.rapdu;
	return ccid_reader_open(&flow.reader, t, NULL, &flow.clock.env, flow_deadline(5000));
}
#define OPEN(reader, version, steps)                                                               \
	assert_int_equal(open_token(reader, version, steps, sizeof(steps) / sizeof *(steps)), 0)

static void activate(void)
{
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_state_is(CCID_SLOT_READY);
	flow.generation = flow_info().generation;
}

#define OFF EXPECT_CTRL("21 63 0000 0000 0000")

static void version_a_powers_on_after_off(void **state)
{
	static const struct script_step steps[] = {
		OFF, EXPECT_CTRL("A1 62 0000 0000 2100 3B 02 14 50"), OFF};

	(void)state;
	OPEN(&token, 1, steps);
	activate();
	assert_int_equal(flow_info().atr_len, 4);
	flow_close();
}

#define A_ON         OFF, EXPECT_CTRL("A1 62 0000 0000 2100 3B 02 14 50")
#define A_IS(status) EXPECT_CTRL("A1 A0 0000 0000 0100 " status)

static void version_a_sends_data_in_a_phase_of_its_own(void **state)
{
	static const struct script_step steps[] = {
		A_ON,
		EXPECT_CTRL("21 65 0000 0000 0500 00 A4 00 00 02"),
		A_IS("40"),
		A_IS("10"),
		EXPECT_CTRL("21 65 0000 0000 0200 3F 00"),
		A_IS("20"),
		EXPECT_CTRL("A1 6F 0000 0000 0200 90 00"),
		OFF};

	(void)state;
	OPEN(&token, 1, steps);
	activate();
	flow_response_is("90 00", flow_transmit(SELECT, 0));
	flow_close();
}

static void version_a_fetches_data(void **state)
{
	static const struct script_step steps[] = {
		A_ON,       EXPECT_CTRL("21 65 0000 0000 0500 00 84 00 00 02"),
		A_IS("10"), EXPECT_CTRL("A1 6F 0000 0000 0200 AA BB"),
		A_IS("20"), EXPECT_CTRL("A1 6F 0000 0000 0200 90 00"),
		OFF};

	(void)state;
	OPEN(&token, 1, steps);
	activate();
	flow_response_is("AA BB 90 00", flow_transmit("00 84 00 00 02", 0));
	flow_close();
}

static void version_a_mute_is_reported(void **state)
{
	static const struct script_step steps[] = {
		A_ON, EXPECT_CTRL("21 65 0000 0000 0500 00 84 00 00 02"), A_IS("80"), OFF};

	(void)state;
	OPEN(&token, 1, steps);
	activate();
	assert_int_equal(flow_transmit("00 84 00 00 02", 0), CCID_E_MUTE);
	flow_close();
}

/* A request is refused in the middle: the token still has an answer to give. */
static void version_a_out_of_step_is_powered_off(void **state)
{
	static const struct script_step steps[] = {
		A_ON, EXPECT_CTRL("21 65 0000 0000 0500 00 84 00 00 02"),
		EXPECT_CTRL_FAIL("A1 A0 0000 0000 0100", CCID_E_STALL), OFF};

	(void)state;
	OPEN(&token, 1, steps);
	activate();
	assert_int_equal(flow_transmit("00 84 00 00 02", 0), CCID_E_MUTE);
	flow_state_is(CCID_SLOT_DESYNCED);
	assert_int_equal(flow_transmit("00 84 00 00 02", 0), CCID_E_STALE);
	flow_close();
}

#define B_IS(icc)     EXPECT_CTRL("A1 81 0000 0000 0300 00 " icc " 00")
#define B_DATA(bytes) EXPECT_CTRL("A1 6F 0000 0000 ?? ?? " bytes)
#define B_ON          B_IS("01"), OFF, EXPECT_CTRL("21 62 0100 0000 0000"), B_DATA("00 3B 80 01 81")

static void version_b_exchanges_whole_apdus(void **state)
{
	static const struct script_step steps[] = {
		B_ON, EXPECT_CTRL("21 65 0000 0000 0500 00 84 00 00 02"), B_DATA("80 05 00"),
		B_DATA("00 AA BB 90 00"), OFF};
	int64_t before;

	(void)state;
	OPEN(&token, 2, steps);
	activate();
	before = flow.clock.now;
	flow_response_is("AA BB 90 00", flow_transmit("00 84 00 00 02", 0));
	assert_int_equal(flow.clock.now - before, 50); /* wDelay: five times 10 ms */
	flow_close();
}

static void version_b_chains_both_ways(void **state)
{
	static const struct script_step steps[] = {
		B_ON,
		EXPECT_CTRL("21 65 0001 0000 2800 00 DA 00 00 28 00 ++*34"),
		B_DATA("10"),
		EXPECT_CTRL("21 65 0002 0000 0500 23 ++*4"),
		B_DATA("01 AA BB"),
		EXPECT_CTRL("21 65 0010 0000 0000"),
		B_DATA("02 CC 90 00"),
		OFF};

	(void)state;
	OPEN(&big, 2, steps);
	activate();
	flow_response_is("AA BB CC 90 00", flow_transmit("00 DA 00 00 28 00 ++*39", 0));
	flow_close();
}

static void version_b_says_why_it_failed(void **state)
{
	static const struct script_step steps[] = {
		B_ON,
		EXPECT_CTRL("21 65 0000 0000 0500 00 84 00 00 02"),
		B_DATA("40 40 FE"),
		EXPECT_CTRL("21 65 0000 0000 0500 00 84 00 00 02"),
		B_DATA(""),
		OFF,
		OFF};

	(void)state;
	OPEN(&token, 2, steps);
	activate();
	assert_int_equal(flow_transmit("00 84 00 00 02", 0), CCID_E_MUTE);
	assert_int_equal(flow_transmit("00 84 00 00 02", 0), CCID_E_IO); /* not even a type */
	flow_close();
}

/* The message length of a token is cut to one control transfer; so are the buffers, to the end. */
static void a_token_may_claim_the_longest_messages(void **state)
{
	static const struct fake_reader reader = {.features = CCID_FEATURE_ICCD | 0x40 |
	                                                      CCID_FEATURE_EXTENDED_APDU,
	                                          .max_message = 65554};
	static const struct script_step steps[] = {B_ON, OFF};

	(void)state;
	OPEN(&reader, 2, steps);
	activate();
	flow_close();
}

static void version_a_half_a_status_word_is_none(void **state)
{
	static const struct script_step steps[] = {
		A_ON,       EXPECT_CTRL("21 65 0000 0000 0500 00 84 00 00 03"),
		A_IS("10"), EXPECT_CTRL("A1 6F 0000 0000 0300 AA BB 90"),
		A_IS("20"), EXPECT_CTRL("A1 6F 0000 0000 0200 00"),
		OFF,        OFF};

	(void)state;
	OPEN(&token, 1, steps);
	activate();
	assert_int_equal(flow_transmit("00 84 00 00 03", 0), CCID_E_IO);
	flow_close();
}

static void version_b_a_block_of_an_unknown_type_is_no_answer(void **state)
{
	static const struct script_step steps[] = {
		B_ON, EXPECT_CTRL("21 65 0000 0000 0500 00 84 00 00 02"), B_DATA("55 AA BB 90 00"),
		OFF, OFF};

	(void)state;
	OPEN(&token, 2, steps);
	activate();
	assert_int_equal(flow_transmit("00 84 00 00 02", 0), CCID_E_IO);
	flow_close();
}

static void version_b_at_character_level_is_not_supported(void **state)
{
	static const struct fake_reader odd = {.features = CCID_FEATURE_ICCD | 0x40};
	static const struct script_step steps[] = {NO_STEP};

	(void)state;
	assert_int_equal(open_token(&odd, 2, steps, 1), CCID_E_UNSUPPORTED);
	flow.script.t.ops->close(&flow.script.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_a_powers_on_after_off),
		cmocka_unit_test(version_a_sends_data_in_a_phase_of_its_own),
		cmocka_unit_test(version_a_fetches_data),
		cmocka_unit_test(version_a_mute_is_reported),
		cmocka_unit_test(version_a_out_of_step_is_powered_off),
		cmocka_unit_test(version_b_exchanges_whole_apdus),
		cmocka_unit_test(version_b_chains_both_ways),
		cmocka_unit_test(version_b_says_why_it_failed),
		cmocka_unit_test(a_token_may_claim_the_longest_messages),
		cmocka_unit_test(version_a_half_a_status_word_is_none),
		cmocka_unit_test(version_b_a_block_of_an_unknown_type_is_no_answer),
		cmocka_unit_test(version_b_at_character_level_is_not_supported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
