/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include "bytes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define WANTED 65556u

int ccid_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t ccid_lines_hex(struct ccid_lines *l, const char *text, const char **end)
{
	size_t n = 0;

	for (;;) {
		const char *at = text;

		while (*at == ' ')
			at++;
		if (ccid_hex_digit(at[0]) < 0 || ccid_hex_digit(at[1]) < 0 || n == CCID_LINE_DATA)
			break;
		l->data[n++] = (uint8_t)(ccid_hex_digit(at[0]) << 4 | ccid_hex_digit(at[1]));
		text = at + 2;
	}
	*end = text;
	return n;
}

int ccid_lines_fail(struct ccid_lines *l, const char *fmt, ...)
{
	char *out = l->base.problem;
	size_t cap = sizeof l->base.problem, at;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out, cap, fmt, ap);
	va_end(ap);
	at = strlen(out);
	snprintf(out + at, cap - at, " (line %" PRIu64 " at offset %" PRIu64 ")", l->line,
	         l->start);
	return CCID_E_FORMAT;
}

long ccid_input_line(struct ccid_input *in, const uint8_t **line, size_t *taken)
{
	size_t seen = 0, ready = ccid_input_ready(in);

	for (;;) {
		const uint8_t *at = ccid_input_peek(in, ready), *end = NULL;

		if (at != NULL && ready > seen)
			end = memchr(at + seen, '\n', ready - seen);
		*line = at;
		*taken = end != NULL ? (size_t)(end - at) + 1 : ready;
		if (end != NULL)
			return (long)(end - at);
		if (ready > CCID_LINE_MAX)
			return -2;
		seen = ready;
		if (ccid_input_peek(in, ready + 1) == NULL)
			break;
		ready = ccid_input_ready(in);
	}
	if (in->failed != 0 || seen == 0)
		return -1;
	*line = ccid_input_peek(in, seen);
	return (long)seen;
}

static struct ccid_usb_event *queue(struct ccid_lines *l, uint16_t bus, uint8_t device,
                                    enum ccid_usb_kind kind, uint8_t endpoint)
{
	struct ccid_usb_event *e = &l->queue[l->queued++];

	*e = (struct ccid_usb_event){
		.kind = kind,
		.bus = bus,
		.device = device,
		.endpoint = endpoint,
		.id = l->id,
		.time_ns = l->time_us * 1000u,
		.frame = l->line,
	};
	return e;
}

static void set_data(struct ccid_lines *l, struct ccid_usb_event *e, size_t len, size_t whole)
{
	e->data = l->data;
	e->len = len;
	e->length = (uint32_t)(whole > len ? whole : len);
	if (l->note[0] != '\0')
		e->note = l->note;
}

void ccid_lines_out(struct ccid_lines *l, uint16_t bus, uint8_t device, size_t len, size_t whole)
{
	struct ccid_usb_event *e;

	l->id++;
	e = queue(l, bus, device, CCID_USB_BULK, l->out);
	e->submit = true;
	set_data(l, e, len, whole);
	e = queue(l, bus, device, CCID_USB_BULK, l->out);
	e->length = l->queue[0].length;
}

void ccid_lines_in(struct ccid_lines *l, uint16_t bus, uint8_t device, enum ccid_usb_kind kind,
                   uint8_t status, size_t len, size_t whole)
{
	struct ccid_usb_event *e;

	l->id++;
	e = queue(l, bus, device, kind, kind == CCID_USB_BULK ? l->in : l->intr);
	e->status = status;
	set_data(l, e, len, whole);
}

void ccid_lines_none(struct ccid_lines *l, uint16_t bus, uint8_t device)
{
	struct ccid_usb_event *e;

	l->id++;
	e = queue(l, bus, device, CCID_USB_BULK, l->in);
	e->submit = true;
	e->length = WANTED;
	e = queue(l, bus, device, CCID_USB_BULK, l->in);
	e->status = CCID_REDIR_CANCELLED;
}

void ccid_lines_control(struct ccid_lines *l, uint16_t bus, uint8_t device, const uint8_t setup[8],
                        uint8_t status, size_t len)
{
	bool in = (setup[0] & 0x80) != 0;
	struct ccid_usb_event *e;

	l->id++;
	e = queue(l, bus, device, CCID_USB_CONTROL, setup[0] & 0x80);
	e->submit = true;
	e->has_setup = true;
	memcpy(e->setup, setup, 8);
	set_data(l, e, in ? 0 : len, 0);
	e = queue(l, bus, device, CCID_USB_CONTROL, setup[0] & 0x80);
	e->status = status;
	set_data(l, e, in ? len : 0, 0);
}

