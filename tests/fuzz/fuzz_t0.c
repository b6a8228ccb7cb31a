/* SPDX-License-Identifier: MIT */
/* Input: follow, half the room for the response, length of the command, command; then answers of
 * the card, each after its length. */
#include "t0.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t rapdu[512];
	static struct ccid_t0 t;
	enum ccid_t0_act act;
	size_t cap, at, n;

	if (size < 3 || data[2] > size - 3)
		return 0;
	cap = (size_t)data[1] * 2;
	act = ccid_t0_start(&t, data + 3, data[2], (data[0] & 1) != 0, 0x00, rapdu, cap);
	for (at = 3u + data[2]; act == CCID_T0_SEND && at < size; at += n) {
		FUZZ_CHECK(t.tpdu_len >= 4 && t.tpdu_len <= sizeof t.tpdu);
		n = data[at++];
		n = n > size - at ? size - at : n;
		act = ccid_t0_step(&t, data + at, n);
	}
	FUZZ_CHECK(t.rapdu_len <= cap);
	FUZZ_CHECK(act != CCID_T0_DONE || t.rapdu_len >= 2);
	FUZZ_CHECK((act == CCID_T0_GIVE_UP) == (t.err < 0));
	return 0;
}
