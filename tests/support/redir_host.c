/* SPDX-License-Identifier: MIT */
#include "redir_host.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static size_t le(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
	return n;
}

static uint64_t get(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static bool both(const struct redir_host *h, unsigned cap)
{
	return (h->caps & h->guest_caps & REDIR_CAP(cap)) != 0;
}

static size_t header_size(const struct redir_host *h)
{
	return h->hello_seen && both(h, 5) ? 16 : 12;
}

void redir_host_raw(struct redir_host *h, const void *bytes, size_t len)
{
	if (h->out_pos > 0) {
		memmove(h->out, h->out + h->out_pos, h->out_len - h->out_pos);
		h->out_len -= h->out_pos;
		h->out_pos = 0;
	}
	assert_true(len <= sizeof h->out - h->out_len);
	if (len > 0)
		memcpy(h->out + h->out_len, bytes, len);
	h->out_len += len;
}

static void header(struct redir_host *h, uint32_t type, uint64_t id, size_t len)
{
	uint8_t head[16];

	le(head, type, 4);
	le(head + 4, len, 4);
	le(head + 8, id, 8);
	redir_host_raw(h, head, type == REDIR_HELLO ? 12 : header_size(h));
}

void redir_host_send(struct redir_host *h, uint32_t type, uint64_t id, const void *body, size_t len)
{
	header(h, type, id, len);
	redir_host_raw(h, body, len);
}

void redir_host_bulk(struct redir_host *h, uint64_t id, uint8_t ep, uint8_t status,
                     const uint8_t *data, size_t len)
{
	uint8_t b[10] = {ep, status};
	size_t n = both(h, 6) ? 10 : 8;

	le(b + 2, len & 0xFFFF, 2);
	le(b + 8, len >> 16, 2);
	header(h, REDIR_BULK, id, n + (data != NULL ? len : 0));
	redir_host_raw(h, b, n);
	if (data != NULL)
		redir_host_raw(h, data, len);
}

void redir_host_answer(struct redir_host *h, const uint8_t *data, size_t len)
{
	assert_int_not_equal(h->bulk_in_id, 0);
	redir_host_bulk(h, h->bulk_in_id, h->ep_in, 0, data, len);
	h->bulk_in_id = 0;
}

void redir_host_interrupt(struct redir_host *h, const uint8_t *data, size_t len)
{
	uint8_t b[4 + 1024] = {h->ep_int, 0, (uint8_t)len, (uint8_t)(len >> 8)};

	memcpy(b + 4, data, len);
	redir_host_send(h, REDIR_INTERRUPT, h->interrupt_id++, b, 4 + len);
}

void redir_host_interrupt_status(struct redir_host *h, uint64_t id, uint8_t status)
{
	const uint8_t b[2] = {status, h->ep_int};

	redir_host_send(h, REDIR_INTERRUPT_STATUS, id, b, 2);
}

void redir_host_hello(struct redir_host *h)
{
	uint8_t b[68] = "made-up host";

	le(b + 64, h->caps, 4);
	redir_host_send(h, REDIR_HELLO, 0, b, sizeof b);
}

void redir_host_interface_info(struct redir_host *h)
{
	uint8_t b[132] = {1};

	b[4 + 32] = 0x0B;
	redir_host_send(h, REDIR_INTERFACE_INFO, 0, b, sizeof b);
}

static void endpoint(uint8_t *b, uint8_t address, uint8_t type, uint16_t max_packet)
{
	unsigned i = (address & 0x0Fu) | (address & 0x80u) >> 3;

	b[i] = type;
	b[32 + i] = type == 3 ? 10 : 0;
	le(b + 96 + 2 * i, max_packet, 2);
}

/* Before both hellos are known the host cannot know which fields to send; here all guests do the
 * same, so the long form goes with capability 4. */
void redir_host_ep_info(struct redir_host *h)
{
	uint8_t b[160] = {0};

	memset(b, 255, 32);
	endpoint(b, 0x00, 0, 64);
	endpoint(b, 0x80, 0, 64);
	endpoint(b, h->ep_out, 2, 64);
	endpoint(b, h->ep_in, 2, 64);
	if (h->ep_int != 0)
		endpoint(b, h->ep_int, 3, 8);
	redir_host_send(h, REDIR_EP_INFO, 0, b, (h->caps & REDIR_CAP(4)) ? 160 : 96);
}

void redir_host_device_connect(struct redir_host *h)
{
	uint8_t b[10] = {1, 0, 0, 0};

	memcpy(b + 4, h->desc.device + 8, 6);
	redir_host_send(h, REDIR_DEVICE_CONNECT, 0, b, (h->caps & REDIR_CAP(1)) ? 10 : 8);
}

void redir_host_connect(struct redir_host *h)
{
	redir_host_interface_info(h);
	redir_host_ep_info(h);
	redir_host_device_connect(h);
}

static size_t string_desc(uint8_t *b, const char *text)
{
	size_t n = strlen(text);

	b[0] = (uint8_t)(2 + 2 * n);
	b[1] = 3;
	for (size_t i = 0; i < n; i++)
		le(b + 2 + 2 * i, (uint8_t)text[i], 2);
	return b[0];
}

/* Length of the descriptor's bytes in b (1 KiB), 0 when there is none. */
static size_t descriptor(const struct redir_host *h, uint16_t value, uint8_t *b)
{
	static const char *const text[] = {"", "Test", "Reader", "S1"};

	if (value == 0x0100) {
		memcpy(b, h->desc.device, 18);
		return 18;
	}
	if (value == 0x0200) {
		memcpy(b, h->desc.config, h->desc.config_len);
		return h->desc.config_len;
	}
	if (h->no_strings || value < 0x0300 || value > 0x0303)
		return 0;
	if (value == 0x0300) {
		memcpy(b, "\x06\x03\x07\x04\x09\x04", 6);
		return 6;
	}
	return string_desc(b, text[value & 3]);
}

static void answer_control(struct redir_host *h, const struct redir_packet *p)
{
	uint8_t b[10 + 1024];
	uint8_t request = p->body[1], type = p->body[2];
	uint16_t value = (uint16_t)get(p->body + 4, 2), wanted = (uint16_t)get(p->body + 8, 2);
	size_t n = 0;

	memcpy(b, p->body, 10);
	b[3] = h->status_control;
	if (b[3] == 0 && type == 0x80 && request == 6) {
		n = descriptor(h, value, b + 10);
		if (n == 0)
			b[3] = 4;
		n = n < wanted ? n : wanted;
	}
	if ((type & 0x80) != 0 || b[3] != 0)
		le(b + 8, n, 2);
	redir_host_send(h, REDIR_CONTROL, p->id, b, 10 + n);
}

static void give_in(struct redir_host *h)
{
	uint64_t id = h->bulk_in_id;

	if (id == 0 || (h->status_in == 0 && (h->deaf || !h->have_out)))
		return;
	h->bulk_in_id = 0;
	h->have_out = false;
	if (h->status_in != 0)
		redir_host_bulk(h, id, h->ep_in, h->status_in, NULL, 0);
	else
		redir_host_bulk(h, id, h->ep_in, 0, h->last_out, h->last_out_len);
}

static void answer_bulk(struct redir_host *h, const struct redir_packet *p)
{
	size_t n = both(h, 6) ? 10 : 8;
	uint32_t len = (uint32_t)(get(p->body + 2, 2) | (n == 10 ? get(p->body + 8, 2) << 16 : 0));

	if (p->body[0] == h->ep_in) {
		h->bad |= p->len != n || h->bulk_in_id != 0;
		h->bulk_in_id = p->id;
		h->bulk_in_len = len;
	} else if (p->body[0] == h->ep_out) {
		h->bad |= p->len != n + len;
		redir_host_bulk(h, p->id, h->ep_out, h->status_out, NULL, len);
		if (h->status_out != 0)
			return;
		memcpy(h->last_out, p->body + n, p->len - n);
		h->last_out_len = p->len - n;
		h->have_out = true;
	} else {
		h->bad = true;
	}
	give_in(h);
}

static void answer_config(struct redir_host *h, const struct redir_packet *p)
{
	uint8_t b[2];

	if (p->type == REDIR_SET_CONFIGURATION) {
		redir_host_ep_info(h);
		redir_host_interface_info(h);
		if (h->status_config == 0)
			h->configuration = p->body[0];
	}
	b[0] = h->status_config;
	b[1] = h->configuration;
	redir_host_send(h, REDIR_CONFIGURATION_STATUS, p->id, b, 2);
}

static void answer(struct redir_host *h, const struct redir_packet *p)
{
	uint8_t b[3] = {h->status_config};

	switch (p->type) {
	case REDIR_SET_CONFIGURATION:
	case REDIR_GET_CONFIGURATION: answer_config(h, p); break;
	case REDIR_SET_ALT_SETTING:
		memcpy(b + 1, p->body, 2);
		redir_host_send(h, REDIR_ALT_SETTING_STATUS, p->id, b, 3);
		break;
	case REDIR_START_INTERRUPT:
		h->interrupt_on = h->status_interrupt == 0;
		redir_host_interrupt_status(h, p->id, h->status_interrupt);
		break;
	case REDIR_STOP_INTERRUPT:
		h->interrupt_on = false;
		redir_host_interrupt_status(h, p->id, 0);
		break;
	case REDIR_RESET:
		if (h->interrupt_on)
			redir_host_interrupt_status(h, 0, 4);
		h->interrupt_on = false;
		h->bulk_in_id = 0;
		break;
	case REDIR_CANCEL:
		if (h->lazy)
			break;
		if (p->id == h->bulk_in_id)
			h->bulk_in_id = 0;
		redir_host_bulk(h, p->id, h->ep_in, 1, NULL, 0);
		break;
	case REDIR_CONTROL: answer_control(h, p); break;
	case REDIR_BULK: answer_bulk(h, p); break;
	case REDIR_DISCONNECT_ACK: break;
	default: h->bad = true;
	}
}

static void take_packet(struct redir_host *h, const struct redir_packet *p)
{
	size_t keep = p->len < sizeof p->start ? p->len : sizeof p->start;

	if (h->packets < REDIR_LOG) {
		h->log[h->packets] = *p;
		memcpy(h->log[h->packets].start, p->body, keep);
	}
	h->packets++;
	h->by_type[p->type & 127]++;
	h->resets += p->type == REDIR_RESET;
	h->cancels += p->type == REDIR_CANCEL;
	if (p->type == REDIR_HELLO) {
		h->bad |= h->hello_seen || p->len != 68;
		h->guest_caps = (uint32_t)get(p->body + 64, 4);
		h->hello_seen = true;
		if (!h->manual && !h->silent)
			redir_host_connect(h);
		return;
	}
	h->bad |= !h->hello_seen;
	if (h->handle != NULL && h->handle(h, p))
		return;
	if (!h->silent)
		answer(h, p);
}

int redir_host_input(struct redir_host *h, const uint8_t *buf, size_t len)
{
	size_t at = 0;

	if (h->refuse < 0)
		return h->refuse;
	assert_true(len <= sizeof h->in - h->in_len);
	memcpy(h->in + h->in_len, buf, len);
	h->in_len += len;
	for (;;) {
		size_t head = header_size(h), n;
		struct redir_packet p = {0};

		if (h->in_len - at < head)
			break;
		n = get(h->in + at + 4, 4);
		if (h->in_len - at < head + n)
			break;
		p.type = (uint32_t)get(h->in + at, 4);
		p.id = get(h->in + at + 8, head - 8);
		p.len = n;
		p.body = h->in + at + head;
		take_packet(h, &p);
		at += head + n;
	}
	h->in_len -= at;
	memmove(h->in, h->in + at, h->in_len);
	return 0;
}

int redir_host_output(struct redir_host *h, uint8_t *buf, size_t cap)
{
	size_t n;

	if (h->flood) {
		fake_clock_advance(h->clock, 1);
		redir_host_bulk(h, 0x7FFFFFFF, h->ep_in, 0, h->last_out, 64);
	}
	n = h->out_len - h->out_pos;

	n = n < cap ? n : cap;
	if (h->at_once != 0 && n > h->at_once)
		n = h->at_once;
	if (h->stop_at != 0 && n > h->stop_at - h->given)
		n = h->stop_at - h->given;
	if (h->mute_at != 0 && n > h->mute_at - h->given)
		n = h->mute_at - h->given;
	if (n == 0 && (h->closed || (h->stop_at != 0 && h->given == h->stop_at)))
		return CCID_E_GONE;
	memcpy(buf, h->out + h->out_pos, n);
	if (h->flip_at > h->given && h->flip_at <= h->given + n)
		buf[h->flip_at - h->given - 1] ^= h->flip;
	h->out_pos += n;
	h->given += n;
	return (int)n;
}

static int peer_input(void *ctx, const uint8_t *buf, size_t len)
{
	return redir_host_input(ctx, buf, len);
}

static int peer_output(void *ctx, uint8_t *buf, size_t cap)
{
	return redir_host_output(ctx, buf, cap);
}

static int64_t peer_next(void *ctx)
{
	return ((struct redir_host *)ctx)->later;
}

static int peer_advance(void *ctx, int64_t at, int cancel_fd)
{
	(void)cancel_fd;
	fake_clock_jump(((struct redir_host *)ctx)->clock, at);
	return 0;
}

struct ccid_stream *redir_host_stream(struct redir_host *h)
{
	const struct ccid_stream_peer peer = {.ctx = h,
	                                      .input = peer_input,
	                                      .output = peer_output,
	                                      .next = peer_next,
	                                      .advance = peer_advance};
	struct ccid_stream *s = NULL;

	assert_int_equal(ccid_stream_memory(&s, &peer, &h->clock->env), 0);
	return s;
}

void redir_host_init(struct redir_host *h, struct fake_clock *clock)
{
	static const struct fake_reader reader = {.features = FAKE_SHORT};
	struct ccid_transport t;

	memset(h, 0, offsetof(struct redir_host, in));
	h->in_len = h->out_pos = h->out_len = h->given = 0;
	h->clock = clock;
	h->caps = REDIR_CAPS_ALL;
	h->configuration = 1;
	h->later = CCID_NEVER;
	memset(&t, 0, sizeof t);
	fake_reader_describe(&t, &h->desc, &reader);
	memcpy(h->desc.device + 14, "\x01\x02\x03", 3);
	h->ep_in = t.iface.bulk_in.address;
	h->ep_out = t.iface.bulk_out.address;
	h->ep_int = t.iface.intr_in.address;
}
