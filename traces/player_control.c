/* SPDX-License-Identifier: MIT */
/* What the recorded device says of itself: layout, control requests, configuration, settings. */
#include "player_priv.h"

#include <string.h>

#define GET_STATUS     0x00
#define CLEAR_FEATURE  0x01
#define SET_FEATURE    0x03
#define GET_DESCRIPTOR 0x06
#define SET_CONFIG     0x09
#define CCID_ABORT_REQ 0x01

static uint16_t max_packet(const struct ccid_player *p, unsigned i)
{
	const struct ccid_interface *f = &p->script.iface;
	const struct ccid_endpoint *e[] = {&f->bulk_out, &f->bulk_in, &f->intr_in};

	if (p->script.ep.max_packet[i] != 0)
		return p->script.ep.max_packet[i];
	for (size_t k = 0; k < 3; k++)
		if (e[k]->address != 0 && (e[k]->address & 15u) + (e[k]->address >> 3 & 16u) == i)
			return e[k]->max_packet;
	return i == 0 || i == 16 ? 64 : 0;
}

void ccid_player_send_layout(struct ccid_player *p)
{
	const struct ccid_script *s = &p->script;
	struct usb_redir_ep_info_header ep = {0};
	struct usb_redir_interface_info_header in = {.interface_count = s->interfaces.count};

	memcpy(in.interface, s->interfaces.number, sizeof in.interface);
	memcpy(in.interface_class, s->interfaces.cls, sizeof in.interface_class);
	memcpy(in.interface_subclass, s->interfaces.subcls, sizeof in.interface_subclass);
	memcpy(in.interface_protocol, s->interfaces.protocol, sizeof in.interface_protocol);
	memcpy(ep.type, s->ep.type, sizeof ep.type);
	memcpy(ep.interval, s->ep.interval, sizeof ep.interval);
	memcpy(ep.interface, s->ep.interface, sizeof ep.interface);
	for (unsigned i = 0; i < CCID_REDIR_ENDPOINTS; i++)
		ep.max_packet_size[i] = max_packet(p, i);
	usbredirparser_send_interface_info(p->parser, &in);
	usbredirparser_send_ep_info(p->parser, &ep);
}

/* Control requests. */

void ccid_player_answer_control(struct ccid_player *p, uint64_t id,
                                const struct usb_redir_control_packet_header *q,
                                const struct ccid_script_control *a)
{
	struct usb_redir_control_packet_header h = *q;
	bool in = (q->requesttype & 0x80) != 0;
	size_t len = a->len < q->length ? a->len : q->length;

	h.status = a->status;
	h.length = (uint16_t)(a->status == CCID_REDIR_OK && in ? len : in ? 0 : q->length);
	len = in && a->status == CCID_REDIR_OK ? len : 0;
	usbredirparser_send_control_packet(p->parser, id, &h,
	                                   len > 0 ? p->script.misc.p + a->off : NULL, (int)len);
}

void ccid_player_answer_bytes(struct ccid_player *p, uint64_t id,
                              const struct usb_redir_control_packet_header *q, uint8_t *data,
                              size_t len)
{
	struct usb_redir_control_packet_header h = *q;

	len = len < q->length ? len : q->length;
	h.status = CCID_REDIR_OK;
	h.length = (uint16_t)((q->requesttype & 0x80) != 0 ? len : q->length);
	usbredirparser_send_control_packet(p->parser, id, &h, len > 0 ? data : NULL, (int)len);
}

static bool is_standard(const struct usb_redir_control_packet_header *q)
{
	return (q->requesttype & 0x60) == 0;
}

