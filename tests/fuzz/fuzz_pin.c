/* SPDX-License-Identifier: MIT */
/* Input: kind (bit 0 modify, bit 1 all indexes), then a structure of PC/SC part 10. */
#include "pin.h"

#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[CCID_PIN_DATA_MAX + 1];
	struct ccid_pin pin;
	int rc, n;

	if (size == 0)
		return 0;
	rc = data[0] & 1 ? ccid_pin_modify_decode(&pin, data + 1, size - 1)
	                 : ccid_pin_verify_decode(&pin, data + 1, size - 1);
	FUZZ_CHECK(rc == CCID_OK || rc == CCID_E_SHORT || rc == CCID_E_FORMAT);
	if (rc < 0)
		return 0;
	FUZZ_CHECK(pin.validation >= 1 && pin.validation <= 7);
	FUZZ_CHECK(pin.apdu >= data && pin.apdu + pin.apdu_len <= data + size);
	out[CCID_PIN_DATA_MAX] = 0x77;
	n = ccid_pin_encode(out, CCID_PIN_DATA_MAX, &pin, (data[0] & 2) != 0);
	FUZZ_CHECK(out[CCID_PIN_DATA_MAX] == 0x77);
	if (n < 0) {
		FUZZ_CHECK(n == CCID_E_SPACE && pin.apdu_len > 261);
		return 0;
	}
	FUZZ_CHECK((size_t)n > pin.apdu_len && out[0] == (data[0] & 1));
	FUZZ_CHECK(memcmp(out + n - pin.apdu_len, pin.apdu, pin.apdu_len) == 0);
	FUZZ_CHECK(ccid_pin_encode(out, (size_t)n - 1, &pin, (data[0] & 2) != 0) == CCID_E_SPACE);
	return 0;
}
