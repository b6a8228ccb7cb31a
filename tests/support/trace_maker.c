/* SPDX-License-Identifier: MIT */
#include "trace_maker.h"

#include "trace_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAPS 0x7E
#define OUT  0x02 /* the endpoints of fake_reader.c */
#define IN   0x81
#define INTR 0x83
#define HOST CCID_TRACE_FROM_HOST

static size_t hex(const char *s, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	for (; *s != '\0' && *s != '\n'; s += 2) {
		while (*s == ' ')
			s++;
		if (*s == '\0' || *s == '\n')
			break;
		if (sscanf(s, "%2x", &v) != 1)
			fail_msg("not hex: %s", s);
		out[n++] = (uint8_t)v;
	}
	return n;
}

size_t message_from(uint8_t *out, const char *text)
{
	uint8_t b[MESSAGE_MAX];
	size_t n = hex(text, b);

	assert_true(n >= 6);
	n -= 6;
	out[0] = b[0];
	for (int i = 0; i < 4; i++)
		out[1 + i] = (uint8_t)(n >> 8 * i);
	memcpy(out + 5, b + 1, 5 + n);
	return 10 + n;
}

static void put(uint8_t *at, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

/* Writing traces. */

struct maker {
	struct ccid_trace_writer *w;
	uint64_t id, time;
	const char *comment;
	char text[64];
};

static void packet(struct maker *m, enum ccid_trace_dir dir, uint32_t type, uint64_t id,
                   const void *body, size_t len)
{
	static uint8_t b[1u << 17];
	size_t header = type == 0 ? 12 : 16;

	put(b, type, 4);
	put(b + 4, len, 4);
	put(b + 8, id, header - 8);
	if (len > 0)
		memcpy(b + header, body, len);
	assert_int_equal(ccid_trace_write(m->w, dir, ++m->time, b, header + len, m->comment), 0);
	m->comment = NULL;
}

static void bulk(struct maker *m, enum ccid_trace_dir dir, uint8_t ep, unsigned status,
                 size_t length, const uint8_t *data, size_t n)
{
	static uint8_t b[1u << 17];

	memset(b, 0, 10);
	b[0] = ep;
	b[1] = (uint8_t)status;
	put(b + 2, length, 2);
	put(b + 8, length >> 16, 2);
	if (n > 0)
		memcpy(b + 10, data, n);
	packet(m, dir, 101, m->id, b, 10 + n);
}

static void out(struct maker *m, const uint8_t *msg, size_t n, unsigned status)
{
	m->id++;
	bulk(m, CCID_TRACE_FROM_GUEST, OUT, 0, n, msg, n);
	bulk(m, HOST, OUT, status, status == 0 ? n : 0, NULL, 0);
}

static void in(struct maker *m, const uint8_t *msg, size_t n, size_t wanted, unsigned status)
{
	m->id++;
	bulk(m, CCID_TRACE_FROM_GUEST, IN, 0, wanted, NULL, 0);
	bulk(m, HOST, IN, status, n, msg, n);
}

static void control(struct maker *m, const uint8_t setup[8], unsigned status, const uint8_t *data,
                    size_t n)
{
	uint8_t b[512] = {(uint8_t)(setup[0] & 0x80), setup[1], setup[0], 0};

	memcpy(b + 4, setup + 2, 6);
	m->id++;
	packet(m, CCID_TRACE_FROM_GUEST, 100, m->id, b, 10);
	b[3] = (uint8_t)status;
	put(b + 8, n, 2);
	if (n > 0)
		memcpy(b + 10, data, n);
	packet(m, HOST, 100, m->id, b, 10 + n);
}

static void descriptor(struct maker *m, uint8_t type, const uint8_t *data, size_t n)
{
	const uint8_t setup[8] = {0x80, 6, 0, type, 0, 0, (uint8_t)n, (uint8_t)(n >> 8)};

	control(m, setup, 0, data, n);
}

static void introduce(struct maker *m, const struct fake_reader *reader, bool device)
{
	struct ccid_transport t = {0};
	struct fake_descriptors d;
	uint8_t b[160] = "test", interfaces[132] = {1}, connect[10] = {1};

	fake_reader_describe(&t, &d, reader);
	put(b + 64, CAPS, 4);
	packet(m, HOST, 0, 0, b, 68);
	packet(m, CCID_TRACE_FROM_GUEST, 0, 0, b, 68);
	interfaces[4 + 32] = 0x0B;
	packet(m, HOST, 4, 0, interfaces, 132);
	memset(b, 0, sizeof b);
	memset(b, 255, 32);
	b[0] = b[16] = 0;
	b[2] = b[16 + 1] = 2;
	b[16 + 3] = 3;
	packet(m, HOST, 5, 0, b, 160);
	put(connect + 4, t.id.vid, 2);
	put(connect + 6, t.id.pid, 2);
	put(connect + 8, t.id.bcd_device, 2);
	packet(m, HOST, 1, 0, connect, 10);
	if (device)
		descriptor(m, 1, d.device, 18);
	descriptor(m, 2, d.config, 9);
	descriptor(m, 2, d.config, d.config_len);
}

static void masked(struct maker *m, const char *arg)
{
	uint8_t msg[MESSAGE_MAX];
	unsigned off, len;

	assert_int_equal(sscanf(arg, "%u+%u", &off, &len), 2);
	snprintf(m->text, sizeof m->text, "masked %u+%u", off + 26, len);
	m->comment = m->text;
	out(m, msg, message_from(msg, strchr(arg, ' ')), 0);
}

static void make_control(struct maker *m, const char *arg)
{
	uint8_t setup[8] = {0}, data[256];
	unsigned rt, rq, value;
	int at = 0;
	bool stall;
	size_t n;

	assert_int_equal(sscanf(arg, "%x %x %x %n", &rt, &rq, &value, &at), 3);
	stall = strncmp(arg + at, "stall", 5) == 0;
	n = stall ? 0 : hex(arg + at, data);
	setup[0] = (uint8_t)rt;
	setup[1] = (uint8_t)rq;
	put(setup + 2, value, 2);
	put(setup + 6, n, 2);
	control(m, setup, stall ? 4 : 0, data, n);
}

static bool starts(const char **line, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*line, word, n) != 0)
		return false;
	*line += n;
	return true;
}

