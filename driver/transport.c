/* SPDX-License-Identifier: MIT */
#include "transport.h"

#include "bytes.h"
#include "quirks.h"

#define DESC_STRING 0x03
#define REPLACEMENT '?'

static bool may_be_driven(const struct ccid_interface *itf, uint16_t vid, uint16_t pid)
{
	return itf->desc_type == 0x21 || ccid_quirk_accepts_ff(vid, pid);
}

/* A token that is spoken to on endpoint 0 alone. */
static bool is_iccd(const struct ccid_interface *itf)
{
	return itf->cls == 0x0B && (itf->protocol == 1 || itf->protocol == 2);
}

int ccid_transport_choose(struct ccid_interface *out, const uint8_t *cfg, size_t len, int wanted,
                          uint16_t vid, uint16_t pid)
{
	struct ccid_interface itf;
	int rc = CCID_E_NOTFOUND;
	size_t pos = 0;

	while (ccid_config_next(cfg, len, &pos, &itf) == 1) {
		if ((wanted >= 0 && itf.number != wanted) || !may_be_driven(&itf, vid, pid))
			continue;
		if ((itf.bulk_in.address != 0 && itf.bulk_out.address != 0) || is_iccd(&itf)) {
			*out = itf;
			return 0;
		}
		if (itf.cls == 0x0B)
			rc = CCID_E_UNSUPPORTED;
	}
	return rc;
}

static bool is_surrogate(uint32_t c)
{
	return c >= 0xD800 && c <= 0xDFFF;
}

bool ccid_is_printable(uint32_t c)
{
	return c >= 0x20 && (c < 0x7F || c >= 0xA0) && c != 0x200E && c != 0x200F &&
	       (c < 0x2028 || c > 0x202E) && (c < 0x2066 || c > 0x2069) && (c & 0xFFFE) != 0xFFFE;
}

/* The next character, REPLACEMENT for one that cannot be shown. */
static uint32_t next_char(struct ccid_rd *r)
{
	uint32_t c = ccid_rd_le16(r);
	struct ccid_rd ahead = *r;
	uint32_t low;

	if (is_surrogate(c)) {
		low = ccid_rd_le16(&ahead);
		if (c >= 0xDC00 || low < 0xDC00 || low > 0xDFFF)
			return REPLACEMENT;
		*r = ahead;
		c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
	}
	return ccid_is_printable(c) ? c : REPLACEMENT;
}

static size_t utf8(uint8_t out[4], uint32_t c)
{
	static const uint8_t lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (uint8_t)(0x80 | (c & 0x3F));
	out[0] = (uint8_t)(lead[n] | c);
	return n;
}

void ccid_text_from_usb(char *out, size_t cap, const uint8_t *desc, size_t len)
{
	struct ccid_rd r;
	struct ccid_wr w;
	uint8_t c[4];

	if (cap == 0)
		return;
	w = ccid_wr(out, cap - 1);
	if (len > 2 && len > desc[0])
		len = desc[0];
	r = ccid_rd(desc, len);
	(void)ccid_rd_u8(&r);
	if (ccid_rd_u8(&r) != DESC_STRING)
		r.left = 0;
	while (!w.bad && r.left >= 2 && (r.p[0] | r.p[1]) != 0) {
		size_t n = utf8(c, next_char(&r));

		if (w.len > 0 || c[0] != ' ')
			ccid_wr_bytes(&w, c, n);
	}
	while (w.len > 0 && out[w.len - 1] == ' ')
		w.len--;
	out[w.len] = '\0';
}
