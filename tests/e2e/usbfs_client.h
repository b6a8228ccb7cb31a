/* SPDX-License-Identifier: MIT */
/* What a program in the name spaces of usbfs_run may ask of the host side (usbfs_ctl.c). */
#ifndef USBFS_CLIENT_H
#define USBFS_CLIENT_H

#include <stdbool.h>

/* Send one command; the answer is valid until the next call of this thread. "" when there is no
 * host. */
const char *usbfs_ask(const char *command);

bool usbfs_do(const char *command); /* the answer is "ok" */
int usbfs_count(const char *what);

#endif
