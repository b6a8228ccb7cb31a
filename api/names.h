/* SPDX-License-Identifier: MIT */
/* Reader names: "Vendor Product [Interface] (SERIAL) 00 00". */
#ifndef CCID_NAMES_H
#define CCID_NAMES_H

#include "transport.h"

#define CCID_NAME_MAX (4 * CCID_TEXT_MAX + 32)

/* Numbers given out: of equal readers each keeps the lowest that was free, bound to its place. Of those
 * not asked for in the current look the oldest are forgotten, so that a device with ever new serial
 * numbers does not fill the memory. */
struct ccid_names {
	struct ccid_name *first; /* the last that was asked for */
	unsigned count, look;
};
#define CCID_NAMES_MAX 256 /* remembered, if no more are there */

/* The name without the two numbers. What is unknown is left out; a reader without any text becomes
 * "Reader 1234:5678" by its USB ids. */
void ccid_name_base(char *out, size_t cap, const struct ccid_identity *id);

/* A look at what is there begins. */
void ccid_names_look(struct ccid_names *names);

/* The number of the reader called base at this place: the one it has had, or the lowest free one.
 * CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_names_number(struct ccid_names *names, const char *base, const char *place);

/* The look is over and has passed over nothing. A place without port ("usb:BUS/DEVICE") is another one
 * after each plugging in: those that were not asked for give their numbers back. */
void ccid_names_looked(struct ccid_names *names);

/* Put the name together. */
void ccid_name_full(char *out, size_t cap, const char *base, unsigned number, unsigned slot);

void ccid_names_free(struct ccid_names *names);

#endif
