/* SPDX-License-Identifier: MIT */
/* The bulk pipes of the scripted transport. */
#include "script_text.h"
#include "script_walk.h"

#include <string.h>

static uint32_t sum(const uint8_t *p, size_t n)
{
	uint32_t v = 2166136261u;

	while (n-- > 0)
		v = (v ^ *p++) * 16777619u;
	return v;
}

int script_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct script *s = script_of(t);
	int rc = script_enter(s, "post_in", 0);

	if (rc < 0)
		return rc;
	if (s->in != NULL)
		return script_depart(s, "IN posted twice");
	if (cap == 0 || cap % t->iface.bulk_in.max_packet != 0)
		return script_depart(s, "IN of %zu bytes, not a multiple of the packet size", cap);
	memset(buf, 0xEE, cap);
	s->in = buf;
	s->in_cap = cap;
	return 0;
}

static int check_seq(struct script *s, const uint8_t *buf, size_t len)
{
	if (len < 10)
		return script_depart(s, "OUT of %zu bytes is shorter than a header", len);
	if (s->seq_known && buf[6] != (uint8_t)(s->seq + 1))
		return script_depart(s, "bSeq %02X follows %02X", buf[6], s->seq);
	s->seq = buf[6];
	s->seq_known = true;
	return 0;
}

/* Whether the OUT is the one that an endless step waits for; another ends the step. */
static bool repeated(struct script *s, const uint8_t *buf, size_t len)
{
	while (s->at < s->count && s->steps[s->at].op == SCRIPT_FOREVER) {
		size_t n = script_parse(s->want, s->kind, SCRIPT_BYTES_MAX, s->steps[s->at].bytes);

		s->asked = script_matches(s, buf, len, n) == len && len == n;
		if (s->asked)
			return true;
		script_advance(s);
	}
	return false;
}

int script_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline)
{
	struct script *s = script_of(t);
	int rc = script_enter(s, "bulk_out", deadline);
	const struct script_step *step;
	char text[150];

	if (rc < 0)
		return rc;
	s->outs++;
	if (repeated(s, buf, len) && s->in != NULL)
		return check_seq(s, buf, len);
	step = script_meet(s);
	if (step == NULL || (step->op != SCRIPT_OUT && step->op != SCRIPT_OUT_FAILS))
		return script_depart(s, "expected %s, got OUT %s", script_expected(s),
		                     script_hex(text, sizeof text, buf, len));
	if (s->in == NULL)
		return script_depart(s, "OUT while no IN is posted");
	rc = check_seq(s, buf, len);
	if (rc == 0)
		rc = script_compare(s, buf, len,
		                    script_parse(s->want, s->kind, SCRIPT_BYTES_MAX, step->bytes));
	if (rc < 0)
		return rc;
	s->out = step->op == SCRIPT_OUT ? buf : NULL;
	s->out_len = len;
	s->out_sum = sum(buf, len);
	script_advance(s);
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

	script_advance(s);
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
	script_advance(s);
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
			return script_depart(s, "a wait for IN where nothing was asked");
		s->asked = false;
		return fill(s, step->answer);
	case SCRIPT_SILENCE: return quiet_until(s, deadline);
	case SCRIPT_IN_FAILS:
		s->in = NULL;
		s->out = NULL;
		script_advance(s);
		return step->arg;
	default: return script_depart(s, "expected %s, got a wait for IN", script_expected(s));
	}
}

int script_wait_in(struct ccid_transport *t, int64_t deadline)
{
	struct script *s = script_of(t);
	int rc = script_enter(s, "wait_in", deadline);

	s->waits++;
	s->last_deadline = deadline;
	if (rc == CCID_E_GONE)
		s->in = NULL;
	if (rc < 0)
		return rc;
	if (s->in == NULL)
		return script_depart(s, "wait for an IN that is not posted");
	if (s->out != NULL && sum(s->out, s->out_len) != s->out_sum)
		return script_depart(s, "the OUT buffer was changed before the transfer was over");
	return script_take_cancel(s) ? CCID_E_CANCELLED : wait_step(s, deadline);
}

void script_drop_in(struct ccid_transport *t)
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
		script_advance(s);
}
