/* SPDX-License-Identifier: MIT */
#include "transport_script.h"

#include "script_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#define OPS_MAX 1000000u /* far beyond any bounded procedure */

static const char *const op_name[SCRIPT_OPS] = {
	[SCRIPT_NOTHING] = "nothing",
	[SCRIPT_OUT] = "OUT",
	[SCRIPT_OUT_FAILS] = "failed OUT",
	[SCRIPT_IN] = "wait for IN",
	[SCRIPT_IN_FAILS] = "failed IN",
	[SCRIPT_SILENCE] = "wait in silence",
	[SCRIPT_DELAY] = "wait",
	[SCRIPT_FOREVER_IN] = "wait for IN",
	[SCRIPT_FOREVER] = "OUT again",
	[SCRIPT_CTRL] = "control request",
	[SCRIPT_HALT] = "clear halt",
	[SCRIPT_HALTS] = "clear halt of both bulk pipes",
	[SCRIPT_RESET] = "port reset",
	[SCRIPT_DROP] = "drop of IN",
	[SCRIPT_INTERRUPT] = "interrupt",
	[SCRIPT_UNPLUG] = "unplug",
	[SCRIPT_CALL] = "call",
};

static struct script *script_of(struct ccid_transport *t)
{
	return (struct script *)t;
}

__attribute__((format(printf, 2, 3))) static int depart(struct script *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (s->problem[0] != '\0')
		return CCID_E_DIVERGED;
	n = snprintf(s->problem, sizeof s->problem, "script step %zu of %zu: ", s->at + 1,
	             s->count);
	va_start(ap, fmt);
	vsnprintf(s->problem + n, sizeof s->problem - (size_t)n, fmt, ap);
	va_end(ap);
	if (!s->quiet)
		print_error("%s\n", s->problem);
	return CCID_E_DIVERGED;
}

static const char *hex(char *out, size_t cap, const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < len && n + 6 < cap; i++)
		n += (size_t)snprintf(out + n, cap - n, "%02X%s", bytes[i], i < 9 ? " " : "");
	if (len * 2 > n)
		snprintf(out + n, cap - n, "..");
	return out;
}

void script_interrupt(struct script *s, const char *text)
{
	unsigned i = (s->intr_first + s->intr_count) % SCRIPT_INTERRUPTS;
	uint8_t kinds[64];

	if (s->intr_count == SCRIPT_INTERRUPTS)
		fail_msg("script: more than %d interrupt transfers wait", SCRIPT_INTERRUPTS);
	s->intr_len[i] = script_parse(s->intr[i], kinds, sizeof s->intr[i], text);
	s->intr_count++;
	(void)eventfd_write(s->event_fd, 1);
}

void script_unplug(struct script *s)
{
	s->gone = true;
	(void)eventfd_write(s->event_fd, 1);
}

/* Do what happens by itself, up to the next step that needs the driver. */
static void settle(struct script *s)
{
	while (s->at < s->count) {
		const struct script_step *step = &s->steps[s->at];

		if (step->op == SCRIPT_INTERRUPT) {
			script_interrupt(s, step->bytes);
		} else if (step->op == SCRIPT_UNPLUG) {
			script_unplug(s);
		} else if (step->op == SCRIPT_DELAY && s->delay_left == 0) {
			s->delay_left = step->arg;
			return;
		} else if (step->op != SCRIPT_NOTHING && step->op != SCRIPT_CALL) {
			return;
		}
		s->at++;
		if (step->op == SCRIPT_CALL)
			step->call(s);
	}
}

static void advance(struct script *s)
{
	s->at++;
	settle(s);
}

/* The step that the driver's operation meets, or NULL at the end. */
static const struct script_step *meet(struct script *s)
{
	if (s->at < s->count &&
	    (s->steps[s->at].op == SCRIPT_SILENCE || s->steps[s->at].op == SCRIPT_FOREVER_IN))
		advance(s);
	if (s->at < s->count && s->steps[s->at].op == SCRIPT_FOREVER)
		advance(s);
	return s->at < s->count ? &s->steps[s->at] : NULL;
}

