/* SPDX-License-Identifier: MIT */
#include "mechanics.h"

#include "result.h"
#include "rules.h"

#include <stdio.h>

#define POWER_OFF_MS 5000
#define STATUS_MS    3000

_Static_assert((int)ISCARD_MOTION_UNLOCK == (int)CCID_MECHANICAL_UNLOCK, "numbers of bFunction");
_Static_assert(ISCARD_MECHANICAL_LOCK == CCID_MECH_LOCK, "bits of dwMechanical");

uint32_t ccid_motion_ability(iscard_motion motion)
{
	switch (motion) {
	case ISCARD_MOTION_ACCEPT: return ISCARD_MECHANICAL_ACCEPT;
	case ISCARD_MOTION_EJECT: return ISCARD_MECHANICAL_EJECT;
	case ISCARD_MOTION_CAPTURE: return ISCARD_MECHANICAL_CAPTURE;
	case ISCARD_MOTION_LOCK:
	case ISCARD_MOTION_UNLOCK: return ISCARD_MECHANICAL_LOCK;
	}
	return 0;
}

const char *iscard_motion_name(iscard_motion motion)
{
	static const char *const names[] = {"unknown", "accept", "eject",
	                                    "capture", "lock",   "unlock"};

	return (unsigned)motion < sizeof names / sizeof *names ? names[motion] : names[0];
}

static uint32_t abilities_of(const struct iscard_mechanics *b, const char *reader)
{
	uint32_t has = (b->accept != NULL ? ISCARD_MECHANICAL_ACCEPT : 0) |
	               (b->eject != NULL ? ISCARD_MECHANICAL_EJECT : 0) |
	               (b->capture != NULL ? ISCARD_MECHANICAL_CAPTURE : 0) |
	               (b->lock != NULL && b->unlock != NULL ? ISCARD_MECHANICAL_LOCK : 0);

	return b->abilities != NULL ? has & b->abilities(b->arg, reader) : has;
}

void ccid_mechanics_of(const struct ccid_session *s, struct ccid_mechanics *out)
{
	const struct ccid_reader *r = s->port->reader;

	*out = (struct ccid_mechanics){.abilities = ccid_reader_mechanical(r)};
	out->external = ccid_rule_mechanics(s->context, s->name, &ccid_reader_transport(r)->id,
	                                    &out->back_end, out->source);
	out->mouth = ccid_rule_mouth(s->context, s->name, &ccid_reader_transport(r)->id);
	out->sees_mouth = out->mouth || (out->external && out->back_end.position != NULL);
	if (out->external)
		out->abilities = abilities_of(&out->back_end, s->name);
	else
		snprintf(out->source, sizeof out->source, "%s",
		         out->abilities != 0 ? "dwMechanical" : "none");
}

/* What iscard_job points to. */
struct job {
	struct ccid_session *session;
	int64_t deadline;
};

int64_t iscard_job_left(const struct iscard_job *job)
{
	const struct job *j = job->internal;
	int64_t left = j->deadline - ccid_session_deadline(j->session, 0);

	return left > 0 ? left : 0;
}

HRESULT iscard_job_escape(const struct iscard_job *job, const uint8_t *out, size_t out_len,
                          uint8_t *in, size_t *in_len)
{
	const struct job *j = job->internal;
	const struct ccid_port *p = j->session->port;
	int n;

	if (in_len == NULL || (in == NULL && *in_len > 0) || (out == NULL && out_len > 0))
		return E_POINTER;
	n = ccid_reader_escape(p->reader, p->slot, out, out_len, in, *in_len, j->deadline);
	*in_len = n > 0 ? (size_t)n : 0;
	return ccid_result(n == CCID_E_ARG ? CCID_E_UNSUPPORTED : n, CCID_ATTACHED);
}

static int from_back_end(HRESULT hr)
{
	if (SUCCEEDED(hr))
		return CCID_OK;
	switch (hr) {
	case SCARD_E_CANT_DISPOSE: return CCID_E_HARDWARE;
	case SCARD_E_NO_SMARTCARD: return CCID_E_NOCARD;
	case SCARD_E_TIMEOUT: return CCID_E_TIMEOUT;
	case SCARD_E_CANCELLED: return CCID_E_CANCELLED;
	default: return CCID_E_REFUSED;
	}
}

