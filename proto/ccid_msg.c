/* SPDX-License-Identifier: MIT */
#include "ccid_msg.h"

#include <limits.h>

struct ccid_cmd ccid_cmd_icc_power_on(enum ccid_power_select power)
{
	return (struct ccid_cmd){.type = CCID_ICC_POWER_ON, .param = {(uint8_t)power}};
}

struct ccid_cmd ccid_cmd_icc_power_off(void)
{
	return (struct ccid_cmd){.type = CCID_ICC_POWER_OFF};
}

struct ccid_cmd ccid_cmd_get_slot_status(void)
{
	return (struct ccid_cmd){.type = CCID_GET_SLOT_STATUS};
}

static struct ccid_cmd block(uint8_t type, uint8_t bwi, uint16_t level, const uint8_t *data,
                             size_t len)
{
	return (struct ccid_cmd){
		.type = type,
		.param = {bwi, (uint8_t)level, (uint8_t)(level >> 8)},
		.data = data,
		.len = len,
	};
}

struct ccid_cmd ccid_cmd_xfr_block(uint8_t bwi, uint16_t level, const uint8_t *data, size_t len)
{
	return block(CCID_XFR_BLOCK, bwi, level, data, len);
}

struct ccid_cmd ccid_cmd_secure(uint8_t bwi, uint16_t level, const uint8_t *data, size_t len)
{
	return block(CCID_SECURE, bwi, level, data, len);
}

struct ccid_cmd ccid_cmd_get_parameters(void)
{
	return (struct ccid_cmd){.type = CCID_GET_PARAMETERS};
}

struct ccid_cmd ccid_cmd_reset_parameters(void)
{
	return (struct ccid_cmd){.type = CCID_RESET_PARAMETERS};
}

struct ccid_cmd ccid_cmd_set_parameters(uint8_t protocol, const uint8_t *data, size_t len)
{
	return (struct ccid_cmd){
		.type = CCID_SET_PARAMETERS, .param = {protocol}, .data = data, .len = len};
}

struct ccid_cmd ccid_cmd_escape(const uint8_t *data, size_t len)
{
	return (struct ccid_cmd){.type = CCID_ESCAPE, .data = data, .len = len};
}

struct ccid_cmd ccid_cmd_icc_clock(uint8_t command)
{
	return (struct ccid_cmd){.type = CCID_ICC_CLOCK, .param = {command}};
}

struct ccid_cmd ccid_cmd_t0_apdu(uint8_t changes, uint8_t get_response, uint8_t envelope)
{
	return (struct ccid_cmd){.type = CCID_T0_APDU, .param = {changes, get_response, envelope}};
}

struct ccid_cmd ccid_cmd_mechanical(enum ccid_mechanical function)
{
	return (struct ccid_cmd){.type = CCID_MECHANICAL, .param = {(uint8_t)function}};
}

struct ccid_cmd ccid_cmd_abort(void)
{
	return (struct ccid_cmd){.type = CCID_ABORT};
}

struct ccid_cmd ccid_cmd_set_data_rate_and_clock(uint8_t data[8], uint32_t clock_khz,
                                                 uint32_t rate_bps)
{
	struct ccid_wr w = ccid_wr(data, 8);

	ccid_wr_le32(&w, clock_khz);
	ccid_wr_le32(&w, rate_bps);
	return (struct ccid_cmd){.type = CCID_SET_DATA_RATE_AND_CLOCK, .data = data, .len = w.len};
}

int ccid_cmd_encode(uint8_t *buf, size_t cap, const struct ccid_cmd *cmd, uint8_t slot, uint8_t seq)
{
	struct ccid_wr w = ccid_wr(buf, CCID_HEADER_LEN);

	if (cmd->data == NULL && cmd->len > 0)
		return CCID_E_ARG;
	if (cap < CCID_HEADER_LEN || cmd->len > cap - CCID_HEADER_LEN ||
	    cmd->len > INT_MAX - CCID_HEADER_LEN)
		return CCID_E_SPACE;
	if (cmd->len > 0 && cmd->data != buf + CCID_HEADER_LEN)
		memmove(buf + CCID_HEADER_LEN, cmd->data, cmd->len);
	ccid_wr_u8(&w, cmd->type);
	ccid_wr_le32(&w, (uint32_t)cmd->len);
	ccid_wr_u8(&w, slot);
	ccid_wr_u8(&w, seq);
	ccid_wr_bytes(&w, cmd->param, sizeof cmd->param);
	return CCID_HEADER_LEN + (int)cmd->len;
}

int ccid_cmd_decode(struct ccid_cmd *out, uint8_t *slot, uint8_t *seq, const uint8_t *buf,
                    size_t len)
{
	struct ccid_rd r = ccid_rd(buf, len);
	struct ccid_cmd cmd = {.type = ccid_rd_u8(&r)};
	uint8_t to, number;

	cmd.len = ccid_rd_le32(&r);
	to = ccid_rd_u8(&r);
	number = ccid_rd_u8(&r);
	for (size_t i = 0; i < sizeof cmd.param; i++)
		cmd.param[i] = ccid_rd_u8(&r);
	cmd.data = ccid_rd_view(&r, cmd.len);
	if (r.bad)
		return CCID_E_SHORT;
	*out = cmd;
	*slot = to;
	*seq = number;
	return 0;
}

int ccid_rsp_decode(struct ccid_rsp *out, const uint8_t *buf, size_t len)
{
	struct ccid_rd r = ccid_rd(buf, len);
	struct ccid_rsp rsp = {.type = ccid_rd_u8(&r)};

	rsp.len = ccid_rd_le32(&r);
	rsp.slot = ccid_rd_u8(&r);
	rsp.seq = ccid_rd_u8(&r);
	rsp.status = ccid_rd_u8(&r);
	rsp.error = ccid_rd_u8(&r);
	rsp.param = ccid_rd_u8(&r);
	rsp.data = ccid_rd_view(&r, rsp.len);
	if (r.bad)
		return CCID_E_SHORT;
	rsp.extra = r.left > UINT32_MAX ? UINT32_MAX : (uint32_t)r.left;
	*out = rsp;
	return 0;
}

enum ccid_icc ccid_rsp_icc(const struct ccid_rsp *rsp)
{
	switch (rsp->status & 3u) {
	case 0: return CCID_ICC_ACTIVE;
	case 1: return CCID_ICC_INACTIVE;
	default: return CCID_ICC_ABSENT;
	}
}

enum ccid_cmd_status ccid_rsp_cmd_status(const struct ccid_rsp *rsp)
{
	return (enum ccid_cmd_status)(rsp->status >> 6);
}

uint8_t ccid_cmd_expects(uint8_t cmd_type)
{
	switch (cmd_type) {
	case CCID_ICC_POWER_ON:
	case CCID_XFR_BLOCK:
	case CCID_SECURE: return CCID_DATA_BLOCK;
	case CCID_ICC_POWER_OFF:
	case CCID_GET_SLOT_STATUS:
	case CCID_ICC_CLOCK:
	case CCID_T0_APDU:
	case CCID_MECHANICAL:
	case CCID_ABORT: return CCID_SLOT_STATUS;
	case CCID_GET_PARAMETERS:
	case CCID_RESET_PARAMETERS:
	case CCID_SET_PARAMETERS: return CCID_PARAMETERS;
	case CCID_ESCAPE: return CCID_ESCAPE_RSP;
	case CCID_SET_DATA_RATE_AND_CLOCK: return CCID_DATA_RATE_AND_CLOCK;
	default: return 0;
	}
}
