/* SPDX-License-Identifier: MIT */
/* What waits for the bulk IN endpoint, in the order in which it will leave. */
#include "emu_priv.h"

#include <stdlib.h>
#include <string.h>

/* One message is kept for the next, so that a quiet exchange allocates nothing. */
static struct emu_msg *new_message(struct emu_device *d, size_t len)
{
	struct emu_msg *m = d->spare;

	if (m == NULL || m->cap < len) {
		m = calloc(1, sizeof *m + len);
		if (m != NULL)
			m->cap = len;
		return m;
	}
	d->spare = NULL;
	len = m->cap;
	memset(m, 0, sizeof *m + len);
	m->cap = len;
	return m;
}

static void give_back(struct emu_device *d, struct emu_msg *m)
{
	if (d->spare != NULL && d->spare->cap < m->cap) {
		free(d->spare);
		d->spare = NULL;
	}
	if (d->spare == NULL)
		d->spare = m;
	else
		free(m);
}

bool emu_queue(struct emu_device *d, const uint8_t *msg, size_t len, int64_t ready)
{
	struct emu_msg *m = new_message(d, len), **at = &d->queue;

	if (m == NULL)
		return false;
	if (len > 0)
		memcpy(m->data, msg, len);
	m->len = len;
	if (len > 6) {
		m->slot = msg[5];
		m->seq = msg[6];
	}
	m->ready = ready;
	m->zlp = (d->cfg.flags & EMU_NO_ZLP) == 0;
	while (*at != NULL && (*at)->ready <= ready)
		at = &(*at)->next;
	m->next = *at;
	*at = m;
	return true;
}

void emu_queue_drop(struct emu_device *d, int slot, int64_t after)
{
	struct emu_msg **at = &d->queue, *m;

	while ((m = *at) != NULL) {
		if ((slot < 0 || m->slot == slot) && m->ready > after) {
			*at = m->next;
			give_back(d, m);
		} else {
			at = &m->next;
		}
	}
}

struct emu_msg *emu_queue_find(struct emu_device *d, int64_t ready)
{
	struct emu_msg *found = NULL;

	for (struct emu_msg *m = d->queue; m != NULL; m = m->next)
		if (m->ready == ready)
			found = m;
	return found;
}

static void pop(struct emu_device *d)
{
	struct emu_msg *m = d->queue;

	d->queue = m->next;
	give_back(d, m);
}

/* Packets of one transfer: until one is short, or the host's buffer is full. */
static int packets(struct emu_device *d, struct emu_msg *m, uint8_t *buf, size_t cap)
{
	size_t n = 0, mps = d->cfg.mps;

	for (;;) {
		size_t left = m->len - m->off, pkt = left < mps ? left : mps;

		if (pkt > cap - n) {
			pop(d);
			return EMU_BABBLE;
		}
		memcpy(buf + n, m->data + m->off, pkt);
		n += pkt;
		m->off += pkt;
		if (pkt < mps) {
			pop(d);
			return (int)n;
		}
		if (n == cap) {
			if (m->off == m->len && !m->zlp)
				pop(d);
			return (int)n;
		}
	}
}

int emu_queue_take(struct emu_device *d, uint8_t *buf, size_t cap)
{
	struct emu_msg *m = d->queue;
	size_t left;

	if (m == NULL || m->ready > d->now)
		return EMU_NAK;
	left = m->len - m->off;
	if (left > 0 && left % d->cfg.mps == 0 && cap > left && !m->zlp)
		return EMU_NAK; /* nothing ends the transfer */
	if (left == 0)
		d->counts.in_zlp++;
	return packets(d, m, buf, cap);
}

int64_t emu_queue_next(const struct emu_device *d)
{
	return d->queue != NULL && d->queue->ready > d->now ? d->queue->ready : EMU_NEVER;
}
