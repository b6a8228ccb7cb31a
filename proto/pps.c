/* SPDX-License-Identifier: MIT */
#include "pps.h"

#include "edc.h"

#define PPSS     0xFF
#define PPS1_BIT 0x10
#define ANY_PPS  0x70

size_t ccid_pps_request(uint8_t out[CCID_PPS_MAX], uint8_t t, uint8_t ta1)
{
	size_t n = 2;

	out[0] = PPSS;
	out[1] = (uint8_t)(t & 0x0F);
	if (ta1 != 0x11) {
		out[1] |= PPS1_BIT;
		out[n++] = ta1;
	}
	out[n] = ccid_lrc(out, n);
	return n + 1;
}

static size_t length_by(uint8_t pps0)
{
	return 3u + (pps0 >> 4 & 1) + (pps0 >> 5 & 1) + (pps0 >> 6 & 1);
}

int ccid_pps_check(const uint8_t *req, size_t req_len, const uint8_t *rsp, size_t rsp_len,
                   uint8_t *ta1)
{
	if (req_len < 3 || rsp_len < 3 || rsp_len < length_by(rsp[1]))
		return CCID_E_SHORT;
	if (rsp[0] != PPSS || rsp_len != length_by(rsp[1]) || ccid_lrc(rsp, rsp_len) != 0)
		return CCID_E_PPS;
	if ((rsp[1] & 0x8F) != (req[1] & 0x8F) || (rsp[1] & ANY_PPS & ~req[1]))
		return CCID_E_PPS;
	if ((rsp[1] & PPS1_BIT) && rsp[2] != req[2])
		return CCID_E_PPS;
	*ta1 = rsp[1] & PPS1_BIT ? rsp[2] : 0x11;
	return CCID_OK;
}
