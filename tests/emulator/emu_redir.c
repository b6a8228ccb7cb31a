/* SPDX-License-Identifier: MIT */
#include "emu_redir_priv.h"

#include <stdlib.h>
#include <string.h>

static int read_bytes(void *priv, uint8_t *data, int count)
{
	struct emu_redir *r = priv;
	size_t n = r->in_left < (size_t)count ? r->in_left : (size_t)count;

	if (n > 0)
		memcpy(data, r->in, n);
	r->in += n;
	r->in_left -= n;
	return (int)n;
}

static int write_bytes(void *priv, uint8_t *data, int count)
{
	struct emu_redir *r = priv;
	size_t n = r->out_left < (size_t)count ? r->out_left : (size_t)count;

	memcpy(r->out + r->out_len, data, n);
	r->out_len += n;
	r->out_left -= n;
	return (int)n;
}

static void log_nothing(void *priv, int level, const char *msg)
{
	(void)priv;
	(void)level;
	(void)msg;
}

static uint8_t status_of(int result)
{
	switch (result) {
	case EMU_STALL: return usb_redir_stall;
	case EMU_BABBLE: return usb_redir_babble;
	case EMU_NAK:
	case EMU_GONE: return usb_redir_ioerror;
	default: return usb_redir_success;
	}
}

/* interface_info and ep_info, from the configuration descriptor. */
static void send_layout(struct emu_redir *r)
{
	struct usb_redir_interface_info_header ifs = {0};
	struct usb_redir_ep_info_header eps = {0};
	size_t len;
	const uint8_t *p = emu_config_desc(r->d, &len);
	uint8_t number = 0;

	memset(eps.type, usb_redir_type_invalid, sizeof eps.type);
	eps.type[0] = eps.type[16] = usb_redir_type_control;
	eps.max_packet_size[0] = eps.max_packet_size[16] = 64;
	for (size_t at = 0; at + 2 <= len && p[at] >= 2 && at + p[at] <= len; at += p[at]) {
		const uint8_t *q = p + at;

		if (q[1] == 4 && ifs.interface_count < 32) {
			number = q[2];
			ifs.interface[ifs.interface_count] = number;
			ifs.interface_class[ifs.interface_count] = q[5];
			ifs.interface_subclass[ifs.interface_count] = q[6];
			ifs.interface_protocol[ifs.interface_count] = q[7];
			ifs.interface_count++;
		} else if (q[1] == 5) {
			unsigned i = (q[2] & 0x0Fu) | (q[2] & 0x80u) >> 3;

			eps.type[i] = q[3] & 3;
			eps.interval[i] = q[6];
			eps.interface[i] = number;
			eps.max_packet_size[i] = (uint16_t)(q[4] | q[5] << 8);
		}
	}
	usbredirparser_send_interface_info(r->parser, &ifs);
	usbredirparser_send_ep_info(r->parser, &eps);
}

static void on_hello(void *priv, struct usb_redir_hello_header *h)
{
	struct emu_redir *r = priv;
	const uint8_t *p = emu_device_desc(r->d);
	struct usb_redir_device_connect_header c = {
		.speed = emu_speed(r->d),
		.device_class = p[4],
		.device_subclass = p[5],
		.device_protocol = p[6],
		.vendor_id = (uint16_t)(p[8] | p[9] << 8),
		.product_id = (uint16_t)(p[10] | p[11] << 8),
		.device_version_bcd = (uint16_t)(p[12] | p[13] << 8),
	};

	(void)h;
	if (r->connected || !emu_plugged(r->d))
		return;
	send_layout(r);
	usbredirparser_send_device_connect(r->parser, &c);
	r->connected = true;
}

static int simple_control(struct emu_redir *r, uint8_t type, uint8_t request, uint8_t value,
                          uint8_t index, uint8_t *answer)
{
	const uint8_t setup[8] = {type, request, value, 0, index, 0, (type & 0x80) != 0, 0};

	return emu_control(r->d, setup, answer, r->now);
}

static void configure(struct emu_redir *r)
{
	uint8_t none = 0;

	simple_control(r, 0x00, 9, 1, 0, &none);
}

static void on_set_configuration(void *priv, uint64_t id,
                                 struct usb_redir_set_configuration_header *h)
{
	struct emu_redir *r = priv;
	struct usb_redir_configuration_status_header s = {.configuration = h->configuration};
	uint8_t none = 0;

	s.status = status_of(simple_control(r, 0x00, 9, h->configuration, 0, &none));
	send_layout(r);
	usbredirparser_send_configuration_status(r->parser, id, &s);
}

static void on_get_configuration(void *priv, uint64_t id)
{
	struct emu_redir *r = priv;
	struct usb_redir_configuration_status_header s = {0};

	s.status = status_of(simple_control(r, 0x80, 8, 0, 0, &s.configuration));
	usbredirparser_send_configuration_status(r->parser, id, &s);
}

