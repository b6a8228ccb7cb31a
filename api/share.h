/* SPDX-License-Identifier: MIT */
/* Who may use the card in a slot: share modes, the lock, and what each connection has missed. State
 * only: no I/O, no waiting, no mutex. The caller holds one around every call.
 *
 * The lock has one owner. It is held by levels, which LockSCard counts, and by uses, one for each
 * operation under way, so that a single operation and a locked sequence exclude one another by the
 * same rule. Whoever does not get it at once queues with a ticket: first come, first served. */
#ifndef CCID_SHARE_H
#define CCID_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One connection. Zeroed, then joined. */
struct ccid_member {
	struct ccid_member *next;
	bool exclusive;
	bool direct;     /* for the reader's sake: whatever card is in it, nothing is missed */
	unsigned levels; /* of the lock */
	unsigned uses;
	uint32_t generation, insertions; /* the card as last acknowledged */
	bool removed;                    /* sticky */
};

struct ccid_ticket {
	struct ccid_ticket *next;
	struct ccid_member *member;
	bool queued;
};

/* All zero at first. */
struct ccid_share {
	struct ccid_member *members;
	struct ccid_member *owner; /* of the lock; may have left while uses remain */
	struct ccid_ticket *head, *tail;
};

/* What can be seen of the card now. */
struct ccid_card_view {
	bool present;
	uint32_t generation, insertions;
};

enum ccid_pending {
	CCID_PENDING_NONE,
	CCID_PENDING_RESET,
	CCID_PENDING_REMOVED
};

/* False, and nothing done: an exclusive one is there, or exclusive is wanted and anyone is. */
bool ccid_share_join(struct ccid_share *s, struct ccid_member *m, bool exclusive);

/* Its levels end; the lock stays its own until its last use is done. */
void ccid_share_leave(struct ccid_share *s, struct ccid_member *m);

/* Whether m is there alone. */
bool ccid_share_alone(const struct ccid_share *s, const struct ccid_member *m);

/* One use for m: true at once when the lock is free and nobody queues, or its own. Else the ticket
 * queues, and ccid_share_turn() is asked again later. */
bool ccid_share_ask(struct ccid_share *s, struct ccid_ticket *t, struct ccid_member *m);
bool ccid_share_turn(struct ccid_share *s, struct ccid_ticket *t);
void ccid_share_give_up(struct ccid_share *s, struct ccid_ticket *t);

/* The first in the queue who could go on now, or NULL: to be woken. */
struct ccid_ticket *ccid_share_next(const struct ccid_share *s);

/* One use less. */
void ccid_share_done(struct ccid_share *s, struct ccid_member *m);

/* A use becomes a level, and back. m has a use, or a level. */
void ccid_share_lock(struct ccid_share *s, struct ccid_member *m);
void ccid_share_unlock(struct ccid_share *s, struct ccid_member *m);

/* Whether another than m holds levels. */
bool ccid_share_locked_by_other(const struct ccid_share *s, const struct ccid_member *m);

/* Whether another than m has it alone. */
bool ccid_share_taken_by_other(const struct ccid_share *s, const struct ccid_member *m);

/* Take in what the card looks like: connections to a card that has left lose it, and the lock. */
void ccid_share_saw(struct ccid_share *s, const struct ccid_card_view *now);

enum ccid_pending ccid_share_pending(const struct ccid_member *m, const struct ccid_card_view *now);

/* m takes the card as it is now for its own. */
void ccid_share_acknowledge(struct ccid_member *m, const struct ccid_card_view *now);

#endif
