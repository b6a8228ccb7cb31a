/* SPDX-License-Identifier: MIT */
#include "share.h"

bool ccid_share_join(struct ccid_share *s, struct ccid_member *m, bool exclusive)
{
	if (s->members != NULL && (exclusive || s->members->exclusive))
		return false;
	m->exclusive = exclusive;
	m->next = s->members;
	s->members = m;
	return true;
}

static void free_if_unused(struct ccid_share *s)
{
	if (s->owner != NULL && s->owner->levels == 0 && s->owner->uses == 0)
		s->owner = NULL;
}

void ccid_share_leave(struct ccid_share *s, struct ccid_member *m)
{
	struct ccid_member **at = &s->members;

	while (*at != NULL && *at != m)
		at = &(*at)->next;
	if (*at == m)
		*at = m->next;
	m->next = NULL;
	m->levels = 0;
	free_if_unused(s);
}

bool ccid_share_alone(const struct ccid_share *s, const struct ccid_member *m)
{
	return s->members == m && m->next == NULL;
}

static bool grant(struct ccid_share *s, struct ccid_member *m)
{
	s->owner = m;
	m->uses++;
	return true;
}

bool ccid_share_ask(struct ccid_share *s, struct ccid_ticket *t, struct ccid_member *m)
{
	*t = (struct ccid_ticket){.member = m};
	if (s->owner == m || (s->owner == NULL && s->head == NULL))
		return grant(s, m);
	t->queued = true;
	if (s->tail != NULL)
		s->tail->next = t;
	else
		s->head = t;
	s->tail = t;
	return false;
}

void ccid_share_give_up(struct ccid_share *s, struct ccid_ticket *t)
{
	struct ccid_ticket *before = NULL, **at = &s->head;

	while (*at != NULL && *at != t) {
		before = *at;
		at = &before->next;
	}
	if (*at == NULL)
		return;
	*at = t->next;
	if (s->tail == t)
		s->tail = before;
	t->next = NULL;
	t->queued = false;
}

bool ccid_share_turn(struct ccid_share *s, struct ccid_ticket *t)
{
	if (s->owner != t->member && (s->owner != NULL || s->head != t))
		return false;
	ccid_share_give_up(s, t);
	return grant(s, t->member);
}

struct ccid_ticket *ccid_share_next(const struct ccid_share *s)
{
	struct ccid_ticket *t = s->head;

	while (t != NULL && s->owner != NULL && s->owner != t->member)
		t = t->next;
	return t;
}

void ccid_share_done(struct ccid_share *s, struct ccid_member *m)
{
	m->uses--;
	free_if_unused(s);
}

void ccid_share_lock(struct ccid_share *s, struct ccid_member *m)
{
	m->levels++;
	ccid_share_done(s, m);
}

void ccid_share_unlock(struct ccid_share *s, struct ccid_member *m)
{
	m->levels--;
	free_if_unused(s);
}

bool ccid_share_locked_by_other(const struct ccid_share *s, const struct ccid_member *m)
{
	return s->owner != NULL && s->owner != m && s->owner->levels > 0;
}

bool ccid_share_taken_by_other(const struct ccid_share *s, const struct ccid_member *m)
{
	return s->members != NULL && s->members != m && s->members->exclusive;
}

static bool has_left(const struct ccid_member *m, const struct ccid_card_view *now)
{
	return !m->direct && (!now->present || now->insertions != m->insertions);
}

void ccid_share_saw(struct ccid_share *s, const struct ccid_card_view *now)
{
	for (struct ccid_member *m = s->members; m != NULL; m = m->next) {
		if (has_left(m, now))
			m->removed = true;
		if (m->removed)
			m->levels = 0;
	}
	free_if_unused(s);
}

enum ccid_pending ccid_share_pending(const struct ccid_member *m, const struct ccid_card_view *now)
{
	if (m->removed || has_left(m, now))
		return CCID_PENDING_REMOVED;
	if (m->direct)
		return CCID_PENDING_NONE;
	return now->generation != m->generation ? CCID_PENDING_RESET : CCID_PENDING_NONE;
}

void ccid_share_acknowledge(struct ccid_member *m, const struct ccid_card_view *now)
{
	m->generation = now->generation;
	m->insertions = now->insertions;
	m->removed = false;
}
