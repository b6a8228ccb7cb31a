/* SPDX-License-Identifier: MIT */
/* The emulated reader behind usbredir: this side is the usb-host. Bytes in, bytes out, no I/O and
 * no clock of its own. */
#ifndef EMU_REDIR_H
#define EMU_REDIR_H

#include "emu.h"

struct emu_redir;

/* d is borrowed and must outlive the connection. NULL when memory is short. */
struct emu_redir *emu_redir_new(struct emu_device *d, int64_t now_ms);
void emu_redir_free(struct emu_redir *r);

/* Bytes from the usb-guest. 0, or -1 when it broke the protocol: close the connection. */
int emu_redir_input(struct emu_redir *r, const uint8_t *buf, size_t len, int64_t now_ms);

/* Bytes for the usb-guest; how many, 0 when there are none now. */
size_t emu_redir_output(struct emu_redir *r, uint8_t *buf, size_t cap, int64_t now_ms);

/* When emu_redir_output() may have more without input; INT64_MAX for never. */
int64_t emu_redir_next(const struct emu_redir *r);

#endif
