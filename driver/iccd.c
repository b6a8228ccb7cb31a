/* SPDX-License-Identifier: MIT */
/* Tokens without bulk endpoints (USB ICCD Rev 1.0): the commands of CCID as control requests. What
 * comes back is put into the form of a CCID answer, so that nobody above sees the difference. */
#include "iccd.h"
#include "wire.h"

#include <string.h>

#define TO_TOKEN   0x21
#define FROM_TOKEN 0xA1
#define POWER_ON   0x62
#define POWER_OFF  0x63
#define XFR_BLOCK  0x65
#define DATA_BLOCK 0x6F
#define B_STATUS   0x81
#define A_STATUS   0xA0

#define A_READY 0x00
#define A_DATA  0x10
#define A_SW    0x20
#define A_BUSY  0x40
#define A_MUTE  0x80

#define B_STATUS_BLOCK 0x40
#define B_POLL         0x80

#define POLL_MS      10
#define POLL_MAX_MS  1000
#define TRANSFER_MAX 4096 /* what usbfs takes in one control transfer */

struct iccd {
	struct ccid_reader *r;
	unsigned slot;
	int64_t limit;
	size_t got; /* bytes of the answer in r->in */
};

static int request(const struct iccd *x, uint8_t type, uint8_t code, uint16_t value, uint8_t *data,
                   size_t len)
{
	struct ccid_setup setup = {.request_type = type,
	                           .request = code,
	                           .value = value,
	                           .index = x->r->t->iface.number,
	                           .length = (uint16_t)len};

	return ccid_wire_control(x->r, x->slot, &setup, data, x->limit);
}

static int later(const struct iccd *x, int64_t ms)
{
	int64_t now = ccid_env_now(x->r->env);

	if (now >= x->limit)
		return CCID_E_TIMEOUT;
	return ccid_wire_pause(x->r, x->slot, now + ms < x->limit ? now + ms : x->limit);
}

/* --- version A: one status byte, one data phase a header --- */

static int a_status(const struct iccd *x)
{
	uint8_t status = A_BUSY;
	int rc = CCID_OK;

	while (rc == CCID_OK) {
		rc = request(x, FROM_TOKEN, A_STATUS, 0, &status, 1);
		if (rc < 0)
			return rc;
		if (rc != 1)
			return CCID_E_SHORT;
		if ((status & 0xF0) != A_BUSY)
			return status & 0xF0;
		rc = later(x, POLL_MS);
	}
	return rc;
}

static int a_fetch(struct iccd *x, uint8_t code, size_t len)
{
	int n = request(x, FROM_TOKEN, code, 0, x->r->in + x->got, len);

	if (n < 0)
		return n;
	x->got += (size_t)n;
	return CCID_OK;
}

/* Less than all of it would let data pass for a status word. */
static int a_status_word(struct iccd *x)
{
	size_t before = x->got;
	int rc = a_fetch(x, DATA_BLOCK, 2);

	return rc == CCID_OK && x->got != before + 2 ? CCID_E_SHORT : rc;
}

static int a_data_phase(struct iccd *x, const struct ccid_cmd *cmd)
{
	uint8_t *data = x->r->out + CCID_HEADER_LEN;

	if (cmd->len == 5)
		return a_fetch(x, DATA_BLOCK, cmd->data[4] == 0 ? 256 : cmd->data[4]);
	if (cmd->len < 6)
		return CCID_E_COMM;
	memcpy(data, cmd->data + 5, cmd->len - 5);
	return request(x, TO_TOKEN, XFR_BLOCK, 0, data, cmd->len - 5);
}

static int a_xfr(struct iccd *x, const struct ccid_cmd *cmd)
{
	uint8_t header[5] = {0};
	int rc;

	if (cmd->len < 4 || cmd->len > 260)
		return CCID_E_ARG;
	memcpy(header, cmd->data, cmd->len < 5 ? cmd->len : 5);
	rc = request(x, TO_TOKEN, XFR_BLOCK, 0, header, sizeof header);
	for (unsigned phases = 0; rc >= 0 && phases < 3; phases++) {
		rc = a_status(x);
		if (rc == A_SW)
			return a_status_word(x);
		if (rc == A_DATA && phases == 0)
			rc = a_data_phase(x, cmd);
		else if (rc >= 0)
			return rc == A_MUTE ? CCID_E_MUTE : CCID_E_COMM;
	}
	return rc < 0 ? rc : CCID_E_COMM;
}

/* --- version B: typed data blocks, chained like CCID's --- */

static int64_t b_delay(const uint8_t *block, int n)
{
	int64_t ms = n >= 3 ? (block[1] | block[2] << 8) * 10 : 0;

	return ms < POLL_MS ? POLL_MS : ms > POLL_MAX_MS ? POLL_MAX_MS : ms;
}

