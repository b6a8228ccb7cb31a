/* SPDX-License-Identifier: MIT */
/* The interrupt endpoint over usbredir: keeping the host's stream alive, queueing what it sends. */
#include "usbredir_priv.h"

#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "ccid_msg.h"

#define RETRY_MS     1000
#define FAILURES_MAX 4

static void send_clear_halt(struct ccid_redir *r)
{
	struct usb_redir_control_packet_header h = {
		.request = 0x01, .requesttype = 0x02, .index = r->base.iface.intr_in.address};
	struct ccid_redir_req nobody;

	usbredirparser_send_control_packet(r->parser, ccid_redir_begin(r, &nobody), &h, NULL, 0);
}

static void start(struct ccid_redir *r)
{
	struct usb_redir_start_interrupt_receiving_header h = {
		.endpoint = r->base.iface.intr_in.address};
	struct ccid_redir_req nobody;

	if (r->intr.halted)
		send_clear_halt(r);
	r->intr.halted = false;
	r->intr.running = true;
	r->intr.retry_at = ccid_env_now(r->base.env) + RETRY_MS;
	r->intr.start_id = ccid_redir_begin(r, &nobody);
	usbredirparser_send_start_interrupt_receiving(r->parser, r->intr.start_id, &h);
}

void ccid_redir_intr_start(struct ccid_redir *r)
{
	if (r->base.iface.intr_in.address == 0)
		return;
	r->intr.wanted = true;
	r->intr.failures = 0;
	r->intr.halted = false;
	start(r);
}

void ccid_redir_intr_stop(struct ccid_redir *r)
{
	struct usb_redir_stop_interrupt_receiving_header h = {
		.endpoint = r->base.iface.intr_in.address};
	struct ccid_redir_req nobody;

	if (!r->intr.wanted)
		return;
	if (r->intr.running)
		usbredirparser_send_stop_interrupt_receiving(r->parser,
		                                             ccid_redir_begin(r, &nobody), &h);
	r->intr.running = false;
	r->intr.wanted = false;
}

bool ccid_redir_intr_alive(const struct ccid_redir *r)
{
	return r->intr.running || r->intr.failures < FAILURES_MAX;
}

int64_t ccid_redir_intr_due(const struct ccid_redir *r)
{
	if (!r->intr.wanted || r->intr.running || !ccid_redir_intr_alive(r))
		return CCID_NEVER;
	return r->intr.retry_at;
}

void ccid_redir_intr_tend(struct ccid_redir *r)
{
	if (r->error == CCID_OK && ccid_redir_intr_due(r) <= ccid_env_now(r->base.env))
		start(r);
}

/* id 0: the host ended the stream by itself. The answer to a stop says nothing new. */
void ccid_redir_intr_status(struct ccid_redir *r, uint64_t id, uint8_t status)
{
	bool ended = id == 0 || (id == r->intr.start_id && status != usb_redir_success);

	if (!r->intr.wanted || !r->intr.running || !ended)
		return;
	r->intr.running = false;
	r->intr.halted = status == usb_redir_stall;
	r->intr.failures++;
	ccid_log(r->base.env, CCID_LOG_WARNING, r->base.id.address,
	         "usbredir: the interrupt stream ended (status %u)", status);
}

static void drop(struct ccid_redir_intr *q, size_t i)
{
	q->count--;
	memmove(&q->queue[i], &q->queue[i + 1], (q->count - i) * sizeof q->queue[0]);
}

static size_t next_change(const struct ccid_redir_intr *q, size_t i)
{
	while (i < q->count && q->queue[i].bytes[0] != CCID_NOTIFY_SLOT_CHANGE)
		i++;
	return i;
}

/* Room for one more. Each NotifySlotChange tells the present state of all slots, so only its
 * "changed" bits (CCID 6.3.1) would be lost: they move to the one after it. */
static void make_room(struct ccid_redir_intr *q)
{
	size_t a = next_change(q, 0), b = next_change(q, a + 1);
	const struct ccid_redir_message *old = &q->queue[a];
	struct ccid_redir_message *heir = &q->queue[b];

	if (b >= q->count) {
		drop(q, a == 0 ? 1 : 0);
		return;
	}
	for (size_t i = 1; i < old->len && i < heir->len; i++)
		heir->bytes[i] |= old->bytes[i] & 0xAA;
	drop(q, a);
}

void ccid_redir_intr_push(struct ccid_redir *r, const uint8_t *data, size_t len)
{
	struct ccid_redir_intr *q = &r->intr;
	uint64_t one = 1;

	q->failures = 0;
	if (len > CCID_REDIR_INTR_MAX) {
		ccid_log(r->base.env, CCID_LOG_WARNING, r->base.id.address,
		         "usbredir: an interrupt of %zu bytes is no CCID message", len);
		return;
	}
	if (q->count == CCID_REDIR_INTR_QUEUE)
		make_room(q);
	memcpy(q->queue[q->count].bytes, data, len);
	q->queue[q->count++].len = len;
	if (r->queue_fd >= 0 && write(r->queue_fd, &one, sizeof one) < 0)
		ccid_redir_fail(r, CCID_E_IO, "the event descriptor is broken");
}

int ccid_redir_intr_take(struct ccid_redir *r, uint8_t *buf, size_t cap)
{
	struct ccid_redir_intr *q = &r->intr;
	uint64_t n;
	int len;

	if (q->count == 0)
		return 0;
	len = q->queue[0].len <= cap ? (int)q->queue[0].len : CCID_E_BABBLE;
	if (len > 0)
		memcpy(buf, q->queue[0].bytes, (size_t)len);
	drop(q, 0);
	if (q->count == 0 && r->error == CCID_OK && r->queue_fd >= 0)
		(void)!read(r->queue_fd, &n, sizeof n);
	return len;
}