/* What every device answers, whether it was asked in the recording or not. */
static bool answer_standard(struct ccid_player *p, uint64_t id,
                            const struct usb_redir_control_packet_header *q)
{
	uint8_t zero[2] = {0};

	if (!is_standard(q))
		return false;
	switch (q->request) {
	case GET_STATUS: ccid_player_answer_bytes(p, id, q, zero, sizeof zero); return true;
	case CLEAR_FEATURE:
	case SET_FEATURE:
	case SET_CONFIG: ccid_player_answer_bytes(p, id, q, NULL, 0); return true;
	case GET_DESCRIPTOR:
		if (q->value != 0x0100)
			return false;
		ccid_player_answer_bytes(p, id, q, p->script.device_desc,
		                         sizeof p->script.device_desc);
		return true;
	default: return false;
	}
}

static bool answer_recorded(struct ccid_player *p, uint64_t id,
                            const struct usb_redir_control_packet_header *q)
{
	const struct ccid_redir_packet want = {
		.request_type = q->requesttype,
		.request = q->request,
		.value = q->value,
		.index = q->index,
	};
	const struct ccid_script_control *c = ccid_script_find_control(&p->script, &want, false);

	if (c == NULL && is_standard(q) && q->request == GET_DESCRIPTOR)
		c = ccid_script_find_control(&p->script, &want, true);
	if (c != NULL)
		ccid_player_answer_control(p, id, q, c);
	return c != NULL;
}

/* The request half of an abort whose command half is answered from state. */
static bool is_abort(const struct usb_redir_control_packet_header *q)
{
	return q->requesttype == 0x21 && q->request == CCID_ABORT_REQ;
}

static void on_control(void *priv, uint64_t id, struct usb_redir_control_packet_header *q,
                       uint8_t *data, int len)
{
	static const struct ccid_script_control stall = {.status = CCID_REDIR_STALL};
	struct ccid_player *p = priv;
	const struct player_request_in in = {.q = q, .data = data, .len = (size_t)len};
	bool done = !ccid_player_heard(p) || ccid_player_token(p, id, &in);

	usbredirparser_free_packet_data(p->parser, data);
	if (done || answer_standard(p, id, q) || answer_recorded(p, id, q))
		return;
	if (is_abort(q))
		ccid_player_answer_bytes(p, id, q, NULL, 0);
	else
		ccid_player_answer_control(p, id, q, &stall);
}

/* Configurations and settings. */

static void on_set_configuration(void *priv, uint64_t id,
                                 struct usb_redir_set_configuration_header *q)
{
	struct ccid_player *p = priv;
	struct usb_redir_configuration_status_header h = {.configuration = q->configuration};

	if (!ccid_player_heard(p))
		return;
	p->config = q->configuration;
	ccid_player_send_layout(p);
	usbredirparser_send_configuration_status(p->parser, id, &h);
}

static void on_get_configuration(void *priv, uint64_t id)
{
	struct ccid_player *p = priv;
	struct usb_redir_configuration_status_header h = {.configuration = p->config};

	if (ccid_player_heard(p))
		usbredirparser_send_configuration_status(p->parser, id, &h);
}

static void alt_status(struct ccid_player *p, uint64_t id, uint8_t interface)
{
	struct usb_redir_alt_setting_status_header h = {.interface = interface,
	                                                .alt = p->alt[interface]};

	usbredirparser_send_alt_setting_status(p->parser, id, &h);
}

static void on_set_alt(void *priv, uint64_t id, struct usb_redir_set_alt_setting_header *q)
{
	struct ccid_player *p = priv;

	if (!ccid_player_heard(p))
		return;
	p->alt[q->interface] = q->alt;
	ccid_player_send_layout(p);
	alt_status(p, id, q->interface);
}

static void on_get_alt(void *priv, uint64_t id, struct usb_redir_get_alt_setting_header *q)
{
	struct ccid_player *p = priv;

	if (ccid_player_heard(p))
		alt_status(p, id, q->interface);
}

void ccid_player_control_init(struct usbredirparser *u)
{
	u->set_configuration_func = on_set_configuration;
	u->get_configuration_func = on_get_configuration;
	u->set_alt_setting_func = on_set_alt;
	u->get_alt_setting_func = on_get_alt;
	u->control_packet_func = on_control;
}
