/* SPDX-License-Identifier: MIT */
#include "transport_fault.h"

#include "over_usb.h"

#include <stdlib.h>
#include <string.h>

struct fault_transport {
	struct ccid_transport t; /* first */
	struct ccid_transport *inner;
	struct fault_plan *plan;
	uint8_t *in;
	size_t in_cap;
};

const char *fault_name(enum fault_kind kind)
{
	static const char *const names[FAULT_KINDS] = {
		"stall", "I/O error", "babble",     "late answer", "lost answer", "short transfer",
		"empty", "garbage",   "wrong byte", "unplug",      "cancel",
	};

	return names[kind];
}

static struct fault_transport *fault_of(struct ccid_transport *t)
{
	return (struct fault_transport *)t;
}

static bool is_timeout(enum fault_kind kind)
{
	return kind == FAULT_LATE || kind == FAULT_LOST;
}

static void broke(struct fault_plan *plan, const char *rule)
{
	if (plan->problem == NULL)
		plan->problem = rule;
}

/* Count the operation. True when it is the one to fail. */
static bool due(struct fault_transport *f, const char *what, int64_t deadline)
{
	struct fault_plan *plan = f->plan;
	unsigned n = plan->ops++;

	if (deadline == CCID_NEVER)
		broke(plan, "waits for ever");
	if (n < plan->fail_at || n - plan->fail_at > plan->more)
		return false;
	if (plan->failed == NULL)
		plan->failed = what;
	if (plan->kind == FAULT_UNPLUG)
		plan->gone = true;
	if (plan->kind == FAULT_CANCEL)
		f->inner->ops->cancel(f->inner);
	return plan->kind != FAULT_CANCEL;
}

/* The code of a failure that has one, else 0. */
static int code(struct fault_transport *f, int64_t deadline)
{
	switch (f->plan->kind) {
	case FAULT_STALL: return CCID_E_STALL;
	case FAULT_BABBLE: return CCID_E_BABBLE;
	case FAULT_UNPLUG: return CCID_E_GONE;
	case FAULT_IO: return CCID_E_IO;
	case FAULT_LATE:
	case FAULT_LOST: fake_clock_jump(f->plan->clock, deadline); return CCID_E_TIMEOUT;
	default: return 0;
	}
}

static int op_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct fault_transport *f = fault_of(t);
	int rc;

	if (f->plan->posted)
		broke(f->plan, "IN posted twice");
	rc = due(f, "post_in", 0) && !is_timeout(f->plan->kind) ? code(f, 0) : 0;
	if (f->plan->gone)
		return CCID_E_GONE;
	if (rc == 0)
		rc = f->inner->ops->post_in(f->inner, buf, cap);
	if (rc == 0) {
		f->plan->posted = true;
		f->in = buf;
		f->in_cap = cap;
	}
	return rc;
}

static int op_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline)
{
	struct fault_transport *f = fault_of(t);
	int rc = 0;

	if (due(f, "bulk_out", deadline))
		rc = f->plan->kind == FAULT_SHORT ? CCID_E_IO : code(f, deadline);
	if (f->plan->gone)
		return CCID_E_GONE;
	return rc < 0 ? rc : f->inner->ops->bulk_out(f->inner, buf, len, deadline);
}

static int spoil(struct fault_transport *f, int n)
{
	uint32_t x = 2463534242u + f->plan->fail_at;

	if (f->plan->kind == FAULT_SHORT)
		return n / 2;
	if (f->plan->kind == FAULT_FLIP && (int)f->plan->byte < n)
		f->in[f->plan->byte] ^= 0xFF;
	for (int i = 0; f->plan->kind == FAULT_GARBAGE && i < n; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		f->in[i] = (uint8_t)x;
	}
	return n;
}

/* Let the answer come and throw it away; the transfer stays posted for the driver. */
static int lose(struct fault_transport *f, int64_t deadline)
{
	int rc = f->inner->ops->wait_in(f->inner, deadline);

	if (rc >= 0)
		rc = f->inner->ops->post_in(f->inner, f->in, f->in_cap);
	return rc < 0 && rc != CCID_E_TIMEOUT ? rc : CCID_E_TIMEOUT;
}

