/* SPDX-License-Identifier: MIT */
/* The usbredir side of the emulated reader, against packets written by hand: usbredir 0.7. */
#include "emu_config.h"
#include "emu_redir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OUT_MAX 70000

struct link {
	struct emu_device *d;
	struct emu_redir *r;
	uint8_t got[OUT_MAX];
	size_t len, at;
};

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put(struct link *l, const void *bytes, size_t len, int64_t now)
{
	assert_int_equal(emu_redir_input(l->r, bytes, len, now), 0);
}

static void pull(struct link *l, int64_t now)
{
	size_t n;

	memmove(l->got, l->got + l->at, l->len - l->at);
	l->len -= l->at;
	l->at = 0;
	while ((n = emu_redir_output(l->r, l->got + l->len, 7, now)) > 0)
		l->len += n;
}

/* The next packet must be of that type; its body. Headers are 12 bytes: no 64-bit ids here. */
static const uint8_t *packet(struct link *l, uint32_t type, uint32_t id, size_t *len)
{
	const uint8_t *p = l->got + l->at;

	assert_true(l->len - l->at >= 12);
	assert_int_equal(le32(p), type);
	assert_int_equal(le32(p + 8), id);
	*len = le32(p + 4);
	assert_true(l->len - l->at >= 12 + *len);
	l->at += 12 + *len;
	return p + 12;
}

static void hello(struct link *l)
{
	uint8_t msg[12 + 64 + 4] = {0, 0, 0, 0, 68};
	size_t len;

	msg[12] = 'x';
	msg[76] = 0x56; /* capabilities 1 2 4 6 */
	put(l, msg, sizeof msg, 0);
	pull(l, 0);
	packet(l, 0, 0, &len);
	assert_int_equal(len, 68);
}

static struct link *open_link(bool card)
{
	struct link *l = calloc(1, sizeof *l);
	struct emu_config cfg;

	assert_non_null(l);
	emu_config_init(&cfg);
	cfg.card_in[0] = card;
	l->d = emu_create(&cfg);
	l->r = emu_redir_new(l->d, 0);
	assert_non_null(l->r);
	return l;
}

static void close_link(struct link *l)
{
	emu_redir_free(l->r);
	emu_destroy(l->d);
	free(l);
}

static struct link *connected(bool card)
{
	struct link *l = open_link(card);

	hello(l);
	l->at = l->len;
	return l;
}

static void layout_comes_before_device_connect(void **state)
{
	struct link *l = open_link(false);
	const uint8_t *p;
	size_t len;

	(void)state;
	hello(l);
	p = packet(l, 4, 0, &len);
	assert_int_equal(len, 132);
	assert_int_equal(le32(p), 1);
	assert_int_equal(p[4 + 32], 0x0B);
	p = packet(l, 5, 0, &len);
	assert_int_equal(len, 160);
	assert_int_equal(p[2], 2);
	assert_int_equal(p[16 + 2], 2);
	assert_int_equal(p[16 + 3], 3);
	assert_int_equal(p[1], 255);
	assert_int_equal(p[96 + 2 * 18], 64);
	p = packet(l, 1, 0, &len);
	assert_int_equal(len, 10);
	assert_memory_equal(p, "\x01\x00\x00\x00\x09\x12\x1D\xCC\x00\x01", 10);
	assert_int_equal(l->at, l->len);
	close_link(l);
}

static void control_requests_pass(void **state)
{
	static const uint8_t get[] = {100, 0,    0, 0,    10, 0, 0,    0, 5, 0,  0,
	                              0,   0x80, 6, 0x80, 0,  0, 0x01, 0, 0, 18, 0};
	static const uint8_t bad[] = {100, 0,    0, 0,    10, 0, 0,    0, 6, 0,  0,
	                              0,   0x80, 6, 0x80, 0,  0, 0x0F, 0, 0, 18, 0};
	struct link *l = connected(false);
	const uint8_t *p;
	size_t len;

	(void)state;
	put(l, get, sizeof get, 0);
	put(l, bad, sizeof bad, 0);
	pull(l, 0);
	p = packet(l, 100, 5, &len);
	assert_int_equal(len, 28);
	assert_int_equal(p[3], 0);
	assert_memory_equal(p + 10, emu_device_desc(l->d), 18);
	p = packet(l, 100, 6, &len);
	assert_int_equal(len, 10);
	assert_int_equal(p[3], 4);
	close_link(l);
}

static const uint8_t ask_in[] = {101, 0,    0, 0,    10, 0, 0, 0, 7, 0, 0,
                                 0,   0x82, 0, 0x80, 0,  0, 0, 0, 0, 0, 0};
