/* SPDX-License-Identifier: MIT */
/* A transport that follows a script: a conversation written as test data.
 *
 * The first operation that departs from the script prints one line, makes every later operation
 * return CCID_E_DIVERGED and makes script_done() fail. Rules of transport.h that the driver must
 * keep are always checked: IN posted before OUT, one at a time, whole packets, no waiting for
 * ever, the OUT buffer left alone until the wait is over, nothing posted at the end, bSeq one
 * higher in each command.
 *
 * Bytes are written in hex; blanks are free. Beside hex digits:
 *   ??      any byte
 *   ss      in an OUT: any bSeq (the rule above holds anyhow). In an IN: bSeq of the last OUT.
 *           In a control request: the bSeq that the next OUT must have.
 *   s1..s9  bSeq of the last OUT less 1..9: a stale answer
 *   nn      four times, for dwLength: computed from the bytes after the header
 *   ++      one more than the byte before
 *   xx*N    N times xx, ?? or ++ */
#ifndef TRANSPORT_SCRIPT_H
#define TRANSPORT_SCRIPT_H

#include "fake_clock.h"
#include "fake_reader.h"

enum script_op {
	SCRIPT_NOTHING,
	SCRIPT_OUT,
	SCRIPT_OUT_FAILS,
	SCRIPT_IN,
	SCRIPT_IN_FAILS,
	SCRIPT_SILENCE,
	SCRIPT_DELAY,
	SCRIPT_FOREVER_IN,
	SCRIPT_FOREVER,
	SCRIPT_CTRL,
	SCRIPT_HALT,
	SCRIPT_HALTS,
	SCRIPT_RESET,
	SCRIPT_DROP,
	SCRIPT_INTERRUPT,
	SCRIPT_UNPLUG,
	SCRIPT_CALL,
	SCRIPT_OPS
};

struct script;
struct script_step {
	enum script_op op;
	const char *bytes, *answer;
	int arg;
	void (*call)(struct script *s);
};

/* clang-format off */
#define SCRIPT_STEP(op, bytes, answer, arg, call) {SCRIPT_##op, bytes, answer, arg, call}

/* One step each, in the order of the wire. */
#define EXPECT_OUT(text)    SCRIPT_STEP(OUT, text, NULL, 0, NULL)
#define FAIL_OUT(text, err) SCRIPT_STEP(OUT_FAILS, text, NULL, err, NULL) /* tried, and fails */
#define GIVE_IN(text)       SCRIPT_STEP(IN, text, NULL, 0, NULL) /* one whole transfer */
#define FAIL_IN(err)        SCRIPT_STEP(IN_FAILS, NULL, NULL, err, NULL)
#define STALL_IN            FAIL_IN(CCID_E_STALL)
#define ZLP                 GIVE_IN("")
/* No answer until the driver does something else; every wait ends at its deadline. */
#define SILENCE             SCRIPT_STEP(SILENCE, NULL, NULL, 0, NULL)
/* The answer takes ms milliseconds: waits that end earlier time out. */
#define DELAY(ms)           SCRIPT_STEP(DELAY, NULL, NULL, ms, NULL)
/* The same transfer again and again, one each ms milliseconds, until the driver does something
 * else; the same command and answer until another command comes. */
#define FOREVER_IN(text, ms) SCRIPT_STEP(FOREVER_IN, text, NULL, ms, NULL)
#define FOREVER(out, in)    SCRIPT_STEP(FOREVER, out, in, 0, NULL)
/* The setup bytes, and what came or went in the data stage. */
#define EXPECT_CTRL(text)   SCRIPT_STEP(CTRL, text, NULL, 0, NULL)
#define EXPECT_CTRL_FAIL(text, err) SCRIPT_STEP(CTRL, text, NULL, err, NULL)
#define EXPECT_HALT(pipe)   SCRIPT_STEP(HALT, NULL, NULL, pipe, NULL)
#define EXPECT_HALTS        SCRIPT_STEP(HALTS, NULL, NULL, 0, NULL) /* both bulk, any order */
#define EXPECT_RESET(rc)    SCRIPT_STEP(RESET, NULL, NULL, rc, NULL)
#define EXPECT_DROP         SCRIPT_STEP(DROP, NULL, NULL, 0, NULL)
/* These happen by themselves right after the step before. */
#define INTERRUPT(text)     SCRIPT_STEP(INTERRUPT, text, NULL, 0, NULL)
#define UNPLUG              SCRIPT_STEP(UNPLUG, NULL, NULL, 0, NULL)
#define CALL(function)      SCRIPT_STEP(CALL, NULL, NULL, 0, function)
#define NO_STEP             SCRIPT_STEP(NOTHING, NULL, NULL, 0, NULL)
/* clang-format on */

#define SCRIPT_BYTES_MAX  70000
#define SCRIPT_INTERRUPTS 8

struct script {
	struct ccid_transport t; /* first */
	struct fake_descriptors desc;
	struct fake_clock *clock;
	const struct script_step *steps;
	size_t count, at;
	void *arg;         /* the test's, for CALL */
	char problem[400]; /* the first departure, "" while there is none */
	bool closed, gone, cancelled, quiet;
	bool asked; /* the OUT of a SCRIPT_FOREVER was sent, its answer is due */

	/* transfers under way */
	uint8_t *in;
	size_t in_cap;
	const uint8_t *out;
	size_t out_len;
	uint32_t out_sum;
	unsigned halts;
	int64_t delay_left;

	/* bSeq */
	bool seq_known, next_seq_fixed;
	uint8_t seq;

	/* what has been done */
	unsigned outs, waits, drops, ops;
	int64_t last_deadline; /* of the latest wait_in() */

	uint8_t intr[SCRIPT_INTERRUPTS][64];
	size_t intr_len[SCRIPT_INTERRUPTS];
	unsigned intr_first, intr_count;
	int event_fd;

	uint8_t want[SCRIPT_BYTES_MAX], kind[SCRIPT_BYTES_MAX];
};

/* Begin; pass &s->t to the driver. Everything borrowed outlives the script. */
void script_start(struct script *s, const struct fake_reader *reader,
                  const struct script_step *steps, size_t count, struct fake_clock *clock);
#define SCRIPT_START(s, reader, steps, clock)                                                      \
	script_start(s, reader, steps, sizeof(steps) / sizeof *(steps), clock)

/* Fails the test unless the transport was closed, every step was used, and nothing departed. */
void script_done(struct script *s);

/* Fails the test unless every step so far was used; the conversation may go on afterwards. */
void script_reached_end(struct script *s);

/* Go on with other steps; those before must be used up. */
void script_continue(struct script *s, const struct script_step *steps, size_t count);
#define SCRIPT_CONTINUE(s, steps) script_continue(s, steps, sizeof(steps) / sizeof *(steps))

/* What happens outside the script's order: a notification comes, the reader is pulled out. */
void script_interrupt(struct script *s, const char *text);
void script_unplug(struct script *s);

/* Store the bytes of a text (no ?? and no seq); returns how many. */
size_t script_bytes(uint8_t *buf, size_t cap, const char *text);

#endif
