/* SPDX-License-Identifier: MIT */
/* Which recorded command a live one is. */
#include "player_priv.h"

#include <string.h>

enum kind {
	KIND_QUERY,     /* GetSlotStatus: any number, anywhere */
	KIND_SETUP,     /* parameters and the like: any order between two power-ons */
	KIND_POWER_ON,  /* as recorded, or again while the card was not spoken to */
	KIND_POWER_OFF, /* harmless by itself */
	KIND_CARD       /* as recorded and in order */
};

static enum kind kind_of_type(uint8_t type)
{
	switch (type) {
	case CCID_GET_SLOT_STATUS: return KIND_QUERY;
	case CCID_GET_PARAMETERS:
	case CCID_SET_PARAMETERS:
	case CCID_RESET_PARAMETERS:
	case CCID_ICC_CLOCK:
	case CCID_T0_APDU:
	case CCID_SET_DATA_RATE_AND_CLOCK:
	case CCID_ABORT: return KIND_SETUP;
	case CCID_ICC_POWER_ON: return KIND_POWER_ON;
	case CCID_ICC_POWER_OFF: return KIND_POWER_OFF;
	default: return KIND_CARD;
	}
}

/* A recorded Escape that was refused changed nothing, so nobody need repeat it. */
static enum kind kind_of(const struct ccid_script_cmd *c)
{
	return c->type == CCID_ESCAPE && c->failed ? KIND_SETUP : kind_of_type(c->type);
}

/* Not the last one of a file that is cut off before the answer. What can be answered from state
 * then is. */
static bool is_whole(const struct ccid_script_cmd *c)
{
	return c->finished || c->given_up;
}

static bool is_hard(enum kind k)
{
	return k >= KIND_POWER_ON;
}

static size_t after(const struct ccid_player *p, size_t i)
{
	return p->script.cmd[i].next;
}

/* From i on, the next command that cannot be passed over without a thought. */
static size_t next_hard(const struct ccid_player *p, size_t i)
{
	while (i != CCID_SCRIPT_NONE && !is_hard(kind_of(&p->script.cmd[i])))
		i = after(p, i);
	return i;
}

static size_t next_card(const struct ccid_player *p, size_t i)
{
	while (i != CCID_SCRIPT_NONE && kind_of(&p->script.cmd[i]) != KIND_CARD)
		i = after(p, i);
	return i;
}

static bool masked(const struct ccid_player *p, const struct ccid_script_cmd *c, size_t at)
{
	for (size_t i = 0; i < c->masks; i++) {
		const struct ccid_script_mask *m = &p->script.mask[c->mask + i];

		if (at >= m->off && at - m->off < m->len)
			return true;
	}
	return false;
}

/* Check bytes of a T=1 block depend on what stands for anything before them. */
static size_t free_check_bytes(const struct ccid_player *p, const struct ccid_script_cmd *c)
{
	const struct ccid_message_context *text = &p->slot[c->slot].text;

	if (c->masks == 0 || c->type != CCID_XFR_BLOCK || ccid_message_form(text) != CCID_MASK_T1)
		return 0;
	return text->crc ? 2 : 1;
}

bool ccid_player_same(const struct ccid_player *p, size_t i, const uint8_t *msg, size_t len)
{
	const struct ccid_script_cmd *c = &p->script.cmd[i];
	const uint8_t *was = p->script.out.p + c->off;
	size_t check = free_check_bytes(p, c);

	if (c->len != len)
		return false;
	for (size_t at = 0; at + check < len; at++)
		if (at != 6 && was[at] != msg[at] && !masked(p, c, at))
			return false;
	return true;
}

static const uint8_t *answer_head(const struct ccid_player *p, size_t item)
{
	const struct ccid_script_item *i = &p->script.item[item];

	return i->head && i->len >= CCID_HEADER_LEN ? p->script.in.p + i->off : NULL;
}