static void make_line(struct maker *m, const char *line)
{
	uint8_t b[MESSAGE_MAX] = {INTR, 0};
	size_t n;

	if (starts(&line, ">stall "))
		out(m, b, message_from(b, line), 4);
	else if (starts(&line, ">mask "))
		masked(m, line);
	else if (starts(&line, "> "))
		out(m, b, message_from(b, line), 0);
	else if (starts(&line, "<raw "))
		in(m, b, hex(line, b), 65536, 0);
	else if (starts(&line, "<full ")) {
		n = hex(line, b);
		in(m, b, n, n, 0);
	} else if (starts(&line, "< "))
		in(m, b, message_from(b, line), 65536, 0);
	else if (starts(&line, "stall"))
		in(m, NULL, 0, 65536, 4);
	else if (starts(&line, "zlp"))
		in(m, NULL, 0, 65536, 0);
	else if (starts(&line, "cancel")) {
		m->id++;
		bulk(m, CCID_TRACE_FROM_GUEST, IN, 0, 65536, NULL, 0);
		packet(m, CCID_TRACE_FROM_GUEST, 21, m->id, NULL, 0);
		bulk(m, HOST, IN, 1, 0, NULL, 0);
	} else if (starts(&line, "! ")) {
		n = hex(line, b + 4);
		put(b + 2, n, 2);
		packet(m, HOST, 103, 0, b, 4 + n);
	} else if (starts(&line, "ctrl "))
		make_control(m, line);
	else if (starts(&line, "wait "))
		m->time += strtoull(line, NULL, 10) * 1000000u;
	else if (starts(&line, "reset"))
		packet(m, CCID_TRACE_FROM_GUEST, 3, 0, NULL, 0);
	else if (starts(&line, "unplug"))
		packet(m, HOST, 2, 0, NULL, 0);
	else if (*line != '\n' && *line != '\0')
		fail_msg("what is \"%s\"?", line);
}

void trace_make(const char *path, const char *script, const struct fake_reader *reader)
{
	static const struct fake_reader usual = {.features = FAKE_SHORT, .slots = 2};
	struct maker m = {0};
	bool device = !starts(&script, "nodevice\n");

	assert_int_equal(ccid_trace_create(&m.w, path, true), 0);
	introduce(&m, reader != NULL ? reader : &usual, device);
	while (script != NULL && *script != '\0') {
		make_line(&m, script);
		script = strchr(script, '\n');
		script += script != NULL;
	}
	assert_int_equal(ccid_trace_close(m.w), 0);
}

/* The guest. */

void guest_init(struct guest *g, struct ccid_player *p)
{
	*g = (struct guest){.peer = ccid_player_peer(p)};
}

uint64_t guest_send(struct guest *g, uint32_t type, const void *body, size_t len, int *rc)
{
	static uint8_t b[1u << 18];
	size_t header = type == 0 ? 12 : 16;
	int got;

	g->id += type != 0;
	put(b, type, 4);
	put(b + 4, len, 4);
	put(b + 8, type == 0 ? 0 : g->id | (uint64_t)0xABCD << 32, header - 8);
	if (len > 0)
		memcpy(b + header, body, len);
	got = g->peer.input(g->peer.ctx, b, header + len);
	if (rc != NULL)
		*rc = got;
	else
		assert_int_equal(got, 0);
	return g->id | (uint64_t)0xABCD << 32;
}

