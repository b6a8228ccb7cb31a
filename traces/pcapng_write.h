/* SPDX-License-Identifier: MIT */
/* What writers of pcapng share. */
#ifndef CCID_PCAPNG_WRITE_H
#define CCID_PCAPNG_WRITE_H

#include "bytes.h"

/* An option, padded; CCID_PCAPNG_OPT_END has no value. */
void ccid_pcapng_put_option(struct ccid_wr *w, uint32_t code, const void *value, size_t len);

/* The beginning of an Enhanced Packet Block of the first interface: type to original length. total:
 * of the block. */
void ccid_pcapng_put_front(struct ccid_wr *w, uint32_t total, uint64_t time_ns, uint32_t len);

#endif
