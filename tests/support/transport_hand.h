/* SPDX-License-Identifier: MIT */
/* A reader in the test's hand, for several threads: waits block until the test gives an answer, lets
 * time pass or pulls the plug. Everything but held commands is answered at once, by a small
 * well-behaved reader with a card (T=0) in each slot. It objects, in problem, to two threads that use
 * the transport at once, to more busy slots than it claims, and to a bSeq that is not the next. */
#ifndef TRANSPORT_HAND_H
#define TRANSPORT_HAND_H

#include "fake_reader.h"

#include <pthread.h>
#include <stdatomic.h>

#define HAND_BYTES 80
#define HAND_QUEUE 64
#define HAND_SLOTS 8

struct hand_message {
	size_t len;
	uint8_t bytes[HAND_BYTES];
};

struct hand {
	struct ccid_transport t; /* first */
	struct fake_descriptors desc;
	struct fake_reader kind;
	struct ccid_env env;
	atomic_llong now;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t turn;
	char problem[200];
	unsigned inside; /* threads in an operation that only one may use */
	uint8_t hold;    /* commands of this type are the test's; 6F at the start */
	bool gone, closed, posted, seq_known, silent;
	bool skips;   /* sequence numbers may be left out */
	bool dawdles; /* no wait for an answer ends by time */
	uint8_t seq;
	uint8_t *buf;
	size_t cap;
	int64_t deadline; /* of the wait under way; 0: nobody waits */
	unsigned cancels;
	int fail; /* of the next wait_in() */
	bool busy[HAND_SLOTS], powered[HAND_SLOTS];
	struct hand_message held[HAND_QUEUE]; /* every held command, in order */
	unsigned nheld;
	struct hand_message in[HAND_QUEUE]; /* answers that nobody has read */
	unsigned in_first, in_count;
	struct hand_message flood; /* read again and again when there is no other */
	unsigned flood_left;
	int64_t flood_ms;
	unsigned seen[256]; /* commands by type */
	unsigned aborts, controls, halts, resets, drops, most_busy, kicks;
};

void hand_init(struct hand *h, const struct fake_reader *kind);
/* After the reader was closed; fails the test when there was a problem. */
void hand_done(struct hand *h);

/* Hold commands of this type from now on. */
void hand_hold(struct hand *h, uint8_t type);
/* Wait for the n-th held command (from 1). */
struct hand_message hand_command(struct hand *h, unsigned n);
/* Answer it: bStatus, bError and data. */
void hand_answer(struct hand *h, const struct hand_message *command, uint8_t status, uint8_t error,
                 const void *data, size_t len);
/* The same with a sequence number or slot of its own. */
void hand_say(struct hand *h, uint8_t slot, uint8_t seq, uint8_t status, uint8_t error,
              const void *data, size_t len);
/* One transfer as it is, at least a header. */
void hand_raw(struct hand *h, const uint8_t *message, size_t len);
/* The same again and again, so many times, each taking so long, whenever there is no other answer. Waits
 * until all have been read, and somebody waits for the next. */
void hand_flood(struct hand *h, const struct hand_message *command, uint8_t status, uint8_t error,
                unsigned times, int64_t ms);
/* Wait until every answer has been read, and somebody waits for the next. */
void hand_read(struct hand *h);
/* From now on no wait for an answer ends by time, or again. */
void hand_dawdle(struct hand *h, bool dawdles);
/* Abort is refused and nothing is answered any more until the reader is reset. */
void hand_silence(struct hand *h);

/* The wait under way, or the next, ends with err. */
void hand_fail(struct hand *h, int err);
void hand_unplug(struct hand *h);
/* Wait until somebody waits, then let so much time pass. */
void hand_pass(struct hand *h, int64_t ms);
/* The same once the wait ends by then. */
void hand_time_out(struct hand *h, int64_t ms);
/* Wait until n commands of this type have come. */
void hand_seen(struct hand *h, uint8_t type, unsigned n);
/* Wait until somebody waits, all cancels behind. */
void hand_cancels_taken(struct hand *h);
/* Wait until somebody waits. */
void hand_someone_waits(struct hand *h);

#endif
