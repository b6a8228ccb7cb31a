/* SPDX-License-Identifier: MIT */
/* Captures that others made, as traces.
 *
 * What is read, recognised by content:
 *
 *   usbmon    pcap or pcapng of Linux usbmon, link types 189 and 220; QEMU's pcap= files
 *   usbpcap   pcap or pcapng of USBPcap (249), by its specification
 *   usbredir  usbredir bytes: pcapng of link type 147 with direction, cut in any way; or a raw dump
 *             of each direction, two files
 *   tcp       a capture of a usbredir connection: Ethernet (1), Linux cooked (113, 276), raw IP
 *             (101), IPv4 or IPv6
 *   log       the debug log of libccid and pcscd
 *   text      the text form of an exchange (traces/README.md), one transfer or message a line
 *
 * The file is read twice, in pieces: once to see which devices speak and what describes them, once
 * to convert. Memory does not depend on its length. Input that cannot be read twice is copied to a
 * temporary file first.
 *
 * What the capture does not hold is made up as far as its traffic allows (descriptors, the setting
 * of the configuration, requests whose end alone was captured) and marked as such in the comments
 * of the packets and of the file. Bytes that a capture cut off are zeros, and wildcards in a replay. */
#ifndef CCID_IMPORT_H
#define CCID_IMPORT_H

#include "trace_file.h"

enum ccid_import_format {
	CCID_IMPORT_ANY, /* recognise it; any other is insisted on */
	CCID_IMPORT_USBMON,
	CCID_IMPORT_USBPCAP,
	CCID_IMPORT_USBREDIR,
	CCID_IMPORT_TCP,
	CCID_IMPORT_LOG,
	CCID_IMPORT_TEXT,
};

struct ccid_import_options {
	enum ccid_import_format format;
	bool device_given; /* of bus.device; else the only one with CCID traffic */
	unsigned bus, device;
	unsigned port;  /* tcp: of either end; 0 for the connection that begins as usbredir does */
	bool keep_pins; /* else they are masked as the recorder masks them */
	const char *second; /* usbredir: the raw dump of the other direction, or NULL */
	/* Called now and then with the bytes read so far, of both rounds; total 0 when it cannot be
	 * told. NULL for none. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

struct ccid_import_report {
	const char *format;   /* as named above. Static */
	unsigned bus, device; /* the device imported; 0 where there are no such numbers */
	uint64_t packets;     /* written */
	uint64_t masked;      /* of them, with a PIN masked */
	uint64_t lost;        /* ends of requests whose beginning was not captured, left out */
	uint64_t foreign;     /* transfers of other interfaces of the device, left out */
	char made[CCID_TRACE_SECTION_MAX];    /* what was made up, "" when nothing was */
	char problem[CCID_TRACE_PROBLEM_MAX]; /* one line, with the place in the file */
};

/* "usbmon", ... as above; CCID_IMPORT_ANY for an unknown name. */
enum ccid_import_format ccid_import_format_named(const char *name);

/* Convert the file at path ("-" is standard input) to a trace on fd, which stays the caller's and
 * is written in order, from where it stands. options may be NULL. report is always filled in.
 *
 * 0; or, with report->problem:
 * CCID_E_SHORT the file is cut off, CCID_E_FORMAT it is damaged or of no known kind: when
 * report->packets is not 0, what came before is in the trace, which is complete as far as it goes;
 * CCID_E_NOTFOUND no such file, no reader in it, or several and none was chosen (they are listed);
 * CCID_E_ACCESS, CCID_E_IO, CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_import(const char *path, int fd, const struct ccid_import_options *options,
                struct ccid_import_report *report);

#endif
