/* SPDX-License-Identifier: MIT */
#include "redir_packet.h"

#include "bytes.h"

size_t ccid_redir_header_len(uint32_t caps)
{
	return (caps & CCID_REDIR_CAP_IDS64) != 0 ? 16 : 12;
}

uint32_t ccid_redir_hello_caps(const uint8_t *body, size_t len)
{
	struct ccid_rd r = ccid_rd(body, len);

	ccid_rd_view(&r, CCID_REDIR_HELLO_LEN);
	return ccid_rd_le32(&r);
}

static void decode_control(struct ccid_redir_packet *p, struct ccid_rd *r)
{
	p->endpoint = ccid_rd_u8(r);
	p->request = ccid_rd_u8(r);
	p->request_type = ccid_rd_u8(r);
	p->status = ccid_rd_u8(r);
	p->value = ccid_rd_le16(r);
	p->index = ccid_rd_le16(r);
	p->length = ccid_rd_le16(r);
}

static void decode_bulk(struct ccid_redir_packet *p, struct ccid_rd *r, uint32_t caps)
{
	p->endpoint = ccid_rd_u8(r);
	p->status = ccid_rd_u8(r);
	p->length = ccid_rd_le16(r);
	ccid_rd_le32(r);
	if ((caps & CCID_REDIR_CAP_BULK32) != 0)
		p->length |= (uint32_t)ccid_rd_le16(r) << 16;
}

static void decode_setting(struct ccid_redir_packet *p, struct ccid_rd *r)
{
	if (p->type == CCID_REDIR_CONFIGURATION_STATUS || p->type == CCID_REDIR_ALT_SETTING_STATUS)
		p->status = ccid_rd_u8(r);
	if (p->type == CCID_REDIR_SET_CONFIGURATION || p->type == CCID_REDIR_CONFIGURATION_STATUS) {
		p->config = ccid_rd_u8(r);
		return;
	}
	p->interface = ccid_rd_u8(r);
	if (p->type != CCID_REDIR_GET_ALT_SETTING)
		p->alt = ccid_rd_u8(r);
}

static void decode_fields(struct ccid_redir_packet *p, struct ccid_rd *r, uint32_t caps)
{
	switch (p->type) {
	case CCID_REDIR_CONTROL: decode_control(p, r); break;
	case CCID_REDIR_BULK: decode_bulk(p, r, caps); break;
	case CCID_REDIR_INTERRUPT:
		p->endpoint = ccid_rd_u8(r);
		p->status = ccid_rd_u8(r);
		p->length = ccid_rd_le16(r);
		break;
	case CCID_REDIR_SET_CONFIGURATION:
	case CCID_REDIR_CONFIGURATION_STATUS:
	case CCID_REDIR_SET_ALT_SETTING:
	case CCID_REDIR_GET_ALT_SETTING:
	case CCID_REDIR_ALT_SETTING_STATUS: decode_setting(p, r); break;
	case CCID_REDIR_INTERRUPT_STATUS:
		p->status = ccid_rd_u8(r);
		p->endpoint = ccid_rd_u8(r);
		break;
	case CCID_REDIR_START_INTERRUPT:
	case CCID_REDIR_STOP_INTERRUPT: p->endpoint = ccid_rd_u8(r); break;
	default: break;
	}
}

int ccid_redir_decode(struct ccid_redir_packet *out, const uint8_t *buf, size_t len, uint32_t caps)
{
	struct ccid_rd r = ccid_rd(buf, len);
	struct ccid_redir_packet p = {.type = ccid_rd_le32(&r)};
	uint32_t length = ccid_rd_le32(&r);

	p.id = ccid_rd_le32(&r);
	if (p.type != CCID_REDIR_HELLO && (caps & CCID_REDIR_CAP_IDS64) != 0)
		p.id |= (uint64_t)ccid_rd_le32(&r) << 32;
	if (r.bad || r.left < length)
		return CCID_E_SHORT;
	decode_fields(&p, &r, caps);
	if (r.bad)
		return CCID_E_SHORT;
	p.data = r.p;
	p.data_len = r.left;
	*out = p;
	return 0;
}

static void encode_fields(struct ccid_wr *w, const struct ccid_redir_packet *p)
{
	switch (p->type) {
	case CCID_REDIR_CONTROL:
		ccid_wr_u8(w, p->endpoint);
		ccid_wr_u8(w, p->request);
		ccid_wr_u8(w, p->request_type);
		ccid_wr_u8(w, p->status);
		ccid_wr_le16(w, p->value);
		ccid_wr_le16(w, p->index);
		ccid_wr_le16(w, (uint16_t)p->length);
		break;
	case CCID_REDIR_BULK:
	case CCID_REDIR_INTERRUPT:
		ccid_wr_u8(w, p->endpoint);
		ccid_wr_u8(w, p->status);
		ccid_wr_le16(w, (uint16_t)p->length);
		if (p->type == CCID_REDIR_INTERRUPT)
			break;
		ccid_wr_le32(w, 0);
		ccid_wr_le16(w, (uint16_t)(p->length >> 16));
		break;
	case CCID_REDIR_CONFIGURATION_STATUS:
		ccid_wr_u8(w, p->status);
		ccid_wr_u8(w, p->config);
		break;
	case CCID_REDIR_SET_CONFIGURATION: ccid_wr_u8(w, p->config); break;
	case CCID_REDIR_ALT_SETTING_STATUS:
		ccid_wr_u8(w, p->status);
		ccid_wr_u8(w, p->interface);
		ccid_wr_u8(w, p->alt);
		break;
	case CCID_REDIR_SET_ALT_SETTING:
		ccid_wr_u8(w, p->interface);
		ccid_wr_u8(w, p->alt);
		break;
	case CCID_REDIR_INTERRUPT_STATUS:
		ccid_wr_u8(w, p->status);
		ccid_wr_u8(w, p->endpoint);
		break;
	case CCID_REDIR_START_INTERRUPT:
	case CCID_REDIR_STOP_INTERRUPT: ccid_wr_u8(w, p->endpoint); break;
	default: break;
	}
}

