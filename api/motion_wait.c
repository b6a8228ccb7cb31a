/* SPDX-License-Identifier: MIT */
#include "motion_wait.h"

#include "mechanics.h"
#include "result.h"

#include <poll.h>

#define SILENT_MS 250  /* between looks at what does not speak up by itself */
#define LOOK_MS   1000 /* between looks at what should */
#define STATUS_MS 3000

enum ccid_motion_end ccid_motion_end_of(iscard_motion motion, iscard_place place)
{
	bool in = ccid_card_place_in_position(place);

	if (motion == ISCARD_MOTION_LOCK || motion == ISCARD_MOTION_UNLOCK)
		return CCID_MOTION_ENDED;
	if (place == ISCARD_PLACE_JAMMED)
		return CCID_MOTION_FAILED;
	if (motion == ISCARD_MOTION_ACCEPT)
		return in ? CCID_MOTION_ENDED : CCID_MOTION_GOES_ON;
	if (place == (motion == ISCARD_MOTION_EJECT ? ISCARD_PLACE_TAKEN : ISCARD_PLACE_CAPTURED))
		return CCID_MOTION_ENDED;
	if (place == ISCARD_PLACE_ABSENT)
		return CCID_MOTION_UNSEEN;
	return in || place == ISCARD_PLACE_TAKEN || place == ISCARD_PLACE_CAPTURED
	               ? CCID_MOTION_FAILED
	               : CCID_MOTION_GOES_ON;
}

struct wait {
	struct ccid_session *session;
	struct ccid_session_wait wake;
	iscard_motion motion;
	struct ccid_motion_cancels cancels; /* before it began */
	bool sensor;
	bool deaf; /* the descriptor is readable and brings nothing */
	int64_t deadline;
};

/* Port mutex held. */
static struct ccid_motion_cancels cancels_of(const struct ccid_session *s)
{
	return (struct ccid_motion_cancels){s->cancels, atomic_load(&s->context->cancels)};
}

static bool cancelled(const struct wait *w)
{
	struct ccid_motion_cancels now = cancels_of(w->session);

	return now.session != w->cancels.session || now.context != w->cancels.context;
}

static bool listens(const struct wait *w)
{
	return ccid_reader_event_fd(w->session->port->reader) >= 0;
}

/* S_FALSE: not yet. Else the end, in *hr. */
static bool ended(struct wait *w, HRESULT *hr)
{
	struct ccid_session *s = w->session;
	struct ccid_slot_info info;
	enum ccid_motion_end end;

	ccid_sense(s);
	pthread_mutex_lock(&s->port->lock);
	*hr = ccid_session_check(s, CCID_NEED_READER, &info);
	end = ccid_motion_end_of(w->motion, s->port->place.state);
	if (SUCCEEDED(*hr) && end == CCID_MOTION_GOES_ON && cancelled(w))
		*hr = SCARD_E_CANCELLED;
	pthread_mutex_unlock(&s->port->lock);
	if (FAILED(*hr))
		return true;
	*hr = end == CCID_MOTION_UNSEEN   ? S_FALSE
	      : end == CCID_MOTION_FAILED ? SCARD_E_CANT_DISPOSE
	                                  : S_OK;
	return end != CCID_MOTION_GOES_ON;
}

static int64_t slice(const struct wait *w, int64_t now)
{
	int64_t ms = w->sensor || !listens(w) || w->deaf ? SILENT_MS : LOOK_MS;

	return w->deadline - now < ms ? w->deadline - now : ms;
}

static void listen(struct wait *w, int64_t ms)
{
	struct ccid_reader *r = w->session->port->reader;
	struct pollfd fds[] = {{.fd = w->wake.fd, .events = POLLIN},
	                       {.fd = w->deaf ? -1 : ccid_reader_event_fd(r), .events = POLLIN}};

	if (poll(fds, 2, (int)ms) > 0 && fds[0].revents == 0)
		w->deaf = ccid_reader_dispatch(r) == 0;
	else
		w->deaf = false;
}

/* Whatever fails here is met again by the next look. */
static void rest(struct wait *w, int64_t now)
{
	struct ccid_session *s = w->session;
	int64_t ms = slice(w, now);
	int err = ccid_reader_pause(s->port->reader, s->port->slot, ccid_session_deadline(s, ms));

	if (err == CCID_E_UNSUPPORTED)
		listen(w, ms);
	err = ccid_slot_poll(s->port->reader, s->port->slot, ccid_session_deadline(s, STATUS_MS));
	(void)err;
}

static HRESULT run(struct wait *w)
{
	const struct ccid_env *clock = &w->session->context->env;
	HRESULT hr;

	while (!ended(w, &hr)) {
		int64_t now = ccid_env_now(clock);

		if (now >= w->deadline)
			return SCARD_E_TIMEOUT;
		rest(w, now);
	}
	return hr;
}

struct ccid_motion_cancels ccid_motion_begin(struct ccid_session *s)
{
	struct ccid_motion_cancels n;

	pthread_mutex_lock(&s->port->lock);
	n = cancels_of(s);
	s->calls++;
	pthread_mutex_unlock(&s->port->lock);
	return n;
}

void ccid_motion_over(struct ccid_session *s)
{
	pthread_mutex_lock(&s->port->lock);
	s->calls--;
	pthread_mutex_unlock(&s->port->lock);
}

HRESULT ccid_motion_wait(struct ccid_session *s, iscard_motion motion,
                         struct ccid_motion_cancels since, int64_t deadline)
{
	struct wait w = {.session = s, .motion = motion, .cancels = since, .deadline = deadline};
	struct ccid_mechanics m;
	HRESULT hr;

	ccid_mechanics_of(s, &m);
	w.sensor = m.external && m.back_end.position != NULL;
	if (ccid_session_wait_begin(s, &w.wake, since.session) < 0)
		return E_OUTOFMEMORY;
	hr = run(&w);
	ccid_session_wait_end(s, &w.wake);
	return hr;
}
