/* SPDX-License-Identifier: MIT */
/* Input: follow (bit 0) and a reader that takes whole APDUs (bit 1), half the room for the response,
 * length of the command, command; then answers of the card, each after its length. */
#include "t0.h"

#include "fuzz.h"

#include <string.h>

/* Whole APDUs: the answer is where it goes, as the driver has it. */
static enum ccid_t0_act step(struct ccid_t0 *t, const uint8_t *rx, size_t n)
{
	uint8_t *to = t->rapdu + t->rapdu_len;
	size_t room = t->cap - t->rapdu_len;

	n = n < room ? n : room;
	if (n > 0)
		memcpy(to, rx, n);
	return ccid_t0_step(t, to, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t rapdu[512];
	static struct ccid_t0 t;
	enum ccid_t0_act act;
	size_t cap, at, n;
	bool whole;

	if (size < 3 || data[2] > size - 3)
		return 0;
	cap = (size_t)data[1] * 2;
	whole = (data[0] & 2) != 0;
	act = whole ? ccid_t0_start_whole(&t, data + 3, data[2], 0x00, rapdu, cap)
	            : ccid_t0_start(&t, data + 3, data[2], (data[0] & 1) != 0, 0x00, rapdu, cap);
	for (at = 3u + data[2]; act == CCID_T0_SEND && at < size; at += n) {
		FUZZ_CHECK(t.whole || (t.tpdu_len >= 4 && t.tpdu_len <= sizeof t.tpdu));
		n = data[at++];
		n = n > size - at ? size - at : n;
		act = whole ? step(&t, data + at, n) : ccid_t0_step(&t, data + at, n);
	}
	FUZZ_CHECK(t.rapdu_len <= cap);
	FUZZ_CHECK(act != CCID_T0_DONE || t.rapdu_len >= 2);
	FUZZ_CHECK((act == CCID_T0_GIVE_UP) == (t.err < 0));
	return 0;
}
