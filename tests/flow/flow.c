/* SPDX-License-Identifier: MIT */
#include "flow.h"

struct flow flow;

int64_t flow_deadline(int64_t ms)
{
	return flow.clock.now + ms;
}

void flow_open(const struct fake_reader *reader, const struct script_step *steps, size_t count)
{
	fake_clock_init(&flow.clock);
	script_start(&flow.script, reader, steps, count, &flow.clock);
	flow.reader = NULL;
	flow.cap = sizeof flow.rapdu;
	assert_int_equal(ccid_reader_open(&flow.reader, &flow.script.t, NULL, &flow.clock.env,
	                                  flow_deadline(10000)),
	                 0);
	assert_non_null(flow.reader);
}

void flow_ready(const struct fake_reader *reader)
{
	static const struct script_step steps[] = {OPENING(INACTIVE), ACTIVATION(ATR_T0)};

	FLOW_OPEN(reader, steps);
	assert_int_equal(flow_activate(3, CCID_RESET_NONE), 0);
	flow_state_is(CCID_SLOT_READY);
}

void flow_close(void)
{
	ccid_reader_close(flow.reader);
	flow.reader = NULL;
	script_done(&flow.script);
}

int flow_activate(unsigned protocols, enum ccid_reset_kind reset)
{
	int rc = ccid_slot_activate(flow.reader, 0, protocols, reset, flow_deadline(FLOW_LIMIT_MS));

	flow.generation = flow_info().generation;
	return rc;
}

int flow_transmit(const char *capdu, unsigned flags)
{
	static uint8_t buf[66000];
	size_t len = script_bytes(buf, sizeof buf, capdu);

	return ccid_slot_transmit(flow.reader, 0, flow.generation, buf, len, flow.rapdu, flow.cap,
	                          flags, -1, flow_deadline(FLOW_LIMIT_MS));
}

void flow_response_is(const char *text, int rc)
{
	static uint8_t want[66000];
	size_t len = script_bytes(want, sizeof want, text);

	assert_int_equal(rc, (int)len);
	assert_memory_equal(flow.rapdu, want, len);
}

struct ccid_slot_info flow_info(void)
{
	struct ccid_slot_info info;

	assert_int_equal(ccid_slot_get_info(flow.reader, 0, &info), 0);
	return info;
}

void flow_state_is(enum ccid_slot_state state)
{
	assert_string_equal(ccid_slot_state_name(flow_info().state), ccid_slot_state_name(state));
}
