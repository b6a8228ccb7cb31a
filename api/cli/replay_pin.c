/* SPDX-License-Identifier: MIT */
#include "replay_pin.h"

#include "bytes.h"

static void read_indexes(struct ccid_rd *r, struct ccid_pin *pin)
{
	pin->index[0] = ccid_rd_u8(r);
	if (!pin->modify)
		return;
	if (pin->messages != 0)
		pin->index[1] = ccid_rd_u8(r);
	if (pin->messages >= 3)
		pin->index[2] = ccid_rd_u8(r);
}

static void read_offsets(struct ccid_rd *r, struct ccid_pin *pin)
{
	pin->offset_old = ccid_rd_u8(r);
	pin->offset_new = ccid_rd_u8(r);
}

int cli_pin_read(struct ccid_pin *out, const uint8_t *data, size_t len)
{
	struct ccid_rd r = ccid_rd(data, len);
	uint8_t operation = ccid_rd_u8(&r);
	struct ccid_pin pin = {.modify = operation == 1};

	pin.time_out = ccid_rd_u8(&r);
	pin.format = ccid_rd_u8(&r);
	pin.block = ccid_rd_u8(&r);
	pin.length_format = ccid_rd_u8(&r);
	if (pin.modify)
		read_offsets(&r, &pin);
	pin.max_digits = ccid_rd_u8(&r);
	pin.min_digits = ccid_rd_u8(&r);
	if (pin.modify)
		pin.confirm = ccid_rd_u8(&r);
	pin.validation = ccid_rd_u8(&r);
	pin.messages = ccid_rd_u8(&r);
	pin.language = ccid_rd_le16(&r);
	read_indexes(&r, &pin);
	ccid_rd_view(&r, sizeof pin.prologue);
	if (r.bad || operation > 1)
		return CCID_E_FORMAT;
	pin.apdu = r.p;
	pin.apdu_len = r.left;
	*out = pin;
	return 0;
}
