/* SPDX-License-Identifier: MIT */
#include "import_intro.h"

#include "bytes.h"
#include "redir_layout.h"
#include "words.h"

#define GET_DESCRIPTOR 6
#define DT_DEVICE      1
#define DT_CONFIG      2
#define DT_STRING      3
#define ENGLISH        0x0409
#define FULL_SPEED     1
#define HIGH_SPEED     2
#define HIGH_PACKET    512 /* of a bulk endpoint at high speed */
#define DEFAULT_OUT    0x01
#define DEFAULT_IN     0x82

#define MADE_UP "made up: not in the capture"
#define EARLY   "moved to the front: captured later"

static void make_device(struct ccid_import_device *out, const struct ccid_usb_identity *identity)
{
	const uint8_t front[] = {18, DT_DEVICE, 0x00, 0x02, 0, 0, 0, 64};
	struct ccid_wr w = ccid_wr(out->device_desc, sizeof out->device_desc);

	out->product = identity->product[0] != '\0' ? identity->product : NULL;
	ccid_wr_bytes(&w, front, sizeof front);
	ccid_wr_le16(&w, identity->vid);
	ccid_wr_le16(&w, identity->pid);
	ccid_wr_le16(&w, 0);
	ccid_wr_u8(&w, 0);
	ccid_wr_u8(&w, out->product != NULL ? 1 : 0);
	ccid_wr_u8(&w, 0);
	ccid_wr_u8(&w, 1);
	out->made_device = true;
}

static bool take_config(struct ccid_import_device *out, const struct ccid_survey_device *d)
{
	if (d->config_len > sizeof out->config)
		return false;
	memcpy(out->config, d->config, d->config_len);
	out->config_len = d->config_len;
	out->read_config = d->first_bulk != 0 && d->config_frame > d->first_bulk;
	return true;
}

static bool make_config(struct ccid_import_device *out, const struct ccid_survey_device *d)
{
	uint8_t bulk_in = d->bulk_in != 0 ? d->bulk_in : DEFAULT_IN;

	if (d->bulk_out == 0)
		return false;
	out->config_len = ccid_guess_config(&d->guess, d->bulk_out, bulk_in, d->intr, out->config);
	out->made_config = true;
	out->read_config = true;
	return true;
}

/* The interface that the traffic used. */
static bool find_interface(struct ccid_import_device *out, const struct ccid_survey_device *d)
{
	struct ccid_interface f;
	bool found = false;
	size_t pos = 0;

	while (ccid_config_next(out->config, out->config_len, &pos, &f) == 1) {
		if (!found || f.bulk_out.address == d->bulk_out)
			out->iface = f;
		found = true;
	}
	return found;
}

bool ccid_import_describe(struct ccid_import_device *out, const struct ccid_survey_device *d,
                          const struct ccid_usb_identity *identity)
{
	*out = (struct ccid_import_device){0};
	if (d->has_device)
		memcpy(out->device_desc, d->device_desc, sizeof out->device_desc);
	else
		make_device(out, identity);
	if (d->config != NULL ? !take_config(out, d) : !make_config(out, d))
		return false;
	out->set_configuration = !d->configured;
	if (!find_interface(out, d))
		return false;
	out->speed = out->iface.bulk_in.max_packet >= HIGH_PACKET ? HIGH_SPEED : FULL_SPEED;
	return true;
}

void ccid_import_tell(const struct ccid_import_device *d, char *out, size_t cap)
{
	struct ccid_words w = ccid_words(out, cap);

	if (d->made_config)
		ccid_words_add(&w,
		               "The descriptors were not captured: those here are made up from "
		               "what the traffic tells%s. ",
		               d->made_device ? "" : " (the device descriptor is real)");
	else if (d->made_device)
		ccid_words_add(&w, "The device descriptor was not captured and is made up. ");
	if (d->set_configuration)
		ccid_words_add(&w, "The capture begins after the device was configured. ");
}

static void put_body(struct ccid_import_out *o, enum ccid_trace_dir dir, uint64_t time_ns,
                     uint32_t type, const uint8_t *body, size_t len)
{
	const struct ccid_redir_packet p = {.type = type, .data = body, .data_len = len};

	ccid_import_put(o, dir, time_ns, &p, 0);
}

