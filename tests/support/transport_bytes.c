/* SPDX-License-Identifier: MIT */
#include "transport_bytes.h"

#include <string.h>

enum {
	FAILURE = 4,
	INTERRUPT,
	TIME,
	UNPLUG
};

static struct bytes_device *device(struct ccid_transport *t)
{
	return (struct bytes_device *)t;
}

struct record {
	unsigned kind;
	uint8_t len;
	const uint8_t *data;
	size_t have;
};

static bool peek(const struct bytes_device *d, struct record *r)
{
	if (d->left < 2)
		return false;
	r->kind = d->p[0] & 7;
	r->len = d->p[1];
	r->data = d->p + 2;
	r->have = r->len < d->left - 2 ? r->len : d->left - 2;
	if (r->kind == FAILURE || r->kind == TIME || r->kind == UNPLUG)
		r->have = 0;
	return true;
}

static void take(struct bytes_device *d, const struct record *r)
{
	d->p += 2 + r->have;
	d->left -= 2 + r->have;
}

/* A failure that is due now, or 0. */
static int failure(struct bytes_device *d)
{
	static const int codes[] = {CCID_E_STALL, CCID_E_IO, CCID_E_BABBLE, CCID_E_TIMEOUT,
	                            CCID_E_CANCELLED};
	struct record r;

	d->ops++;
	if (d->gone)
		return CCID_E_GONE;
	if (!peek(d, &r) || (r.kind != FAILURE && r.kind != UNPLUG))
		return 0;
	take(d, &r);
	d->gone = r.kind == UNPLUG;
	return d->gone ? CCID_E_GONE : codes[r.len % 5];
}

static int late(struct bytes_device *d, int rc, int64_t deadline)
{
	if (deadline == CCID_NEVER)
		d->broken = true;
	else if (rc == CCID_E_TIMEOUT)
		fake_clock_jump(d->clock, deadline);
	return rc;
}

static int op_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct bytes_device *d = device(t);

	d->ops++;
	if (d->in != NULL || cap == 0 || cap % t->iface.bulk_in.max_packet != 0)
		d->broken = true;
	if (d->gone)
		return CCID_E_GONE;
	d->in = buf;
	d->in_cap = cap;
	return 0;
}

static int op_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline)
{
	struct bytes_device *d = device(t);

	if (d->in == NULL || len < 10)
		d->broken = true;
	else
		d->seq = buf[6];
	return late(d, failure(d), deadline);
}

static int arrive(struct bytes_device *d, const struct record *r)
{
	size_t n = r->have < d->in_cap ? r->have : d->in_cap;

	if (n > 0)
		memcpy(d->in, r->data, n);
	if (n > 6)
		d->in[6] = (uint8_t)(d->in[6] + d->seq);
	d->in = NULL;
	take(d, r);
	return (int)n;
}

static int silence(struct bytes_device *d, int64_t deadline)
{
	struct record r;

	if (deadline == CCID_NEVER) {
		d->broken = true;
		return CCID_E_TIMEOUT;
	}
	while (peek(d, &r) && r.kind == TIME) {
		take(d, &r);
		if (d->clock->now + r.len * 100 >= deadline) {
			fake_clock_jump(d->clock, deadline);
			return CCID_E_TIMEOUT;
		}
		fake_clock_advance(d->clock, r.len * 100);
	}
	if (peek(d, &r) && r.kind < FAILURE)
		return arrive(d, &r);
	fake_clock_jump(d->clock, deadline);
	return CCID_E_TIMEOUT;
}

static int op_wait_in(struct ccid_transport *t, int64_t deadline)
{
	struct bytes_device *d = device(t);
	int rc = failure(d);

	if (d->in == NULL)
		d->broken = true;
	if (rc == 0 && d->in != NULL)
		return silence(d, deadline);
	if (rc != CCID_E_TIMEOUT && rc != CCID_E_CANCELLED)
		d->in = NULL;
	return late(d, rc, deadline);
}

static void op_drop_in(struct ccid_transport *t)
{
	device(t)->in = NULL;
}

static int op_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct bytes_device *d = device(t);
	struct record r;
	size_t n;

	d->ops++;
	if (d->gone)
		return CCID_E_GONE;
	if (!peek(d, &r) || r.kind != INTERRUPT)
		return 0;
	n = r.have < cap ? r.have : cap;
	memcpy(buf, r.data, n);
	take(d, &r);
	return (int)n;
}

static int op_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                      int64_t deadline)
{
	struct bytes_device *d = device(t);
	int rc = late(d, failure(d), deadline);
	struct record r;
	size_t n;

	if (rc < 0 || (setup->request_type & 0x80) == 0 || data == NULL)
		return rc;
	if (!peek(d, &r) || r.kind >= FAILURE)
		return 0;
	n = r.have < setup->length ? r.have : setup->length;
	memcpy(data, r.data, n);
	take(d, &r);
	return (int)n;
}

static int op_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	struct bytes_device *d = device(t);

	if (pipe == CCID_PIPE_BULK_IN && d->in != NULL)
		d->broken = true;
	return late(d, failure(d), deadline);
}

static int op_reset(struct ccid_transport *t, int64_t deadline)
{
	struct bytes_device *d = device(t);

	if (late(d, failure(d), deadline) < 0)
		d->gone = true;
	return d->gone ? CCID_E_GONE : 0;
}

static int op_pause(struct ccid_transport *t, int64_t until)
{
	struct bytes_device *d = device(t);

	d->ops++;
	if (until == CCID_NEVER)
		d->broken = true;
	else
		fake_clock_jump(d->clock, until);
	return 0;
}

static int op_event_fd(struct ccid_transport *t)
{
	(void)t;
	return CCID_E_UNSUPPORTED;
}

static void op_cancel(struct ccid_transport *t)
{
	(void)t;
}

static void op_close(struct ccid_transport *t)
{
	struct bytes_device *d = device(t);

	if (d->closed || (d->in != NULL && !d->gone))
		d->broken = true;
	d->closed = true;
}

static const struct ccid_transport_ops bytes_ops = {
	.name = "bytes",
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

void bytes_device_init(struct bytes_device *d, const struct fake_reader *reader,
                       struct fake_clock *clock, const uint8_t *data, size_t size)
{
	memset(d, 0, sizeof *d);
	d->t.ops = &bytes_ops;
	d->t.env = &clock->env;
	fake_reader_describe(&d->t, &d->desc, reader);
	d->clock = clock;
	d->p = data;
	d->left = size;
}
