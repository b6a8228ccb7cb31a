/* SPDX-License-Identifier: MIT */
/* Command APDUs given to the tool, and how they and their answers are shown. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli_batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether every argument is a command APDU; says which is not, and why. */
bool cli_commands_check(int argc, char **argv);

/* Send one APDU. On success *reply is data, SW1, SW2, valid until the next. Returns an exit code,
 * after a message. */
typedef int cli_transmit_fn(void *ctx, const uint8_t *apdu, size_t len, const uint8_t **reply,
                            size_t *reply_len);

/* Send the arguments, or with "-" alone the lines of standard input, and show each command with its
 * answer. The first that fails, or is no APDU, ends it. Returns an exit code. */
int cli_commands_run(int argc, char **argv, bool json, cli_transmit_fn *transmit, void *ctx);

/* Show one command with its answer. */
void cli_commands_show(bool json, const uint8_t *apdu, size_t len, const uint8_t *reply,
                       size_t reply_len);

/* What a status word means in a few words; "" when it is not a usual one. Static. */
const char *cli_sw_text(uint8_t sw1, uint8_t sw2);

#endif
