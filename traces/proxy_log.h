/* SPDX-License-Identifier: MIT */
/* Packets out of what the two ends of a usbredir connection say, and into a file. */
#ifndef CCID_PROXY_LOG_H
#define CCID_PROXY_LOG_H

#include "env.h"
#include "redact.h"

struct ccid_proxy_log;

/* As ccid_proxy_open(). */
CCID_MUST_USE
int ccid_proxy_log_open(struct ccid_proxy_log **out, unsigned host, const char *path,
                        const struct ccid_env *env);
/* What side (0 or 1) said. */
void ccid_proxy_log_bytes(struct ccid_proxy_log *l, unsigned side, const uint8_t *data, size_t len);
uint64_t ccid_proxy_log_packets(const struct ccid_proxy_log *l);
int ccid_proxy_log_close(struct ccid_proxy_log *l);

#endif
