/* SPDX-License-Identifier: MIT */
/* The usb-host end of a usbredir connection, for a recorded device. */
#include "player_priv.h"

#include "bytes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void log_line(void *priv, int level, const char *msg)
{
	const struct ccid_player *p = priv;

	ccid_log(p->env, level <= usbredirparser_warning ? CCID_LOG_WARNING : CCID_LOG_DEBUG,
	         p->path, "%s", msg);
}

static int read_some(void *priv, uint8_t *data, int count)
{
	struct ccid_player *p = priv;
	size_t n = p->in_len < (size_t)count ? p->in_len : (size_t)count;

	if (p->err != 0)
		return 0;
	if (n > 0)
		memcpy(data, p->in, n);
	p->in += n;
	p->in_len -= n;
	return (int)n;
}

static int write_some(void *priv, uint8_t *data, int count)
{
	struct ccid_player *p = priv;
	size_t room = p->to_cap - p->to_len;
	size_t n = room < (size_t)count ? room : (size_t)count;

	if (n > 0)
		memcpy(p->to + p->to_len, data, n);
	p->to_len += n;
	return (int)n;
}

static void on_hello(void *priv, struct usb_redir_hello_header *h)
{
	struct ccid_player *p = priv;
	const struct ccid_redir_connect *d = &p->script.device;
	struct usb_redir_device_connect_header c = {
		.speed = d->speed,
		.device_class = d->cls,
		.device_subclass = d->subcls,
		.device_protocol = d->protocol,
		.vendor_id = d->vid,
		.product_id = d->pid,
		.device_version_bcd = d->bcd_device,
	};

	(void)h;
	p->greeted = true;
	ccid_player_send_layout(p);
	usbredirparser_send_device_connect(p->parser, &c);
	p->connected = true;
	p->connected_at = ccid_env_now(p->env);
	ccid_player_release(p);
}

bool ccid_player_heard(struct ccid_player *p)
{
	if (!p->greeted && p->err == 0)
		p->err = CCID_E_FORMAT;
	return p->err == 0 && !p->unplugged;
}

/* Interrupts and other streams. */

static void interrupt_status(struct ccid_player *p, uint64_t id, uint8_t status, uint8_t endpoint)
{
	struct usb_redir_interrupt_receiving_status_header h = {.status = status,
	                                                        .endpoint = endpoint};

	usbredirparser_send_interrupt_receiving_status(p->parser, id, &h);
}

static void on_start_interrupt(void *priv, uint64_t id,
                               struct usb_redir_start_interrupt_receiving_header *q)
{
	struct ccid_player *p = priv;
	bool known = q->endpoint != 0 && q->endpoint == p->script.iface.intr_in.address;

	if (!ccid_player_heard(p))
		return;
	interrupt_status(p, id, known ? CCID_REDIR_OK : CCID_REDIR_INVAL, q->endpoint);
	p->interrupts = known;
	p->interrupt_id = 0;
	ccid_player_release(p);
}

static void on_stop_interrupt(void *priv, uint64_t id,
                              struct usb_redir_stop_interrupt_receiving_header *q)
{
	struct ccid_player *p = priv;

	if (!ccid_player_heard(p))
		return;
	p->interrupts = false;
	interrupt_status(p, id, CCID_REDIR_OK, q->endpoint);
}

void ccid_player_send_event(struct ccid_player *p, const struct ccid_script_event *e)
{
	uint8_t endpoint = p->script.iface.intr_in.address;
	struct usb_redir_interrupt_packet_header h = {.endpoint = endpoint,
	                                              .length = (uint16_t)e->len};

	switch (e->kind) {
	case CCID_SCRIPT_INTERRUPT:
		usbredirparser_send_interrupt_packet(p->parser, p->interrupt_id++, &h,
		                                     e->len > 0 ? p->script.misc.p + e->off : NULL,
		                                     (int)e->len);
		break;
	case CCID_SCRIPT_INTERRUPT_STATUS:
		p->interrupts = false;
		interrupt_status(p, 0, e->status, endpoint);
		break;
	default:
		p->unplugged = true;
		usbredirparser_send_device_disconnect(p->parser);
		break;
	}
}

static void on_reset(void *priv)
{
	struct ccid_player *p = priv;

	if (!ccid_player_heard(p))
		return;
	p->queue_len = p->request_len = 0;
	p->out_len = 0;
	if (p->interrupts)
		interrupt_status(p, 0, CCID_REDIR_STALL, p->script.iface.intr_in.address);
	p->interrupts = false;
	ccid_player_slots_reset(p);
}

static void on_start_iso(void *priv, uint64_t id, struct usb_redir_start_iso_stream_header *q)
{
	struct ccid_player *p = priv;
	struct usb_redir_iso_stream_status_header h = {.status = CCID_REDIR_INVAL,
	                                               .endpoint = q->endpoint};

	if (ccid_player_heard(p))
		usbredirparser_send_iso_stream_status(p->parser, id, &h);
}

