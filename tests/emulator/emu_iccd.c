/* SPDX-License-Identifier: MIT */
/* Tokens with everything on endpoint 0: USB ICCD 1.0, version A (a status byte, a header, a data
 * phase) and version B (typed data blocks). One slot, the card never leaves. */
#include "emu_priv.h"

#include <string.h>

#define ICC_POWER_ON   0xA162u
#define ICC_POWER_ON_B 0x2162u
#define ICC_POWER_OFF  0x2163u
#define XFR_BLOCK      0x2165u
#define DATA_BLOCK     0xA16Fu
#define GET_ICC_STATUS 0xA1A0u
#define SLOT_STATUS    0xA181u

enum {
	READY = 0x00,
	WANTS_DATA = 0x10,
	HAS_SW = 0x20,
	BUSY = 0x40,
	MUTE = 0x80
};
enum {
	B_STATUS = 0x40,
	B_POLLING = 0x80
};

static int wrong(struct emu_device *d)
{
	emu_violation(d, &d->counts.bad_iccd);
	return EMU_STALL;
}

static int give(uint8_t *data, size_t cap, const uint8_t *src, size_t len)
{
	size_t n = len < cap ? len : cap;

	memcpy(data, src, n);
	return (int)n;
}

static int a_power_on(struct emu_device *d, uint8_t *data, size_t len)
{
	struct emu_reply r = {.type = IN_DATA_BLOCK};

	emu_activate(d, &d->slot[0], EMU_CLASS_5V, &r);
	d->iccd.status = r.command_status == 0 ? READY : MUTE;
	return r.command_status == 0 ? give(data, len, r.data, r.len) : EMU_STALL;
}

/* The card has its header and its data, if any. */
static void a_run(struct emu_device *d, size_t len)
{
	struct emu_iccd *t = &d->iccd;
	struct emu_card_answer a;

	emu_card_tpdu(d->slot[0].card, t->in, len, &a);
	t->data = a.data;
	t->len = a.len;
	t->waits = a.extensions;
	t->status = a.mute ? MUTE : a.len > 2 ? WANTS_DATA : HAS_SW;
}

static int a_xfr(struct emu_device *d, const uint8_t *data, size_t len)
{
	struct emu_iccd *t = &d->iccd;

	if (t->status == READY && len == 5) {
		memcpy(t->in, data, 5);
		t->len = 0;
		if (emu_card_takes_data(d->slot[0].card, t->in[1], t->in[4]))
			t->status = WANTS_DATA;
		else
			a_run(d, 5);
		return 0;
	}
	if (t->status != WANTS_DATA || t->len != 0 || len != t->in[4])
		return wrong(d);
	memcpy(t->in + 5, data, len);
	a_run(d, 5 + len);
	return 0;
}

static int a_data(struct emu_device *d, uint8_t *data, size_t len)
{
	struct emu_iccd *t = &d->iccd;

	if (t->waits > 0)
		return wrong(d);
	if (t->status == WANTS_DATA && t->len > 2) {
		size_t n = t->len - 2;

		t->data += n;
		t->len = 2;
		t->status = HAS_SW;
		return give(data, len, t->data - n, n);
	}
	if (t->status != HAS_SW || len != 2)
		return wrong(d);
	t->status = READY;
	t->len = 0;
	return give(data, len, t->data, 2);
}

static int a_status(struct emu_device *d, uint8_t *data, size_t len)
{
	uint8_t status = d->iccd.status;

	if (d->iccd.waits > 0) {
		d->iccd.waits--;
		status = BUSY;
	}
	return give(data, len, &status, 1);
}

