/* SPDX-License-Identifier: MIT */
#include "emu_priv.h"

#include <string.h>

#define FEATURE_AUTO_NEGOTIATION 0x40u
#define FEATURE_AUTO_PPS         0x80u
#define DEFAULT_FIDI             0x11

/* Bits a second at dwDefaultClock, at 4 MHz where that is no clock for a card; 0 when F or D is
 * reserved. */
static uint64_t rate(const struct emu_device *d, uint8_t fidi)
{
	static const uint16_t f[16] = {372, 372, 558, 744,  1116, 1488, 1860, 0,
	                               0,   512, 768, 1024, 1536, 2048, 0,    0};
	static const uint8_t di[16] = {0, 1, 2, 4, 8, 16, 32, 64, 12, 20};
	uint64_t clock = emu_get32(d->cfg.class_desc + 10);

	if (clock < 1000 || clock > 20000)
		clock = 4000;
	return f[fidi >> 4] == 0 ? 0 : clock * 1000 * di[fidi & 0x0F] / f[fidi >> 4];
}

/* A list that the descriptor announces says all that the reader can do. */
static bool listed(const struct emu_device *d, uint64_t is)
{
	for (unsigned i = 0; i < d->cfg.n_rates; i++) {
		uint64_t can = d->cfg.rates_bps[i], slack = can / 1000 + 2;

		if (is <= can + slack && is + slack >= can)
			return true;
	}
	return d->cfg.n_rates == 0 || d->cfg.class_desc[27] == 0;
}

bool emu_speed_possible(const struct emu_device *d, uint8_t fidi)
{
	uint64_t most = emu_get32(d->cfg.class_desc + 23), is = rate(d, fidi);

	return fidi == DEFAULT_FIDI || (is > 0 && is <= most + most / 1000 + 2 && listed(d, is));
}

/* At APDU level there is no way for a host to do it. */
static bool reader_does_pps(const struct emu_device *d)
{
	return d->level >= LEVEL_SHORT ||
	       (d->features & (FEATURE_AUTO_NEGOTIATION | FEATURE_AUTO_PPS)) != 0;
}

static void both_at(struct emu_slot_state *s, uint8_t fidi)
{
	s->card_fidi = s->t0[0] = s->t1[0] = fidi;
}

/* After a reset: in specific mode TA1 counts at once; else the default does, until a PPS, which a
 * reader that knows the parameters and makes it by itself has already done. */
void emu_speed_start(struct emu_device *d, struct emu_slot_state *s, int ta2)
{
	s->specific = ta2 >= 0;
	s->card_protocol = s->protocol;
	both_at(s, DEFAULT_FIDI);
	if (s->specific && (ta2 & 0x10) == 0)
		s->card_fidi = s->card_ta1;
	if (!s->have_params)
		return;
	if (!s->specific && reader_does_pps(d) && emu_speed_possible(d, s->card_ta1) &&
	    !emu_card_made(s->card)->no_pps)
		s->card_fidi = s->card_ta1;
	both_at(s, s->card_fidi);
}

bool emu_speed_agrees(const struct emu_slot_state *s)
{
	return s->protocol == s->card_protocol &&
	       s->card_fidi == (s->protocol == 0 ? s->t0[0] : s->t1[0]);
}

bool emu_speed_pps_by_reader(struct emu_device *d, struct emu_slot_state *s, uint8_t protocol,
                             uint8_t fidi)
{
	bool changes = fidi != s->card_fidi || protocol != s->card_protocol;

	if (!s->active || s->specific || !changes || !reader_does_pps(d))
		return true;
	if (emu_card_made(s->card)->no_pps)
		return false;
	s->card_fidi = fidi;
	s->card_protocol = protocol;
	return true;
}

/* FF PPS0 [PPS1] PCK in an XfrBlock, right after a reset (ISO/IEC 7816-3, 9). */
bool emu_speed_pps_by_host(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c,
                           struct emu_reply *r)
{
	uint8_t sum = 0, fidi = DEFAULT_FIDI;

	if (!s->negotiable || c->data_len < 3 || c->data_len > 6 || c->data[0] != 0xFF)
		return false;
	s->negotiable = false;
	for (size_t i = 0; i < c->data_len; i++)
		sum ^= c->data[i];
	if (sum != 0 || s->specific || (s->card_protocols >> (c->data[1] & 0x0F) & 1) == 0 ||
	    emu_card_made(s->card)->no_pps) {
		emu_fail(r, ERR_MUTE);
		return true;
	}
	if ((c->data[1] & 0x10) != 0)
		fidi = c->data[2];
	if (!emu_speed_possible(d, fidi))
		emu_violation(d, &d->counts.bad_speed);
	s->card_fidi = fidi;
	s->card_protocol = c->data[1] & 0x0F;
	memcpy(s->apdu, c->data, c->data_len);
	r->data = s->apdu;
	r->len = c->data_len;
	return true;
}
