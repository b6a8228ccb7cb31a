/* SPDX-License-Identifier: MIT */
/* What any capture of USB traffic says, in one form: a request is made, or it ends. */
#ifndef CCID_USB_EVENT_H
#define CCID_USB_EVENT_H

#include "redir_packet.h"

enum ccid_usb_kind {
	CCID_USB_CONTROL,
	CCID_USB_BULK,
	CCID_USB_INTERRUPT,
};

/* One event; pointers live until the next. A capture may know a request's end only, or (USBPcap
 * headers, logs) never say how much was asked for. */
struct ccid_usb_event {
	bool submit; /* the request is made; else it ends */
	enum ccid_usb_kind kind;
	uint16_t bus;
	uint8_t device, endpoint; /* endpoint with its direction bit */
	uint8_t status;           /* of an end: enum ccid_redir_status */
	bool gone;                /* and it ended because the device or its endpoint went away */
	bool has_setup;
	uint8_t setup[8];
	uint64_t id, time_ns;
	uint64_t frame; /* packet or line of the capture, from 1 */
	const uint8_t *data;
	size_t len;
	uint32_t length;  /* bytes wanted (0: not known), or really transferred; more than len when
	                  * the capture cut */
	const char *note; /* for people, NULL without */
};

/* What a source tells beside its events. */
struct ccid_usb_identity {
	uint16_t vid, pid; /* 0 when not known */
	char product[64];  /* "" when not known */
	bool messages; /* events are whole messages: how they were cut into transfers is not known */
};

/* A file that holds such events. All are filled in by its opener. */
struct ccid_usb_source {
	/* 1, 0 at the end, CCID_E_SHORT, CCID_E_FORMAT, CCID_E_IO, CCID_E_NOMEM: problem then says
	 * what and where. */
	int (*next)(struct ccid_usb_source *s, struct ccid_usb_event *out);
	int (*rewind)(struct ccid_usb_source *s);
	void (*close)(struct ccid_usb_source *s);
	/* Set identity to what is known of this device, after a round. NULL when there is but one. */
	void (*identify)(struct ccid_usb_source *s, uint16_t bus, uint8_t device);
	struct ccid_input *in;
	const char *format; /* "usbmon", ... */
	struct ccid_usb_identity identity;
	char problem[CCID_TRACE_PROBLEM_MAX];
};

#endif
