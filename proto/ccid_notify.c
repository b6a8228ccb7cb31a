/* SPDX-License-Identifier: MIT */
#include "ccid_msg.h"

#define SLOTS_MAX 256u

static void take_slot_change(struct ccid_rd *r, size_t nslots, struct ccid_notify *out)
{
	size_t bytes = (nslots + 3) / 4;

	if (bytes > r->left)
		bytes = r->left;
	out->bits = ccid_rd_view(r, bytes);
	out->slots = bytes * 4 < nslots ? bytes * 4 : nslots;
}

static bool take(struct ccid_rd *r, size_t nslots, struct ccid_notify *out)
{
	*out = (struct ccid_notify){.type = ccid_rd_u8(r)};
	switch (out->type) {
	case CCID_NOTIFY_SLOT_CHANGE: take_slot_change(r, nslots, out); return !r->bad;
	case CCID_HARDWARE_ERROR:
		out->slot = ccid_rd_u8(r);
		out->seq = ccid_rd_u8(r);
		out->code = ccid_rd_u8(r);
		return !r->bad;
	default: return false;
	}
}

int ccid_notify_next(const uint8_t *buf, size_t len, size_t *pos, size_t nslots,
                     struct ccid_notify *out)
{
	struct ccid_notify n;
	struct ccid_rd r;

	if (*pos >= len)
		return 0;
	r = ccid_rd(buf + *pos, len - *pos);
	if (nslots > SLOTS_MAX)
		nslots = SLOTS_MAX;
	if (!take(&r, nslots, &n)) {
		*pos = len;
		return 0;
	}
	*pos = len - r.left;
	*out = n;
	return 1;
}

static unsigned bits_of(const struct ccid_notify *n, size_t slot)
{
	return slot < n->slots ? (unsigned)n->bits[slot / 4] >> (slot % 4 * 2) & 3u : 0;
}

bool ccid_notify_present(const struct ccid_notify *n, size_t slot)
{
	return (bits_of(n, slot) & 1u) != 0;
}

bool ccid_notify_changed(const struct ccid_notify *n, size_t slot)
{
	return (bits_of(n, slot) & 2u) != 0;
}
