/* SPDX-License-Identifier: MIT */
/* Text that tells of USB traffic, a line at a time: what the sources of text and logs share. */
#ifndef CCID_LINES_H
#define CCID_LINES_H

#include "input.h"
#include "usb_event.h"

#define CCID_LINE_MAX   (1u << 18)
#define CCID_LINE_DATA  (CCID_LINE_MAX / 2) /* bytes that a line can tell */
#define CCID_LINE_QUEUE 2

/* A line may tell of two events: a request, and its end. */
struct ccid_lines {
	struct ccid_usb_source base;
	struct ccid_input input;
	uint64_t line;    /* number of the present one, from 1 */
	uint64_t start;   /* where it begins */
	uint64_t time_us; /* since the first line */
	uint64_t id;      /* of the newest request */
	uint8_t *data;    /* CCID_LINE_DATA bytes, of the present line */
	char *text;       /* CCID_LINE_MAX + 1 bytes, the present line */
	size_t high;      /* the longest line so far */
	char note[96];    /* for the next event */
	struct ccid_usb_event queue[CCID_LINE_QUEUE];
	unsigned queued, handed;
	uint8_t out, in, intr; /* endpoints */
	/* Take one line apart (len bytes and what was joined, without its end, then a NUL): 0, or CCID_E_FORMAT and a
	 * problem. */
	int (*take)(struct ccid_lines *l, char *text, size_t len);
	/* How many bytes in hex this line still wants, which may stand alone in the next ones: mail
	 * programs break long lines. NULL: none ever does. May clean text up. */
	size_t (*wants)(struct ccid_lines *l, char *text);
	void (*start_again)(struct ccid_lines *l); /* or NULL */
};

/* Set up what all have; input is owned from now on. CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_lines_init(struct ccid_lines *l, const struct ccid_input *in, const char *format);
void ccid_lines_close(struct ccid_usb_source *s); /* frees l */

/* Queue what a line tells, of device bus.device. data lives in l->data. */
void ccid_lines_out(struct ccid_lines *l, uint16_t bus, uint8_t device, size_t len, size_t whole);
void ccid_lines_in(struct ccid_lines *l, uint16_t bus, uint8_t device, enum ccid_usb_kind kind,
                   uint8_t status, size_t len, size_t whole);
/* Nothing came. */
void ccid_lines_none(struct ccid_lines *l, uint16_t bus, uint8_t device);
void ccid_lines_control(struct ccid_lines *l, uint16_t bus, uint8_t device, const uint8_t setup[8],
                        uint8_t status, size_t len);

/* Hex digits in pairs, blanks between the pairs allowed: bytes stored in l->data. *end is where
 * they end. */
size_t ccid_lines_hex(struct ccid_lines *l, const char *text, const char **end);
/* The value of a hex digit, -1 when it is none. */
int ccid_hex_digit(char c);

/* problem, with the number of the line and its offset; returns CCID_E_FORMAT. */
int ccid_lines_fail(struct ccid_lines *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The next line of an input: its length without the end, -1 at the end of the file or on failure,
 * -2 when it is longer than CCID_LINE_MAX. *taken: bytes to skip for the next. */
long ccid_input_line(struct ccid_input *in, const uint8_t **line, size_t *taken);

/* The sources. *in is open and at its start; it is owned, in case of failure too. */
bool ccid_text_fits(struct ccid_input *in);
CCID_MUST_USE
int ccid_text_open_source(struct ccid_usb_source **out, const struct ccid_input *in);
/* Reads on to the first line with a message, and goes back. */
bool ccid_log_fits(struct ccid_input *in);
CCID_MUST_USE
int ccid_log_open_source(struct ccid_usb_source **out, const struct ccid_input *in);

#endif
