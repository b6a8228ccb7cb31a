/* SPDX-License-Identifier: MIT */
/* Character level (USB CCID 1.1, 3.2.3 and 6.1.4): the reader passes characters to and fro, the
 * host knows the protocol. T=0 as in ISO/IEC 7816-3, 10.3; T=1 in its clause 11. */
#include "emu_priv.h"

#include <string.h>

#define NULL_BYTE 0x60

static void say(struct emu_line *l, const uint8_t *p, size_t n)
{
	if (n > sizeof l->out - l->out_len)
		return;
	memcpy(l->out + l->out_len, p, n);
	l->out_len += n;
}

static void say_one(struct emu_line *l, uint8_t c)
{
	say(l, &c, 1);
}

/* Data of the answer, all after one ACK, or each byte after its own. */
static void say_data(struct emu_line *l, bool by_byte, uint8_t ins, const uint8_t *p, size_t n)
{
	if (!by_byte) {
		say_one(l, ins);
		say(l, p, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		say_one(l, (uint8_t)~ins);
		say_one(l, p[i]);
	}
}

static void run_t0(struct emu_slot_state *s)
{
	const struct emu_card_config *cfg = emu_card_made(s->card);
	struct emu_line *l = &s->line;
	struct emu_card_answer a;

	emu_card_tpdu(s->card, l->in, l->in_len, &a);
	l->in_len = 0;
	if (a.mute)
		return;
	for (unsigned i = 0; i < cfg->nulls + a.extensions && i < 256; i++)
		say_one(l, NULL_BYTE);
	l->delay_ms = a.extensions * a.step_ms;
	if (a.len > 2)
		say_data(l, cfg->byte_acks, l->in[1], a.data, a.len - 2);
	say(l, a.data + a.len - 2, 2);
}

static void t0_character(struct emu_slot_state *s, uint8_t c)
{
	bool by_byte = emu_card_made(s->card)->byte_acks;
	struct emu_line *l = &s->line;

	l->in[l->in_len++] = c;
	if (l->in_len < 5)
		return;
	if (!emu_card_takes_data(s->card, l->in[1], l->in[4]) || l->in_len == 5u + l->in[4])
		run_t0(s);
	else if (by_byte)
		say_one(l, (uint8_t)~l->in[1]);
	else if (l->in_len == 5)
		say_one(l, l->in[1]);
}

static void t1_character(struct emu_slot_state *s, uint8_t c)
{
	struct emu_line *l = &s->line;
	struct emu_block b;

	l->in[l->in_len++] = c;
	if (l->in_len < 3 || l->in_len < 3u + l->in[2] + (s->blocks.crc ? 2 : 1))
		return;
	emu_t1_block(&s->blocks, l->in, l->in_len, &b);
	l->in_len = 0;
	l->delay_ms = b.delay_ms;
	if (!b.mute)
		say(l, b.data, b.len);
}

/* The characters go to the card one by one; it may only speak when the last has come. */
static void send(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c)
{
	unsigned wrong = s->blocks.wrong;
	bool interrupted = false;

	if (s->line.out_off < s->line.out_len)
		emu_violation(d, &d->counts.bad_level); /* the host never asked for the rest */
	s->line.out_len = s->line.out_off = 0;
	for (size_t i = 0; i < c->data_len; i++) {
		interrupted = interrupted || s->line.out_len > 0;
		if (s->line.in_len == sizeof s->line.in)
			s->line.in_len = 0;
		if (s->protocol == 0)
			t0_character(s, c->data[i]);
		else
			t1_character(s, c->data[i]);
	}
	if (interrupted || s->blocks.wrong != wrong)
		emu_violation(d, &d->counts.bad_block);
}

static void take(struct emu_device *d, struct emu_slot_state *s, size_t want, struct emu_reply *r)
{
	struct emu_line *l = &s->line;

	if (want > l->out_len - l->out_off) {
		l->out_off = l->out_len;
		emu_fail(r, ERR_MUTE);
		return;
	}
	r->data = l->out + l->out_off;
	r->len = want;
	r->delay_ms = l->delay_ms;
	r->extensions = d->cfg.extensions;
	r->step_ms = d->cfg.extension_ms;
	l->delay_ms = 0;
	l->out_off += want;
}

void emu_chars(struct emu_device *d, struct emu_slot_state *s, const struct emu_cmd *c,
               struct emu_reply *r)
{
	size_t want = c->msg[8] | (size_t)c->msg[9] << 8;
	struct emu_reply pps = {.type = r->type};

	if (c->data_len > 0 && emu_speed_pps_by_host(d, s, c, &pps)) {
		s->line.out_len = s->line.out_off = 0;
		say(&s->line, pps.data, pps.len);
	} else if (c->data_len > 0) {
		if (!emu_can_talk(d, s, r))
			return;
		send(d, s, c);
	}
	take(d, s, want, r);
}
