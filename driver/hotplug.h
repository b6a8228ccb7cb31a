/* SPDX-License-Identifier: MIT */
/* News of USB devices that come and go: a hint to look again, never a fact. Whoever gets one scans
 * and compares with the last picture, so a hint that is lost, repeated, late or a lie does no harm.
 *
 * Sources, all that are to be had: netlink (the messages of udev where /run/udev/control exists, as
 * permissions are set by then; else the kernel's own), and inotify on the device nodes, which also
 * tells of permissions that change. Where neither can be trusted to speak, time: a hint every
 * CCID_HOTPLUG_RESCAN_MS, until a netlink message proves that it is not needed. No thread, no
 * libudev. One thread at a time. */
#ifndef CCID_HOTPLUG_H
#define CCID_HOTPLUG_H

#include "uevent.h"

#define CCID_HOTPLUG_RESCAN_MS 2000
#define CCID_HOTPLUG_SETTLE_MS 100 /* least time between two hints */

struct ccid_hotplug;

/* For tests; all of it has a default. */
struct ccid_hotplug_config {
	const char *dev;          /* "/dev/bus/usb" */
	const char *udev_control; /* "/run/udev/control" */
	/* A non-blocking datagram socket for this group, or a negative value. */
	int (*open_socket)(void *arg, enum ccid_uevent_group group);
	/* As ccid_uevent_receive(). */
	int (*receive)(void *arg, int fd, struct ccid_uevent *out, uint8_t *buf, size_t cap);
	void *arg;
	bool no_inotify;
};

/* cfg may be NULL, and is not kept but for arg and the texts. Falls back until something works. CCID_E_NOMEM
 * (also when there are no descriptors left). */
CCID_MUST_USE
int ccid_hotplug_open(struct ccid_hotplug **out, const struct ccid_hotplug_config *cfg,
                      const struct ccid_env *env);
/* In the child of a fork too; the parent goes on hearing. NULL is allowed. */
void ccid_hotplug_close(struct ccid_hotplug *h);

/* Readable when ccid_hotplug_take() has something to take. Owned by h. */
int ccid_hotplug_fd(const struct ccid_hotplug *h);

/* When ccid_hotplug_take() is to be called even so: env time, CCID_NEVER for not at all. */
int64_t ccid_hotplug_due(const struct ccid_hotplug *h);

/* Take what has come, bounded. Whether it is time to look. Never waits. */
bool ccid_hotplug_take(struct ccid_hotplug *h);

/* "udev", "kernel", "inotify", "rescan", or one of the first three with "+rescan". Static. */
const char *ccid_hotplug_source(const struct ccid_hotplug *h);

#endif
