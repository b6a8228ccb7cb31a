/* SPDX-License-Identifier: MIT */
/* APDUs at random, and what the card must answer: its twin is asked the same. */
#include "soak.h"

#include "emu_card.h"

#include <string.h>

#define CHALLENGE 8
#define EXTENDED  600 /* bytes of an ordinary extended APDU */

struct ask {
	uint8_t header[4];
	size_t lc, le; /* 0: none */
};

static size_t put_length(uint8_t *p, bool extended, size_t n)
{
	if (!extended) {
		p[0] = (uint8_t)n;
		return 1;
	}
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
	return 2;
}

static void build(struct soak_card *c, const struct ask *a)
{
	bool extended = a->lc > 255 || a->le > 256;
	size_t at = 4;

	memcpy(c->apdu, a->header, 4);
	if (extended)
		c->apdu[at++] = 0;
	if (a->lc > 0)
		at += put_length(c->apdu + at, extended, a->lc);
	for (size_t i = 0; i < a->lc; i++)
		c->apdu[at++] = (uint8_t)soak_below(&c->random, 256);
	if (a->le > 0)
		at += put_length(c->apdu + at, extended, a->le);
	c->apdu_len = at;
}

static void fill(uint8_t *header, uint8_t cla, uint8_t ins, uint32_t p)
{
	header[0] = cla;
	header[1] = ins;
	header[2] = (uint8_t)(p >> 8);
	header[3] = (uint8_t)p;
}

/* Short in most cases, extended where reader and card allow it. */
static size_t length(struct soak_card *c)
{
	static const uint16_t edges[] = {1, 2, 5, 52, 54, 116, 244, 252, 254, 255, 256};
	struct soak_random *r = &c->random;

	if (c->reader->kind->level != 2 && soak_one_in(r, 20))
		return 257 + soak_below(r, soak_one_in(r, 10) ? 2000 - 257 : EXTENDED - 257);
	if (soak_one_in(r, 3))
		return edges[soak_below(r, sizeof edges / sizeof edges[0])];
	return 1 + soak_below(r, soak_one_in(r, 4) ? 255 : 24);
}

static size_t data_length(struct soak_card *c)
{
	size_t n = length(c);

	return n == 256 ? 255 : n;
}

static void verify(struct soak_card *c)
{
	struct ask a = {.lc = 4};

	fill(a.header, 0x00, 0x20, 0x80);
	build(c, &a);
	memcpy(c->apdu + 5, "1234", 4);
}

static void status_or_time(struct soak_card *c, struct ask *a)
{
	static const uint16_t words[] = {0x9000, 0x6283, 0x63C5, 0x6A82, 0x6F00, 0x6985};
	struct soak_random *r = &c->random;

	if (soak_one_in(r, 3))
		fill(a->header, 0x80, 0x12, (1 + soak_below(r, 3)) << 8 | (1 + soak_below(r, 3)));
	else
		fill(a->header, 0x80, 0x18, words[soak_below(r, 6)]);
}

static void with_data(struct soak_card *c, struct ask *a)
{
	struct soak_random *r = &c->random;

	a->lc = data_length(c);
	if (soak_one_in(r, 2)) {
		fill(a->header, 0x00, 0xD6, soak_below(r, 65536));
		return;
	}
	fill(a->header, 0x80, 0x10, 0);
	a->le = a->lc > 255 ? a->lc : soak_one_in(r, 2) ? a->lc : 256;
}

void soak_command(struct soak_card *c)
{
	struct soak_random *r = &c->random;
	struct ask a = {.le = 0};

	if (c->repeat)
		return;
	switch (soak_below(r, 10)) {
	case 0: status_or_time(c, &a); break;
	case 1:
		a.le = 1 + soak_below(r, 256);
		fill(a.header, 0x80, 0x1A, (uint32_t)(a.le & 0xFF) << 8);
		a.le = soak_one_in(r, 2) ? a.le : 256; /* T=0: 6Cxx */
		break;
	case 2: {
		size_t n = length(c);

		fill(a.header, 0x80, 0x1C, (uint32_t)n);
		a.le = n;
		break;
	}
	case 3: verify(c); return;
	case 4:
	case 5:
		fill(a.header, 0x00, 0x84, 0);
		a.le = CHALLENGE;
		break;
	case 6:
	case 7: with_data(c, &a); break;
	default:
		fill(a.header, 0x00, 0xB0, soak_below(r, 65536));
		a.le = length(c);
		if (c->reader->kind->ifsc == 0 && a.le > 256)
			a.le = 256; /* T=0: what there is comes at once, or by 61xx as above */
	}
	build(c, &a);
}

static bool is_challenge(const struct soak_card *c)
{
	return c->apdu[0] == 0x00 && c->apdu[1] == 0x84;
}

/* The counter tells how often it was asked for: once, and not more often than calls failed. */
static const char *count_challenges(struct soak_card *c)
{
	uint8_t ahead = (uint8_t)(c->reply[0] - c->challenge);
	struct emu_card_answer ignored;

	if (c->reply_len != CHALLENGE + 2)
		return NULL;
	if (ahead % CHALLENGE != 0 || ahead / CHALLENGE > c->in_doubt)
		return "GET CHALLENGE was carried out too often";
	for (; c->challenge != c->reply[0]; c->challenge = (uint8_t)(c->challenge + CHALLENGE))
		emu_card_apdu(c->twin, c->apdu, c->apdu_len, &ignored);
	c->challenge = (uint8_t)(c->challenge + CHALLENGE);
	c->in_doubt = 0;
	return NULL;
}

const char *soak_judge(struct soak_card *c)
{
	const char *wrong = is_challenge(c) ? count_challenges(c) : NULL;
	struct emu_card_answer want;

	if (wrong != NULL)
		return wrong;
	emu_card_apdu(c->twin, c->apdu, c->apdu_len, &want);
	c->repeat = false;
	if (c->reply_len != want.len)
		return "the reply has another length";
	return memcmp(c->reply, want.data, want.len) == 0 ? NULL : "the reply is another";
}

void soak_command_failed(struct soak_card *c)
{
	if (is_challenge(c))
		c->in_doubt++;
	c->repeat = is_challenge(c) || (c->apdu[0] == 0x00 && c->apdu[1] == 0xD6);
}

void soak_new_twin(struct soak_card *c)
{
	emu_card_free(c->twin);
	c->twin = emu_card_new(&c->reader->s.cfg.card[c->slot]);
	c->twin_card = c->reader->cards[c->slot];
	c->challenge = c->reader->s.cfg.card[c->slot].challenge;
	c->in_doubt = 0;
	c->repeat = false;
	if (c->twin == NULL)
		soak_die(c->reader, "no memory");
}
