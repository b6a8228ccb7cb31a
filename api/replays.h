/* SPDX-License-Identifier: MIT */
/* What became of the replays of a context. */
#ifndef CCID_REPLAYS_H
#define CCID_REPLAYS_H

#include "context_priv.h"
#include "env.h"
#include "transport.h"

/* Open a replay: address in the context c, whose memory outlives the transport. */
CCID_MUST_USE
int ccid_replays_open(struct ccid_transport **out, iscard_context *c, const char *address);

void ccid_replays_init(struct ccid_replays *r);
/* No replay is open any more. */
void ccid_replays_fini(struct ccid_replays *r);

#endif
