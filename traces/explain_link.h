/* SPDX-License-Identifier: MIT */
/* What is no CCID message in words: control requests and the packets of the link. */
#ifndef CCID_EXPLAIN_LINK_H
#define CCID_EXPLAIN_LINK_H

#include "explain.h"

/* "GET_DESCRIPTOR", "CCID ABORT", ... Static. */
const char *ccid_explain_request_name(const struct ccid_redir_packet *request);
bool ccid_explain_is_config(const struct ccid_redir_packet *request);

/* Strings and their indices, from the answer to a GET_DESCRIPTOR that worked. */
void ccid_explain_learn(struct ccid_explain_device *device, const struct ccid_redir_packet *request,
                        const struct ccid_redir_packet *answer);

/* What was asked and how it ended. */
void ccid_explain_control(char *out, size_t cap, const struct ccid_redir_packet *request,
                          const struct ccid_redir_packet *answer);

/* hello, device_connect, interface_info, ep_info, configurations, settings, streams. */
void ccid_explain_link(char *out, size_t cap, const struct ccid_redir_packet *p);

#endif
