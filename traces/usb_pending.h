/* SPDX-License-Identifier: MIT */
/* USB requests that have not ended yet. Of more than are kept the oldest are forgotten. */
#ifndef CCID_USB_PENDING_H
#define CCID_USB_PENDING_H

#include "usb_event.h"

#define CCID_USB_PENDING 64

struct ccid_usb_request {
	bool used;
	uint16_t bus;
	uint8_t device, endpoint;
	enum ccid_usb_kind kind;
	uint8_t setup[8];
	uint64_t id;
	uint64_t number; /* the caller's */
};

/* Zero-initialise. */
struct ccid_usb_pending {
	struct ccid_usb_request request[CCID_USB_PENDING];
	unsigned next;
};

struct ccid_usb_request *ccid_usb_pending_add(struct ccid_usb_pending *p,
                                              const struct ccid_usb_event *e);
/* The request that ends, forgotten; valid until the next call. NULL when it was not seen. */
const struct ccid_usb_request *ccid_usb_pending_take(struct ccid_usb_pending *p,
                                                     const struct ccid_usb_event *e);

/* Fields of a setup packet. */
static inline uint16_t ccid_setup_value(const uint8_t setup[8])
{
	return (uint16_t)(setup[2] | setup[3] << 8);
}
static inline uint16_t ccid_setup_index(const uint8_t setup[8])
{
	return (uint16_t)(setup[4] | setup[5] << 8);
}
static inline uint16_t ccid_setup_length(const uint8_t setup[8])
{
	return (uint16_t)(setup[6] | setup[7] << 8);
}

#endif
