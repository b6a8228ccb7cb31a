/* SPDX-License-Identifier: MIT */
#include "ip_packet.h"

#include "bytes.h"

#define BSD_NULL 0
#define ETHERNET 1
#define RAW_IP   101
#define BSD_LOOP 108
#define COOKED   113
#define IPV4     228
#define IPV6     229
#define COOKED2  276

#define TYPE_IPV4   0x0800
#define TYPE_IPV6   0x86DD
#define TYPE_VLAN   0x8100
#define TYPE_QINQ   0x88A8
#define NEXT_TCP    6
#define NEXT_PART   44 /* fragment header */
#define NEXT_AUTH   51
#define HEADERS_MAX 8 /* VLAN tags, or extension headers */

static unsigned take16(struct ccid_rd *r)
{
	unsigned high = ccid_rd_u8(r);

	return high << 8 | ccid_rd_u8(r);
}

bool ccid_ip_link(uint32_t link)
{
	return link == ETHERNET || link == RAW_IP || link == COOKED || link == IPV4 ||
	       link == IPV6 || link == COOKED2 || link == BSD_NULL || link == BSD_LOOP;
}

/* The EtherType; r is left behind the link header. */
static unsigned take_link(struct ccid_rd *r, uint32_t link)
{
	unsigned type;

	if (link == BSD_NULL ||
	    link == BSD_LOOP) /* then the address family, which systems disagree on */
		ccid_rd_view(r, 4);
	if (link == RAW_IP || link == IPV4 || link == IPV6 || link == BSD_NULL || link == BSD_LOOP)
		return r->left > 0 && r->p[0] >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4;
	if (link == COOKED2) {
		type = take16(r);
		ccid_rd_view(r, 18);
		return type;
	}
	ccid_rd_view(r, link == COOKED ? 14 : 12);
	type = take16(r);
	for (unsigned i = 0; i < HEADERS_MAX && (type == TYPE_VLAN || type == TYPE_QINQ); i++) {
		take16(r);
		type = take16(r);
	}
	return type;
}

static void take_address(struct ccid_rd *r, struct ccid_tcp_end *end, size_t n)
{
	const uint8_t *at = ccid_rd_view(r, n);

	if (at != NULL)
		memcpy(end->address, at, n);
}

/* RFC 791. Returns whether TCP follows; *length: bytes after the header, as it says. */
static bool take_ipv4(struct ccid_rd *r, struct ccid_tcp_segment *s, size_t *length)
{
	size_t had = r->left, header, total;
	unsigned fragment, protocol;

	header = (ccid_rd_u8(r) & 15u) * 4u;
	ccid_rd_u8(r);
	total = take16(r);
	take16(r);
	fragment = take16(r) & 0x3FFF; /* more fragments, and the offset */
	ccid_rd_u8(r);
	protocol = ccid_rd_u8(r);
	take16(r);
	take_address(r, &s->from, 4);
	take_address(r, &s->to, 4);
	ccid_rd_view(r, header >= 20 ? header - 20 : SIZE_MAX);
	if (total == 0) /* left to the network card */
		total = had;
	*length = total >= header ? total - header : 0;
	return !r->bad && protocol == NEXT_TCP && fragment == 0;
}

static bool is_extension(unsigned next)
{
	return next == 0 || next == 43 || next == 60 || next == 135 || next == NEXT_PART ||
	       next == NEXT_AUTH;
}

/* One extension header, behind its first byte: bytes that follow its second one. A fragment that is
 * all there is (RFC 6946) is none; of any other nothing is understood. */
static size_t take_extension(struct ccid_rd *r, unsigned type)
{
	unsigned length = ccid_rd_u8(r), part;

	if (type == NEXT_AUTH)
		return length * 4u + 6u;
	if (type != NEXT_PART)
		return length * 8u + 6u;
	part = r->left >= 2 ? (unsigned)(r->p[0] << 8 | r->p[1]) : 0;
	return (part & 0xFFF9) == 0 ? 6 : SIZE_MAX;
}

/* RFC 8200. */
static bool take_ipv6(struct ccid_rd *r, struct ccid_tcp_segment *s, size_t *length)
{
	size_t payload;
	unsigned next;

	s->v6 = true;
	take16(r);
	take16(r);
	payload = take16(r);
	next = ccid_rd_u8(r);
	ccid_rd_u8(r);
	take_address(r, &s->from, 16);
	take_address(r, &s->to, 16);
	if (payload == 0)
		payload = r->left;
	for (unsigned i = 0; i < HEADERS_MAX && is_extension(next); i++) {
		unsigned type = next;
		size_t more;

		next = ccid_rd_u8(r);
		more = take_extension(r, type);
		ccid_rd_view(r, more);
		payload -= more < payload - 2 && payload >= 2 ? more + 2 : payload;
	}
	*length = payload;
	return !r->bad && next == NEXT_TCP;
}

/* RFC 9293. */
static bool take_tcp(struct ccid_rd *r, struct ccid_tcp_segment *s, size_t length)
{
	size_t header;
	unsigned flags;

	s->from.port = (uint16_t)take16(r);
	s->to.port = (uint16_t)take16(r);
	s->seq = (uint32_t)take16(r) << 16;
	s->seq |= take16(r);
	take16(r);
	take16(r);
	header = (ccid_rd_u8(r) >> 4) * 4u;
	flags = ccid_rd_u8(r);
	ccid_rd_view(r, 6);
	ccid_rd_view(r, header >= 20 ? header - 20 : SIZE_MAX);
	if (r->bad || length <= header)
		return false;
	s->seq += (flags & 2) != 0; /* SYN takes a number */
	s->length = length - header;
	s->len = r->left < s->length ? r->left : s->length;
	s->data = r->p;
	return true;
}

bool ccid_tcp_decode(struct ccid_tcp_segment *out, uint32_t link, const uint8_t *data, size_t len)
{
	struct ccid_rd r = ccid_rd(data, len);
	struct ccid_tcp_segment s = {0};
	unsigned type = take_link(&r, link);
	size_t length;
	bool tcp = false;

	if (type == TYPE_IPV4)
		tcp = take_ipv4(&r, &s, &length);
	else if (type == TYPE_IPV6)
		tcp = take_ipv6(&r, &s, &length);
	if (!tcp || !take_tcp(&r, &s, length))
		return false;
	*out = s;
	return true;
}
