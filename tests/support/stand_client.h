/* SPDX-License-Identifier: MIT */
/* A test's end of the socket that stand_wire.h tells of. What goes wrong with it ends the test program.
 * Any thread. */
#ifndef STAND_CLIENT_H
#define STAND_CLIENT_H

#include "stand_wire.h"

/* Connect, once. */
void stand_reach(const char *path);

/* The answer's value; to: its data, or NULL. */
int stand_tell(struct stand_msg head, const uint8_t *data, size_t len, uint8_t *to);
#define STAND_TELL(...) stand_tell((struct stand_msg){__VA_ARGS__}, NULL, 0, NULL)

#endif
