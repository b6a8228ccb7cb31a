/* SPDX-License-Identifier: MIT */
/* The man in the middle of a usbredir connection: bytes pass unchanged in both directions, and each
 * complete packet is recorded, whatever the device is. So a vendor's driver in a virtual machine is
 * recorded while it works the motor of a kiosk reader.
 *
 * Memory is bounded: a direction is read only when what it brought was taken. A side that ends what it
 * says (half-close) is told on. PINs are masked in the file, not on the wire. A failing disk, or bytes
 * that are no usbredir, end the recording with one line in the log; the bytes go on passing. */
#ifndef CCID_PROXY_H
#define CCID_PROXY_H

#include "env.h"

struct ccid_proxy;

/* Two connected sockets, which stay the caller's and must not block; path is created as
 * ccid_trace_create() does. Which of them is the usb-host shows in what they say; host (0 or 1) is
 * taken where it does not. */
CCID_MUST_USE
int ccid_proxy_open(struct ccid_proxy **out, const int fd[2], unsigned host, const char *path,
                    const struct ccid_env *env);

/* Wait until something can pass, and let it. 1, and 0 when both directions have ended. What a side that
 * died had said still goes to the other. CCID_E_TIMEOUT, CCID_E_CANCELLED (cancel_fd, when >= 0, is readable), CCID_E_IO. */
CCID_MUST_USE
int ccid_proxy_step(struct ccid_proxy *p, int cancel_fd, int64_t deadline);

/* Packets recorded so far. */
uint64_t ccid_proxy_packets(const struct ccid_proxy *p);

/* Whether everything was recorded so far: 0, or what ended the recording. CCID_E_FORMAT: bytes that are
 * no usbredir. */
int ccid_proxy_close(struct ccid_proxy *p);

#endif
