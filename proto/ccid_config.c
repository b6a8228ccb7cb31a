/* SPDX-License-Identifier: MIT */
#include "ccid_desc.h"

#include "bytes.h"

#define DESC_CONFIG     0x02
#define DESC_INTERFACE  0x04
#define DESC_ENDPOINT   0x05
#define DESC_CCID       0x21
#define DESC_CCID_QUIRK 0xFF

#define CLASS_SMART_CARD 0x0B
#define CLASS_VENDOR     0xFF

/* One record of a configuration: (bLength, bDescriptorType, ...). */
struct record {
	const uint8_t *p;
	uint8_t len, type;
};

static bool peek(const uint8_t *cfg, size_t len, size_t pos, struct record *out)
{
	if (pos >= len || len - pos < 2)
		return false;
	out->p = cfg + pos;
	out->len = out->p[0];
	out->type = out->p[1];
	if (out->len < 2 || out->len > len - pos)
		return false;
	switch (out->type) {
	case DESC_INTERFACE: return out->len >= 9;
	case DESC_ENDPOINT: return out->len >= 7;
	default: return true;
	}
}

static bool is_class_desc(const struct record *r, uint8_t type)
{
	return r->type == type && r->len >= CCID_CLASS_DESC_LEN;
}

static void take_desc(struct ccid_interface *out, const struct record *r)
{
	out->desc = r->p;
	out->desc_type = r->type;
}

static void take_endpoint(struct ccid_interface *out, const struct record *r)
{
	struct ccid_endpoint ep = {
		.address = r->p[2],
		.max_packet = (uint16_t)((r->p[4] | r->p[5] << 8) & 0x07FF),
		.interval = r->p[6],
	};
	unsigned transfer = r->p[3] & 3u;
	bool in = (ep.address & 0x80u) != 0;
	struct ccid_endpoint *to = NULL;

	if (transfer == 2)
		to = in ? &out->bulk_in : &out->bulk_out;
	else if (transfer == 3 && in)
		to = &out->intr_in;
	if (to != NULL && to->address == 0 && (ep.address & 0x0Fu) != 0 && ep.max_packet != 0)
		*to = ep;
}

static void take_record(struct ccid_interface *out, const struct record *r)
{
	if (r->type == DESC_ENDPOINT)
		take_endpoint(out, r);
	else if (is_class_desc(r, DESC_CCID) && out->desc_type != DESC_CCID)
		take_desc(out, r);
	else if (is_class_desc(r, DESC_CCID_QUIRK) && out->desc == NULL)
		take_desc(out, r);
}

/* Read the interface descriptor at *pos and all that belongs to it. */
static void take_interface(struct ccid_interface *out, const uint8_t *cfg, size_t len, size_t *pos)
{
	const uint8_t *p = cfg + *pos;
	struct record r;

	*out = (struct ccid_interface){
		.config_value = cfg[5],
		.number = p[2],
		.alt = p[3],
		.cls = p[5],
		.subcls = p[6],
		.protocol = p[7],
		.name_index = p[8],
	};
	*pos += p[0];
	while (peek(cfg, len, *pos, &r) && r.type != DESC_INTERFACE) {
		take_record(out, &r);
		*pos += r.len;
	}
}

/* Skip to the next interface descriptor; remember a class descriptor met on the way. */
static bool find_interface(const uint8_t *cfg, size_t len, size_t *pos, struct record *shared)
{
	struct record r;

	while (peek(cfg, len, *pos, &r)) {
		if (r.type == DESC_INTERFACE)
			return true;
		if (is_class_desc(&r, DESC_CCID) && shared->p == NULL)
			*shared = r;
		*pos += r.len;
	}
	return false;
}

static bool wanted(struct ccid_interface *itf, const struct record *shared)
{
	if (itf->cls != CLASS_SMART_CARD && itf->cls != CLASS_VENDOR)
		return false;
	if (itf->desc == NULL && shared->p != NULL)
		take_desc(itf, shared);
	return itf->desc != NULL;
}

int ccid_config_next(const uint8_t *cfg, size_t len, size_t *pos, struct ccid_interface *out)
{
	struct ccid_interface itf;
	struct record r, shared = {.p = NULL};
	size_t at, total;

	if (!peek(cfg, len, 0, &r) || r.type != DESC_CONFIG || r.len < 9)
		return 0;
	total = (size_t)(cfg[2] | cfg[3] << 8);
	if (total < len)
		len = total;
	at = r.len;
	if (!find_interface(cfg, len, &at, &shared))
		return 0;
	if (*pos > at)
		at = *pos;
	while (peek(cfg, len, at, &r) && r.type == DESC_INTERFACE) {
		take_interface(&itf, cfg, len, &at);
		*pos = at;
		if (!wanted(&itf, &shared))
			continue;
		*out = itf;
		return 1;
	}
	return 0;
}
