/* SPDX-License-Identifier: MIT */
/* Inside the usbredir front end. Not for tests. */
#ifndef EMU_REDIR_PRIV_H
#define EMU_REDIR_PRIV_H

#include "emu_redir.h"

#include <usbredirparser.h>

#define PENDING_MAX  64
#define TRANSFER_MAX (128u * 1024u)

struct pending {
	uint64_t id;
	struct usb_redir_bulk_packet_header h;
	uint8_t *data; /* OUT: ours; the parser frees it */
	size_t len;
};

struct emu_redir {
	struct usbredirparser *parser;
	struct emu_device *d;
	int64_t now;
	const uint8_t *in; /* while input() runs */
	size_t in_left;
	uint8_t *out; /* while output() runs */
	size_t out_left, out_len;
	struct pending pending[PENDING_MAX];
	unsigned n_pending;
	bool connected, broken, int_on;
	uint8_t int_ep;
	uint64_t int_id;
	uint8_t buf[TRANSFER_MAX];
};

/* Callbacks for what a guest may send although this host has not announced it, or that needs no
 * answer; the library calls them unchecked. */
void emu_redir_refuse(struct usbredirparser *p);

#endif
