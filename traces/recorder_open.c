/* SPDX-License-Identifier: MIT */
/* How a recording begins: as if a usbredir guest had met the device just now. */
#include "bytes.h"
#include "recorder_priv.h"
#include "redir_layout.h"

#define GET_DESCRIPTOR 6
#define DT_DEVICE      1
#define DT_CONFIG      2
#define DT_STRING      3
#define ENGLISH        0x0409

#define FROM_IDENTITY "made from what the transport knows; the device was not asked"

static void put_body(struct recorder *r, enum ccid_trace_dir dir, uint32_t type,
                     const uint8_t *body, size_t len)
{
	const struct ccid_redir_packet p = {.type = type, .data = body, .data_len = len};

	ccid_recorder_put(r, dir, &p, NULL);
}

static void put_hellos(struct recorder *r)
{
	uint8_t body[CCID_REDIR_HELLO_BODY];

	ccid_redir_encode_hello(body, "libiscard recorder");
	put_body(r, CCID_TRACE_FROM_HOST, CCID_REDIR_HELLO, body, sizeof body);
	put_body(r, CCID_TRACE_FROM_GUEST, CCID_REDIR_HELLO, body, sizeof body);
}

static void put_device(struct recorder *r)
{
	const struct ccid_transport *t = r->inner;
	const struct ccid_redir_connect c = {
		.speed = t->id.speed,
		.cls = t->device_desc[4],
		.subcls = t->device_desc[5],
		.protocol = t->device_desc[6],
		.vid = t->id.vid,
		.pid = t->id.pid,
		.bcd_device = t->id.bcd_device,
	};
	struct ccid_redir_interface_info interfaces;
	struct ccid_redir_ep_info ep;
	uint8_t body[CCID_REDIR_EP_BODY];

	ccid_redir_layout(&ep, &interfaces, t->config, t->config_len, t->iface.number,
	                  t->iface.alt);
	ccid_redir_encode_interfaces(body, &interfaces);
	put_body(r, CCID_TRACE_FROM_HOST, CCID_REDIR_INTERFACE_INFO, body,
	         CCID_REDIR_INTERFACES_BODY);
	ccid_redir_encode_ep_info(body, &ep);
	put_body(r, CCID_TRACE_FROM_HOST, CCID_REDIR_EP_INFO, body, CCID_REDIR_EP_BODY);
	ccid_redir_encode_connect(body, &c);
	put_body(r, CCID_TRACE_FROM_HOST, CCID_REDIR_DEVICE_CONNECT, body, CCID_REDIR_CONNECT_BODY);
}

static void put_descriptor(struct recorder *r, uint16_t value, const uint8_t *data, size_t len,
                           const char *comment)
{
	struct ccid_redir_packet p = {
		.type = CCID_REDIR_CONTROL,
		.id = ccid_recorder_id(r),
		.endpoint = 0x80,
		.request_type = 0x80,
		.request = GET_DESCRIPTOR,
		.value = value,
		.index = value >> 8 == DT_STRING && (value & 0xFF) != 0 ? ENGLISH : 0,
		.length = (uint32_t)len,
	};

	ccid_recorder_put(r, CCID_TRACE_FROM_GUEST, &p, NULL);
	p.data = data;
	p.data_len = len;
	ccid_recorder_put(r, CCID_TRACE_FROM_HOST, &p, comment);
}

/* One character of clean UTF-8. */
static uint32_t take_character(const char **at)
{
	const unsigned char *s = (const unsigned char *)*at;
	unsigned more = s[0] < 0x80 ? 0 : s[0] < 0xE0 ? 1 : s[0] < 0xF0 ? 2 : 3;
	uint32_t c = more == 0 ? s[0] : s[0] & (0x3Fu >> more);
	unsigned i;

	for (i = 1; i <= more && (s[i] & 0xC0) == 0x80; i++)
		c = c << 6 | (s[i] & 0x3F);
	*at += i;
	return c;
}

static void put_string(struct recorder *r, uint8_t index, const char *text)
{
	uint8_t d[254] = {0, DT_STRING};
	struct ccid_wr w = {.p = d, .cap = sizeof d, .len = 2};

	if (index == 0 || text[0] == '\0')
		return;
	while (*text != '\0') {
		uint32_t c = take_character(&text);

		if (w.cap - w.len < 4)
			break;
		if (c > 0xFFFF)
			ccid_wr_le16(&w, (uint16_t)(0xD800 + ((c - 0x10000) >> 10 & 0x3FF)));
		ccid_wr_le16(&w, (uint16_t)(c > 0xFFFF ? 0xDC00 + (c & 0x3FF) : c));
	}
	d[0] = (uint8_t)w.len;
	put_descriptor(r, (uint16_t)(DT_STRING << 8 | index), d, w.len, FROM_IDENTITY);
}

static void put_descriptors(struct recorder *r)
{
	static const uint8_t languages[] = {4, DT_STRING, ENGLISH & 0xFF, ENGLISH >> 8};
	const struct ccid_transport *t = r->inner;

	put_descriptor(r, DT_DEVICE << 8, t->device_desc, 18, NULL);
	put_descriptor(r, DT_CONFIG << 8, t->config, t->config_len < 9 ? t->config_len : 9, NULL);
	put_descriptor(r, DT_CONFIG << 8, t->config, t->config_len, NULL);
	put_descriptor(r, DT_STRING << 8, languages, sizeof languages, FROM_IDENTITY);
	put_string(r, t->device_desc[14], t->id.manufacturer);
	put_string(r, t->device_desc[15], t->id.product);
	put_string(r, t->device_desc[16], t->id.serial);
	put_string(r, t->iface.name_index, t->id.interface_name);
}

static void put_configuration(struct recorder *r)
{
	struct ccid_redir_packet p = {
		.type = CCID_REDIR_SET_CONFIGURATION,
		.id = ccid_recorder_id(r),
		.config = r->inner->iface.config_value,
	};

	ccid_recorder_put(r, CCID_TRACE_FROM_GUEST, &p, NULL);
	p.type = CCID_REDIR_CONFIGURATION_STATUS;
	ccid_recorder_put(r, CCID_TRACE_FROM_HOST, &p, NULL);
	if (r->inner->iface.alt == 0)
		return;
	p = (struct ccid_redir_packet){
		.type = CCID_REDIR_SET_ALT_SETTING,
		.id = ccid_recorder_id(r),
		.interface = r->inner->iface.number,
		.alt = r->inner->iface.alt,
	};
	ccid_recorder_put(r, CCID_TRACE_FROM_GUEST, &p, NULL);
	p.type = CCID_REDIR_ALT_SETTING_STATUS;
	ccid_recorder_put(r, CCID_TRACE_FROM_HOST, &p, NULL);
}

void ccid_recorder_interrupts(struct recorder *r, bool start)
{
	struct ccid_redir_packet p = {
		.type = start ? CCID_REDIR_START_INTERRUPT : CCID_REDIR_STOP_INTERRUPT,
		.id = ccid_recorder_id(r),
		.endpoint = r->inner->iface.intr_in.address,
	};

	if (p.endpoint == 0)
		return;
	ccid_recorder_put(r, CCID_TRACE_FROM_GUEST, &p, NULL);
	p.type = CCID_REDIR_INTERRUPT_STATUS;
	ccid_recorder_put(r, CCID_TRACE_FROM_HOST, &p, NULL);
}

void ccid_recorder_introduce(struct recorder *r)
{
	put_hellos(r);
	put_device(r);
	put_descriptors(r);
	put_configuration(r);
	ccid_recorder_interrupts(r, true);
}
