/* SPDX-License-Identifier: MIT */
/* The debug log of libccid under pcscd: "00000012 [TID] -> 000000 65 00 ..." in many dresses. */
#include "bytes.h"
#include "ccid_msg.h"
#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READERS   16
#define LONG_DUMP 600 /* bytes; pcscd cuts a longer dump without a word */

struct place {
	uint16_t bus;
	uint8_t device;
	struct ccid_usb_identity identity;
};

struct log {
	struct ccid_lines lines;
	struct place place[READERS]; /* of each reader number in the log */
	bool known[READERS];
	struct place opened; /* the reader that was opened last, until it says something */
	bool fresh;
	unsigned last; /* reader number of the last message */
};

/* Where one character of text ends, and what it means: 0 for nothing. Colours, and what else a
 * terminal was told, go; what HTML made of an arrow is an arrow again. */
static const char *next_char(const char *at, char *out)
{
	*out = *at == '\t' ? ' ' : *at;
	if (strncmp(at, "&gt;", 4) == 0 || strncmp(at, "&lt;", 4) == 0) {
		*out = at[1] == 'g' ? '>' : '<';
		return at + 4;
	}
	if (*at++ != '\033')
		return at;
	*out = '\0';
	if (*at == '[')
		at += 1 + strspn(at + 1, "0123456789;?");
	return at + (*at != '\0');
}

static void clean(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0';) {
		from = next_char(from, to);
		to += *to != '\0';
	}
	*to = '\0';
}

