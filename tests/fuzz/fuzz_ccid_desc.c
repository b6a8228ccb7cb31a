/* SPDX-License-Identifier: MIT */
/* Input: a configuration descriptor. */
#include "ccid_desc.h"

#include "fuzz.h"

static void check_endpoint(const struct ccid_endpoint *ep)
{
	FUZZ_CHECK(ep->address == 0 || ep->max_packet > 0);
	FUZZ_CHECK(ep->max_packet <= 0x7FF);
}

static void check_desc(const struct ccid_interface *itf)
{
	struct ccid_class_desc d;

	FUZZ_CHECK(ccid_class_desc_decode(&d, itf->desc, CCID_CLASS_DESC_LEN) == 0);
	FUZZ_CHECK(d.type == itf->desc_type);
	(void)ccid_class_desc_clamp(&d);
	FUZZ_CHECK(d.max_slot_index < CCID_SLOTS_MAX);
	FUZZ_CHECK(d.max_busy_slots >= 1 && d.max_busy_slots <= d.max_slot_index + 1);
	FUZZ_CHECK(d.protocols >= 1 && d.protocols <= 3);
	FUZZ_CHECK(d.voltage_support >= 1 && d.voltage_support <= 7);
	FUZZ_CHECK(d.default_clock_khz >= 1000 && d.default_clock_khz <= d.max_clock_khz);
	FUZZ_CHECK(d.data_rate_bps >= 1 && d.data_rate_bps <= d.max_data_rate_bps);
	FUZZ_CHECK(d.max_message_len >= 43 && d.max_message_len <= 65554);
	FUZZ_CHECK(d.max_ifsd <= 254);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ccid_interface itf;
	size_t pos = 0, before = 0;

	while (ccid_config_next(data, size, &pos, &itf) == 1) {
		FUZZ_CHECK(pos > before && pos <= size);
		FUZZ_CHECK(itf.desc >= data && itf.desc + CCID_CLASS_DESC_LEN <= data + size);
		FUZZ_CHECK(itf.cls == 0x0B || itf.cls == 0xFF);
		check_endpoint(&itf.bulk_in);
		check_endpoint(&itf.bulk_out);
		check_endpoint(&itf.intr_in);
		check_desc(&itf);
		before = pos;
	}
	return 0;
}
