/* SPDX-License-Identifier: MIT */
/* ICCD versions A and B as framers above a transport: everything on endpoint 0. io held. */
#ifndef CCID_ICCD_H
#define CCID_ICCD_H

#include "reader_priv.h"

/* One command and its answer, as ccid_exchange_once() without bulk pipes: 0 with rsp filled (a failed
 * command included), or what kept the answer from coming. rsp->data is a view into r->in. */
CCID_MUST_USE
int ccid_iccd_exchange(struct ccid_reader *r, unsigned slot, const struct ccid_cmd *cmd,
                       const struct ccid_wait *wait, struct ccid_rsp *rsp);

#endif
