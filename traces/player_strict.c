/* SPDX-License-Identifier: MIT */
/* Which recorded command a live one is, when it must be the very next one, and when any will do. */
#include "player_priv.h"

void ccid_player_match_exact(struct ccid_player *p, const uint8_t *msg, size_t len)
{
	size_t i = p->exact_next;

	if (i == p->script.cmds) {
		ccid_player_diverge(p, CCID_SCRIPT_NONE, msg, len,
		                    "the trace has no more commands");
		return;
	}
	if (!ccid_player_same(p, i, msg, len)) {
		ccid_player_diverge(p, i, msg, len, "another command was recorded here");
		return;
	}
	p->exact_next++;
	ccid_player_take(p, i, msg);
}

/* A session with a card ends where it is powered on or off. */
static bool ends_session(const struct ccid_script_cmd *c)
{
	return c->type == CCID_ICC_POWER_ON || c->type == CCID_ICC_POWER_OFF;
}

/* An equal command: best the next one of this session with the card, then the last one of it, then
 * one of a later session, then one of an earlier. *here: of this session and still to come. */
static size_t find_any(const struct ccid_player *p, const struct player_slot *s, const uint8_t *msg,
                       size_t len, bool *here)
{
	size_t found = CCID_SCRIPT_NONE;
	bool ahead = false, session = false;
	unsigned best = 0;

	for (size_t i = p->script.first[msg[5]]; i != CCID_SCRIPT_NONE; i = p->script.cmd[i].next) {
		unsigned rank;

		ahead = ahead || i == s->next;
		if (i == s->epoch)
			session = true;
		else if (session && ends_session(&p->script.cmd[i]))
			session = false;
		rank = session ? ahead ? 4 : 3 : ahead ? 2 : 1;
		if (rank < best || (ahead && rank == best) || !ccid_player_same(p, i, msg, len))
			continue;
		best = rank;
		found = i;
	}
	*here = best == 4;
	return found;
}

void ccid_player_match_lenient(struct ccid_player *p, const uint8_t *msg, size_t len)
{
	struct player_slot *s = &p->slot[msg[5]];
	bool here;
	size_t i = find_any(p, s, msg, len, &here);

	if (i == CCID_SCRIPT_NONE) {
		ccid_player_diverge(p, s->next, msg, len,
		                    "no such command was recorded for this slot");
		return;
	}
	if (here)
		ccid_player_take(p, i, msg);
	else
		ccid_player_give_again(p, i, msg);
	s->spoken = true;
}