static const char *expected(const struct script *s)
{
	return s->at < s->count ? op_name[s->steps[s->at].op] : "the end";
}

/* Checks at the head of every operation. 0, or what it must return at once. */
static int enter(struct script *s, const char *what, int64_t deadline)
{
	if (s->problem[0] != '\0')
		return CCID_E_DIVERGED;
	if (s->closed)
		return depart(s, "%s after close", what);
	if (++s->ops > OPS_MAX)
		return depart(s, "%s: more than %u operations, is this a loop without end?", what,
		              OPS_MAX);
	if (deadline == CCID_NEVER)
		return depart(s, "%s without a deadline", what);
	return s->gone ? CCID_E_GONE : 0;
}

static uint32_t sum(const uint8_t *p, size_t n)
{
	uint32_t v = 2166136261u;

	while (n-- > 0)
		v = (v ^ *p++) * 16777619u;
	return v;
}

static int op_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct script *s = script_of(t);
	int rc = enter(s, "post_in", 0);

	if (rc < 0)
		return rc;
	if (s->in != NULL)
		return depart(s, "IN posted twice");
	if (cap == 0 || cap % t->iface.bulk_in.max_packet != 0)
		return depart(s, "IN of %zu bytes, not a multiple of the packet size", cap);
	memset(buf, 0xEE, cap);
	s->in = buf;
	s->in_cap = cap;
	return 0;
}

static int check_seq(struct script *s, const uint8_t *buf, size_t len)
{
	if (len < 10)
		return depart(s, "OUT of %zu bytes is shorter than a header", len);
	if (s->seq_known && buf[6] != (uint8_t)(s->seq + 1))
		return depart(s, "bSeq %02X follows %02X", buf[6], s->seq);
	s->seq = buf[6];
	s->seq_known = true;
	return 0;
}

/* How many bytes agree with the parsed step. */
static size_t matches(const struct script *s, const uint8_t *buf, size_t len, size_t want)
{
	size_t i = 0;

	while (i < len && i < want && (s->kind[i] != SCRIPT_KIND_BYTE || s->want[i] == buf[i]))
		i++;
	return i;
}

static int compare(struct script *s, const uint8_t *buf, size_t len, size_t want)
{
	char exp[150], got[150];
	size_t i = matches(s, buf, len, want);

	if (i == len && i == want)
		return 0;
	return depart(s, "at byte %zu expected (%zu) %s got (%zu) %s", i, want,
	              hex(exp, sizeof exp, s->want, want), len, hex(got, sizeof got, buf, len));
}

/* Whether the OUT is the one that an endless step waits for; another ends the step. */
static bool repeated(struct script *s, const uint8_t *buf, size_t len)
{
	while (s->at < s->count && s->steps[s->at].op == SCRIPT_FOREVER) {
		size_t n = script_parse(s->want, s->kind, SCRIPT_BYTES_MAX, s->steps[s->at].bytes);

		s->asked = matches(s, buf, len, n) == len && len == n;
		if (s->asked)
			return true;
		advance(s);
	}
	return false;
}

static int op_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline)
{
	struct script *s = script_of(t);
	int rc = enter(s, "bulk_out", deadline);
	const struct script_step *step;
	char text[150];

	if (rc < 0)
		return rc;
	s->outs++;
	if (repeated(s, buf, len) && s->in != NULL)
		return check_seq(s, buf, len);
	step = meet(s);
	if (step == NULL || (step->op != SCRIPT_OUT && step->op != SCRIPT_OUT_FAILS))
		return depart(s, "expected %s, got OUT %s", expected(s),
		              hex(text, sizeof text, buf, len));
	if (s->in == NULL)
		return depart(s, "OUT while no IN is posted");
	rc = check_seq(s, buf, len);
	if (rc == 0)
		rc = compare(s, buf, len,
		             script_parse(s->want, s->kind, SCRIPT_BYTES_MAX, step->bytes));
	if (rc < 0)
		return rc;
	s->out = step->op == SCRIPT_OUT ? buf : NULL;
	s->out_len = len;
	s->out_sum = sum(buf, len);
	advance(s);
	return step->arg;
}

