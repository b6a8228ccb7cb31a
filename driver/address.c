/* SPDX-License-Identifier: MIT */
/* Reader addresses, from text to parts. */
#include "address.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport_usb.h"

#define PORTS_MAX     7   /* tiers of hubs, USB 2.0, 4.1.1 */
#define UNIX_PATH_MAX 107 /* what sun_path holds */

static int bad(const char **why, const char *reason)
{
	*why = reason;
	return CCID_E_FORMAT;
}

static const char *after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A decimal number from *p on, up to max, with p moved behind it; -1 when there is none. */
static long number(const char **p, long max)
{
	long v = 0;

	if (!is_digit(**p))
		return -1;
	while (is_digit(**p)) {
		int d = *(*p)++ - '0';

		if (v > (max - d) / 10)
			return -1;
		v = v * 10 + d;
	}
	return v;
}

/* One to four hexadecimal digits. */
static long hex16(const char **p)
{
	long v = 0;
	int n = 0;

	for (; hex_digit(**p) >= 0 && n < 4; n++)
		v = v << 4 | hex_digit(*(*p)++);
	return n > 0 && hex_digit(**p) < 0 ? v : -1;
}

/* Undo percent-encoding of n characters into out (cap bytes). */
static int decode(char *out, size_t cap, const char *text, size_t n, const char **why)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '%') {
			int hi = i + 2 < n ? hex_digit(text[i + 1]) : -1;
			int lo = i + 2 < n ? hex_digit(text[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return bad(why, "a % must be followed by two hexadecimal digits");
			c = (unsigned char)(hi << 4 | lo);
			i += 2;
		}
		if (c < 0x20 || c == 0x7F)
			return bad(why, "control characters have no place in an address");
		if (len + 1 >= cap)
			return bad(why, "the address is too long");
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return CCID_OK;
}

static int parse_serial(struct ccid_address *a, const char *p, const char **why)
{
	if (*p == '\0')
		return CCID_OK;
	if (*p != ':')
		return bad(why, "after usb:VID:PID only :SERIAL may follow");
	if (p[1] == '\0')
		return bad(why, "the serial number after usb:VID:PID: is missing");
	return decode(a->text, sizeof a->text, p + 1, strlen(p + 1), why);
}

static int parse_usb_id(struct ccid_address *a, const char *p, const char **why)
{
	long vid = hex16(&p), pid;

	if (vid < 0 || *p++ != ':')
		return bad(why, "a usb address is usb:, usb:BUS-PORT.PORT or "
		                "usb:VID:PID[:SERIAL] with hexadecimal VID and PID");
	pid = hex16(&p);
	if (pid < 0)
		return bad(why, "the PID of usb:VID:PID has one to four hexadecimal digits");
	a->kind = CCID_ADDRESS_USB_ID;
	a->vid = (uint16_t)vid;
	a->pid = (uint16_t)pid;
	return parse_serial(a, p, why);
}

/* What may stand behind a port path: "" or "#INTERFACE". */
static int parse_interface(struct ccid_address *a, const char *p, const char **why)
{
	long n;

	if (*p == '\0')
		return CCID_OK;
	n = *p == '#' ? (p++, number(&p, 255)) : -1;
	if (n < 0 || *p != '\0')
		return bad(why, "behind a port path only #INTERFACE may follow, a number");
	a->interface = (int)n;
	return CCID_OK;
}

/* "BUS-PORT.PORT", or "BUS/DEV", in decimal and without needless zeros in a->text. */
static int parse_usb_port(struct ccid_address *a, const char *p, const char **why)
{
	long bus = number(&p, 999), n;
	char sep = *p++;
	int len = snprintf(a->text, sizeof a->text, "%ld%c", bus, sep);

	a->kind = CCID_ADDRESS_USB_PORT;
	for (unsigned i = 0; i < PORTS_MAX; i++) {
		n = number(&p, 255);
		if (bus < 1 || n < 1)
			return bad(why, "bus and port numbers are decimal, from 1 on, as in "
			                "usb:1-2.3");
		len += snprintf(a->text + len, sizeof a->text - (size_t)len, "%ld", n);
		if (*p == '\0' || *p == '#')
			return parse_interface(a, p, why);
		if (*p++ != '.' || sep == '/')
			break;
		a->text[len++] = '.';
	}
	return bad(why, "a port path is BUS-PORT, then at most six times .PORT");
}

static int parse_usb(struct ccid_address *a, const char *p, const char **why)
{
	size_t digits = strspn(p, "0123456789");

	a->kind = CCID_ADDRESS_USB_ALL;
	if (*p == '\0')
		return CCID_OK;
	if (digits > 0 && (p[digits] == '-' || p[digits] == '/'))
		return parse_usb_port(a, p, why);
	return parse_usb_id(a, p, why);
}

static int parse_fd(struct ccid_address *a, const char *p, const char **why)
{
	long n = number(&p, INT_MAX);

	if (n < 0 || *p != '\0')
		return bad(why, "fd: takes the decimal number of an open descriptor");
	a->kind = CCID_ADDRESS_FD;
	a->fd = (int)n;
	return CCID_OK;
}

static int parse_port(struct ccid_address *a, const char *p, const char **why)
{
	long n = *p == ':' ? (p++, number(&p, 65535)) : -1;

	if (n < 1 || *p != '\0')
		return bad(why, "the address must end in :PORT, a number from 1 to 65535");
	snprintf(a->port, sizeof a->port, "%u", (unsigned)(uint16_t)n);
	return CCID_OK;
}

/* HOST:PORT or [HOST]:PORT; the host is in a->text, perhaps empty. */
static int parse_host(struct ccid_address *a, const char *p, const char **why)
{
	bool bracket = *p == '[';
	const char *host = bracket ? p + 1 : p;
	const char *end = bracket ? strchr(host, ']') : strrchr(p, ':');
	int rc;

	if (bracket && end == NULL)
		return bad(why, "the ] that closes the [ is missing");
	if (end == NULL)
		end = p + strlen(p);
	if (!bracket && memchr(host, ':', (size_t)(end - host)) != NULL)
		return bad(why, "an IPv6 address stands in brackets, as in [::1]:4000");
	rc = decode(a->text, sizeof a->text, host, (size_t)(end - host), why);
	return rc < 0 ? rc : parse_port(a, bracket ? end + 1 : end, why);
}

static int parse_redir(struct ccid_address *a, const char *p, const char **why)
{
	int rc;

	if (*p == '/') {
		a->kind = CCID_ADDRESS_REDIR_UNIX;
		rc = decode(a->text, sizeof a->text, p, strlen(p), why);
		if (rc == CCID_OK && strlen(a->text) > UNIX_PATH_MAX)
			return bad(why, "the path of a unix socket has at most 107 bytes");
		return rc;
	}
	a->kind = CCID_ADDRESS_REDIR_TCP;
	rc = parse_host(a, p, why);
	if (rc == CCID_OK && a->text[0] == '\0')
		return bad(why, "the host of usbredir:HOST:PORT is missing");
	return rc;
}

/* The address to listen on may be left out with or without its colon; p[-1] is the scheme's. */
static int parse_listen(struct ccid_address *a, const char *p, const char **why)
{
	a->kind = CCID_ADDRESS_REDIR_LISTEN;
	if (is_digit(*p) && p[strspn(p, "0123456789")] == '\0')
		return parse_port(a, p - 1, why);
	return parse_host(a, p, why);
}

static bool has_scheme(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-.");

	return text[0] >= 'a' && text[0] <= 'z' && text[n] == ':';
}

static int parse_other(struct ccid_address *a, const char *text, const char **why)
{
	size_t n = strlen(text);

	if (!has_scheme(text))
		return bad(why, "an address starts with what opens it, as in usb: or usbredir:");
	if (n >= sizeof a->text)
		return bad(why, "the address is too long");
	a->kind = CCID_ADDRESS_OTHER;
	memcpy(a->text, text, n + 1);
	return CCID_OK;
}

int ccid_address_parse(struct ccid_address *out, const char *text, const char **why)
{
	static const struct {
		const char *scheme;
		int (*parse)(struct ccid_address *a, const char *rest, const char **why);
	} form[] = {
		{"usb:", parse_usb},
		{"fd:", parse_fd},
		{"usbredir:", parse_redir},
		{"usbredir-listen:", parse_listen},
	};
	struct ccid_address a = {.fd = -1, .interface = -1};
	const char *reason;
	int rc = CCID_E_FORMAT;
	size_t i = 0;

	if (why == NULL)
		why = &reason;
	*why = "";
	while (i < sizeof form / sizeof form[0] && after(text, form[i].scheme) == NULL)
		i++;
	if (i < sizeof form / sizeof form[0])
		rc = form[i].parse(&a, after(text, form[i].scheme), why);
	else
		rc = parse_other(&a, text, why);
	if (rc == CCID_OK)
		*out = a;
	return rc;
}

/* Compared part by part, as parsed: "usb:BUS/DEV" stands for a device without sysfs. */
static bool same_place(const struct ccid_address *a, const struct ccid_usb_found *found)
{
	struct ccid_address at;
	char node[16];

	snprintf(node, sizeof node, "%u/%u", found->bus, found->dev);
	if (strcmp(a->text, node) == 0)
		return true;
	return ccid_address_parse(&at, found->id.address, NULL) == CCID_OK &&
	       at.kind == CCID_ADDRESS_USB_PORT && strcmp(a->text, at.text) == 0;
}

bool ccid_address_matches(const struct ccid_address *a, const struct ccid_usb_found *found)
{
	switch (a->kind) {
	case CCID_ADDRESS_USB_ALL: return true;
	case CCID_ADDRESS_USB_PORT:
		return (a->interface < 0 || a->interface == found->interface) &&
		       same_place(a, found);
	case CCID_ADDRESS_USB_ID:
		return a->vid == found->id.vid && a->pid == found->id.pid &&
		       (a->text[0] == '\0' || strcmp(a->text, found->id.serial) == 0);
	default: return false;
	}
}

bool ccid_address_may_match(const struct ccid_address *a, const struct ccid_usb_found *found)
{
	if (a->kind == CCID_ADDRESS_USB_PORT)
		return found->dev != 0 ? same_place(a, found)
		                       : found->bus == 0 || found->bus == atoi(a->text);
	if (a->kind != CCID_ADDRESS_USB_ID)
		return a->kind == CCID_ADDRESS_USB_ALL;
	if (found->id.vid == 0 && found->id.pid == 0)
		return true;
	return a->vid == found->id.vid && a->pid == found->id.pid &&
	       (a->text[0] == '\0' || found->id.serial[0] == '\0' ||
	        strcmp(a->text, found->id.serial) == 0);
}
