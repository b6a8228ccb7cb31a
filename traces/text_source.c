/* SPDX-License-Identifier: MIT */
/* The text form of an exchange: one transfer, or message, a line (traces/README.md). */
#include "ccid_desc.h"
#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUS     0
#define DEVICE  1
#define LOOK_AT 4096 /* bytes in which one line must be of the kind */

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_line(const char *text)
{
	static const char *const begins[] = {"# ccid-exchange", "out bulk ", "in bulk ", "in intr ",
	                                     "ctrl "};

	for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
		if (starts(text, begins[i]))
			return true;
	return false;
}

bool ccid_text_fits(struct ccid_input *in)
{
	const uint8_t *at = ccid_input_peek(in, LOOK_AT);
	size_t n = at != NULL ? LOOK_AT : ccid_input_ready(in);
	char text[LOOK_AT + 1];

	at = ccid_input_peek(in, n);
	if (at == NULL || memchr(at, 0, n) != NULL)
		return false;
	memcpy(text, at, n);
	text[n] = '\0';
	for (const char *line = text; line != NULL;) {
		if (is_line(line + strspn(line, " \t")))
			return true;
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return false;
}

static void take_reader(struct ccid_lines *l, const char *text)
{
	struct ccid_usb_identity *id = &l->base.identity;
	unsigned vid, pid;
	int n = 0;

	if (sscanf(text, "%4x:%4x %n", &vid, &pid, &n) != 2 || n == 0)
		return;
	id->vid = (uint16_t)vid;
	id->pid = (uint16_t)pid;
	snprintf(id->product, sizeof id->product, "%s", text + n);
}

static void take_endpoints(struct ccid_lines *l, const char *text)
{
	unsigned out, in, intr;

	if (sscanf(text, "bulk-out %2x, bulk-in %2x, interrupt %2x", &out, &in, &intr) < 2)
		return;
	l->out = (uint8_t)out;
	l->in = (uint8_t)in;
	if (sscanf(text, "bulk-out %2x, bulk-in %2x, interrupt %2x", &out, &in, &intr) == 3)
		l->intr = (uint8_t)intr;
}

static void take_head(struct ccid_lines *l, const char *text)
{
	if (starts(text, "# reader: "))
		take_reader(l, text + 10);
	else if (starts(text, "# endpoints: "))
		take_endpoints(l, text + 13);
	else if (starts(text, "# unit: transfer"))
		l->base.identity.messages = false;
}

/* "dt=US" since the line before, or "t=US" since the start. */
static void take_time(struct ccid_lines *l, const char *text)
{
	while (*text == ' ')
		text++;
	if (starts(text, "dt="))
		l->time_us += strtoull(text + 3, NULL, 10);
	else if (starts(text, "t="))
		l->time_us = strtoull(text + 2, NULL, 10);
}

/* "-", hex, or "!NAME" of a failure; what follows is the time. */
static int take_bytes(struct ccid_lines *l, const char *text, uint8_t *status, size_t *len)
{
	static const char *const names[] = {"!cancelled", "!invalid", "!ioerror",
	                                    "!stall",     "!timeout", "!babble"};
	const char *end = text;

	*status = CCID_REDIR_OK;
	*len = 0;
	if (*text == '!') {
		for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
			if (starts(text, names[i]))
				*status = (uint8_t)(i + 1);
		if (*status == CCID_REDIR_OK)
			return ccid_lines_fail(l, "a failure that is not known");
		end += strcspn(text, " ");
	} else if (*text == '-') {
		end++;
	} else {
		*len = ccid_lines_hex(l, text, &end);
		if (*len == 0)
			return ccid_lines_fail(l, "no bytes in hex");
	}
	if (*end != '\0' && *end != ' ' && *end != '\r')
		return ccid_lines_fail(l, "bytes that are not hex");
	take_time(l, end);
	return 0;
}

/* A configuration descriptor tells the endpoints. */
static void learn_endpoints(struct ccid_lines *l, const uint8_t setup[8], size_t len)
{
	struct ccid_interface f;
	size_t pos = 0;

	if (setup[0] != 0x80 || setup[1] != 6 || setup[3] != 2 ||
	    ccid_config_next(l->data, len, &pos, &f) != 1 || f.bulk_out.address == 0)
		return;
	l->out = f.bulk_out.address;
	l->in = f.bulk_in.address;
	if (f.intr_in.address != 0)
		l->intr = f.intr_in.address;
}

static int take_control(struct ccid_lines *l, const char *text)
{
	const char *end;
	uint8_t setup[8], status;
	size_t len = ccid_lines_hex(l, text, &end);
	int err;

	/* the setup packet ends where its eighth byte does */
	if (len < 8 || strcspn(text, " ") != 16)
		return ccid_lines_fail(l, "a control transfer without its eight bytes of setup");
	memcpy(setup, l->data, sizeof setup);
	text += 16;
	text += strspn(text, " ");
	err = take_bytes(l, text, &status, &len);
	if (err != 0)
		return err;
	learn_endpoints(l, setup, len);
	ccid_lines_control(l, BUS, DEVICE, setup, status, len);
	return 0;
}

static int take_transfer(struct ccid_lines *l, const char *text)
{
	bool out = starts(text, "out bulk "), intr = starts(text, "in intr ");
	uint8_t status;
	size_t len;
	int err = take_bytes(l, text + (out || intr ? (out ? 9 : 8) : 8), &status, &len);

	if (err != 0)
		return err;
	if (!out) {
		ccid_lines_in(l, BUS, DEVICE, intr ? CCID_USB_INTERRUPT : CCID_USB_BULK, status,
		              len, 0);
		return 0;
	}
	ccid_lines_out(l, BUS, DEVICE, len, 0);
	l->queue[1].status = status;
	return 0;
}

static int take(struct ccid_lines *l, char *text, size_t len)
{
	if (strlen(text) != len)
		return ccid_lines_fail(l, "not text");
	text[strcspn(text, "\r")] = '\0';
	for (char *tab = text; (tab = strchr(tab, '\t')) != NULL;)
		*tab = ' ';
	text += strspn(text, " ");
	if (text[0] == '#')
		take_head(l, text);
	else if (text[0] == ';' || starts(text, "//"))
		return 0;
	else if (starts(text, "out bulk ") || starts(text, "in bulk ") || starts(text, "in intr "))
		return take_transfer(l, text);
	else if (starts(text, "ctrl "))
		return take_control(l, text + 5);
	else if (starts(text, "gap"))
		snprintf(l->note, sizeof l->note, "messages before this one are not known");
	else if (starts(text, "none bulk -")) {
		take_time(l, text + 11);
		ccid_lines_none(l, BUS, DEVICE);
	} else if (text[0] != '\0')
		return ccid_lines_fail(l, "a line of no known form");
	return 0;
}

int ccid_text_open_source(struct ccid_usb_source **out, const struct ccid_input *in)
{
	struct ccid_lines *l = calloc(1, sizeof *l);
	struct ccid_input own = *in;
	int err;

	if (l == NULL) {
		ccid_input_close(&own);
		return CCID_E_NOMEM;
	}
	err = ccid_lines_init(l, in, "text");
	if (err != 0) {
		ccid_lines_close(&l->base);
		return err;
	}
	l->base.close = ccid_lines_close;
	l->take = take;
	*out = &l->base;
	return 0;
}
