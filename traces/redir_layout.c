/* SPDX-License-Identifier: MIT */
#include "redir_layout.h"

#include "bytes.h"

#define DT_INTERFACE 4
#define DT_ENDPOINT  5
#define UNUSED       255

struct walk {
	struct ccid_redir_ep_info *ep;
	struct ccid_redir_interface_info *interfaces;
	uint8_t number, alt; /* the setting that is not 0 */
	uint8_t interface;
	bool wanted; /* the present setting is in force */
};

static void take_interface(struct walk *w, const uint8_t *d)
{
	struct ccid_redir_interface_info *f = w->interfaces;

	w->interface = d[2];
	w->wanted = d[3] == (d[2] == w->number ? w->alt : 0);
	if (!w->wanted || f->count == CCID_REDIR_INTERFACES)
		return;
	f->number[f->count] = d[2];
	f->cls[f->count] = d[5];
	f->subcls[f->count] = d[6];
	f->protocol[f->count] = d[7];
	f->count++;
}

static void take_endpoint(const struct walk *w, const uint8_t *d)
{
	unsigned i = (d[2] & 15u) | (d[2] & 0x80 ? 16u : 0);

	if (!w->wanted)
		return;
	w->ep->type[i] = d[3] & 3;
	w->ep->interval[i] = d[6];
	w->ep->interface[i] = w->interface;
	w->ep->max_packet[i] = (uint16_t)((d[4] | d[5] << 8) & 0x7FF);
}

void ccid_redir_layout(struct ccid_redir_ep_info *ep, struct ccid_redir_interface_info *interfaces,
                       const uint8_t *config, size_t len, uint8_t number, uint8_t alt)
{
	struct walk w = {.ep = ep, .interfaces = interfaces, .number = number, .alt = alt};
	struct ccid_rd r = ccid_rd(config, len);

	*ep = (struct ccid_redir_ep_info){0};
	*interfaces = (struct ccid_redir_interface_info){0};
	memset(ep->type, UNUSED, sizeof ep->type);
	ep->type[0] = ep->type[16] = 0;
	ep->max_packet[0] = ep->max_packet[16] = 64;
	while (r.left >= 2 && r.p[0] >= 2 && r.p[0] <= r.left) {
		size_t n = r.p[0];
		const uint8_t *d = ccid_rd_view(&r, n);

		if (d[1] == DT_INTERFACE && n >= 9)
			take_interface(&w, d);
		else if (d[1] == DT_ENDPOINT && n >= 7)
			take_endpoint(&w, d);
	}
}

void ccid_redir_encode_hello(uint8_t out[CCID_REDIR_HELLO_BODY], const char *version)
{
	struct ccid_wr w = {.p = out, .cap = CCID_REDIR_HELLO_BODY, .len = CCID_REDIR_HELLO_LEN};
	size_t n = strnlen(version, CCID_REDIR_HELLO_LEN - 1);

	memset(out, 0, CCID_REDIR_HELLO_LEN);
	memcpy(out, version, n);
	ccid_wr_le32(&w, CCID_REDIR_CAPS);
}

void ccid_redir_encode_interfaces(uint8_t out[CCID_REDIR_INTERFACES_BODY],
                                  const struct ccid_redir_interface_info *f)
{
	struct ccid_wr w = ccid_wr(out, CCID_REDIR_INTERFACES_BODY);

	ccid_wr_le32(&w, f->count);
	ccid_wr_bytes(&w, f->number, sizeof f->number);
	ccid_wr_bytes(&w, f->cls, sizeof f->cls);
	ccid_wr_bytes(&w, f->subcls, sizeof f->subcls);
	ccid_wr_bytes(&w, f->protocol, sizeof f->protocol);
}

void ccid_redir_encode_ep_info(uint8_t out[CCID_REDIR_EP_BODY], const struct ccid_redir_ep_info *ep)
{
	struct ccid_wr w = ccid_wr(out, CCID_REDIR_EP_BODY);

	ccid_wr_bytes(&w, ep->type, sizeof ep->type);
	ccid_wr_bytes(&w, ep->interval, sizeof ep->interval);
	ccid_wr_bytes(&w, ep->interface, sizeof ep->interface);
	for (size_t i = 0; i < CCID_REDIR_ENDPOINTS; i++)
		ccid_wr_le16(&w, ep->max_packet[i]);
}

void ccid_redir_encode_connect(uint8_t out[CCID_REDIR_CONNECT_BODY],
                               const struct ccid_redir_connect *d)
{
	struct ccid_wr w = ccid_wr(out, CCID_REDIR_CONNECT_BODY);

	ccid_wr_u8(&w, d->speed);
	ccid_wr_u8(&w, d->cls);
	ccid_wr_u8(&w, d->subcls);
	ccid_wr_u8(&w, d->protocol);
	ccid_wr_le16(&w, d->vid);
	ccid_wr_le16(&w, d->pid);
	ccid_wr_le16(&w, d->bcd_device);
}