static void on_set_alt(void *priv, uint64_t id, struct usb_redir_set_alt_setting_header *h)
{
	struct emu_redir *r = priv;
	struct usb_redir_alt_setting_status_header s = {.interface = h->interface, .alt = h->alt};
	uint8_t none = 0;

	s.status = status_of(simple_control(r, 0x01, 11, h->alt, h->interface, &none));
	send_layout(r);
	usbredirparser_send_alt_setting_status(r->parser, id, &s);
}

static void on_get_alt(void *priv, uint64_t id, struct usb_redir_get_alt_setting_header *h)
{
	struct emu_redir *r = priv;
	struct usb_redir_alt_setting_status_header s = {.interface = h->interface};

	s.status = status_of(simple_control(r, 0x81, 10, 0, h->interface, &s.alt));
	usbredirparser_send_alt_setting_status(r->parser, id, &s);
}

static void on_start_interrupt(void *priv, uint64_t id,
                               struct usb_redir_start_interrupt_receiving_header *h)
{
	struct emu_redir *r = priv;
	struct usb_redir_interrupt_receiving_status_header s = {.endpoint = h->endpoint};

	r->int_on = true;
	r->int_ep = h->endpoint;
	r->int_id = 0;
	usbredirparser_send_interrupt_receiving_status(r->parser, id, &s);
}

static void on_stop_interrupt(void *priv, uint64_t id,
                              struct usb_redir_stop_interrupt_receiving_header *h)
{
	struct emu_redir *r = priv;
	struct usb_redir_interrupt_receiving_status_header s = {.endpoint = h->endpoint};

	r->int_on = false;
	usbredirparser_send_interrupt_receiving_status(r->parser, id, &s);
}

static void end_interrupt(struct emu_redir *r)
{
	struct usb_redir_interrupt_receiving_status_header s = {.status = usb_redir_stall,
	                                                        .endpoint = r->int_ep};

	r->int_on = false;
	usbredirparser_send_interrupt_receiving_status(r->parser, 0, &s);
}

static void answer_bulk(struct emu_redir *r, const struct pending *p, uint8_t status, size_t len,
                        uint8_t *data)
{
	struct usb_redir_bulk_packet_header h = p->h;

	h.status = status;
	h.length = (uint16_t)len;
	h.length_high = (uint16_t)(len >> 16);
	usbredirparser_send_bulk_packet(r->parser, p->id, &h, data, data != NULL ? (int)len : 0);
}

static void forget(struct emu_redir *r, unsigned i)
{
	usbredirparser_free_packet_data(r->parser, r->pending[i].data);
	r->n_pending--;
	memmove(&r->pending[i], &r->pending[i + 1], (r->n_pending - i) * sizeof r->pending[0]);
}

static void on_cancel(void *priv, uint64_t id)
{
	struct emu_redir *r = priv;

	for (unsigned i = 0; i < r->n_pending; i++)
		if (r->pending[i].id == id) {
			answer_bulk(r, &r->pending[i], usb_redir_cancelled, 0, NULL);
			forget(r, i);
			return;
		}
}

static void on_reset(void *priv)
{
	struct emu_redir *r = priv;

	while (r->n_pending > 0) {
		answer_bulk(r, &r->pending[0], usb_redir_cancelled, 0, NULL);
		forget(r, 0);
	}
	if (r->int_on)
		end_interrupt(r);
	emu_reset(r->d, r->now);
	configure(r);
}

static void on_control(void *priv, uint64_t id, struct usb_redir_control_packet_header *h,
                       uint8_t *data, int data_len)
{
	struct emu_redir *r = priv;
	const uint8_t setup[8] = {h->requesttype,     h->request,
	                          (uint8_t)h->value,  (uint8_t)(h->value >> 8),
	                          (uint8_t)h->index,  (uint8_t)(h->index >> 8),
	                          (uint8_t)h->length, (uint8_t)(h->length >> 8)};
	struct usb_redir_control_packet_header a = *h;
	bool in = (h->requesttype & 0x80) != 0;
	int n;

	if (data_len > 0 && (size_t)data_len <= sizeof r->buf)
		memcpy(r->buf, data, (size_t)data_len);
	usbredirparser_free_packet_data(r->parser, data);
	n = emu_control(r->d, setup, r->buf, r->now);
	a.status = status_of(n);
	if (n < 0)
		a.length = 0;
	else if (in)
		a.length = (uint16_t)n;
	usbredirparser_send_control_packet(r->parser, id, &a, in && n > 0 ? r->buf : NULL,
	                                   in && n > 0 ? n : 0);
}

static void on_bulk(void *priv, uint64_t id, struct usb_redir_bulk_packet_header *h, uint8_t *data,
                    int data_len)
{
	struct emu_redir *r = priv;
	struct pending *p = &r->pending[r->n_pending];

	if (r->n_pending == PENDING_MAX) {
		usbredirparser_free_packet_data(r->parser, data);
		r->broken = true;
		return;
	}
	*p = (struct pending){.id = id, .h = *h, .data = data};
	p->len = (h->endpoint & 0x80) != 0 ? h->length | (size_t)h->length_high << 16
	                                   : (size_t)data_len;
	if (p->len > TRANSFER_MAX)
		p->len = TRANSFER_MAX;
	r->n_pending++;
}

