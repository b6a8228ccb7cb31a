/* SPDX-License-Identifier: MIT */
/* Input: an ATR. */
#include "atr.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ccid_atr a;
	int err = ccid_atr_decode(&a, size == 0 ? (const uint8_t *)"" : data, size);

	FUZZ_CHECK(err == CCID_OK || err == CCID_E_SHORT);
	FUZZ_CHECK((err == CCID_OK) == ((a.errors & CCID_ATR_E_INTERFACE) == 0));
	FUZZ_CHECK(a.len <= CCID_ATR_MAX && a.used <= a.len && a.used <= size);
	FUZZ_CHECK(a.hist_off + a.hist_len <= a.used);
	FUZZ_CHECK(a.groups <= CCID_ATR_GROUPS && a.offered != 0);
	FUZZ_CHECK(a.wi != 0 && a.ifsc != 0 && a.ifsc != 255);
	FUZZ_CHECK(ccid_atr_wwt_us(&a, a.ta1) > 0 && ccid_atr_bwt_us(&a, a.guard) > 0);
	FUZZ_CHECK(ccid_atr_cwt_us(&a, a.ta2, a.crc) > 0);
	return 0;
}
