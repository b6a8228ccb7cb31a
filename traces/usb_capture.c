/* SPDX-License-Identifier: MIT */
#include "usb_capture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct usb_capture {
	struct ccid_usb_source base;
	struct ccid_capture c;
	uint64_t events;
};

static bool is_ours(uint32_t link)
{
	return link == CCID_LINKTYPE_USB_MMAP || link == CCID_LINKTYPE_USB_LINUX ||
	       link == CCID_LINKTYPE_USBPCAP;
}

static int decode(struct usb_capture *u, const struct ccid_pcapng_block *b,
                  struct ccid_usb_event *out)
{
	bool big = u->c.classic ? u->c.big : u->c.ng.big;
	int got;

	if (!is_ours(b->link)) {
		u->c.ng.foreign++;
		u->c.ng.foreign_link = b->link;
		return 0;
	}
	if (b->link == CCID_LINKTYPE_USBPCAP)
		got = ccid_usbpcap_decode(out, b->data, b->len);
	else
		got = ccid_usbmon_decode(out, b->data, b->len, b->link, big);
	u->base.format = b->link == CCID_LINKTYPE_USBPCAP ? "USBPcap" : "usbmon";
	out->time_ns = b->time_ns;
	out->frame = u->c.packets;
	return got > 0; /* a packet that was cut inside its header tells nothing */
}

static int finish(struct usb_capture *u)
{
	if (u->events == 0 && u->c.ng.foreign > 0)
		return ccid_pcapng_fail(&u->c.ng, CCID_E_FORMAT,
		                        "packets of link type %" PRIu32 ", none of USB",
		                        u->c.ng.foreign_link);
	return 0;
}

static int next(struct ccid_usb_source *s, struct ccid_usb_event *out)
{
	struct usb_capture *u = (struct usb_capture *)s;
	struct ccid_pcapng_block b;
	int got;

	while ((got = ccid_capture_next(&u->c, &b)) == 1) {
		if (decode(u, &b, out) == 1) {
			u->events++;
			return 1;
		}
	}
	if (got == 0)
		got = finish(u);
	snprintf(s->problem, sizeof s->problem, "%s", u->c.ng.problem);
	return got;
}

static int again(struct ccid_usb_source *s)
{
	struct usb_capture *u = (struct usb_capture *)s;

	s->problem[0] = '\0';
	return ccid_capture_rewind(&u->c);
}

static void release(struct ccid_usb_source *s)
{
	struct usb_capture *u = (struct usb_capture *)s;

	ccid_capture_close(&u->c);
	free(u);
}

int ccid_usb_capture_open(struct ccid_usb_source **out, const struct ccid_capture *c)
{
	struct usb_capture *u = calloc(1, sizeof *u);
	struct ccid_capture own = *c;

	if (u == NULL) {
		ccid_capture_close(&own);
		return CCID_E_NOMEM;
	}
	u->c = own;
	u->base.next = next;
	u->base.rewind = again;
	u->base.close = release;
	u->base.in = &u->c.ng.in;
	u->base.format = "USB capture";
	*out = &u->base;
	return 0;
}
