/* SPDX-License-Identifier: MIT */
/* What goes to the driver, and when. */
#include "player_priv.h"

#include <string.h>

struct player_answer *ccid_player_answer(struct ccid_player *p, const uint8_t *msg)
{
	struct player_answer *a;

	if (p->queue_len == PLAYER_QUEUE) {
		ccid_player_diverge(p, CCID_SCRIPT_NONE, msg, CCID_HEADER_LEN,
		                    "the driver sends commands without fetching the answers");
		return NULL;
	}
	a = &p->queue[(p->queue_first + p->queue_len++) % PLAYER_QUEUE];
	*a = (struct player_answer){
		.cmd = CCID_SCRIPT_NONE,
		.item = CCID_SCRIPT_NONE,
		.slot = msg[5],
		.seq = msg[6],
		.since = ccid_env_now(p->env),
	};
	return a;
}

static void forget(struct ccid_player *p, struct player_answer *a)
{
	if (a->cmd != CCID_SCRIPT_NONE)
		p->progress[a->cmd].fetched = p->script.cmd[a->cmd].items;
	a->item = CCID_SCRIPT_NONE;
	a->made_len = 0;
}

void ccid_player_drop_answers(struct ccid_player *p, uint8_t slot)
{
	for (unsigned i = 0; i < p->queue_len; i++) {
		struct player_answer *a = &p->queue[(p->queue_first + i) % PLAYER_QUEUE];

		if (a->slot == slot)
			forget(p, a);
	}
}

static bool is_over(const struct player_answer *a)
{
	return a->item == CCID_SCRIPT_NONE && a->made_len == 0;
}

static void pop_finished(struct ccid_player *p)
{
	while (p->queue_len > 0 && is_over(&p->queue[p->queue_first])) {
		size_t cmd = p->queue[p->queue_first].cmd;

		if (cmd != CCID_SCRIPT_NONE)
			p->cut_answer =
				!p->script.cmd[cmd].finished && !p->script.cmd[cmd].given_up;
		p->queue_first = (p->queue_first + 1) % PLAYER_QUEUE;
		p->queue_len--;
	}
}

static void step(struct ccid_player *p, struct player_answer *a, size_t whole)
{
	if (a->pos < whole)
		return;
	a->pos = 0;
	if (a->item == CCID_SCRIPT_NONE) {
		a->made_len = 0;
		return;
	}
	a->item = p->script.item[a->item].next;
	if (!a->repeat)
		p->progress[a->cmd].fetched++;
}

/* One transfer: as much as is asked for of the piece at hand. */
static void give_transfer(struct ccid_player *p, struct player_answer *a,
                          const struct player_request *r)
{
	const struct ccid_script_item *i;
	uint8_t *data = a->made;
	size_t whole = a->made_len, n;
	uint8_t status = CCID_REDIR_OK;

	if (a->item != CCID_SCRIPT_NONE) {
		i = &p->script.item[a->item];
		data = p->script.in.p + i->off;
		whole = i->len;
		status = i->status;
		if (i->head && whole > 6)
			data[6] = (uint8_t)(a->seq + i->seq_offset);
	}
	n = whole - a->pos < r->wanted ? whole - a->pos : r->wanted;
	ccid_player_send_bulk(p, r, status, data + a->pos, n);
	a->pos += n;
	step(p, a, whole);
}

/* When what was recorded so long after another moment happens, if that one is at since. */
static int64_t moment(const struct ccid_player *p, int64_t since, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t ms = to_ns > from_ns ? (to_ns - from_ns) / 1000000u : 0;

	if (p->options.speed == CCID_SPEED_NONE)
		return since;
	ms = ms * 1000u / p->options.speed;
	return ms < (uint64_t)(CCID_NEVER - since) ? since + (int64_t)ms : CCID_NEVER;
}