static void put_device(struct ccid_import_out *o, const struct ccid_import_device *d,
                       uint64_t time_ns)
{
	struct ccid_rd r = ccid_rd(d->device_desc + 8, 6);
	struct ccid_redir_connect c = {
		.speed = d->speed,
		.cls = d->device_desc[4],
		.subcls = d->device_desc[5],
		.protocol = d->device_desc[6],
	};
	struct ccid_redir_interface_info interfaces;
	struct ccid_redir_ep_info ep;
	uint8_t body[CCID_REDIR_EP_BODY];

	c.vid = ccid_rd_le16(&r);
	c.pid = ccid_rd_le16(&r);
	c.bcd_device = ccid_rd_le16(&r);
	ccid_redir_layout(&ep, &interfaces, d->config, d->config_len, d->iface.number,
	                  d->iface.alt);
	ccid_redir_encode_interfaces(body, &interfaces);
	put_body(o, CCID_TRACE_FROM_HOST, time_ns, CCID_REDIR_INTERFACE_INFO, body,
	         CCID_REDIR_INTERFACES_BODY);
	ccid_redir_encode_ep_info(body, &ep);
	put_body(o, CCID_TRACE_FROM_HOST, time_ns, CCID_REDIR_EP_INFO, body, CCID_REDIR_EP_BODY);
	ccid_redir_encode_connect(body, &c);
	if (d->made_device)
		ccid_import_note(o, "vendor and product: %s",
		                 c.vid != 0 ? "as the capture says, the rest is made up" : MADE_UP);
	put_body(o, CCID_TRACE_FROM_HOST, time_ns, CCID_REDIR_DEVICE_CONNECT, body,
	         CCID_REDIR_CONNECT_BODY);
}

static void put_descriptor(struct ccid_import_out *o, uint64_t time_ns, uint16_t value,
                           const uint8_t *data, size_t len, const char *note)
{
	struct ccid_redir_packet p = {
		.type = CCID_REDIR_CONTROL,
		.id = ++o->id,
		.endpoint = 0x80,
		.request_type = 0x80,
		.request = GET_DESCRIPTOR,
		.value = value,
		.index = value >> 8 == DT_STRING && (value & 0xFF) != 0 ? ENGLISH : 0,
		.length = (uint32_t)len,
	};

	ccid_import_put(o, CCID_TRACE_FROM_GUEST, time_ns, &p, 0);
	p.data = data;
	p.data_len = len;
	ccid_import_note(o, "%s", note);
	ccid_import_put(o, CCID_TRACE_FROM_HOST, time_ns, &p, 0);
}

static void put_product(struct ccid_import_out *o, uint64_t time_ns, const char *product)
{
	static const uint8_t languages[] = {4, DT_STRING, ENGLISH & 0xFF, ENGLISH >> 8};
	uint8_t d[2 + 2 * sizeof((struct ccid_usb_identity *)NULL)->product] = {0, DT_STRING};
	struct ccid_wr w = {.p = d, .cap = sizeof d, .len = 2};

	for (; *product != '\0'; product++)
		ccid_wr_le16(&w, (uint8_t)*product);
	d[0] = (uint8_t)w.len;
	put_descriptor(o, time_ns, DT_STRING << 8, languages, sizeof languages, MADE_UP);
	put_descriptor(o, time_ns, DT_STRING << 8 | 1, d, w.len,
	               "the name that the capture gives; the descriptor is made up");
}

static void put_descriptors(struct ccid_import_out *o, const struct ccid_import_device *d,
                            uint64_t time_ns)
{
	const char *note = d->made_config ? "made up from what the traffic tells" : EARLY;

	if (d->made_device)
		put_descriptor(o, time_ns, DT_DEVICE << 8, d->device_desc, sizeof d->device_desc,
		               MADE_UP);
	if (d->read_config)
		put_descriptor(o, time_ns, DT_CONFIG << 8, d->config, d->config_len, note);
	if (d->product != NULL)
		put_product(o, time_ns, d->product);
}

static void put_configuration(struct ccid_import_out *o, const struct ccid_import_device *d,
                              uint64_t time_ns)
{
	const struct ccid_redir_packet p = {
		.type = CCID_REDIR_SET_CONFIGURATION,
		.id = ++o->id,
		.config = d->iface.config_value,
	};

	o->configured = true;
	ccid_import_note(o, MADE_UP);
	ccid_import_put(o, CCID_TRACE_FROM_GUEST, time_ns, &p, 0);
	ccid_import_answer(o, time_ns, &p, CCID_REDIR_CONFIGURATION_STATUS);
}

void ccid_import_introduce(struct ccid_import_out *o, const struct ccid_import_device *d,
                           uint64_t time_ns)
{
	uint8_t body[CCID_REDIR_HELLO_BODY];

	ccid_redir_encode_hello(body, "libiscard import");
	put_body(o, CCID_TRACE_FROM_HOST, time_ns, CCID_REDIR_HELLO, body, sizeof body);
	put_body(o, CCID_TRACE_FROM_GUEST, time_ns, CCID_REDIR_HELLO, body, sizeof body);
	put_device(o, d, time_ns);
	put_descriptors(o, d, time_ns);
}

void ccid_import_start(struct ccid_import_out *o, const struct ccid_import_device *d,
                       uint64_t time_ns)
{
	const struct ccid_redir_packet p = {
		.type = CCID_REDIR_START_INTERRUPT,
		.id = ++o->id,
		.endpoint = d->iface.intr_in.address,
	};

	if (d->set_configuration && !o->configured)
		put_configuration(o, d, time_ns);
	if (p.endpoint == 0)
		return;
	ccid_import_put(o, CCID_TRACE_FROM_GUEST, time_ns, &p, 0);
	ccid_import_answer(o, time_ns, &p, CCID_REDIR_INTERRUPT_STATUS);
}
