/* SPDX-License-Identifier: MIT */
/* make_capture FILE MEGABYTES: a usbmon capture (pcapng, link type 220) of a busy reader beside a
 * busy disk: exchanges of 16 to 4096 bytes, polls, interrupts. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA_MAX 5000
#define READER   5
#define DISK     9

static FILE *file;
static uint64_t now, id, written;

static void le(uint8_t *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void put(const uint8_t *p, size_t n)
{
	if (fwrite(p, 1, n, file) != n) {
		perror("make_capture");
		exit(1);
	}
	written += n;
}

static void head(void)
{
	uint8_t b[48] = {0};

	le(b, 0x0A0D0D0A, 4);
	le(b + 4, 28, 4);
	le(b + 8, 0x1A2B3C4D, 4);
	le(b + 12, 1, 4);
	memset(b + 16, 0xFF, 8);
	le(b + 24, 28, 4);
	le(b + 28, 1, 4);
	le(b + 32, 20, 4);
	le(b + 36, 220, 4);
	le(b + 44, 20, 4);
	put(b, sizeof b);
}

static void packet(char type, unsigned transfer, unsigned endpoint, unsigned device, uint64_t urb,
                   const char *setup, const uint8_t *data, size_t len, size_t length)
{
	uint8_t b[28 + 64 + DATA_MAX + 8] = {0}, *h = b + 28;
	size_t kept = 64 + len, total = 32 + (kept + 3) / 4 * 4;

	now += 20;
	le(b, 6, 4);
	le(b + 4, total, 4);
	le(b + 12, now >> 32, 4);
	le(b + 16, now, 4);
	le(b + 20, kept, 4);
	le(b + 24, kept, 4);
	le(h, urb, 8);
	h[8] = (uint8_t)type;
	h[9] = (uint8_t)transfer;
	h[10] = (uint8_t)endpoint;
	h[11] = (uint8_t)device;
	h[12] = 1;
	h[14] = setup != NULL ? 0 : '-';
	h[15] = len > 0 ? 0 : '<';
	le(h + 28, type == 'S' ? 0xFFFFFF8D : 0, 4);
	le(h + 32, length, 4);
	le(h + 36, len, 4);
	if (setup != NULL)
		memcpy(h + 40, setup, 8);
	if (len > 0)
		memcpy(h + 64, data, len);
	le(b + total - 4, total, 4);
	put(b, total);
}

static void control(const char *setup, const uint8_t *data, size_t len)
{
	id++;
	packet('S', 2, 0x80, READER, id, setup, NULL, 0, len);
	packet('C', 2, 0x80, READER, id, NULL, data, len, len);
}

static void out(unsigned device, const uint8_t *data, size_t len)
{
	id++;
	packet('S', 3, 2, device, id, NULL, data, len, len);
	packet('C', 3, 2, device, id, NULL, NULL, 0, len);
}

static void in(unsigned device, const uint8_t *data, size_t len)
{
	id++;
	packet('S', 3, 0x81, device, id, NULL, NULL, 0, 65556);
	packet('C', 3, 0x81, device, id, NULL, data, len, len);
}

static void describe(void)
{
	static const uint8_t device[18] = {18,   1,    0,    2, 0, 0, 0, 64, 0x4A,
	                                   0x0B, 0x34, 0x12, 0, 1, 0, 0, 0,  1};
	uint8_t config[93] = {9,    2, 93, 0, 1,  1,    0,    0x80, 50, 9, 4, 0, 0, 3,
	                      0x0B, 0, 0,  0, 54, 0x21, 0x10, 1,    0,  7, 3, 0, 0, 0};
	static const uint8_t endpoints[] = {7, 5, 2, 2, 0, 2,    0, 7, 5, 0x81, 2,
	                                    0, 2, 0, 7, 5, 0x83, 3, 8, 0, 16};

	le(config + 18 + 28, 254, 4);
	le(config + 18 + 40, 0x000404BA, 4);
	le(config + 18 + 44, 65554, 4);
	config[18 + 53] = 1;
	memcpy(config + 72, endpoints, sizeof endpoints);
	control("\x80\x06\x00\x01\x00\x00\x12\x00", device, sizeof device);
	control("\x80\x06\x00\x02\x00\x00\x5D\x00", config, sizeof config);
}

static void message(uint8_t *m, uint8_t type, uint8_t seq, size_t len)
{
	memset(m, 0, 10);
	m[0] = type;
	le(m + 1, len, 4);
	m[6] = seq;
}

static void exchange(unsigned n)
{
	uint8_t m[DATA_MAX];
	size_t len = 16u << n % 9;

	message(m, 0x6F, (uint8_t)n, 5);
	memcpy(m + 10, "\x00\xB0\x00\x00\x00", 5);
	out(READER, m, 15);
	message(m, 0x80, (uint8_t)n, len + 2);
	for (size_t i = 0; i < len; i++)
		m[10 + i] = (uint8_t)(n + i);
	m[10 + len] = 0x90;
	m[11 + len] = 0x00;
	in(READER, m, 12 + len);
}

int main(int argc, char **argv)
{
	uint64_t most = argc == 3 ? strtoull(argv[2], NULL, 10) * 1000000u : 0;
	uint8_t disk[4096] = "USBS", power[10], atr[15];

	file = argc == 3 ? fopen(argv[1], "wb") : NULL;
	if (file == NULL) {
		fprintf(stderr, "usage: %s FILE MEGABYTES\n", argv[0]);
		return 2;
	}
	head();
	describe();
	message(power, 0x62, 0, 0);
	message(atr, 0x80, 0, 5);
	memcpy(atr + 10, "\x3B\x02\x14\x50\x00", 5);
	out(READER, power, sizeof power);
	in(READER, atr, sizeof atr);
	for (unsigned n = 1; written < most; n++) {
		exchange(n);
		if (n % 4 == 0)
			in(DISK, disk, sizeof disk);
	}
	return fclose(file) == 0 ? 0 : 1;
}
