/* SPDX-License-Identifier: MIT */
/* Whoever moves the card of a session: PC_to_RDR_Mechanical, a back end of the application, nobody. */
#ifndef CCID_MECHANICS_H
#define CCID_MECHANICS_H

#include "session.h"

#include <iscard/kiosk.h>

struct ccid_mechanics {
	uint32_t abilities; /* ISCARD_MECHANICAL_* */
	bool external;
	bool mouth;                       /* the application's word: the reader sees it */
	bool sees_mouth;                  /* that, or a sensor, which speaks for itself */
	struct iscard_mechanics back_end; /* external */
	char source[ISCARD_MECHANICS_SOURCE];
};

void ccid_mechanics_of(const struct ccid_session *s, struct ccid_mechanics *out);

/* ISCARD_MECHANICAL_* that a motion needs; 0: no motion. */
uint32_t ccid_motion_ability(iscard_motion motion);

/* Power off, undo a lock, move. With a use of the card, port mutex not held. deadline in the reader's
 * time. CCID_E_UNSUPPORTED, CCID_E_NOCARD: nothing was sent. CCID_E_HARDWARE: a jam; CCID_E_REFUSED. */
CCID_MUST_USE
int ccid_move(struct ccid_session *s, iscard_motion motion, int64_t deadline);

/* What a failure of it is called. */
HRESULT ccid_motion_result(int err);

/* Ask the sensor, if there is one. Port mutex not held. */
void ccid_sense(struct ccid_session *s);

#endif