static HRESULT call(const struct iscard_mechanics *b, const struct iscard_job *job)
{
	switch (job->motion) {
	case ISCARD_MOTION_ACCEPT: return b->accept(b->arg, job);
	case ISCARD_MOTION_EJECT: return b->eject(b->arg, job);
	case ISCARD_MOTION_CAPTURE: return b->capture(b->arg, job);
	case ISCARD_MOTION_LOCK: return b->lock(b->arg, job);
	case ISCARD_MOTION_UNLOCK: return b->unlock(b->arg, job);
	}
	return E_INVALIDARG;
}

/* Cancels before the use that the motion is a part of. */
static unsigned cancels_before(struct ccid_session *s)
{
	unsigned since;

	pthread_mutex_lock(&s->port->lock);
	since = s->use_since;
	pthread_mutex_unlock(&s->port->lock);
	return since;
}

static int run_back_end(struct ccid_session *s, const struct ccid_mechanics *m,
                        iscard_motion motion, int64_t deadline)
{
	struct job internal = {s, deadline};
	struct iscard_job job = {
		.motion = motion, .reader = s->name, .slot = s->port->slot, .internal = &internal};
	struct ccid_session_wait wait;
	HRESULT hr;

	if (ccid_session_wait_begin(s, &wait, cancels_before(s)) < 0)
		return CCID_E_NOMEM;
	job.cancel_fd = wait.fd;
	hr = call(&m->back_end, &job);
	ccid_session_wait_end(s, &wait);
	if (iscard_job_left(&job) == 0)
		ccid_log(ccid_open_env(s->open), CCID_LOG_WARNING, s->name,
		         "%s: %s has used up its time", m->source, iscard_motion_name(motion));
	return from_back_end(hr);
}

static bool moves_card_out(iscard_motion motion)
{
	return motion == ISCARD_MOTION_EJECT || motion == ISCARD_MOTION_CAPTURE;
}

/* Power off that cannot be done: nothing moves. */
static int make_powerless(const struct ccid_session *s)
{
	int err = ccid_slot_power_off(s->port->reader, s->port->slot,
	                              ccid_session_deadline(s, POWER_OFF_MS));
	bool as_it_is = err >= 0 || err == CCID_E_GONE || err == CCID_E_CANCELLED;

	return as_it_is ? err : CCID_E_REFUSED;
}

static int drive_back_end(struct ccid_session *s, const struct ccid_mechanics *m,
                          iscard_motion motion, int64_t deadline, bool *tried)
{
	struct ccid_reader *r = s->port->reader;
	int err = 0, polled;

	if (moves_card_out(motion))
		err = make_powerless(s);
	if (err < 0)
		return err;
	*tried = true;
	err = run_back_end(s, m, motion, deadline);
	if (err == 0 && moves_card_out(motion))
		ccid_slot_moved(r, s->port->slot);
	polled = ccid_slot_poll(r, s->port->slot, ccid_session_deadline(s, STATUS_MS));
	return err == 0 && polled == CCID_E_GONE ? polled : err;
}

/* *tried: what fails has come so far that the card may have moved. */
static int drive(struct ccid_session *s, const struct ccid_mechanics *m, iscard_motion motion,
                 int64_t deadline, bool *tried)
{
	*tried = false;
	if (m->external)
		return drive_back_end(s, m, motion, deadline, tried);
	return ccid_slot_motion(s->port->reader, s->port->slot, (enum ccid_mechanical)motion,
	                        deadline, tried);
}

static enum ccid_motion_failure failure_of(int err, bool tried)
{
	if (!tried)
		return CCID_MOTION_REFUSED;
	switch (err) {
	case CCID_E_HARDWARE: return CCID_MOTION_JAMMED;
	case CCID_E_REFUSED:
	case CCID_E_NOCARD:
	case CCID_E_UNSUPPORTED:
	case CCID_E_SLOT_BUSY:
	case CCID_E_ARG:
	case CCID_E_NOMEM: return CCID_MOTION_REFUSED;
	default: return CCID_MOTION_UNKNOWN;
	}
}

