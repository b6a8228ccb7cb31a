/* SPDX-License-Identifier: MIT */
/* Name spaces of mounts, network and processes with a /dev, /sys and /run of their own. */
#ifndef USBFS_NS_H
#define USBFS_NS_H

#include <stdbool.h>
#include <sys/types.h>

/* Enter them; *why says what is missing on failure. */
bool usbfs_ns_enter(const char **why);

/* Run a command in them: the process id to wait for, or -1. */
pid_t usbfs_ns_spawn(char **command);

/* Wait for it: its exit code, 128 + signal. */
int usbfs_ns_result(pid_t pid);

#endif
