/* SPDX-License-Identifier: MIT */
/* Contexts, and the connections that each owns. */
#include "pcsc_priv.h"

#include <stdlib.h>
#include <string.h>

static struct {
	struct ccid_pcsc_context *first;
	iscard_context *context; /* of them all */
	unsigned epoch, users;
	HRESULT (*make)(iscard_context **out);
} table;

void ccid_pcsc_stand_in(HRESULT (*make)(iscard_context **out))
{
	table.make = make;
}

/* Entered. After a fork everything is the parent's and stays behind. */
static void look_behind(void)
{
	if (table.epoch == ccid_process_epoch())
		return;
	table.epoch = ccid_process_epoch();
	table.first = NULL;
	table.context = NULL;
	table.users = 0;
	ccid_pcsc_forget();
}

static HRESULT make(iscard_context **out)
{
	return table.make != NULL ? table.make(out) : iscard_context_create(NULL, out);
}

/* A user more of the one context. */
static HRESULT join(iscard_context **out)
{
	iscard_context *made = NULL;
	HRESULT hr = S_OK;

	ccid_process_enter();
	look_behind();
	if (table.context == NULL) {
		ccid_process_leave();
		hr = make(&made);
		ccid_process_enter();
	}
	if (table.context == NULL) {
		table.context = made;
		made = NULL;
	}
	*out = table.context;
	if (*out != NULL)
		table.users++;
	ccid_process_leave();
	iscard_context_unref(made);
	return *out != NULL ? S_OK : hr;
}

static void leave(iscard_context *c)
{
	bool last;

	ccid_process_enter();
	last = table.context == c && --table.users == 0;
	if (last) {
		table.context = NULL;
		ccid_pcsc_forget();
	}
	ccid_process_leave();
	if (last)
		iscard_context_unref(c);
}

long iscard_pcsc_establish_context(unsigned long scope, long *context)
{
	struct ccid_pcsc_context *c;
	HRESULT hr;

	if (context == NULL)
		return ccid_pcsc_code(SCARD_E_INVALID_PARAMETER);
	*context = 0;
	if (scope > PCSC_SCOPE_GLOBAL)
		return ccid_pcsc_code(SCARD_E_INVALID_VALUE);
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return ccid_pcsc_code(SCARD_E_NO_MEMORY);
	hr = join(&c->context);
	if (FAILED(hr)) {
		free(c);
		return ccid_pcsc_code(hr == E_INVALIDARG ? SCARD_E_NO_SERVICE : hr);
	}
	c->number = (long)ccid_process_number();
	c->refs = 1;
	ccid_process_enter();
	c->epoch = table.epoch;
	c->next = table.first;
	table.first = c;
	*context = c->number;
	ccid_process_leave();
	return 0;
}

HRESULT ccid_pcsc_context_get(struct ccid_pcsc_context **out, long number)
{
	struct ccid_pcsc_context *c;

	ccid_process_enter();
	look_behind();
	c = table.first;
	while (c != NULL && c->number != number)
		c = c->next;
	if (c != NULL)
		c->refs++;
	ccid_process_leave();
	*out = c;
	return c != NULL ? S_OK : SCARD_E_INVALID_HANDLE;
}

void ccid_pcsc_context_put(struct ccid_pcsc_context *c)
{
	bool last;

	ccid_process_enter();
	last = --c->refs == 0;
	ccid_process_leave();
	if (!last)
		return;
	leave(c->context);
	free(c);
}

/* Entered. */
static void take_out(const struct ccid_pcsc_context *c)
{
	struct ccid_pcsc_context **at = &table.first;

	while (*at != NULL && *at != c)
		at = &(*at)->next;
	if (*at == c)
		*at = c->next;
}

static void drop_cards(struct ccid_pcsc_card *cards)
{
	while (cards != NULL) {
		struct ccid_pcsc_card *k = cards;

		cards = k->next;
		if (k->session != NULL)
			ccid_session_drop(k->session);
		free(k);
	}
}

