/* SPDX-License-Identifier: MIT */
/* Protocol and parameters selection (ISO/IEC 7816-3:2006, section 9). */
#ifndef CCID_PPS_H
#define CCID_PPS_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

#define CCID_PPS_MAX 6

/* Store a request for protocol t (0..14) and, when ta1 is not 0x11, PPS1. Returns 3 or 4. */
size_t ccid_pps_request(uint8_t out[CCID_PPS_MAX], uint8_t t, uint8_t ta1);

/* Judge the answer to req. 0 with *ta1 as agreed (0x11 when the card dropped PPS1); CCID_E_SHORT
 * when it ends too early, CCID_E_PPS for anything the standard calls unsuccessful. */
CCID_MUST_USE
int ccid_pps_check(const uint8_t *req, size_t req_len, const uint8_t *rsp, size_t rsp_len,
                   uint8_t *ta1);

#endif
