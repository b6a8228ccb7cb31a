/* SPDX-License-Identifier: MIT */
#include "transport_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t card_atr[] = {0x3B, 0x02, 0x14, 0x50};

static struct hand *hand_of(struct ccid_transport *t)
{
	return (struct hand *)t;
}

/* lock held */
static void object(struct hand *h, const char *what)
{
	if (h->problem[0] == '\0')
		snprintf(h->problem, sizeof h->problem, "%s", what);
}

static struct hand *go_in(struct ccid_transport *t)
{
	struct hand *h = hand_of(t);

	pthread_mutex_lock(&h->lock);
	if (h->inside++ > 0)
		object(h, "two threads use the transport at once");
	return h;
}

static int go_out(struct hand *h, int rc)
{
	h->inside--;
	pthread_mutex_unlock(&h->lock);
	return rc;
}

static int64_t now_ms(void *ctx)
{
	return atomic_load(&((struct hand *)ctx)->now);
}

/* --- the reader --- */

static void queue(struct hand *h, const uint8_t header[10], const void *data, size_t len)
{
	struct hand_message *m = &h->in[(h->in_first + h->in_count) % HAND_QUEUE];

	if (h->in_count == HAND_QUEUE || len > HAND_BYTES - 10) {
		object(h, "too many answers, or one too long");
		return;
	}
	memcpy(m->bytes, header, 10);
	if (len > 0)
		memcpy(m->bytes + 10, data, len);
	m->len = 10 + len;
	h->in_count++;
	pthread_cond_broadcast(&h->turn);
}

static void queue_message(struct hand *h, uint8_t header[10], const void *data, size_t len)
{
	header[1] = (uint8_t)len;
	queue(h, header, data, len);
}

static void abort_slot(struct hand *h, uint8_t slot)
{
	h->aborts++;
	h->busy[slot] = false;
}

static void answer_at_once(struct hand *h, const uint8_t *c)
{
	uint8_t slot = c[5], header[10] = {0x81, 0, 0, 0, 0, c[5], c[6], 0, 0, 0};

	if (h->silent)
		return;
	if (c[0] == 0x72)
		abort_slot(h, slot);
	if (c[0] == 0x62 || c[0] == 0x63)
		h->powered[slot] = c[0] == 0x62;
	if (c[0] == 0x62 || c[0] == 0x6F)
		header[0] = 0x80;
	header[7] = h->powered[slot] ? 0 : 1;
	if (c[0] == 0x62)
		queue_message(h, header, card_atr, sizeof card_atr);
	else if (c[0] == 0x6F)
		queue_message(h, header, "\x90\x00", 2);
	else
		queue_message(h, header, NULL, 0);
}

static void hold(struct hand *h, const uint8_t *c, size_t len)
{
	unsigned busy = 0, allowed = h->kind.busy_slots != 0 ? h->kind.busy_slots : 1;

	if (h->busy[c[5]] && c[0] != 0x72)
		object(h, "a command for a slot that is busy");
	h->busy[c[5]] = true;
	for (unsigned i = 0; i < HAND_SLOTS; i++)
		busy += h->busy[i];
	if (busy > allowed)
		object(h, "more slots are busy than may be");
	if (busy > h->most_busy)
		h->most_busy = busy;
	if (h->nheld == HAND_QUEUE || len > HAND_BYTES) {
		object(h, "too many commands");
		return;
	}
	memcpy(h->held[h->nheld].bytes, c, len);
	h->held[h->nheld++].len = len;
}

static void take_command(struct hand *h, const uint8_t *c, size_t len)
{
	if (len < 10 || c[5] >= HAND_SLOTS) {
		object(h, "a malformed command");
		return;
	}
	if (h->seq_known && c[6] != h->seq && !h->skips)
		object(h, "bSeq is not the next");
	h->seq_known = true;
	h->seq = (uint8_t)(c[6] + 1);
	h->seen[c[0]]++;
	if (c[0] == h->hold)
		hold(h, c, len);
	else
		answer_at_once(h, c);
	pthread_cond_broadcast(&h->turn);
}

/* --- operations --- */

static int op_post_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct hand *h = go_in(t);

	if (h->posted)
		object(h, "IN is posted twice");
	h->posted = true;
	h->buf = buf;
	h->cap = cap;
	return go_out(h, h->gone ? CCID_E_GONE : 0);
}

static int op_bulk_out(struct ccid_transport *t, const uint8_t *buf, size_t len, int64_t deadline)
{
	struct hand *h = go_in(t);

	(void)deadline;
	if (!h->posted)
		object(h, "OUT before IN");
	if (!h->gone)
		take_command(h, buf, len);
	return go_out(h, h->gone ? CCID_E_GONE : 0);
}

static int take(struct hand *h)
{
	const struct hand_message *m = &h->in[h->in_first];

	if (m->len > h->cap)
		return CCID_E_BABBLE;
	memcpy(h->buf, m->bytes, m->len);
	h->in_first = (h->in_first + 1) % HAND_QUEUE;
	h->in_count--;
	h->posted = false;
	return (int)m->len;
}