/* A wait that is under way ends; a second release comes too late. */
long iscard_pcsc_release_context(long context)
{
	struct ccid_pcsc_card *cards;
	struct ccid_pcsc_context *c;
	HRESULT hr = ccid_pcsc_context_get(&c, context);
	bool again, waiting;

	if (FAILED(hr))
		return ccid_pcsc_code(hr);
	ccid_process_enter();
	again = c->released;
	c->released = true;
	waiting = c->waits > 0;
	c->cancels++;
	cards = c->cards;
	c->cards = NULL;
	take_out(c);
	ccid_process_leave();
	if (waiting)
		iscard_context_cancel(c->context);
	drop_cards(cards);
	if (!again)
		ccid_pcsc_context_put(c);
	ccid_pcsc_context_put(c);
	return ccid_pcsc_code(again ? SCARD_E_INVALID_HANDLE : S_OK);
}

long iscard_pcsc_is_valid_context(long context)
{
	struct ccid_pcsc_context *c;
	HRESULT hr = ccid_pcsc_context_get(&c, context);

	if (SUCCEEDED(hr))
		ccid_pcsc_context_put(c);
	return ccid_pcsc_code(hr);
}

struct ccid_pcsc_card *ccid_pcsc_find_card(long card)
{
	look_behind();
	for (struct ccid_pcsc_context *c = table.first; c != NULL; c = c->next)
		for (struct ccid_pcsc_card *k = c->cards; k != NULL; k = k->next)
			if (k->number == card)
				return k;
	return NULL;
}

struct ccid_pcsc_card *ccid_pcsc_card_of(const struct ccid_session *s)
{
	for (struct ccid_pcsc_context *c = table.first; c != NULL; c = c->next)
		for (struct ccid_pcsc_card *k = c->cards; k != NULL; k = k->next)
			if (k->session == s)
				return k;
	return NULL;
}

HRESULT ccid_pcsc_session_get(struct ccid_session **out, long card)
{
	const struct ccid_pcsc_card *k;
	struct ccid_session *s;

	ccid_process_enter();
	k = ccid_pcsc_find_card(card);
	s = k != NULL ? k->session : ccid_handle_find((HSCARD)card);
	if (s != NULL)
		ccid_session_ref(s);
	ccid_process_leave();
	*out = s;
	if (s != NULL)
		return S_OK;
	return k != NULL ? SCARD_W_RESET_CARD : SCARD_E_INVALID_HANDLE;
}

HRESULT ccid_pcsc_adopt(struct ccid_pcsc_context *c, struct ccid_session *s, const char *name,
                        const struct ccid_terms *terms)
{
	struct ccid_pcsc_card *k = calloc(1, sizeof *k);
	bool released;

	if (k == NULL)
		return SCARD_E_NO_MEMORY;
	k->context = c;
	k->number = (long)s->handle;
	k->session = s;
	k->terms = *terms;
	memcpy(k->name, name, strlen(name) + 1);
	ccid_process_enter();
	released = c->released;
	if (!released) {
		k->next = c->cards;
		c->cards = k;
	}
	ccid_process_leave();
	if (released)
		free(k);
	return released ? SCARD_E_INVALID_HANDLE : S_OK;
}

void ccid_pcsc_agreed(long card, const struct ccid_terms *terms)
{
	struct ccid_pcsc_card *k;

	ccid_process_enter();
	k = ccid_pcsc_find_card(card);
	if (k != NULL)
		k->terms = *terms;
	ccid_process_leave();
}

bool ccid_pcsc_disown(long card)
{
	struct ccid_pcsc_card *k, **at;

	ccid_process_enter();
	k = ccid_pcsc_find_card(card);
	if (k != NULL) {
		at = &k->context->cards;
		while (*at != k)
			at = &(*at)->next;
		*at = k->next;
		k->next = NULL;
	}
	ccid_process_leave();
	drop_cards(k);
	return k != NULL;
}
