/* SPDX-License-Identifier: MIT */
/* The rules are quoted by their numbers in ISO/IEC 7816-3:2006, section 11.6.3. */
#include "t1.h"

#include "apdu.h"
#include "edc.h"

#include <string.h>

#define ATTEMPTS_MAX 3
#define WTX_MAX      10000

#define PCB_R        0x80
#define PCB_RESYNCH  0xC0
#define PCB_IFS      0xC1
#define PCB_ABORT    0xC2
#define PCB_WTX      0xC3
#define PCB_RESPONSE 0x20

#define ERR_EDC   1
#define ERR_OTHER 2

enum {
	LAST_I,
	LAST_R,
	LAST_REQUEST,
	LAST_RESPONSE
};

struct block {
	uint8_t pcb;
	const uint8_t *inf;
	uint8_t len;
};

size_t ccid_t1_edc_len(const struct ccid_t1 *t)
{
	return t->crc ? 2 : 1;
}

void ccid_t1_init(struct ccid_t1 *t, uint8_t ifsc, bool crc, uint8_t nad)
{
	memset(t, 0, sizeof *t);
	t->nad = nad;
	t->crc = crc;
	t->ifsc = t->atr_ifsc = ifsc >= 1 && ifsc <= 254 ? ifsc : 32;
	t->ifsd = 32;
}

void ccid_t1_break(struct ccid_t1 *t)
{
	t->lost = true;
}

static void put_edc(struct ccid_t1 *t, size_t n)
{
	uint16_t crc;

	if (!t->crc) {
		t->block[n] = ccid_lrc(t->block, n);
	} else {
		crc = ccid_crc(t->block, n);
		if (t->crc_order == CCID_T1_CRC_LOW)
			crc = (uint16_t)(crc << 8 | crc >> 8);
		t->block[n] = (uint8_t)(crc >> 8);
		t->block[n + 1] = (uint8_t)crc;
	}
	t->block_len = n + ccid_t1_edc_len(t);
}

static enum ccid_t1_act give_up(struct ccid_t1 *t, int err, bool dead)
{
	t->err = err;
	t->dead = dead;
	t->rapdu_len = 0;
	return CCID_T1_GIVE_UP;
}

static enum ccid_t1_act send(struct ccid_t1 *t, uint8_t pcb, const uint8_t *inf, uint8_t len)
{
	if (t->blocks_left == 0) {
		t->lost = true;
		return give_up(t, CCID_E_COMM, false);
	}
	t->blocks_left--;
	t->block[0] = t->nad;
	t->block[1] = pcb;
	t->block[2] = len;
	if (len > 0)
		memcpy(t->block + 3, inf, len);
	put_edc(t, 3u + len);
	return CCID_T1_SEND;
}

static bool more_to_send(const struct ccid_t1 *t)
{
	return t->off + t->inf_len < t->len;
}

static enum ccid_t1_act send_i(struct ccid_t1 *t)
{
	t->last = LAST_I;
	return send(t, (uint8_t)(t->ns << 6 | (more_to_send(t) ? 0x20 : 0)), t->capdu + t->off,
	            t->inf_len);
}

static enum ccid_t1_act next_i(struct ccid_t1 *t)
{
	size_t room = t->ifsc < t->inf_max ? t->ifsc : t->inf_max;
	size_t left = t->len - t->off;

	t->inf_len = (uint8_t)(left < room ? left : room);
	return send_i(t);
}

static enum ccid_t1_act send_r(struct ccid_t1 *t, uint8_t nibble)
{
	t->last = LAST_R;
	t->last_r = (uint8_t)(PCB_R | t->nr << 4 | nibble);
	return send(t, t->last_r, NULL, 0);
}

static enum ccid_t1_act send_request(struct ccid_t1 *t)
{
	t->last = LAST_REQUEST;
	if (t->resyncs > 0)
		return send(t, PCB_RESYNCH, NULL, 0);
	return send(t, PCB_IFS, &t->want_ifsd, 1);
}

