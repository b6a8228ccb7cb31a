/* SPDX-License-Identifier: MIT */
#include "t0.h"

#include "bytes.h"

#define INS_GET_RESPONSE 0xC0
#define INS_ENVELOPE     0xC2
#define ENVELOPE_MAX     255
#define TPDU_DATA_MAX    256

enum {
	COMMAND,
	GET_RESPONSE,
	ENVELOPE
};

static enum ccid_t0_act give_up(struct ccid_t0 *t, int err)
{
	t->err = err;
	return CCID_T0_GIVE_UP;
}

/* The data that the TPDU just made asks the card for: P3, where 00 is 256. */
static void expect(struct ccid_t0 *t, uint32_t n)
{
	t->asked = n > TPDU_DATA_MAX ? TPDU_DATA_MAX : n;
	t->tpdu[4] = (uint8_t)t->asked;
	t->tpdu_len = 5;
}

static void make_command(struct ccid_t0 *t)
{
	const struct ccid_apdu *a = &t->apdu;

	memcpy(t->tpdu, (const uint8_t[4]){a->cla, a->ins, a->p1, a->p2}, 4);
	t->tpdu_len = 4;
	if (a->kind == 2)
		expect(t, a->le);
	if (a->lc == 0)
		return;
	t->tpdu[4] = (uint8_t)a->lc;
	memcpy(t->tpdu + 5, a->data, a->lc);
	t->tpdu_len = 5 + a->lc;
}

static enum ccid_t0_act get_response(struct ccid_t0 *t, uint32_t n)
{
	memcpy(t->tpdu, (const uint8_t[4]){t->class_get_response, INS_GET_RESPONSE, 0, 0}, 4);
	expect(t, n);
	t->state = GET_RESPONSE;
	return CCID_T0_SEND;
}

/* Where the last slice is a full one, an empty one marks the end (ISO/IEC 7816-4, ENVELOPE). */
static enum ccid_t0_act envelope(struct ccid_t0 *t)
{
	size_t n = t->rest_len < ENVELOPE_MAX ? t->rest_len : ENVELOPE_MAX;

	memcpy(t->tpdu, (const uint8_t[5]){t->apdu.cla, INS_ENVELOPE, 0, 0, (uint8_t)n}, 5);
	memcpy(t->tpdu + 5, t->rest, n);
	t->tpdu_len = n > 0 ? 5 + n : 4;
	t->rest += n;
	t->rest_len -= n;
	t->state = n == ENVELOPE_MAX ? ENVELOPE : COMMAND;
	t->midway = true;
	return CCID_T0_SEND;
}

static int begin(struct ccid_t0 *t, const uint8_t *capdu, size_t len, uint8_t *rapdu, size_t cap)
{
	int err;

	t->rapdu = rapdu;
	t->cap = cap;
	if (cap < 2)
		return CCID_E_SPACE;
	err = ccid_apdu_decode(&t->apdu, capdu, len);
	t->want = err == CCID_OK ? t->apdu.le : 0;
	return err;
}

enum ccid_t0_act ccid_t0_start(struct ccid_t0 *t, const uint8_t *capdu, size_t len, bool follow,
                               uint8_t class_get_response, uint8_t *rapdu, size_t cap)
{
	int err;

	*t = (struct ccid_t0){.follow = follow, .class_get_response = class_get_response};
	err = begin(t, capdu, len, rapdu, cap);
	if (err < 0)
		return give_up(t, err);
	if (t->apdu.lc > 255 && !follow)
		return give_up(t, CCID_E_UNSUPPORTED);
	if (t->apdu.lc > 255) {
		t->rest = capdu;
		t->rest_len = len;
		return envelope(t);
	}
	make_command(t);
	return CCID_T0_SEND;
}

enum ccid_t0_act ccid_t0_start_whole(struct ccid_t0 *t, const uint8_t *capdu, size_t len,
                                     uint8_t class_get_response, uint8_t *rapdu, size_t cap)
{
	int err;

	*t = (struct ccid_t0){
		.follow = true, .whole = true, .class_get_response = class_get_response};
	err = begin(t, capdu, len, rapdu, cap);
	if (err < 0)
		return give_up(t, err);
	if (t->apdu.kind == 2)
		make_command(t);
	return CCID_T0_SEND;
}

static enum ccid_t0_act done(struct ccid_t0 *t, const uint8_t *sw)
{
	memmove(t->rapdu + t->rapdu_len, sw, 2);
	t->rapdu_len += 2;
	return CCID_T0_DONE;
}

/* What a count in SW2 means, where 00 is 256, limited to what may still be taken. */
static uint32_t available(const struct ccid_t0 *t, uint8_t sw2)
{
	uint32_t n = sw2 == 0 ? 256 : sw2;
	size_t room = t->cap - 2 - t->rapdu_len;

	if (n > t->want)
		n = t->want;
	return n > room ? (uint32_t)room : n;
}

static bool may_reissue(const struct ccid_t0 *t, const uint8_t *sw, size_t n)
{
	uint32_t exact = sw[1] == 0 ? 256 : sw[1];

	if (!t->follow || sw[0] != 0x6C || n != 0 || t->reissued)
		return false;
	if (t->state == COMMAND && t->apdu.kind != 2)
		return false;
	return exact <= t->cap - 2 - t->rapdu_len;
}

static enum ccid_t0_act reissue(struct ccid_t0 *t, uint8_t sw2)
{
	t->reissued = true;
	expect(t, sw2 == 0 ? 256 : sw2);
	if (t->want < t->asked)
		t->want = t->asked;
	return CCID_T0_SEND;
}

enum ccid_t0_act ccid_t0_step(struct ccid_t0 *t, const uint8_t *rx, size_t len)
{
	const uint8_t *sw;
	size_t n;

	if (len < 2)
		return give_up(t, CCID_E_SHORT);
	n = len - 2;
	sw = rx + n;
	if (n > t->asked && !t->whole)
		return give_up(t, CCID_E_FORMAT);
	if (n > t->cap - 2 - t->rapdu_len)
		return give_up(t, CCID_E_SPACE);
	if (n > 0)
		memmove(t->rapdu + t->rapdu_len, rx, n);
	t->rapdu_len += n;
	t->want -= n < t->want ? (uint32_t)n : t->want;
	t->whole = false;
	if (t->state == ENVELOPE && n == 0 && sw[0] == 0x90 && sw[1] == 0x00)
		return envelope(t);
	t->midway = false;
	if (t->state == ENVELOPE && t->rest_len > 0)
		return done(t, sw);
	if (t->state == ENVELOPE)
		t->state = COMMAND;
	if (may_reissue(t, sw, n))
		return reissue(t, sw[1]);
	if (!t->follow || sw[0] != 0x61 || (t->state == GET_RESPONSE && n == 0))
		return done(t, sw);
	if (available(t, sw[1]) == 0)
		return done(t, sw);
	return get_response(t, available(t, sw[1]));
}