static int64_t answer_time(const struct ccid_player *p, const struct player_answer *a)
{
	if (a->item == CCID_SCRIPT_NONE || a->pos > 0)
		return a->since;
	return moment(p, a->since, p->script.cmd[a->cmd].time_ns, p->script.item[a->item].time_ns);
}

/* CCID_NEVER while that depends on what the driver does. */
static int64_t event_time(const struct ccid_player *p, const struct ccid_script_event *e)
{
	const struct player_progress *at;

	if (e->cmd == CCID_SCRIPT_NONE)
		return p->connected ? moment(p, p->connected_at, p->script.connect_ns, e->time_ns)
		                    : CCID_NEVER;
	at = &p->progress[e->cmd];
	if (!at->used || at->fetched < e->items)
		return CCID_NEVER;
	return moment(p, at->at, p->script.cmd[e->cmd].time_ns, e->time_ns);
}

/* What happens at a time that has come, or at any time when none passes. */
static bool has_come(const struct ccid_player *p, int64_t at)
{
	if (p->options.speed == CCID_SPEED_NONE)
		return at != CCID_NEVER;
	return at <= ccid_env_now(p->env);
}

int64_t ccid_player_due(const struct ccid_player *p)
{
	int64_t answer = CCID_NEVER, event = CCID_NEVER;

	if (p->options.speed == CCID_SPEED_NONE || p->err != 0 || p->unplugged)
		return CCID_NEVER;
	if (p->request_len > 0 && p->queue_len > 0)
		answer = answer_time(p, &p->queue[p->queue_first]);
	if (p->event_seen < p->script.events)
		event = event_time(p, &p->script.event[p->event_seen]);
	return answer < event ? answer : event;
}

static void note_change(struct ccid_player *p, const struct ccid_script_event *e)
{
	size_t nslots = (size_t)p->script.desc.max_slot_index + 1, pos = 0;
	struct ccid_notify n;

	while (ccid_notify_next(p->script.misc.p + e->off, e->len, &pos, nslots, &n) == 1) {
		for (size_t i = 0; n.type == CCID_NOTIFY_SLOT_CHANGE && i < n.slots; i++) {
			struct player_slot *s = &p->slot[i];

			if (!ccid_notify_present(&n, i))
				s->icc = CCID_ICC_ABSENT;
			else if (s->icc == CCID_ICC_ABSENT)
				s->icc = CCID_ICC_INACTIVE;
			s->powered = s->powered && s->icc == CCID_ICC_ACTIVE;
		}
	}
}

void ccid_player_release(struct ccid_player *p)
{
	while (p->event_seen < p->script.events &&
	       has_come(p, event_time(p, &p->script.event[p->event_seen]))) {
		const struct ccid_script_event *e = &p->script.event[p->event_seen++];

		if (e->kind == CCID_SCRIPT_INTERRUPT)
			note_change(p, e);
	}
	while (p->event_sent < p->event_seen && !p->unplugged && p->connected) {
		const struct ccid_script_event *e = &p->script.event[p->event_sent];

		if (e->kind != CCID_SCRIPT_UNPLUG && !p->interrupts)
			break;
		p->event_sent++;
		ccid_player_send_event(p, e);
	}
}

static void feed_requests(struct ccid_player *p)
{
	pop_finished(p);
	while (p->request_len > 0 && p->queue_len > 0 && p->err == 0 &&
	       has_come(p, answer_time(p, &p->queue[p->queue_first]))) {
		const struct player_request r = p->request[p->request_first];

		p->request_first = (p->request_first + 1) % PLAYER_REQUESTS;
		p->request_len--;
		give_transfer(p, &p->queue[p->queue_first], &r);
		pop_finished(p);
	}
}

void ccid_player_feed(struct ccid_player *p)
{
	feed_requests(p);
	ccid_player_release(p);
	if (p->request_len > 0 && p->queue_len == 0 && p->cut_answer && !p->unplugged)
		ccid_player_diverge(p, CCID_SCRIPT_NONE, NULL, 0,
		                    "the trace ends before this command was answered");
}
