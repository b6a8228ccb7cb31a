/* SPDX-License-Identifier: MIT */
/* SCardGetStatusChange and SCardCancel, on waits of the context. */
#define _GNU_SOURCE /* secure_getenv */
#include "pcsc_priv.h"
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One state of the caller's, and one of the wait's. */
struct entry {
	char name[CCID_NAME_MAX];
	bool ignored, list;
	struct ccid_pcsc_card_facts card; /* of the card that is there */
	bool known;
};

struct change {
	struct ccid_pcsc_context *pcsc;
	struct pcsc_reader_state *states;
	size_t count;
	struct entry entries[PCSC_READERS_MAX];
	struct iscard_reader_state waits[PCSC_READERS_MAX];
	unsigned cancels; /* of the PC/SC context, when the call began */
	unsigned since;   /* of the context, before those were last looked at */
	int64_t deadline; /* CCID_NEVER */
};

void ccid_pcsc_keep_open(const struct ccid_pcsc_context *c, const char *name)
{
	HRESULT hr = S_OK;

	if (ccid_pcsc_keeps_readers())
		hr = iscard_context_watch(c->context, name, ISCARD_WATCH_CARDS);
	(void)hr; /* it is open as long as it is used, then */
}

static bool present(const struct iscard_slot_status *now)
{
	return SUCCEEDED(now->result) && now->state != ISCARD_ABSENT && now->state != 0;
}

static unsigned long use_of(const struct iscard_slot_status *now)
{
	if (now->exclusive)
		return PCSC_STATE_EXCLUSIVE;
	return now->connections > 0 && present(now) ? PCSC_STATE_INUSE : 0;
}

static unsigned long card_of(const struct entry *e, const struct iscard_slot_status *now)
{
	if (!present(now))
		return PCSC_STATE_EMPTY;
	return PCSC_STATE_PRESENT | (e->known && e->card.atr_len == 0 ? PCSC_STATE_MUTE : 0);
}

/* Without CHANGED and the counter. */
static unsigned long event_of(const struct entry *e, const struct iscard_slot_status *now)
{
	if (now->result == SCARD_E_UNKNOWN_READER)
		return PCSC_STATE_UNKNOWN | PCSC_STATE_UNAVAILABLE;
	if (now->result != S_OK)
		return PCSC_STATE_UNAVAILABLE;
	return card_of(e, now) | use_of(now);
}

/* Whether the caller's idea differs: of what is there, of who uses it, or by the counter. */
static bool news(unsigned long current, unsigned long event, unsigned long counter, bool used)
{
	const unsigned long use = PCSC_STATE_EXCLUSIVE | PCSC_STATE_INUSE;
	const unsigned long missing = PCSC_STATE_UNKNOWN | PCSC_STATE_UNAVAILABLE;

	if (current == 0)
		return true;
	if (event & missing)
		return ((current ^ event) & event & missing) != 0;
	if (current & missing)
		return true;
	if ((current & PCSC_STATE_PRESENT && event & PCSC_STATE_EMPTY) ||
	    (current & PCSC_STATE_EMPTY && event & PCSC_STATE_PRESENT))
		return true;
	if (event & PCSC_STATE_PRESENT && (current ^ event) & PCSC_STATE_MUTE)
		return true;
	if (current & use && !(current & event & use) && (event & PCSC_STATE_PRESENT || !used))
		return true;
	return current >> 16 != 0 && (current >> 16 & 0xFFFFu) != counter;
}

static bool compare_reader(struct pcsc_reader_state *state, const struct entry *e,
                           const struct iscard_slot_status *now)
{
	unsigned long event = event_of(e, now), counter = 0;
	bool changed;

	if (now->result == S_OK)
		counter = ccid_pcsc_counter(now->insertions, present(now));
	changed = news(state->current_state, event, counter, now->connections > 0);
	state->event_state = counter << 16 | event | (changed ? PCSC_STATE_CHANGED : 0);
	state->atr_len = present(now) && e->known ? e->card.atr_len : 0;
	memcpy(state->atr, e->card.atr, state->atr_len);
	return changed;
}

/* Whether the list is another than the client was told, by ListReaders or here. */
static bool compare_list(const struct change *c, struct pcsc_reader_state *state,
                         const struct iscard_slot_status *now)
{
	bool changed;

	ccid_process_enter();
	changed = c->pcsc->list_seen != 0 && c->pcsc->list_seen != now->changes;
	c->pcsc->list_seen = now->changes;
	ccid_process_leave();
	state->event_state = changed ? PCSC_STATE_CHANGED : 0;
	return changed;
}

static bool compare(struct change *c)
{
	bool changed = false;

	for (size_t i = 0; i < c->count; i++) {
		const struct entry *e = &c->entries[i];
		const struct iscard_slot_status *now = &c->waits[i].now;

		c->waits[i].seen = now->changes;
		if (e->ignored)
			continue;
		if (e->list ? compare_list(c, &c->states[i], now)
		            : compare_reader(&c->states[i], e, now))
			changed = true;
	}
	return changed;
}

