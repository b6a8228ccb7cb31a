/* SPDX-License-Identifier: MIT */
#include "apdus.h"

#include <stdio.h>
#include <string.h>

struct apdu {
	size_t len;
	uint8_t bytes[128];
};

static const struct apdu apdus[] = {
	{7, {0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00}},       /* SELECT the master file */
	{8, {0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00, 0x00}}, /* with its FCI */
	{7, {0x00, 0xA4, 0x00, 0x0C, 0x02, 0x12, 0x34}},       /* a file that is not there */
	{5, {0x00, 0x84, 0x00, 0x00, 0x08}},                   /* GET CHALLENGE */
	{5, {0x00, 0x84, 0x00, 0x00, 0x08}},
	{5, {0x00, 0xB0, 0x00, 0x00, 0x00}}, /* READ BINARY, 256 bytes */
	{5, {0x00, 0xB0, 0x01, 0x00, 0x36}}, /* a CCID message of 64 bytes + status */
	{5, {0x00, 0xB0, 0x01, 0x00, 0x34}}, /* one of exactly 64 */
	{8, {0x00, 0xD6, 0x00, 0x04, 0x03, 1, 2, 3}},
	{5, {0x00, 0xB0, 0x00, 0x02, 0x08}},
	{105, {0x00, 0xD6, 0x01, 0x00, 100, 0xA5, 0x5A}}, /* then zeros */
	{5, {0x00, 0xB0, 0x01, 0x00, 100}},
	{9, {0x00, 0x20, 0x00, 0x80, 0x04, 0x31, 0x32, 0x33, 0x35}}, /* VERIFY, wrong */
	{9, {0x00, 0x20, 0x00, 0x80, 0x04, 0x31, 0x32, 0x33, 0x34}},
	{4, {0x80, 0x12, 0x02, 0x01}}, /* two time extensions */
	{5, {0x80, 0x1A, 0x0A, 0x00, 0x0A}},
	{4, {0x80, 0x18, 0x63, 0xC5}}, /* answers 63C5 */
	{4, {0x00, 0xEE, 0x00, 0x00}}, /* unknown INS */
	{5, {0x00, 0x84, 0x00, 0x00, 0xFF}},
};

static const struct apdu long_answer = {7, {0x00, 0xB0, 0x00, 0x00, 0x00, 0x04, 0x00}};

#define LONG_DATA 400

static void print(const char *what, const uint8_t *bytes, size_t len)
{
	printf("%s", what);
	for (size_t i = 0; i < len; i++)
		printf(" %02X", bytes[i]);
	printf("\n");
}

static void send_one(apdus_send send, const uint8_t *apdu, size_t len)
{
	static uint8_t out[66000];
	long n;

	print(" >", apdu, len);
	n = send(apdu, len, out, sizeof out);
	if (n < 0)
		printf(" < failed\n");
	else
		print(" <", out, (size_t)n);
}

/* UPDATE BINARY with a long command, and a READ BINARY of what it wrote. */
static void send_extended(apdus_send send)
{
	uint8_t update[7 + LONG_DATA] = {
		0x00, 0xD6, 0x00, 0x10, 0, LONG_DATA >> 8, LONG_DATA & 0xFF};

	for (unsigned i = 0; i < LONG_DATA; i++)
		update[7 + i] = (uint8_t)(i * 3);
	send_one(send, update, sizeof update);
	send_one(send, long_answer.bytes, long_answer.len);
}

bool apdus_run(apdus_send send, const char *set)
{
	bool tpdu = strcmp(set, "tpdu") == 0, extended = strcmp(set, "extended") == 0;

	if (!tpdu && !extended && strcmp(set, "short") != 0)
		return false;
	for (size_t i = 0; i < sizeof apdus / sizeof apdus[0]; i++) {
		const struct apdu *a = &apdus[i];

		if (!tpdu || a->len <= 5 || a->len != 6u + a->bytes[4])
			send_one(send, a->bytes, a->len);
	}
	if (extended)
		send_extended(send);
	return true;
}