static bool are_digits(const char *s, size_t n, bool hex)
{
	for (size_t i = 0; i < n; i++)
		if (hex ? ccid_hex_digit(s[i]) < 0 : s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

/* "-> 000000 65": an arrow, six digits of reader number, bytes. NULL when there is none; *out:
 * to the reader. */
static const char *find_dump(const char *text, bool *out)
{
	for (const char *at = text; (at = strpbrk(at, "-<")) != NULL; at++) {
		bool arrow = strncmp(at, "-> ", 3) == 0 || strncmp(at, "<- ", 3) == 0;

		if (!arrow || !are_digits(at + 3, 6, true) || at[9] != ' ' ||
		    !are_digits(at + 10, 2, true))
			continue;
		*out = at[0] == '-';
		return at + 3;
	}
	return NULL;
}

/* Eight digits by themselves, and no others after them: a date has that many, too. */
static bool is_time(const char *at, char before)
{
	return strchr(" >|m", before) != NULL && are_digits(at, 8, false) && at[8] == ' ' &&
	       !(are_digits(at + 9, 8, false) && at[17] == ' ');
}

/* Microseconds since the line before: at the start, or behind what a syslog, a mail or a terminal whose
 * colours were lost put there. */
static void take_time(struct ccid_lines *l, const char *text)
{
	const char *end = strpbrk(text, "()");
	size_t n = end != NULL ? (size_t)(end - text) : strlen(text);

	for (size_t i = 0; i < n; i++) {
		if (!is_time(text + i, i > 0 ? text[i - 1] : ' '))
			continue;
		l->time_us += strtoul(text + i, NULL, 10);
		return;
	}
}

static void take_path(struct log *g, const char *text)
{
	const char *path = strstr(text, "/dev/bus/usb/");
	unsigned bus, device;

	if (path == NULL || sscanf(path, "/dev/bus/usb/%3u/%3u", &bus, &device) != 2)
		return;
	g->opened = (struct place){.bus = (uint16_t)bus, .device = (uint8_t)device};
	g->fresh = true;
}

static void take_name(struct log *g, const char *text)
{
	struct ccid_usb_identity *id = &g->opened.identity;
	unsigned vid, pid;
	int n = 0;

	if (sscanf(text, "Found Vendor/Product: %4x/%4x (%n", &vid, &pid, &n) != 2)
		return;
	id->vid = (uint16_t)vid;
	id->pid = (uint16_t)pid;
	if (n > 0)
		snprintf(id->product, sizeof id->product, "%.*s", (int)strcspn(text + n, ")"),
		         text + n);
}

static struct place *place_of(struct log *g, unsigned reader)
{
	struct place *p = &g->place[reader];

	if (g->fresh)
		*p = g->opened;
	else if (!g->known[reader])
		*p = (struct place){
			.bus = 0, .device = (uint8_t)(reader + 1), .identity = g->opened.identity};
	g->fresh = false;
	g->known[reader] = true;
	g->last = reader;
	return p;
}

static size_t said_length(const uint8_t *msg)
{
	struct ccid_rd r = ccid_rd(msg + 1, 4);

	return ccid_rd_le32(&r);
}

static size_t whole_length(const uint8_t *msg, size_t len)
{
	size_t said = len < LONG_DUMP ? SIZE_MAX : said_length(msg);

	return said < CCID_LINE_DATA ? said + CCID_HEADER_LEN : len;
}

static void take_dump(struct log *g, const char *at, bool out)
{
	struct ccid_lines *l = &g->lines;
	unsigned reader = (unsigned)strtoul(at, NULL, 16) % READERS;
	const struct place *p = place_of(g, reader);
	const char *end;
	size_t len = ccid_lines_hex(l, at + 7, &end), whole = whole_length(l->data, len);

	if (out)
		ccid_lines_out(l, p->bus, p->device, len, whole);
	else
		ccid_lines_in(l, p->bus, p->device, CCID_USB_BULK, CCID_REDIR_OK, len, whole);
}

/* What comes by the interrupt endpoint is told without a reader number. */
static void take_notify(struct log *g, const char *bytes)
{
	const struct place *p = place_of(g, g->last);
	const char *end;
	size_t len = ccid_lines_hex(&g->lines, bytes, &end);

	ccid_lines_in(&g->lines, p->bus, p->device, CCID_USB_INTERRUPT, CCID_REDIR_OK, len, 0);
}

/* A dump that was broken goes on until the length that the message has. */
static size_t wants(struct ccid_lines *l, char *text)
{
	const char *at, *end;
	size_t len, whole = CCID_HEADER_LEN;
	bool out;

	clean(text);
	at = find_dump(text, &out);
	if (at == NULL)
		return 0;
	len = ccid_lines_hex(l, at + 7, &end);
	whole += len >= 5 ? said_length(l->data) : CCID_LINE_MAX / 4;
	return end[strspn(end, " \r")] == '\0' && whole > len && whole < CCID_LINE_DATA
	               ? whole - len
	               : 0;
}

static int take(struct ccid_lines *l, char *text, size_t len)
{
	struct log *g = (struct log *)l;
	const char *at;
	bool out;

	(void)len;
	clean(text);
	take_time(l, text);
	at = find_dump(text, &out);
	if (at != NULL)
		take_dump(g, at, out);
	else if ((at = strstr(text, "NotifySlotChange: ")) != NULL)
		take_notify(g, at + 18);
	else if ((at = strstr(text, "Found Vendor/Product: ")) != NULL)
		take_name(g, at);
	else if (strstr(text, "CreateChannel") != NULL)
		take_path(g, text);
	else if (strstr(text, "ReadUSB() read failed") != NULL)
		ccid_lines_none(l, g->place[g->last].bus, g->place[g->last].device);
	return 0;
}

static void start_again(struct ccid_lines *l)
{
	struct log *g = (struct log *)l;

	memset(g->known, 0, sizeof g->known);
	g->opened = (struct place){0};
	g->fresh = false;
	g->last = 0;
}

static void identify(struct ccid_usb_source *s, uint16_t bus, uint8_t device)
{
	const struct log *g = (const struct log *)s;

	for (unsigned i = 0; i < READERS; i++)
		if (g->known[i] && g->place[i].bus == bus && g->place[i].device == device)
			s->identity = g->place[i].identity;
}

bool ccid_log_fits(struct ccid_input *in)
{
	const uint8_t *at;
	char text[128];
	bool found = false, out;
	size_t taken;
	long n;

	while (!found && (n = ccid_input_line(in, &at, &taken)) >= 0) {
		size_t len = (size_t)n < sizeof text - 1 ? (size_t)n : sizeof text - 1;

		if (memchr(at, 0, len) != NULL)
			break;
		memcpy(text, at, len);
		text[len] = '\0';
		clean(text);
		found = find_dump(text, &out) != NULL || strstr(text, "NotifySlotChange: ") != NULL;
		if (ccid_input_skip(in, taken) != 0)
			break;
	}
	return ccid_input_rewind(in) == 0 && found;
}

int ccid_log_open_source(struct ccid_usb_source **out, const struct ccid_input *in)
{
	struct log *g = calloc(1, sizeof *g);
	struct ccid_input own = *in;
	int err;

	if (g == NULL) {
		ccid_input_close(&own);
		return CCID_E_NOMEM;
	}
	err = ccid_lines_init(&g->lines, in, "log");
	if (err != 0) {
		ccid_lines_close(&g->lines.base);
		return err;
	}
	g->lines.base.close = ccid_lines_close;
	g->lines.base.identify = identify;
	g->lines.take = take;
	g->lines.wants = wants;
	g->lines.start_again = start_again;
	*out = &g->lines.base;
	return 0;
}
