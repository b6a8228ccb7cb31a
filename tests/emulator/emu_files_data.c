/* SPDX-License-Identifier: MIT */
/* READ, WRITE, UPDATE and ERASE BINARY (ISO/IEC 7816-4, 7.2). */
#include "emu_files_priv.h"

#include <string.h>

enum ins {
	INS_ERASE = 0x0E,
	INS_READ = 0xB0,
	INS_WRITE = 0xD0,
	INS_UPDATE = 0xD6,
};

struct range {
	struct emu_content *content;
	const struct emu_node *node;
	size_t offset, end; /* end of ERASE */
	const uint8_t *data;
	size_t len;
};

static size_t number(const uint8_t *p, size_t len)
{
	size_t v = 0;

	while (len-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* 54 offset, then 53 data or 54 end; lengths below 256. */
static bool objects(struct range *r, const uint8_t *p, size_t len)
{
	unsigned offsets = 0;

	while (len >= 2) {
		size_t head = p[1] == 0x81 ? 3 : 2, n = p[1] == 0x81 ? p[2] : p[1];

		if (p[1] > 0x81 || head + n > len)
			return false;
		if (p[0] == 0x54 && offsets++ == 0)
			r->offset = number(p + head, n);
		else if (p[0] == 0x54)
			r->end = number(p + head, n);
		else if (p[0] == 0x53) {
			r->data = p + head;
			r->len = n;
		}
		p += head + n;
		len -= head + n;
	}
	return len == 0 && offsets > 0;
}

static uint16_t locate(struct emu_files *f, const struct emu_command *m, struct range *r)
{
	bool odd = m->ins & 1, short_id = !odd && (m->p1 & 0x80);
	int ef = emu_files_by_sfi(f, short_id ? m->p1 & 0x1F : 0);

	if (ef == EMU_NONE)
		return short_id ? 0x6A82 : 0x6986;
	r->content = &f->content[ef];
	r->node = &emu_nodes[ef];
	r->offset = short_id ? m->p2 : (size_t)m->p1 << 8 | m->p2;
	r->data = m->data;
	r->len = m->lc;
	if (r->node->descriptor != EMU_TRANSPARENT)
		return 0x6981;
	if (r->content->deactivated)
		return 0x6985;
	if (odd && !objects(r, m->data, m->lc))
		return 0x6A80;
	if (!odd && m->ins == INS_ERASE)
		r->end = m->lc == 2 ? number(m->data, 2) : r->node->size;
	return r->offset < r->node->size ? 0x9000 : 0x6B00;
}

static uint16_t read_odd(const struct emu_files *f, const struct range *r, size_t le, uint8_t *out,
                         size_t *n)
{
	size_t have = r->node->size - r->offset, head = le > 129 ? 3 : 2;
	size_t len = le - head < have ? le - head : have;

	out[0] = 0x53;
	if (head == 3)
		out[1] = 0x81;
	out[head - 1] = f->flags & EMU_FILES_53_LIES ? 0xFF : (uint8_t)len;
	memcpy(out + head, r->content->bytes + r->offset, len);
	*n = head + len;
	return 0x9000;
}

static uint16_t read_endless(const struct emu_command *m, uint8_t *out, size_t *n)
{
	static const uint8_t object[] = {0x53, 0x01, 0xEE};
	bool odd = m->ins & 1;

	*n = odd ? sizeof object : 1;
	memcpy(out, odd ? object : object + 2, *n);
	return 0x9000;
}

static uint16_t do_read(const struct emu_files *f, const struct emu_command *m,
                        const struct range *r, uint8_t *out, size_t *n)
{
	size_t have = r->node->size - r->offset, le = m->le;

	if (!emu_allowed(f, r->node->read))
		return 0x6982;
	if (f->flags & EMU_FILES_ALWAYS_61)
		return 0x6110;
	if (f->flags & EMU_FILES_ALWAYS_6C)
		return 0x6C10;
	if (le == 0)
		return 0x6700;
	if (m->ins & 1)
		return le > 3 ? read_odd(f, r, le, out, n) : 0x6700;
	if (f->flags & EMU_FILES_PIECEMEAL && le > 100)
		le = 100;
	if (f->flags & EMU_FILES_TOO_MUCH)
		le++;
	*n = le < have ? le : have;
	memcpy(out, r->content->bytes + r->offset, *n);
	return *n < le && le != 256 ? 0x6282 : 0x9000;
}

/* By the data coding byte: 4x OR, 6x AND. */
static uint16_t put(const struct emu_files *f, const struct range *r, bool update)
{
	uint8_t *to = r->content->bytes + r->offset;

	if (!emu_allowed(f, r->node->write))
		return 0x6982;
	if (r->len == 0)
		return 0x6700;
	if (r->len > r->node->size - r->offset)
		return 0x6A84;
	if (!update && r->node->coding == 0)
		return 0x6981;
	for (size_t i = 0; i < r->len; i++) {
		if (update)
			to[i] = r->data[i];
		else if (r->node->coding == 0x41)
			to[i] |= r->data[i];
		else
			to[i] &= r->data[i];
	}
	return 0x9000;
}

static uint16_t erase(const struct emu_files *f, const struct range *r)
{
	if (f->flags & EMU_FILES_NO_ERASE)
		return 0x6D00;
	if (!emu_allowed(f, r->node->write))
		return 0x6982;
	if (r->end <= r->offset || r->end > r->node->size)
		return 0x6B00;
	memset(r->content->bytes + r->offset, 0, r->end - r->offset);
	return 0x9000;
}

bool emu_files_data(struct emu_files *f, const struct emu_command *m, uint8_t *out, size_t *n,
                    uint16_t *sw)
{
	uint8_t even = m->ins & 0xFE;
	struct range r = {0};

	if (even != INS_READ && even != INS_WRITE && even != INS_UPDATE && even != INS_ERASE)
		return false;
	*sw = even == INS_READ && (f->flags & EMU_FILES_ENDLESS) ? read_endless(m, out, n)
	                                                         : locate(f, m, &r);
	if (*sw != 0x9000 || *n > 0)
		return true;
	if (even == INS_READ)
		*sw = do_read(f, m, &r, out, n);
	else if (even == INS_ERASE)
		*sw = erase(f, &r);
	else
		*sw = put(f, &r, even == INS_UPDATE);
	return true;
}
