/* SPDX-License-Identifier: MIT */
/* The same tests over unmodified libusb. In an environment with ISCARD_OVER_USB (the socket of
 * usbfs_run -S) a transport that stands in for a reader is not called by the driver: each operation is
 * the libusb transport's, over FUSE, and the stand-in says what the device and the kernel do. Every
 * result must be the stand-in's; where transport.h lets a failure show later or by another name, the
 * driver gets to see libusb's. Time stays the test's. Without the variable nothing of this happens.
 *
 * ISCARD_TEST_ONLY and ISCARD_TEST_BUT choose tests by name, with * and ?. */
#ifndef OVER_USB_H
#define OVER_USB_H

#include "transport.h"

/* Put libusb in front of t, which is just made. One at a time. CCID_E_NOMEM, and t is as it was. */
CCID_MUST_USE
int over_usb(struct ccid_transport *t);

/* t wraps inner: libusb comes before t, no longer before inner. */
void over_usb_instead(struct ccid_transport *t, struct ccid_transport *inner);

#endif
