/* SPDX-License-Identifier: MIT */
/* XfrBlock at the exchange levels (USB CCID 1.1, 6.1.4; 3.2 for what a TPDU or APDU is). */
#include "emu_priv.h"

#include <string.h>

#define FEATURE_AUTO_IFSD 0x400u

#define LEVEL_WHOLE    0x0000u
#define LEVEL_BEGINS   0x0001u
#define LEVEL_ENDS     0x0002u
#define LEVEL_CONTINUE 0x0003u
#define LEVEL_MORE     0x0010u

enum {
	CHAIN_WHOLE = 0,
	CHAIN_BEGINS = 1,
	CHAIN_ENDS = 2,
	CHAIN_CONTINUE = 3,
	CHAIN_GO_ON = 0x10
};

static uint16_t level_parameter(const struct emu_cmd *c)
{
	return (uint16_t)(c->msg[8] | c->msg[9] << 8);
}

static void bad_level(struct emu_device *d, struct emu_reply *r)
{
	emu_violation(d, &d->counts.bad_level);
	emu_fail(r, ERR_LEVEL);
}

bool emu_take_answer(const struct emu_device *d, const struct emu_card_answer *a,
                     struct emu_reply *r)
{
	if (a->mute) {
		emu_fail(r, ERR_MUTE);
		return false;
	}
	r->extensions = d->cfg.extensions + a->extensions;
	r->step_ms = a->extensions > 0 ? a->step_ms : d->cfg.extension_ms;
	return true;
}

/* Give what fits in one message; the rest waits for "send the next part". */
static void slice(struct emu_device *d, struct emu_slot_state *s, struct emu_reply *r, bool first)
{
	size_t most = d->max_message > 10 ? d->max_message - 10 : 54;
	bool last = s->rest_len <= most;

	r->data = s->rest;
	r->len = last ? s->rest_len : most;
	s->rest += r->len;
	s->rest_len -= r->len;
	if (first)
		r->param = last ? CHAIN_WHOLE : CHAIN_BEGINS;
	else
		r->param = last ? CHAIN_ENDS : CHAIN_CONTINUE;
}

bool emu_can_talk(struct emu_device *d, struct emu_slot_state *s, struct emu_reply *r)
{
	s->negotiable = false;
	if (!s->have_params)
		emu_violation(d, &d->counts.no_parameters);
	if (emu_speed_agrees(s))
		return true;
	emu_violation(d, &d->counts.bad_speed);
	emu_fail(r, ERR_PARITY);
	return false;
}

static void run_apdu(struct emu_device *d, struct emu_slot_state *s, const uint8_t *apdu,
                     size_t len, struct emu_reply *r)
{
	struct emu_card_answer a;

	if (!emu_can_talk(d, s, r))
		return;
	emu_card_apdu(s->card, apdu, len, &a);
	if (!emu_take_answer(d, &a, r))
		return;
	s->rest = a.data;
	s->rest_len = a.len;
	slice(d, s, r, true);
}

static bool next_part(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c,
                      struct emu_reply *r)
{
	if (level_parameter(c) != LEVEL_MORE)
		return false;
	if (s->rest_len == 0 || c->data_len != 0)
		bad_level(d, r);
	else
		slice(d, s, r, false);
	return true;
}

static void xfr_short(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c,
                      struct emu_reply *r)
{
	bool extended = c->data_len > 5 && c->data[4] == 0;

	if (next_part(d, s, c, r))
		return;
	if (level_parameter(c) != 0) {
		bad_level(d, r);
	} else if (c->data_len < 4 || c->data_len > 261 || extended) {
		emu_violation(d, &d->counts.bad_length);
		emu_fail(r, ERR_LENGTH);
	} else {
		run_apdu(d, s, c->data, c->data_len, r);
		if (r->param != 0 && (d->cfg.flags & EMU_SHORT_APDU_NO_CHAIN) != 0)
			emu_fail(r, ERR_HARDWARE);
	}
}