/* What DATA_BLOCK will give, made from the answer of a bulk reader. */
static void b_answer(struct emu_device *d, const struct emu_reply *r)
{
	uint8_t *p = d->tx;

	d->iccd.data = p;
	d->iccd.waits = r->extensions;
	d->iccd.step_ms = r->step_ms;
	if (r->command_status != 0) {
		p[0] = B_STATUS;
		p[1] = (uint8_t)(r->command_status << 6 | emu_icc_status(d, &d->slot[0]));
		p[2] = r->error;
		d->iccd.len = 3;
		return;
	}
	if (r->len > 0)
		memmove(p + 1, r->data, r->len);
	p[0] = r->param;
	d->iccd.len = 1 + r->len;
}

static int b_power_on(struct emu_device *d, uint16_t value)
{
	struct emu_reply r = {.type = IN_DATA_BLOCK};

	if (value != 1)
		return wrong(d);
	emu_activate(d, &d->slot[0], EMU_CLASS_5V, &r);
	b_answer(d, &r);
	return 0;
}

static int b_xfr(struct emu_device *d, uint16_t value, const uint8_t *data, size_t len)
{
	const uint8_t head[10] = {OUT_XFR_BLOCK, 0, 0, 0, 0, 0, 0, 0, (uint8_t)(value >> 8), 0};
	const struct emu_cmd c = {.msg = head, .len = 10 + len, .data = data, .data_len = len};
	struct emu_reply r = {.type = IN_DATA_BLOCK};

	if (d->iccd.len != 0 || (value & 0xFF) != 0)
		return wrong(d);
	emu_xfr(d, 0, &c, &r);
	b_answer(d, &r);
	return 0;
}

static int b_data(struct emu_device *d, uint8_t *data, size_t len)
{
	struct emu_iccd *t = &d->iccd;
	size_t n = t->len;

	if (n == 0 || len < 4)
		return wrong(d);
	if (t->waits > 0) {
		const uint8_t poll[3] = {B_POLLING, (uint8_t)(t->step_ms / 10),
		                         (uint8_t)(t->step_ms / 10 >> 8)};

		t->waits--;
		return give(data, len, poll, 3);
	}
	if (n > len)
		return wrong(d);
	t->len = 0;
	return give(data, len, t->data, n);
}

static int power_off(struct emu_device *d)
{
	emu_slot_off(&d->slot[0]);
	memset(&d->iccd, 0, sizeof d->iccd);
	return 0;
}

static int version_a(struct emu_device *d, uint16_t code, uint8_t *data, size_t len)
{
	if (code == ICC_POWER_ON)
		return a_power_on(d, data, len);
	if (code == ICC_POWER_OFF)
		return power_off(d);
	if (code == GET_ICC_STATUS)
		return a_status(d, data, len);
	if (code != XFR_BLOCK && code != DATA_BLOCK)
		return wrong(d);
	if (!d->slot[0].active) {
		emu_violation(d, &d->counts.not_active);
		return EMU_STALL;
	}
	return code == XFR_BLOCK ? a_xfr(d, data, len) : a_data(d, data, len);
}

static int version_b(struct emu_device *d, uint16_t code, uint16_t value, uint8_t *data, size_t len)
{
	const uint8_t status[3] = {B_STATUS, emu_icc_status(d, &d->slot[0]), 0};

	switch (code) {
	case ICC_POWER_ON_B: return b_power_on(d, value);
	case ICC_POWER_OFF: return power_off(d);
	case SLOT_STATUS: return give(data, len, status, 3);
	case DATA_BLOCK: return b_data(d, data, len);
	case XFR_BLOCK:
		if (d->slot[0].active)
			return b_xfr(d, value, data, len);
		emu_violation(d, &d->counts.not_active);
		return EMU_STALL;
	default: return wrong(d);
	}
}

int emu_iccd_request(struct emu_device *d, uint16_t code, uint16_t value, uint8_t *data, size_t len)
{
	if (d->cfg.ep_in != 0 || d->cfg.if_class != 0x0B || !d->slot[0].present)
		return EMU_STALL;
	switch (d->cfg.if_protocol) {
	case 1: return version_a(d, code, data, len);
	case 2: return version_b(d, code, value, data, len);
	default: return EMU_STALL;
	}
}
