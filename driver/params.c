/* SPDX-License-Identifier: MIT */
/* After the ATR: which protocol, which parameters, and the time limits that follow from them
 * (ISO/IEC 7816-3 section 6.3; CCID 6.1.5 to 6.1.7). */
#include "link.h"
#include "pps.h"

#include <string.h>

#define PARAMS_MS 10000 /* SetParameters may hide a PPS */

static bool offers(const struct ccid_atr *atr, unsigned t)
{
	return atr->specific ? (atr->ta2 & 0x0F) == t : ccid_atr_offers(atr, t);
}

/* PC/SC part 3 gives every contactless card this shape; the reader speaks its air protocol. */
static bool contactless(const struct ccid_atr *atr)
{
	return atr->groups == 2 && atr->ib[0].mask == CCID_ATR_TD && atr->ib[0].td == 0x80 &&
	       atr->ib[1].mask == CCID_ATR_TD && atr->ib[1].td == 0x01;
}

static int choose(const struct ccid_reader *r, unsigned slot, unsigned wanted, unsigned *protocol)
{
	const struct ccid_atr *atr = &r->slot[slot].atr;
	unsigned both = wanted & r->desc.protocols;
	unsigned offered = (offers(atr, 0) ? 1u : 0u) | (offers(atr, 1) ? 2u : 0u);

	both &= offered;
	if (both == 0)
		return CCID_E_PROTOCOL;
	if (both != 3)
		*protocol = both >> 1;
	else
		*protocol = contactless(atr) ? 1 : atr->first & 1;
	return CCID_OK;
}

/* The TA1 that both sides can work at; the default when no PPS is to be tried. */
static uint8_t speed(struct ccid_reader *r, unsigned slot, bool fast)
{
	const struct ccid_atr *atr = &r->slot[slot].atr;

	if (atr->fi == 0 || atr->di == 0)
		return 0x11;
	if (atr->specific)
		return atr->ta2 & 0x10 ? 0x11 : atr->ta1;
	return fast && atr->ta1 != 0x11 ? ccid_rate_choose(r, slot, atr->ta1) : 0x11;
}

static size_t parameters(const struct ccid_atr *atr, unsigned protocol, uint8_t ta1, uint8_t out[7])
{
	struct ccid_wr w = ccid_wr(out, 7);

	ccid_wr_u8(&w, ta1);
	if (protocol == 0) {
		ccid_wr_u8(&w, atr->inverse ? 0x02 : 0x00);
		ccid_wr_u8(&w, atr->guard);
		ccid_wr_u8(&w, atr->wi);
		ccid_wr_u8(&w, atr->clock_stop);
	} else {
		ccid_wr_u8(&w, (uint8_t)(0x10 | (atr->inverse ? 0x02 : 0) | (atr->crc ? 1 : 0)));
		ccid_wr_u8(&w, atr->guard);
		ccid_wr_u8(&w, (uint8_t)(atr->bwi << 4 | atr->cwi));
		ccid_wr_u8(&w, atr->clock_stop);
		ccid_wr_u8(&w, atr->ifsc);
		ccid_wr_u8(&w, 0);
	}
	return w.len;
}

static struct ccid_wait params_wait(int64_t deadline)
{
	return (struct ccid_wait){PARAMS_MS, CCID_RETRY_MS, deadline};
}

/* The protocol in force, or -1 when the reader does not say. */
static int protocol_in_force(struct ccid_reader *r, unsigned slot, int64_t deadline, int *err)
{
	struct ccid_cmd cmd = ccid_cmd_get_parameters();
	struct ccid_wait wait = params_wait(deadline);
	struct ccid_rsp rsp;

	*err = ccid_exchange(r, slot, &cmd, &wait, &rsp);
	if (*err < 0 && rsp.type != 0 && *err != CCID_E_NOCARD)
		*err = CCID_OK;
	else if (*err == CCID_OK && rsp.len >= 5 && rsp.param <= 1)
		return rsp.param;
	return -1;
}

/* A reader that cannot pass the card's whole IFSC says so in its answer. */
static void adopt_ifsc(struct ccid_t1 *t1, const struct ccid_rsp *rsp)
{
	if (rsp->len >= 7 && rsp->data[5] >= 1 && rsp->data[5] < t1->ifsc)
		t1->ifsc = rsp->data[5];
}

/* A reader may answer that one field cannot be changed; then what counts is the protocol that it
 * has in force. One that does not know the command works with what it took from the ATR. */
