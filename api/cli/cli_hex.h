/* SPDX-License-Identifier: MIT */
/* Bytes as hexadecimal text, both ways. */
#ifndef CLI_HEX_H
#define CLI_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Read bytes written as two digits each, in either case, with blanks or colons between bytes.
 * Returns how many there are, of which the first cap are stored; or -1 with what is wrong in
 * problem. */
long cli_hex_read(const char *text, size_t len, uint8_t *out, size_t cap, char *problem,
                  size_t problem_cap);

/* Whether text is meant as an ATR and not as a reader: it starts as one does, or is eight bytes or
 * more (four hexadecimal digits may well be a part of a name). */
bool cli_hex_meant(const char *text);

/* "3B 02 14 50" */
void cli_hex_print(FILE *f, const uint8_t *bytes, size_t len);

/* "3b021450" and a NUL into out, which has room for 2 * len + 1 characters. */
void cli_hex_store(char *out, const uint8_t *bytes, size_t len);

#endif
