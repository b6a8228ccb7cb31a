/* SPDX-License-Identifier: MIT */
/* What a usb-host can send, packet by packet. The parser calls without looking whether a callback
 * is there, so each has one; it has checked lengths and the direction of data, nothing more. */
#include "usbredir_priv.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

static void on_hello(void *priv, struct usb_redir_hello_header *h)
{
	struct ccid_redir *r = priv;

	(void)h;
	r->hello = true;
}

static void on_device_connect(void *priv, struct usb_redir_device_connect_header *h)
{
	struct ccid_redir *r = priv;

	if (r->connected) {
		ccid_redir_fail(r, CCID_E_FORMAT, "a second device_connect");
		return;
	}
	if (!r->interface_info || !r->ep_info) {
		ccid_redir_fail(r, CCID_E_FORMAT,
		                "device_connect before its interface_info or ep_info");
		return;
	}
	r->connected = true;
	r->vid = h->vendor_id;
	r->pid = h->product_id;
	r->base.id.speed =
		h->speed <= usb_redir_speed_super ? h->speed : (uint8_t)usb_redir_speed_unknown;
}

static void on_device_disconnect(void *priv)
{
	ccid_redir_fail(priv, CCID_E_GONE, "the device was unplugged");
}

static void on_interface_info(void *priv, struct usb_redir_interface_info_header *h)
{
	struct ccid_redir *r = priv;

	if (h->interface_count > sizeof h->interface)
		ccid_redir_fail(r, CCID_E_FORMAT, "interface_info with too many interfaces");
	else
		r->interface_info = true;
}

static void on_ep_info(void *priv, struct usb_redir_ep_info_header *h)
{
	struct ccid_redir *r = priv;

	for (size_t i = 0; i < sizeof h->type; i++) {
		if (h->type[i] <= usb_redir_type_interrupt || h->type[i] == usb_redir_type_invalid)
			continue;
		ccid_redir_fail(r, CCID_E_FORMAT, "ep_info with an unknown endpoint type");
		return;
	}
	memcpy(r->ep_type, h->type, sizeof r->ep_type);
	r->ep_info = true;
}

static void answered(struct ccid_redir_req *req, uint64_t id, int result)
{
	if (req->id == 0 || req->id != id || req->done)
		return;
	req->done = true;
	req->result = result;
}

static void on_configuration_status(void *priv, uint64_t id,
                                    struct usb_redir_configuration_status_header *h)
{
	struct ccid_redir *r = priv;
	int rc = ccid_redir_status(h->status);

	answered(&r->ctl, id, rc < 0 ? rc : h->configuration);
}

static void on_alt_setting_status(void *priv, uint64_t id,
                                  struct usb_redir_alt_setting_status_header *h)
{
	struct ccid_redir *r = priv;
	int rc = ccid_redir_status(h->status);

	answered(&r->ctl, id, rc < 0 ? rc : h->alt);
}

static void on_iso_stream_status(void *priv, uint64_t id,
                                 struct usb_redir_iso_stream_status_header *h)
{
	(void)priv;
	(void)id;
	(void)h;
}

static void on_bulk_streams_status(void *priv, uint64_t id,
                                   struct usb_redir_bulk_streams_status_header *h)
{
	(void)priv;
	(void)id;
	(void)h;
}

static void on_bulk_receiving_status(void *priv, uint64_t id,
                                     struct usb_redir_bulk_receiving_status_header *h)
{
	(void)priv;
	(void)id;
	(void)h;
}

static void on_interrupt_status(void *priv, uint64_t id,
                                struct usb_redir_interrupt_receiving_status_header *h)
{
	struct ccid_redir *r = priv;

	if (h->endpoint == r->base.iface.intr_in.address)
		ccid_redir_intr_status(r, id, h->status);
}

static void on_filter(void *priv, struct usbredirfilter_rule *rules, int count)
{
	(void)priv;
	(void)count;
	free(rules);
}

