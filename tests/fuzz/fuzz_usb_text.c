/* SPDX-License-Identifier: MIT */
/* Input: the room for the text, then a string descriptor. */
#include "transport.h"

#include "fuzz.h"

#include <string.h>

/* Bytes of the UTF-8 character at s; 0 when it is none. */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return s[0] > 0xF4 ? 0 : n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cap, len, step;
	char *out;

	if (size == 0)
		return 0;
	cap = (size_t)data[0] + 1;
	out = malloc(cap);
	FUZZ_CHECK(out != NULL);
	ccid_text_from_usb(out, cap, data + 1, size - 1);
	len = strlen(out);
	FUZZ_CHECK(len < cap);
	FUZZ_CHECK(len == 0 || (out[0] != ' ' && out[len - 1] != ' '));
	for (size_t i = 0; i < len; i += step) {
		step = utf8_len((const unsigned char *)out + i);
		FUZZ_CHECK(step > 0 && (unsigned char)out[i] >= 0x20 && out[i] != 0x7F);
	}
	free(out);
	return 0;
}