static void note(struct ccid_session *s, iscard_motion motion, int err, bool tried)
{
	struct ccid_card_place *p = &s->port->place;
	struct ccid_slot_info info;

	pthread_mutex_lock(&s->port->lock);
	ccid_port_refresh(s->port, &info);
	if (err >= 0)
		ccid_card_place_moved(p, motion, ccid_sight_of(&info), info.insertions);
	else
		ccid_card_place_failed(p, motion, failure_of(err, tried), ccid_sight_of(&info),
		                       info.insertions);
	ccid_log(ccid_open_env(s->open), err < 0 ? CCID_LOG_WARNING : CCID_LOG_INFO, s->name,
	         "%s: %s; the card is %s", iscard_motion_name(motion),
	         err < 0 ? ccid_err_text(err) : "accepted", iscard_place_name(p->state));
	ccid_port_users_changed(s->port);
	pthread_mutex_unlock(&s->port->lock);
}

static int move_noted(struct ccid_session *s, const struct ccid_mechanics *m, iscard_motion motion,
                      int64_t deadline)
{
	struct ccid_slot_info info;
	bool tried;
	int err = 0;

	pthread_mutex_lock(&s->port->lock);
	ccid_port_refresh(s->port, &info);
	if (s->port->place.moving)
		err = CCID_E_SLOT_BUSY; /* another thread with the same connection */
	else
		ccid_card_place_begin(&s->port->place, m->mouth, ccid_sight_of(&info));
	pthread_mutex_unlock(&s->port->lock);
	if (err < 0)
		return err;
	err = drive(s, m, motion, deadline, &tried);
	note(s, motion, err, tried);
	return err;
}

/* Whether there is a card for it, and whether it has to be let go first. */
static bool prepare(struct ccid_session *s, iscard_motion motion, bool *locked)
{
	const struct ccid_card_place *p = &s->port->place;
	bool needs = moves_card_out(motion) || motion == ISCARD_MOTION_LOCK, has;
	struct ccid_slot_info info;

	pthread_mutex_lock(&s->port->lock);
	ccid_port_refresh(s->port, &info);
	*locked = p->locked && moves_card_out(motion);
	has = info.state != CCID_SLOT_EMPTY || ccid_card_place_has_card(p, motion);
	pthread_mutex_unlock(&s->port->lock);
	return has || !needs;
}

int ccid_move(struct ccid_session *s, iscard_motion motion, int64_t deadline)
{
	struct ccid_mechanics m;
	bool locked;
	int err = 0;

	ccid_mechanics_of(s, &m);
	if ((m.abilities & ccid_motion_ability(motion)) == 0)
		return CCID_E_UNSUPPORTED;
	if (!prepare(s, motion, &locked))
		return CCID_E_NOCARD;
	if (locked)
		err = move_noted(s, &m, ISCARD_MOTION_UNLOCK, deadline);
	return err < 0 ? err : move_noted(s, &m, motion, deadline);
}

/* What a reader says of cards, protocols and PIN pads, or that somebody stopped it, is no answer to a
 * motion but that it has failed. */
HRESULT ccid_motion_result(int err)
{
	switch (err) {
	case CCID_E_HARDWARE:
	case CCID_E_REFUSED:
	case CCID_E_ABORTED:
	case CCID_E_BAD_ATR:
	case CCID_E_CLASS:
	case CCID_E_COMM:
	case CCID_E_PIN_CANCELLED:
	case CCID_E_PIN_TIMEOUT:
	case CCID_E_PROTOCOL: return SCARD_E_CANT_DISPOSE;
	default: return ccid_result(err, CCID_ATTACHING);
	}
}

void ccid_sense(struct ccid_session *s)
{
	struct ccid_mechanics m;
	iscard_place position, before;

	ccid_mechanics_of(s, &m);
	if (!m.external || m.back_end.position == NULL)
		return;
	position = m.back_end.position(m.back_end.arg, s->name);
	pthread_mutex_lock(&s->port->lock);
	before = s->port->place.state;
	ccid_card_place_sensed(&s->port->place, position);
	if (s->port->place.state != before)
		ccid_port_users_changed(s->port);
	pthread_mutex_unlock(&s->port->lock);
}