static enum ccid_t1_act send_response(struct ccid_t1 *t, const struct block *b)
{
	t->last = LAST_RESPONSE;
	return send(t, b->pcb | PCB_RESPONSE, b->inf, b->len);
}

/* Rule 6. err: what to end with when the card has followed; 0 to go on with the APDU. */
static enum ccid_t1_act resynchronise(struct ccid_t1 *t, int err)
{
	t->after_resync = err;
	t->resyncs = 1;
	t->failed = 0;
	t->lost = true;
	return send_request(t);
}

/* Rules 6.4, 7.4.1 and 7.4.2: three attempts have failed. */
static enum ccid_t1_act exhausted(struct ccid_t1 *t)
{
	if (!t->alive)
		return give_up(t, CCID_E_MUTE, true);
	if (t->resyncs == 0)
		return resynchronise(t, CCID_E_COMM);
	return give_up(t, t->after_resync != 0 ? t->after_resync : CCID_E_COMM, true);
}

/* Rules 7.1 to 7.3: the only place that counts failures. */
static enum ccid_t1_act again(struct ccid_t1 *t, uint8_t nibble)
{
	if (++t->failed >= ATTEMPTS_MAX)
		return exhausted(t);
	switch (t->last) {
	case LAST_R: return send(t, t->last_r, NULL, 0);
	case LAST_REQUEST: return send_request(t);
	default: return send_r(t, nibble);
	}
}

static enum ccid_t1_act again_i(struct ccid_t1 *t)
{
	if (t->capdu == NULL) /* only the reader knew the PIN in it */
		return resynchronise(t, CCID_E_COMM);
	return ++t->failed >= ATTEMPTS_MAX ? exhausted(t) : send_i(t);
}

static bool edc_good(struct ccid_t1 *t, const uint8_t *rx, size_t len)
{
	uint16_t crc, got;

	if (!t->crc)
		return ccid_lrc(rx, len) == 0;
	crc = ccid_crc(rx, len - 2);
	got = (uint16_t)(rx[len - 2] << 8 | rx[len - 1]);
	if (t->crc_order != CCID_T1_CRC_LOW && got == crc)
		t->crc_order = CCID_T1_CRC_HIGH;
	else if (t->crc_order != CCID_T1_CRC_HIGH && got == (uint16_t)(crc << 8 | crc >> 8))
		t->crc_order = CCID_T1_CRC_LOW;
	else
		return false;
	return true;
}

static bool known_pcb(uint8_t pcb)
{
	if (!(pcb & 0x80))
		return !(pcb & 0x1F);
	if (!(pcb & 0x40))
		return !(pcb & 0x2C) && (pcb & 3) != 3;
	return (pcb & ~PCB_RESPONSE) <= PCB_WTX;
}

/* 0, or the low nibble of the R-block that answers a block which is not well formed. */
static uint8_t malformed(struct ccid_t1 *t, const uint8_t *rx, size_t len, struct block *b)
{
	size_t edc = ccid_t1_edc_len(t);

	if (len < 3 + edc || len != 3u + rx[2] + edc)
		return ERR_OTHER;
	if (!edc_good(t, rx, len))
		return ERR_EDC;
	if (rx[0] != (uint8_t)((t->nad & 7) << 4 | t->nad >> 4) || !known_pcb(rx[1]))
		return ERR_OTHER;
	*b = (struct block){rx[1], rx + 3, rx[2]};
	if (!(b->pcb & 0x80))
		return b->len > t->ifsd ? ERR_OTHER : 0;
	if (!(b->pcb & 0x40))
		return b->len != 0 ? ERR_OTHER : 0;
	return b->len != ((b->pcb & 3) == 1 || (b->pcb & 3) == 3 ? 1 : 0) ? ERR_OTHER : 0;
}

