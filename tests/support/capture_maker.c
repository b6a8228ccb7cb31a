/* SPDX-License-Identifier: MIT */
#include "capture_maker.h"

#include "explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PACKET_MAX 70000

static void put(FILE *f, uint64_t v, size_t n, bool big)
{
	for (size_t i = 0; i < n; i++)
		fputc((int)(v >> 8 * (big ? n - 1 - i : i) & 0xFF), f);
}

void capture_begin(struct capture *c, const char *path, uint32_t link, bool big)
{
	*c = (struct capture){
		.f = fopen(path, "wb"), .big = big, .link = link, .bus = 1, .device = 5};
	assert_non_null(c->f);
	put(c->f, 0xA1B2C3D4, 4, big);
	put(c->f, 2, 2, big);
	put(c->f, 4, 2, big);
	put(c->f, 0, 8, big);
	put(c->f, 262144, 4, big);
	put(c->f, link, 4, big);
	c->time_us = 1000000;
}

void capture_end(struct capture *c)
{
	assert_int_equal(fclose(c->f), 0);
}

void capture_packet(struct capture *c, const uint8_t *data, size_t len)
{
	size_t kept = c->snap != 0 && c->snap < len ? c->snap : len;

	c->time_us += 1000;
	put(c->f, c->time_us / 1000000, 4, c->big);
	put(c->f, c->time_us % 1000000, 4, c->big);
	put(c->f, kept, 4, c->big);
	put(c->f, len, 4, c->big);
	assert_int_equal(fwrite(data, 1, kept, c->f), kept);
}

size_t from_hex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;
	unsigned v;

	for (; *hex != '\0'; hex += 2) {
		while (*hex == ' ')
			hex++;
		if (*hex == '\0')
			break;
		assert_true(n < cap && sscanf(hex, "%2x", &v) == 1);
		out[n++] = (uint8_t)v;
	}
	return n;
}

static void at(uint8_t *p, uint64_t v, size_t n, bool big)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * (big ? n - 1 - i : i));
}

void usbmon(struct capture *c, char type, unsigned transfer, unsigned endpoint, uint64_t id,
            int status, const uint8_t *setup, const uint8_t *data, size_t len, uint32_t length)
{
	static uint8_t p[PACKET_MAX];
	size_t header = c->link == 220 ? 64 : 48;

	memset(p, 0, header);
	at(p, id, 8, c->big);
	p[8] = (uint8_t)type;
	p[9] = (uint8_t)transfer;
	p[10] = (uint8_t)endpoint;
	p[11] = c->device;
	at(p + 12, c->bus, 2, c->big);
	p[14] = setup != NULL ? 0 : '-';
	p[15] = len > 0 ? 0 : (endpoint & 0x80) != 0 ? '<' : '>';
	at(p + 28, (uint32_t)status, 4, c->big);
	at(p + 32, length, 4, c->big);
	at(p + 36, len, 4, c->big);
	if (setup != NULL)
		memcpy(p + 40, setup, 8);
	if (len > 0)
		memcpy(p + header, data, len);
	capture_packet(c, p, header + len);
}

void usbmon_control(struct capture *c, const char *setup, const char *data)
{
	uint8_t s[8], d[512];
	size_t n = from_hex(data, d, sizeof d);
	unsigned endpoint;
	bool in;

	assert_int_equal(from_hex(setup, s, sizeof s), 8);
	in = (s[0] & 0x80) != 0;
	endpoint = in ? 0x80 : 0;
	c->id++;
	usbmon(c, 'S', 2, endpoint, c->id, -115, s, d, in ? 0 : n, (uint32_t)(s[6] | s[7] << 8));
	usbmon(c, 'C', 2, endpoint, c->id, 0, NULL, d, in ? n : 0, (uint32_t)n);
}

void usbmon_out(struct capture *c, unsigned endpoint, const char *data)
{
	static uint8_t d[PACKET_MAX];
	size_t n = from_hex(data, d, sizeof d);

	c->id++;
	usbmon(c, 'S', 3, endpoint, c->id, -115, NULL, d, n, (uint32_t)n);
	usbmon(c, 'C', 3, endpoint, c->id, 0, NULL, NULL, 0, (uint32_t)n);
}

void usbmon_in(struct capture *c, unsigned endpoint, const char *data)
{
	static uint8_t d[PACKET_MAX];
	size_t n = from_hex(data, d, sizeof d);

	c->id++;
	usbmon(c, 'S', 3, endpoint, c->id, -115, NULL, NULL, 0, 512);
	usbmon(c, 'C', 3, endpoint, c->id, 0, NULL, d, n, (uint32_t)n);
}

void usbmon_interrupt(struct capture *c, unsigned endpoint, const char *data)
{
	uint8_t d[16];
	size_t n = from_hex(data, d, sizeof d);

	c->id++;
	usbmon(c, 'S', 1, endpoint, c->id, -115, NULL, NULL, 0, 8);
	usbmon(c, 'C', 1, endpoint, c->id, 0, NULL, d, n, (uint32_t)n);
}

