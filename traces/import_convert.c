/* SPDX-License-Identifier: MIT */
#include "import_convert.h"

#include "ccid_msg.h"

#define SET_ADDRESS       5
#define SET_CONFIGURATION 9
#define SET_INTERFACE     11
#define WANTED_UNKNOWN    65556u /* a request for the longest message, where the capture has none */
#define PACKET_MAX        (CCID_TRACE_PACKET_MAX - CCID_REDIR_HEAD_MAX)

/* Bytes that the capture cut off; a length that no transfer has counts as what was kept. */
static size_t missing(const struct ccid_usb_event *e)
{
	return e->length > e->len && e->length <= PACKET_MAX ? e->length - e->len : 0;
}

static uint32_t real_length(const struct ccid_usb_event *e)
{
	return (uint32_t)(e->len + missing(e));
}

static struct ccid_redir_packet data_packet(const struct ccid_usb_event *e, uint32_t type,
                                            uint64_t id)
{
	return (struct ccid_redir_packet){
		.type = type,
		.id = id,
		.endpoint = e->endpoint,
		.status = e->submit ? 0 : e->status,
		.length = real_length(e),
		.data = e->data,
		.data_len = e->len,
	};
}

static void put(struct ccid_import_convert *c, enum ccid_trace_dir dir,
                const struct ccid_usb_event *e, const struct ccid_redir_packet *p)
{
	ccid_import_put(c->out, dir, e->time_ns, p, 0);
}

/* Control. */

/* Requests that have packets of their own. */
static bool as_setting(const struct ccid_usb_request *r, struct ccid_redir_packet *p)
{
	*p = (struct ccid_redir_packet){.id = r->number};
	if (r->setup[0] == 0x00 && r->setup[1] == SET_CONFIGURATION) {
		p->type = CCID_REDIR_SET_CONFIGURATION;
		p->config = r->setup[2];
		return true;
	}
	if (r->setup[0] == 0x01 && r->setup[1] == SET_INTERFACE) {
		p->type = CCID_REDIR_SET_ALT_SETTING;
		p->interface = r->setup[4];
		p->alt = r->setup[2];
		return true;
	}
	return false;
}

static struct ccid_redir_packet control_packet(const struct ccid_usb_request *r)
{
	return (struct ccid_redir_packet){
		.type = CCID_REDIR_CONTROL,
		.id = r->number,
		.endpoint = r->setup[0] & 0x80,
		.request_type = r->setup[0],
		.request = r->setup[1],
		.value = ccid_setup_value(r->setup),
		.index = ccid_setup_index(r->setup),
	};
}

static void ask_control(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	struct ccid_usb_request *r = ccid_usb_pending_add(&c->pending, e);
	struct ccid_redir_packet p;
	bool in = (e->setup[0] & 0x80) != 0;

	r->number = ++c->out->id;
	if (as_setting(r, &p)) {
		c->out->configured = c->out->configured || p.type == CCID_REDIR_SET_CONFIGURATION;
		put(c, CCID_TRACE_FROM_GUEST, e, &p);
		return;
	}
	p = control_packet(r);
	p.length = in ? ccid_setup_length(e->setup) : real_length(e);
	p.data = in ? NULL : e->data;
	p.data_len = in ? 0 : e->len;
	ccid_import_put(c->out, CCID_TRACE_FROM_GUEST, e->time_ns, &p, in ? 0 : missing(e));
}

static void end_control(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	const struct ccid_usb_request *r = ccid_usb_pending_take(&c->pending, e);
	struct ccid_redir_packet p;

	if (r == NULL) {
		c->lost++;
		return;
	}
	if (as_setting(r, &p)) {
		p.status = e->status;
		ccid_import_answer(c->out, e->time_ns, &p,
		                   p.type == CCID_REDIR_SET_CONFIGURATION
		                           ? CCID_REDIR_CONFIGURATION_STATUS
		                           : CCID_REDIR_ALT_SETTING_STATUS);
		return;
	}
	p = control_packet(r);
	p.status = e->status;
	p.length = real_length(e);
	p.data = p.endpoint != 0 ? e->data : NULL;
	p.data_len = p.endpoint != 0 ? e->len : 0;
	ccid_import_put(c->out, CCID_TRACE_FROM_HOST, e->time_ns, &p,
	                p.endpoint != 0 ? missing(e) : 0);
}

