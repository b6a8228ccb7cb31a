/* SPDX-License-Identifier: MIT */
#include "apdu.h"

#include "bytes.h"

#define HEADER 4

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* The body after the header: Lc, data, Le in the short form. */
static int decode_short(struct ccid_apdu *a, const uint8_t *body, size_t len)
{
	size_t lc = body[0];

	if (len == 1) {
		a->kind = 2;
		a->le = lc == 0 ? 256 : (uint32_t)lc;
		return CCID_OK;
	}
	if (len != 1 + lc && len != 2 + lc)
		return CCID_E_FORMAT;
	a->data = body + 1;
	a->lc = (uint32_t)lc;
	a->kind = len == 1 + lc ? 3 : 4;
	if (a->kind == 4)
		a->le = body[1 + lc] == 0 ? 256 : body[1 + lc];
	return CCID_OK;
}

/* The same in the extended form: body[0] is 00 and len at least 2. */
static int decode_extended(struct ccid_apdu *a, const uint8_t *body, size_t len)
{
	uint32_t n;

	if (len < 3)
		return CCID_E_FORMAT;
	a->extended = true;
	n = be16(body + 1);
	if (len == 3) {
		a->kind = 2;
		a->le = n == 0 ? 65536 : n;
		return CCID_OK;
	}
	if (n == 0 || (len != 3 + (size_t)n && len != 5 + (size_t)n))
		return CCID_E_FORMAT;
	a->data = body + 3;
	a->lc = n;
	a->kind = len == 3 + (size_t)n ? 3 : 4;
	if (a->kind == 4) {
		uint32_t le = be16(body + 3 + n);

		a->le = le == 0 ? 65536 : le;
	}
	return CCID_OK;
}

int ccid_apdu_decode(struct ccid_apdu *out, const uint8_t *buf, size_t len)
{
	struct ccid_apdu a = {.kind = 1};
	int err = CCID_OK;

	if (len < HEADER)
		return CCID_E_SHORT;
	a.cla = buf[0];
	a.ins = buf[1];
	a.p1 = buf[2];
	a.p2 = buf[3];
	if (len > HEADER + 1 && buf[HEADER] == 0)
		err = decode_extended(&a, buf + HEADER, len - HEADER);
	else if (len > HEADER)
		err = decode_short(&a, buf + HEADER, len - HEADER);
	if (err == CCID_OK)
		*out = a;
	return err;
}

static size_t encoded_length(uint32_t lc, uint32_t le, bool extended)
{
	size_t n = HEADER + lc;

	if (lc > 0)
		n += extended ? 3 : 1;
	if (le > 0)
		n += !extended ? 1 : lc > 0 ? 2 : 3;
	return n;
}

static void put_length(uint8_t **p, uint32_t n, bool extended)
{
	if (extended)
		*(*p)++ = (uint8_t)(n >> 8);
	*(*p)++ = (uint8_t)n;
}

int ccid_apdu_encode(uint8_t *buf, size_t cap, const struct ccid_apdu *apdu)
{
	const struct ccid_apdu a = *apdu;
	bool extended = a.extended || a.lc > 255 || a.le > 256;
	size_t prefix = HEADER + (extended ? 3 : 1);
	uint8_t *p = buf + HEADER;

	if (a.lc > 65535 || a.le > 65536 || (a.lc > 0 && a.data == NULL))
		return CCID_E_ARG;
	if (encoded_length(a.lc, a.le, extended) > cap)
		return CCID_E_SPACE;
	if (a.lc > 0)
		memmove(buf + prefix, a.data, a.lc);
	memcpy(buf, (const uint8_t[HEADER]){a.cla, a.ins, a.p1, a.p2}, HEADER);
	if (extended && (a.lc > 0 || a.le > 0))
		*p++ = 0;
	if (a.lc > 0) {
		put_length(&p, a.lc, extended);
		p += a.lc;
	}
	if (a.le > 0)
		put_length(&p, a.le, extended);
	return (int)(p - buf);
}
