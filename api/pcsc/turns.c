/* SPDX-License-Identifier: MIT */
/* ISCARD_TURNS: between transactions another process may have the reader. The card loses its power
 * when the reader is given back, so the connection is told that it was reset, and takes the reader
 * again when the program reconnects. */
#define _GNU_SOURCE /* secure_getenv */
#include "pcsc_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRY_AGAIN_MS 50 /* nobody tells when another process lets go */

static bool wanted(void)
{
	const char *value = secure_getenv("ISCARD_TURNS");

	return value != NULL && strcmp(value, "1") == 0;
}

bool ccid_pcsc_keeps_readers(void)
{
	return !wanted();
}

/* Nobody else uses it, nor holds it, nor is in the middle of something. */
static bool idle(struct ccid_session *s)
{
	bool is;

	if (FAILED(ccid_session_pin(s)))
		return false;
	pthread_mutex_lock(&s->port->lock);
	is = ccid_share_alone(&s->port->share, &s->member) && s->member.levels == 0 &&
	     s->member.uses == 0 && s->calls == 0;
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return is;
}

void ccid_pcsc_end_turn(struct ccid_session *s)
{
	iscard_disposition_result ignored;
	struct ccid_pcsc_card *k;

	if (!wanted() || !idle(s))
		return;
	ccid_process_enter();
	k = ccid_pcsc_card_of(s);
	if (k != NULL)
		k->session = NULL;
	ccid_process_leave();
	if (k == NULL)
		return;
	ccid_session_detach(s, ISCARD_LEAVE, &ignored);
	ccid_session_drop(s);
}

/* What ends the wait for the other process: a cancel, the end of the context, the limit on locks. */
static HRESULT go_on(const struct ccid_pcsc_context *c, unsigned cancels, int64_t until)
{
	bool cancelled;

	ccid_process_enter();
	cancelled = c->cancels != cancels || c->released;
	ccid_process_leave();
	if (cancelled)
		return SCARD_E_CANCELLED;
	return ccid_env_now(&c->context->env) < until ? S_OK : SCARD_E_TIMEOUT;
}

static int64_t limit_of(const iscard_context *c)
{
	return c->limits.lock_ms > 0 ? ccid_env_now(&c->env) + c->limits.lock_ms : CCID_NEVER;
}

static HRESULT connect_again(const struct ccid_pcsc_context *c, unsigned cancels, const char *name,
                             const struct ccid_terms *terms, struct ccid_session **out)
{
	const struct timespec moment = {.tv_nsec = TRY_AGAIN_MS * 1000000L};
	int64_t until = limit_of(c->context);
	struct ccid_cause cause;
	HRESULT hr, stop = S_OK;

	for (;;) {
		hr = ccid_session_connect(out, c->context, name, terms, &cause);
		if (hr != SCARD_E_SHARING_VIOLATION)
			break;
		stop = go_on(c, cancels, until);
		if (FAILED(stop))
			return stop;
		nanosleep(&moment, NULL);
	}
	return hr == SCARD_E_NO_SMARTCARD ? SCARD_W_REMOVED_CARD : hr;
}

/* Another thread may have been faster, or have disconnected. */
static HRESULT put_back(long card, struct ccid_session *s)
{
	struct ccid_pcsc_card *k;
	bool taken;

	ccid_session_missed_reset(s);
	ccid_process_enter();
	k = ccid_pcsc_find_card(card);
	taken = k != NULL && k->session == NULL;
	if (taken)
		k->session = s;
	ccid_process_leave();
	if (!taken)
		ccid_session_drop(s);
	return k != NULL ? S_OK : SCARD_E_INVALID_HANDLE;
}

struct turn {
	struct ccid_pcsc_context *context;
	unsigned cancels;
	struct ccid_terms terms;
	char name[CCID_NAME_MAX];
};

/* Whether there is something to do; the context then has a reference and a wait more. */
static bool begin(struct turn *t, long card)
{
	const struct ccid_pcsc_card *k;
	bool given_back;

	ccid_process_enter();
	k = ccid_pcsc_find_card(card);
	given_back = k != NULL && k->session == NULL;
	if (given_back) {
		t->context = k->context;
		t->context->refs++;
		t->context->waits++;
		t->cancels = t->context->cancels;
		t->terms = k->terms;
		memcpy(t->name, k->name, sizeof t->name);
	}
	ccid_process_leave();
	return given_back;
}

static void end(const struct turn *t)
{
	ccid_process_enter();
	t->context->waits--;
	ccid_process_leave();
	ccid_pcsc_context_put(t->context);
}

static HRESULT take_turn(long card, bool *taken)
{
	struct ccid_session *s;
	struct turn t;
	HRESULT hr;

	*taken = begin(&t, card);
	if (!*taken)
		return S_OK;
	hr = connect_again(t.context, t.cancels, t.name, &t.terms, &s);
	if (SUCCEEDED(hr))
		hr = put_back(card, s);
	end(&t);
	return hr;
}

HRESULT ccid_pcsc_session_take(struct ccid_session **out, long card, bool *taken)
{
	HRESULT hr = take_turn(card, taken);

	*out = NULL;
	return FAILED(hr) ? hr : ccid_pcsc_session_get(out, card);
}
