/* SPDX-License-Identifier: MIT */
#include "fcp.h"

#define TAG_FCP         0x62
#define TAG_FMD         0x64
#define TAG_FCI         0x6F
#define TAG_APPLICATION 0x61
#define TAG_AID         0x4F

/* The first four bytes at most: what is longer does not fit a file of any card. */
static uint32_t number(const struct ccid_tlv *t)
{
	uint32_t v = 0;

	for (size_t i = 0; i < t->len; i++)
		v = v << 8 | t->value[i];
	return v;
}

static enum ccid_file_kind kind_of(uint8_t descriptor)
{
	static const enum ccid_file_kind structures[8] = {
		CCID_FILE_UNKNOWN,  CCID_FILE_TRANSPARENT, CCID_FILE_FIXED,  CCID_FILE_FIXED,
		CCID_FILE_VARIABLE, CCID_FILE_VARIABLE,    CCID_FILE_CYCLIC, CCID_FILE_CYCLIC,
	};

	if (descriptor & 0x80)
		return CCID_FILE_UNKNOWN;
	if ((descriptor & 0x38) != 0x38)
		return structures[descriptor & 7];
	return (descriptor & 7) == 0 ? CCID_FILE_DF : CCID_FILE_TLV;
}

/* Descriptor, data coding, record size of two bytes (one on old cards), number of records. */
static void descriptor(struct ccid_fcp *f, const struct ccid_tlv *t)
{
	if (t->len < 1 || t->len > 6)
		return;
	f->kind = kind_of(t->value[0]);
	f->has_coding = t->len > 1;
	if (t->len > 1)
		f->write = (enum ccid_file_write)(t->value[1] >> 5 & 3);
	if (t->len == 3)
		f->max_record = t->value[2];
	else if (t->len > 3)
		f->max_record = (uint32_t)t->value[2] << 8 | t->value[3];
}

static void parameter(struct ccid_fcp *f, const struct ccid_tlv *t)
{
	if (t->tag == 0x80 && t->len >= 1 && t->len <= 4) {
		f->has_size = true;
		f->size = number(t);
	} else if (t->tag == 0x82) {
		descriptor(f, t);
	} else if (t->tag == 0x83 && t->len == 2) {
		f->has_id = true;
		f->id = (uint16_t)number(t);
	} else if (t->tag == 0x84 && t->len >= 1 && t->len <= CCID_AID_MAX) {
		f->name = t->value;
		f->name_len = t->len;
	} else if (t->tag == 0x88 && t->len <= 1) {
		f->has_sfi = true;
		f->sfi = t->len == 0 ? 0 : t->value[0] >> 3;
	}
}

static int parameters(struct ccid_fcp *f, const uint8_t *buf, size_t len)
{
	struct ccid_rd r = ccid_rd(buf, len);
	struct ccid_tlv t;
	int rc;

	while ((rc = ccid_tlv_next(&r, &t)) > 0)
		parameter(f, &t);
	return rc;
}

int ccid_fcp_decode(struct ccid_fcp *out, const uint8_t *buf, size_t len)
{
	struct ccid_rd r = ccid_rd(buf, len);
	struct ccid_fcp f = {.kind = CCID_FILE_UNKNOWN};
	struct ccid_tlv t, inner;
	int rc = ccid_tlv_next(&r, &t);

	if (rc <= 0 || (t.tag != TAG_FCP && t.tag != TAG_FMD && t.tag != TAG_FCI))
		return CCID_E_FORMAT;
	f.objects = t.value;
	f.objects_len = t.len;
	rc = parameters(&f, t.value, t.len);
	if (rc == 0 && ccid_tlv_find(&inner, t.value, t.len, TAG_FCP) > 0)
		rc = parameters(&f, inner.value, inner.len);
	if (rc == 0)
		*out = f;
	return rc;
}

int ccid_application_next(struct ccid_rd *r, struct ccid_application *out)
{
	struct ccid_tlv t;
	int rc;

	while ((rc = ccid_tlv_next(r, &t)) > 0) {
		if (t.tag == TAG_APPLICATION)
			rc = ccid_tlv_find(&t, t.value, t.len, TAG_AID);
		if (rc < 0)
			return rc;
		if (rc == 0 || t.tag != TAG_AID || t.len < 1 || t.len > CCID_AID_MAX)
			continue;
		*out = (struct ccid_application){t.value, t.len};
		return 1;
	}
	return rc;
}
