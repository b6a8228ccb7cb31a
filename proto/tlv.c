/* SPDX-License-Identifier: MIT */
#include "tlv.h"

#define TAG_MAX    3
#define LENGTH_MAX 4

static void skip_filler(struct ccid_rd *r)
{
	while (r->left > 0 && (r->p[0] == 0x00 || r->p[0] == 0xFF))
		(void)ccid_rd_u8(r);
}

static uint32_t read_tag(struct ccid_rd *r)
{
	uint8_t b = ccid_rd_u8(r);
	uint32_t tag = b;

	if ((b & 0x1F) != 0x1F)
		return tag;
	for (unsigned n = 1; n < TAG_MAX; n++) {
		b = ccid_rd_u8(r);
		tag = tag << 8 | b;
		if ((b & 0x80) == 0)
			return tag;
	}
	r->bad = true;
	return 0;
}

static uint32_t read_length(struct ccid_rd *r)
{
	uint8_t b = ccid_rd_u8(r);
	unsigned n = b & 0x7F;
	uint32_t len = 0;

	if (b < 0x80)
		return b;
	if (n == 0 || n > LENGTH_MAX)
		r->bad = true;
	while (!r->bad && n-- > 0)
		len = len << 8 | ccid_rd_u8(r);
	return len;
}

int ccid_tlv_next(struct ccid_rd *r, struct ccid_tlv *out)
{
	struct ccid_tlv t;

	skip_filler(r);
	if (r->left == 0)
		return r->bad ? CCID_E_FORMAT : 0;
	t.raw = r->p;
	t.tag = read_tag(r);
	t.len = read_length(r);
	t.value = ccid_rd_view(r, t.len);
	if (r->bad)
		return CCID_E_FORMAT;
	t.raw_len = (size_t)(r->p - t.raw);
	*out = t;
	return 1;
}

int ccid_tlv_find(struct ccid_tlv *out, const uint8_t *buf, size_t len, uint32_t tag)
{
	struct ccid_rd r = ccid_rd(buf, len);
	struct ccid_tlv t;
	int rc = ccid_tlv_next(&r, &t);

	while (rc > 0 && t.tag != tag)
		rc = ccid_tlv_next(&r, &t);
	if (rc > 0)
		*out = t;
	return rc;
}
