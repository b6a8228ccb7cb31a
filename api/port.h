/* SPDX-License-Identifier: MIT */
/* A slot of an open reader as connections share it: the state of share.h behind a mutex, and the
 * waiting. */
#ifndef CCID_PORT_H
#define CCID_PORT_H

#include "card_place.h"
#include "reader.h"
#include "share.h"

#include <pthread.h>

struct ccid_open;

struct ccid_port {
	struct ccid_open *open;
	struct ccid_reader *reader;
	unsigned slot;
	pthread_mutex_t lock;
	struct ccid_share share;      /* lock */
	uint64_t moves;               /* lock; commands that may have selected another file */
	struct ccid_card_place place; /* lock */
	struct ccid_slot_info seen;   /* lock; when it was last looked at; gone: never */
};

void ccid_port_init(struct ccid_port *p, struct ccid_open *open, unsigned slot);
void ccid_port_fini(struct ccid_port *p);

/* Take in what the reader has announced; nothing is sent. lock held. */
void ccid_port_refresh(struct ccid_port *p, struct ccid_slot_info *info);
/* The same with what was heard already: no system call. */
void ccid_port_look(struct ccid_port *p, struct ccid_slot_info *info);
/* The same, and nothing is done when nothing has changed since: p->seen. */
void ccid_port_glance(struct ccid_port *p);
/* As ccid_port_look(), and where the card is; lock not held. */
void ccid_port_show(struct ccid_port *p, struct ccid_slot_info *info,
                    struct ccid_card_place *place);
struct ccid_card_view ccid_card_view_of(const struct ccid_slot_info *info);

/* How many connections there are, and whether the one is exclusive; lock not held. */
void ccid_port_users(struct ccid_port *p, unsigned *count, bool *exclusive);
/* That has changed, or what a motion has done. */
void ccid_port_users_changed(struct ccid_port *p);

/* Everyone who waits looks again. lock held. */
void ccid_port_wake(struct ccid_port *p);

/* Get a use for m, waiting for others' locks until the deadline (CLOCK of now, NULL and CCID_NEVER:
 * no limit). lock held, released while waiting. go_on is asked before every step: other than 0 ends
 * the wait and is returned. CCID_E_TIMEOUT, CCID_E_NOMEM. */
CCID_MUST_USE
int ccid_port_use(struct ccid_port *p, struct ccid_member *m, int (*go_on)(void *arg), void *arg,
                  const struct ccid_env *clock, int64_t deadline);
void ccid_port_done(struct ccid_port *p, struct ccid_member *m);

#endif
