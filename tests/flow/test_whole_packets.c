/* SPDX-License-Identifier: MIT */
/* Firmware that sends nothing after an answer of whole packets: the transfer for the whole buffer
 * never ends by itself (wire reference 4.4). */
#include "flow.h"

static struct ccid_transport_ops ops;
static const char *held; /* what came in the transfer, hex as in a script; NULL: nothing */
static unsigned cuts;

static int cut_in(struct ccid_transport *t)
{
	struct script *s = (struct script *)t;
	size_t n = 0;

	cuts++;
	if (held != NULL) {
		n = script_bytes(s->in, s->in_cap, held);
		s->in[6] = s->seq;
		s->at++; /* past SILENCE */
	}
	s->in = NULL;
	s->out = NULL;
	held = NULL;
	return (int)n;
}

static void start(const struct script_step *steps, size_t count)
{
	static const struct fake_reader reader = {.features = FAKE_SHORT};

	flow_ready(&reader);
	script_continue(&flow.script, steps, count);
	ops = *flow.script.t.ops;
	ops.cut_in = cut_in;
	flow.script.t.ops = &ops;
	cuts = 0;
}
#define START(steps) start(steps, sizeof(steps) / sizeof *(steps))

static void an_answer_that_does_not_end_is_taken_within_a_second(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", "00 B0 00 00 34"), SILENCE,
	                                           CLOSING_POWERED};
	int64_t before;

	(void)state;
	START(steps);
	held = "80 36000000 00 00 00 00 00 00 ++*51 90 00"; /* 64 bytes */
	before = flow.clock.now;
	flow_response_is("00 ++*51 90 00", flow_transmit("00 B0 00 00 34", 0));
	assert_in_range(flow.clock.now - before, 1, 1000);
	assert_int_equal(cuts, 1);
	flow_close();
}

static void a_transfer_without_anything_in_it_is_posted_again(void **state)
{
	static const struct script_step steps[] = {XFR_OUT("0000", "00 84 00 00 08"), DELAY(5500),
	                                           XFR_IN("00", "AA 90 00"), CLOSING_POWERED};

	(void)state;
	START(steps);
	flow_response_is("AA 90 00", flow_transmit("00 84 00 00 08", 0));
	assert_int_equal(cuts, 3); /* after 1, 2 and 4 s */
	flow_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_that_does_not_end_is_taken_within_a_second),
		cmocka_unit_test(a_transfer_without_anything_in_it_is_posted_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
