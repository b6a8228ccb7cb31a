/* SPDX-License-Identifier: MIT */
/* What systemd hears: $NOTIFY_SOCKET of the tool that is started next. */
#ifndef NOTIFY_RIG_H
#define NOTIFY_RIG_H

#include <stddef.h>

struct notify_rig {
	int fd;
	char folder[32];
};

void notify_start(struct notify_rig *n);
void notify_end(struct notify_rig *n);

/* The next datagram, NUL-terminated. */
void notify_next(int fd, char *text, size_t cap);
/* The next thing that is said, but for so many signs of life. */
void notify_hear(int fd, const char *want, unsigned skip);
/* Patience with fd, after which a test fails. */
void notify_limit(int fd);

#endif