static int take_flood(struct hand *h)
{
	h->flood_left--;
	atomic_fetch_add(&h->now, h->flood_ms);
	memcpy(h->buf, h->flood.bytes, h->flood.len);
	h->posted = false;
	return (int)h->flood.len;
}

/* 1 when the wait is over, with *rc. */
static bool over(struct hand *h, bool reads, int64_t deadline, int *rc)
{
	if (h->cancels > 0) {
		h->cancels--;
		*rc = CCID_E_CANCELLED;
	} else if (h->gone) {
		*rc = CCID_E_GONE;
	} else if (reads && h->fail != 0) {
		*rc = h->fail;
		h->fail = 0;
		h->posted = false;
	} else if (reads && h->in_count > 0) {
		*rc = take(h);
	} else if (reads && h->flood_left > 0) {
		*rc = take_flood(h);
	} else if (atomic_load(&h->now) >= deadline && !(reads && h->dawdles)) {
		*rc = CCID_E_TIMEOUT;
	} else {
		return false;
	}
	return true;
}

static int block(struct ccid_transport *t, bool reads, int64_t deadline)
{
	struct hand *h = go_in(t);
	int rc = 0;

	h->deadline = deadline;
	pthread_cond_broadcast(&h->turn);
	while (!over(h, reads, deadline, &rc))
		pthread_cond_wait(&h->turn, &h->lock);
	h->deadline = 0;
	return go_out(h, rc);
}

static int op_wait_in(struct ccid_transport *t, int64_t deadline)
{
	return block(t, true, deadline);
}

static int op_pause(struct ccid_transport *t, int64_t until)
{
	int rc = block(t, false, until);

	return rc == CCID_E_TIMEOUT ? 0 : rc;
}

static void op_drop_in(struct ccid_transport *t)
{
	struct hand *h = go_in(t);

	h->posted = false;
	h->drops++;
	go_out(h, 0);
}

static int op_interrupt_in(struct ccid_transport *t, uint8_t *buf, size_t cap)
{
	struct hand *h = hand_of(t);
	int rc;

	(void)buf;
	(void)cap;
	pthread_mutex_lock(&h->lock);
	rc = h->gone ? CCID_E_GONE : 0;
	pthread_mutex_unlock(&h->lock);
	return rc;
}

static int op_control(struct ccid_transport *t, const struct ccid_setup *setup, uint8_t *data,
                      int64_t deadline)
{
	struct hand *h = go_in(t);
	int rc = h->gone ? CCID_E_GONE : 0;

	(void)data;
	(void)deadline;
	h->controls++;
	if (setup->request == 1 && setup->value >> 8 != h->seq)
		object(h, "the halves of an abort differ");
	if (rc == 0 && h->cancels > 0) {
		h->cancels--;
		rc = CCID_E_CANCELLED;
	}
	if (rc == 0 && h->silent)
		rc = CCID_E_STALL;
	return go_out(h, rc);
}

static int op_clear_halt(struct ccid_transport *t, enum ccid_pipe pipe, int64_t deadline)
{
	struct hand *h = go_in(t);

	(void)pipe;
	(void)deadline;
	if (h->posted)
		object(h, "a halt is cleared while IN is posted");
	h->halts++;
	return go_out(h, h->gone ? CCID_E_GONE : 0);
}

static int op_reset(struct ccid_transport *t, int64_t deadline)
{
	struct hand *h = go_in(t);

	(void)deadline;
	h->resets++;
	h->in_count = 0;
	h->silent = false;
	memset(h->busy, 0, sizeof h->busy);
	memset(h->powered, 0, sizeof h->powered);
	return go_out(h, h->gone ? CCID_E_GONE : 0);
}

static int op_event_fd(struct ccid_transport *t)
{
	(void)t;
	return CCID_E_UNSUPPORTED;
}

static void op_cancel(struct ccid_transport *t)
{
	struct hand *h = hand_of(t);

	pthread_mutex_lock(&h->lock);
	h->cancels += h->cancels < CCID_CANCELS_KEPT;
	h->kicks++;
	pthread_cond_broadcast(&h->turn);
	pthread_mutex_unlock(&h->lock);
}

static void op_close(struct ccid_transport *t)
{
	struct hand *h = go_in(t);

	if (h->posted && !h->gone)
		object(h, "closed while IN is posted");
	h->closed = true;
	go_out(h, 0);
}

static const struct ccid_transport_ops hand_ops = {
	.name = "hand",
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

/* --- the test's side --- */

void hand_init(struct hand *h, const struct fake_reader *kind)
{
	memset(h, 0, sizeof *h);
	h->kind = *kind;
	fake_reader_describe(&h->t, &h->desc, kind);
	h->t.ops = &hand_ops;
	h->env = (struct ccid_env){.ctx = h, .now_ms = now_ms};
	h->t.env = &h->env;
	atomic_store(&h->now, 86400000);
	h->hold = 0x6F;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->turn, NULL);
}

