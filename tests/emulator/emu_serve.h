/* SPDX-License-Identifier: MIT */
/* An emulated reader served on a connected socket, in real time. */
#ifndef EMU_SERVE_H
#define EMU_SERVE_H

#include "emu.h"

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t emu_serve_now(void);

/* Speak usbredir on fd until the peer closes, breaks the protocol, or the reader has been
 * unplugged and said so. fd stays open. 0, or -1 with errno when the connection failed. */
int emu_serve(struct emu_device *d, int fd);

#endif
