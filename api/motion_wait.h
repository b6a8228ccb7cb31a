/* SPDX-License-Identifier: MIT */
/* Waiting for the card to come where a motion sends it. */
#ifndef CCID_MOTION_WAIT_H
#define CCID_MOTION_WAIT_H

#include "session.h"

#include <iscard/kiosk.h>

/* What the place of the card says about the end of a motion. */
enum ccid_motion_end {
	CCID_MOTION_GOES_ON,
	CCID_MOTION_ENDED,
	CCID_MOTION_UNSEEN, /* gone from the reader's sight, wherever to */
	CCID_MOTION_FAILED
};
enum ccid_motion_end ccid_motion_end_of(iscard_motion motion, iscard_place place);

/* How often the session and its context were told to give up: before a motion began. */
struct ccid_motion_cancels {
	unsigned session, context;
};
/* A call that can be cancelled, from the one to the other. */
struct ccid_motion_cancels ccid_motion_begin(struct ccid_session *s);
void ccid_motion_over(struct ccid_session *s);

/* Until then, or until somebody has cancelled since: S_OK, S_FALSE for UNSEEN, SCARD_E_CANT_DISPOSE, SCARD_E_TIMEOUT, SCARD_E_CANCELLED,
 * SCARD_E_READER_UNAVAILABLE, E_OUTOFMEMORY. The session is pinned, nothing is locked; deadline in the
 * context's time. Looks four times a second at a silent reader or a sensor, else once. */
HRESULT ccid_motion_wait(struct ccid_session *s, iscard_motion motion,
                         struct ccid_motion_cancels since, int64_t deadline);

#endif
