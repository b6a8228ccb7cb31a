/* SPDX-License-Identifier: MIT */
/* <iscard/kiosk.h>: motions by name of the reader and by object. */
#include "attachment.h"
#include "mechanics.h"
#include "motion_wait.h"
#include "result.h"

#include <stdio.h>

#define POWER_OFF_MS 5000
#define STATUS_MS    3000

struct motion {
	struct ccid_session *session;
	iscard_motion what;
	struct iscard_motion_options options;
	struct iscard_motion_report report;
	int64_t began;
	struct ccid_motion_cancels cancels; /* as it began */
	bool visitor;                       /* no connection stands behind the session */
};

static int64_t now_of(const struct motion *m)
{
	return ccid_env_now(&m->session->context->env);
}

static int64_t after(int64_t now, int64_t ms)
{
	return ms > 0 && ms < CCID_NEVER - now ? now + ms : CCID_NEVER;
}

static iscard_place look(struct ccid_session *s)
{
	struct ccid_slot_info info;

	ccid_port_refresh(s->port, &info);
	return s->port->place.state;
}

/* A silent reader is asked first; what fails is met again. */
static iscard_place ask(struct ccid_session *s)
{
	int err =
		ccid_slot_poll(s->port->reader, s->port->slot, ccid_session_deadline(s, STATUS_MS));
	iscard_place place;

	(void)err;
	ccid_sense(s);
	pthread_mutex_lock(&s->port->lock);
	place = look(s);
	pthread_mutex_unlock(&s->port->lock);
	return place;
}

static int64_t lock_deadline(const struct motion *m)
{
	int64_t ms = m->options.commanded_ms;

	if (m->options.flags & ISCARD_MOTION_TRY)
		return m->began;
	return after(m->began, ms > 0 ? ms : m->session->context->limits.lock_ms);
}

static int64_t motor_deadline(const struct motion *m)
{
	const struct ccid_session *s = m->session;
	int64_t ms = m->options.commanded_ms - (now_of(m) - m->began);

	if (m->options.commanded_ms == 0)
		ms = POWER_OFF_MS + s->context->limits.motion_ms;
	return ccid_session_deadline(s, ms > 0 ? ms : 0);
}

/* With a use of the card, port mutex held before and after. */
static HRESULT command(struct motion *m)
{
	struct ccid_session *s = m->session;
	int err;

	if (m->what == ISCARD_MOTION_ACCEPT && ccid_card_place_in_position(look(s)))
		return S_FALSE;
	pthread_mutex_unlock(&s->port->lock);
	err = ccid_move(s, m->what, motor_deadline(m));
	pthread_mutex_lock(&s->port->lock);
	if (err >= 0 && m->what == ISCARD_MOTION_LOCK && !s->port->place.locked)
		return SCARD_E_NO_SMARTCARD; /* the lock holds nothing */
	return ccid_motion_result(err);
}

/* Whether the card went out by another hand: then it is not the motor's failure. */
static bool taken_anyway(const struct motion *m)
{
	const struct ccid_card_place *p = &m->session->port->place;

	if (m->what != ISCARD_MOTION_EJECT || m->report.before == ISCARD_PLACE_TAKEN)
		return false;
	return p->state == ISCARD_PLACE_TAKEN || (p->state == ISCARD_PLACE_ABSENT && p->slipped);
}

static HRESULT use_and_command(struct motion *m)
{
	struct ccid_session *s = m->session;
	HRESULT hr;

	hr = ccid_session_use_until(s, CCID_NEED_READER, m->cancels.session, lock_deadline(m));
	if (hr == SCARD_E_TIMEOUT && (m->options.flags & ISCARD_MOTION_TRY) != 0)
		return SCARD_E_SHARING_VIOLATION;
	if (FAILED(hr))
		return hr;
	hr = command(m);
	if (FAILED(hr) && taken_anyway(m))
		hr = S_OK;
	ccid_session_done(s);
	return hr;
}

static HRESULT join_and_command(struct motion *m)
{
	struct ccid_session *s = m->session;
	HRESULT hr = SCARD_E_SHARING_VIOLATION;

	pthread_mutex_lock(&s->port->lock);
	if (!m->visitor || ccid_share_join(&s->port->share, &s->member, false))
		hr = use_and_command(m);
	if (m->visitor)
		ccid_share_leave(&s->port->share, &s->member);
	pthread_mutex_unlock(&s->port->lock);
	return hr;
}

static HRESULT finish(struct motion *m)
{
	if (m->report.commanded == S_FALSE)
		return S_OK;
	if (m->options.flags & ISCARD_MOTION_WAIT)
		return ccid_motion_wait(m->session, m->what, m->cancels,
		                        after(now_of(m), m->options.taken_ms));
	return ccid_motion_end_of(m->what, ask(m->session)) == CCID_MOTION_ENDED ? S_OK : S_FALSE;
}

static HRESULT run(struct motion *m)
{
	struct iscard_motion_report *r = &m->report;

	struct ccid_mechanics mechanics;

	m->began = now_of(m);
	ccid_mechanics_of(m->session, &mechanics);
	r->before = ask(m->session);
	if (mechanics.abilities & ccid_motion_ability(m->what))
		r->commanded = join_and_command(m);
	else
		r->commanded = SCARD_E_UNSUPPORTED_FEATURE;
	r->finished = r->commanded;
	r->commanded_after_ms = now_of(m) - m->began;
	if (SUCCEEDED(r->commanded))
		r->finished = finish(m);
	r->finished_after_ms = now_of(m) - m->began;
	r->after = ask(m->session);
	if (FAILED(r->commanded))
		return r->commanded;
	return r->finished == S_FALSE && !(m->options.flags & ISCARD_MOTION_WAIT) ? S_OK
	                                                                          : r->finished;
}

