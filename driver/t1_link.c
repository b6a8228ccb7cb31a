/* SPDX-License-Identifier: MIT */
/* The T=1 engine's way to the card: one XfrBlock a block, at TPDU level (CCID 6.1.4). */
#include "link.h"

static int send_block(struct ccid_reader *r, unsigned slot, int64_t deadline, struct ccid_rsp *rsp,
                      uint8_t room[CCID_T1_BLOCK_MAX])
{
	struct ccid_link link = {r, slot, deadline};
	const struct ccid_slot *s = &r->slot[slot];
	const struct ccid_t1 *t = &s->t1;
	uint8_t bwi = t->bwi > 1 ? t->bwi : 0; /* 0 and 1 mean the same; 0 is what readers expect */
	struct ccid_wait wait = {s->silence_ms + s->wait_ms * bwi, s->wait_ms, deadline};
	struct ccid_cmd cmd = ccid_cmd_xfr_block(bwi, 0, t->block, t->block_len);

	int rc;

	if (r->level != CCID_LEVEL_CHARACTER)
		return ccid_exchange(r, slot, &cmd, &wait, rsp);
	rc = ccid_char_t1(&link, t, room, rsp);
	if (rc == CCID_E_COMM && rsp->type != 0)
		rsp->error = 0xFD; /* too few or too many characters: a garbled block */
	if (rc < 0)
		return rc;
	rsp->data = room;
	rsp->len = (uint32_t)rc;
	return CCID_OK;
}

/* What the reader says of the card's answer, in the engine's terms; false when the failure is not
 * the card's. */
static bool to_event(int rc, const struct ccid_rsp *rsp, enum ccid_t1_event *event)
{
	*event = CCID_T1_BLOCK;
	if (rc == CCID_OK)
		return true;
	*event = rc == CCID_E_MUTE ? CCID_T1_MUTE : CCID_T1_GARBLED;
	return rsp->type != 0 && (rc == CCID_E_MUTE || rsp->error == 0xFD || rsp->error == 0xFC);
}

static int gave_up(struct ccid_reader *r, unsigned slot)
{
	const struct ccid_t1 *t = &r->slot[slot].t1;

	ccid_fail(r, slot, "T=1", t->err, NULL);
	if (t->dead &&
	    ccid_power_off(r, slot, ccid_env_now(r->env) + CCID_STATUS_MS) == CCID_E_GONE)
		return CCID_E_GONE;
	return t->err;
}

/* 0 when the engine has come to its end, *act. */
static int rounds(struct ccid_reader *r, unsigned slot, enum ccid_t1_act *act, int64_t deadline,
                  uint8_t room[CCID_T1_BLOCK_MAX])
{
	struct ccid_t1 *t = &r->slot[slot].t1;
	enum ccid_t1_event event;
	struct ccid_rsp rsp;

	while (*act == CCID_T1_SEND) {
		int rc = send_block(r, slot, deadline, &rsp, room);

		if (!to_event(rc, &rsp, &event)) {
			ccid_t1_break(t);
			return rc;
		}
		*act = ccid_t1_step(t, event, rsp.data, rsp.len);
	}
	return CCID_OK;
}

int ccid_t1_run(struct ccid_reader *r, unsigned slot, enum ccid_t1_act act, int64_t deadline)
{
	uint8_t room[CCID_T1_BLOCK_MAX];
	int rc = rounds(r, slot, &act, deadline, room);

	if (r->level == CCID_LEVEL_CHARACTER)
		ccid_wipe(room, sizeof room);
	if (rc < 0)
		return rc;
	return act == CCID_T1_DONE ? (int)r->slot[slot].t1.rapdu_len : gave_up(r, slot);
}

size_t ccid_t1_max_block(const struct ccid_reader *r)
{
	return r->out_cap - CCID_HEADER_LEN;
}

static uint8_t best_ifsd(const struct ccid_reader *r, const struct ccid_t1 *t)
{
	size_t room = ccid_t1_max_block(r);
	size_t frame = 3 + ccid_t1_edc_len(t);
	size_t ifsd = r->desc.max_ifsd < 254 ? r->desc.max_ifsd : 254;

	if (room <= frame)
		return 1;
	return (uint8_t)(ifsd < room - frame ? ifsd : room - frame);
}

int ccid_t1_begin(struct ccid_reader *r, unsigned slot, bool ifs, int64_t deadline)
{
	struct ccid_t1 *t = &r->slot[slot].t1;
	int rc;

	if (r->desc.features & CCID_FEATURE_AUTO_IFSD) {
		t->ifsd = 254;
		return CCID_OK;
	}
	if (!ifs || best_ifsd(r, t) == t->ifsd)
		return CCID_OK;
	rc = ccid_t1_run(r, slot, ccid_t1_ifs(t, best_ifsd(r, t)), deadline);
	/* A card that cannot talk about sizes is started again and taken at 32. */
	if (rc < 0 && t->dead)
		return CCID_E_PPS;
	return rc == CCID_E_COMM ? CCID_OK : rc;
}
