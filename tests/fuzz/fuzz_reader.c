/* SPDX-License-Identifier: MIT */
/* Input: the kind of reader, then what the device says (transport_bytes.h). A whole session runs
 * against it: every call ends, in time, within the caller's buffers, and leaves nothing. */
#include "reader.h"
#include "transport_bytes.h"

#include "fuzz.h"

#include <string.h>

#define LIMIT_MS    60000
#define RECOVERY_MS 30000 /* beyond the deadline, to get back into step */
#define OPS_MAX     1000000ul
#define CAP         300

static struct fake_clock fake;
static struct bytes_device device;
static struct ccid_reader *reader;

/* Every result is a count within its bound or a known code, and came in time. */
static int judged(int rc, int most, int64_t start)
{
	FUZZ_CHECK(rc <= most);
	FUZZ_CHECK(rc >= 0 || ccid_err_name(rc)[0] != '?');
	FUZZ_CHECK(fake.now - start <= LIMIT_MS + RECOVERY_MS);
	FUZZ_CHECK(device.ops < OPS_MAX);
	FUZZ_CHECK(!device.broken);
	return rc;
}

static void transmit(const uint8_t *apdu, size_t len)
{
	struct ccid_slot_info info;
	uint8_t rapdu[CAP + 1];
	int64_t start = fake.now;

	FUZZ_CHECK(ccid_slot_get_info(reader, 0, &info) == 0);
	FUZZ_CHECK(info.atr_len <= sizeof info.atr && info.state < CCID_SLOT_STATES);
	rapdu[CAP] = 0x77;
	judged(ccid_slot_transmit(reader, 0, info.generation, apdu, len, rapdu, CAP,
	                          CCID_XFR_FOLLOW, -1, start + LIMIT_MS),
	       CAP, start);
	FUZZ_CHECK(rapdu[CAP] == 0x77);
}

static void activate(enum ccid_reset_kind reset)
{
	int64_t start = fake.now;

	judged(ccid_slot_activate(reader, 0, 3, reset, start + LIMIT_MS), 0, start);
}

static void session(void)
{
	static const uint8_t case4[] = {0x00, 0xA4, 0x04, 0x00, 0x02, 0x3F, 0x00, 0x00};
	static const uint8_t case2[] = {0x00, 0xB0, 0x00, 0x00, 0x00};
	uint8_t put[5 + 200] = {0x00, 0xDA, 0x00, 0x00, 200}, in[4];
	int64_t start;

	activate(CCID_RESET_NONE);
	transmit(case4, sizeof case4);
	transmit(put, sizeof put);
	judged(ccid_reader_dispatch(reader), 256, fake.now);
	transmit(case2, sizeof case2);
	start = fake.now;
	judged(ccid_slot_poll(reader, 0, start + LIMIT_MS), 0, start);
	activate(CCID_RESET_WARM);
	transmit(case2, sizeof case2);
	start = fake.now;
	judged(ccid_reader_escape(reader, 0, case2, 2, in, sizeof in, start + LIMIT_MS), 4, start);
	start = fake.now;
	judged(ccid_slot_mechanical(reader, 0, CCID_MECHANICAL_EJECT, start + LIMIT_MS), 0, start);
	activate(CCID_RESET_COLD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t features[8] = {FAKE_EXTENDED,
	                                     FAKE_SHORT,
	                                     FAKE_TPDU,
	                                     FAKE_TPDU & ~CCID_FEATURE_AUTO_NEGOTIATION,
	                                     CCID_FEATURE_TPDU | CCID_FEATURE_AUTO_PPS,
	                                     CCID_FEATURE_EXTENDED_APDU,
	                                     FAKE_AUTO,
	                                     0};
	struct fake_reader kind = {.mechanical = 0xF};
	int64_t start;
	int rc;

	if (size == 0)
		return 0;
	kind.features = features[data[0] & 7];
	kind.slots = (uint8_t)(1 + (data[0] >> 3 & 3));
	kind.busy_slots = data[0] & 0x80 ? kind.slots : 1;
	kind.max_message = data[0] & 0x20 ? 64 : 271;
	kind.no_interrupt = data[0] & 0x40;
	fake_clock_init(&fake);
	bytes_device_init(&device, &kind, &fake, data + 1, size - 1);
	start = fake.now;
	rc = judged(ccid_reader_open(&reader, &device.t, NULL, &fake.env, start + LIMIT_MS), 0,
	            start);
	if (rc == 0) {
		session();
		start = fake.now;
		ccid_reader_close(reader);
		judged(0, 0, start);
	} else {
		device.t.ops->close(&device.t);
	}
	FUZZ_CHECK(device.closed && !device.broken);
	return 0;
}
