/* SPDX-License-Identifier: MIT */
#include "transport_script.h"

#include "over_usb.h"
#include "script_text.h"
#include "script_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

static int take_interrupt(struct script *s, uint8_t *buf, size_t cap)
{
	size_t n = s->intr_len[s->intr_first];
	eventfd_t count;

	if (n > cap)
		return script_depart(s, "interrupt transfer of %zu bytes into a buffer of %zu", n,
		                     cap);
	memcpy(buf, s->intr[s->intr_first], n);
	s->intr_first = (s->intr_first + 1) % SCRIPT_INTERRUPTS;
	if (--s->intr_count == 0 && !s->gone)
		(void)eventfd_read(s->event_fd, &count);
	return (int)n;
}

static int op_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct script *s = script_of(t);

	if (s->problem[0] != '\0')
		return CCID_E_DIVERGED;
	if (s->closed)
		return script_depart(s, "interrupt_in after close");
	if (t->iface.intr_in.address == 0)
		return CCID_E_UNSUPPORTED;
	if (s->intr_count > 0)
		return take_interrupt(s, buf, cap);
	return s->gone ? CCID_E_GONE : 0;
}

static void setup_bytes(uint8_t b[8], const struct ccid_setup *setup)
{
	const uint16_t words[] = {setup->value, setup->index, setup->length};

	b[0] = setup->request_type;
	b[1] = setup->request;
	for (size_t i = 0; i < 3; i++) {
		b[2 + 2 * i] = (uint8_t)words[i];
		b[3 + 2 * i] = (uint8_t)(words[i] >> 8);
	}
}

static int control_step(struct script *s, const struct script_step *step, const uint8_t b[8],
                        uint8_t *data)
{
	size_t n = script_parse(s->want, s->kind, SCRIPT_BYTES_MAX, step->bytes);
	size_t length = (size_t)(b[6] | b[7] << 8);
	int rc;

	for (size_t i = 0; i < 8 && i < n; i++)
		if (s->kind[i] == SCRIPT_KIND_SEQ && b[i] != (uint8_t)(s->seq + 1) && s->seq_known)
			return script_depart(s, "control request names bSeq %02X after %02X", b[i],
			                     s->seq);
	rc = script_compare(s, b, 8, n < 8 ? n : 8);
	if (rc < 0)
		return rc;
	script_advance(s);
	if (step->arg < 0)
		return step->arg;
	if (n - 8 > length)
		n = 8 + length;
	if ((b[0] & 0x80) != 0 && n > 8)
		memcpy(data, s->want + 8, n - 8);
	return (b[0] & 0x80) != 0 ? (int)(n - 8) : (int)length;
}

static int op_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                      int64_t deadline)
{
	struct script *s = script_of(t);
	int rc = script_enter(s, "control", deadline);
	const struct script_step *step;
	char text[60];
	uint8_t b[8];

	if (rc < 0)
		return rc;
	setup_bytes(b, setup);
	step = script_meet(s);
	if (step == NULL || step->op != SCRIPT_CTRL)
		return script_depart(s, "expected %s, got control request %s", script_expected(s),
		                     script_hex(text, sizeof text, b, sizeof b));
	return control_step(s, step, b, data);
}

static int op_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	static const char *const pipes[] = {"bulk-out", "bulk-in", "interrupt-in"};
	struct script *s = script_of(t);
	int rc = script_enter(s, "clear_halt", deadline);
	const struct script_step *step;

	if (rc < 0)
		return rc;
	if (pipe == CCID_PIPE_BULK_IN && s->in != NULL)
		return script_depart(s, "clear halt while IN is posted");
	step = script_meet(s);
	if (step != NULL && step->op == SCRIPT_HALT && step->arg == (int)pipe) {
		script_advance(s);
		return 0;
	}
	if (step == NULL || step->op != SCRIPT_HALTS || pipe > CCID_PIPE_BULK_IN ||
	    (s->halts & 1u << pipe) != 0)
		return script_depart(s, "expected %s, got clear halt of %s", script_expected(s),
		                     pipes[pipe]);
	s->halts |= 1u << pipe;
	if (s->halts == 3) {
		s->halts = 0;
		script_advance(s);
	}
	return 0;
}

static int op_reset(struct ccid_transport *t, int64_t deadline)
{
	struct script *s = script_of(t);
	int rc = script_enter(s, "reset", deadline);
	const struct script_step *step;

	if (rc < 0)
		return rc;
	step = script_meet(s);
	if (step == NULL || step->op != SCRIPT_RESET)
		return script_depart(s, "expected %s, got a port reset", script_expected(s));
	if (step->arg == CCID_E_GONE)
		s->gone = true;
	script_advance(s);
	return step->arg;
}

static int op_pause(struct ccid_transport *t, int64_t until)
{
	struct script *s = script_of(t);
	int rc = script_enter(s, "pause", until);

	if (rc < 0 && rc != CCID_E_GONE)
		return rc;
	if (script_take_cancel(s))
		return CCID_E_CANCELLED;
	fake_clock_jump(s->clock, until);
	return 0;
}

static int op_event_fd(struct ccid_transport *t)
{
	return t->iface.intr_in.address != 0 ? script_of(t)->event_fd : CCID_E_UNSUPPORTED;
}

static void op_cancel(struct ccid_transport *t)
{
	script_of(t)->cancelled = true;
}

static void op_close(struct ccid_transport *t)
{
	struct script *s = script_of(t);

	if (s->closed)
		script_depart(s, "closed twice");
	if (s->in != NULL && !s->gone)
		script_depart(s, "closed while IN is posted");
	s->closed = true;
	close(s->event_fd);
	s->event_fd = -1;
}

static const struct ccid_transport_ops script_ops = {
	.name = "script",
	.close = op_close,
	.post_in = script_post_in,
	.bulk_out = script_bulk_out,
	.wait_in = script_wait_in,
	.drop_in = script_drop_in,
	.interrupt_in = op_interrupt_in,
	.control = op_control,
	.clear_halt = op_clear_halt,
	.reset = op_reset,
	.pause = op_pause,
	.event_fd = op_event_fd,
	.cancel = op_cancel,
};

void script_start(struct script *s, const struct fake_reader *reader,
                  const struct script_step *steps, size_t count, struct fake_clock *clock)
{
	memset(s, 0, sizeof *s);
	s->t.ops = &script_ops;
	s->t.env = &clock->env;
	fake_reader_describe(&s->t, &s->desc, reader);
	s->clock = clock;
	s->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->steps = steps;
	s->count = count;
	if (over_usb(&s->t) != 0)
		fail_msg("no memory");
	script_settle(s);
}

void script_reached_end(struct script *s)
{
	if (s->problem[0] != '\0')
		fail_msg("%s", s->problem);
	if (script_meet(s) != NULL)
		fail_msg("script step %zu of %zu was not reached: %s %s", s->at + 1, s->count,
		         script_expected(s),
		         s->steps[s->at].bytes != NULL ? s->steps[s->at].bytes : "");
}

void script_continue(struct script *s, const struct script_step *steps, size_t count)
{
	script_reached_end(s);
	s->steps = steps;
	s->count = count;
	s->at = 0;
	script_settle(s);
}

void script_done(struct script *s)
{
	script_reached_end(s);
	if (!s->closed)
		fail_msg("the transport was not closed");
}