/* A block that gets the exchange on its way. */
static void progress(struct ccid_t1 *t)
{
	t->failed = 0;
	t->aborting = false;
}

static enum ccid_t1_act accept_inf(struct ccid_t1 *t, const struct block *b)
{
	if (b->len > CCID_RAPDU_MAX - t->rapdu_len || b->len > t->cap - t->rapdu_len)
		return resynchronise(t, CCID_E_SPACE);
	if (b->len > 0)
		memcpy(t->rapdu + t->rapdu_len, b->inf, b->len);
	t->rapdu_len += b->len;
	if (!t->receiving)
		t->ns ^= 1; /* rule 2.1: the answer acknowledges our last I-block */
	t->nr ^= 1;
	t->receiving = b->pcb & 0x20;
	progress(t);
	if (t->receiving)
		return send_r(t, 0);
	return t->rapdu_len >= 2 ? CCID_T1_DONE : give_up(t, CCID_E_COMM, false);
}

static enum ccid_t1_act on_i(struct ccid_t1 *t, const struct block *b)
{
	if (t->last == LAST_REQUEST || (b->pcb >> 6 & 1) != t->nr || t->aborting)
		return again(t, ERR_OTHER);
	/* In the middle of our chain this is a card that has heard enough: take its answer. */
	return accept_inf(t, b);
}

/* The R-block after an abort hands the turn back (scenarios 26 and 27). */
static enum ccid_t1_act aborted(struct ccid_t1 *t, uint8_t nr)
{
	t->ns = nr;
	return give_up(t, CCID_E_COMM, false);
}

static enum ccid_t1_act on_r(struct ccid_t1 *t, const struct block *b)
{
	uint8_t nr = b->pcb >> 4 & 1;

	if (t->aborting)
		return aborted(t, nr);
	if (t->last == LAST_REQUEST || t->receiving)
		return again(t, ERR_OTHER);
	if (nr == t->ns)
		return again_i(t);
	if (!more_to_send(t))
		return again(t, ERR_OTHER);
	progress(t);
	t->ns ^= 1; /* rule 2.2 */
	t->off += t->inf_len;
	return next_i(t);
}

static enum ccid_t1_act resynchronised(struct ccid_t1 *t)
{
	int err = t->after_resync;

	t->ns = t->nr = 0;
	t->ifsc = t->ifsc < t->atr_ifsc ? t->ifsc : t->atr_ifsc;
	t->lost = false;
	t->resyncs = 0;
	progress(t);
	if (err != 0)
		return give_up(t, err, false);
	return t->capdu != NULL ? next_i(t) : CCID_T1_DONE;
}

static enum ccid_t1_act on_response(struct ccid_t1 *t, const struct block *b)
{
	if (t->last == LAST_REQUEST && t->resyncs > 0 && b->pcb == (PCB_RESYNCH | PCB_RESPONSE))
		return resynchronised(t);
	if (t->last == LAST_REQUEST && t->resyncs == 0 && b->pcb == (PCB_IFS | PCB_RESPONSE) &&
	    b->inf[0] == t->want_ifsd) {
		t->ifsd = t->want_ifsd;
		progress(t);
		return CCID_T1_DONE;
	}
	return again(t, ERR_OTHER);
}

static enum ccid_t1_act on_wtx(struct ccid_t1 *t, const struct block *b)
{
	if (b->inf[0] == 0 || ++t->wtx > WTX_MAX)
		return again(t, ERR_OTHER);
	t->failed = 0;
	t->blocks_left++;
	t->bwi = b->inf[0];
	return send_response(t, b);
}

static enum ccid_t1_act on_ifs(struct ccid_t1 *t, const struct block *b)
{
	if (b->inf[0] == 0 || b->inf[0] == 0xFF)
		return again(t, ERR_OTHER);
	t->ifsc = b->inf[0];
	t->failed = 0;
	return send_response(t, b);
}

