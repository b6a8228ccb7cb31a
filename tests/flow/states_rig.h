/* SPDX-License-Identifier: MIT */
/* The states of a connection (ISCard, ISCardManage), brought about for their real reasons. */
#ifndef STATES_RIG_H
#define STATES_RIG_H

#include "rig.h"

#define LOCK_MS 10 /* how long another's lock is waited for, in ticks of the clock */

enum state {
	D, /* detached */
	A, /* attached, nothing pending */
	R, /* reset pending */
	X, /* card removed */
	U, /* reader unplugged */
	L, /* attached, and another holds the lock */
	STATES
};

#define STATES_STEPS 8

struct cell {
	HRESULT want;
	struct script_step steps[STATES_STEPS]; /* of the call, and of giving the reader back */
};

#define OFF                                                                                        \
	{                                                                                          \
		CLOSING_POWERED                                                                    \
	}

struct states_rig {
	struct script_step steps[8 + STATES_STEPS];
	ISCard *card, *other;
	ISCardManage *manage; /* on the connection of card */
};
extern struct states_rig at;
extern const struct fake_reader states_reader;

/* The reader and the steps that lead into the state, then these. Nothing is attached yet. */
void states_start(enum state state, const struct script_step *steps, size_t count);
/* Bring at.card and at.manage into the state; at.other is in the way of L alone. */
void states_enter(enum state state, const struct script_step *steps, size_t count);
void states_leave(void);

/* A row of the table: the call in each state. */
void states_check(const struct cell row[STATES], HRESULT (*call)(ISCard *card));
void states_check_manage(const struct cell row[STATES], HRESULT (*call)(ISCardManage *manage));

#endif
