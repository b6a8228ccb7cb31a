/* SPDX-License-Identifier: MIT */
/* Sockets named on the command line: HOST:PORT, [IPv6]:PORT, or the path of a unix socket. */
#ifndef CLI_SOCKET_H
#define CLI_SOCKET_H

#include "stream.h"

/* Whether it is such a name: CLI_OK, or CLI_USAGE after one line. */
int cli_check_socket(const char *where);

/* Listen there, or wait for no longer than the tool's patience until connected. Return exit codes, after
 * one line. */
int cli_listen(struct ccid_listener **out, const char *where);
int cli_connect(struct ccid_stream **out, const char *where, const struct ccid_env *env);

/* A descriptor that is readable once the user wants an end (SIGINT, SIGTERM, SIGHUP), which then do
 * nothing else; -1 when there is none. */
int cli_stop_fd(void);

#endif