static int set_parameters(struct ccid_reader *r, unsigned slot, unsigned protocol, uint8_t ta1,
                          int64_t deadline)
{
	uint8_t data[7];
	size_t len = parameters(&r->slot[slot].atr, protocol, ta1, data);
	struct ccid_cmd cmd = ccid_cmd_set_parameters((uint8_t)protocol, data, len);
	struct ccid_wait wait = params_wait(deadline);
	struct ccid_rsp rsp;
	int rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);
	int now;

	if (rc == CCID_OK && protocol == 1)
		adopt_ifsc(&r->slot[slot].t1, &rsp);
	if (rc == CCID_OK || rsp.type == 0 || rc == CCID_E_NOCARD)
		return rc;
	if (rc == CCID_E_UNSUPPORTED)
		return CCID_OK;
	if (rsp.error == 0 || rsp.error > 0x7F)
		return rc == CCID_E_PROTOCOL ? rc : CCID_E_PPS;
	now = protocol_in_force(r, slot, deadline, &rc);
	if (rc < 0)
		return rc;
	return now == (int)protocol ? CCID_OK : CCID_E_PROTOCOL;
}

/* The reader chose by itself: learn what, and force the other only if it must be. */
static int reader_chose(struct ccid_reader *r, unsigned slot, unsigned wanted, unsigned *protocol,
                        int64_t deadline)
{
	const struct ccid_atr *atr = &r->slot[slot].atr;
	int rc, now;

	if (!offers(atr, 0) || !offers(atr, 1))
		return CCID_OK;
	now = protocol_in_force(r, slot, deadline, &rc);
	if (rc < 0 || now < 0 || now == (int)*protocol)
		return rc;
	if (wanted & 1u << now) {
		*protocol = (unsigned)now;
		return CCID_OK;
	}
	return set_parameters(r, slot, *protocol, speed(r, slot, true), deadline);
}

/* PPS by the host, possible where bytes go to the card as they are. */
static int pps_exchange(struct ccid_reader *r, unsigned slot, const uint8_t *req, size_t len,
                        uint8_t answer[CCID_PPS_MAX], int64_t deadline)
{
	struct ccid_link link = {r, slot, deadline};
	struct ccid_cmd cmd = ccid_cmd_xfr_block(0, 0, req, len);
	struct ccid_wait wait = params_wait(deadline);
	struct ccid_rsp rsp;
	int rc;

	if (r->level == CCID_LEVEL_CHARACTER)
		return ccid_char_pps(&link, req, len, answer);
	rc = ccid_exchange(r, slot, &cmd, &wait, &rsp);
	if (rc < 0)
		return rsp.type == 0 || rc == CCID_E_NOCARD ? rc : CCID_E_PPS;
	if (rsp.len > CCID_PPS_MAX)
		return CCID_E_PPS;
	memcpy(answer, rsp.data, rsp.len);
	return (int)rsp.len;
}

static int pps(struct ccid_reader *r, unsigned slot, unsigned protocol, uint8_t *ta1,
               int64_t deadline)
{
	uint8_t req[CCID_PPS_MAX], answer[CCID_PPS_MAX];
	size_t len = ccid_pps_request(req, (uint8_t)protocol, *ta1);
	int n;

	if (r->level != CCID_LEVEL_TPDU && r->level != CCID_LEVEL_CHARACTER) {
		*ta1 = 0x11; /* the card has agreed to nothing else */
		return CCID_OK;
	}
	n = pps_exchange(r, slot, req, len, answer, deadline);
	if (n == CCID_E_MUTE || n == CCID_E_COMM)
		return CCID_E_PPS;
	if (n < 0)
		return n;
	return ccid_pps_check(req, len, answer, (size_t)n, ta1) < 0 ? CCID_E_PPS : CCID_OK;
}

static int agree_by_host(struct ccid_reader *r, unsigned slot, unsigned protocol, uint8_t ta1,
                         int64_t deadline)
{
	const struct ccid_atr *atr = &r->slot[slot].atr;
	int rc;

	if (atr->specific || (protocol == atr->first && ta1 == 0x11)) {
		if (r->desc.features & CCID_FEATURE_AUTO_CONFIG)
			return CCID_OK;
	} else {
		rc = pps(r, slot, protocol, &ta1, deadline);
		if (rc < 0)
			return rc;
	}
	rc = ta1 != 0x11 ? ccid_rate_set(r, slot, ta1, deadline) : CCID_OK;
	if (rc < 0)
		return rc;
	return set_parameters(r, slot, protocol, ta1, deadline);
}

