/* SPDX-License-Identifier: MIT */
/* Answers that no recording gives: what a reader in this state would say. */
#include "player_priv.h"

#include "atr.h"
#include "bytes.h"

#include <string.h>

/* The fields of an answer that vary. */
struct made {
	uint8_t type, status, error, param;
	const uint8_t *data;
	size_t len;
};

static void give_made(struct ccid_player *p, const uint8_t *msg, const struct made *m)
{
	struct player_answer *a = ccid_player_answer(p, msg);
	struct ccid_wr w;

	if (a == NULL)
		return;
	w = ccid_wr(a->made, sizeof a->made);
	ccid_wr_u8(&w, m->type);
	ccid_wr_le32(&w, (uint32_t)m->len);
	ccid_wr_u8(&w, msg[5]);
	ccid_wr_u8(&w, msg[6]);
	ccid_wr_u8(&w, m->status);
	ccid_wr_u8(&w, m->error);
	ccid_wr_u8(&w, m->param);
	ccid_wr_bytes(&w, m->data, m->len);
	a->made_len = w.len;
	ccid_player_tell(p, false, a->made, a->made_len, "from state");
}

void ccid_player_made_status(struct ccid_player *p, const uint8_t *msg)
{
	const struct made m = {.type = CCID_SLOT_STATUS, .status = (uint8_t)p->slot[msg[5]].icc};

	give_made(p, msg, &m);
}

void ccid_player_made_failure(struct ccid_player *p, const uint8_t *msg, uint8_t error)
{
	uint8_t type = ccid_cmd_expects(msg[0]);
	const struct made m = {
		.type = type != 0 ? type : CCID_SLOT_STATUS,
		.status = (uint8_t)(CCID_CMD_FAILED << 6 | p->slot[msg[5]].icc),
		.error = error,
	};

	give_made(p, msg, &m);
}

/* The parameters a reader takes from the ATR (USB CCID 6.2.3). */
static size_t default_params(const struct player_slot *s, uint8_t out[7], uint8_t *protocol)
{
	struct ccid_atr atr = {.ta1 = 0x11, .wi = 10, .ifsc = 32, .bwi = 4, .cwi = 13};
	struct ccid_wr w = ccid_wr(out, 7);

	if (s->atr_len > 0 && ccid_atr_decode(&atr, s->atr, s->atr_len) != 0)
		return 0;
	*protocol = atr.specific ? atr.ta2 & 0x0F : atr.first;
	*protocol = *protocol == 1;
	ccid_wr_u8(&w, atr.ta1);
	if (*protocol == 0) {
		ccid_wr_u8(&w, atr.inverse ? 2 : 0);
		ccid_wr_u8(&w, atr.guard);
		ccid_wr_u8(&w, atr.wi);
		ccid_wr_u8(&w, atr.clock_stop);
		return w.len;
	}
	ccid_wr_u8(&w, (uint8_t)(0x10 | (atr.inverse ? 2 : 0) | (atr.crc ? 1 : 0)));
	ccid_wr_u8(&w, atr.guard);
	ccid_wr_u8(&w, (uint8_t)(atr.bwi << 4 | atr.cwi));
	ccid_wr_u8(&w, atr.clock_stop);
	ccid_wr_u8(&w, atr.ifsc);
	ccid_wr_u8(&w, 0);
	return w.len;
}

void ccid_player_set_params(struct player_slot *s, const uint8_t *msg, size_t len)
{
	size_t n = len - CCID_HEADER_LEN;

	s->params_len = n < sizeof s->params ? n : sizeof s->params;
	s->protocol = msg[7];
	memcpy(s->params, msg + CCID_HEADER_LEN, s->params_len);
}

static void made_parameters(struct ccid_player *p, const uint8_t *msg, size_t len)
{
	struct player_slot *s = &p->slot[msg[5]];
	struct made m = {.type = CCID_PARAMETERS, .status = (uint8_t)s->icc};
	uint8_t data[7];

	if (msg[0] == CCID_SET_PARAMETERS)
		ccid_player_set_params(s, msg, len);
	else if (msg[0] == CCID_RESET_PARAMETERS)
		s->params_len = 0;
	m.data = s->params;
	m.len = s->params_len;
	m.param = s->protocol;
	if (m.len == 0) {
		m.len = default_params(s, data, &m.param);
		m.data = data;
	}
	give_made(p, msg, &m);
}

void ccid_player_made_setup(struct ccid_player *p, const uint8_t *msg, size_t len)
{
	struct player_slot *s = &p->slot[msg[5]];
	size_t n = len - CCID_HEADER_LEN;
	struct made m = {.type = CCID_DATA_RATE_AND_CLOCK, .status = (uint8_t)s->icc};

	if (msg[0] == CCID_ABORT)
		ccid_player_drop_answers(p, msg[5]);
	else if (s->icc == CCID_ICC_ABSENT) {
		ccid_player_made_failure(p, msg, 0xFE);
		return;
	}
	switch (msg[0]) {
	case CCID_SET_PARAMETERS:
	case CCID_GET_PARAMETERS:
	case CCID_RESET_PARAMETERS:
		if (n > sizeof s->params)
			ccid_player_made_failure(p, msg, 1);
		else
			made_parameters(p, msg, len);
		break;
	case CCID_SET_DATA_RATE_AND_CLOCK:
		m.data = msg + CCID_HEADER_LEN;
		m.len = n < 8 ? n : 8;
		give_made(p, msg, &m);
		break;
	default: ccid_player_made_status(p, msg); break;
	}
}
