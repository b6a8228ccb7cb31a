/* SPDX-License-Identifier: MIT */
#include "pcapng_write.h"

#include "pcapng.h"

void ccid_pcapng_put_option(struct ccid_wr *w, uint32_t code, const void *value, size_t len)
{
	static const uint8_t zero[4];

	ccid_wr_le16(w, (uint16_t)code);
	ccid_wr_le16(w, (uint16_t)len);
	ccid_wr_bytes(w, value, len);
	ccid_wr_bytes(w, zero, CCID_PCAPNG_PAD(len) - len);
}

void ccid_pcapng_put_front(struct ccid_wr *w, uint32_t total, uint64_t time_ns, uint32_t len)
{
	ccid_wr_le32(w, CCID_PCAPNG_EPB);
	ccid_wr_le32(w, total);
	ccid_wr_le32(w, 0);
	ccid_wr_le32(w, (uint32_t)(time_ns >> 32));
	ccid_wr_le32(w, (uint32_t)time_ns);
	ccid_wr_le32(w, len);
	ccid_wr_le32(w, len);
}
