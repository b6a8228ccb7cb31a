/* SPDX-License-Identifier: MIT */
/* Reader addresses: usb:, usb:BUS-PORT.PORT[#INTERFACE] (or usb:BUS/DEV[#INTERFACE]),
 * usb:VID:PID[:SERIAL], fd:N, usbredir:HOST:PORT, usbredir:/socket/path, usbredir-listen:ADDR:PORT
 * (any address when ADDR, or ADDR and its colon, is left out). IPv6 in brackets; %XX stands for a
 * byte, so for a space. */
#ifndef CCID_ADDRESS_H
#define CCID_ADDRESS_H

#include "transport.h"

enum ccid_address_kind {
	CCID_ADDRESS_USB_ALL,
	CCID_ADDRESS_USB_PORT,
	CCID_ADDRESS_USB_ID,
	CCID_ADDRESS_FD,
	CCID_ADDRESS_REDIR_TCP,
	CCID_ADDRESS_REDIR_UNIX,
	CCID_ADDRESS_REDIR_LISTEN,
	CCID_ADDRESS_OTHER, /* a scheme the driver does not open: text is the whole address */
};

struct ccid_address {
	enum ccid_address_kind kind;
	uint16_t vid, pid;
	int fd;
	int interface;   /* bInterfaceNumber behind a port path, -1 when none is named */
	char port[8];    /* of TCP */
	char text[1024]; /* port path, serial, host, socket path, decoded; "" for none */
};

/* CCID_E_FORMAT with *why (static text; why may be NULL) when malformed; *out is written on success
 * only. */
CCID_MUST_USE
int ccid_address_parse(struct ccid_address *out, const char *text, const char **why);

/* Open what the address names. For the usb: forms that fit several interfaces the first one.
 * CCID_E_ARG for CCID_ADDRESS_USB_ALL and CCID_ADDRESS_OTHER; CCID_E_ACCESS when a
 * device that may not be read could fit; CCID_E_UNSUPPORTED for usbredir when it is not built in. */
CCID_MUST_USE
int ccid_address_open(struct ccid_transport **out, const struct ccid_address *a, const char *text,
                      const struct ccid_env *env, int64_t deadline);

struct ccid_usb_found;

/* Whether a scanned interface is one that a usb: address names. */
bool ccid_address_matches(const struct ccid_address *a, const struct ccid_usb_found *found);

/* Whether a device of which less is known may have one: what is 0 or "" in bus, dev, address, vid and
 * pid, serial is not known. */
bool ccid_address_may_match(const struct ccid_address *a, const struct ccid_usb_found *found);

#endif