static void learn_power_on(struct player_slot *s, const uint8_t *head, size_t len)
{
	size_t n = len - CCID_HEADER_LEN;

	s->powered = head[7] >> 6 == CCID_CMD_OK;
	s->atr_len = s->powered && n <= sizeof s->atr ? n : 0;
	memcpy(s->atr, head + CCID_HEADER_LEN, s->atr_len);
	s->params_len = 0;
}

/* What the recorded answers to a command say about the card. */
static void learn(struct ccid_player *p, struct player_slot *s, size_t cmd)
{
	const struct ccid_script_cmd *c = &p->script.cmd[cmd];
	const uint8_t *head;

	for (size_t i = c->item; i != CCID_SCRIPT_NONE; i = p->script.item[i].next) {
		head = answer_head(p, i);
		if (head == NULL)
			continue;
		s->icc = (head[7] & 3) == 3 ? CCID_ICC_ABSENT : (enum ccid_icc)(head[7] & 3);
		if (c->type == CCID_ICC_POWER_ON)
			learn_power_on(s, head, p->script.item[i].len);
	}
	if (c->type == CCID_ICC_POWER_OFF)
		s->powered = false;
}

void ccid_player_slots_init(struct ccid_player *p)
{
	for (unsigned n = 0; n < 256; n++) {
		struct player_slot *s = &p->slot[n], first = {0};
		size_t i = p->script.first[n];

		*s = (struct player_slot){.next = i, .epoch = i, .icc = CCID_ICC_ABSENT};
		s->text.level = ccid_class_desc_level(&p->script.desc);
		if (i == CCID_SCRIPT_NONE)
			continue;
		first.icc = CCID_ICC_ABSENT;
		learn(p, &first, i);
		s->icc = first.icc;
		if (p->script.cmd[i].type == CCID_ICC_POWER_ON && s->icc == CCID_ICC_ACTIVE)
			s->icc = CCID_ICC_INACTIVE;
	}
}

void ccid_player_slots_reset(struct ccid_player *p)
{
	for (unsigned n = 0; n < 256; n++)
		if (p->slot[n].powered) {
			p->slot[n].icc = CCID_ICC_INACTIVE;
			p->slot[n].powered = false;
		}
}

static void pass_over(struct ccid_player *p, struct player_slot *s, size_t to)
{
	for (size_t i = s->next; i != to && i != CCID_SCRIPT_NONE; i = after(p, i)) {
		if (p->progress[i].used)
			continue;
		p->progress[i] = (struct player_progress){.used = true,
		                                          .skipped = true,
		                                          .fetched = p->script.cmd[i].items,
		                                          .at = ccid_env_now(p->env)};
		learn(p, s, i);
		if (p->script.cmd[i].type == CCID_ICC_POWER_ON)
			s->epoch = i;
	}
	s->next = to;
	ccid_player_release(p);
}

static void tell_answer(struct ccid_player *p, size_t cmd, const char *note)
{
	const struct ccid_script_cmd *c = &p->script.cmd[cmd];

	for (size_t i = c->item; i != CCID_SCRIPT_NONE; i = p->script.item[i].next)
		if (answer_head(p, i) != NULL)
			ccid_player_tell(p, false, answer_head(p, i), p->script.item[i].len, note);
}

/* Give the recorded answer; again says that it was given, or passed over, before. */
static void give(struct ccid_player *p, size_t cmd, const uint8_t *msg, bool again)
{
	const struct ccid_script_cmd *c = &p->script.cmd[cmd];
	struct player_answer *a = ccid_player_answer(p, msg);

	if (a == NULL)
		return;
	a->cmd = cmd;
	a->item = c->item;
	a->repeat = again;
	p->out_status = c->out_status;
	learn(p, &p->slot[msg[5]], cmd);
	tell_answer(p, cmd, again ? "given again" : NULL);
}

static void use(struct ccid_player *p, size_t cmd)
{
	p->progress[cmd].used = true;
	p->progress[cmd].at = ccid_env_now(p->env);
}

