/* SPDX-License-Identifier: MIT */
/* USB events of one device in, usbredir packets out. */
#ifndef CCID_IMPORT_CONVERT_H
#define CCID_IMPORT_CONVERT_H

#include "import_intro.h"

struct ccid_import_convert {
	struct ccid_import_out *out;
	const struct ccid_survey_device *survey;
	const struct ccid_import_device *device;
	struct ccid_usb_pending pending;
	bool introduced, started; /* the interrupt stream */
	bool gone;                /* the last that was heard of the device is that it went away */
	uint64_t gone_ns, last_ns;
	uint64_t lost;    /* ends of requests that the capture has not */
	uint64_t foreign; /* transfers of other interfaces of the device, left out */
};

/* out, survey and device must live as long; the rest is zero. */
void ccid_import_convert_event(struct ccid_import_convert *c, const struct ccid_usb_event *e);
/* After the last event. */
void ccid_import_convert_end(struct ccid_import_convert *c);

#endif
