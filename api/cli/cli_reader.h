/* SPDX-License-Identifier: MIT */
/* Readers as people name them: by name, a unique part of it, number in the list, or address. */
#ifndef CLI_READER_H
#define CLI_READER_H

#include "transport_usb.h"

#include <iscard/iscard.h>

#include <stdbool.h>

struct cli_reader {
	iscard_context *context;
	struct iscard_reader_list *list;
	const struct iscard_reader *found; /* in list */
};

/* Whether text is a reader address ("replay:FILE", "usb:1-2", ...) and not a name. */
bool cli_is_address(const char *text);

/* Make the context: ISCARD_READERS, ISCARD_TRACE and ISCARD_LOG hold, unless readers (addresses) or
 * trace (a file to record to) take the place of the first two. Returns an exit code, after a
 * message. */
int cli_context_open(iscard_context **context, const char *readers, const char *trace);

/* Find the one reader that text names; trace as above. On success close it with
 * cli_reader_close(). Returns an exit code, after one clear line. */
int cli_reader_find(struct cli_reader *r, const char *text, const char *trace);
/* The same for one that may be out of reach: found->result says why. */
int cli_reader_look(struct cli_reader *r, const char *text, const char *trace);
void cli_reader_close(struct cli_reader *r);

/* Index of the one reader of a list that text names; -1 when none is, -2 when several are. */
long cli_reader_choose(const struct iscard_reader_list *list, const char *text);
/* Say so; returns the exit code. */
int cli_reader_missing(const struct iscard_reader_list *list, const char *text);
int cli_reader_several(const struct iscard_reader_list *list, const char *text);

/* Say in one line what failed on a reader and what to do about it; returns the exit code. */
int cli_report(const struct iscard_reader *reader, const char *what, HRESULT hr);

/* Find the USB interface behind an address that the list gave. False when there is none. */
bool cli_usb_find(struct ccid_usb_found *out, const char *address);

/* "2 USB readers ..." on standard error when denied is not 0. */
void cli_warn_denied(unsigned denied);

#endif
