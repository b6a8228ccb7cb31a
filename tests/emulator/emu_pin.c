/* SPDX-License-Identifier: MIT */
/* The PIN pad (USB CCID 1.1, 6.1.11): what a person types becomes a command to the card. Taken here:
 * ASCII, from the first byte of the data, left justified, no length field. */
#include "emu_priv.h"

#include <string.h>

#define OFFSET(i)   ((uint8_t)(10 + (i))) /* of abData in the message: a bError */
#define VERIFY      0u
#define MODIFY      1u
#define CONFIRM     1u
#define ASK_CURRENT 2u

struct entry {
	bool modify, asks_old, twice;
	uint8_t block, old_at, new_at, most, least;
	const uint8_t *prologue, *apdu;
	size_t apdu_len;
};

static const char *or_else(const char *typed, const char *otherwise)
{
	return typed[0] != '\0' ? typed : otherwise;
}

/* bMsgIndex2 and 3 are there when so many messages are shown. */
static size_t indexes(uint8_t messages)
{
	return 1u + (messages != 0) + (messages >= 3);
}

/* Where the APDU begins; what the entries have in common lies behind one another in both. */
static size_t read_entry(struct entry *e, const uint8_t *p)
{
	const uint8_t *limits = p + (e->modify ? 7 : 5);
	size_t at = e->modify ? 14 + indexes(p[11]) : 12;

	e->block = p[3] & 0x0F;
	e->most = limits[0];
	e->least = limits[1];
	e->old_at = e->modify ? p[5] : 0;
	e->new_at = e->modify ? p[6] : 0;
	e->twice = e->modify && (p[9] & CONFIRM) != 0;
	e->asks_old = !e->modify || (p[9] & ASK_CURRENT) != 0;
	e->prologue = p + at;
	return at + 3;
}

/* Offset of what is wrong with a structure, or 0. */
static uint8_t check(const struct emu_device *d, const struct emu_cmd *c, struct entry *e)
{
	const uint8_t *p = c->data;
	size_t validation, apdu;

	*e = (struct entry){.modify = c->data_len > 0 && p[0] == MODIFY};
	validation = e->modify ? 10 : 7;
	if (c->data_len < (e->modify ? 18u + 4 : 15u + 4))
		return ERR_LENGTH;
	if (p[0] > MODIFY || (d->cfg.class_desc[52] >> p[0] & 1) == 0)
		return OFFSET(0);
	if ((p[2] & 0x87) != 0x82)
		return OFFSET(2);
	if ((p[3] & 0xF0) != 0)
		return OFFSET(3);
	if (p[validation] == 0 || p[validation] > 7)
		return OFFSET(validation);
	apdu = read_entry(e, p);
	if (e->old_at > EMU_DIGITS || e->new_at > EMU_DIGITS)
		return OFFSET(e->old_at > EMU_DIGITS ? 5 : 6);
	if (c->data_len < apdu + 4 || c->data_len > apdu + EMU_PAD_MAX)
		return ERR_LENGTH;
	e->apdu = p + apdu;
	e->apdu_len = c->data_len - apdu;
	return 0;
}

static bool accepted(const struct entry *e, const char *typed)
{
	size_t n = strlen(typed);

	return n >= e->least && n <= e->most && (e->block == 0 || n <= e->block);
}

/* Of a block of that size, FF behind the digits, or as long as they are: where it ends. */
static size_t insert(uint8_t *data, size_t at, size_t block, const char *typed)
{
	size_t n = strlen(typed);

	if (block > n)
		memset(data + at + n, 0xFF, block - n);
	memcpy(data + at, typed, n);
	return at + (block > n ? block : n);
}

/* The template's data are kept where no digits go. */
static void make_command(struct emu_slot_state *s, const struct entry *e, const char *old,
                         const char *new)
{
	size_t end = 0, wanted = e->apdu_len > 5 ? e->apdu_len - 5 : 0;

	memcpy(s->pad, e->apdu, e->apdu_len);
	if (e->asks_old)
		end = insert(s->pad + 5, e->block != 0 ? e->old_at : 0, e->block, old);
	if (e->modify)
		end = insert(s->pad + 5, e->block != 0 ? e->new_at : end, e->block, new);
	end = end > wanted ? end : wanted;
	s->pad[4] = (uint8_t)end;
	s->pad_len = 5 + end;
}

static void to_card(struct emu_device *d, struct emu_slot_state *s, const struct entry *e,
                    struct emu_reply *r)
{
	uint8_t block[EMU_BLOCK_MAX];
	struct emu_card_answer a;

	if (d->level == LEVEL_TPDU && s->protocol == 1) {
		emu_pass_block(d, s, block,
		               emu_t1_wrap(&s->blocks, e->prologue[0], e->prologue[1], s->pad,
		                           s->pad_len, block),
		               r);
		return;
	}
	if (d->level == LEVEL_TPDU)
		emu_card_tpdu(s->card, s->pad, s->pad_len, &a);
	else
		emu_card_apdu(s->card, s->pad, s->pad_len, &a);
	if (!emu_take_answer(d, &a, r))
		return;
	r->data = a.data;
	r->len = a.len;
}

/* One time extension a key. */
void emu_secure(struct emu_device *d, unsigned slot, const struct emu_cmd *c, struct emu_reply *r)
{
	const char *old = or_else(d->cfg.typed, "1234"), *new = or_else(d->cfg.typed_new, "5678");
	struct emu_slot_state *s = &d->slot[slot];
	struct entry e;
	uint8_t wrong;

	if (d->cfg.class_desc[52] == 0 || d->level == LEVEL_CHARACTER) {
		emu_violation(d, &d->counts.unadvertised);
		emu_fail(r, ERR_UNSUPPORTED);
		return;
	}
	wrong = check(d, c, &e);
	if (wrong != 0) {
		emu_fail(r, wrong);
		return;
	}
	if (!accepted(&e, old) || (e.modify && !accepted(&e, new))) {
		emu_fail(r, ERR_PIN_TIMEOUT);
		return;
	}
	make_command(s, &e, old, new);
	to_card(d, s, &e, r);
	r->extensions += (unsigned)((e.asks_old ? strlen(old) : 0) +
	                            (e.modify ? strlen(new) << e.twice : 0));
}