/* The result of an answer that may carry data for req. */
static int receive(struct ccid_redir_req *req, int rc, const uint8_t *data, int len)
{
	if (rc < 0)
		return rc;
	if (len < 0 || (size_t)len > req->cap)
		return CCID_E_BABBLE;
	if (len > 0)
		memcpy(req->buf, data, (size_t)len);
	return len;
}

static void dispose(struct ccid_redir *r, uint8_t *data, int len)
{
	if (data != NULL && len > 0)
		ccid_wipe(data, (size_t)len);
	usbredirparser_free_packet_data(r->parser, data);
}

static void on_control(void *priv, uint64_t id, struct usb_redir_control_packet_header *h,
                       uint8_t *data, int len)
{
	struct ccid_redir *r = priv;
	int rc = ccid_redir_status(h->status);

	if (r->ctl.id == id && !r->ctl.done)
		answered(&r->ctl, id, receive(&r->ctl, rc, data, len));
	dispose(r, data, len);
}

/* The seam's time-out and cancel are ours alone: they leave a transfer posted. */
static int bulk_status(uint8_t status)
{
	int rc = ccid_redir_status(status);

	return rc == CCID_E_TIMEOUT ? CCID_E_IO : rc;
}

static void out_answered(struct ccid_redir *r, uint64_t id, int rc)
{
	if (r->out.id == 0 || id < r->out.first || id > r->out.id || r->out.done)
		return;
	if (rc < 0 || id == r->out.id) {
		r->out.done = true;
		r->out.result = rc;
	}
}

static void on_bulk(void *priv, uint64_t id, struct usb_redir_bulk_packet_header *h, uint8_t *data,
                    int len)
{
	struct ccid_redir *r = priv;
	int rc = bulk_status(h->status);

	if (h->endpoint == r->base.iface.bulk_out.address)
		out_answered(r, id, rc);
	else if (h->endpoint == r->base.iface.bulk_in.address && r->in.id == id && !r->in.done)
		answered(&r->in, id, receive(&r->in, rc, data, len));
	dispose(r, data, len);
}

static void on_interrupt(void *priv, uint64_t id, struct usb_redir_interrupt_packet_header *h,
                         uint8_t *data, int len)
{
	struct ccid_redir *r = priv;
	bool ours = r->intr.wanted && h->endpoint == r->base.iface.intr_in.address;

	(void)id;
	if (ours && h->status == usb_redir_success && len > 0)
		ccid_redir_intr_push(r, data, (size_t)len);
	dispose(r, data, len);
}

static void on_iso(void *priv, uint64_t id, struct usb_redir_iso_packet_header *h, uint8_t *data,
                   int len)
{
	(void)id;
	(void)h;
	dispose(priv, data, len);
}

static void on_buffered_bulk(void *priv, uint64_t id,
                             struct usb_redir_buffered_bulk_packet_header *h, uint8_t *data,
                             int len)
{
	(void)id;
	(void)h;
	dispose(priv, data, len);
}

void ccid_redir_callbacks(struct usbredirparser *p)
{
	p->hello_func = on_hello;
	p->device_connect_func = on_device_connect;
	p->device_disconnect_func = on_device_disconnect;
	p->interface_info_func = on_interface_info;
	p->ep_info_func = on_ep_info;
	p->configuration_status_func = on_configuration_status;
	p->alt_setting_status_func = on_alt_setting_status;
	p->iso_stream_status_func = on_iso_stream_status;
	p->interrupt_receiving_status_func = on_interrupt_status;
	p->bulk_streams_status_func = on_bulk_streams_status;
	p->bulk_receiving_status_func = on_bulk_receiving_status;
	p->filter_filter_func = on_filter;
	p->control_packet_func = on_control;
	p->bulk_packet_func = on_bulk;
	p->iso_packet_func = on_iso;
	p->interrupt_packet_func = on_interrupt;
	p->buffered_bulk_packet_func = on_buffered_bulk;
}
