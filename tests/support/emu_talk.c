/* SPDX-License-Identifier: MIT */
#include "emu_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EP_OUT 0x02
#define EP_IN  0x82
#define EP_INT 0x83
#define MAX    66000

int64_t talk_now;

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* -1 in *any for a byte that may be anything. */
static bool next_byte(const char **hex, int *byte)
{
	while (**hex == ' ')
		(*hex)++;
	if (**hex == '\0')
		return false;
	*byte = **hex == '.' ? -1 : nibble((*hex)[0]) << 4 | nibble((*hex)[1]);
	*hex += 2;
	return true;
}

size_t talk_bytes(uint8_t *out, size_t cap, const char *hex)
{
	size_t n = 0;
	int byte;

	while (next_byte(&hex, &byte)) {
		assert_true(n < cap && byte >= 0);
		out[n++] = (uint8_t)byte;
	}
	return n;
}

static void same(const uint8_t *got, size_t len, const char *hex)
{
	const char *at = hex;
	size_t n = 0;
	int byte;

	while (next_byte(&at, &byte)) {
		if (n >= len)
			fail_msg("only %zu bytes came, expected %s", len, hex);
		if (byte >= 0 && got[n] != byte)
			fail_msg("byte %zu is %02X, expected %s", n, got[n], hex);
		n++;
	}
	if (n != len)
		fail_msg("%zu bytes came, expected %zu: %s", len, n, hex);
}

int talk_control(struct emu_device *d, const char *setup, uint8_t *answer)
{
	uint8_t s[8], none[1];

	assert_int_equal(talk_bytes(s, sizeof s, setup), 8);
	return emu_control(d, s, answer != NULL ? answer : none, talk_now);
}

struct emu_device *talk_new(const struct emu_config *cfg)
{
	struct emu_device *d = emu_create(cfg);

	assert_non_null(d);
	assert_int_equal(talk_control(d, "00 09 0100 0000 0000", NULL), 0);
	return d;
}

void talk_send(struct emu_device *d, const char *hex)
{
	uint8_t buf[1024];
	size_t n = talk_bytes(buf, sizeof buf, hex);

	assert_int_equal(emu_out(d, EP_OUT, buf, n, talk_now), EMU_OK);
}

struct emu_device *talk_powered(const struct emu_config *cfg)
{
	struct emu_device *d = talk_new(cfg);
	uint8_t buf[64];

	talk_send(d, "62 00000000 00 00 00 0000");
	assert_true(emu_in(d, EP_IN, buf, sizeof buf, talk_now) > 10);
	return d;
}

void talk_block(struct emu_device *d, const char *header, const uint8_t *data, size_t len)
{
	uint8_t *buf = malloc(10 + len);

	assert_non_null(buf);
	assert_int_equal(talk_bytes(buf, 10, header), 10);
	for (unsigned i = 0; i < 4; i++)
		buf[1 + i] = (uint8_t)(len >> 8 * i);
	if (len > 0)
		memcpy(buf + 10, data, len);
	assert_int_equal(emu_out(d, EP_OUT, buf, 10 + len, talk_now), EMU_OK);
	free(buf);
}

void talk_expect(struct emu_device *d, const char *hex)
{
	uint8_t *buf = malloc(MAX);
	int n;

	assert_non_null(buf);
	n = emu_in(d, EP_IN, buf, MAX, talk_now);
	if (n < 0)
		fail_msg("status %d, expected %s", n, hex);
	same(buf, (size_t)n, hex);
	free(buf);
}

void talk(struct emu_device *d, const char *out, const char *in)
{
	talk_send(d, out);
	talk_expect(d, in);
}

void talk_silent(struct emu_device *d)
{
	uint8_t buf[64];

	assert_int_equal(emu_in(d, EP_IN, buf, sizeof buf, talk_now), EMU_NAK);
}

void talk_notified(struct emu_device *d, const char *hex)
{
	uint8_t buf[64];
	int n = emu_in(d, EP_INT, buf, sizeof buf, talk_now);

	if (*hex == '\0')
		assert_int_equal(n, EMU_NAK);
	else if (n < 0)
		fail_msg("status %d, expected %s", n, hex);
	else
		same(buf, (size_t)n, hex);
}