static bool is_mute(HRESULT hr)
{
	return hr == SCARD_W_UNRESPONSIVE_CARD || hr == SCARD_W_UNSUPPORTED_CARD ||
	       hr == SCARD_W_UNPOWERED_CARD;
}

/* Give power to a card that came, so that its ATR can be told: once, whatever becomes of it. It is no
 * connection: who wants the card alone may have it meanwhile, and nobody is told that it is in use. */
static void power(const struct change *c, const struct entry *e,
                  const struct iscard_slot_status *now)
{
	struct ccid_pcsc_card_facts mute = {now->arrivals, now->insertions, 0, {0}};
	struct ccid_session *s;

	if (FAILED(ccid_session_visit(&s, c->pcsc->context, e->name)))
		return;
	if (is_mute(ccid_session_power(s)))
		ccid_pcsc_learn(e->name, &mute);
	ccid_session_go(s);
}

/* Whether it was there to be asked. */
static bool learn(const struct change *c, struct entry *e, const struct iscard_slot_status *now)
{
	e->known = false;
	if (e->ignored || e->list || !present(now))
		return true;
	e->card = (struct ccid_pcsc_card_facts){now->arrivals, now->insertions, now->atr_len, {0}};
	memcpy(e->card.atr, now->atr, now->atr_len);
	if (now->atr_len > 0)
		ccid_pcsc_learn(e->name, &e->card);
	e->known = ccid_pcsc_recall(e->name, &e->card);
	if (e->known || now->state != ISCARD_SWALLOWED)
		return true;
	power(c, e, now);
	return false;
}

static bool learn_all(struct change *c)
{
	bool all = true;

	for (size_t i = 0; i < c->count; i++)
		if (!learn(c, &c->entries[i], &c->waits[i].now))
			all = false;
	return all;
}

static bool cancelled(struct change *c)
{
	bool is;

	c->since = atomic_load(&c->pcsc->context->cancels);
	ccid_process_enter();
	is = c->pcsc->cancels != c->cancels || c->pcsc->released;
	ccid_process_leave();
	return is;
}

static int64_t time_left(const struct change *c)
{
	int64_t left;

	if (c->deadline == CCID_NEVER)
		return ISCARD_INFINITE;
	left = c->deadline - ccid_env_now(&c->pcsc->context->env);
	return left > 0 ? left : 0;
}

static HRESULT look(struct change *c)
{
	HRESULT hr = iscard_context_wait(c->pcsc->context, c->waits, c->count, 0);

	if ((SUCCEEDED(hr) || hr == SCARD_E_TIMEOUT) && !learn_all(c)) {
		hr = iscard_context_wait(c->pcsc->context, c->waits, c->count, 0);
		(void)learn_all(c);
	}
	return hr == SCARD_E_TIMEOUT ? S_OK : hr;
}

/* Until there is news, or somebody cancels: it may be another context that is meant, for all have the
 * same one. */
static HRESULT wait_more(struct change *c, size_t count, int64_t left)
{
	HRESULT hr = ccid_watch_wait(c->pcsc->context, c->waits, count, left, c->since);

	return hr == SCARD_E_TIMEOUT || hr == SCARD_E_CANCELLED ? S_OK : hr;
}

static HRESULT run(struct change *c)
{
	int64_t left;
	HRESULT hr;

	for (;;) {
		hr = look(c);
		if (FAILED(hr) || compare(c))
			return hr;
		if (cancelled(c))
			return SCARD_E_CANCELLED;
		left = time_left(c);
		if (left == 0)
			return SCARD_E_TIMEOUT;
		hr = wait_more(c, c->count, left);
		if (FAILED(hr))
			return hr;
	}
}

static bool unknown(const struct change *c, size_t i)
{
	return !c->entries[i].ignored && !c->entries[i].list &&
	       c->waits[i].now.result == SCARD_E_UNKNOWN_READER;
}

/* A name that means nothing when the wait begins is an error, and nothing to keep open; later it is an
 * event. */
static HRESULT first_look(struct change *c)
{
	HRESULT hr = look(c);
	bool any = false;

	for (size_t i = 0; i < c->count && SUCCEEDED(hr); i++)
		if (unknown(c, i)) {
			iscard_context_unwatch(c->pcsc->context, c->entries[i].name);
			any = true;
		}
	for (size_t i = 0; i < c->count && SUCCEEDED(hr) && !any; i++)
		c->states[i].event_state = 0;
	return any ? SCARD_E_UNKNOWN_READER : hr;
}

