/* SPDX-License-Identifier: MIT */
#include "script_walk.h"

#include "script_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

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

int script_depart(struct script *s, const char *fmt, ...)
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

const char *script_hex(char *out, size_t cap, const uint8_t *bytes, size_t len)
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

void script_settle(struct script *s)
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

void script_advance(struct script *s)
{
	s->at++;
	script_settle(s);
}

const struct script_step *script_meet(struct script *s)
{
	if (s->at < s->count &&
	    (s->steps[s->at].op == SCRIPT_SILENCE || s->steps[s->at].op == SCRIPT_FOREVER_IN))
		script_advance(s);
	if (s->at < s->count && s->steps[s->at].op == SCRIPT_FOREVER)
		script_advance(s);
	return s->at < s->count ? &s->steps[s->at] : NULL;
}

const char *script_expected(const struct script *s)
{
	return s->at < s->count ? op_name[s->steps[s->at].op] : "the end";
}

int script_enter(struct script *s, const char *what, int64_t deadline)
{
	if (s->problem[0] != '\0')
		return CCID_E_DIVERGED;
	if (s->closed)
		return script_depart(s, "%s after close", what);
	if (++s->ops > OPS_MAX)
		return script_depart(s, "%s: more than %u operations, is this a loop without end?",
		                     what, OPS_MAX);
	if (deadline == CCID_NEVER)
		return script_depart(s, "%s without a deadline", what);
	return s->gone ? CCID_E_GONE : 0;
}

size_t script_matches(const struct script *s, const uint8_t *buf, size_t len, size_t want)
{
	size_t i = 0;

	while (i < len && i < want && (s->kind[i] != SCRIPT_KIND_BYTE || s->want[i] == buf[i]))
		i++;
	return i;
}

int script_compare(struct script *s, const uint8_t *buf, size_t len, size_t want)
{
	char exp[150], got[150];
	size_t i = script_matches(s, buf, len, want);

	if (i == len && i == want)
		return 0;
	return script_depart(s, "at byte %zu expected (%zu) %s got (%zu) %s", i, want,
	                     script_hex(exp, sizeof exp, s->want, want), len,
	                     script_hex(got, sizeof got, buf, len));
}

bool script_take_cancel(struct script *s)
{
	bool was = s->cancelled;

	s->cancelled = false;
	return was;
}
