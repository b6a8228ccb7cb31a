/* SPDX-License-Identifier: MIT */
#include "emu_redir_priv.h"

#include <stdlib.h>

static void refuse(void *priv)
{
	struct emu_redir *r = priv;

	r->broken = true;
}

static void on_start_iso(void *priv, uint64_t id, struct usb_redir_start_iso_stream_header *h)
{
	struct emu_redir *r = priv;
	struct usb_redir_iso_stream_status_header s = {.status = usb_redir_inval,
	                                               .endpoint = h->endpoint};

	usbredirparser_send_iso_stream_status(r->parser, id, &s);
}

static void on_stop_iso(void *priv, uint64_t id, struct usb_redir_stop_iso_stream_header *h)
{
	(void)priv;
	(void)id;
	(void)h;
}

static void on_alloc_streams(void *priv, uint64_t id, struct usb_redir_alloc_bulk_streams_header *h)
{
	(void)id;
	(void)h;
	refuse(priv);
}

static void on_free_streams(void *priv, uint64_t id, struct usb_redir_free_bulk_streams_header *h)
{
	(void)id;
	(void)h;
	refuse(priv);
}

static void on_start_bulk(void *priv, uint64_t id, struct usb_redir_start_bulk_receiving_header *h)
{
	(void)id;
	(void)h;
	refuse(priv);
}

static void on_stop_bulk(void *priv, uint64_t id, struct usb_redir_stop_bulk_receiving_header *h)
{
	(void)id;
	(void)h;
	refuse(priv);
}

static void on_iso(void *priv, uint64_t id, struct usb_redir_iso_packet_header *h, uint8_t *data,
                   int data_len)
{
	(void)id;
	(void)h;
	(void)data_len;
	usbredirparser_free_packet_data(((struct emu_redir *)priv)->parser, data);
}

static void on_interrupt(void *priv, uint64_t id, struct usb_redir_interrupt_packet_header *h,
                         uint8_t *data, int data_len)
{
	(void)id;
	(void)h;
	(void)data_len;
	usbredirparser_free_packet_data(((struct emu_redir *)priv)->parser, data);
}

static void on_nothing(void *priv)
{
	(void)priv;
}

static void on_filter(void *priv, struct usbredirfilter_rule *rules, int count)
{
	(void)priv;
	(void)count;
	free(rules);
}

void emu_redir_refuse(struct usbredirparser *p)
{
	p->start_iso_stream_func = on_start_iso;
	p->stop_iso_stream_func = on_stop_iso;
	p->alloc_bulk_streams_func = on_alloc_streams;
	p->free_bulk_streams_func = on_free_streams;
	p->start_bulk_receiving_func = on_start_bulk;
	p->stop_bulk_receiving_func = on_stop_bulk;
	p->filter_reject_func = on_nothing;
	p->filter_filter_func = on_filter;
	p->device_disconnect_ack_func = on_nothing;
	p->iso_packet_func = on_iso;
	p->interrupt_packet_func = on_interrupt;
}
