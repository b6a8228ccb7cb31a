/* SPDX-License-Identifier: MIT */
/* The first look at a capture: which devices speak in it, and what describes them. */
#ifndef CCID_IMPORT_SURVEY_H
#define CCID_IMPORT_SURVEY_H

#include "import_guess.h"
#include "usb_pending.h"

#define CCID_SURVEY_DEVICES 256

struct ccid_survey_device {
	uint16_t bus;
	uint8_t device;
	uint8_t device_desc[18];
	bool has_device, configured; /* its descriptor, SET_CONFIGURATION were captured */
	uint8_t *config; /* the configuration descriptor, whole; NULL when not captured */
	size_t config_len;
	uint64_t config_frame, first_bulk; /* frames; 0 for never */
	uint64_t zero_from, zero_to;       /* frames in which it was device 0 */
	struct ccid_guess guess;
	uint8_t bulk_out, bulk_in, intr; /* endpoints of its CCID traffic, 0 when there is none */
	uint64_t commands;               /* CCID commands, requests of ICCD tokens included */
	size_t out_left, in_left;        /* of the message under way */
};

/* Zero-initialise. */
struct ccid_survey {
	struct ccid_survey_device *device[CCID_SURVEY_DEVICES];
	size_t devices;
	struct ccid_usb_pending pending;
	uint64_t events;
	bool full; /* there were more devices */
};

/* CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_survey_event(struct ccid_survey *s, const struct ccid_usb_event *e);
void ccid_survey_free(struct ccid_survey *s);

/* The device to import: bus and device when given, else the only one with CCID traffic. NULL with a
 * problem in one line (cap bytes), which lists the candidates when there are several. */
struct ccid_survey_device *ccid_survey_choose(const struct ccid_survey *s, bool given, unsigned bus,
                                              unsigned device, char *problem, size_t cap);

/* The CCID interface of the configuration descriptor that the traffic used, else the first. */
bool ccid_survey_interface(const struct ccid_survey_device *d, struct ccid_interface *out);

#endif