bool ccid_may_change_mode(const struct ccid_reader *r, unsigned slot)
{
	const struct ccid_atr *atr = &r->slot[slot].atr;

	return atr->len > 0 && atr->specific && !(atr->ta2 & 0x80);
}

/* Why a card in specific mode cannot be followed; NULL when it can. */
static const char *out_of_reach(struct ccid_reader *r, unsigned slot)
{
	const struct ccid_atr *atr = &r->slot[slot].atr;

	if (!atr->specific)
		return NULL;
	if (atr->ta2 & 0x10)
		return "specific mode: F and D are known to the card alone";
	if (atr->fi == 0 || atr->di == 0)
		return "specific mode: F or D is reserved";
	return ccid_rate_fits(r, slot, atr->ta1) ? NULL : "specific mode: faster than the reader";
}

static int agree_parameters(struct ccid_reader *r, unsigned slot, unsigned wanted, bool fast,
                            unsigned *protocol, int64_t deadline)
{
	uint32_t features = r->desc.features;
	const char *why;
	uint8_t ta1;

	if (r->iccd != CCID_ICCD_NONE || (features & 0xFFFF) == (CCID_FEATURE_ICCD | 0x40))
		return CCID_OK; /* a chip without contacts to set up */
	if (features & CCID_FEATURE_AUTO_NEGOTIATION)
		return reader_chose(r, slot, wanted, protocol, deadline);
	why = out_of_reach(r, slot);
	if (why != NULL)
		return ccid_fail(r, slot, why, CCID_E_PROTOCOL, NULL);
	if (!fast && (r->tuning.flags & CCID_QUIRK_PARAMETERS))
		return CCID_OK; /* it refused them before the reset */
	ta1 = speed(r, slot, fast);
	if (!(features & CCID_FEATURE_AUTO_PPS))
		return agree_by_host(r, slot, *protocol, ta1, deadline);
	return set_parameters(r, slot, *protocol, ta1, deadline);
}

static int64_t ms_of(uint64_t us)
{
	return (int64_t)((us + 999) / 1000);
}

/* The reader itself enforces the card's times; the host's limit is only the alarm for a dead
 * reader, so it takes the worst case: one waiting time for each byte. */
static void time_limits(struct ccid_reader *r, unsigned slot, unsigned protocol)
{
	struct ccid_slot *s = &r->slot[slot];
	uint32_t clock = r->desc.default_clock_khz;
	int64_t ms;

	if (protocol == 0) {
		s->wait_ms = ms_of(ccid_atr_wwt_us(&s->atr, clock));
		ms = ms_of((uint64_t)ccid_atr_wwt_us(&s->atr, clock) * 266) + 1000;
	} else {
		s->wait_ms = ms_of(ccid_atr_bwt_us(&s->atr, clock));
		ms = s->wait_ms + 1000 +
		     ms_of((uint64_t)ccid_atr_cwt_us(&s->atr, clock, false) * 260);
	}
	if (s->atr.fi == 0 || s->atr.di == 0)
		ms = ms > 60000 ? ms : 60000;
	ms += r->tuning.slow_ms;
	s->silence_ms = ms > r->limits.command_ms ? ms : r->limits.command_ms;
}

/* Unless the card that agreed has left since. */
static int stand(struct ccid_reader *r, unsigned slot, unsigned protocol)
{
	struct ccid_slot *s = &r->slot[slot];
	bool same;

	pthread_mutex_lock(&r->state);
	same = s->state == CCID_SLOT_NEGOTIABLE && s->generation == s->session;
	if (same) {
		s->protocol = protocol;
		s->agreed = true;
		ccid_slot_set(r, slot, CCID_SLOT_READY);
	}
	pthread_mutex_unlock(&r->state);
	return same ? CCID_OK : CCID_E_NOCARD;
}

int ccid_agree(struct ccid_reader *r, unsigned slot, unsigned wanted, bool fast, int64_t deadline)
{
	unsigned protocol = 0;
	const struct ccid_atr *atr = &r->slot[slot].atr;
	int rc = choose(r, slot, wanted, &protocol);

	ccid_t1_init(&r->slot[slot].t1, atr->ifsc, atr->crc, 0);
	time_limits(r, slot, protocol);
	if (rc == CCID_OK)
		rc = agree_parameters(r, slot, wanted, fast, &protocol, deadline);
	time_limits(r, slot, protocol);
	if (rc == CCID_OK && protocol == 1 && r->level <= CCID_LEVEL_TPDU)
		rc = ccid_t1_begin(r, slot, fast, deadline);
	if (rc < 0)
		return rc;
	return stand(r, slot, protocol);
}