static const uint8_t status_out[] = {101, 0, 0, 0, 20, 0, 0,    0, 8, 0, 0, 0, 0x02, 0, 10, 0,
                                     0,   0, 0, 0, 0,  0, 0x65, 0, 0, 0, 0, 0, 9,    0, 0,  0};

static void an_in_request_waits_for_its_answer(void **state)
{
	struct link *l = connected(true);
	const uint8_t *p;
	size_t len;

	(void)state;
	put(l, ask_in, sizeof ask_in, 0);
	pull(l, 0);
	assert_int_equal(l->len, 0);
	for (size_t i = 0; i < sizeof status_out; i++)
		put(l, status_out + i, 1, 0);
	pull(l, 0);
	p = packet(l, 101, 8, &len); /* OUT is done */
	assert_int_equal(len, 10);
	assert_int_equal(p[1], 0);
	assert_int_equal(p[2], 10);
	p = packet(l, 101, 7, &len);
	assert_int_equal(len, 20);
	assert_memory_equal(p, "\x82\x00\x0A\x00\0\0\0\0\0\0\x81\0\0\0\0\0\x09\x01\0\0", 20);
	close_link(l);
}

static void a_cancelled_request_is_answered_at_once(void **state)
{
	static const uint8_t cancel[] = {21, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0};
	struct link *l = connected(true);
	const uint8_t *p;
	size_t len;

	(void)state;
	put(l, ask_in, sizeof ask_in, 0);
	put(l, cancel, sizeof cancel, 0);
	put(l, cancel, sizeof cancel, 0);
	pull(l, 0);
	p = packet(l, 101, 7, &len);
	assert_int_equal(len, 10);
	assert_int_equal(p[1], 1);
	assert_int_equal(p[2], 0);
	assert_int_equal(l->at, l->len);
	close_link(l);
}

static void the_interrupt_stream_counts_its_packets(void **state)
{
	static const uint8_t start[] = {15, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0x83};
	struct link *l = connected(true);
	const uint8_t *p;
	size_t len;

	(void)state;
	put(l, start, sizeof start, 0);
	pull(l, 0);
	p = packet(l, 17, 3, &len);
	assert_memory_equal(p, "\x00\x83", 2);
	p = packet(l, 103, 0, &len);
	assert_memory_equal(p, "\x83\x00\x02\x00\x50\x03", 6);
	assert_true(emu_later(l->d, EMU_REMOVE, 0, 50));
	assert_int_equal(emu_redir_next(l->r), 50);
	pull(l, 50);
	p = packet(l, 103, 1, &len);
	assert_memory_equal(p, "\x83\x00\x02\x00\x50\x02", 6);
	close_link(l);
}

static void an_unplug_is_told_once(void **state)
{
	struct link *l = connected(true);
	size_t len;

	(void)state;
	put(l, ask_in, sizeof ask_in, 0);
	emu_unplug(l->d, 0);
	pull(l, 0);
	packet(l, 2, 0, &len);
	assert_int_equal(l->at, l->len);
	pull(l, 0);
	assert_int_equal(l->len, 0);
	close_link(l);
}

static void a_reset_ends_what_was_pending(void **state)
{
	static const uint8_t reset[] = {3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct link *l = connected(true);
	const uint8_t *p;
	size_t len;

	(void)state;
	put(l, ask_in, sizeof ask_in, 0);
	put(l, reset, sizeof reset, 0);
	put(l, status_out, sizeof status_out, 0);
	pull(l, 0);
	p = packet(l, 101, 7, &len);
	assert_int_equal(p[1], 1);
	p = packet(l, 101, 8, &len); /* configured again */
	assert_int_equal(p[1], 0);
	close_link(l);
}

static void a_broken_packet_ends_the_link(void **state)
{
	static const uint8_t bad[] = {99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct link *l = connected(false);

	(void)state;
	assert_int_equal(emu_redir_input(l->r, bad, sizeof bad, 0), -1);
	close_link(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_comes_before_device_connect),
		cmocka_unit_test(control_requests_pass),
		cmocka_unit_test(an_in_request_waits_for_its_answer),
		cmocka_unit_test(a_cancelled_request_is_answered_at_once),
		cmocka_unit_test(the_interrupt_stream_counts_its_packets),
		cmocka_unit_test(an_unplug_is_told_once),
		cmocka_unit_test(a_reset_ends_what_was_pending),
		cmocka_unit_test(a_broken_packet_ends_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
