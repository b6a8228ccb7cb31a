/* SPDX-License-Identifier: MIT */
/* An emulated reader in a process of its own, behind a unix socket: for one program after the other,
 * until it is stopped. */
#ifndef EMU_SERVER_H
#define EMU_SERVER_H

#include "emu_config.h"

#include <sys/types.h>

struct emu_server {
	pid_t pid;
	char folder[64];
	char address[96]; /* "usbredir:/..." */
};

/* prepare, which may be NULL, does what it likes to the reader when the first program comes. */
void emu_server_start(struct emu_server *s, const struct emu_config *cfg,
                      void (*prepare)(struct emu_device *d));
void emu_server_stop(struct emu_server *s);

#endif
