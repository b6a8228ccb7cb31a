/* SPDX-License-Identifier: MIT */
/* What the exporters share: packets become events (export.c), a format writes them. */
#ifndef CCID_EXPORT_PRIV_H
#define CCID_EXPORT_PRIV_H

#include "export.h"
#include "usb_event.h"

#include <stdio.h>

#define CCID_EXPORT_BUS 1

struct ccid_export_job;

struct ccid_export_writer {
	size_t header; /* bytes that the format puts before the data of a transfer */
	int (*begin)(struct ccid_export_job *j); /* 0 or CCID_E_NOMEM; NULL for none */
	void (*event)(struct ccid_export_job *j, const struct ccid_usb_event *e);
	void (*end)(struct ccid_export_job *j); /* NULL for none */
};

struct ccid_export_job {
	const struct ccid_export_writer *writer;
	FILE *f;
	struct ccid_export_report *report;
	uint8_t device;       /* number, counted up with each device_connect */
	uint16_t vid, pid;    /* of the device_connect */
	uint8_t intr;         /* endpoint whose stream runs, 0 for none */
	uint64_t interrupts;  /* requests on it so far */
	uint64_t got_alt[16]; /* ids + 1 of get_alt_setting requests */
	unsigned got_alts;
	char note[CCID_TRACE_COMMENT_MAX + 1]; /* of the present event */
	void *own;                             /* of the writer */
};

extern const struct ccid_export_writer ccid_export_usbmon, ccid_export_text, ccid_export_jsonl;

/* "0A1B2C", without blanks. */
void ccid_export_hex(FILE *f, const uint8_t *data, size_t len, bool upper);

#endif
