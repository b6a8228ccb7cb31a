/* SPDX-License-Identifier: MIT */
/* The operations of the usbredir transport. */
#include "transport_usbredir.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "usbredir_priv.h"

#define DROP_MS      1000
#define QUEUED_MAX   (1024u * 1024u) /* bytes that a peer may leave unread */
#define LENGTH_16BIT 65535u

static struct ccid_redir *redir_of(struct ccid_transport *t)
{
	return (struct ccid_redir *)t;
}

static struct ccid_redir *lock(struct ccid_transport *t)
{
	struct ccid_redir *r = redir_of(t);

	pthread_mutex_lock(&r->lock);
	return r;
}

static int unlock(struct ccid_redir *r, int rc)
{
	pthread_mutex_unlock(&r->lock);
	return rc;
}

/* Whether something can be queued: the link lives and the peer reads. */
static int ready(const struct ccid_redir *r)
{
	if (r->error < 0)
		return ccid_redir_error(r);
	if (usbredirparser_get_bufferered_output_size(r->parser) > QUEUED_MAX)
		return CCID_E_TIMEOUT;
	return CCID_OK;
}

/* As ready(), at the start of what may wait. */
static int enter(struct ccid_redir *r)
{
	return ccid_redir_cancelled(r) ? CCID_E_CANCELLED : ready(r);
}

static bool long_bulk(const struct ccid_redir *r)
{
	return usbredirparser_peer_has_cap(r->parser, usb_redir_cap_32bits_bulk_length) != 0;
}

static void send_bulk(struct ccid_redir *r, uint64_t id, uint8_t endpoint, const uint8_t *data,
                      size_t len)
{
	struct usb_redir_bulk_packet_header h = {.endpoint = endpoint,
	                                         .length = (uint16_t)len,
	                                         .length_high = (uint16_t)(len >> 16)};

	/* The library copies; its prototype only lacks the const. */
	usbredirparser_send_bulk_packet(r->parser, id, &h, (uint8_t *)(uintptr_t)data,
	                                data == NULL ? 0 : (int)len);
}

static int redir_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct ccid_redir *r = lock(t);
	size_t mps = t->iface.bulk_in.max_packet;
	int rc = mps > 0 ? ready(r) : CCID_E_UNSUPPORTED;

	if (rc == CCID_OK && (r->in.id != 0 || cap == 0))
		rc = CCID_E_ARG;
	if (rc < 0)
		return unlock(r, rc);
	if (cap > CCID_REDIR_BULK_MAX)
		cap = CCID_REDIR_BULK_MAX;
	if (cap > LENGTH_16BIT && !long_bulk(r))
		cap = LENGTH_16BIT - LENGTH_16BIT % mps;
	ccid_redir_begin(r, &r->in);
	r->in.buf = buf;
	r->in.cap = cap;
	send_bulk(r, r->in.id, t->iface.bulk_in.address, NULL, cap);
	ccid_redir_flush(r);
	return unlock(r, ccid_redir_error(r));
}

/* A host that knows lengths of 16 bits only gets long data in pieces of whole packets, which are
 * the same on USB. */
static void send_out(struct ccid_redir *r, const uint8_t *buf, size_t len)
{
	size_t mps = r->base.iface.bulk_out.max_packet;
	size_t most = long_bulk(r) ? len : LENGTH_16BIT - LENGTH_16BIT % mps;
	struct ccid_redir_req piece;
	size_t at = 0;

	ccid_redir_begin(r, &r->out);
	while (len - at > most) {
		send_bulk(r, r->out.id, r->base.iface.bulk_out.address, buf + at, most);
		r->out.id = ccid_redir_begin(r, &piece);
		at += most;
	}
	send_bulk(r, r->out.id, r->base.iface.bulk_out.address, buf + at, len - at);
}

/* Never waits: what the peer does not take now is sent while waiting for the answer. */
static int redir_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len,
                          int64_t deadline)
{
	struct ccid_redir *r = lock(t);
	int rc = t->iface.bulk_out.max_packet > 0 ? ready(r) : CCID_E_UNSUPPORTED;

	(void)deadline;
	if (rc == CCID_OK && (len == 0 || len > CCID_REDIR_BULK_MAX))
		rc = CCID_E_ARG;
	if (rc < 0)
		return unlock(r, rc);
	send_out(r, buf, len);
	ccid_redir_flush(r);
	return unlock(r, ccid_redir_error(r));
}

static bool under_way(const struct ccid_redir_req *req)
{
	return req->id != 0 && !req->done;
}

