/* SPDX-License-Identifier: MIT */
/* The transport of a reader and those who share it: turn.c, wire.c, wire_in.c. */
#ifndef CCID_WIRE_H
#define CCID_WIRE_H

#include "reader_priv.h"

#define CCID_CANCELS_MAX 100 /* forgotten at once */

static inline int64_t ccid_soonest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* In ms from now, but no later than deadline. */
static inline int64_t ccid_after(const struct ccid_reader *r, int64_t ms, int64_t deadline)
{
	return ccid_soonest(ccid_env_now(r->env) + ms, deadline);
}

/* turn.c */

/* Own the transport: whoever reads is asked to let go. Not while it is owned by the same. */
void ccid_wire_take(struct ccid_reader *r);
void ccid_wire_give(struct ccid_reader *r);
/* From a slot that is entered and has no command under way, enter another on its lane, for a moment.
 * false: somebody has entered it or is about to. */
bool ccid_slot_lend(struct ccid_reader *r, unsigned slot, unsigned to);
void ccid_slot_take_back(struct ccid_reader *r, unsigned from);
/* What wire guards; nothing with one lane. */
void ccid_wire_lock(struct ccid_reader *r);
void ccid_wire_unlock(struct ccid_reader *r);
/* The transport's wait was ended by a cancel: those whose it may be look. wire not locked. */
void ccid_wire_rouse(struct ccid_reader *r);

/* wire.c; slot entered */

/* Send one command and receive until its answer has come, which is in the lane until the next
 * command. CCID_ABORT sends both halves. Nothing is recovered, nothing tried again. */
CCID_MUST_USE
int ccid_wire_talk(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                   const struct ccid_wait *wait, struct ccid_rsp *rsp);
/* Let time pass; commands of other slots go on. 0, or CCID_E_CANCELLED. */
CCID_MUST_USE
int ccid_wire_pause(struct ccid_reader *r, unsigned slot, int64_t until);
/* A control transfer, as the transport's; a cancel of another slot's command does not end it. */
CCID_MUST_USE
int ccid_wire_control(struct ccid_reader *r, unsigned slot, const struct ccid_setup *setup,
                      uint8_t *data, int64_t deadline);
/* Drop what is posted, unless other slots wait for it. */
void ccid_wire_drop(struct ccid_reader *r);
/* Clear both bulk endpoints, reset the port: both end the commands of all slots, CCID_E_IO. */
int ccid_wire_clear(struct ccid_reader *r);
CCID_MUST_USE
int ccid_wire_reset(struct ccid_reader *r, int64_t deadline);
/* Whether another slot's command is under way. */
bool ccid_wire_others(struct ccid_reader *r, unsigned slot);
/* Wipe what the slot's command has left in the buffers: so many bytes out and in after the headers. */
void ccid_wire_wipe(struct ccid_reader *r, unsigned slot, size_t out, size_t in);

/* wire_in.c; wire owned */

CCID_MUST_USE
int ccid_in_post(struct ccid_reader *r);
void ccid_in_drop(struct ccid_reader *r);
/* Of a message that has come in part. */
void ccid_in_forget(struct ccid_reader *r);
/* Whether a command is under way. */
bool ccid_in_due(const struct ccid_reader *r);
/* Whether an answer with this number may still come for a command of the slot, or for one under way of
 * any; none of the slot's is expected any more. Wire locked. */
bool ccid_in_owed(const struct ccid_reader *r, unsigned slot, uint8_t seq);
void ccid_in_forgive(struct ccid_reader *r, unsigned slot);
/* End every command under way; wire locked. */
void ccid_in_end_all(struct ccid_reader *r, int err);

/* wire_in.c; wire not owned: until c has ended, its result. */
CCID_MUST_USE
int ccid_in_await(struct ccid_reader *r, struct ccid_call *c);

#endif