static int b_fetch(struct iccd *x, struct ccid_rsp *rsp)
{
	size_t cap = x->r->in_cap < TRANSFER_MAX ? x->r->in_cap : TRANSFER_MAX;
	uint8_t *block = x->r->in;
	int rc = CCID_OK;

	while (rc == CCID_OK) {
		int n = request(x, FROM_TOKEN, DATA_BLOCK, 0, block, cap);

		if (n < 1)
			return n < 0 ? n : CCID_E_SHORT;
		if (block[0] == B_POLL) {
			rc = later(x, b_delay(block, n));
			continue;
		}
		if (block[0] == B_STATUS_BLOCK) {
			rsp->status = n >= 2 ? block[1] : 0x40;
			rsp->error = n >= 3 ? block[2] : 0xFE;
			return CCID_OK;
		}
		if (block[0] > CCID_CHAIN_MIDDLE && block[0] != CCID_CHAIN_MORE)
			return CCID_E_FORMAT;
		rsp->param = block[0];
		rsp->data = block + 1;
		rsp->len = (uint32_t)(n - 1);
		return CCID_OK;
	}
	return rc;
}

static int b_xfr(struct iccd *x, const struct ccid_cmd *cmd, struct ccid_rsp *rsp)
{
	uint8_t *data = x->r->out + CCID_HEADER_LEN;
	int rc;

	if (cmd->len > x->r->out_cap - CCID_HEADER_LEN || cmd->len > TRANSFER_MAX)
		return CCID_E_ARG;
	if (cmd->len > 0)
		memmove(data, cmd->data, cmd->len);
	rc = request(x, TO_TOKEN, XFR_BLOCK, (uint16_t)(cmd->param[1] << 8), data, cmd->len);
	return rc < 0 ? rc : b_fetch(x, rsp);
}

static int b_status(struct iccd *x, struct ccid_rsp *rsp)
{
	uint8_t status[3] = {0};
	int n = request(x, FROM_TOKEN, B_STATUS, 0, status, sizeof status);

	if (n < 0)
		return n;
	rsp->status = n >= 2 ? status[1] & 3 : CCID_ICC_INACTIVE;
	return CCID_OK;
}

/* --- both --- */

static void own_status(struct iccd *x, struct ccid_rsp *rsp)
{
	rsp->status = ccid_slot_has_atr(x->r, x->slot) ? CCID_ICC_ACTIVE : CCID_ICC_INACTIVE;
}

static int version_a(struct iccd *x, const struct ccid_cmd *cmd, struct ccid_rsp *rsp)
{
	int rc = CCID_E_UNSUPPORTED;

	own_status(x, rsp);
	switch (cmd->type) {
	case CCID_ICC_POWER_ON: rc = a_fetch(x, POWER_ON, CCID_ATR_MAX); break;
	case CCID_ICC_POWER_OFF:
		rc = request(x, TO_TOKEN, POWER_OFF, 0, NULL, 0);
		rsp->status = CCID_ICC_INACTIVE;
		break;
	case CCID_GET_SLOT_STATUS: return CCID_OK;
	case CCID_XFR_BLOCK: rc = a_xfr(x, cmd); break;
	default: break;
	}
	rsp->data = x->r->in;
	rsp->len = (uint32_t)x->got;
	return rc;
}

static int version_b(struct iccd *x, const struct ccid_cmd *cmd, struct ccid_rsp *rsp)
{
	int rc;

	own_status(x, rsp);
	switch (cmd->type) {
	case CCID_ICC_POWER_ON:
		rc = request(x, TO_TOKEN, POWER_ON, 1, NULL, 0);
		return rc < 0 ? rc : b_fetch(x, rsp);
	case CCID_ICC_POWER_OFF:
		rsp->status = CCID_ICC_INACTIVE;
		return request(x, TO_TOKEN, POWER_OFF, 0, NULL, 0);
	case CCID_GET_SLOT_STATUS: return b_status(x, rsp);
	case CCID_XFR_BLOCK: return b_xfr(x, cmd, rsp);
	default: return CCID_E_UNSUPPORTED;
	}
}

/* What a token says by a stall or a status byte, in the words of a reader. */
static int as_answer(int rc, struct ccid_rsp *rsp)
{
	static const struct {
		int rc;
		uint8_t error;
	} said[] = {{CCID_E_UNSUPPORTED, 0x00},
	            {CCID_E_STALL, 0xFE},
	            {CCID_E_MUTE, 0xFE},
	            {CCID_E_COMM, 0xFD}};

	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		if (said[i].rc != rc)
			continue;
		rsp->status |= CCID_CMD_FAILED << 6;
		rsp->error = said[i].error;
		return CCID_OK;
	}
	return rc < 0 ? rc : CCID_OK;
}

int ccid_iccd_exchange(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                       const struct ccid_wait *wait, struct ccid_rsp *rsp)
{
	int64_t now = ccid_env_now(r->env);
	struct iccd x = {.r = r, .slot = slot, .limit = wait->deadline};
	int rc;

	if (wait->deadline - now > wait->silence_ms)
		x.limit = now + wait->silence_ms;
	rsp->type = ccid_cmd_expects(cmd->type);
	rsp->slot = (uint8_t)slot;
	rc = r->iccd == CCID_ICCD_A ? version_a(&x, cmd, rsp) : version_b(&x, cmd, rsp);
	if (r->iccd == CCID_ICCD_A && cmd->type == CCID_XFR_BLOCK && rc < 0 && rc != CCID_E_MUTE)
		ccid_slot_desync(r, slot); /* what it still has to say would be the next answer */
	return as_answer(rc, rsp);
}