/* A device that is given its address again was reset. */
static void take_address(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	const struct ccid_redir_packet p = {.type = CCID_REDIR_RESET};

	if (!c->started)
		return;
	put(c, CCID_TRACE_FROM_GUEST, e, &p);
	c->started = false;
}

static void take_control(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	if (!e->submit)
		end_control(c, e);
	else if (e->has_setup)
		ask_control(c, e);
}

/* Bulk. */

static void put_out(struct ccid_import_convert *c, const struct ccid_usb_event *e, uint64_t id)
{
	struct ccid_redir_packet p = data_packet(e, CCID_REDIR_BULK, id);

	if (e->note != NULL)
		ccid_import_note(c->out, "%s", e->note);
	ccid_import_put(c->out, CCID_TRACE_FROM_GUEST, e->time_ns, &p, missing(e));
}

static void ask_in(struct ccid_import_convert *c, const struct ccid_usb_event *e, uint64_t id,
                   uint32_t wanted)
{
	const struct ccid_redir_packet p = {
		.type = CCID_REDIR_BULK,
		.id = id,
		.endpoint = e->endpoint,
		.length = wanted,
	};

	ccid_import_put_quiet(c->out, CCID_TRACE_FROM_GUEST, e->time_ns, &p);
}

static void ask_bulk(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	bool in = (e->endpoint & 0x80) != 0;

	if (in && e->length == 0)
		return; /* told when it ends */
	ccid_usb_pending_add(&c->pending, e)->number = ++c->out->id;
	if (in)
		ask_in(c, e, c->out->id, e->length);
	else
		put_out(c, e, c->out->id);
}

/* An IN transfer whose request was not captured. Only one of whole packets may go on in the next. */
static uint64_t make_request(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	uint16_t packet = c->device->iface.bulk_in.max_packet;
	bool full = packet != 0 && e->length > 0 && e->length % packet == 0;

	ask_in(c, e, ++c->out->id, full ? e->length : WANTED_UNKNOWN);
	return c->out->id;
}

static void put_cancel(struct ccid_import_convert *c, const struct ccid_usb_event *e, uint64_t id)
{
	const struct ccid_redir_packet p = {.type = CCID_REDIR_CANCEL, .id = id};

	put(c, CCID_TRACE_FROM_GUEST, e, &p);
}

static void end_in(struct ccid_import_convert *c, const struct ccid_usb_event *e,
                   const struct ccid_usb_request *r)
{
	struct ccid_redir_packet p;

	if (r == NULL && e->status == CCID_REDIR_CANCELLED)
		return;
	p = data_packet(e, CCID_REDIR_BULK, r != NULL ? r->number : make_request(c, e));
	if (e->status == CCID_REDIR_CANCELLED && !e->gone)
		put_cancel(c, e, p.id);
	if (e->note != NULL)
		ccid_import_note(c->out, "%s", e->note);
	ccid_import_put(c->out, CCID_TRACE_FROM_HOST, e->time_ns, &p, missing(e));
}

static void end_bulk(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	const struct ccid_usb_request *r = ccid_usb_pending_take(&c->pending, e);
	struct ccid_redir_packet p;

	if ((e->endpoint & 0x80) != 0) {
		end_in(c, e, r);
		return;
	}
	if (r == NULL) {
		c->lost++;
		ccid_import_note(c->out, "what was sent before is not in the capture");
		return;
	}
	p = (struct ccid_redir_packet){
		.type = CCID_REDIR_BULK,
		.id = r->number,
		.endpoint = e->endpoint,
		.status = e->status,
		.length = real_length(e),
	};
	if (e->status == CCID_REDIR_CANCELLED && !e->gone)
		put_cancel(c, e, p.id);
	put(c, CCID_TRACE_FROM_HOST, e, &p);
}