static void on_stop_iso(void *priv, uint64_t id, struct usb_redir_stop_iso_stream_header *q)
{
	struct usb_redir_start_iso_stream_header same = {.endpoint = q->endpoint};

	on_start_iso(priv, id, &same);
}

static void on_alloc_streams(void *priv, uint64_t id, struct usb_redir_alloc_bulk_streams_header *q)
{
	(void)id;
	(void)q;
	ccid_player_heard(priv); /* not announced: nothing to say */
}

static void on_free_streams(void *priv, uint64_t id, struct usb_redir_free_bulk_streams_header *q)
{
	(void)id;
	(void)q;
	ccid_player_heard(priv);
}

static void on_start_bulk(void *priv, uint64_t id, struct usb_redir_start_bulk_receiving_header *q)
{
	(void)id;
	(void)q;
	ccid_player_heard(priv);
}

static void on_stop_bulk(void *priv, uint64_t id, struct usb_redir_stop_bulk_receiving_header *q)
{
	(void)id;
	(void)q;
	ccid_player_heard(priv);
}

static void on_nothing(void *priv)
{
	(void)priv;
}

static void on_filter_reject(void *priv)
{
	struct ccid_player *p = priv;

	ccid_log(p->env, CCID_LOG_ERROR, p->path, "the usbredir guest refuses the reader");
	if (p->err == 0)
		p->err = CCID_E_GONE;
}

static void on_filter(void *priv, struct usbredirfilter_rule *rules, int count)
{
	(void)priv;
	(void)count;
	free(rules);
}

/* Data. */

void ccid_player_send_bulk(struct ccid_player *p, const struct player_request *request,
                           uint8_t status, const uint8_t *data, size_t len)
{
	struct usb_redir_bulk_packet_header h = {
		.endpoint = p->script.iface.bulk_in.address,
		.status = status,
		.length = (uint16_t)len,
		.length_high = (uint16_t)(len >> 16),
	};
	union {
		const uint8_t *in;
		uint8_t *out;
	} u = {.in = len > 0 ? data : NULL}; /* the parser copies, whatever its type says */

	usbredirparser_send_bulk_packet(p->parser, request->id, &h, u.out, (int)len);
}

static void answer_bulk(struct ccid_player *p, uint64_t id,
                        const struct usb_redir_bulk_packet_header *q, uint8_t status)
{
	struct usb_redir_bulk_packet_header h = *q;

	h.status = status;
	if (status != CCID_REDIR_OK || (q->endpoint & 0x80) != 0)
		h.length = h.length_high = 0;
	usbredirparser_send_bulk_packet(p->parser, id, &h, NULL, 0);
}

static size_t message_len(const struct ccid_player *p)
{
	struct ccid_rd r = ccid_rd(p->out + 1, 4);

	return p->out_len < CCID_HEADER_LEN ? SIZE_MAX : CCID_HEADER_LEN + ccid_rd_le32(&r);
}

/* A command may come in several transfers; it is over when dwLength is satisfied. */
static void take_out(struct ccid_player *p, const uint8_t *data, size_t len)
{
	p->out_status = CCID_REDIR_OK;
	if (len > PLAYER_OUT_MAX - p->out_len) {
		ccid_player_diverge(p, CCID_SCRIPT_NONE, NULL, 0,
		                    "the driver sends more than any CCID message holds");
		return;
	}
	if (len > 0)
		memcpy(p->out + p->out_len, data, len);
	p->out_len += len;
	if (p->out_len < message_len(p))
		return;
	len = p->out_len;
	p->out_len = 0;
	ccid_player_command(p, p->out, len);
}

static void ask(struct ccid_player *p, uint64_t id, const struct usb_redir_bulk_packet_header *q)
{
	struct player_request *r;

	if (p->request_len == PLAYER_REQUESTS) {
		answer_bulk(p, id, q, CCID_REDIR_INVAL);
		return;
	}
	r = &p->request[(p->request_first + p->request_len++) % PLAYER_REQUESTS];
	r->id = id;
	r->wanted = q->length | (uint32_t)q->length_high << 16;
}

static void on_bulk(void *priv, uint64_t id, struct usb_redir_bulk_packet_header *q, uint8_t *data,
                    int len)
{
	struct ccid_player *p = priv;
	const struct ccid_interface *f = &p->script.iface;

	if (!ccid_player_heard(p)) {
		usbredirparser_free_packet_data(p->parser, data);
		return;
	}
	if (q->endpoint == f->bulk_out.address) {
		take_out(p, data, (size_t)len);
		answer_bulk(p, id, q, p->out_status);
	} else if (q->endpoint == f->bulk_in.address) {
		ask(p, id, q);
	} else {
		answer_bulk(p, id, q, CCID_REDIR_INVAL);
	}
	usbredirparser_free_packet_data(p->parser, data);
	ccid_player_feed(p);
}

