/* SPDX-License-Identifier: MIT */
/* What a usbredir host tells of a device before the traffic: interface_info, ep_info,
 * device_connect and hello, from USB descriptors. */
#ifndef CCID_REDIR_LAYOUT_H
#define CCID_REDIR_LAYOUT_H

#include "redir_packet.h"

/* Bodies of the packets, with capabilities CCID_REDIR_CAPS. */
#define CCID_REDIR_HELLO_BODY      68u
#define CCID_REDIR_INTERFACES_BODY 132u
#define CCID_REDIR_EP_BODY         160u
#define CCID_REDIR_CONNECT_BODY    10u

/* Interfaces and endpoints of a configuration descriptor; of each interface setting 0, but setting
 * alt of interface number. A malformed record ends the walk. */
void ccid_redir_layout(struct ccid_redir_ep_info *ep, struct ccid_redir_interface_info *interfaces,
                       const uint8_t *config, size_t len, uint8_t number, uint8_t alt);

void ccid_redir_encode_hello(uint8_t out[CCID_REDIR_HELLO_BODY], const char *version);
void ccid_redir_encode_interfaces(uint8_t out[CCID_REDIR_INTERFACES_BODY],
                                  const struct ccid_redir_interface_info *interfaces);
void ccid_redir_encode_ep_info(uint8_t out[CCID_REDIR_EP_BODY],
                               const struct ccid_redir_ep_info *ep);
void ccid_redir_encode_connect(uint8_t out[CCID_REDIR_CONNECT_BODY],
                               const struct ccid_redir_connect *device);

#endif