size_t ccid_redir_encode_head(uint8_t buf[CCID_REDIR_HEAD_MAX], const struct ccid_redir_packet *p)
{
	size_t header = p->type == CCID_REDIR_HELLO ? 12 : 16;
	struct ccid_wr w = {.p = buf, .cap = CCID_REDIR_HEAD_MAX, .len = header};
	struct ccid_wr h = ccid_wr(buf, header);

	encode_fields(&w, p);
	ccid_wr_le32(&h, p->type);
	ccid_wr_le32(&h, (uint32_t)(w.len - header + p->data_len));
	ccid_wr_le32(&h, (uint32_t)p->id);
	if (header == 16)
		ccid_wr_le32(&h, (uint32_t)(p->id >> 32));
	return w.len;
}

int ccid_redir_decode_ep_info(struct ccid_redir_ep_info *out, const uint8_t *body, size_t len)
{
	struct ccid_redir_ep_info e = {0};
	struct ccid_rd r = ccid_rd(body, len);
	const uint8_t *type = ccid_rd_view(&r, sizeof e.type);
	const uint8_t *interval = ccid_rd_view(&r, sizeof e.interval);
	const uint8_t *interface = ccid_rd_view(&r, sizeof e.interface);

	if (r.bad)
		return CCID_E_SHORT;
	memcpy(e.type, type, sizeof e.type);
	memcpy(e.interval, interval, sizeof e.interval);
	memcpy(e.interface, interface, sizeof e.interface);
	for (size_t i = 0; r.left >= 2 && i < CCID_REDIR_ENDPOINTS; i++)
		e.max_packet[i] = ccid_rd_le16(&r);
	*out = e;
	return 0;
}

int ccid_redir_decode_interfaces(struct ccid_redir_interface_info *out, const uint8_t *body,
                                 size_t len)
{
	struct ccid_rd r = ccid_rd(body, len);
	struct ccid_redir_interface_info n = {.count = ccid_rd_le32(&r)};
	uint8_t *to[4] = {n.number, n.cls, n.subcls, n.protocol};

	for (size_t i = 0; i < 4; i++) {
		const uint8_t *from = ccid_rd_view(&r, CCID_REDIR_INTERFACES);

		if (from == NULL)
			return CCID_E_SHORT;
		memcpy(to[i], from, CCID_REDIR_INTERFACES);
	}
	if (n.count > CCID_REDIR_INTERFACES)
		return CCID_E_FORMAT;
	*out = n;
	return 0;
}

int ccid_redir_decode_connect(struct ccid_redir_connect *out, const uint8_t *body, size_t len)
{
	struct ccid_rd r = ccid_rd(body, len);
	struct ccid_redir_connect c;

	c.speed = ccid_rd_u8(&r);
	c.cls = ccid_rd_u8(&r);
	c.subcls = ccid_rd_u8(&r);
	c.protocol = ccid_rd_u8(&r);
	c.vid = ccid_rd_le16(&r);
	c.pid = ccid_rd_le16(&r);
	if (r.bad)
		return CCID_E_SHORT;
	c.bcd_device = r.left >= 2 ? ccid_rd_le16(&r) : 0;
	*out = c;
	return 0;
}

const char *ccid_redir_type_name(uint32_t type)
{
	static const char *const low[] = {
		"hello",
		"device_connect",
		"device_disconnect",
		"reset",
		"interface_info",
		"ep_info",
		"set_configuration",
		"get_configuration",
		"configuration_status",
		"set_alt_setting",
		"get_alt_setting",
		"alt_setting_status",
		"start_iso_stream",
		"stop_iso_stream",
		"iso_stream_status",
		"start_interrupt_receiving",
		"stop_interrupt_receiving",
		"interrupt_receiving_status",
		"alloc_bulk_streams",
		"free_bulk_streams",
		"bulk_streams_status",
		"cancel_data_packet",
		"filter_reject",
		"filter_filter",
		"device_disconnect_ack",
		"start_bulk_receiving",
		"stop_bulk_receiving",
		"bulk_receiving_status",
	};
	static const char *const high[] = {"control", "bulk", "iso", "interrupt", "buffered_bulk"};

	if (type < sizeof low / sizeof low[0])
		return low[type];
	if (type >= CCID_REDIR_CONTROL && type - CCID_REDIR_CONTROL < sizeof high / sizeof high[0])
		return high[type - CCID_REDIR_CONTROL];
	return "?";
}

const char *ccid_redir_status_name(uint8_t status)
{
	static const char *const names[] = {"success", "cancelled", "invalid", "I/O error",
	                                    "stall",   "timeout",   "babble"};

	return status < sizeof names / sizeof names[0] ? names[status] : "error";
}