static void cancel_request(struct ccid_redir *r, const struct ccid_redir_req *req)
{
	if (!under_way(req))
		return;
	for (uint64_t id = req->first; id <= req->id; id++)
		usbredirparser_send_cancel_data_packet(r->parser, id);
}

/* The host answers a cancelled request at once; one that does not is left behind: its answer,
 * should it ever come, finds no request. */
static void drop_bulk(struct ccid_redir *r)
{
	int64_t deadline = ccid_env_now(r->base.env) + DROP_MS;
	int rc = ready(r);

	if (rc == CCID_OK) {
		cancel_request(r, &r->in);
		cancel_request(r, &r->out);
		ccid_redir_pump(r);
	}
	while (rc == CCID_OK && (under_way(&r->in) || under_way(&r->out)))
		rc = ccid_redir_step(r, false, deadline);
	ccid_redir_forget(&r->in);
	ccid_redir_forget(&r->out);
}

static void redir_drop_in(struct ccid_transport *t)
{
	struct ccid_redir *r = lock(t);

	drop_bulk(r);
	unlock(r, CCID_OK);
}

/* Take the result of a request that is over; false while it is not. */
static bool take(struct ccid_redir_req *req, int *rc)
{
	if (!req->done)
		return false;
	*rc = req->result;
	ccid_redir_forget(req);
	return true;
}

/* 1 when waiting is over, with *result. */
static int settled(struct ccid_redir *r, int *result)
{
	int rc;

	if (take(&r->in, result))
		return 1;
	if (!take(&r->out, &rc))
		return 0;
	*result = rc;
	if (rc < 0) {
		drop_bulk(r);
		return 1;
	}
	return r->in.id == 0;
}

static int redir_wait_in(struct ccid_transport *t, int64_t deadline)
{
	struct ccid_redir *r = lock(t);
	int result = CCID_E_ARG;
	int rc = ccid_redir_cancelled(r) ? CCID_E_CANCELLED : CCID_OK;

	if (rc == CCID_OK && r->in.id == 0 && r->out.id == 0)
		rc = r->error < 0 ? ccid_redir_error(r) : CCID_E_ARG;
	if (rc == CCID_OK)
		ccid_redir_pump(r);
	while (rc == CCID_OK && !settled(r, &result))
		rc = ccid_redir_step(r, true, deadline);
	if (rc == CCID_E_TIMEOUT && settled(r, &result))
		rc = CCID_OK;
	if (r->error < 0) {
		ccid_redir_forget(&r->in);
		ccid_redir_forget(&r->out);
	}
	return unlock(r, rc < 0 ? rc : result);
}

/* Whoever waits in another thread reads for all; then only what is queued is taken. */
static int redir_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct ccid_redir *r = lock(t);
	int n;

	if (t->iface.intr_in.address == 0)
		return unlock(r, CCID_E_UNSUPPORTED);
	if (r->intr.count == 0 && !r->polling)
		ccid_redir_pump(r);
	n = ccid_redir_intr_take(r, buf, cap);
	if (n == 0)
		n = ccid_redir_error(r);
	if (n == 0 && !ccid_redir_intr_alive(r))
		n = CCID_E_UNSUPPORTED;
	return unlock(r, n);
}

/* Configuration and alternate setting have packets of their own, by which the host claims. */
static bool refused(const struct ccid_setup *s)
{
	return (s->request_type == 0x00 && (s->request == 0x05 || s->request == 0x09)) ||
	       (s->request_type == 0x01 && s->request == 0x0B);
}

int ccid_redir_control(struct ccid_redir *r, const struct ccid_setup *setup, uint8_t *data,
                       int64_t deadline)
{
	bool in = (setup->request_type & 0x80) != 0;
	struct usb_redir_control_packet_header h = {.endpoint = setup->request_type & 0x80,
	                                            .request = setup->request,
	                                            .requesttype = setup->request_type,
	                                            .value = setup->value,
	                                            .index = setup->index,
	                                            .length = setup->length};
	uint64_t id = ccid_redir_begin(r, &r->ctl);
	int rc;

	r->ctl.buf = in ? data : NULL;
	r->ctl.cap = in ? setup->length : 0;
	usbredirparser_send_control_packet(r->parser, id, &h, in ? NULL : data,
	                                   in ? 0 : setup->length);
	rc = ccid_redir_await(r, &r->ctl, deadline);
	if (rc == CCID_E_TIMEOUT || rc == CCID_E_CANCELLED) {
		usbredirparser_send_cancel_data_packet(r->parser, id);
		ccid_redir_flush(r);
	}
	return rc == CCID_OK && !in ? setup->length : rc;
}

