/* SPDX-License-Identifier: MIT */
/* Commands of a connection: to the card, to the reader's pad, to the reader. */
#include "session.h"

#include "iso_cmd.h"
#include "pin.h"
#include "result.h"

#include <unistd.h>

/* The length of the answer, or an enum ccid_err. generation: the card that is meant. */
typedef int operation(const struct ccid_session *s, uint32_t generation, void *arg);

/* A removal or reset explains a failed exchange better than the failure does. */
static HRESULT explain(struct ccid_session *s, enum ccid_need need, int err)
{
	struct ccid_slot_info info;
	HRESULT hr = ccid_session_check(s, need == CCID_NEED_READER ? need : CCID_NEED_CARD, &info);

	ccid_session_tell(s, FAILED(hr) ? NULL : ccid_err_text(err));
	return FAILED(hr) ? hr : ccid_result(err, CCID_ATTACHED);
}

static uint32_t generation_now(const struct ccid_session *s)
{
	struct ccid_slot_info info;

	return ccid_slot_get_info(s->port->reader, s->port->slot, &info) < 0 ? 0 : info.generation;
}

/* Port mutex held, but not while the card is at work. */
static HRESULT use(struct ccid_session *s, enum ccid_need need, operation *op, void *arg, size_t *n)
{
	HRESULT hr = ccid_session_use_until(s, need, s->run_since, ccid_session_lock_limit(s));
	uint32_t generation;
	int got;

	if (FAILED(hr))
		return hr;
	generation = s->member.direct ? generation_now(s) : s->member.generation;
	pthread_mutex_unlock(&s->port->lock);
	got = op(s, generation, arg);
	pthread_mutex_lock(&s->port->lock);
	if (got >= 0)
		*n = (size_t)got;
	else
		hr = explain(s, need, got);
	ccid_session_done(s);
	return hr;
}

/* In the middle of a run, or, alone, not. */
static HRESULT run(struct ccid_session *s, bool alone, enum ccid_need need, operation *op,
                   void *arg, size_t *n)
{
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&s->port->lock);
	if (alone)
		hr = ccid_session_turn(s);
	if (SUCCEEDED(hr)) {
		hr = use(s, need, op, arg, n);
		if (alone)
			ccid_session_over(s);
	}
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return hr;
}

/* PIN entry that was broken off ends in status words (CCID 6.1.11; 3.3 of the mapping). */
static int answer(int got, uint8_t *rapdu)
{
	uint16_t sw = ccid_pin_status(got);

	if (sw == 0)
		return got;
	rapdu[0] = (uint8_t)(sw >> 8);
	rapdu[1] = (uint8_t)sw;
	return 2;
}

/* Whoever believes to know the card's current file is to look again. With a use of the card. */
static void count_move(const struct ccid_session *s)
{
	pthread_mutex_lock(&s->port->lock);
	s->port->moves++;
	pthread_mutex_unlock(&s->port->lock);
}

struct apdu {
	const struct ccid_blob *capdu;
	struct ccid_blob *rapdu;
	unsigned flags;
	int class_get_response;
};

static int transmit(const struct ccid_session *s, uint32_t generation, void *arg)
{
	const struct apdu *a = arg;
	int got;

	if (!ccid_iso_keeps_file(a->capdu->p, a->capdu->len))
		count_move(s);
	got = ccid_slot_transmit(s->port->reader, s->port->slot, generation, a->capdu->p,
	                         a->capdu->len, a->rapdu->p, a->rapdu->len, a->flags,
	                         a->class_get_response,
	                         ccid_session_deadline(s, s->context->limits.transaction_ms));
	return answer(got, a->rapdu->p);
}

HRESULT ccid_session_transmit(struct ccid_session *s, const struct ccid_blob *apdu, unsigned flags,
                              int class_get_response, struct ccid_blob *rapdu, size_t *n)
{
	struct apdu a = {apdu, rapdu, flags, class_get_response};

	return run(s, true, CCID_NEED_CARD_AS_HEARD, transmit, &a, n);
}

HRESULT ccid_session_send(struct ccid_session *s, const struct ccid_blob *apdu,
                          struct ccid_blob *rapdu, size_t *n)
{
	struct apdu a = {apdu, rapdu, CCID_XFR_FOLLOW, -1};

	return run(s, false, CCID_NEED_CARD_AS_HEARD, transmit, &a, n);
}

struct entry {
	const struct ccid_pin *pin;
	uint8_t *rapdu;
	size_t cap;
};

/* What was asked for is in order; what the driver calls an argument is too much for the reader. */
static int secure(const struct ccid_session *s, uint32_t generation, void *arg)
{
	const struct entry *e = arg;
	int got = ccid_slot_secure(s->port->reader, s->port->slot, generation, e->pin, e->rapdu,
	                           e->cap, ccid_session_deadline(s, s->context->limits.pin_ms));

	return got == CCID_E_ARG ? CCID_E_UNSUPPORTED : answer(got, e->rapdu);
}

HRESULT ccid_session_secure(struct ccid_session *s, const struct ccid_pin *pin, uint8_t *rapdu,
                            size_t cap, size_t *n)
{
	struct entry e = {pin, rapdu, cap};

	return run(s, true, CCID_NEED_CARD_AS_HEARD, secure, &e, n);
}

struct vendor_bytes {
	const uint8_t *out;
	size_t len;
	uint8_t *in;
	size_t cap;
};

static int escape(const struct ccid_session *s, uint32_t generation, void *arg)
{
	const struct vendor_bytes *v = arg;
	int got;

	(void)generation;
	count_move(s);
	got = ccid_reader_escape(s->port->reader, s->port->slot, v->out, v->len, v->in, v->cap,
	                         ccid_session_deadline(s, s->context->limits.escape_ms));
	return got == CCID_E_ARG ? CCID_E_UNSUPPORTED : got;
}

HRESULT ccid_session_escape(struct ccid_session *s, const uint8_t *out, size_t len, uint8_t *in,
                            size_t cap, size_t *n)
{
	struct vendor_bytes v = {out, len, in, cap};

	if (!s->context->options.escapes) {
		ccid_session_tell(s, "escape commands are not allowed in this context");
		return SCARD_W_SECURITY_VIOLATION;
	}
	return run(s, true, CCID_NEED_READER, escape, &v, n);
}

static void wake_waits(const struct ccid_session *s)
{
	for (const struct ccid_session_wait *w = s->waiting; w != NULL; w = w->next)
		ccid_session_wake(w);
}

static void cancel(struct ccid_session *s)
{
	s->cancels++;
	ccid_port_wake(s->port);
	pthread_cond_broadcast(&s->idle);
	wake_waits(s);
	if (s->member.uses > 0)
		(void)ccid_slot_cancel(s->port->reader, s->port->slot);
}

HRESULT ccid_session_cancel(struct ccid_session *s)
{
	HRESULT hr = ccid_session_pin(s);
	bool any;

	if (FAILED(hr))
		return hr;
	pthread_mutex_lock(&s->port->lock);
	any = s->calls > 0 || s->member.uses > 0;
	if (any)
		cancel(s);
	pthread_mutex_unlock(&s->port->lock);
	ccid_session_unpin(s);
	return any ? S_OK : S_FALSE;
}
