/* SPDX-License-Identifier: MIT */
/* A recorded reader offered to others. */
#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include "player.h"

/* Serve a trace at where, to one program after the other until the user wants an end; once: to one. Each
 * finds the recording at its beginning. Returns an exit code. */
int cli_serve(const char *path, const struct ccid_player_options *options, const char *where,
              bool once);

#endif
