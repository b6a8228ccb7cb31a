/* SPDX-License-Identifier: MIT */
/* Input: a command APDU. What decodes encodes to the same bytes. */
#include "apdu.h"

#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[CCID_APDU_MAX];
	struct ccid_apdu a;

	if (ccid_apdu_decode(&a, data, size) < 0)
		return 0;
	FUZZ_CHECK(a.kind >= 1 && a.kind <= 4);
	FUZZ_CHECK((a.lc > 0) == (a.kind >= 3) && a.lc <= 65535);
	FUZZ_CHECK((a.le > 0) == (a.kind == 2 || a.kind == 4) && a.le <= 65536);
	FUZZ_CHECK(ccid_apdu_encode(again, sizeof again, &a) == (int)size);
	FUZZ_CHECK(memcmp(again, data, size) == 0);
	return 0;
}