static HRESULT prepare(struct change *c)
{
	HRESULT hr = S_OK;

	for (size_t i = 0; i < c->count && SUCCEEDED(hr); i++) {
		struct entry *e = &c->entries[i];

		e->ignored = c->states[i].current_state & PCSC_STATE_IGNORE;
		e->list = strcasecmp(c->states[i].reader, PCSC_PNP_NOTIFICATION) == 0;
		if (e->ignored || e->list)
			continue;
		hr = ccid_pcsc_full_name(c->pcsc->context, c->states[i].reader, e->name);
		c->waits[i].reader = e->name;
		if (SUCCEEDED(hr))
			ccid_pcsc_keep_open(c->pcsc, e->name);
	}
	return hr;
}

static void count_wait(struct change *c, bool begins)
{
	ccid_process_enter();
	if (begins)
		c->cancels = c->pcsc->cancels;
	c->pcsc->waits = begins ? c->pcsc->waits + 1 : c->pcsc->waits - 1;
	ccid_process_leave();
}

static int64_t deadline_of(const struct change *c, unsigned long timeout_ms)
{
	if (timeout_ms >= PCSC_INFINITE)
		return CCID_NEVER;
	return ccid_env_now(&c->pcsc->context->env) + (int64_t)timeout_ms;
}

static HRESULT reader_there(const struct change *c, bool *there)
{
	struct iscard_reader_list *list;
	HRESULT hr = iscard_context_list(c->pcsc->context, &list);

	*there = false;
	if (FAILED(hr))
		return hr;
	for (size_t i = 0; i < list->count; i++)
		*there = *there || ccid_pcsc_is_there(c->pcsc->context, &list->readers[i]);
	iscard_reader_list_free(list);
	return S_OK;
}

/* Without states: until there is a reader, any. */
static HRESULT run_for_reader(struct change *c)
{
	int64_t left = time_left(c);
	bool there, first = true;
	HRESULT hr;

	for (;; first = false, left = time_left(c)) {
		hr = iscard_context_wait(c->pcsc->context, c->waits, 1, 0);
		c->waits[0].seen = c->waits[0].now.changes;
		if (SUCCEEDED(hr) || hr == SCARD_E_TIMEOUT)
			hr = reader_there(c, &there);
		if (FAILED(hr) || there)
			return hr;
		if (cancelled(c))
			return SCARD_E_CANCELLED;
		if (left == 0)
			return first ? SCARD_E_READER_UNAVAILABLE : SCARD_E_TIMEOUT;
		hr = wait_more(c, 1, left);
		if (FAILED(hr))
			return hr;
	}
}

static HRESULT get_status_change(struct ccid_pcsc_context *pcsc, unsigned long timeout_ms,
                                 struct pcsc_reader_state *states, size_t count)
{
	struct change *c = calloc(1, sizeof *c);
	HRESULT hr;

	if (c == NULL)
		return SCARD_E_NO_MEMORY;
	c->pcsc = pcsc;
	c->states = states;
	c->count = count;
	c->deadline = deadline_of(c, timeout_ms);
	count_wait(c, true);
	hr = prepare(c);
	if (SUCCEEDED(hr) && count > 0)
		hr = first_look(c);
	if (SUCCEEDED(hr))
		hr = count > 0 ? run(c) : run_for_reader(c);
	count_wait(c, false);
	free(c);
	return hr;
}

static HRESULT check_states(const struct pcsc_reader_state *states, size_t count, bool *any)
{
	*any = count == 0;
	if ((states == NULL && count > 0) || count > PCSC_READERS_MAX)
		return SCARD_E_INVALID_PARAMETER;
	for (size_t i = 0; i < count; i++) {
		if (states[i].reader == NULL)
			return SCARD_E_INVALID_VALUE;
		*any = *any || !(states[i].current_state & PCSC_STATE_IGNORE);
	}
	return S_OK;
}

long iscard_pcsc_get_status_change(long context, unsigned long timeout_ms,
                                   struct pcsc_reader_state *states, unsigned long count)
{
	struct ccid_pcsc_context *c;
	bool any;
	HRESULT hr = check_states(states, count, &any);

	if (FAILED(hr) || !any)
		return ccid_pcsc_code(hr);
	hr = ccid_pcsc_context_get(&c, context);
	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	hr = get_status_change(c, timeout_ms, states, count);
	ccid_pcsc_context_put(c);
	return ccid_pcsc_code(hr);
}

/* Ends what is under way; a wait that begins later is not meant. */
long iscard_pcsc_cancel(long context)
{
	struct ccid_pcsc_context *c;
	HRESULT hr = ccid_pcsc_context_get(&c, context);
	bool waiting;

	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	ccid_process_enter();
	waiting = c->waits > 0;
	if (waiting)
		c->cancels++;
	ccid_process_leave();
	if (waiting)
		hr = iscard_context_cancel(c->context);
	ccid_pcsc_context_put(c);
	return ccid_pcsc_code(hr);
}
