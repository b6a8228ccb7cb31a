/* SPDX-License-Identifier: MIT */
/* How an imported trace begins: the device, as a usbredir host would have told of it. */
#ifndef CCID_IMPORT_INTRO_H
#define CCID_IMPORT_INTRO_H

#include "import_out.h"
#include "import_survey.h"

/* The device as the trace tells of it. */
struct ccid_import_device {
	uint8_t device_desc[18];
	uint8_t config[4096];
	size_t config_len;
	const char *product; /* string 1 of a device descriptor that was made up, or NULL */
	bool made_device, made_config;
	bool read_config; /* not read before the traffic: the trace begins with a read of it */
	bool set_configuration; /* likewise */
	uint8_t speed;
	struct ccid_interface iface;
};

/* From what was captured, the rest from what the traffic tells. False when that is too little (a
 * device without bulk endpoints, or a descriptor beyond 4096 bytes). */
bool ccid_import_describe(struct ccid_import_device *out, const struct ccid_survey_device *d,
                          const struct ccid_usb_identity *identity);
/* What was made up, for the comment of the whole file; "" when nothing was. */
void ccid_import_tell(const struct ccid_import_device *d, char *out, size_t cap);

void ccid_import_introduce(struct ccid_import_out *o, const struct ccid_import_device *d,
                           uint64_t time_ns);
/* Before the first transfer, and after a reset: the configuration, when the capture did not see it
 * set, and the interrupt stream. */
void ccid_import_start(struct ccid_import_out *o, const struct ccid_import_device *d,
                       uint64_t time_ns);

#endif
