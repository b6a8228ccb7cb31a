/* SPDX-License-Identifier: MIT */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include <stdbool.h>

/* Asked before anything is sent to a card: whether a file can be made there. Says why not. */
bool cli_can_be_made(const char *file);

/* Stand between the one who calls at listen_at and the one at connect_to, until they part. Returns an
 * exit code. */
int cli_record_proxy(const char *listen_at, const char *connect_to, const char *file);

#endif