static HRESULT check(iscard_motion motion, const struct iscard_motion_options *o,
                     const struct iscard_motion_report *r)
{
	if (ccid_motion_ability(motion) == 0 || (r != NULL && r->size != sizeof *r))
		return E_INVALIDARG;
	if (o == NULL)
		return S_OK;
	if (o->size != sizeof *o || o->commanded_ms < 0 || o->taken_ms < 0 ||
	    (o->flags & ~(ISCARD_MOTION_WAIT | ISCARD_MOTION_TRY)) != 0)
		return E_INVALIDARG;
	return S_OK;
}

/* Pinned while it takes. */
static HRESULT move(struct ccid_session *s, bool visitor, iscard_motion motion,
                    const struct iscard_motion_options *options,
                    struct iscard_motion_report *report)
{
	struct motion m = {.session = s, .what = motion, .visitor = visitor};
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	if (options != NULL)
		m.options = *options;
	m.report.size = sizeof m.report;
	m.cancels = ccid_motion_begin(s);
	hr = run(&m);
	ccid_motion_over(s);
	if (report != NULL)
		*report = m.report;
	ccid_session_unpin(s);
	return hr;
}

static void fail_report(struct iscard_motion_report *r, HRESULT hr)
{
	if (r != NULL)
		*r = (struct iscard_motion_report){
			.size = sizeof *r, .commanded = hr, .finished = hr};
}

static HRESULT visit(struct ccid_session **s, iscard_context *context, const char *reader)
{
	iscard_context *c;
	HRESULT hr;

	*s = NULL;
	if (reader[0] == '\0')
		return E_INVALIDARG;
	hr = ccid_context_get(context, &c);
	if (FAILED(hr))
		return hr;
	hr = ccid_session_visit(s, c, reader);
	iscard_context_unref(c);
	return hr;
}

HRESULT iscard_card_move(iscard_context *context, const char *reader, iscard_motion motion,
                         const struct iscard_motion_options *options,
                         struct iscard_motion_report *report)
{
	struct ccid_session *s;
	HRESULT hr;

	if (reader == NULL)
		return E_POINTER;
	hr = check(motion, options, report);
	if (FAILED(hr))
		return hr;
	fail_report(report, E_FAIL);
	hr = visit(&s, context, reader);
	if (FAILED(hr)) {
		fail_report(report, hr);
		return hr;
	}
	hr = move(s, true, motion, options, report);
	ccid_session_go(s);
	return hr;
}

/* The connection of an object, with a reference. */
static HRESULT session_of(struct ccid_attachment **a, struct ccid_session **s, void *object)
{
	*a = ccid_attachment_of(object);
	*s = NULL;
	if (*a == NULL)
		return object == NULL ? E_POINTER : E_INVALIDARG;
	return ccid_attachment_session(*a, s);
}

HRESULT iscard_attached_move(void *object, iscard_motion motion,
                             const struct iscard_motion_options *options,
                             struct iscard_motion_report *report)
{
	struct ccid_attachment *a;
	struct ccid_session *s;
	HRESULT hr = check(motion, options, report);

	if (FAILED(hr))
		return object == NULL ? E_POINTER : hr;
	hr = session_of(&a, &s, object);
	fail_report(report, hr);
	if (SUCCEEDED(hr))
		hr = move(s, false, motion, options, report);
	return a != NULL ? ccid_attachment_end(a, s, hr) : hr;
}

static void describe(struct ccid_session *s, struct iscard_kiosk_status *out)
{
	const struct ccid_card_place *p = &s->port->place;
	struct ccid_mechanics m;
	struct ccid_slot_info info;

	ccid_mechanics_of(s, &m);
	out->abilities = m.abilities;
	out->sees_mouth = m.sees_mouth;
	snprintf(out->source, sizeof out->source, "%s", m.source);
	ask(s);
	pthread_mutex_lock(&s->port->lock);
	ccid_port_refresh(s->port, &info);
	out->place = p->state;
	out->state = ccid_card_place_state(p, &info);
	out->locked = p->locked;
	out->ejected = p->ejected;
	out->taken = p->taken;
	out->captured = p->captured;
	out->jammed = p->jammed;
	pthread_mutex_unlock(&s->port->lock);
}

static HRESULT place(struct ccid_session *s, struct iscard_kiosk_status *out)
{
	HRESULT hr = ccid_session_pin(s);

	if (FAILED(hr))
		return hr;
	describe(s, out);
	if (ccid_reader_gone(s->port->reader))
		hr = SCARD_E_READER_UNAVAILABLE;
	ccid_session_unpin(s);
	return hr;
}

HRESULT iscard_card_place(iscard_context *context, const char *reader,
                          struct iscard_kiosk_status *status)
{
	struct ccid_session *s;
	HRESULT hr;

	if (reader == NULL || status == NULL)
		return E_POINTER;
	if (status->size != sizeof *status)
		return E_INVALIDARG;
	hr = visit(&s, context, reader);
	if (FAILED(hr))
		return hr;
	hr = place(s, status);
	ccid_session_go(s);
	return hr;
}

HRESULT iscard_attached_place(void *object, struct iscard_kiosk_status *status)
{
	struct ccid_attachment *a;
	struct ccid_session *s;
	HRESULT hr;

	if (status == NULL)
		return E_POINTER;
	if (status->size != sizeof *status)
		return object == NULL ? E_POINTER : E_INVALIDARG;
	hr = session_of(&a, &s, object);
	if (SUCCEEDED(hr))
		hr = place(s, status);
	return a != NULL ? ccid_attachment_end(a, s, hr) : hr;
}