/* Nothing but hex digits in pairs, behind marks of quotation: at most so many bytes. NULL when the
 * line is something else. */
static const char *bare_hex(const char *line, size_t most)
{
	const char *begin = line + strspn(line, " \t>|"), *at = begin;
	size_t n = 0;

	while (ccid_hex_digit(at[0]) >= 0 && ccid_hex_digit(at[1]) >= 0 && n <= most) {
		n++;
		at += 2;
		at += strspn(at, " \t\r");
	}
	return *at == '\0' && n > 0 && n <= most ? begin : NULL;
}

/* Add the next line to the text when it is the rest of it: 1, 0 when it is not. */
static int join_next(struct ccid_lines *l, size_t wants)
{
	size_t len = strlen(l->text), taken;
	const uint8_t *at;
	long n = ccid_input_line(&l->input, &at, &taken);
	const char *rest;

	if (n <= 0 || (size_t)n > CCID_LINE_MAX - len - 1)
		return 0;
	memcpy(l->text + len + 1, at, (size_t)n);
	l->text[len + 1 + (size_t)n] = '\0';
	rest = bare_hex(l->text + len + 1, wants);
	if (rest == NULL)
		return 0;
	l->text[len] = ' ';
	memmove(l->text + len + 1, rest, strlen(rest) + 1);
	l->high = len + 1 + (size_t)n > l->high ? len + 1 + (size_t)n : l->high;
	l->line++;
	return ccid_input_skip(&l->input, taken) == 0;
}

static void join_broken(struct ccid_lines *l)
{
	size_t wants;

	while (l->wants != NULL && (wants = l->wants(l, l->text)) > 0)
		if (join_next(l, wants) == 0)
			break;
}

/* One line into the queue: 1, 0 at the end of the file. */
static int read_line(struct ccid_lines *l)
{
	const uint8_t *at;
	size_t taken;
	long n = ccid_input_line(&l->input, &at, &taken);
	int err;

	l->start = l->input.offset;
	l->line++;
	l->queued = l->handed = 0;
	if (n == -1 && l->input.failed == 0)
		return 0;
	if (n > (long)CCID_LINE_MAX || n == -2)
		return ccid_lines_fail(l, "a line of more than %u bytes", CCID_LINE_MAX);
	if (n < 0)
		return l->input.failed;
	l->high = (size_t)n > l->high ? (size_t)n : l->high;
	memcpy(l->text, at, (size_t)n);
	l->text[n] = '\0';
	if (ccid_input_skip(&l->input, taken) != 0)
		return CCID_E_IO;
	join_broken(l);
	err = l->take(l, l->text, (size_t)n);
	return err != 0 ? err : 1;
}

static int next(struct ccid_usb_source *s, struct ccid_usb_event *out)
{
	struct ccid_lines *l = (struct ccid_lines *)s;
	int got = 1;

	if (l->queued > 0 && l->handed == l->queued)
		l->note[0] = '\0';
	while (got == 1 && l->handed == l->queued)
		got = read_line(l);
	if (got != 1)
		return got;
	*out = l->queue[l->handed++];
	return 1;
}

static int again(struct ccid_usb_source *s)
{
	struct ccid_lines *l = (struct ccid_lines *)s;

	l->line = l->time_us = l->id = 0;
	l->queued = l->handed = 0;
	l->note[0] = s->problem[0] = '\0';
	if (l->start_again != NULL)
		l->start_again(l);
	return ccid_input_rewind(&l->input);
}

int ccid_lines_init(struct ccid_lines *l, const struct ccid_input *in, const char *format)
{
	l->input = *in;
	l->data = malloc(CCID_LINE_DATA);
	l->text = malloc(CCID_LINE_MAX + 1u);
	l->base.next = next;
	l->base.rewind = again;
	l->base.in = &l->input;
	l->base.format = format;
	l->base.identity.messages = true;
	l->out = 0x01;
	l->in = 0x82;
	l->intr = 0x83;
	return l->data != NULL && l->text != NULL ? 0 : CCID_E_NOMEM;
}

void ccid_lines_close(struct ccid_usb_source *s)
{
	struct ccid_lines *l = (struct ccid_lines *)s;

	if (l->data != NULL)
		ccid_wipe(l->data, l->high / 2);
	if (l->text != NULL)
		ccid_wipe(l->text, l->high);
	free(l->text);
	free(l->data);
	ccid_input_close(&l->input);
	free(l);
}
