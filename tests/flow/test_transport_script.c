/* SPDX-License-Identifier: MIT */
/* The scripted transport notices each departure: a test that rests on it can fail. */
#include "transport_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct fake_clock fake;
static struct script script;
static const struct fake_reader reader = {.features = FAKE_SHORT};
static uint8_t in[128];

static const uint8_t status_7[] = {0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0};
static const uint8_t status_8[] = {0x65, 0, 0, 0, 0, 0, 8, 0, 0, 0};

#define STEPS(...) ((const struct script_step[]){__VA_ARGS__})
#define START(...)                                                                                 \
	begin(STEPS(__VA_ARGS__), sizeof(STEPS(__VA_ARGS__)) / sizeof(struct script_step))
#define TRANSPORT (&script.t)
#define OPS       script.t.ops

static void begin(const struct script_step *steps, size_t count)
{
	fake_clock_init(&fake);
	script_start(&script, &reader, steps, count, &fake);
	script.quiet = true;
}

static int post(void)
{
	return OPS->post_in(TRANSPORT, in, sizeof in);
}

static int out(const uint8_t *bytes, size_t len)
{
	return OPS->bulk_out(TRANSPORT, bytes, len, fake.now + 1000);
}

static int wait(int64_t ms)
{
	return OPS->wait_in(TRANSPORT, fake.now + ms);
}