static int failing_wait(struct fault_transport *f, int64_t deadline)
{
	int rc;

	if (f->plan->kind == FAULT_LOST)
		lose(f, deadline);
	rc = code(f, deadline);
	if (rc == CCID_E_TIMEOUT)
		return rc;
	if (rc < 0 || f->plan->kind == FAULT_EMPTY) {
		f->inner->ops->drop_in(f->inner);
		return rc;
	}
	rc = f->inner->ops->wait_in(f->inner, deadline);
	return rc > 0 ? spoil(f, rc) : rc;
}

static int op_wait_in(struct ccid_transport *t, int64_t deadline)
{
	struct fault_transport *f = fault_of(t);
	bool fails = due(f, "wait_in", deadline);
	int rc;

	if (!f->plan->posted)
		broke(f->plan, "wait for an IN that is not posted");
	if (f->plan->gone)
		rc = CCID_E_GONE;
	else
		rc = fails ? failing_wait(f, deadline) : f->inner->ops->wait_in(f->inner, deadline);
	if (rc != CCID_E_TIMEOUT && rc != CCID_E_CANCELLED)
		f->plan->posted = false;
	return rc;
}

static void op_drop_in(struct ccid_transport *t)
{
	struct fault_transport *f = fault_of(t);

	f->plan->posted = false;
	f->inner->ops->drop_in(f->inner);
}

static int op_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct fault_transport *f = fault_of(t);
	bool fails = t->iface.intr_in.address != 0 && due(f, "interrupt_in", 0);

	if (f->plan->gone)
		return CCID_E_GONE;
	if (!fails || is_timeout(f->plan->kind))
		return f->inner->ops->interrupt_in(f->inner, buf, cap);
	if (f->plan->kind != FAULT_GARBAGE && f->plan->kind != FAULT_FLIP)
		return code(f, 0);
	memset(buf, f->plan->kind == FAULT_GARBAGE ? 0xFF : 0x50, cap);
	return (int)cap;
}

static int op_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                      int64_t deadline)
{
	struct fault_transport *f = fault_of(t);
	int rc = due(f, "control", deadline) ? code(f, deadline) : 0;

	if (f->plan->gone)
		return CCID_E_GONE;
	return rc < 0 ? rc : f->inner->ops->control(f->inner, setup, data, deadline);
}

static int op_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	struct fault_transport *f = fault_of(t);
	int rc = due(f, "clear_halt", deadline) ? code(f, deadline) : 0;

	if (pipe == CCID_PIPE_BULK_IN && f->plan->posted)
		broke(f->plan, "clear halt while IN is posted");
	if (f->plan->gone)
		return CCID_E_GONE;
	return rc < 0 ? rc : f->inner->ops->clear_halt(f->inner, pipe, deadline);
}

static int op_reset(struct ccid_transport *t, int64_t deadline)
{
	struct fault_transport *f = fault_of(t);
	int rc = due(f, "reset", deadline) ? code(f, deadline) : 0;

	f->plan->resets++;
	if (rc < 0)
		f->plan->gone = true;
	return f->plan->gone ? CCID_E_GONE : f->inner->ops->reset(f->inner, deadline);
}

static int op_pause(struct ccid_transport *t, int64_t until)
{
	struct fault_transport *f = fault_of(t);

	(void)due(f, "pause", until);
	return f->inner->ops->pause(f->inner, until);
}

static int op_event_fd(struct ccid_transport *t)
{
	return fault_of(t)->inner->ops->event_fd(fault_of(t)->inner);
}

static void op_cancel(struct ccid_transport *t)
{
	fault_of(t)->inner->ops->cancel(fault_of(t)->inner);
}

static void op_close(struct ccid_transport *t)
{
	struct fault_transport *f = fault_of(t);

	if (f->plan->posted && !f->plan->gone)
		broke(f->plan, "closed while IN is posted");
	f->plan->closed = true;
	f->inner->ops->close(f->inner);
	free(f);
}

static const struct ccid_transport_ops fault_ops = {
	.name = "fault",
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

int fault_wrap(struct ccid_transport **out, struct ccid_transport *inner, struct fault_plan *plan)
{
	struct fault_transport *f = calloc(1, sizeof *f);

	if (f == NULL)
		return CCID_E_NOMEM;
	f->t = *inner;
	f->t.ops = &fault_ops;
	f->inner = inner;
	f->plan = plan;
	over_usb_instead(&f->t, inner);
	*out = &f->t;
	return 0;
}