/* Fill the posted transfer. The step stays. */
static int fill(struct script *s, const char *text)
{
	size_t n = script_parse(s->want, s->kind, SCRIPT_BYTES_MAX, text);

	for (size_t i = 0; i < n && n <= s->in_cap; i++)
		s->in[i] =
			s->kind[i] == SCRIPT_KIND_SEQ ? (uint8_t)(s->seq - s->want[i]) : s->want[i];
	s->in = NULL;
	s->out = NULL;
	return n > s->in_cap ? CCID_E_BABBLE : (int)n;
}

static int deliver(struct script *s, const char *text)
{
	int n = fill(s, text);

	advance(s);
	return n;
}

static int deliver_again(struct script *s, const struct script_step *step, int64_t deadline)
{
	if (s->clock->now + step->arg > deadline) {
		fake_clock_jump(s->clock, deadline);
		return CCID_E_TIMEOUT;
	}
	fake_clock_advance(s->clock, step->arg);
	return fill(s, step->bytes);
}

static int quiet_until(struct script *s, int64_t deadline)
{
	fake_clock_jump(s->clock, deadline);
	return CCID_E_TIMEOUT;
}

/* True when the delay is over, and the next step is on. */
static bool delay_over(struct script *s, int64_t deadline)
{
	int64_t room = deadline - s->clock->now;

	if (room < 0)
		room = 0;
	if (s->delay_left > room) {
		s->delay_left -= room;
		return false;
	}
	fake_clock_advance(s->clock, s->delay_left);
	s->delay_left = 0;
	advance(s);
	return true;
}

static int wait_step(struct script *s, int64_t deadline)
{
	const struct script_step *step;

	if (s->at < s->count && s->steps[s->at].op == SCRIPT_DELAY && !delay_over(s, deadline))
		return quiet_until(s, deadline);
	if (s->gone)
		return CCID_E_GONE;
	step = s->at < s->count ? &s->steps[s->at] : NULL;
	switch (step != NULL ? step->op : SCRIPT_OPS) {
	case SCRIPT_IN: return deliver(s, step->bytes);
	case SCRIPT_FOREVER_IN: return deliver_again(s, step, deadline);
	case SCRIPT_FOREVER:
		if (!s->asked)
			return depart(s, "a wait for IN where nothing was asked");
		s->asked = false;
		return fill(s, step->answer);
	case SCRIPT_SILENCE: return quiet_until(s, deadline);
	case SCRIPT_IN_FAILS:
		s->in = NULL;
		s->out = NULL;
		advance(s);
		return step->arg;
	default: return depart(s, "expected %s, got a wait for IN", expected(s));
	}
}

static bool take_cancel(struct script *s)
{
	bool was = s->cancelled;

	s->cancelled = false;
	return was;
}

static int op_wait_in(struct ccid_transport *t, int64_t deadline)
{
	struct script *s = script_of(t);
	int rc = enter(s, "wait_in", deadline);

	s->waits++;
	s->last_deadline = deadline;
	if (rc == CCID_E_GONE)
		s->in = NULL;
	if (rc < 0)
		return rc;
	if (s->in == NULL)
		return depart(s, "wait for an IN that is not posted");
	if (s->out != NULL && sum(s->out, s->out_len) != s->out_sum)
		return depart(s, "the OUT buffer was changed before the transfer was over");
	return take_cancel(s) ? CCID_E_CANCELLED : wait_step(s, deadline);
}

static void op_drop_in(struct ccid_transport *t)
{
	struct script *s = script_of(t);
	const struct script_step *step;

	s->in = NULL;
	s->out = NULL;
	s->drops++;
	if (s->problem[0] != '\0' || s->gone)
		return;
	if (s->at + 1 < s->count && s->steps[s->at].op == SCRIPT_SILENCE &&
	    s->steps[s->at + 1].op == SCRIPT_DROP)
		s->at++;
	step = s->at < s->count ? &s->steps[s->at] : NULL;
	if (step != NULL && step->op == SCRIPT_DROP)
		advance(s);
}

