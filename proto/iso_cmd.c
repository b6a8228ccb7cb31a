/* SPDX-License-Identifier: MIT */
#include "iso_cmd.h"

#include "tlv.h"

#define ODD          1 /* added to an instruction: the data field holds data objects */
#define TAG_OFFSET   0x54
#define TAG_DATA     0x53
#define TAG_DATA_TLV 0x73
#define OBJECTS_MAX  255

static int encode(uint8_t *buf, size_t cap, unsigned ins, unsigned p1, unsigned p2,
                  const uint8_t *data, size_t n, uint32_t le)
{
	const struct ccid_apdu a = {.ins = (uint8_t)ins,
	                            .p1 = (uint8_t)p1,
	                            .p2 = (uint8_t)p2,
	                            .data = data,
	                            .lc = (uint32_t)n,
	                            .le = le};

	return n > 65535 ? CCID_E_ARG : ccid_apdu_encode(buf, cap, &a);
}

bool ccid_iso_may_hold_pin(uint8_t ins)
{
	switch (ins) {
	case CCID_INS_VERIFY:
	case CCID_INS_VERIFY | ODD:
	case CCID_INS_CHANGE_REFERENCE_DATA:
	case CCID_INS_CHANGE_REFERENCE_DATA | ODD:
	case CCID_INS_DISABLE_VERIFICATION:
	case CCID_INS_ENABLE_VERIFICATION:
	case CCID_INS_RESET_RETRY_COUNTER:
	case CCID_INS_RESET_RETRY_COUNTER | ODD:
	case CCID_INS_ENVELOPE:
	case CCID_INS_ENVELOPE | ODD: return true;
	default: return false;
	}
}

bool ccid_iso_keeps_file(const uint8_t *apdu, size_t len)
{
	if (len < 4 || (apdu[0] & 0xE3) != 0)
		return false;
	switch (apdu[1]) {
	case CCID_INS_VERIFY:
	case CCID_INS_CHANGE_REFERENCE_DATA:
	case CCID_INS_DISABLE_VERIFICATION:
	case CCID_INS_ENABLE_VERIFICATION:
	case CCID_INS_RESET_RETRY_COUNTER:
	case CCID_INS_EXTERNAL_AUTHENTICATE:
	case CCID_INS_GET_CHALLENGE:
	case CCID_INS_INTERNAL_AUTHENTICATE: return true;
	default: return false;
	}
}

int ccid_iso_command(uint8_t *buf, size_t cap, enum ccid_ins ins, uint8_t p1, uint8_t p2,
                     const uint8_t *data, size_t n, uint32_t le)
{
	return encode(buf, cap, ins, p1, p2, data, n, le);
}

static void put_offset(struct ccid_wr *w, uint32_t offset)
{
	const uint8_t object[] = {TAG_OFFSET, 3, (uint8_t)(offset >> 16), (uint8_t)(offset >> 8),
	                          (uint8_t)offset};

	ccid_wr_bytes(w, object, sizeof object);
}

static void put_data(struct ccid_wr *w, const uint8_t *data, size_t n)
{
	ccid_wr_u8(w, TAG_DATA);
	if (n > 127)
		ccid_wr_u8(w, 0x81);
	ccid_wr_u8(w, (uint8_t)n);
	ccid_wr_bytes(w, data, n);
}

static bool beyond(uint32_t offset)
{
	return offset > CCID_BINARY_OFFSET_MAX;
}

static int with_objects(uint8_t *buf, size_t cap, unsigned ins, const struct ccid_wr *w,
                        uint32_t le)
{
	int n = w->bad ? CCID_E_ARG : encode(buf, cap, ins | ODD, 0, 0, w->p, w->len, le);

	ccid_wipe(w->p, w->len);
	return n;
}

int ccid_iso_read_binary(uint8_t *buf, size_t cap, uint32_t offset, uint32_t n)
{
	uint8_t objects[OBJECTS_MAX];
	struct ccid_wr w = ccid_wr(objects, sizeof objects);

	if (n == 0 || offset > CCID_BINARY_END || n > (beyond(offset) ? CCID_BINARY_READ_MAX : 256))
		return CCID_E_ARG;
	if (!beyond(offset))
		return encode(buf, cap, CCID_INS_READ_BINARY, offset >> 8, offset & 0xFF, NULL, 0,
		              n);
	put_offset(&w, offset);
	return with_objects(buf, cap, CCID_INS_READ_BINARY, &w, n + (n > 127 ? 3 : 2));
}

int ccid_iso_binary_data(uint32_t offset, const uint8_t *answer, size_t len, const uint8_t **data)
{
	struct ccid_rd r = ccid_rd(answer, len);
	struct ccid_tlv t;
	int rc;

	*data = answer;
	if (!beyond(offset) || len == 0)
		return (int)len;
	rc = ccid_tlv_next(&r, &t);
	if (rc <= 0 || (t.tag != TAG_DATA && t.tag != TAG_DATA_TLV))
		return CCID_E_FORMAT;
	*data = t.value;
	return (int)t.len;
}

int ccid_iso_put_binary(uint8_t *buf, size_t cap, enum ccid_ins ins, uint32_t offset,
                        const uint8_t *data, size_t n)
{
	uint8_t objects[OBJECTS_MAX];
	struct ccid_wr w = ccid_wr(objects, sizeof objects);

	if (n == 0 || offset > CCID_BINARY_END ||
	    n > (beyond(offset) ? CCID_BINARY_WRITE_MAX : 255))
		return CCID_E_ARG;
	if (!beyond(offset))
		return encode(buf, cap, ins, offset >> 8, offset & 0xFF, data, n, 0);
	put_offset(&w, offset);
	put_data(&w, data, n);
	return with_objects(buf, cap, ins, &w, 0);
}

int ccid_iso_erase_binary(uint8_t *buf, size_t cap, uint32_t from, uint32_t to)
{
	const uint8_t end[2] = {(uint8_t)(to >> 8), (uint8_t)to};
	uint8_t objects[OBJECTS_MAX];
	struct ccid_wr w = ccid_wr(objects, sizeof objects);

	if (from >= to || to > CCID_BINARY_END)
		return CCID_E_ARG;
	if (!beyond(from) && to <= 0xFFFF)
		return encode(buf, cap, CCID_INS_ERASE_BINARY, from >> 8, from & 0xFF, end,
		              sizeof end, 0);
	put_offset(&w, from);
	put_offset(&w, to);
	return with_objects(buf, cap, CCID_INS_ERASE_BINARY, &w, 0);
}