static void on_iso(void *priv, uint64_t id, struct usb_redir_iso_packet_header *q, uint8_t *data,
                   int len)
{
	struct ccid_player *p = priv;

	(void)id;
	(void)q;
	(void)len;
	usbredirparser_free_packet_data(p->parser, data);
}

static void on_interrupt(void *priv, uint64_t id, struct usb_redir_interrupt_packet_header *q,
                         uint8_t *data, int len)
{
	struct ccid_player *p = priv;
	struct usb_redir_interrupt_packet_header h = *q;

	(void)len;
	usbredirparser_free_packet_data(p->parser, data);
	h.status = CCID_REDIR_INVAL;
	h.length = 0;
	if (ccid_player_heard(p))
		usbredirparser_send_interrupt_packet(p->parser, id, &h, NULL, 0);
}

/* A waiting IN request is taken back; for any other id the normal completion is on its way. */
static void on_cancel(void *priv, uint64_t id)
{
	struct ccid_player *p = priv;
	struct usb_redir_bulk_packet_header h = {.endpoint = p->script.iface.bulk_in.address};
	unsigned kept = 0, n = p->request_len;

	if (!ccid_player_heard(p))
		return;
	for (unsigned i = 0; i < n; i++) {
		struct player_request r = p->request[(p->request_first + i) % PLAYER_REQUESTS];

		if (r.id == id)
			answer_bulk(p, id, &h, CCID_REDIR_CANCELLED);
		else
			p->request[(p->request_first + kept++) % PLAYER_REQUESTS] = r;
	}
	p->request_len = kept;
}

/* The parser calls them without asking whether they are there. */
static void set_callbacks(struct usbredirparser *u)
{
	u->log_func = log_line;
	u->read_func = read_some;
	u->write_func = write_some;
	u->hello_func = on_hello;
	u->reset_func = on_reset;
	u->start_iso_stream_func = on_start_iso;
	u->stop_iso_stream_func = on_stop_iso;
	u->start_interrupt_receiving_func = on_start_interrupt;
	u->stop_interrupt_receiving_func = on_stop_interrupt;
	u->alloc_bulk_streams_func = on_alloc_streams;
	u->free_bulk_streams_func = on_free_streams;
	u->start_bulk_receiving_func = on_start_bulk;
	u->stop_bulk_receiving_func = on_stop_bulk;
	u->cancel_data_packet_func = on_cancel;
	u->filter_reject_func = on_filter_reject;
	u->filter_filter_func = on_filter;
	u->device_disconnect_ack_func = on_nothing;
	u->bulk_packet_func = on_bulk;
	u->iso_packet_func = on_iso;
	u->interrupt_packet_func = on_interrupt;
}

int ccid_player_host_init(struct ccid_player *p)
{
	static const int cap[] = {usb_redir_cap_connect_device_version,
	                          usb_redir_cap_filter,
	                          usb_redir_cap_device_disconnect_ack,
	                          usb_redir_cap_ep_info_max_packet_size,
	                          usb_redir_cap_64bits_ids,
	                          usb_redir_cap_32bits_bulk_length};
	uint32_t caps[USB_REDIR_CAPS_SIZE] = {0};

	p->parser = usbredirparser_create();
	if (p->parser == NULL)
		return CCID_E_NOMEM;
	for (size_t i = 0; i < sizeof cap / sizeof cap[0]; i++)
		usbredirparser_caps_set_cap(caps, cap[i]);
	p->parser->priv = p;
	set_callbacks(p->parser);
	ccid_player_control_init(p->parser);
	usbredirparser_init(p->parser, "libiscard player", caps, USB_REDIR_CAPS_SIZE,
	                    usbredirparser_fl_usb_host);
	return 0;
}

void ccid_player_host_free(struct ccid_player *p)
{
	if (p->parser != NULL)
		usbredirparser_destroy(p->parser);
	p->parser = NULL;
}

int ccid_player_input(void *ctx, const uint8_t *buf, size_t len)
{
	struct ccid_player *p = ctx;
	int rc;

	pthread_mutex_lock(&p->lock);
	p->in = buf;
	p->in_len = len;
	while (p->err == 0 && p->in_len > 0) {
		rc = usbredirparser_do_read(p->parser);
		if (rc < 0 && p->err == 0)
			p->err = CCID_E_FORMAT;
	}
	rc = p->err;
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int ccid_player_output(void *ctx, uint8_t *buf, size_t cap)
{
	struct ccid_player *p = ctx;
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	if (p->options.speed != CCID_SPEED_NONE)
		ccid_player_feed(p);
	p->to = buf;
	p->to_len = 0;
	p->to_cap = cap < INT32_MAX ? cap : INT32_MAX;
	if (usbredirparser_has_data_to_write(p->parser) > 0)
		rc = usbredirparser_do_write(p->parser);
	pthread_mutex_unlock(&p->lock);
	return rc < 0 ? CCID_E_IO : (int)p->to_len;
}