/* Interrupt: the requests are not told, only what came of them. */
static void take_interrupt(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	struct ccid_redir_packet p = data_packet(e, CCID_REDIR_INTERRUPT, 0);

	if (e->submit || e->status == CCID_REDIR_CANCELLED)
		return;
	if (e->note != NULL)
		ccid_import_note(c->out, "%s", e->note);
	if (e->status == CCID_REDIR_OK) {
		p.id = c->out->interrupt_id++;
		ccid_import_put(c->out, CCID_TRACE_FROM_HOST, e->time_ns, &p, missing(e));
		return;
	}
	p.data_len = 0;
	p.type = CCID_REDIR_INTERRUPT_STATUS;
	put(c, CCID_TRACE_FROM_HOST, e, &p);
	c->started = false;
}

static bool is_ours(const struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	const struct ccid_interface *f = &c->device->iface;

	if (e->kind == CCID_USB_CONTROL)
		return true;
	return e->endpoint == f->bulk_out.address || e->endpoint == f->bulk_in.address ||
	       e->endpoint == f->intr_in.address;
}

static void take_data(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	if (!c->started && !e->gone && e->status != CCID_REDIR_CANCELLED) {
		ccid_import_start(c->out, c->device, e->time_ns);
		c->started = true;
	}
	if (e->kind == CCID_USB_INTERRUPT)
		take_interrupt(c, e);
	else if (e->submit)
		ask_bulk(c, e);
	else
		end_bulk(c, e);
}

/* A device may say that it went away and be there all the same: endpoints are shut down when
 * settings change. */
static void note_gone(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	c->last_ns = e->time_ns;
	if (e->gone && !c->gone)
		c->gone_ns = e->time_ns;
	c->gone = e->gone || (c->gone && (e->submit || e->status != CCID_REDIR_OK));
}

/* Whether the event is the device's; when it had no address yet, too. */
static bool is_device(const struct ccid_survey_device *d, const struct ccid_usb_event *e)
{
	if (e->bus != d->bus)
		return false;
	if (e->device == d->device)
		return true;
	return e->device == 0 && d->zero_to != 0 && e->frame >= d->zero_from &&
	       e->frame <= d->zero_to;
}

static bool is_address(const struct ccid_usb_event *e)
{
	return e->kind == CCID_USB_CONTROL && e->has_setup && e->setup[0] == 0 &&
	       e->setup[1] == SET_ADDRESS;
}

void ccid_import_convert_event(struct ccid_import_convert *c, const struct ccid_usb_event *e)
{
	if (is_address(e)) {
		if (e->bus == c->survey->bus && (e->setup[2] & 0x7F) == c->survey->device)
			take_address(c, e);
		return;
	}
	if (!is_device(c->survey, e))
		return;
	if (!is_ours(c, e)) {
		c->foreign += !e->submit;
		return;
	}
	if (e->len > PACKET_MAX) {
		c->lost++;
		return;
	}
	if (!c->introduced)
		ccid_import_introduce(c->out, c->device, e->time_ns);
	c->introduced = true;
	note_gone(c, e);
	if (e->kind == CCID_USB_CONTROL)
		take_control(c, e);
	else
		take_data(c, e);
}

void ccid_import_convert_end(struct ccid_import_convert *c)
{
	const struct ccid_redir_packet p = {.type = CCID_REDIR_DEVICE_DISCONNECT};

	if (c->gone)
		ccid_import_put(c->out, CCID_TRACE_FROM_HOST, c->gone_ns, &p, 0);
}
