/* SPDX-License-Identifier: MIT */
/* GnuPG's scdaemon as gpg-agent uses it: over a pair of pipes, by lines of text. One at a time. */
#ifndef SCD_H
#define SCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Run it (argv[0] is its path) and read its greeting. */
bool scd_start(char *const argv[]);

/* Send a line, without its end. Bytes of all data lines of the reply, at most cap; -1 after ERR, which goes
 * to standard error, or the end. */
long scd_ask(const char *line, uint8_t *out, size_t cap);

/* The ATR of the last "APDU --atr"; valid until the next. */
const uint8_t *scd_atr(size_t *len);

void scd_end(void);

#endif
