/* SPDX-License-Identifier: MIT */
/* Packets of USBPcap (desowin.org/usbpcap/captureformat.html). Written by that text: no capture of
 * a real Windows machine was at hand. */
#include "bytes.h"
#include "usb_capture.h"

#define HEADER      27u
#define FROM_DEVICE 0x01 /* of info */

enum {
	STAGE_SETUP = 0,
	STAGE_DATA = 1,
	STAGE_STATUS = 2,
	STAGE_COMPLETE = 3
};

/* USBD_STATUS values of the Windows driver kit. */
static void set_status(struct ccid_usb_event *e, uint32_t status)
{
	switch (status) {
	case 0:
	case 0xC0000009u: e->status = CCID_REDIR_OK; break; /* less than was wanted */
	case 0xC0000004u:
	case 0xC0000030u: e->status = CCID_REDIR_STALL; break;
	case 0xC0000008u:
	case 0xC000000Cu:
	case 0xC0000012u: e->status = CCID_REDIR_BABBLE; break;
	case 0xC0010000u: e->status = CCID_REDIR_CANCELLED; break;
	case 0xC0007000u:
		e->status = CCID_REDIR_CANCELLED;
		e->gone = true;
		break;
	default: e->status = CCID_REDIR_IOERROR; break;
	}
}

static void set_data(struct ccid_usb_event *e, struct ccid_rd *r, uint32_t length)
{
	e->length = length;
	e->len = r->left < length ? r->left : length;
	e->data = e->len > 0 ? r->p : NULL;
}

/* A setup stage carries the setup packet, and since 1.3 the data of an OUT request behind it; older
 * ones send that data as a stage of its own. An answer's data comes as data stage (old) or complete
 * stage; the old status stage ends a request that had no data. */
static int set_control(struct ccid_usb_event *e, struct ccid_rd *r, uint8_t stage, uint32_t length)
{
	const uint8_t *setup;

	e->kind = CCID_USB_CONTROL;
	if (stage == STAGE_SETUP) {
		setup = ccid_rd_view(r, 8);
		if (setup == NULL || length < 8)
			return CCID_E_SHORT;
		e->submit = true;
		e->has_setup = true;
		memcpy(e->setup, setup, 8);
		e->endpoint = (uint8_t)(e->endpoint & 0x7F) | (setup[0] & 0x80);
		set_data(e, r, length - 8);
		if ((setup[0] & 0x80) != 0)
			e->length = setup[6] | (uint32_t)setup[7] << 8;
		return 1;
	}
	if (stage == STAGE_DATA && e->submit)
		return 0;
	e->submit = false;
	set_data(e, r, length);
	return 1;
}

int ccid_usbpcap_decode(struct ccid_usb_event *out, const uint8_t *data, size_t len)
{
	struct ccid_rd r = ccid_rd(data, len);
	size_t header = ccid_rd_le16(&r);
	struct ccid_usb_event e = {.id = ccid_rd_le32(&r)};
	uint32_t status, length;
	uint8_t transfer, stage;

	e.id |= (uint64_t)ccid_rd_le32(&r) << 32;
	status = ccid_rd_le32(&r);
	ccid_rd_le16(&r); /* URB function */
	e.submit = (ccid_rd_u8(&r) & FROM_DEVICE) == 0;
	e.bus = ccid_rd_le16(&r);
	e.device = (uint8_t)ccid_rd_le16(&r);
	e.endpoint = ccid_rd_u8(&r);
	transfer = ccid_rd_u8(&r);
	length = ccid_rd_le32(&r);
	stage = header > HEADER && r.left > 0 ? r.p[0] : STAGE_COMPLETE;
	ccid_rd_view(&r, header >= HEADER ? header - HEADER : SIZE_MAX);
	if (r.bad)
		return CCID_E_SHORT;
	if (!e.submit)
		set_status(&e, status);
	*out = e;
	if (transfer == 2)
		return set_control(out, &r, stage, length);
	if (transfer != 1 && transfer != 3)
		return 0;
	out->kind = transfer == 1 ? CCID_USB_INTERRUPT : CCID_USB_BULK;
	set_data(out, &r, length);
	return 1;
}