void usbmon_reader(struct capture *c)
{
	usbmon_control(c, "8006000100001200", "12010002000000404A0B3412000100000001");
	usbmon_control(c, "8006000200005D00",
	               "09025D00010100803209040000030B000000"
	               "36211001000703000000A00F0000A00F000000002A00001640050000FE000000"
	               "0000000000000000BA0402000F010000FFFF00000001"
	               "07050202400000"
	               "07058102400000"
	               "07058303080010");
	usbmon_control(c, "0009010000000000", "");
}

void usbpcap(struct capture *c, unsigned info, unsigned transfer, unsigned endpoint, int stage,
             uint64_t id, uint32_t status, const char *data)
{
	uint8_t p[1024] = {0};
	size_t header = stage >= 0 ? 28 : 27, n = from_hex(data, p + header, sizeof p - header);

	at(p, header, 2, false);
	at(p + 2, id, 8, false);
	at(p + 10, status, 4, false);
	p[16] = (uint8_t)info;
	at(p + 17, c->bus, 2, false);
	at(p + 19, c->device, 2, false);
	p[21] = (uint8_t)endpoint;
	p[22] = (uint8_t)transfer;
	at(p + 23, n, 4, false);
	if (stage >= 0)
		p[27] = (uint8_t)stage;
	capture_packet(c, p, header + n);
}

static size_t link_header(const struct capture *c, uint8_t *p, bool v6)
{
	unsigned type = v6 ? 0x86DD : 0x0800;

	switch (c->link) {
	case 1: at(p + 12, type, 2, true); return 14;
	case 113: at(p + 14, type, 2, true); return 16;
	case 276: at(p, type, 2, true); return 20;
	case 0: at(p, v6 ? 10 : 2, 4, c->big); return 4;
	case 108: at(p, v6 ? 30 : 2, 4, true); return 4;
	default: return 0;
	}
}

/* Hop-by-hop, destination, authentication and an only fragment: 8 + 8 + 12 + 8 bytes. */
static size_t extensions(uint8_t *p)
{
	static const uint8_t headers[] = {60, 0, 1, 4, 0, 0, 0, 0, 51, 0, 1, 4, 0, 0, 0, 0, 44, 1,
	                                  0,  0, 0, 0, 0, 1, 0, 0, 0,  1, 6, 0, 0, 0, 0, 0, 0,  9};

	memcpy(p, headers, sizeof headers);
	return sizeof headers;
}

void tcp(struct capture *c, unsigned from, bool v6, uint32_t seq, const uint8_t *data, size_t len)
{
	static uint8_t p[PACKET_MAX];
	size_t n = link_header(c, memset(p, 0, 128), v6);

	if (v6) {
		size_t more = c->extensions ? extensions(p + n + 40) : 0;

		p[n] = 0x60;
		at(p + n + 4, more + 20 + len, 2, true);
		p[n + 6] = c->extensions ? 0 : 6;
		p[n + 23] = (uint8_t)(1 + from);
		p[n + 39] = (uint8_t)(2 - from);
		n += 40 + more;
	} else {
		p[n] = 0x45;
		at(p + n + 2, 40 + len, 2, true);
		p[n + 9] = 6;
		at(p + n + 12, 0x0A000001u + from, 4, true);
		at(p + n + 16, 0x0A000002u - from, 4, true);
		n += 20;
	}
	at(p + n, from == 0 ? 1000 : 4000, 2, true);
	at(p + n + 2, from == 0 ? 4000 : 1000, 2, true);
	at(p + n + 4, seq, 4, true);
	p[n + 12] = 0x50;
	p[n + 13] = c->tcp_flags;
	if (len > 0)
		memcpy(p + n + 20, data, len);
	capture_packet(c, p, n + 20 + len);
}

struct text {
	char *p;
	size_t len, cap;
	bool comments;
};

static void add(struct text *t, const char *s, size_t n)
{
	if (t->len + n + 1 > t->cap) {
		t->cap = (t->len + n + 1) * 2;
		t->p = realloc(t->p, t->cap);
		assert_non_null(t->p);
	}
	memcpy(t->p + t->len, s, n);
	t->len += n;
	t->p[t->len] = '\0';
}

static void take_line(void *arg, const struct ccid_explain_line *line)
{
	struct text *t = arg;
	char hex[3];

	if (t->comments) {
		if (line->comment != NULL) {
			add(t, line->comment, strlen(line->comment));
			add(t, "\n", 1);
		}
		return;
	}
	if (line->kind != CCID_EXPLAIN_COMMAND && line->kind != CCID_EXPLAIN_ANSWER &&
	    line->kind != CCID_EXPLAIN_NOTIFY)
		return;
	add(t,
	    line->kind == CCID_EXPLAIN_COMMAND  ? "> "
	    : line->kind == CCID_EXPLAIN_ANSWER ? "< "
	                                        : "! ",
	    2);
	for (size_t i = 0; i < line->len; i++) {
		snprintf(hex, sizeof hex, "%02x", (unsigned)line->data[i]);
		add(t, hex, 2);
	}
	add(t, "\n", 1);
}

static char *text_of(const char *path, bool comments)
{
	struct text t = {.comments = comments};
	char problem[256] = "";

	add(&t, "", 0);
	if (ccid_explain_file(path, take_line, &t, problem, sizeof problem) != 0)
		fail_msg("%s: %s", path, problem);
	return t.p;
}

char *messages_of(const char *path)
{
	return text_of(path, false);
}

char *comments_of(const char *path)
{
	return text_of(path, true);
}