static bool add_slice(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c,
                      struct emu_reply *r)
{
	if (c->data_len == 0 || c->data_len > EMU_COMMAND_MAX - s->apdu_len) {
		emu_violation(d, &d->counts.bad_length);
		emu_fail(r, ERR_LENGTH);
		s->chaining = false;
		return false;
	}
	memcpy(s->apdu + s->apdu_len, c->data, c->data_len);
	s->apdu_len += c->data_len;
	return true;
}

static void xfr_extended(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c,
                         struct emu_reply *r)
{
	uint16_t level = level_parameter(c);
	bool begins = level == LEVEL_WHOLE || level == LEVEL_BEGINS;

	if (next_part(d, s, c, r))
		return;
	if (level > LEVEL_CONTINUE || begins == s->chaining) {
		s->chaining = false;
		bad_level(d, r);
		return;
	}
	if (begins)
		s->apdu_len = 0;
	s->chaining = level == LEVEL_BEGINS || level == LEVEL_CONTINUE;
	if (!add_slice(d, s, c, r))
		return;
	if (s->chaining)
		r->param = CHAIN_GO_ON;
	else
		run_apdu(d, s, s->apdu, s->apdu_len, r);
}

void emu_pass_block(struct emu_device *d, struct emu_slot_state *s, const uint8_t *block,
                    size_t len, struct emu_reply *r)
{
	unsigned wrong = s->blocks.wrong;
	struct emu_block b;

	emu_t1_block(&s->blocks, block, len, &b);
	if (s->blocks.wrong != wrong)
		emu_violation(d, &d->counts.bad_block);
	if (b.mute) {
		emu_fail(r, ERR_MUTE);
		return;
	}
	r->data = b.data;
	r->len = b.len;
	r->delay_ms = b.delay_ms;
	r->extensions = d->cfg.extensions;
	r->step_ms = d->cfg.extension_ms;
}

/* One block of T=1. bBWI multiplies the waiting time of the block that answers S(WTX). */
static void xfr_block(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c,
                      struct emu_reply *r)
{
	bool wtx = c->data_len > 4 && c->data[1] == 0xE3;
	bool ifs = c->data_len > 4 && c->data[1] == 0xC1;
	bool bwi = wtx ? c->msg[7] == c->data[3] : c->msg[7] <= 1;

	bwi = bwi || d->cfg.ep_out == 0; /* a token is not told */
	if (!bwi || (ifs && (d->features & FEATURE_AUTO_IFSD) != 0))
		emu_violation(d, &d->counts.bad_block);
	emu_pass_block(d, s, c->data, c->data_len, r);
}

static void xfr_tpdu(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c,
                     struct emu_reply *r)
{
	struct emu_card_answer a;

	if (level_parameter(c) != 0) {
		bad_level(d, r);
		return;
	}
	if (emu_speed_pps_by_host(d, s, c, r))
		return;
	if (!emu_can_talk(d, s, r))
		return;
	if (s->protocol != 0) {
		xfr_block(d, s, c, r);
		return;
	}
	if (c->data_len < 4 || (c->data_len > 5 && c->data_len != 5u + c->data[4])) {
		emu_violation(d, &d->counts.bad_length);
		emu_fail(r, ERR_LENGTH);
		return;
	}
	emu_card_tpdu(s->card, c->data, c->data_len, &a);
	if (!emu_take_answer(d, &a, r))
		return;
	r->data = a.data;
	r->len = a.len;
}

void emu_xfr(struct emu_device *d, unsigned slot, const struct emu_cmd *c, struct emu_reply *r)
{
	struct emu_slot_state *s = &d->slot[slot];
	bool blocks = s->protocol == 1 && d->level <= LEVEL_TPDU;

	if (s->clock_stopped)
		emu_violation(d, &d->counts.not_active);
	if (c->msg[7] != 0 && !blocks)
		emu_violation(d, &d->counts.rfu);
	switch (d->level) {
	case LEVEL_CHARACTER: emu_chars(d, s, c, r); break;
	case LEVEL_TPDU: xfr_tpdu(d, s, c, r); break;
	case LEVEL_SHORT: xfr_short(d, s, c, r); break;
	case LEVEL_EXTENDED: xfr_extended(d, s, c, r); break;
	}
}
