/* SPDX-License-Identifier: MIT */
/* The libusb transport. No device discovery, no thread, no libusb time-out. */
#ifndef CCID_TRANSPORT_USB_H
#define CCID_TRANSPORT_USB_H

#include "profile.h"

/* A CCID interface found on a bus. */
struct ccid_usb_found {
	struct ccid_identity id; /* address "usb:BUS-PORT.PORT", or "usb:BUS/DEV" without sysfs;
	                              * "#INTERFACE" behind it for all but the first */
	uint8_t bus, dev;
	uint8_t interface;           /* bInterfaceNumber */
	uint8_t ninterfaces;         /* CCID interfaces of this device */
	char node[64];               /* "/dev/bus/usb/001/004" */
	struct ccid_class_desc desc; /* as claimed */
	struct ccid_wiring wiring;
};

struct ccid_address;

/* Visit every CCID interface below /dev/bus/usb (sysfs adds port path and strings; a node alone is
 * enough) that a usb: address names; NULL: all. Sorted by bus and device. fn returns 0 to go on, else
 * its result is returned. A device that cannot be read is logged and passed over; *denied counts those
 * that may be meant and are refused for lack of permission, a folder of them as one (may be NULL). CCID_E_NOMEM, also without descriptors left: what
 * is there is then not known. */
CCID_MUST_USE
int ccid_usb_scan(const struct ccid_env *env, const struct ccid_address *only,
                  int (*fn)(void *arg, const struct ccid_usb_found *found), void *arg,
                  unsigned *denied);

/* Open and claim. Kernel driver detached, given back at close. CCID_E_ACCESS, CCID_E_BUSY,
 * CCID_E_GONE, CCID_E_NOMEM, CCID_E_IO. */
CCID_MUST_USE
int ccid_transport_open_usb(struct ccid_transport **out, const struct ccid_usb_found *found,
                            const struct ccid_env *env);

/* The same on an open usbfs node; the descriptor is duplicated. interface -1: the first one.
 * CCID_E_NOTFOUND when fd is not open, or not on such a node for reading. */
CCID_MUST_USE
int ccid_transport_open_usb_fd(struct ccid_transport **out, int fd, int interface,
                               const struct ccid_env *env);

/* Who holds the node open: "pid NNN (name)" of the first other process that can be seen, or "". */
void ccid_usb_holder(char *out, size_t cap, const char *node);

#endif
