/* SPDX-License-Identifier: MIT */
/* How TPDUs and blocks reach the card when one XfrBlock is not one TPDU: character level. All with io
 * held; results are lengths or negative enum ccid_err. */
#ifndef CCID_LINK_H
#define CCID_LINK_H

#include "reader_priv.h"

struct ccid_link {
	struct ccid_reader *r;
	unsigned slot;
	int64_t deadline;
};

/* One T=0 TPDU; out receives data, SW1, SW2. */
CCID_MUST_USE
int ccid_char_t0(const struct ccid_link *l, const uint8_t *tpdu, size_t len, uint8_t out[258]);

/* The block that t wants to send; out receives the card's. rsp as of ccid_exchange(). */
CCID_MUST_USE
int ccid_char_t1(const struct ccid_link *l, const struct ccid_t1 *t, uint8_t out[259],
                 struct ccid_rsp *rsp);

/* A PPS request; out receives the answer. */
CCID_MUST_USE
int ccid_char_pps(const struct ccid_link *l, const uint8_t *req, size_t len, uint8_t out[6]);

#endif