void ccid_player_take(struct ccid_player *p, size_t cmd, const uint8_t *msg)
{
	struct player_slot *s = &p->slot[msg[5]];

	pass_over(p, s, cmd);
	s->next = after(p, cmd);
	use(p, cmd);
	give(p, cmd, msg, false);
	if (p->script.cmd[cmd].type != CCID_ICC_POWER_ON)
		return;
	s->epoch = cmd;
	s->spoken = false;
}

void ccid_player_give_again(struct ccid_player *p, size_t cmd, const uint8_t *msg)
{
	p->progress[cmd].skipped = false;
	give(p, cmd, msg, true);
}

static void match_query(struct ccid_player *p, const uint8_t *msg)
{
	struct player_slot *s = &p->slot[msg[5]];
	size_t i = s->next;

	while (i != CCID_SCRIPT_NONE && kind_of(&p->script.cmd[i]) == KIND_SETUP)
		i = after(p, i);
	if (i != CCID_SCRIPT_NONE && kind_of(&p->script.cmd[i]) == KIND_QUERY &&
	    is_whole(&p->script.cmd[i]))
		ccid_player_take(p, i, msg);
	else
		ccid_player_made_status(p, msg);
}

/* The same set-up command in the present epoch: one that is still to come, else an earlier one. */
static size_t find_setup(const struct ccid_player *p, const struct player_slot *s,
                         const uint8_t *msg, size_t len)
{
	size_t i, last = CCID_SCRIPT_NONE;
	bool done = true;

	for (i = s->epoch; i != CCID_SCRIPT_NONE; i = after(p, i)) {
		enum kind k = kind_of(&p->script.cmd[i]);

		done = done && i != s->next;
		if (i != s->epoch && (k == KIND_POWER_ON || k == KIND_POWER_OFF))
			break;
		if (!done && k == KIND_CARD && last != CCID_SCRIPT_NONE)
			break;
		if (k != KIND_SETUP || !is_whole(&p->script.cmd[i]) ||
		    !ccid_player_same(p, i, msg, len))
			continue;
		last = i;
		if (!done && !p->progress[i].used)
			break;
	}
	return last;
}

static void match_setup(struct ccid_player *p, const uint8_t *msg, size_t len)
{
	struct player_slot *s = &p->slot[msg[5]];
	bool set_by_driver = msg[0] == CCID_GET_PARAMETERS && s->params_len > 0;
	size_t i = find_setup(p, s, msg, len);

	if (i == CCID_SCRIPT_NONE || (p->progress[i].used && set_by_driver)) {
		ccid_player_made_setup(p, msg, len);
		return;
	}
	give(p, i, msg, p->progress[i].used);
	use(p, i);
	if (msg[0] == CCID_SET_PARAMETERS && !p->script.cmd[i].failed)
		ccid_player_set_params(s, msg, len);
	if (i == s->next)
		s->next = after(p, i);
}

/* Among the power-ons that follow one another: the one of this bPowerSelect, else the last that
 * worked, else the first. */
static size_t find_power_on(const struct ccid_player *p, const struct player_slot *s,
                            const uint8_t *msg)
{
	size_t first = CCID_SCRIPT_NONE, works = CCID_SCRIPT_NONE;

	for (size_t i = next_hard(p, s->next); i != CCID_SCRIPT_NONE;
	     i = next_hard(p, after(p, i))) {
		const struct ccid_script_cmd *c = &p->script.cmd[i];

		if (kind_of(c) == KIND_CARD)
			break;
		if (kind_of(c) != KIND_POWER_ON)
			continue;
		if (p->script.out.p[c->off + 7] == msg[7])
			return i;
		first = first == CCID_SCRIPT_NONE ? i : first;
		works = c->failed ? works : i;
	}
	return works != CCID_SCRIPT_NONE ? works : first;
}

