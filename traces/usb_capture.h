/* SPDX-License-Identifier: MIT */
/* USB captures as sources of events: usbmon (link types 189 and 220; QEMU's pcap= files too) and
 * USBPcap (249). */
#ifndef CCID_USB_CAPTURE_H
#define CCID_USB_CAPTURE_H

#include "capture_read.h"
#include "usb_event.h"

/* One packet of the capture as an event: 1, 0 when it tells nothing (isochronous, or the stages of
 * a control transfer in between), CCID_E_SHORT when it is shorter than its header. id, frame and
 * time are left to the caller. big: byte order of the capturing machine. */
CCID_MUST_USE
int ccid_usbmon_decode(struct ccid_usb_event *out, const uint8_t *data, size_t len, uint32_t link,
                       bool big);
CCID_MUST_USE
int ccid_usbpcap_decode(struct ccid_usb_event *out, const uint8_t *data, size_t len);

/* A source on a capture that is open and at its start; owns it, in case of failure too. */
CCID_MUST_USE
int ccid_usb_capture_open(struct ccid_usb_source **out, const struct ccid_capture *c);

#endif