static uint64_t get(const uint8_t *at, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | at[n];
	return v;
}

bool guest_next(struct guest *g)
{
	size_t header, length;
	int n;

	while ((n = g->peer.output(g->peer.ctx, g->buf + g->len, 100)) > 0)
		g->len += (size_t)n;
	assert_int_equal(n, 0);
	if (g->len == 0)
		return false;
	assert_true(g->len >= 12);
	g->type = (uint32_t)get(g->buf, 4);
	length = (size_t)get(g->buf + 4, 4);
	header = g->type == 0 ? 12 : 16;
	assert_true(g->len >= header + length);
	assert_true(length <= sizeof g->body);
	g->packet_id = get(g->buf + 8, header - 8);
	memcpy(g->body, g->buf + header, length);
	g->body_len = length;
	g->len -= header + length;
	memmove(g->buf, g->buf + header + length, g->len);
	return true;
}

void guest_expect(struct guest *g, uint32_t type)
{
	if (!guest_next(g))
		fail_msg("nothing came, type %u expected", type);
	assert_int_equal(g->type, type);
}

void guest_connect(struct guest *g, bool interrupts)
{
	uint8_t hello[68] = "test guest", ep = INTR;
	uint64_t id;

	put(hello + 64, CAPS, 4);
	guest_send(g, 0, hello, sizeof hello, NULL);
	guest_expect(g, 0);
	guest_expect(g, 4);
	guest_expect(g, 5);
	guest_expect(g, 1);
	if (!interrupts)
		return;
	id = guest_send(g, 15, &ep, 1, NULL);
	guest_expect(g, 17);
	assert_true(g->packet_id == id);
	assert_int_equal(g->body[0], 0);
}

int guest_out(struct guest *g, const uint8_t *data, size_t len)
{
	static uint8_t b[1u << 18];
	uint64_t id;
	int rc;

	memset(b, 0, 10);
	b[0] = OUT;
	put(b + 2, len, 2);
	put(b + 8, len >> 16, 2);
	memcpy(b + 10, data, len);
	id = guest_send(g, 101, b, 10 + len, &rc);
	if (rc < 0)
		return rc;
	guest_expect(g, 101);
	assert_true(g->packet_id == id);
	return g->body[1];
}

uint64_t guest_ask(struct guest *g, uint32_t wanted, int *rc)
{
	uint8_t b[10] = {IN};

	put(b + 2, wanted, 2);
	put(b + 8, wanted >> 16, 2);
	return guest_send(g, 101, b, sizeof b, rc);
}

unsigned guest_answer(struct guest *g, uint64_t id, size_t *len)
{
	guest_expect(g, 101);
	assert_true(g->packet_id == id);
	assert_int_equal(g->body[0], IN);
	*len = g->body_len - 10;
	assert_int_equal(get(g->body + 2, 2) | get(g->body + 8, 2) << 16, *len);
	return g->body[1];
}

void guest_exchange(struct guest *g, const char *command, const char *answer)
{
	uint8_t msg[MESSAGE_MAX], want[MESSAGE_MAX];
	size_t n = message_from(msg, command), len;
	uint64_t id;

	assert_int_equal(guest_out(g, msg, n), 0);
	id = guest_ask(g, 65536, NULL);
	n = strncmp(answer, "raw ", 4) == 0 ? hex(answer + 4, want) : message_from(want, answer);
	assert_int_equal(guest_answer(g, id, &len), 0);
	assert_int_equal(len, n);
	assert_memory_equal(g->body + 10, want, n);
}

void guest_diverges(struct guest *g, const char *command)
{
	uint8_t msg[MESSAGE_MAX];
	size_t n = message_from(msg, command);

	assert_int_equal(guest_out(g, msg, n), CCID_E_DIVERGED);
}

int guest_control(struct guest *g, uint8_t rt, uint8_t rq, uint16_t value, uint16_t index,
                  uint16_t length)
{
	uint8_t b[10] = {(uint8_t)(rt & 0x80), rq, rt, 0};
	uint64_t id;

	put(b + 4, value, 2);
	put(b + 6, index, 2);
	put(b + 8, length, 2);
	id = guest_send(g, 100, b, sizeof b, NULL);
	guest_expect(g, 100);
	assert_true(g->packet_id == id);
	return g->body[3] != 0 ? -g->body[3] : (int)(g->body_len - 10);
}
