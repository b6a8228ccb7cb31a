/* SPDX-License-Identifier: MIT */
/* What the parts of the player share: matching (player_match.c), the diff (player_diff.c), what
 * goes to the driver (player_feed.c), and the usbredir host (player_host.c). */
#ifndef CCID_PLAYER_PRIV_H
#define CCID_PLAYER_PRIV_H

#include "ccid_msg.h"
#include "message_text.h"
#include "player.h"
#include "script.h"

#include <pthread.h>
#include <usbredirparser.h>

#define PLAYER_QUEUE    32 /* commands whose answers are not all fetched */
#define PLAYER_REQUESTS 64 /* bulk IN requests waiting */
#define PLAYER_HISTORY  6  /* messages shown in a diff */
#define PLAYER_LINE     256
#define PLAYER_DIFF     4096
#define PLAYER_MADE_MAX (CCID_HEADER_LEN + 8)
#define PLAYER_OUT_MAX  (CCID_HEADER_LEN + 65544u + 256u)

/* An answer on its way to the driver: recorded, or made up from state. */
struct player_answer {
	size_t cmd;  /* CCID_SCRIPT_NONE when made up */
	size_t item; /* the next one to send, CCID_SCRIPT_NONE when there is none */
	size_t pos;  /* bytes of it sent */
	bool repeat; /* a recorded answer given once more: its events have happened */
	uint8_t slot, seq;
	int64_t since; /* when the live command came */
	uint8_t made[PLAYER_MADE_MAX];
	size_t made_len;
};

struct player_request {
	uint64_t id;
	uint32_t wanted;
};

struct player_slot {
	size_t next;  /* the next recorded command, CCID_SCRIPT_NONE at the end */
	size_t epoch; /* the IccPowerOn in force; before one the slot's first command */
	bool powered; /* an IccPowerOn was answered */
	bool spoken;  /* the card was spoken to since */
	enum ccid_icc icc;
	uint8_t protocol, params[7];
	size_t params_len; /* set by the driver since the power-on; 0 when not */
	uint8_t atr[33];
	size_t atr_len;
	struct ccid_message_context text;
};

struct player_progress {
	bool used;      /* sent by the driver, or passed over */
	bool skipped;   /* passed over */
	size_t fetched; /* transfers of its answer */
	int64_t at;     /* when it was used, on the live clock */
};

struct ccid_player {
	const struct ccid_env *env;
	struct ccid_player_options options;
	pthread_mutex_t lock; /* input() and output() against ccid_player_report() */
	size_t exact_next;    /* with CCID_STRICT_EXACT: the next command of all slots */
	int64_t connected_at; /* on the live clock */
	struct ccid_script script;
	char *path;
	struct player_slot slot[256];
	struct player_progress *progress; /* one for each command */

	uint8_t *out; /* the command being put together, PLAYER_OUT_MAX */
	size_t out_len;
	struct player_answer queue[PLAYER_QUEUE];
	unsigned queue_first, queue_len;
	struct player_request request[PLAYER_REQUESTS];
	unsigned request_first, request_len;
	size_t event_seen;  /* events whose effect on the slots is taken */
	size_t event_sent;  /* events given to the driver */
	uint8_t out_status; /* for the bulk OUT transfer that completed the command */
	bool cut_answer;    /* the answer under way is not all in the trace */

	struct usbredirparser *parser;
	const uint8_t *in; /* input() at work */
	size_t in_len;
	uint8_t *to; /* output() at work */
	size_t to_len, to_cap;
	bool greeted, connected, interrupts, unplugged;
	uint8_t config, alt[256];
	uint64_t interrupt_id;
	int err; /* what every later call returns */

	/* A token without bulk endpoints: its class requests, in order. */
	size_t token_next, token_last; /* in script.control; the newest one answered */
	bool token_powered, token_spoken;
	struct ccid_mask_state token_mask;

	char history[PLAYER_HISTORY][PLAYER_LINE];
	unsigned told;
	struct ccid_message_context pending_text; /* as it was before the newest command */
	char diff[PLAYER_DIFF];
};