static void finish(const char *problem)
{
	if (!script.closed)
		OPS->close(TRANSPORT);
	if (problem[0] == '\0')
		assert_string_equal(script.problem, "");
	else if (strstr(script.problem, problem) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", problem, script.problem);
}

static void a_conversation_as_written_passes(void **state)
{
	static const uint8_t answer[] = {0x81, 0, 0, 0, 0, 0, 7, 2, 0, 0};

	(void)state;
	START(EXPECT_OUT("65 00000000 00 ss 000000"), GIVE_IN("81 nnnnnnnn 00 ss 02 00 00"));
	assert_int_equal(post(), 0);
	assert_int_equal(out(status_7, sizeof status_7), 0);
	assert_int_equal(wait(100), 10);
	assert_memory_equal(in, answer, sizeof answer);
	finish("");
	script_done(&script);
}

static void other_bytes_are_noticed(void **state)
{
	(void)state;
	START(EXPECT_OUT("65 00000000 01 ss 000000"));
	assert_int_equal(post(), 0);
	assert_int_equal(out(status_7, sizeof status_7), CCID_E_DIVERGED);
	assert_int_equal(wait(10), CCID_E_DIVERGED);
	finish("at byte 5 expected (10) 65 00 00 00 00 01");
}

static void an_out_without_a_posted_in_is_noticed(void **state)
{
	(void)state;
	START(EXPECT_OUT("65 00000000 00 ss 000000"));
	assert_int_equal(out(status_7, sizeof status_7), CCID_E_DIVERGED);
	finish("no IN is posted");
}

static void a_repeated_sequence_number_is_noticed(void **state)
{
	(void)state;
	START(EXPECT_OUT("65 00000000 00 ss 000000"), GIVE_IN(""), EXPECT_OUT("65 ??*9"));
	assert_int_equal(post(), 0);
	assert_int_equal(out(status_7, sizeof status_7), 0);
	assert_int_equal(wait(10), 0);
	assert_int_equal(post(), 0);
	assert_int_equal(out(status_7, sizeof status_7), CCID_E_DIVERGED);
	finish("bSeq 07 follows 07");
}

static void a_changed_out_buffer_is_noticed(void **state)
{
	uint8_t buf[sizeof status_7];

	(void)state;
	memcpy(buf, status_7, sizeof buf);
	START(EXPECT_OUT("65 00000000 00 ss 000000"), GIVE_IN(""));
	assert_int_equal(post(), 0);
	assert_int_equal(out(buf, sizeof buf), 0);
	buf[9] = 1;
	assert_int_equal(wait(10), CCID_E_DIVERGED);
	finish("changed");
}

static void broken_rules_of_posting_are_noticed(void **state)
{
	(void)state;
	START(SILENCE);
	assert_int_equal(OPS->post_in(TRANSPORT, in, 100), CCID_E_DIVERGED);
	finish("not a multiple");
	START(SILENCE);
	assert_int_equal(post(), 0);
	assert_int_equal(post(), CCID_E_DIVERGED);
	finish("posted twice");
	START(SILENCE);
	assert_int_equal(wait(10), CCID_E_DIVERGED);
	finish("not posted");
	START(SILENCE);
	assert_int_equal(post(), 0);
	assert_int_equal(OPS->wait_in(TRANSPORT, CCID_NEVER), CCID_E_DIVERGED);
	finish("without a deadline");
	START(EXPECT_HALT(CCID_PIPE_BULK_IN));
	assert_int_equal(post(), 0);
	assert_int_equal(OPS->clear_halt(TRANSPORT, CCID_PIPE_BULK_IN, 0), CCID_E_DIVERGED);
	finish("while IN is posted");
	START(NO_STEP);
	assert_int_equal(post(), 0);
	finish("closed while IN is posted");
}

static void unscripted_operations_are_noticed(void **state)
{
	static const struct ccid_setup abort_setup = {0x21, 0x01, 0x0800, 0, 0};

	(void)state;
	START(NO_STEP);
	assert_int_equal(OPS->control(TRANSPORT, &abort_setup, NULL, 0), CCID_E_DIVERGED);
	finish("got control request 21 01 00 08 00 00 00 00");
	START(NO_STEP);
	assert_int_equal(OPS->clear_halt(TRANSPORT, CCID_PIPE_BULK_OUT, 0), CCID_E_DIVERGED);
	finish("got clear halt of bulk-out");
	START(NO_STEP);
	assert_int_equal(OPS->reset(TRANSPORT, 0), CCID_E_DIVERGED);
	finish("got a port reset");
	START(EXPECT_RESET(0));
	assert_int_equal(post(), 0);
	assert_int_equal(wait(5), CCID_E_DIVERGED);
	finish("expected port reset, got a wait");
}

static void silence_lasts_to_the_deadline_and_leaves_in_posted(void **state)
{
	int64_t start;

	(void)state;
	START(SILENCE, EXPECT_DROP, EXPECT_HALTS);
	start = fake.now;
	assert_int_equal(post(), 0);
	assert_int_equal(wait(700), CCID_E_TIMEOUT);
	assert_int_equal(wait(300), CCID_E_TIMEOUT);
	assert_int_equal(fake.now - start, 1000);
	OPS->drop_in(TRANSPORT);
	assert_int_equal(OPS->clear_halt(TRANSPORT, CCID_PIPE_BULK_IN, 0), 0);
	assert_int_equal(OPS->clear_halt(TRANSPORT, CCID_PIPE_BULK_OUT, 0), 0);
	finish("");
	script_done(&script);
}

static void a_late_answer_comes_after_its_delay(void **state)
{
	int64_t start;

	(void)state;
	START(DELAY(900), GIVE_IN("AA ++*3"));
	start = fake.now;
	assert_int_equal(post(), 0);
	assert_int_equal(wait(500), CCID_E_TIMEOUT);
	assert_int_equal(wait(500), 4);
	assert_int_equal(fake.now - start, 900);
	assert_memory_equal(in, "\xAA\xAB\xAC\xAD", 4);
	finish("");
}

static void a_stale_answer_and_a_control_request_know_the_sequence_number(void **state)
{
	static const struct ccid_setup right = {0x21, 0x01, 0x0800, 0, 0};
	static const struct ccid_setup wrong = {0x21, 0x01, 0x0700, 0, 0};

	(void)state;
	START(EXPECT_OUT("65 00000000 00 ss 000000"), GIVE_IN("81 00000000 00 s2 000000"),
	      EXPECT_CTRL("21 01 00 ss 0000 0000"));
	assert_int_equal(post(), 0);
	assert_int_equal(out(status_7, sizeof status_7), 0);
	assert_int_equal(wait(10), 10);
	assert_int_equal(in[6], 5);
	assert_int_equal(OPS->control(TRANSPORT, &right, NULL, 0), 0);
	finish("");
	START(EXPECT_OUT("65 00000000 00 ss 000000"), GIVE_IN(""),
	      EXPECT_CTRL("21 01 00 ss 0000 0000"));
	assert_int_equal(post(), 0);
	assert_int_equal(out(status_7, sizeof status_7), 0);
	assert_int_equal(wait(10), 0);
	assert_int_equal(OPS->control(TRANSPORT, &wrong, NULL, 0), CCID_E_DIVERGED);
	finish("bSeq 07 after 07");
}

static void an_unplug_ends_every_operation(void **state)
{
	(void)state;
	START(EXPECT_OUT("65 00000000 00 ss 000000"), INTERRUPT("50 02"), UNPLUG);
	assert_int_equal(post(), 0);
	assert_int_equal(out(status_8, sizeof status_8), 0);
	assert_int_equal(OPS->interrupt_in(TRANSPORT, in, sizeof in), 2);
	assert_int_equal(OPS->interrupt_in(TRANSPORT, in, sizeof in), CCID_E_GONE);
	assert_int_equal(wait(10), CCID_E_GONE);
	assert_int_equal(post(), CCID_E_GONE);
	finish("");
	script_done(&script);
}

static void cancel_ends_one_wait(void **state)
{
	(void)state;
	START(SILENCE);
	OPS->cancel(TRANSPORT);
	assert_int_equal(post(), 0);
	assert_int_equal(wait(10), CCID_E_CANCELLED);
	assert_int_equal(wait(10), CCID_E_TIMEOUT);
	OPS->drop_in(TRANSPORT);
	finish("");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_conversation_as_written_passes),
		cmocka_unit_test(other_bytes_are_noticed),
		cmocka_unit_test(an_out_without_a_posted_in_is_noticed),
		cmocka_unit_test(a_repeated_sequence_number_is_noticed),
		cmocka_unit_test(a_changed_out_buffer_is_noticed),
		cmocka_unit_test(broken_rules_of_posting_are_noticed),
		cmocka_unit_test(unscripted_operations_are_noticed),
		cmocka_unit_test(silence_lasts_to_the_deadline_and_leaves_in_posted),
		cmocka_unit_test(a_late_answer_comes_after_its_delay),
		cmocka_unit_test(a_stale_answer_and_a_control_request_know_the_sequence_number),
		cmocka_unit_test(an_unplug_ends_every_operation),
		cmocka_unit_test(cancel_ends_one_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
