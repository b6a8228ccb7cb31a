/* SPDX-License-Identifier: MIT */
/* The player: a recorded trace as the usb-host end of a usbredir connection.
 *
 * It matches CCID messages, not bytes: sequence numbers are mapped, GetSlotStatus is answered from
 * state when the trace has none at that place and skipped when the driver sends none, set-up
 * commands may come in another order, chunking and control requests are free. What reaches the
 * card (XfrBlock, Secure, Escape, Mechanical) must come as recorded, slot by slot; anything else
 * ends the link with a readable difference. traces/README.md has the rules.
 *
 * No time passes: what the recorded reader did late comes at once, and where it kept silent the
 * wait ends at once. */
#ifndef CCID_PLAYER_H
#define CCID_PLAYER_H

#include "stream.h"
#include "transport.h"

struct ccid_player;

/* Load a trace. problem (cap bytes, may be NULL) says in one line what is wrong with the file.
 * Results as ccid_trace_open(). */
CCID_MUST_USE
int ccid_player_open(struct ccid_player **out, const char *path, const struct ccid_env *env,
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

/* Recorded CCID commands that no one has sent yet (those that need not be sent are not counted). */
size_t ccid_player_left(const struct ccid_player *p);

/* A transport on a trace: player, memory stream and usbredir transport in one; closes all. The
 * diff of a divergence goes to the log as errors, line by line. id.address is "replay:FILE". */
CCID_MUST_USE
int ccid_transport_open_replay(struct ccid_transport **out, const char *path,
                               const struct ccid_env *env, char *problem, size_t cap);

/* The player inside such a transport (to ask how far it came), NULL when t is another one. */
struct ccid_player *ccid_transport_player(struct ccid_transport *t);

/* Serve one connection on a listening address (as usbredir-listen:) until the peer leaves: 0. Or
 * CCID_E_TIMEOUT at the deadline, CCID_E_DIVERGED, CCID_E_FORMAT (the peer breaks the protocol),
 * and what ccid_stream_listen_tcp() returns. */
CCID_MUST_USE
int ccid_player_serve(struct ccid_player *p, const char *addr, const char *port, int64_t deadline);

/* The same on a stream that is connected; it stays the caller's. */
CCID_MUST_USE
int ccid_player_serve_stream(struct ccid_player *p, struct ccid_stream *stream, int64_t deadline);

#endif