/* player_match.c: one whole command of the driver. Queues its answer, or diverges. */
void ccid_player_command(struct ccid_player *p, const uint8_t *msg, size_t len);
/* Whether the recorded command i is this one but for bSeq and what stands for anything. */
bool ccid_player_same(const struct ccid_player *p, size_t i, const uint8_t *msg, size_t len);
/* Answer as command i was; what comes before it in its slot is passed over. */
void ccid_player_take(struct ccid_player *p, size_t i, const uint8_t *msg);
/* ... and nothing else changes: the answer is given again. */
void ccid_player_give_again(struct ccid_player *p, size_t i, const uint8_t *msg);

/* player_strict.c: the other two degrees of strictness. */
void ccid_player_match_exact(struct ccid_player *p, const uint8_t *msg, size_t len);
void ccid_player_match_lenient(struct ccid_player *p, const uint8_t *msg, size_t len);
void ccid_player_slots_init(struct ccid_player *p);
/* After a USB reset: cards are off. */
void ccid_player_slots_reset(struct ccid_player *p);

/* player_made.c: answers that no recording gives. */
void ccid_player_made_status(struct ccid_player *p, const uint8_t *msg);
void ccid_player_made_setup(struct ccid_player *p, const uint8_t *msg, size_t len);
/* Keep what a SetParameters of the driver set. */
void ccid_player_set_params(struct player_slot *s, const uint8_t *msg, size_t len);
void ccid_player_made_failure(struct ccid_player *p, const uint8_t *msg, uint8_t error);

/* player_feed.c. NULL when too many answers wait (which diverges). */
struct player_answer *ccid_player_answer(struct ccid_player *p, const uint8_t *msg);
/* Forget what the slot has not fetched (an abort). */
void ccid_player_drop_answers(struct ccid_player *p, uint8_t slot);
/* Give what can be given to waiting requests; release events that are due. */
void ccid_player_feed(struct ccid_player *p);
/* When that has something by itself: on the live clock, CCID_NEVER. */
int64_t ccid_player_due(const struct ccid_player *p);
/* Take into the slots' state what the device told by itself up to here. */
void ccid_player_release(struct ccid_player *p);

/* player_diff.c */
void ccid_player_tell(struct ccid_player *p, bool command, const uint8_t *msg, size_t len,
                      const char *note);
/* expected: a recorded command, or CCID_SCRIPT_NONE. The first divergence counts. */
void ccid_player_diverge(struct ccid_player *p, size_t expected, const uint8_t *msg, size_t len,
                         const char *why);
/* The same for requests of a token: the texts are finished. */
void ccid_player_tell_text(struct ccid_player *p, const char *text);
void ccid_player_diverge_text(struct ccid_player *p, const char *why, const char *expected,
                              const char *came);

/* player_token.c: the request of a token (USB ICCD) is answered, or diverges. False when it is
 * none. */
struct player_request_in {
	const struct usb_redir_control_packet_header *q;
	const uint8_t *data;
	size_t len;
};
bool ccid_player_token(struct ccid_player *p, uint64_t id, const struct player_request_in *in);
/* Recorded requests that power the token on or speak to it, and that are still to come. */
size_t ccid_player_token_left(const struct ccid_player *p);

/* player_host.c */
CCID_MUST_USE
int ccid_player_host_init(struct ccid_player *p);
void ccid_player_host_free(struct ccid_player *p);
int ccid_player_input(void *ctx, const uint8_t *buf, size_t len);
int ccid_player_output(void *ctx, uint8_t *buf, size_t cap);
void ccid_player_send_bulk(struct ccid_player *p, const struct player_request *request,
                           uint8_t status, const uint8_t *data, size_t len);
void ccid_player_send_event(struct ccid_player *p, const struct ccid_script_event *event);

/* Whether a packet of the peer counts: it has said hello, and the device is still there. A peer
 * that speaks before its hello breaks the protocol; the parser lets it. */
bool ccid_player_heard(struct ccid_player *p);

/* player_control.c */
void ccid_player_answer_control(struct ccid_player *p, uint64_t id,
                                const struct usb_redir_control_packet_header *q,
                                const struct ccid_script_control *a);
void ccid_player_answer_bytes(struct ccid_player *p, uint64_t id,
                              const struct usb_redir_control_packet_header *q, uint8_t *data,
                              size_t len);
void ccid_player_control_init(struct usbredirparser *parser);
/* interface_info and ep_info. */
void ccid_player_send_layout(struct ccid_player *p);

#endif
