/* SPDX-License-Identifier: MIT */
/* From a link-layer packet to the piece of a TCP stream in it. */
#ifndef CCID_IP_PACKET_H
#define CCID_IP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One end of a connection; an IPv4 address is in the first four bytes. */
struct ccid_tcp_end {
	uint8_t address[16];
	uint16_t port;
};

struct ccid_tcp_segment {
	bool v6;
	struct ccid_tcp_end from, to;
	uint32_t seq; /* of the first byte of data */
	const uint8_t *data;
	size_t len;    /* bytes of data that the capture kept */
	size_t length; /* bytes that were sent */
};

/* Whether packets of this link type are understood: Ethernet (1), Linux cooked (113, 276), raw IP
 * (101, 228, 229), BSD loopback (0, 108), which Npcap's has too. */
bool ccid_ip_link(uint32_t link);

/* True when the packet is a TCP segment with data, over IPv4 or IPv6; VLAN tags and IPv6 extension
 * headers are passed over. Fragments are not put together: false. */
bool ccid_tcp_decode(struct ccid_tcp_segment *out, uint32_t link, const uint8_t *data, size_t len);

#endif