static int redir_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                         int64_t deadline)
{
	struct ccid_redir *r = lock(t);
	int rc = refused(setup) ? CCID_E_UNSUPPORTED : enter(r);

	return unlock(r, rc < 0 ? rc : ccid_redir_control(r, setup, data, deadline));
}

static uint8_t endpoint_of(const struct ccid_transport *t, enum ccid_pipe pipe)
{
	switch (pipe) {
	case CCID_PIPE_BULK_OUT: return t->iface.bulk_out.address;
	case CCID_PIPE_BULK_IN: return t->iface.bulk_in.address;
	case CCID_PIPE_INTERRUPT_IN: return t->iface.intr_in.address;
	}
	return 0;
}

static int redir_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	struct ccid_redir *r = lock(t);
	struct ccid_setup setup = {0x02, 0x01, 0, endpoint_of(t, pipe), 0};
	bool stream = pipe == CCID_PIPE_INTERRUPT_IN;
	int rc = setup.index == 0 ? CCID_E_UNSUPPORTED : enter(r);

	if (rc < 0)
		return unlock(r, rc);
	if (stream)
		ccid_redir_intr_stop(r);
	rc = ccid_redir_control(r, &setup, NULL, deadline);
	if (stream && r->error == CCID_OK) {
		ccid_redir_intr_start(r);
		ccid_redir_flush(r);
	}
	return unlock(r, rc);
}

/* The host answers a reset not at all, but the next question only after it: what came before the
 * answer to get_configuration belongs to the time before. */
static int redir_reset(struct ccid_transport *t, int64_t deadline)
{
	struct ccid_redir *r = lock(t);
	int rc = enter(r);

	if (rc < 0)
		return unlock(r, rc);
	ccid_redir_forget(&r->in);
	ccid_redir_forget(&r->out);
	r->intr.wanted = r->intr.running = false;
	usbredirparser_send_reset(r->parser);
	rc = ccid_redir_configure(r, deadline);
	if (rc < 0 && rc != CCID_E_TIMEOUT && rc != CCID_E_CANCELLED)
		rc = CCID_E_GONE;
	return unlock(r, rc);
}

static int redir_pause(struct ccid_transport *t, int64_t until)
{
	struct ccid_redir *r = lock(t);
	int rc = ccid_redir_cancelled(r) ? CCID_E_CANCELLED : CCID_OK;

	if (rc == CCID_OK)
		ccid_redir_pump(r);
	while (rc == CCID_OK)
		rc = ccid_redir_step(r, true, until);
	return unlock(r, rc == CCID_E_TIMEOUT ? CCID_OK : rc);
}

static int redir_event_fd(struct ccid_transport *t)
{
	int fd = redir_of(t)->event_fd;

	return fd < 0 ? CCID_E_UNSUPPORTED : fd;
}

static void redir_cancel(struct ccid_transport *t)
{
	struct ccid_redir *r = redir_of(t);
	int saved = errno;
	uint64_t one = 1;

	if (atomic_fetch_add(&r->cancels, 1) < CCID_CANCELS_KEPT)
		(void)!write(r->cancel_fd, &one, sizeof one);
	else
		atomic_fetch_sub(&r->cancels, 1);
	errno = saved;
}

void ccid_redir_free(struct ccid_redir *r)
{
	ccid_redir_link_close(r);
	if (r->owner == getpid())
		pthread_mutex_destroy(&r->lock);
	free(r->config);
	free(r);
}

/* What is outstanding is cancelled in passing; the host resets a device whose guest has left. */
static void say_goodbye(struct ccid_redir *r)
{
	if (ready(r) < 0)
		return;
	cancel_request(r, &r->in);
	cancel_request(r, &r->out);
	ccid_redir_intr_stop(r);
	ccid_redir_flush(r);
}

/* In the child of a fork the connection is still the parent's, and the lock may be held for ever:
 * nothing is said and the lock is left alone. */
static void redir_close(struct ccid_transport *t)
{
	struct ccid_redir *r = redir_of(t);
	struct ccid_stream *stream = r->stream;

	if (r->owner == getpid()) {
		lock(t);
		say_goodbye(r);
		unlock(r, CCID_OK);
	}
	ccid_redir_free(r);
	stream->ops->close(stream);
}

const struct ccid_transport_ops ccid_redir_ops = {
	.name = "usbredir",
	.close = redir_close,
	.post_in = redir_post_in,
	.bulk_out = redir_bulk_out,
	.wait_in = redir_wait_in,
	.drop_in = redir_drop_in,
	.interrupt_in = redir_interrupt_in,
	.control = redir_control,
	.clear_halt = redir_clear_halt,
	.reset = redir_reset,
	.pause = redir_pause,
	.event_fd = redir_event_fd,
	.cancel = redir_cancel,
};
