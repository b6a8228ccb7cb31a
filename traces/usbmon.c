/* SPDX-License-Identifier: MIT */
/* Packets of Linux usbmon (Documentation/usb/usbmon.rst, "struct usbmon_packet"). */
#include "bytes.h"
#include "usb_capture.h"

#define ENOENT_LINUX     (-2)
#define ENODEV_LINUX     (-19)
#define EPIPE_LINUX      (-32)
#define EOVERFLOW_LINUX  (-75)
#define ECONNRESET_LINUX (-104)
#define ESHUTDOWN_LINUX  (-108)
#define EREMOTEIO_LINUX  (-121) /* less than was wanted */

/* usbmon writes in the byte order of its machine, and so does the capture around it. */
struct order {
	struct ccid_rd r;
	bool big;
};

static uint64_t take(struct order *o, size_t n)
{
	const uint8_t *at = ccid_rd_view(&o->r, n);
	uint64_t v = 0;

	for (size_t i = 0; at != NULL && i < n; i++)
		v = v << 8 | at[o->big ? i : n - 1 - i];
	return v;
}

static void set_status(struct ccid_usb_event *e, int32_t status)
{
	switch (status) {
	case 0:
	case EREMOTEIO_LINUX: e->status = CCID_REDIR_OK; break;
	case EPIPE_LINUX: e->status = CCID_REDIR_STALL; break;
	case EOVERFLOW_LINUX: e->status = CCID_REDIR_BABBLE; break;
	case ENOENT_LINUX:
	case ECONNRESET_LINUX: e->status = CCID_REDIR_CANCELLED; break;
	case ENODEV_LINUX:
	case ESHUTDOWN_LINUX:
		e->status = CCID_REDIR_CANCELLED;
		e->gone = true;
		break;
	default: e->status = CCID_REDIR_IOERROR; break;
	}
}

static bool set_kind(struct ccid_usb_event *e, uint64_t transfer)
{
	static const enum ccid_usb_kind kinds[] = {CCID_USB_BULK, CCID_USB_INTERRUPT,
	                                           CCID_USB_CONTROL, CCID_USB_BULK};

	if (transfer == 0 || transfer > 3)
		return false;
	e->kind = kinds[transfer];
	return true;
}

/* The bytes that follow: of an OUT request or of an IN answer. QEMU counts the header in, and a
 * capture may have been cut. */
static void set_data(struct ccid_usb_event *e, struct ccid_rd *r)
{
	bool carries = e->submit != ((e->endpoint & 0x80) != 0);

	if (!carries)
		return;
	e->len = r->left < e->length ? r->left : e->length;
	e->data = r->p;
}

int ccid_usbmon_decode(struct ccid_usb_event *out, const uint8_t *data, size_t len, uint32_t link,
                       bool big)
{
	size_t header = link == CCID_LINKTYPE_USB_MMAP ? 64 : 48;
	struct order o = {.r = ccid_rd(data, len), .big = big};
	struct ccid_usb_event e = {.id = take(&o, 8)};
	uint64_t type = take(&o, 1), transfer = take(&o, 1);
	const uint8_t *setup;
	int32_t status;

	e.endpoint = (uint8_t)take(&o, 1);
	e.device = (uint8_t)take(&o, 1);
	e.bus = (uint16_t)take(&o, 2);
	e.has_setup = take(&o, 1) == 0;
	take(&o, 1 + 8 + 4); /* whether there is data, and the time */
	status = (int32_t)(uint32_t)take(&o, 4);
	e.length = (uint32_t)take(&o, 4);
	take(&o, 4);
	setup = ccid_rd_view(&o.r, 8);
	ccid_rd_view(&o.r, header - 48);
	if (o.r.bad)
		return CCID_E_SHORT;
	if ((type != 'S' && type != 'C' && type != 'E') || !set_kind(&e, transfer))
		return 0;
	e.submit = type == 'S';
	e.has_setup = e.has_setup && e.submit && e.kind == CCID_USB_CONTROL;
	if (e.has_setup)
		memcpy(e.setup, setup, sizeof e.setup);
	if (!e.submit)
		set_status(&e, status);
	set_data(&e, &o.r);
	*out = e;
	return 1;
}
