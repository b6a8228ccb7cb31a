/* SPDX-License-Identifier: MIT */
/* Input: an answer to SELECT, which is also read as EF.DIR and as the answer to READ BINARY beyond
 * offset 32767. Every view lies within the input, and every reading ends. */
#include "fcp.h"
#include "iso_cmd.h"

#include "fuzz.h"

static void inside(const uint8_t *data, size_t size, const uint8_t *view, size_t len)
{
	FUZZ_CHECK(view >= data && len <= size && view <= data + (size - len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ccid_rd r = ccid_rd(data, size);
	struct ccid_application a;
	const uint8_t *content;
	struct ccid_fcp f;
	struct ccid_tlv t;
	size_t left = size;
	int n;

	while (ccid_tlv_next(&r, &t) > 0) {
		inside(data, size, t.raw, t.raw_len);
		FUZZ_CHECK(t.len < t.raw_len && r.left < left);
		left = r.left;
	}
	if (ccid_fcp_decode(&f, data, size) == 0) {
		inside(data, size, f.objects, f.objects_len);
		if (f.name != NULL)
			inside(f.objects, f.objects_len, f.name, f.name_len);
		FUZZ_CHECK(f.sfi < 32 && f.max_record <= 0xFFFF);
	}
	r = ccid_rd(data, size);
	while (ccid_application_next(&r, &a) > 0) {
		inside(data, size, a.aid, a.aid_len);
		FUZZ_CHECK(a.aid_len >= 1 && a.aid_len <= CCID_AID_MAX);
	}
	n = ccid_iso_binary_data(CCID_BINARY_OFFSET_MAX + 1, data, size, &content);
	if (n > 0)
		inside(data, size, content, (size_t)n);
	return 0;
}
