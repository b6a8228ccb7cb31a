/* SPDX-License-Identifier: MIT */
/* Captures: packets of any link type out of a pcapng or a classic pcap file. */
#ifndef CCID_CAPTURE_READ_H
#define CCID_CAPTURE_READ_H

#include "pcapng_read.h"

#define CCID_LINKTYPE_USB_LINUX 189u /* usbmon, header of 48 bytes */
#define CCID_LINKTYPE_USB_MMAP  220u /* usbmon, header of 64 bytes */
#define CCID_LINKTYPE_USBPCAP   249u

struct ccid_capture {
	struct ccid_pcapng ng; /* its input serves both forms */
	bool classic, big, nanoseconds;
	uint32_t link; /* of a classic file */
	uint64_t packets;
};

/* Take over an input that is open and at its start: true when it looks like a capture. */
bool ccid_capture_fits(struct ccid_input *in);
/* problem of c->ng says what is wrong, here and below; CCID_E_FORMAT. in is closed with c, in case
 * of failure too. */
CCID_MUST_USE
int ccid_capture_open(struct ccid_capture *c, const struct ccid_input *in);
/* As ccid_pcapng_next(). */
CCID_MUST_USE
int ccid_capture_next(struct ccid_capture *c, struct ccid_pcapng_block *out);
CCID_MUST_USE
int ccid_capture_rewind(struct ccid_capture *c);
void ccid_capture_close(struct ccid_capture *c);

#endif
