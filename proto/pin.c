/* SPDX-License-Identifier: MIT */
#include "pin.h"

#include "bytes.h"

#define VERIFY_HEAD    19
#define MODIFY_HEAD    24
#define VALIDATION_KEY 2

static uint32_t swap32(uint32_t v)
{
	return v >> 24 | (v >> 8 & 0xFF00) | (v << 8 & 0xFF0000) | v << 24;
}

static uint16_t swap16(uint16_t v)
{
	return (uint16_t)(v >> 8 | v << 8);
}

static void digits(struct ccid_pin *p, uint16_t extra, bool swapped)
{
	if (swapped)
		extra = swap16(extra);
	p->max_digits = (uint8_t)extra;
	p->min_digits = (uint8_t)(extra >> 8);
}

/* ulDataLength is the last field of the head in both structures. */
static int swapped_length(const uint8_t *buf, size_t len, size_t head, bool *swapped)
{
	struct ccid_rd r = ccid_rd(buf, len);
	uint32_t n;

	ccid_rd_view(&r, head - 4);
	n = ccid_rd_le32(&r);
	if (r.bad)
		return CCID_E_SHORT;
	*swapped = n != len - head;
	if (*swapped && swap32(n) != len - head)
		return CCID_E_FORMAT;
	return len - head >= 4 ? CCID_OK : CCID_E_FORMAT;
}

static void finish(struct ccid_pin *p, const uint8_t *buf, size_t len, size_t head, bool swapped)
{
	if (swapped)
		p->language = swap16(p->language);
	if (p->validation == 0 || p->validation > 7)
		p->validation = VALIDATION_KEY;
	p->apdu = buf + head;
	p->apdu_len = len - head;
}

int ccid_pin_verify_decode(struct ccid_pin *out, const uint8_t *buf, size_t len)
{
	struct ccid_rd r = ccid_rd(buf, len);
	struct ccid_pin p = {0};
	bool swapped;
	int rc = swapped_length(buf, len, VERIFY_HEAD, &swapped);

	if (rc < 0)
		return rc;
	p.time_out = ccid_rd_u8(&r);
	ccid_rd_u8(&r); /* bTimeOut2 has no place in CCID */
	p.format = ccid_rd_u8(&r);
	p.block = ccid_rd_u8(&r);
	p.length_format = ccid_rd_u8(&r);
	digits(&p, ccid_rd_le16(&r), swapped);
	p.validation = ccid_rd_u8(&r);
	p.messages = ccid_rd_u8(&r);
	p.language = ccid_rd_le16(&r);
	p.index[0] = ccid_rd_u8(&r);
	memcpy(p.prologue, ccid_rd_view(&r, 3), 3);
	finish(&p, buf, len, VERIFY_HEAD, swapped);
	*out = p;
	return CCID_OK;
}

int ccid_pin_modify_decode(struct ccid_pin *out, const uint8_t *buf, size_t len)
{
	struct ccid_rd r = ccid_rd(buf, len);
	struct ccid_pin p = {.modify = true};
	bool swapped;
	int rc = swapped_length(buf, len, MODIFY_HEAD, &swapped);

	if (rc < 0)
		return rc;
	p.time_out = ccid_rd_u8(&r);
	ccid_rd_u8(&r);
	p.format = ccid_rd_u8(&r);
	p.block = ccid_rd_u8(&r);
	p.length_format = ccid_rd_u8(&r);
	p.offset_old = ccid_rd_u8(&r);
	p.offset_new = ccid_rd_u8(&r);
	digits(&p, ccid_rd_le16(&r), swapped);
	p.confirm = ccid_rd_u8(&r);
	p.validation = ccid_rd_u8(&r);
	p.messages = ccid_rd_u8(&r);
	p.language = ccid_rd_le16(&r);
	memcpy(p.index, ccid_rd_view(&r, 3), 3);
	memcpy(p.prologue, ccid_rd_view(&r, 3), 3);
	finish(&p, buf, len, MODIFY_HEAD, swapped);
	*out = p;
	return CCID_OK;
}

static void put_indexes(struct ccid_wr *w, const struct ccid_pin *p, bool all)
{
	ccid_wr_u8(w, p->index[0]);
	if (!p->modify)
		return;
	if (all || p->messages != 0)
		ccid_wr_u8(w, p->index[1]);
	if (all || p->messages >= 3)
		ccid_wr_u8(w, p->index[2]);
}

int ccid_pin_encode(uint8_t *out, size_t cap, const struct ccid_pin *pin, bool all_indexes)
{
	struct ccid_wr w = ccid_wr(out, cap);

	ccid_wr_u8(&w, pin->modify ? 1 : 0);
	ccid_wr_u8(&w, pin->time_out);
	ccid_wr_u8(&w, pin->format);
	ccid_wr_u8(&w, pin->block);
	ccid_wr_u8(&w, pin->length_format);
	if (pin->modify) {
		ccid_wr_u8(&w, pin->offset_old);
		ccid_wr_u8(&w, pin->offset_new);
	}
	ccid_wr_u8(&w, pin->max_digits);
	ccid_wr_u8(&w, pin->min_digits);
	if (pin->modify)
		ccid_wr_u8(&w, pin->confirm);
	ccid_wr_u8(&w, pin->validation);
	ccid_wr_u8(&w, pin->messages);
	ccid_wr_le16(&w, pin->language);
	put_indexes(&w, pin, all_indexes);
	ccid_wr_bytes(&w, pin->prologue, 3);
	ccid_wr_bytes(&w, pin->apdu, pin->apdu_len);
	return w.bad ? CCID_E_SPACE : (int)w.len;
}

uint16_t ccid_pin_status(int err)
{
	switch (err) {
	case CCID_E_PIN_TIMEOUT: return 0x6400;
	case CCID_E_PIN_CANCELLED: return 0x6401;
	default: return 0;
	}
}
