/* SPDX-License-Identifier: MIT */
/* A trace in words: packets in, lines for people out, one line for each thing that was said. */
#ifndef CCID_EXPLAIN_H
#define CCID_EXPLAIN_H

#include "ccid_desc.h"
#include "message_text.h"
#include "redir_packet.h"

enum ccid_explain_kind {
	CCID_EXPLAIN_LINK,    /* hello, device_connect, reset, unplug, ... */
	CCID_EXPLAIN_CONTROL, /* a control request with its answer */
	CCID_EXPLAIN_COMMAND, /* a PC_to_RDR message */
	CCID_EXPLAIN_ANSWER,  /* a RDR_to_PC message */
	CCID_EXPLAIN_NOTIFY,  /* an interrupt message */
	CCID_EXPLAIN_TRANSFER /* stall, zero-length transfer, cancel: what is no message */
};

struct ccid_explain_line {
	enum ccid_explain_kind kind;
	enum ccid_trace_dir dir;
	uint64_t time_ns;
	uint64_t packet;  /* number of the packet that completed it, or was its last, from 1 */
	int slot, seq;    /* -1 when it has none; requests of ICCD tokens have slot 0 and no seq */
	bool error;       /* a failure: to be shown in red */
	const char *name; /* "PC_to_RDR_XfrBlock", "hello", "GET_DESCRIPTOR" */
	const char *text; /* what it means: "SELECT by name A0 00 .. , 12 bytes" */
	const uint8_t *data; /* the message, or payload, as recorded; NULL without */
	size_t len;
	const char *comment; /* of the packet, NULL without */
	/* Bytes of data that stand for anything, as the packets' comments say. */
	const struct ccid_mask_span *masks;
	size_t mask_count;
	uint8_t code; /* bMessageType; of a control request bRequest; else the type of the packet */
	uint16_t value; /* wValue of a control request */
	/* Of the slot of a CCID message, which has been learned; NULL for all else. */
	const struct ccid_message_context *context;
	uint8_t token; /* bInterfaceProtocol of the ICCD token that a request went to: 1, 2; else 0 */
};

#define CCID_EXPLAIN_STRING 64

/* What the packets so far told about the reader. */
struct ccid_explain_device {
	bool connected; /* device_connect came: connect is what it said */
	bool described; /* a CCID interface was read: iface (its desc is NULL) and desc */
	struct ccid_redir_connect connect;
	struct ccid_interface iface;
	struct ccid_class_desc desc;
	uint8_t index[3]; /* of the strings, 0 when not known */
	/* Manufacturer, product, serial number: printable ASCII, "" when not read. */
	char string[3][CCID_EXPLAIN_STRING];
};

struct ccid_explain;

/* line is called from inside ccid_explain_packet(); pointers live during the call. PINs in VERIFY,
 * CHANGE REFERENCE DATA and RESET RETRY COUNTER never appear in text (data is raw). */
CCID_MUST_USE
int ccid_explain_new(struct ccid_explain **out,
                     void (*line)(void *arg, const struct ccid_explain_line *line), void *arg);
/* Feed the packets of one trace in order. 0, or CCID_E_NOMEM. What cannot be understood becomes a
 * line that says so. */
CCID_MUST_USE
int ccid_explain_packet(struct ccid_explain *e, const struct ccid_trace_packet *packet);
/* No more packets come: an answer that is not whole is told. */
void ccid_explain_end(struct ccid_explain *e);
const struct ccid_explain_device *ccid_explain_device(const struct ccid_explain *e);
/* NULL is allowed. */
void ccid_explain_free(struct ccid_explain *e);

/* The whole file: open, explain, close. CCID_E_SHORT and CCID_E_FORMAT after the last good line;
 * problem as in ccid_trace_open(). */
CCID_MUST_USE
int ccid_explain_file(const char *path,
                      void (*line)(void *arg, const struct ccid_explain_line *line), void *arg,
                      char *problem, size_t cap);

#endif
