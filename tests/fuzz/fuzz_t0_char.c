/* SPDX-License-Identifier: MIT */
/* Input: kind (bit 0: what comes has the number of characters asked for), length of the TPDU, TPDU;
 * then the card's characters, each move's after their number unless bit 0 says that it fits. */
#include "t0_char.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ccid_t0_char t;
	enum ccid_t0_char_act act;
	size_t at, n, sent = 0;

	if (size < 2 || data[1] > size - 2)
		return 0;
	at = 2u + data[1];
	act = ccid_t0_char_start(&t, data + 2, data[1]);
	while (act == CCID_T0_CHAR_MOVE && at < size) {
		FUZZ_CHECK(t.expect >= 1 && t.expect <= sizeof t.rx);
		sent += t.send_len;
		n = data[0] & 1 ? t.expect : data[at++];
		n = n > size - at ? size - at : n;
		act = ccid_t0_char_step(&t, data + at, n);
		FUZZ_CHECK(act == CCID_T0_CHAR_GIVE_UP || n == t.expect ||
		           act != CCID_T0_CHAR_DONE || t.got >= 2);
		at += n;
	}
	FUZZ_CHECK(sent <= (data[1] < 5 ? 5u : data[1]));
	FUZZ_CHECK(t.got <= sizeof t.rx);
	FUZZ_CHECK(act != CCID_T0_CHAR_DONE || t.got >= 2);
	FUZZ_CHECK((act == CCID_T0_CHAR_GIVE_UP) == (t.err < 0));
	return 0;
}
