/* SPDX-License-Identifier: MIT */
/* What the tests of several slots share: one reader in the test's hand, and threads that send it
 * commands. */
#ifndef HAND_RIG_H
#define HAND_RIG_H

#include "reader_priv.h"
#include "transport_hand.h"

#define LIMIT_MS 300000

struct job {
	pthread_t thread;
	unsigned slot;
	int64_t deadline;
	int rc;
	uint8_t rapdu[64];
};

extern struct hand hand;
extern struct ccid_reader *reader;

/* A reader at short APDU level, so many of whose slots may be busy, each with a card that is READY. */
void begin(unsigned slots, unsigned busy);
/* The same of any kind: its cards are activated with protocol 0. */
void begin_with(const struct fake_reader *kind);
/* On a transport that wraps the hand, or another; time is hand.env's. */
void begin_on(struct ccid_transport *t, unsigned slots);
void finish(void);

/* LIMIT_MS from now. */
int64_t soon(void);
struct ccid_slot_info info_of(unsigned slot);

/* Bodies of threads: one command to the slot of a job, until its deadline. */
void *transmit(void *job);
void *poll_slot(void *job);
void start(struct job *j, unsigned slot, void *(*run)(void *));
void start_until(struct job *j, unsigned slot, void *(*run)(void *), int64_t deadline);
/* Start, and wait until the reader has the n-th held command. */
struct hand_message sent(struct job *j, unsigned slot, unsigned n);
/* Start, and wait until it is one more of those that ask for a lane, or their turn, and get none. */
void queues(struct job *j, unsigned slot);
void queues_to(struct job *j, unsigned slot, void *(*run)(void *), int64_t deadline);
void queues_until(struct job *j, unsigned slot, int64_t deadline);

/* The job ended so; well, with this byte before the status word. */
void result_is(struct job *j, int rc);
void byte_is(struct job *j, uint8_t byte);
/* The slot works, alone. */
void works(unsigned slot);

#endif
