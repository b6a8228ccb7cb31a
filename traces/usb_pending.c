/* SPDX-License-Identifier: MIT */
#include "usb_pending.h"

#include <string.h>

struct ccid_usb_request *ccid_usb_pending_add(struct ccid_usb_pending *p,
                                              const struct ccid_usb_event *e)
{
	struct ccid_usb_request *r = &p->request[p->next++ % CCID_USB_PENDING];

	*r = (struct ccid_usb_request){
		.used = true,
		.bus = e->bus,
		.device = e->device,
		.endpoint = e->endpoint,
		.kind = e->kind,
		.id = e->id,
	};
	memcpy(r->setup, e->setup, sizeof r->setup);
	return r;
}

static bool fits(const struct ccid_usb_request *r, const struct ccid_usb_event *e)
{
	return r->used && r->id == e->id && r->kind == e->kind && r->bus == e->bus &&
	       r->device == e->device &&
	       (r->kind == CCID_USB_CONTROL || r->endpoint == e->endpoint);
}

/* The newest first: most requests end before the next is made. */
const struct ccid_usb_request *ccid_usb_pending_take(struct ccid_usb_pending *p,
                                                     const struct ccid_usb_event *e)
{
	for (unsigned i = 1; i <= CCID_USB_PENDING; i++) {
		struct ccid_usb_request *r = &p->request[(p->next - i) % CCID_USB_PENDING];

		if (fits(r, e)) {
			r->used = false;
			return r;
		}
	}
	return NULL;
}
