/* SPDX-License-Identifier: MIT */
/* Readers at character level: the host asks for each stretch of characters by number, in
 * wLevelParameter (CCID 6.1.4 and 3.2). */
#include "link.h"
#include "t0_char.h"

#include <string.h>

/* The first character alone, with nothing wanted back, where the whole would not arrive. */
static int first_alone(const struct ccid_link *l, const uint8_t *send, struct ccid_rsp *rsp)
{
	const struct ccid_slot *s = &l->r->slot[l->slot];
	struct ccid_wait wait = {s->silence_ms, s->wait_ms, l->deadline};
	struct ccid_cmd cmd = ccid_cmd_xfr_block(0, 0, send, 1);

	return ccid_exchange(l->r, l->slot, &cmd, &wait, rsp);
}

static bool is_lost(const struct ccid_reader *r, size_t len)
{
	return (r->tuning.flags & CCID_QUIRK_SPLIT) && len > 1 && (CCID_HEADER_LEN + len) % 64 == 0;
}

static int characters(const struct ccid_link *l, const uint8_t *send, size_t len, size_t expect,
                      uint8_t bwi, struct ccid_rsp *rsp)
{
	const struct ccid_slot *s = &l->r->slot[l->slot];
	struct ccid_wait wait = {s->silence_ms + s->wait_ms * bwi, s->wait_ms, l->deadline};
	size_t at = is_lost(l->r, len) ? 1 : 0;
	struct ccid_cmd cmd;
	int rc = at > 0 ? first_alone(l, send, rsp) : CCID_OK;

	if (rc < 0)
		return rc;
	cmd = ccid_cmd_xfr_block(bwi, (uint16_t)expect, len > 0 ? send + at : NULL, len - at);
	return ccid_exchange(l->r, l->slot, &cmd, &wait, rsp);
}

/* The card waits for the rest, and would take the next command for it: T=0 knows no other way back
 * into step than a reset (ISO/IEC 7816-3, 10). */
static int broken_off(const struct ccid_link *l, int err)
{
	struct ccid_slot *s = &l->r->slot[l->slot];

	pthread_mutex_lock(&l->r->state);
	if (s->state == CCID_SLOT_READY) {
		ccid_slot_lose(l->r, l->slot, CCID_SLOT_INACTIVE);
		s->active_unknown = s->ours = true;
	} else if (s->state == CCID_SLOT_DESYNCED) {
		s->half_way = true;
	}
	pthread_mutex_unlock(&l->r->state);
	return err;
}

int ccid_char_t0(const struct ccid_link *l, const uint8_t *tpdu, size_t len, uint8_t out[258])
{
	struct ccid_t0_char t;
	enum ccid_t0_char_act act = ccid_t0_char_start(&t, tpdu, len);
	struct ccid_rsp rsp;
	int rc = CCID_OK;

	while (act == CCID_T0_CHAR_MOVE && rc == CCID_OK) {
		rc = characters(l, t.send, t.send_len, t.expect, 0, &rsp);
		if (rc == CCID_OK)
			act = ccid_t0_char_step(&t, rsp.data, rsp.len);
	}
	if (rc == CCID_OK && act == CCID_T0_CHAR_DONE) {
		memcpy(out, t.rx, t.got);
		rc = (int)t.got;
	} else {
		rc = broken_off(l, rc < 0 ? rc : t.err);
	}
	ccid_wipe(&t, sizeof t);
	return rc;
}

/* First NAD PCB LEN, then as many characters as LEN says. */
int ccid_char_t1(const struct ccid_link *l, const struct ccid_t1 *t, uint8_t out[259],
                 struct ccid_rsp *rsp)
{
	size_t edc = ccid_t1_edc_len(t), rest;
	int rc = characters(l, t->block, t->block_len, 3, t->bwi > 1 ? t->bwi : 0, rsp);

	if (rc < 0)
		return rc;
	if (rsp->len < 3 || rsp->data[2] == 0xFF)
		return CCID_E_COMM;
	memcpy(out, rsp->data, 3);
	rest = rsp->data[2] + edc;
	rc = characters(l, NULL, 0, rest, 0, rsp);
	if (rc < 0)
		return rc;
	if (rsp->len > rest)
		return CCID_E_COMM;
	memcpy(out + 3, rsp->data, rsp->len);
	return (int)(3 + rsp->len);
}

/* A card may leave PPS1 out of its answer: a fixed number of characters would wait for ever. */
int ccid_char_pps(const struct ccid_link *l, const uint8_t *req, size_t len, uint8_t out[6])
{
	struct ccid_rsp rsp;
	size_t rest;
	int rc = characters(l, req, len, 2, 0, &rsp);

	if (rc < 0)
		return rc;
	if (rsp.len != 2)
		return CCID_E_COMM;
	memcpy(out, rsp.data, 2);
	rest = 1u + (out[1] >> 4 & 1) + (out[1] >> 5 & 1) + (out[1] >> 6 & 1);
	rc = characters(l, NULL, 0, rest, 0, &rsp);
	if (rc < 0)
		return rc;
	if (rsp.len != rest)
		return CCID_E_COMM;
	memcpy(out + 2, rsp.data, rest);
	return (int)(2 + rest);
}