static enum ccid_t1_act on_abort(struct ccid_t1 *t, const struct block *b)
{
	if (!t->receiving && !more_to_send(t) && !t->aborting)
		return again(t, ERR_OTHER);
	t->failed = 0;
	t->aborting = true;
	return send_response(t, b);
}

static enum ccid_t1_act on_request(struct ccid_t1 *t, const struct block *b)
{
	if (t->last == LAST_REQUEST) /* rule 7.3 */
		return again(t, ERR_OTHER);
	switch (b->pcb) {
	case PCB_WTX: return on_wtx(t, b);
	case PCB_IFS: return on_ifs(t, b);
	case PCB_ABORT: return on_abort(t, b);
	default: return again(t, ERR_OTHER); /* rule 6: only the interface device asks to resynch */
	}
}

enum ccid_t1_act ccid_t1_step(struct ccid_t1 *t, enum ccid_t1_event event, const uint8_t *rx,
                              size_t len)
{
	struct block b;
	uint8_t nibble = event == CCID_T1_GARBLED ? ERR_EDC : ERR_OTHER;

	t->bwi = 1;
	if (event == CCID_T1_BLOCK)
		nibble = malformed(t, rx, len, &b);
	if (nibble != 0)
		return again(t, nibble);
	t->alive = true;
	if (!(b.pcb & 0x80))
		return on_i(t, &b);
	if (!(b.pcb & 0x40))
		return on_r(t, &b);
	return b.pcb & PCB_RESPONSE ? on_response(t, &b) : on_request(t, &b);
}

static void begin(struct ccid_t1 *t)
{
	t->err = 0;
	t->bwi = 1;
	t->failed = t->resyncs = t->wtx = 0;
	t->after_resync = 0;
	t->receiving = t->aborting = false;
	t->capdu = NULL;
	t->off = t->len = t->cap = t->rapdu_len = 0;
	t->inf_len = 0;
}

enum ccid_t1_act ccid_t1_ifs(struct ccid_t1 *t, uint8_t ifsd)
{
	begin(t);
	t->blocks_left = 64;
	t->want_ifsd = ifsd >= 1 && ifsd <= 254 ? ifsd : 254;
	return send_request(t);
}

enum ccid_t1_act ccid_t1_start(struct ccid_t1 *t, const uint8_t *capdu, size_t len, uint8_t *rapdu,
                               size_t cap, size_t max_block)
{
	size_t frame = 3 + ccid_t1_edc_len(t);

	begin(t);
	if (len < 4 || len > CCID_APDU_MAX || cap < 2 || max_block < frame + 1 || t->dead)
		return give_up(t, t->dead ? CCID_E_MUTE : CCID_E_ARG, t->dead);
	t->capdu = capdu;
	t->len = len;
	t->rapdu = rapdu;
	t->cap = cap;
	t->inf_max = max_block - frame < 254 ? max_block - frame : 254;
	/* Four blocks for each that is needed, at the smallest size the card may switch to. */
	t->blocks_left = (uint32_t)(64 + 4 * (len + CCID_RAPDU_MAX));
	return t->lost ? resynchronise(t, 0) : next_i(t);
}

enum ccid_t1_act ccid_t1_resync(struct ccid_t1 *t)
{
	begin(t);
	t->blocks_left = 64;
	if (t->dead)
		return give_up(t, CCID_E_MUTE, true);
	return t->lost ? resynchronise(t, 0) : CCID_T1_DONE;
}

void ccid_t1_secure(struct ccid_t1 *t, uint8_t len, uint8_t *rapdu, size_t cap, uint8_t prologue[3])
{
	begin(t);
	t->rapdu = rapdu;
	t->cap = cap;
	t->blocks_left = (uint32_t)(64 + 4 * CCID_RAPDU_MAX);
	t->last = LAST_I;
	prologue[0] = t->nad;
	prologue[1] = (uint8_t)(t->ns << 6);
	prologue[2] = len;
}
