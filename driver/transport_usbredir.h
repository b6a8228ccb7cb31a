/* SPDX-License-Identifier: MIT */
/* The usbredir transport: this side is the usb-guest of a usbredir connection. */
#ifndef CCID_TRANSPORT_USBREDIR_H
#define CCID_TRANSPORT_USBREDIR_H

#include "stream.h"
#include "transport.h"

/* Shake hands, wait for device_connect, read the descriptors and strings, choose the interface
 * (-1: the first CCID interface), configure the device and start the interrupt stream. Takes the
 * stream when and only when it returns 0. address is copied into id.address. CCID_E_FORMAT for a
 * peer that breaks the protocol, CCID_E_NOTFOUND or CCID_E_UNSUPPORTED as ccid_transport_choose() says,
 * CCID_E_TIMEOUT, CCID_E_GONE. */
CCID_MUST_USE
int ccid_transport_open_usbredir(struct ccid_transport **out, struct ccid_stream *stream,
                                 const char *address, int interface, const struct ccid_env *env,
                                 int64_t deadline);

#endif
