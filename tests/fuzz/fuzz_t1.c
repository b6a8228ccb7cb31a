/* SPDX-License-Identifier: MIT */
/* Input: kind (bit 0 CRC, bit 1 blocks get a right LRC, bit 2 S(IFS) first, bit 3 a secure command),
 * IFSC, the longest block, half the room for the response, length of the command, command; then
 * what comes: a length and that many bytes, FF garbled, FE mute. Exchanges follow one another until
 * the input ends. */
#include "t1.h"

#include "fuzz.h"

#include <string.h>

#define HEAD 5

static struct ccid_t1 t;
static uint8_t rapdu[512 + 1];
static size_t cap;

static void check(enum ccid_t1_act act)
{
	size_t edc = ccid_t1_edc_len(&t);

	FUZZ_CHECK(t.ifsc >= 1 && t.ifsc <= 254 && t.ifsd >= 1 && t.ifsd <= 254);
	FUZZ_CHECK(rapdu[cap] == 0x77 && t.rapdu_len <= cap);
	FUZZ_CHECK((act == CCID_T1_GIVE_UP) == (t.err < 0));
	if (act != CCID_T1_SEND)
		return;
	FUZZ_CHECK(t.block_len >= 3 + edc && t.block_len <= sizeof t.block);
	FUZZ_CHECK(t.block_len == 3 + t.block[2] + edc && t.block[2] <= t.ifsc);
}

static enum ccid_t1_act feed(const uint8_t *p, size_t n, int right)
{
	uint8_t block[300] = {0};

	if (!right || n == 0 || n >= sizeof block)
		return ccid_t1_step(&t, CCID_T1_BLOCK, p, n);
	memcpy(block, p, n);
	for (size_t i = 0; i < n; i++)
		block[n] ^= p[i];
	return ccid_t1_step(&t, CCID_T1_BLOCK, block, n + 1);
}

/* One exchange; where the input goes on. */
static size_t run(enum ccid_t1_act act, const uint8_t *data, size_t at, size_t size)
{
	check(act);
	while (act == CCID_T1_SEND && at < size) {
		size_t n = data[at++];

		if (n >= 0xFE) {
			act = ccid_t1_step(&t, n == 0xFE ? CCID_T1_MUTE : CCID_T1_GARBLED, NULL, 0);
		} else {
			n = n > size - at ? size - at : n;
			act = feed(data + at, n, data[0] & 2);
			at += n;
		}
		check(act);
	}
	if (act == CCID_T1_SEND)
		ccid_t1_break(&t);
	return at;
}

static size_t secure(const uint8_t *data, size_t at, size_t size)
{
	uint8_t prologue[3];

	at = run(ccid_t1_resync(&t), data, at, size);
	if (t.err < 0 || t.dead || t.lost)
		return at;
	ccid_t1_secure(&t, 0, rapdu, cap, prologue);
	FUZZ_CHECK((prologue[1] & 0xBF) == 0);
	return at >= size ? at : run(feed(data + at, size - at, data[0] & 2), data, size, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at, max;

	if (size < HEAD || data[4] > size - HEAD)
		return 0;
	ccid_t1_init(&t, data[1] % 254 + 1, data[0] & 1, 0);
	max = data[2] < 6 ? 6 : data[2] + 5u;
	cap = (size_t)data[3] * 2;
	rapdu[cap] = 0x77;
	at = HEAD + data[4];
	t.rapdu_len = 0;
	if (data[0] & 4)
		at = run(ccid_t1_ifs(&t, 254), data, at, size);
	if (data[0] & 8)
		at = secure(data, at, size);
	for (unsigned i = 0; at < size && i < 1000 && !t.dead && data[4] >= 4; i++)
		at = run(ccid_t1_start(&t, data + HEAD, data[4], rapdu, cap, max), data, at, size);
	return 0;
}