static bool earlier(const struct emu_redir *r, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (r->pending[k].h.endpoint == r->pending[i].h.endpoint)
			return true;
	return false;
}

/* One request; true when it is finished. */
static bool serve(struct emu_redir *r, unsigned i)
{
	struct pending *p = &r->pending[i];
	bool in = (p->h.endpoint & 0x80) != 0;
	int n;

	if (earlier(r, i))
		return false;
	n = in ? emu_in(r->d, p->h.endpoint, r->buf, p->len, r->now)
	       : emu_out(r->d, p->h.endpoint, p->data, p->len, r->now);
	if (n == EMU_NAK || n == EMU_GONE)
		return false;
	if (in)
		answer_bulk(r, p, status_of(n), n > 0 ? (size_t)n : 0, n > 0 ? r->buf : NULL);
	else
		answer_bulk(r, p, status_of(n), n == EMU_OK ? p->len : 0, NULL);
	forget(r, i);
	return true;
}

static void interrupts(struct emu_redir *r)
{
	for (unsigned i = 0; i < 16 && r->int_on; i++) {
		struct usb_redir_interrupt_packet_header h = {.endpoint = r->int_ep};
		int n = emu_in(r->d, r->int_ep, r->buf, 64, r->now);

		if (n == EMU_NAK || n == EMU_GONE)
			return;
		if (n < 0) {
			end_interrupt(r);
			return;
		}
		h.length = (uint16_t)n;
		usbredirparser_send_interrupt_packet(r->parser, r->int_id++, &h, r->buf, n);
	}
}

static void run(struct emu_redir *r)
{
	unsigned i = 0;

	while (i < r->n_pending)
		i = serve(r, i) ? 0 : i + 1;
	interrupts(r);
	if (r->connected && !emu_plugged(r->d)) {
		r->connected = false;
		r->int_on = false;
		while (r->n_pending > 0)
			forget(r, 0);
		usbredirparser_send_device_disconnect(r->parser);
	}
}

static void set_callbacks(struct usbredirparser *p)
{
	p->log_func = log_nothing;
	p->read_func = read_bytes;
	p->write_func = write_bytes;
	p->hello_func = on_hello;
	p->reset_func = on_reset;
	p->set_configuration_func = on_set_configuration;
	p->get_configuration_func = on_get_configuration;
	p->set_alt_setting_func = on_set_alt;
	p->get_alt_setting_func = on_get_alt;
	p->start_interrupt_receiving_func = on_start_interrupt;
	p->stop_interrupt_receiving_func = on_stop_interrupt;
	p->cancel_data_packet_func = on_cancel;
	p->control_packet_func = on_control;
	p->bulk_packet_func = on_bulk;
	emu_redir_refuse(p);
}

struct emu_redir *emu_redir_new(struct emu_device *d, int64_t now_ms)
{
	struct emu_redir *r = calloc(1, sizeof *r);
	uint32_t caps[USB_REDIR_CAPS_SIZE] = {0};

	if (r == NULL)
		return NULL;
	r->parser = usbredirparser_create();
	if (r->parser == NULL) {
		free(r);
		return NULL;
	}
	r->d = d;
	r->now = now_ms;
	r->parser->priv = r;
	set_callbacks(r->parser);
	for (int cap = usb_redir_cap_connect_device_version;
	     cap <= usb_redir_cap_32bits_bulk_length; cap++)
		usbredirparser_caps_set_cap(caps, cap);
	usbredirparser_init(r->parser, "emulated reader", caps, USB_REDIR_CAPS_SIZE,
	                    usbredirparser_fl_usb_host);
	configure(r);
	return r;
}

void emu_redir_free(struct emu_redir *r)
{
	if (r == NULL)
		return;
	while (r->n_pending > 0)
		forget(r, 0);
	usbredirparser_destroy(r->parser);
	free(r);
}

int emu_redir_input(struct emu_redir *r, const uint8_t *buf, size_t len, int64_t now_ms)
{
	r->now = now_ms;
	r->in = buf;
	r->in_left = len;
	while (r->in_left > 0 && !r->broken)
		if (usbredirparser_do_read(r->parser) != 0)
			r->broken = true;
	run(r);
	return r->broken ? -1 : 0;
}

size_t emu_redir_output(struct emu_redir *r, uint8_t *buf, size_t cap, int64_t now_ms)
{
	r->now = now_ms;
	run(r);
	r->out = buf;
	r->out_left = cap;
	r->out_len = 0;
	while (r->out_left > 0 && usbredirparser_has_data_to_write(r->parser) > 0)
		if (usbredirparser_do_write(r->parser) != 0)
			break;
	return r->out_len;
}

int64_t emu_redir_next(const struct emu_redir *r)
{
	return r->connected ? emu_next_ms(r->d) : INT64_MAX;
}
