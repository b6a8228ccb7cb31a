/* SPDX-License-Identifier: MIT */
/* The player: a recorded trace as the usb-host end of a usbredir connection.
 *
 * It matches CCID messages, not bytes: sequence numbers are mapped, GetSlotStatus is answered from
 * state when the trace has none at that place and skipped when the driver sends none, set-up
 * commands may come in another order, chunking and control requests are free. What reaches the
 * card (XfrBlock, Secure, Escape, Mechanical) must come as recorded, slot by slot; anything else
 * ends the link with a readable difference. traces/README.md has the rules.
 *
 * That is the middle one of three degrees of strictness. Unless a speed is asked for no time passes:
 * what the recorded reader did late comes at once, and where it kept silent the wait ends at once. */
#ifndef CCID_PLAYER_H
#define CCID_PLAYER_H

#include "stream.h"
#include "transport.h"

struct ccid_player;

enum ccid_strictness {
	CCID_STRICT_MESSAGE, /* as above */
	CCID_STRICT_EXACT, /* the recorded commands, all and in order over all slots, and no other */
	CCID_STRICT_LENIENT, /* what reaches the card in any order, any number of times */
};

#define CCID_SPEED_NONE 0u
#define CCID_SPEED_REAL 1000u

/* All zero: message, no time passes. */
struct ccid_player_options {
	enum ccid_strictness strict;
	uint32_t
		speed; /* thousandths of the recorded pace: 2000 is twice as fast; 0: no time passes */
	/* With a speed: let time pass to at (env's clock), as a stream's peer does. NULL: poll(). */
	int (*advance)(void *ctx, int64_t at, int cancel_fd);
	/* A transport on the trace is closed: the last moment to ask how far it came. May be NULL. */
	void (*ended)(void *ctx, struct ccid_player *p);
	/* ... and is opened, likewise. */
	void (*begun)(void *ctx, struct ccid_player *p);
	void *ctx;
};

/* Load a trace. options NULL: all zero; copied. problem (cap bytes, may be NULL) says in one line what is wrong with the file.
 * Results as ccid_trace_open(). */
CCID_MUST_USE
int ccid_player_open(struct ccid_player **out, const char *path,
                     const struct ccid_player_options *options, const struct ccid_env *env,
                     char *problem, size_t cap);
void ccid_player_close(struct ccid_player *p);

/* The player as the peer of a memory stream. The stream does not own the player. A player plays
 * once. */
CCID_MUST_USE
int ccid_player_stream(struct ccid_stream **out, struct ccid_player *p);

/* The same as the peer itself; its close is NULL. */
struct ccid_stream_peer ccid_player_peer(struct ccid_player *p);

/* What was expected and what came, with the last messages explained; "" while they agree. Valid
 * until the player is closed. */
const char *ccid_player_divergence(const struct ccid_player *p);

/* Recorded CCID commands that no one has sent yet (those that need not be sent are not counted).
 * Not beside a call that drives the player. */
size_t ccid_player_left(const struct ccid_player *p);

/* Both at once, from any thread. Returns what ccid_player_left() does; the text is cut at cap. */
size_t ccid_player_report(struct ccid_player *p, char *divergence, size_t cap);

/* A transport on a trace: player, memory stream and usbredir transport in one; closes all. The
 * diff of a divergence goes to the log as errors, line by line. id.address is "replay:FILE". */
CCID_MUST_USE
int ccid_transport_open_replay(struct ccid_transport **out, const char *path,
                               const struct ccid_player_options *options,
                               const struct ccid_env *env, char *problem, size_t cap);

/* The player inside such a transport (to ask how far it came), NULL when t is another one. */
struct ccid_player *ccid_transport_player(struct ccid_transport *t);

/* Serve a connected stream, which stays the caller's, until the peer leaves: 0. Or CCID_E_TIMEOUT at the
 * deadline, CCID_E_CANCELLED (cancel_fd, when >= 0, is readable), CCID_E_DIVERGED, CCID_E_FORMAT
 * (the peer breaks the protocol). */
CCID_MUST_USE
int ccid_player_serve(struct ccid_player *p, struct ccid_stream *stream, int cancel_fd,
                      int64_t deadline);

#endif
