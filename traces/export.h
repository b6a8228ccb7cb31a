/* SPDX-License-Identifier: MIT */
/* Traces for other programs, and for people.
 *
 *   usbmon  pcapng of link type 220, as Linux usbmon writes: Wireshark shows USB and USBCCID
 *   text    the text form of an exchange (traces/README.md), a transfer a line
 *   jsonl   one JSON object for each event: a request that is made, or ends
 *
 * PINs are masked on the way, even where the trace has them.
 *
 * The trace is read once, in pieces; memory does not depend on its length. */
#ifndef CCID_EXPORT_H
#define CCID_EXPORT_H

#include "trace_file.h"

enum ccid_export_format {
	CCID_EXPORT_NONE,
	CCID_EXPORT_USBMON,
	CCID_EXPORT_TEXT,
	CCID_EXPORT_JSONL,
};

struct ccid_export_report {
	uint64_t packets;                     /* of the trace, read */
	uint64_t events;                      /* written */
	char problem[CCID_TRACE_PROBLEM_MAX]; /* one line, with the place in the file */
};

/* "usbmon", "text", "jsonl"; CCID_EXPORT_NONE for an unknown name. */
enum ccid_export_format ccid_export_format_named(const char *name);

/* Convert the trace at path ("-" is standard input) to fd, which stays the caller's and is written
 * in order. progress is called now and then, NULL for none. 0; or, with report->problem: what
 * ccid_trace_open() and ccid_trace_next() return (what came before is written, and complete as far
 * as it goes), CCID_E_IO when fd cannot be written, CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_export(const char *path, int fd, enum ccid_export_format format,
                void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg,
                struct ccid_export_report *report);

#endif
