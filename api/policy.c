/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include "mechanics.h"
#include "rules.h"
#include "watch.h"

#include <stdlib.h>
#include <string.h>

#define POWER_OFF_MS 5000

enum occasion {
	NOTHING,
	START,
	RETURN,
	END
};

static const char *const occasions[] = {"", "found at the start", "found when the reader came back",
                                        "left at the end"};

static iscard_motion motion_of(const struct iscard_card_policy *p, enum occasion why)
{
	iscard_fate fate = why == START ? p->at_start : why == RETURN ? p->at_return : p->at_end;

	switch (fate) {
	case ISCARD_FATE_LEAVE: break;
	case ISCARD_FATE_EJECT: return ISCARD_MOTION_EJECT;
	case ISCARD_FATE_CAPTURE: return ISCARD_MOTION_CAPTURE;
	case ISCARD_FATE_LOCK: return ISCARD_MOTION_LOCK;
	}
	return (iscard_motion)0;
}

/* It was done already. */
static bool needless(struct ccid_session *s, iscard_motion motion)
{
	struct ccid_slot_info info;
	struct ccid_card_place p;

	ccid_port_show(s->port, &info, &p);
	if (motion == ISCARD_MOTION_LOCK)
		return p.state == ISCARD_PLACE_LOCKED || p.state == ISCARD_PLACE_EJECTING;
	return motion == ISCARD_MOTION_EJECT && p.state == ISCARD_PLACE_EJECTING;
}

/* Whoever has left the card may have locked it, and the reader does not say. What fails is met again
 * by the motion. */
static void let_go(struct ccid_session *s, int64_t deadline)
{
	struct ccid_mechanics m;
	struct ccid_slot_info info;
	struct ccid_card_place p;

	ccid_mechanics_of(s, &m);
	ccid_port_show(s->port, &info, &p);
	if ((m.abilities & ISCARD_MECHANICAL_LOCK) != 0 && info.state != CCID_SLOT_EMPTY)
		(void)!ccid_move(s, ISCARD_MOTION_UNLOCK, deadline);
}

/* With the card to itself: a use of it, or before anybody else can know the reader. */
static void apply(struct ccid_session *s, const struct iscard_card_policy *p, enum occasion why)
{
	iscard_motion motion = motion_of(p, why);
	int64_t ms = p->motion_ms > 0 ? p->motion_ms : s->context->limits.motion_ms;
	int64_t deadline =
		ccid_session_deadline(s, ms < INT64_MAX - POWER_OFF_MS ? POWER_OFF_MS + ms : ms);
	int err;

	if (motion == 0 || needless(s, motion))
		return;
	if (why != END && motion != ISCARD_MOTION_LOCK)
		let_go(s, deadline);
	err = ccid_move(s, motion, deadline);
	if (err == CCID_E_NOCARD)
		return;
	if (err < 0 && motion != ISCARD_MOTION_LOCK)
		(void)!ccid_slot_power_off(s->port->reader, s->port->slot,
		                           ccid_session_deadline(s, POWER_OFF_MS));
	ccid_log(&s->context->env, err < 0 ? CCID_LOG_ERROR : CCID_LOG_WARNING, s->name,
	         "card %s: %s: %s", occasions[why], iscard_motion_name(motion),
	         err < 0 ? ccid_err_text(err) : "accepted");
}

static struct ccid_met *find(const iscard_context *c, const char *key)
{
	struct ccid_met *m = c->met;

	while (m != NULL && strcmp(m->key, key) != 0)
		m = m->next;
	return m;
}

/* Without memory every time is the first: the card is treated as one that was found. */
static enum occasion meet(iscard_context *c, const char *key, bool back)
{
	enum occasion why = START;
	struct ccid_met *m;

	pthread_mutex_lock(&c->meeting);
	m = find(c, key);
	if (m != NULL) {
		why = m->lost || back ? RETURN : NOTHING;
		m->lost = false;
	} else {
		m = calloc(1, sizeof *m + strlen(key) + 1);
		if (m != NULL) {
			memcpy(m->key, key, strlen(key) + 1);
			m->next = c->met;
			c->met = m;
		}
	}
	pthread_mutex_unlock(&c->meeting);
	return why;
}

/* A session without object, handle or member: nobody can find it. */
static void look_after(iscard_context *c, struct ccid_open *o, unsigned slot, enum occasion why)
{
	struct ccid_session s = {.context = c, .open = o, .port = ccid_open_port(o, slot)};
	struct iscard_card_policy p;

	if (ccid_open_name(o, slot, c, s.name, sizeof s.name) == 0 &&
	    ccid_rule_policy(c, s.name, &ccid_reader_transport(ccid_open_reader(o))->id, &p))
		apply(&s, &p, why);
}

void ccid_policy_opened(iscard_context *c, struct ccid_open *o, const char *key, bool back)
{
	enum occasion why = meet(c, key, back);
	unsigned slots = ccid_reader_slots(ccid_open_reader(o));

	for (unsigned i = 0; i < slots && why != NOTHING; i++)
		look_after(c, o, i, why);
}

void ccid_policy_lost(iscard_context *c, const char *key)
{
	struct ccid_met *m;

	pthread_mutex_lock(&c->meeting);
	m = find(c, key);
	if (m != NULL)
		m->lost = true;
	pthread_mutex_unlock(&c->meeting);
}

static bool has_policy(iscard_context *c)
{
	bool has = false;

	pthread_mutex_lock(&c->lock);
	for (const struct ccid_rule *r = c->rules; r != NULL; r = r->next)
		has = has || (r->political && r->policy.at_end != ISCARD_FATE_LEAVE);
	pthread_mutex_unlock(&c->lock);
	return has;
}

/* Whoever of another context uses the card keeps it. */
static void end_slot(iscard_context *c, struct ccid_open *o, unsigned slot)
{
	struct ccid_session s = {.context = c, .open = o, .port = ccid_open_port(o, slot)};
	struct iscard_card_policy p;
	bool mine;

	if (ccid_open_name(o, slot, c, s.name, sizeof s.name) < 0 ||
	    !ccid_rule_policy(c, s.name, &ccid_reader_transport(ccid_open_reader(o))->id, &p))
		return;
	pthread_mutex_lock(&s.port->lock);
	mine = ccid_share_join(&s.port->share, &s.member, true) &&
	       SUCCEEDED(ccid_session_use_until(&s, CCID_NEED_READER, 0, CCID_NEVER));
	pthread_mutex_unlock(&s.port->lock);
	if (mine)
		apply(&s, &p, END);
	pthread_mutex_lock(&s.port->lock);
	if (mine)
		ccid_session_done(&s);
	ccid_share_leave(&s.port->share, &s.member);
	pthread_mutex_unlock(&s.port->lock);
}

void ccid_policy_end(iscard_context *c)
{
	if (!has_policy(c))
		return;
	for (const struct ccid_hold *h = c->holds; h != NULL; h = h->next)
		for (unsigned i = 0; i < ccid_reader_slots(ccid_open_reader(h->open)); i++)
			end_slot(c, h->open, i);
	if (atomic_load(&c->watch) != NULL)
		ccid_watch_visit(atomic_load(&c->watch), end_slot);
}

void ccid_policy_free(iscard_context *c)
{
	while (c->met != NULL) {
		struct ccid_met *m = c->met;

		c->met = m->next;
		free(m);
	}
}
