/* SPDX-License-Identifier: MIT */
/* The player: a recorded trace as the usb-host end of a usbredir connection.
 *
 * It matches CCID messages, not bytes: sequence numbers are mapped, GetSlotStatus is answered from
 * state when the trace has none at that place and skipped when the driver sends none, chunking and
 * control requests are free. A real divergence ends the link with a readable difference. */
#ifndef CCID_PLAYER_H
#define CCID_PLAYER_H

#include "stream.h"
#include "transport.h"

struct ccid_player;

/* Load a trace. problem (cap bytes, may be NULL) says in one line what is wrong with the file. */
CCID_MUST_USE
int ccid_player_open(struct ccid_player **out, const char *path, const struct ccid_env *env,
                     char *problem, size_t cap);
void ccid_player_close(struct ccid_player *p);

/* The player as the peer of a memory stream. The stream does not own the player. */
CCID_MUST_USE
int ccid_player_stream(struct ccid_stream **out, struct ccid_player *p);

/* What was expected and what came, with the last messages explained; "" while they agree. Valid
 * until the player is closed. */
const char *ccid_player_divergence(const struct ccid_player *p);

/* Recorded CCID commands that no one has sent yet. */
size_t ccid_player_left(const struct ccid_player *p);

/* A transport on a trace: player, memory stream and usbredir transport in one; closes all. The
 * diff of a divergence goes to the log as an error. */
CCID_MUST_USE
int ccid_transport_open_replay(struct ccid_transport **out, const char *path,
                               const struct ccid_env *env, char *problem, size_t cap);

/* Serve one connection on a listening address (as usbredir-listen:) until the peer leaves. */
CCID_MUST_USE
int ccid_player_serve(struct ccid_player *p, const char *addr, const char *port, int64_t deadline);

#endif