static void match_power_on(struct ccid_player *p, const uint8_t *msg, size_t len)
{
	struct player_slot *s = &p->slot[msg[5]];
	size_t i = find_power_on(p, s, msg);
	bool known =
		s->epoch != CCID_SCRIPT_NONE && p->script.cmd[s->epoch].type == CCID_ICC_POWER_ON;

	if (i != CCID_SCRIPT_NONE) {
		ccid_player_take(p, i, msg);
	} else if (s->icc == CCID_ICC_ABSENT) {
		ccid_player_made_failure(p, msg, 0xFE);
	} else if (known && (!s->spoken || p->options.strict == CCID_STRICT_LENIENT)) {
		give(p, s->epoch, msg, true);
		s->next = s->spoken ? after(p, s->epoch) : s->next;
		s->spoken = false;
	} else {
		ccid_player_diverge(p, next_hard(p, s->next), msg, len,
		                    "the card is powered on where the trace goes on with it");
	}
}

static void match_power_off(struct ccid_player *p, const uint8_t *msg)
{
	struct player_slot *s = &p->slot[msg[5]];
	size_t i = next_hard(p, s->next);

	if (i != CCID_SCRIPT_NONE && kind_of(&p->script.cmd[i]) == KIND_POWER_OFF &&
	    is_whole(&p->script.cmd[i])) {
		ccid_player_take(p, i, msg);
		return;
	}
	if (s->icc == CCID_ICC_ACTIVE)
		s->icc = CCID_ICC_INACTIVE;
	s->powered = false;
	ccid_player_made_status(p, msg);
}

/* Power-ons that the driver did without may be passed over while nothing was said to the card, when
 * the card ends up powered as it is for the driver. */
static size_t find_card(const struct ccid_player *p, const struct player_slot *s)
{
	size_t i = next_hard(p, s->next), card = next_card(p, s->next);
	const struct ccid_script_cmd *last = NULL;

	if (s->spoken || !s->powered || card == CCID_SCRIPT_NONE)
		return i;
	for (; i != card; i = next_hard(p, after(p, i)))
		last = &p->script.cmd[i];
	if (last != NULL && (last->type != CCID_ICC_POWER_ON || last->failed))
		return next_hard(p, s->next);
	return card;
}

static void match_card(struct ccid_player *p, const uint8_t *msg, size_t len)
{
	struct player_slot *s = &p->slot[msg[5]];
	size_t i = find_card(p, s);

	if (p->options.strict == CCID_STRICT_LENIENT) {
		ccid_player_match_lenient(p, msg, len);
		return;
	}
	if (i == CCID_SCRIPT_NONE) {
		ccid_player_diverge(p, i, msg, len, "the trace has no more commands for this slot");
		return;
	}
	if (!ccid_player_same(p, i, msg, len)) {
		ccid_player_diverge(p, i, msg, len, "another command was recorded here");
		return;
	}
	ccid_player_take(p, i, msg);
	s->spoken = true;
}

void ccid_player_command(struct ccid_player *p, const uint8_t *msg, size_t len)
{
	uint8_t slot = msg[5];

	p->out_status = CCID_REDIR_OK;
	p->cut_answer = false;
	ccid_player_tell(p, true, msg, len, NULL);
	if (p->options.strict == CCID_STRICT_EXACT) {
		ccid_player_match_exact(p, msg, len);
		return;
	}
	if (slot > p->script.desc.max_slot_index) {
		ccid_player_made_failure(p, msg, 5);
		return;
	}
	switch (kind_of_type(msg[0])) {
	case KIND_QUERY: match_query(p, msg); break;
	case KIND_SETUP: match_setup(p, msg, len); break;
	case KIND_POWER_ON: match_power_on(p, msg, len); break;
	case KIND_POWER_OFF: match_power_off(p, msg); break;
	default: match_card(p, msg, len); break;
	}
}

size_t ccid_player_left(const struct ccid_player *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->script.cmds; i++) {
		enum kind k = kind_of(&p->script.cmd[i]);

		if (p->options.strict == CCID_STRICT_EXACT)
			n += !p->progress[i].used;
		else if (k == KIND_CARD)
			n += !p->progress[i].used || p->progress[i].skipped;
		else
			n += !p->progress[i].used && k == KIND_POWER_ON;
	}
	return n + ccid_player_token_left(p);
}