static int take_interrupt(struct script *s, uint8_t *buf, size_t cap)
{
	size_t n = s->intr_len[s->intr_first];
	eventfd_t count;

	if (n > cap)
		return depart(s, "interrupt transfer of %zu bytes into a buffer of %zu", n, cap);
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
		return depart(s, "interrupt_in after close");
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
			return depart(s, "control request names bSeq %02X after %02X", b[i],
			              s->seq);
	rc = compare(s, b, 8, n < 8 ? n : 8);
	if (rc < 0)
		return rc;
	advance(s);
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
	int rc = enter(s, "control", deadline);
	const struct script_step *step;
	char text[60];
	uint8_t b[8];

	if (rc < 0)
		return rc;
	setup_bytes(b, setup);
	step = meet(s);
	if (step == NULL || step->op != SCRIPT_CTRL)
		return depart(s, "expected %s, got control request %s", expected(s),
		              hex(text, sizeof text, b, sizeof b));
	return control_step(s, step, b, data);
}

static int op_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	static const char *const pipes[] = {"bulk-out", "bulk-in", "interrupt-in"};
	struct script *s = script_of(t);
	int rc = enter(s, "clear_halt", deadline);
	const struct script_step *step;

	if (rc < 0)
		return rc;
	if (pipe == CCID_PIPE_BULK_IN && s->in != NULL)
		return depart(s, "clear halt while IN is posted");
	step = meet(s);
	if (step != NULL && step->op == SCRIPT_HALT && step->arg == (int)pipe) {
		advance(s);
		return 0;
	}
	if (step == NULL || step->op != SCRIPT_HALTS || pipe > CCID_PIPE_BULK_IN ||
	    (s->halts & 1u << pipe) != 0)
		return depart(s, "expected %s, got clear halt of %s", expected(s), pipes[pipe]);
	s->halts |= 1u << pipe;
	if (s->halts == 3) {
		s->halts = 0;
		advance(s);
	}
	return 0;
}

static int op_reset(struct ccid_transport *t, int64_t deadline)
{
	struct script *s = script_of(t);
	int rc = enter(s, "reset", deadline);
	const struct script_step *step;

	if (rc < 0)
		return rc;
	step = meet(s);
	if (step == NULL || step->op != SCRIPT_RESET)
		return depart(s, "expected %s, got a port reset", expected(s));
	if (step->arg == CCID_E_GONE)
		s->gone = true;
	advance(s);
	return step->arg;
}

static int op_pause(struct ccid_transport *t, int64_t until)
{
	struct script *s = script_of(t);
	int rc = enter(s, "pause", until);

	if (rc < 0 && rc != CCID_E_GONE)
		return rc;
	if (take_cancel(s))
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
		depart(s, "closed twice");
	if (s->in != NULL && !s->gone)
		depart(s, "closed while IN is posted");
	s->closed = true;
	close(s->event_fd);
	s->event_fd = -1;
}

static const struct ccid_transport_ops script_ops = {
	.name = "script",
	.close = op_close,
	.post_in = op_post_in,
	.bulk_out = op_bulk_out,
	.wait_in = op_wait_in,
	.drop_in = op_drop_in,
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
	settle(s);
}

void script_reached_end(struct script *s)
{
	if (s->problem[0] != '\0')
		fail_msg("%s", s->problem);
	if (meet(s) != NULL)
		fail_msg("script step %zu of %zu was not reached: %s %s", s->at + 1, s->count,
		         expected(s), s->steps[s->at].bytes != NULL ? s->steps[s->at].bytes : "");
}

void script_continue(struct script *s, const struct script_step *steps, size_t count)
{
	script_reached_end(s);
	s->steps = steps;
	s->count = count;
	s->at = 0;
	settle(s);
}

void script_done(struct script *s)
{
	script_reached_end(s);
	if (!s->closed)
		fail_msg("the transport was not closed");
}
