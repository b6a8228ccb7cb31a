/* SPDX-License-Identifier: MIT */
/* Input: the number of slots less one, then an interrupt transfer. */
#include "ccid_msg.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t pos = 0, before = 0, nslots;
	struct ccid_notify n;

	if (size == 0)
		return 0;
	nslots = (size_t)data[0] + 1;
	data++;
	size--;
	while (ccid_notify_next(data, size, &pos, nslots, &n) == 1) {
		FUZZ_CHECK(pos > before && pos <= size);
		FUZZ_CHECK(n.slots <= nslots);
		for (size_t slot = 0; slot <= nslots; slot++) {
			bool any = ccid_notify_present(&n, slot) || ccid_notify_changed(&n, slot);

			FUZZ_CHECK(!any || slot < n.slots);
		}
		before = pos;
	}
	FUZZ_CHECK(ccid_notify_next(data, size, &pos, nslots, &n) == 0);
	return 0;
}