void hand_done(struct hand *h)
{
	if (h->problem[0] != '\0')
		fail_msg("%s", h->problem);
	assert_true(h->closed);
	pthread_cond_destroy(&h->turn);
	pthread_mutex_destroy(&h->lock);
}

void hand_hold(struct hand *h, uint8_t type)
{
	pthread_mutex_lock(&h->lock);
	h->hold = type;
	pthread_mutex_unlock(&h->lock);
}

struct hand_message hand_command(struct hand *h, unsigned n)
{
	struct hand_message m;

	pthread_mutex_lock(&h->lock);
	while (h->nheld < n)
		pthread_cond_wait(&h->turn, &h->lock);
	m = h->held[n - 1];
	pthread_mutex_unlock(&h->lock);
	return m;
}

void hand_say(struct hand *h, uint8_t slot, uint8_t seq, uint8_t status, uint8_t error,
              const void *data, size_t len)
{
	uint8_t header[10] = {0x80, 0, 0, 0, 0, slot, seq, status, error, 0};

	pthread_mutex_lock(&h->lock);
	if (h->hold != 0x6F)
		header[0] = 0x81;
	queue_message(h, header, data, len);
	pthread_mutex_unlock(&h->lock);
}

void hand_raw(struct hand *h, const uint8_t *message, size_t len)
{
	pthread_mutex_lock(&h->lock);
	h->busy[message[5] % HAND_SLOTS] = false;
	queue(h, message, message + 10, len - 10);
	pthread_mutex_unlock(&h->lock);
}

void hand_flood(struct hand *h, const struct hand_message *command, uint8_t status, uint8_t error,
                unsigned times, int64_t ms)
{
	uint8_t header[10] = {0x80,   0,    0, 0, 0, command->bytes[5], command->bytes[6],
	                      status, error};

	pthread_mutex_lock(&h->lock);
	memcpy(h->flood.bytes, header, sizeof header);
	h->flood.len = sizeof header;
	h->flood_left = times;
	h->flood_ms = ms;
	pthread_cond_broadcast(&h->turn);
	while (h->flood_left > 0 || h->deadline == 0)
		pthread_cond_wait(&h->turn, &h->lock);
	pthread_mutex_unlock(&h->lock);
}

void hand_dawdle(struct hand *h, bool dawdles)
{
	pthread_mutex_lock(&h->lock);
	h->dawdles = dawdles;
	pthread_mutex_unlock(&h->lock);
}

void hand_read(struct hand *h)
{
	pthread_mutex_lock(&h->lock);
	while (h->in_count > 0 || h->deadline == 0)
		pthread_cond_wait(&h->turn, &h->lock);
	pthread_mutex_unlock(&h->lock);
}

void hand_silence(struct hand *h)
{
	pthread_mutex_lock(&h->lock);
	h->silent = true;
	pthread_mutex_unlock(&h->lock);
}

void hand_answer(struct hand *h, const struct hand_message *command, uint8_t status, uint8_t error,
                 const void *data, size_t len)
{
	pthread_mutex_lock(&h->lock);
	if (status >> 6 != 2)
		h->busy[command->bytes[5]] = false;
	pthread_mutex_unlock(&h->lock);
	hand_say(h, command->bytes[5], command->bytes[6], status, error, data, len);
}

void hand_fail(struct hand *h, int err)
{
	pthread_mutex_lock(&h->lock);
	h->fail = err;
	memset(h->busy, 0, sizeof h->busy);
	pthread_cond_broadcast(&h->turn);
	pthread_mutex_unlock(&h->lock);
}

void hand_unplug(struct hand *h)
{
	pthread_mutex_lock(&h->lock);
	h->gone = true;
	pthread_cond_broadcast(&h->turn);
	pthread_mutex_unlock(&h->lock);
}

static void pass(struct hand *h, int64_t ms, int64_t latest)
{
	pthread_mutex_lock(&h->lock);
	while (h->deadline == 0 || h->deadline > latest)
		pthread_cond_wait(&h->turn, &h->lock);
	atomic_fetch_add(&h->now, ms);
	pthread_cond_broadcast(&h->turn);
	pthread_mutex_unlock(&h->lock);
}

void hand_pass(struct hand *h, int64_t ms)
{
	pass(h, ms, CCID_NEVER);
}

void hand_time_out(struct hand *h, int64_t ms)
{
	pass(h, ms, atomic_load(&h->now) + ms);
}

void hand_seen(struct hand *h, uint8_t type, unsigned n)
{
	pthread_mutex_lock(&h->lock);
	while (h->seen[type] < n)
		pthread_cond_wait(&h->turn, &h->lock);
	pthread_mutex_unlock(&h->lock);
}

void hand_cancels_taken(struct hand *h)
{
	pthread_mutex_lock(&h->lock);
	while (h->cancels > 0 || h->deadline == 0)
		pthread_cond_wait(&h->turn, &h->lock);
	pthread_mutex_unlock(&h->lock);
}

void hand_someone_waits(struct hand *h)
{
	pthread_mutex_lock(&h->lock);
	while (h->deadline == 0)
		pthread_cond_wait(&h->turn, &h->lock);
	pthread_mutex_unlock(&h->lock);
}
